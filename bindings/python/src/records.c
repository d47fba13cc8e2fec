/* SPDX-License-Identifier: MIT */
#include "core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * One record at a time: store.add_event(customer, type, at, user=...). A table says which argument
 * goes into which field of which struct; the arguments are read by hand, because the generic parser
 * takes longer than the library does to add the record.
 */

enum { IS_STR, IS_TIME, IS_INT, IS_NUMBER, IS_TRUTH, IS_VALUE, IS_ATTRIBUTES, IS_PROPS };

typedef struct {
    const char *name;
    uint16_t offset;
    uint16_t type;
} field;

typedef union {
    churn_customer customer;
    churn_attribute attribute;
    churn_event event;
    churn_subscription subscription;
    churn_invoice invoice;
    churn_ticket ticket;
    churn_survey survey;
    churn_churn churn;
    churn_contact contact;
    churn_alias alias;
    churn_milestone milestone;
    churn_touchpoint touchpoint;
    churn_spend spend;
    churn_rate rate;
    churn_announcement announcement;
    churn_override override;
    churn_measure measure;
} any_record;

typedef churn_status (*add_one)(churn_store *store, const void *record, churn_error *err);

typedef struct {
    const char *name;
    churn_record_kind kind;
    uint32_t size;
    int needed; /* arguments that must be given, and may be given by position */
    int count;
    const field *fields;
    add_one add;
} record_spec;

#define FIELD(record, name, type)                             \
    {                                                         \
#name, (uint16_t)offsetof(churn_##record, name), type \
    }

static const field customer_fields[] = {
    FIELD(customer, id, IS_STR),
    FIELD(customer, since, IS_TIME),
    FIELD(customer, known_at, IS_TIME),
    FIELD(customer, valid_from, IS_TIME),
    FIELD(customer, attributes, IS_ATTRIBUTES),
};
static const field attribute_fields[] = {
    FIELD(attribute, customer, IS_STR),  FIELD(attribute, name, IS_STR),
    FIELD(attribute, value, IS_VALUE),   FIELD(attribute, valid_from, IS_TIME),
    FIELD(attribute, known_at, IS_TIME),
};
static const field event_fields[] = {
    FIELD(event, customer, IS_STR),  FIELD(event, type, IS_STR),     FIELD(event, at, IS_TIME),
    FIELD(event, user, IS_STR),      FIELD(event, value, IS_NUMBER), FIELD(event, id, IS_STR),
    FIELD(event, known_at, IS_TIME), FIELD(event, props, IS_PROPS),
};
static const field subscription_fields[] = {
    FIELD(subscription, id, IS_STR),
    FIELD(subscription, customer, IS_STR),
    FIELD(subscription, valid_from, IS_TIME),
    FIELD(subscription, status, IS_STR),
    FIELD(subscription, plan, IS_STR),
    FIELD(subscription, amount, IS_INT),
    FIELD(subscription, currency, IS_STR),
    FIELD(subscription, period, IS_STR),
    FIELD(subscription, seats, IS_INT),
    FIELD(subscription, discount, IS_INT),
    FIELD(subscription, discount_until, IS_TIME),
    FIELD(subscription, renews_at, IS_TIME),
    FIELD(subscription, ends_at, IS_TIME),
    FIELD(subscription, ended_at, IS_TIME),
    FIELD(subscription, cancel_requested_at, IS_TIME),
    FIELD(subscription, trial_ends_at, IS_TIME),
    FIELD(subscription, auto_renew, IS_TRUTH),
    FIELD(subscription, usage_based, IS_TRUTH),
    FIELD(subscription, notice, IS_STR),
    FIELD(subscription, product, IS_STR),
    FIELD(subscription, known_at, IS_TIME),
};
static const field invoice_fields[] = {
    FIELD(invoice, id, IS_STR),           FIELD(invoice, customer, IS_STR),
    FIELD(invoice, issued_at, IS_TIME),   FIELD(invoice, due_at, IS_TIME),
    FIELD(invoice, amount, IS_INT),       FIELD(invoice, currency, IS_STR),
    FIELD(invoice, paid_at, IS_TIME),     FIELD(invoice, failed_at, IS_TIME),
    FIELD(invoice, failure, IS_STR),      FIELD(invoice, refunded, IS_INT),
    FIELD(invoice, refunded_at, IS_TIME), FIELD(invoice, known_at, IS_TIME),
};
static const field ticket_fields[] = {
    FIELD(ticket, id, IS_STR),
    FIELD(ticket, customer, IS_STR),
    FIELD(ticket, opened_at, IS_TIME),
    FIELD(ticket, user, IS_STR),
    FIELD(ticket, first_response_at, IS_TIME),
    FIELD(ticket, closed_at, IS_TIME),
    FIELD(ticket, reopened_at, IS_TIME),
    FIELD(ticket, priority, IS_STR),
    FIELD(ticket, category, IS_STR),
    FIELD(ticket, csat, IS_NUMBER),
    FIELD(ticket, text, IS_STR),
    FIELD(ticket, known_at, IS_TIME),
};
static const field survey_fields[] = {
    FIELD(survey, customer, IS_STR),  FIELD(survey, kind, IS_STR),   FIELD(survey, at, IS_TIME),
    FIELD(survey, score, IS_NUMBER),  FIELD(survey, user, IS_STR),   FIELD(survey, text, IS_STR),
    FIELD(survey, category, IS_STR),  FIELD(survey, moment, IS_STR), FIELD(survey, id, IS_STR),
    FIELD(survey, known_at, IS_TIME),
};
static const field churn_fields[] = {
    FIELD(churn, customer, IS_STR), FIELD(churn, kind, IS_STR),       FIELD(churn, at, IS_TIME),
    FIELD(churn, reason, IS_STR),   FIELD(churn, competitor, IS_STR), FIELD(churn, amount, IS_INT),
    FIELD(churn, currency, IS_STR), FIELD(churn, known_at, IS_TIME),
};

static const field contact_fields[] = {
    FIELD(contact, id, IS_STR),          FIELD(contact, customer, IS_STR),
    FIELD(contact, valid_from, IS_TIME), FIELD(contact, role, IS_STR),
    FIELD(contact, name, IS_STR),        FIELD(contact, active, IS_TRUTH),
    FIELD(contact, known_at, IS_TIME),
};
static const field alias_fields[] = {
    FIELD(alias, source, IS_STR),
    FIELD(alias, alias, IS_STR),
    FIELD(alias, customer, IS_STR),
    FIELD(alias, known_at, IS_TIME),
};
static const field milestone_fields[] = {
    FIELD(milestone, customer, IS_STR),
    FIELD(milestone, name, IS_STR),
    FIELD(milestone, reached_at, IS_TIME),
    FIELD(milestone, known_at, IS_TIME),
};
static const field touchpoint_fields[] = {
    FIELD(touchpoint, id, IS_STR),          FIELD(touchpoint, customer, IS_STR),
    FIELD(touchpoint, at, IS_TIME),         FIELD(touchpoint, channel, IS_STR),
    FIELD(touchpoint, user, IS_STR),        FIELD(touchpoint, play, IS_STR),
    FIELD(touchpoint, action, IS_STR),      FIELD(touchpoint, offer, IS_STR),
    FIELD(touchpoint, opened_at, IS_TIME),  FIELD(touchpoint, clicked_at, IS_TIME),
    FIELD(touchpoint, replied_at, IS_TIME), FIELD(touchpoint, outcome, IS_STR),
    FIELD(touchpoint, outcome_at, IS_TIME), FIELD(touchpoint, known_at, IS_TIME),
};
static const field spend_fields[] = {
    FIELD(spend, at, IS_TIME),     FIELD(spend, amount, IS_INT), FIELD(spend, currency, IS_STR),
    FIELD(spend, channel, IS_STR), FIELD(spend, id, IS_STR),     FIELD(spend, known_at, IS_TIME),
};
static const field rate_fields[] = {
    FIELD(rate, currency, IS_STR),
    FIELD(rate, at, IS_TIME),
    FIELD(rate, rate, IS_NUMBER),
    FIELD(rate, known_at, IS_TIME),
};
static const field announcement_fields[] = {
    FIELD(announcement, name, IS_STR),
    FIELD(announcement, at, IS_TIME),
    FIELD(announcement, kind, IS_STR),
    FIELD(announcement, known_at, IS_TIME),
};
static const field measure_fields[] = {
    FIELD(measure, name, IS_STR),      FIELD(measure, at, IS_TIME),
    FIELD(measure, value, IS_NUMBER),  FIELD(measure, unit, IS_STR),
    FIELD(measure, known_at, IS_TIME),
};
static const field override_fields[] = {
    FIELD(override, customer, IS_STR),    FIELD(override, score, IS_STR),
    FIELD(override, at, IS_TIME),         FIELD(override, value, IS_NUMBER),
    FIELD(override, reason, IS_STR),      FIELD(override, author, IS_STR),
    FIELD(override, expires_at, IS_TIME), FIELD(override, known_at, IS_TIME),
};

#define ADD_ONE(record, function)                                                              \
    static churn_status add_one_##record(churn_store *store, const void *of, churn_error *err) \
    {                                                                                          \
        return function(store, of, err);                                                       \
    }

ADD_ONE(customer, churn_store_add_customer)
ADD_ONE(attribute, churn_store_add_attribute)
ADD_ONE(event, churn_store_add_event)
ADD_ONE(subscription, churn_store_add_subscription)
ADD_ONE(invoice, churn_store_add_invoice)
ADD_ONE(ticket, churn_store_add_ticket)
ADD_ONE(survey, churn_store_add_survey)
ADD_ONE(churn, churn_store_add_churn)
ADD_ONE(contact, churn_store_add_contact)
ADD_ONE(alias, churn_store_add_alias)
ADD_ONE(milestone, churn_store_add_milestone)
ADD_ONE(touchpoint, churn_store_add_touchpoint)
ADD_ONE(spend, churn_store_add_spend)
ADD_ONE(rate, churn_store_add_rate)
ADD_ONE(announcement, churn_store_add_announcement)
ADD_ONE(override, churn_store_add_override)
ADD_ONE(measure, churn_store_add_measure)

#define SPEC(record, kind, needed)                                                                \
    {                                                                                             \
#record, kind, sizeof(churn_##record), needed,                                            \
            sizeof record##_fields / sizeof record##_fields[0], record##_fields, add_one_##record \
    }

static const record_spec specs[CORE_KINDS] = {
    SPEC(customer, CHURN_RECORD_CUSTOMER, 1),
    SPEC(attribute, CHURN_RECORD_ATTRIBUTE, 3),
    SPEC(event, CHURN_RECORD_EVENT, 3),
    SPEC(subscription, CHURN_RECORD_SUBSCRIPTION, 4),
    SPEC(invoice, CHURN_RECORD_INVOICE, 6),
    SPEC(ticket, CHURN_RECORD_TICKET, 3),
    SPEC(survey, CHURN_RECORD_SURVEY, 4),
    SPEC(churn, CHURN_RECORD_CHURN, 3),
    SPEC(contact, CHURN_RECORD_CONTACT, 3),
    SPEC(alias, CHURN_RECORD_ALIAS, 3),
    SPEC(milestone, CHURN_RECORD_MILESTONE, 3),
    SPEC(touchpoint, CHURN_RECORD_TOUCHPOINT, 4),
    SPEC(spend, CHURN_RECORD_SPEND, 3),
    SPEC(rate, CHURN_RECORD_RATE, 3),
    SPEC(announcement, CHURN_RECORD_ANNOUNCEMENT, 2),
    SPEC(override, CHURN_RECORD_OVERRIDE, 4),
    SPEC(measure, CHURN_RECORD_MEASURE, 3),
};

int core_record_kind(const char *name)
{
    for (int i = 0; i < CORE_KINDS; i++) {
        if (strcmp(specs[i].name, name) == 0) {
            return specs[i].kind;
        }
    }
    return 0;
}

const char *core_kind_name(int kind)
{
    for (int i = 0; i < CORE_KINDS; i++) {
        if (specs[i].kind == kind) {
            return specs[i].name;
        }
    }
    return NULL;
}

int core_records_init(core_state *state)
{
    for (int kind = 0; kind < CORE_KINDS; kind++) {
        for (int i = 0; i < specs[kind].count; i++) {
            PyObject *name = PyUnicode_InternFromString(specs[kind].fields[i].name);
            if (name == NULL) {
                return -1;
            }
            state->names[kind][i] = name;
        }
    }
    return 0;
}

/* ---- attributes of a customer, properties of an event ---- */

static int named_value(core_state *state, PyObject *store, PyObject *pair, const char *what,
                       churn_named_value *out)
{
    PyObject *name = PyTuple_GetItem(pair, 0);
    if (core_text(name, what, &out->name) < 0) {
        return -1;
    }
    return core_value(state, store, PyTuple_GetItem(pair, 1), out->name.ptr, &out->value);
}

/* `*items` keeps the texts alive until the record is added. */
static int read_values(core_state *state, PyObject *store, PyObject *mapping, const char *what,
                       const churn_named_value **out, uint32_t *out_count, PyObject **items)
{
    if (mapping == Py_None) {
        return 0;
    }
    *items = PyMapping_Items(mapping);
    Py_ssize_t count = *items != NULL ? PyList_Size(*items) : -1;
    if (count < 0) {
        return -1;
    }
    churn_named_value *values = calloc((size_t)count + 1, sizeof *values);
    if (values == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *out = values;
    *out_count = (uint32_t)count;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (named_value(state, store, PyList_GetItem(*items, i), what, &values[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- arguments ---- */

static int read_int(PyObject *argument, const char *name, int64_t *out)
{
    if (argument == Py_None) {
        *out = CHURN_INT_NONE;
        return 0;
    }
    if (!PyLong_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "%s: give an int (money in minor units), not %R", name,
                     Py_TYPE(argument));
        return -1;
    }
    *out = PyLong_AsLongLong(argument);
    return *out == -1 && PyErr_Occurred() ? -1 : 0;
}

static int read_number(PyObject *argument, const char *name, double *out)
{
    if (argument == Py_None) {
        *out = (double)NAN;
        return 0;
    }
    *out = PyFloat_AsDouble(argument);
    if (*out == -1.0 && PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "%s: give a number, not %R", name, Py_TYPE(argument));
        return -1;
    }
    return 0;
}

static int read_truth(PyObject *argument, const char *name, churn_truth *out)
{
    if (argument != Py_None && !PyBool_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "%s: give a bool, not %R", name, Py_TYPE(argument));
        return -1;
    }
    *out = argument == Py_None ? CHURN_TRUTH_NONE : argument == Py_True;
    return 0;
}

static int read_field(core_handle *self, const field *to, PyObject *argument, any_record *record,
                      PyObject **items)
{
    PyObject *store = (PyObject *)self;
    void *at = (unsigned char *)record + to->offset;
    switch (to->type) {
    case IS_STR:
        return core_str(argument, to->name, at);
    case IS_TIME:
        return core_time(self->state, store, argument, at);
    case IS_INT:
        return read_int(argument, to->name, at);
    case IS_NUMBER:
        return read_number(argument, to->name, at);
    case IS_TRUTH:
        return read_truth(argument, to->name, at);
    case IS_VALUE:
        return core_value(self->state, store, argument, to->name, at);
    case IS_PROPS:
        return read_values(self->state, store, argument, "props", &record->event.props,
                           &record->event.prop_count, items);
    default:
        return read_values(self->state, store, argument, "attributes", &record->customer.attributes,
                           &record->customer.attribute_count, items);
    }
}

/* Names of arguments are interned nearly always, so that their addresses tell them. */
static int find_field(core_state *state, int kind, PyObject *name)
{
    const record_spec *spec = &specs[kind];
    for (int i = 0; i < spec->count; i++) {
        if (state->names[kind][i] == name) {
            return i;
        }
    }
    for (int i = 0; i < spec->count; i++) {
        if (PyUnicode_CompareWithASCIIString(name, spec->fields[i].name) == 0) {
            return i;
        }
    }
    PyErr_Format(PyExc_TypeError, "add_%s() got an unexpected keyword argument '%U'", spec->name,
                 name);
    return -1;
}

typedef struct {
    core_handle *self;
    int kind;
    uint32_t given; /* a bit a field */
    PyObject *items;
    any_record record;
} reading;

static int read_named(reading *to, PyObject *name, PyObject *argument)
{
    const record_spec *spec = &specs[to->kind];
    int at = find_field(to->self->state, to->kind, name);
    if (at < 0) {
        return -1;
    }
    if (to->given >> at & 1) {
        PyErr_Format(PyExc_TypeError, "add_%s() got multiple values for argument '%s'", spec->name,
                     spec->fields[at].name);
        return -1;
    }
    to->given |= 1u << at;
    return read_field(to->self, &spec->fields[at], argument, &to->record, &to->items);
}

static int refuse_missing(const reading *from)
{
    const record_spec *spec = &specs[from->kind];
    for (int i = 0; i < spec->needed; i++) {
        if (!(from->given >> i & 1)) {
            PyErr_Format(PyExc_TypeError, "add_%s() missing required argument: '%s'", spec->name,
                         spec->fields[i].name);
            return -1;
        }
    }
    return 0;
}

static int read_arguments(reading *to, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const record_spec *spec = &specs[to->kind];
    if (nargs > spec->needed) {
        PyErr_Format(PyExc_TypeError, "add_%s() takes %d positional arguments but %zd were given",
                     spec->name, spec->needed, nargs);
        return -1;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (read_field(to->self, &spec->fields[i], args[i], &to->record, &to->items) < 0) {
            return -1;
        }
    }
    to->given = (1u << nargs) - 1;
    Py_ssize_t named = kwnames != NULL ? PyTuple_Size(kwnames) : 0;
    for (Py_ssize_t i = 0; i < named; i++) {
        if (read_named(to, PyTuple_GetItem(kwnames, i), args[nargs + i]) < 0) {
            return -1;
        }
    }
    return nargs == spec->needed ? 0 : refuse_missing(to);
}

static PyObject *add_read(reading *from)
{
    churn_error err;
    churn_store *store = core_open(from->self);
    if (store == NULL) {
        return NULL;
    }
    err.struct_size = sizeof err; /* the rest is written on failure alone */
    churn_status st = specs[from->kind].add(store, &from->record, &err);
    if (st != CHURN_OK) {
        return core_raise(from->self->state, st, &err, "", NULL);
    }
    return core_none();
}

static PyObject *add_record(PyObject *object, int kind, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    reading from;
    PyObject *result = NULL;
    from.self = (core_handle *)object;
    from.kind = kind;
    from.items = NULL;
    churn_record_init(specs[kind].kind, &from.record, specs[kind].size);
    if (read_arguments(&from, args, nargs, kwnames) == 0) {
        result = add_read(&from);
    }
    if (specs[kind].kind == CHURN_RECORD_CUSTOMER) {
        free((void *)(uintptr_t)from.record.customer.attributes);
    }
    if (specs[kind].kind == CHURN_RECORD_EVENT) {
        free((void *)(uintptr_t)from.record.event.props);
    }
    Py_XDECREF(from.items);
    return result;
}

#define STORE_ADD(name, kind)                                                                  \
    static PyObject *store_add_##name(PyObject *self, PyObject *const *args, Py_ssize_t nargs, \
                                      PyObject *kwnames)                                       \
    {                                                                                          \
        return add_record(self, kind, args, nargs, kwnames);                                   \
    }

STORE_ADD(customer, 0)
STORE_ADD(attribute, 1)
STORE_ADD(event, 2)
STORE_ADD(subscription, 3)
STORE_ADD(invoice, 4)
STORE_ADD(ticket, 5)
STORE_ADD(survey, 6)
STORE_ADD(churn, 7)
STORE_ADD(contact, 8)
STORE_ADD(alias, 9)
STORE_ADD(milestone, 10)
STORE_ADD(touchpoint, 11)
STORE_ADD(spend, 12)
STORE_ADD(rate, 13)
STORE_ADD(announcement, 14)
STORE_ADD(override, 15)
STORE_ADD(measure, 16)

PyDoc_STRVAR(customer_doc,
             "add_customer($self, id, *, since=None, known_at=None, valid_from=None,\n"
             "             attributes=None)\n--\n\n"
             "Add or replace a customer; attributes is a mapping of any names.");
PyDoc_STRVAR(
    attribute_doc,
    "add_attribute($self, customer, name, value, *, valid_from=None, known_at=None)\n--\n\n"
    "Add or replace one value of an attribute; None unsets it.");
PyDoc_STRVAR(event_doc, "add_event($self, customer, type, at, *, user=None, value=None, id=None,\n"
                        "          known_at=None, props=None)\n--\n\n"
                        "Add an event; with an id, add or replace it; props is a mapping of names\n"
                        "to numbers, texts, truths and instants.");
PyDoc_STRVAR(
    subscription_doc,
    "add_subscription($self, id, customer, valid_from, status, *, plan=None, amount=None,\n"
    "                 currency=None, period=None, seats=None, discount=None,\n"
    "                 discount_until=None, renews_at=None, ends_at=None, ended_at=None,\n"
    "                 cancel_requested_at=None, trial_ends_at=None, auto_renew=None,\n"
    "                 usage_based=None, notice=None, product=None, known_at=None)\n--\n\n"
    "Add or replace a state of a subscription; money in minor units of the currency.");
PyDoc_STRVAR(invoice_doc,
             "add_invoice($self, id, customer, issued_at, due_at, amount, currency, *,\n"
             "            paid_at=None, failed_at=None, failure=None, refunded=None,\n"
             "            refunded_at=None, known_at=None)\n--\n\n"
             "Add or replace an invoice; money in minor units of the currency.");
PyDoc_STRVAR(ticket_doc,
             "add_ticket($self, id, customer, opened_at, *, user=None, first_response_at=None,\n"
             "           closed_at=None, reopened_at=None, priority=None, category=None,\n"
             "           csat=None, text=None, known_at=None)\n--\n\n"
             "Add or replace a ticket.");
PyDoc_STRVAR(
    survey_doc,
    "add_survey($self, customer, kind, at, score, *, user=None, text=None, category=None,\n"
    "           moment=None, id=None, known_at=None)\n--\n\n"
    "Add or replace an answer to a survey.");
PyDoc_STRVAR(churn_doc, "add_churn($self, customer, kind, at, *, reason=None, competitor=None,\n"
                        "          amount=None, currency=None, known_at=None)\n--\n\n"
                        "Say that a customer was lost, or part of one.");
PyDoc_STRVAR(contact_doc,
             "add_contact($self, id, customer, valid_from, *, role=None, name=None,\n"
             "            active=None, known_at=None)\n--\n\n"
             "Add or replace a person at a customer as they stand from an instant on.");
PyDoc_STRVAR(alias_doc, "add_alias($self, source, alias, customer, *, known_at=None)\n--\n\n"
                        "Say under which id another system knows a customer.");
PyDoc_STRVAR(milestone_doc,
             "add_milestone($self, customer, name, reached_at, *, known_at=None)\n--\n\n"
             "Add a milestone that a customer reached; the earliest stands.");
PyDoc_STRVAR(touchpoint_doc,
             "add_touchpoint($self, id, customer, at, channel, *, user=None, play=None,\n"
             "               action=None, offer=None, opened_at=None, clicked_at=None,\n"
             "               replied_at=None, outcome=None, outcome_at=None, known_at=None)\n--\n\n"
             "Add or replace a contact of the business with a customer.");
PyDoc_STRVAR(
    spend_doc,
    "add_spend($self, at, amount, currency, *, channel=None, id=None, known_at=None)\n--\n\n"
    "Add or replace what was spent to win customers, in minor units of the currency.");
PyDoc_STRVAR(rate_doc,
             "add_rate($self, currency, at, rate, *, known_at=None)\n--\n\n"
             "Add or replace what a unit of a currency is worth in the reporting currency.");
PyDoc_STRVAR(announcement_doc,
             "add_announcement($self, name, at, *, kind=None, known_at=None)\n--\n\n"
             "Add or replace a release, a change of prices, an outage.");
PyDoc_STRVAR(measure_doc,
             "add_measure($self, name, at, value, *, unit=None, known_at=None)\n--\n\n"
             "Add or replace a figure that you measured yourself: visits, costs, an index.");
PyDoc_STRVAR(override_doc,
             "add_override($self, customer, score, at, value, *, reason=None, author=None,\n"
             "             expires_at=None, known_at=None)\n--\n\n"
             "Set a score by hand, 0 to 100, from an instant on; None takes the judgement back.");

#define ADD_METHOD(name)                                             \
    {                                                                \
        "add_" #name, (PyCFunction)(void (*)(void))store_add_##name, \
            METH_FASTCALL | METH_KEYWORDS, name##_doc                \
    }

static PyMethodDef records_methods[] = {
    ADD_METHOD(customer), ADD_METHOD(attribute), ADD_METHOD(event),        ADD_METHOD(subscription),
    ADD_METHOD(invoice),  ADD_METHOD(ticket),    ADD_METHOD(survey),       ADD_METHOD(churn),
    ADD_METHOD(contact),  ADD_METHOD(alias),     ADD_METHOD(milestone),    ADD_METHOD(touchpoint),
    ADD_METHOD(spend),    ADD_METHOD(rate),      ADD_METHOD(announcement), ADD_METHOD(override),
    ADD_METHOD(measure),  {NULL, NULL, 0, NULL},
};

static PyType_Slot records_slots[] = {
    {Py_tp_methods, records_methods},
    {Py_tp_doc, "What takes records one at a time: the base of Store."},
    {0, NULL},
};

PyType_Spec core_records_spec = {
    .name = "churn._core.Records",
    .basicsize = sizeof(core_handle),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = records_slots,
};
