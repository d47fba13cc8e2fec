/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static void store_release(void *ptr)
{
    churn_store_free(ptr);
}

PyDoc_STRVAR(store_create_doc,
             "_create($self, unknown_customer, limits, time_zone, zoneinfo, /)\n--\n\n");

static PyObject *store_create(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    churn_store_options options = {.struct_size = sizeof options};
    churn_limits limits;
    PyObject *given = NULL;
    PyObject *zone = NULL;
    PyObject *folder = NULL;
    churn_store *store = NULL;
    churn_error err = CORE_ERROR_INIT;
    self->noun = "store";
    if (!PyArg_ParseTuple(args, "iOOO:_create", &options.unknown_customer, &given, &zone,
                          &folder) ||
        core_limits(given, &limits, &options.limits) < 0 ||
        core_str(zone, "time_zone", &options.time_zone) < 0 ||
        core_str(folder, "zoneinfo", &options.zoneinfo) < 0) {
        return NULL;
    }
    churn_status st = churn_store_create(&options, &store, &err);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "", NULL);
    }
    if (core_adopt(self, store, store_release) < 0) {
        return NULL;
    }
    return core_none();
}

/* ---- add ---- */

typedef struct {
    churn_load_options options;
    churn_field_text *columns;
    churn_field_text *constants;
    churn_field_value *values;
    churn_slice slice;
    churn_str *types;
} load_request;

static void request_clear(load_request *request)
{
    free(request->columns);
    free(request->constants);
    free(request->values);
    free(request->types);
}

static int count_of(PyObject *list, uint32_t *out)
{
    Py_ssize_t count = PyList_Size(list);
    *out = (uint32_t)count;
    return count < 0 ? -1 : 0;
}

static int read_texts(PyObject *list, const char *what, churn_field_text **out, uint32_t *count)
{
    if (count_of(list, count) < 0) {
        return -1;
    }
    *out = calloc((size_t)*count + 1, sizeof **out);
    if (*out == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t i = 0; i < *count; i++) {
        PyObject *pair = PyList_GetItem(list, i);
        if (core_str(PyTuple_GetItem(pair, 0), what, &(*out)[i].field) < 0 ||
            core_str(PyTuple_GetItem(pair, 1), what, &(*out)[i].text) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_values(PyObject *list, load_request *request)
{
    if (count_of(list, &request->options.value_count) < 0) {
        return -1;
    }
    request->values = calloc((size_t)request->options.value_count + 1, sizeof *request->values);
    if (request->values == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    request->options.values = request->values;
    for (uint32_t i = 0; i < request->options.value_count; i++) {
        churn_field_value *to = &request->values[i];
        PyObject *triple = PyList_GetItem(list, i);
        if (core_str(PyTuple_GetItem(triple, 0), "values", &to->field) < 0 ||
            core_str(PyTuple_GetItem(triple, 1), "values", &to->from) < 0 ||
            core_str(PyTuple_GetItem(triple, 2), "values", &to->to) < 0) {
            return -1;
        }
    }
    return 0;
}

/* (start, end, types): what the rows replace. */
static int read_slice(core_handle *self, PyObject *object, load_request *request)
{
    churn_slice *slice = &request->slice;
    if (object == Py_None) {
        return 0;
    }
    PyObject *types = PyTuple_GetItem(object, 2);
    slice->struct_size = sizeof *slice;
    if (core_time(self->state, (PyObject *)self, PyTuple_GetItem(object, 0), &slice->from) < 0 ||
        core_time(self->state, (PyObject *)self, PyTuple_GetItem(object, 1), &slice->to) < 0 ||
        count_of(types, &slice->type_count) < 0) {
        return -1;
    }
    request->types = calloc((size_t)slice->type_count + 1, sizeof *request->types);
    if (request->types == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t i = 0; i < slice->type_count; i++) {
        if (core_str(PyList_GetItem(types, i), "types", &request->types[i]) < 0) {
            return -1;
        }
    }
    slice->types = request->types;
    request->options.replace = slice;
    return 0;
}

static int read_time(core_handle *self, PyObject *object, churn_time *out)
{
    if (core_time(self->state, (PyObject *)self, object, out) < 0) {
        return -1;
    }
    *out = *out == CHURN_TIME_NONE ? 0 : *out;
    return 0;
}

typedef struct {
    const char *kind;
    PyObject *data;
    PyObject *columns;
    PyObject *constants;
    PyObject *values;
    PyObject *valid_from;
    PyObject *known_at;
    PyObject *zone;
    PyObject *source;
    PyObject *cancel;
    PyObject *slice;
} load_arguments;

static int read_request(core_handle *self, const load_arguments *from, load_request *request)
{
    churn_load_options *options = &request->options;
    if (read_texts(from->columns, "columns", &request->columns, &options->column_count) < 0 ||
        read_texts(from->constants, "constants", &request->constants, &options->constant_count) <
            0 ||
        read_values(from->values, request) < 0 ||
        read_time(self, from->valid_from, &options->valid_from) < 0 ||
        read_time(self, from->known_at, &options->known_at) < 0 ||
        core_str(from->zone, "time_zone", &options->time_zone) < 0 ||
        core_str(from->source, "source", &options->source) < 0 ||
        read_slice(self, from->slice, request) < 0) {
        return -1;
    }
    options->columns = request->columns;
    options->constants = request->constants;
    return 0;
}

static PyObject *report_object(core_state *state, churn_load_report *report)
{
    PyObject *table = Py_NewRef(Py_None);
    if (report->rejections != NULL) {
        Py_DECREF(table);
        table = core_table_new(state, report->rejections);
        if (table == NULL) {
            return NULL;
        }
    }
    return Py_BuildValue(
        "KKKKKKKKKKKKN", (unsigned long long)report->seen, (unsigned long long)report->added,
        (unsigned long long)report->updated, (unsigned long long)report->unchanged,
        (unsigned long long)report->conflicting, (unsigned long long)report->retracted,
        (unsigned long long)report->rejected, (unsigned long long)report->undated,
        (unsigned long long)report->unmapped, (unsigned long long)report->rewrote_history,
        (unsigned long long)report->late, (unsigned long long)report->customers, table);
}

typedef struct {
    churn_store *store;
    int kind;
    struct ArrowArrayStream stream;
    const churn_load_options *options;
    churn_load_report report;
    churn_status st;
    churn_error err;
} loading;

static void load_run(void *arg)
{
    loading *in = arg;
    in->st = churn_store_add_stream(in->store, in->kind, &in->stream, in->options, &in->report,
                                    &in->err);
}

/* The stream is taken last: who gives one may take what they gave for read. */
static int load_stream(core_call *call, PyObject *data, loading *in)
{
    core_relay relay = {.call = NULL};
    if (core_take_stream(data, &relay.inner) < 0) {
        return -1;
    }
    core_relay_open(&relay, &in->stream);
    return core_call_run(call, load_run, in, &relay);
}

static PyObject *load(core_handle *self, int kind, const load_arguments *from,
                      load_request *request)
{
    core_call call;
    loading in = {.kind = kind,
                  .options = &request->options,
                  .report = {.struct_size = sizeof in.report},
                  .err = CORE_ERROR_INIT};
    if (core_call_begin(self->state, from->cancel, &call) < 0) {
        return NULL;
    }
    request->options.cancel = call.flag;
    in.store = core_enter(self);
    int st = in.store != NULL ? load_stream(&call, from->data, &in) : -1;
    if (in.store != NULL) {
        core_leave(self);
    }
    core_call_end(&call);
    if (st == 0 && in.st == CHURN_OK) {
        return report_object(self->state, &in.report);
    }
    churn_table_free(in.report.rejections);
    return st < 0 ? NULL : core_raise(self->state, in.st, &in.err, "load", NULL);
}

PyDoc_STRVAR(store_load_doc, "_load($self, kind, data, columns, constants, values, flags,\n"
                             "      unknown_customer, money, valid_from, known_at, time_zone,\n"
                             "      source, cancel, replace, /)\n--\n\n");

static PyObject *store_load(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    load_request request = {.options = {.struct_size = sizeof request.options}};
    churn_load_options *options = &request.options;
    load_arguments from = {.kind = NULL};
    PyObject *made = NULL;
    if (!PyArg_ParseTuple(args, "sOO!O!O!IiiOOOOOO:_load", &from.kind, &from.data, &PyList_Type,
                          &from.columns, &PyList_Type, &from.constants, &PyList_Type, &from.values,
                          &options->flags, &options->unknown_customer, &options->money,
                          &from.valid_from, &from.known_at, &from.zone, &from.source, &from.cancel,
                          &from.slice)) {
        return NULL;
    }
    int kind = core_record_kind(from.kind);
    if (kind == 0) {
        PyErr_Format(PyExc_ValueError,
                     "kind: '%s' is none of customer, attribute, event, subscription, invoice, "
                     "ticket, survey, churn, contact, alias, milestone, touchpoint, spend, rate, "
                     "announcement, override, measure",
                     from.kind);
        return NULL;
    }
    if (read_request(self, &from, &request) == 0) {
        made = load(self, kind, &from, &request);
    }
    request_clear(&request);
    return made;
}

PyDoc_STRVAR(store_mark_doc,
             "mark($self, source, through, known_at=None)\n--\n\n"
             "Say that a source, or a kind of record, is complete up to an instant: silence until\n"
             "then is silence. With known_at the mark counts for evaluations from then on.");

static PyObject *store_mark(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"source", "through", "known_at", NULL};
    core_handle *self = (core_handle *)object;
    PyObject *until = NULL;
    PyObject *known = Py_None;
    PyObject *name = NULL;
    churn_str source = {NULL, 0};
    churn_time through = CHURN_TIME_NONE;
    churn_time known_at = CHURN_TIME_NONE;
    churn_error err = CORE_ERROR_INIT;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|O:mark", names, &name, &until, &known) ||
        core_text(name, "source", &source) < 0 ||
        core_time(self->state, object, until, &through) < 0 ||
        core_time(self->state, object, known, &known_at) < 0) {
        return NULL;
    }
    churn_store *store = core_open(self);
    if (store == NULL) {
        return NULL;
    }
    churn_status st = churn_store_mark(store, source.ptr, source.len, through, known_at, &err);
    if (st != CHURN_OK) {
        return core_raise(self->state, st, &err, "", NULL);
    }
    return core_none();
}

/* ---- what it holds ---- */

PyDoc_STRVAR(store_record_count_doc,
             "record_count($self, kind, /)\n--\n\n"
             "How many records of a kind there are, all versions of each counted.");

static PyObject *store_record_count(PyObject *object, PyObject *args)
{
    const char *name = NULL;
    if (!PyArg_ParseTuple(args, "s:record_count", &name)) {
        return NULL;
    }
    int kind = core_record_kind(name);
    if (kind == 0) {
        PyErr_Format(PyExc_ValueError, "kind: there is no kind '%s'", name);
        return NULL;
    }
    churn_store *store = core_open((core_handle *)object);
    return store != NULL ? PyLong_FromUnsignedLongLong(churn_store_record_count(store, kind))
                         : NULL;
}

PyDoc_STRVAR(
    store_hash_doc,
    "hash($self)\n--\n\n"
    "A hash of all records, equal for equal ones whatever order they came in. It reads the\n"
    "whole store.");

static PyObject *store_hash(PyObject *object, PyObject *unused)
{
    (void)unused;
    core_handle *self = (core_handle *)object;
    uint64_t hash = 0;
    churn_error err = CORE_ERROR_INIT;
    churn_status st = CHURN_OK;
    churn_store *store = core_enter(self);
    if (store == NULL) {
        return NULL;
    }
    PyThreadState *saved = PyEval_SaveThread();
    st = churn_store_hash(store, &hash, &err);
    PyEval_RestoreThread(saved);
    core_leave(self);
    return st == CHURN_OK ? PyLong_FromUnsignedLongLong(hash)
                          : core_raise(self->state, st, &err, "", NULL);
}

static PyObject *store_customer_count(PyObject *object, void *unused)
{
    (void)unused;
    churn_store *store = core_open((core_handle *)object);
    return store != NULL ? PyLong_FromUnsignedLongLong(churn_store_customer_count(store)) : NULL;
}

static PyObject *store_version(PyObject *object, void *unused)
{
    (void)unused;
    churn_store *store = core_open((core_handle *)object);
    return store != NULL ? PyLong_FromUnsignedLongLong(churn_store_version(store)) : NULL;
}

static PyObject *store_memory(PyObject *object, void *unused)
{
    (void)unused;
    churn_store *store = core_open((core_handle *)object);
    return store != NULL ? PyLong_FromUnsignedLongLong(churn_store_memory(store)) : NULL;
}

static PyGetSetDef store_getset[] = {
    {"customer_count", store_customer_count, NULL, "How many customers there are.", NULL},
    {"version", store_version, NULL, "A number that grows with every change.", NULL},
    {"memory", store_memory, NULL, "How many bytes the store, and what was made from it, take.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(store_records_doc,
             "_records($self, kind, customer, start, end, as_of, types, flags, limit, cancel, /)\n"
             "--\n\n");

PyDoc_STRVAR(store_span_doc,
             "_span($self, kind, customer, start, end, as_of, types, flags, limit, cancel, /)\n"
             "--\n\n");

PyDoc_STRVAR(store_sources_doc, "_sources($self, as_of, /)\n--\n\n");

PyDoc_STRVAR(store_story_doc,
             "_story($self, customer, as_of, start, end, kinds, limit, cancel, /)\n--\n\n");

static PyMethodDef store_methods[] = {
    {"_create", store_create, METH_VARARGS, store_create_doc},
    {"_load", store_load, METH_VARARGS, store_load_doc},
    {"mark", (PyCFunction)(void (*)(void))store_mark, METH_VARARGS | METH_KEYWORDS, store_mark_doc},
    {"record_count", store_record_count, METH_VARARGS, store_record_count_doc},
    {"hash", store_hash, METH_NOARGS, store_hash_doc},
    {"_erase", core_store_erase, METH_VARARGS, "See Store.erase()."},
    {"_erase_user", core_store_erase_user, METH_VARARGS, "See Store.erase_user()."},
    {"_records", core_store_records, METH_VARARGS, store_records_doc},
    {"_span", core_store_span, METH_VARARGS, store_span_doc},
    {"_sources", core_store_sources, METH_VARARGS, store_sources_doc},
    {"_story", core_store_story, METH_VARARGS, store_story_doc},
    {"_forget", core_store_forget, METH_VARARGS, "See Store.forget()."},
    {"_merge", core_store_merge, METH_VARARGS, "See Store.merge()."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot store_slots[] = {
    {Py_tp_methods, store_methods},
    {Py_tp_getset, store_getset},
    {Py_tp_doc, "Customer records with their history."},
    {0, NULL},
};

PyType_Spec core_store_spec = {
    .name = "churn._core.Store",
    .basicsize = sizeof(core_handle),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = store_slots,
};
