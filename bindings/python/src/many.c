/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/*
 * Expressions over arrays that other libraries hold, into arrays of theirs: nothing is copied.
 */

/* ---- the expressions of a call ---- */

typedef struct {
    const churn_expression **list;
    Py_ssize_t count, entered;
    PyObject *handles; /* a tuple */
} rules;

static void rules_leave(rules *of)
{
    for (Py_ssize_t i = 0; i < of->entered; i++) {
        core_leave((core_handle *)PyTuple_GetItem(of->handles, i));
    }
    free((void *)of->list);
}

/* Keeps them open until rules_leave(), also on failure. */
static int rules_enter(core_state *state, PyObject *handles, rules *out)
{
    *out = (rules){.handles = handles, .count = PyTuple_Size(handles)};
    if (out->count == 0) {
        PyErr_SetString(PyExc_ValueError, "rules: give at least one expression");
        return -1;
    }
    out->list = calloc((size_t)out->count, sizeof *out->list);
    if (out->list == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < out->count; i++) {
        PyObject *handle = PyTuple_GetItem(handles, i);
        if (!PyObject_TypeCheck(handle, (PyTypeObject *)state->expression_type)) {
            PyErr_Format(PyExc_TypeError, "rules: give churn.Expression, not %R", Py_TYPE(handle));
            return -1;
        }
        out->list[i] = core_enter((core_handle *)handle);
        if (out->list[i] == NULL) {
            return -1;
        }
        out->entered++;
    }
    return 0;
}

/* ---- arrays ---- */

/* What one column of the call holds on to. */
typedef struct {
    Py_buffer views[2]; /* values or codes; which rows are there */
    int held;
    uint8_t *bits;
    uint32_t *codes; /* where they came in another width */
    churn_str *texts;
} lent;

typedef struct {
    rules rules;
    uint64_t rows;
    churn_value_column *columns;
    lent *lents;
    Py_ssize_t column_count;
    Py_buffer *outs; /* values and marks of each expression, in turns */
    void **values;
    uint8_t **valid;
    churn_expression_counts *counts;
    churn_cancel *cancel;
    churn_status st;
    churn_error err;
} filling;

static int is_format(const Py_buffer *view, const char *codes, Py_ssize_t size)
{
    const char *code = view->format != NULL ? view->format : "B";
    code += *code == '@' || *code == '=' || *code == '<';
    return view->ndim == 1 && view->itemsize == size && code[0] != '\0' && code[1] == '\0' &&
           strchr(codes, code[0]) != NULL;
}

/* Formats of a type's values; NULL: there are no arrays of them. */
static const char *formats_of(churn_type type, Py_ssize_t *size)
{
    *size = type == CHURN_TYPE_BOOL ? 1 : 8;
    switch (type) {
    case CHURN_TYPE_BOOL:
        return "?Bb";
    case CHURN_TYPE_DOUBLE:
        return "d";
    case CHURN_TYPE_STRING:
        return NULL;
    default:
        return "lqn";
    }
}

static int get_view(PyObject *object, int flags, uint64_t rows, const char *name, Py_buffer *view)
{
    if (PyObject_GetBuffer(object, view, flags | PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) < 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError, "%s: give an array (numpy, array.array), not %R", name,
                         Py_TYPE(object));
        }
        return -1;
    }
    if (view->ndim != 1 || (uint64_t)view->shape[0] != rows) {
        PyErr_Format(PyExc_ValueError, "%s: give an array of one dimension and %llu rows", name,
                     (unsigned long long)rows);
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

static int take_marks(PyObject *object, uint64_t rows, const char *name, lent *to)
{
    if (get_view(object, 0, rows, name, &to->views[to->held]) < 0) {
        return -1;
    }
    const Py_buffer *view = &to->views[to->held++];
    if (!is_format(view, "?Bb", 1)) {
        PyErr_Format(PyExc_TypeError, "%s: what says which rows are there is an array of bool",
                     name);
        return -1;
    }
    const uint8_t *marks = view->buf;
    to->bits = calloc((size_t)rows / 8 + 1, 1);
    for (uint64_t i = 0; to->bits != NULL && i < rows; i++) {
        to->bits[i / 8] |= (uint8_t)((marks[i] != 0) << (i % 8));
    }
    return to->bits != NULL ? 0 : -1;
}

/* A negative code is a row without a value. */
#define WIDEN(type)                                                                     \
    for (uint64_t i = 0; i < rows; i++) {                                               \
        int64_t code = (int64_t)((const type *)from)[i];                                \
        negative |= code < 0;                                                           \
        to->codes[i] = code < 0 ? UINT32_MAX : (uint32_t)(code < limit ? code : limit); \
    }

static int mark_missing(uint64_t rows, lent *to)
{
    if (to->bits == NULL) {
        to->bits = malloc((size_t)rows / 8 + 1);
        if (to->bits == NULL) {
            return -1;
        }
        memset(to->bits, 0xff, (size_t)rows / 8 + 1);
    }
    for (uint64_t i = 0; i < rows; i++) {
        to->bits[i / 8] &= (uint8_t) ~((unsigned)(to->codes[i] == UINT32_MAX) << (i % 8));
    }
    return 0;
}

static int widen_codes(const Py_buffer *view, uint64_t rows, lent *to)
{
    const void *from = view->buf;
    const int64_t limit = UINT32_MAX - 1; /* in no dictionary */
    int negative = 0;
    to->codes = malloc((size_t)rows * sizeof *to->codes + 1);
    if (to->codes == NULL) {
        return -1;
    }
    if (is_format(view, "b", 1)) {
        WIDEN(int8_t)
    } else if (is_format(view, "B", 1)) {
        WIDEN(uint8_t)
    } else if (is_format(view, "h", 2)) {
        WIDEN(int16_t)
    } else if (is_format(view, "H", 2)) {
        WIDEN(uint16_t)
    } else if (is_format(view, "il", 4)) {
        WIDEN(int32_t)
    } else if (is_format(view, "lqn", 8)) {
        WIDEN(int64_t)
    } else {
        PyErr_SetString(PyExc_TypeError, "codes: give an array of integers");
        return -1;
    }
    return negative ? mark_missing(rows, to) : 0;
}

/* Texts of a tuple, which keeps them; rows that are None have none. NULL bits: none may. */
static int take_texts(PyObject *tuple, uint8_t *bits, const char *name, churn_str **out)
{
    Py_ssize_t count = PyTuple_Size(tuple);
    *out = calloc((size_t)count + 1, sizeof **out);
    if (*out == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *text = PyTuple_GetItem(tuple, i);
        if (text == Py_None && bits != NULL) {
            bits[i / 8] &= (uint8_t) ~(1u << (i % 8));
        } else if (core_text(text, name, &(*out)[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int take_plain_texts(PyObject *tuple, uint64_t rows, const char *name, lent *to,
                            churn_value_column *column)
{
    if ((uint64_t)PyTuple_Size(tuple) != rows) {
        PyErr_Format(PyExc_ValueError, "%s: give %llu rows", name, (unsigned long long)rows);
        return -1;
    }
    to->bits = malloc((size_t)rows / 8 + 1);
    if (to->bits == NULL) {
        return -1;
    }
    memset(to->bits, 0xff, (size_t)rows / 8 + 1);
    if (take_texts(tuple, to->bits, name, &to->texts) < 0) {
        return -1;
    }
    column->values = to->texts;
    column->valid = to->bits;
    return 0;
}

static int take_codes(PyObject *codes, PyObject *words, uint64_t rows, const char *name, lent *to,
                      churn_value_column *column)
{
    if (get_view(codes, 0, rows, name, &to->views[to->held]) < 0) {
        return -1;
    }
    const Py_buffer *view = &to->views[to->held++];
    bool same = is_format(view, "IL", 4);
    if ((!same && widen_codes(view, rows, to) < 0) ||
        take_texts(words, NULL, name, &to->texts) < 0) {
        return -1;
    }
    column->codes = same ? view->buf : to->codes;
    column->dictionary = to->texts;
    column->dictionary_count = (uint32_t)PyTuple_Size(words);
    column->valid = to->bits;
    return 0;
}

static int take_values(PyObject *values, churn_type type, uint64_t rows, const char *name, lent *to,
                       churn_value_column *column)
{
    Py_ssize_t size = 0;
    const char *formats = formats_of(type, &size);
    if (get_view(values, 0, rows, name, &to->views[to->held]) < 0) {
        return -1;
    }
    const Py_buffer *view = &to->views[to->held++];
    if (formats == NULL || !is_format(view, formats, size)) {
        PyErr_Format(PyExc_TypeError,
                     "%s: an array of format '%s' does not hold the variable's type", name,
                     view->format != NULL ? view->format : "B");
        return -1;
    }
    column->values = rows > 0 ? view->buf : NULL;
    column->valid = to->bits;
    return 0;
}

/* One column: (name, type, values, marks or None, words or None). */
static int take_column(PyObject *given, uint64_t rows, lent *to, churn_value_column *column)
{
    PyObject *values = NULL, *marks = NULL, *words = NULL;
    const char *name = NULL;
    int type = 0;
    if (!PyArg_ParseTuple(given, "siOOO:column", &name, &type, &values, &marks, &words)) {
        return -1;
    }
    if (marks != Py_None && take_marks(marks, rows, name, to) < 0) {
        return -1;
    }
    if (words != Py_None) {
        return take_codes(values, words, rows, name, to, column);
    }
    if (PyTuple_Check(values)) {
        return take_plain_texts(values, rows, name, to, column);
    }
    return take_values(values, type, rows, name, to, column);
}

static int take_columns(filling *in, PyObject *columns)
{
    in->column_count = PyTuple_Size(columns);
    in->columns = calloc((size_t)in->column_count + 1, sizeof *in->columns);
    in->lents = calloc((size_t)in->column_count + 1, sizeof *in->lents);
    if (in->columns == NULL || in->lents == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < in->column_count; i++) {
        PyObject *given = PyTuple_GetItem(columns, i);
        if (given != Py_None && take_column(given, in->rows, &in->lents[i], &in->columns[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int take_out(filling *in, Py_ssize_t i, PyObject *pair)
{
    PyObject *objects[2] = {NULL, NULL};
    if (!PyArg_ParseTuple(pair, "OO:out", &objects[0], &objects[1])) {
        return -1;
    }
    for (int k = 0; k < 2; k++) {
        Py_buffer *view = &in->outs[2 * i + k];
        Py_ssize_t size = 1;
        const char *formats =
            k == 0 ? formats_of(churn_expression_type(in->rules.list[i]), &size) : "?Bb";
        if (objects[k] == Py_None) {
            continue;
        }
        if (get_view(objects[k], PyBUF_WRITABLE, in->rows, k == 0 ? "values" : "valid", view) < 0) {
            return -1;
        }
        if (formats != NULL && !is_format(view, formats, size)) {
            PyErr_Format(PyExc_TypeError,
                         "%s: an array of format '%s' does not hold what comes out",
                         k == 0 ? "values" : "valid", view->format != NULL ? view->format : "B");
            return -1;
        }
    }
    in->values[i] = in->outs[2 * i].buf;
    if (in->outs[2 * i + 1].buf != NULL) {
        in->valid[i] = calloc((size_t)in->rows / 8 + 1, 1);
        return in->valid[i] != NULL ? 0 : -1;
    }
    return 0;
}

static int take_outs(filling *in, PyObject *outs)
{
    size_t count = (size_t)in->rules.count;
    in->outs = calloc(2 * count, sizeof *in->outs);
    in->values = calloc(count, sizeof *in->values);
    in->valid = calloc(count, sizeof *in->valid);
    in->counts = calloc(count, sizeof *in->counts);
    if (in->outs == NULL || in->values == NULL || in->valid == NULL || in->counts == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < in->rules.count; i++) {
        in->counts[i].struct_size = sizeof *in->counts;
        if (take_out(in, i, PyTuple_GetItem(outs, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Bits of the rows that have a value, as the bytes that arrays of bool have. */
static void spread_marks(const filling *in)
{
    for (Py_ssize_t i = 0; i < in->rules.count; i++) {
        uint8_t *to = in->outs[2 * i + 1].buf;
        for (uint64_t row = 0; to != NULL && row < in->rows; row++) {
            to[row] = in->valid[i][row / 8] >> (row % 8) & 1;
        }
    }
}

static void fill_run(void *arg)
{
    filling *in = arg;
    in->st = churn_expressions_fill(in->rules.list, (uint32_t)in->rules.count, in->columns,
                                    (uint32_t)in->column_count, in->rows, in->cancel, in->values,
                                    in->valid, in->counts, &in->err);
    if (in->st == CHURN_OK) {
        spread_marks(in);
    }
}

static void fill_clear(filling *in)
{
    for (Py_ssize_t i = 0; in->lents != NULL && i < in->column_count; i++) {
        lent *held = &in->lents[i];
        while (held->held > 0) {
            PyBuffer_Release(&held->views[--held->held]);
        }
        free(held->bits);
        free(held->codes);
        free(held->texts);
    }
    for (Py_ssize_t i = 0; in->outs != NULL && i < 2 * in->rules.count; i++) {
        if (in->outs[i].obj != NULL) {
            PyBuffer_Release(&in->outs[i]);
        }
    }
    for (Py_ssize_t i = 0; in->valid != NULL && i < in->rules.count; i++) {
        free(in->valid[i]);
    }
    free((void *)in->valid);
    free(in->outs);
    free((void *)in->values);
    free(in->counts);
    free(in->lents);
    free(in->columns);
    rules_leave(&in->rules);
}

static PyObject *counts_object(const filling *in)
{
    PyObject *list = PyList_New(in->rules.count);
    for (Py_ssize_t i = 0; list != NULL && i < in->rules.count; i++) {
        const churn_expression_counts *of = &in->counts[i];
        PyObject *one =
            Py_BuildValue("(KKKKK)", (unsigned long long)of->value_rows,
                          (unsigned long long)of->true_rows, (unsigned long long)of->false_rows,
                          (unsigned long long)of->unknown_rows, (unsigned long long)of->error_rows);
        if (one == NULL || PyList_SetItem(list, i, one) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *fill_all(core_state *state, filling *in, PyObject *given)
{
    core_call call;
    if (core_call_begin(state, given, &call) < 0) {
        return NULL;
    }
    in->cancel = call.flag;
    int st = core_call_run(&call, fill_run, in, NULL);
    core_call_end(&call);
    if (st < 0) {
        return NULL;
    }
    return in->st == CHURN_OK ? counts_object(in) : core_raise(state, in->st, &in->err, "", NULL);
}

PyObject *core_fill(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    filling in = {.err = CORE_ERROR_INIT};
    PyObject *handles = NULL, *columns = NULL, *outs = NULL, *given = NULL, *made = NULL;
    unsigned long long rows = 0;
    if (!PyArg_ParseTuple(args, "O!O!O&O!O:_fill", &PyTuple_Type, &handles, &PyTuple_Type, &columns,
                          core_uint64, &rows, &PyTuple_Type, &outs, &given)) {
        return NULL;
    }
    in.rows = rows;
    if (rules_enter(state, handles, &in.rules) == 0 && take_columns(&in, columns) == 0 &&
        take_outs(&in, outs) == 0) {
        made = fill_all(state, &in, given);
    }
    fill_clear(&in);
    return made == NULL && !PyErr_Occurred() ? PyErr_NoMemory() : made;
}
