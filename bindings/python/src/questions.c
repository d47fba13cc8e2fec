/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* ---- questions: the arguments of all of them, and the thread that answers ---- */

typedef struct question {
    churn_status (*ask)(struct question *question);
    churn_engine *engine;
    churn_status st;
    churn_error err;
    churn_table *table;
    churn_query_options query;
    churn_kpi_options figures;
    churn_advance_options moves;
    churn_band_change_options bands;
    churn_time from;
    churn_time to;
    int64_t every;
    churn_time *dates;
    churn_str *names;
    uint32_t count;
    churn_str *by;
    churn_run run;
} question;

static void question_init(question *asked, churn_status (*ask)(question *))
{
    memset(asked, 0, sizeof *asked);
    asked->ask = ask;
    asked->err.struct_size = sizeof asked->err;
    asked->err.row = CHURN_ROW_NONE;
    asked->query.struct_size = sizeof asked->query;
    asked->figures.struct_size = sizeof asked->figures;
    asked->moves.struct_size = sizeof asked->moves;
    asked->bands.struct_size = sizeof asked->bands;
    asked->run.struct_size = sizeof asked->run;
}

static void question_clear(question *asked)
{
    free(asked->dates);
    free(asked->names);
    free(asked->by);
}

static void question_run(void *arg)
{
    question *asked = arg;
    asked->st = asked->ask(asked);
}

/* 0 with the answer in `asked`; -1 with an exception. */
static int answer(core_handle *self, question *asked, PyObject *given)
{
    core_call call;
    if (core_call_begin(self->state, given, &call) < 0) {
        return -1;
    }
    asked->engine = core_enter(self);
    if (asked->engine == NULL) {
        core_call_end(&call);
        return -1;
    }
    asked->query.cancel = call.flag;
    asked->figures.cancel = call.flag;
    asked->moves.cancel = call.flag;
    asked->bands.cancel = call.flag;
    int st = core_call_run(&call, question_run, asked, NULL);
    core_leave(self);
    core_call_end(&call);
    if (st < 0) {
        churn_table_free(asked->table);
        return -1;
    }
    if (asked->st != CHURN_OK) {
        churn_table_free(asked->table);
        core_raise(self->state, asked->st, &asked->err, "", NULL);
        return -1;
    }
    return 0;
}

static PyObject *answer_table(core_handle *self, question *asked, PyObject *cancel)
{
    PyObject *made = NULL;
    if (answer(self, asked, cancel) == 0) {
        made = core_table_new(self->state, asked->table);
    }
    question_clear(asked);
    return made;
}

static int read_dates(PyObject *list, question *asked)
{
    Py_ssize_t count = PyList_Size(list);
    asked->dates = calloc((size_t)count + 1, sizeof *asked->dates);
    if (asked->dates == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    asked->count = (uint32_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        asked->dates[i] = PyLong_AsLongLong(PyList_GetItem(list, i));
        if (asked->dates[i] == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

/* ---- questions with dates ---- */

static churn_status ask_metrics(question *q)
{
    return churn_engine_metrics(q->engine, q->dates, q->count, &q->query, &q->table, &q->err);
}

static churn_status ask_scores(question *q)
{
    return churn_engine_scores(q->engine, q->dates, q->count, &q->query, &q->table, &q->err);
}

static churn_status ask_missing(question *q)
{
    return churn_engine_missing(q->engine, q->dates[0], &q->query, &q->table, &q->err);
}

static churn_status ask_quality(question *q)
{
    return churn_engine_quality(q->engine, q->dates[0], &q->query, &q->table, &q->err);
}

static churn_status ask_disagreements(question *q)
{
    return churn_engine_disagreements(q->engine, q->dates[0], &q->query, &q->table, &q->err);
}

static churn_status ask_at_risk(question *q)
{
    return churn_engine_at_risk(q->engine, q->dates[0], &q->query, &q->table, &q->err);
}

static churn_status ask_trends(question *q)
{
    return churn_engine_trends(q->engine, q->dates[0], &q->query, &q->table, &q->err);
}

/* The trigger's name comes where others have a score's. */
static churn_status ask_why(question *q)
{
    churn_str customer = q->query.customer, trigger = q->query.score;
    return churn_engine_why(q->engine, customer.ptr, customer.len, trigger.ptr, trigger.len,
                            q->dates[0], &q->table, &q->err);
}

static churn_status ask_lint(question *q)
{
    return churn_engine_lint(q->engine, q->dates[0], &q->query, &q->table, &q->err);
}

static const struct {
    const char *name;
    churn_status (*ask)(question *q);
} questions[] = {
    {"lint", ask_lint},
    {"metrics", ask_metrics},
    {"scores", ask_scores},
    {"missing", ask_missing},
    {"disagreements", ask_disagreements},
    {"at_risk", ask_at_risk},
    {"quality", ask_quality},
    {"why", ask_why},
    {"trends", ask_trends},
};

/* A list of ids, which the caller's arguments hold; None: all. */
static int read_customers(PyObject *list, question *asked)
{
    uint32_t count = 0;
    if (list == Py_None) {
        return 0;
    }
    if (core_names(list, "customers", &asked->names, &count) < 0) {
        return -1;
    }
    asked->query.customers = asked->names;
    asked->query.customer_count = count;
    return 0;
}

PyObject *core_engine_ask(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    question asked;
    const char *name = NULL;
    PyObject *dates = NULL;
    PyObject *customer = NULL;
    PyObject *customers = NULL;
    PyObject *score = NULL;
    PyObject *owner = NULL;
    PyObject *cancel = NULL;
    unsigned long long limit = 0;
    question_init(&asked, NULL);
    if (!PyArg_ParseTuple(args, "sO!OOOOO&IO:_ask", &name, &PyList_Type, &dates, &customer,
                          &customers, &score, &owner, core_uint64, &limit, &asked.query.flags,
                          &cancel) ||
        core_str(customer, "customer", &asked.query.customer) < 0 ||
        core_str(score, "score", &asked.query.score) < 0 ||
        core_str(owner, "owner", &asked.query.owner) < 0) {
        return NULL;
    }
    asked.query.limit = limit;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        asked.ask = strcmp(questions[i].name, name) == 0 ? questions[i].ask : asked.ask;
    }
    if (asked.ask == NULL) {
        PyErr_Format(PyExc_ValueError, "there is no question '%s'", name);
        return NULL;
    }
    if (read_dates(dates, &asked) < 0 || read_customers(customers, &asked) < 0) {
        question_clear(&asked);
        return NULL;
    }
    return answer_table(self, &asked, cancel);
}

/* ---- figures ---- */

static churn_status ask_kpi(question *q)
{
    return churn_engine_kpi(q->engine, q->names, q->count, q->from, q->to, &q->figures, &q->table,
                            &q->err);
}

PyObject *core_engine_kpi(PyObject *object, PyObject *args)
{
    question asked;
    churn_kpi_options *o = &asked.figures;
    PyObject *names = NULL;
    PyObject *by = NULL;
    PyObject *cancel = NULL;
    PyObject *policy = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    question_init(&asked, ask_kpi);
    if (!PyArg_ParseTuple(args, "O!LLiLO&O&O!iOdpO:_kpi", &PyList_Type, &names, &from, &to,
                          &o->every, &as_of, core_uint32, &o->rolling_days, core_uint32,
                          &o->step_days, &PyList_Type, &by, &o->by_at, &policy, &o->level,
                          &o->changes, &cancel)) {
        return NULL;
    }
    asked.from = from;
    asked.to = to;
    o->as_of = as_of;
    if ((policy != Py_None && core_text(policy, "policy", &o->policy) < 0) ||
        core_names(names, "kpis", &asked.names, &asked.count) < 0 ||
        core_names(by, "by", &asked.by, &o->by_count) < 0) {
        question_clear(&asked);
        return NULL;
    }
    o->by = asked.by;
    return answer_table((core_handle *)object, &asked, cancel);
}

/* ---- the calls with memory ---- */

static churn_status ask_advance(question *q)
{
    return churn_engine_advance(q->engine, q->to, &q->moves, &q->run, &q->err);
}

static churn_status ask_replay(question *q)
{
    return churn_engine_replay(q->engine, q->from, q->to, q->every, &q->moves, &q->table, &q->err);
}

static churn_status ask_warm_up(question *q)
{
    return churn_engine_warm_up(q->engine, q->from, q->to, &q->moves, &q->table, &q->err);
}

static PyObject *run_object(core_state *state, const churn_run *run)
{
    return Py_BuildValue("NNKKKKKKKKKKKKKKKKK", core_time_object(state, run->as_of),
                         PyBool_FromLong((long)run->degraded), (unsigned long long)run->customers,
                         (unsigned long long)run->evaluated, (unsigned long long)run->is_true,
                         (unsigned long long)run->is_false, (unsigned long long)run->is_unknown,
                         (unsigned long long)run->is_error, (unsigned long long)run->fired,
                         (unsigned long long)run->resolved, (unsigned long long)run->reminders,
                         (unsigned long long)run->data_gaps, (unsigned long long)run->suppressed,
                         (unsigned long long)run->actions, (unsigned long long)run->late,
                         (unsigned long long)run->budget, (unsigned long long)run->band_changes,
                         (unsigned long long)run->unexplained,
                         (unsigned long long)run->loss_unknown);
}

PyObject *core_engine_advance(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    question asked;
    PyObject *cancel = NULL;
    long long as_of = 0;
    question_init(&asked, ask_advance);
    if (!PyArg_ParseTuple(args, "LIO:_advance", &as_of, &asked.moves.flags, &cancel)) {
        return NULL;
    }
    asked.to = as_of;
    return answer(self, &asked, cancel) == 0 ? run_object(self->state, &asked.run) : NULL;
}

PyObject *core_engine_replay(PyObject *object, PyObject *args)
{
    question asked;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long every = 0;
    question_init(&asked, ask_replay);
    if (!PyArg_ParseTuple(args, "LLLIO:_replay", &from, &to, &every, &asked.moves.flags, &cancel)) {
        return NULL;
    }
    asked.from = from;
    asked.to = to;
    asked.every = every;
    return answer_table((core_handle *)object, &asked, cancel);
}

PyObject *core_engine_warm_up(PyObject *object, PyObject *args)
{
    question asked;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    question_init(&asked, ask_warm_up);
    if (!PyArg_ParseTuple(args, "LLO:_warm_up", &from, &to, &cancel)) {
        return NULL;
    }
    asked.from = from;
    asked.to = to;
    return answer_table((core_handle *)object, &asked, cancel);
}

static churn_status ask_band_changes(question *q)
{
    return churn_engine_band_changes(q->engine, &q->bands, &q->table, &q->err);
}

PyObject *core_engine_band_changes(PyObject *object, PyObject *args)
{
    question asked;
    PyObject *customer = NULL;
    PyObject *score = NULL;
    PyObject *cancel = NULL;
    long long since = 0;
    long long until = 0;
    question_init(&asked, ask_band_changes);
    if (!PyArg_ParseTuple(args, "OOLLIO:_band_changes", &customer, &score, &since, &until,
                          &asked.bands.flags, &cancel) ||
        core_str(customer, "customer", &asked.bands.customer) < 0 ||
        core_str(score, "score", &asked.bands.score) < 0) {
        return NULL;
    }
    asked.bands.since = since;
    asked.bands.until = until;
    return answer_table((core_handle *)object, &asked, cancel);
}
