/* SPDX-License-Identifier: MIT */
#include "table/inside.h"

#include <math.h>

#include "base/bits.h"
#include "base/checked.h"

churn_column_type churn__table_type(churn__type type)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        return CHURN_COLUMN_BOOL;
    case CHURN__TYPE_INT:
        return CHURN_COLUMN_INT;
    case CHURN__TYPE_DOUBLE:
        return CHURN_COLUMN_DOUBLE;
    case CHURN__TYPE_TIME:
        return CHURN_COLUMN_TIME;
    case CHURN__TYPE_DURATION:
        return CHURN_COLUMN_DURATION;
    default:
        return CHURN_COLUMN_STRING;
    }
}

/* The first fault stays. */
static void spoil(churn__table_builder *builder, table_fault fault)
{
    if (builder->fault == BUILD_GOOD) {
        builder->fault = fault;
    }
}

void churn__table_spoil(churn__table_builder *builder)
{
    spoil(builder, BUILD_NO_MEMORY);
}

/* Exactly `count` elements, for what is not going to grow. */
static bool reserve_exactly(churn__heap *heap, churn__table_run *run, size_t count, size_t size)
{
    run->data = churn__alloc_array(heap, count, size);
    if (run->data == NULL) {
        return false;
    }
    run->capacity = count;
    return true;
}

/* Room for bit `at` of a bitmap that is filled in order. */
static bool reserve_bit(churn__heap *heap, churn__table_run *bits, uint64_t at)
{
    size_t byte = (size_t)(at / 8);

    if (at % 8 != 0) {
        return true;
    }
    if (!churn__table_reserve(heap, bits, byte + 1, 1)) {
        return false;
    }
    ((uint8_t *)bits->data)[byte] = 0;
    return true;
}

churn__table_builder *churn__table_begin(churn__heap *heap, uint64_t rows)
{
    churn__table_builder *builder = churn__alloc_zero(heap, sizeof *builder);

    if (builder == NULL) {
        return NULL;
    }
    builder->table = churn__alloc_zero(heap, sizeof *builder->table);
    if (builder->table == NULL) {
        churn__free(heap, builder, sizeof *builder);
        return NULL;
    }
    builder->rows = rows;
    builder->table->heap = churn__heap_retain(heap);
    atomic_init(&builder->table->refs, 1);
    return builder;
}

static bool column_init(churn__heap *heap, churn__table_col *col, uint64_t rows)
{
    bool text = col->type == CHURN_COLUMN_STRING;
    uint64_t cells = col->type == CHURN_COLUMN_BOOL ? churn__bits_bytes(rows) : rows;

    if (cells > SIZE_MAX / 16) {
        return false;
    }
    col->brief = text;
    col->hint = cells;
    cells = cells == 0 ? 1 : cells;
    return text ||
           reserve_exactly(heap, &col->values, (size_t)cells, churn__table_width(col->type));
}

static bool column_name(churn__heap *heap, churn__table_col *col, const char *name)
{
    size_t len = strlen(name);
    char *copy = churn__alloc(heap, len + 1);

    if (copy == NULL) {
        return false;
    }
    memcpy(copy, name, len + 1);
    col->name = (churn_str){copy, len};
    return true;
}

uint32_t churn__table_column(churn__table_builder *builder, const char *name,
                             churn_column_type type)
{
    churn_table *table = builder != NULL ? builder->table : NULL;
    churn__table_col *col = NULL;
    uint32_t number = 0;

    if (table == NULL || builder->fault != BUILD_GOOD) {
        return 0;
    }
    number = table->column_count;
    if (!churn__table_reserve(table->heap, &table->columns, (size_t)number + 1, sizeof *col)) {
        spoil(builder, BUILD_NO_MEMORY);
        return 0;
    }
    col = churn__table_col_at(table, number);
    *col = (churn__table_col){.type = type};
    if (!column_name(table->heap, col, name)) {
        spoil(builder, BUILD_NO_MEMORY);
        return 0;
    }
    table->column_count++;
    if (!column_init(table->heap, col, builder->rows)) {
        spoil(builder, BUILD_NO_MEMORY);
    }
    return number;
}

void churn__table_columns(churn__table_builder *builder, const churn__table_head *heads,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        churn__table_column(builder, heads[i].name, heads[i].type);
    }
}

void churn__table_expect(churn__table_builder *builder, uint32_t columns)
{
    churn_table *table = builder->table;
    if (builder->fault == BUILD_GOOD && table->columns.data == NULL &&
        !reserve_exactly(table->heap, &table->columns, columns, sizeof(churn__table_col))) {
        spoil(builder, BUILD_NO_MEMORY);
    }
}

void churn__table_expect_bytes(churn__table_builder *builder, uint32_t column, size_t bytes)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_STRING);
    if (col != NULL && col->bytes.data == NULL &&
        !reserve_exactly(builder->table->heap, &col->bytes, bytes, 1)) {
        spoil(builder, BUILD_NO_MEMORY);
    }
}

/* The column to append to, or NULL: nothing is to be done. `type` 0: any. */
churn__table_col *churn__table_appendable(churn__table_builder *builder, uint32_t column,
                                          churn_column_type type)
{
    churn__table_col *col = NULL;

    if (builder == NULL || builder->fault != BUILD_GOOD) {
        return NULL;
    }
    if (column >= builder->table->column_count) {
        spoil(builder, BUILD_MISUSED);
        return NULL;
    }
    col = churn__table_col_at(builder->table, column);
    if (type != 0 && col->type != type) {
        spoil(builder, BUILD_MISUSED);
        return NULL;
    }
    return col;
}

/* From the first null on every cell has a bit. */
bool churn__table_begin_validity(churn__heap *heap, churn__table_col *col)
{
    size_t bytes = churn__bits_bytes((size_t)col->count + 1);

    if (!churn__table_reserve(heap, &col->valid, bytes, 1)) {
        return false;
    }
    memset(col->valid.data, 0, bytes);
    memset(col->valid.data, 0xff, (size_t)(col->count / 8));
    for (uint64_t i = col->count / 8 * 8; i < col->count; i++) {
        churn__bit_set(col->valid.data, i);
    }
    return true;
}

/* Ends every append: one more cell, present or not. */
static bool count_cell(churn__heap *heap, churn__table_col *col, bool there)
{
    if (col->valid.data == NULL) {
        if (there) {
            col->count++;
            return true;
        }
        if (!churn__table_begin_validity(heap, col)) {
            return false;
        }
    } else if (!reserve_bit(heap, &col->valid, col->count)) {
        return false;
    }
    if (there) {
        churn__bit_set(col->valid.data, col->count);
    } else {
        col->nulls++;
    }
    col->count++;
    return true;
}

static bool put_bit(churn__heap *heap, churn__table_col *col, bool value)
{
    if (!reserve_bit(heap, &col->values, col->count)) {
        return false;
    }
    churn__bit_put(col->values.data, col->count, value);
    return true;
}

static bool put_word(churn__heap *heap, churn__table_col *col, const void *word)
{
    if (!churn__table_reserve(heap, &col->values, (size_t)col->count + 1, 8)) {
        return false;
    }
    memcpy((char *)col->values.data + col->count * 8, word, 8);
    return true;
}

static bool put_text(churn__heap *heap, churn__table_col *col, churn_str value)
{
    int64_t *ends = NULL;
    size_t from, to;

    if (!churn__table_lengthen(heap, col) ||
        !churn__table_reserve(heap, &col->values, (size_t)col->count + 2, 8)) {
        return false;
    }
    ends = col->values.data;
    from = (size_t)ends[col->count];
    if (!churn__add_size(from, value.len, &to) || to > INT64_MAX) {
        return false;
    }
    if (value.len > 0) {
        if (!churn__table_reserve(heap, &col->bytes, to, 1)) {
            return false;
        }
        memcpy((char *)col->bytes.data + from, value.ptr, value.len);
    }
    col->longest = value.len > col->longest ? value.len : col->longest;
    ends[col->count + 1] = (int64_t)to;
    return true;
}

static bool put_nothing(churn__heap *heap, churn__table_col *col)
{
    static const int64_t zero = 0;

    switch (col->type) {
    case CHURN_COLUMN_BOOL:
        return put_bit(heap, col, false);
    case CHURN_COLUMN_STRING:
        return (col->brief && col->choices == NULL) || put_text(heap, col, (churn_str){NULL, 0});
    default:
        return put_word(heap, col, &zero);
    }
}

static void close_cell(churn__table_builder *builder, churn__table_col *col, bool put, bool there)
{
    if (!put || !count_cell(builder->table->heap, col, there)) {
        spoil(builder, BUILD_NO_MEMORY);
    }
}

static void add_nothing(churn__table_builder *builder, churn__table_col *col)
{
    close_cell(builder, col, put_nothing(builder->table->heap, col), false);
}

void churn__table_add_null(churn__table_builder *builder, uint32_t column)
{
    churn__table_col *col = churn__table_appendable(builder, column, 0);

    if (col != NULL) {
        add_nothing(builder, col);
    }
}

void churn__table_add_bool(churn__table_builder *builder, uint32_t column, bool value)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_BOOL);

    if (col != NULL) {
        close_cell(builder, col, put_bit(builder->table->heap, col, value), true);
    }
}

void churn__table_add_int(churn__table_builder *builder, uint32_t column, int64_t value)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_INT);

    if (col != NULL) {
        close_cell(builder, col, put_word(builder->table->heap, col, &value), true);
    }
}

void churn__table_add_double(churn__table_builder *builder, uint32_t column, double value)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_DOUBLE);
    double shown = value == 0.0 ? 0.0 : value;

    if (col == NULL) {
        return;
    }
    if (!isfinite(value)) {
        add_nothing(builder, col);
        return;
    }
    close_cell(builder, col, put_word(builder->table->heap, col, &shown), true);
}

void churn__table_add_string(churn__table_builder *builder, uint32_t column, churn_str value)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_STRING);

    if (col == NULL) {
        return;
    }
    if (value.ptr == NULL) {
        add_nothing(builder, col);
        return;
    }
    close_cell(builder, col, put_text(builder->table->heap, col, value), true);
}

void churn__table_add_time(churn__table_builder *builder, uint32_t column, churn_time value)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_TIME);

    if (col == NULL) {
        return;
    }
    if (value == CHURN_TIME_NONE) {
        add_nothing(builder, col);
        return;
    }
    close_cell(builder, col, put_word(builder->table->heap, col, &value), true);
}

void churn__table_add_duration(churn__table_builder *builder, uint32_t column, int64_t nanos)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_DURATION);

    if (col != NULL) {
        close_cell(builder, col, put_word(builder->table->heap, col, &nanos), true);
    }
}

uint64_t churn__table_filled(const churn__table_builder *builder, uint32_t column)
{
    if (builder == NULL || column >= builder->table->column_count) {
        return 0;
    }
    return churn__table_col_at(builder->table, column)->count;
}

/* Strings that the library returns end in a NUL, Arrow's do not: both forms are kept. */
static bool make_text(churn__heap *heap, churn__table_col *col)
{
    const int64_t *at = col->values.data;
    size_t size;
    char *out;

    if (!churn__add_size((size_t)at[col->count], (size_t)col->count, &size) ||
        !churn__add_size(size, TABLE_SHORT, &size) || !reserve_exactly(heap, &col->text, size, 1)) {
        return false;
    }
    out = col->text.data;
    if (col->longest == 0) {
        memset(out, 0, (size_t)col->count);
        return true;
    }
    bool words =
        col->longest <= TABLE_SHORT && col->bytes.capacity >= (size_t)at[col->count] + TABLE_SHORT;
    for (uint64_t i = 0; i < col->count; i++) {
        const char *from = (const char *)col->bytes.data + at[i];
        size_t len = (size_t)(at[i + 1] - at[i]);
        if (words) {
            memcpy(out, from, TABLE_SHORT);
        } else if (len > 0) {
            memcpy(out, from, len);
        }
        out[len] = '\0';
        out += len + 1;
    }
    return true;
}

static churn_status seal(churn__table_builder *builder, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_table *table = builder->table;

    if (builder->fault == BUILD_NO_MEMORY) {
        CHURN_TRY(churn__fail_memory(err, table->heap));
    }
    if (builder->fault != BUILD_GOOD) {
        CHURN_FAIL(CHURN_E_INTERNAL, 0, "result table: a cell does not fit its column");
    }
    for (uint32_t i = 0; i < table->column_count; i++) {
        churn__table_col *col = churn__table_col_at(table, i);
        table->rows = i == 0 ? col->count : table->rows;
        if (col->count != table->rows) {
            CHURN_FAIL(CHURN_E_INTERNAL, 0, "result table: column %q has another length",
                       &col->name);
        }
        bool as_text = col->type == CHURN_COLUMN_STRING && !col->brief;
        if (as_text && !make_text(table->heap, col)) {
            CHURN_TRY(churn__fail_memory(err, table->heap));
        }
    }
done:
    return st;
}

churn_status churn__table_finish(churn__table_builder *builder, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;

    *out = NULL;
    if (builder == NULL) {
        return churn__fail_memory(err, NULL);
    }
    CHURN_TRY(seal(builder, err));
    *out = builder->table;
    churn__live_add(1);
    churn__free(builder->table->heap, builder, sizeof *builder);
    builder = NULL;
done:
    churn__table_abandon(builder);
    return st;
}

void churn__table_abandon(churn__table_builder *builder)
{
    churn_table *table = NULL;

    if (builder == NULL) {
        return;
    }
    table = builder->table;
    churn__free(table->heap, builder, sizeof *builder);
    churn__table_destroy(table);
}
