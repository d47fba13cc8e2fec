/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

#define DAY_SECONDS 86400
#define SECOND_MICROS 1000000

/* ---- instants ---- */

static int micros_of_delta(core_state *state, PyObject *delta, churn_time *out)
{
    long long parts[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        PyObject *part = PyObject_GetAttr(delta, state->parts[i]);
        if (part == NULL) {
            return -1;
        }
        parts[i] = PyLong_AsLongLong(part);
        Py_DECREF(part);
        if (parts[i] == -1 && PyErr_Occurred()) {
            return -1;
        }
    }
    *out = (parts[0] * DAY_SECONDS + parts[1]) * SECOND_MICROS + parts[2];
    return 0;
}

static int is_naive(PyObject *object)
{
    PyObject *zone = PyObject_GetAttrString(object, "tzinfo");
    int naive = zone == Py_None;
    Py_XDECREF(zone);
    PyErr_Clear();
    return naive;
}

/* PyObject_RichCompareBool() would take identity for an answer. */
int core_is_nothing(PyObject *object)
{
    PyObject *differs = PyObject_RichCompare(object, object, Py_NE);
    int is = differs != NULL ? PyObject_IsTrue(differs) : -1;
    Py_XDECREF(differs);
    return is;
}

int core_duration(core_state *state, PyObject *object, int64_t *nanos)
{
    churn_time micros = 0;
    int is = PyObject_IsInstance(object, state->timedelta);
    if (is == 0) {
        PyErr_Format(PyExc_TypeError, "give a timedelta, not %R", Py_TYPE(object));
    }
    if (is <= 0 || micros_of_delta(state, object, &micros) < 0) {
        return -1;
    }
    if (micros > INT64_MAX / 1000 || micros < INT64_MIN / 1000) {
        PyErr_SetString(PyExc_OverflowError, "a timedelta of more than 292 years");
        return -1;
    }
    *nanos = micros * 1000;
    return 0;
}

int core_datetime_micros(core_state *state, PyObject *object, PyObject *epoch, churn_time *out)
{
    /* pandas' NaT is a datetime that differs from itself: no instant. */
    if (Py_TYPE(object) != (PyTypeObject *)state->datetime) {
        int nothing = core_is_nothing(object);
        if (nothing != 0) {
            *out = CHURN_TIME_NONE;
            return nothing < 0 ? -1 : 0;
        }
    }
    PyObject *delta = PyNumber_Subtract(object, epoch);
    if (delta == NULL) {
        if (epoch == state->epoch && PyErr_ExceptionMatches(PyExc_TypeError) && is_naive(object)) {
            PyErr_SetString(
                PyExc_ValueError,
                "a datetime without time zone: nobody can say which instant it is; give "
                "it one, such as datetime(2026, 2, 1, tzinfo=timezone.utc)");
        }
        return -1;
    }
    int st = micros_of_delta(state, delta, out);
    Py_DECREF(delta);
    return st;
}

static int time_by_reader(PyObject *reader, PyObject *object, churn_time *out)
{
    if (reader == NULL) {
        PyErr_Format(PyExc_TypeError, "give a datetime or integer microseconds, not %R",
                     Py_TYPE(object));
        return -1;
    }
    PyObject *made = PyObject_CallMethod(reader, "_instant", "O", object);
    if (made == NULL) {
        return -1;
    }
    *out = PyLong_AsLongLong(made);
    Py_DECREF(made);
    return *out == -1 && PyErr_Occurred() ? -1 : 0;
}

int core_time(core_state *state, PyObject *reader, PyObject *object, churn_time *out)
{
    if (PyLong_CheckExact(object)) {
        *out = PyLong_AsLongLong(object);
        return *out == -1 && PyErr_Occurred() ? -1 : 0;
    }
    if (object == Py_None) {
        *out = CHURN_TIME_NONE;
        return 0;
    }
    int is = Py_TYPE(object) == (PyTypeObject *)state->datetime
                 ? 1
                 : PyObject_IsInstance(object, state->datetime);
    if (is < 0) {
        return -1;
    }
    if (is) {
        return core_datetime_micros(state, object, state->epoch, out);
    }
    return time_by_reader(reader, object, out);
}

PyObject *core_time_object(core_state *state, churn_time at)
{
    if (at == CHURN_TIME_NONE) {
        return core_none();
    }
    PyObject *delta = PyObject_CallFunction(state->timedelta, "iiL", 0, 0, (long long)at);
    if (delta == NULL) {
        return NULL;
    }
    PyObject *made = PyNumber_Add(state->epoch, delta);
    Py_DECREF(delta);
    return made;
}

/* ---- texts and values ---- */

int core_str(PyObject *object, const char *what, churn_str *out)
{
    Py_ssize_t size = 0;
    if (object == Py_None) {
        *out = (churn_str){NULL, 0};
        return 0;
    }
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s: give a str, not %R", what, Py_TYPE(object));
        return -1;
    }
    out->ptr = PyUnicode_AsUTF8AndSize(object, &size);
    out->len = (size_t)size;
    return out->ptr != NULL ? 0 : -1;
}

int core_text(PyObject *object, const char *what, churn_str *out)
{
    if (object == Py_None) {
        PyErr_Format(PyExc_TypeError, "%s: give a str, not None", what);
        return -1;
    }
    return core_str(object, what, out);
}

int core_names(PyObject *list, const char *what, churn_str **out, uint32_t *count)
{
    Py_ssize_t size = PyList_Size(list);
    *out = calloc((size_t)size + 1, sizeof **out);
    if (*out == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *count = (uint32_t)size;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (core_text(PyList_GetItem(list, i), what, &(*out)[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *core_str_object(churn_str text)
{
    return PyUnicode_DecodeUTF8(text.ptr != NULL ? text.ptr : "", (Py_ssize_t)text.len, "strict");
}

/* pandas' NA, which is neither equal to itself nor different. */
static int is_na(PyObject *object)
{
    PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__");
    int is = name != NULL && PyUnicode_CompareWithASCIIString(name, "NAType") == 0;
    Py_XDECREF(name);
    PyErr_Clear();
    return is;
}

/* What a number, truth or instant of numpy is in Python, which owns no text; NULL without an
 * exception: it is none. */
static PyObject *plain_scalar(PyObject *object)
{
    if (PySequence_Check(object) || !PyObject_HasAttrString(object, "dtype")) {
        return NULL;
    }
    PyObject *plain = PyObject_CallMethod(object, "item", NULL);
    PyErr_Clear();
    if (plain != NULL && (Py_TYPE(plain) == Py_TYPE(object) || PyUnicode_Check(plain))) {
        Py_DECREF(plain);
        return NULL;
    }
    return plain;
}

static int value_of_time(core_state *state, PyObject *reader, PyObject *object, const char *what,
                         churn_value *out)
{
    int is = PyObject_IsInstance(object, state->date);
    if (is == 0) {
        PyErr_Format(PyExc_TypeError, "%s: give a bool, int, float, str or datetime, not %R", what,
                     Py_TYPE(object));
    }
    if (is <= 0) {
        return -1;
    }
    if (core_time(state, reader, object, &out->integer) < 0) {
        return -1;
    }
    out->type = out->integer == CHURN_TIME_NONE ? 0 : CHURN_TYPE_TIME;
    return 0;
}

int core_value(core_state *state, PyObject *reader, PyObject *object, const char *what,
               churn_value *out)
{
    memset(out, 0, sizeof *out);
    if (object == Py_None) {
        return 0;
    }
    if (PyBool_Check(object)) {
        out->type = CHURN_TYPE_BOOL;
        out->truth = object == Py_True;
        return 0;
    }
    if (PyLong_Check(object)) {
        out->type = CHURN_TYPE_INT;
        out->integer = PyLong_AsLongLong(object);
        return out->integer == -1 && PyErr_Occurred() ? -1 : 0;
    }
    if (PyFloat_Check(object)) {
        out->type = CHURN_TYPE_DOUBLE;
        out->number = PyFloat_AsDouble(object);
        return 0;
    }
    if (PyUnicode_Check(object)) {
        out->type = CHURN_TYPE_STRING;
        return core_str(object, what, &out->string);
    }
    if (is_na(object)) {
        return 0;
    }
    PyObject *plain = plain_scalar(object);
    if (plain == NULL) {
        return value_of_time(state, reader, object, what, out);
    }
    int st = core_value(state, reader, plain, what, out);
    Py_DECREF(plain);
    return st;
}

PyObject *core_duration_object(core_state *state, int64_t nanos)
{
    int64_t micros = nanos / 1000 - (nanos % 1000 < 0);
    return PyObject_CallFunction(state->timedelta, "iiL", 0, 0, (long long)micros);
}

PyObject *core_value_object(core_state *state, const churn_value *value)
{
    switch (value->type) {
    case CHURN_TYPE_BOOL:
        return PyBool_FromLong(value->truth);
    case CHURN_TYPE_INT:
        return PyLong_FromLongLong(value->integer);
    case CHURN_TYPE_DOUBLE:
        return PyFloat_FromDouble(value->number);
    case CHURN_TYPE_STRING:
        return core_str_object(value->string);
    case CHURN_TYPE_TIME:
        return core_time_object(state, value->integer);
    case CHURN_TYPE_DURATION:
        return core_duration_object(state, value->integer);
    default:
        return core_none();
    }
}

/* ---- limits ---- */

typedef struct {
    const char *name;
    size_t offset;
    size_t size;
} limit_field;

#define LIMIT(name)                                                               \
    {                                                                             \
#name, offsetof(churn_limits, name), sizeof(((churn_limits *)NULL)->name) \
    }

static const limit_field limit_fields[] = {
    LIMIT(playbook_depth),
    LIMIT(memory_bytes),
    LIMIT(playbook_bytes),
    LIMIT(playbook_events),
    LIMIT(playbook_scalar_bytes),
    LIMIT(playbook_rules),
    LIMIT(diagnostics),
    LIMIT(expression_bytes),
    LIMIT(expression_nodes),
    LIMIT(expression_depth),
    LIMIT(expression_list),
    LIMIT(string_bytes),
    LIMIT(customers),
    LIMIT(records),
    LIMIT(rejections),
    LIMIT(outbox),
};

#define LIMIT_COUNT (sizeof limit_fields / sizeof limit_fields[0])

int core_uint64(PyObject *number, void *out)
{
    unsigned long long wide = PyLong_AsUnsignedLongLong(number);
    if (wide == (unsigned long long)-1 && PyErr_Occurred()) {
        return 0;
    }
    *(unsigned long long *)out = wide;
    return 1;
}

int core_uint32(PyObject *number, void *out)
{
    unsigned long long wide = 0;
    if (!core_uint64(number, &wide)) {
        return 0;
    }
    if (wide > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "int too big to convert");
        return 0;
    }
    *(unsigned int *)out = (unsigned int)wide;
    return 1;
}

static int limit_set(churn_limits *limits, const limit_field *field, PyObject *number)
{
    unsigned char *at = (unsigned char *)limits + field->offset;
    unsigned long long wide = PyLong_AsUnsignedLongLong(number);
    if (wide == (unsigned long long)-1 && PyErr_Occurred()) {
        return -1;
    }
    if (field->size == sizeof(uint32_t)) {
        if (wide > UINT32_MAX) {
            PyErr_Format(PyExc_OverflowError, "limits: %s is too large", field->name);
            return -1;
        }
        memcpy(at, &(uint32_t){(uint32_t)wide}, sizeof(uint32_t));
    } else {
        memcpy(at, &(uint64_t){wide}, sizeof(uint64_t));
    }
    return 0;
}

static int limit_named(churn_limits *limits, PyObject *name, PyObject *number)
{
    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        if (PyUnicode_Check(name) &&
            PyUnicode_CompareWithASCIIString(name, limit_fields[i].name) == 0) {
            return limit_set(limits, &limit_fields[i], number);
        }
    }
    PyErr_Format(PyExc_ValueError, "limits: there is no limit %R", name);
    return -1;
}

int core_limits(PyObject *mapping, churn_limits *limits, const churn_limits **used)
{
    *used = NULL;
    if (mapping == Py_None) {
        return 0;
    }
    memset(limits, 0, sizeof *limits);
    limits->struct_size = sizeof *limits;
    PyObject *items = PyMapping_Items(mapping);
    if (items == NULL) {
        return -1;
    }
    int st = 0;
    for (Py_ssize_t i = 0; st == 0 && i < PyList_Size(items); i++) {
        PyObject *pair = PyList_GetItem(items, i);
        st = limit_named(limits, PyTuple_GetItem(pair, 0), PyTuple_GetItem(pair, 1));
    }
    Py_DECREF(items);
    *used = limits;
    return st;
}

PyObject *core_default_limits(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    churn_limits limits;
    churn_limits_init(&limits, sizeof limits);
    PyObject *made = PyDict_New();
    for (size_t i = 0; made != NULL && i < LIMIT_COUNT; i++) {
        const unsigned char *at = (const unsigned char *)&limits + limit_fields[i].offset;
        uint64_t wide = 0;
        uint32_t narrow = 0;
        if (limit_fields[i].size == sizeof narrow) {
            memcpy(&narrow, at, sizeof narrow);
            wide = narrow;
        } else {
            memcpy(&wide, at, sizeof wide);
        }
        PyObject *number = PyLong_FromUnsignedLongLong(wide);
        if (number == NULL || PyDict_SetItemString(made, limit_fields[i].name, number) < 0) {
            Py_CLEAR(made);
        }
        Py_XDECREF(number);
    }
    return made;
}
