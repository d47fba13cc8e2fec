/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>

/* Taking out of a store what it must not keep. */

/* {kind: count}, without the zeros. */
static PyObject *by_kind(const uint64_t *counts)
{
    PyObject *out = PyDict_New();
    for (int kind = 0; out != NULL && kind < CHURN_RECORD_KINDS; kind++) {
        const char *name = core_kind_name(kind);
        if (counts[kind] == 0 || name == NULL) {
            continue;
        }
        PyObject *count = PyLong_FromUnsignedLongLong(counts[kind]);
        if (count == NULL || PyDict_SetItemString(out, name, count) < 0) {
            Py_CLEAR(out);
        }
        Py_XDECREF(count);
    }
    return out;
}

static PyObject *erase_report(const churn_erase_report *r)
{
    PyObject *removed = by_kind(r->removed);
    return removed == NULL
               ? NULL
               : Py_BuildValue("(KKKNKKKKKKKKK)", (unsigned long long)r->customers,
                               (unsigned long long)r->unknown, (unsigned long long)r->records,
                               removed, (unsigned long long)r->changed,
                               (unsigned long long)r->mentions, (unsigned long long)r->texts,
                               (unsigned long long)r->pinned, (unsigned long long)r->engines,
                               (unsigned long long)r->episodes, (unsigned long long)r->actions,
                               (unsigned long long)r->waiting, (unsigned long long)r->tasks);
}

PyObject *core_store_erase(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    PyObject *list = NULL;
    churn_str *ids = NULL;
    uint32_t count = 0;
    churn_erase_report report = {.struct_size = sizeof report};
    churn_error err = CORE_ERROR_INIT;
    PyObject *made = NULL;
    if (!PyArg_ParseTuple(args, "O!:_erase", &PyList_Type, &list)) {
        return NULL;
    }
    churn_store *store = core_names(list, "customers", &ids, &count) == 0 ? core_enter(self) : NULL;
    if (store != NULL) {
        PyThreadState *saved = PyEval_SaveThread();
        churn_status st = churn_store_erase(store, ids, count, &report, &err);
        PyEval_RestoreThread(saved);
        core_leave(self);
        made = st == CHURN_OK ? erase_report(&report) : core_raise(self->state, st, &err, "", NULL);
    }
    free(ids);
    return made;
}

PyObject *core_store_erase_user(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    PyObject *name = NULL;
    churn_str user = {NULL, 0};
    churn_erase_report report = {.struct_size = sizeof report};
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "O:_erase_user", &name) || core_text(name, "user", &user) < 0) {
        return NULL;
    }
    churn_store *store = core_enter(self);
    if (store == NULL) {
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    churn_status st = churn_store_erase_user(store, user.ptr, user.len, &report, &err);
    PyEval_RestoreThread(saved);
    core_leave(self);
    return st == CHURN_OK ? erase_report(&report) : core_raise(self->state, st, &err, "", NULL);
}

PyObject *core_store_forget(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    PyObject *at = NULL;
    churn_time before = CHURN_TIME_NONE;
    churn_forget_report r = {.struct_size = sizeof r};
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "O:_forget", &at) ||
        core_time(self->state, object, at, &before) < 0) {
        return NULL;
    }
    churn_store *store = core_enter(self);
    if (store == NULL) {
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    churn_status st = churn_store_forget(store, before, &r, &err);
    PyEval_RestoreThread(saved);
    core_leave(self);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "", NULL);
    }
    PyObject *removed = by_kind(r.removed);
    return removed == NULL
               ? NULL
               : Py_BuildValue("(LKNKK)", (long long)r.since, (unsigned long long)r.records,
                               removed, (unsigned long long)r.texts, (unsigned long long)r.pinned);
}

PyObject *core_store_merge(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    PyObject *names[2] = {NULL, NULL};
    churn_str from = {NULL, 0}, into = {NULL, 0};
    churn_merge_report r = {.struct_size = sizeof r};
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "OO:_merge", &names[0], &names[1]) ||
        core_text(names[0], "customer", &from) < 0 || core_text(names[1], "into", &into) < 0) {
        return NULL;
    }
    churn_store *store = core_enter(self);
    if (store == NULL) {
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    churn_status st = churn_store_merge(store, from.ptr, from.len, into.ptr, into.len, &r, &err);
    PyEval_RestoreThread(saved);
    core_leave(self);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "", NULL);
    }
    PyObject *moved = by_kind(r.moved);
    return moved == NULL ? NULL
                         : Py_BuildValue("(KNKKK)", (unsigned long long)r.records, moved,
                                         (unsigned long long)r.conflicts,
                                         (unsigned long long)r.texts, (unsigned long long)r.pinned);
}
