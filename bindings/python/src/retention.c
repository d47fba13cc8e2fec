/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>

/* How long customers and subscriptions stay. */

typedef struct {
    int which;
    churn_engine *engine;
    churn_time as_of;
    churn_engine_survival_options options;
    churn_str *by;
    Py_buffer times;
    int has_times;
    churn_table *table;
    churn_status st;
    churn_error err;
} staying;

static void staying_run(void *arg)
{
    staying *s = arg;
    switch (s->which) {
    case 0:
        s->st = churn_engine_survival(s->engine, s->as_of, &s->options, &s->table, &s->err);
        break;
    case 1:
        s->st = churn_engine_survival_summary(s->engine, s->as_of, &s->options, &s->table, &s->err);
        break;
    case 2:
        s->st = churn_engine_survival_test(s->engine, s->as_of, &s->options, &s->table, &s->err);
        break;
    default:
        s->st = churn_engine_competing_risks(s->engine, s->as_of, &s->options, &s->table, &s->err);
        break;
    }
}

static PyObject *staying_answer(core_handle *self, staying *s, PyObject *cancel)
{
    core_call call;
    PyObject *made = NULL;
    if (core_call_begin(self->state, cancel, &call) < 0) {
        return NULL;
    }
    s->engine = core_enter(self);
    if (s->engine != NULL) {
        s->options.cancel = call.flag;
        int st = core_call_run(&call, staying_run, s, NULL);
        core_leave(self);
        if (st == 0 && s->st == CHURN_OK) {
            made = core_table_new(self->state, s->table);
            s->table = NULL;
        } else if (st == 0) {
            core_raise(self->state, s->st, &s->err, "", NULL);
        }
        churn_table_free(s->table);
    }
    core_call_end(&call);
    return made;
}

/* An array of doubles, or None. */
static int take_times(staying *s, PyObject *object)
{
    if (object == Py_None) {
        return 0;
    }
    if (PyObject_GetBuffer(object, &s->times, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    s->has_times = 1;
    s->options.times = s->times.buf;
    s->options.time_count = (uint32_t)((size_t)s->times.len / sizeof(double));
    return 0;
}

/* (which, as_of, from, (of, unit, lives), by, times, (interval, estimator, hazard, test), (level,
 * rho, gamma, horizon), policy, cancel) */
PyObject *core_engine_survival(PyObject *object, PyObject *args)
{
    staying s = {.options = {.struct_size = sizeof s.options}, .err = CORE_ERROR_INIT};
    churn_engine_survival_options *o = &s.options;
    PyObject *by = NULL, *times = NULL, *policy = NULL, *cancel = NULL, *made = NULL;
    long long as_of = 0;
    long long from = 0;
    if (!PyArg_ParseTuple(args, "iLL(iii)O!O(iiii)(dddd)OO:_survival", &s.which, &as_of, &from,
                          &o->of, &o->unit, &o->lives, &PyList_Type, &by, &times, &o->interval,
                          &o->estimator, &o->hazard, &o->test, &o->level, &o->rho, &o->gamma,
                          &o->horizon, &policy, &cancel)) {
        return NULL;
    }
    s.as_of = as_of;
    o->from = from;
    if (core_str(policy, "policy", &o->policy) == 0 &&
        core_names(by, "by", &s.by, &o->by_count) == 0 && take_times(&s, times) == 0) {
        o->by = s.by;
        made = staying_answer((core_handle *)object, &s, cancel);
    }
    if (s.has_times) {
        PyBuffer_Release(&s.times);
    }
    free(s.by);
    return made;
}
