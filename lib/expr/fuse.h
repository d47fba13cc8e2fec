/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_FUSE_H
#define CHURN_EXPR_FUSE_H

#include "expr/program.h"

/*
 * The program for one record, derived from the canonical code: what compares a name with a constant
 * is one instruction, conjunctions gather in one register, and a decided one is left by a jump. It
 * works out states and values; why something is an error is asked of the canonical code, so that
 * the order of conjuncts is free.
 */
typedef enum row_op {
    ROW_END,
    /* of a slot by its number, without a cell: */
    ROW_BOOL,
    ROW_HAS,
    ROW_CMP_DK, /* ... with a constant */
    ROW_CMP_IK,
    ROW_CMP_SK,
    ROW_CMP_DD, /* ... with another slot */
    ROW_CMP_II,
    ROW_IN_S,
    ROW_IN_I,
    /* of operands: */
    ROW_STATE,  /* the state of a */
    ROW_STEP,   /* the instruction `k.code` */
    ROW_BRANCH, /* a true: go on; false: `target`; else `to` has its state: `other` */
    ROW_MOVE    /* a to `to`, then `target` */
} row_op;

enum { ROW_SET, ROW_AND, ROW_OR };

#define ROW_NEVER 4u /* no state */

/* Operands: a cell of the frame, of which the first are the slots, or a constant. */
#define ROW_CONST (1u << 30)
#define ROW_REG (2u << 30) /* while the program is made: what a canonical instruction gives */
#define ROW_KIND (3u << 30)

typedef struct row_code {
    uint8_t op;
    uint8_t holds; /* comparisons: bit 0 unordered, 1 less, 2 equal, 4 greater */
    uint8_t join;  /* how the state goes into `to` */
    uint8_t skip;  /* ... and of what state there the jump to `target` is */
    bool negate;   /* before that */
    bool finite;   /* other doubles are errors */
    uint32_t a, b, c, to;
    uint32_t target, other;
    union {
        double d;
        int64_t i;
        churn_str s;
        const expr_set *set;
        const expr_code *code;
    } k;
} row_code;

/* Derive it; false: no memory. */
bool churn__expr_fuse(churn__expr *expr);

/* A record as its values by variable, or a row of columns by slot. */
typedef struct row_input {
    const churn_value *values;
    const churn__column *columns;
    uint32_t row;
} row_input;

/* Run it over a frame of expr->row_frame cells; what is returned is there or in the constants. */
const expr_cell *churn__expr_run_record(const churn__expr *expr, const churn_value *values,
                                        expr_cell *frame, expr_run *run);
const expr_cell *churn__expr_run_columns(const churn__expr *expr, const churn__column *columns,
                                         uint32_t row, expr_cell *frame, expr_run *run);
/* One value of a record. */
void churn__expr_load_value(const churn_value *value, churn__type type, expr_cell *out);

#endif
