/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_SINK_H
#define CHURN_EXPR_SINK_H

#include "expr/batch.h"
#include "expr/expression_inside.h"

/* Where results go. */

/* The table of one expression: value, outcome, error. */
typedef struct table_sink {
    expr_sink sink;
    churn__table_builder *builder;
    const churn_expression *expression;
    churn__expr_scratch *scratch; /* of a template */
} table_sink;

/* The table of many: a column of values each. */
typedef struct many_sink {
    expr_sink sink;
    churn__table_builder *builder;
    const churn_expression *const *expressions;
    churn__expr_scratch *scratch; /* of templates */
} many_sink;

/* Arrays of the caller. */
typedef struct fill_sink {
    expr_sink sink;
    void *const *values;   /* by expression; may hold NULL, or be it */
    uint8_t *const *valid; /* the same */
    churn_expression_counts *counts;
    uint64_t row; /* how many there are already */
} fill_sink;

churn_status churn__expr_table_sink(table_sink *sink, const churn_expression *expression,
                                    uint64_t rows, churn_error *err);
void churn__expr_table_sink_close(table_sink *sink);
churn_status churn__expr_many_sink(many_sink *sink, const churn_expression *const *expressions,
                                   uint32_t count, const churn_str *names, uint64_t rows,
                                   churn_error *err);
void churn__expr_many_sink_close(many_sink *sink);
void churn__expr_fill_sink(fill_sink *sink, void *const *values, uint8_t *const *valid,
                           churn_expression_counts *counts);

/* Where what a template says of rows goes: with an outcome and an error, or CHURN_COLUMN_NONE. */
typedef struct expr_rendered {
    churn__table_builder *builder;
    churn__expr_scratch *scratch;
    uint32_t value, outcome, error;
} expr_rendered;

churn_status churn__expression_render_rows(const churn_expression *expression,
                                           const expr_batch *batch, const expr_rendered *to,
                                           uint32_t row, uint32_t n, churn_error *err);

#endif
