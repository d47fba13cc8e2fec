/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <string.h>

static PyObject *position_object(uint64_t number, uint64_t none)
{
    if (number == none) {
        return Py_NewRef(Py_None);
    }
    return PyLong_FromUnsignedLongLong(number);
}

/* The exception itself, made by Python, so that the hierarchy stands in one readable file. */
static PyObject *make_exception(core_state *state, churn_status status, const churn_error *err,
                                const char *subject, PyObject *extra)
{
    PyObject *line = position_object(err->line, 0);
    PyObject *column = position_object(err->column, 0);
    PyObject *row = position_object(err->row, CHURN_ROW_NONE);
    const char *text = err->message[0] != '\0' ? err->message : churn_status_text(status);
    PyObject *message = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
    PyObject *made = NULL;
    if (line != NULL && column != NULL && row != NULL && message != NULL) {
        made = PyObject_CallFunction(state->make_error, "iOiOOOsO", (int)status, message,
                                     (int)err->detail, line, column, row, subject, extra);
    }
    Py_XDECREF(message);
    Py_XDECREF(line);
    Py_XDECREF(column);
    Py_XDECREF(row);
    return made;
}

PyObject *core_raise(core_state *state, churn_status status, const churn_error *err,
                     const char *subject, churn_table *extra)
{
    PyObject *table = Py_NewRef(Py_None);
    if (extra != NULL) {
        Py_DECREF(table);
        table = core_table_new(state, extra);
        if (table == NULL) {
            return NULL;
        }
    }
    if (status == CHURN_E_NOMEM) {
        Py_DECREF(table);
        return PyErr_NoMemory();
    }
    if (state->make_error == NULL) {
        PyErr_Format(PyExc_RuntimeError, "churn: %s", err->message);
        Py_DECREF(table);
        return NULL;
    }
    PyObject *made = make_exception(state, status, err, subject, table);
    if (made != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(made), made);
        Py_DECREF(made);
    }
    Py_DECREF(table);
    return NULL;
}

PyObject *core_set_make_error(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    PyObject *function = NULL;
    PyObject *table_type = NULL;
    if (!PyArg_ParseTuple(args, "OO:_register", &function, &table_type)) {
        return NULL;
    }
    PyObject *old = state->make_error;
    state->make_error = Py_NewRef(function);
    Py_XDECREF(old);
    old = state->table_type;
    state->table_type = Py_NewRef(table_type);
    Py_XDECREF(old);
    return core_none();
}
