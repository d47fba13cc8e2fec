/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* Lists: what they hold is always known, so that they are taken apart when an expression is
 * compiled, and no list is ever computed but those of columns. */

static void add_element(const expr_comp *comp, expr_node *node, uint32_t item)
{
    const expr_node *element = &comp->nodes[item];
    if (node->element == EXPR_TYPE_NONE) {
        node->element = element->type;
        node->sample = item;
        return;
    }
    bool same = node->element == element->type;
    if (same && element->type == EXPR_TYPE_LIST) {
        same = churn__expr_can_equal(comp, &comp->nodes[node->sample], element);
    }
    node->element = same ? node->element : EXPR_TYPE_MIXED;
}

churn_status churn__expr_check_list(expr_comp *comp, expr_node *node)
{
    node->type = EXPR_TYPE_LIST;
    node->constant = true;
    node->element = EXPR_TYPE_NONE;
    for (uint32_t i = 0; i < node->count; i++) {
        node->constant = node->constant && expr_arg(comp, node, i)->constant;
        add_element(comp, node, comp->args[node->first + i]);
    }
    return CHURN_OK;
}

void churn__expr_join_lists(const expr_comp *comp, expr_node *node, const expr_node *a,
                            const expr_node *b)
{
    node->type = EXPR_TYPE_LIST;
    node->op = OP_NONE;
    node->lowers = true;
    node->dynamic = a->dynamic || b->dynamic;
    node->element = a->element;
    node->sample = a->sample;
    if (a->element == EXPR_TYPE_NONE) {
        node->element = b->element;
        node->sample = b->sample;
    } else if (b->element != EXPR_TYPE_NONE && !churn__expr_can_equal(comp, a, b)) {
        node->element = EXPR_TYPE_MIXED;
    }
    node->element = b->element == EXPR_TYPE_MIXED ? EXPR_TYPE_MIXED : node->element;
}

/* Whether `x in list` may be asked. */
static bool can_hold(const expr_comp *comp, const expr_node *list, const expr_node *x)
{
    return list->element == EXPR_TYPE_NONE || list->element == EXPR_TYPE_MIXED || list->dynamic ||
           churn__expr_can_equal(comp, x, &comp->nodes[list->sample]);
}

/* A value that has a state and no more, so that it is compared in one step. */
static bool is_simple(const expr_node *node)
{
    return expr_is_scalar(node->type) && !node->nullable && !node->raises &&
           !(node->type == CHURN__TYPE_TIME && node->fine);
}

/* A list that is written out: its elements adapt to what is looked for. */
static churn_status check_elements(expr_comp *comp, expr_node *node, expr_node *x, expr_node *list)
{
    churn_status st = CHURN_OK;
    bool mixed = list->element == EXPR_TYPE_MIXED;
    for (uint32_t i = 0; i < list->count; i++) {
        expr_node *item = expr_arg(comp, list, i);
        item->dynamic = item->dynamic || mixed || list->dynamic;
        node->lowers = node->lowers || !is_simple(item);
        if (!is_simple(item) || !is_simple(x)) {
            continue;
        }
        if (churn__expr_comparison(comp, x, item, true) == OP_NONE) {
            return churn__expr_mismatch(comp, node, x, item);
        }
        CHURN_TRY(churn__expr_check_word(comp, x, item));
    }
done:
    return st;
}

churn_status churn__expr_check_in(expr_comp *comp, expr_node *node)
{
    expr_node *x = expr_arg(comp, node, 0), *list = expr_arg(comp, node, 1);
    node->type = CHURN__TYPE_BOOL;
    node->lowers = !is_simple(x) || list->kind != NODE_LIST;
    if (list->type == CHURN__TYPE_STRINGS && x->type == CHURN__TYPE_STRING) {
        node->op = OP_IN_LIST;
        node->lowers = x->nullable || list->nullable;
        return CHURN_OK;
    }
    node->op = OP_IN_SET;
    if (list->type != EXPR_TYPE_LIST || x->type == CHURN__TYPE_STRINGS) {
        return churn__expr_mismatch(comp, node, x, list);
    }
    if (list->kind == NODE_LIST && is_simple(x)) {
        for (uint32_t i = 0; i < list->count; i++) { /* the first double makes x one */
            if (is_simple(expr_arg(comp, list, i))) {
                churn__expr_comparison(comp, x, expr_arg(comp, list, i), true);
            }
        }
        return check_elements(comp, node, x, list);
    }
    if (!can_hold(comp, list, x)) {
        return churn__expr_mismatch(comp, node, x, list);
    }
    return list->kind == NODE_LIST ? check_elements(comp, node, x, list) : CHURN_OK;
}
