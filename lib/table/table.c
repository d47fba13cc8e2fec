/* SPDX-License-Identifier: MIT */
#include "table/inside.h"

#include "base/bits.h"

static const churn_str no_text = {"", 0};

static const churn__table_col *column_or_null(const churn_table *table, uint32_t column)
{
    return table != NULL && column < table->column_count ? churn__table_col_at(table, column)
                                                         : NULL;
}

/* The column if it has a value in that row, else NULL. */
static const churn__table_col *present(const churn_table *table, uint64_t row, uint32_t column)
{
    const churn__table_col *col = column_or_null(table, column);

    if (col == NULL || row >= table->rows) {
        return NULL;
    }
    if (col->valid.data != NULL && !churn__bit_get(col->valid.data, row)) {
        return NULL;
    }
    return col;
}

uint64_t churn_table_row_count(const churn_table *table)
{
    return table != NULL ? table->rows : 0;
}

uint32_t churn_table_column_count(const churn_table *table)
{
    return table != NULL ? table->column_count : 0;
}

const char *churn_table_column_name(const churn_table *table, uint32_t column)
{
    const churn__table_col *col = column_or_null(table, column);

    return col != NULL ? col->name.ptr : "";
}

churn_column_type churn_table_column_type(const churn_table *table, uint32_t column)
{
    const churn__table_col *col = column_or_null(table, column);

    return col != NULL ? col->type : 0;
}

uint32_t churn_table_find(const churn_table *table, const char *name, size_t len)
{
    churn_str wanted = churn__str_arg(name, len);

    if (table == NULL || name == NULL) {
        return CHURN_COLUMN_NONE;
    }
    for (uint32_t i = 0; i < table->column_count; i++) {
        if (churn__str_eq(churn__table_col_at(table, i)->name, wanted)) {
            return i;
        }
    }
    return CHURN_COLUMN_NONE;
}

bool churn_table_is_null(const churn_table *table, uint64_t row, uint32_t column)
{
    return present(table, row, column) == NULL;
}

double churn_table_double(const churn_table *table, uint64_t row, uint32_t column)
{
    const churn__table_col *col = present(table, row, column);

    if (col == NULL) {
        return 0.0;
    }
    switch (col->type) {
    case CHURN_COLUMN_BOOL:
        return churn__bit_get(col->values.data, row) ? 1.0 : 0.0;
    case CHURN_COLUMN_INT:
        return (double)((const int64_t *)col->values.data)[row];
    case CHURN_COLUMN_DOUBLE:
        return ((const double *)col->values.data)[row];
    default:
        return 0.0;
    }
}

int64_t churn_table_int(const churn_table *table, uint64_t row, uint32_t column)
{
    const churn__table_col *col = present(table, row, column);

    if (col == NULL) {
        return 0;
    }
    switch (col->type) {
    case CHURN_COLUMN_BOOL:
        return churn__bit_get(col->values.data, row);
    case CHURN_COLUMN_INT:
    case CHURN_COLUMN_TIME:
    case CHURN_COLUMN_DURATION:
        return ((const int64_t *)col->values.data)[row];
    default:
        return 0;
    }
}

bool churn_table_bool(const churn_table *table, uint64_t row, uint32_t column)
{
    const churn__table_col *col = present(table, row, column);

    return col != NULL && col->type == CHURN_COLUMN_BOOL && churn__bit_get(col->values.data, row);
}

churn_time churn_table_time(const churn_table *table, uint64_t row, uint32_t column)
{
    const churn__table_col *col = present(table, row, column);

    if (col == NULL || col->type != CHURN_COLUMN_TIME) {
        return CHURN_TIME_NONE;
    }
    return ((const churn_time *)col->values.data)[row];
}

churn_str churn_table_string(const churn_table *table, uint64_t row, uint32_t column)
{
    const churn__table_col *col = present(table, row, column);
    const int64_t *at;

    if (col == NULL || col->type != CHURN_COLUMN_STRING) {
        return no_text;
    }
    if (col->brief) {
        return col->choices->items[((const uint8_t *)col->values.data)[row]];
    }
    at = (const int64_t *)col->values.data + row;
    return (churn_str){(const char *)col->text.data + at[0] + row, (size_t)(at[1] - at[0])};
}

const void *churn_table_column_data(const churn_table *table, uint32_t column)
{
    const churn__table_col *col = column_or_null(table, column);

    if (col != NULL && col->brief) {
        const churn__table_spread *spread = churn__table_spread_of(table, column);
        return spread != NULL ? spread->ends : NULL;
    }
    return col != NULL ? col->values.data : NULL;
}

const char *churn_table_column_bytes(const churn_table *table, uint32_t column)
{
    const churn__table_col *col = column_or_null(table, column);

    if (col == NULL || col->type != CHURN_COLUMN_STRING) {
        return NULL;
    }
    if (col->brief) {
        const churn__table_spread *spread = churn__table_spread_of(table, column);
        return spread != NULL ? spread->bytes : NULL;
    }
    return col->bytes.data != NULL ? col->bytes.data : "";
}

const uint8_t *churn_table_column_valid(const churn_table *table, uint32_t column)
{
    const churn__table_col *col = column_or_null(table, column);

    return col != NULL ? col->valid.data : NULL;
}

uint64_t churn_table_memory(const churn_table *table)
{
    uint64_t bytes = 0;

    if (table == NULL) {
        return 0;
    }
    bytes = sizeof *table + table->columns.capacity * sizeof(churn__table_col);
    for (uint32_t i = 0; i < table->column_count; i++) {
        const churn__table_col *col = churn__table_col_at(table, i);
        const churn__table_spread *spread = atomic_load(&col->spread);
        bytes += col->name.len + 1 + col->values.capacity * churn__table_value_size(col) +
                 col->valid.capacity + col->bytes.capacity + col->text.capacity;
        bytes += col->choices != NULL ? sizeof *col->choices + col->choices->bytes : 0;
        bytes += spread != NULL ? spread->end_count * sizeof(int64_t) + spread->byte_count : 0;
    }
    return bytes;
}

static void destroy_column(churn__heap *heap, churn__table_col *col)
{
    churn__free(heap, (void *)(uintptr_t)col->name.ptr, col->name.len + 1);
    churn__free_array(heap, col->values.data, col->values.capacity, churn__table_value_size(col));
    churn__table_free_brief(heap, col);
    churn__free(heap, col->valid.data, col->valid.capacity);
    churn__free(heap, col->bytes.data, col->bytes.capacity);
    churn__free(heap, col->text.data, col->text.capacity);
}

void churn__table_destroy(churn_table *table)
{
    churn__heap *heap = table->heap;

    for (uint32_t i = 0; i < table->column_count; i++) {
        destroy_column(heap, churn__table_col_at(table, i));
    }
    churn__free_array(heap, table->columns.data, table->columns.capacity, sizeof(churn__table_col));
    churn__free(heap, table, sizeof *table);
    churn__heap_release(heap);
}

/* Const means that the data stay as they are; the count of who holds them is not part of that. */
churn_table *churn__table_retain(const churn_table *table)
{
    churn_table *held = (churn_table *)(uintptr_t)table;

    atomic_fetch_add_explicit(&held->refs, 1, memory_order_relaxed);
    return held;
}

churn__heap *churn__table_heap(const churn_table *table)
{
    return table->heap;
}

void churn_table_free(churn_table *table)
{
    if (table == NULL || atomic_fetch_sub_explicit(&table->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__table_destroy(table);
    churn__live_add(-1);
}
