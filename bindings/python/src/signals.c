/* SPDX-License-Identifier: MIT */
#include "core.h"

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

PyObject *core_change_points(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    churn_change_options options = {.struct_size = sizeof options};
    Py_buffer view;
    const double *values = NULL;
    uint64_t count = 0;
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    PyObject *made = NULL;
    if (!PyArg_ParseTuple(args, "y*O&dd:_change_points", &view, core_uint32, &options.min_size,
                          &options.penalty, &options.sigma)) {
        return NULL;
    }
    if (doubles_of(&view, "values", &values, &count) == 0) {
        churn_status st;
        Py_BEGIN_ALLOW_THREADS st = churn_change_points(values, count, &options, &table, &err);
        Py_END_ALLOW_THREADS made = answer(state, st, table, &err);
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
        churn_status st = churn_cusum(values, count, &options, &table, &err);
        made = answer(state, st, table, &err);
    }
    PyBuffer_Release(&view);
    return made;
}

PyObject *core_anomalies(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    churn_anomaly_options options = {.struct_size = sizeof options};
    churn_anomaly_data data = {.struct_size = sizeof data};
    Py_buffer values;
    Py_buffer trials;
    uint64_t trial_count = 0;
    int all = 0;
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    PyObject *made = NULL;
    if (!PyArg_ParseTuple(args, "y*y*iO&pdddO&O&O&O&:_anomalies", &values, &trials, &data.kind,
                          core_uint32, &data.season, &all, &options.false_alarms,
                          &options.per_series, &options.false_changes, core_uint32, &options.window,
                          core_uint32, &options.history, core_uint32, &options.cycles, core_uint32,
                          &options.min_size)) {
        return NULL;
    }
    options.flags = all ? CHURN_ANOMALIES_ALL : 0;
    if (doubles_of(&values, "values", &data.values, &data.count) == 0 &&
        doubles_of(&trials, "trials", &data.trials, &trial_count) == 0) {
        if (data.kind == CHURN_SERIES_SHARE && trial_count != data.count) {
            PyErr_SetString(PyExc_ValueError, "trials: as many as values");
        } else {
            churn_status st;
            Py_BEGIN_ALLOW_THREADS st = churn_anomalies(&data, &options, &table, &err);
            Py_END_ALLOW_THREADS made = answer(state, st, table, &err);
        }
    }
    PyBuffer_Release(&values);
    PyBuffer_Release(&trials);
    return made;
}
