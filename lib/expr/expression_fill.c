/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "expr/rows.h"

/* The public functions that evaluate many rows. */

/* ---- tables of one expression ---- */

/* From columns or, where there is one, a stream. */
typedef struct source {
    const churn_value_column *columns;
    uint32_t column_count;
    uint64_t rows;
    struct ArrowArrayStream *stream;
    churn_cancel *cancel;
} source;

static churn_status run_source(const expr_rules *rules, const source *from, const expr_sink *sink,
                               churn_error *err)
{
    return from->stream != NULL
               ? churn__expr_rows_stream(rules, from->stream, from->cancel, sink, err)
               : churn__expr_rows_columns(rules, from->columns, from->column_count, from->rows,
                                          from->cancel, sink, err);
}

static churn_status make_table(const char *function, const churn_expression *expression,
                               const source *from, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_rules rules = {.function = function, .expressions = &expression, .count = 1};
    table_sink sink = {0};
    CHURN_TRY(churn__expr_rules_open(&rules, err));
    CHURN_TRY(churn__expr_table_sink(&sink, expression, from->rows, err));
    CHURN_TRY(run_source(&rules, from, &sink.sink, err));
    churn__table_builder *builder = sink.builder;
    sink.builder = NULL;
    CHURN_TRY(churn__table_finish(builder, out, err));
done:
    churn__expr_table_sink_close(&sink);
    churn__expr_rules_close(&rules);
    return st;
}

churn_status churn_expression_evaluate_columns(const churn_expression *expression,
                                               const churn_value_column *columns,
                                               uint32_t column_count, uint64_t row_count,
                                               churn_cancel *cancel, churn_table **out,
                                               churn_error *err)
{
    const char *function = "churn_expression_evaluate_columns";
    const source from = {
        .columns = columns, .column_count = column_count, .rows = row_count, .cancel = cancel};
    if (out == NULL) {
        return churn__fail_null(err, function, "out");
    }
    *out = NULL;
    if (expression == NULL) {
        return churn__fail_null(err, function, "expression");
    }
    return make_table(function, expression, &from, out, err);
}

churn_status churn_expression_evaluate_stream(const churn_expression *expression,
                                              struct ArrowArrayStream *stream, churn_cancel *cancel,
                                              churn_table **out, churn_error *err)
{
    const char *function = "churn_expression_evaluate_stream";
    const source from = {.stream = stream, .cancel = cancel};
    if (out == NULL) {
        return churn__fail_null(err, function, "out");
    }
    *out = NULL;
    if (expression == NULL || stream == NULL || stream->release == NULL) {
        return churn__fail_null(err, function, expression == NULL ? "expression" : "stream");
    }
    return make_table(function, expression, &from, out, err);
}

/* ---- tables of many ---- */

static churn_status make_many(const char *function, const churn_expression *const *expressions,
                              uint32_t count, const churn_str *names, const source *from,
                              churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_rules rules = {.function = function, .expressions = expressions, .count = count};
    many_sink sink = {0};
    CHURN_TRY(churn__expr_rules_open(&rules, err));
    CHURN_TRY(churn__expr_many_sink(&sink, expressions, count, names, from->rows, err));
    CHURN_TRY(run_source(&rules, from, &sink.sink, err));
    churn__table_builder *builder = sink.builder;
    sink.builder = NULL;
    CHURN_TRY(churn__table_finish(builder, out, err));
done:
    churn__expr_many_sink_close(&sink);
    churn__expr_rules_close(&rules);
    return st;
}

churn_status churn_expressions_evaluate_columns(const churn_expression *const *expressions,
                                                uint32_t count, const churn_str *names,
                                                const churn_value_column *columns,
                                                uint32_t column_count, uint64_t row_count,
                                                churn_cancel *cancel, churn_table **out,
                                                churn_error *err)
{
    const char *function = "churn_expressions_evaluate_columns";
    const source from = {
        .columns = columns, .column_count = column_count, .rows = row_count, .cancel = cancel};
    if (out == NULL) {
        return churn__fail_null(err, function, "out");
    }
    *out = NULL;
    return make_many(function, expressions, count, names, &from, out, err);
}

churn_status churn_expressions_evaluate_stream(const churn_expression *const *expressions,
                                               uint32_t count, const churn_str *names,
                                               struct ArrowArrayStream *stream,
                                               churn_cancel *cancel, churn_table **out,
                                               churn_error *err)
{
    const char *function = "churn_expressions_evaluate_stream";
    const source from = {.stream = stream, .cancel = cancel};
    if (out == NULL) {
        return churn__fail_null(err, function, "out");
    }
    *out = NULL;
    if (stream == NULL || stream->release == NULL) {
        return churn__fail_null(err, function, "stream");
    }
    return make_many(function, expressions, count, names, &from, out, err);
}

/* ---- arrays of the caller ---- */

static churn_status check_fill(const expr_rules *rules, churn_expression_counts *counts,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < rules->count; i++) {
        if (expr_value_size(rules->exprs[i]->type) == 16) {
            CHURN_FAIL(CHURN_E_UNSUPPORTED, 0,
                       "%s: the value is %s: use churn_expression_evaluate_columns, whose table "
                       "holds it",
                       rules->function, churn__type_name(rules->exprs[i]->type));
        }
        if (counts != NULL && counts[i].struct_size != sizeof *counts) {
            CHURN_FAIL(CHURN_E_ABI, 0, "%s: counts.struct_size is not that of this version",
                       rules->function);
        }
    }
    for (uint32_t i = 0; counts != NULL && i < rules->count; i++) {
        counts[i] = (churn_expression_counts){.struct_size = sizeof *counts};
    }
done:
    return st;
}

static churn_status fill(expr_rules *rules, const source *from, void *const *values,
                         uint8_t *const *valid, churn_expression_counts *counts, churn_error *err)
{
    churn_status st = CHURN_OK;
    fill_sink sink;
    CHURN_TRY(churn__expr_rules_open(rules, err));
    CHURN_TRY(check_fill(rules, counts, err));
    churn__expr_fill_sink(&sink, values, valid, counts);
    CHURN_TRY(run_source(rules, from, &sink.sink, err));
done:
    churn__expr_rules_close(rules);
    return st;
}

churn_status churn_expressions_fill(const churn_expression *const *expressions, uint32_t count,
                                    const churn_value_column *columns, uint32_t column_count,
                                    uint64_t row_count, churn_cancel *cancel, void *const *values,
                                    uint8_t *const *valid, churn_expression_counts *counts,
                                    churn_error *err)
{
    const source from = {
        .columns = columns, .column_count = column_count, .rows = row_count, .cancel = cancel};
    expr_rules rules = {
        .function = "churn_expressions_fill", .expressions = expressions, .count = count};
    return fill(&rules, &from, values, valid, counts, err);
}

churn_status churn_expression_fill(const churn_expression *expression,
                                   const churn_value_column *columns, uint32_t column_count,
                                   uint64_t row_count, churn_cancel *cancel, void *values,
                                   uint8_t *valid, churn_expression_counts *counts,
                                   churn_error *err)
{
    const char *function = "churn_expression_fill";
    const source from = {
        .columns = columns, .column_count = column_count, .rows = row_count, .cancel = cancel};
    expr_rules rules = {.function = function, .expressions = &expression, .count = 1};
    if (expression == NULL) {
        return churn__fail_null(err, function, "expression");
    }
    return fill(&rules, &from, &values, &valid, counts, err);
}
