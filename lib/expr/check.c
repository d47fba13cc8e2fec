/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* Types, found once for all rows: every node gets its type and its operation. */

const char *churn__expr_type_name(churn__type type)
{
    return type == EXPR_TYPE_LIST   ? "list"
           : type == EXPR_TYPE_NULL ? "null"
           : type == EXPR_TYPE_NONE ? "nothing"
                                    : churn__type_name(type);
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

static churn_status unknown_name(expr_comp *comp, expr_node *node)
{
    const churn__expr_scope *scope = comp->scope;
    if (churn__expr_raises(comp, node)) {
        return CHURN_OK;
    }
    churn_str near = nearest_name(comp, node->name);
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
    node->fine = found->type == CHURN__TYPE_DURATION;
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

/* ---- nodes ---- */

bool churn__expr_raises(const expr_comp *comp, expr_node *node)
{
    if (!expr_is_unchecked(comp)) {
        return false;
    }
    node->type = EXPR_TYPE_ERROR;
    node->op = OP_RAISE_TYPES;
    node->raises = node->lowers = true;
    return true;
}

static bool has_arg(const expr_comp *comp, const expr_node *node, churn__type type)
{
    for (uint32_t i = 0; i < node->count; i++) {
        if (expr_arg(comp, node, i)->type == type) {
            return true;
        }
    }
    return false;
}

/* Whether an operand that is known to fail makes the whole fail. */
static bool is_strict(const expr_node *node)
{
    bool logic = node->kind == NODE_BINARY && (node->token == TOK_AND || node->token == TOK_OR);
    return !logic && node->kind != NODE_TERNARY;
}

static churn_status check_node(expr_comp *comp, expr_node *node)
{
    if (is_strict(node)) {
        if (has_arg(comp, node, EXPR_TYPE_BAD)) {
            node->type = EXPR_TYPE_BAD;
            return CHURN_OK;
        }
        if (has_arg(comp, node, EXPR_TYPE_ERROR) && churn__expr_raises(comp, node)) {
            return CHURN_OK;
        }
    }
    switch (node->kind) {
    case NODE_NAME:
        return check_name(comp, node);
    case NODE_LIST:
        return churn__expr_check_list(comp, node);
    case NODE_CALL:
        return churn__expr_check_call(comp, node);
    case NODE_CONST:
        return CHURN_OK;
    default:
        return churn__expr_check_operator(comp, node);
    }
}

static churn_status wrong_result(expr_comp *comp, const expr_node *root, churn__type want)
{
    const char *type = churn__expr_type_name(root->type);
    if (want == CHURN__TYPE_BOOL) {
        return churn__expr_fail(comp, root->at, CHURN_E_TYPE, CHURN__EXPR_NOT_BOOL,
                                "a condition must be bool, this is %s", type);
    }
    return churn__expr_fail(comp, root->at, CHURN_E_TYPE, CHURN__EXPR_TYPES,
                            "%s is wanted here, this is %s", churn__expr_type_name(want), type);
}

/* Lists and null are values on the way and no results, but for lists that templates name. */
static churn_status check_result(expr_comp *comp, expr_node *root, churn__type want)
{
    bool given = (comp->flags & CHURN__EXPR_GIVE_LIST) != 0;
    bool list = root->type == EXPR_TYPE_LIST || (root->type == CHURN__TYPE_STRINGS && !given);
    if (root->type == EXPR_TYPE_BAD || root->type == EXPR_TYPE_ERROR) {
        return CHURN_OK;
    }
    if (list || root->type == EXPR_TYPE_NULL) {
        return churn__expr_fail(comp, root->at, CHURN_E_UNSUPPORTED, CHURN__EXPR_EXCLUDED,
                                "%s as a result is left out: %s", list ? "a list" : "`null`",
                                list ? "use `in` or size()" : "compare with it");
    }
    if (want == CHURN__TYPE_DOUBLE && root->type == CHURN__TYPE_INT && !expr_is_strict(comp)) {
        root->adapts = true;
        churn__expr_adapt(comp, root, want);
    }
    return want == 0 || root->type == want ? CHURN_OK : wrong_result(comp, root, want);
}

churn_status churn__expr_check(expr_comp *comp, churn__type want)
{
    churn_status st = CHURN_OK;
    for (size_t i = 0; i < comp->node_count; i++) {
        expr_node *node = &comp->nodes[i];
        st = check_node(comp, node);
        if (st == CHURN_E_NOMEM) {
            goto done;
        }
        if (st != CHURN_OK) { /* it is told: go on, and say nothing of what stands on it */
            node->type = EXPR_TYPE_BAD;
        }
    }
    st = check_result(comp, &comp->nodes[comp->node_count - 1], want);
done:
    return st;
}
