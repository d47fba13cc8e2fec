/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>

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

PyDoc_STRVAR(engine_create_doc, "_create($self, playbook, store, seed, threads, /)\n--\n\n");

static PyObject *engine_create(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    PyObject *playbook = NULL;
    PyObject *store = NULL;
    unsigned long long seed = 0;
    unsigned int threads = 0;
    churn_playbook *rules = NULL;
    churn_store *records = NULL;
    churn_engine *engine = NULL;
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "OOO&O&:_create", &playbook, &store, core_uint64, &seed,
                          core_uint32, &threads) ||
        parents(self, playbook, store, &rules, &records) < 0) {
        return NULL;
    }
    churn_engine_options options = {
        .struct_size = sizeof options, .seed = seed, .threads = threads};
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

PyDoc_STRVAR(
    engine_ask_doc,
    "_ask($self, question, dates, customer, customers, score, owner, limit, flags, cancel, "
    "/)\n--\n\n");

PyDoc_STRVAR(engine_query_doc,
             "_query($self, type, text, as_of, customer, customers, select, order, names, values, "
             "limit, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_what_if_doc,
             "_what_if($self, customer, as_of, names, values, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_targets_doc,
             "_targets($self, customer, as_of, score, band, target, pairs, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_impact_doc,
             "_impact($self, playbook, dates, customers, score, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_explain_doc, "_explain($self, type, customer, as_of, score, baseline, value, "
                                 "over, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_explain_lines_doc,
             "_explain_lines($self, customer, as_of, score, baseline, value, /)\n--\n\n");

PyDoc_STRVAR(engine_explain_change_doc, "_explain_change($self, type, customer, before, as_of, "
                                        "score, playbook, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_evidence_doc,
             "_evidence($self, customer, metric, before, as_of, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_customer_doc, "_customer($self, customer, as_of, /)\n--\n\n");

PyDoc_STRVAR(engine_reference_doc,
             "_reference($self, metric, as_of, among, name, max_values, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_story_doc,
             "_story($self, customer, as_of, start, end, kinds, limit, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_band_changes_doc,
             "_band_changes($self, customer, score, since, until, flags, cancel, /)\n--\n\n");
PyDoc_STRVAR(engine_kpi_doc, "_kpi($self, kpis, start, end, every, as_of, rolling_days, step_days, "
                             "by, by_at, policy, level, changes, cancel, /)\n--\n\n");
PyDoc_STRVAR(engine_surveys_doc,
             "_surveys($self, kind, start, end, every, as_of, by, by_at, level, days, cancel, /)\n"
             "--\n\n");
PyDoc_STRVAR(engine_themes_doc,
             "_themes($self, start, end, every, as_of, by, by_at, compare, sources, longest, "
             "min_count, min_customers, top, prior, level, languages, stop_words, tags, phrases, "
             "weights, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_movements_doc,
             "_movements($self, start, end, as_of, policy, split, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_reconciliation_doc,
             "_reconciliation($self, start, end, as_of, policy, split, cancel, /)\n--\n\n");

PyDoc_STRVAR(
    engine_compare_policies_doc,
    "_compare_policies($self, policies, kpis, start, end, every, as_of, rolling_days, step_days, "
    "by, by_at, level, changes, cancel, /)\n--\n\n");

PyDoc_STRVAR(
    engine_cohorts_doc,
    "_cohorts($self, type, start, end, what, every, mode, as_of, by, events, start_events, "
    "max_age, level, policy, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_engagement_doc,
             "_engagement($self, adoption, start, end, of, as_of, events, by, "
             "by_at, level, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_funnel_doc, "_funnel($self, steps, start, end, of, as_of, within, any_order, "
                                "by_at, by, level, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_advance_doc, "_advance($self, as_of, flags, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_replay_doc, "_replay($self, start, end, every, flags, cancel, /)\n--\n\n");

PyDoc_STRVAR(engine_warm_up_doc, "_warm_up($self, start, end, cancel, /)\n--\n\n");

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
    if (!PyArg_ParseTuple(args, "iO&:_actions", &options.which, core_uint64, &limit)) {
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
    PyObject *list = NULL;
    PyObject *made = NULL;
    churn_str *ids = NULL;
    uint32_t count = 0;
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "O!:_acknowledge", &PyList_Type, &list)) {
        return NULL;
    }
    churn_engine *engine = core_open(self);
    if (engine != NULL && core_names(list, "ids", &ids, &count) == 0) {
        churn_status st = churn_engine_acknowledge(engine, ids, count, &err);
        made = st == CHURN_OK ? core_none() : core_raise(self->state, st, &err, "", NULL);
    }
    free(ids);
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
    {"_ask", core_engine_ask, METH_VARARGS, engine_ask_doc},
    {"_query", core_engine_query, METH_VARARGS, engine_query_doc},
    {"_what_if", core_engine_what_if, METH_VARARGS, engine_what_if_doc},
    {"_targets", core_engine_targets, METH_VARARGS, engine_targets_doc},
    {"_impact", core_engine_impact, METH_VARARGS, engine_impact_doc},
    {"_explain", core_engine_explain, METH_VARARGS, engine_explain_doc},
    {"_explain_lines", core_engine_explain_lines, METH_VARARGS, engine_explain_lines_doc},
    {"_explain_change", core_engine_explain_change, METH_VARARGS, engine_explain_change_doc},
    {"_evidence", core_engine_evidence, METH_VARARGS, engine_evidence_doc},
    {"_customer", core_engine_customer, METH_VARARGS, engine_customer_doc},
    {"_story", core_engine_story, METH_VARARGS, engine_story_doc},
    {"_band_changes", core_engine_band_changes, METH_VARARGS, engine_band_changes_doc},
    {"_reference", core_engine_reference, METH_VARARGS, engine_reference_doc},
    {"_kpi", core_engine_kpi, METH_VARARGS, engine_kpi_doc},
    {"_surveys", core_engine_surveys, METH_VARARGS, engine_surveys_doc},
    {"_themes", core_engine_themes, METH_VARARGS, engine_themes_doc},
    {"_goals", core_engine_goals, METH_VARARGS, NULL},
    {"_benchmarks", core_engine_benchmarks, METH_VARARGS, NULL},
    {"_anomalies", core_engine_anomalies, METH_VARARGS, NULL},
    {"_movements", core_engine_movements, METH_VARARGS, engine_movements_doc},
    {"_cohorts", core_engine_cohorts, METH_VARARGS, engine_cohorts_doc},
    {"_engagement", core_engine_engagement, METH_VARARGS, engine_engagement_doc},
    {"_funnel", core_engine_funnel, METH_VARARGS, engine_funnel_doc},
    {"_survival", core_engine_survival, METH_VARARGS, NULL},
    {"_reconciliation", core_engine_reconciliation, METH_VARARGS, engine_reconciliation_doc},
    {"_compare_policies", core_engine_compare_policies, METH_VARARGS, engine_compare_policies_doc},
    {"_advance", core_engine_advance, METH_VARARGS, engine_advance_doc},
    {"_replay", core_engine_replay, METH_VARARGS, engine_replay_doc},
    {"_warm_up", core_engine_warm_up, METH_VARARGS, engine_warm_up_doc},
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
