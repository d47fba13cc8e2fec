/* SPDX-License-Identifier: MIT */
#include "store/source.h"

#include <math.h>

#include "base/bits.h"

/* Columns in public batch structs. */

static bool is_given(const uint8_t *valid, uint64_t row)
{
    return valid == NULL || churn__bit_get(valid, (size_t)row);
}

/* `known`: codes of entries that came before. */
static void get_string(const churn_string_column *column, const uint32_t *known, uint64_t row,
                       cell *out)
{
    uint64_t entry = row;
    if (column->offsets == NULL || !is_given(column->valid, row)) {
        return;
    }
    if (column->codes != NULL) {
        entry = out->entry = column->codes[row];
        if (entry >= column->value_count) {
            out->kind = CELL_BROKEN;
            return;
        }
        if (known != NULL && known[entry] != CHURN__NO_CODE) {
            out->kind = CELL_CODE;
            out->integer = known[entry];
            return;
        }
    }
    int64_t begin = column->offsets[entry], end = column->offsets[entry + 1];
    if (begin < 0 || end < begin || (end > begin && column->bytes == NULL)) {
        out->kind = CELL_BROKEN;
        return;
    }
    out->kind = CELL_TEXT;
    out->text =
        (churn_str){column->bytes == NULL ? "" : column->bytes + begin, (size_t)(end - begin)};
}

static void get_int(const int64_t *values, const uint8_t *valid, cell_kind kind, uint64_t row,
                    cell *out)
{
    if (values != NULL && is_given(valid, row) && values[row] != INT64_MIN) {
        out->kind = kind;
        out->integer = values[row];
    }
}

static void get_double(const churn_double_column *column, uint64_t row, cell *out)
{
    if (column->values != NULL && is_given(column->valid, row) && !isnan(column->values[row])) {
        out->kind = CELL_NUMBER;
        out->number = column->values[row];
    }
}

static void get_bool(const churn_bool_column *column, uint64_t row, cell *out)
{
    if (column->values != NULL && is_given(column->valid, row)) {
        out->kind = CELL_TRUTH;
        out->integer = column->values[row];
    }
}

static void get_any(const churn_any_column *column, uint64_t row, cell *out)
{
    switch (column->type) {
    case CHURN_TYPE_STRING:
        get_string(&column->strings, NULL, row, out);
        out->entry = NO_ENTRY;
        break;
    case CHURN_TYPE_TIME:
        get_int(column->times.values, column->times.valid, CELL_TIME, row, out);
        break;
    case CHURN_TYPE_DOUBLE:
        get_double(&column->numbers, row, out);
        break;
    case CHURN_TYPE_INT:
        get_int(column->integers.values, column->integers.valid, CELL_INT, row, out);
        break;
    case CHURN_TYPE_BOOL:
        get_bool(&column->truths, row, out);
        break;
    default:
        break;
    }
}

/* Of an attribute row: nothing means that the attribute is unset, NaN is a fault. */
static void get_value(const churn_any_column *column, uint64_t row, cell *out)
{
    const churn_double_column *numbers = &column->numbers;
    get_any(column, row, out);
    if (out->kind != CELL_NONE) {
        return;
    }
    bool is_nan = column->type == CHURN_TYPE_DOUBLE && numbers->values != NULL &&
                  is_given(numbers->valid, row);
    out->kind = is_nan ? CELL_NUMBER : CELL_UNSET;
    out->number = is_nan ? numbers->values[row] : 0;
}

static void get(const source *base, uint32_t number, uint64_t row, cell *out)
{
    const batch_source *s = (const void *)base;
    out->kind = CELL_NONE;
    out->entry = NO_ENTRY;
    if (number >= base->kind->field_count) {
        get_any(&s->attributes[number - base->kind->field_count], row, out);
        return;
    }
    const field *f = &base->kind->fields[number];
    const void *at = (const char *)s->batch + f->batch;
    switch (f->type) {
    case FIELD_TIME: {
        const churn_time_column *column = at;
        get_int(column->values, column->valid, CELL_TIME, row, out);
        break;
    }
    case FIELD_COUNT:
    case FIELD_MONEY: {
        const churn_int_column *column = at;
        get_int(column->values, column->valid, CELL_INT, row, out);
        break;
    }
    case FIELD_NUMBER:
        get_double(at, row, out);
        break;
    case FIELD_TRUTH:
        get_bool(at, row, out);
        break;
    case FIELD_VALUE:
        get_value(at, row, out);
        break;
    default:
        get_string(at, base->codes[number], row, out);
        break;
    }
}

/* ---- many cells at once ---- */

static bool texts(const source *base, uint32_t number, uint64_t row, uint32_t n, churn_str *out)
{
    const batch_source *s = (const void *)base;
    const churn_string_column *c =
        (const void *)((const char *)s->batch + base->kind->fields[number].batch);
    for (uint32_t i = 0; i < n; i++) {
        int64_t begin = c->offsets[row + i], end = c->offsets[row + i + 1];
        if (begin < 0 || end < begin || c->bytes == NULL) {
            return false;
        }
        bool given = is_given(c->valid, row + i);
        out[i] = (churn_str){given ? c->bytes + begin : NULL, given ? (size_t)(end - begin) : 0};
    }
    return true;
}

static bool entries(const source *base, uint32_t number, uint64_t row, uint32_t n, uint32_t *out)
{
    const batch_source *s = (const void *)base;
    const churn_string_column *c =
        (const void *)((const char *)s->batch + base->kind->fields[number].batch);
    memcpy(out, c->codes + row, n * sizeof *out);
    for (uint32_t i = 0; c->valid != NULL && i < n; i++) {
        out[i] = churn__bit_get(c->valid, (size_t)(row + i)) ? out[i] : UINT32_MAX;
    }
    return true;
}

static bool times(const source *base, uint32_t number, uint64_t row, uint32_t n, churn_time *out)
{
    const batch_source *s = (const void *)base;
    const churn_time_column *c =
        (const void *)((const char *)s->batch + base->kind->fields[number].batch);
    memcpy(out, c->values + row, n * sizeof *out);
    for (uint32_t i = 0; c->valid != NULL && i < n; i++) {
        out[i] = churn__bit_get(c->valid, (size_t)(row + i)) ? out[i] : CHURN_TIME_NONE;
    }
    return true;
}

static bool numbers(const source *base, uint32_t number, uint64_t row, uint32_t n, double *out)
{
    const batch_source *s = (const void *)base;
    const churn_double_column *c =
        (const void *)((const char *)s->batch + base->kind->fields[number].batch);
    memcpy(out, c->values + row, n * sizeof *out);
    for (uint32_t i = 0; c->valid != NULL && i < n; i++) {
        out[i] = churn__bit_get(c->valid, (size_t)(row + i)) ? out[i] : (double)NAN;
    }
    return true;
}

static const source_many many = {texts, entries, times, numbers};

/* ---- what is there at all ---- */

/* A column is there when its first pointer to data is; offsets stand for texts. */
static bool has_column(const field *f, const void *at, uint64_t *entries)
{
    const churn_string_column *strings = at;
    const churn_time_column *values = at; /* all columns of numbers begin with their values */
    switch (f->type) {
    case FIELD_TIME:
    case FIELD_COUNT:
    case FIELD_MONEY:
    case FIELD_NUMBER:
    case FIELD_TRUTH:
        return values->values != NULL;
    case FIELD_VALUE:
        return true;
    default:
        *entries = strings->codes == NULL ? 0 : strings->value_count;
        return strings->offsets != NULL;
    }
}

static churn_status check_strings(const churn_string_column *column, const char *name,
                                  churn_error *err)
{
    bool lost = column->offsets == NULL && (column->bytes != NULL || column->codes != NULL);
    return !lost ? CHURN_OK
                 : churn__fail(err, CHURN_E_ARG, 0, "column %s: texts without offsets", name);
}

static churn_status check_any(const churn_any_column *column, const char *name, churn_error *err)
{
    bool known = column->type >= CHURN_TYPE_BOOL && column->type <= CHURN_TYPE_TIME;
    return known ? CHURN_OK
                 : churn__fail(err, CHURN_E_ARG, 0, "column %s: %d is no type", name,
                               (int64_t)column->type);
}

static churn_status check_fields(batch_source *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    const kind_info *kind = s->base.kind;
    for (uint32_t i = 0; i < kind->field_count; i++) {
        const field *f = &kind->fields[i];
        const void *at = (const char *)s->batch + f->batch;
        bool text = f->type <= FIELD_DURATION;
        if (text) {
            CHURN_TRY(check_strings(at, f->name, err));
        }
        if (f->type == FIELD_VALUE && s->base.rows > 0) {
            CHURN_TRY(check_any(at, f->name, err));
        }
        if (has_column(f, at, &s->base.entries[i])) {
            s->base.given |= 1u << i;
        }
    }
done:
    return st;
}

static churn__type type_of(const source *base, uint32_t i)
{
    const batch_source *s = (const void *)base;
    switch (s->attributes[i].type) {
    case CHURN_TYPE_BOOL:
        return CHURN__TYPE_BOOL;
    case CHURN_TYPE_STRING:
        return CHURN__TYPE_STRING;
    case CHURN_TYPE_TIME:
        return CHURN__TYPE_TIME;
    default:
        return CHURN__TYPE_DOUBLE;
    }
}

static churn_status take_named(batch_source *s, const churn_any_column *columns, uint32_t n,
                               bool props, churn__heap *heap, churn_error *err)
{
    churn_status st = CHURN_OK;
    const char *name = props ? "name of a property" : "name of an attribute";
    const char *what = props ? "of a property" : "of an attribute";
    if (n > 0 && columns == NULL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: must not be NULL", props ? "props" : "attributes");
    }
    if (props) {
        CHURN_TRY(churn__source_few(n, err));
    }
    churn_str *names = churn__alloc_array(heap, n, sizeof *names);
    if (names == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    s->attributes = columns;
    s->base.attribute_names = names;
    s->base.attribute_type = type_of;
    s->base.attribute_count = n;
    for (uint32_t i = 0; i < n; i++) {
        const churn_any_column *column = &columns[i];
        CHURN_TRY(churn__take_str(column->name.ptr, column->name.len, false, ID_BYTES, name,
                                  &names[i], err));
        CHURN_TRY(check_any(column, what, err));
        CHURN_TRY(check_strings(&column->strings, what, err));
        if (names[i].len == 0) {
            CHURN_FAIL(CHURN_E_ARG, 0, "%s: must not be empty", name);
        }
    }
    if (props) {
        CHURN_TRY(churn__source_unique(names, n, err));
    }
done:
    return st;
}

churn_status churn__source_batch(batch_source *s, const kind_info *kind, const void *batch,
                                 churn__heap *heap, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_event_batch *any = batch; /* row_count stands in the same place everywhere */
    *s = (batch_source){.batch = batch};
    s->base.kind = kind;
    s->base.rows = any->row_count;
    s->base.get = get;
    s->base.many = &many;
    CHURN_TRY(check_fields(s, err));
    if (kind->record == CHURN_RECORD_CUSTOMER) {
        const churn_customer_batch *customers = batch;
        CHURN_TRY(
            take_named(s, customers->attributes, customers->attribute_count, false, heap, err));
    }
    if (kind->record == CHURN_RECORD_EVENT) {
        CHURN_TRY(take_named(s, any->props, any->prop_count, true, heap, err));
    }
done:
    return st;
}

void churn__source_batch_clear(batch_source *s, churn__heap *heap)
{
    churn__free_array(heap, (void *)(uintptr_t)s->base.attribute_names, s->base.attribute_count,
                      sizeof *s->base.attribute_names);
}
