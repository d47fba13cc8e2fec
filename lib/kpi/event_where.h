/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_EVENT_WHERE_H
#define CHURN_KPI_EVENT_WHERE_H

#include "expr/expr.h"
#include "kpi/activity.h"

/* A condition on single events, judged a few hundred at a time. */
typedef struct churn__event_where churn__event_where;

/* Holds the version and the expression as long as its caller does. */
churn_status churn__event_where_create(churn__heap *heap, churn__version *version,
                                       const churn__expr *expr, const churn__where_slot *slots,
                                       uint32_t slot_count, churn__event_where **out,
                                       churn_error *err);
void churn__event_where_free(churn__event_where *where);
/* Of rows of one type those of which the condition is true, by index, appended to `out` in their
 * order. False: no memory. */
bool churn__event_where_pick(churn__event_where *where, churn__reader *reader, uint32_t customer,
                             uint32_t type, const churn__event_rows *rows, uint32_t **out,
                             size_t *count, size_t *capacity);

#endif
