/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_ENGAGEMENT_DEF_H
#define CHURN_KPI_ENGAGEMENT_DEF_H

#include <churn/types.h>

/* What a playbook says of engagement, under `kpi:`. Zeroed: nothing. */

/* Something that a customer reaches: an event, for the n-th time, or a milestone. */
typedef struct churn__reach_def {
    churn_str event, milestone; /* one of them; neither: not declared */
    uint32_t count;             /* of events; 0: 1 */
} churn__reach_def;

typedef struct churn__engagement_def {
    const churn_str *active_events; /* types that count as activity; none: all */
    uint32_t active_event_count;
    churn__reach_def activation, value;
    int64_t activation_within;    /* us from the start */
    int64_t activation_retention; /* us from the start: who is still there then */
    int64_t trial_within;         /* us from the start of the trial; 0: for ever */
} churn__engagement_def;

#endif
