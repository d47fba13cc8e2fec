/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <string.h>

static void table_release(void *ptr)
{
    churn_table_free(ptr);
}

PyObject *core_table_new(core_state *state, churn_table *table)
{
    if (state->table_type == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "churn: import churn, not churn._core");
        churn_table_free(table);
        return NULL;
    }
    return core_table_as((PyTypeObject *)state->table_type, table);
}

PyObject *core_table_as(PyTypeObject *type, churn_table *table)
{
    core_handle *self = (core_handle *)core_handle_new(type, NULL, NULL);
    if (self == NULL) {
        churn_table_free(table);
        return NULL;
    }
    self->noun = "table";
    self->ptr = table;
    self->release = table_release;
    return (PyObject *)self;
}

static PyObject *cell_object(core_state *state, const churn_table *table, uint64_t row,
                             uint32_t column)
{
    if (churn_table_is_null(table, row, column)) {
        return core_none();
    }
    switch (churn_table_column_type(table, column)) {
    case CHURN_COLUMN_BOOL:
        return PyBool_FromLong(churn_table_bool(table, row, column));
    case CHURN_COLUMN_INT:
        return PyLong_FromLongLong(churn_table_int(table, row, column));
    case CHURN_COLUMN_DOUBLE:
        return PyFloat_FromDouble(churn_table_double(table, row, column));
    case CHURN_COLUMN_STRING:
        return core_str_object(churn_table_string(table, row, column));
    case CHURN_COLUMN_TIME:
        return core_time_object(state, churn_table_time(table, row, column));
    case CHURN_COLUMN_DURATION:
        return core_duration_object(state, churn_table_int(table, row, column));
    default:
        return core_none();
    }
}

static Py_ssize_t table_length(PyObject *object)
{
    const churn_table *table = core_open((core_handle *)object);
    return table != NULL ? (Py_ssize_t)churn_table_row_count(table) : -1;
}

/* ---- properties ---- */

static const char *type_name(churn_column_type type)
{
    static const char *const names[] = {"",       "bool", "int", "double",
                                        "string", "time", "",    "duration"};
    return type >= CHURN_COLUMN_BOOL && type <= CHURN_COLUMN_DURATION ? names[type] : "";
}

static PyObject *text_of_columns(PyObject *object, int types)
{
    const churn_table *table = core_open((core_handle *)object);
    if (table == NULL) {
        return NULL;
    }
    uint32_t count = churn_table_column_count(table);
    PyObject *list = PyList_New(count);
    for (uint32_t i = 0; list != NULL && i < count; i++) {
        const char *text = types ? type_name(churn_table_column_type(table, i))
                                 : churn_table_column_name(table, i);
        PyObject *item = PyUnicode_FromString(text);
        if (item == NULL || PyList_SetItem(list, i, item) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *table_column_names(PyObject *object, void *unused)
{
    (void)unused;
    return text_of_columns(object, 0);
}

static PyObject *table_column_types(PyObject *object, void *unused)
{
    (void)unused;
    return text_of_columns(object, 1);
}

static PyObject *table_memory(PyObject *object, void *unused)
{
    (void)unused;
    const churn_table *table = core_open((core_handle *)object);
    return table != NULL ? PyLong_FromUnsignedLongLong(churn_table_memory(table)) : NULL;
}

static PyGetSetDef table_getset[] = {
    {"column_names", table_column_names, NULL, "The names of the columns.", NULL},
    {"column_types", table_column_types, NULL, "bool, int, double, string or time, a column.",
     NULL},
    {"memory", table_memory, NULL, "How many bytes the table takes.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- cells ---- */

static int find_column(const churn_table *table, PyObject *name, uint32_t *out)
{
    churn_str text = {NULL, 0};
    if (core_text(name, "column", &text) < 0) {
        return -1;
    }
    *out = churn_table_find(table, text.ptr, text.len);
    if (*out == CHURN_COLUMN_NONE) {
        PyErr_SetObject(PyExc_KeyError, name);
        return -1;
    }
    return 0;
}

PyDoc_STRVAR(table_column_doc,
             "column($self, name, start=0, stop=None, /)\n--\n\n"
             "The values of a column, or of its rows from start to stop, as a list.");

static PyObject *table_column(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    const churn_table *table = core_open(self);
    PyObject *name = NULL;
    PyObject *until = Py_None;
    uint32_t column = 0;
    Py_ssize_t start = 0;
    if (table == NULL || !PyArg_ParseTuple(args, "O|nO:column", &name, &start, &until) ||
        find_column(table, name, &column) < 0) {
        return NULL;
    }
    Py_ssize_t rows = (Py_ssize_t)churn_table_row_count(table);
    Py_ssize_t stop = until == Py_None ? rows : PyLong_AsSsize_t(until);
    if (stop == -1 && PyErr_Occurred()) {
        return NULL;
    }
    stop = stop > rows ? rows : stop;
    start = start < 0 ? 0 : start;
    PyObject *list = PyList_New(stop > start ? stop - start : 0);
    for (Py_ssize_t row = start; list != NULL && row < stop; row++) {
        PyObject *cell = cell_object(self->state, table, (uint64_t)row, column);
        if (cell == NULL || PyList_SetItem(list, row - start, cell) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

PyDoc_STRVAR(table_row_doc, "row($self, index, /)\n--\n\nOne row as a dict.");

static PyObject *table_row(PyObject *object, PyObject *index)
{
    core_handle *self = (core_handle *)object;
    const churn_table *table = core_open(self);
    Py_ssize_t row = table != NULL ? PyLong_AsSsize_t(index) : -1;
    if (table == NULL || (row == -1 && PyErr_Occurred())) {
        return NULL;
    }
    Py_ssize_t rows = (Py_ssize_t)churn_table_row_count(table);
    row += row < 0 ? rows : 0;
    if (row < 0 || row >= rows) {
        PyErr_SetString(PyExc_IndexError, "table: no such row");
        return NULL;
    }
    PyObject *made = PyDict_New();
    for (uint32_t i = 0; made != NULL && i < churn_table_column_count(table); i++) {
        PyObject *cell = cell_object(self->state, table, (uint64_t)row, i);
        if (cell == NULL ||
            PyDict_SetItemString(made, churn_table_column_name(table, i), cell) < 0) {
            Py_CLEAR(made);
        }
        Py_XDECREF(cell);
    }
    return made;
}

PyDoc_STRVAR(table_null_count_doc,
             "null_count($self, name, /)\n--\n\nHow many rows of a column hold nothing.");

static PyObject *table_null_count(PyObject *object, PyObject *name)
{
    const churn_table *table = core_open((core_handle *)object);
    uint32_t column = 0;
    if (table == NULL || find_column(table, name, &column) < 0) {
        return NULL;
    }
    unsigned long long nulls = 0;
    uint64_t rows = churn_table_row_count(table);
    if (churn_table_column_valid(table, column) != NULL) {
        for (uint64_t row = 0; row < rows; row++) {
            nulls += churn_table_is_null(table, row, column);
        }
    }
    return PyLong_FromUnsignedLongLong(nulls);
}

/* ---- Arrow ---- */

PyDoc_STRVAR(table_stream_doc, "__arrow_c_stream__($self, requested_schema=None)\n--\n\n"
                               "The table as a capsule with an Arrow stream.");

static PyObject *table_stream(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"requested_schema", NULL};
    core_handle *self = (core_handle *)object;
    PyObject *requested = Py_None; /* a wish, which producers may leave unheard */
    const churn_table *table = core_open(self);
    if (table == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "|O:__arrow_c_stream__", names, &requested)) {
        return NULL;
    }
    return core_give_stream(self->state, table);
}

PyDoc_STRVAR(table_import_doc, "_import($type, data, /)\n--\n\n");

typedef struct {
    struct ArrowArrayStream stream;
    churn_table *table;
    churn_status st;
    churn_error err;
} importing;

static void import_run(void *arg)
{
    importing *in = arg;
    in->st = churn_table_import(&in->stream, &in->table, &in->err);
}

static PyObject *table_import(PyObject *type, PyObject *data)
{
    core_state *state = core_state_of((PyTypeObject *)type);
    core_call call = {.flag = NULL}; /* it cannot be stopped but between batches */
    core_relay relay = {.call = NULL};
    importing in = {.err = CORE_ERROR_INIT};
    if (state == NULL || core_take_stream(data, &relay.inner) < 0) {
        return NULL;
    }
    core_relay_open(&relay, &in.stream);
    int st = core_call_run(&call, import_run, &in, &relay);
    if (st < 0) {
        churn_table_free(in.table);
        return NULL;
    }
    if (in.st != CHURN_OK) {
        return core_raise(state, in.st, &in.err, "stream", NULL);
    }
    return core_table_new(state, in.table);
}

static PyMethodDef table_methods[] = {
    {"column", table_column, METH_VARARGS, table_column_doc},
    {"row", table_row, METH_O, table_row_doc},
    {"null_count", table_null_count, METH_O, table_null_count_doc},
    {"__arrow_c_stream__", (PyCFunction)(void (*)(void))table_stream, METH_VARARGS | METH_KEYWORDS,
     table_stream_doc},
    {"_import", table_import, METH_O | METH_CLASS, table_import_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot table_slots[] = {
    {Py_mp_length, table_length},
    {Py_tp_methods, table_methods},
    {Py_tp_getset, table_getset},
    {Py_tp_doc, "Named, typed columns with nulls."},
    {0, NULL},
};

PyType_Spec core_table_spec = {
    .name = "churn._core.Table",
    .basicsize = sizeof(core_handle),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = table_slots,
};
