/* SPDX-License-Identifier: MIT */
#include "expr/lower.h"

/* Lists taken apart: equality, `in` and size() become what is asked of their elements. */

static uint32_t bare(const lowerer *low, uint32_t i)
{
    while (lower_node_at(low, i)->kind == NODE_CALL) { /* dyn() */
        i = lower_arg(low, lower_node_at(low, i), 0);
    }
    return i;
}

bool churn__lower_is_list(const lowerer *low, uint32_t i)
{
    return lower_node_at(low, i)->type == EXPR_TYPE_LIST;
}

/* A ternary that decides what a list is; UINT32_MAX: none. */
static uint32_t undecided(const lowerer *low, uint32_t i)
{
    i = bare(low, i);
    const expr_node *n = lower_node_at(low, i);
    if (!churn__lower_is_list(low, i) || n->kind == NODE_LIST) {
        return UINT32_MAX;
    }
    if (n->kind == NODE_TERNARY) {
        return n->pick == 0 ? i : undecided(low, lower_arg(low, n, n->pick));
    }
    uint32_t left = undecided(low, lower_arg(low, n, 0));
    return left != UINT32_MAX ? left : undecided(low, lower_arg(low, n, 1));
}

void churn__lower_push_item(lowerer *low, uint32_t item)
{
    if (!churn__grow(low->comp->heap, (void **)&low->items, &low->item_capacity,
                     low->item_count + 1, sizeof *low->items)) {
        low->st = churn__fail_memory(low->comp->err, low->comp->heap);
        return;
    }
    low->items[low->item_count++] = item;
}

const uint32_t *churn__lower_items_from(const lowerer *low, size_t from)
{
    return low->items == NULL ? NULL : low->items + from;
}

/* The elements of a list onto the stack; what is no list is one itself. */
static void push_items(lowerer *low, uint32_t i)
{
    if (!churn__lower_is_list(low, i)) {
        churn__lower_push_item(low, i);
        return;
    }
    const expr_node *n = lower_node_at(low, bare(low, i));
    if (n->kind == NODE_TERNARY) {
        push_items(low, lower_arg(low, n, n->pick));
        return;
    }
    for (uint32_t k = 0; k < n->count && low->st == CHURN_OK; k++) {
        if (n->kind == NODE_BINARY) {
            push_items(low, lower_arg(low, n, k));
        } else {
            churn__lower_push_item(low, lower_arg(low, n, k));
        }
    }
}

/* What is asked of lists that hang on a ternary is asked of both its branches. */
typedef uint32_t (*question)(lowerer *low, const expr_node *n, bool want, uint32_t a, uint32_t b);

static uint32_t ask_branches(lowerer *low, const expr_node *n, churn__type type, uint32_t ternary,
                             question ask, bool want, uint32_t a, uint32_t b)
{
    if (low->st != CHURN_OK) {
        return 0;
    }
    expr_node *t = &low->comp->nodes[ternary];
    uint32_t x = churn__lower_condition(low, lower_arg(low, t, 0));
    t->pick = 1;
    uint32_t y = ask(low, n, want, a, b);
    t->pick = 2;
    uint32_t z = ask(low, n, want, a, b);
    t->pick = 0;
    return churn__lower_put_select(low, n, type, x, y, z);
}

static uint32_t put_any(lowerer *low, const expr_node *n, bool first, uint32_t all, uint32_t one)
{
    return first ? one : churn__lower_put_two(low, n, OP_ANY, CHURN__TYPE_BOOL, all, one);
}

static bool is_plainly_there(const expr_node *n)
{
    bool known = n->kind == NODE_CONST || (n->kind == NODE_CALL && n->constant);
    return n->type == EXPR_TYPE_NULL || (known && n->value.state != EXPR_UNKNOWN);
}

/* False, when all items from `from` on are there; *none: there is nothing to ask. */
static uint32_t strict_items(lowerer *low, const expr_node *n, size_t from, bool *none)
{
    uint32_t all = 0;
    size_t end = low->item_count;
    *none = true;
    for (size_t k = from; k < end && low->st == CHURN_OK; k++) {
        if (!is_plainly_there(lower_node_at(low, low->items[k]))) {
            all = put_any(low, n, *none, all, churn__lower_strict(low, n, low->items[k]));
            *none = false;
        }
    }
    low->item_count = from;
    return *none ? 0 : all;
}

static uint32_t strict_list(lowerer *low, const expr_node *n, bool want, uint32_t i, uint32_t same)
{
    uint32_t ternary = undecided(low, i);
    size_t from = low->item_count;
    bool none;
    if (ternary != UINT32_MAX) {
        return ask_branches(low, n, CHURN__TYPE_BOOL, ternary, strict_list, want, i, same);
    }
    push_items(low, i);
    uint32_t all = strict_items(low, n, from, &none);
    return none ? churn__lower_put_bool(low, n, false) : all;
}

/* False, when a value is there, null included. */
uint32_t churn__lower_strict(lowerer *low, const expr_node *n, uint32_t i)
{
    if (low->st != CHURN_OK) {
        return 0;
    }
    const expr_node *x = lower_node_at(low, i);
    if (churn__lower_is_list(low, i)) {
        return strict_list(low, n, true, i, i);
    }
    if (is_plainly_there(x)) {
        return churn__lower_put_bool(low, n, false);
    }
    uint32_t null = churn__lower_can_be_null(x) ? churn__lower_is_null(low, i) : 0;
    uint32_t no = churn__lower_can_be_null(x) ? churn__lower_put_bool(low, n, false) : 0;
    uint32_t a = churn__lower_value_of(low, i);
    a = churn__lower_put_compare(low, n, OP_DIFFER, TOK_EQ, a, churn__lower_value_of(low, i));
    return churn__lower_can_be_null(x)
               ? churn__lower_put_select(low, n, CHURN__TYPE_BOOL, null, no, a)
               : a;
}

/* Items from `a` to `b` with those from `b` on; of different numbers, they are only there. */
static uint32_t equal_items(lowerer *low, const expr_node *n, bool want, size_t a, size_t b,
                            bool lists)
{
    uint32_t all = 0;
    bool none = true;
    size_t count = b - a;
    if (!lists || count != low->item_count - b) {
        all = strict_items(low, n, a, &none);
        return churn__lower_put_not(low, n, !want,
                                    none ? churn__lower_put_bool(low, n, false) : all);
    }
    for (size_t k = 0; k < count && low->st == CHURN_OK; k++) {
        all = put_any(low, n, k == 0, all,
                      churn__lower_equal(low, n, false, low->items[a + k], low->items[b + k]));
    }
    low->item_count = a;
    return churn__lower_put_not(low, n, want,
                                count == 0 ? churn__lower_put_bool(low, n, false) : all);
}

static uint32_t equal_lists(lowerer *low, const expr_node *n, bool want, uint32_t a, uint32_t b)
{
    uint32_t ternary = undecided(low, a);
    ternary = ternary != UINT32_MAX ? ternary : undecided(low, b);
    if (ternary != UINT32_MAX) {
        return ask_branches(low, n, CHURN__TYPE_BOOL, ternary, equal_lists, want, a, b);
    }
    size_t from = low->item_count;
    push_items(low, a);
    size_t middle = low->item_count;
    push_items(low, b);
    return equal_items(low, n, want, from, middle,
                       churn__lower_is_list(low, a) && churn__lower_is_list(low, b));
}

uint32_t churn__lower_equal(lowerer *low, const expr_node *n, bool want, uint32_t a, uint32_t b)
{
    if (low->st != CHURN_OK) {
        return 0;
    }
    if (churn__lower_is_list(low, a) || churn__lower_is_list(low, b)) {
        return equal_lists(low, n, want, a, b);
    }
    if (churn__lower_can_be_null(lower_node_at(low, a)) ||
        churn__lower_can_be_null(lower_node_at(low, b))) {
        return churn__lower_equal_nulls(low, n, want, a, b);
    }
    return churn__lower_compare(low, n, want ? TOK_EQ : TOK_NE, a, b);
}

/* ---- in, size ---- */

static bool is_simple(const expr_node *n)
{
    return expr_is_scalar(n->type) && !n->nullable && !n->raises && !churn__lower_is_fine(n);
}

static bool all_simple(const lowerer *low, uint32_t x, size_t from)
{
    bool simple = is_simple(lower_node_at(low, x));
    for (size_t k = from; k < low->item_count; k++) {
        simple = simple && is_simple(lower_node_at(low, low->items[k]));
    }
    return simple;
}

/* The way that a list which is written out takes: constants become a set. */
static uint32_t in_set(lowerer *low, const expr_node *n, uint32_t x, size_t from)
{
    expr_comp *comp = low->comp;
    for (size_t k = from; k < low->item_count; k++) { /* x becomes a double before it is put */
        churn__expr_comparison(comp, &comp->nodes[x], &comp->nodes[low->items[k]], true);
    }
    uint32_t value = churn__lower_value_of(low, x), count = (uint32_t)(low->item_count - from);
    for (size_t k = from; k < low->item_count && low->st == CHURN_OK; k++) {
        uint32_t item = churn__lower_value_of(low, low->items[k]);
        low->items[k] = item;
        low->nodes[item].dynamic = true; /* the checker let them be compared */
    }
    expr_node list = {.kind = NODE_LIST, .type = EXPR_TYPE_LIST, .at = n->at};
    const uint32_t args[] = {
        value, churn__lower_put(low, list, churn__lower_items_from(low, from), count)};
    low->item_count = from;
    return churn__lower_put_over(low, n, args, 2);
}

uint32_t churn__lower_in_list(lowerer *low, const expr_node *n, bool want, uint32_t x,
                              uint32_t list)
{
    uint32_t ternary = undecided(low, list), all = 0;
    ternary = ternary != UINT32_MAX ? ternary : undecided(low, x);
    if (ternary != UINT32_MAX) {
        return ask_branches(low, n, CHURN__TYPE_BOOL, ternary, churn__lower_in_list, want, x, list);
    }
    size_t from = low->item_count;
    push_items(low, list);
    if (all_simple(low, x, from)) {
        return in_set(low, n, x, from);
    }
    size_t end = low->item_count;
    for (size_t k = from; k < end && low->st == CHURN_OK; k++) {
        all = put_any(low, n, k == from, all, churn__lower_equal(low, n, true, x, low->items[k]));
    }
    low->item_count = from;
    return end == from ? churn__lower_strict(low, n, x) : all;
}

uint32_t churn__lower_list_size(lowerer *low, const expr_node *n, bool want, uint32_t list,
                                uint32_t same)
{
    uint32_t ternary = undecided(low, list);
    bool none;
    if (ternary != UINT32_MAX) {
        return ask_branches(low, n, CHURN__TYPE_INT, ternary, churn__lower_list_size, want, list,
                            same);
    }
    size_t from = low->item_count;
    push_items(low, list);
    int64_t count = (int64_t)(low->item_count - from);
    uint32_t there = strict_items(low, n, from, &none);
    if (none) {
        return churn__lower_put_int(low, n, count);
    }
    uint32_t a = churn__lower_put_int(low, n, count);
    return churn__lower_put_select(low, n, CHURN__TYPE_INT, there, a,
                                   churn__lower_put_int(low, n, count));
}
