/* SPDX-License-Identifier: MIT */
#include "expr/batch.h"

churn_status churn__expr_check_string(churn_str s, uint64_t row, churn_error *err)
{
    if (s.ptr == NULL && s.len > 0) {
        return churn__fail_at(err, CHURN_E_ARG, 0, 0, 0, row, "a string has a length but no text");
    }
    if (s.len > 0 && churn__utf8_fault(s.ptr, s.len) != SIZE_MAX) {
        return churn__fail_at(err, CHURN_E_UTF8, 0, 0, 0, row, "a string is not UTF-8");
    }
    return CHURN_OK;
}

churn_status churn__expr_batch_open(expr_batch *batch, churn__heap *heap, const churn__expr *expr,
                                    uint32_t column_count, uint64_t rows_hint, churn_error *err)
{
    churn_status st = CHURN_OK;
    *batch = (expr_batch){.heap = heap, .expr = expr, .column_count = column_count};
    batch->scratch = churn__expr_scratch_create(heap, EXPR_CHUNK);
    batch->builder = churn__table_begin(heap, rows_hint);
    batch->columns = churn__alloc_array_zero(heap, column_count, sizeof *batch->columns);
    batch->missing = churn__alloc_array_zero(heap, expr->slot_count, EXPR_CHUNK);
    if (batch->scratch == NULL || batch->builder == NULL || batch->columns == NULL ||
        batch->missing == NULL) {
        st = churn__fail_memory(err, heap);
        goto done;
    }
    CHURN_TRY(churn__expr_scratch_fit(batch->scratch, expr, err));
    churn__table_column(batch->builder, "value",
                        expr->type == CHURN__TYPE_DURATION ? CHURN_COLUMN_INT : expr->type);
    churn__table_column(batch->builder, "outcome", CHURN_COLUMN_STRING);
    churn__table_column(batch->builder, "error", CHURN_COLUMN_STRING);
done:
    return st;
}

void churn__expr_batch_close(expr_batch *batch)
{
    churn__table_abandon(batch->builder);
    churn__expr_scratch_free(batch->scratch);
    churn__free_array(batch->heap, batch->columns, batch->column_count, sizeof *batch->columns);
    if (batch->expr != NULL) {
        churn__free_array(batch->heap, batch->missing, batch->expr->slot_count, EXPR_CHUNK);
    }
}

churn_status churn__expr_batch_finish(expr_batch *batch, churn_table **out, churn_error *err)
{
    churn__table_builder *builder = batch->builder;
    batch->builder = NULL;
    return churn__table_finish(builder, out, err);
}

static void add_value(const expr_batch *batch, const expr_vector *result, uint32_t i)
{
    churn__table_builder *to = batch->builder;
    size_t at = (size_t)result->step * i;
    switch (batch->expr->type) {
    case CHURN__TYPE_DOUBLE:
        churn__table_add_double(to, COLUMN_VALUE, ((const double *)result->values)[at]);
        break;
    case CHURN__TYPE_STRING: {
        churn_str s = ((const churn_str *)result->values)[at];
        churn__table_add_string(to, COLUMN_VALUE, s.ptr != NULL ? s : CHURN__STR(""));
        break;
    }
    case CHURN__TYPE_TIME:
        churn__table_add_time(to, COLUMN_VALUE, ((const churn_time *)result->values)[at]);
        break;
    default:
        churn__table_add_int(to, COLUMN_VALUE, ((const int64_t *)result->values)[at]);
        break;
    }
}

/* Only the row machine knows why: run the row again. False: no memory. Text that it makes goes to
 * the frame's arena after the chunk's results, which are still being read, so it has an arena of
 * its own. */
static bool add_error(const expr_batch *batch, uint32_t i)
{
    const churn__expr *expr = batch->expr;
    expr_cell *frame = churn__expr_scratch_frame(batch->scratch);
    churn__arena text;
    churn_error why = {.struct_size = sizeof why};
    char message[560];
    churn__arena_init(&text, batch->heap);
    expr_run run = {.text = &text, .text_limit = expr->text_limit};
    for (uint32_t k = 0; k < expr->slot_count; k++) {
        churn__expr_load(&batch->columns[expr->slots[k]], expr->slot_types[k], i, &frame[k]);
    }
    churn__expr_run_row(expr, frame, &run);
    churn__expr_explain_error(expr, &frame[expr->result], &why);
    size_t len = churn__format(message, sizeof message, "%u:%u: %s", (uint64_t)why.line,
                               (uint64_t)why.column, why.message);
    churn__table_add_string(batch->builder, COLUMN_ERROR, (churn_str){message, len});
    churn__arena_clear(&text);
    return !run.no_memory;
}

/* Anything but conditions: cell by cell. */
static void add_values(const expr_batch *batch, const expr_vector *result, const uint8_t *states,
                       uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (states[i] == EXPR_OK) {
            add_value(batch, result, i);
        } else {
            churn__table_add_null(batch->builder, COLUMN_VALUE);
        }
    }
}

static void add_truths(const expr_batch *batch, const uint8_t *states, uint32_t n)
{
    uint8_t values[EXPR_CHUNK], there[EXPR_CHUNK];
    for (uint32_t i = 0; i < n; i++) {
        values[i] = states[i] == EXPR_TRUE;
        there[i] = states[i] == EXPR_TRUE || states[i] == EXPR_FALSE;
    }
    churn__table_add_bools(batch->builder, COLUMN_VALUE, values, there, n);
}

/* False: no memory. */
static bool add_errors(const expr_batch *batch, const uint8_t *states, uint32_t n)
{
    for (uint32_t from = 0; from < n;) {
        uint32_t to = from;
        while (to < n && states[to] != EXPR_ERROR) {
            to++;
        }
        churn__table_add_null_strings(batch->builder, COLUMN_ERROR, to - from);
        if (to < n && !add_error(batch, to)) {
            return false;
        }
        from = to + 1;
    }
    return true;
}

/* The states of all rows, one after the other; those that have none are all there. */
static void copy_states(const expr_vector *result, uint32_t n, uint8_t *out)
{
    memset(out, EXPR_OK, n);
    for (uint32_t i = 0; result->states != NULL && i < n; i++) {
        out[i] = result->states[result->step * i];
    }
}

static bool add_rows(const expr_batch *batch, const expr_vector *result, uint32_t n)
{
    static const churn_str names[] = {CHURN__STR("value"), CHURN__STR("error"),
                                      CHURN__STR("unknown"), CHURN__STR("value")};
    uint8_t states[EXPR_CHUNK];
    copy_states(result, n, states);
    if (batch->expr->type == CHURN__TYPE_BOOL) {
        add_truths(batch, states, n);
    } else {
        add_values(batch, result, states, n);
    }
    churn__table_add_choices(batch->builder, COLUMN_OUTCOME, names, 4, states, n);
    return add_errors(batch, states, n);
}

churn_status churn__expr_batch_run(expr_batch *batch, uint32_t n, churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_vector result;
    if (batch->rendered != NULL) {
        CHURN_TRY(churn__expression_render_rows(batch, n, err));
        batch->rows_before += n;
        goto done;
    }
    CHURN_TRY(
        churn__expr_run_chunk(batch->expr, batch->columns, 0, n, batch->scratch, &result, err));
    if (!add_rows(batch, &result, n)) {
        CHURN_TRY(churn__fail_memory(err, batch->heap));
    }
    batch->rows_before += n;
done:
    return st;
}
