/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "expr/rows.h"
#include "expr/text_key.h"

/* Rows given as plain columns. */

/* ---- the expressions of a call ---- */

static bool same_variables(const churn_expression *a, const churn_expression *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->types[i] != b->types[i] || !churn__str_eq(a->names[i], b->names[i])) {
            return false;
        }
    }
    return true;
}

churn_status churn__expr_rules_open(expr_rules *rules, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (rules->expressions == NULL || rules->count == 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: no expressions are given", rules->function);
    }
    for (uint32_t i = 0; i < rules->count; i++) {
        if (rules->expressions[i] == NULL) {
            CHURN_TRY(churn__fail_null(err, rules->function, "expressions"));
        }
        if (!same_variables(rules->expressions[0], rules->expressions[i])) {
            CHURN_FAIL(CHURN_E_ARG, 0,
                       "%s: expression %u was compiled over other variables than the first one",
                       rules->function, (uint64_t)i);
        }
    }
    churn__heap *heap = rules->expressions[0]->heap;
    rules->exprs = churn__alloc_array(heap, rules->count, sizeof *rules->exprs);
    if (rules->exprs == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < rules->count; i++) {
        rules->exprs[i] = rules->expressions[i]->expr;
    }
done:
    return st;
}

void churn__expr_rules_close(expr_rules *rules)
{
    if (rules->exprs != NULL) {
        churn__free_array(rules->expressions[0]->heap, rules->exprs, rules->count,
                          sizeof *rules->exprs);
    }
}

/* ---- strings ---- */

/* Whether all strings of rows [from, to) that are there are ASCII, as nearly all are. */
static bool all_ascii(const churn__column *column, uint32_t from, uint32_t to)
{
    const churn_str *values = column->values;
    uint64_t any = 0;
    for (uint32_t i = from; i < to; i++) {
        size_t len = churn__column_has(column, i) ? values[i].len : 0;
        if (values[i].ptr == NULL) {
            any |= len > 0 ? EXPR_KEY_HIGH : 0;
            continue;
        }
        any |= expr_text_bits(values[i].ptr, len);
    }
    return (any & EXPR_KEY_HIGH) == 0;
}

churn_status churn__expr_check_strings(const churn__column *column, uint32_t n,
                                       uint64_t rows_before, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_str *values = column->values;
    for (uint32_t from = 0; from < n; from += 64) {
        uint32_t to = n - from < 64 ? n : from + 64;
        bool plain = all_ascii(column, from, to);
        for (uint32_t i = from; !plain && i < to; i++) {
            if (churn__column_has(column, i)) {
                CHURN_TRY(churn__expr_check_string(values[i], rows_before + i, err));
            }
        }
    }
done:
    return st;
}

/* ---- plain columns ---- */

typedef struct host {
    const expr_rules *rules;
    expr_batch batch;
    const churn_value_column *columns;
    uint32_t **clean; /* by slot read: codes of a block where some had to be made harmless */
} host;

static churn_status check_column(const host *h, const plan_slot *slot, uint64_t rows,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_value_column *column = &h->columns[slot->slot];
    const churn_str *name = &h->rules->expressions[0]->names[slot->slot];
    bool coded = slot->type == CHURN__TYPE_STRING && column->codes != NULL;
    if (rows > 0 && column->values == NULL && !coded) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: column %q is used and has no values", h->rules->function,
                   name);
    }
    if (column->reserved != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: column %q: reserved is not zero", h->rules->function, name);
    }
    if (column->codes != NULL && !coded) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: column %q has codes and is no string", h->rules->function,
                   name);
    }
    if (coded && column->dictionary == NULL && column->dictionary_count > 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: column %q has codes and no dictionary", h->rules->function,
                   name);
    }
    for (uint32_t i = 0; coded && i < column->dictionary_count; i++) {
        CHURN_TRY(churn__expr_check_string(column->dictionary[i], CHURN_ROW_NONE, err));
    }
done:
    return st;
}

static churn_status check_columns(const host *h, uint32_t column_count, uint64_t rows,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_expression *first = h->rules->expressions[0];
    if (h->columns == NULL && first->count > 0) {
        CHURN_TRY(churn__fail_null(err, h->rules->function, "columns"));
    }
    if (column_count != first->count) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: %u columns given for %u variables", h->rules->function,
                   (uint64_t)column_count, (uint64_t)first->count);
    }
    for (uint32_t k = 0; k < h->batch.plan->slot_count; k++) {
        CHURN_TRY(check_column(h, &h->batch.plan->slots[k], rows, err));
    }
done:
    return st;
}

static uint32_t largest_code(const uint32_t *codes, uint32_t n)
{
    uint32_t most = churn__expr_kernels()->largest(codes, n / 64);
    for (uint32_t i = n / 64 * 64; i < n; i++) {
        most = codes[i] > most ? codes[i] : most;
    }
    return most;
}

/* Codes of missing rows may be anything: the machine looks them up all the same. */
static churn_status clean_codes(host *h, uint32_t k, churn__column *column, uint32_t n,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    if (h->clean[k] == NULL) {
        h->clean[k] = churn__alloc_array(h->batch.heap, EXPR_BLOCK, sizeof **h->clean);
        if (h->clean[k] == NULL) {
            CHURN_TRY(churn__fail_memory(err, h->batch.heap));
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        bool good = column->codes[i] < column->dict_count;
        if (!good && churn__column_has(column, i)) {
            st = churn__fail_at(err, CHURN_E_ARG, 0, 0, 0, h->batch.rows_before + i,
                                "%s: a code is not in its column's dictionary", h->rules->function);
            goto done;
        }
        h->clean[k][i] = good ? column->codes[i] : 0;
    }
    column->codes = h->clean[k];
done:
    return st;
}

/* Point the k-th slot that is read at rows [row, row + n) of the host's column. */
static churn_status point(host *h, uint32_t k, uint64_t row, uint32_t n, churn_error *err)
{
    churn_status st = CHURN_OK;
    const plan_slot *slot = &h->batch.plan->slots[k];
    const churn_value_column *from = &h->columns[slot->slot];
    churn__column *to = &h->batch.columns[slot->slot];
    size_t width = slot->type == CHURN__TYPE_BOOL ? 1 : expr_value_size(slot->type);
    to->type = slot->type;
    to->valid = from->valid != NULL ? from->valid + row / 8 : NULL;
    if (slot->type == CHURN__TYPE_STRING && from->codes != NULL) {
        to->codes = from->codes + row;
        if (n > 0 && largest_code(to->codes, n) >= to->dict_count) {
            CHURN_TRY(clean_codes(h, k, to, n, err));
        }
        goto done;
    }
    to->values = from->values != NULL ? (const char *)from->values + row * width : NULL;
    if (slot->type == CHURN__TYPE_STRING) {
        CHURN_TRY(churn__expr_check_strings(to, n, h->batch.rows_before, err));
    }
done:
    return st;
}

static churn_status run_blocks(host *h, uint64_t rows, churn_cancel *cancel, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__cancel_total(cancel, rows);
    for (uint32_t k = 0; k < h->batch.plan->slot_count; k++) {
        uint32_t slot = h->batch.plan->slots[k].slot;
        h->batch.columns[slot].codes = h->columns[slot].codes;
        h->batch.columns[slot].dict = h->columns[slot].dictionary;
        h->batch.columns[slot].dict_count = h->columns[slot].dictionary_count;
    }
    CHURN_TRY(churn__expr_batch_begin(&h->batch, rows, err));
    for (uint64_t row = 0; row < rows; row += EXPR_BLOCK) {
        uint32_t n = rows - row < EXPR_BLOCK ? (uint32_t)(rows - row) : EXPR_BLOCK;
        CHURN_TRY(churn__cancel_check(cancel, err));
        for (uint32_t k = 0; k < h->batch.plan->slot_count; k++) {
            CHURN_TRY(point(h, k, row, n, err));
        }
        CHURN_TRY(churn__expr_batch_run(&h->batch, n, err));
        churn__cancel_step(cancel, h->batch.rows_before);
    }
done:
    return st;
}

churn_status churn__expr_rows_columns(const expr_rules *rules, const churn_value_column *columns,
                                      uint32_t column_count, uint64_t rows, churn_cancel *cancel,
                                      const expr_sink *sink, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_expression *first = rules->expressions[0];
    host h = {.rules = rules, .columns = columns};
    uint32_t slots = 0;
    CHURN_TRY(churn__expr_batch_open(&h.batch, first->heap, rules->exprs, rules->count,
                                     first->count, err));
    h.batch.sink = sink;
    slots = h.batch.plan->slot_count;
    h.clean = churn__alloc_array_zero(first->heap, slots, sizeof *h.clean);
    if (h.clean == NULL) {
        CHURN_TRY(churn__fail_memory(err, first->heap));
    }
    CHURN_TRY(check_columns(&h, column_count, rows, err));
    CHURN_TRY(run_blocks(&h, rows, cancel, err));
done:
    for (uint32_t k = 0; h.clean != NULL && k < slots; k++) {
        churn__free_array(first->heap, h.clean[k], EXPR_BLOCK, sizeof **h.clean);
    }
    churn__free_array(first->heap, h.clean, slots, sizeof *h.clean);
    churn__expr_batch_close(&h.batch);
    return st;
}
