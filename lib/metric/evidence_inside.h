/* SPDX-License-Identifier: MIT */
#ifndef CHURN_METRIC_EVIDENCE_INSIDE_H
#define CHURN_METRIC_EVIDENCE_INSIDE_H

#include "metric/records.h"

/* What evidence.c and evidence_records.c share; nobody else includes it. */

/* Looking for what stands behind one metric of one customer at one date. */
typedef struct churn__evidence_search {
    churn__metric_plan *plan;
    const churn__metric_bound *bound; /* of the metric in hand */
    churn__reader *reader;
    uint32_t customer, date;
    churn_time as_of;
    bool listed;
    uint8_t *seen;   /* by metric: a part of what is asked for that was looked at; NULL: no parts */
    uint64_t leaves; /* that were looked at: parts that are made of no others, and attributes */
    churn__evidence *out;
} churn__evidence_search;

/* Notes one record. The row to fill in; NULL: nobody asks, or there is no memory, which the plan
 * notes. */
churn__evidence_row *churn__evidence_add(churn__evidence_search *s, churn_record_kind kind,
                                         churn_time at);
/* Of a metric of records that are no events; of an attribute that is named by itself. */
void churn__evidence_records(churn__evidence_search *s, uint32_t metric);
void churn__evidence_attribute(churn__evidence_search *s, churn_str name);

#endif
