/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/*
 * Nodes that mean more than one instruction become nodes that mean one each, before code is
 * generated. A value that can be null, or that is an instant with nanoseconds, has up to three
 * sides, each of which is computed by nodes of its own:
 *
 *     V  the value, whose absence is null where it can be null
 *     N  whether it is null: always true or false unless what decides that is unknown
 *     F  the nanoseconds of an instant
 *
 * What needs a value that is no null asks for S, which is V, or an error. Lists are taken apart
 * into comparisons of their elements, and a ternary of lists into one of what is asked of them.
 * Everything that stands on nothing of the kind is copied as it is.
 *
 * Recursion follows the tree, which has at most limits.expression_nodes nodes.
 */

#define LOWERED_MAX 8192u

/* About a node of the checked tree. */
typedef struct origin {
    uint32_t start; /* the first node of its subtree */
    uint32_t made;  /* its V among the new nodes */
    bool deep;      /* it, or something under it, is lowered */
} origin;

typedef struct lowerer {
    expr_comp *comp;
    origin *origins;
    expr_node *nodes;
    size_t count, capacity;
    uint32_t *args;
    size_t arg_count, arg_capacity;
    uint32_t *items; /* elements of lists that are being looked at: a stack */
    size_t item_count, item_capacity;
    churn_status st;
} lowerer;

static uint32_t value_of(lowerer *low, uint32_t i);
static uint32_t solid(lowerer *low, uint32_t i);
static uint32_t is_null(lowerer *low, uint32_t i);
static uint32_t nanos_of(lowerer *low, uint32_t i);
static uint32_t equal(lowerer *low, const expr_node *n, bool want, uint32_t a, uint32_t b);
static uint32_t strict(lowerer *low, const expr_node *n, uint32_t i);

static const expr_node *node_at(const lowerer *low, uint32_t i)
{
    return &low->comp->nodes[i];
}

static uint32_t arg(const lowerer *low, const expr_node *node, uint32_t i)
{
    return low->comp->args[node->first + i];
}

/* ---- new nodes ---- */

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
static uint32_t put(lowerer *low, expr_node node, const uint32_t *args, uint32_t count)
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

static uint32_t put_int(lowerer *low, const expr_node *n, int64_t value)
{
    const expr_node node = {.kind = NODE_CONST,
                            .type = CHURN__TYPE_INT,
                            .at = n->at,
                            .constant = true,
                            .value.as.i = value};
    return put(low, node, NULL, 0);
}

static uint32_t put_bool(lowerer *low, const expr_node *n, bool value)
{
    const expr_node node = {.kind = NODE_CONST,
                            .type = CHURN__TYPE_BOOL,
                            .at = n->at,
                            .constant = true,
                            .value.state = expr_from_bool(value)};
    return put(low, node, NULL, 0);
}

static uint32_t put_one(lowerer *low, const expr_node *n, uint8_t op, churn__type type, uint32_t a)
{
    const expr_node node = {.kind = NODE_CALL, .op = op, .type = type, .at = n->at};
    return put(low, node, &a, 1);
}

static uint32_t put_two(lowerer *low, const expr_node *n, uint8_t op, churn__type type, uint32_t a,
                        uint32_t b)
{
    const uint32_t args[] = {a, b};
    const expr_node node = {.kind = NODE_BINARY, .op = op, .type = type, .at = n->at};
    return put(low, node, args, 2);
}

static uint32_t put_compare(lowerer *low, const expr_node *n, uint8_t op, uint8_t token, uint32_t a,
                            uint32_t b)
{
    const uint32_t args[] = {a, b};
    const expr_node node = {
        .kind = NODE_BINARY, .op = op, .token = token, .type = CHURN__TYPE_BOOL, .at = n->at};
    return put(low, node, args, 2);
}

static uint32_t put_select(lowerer *low, const expr_node *n, churn__type type, uint32_t a,
                           uint32_t b, uint32_t c)
{
    const uint32_t args[] = {a, b, c};
    const expr_node node = {.kind = NODE_TERNARY, .op = OP_SELECT, .type = type, .at = n->at};
    return put(low, node, args, 3);
}

static uint32_t put_not(lowerer *low, const expr_node *n, bool negate, uint32_t a)
{
    return negate ? put_one(low, n, OP_NOT, CHURN__TYPE_BOOL, a) : a;
}

static uint32_t put_raise(lowerer *low, const expr_node *n, uint8_t op, churn__type type)
{
    return put_one(low, n, op, type, put_int(low, n, 0));
}

/* A node as it is, over new operands. */
static uint32_t put_over(lowerer *low, const expr_node *n, const uint32_t *args, uint32_t count)
{
    return put(low, *n, args, count);
}

/* A subtree as it is. */
static uint32_t copy(lowerer *low, uint32_t i)
{
    uint32_t start = low->origins[i].start, base = (uint32_t)low->count;
    for (uint32_t k = start; k <= i && low->st == CHURN_OK; k++) {
        const expr_node *n = node_at(low, k);
        size_t args = low->arg_count;
        low->origins[k].made = put(low, *n, low->comp->args + n->first, n->count);
        for (size_t j = args; j < low->arg_count; j++) {
            low->args[j] = low->args[j] - start + base;
        }
    }
    return base + (i - start);
}

/* ---- null ---- */

static bool can_be_null(const expr_node *node)
{
    return node->nullable || node->type == EXPR_TYPE_NULL;
}

static uint32_t name_is_null(lowerer *low, uint32_t i)
{
    const expr_node *n = node_at(low, i);
    if (n->slot == UINT32_MAX || n->never_missing) {
        return put_bool(low, n, n->value.state == EXPR_UNKNOWN);
    }
    uint32_t has = put_one(low, n, OP_HAS, CHURN__TYPE_BOOL, copy(low, i));
    return put_not(low, n, true, has);
}

static uint32_t condition(lowerer *low, uint32_t i)
{
    const expr_node *n = node_at(low, i);
    return n->type == CHURN__TYPE_BOOL
               ? solid(low, i)
               : put_raise(low, n, OP_RAISE_TYPES, CHURN__TYPE_BOOL); /* unchecked */
}

static uint32_t is_null(lowerer *low, uint32_t i)
{
    const expr_node *n = node_at(low, i);
    if (n->type == EXPR_TYPE_NULL || !n->nullable) {
        return put_bool(low, n, n->type == EXPR_TYPE_NULL);
    }
    if (n->kind == NODE_NAME) {
        return name_is_null(low, i);
    }
    if (n->kind == NODE_TERNARY && n->pick == 0) {
        uint32_t a = condition(low, arg(low, n, 0)), b = is_null(low, arg(low, n, 1));
        return put_select(low, n, CHURN__TYPE_BOOL, a, b, is_null(low, arg(low, n, 2)));
    }
    return is_null(low, arg(low, n, n->pick)); /* dyn(), or the branch that counts */
}

static uint32_t solid(lowerer *low, uint32_t i)
{
    const expr_node *n = node_at(low, i);
    if (!can_be_null(n)) {
        return value_of(low, i);
    }
    uint32_t a = is_null(low, i), b = put_raise(low, n, OP_RAISE_NULL, n->type);
    return put_select(low, n, n->type, a, b, value_of(low, i));
}

/* ---- instants ---- */

static bool is_fine(const expr_node *n)
{
    return n->type == CHURN__TYPE_TIME && n->fine;
}

/* The instant and the duration of a sum. */
static void sort_terms(const lowerer *low, const expr_node *n, uint32_t *time, uint32_t *duration)
{
    *time = arg(low, n, 0);
    *duration = arg(low, n, 1);
    if (node_at(low, *time)->type == CHURN__TYPE_DURATION) {
        *time = arg(low, n, 1);
        *duration = arg(low, n, 0);
    }
}

/* Nanoseconds that may reach into the next microsecond: 0 to 1998. */
static uint32_t nanos_sum(lowerer *low, const expr_node *n)
{
    uint32_t time, duration;
    sort_terms(low, n, &time, &duration);
    uint32_t a = nanos_of(low, time), b = solid(low, duration);
    return put_two(low, n, n->token == TOK_ADD ? OP_NS_ADD : OP_NS_SUB, CHURN__TYPE_INT, a, b);
}

static uint32_t time_sum(lowerer *low, const expr_node *n)
{
    uint32_t time, duration;
    bool add = n->token == TOK_ADD;
    sort_terms(low, n, &time, &duration);
    uint32_t a = solid(low, time), b = solid(low, duration);
    if (!n->fine) {
        return put_two(low, n, n->op, n->type, a, b);
    }
    a = put_two(low, n, add ? OP_T_FAR_ADD : OP_T_FAR_SUB, n->type, a, b);
    return put_two(low, n, OP_T_CARRY, n->type, a, nanos_sum(low, n));
}

static uint32_t time_difference(lowerer *low, const expr_node *n)
{
    uint32_t a = solid(low, arg(low, n, 0)), b = solid(low, arg(low, n, 1));
    if (!n->fine) {
        return put_two(low, n, n->op, n->type, a, b);
    }
    uint32_t micros = put_two(low, n, OP_SUB_I, CHURN__TYPE_INT, a, b);
    a = nanos_of(low, arg(low, n, 0));
    b = nanos_of(low, arg(low, n, 1));
    return put_two(low, n, OP_NS_JOIN, n->type, micros,
                   put_two(low, n, OP_SUB_I, CHURN__TYPE_INT, a, b));
}

static uint32_t nanos_of_call(lowerer *low, const expr_node *n)
{
    if (n->constant) {
        return put_int(low, n, n->nanos);
    }
    if (n->op == OP_S2T) {
        return put_one(low, n, OP_S2NS, CHURN__TYPE_INT, solid(low, arg(low, n, 0)));
    }
    return nanos_of(low, arg(low, n, 0)); /* timestamp(timestamp), dyn() */
}

static uint32_t nanos_of(lowerer *low, uint32_t i)
{
    const expr_node *n = node_at(low, i);
    if (!is_fine(n)) {
        return put_int(low, n, 0);
    }
    if (n->kind == NODE_CALL) {
        return nanos_of_call(low, n);
    }
    if (n->kind == NODE_BINARY) {
        uint32_t sum = nanos_sum(low, n);
        return put_two(low, n, OP_MOD_I, CHURN__TYPE_INT, sum, put_int(low, n, 1000));
    }
    if (n->pick != 0) {
        return nanos_of(low, arg(low, n, n->pick));
    }
    uint32_t a = condition(low, arg(low, n, 0)), b = nanos_of(low, arg(low, n, 1));
    return put_select(low, n, CHURN__TYPE_INT, a, b, nanos_of(low, arg(low, n, 2)));
}

/* ---- comparisons of what is no list ---- */

/* Of values that are not null. */
static uint32_t compare(lowerer *low, const expr_node *n, uint8_t token, uint32_t a, uint32_t b)
{
    expr_comp *comp = low->comp;
    bool equality = token == TOK_EQ || token == TOK_NE;
    uint8_t op = churn__expr_comparison(comp, &comp->nodes[a], &comp->nodes[b], equality);
    if (op == OP_NONE && equality) { /* elements of lists of several types */
        bool numbers =
            expr_is_number(node_at(low, a)->type) && expr_is_number(node_at(low, b)->type);
        op = numbers ? OP_CMP_ID : OP_DIFFER;
    }
    bool fine = op == OP_CMP_I && (is_fine(node_at(low, a)) || is_fine(node_at(low, b)));
    if (op == OP_NONE) {
        return put_raise(low, n, OP_RAISE_TYPES, CHURN__TYPE_BOOL);
    }
    uint32_t x = value_of(low, a), y = value_of(low, b);
    x = put_compare(low, n, op, fine ? TOK_EQ : token, x, y);
    if (!fine) {
        return x;
    }
    uint32_t u = nanos_of(low, a), v = nanos_of(low, b);
    u = put_compare(low, n, OP_CMP_I, token, u, v);
    v = value_of(low, a);
    v = put_compare(low, n, OP_CMP_I, token, v, value_of(low, b));
    return put_select(low, n, CHURN__TYPE_BOOL, x, u, v);
}

/* Of values of which some may be null: then an error. */
static uint32_t order(lowerer *low, const expr_node *n)
{
    uint32_t a = arg(low, n, 0), b = arg(low, n, 1);
    if (is_fine(node_at(low, a)) || is_fine(node_at(low, b))) {
        return compare(low, n, n->token, a, b);
    }
    uint32_t x = solid(low, a);
    const uint32_t args[] = {x, solid(low, b)};
    return put_over(low, n, args, 2);
}

/* What `==` (want) or `!=` of different things is, once they are there. */
static uint32_t never(lowerer *low, const expr_node *n, bool want, uint32_t i)
{
    return put_not(low, n, !want, strict(low, n, i));
}

/* Whether it is null, once it is there: a branch that is no null may fail. */
static uint32_t null_or_fails(lowerer *low, const expr_node *n, uint32_t i)
{
    const expr_node *x = node_at(low, i);
    if (!can_be_null(x)) {
        return strict(low, n, i);
    }
    uint32_t null = is_null(low, i);
    bool single = x->kind == NODE_NAME || x->type == EXPR_TYPE_NULL;
    return single ? null : put_two(low, n, OP_ANY, CHURN__TYPE_BOOL, null, strict(low, n, i));
}

static uint32_t equal_nulls(lowerer *low, const expr_node *n, bool want, uint32_t a, uint32_t b)
{
    const expr_node *x = node_at(low, a), *y = node_at(low, b);
    if (x->type == EXPR_TYPE_NULL || !can_be_null(x)) { /* the one that may be null first */
        uint32_t other = a;
        a = b;
        b = other;
        x = node_at(low, a);
        y = node_at(low, b);
    }
    if (y->type == EXPR_TYPE_NULL) {
        return put_not(low, n, !want, null_or_fails(low, n, a));
    }
    if (x->type == EXPR_TYPE_NULL) {
        return never(low, n, want, b);
    }
    uint32_t null = is_null(low, a);
    uint32_t both =
        can_be_null(y) ? put_not(low, n, !want, is_null(low, b)) : never(low, n, want, b);
    if (!can_be_null(y)) {
        return put_select(low, n, CHURN__TYPE_BOOL, null, both,
                          compare(low, n, want ? TOK_EQ : TOK_NE, a, b));
    }
    uint32_t other = is_null(low, b), differ = put_bool(low, n, !want);
    other = put_select(low, n, CHURN__TYPE_BOOL, other, differ,
                       compare(low, n, want ? TOK_EQ : TOK_NE, a, b));
    return put_select(low, n, CHURN__TYPE_BOOL, null, both, other);
}

/* ---- lists ---- */

static uint32_t bare(const lowerer *low, uint32_t i)
{
    while (node_at(low, i)->kind == NODE_CALL) { /* dyn() */
        i = arg(low, node_at(low, i), 0);
    }
    return i;
}

static bool is_list(const lowerer *low, uint32_t i)
{
    return node_at(low, i)->type == EXPR_TYPE_LIST;
}

/* A ternary that decides what a list is; UINT32_MAX: none. */
static uint32_t undecided(const lowerer *low, uint32_t i)
{
    i = bare(low, i);
    const expr_node *n = node_at(low, i);
    if (!is_list(low, i) || n->kind == NODE_LIST) {
        return UINT32_MAX;
    }
    if (n->kind == NODE_TERNARY) {
        return n->pick == 0 ? i : undecided(low, arg(low, n, n->pick));
    }
    uint32_t left = undecided(low, arg(low, n, 0));
    return left != UINT32_MAX ? left : undecided(low, arg(low, n, 1));
}

static void push_item(lowerer *low, uint32_t item)
{
    if (!churn__grow(low->comp->heap, (void **)&low->items, &low->item_capacity,
                     low->item_count + 1, sizeof *low->items)) {
        low->st = churn__fail_memory(low->comp->err, low->comp->heap);
        return;
    }
    low->items[low->item_count++] = item;
}

static const uint32_t *items_from(const lowerer *low, size_t from)
{
    return low->items == NULL ? NULL : low->items + from;
}

/* The elements of a list onto the stack; what is no list is one itself. */
static void push_items(lowerer *low, uint32_t i)
{
    if (!is_list(low, i)) {
        push_item(low, i);
        return;
    }
    const expr_node *n = node_at(low, bare(low, i));
    if (n->kind == NODE_TERNARY) {
        push_items(low, arg(low, n, n->pick));
        return;
    }
    for (uint32_t k = 0; k < n->count && low->st == CHURN_OK; k++) {
        if (n->kind == NODE_BINARY) {
            push_items(low, arg(low, n, k));
        } else {
            push_item(low, arg(low, n, k));
        }
    }
}

/* What is asked of lists that hang on a ternary is asked of both its branches. */
typedef uint32_t (*question)(lowerer *low, const expr_node *n, bool want, uint32_t a, uint32_t b);

static uint32_t ask_branches(lowerer *low, const expr_node *n, churn__type type, uint32_t ternary,
                             question ask, bool want, uint32_t a, uint32_t b)
{
    expr_node *t = &low->comp->nodes[ternary];
    uint32_t x = condition(low, arg(low, t, 0));
    t->pick = 1;
    uint32_t y = ask(low, n, want, a, b);
    t->pick = 2;
    uint32_t z = ask(low, n, want, a, b);
    t->pick = 0;
    return put_select(low, n, type, x, y, z);
}

static uint32_t put_any(lowerer *low, const expr_node *n, bool first, uint32_t all, uint32_t one)
{
    return first ? one : put_two(low, n, OP_ANY, CHURN__TYPE_BOOL, all, one);
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
        if (!is_plainly_there(node_at(low, low->items[k]))) {
            all = put_any(low, n, *none, all, strict(low, n, low->items[k]));
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
    return none ? put_bool(low, n, false) : all;
}

/* False, when a value is there, null included. */
static uint32_t strict(lowerer *low, const expr_node *n, uint32_t i)
{
    const expr_node *x = node_at(low, i);
    if (is_list(low, i)) {
        return strict_list(low, n, true, i, i);
    }
    if (is_plainly_there(x)) {
        return put_bool(low, n, false);
    }
    uint32_t null = can_be_null(x) ? is_null(low, i) : 0;
    uint32_t no = can_be_null(x) ? put_bool(low, n, false) : 0;
    uint32_t a = value_of(low, i);
    a = put_compare(low, n, OP_DIFFER, TOK_EQ, a, value_of(low, i));
    return can_be_null(x) ? put_select(low, n, CHURN__TYPE_BOOL, null, no, a) : a;
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
        return put_not(low, n, !want, none ? put_bool(low, n, false) : all);
    }
    for (size_t k = 0; k < count && low->st == CHURN_OK; k++) {
        all = put_any(low, n, k == 0, all,
                      equal(low, n, false, low->items[a + k], low->items[b + k]));
    }
    low->item_count = a;
    return put_not(low, n, want, count == 0 ? put_bool(low, n, false) : all);
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
    return equal_items(low, n, want, from, middle, is_list(low, a) && is_list(low, b));
}

static uint32_t equal(lowerer *low, const expr_node *n, bool want, uint32_t a, uint32_t b)
{
    if (is_list(low, a) || is_list(low, b)) {
        return equal_lists(low, n, want, a, b);
    }
    if (can_be_null(node_at(low, a)) || can_be_null(node_at(low, b))) {
        return equal_nulls(low, n, want, a, b);
    }
    return compare(low, n, want ? TOK_EQ : TOK_NE, a, b);
}

/* ---- in, size ---- */

static bool is_simple(const expr_node *n)
{
    return expr_is_scalar(n->type) && !n->nullable && !n->raises && !is_fine(n);
}

static bool all_simple(const lowerer *low, uint32_t x, size_t from)
{
    bool simple = is_simple(node_at(low, x));
    for (size_t k = from; k < low->item_count; k++) {
        simple = simple && is_simple(node_at(low, low->items[k]));
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
    uint32_t value = value_of(low, x), count = (uint32_t)(low->item_count - from);
    for (size_t k = from; k < low->item_count && low->st == CHURN_OK; k++) {
        uint32_t item = value_of(low, low->items[k]);
        low->items[k] = item;
        low->nodes[item].dynamic = true; /* the checker let them be compared */
    }
    expr_node list = {.kind = NODE_LIST, .type = EXPR_TYPE_LIST, .at = n->at};
    const uint32_t args[] = {value, put(low, list, items_from(low, from), count)};
    low->item_count = from;
    return put_over(low, n, args, 2);
}

static uint32_t in_list(lowerer *low, const expr_node *n, bool want, uint32_t x, uint32_t list)
{
    uint32_t ternary = undecided(low, list), all = 0;
    ternary = ternary != UINT32_MAX ? ternary : undecided(low, x);
    if (ternary != UINT32_MAX) {
        return ask_branches(low, n, CHURN__TYPE_BOOL, ternary, in_list, want, x, list);
    }
    size_t from = low->item_count;
    push_items(low, list);
    if (all_simple(low, x, from)) {
        return in_set(low, n, x, from);
    }
    size_t end = low->item_count;
    for (size_t k = from; k < end && low->st == CHURN_OK; k++) {
        all = put_any(low, n, k == from, all, equal(low, n, true, x, low->items[k]));
    }
    low->item_count = from;
    return end == from ? strict(low, n, x) : all;
}

static uint32_t list_size(lowerer *low, const expr_node *n, bool want, uint32_t list, uint32_t same)
{
    uint32_t ternary = undecided(low, list);
    bool none;
    if (ternary != UINT32_MAX) {
        return ask_branches(low, n, CHURN__TYPE_INT, ternary, list_size, want, list, same);
    }
    size_t from = low->item_count;
    push_items(low, list);
    int64_t count = (int64_t)(low->item_count - from);
    uint32_t there = strict_items(low, n, from, &none);
    if (none) {
        return put_int(low, n, count);
    }
    uint32_t a = put_int(low, n, count);
    return put_select(low, n, CHURN__TYPE_INT, there, a, put_int(low, n, count));
}

/* ---- values ---- */

static uint32_t over_solid(lowerer *low, const expr_node *n)
{
    size_t from = low->item_count;
    for (uint32_t i = 0; i < n->count && low->st == CHURN_OK; i++) {
        push_item(low, solid(low, arg(low, n, i)));
    }
    low->item_count = from;
    return put_over(low, n, items_from(low, from), n->count);
}

static uint32_t lower_binary(lowerer *low, const expr_node *n)
{
    uint32_t a = arg(low, n, 0), b = arg(low, n, 1);
    switch (n->token) {
    case TOK_AND:
    case TOK_OR: {
        uint32_t x = condition(low, a);
        const uint32_t args[] = {x, condition(low, b)};
        return put_over(low, n, args, 2);
    }
    case TOK_EQ:
    case TOK_NE:
        return equal(low, n, n->token == TOK_EQ, a, b);
    case TOK_LT:
    case TOK_LE:
    case TOK_GT:
    case TOK_GE:
        return order(low, n);
    case TOK_IN:
        return n->op == OP_IN_LIST ? over_solid(low, n) : in_list(low, n, true, a, b);
    default:
        if (n->type == CHURN__TYPE_TIME) {
            return time_sum(low, n);
        }
        return n->op == OP_T_DIFF ? time_difference(low, n) : over_solid(low, n);
    }
}

/* A branch of a ternary: of what fails when it is computed, the type is the other's. */
static uint32_t branch(lowerer *low, uint32_t i, churn__type type)
{
    const expr_node *n = node_at(low, i);
    return n->raises ? put_raise(low, n, OP_RAISE_TYPES, type) : value_of(low, i);
}

static uint32_t lower_ternary(lowerer *low, const expr_node *n)
{
    if (n->pick != 0) {
        return value_of(low, arg(low, n, n->pick));
    }
    uint32_t a = condition(low, arg(low, n, 0)), b = branch(low, arg(low, n, 1), n->type);
    const uint32_t args[] = {a, b, branch(low, arg(low, n, 2), n->type)};
    return put_over(low, n, args, 3);
}

static uint32_t lower_call(lowerer *low, const expr_node *n)
{
    if (n->op >= OP_T_YEAR && n->op <= OP_T_MILLISECONDS) {
        expr_node zone = {.kind = NODE_CONST, .type = CHURN__TYPE_INT, .at = n->at};
        zone.value.as.zone = n->value.as.zone;
        uint32_t a = solid(low, arg(low, n, 0));
        const uint32_t args[] = {a, put(low, zone, NULL, 0)};
        return put_over(low, n, args, 2);
    }
    if (n->op == OP_T2S && is_fine(node_at(low, arg(low, n, 0)))) {
        uint32_t a = solid(low, arg(low, n, 0));
        return put_two(low, n, OP_TN2S, n->type, a, nanos_of(low, arg(low, n, 0)));
    }
    if (n->op != OP_NONE) {
        return over_solid(low, n);
    }
    if (is_list(low, arg(low, n, 0))) {
        return list_size(low, n, true, arg(low, n, 0), 0);
    }
    /* dyn() keeps null, int(int) and its like do not */
    return n->nullable ? value_of(low, arg(low, n, 0)) : solid(low, arg(low, n, 0));
}

static uint32_t lower_node(lowerer *low, const expr_node *n)
{
    if (n->raises) {
        return put_raise(low, n, OP_RAISE_TYPES, CHURN__TYPE_BOOL);
    }
    switch (n->kind) {
    case NODE_BINARY:
        return lower_binary(low, n);
    case NODE_TERNARY:
        return lower_ternary(low, n);
    case NODE_CALL:
        return lower_call(low, n);
    case NODE_UNARY: {
        uint32_t a = n->op == OP_NOT ? condition(low, arg(low, n, 0)) : solid(low, arg(low, n, 0));
        return put_over(low, n, &a, 1);
    }
    default: /* leaves and lists are never deep */
        return put_bool(low, n, false);
    }
}

static uint32_t value_of(lowerer *low, uint32_t i)
{
    if (!low->origins[i].deep) {
        return copy(low, i);
    }
    uint32_t made = lower_node(low, node_at(low, i));
    low->origins[i].made = made;
    return made;
}

/* ---- the whole ---- */

static void find_deep(lowerer *low)
{
    for (uint32_t i = 0; i < low->comp->node_count; i++) {
        const expr_node *n = node_at(low, i);
        origin *o = &low->origins[i];
        *o = (origin){.start = i, .made = UINT32_MAX, .deep = n->lowers};
        for (uint32_t k = 0; k < n->count; k++) {
            const origin *of = &low->origins[arg(low, n, k)];
            o->start = of->start < o->start ? of->start : o->start;
            o->deep = o->deep || of->deep;
        }
    }
}

static bool has_lowering(const expr_comp *comp)
{
    for (size_t i = 0; i < comp->node_count; i++) {
        if (comp->nodes[i].lowers) {
            return true;
        }
    }
    return false;
}

static void close_lowerer(lowerer *low, size_t count)
{
    churn__heap *heap = low->comp->heap;
    churn__free_array(heap, low->origins, count, sizeof *low->origins);
    churn__free_array(heap, low->nodes, low->capacity, sizeof *low->nodes);
    churn__free_array(heap, low->args, low->arg_capacity, sizeof *low->args);
    churn__free_array(heap, low->items, low->item_capacity, sizeof *low->items);
}

/* Tell the nodes of the tree where their values are, for explanations. */
static void hand_back(const lowerer *low, expr_node *nodes, size_t count)
{
    uint32_t whole = low->nodes[low->count - 1].operand;
    for (size_t i = 0; i < count; i++) {
        uint32_t made = low->origins[i].made;
        nodes[i].operand = made != UINT32_MAX ? low->nodes[made].operand : whole;
    }
}

churn_status churn__expr_lowered(expr_comp *comp, churn_status (*then)(expr_comp *comp))
{
    lowerer low = {.comp = comp};
    const expr_comp kept = *comp;
    if (!has_lowering(comp)) {
        return then(comp);
    }
    low.origins = churn__alloc_array(comp->heap, comp->node_count, sizeof *low.origins);
    if (low.origins == NULL) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    find_deep(&low);
    value_of(&low, (uint32_t)comp->node_count - 1);
    if (low.st == CHURN_OK) {
        comp->nodes = low.nodes;
        comp->node_count = low.count;
        comp->args = low.args;
        comp->arg_count = low.arg_count;
        low.st = then(comp);
        comp->nodes = kept.nodes;
        comp->node_count = kept.node_count;
        comp->args = kept.args;
        comp->arg_count = kept.arg_count;
    }
    if (low.st == CHURN_OK) {
        hand_back(&low, comp->nodes, comp->node_count);
    }
    close_lowerer(&low, kept.node_count);
    return low.st;
}
