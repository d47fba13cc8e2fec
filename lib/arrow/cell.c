/* SPDX-License-Identifier: MIT */
#include "arrow/inside.h"

#include <math.h>

#include "base/checked.h"
#include "base/num.h"

#define DAY_MIN (CHURN_TIME_MIN / CHURN__DAY)
#define DAY_MAX (CHURN_TIME_MAX / CHURN__DAY)

typedef struct wide {
    uint64_t low, high; /* two's complement */
} wide;

/* Where the value of a row lies: in the column, or in its dictionary. NULL: nowhere, since null
 * slots may hold any index. */
static const churn__arrow_cells *locate(const churn__arrow_reader *reader, uint32_t field,
                                        uint64_t row, uint64_t *at)
{
    const churn__arrow_column *column = &reader->columns[field];

    *at = row;
    if (!column->encoded) {
        return &column->cells;
    }
    *at = (uint64_t)churn__arrow_load_int(&column->cells, row);
    return *at < column->entries.rows ? &column->entries : NULL;
}

bool churn__arrow_is_null(const churn__arrow_reader *reader, uint32_t field, uint64_t row)
{
    const churn__arrow_column *column = &reader->columns[field];
    uint64_t at;

    if (column->type.layout == CHURN__LAYOUT_NULL || churn__arrow_cell_null(&column->cells, row)) {
        return true;
    }
    if (!column->encoded || column->entries.valid == NULL) {
        return false;
    }
    at = (uint64_t)churn__arrow_load_int(&column->cells, row);
    return churn__arrow_cell_null(&column->entries, at);
}

bool churn__arrow_has_nulls(const churn__arrow_reader *reader, uint32_t field)
{
    const churn__arrow_column *column = &reader->columns[field];

    return column->type.layout == CHURN__LAYOUT_NULL || column->cells.valid != NULL ||
           column->cells.outer != NULL || column->cells.inner != NULL ||
           (column->encoded && column->entries.valid != NULL);
}

bool churn__arrow_bool(const churn__arrow_reader *reader, uint32_t field, uint64_t row)
{
    uint64_t at;
    const churn__arrow_cells *cells = locate(reader, field, row, &at);

    return cells != NULL && cells->type.layout == CHURN__LAYOUT_BOOL &&
           churn__bit_get(cells->data, cells->value_bit + at);
}

bool churn__arrow_int(const churn__arrow_reader *reader, uint32_t field, uint64_t row, int64_t *out)
{
    uint64_t at;
    const churn__arrow_cells *cells = locate(reader, field, row, &at);

    if (cells == NULL) {
        *out = 0;
        return true;
    }
    *out = churn__arrow_load_int(cells, at);
    return cells->type.layout != CHURN__LAYOUT_U64 || *out >= 0;
}

/* IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
static double half(uint16_t bits)
{
    int exponent = (bits >> 10) & 31;
    int fraction = bits & 1023;
    double size;

    if (exponent == 31) {
        size = (double)(fraction != 0 ? NAN : INFINITY);
    } else if (exponent == 0) {
        size = ldexp(fraction, -24);
    } else {
        size = ldexp(1024 + fraction, exponent - 25);
    }
    return (bits & 0x8000) != 0 ? -size : size;
}

static wide load_wide(const uint8_t *data, uint64_t row)
{
    uint64_t a = churn__arrow_load_u64(data, row * 2), b = churn__arrow_load_u64(data, row * 2 + 1);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (wide){.low = a, .high = b};
#else
    return (wide){.low = b, .high = a};
#endif
}

static bool wide_to_int(wide value, int64_t *out)
{
    *out = (int64_t)value.low;
    return value.high == (*out < 0 ? UINT64_MAX : 0);
}

/* The size of a number, most significant 32 bits first. */
static bool wide_size(wide value, uint32_t limbs[4])
{
    bool negative = (value.high >> 63) != 0;
    uint64_t low = negative ? 0 - value.low : value.low;
    uint64_t high = negative ? ~value.high + (value.low == 0) : value.high;

    limbs[0] = (uint32_t)(high >> 32);
    limbs[1] = (uint32_t)high;
    limbs[2] = (uint32_t)(low >> 32);
    limbs[3] = (uint32_t)low;
    return negative;
}

/* Divide in place, most significant 32 bits first; returns the remainder. */
static uint32_t divide(uint32_t limbs[4], uint32_t by)
{
    uint64_t rest = 0;

    for (int i = 0; i < 4; i++) {
        uint64_t part = rest << 32 | limbs[i];
        limbs[i] = (uint32_t)(part / by);
        rest = part % by;
    }
    return (uint32_t)rest;
}

/* Without zeros at the end of its fraction; false: it still needs more than 63 bits. */
static bool wide_shorten(wide value, int64_t *out, int32_t *scale)
{
    uint32_t limbs[4];
    bool negative = wide_size(value, limbs);

    while ((limbs[0] | limbs[1] | limbs[2] >> 31) != 0) {
        if (*scale <= 0 || divide(limbs, 10) != 0) {
            return false;
        }
        --*scale;
    }
    *out = (int64_t)((uint64_t)limbs[2] << 32 | limbs[3]);
    *out = negative ? -*out : *out;
    return true;
}

/* Through its decimal text, which our parser reads to the nearest double. */
static double wide_to_double(wide value, int32_t scale)
{
    uint32_t limbs[4];
    bool negative = wide_size(value, limbs);
    char text[45 + 1 + 24];
    double out = 0.0;

    for (int group = 4; group >= 0; group--) {
        uint32_t digits = divide(limbs, 1000000000u);
        for (int i = 8; i >= 0; i--) {
            text[group * 9 + i] = (char)('0' + digits % 10);
            digits /= 10;
        }
    }
    text[45] = 'e';
    if (!churn__double_parse(text, 46 + churn__int_print(-(int64_t)scale, text + 46), &out)) {
        return 0.0;
    }
    return negative ? -out : out;
}

static double decimal_to_double(const churn__arrow_cells *cells, uint64_t row)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int64_t exact = INT64_C(1) << 53;
    wide value = load_wide(cells->data, row);
    int32_t scale = cells->type.scale;
    int64_t small;

    /* Both operands exact: one division is the nearest double (Clinger 1990). */
    if (scale >= 0 && scale <= 22 && wide_to_int(value, &small) && small <= exact &&
        small >= -exact) {
        return (double)small / powers[scale];
    }
    return wide_to_double(value, scale);
}

double churn__arrow_double(const churn__arrow_reader *reader, uint32_t field, uint64_t row)
{
    uint64_t at;
    const churn__arrow_cells *cells = locate(reader, field, row, &at);

    if (cells == NULL) {
        return 0.0;
    }
    switch (cells->type.layout) {
    case CHURN__LAYOUT_F64:
        return churn__arrow_load_f64(cells->data, at);
    case CHURN__LAYOUT_F32:
        return (double)churn__arrow_load_f32(cells->data, at);
    case CHURN__LAYOUT_F16:
        return half(churn__arrow_load_u16(cells->data, at));
    case CHURN__LAYOUT_I128:
        return decimal_to_double(cells, at);
    case CHURN__LAYOUT_U64:
        return (double)churn__arrow_load_u64(cells->data, at);
    default:
        return (double)churn__arrow_load_int(cells, at);
    }
}

static churn_str view_text(const churn__arrow_cells *cells, uint64_t row)
{
    const uint8_t *view = cells->data + row * 16;
    int32_t length = churn__arrow_load_i32(view, 0);
    const char *buffer;

    if (length <= 12) {
        return (churn_str){(const char *)view + 4, (size_t)length};
    }
    buffer = cells->buffers[churn__arrow_load_i32(view, 2)];
    return (churn_str){buffer + churn__arrow_load_i32(view, 3), (size_t)length};
}

static churn_str text_at(const churn__arrow_cells *cells, uint64_t row)
{
    int64_t from, to;

    switch (cells->type.layout) {
    case CHURN__LAYOUT_TEXT32:
        from = churn__arrow_load_i32(cells->data, row);
        to = churn__arrow_load_i32(cells->data, row + 1);
        break;
    case CHURN__LAYOUT_TEXT64:
        from = churn__arrow_load_i64(cells->data, row);
        to = churn__arrow_load_i64(cells->data, row + 1);
        break;
    case CHURN__LAYOUT_VIEW:
        /* A null slot may hold a view of nowhere. */
        if (churn__arrow_cell_null(cells, row)) {
            return (churn_str){NULL, 0};
        }
        return view_text(cells, row);
    default:
        return (churn_str){NULL, 0};
    }
    return (churn_str){cells->bytes + from, (size_t)(to - from)};
}

churn_str churn__arrow_string(const churn__arrow_reader *reader, uint32_t field, uint64_t row)
{
    uint64_t at;
    const churn__arrow_cells *cells = locate(reader, field, row, &at);

    return cells != NULL ? text_at(cells, at) : (churn_str){NULL, 0};
}

bool churn__arrow_time(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                       int64_t *out)
{
    uint64_t at;
    const churn__arrow_cells *cells = locate(reader, field, row, &at);
    int64_t value;

    *out = 0;
    if (cells == NULL) {
        return true;
    }
    if (!churn__mul_i64(churn__arrow_load_int(cells, at), cells->type.times, &value)) {
        return false;
    }
    *out = cells->type.over == 1 ? value : churn__floor_div(value, cells->type.over);
    if (cells->type.kind == CHURN__ARROW_DATE) {
        return *out >= DAY_MIN && *out <= DAY_MAX;
    }
    return *out >= CHURN_TIME_MIN && *out <= CHURN_TIME_MAX;
}

bool churn__arrow_duration(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                           int64_t *out)
{
    uint64_t at;
    const churn__arrow_cells *cells = locate(reader, field, row, &at);

    *out = 0;
    return cells == NULL ||
           churn__mul_i64(churn__arrow_load_int(cells, at), cells->type.times, out);
}

bool churn__arrow_decimal(const churn__arrow_reader *reader, uint32_t field, uint64_t row,
                          int64_t *unscaled, int32_t *scale)
{
    uint64_t at;
    const churn__arrow_cells *cells = locate(reader, field, row, &at);

    *unscaled = *scale = 0;
    if (cells == NULL || cells->type.layout != CHURN__LAYOUT_I128) {
        return true;
    }
    *scale = cells->type.scale;
    return wide_to_int(load_wide(cells->data, at), unscaled) ||
           wide_shorten(load_wide(cells->data, at), unscaled, scale);
}

bool churn__arrow_dictionary(const churn__arrow_reader *reader, uint32_t field, uint64_t *entries)
{
    const churn__arrow_column *column = &reader->columns[field];

    *entries = column->entries.rows;
    return column->encoded && column->type.kind == CHURN__ARROW_STRING;
}

uint64_t churn__arrow_dictionary_index(const churn__arrow_reader *reader, uint32_t field,
                                       uint64_t row)
{
    return (uint64_t)churn__arrow_load_int(&reader->columns[field].cells, row);
}

churn_str churn__arrow_dictionary_entry(const churn__arrow_reader *reader, uint32_t field,
                                        uint64_t entry, bool *null)
{
    const churn__arrow_cells *entries = &reader->columns[field].entries;

    *null = entry >= entries->rows || churn__arrow_cell_null(entries, entry);
    return *null ? (churn_str){NULL, 0} : text_at(entries, entry);
}
