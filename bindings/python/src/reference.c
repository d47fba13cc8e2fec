/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <string.h>

/* The distribution of a metric, as a table and as text for a playbook. */

typedef struct drawing {
    churn_engine *engine;
    churn_str metric;
    churn_time as_of;
    churn_reference_options options;
    churn_table *table;
    churn_buffer *text;
    churn_status st;
    churn_error err;
} drawing;

static void drawing_run(void *arg)
{
    drawing *d = arg;
    d->st = churn_engine_reference(d->engine, d->metric.ptr, d->metric.len, d->as_of, &d->options,
                                   &d->table, &d->text, &d->err);
}

/* (text, table), which are both taken. */
static PyObject *drawing_object(core_handle *self, drawing *d)
{
    churn_str view = {churn_buffer_data(d->text), churn_buffer_size(d->text)};
    PyObject *text = core_str_object(view);
    churn_buffer_free(d->text);
    PyObject *table = core_table_new(self->state, d->table);
    PyObject *made = text != NULL && table != NULL ? PyTuple_Pack(2, text, table) : NULL;
    Py_XDECREF(text);
    Py_XDECREF(table);
    return made;
}

static PyObject *draw(core_handle *self, drawing *d, PyObject *cancel)
{
    core_call call;
    if (core_call_begin(self->state, cancel, &call) < 0) {
        return NULL;
    }
    d->engine = core_enter(self);
    if (d->engine == NULL) {
        core_call_end(&call);
        return NULL;
    }
    d->options.cancel = call.flag;
    int st = core_call_run(&call, drawing_run, d, NULL);
    core_leave(self);
    core_call_end(&call);
    if (st < 0 || d->st != CHURN_OK) {
        churn_table_free(d->table);
        churn_buffer_free(d->text);
        return st < 0 ? NULL : core_raise(self->state, d->st, &d->err, "", NULL);
    }
    return drawing_object(self, d);
}

PyObject *core_engine_reference(PyObject *object, PyObject *args)
{
    drawing d;
    PyObject *metric = NULL;
    PyObject *among = NULL;
    PyObject *name = NULL;
    PyObject *cancel = NULL;
    long long as_of = 0;
    memset(&d, 0, sizeof d);
    d.options.struct_size = sizeof d.options;
    d.err.struct_size = sizeof d.err;
    d.err.row = CHURN_ROW_NONE;
    if (!PyArg_ParseTuple(args, "OLOOO&O:_reference", &metric, &as_of, &among, &name, core_uint32,
                          &d.options.max_values, &cancel) ||
        core_text(metric, "metric", &d.metric) < 0 ||
        core_str(among, "among", &d.options.among) < 0 ||
        core_str(name, "name", &d.options.name) < 0) {
        return NULL;
    }
    d.as_of = as_of;
    return draw((core_handle *)object, &d, cancel);
}
