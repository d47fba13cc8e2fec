/* SPDX-License-Identifier: MIT */
#include "arrow/inside.h"

#include <errno.h>

#include "table/table.h"

/*
 * Stream, schemas and arrays each hold the table, so they may be released in any order and from any
 * thread; a child holds it too, since a consumer may move it out and release its parent. Nothing
 * that is exported is ever written to again.
 */

typedef struct stream_data {
    churn_table *table;
    uint64_t row;       /* the next one to give */
    int64_t text_bytes; /* of one column in one batch */
    const char *message;
} stream_data;

typedef struct schema_data {
    churn_table *table;
    struct ArrowSchema *children;
    struct ArrowSchema **child_list;
    size_t child_count;
} schema_data;

typedef struct array_data {
    churn_table *table;
    const void *buffers[3];
    int32_t *offsets; /* of text: the table has them in 64 bits */
    size_t offset_count;
    struct ArrowArray *children;
    struct ArrowArray **child_list;
    size_t child_count;
} array_data;

/* ---- schema ---- */

static const char *column_format(churn_column_type type)
{
    switch (type) {
    case CHURN_COLUMN_BOOL:
        return "b";
    case CHURN_COLUMN_INT:
        return "l";
    case CHURN_COLUMN_DOUBLE:
        return "g";
    case CHURN_COLUMN_TIME:
        return "tsu:UTC";
    case CHURN_COLUMN_DURATION:
        return "tDn";
    default:
        return "u";
    }
}

static void release_schema(struct ArrowSchema *schema)
{
    schema_data *data = schema->private_data;
    churn_table *table = data->table;
    churn__heap *heap = churn__table_heap(table);

    for (size_t i = 0; data->children != NULL && i < data->child_count; i++) {
        if (data->children[i].release != NULL) {
            data->children[i].release(&data->children[i]);
        }
    }
    churn__free_array(heap, data->children, data->child_count, sizeof *data->children);
    churn__free_array(heap, data->child_list, data->child_count, sizeof *data->child_list);
    churn__free(heap, data, sizeof *data);
    schema->release = NULL;
    churn__live_add(-1);
    churn_table_free(table);
}

static bool make_schema(const churn_table *table, const char *format, const char *name,
                        struct ArrowSchema *out)
{
    schema_data *data = churn__alloc_zero(churn__table_heap(table), sizeof *data);

    if (data == NULL) {
        return false;
    }
    data->table = churn__table_retain(table);
    *out = (struct ArrowSchema){.format = format,
                                .name = name,
                                .flags = ARROW_FLAG_NULLABLE,
                                .release = release_schema,
                                .private_data = data};
    churn__live_add(1);
    return true;
}

static bool make_schema_children(struct ArrowSchema *schema)
{
    schema_data *data = schema->private_data;
    const churn_table *table = data->table;
    churn__heap *heap = churn__table_heap(table);
    size_t count = churn_table_column_count(table);

    data->children = churn__alloc_array_zero(heap, count, sizeof *data->children);
    data->child_list = churn__alloc_array_zero(heap, count, sizeof *data->child_list);
    data->child_count = count;
    if (data->children == NULL || data->child_list == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        data->child_list[i] = &data->children[i];
        if (!make_schema(table, column_format(churn_table_column_type(table, i)),
                         churn_table_column_name(table, i), &data->children[i])) {
            return false;
        }
    }
    schema->n_children = (int64_t)count;
    schema->children = data->child_list;
    return true;
}

/* ---- arrays ---- */

static void release_array(struct ArrowArray *array)
{
    array_data *data = array->private_data;
    churn_table *table = data->table;
    churn__heap *heap = churn__table_heap(table);

    for (size_t i = 0; data->children != NULL && i < data->child_count; i++) {
        if (data->children[i].release != NULL) {
            data->children[i].release(&data->children[i]);
        }
    }
    churn__free_array(heap, data->children, data->child_count, sizeof *data->children);
    churn__free_array(heap, data->child_list, data->child_count, sizeof *data->child_list);
    churn__free_array(heap, data->offsets, data->offset_count, sizeof *data->offsets);
    churn__free(heap, data, sizeof *data);
    array->release = NULL;
    churn__live_add(-1);
    churn_table_free(table);
}

static bool make_array(const churn_table *table, uint64_t rows, struct ArrowArray *out)
{
    array_data *data = churn__alloc_zero(churn__table_heap(table), sizeof *data);

    if (data == NULL) {
        return false;
    }
    data->table = churn__table_retain(table);
    *out = (struct ArrowArray){.length = (int64_t)rows,
                               .n_buffers = 1,
                               .buffers = data->buffers,
                               .release = release_array,
                               .private_data = data};
    churn__live_add(1);
    return true;
}

/* Offsets of rows [from, from + rows) in 32 bits, counted from the first of them; the array's own
 * offset (`skip`) holds for this buffer as well. */
static bool narrow_offsets(array_data *data, const int64_t *ends, uint64_t from, uint64_t rows,
                           size_t skip)
{
    churn__heap *heap = churn__table_heap(data->table);

    data->offset_count = skip + (size_t)rows + 1;
    data->offsets = churn__alloc_array_zero(heap, data->offset_count, sizeof *data->offsets);
    if (data->offsets == NULL) {
        return false;
    }
    for (uint64_t i = 0; i <= rows; i++) {
        data->offsets[skip + i] = (int32_t)(ends[from + i] - ends[from]);
    }
    return true;
}

static bool make_column(const churn_table *table, uint32_t column, uint64_t from, uint64_t rows,
                        struct ArrowArray *out)
{
    churn_column_type type = churn_table_column_type(table, column);
    const uint8_t *valid = churn_table_column_valid(table, column);
    const uint8_t *values = churn_table_column_data(table, column);
    /* Bitmaps can only be cut between bytes: the rest is the array's offset. */
    size_t skip = from % 8;
    array_data *data;

    if (!make_array(table, rows, out)) {
        return false;
    }
    data = out->private_data;
    out->offset = (int64_t)skip;
    out->n_buffers = type == CHURN_COLUMN_STRING ? 3 : 2;
    if (valid != NULL) {
        data->buffers[0] = valid + from / 8;
        out->null_count = (int64_t)(rows - churn__bits_count(valid, (size_t)from, (size_t)rows));
    }
    if (type == CHURN_COLUMN_BOOL) {
        data->buffers[1] = values + from / 8;
    } else if (type != CHURN_COLUMN_STRING) {
        data->buffers[1] = values + (from - skip) * 8;
    } else {
        const int64_t *ends = churn_table_column_data(table, column);
        data->buffers[2] = churn_table_column_bytes(table, column) + ends[from];
        if (!narrow_offsets(data, ends, from, rows, skip)) {
            return false;
        }
        data->buffers[1] = data->offsets;
    }
    return true;
}

static bool make_array_children(struct ArrowArray *array, uint64_t from, uint64_t rows)
{
    array_data *data = array->private_data;
    churn__heap *heap = churn__table_heap(data->table);
    size_t count = churn_table_column_count(data->table);

    data->children = churn__alloc_array_zero(heap, count, sizeof *data->children);
    data->child_list = churn__alloc_array_zero(heap, count, sizeof *data->child_list);
    data->child_count = count;
    if (data->children == NULL || data->child_list == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        data->child_list[i] = &data->children[i];
        if (!make_column(data->table, i, from, rows, &data->children[i])) {
            return false;
        }
    }
    array->n_children = (int64_t)count;
    array->children = data->child_list;
    return true;
}

/* ---- stream ---- */

static int stream_fails(stream_data *data, int code, const char *message)
{
    data->message = message;
    return code;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    stream_data *data = stream->private_data;

    memset(out, 0, sizeof *out);
    if (!make_schema(data->table, "+s", "", out)) {
        return stream_fails(data, ENOMEM, "out of memory");
    }
    out->flags = 0;
    if (!make_schema_children(out)) {
        out->release(out);
        return stream_fails(data, ENOMEM, "out of memory");
    }
    return 0;
}

/* How many of `rows` rows from `from` on have at most `limit` bytes: bisection, since offsets
 * ascend. */
static uint64_t rows_within(const int64_t *ends, uint64_t from, uint64_t rows, int64_t limit)
{
    uint64_t fits = 0, over = rows + 1;

    if (ends[from + rows] - ends[from] <= limit) {
        return rows;
    }
    while (over - fits > 1) {
        uint64_t middle = fits + (over - fits) / 2;
        if (ends[from + middle] - ends[from] <= limit) {
            fits = middle;
        } else {
            over = middle;
        }
    }
    return fits;
}

static uint64_t batch_rows(const stream_data *data)
{
    const churn_table *table = data->table;
    uint64_t rows = churn_table_row_count(table) - data->row;

    for (uint32_t i = 0; i < churn_table_column_count(table); i++) {
        if (churn_table_column_type(table, i) == CHURN_COLUMN_STRING) {
            rows =
                rows_within(churn_table_column_data(table, i), data->row, rows, data->text_bytes);
        }
    }
    return rows;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    stream_data *data = stream->private_data;
    uint64_t rows;

    memset(out, 0, sizeof *out);
    if (data->row == churn_table_row_count(data->table)) {
        return 0;
    }
    rows = batch_rows(data);
    if (rows == 0) {
        return stream_fails(data, EOVERFLOW, "a text is too long for 32-bit offsets");
    }
    if (!make_array(data->table, rows, out)) {
        return stream_fails(data, ENOMEM, "out of memory");
    }
    if (!make_array_children(out, data->row, rows)) {
        out->release(out);
        return stream_fails(data, ENOMEM, "out of memory");
    }
    data->row += rows;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    return ((const stream_data *)stream->private_data)->message;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream_data *data = stream->private_data;
    churn_table *table = data->table;

    churn__free(churn__table_heap(table), data, sizeof *data);
    stream->release = NULL;
    churn__live_add(-1);
    churn_table_free(table);
}

churn_status churn__arrow_export(const churn_table *table, int64_t text_bytes,
                                 struct ArrowArrayStream *out, churn_error *err)
{
    churn__heap *heap = churn__table_heap(table);
    stream_data *data = NULL;

    /* Text is laid out when it is asked for first: now, where there is a way to say that there is
     * no memory. */
    for (uint32_t i = 0; i < churn_table_column_count(table); i++) {
        if (churn_table_column_data(table, i) == NULL) {
            return churn__fail_memory(err, heap);
        }
    }
    data = churn__alloc_zero(heap, sizeof *data);
    if (data == NULL) {
        return churn__fail_memory(err, heap);
    }
    data->table = churn__table_retain(table);
    data->text_bytes = text_bytes;
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release_stream,
                                     .private_data = data};
    churn__live_add(1);
    return CHURN_OK;
}
