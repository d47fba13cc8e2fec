/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* The types that operators take and give. */

#define EXACT_DOUBLE (INT64_C(1) << 53)

static churn_str sign_of(const expr_node *node)
{
    static const char *const signs[] = {
        [TOK_IN] = "in", [TOK_EQ] = "==", [TOK_NE] = "!=",  [TOK_LE] = "<=", [TOK_GE] = ">=",
        [TOK_LT] = "<",  [TOK_GT] = ">",  [TOK_AND] = "&&", [TOK_OR] = "||", [TOK_ADD] = "+",
        [TOK_SUB] = "-", [TOK_MUL] = "*", [TOK_DIV] = "/",  [TOK_MOD] = "%", [TOK_NOT] = "!"};
    return node->kind == NODE_TERNARY ? CHURN__STR("?:") : churn__str_nts(signs[node->token]);
}

static bool is_null(const expr_node *node)
{
    return node->type == EXPR_TYPE_NULL;
}

static bool can_be_null(const expr_node *node)
{
    return is_null(node) || node->nullable;
}

churn_status churn__expr_mismatch(expr_comp *comp, expr_node *node, const expr_node *a,
                                  const expr_node *b)
{
    churn_str sign = sign_of(node);
    if (churn__expr_raises(comp, node)) {
        return CHURN_OK;
    }
    return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                            "%q does not take %s and %s%s", &sign, churn__expr_type_name(a->type),
                            churn__expr_type_name(b->type), churn__expr_types_hint(node, a, b));
}

/* ---- logic ---- */

static churn_status need_bool(expr_comp *comp, expr_node *node, const expr_node *operand)
{
    churn_str sign = sign_of(node);
    if (operand->type == CHURN__TYPE_BOOL || operand->type == EXPR_TYPE_BAD) {
        node->lowers = node->lowers || operand->nullable;
        return CHURN_OK;
    }
    if (expr_is_unchecked(comp)) {
        node->lowers = true; /* it fails when it is asked for */
        return CHURN_OK;
    }
    return churn__expr_fail(comp, operand->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                            "%q needs bool, got %s%s", &sign, churn__expr_type_name(operand->type),
                            churn__expr_bool_hint(operand->type));
}

static churn_status check_logic(expr_comp *comp, expr_node *node)
{
    churn_status left = CHURN_OK, right = CHURN_OK;
    node->type = CHURN__TYPE_BOOL;
    node->op = node->token == TOK_AND ? OP_AND : OP_OR;
    left = need_bool(comp, node, expr_arg(comp, node, 0));
    right = need_bool(comp, node, expr_arg(comp, node, 1));
    return left != CHURN_OK ? left : right;
}

static churn_status check_unary(expr_comp *comp, expr_node *node)
{
    const expr_node *a = expr_arg(comp, node, 0);
    node->type = a->type;
    node->dynamic = a->dynamic;
    node->lowers = can_be_null(a);
    if (node->token == TOK_NOT) {
        node->op = OP_NOT;
        node->type = CHURN__TYPE_BOOL;
        return need_bool(comp, node, a);
    }
    if (!expr_is_number(a->type)) {
        return churn__expr_raises(comp, node)
                   ? CHURN_OK
                   : churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                                      "`-` needs a number, got %s", churn__expr_type_name(a->type));
    }
    node->adapts = a->adapts;
    node->op = a->type == CHURN__TYPE_INT ? OP_NEG_I : OP_NEG_D;
    return CHURN_OK;
}

/* ---- comparisons ---- */

/* An int literal that a double holds exactly is as good as a double literal. */
static void adapt_small(const expr_comp *comp, expr_node *node, churn__type type)
{
    if ((node->kind == NODE_CONST || node->kind == NODE_NAME) && node->type == CHURN__TYPE_INT &&
        node->value.as.i <= EXACT_DOUBLE && node->value.as.i >= -EXACT_DOUBLE) {
        churn__expr_adapt(comp, node, type);
    }
}

static bool is_dynamic(const expr_comp *comp, const expr_node *a, const expr_node *b)
{
    return a->dynamic || b->dynamic || expr_is_unchecked(comp);
}

uint8_t churn__expr_comparison(const expr_comp *comp, expr_node *a, expr_node *b, bool equality)
{
    adapt_small(comp, a, b->type);
    adapt_small(comp, b, a->type);
    bool dynamic = is_dynamic(comp, a, b);
    if (a->type != b->type) {
        if (expr_is_number(a->type) && expr_is_number(b->type) &&
            (!expr_is_strict(comp) || dynamic)) {
            return OP_CMP_ID;
        }
        bool scalars = expr_is_scalar(a->type) && expr_is_scalar(b->type);
        return equality && dynamic && scalars ? OP_DIFFER : OP_NONE;
    }
    switch (a->type) {
    case CHURN__TYPE_BOOL:
        return OP_CMP_B;
    case CHURN__TYPE_DOUBLE:
        return OP_CMP_D;
    case CHURN__TYPE_STRING:
        return OP_CMP_S;
    case CHURN__TYPE_INT:
    case CHURN__TYPE_TIME:
    case CHURN__TYPE_DURATION:
        return OP_CMP_I;
    default:
        return OP_NONE;
    }
}

/* Types whose values CEL lets be null wherever they are: strict CEL compares them with null. */
static bool is_wrapped(const expr_comp *comp, const expr_node *node)
{
    bool instant = node->type == CHURN__TYPE_TIME || node->type == CHURN__TYPE_DURATION;
    return instant && expr_is_strict(comp);
}

bool churn__expr_can_equal(const expr_comp *comp, const expr_node *a, const expr_node *b)
{
    for (;;) { /* lists of lists of ... */
        if (a->type == CHURN__TYPE_STRINGS || b->type == CHURN__TYPE_STRINGS) {
            return false;
        }
        if (is_dynamic(comp, a, b) || (is_null(a) && (can_be_null(b) || is_wrapped(comp, b))) ||
            (is_null(b) && (can_be_null(a) || is_wrapped(comp, a)))) {
            return true;
        }
        if (a->type != EXPR_TYPE_LIST || b->type != EXPR_TYPE_LIST) {
            bool numbers = expr_is_number(a->type) && expr_is_number(b->type);
            return a->type == b->type || (numbers && !expr_is_strict(comp));
        }
        if (a->element == EXPR_TYPE_NONE || b->element == EXPR_TYPE_NONE ||
            a->element == EXPR_TYPE_MIXED || b->element == EXPR_TYPE_MIXED) {
            return true;
        }
        a = &comp->nodes[a->sample];
        b = &comp->nodes[b->sample];
    }
}

static churn_status check_words(expr_comp *comp, const expr_node *a, const expr_node *b)
{
    churn_status st = churn__expr_check_word(comp, a, b);
    return st == CHURN_OK ? churn__expr_check_word(comp, b, a) : st;
}

static churn_status check_comparison(expr_comp *comp, expr_node *node)
{
    expr_node *a = expr_arg(comp, node, 0), *b = expr_arg(comp, node, 1);
    bool equality = node->token == TOK_EQ || node->token == TOK_NE;
    node->type = CHURN__TYPE_BOOL;
    node->lowers =
        can_be_null(a) || can_be_null(b) || (a->type == CHURN__TYPE_TIME && (a->fine || b->fine));
    if (!expr_is_scalar(a->type) || !expr_is_scalar(b->type)) {
        node->lowers = true;
        node->op = OP_DIFFER;
        return equality && churn__expr_can_equal(comp, a, b)
                   ? CHURN_OK
                   : churn__expr_mismatch(comp, node, a, b);
    }
    node->op = churn__expr_comparison(comp, a, b, equality);
    node->swapped = node->op == OP_CMP_ID && a->type == CHURN__TYPE_DOUBLE;
    if (node->op == OP_CMP_S && equality) {
        return check_words(comp, a, b);
    }
    return node->op != OP_NONE ? CHURN_OK : churn__expr_mismatch(comp, node, a, b);
}

/* ---- arithmetic ---- */

static uint8_t arithmetic(uint8_t token, churn__type type)
{
    bool i = type == CHURN__TYPE_INT;
    if (!expr_is_number(type)) {
        return type == CHURN__TYPE_STRING && token == TOK_ADD ? OP_CONCAT : OP_NONE;
    }
    switch (token) {
    case TOK_ADD:
        return i ? OP_ADD_I : OP_ADD_D;
    case TOK_SUB:
        return i ? OP_SUB_I : OP_SUB_D;
    case TOK_MUL:
        return i ? OP_MUL_I : OP_MUL_D;
    case TOK_DIV:
        return i ? OP_DIV_I : OP_DIV_D;
    default:
        return i ? OP_MOD_I : OP_NONE;
    }
}

static churn_status check_arithmetic(expr_comp *comp, expr_node *node)
{
    expr_node *a = expr_arg(comp, node, 0), *b = expr_arg(comp, node, 1);
    if (node->token == TOK_ADD && a->type == EXPR_TYPE_LIST && b->type == EXPR_TYPE_LIST) {
        churn__expr_join_lists(comp, node, a, b);
        return CHURN_OK;
    }
    node->lowers = can_be_null(a) || can_be_null(b);
    node->dynamic = a->dynamic || b->dynamic;
    if (churn__expr_check_time(node, a, b)) {
        return CHURN_OK;
    }
    churn__expr_adapt(comp, a, b->type);
    churn__expr_adapt(comp, b, a->type);
    node->type = a->type;
    node->op = a->type == b->type ? arithmetic(node->token, a->type) : (uint8_t)OP_NONE;
    return node->op != OP_NONE ? CHURN_OK : churn__expr_mismatch(comp, node, a, b);
}

static churn_status check_binary(expr_comp *comp, expr_node *node)
{
    switch (node->token) {
    case TOK_AND:
    case TOK_OR:
        return check_logic(comp, node);
    case TOK_IN:
        return churn__expr_check_in(comp, node);
    case TOK_EQ:
    case TOK_NE:
    case TOK_LT:
    case TOK_LE:
    case TOK_GT:
    case TOK_GE:
        return check_comparison(comp, node);
    default:
        return check_arithmetic(comp, node);
    }
}

/* ---- ?: ---- */

/* Branches of two types, where types are looked at late: the one that is taken, if that is known.
 */
static bool pick_branch(const expr_comp *comp, expr_node *node, const expr_node *b,
                        const expr_node *c)
{
    const expr_node *a = expr_arg(comp, node, 0);
    if (!is_dynamic(comp, b, c) || a->kind != NODE_CONST || a->type != CHURN__TYPE_BOOL) {
        return false;
    }
    node->pick = a->value.state == EXPR_TRUE ? 1 : 2;
    const expr_node *taken = node->pick == 1 ? b : c;
    node->type = taken->type;
    node->element = taken->element;
    node->sample = taken->sample;
    node->nullable = taken->nullable;
    node->fine = taken->fine;
    node->lowers = true;
    return true;
}

static void take_branches(expr_node *node, const expr_node *b, const expr_node *c)
{
    bool b_counts = !is_null(b) && b->type != EXPR_TYPE_ERROR;
    node->type = b_counts ? b->type : c->type;
    node->op = OP_SELECT;
    node->dynamic = node->dynamic || b->dynamic || c->dynamic;
    node->nullable = can_be_null(b) || can_be_null(c);
    node->fine = b->fine || c->fine;
    node->lowers = node->lowers || b->raises || c->raises;
}

static bool branches_agree(const expr_node *b, const expr_node *c)
{
    if (is_null(b) || is_null(c)) {
        churn__type other = is_null(b) ? c->type : b->type;
        return expr_is_scalar(other) || other == EXPR_TYPE_NULL;
    }
    if (b->type == EXPR_TYPE_ERROR || c->type == EXPR_TYPE_ERROR) {
        return true;
    }
    return b->type == c->type && expr_is_scalar(b->type);
}

static churn_status check_branches(expr_comp *comp, expr_node *node)
{
    expr_node *b = expr_arg(comp, node, 1), *c = expr_arg(comp, node, 2);
    node->adapts = b->adapts && c->adapts;
    churn__expr_adapt(comp, b, c->type);
    churn__expr_adapt(comp, c, b->type);
    if (b->type == EXPR_TYPE_LIST && c->type == EXPR_TYPE_LIST) {
        churn__expr_join_lists(comp, node, b, c);
        node->op = OP_SELECT;
        return CHURN_OK;
    }
    if (branches_agree(b, c)) {
        take_branches(node, b, c);
        return CHURN_OK;
    }
    if (pick_branch(comp, node, b, c) || churn__expr_raises(comp, node)) {
        return CHURN_OK;
    }
    return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                            "both sides of `:` need one type, got %s and %s",
                            churn__expr_type_name(b->type), churn__expr_type_name(c->type));
}

static churn_status check_ternary(expr_comp *comp, expr_node *node)
{
    const expr_node *a = expr_arg(comp, node, 0);
    bool bad = expr_arg(comp, node, 1)->type == EXPR_TYPE_BAD ||
               expr_arg(comp, node, 2)->type == EXPR_TYPE_BAD;
    churn_status st = need_bool(comp, node, a);
    if (a->type != CHURN__TYPE_BOOL && a->type != EXPR_TYPE_BAD && churn__expr_raises(comp, node)) {
        return CHURN_OK;
    }
    if (bad) {
        node->type = EXPR_TYPE_BAD;
        return st;
    }
    churn_status branches = check_branches(comp, node);
    return st != CHURN_OK ? st : branches;
}

churn_status churn__expr_check_operator(expr_comp *comp, expr_node *node)
{
    switch (node->kind) {
    case NODE_UNARY:
        return check_unary(comp, node);
    case NODE_TERNARY:
        return check_ternary(comp, node);
    default:
        return check_binary(comp, node);
    }
}
