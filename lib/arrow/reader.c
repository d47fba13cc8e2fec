/* SPDX-License-Identifier: MIT */
#include "arrow/inside.h"

#include <errno.h>

#include "base/checked.h"

static const churn_str no_text = {"", 0};

/* The stream's own words; they are somebody else's bytes, so looked at before they are shown. */
static const char *stream_words(struct ArrowArrayStream *stream)
{
    const char *words = stream->get_last_error != NULL ? stream->get_last_error(stream) : NULL;

    if (words == NULL || words[0] == '\0') {
        return "it gives no reason";
    }
    return churn__utf8_fault(words, strlen(words)) == SIZE_MAX ? words : "its reason is not UTF-8";
}

static churn_status stream_failed(struct ArrowArrayStream *stream, int code, const char *what,
                                  churn_error *err)
{
    return churn__fail(err, code == ENOMEM ? CHURN_E_NOMEM : CHURN_E_IO, 0,
                       "Arrow stream: cannot read the %s: %s", what, stream_words(stream));
}

static churn_status field_faulty(uint32_t number, const char *why, churn_error *err)
{
    return churn__fail(err, CHURN_E_CORRUPT, 0, "Arrow schema: field %u: %s", (uint64_t)number,
                       why);
}

static churn_status check_field(const struct ArrowSchema *field, uint32_t number, churn_error *err)
{
    if (field == NULL || field->release == NULL) {
        return field_faulty(number, "missing or released", err);
    }
    if (field->format == NULL || (field->dictionary != NULL && field->dictionary->format == NULL)) {
        return field_faulty(number, "no format", err);
    }
    if (field->dictionary != NULL && field->dictionary->release == NULL) {
        return field_faulty(number, "its dictionary was released", err);
    }
    if (field->name != NULL && churn__utf8_fault(field->name, strlen(field->name)) != SIZE_MAX) {
        return churn__fail(err, CHURN_E_UTF8, 0, "Arrow schema: name of field %u: not UTF-8",
                           (uint64_t)number);
    }
    return CHURN_OK;
}

static void read_plain(const struct ArrowSchema *schema, churn__arrow_column *column)
{
    if (!churn__arrow_parse_format(schema->format, &column->type)) {
        column->unsupported = schema->format;
    }
}

static void read_encoded(const struct ArrowSchema *schema, churn__arrow_column *column)
{
    const struct ArrowSchema *values = schema->dictionary;

    column->encoded = true;
    if (!churn__arrow_parse_format(schema->format, &column->index_type) ||
        column->index_type.kind != CHURN__ARROW_INT) {
        column->unsupported = schema->format;
    } else if (values->dictionary != NULL ||
               !churn__arrow_parse_format(values->format, &column->type)) {
        column->unsupported = values->format;
    }
}

static void read_field(const struct ArrowSchema *schema, churn__arrow_column *column)
{
    if (schema->dictionary != NULL) {
        read_encoded(schema, column);
    } else {
        read_plain(schema, column);
    }
    if (column->unsupported != NULL) {
        column->encoded = false;
        column->type = (churn__arrow_type){.layout = CHURN__LAYOUT_NULL, .times = 1, .over = 1};
    }
    column->field.name = schema->name != NULL ? churn__str_nts(schema->name) : no_text;
    column->field.kind = column->type.kind;
    column->field.scale = column->type.scale;
}

static churn_status check_schema(const struct ArrowSchema *schema, churn_error *err)
{
    churn_status st = CHURN_OK;

    if (schema->release == NULL || schema->format == NULL) {
        CHURN_FAIL(CHURN_E_CORRUPT, 0, "Arrow stream: its schema is empty");
    }
    if (strcmp(schema->format, "+s") != 0 || schema->dictionary != NULL) {
        CHURN_FAIL(CHURN_E_TYPE, 0, "Arrow stream: its rows are no records (struct)");
    }
    if (schema->n_children < 0 || schema->n_children >= UINT32_MAX ||
        (schema->n_children > 0 && schema->children == NULL)) {
        CHURN_FAIL(CHURN_E_CORRUPT, 0, "Arrow schema: its number of fields is %d",
                   schema->n_children);
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        CHURN_TRY(check_field(schema->children[i], (uint32_t)i, err));
    }
done:
    return st;
}

/* ---- a record that is read as columns ---- */

static bool is_record(const churn__arrow_reader *reader, const struct ArrowSchema *field)
{
    return reader->record.ptr != NULL && field->name != NULL && field->dictionary == NULL &&
           strcmp(field->format, "+s") == 0 &&
           churn__str_eq(churn__str_nts(field->name), reader->record);
}

static churn_status check_record(const struct ArrowSchema *record, uint32_t number,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;

    if (record->n_children < 0 || record->n_children >= UINT32_MAX ||
        (record->n_children > 0 && record->children == NULL)) {
        CHURN_TRY(field_faulty(number, "its number of children is out of range", err));
    }
    for (int64_t i = 0; i < record->n_children; i++) {
        CHURN_TRY(check_field(record->children[i], number, err));
    }
done:
    return st;
}

/* How many columns there are, and how long the names of those inside of a record. */
static churn_status measure(churn__arrow_reader *reader, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint64_t count = 0;

    for (int64_t i = 0; i < reader->schema.n_children; i++) {
        const struct ArrowSchema *field = reader->schema.children[i];
        if (!is_record(reader, field)) {
            count++;
            continue;
        }
        CHURN_TRY(check_record(field, (uint32_t)i, err));
        count += (uint64_t)field->n_children;
        for (int64_t j = 0; j < field->n_children; j++) {
            const char *name = field->children[j]->name;
            reader->name_bytes += reader->record.len + 2 + (name == NULL ? 0 : strlen(name));
        }
    }
    if (count >= UINT32_MAX) {
        CHURN_FAIL(CHURN_E_LIMIT, 0, "Arrow schema: too many fields");
    }
    reader->column_count = (uint32_t)count;
done:
    return st;
}

/* "<record>.<child>" into the names; NUL-terminated. */
static char *join_name(const churn__arrow_reader *reader, char *at, churn_str child)
{
    churn_str record = reader->record;
    memcpy(at, record.ptr, record.len);
    at[record.len] = '.';
    memcpy(at + record.len + 1, child.ptr, child.len);
    at[record.len + 1 + child.len] = '\0';
    return at + record.len + 2 + child.len;
}

static void read_record(const struct ArrowSchema *record, const churn__arrow_reader *reader,
                        churn__arrow_column *columns, char **names)
{
    for (int64_t i = 0; i < record->n_children; i++) {
        churn__arrow_column *column = &columns[i];
        char *name = *names;
        read_field(record->children[i], column);
        *names = join_name(reader, name, column->field.name);
        column->field.name = (churn_str){name, (size_t)(*names - name) - 1};
        column->child = (uint32_t)i;
    }
}

static void read_fields(churn__arrow_reader *reader)
{
    const struct ArrowSchema *schema = &reader->schema;
    churn__arrow_column *at = reader->columns;
    char *names = reader->names;

    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *field = schema->children[i];
        churn__arrow_column *first = at;
        if (is_record(reader, field)) {
            read_record(field, reader, at, &names);
            at += field->n_children;
        } else {
            read_field(field, at);
            at++->child = CHURN__NOT_NESTED;
        }
        for (; first < at; first++) {
            first->parent = (uint32_t)i;
        }
    }
}

static churn_status read_schema(churn__arrow_reader *reader, churn_error *err)
{
    churn_status st = CHURN_OK;
    const struct ArrowSchema *schema = &reader->schema;

    CHURN_TRY(check_schema(schema, err));
    CHURN_TRY(measure(reader, err));
    reader->columns =
        churn__alloc_array_zero(reader->heap, reader->column_count, sizeof *reader->columns);
    reader->names = churn__alloc(reader->heap, reader->name_bytes);
    if (reader->columns == NULL || reader->names == NULL) {
        CHURN_TRY(churn__fail_memory(err, reader->heap));
    }
    read_fields(reader);
done:
    return st;
}

churn_status churn__arrow_open(churn__heap *heap, struct ArrowArrayStream *stream,
                               churn__arrow_reader **out, churn_error *err)
{
    return churn__arrow_open_record(heap, stream, (churn_str){NULL, 0}, out, err);
}

churn_status churn__arrow_open_record(churn__heap *heap, struct ArrowArrayStream *stream,
                                      churn_str record, churn__arrow_reader **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arrow_reader *reader = NULL;
    int code;

    *out = NULL;
    if (stream == NULL || stream->release == NULL || stream->get_schema == NULL ||
        stream->get_next == NULL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "Arrow stream: NULL, or released already");
    }
    reader = churn__alloc_zero(heap, sizeof *reader);
    if (reader == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    reader->heap = churn__heap_retain(heap);
    reader->record = record;
    code = stream->get_schema(stream, &reader->schema);
    if (code != 0) {
        reader->schema.release = NULL;
        CHURN_TRY(stream_failed(stream, code, "schema", err));
    }
    CHURN_TRY(read_schema(reader, err));
    reader->stream = *stream;
    stream->release = NULL;
    *out = reader;
    reader = NULL;
done:
    churn__arrow_close(reader);
    return st;
}

static void drop_batch(churn__arrow_reader *reader)
{
    if (reader->batch.release != NULL) {
        reader->rows_before += (uint64_t)reader->batch.length;
        reader->batch.release(&reader->batch);
        reader->batch.release = NULL;
    }
}

void churn__arrow_close(churn__arrow_reader *reader)
{
    churn__heap *heap = NULL;

    if (reader == NULL) {
        return;
    }
    heap = reader->heap;
    drop_batch(reader);
    if (reader->schema.release != NULL) {
        reader->schema.release(&reader->schema);
    }
    if (reader->stream.release != NULL) {
        reader->stream.release(&reader->stream);
    }
    churn__free_array(heap, reader->columns, reader->column_count, sizeof *reader->columns);
    churn__free(heap, reader->names, reader->name_bytes);
    churn__free(heap, reader, sizeof *reader);
    churn__heap_release(heap);
}

churn_status churn__arrow_next(churn__arrow_reader *reader, uint64_t *rows, bool *end,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    int code;

    *rows = 0;
    *end = false;
    drop_batch(reader);
    if (reader->ended) {
        *end = true;
        goto done;
    }
    code = reader->stream.get_next(&reader->stream, &reader->batch);
    if (code != 0) {
        reader->batch.release = NULL;
        CHURN_TRY(stream_failed(&reader->stream, code, "next batch", err));
    }
    if (reader->batch.release == NULL) {
        reader->ended = true;
        *end = true;
        goto done;
    }
    CHURN_TRY(churn__arrow_check_batch(reader, err));
    *rows = (uint64_t)reader->batch.length;
done:
    if (st != CHURN_OK) {
        reader->ended = true;
        drop_batch(reader);
    }
    return st;
}

uint32_t churn__arrow_field_count(const churn__arrow_reader *reader)
{
    return reader->column_count;
}

const churn__arrow_field *churn__arrow_get_field(const churn__arrow_reader *reader, uint32_t i)
{
    return &reader->columns[i].field;
}

const char *churn__arrow_unsupported(const churn__arrow_reader *reader, uint32_t i)
{
    return reader->columns[i].unsupported;
}
