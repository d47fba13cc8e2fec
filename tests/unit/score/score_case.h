/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_SCORE_CASE_H
#define CHURN_TESTS_SCORE_CASE_H

#include <math.h>

#include "score/score.h"

#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

/* Scores over metrics called m0, m1, ... in slots 0, 1, ... . */

#define CASE_SLOTS 16
#define CASE_ROWS 700
#define CASE_FACTORS 16
#define CASE_GROUPS 8
#define CASE_CAPS 4

typedef struct score_case {
    churn__heap *heap;
    churn__arena arena;
    churn__expr_scratch *scratch;
    double values[CASE_SLOTS][CASE_ROWS];
    churn__missing missing[CASE_SLOTS][CASE_ROWS];
    churn__column columns[CASE_SLOTS];
    double overrides[CASE_ROWS];
    double score[CASE_ROWS], coverage[CASE_ROWS], low[CASE_ROWS], high[CASE_ROWS];
    churn__missing why[CASE_ROWS];
    uint8_t certain[CASE_ROWS], overridden[CASE_ROWS];
    uint32_t cards[CASE_ROWS], bands[CASE_ROWS];
    double groups[CASE_SLOTS * CASE_ROWS];
} score_case;

static inline score_case *case_create(void)
{
    score_case *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->heap = churn__heap_create(NULL, 0);
    churn__arena_init(&c->arena, c->heap);
    c->scratch = churn__expr_scratch_create(c->heap, CASE_ROWS);
    assert_non_null(c->scratch);
    for (size_t i = 0; i < CASE_SLOTS; i++) {
        c->columns[i] = (churn__column){
            .type = CHURN__TYPE_DOUBLE, .values = c->values[i], .missing = c->missing[i]};
    }
    for (size_t i = 0; i < CASE_ROWS; i++) {
        c->overrides[i] = (double)NAN;
    }
    return c;
}

static inline void case_free(score_case *c)
{
    churn__expr_scratch_free(c->scratch);
    churn__arena_clear(&c->arena);
    churn__heap_release(c->heap);
    free(c);
}

static inline void case_set(score_case *c, uint32_t slot, uint32_t row, double value)
{
    c->values[slot][row] = value;
    c->missing[slot][row] = CHURN__PRESENT;
}

static inline void case_miss(score_case *c, uint32_t slot, uint32_t row, churn__missing why)
{
    c->values[slot][row] = 12345; /* must not be looked at */
    c->missing[slot][row] = why;
}

static churn__expr_found case_resolve(void *context, churn_str name, churn__expr_name *out)
{
    (void)context;
    if (name.len < 2 || name.ptr[0] != 'm') {
        return CHURN__EXPR_UNKNOWN;
    }
    uint32_t slot = (uint32_t)(name.ptr[1] - '0');
    if (name.len == 3) {
        slot = slot * 10 + (uint32_t)(name.ptr[2] - '0');
    }
    *out = (churn__expr_name){.type = CHURN__TYPE_DOUBLE, .slot = slot};
    return CHURN__EXPR_KNOWN;
}

static inline churn__expr *case_compile(score_case *c, const char *text, churn__type want)
{
    churn_limits limits;
    churn__expr *expr = NULL;
    churn__expr_scope scope = {.resolve = case_resolve};
    churn_error err;
    churn_error_init(&err, sizeof err);
    assert_ok(churn__limits_resolve(NULL, &limits, &err));
    const churn__expr_source source = {.text = churn__str_nts(text), .scope = &scope, .want = want};
    churn_status st = churn__expr_compile(c->heap, &limits, &source, &expr, &err);
    if (st != CHURN_OK) {
        fail_msg("%s: %s", text, err.message);
    }
    return expr;
}

static inline churn__expr *case_when(score_case *c, const char *text)
{
    return case_compile(c, text, CHURN__TYPE_BOOL);
}

static inline churn__score_out case_out(score_case *c)
{
    return (churn__score_out){.score = c->score,
                              .missing = c->why,
                              .coverage = c->coverage,
                              .low = c->low,
                              .high = c->high,
                              .certain = c->certain,
                              .overridden = c->overridden,
                              .cards = c->cards,
                              .band_codes = c->bands,
                              .groups = c->groups};
}

static inline churn__score_in case_in(score_case *c, uint32_t n)
{
    return (churn__score_in){.columns = c->columns, .n = n, .overrides = c->overrides};
}

static inline void case_eval(score_case *c, const churn__score_def *def, uint32_t n)
{
    churn__score_room *room = NULL;
    churn__score_out out = case_out(c);
    churn__score_in in = case_in(c, n);
    assert_ok(churn__score_room_create(c->heap, def, n, c->scratch, &room, NULL));
    assert_ok(churn__score_eval(def, &in, c->scratch, room, &out, NULL));
    churn__score_room_free(room);
}

static inline const char *case_band(const score_case *c, const churn__score_def *def, uint32_t row)
{
    return churn__score_band_name(def, c->bands[row]).ptr;
}

/* A row taken apart on a card, with its lines from the score's baseline. */
static inline churn__score_level *case_level(score_case *c, const churn__score_def *def,
                                             uint32_t row, uint32_t card)
{
    churn__score_in in = case_in(c, CASE_ROWS);
    churn__score_level *level = churn__arena_alloc(&c->arena, sizeof *level);
    assert_non_null(level);
    assert_true(churn__score_level_make(def, &c->arena, level));
    assert_ok(churn__score_level_take(level, &in, row, card, c->scratch, NULL));
    churn__score_explain(level, def->baseline);
    return level;
}

/* A curve that gives the value itself, from 0 to 100. */
static const churn__point case_identity[] = {{0, 0}, {100, 100}};

static inline churn__factor_def case_factor(const char *id, uint32_t slot, double weight)
{
    return (churn__factor_def){.id = churn__str_nts(id),
                               .slot = slot,
                               .shown_slot = slot,
                               .weight = weight,
                               .points = case_identity,
                               .point_count = 2,
                               .carried_slot = CHURN__NO_SLOT,
                               .carried_age_slot = CHURN__NO_SLOT,
                               .decay_slot = CHURN__NO_SLOT,
                               .low_slot = CHURN__NO_SLOT,
                               .high_slot = CHURN__NO_SLOT,
                               .coverage_slot = CHURN__NO_SLOT};
}

static const churn__band_def case_traffic[] = {{.id = CHURN__STR("green"), .low = 70},
                                               {.id = CHURN__STR("yellow"), .low = 40},
                                               {.id = CHURN__STR("red"), .low = 0}};

/* A score of one card that is put together piece by piece. */
typedef struct case_tree {
    churn__factor_def factors[CASE_FACTORS];
    churn__group_def groups[CASE_GROUPS];
    churn__cap_def caps[CASE_CAPS];
    churn__card_def card;
    churn__score_def def;
} case_tree;

static inline void tree_begin(case_tree *t)
{
    *t = (case_tree){.card = {.segment = CHURN__NO_SLOT,
                              .segment_slot = CHURN__NO_SLOT,
                              .groups = t->groups,
                              .factors = t->factors,
                              .caps = t->caps,
                              .bands = case_traffic,
                              .min_coverage = 0.5},
                     .def = {.id = CHURN__STR("health"),
                             .baseline = 50,
                             .cards = &t->card,
                             .card_count = 1,
                             .band_count = 3}};
}

static inline uint32_t tree_group(case_tree *t, const char *id, uint32_t parent, double weight)
{
    t->groups[t->def.group_count] =
        (churn__group_def){.id = churn__str_nts(id), .parent = parent, .weight = weight};
    return t->def.group_count++;
}

/* Into the last group. */
static inline churn__factor_def *tree_factor(case_tree *t, churn__factor_def factor)
{
    factor.group = t->def.group_count - 1;
    t->factors[t->def.factor_count] = factor;
    return &t->factors[t->def.factor_count++];
}

static inline churn__cap_def *tree_cap(case_tree *t, churn__cap_def cap)
{
    t->caps[t->def.cap_count] = cap;
    return &t->caps[t->def.cap_count++];
}

static inline void tree_end(case_tree *t)
{
    for (uint32_t i = 0; i < t->def.cap_count; i++) {
        churn__expr_free((churn__expr *)t->caps[i].when);
    }
    for (uint32_t i = 0; i < t->def.factor_count; i++) {
        churn__expr_free((churn__expr *)t->factors[i].expr);
    }
}

#endif
