/* SPDX-License-Identifier: MIT */
#include "core.h"

/* ---- functions ---- */

PyDoc_STRVAR(version_doc, "version()\n--\n\nThe version of the library that is loaded.");

static PyObject *core_version(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyUnicode_FromString(churn_version());
}

PyDoc_STRVAR(version_number_doc, "version_number()\n--\n\n"
                                 "The version as major * 1,000,000 + minor * 1,000 + patch.");

static PyObject *core_version_number(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyLong_FromUnsignedLong(churn_version_number());
}

PyDoc_STRVAR(abi_version_doc, "abi_version()\n--\n\nThe number in the shared object's name.");

static PyObject *core_abi_version(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyLong_FromUnsignedLong(churn_abi_version());
}

PyDoc_STRVAR(live_handles_doc,
             "live_handles()\n--\n\n"
             "How many handles and Arrow exports of this process are not yet freed. For tests.");

static PyObject *core_live_handles(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyLong_FromLongLong(churn_live_handles());
}

PyDoc_STRVAR(status_doc, "status_of(number, /)\n--\n\nThe name and the meaning of a status.");

static PyObject *core_status_of(PyObject *module, PyObject *args)
{
    (void)module;
    int status = 0;
    if (!PyArg_ParseTuple(args, "i:status_of", &status)) {
        return NULL;
    }
    return Py_BuildValue("ss", churn_status_name(status), churn_status_text(status));
}

PyDoc_STRVAR(time_parse_doc, "time_parse(text, /)\n--\n\n"
                             "Microseconds of ISO 8601 text; a date is midnight UTC.");

static PyObject *core_time_parse(PyObject *module, PyObject *given)
{
    churn_str text = {NULL, 0};
    churn_time at = CHURN_TIME_NONE;
    churn_error err = CORE_ERROR_INIT;
    if (core_text(given, "time", &text) < 0) {
        return NULL;
    }
    churn_status st = churn_time_parse(text.ptr, text.len, &at, &err);
    return st == CHURN_OK ? PyLong_FromLongLong(at)
                          : core_raise(PyModule_GetState(module), st, &err, "", NULL);
}

PyDoc_STRVAR(time_format_doc, "time_format(at, /)\n--\n\nAn instant as ISO 8601 text in UTC.");

static PyObject *core_time_format(PyObject *module, PyObject *object)
{
    core_state *state = PyModule_GetState(module);
    churn_time at = CHURN_TIME_NONE;
    char text[CHURN_TIME_CHARS];
    churn_error err = CORE_ERROR_INIT;
    if (core_time(state, NULL, object, &at) < 0) {
        return NULL;
    }
    churn_status st = churn_time_format(at, text, sizeof text, NULL, &err);
    return st == CHURN_OK ? PyUnicode_FromString(text) : core_raise(state, st, &err, "", NULL);
}

PyDoc_STRVAR(time_micros_doc, "time_micros(at, /)\n--\n\nMicroseconds of a datetime with zone.");

static PyObject *core_time_micros(PyObject *module, PyObject *object)
{
    churn_time at = CHURN_TIME_NONE;
    if (core_time(PyModule_GetState(module), NULL, object, &at) < 0) {
        return NULL;
    }
    if (at == CHURN_TIME_NONE) {
        PyErr_SetString(PyExc_TypeError, "give an instant: a datetime, date, ISO 8601 text or "
                                         "integer microseconds, not nothing");
        return NULL;
    }
    return PyLong_FromLongLong(at);
}

PyDoc_STRVAR(time_datetime_doc, "time_datetime(at, /)\n--\n\nA datetime in UTC of microseconds.");

static PyObject *core_time_datetime(PyObject *module, PyObject *object)
{
    long long at = PyLong_AsLongLong(object);
    if (at == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return core_time_object(PyModule_GetState(module), at);
}

PyDoc_STRVAR(template_filters_doc, "template_filters()\n--\n\nThe filters of templates.");

static PyObject *core_template_filters(PyObject *module, PyObject *unused)
{
    core_state *state = PyModule_GetState(module);
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    (void)unused;
    churn_status st = churn_template_filters(&table, &err);
    return st == CHURN_OK ? core_table_new(state, table) : core_raise(state, st, &err, "", NULL);
}

PyDoc_STRVAR(
    functions_doc,
    "functions()\n--\n\n"
    "The functions of the expression language: name, call, arguments, result, description, "
    "example and standard of each.");

static PyObject *core_language(PyObject *module, PyObject *unused)
{
    core_state *state = PyModule_GetState(module);
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    (void)unused;
    churn_status st = churn_expression_functions(&table, &err);
    return st == CHURN_OK ? core_table_new(state, table) : core_raise(state, st, &err, "", NULL);
}

PyDoc_STRVAR(
    figures_doc,
    "figures()\n--\n\n"
    "Every figure of `Engine.kpi`: id, unit, at_end (a level at the end of a period), set, title, "
    "formula, source, example, and how vendors differ.");

static PyObject *core_figures(PyObject *module, PyObject *unused)
{
    core_state *state = PyModule_GetState(module);
    churn_table *table = NULL;
    churn_error err = CORE_ERROR_INIT;
    (void)unused;
    churn_status st = churn_figures(&table, &err);
    return st == CHURN_OK ? core_table_new(state, table) : core_raise(state, st, &err, "", NULL);
}

PyDoc_STRVAR(columns_doc, "columns(mapping, /)\n--\n\n"
                          "A capsule with an Arrow stream of a mapping of names to columns.");
PyDoc_STRVAR(default_limits_doc, "default_limits()\n--\n\nThe limits that hold unless told.");

static PyMethodDef core_functions[] = {
    {"version", core_version, METH_NOARGS, version_doc},
    {"version_number", core_version_number, METH_NOARGS, version_number_doc},
    {"abi_version", core_abi_version, METH_NOARGS, abi_version_doc},
    {"live_handles", core_live_handles, METH_NOARGS, live_handles_doc},
    {"status_of", core_status_of, METH_VARARGS, status_doc},
    {"time_parse", core_time_parse, METH_O, time_parse_doc},
    {"time_format", core_time_format, METH_O, time_format_doc},
    {"time_micros", core_time_micros, METH_O, time_micros_doc},
    {"time_datetime", core_time_datetime, METH_O, time_datetime_doc},
    {"columns", core_columns, METH_VARARGS, columns_doc},
    {"functions", core_language, METH_NOARGS, functions_doc},
    {"figures", core_figures, METH_NOARGS, figures_doc},
    {"template_filters", core_template_filters, METH_NOARGS, template_filters_doc},
    {"default_limits", core_default_limits, METH_NOARGS, default_limits_doc},
    {"_format_expression", core_format_expression, METH_VARARGS, NULL},
    {"_check_expression", core_check_expression, METH_VARARGS, NULL},
    {"_fill", core_fill, METH_VARARGS, NULL},
    {"_change_points", core_change_points, METH_VARARGS, NULL},
    {"_cusum", core_cusum, METH_VARARGS, NULL},
    {"_anomalies", core_anomalies, METH_VARARGS, NULL},
    {"_survival", core_survival, METH_VARARGS, NULL},
    {"_proportion", core_proportion, METH_VARARGS, NULL},
    {"_proportion_difference", core_proportion_difference, METH_VARARGS, NULL},
    {"_poisson_rate", core_poisson_rate, METH_VARARGS, NULL},
    {"_register", core_set_make_error, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* ---- the module ---- */

static int check_abi(void)
{
    uint32_t loaded = churn_abi_version();
    if (loaded == CHURN_ABI_VERSION) {
        return 0;
    }
    PyErr_Format(
        PyExc_ImportError,
        "churn: the library that is loaded has ABI %u (version %s), this package was built "
        "for ABI %u (version %u.%u.%u); another libchurn came first",
        (unsigned)loaded, churn_version(), (unsigned)CHURN_ABI_VERSION,
        (unsigned)CHURN_VERSION_MAJOR, (unsigned)CHURN_VERSION_MINOR,
        (unsigned)CHURN_VERSION_PATCH);
    return -1;
}

static int take_datetime(core_state *state)
{
    PyObject *module = PyImport_ImportModule("datetime");
    PyObject *zone = module != NULL ? PyObject_GetAttrString(module, "timezone") : NULL;
    PyObject *utc = zone != NULL ? PyObject_GetAttrString(zone, "utc") : NULL;
    if (utc != NULL) {
        state->datetime = PyObject_GetAttrString(module, "datetime");
        state->date = PyObject_GetAttrString(module, "date");
        state->timedelta = PyObject_GetAttrString(module, "timedelta");
    }
    if (state->datetime != NULL && state->date != NULL && state->timedelta != NULL) {
        state->naive_epoch = PyObject_CallFunction(state->datetime, "iii", 1970, 1, 1);
        state->epoch =
            PyObject_CallFunction(state->datetime, "iiiiiiiO", 1970, 1, 1, 0, 0, 0, 0, utc);
    }
    static const char *const parts[] = {"days", "seconds", "microseconds"};
    for (int i = 0; i < 3; i++) {
        state->parts[i] = PyUnicode_InternFromString(parts[i]);
        if (state->parts[i] == NULL) {
            Py_CLEAR(state->epoch);
        }
    }
    Py_XDECREF(utc);
    Py_XDECREF(zone);
    Py_XDECREF(module);
    return state->epoch != NULL && state->naive_epoch != NULL ? 0 : -1;
}

static PyObject *add_type(PyObject *module, PyType_Spec *spec, PyObject *base)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, base);
    if (type != NULL && PyModule_AddType(module, (PyTypeObject *)type) < 0) {
        Py_CLEAR(type);
    }
    return type;
}

static int add_types(PyObject *module, core_state *state)
{
    state->handle_type = add_type(module, &core_handle_spec, NULL);
    if (state->handle_type == NULL) {
        return -1;
    }
    PyObject *records = add_type(module, &core_records_spec, state->handle_type);
    if (records == NULL) {
        return -1;
    }
    state->store_type = add_type(module, &core_store_spec, records);
    Py_DECREF(records);
    state->cancel_type = add_type(module, &core_cancel_spec, state->handle_type);
    state->playbook_type = add_type(module, &core_playbook_spec, state->handle_type);
    state->expression_type = add_type(module, &core_expression_spec, state->handle_type);
    if (state->store_type == NULL || state->cancel_type == NULL || state->playbook_type == NULL ||
        state->expression_type == NULL) {
        return -1;
    }
    PyType_Spec *others[] = {&core_table_spec, &core_engine_spec};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        PyObject *type = add_type(module, others[i], state->handle_type);
        if (type == NULL) {
            return -1;
        }
        Py_DECREF(type);
    }
    return 0;
}

static int core_exec(PyObject *module)
{
    core_state *state = PyModule_GetState(module);
    if (check_abi() < 0 || take_datetime(state) < 0 || core_records_init(state) < 0) {
        return -1;
    }
    return add_types(module, state);
}

static int core_traverse(PyObject *module, visitproc visit, void *arg)
{
    core_state *state = PyModule_GetState(module);
    Py_VISIT(state->make_error);
    Py_VISIT(state->table_type);
    Py_VISIT(state->handle_type);
    Py_VISIT(state->cancel_type);
    Py_VISIT(state->store_type);
    Py_VISIT(state->playbook_type);
    return 0;
}

static int core_clear(PyObject *module)
{
    core_state *state = PyModule_GetState(module);
    PyObject **all[] = {
        &state->make_error,  &state->table_type,  &state->datetime,      &state->date,
        &state->timedelta,   &state->epoch,       &state->parts[0],      &state->parts[1],
        &state->parts[2],    &state->naive_epoch, &state->decimal,       &state->handle_type,
        &state->cancel_type, &state->store_type,  &state->playbook_type, &state->expression_type};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        Py_CLEAR(*all[i]);
    }
    for (size_t i = 0; i < CORE_KINDS; i++) {
        for (size_t k = 0; k < CORE_MOST_FIELDS; k++) {
            Py_CLEAR(state->names[i][k]);
        }
    }
    return 0;
}

static void core_free(void *module)
{
    core_clear(module);
}

static PyModuleDef_Slot core_slots[] = {
    {Py_mod_exec, core_exec},
    {0, NULL},
};

static PyModuleDef core_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "churn._core",
    .m_doc = "The handles of libchurn.",
    .m_size = sizeof(core_state),
    .m_methods = core_functions,
    .m_slots = core_slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&core_module);
}
