/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>

/* Questions about what is not so: other values of a customer, another playbook. */

typedef struct asked {
    void (*ask)(struct asked *asked);
    churn_engine *engine;
    churn_status st;
    churn_error err;
    churn_query_options options;
    churn_target_options targets;
    churn_str customer;
    churn_time as_of;
    churn_str *names, *customers;
    churn_change *changes;
    uint32_t count;
    churn_playbook *after;
    churn_time *dates;
    churn_impact summary;
    churn_table *table, *counts;
} asked;

static void asked_clear(asked *a)
{
    free(a->names);
    free(a->customers);
    free(a->changes);
    free(a->dates);
}

static void asked_run(void *arg)
{
    asked *a = arg;
    a->ask(a);
}

/* 0 with the answer in `a`; -1 with an exception. */
static int answer(core_handle *self, asked *a, PyObject *given)
{
    core_call call;
    if (core_call_begin(self->state, given, &call) < 0) {
        return -1;
    }
    a->engine = core_enter(self);
    if (a->engine == NULL) {
        core_call_end(&call);
        return -1;
    }
    a->options.cancel = call.flag;
    a->targets.cancel = call.flag;
    int st = core_call_run(&call, asked_run, a, NULL);
    core_leave(self);
    core_call_end(&call);
    if (st == 0 && a->st == CHURN_OK) {
        return 0;
    }
    churn_table_free(a->table);
    churn_table_free(a->counts);
    if (st == 0) {
        core_raise(self->state, a->st, &a->err, "", NULL);
    }
    return -1;
}

/* ---- what if ---- */

static void ask_what_if(asked *a)
{
    a->st = churn_engine_what_if(a->engine, a->customer.ptr, a->customer.len, a->as_of, a->changes,
                                 a->count, &a->options, &a->table, &a->err);
}

static int read_changes(core_handle *self, PyObject *names, PyObject *values, asked *a)
{
    if (core_names(names, "changes", &a->names, &a->count) < 0) {
        return -1;
    }
    a->changes = calloc((size_t)a->count + 1, sizeof *a->changes);
    if (a->changes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        a->changes[i].name = a->names[i];
        if (core_value(self->state, (PyObject *)self, PyList_GetItem(values, i), a->names[i].ptr,
                       &a->changes[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *core_engine_what_if(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    asked a = {.ask = ask_what_if, .err = CORE_ERROR_INIT};
    PyObject *customer = NULL;
    PyObject *names = NULL;
    PyObject *values = NULL;
    PyObject *cancel = NULL;
    PyObject *made = NULL;
    long long as_of = 0;
    a.options.struct_size = sizeof a.options;
    if (!PyArg_ParseTuple(args, "OLO!O!O:_what_if", &customer, &as_of, &PyList_Type, &names,
                          &PyList_Type, &values, &cancel) ||
        core_text(customer, "customer", &a.customer) < 0) {
        return NULL;
    }
    a.as_of = as_of;
    if (read_changes(self, names, values, &a) == 0 && answer(self, &a, cancel) == 0) {
        made = core_table_new(self->state, a.table);
    }
    asked_clear(&a);
    return made;
}

/* ---- what it takes ---- */

static void ask_targets(asked *a)
{
    a->st = churn_engine_targets(a->engine, a->customer.ptr, a->customer.len, a->as_of, &a->targets,
                                 &a->table, &a->err);
}

PyObject *core_engine_targets(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    asked a = {.ask = ask_targets, .err = CORE_ERROR_INIT};
    PyObject *customer = NULL;
    PyObject *score = NULL;
    PyObject *band = NULL;
    PyObject *cancel = NULL;
    long long as_of = 0;
    a.options.struct_size = sizeof a.options;
    a.targets.struct_size = sizeof a.targets;
    if (!PyArg_ParseTuple(args, "OLOOdO&O:_targets", &customer, &as_of, &score, &band,
                          &a.targets.target, core_uint32, &a.targets.pairs, &cancel) ||
        core_text(customer, "customer", &a.customer) < 0 ||
        core_str(score, "score", &a.targets.score) < 0 ||
        core_str(band, "band", &a.targets.band) < 0) {
        return NULL;
    }
    a.as_of = as_of;
    return answer(self, &a, cancel) == 0 ? core_table_new(self->state, a.table) : NULL;
}

/* ---- another playbook ---- */

static void ask_impact(asked *a)
{
    a->st = churn_engine_impact(a->engine, a->after, a->dates, a->count, &a->options, &a->summary,
                                &a->table, &a->counts, &a->err);
}

static int read_dates(PyObject *list, asked *a)
{
    Py_ssize_t count = PyList_Size(list);
    a->dates = calloc((size_t)count + 1, sizeof *a->dates);
    if (a->dates == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    a->count = (uint32_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        a->dates[i] = PyLong_AsLongLong(PyList_GetItem(list, i));
        if (a->dates[i] == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

static int read_customers(PyObject *list, asked *a)
{
    uint32_t count = 0;
    if (list == Py_None) {
        return 0;
    }
    if (core_names(list, "customers", &a->customers, &count) < 0) {
        return -1;
    }
    a->options.customers = a->customers;
    a->options.customer_count = count;
    return 0;
}

/* (moved, counts, then the numbers of the summary) */
static PyObject *impact_object(core_state *state, asked *a)
{
    const churn_impact *s = &a->summary;
    PyObject *moved = core_table_new(state, a->table);
    PyObject *counts = core_table_new(state, a->counts);
    if (moved == NULL || counts == NULL) {
        Py_XDECREF(moved);
        Py_XDECREF(counts);
        return NULL;
    }
    return Py_BuildValue("NNKKKKKKddKKKK", moved, counts, (unsigned long long)s->customers,
                         (unsigned long long)s->scored_before, (unsigned long long)s->scored_after,
                         (unsigned long long)s->changed_band, (unsigned long long)s->worse,
                         (unsigned long long)s->better, s->mrr_worse, s->mrr_better,
                         (unsigned long long)s->alerts_before, (unsigned long long)s->alerts_after,
                         (unsigned long long)s->alerts_gained, (unsigned long long)s->alerts_lost);
}

PyObject *core_engine_impact(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    asked a = {.ask = ask_impact, .err = CORE_ERROR_INIT};
    PyObject *playbook = NULL;
    PyObject *dates = NULL;
    PyObject *customers = NULL;
    PyObject *score = NULL;
    PyObject *cancel = NULL;
    PyObject *made = NULL;
    a.options.struct_size = sizeof a.options;
    a.summary.struct_size = sizeof a.summary;
    if (!PyArg_ParseTuple(args, "OO!OOO:_impact", &playbook, &PyList_Type, &dates, &customers,
                          &score, &cancel) ||
        core_is(playbook, self->state->playbook_type, "Playbook") < 0 ||
        core_str(score, "score", &a.options.score) < 0) {
        return NULL;
    }
    a.after = core_enter((core_handle *)playbook);
    if (a.after == NULL) {
        return NULL;
    }
    if (read_dates(dates, &a) == 0 && read_customers(customers, &a) == 0 &&
        answer(self, &a, cancel) == 0) {
        made = impact_object(self->state, &a);
    }
    core_leave((core_handle *)playbook);
    asked_clear(&a);
    return made;
}
