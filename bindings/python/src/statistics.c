/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* Statistics of arrays: buffers are read where they are. */

#define MOST_BUFFERS 8

typedef struct {
    churn_survival_data data;
    churn_survival_options options;
    churn_str *names[2]; /* of groups and of strata */
    const double *shares;
    uint32_t share_count;
    Py_buffer views[MOST_BUFFERS];
    int view_count;
    Py_ssize_t rows; /* -1 until the first array said */
    int which;
    churn_status st;
    churn_table *table;
    churn_error err;
} asking;

static churn_numbers_type type_of(const char *format, Py_ssize_t size)
{
    static const churn_numbers_type wholes[] = {
        0, CHURN_NUMBERS_INT8, CHURN_NUMBERS_INT16, 0, CHURN_NUMBERS_INT32, 0, 0,
        0, CHURN_NUMBERS_INT64};
    static const churn_numbers_type naturals[] = {
        0, CHURN_NUMBERS_UINT8, CHURN_NUMBERS_UINT16, 0, CHURN_NUMBERS_UINT32, 0, 0,
        0, CHURN_NUMBERS_UINT64};
    const char *code = format != NULL ? format : "B";
    code += *code == '@' || *code == '=' || *code == '<';
    if (code[0] == '\0' || code[1] != '\0' || size < 1 || size > 8) {
        return 0;
    }
    if (strchr("bhilqn", code[0]) != NULL) {
        return wholes[size];
    }
    if (strchr("BHILQN?", code[0]) != NULL) {
        return naturals[size];
    }
    return code[0] == 'd' ? CHURN_NUMBERS_DOUBLE : code[0] == 'f' ? CHURN_NUMBERS_FLOAT : 0;
}

/* One dimension without gaps; `count` -1: take what comes. */
static Py_buffer *take_view(asking *a, PyObject *object, const char *name)
{
    Py_buffer *view = &a->views[a->view_count];
    if (PyObject_GetBuffer(object, view, PyBUF_ND | PyBUF_FORMAT) < 0) {
        return NULL;
    }
    a->view_count++;
    if (view->ndim != 1) {
        PyErr_Format(PyExc_TypeError, "%s: an array of %d dimensions; give one", name, view->ndim);
        return NULL;
    }
    return view;
}

static int check_rows(asking *a, Py_ssize_t rows, const char *name)
{
    if (a->rows >= 0 && a->rows != rows) {
        PyErr_Format(PyExc_ValueError, "%s: %zd rows, where time has %zd", name, rows, a->rows);
        return -1;
    }
    a->rows = rows;
    return 0;
}

static int take_numbers(asking *a, PyObject *object, const char *name, churn_numbers *out)
{
    static const double nothing;
    if (object == Py_None) {
        return 0;
    }
    Py_buffer *view = take_view(a, object, name);
    if (view == NULL) {
        return -1;
    }
    out->type = type_of(view->format, view->itemsize);
    out->values = view->buf != NULL ? view->buf : &nothing;
    if (out->type == 0) {
        PyErr_Format(PyExc_TypeError, "%s: an array of format '%s'; give numbers", name,
                     view->format != NULL ? view->format : "B");
        return -1;
    }
    return check_rows(a, view->shape[0], name);
}

/* A pair of codes and names. */
static int take_groups(asking *a, PyObject *pair, const char *name, churn_groups *out,
                       churn_str **names)
{
    static const uint32_t nothing;
    PyObject *codes = NULL, *list = NULL;
    if (pair == Py_None) {
        return 0;
    }
    if (!PyArg_ParseTuple(pair, "OO!", &codes, &PyList_Type, &list) ||
        core_names(list, name, names, &out->count) < 0) {
        return -1;
    }
    Py_buffer *view = take_view(a, codes, name);
    if (view == NULL) {
        return -1;
    }
    if (type_of(view->format, view->itemsize) != CHURN_NUMBERS_UINT32) {
        PyErr_Format(PyExc_TypeError, "%s: codes are not of 32 bits without sign", name);
        return -1;
    }
    out->codes = view->buf != NULL ? view->buf : &nothing;
    out->names = *names;
    return check_rows(a, view->shape[0], name);
}

static int take_doubles(asking *a, PyObject *object, const char *name, const double **out,
                        uint32_t *count)
{
    static const double nothing;
    if (object == Py_None) {
        return 0;
    }
    Py_buffer *view = take_view(a, object, name);
    if (view == NULL) {
        return -1;
    }
    if (type_of(view->format, view->itemsize) != CHURN_NUMBERS_DOUBLE ||
        view->shape[0] > UINT32_MAX) {
        PyErr_Format(PyExc_TypeError, "%s: not an array of floats", name);
        return -1;
    }
    *out = view->buf != NULL ? view->buf : &nothing;
    *count = (uint32_t)view->shape[0];
    return 0;
}

static churn_status ask(asking *a)
{
    switch (a->which) {
    case 0:
        return churn_survival(&a->data, &a->options, &a->table, &a->err);
    case 1:
        return churn_survival_summary(&a->data, &a->options, &a->table, &a->err);
    case 2:
        return churn_survival_quantiles(&a->data, a->shares, a->share_count, &a->options, &a->table,
                                        &a->err);
    case 3:
        return churn_survival_test(&a->data, &a->options, &a->table, &a->err);
    default:
        return churn_competing_risks(&a->data, &a->options, &a->table, &a->err);
    }
}

static void asking_run(void *arg)
{
    asking *a = arg;
    a->st = ask(a);
}

static PyObject *answer(core_state *state, asking *a, PyObject *given)
{
    core_call call;
    if (core_call_begin(state, given, &call) < 0) {
        return NULL;
    }
    a->data.row_count = a->rows > 0 ? (uint64_t)a->rows : 0;
    a->options.cancel = call.flag;
    int st = core_call_run(&call, asking_run, a, NULL);
    core_call_end(&call);
    if (st == 0 && a->st == CHURN_OK) {
        return core_table_new(state, a->table);
    }
    churn_table_free(a->table);
    return st < 0 ? NULL : core_raise(state, a->st, &a->err, "", NULL);
}

static void asking_clear(asking *a)
{
    for (int i = 0; i < a->view_count; i++) {
        PyBuffer_Release(&a->views[i]);
    }
    free(a->names[0]);
    free(a->names[1]);
}

/* (which, time, event, entry, weight, group, stratum, (interval, estimator, hazard, test), (level,
 * rho, gamma, horizon), times, shares, cancel) */
PyObject *core_survival(PyObject *module, PyObject *args)
{
    asking a = {.data = {.struct_size = sizeof a.data},
                .options = {.struct_size = sizeof a.options},
                .rows = -1,
                .err = CORE_ERROR_INIT};
    PyObject *time, *event, *entry, *weight, *group, *stratum, *times, *shares;
    PyObject *cancel, *result = NULL;
    if (PyArg_ParseTuple(args, "iOOOOOO(iiii)(dddd)OOO:_survival", &a.which, &time, &event, &entry,
                         &weight, &group, &stratum, &a.options.interval, &a.options.estimator,
                         &a.options.hazard, &a.options.test, &a.options.level, &a.options.rho,
                         &a.options.gamma, &a.options.horizon, &times, &shares, &cancel) &&
        take_numbers(&a, time, "time", &a.data.time) == 0 &&
        take_numbers(&a, event, "event", &a.data.event) == 0 &&
        take_numbers(&a, entry, "entry", &a.data.entry) == 0 &&
        take_numbers(&a, weight, "weight", &a.data.weight) == 0 &&
        take_groups(&a, group, "group", &a.data.group, &a.names[0]) == 0 &&
        take_groups(&a, stratum, "strata", &a.data.stratum, &a.names[1]) == 0 &&
        take_doubles(&a, times, "times", &a.options.times, &a.options.time_count) == 0 &&
        take_doubles(&a, shares, "shares", &a.shares, &a.share_count) == 0) {
        result = answer(PyModule_GetState(module), &a, cancel);
    }
    asking_clear(&a);
    return result;
}

/* ---- proportions and rates ---- */

static const int64_t *take_counts(asking *a, PyObject *object, const char *name)
{
    churn_numbers numbers = {0};
    if (take_numbers(a, object, name, &numbers) < 0) {
        return NULL;
    }
    if (numbers.type != CHURN_NUMBERS_INT64) {
        PyErr_Format(PyExc_TypeError, "%s: not an array of whole numbers", name);
        return NULL;
    }
    return numbers.values;
}

PyObject *core_proportion(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    asking a = {.rows = -1, .err = CORE_ERROR_INIT};
    PyObject *successes, *trials, *result = NULL;
    const int64_t *x = NULL, *n = NULL;
    int method = 0;
    double level = 0.0;
    if (PyArg_ParseTuple(args, "OOid", &successes, &trials, &method, &level) &&
        (x = take_counts(&a, successes, "successes")) != NULL &&
        (n = take_counts(&a, trials, "trials")) != NULL) {
        churn_status st = churn_proportion(x, n, (uint64_t)a.rows, method, level, &a.table, &a.err);
        result = st == CHURN_OK ? core_table_new(state, a.table)
                                : core_raise(state, st, &a.err, "", NULL);
    }
    asking_clear(&a);
    return result;
}

PyObject *core_poisson_rate(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    asking a = {.rows = -1, .err = CORE_ERROR_INIT};
    churn_numbers exposures = {0};
    PyObject *events, *exposure, *result = NULL;
    const int64_t *x = NULL;
    double level = 0.0;
    if (PyArg_ParseTuple(args, "OOd", &events, &exposure, &level) &&
        (x = take_counts(&a, events, "events")) != NULL &&
        take_numbers(&a, exposure, "exposure", &exposures) == 0) {
        churn_status st =
            churn_poisson_rate(x, exposures.values, (uint64_t)a.rows, level, &a.table, &a.err);
        result = st == CHURN_OK ? core_table_new(state, a.table)
                                : core_raise(state, st, &a.err, "", NULL);
    }
    asking_clear(&a);
    return result;
}

PyObject *core_proportion_difference(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    long long x1, n1, x2, n2;
    double level = 0.0;
    if (!PyArg_ParseTuple(args, "LLLLd", &x1, &n1, &x2, &n2, &level)) {
        return NULL;
    }
    churn_status st = churn_proportion_difference(x1, n1, x2, n2, level, &table, &err);
    return st == CHURN_OK ? core_table_new(state, table) : core_raise(state, st, &err, "", NULL);
}
