/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_SURVIVAL_OF_H
#define CHURN_KPI_SURVIVAL_OF_H

#include <churn/statistics.h>

#include "kpi/kpi.h"

/* Lives of customers or subscriptions as times to an event. */

typedef enum churn__survival_question {
    CHURN__SURVIVAL_CURVE,
    CHURN__SURVIVAL_SUMMARY,
    CHURN__SURVIVAL_TEST,
    CHURN__SURVIVAL_RISKS
} churn__survival_question;

typedef struct churn__survival_request {
    churn__survival_question question;
    bool subscriptions; /* instead of customers */
    bool all_lives;     /* of customers: not just the first */
    bool months;        /* completed calendar months instead of calendar days */
    churn_time from;    /* who is watched from then on; CHURN_TIME_NONE: from the beginning */
    const churn_str *by;
    uint32_t by_count;
    const churn_survival_options *options;
    churn_table **out;
} churn__survival_request;

/* Answers a churn__survival_request, the options of the set, alone in a run. Groups are those of
 * the period in which a life began. */
extern const struct churn__kpi_set churn__survival_set;

#endif
