/* SPDX-License-Identifier: MIT */
#include "expr/program.h"

/* Many conditions over the same slots. */

struct churn__expr_group {
    churn__heap *heap;
    const churn__expr **exprs;
    uint32_t count;
};

churn_status churn__expr_group_create(churn__heap *heap, const churn__expr *const *exprs,
                                      uint32_t count, churn__expr_group **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__expr_group *group = churn__alloc_zero(heap, sizeof *group);
    *out = NULL;
    if (group == NULL) {
        return churn__fail_memory(err, heap);
    }
    group->heap = churn__heap_retain(heap);
    group->count = count;
    group->exprs = churn__alloc_array(heap, (size_t)count + 1, sizeof *group->exprs);
    if (group->exprs == NULL) {
        st = churn__fail_memory(err, heap);
        goto done;
    }
    for (uint32_t i = 0; i < count; i++) {
        group->exprs[i] = exprs[i];
    }
    *out = group;
    group = NULL;
done:
    churn__expr_group_free(group);
    return st;
}

void churn__expr_group_free(churn__expr_group *group)
{
    if (group == NULL) {
        return;
    }
    churn__heap *heap = group->heap;
    churn__free_array(heap, group->exprs, (size_t)group->count + 1, sizeof *group->exprs);
    churn__free(heap, group, sizeof *group);
    churn__heap_release(heap);
}

churn_status churn__expr_group_fit(churn__expr_scratch *scratch, const churn__expr_group *group,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < group->count; i++) {
        CHURN_TRY(churn__expr_scratch_fit(scratch, group->exprs[i], err));
    }
done:
    return st;
}

churn_status churn__expr_group_truth(const churn__expr_group *group, const churn__column *columns,
                                     uint32_t n, churn__expr_scratch *scratch,
                                     churn__truth *const *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < group->count; i++) {
        if (out[i] != NULL) {
            CHURN_TRY(churn__expr_truth(group->exprs[i], columns, n, scratch, out[i], err));
        }
    }
done:
    return st;
}
