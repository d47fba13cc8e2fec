/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <string.h>

static void playbook_release(void *ptr)
{
    churn_playbook_free(ptr);
}

PyDoc_STRVAR(playbook_parse_doc, "_parse($self, text, file, limits, zoneinfo, flags, /)\n--\n\n");

/* Fill the handle; the table of findings, or None where there are none. */
static PyObject *playbook_parse(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    churn_playbook_options options = {.struct_size = sizeof options};
    churn_limits limits;
    PyObject *file = NULL;
    PyObject *given = NULL;
    PyObject *folder = NULL;
    Py_buffer text;
    churn_playbook *playbook = NULL;
    churn_table *findings = NULL;
    churn_error err = CORE_ERROR_INIT;
    churn_status st = CHURN_OK;
    self->noun = "playbook";
    if (!PyArg_ParseTuple(args, "y*OOOI:_parse", &text, &file, &given, &folder, &options.flags)) {
        return NULL;
    }
    if (core_str(file, "file", &options.file) < 0 ||
        core_limits(given, &limits, &options.limits) < 0 ||
        core_str(folder, "zoneinfo", &options.zoneinfo) < 0) {
        PyBuffer_Release(&text);
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    st = churn_playbook_parse(text.buf, (size_t)text.len, &options, &playbook, &findings, &err);
    PyEval_RestoreThread(saved);
    PyBuffer_Release(&text);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "playbook", findings);
    }
    if (core_adopt(self, playbook, playbook_release) < 0) {
        churn_table_free(findings);
        return NULL;
    }
    return findings != NULL ? core_table_new(self->state, findings) : Py_NewRef(Py_None);
}

/* ---- properties ---- */

static PyObject *playbook_name(PyObject *object, void *unused)
{
    (void)unused;
    const churn_playbook *playbook = core_open((core_handle *)object);
    return playbook != NULL ? core_str_object(churn_playbook_name(playbook)) : NULL;
}

static PyObject *playbook_time_zone(PyObject *object, void *unused)
{
    (void)unused;
    const churn_playbook *playbook = core_open((core_handle *)object);
    return playbook != NULL ? core_str_object(churn_playbook_time_zone(playbook)) : NULL;
}

static PyObject *playbook_hash(PyObject *object, void *unused)
{
    (void)unused;
    const churn_playbook *playbook = core_open((core_handle *)object);
    return playbook != NULL ? PyLong_FromUnsignedLongLong(churn_playbook_hash(playbook)) : NULL;
}

static PyObject *playbook_interval(PyObject *object, void *unused)
{
    (void)unused;
    core_handle *self = (core_handle *)object;
    const churn_playbook *playbook = core_open(self);
    if (playbook == NULL) {
        return NULL;
    }
    long long micros = churn_playbook_interval(playbook);
    return PyObject_CallFunction(self->state->timedelta, "iiL", 0, 0, micros);
}

static PyObject *playbook_memory(PyObject *object, void *unused)
{
    (void)unused;
    const churn_playbook *playbook = core_open((core_handle *)object);
    return playbook != NULL ? PyLong_FromUnsignedLongLong(churn_playbook_memory(playbook)) : NULL;
}

static PyGetSetDef playbook_getset[] = {
    {"name", playbook_name, NULL, "The name that the playbook gives itself.", NULL},
    {"time_zone", playbook_time_zone, NULL, "The time zone of its dates.", NULL},
    {"hash", playbook_hash, NULL,
     "A hash of what it means: equal for texts that differ only in comments and layout.", NULL},
    {"interval", playbook_interval, NULL, "How often it wants to be evaluated.", NULL},
    {"memory", playbook_memory, NULL, "How many bytes it, and what was made from it, take.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- methods ---- */

typedef churn_status question(const churn_playbook *, churn_table **, churn_error *);

/* A table that a playbook gives of itself. */
static PyObject *give_table(core_handle *self, question *ask)
{
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    const churn_playbook *playbook = core_open(self);
    if (playbook == NULL) {
        return NULL;
    }
    churn_status st = ask(playbook, &table, &err);
    return st == CHURN_OK ? core_table_new(self->state, table)
                          : core_raise(self->state, st, &err, "", NULL);
}

PyDoc_STRVAR(playbook_contents_doc,
             "contents($self)\n--\n\n"
             "What the playbook defines: sort, id, parent, detail and line of each.");

static PyObject *playbook_contents(PyObject *object, PyObject *unused)
{
    (void)unused;
    return give_table((core_handle *)object, churn_playbook_contents);
}

/* The two playbooks of a comparison, or NULL and an exception. */
static const churn_playbook *diff_before(core_handle *self, PyObject *other,
                                         const churn_playbook **after)
{
    if (core_is(other, self->state->playbook_type, "other") < 0) {
        return NULL;
    }
    const churn_playbook *before = core_open(self);
    *after = before != NULL ? core_open((core_handle *)other) : NULL;
    return *after != NULL ? before : NULL;
}

PyDoc_STRVAR(playbook_diff_doc, "_diff($self, other, /)\n--\n\n");

static PyObject *playbook_diff(PyObject *object, PyObject *other)
{
    core_handle *self = (core_handle *)object;
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    const churn_playbook *after = NULL;
    const churn_playbook *before = diff_before(self, other, &after);
    if (before == NULL) {
        return NULL;
    }
    churn_status st = churn_playbook_diff(before, after, &table, &err);
    return st == CHURN_OK ? core_table_new(self->state, table)
                          : core_raise(self->state, st, &err, "", NULL);
}

PyDoc_STRVAR(playbook_diff_text_doc, "_diff_text($self, other, /)\n--\n\n");

static PyObject *playbook_diff_text(PyObject *object, PyObject *other)
{
    core_handle *self = (core_handle *)object;
    churn_buffer *buffer = NULL;
    churn_error err = CORE_ERROR_INIT;
    const churn_playbook *after = NULL;
    const churn_playbook *before = diff_before(self, other, &after);
    if (before == NULL) {
        return NULL;
    }
    churn_status st = churn_playbook_diff_text(before, after, &buffer, &err);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "", NULL);
    }
    PyObject *text = PyUnicode_DecodeUTF8(churn_buffer_data(buffer),
                                          (Py_ssize_t)churn_buffer_size(buffer), "strict");
    churn_buffer_free(buffer);
    return text;
}

PyDoc_STRVAR(
    playbook_metrics_doc,
    "metrics($self)\n--\n\n"
    "The metrics for people: id, type, unit, currency, description, dependencies, sources, "
    "line.");

static PyObject *playbook_metrics(PyObject *object, PyObject *unused)
{
    (void)unused;
    return give_table((core_handle *)object, churn_playbook_metrics);
}

PyDoc_STRVAR(
    playbook_factors_doc,
    "factors($self)\n--\n\n"
    "What the scores are made of, a row for each factor of each card: score, card, group, factor, "
    "of, as, among, direction, declared, unit, weight, share, missing, points, line.");

static PyObject *playbook_factors(PyObject *object, PyObject *unused)
{
    (void)unused;
    return give_table((core_handle *)object, churn_playbook_factors);
}

PyDoc_STRVAR(playbook_time_doc, "_time($self, text, /)\n--\n\n");

static PyObject *playbook_time(PyObject *object, PyObject *given)
{
    core_handle *self = (core_handle *)object;
    churn_str text = {NULL, 0};
    churn_time at = CHURN_TIME_NONE;
    churn_error err = CORE_ERROR_INIT;
    const churn_playbook *playbook = core_open(self);
    if (playbook == NULL || core_text(given, "time", &text) < 0) {
        return NULL;
    }
    churn_status st = churn_playbook_time(playbook, text.ptr, text.len, &at, &err);
    return st == CHURN_OK ? PyLong_FromLongLong(at) : core_raise(self->state, st, &err, "", NULL);
}

PyDoc_STRVAR(playbook_time_text_doc, "_time_text($self, at, /)\n--\n\n");

static PyObject *playbook_time_text(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    long long at = 0;
    char text[64];
    churn_error err = CORE_ERROR_INIT;
    const churn_playbook *playbook = core_open(self);
    if (playbook == NULL || !PyArg_ParseTuple(args, "L:_time_text", &at)) {
        return NULL;
    }
    churn_status st = churn_playbook_time_text(playbook, at, text, sizeof text, NULL, &err);
    return st == CHURN_OK ? PyUnicode_FromString(text)
                          : core_raise(self->state, st, &err, "", NULL);
}

PyDoc_STRVAR(playbook_test_doc, "_test($self, name, /)\n--\n\n");

static PyObject *playbook_test(PyObject *object, PyObject *name)
{
    churn_playbook_test_options options = {.struct_size = sizeof options};
    core_handle *self = (core_handle *)object;
    uint64_t passed = 0;
    uint64_t failed = 0;
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    churn_status st = CHURN_OK;
    if (core_str(name, "name", &options.name) < 0) {
        return NULL;
    }
    churn_playbook *playbook = core_enter(self);
    if (playbook == NULL) {
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    st = name == Py_None
             ? churn_playbook_test(playbook, &passed, &failed, &table, &err)
             : churn_playbook_test_some(playbook, &options, &passed, &failed, &table, &err);
    PyEval_RestoreThread(saved);
    core_leave(self);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "", NULL);
    }
    PyObject *made = core_table_new(self->state, table);
    return made == NULL
               ? NULL
               : Py_BuildValue("KKN", (unsigned long long)passed, (unsigned long long)failed, made);
}

PyDoc_STRVAR(playbook_schema_doc,
             "schema($type)\n--\n\n"
             "The JSON Schema (draft-07) of playbook files, as text, for editors.");

static PyObject *playbook_schema(PyObject *type, PyObject *unused)
{
    (void)unused;
    core_state *state = core_state_of((PyTypeObject *)type);
    churn_buffer *buffer = NULL;
    churn_error err = CORE_ERROR_INIT;
    if (state == NULL) {
        return NULL;
    }
    churn_status st = churn_playbook_schema(&buffer, &err);
    if (st != CHURN_OK) {
        return core_raise(state, st, &err, "", NULL);
    }
    PyObject *text = PyUnicode_DecodeUTF8(churn_buffer_data(buffer),
                                          (Py_ssize_t)churn_buffer_size(buffer), "strict");
    churn_buffer_free(buffer);
    return text;
}

static PyMethodDef playbook_methods[] = {
    {"_parse", playbook_parse, METH_VARARGS, playbook_parse_doc},
    {"contents", playbook_contents, METH_NOARGS, playbook_contents_doc},
    {"_diff", playbook_diff, METH_O, playbook_diff_doc},
    {"_diff_text", playbook_diff_text, METH_O, playbook_diff_text_doc},
    {"metrics", playbook_metrics, METH_NOARGS, playbook_metrics_doc},
    {"factors", playbook_factors, METH_NOARGS, playbook_factors_doc},
    {"_time", playbook_time, METH_O, playbook_time_doc},
    {"_time_text", playbook_time_text, METH_VARARGS, playbook_time_text_doc},
    {"_test", playbook_test, METH_O, playbook_test_doc},
    {"schema", playbook_schema, METH_NOARGS | METH_CLASS, playbook_schema_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot playbook_slots[] = {
    {Py_tp_methods, playbook_methods},
    {Py_tp_getset, playbook_getset},
    {Py_tp_doc, "A compiled playbook."},
    {0, NULL},
};

PyType_Spec core_playbook_spec = {
    .name = "churn._core.Playbook",
    .basicsize = sizeof(core_handle),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = playbook_slots,
};
