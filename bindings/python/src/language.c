/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>

/* What is asked of texts of the expression language, without an expression. */

static PyObject *buffer_text(churn_buffer *buffer)
{
    PyObject *text = PyUnicode_DecodeUTF8(churn_buffer_data(buffer),
                                          (Py_ssize_t)churn_buffer_size(buffer), "strict");
    churn_buffer_free(buffer);
    return text;
}

PyObject *core_format_expression(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    churn_expression_options options = {.struct_size = sizeof options};
    churn_limits limits;
    PyObject *source = NULL;
    PyObject *given = NULL;
    churn_str text = {NULL, 0};
    churn_buffer *buffer = NULL;
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "OO:_format_expression", &source, &given) ||
        core_text(source, "expression", &text) < 0 ||
        core_limits(given, &limits, &options.limits) < 0) {
        return NULL;
    }
    churn_status st = churn_expression_format(text.ptr, text.len, &options, &buffer, &err);
    return st == CHURN_OK ? buffer_text(buffer) : core_raise(state, st, &err, "expression", NULL);
}

/* In memory for free(); NULL with an exception. */
static churn_variable *variables_of(PyObject *names, PyObject *types, Py_ssize_t count)
{
    churn_variable *variables = calloc((size_t)count + 1, sizeof *variables);
    if (variables == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (core_str(PyTuple_GetItem(names, i), "variables", &variables[i].name) < 0) {
            free(variables);
            return NULL;
        }
        long kind = PyLong_AsLong(PyTuple_GetItem(types, i)); /* flags from bit 8 on */
        variables[i].type = (churn_type)(kind & 0xff);
        variables[i].flags = (uint32_t)(kind >> 8);
    }
    return variables;
}

PyObject *core_check_expression(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    churn_expression_options options = {.struct_size = sizeof options};
    churn_limits limits;
    PyObject *source = NULL;
    PyObject *names = NULL;
    PyObject *types = NULL;
    PyObject *given = NULL;
    churn_str text = {NULL, 0};
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTuple(args, "OO!O!IO:_check_expression", &source, &PyTuple_Type, &names,
                          &PyTuple_Type, &types, &options.flags, &given) ||
        core_text(source, "expression", &text) < 0 ||
        core_limits(given, &limits, &options.limits) < 0) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_Size(names);
    churn_variable *variables = variables_of(names, types, count);
    if (variables == NULL) {
        return NULL;
    }
    churn_status st = churn_expression_check(text.ptr, text.len, variables, (uint32_t)count,
                                             &options, &table, &err);
    free(variables);
    return st == CHURN_OK ? core_table_new(state, table)
                          : core_raise(state, st, &err, "expression", NULL);
}
