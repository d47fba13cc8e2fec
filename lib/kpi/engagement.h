/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_ENGAGEMENT_H
#define CHURN_KPI_ENGAGEMENT_H

#include "kpi/activity.h"
#include "kpi/kpi.h"

/* A definition, looked up in a version. */
typedef struct churn__reach {
    churn__event_pick event; /* of one type */
    uint32_t milestone;      /* text; CHURN__NO_CODE */
    uint32_t count;
    bool is_event;
} churn__reach;

churn_status churn__reach_open(churn__reach *reach, churn__heap *heap, churn__version *version,
                               const churn__reach_def *def, churn_error *err);
void churn__reach_close(churn__reach *reach);
static inline bool churn__reach_declared(const churn__reach_def *def)
{
    return def->event.ptr != NULL || def->milestone.ptr != NULL;
}
/* When a customer reached it, counted from `from` on: for an event its n-th since then, for a
 * milestone its day, or `from` where it was reached before. CHURN_TIME_NONE: not before `to`, as
 * seen at as_of. */
churn_time churn__reach_at(const churn__reach *reach, churn__reader *reader, uint32_t customer,
                           churn_time from, churn_time to, churn_time as_of);

/* Just before t. */
static inline bool churn__span_alive(const churn__life_span *span, churn_time t)
{
    return span->from < t && (span->to == CHURN_TIME_NONE || span->to >= t);
}
bool churn__lives_at(const churn__life_span *spans, size_t count, churn_time t);
/* At any instant of [from, to). */
bool churn__lives_within(const churn__life_span *spans, size_t count, churn_time from,
                         churn_time to);

#endif
