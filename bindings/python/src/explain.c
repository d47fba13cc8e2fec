/* SPDX-License-Identifier: MIT */
#include "core.h"

/* Why a score is what it is, why it is not what it was, and the records behind a metric. */

typedef struct asked {
    churn_status (*ask)(struct asked *asked);
    churn_engine *engine;
    churn_str customer, metric;
    churn_time before, as_of;
    churn_explain_options level;
    churn_explain_change_options change;
    churn_query_options query;
    churn_status st;
    churn_error err;
    churn_table *table;
} asked;

static const asked nothing_asked = {
    .level = {.struct_size = sizeof(churn_explain_options)},
    .change = {.struct_size = sizeof(churn_explain_change_options)},
    .query = {.struct_size = sizeof(churn_query_options)},
    .err = CORE_ERROR_INIT,
};

static void asked_run(void *arg)
{
    asked *a = arg;
    a->st = a->ask(a);
}

/* 0 with the answer in `table`; -1 with an exception. */
static int answer(core_handle *self, asked *a, PyObject *cancel)
{
    core_call call;
    if (core_call_begin(self, cancel, &call) < 0) {
        return -1;
    }
    a->engine = core_enter(self);
    if (a->engine == NULL) {
        core_call_end(&call);
        return -1;
    }
    a->level.cancel = a->change.cancel = a->query.cancel = call.flag;
    int st = core_call_run(&call, asked_run, a, NULL);
    core_leave(self);
    core_call_end(&call);
    if (st == 0 && a->st != CHURN_OK) {
        core_raise(self->state, a->st, &a->err, "", NULL);
        st = -1;
    }
    if (st < 0) {
        churn_table_free(a->table);
    }
    return st;
}

static churn_status ask_level(asked *a)
{
    return churn_engine_explain(a->engine, a->customer.ptr, a->customer.len, a->as_of, &a->level,
                                &a->table, &a->err);
}

PyObject *core_engine_explain(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    asked a = nothing_asked;
    PyObject *type = NULL, *customer = NULL, *score = NULL, *cancel = NULL;
    long long as_of = 0, over = 0;
    a.ask = ask_level;
    if (!PyArg_ParseTuple(args, "O!OLOidLO:_explain", &PyType_Type, &type, &customer, &as_of,
                          &score, &a.level.baseline, &a.level.baseline_value, &over, &cancel) ||
        core_str(customer, "customer", &a.customer) < 0 ||
        core_str(score, "score", &a.level.score) < 0) {
        return NULL;
    }
    a.as_of = as_of;
    a.level.over = over;
    return answer(self, &a, cancel) < 0 ? NULL : core_table_as((PyTypeObject *)type, a.table);
}

static churn_status ask_change(asked *a)
{
    return churn_engine_explain_change(a->engine, a->customer.ptr, a->customer.len, a->before,
                                       a->as_of, &a->change, &a->table, &a->err);
}

PyObject *core_engine_explain_change(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    asked a = nothing_asked;
    PyObject *type = NULL, *customer = NULL, *score = NULL, *playbook = NULL, *cancel = NULL;
    long long before = 0, as_of = 0;
    a.ask = ask_change;
    if (!PyArg_ParseTuple(args, "O!OLLOOO:_explain_change", &PyType_Type, &type, &customer, &before,
                          &as_of, &score, &playbook, &cancel) ||
        core_str(customer, "customer", &a.customer) < 0 ||
        core_str(score, "score", &a.change.score) < 0) {
        return NULL;
    }
    a.before = before;
    a.as_of = as_of;
    core_handle *rules = playbook == Py_None ? NULL : (core_handle *)playbook;
    if (rules != NULL && (core_is(playbook, self->state->playbook_type, "Playbook") < 0 ||
                          (a.change.before = core_enter(rules)) == NULL)) {
        return NULL;
    }
    int st = answer(self, &a, cancel);
    if (rules != NULL) {
        core_leave(rules);
    }
    return st < 0 ? NULL : core_table_as((PyTypeObject *)type, a.table);
}

static churn_status ask_evidence(asked *a)
{
    return churn_engine_evidence(a->engine, a->customer.ptr, a->customer.len, a->metric.ptr,
                                 a->metric.len, a->before, a->as_of, &a->query, &a->table, &a->err);
}

PyObject *core_engine_evidence(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    asked a = nothing_asked;
    PyObject *customer = NULL, *metric = NULL, *before = NULL, *cancel = NULL;
    long long as_of = 0;
    a.ask = ask_evidence;
    if (!PyArg_ParseTuple(args, "OOOLO:_evidence", &customer, &metric, &before, &as_of, &cancel) ||
        core_str(customer, "customer", &a.customer) < 0 ||
        core_str(metric, "metric", &a.metric) < 0 ||
        core_time(self->state, object, before, &a.before) < 0) {
        return NULL;
    }
    a.as_of = as_of;
    return answer(self, &a, cancel) < 0 ? NULL : core_table_new(self->state, a.table);
}
