/* SPDX-License-Identifier: MIT */
#include "arrow/inside.h"

/*
 * Arrays come as pointers without sizes, so their memory is the producer's word. All that they say
 * about themselves is checked: nothing after this has to look twice.
 */

/* An array being looked at, and what to call it. */
typedef struct look {
    churn_str name;   /* of the column */
    const char *part; /* "" or "dictionary of " */
    uint64_t row;     /* of the stream, at the window's first row; or CHURN_ROW_NONE */
    churn_error *err;
} look;

static churn_status faulty_row(const look *at, uint64_t row, const char *why)
{
    return churn__fail_at(at->err, CHURN_E_CORRUPT, 0, 0, 0, row, "Arrow batch: %scolumn %q: %s",
                          at->part, &at->name, why);
}

static churn_status faulty(const look *at, const char *why)
{
    return faulty_row(at, CHURN_ROW_NONE, why);
}

/* At a row of the window; the entries of a dictionary are no rows. */
static churn_status faulty_at(const look *at, uint64_t row, const char *why)
{
    return faulty_row(at, at->row == CHURN_ROW_NONE ? CHURN_ROW_NONE : at->row + row, why);
}

/* Bytes of one value; 0 where values have no fixed size. */
static uint64_t layout_width(churn__arrow_layout layout)
{
    switch (layout) {
    case CHURN__LAYOUT_I8:
    case CHURN__LAYOUT_U8:
        return 1;
    case CHURN__LAYOUT_I16:
    case CHURN__LAYOUT_U16:
    case CHURN__LAYOUT_F16:
        return 2;
    case CHURN__LAYOUT_I32:
    case CHURN__LAYOUT_U32:
    case CHURN__LAYOUT_F32:
    case CHURN__LAYOUT_TEXT32:
        return 4;
    case CHURN__LAYOUT_I64:
    case CHURN__LAYOUT_U64:
    case CHURN__LAYOUT_F64:
    case CHURN__LAYOUT_TEXT64:
        return 8;
    case CHURN__LAYOUT_I128:
    case CHURN__LAYOUT_VIEW:
        return 16;
    default:
        return 0;
    }
}

/* Views end with a buffer of sizes after any number of data buffers. Null arrays have no buffers,
 * though some producers give them an empty validity one. */
static bool buffers_fit(churn__arrow_layout layout, int64_t count)
{
    switch (layout) {
    case CHURN__LAYOUT_NULL:
        return count == 0 || count == 1;
    case CHURN__LAYOUT_TEXT32:
    case CHURN__LAYOUT_TEXT64:
        return count == 3;
    case CHURN__LAYOUT_VIEW:
        return count >= 3 && count <= INT64_C(3) + INT32_MAX;
    default:
        return count == 2;
    }
}

/* What every array must keep, whatever its type; rows [from, from + rows) must be there. */
static churn_status check_shape(const struct ArrowArray *array, uint64_t from, uint64_t rows,
                                const look *at)
{
    if (array == NULL || array->release == NULL) {
        return faulty(at, "missing or released");
    }
    if (array->length < 0 || array->offset < 0 ||
        array->offset > INT64_MAX / 16 - 1 - array->length) {
        return faulty(at, "length or offset out of range");
    }
    if (array->null_count < -1 || array->null_count > array->length) {
        return faulty(at, "its count of nulls is out of range");
    }
    if (from > (uint64_t)array->length || rows > (uint64_t)array->length - from) {
        return faulty(at, "shorter than its batch");
    }
    if (array->n_buffers < 0 || (array->n_buffers > 0 && array->buffers == NULL)) {
        return faulty(at, "no buffers");
    }
    return CHURN_OK;
}

/* The bitmap of a window, or NULL where it says that nothing is null. */
static const uint8_t *needed_bits(const void *bits, uint64_t from, uint64_t rows)
{
    if (bits == NULL || rows == 0 || churn__bits_count(bits, (size_t)from, (size_t)rows) == rows) {
        return NULL;
    }
    return bits;
}

static churn_status set_validity(const struct ArrowArray *array, uint64_t first, const look *at,
                                 churn__arrow_cells *cells)
{
    const void *bits = array->buffers[0];

    if (bits == NULL && array->null_count > 0) {
        return faulty(at, "it has nulls, but no validity buffer");
    }
    cells->valid = needed_bits(bits, first, cells->rows);
    cells->valid_bit = first;
    return CHURN_OK;
}

static churn_status set_values(const struct ArrowArray *array, uint64_t first, const look *at,
                               churn__arrow_cells *cells)
{
    const uint8_t *data = array->buffers[1];

    if (data == NULL) {
        return faulty(at, "no buffer of values");
    }
    if (cells->type.layout == CHURN__LAYOUT_BOOL) {
        cells->data = data;
        cells->value_bit = first;
    } else {
        cells->data = data + first * layout_width(cells->type.layout);
    }
    return CHURN_OK;
}

static int64_t text_offset(const churn__arrow_cells *cells, uint64_t i)
{
    return cells->type.layout == CHURN__LAYOUT_TEXT32 ? churn__arrow_load_i32(cells->data, i)
                                                      : churn__arrow_load_i64(cells->data, i);
}

static churn_status check_text(const struct ArrowArray *array, const look *at,
                               churn__arrow_cells *cells)
{
    int64_t first = text_offset(cells, 0), before = first;

    if (first < 0) {
        return faulty(at, "offsets begin below zero");
    }
    for (uint64_t row = 0; row < cells->rows; row++) {
        int64_t next = text_offset(cells, row + 1);
        if (next < before) {
            return faulty_at(at, row, "offsets go backwards");
        }
        before = next;
    }
    if (array->buffers[2] == NULL && before > first) {
        return faulty(at, "no buffer of text");
    }
    cells->bytes = array->buffers[2] != NULL ? array->buffers[2] : "";
    return CHURN_OK;
}

/* Where a view points, if it is longer than the 12 bytes that it holds itself. */
static bool view_fits(const struct ArrowArray *array, const uint8_t *view)
{
    const uint8_t *sizes = array->buffers[array->n_buffers - 1];
    int32_t length = churn__arrow_load_i32(view, 0);
    int32_t buffer = churn__arrow_load_i32(view, 2);
    int32_t offset = churn__arrow_load_i32(view, 3);

    if (length <= 12) {
        return length >= 0;
    }
    if (buffer < 0 || buffer >= array->n_buffers - 3 || offset < 0 || sizes == NULL) {
        return false;
    }
    return array->buffers[2 + buffer] != NULL &&
           churn__arrow_load_i64(sizes, (uint64_t)buffer) >= (int64_t)offset + length;
}

static churn_status check_views(const struct ArrowArray *array, const look *at,
                                churn__arrow_cells *cells)
{
    for (uint64_t row = 0; row < cells->rows; row++) {
        if (!churn__arrow_cell_null(cells, row) && !view_fits(array, cells->data + row * 16)) {
            return faulty_at(at, row, "a view points outside its buffers");
        }
    }
    cells->buffers = array->buffers + 2;
    return CHURN_OK;
}

/* Open rows [from, from + rows) of an array of a type. */
static churn_status open_array(const struct ArrowArray *array, uint64_t from, const look *at,
                               churn__arrow_cells *cells)
{
    churn_status st = CHURN_OK;
    uint64_t first;

    CHURN_TRY(check_shape(array, from, cells->rows, at));
    if (!buffers_fit(cells->type.layout, array->n_buffers)) {
        CHURN_TRY(faulty(at, "its number of buffers does not fit its type"));
    }
    if (cells->type.layout == CHURN__LAYOUT_NULL) {
        goto done;
    }
    first = (uint64_t)array->offset + from;
    CHURN_TRY(set_validity(array, first, at, cells));
    if (cells->rows == 0) {
        goto done;
    }
    CHURN_TRY(set_values(array, first, at, cells));
    if (cells->type.layout == CHURN__LAYOUT_TEXT32 || cells->type.layout == CHURN__LAYOUT_TEXT64) {
        CHURN_TRY(check_text(array, at, cells));
    } else if (cells->type.layout == CHURN__LAYOUT_VIEW) {
        CHURN_TRY(check_views(array, at, cells));
    }
done:
    return st;
}

/* Null slots may hold any index; the others must name an entry. */
static churn_status check_indices(const churn__arrow_column *column, const look *at)
{
    const churn__arrow_cells *cells = &column->cells;

    for (uint64_t row = 0; row < cells->rows; row++) {
        if ((uint64_t)churn__arrow_load_int(cells, row) >= column->entries.rows &&
            !churn__arrow_cell_null(cells, row)) {
            return faulty_at(at, row, "an index names no entry of the dictionary");
        }
    }
    return CHURN_OK;
}

static churn_status open_dictionary(const struct ArrowArray *array, const look *at,
                                    churn__arrow_column *column)
{
    churn_status st = CHURN_OK;
    look inner = *at;

    if (array->dictionary == NULL || array->dictionary->length < 0) {
        CHURN_TRY(faulty(at, "no dictionary"));
    }
    inner.part = "dictionary of ";
    inner.row = CHURN_ROW_NONE;
    column->entries =
        (churn__arrow_cells){.type = column->type, .rows = (uint64_t)array->dictionary->length};
    CHURN_TRY(open_array(array->dictionary, 0, &inner, &column->entries));
    CHURN_TRY(check_indices(column, at));
done:
    return st;
}

/* The child of a record that is read as columns: the record's own nulls are its nulls too. */
static churn_status open_record(const struct ArrowArray *record, const churn__arrow_column *column,
                                const look *at, uint64_t *from, churn__arrow_cells *cells,
                                const struct ArrowArray **child)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(check_shape(record, *from, cells->rows, at));
    if (record->n_buffers != 1 || record->dictionary != NULL ||
        record->n_children <= (int64_t)column->child || record->children == NULL) {
        CHURN_TRY(faulty(at, "its struct is not that of the schema"));
    }
    if (record->buffers[0] == NULL && record->null_count > 0) {
        CHURN_TRY(faulty(at, "its struct has nulls, but no validity buffer"));
    }
    *from += (uint64_t)record->offset;
    cells->inner_bit = *from;
    cells->inner = needed_bits(record->buffers[0], *from, cells->rows);
    *child = record->children[column->child];
done:
    return st;
}

static churn_status open_column(churn__arrow_reader *reader, const churn__arrow_cells *rows,
                                uint32_t number, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arrow_column *column = &reader->columns[number];
    const struct ArrowArray *array = reader->batch.children[column->parent];
    uint64_t from = (uint64_t)reader->batch.offset;
    look at = {.name = column->field.name, .part = "", .row = reader->rows_before, .err = err};

    column->cells = *rows;
    column->cells.type = column->encoded ? column->index_type : column->type;
    if (column->unsupported != NULL) {
        goto done;
    }
    if (column->child != CHURN__NOT_NESTED) {
        CHURN_TRY(open_record(array, column, &at, &from, &column->cells, &array));
    }
    CHURN_TRY(open_array(array, from, &at, &column->cells));
    if (column->encoded) {
        CHURN_TRY(open_dictionary(array, &at, column));
    }
done:
    return st;
}

static churn_status check_rows(const churn__arrow_reader *reader, churn_error *err)
{
    churn_status st = CHURN_OK;
    const struct ArrowArray *batch = &reader->batch;

    if (batch->length < 0 || batch->offset < 0 ||
        batch->offset > INT64_MAX / 16 - 1 - batch->length) {
        CHURN_FAIL(CHURN_E_CORRUPT, 0, "Arrow batch: length or offset out of range");
    }
    if (batch->null_count < -1 || batch->null_count > batch->length) {
        CHURN_FAIL(CHURN_E_CORRUPT, 0, "Arrow batch: its count of nulls is out of range");
    }
    if (batch->n_buffers != 1 || batch->buffers == NULL || batch->dictionary != NULL) {
        CHURN_FAIL(CHURN_E_CORRUPT, 0, "Arrow batch: its buffers are not those of records");
    }
    if (batch->buffers[0] == NULL && batch->null_count > 0) {
        CHURN_FAIL(CHURN_E_CORRUPT, 0, "Arrow batch: it has null rows, but no validity buffer");
    }
    if (batch->n_children != reader->schema.n_children ||
        (batch->n_children > 0 && batch->children == NULL)) {
        CHURN_FAIL(CHURN_E_CORRUPT, 0, "Arrow batch: %d columns where the schema has %u",
                   batch->n_children, (uint64_t)reader->schema.n_children);
    }
done:
    return st;
}

churn_status churn__arrow_check_batch(churn__arrow_reader *reader, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arrow_cells rows = {0};

    CHURN_TRY(check_rows(reader, err));
    /* A struct's own offset and nulls hold for its children as well. */
    rows.rows = (uint64_t)reader->batch.length;
    rows.outer_bit = (uint64_t)reader->batch.offset;
    rows.outer = needed_bits(reader->batch.buffers[0], rows.outer_bit, rows.rows);
    for (uint32_t i = 0; i < reader->column_count; i++) {
        CHURN_TRY(open_column(reader, &rows, i, err));
    }
done:
    return st;
}
