/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "base/num.h"
#include "score_case.h"

/*
 * Random scores with all that they can have, against their definition written down plainly: one
 * row, one factor and one path through the tree after the other, by recursion and long division,
 * without a line of the library.
 */
#define PLANS 5
#define SLOT_AGE 12
#define SLOT_CARRIED 13
#define SLOT_CARRIED_AGE 14
#define SLOT_WHEN 15
#define SLOT_SEGMENT 16 /* two segments */
#define SLOT_PLAN 18    /* texts, coded */
#define SLOT_WORD 19    /* texts, plain */
#define SLOT_LOW 20     /* of a score, then its high and its coverage */
#define SLOTS 23
#define CARDS 3

typedef struct world {
    score_case *c;
    churn__column columns[SLOTS];
    uint8_t segments[2][CASE_ROWS];
    churn__missing unsure[2][CASE_ROWS], lost[2][CASE_ROWS];
    uint32_t codes[CASE_ROWS];
    churn_str words[CASE_ROWS];
    double low[CASE_ROWS], high[CASE_ROWS], known[CASE_ROWS];
    churn__point points[CARDS][CASE_FACTORS][4];
    churn__category categories[CASE_FACTORS][PLANS];
    churn__factor_def factors[CARDS][CASE_FACTORS];
    churn__group_def groups[CARDS][CASE_GROUPS];
    churn__cap_def caps[CARDS][CASE_CAPS];
    churn__band_def bands[CARDS][3];
    churn__card_def cards[CARDS];
    uint32_t critical[CASE_FACTORS];
    churn__score_def def;
} world;

static const churn_str plans[PLANS] = {CHURN__STR("free"), CHURN__STR("pro"), CHURN__STR("max"),
                                       CHURN__STR("old"), CHURN__STR("")};

static uint64_t seed = 20260401;

static uint32_t roll(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

/* ---- random scores ---- */

static void random_points(world *w, uint32_t card, churn__factor_def *f, uint32_t index)
{
    churn__point *points = w->points[card][index];
    double x = (double)roll(5) - 2;
    f->point_count = 1 + roll(4);
    for (uint32_t i = 0; i < f->point_count; i++) {
        points[i] = (churn__point){x, roll(1001) / 10.0};
        x += 0.1 + roll(30) / 10.0;
    }
    f->points = points;
    f->points_kind = (churn__points_kind)roll(3);
}

static void random_map(world *w, churn__factor_def *f, uint32_t index)
{
    f->points_kind = CHURN__POINTS_MAP;
    f->points = NULL;
    f->point_count = 0;
    f->slot = roll(3) == 0 ? SLOT_SEGMENT : SLOT_PLAN + roll(2);
    f->category_count = 1 + roll(2);
    for (uint32_t i = 0; i < f->category_count; i++) {
        churn_str truth = i == 0 ? CHURN__STR("true") : CHURN__STR("false");
        w->categories[index][i] =
            (churn__category){f->slot == SLOT_SEGMENT ? truth : plans[(index + i) % 3], roll(101)};
    }
    f->categories = w->categories[index];
    f->has_otherwise = roll(2);
    f->otherwise = roll(101);
    if (roll(2)) {
        f->missing_word = plans[roll(PLANS - 1)];
    }
}

static void random_factor(world *w, uint32_t card, uint32_t index, uint32_t group)
{
    churn__factor_def *f = &w->factors[card][index];
    *f = case_factor("f", roll(11), roll(7) == 0 ? 0 : (1 + roll(50)) / 7.0);
    f->group = group;
    uint32_t kind = roll(8);
    if (kind == 0) {
        random_map(w, f, index);
    } else if (kind == 1) {
        f->points_kind = CHURN__POINTS_EXPRESSION;
        f->kind = CHURN__OF_EXPRESSION;
        f->slot = CHURN__NO_SLOT;
        f->expr = case_compile(w->c, "m3 * 20.0 - m4", CHURN__TYPE_DOUBLE);
        f->points = NULL;
        f->point_count = 0;
    } else {
        random_points(w, card, f, index);
        f->kind = kind == 2 ? CHURN__OF_SCORE : CHURN__OF_METRIC;
    }
    if (f->kind == CHURN__OF_SCORE) {
        f->low_slot = SLOT_LOW;
        f->high_slot = SLOT_LOW + 1;
        f->coverage_slot = SLOT_LOW + 2;
    }
    f->missing = (churn__factor_missing)(roll(2) ? 0 : roll(12) == 0 ? 5 : roll(5));
    f->missing_value = roll(60) / 10.0;
    f->carried_slot = f->points_kind == CHURN__POINTS_MAP ? SLOT_WORD : SLOT_CARRIED;
    f->carried_age_slot = roll(2) ? SLOT_CARRIED_AGE : CHURN__NO_SLOT;
    f->carry_half_life = roll(3) * 2.5;
    if (roll(3) == 0) {
        f->decay_slot = SLOT_AGE;
        f->decay_after = roll(4);
        f->decay_half_life = 0.5 + roll(8);
    }
}

/* Groups in preorder: each within one that is still open, or on top. */
static void random_groups(world *w)
{
    w->def.group_count = 1 + roll(CASE_GROUPS - 1);
    for (uint32_t g = 0; g < w->def.group_count; g++) {
        uint32_t parent = g == 0 ? CHURN__NO_SLOT : g - 1;
        while (parent != CHURN__NO_SLOT && roll(2)) {
            parent = w->groups[0][parent].parent;
        }
        w->groups[0][g] =
            (churn__group_def){.parent = parent, .weight = roll(6) ? 1 + roll(40) : 0};
        for (uint32_t f = roll(4); f > 0 && w->def.factor_count < CASE_FACTORS; f--) {
            random_factor(w, 0, w->def.factor_count++, g);
        }
    }
}

static void random_caps(world *w)
{
    static const char *const whens[] = {"m15 > 2.0", "m15 * 2.0 > m1"};
    w->def.cap_count = 1 + roll(CASE_CAPS);
    uint32_t override = roll(w->def.cap_count);
    for (uint32_t i = 0; i < w->def.cap_count; i++) {
        churn__cap_def *cap = &w->caps[0][i];
        *cap = (churn__cap_def){.is_floor = roll(3) == 0, .bound = roll(1001) / 10.0};
        if (i == override) {
            cap->kind = CHURN__CAP_OVERRIDE;
        } else if (roll(2) && w->def.factor_count > 0) {
            cap->kind = CHURN__CAP_CRITICAL;
            cap->factors = w->critical;
            cap->factor_count = 1 + roll(w->def.factor_count);
            cap->fewest = 1 + roll(cap->factor_count);
            cap->below = roll(100);
        } else {
            cap->when = case_when(w->c, whens[roll(2)]);
        }
    }
}

/* Other numbers of the same tree. */
static void random_card(world *w, uint32_t card)
{
    memcpy(w->groups[card], w->groups[0], sizeof w->groups[0]);
    memcpy(w->factors[card], w->factors[0], sizeof w->factors[0]);
    memcpy(w->caps[card], w->caps[0], sizeof w->caps[0]);
    for (uint32_t f = 0; f < w->def.factor_count; f++) {
        if (roll(3) == 0) {
            w->factors[card][f].weight = roll(9);
        }
        if (roll(3) == 0 && w->factors[card][f].point_count > 0) {
            random_points(w, card, &w->factors[card][f], f);
        }
    }
    for (uint32_t c = 0; c < w->def.cap_count; c++) {
        w->caps[card][c].off = roll(4) == 0;
        w->caps[card][c].bound = roll(101);
    }
}

static void random_make(world *w)
{
    w->def = (churn__score_def){.baseline = roll(101),
                                .cards = w->cards,
                                .band_count = 3,
                                .card_count = 1 + roll(CARDS),
                                .overrides_ignored = roll(8) == 0};
    random_groups(w);
    random_caps(w);
    for (uint32_t card = 0; card < w->def.card_count; card++) {
        if (card > 0) {
            random_card(w, card);
        }
        memcpy(w->bands[card], case_traffic, sizeof case_traffic);
        w->bands[card][1].low = 30 + roll(20);
        w->cards[card] = (churn__card_def){.segment = card == 0 ? CHURN__NO_SLOT : card - 1,
                                           .segment_slot = SLOT_SEGMENT + card - 1,
                                           .groups = w->groups[card],
                                           .factors = w->factors[card],
                                           .caps = w->caps[card],
                                           .bands = w->bands[card],
                                           .min_coverage = roll(10) / 10.0};
    }
}

static void random_end(world *w)
{
    for (uint32_t c = 0; c < w->def.cap_count; c++) {
        churn__expr_free((churn__expr *)w->caps[0][c].when);
    }
    for (uint32_t f = 0; f < w->def.factor_count; f++) {
        churn__expr_free((churn__expr *)w->factors[0][f].expr);
    }
    memset(w->factors, 0, sizeof w->factors);
    memset(w->caps, 0, sizeof w->caps);
}

/* ---- random rows ---- */

static void random_numbers(world *w, uint32_t n)
{
    static const churn__missing why[] = {CHURN__NEVER, CHURN__STALE_SOURCE, CHURN__NOT_PROVIDED};
    uint32_t there = roll(4) == 0 ? UINT32_MAX : 4;
    for (uint32_t slot = 0; slot < CASE_SLOTS; slot++) {
        for (uint32_t row = 0; row < n; row++) {
            if (there == 4 && roll(there) == 0) {
                case_miss(w->c, slot, row, why[roll(3)]);
            } else {
                case_set(w->c, slot, row, roll(80) / 10.0 - 1);
            }
        }
    }
    if (n > 3) {
        case_set(w->c, 1, 2, HUGE_VAL); /* no number */
    }
}

static void random_rows(world *w, uint32_t n)
{
    random_numbers(w, n);
    for (uint32_t row = 0; row < n; row++) {
        for (uint32_t s = 0; s < 2; s++) {
            w->segments[s][row] = (uint8_t)roll(2);
            w->unsure[s][row] = roll(5) == 0 ? CHURN__STALE_SOURCE : CHURN__PRESENT;
            w->lost[s][row] = roll(5) == 0 ? CHURN__NEVER : CHURN__PRESENT;
        }
        w->codes[row] = roll(PLANS);
        w->words[row] = plans[roll(PLANS)];
        w->low[row] = roll(50) / 10.0;
        w->high[row] = w->low[row] + roll(30) / 10.0;
        w->known[row] = roll(11) / 10.0;
        w->c->overrides[row] = roll(6) == 0 ? roll(1001) / 10.0 : (double)NAN;
    }
}

static world *world_create(void)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->c = case_create();
    memcpy(w->columns, w->c->columns, sizeof w->c->columns);
    for (uint32_t s = 0; s < 2; s++) {
        w->columns[SLOT_SEGMENT + s] = (churn__column){
            .type = CHURN__TYPE_BOOL, .values = w->segments[s], .missing = w->unsure[s]};
    }
    w->columns[SLOT_PLAN] = (churn__column){.type = CHURN__TYPE_STRING,
                                            .codes = w->codes,
                                            .dict = plans,
                                            .dict_count = PLANS,
                                            .missing = w->lost[0]};
    w->columns[SLOT_WORD] =
        (churn__column){.type = CHURN__TYPE_STRING, .values = w->words, .missing = w->lost[1]};
    w->columns[SLOT_LOW] = (churn__column){.type = CHURN__TYPE_DOUBLE, .values = w->low};
    w->columns[SLOT_LOW + 1] = (churn__column){.type = CHURN__TYPE_DOUBLE, .values = w->high};
    w->columns[SLOT_LOW + 2] = (churn__column){.type = CHURN__TYPE_DOUBLE, .values = w->known};
    for (uint32_t f = 0; f < CASE_FACTORS; f++) {
        w->critical[f] = f;
    }
    return w;
}

static void world_free(world *w)
{
    case_free(w->c);
    free(w);
}

/* ---- the definition ---- */

typedef struct plain {
    const world *w;
    const churn__card_def *card;
    uint32_t row;
    double points[CASE_FACTORS]; /* that score; NaN: none */
    double share[CASE_FACTORS];
    double low[CASE_FACTORS], high[CASE_FACTORS]; /* within the bounds */
    double covers[CASE_FACTORS];
    double known_points[CASE_FACTORS], least[CASE_FACTORS];
    bool fails;
} plain;

static bool plain_there(const plain *p, uint32_t slot)
{
    const churn__column *column = &p->w->columns[slot];
    bool there = column->missing == NULL || column->missing[p->row] == CHURN__PRESENT;
    return there && (column->type != CHURN__TYPE_DOUBLE ||
                     isfinite(((const double *)column->values)[p->row]));
}

static double plain_number(const plain *p, uint32_t slot)
{
    return ((const double *)p->w->columns[slot].values)[p->row];
}

static double plain_curve(const churn__factor_def *f, double x)
{
    const churn__point *q = f->points;
    uint32_t last = f->point_count - 1;
    if (f->points_kind == CHURN__POINTS_STEPS_RIGHT) {
        for (uint32_t i = 0; i <= last; i++) {
            if (x <= q[i].x) {
                return q[i].y;
            }
        }
        return q[last].y;
    }
    if (x < q[0].x) {
        return q[0].y;
    }
    for (uint32_t i = 0; i < last; i++) {
        if (x >= q[i].x && x < q[i + 1].x) {
            double part = (x - q[i].x) / (q[i + 1].x - q[i].x);
            return f->points_kind == CHURN__POINTS_STEPS ? q[i].y
                                                         : (1 - part) * q[i].y + part * q[i + 1].y;
        }
    }
    return q[last].y;
}

static double plain_word(const churn__factor_def *f, const char *word)
{
    for (uint32_t i = 0; i < f->category_count; i++) {
        if (strcmp(f->categories[i].word.ptr, word) == 0) {
            return f->categories[i].y;
        }
    }
    return f->has_otherwise ? f->otherwise : (double)NAN;
}

static double plain_expression(const plain *p)
{
    if (!plain_there(p, 3) || !plain_there(p, 4)) {
        return (double)NAN;
    }
    double y = plain_number(p, 3) * 20 - plain_number(p, 4);
    return y < 0 ? 0 : y > 100 ? 100 : y;
}

/* Points of what a column holds. */
static double plain_points(const plain *p, const churn__factor_def *f, uint32_t slot)
{
    if (f->points_kind == CHURN__POINTS_EXPRESSION) {
        return plain_expression(p);
    }
    if (!plain_there(p, slot)) {
        return (double)NAN;
    }
    switch (slot) {
    case SLOT_SEGMENT:
        return plain_word(f, p->w->segments[0][p->row] ? "true" : "false");
    case SLOT_PLAN:
        return plain_word(f, plans[p->w->codes[p->row]].ptr);
    case SLOT_WORD:
        return plain_word(f, p->w->words[p->row].ptr);
    default:
        return plain_curve(f, plain_number(p, slot));
    }
}

/* All points that a factor can give, one after the other. */
static double plain_extreme(const churn__factor_def *f, bool greatest)
{
    double all[16];
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->point_count && f->points_kind < CHURN__POINTS_MAP; i++) {
        all[n++] = f->points[i].y;
    }
    for (uint32_t i = 0; i < f->category_count; i++) {
        all[n++] = f->categories[i].y;
    }
    if (f->has_otherwise) {
        all[n++] = f->otherwise;
    }
    if (f->points_kind == CHURN__POINTS_EXPRESSION) {
        return greatest ? 100 : 0;
    }
    double y = all[0];
    for (uint32_t i = 1; i < n; i++) {
        y = greatest ? fmax(y, all[i]) : fmin(y, all[i]);
    }
    return y;
}

/* Over the bounds of another score: its ends, and every point between them. */
static double plain_reach(const plain *p, const churn__factor_def *f, bool greatest)
{
    double low = p->w->low[p->row], high = p->w->high[p->row];
    double a = plain_curve(f, low), b = plain_curve(f, high);
    double y = greatest ? fmax(a, b) : fmin(a, b);
    for (uint32_t i = 0; i < f->point_count; i++) {
        if (f->points[i].x >= low && f->points[i].x <= high) {
            y = greatest ? fmax(y, f->points[i].y) : fmin(y, f->points[i].y);
        }
    }
    return y;
}

static double plain_fade(double age, double after, double half_life)
{
    return half_life > 0 && age > after ? pow(2, -(age - after) / half_life) : 1;
}

static void plain_missing(plain *p, const churn__factor_def *f, uint32_t i)
{
    bool map = f->points_kind == CHURN__POINTS_MAP;
    switch (f->missing) {
    case CHURN__FACTOR_VALUE:
        p->points[i] = map && f->missing_word.ptr != NULL ? plain_word(f, f->missing_word.ptr)
                       : map ? plain_word(f, f->missing_value != 0 ? "true" : "false")
                       : f->points_kind == CHURN__POINTS_EXPRESSION
                           ? fmin(f->missing_value, 100)
                           : plain_curve(f, f->missing_value);
        break;
    case CHURN__FACTOR_WORST:
    case CHURN__FACTOR_BEST:
        p->points[i] = f->missing == CHURN__FACTOR_BEST ? p->high[i] : p->low[i];
        break;
    case CHURN__FACTOR_CARRY:
        if (f->points_kind == CHURN__POINTS_EXPRESSION) {
            p->points[i] = plain_there(p, f->carried_slot)
                               ? fmin(fmax(plain_number(p, f->carried_slot), 0), 100)
                               : (double)NAN;
        } else {
            p->points[i] = plain_points(p, f, f->carried_slot);
        }
        if (!isnan(p->points[i]) && f->carried_age_slot != CHURN__NO_SLOT &&
            plain_there(p, f->carried_age_slot)) {
            p->share[i] = plain_fade(plain_number(p, f->carried_age_slot), 0, f->carry_half_life);
        }
        break;
    case CHURN__FACTOR_ERROR:
        p->fails = true;
        break;
    default:
        break;
    }
}

static void plain_factor(plain *p, uint32_t i)
{
    const churn__factor_def *f = &p->card->factors[i];
    bool score = f->kind == CHURN__OF_SCORE;
    double least = score ? plain_reach(p, f, false) : plain_extreme(f, false);
    double greatest = score ? plain_reach(p, f, true) : plain_extreme(f, true);
    p->points[i] = p->known_points[i] = plain_points(p, f, f->slot);
    p->share[i] = 1;
    p->covers[i] = 0;
    p->low[i] = p->least[i] = least;
    p->high[i] = greatest;
    if (isnan(p->points[i])) {
        plain_missing(p, f, i);
        return;
    }
    if (f->decay_slot != CHURN__NO_SLOT && plain_there(p, f->decay_slot)) {
        p->share[i] =
            plain_fade(plain_number(p, f->decay_slot), f->decay_after, f->decay_half_life);
    }
    double d = p->share[i];
    p->covers[i] = score ? d * p->w->known[p->row] : d;
    p->low[i] = score ? least : d * p->points[i] + (1 - d) * least;
    p->high[i] = score ? greatest : d * p->points[i] + (1 - d) * greatest;
}

/* The weighted mean of a group by what its members are: 0 what scores, 1 low, 2 high, 3 coverage.
 * NaN: nothing in it has weight. */
static double plain_group(const plain *p, uint32_t group, int what)
{
    double sum = 0, weight = 0;
    for (uint32_t i = 0; i < p->w->def.factor_count; i++) {
        const churn__factor_def *f = &p->card->factors[i];
        double of[] = {p->points[i], p->low[i], p->high[i], p->covers[i]};
        if (f->group == group && !isnan(of[what])) {
            double w = what == 0 ? f->weight * p->share[i] : f->weight;
            sum += w * of[what];
            weight += w;
        }
    }
    for (uint32_t g = 0; g < p->w->def.group_count; g++) {
        double of = p->card->groups[g].parent == group ? plain_group(p, g, what) : (double)NAN;
        if (!isnan(of)) {
            sum += p->card->groups[g].weight * of;
            weight += p->card->groups[g].weight;
        }
    }
    return weight > 0 ? sum / weight : (double)NAN;
}

static int plain_when(const plain *p, const churn__cap_def *cap)
{
    if (cap->kind == CHURN__CAP_CRITICAL) {
        uint32_t below = 0, maybe = 0;
        for (uint32_t i = 0; i < cap->factor_count; i++) {
            double y = p->known_points[cap->factors[i]];
            below += y < cap->below - 5e-7; /* as it is when rounded */
            maybe += isnan(y) && p->least[cap->factors[i]] < cap->below - 5e-7;
        }
        return below >= cap->fewest ? 1 : below + maybe >= cap->fewest ? 2 : 0;
    }
    bool both = strcmp(churn__expr_text(cap->when).ptr, "m15 > 2.0") != 0;
    if (!plain_there(p, 15) || (both && !plain_there(p, 1))) {
        return isinf(plain_number(p, 1)) && both && plain_there(p, 15) &&
                       p->w->c->missing[1][p->row] == CHURN__PRESENT
                   ? 3
                   : 2;
    }
    double a = plain_number(p, 15);
    return both ? a * 2 > plain_number(p, 1) : a > 2;
}

/* Every way in which unknown caps may turn out, by brute force; `way` NULL of the score itself. */
static double plain_caps(const plain *p, double x, const uint32_t *way, bool *set)
{
    double override = p->w->c->overrides[p->row];
    for (uint32_t c = 0; c < p->w->def.cap_count; c++) {
        const churn__cap_def *cap = &p->card->caps[c];
        if (cap->kind == CHURN__CAP_OVERRIDE) {
            *set = !isnan(override) && !p->w->def.overrides_ignored;
            x = *set ? override : x;
            continue;
        }
        int truth = cap->off ? 0 : plain_when(p, cap);
        if (truth == 1 || (truth > 1 && way != NULL && (*way >> c & 1))) {
            x = isnan(x) ? x : cap->is_floor ? fmax(x, cap->bound) : fmin(x, cap->bound);
        }
    }
    return x;
}

static double plain_bound(const plain *p, bool greatest)
{
    double x = plain_group(p, CHURN__NO_SLOT, greatest ? 2 : 1), best = (double)NAN;
    bool set = false;
    x = isnan(x) ? (greatest ? 100 : 0) : x;
    for (uint32_t way = 0; way < 1u << CASE_CAPS; way++) {
        double y = plain_caps(p, x, &way, &set);
        best = isnan(best) ? y : greatest ? fmax(best, y) : fmin(best, y);
    }
    return best;
}

static uint32_t plain_card(const world *w, uint32_t row)
{
    for (uint32_t card = 1; card < w->def.card_count; card++) {
        if (w->unsure[card - 1][row] == CHURN__PRESENT && w->segments[card - 1][row]) {
            return card;
        }
    }
    return 0;
}

/* ---- comparing ---- */

#define NEAR(a, b) (fabs((a) - (b)) <= 1.01e-6)

static void compare_groups(const world *w, const plain *p, uint32_t n)
{
    for (uint32_t g = 0; g < w->def.group_count; g++) {
        double got = w->c->groups[(size_t)g * n + p->row], want = plain_group(p, g, 0);
        assert_true(isnan(want) ? isnan(got) : NEAR(got, want));
    }
}

static void compare_row(const world *w, uint32_t row, uint32_t n)
{
    const score_case *c = w->c;
    plain p = {.w = w, .row = row};
    uint32_t card = plain_card(w, row);
    bool set = false;
    p.card = &w->cards[card];
    for (uint32_t i = 0; i < w->def.factor_count; i++) {
        plain_factor(&p, i);
    }
    double coverage = plain_group(&p, CHURN__NO_SLOT, 3), raw = plain_group(&p, CHURN__NO_SLOT, 0);
    coverage = isnan(coverage) ? 0 : coverage;
    double score = plain_caps(&p, p.fails ? (double)NAN : raw, NULL, &set);
    assert_int_equal(c->cards[row], card);
    assert_int_equal(c->overridden[row], set);
    assert_true(isnan(score) ? isnan(c->score[row]) : NEAR(c->score[row], score));
    assert_true(fabs(c->coverage[row] - coverage) <= 2e-12);
    assert_true(NEAR(c->low[row], plain_bound(&p, false)));
    assert_true(NEAR(c->high[row], plain_bound(&p, true)));
    compare_groups(w, &p, n);
    bool edge = fabs(coverage - p.card->min_coverage) < 1e-9;
    if (!edge && !p.fails) {
        bool none = !set && (isnan(score) || coverage < p.card->min_coverage);
        assert_int_equal(c->why[row], none ? CHURN__LOW_COVERAGE : CHURN__PRESENT);
    } else if (!edge) {
        assert_int_equal(c->why[row] == CHURN__PRESENT, set);
    }
}

/* What is said to be there is a number, rounded, between its ends, with its band. */
static void check_row(const world *w, uint32_t row)
{
    const score_case *c = w->c;
    const churn__card_def *card = &w->cards[c->cards[row]];
    bool there = c->why[row] == CHURN__PRESENT;
    assert_true(c->coverage[row] >= 0 && c->coverage[row] <= 1);
    assert_true(c->low[row] >= 0 && c->low[row] <= c->high[row] && c->high[row] <= 100);
    if (!there) {
        assert_int_equal(c->bands[row], w->def.band_count);
        assert_int_equal(c->certain[row], 0);
        return;
    }
    assert_true(c->score[row] >= 0 && c->score[row] <= 100);
    assert_true(c->score[row] == churn__round6(c->score[row]));
    assert_true(c->low[row] == churn__round6(c->low[row]));
    assert_int_equal(c->bands[row], churn__score_band(&w->def, card, c->score[row]));
    assert_int_equal(c->certain[row], churn__score_band(&w->def, card, c->low[row]) ==
                                          churn__score_band(&w->def, card, c->high[row]));
}

/* One row by itself, factor by factor: to the bit what the block came to. */
static void check_states(world *w, uint32_t row, uint32_t n)
{
    churn__factor_state states[CASE_FACTORS];
    churn__truth truths[CASE_CAPS];
    const churn__card_def *card = &w->cards[w->c->cards[row]];
    const churn__score_in in = {.columns = w->columns, .n = n, .overrides = w->c->overrides};
    double raw = 0, sum = 0, effective = 0;
    assert_ok(churn__score_states(&w->def, card, &in, row, w->c->scratch, states, &raw, NULL));
    assert_ok(
        churn__score_cap_truths(&w->def, card, &in, row, states, w->c->scratch, truths, NULL));
    for (uint32_t i = 0; i < w->def.factor_count; i++) {
        bool scores = !isnan(states[i].points) && states[i].effective > 0;
        sum += scores ? states[i].effective * states[i].points : 0;
        effective += states[i].effective;
        assert_true(isnan(states[i].points) || (states[i].points >= 0 && states[i].points <= 100));
    }
    if (!isnan(raw)) {
        assert_near(sum, raw, 1e-9);
        assert_near(effective, 1, 1e-9);
    }
    for (uint32_t c = 0; c < w->def.cap_count; c++) {
        const churn__cap_def *cap = &card->caps[c];
        if (cap->kind == CHURN__CAP_OVERRIDE) {
            raw = truths[c] == CHURN__TRUE ? w->c->overrides[row] : raw;
        } else if (truths[c] == CHURN__TRUE) {
            raw = cap->is_floor ? (raw < cap->bound ? cap->bound : raw)
                                : (raw > cap->bound ? cap->bound : raw);
        }
    }
    assert_true(isnan(raw) ? isnan(w->c->score[row]) : churn__round6(raw) == w->c->score[row]);
}

static void eval(world *w, uint32_t n, const uint32_t *cards)
{
    churn__score_room *room = NULL;
    churn__score_out out = case_out(w->c);
    const churn__score_in in = {
        .columns = w->columns, .n = n, .overrides = w->c->overrides, .cards = cards};
    assert_ok(churn__score_room_create(w->c->heap, &w->def, n, w->c->scratch, &room, NULL));
    assert_ok(churn__score_eval(&w->def, &in, w->c->scratch, room, &out, NULL));
    churn__score_room_free(room);
}

/* Rows are the same whatever the batch that they come in, and on a card that is given. */
static void compare_batches(world *w, uint32_t n)
{
    double score[CASE_ROWS], low[CASE_ROWS], coverage[CASE_ROWS];
    uint32_t cards[CASE_ROWS];
    memcpy(score, w->c->score, sizeof score);
    memcpy(low, w->c->low, sizeof low);
    memcpy(coverage, w->c->coverage, sizeof coverage);
    memcpy(cards, w->c->cards, sizeof cards);
    for (uint32_t size = 1; size < n; size = size * 3 + 1) {
        eval(w, size, size % 2 ? cards : NULL);
        for (uint32_t i = 0; i < size; i++) {
            bool none = isnan(score[i]) && isnan(w->c->score[i]);
            assert_true(none || score[i] == w->c->score[i]);
        }
        assert_memory_equal(low, w->c->low, size * sizeof *low);
        assert_memory_equal(coverage, w->c->coverage, size * sizeof *coverage);
    }
}

static void score_eval__random_trees__as_the_definition_says(void **state)
{
    (void)state;
    world *w = world_create();
    for (uint32_t round = 0; round < 5000; round++) {
        uint32_t n = round % 100 == 0 ? CASE_ROWS : 12;
        random_make(w);
        random_rows(w, n);
        eval(w, n, NULL);
        for (uint32_t row = 0; row < n; row++) {
            compare_row(w, row, n);
            check_row(w, row);
            check_states(w, row, n);
        }
        compare_batches(w, n);
        random_end(w);
    }
    world_free(w);
}

/* ---- explanations of the same scores ---- */

static void check_lines(world *w, uint32_t row, uint32_t n)
{
    churn__score_level level;
    int64_t sum = 0;
    const churn__score_in in = {.columns = w->columns, .n = n, .overrides = w->c->overrides};
    assert_true(churn__score_level_make(&w->def, &w->c->arena, &level));
    assert_ok(churn__score_level_take(&level, &in, row, w->c->cards[row], w->c->scratch, NULL));
    churn__score_explain(&level, w->def.baseline);
    assert_int_equal(level.lines[0].kind, CHURN__LINE_BASELINE);
    for (uint32_t i = 0; i < level.line_count; i++) {
        const churn__score_line *line = &level.lines[i];
        sum += line->kind == CHURN__LINE_MISSING ? 0 : line->contribution;
        if (i > 1 && line->kind == CHURN__LINE_FACTOR) {
            assert_int_equal(level.lines[i - 1].kind, CHURN__LINE_FACTOR);
            assert_true(llabs(level.lines[i - 1].contribution) >= llabs(line->contribution));
        }
    }
    if (!isnan(w->c->score[row])) {
        assert_int_equal(sum, churn__micro(w->c->score[row]));
    }
    churn__arena_clear(&w->c->arena);
}

static void score_explain__random_scores__lines_add_up_to_the_unit(void **state)
{
    (void)state;
    world *w = world_create();
    for (uint32_t round = 0; round < 800; round++) {
        random_make(w);
        random_rows(w, 12);
        eval(w, 12, NULL);
        for (uint32_t row = 0; row < 12; row++) {
            check_lines(w, row, 12);
        }
        random_end(w);
    }
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest scores[] = {
        cmocka_unit_test(score_eval__random_trees__as_the_definition_says),
        cmocka_unit_test(score_explain__random_scores__lines_add_up_to_the_unit),
    };
    return RUN_TESTS(scores);
}
