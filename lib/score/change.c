/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/num.h"
#include "score/lines.h"

/*
 * Why a score is not what it was. A score is a sum of weights times points; between two of them the
 * Shapley value of that product gives a factor
 *
 *     1/2 (e1 + e0) (p1 - p0)  +  1/2 ((p1 - m) + (p0 - m)) (e1 - e0)
 *
 * where m is any number, as weights sum to 1 on both sides: the mean of both scores, so that a
 * factor that appears at the customer's own average explains nothing. The points of a factor that
 * is absent on one side are those of the other.
 *
 * First the definition changes on the old data, then the card, then the data. Of the data, points
 * are behaviour and weights are missingness, for with one card only presence and age change them;
 * so are points where a value stands in for what is not there on one side only.
 *
 * A side on which no factor scores has no level of its own: it takes over the one before it, and m
 * is the level of the other side. The lines of a step then add up just the same.
 */
typedef struct walk {
    churn__score_line *lines;
    double *shares;
    uint32_t count;
    double level;          /* that the steps so far have come to */
    const uint32_t *match; /* by factor of the new definition: that of the old one */
} walk;

/* One step between two levels. */
typedef struct step {
    const churn__score_level *from, *to;
    const uint32_t *match; /* by factor of `to`; NULL: they are the same */
    churn__line_kind kind; /* BEHAVIOUR: of data, apart by points and weights */
    double middle;
} step;

/* ---- one factor ---- */

static const churn__factor_state absent = {.points = (double)NAN};

static const churn__factor_state *state_of(const churn__score_level *level, uint32_t f)
{
    return f == CHURN__NO_SLOT || isnan(level->raw) ? &absent : &level->states[f];
}

static double weight_of(const churn__factor_state *state)
{
    return isnan(state->points) ? 0 : state->effective;
}

static void add_line(walk *w, const step *s, churn__line_kind kind, uint32_t before, uint32_t after,
                     double share)
{
    if (share == 0) {
        return;
    }
    const churn__factor_state *a = state_of(s->from, before), *b = state_of(s->to, after);
    w->shares[w->count] = share * 1e6;
    w->lines[w->count++] = (churn__score_line){.kind = kind,
                                               .before = before,
                                               .after = after,
                                               .points_before = churn__round6(a->points),
                                               .points = churn__round6(b->points),
                                               .weight_before = weight_of(a),
                                               .weight = weight_of(b)};
}

static void step_factor(walk *w, const step *s, uint32_t before, uint32_t after)
{
    const churn__factor_state *a = state_of(s->from, before), *b = state_of(s->to, after);
    if (isnan(a->points) && isnan(b->points)) {
        return;
    }
    double p0 = isnan(a->points) ? b->points : a->points;
    double p1 = isnan(b->points) ? a->points : b->points;
    double e0 = weight_of(a), e1 = weight_of(b);
    double points = (e1 + e0) * (p1 - p0) / 2;
    double weights = ((p1 - s->middle) + (p0 - s->middle)) * (e1 - e0) / 2;
    bool stands_in = a->substituted != b->substituted;
    if (s->kind != CHURN__LINE_BEHAVIOUR) {
        add_line(w, s, s->kind, before, after, points + weights);
        return;
    }
    add_line(w, s, CHURN__LINE_BEHAVIOUR, before, after, stands_in ? 0 : points);
    add_line(w, s, CHURN__LINE_MISSINGNESS, before, after, stands_in ? points + weights : weights);
}

/* ---- one step ---- */

static double middle_of(const walk *w, const step *s)
{
    double from = isnan(s->from->raw) ? w->level : s->from->raw;
    if (isnan(s->to->raw)) {
        return from;
    }
    return isnan(s->from->raw) ? from : (from + s->to->raw) / 2;
}

/* Is a factor of the old definition one of the new one, too? */
static bool is_kept(const step *s, uint32_t before)
{
    for (uint32_t f = 0; f < s->to->def->factor_count; f++) {
        if (s->match[f] == before) {
            return true;
        }
    }
    return false;
}

static void take_step(walk *w, step s)
{
    if (s.from == s.to) {
        return;
    }
    s.middle = middle_of(w, &s);
    for (uint32_t f = 0; f < s.to->def->factor_count; f++) {
        step_factor(w, &s, s.match == NULL ? f : s.match[f], f);
    }
    for (uint32_t f = 0; s.match != NULL && f < s.from->def->factor_count; f++) {
        if (!is_kept(&s, f)) {
            step_factor(w, &s, f, CHURN__NO_SLOT);
        }
    }
    w->level = isnan(s.to->raw) ? w->level : s.to->raw;
}

/* ---- both definitions ---- */

static uint32_t factor_by_id(const churn__score_def *def, churn_str id)
{
    for (uint32_t f = 0; f < def->factor_count; f++) {
        if (churn__str_eq(def->cards[0].factors[f].id, id)) {
            return f;
        }
    }
    return CHURN__NO_SLOT;
}

static uint32_t cap_by_id(const churn__score_level *level, const churn__cap_def *cap)
{
    for (uint32_t c = 0; c < level->def->cap_count; c++) {
        const churn__cap_def *other = &level->card->caps[c];
        bool set = other->kind == CHURN__CAP_OVERRIDE;
        if (set == (cap->kind == CHURN__CAP_OVERRIDE) &&
            (set || churn__str_eq(other->id, cap->id))) {
            return c;
        }
    }
    return CHURN__NO_SLOT;
}

/* Behind the lines of factors, which are rounded; not told where it is the same on both sides. */
static void add_cap(walk *w, const churn__score_change *c, uint32_t before, uint32_t after)
{
    int64_t was = before == CHURN__NO_SLOT ? 0 : c->was->effects[before];
    int64_t is = after == CHURN__NO_SLOT ? 0 : c->is->effects[after];
    const churn__cap_def *cap =
        after == CHURN__NO_SLOT ? &c->was->card->caps[before] : &c->is->card->caps[after];
    bool set = cap->kind == CHURN__CAP_OVERRIDE;
    if (was == is) {
        return;
    }
    churn__score_line line = {.kind = churn__score_cap_line(cap),
                              .before = before,
                              .after = after,
                              .points_before = (double)NAN,
                              .points = (double)NAN,
                              .weight_before = (double)NAN,
                              .weight = (double)NAN,
                              .contribution = is - was};
    if (was != 0) {
        line.points_before = set ? c->was->override : c->was->card->caps[before].bound;
    }
    if (is != 0) {
        line.points = set ? c->is->override : c->is->card->caps[after].bound;
    }
    w->lines[w->count++] = line;
}

static void add_caps(walk *w, const churn__score_change *c)
{
    for (uint32_t i = 0; i < c->is->def->cap_count; i++) {
        add_cap(w, c, cap_by_id(c->was, &c->is->card->caps[i]), i);
    }
    for (uint32_t i = 0; c->was->def != c->is->def && i < c->was->def->cap_count; i++) {
        if (cap_by_id(c->is, &c->was->card->caps[i]) == CHURN__NO_SLOT) {
            add_cap(w, c, i, CHURN__NO_SLOT);
        }
    }
}

/* ---- lines ---- */

static void add_end(walk *w, churn__line_kind kind, double score)
{
    w->lines[w->count++] = (churn__score_line){.kind = kind,
                                               .before = CHURN__NO_SLOT,
                                               .after = CHURN__NO_SLOT,
                                               .points_before = (double)NAN,
                                               .points = (double)NAN,
                                               .weight_before = (double)NAN,
                                               .weight = (double)NAN,
                                               .contribution = churn__micro(score)};
}

/* Lines of one kind stand together, the largest first; those that came to nothing are left out. */
static void arrange(walk *w, uint32_t first)
{
    uint32_t kept = first;
    for (uint32_t i = first; i < w->count; i++) {
        if (w->lines[i].contribution != 0) {
            w->lines[kept++] = w->lines[i];
        }
    }
    w->count = kept;
    for (uint32_t i = first, end = first; i < w->count; i = end) {
        while (end < w->count && w->lines[end].kind == w->lines[i].kind) {
            end++;
        }
        churn__score_lines_sort(w->lines + i, end - i);
    }
}

/* Behaviour before missingness, each in the order of declaration. False: no memory. */
static bool part_kinds(walk *w, uint32_t first, churn__arena *arena)
{
    uint32_t n = w->count - first, kept = first, later = 0;
    churn__score_line *lines = churn__arena_array(arena, n, sizeof *lines);
    double *shares = churn__arena_array(arena, n, sizeof *shares);
    if (lines == NULL || shares == NULL) {
        return false;
    }
    for (uint32_t i = first; i < w->count; i++) {
        bool behind = w->lines[i].kind == CHURN__LINE_MISSINGNESS;
        churn__score_line *to = behind ? &lines[later] : &w->lines[kept];
        *(behind ? &shares[later++] : &w->shares[kept++]) = w->shares[i];
        *to = w->lines[i];
    }
    for (uint32_t i = 0; i < later; i++) {
        w->lines[kept + i] = lines[i];
        w->shares[kept + i] = shares[i];
    }
    return true;
}

static bool make_room(walk *w, const churn__score_change *c, churn__arena *arena)
{
    const churn__score_def *was = c->was->def, *is = c->is->def;
    size_t factors = (size_t)was->factor_count + is->factor_count;
    size_t lines = 4 * factors + was->cap_count + is->cap_count + 2;
    uint32_t *match = churn__arena_array(arena, is->factor_count, sizeof *match);
    w->lines = churn__arena_array(arena, lines, sizeof *w->lines);
    w->shares = churn__arena_array(arena, lines, sizeof *w->shares);
    for (uint32_t f = 0; match != NULL && f < is->factor_count; f++) {
        match[f] = was == is ? f : factor_by_id(was, is->cards[0].factors[f].id);
    }
    w->match = match;
    return match != NULL && w->lines != NULL && w->shares != NULL;
}

churn_status churn__score_explain_change(const churn__score_change *change, churn__arena *arena,
                                         churn__score_line **lines, uint32_t *count,
                                         churn_error *err)
{
    walk w = {.level = isnan(change->was->raw) ? change->was->def->baseline : change->was->raw};
    const double from = w.level;
    if (!make_room(&w, change, arena)) {
        return churn__fail_memory(err, arena->heap);
    }
    add_end(&w, CHURN__LINE_BEFORE, change->was->score);
    take_step(&w, (step){.from = change->was,
                         .to = change->configured,
                         .match = w.match,
                         .kind = CHURN__LINE_CONFIGURATION});
    take_step(&w,
              (step){.from = change->configured, .to = change->carded, .kind = CHURN__LINE_CARD});
    uint32_t data = w.count;
    take_step(&w, (step){.from = change->carded, .to = change->is, .kind = CHURN__LINE_BEHAVIOUR});
    if (!part_kinds(&w, data, arena)) {
        return churn__fail_memory(err, arena->heap);
    }
    churn__score_lines_round(w.shares + 1, w.lines + 1, w.count - 1,
                             churn__micro(w.level) - churn__micro(from));
    arrange(&w, 1);
    churn__score_level_effects(change->was, from);
    churn__score_level_effects(change->is, w.level);
    add_caps(&w, change);
    add_end(&w, CHURN__LINE_AFTER, change->is->score);
    *lines = w.lines;
    *count = w.count;
    return CHURN_OK;
}
