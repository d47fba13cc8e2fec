/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_LOWER_H
#define CHURN_EXPR_LOWER_H

#include "expr/ast.h"

/* What the files that lower share: lower.c walks the tree and looks after null and instants,
 * lower_list.c takes lists apart, lower_put.c makes the new nodes. Numbers of nodes that are given
 * are of the checked tree, those returned are of the new nodes. */

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

static inline const expr_node *lower_node_at(const lowerer *low, uint32_t i)
{
    return &low->comp->nodes[i];
}

static inline uint32_t lower_arg(const lowerer *low, const expr_node *node, uint32_t i)
{
    return low->comp->args[node->first + i];
}

/* ---- new nodes ---- */

/* Operands have been put just before, in this order. After a failure nothing more is put. */
uint32_t churn__lower_put(lowerer *low, expr_node node, const uint32_t *args, uint32_t count);
uint32_t churn__lower_put_int(lowerer *low, const expr_node *n, int64_t value);
uint32_t churn__lower_put_bool(lowerer *low, const expr_node *n, bool value);
uint32_t churn__lower_put_one(lowerer *low, const expr_node *n, uint8_t op, churn__type type,
                              uint32_t a);
uint32_t churn__lower_put_two(lowerer *low, const expr_node *n, uint8_t op, churn__type type,
                              uint32_t a, uint32_t b);
uint32_t churn__lower_put_compare(lowerer *low, const expr_node *n, uint8_t op, uint8_t token,
                                  uint32_t a, uint32_t b);
uint32_t churn__lower_put_select(lowerer *low, const expr_node *n, churn__type type, uint32_t a,
                                 uint32_t b, uint32_t c);
uint32_t churn__lower_put_not(lowerer *low, const expr_node *n, bool negate, uint32_t a);
/* An error whenever it is computed. */
uint32_t churn__lower_put_raise(lowerer *low, const expr_node *n, uint8_t op, churn__type type);
/* The instruction of a node over other operands. */
uint32_t churn__lower_put_over(lowerer *low, const expr_node *n, const uint32_t *args,
                               uint32_t count);
/* A node that stands on nothing that is lowered, with what is under it. */
uint32_t churn__lower_copy(lowerer *low, uint32_t i);

/* ---- null, instants ---- */

bool churn__lower_can_be_null(const expr_node *node);
/* A node as a condition: a bool, or an error. */
uint32_t churn__lower_condition(lowerer *low, uint32_t i);
/* N of a node. */
uint32_t churn__lower_is_null(lowerer *low, uint32_t i);
bool churn__lower_is_fine(const expr_node *n);
/* Two values that are no lists, by `token`. */
uint32_t churn__lower_compare(lowerer *low, const expr_node *n, uint8_t token, uint32_t a,
                              uint32_t b);
/* Equality of values either of which can be null. */
uint32_t churn__lower_equal_nulls(lowerer *low, const expr_node *n, bool want, uint32_t a,
                                  uint32_t b);
/* V of a node. */
uint32_t churn__lower_value_of(lowerer *low, uint32_t i);

/* ---- lists ---- */

bool churn__lower_is_list(const lowerer *low, uint32_t i);
/* The elements of lists that are being looked at are a stack. */
void churn__lower_push_item(lowerer *low, uint32_t item);
const uint32_t *churn__lower_items_from(const lowerer *low, size_t from);
/* That a value is computed, though nothing asks what it is. */
uint32_t churn__lower_strict(lowerer *low, const expr_node *n, uint32_t i);
/* Whether two values are equal, or (`want` false) are not. */
uint32_t churn__lower_equal(lowerer *low, const expr_node *n, bool want, uint32_t a, uint32_t b);
uint32_t churn__lower_in_list(lowerer *low, const expr_node *n, bool want, uint32_t x,
                              uint32_t list);
uint32_t churn__lower_list_size(lowerer *low, const expr_node *n, bool want, uint32_t list,
                                uint32_t same);

#endif
