/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_SCORE_CASE_H
#define CHURN_TESTS_SCORE_CASE_H

#include <math.h>

#include "score/score.h"

#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

/* Scores over metrics called m0, m1, ... in slots 0, 1, ... . */

#define CASE_SLOTS 16
#define CASE_ROWS 700

typedef struct score_case {
    churn__heap *heap;
    churn__arena arena;
    churn__expr_scratch *scratch;
    double values[CASE_SLOTS][CASE_ROWS];
    churn__missing missing[CASE_SLOTS][CASE_ROWS];
    churn__column columns[CASE_SLOTS];
    double score[CASE_ROWS], coverage[CASE_ROWS], low[CASE_ROWS], high[CASE_ROWS];
    churn__missing why[CASE_ROWS];
    churn_str band[CASE_ROWS];
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

static inline churn__expr *case_when(score_case *c, const char *text)
{
    churn_limits limits;
    churn__expr *expr = NULL;
    churn__expr_scope scope = {.resolve = case_resolve};
    churn_error err;
    churn_error_init(&err, sizeof err);
    assert_ok(churn__limits_resolve(NULL, &limits, &err));
    const churn__expr_source source = {
        .text = churn__str_nts(text), .scope = &scope, .want = CHURN__TYPE_BOOL};
    churn_status st = churn__expr_compile(c->heap, &limits, &source, &expr, &err);
    if (st != CHURN_OK) {
        fail_msg("%s: %s", text, err.message);
    }
    return expr;
}

static inline void case_eval(score_case *c, const churn__score_def *def, uint32_t n)
{
    churn__score_out out = {.score = c->score,
                            .missing = c->why,
                            .coverage = c->coverage,
                            .low = c->low,
                            .high = c->high,
                            .band = c->band,
                            .groups = c->groups};
    assert_ok(churn__score_eval(def, c->columns, n, c->scratch, &out, NULL));
}

/* A curve that gives the value itself, from 0 to 100. */
static const churn__point case_identity[] = {{0, 0}, {100, 100}};

static inline churn__factor_def case_factor(const char *id, uint32_t slot, double weight)
{
    return (churn__factor_def){.id = churn__str_nts(id),
                               .slot = slot,
                               .weight = weight,
                               .points = case_identity,
                               .point_count = 2};
}

#endif
