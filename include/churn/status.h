/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STATUS_H
#define CHURN_STATUS_H

#include <churn/types.h>

CHURN_BEGIN_DECLS

/**
 * What a call came to: CHURN_OK, or the reason why it did nothing.
 *
 * A failed call leaves every handle as it was, unless its documentation says which part was done.
 * Numbers are never changed or used again; treat one that you do not know as CHURN_E_FAILED.
 */
typedef int32_t churn_status;

/* The list below is generated from lib/core/status.csv. */
/* begin generated: status */
/** The call succeeded. */
#define CHURN_OK 0
/** The call failed for a reason that has no status of its own. */
#define CHURN_E_FAILED 1
/** An invariant of the library is broken: report it as a defect. */
#define CHURN_E_INTERNAL 2
/** The allocator gave no memory. */
#define CHURN_E_NOMEM 3
/** An argument is NULL or out of its documented values: the calling code is wrong. */
#define CHURN_E_ARG 4
/** The handle cannot do this now: it is busy or the order of calls is wrong. */
#define CHURN_E_STATE 5
/** There is nothing of that name or id. */
#define CHURN_E_NOT_FOUND 6
/** There is already something of that name or id. */
#define CHURN_E_EXISTS 7
/** A value or column has another type than is needed. */
#define CHURN_E_TYPE 8
/** A number or instant lies outside what is allowed. */
#define CHURN_E_RANGE 9
/** A limit was reached: raise it in the options or give less. */
#define CHURN_E_LIMIT 10
/** A text is not well formed: see line and column. */
#define CHURN_E_PARSE 11
/** A playbook is well formed but means nothing: see the diagnostics. */
#define CHURN_E_CONFIG 12
/** A text is not UTF-8. */
#define CHURN_E_UTF8 13
/** A file could not be read or written. */
#define CHURN_E_IO 14
/** Saved bytes are damaged. */
#define CHURN_E_CORRUPT 15
/** Saved bytes were written by a newer version. */
#define CHURN_E_VERSION 16
/** This version does not do that. */
#define CHURN_E_UNSUPPORTED 17
/** The call was cancelled. */
#define CHURN_E_CANCELLED 18
/** The handle was made by the parent of this process. */
#define CHURN_E_FORKED 19
/** A struct or a library version does not fit the headers that the caller was built with. */
#define CHURN_E_ABI 20
/* end generated: status */

/**
 * Return the name of a status, such as "CHURN_E_PARSE".
 *
 * @param status any number
 * @return a static string, never NULL; "CHURN_E_FAILED" for an unknown number
 * @threads any
 * @since 0.1
 */
CHURN_API const char *churn_status_name(churn_status status);

/**
 * Return one sentence on what a status means and what to do about it.
 *
 * @param status any number
 * @return a static string, never NULL
 * @threads any
 * @since 0.1
 */
CHURN_API const char *churn_status_text(churn_status status);

CHURN_END_DECLS

#endif
