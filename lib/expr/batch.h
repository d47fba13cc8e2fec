/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_BATCH_H
#define CHURN_EXPR_BATCH_H

#include <churn/cancel.h>

#include "expr/vector.h"
#include "table/table.h"

/* Evaluating one or many public expressions over rows of columns, block by block; a sink takes what
 * they come to. */
#define EXPR_BLOCK 16384u

typedef struct expr_batch expr_batch;

typedef struct expr_sink {
    void *context;
    /* Rows [row, row + n) of the block's columns were run, n at most EXPR_CHUNK. */
    churn_status (*take)(void *context, const expr_batch *batch, uint32_t row, uint32_t n,
                         churn_error *err);
} expr_sink;

struct expr_batch {
    churn__heap *heap;
    const churn__expr *const *exprs;
    uint32_t expr_count;
    churn__expr_group *group; /* of many */
    const struct expr_plan *plan;
    churn__expr_scratch *scratch;
    churn__column *columns; /* by slot; the caller points them at a block */
    uint32_t column_count;
    uint64_t rows_before; /* in earlier blocks, for messages */
    const expr_sink *sink;
    churn_cancel *cancel;
};

churn_status churn__expr_batch_open(expr_batch *batch, churn__heap *heap,
                                    const churn__expr *const *exprs, uint32_t expr_count,
                                    uint32_t column_count, churn_error *err);
void churn__expr_batch_close(expr_batch *batch);
/* Before blocks of these dictionaries, in all of `rows` rows. */
churn_status churn__expr_batch_begin(expr_batch *batch, uint64_t rows, churn_error *err);
/* Rows 0 .. n-1 of the columns, n at most EXPR_BLOCK. */
churn_status churn__expr_batch_run(expr_batch *batch, uint32_t n, churn_error *err);

/* A string of the host's that is there: UTF-8, or an error that names the row. */
churn_status churn__expr_check_string(churn_str s, uint64_t row, churn_error *err);

/* Why row `row` of the block is an error, with its place in the text. */
churn_status churn__expr_batch_explain(const expr_batch *batch, const churn__expr *expr,
                                       uint32_t row, churn_error *why);

#endif
