/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading back: the arguments of all calls, and the thread that answers ---- */

typedef struct request {
    void (*ask)(struct request *request);
    void *handle; /* store or engine */
    churn_status st;
    churn_error err;
    churn_record_kind kind;
    churn_read_options read;
    churn_story_options story;
    churn_str customer;
    churn_time as_of;
    churn_str *names;
    churn_table *table;
    churn_span span;
} request;

static void request_init(request *asked, void (*ask)(request *))
{
    memset(asked, 0, sizeof *asked);
    asked->ask = ask;
    asked->err.struct_size = sizeof asked->err;
    asked->err.row = CHURN_ROW_NONE;
    asked->read.struct_size = sizeof asked->read;
    asked->story.struct_size = sizeof asked->story;
    asked->span.struct_size = sizeof asked->span;
}

static void request_run(void *arg)
{
    request *asked = arg;
    asked->ask(asked);
}

static void ask_records(request *q)
{
    q->st = churn_store_records(q->handle, q->kind, &q->read, &q->table, &q->err);
}

static void ask_span(request *q)
{
    q->st = churn_store_span(q->handle, q->kind, &q->read, &q->span, &q->err);
}

static void ask_sources(request *q)
{
    q->st = churn_store_sources(q->handle, q->as_of, &q->table, &q->err);
}

static void ask_store_story(request *q)
{
    q->st = churn_store_story(q->handle, q->customer.ptr, q->customer.len, &q->story, &q->table,
                              &q->err);
}

static void ask_engine_story(request *q)
{
    q->st = churn_engine_story(q->handle, q->customer.ptr, q->customer.len, q->as_of, &q->story,
                               &q->table, &q->err);
}

/* 0 with the answer in `asked`; -1 with an exception. The names are freed either way. */
static int answer(core_handle *self, request *asked, PyObject *given)
{
    core_call call;
    int begun = core_call_begin(self->state, given, &call) == 0;
    asked->handle = begun ? core_enter(self) : NULL;
    if (asked->handle == NULL) {
        if (begun) {
            core_call_end(&call);
        }
        free(asked->names);
        return -1;
    }
    asked->read.cancel = call.flag;
    asked->story.cancel = call.flag;
    int st = core_call_run(&call, request_run, asked, NULL);
    core_leave(self);
    core_call_end(&call);
    free(asked->names);
    if (st == 0 && asked->st == CHURN_OK) {
        return 0;
    }
    churn_table_free(asked->table);
    if (st == 0) {
        core_raise(self->state, asked->st, &asked->err, "", NULL);
    }
    return -1;
}

static PyObject *answer_table(PyObject *object, request *asked, PyObject *cancel)
{
    core_handle *self = (core_handle *)object;
    return answer(self, asked, cancel) == 0 ? core_table_new(self->state, asked->table) : NULL;
}

/* What records() and span() take; the cancel flag, borrowed, or NULL with an exception. */
static PyObject *read_arguments(PyObject *args, request *asked)
{
    const char *kind = NULL;
    PyObject *customer = NULL;
    PyObject *types = NULL;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    unsigned long long limit = 0;
    churn_read_options *o = &asked->read;
    if (!PyArg_ParseTuple(args, "sOLLLO!IO&O", &kind, &customer, &from, &to, &as_of, &PyList_Type,
                          &types, &o->flags, core_uint64, &limit, &cancel)) {
        return NULL;
    }
    asked->kind = core_record_kind(kind);
    if (asked->kind == 0) {
        PyErr_Format(PyExc_ValueError, "kind: there is no kind '%s'", kind);
        return NULL;
    }
    if (core_str(customer, "customer", &o->customer) < 0) {
        return NULL;
    }
    o->from = from;
    o->to = to;
    o->as_of = as_of;
    o->limit = limit;
    if (core_names(types, "types", &asked->names, &o->type_count) < 0) {
        free(asked->names);
        return NULL;
    }
    o->types = asked->names;
    return cancel;
}

PyObject *core_store_records(PyObject *object, PyObject *args)
{
    request asked;
    request_init(&asked, ask_records);
    PyObject *cancel = read_arguments(args, &asked);
    return cancel != NULL ? answer_table(object, &asked, cancel) : NULL;
}

PyObject *core_store_span(PyObject *object, PyObject *args)
{
    request asked;
    request_init(&asked, ask_span);
    core_handle *self = (core_handle *)object;
    PyObject *cancel = read_arguments(args, &asked);
    if (cancel == NULL || answer(self, &asked, cancel) < 0) {
        return NULL;
    }
    PyObject *first = core_time_object(self->state, asked.span.first);
    PyObject *last = core_time_object(self->state, asked.span.last);
    if (first == NULL || last == NULL) {
        Py_XDECREF(first);
        Py_XDECREF(last);
        return NULL;
    }
    return Py_BuildValue("(KKNN)", (unsigned long long)asked.span.records,
                         (unsigned long long)asked.span.customers, first, last);
}

PyObject *core_store_sources(PyObject *object, PyObject *args)
{
    request asked;
    PyObject *as_of = NULL;
    request_init(&asked, ask_sources);
    if (!PyArg_ParseTuple(args, "O:_sources", &as_of) ||
        core_time(((core_handle *)object)->state, object, as_of, &asked.as_of) < 0) {
        return NULL;
    }
    return answer_table(object, &asked, Py_None);
}

/* Both stories: the engine's has its as_of outside the options. */
static PyObject *tell(PyObject *object, PyObject *args, bool engine)
{
    request asked;
    PyObject *customer = NULL;
    PyObject *kinds = NULL;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    unsigned long long limit = 0;
    request_init(&asked, engine ? ask_engine_story : ask_store_story);
    if (!PyArg_ParseTuple(args, "OLLLO!O&O:_story", &customer, &as_of, &from, &to, &PyList_Type,
                          &kinds, core_uint64, &limit, &cancel) ||
        core_text(customer, "customer", &asked.customer) < 0) {
        return NULL;
    }
    asked.as_of = as_of != 0 ? as_of : CHURN_TIME_NONE;
    asked.story.as_of = engine ? 0 : as_of;
    asked.story.from = from;
    asked.story.to = to;
    asked.story.limit = limit;
    if (core_names(kinds, "kinds", &asked.names, &asked.story.kind_count) < 0) {
        free(asked.names);
        return NULL;
    }
    asked.story.kinds = asked.names;
    return answer_table(object, &asked, cancel);
}

PyObject *core_store_story(PyObject *object, PyObject *args)
{
    return tell(object, args, false);
}

PyObject *core_engine_story(PyObject *object, PyObject *args)
{
    return tell(object, args, true);
}
