/* SPDX-License-Identifier: MIT */
#include "arrow/inside.h"

#include <math.h>

/* Many cells of the current batch at once, where a column's memory allows it. */

static const churn__arrow_cells *rows_of(const churn__arrow_reader *reader, uint32_t field,
                                         uint64_t row, uint32_t n)
{
    const churn__arrow_column *column = &reader->columns[field];
    const churn__arrow_cells *cells = &column->cells;
    bool there = column->unsupported == NULL && row <= cells->rows && n <= cells->rows - row;
    return there ? cells : NULL;
}

static bool has_nulls(const churn__arrow_cells *cells)
{
    return cells->valid != NULL || cells->outer != NULL;
}

static void texts32(const churn__arrow_cells *cells, uint64_t row, uint32_t n, churn_str *out)
{
    int32_t begin = churn__arrow_load_i32(cells->data, row);
    for (uint32_t i = 0; i < n; i++) {
        int32_t end = churn__arrow_load_i32(cells->data, row + i + 1);
        out[i] = (churn_str){cells->bytes + begin, (size_t)(end - begin)};
        begin = end;
    }
}

static void texts64(const churn__arrow_cells *cells, uint64_t row, uint32_t n, churn_str *out)
{
    int64_t begin = churn__arrow_load_i64(cells->data, row);
    for (uint32_t i = 0; i < n; i++) {
        int64_t end = churn__arrow_load_i64(cells->data, row + i + 1);
        out[i] = (churn_str){cells->bytes + begin, (size_t)(end - begin)};
        begin = end;
    }
}

bool churn__arrow_texts(const churn__arrow_reader *reader, uint32_t field, uint64_t row, uint32_t n,
                        churn_str *out)
{
    const churn__arrow_cells *cells = rows_of(reader, field, row, n);
    if (cells == NULL || reader->columns[field].encoded) {
        return false;
    }
    if (cells->type.layout == CHURN__LAYOUT_TEXT32 && cells->bytes != NULL) {
        texts32(cells, row, n, out);
    } else if (cells->type.layout == CHURN__LAYOUT_TEXT64 && cells->bytes != NULL) {
        texts64(cells, row, n, out);
    } else if (cells->type.layout == CHURN__LAYOUT_VIEW) {
        for (uint32_t i = 0; i < n; i++) {
            out[i] = churn__arrow_string(reader, field, row + i);
        }
    } else {
        return false;
    }
    for (uint32_t i = 0; has_nulls(cells) && i < n; i++) {
        out[i] = churn__arrow_cell_null(cells, row + i) ? (churn_str){NULL, 0} : out[i];
    }
    return true;
}

bool churn__arrow_entries(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                          uint32_t n, uint32_t *out)
{
    const churn__arrow_cells *cells = rows_of(reader, field, row, n);
    if (cells == NULL || !reader->columns[field].encoded) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        bool null = churn__arrow_is_null(reader, field, row + i);
        out[i] = null ? UINT32_MAX : (uint32_t)churn__arrow_load_int(cells, row + i);
    }
    return true;
}

bool churn__arrow_doubles(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                          uint32_t n, double *out)
{
    const churn__arrow_cells *cells = rows_of(reader, field, row, n);
    if (cells == NULL || reader->columns[field].encoded ||
        cells->type.layout != CHURN__LAYOUT_F64) {
        return false;
    }
    memcpy(out, cells->data + row * sizeof *out, n * sizeof *out);
    for (uint32_t i = 0; has_nulls(cells) && i < n; i++) {
        out[i] = churn__arrow_cell_null(cells, row + i) ? (double)NAN : out[i];
    }
    return true;
}

bool churn__arrow_times(const churn__arrow_reader *reader, uint32_t field, uint64_t row, uint32_t n,
                        churn_time *out)
{
    const churn__arrow_cells *cells = rows_of(reader, field, row, n);
    if (cells == NULL || reader->columns[field].encoded ||
        cells->type.layout != CHURN__LAYOUT_I64) {
        return false;
    }
    bool micros = cells->type.times == 1 && cells->type.over == 1;
    memcpy(out, cells->data + row * sizeof *out, n * sizeof *out);
    for (uint32_t i = 0; (has_nulls(cells) || !micros) && i < n; i++) {
        if (churn__arrow_cell_null(cells, row + i)) {
            out[i] = CHURN_TIME_NONE;
        } else if (!micros && !churn__arrow_time(reader, field, row + i, &out[i])) {
            return false;
        }
    }
    return true;
}

const void *churn__arrow_words(const churn__arrow_reader *reader, uint32_t field)
{
    const churn__arrow_column *column = &reader->columns[field];
    const churn__arrow_cells *cells = &column->cells;
    bool words = cells->type.layout == CHURN__LAYOUT_F64 || cells->type.layout == CHURN__LAYOUT_I64;
    bool timed = cells->type.kind == CHURN__ARROW_TIME || cells->type.kind == CHURN__ARROW_LOCAL ||
                 cells->type.kind == CHURN__ARROW_DATE || cells->type.kind == CHURN__ARROW_DURATION;
    bool same = !timed || (cells->type.times == 1 && cells->type.over == 1);
    bool aligned = (uintptr_t)cells->data % sizeof(int64_t) == 0;
    return column->unsupported == NULL && !column->encoded && words && same && aligned ? cells->data
                                                                                       : NULL;
}

/* Bits [bit, bit + n) of a bitmap, from bit 0 on. */
static void move_bits(const uint8_t *from, uint64_t bit, uint32_t n, uint8_t *out)
{
    unsigned shift = bit % 8;
    const uint8_t *bytes = from + bit / 8;
    for (uint32_t i = 0; 8 * i < n; i++) {
        unsigned low = (unsigned)bytes[i] >> shift;
        bool next = shift != 0 && 8 * i + (8 - shift) < n;
        out[i] = (uint8_t)(low | (next ? (unsigned)bytes[i + 1] << (8 - shift) : 0));
    }
}

void churn__arrow_validity(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                           uint32_t n, uint8_t *out)
{
    const churn__arrow_column *column = &reader->columns[field];
    const churn__arrow_cells *cells = &column->cells;
    if (column->type.layout == CHURN__LAYOUT_NULL) {
        memset(out, 0, churn__bits_bytes(n));
    } else if (!has_nulls(cells) && cells->inner == NULL) {
        memset(out, 0xff, churn__bits_bytes(n));
    } else if (cells->valid != NULL && cells->outer == NULL && cells->inner == NULL) {
        move_bits(cells->valid, cells->valid_bit + row, n, out);
    } else {
        for (uint32_t i = 0; i < n; i++) {
            churn__bit_put(out, i, !churn__arrow_cell_null(cells, row + i));
        }
    }
}
