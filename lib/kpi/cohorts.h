/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_COHORTS_H
#define CHURN_KPI_COHORTS_H

#include "kpi/activity.h"
#include "kpi/run.h"

/*
 * Triangles: customers who began together, and what is left of them unit by unit.
 *
 * Age k of a member is the k-th calendar unit after the one in which they began. A cell counts the
 * members who have had the whole of their unit at as_of; where none has, those whose unit is
 * running. It is complete where all have.
 */
typedef struct churn__cohort_row {
    uint32_t group;        /* of the run */
    uint32_t start;        /* unit; CHURN__KPI_NONE without by_start */
    uint32_t ages;         /* so many have begun */
    int64_t members, size; /* size: members, or their MRR at the start */
    int64_t excluded;      /* customers whose money is not known */
    int64_t *cells;        /* ages x CHURN__COHORT_SUMS */
} churn__cohort_row;

typedef struct churn__cohort_cell {
    int64_t numerator, denominator;
    int64_t observed; /* members who have had the whole time */
    bool there;       /* it has begun for somebody */
    bool complete;
} churn__cohort_cell;

typedef struct churn__cohorts {
    churn__heap *heap;
    churn__cohort_request request;
    churn__event_pick acts, begin;
    churn__units units;
    churn_time as_of;
    uint32_t last; /* the last unit that has begun */
    bool last_over;
    uint64_t *bits; /* of the customer in hand, by unit */
    size_t words;
    int64_t *levels; /* of the customer in hand, by unit */
    uint32_t *index; /* by group and start: row */
    size_t index_capacity;
    churn__cohort_row *rows;
    size_t row_count, row_capacity;
    uint64_t cell_count;
} churn__cohorts;

churn_status churn__cohorts_open(churn__cohorts *cohorts, churn__kpi_run *run,
                                 const churn__cohort_request *request, churn_error *err);
/* The customer whose turn it is. */
churn_status churn__cohorts_customer(churn__cohorts *cohorts, churn__kpi_run *run,
                                     churn_error *err);
/* After the last one, before cells are read. */
void churn__cohorts_finish(churn__cohorts *cohorts);
churn__cohort_cell churn__cohorts_cell(const churn__cohort_row *row, uint32_t age);
void churn__cohorts_close(churn__cohorts *cohorts);

#endif
