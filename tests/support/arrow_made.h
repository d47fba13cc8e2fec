/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_ARROW_MADE_H
#define CHURN_TESTS_ARROW_MADE_H

/*
 * Arrow structs made by hand. Their buffers stay the test's. Each struct counts while it lives, and
 * a second release of one fails the test, so `made_live == 0` at the end says that all were
 * released exactly once.
 */
#include "support.h"

static int made_live;

typedef struct made {
    const void *buffers[8];
    struct ArrowArray *arrays;
    struct ArrowArray **array_list;
    struct ArrowSchema *schemas;
    struct ArrowSchema **schema_list;
    size_t children;
    void *dictionary;
} made;

static inline made *made_new(size_t children)
{
    made *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->children = children;
    made_live++;
    return m;
}

static inline void made_free(made *m)
{
    free(m->arrays);
    free(m->array_list);
    free(m->schemas);
    free(m->schema_list);
    free(m->dictionary);
    free(m);
    made_live--;
}

/* ---- schemas ---- */

static inline void made_release_schema(struct ArrowSchema *schema)
{
    made *m = schema->private_data;

    assert_non_null(m);
    for (size_t i = 0; i < m->children; i++) {
        if (m->schemas[i].release != NULL) {
            m->schemas[i].release(&m->schemas[i]);
        }
    }
    if (m->dictionary != NULL && ((struct ArrowSchema *)m->dictionary)->release != NULL) {
        ((struct ArrowSchema *)m->dictionary)->release(m->dictionary);
    }
    made_free(m);
    schema->private_data = NULL;
    schema->release = NULL;
}

static inline struct ArrowSchema made_schema(const char *format, const char *name)
{
    return (struct ArrowSchema){.format = format,
                                .name = name,
                                .flags = ARROW_FLAG_NULLABLE,
                                .release = made_release_schema,
                                .private_data = made_new(0)};
}

/* `index` with `values` as its dictionary, which moves in. */
static inline struct ArrowSchema made_schema_encoded(const char *index, const char *name,
                                                     struct ArrowSchema values)
{
    struct ArrowSchema schema = made_schema(index, name);
    made *m = schema.private_data;

    m->dictionary = malloc(sizeof values);
    assert_non_null(m->dictionary);
    memcpy(m->dictionary, &values, sizeof values);
    schema.dictionary = m->dictionary;
    return schema;
}

static inline struct ArrowSchema made_records_schema(size_t count, const struct ArrowSchema *fields)
{
    struct ArrowSchema schema = made_schema("+s", "");
    made *m = schema.private_data;

    m->children = count;
    m->schemas = calloc(count + 1, sizeof *m->schemas);
    m->schema_list = calloc(count + 1, sizeof *m->schema_list);
    for (size_t i = 0; i < count; i++) {
        m->schemas[i] = fields[i];
        m->schema_list[i] = &m->schemas[i];
    }
    schema.n_children = (int64_t)count;
    schema.children = m->schema_list;
    return schema;
}

/* ---- arrays ---- */

static inline void made_release_array(struct ArrowArray *array)
{
    made *m = array->private_data;

    assert_non_null(m);
    for (size_t i = 0; i < m->children; i++) {
        if (m->arrays[i].release != NULL) {
            m->arrays[i].release(&m->arrays[i]);
        }
    }
    if (m->dictionary != NULL && ((struct ArrowArray *)m->dictionary)->release != NULL) {
        ((struct ArrowArray *)m->dictionary)->release(m->dictionary);
    }
    made_free(m);
    array->private_data = NULL;
    array->release = NULL;
}

static inline struct ArrowArray made_array(int64_t length, int64_t n_buffers, const void *valid,
                                           const void *b1, const void *b2)
{
    made *m = made_new(0);

    m->buffers[0] = valid;
    m->buffers[1] = b1;
    m->buffers[2] = b2;
    return (struct ArrowArray){.length = length,
                               .null_count = valid != NULL ? -1 : 0,
                               .n_buffers = n_buffers,
                               .buffers = m->buffers,
                               .release = made_release_array,
                               .private_data = m};
}

static inline const void **made_buffers(struct ArrowArray *array)
{
    return ((made *)array->private_data)->buffers;
}

static inline void made_set_dictionary(struct ArrowArray *array, struct ArrowArray values)
{
    made *m = array->private_data;

    m->dictionary = malloc(sizeof values);
    assert_non_null(m->dictionary);
    memcpy(m->dictionary, &values, sizeof values);
    array->dictionary = m->dictionary;
}

static inline struct ArrowArray made_records(int64_t length, const void *valid, size_t count,
                                             const struct ArrowArray *columns)
{
    struct ArrowArray array = made_array(length, 1, valid, NULL, NULL);
    made *m = array.private_data;

    m->children = count;
    m->arrays = calloc(count + 1, sizeof *m->arrays);
    m->array_list = calloc(count + 1, sizeof *m->array_list);
    for (size_t i = 0; i < count; i++) {
        m->arrays[i] = columns[i];
        m->array_list[i] = &m->arrays[i];
    }
    array.n_children = (int64_t)count;
    array.children = m->array_list;
    return array;
}

/* ---- streams ---- */

typedef struct made_source {
    struct ArrowSchema schema;
    struct ArrowArray batches[8];
    size_t count, next;
    int schema_code, batch_code; /* errno to fail with; batch_code once all batches were given */
    const char *message;
} made_source;

static inline int made_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    made_source *source = stream->private_data;

    if (source->schema_code != 0) {
        return source->schema_code;
    }
    *out = source->schema;
    source->schema.release = NULL;
    return 0;
}

static inline int made_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    made_source *source = stream->private_data;

    if (source->next == source->count) {
        memset(out, 0, sizeof *out);
        return source->batch_code;
    }
    *out = source->batches[source->next];
    source->batches[source->next++].release = NULL;
    return 0;
}

static inline const char *made_get_last_error(struct ArrowArrayStream *stream)
{
    return ((made_source *)stream->private_data)->message;
}

static inline void made_release_stream(struct ArrowArrayStream *stream)
{
    made_source *source = stream->private_data;

    assert_non_null(source);
    if (source->schema.release != NULL) {
        source->schema.release(&source->schema);
    }
    for (size_t i = 0; i < source->count; i++) {
        if (source->batches[i].release != NULL) {
            source->batches[i].release(&source->batches[i]);
        }
    }
    free(source);
    made_live--;
    stream->private_data = NULL;
    stream->release = NULL;
}

/* The schema and the batches move in. */
static inline struct ArrowArrayStream made_stream(struct ArrowSchema schema, size_t count,
                                                  const struct ArrowArray *batches)
{
    made_source *source = calloc(1, sizeof *source);

    assert_non_null(source);
    assert_true(count <= 8);
    source->schema = schema;
    source->count = count;
    if (count > 0) {
        memcpy(source->batches, batches, count * sizeof *batches);
    }
    made_live++;
    return (struct ArrowArrayStream){.get_schema = made_get_schema,
                                     .get_next = made_get_next,
                                     .get_last_error = made_get_last_error,
                                     .release = made_release_stream,
                                     .private_data = source};
}

/* One batch of one column. */
static inline struct ArrowArrayStream made_column(struct ArrowSchema field, int64_t rows,
                                                  struct ArrowArray column)
{
    struct ArrowArray batch = made_records(rows, NULL, 1, &column);

    return made_stream(made_records_schema(1, &field), 1, &batch);
}

#endif
