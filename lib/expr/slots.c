/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"
#include "expr/program.h"

/* Which values of the record an expression reads: the beginning of its frame. */

churn_status churn__expr_collect_slots(expr_comp *comp)
{
    churn__expr *expr = comp->expr;
    uint32_t *slots = churn__arena_array(comp->arena, comp->node_count + 1, sizeof *slots);
    churn__type *types = churn__arena_array(comp->arena, comp->node_count + 1, sizeof *types);
    bool *never = churn__arena_array(comp->arena, comp->node_count + 1, sizeof *never);
    uint32_t count = 0;
    if (slots == NULL || types == NULL || never == NULL) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    for (size_t n = 0; n < comp->node_count; n++) {
        const expr_node *node = &comp->nodes[n];
        if (node->kind != NODE_NAME || node->slot == UINT32_MAX) {
            continue;
        }
        churn__type type = node->to_double ? CHURN__TYPE_INT : node->type;
        uint32_t at = 0;
        while (at < count && slots[at] < node->slot) {
            at++;
        }
        if (at == count || slots[at] != node->slot) {
            memmove(slots + at + 1, slots + at, (count - at) * sizeof *slots);
            memmove(types + at + 1, types + at, (count - at) * sizeof *types);
            memmove(never + at + 1, never + at, (count - at) * sizeof *never);
            slots[at] = node->slot;
            types[at] = type;
            never[at] = node->never_missing;
            count++;
        }
    }
    expr->slots = slots;
    expr->slot_types = types;
    expr->slot_never_missing = never;
    expr->slot_count = count;
    return CHURN_OK;
}
