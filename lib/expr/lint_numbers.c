/* SPDX-License-Identifier: MIT */
#include "expr/lint.h"

/* Lints of values: equality of computed numbers, division, ranges, lists. */

static bool is_strict(const lint *l)
{
    return expr_is_strict(l->comp);
}

static bool is_whole(double x)
{
    return x == floor(x) && x - x == 0;
}

/* ---- equality ---- */

/* Whether being equal to it depends on the last bit of a computation. A number that is seldom whole
 * may well be at the ends of what it can be (a ratio that is 0, a score that is 100), or 1. */
static bool is_delicate(const lint *l, uint32_t a, uint32_t b)
{
    const lint_fact *x = &l->facts[a], *y = &l->facts[b];
    if (lint_is_point(l, b) && !is_whole(y->low)) {
        return true;
    }
    if (!x->fractional) {
        return false;
    }
    bool name = lint_node(l, a)->kind == NODE_NAME;
    bool end = lint_is_point(l, b) &&
               (y->low == 0 || y->low == 1 || y->low == x->low || y->low == x->high);
    return !(name && end);
}

static bool is_double(const lint *l, uint32_t i)
{
    return lint_node(l, i)->type == CHURN__TYPE_DOUBLE;
}

static void find_equality(lint *l, uint32_t i, uint32_t a, uint32_t b)
{
    bool doubles = is_double(l, a) || is_double(l, b);
    if (doubles && !(lint_is_fixed(l, a) && lint_is_fixed(l, b)) &&
        (is_delicate(l, a, b) || is_delicate(l, b, a))) {
        churn_str left = lint_text(l, a), right = lint_text(l, b);
        lint_note(l, i, CHURN__EXPR_LINT_EQUALITY,
                  "%q and %q are seldom equal to the last digit: compare with `<` or `>`, or round",
                  &left, &right);
    }
}

/* ---- ranges ---- */

/* 1: it always holds; 0: never; -1: it depends. */
static int outcome(const lint_fact *a, const lint_fact *b, uint8_t token)
{
    switch (token) {
    case TOK_LT:
        return a->high < b->low ? 1 : a->low >= b->high ? 0 : -1;
    case TOK_LE:
        return a->high <= b->low ? 1 : a->low > b->high ? 0 : -1;
    case TOK_GT:
        return a->low > b->high ? 1 : a->high <= b->low ? 0 : -1;
    case TOK_GE:
        return a->low >= b->high ? 1 : a->high < b->low ? 0 : -1;
    default:
        if (a->low > b->high || a->high < b->low) {
            return token == TOK_NE;
        }
        return a->low == a->high && b->low == b->high ? token == TOK_EQ : -1;
    }
}

static bool find_range(lint *l, uint32_t i, uint32_t a, uint32_t b)
{
    const expr_node *node = lint_node(l, i);
    int known = outcome(&l->facts[a], &l->facts[b], node->token);
    if (known < 0 || !l->facts[i].reads) {
        return false;
    }
    uint32_t value = lint_is_point(l, a) ? b : a;
    churn_str text = lint_text(l, i), of = lint_text(l, value);
    double low = l->facts[value].low, high = l->facts[value].high;
    const char *how = known == 1 ? "false" : "true";
    if (low > -LINT_OPEN && high < LINT_OPEN) {
        lint_note(l, i, CHURN__EXPR_LINT_RANGE, "%q is never %s: %q is from %g to %g", &text, how,
                  &of, low, high);
    } else if (low > -LINT_OPEN) {
        lint_note(l, i, CHURN__EXPR_LINT_RANGE, "%q is never %s: %q is at least %g", &text, how,
                  &of, low);
    } else {
        lint_note(l, i, CHURN__EXPR_LINT_RANGE, "%q is never %s: %q is at most %g", &text, how, &of,
                  high);
    }
    return true;
}

static void find_comparison(lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    uint32_t a = lint_arg(l, node, 0), b = lint_arg(l, node, 1);
    bool doubles = is_double(l, a) || is_double(l, b);
    if (lint_same(l, a, b) && l->facts[a].reads) {
        if (!(is_strict(l) && doubles)) { /* there it asks for NaN */
            churn_str text = lint_text(l, a);
            lint_note(l, i, CHURN__EXPR_LINT_SELF, "%q is compared with itself", &text);
        }
        return;
    }
    bool known = find_range(l, i, a, b);
    if (!known && (node->token == TOK_EQ || node->token == TOK_NE)) {
        find_equality(l, i, a, b);
    }
}

/* ---- division ---- */

/* What is zero exactly where this is. */
static uint32_t core_of(const lint *l, uint32_t i)
{
    for (;;) {
        const expr_node *node = lint_node(l, i);
        bool call = lint_is_call(l, i, "double") || lint_is_call(l, i, "dyn") ||
                    lint_is_call(l, i, "math.abs");
        bool number = call && lint_node(l, lint_arg(l, node, 0))->type != CHURN__TYPE_STRING;
        if (!number && !lint_is(l, i, TOK_SUB)) {
            return i;
        }
        if (lint_is(l, i, TOK_SUB) && node->kind == NODE_BINARY) {
            return i;
        }
        i = lint_arg(l, node, 0);
    }
}

static bool excludes_zero(const lint_fact *f)
{
    return f->low > 0 || f->high < 0;
}

/* Does a comparison, as it stands or denied, say that `of` is not zero? What has it as its core is
 * zero with it, and then the comparison must not hold. */
static bool says_nonzero(const lint *l, uint32_t comparison, bool denied, uint32_t of)
{
    static const lint_fact zero = {0};
    const expr_node *node = lint_node(l, comparison);
    if (node->kind != NODE_BINARY || !lint_is_comparison(node->token)) {
        return false;
    }
    uint8_t token = denied ? lint_denied(node->token) : node->token;
    for (uint32_t side = 0; side < 2; side++) {
        uint32_t mine = lint_arg(l, node, side), other = lint_arg(l, node, 1 - side);
        uint8_t relation = side == 0 ? token : lint_mirrored(token);
        if (lint_same(l, core_of(l, mine), of) && outcome(&zero, &l->facts[other], relation) == 0) {
            return true;
        }
    }
    return false;
}

#define DENIED (UINT32_C(1) << 31)

/* Does a condition that holds, or is denied, say that `of` is not zero? */
static bool guards(lint *l, uint32_t condition, bool denied, uint32_t of)
{
    uint32_t depth = 0;
    l->stack[depth++] = condition | (denied ? DENIED : 0);
    while (depth > 0 && l->budget > 0) {
        uint32_t next = l->stack[--depth], i = next & ~DENIED;
        bool deny = (next & DENIED) != 0;
        const expr_node *node = lint_node(l, i);
        l->budget--;
        if (says_nonzero(l, i, deny, of)) {
            return true;
        }
        if (lint_is(l, i, TOK_NOT)) {
            l->stack[depth++] = lint_arg(l, node, 0) | (deny ? 0 : DENIED);
        } else if (lint_is(l, i, deny ? TOK_OR : TOK_AND)) {
            l->stack[depth++] = lint_arg(l, node, 0) | (next & DENIED);
            l->stack[depth++] = lint_arg(l, node, 1) | (next & DENIED);
        }
    }
    return l->budget == 0;
}

/* Does what stands around a node keep `of` from being zero where the node counts? */
static bool is_guarded(lint *l, uint32_t i, uint32_t of)
{
    for (uint32_t parent = l->facts[i].parent; parent != UINT32_MAX && l->budget > 0;
         i = parent, parent = l->facts[i].parent) {
        const expr_node *node = lint_node(l, parent);
        l->budget--;
        bool chain = lint_is(l, parent, TOK_AND) || lint_is(l, parent, TOK_OR);
        if (chain) {
            uint32_t left = lint_arg(l, node, 0);
            uint32_t other = left == i ? lint_arg(l, node, 1) : left;
            if (guards(l, other, node->token == TOK_OR, of)) {
                return true;
            }
        } else if (node->kind == NODE_TERNARY && lint_arg(l, node, 0) != i &&
                   guards(l, lint_arg(l, node, 0), lint_arg(l, node, 2) == i, of)) {
            return true;
        }
    }
    return l->budget == 0;
}

/* Products are zero where a factor is. */
static bool may_be_zero(lint *l, uint32_t division, uint32_t divisor)
{
    uint32_t factors[LINT_TERMS], count = 0;
    factors[count++] = divisor;
    while (count > 0) {
        uint32_t i = core_of(l, factors[--count]);
        if (excludes_zero(&l->facts[i])) {
            continue;
        }
        if (lint_is_fixed(l, i)) { /* zero, or what is not known how to compute */
            if (lint_is_point(l, i)) {
                return true;
            }
            continue;
        }
        bool guarded = is_guarded(l, division, i);
        if (!guarded && lint_is(l, i, TOK_MUL) && count + 2 <= LINT_TERMS) {
            factors[count++] = lint_arg(l, lint_node(l, i), 0);
            factors[count++] = lint_arg(l, lint_node(l, i), 1);
        } else if (!guarded) {
            return true;
        }
    }
    return false;
}

static void find_division(lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    uint32_t divisor = lint_arg(l, node, 1);
    bool ieee = is_strict(l) && node->type == CHURN__TYPE_DOUBLE;
    if (!ieee && may_be_zero(l, i, divisor)) {
        churn_str text = lint_text(l, divisor);
        if (lint_is_fixed(l, divisor)) {
            lint_note(l, i, CHURN__EXPR_LINT_ZERO,
                      "%q is 0, and dividing by it is an error: write another divisor", &text);
            return;
        }
        lint_note(
            l, i, CHURN__EXPR_LINT_ZERO,
            "%q may be 0, and then this is an error: write `%S > 0 ? ... : ...`, or `%S > 0 && "
            "...` around the condition",
            &text, &text, &text);
    }
}

/* ---- lists ---- */

static void find_items(lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    uint32_t value = lint_arg(l, node, 0);
    const expr_node *list = lint_node(l, lint_arg(l, node, 1));
    if (list->kind != NODE_LIST) {
        return;
    }
    if (list->count == 0) {
        lint_note(l, i, CHURN__EXPR_LINT_NEVER, "nothing is in an empty list");
    }
    for (uint32_t j = 0; j < list->count; j++) {
        uint32_t item = lint_arg(l, list, j);
        for (uint32_t k = 0; k < j && l->budget > 0; k++, l->budget--) {
            if (lint_same(l, item, lint_arg(l, list, k))) {
                churn_str text = lint_text(l, item);
                lint_note(l, item, CHURN__EXPR_LINT_ITEM, "%q stands twice in the list", &text);
                break;
            }
        }
        if (!lint_is_fixed(l, value) && (is_double(l, value) || is_double(l, item)) &&
            is_delicate(l, value, item)) {
            find_equality(l, item, value, item);
            return;
        }
    }
}

void lint_numbers(lint *l, uint32_t i)
{
    const expr_node *node = lint_node(l, i);
    if (node->kind != NODE_BINARY) {
        return;
    }
    if (lint_is_comparison(node->token)) {
        find_comparison(l, i);
    } else if (node->token == TOK_DIV || node->token == TOK_MOD) {
        find_division(l, i);
    } else if (node->token == TOK_IN) {
        find_items(l, i);
    }
}
