/* SPDX-License-Identifier: MIT */
#include "expr/lower.h"

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
 * Recursion follows the tree, which has at most limits.expression_nodes nodes. Sides that stand on
 * each other, and lists that hang on ternaries, double what is made with every level: more than
 * LOWERED_MAX nodes are an error, after which nothing is gone into any more.
 */

static uint32_t solid(lowerer *low, uint32_t i);
static uint32_t nanos_of(lowerer *low, uint32_t i);

/* ---- null ---- */

bool churn__lower_can_be_null(const expr_node *node)
{
    return node->nullable || node->type == EXPR_TYPE_NULL;
}

static uint32_t name_is_null(lowerer *low, uint32_t i)
{
    const expr_node *n = lower_node_at(low, i);
    if (n->slot == UINT32_MAX || n->never_missing) {
        return churn__lower_put_bool(low, n, n->value.state == EXPR_UNKNOWN);
    }
    uint32_t has =
        churn__lower_put_one(low, n, OP_HAS, CHURN__TYPE_BOOL, churn__lower_copy(low, i));
    return churn__lower_put_not(low, n, true, has);
}

uint32_t churn__lower_condition(lowerer *low, uint32_t i)
{
    const expr_node *n = lower_node_at(low, i);
    return n->type == CHURN__TYPE_BOOL
               ? solid(low, i)
               : churn__lower_put_raise(low, n, OP_RAISE_TYPES, CHURN__TYPE_BOOL); /* unchecked */
}

uint32_t churn__lower_is_null(lowerer *low, uint32_t i)
{
    if (low->st != CHURN_OK) {
        return 0;
    }
    const expr_node *n = lower_node_at(low, i);
    if (n->type == EXPR_TYPE_NULL || !n->nullable) {
        return churn__lower_put_bool(low, n, n->type == EXPR_TYPE_NULL);
    }
    if (n->kind == NODE_NAME) {
        return name_is_null(low, i);
    }
    if (n->kind == NODE_TERNARY && n->pick == 0) {
        uint32_t a = churn__lower_condition(low, lower_arg(low, n, 0)),
                 b = churn__lower_is_null(low, lower_arg(low, n, 1));
        return churn__lower_put_select(low, n, CHURN__TYPE_BOOL, a, b,
                                       churn__lower_is_null(low, lower_arg(low, n, 2)));
    }
    return churn__lower_is_null(low,
                                lower_arg(low, n, n->pick)); /* dyn(), or the branch that counts */
}

static uint32_t solid(lowerer *low, uint32_t i)
{
    if (low->st != CHURN_OK) {
        return 0;
    }
    const expr_node *n = lower_node_at(low, i);
    if (!churn__lower_can_be_null(n)) {
        return churn__lower_value_of(low, i);
    }
    uint32_t a = churn__lower_is_null(low, i),
             b = churn__lower_put_raise(low, n, OP_RAISE_NULL, n->type);
    return churn__lower_put_select(low, n, n->type, a, b, churn__lower_value_of(low, i));
}

/* ---- instants ---- */

bool churn__lower_is_fine(const expr_node *n)
{
    return n->type == CHURN__TYPE_TIME && n->fine;
}

/* The instant and the duration of a sum. */
static void sort_terms(const lowerer *low, const expr_node *n, uint32_t *time, uint32_t *duration)
{
    *time = lower_arg(low, n, 0);
    *duration = lower_arg(low, n, 1);
    if (lower_node_at(low, *time)->type == CHURN__TYPE_DURATION) {
        *time = lower_arg(low, n, 1);
        *duration = lower_arg(low, n, 0);
    }
}

/* Nanoseconds that may reach into the next microsecond: 0 to 1998. */
static uint32_t nanos_sum(lowerer *low, const expr_node *n)
{
    uint32_t time, duration;
    sort_terms(low, n, &time, &duration);
    uint32_t a = nanos_of(low, time), b = solid(low, duration);
    return churn__lower_put_two(low, n, n->token == TOK_ADD ? OP_NS_ADD : OP_NS_SUB,
                                CHURN__TYPE_INT, a, b);
}

static uint32_t time_sum(lowerer *low, const expr_node *n)
{
    uint32_t time, duration;
    bool add = n->token == TOK_ADD;
    sort_terms(low, n, &time, &duration);
    uint32_t a = solid(low, time), b = solid(low, duration);
    if (!n->fine) {
        return churn__lower_put_two(low, n, n->op, n->type, a, b);
    }
    a = churn__lower_put_two(low, n, add ? OP_T_FAR_ADD : OP_T_FAR_SUB, n->type, a, b);
    return churn__lower_put_two(low, n, OP_T_CARRY, n->type, a, nanos_sum(low, n));
}

static uint32_t time_difference(lowerer *low, const expr_node *n)
{
    uint32_t a = solid(low, lower_arg(low, n, 0)), b = solid(low, lower_arg(low, n, 1));
    if (!n->fine) {
        return churn__lower_put_two(low, n, n->op, n->type, a, b);
    }
    uint32_t micros = churn__lower_put_two(low, n, OP_SUB_I, CHURN__TYPE_INT, a, b);
    a = nanos_of(low, lower_arg(low, n, 0));
    b = nanos_of(low, lower_arg(low, n, 1));
    return churn__lower_put_two(low, n, OP_NS_JOIN, n->type, micros,
                                churn__lower_put_two(low, n, OP_SUB_I, CHURN__TYPE_INT, a, b));
}

static uint32_t nanos_of_call(lowerer *low, const expr_node *n)
{
    if (n->constant) {
        return churn__lower_put_int(low, n, n->nanos);
    }
    if (n->op == OP_S2T) {
        return churn__lower_put_one(low, n, OP_S2NS, CHURN__TYPE_INT,
                                    solid(low, lower_arg(low, n, 0)));
    }
    return nanos_of(low, lower_arg(low, n, 0)); /* timestamp(timestamp), dyn() */
}

static uint32_t nanos_of(lowerer *low, uint32_t i)
{
    if (low->st != CHURN_OK) {
        return 0;
    }
    const expr_node *n = lower_node_at(low, i);
    if (!churn__lower_is_fine(n)) {
        return churn__lower_put_int(low, n, 0);
    }
    if (n->kind == NODE_CALL) {
        return nanos_of_call(low, n);
    }
    if (n->kind == NODE_BINARY) {
        uint32_t sum = nanos_sum(low, n);
        return churn__lower_put_two(low, n, OP_MOD_I, CHURN__TYPE_INT, sum,
                                    churn__lower_put_int(low, n, 1000));
    }
    if (n->pick != 0) {
        return nanos_of(low, lower_arg(low, n, n->pick));
    }
    uint32_t a = churn__lower_condition(low, lower_arg(low, n, 0)),
             b = nanos_of(low, lower_arg(low, n, 1));
    return churn__lower_put_select(low, n, CHURN__TYPE_INT, a, b,
                                   nanos_of(low, lower_arg(low, n, 2)));
}

/* ---- comparisons of what is no list ---- */

/* Of values that are not null. */
uint32_t churn__lower_compare(lowerer *low, const expr_node *n, uint8_t token, uint32_t a,
                              uint32_t b)
{
    expr_comp *comp = low->comp;
    bool equality = token == TOK_EQ || token == TOK_NE;
    uint8_t op = churn__expr_comparison(comp, &comp->nodes[a], &comp->nodes[b], equality);
    if (op == OP_NONE && equality) { /* elements of lists of several types */
        bool numbers = expr_is_number(lower_node_at(low, a)->type) &&
                       expr_is_number(lower_node_at(low, b)->type);
        op = numbers ? OP_CMP_ID : OP_DIFFER;
    }
    bool fine = op == OP_CMP_I && (churn__lower_is_fine(lower_node_at(low, a)) ||
                                   churn__lower_is_fine(lower_node_at(low, b)));
    if (op == OP_NONE) {
        return churn__lower_put_raise(low, n, OP_RAISE_TYPES, CHURN__TYPE_BOOL);
    }
    uint32_t x = churn__lower_value_of(low, a), y = churn__lower_value_of(low, b);
    x = churn__lower_put_compare(low, n, op, fine ? TOK_EQ : token, x, y);
    if (!fine) {
        return x;
    }
    uint32_t u = nanos_of(low, a), v = nanos_of(low, b);
    u = churn__lower_put_compare(low, n, OP_CMP_I, token, u, v);
    v = churn__lower_value_of(low, a);
    v = churn__lower_put_compare(low, n, OP_CMP_I, token, v, churn__lower_value_of(low, b));
    return churn__lower_put_select(low, n, CHURN__TYPE_BOOL, x, u, v);
}

/* Of values of which some may be null: then an error. */
static uint32_t order(lowerer *low, const expr_node *n)
{
    uint32_t a = lower_arg(low, n, 0), b = lower_arg(low, n, 1);
    if (churn__lower_is_fine(lower_node_at(low, a)) ||
        churn__lower_is_fine(lower_node_at(low, b))) {
        return churn__lower_compare(low, n, n->token, a, b);
    }
    uint32_t x = solid(low, a);
    const uint32_t args[] = {x, solid(low, b)};
    return churn__lower_put_over(low, n, args, 2);
}

/* What `==` (want) or `!=` of different things is, once they are there. */
static uint32_t never(lowerer *low, const expr_node *n, bool want, uint32_t i)
{
    return churn__lower_put_not(low, n, !want, churn__lower_strict(low, n, i));
}

/* Whether it is null, once it is there: a branch that is no null may fail. */
static uint32_t null_or_fails(lowerer *low, const expr_node *n, uint32_t i)
{
    const expr_node *x = lower_node_at(low, i);
    if (!churn__lower_can_be_null(x)) {
        return churn__lower_strict(low, n, i);
    }
    uint32_t null = churn__lower_is_null(low, i);
    bool single = x->kind == NODE_NAME || x->type == EXPR_TYPE_NULL;
    return single ? null
                  : churn__lower_put_two(low, n, OP_ANY, CHURN__TYPE_BOOL, null,
                                         churn__lower_strict(low, n, i));
}

uint32_t churn__lower_equal_nulls(lowerer *low, const expr_node *n, bool want, uint32_t a,
                                  uint32_t b)
{
    const expr_node *x = lower_node_at(low, a), *y = lower_node_at(low, b);
    if (x->type == EXPR_TYPE_NULL ||
        !churn__lower_can_be_null(x)) { /* the one that may be null first */
        uint32_t other = a;
        a = b;
        b = other;
        x = lower_node_at(low, a);
        y = lower_node_at(low, b);
    }
    if (y->type == EXPR_TYPE_NULL) {
        return churn__lower_put_not(low, n, !want, null_or_fails(low, n, a));
    }
    if (x->type == EXPR_TYPE_NULL) {
        return never(low, n, want, b);
    }
    uint32_t null = churn__lower_is_null(low, a);
    uint32_t both = churn__lower_can_be_null(y)
                        ? churn__lower_put_not(low, n, !want, churn__lower_is_null(low, b))
                        : never(low, n, want, b);
    if (!churn__lower_can_be_null(y)) {
        return churn__lower_put_select(low, n, CHURN__TYPE_BOOL, null, both,
                                       churn__lower_compare(low, n, want ? TOK_EQ : TOK_NE, a, b));
    }
    uint32_t other = churn__lower_is_null(low, b), differ = churn__lower_put_bool(low, n, !want);
    other = churn__lower_put_select(low, n, CHURN__TYPE_BOOL, other, differ,
                                    churn__lower_compare(low, n, want ? TOK_EQ : TOK_NE, a, b));
    return churn__lower_put_select(low, n, CHURN__TYPE_BOOL, null, both, other);
}
/* ---- values ---- */

static uint32_t over_solid(lowerer *low, const expr_node *n)
{
    size_t from = low->item_count;
    for (uint32_t i = 0; i < n->count && low->st == CHURN_OK; i++) {
        churn__lower_push_item(low, solid(low, lower_arg(low, n, i)));
    }
    low->item_count = from;
    return churn__lower_put_over(low, n, churn__lower_items_from(low, from), n->count);
}

static uint32_t lower_binary(lowerer *low, const expr_node *n)
{
    uint32_t a = lower_arg(low, n, 0), b = lower_arg(low, n, 1);
    switch (n->token) {
    case TOK_AND:
    case TOK_OR: {
        uint32_t x = churn__lower_condition(low, a);
        const uint32_t args[] = {x, churn__lower_condition(low, b)};
        return churn__lower_put_over(low, n, args, 2);
    }
    case TOK_EQ:
    case TOK_NE:
        return churn__lower_equal(low, n, n->token == TOK_EQ, a, b);
    case TOK_LT:
    case TOK_LE:
    case TOK_GT:
    case TOK_GE:
        return order(low, n);
    case TOK_IN:
        return n->op == OP_IN_LIST ? over_solid(low, n) : churn__lower_in_list(low, n, true, a, b);
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
    const expr_node *n = lower_node_at(low, i);
    return n->raises ? churn__lower_put_raise(low, n, OP_RAISE_TYPES, type)
                     : churn__lower_value_of(low, i);
}

static uint32_t lower_ternary(lowerer *low, const expr_node *n)
{
    if (n->pick != 0) {
        return churn__lower_value_of(low, lower_arg(low, n, n->pick));
    }
    uint32_t a = churn__lower_condition(low, lower_arg(low, n, 0)),
             b = branch(low, lower_arg(low, n, 1), n->type);
    const uint32_t args[] = {a, b, branch(low, lower_arg(low, n, 2), n->type)};
    return churn__lower_put_over(low, n, args, 3);
}

static uint32_t lower_call(lowerer *low, const expr_node *n)
{
    if (n->op >= OP_T_YEAR && n->op <= OP_T_MILLISECONDS) {
        expr_node zone = {.kind = NODE_CONST, .type = CHURN__TYPE_INT, .at = n->at};
        zone.value.as.zone = n->value.as.zone;
        uint32_t a = solid(low, lower_arg(low, n, 0));
        const uint32_t args[] = {a, churn__lower_put(low, zone, NULL, 0)};
        return churn__lower_put_over(low, n, args, 2);
    }
    if (n->op == OP_T2S && churn__lower_is_fine(lower_node_at(low, lower_arg(low, n, 0)))) {
        uint32_t a = solid(low, lower_arg(low, n, 0));
        return churn__lower_put_two(low, n, OP_TN2S, n->type, a,
                                    nanos_of(low, lower_arg(low, n, 0)));
    }
    if (n->op != OP_NONE) {
        return over_solid(low, n);
    }
    if (churn__lower_is_list(low, lower_arg(low, n, 0))) {
        return churn__lower_list_size(low, n, true, lower_arg(low, n, 0), 0);
    }
    /* dyn() keeps null, int(int) and its like do not */
    return n->nullable ? churn__lower_value_of(low, lower_arg(low, n, 0))
                       : solid(low, lower_arg(low, n, 0));
}

static uint32_t lower_node(lowerer *low, const expr_node *n)
{
    if (n->raises) {
        return churn__lower_put_raise(low, n, OP_RAISE_TYPES, CHURN__TYPE_BOOL);
    }
    switch (n->kind) {
    case NODE_BINARY:
        return lower_binary(low, n);
    case NODE_TERNARY:
        return lower_ternary(low, n);
    case NODE_CALL:
        return lower_call(low, n);
    case NODE_UNARY: {
        uint32_t a = n->op == OP_NOT ? churn__lower_condition(low, lower_arg(low, n, 0))
                                     : solid(low, lower_arg(low, n, 0));
        return churn__lower_put_over(low, n, &a, 1);
    }
    default: /* leaves and lists are never deep */
        return churn__lower_put_bool(low, n, false);
    }
}

uint32_t churn__lower_value_of(lowerer *low, uint32_t i)
{
    if (low->st != CHURN_OK) {
        return 0;
    }
    if (!low->origins[i].deep) {
        return churn__lower_copy(low, i);
    }
    uint32_t made = lower_node(low, lower_node_at(low, i));
    low->origins[i].made = made;
    return made;
}

/* ---- the whole ---- */

static void find_deep(lowerer *low)
{
    for (uint32_t i = 0; i < low->comp->node_count; i++) {
        const expr_node *n = lower_node_at(low, i);
        origin *o = &low->origins[i];
        *o = (origin){.start = i, .made = UINT32_MAX, .deep = n->lowers};
        for (uint32_t k = 0; k < n->count; k++) {
            const origin *of = &low->origins[lower_arg(low, n, k)];
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
    churn__lower_value_of(&low, (uint32_t)comp->node_count - 1);
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
