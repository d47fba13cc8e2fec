/* SPDX-License-Identifier: MIT */
#include "expr/vector.h"

#include <math.h>

/* Conditions over columns: one, or many that share what they have in common. */

/* ---- one ---- */

/* T 1, F 0, U 2, E 3, as churn__truth has them. */
static void put_truth(const expr_vec *result, uint32_t n, churn__truth *out)
{
    uint64_t low[EXPR_WORDS], high[EXPR_WORDS];
    churn__truth few[64];
    uint32_t words = (n + 63) / 64;
    for (uint32_t w = 0; w < words; w++) {
        low[w] = result->t[w] | expr_errors(result, w);
        high[w] = ~(result->t[w] | result->f[w]);
    }
    churn__expr_kernels()->spread(low, high, words, n < 64 ? few : out);
    if (n < 64) {
        memcpy(out, few, n);
    }
}

static churn_status run_all(const struct expr_plan *plan, uint32_t n, churn__expr_scratch *scratch,
                            churn__truth *const *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t piece = 0;
    for (uint32_t row = 0; row < n; row += piece) {
        piece = churn__expr_plan_piece(scratch, n - row);
        CHURN_TRY(churn__expr_plan_run(scratch, row, piece, err));
        for (uint32_t i = 0; i < plan->output_count; i++) {
            if (out[i] != NULL) {
                put_truth(churn__expr_plan_result(scratch, i), piece, out[i] + row);
            }
        }
    }
done:
    return st;
}

churn_status churn__expr_truth(const churn__expr *expr, const churn__column *columns, uint32_t n,
                               churn__expr_scratch *scratch, churn__truth *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__expr_plan_open(scratch, expr->plan, columns, n, NULL, err));
    CHURN_TRY(run_all(expr->plan, n, scratch, &out, err));
done:
    return st;
}

/* Numbers of rows; whole and truths, too. Where there is none, NaN. */
static void put_numbers(const expr_vec *result, churn__type type, uint32_t n, double *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bit = UINT64_C(1) << i % 64;
        uint64_t there = expr_known(result, type, i / 64) & ~expr_errors(result, i / 64);
        if ((there & bit) == 0) {
            out[i] = (double)NAN;
        } else if (type == CHURN__TYPE_BOOL) {
            out[i] = (result->t[i / 64] & bit) != 0;
        } else if (type == CHURN__TYPE_INT) {
            out[i] = (double)((const int64_t *)result->values)[result->step * i];
        } else {
            out[i] = ((const double *)result->values)[result->step * i];
        }
    }
}

churn_status churn__expr_numbers(const churn__expr *expr, const churn__column *columns,
                                 uint32_t row, uint32_t n, churn__expr_scratch *scratch,
                                 double *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t piece = 0;
    CHURN_TRY(churn__expr_plan_open(scratch, expr->plan, columns, n, NULL, err));
    for (uint32_t at = 0; at < n; at += piece) {
        piece = churn__expr_plan_piece(scratch, n - at);
        CHURN_TRY(churn__expr_plan_run(scratch, (uint64_t)row + at, piece, err));
        put_numbers(churn__expr_plan_result(scratch, 0), expr->type, piece, out + at);
    }
done:
    return st;
}

/* ---- many ---- */

struct churn__expr_group {
    churn__heap *heap;
    churn__arena arena;
    const struct expr_plan *plan;
    uint32_t count;
};

churn_status churn__expr_group_create(churn__heap *heap, const churn__expr *const *exprs,
                                      uint32_t count, churn__expr_group **out, churn_error *err)
{
    churn__expr_group *group = churn__alloc_zero(heap, sizeof *group);
    *out = NULL;
    if (group == NULL) {
        return churn__fail_memory(err, heap);
    }
    group->heap = churn__heap_retain(heap);
    group->count = count;
    churn__arena_init(&group->arena, heap);
    if (!churn__expr_plan_make(heap, &group->arena, exprs, count, &group->plan)) {
        churn__expr_group_free(group);
        return churn__fail_memory(err, heap);
    }
    *out = group;
    return CHURN_OK;
}

void churn__expr_group_free(churn__expr_group *group)
{
    if (group == NULL) {
        return;
    }
    churn__heap *heap = group->heap;
    churn__arena_clear(&group->arena);
    churn__free(heap, group, sizeof *group);
    churn__heap_release(heap);
}

const struct expr_plan *churn__expr_group_plan(const churn__expr_group *group)
{
    return group->plan;
}

churn_status churn__expr_group_fit(churn__expr_scratch *scratch, const churn__expr_group *group,
                                   churn_error *err)
{
    return churn__expr_plan_fit(scratch, group->plan, err);
}

churn_status churn__expr_group_truth(const churn__expr_group *group, const churn__column *columns,
                                     uint32_t n, churn__expr_scratch *scratch,
                                     churn__truth *const *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const void *const *wanted = (const void *const *)out;
    CHURN_TRY(churn__expr_plan_open(scratch, group->plan, columns, n, wanted, err));
    CHURN_TRY(run_all(group->plan, n, scratch, out, err));
done:
    return st;
}
