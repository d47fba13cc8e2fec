/* SPDX-License-Identifier: MIT */
#include "core.h"

PyObject *core_none(void)
{
    return Py_NewRef(Py_None);
}

/* A subclass made in Python has no module of its own: look up its bases. */
core_state *core_state_of(PyTypeObject *type)
{
    while (type != NULL) {
        void *state = PyType_GetModuleState(type);
        if (state != NULL) {
            return state;
        }
        PyErr_Clear();
        type = PyType_GetSlot(type, Py_tp_base);
    }
    PyErr_SetString(PyExc_SystemError, "churn: a type without its module");
    return NULL;
}

PyObject *core_handle_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args;
    (void)kwargs;
    core_state *state = core_state_of(type);
    if (state == NULL) {
        return NULL;
    }
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    core_handle *self = (core_handle *)alloc(type, 0);
    if (self != NULL) {
        self->state = state;
        self->noun = "handle";
    }
    return (PyObject *)self;
}

static void handle_dealloc(PyObject *object)
{
    core_handle *self = (core_handle *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->ptr != NULL) {
        self->release(self->ptr);
    }
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyObject *raise_state(core_handle *self, const char *format)
{
    churn_error err = CORE_ERROR_INIT;
    PyOS_snprintf(err.message, sizeof err.message, format, self->noun);
    return core_raise(self->state, CHURN_E_STATE, &err, "", NULL);
}

void *core_open(core_handle *self)
{
    if (self->ptr == NULL) {
        raise_state(self, "%s: it is closed");
    }
    return self->ptr;
}

void *core_enter(core_handle *self)
{
    void *ptr = core_open(self);
    if (ptr != NULL) {
        self->calls++;
    }
    return ptr;
}

void core_leave(core_handle *self)
{
    self->calls--;
}

int core_adopt(core_handle *self, void *ptr, void (*release)(void *))
{
    if (self->ptr != NULL) {
        release(ptr);
        raise_state(self, "%s: it is open already");
        return -1;
    }
    self->ptr = ptr;
    self->release = release;
    return 0;
}

int core_is(PyObject *object, PyObject *type, const char *name)
{
    int is = PyObject_IsInstance(object, type);
    if (is == 0) {
        PyErr_Format(PyExc_TypeError, "%s: give a churn.%s", name, name);
    }
    return is == 1 ? 0 : -1;
}

int core_cancel_of(core_state *state, PyObject *object, churn_cancel **out)
{
    *out = NULL;
    if (object == Py_None) {
        return 0;
    }
    if (core_is(object, state->cancel_type, "Cancel") < 0) {
        return -1;
    }
    *out = core_open((core_handle *)object);
    return *out != NULL ? 0 : -1;
}

PyDoc_STRVAR(close_doc, "close($self)\n--\n\n"
                        "Free the memory now; every later use raises StateError.");

static PyObject *handle_close(PyObject *object, PyObject *unused)
{
    (void)unused;
    core_handle *self = (core_handle *)object;
    if (self->calls > 0) {
        return raise_state(self, "%s: a call on it is running in another thread");
    }
    void *ptr = self->ptr;
    self->ptr = NULL;
    if (ptr != NULL) {
        self->release(ptr);
    }
    return core_none();
}

PyDoc_STRVAR(enter_doc, "__enter__($self)\n--\n\n");

static PyObject *handle_enter(PyObject *object, PyObject *unused)
{
    (void)unused;
    if (core_open((core_handle *)object) == NULL) {
        return NULL;
    }
    return Py_NewRef(object);
}

PyDoc_STRVAR(exit_doc, "__exit__($self, *args)\n--\n\n");

static PyObject *handle_exit(PyObject *object, PyObject *args)
{
    (void)args;
    return handle_close(object, NULL);
}

static PyObject *handle_closed(PyObject *object, void *unused)
{
    (void)unused;
    return PyBool_FromLong(((core_handle *)object)->ptr == NULL);
}

static PyMethodDef handle_methods[] = {
    {"close", handle_close, METH_NOARGS, close_doc},
    {"__enter__", handle_enter, METH_NOARGS, enter_doc},
    {"__exit__", handle_exit, METH_VARARGS, exit_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef handle_getset[] = {
    {"closed", handle_closed, NULL, "Whether close() was called.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot handle_slots[] = {
    {Py_tp_new, core_handle_new},
    {Py_tp_dealloc, handle_dealloc},
    {Py_tp_methods, handle_methods},
    {Py_tp_getset, handle_getset},
    {Py_tp_doc, "Something that the library holds; closed when it is collected."},
    {0, NULL},
};

PyType_Spec core_handle_spec = {
    .name = "churn._core.Handle",
    .basicsize = sizeof(core_handle),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = handle_slots,
};

/* ---- Cancel ---- */

static void cancel_release(void *ptr)
{
    churn_cancel_free(ptr);
}

static PyObject *cancel_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    core_handle *self = (core_handle *)core_handle_new(type, args, kwargs);
    churn_cancel *cancel = NULL;
    churn_error err = CORE_ERROR_INIT;
    if (self == NULL) {
        return NULL;
    }
    self->noun = "cancel";
    churn_status st = churn_cancel_create(&cancel, &err);
    if (st != CHURN_OK) {
        core_raise(self->state, st, &err, "", NULL);
        Py_DECREF(self);
        return NULL;
    }
    self->ptr = cancel;
    self->release = cancel_release;
    return (PyObject *)self;
}

PyDoc_STRVAR(cancel_set_doc, "set($self)\n--\n\nAsk the call that holds the flag to stop.");

static PyObject *cancel_set(PyObject *object, PyObject *unused)
{
    (void)unused;
    churn_cancel_set(((core_handle *)object)->ptr);
    return core_none();
}

PyDoc_STRVAR(cancel_is_set_doc, "is_set($self)\n--\n\nTell whether set() was called.");

static PyObject *cancel_is_set(PyObject *object, PyObject *unused)
{
    (void)unused;
    return PyBool_FromLong(churn_cancel_is_set(((core_handle *)object)->ptr));
}

PyDoc_STRVAR(cancel_progress_doc,
             "progress($self)\n--\n\n"
             "How much is done: units of work done and in all, 0 while that is not known.");

static PyObject *cancel_progress(PyObject *object, PyObject *unused)
{
    (void)unused;
    uint64_t done = 0;
    uint64_t total = 0;
    churn_cancel_progress(((core_handle *)object)->ptr, &done, &total);
    return Py_BuildValue("KK", (unsigned long long)done, (unsigned long long)total);
}

static PyMethodDef cancel_methods[] = {
    {"set", cancel_set, METH_NOARGS, cancel_set_doc},
    {"is_set", cancel_is_set, METH_NOARGS, cancel_is_set_doc},
    {"progress", cancel_progress, METH_NOARGS, cancel_progress_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(cancel_doc, "Cancel()\n--\n\n"
                         "A flag that stops a long call from another thread.\n\n"
                         "One flag belongs to one call at a time.");

static PyType_Slot cancel_slots[] = {
    {Py_tp_new, cancel_new},
    {Py_tp_methods, cancel_methods},
    {Py_tp_doc, (void *)cancel_doc},
    {0, NULL},
};

PyType_Spec core_cancel_spec = {
    .name = "churn._core.Cancel",
    .basicsize = sizeof(core_handle),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = cancel_slots,
};
