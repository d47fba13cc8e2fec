/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The Arrow PyCapsule interface: streams in from anything that has __arrow_c_stream__ or
 * __arrow_c_array__, tables out through __arrow_c_stream__.
 * https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
 */

void core_drop_stream(struct ArrowArrayStream *stream)
{
    if (stream->release != NULL) {
        stream->release(stream);
    }
}

/* ---- out ---- */

static void capsule_free(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream == NULL) {
        PyErr_Clear();
        return;
    }
    core_drop_stream(stream); /* nobody took it */
    free(stream);
}

PyObject *core_stream_capsule(struct ArrowArrayStream *stream)
{
    struct ArrowArrayStream *held = malloc(sizeof *held);
    if (held == NULL) {
        core_drop_stream(stream);
        return PyErr_NoMemory();
    }
    *held = *stream;
    stream->release = NULL;
    PyObject *capsule = PyCapsule_New(held, "arrow_array_stream", capsule_free);
    if (capsule == NULL) {
        core_drop_stream(held);
        free(held);
    }
    return capsule;
}

PyObject *core_give_stream(core_state *state, const churn_table *table)
{
    struct ArrowArrayStream stream = {0};
    churn_error err = CORE_ERROR_INIT;
    churn_status st = churn_table_export(table, &stream, &err);
    if (st != CHURN_OK) {
        return core_raise(state, st, &err, "", NULL);
    }
    return core_stream_capsule(&stream);
}

/* ---- in ---- */

static int take_from_stream(PyObject *object, struct ArrowArrayStream *out)
{
    PyObject *capsule = PyObject_CallMethod(object, "__arrow_c_stream__", NULL);
    if (capsule == NULL) {
        return -1;
    }
    int st = -1;
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream != NULL && stream->release == NULL) {
        PyErr_SetString(PyExc_ValueError, "the Arrow stream was read already");
    } else if (stream != NULL) {
        *out = *stream;
        stream->release = NULL;
        st = 0;
    }
    Py_DECREF(capsule);
    return st;
}

static int take_from_capsules(PyObject *pair, struct ArrowArrayStream *out)
{
    PyObject *first = NULL;
    PyObject *second = NULL;
    if (!PyArg_ParseTuple(pair, "OO:__arrow_c_array__", &first, &second)) {
        return -1;
    }
    struct ArrowSchema *schema = PyCapsule_GetPointer(first, "arrow_schema");
    struct ArrowArray *array = PyCapsule_GetPointer(second, "arrow_array");
    if (schema == NULL || array == NULL) {
        return -1;
    }
    if (schema->release == NULL || array->release == NULL) {
        PyErr_SetString(PyExc_ValueError, "the Arrow array was read already");
        return -1;
    }
    return core_batch_stream(schema, array, out);
}

static int take_from_array(PyObject *object, struct ArrowArrayStream *out)
{
    PyObject *pair = PyObject_CallMethod(object, "__arrow_c_array__", NULL);
    if (pair == NULL) {
        return -1;
    }
    int st = -1;
    if (PyTuple_Check(pair)) {
        st = take_from_capsules(pair, out);
    } else {
        PyErr_SetString(PyExc_TypeError, "__arrow_c_array__ must return a pair of capsules");
    }
    Py_DECREF(pair);
    return st;
}

int core_take_stream(PyObject *object, struct ArrowArrayStream *out)
{
    memset(out, 0, sizeof *out);
    if (PyCapsule_IsValid(object, "arrow_array_stream")) {
        struct ArrowArrayStream *stream = PyCapsule_GetPointer(object, "arrow_array_stream");
        *out = *stream;
        stream->release = NULL;
        return 0;
    }
    if (PyObject_HasAttrString(object, "__arrow_c_stream__")) {
        return take_from_stream(object, out);
    }
    if (PyObject_HasAttrString(object, "__arrow_c_array__")) {
        return take_from_array(object, out);
    }
    PyErr_Format(
        PyExc_TypeError,
        "give a table with __arrow_c_stream__ (polars, pyarrow, pandas, DuckDB), or a dict "
        "of columns, not %R",
        Py_TYPE(object));
    return -1;
}

/* ---- one batch as a stream ---- */

typedef struct {
    struct ArrowSchema schema;
    struct ArrowArray array;
} one_batch;

static int batch_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    one_batch *batch = stream->private_data;
    if (batch->schema.release == NULL) {
        return EINVAL; /* a second time: every reader of ours asks once */
    }
    *out = batch->schema;
    batch->schema.release = NULL;
    return 0;
}

static int batch_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    one_batch *batch = stream->private_data;
    *out = batch->array; /* with a NULL release the second time, which is the end */
    batch->array.release = NULL;
    return 0;
}

static const char *batch_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "the schema was read already";
}

static void batch_release(struct ArrowArrayStream *stream)
{
    one_batch *batch = stream->private_data;
    if (batch->schema.release != NULL) {
        batch->schema.release(&batch->schema);
    }
    if (batch->array.release != NULL) {
        batch->array.release(&batch->array);
    }
    free(batch);
    stream->release = NULL;
}

int core_batch_stream(struct ArrowSchema *schema, struct ArrowArray *array,
                      struct ArrowArrayStream *out)
{
    one_batch *batch = malloc(sizeof *batch);
    if (batch == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    batch->schema = *schema;
    batch->array = *array;
    schema->release = NULL;
    array->release = NULL;
    *out = (struct ArrowArrayStream){.get_schema = batch_schema,
                                     .get_next = batch_next,
                                     .get_last_error = batch_error,
                                     .release = batch_release,
                                     .private_data = batch};
    return 0;
}
