/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>

/* Who stays and who gets how far: cohorts, engagement, adoption, funnels. */

typedef struct asked {
    void (*ask)(struct asked *asked);
    churn_engine *engine;
    churn_status st;
    churn_error err;
    churn_time from, to;
    churn_cohort_options cohorts;
    churn_engagement_options engagement;
    churn_funnel_options funnel;
    churn_str *by, *events, *starts;
    churn_funnel_step *steps;
    uint32_t step_count;
    churn_table *table;
} asked;

static void asked_clear(asked *a)
{
    free(a->by);
    free(a->events);
    free(a->starts);
    free(a->steps);
}

static void asked_run(void *arg)
{
    asked *a = arg;
    a->ask(a);
}

/* The answer as a table, of `type` if that is not NULL, or NULL with an exception; `a` is at its
 * end. */
static PyObject *answer(core_handle *self, asked *a, PyObject *given, PyTypeObject *type)
{
    core_call call;
    PyObject *made = NULL;
    if (core_call_begin(self->state, given, &call) < 0) {
        asked_clear(a);
        return NULL;
    }
    a->engine = core_enter(self);
    if (a->engine != NULL) {
        a->cohorts.cancel = call.flag;
        a->engagement.cancel = call.flag;
        a->funnel.cancel = call.flag;
        int st = core_call_run(&call, asked_run, a, NULL);
        core_leave(self);
        if (st == 0 && a->st == CHURN_OK) {
            made = type != NULL ? core_table_as(type, a->table)
                                : core_table_new(self->state, a->table);
            a->table = NULL;
        } else if (st == 0) {
            core_raise(self->state, a->st, &a->err, "", NULL);
        }
        churn_table_free(a->table);
    }
    core_call_end(&call);
    asked_clear(a);
    return made;
}

/* ---- cohorts ---- */

static void ask_cohorts(asked *a)
{
    a->st = churn_engine_cohorts(a->engine, a->from, a->to, &a->cohorts, &a->table, &a->err);
}

PyObject *core_engine_cohorts(PyObject *object, PyObject *args)
{
    asked a = {.ask = ask_cohorts, .err = CORE_ERROR_INIT};
    churn_cohort_options *o = &a.cohorts;
    PyObject *type = NULL;
    PyObject *by = NULL;
    PyObject *events = NULL;
    PyObject *starts = NULL;
    PyObject *policy = NULL;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    unsigned int max_age = 0;
    o->struct_size = sizeof *o;
    if (!PyArg_ParseTuple(args, "O!LLiiiLO!O!O!IdOO:_cohorts", &PyType_Type, &type, &from, &to,
                          &o->what, &o->every, &o->mode, &as_of, &PyList_Type, &by, &PyList_Type,
                          &events, &PyList_Type, &starts, &max_age, &o->level, &policy, &cancel)) {
        return NULL;
    }
    a.from = from;
    a.to = to;
    o->as_of = as_of;
    o->max_age = max_age;
    if (core_names(by, "by", &a.by, &o->by_count) < 0 ||
        core_names(events, "events", &a.events, &o->event_count) < 0 ||
        core_names(starts, "start_events", &a.starts, &o->start_event_count) < 0 ||
        (policy != Py_None && core_text(policy, "policy", &o->policy) < 0)) {
        asked_clear(&a);
        return NULL;
    }
    o->by = a.by;
    o->events = a.events;
    o->start_events = a.starts;
    return answer((core_handle *)object, &a, cancel, (PyTypeObject *)type);
}

/* ---- engagement ---- */

static void ask_engagement(asked *a)
{
    a->st = churn_engine_engagement(a->engine, a->from, a->to, &a->engagement, &a->table, &a->err);
}

static void ask_adoption(asked *a)
{
    a->st = churn_engine_adoption(a->engine, a->from, a->to, &a->engagement, &a->table, &a->err);
}

PyObject *core_engine_engagement(PyObject *object, PyObject *args)
{
    asked a = {.ask = ask_engagement, .err = CORE_ERROR_INIT};
    churn_engagement_options *o = &a.engagement;
    PyObject *by = NULL;
    PyObject *events = NULL;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    int adoption = 0;
    o->struct_size = sizeof *o;
    if (!PyArg_ParseTuple(args, "pLLiLO!O!idO:_engagement", &adoption, &from, &to, &o->of, &as_of,
                          &PyList_Type, &events, &PyList_Type, &by, &o->by_at, &o->level,
                          &cancel)) {
        return NULL;
    }
    a.ask = adoption ? ask_adoption : ask_engagement;
    a.from = from;
    a.to = to;
    o->as_of = as_of;
    if (core_names(by, "by", &a.by, &o->by_count) < 0 ||
        core_names(events, "events", &a.events, &o->event_count) < 0) {
        asked_clear(&a);
        return NULL;
    }
    o->by = a.by;
    o->events = a.events;
    return answer((core_handle *)object, &a, cancel, NULL);
}

/* ---- funnels ---- */

static void ask_funnel(asked *a)
{
    a->st = churn_engine_funnel(a->engine, a->steps, a->step_count, a->from, a->to, &a->funnel,
                                &a->table, &a->err);
}

static int read_part(PyObject *part, const char *what, churn_str *out)
{
    return part == Py_None ? 0 : core_text(part, what, out);
}

/* Each step is a tuple (event, milestone, where, name) with None for what is not given. */
static int read_steps(PyObject *list, asked *a)
{
    const Py_ssize_t count = PyList_Size(list);
    a->steps = calloc((size_t)count + 1, sizeof *a->steps);
    if (a->steps == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    a->step_count = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *step = PyList_GetItem(list, i);
        churn_funnel_step *to = &a->steps[i];
        PyObject *event = NULL;
        PyObject *milestone = NULL;
        PyObject *where = NULL;
        PyObject *name = NULL;
        if (!PyArg_ParseTuple(step, "OOOO:step", &event, &milestone, &where, &name) ||
            read_part(event, "event", &to->event) < 0 ||
            read_part(milestone, "milestone", &to->milestone) < 0 ||
            read_part(where, "where", &to->where) < 0 || read_part(name, "name", &to->name) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *core_engine_funnel(PyObject *object, PyObject *args)
{
    asked a = {.ask = ask_funnel, .err = CORE_ERROR_INIT};
    churn_funnel_options *o = &a.funnel;
    PyObject *steps = NULL;
    PyObject *by = NULL;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    long long within = 0;
    o->struct_size = sizeof *o;
    if (!PyArg_ParseTuple(args, "O!LLiLLiiO!dO:_funnel", &PyList_Type, &steps, &from, &to, &o->of,
                          &as_of, &within, &o->any_order, &o->by_at, &PyList_Type, &by, &o->level,
                          &cancel)) {
        return NULL;
    }
    a.from = from;
    a.to = to;
    o->as_of = as_of;
    o->within = within;
    if (read_steps(steps, &a) < 0 || core_names(by, "by", &a.by, &o->by_count) < 0) {
        asked_clear(&a);
        return NULL;
    }
    o->by = a.by;
    return answer((core_handle *)object, &a, cancel, NULL);
}
