/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static void engine_release(void *ptr)
{
    churn_engine_free(ptr);
}

/* ---- making one ---- */

static int parents(core_handle *self, PyObject *playbook, PyObject *store, churn_playbook **rules,
                   churn_store **records)
{
    self->noun = "engine";
    if (core_is(playbook, self->state->playbook_type, "Playbook") < 0 ||
        core_is(store, self->state->store_type, "Store") < 0) {
        return -1;
    }
    *rules = core_open((core_handle *)playbook);
    *records = *rules != NULL ? core_open((core_handle *)store) : NULL;
    return *records != NULL ? 0 : -1;
}

PyDoc_STRVAR(engine_create_doc, "_create($self, playbook, store, seed, /)\n--\n\n");

static PyObject *engine_create(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    PyObject *playbook = NULL;
    PyObject *store = NULL;
    unsigned long long seed = 0;
    churn_playbook *rules = NULL;
    churn_store *records = NULL;
    churn_engine *engine = NULL;
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "OOK:_create", &playbook, &store, &seed) ||
        parents(self, playbook, store, &rules, &records) < 0) {
        return NULL;
    }
    churn_engine_options options = {.struct_size = sizeof options, .seed = seed};
    churn_status st = churn_engine_create(rules, records, &options, &engine, &err);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "engine", NULL);
    }
    if (core_adopt(self, engine, engine_release) < 0) {
        return NULL;
    }
    return core_none();
}

PyDoc_STRVAR(engine_load_doc, "_load($self, data, playbook, store, /)\n--\n\n");

static PyObject *engine_load(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    PyObject *playbook = NULL;
    PyObject *store = NULL;
    Py_buffer bytes;
    churn_playbook *rules = NULL;
    churn_store *records = NULL;
    churn_engine *engine = NULL;
    churn_error err = CORE_ERROR_INIT;
    churn_status st = CHURN_OK;
    if (!PyArg_ParseTuple(args, "y*OO:_load", &bytes, &playbook, &store)) {
        return NULL;
    }
    if (parents(self, playbook, store, &rules, &records) < 0) {
        PyBuffer_Release(&bytes);
        return NULL;
    }
    core_enter((core_handle *)playbook);
    core_enter((core_handle *)store);
    PyThreadState *saved = PyEval_SaveThread();
    st = churn_engine_load(bytes.buf, (size_t)bytes.len, rules, records, &engine, &err);
    PyEval_RestoreThread(saved);
    core_leave((core_handle *)store);
    core_leave((core_handle *)playbook);
    PyBuffer_Release(&bytes);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "engine", NULL);
    }
    if (core_adopt(self, engine, engine_release) < 0) {
        return NULL;
    }
    return core_none();
}

PyDoc_STRVAR(engine_set_playbook_doc, "_set_playbook($self, playbook, /)\n--\n\n");

static PyObject *engine_set_playbook(PyObject *object, PyObject *playbook)
{
    core_handle *self = (core_handle *)object;
    churn_error err = CORE_ERROR_INIT;
    churn_engine *engine = core_open(self);
    if (engine == NULL || core_is(playbook, self->state->playbook_type, "Playbook") < 0) {
        return NULL;
    }
    churn_playbook *rules = core_open((core_handle *)playbook);
    if (rules == NULL) {
        return NULL;
    }
    churn_status st = churn_engine_set_playbook(engine, rules, &err);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "engine", NULL);
    }
    return core_none();
}

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
    churn_time from;
    churn_time to;
    int64_t every;
    churn_time *dates;
    churn_str *names;
    uint32_t count;
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
    asked->run.struct_size = sizeof asked->run;
}

static void question_clear(question *asked)
{
    free(asked->dates);
    free(asked->names);
}

static void question_run(void *arg)
{
    question *asked = arg;
    asked->st = asked->ask(asked);
}

/* The flag of a call: the caller's, or one of our own for signals. */
static churn_cancel *cancel_for(core_handle *self, PyObject *given, churn_cancel **own)
{
    churn_cancel *cancel = NULL;
    churn_error err = CORE_ERROR_INIT;
    *own = NULL;
    if (core_cancel_of(self->state, given, &cancel) < 0 || cancel != NULL) {
        return cancel;
    }
    churn_status st = churn_cancel_create(own, &err);
    if (st != CHURN_OK) {
        core_raise(self->state, st, &err, "", NULL);
    }
    return *own;
}

/* 0 with the answer in `asked`; -1 with an exception. */
static int answer(core_handle *self, question *asked, PyObject *given)
{
    churn_cancel *own = NULL;
    churn_cancel *cancel = cancel_for(self, given, &own);
    asked->engine = cancel != NULL ? core_enter(self) : NULL;
    if (asked->engine == NULL) {
        churn_cancel_free(own);
        return -1;
    }
    asked->query.cancel = cancel;
    asked->figures.cancel = cancel;
    asked->moves.cancel = cancel;
    core_hold(given);
    int st = core_run_long(question_run, asked, cancel);
    core_let(given);
    core_leave(self);
    churn_cancel_free(own);
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

static int read_names(PyObject *list, const char *what, question *asked)
{
    Py_ssize_t count = PyList_Size(list);
    asked->names = calloc((size_t)count + 1, sizeof *asked->names);
    if (asked->names == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    asked->count = (uint32_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (core_text(PyList_GetItem(list, i), what, &asked->names[i]) < 0) {
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

static churn_status ask_disagreements(question *q)
{
    return churn_engine_disagreements(q->engine, q->dates[0], &q->query, &q->table, &q->err);
}

static churn_status ask_at_risk(question *q)
{
    return churn_engine_at_risk(q->engine, q->dates[0], &q->query, &q->table, &q->err);
}

static churn_status ask_explain(question *q)
{
    churn_str customer = q->query.customer;
    q->query.customer = (churn_str){NULL, 0};
    return churn_engine_explain(q->engine, customer.ptr, customer.len, q->dates[0], &q->query,
                                &q->table, &q->err);
}

static const struct {
    const char *name;
    churn_status (*ask)(question *q);
} questions[] = {
    {"metrics", ask_metrics}, {"scores", ask_scores},
    {"missing", ask_missing}, {"disagreements", ask_disagreements},
    {"at_risk", ask_at_risk}, {"explain", ask_explain},
};

PyDoc_STRVAR(engine_ask_doc,
             "_ask($self, question, dates, customer, score, owner, limit, cancel, /)\n--\n\n");

static PyObject *engine_ask(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    question asked;
    const char *name = NULL;
    PyObject *dates = NULL;
    PyObject *customer = NULL;
    PyObject *score = NULL;
    PyObject *owner = NULL;
    PyObject *cancel = NULL;
    unsigned long long limit = 0;
    question_init(&asked, NULL);
    if (!PyArg_ParseTuple(args, "sO!OOOKO:_ask", &name, &PyList_Type, &dates, &customer, &score,
                          &owner, &limit, &cancel) ||
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
    if (read_dates(dates, &asked) < 0) {
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

static churn_status ask_movements(question *q)
{
    return churn_engine_movements(q->engine, q->from, q->to, &q->figures, &q->table, &q->err);
}

PyDoc_STRVAR(engine_kpi_doc, "_kpi($self, kpis, start, end, every, as_of, cancel, /)\n--\n\n");

static PyObject *engine_kpi(PyObject *object, PyObject *args)
{
    question asked;
    PyObject *names = NULL;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    question_init(&asked, ask_kpi);
    if (!PyArg_ParseTuple(args, "O!LLiLO:_kpi", &PyList_Type, &names, &from, &to,
                          &asked.figures.every, &as_of, &cancel)) {
        return NULL;
    }
    asked.from = from;
    asked.to = to;
    asked.figures.as_of = as_of;
    if (read_names(names, "kpis", &asked) < 0) {
        question_clear(&asked);
        return NULL;
    }
    return answer_table((core_handle *)object, &asked, cancel);
}

PyDoc_STRVAR(engine_movements_doc, "_movements($self, start, end, as_of, cancel, /)\n--\n\n");

static PyObject *engine_movements(PyObject *object, PyObject *args)
{
    question asked;
    PyObject *cancel = NULL;
    long long from = 0;
    long long to = 0;
    long long as_of = 0;
    question_init(&asked, ask_movements);
    if (!PyArg_ParseTuple(args, "LLLO:_movements", &from, &to, &as_of, &cancel)) {
        return NULL;
    }
    asked.from = from;
    asked.to = to;
    asked.figures.as_of = as_of;
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
    return Py_BuildValue("NNKKKKKKKKKKKKKK", core_time_object(state, run->as_of),
                         PyBool_FromLong((long)run->degraded), (unsigned long long)run->customers,
                         (unsigned long long)run->evaluated, (unsigned long long)run->is_true,
                         (unsigned long long)run->is_false, (unsigned long long)run->is_unknown,
                         (unsigned long long)run->is_error, (unsigned long long)run->fired,
                         (unsigned long long)run->resolved, (unsigned long long)run->reminders,
                         (unsigned long long)run->data_gaps, (unsigned long long)run->suppressed,
                         (unsigned long long)run->actions, (unsigned long long)run->late,
                         (unsigned long long)run->budget);
}

PyDoc_STRVAR(engine_advance_doc, "_advance($self, as_of, flags, cancel, /)\n--\n\n");

static PyObject *engine_advance(PyObject *object, PyObject *args)
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

PyDoc_STRVAR(engine_replay_doc, "_replay($self, start, end, every, flags, cancel, /)\n--\n\n");

static PyObject *engine_replay(PyObject *object, PyObject *args)
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

PyDoc_STRVAR(engine_warm_up_doc, "_warm_up($self, start, end, cancel, /)\n--\n\n");

static PyObject *engine_warm_up(PyObject *object, PyObject *args)
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

/* ---- what it remembers ---- */

typedef churn_status (*list_call)(churn_engine *engine, churn_table **out, churn_error *err);

static PyObject *list_table(PyObject *object, list_call call)
{
    core_handle *self = (core_handle *)object;
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    churn_status st = CHURN_OK;
    churn_engine *engine = core_enter(self);
    if (engine == NULL) {
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    st = call(engine, &table, &err);
    PyEval_RestoreThread(saved);
    core_leave(self);
    return st == CHURN_OK ? core_table_new(self->state, table)
                          : core_raise(self->state, st, &err, "", NULL);
}

PyDoc_STRVAR(engine_run_summary_doc, "run_summary($self)\n--\n\n"
                                     "The last evaluation, a row a trigger.");

static PyObject *engine_run_summary(PyObject *object, PyObject *unused)
{
    (void)unused;
    return list_table(object, churn_engine_run_summary);
}

PyDoc_STRVAR(engine_episodes_doc, "episodes($self)\n--\n\n"
                                  "All episodes, from the firing of a trigger to its end.");

static PyObject *engine_episodes(PyObject *object, PyObject *unused)
{
    (void)unused;
    return list_table(object, churn_engine_episodes);
}

PyDoc_STRVAR(engine_actions_doc, "_actions($self, which, limit, /)\n--\n\n");

static PyObject *engine_actions(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    churn_action_options options = {.struct_size = sizeof options};
    unsigned long long limit = 0;
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    churn_status st = CHURN_OK;
    if (!PyArg_ParseTuple(args, "iK:_actions", &options.which, &limit)) {
        return NULL;
    }
    options.limit = limit;
    churn_engine *engine = core_enter(self);
    if (engine == NULL) {
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    st = churn_engine_actions(engine, &options, &table, &err);
    PyEval_RestoreThread(saved);
    core_leave(self);
    return st == CHURN_OK ? core_table_new(self->state, table)
                          : core_raise(self->state, st, &err, "", NULL);
}

PyDoc_STRVAR(engine_acknowledge_doc, "_acknowledge($self, ids, /)\n--\n\n");

static PyObject *engine_acknowledge(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    question asked;
    PyObject *ids = NULL;
    churn_status st = CHURN_OK;
    PyObject *made = NULL;
    question_init(&asked, NULL);
    if (!PyArg_ParseTuple(args, "O!:_acknowledge", &PyList_Type, &ids)) {
        return NULL;
    }
    churn_engine *engine = core_open(self);
    if (engine != NULL && read_names(ids, "ids", &asked) == 0) {
        st = churn_engine_acknowledge(engine, asked.names, asked.count, &asked.err);
        made =
            st == CHURN_OK ? Py_NewRef(Py_None) : core_raise(self->state, st, &asked.err, "", NULL);
    }
    question_clear(&asked);
    return made;
}

PyDoc_STRVAR(engine_complete_doc, "_complete($self, action, outcome, at, /)\n--\n\n");

static PyObject *engine_complete(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    PyObject *action = NULL;
    PyObject *end = NULL;
    churn_str id = {NULL, 0};
    churn_str outcome = {NULL, 0};
    long long at = 0;
    churn_error err = CORE_ERROR_INIT;
    churn_engine *engine = core_open(self);
    if (engine == NULL || !PyArg_ParseTuple(args, "OOL:_complete", &action, &end, &at) ||
        core_text(action, "action", &id) < 0 || core_text(end, "outcome", &outcome) < 0) {
        return NULL;
    }
    churn_status st =
        churn_engine_complete(engine, id.ptr, id.len, outcome.ptr, outcome.len, at, &err);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "", NULL);
    }
    return core_none();
}

PyDoc_STRVAR(engine_to_bytes_doc,
             "to_bytes($self)\n--\n\n"
             "The engine's memory as bytes: versioned, checksummed, equal for equal states.");

static PyObject *engine_to_bytes(PyObject *object, PyObject *unused)
{
    (void)unused;
    core_handle *self = (core_handle *)object;
    churn_buffer *buffer = NULL;
    churn_error err = CORE_ERROR_INIT;
    churn_status st = CHURN_OK;
    churn_engine *engine = core_enter(self);
    if (engine == NULL) {
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    st = churn_engine_save(engine, &buffer, &err);
    PyEval_RestoreThread(saved);
    core_leave(self);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "", NULL);
    }
    PyObject *made =
        PyBytes_FromStringAndSize(churn_buffer_data(buffer), (Py_ssize_t)churn_buffer_size(buffer));
    churn_buffer_free(buffer);
    return made;
}

PyDoc_STRVAR(engine_hash_doc, "hash($self)\n--\n\nA hash of the engine's memory.");

static PyObject *engine_hash(PyObject *object, PyObject *unused)
{
    (void)unused;
    core_handle *self = (core_handle *)object;
    uint64_t hash = 0;
    churn_error err = CORE_ERROR_INIT;
    churn_engine *engine = core_open(self);
    if (engine == NULL) {
        return NULL;
    }
    churn_status st = churn_engine_hash(engine, &hash, &err);
    return st == CHURN_OK ? PyLong_FromUnsignedLongLong(hash)
                          : core_raise(self->state, st, &err, "", NULL);
}

/* Getters read the engine's memory: not while a call moves it. */
static churn_engine *engine_idle(core_handle *self)
{
    churn_error err = CORE_ERROR_INIT;
    if (self->calls == 0) {
        return core_open(self);
    }
    PyOS_snprintf(err.message, sizeof err.message, "engine: a call on it is running");
    core_raise(self->state, CHURN_E_STATE, &err, "", NULL);
    return NULL;
}

static PyObject *engine_as_of(PyObject *object, void *unused)
{
    (void)unused;
    core_handle *self = (core_handle *)object;
    churn_engine *engine = engine_idle(self);
    return engine != NULL ? core_time_object(self->state, churn_engine_as_of(engine)) : NULL;
}

static PyObject *engine_memory(PyObject *object, void *unused)
{
    (void)unused;
    churn_engine *engine = engine_idle((core_handle *)object);
    return engine != NULL ? PyLong_FromUnsignedLongLong(churn_engine_memory(engine)) : NULL;
}

static PyGetSetDef engine_getset[] = {
    {"as_of", engine_as_of, NULL, "The instant of the last evaluation, None before the first.",
     NULL},
    {"memory", engine_memory, NULL, "How many bytes the engine's memory takes.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef engine_methods[] = {
    {"_create", engine_create, METH_VARARGS, engine_create_doc},
    {"_load", engine_load, METH_VARARGS, engine_load_doc},
    {"_set_playbook", engine_set_playbook, METH_O, engine_set_playbook_doc},
    {"_ask", engine_ask, METH_VARARGS, engine_ask_doc},
    {"_kpi", engine_kpi, METH_VARARGS, engine_kpi_doc},
    {"_movements", engine_movements, METH_VARARGS, engine_movements_doc},
    {"_advance", engine_advance, METH_VARARGS, engine_advance_doc},
    {"_replay", engine_replay, METH_VARARGS, engine_replay_doc},
    {"_warm_up", engine_warm_up, METH_VARARGS, engine_warm_up_doc},
    {"run_summary", engine_run_summary, METH_NOARGS, engine_run_summary_doc},
    {"episodes", engine_episodes, METH_NOARGS, engine_episodes_doc},
    {"_actions", engine_actions, METH_VARARGS, engine_actions_doc},
    {"_acknowledge", engine_acknowledge, METH_VARARGS, engine_acknowledge_doc},
    {"_complete", engine_complete, METH_VARARGS, engine_complete_doc},
    {"to_bytes", engine_to_bytes, METH_NOARGS, engine_to_bytes_doc},
    {"hash", engine_hash, METH_NOARGS, engine_hash_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot engine_slots[] = {
    {Py_tp_methods, engine_methods},
    {Py_tp_getset, engine_getset},
    {Py_tp_doc, "A playbook bound to a store."},
    {0, NULL},
};

PyType_Spec core_engine_spec = {
    .name = "churn._core.Engine",
    .basicsize = sizeof(core_handle),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = engine_slots,
};
