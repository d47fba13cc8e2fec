/* SPDX-License-Identifier: MIT */
#include "expr/lower.h"

/* The new nodes, each of which is one instruction. */

#define LOWERED_MAX 8192u

static uint32_t too_many(lowerer *low, const expr_node *node)
{
    low->st = low->count >= LOWERED_MAX
                  ? churn__expr_fail(low->comp, node->at, CHURN_E_LIMIT, CHURN__EXPR_TOO_MANY,
                                     "comparing these lists and nulls takes more than %u steps",
                                     (uint64_t)LOWERED_MAX)
                  : churn__fail_memory(low->comp->err, low->comp->heap);
    return 0;
}

/* Operands have been put just before, in this order. After a failure nothing more is put. */
uint32_t churn__lower_put(lowerer *low, expr_node node, const uint32_t *args, uint32_t count)
{
    churn__heap *heap = low->comp->heap;
    if (low->st != CHURN_OK) {
        return 0;
    }
    if (low->count >= LOWERED_MAX ||
        !churn__grow(heap, (void **)&low->nodes, &low->capacity, low->count + 1,
                     sizeof *low->nodes) ||
        !churn__grow(heap, (void **)&low->args, &low->arg_capacity, low->arg_count + count,
                     sizeof *low->args)) {
        return too_many(low, &node);
    }
    node.first = (uint32_t)low->arg_count;
    node.count = count;
    if (count > 0) {
        memcpy(low->args + low->arg_count, args, count * sizeof *args);
    }
    low->arg_count += count;
    low->nodes[low->count] = node;
    return (uint32_t)low->count++;
}

uint32_t churn__lower_put_int(lowerer *low, const expr_node *n, int64_t value)
{
    const expr_node node = {.kind = NODE_CONST,
                            .type = CHURN__TYPE_INT,
                            .at = n->at,
                            .constant = true,
                            .value.as.i = value};
    return churn__lower_put(low, node, NULL, 0);
}

uint32_t churn__lower_put_bool(lowerer *low, const expr_node *n, bool value)
{
    const expr_node node = {.kind = NODE_CONST,
                            .type = CHURN__TYPE_BOOL,
                            .at = n->at,
                            .constant = true,
                            .value.state = expr_from_bool(value)};
    return churn__lower_put(low, node, NULL, 0);
}

uint32_t churn__lower_put_one(lowerer *low, const expr_node *n, uint8_t op, churn__type type,
                              uint32_t a)
{
    const expr_node node = {.kind = NODE_CALL, .op = op, .type = type, .at = n->at};
    return churn__lower_put(low, node, &a, 1);
}

uint32_t churn__lower_put_two(lowerer *low, const expr_node *n, uint8_t op, churn__type type,
                              uint32_t a, uint32_t b)
{
    const uint32_t args[] = {a, b};
    const expr_node node = {.kind = NODE_BINARY, .op = op, .type = type, .at = n->at};
    return churn__lower_put(low, node, args, 2);
}

uint32_t churn__lower_put_compare(lowerer *low, const expr_node *n, uint8_t op, uint8_t token,
                                  uint32_t a, uint32_t b)
{
    const uint32_t args[] = {a, b};
    const expr_node node = {
        .kind = NODE_BINARY, .op = op, .token = token, .type = CHURN__TYPE_BOOL, .at = n->at};
    return churn__lower_put(low, node, args, 2);
}

uint32_t churn__lower_put_select(lowerer *low, const expr_node *n, churn__type type, uint32_t a,
                                 uint32_t b, uint32_t c)
{
    const uint32_t args[] = {a, b, c};
    const expr_node node = {.kind = NODE_TERNARY, .op = OP_SELECT, .type = type, .at = n->at};
    return churn__lower_put(low, node, args, 3);
}

uint32_t churn__lower_put_not(lowerer *low, const expr_node *n, bool negate, uint32_t a)
{
    return negate ? churn__lower_put_one(low, n, OP_NOT, CHURN__TYPE_BOOL, a) : a;
}

uint32_t churn__lower_put_raise(lowerer *low, const expr_node *n, uint8_t op, churn__type type)
{
    return churn__lower_put_one(low, n, op, type, churn__lower_put_int(low, n, 0));
}

/* A node as it is, over new operands. */
uint32_t churn__lower_put_over(lowerer *low, const expr_node *n, const uint32_t *args,
                               uint32_t count)
{
    return churn__lower_put(low, *n, args, count);
}

/* A subtree as it is. */
uint32_t churn__lower_copy(lowerer *low, uint32_t i)
{
    uint32_t start = low->origins[i].start, base = (uint32_t)low->count;
    for (uint32_t k = start; k <= i && low->st == CHURN_OK; k++) {
        const expr_node *n = lower_node_at(low, k);
        size_t args = low->arg_count;
        low->origins[k].made = churn__lower_put(low, *n, low->comp->args + n->first, n->count);
        for (size_t j = args; j < low->arg_count; j++) {
            low->args[j] = low->args[j] - start + base;
        }
    }
    return base + (i - start);
}
