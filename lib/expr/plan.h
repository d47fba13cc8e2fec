/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_PLAN_H
#define CHURN_EXPR_PLAN_H

#include "expr/vector.h"

/* What the files that make plans share: plan.c finds what there is to compute, plan_order.c in
 * which order and for which rows, plan_place.c in which registers. */

enum { NODE_OF_SLOT, NODE_OF_CONST, NODE_OF_CODE, NODE_OF_OUTPUT };

/* A distinct value; operands have smaller numbers. */
typedef struct plan_node {
    uint8_t kind;
    bool needed;   /* an output stands on it */
    bool absorbed; /* it became a part of the && or || that is its only user */
    churn__type type;
    uint32_t a, b, c;
    uint32_t uses;
    uint32_t slot;                 /* of a slot; the number of an output */
    uint32_t region;               /* where it is computed */
    uint32_t next;                 /* in its region */
    uint32_t first_arg, arg_count; /* of && and || */
    uint32_t branch[2];            /* regions of the branches of ?: */
    uint32_t last;                 /* step that uses it last */
    double cost, odds;             /* with all that it stands on alone */
    const expr_cell *cell;
    size_t text_limit;
    expr_code code;
} plan_node;

typedef struct plan_region {
    uint32_t parent, depth;
    uint32_t head, tail; /* its nodes, ascending; EXPR_NONE: none */
} plan_region;

typedef struct plan_maker {
    churn__heap *heap;
    churn__arena *arena;
    struct expr_plan *plan;
    plan_node *nodes;
    size_t node_count, node_capacity;
    uint32_t *index; /* hash table of nodes, by what they compute; a power of two */
    size_t index_size;
    uint32_t *args; /* operands of && and || */
    uint32_t *arg_regions;
    size_t arg_count, arg_capacity, arg_region_capacity;
    plan_region *regions;
    size_t region_count, region_capacity;
    plan_step *steps;
    size_t step_count, step_capacity;
    uint32_t *roots; /* node of each expression */
    uint32_t root_count;
} plan_maker;

bool churn__expr_plan_order(plan_maker *maker);
bool churn__expr_plan_place(plan_maker *maker);

static inline bool plan_is_chain(const plan_node *node)
{
    return node->kind == NODE_OF_CODE && (node->code.op == OP_AND || node->code.op == OP_OR);
}

#endif
