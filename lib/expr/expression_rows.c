/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "arrow/arrow.h"
#include "base/bits.h"
#include "base/date.h"
#include "expr/expression_inside.h"

/* The public functions that evaluate many rows. */

/* ---- plain columns ---- */

static churn_status check_columns(const churn_expression *expression,
                                  const churn_value_column *columns, uint32_t column_count,
                                  uint64_t row_count, churn_error *err)
{
    churn_status st = CHURN_OK;
    const char *function = "churn_expression_evaluate_columns";
    if (columns == NULL && expression->count > 0) {
        return churn__fail_null(err, function, "columns");
    }
    if (column_count != expression->count) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: %u columns given for %u variables", function,
                   (uint64_t)column_count, (uint64_t)expression->count);
    }
    for (uint32_t i = 0; i < expression->expr->slot_count; i++) {
        uint32_t variable = expression->expr->slots[i];
        if (columns[variable].values == NULL && row_count > 0) {
            CHURN_FAIL(CHURN_E_ARG, 0, "%s: column %q is used and has no values", function,
                       &expression->names[variable]);
        }
    }
done:
    return st;
}

static churn_status check_strings(const expr_batch *batch, const churn__column *column, uint32_t n,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_str *values = column->values;
    for (uint32_t i = 0; i < n; i++) {
        if (column->missing == NULL || column->missing[i] == CHURN__PRESENT) {
            CHURN_TRY(churn__expr_check_string(values[i], batch->rows_before + i, err));
        }
    }
done:
    return st;
}

/* Point slot number `k` at rows [row, row + n) of the host's column. */
static churn_status open_column(expr_batch *batch, uint32_t k, const churn_value_column *from,
                                uint64_t row, uint32_t n, churn_error *err)
{
    churn__type type = batch->expr->slot_types[k];
    churn__column *to = &batch->columns[batch->expr->slots[k]];
    to->type = type;
    to->values = (const char *)from->values + row * churn__expr_width(type);
    to->missing = NULL;
    if (from->valid != NULL) {
        churn__missing *missing = batch->missing + (size_t)k * EXPR_CHUNK;
        for (uint32_t i = 0; i < n; i++) {
            missing[i] =
                churn__bit_get(from->valid, row + i) ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
        }
        to->missing = missing;
    }
    return type == CHURN__TYPE_STRING ? check_strings(batch, to, n, err) : CHURN_OK;
}

static churn_status run_columns(expr_batch *batch, const churn_value_column *columns, uint64_t rows,
                                churn_cancel *cancel, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__cancel_total(cancel, rows);
    for (uint64_t row = 0; row < rows; row += EXPR_CHUNK) {
        uint32_t n = rows - row < EXPR_CHUNK ? (uint32_t)(rows - row) : EXPR_CHUNK;
        CHURN_TRY(churn__cancel_check(cancel, err));
        for (uint32_t k = 0; k < batch->expr->slot_count; k++) {
            CHURN_TRY(open_column(batch, k, &columns[batch->expr->slots[k]], row, n, err));
        }
        CHURN_TRY(churn__expr_batch_run(batch, n, err));
        churn__cancel_step(cancel, batch->rows_before);
    }
done:
    return st;
}

churn_status churn_expression_evaluate_columns(const churn_expression *expression,
                                               const churn_value_column *columns,
                                               uint32_t column_count, uint64_t row_count,
                                               churn_cancel *cancel, churn_table **out,
                                               churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_batch batch = {0};
    if (out == NULL) {
        return churn__fail_null(err, "churn_expression_evaluate_columns", "out");
    }
    *out = NULL;
    if (expression == NULL) {
        return churn__fail_null(err, "churn_expression_evaluate_columns", "expression");
    }
    CHURN_TRY(check_columns(expression, columns, column_count, row_count, err));
    CHURN_TRY(churn__expr_batch_open(&batch, expression->heap, expression->expr, column_count,
                                     row_count, err));
    batch.rendered = expression->tmpl != NULL ? expression : NULL;
    CHURN_TRY(run_columns(&batch, columns, row_count, cancel, err));
    CHURN_TRY(churn__expr_batch_finish(&batch, out, err));
done:
    churn__expr_batch_close(&batch);
    return st;
}

/* ---- Arrow streams ---- */

/* Where the columns of a stream go: one for each slot that is read. */
typedef struct intake {
    expr_batch *batch;
    churn__arrow_reader *reader;
    uint32_t *fields; /* of the stream, by slot read */
    char *values;     /* EXPR_CHUNK of the widest type for each */
} intake;

#define WIDEST sizeof(churn_str)

static bool reads_as(churn__arrow_kind kind, churn__type type)
{
    switch (kind) {
    case CHURN__ARROW_NULL:
        return true;
    case CHURN__ARROW_BOOL:
        return type == CHURN__TYPE_BOOL;
    case CHURN__ARROW_INT: /* durations: nanoseconds */
        return type == CHURN__TYPE_INT || type == CHURN__TYPE_DURATION ||
               type == CHURN__TYPE_DOUBLE;
    case CHURN__ARROW_DOUBLE:
    case CHURN__ARROW_DECIMAL:
        return type == CHURN__TYPE_DOUBLE;
    case CHURN__ARROW_STRING:
        return type == CHURN__TYPE_STRING;
    default:
        return type == CHURN__TYPE_TIME;
    }
}

static churn_status find_field(const intake *in, churn_str name, churn__type type, uint32_t *out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = churn__arrow_field_count(in->reader), i = 0;
    while (i < count && !churn__str_eq(churn__arrow_get_field(in->reader, i)->name, name)) {
        i++;
    }
    if (i == count) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the stream has no column %q", &name);
    }
    const char *unsupported = churn__arrow_unsupported(in->reader, i);
    if (unsupported != NULL) {
        CHURN_FAIL(CHURN_E_TYPE, 0, "column %q: Arrow type `%s` is not read", &name, unsupported);
    }
    if (!reads_as(churn__arrow_get_field(in->reader, i)->kind, type)) {
        CHURN_FAIL(CHURN_E_TYPE, 0, "column %q: the variable is declared %s, the column is not",
                   &name, churn__type_name(type));
    }
    *out = i;
done:
    return st;
}

/* `number` counts over all batches, for messages. */
static churn_status take_cell(const intake *in, uint32_t field, churn__type type, uint64_t row,
                              uint64_t number, char *to, churn_error *err)
{
    int64_t i = 0;
    bool fits = true;
    switch (type) {
    case CHURN__TYPE_BOOL:
        *(uint8_t *)to = churn__arrow_bool(in->reader, field, row);
        break;
    case CHURN__TYPE_DOUBLE: {
        double d = churn__arrow_double(in->reader, field, row);
        memcpy(to, &d, sizeof d);
        break;
    }
    case CHURN__TYPE_STRING: {
        churn_str s = churn__arrow_string(in->reader, field, row);
        memcpy(to, &s, sizeof s);
        return churn__expr_check_string(s, number, err);
    }
    case CHURN__TYPE_TIME:
        fits = churn__arrow_time(in->reader, field, row, &i);
        if (fits && churn__arrow_get_field(in->reader, field)->kind == CHURN__ARROW_DATE) {
            i *= CHURN__DAY;
        }
        memcpy(to, &i, sizeof i);
        break;
    default:
        fits = churn__arrow_int(in->reader, field, row, &i);
        memcpy(to, &i, sizeof i);
        break;
    }
    return fits ? CHURN_OK
                : churn__fail_at(err, CHURN_E_TYPE, 0, 0, 0, number,
                                 "column %q: a value is out of range",
                                 &churn__arrow_get_field(in->reader, field)->name);
}

static churn_status take_column(const intake *in, uint32_t k, uint64_t row, uint32_t n,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__type type = in->batch->expr->slot_types[k];
    size_t width = churn__expr_width(type);
    char *values = in->values + (size_t)k * EXPR_CHUNK * WIDEST;
    churn__missing *missing = in->batch->missing + (size_t)k * EXPR_CHUNK;
    for (uint32_t i = 0; i < n; i++) {
        bool null = churn__arrow_is_null(in->reader, in->fields[k], row + i);
        missing[i] = null ? CHURN__NOT_PROVIDED : CHURN__PRESENT;
        if (!null) {
            CHURN_TRY(take_cell(in, in->fields[k], type, row + i, in->batch->rows_before + i,
                                values + i * width, err));
        }
    }
    in->batch->columns[in->batch->expr->slots[k]] =
        (churn__column){.type = type, .values = values, .missing = missing};
done:
    return st;
}

static churn_status run_arrow_batch(const intake *in, uint64_t rows, churn_cancel *cancel,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint64_t row = 0; row < rows; row += EXPR_CHUNK) {
        uint32_t n = rows - row < EXPR_CHUNK ? (uint32_t)(rows - row) : EXPR_CHUNK;
        CHURN_TRY(churn__cancel_check(cancel, err));
        for (uint32_t k = 0; k < in->batch->expr->slot_count; k++) {
            CHURN_TRY(take_column(in, k, row, n, err));
        }
        CHURN_TRY(churn__expr_batch_run(in->batch, n, err));
        churn__cancel_step(cancel, in->batch->rows_before);
    }
done:
    return st;
}

static churn_status run_stream(const churn_expression *expression, intake *in, churn_cancel *cancel,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__expr *expr = expression->expr;
    for (uint32_t k = 0; k < expr->slot_count; k++) {
        CHURN_TRY(find_field(in, expression->names[expr->slots[k]], expr->slot_types[k],
                             &in->fields[k], err));
    }
    for (bool end = false; !end;) {
        uint64_t rows = 0;
        CHURN_TRY(churn__arrow_next(in->reader, &rows, &end, err));
        CHURN_TRY(run_arrow_batch(in, rows, cancel, err));
    }
done:
    return st;
}

churn_status churn_expression_evaluate_stream(const churn_expression *expression,
                                              struct ArrowArrayStream *stream, churn_cancel *cancel,
                                              churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_batch batch = {0};
    intake in = {.batch = &batch};
    if (out == NULL) {
        return churn__fail_null(err, "churn_expression_evaluate_stream", "out");
    }
    *out = NULL;
    if (expression == NULL || stream == NULL || stream->release == NULL) {
        return churn__fail_null(err, "churn_expression_evaluate_stream",
                                expression == NULL ? "expression" : "stream");
    }
    churn__heap *heap = expression->heap;
    uint32_t slots = expression->expr->slot_count;
    in.fields = churn__alloc_array_zero(heap, slots, sizeof *in.fields);
    in.values = churn__alloc_array_zero(heap, slots, EXPR_CHUNK * WIDEST);
    if (in.fields == NULL || in.values == NULL) {
        st = churn__fail_memory(err, heap);
        goto done;
    }
    CHURN_TRY(churn__expr_batch_open(&batch, heap, expression->expr, expression->count, 0, err));
    batch.rendered = expression->tmpl != NULL ? expression : NULL;
    CHURN_TRY(churn__arrow_open(heap, stream, &in.reader, err));
    CHURN_TRY(run_stream(expression, &in, cancel, err));
    CHURN_TRY(churn__expr_batch_finish(&batch, out, err));
done:
    churn__expr_batch_close(&batch);
    churn__arrow_close(in.reader);
    churn__free_array(heap, in.fields, slots, sizeof *in.fields);
    churn__free_array(heap, in.values, slots, EXPR_CHUNK * WIDEST);
    return st;
}
