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

churn_status churn__expr_batch_open(expr_batch *batch, churn__heap *heap,
                                    const churn__expr *const *exprs, uint32_t expr_count,
                                    uint32_t column_count, churn_error *err)
{
    churn_status st = CHURN_OK;
    *batch = (expr_batch){
        .heap = heap, .exprs = exprs, .expr_count = expr_count, .column_count = column_count};
    batch->scratch = churn__expr_scratch_create(heap, EXPR_CHUNK);
    batch->columns = churn__alloc_array_zero(heap, column_count, sizeof *batch->columns);
    if (batch->scratch == NULL || batch->columns == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    if (expr_count == 1) {
        batch->plan = exprs[0]->plan;
    } else {
        CHURN_TRY(churn__expr_group_create(heap, exprs, expr_count, &batch->group, err));
        batch->plan = churn__expr_group_plan(batch->group);
    }
    for (uint32_t i = 0; i < expr_count; i++) { /* rows with errors are run again one by one */
        CHURN_TRY(churn__expr_scratch_fit(batch->scratch, exprs[i], err));
    }
done:
    return st;
}

void churn__expr_batch_close(expr_batch *batch)
{
    churn__expr_group_free(batch->group);
    churn__expr_scratch_free(batch->scratch);
    churn__free_array(batch->heap, batch->columns, batch->column_count, sizeof *batch->columns);
}

churn_status churn__expr_batch_begin(expr_batch *batch, uint64_t rows, churn_error *err)
{
    return churn__expr_plan_open(batch->scratch, batch->plan, batch->columns, rows, NULL, err);
}

churn_status churn__expr_batch_run(expr_batch *batch, uint32_t n, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t piece = 0;
    for (uint32_t row = 0; row < n; row += piece) {
        piece = churn__expr_plan_piece(batch->scratch, n - row);
        CHURN_TRY(churn__expr_plan_run(batch->scratch, row, piece, err));
        CHURN_TRY(batch->sink->take(batch->sink->context, batch, row, piece, err));
    }
    batch->rows_before += n;
done:
    return st;
}

/* Only the row machine knows why: run the row again. Text that it makes has an arena of its own,
 * because the results of the piece are still being read. */
churn_status churn__expr_batch_explain(const expr_batch *batch, const churn__expr *expr,
                                       uint32_t row, churn_error *why)
{
    expr_cell *frame = churn__expr_scratch_frame(batch->scratch);
    churn__arena text;
    churn__arena_init(&text, batch->heap);
    expr_run run = {.text = &text, .text_limit = expr->text_limit};
    for (uint32_t k = 0; k < expr->slot_count; k++) {
        churn__expr_load(&batch->columns[expr->slots[k]], expr->slot_types[k], row, &frame[k]);
    }
    churn__expr_run_row(expr, frame, &run);
    churn__expr_explain_error(expr, &frame[expr->result], why);
    churn__arena_clear(&text);
    return run.no_memory ? CHURN_E_NOMEM : CHURN_OK;
}
