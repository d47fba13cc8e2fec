/* SPDX-License-Identifier: MIT */
#include "expr/lint.h"

/* Lints of conditions: && || ! ?: and has(). */

typedef struct chain {
    lint_term terms[LINT_TERMS];
    uint32_t count;
} chain;

static lint_term see_through(const lint *l, uint32_t node)
{
    lint_term term = {node, node, false};
    while (lint_is(l, term.node, TOK_NOT)) {
        term.denied = !term.denied;
        term.node = lint_arg(l, lint_node(l, term.node), 0);
    }
    return term;
}

/* The links of a chain of one operator, from the left. */
static void collect(const lint *l, uint32_t root, chain *out)
{
    uint32_t depth = 0;
    uint8_t token = lint_node(l, root)->token;
    out->count = 0;
    l->stack[depth++] = root;
    while (depth > 0 && out->count < LINT_TERMS) {
        uint32_t i = l->stack[--depth];
        const expr_node *node = lint_node(l, i);
        if (node->kind == NODE_BINARY && node->token == token) {
            l->stack[depth++] = lint_arg(l, node, 1);
            l->stack[depth++] = lint_arg(l, node, 0);
        } else {
            out->terms[out->count++] = see_through(l, i);
        }
    }
}

/* ---- constants ---- */

/* Whether a node stands where it decides something. */
static bool decides(const lint *l, uint32_t i)
{
    uint32_t parent = l->facts[i].parent;
    if (parent == UINT32_MAX) {
        return true;
    }
    const expr_node *node = lint_node(l, parent);
    return lint_is(l, parent, TOK_AND) || lint_is(l, parent, TOK_OR) ||
           (node->kind == NODE_TERNARY && lint_arg(l, node, 0) == i);
}

static void find_constant(lint *l, uint32_t i)
{
    bool is_bool = lint_node(l, i)->type == CHURN__TYPE_BOOL;
    uint32_t parent = l->facts[i].parent;
    bool topmost = parent == UINT32_MAX || !lint_is_fixed(l, parent);
    if (is_bool && lint_is_fixed(l, i) && topmost && decides(l, i)) {
        churn_str text = lint_text(l, i);
        lint_note(l, i, CHURN__EXPR_LINT_CONSTANT,
                  "%q is the same for every record: nothing is asked", &text);
    }
}

/* ---- has() ---- */

/* The name that has() asks for; UINT32_MAX: it is no has(). */
static uint32_t asked(const lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    bool is_has = lint_is_call(l, i, "has") && !node->method && node->count == 1;
    return is_has ? lint_arg(l, node, 0) : UINT32_MAX;
}

/* What below a node keeps it from being a plain use of a name. */
typedef struct use {
    bool reads, asks, lazy; /* uses it; asks has() of it; logic or ?: that may do without it */
} use;

static use use_of(lint *l, uint32_t root, uint32_t name)
{
    use found = {0};
    uint32_t depth = 0;
    l->stack[depth++] = root;
    while (depth > 0 && l->budget > 0) {
        uint32_t i = l->stack[--depth], of = asked(l, i);
        const expr_node *node = lint_node(l, i);
        l->budget--;
        if (of != UINT32_MAX) {
            found.asks = found.asks || lint_same(l, of, name);
            continue;
        }
        found.reads = found.reads || lint_same(l, i, name);
        found.lazy = found.lazy || lint_is(l, i, TOK_AND) || lint_is(l, i, TOK_OR) ||
                     node->kind == NODE_TERNARY;
        for (uint32_t j = 0; node->kind != NODE_NAME && j < node->count; j++) {
            l->stack[depth++] = lint_arg(l, node, j);
        }
    }
    found.reads = found.reads && l->budget > 0;
    return found;
}

static void guard_or(lint *l, uint32_t root, lint_term has, uint32_t other)
{
    churn_str name = lint_node(l, asked(l, has.node))->name, text = lint_text(l, other);
    if (has.denied) {
        lint_note(l, root, CHURN__EXPR_LINT_MISSING,
                  "this holds wherever %q is missing, as for everybody when a source fails: leave "
                  "`!has()` out beside %q, or write `has() ? ... : true`",
                  &name, &text);
    } else {
        lint_note(l, root, CHURN__EXPR_LINT_GUARD,
                  "this holds wherever %q is there, so that %q decides nothing; did you mean `&&`?",
                  &name, &text);
    }
}

static void guard_and(lint *l, uint32_t root, lint_term has, uint32_t other)
{
    churn_str name = lint_node(l, asked(l, has.node))->name, text = lint_text(l, other);
    if (has.denied) {
        lint_note(l, root, CHURN__EXPR_LINT_GUARD,
                  "this is never true: %q is unknown where %q is missing", &text, &name);
    }
}

static void find_guards(lint *l, uint32_t root, const chain *links)
{
    bool is_or = lint_is(l, root, TOK_OR);
    for (uint32_t i = 0; i < links->count; i++) {
        uint32_t name = asked(l, links->terms[i].node);
        for (uint32_t j = 0; name != UINT32_MAX && j < links->count; j++) {
            use how = use_of(l, links->terms[j].node, name);
            if (j == i || !how.reads || how.asks || (!is_or && how.lazy)) {
                continue;
            }
            (is_or ? guard_or : guard_and)(l, root, links->terms[i], links->terms[j].node);
            break;
        }
    }
}

static void find_ternary_guard(lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    lint_term cond = see_through(l, lint_arg(l, node, 0));
    uint32_t name = asked(l, cond.node), without = lint_arg(l, node, cond.denied ? 1 : 2);
    if (name == UINT32_MAX) {
        return;
    }
    use how = use_of(l, without, name);
    if (how.reads && !how.asks && !how.lazy) {
        churn_str of = lint_node(l, name)->name, text = lint_text(l, without);
        lint_note(l, i, CHURN__EXPR_LINT_GUARD,
                  "%q is computed where %q is missing, and is unknown there", &text, &of);
    }
}

static void find_useless_has(lint *l, uint32_t i)
{
    uint32_t name = asked(l, i);
    if (name != UINT32_MAX && lint_node(l, name)->never_missing) {
        churn_str of = lint_node(l, name)->name;
        lint_note(l, i, CHURN__EXPR_LINT_HAS, "%q is never missing: this is always true", &of);
    }
}

/* ---- links that do not go together ---- */

/* A link as a relation of something with a constant, or as something that is true or false. */
typedef struct claim {
    uint32_t of, constant; /* constant UINT32_MAX: `of` is true, or false */
    uint8_t token;
} claim;

static bool is_literal(const lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    bool text = node->kind == NODE_CONST && node->type == CHURN__TYPE_STRING;
    return lint_is_point(l, i) || text;
}

static claim claim_of(const lint *l, lint_term term, bool denied)
{
    const expr_node *node = lint_node(l, term.node);
    denied = denied != term.denied;
    if (node->kind == NODE_BINARY && lint_is_comparison(node->token)) {
        uint32_t a = lint_arg(l, node, 0), b = lint_arg(l, node, 1);
        bool left = is_literal(l, a), right = is_literal(l, b);
        uint8_t token = left ? lint_mirrored(node->token) : node->token;
        if (left != right) {
            return (claim){left ? b : a, left ? a : b, denied ? lint_denied(token) : token};
        }
    }
    return (claim){term.node, UINT32_MAX, denied ? TOK_NE : TOK_EQ};
}

/* -1, 0, 1; 2: they do not compare. */
static int order_of(const lint *l, uint32_t a, uint32_t b)
{
    if (lint_is_point(l, a) && lint_is_point(l, b)) {
        double x = l->facts[a].low, y = l->facts[b].low;
        return x < y ? -1 : x > y;
    }
    const expr_node *left = lint_node(l, a), *right = lint_node(l, b);
    if (left->type != CHURN__TYPE_STRING || right->type != CHURN__TYPE_STRING) {
        return 2;
    }
    int order = churn__str_cmp(left->value.as.s, right->value.as.s);
    return order < 0 ? -1 : order > 0;
}

static bool holds(int order, uint8_t token)
{
    switch (token) {
    case TOK_EQ:
        return order == 0;
    case TOK_NE:
        return order != 0;
    case TOK_LT:
        return order < 0;
    case TOK_LE:
        return order <= 0;
    case TOK_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* Can nothing fulfil both? */
static bool conflict(const lint *l, claim a, claim b)
{
    if (!lint_same(l, a.of, b.of) || (a.constant == UINT32_MAX) != (b.constant == UINT32_MAX)) {
        return false;
    }
    if (a.constant == UINT32_MAX) {
        return a.token != b.token;
    }
    int order = order_of(l, a.constant, b.constant);
    if (order == 2) {
        return false;
    }
    if (a.token == TOK_EQ) {
        return !holds(order, b.token);
    }
    if (b.token == TOK_EQ) {
        return !holds(-order, a.token);
    }
    bool a_below = a.token == TOK_LT || a.token == TOK_LE;
    bool b_below = b.token == TOK_LT || b.token == TOK_LE;
    if (a.token == TOK_NE || b.token == TOK_NE || a_below == b_below) {
        return false;
    }
    /* x below one and above the other */
    int gap = a_below ? order : -order;
    return gap < 0 || (gap == 0 && !(holds(0, a.token) && holds(0, b.token)));
}

static void tell_conflict(lint *l, uint32_t root, uint32_t a, uint32_t b)
{
    churn_str left = lint_text(l, a), right = lint_text(l, b);
    if (lint_is(l, root, TOK_AND)) {
        lint_note(l, root, CHURN__EXPR_LINT_NEVER,
                  "this is never true: %q and %q exclude each other", &left, &right);
    } else {
        lint_note(l, root, CHURN__EXPR_LINT_ALWAYS,
                  "this is never false: one of %q and %q always holds; did you mean `&&`?", &left,
                  &right);
    }
}

/* One finding a chain is enough. */
static void find_pairs(lint *l, uint32_t root, const chain *links)
{
    bool is_or = lint_is(l, root, TOK_OR);
    for (uint32_t j = 1; j < links->count; j++) {
        for (uint32_t i = 0; i < j; i++) {
            const lint_term *a = &links->terms[i], *b = &links->terms[j];
            if (lint_is_fixed(l, a->node) || lint_is_fixed(l, b->node)) {
                continue;
            }
            if (a->denied == b->denied && lint_same(l, a->node, b->node)) {
                churn_str text = lint_text(l, a->whole);
                lint_note(l, root, CHURN__EXPR_LINT_TWICE, "%q stands twice in one chain", &text);
                return;
            }
            if (conflict(l, claim_of(l, *a, is_or), claim_of(l, *b, is_or))) {
                tell_conflict(l, root, a->whole, b->whole);
                return;
            }
        }
    }
}

static void find_chain(lint *l, uint32_t i)
{
    chain links;
    uint32_t parent = l->facts[i].parent;
    const expr_node *node = lint_node(l, i);
    bool starts = parent == UINT32_MAX || !lint_is(l, parent, (expr_token_kind)node->token);
    if (starts) {
        collect(l, i, &links);
        find_guards(l, i, &links);
        find_pairs(l, i, &links);
    }
}

static void find_branches(lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    if (lint_same(l, lint_arg(l, node, 1), lint_arg(l, node, 2))) {
        lint_note(l, i, CHURN__EXPR_LINT_BRANCHES, "both sides of `:` are the same");
    }
}

void lint_logic(lint *l, uint32_t i)
{
    find_constant(l, i);
    find_useless_has(l, i);
    if (lint_is(l, i, TOK_AND) || lint_is(l, i, TOK_OR)) {
        find_chain(l, i);
    } else if (lint_node(l, i)->kind == NODE_TERNARY) {
        find_branches(l, i);
        find_ternary_guard(l, i);
    }
}
