/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

#define ON_STACK 16 /* variables whose values need no memory */

/* An expression, the names of its variables (a tuple of interned str) and their types. */
typedef struct {
    core_handle handle;
    PyObject *names;
    churn_type *types;
    Py_ssize_t count;
} expression;

static void expression_release(void *ptr)
{
    churn_expression_free(ptr);
}

static void expression_dealloc(PyObject *object)
{
    expression *self = (expression *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->handle.ptr != NULL) {
        self->handle.release(self->handle.ptr);
    }
    Py_CLEAR(self->names);
    free(self->types);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* ---- compile ---- */

static int take_variables(expression *self, PyObject *names, PyObject *types,
                          churn_variable *variables)
{
    for (Py_ssize_t i = 0; i < self->count; i++) {
        PyObject *name = PyTuple_GetItem(names, i);
        if (core_str(name, "variables", &variables[i].name) < 0) {
            return -1;
        }
        long kind = PyLong_AsLong(PyTuple_GetItem(types, i)); /* flags from bit 8 on */
        self->types[i] = (churn_type)(kind & 0xff);
        variables[i].type = self->types[i];
        variables[i].flags = (uint32_t)(kind >> 8);
    }
    self->names = Py_NewRef(names);
    return 0;
}

static int compile(expression *self, churn_str text, PyObject *names, PyObject *types,
                   const churn_expression_options *options)
{
    churn_expression *made = NULL;
    churn_error err = CORE_ERROR_INIT;
    churn_variable *variables = calloc((size_t)self->count + 1, sizeof *variables);
    self->types = calloc((size_t)self->count + 1, sizeof *self->types);
    if (variables == NULL || self->types == NULL) {
        free(variables);
        PyErr_NoMemory();
        return -1;
    }
    int st = take_variables(self, names, types, variables);
    if (st == 0) {
        churn_status status = churn_expression_compile(text.ptr, text.len, variables,
                                                       (uint32_t)self->count, options, &made, &err);
        if (status != CHURN_OK) {
            core_raise(self->handle.state, status, &err, "expression", NULL);
            st = -1;
        }
    }
    free(variables);
    return st == 0 ? core_adopt(&self->handle, made, expression_release) : -1;
}

/* What templates are told besides their text. */
static int take_formats(expression *self, PyObject *zone, PyObject *currency, PyObject *as_of,
                        churn_expression_options *options)
{
    churn_time at = CHURN_TIME_NONE;
    if (core_str(zone, "time_zone", &options->time_zone) < 0 ||
        core_str(currency, "currency", &options->currency) < 0 ||
        core_time(self->handle.state, NULL, as_of, &at) < 0) {
        return -1;
    }
    options->as_of = at == CHURN_TIME_NONE ? 0 : at;
    return 0;
}

PyDoc_STRVAR(expression_compile_doc,
             "_compile($self, text, names, types, flags, limits, time_zone=None, currency=None,\n"
             "         as_of=None, /)\n--\n\n");

static PyObject *expression_compile(PyObject *object, PyObject *args)
{
    expression *self = (expression *)object;
    churn_expression_options options = {.struct_size = sizeof options};
    churn_limits limits;
    PyObject *source = NULL;
    churn_str text = {NULL, 0};
    PyObject *names = NULL;
    PyObject *types = NULL;
    PyObject *given = NULL, *zone = Py_None, *currency = Py_None, *as_of = Py_None;
    self->handle.noun = "expression";
    if (self->names != NULL || self->types != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "expression: it is compiled already");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "OO!O!IO|OOO:_compile", &source, &PyTuple_Type, &names,
                          &PyTuple_Type, &types, &options.flags, &given, &zone, &currency,
                          &as_of) ||
        core_text(source, "expression", &text) < 0 ||
        core_limits(given, &limits, &options.limits) < 0 ||
        take_formats(self, zone, currency, as_of, &options) < 0) {
        return NULL;
    }
    self->count = PyTuple_Size(names);
    if (compile(self, text, names, types, &options) < 0) {
        return NULL;
    }
    return core_none();
}

/* ---- evaluate ---- */

/* What most values are, in the time that a record may take; 0: look closer. */
static int read_plain(churn_type type, PyObject *object, churn_value *out)
{
    if (type == CHURN_TYPE_DOUBLE && PyFloat_CheckExact(object)) {
        out->number = PyFloat_AsDouble(object);
    } else if (type == CHURN_TYPE_STRING && PyUnicode_CheckExact(object)) {
        Py_ssize_t size = 0;
        out->string.ptr = PyUnicode_AsUTF8AndSize(object, &size);
        out->string.len = (size_t)size;
        if (out->string.ptr == NULL) {
            return -1;
        }
    } else if (type == CHURN_TYPE_BOOL && PyBool_Check(object)) {
        out->truth = object == Py_True;
    } else {
        return 0;
    }
    out->type = type;
    return 1;
}

static int read_value(expression *self, Py_ssize_t i, PyObject *object, churn_value *out)
{
    int plain = read_plain(self->types[i], object, out);
    if (plain != 0) {
        return plain < 0 ? -1 : 0;
    }
    churn_str name = {NULL, 0};
    if (self->types[i] == CHURN_TYPE_DURATION && object != Py_None) {
        out->type = CHURN_TYPE_DURATION;
        return core_duration(self->handle.state, object, &out->integer);
    }
    if (core_str(PyTuple_GetItem(self->names, i), "variable", &name) < 0 ||
        core_value(self->handle.state, (PyObject *)self, object, name.ptr, out) < 0) {
        return -1;
    }
    if (self->types[i] == CHURN_TYPE_DOUBLE && out->type == CHURN_TYPE_INT) {
        out->type = CHURN_TYPE_DOUBLE;
        out->number = (double)out->integer;
    } else if (self->types[i] == CHURN_TYPE_TIME && out->type == CHURN_TYPE_INT) {
        out->type = CHURN_TYPE_TIME;
    } else if (self->types[i] == CHURN_TYPE_TIME && out->type == CHURN_TYPE_STRING) {
        out->type = CHURN_TYPE_TIME;
        return core_time(self->handle.state, (PyObject *)self, object, &out->integer);
    }
    return 0;
}

static PyObject *get(PyObject *mapping, PyObject *name)
{
    PyObject *value = PyDict_CheckExact(mapping)
                          ? Py_XNewRef(PyDict_GetItemWithError(mapping, name))
                          : PyObject_GetItem(mapping, name);
    if (value == NULL && PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
    }
    return value;
}

/* "a.b" where there is no such name: b of the mapping a. NULL without an exception: not there. */
static PyObject *get_within(PyObject *mapping, PyObject *name)
{
    Py_ssize_t end = PyUnicode_GetLength(name);
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, end, 1);
    if (dot < 0) {
        return NULL;
    }
    PyObject *head = PyUnicode_Substring(name, 0, dot);
    PyObject *rest = PyUnicode_Substring(name, dot + 1, end);
    PyObject *inner = head != NULL && rest != NULL ? get(mapping, head) : NULL;
    PyObject *value = NULL;
    if (inner != NULL && PyMapping_Check(inner) && !PyUnicode_Check(inner) &&
        !PyList_Check(inner) && !PyTuple_Check(inner)) {
        value = get(inner, rest);
        if (value == NULL && !PyErr_Occurred()) {
            value = get_within(inner, rest);
        }
    }
    Py_XDECREF(head);
    Py_XDECREF(rest);
    Py_XDECREF(inner);
    return value;
}

/* A value that is not in the mapping is missing. `held` keeps what mappings made for us. */
static int read_values(expression *self, PyObject *mapping, churn_value *values, PyObject **held)
{
    for (Py_ssize_t i = 0; i < self->count; i++) {
        PyObject *name = PyTuple_GetItem(self->names, i);
        values[i].type = 0;
        PyObject *value = get(mapping, name);
        if (value == NULL && !PyErr_Occurred()) {
            value = get_within(mapping, name);
        }
        held[i] = value;
        if (value == NULL && PyErr_Occurred()) {
            return -1;
        }
        if (value != NULL && read_value(self, i, value, &values[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Text that evaluation makes stands in `room`, which grows to what it takes. */
static churn_status evaluate_into(const expression *self, const churn_expression *compiled,
                                  const churn_value *values, char **room, churn_outcome *outcome,
                                  churn_value *value, churn_error *err)
{
    size_t size = 0, needed = 0;
    for (;;) {
        churn_status st = churn_expression_evaluate_into(compiled, values, (uint32_t)self->count,
                                                         *room, size, &needed, outcome, value, err);
        if (st != CHURN_E_RANGE || needed <= size) {
            return st;
        }
        free(*room);
        *room = malloc(needed);
        size = needed;
        if (*room == NULL) {
            return CHURN_E_NOMEM;
        }
    }
}

/* With room for text that is made, and with what there is to say where there is no value. */
static PyObject *evaluate_closely(expression *self, const churn_value *values)
{
    core_state *state = self->handle.state;
    churn_outcome outcome = CHURN_OUTCOME_UNKNOWN;
    churn_value value = {0};
    churn_error err = CORE_ERROR_INIT;
    char *room = NULL;
    PyObject *made = NULL;
    const churn_expression *compiled = core_open(&self->handle);
    if (compiled == NULL) {
        return NULL;
    }
    churn_status st =
        churn_expression_evaluate(compiled, values, (uint32_t)self->count, &outcome, &value, &err);
    if (st == CHURN_E_UNSUPPORTED) {
        st = evaluate_into(self, compiled, values, &room, &outcome, &value, &err);
    }
    if (st != CHURN_OK) {
        made = core_raise(state, st, &err, "expression", NULL);
    } else if (outcome == CHURN_OUTCOME_ERROR) {
        made = core_raise(state, CHURN_E_FAILED, &err, "expression", NULL);
    } else if (outcome == CHURN_OUTCOME_UNKNOWN) {
        made = core_none();
    } else {
        made = core_value_object(state, &value);
    }
    free(room);
    return made;
}

static PyObject *evaluate_values(expression *self, const churn_value *values)
{
    churn_outcome outcome = CHURN_OUTCOME_ERROR;
    churn_value value;
    const churn_expression *compiled = core_open(&self->handle);
    if (compiled == NULL) {
        return NULL;
    }
    churn_status st =
        churn_expression_evaluate(compiled, values, (uint32_t)self->count, &outcome, &value, NULL);
    if (st != CHURN_OK || outcome == CHURN_OUTCOME_ERROR) {
        return evaluate_closely(self, values);
    }
    return outcome == CHURN_OUTCOME_UNKNOWN ? core_none()
                                            : core_value_object(self->handle.state, &value);
}

static PyObject *explain_values(expression *self, const churn_value *values)
{
    core_state *state = self->handle.state;
    churn_error err = CORE_ERROR_INIT;
    churn_table *table = NULL;
    const churn_expression *compiled = core_open(&self->handle);
    if (compiled == NULL) {
        return NULL;
    }
    churn_status st =
        churn_expression_explain(compiled, values, (uint32_t)self->count, &table, &err);
    return st == CHURN_OK ? core_table_new(state, table)
                          : core_raise(state, st, &err, "expression", NULL);
}

/* What a function makes of the values of one record. */
static PyObject *with_values(expression *self, PyObject *mapping,
                             PyObject *(*make)(expression *self, const churn_value *values))
{
    churn_value stack[ON_STACK];
    PyObject *held_stack[ON_STACK] = {NULL};
    churn_value *values = stack;
    PyObject **held = held_stack;
    PyObject *made = NULL;
    if (self->count > ON_STACK) {
        values = calloc((size_t)self->count, sizeof *values);
        held = calloc((size_t)self->count, sizeof *held);
    }
    if (values == NULL || held == NULL) {
        PyErr_NoMemory();
    } else if (read_values(self, mapping, values, held) == 0) {
        made = make(self, values);
    }
    for (Py_ssize_t i = 0; held != NULL && i < self->count; i++) {
        Py_XDECREF(held[i]);
    }
    if (self->count > ON_STACK) {
        free(values);
        free((void *)held);
    }
    return made;
}

PyDoc_STRVAR(
    expression_evaluate_doc,
    "evaluate($self, values, /)\n--\n\n"
    "The value for one record: a mapping of names to values. None where it is unknown,\n"
    "because something that it stands on is missing; ExpressionError where it is an error.\n"
    "The value of a name with a dot may also stand in a mapping: {'metric': {'logins': 3}}.");

static PyObject *expression_evaluate(PyObject *object, PyObject *mapping)
{
    return with_values((expression *)object, mapping, evaluate_values);
}

PyDoc_STRVAR(
    expression_explain_doc,
    "explain($self, values, /)\n--\n\n"
    "Why it came to what it did for one record: a table with a row for each part, the\n"
    "whole first: part (its text), depth, line, column, outcome (value, unknown or error),\n"
    "value (as text), because (names that are missing, or what went wrong), decided\n"
    "(whether the outcome of the whole stands on it).");

static PyObject *expression_explain(PyObject *object, PyObject *mapping)
{
    return with_values((expression *)object, mapping, explain_values);
}

PyDoc_STRVAR(expression_stream_doc, "_evaluate_stream($self, data, cancel, /)\n--\n\n");

typedef struct {
    const churn_expression *compiled;
    struct ArrowArrayStream stream;
    churn_cancel *cancel;
    churn_table *table;
    churn_status st;
    churn_error err;
} evaluating;

static void evaluate_run(void *arg)
{
    evaluating *in = arg;
    in->st = churn_expression_evaluate_stream(in->compiled, &in->stream, in->cancel, &in->table,
                                              &in->err);
}

static PyObject *expression_stream(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    core_call call;
    core_relay relay = {.call = NULL};
    evaluating in = {.err = CORE_ERROR_INIT};
    PyObject *data = NULL;
    PyObject *given = NULL;
    if (!PyArg_ParseTuple(args, "OO:_evaluate_stream", &data, &given) ||
        core_call_begin(self->state, given, &call) < 0) {
        return NULL;
    }
    in.compiled = core_enter(self);
    if (in.compiled == NULL) {
        core_call_end(&call);
        return NULL;
    }
    int st = core_take_stream(data, &relay.inner);
    if (st == 0) {
        core_relay_open(&relay, &in.stream);
        in.cancel = call.flag;
        st = core_call_run(&call, evaluate_run, &in, &relay);
    }
    core_leave(self);
    core_call_end(&call);
    if (st < 0) {
        churn_table_free(in.table);
        return NULL;
    }
    return in.st == CHURN_OK ? core_table_new(self->state, in.table)
                             : core_raise(self->state, in.st, &in.err, "stream", NULL);
}

/* ---- many ---- */

typedef struct {
    const churn_expression **compiled;
    const churn_str *names;
    uint32_t count;
    struct ArrowArrayStream stream;
    churn_cancel *cancel;
    churn_table *table;
    churn_status st;
    churn_error err;
} evaluating_many;

static void evaluate_many_run(void *arg)
{
    evaluating_many *in = arg;
    in->st = churn_expressions_evaluate_stream(in->compiled, in->count, in->names, &in->stream,
                                               in->cancel, &in->table, &in->err);
}

/* The tuple holds expressions, which are kept open until leave_all(): how many were entered. */
static uint32_t enter_all(PyObject *rules, evaluating_many *in)
{
    uint32_t entered = 0;
    for (; entered < in->count; entered++) {
        core_handle *rule = (core_handle *)PyTuple_GetItem(rules, (Py_ssize_t)entered);
        in->compiled[entered] = core_enter(rule);
        if (in->compiled[entered] == NULL) {
            break;
        }
    }
    return entered;
}

static void leave_all(PyObject *rules, uint32_t entered)
{
    for (uint32_t i = 0; i < entered; i++) {
        core_leave((core_handle *)PyTuple_GetItem(rules, (Py_ssize_t)i));
    }
}

static int run_many(core_handle *self, PyObject *data, PyObject *given, evaluating_many *in)
{
    core_call call;
    core_relay relay = {.call = NULL};
    if (core_call_begin(self->state, given, &call) < 0) {
        return -1;
    }
    int st = core_take_stream(data, &relay.inner);
    if (st == 0) {
        core_relay_open(&relay, &in->stream);
        in->cancel = call.flag;
        st = core_call_run(&call, evaluate_many_run, in, &relay);
    }
    core_call_end(&call);
    return st;
}

/* A static method in all but name: `object` is the first of the rules. */
static PyObject *expression_many(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    evaluating_many in = {.err = CORE_ERROR_INIT};
    PyObject *rules = NULL, *names = NULL, *data = NULL, *given = NULL;
    churn_str *texts = NULL;
    int st = -1;
    if (!PyArg_ParseTuple(args, "O!O!OO:_evaluate_many", &PyTuple_Type, &rules, &PyList_Type,
                          &names, &data, &given) ||
        core_names(names, "names", &texts, &in.count) < 0) {
        free(texts);
        return NULL;
    }
    in.names = texts;
    in.compiled = calloc((size_t)in.count + 1, sizeof *in.compiled);
    if (in.compiled == NULL) {
        PyErr_NoMemory();
    } else {
        uint32_t entered = enter_all(rules, &in);
        st = entered == in.count ? run_many(self, data, given, &in) : -1;
        leave_all(rules, entered);
    }
    free((void *)in.compiled);
    free(texts);
    if (st < 0) {
        churn_table_free(in.table);
        return NULL;
    }
    return in.st == CHURN_OK ? core_table_new(self->state, in.table)
                             : core_raise(self->state, in.st, &in.err, "stream", NULL);
}

/* ---- what it is ---- */

PyDoc_STRVAR(expression_uses_doc, "uses($self, name, /)\n--\n\n"
                                  "Tell whether the expression reads a variable.");

static PyObject *expression_uses(PyObject *object, PyObject *name)
{
    expression *self = (expression *)object;
    const churn_expression *compiled = core_open(&self->handle);
    if (compiled == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        int same = PyObject_RichCompareBool(PyTuple_GetItem(self->names, i), name, Py_EQ);
        if (same != 0) {
            return same < 0 ? NULL : PyBool_FromLong(churn_expression_uses(compiled, (uint32_t)i));
        }
    }
    PyErr_SetObject(PyExc_KeyError, name);
    return NULL;
}

static PyObject *expression_text(PyObject *object, void *unused)
{
    (void)unused;
    const churn_expression *compiled = core_open((core_handle *)object);
    return compiled != NULL ? core_str_object(churn_expression_text(compiled)) : NULL;
}

static PyObject *expression_type(PyObject *object, void *unused)
{
    (void)unused;
    static const char *const names[] = {"",       "bool",      "int", "double",
                                        "string", "timestamp", "",    "duration"};
    const churn_expression *compiled = core_open((core_handle *)object);
    if (compiled == NULL) {
        return NULL;
    }
    churn_type type = churn_expression_type(compiled);
    return PyUnicode_FromString(type >= 1 && type <= CHURN_TYPE_DURATION ? names[type] : "");
}

static PyObject *expression_can_be_unknown(PyObject *object, void *unused)
{
    (void)unused;
    const churn_expression *compiled = core_open((core_handle *)object);
    return compiled != NULL ? PyBool_FromLong(churn_expression_can_be_unknown(compiled)) : NULL;
}

static PyMethodDef expression_methods[] = {
    {"_compile", expression_compile, METH_VARARGS, expression_compile_doc},
    {"evaluate", expression_evaluate, METH_O, expression_evaluate_doc},
    {"explain", expression_explain, METH_O, expression_explain_doc},
    {"_evaluate_stream", expression_stream, METH_VARARGS, expression_stream_doc},
    {"_evaluate_many", expression_many, METH_VARARGS, NULL},
    {"uses", expression_uses, METH_O, expression_uses_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef expression_getset[] = {
    {"text", expression_text, NULL, "The text that it was compiled from.", NULL},
    {"type", expression_type, NULL, "bool, int, double, string, timestamp or duration.", NULL},
    {"can_be_unknown", expression_can_be_unknown, NULL,
     "Whether missing values can make it unknown.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot expression_slots[] = {
    {Py_tp_dealloc, expression_dealloc},
    {Py_tp_methods, expression_methods},
    {Py_tp_getset, expression_getset},
    {Py_tp_doc, "One compiled expression over declared variables."},
    {0, NULL},
};

PyType_Spec core_expression_spec = {
    .name = "churn._core.Expression",
    .basicsize = sizeof(expression),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = expression_slots,
};
