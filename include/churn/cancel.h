/* SPDX-License-Identifier: MIT */
#ifndef CHURN_CANCEL_H
#define CHURN_CANCEL_H

#include <churn/error.h>

CHURN_BEGIN_DECLS

/*
 * A long call takes a churn_cancel in its options. Any thread may set it; the call notices within
 * milliseconds, undoes what it began and returns CHURN_E_CANCELLED. One flag belongs to one call at
 * a time: make one for each, and free it when the call has returned.
 */

/**
 * Create a flag that is not set.
 *
 * @param[out] out returned: free with churn_cancel_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_cancel_create(churn_cancel **out, churn_error *err);

/**
 * Ask the call that holds the flag to stop.
 *
 * @param cancel may be NULL
 * @threads any; safe in a signal handler
 * @since 0.1
 */
CHURN_API void churn_cancel_set(churn_cancel *cancel);

/**
 * Tell whether the flag was set.
 *
 * @return false for NULL
 * @threads any
 * @since 0.1
 */
CHURN_API bool churn_cancel_is_set(const churn_cancel *cancel);

/**
 * Return how much of the call that holds the flag is done: rows of a load, customers of an
 * evaluation, microseconds of the time that is replayed.
 *
 * @param cancel may be NULL: both are then 0
 * @param[out] done units of work done; may be NULL
 * @param[out] total units of work in all, 0 while not known; may be NULL
 * @threads any
 * @since 0.1
 */
CHURN_API void churn_cancel_progress(const churn_cancel *cancel, uint64_t *done, uint64_t *total);

/**
 * Free a flag that no call holds any more.
 *
 * @param cancel may be NULL
 * @threads one at a time per cancel
 * @since 0.1
 */
CHURN_API void churn_cancel_free(churn_cancel *cancel);

CHURN_END_DECLS

#endif
