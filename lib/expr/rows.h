/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_ROWS_H
#define CHURN_EXPR_ROWS_H

#include "expr/expression_inside.h"
#include "expr/sink.h"

/* What the public functions over rows share: from columns or a stream to a sink. */

/* The expressions of a call: one or many over equal variables. */
typedef struct expr_rules {
    const char *function; /* that was called */
    const churn_expression *const *expressions;
    uint32_t count;
    const churn__expr **exprs; /* of them */
} expr_rules;

churn_status churn__expr_rules_open(expr_rules *rules, churn_error *err);
void churn__expr_rules_close(expr_rules *rules);

churn_status churn__expr_rows_columns(const expr_rules *rules, const churn_value_column *columns,
                                      uint32_t column_count, uint64_t rows, churn_cancel *cancel,
                                      const expr_sink *sink, churn_error *err);
churn_status churn__expr_rows_stream(const expr_rules *rules, struct ArrowArrayStream *stream,
                                     churn_cancel *cancel, const expr_sink *sink, churn_error *err);
/* Strings of the host's that are there, of a block. Their keys go to where there is room for whole
 * words, and the column points to them. */
churn_status churn__expr_check_strings(churn__column *column, uint32_t n, uint64_t rows_before,
                                       uint64_t *keys, churn_error *err);

#endif
