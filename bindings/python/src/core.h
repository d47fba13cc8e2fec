/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PYTHON_CORE_H
#define CHURN_PYTHON_CORE_H

/*
 * The extension behind the package `churn`: heap types over the handles of libchurn, nothing more.
 * The Python layer subclasses them and turns what people write (dates, mappings, data frames) into
 * what the methods here take.
 */

/* No format with #: what it means depends on the headers that it was compiled with, and one build
 * serves all versions. */
#include <Python.h>

#include <churn/churn.h>

#define CORE_KINDS 17       /* kinds of records */
#define CORE_MOST_FIELDS 24 /* fields of one kind */

/* What belongs to one module object. Every handle keeps a pointer to it: a handle keeps its type
 * alive, and a type its module. */
typedef struct core_state {
    PyObject *make_error; /* the Python function that makes an exception from a churn_error */
    PyObject *table_type; /* what tables come back as: churn.Table */
    PyObject *datetime;   /* datetime.datetime, .date, .timedelta */
    PyObject *date;
    PyObject *timedelta;
    PyObject *parts[3]; /* interned: days, seconds, microseconds */
    PyObject *epoch;    /* 1970-01-01, with and without UTC */
    PyObject *naive_epoch;
    PyObject *decimal; /* decimal.Decimal, NULL until one may have come */
    PyObject *names[CORE_KINDS][CORE_MOST_FIELDS]; /* interned names of the fields of records */
    PyObject *handle_type;                         /* _core.Handle, the base of the others */
    PyObject *cancel_type;
    PyObject *store_type;
    PyObject *playbook_type;
    PyObject *expression_type;
} core_state;

/* Every type: a handle of the library and how to free it. `calls` counts the calls that run on it
 * without the interpreter's lock; close() refuses while there are any. */
typedef struct core_handle {
    PyObject_HEAD core_state *state;
    void *ptr;
    void (*release)(void *ptr);
    const char *noun;
    int calls;
} core_handle;

/* handles.c */
/* Py_RETURN_NONE of Python 3.12's headers takes None to be immortal, which it is not in 3.11. */
PyObject *core_none(void);
core_state *core_state_of(PyTypeObject *type);
PyObject *core_handle_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
/* The library's handle; NULL with StateError where it was never made or is closed. */
void *core_open(core_handle *self);
/* As core_open(), and keeps it open until core_leave(). */
void *core_enter(core_handle *self);
void core_leave(core_handle *self);
/* Give a handle its library object; -1 with StateError where it has one. */
int core_adopt(core_handle *self, void *ptr, void (*release)(void *));
/* The handle in an optional argument that may be None: 0, or -1 with an exception. */
int core_cancel_of(core_state *state, PyObject *object, churn_cancel **out);
int core_is(PyObject *object, PyObject *type, const char *name);

/* errors.c */
#define CORE_ERROR_INIT                                           \
    {                                                             \
        .struct_size = sizeof(churn_error), .row = CHURN_ROW_NONE \
    }
/* Raise what a failed call said; `subject` ("playbook", "expression", "load", "") refines the
 * class. `extra` is a table of diagnostics that is taken over, or NULL. Always returns NULL. */
PyObject *core_raise(core_state *state, churn_status status, const churn_error *err,
                     const char *subject, churn_table *extra);
PyObject *core_set_make_error(PyObject *module, PyObject *args);

/* values.c */
/* An instant: int, datetime, None (CHURN_TIME_NONE), else what `reader._instant(object)` says. */
int core_time(core_state *state, PyObject *reader, PyObject *object, churn_time *out);
/* A datetime with zone, or naive where `epoch` is. */
int core_datetime_micros(core_state *state, PyObject *object, PyObject *epoch, churn_time *out);
/* Whether an object differs from itself, as NaN and pandas' NaT do; -1 with an exception. */
int core_is_nothing(PyObject *object);
PyObject *core_time_object(core_state *state, churn_time at);
/* A timedelta as nanoseconds; and back, whole microseconds down. */
int core_duration(core_state *state, PyObject *object, int64_t *nanos);
PyObject *core_duration_object(core_state *state, int64_t nanos);
/* A view of a str's UTF-8, valid while the object lives; None is not given. */
int core_str(PyObject *object, const char *what, churn_str *out);
/* As core_str(), but None is refused as well. */
int core_text(PyObject *object, const char *what, churn_str *out);
/* For "O&": whole numbers that do not wrap. */
int core_uint64(PyObject *number, void *out);
int core_uint32(PyObject *number, void *out);
int core_value(core_state *state, PyObject *reader, PyObject *object, const char *what,
               churn_value *out);
PyObject *core_value_object(core_state *state, const churn_value *value);
PyObject *core_str_object(churn_str text);
/* The texts of a list, valid while it lives, in memory for free(), also on failure. */
int core_names(PyObject *list, const char *what, churn_str **out, uint32_t *count);
/* Fill churn_limits from a mapping of names, or leave `*used` NULL for None. */
int core_limits(PyObject *mapping, churn_limits *limits, const churn_limits **used);
PyObject *core_default_limits(PyObject *module, PyObject *unused);

/* language.c */
PyObject *core_format_expression(PyObject *module, PyObject *args);
PyObject *core_check_expression(PyObject *module, PyObject *args);

/* many.c */
PyObject *core_fill(PyObject *module, PyObject *args);

/* signals.c */
PyObject *core_change_points(PyObject *module, PyObject *args);
PyObject *core_cusum(PyObject *module, PyObject *args);
PyObject *core_anomalies(PyObject *module, PyObject *args);
/* statistics.c */
PyObject *core_survival(PyObject *module, PyObject *args);
PyObject *core_proportion(PyObject *module, PyObject *args);
PyObject *core_proportion_difference(PyObject *module, PyObject *args);
PyObject *core_poisson_rate(PyObject *module, PyObject *args);
PyObject *core_engine_goals(PyObject *engine, PyObject *args);
PyObject *core_engine_benchmarks(PyObject *engine, PyObject *args);
PyObject *core_engine_anomalies(PyObject *engine, PyObject *args);

/* tables.c */
PyObject *core_table_new(core_state *state,
                         churn_table *table); /* takes it over, also on failure */
PyObject *core_table_as(PyTypeObject *type, churn_table *table); /* the same, of a subclass */
extern PyType_Spec core_table_spec;

/* stream.c */
/* Move the stream out of an object with __arrow_c_stream__ or __arrow_c_array__. */
int core_take_stream(PyObject *object, struct ArrowArrayStream *out);
PyObject *core_give_stream(core_state *state, const churn_table *table);
void core_drop_stream(struct ArrowArrayStream *stream);

/* columns.c */
PyObject *core_columns(PyObject *module, PyObject *args);
/* One batch as a stream: takes over both structs. */
int core_batch_stream(struct ArrowSchema *schema, struct ArrowArray *array,
                      struct ArrowArrayStream *out);
PyObject *core_stream_capsule(struct ArrowArrayStream *stream);

/* long_call.c */
/* A call that can be stopped and watched. */
typedef struct core_call {
    churn_cancel *flag; /* the caller's, or our own */
    churn_cancel *own;
    core_handle *cancel; /* whose flag it is; NULL: our own */
    PyObject *progress;  /* called with what is done and how much is to do; NULL: nobody is told */
} core_call;

/* A stream that a call reads while the thread that it came from makes its batches. */
typedef struct core_relay {
    struct ArrowArrayStream inner;
    void *call;
    int stopped;
} core_relay;

/* `given` is None, a Cancel, or a pair of one of them and what is told of progress; it is borrowed
 * until core_call_end(). 0, or -1 with an exception. */
int core_call_begin(core_state *state, PyObject *given, core_call *out);
void core_call_end(core_call *call);
/* Run `work` in a thread of its own without the interpreter's lock while this thread looks for
 * signals; a handler that raises sets the flag. The relay's stream is let go at the end. 0, or -1
 * with that exception. */
int core_call_run(core_call *call, void (*work)(void *), void *arg, core_relay *relay);
/* The stream for the library: it borrows the relay. */
void core_relay_open(core_relay *relay, struct ArrowArrayStream *out);

/* read.c: methods of stores and engines that read records back */
PyObject *core_store_records(PyObject *store, PyObject *args);
PyObject *core_store_span(PyObject *store, PyObject *args);
PyObject *core_store_sources(PyObject *store, PyObject *args);
PyObject *core_store_story(PyObject *store, PyObject *args);
PyObject *core_engine_story(PyObject *engine, PyObject *args);

/* engagement.c: methods of engines */
PyObject *core_engine_cohorts(PyObject *engine, PyObject *args);
PyObject *core_engine_engagement(PyObject *engine, PyObject *args);
PyObject *core_engine_funnel(PyObject *engine, PyObject *args);
/* ledger.c: methods of engines */
PyObject *core_engine_movements(PyObject *engine, PyObject *args);
PyObject *core_engine_reconciliation(PyObject *engine, PyObject *args);
PyObject *core_engine_compare_policies(PyObject *engine, PyObject *args);

/* reference.c */
PyObject *core_engine_reference(PyObject *engine, PyObject *args);

/* questions.c: methods of engines that run in a thread of their own */
PyObject *core_engine_ask(PyObject *engine, PyObject *args);
PyObject *core_engine_kpi(PyObject *engine, PyObject *args);
/* voice.c */
PyObject *core_engine_surveys(PyObject *engine, PyObject *args);
PyObject *core_engine_themes(PyObject *engine, PyObject *args);
PyObject *core_engine_band_changes(PyObject *engine, PyObject *args);
PyObject *core_engine_movements(PyObject *engine, PyObject *args);
/* retention.c */
PyObject *core_engine_survival(PyObject *engine, PyObject *args);
PyObject *core_engine_advance(PyObject *engine, PyObject *args);
PyObject *core_engine_replay(PyObject *engine, PyObject *args);
PyObject *core_engine_warm_up(PyObject *engine, PyObject *args);

/* customer.c: a method of engines */
PyObject *core_engine_customer(PyObject *engine, PyObject *args);
PyObject *core_engine_query(PyObject *engine, PyObject *args);
/* explain.c */
PyObject *core_engine_explain(PyObject *engine, PyObject *args);
PyObject *core_engine_explain_lines(PyObject *engine, PyObject *args);
PyObject *core_engine_explain_change(PyObject *engine, PyObject *args);
PyObject *core_engine_evidence(PyObject *engine, PyObject *args);

/* what_if.c: methods of engines */
PyObject *core_engine_what_if(PyObject *engine, PyObject *args);
PyObject *core_engine_targets(PyObject *engine, PyObject *args);
PyObject *core_engine_impact(PyObject *engine, PyObject *args);

/* records.c */
int core_records_init(core_state *state);
extern PyType_Spec core_records_spec;
int core_record_kind(const char *name);
/* NULL: no such kind. */
const char *core_kind_name(int kind);

/* The types. */
extern PyType_Spec core_handle_spec;
extern PyType_Spec core_cancel_spec;
extern PyType_Spec core_store_spec;
extern PyType_Spec core_playbook_spec;
extern PyType_Spec core_engine_spec;
extern PyType_Spec core_expression_spec;

/* erase.c: methods of a store */
PyObject *core_store_erase(PyObject *object, PyObject *args);
PyObject *core_store_erase_user(PyObject *object, PyObject *args);
PyObject *core_store_forget(PyObject *object, PyObject *args);
PyObject *core_store_merge(PyObject *object, PyObject *args);

#endif
