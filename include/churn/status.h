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
