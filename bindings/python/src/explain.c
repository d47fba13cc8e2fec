/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <math.h>
#include <stdlib.h>

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
    churn_explanation lines;
    void *more; /* room of its own, or NULL */
} asked;

static const asked nothing_asked = {
    .level = {.struct_size = sizeof(churn_explain_options)},
    .change = {.struct_size = sizeof(churn_explain_change_options)},
    .query = {.struct_size = sizeof(churn_query_options)},
    .err = CORE_ERROR_INIT,
    .lines = {.struct_size = sizeof(churn_explanation)},
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
    if (core_call_begin(self->state, cancel, &call) < 0) {
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

/* ---- lines without sentences ---- */

#define ROOM 4096u /* bytes of most explanations */

static PyObject *text_or_none(churn_str text)
{
    if (text.ptr == NULL) {
        Py_INCREF(Py_None);
        return Py_None;
    }
    return core_str_object(text);
}

static PyObject *number_or_none(double value)
{
    if (isnan(value)) {
        Py_INCREF(Py_None);
        return Py_None;
    }
    return PyFloat_FromDouble(value);
}

/* One of these is given. */
typedef struct cells {
    const churn_str *texts;
    const double *numbers;
    const int64_t *integers;
    const int32_t *kinds;
} cells;

static PyObject *cell(const cells *from, uint32_t i)
{
    static const char *const kinds[] = {"baseline", "factor",   "cap",
                                        "floor",    "override", "missing"};
    if (from->kinds != NULL) {
        return PyUnicode_FromString(kinds[from->kinds[i]]);
    }
    if (from->texts != NULL) {
        return text_or_none(from->texts[i]);
    }
    return from->numbers != NULL ? number_or_none(from->numbers[i])
                                 : PyLong_FromLongLong(from->integers[i]);
}

static PyObject *list_of(const cells *from, uint32_t count)
{
    PyObject *made = PyList_New((Py_ssize_t)count);
    for (uint32_t i = 0; made != NULL && i < count; i++) {
        PyObject *item = cell(from, i);
        if (item == NULL || PyList_SetItem(made, (Py_ssize_t)i, item) < 0) {
            Py_CLEAR(made);
        }
    }
    return made;
}

#define HEAD 7u
#define LISTS 10u

/* Takes over `value`, which may be NULL with an exception. */
static int set_item(PyObject *tuple, Py_ssize_t at, PyObject *value)
{
    return value == NULL ? -1 : PyTuple_SetItem(tuple, at, value);
}

static PyObject *lines_of(const churn_explanation *e)
{
    const cells lists[LISTS] = {{.kinds = e->kinds},           {.texts = e->names},
                                {.texts = e->groups},          {.texts = e->metrics},
                                {.numbers = e->values},        {.texts = e->words},
                                {.numbers = e->points},        {.numbers = e->weights},
                                {.numbers = e->contributions}, {.integers = e->micros}};
    PyObject *made = PyTuple_New(HEAD + LISTS);
    if (made == NULL || set_item(made, 0, number_or_none(e->score)) < 0 ||
        set_item(made, 1, core_str_object(e->band)) < 0 ||
        set_item(made, 2, PyFloat_FromDouble(e->coverage)) < 0 ||
        set_item(made, 3, PyFloat_FromDouble(e->low)) < 0 ||
        set_item(made, 4, PyFloat_FromDouble(e->high)) < 0 ||
        set_item(made, 5, PyBool_FromLong(e->certain)) < 0 ||
        set_item(made, 6, core_str_object(e->card)) < 0) {
        Py_CLEAR(made);
    }
    for (uint32_t i = 0; made != NULL && i < LISTS; i++) {
        if (set_item(made, (Py_ssize_t)(HEAD + i), list_of(&lists[i], e->line_count)) < 0) {
            Py_CLEAR(made);
        }
    }
    return made;
}

/* Where the room is too small more is made, which whoever asked frees. */
static churn_status ask_lines(asked *a)
{
    churn_explanation *e = &a->lines;
    churn_status st = churn_engine_explain_lines(a->engine, a->customer.ptr, a->customer.len,
                                                 a->as_of, &a->level, e, &a->err);
    if (st != CHURN_E_RANGE || e->room_needed <= e->room_size) {
        return st;
    }
    a->more = malloc(e->room_needed);
    if (a->more == NULL) {
        return CHURN_E_NOMEM;
    }
    e->room = a->more;
    e->room_size = e->room_needed;
    return churn_engine_explain_lines(a->engine, a->customer.ptr, a->customer.len, a->as_of,
                                      &a->level, e, &a->err);
}

/* Short enough to keep the interpreter's lock, but where others are asked about, too. */
static int answer_lines(core_handle *self, asked *a)
{
    if (a->level.baseline == CHURN_BASELINE_SEGMENT || a->level.baseline == CHURN_BASELINE_BOOK) {
        return answer(self, a, Py_None);
    }
    a->engine = core_enter(self);
    if (a->engine == NULL) {
        return -1;
    }
    a->st = a->ask(a);
    core_leave(self);
    if (a->st != CHURN_OK) {
        core_raise(self->state, a->st, &a->err, "", NULL);
    }
    return a->st == CHURN_OK ? 0 : -1;
}

PyObject *core_engine_explain_lines(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    double room[ROOM / sizeof(double)];
    asked a = nothing_asked;
    PyObject *customer = NULL, *score = NULL, *made = NULL;
    long long as_of = 0;
    a.ask = ask_lines;
    a.lines.room = room;
    a.lines.room_size = sizeof room;
    if (!PyArg_ParseTuple(args, "OLOid:_explain_lines", &customer, &as_of, &score,
                          &a.level.baseline, &a.level.baseline_value) ||
        core_str(customer, "customer", &a.customer) < 0 ||
        core_str(score, "score", &a.level.score) < 0) {
        return NULL;
    }
    a.as_of = as_of;
    if (answer_lines(self, &a) == 0) {
        made = lines_of(&a.lines);
    }
    free(a.more);
    return made;
}
