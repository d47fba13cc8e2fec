/* SPDX-License-Identifier: MIT */
#include "expr/sink.h"

#include "base/num.h"

/* ---- what a result says ---- */

/* Rows with a value. */
static void there_of(const expr_vec *result, churn__type type, uint32_t words, uint64_t *out)
{
    for (uint32_t w = 0; w < words; w++) {
        out[w] = expr_known(result, type, w);
    }
}

static void add_cells(churn__table_builder *builder, uint32_t column, const expr_vec *result,
                      churn__type type, const uint64_t *there, uint32_t n)
{
    const churn_str *values = result->values;
    if (type == CHURN__TYPE_BOOL) {
        churn__table_add_bits(builder, column, result->t, there, n);
        return;
    }
    if (type != CHURN__TYPE_STRING) {
        churn__table_add_words(builder, column, result->values, result->step, there, n);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        churn_str s =
            (there[i / 64] >> i % 64 & 1) != 0 ? values[result->step * i] : (churn_str){NULL, 0};
        bool empty = (there[i / 64] >> i % 64 & 1) != 0 && s.ptr == NULL;
        churn__table_add_string(builder, column, empty ? CHURN__STR("") : s);
    }
}

/* ---- one expression ---- */

#define COLUMN_VALUE 0u
#define COLUMN_OUTCOME 1u
#define COLUMN_ERROR 2u

static churn_status add_error(const table_sink *sink, const expr_batch *batch, uint32_t row,
                              churn_error *err)
{
    churn_error why = {.struct_size = sizeof why};
    char message[560];
    if (churn__expr_batch_explain(batch, batch->exprs[0], row, &why) != CHURN_OK) {
        return churn__fail_memory(err, batch->heap);
    }
    size_t len = churn__format(message, sizeof message, "%u:%u: %s", (uint64_t)why.line,
                               (uint64_t)why.column, why.message);
    churn__table_add_string(sink->builder, COLUMN_ERROR, (churn_str){message, len});
    return CHURN_OK;
}

static churn_status add_errors(const table_sink *sink, const expr_batch *batch,
                               const expr_vec *result, uint32_t row, uint32_t n, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t from = 0;
    for (uint32_t i = 0; result->e != NULL && i < n; i++) {
        if ((result->e[i / 64] >> i % 64 & 1) != 0) {
            churn__table_add_null_strings(sink->builder, COLUMN_ERROR, i - from);
            CHURN_TRY(add_error(sink, batch, row + i, err));
            from = i + 1;
        }
    }
    churn__table_add_null_strings(sink->builder, COLUMN_ERROR, n - from);
done:
    return st;
}

static void add_outcomes(const table_sink *sink, const expr_vec *result, const uint64_t *there,
                         uint32_t n)
{
    uint64_t low[EXPR_WORDS], high[EXPR_WORDS];
    uint8_t codes[EXPR_CHUNK];
    uint32_t words = (n + 63) / 64;
    for (uint32_t w = 0; w < words; w++) {
        high[w] = expr_errors(result, w);
        low[w] = ~there[w] & ~high[w];
    }
    churn__expr_kernels()->spread(low, high, words, codes);
    churn__table_add_codes(sink->builder, COLUMN_OUTCOME, codes, n);
}

static churn_status take_table(void *context, const expr_batch *batch, uint32_t row, uint32_t n,
                               churn_error *err)
{
    const table_sink *sink = context;
    const expr_vec *result = churn__expr_plan_result(batch->scratch, 0);
    uint64_t there[EXPR_WORDS];
    churn__type type = sink->expression->expr->type;
    if (sink->expression->tmpl != NULL) {
        const expr_rendered to = {sink->builder, sink->scratch, COLUMN_VALUE, COLUMN_OUTCOME,
                                  COLUMN_ERROR};
        return churn__expression_render_rows(sink->expression, batch, &to, row, n, err);
    }
    there_of(result, type, (n + 63) / 64, there);
    add_cells(sink->builder, COLUMN_VALUE, result, type, there, n);
    add_outcomes(sink, result, there, n);
    return add_errors(sink, batch, result, row, n, err);
}

churn_status churn__expr_table_sink(table_sink *sink, const churn_expression *expression,
                                    uint64_t rows, churn_error *err)
{
    static const churn_str outcomes[] = {CHURN__STR("value"), CHURN__STR("unknown"),
                                         CHURN__STR("error")}; /* by CHURN_OUTCOME_* */
    churn__heap *heap = expression->heap;
    *sink = (table_sink){.sink = {.context = sink, .take = take_table}, .expression = expression};
    sink->scratch = churn__expr_scratch_create(heap, 1);
    sink->builder = churn__table_begin(heap, rows);
    if (sink->builder == NULL || sink->scratch == NULL) {
        return churn__fail_memory(err, heap);
    }
    churn__table_column(sink->builder, "value", churn__table_type(expression->expr->type));
    churn__table_choice_column(sink->builder, "outcome", outcomes, 3);
    churn__table_column(sink->builder, "error", CHURN_COLUMN_STRING);
    return CHURN_OK;
}

void churn__expr_table_sink_close(table_sink *sink)
{
    churn__table_abandon(sink->builder);
    churn__expr_scratch_free(sink->scratch);
}

/* ---- many ---- */

static churn_status take_many(void *context, const expr_batch *batch, uint32_t row, uint32_t n,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    const many_sink *sink = context;
    uint64_t there[EXPR_WORDS];
    for (uint32_t i = 0; i < batch->expr_count; i++) {
        const churn_expression *expression = sink->expressions[i];
        if (expression->tmpl != NULL) {
            const expr_rendered to = {sink->builder, sink->scratch, i, CHURN_COLUMN_NONE,
                                      CHURN_COLUMN_NONE};
            CHURN_TRY(churn__expression_render_rows(expression, batch, &to, row, n, err));
            continue;
        }
        const expr_vec *result = churn__expr_plan_result(batch->scratch, i);
        there_of(result, expression->expr->type, (n + 63) / 64, there);
        add_cells(sink->builder, i, result, expression->expr->type, there, n);
    }
done:
    return st;
}

static churn_status add_column(many_sink *sink, uint32_t i, const churn_str *names,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    char name[300];
    churn_str given = {NULL, 0};
    if (names == NULL) {
        churn__format(name, sizeof name, "%u", (uint64_t)i);
    } else {
        CHURN_TRY(churn__take_str(names[i].ptr, names[i].len, false, sizeof name - 1,
                                  "a column's name", &given, err));
        memcpy(name, given.ptr, given.len);
        name[given.len] = '\0';
    }
    churn__table_column(sink->builder, name, churn__table_type(sink->expressions[i]->expr->type));
done:
    return st;
}

churn_status churn__expr_many_sink(many_sink *sink, const churn_expression *const *expressions,
                                   uint32_t count, const churn_str *names, uint64_t rows,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = expressions[0]->heap;
    *sink = (many_sink){.sink = {.context = sink, .take = take_many}, .expressions = expressions};
    sink->scratch = churn__expr_scratch_create(heap, 1);
    sink->builder = churn__table_begin(heap, rows);
    if (sink->builder == NULL || sink->scratch == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        CHURN_TRY(add_column(sink, i, names, err));
    }
done:
    return st;
}

void churn__expr_many_sink_close(many_sink *sink)
{
    churn__table_abandon(sink->builder);
    churn__expr_scratch_free(sink->scratch);
}

/* ---- arrays of the caller ---- */

static uint64_t live_rows(uint32_t w, uint32_t n)
{
    return n - 64 * w < 64 ? (UINT64_C(1) << (n - 64 * w)) - 1 : UINT64_MAX;
}

static void count(churn_expression_counts *counts, const expr_vec *result, churn__type type,
                  const uint64_t *there, uint32_t n)
{
    for (uint32_t w = 0; w < (n + 63) / 64; w++) {
        uint64_t live = live_rows(w, n), errors = expr_errors(result, w) & live;
        uint64_t values = there[w] & live;
        counts->value_rows += (uint64_t)__builtin_popcountll(values);
        counts->error_rows += (uint64_t)__builtin_popcountll(errors);
        counts->unknown_rows += (uint64_t)__builtin_popcountll(live & ~values & ~errors);
        if (type == CHURN__TYPE_BOOL) {
            counts->true_rows += (uint64_t)__builtin_popcountll(result->t[w] & live);
            counts->false_rows += (uint64_t)__builtin_popcountll(result->f[w] & live);
        }
    }
}

/* Bits of rows that start a word, since all pieces but the last are whole words. */
static void put_valid(uint8_t *to, uint64_t row, const uint64_t *there, uint32_t n)
{
    for (uint32_t w = 0; w < (n + 63) / 64; w++) {
        uint64_t word = there[w] & live_rows(w, n);
        for (uint32_t byte = 0; byte < 8 && 64 * w + 8 * byte < n; byte++) {
            to[row / 8 + 8 * (uint64_t)w + byte] = (uint8_t)(word >> 8 * byte);
        }
    }
}

static void put_bools(uint8_t *to, const expr_vec *result, uint32_t n)
{
    uint8_t few[64];
    uint32_t words = (n + 63) / 64;
    churn__expr_kernels()->spread(result->t, churn__expr_zeros, words, n < 64 ? few : to);
    if (n < 64) {
        memcpy(to, few, n);
    }
}

/* Rows without a value hold 0. */
static void put_words(uint64_t *restrict to, const expr_vec *result, const uint64_t *there,
                      uint32_t n)
{
    const uint64_t *restrict values = result->values;
    for (uint32_t i = 0; i < n; i++) {
        to[i] = values[result->step * i] & (UINT64_C(0) - (there[i / 64] >> i % 64 & 1));
    }
}

static churn_status take_fill(void *context, const expr_batch *batch, uint32_t row, uint32_t n,
                              churn_error *err)
{
    fill_sink *sink = context;
    uint64_t there[EXPR_WORDS];
    (void)row;
    (void)err;
    for (uint32_t i = 0; i < batch->expr_count; i++) {
        churn__type type = batch->exprs[i]->type;
        const expr_vec *result = churn__expr_plan_result(batch->scratch, i);
        uint8_t *values = sink->values != NULL ? sink->values[i] : NULL;
        there_of(result, type, (n + 63) / 64, there);
        if (values != NULL && type == CHURN__TYPE_BOOL) {
            put_bools(values + sink->row, result, n);
        } else if (values != NULL) {
            put_words((void *)(values + 8 * sink->row), result, there, n);
        }
        if (sink->valid != NULL && sink->valid[i] != NULL) {
            put_valid(sink->valid[i], sink->row, there, n);
        }
        if (sink->counts != NULL) {
            count(&sink->counts[i], result, type, there, n);
        }
    }
    sink->row += n;
    return CHURN_OK;
}

void churn__expr_fill_sink(fill_sink *sink, void *const *values, uint8_t *const *valid,
                           churn_expression_counts *counts)
{
    *sink = (fill_sink){.sink = {.context = sink, .take = take_fill},
                        .values = values,
                        .valid = valid,
                        .counts = counts};
}
