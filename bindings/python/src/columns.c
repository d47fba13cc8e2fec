/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A dict of columns as one Arrow batch. A column is a buffer of numbers (array.array, numpy),
 * copied as it is, or a sequence of Python values, whose Arrow type is the one that holds them all.
 */

enum {
    SEEN_BOOL = 1,
    SEEN_INT = 2,
    SEEN_FLOAT = 4,
    SEEN_STR = 8,
    SEEN_AWARE = 16,
    SEEN_NAIVE = 32,
    SEEN_DATE = 64,
    SEEN_DECIMAL = 128,
    SEEN_DURATION = 256,
};

typedef struct {
    char *name;
    const char *format;
    int64_t null_count;
    int buffer_count;
    void *buffers[3]; /* validity, values or offsets, text */
} column;

typedef struct {
    int64_t rows; /* -1 until the first column said */
    int64_t count;
    column *columns;
} batch;

/* ---- what the columns become: Arrow structs that own their memory ---- */

static void schema_release(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child != NULL && child->release != NULL) {
            child->release(child);
        }
        free(child);
    }
    free(schema->children);
    free(schema->private_data); /* the name */
    schema->release = NULL;
}

static void array_release(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        struct ArrowArray *child = array->children[i];
        if (child != NULL && child->release != NULL) {
            child->release(child);
        }
        free(child);
    }
    free(array->children);
    for (int64_t i = 0; i < array->n_buffers; i++) {
        free((void *)(uintptr_t)array->buffers[i]);
    }
    free(array->buffers);
    array->release = NULL;
}

static struct ArrowSchema *column_schema(column *from)
{
    struct ArrowSchema *schema = calloc(1, sizeof *schema);
    if (schema == NULL) {
        return NULL;
    }
    schema->format = from->format;
    schema->name = from->name;
    schema->flags = ARROW_FLAG_NULLABLE;
    schema->release = schema_release;
    schema->private_data = from->name;
    from->name = NULL;
    return schema;
}

static struct ArrowArray *column_array(column *from, int64_t rows)
{
    struct ArrowArray *array = calloc(1, sizeof *array);
    const void **buffers = calloc(3, sizeof *buffers);
    if (array == NULL || buffers == NULL) {
        free(array);
        free((void *)buffers);
        return NULL;
    }
    for (int i = 0; i < from->buffer_count; i++) {
        buffers[i] = from->buffers[i];
        from->buffers[i] = NULL;
    }
    array->length = rows;
    array->null_count = from->null_count;
    array->n_buffers = from->buffer_count;
    array->buffers = buffers;
    array->release = array_release;
    return array;
}

static int batch_give(batch *from, struct ArrowSchema *schema, struct ArrowArray *array)
{
    size_t count = (size_t)from->count;
    *schema = (struct ArrowSchema){.format = "+s", .name = "", .release = schema_release};
    *array = (struct ArrowArray){.length = from->rows, .n_buffers = 1, .release = array_release};
    schema->children = calloc(count + 1, sizeof *schema->children);
    array->children = calloc(count + 1, sizeof *array->children);
    array->buffers = calloc(1, sizeof *array->buffers);
    if (schema->children == NULL || array->children == NULL || array->buffers == NULL) {
        array->n_buffers = array->buffers != NULL ? 1 : 0;
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        schema->children[i] = column_schema(&from->columns[i]);
        schema->n_children++;
        array->children[i] = column_array(&from->columns[i], from->rows);
        array->n_children++;
        if (schema->children[i] == NULL || array->children[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

static void batch_clear(batch *from)
{
    for (int64_t i = 0; i < from->count; i++) {
        free(from->columns[i].name);
        for (int k = 0; k < 3; k++) {
            free(from->columns[i].buffers[k]);
        }
    }
    free(from->columns);
}

/* ---- buffers of numbers ---- */

static const char *format_of(char code, Py_ssize_t size)
{
    static const char *const of_signed[] = {NULL, "c", "s", NULL, "i", NULL, NULL, NULL, "l"};
    static const char *const of_unsigned[] = {NULL, "C", "S", NULL, "I", NULL, NULL, NULL, "L"};
    if (size < 1 || size > 8) {
        return NULL;
    }
    if (strchr("bhilqn", code) != NULL) {
        return of_signed[size];
    }
    if (strchr("BHILQN", code) != NULL) {
        return of_unsigned[size];
    }
    return code == 'd' ? "g" : code == 'f' ? "f" : code == '?' ? "b" : NULL;
}

static void *pack_bits(const unsigned char *bytes, int64_t rows)
{
    unsigned char *bits = calloc((size_t)rows / 8 + 1, 1);
    for (int64_t i = 0; bits != NULL && i < rows; i++) {
        bits[i / 8] |= (unsigned char)((bytes[i] != 0) << (i % 8));
    }
    return bits;
}

static int copy_buffer(Py_buffer *view, column *to)
{
    const char *code = view->format != NULL ? view->format : "B";
    code += *code == '@' || *code == '=' || *code == '<';
    to->format = code[0] != '\0' && code[1] == '\0' ? format_of(code[0], view->itemsize) : NULL;
    if (view->ndim != 1 || to->format == NULL) {
        PyErr_Format(
            PyExc_TypeError,
            "column '%s': a buffer of format '%s' in %d dimensions; give numbers or truths "
            "in one",
            to->name, code, view->ndim);
        return -1;
    }
    unsigned char *bytes = malloc((size_t)view->len + 1);
    if (bytes == NULL || PyBuffer_ToContiguous(bytes, view, view->len, 'C') < 0) {
        free(bytes);
        return -1;
    }
    to->buffer_count = 2;
    to->buffers[1] = bytes;
    if (to->format[0] == 'b') {
        to->buffers[1] = pack_bits(bytes, view->shape[0]);
        free(bytes);
    }
    return to->buffers[1] != NULL ? 0 : -1;
}

static int from_buffer(PyObject *object, column *to, int64_t *rows)
{
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_FULL_RO) < 0) {
        return -1;
    }
    int st = copy_buffer(&view, to);
    *rows = st == 0 ? view.shape[0] : 0;
    PyBuffer_Release(&view);
    return st;
}

/* ---- sequences of values ---- */

static int decimal_seen(core_state *state, PyObject *cell)
{
    if (state->decimal == NULL) {
        PyObject *module = PyImport_ImportModule("decimal");
        state->decimal = module != NULL ? PyObject_GetAttrString(module, "Decimal") : NULL;
        Py_XDECREF(module);
    }
    int is = state->decimal != NULL ? PyObject_IsInstance(cell, state->decimal) : -1;
    return is > 0 ? SEEN_DECIMAL : is;
}

static int datetime_seen(PyObject *cell)
{
    int nothing = core_is_nothing(cell);
    if (nothing != 0) {
        return nothing < 0 ? -1 : 0;
    }
    PyObject *offset = PyObject_CallMethod(cell, "utcoffset", NULL);
    if (offset == NULL) {
        return -1;
    }
    int seen = offset == Py_None ? SEEN_NAIVE : SEEN_AWARE;
    Py_DECREF(offset);
    return seen;
}

/* The flag of a value; 0 for one that is missing, -2 for one of no type that we take. */
static int cell_seen(core_state *state, PyObject *cell)
{
    if (cell == Py_None) {
        return 0;
    }
    if (PyUnicode_Check(cell)) {
        return SEEN_STR;
    }
    if (PyBool_Check(cell)) {
        return SEEN_BOOL;
    }
    if (PyFloat_Check(cell)) {
        return isnan(PyFloat_AsDouble(cell)) ? 0 : SEEN_FLOAT;
    }
    if (PyIndex_Check(cell)) {
        return SEEN_INT;
    }
    int is = PyObject_IsInstance(cell, state->datetime);
    if (is != 0) {
        return is < 0 ? -1 : datetime_seen(cell);
    }
    is = PyObject_IsInstance(cell, state->date);
    if (is != 0) {
        return is < 0 ? -1 : SEEN_DATE;
    }
    is = PyObject_IsInstance(cell, state->timedelta);
    if (is != 0) {
        is = is < 0 ? -1 : core_is_nothing(cell);
        return is < 0 ? -1 : is ? 0 : SEEN_DURATION;
    }
    int seen = decimal_seen(state, cell);
    return seen == 0 ? -2 : seen;
}

static const char *format_for(int seen)
{
    switch (seen) {
    case 0:
        return "n";
    case SEEN_BOOL:
        return "b";
    case SEEN_INT:
        return "l";
    case SEEN_FLOAT:
    case SEEN_INT | SEEN_FLOAT:
        return "g";
    case SEEN_STR:
    case SEEN_DECIMAL: /* text is read as exactly the amount that it shows */
    case SEEN_DECIMAL | SEEN_INT:
        return "U";
    case SEEN_AWARE:
        return "tsu:UTC";
    case SEEN_NAIVE:
        return "tsu:";
    case SEEN_DATE:
        return "tdD";
    case SEEN_DURATION:
        return "tDn";
    default:
        return NULL;
    }
}

static int column_format(core_state *state, PyObject *list, column *to)
{
    int all = 0;
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *cell = PyList_GetItem(list, i);
        int seen = cell_seen(state, cell);
        if (seen == -2) {
            PyErr_Format(PyExc_TypeError,
                         "column '%s': row %zd is a %R; give str, bool, int, float, Decimal, "
                         "datetime, date, timedelta or None",
                         to->name, i, Py_TYPE(cell));
        }
        if (seen < 0) {
            return -1;
        }
        all |= seen;
        to->format = format_for(all);
        if (to->format == NULL) {
            PyErr_Format(PyExc_TypeError,
                         "column '%s': row %zd is a %R, which does not go with the rows before",
                         to->name, i, Py_TYPE(cell));
            return -1;
        }
    }
    to->format = format_for(all);
    return 0;
}

static int days_of(PyObject *cell, int32_t *out)
{
    PyObject *ordinal = PyObject_CallMethod(cell, "toordinal", NULL);
    if (ordinal == NULL) {
        return -1;
    }
    *out = (int32_t)PyLong_AsLong(ordinal) - 719163; /* that of 1970-01-01 */
    Py_DECREF(ordinal);
    return 0;
}

static int fill_int(PyObject *cell, int64_t *out)
{
    PyObject *number = PyNumber_Index(cell);
    if (number == NULL) {
        return -1;
    }
    *out = PyLong_AsLongLong(number);
    Py_DECREF(number);
    return *out == -1 && PyErr_Occurred() ? -1 : 0;
}

static int fill_fixed(core_state *state, PyObject *cell, column *to, Py_ssize_t i)
{
    switch (to->format[0]) {
    case 'b':
        ((unsigned char *)to->buffers[1])[i / 8] |= (unsigned char)((cell == Py_True) << (i % 8));
        return 0;
    case 'l':
        return fill_int(cell, (int64_t *)to->buffers[1] + i);
    case 'g':
        ((double *)to->buffers[1])[i] = PyFloat_AsDouble(cell);
        return PyErr_Occurred() ? -1 : 0;
    default:
        break;
    }
    if (to->format[1] == 'D') {
        return core_duration(state, cell, (int64_t *)to->buffers[1] + i);
    }
    if (to->format[1] == 'd') {
        return days_of(cell, (int32_t *)to->buffers[1] + i);
    }
    PyObject *epoch = to->format[4] == '\0' ? state->naive_epoch : state->epoch;
    return core_datetime_micros(state, cell, epoch, (int64_t *)to->buffers[1] + i);
}

/* Ctrl-C ends the reading of a long list. */
static int look_at_signals(Py_ssize_t i)
{
    return (i & 0xffff) == 0xffff ? PyErr_CheckSignals() : 0;
}

/* Whether a cell holds a value, for columns that passed column_format(). */
static int is_given(PyObject *cell)
{
    if (cell == Py_None) {
        return 0;
    }
    if (PyUnicode_Check(cell) || PyLong_Check(cell)) {
        return 1;
    }
    int nothing = core_is_nothing(cell);
    return nothing < 0 ? -1 : !nothing;
}

static int fill_values(core_state *state, PyObject *list, column *to)
{
    unsigned char *valid = to->buffers[0];
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *cell = PyList_GetItem(list, i);
        int given = is_given(cell);
        if (given < 0 || look_at_signals(i) < 0 || (given && fill_fixed(state, cell, to, i) < 0)) {
            return -1;
        }
        valid[i / 8] |= (unsigned char)(given << (i % 8));
        to->null_count += !given;
    }
    return 0;
}

/* Decimals are told as text: put their str() into the list, which is our own. */
static int decimals_to_text(PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        PyObject *cell = PyList_GetItem(list, i);
        int given = is_given(cell);
        if (given < 0 || look_at_signals(i) < 0) {
            return -1;
        }
        if (given && PyUnicode_Check(cell)) {
            continue;
        }
        PyObject *text = given ? PyObject_Str(cell) : Py_NewRef(Py_None);
        if (text == NULL || PyList_SetItem(list, i, text) < 0) {
            return -1;
        }
    }
    return 0;
}

static int text_size(PyObject *list, size_t *out)
{
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        Py_ssize_t size = 0;
        PyObject *cell = PyList_GetItem(list, i);
        if (cell != Py_None && PyUnicode_AsUTF8AndSize(cell, &size) == NULL) {
            return -1;
        }
        *out += (size_t)size;
    }
    return 0;
}

static int fill_text(PyObject *list, column *to)
{
    size_t total = 0;
    if (decimals_to_text(list) < 0 || text_size(list, &total) < 0) {
        return -1;
    }
    char *bytes = malloc(total + 1);
    if (bytes == NULL) {
        return -1;
    }
    to->buffers[2] = bytes;
    unsigned char *valid = to->buffers[0];
    int64_t *offsets = to->buffers[1];
    int64_t at = 0;
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        Py_ssize_t size = 0;
        PyObject *cell = PyList_GetItem(list, i);
        if (cell != Py_None) {
            const char *text = PyUnicode_AsUTF8AndSize(cell, &size);
            memcpy(bytes + at, text, (size_t)size);
            at += size;
            valid[i / 8] |= (unsigned char)(1 << (i % 8));
        }
        to->null_count += cell == Py_None;
        offsets[i + 1] = at;
    }
    return 0;
}

static int from_list(core_state *state, PyObject *list, column *to, int64_t *rows)
{
    *rows = PyList_Size(list);
    if (column_format(state, list, to) < 0) {
        return -1;
    }
    if (to->format[0] == 'n') {
        to->null_count = *rows;
        return 0;
    }
    to->buffers[0] = calloc((size_t)*rows / 8 + 1, 1);
    to->buffers[1] = calloc((size_t)*rows + 1, 8);
    to->buffer_count = to->format[0] == 'U' ? 3 : 2;
    if (to->buffers[0] == NULL || to->buffers[1] == NULL) {
        return -1;
    }
    int st = to->format[0] == 'U' ? fill_text(list, to) : fill_values(state, list, to);
    if (st < 0 && PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Format(PyExc_OverflowError, "column '%s': a number is beyond 64 bits", to->name);
    }
    return st;
}

static int is_text(PyObject *object)
{
    return PyUnicode_Check(object) || PyBytes_Check(object) || PyByteArray_Check(object);
}

static int column_fill(core_state *state, PyObject *object, column *to, int64_t *rows)
{
    if (is_text(object)) {
        PyErr_Format(PyExc_TypeError,
                     "column '%s': one text is no column; put it into constants, or give a list",
                     to->name);
        return -1;
    }
    if (PyObject_CheckBuffer(object)) {
        return from_buffer(object, to, rows);
    }
    PyObject *list = PySequence_List(object);
    if (list == NULL) {
        return -1;
    }
    int st = from_list(state, list, to, rows);
    Py_DECREF(list);
    return st;
}

static int column_name(PyObject *name, column *to)
{
    churn_str text = {NULL, 0};
    if (core_text(name, "a column's name", &text) < 0) {
        return -1;
    }
    if (strlen(text.ptr) != text.len) {
        PyErr_SetString(PyExc_ValueError, "a column's name: it holds a NUL");
        return -1;
    }
    to->name = malloc(text.len + 1);
    if (to->name == NULL) {
        return -1;
    }
    memcpy(to->name, text.ptr, text.len + 1);
    return 0;
}

static int batch_add(core_state *state, batch *to, PyObject *pair)
{
    column *next = &to->columns[to->count];
    int64_t rows = 0;
    to->count++;
    if (column_name(PyTuple_GetItem(pair, 0), next) < 0 ||
        column_fill(state, PyTuple_GetItem(pair, 1), next, &rows) < 0) {
        return -1;
    }
    if (to->rows >= 0 && rows != to->rows) {
        PyErr_Format(PyExc_ValueError, "column '%s': it has %lld rows, those before have %lld",
                     next->name, (long long)rows, (long long)to->rows);
        return -1;
    }
    to->rows = rows;
    return 0;
}

static int batch_fill(core_state *state, batch *to, PyObject *mapping)
{
    PyObject *items = PyMapping_Items(mapping);
    if (items == NULL) {
        return -1;
    }
    int st = -1;
    to->columns = calloc((size_t)PyList_Size(items) + 1, sizeof *to->columns);
    if (to->columns != NULL) {
        st = 0;
    }
    for (Py_ssize_t i = 0; st == 0 && i < PyList_Size(items); i++) {
        st = batch_add(state, to, PyList_GetItem(items, i));
    }
    Py_DECREF(items);
    return st;
}

PyObject *core_columns(PyObject *module, PyObject *args)
{
    core_state *state = PyModule_GetState(module);
    PyObject *mapping = NULL;
    PyObject *made = NULL;
    struct ArrowSchema schema = {.release = NULL};
    struct ArrowArray array = {.release = NULL};
    struct ArrowArrayStream stream = {.release = NULL};
    batch from = {.rows = -1};
    if (!PyArg_ParseTuple(args, "O:columns", &mapping)) {
        return NULL;
    }
    if (batch_fill(state, &from, mapping) == 0) {
        from.rows = from.rows < 0 ? 0 : from.rows;
        if (batch_give(&from, &schema, &array) == 0 &&
            core_batch_stream(&schema, &array, &stream) == 0) {
            made = core_stream_capsule(&stream);
        }
    }
    batch_clear(&from);
    if (schema.release != NULL) {
        schema.release(&schema);
    }
    if (array.release != NULL) {
        array.release(&array);
    }
    return made == NULL && !PyErr_Occurred() ? PyErr_NoMemory() : made;
}
