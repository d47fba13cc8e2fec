/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <math.h>
#include <stdlib.h>

/* ---- one customer, for a backend that scores on each request ---- */

#define ROOM 8192u /* bytes of most answers */

/* Takes over `value`, which may be NULL with an exception. */
static int put(PyObject *dict, churn_str key, PyObject *value)
{
    PyObject *name = value != NULL ? core_str_object(key) : NULL;
    int st = name != NULL ? PyDict_SetItem(dict, name, value) : -1;
    Py_XDECREF(name);
    Py_XDECREF(value);
    return st;
}

/* The same for a key of ours. */
static int put_as(PyObject *dict, const char *key, PyObject *value)
{
    int st = value != NULL ? PyDict_SetItemString(dict, key, value) : -1;
    Py_XDECREF(value);
    return st;
}

static PyObject *nothing(void)
{
    Py_INCREF(Py_None);
    return Py_None;
}

static PyObject *number(double value)
{
    return isnan(value) ? nothing() : PyFloat_FromDouble(value);
}

static PyObject *metric_value(core_state *state, const churn_customer_answer *one, uint32_t m)
{
    if (one->reasons[m].ptr != NULL) {
        return nothing();
    }
    switch (one->metric_types[m]) {
    case CHURN_COLUMN_BOOL:
        return PyBool_FromLong(one->numbers[m] != 0);
    case CHURN_COLUMN_STRING:
        return core_str_object(one->texts[m]);
    case CHURN_COLUMN_TIME:
        return core_time_object(state, one->times[m]);
    default:
        return number(one->numbers[m]);
    }
}

static PyObject *metrics_of(core_state *state, const churn_customer_answer *one)
{
    PyObject *made = PyDict_New();
    for (uint32_t m = 0; made != NULL && m < one->metric_count; m++) {
        if (put(made, one->metric_ids[m], metric_value(state, one, m)) < 0) {
            Py_CLEAR(made);
        }
    }
    return made;
}

static PyObject *reasons_of(const churn_customer_answer *one)
{
    PyObject *made = PyDict_New();
    for (uint32_t m = 0; made != NULL && m < one->metric_count; m++) {
        if (one->reasons[m].ptr != NULL &&
            put(made, one->metric_ids[m], core_str_object(one->reasons[m])) < 0) {
            Py_CLEAR(made);
        }
    }
    return made;
}

static PyObject *score_of(const churn_customer_answer *one, uint32_t i)
{
    PyObject *made = PyDict_New();
    if (made == NULL || put_as(made, "value", number(one->scores[i])) < 0 ||
        put_as(made, "band", core_str_object(one->bands[i])) < 0 ||
        put_as(made, "coverage", number(one->coverages[i])) < 0 ||
        put_as(made, "low", number(one->lows[i])) < 0 ||
        put_as(made, "high", number(one->highs[i])) < 0 ||
        put_as(made, "certain", PyBool_FromLong(one->certains[i])) < 0 ||
        put_as(made, "card", core_str_object(one->cards[i])) < 0 ||
        put_as(made, "overridden", PyBool_FromLong(one->overridden[i])) < 0) {
        Py_CLEAR(made);
    }
    return made;
}

static PyObject *scores_of(const churn_customer_answer *one)
{
    PyObject *made = PyDict_New();
    for (uint32_t i = 0; made != NULL && i < one->score_count; i++) {
        if (put(made, one->score_ids[i], score_of(one, i)) < 0) {
            Py_CLEAR(made);
        }
    }
    return made;
}

static PyObject *segments_of(const churn_customer_answer *one)
{
    PyObject *made = PyDict_New();
    for (uint32_t i = 0; made != NULL && i < one->segment_count; i++) {
        bool known = one->segments[i] != CHURN_TRUTH_NONE;
        if (put(made, one->segment_ids[i], known ? PyBool_FromLong(one->segments[i]) : nothing()) <
            0) {
            Py_CLEAR(made);
        }
    }
    return made;
}

static PyObject *answer_of(core_state *state, const churn_customer_answer *one)
{
    PyObject *made = PyDict_New();
    if (made == NULL || put_as(made, "exists", PyBool_FromLong(one->exists)) < 0 ||
        put_as(made, "churned", PyBool_FromLong(one->churned)) < 0 ||
        put_as(made, "metrics", metrics_of(state, one)) < 0 ||
        put_as(made, "reasons", reasons_of(one)) < 0 ||
        put_as(made, "scores", scores_of(one)) < 0 ||
        put_as(made, "segments", segments_of(one)) < 0) {
        Py_CLEAR(made);
    }
    return made;
}

/* Short enough to keep the interpreter's lock. */
PyObject *core_engine_customer(PyObject *object, PyObject *args)
{
    core_handle *self = (core_handle *)object;
    double room[ROOM / sizeof(double)];
    void *more = NULL;
    PyObject *id = NULL, *made = NULL;
    long long as_of = 0;
    churn_str customer = {NULL, 0};
    churn_error err = CORE_ERROR_INIT;
    churn_customer_answer one = {.struct_size = sizeof one, .room = room, .room_size = sizeof room};
    if (!PyArg_ParseTuple(args, "OL:_customer", &id, &as_of) ||
        core_text(id, "customer", &customer) < 0) {
        return NULL;
    }
    churn_engine *engine = core_enter(self);
    if (engine == NULL) {
        return NULL;
    }
    churn_status st = churn_engine_customer(engine, customer.ptr, customer.len, as_of, &one, &err);
    if (st == CHURN_E_RANGE && one.room_needed > one.room_size) {
        more = malloc(one.room_needed);
        one.room = more != NULL ? more : one.room;
        one.room_size = more != NULL ? one.room_needed : one.room_size;
        st = churn_engine_customer(engine, customer.ptr, customer.len, as_of, &one, &err);
    }
    core_leave(self);
    made =
        st == CHURN_OK ? answer_of(self->state, &one) : core_raise(self->state, st, &err, "", NULL);
    free(more);
    return made;
}
