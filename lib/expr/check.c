/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* Types, found once for all rows: every node gets its type and its operation. */

#define EXACT_DOUBLE (INT64_C(1) << 53)

const char *churn__expr_type_name(churn__type type)
{
    return type == EXPR_TYPE_LIST   ? "list"
           : type == EXPR_TYPE_NONE ? "nothing"
                                    : churn__type_name(type);
}

static bool is_number(churn__type type)
{
    return type == CHURN__TYPE_INT || type == CHURN__TYPE_DOUBLE;
}

static bool is_scalar(churn__type type)
{
    return type >= CHURN__TYPE_BOOL && type <= CHURN__TYPE_TIME;
}

bool churn__expr_adapt(const expr_comp *comp, expr_node *node, churn__type type)
{
    if (node->type == type) {
        return true;
    }
    if (type != CHURN__TYPE_DOUBLE || !node->adapts || expr_is_strict(comp)) {
        return false;
    }
    node->type = CHURN__TYPE_DOUBLE;
    node->to_double = true;
    node->adapts = false;
    return true;
}

static churn_str sign_of(const expr_node *node)
{
    static const char *const signs[] = {
        [TOK_IN] = "in", [TOK_EQ] = "==", [TOK_NE] = "!=",  [TOK_LE] = "<=", [TOK_GE] = ">=",
        [TOK_LT] = "<",  [TOK_GT] = ">",  [TOK_AND] = "&&", [TOK_OR] = "||", [TOK_ADD] = "+",
        [TOK_SUB] = "-", [TOK_MUL] = "*", [TOK_DIV] = "/",  [TOK_MOD] = "%", [TOK_NOT] = "!"};
    return churn__str_nts(signs[node->token]);
}

static churn_status mismatch(expr_comp *comp, const expr_node *node, const expr_node *a,
                             const expr_node *b)
{
    churn_str sign = sign_of(node);
    bool int_double = is_number(a->type) && is_number(b->type) && a->type != b->type;
    const char *hint = int_double ? "; write double(...) around the int" : "";
    return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                            "%q does not take %s and %s%s", &sign, churn__expr_type_name(a->type),
                            churn__expr_type_name(b->type), hint);
}

/* ---- names ---- */

static churn_str nearest_name(expr_comp *comp, churn_str name)
{
    churn_str none = {NULL, 0}, *names = NULL;
    size_t count = 0, capacity = 0;
    if (comp->scope->list == NULL) {
        return none;
    }
    for (uint32_t i = 0; i < UINT32_MAX; i++) {
        churn_str next = comp->scope->list(comp->scope->context, i);
        if (next.ptr == NULL ||
            !churn__grow(comp->heap, (void **)&names, &capacity, count + 1, sizeof *names)) {
            break;
        }
        names[count++] = next;
    }
    churn_str near = churn__nearest(name, names, count);
    churn__free_array(comp->heap, names, capacity, sizeof *names);
    return near;
}

void churn__expr_suggest(expr_comp *comp, churn_str near)
{
    comp->suggestion = near;
}

static churn_status unknown_name(expr_comp *comp, const expr_node *node)
{
    churn_str near = nearest_name(comp, node->name);
    const churn__expr_scope *scope = comp->scope;
    if (near.ptr == NULL) {
        const char *advice =
            scope->advice == NULL ? NULL : scope->advice(scope->context, node->name);
        return churn__expr_fail(comp, node->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_NAME,
                                "unknown name %q%s%s", &node->name, advice == NULL ? "" : "; ",
                                advice == NULL ? "" : advice);
    }
    churn__expr_suggest(comp, near);
    return churn__expr_fail(comp, node->at, CHURN_E_NOT_FOUND, CHURN__EXPR_UNKNOWN_NAME,
                            "unknown name %q; did you mean %q?", &node->name, &near);
}

/* A parameter: the value takes the place of the name. */
static churn_status constant_name(expr_comp *comp, expr_node *node, const churn__value *value)
{
    node->slot = UINT32_MAX;
    node->adapts = node->type == CHURN__TYPE_INT;
    if (value->missing != CHURN__PRESENT) {
        node->value.state = EXPR_UNKNOWN;
        return CHURN_OK;
    }
    switch (node->type) {
    case CHURN__TYPE_BOOL:
        node->value.state = expr_from_bool(value->as.b != 0);
        break;
    case CHURN__TYPE_DOUBLE:
        node->value.as.d = value->as.d;
        break;
    case CHURN__TYPE_STRING:
        node->value.as.s = churn__arena_str(comp->arena, value->as.s.ptr, value->as.s.len);
        return node->value.as.s.ptr != NULL ? CHURN_OK : churn__fail_memory(comp->err, comp->heap);
    default:
        node->value.as.i = value->as.i;
        break;
    }
    return CHURN_OK;
}

churn_status churn__expr_take_name(expr_comp *comp, expr_node *node, const churn__expr_name *found)
{
    node->kind = NODE_NAME;
    node->type = found->type;
    node->element = CHURN__TYPE_STRING;
    node->never_missing = found->never_missing;
    node->nullable = found->nullable;
    node->slot = found->slot;
    return found->is_constant ? constant_name(comp, node, &found->constant) : CHURN_OK;
}

static churn_status check_name(expr_comp *comp, expr_node *node)
{
    churn__expr_name found = {0};
    switch (comp->scope->resolve(comp->scope->context, node->name, &found)) {
    case CHURN__EXPR_KNOWN:
        break;
    case CHURN__EXPR_LATER:
        return churn__expr_fail(comp, node->at, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                                "%q is a name that this version does not do", &node->name);
    default:
        return unknown_name(comp, node);
    }
    return churn__expr_take_name(comp, node, &found);
}

/* ---- operators ---- */

static churn_status need_bool(expr_comp *comp, const expr_node *node, const expr_node *operand)
{
    churn_str sign = node->kind == NODE_TERNARY ? CHURN__STR("?:") : sign_of(node);
    if (operand->type == CHURN__TYPE_BOOL) {
        return CHURN_OK;
    }
    return churn__expr_fail(comp, operand->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                            "%q needs bool, got %s", &sign, churn__expr_type_name(operand->type));
}

static churn_status check_unary(expr_comp *comp, expr_node *node)
{
    const expr_node *a = expr_arg(comp, node, 0);
    node->type = a->type;
    node->dynamic = a->dynamic;
    if (node->token == TOK_NOT) {
        node->op = OP_NOT;
        node->type = CHURN__TYPE_BOOL;
        return need_bool(comp, node, a);
    }
    if (!is_number(a->type)) {
        return churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                                "`-` needs a number, got %s", churn__expr_type_name(a->type));
    }
    node->adapts = a->adapts;
    node->op = a->type == CHURN__TYPE_INT ? OP_NEG_I : OP_NEG_D;
    return CHURN_OK;
}

static churn_status check_logic(expr_comp *comp, expr_node *node)
{
    churn_status st = CHURN_OK;
    node->type = CHURN__TYPE_BOOL;
    node->op = node->token == TOK_AND ? OP_AND : OP_OR;
    CHURN_TRY(need_bool(comp, node, expr_arg(comp, node, 0)));
    CHURN_TRY(need_bool(comp, node, expr_arg(comp, node, 1)));
done:
    return st;
}

/* An int literal that a double holds exactly is as good as a double literal. */
static void adapt_small(const expr_comp *comp, expr_node *node, churn__type type)
{
    if ((node->kind == NODE_CONST || node->kind == NODE_NAME) && node->type == CHURN__TYPE_INT &&
        node->value.as.i <= EXACT_DOUBLE && node->value.as.i >= -EXACT_DOUBLE) {
        churn__expr_adapt(comp, node, type);
    }
}

uint8_t churn__expr_comparison(const expr_comp *comp, expr_node *a, expr_node *b, bool equality)
{
    adapt_small(comp, a, b->type);
    adapt_small(comp, b, a->type);
    bool dynamic = a->dynamic || b->dynamic;
    if (a->type != b->type) {
        if (is_number(a->type) && is_number(b->type) && (!expr_is_strict(comp) || dynamic)) {
            return OP_CMP_ID;
        }
        bool lists = !is_scalar(a->type) || !is_scalar(b->type);
        return equality && dynamic && !lists ? OP_DIFFER : OP_NONE;
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
        return OP_CMP_I;
    default:
        return OP_NONE;
    }
}

static churn_status check_comparison(expr_comp *comp, expr_node *node)
{
    expr_node *a = expr_arg(comp, node, 0), *b = expr_arg(comp, node, 1);
    bool equality = node->token == TOK_EQ || node->token == TOK_NE;
    node->type = CHURN__TYPE_BOOL;
    if (a->type == EXPR_TYPE_LIST || b->type == EXPR_TYPE_LIST) {
        return churn__expr_fail(comp, node->at, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                                "comparing lists is left out: use `in` or size()");
    }
    node->op = churn__expr_comparison(comp, a, b, equality);
    node->swapped = node->op == OP_CMP_ID && a->type == CHURN__TYPE_DOUBLE;
    if (node->op == OP_CMP_S && equality) {
        churn_status st = churn__expr_check_word(comp, a, b);
        return st == CHURN_OK ? churn__expr_check_word(comp, b, a) : st;
    }
    return node->op != OP_NONE ? CHURN_OK : mismatch(comp, node, a, b);
}

static churn_status check_in(expr_comp *comp, expr_node *node)
{
    churn_status st = CHURN_OK;
    expr_node *a = expr_arg(comp, node, 0), *list = expr_arg(comp, node, 1);
    node->type = CHURN__TYPE_BOOL;
    if (list->type == CHURN__TYPE_STRINGS && a->type == CHURN__TYPE_STRING) {
        node->op = OP_IN_LIST;
        return CHURN_OK;
    }
    if (list->kind != NODE_LIST || !is_scalar(a->type)) {
        return mismatch(comp, node, a, list);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        adapt_small(comp, a, expr_arg(comp, list, i)->type);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        expr_node *item = expr_arg(comp, list, i);
        if (churn__expr_comparison(comp, a, item, true) == OP_NONE) {
            CHURN_TRY(mismatch(comp, node, a, item));
        }
        CHURN_TRY(churn__expr_check_word(comp, a, item));
    }
    node->op = OP_IN_SET;
done:
    return st;
}

static uint8_t arithmetic(uint8_t token, churn__type type)
{
    bool i = type == CHURN__TYPE_INT;
    if (!is_number(type)) {
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
    churn__expr_adapt(comp, a, b->type);
    churn__expr_adapt(comp, b, a->type);
    node->type = a->type;
    node->dynamic = a->dynamic || b->dynamic;
    node->op = a->type == b->type ? arithmetic(node->token, a->type) : (uint8_t)OP_NONE;
    return node->op != OP_NONE ? CHURN_OK : mismatch(comp, node, a, b);
}

static churn_status check_binary(expr_comp *comp, expr_node *node)
{
    switch (node->token) {
    case TOK_AND:
    case TOK_OR:
        return check_logic(comp, node);
    case TOK_IN:
        return check_in(comp, node);
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

static churn_status check_ternary(expr_comp *comp, expr_node *node)
{
    churn_status st = CHURN_OK;
    expr_node *b = expr_arg(comp, node, 1), *c = expr_arg(comp, node, 2);
    CHURN_TRY(need_bool(comp, node, expr_arg(comp, node, 0)));
    node->adapts = b->adapts && c->adapts;
    churn__expr_adapt(comp, b, c->type);
    churn__expr_adapt(comp, c, b->type);
    if (b->type != c->type || !is_scalar(b->type)) {
        st = churn__expr_fail(comp, node->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                              "both sides of `:` need one type, got %s and %s",
                              churn__expr_type_name(b->type), churn__expr_type_name(c->type));
        goto done;
    }
    node->type = b->type;
    node->op = OP_SELECT;
    node->dynamic = b->dynamic || c->dynamic;
done:
    return st;
}

static churn_status check_list(expr_comp *comp, expr_node *node)
{
    node->type = EXPR_TYPE_LIST;
    node->constant = true;
    for (uint32_t i = 0; i < node->count; i++) {
        node->constant = node->constant && expr_arg(comp, node, i)->constant;
        node->element = expr_arg(comp, node, 0)->type;
    }
    return CHURN_OK;
}

static churn_status check_node(expr_comp *comp, expr_node *node)
{
    switch (node->kind) {
    case NODE_NAME:
        return check_name(comp, node);
    case NODE_UNARY:
        return check_unary(comp, node);
    case NODE_BINARY:
        return check_binary(comp, node);
    case NODE_TERNARY:
        return check_ternary(comp, node);
    case NODE_LIST:
        return check_list(comp, node);
    case NODE_CALL:
        return churn__expr_check_call(comp, node);
    default:
        return CHURN_OK;
    }
}

/* A list is an operand of `in` and size() and, outside templates, nothing else. */
static churn_status check_result(expr_comp *comp, expr_node *root, churn__type want)
{
    bool named = root->type == CHURN__TYPE_STRINGS || root->type == CHURN__TYPE_DURATION;
    bool given = named && (comp->flags & CHURN__EXPR_GIVE_LIST) != 0;
    if (!is_scalar(root->type) && !given) {
        return churn__expr_fail(comp, root->at, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                                "a list as a result is left out: use `in` or size()");
    }
    if (want == CHURN__TYPE_DOUBLE && root->type == CHURN__TYPE_INT && !expr_is_strict(comp)) {
        root->adapts = true;
        churn__expr_adapt(comp, root, want);
    }
    if (want == 0 || root->type == want) {
        return CHURN_OK;
    }
    if (want == CHURN__TYPE_BOOL) {
        return churn__expr_fail(comp, root->at, CHURN_E_TYPE, CHURN__EXPR_NOT_BOOL,
                                "a condition must be bool, this is %s",
                                churn__expr_type_name(root->type));
    }
    return churn__expr_fail(comp, root->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                            "%s is wanted here, this is %s", churn__expr_type_name(want),
                            churn__expr_type_name(root->type));
}

churn_status churn__expr_check(expr_comp *comp, churn__type want)
{
    churn_status st = CHURN_OK;
    for (size_t i = 0; i < comp->node_count; i++) {
        CHURN_TRY(check_node(comp, &comp->nodes[i]));
    }
    CHURN_TRY(check_result(comp, &comp->nodes[comp->node_count - 1], want));
done:
    return st;
}
