/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TYPES_H
#define CHURN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <churn/export.h>

CHURN_BEGIN_DECLS

/*
 * The words that every header uses.
 *
 * Ownership of a pointer is always one of:
 *   borrowed                          read during the call only
 *   kept until ...                    the library keeps the pointer itself that long
 *   taken on success                  the library frees it from then on; never on failure
 *   returned: free with f()           yours
 *   returned: view of x, valid until  x owns it
 *
 * Threads, in `@threads`:
 *   any                               from any number of threads at once
 *   one at a time per <handle>        a second call at the same time gets CHURN_E_STATE
 */

/** A compiled playbook: immutable, reference counted, shared freely between threads. */
typedef struct churn_playbook churn_playbook;
/** Customer records with their history: one writer and any number of readers at once. */
typedef struct churn_store churn_store;
/** A playbook bound to a store, with what must be remembered between evaluations. */
typedef struct churn_engine churn_engine;
/** A result: named, typed columns with nulls; immutable, shared freely between threads. */
typedef struct churn_table churn_table;
/** One compiled expression over declared variables: immutable, shared freely between threads. */
typedef struct churn_expression churn_expression;
/** A flag that stops a long call, with counters of its progress. */
typedef struct churn_cancel churn_cancel;
/** A run of bytes that the library made. */
typedef struct churn_buffer churn_buffer;

/** An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted. */
typedef int64_t churn_time;

/** No instant: an optional instant that is not there. Never a valid time. */
#define CHURN_TIME_NONE INT64_MIN
/** First and last instants that any record or question may name: years 1 to 9999. */
#define CHURN_TIME_MIN INT64_C(-62135596800000000)
#define CHURN_TIME_MAX INT64_C(253402300799999999)

/** As a length: the string ends at its NUL, the library takes strlen(). */
#define CHURN_NTS SIZE_MAX
/** As a row number: none. */
#define CHURN_ROW_NONE UINT64_MAX
/** As an optional count (seats): not given. */
#define CHURN_INT_NONE INT64_MIN

/** A string that somebody else owns: UTF-8, `len` bytes. Those that the library returns are also
 * NUL-terminated; those that it takes need not be. A NULL `ptr` is "not given". */
typedef struct churn_str {
    const char *ptr;
    size_t len;
} churn_str;

/** Type of a single value: of a variable, a result, an attribute. */
typedef int32_t churn_type;

#define CHURN_TYPE_BOOL 1
#define CHURN_TYPE_INT 2
#define CHURN_TYPE_DOUBLE 3
#define CHURN_TYPE_STRING 4
#define CHURN_TYPE_TIME 5
#define CHURN_TYPE_DURATION 7 /* of expressions and tables, not of records */

/** One value, in or out. */
typedef struct churn_value {
    churn_type type;  /* which of the fields below holds it; 0: missing */
    int32_t truth;    /* CHURN_TYPE_BOOL */
    int64_t integer;  /* CHURN_TYPE_INT; CHURN_TYPE_TIME in microseconds; CHURN_TYPE_DURATION in
                         nanoseconds */
    double number;    /* CHURN_TYPE_DOUBLE */
    churn_str string; /* CHURN_TYPE_STRING */
} churn_value;

CHURN_END_DECLS

#endif
