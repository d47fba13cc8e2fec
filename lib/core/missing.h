/* SPDX-License-Identifier: MIT */
#ifndef CHURN_CORE_MISSING_H
#define CHURN_CORE_MISSING_H

#include <stdbool.h>
#include <stdint.h>

#include <churn/types.h>

/*
 * Why a value is not there. Absence: we know that there is nothing. Ignorance: we do not know.
 * Only ignorance counts towards a degraded run. The numbers are saved and shown; never renumber.
 */
typedef uint8_t churn__missing;

#define CHURN__PRESENT 0
/* ignorance */
#define CHURN__STALE_SOURCE 1
#define CHURN__NOT_PROVIDED 2
#define CHURN__NON_FINITE 3
#define CHURN__LOW_COVERAGE 4
#define CHURN__NO_RATE 5
#define CHURN__SHORT_HISTORY_FROM 6 /* the window reaches before tracking began */
#define CHURN__CYCLE 7              /* of a customer who is among their own parents */
/* absence */
#define CHURN__NEVER 16
#define CHURN__EMPTY 17
#define CHURN__EXPIRED 18
#define CHURN__SHORT_HISTORY_SINCE 19 /* the window reaches before the customer began */

static inline bool churn__is_ignorance(churn__missing m)
{
    return m != CHURN__PRESENT && m < CHURN__NEVER;
}

/* "stale_source" ... "short_history"; "" for CHURN__PRESENT. */
const char *churn__missing_name(churn__missing m);

/* Of several reasons, the one to report: ignorance before absence, then the lowest number. */
static inline churn__missing churn__missing_worse(churn__missing a, churn__missing b)
{
    if (a == CHURN__PRESENT || b == CHURN__PRESENT) {
        return a == CHURN__PRESENT ? b : a;
    }
    return a < b ? a : b; /* reasons of ignorance have the lower numbers */
}

#endif
