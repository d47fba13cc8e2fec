/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* Series as arrays of doubles: what is unusual in them, and where their level changes. */

static int doubles_of(const Py_buffer *view, const char *what, const double **values,
                      uint64_t *count)
{
    if (view->len % (Py_ssize_t)sizeof(double) != 0 ||
        (view->len > 0 && (uintptr_t)view->buf % sizeof(double) != 0)) {
        PyErr_Format(PyExc_ValueError, "%s: give whole doubles", what);
        return -1;
    }
    *values = view->buf;
    *count = (uint64_t)view->len / sizeof(double);
    return 0;
}

static PyObject *answer(core_state *state, churn_status st, churn_table *table,
                        const churn_error *err)
{
    return st == CHURN_OK ? core_table_new(state, table) : core_raise(state, st, err, "", NULL);
}

typedef struct series_call {
    churn_status (*ask)(struct series_call *call);
    const double *values;
    uint64_t count;
    churn_change_options changes;
    churn_anomaly_data data;
    churn_anomaly_options anomalies;
    churn_status st;
    churn_table *table;
    churn_error err;
} series_call;

static void series_run(void *arg)
{
    series_call *c = arg;
    c->st = c->ask(c);
}

static PyObject *series_answer(core_state *state, series_call *c, PyObject *given)
{
    core_call call;
    if (core_call_begin(state, given, &call) < 0) {
        return NULL;
    }
    c->changes.cancel = c->anomalies.cancel = call.flag;
    int st = core_call_run(&call, series_run, c, NULL);
    core_call_end(&call);
    if (st < 0) {
        churn_table_free(c->table);
        return NULL;
    }
    return answer(state, c->st, c->table, &c->err);
}

static churn_status ask_change_points(series_call *c)
{
    return churn_change_points(c->values, c->count, &c->changes, &c->table, &c->err);
}

PyObject *core_change_points(PyObject *module, PyObject *args)
{
    series_call c = {.ask = ask_change_points,
                     .changes = {.struct_size = sizeof c.changes},
                     .err = CORE_ERROR_INIT};
    Py_buffer view;
    PyObject *cancel = NULL;
    PyObject *made = NULL;
    if (!PyArg_ParseTuple(args, "y*O&ddO:_change_points", &view, core_uint32, &c.changes.min_size,
                          &c.changes.penalty, &c.changes.sigma, &cancel)) {
        return NULL;
    }
    if (doubles_of(&view, "values", &c.values, &c.count) == 0) {
        made = series_answer(PyModule_GetState(module), &c, cancel);
    }
    PyBuffer_Release(&view);
    return made;
}

PyObject *core_cusum(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    churn_cusum_options options = {.struct_size = sizeof options};
    Py_buffer view;
    const double *values = NULL;
    uint64_t count = 0;
    int targeted = 0;
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    PyObject *made = NULL;
    if (!PyArg_ParseTuple(args, "y*pdddd:_cusum", &view, &targeted, &options.target, &options.slack,
                          &options.limit, &options.sigma)) {
        return NULL;
    }
    options.flags = targeted ? CHURN_CUSUM_TARGET : 0;
    if (doubles_of(&view, "values", &values, &count) == 0) {
        PyThreadState *saved = PyEval_SaveThread();
        churn_status st = churn_cusum(values, count, &options, &table, &err);
        PyEval_RestoreThread(saved);
        made = answer(state, st, table, &err);
    }
    PyBuffer_Release(&view);
    return made;
}

static churn_status ask_series_anomalies(series_call *c)
{
    return churn_anomalies(&c->data, &c->anomalies, &c->table, &c->err);
}

PyObject *core_anomalies(PyObject *module, PyObject *args)
{
    series_call c = {.ask = ask_series_anomalies,
                     .anomalies = {.struct_size = sizeof c.anomalies},
                     .data = {.struct_size = sizeof c.data},
                     .err = CORE_ERROR_INIT};
    churn_anomaly_options *o = &c.anomalies;
    Py_buffer values;
    Py_buffer trials;
    uint64_t trial_count = 0;
    int all = 0;
    PyObject *cancel = NULL;
    PyObject *made = NULL;
    if (!PyArg_ParseTuple(args, "y*y*iO&pdddO&O&O&O&O:_anomalies", &values, &trials, &c.data.kind,
                          core_uint32, &c.data.season, &all, &o->false_alarms, &o->per_series,
                          &o->false_changes, core_uint32, &o->window, core_uint32, &o->history,
                          core_uint32, &o->cycles, core_uint32, &o->min_size, &cancel)) {
        return NULL;
    }
    o->flags = all ? CHURN_ANOMALIES_ALL : 0;
    if (doubles_of(&values, "values", &c.data.values, &c.data.count) == 0 &&
        doubles_of(&trials, "trials", &c.data.trials, &trial_count) == 0) {
        if (c.data.kind == CHURN_SERIES_SHARE && trial_count != c.data.count) {
            PyErr_SetString(PyExc_ValueError, "trials: as many as values");
        } else {
            made = series_answer(PyModule_GetState(module), &c, cancel);
        }
    }
    PyBuffer_Release(&values);
    PyBuffer_Release(&trials);
    return made;
}

/* ---- methods of engines ---- */

typedef struct signals_question {
    churn_status (*ask)(struct signals_question *question);
    churn_engine *engine;
    churn_status st;
    churn_error err;
    churn_table *table;
    churn_goal_options goals;
    churn_benchmark_options benchmarks;
    churn_kpi_anomaly_options anomalies;
    churn_time from, to;
    churn_str *names, *by;
    uint32_t count;
} signals_question;

static void signals_run(void *arg)
{
    signals_question *asked = arg;
    asked->st = asked->ask(asked);
}

static void signals_init(signals_question *asked, churn_status (*ask)(signals_question *))
{
    const churn_error err = CORE_ERROR_INIT;
    memset(asked, 0, sizeof *asked);
    asked->ask = ask;
    asked->err = err;
    asked->goals.struct_size = sizeof asked->goals;
    asked->benchmarks.struct_size = sizeof asked->benchmarks;
    asked->anomalies.struct_size = sizeof asked->anomalies;
}

/* Frees the names in any case. */
static PyObject *signals_answer(core_handle *self, signals_question *asked, PyObject *given)
{
    core_call call;
    PyObject *made = NULL;
    if (core_call_begin(self->state, given, &call) == 0) {
        asked->engine = core_enter(self);
        asked->goals.cancel = asked->benchmarks.cancel = asked->anomalies.cancel = call.flag;
        int st = asked->engine == NULL ? -1 : core_call_run(&call, signals_run, asked, NULL);
        if (asked->engine != NULL) {
            core_leave(self);
        }
        core_call_end(&call);
        if (st == 0) {
            made = answer(self->state, asked->st, asked->table, &asked->err);
        } else {
            churn_table_free(asked->table);
        }
    }
    free(asked->names);
    free(asked->by);
    return made;
}

static churn_status ask_goals(signals_question *q)
{
    return churn_engine_goals(q->engine, q->to, &q->goals, &q->table, &q->err);
}

PyObject *core_engine_goals(PyObject *object, PyObject *args)
{
    signals_question asked;
    PyObject *cancel = NULL;
    long long as_of = 0;
    long long from = 0;
    signals_init(&asked, ask_goals);
    if (!PyArg_ParseTuple(args, "LLdO:_goals", &as_of, &from, &asked.goals.level, &cancel)) {
        return NULL;
    }
    asked.to = as_of;
    asked.goals.from = from;
    return signals_answer((core_handle *)object, &asked, cancel);
}

static churn_status ask_benchmarks(signals_question *q)
{
    return churn_engine_benchmarks(q->engine, q->from, q->to, &q->benchmarks, &q->table, &q->err);
}

PyObject *core_engine_benchmarks(PyObject *object, PyObject *args)
{
    signals_question asked;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    signals_init(&asked, ask_benchmarks);
    if (!PyArg_ParseTuple(args, "LLLO:_benchmarks", &from, &to, &as_of, &cancel)) {
        return NULL;
    }
    asked.from = from;
    asked.to = to;
    asked.benchmarks.as_of = as_of;
    return signals_answer((core_handle *)object, &asked, cancel);
}

static churn_status ask_anomalies(signals_question *q)
{
    return churn_engine_anomalies(q->engine, q->names, q->count, q->from, q->to, &q->anomalies,
                                  &q->table, &q->err);
}

PyObject *core_engine_anomalies(PyObject *object, PyObject *args)
{
    signals_question asked;
    PyObject *names = NULL;
    PyObject *by = NULL;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    int all = 0;
    signals_init(&asked, ask_anomalies);
    churn_kpi_anomaly_options *o = &asked.anomalies;
    if (!PyArg_ParseTuple(args, "O!LLiLO!idddO&pO:_anomalies", &PyList_Type, &names, &from, &to,
                          &o->every, &as_of, &PyList_Type, &by, &o->by_at, &o->false_alarms,
                          &o->per_series, &o->false_changes, core_uint32, &o->lookback, &all,
                          &cancel)) {
        return NULL;
    }
    asked.from = from;
    asked.to = to;
    o->as_of = as_of;
    o->flags = all ? CHURN_ANOMALIES_ALL : 0;
    if (core_names(names, "kpis", &asked.names, &asked.count) < 0 ||
        core_names(by, "by", &asked.by, &o->by_count) < 0) {
        free(asked.names);
        free(asked.by);
        return NULL;
    }
    o->by = asked.by;
    return signals_answer((core_handle *)object, &asked, cancel);
}
