/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ARROW_INSIDE_H
#define CHURN_ARROW_INSIDE_H

/* What the files of this module share. */
#include "arrow/arrow.h"

#include "base/bits.h"

/* How the values of an array lie in memory. */
typedef enum churn__arrow_layout {
    CHURN__LAYOUT_NULL, /* no buffers; also what stands for types that are not supported */
    CHURN__LAYOUT_BOOL,
    CHURN__LAYOUT_I8,
    CHURN__LAYOUT_U8,
    CHURN__LAYOUT_I16,
    CHURN__LAYOUT_U16,
    CHURN__LAYOUT_I32,
    CHURN__LAYOUT_U32,
    CHURN__LAYOUT_I64,
    CHURN__LAYOUT_U64,
    CHURN__LAYOUT_F16,
    CHURN__LAYOUT_F32,
    CHURN__LAYOUT_F64,
    CHURN__LAYOUT_I128,
    CHURN__LAYOUT_TEXT32, /* int32 offsets into bytes */
    CHURN__LAYOUT_TEXT64,
    CHURN__LAYOUT_VIEW /* 16 bytes: length, then the text or prefix, buffer, offset */
} churn__arrow_layout;

/* What a format string says. */
typedef struct churn__arrow_type {
    churn__arrow_layout layout;
    churn__arrow_kind kind;
    int32_t scale;
    /* A time is floor(stored * times / over): microseconds, or days of a date. A
     * duration is stored * times: nanoseconds. */
    int64_t times, over;
} churn__arrow_type;

/* One array, ready to be read: row 0 is the first row of the batch whatever the offsets. */
typedef struct churn__arrow_cells {
    churn__arrow_type type;
    const uint8_t *valid; /* NULL: nothing is null */
    const uint8_t *outer; /* the same of the struct that holds the column */
    const uint8_t *inner; /* and of the one between the two, where a record is read as columns */
    uint64_t valid_bit, outer_bit, inner_bit, value_bit;
    const uint8_t *data;        /* values, offsets or views; bits begin at value_bit */
    const char *bytes;          /* of text */
    const void *const *buffers; /* of views */
    uint64_t rows;
} churn__arrow_cells;

typedef struct churn__arrow_column {
    churn__arrow_field field;
    const char *unsupported;
    churn__arrow_type type; /* of the values */
    churn__arrow_type index_type;
    bool encoded;
    uint32_t parent, child; /* which array of a batch; CHURN__NOT_NESTED: the parent itself */
    /* of the current batch */
    churn__arrow_cells cells;   /* values, or indices where encoded */
    churn__arrow_cells entries; /* of the dictionary */
} churn__arrow_column;

#define CHURN__NOT_NESTED UINT32_MAX

struct churn__arrow_reader {
    churn__heap *heap;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    churn__arrow_column *columns;
    uint32_t column_count;
    churn_str record; /* the struct that is read as columns; {NULL, 0}: none */
    char *names;      /* of its children's columns */
    size_t name_bytes;
    uint64_t rows_before; /* in earlier batches, for messages */
    bool ended;
};

/* False: a type that we do not read. */
bool churn__arrow_parse_format(const char *format, churn__arrow_type *out);

/* Check the batch against the schema and itself and point the columns into it. */
churn_status churn__arrow_check_batch(churn__arrow_reader *reader, churn_error *err);

/* Unaligned buffers are legal, if frowned upon: every value is loaded through memcpy. */
#define CHURN__ARROW_LOAD(name, type)                          \
    static inline type name(const uint8_t *data, uint64_t i)   \
    {                                                          \
        type value;                                            \
        memcpy(&value, data + i * sizeof value, sizeof value); \
        return value;                                          \
    }

CHURN__ARROW_LOAD(churn__arrow_load_i8, int8_t)
CHURN__ARROW_LOAD(churn__arrow_load_i16, int16_t)
CHURN__ARROW_LOAD(churn__arrow_load_i32, int32_t)
CHURN__ARROW_LOAD(churn__arrow_load_i64, int64_t)
CHURN__ARROW_LOAD(churn__arrow_load_u16, uint16_t)
CHURN__ARROW_LOAD(churn__arrow_load_u32, uint32_t)
CHURN__ARROW_LOAD(churn__arrow_load_u64, uint64_t)
CHURN__ARROW_LOAD(churn__arrow_load_f32, float)
CHURN__ARROW_LOAD(churn__arrow_load_f64, double)

#undef CHURN__ARROW_LOAD

/* Of an integer layout; a uint64 comes as its bits. */
static inline int64_t churn__arrow_load_int(const churn__arrow_cells *cells, uint64_t row)
{
    switch (cells->type.layout) {
    case CHURN__LAYOUT_I8:
        return churn__arrow_load_i8(cells->data, row);
    case CHURN__LAYOUT_U8:
        return cells->data[row];
    case CHURN__LAYOUT_I16:
        return churn__arrow_load_i16(cells->data, row);
    case CHURN__LAYOUT_U16:
        return churn__arrow_load_u16(cells->data, row);
    case CHURN__LAYOUT_I32:
        return churn__arrow_load_i32(cells->data, row);
    case CHURN__LAYOUT_U32:
        return churn__arrow_load_u32(cells->data, row);
    case CHURN__LAYOUT_I64:
    case CHURN__LAYOUT_U64:
        return churn__arrow_load_i64(cells->data, row);
    default:
        return 0;
    }
}

static inline bool churn__arrow_cell_null(const churn__arrow_cells *cells, uint64_t row)
{
    return (cells->valid != NULL && !churn__bit_get(cells->valid, cells->valid_bit + row)) ||
           (cells->outer != NULL && !churn__bit_get(cells->outer, cells->outer_bit + row)) ||
           (cells->inner != NULL && !churn__bit_get(cells->inner, cells->inner_bit + row));
}

#endif
