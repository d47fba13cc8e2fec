/* SPDX-License-Identifier: MIT */
#include "cshim.h"

#include <stdlib.h>
#include <string.h>

static churn_str optional(const char *text, size_t len)
{
    return (churn_str){len ? text : NULL, len};
}

churn_status churn_go_add_event(churn_store *store, const char *id, size_t id_len,
                                const char *customer, size_t customer_len, const char *type,
                                size_t type_len, churn_time at, churn_time known_at,
                                const char *user, size_t user_len, double value, churn_error *err)
{
    churn_event event = {.struct_size = sizeof event,
                         .id = optional(id, id_len),
                         .customer = optional(customer, customer_len),
                         .type = optional(type, type_len),
                         .at = at,
                         .known_at = known_at,
                         .user = optional(user, user_len),
                         .value = value};
    return churn_store_add_event(store, &event, err);
}

/* Values with pointers to their texts; those that are few need no memory. */
static void point_to_texts(churn_value *to, const churn_value *from, uint32_t count,
                           const char *bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
        if (from[i].type == CHURN_TYPE_STRING) {
            to[i].string.ptr = bytes;
            bytes += from[i].string.len;
        }
    }
}

churn_status churn_go_evaluate(const churn_expression *expression, const churn_value *values,
                               uint32_t count, const char *bytes, size_t size,
                               churn_outcome *outcome, churn_value *value, churn_error *err)
{
    enum { FEW = 16 };
    churn_value few[FEW], *all = few;
    if (count > FEW && !(all = calloc(count, sizeof *all)))
        return CHURN_E_NOMEM;
    point_to_texts(all, values, count, bytes);
    churn_value got = {0};
    churn_status status = churn_expression_evaluate(expression, all, count, outcome, &got, err);
    /* A pointer into Go's memory may not be left there. */
    uintptr_t at = (uintptr_t)got.string.ptr, begin = (uintptr_t)bytes;
    if (got.type == CHURN_TYPE_STRING && at >= begin && at - begin <= size) {
        got.integer = (int64_t)(at - begin);
        got.string.ptr = NULL;
    }
    *value = got;
    if (all != few)
        free(all);
    return status;
}

churn_status churn_go_evaluate_text(const churn_expression *expression, const churn_value *values,
                                    uint32_t count, const char *bytes, char *room, size_t size,
                                    size_t *needed, churn_outcome *outcome, churn_error *err)
{
    churn_value *all = calloc((size_t)count + 1, sizeof *all), got = {0};
    if (all == NULL)
        return CHURN_E_NOMEM;
    point_to_texts(all, values, count, bytes);
    churn_status status = churn_expression_evaluate_into(expression, all, count, room, size, needed,
                                                         outcome, &got, err);
    free(all);
    return status;
}

churn_status churn_go_explain(const churn_expression *expression, const churn_value *values,
                              uint32_t count, const char *bytes, churn_table **out,
                              churn_error *err)
{
    churn_value *all = calloc((size_t)count + 1, sizeof *all);
    if (all == NULL)
        return CHURN_E_NOMEM;
    point_to_texts(all, values, count, bytes);
    churn_status status = churn_expression_explain(expression, all, count, out, err);
    free(all);
    return status;
}

static churn_value expand(churn_go_value from, const char **bytes)
{
    churn_value to = {.type = from.type, .integer = from.bits};
    if (from.type == CHURN_TYPE_STRING) {
        to.string = (churn_str){*bytes, (size_t)from.bits};
        *bytes += from.bits;
    } else if (from.type == CHURN_TYPE_BOOL) {
        to.truth = (int32_t)from.bits;
    } else if (from.type == CHURN_TYPE_DOUBLE) {
        memcpy(&to.number, &from.bits, sizeof to.number);
    }
    return to;
}

int churn_go_try(const churn_expression *expression, const churn_go_value *values, uint32_t count,
                 const char *bytes, size_t size, churn_go_value *value)
{
    churn_value all[CHURN_GO_FEW], got = {0};
    churn_outcome outcome = CHURN_OUTCOME_ERROR;
    const char *next = bytes;
    for (uint32_t i = 0; i < count; i++)
        all[i] = expand(values[i], &next);
    if (churn_expression_evaluate(expression, all, count, &outcome, &got, NULL) != CHURN_OK ||
        outcome == CHURN_OUTCOME_ERROR)
        return 0;
    *value = (churn_go_value){.type = outcome == CHURN_OUTCOME_VALUE ? got.type : 0};
    if (value->type == CHURN_TYPE_STRING) {
        uintptr_t at = (uintptr_t)got.string.ptr, begin = (uintptr_t)bytes;
        if (at < begin || at - begin > size || got.string.len > INT32_MAX)
            return 0; /* text of the expression itself */
        value->bits = (int64_t)(at - begin);
        value->reserved = (int32_t)got.string.len;
    } else if (value->type == CHURN_TYPE_DOUBLE) {
        memcpy(&value->bits, &got.number, sizeof got.number);
    } else {
        value->bits = value->type == CHURN_TYPE_BOOL ? got.truth : got.integer;
    }
    return 1;
}

void churn_go_views(const churn_table *table, churn_go_view *views)
{
    uint32_t count = churn_table_column_count(table);
    for (uint32_t i = 0; i < count; i++)
        views[i] = (churn_go_view){.name = churn_table_column_name(table, i),
                                   .data = churn_table_column_data(table, i),
                                   .bytes = churn_table_column_bytes(table, i),
                                   .valid = churn_table_column_valid(table, i),
                                   .type = churn_table_column_type(table, i)};
}

/* ---- slices as an Arrow stream ---- */

/* The slices outlive the stream, so that releasing means no more than saying so. */
typedef struct leaf {
    struct ArrowSchema schema;
    struct ArrowArray array;
    const void *buffers[3];
} leaf;

typedef struct source {
    size_t count;
    int64_t rows;
    bool read;
    leaf *leaves;
    struct ArrowSchema **schemas;
    struct ArrowArray **arrays;
    const void *no_buffer[1];
} source;

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    }
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    }
    array->release = NULL;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static const char *last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    source *in = stream->private_data;
    *out = (struct ArrowSchema){.format = "+s",
                                .name = "",
                                .n_children = (int64_t)in->count,
                                .children = in->schemas,
                                .release = release_schema};
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    source *in = stream->private_data;
    memset(out, 0, sizeof *out);
    if (in->read)
        return 0;
    in->read = true;
    *out = (struct ArrowArray){.length = in->rows,
                               .n_buffers = 1,
                               .n_children = (int64_t)in->count,
                               .buffers = in->no_buffer,
                               .children = in->arrays,
                               .release = release_array};
    return 0;
}

static void fill_leaf(leaf *to, const churn_go_column *from, int64_t rows)
{
    bool text = from->offsets != NULL;
    to->buffers[0] = from->valid;
    to->buffers[1] = text ? (const void *)from->offsets : from->values;
    to->buffers[2] = from->values;
    to->schema = (struct ArrowSchema){.format = from->format,
                                      .name = from->name,
                                      .flags = ARROW_FLAG_NULLABLE,
                                      .release = release_schema};
    to->array = (struct ArrowArray){.length = rows,
                                    .null_count = from->valid ? -1 : 0,
                                    .n_buffers = text ? 3 : 2,
                                    .buffers = to->buffers,
                                    .release = release_array};
}

static bool open_source(source *in, const churn_go_column *columns)
{
    in->leaves = calloc(in->count + 1, sizeof *in->leaves);
    in->schemas = calloc(in->count + 1, sizeof(struct ArrowSchema *));
    in->arrays = calloc(in->count + 1, sizeof(struct ArrowArray *));
    if (!in->leaves || !in->schemas || !in->arrays)
        return false;
    for (size_t i = 0; i < in->count; i++) {
        fill_leaf(&in->leaves[i], &columns[i], in->rows);
        in->schemas[i] = &in->leaves[i].schema;
        in->arrays[i] = &in->leaves[i].array;
    }
    return true;
}

churn_status churn_go_add_columns(churn_store *store, churn_record_kind kind,
                                  const churn_go_column *columns, size_t count, int64_t rows,
                                  const churn_load_options *options, churn_load_report *report,
                                  churn_error *err)
{
    source in = {.count = count, .rows = rows};
    struct ArrowArrayStream stream = {.get_schema = get_schema,
                                      .get_next = get_next,
                                      .get_last_error = last_error,
                                      .release = release_stream,
                                      .private_data = &in};
    churn_status status = CHURN_E_NOMEM;
    if (open_source(&in, columns))
        status = churn_store_add_stream(store, kind, &stream, options, report, err);
    free(in.leaves);
    free(in.schemas);
    free(in.arrays);
    return status;
}
