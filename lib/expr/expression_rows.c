/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "expr/rows.h"

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

/* Which of at most 64 rows from `row`, a multiple of 8, are there. */
static uint64_t rows_there(const churn__column *column, uint32_t row, uint32_t n)
{
    uint64_t there = 0;
    for (uint32_t i = 0; column->valid != NULL && i < n; i += 8) {
        there |= (uint64_t)column->valid[(row + i) / 8] << i;
    }
    there = column->valid != NULL ? there : UINT64_MAX;
    return n < 64 ? there & ((UINT64_C(1) << n) - 1) : there;
}

churn_status churn__expr_check_strings(churn__column *column, uint32_t n, uint64_t rows_before,
                                       uint64_t *keys, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_str *values = column->values;
    column->keys = keys;
    for (uint32_t from = 0; from < n; from += 64) {
        uint32_t to = n - from < 64 ? n : from + 64;
        uint64_t there = rows_there(column, from, to - from);
        if (churn__expr_kernels()->check_texts(values + from, there, keys + from)) {
            continue;
        }
        for (; there != 0; there &= there - 1) {
            uint32_t i = from + (uint32_t)__builtin_ctzll(there);
            CHURN_TRY(churn__expr_check_string(values[i], rows_before + i, err));
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
    uint64_t **keys;  /* by slot read: of strings of a block */
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

static churn_status check_texts(host *h, uint32_t k, churn__column *column, uint32_t n,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    if (h->keys[k] == NULL) {
        h->keys[k] = churn__alloc_array(h->batch.heap, EXPR_BLOCK, sizeof **h->keys);
        if (h->keys[k] == NULL) {
            CHURN_TRY(churn__fail_memory(err, h->batch.heap));
        }
    }
    CHURN_TRY(churn__expr_check_strings(column, n, h->batch.rows_before, h->keys[k], err));
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
        CHURN_TRY(check_texts(h, k, to, n, err));
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
    h.keys = churn__alloc_array_zero(first->heap, slots, sizeof *h.keys);
    if (h.clean == NULL || h.keys == NULL) {
        CHURN_TRY(churn__fail_memory(err, first->heap));
    }
    CHURN_TRY(check_columns(&h, column_count, rows, err));
    CHURN_TRY(run_blocks(&h, rows, cancel, err));
done:
    for (uint32_t k = 0; h.clean != NULL && k < slots; k++) {
        churn__free_array(first->heap, h.clean[k], EXPR_BLOCK, sizeof **h.clean);
    }
    for (uint32_t k = 0; h.keys != NULL && k < slots; k++) {
        churn__free_array(first->heap, h.keys[k], EXPR_BLOCK, sizeof **h.keys);
    }
    churn__free_array(first->heap, h.clean, slots, sizeof *h.clean);
    churn__free_array(first->heap, h.keys, slots, sizeof *h.keys);
    churn__expr_batch_close(&h.batch);
    return st;
}
