/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_FAMILY_H
#define CHURN_ENGINE_FAMILY_H

#include "base/heap.h"
#include "playbook/playbook.h"

/*
 * Who is whose child at one date: the customers whose attribute `parent` names another one, in the
 * order in which they were put in, which is that of their ids. Each has one parent, so those below
 * a customer are a tree, unless the customer is among them.
 */
typedef struct churn__family_tree {
    churn__heap *heap;
    uint32_t count;                /* children */
    uint32_t numbers;              /* customers' numbers are below it */
    uint32_t *customers, *parents; /* by child: numbers */
    size_t customer_capacity, parent_capacity;
    uint32_t *begin; /* by customer's number, and one behind: where theirs begin in `order` */
    uint32_t *order; /* children by parent, then as they were put in */
    uint8_t *circle; /* bit a customer's number: among those below themselves */
    bool any_circle;
} churn__family_tree;

void churn__family_tree_init(churn__family_tree *tree, churn__heap *heap, uint32_t numbers);
void churn__family_tree_clear(churn__family_tree *tree);
/* Another child, behind all others. False: no memory. */
bool churn__family_tree_add(churn__family_tree *tree, uint32_t customer, uint32_t parent);
/* All are in it. Linear in children and numbers. False: no memory. */
bool churn__family_tree_settle(churn__family_tree *tree);
bool churn__family_tree_circle(const churn__family_tree *tree, uint32_t customer);

/* One of those from whom a roll-up is made. */
typedef struct churn__family_child {
    uint32_t customer;
    double score; /* NaN: left out, as not there, churned, or without the score */
    double mrr;   /* of a mean by MRR, in major units; NaN of others */
    double share; /* in the outcome: shares add up to 1 */
} churn__family_child;

/* Room for one list at a time. */
typedef struct churn__family_room {
    churn__heap *heap;
    uint32_t *list;
    uint8_t *marks; /* bit a child, clear between calls */
    double *values, *weights;
    churn__family_child *children; /* of an explanation, with what sharing takes */
    uint32_t *places;
    double *shares;
    size_t list_capacity, mark_capacity, value_capacity, weight_capacity;
    size_t child_capacity, place_capacity, share_capacity;
} churn__family_room;

void churn__family_room_clear(churn__family_room *room);
/* The children below a customer who is in no circle, ascending: those directly below them, or all.
 * The list is valid until the next call. False: no memory. */
bool churn__family_tree_below(const churn__family_tree *tree, uint32_t customer, bool descendants,
                              churn__family_room *room, const uint32_t **list, uint32_t *count);

/* ---- one number from many: family_take.c ---- */

/* n scores, of a mean by MRR with their weights (else NULL), in the order of ids; `values` are
 * sorted where that helps. Missing where there are none. For ANY: 0 of those who are in the band or
 * below it, else 100. */
churn__missing churn__family_take(const churn__roll_up_def *def, double *values,
                                  const double *weights, uint32_t n, double *out);
/* What share each score has in the outcome; they add up to 1, where there are any. `room` is for n
 * numbers. Of equal ones the first have it. */
void churn__family_shares(const churn__roll_up_def *def, const double *values,
                          const double *weights, uint32_t n, uint32_t *room, double *shares);

#endif
