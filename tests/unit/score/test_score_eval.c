/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/num.h"
#include "score_case.h"

static const churn__band_def traffic[] = {{CHURN__STR("green"), 70, 0, 0},
                                          {CHURN__STR("yellow"), 40, 0, 0},
                                          {CHURN__STR("red"), 0, 0, 0}};

static churn__score_def one_group(const churn__group_def *group)
{
    return (churn__score_def){.id = CHURN__STR("health"),
                              .baseline = 50,
                              .groups = group,
                              .group_count = 1,
                              .bands = traffic,
                              .band_count = 3,
                              .min_coverage = 0.5};
}

/* Worked examples of other products, from their public documentation. */
static void score_eval__worked_examples__their_numbers(void **state)
{
    (void)state;
    static const struct {
        uint32_t n;
        double weight[5], value[5], score;
    } cases[] = {
        {3, {20, 15, 22}, {47, 59, 21}, 40.122807},            /* Gainsight */
        {5, {30, 25, 20, 15, 10}, {85, 60, 70, 40, 80}, 68.5}, /* Quivly */
        {5, {.30, .25, .20, .15, .10}, {85, 60, 70, 40, 80}, 68.5},
        {3, {1, 1, 1}, {10, 10, 0}, 6.666667}, /* Vitally */
        {3, {2, 2, 4}, {5, 5, 7.5}, 6.25},     /* Planhat */
        {3, {1, 1, 2}, {5, 2, 4}, 3.75},
        {3, {1, 1, 1}, {100, 60, 0}, 53.333333}, /* Totango's colours */
    };
    score_case *c = case_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__factor_def factors[5];
        for (uint32_t f = 0; f < cases[i].n; f++) {
            factors[f] = case_factor("f", f, cases[i].weight[f]);
            case_set(c, f, 0, cases[i].value[f]);
        }
        churn__group_def group = {.weight = 3, .factors = factors, .factor_count = cases[i].n};
        churn__score_def def = one_group(&group);
        case_eval(c, &def, 1);
        assert_true(c->score[0] == cases[i].score);
        assert_true(c->groups[0] == cases[i].score);
        assert_true(c->coverage[0] == 1 && c->low[0] == c->score[0] && c->high[0] == c->score[0]);
        assert_int_equal(c->why[0], CHURN__PRESENT);
    }
    case_free(c);
}

typedef struct two_groups {
    churn__factor_def adoption[2], support[1];
    churn__group_def groups[2];
    churn__score_def def;
} two_groups;

/* Adoption 50: m0 weighs 2, m1 1; support 25: m2. */
static void two_groups_make(two_groups *t)
{
    *t = (two_groups){.adoption = {case_factor("a", 0, 2), case_factor("b", 1, 1)},
                      .support = {case_factor("c", 2, 1)}};
    t->groups[0] = (churn__group_def){
        .id = CHURN__STR("adoption"), .weight = 50, .factors = t->adoption, .factor_count = 2};
    t->groups[1] = (churn__group_def){
        .id = CHURN__STR("support"), .weight = 25, .factors = t->support, .factor_count = 1};
    t->def = one_group(t->groups);
    t->def.group_count = 2;
}

static void score_eval__missing_factors__weights_of_what_is_present(void **state)
{
    (void)state;
    score_case *c = case_create();
    two_groups t;
    two_groups_make(&t);
    for (uint32_t row = 0; row < 4; row++) {
        case_set(c, 0, row, 90);
        case_set(c, 1, row, 30);
        case_set(c, 2, row, 40);
    }
    case_miss(c, 1, 1, CHURN__NEVER);        /* a factor out of its group */
    case_miss(c, 2, 2, CHURN__STALE_SOURCE); /* a whole group */
    case_miss(c, 0, 3, CHURN__NOT_PROVIDED);
    case_miss(c, 1, 3, CHURN__NOT_PROVIDED);
    case_eval(c, &t.def, 4);
    /* (50 * 70 + 25 * 40) / 75 */
    assert_true(c->score[0] == 60 && c->groups[0] == 70 && c->groups[4] == 40);
    /* (50 * 90 + 25 * 40) / 75; bounds: b at 0 and at 100 in a group of 70 +- */
    assert_true(c->score[1] == 73.333333 && c->groups[1] == 90);
    assert_true(c->coverage[1] == 0.777777777778);
    assert_true(c->low[1] == 53.333333 && c->high[1] == 75.555556);
    assert_true(c->score[2] == 70 && isnan(c->groups[6]) && c->coverage[2] == 0.666666666667);
    assert_true(c->low[2] == 46.666667 && c->high[2] == 80);
    /* A third is known: a number is there, but no band. */
    assert_true(c->score[3] == 40 && c->coverage[3] == 0.333333333333 && isnan(c->groups[3]));
    assert_int_equal(c->why[3], CHURN__LOW_COVERAGE);
    assert_string_equal(c->band[3].ptr, "unknown");
    assert_string_equal(c->band[0].ptr, "yellow");
    assert_string_equal(c->band[1].ptr, "green");
    case_free(c);
}

static void score_eval__nothing_known__no_score(void **state)
{
    (void)state;
    score_case *c = case_create();
    two_groups t;
    two_groups_make(&t);
    t.def.min_coverage = 0;
    for (uint32_t slot = 0; slot < 3; slot++) {
        case_miss(c, slot, 0, CHURN__NEVER);
    }
    case_eval(c, &t.def, 1);
    assert_true(isnan(c->score[0]) && c->coverage[0] == 0 && c->low[0] == 0 && c->high[0] == 100);
    assert_int_equal(c->why[0], CHURN__LOW_COVERAGE);
    assert_string_equal(c->band[0].ptr, "unknown");
    case_free(c);
}

static void score_eval__substitutes__score_but_do_not_cover(void **state)
{
    (void)state;
    static const struct {
        churn__factor_missing policy;
        double score;
    } cases[] = {
        {CHURN__FACTOR_WORST, 46.666667}, {CHURN__FACTOR_BEST, 80}, {CHURN__FACTOR_VALUE, 50}};
    score_case *c = case_create();
    two_groups t;
    two_groups_make(&t);
    case_set(c, 0, 0, 90);
    case_set(c, 1, 0, 30);
    case_miss(c, 2, 0, CHURN__NEVER);
    t.support[0].missing_value = 10;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t.support[0].missing = cases[i].policy;
        case_eval(c, &t.def, 1);
        assert_true(c->score[0] == cases[i].score);
        assert_true(c->coverage[0] == 0.666666666667);
        assert_true(c->low[0] == 46.666667 && c->high[0] == 80);
    }
    case_free(c);
}

static void score_eval__weights_of_zero__left_out(void **state)
{
    (void)state;
    score_case *c = case_create();
    two_groups t;
    two_groups_make(&t);
    t.support[0].weight = 0;
    case_set(c, 0, 0, 90);
    case_set(c, 1, 0, 30);
    case_set(c, 2, 0, 1);
    case_eval(c, &t.def, 1);
    assert_true(c->score[0] == 70 && c->coverage[0] == 1 && isnan(c->groups[1]));
    assert_true(c->low[0] == 70 && c->high[0] == 70);
    case_free(c);
}

/* Bands include their lower bound, on the rounded number. */
static void score_eval__at_the_edge__band_by_the_rounded_number(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *band;
    } cases[] = {
        {70, "green"},  {69.9999996, "green"}, {69.9999994, "yellow"},    {69.999, "yellow"},
        {40, "yellow"}, {39.9999994, "red"},   {39.9999995001, "yellow"}, {0, "red"},
        {100, "green"}};
    score_case *c = case_create();
    churn__factor_def f = case_factor("f", 0, 1);
    churn__group_def group = {.weight = 1, .factors = &f, .factor_count = 1};
    churn__score_def def = one_group(&group);
    uint32_t n = sizeof cases / sizeof *cases;
    for (uint32_t i = 0; i < n; i++) {
        case_set(c, 0, i, cases[i].value);
    }
    case_eval(c, &def, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_string_equal(c->band[i].ptr, cases[i].band);
    }
    case_free(c);
}

static void score_eval__caps_and_floors__in_order_true_only(void **state)
{
    (void)state;
    score_case *c = case_create();
    churn__factor_def f = case_factor("f", 0, 1);
    churn__group_def group = {.weight = 1, .factors = &f, .factor_count = 1};
    churn__score_def def = one_group(&group);
    churn__cap_def caps[] = {{.when = case_when(c, "m1 >= 2"), .bound = 40},
                             {.when = case_when(c, "m2 > 0"), .bound = 55, .is_floor = true},
                             {.when = case_when(c, "m3 > 0"), .bound = 50}};
    def.caps = caps;
    def.cap_count = 3;
    for (uint32_t row = 0; row < 6; row++) {
        case_set(c, 0, row, 80);
        case_set(c, 1, row, 0);
        case_set(c, 2, row, 0);
        case_set(c, 3, row, 0);
    }
    case_set(c, 1, 1, 2); /* capped */
    case_set(c, 1, 2, 2);
    case_set(c, 2, 2, 1);                    /* capped, then lifted */
    case_miss(c, 1, 3, CHURN__STALE_SOURCE); /* a cap that may hold */
    case_set(c, 0, 4, 30);
    case_miss(c, 2, 4, CHURN__NEVER); /* a floor that may hold, a cap after it that may too */
    case_miss(c, 3, 4, CHURN__NEVER);
    case_miss(c, 0, 5, CHURN__NEVER);
    case_set(c, 1, 5, 9);
    case_eval(c, &def, 6);
    const double want[][3] = {{80, 80, 80}, {40, 40, 40}, {55, 55, 55}, {80, 40, 80}, {30, 30, 55}};
    for (uint32_t row = 0; row < 5; row++) {
        assert_true(c->score[row] == want[row][0]);
        assert_true(c->low[row] == want[row][1] && c->high[row] == want[row][2]);
    }
    assert_true(isnan(c->score[5]) && c->low[5] == 0 && c->high[5] == 40);
    for (size_t i = 0; i < 3; i++) {
        churn__expr_free(caps[i].when);
    }
    case_free(c);
}

/* ---- random scores against the definition written down plainly ---- */

typedef struct random_score {
    churn__point points[4][3][4];
    churn__factor_def factors[4][3];
    churn__group_def groups[4];
    churn__cap_def caps[3];
    churn__score_def def;
} random_score;

static uint64_t seed = 20260201;

static uint32_t roll(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

static void random_factor(random_score *r, uint32_t g, uint32_t f)
{
    churn__factor_def *factor = &r->factors[g][f];
    uint32_t n = 1 + roll(4);
    double x = (double)roll(5) - 2;
    for (uint32_t i = 0; i < n; i++) {
        r->points[g][f][i] = (churn__point){x, roll(1001) / 10.0};
        x += 0.1 + roll(30) / 10.0;
    }
    *factor = case_factor("f", g * 3 + f, roll(6) == 0 ? 0 : (1 + roll(50)) / 7.0);
    factor->points = r->points[g][f];
    factor->point_count = n;
    factor->steps = roll(2);
    factor->missing = roll(3) == 0 ? (churn__factor_missing)roll(4) : CHURN__FACTOR_EXCLUDE;
    factor->missing_value = roll(60) / 10.0;
}

static void random_make(score_case *c, random_score *r)
{
    static const char *const whens[] = {"m12 > 2.0", "m13 > 2.0", "m12 + m13 > 5.0"};
    r->def = (churn__score_def){.id = CHURN__STR("s"), .baseline = roll(101), .groups = r->groups};
    r->def.group_count = 1 + roll(4);
    r->def.bands = traffic;
    r->def.band_count = 3;
    r->def.min_coverage = roll(10) / 10.0;
    for (uint32_t g = 0; g < r->def.group_count; g++) {
        r->groups[g] = (churn__group_def){
            .weight = 1 + roll(40), .factors = r->factors[g], .factor_count = 1 + roll(3)};
        for (uint32_t f = 0; f < r->groups[g].factor_count; f++) {
            random_factor(r, g, f);
        }
    }
    r->def.caps = r->caps;
    r->def.cap_count = roll(4);
    for (uint32_t i = 0; i < r->def.cap_count; i++) {
        r->caps[i] = (churn__cap_def){
            .when = case_when(c, whens[i]), .is_floor = roll(3) == 0, .bound = roll(101)};
    }
}

static void random_values(score_case *c, uint32_t n)
{
    for (uint32_t slot = 0; slot < 14; slot++) {
        for (uint32_t row = 0; row < n; row++) {
            if (roll(4) == 0) {
                case_miss(c, slot, row, roll(2) ? CHURN__NEVER : CHURN__STALE_SOURCE);
            } else {
                case_set(c, slot, row, roll(80) / 10.0 - 1);
            }
        }
    }
}

static double plain_points(const churn__factor_def *f, double x)
{
    const churn__point *p = f->points;
    uint32_t n = f->point_count;
    if (x <= p[0].x) {
        return p[0].y;
    }
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (x >= p[i].x && x < p[i + 1].x) {
            return f->steps ? p[i].y
                            : p[i].y + (p[i + 1].y - p[i].y) * (x - p[i].x) / (p[i + 1].x - p[i].x);
        }
    }
    return p[n - 1].y;
}

static double plain_extreme(const churn__factor_def *f, bool greatest)
{
    double y = f->points[0].y;
    for (uint32_t i = 1; i < f->point_count; i++) {
        y = greatest ? fmax(y, f->points[i].y) : fmin(y, f->points[i].y);
    }
    return y;
}

/* What a factor scores; NaN: left out. `fill`: 0 as the policy says, 1 least, 2 greatest. */
static double plain_factor(const score_case *c, const churn__factor_def *f, uint32_t row, int fill)
{
    if (c->missing[f->slot][row] == CHURN__PRESENT) {
        return plain_points(f, c->values[f->slot][row]);
    }
    if (fill > 0) {
        return plain_extreme(f, fill == 2);
    }
    switch (f->missing) {
    case CHURN__FACTOR_VALUE:
        return plain_points(f, f->missing_value);
    case CHURN__FACTOR_WORST:
    case CHURN__FACTOR_BEST:
        return plain_extreme(f, f->missing == CHURN__FACTOR_BEST);
    default:
        return (double)NAN;
    }
}

/* Sum over the path of w / sum of w of the siblings that count, times the sub-score. */
static double plain_score(const score_case *c, const churn__score_def *def, uint32_t row, int fill)
{
    double group_total = 0, score = 0, totals[4] = {0};
    for (uint32_t g = 0; g < def->group_count; g++) {
        for (uint32_t f = 0; f < def->groups[g].factor_count; f++) {
            const churn__factor_def *factor = &def->groups[g].factors[f];
            totals[g] += isnan(plain_factor(c, factor, row, fill)) ? 0 : factor->weight;
        }
        group_total += totals[g] > 0 ? def->groups[g].weight : 0;
    }
    for (uint32_t g = 0; g < def->group_count; g++) {
        for (uint32_t f = 0; f < def->groups[g].factor_count && totals[g] > 0; f++) {
            const churn__factor_def *factor = &def->groups[g].factors[f];
            double points = plain_factor(c, factor, row, fill);
            double weight = def->groups[g].weight / group_total * factor->weight / totals[g];
            score += isnan(points) ? 0 : weight * points;
        }
    }
    return group_total > 0 ? score : (double)NAN;
}

static double plain_coverage(const score_case *c, const churn__score_def *def, uint32_t row)
{
    double group_total = 0, coverage = 0, totals[4] = {0};
    for (uint32_t g = 0; g < def->group_count; g++) {
        for (uint32_t f = 0; f < def->groups[g].factor_count; f++) {
            totals[g] += def->groups[g].factors[f].weight;
        }
        group_total += totals[g] > 0 ? def->groups[g].weight : 0;
    }
    for (uint32_t g = 0; g < def->group_count; g++) {
        for (uint32_t f = 0; f < def->groups[g].factor_count && totals[g] > 0; f++) {
            const churn__factor_def *factor = &def->groups[g].factors[f];
            bool there = c->missing[factor->slot][row] == CHURN__PRESENT;
            coverage +=
                there ? def->groups[g].weight / group_total * factor->weight / totals[g] : 0;
        }
    }
    return coverage;
}

/* The outcome of the i-th condition of random_make(). */
static int plain_truth(const score_case *c, uint32_t i, uint32_t row)
{
    bool a = c->missing[12][row] == CHURN__PRESENT, b = c->missing[13][row] == CHURN__PRESENT;
    double x = c->values[12][row], y = c->values[13][row];
    if ((i != 1 && !a) || (i != 0 && !b)) {
        return CHURN__UNKNOWN;
    }
    return i == 0 ? x > 2 : i == 1 ? y > 2 : x + y > 5;
}

/* Every way in which unknown caps may turn out, by brute force. */
static double plain_caps(const score_case *c, const churn__score_def *def, uint32_t row,
                         double score, bool bounds, bool greatest)
{
    double best = (double)NAN;
    for (uint32_t way = 0; way < 8; way++) {
        double x = score;
        for (uint32_t i = 0; i < def->cap_count; i++) {
            int truth = plain_truth(c, i, row);
            bool applies =
                truth == CHURN__TRUE || (bounds && truth == CHURN__UNKNOWN && way >> i & 1);
            double bound = def->caps[i].bound;
            if (applies) {
                x = def->caps[i].is_floor ? fmax(x, bound) : fmin(x, bound);
            }
        }
        best = isnan(best) ? x : greatest ? fmax(best, x) : fmin(best, x);
    }
    return best;
}

#define NEAR(a, b) (fabs((a) - (b)) <= 1.01e-6)

static void compare_row(const score_case *c, const churn__score_def *def, uint32_t row)
{
    double score = plain_score(c, def, row, 0);
    double coverage = plain_coverage(c, def, row);
    if (isnan(score)) {
        assert_true(isnan(c->score[row]) && c->why[row] == CHURN__LOW_COVERAGE);
        return;
    }
    assert_true(NEAR(c->score[row], plain_caps(c, def, row, score, false, false)));
    assert_true(NEAR(c->coverage[row], coverage));
    assert_true(
        NEAR(c->low[row], plain_caps(c, def, row, plain_score(c, def, row, 1), true, false)));
    assert_true(
        NEAR(c->high[row], plain_caps(c, def, row, plain_score(c, def, row, 2), true, true)));
    assert_true(c->score[row] == churn__round6(c->score[row]));
    if (fabs(coverage - def->min_coverage) > 1e-6) {
        bool low = coverage < def->min_coverage;
        assert_int_equal(c->why[row], low ? CHURN__LOW_COVERAGE : CHURN__PRESENT);
    }
}

/* Rows are the same whatever the batch that they come in. */
static void compare_batches(score_case *c, const churn__score_def *def, uint32_t n)
{
    double *whole = malloc(n * sizeof *whole);
    memcpy(whole, c->score, n * sizeof *whole);
    for (uint32_t size = 1; size < n; size = size * 3 + 1) {
        case_eval(c, def, size);
        assert_memory_equal(whole, c->score, size * sizeof *whole);
    }
    free(whole);
}

static void score_eval__random_scores__as_the_definition_says(void **state)
{
    (void)state;
    score_case *c = case_create();
    for (uint32_t round = 0; round < 300; round++) {
        random_score r;
        uint32_t n = round % 50 == 0 ? CASE_ROWS : 20;
        random_make(c, &r);
        random_values(c, n);
        case_eval(c, &r.def, n);
        for (uint32_t row = 0; row < n; row++) {
            compare_row(c, &r.def, row);
        }
        compare_batches(c, &r.def, n);
        for (uint32_t i = 0; i < r.def.cap_count; i++) {
            churn__expr_free(r.caps[i].when);
        }
    }
    case_free(c);
}

/* ---- explanations of the same scores ---- */

static void check_order(const churn__score_line *lines, uint32_t count)
{
    assert_int_equal(lines[0].kind, CHURN__LINE_BASELINE);
    for (uint32_t i = 2; i < count; i++) {
        if (lines[i].kind == CHURN__LINE_FACTOR) {
            assert_int_equal(lines[i - 1].kind, CHURN__LINE_FACTOR);
            assert_true(llabs(lines[i - 1].contribution) >= llabs(lines[i].contribution));
        }
        if (lines[i - 1].kind == CHURN__LINE_MISSING) {
            assert_int_equal(lines[i].kind, CHURN__LINE_MISSING);
        }
    }
}

static void check_lines(score_case *c, const random_score *r, uint32_t row)
{
    churn__score_line *lines = NULL;
    uint32_t count = 0;
    int64_t sum = 0;
    double weight = 0, lost = 0;
    assert_ok(churn__score_explain(&r->def, c->columns, row, c->scratch, &c->arena, &lines, &count,
                                   NULL));
    check_order(lines, count);
    for (uint32_t i = 0; i < count; i++) {
        const churn__score_line *line = &lines[i];
        bool factor = line->kind == CHURN__LINE_FACTOR;
        sum += line->kind == CHURN__LINE_MISSING ? 0 : line->contribution;
        weight += factor ? line->weight : 0;
        lost += line->kind == CHURN__LINE_MISSING ? line->weight : 0;
        if (factor) {
            double exact = line->weight * (line->points - r->def.baseline) * 1e6;
            assert_true(fabs((double)line->contribution - exact) < 3);
        }
    }
    assert_true(c->coverage[row] + lost < 1 + 2e-6);
    if (!isnan(c->score[row])) {
        assert_int_equal(sum, churn__micro(c->score[row]));
        assert_near(weight, 1, 1e-12);
    }
    churn__arena_clear(&c->arena);
}

static void score_explain__random_scores__lines_add_up_to_the_unit(void **state)
{
    (void)state;
    score_case *c = case_create();
    for (uint32_t round = 0; round < 1000; round++) {
        random_score r;
        random_make(c, &r);
        random_values(c, 12);
        case_eval(c, &r.def, 12);
        for (uint32_t row = 0; row < 12; row++) {
            check_lines(c, &r, row);
        }
        for (uint32_t i = 0; i < r.def.cap_count; i++) {
            churn__expr_free(r.caps[i].when);
        }
    }
    case_free(c);
}

int main(void)
{
    const struct CMUnitTest scores[] = {
        cmocka_unit_test(score_eval__worked_examples__their_numbers),
        cmocka_unit_test(score_eval__missing_factors__weights_of_what_is_present),
        cmocka_unit_test(score_eval__nothing_known__no_score),
        cmocka_unit_test(score_eval__substitutes__score_but_do_not_cover),
        cmocka_unit_test(score_eval__weights_of_zero__left_out),
        cmocka_unit_test(score_eval__at_the_edge__band_by_the_rounded_number),
        cmocka_unit_test(score_eval__caps_and_floors__in_order_true_only),
        cmocka_unit_test(score_eval__random_scores__as_the_definition_says),
        cmocka_unit_test(score_explain__random_scores__lines_add_up_to_the_unit),
    };
    return RUN_TESTS(scores);
}
