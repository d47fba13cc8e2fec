/* SPDX-License-Identifier: MIT */
#include "table/inside.h"

#include "base/bits.h"
#include "base/checked.h"

/*
 * Columns of strings that need no text: all null, or one of a few. Arrow and whoever takes whole
 * columns want offsets and bytes; those are made when they are asked for first, once, whichever
 * thread comes first.
 */

/* ---- the long form ---- */

static void free_spread(churn__heap *heap, churn__table_spread *spread)
{
    if (spread != NULL) {
        churn__free_array(heap, spread->ends, spread->end_count, sizeof *spread->ends);
        churn__free(heap, spread->bytes, spread->byte_count);
        churn__free(heap, spread, sizeof *spread);
    }
}

void churn__table_free_brief(churn__heap *heap, churn__table_col *col)
{
    free_spread(heap, atomic_load(&col->spread));
    if (col->choices != NULL) {
        churn__free(heap, col->choices, sizeof *col->choices + col->choices->bytes);
    }
}

/* Offsets; returns how many bytes of text there are. */
static size_t put_ends(const churn__table_col *col, int64_t *ends)
{
    const uint8_t *codes = col->values.data;
    int64_t at = 0;
    ends[0] = 0;
    for (uint64_t i = 0; i < col->count; i++) {
        at += col->choices != NULL ? (int64_t)col->choices->items[codes[i]].len : 0;
        ends[i + 1] = at;
    }
    return (size_t)at;
}

static churn__table_spread *make_spread(churn__heap *heap, const churn__table_col *col)
{
    churn__table_spread *spread = churn__alloc_zero(heap, sizeof *spread);
    const uint8_t *codes = col->values.data;
    if (spread == NULL) {
        return NULL;
    }
    spread->end_count = (size_t)col->count + 1;
    spread->ends = churn__alloc_array(heap, spread->end_count, sizeof *spread->ends);
    if (spread->ends == NULL) {
        free_spread(heap, spread);
        return NULL;
    }
    spread->byte_count = put_ends(col, spread->ends) + 1;
    spread->bytes = churn__alloc(heap, spread->byte_count);
    if (spread->bytes == NULL) {
        free_spread(heap, spread);
        return NULL;
    }
    for (uint64_t i = 0; col->choices != NULL && i < col->count; i++) {
        churn_str s = col->choices->items[codes[i]];
        memcpy(spread->bytes + spread->ends[i], s.ptr, s.len);
    }
    spread->bytes[spread->byte_count - 1] = '\0';
    return spread;
}

const churn__table_spread *churn__table_spread_of(const churn_table *table, uint32_t column)
{
    churn__table_col *col = churn__table_col_at(table, column);
    churn__table_spread *now = atomic_load(&col->spread), *made;
    if (now != NULL) {
        return now;
    }
    made = make_spread(table->heap, col);
    if (made != NULL && !atomic_compare_exchange_strong(&col->spread, &now, made)) {
        free_spread(table->heap, made); /* another thread was first */
        return now;
    }
    return made;
}

/* ---- building ---- */

static churn__table_choices *copy_choices(churn__heap *heap, const churn_str *choices,
                                          uint32_t count)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        bytes += choices[i].len + 1;
    }
    churn__table_choices *copy = churn__alloc_zero(heap, sizeof *copy + bytes);
    if (copy == NULL) {
        return NULL;
    }
    char *at = (char *)(copy + 1);
    copy->count = count;
    copy->bytes = bytes;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(at, choices[i].ptr, choices[i].len);
        copy->items[i] = (churn_str){at, choices[i].len};
        at += choices[i].len + 1;
    }
    return copy;
}

uint32_t churn__table_choice_column(churn__table_builder *builder, const char *name,
                                    const churn_str *choices, uint32_t choice_count)
{
    uint32_t number = churn__table_column(builder, name, CHURN_COLUMN_STRING);
    churn__table_col *col = churn__table_appendable(builder, number, CHURN_COLUMN_STRING);
    if (col == NULL) {
        return number;
    }
    churn__heap *heap = builder->table->heap;
    col->choices = copy_choices(heap, choices, choice_count);
    if (col->choices == NULL ||
        !churn__table_reserve(heap, &col->values, (size_t)builder->rows + 1, 1)) {
        churn__table_spoil(builder);
    }
    return number;
}

void churn__table_add_codes(churn__table_builder *builder, uint32_t column, const uint8_t *codes,
                            size_t n)
{
    churn__table_col *col = churn__table_appendable(builder, column, CHURN_COLUMN_STRING);
    if (col == NULL || col->choices == NULL) {
        return;
    }
    if (!churn__table_reserve(builder->table->heap, &col->values, (size_t)col->count + n, 1)) {
        churn__table_spoil(builder);
        return;
    }
    memcpy((uint8_t *)col->values.data + col->count, codes, n);
    col->count += n;
}

bool churn__table_lengthen(churn__heap *heap, churn__table_col *col)
{
    size_t need = (size_t)(col->count > col->hint ? col->count : col->hint) + 2;
    if (!col->brief) {
        return true;
    }
    if (col->choices != NULL) {
        return false;
    }
    col->brief = false;
    if (!churn__table_reserve(heap, &col->values, need, 8)) {
        return false;
    }
    memset(col->values.data, 0, ((size_t)col->count + 1) * 8); /* no row so far has text */
    return true;
}
