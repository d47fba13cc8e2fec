/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>

/* Questions in the language of conditions: what is given to them, and what comes back. */

typedef struct query {
    churn_engine *engine;
    churn_str text;
    churn_time as_of;
    churn_select_options options;
    churn_str *customers, *select, *order, *names;
    churn_parameter *params;
    churn_status st;
    churn_error err;
    churn_table *table, *reasons, *findings;
    churn_query_summary summary;
} query;

static void query_clear(query *q)
{
    free(q->customers);
    free(q->select);
    free(q->order);
    free(q->names);
    free(q->params);
}

static void query_run(void *arg)
{
    query *q = arg;
    q->st = churn_engine_query(q->engine, q->text.ptr, q->text.len, q->as_of, &q->options,
                               &q->table, &q->summary, &q->reasons, &q->findings, &q->err);
}

/* A list, or None. */
static int read_texts(PyObject *list, const char *what, churn_str **out, uint32_t *count)
{
    return list == Py_None ? 0 : core_names(list, what, out, count);
}

static int read_params(core_handle *self, PyObject *names, PyObject *values, query *q)
{
    uint32_t count = 0;
    if (core_names(names, "params", &q->names, &count) < 0) {
        return -1;
    }
    q->params = calloc((size_t)count + 1, sizeof *q->params);
    if (q->params == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        q->params[i].name = q->names[i];
        if (core_value(self->state, (PyObject *)self, PyList_GetItem(values, i), q->names[i].ptr,
                       &q->params[i].value) < 0) {
            return -1;
        }
    }
    q->options.params = q->params;
    q->options.param_count = count;
    return 0;
}

static int read_lists(core_handle *self, PyObject *const lists[5], query *q)
{
    uint32_t customers = 0;
    if (read_texts(lists[0], "customers", &q->customers, &customers) < 0 ||
        read_texts(lists[1], "select", &q->select, &q->options.select_count) < 0 ||
        read_texts(lists[2], "order", &q->order, &q->options.order_count) < 0 ||
        read_params(self, lists[3], lists[4], q) < 0) {
        return -1;
    }
    q->options.customers = q->customers;
    q->options.customer_count = customers;
    q->options.select = q->select;
    q->options.order = q->order;
    return 0;
}

static int answer(core_handle *self, query *q, PyObject *given)
{
    core_call call;
    if (core_call_begin(self->state, given, &call) < 0) {
        return -1;
    }
    q->engine = core_enter(self);
    if (q->engine == NULL) {
        core_call_end(&call);
        return -1;
    }
    q->options.cancel = call.flag;
    int st = core_call_run(&call, query_run, q, NULL);
    core_leave(self);
    core_call_end(&call);
    if (st < 0) {
        churn_table_free(q->table);
        churn_table_free(q->reasons);
        churn_table_free(q->findings);
        return -1;
    }
    if (q->st != CHURN_OK) {
        core_raise(self->state, q->st, &q->err, q->findings != NULL ? "query" : "", q->findings);
        return -1;
    }
    return 0;
}

/* (table, reasons, findings or None, asked, matched, not matched, unknown, errors, cell errors) */
static PyObject *query_object(core_handle *self, PyTypeObject *type, query *q)
{
    PyObject *table = core_table_as(type, q->table);
    PyObject *reasons = core_table_new(self->state, q->reasons);
    PyObject *findings =
        q->findings != NULL ? core_table_new(self->state, q->findings) : Py_NewRef(Py_None);
    if (table == NULL || reasons == NULL || findings == NULL) {
        Py_XDECREF(table);
        Py_XDECREF(reasons);
        Py_XDECREF(findings);
        return NULL;
    }
    const churn_query_summary *s = &q->summary;
    return Py_BuildValue("NNNKKKKKK", table, reasons, findings, (unsigned long long)s->asked,
                         (unsigned long long)s->matched, (unsigned long long)s->not_matched,
                         (unsigned long long)s->unknown, (unsigned long long)s->errors,
                         (unsigned long long)s->cell_errors);
}

PyObject *core_engine_query(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    query q = {.err = CORE_ERROR_INIT};
    PyObject *type = NULL;
    PyObject *text = NULL;
    PyObject *customer = NULL;
    PyObject *lists[5] = {NULL};
    PyObject *cancel = NULL;
    PyObject *made = NULL;
    long long as_of = 0;
    unsigned long long limit = 0;
    q.options.struct_size = sizeof q.options;
    q.summary.struct_size = sizeof q.summary;
    if (!PyArg_ParseTuple(args, "O!OLOOOOO!O!O&O:_query", &PyType_Type, &type, &text, &as_of,
                          &customer, &lists[0], &lists[1], &lists[2], &PyList_Type, &lists[3],
                          &PyList_Type, &lists[4], core_uint64, &limit, &cancel) ||
        core_text(text, "text", &q.text) < 0 ||
        core_str(customer, "customer", &q.options.customer) < 0) {
        return NULL;
    }
    q.as_of = as_of;
    q.options.limit = limit;
    if (read_lists(self, lists, &q) == 0 && answer(self, &q, cancel) == 0) {
        made = query_object(self, (PyTypeObject *)type, &q);
    }
    query_clear(&q);
    return made;
}
