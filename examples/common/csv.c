/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char no_memory[] = "out of memory";

/* One column: bytes and offsets of a text column, or values of a number column. */
typedef struct column {
    char *name;
    bool number;
    char *bytes;
    size_t size, capacity;
    int32_t *offsets;
    double *values;
    uint8_t *valid;
    int64_t nulls;
    const void *buffers[3];
} column;

typedef struct csv_file {
    column *columns;
    size_t column_count;
    size_t row_count, row_capacity;
    bool taken; /* the columns were handed out */
} csv_file;

/* Where the reader is. */
typedef struct cursor {
    const char *at, *end;
    size_t line;
    char *field; /* the field read last, without its quotes */
    size_t length, capacity;
    bool last; /* it was the last one of its row */
} cursor;

/* ---- memory ---- */

/* Free what an array takes over; the name stays with the file. */
static void free_column(column *c)
{
    free(c->bytes);
    free(c->offsets);
    free(c->values);
    free(c->valid);
}

static void free_file(csv_file *file)
{
    for (size_t i = 0; i < file->column_count; i++) {
        free(file->columns[i].name);
        if (!file->taken)
            free_column(&file->columns[i]);
    }
    free(file->columns);
    free(file);
}

/* Resize `*memory`, which is a pointer of any type. */
static bool grow(void *memory, size_t count, size_t each)
{
    void *old = NULL;
    memcpy(&old, memory, sizeof old);
    void *bigger = realloc(old, (count ? count : 1) * each);
    if (bigger)
        memcpy(memory, &bigger, sizeof bigger);
    return bigger != NULL;
}

static bool grow_rows(csv_file *file)
{
    if (file->row_count < file->row_capacity)
        return true;
    size_t rows = file->row_capacity ? file->row_capacity * 2 : 256;
    for (size_t i = 0; i < file->column_count; i++) {
        column *c = &file->columns[i];
        size_t old = (file->row_capacity + 7) / 8;
        if (!grow(&c->offsets, rows + 1, sizeof *c->offsets) ||
            !grow(&c->values, c->number ? rows : 1, sizeof *c->values) ||
            !grow(&c->valid, (rows + 7) / 8, 1))
            return false;
        memset(c->valid + old, 0, (rows + 7) / 8 - old);
        if (file->row_capacity == 0)
            c->offsets[0] = 0;
    }
    file->row_capacity = rows;
    return true;
}

/* ---- reading ---- */

static bool add_char(cursor *in, char c)
{
    if (in->length + 1 >= in->capacity) {
        size_t capacity = in->capacity ? in->capacity * 2 : 256;
        if (!grow(&in->field, capacity, 1))
            return false;
        in->capacity = capacity;
    }
    in->field[in->length++] = c;
    in->field[in->length] = '\0';
    return true;
}

/* The inside of a quoted field, up to and with its closing quote. */
static const char *read_quoted(cursor *in)
{
    for (in->at++; in->at < in->end; in->at++) {
        if (*in->at == '"') {
            if (in->at + 1 == in->end || in->at[1] != '"') {
                in->at++;
                return NULL;
            }
            in->at++;
        }
        in->line += *in->at == '\n';
        if (!add_char(in, *in->at))
            return no_memory;
    }
    return "a quote is not closed";
}

static bool at_line_end(const cursor *in)
{
    return in->at == in->end || *in->at == '\n' ||
           (*in->at == '\r' && (in->at + 1 == in->end || in->at[1] == '\n'));
}

static const char *read_plain(cursor *in)
{
    while (!at_line_end(in) && *in->at != ',') {
        if (!add_char(in, *in->at++))
            return no_memory;
    }
    return NULL;
}

static void skip_line_end(cursor *in)
{
    if (in->at < in->end && *in->at == '\r')
        in->at++;
    if (in->at < in->end && *in->at == '\n')
        in->at++;
    in->line++;
}

static void skip_empty_lines(cursor *in)
{
    while (in->at < in->end && at_line_end(in))
        skip_line_end(in);
}

/* Read one field and the comma or line end behind it. */
static const char *read_field(cursor *in)
{
    in->length = 0;
    in->field[0] = '\0';
    const char *why = in->at < in->end && *in->at == '"' ? read_quoted(in) : read_plain(in);
    if (why)
        return why;
    in->last = at_line_end(in);
    if (in->last)
        skip_line_end(in);
    else if (*in->at++ != ',')
        return "there is text after a closing quote";
    return NULL;
}

static const char *add_column(csv_file *file, const cursor *in, csv_is_number is_number,
                              void *context)
{
    if (!grow(&file->columns, file->column_count + 1, sizeof *file->columns))
        return no_memory;
    column *c = &file->columns[file->column_count++];
    *c = (column){.name = malloc(in->length + 1)};
    if (!c->name)
        return no_memory;
    memcpy(c->name, in->field, in->length + 1);
    c->number = is_number && is_number(context, c->name);
    return NULL;
}

static const char *read_header(csv_file *file, cursor *in, csv_is_number is_number, void *context)
{
    skip_empty_lines(in);
    if (in->at == in->end)
        return "there is no row with the names of the columns";
    do {
        const char *why = read_field(in);
        if (!why)
            why = add_column(file, in, is_number, context);
        if (why)
            return why;
    } while (!in->last);
    return grow_rows(file) ? NULL : no_memory;
}

static const char *store_text(column *c, size_t row, const cursor *in)
{
    if (in->length > INT32_MAX - c->size)
        return "a column has more than 2 GiB of text";
    if (c->size + in->length > c->capacity) {
        size_t capacity = 2 * c->capacity + in->length + 64;
        if (!grow(&c->bytes, capacity, 1))
            return no_memory;
        c->capacity = capacity;
    }
    if (in->length)
        memcpy(c->bytes + c->size, in->field, in->length);
    c->size += in->length;
    c->offsets[row + 1] = (int32_t)c->size;
    return NULL;
}

static const char *store_number(column *c, size_t row, const cursor *in)
{
    char *end = in->field;
    c->values[row] = in->length ? strtod(in->field, &end) : 0;
    return *end ? "a column of numbers holds something else" : NULL;
}

static const char *read_row(csv_file *file, cursor *in)
{
    if (!grow_rows(file))
        return no_memory;
    size_t row = file->row_count;
    for (size_t i = 0; i < file->column_count; i++) {
        column *c = &file->columns[i];
        const char *why = read_field(in);
        if (!why)
            why = c->number ? store_number(c, row, in) : store_text(c, row, in);
        if (why)
            return why;
        if (in->last != (i + 1 == file->column_count))
            return "a row has another number of fields than the first one";
        if (in->length)
            c->valid[row / 8] = (uint8_t)(c->valid[row / 8] | 1u << row % 8);
        else
            c->nulls++;
    }
    file->row_count++;
    return NULL;
}

/* Read everything; `line` is where the row with the fault begins. */
static const char *read_rows(csv_file *file, cursor *in, csv_is_number is_number, void *context,
                             size_t *line)
{
    in->field = malloc(256);
    in->capacity = 256;
    if (!in->field)
        return no_memory;
    if (in->end - in->at >= 3 && memcmp(in->at, "\xEF\xBB\xBF", 3) == 0)
        in->at += 3; /* a byte order mark, as spreadsheets write it */
    const char *why = read_header(file, in, is_number, context);
    while (!why) {
        skip_empty_lines(in);
        *line = in->line;
        if (in->at == in->end)
            break;
        why = read_row(file, in);
    }
    return why;
}

static char *read_bytes(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    char *bytes = NULL;
    size_t capacity = 0, got = 1;
    bool ok = in != NULL;
    *size = 0;
    while (ok && got) {
        if (*size == capacity) {
            capacity = 2 * capacity + 65536;
            ok = grow(&bytes, capacity, 1);
        }
        got = ok ? fread(bytes + *size, 1, capacity - *size, in) : 0;
        *size += got;
    }
    ok = ok && !ferror(in);
    int reason = errno;
    if (in)
        fclose(in);
    if (!ok) {
        free(bytes);
        bytes = NULL;
    }
    errno = reason;
    return bytes;
}

/* ---- as an Arrow stream ---- */

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i] && schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    free(schema->private_data); /* its name */
    schema->release = NULL;
}

static int fill_schema_child(struct ArrowSchema *child, const column *c)
{
    size_t length = strlen(c->name) + 1;
    char *name = malloc(length);
    if (!name)
        return ENOMEM;
    memcpy(name, c->name, length);
    *child = (struct ArrowSchema){.format = c->number ? "g" : "u",
                                  .name = name,
                                  .flags = ARROW_FLAG_NULLABLE,
                                  .release = release_schema,
                                  .private_data = name};
    return 0;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const csv_file *file = stream->private_data;
    *out = (struct ArrowSchema){.format = "+s", .name = "", .release = release_schema};
    out->children = calloc(file->column_count, sizeof *out->children);
    if (!out->children) {
        out->release = NULL;
        return ENOMEM;
    }
    for (size_t i = 0; i < file->column_count; i++) {
        struct ArrowSchema *child = calloc(1, sizeof *child);
        out->children[i] = child;
        out->n_children++;
        if (!child || fill_schema_child(child, &file->columns[i])) {
            release_schema(out);
            return ENOMEM;
        }
    }
    return 0;
}

static void release_column(struct ArrowArray *array)
{
    free_column(array->private_data);
    free(array->private_data);
    array->release = NULL;
}

static void release_batch(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    free(array->children);
    free(array->private_data); /* its one buffer, which is NULL */
    array->release = NULL;
}

/* Make the array of one column, which owns a copy of the struct and what it points to. */
static struct ArrowArray *make_column_array(const csv_file *file, const column *source)
{
    struct ArrowArray *array = calloc(1, sizeof *array);
    column *c = malloc(sizeof *c);
    if (!array || !c) {
        free(array);
        free(c);
        return NULL;
    }
    *c = *source;
    c->buffers[0] = c->valid;
    c->buffers[1] = c->number ? (const void *)c->values : (const void *)c->offsets;
    c->buffers[2] = c->bytes ? c->bytes : "";
    *array = (struct ArrowArray){.length = (int64_t)file->row_count,
                                 .null_count = c->nulls,
                                 .n_buffers = c->number ? 2 : 3,
                                 .buffers = c->buffers,
                                 .release = release_column,
                                 .private_data = c};
    return array;
}

/* Free arrays that could not be completed; the columns still belong to the file. */
static void drop_arrays(struct ArrowArray **children, size_t count)
{
    for (size_t i = 0; children && i < count; i++) {
        if (children[i])
            free(children[i]->private_data);
        free(children[i]);
    }
    free(children);
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    csv_file *file = stream->private_data;
    *out = (struct ArrowArray){0};
    if (file->taken)
        return 0;
    struct ArrowArray **children = calloc(file->column_count, sizeof *children);
    const void **buffers = calloc(1, sizeof *buffers);
    bool ok = children && buffers;
    for (size_t i = 0; ok && i < file->column_count; i++) {
        children[i] = make_column_array(file, &file->columns[i]);
        ok = children[i] != NULL;
    }
    if (!ok) {
        drop_arrays(children, file->column_count);
        free(buffers);
        return ENOMEM;
    }
    *out = (struct ArrowArray){.length = (int64_t)file->row_count,
                               .n_buffers = 1,
                               .n_children = (int64_t)file->column_count,
                               .buffers = buffers,
                               .children = children,
                               .release = release_batch,
                               .private_data = buffers};
    file->taken = true;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return no_memory; /* the one thing that can go wrong once the file was read */
}

static void release_stream(struct ArrowArrayStream *stream)
{
    free_file(stream->private_data);
    stream->release = NULL;
}

const char *csv_open_stream(const char *path, csv_is_number is_number, void *context,
                            struct ArrowArrayStream *out, char *message, size_t size)
{
    size_t length = 0;
    char *bytes = read_bytes(path, &length);
    if (!bytes) {
        snprintf(message, size, "%s: %s", path, strerror(errno));
        return message;
    }
    csv_file *file = calloc(1, sizeof *file);
    cursor in = {.at = bytes, .end = bytes + length, .line = 1};
    size_t line = 1;
    const char *why = file ? read_rows(file, &in, is_number, context, &line) : no_memory;
    free(bytes);
    free(in.field);
    if (why) {
        snprintf(message, size, "%s:%zu: %s", path, line, why);
        if (file)
            free_file(file);
        return message;
    }
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = get_last_error,
                                     .release = release_stream,
                                     .private_data = file};
    return NULL;
}
