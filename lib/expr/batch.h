/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_BATCH_H
#define CHURN_EXPR_BATCH_H

#include "expr/program.h"
#include "table/table.h"

/* Evaluating an expression chunk by chunk into a table of values, outcomes and errors. */
typedef struct expr_batch {
    churn__heap *heap;
    const churn__expr *expr;
    churn__expr_scratch *scratch;
    churn__table_builder *builder;
    churn__column *columns; /* by slot; the caller points them at at most EXPR_CHUNK rows */
    uint32_t column_count;
    churn__missing *missing;          /* room for EXPR_CHUNK reasons a slot read, in their order */
    uint64_t rows_before;             /* in earlier chunks, for messages */
    const churn_expression *rendered; /* a template; NULL: `expr` is evaluated */
} expr_batch;

#define COLUMN_VALUE 0u
#define COLUMN_OUTCOME 1u
#define COLUMN_ERROR 2u

churn_status churn__expr_batch_open(expr_batch *batch, churn__heap *heap, const churn__expr *expr,
                                    uint32_t column_count, uint64_t rows_hint, churn_error *err);
/* Evaluate rows 0 .. n-1 of the columns and append what they come to. */
churn_status churn__expr_batch_run(expr_batch *batch, uint32_t n, churn_error *err);
churn_status churn__expr_batch_finish(expr_batch *batch, churn_table **out, churn_error *err);
void churn__expr_batch_close(expr_batch *batch);

/* Append what a template says of rows 0 .. n-1. */
churn_status churn__expression_render_rows(const expr_batch *batch, uint32_t n, churn_error *err);

/* A string of the host's that is there: UTF-8, or an error that names the row. */
churn_status churn__expr_check_string(churn_str s, uint64_t row, churn_error *err);

#endif
