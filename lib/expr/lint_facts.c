/* SPDX-License-Identifier: MIT */
#include "base/hash.h"
#include "expr/lint.h"

/* What is known of every node before any record is: one pass, operands first. */

#define EXACT 9007199254740992.0 /* 2^53: up to it doubles and ints are the same numbers */

bool lint_is_call(const lint *l, uint32_t i, const char *name)
{
    const expr_node *node = lint_node(l, i);
    return node->kind == NODE_CALL && churn__str_eq(node->name, churn__str_nts(name));
}

bool lint_is_comparison(uint8_t token)
{
    return token == TOK_EQ || token == TOK_NE || token == TOK_LT || token == TOK_LE ||
           token == TOK_GT || token == TOK_GE;
}

uint8_t lint_mirrored(uint8_t token)
{
    switch (token) {
    case TOK_LT:
        return TOK_GT;
    case TOK_LE:
        return TOK_GE;
    case TOK_GT:
        return TOK_LT;
    case TOK_GE:
        return TOK_LE;
    default:
        return token;
    }
}

uint8_t lint_denied(uint8_t token)
{
    switch (token) {
    case TOK_LT:
        return TOK_GE;
    case TOK_LE:
        return TOK_GT;
    case TOK_GT:
        return TOK_LE;
    case TOK_GE:
        return TOK_LT;
    default:
        return token == TOK_EQ ? TOK_NE : TOK_EQ;
    }
}

static bool is_number(const expr_node *node)
{
    return node->type == CHURN__TYPE_INT || node->type == CHURN__TYPE_DOUBLE;
}

/* ---- being the same ---- */

static uint64_t hash_number(const expr_node *node, uint64_t seed)
{
    bool is_double = node->type == CHURN__TYPE_DOUBLE && !node->to_double;
    double value = is_double ? node->value.as.d : (double)node->value.as.i;
    if (!is_double && (value > EXACT || value < -EXACT)) {
        return churn__hash64(&node->value.as.i, sizeof node->value.as.i, seed + 1);
    }
    value = value == 0 ? 0 : value; /* one zero */
    return churn__hash64(&value, sizeof value, seed);
}

static uint64_t hash_constant(const expr_node *node)
{
    if (is_number(node)) {
        return hash_number(node, 1);
    }
    if (node->type == CHURN__TYPE_STRING) {
        return churn__hash64(node->value.as.s.ptr, node->value.as.s.len, 3);
    }
    uint64_t seed = 16 + (uint64_t)node->type;
    return node->type == CHURN__TYPE_BOOL
               ? churn__hash64(&node->value.state, sizeof node->value.state, seed)
               : churn__hash64(&node->value.as.i, sizeof node->value.as.i, seed);
}

static uint64_t hash_node(const lint *l, const expr_node *node)
{
    if (node->kind == NODE_CONST) {
        return hash_constant(node);
    }
    if (node->kind == NODE_NAME && node->slot != UINT32_MAX) {
        return churn__hash64(&node->slot, sizeof node->slot, 4);
    }
    uint64_t hash = churn__hash64(node->name.ptr, node->name.len,
                                  256 + ((uint64_t)node->kind << 8) + node->token);
    for (uint32_t i = 0; i < node->count; i++) {
        uint64_t part = l->facts[lint_arg(l, node, i)].same;
        hash = churn__hash64(&part, sizeof part, hash);
    }
    return hash;
}

/* ---- ranges ---- */

/* Rounding keeps order, so that the ends of a range bound what is between them; ints beyond 2^53
 * are not followed. */
static void set_range(const expr_node *node, lint_fact *f, double low, double high)
{
    bool lost = node->type == CHURN__TYPE_INT && !(low >= -EXACT && high <= EXACT);
    f->low = low != low || (lost && low < -EXACT) || low > EXACT ? -LINT_OPEN : low;
    f->high = high != high || (lost && high > EXACT) || high < -EXACT ? LINT_OPEN : high;
}

static void range_constant(const expr_node *node, lint_fact *f)
{
    bool is_double = node->type == CHURN__TYPE_DOUBLE && !node->to_double;
    double value = is_double ? node->value.as.d : (double)node->value.as.i;
    if (node->value.state == EXPR_OK && fabs(value) <= (is_double ? LINT_OPEN : EXACT)) {
        set_range(node, f, value, value);
    }
}

static void range_name(const lint *l, const expr_node *node, lint_fact *f)
{
    const churn__expr_scope *scope = l->comp->scope;
    churn__expr_name found = {0};
    if (node->slot == UINT32_MAX) {
        range_constant(node, f);
        return;
    }
    if (node->count == 0 &&
        scope->resolve(scope->context, node->name, &found) == CHURN__EXPR_KNOWN) {
        f->fractional = found.fractional;
        if (found.bounded) {
            set_range(node, f, found.low, found.high);
        }
    }
}

static void range_product(const expr_node *node, lint_fact *f, const lint_fact *a,
                          const lint_fact *b)
{
    double corners[4] = {a->low * b->low, a->low * b->high, a->high * b->low, a->high * b->high};
    double low = LINT_OPEN, high = -LINT_OPEN;
    for (int i = 0; i < 4; i++) {
        if (corners[i] != corners[i]) { /* 0 * infinity: nothing is known */
            return;
        }
        low = fmin(low, corners[i]);
        high = fmax(high, corners[i]);
    }
    set_range(node, f, low, high);
}

static void range_binary(const lint *l, const expr_node *node, lint_fact *f)
{
    const lint_fact *a = &l->facts[lint_arg(l, node, 0)], *b = &l->facts[lint_arg(l, node, 1)];
    switch (node->token) {
    case TOK_ADD:
        set_range(node, f, a->low + b->low, a->high + b->high);
        break;
    case TOK_SUB:
        set_range(node, f, a->low - b->high, a->high - b->low);
        break;
    case TOK_MUL:
        range_product(node, f, a, b);
        break;
    case TOK_DIV: /* what is not negative by what is positive */
        if (a->low >= 0 && b->low >= 0) {
            set_range(node, f, 0, LINT_OPEN);
        }
        break;
    default:
        break;
    }
    f->fractional = node->type == CHURN__TYPE_DOUBLE;
}

static void range_extreme(const lint *l, const expr_node *node, lint_fact *f, bool least)
{
    double low = least ? LINT_OPEN : -LINT_OPEN, high = low;
    for (uint32_t i = 0; i < node->count; i++) {
        const lint_fact *a = &l->facts[lint_arg(l, node, i)];
        low = least ? fmin(low, a->low) : fmax(low, a->low);
        high = least ? fmin(high, a->high) : fmax(high, a->high);
        f->fractional = f->fractional || a->fractional;
    }
    set_range(node, f, low, high);
}

static void range_call(const lint *l, uint32_t i, const expr_node *node, lint_fact *f)
{
    const lint_fact *a = node->count > 0 ? &l->facts[lint_arg(l, node, 0)] : NULL;
    if (a == NULL) {
        return;
    }
    if (lint_is_call(l, i, "size")) {
        set_range(node, f, node->constant ? (double)node->value.as.i : 0,
                  node->constant ? (double)node->value.as.i : LINT_OPEN);
    } else if (lint_is_call(l, i, "math.least") || lint_is_call(l, i, "math.greatest")) {
        range_extreme(l, node, f, lint_is_call(l, i, "math.least"));
    } else if (lint_is_call(l, i, "math.abs") || lint_is_call(l, i, "math.sqrt")) {
        set_range(node, f, 0, LINT_OPEN);
        f->fractional = a->fractional || lint_is_call(l, i, "math.sqrt");
    } else if (lint_is_call(l, i, "dyn") ||
               (lint_is_call(l, i, "double") && is_number(lint_node(l, lint_arg(l, node, 0))))) {
        set_range(node, f, a->low, a->high);
        f->fractional = a->fractional;
    }
}

static void range_node(const lint *l, uint32_t i, const expr_node *node, lint_fact *f)
{
    f->low = -LINT_OPEN;
    f->high = LINT_OPEN;
    if (!is_number(node)) {
        return;
    }
    switch (node->kind) {
    case NODE_CONST:
        range_constant(node, f);
        break;
    case NODE_NAME:
        range_name(l, node, f);
        break;
    case NODE_UNARY:
        set_range(node, f, -l->facts[lint_arg(l, node, 0)].high,
                  -l->facts[lint_arg(l, node, 0)].low);
        f->fractional = l->facts[lint_arg(l, node, 0)].fractional;
        break;
    case NODE_BINARY:
        range_binary(l, node, f);
        break;
    case NODE_TERNARY: {
        const lint_fact *b = &l->facts[lint_arg(l, node, 1)], *c = &l->facts[lint_arg(l, node, 2)];
        set_range(node, f, fmin(b->low, c->low), fmax(b->high, c->high));
        f->fractional = b->fractional || c->fractional;
        break;
    }
    default:
        range_call(l, i, node, f);
        break;
    }
}

/* ---- all of it ---- */

static void fill(lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    lint_fact *f = &l->facts[i];
    f->parent = UINT32_MAX;
    if (node->kind == NODE_NAME) {
        f->reads = node->slot != UINT32_MAX;
        f->chosen = !f->reads;
    }
    for (uint32_t j = 0; j < node->count; j++) {
        lint_fact *part = &l->facts[lint_arg(l, node, j)];
        part->parent = i;
        f->reads = f->reads || part->reads;
        f->chosen = f->chosen || part->chosen;
    }
    f->same = hash_node(l, node);
    range_node(l, i, node, f);
}

bool lint_facts(lint *l)
{
    size_t count = l->comp->node_count;
    l->facts = churn__alloc_array(l->comp->heap, count, sizeof *l->facts);
    l->stack = churn__alloc_array(l->comp->heap, count, sizeof *l->stack);
    if (l->facts == NULL || l->stack == NULL) {
        return false;
    }
    memset(l->facts, 0, count * sizeof *l->facts);
    for (uint32_t i = 0; i < count; i++) {
        fill(l, i);
    }
    return true;
}
