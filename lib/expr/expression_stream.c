/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "arrow/arrow.h"
#include "base/bits.h"
#include "base/date.h"
#include "expr/rows.h"

/* Rows of an Arrow stream: whole batches as they lie in memory where the types are ours, cell by
 * cell where a value has to be converted. */

/* Where a column of a stream goes. */
typedef struct intake_slot {
    uint32_t field;
    char *values;   /* EXPR_BLOCK converted ones, or codes */
    uint8_t *valid; /* bits of a block */
    uint64_t *keys; /* of a block of strings */
    churn_str *dictionary;
    size_t dictionary_capacity;
    bool coded;
} intake_slot;

typedef struct intake {
    const expr_rules *rules;
    expr_batch batch;
    churn__arrow_reader *reader;
    intake_slot *slots; /* by slot read */
    uint32_t slot_count;
    churn_cancel *cancel;
} intake;

#define WIDEST sizeof(churn_str)

static bool reads_as(churn__arrow_kind kind, churn__type type)
{
    switch (kind) {
    case CHURN__ARROW_NULL:
        return true;
    case CHURN__ARROW_BOOL:
        return type == CHURN__TYPE_BOOL;
    case CHURN__ARROW_DURATION:
        return type == CHURN__TYPE_DURATION;
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
        fits = churn__arrow_get_field(in->reader, field)->kind == CHURN__ARROW_DURATION
                   ? churn__arrow_duration(in->reader, field, row, &i)
                   : churn__arrow_int(in->reader, field, row, &i);
        memcpy(to, &i, sizeof i);
        break;
    }
    return fits ? CHURN_OK
                : churn__fail_at(err, CHURN_E_TYPE, 0, 0, 0, number,
                                 "column %q: a value is out of range",
                                 &churn__arrow_get_field(in->reader, field)->name);
}

/* ---- a block ---- */

static churn_status take_cells(const intake *in, uint32_t k, uint64_t row, uint32_t n,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    const intake_slot *slot = &in->slots[k];
    churn__type type = in->batch.plan->slots[k].type;
    size_t width = type == CHURN__TYPE_BOOL ? 1 : expr_value_size(type);
    for (uint32_t i = 0; i < n; i++) {
        bool null = churn__arrow_is_null(in->reader, slot->field, row + i);
        churn__bit_put(slot->valid, i, !null);
        if (!null) {
            CHURN_TRY(take_cell(in, slot->field, type, row + i, in->batch.rows_before + i,
                                slot->values + i * width, err));
        }
    }
done:
    return st;
}

static void take_codes(const intake *in, const intake_slot *slot, uint64_t row, uint32_t n)
{
    uint32_t *codes = (void *)slot->values;
    churn__arrow_entries(in->reader, slot->field, row, n, codes);
    for (uint32_t i = 0; i < n; i++) {
        bool null = codes[i] == UINT32_MAX;
        churn__bit_put(slot->valid, i, !null);
        codes[i] = null ? 0 : codes[i];
    }
}

/* Point the k-th slot that is read at rows [row, row + n) of the batch. */
static churn_status take_column(const intake *in, uint32_t k, uint64_t row, uint32_t n,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    const intake_slot *slot = &in->slots[k];
    const plan_slot *read = &in->batch.plan->slots[k];
    churn__column *to = &in->batch.columns[read->slot];
    const char *words = churn__arrow_words(in->reader, slot->field);
    bool same = read->type != CHURN__TYPE_DOUBLE ||
                churn__arrow_get_field(in->reader, slot->field)->kind == CHURN__ARROW_DOUBLE;
    bool date = churn__arrow_get_field(in->reader, slot->field)->kind == CHURN__ARROW_DATE;
    to->type = read->type;
    to->values = slot->values;
    to->valid = slot->valid;
    if (slot->coded) {
        to->codes = (const void *)slot->values;
        take_codes(in, slot, row, n);
    } else if (words != NULL && same && !date) {
        to->values = words + 8 * row;
        churn__arrow_validity(in->reader, slot->field, row, n, slot->valid);
    } else if (read->type == CHURN__TYPE_STRING &&
               churn__arrow_texts(in->reader, slot->field, row, n, (void *)slot->values)) {
        churn__arrow_validity(in->reader, slot->field, row, n, slot->valid);
        CHURN_TRY(churn__expr_check_strings(to, n, in->batch.rows_before, slot->keys, err));
    } else {
        CHURN_TRY(take_cells(in, k, row, n, err));
    }
done:
    return st;
}

/* ---- a batch ---- */

/* The entries of a dictionary, if the batch's column has one. */
static churn_status open_dictionary(intake *in, uint32_t k, churn_error *err)
{
    churn_status st = CHURN_OK;
    intake_slot *slot = &in->slots[k];
    const plan_slot *read = &in->batch.plan->slots[k];
    churn__column *to = &in->batch.columns[read->slot];
    uint64_t entries = 0;
    *to = (churn__column){.type = read->type};
    slot->coded = read->type == CHURN__TYPE_STRING &&
                  churn__arrow_dictionary(in->reader, slot->field, &entries) &&
                  entries < UINT32_MAX;
    if (!slot->coded) {
        goto done;
    }
    if (entries > slot->dictionary_capacity &&
        !churn__grow(in->batch.heap, (void **)&slot->dictionary, &slot->dictionary_capacity,
                     (size_t)entries, sizeof *slot->dictionary)) {
        CHURN_TRY(churn__fail_memory(err, in->batch.heap));
    }
    for (uint64_t i = 0; i < entries; i++) {
        bool null;
        churn_str s = churn__arrow_dictionary_entry(in->reader, slot->field, i, &null);
        slot->dictionary[i] = null ? (churn_str){NULL, 0} : s;
        if (!null) {
            CHURN_TRY(churn__expr_check_string(s, CHURN_ROW_NONE, err));
        }
    }
    to->codes = (const void *)slot->values;
    to->dict = slot->dictionary;
    to->dict_count = (uint32_t)entries;
done:
    return st;
}

static churn_status run_arrow_batch(intake *in, uint64_t rows, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t k = 0; k < in->slot_count; k++) {
        CHURN_TRY(open_dictionary(in, k, err));
    }
    CHURN_TRY(churn__expr_batch_begin(&in->batch, rows, err));
    for (uint64_t row = 0; row < rows; row += EXPR_BLOCK) {
        uint32_t n = rows - row < EXPR_BLOCK ? (uint32_t)(rows - row) : EXPR_BLOCK;
        CHURN_TRY(churn__cancel_check(in->cancel, err));
        for (uint32_t k = 0; k < in->slot_count; k++) {
            CHURN_TRY(take_column(in, k, row, n, err));
        }
        CHURN_TRY(churn__expr_batch_run(&in->batch, n, err));
        churn__cancel_step(in->cancel, in->batch.rows_before);
    }
done:
    return st;
}

/* ---- a stream ---- */

static churn_status open_slots(intake *in, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = in->batch.heap;
    in->slot_count = in->batch.plan->slot_count;
    in->slots = churn__alloc_array_zero(heap, in->slot_count, sizeof *in->slots);
    if (in->slots == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t k = 0; k < in->slot_count; k++) {
        in->slots[k].values = churn__alloc_array_zero(heap, EXPR_BLOCK, WIDEST);
        in->slots[k].valid = churn__alloc_zero(heap, EXPR_BLOCK / 8);
        bool is_text = in->batch.plan->slots[k].type == CHURN__TYPE_STRING;
        in->slots[k].keys = is_text ? churn__alloc_array(heap, EXPR_BLOCK, sizeof(uint64_t)) : NULL;
        if (in->slots[k].values == NULL || in->slots[k].valid == NULL ||
            (is_text && in->slots[k].keys == NULL)) {
            CHURN_TRY(churn__fail_memory(err, heap));
        }
    }
done:
    return st;
}

static void close_slots(intake *in)
{
    churn__heap *heap = in->batch.heap;
    for (uint32_t k = 0; in->slots != NULL && k < in->slot_count; k++) {
        churn__free_array(heap, in->slots[k].values, EXPR_BLOCK, WIDEST);
        churn__free(heap, in->slots[k].valid, EXPR_BLOCK / 8);
        churn__free_array(heap, in->slots[k].keys, EXPR_BLOCK, sizeof(uint64_t));
        churn__free_array(heap, in->slots[k].dictionary, in->slots[k].dictionary_capacity,
                          sizeof *in->slots[k].dictionary);
    }
    churn__free_array(heap, in->slots, in->slot_count, sizeof *in->slots);
}

static churn_status run_stream(intake *in, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_expression *first = in->rules->expressions[0];
    for (uint32_t k = 0; k < in->slot_count; k++) {
        const plan_slot *slot = &in->batch.plan->slots[k];
        CHURN_TRY(find_field(in, first->names[slot->slot], slot->type, &in->slots[k].field, err));
    }
    for (bool end = false; !end;) {
        uint64_t rows = 0;
        CHURN_TRY(churn__arrow_next(in->reader, &rows, &end, err));
        CHURN_TRY(run_arrow_batch(in, rows, err));
    }
done:
    return st;
}

churn_status churn__expr_rows_stream(const expr_rules *rules, struct ArrowArrayStream *stream,
                                     churn_cancel *cancel, const expr_sink *sink, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_expression *first = rules->expressions[0];
    intake in = {.rules = rules, .cancel = cancel};
    CHURN_TRY(churn__expr_batch_open(&in.batch, first->heap, rules->exprs, rules->count,
                                     first->count, err));
    in.batch.sink = sink;
    CHURN_TRY(open_slots(&in, err));
    CHURN_TRY(churn__arrow_open(first->heap, stream, &in.reader, err));
    CHURN_TRY(run_stream(&in, err));
done:
    close_slots(&in);
    churn__arrow_close(in.reader);
    churn__expr_batch_close(&in.batch);
    return st;
}
