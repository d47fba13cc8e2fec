/* SPDX-License-Identifier: MIT */
#ifndef CHURN_METRIC_RECORDS_H
#define CHURN_METRIC_RECORDS_H

#include "metric/metric_inside.h"

/*
 * What the files share that make metrics of records that are no events: a kind of record each.
 * Rows come as they are seen at as_of; an offset moves the instant that is asked about, not what is
 * known. What every word means: docs/reference/semantics.md.
 */

/* One metric of one customer at one date. */
typedef struct churn__moment {
    churn__metric_plan *plan;
    const churn__metric_bound *bound;
    churn__reader *reader;
    uint32_t customer, date;
    churn_time as_of;
    churn_time at;    /* as_of less the offset */
    churn_time start; /* of the window; no window: the first instant */
} churn__moment;

static inline churn__metric_what churn__moment_what(const churn__moment *m)
{
    return m->bound->def->what;
}

static inline bool churn__moment_in_window(const churn__moment *m, churn_time at)
{
    return at != CHURN_TIME_NONE && at >= m->start && at < m->at;
}

/* An instant that dates itself, as it was known at the moment. */
static inline bool churn__moment_has_come(const churn__moment *m, churn_time at)
{
    return at != CHURN_TIME_NONE && at <= m->at;
}

static inline double churn__moment_days(churn_time from, churn_time to)
{
    return (double)(to - from) / (double)CHURN__DAY;
}

/* Where a metric stands at the moment's date, or why it has no value: records.c. */
churn__missing churn__moment_begin(churn__moment *m, uint32_t metric);

/* ---- values ---- */

static inline churn__value churn__moment_number(double value)
{
    return (churn__value){.type = CHURN__TYPE_DOUBLE, .as = {.d = value}};
}

static inline churn__value churn__moment_truth(bool value)
{
    return (churn__value){.type = CHURN__TYPE_BOOL, .as = {.b = value}};
}

static inline churn__value churn__moment_time(churn_time value)
{
    return (churn__value){.type = CHURN__TYPE_TIME, .as = {.t = value}};
}

static inline churn__value churn__moment_none(churn__missing reason)
{
    return (churn__value){.missing = reason};
}

/* Whole days since an instant; NONE: it never was. */
static inline churn__value churn__moment_whole_days(const churn__moment *m, churn_time since)
{
    return since == CHURN_TIME_NONE
               ? churn__moment_none(CHURN__NEVER)
               : churn__moment_number((double)churn__floor_div(m->at - since, CHURN__DAY));
}

/* A part of all; nothing to be a part of: empty. */
static inline churn__value churn__moment_share(uint32_t part, uint32_t all)
{
    return all == 0 ? churn__moment_none(CHURN__EMPTY)
                    : churn__moment_number((double)part / (double)all);
}

/* Minor units of the playbook's currency as major ones, or why there are none. */
churn__value churn__moment_money(const churn__moment *m, churn__missing reason, int64_t minor);
/* Adds an amount of any currency; what it says is why the sum is not known. */
churn__missing churn__moment_add_money(const churn__moment *m, uint32_t currency, int64_t amount,
                                       int64_t *sum);
/* Whether a text is one of those that the metric's filter lists; one without words takes all. */
bool churn__moment_fits(const churn__moment *m, uint32_t filter, uint32_t code);

/* ---- many numbers ---- */

/* Numbers are collected in the plan's own room, then made one. */
void churn__moment_collect(churn__moment *m, size_t *count, double value);
/* By `take`: the mean where it says nothing; of none: empty. */
churn__value churn__moment_statistic(churn__moment *m, size_t count);
/* Rows are counted, all together or one user at a time. */
typedef struct churn__moment_count {
    uint32_t rows;
} churn__moment_count;
void churn__moment_count_begin(churn__moment *m, churn__moment_count *count);
void churn__moment_count_row(churn__moment *m, churn__moment_count *count, uint32_t user);
churn__value churn__moment_count_end(churn__moment *m, const churn__moment_count *count);

/* ---- conditions on single records: record_where.c ---- */

churn_status churn__metric_its_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_its_free(churn__metric_plan *plan);
/* Of n records of `size` bytes those of which the metric's condition is true: how many, and in
 * `*records` where they are until the next call. Those of which it is not known are counted. */
size_t churn__metric_where_it(churn__moment *m, uint32_t metric, const void **records, size_t size,
                              size_t n);
bool churn__metric_ticket_open(const churn__moment *m, const churn__ticket *ticket);
bool churn__metric_invoice_open(const churn__moment *m, const churn__invoice *invoice);

/* ---- kinds ---- */

churn__value churn__metric_of_tickets(churn__moment *m, const churn__ticket *rows, size_t n);
churn__value churn__metric_of_surveys(churn__moment *m, const churn__survey *rows, size_t n);
churn__value churn__metric_of_invoices(churn__moment *m, const churn__invoice *rows, size_t n);
churn__value churn__metric_of_subscriptions(churn__moment *m, const churn__subscription *rows,
                                            size_t n);
churn__value churn__metric_of_milestones(churn__moment *m, const churn__milestone *rows, size_t n);
churn__value churn__metric_of_touchpoints(churn__moment *m, const churn__touchpoint *rows,
                                          size_t n);
churn__value churn__metric_of_contacts(churn__moment *m, const churn__contact *rows, size_t n);
churn__value churn__metric_of_announcements(churn__moment *m, const churn__announcement *rows,
                                            size_t n);
churn__value churn__metric_of_attribute(churn__moment *m, const churn__attribute_state *rows,
                                        size_t n);

/* ---- which records count: beside what is computed of them ---- */

/* When the ith of n rows, which passed the metric's condition, took the part that counts;
 * CHURN_TIME_NONE: it counts for nothing. */
churn_time churn__metric_ticket_part(const churn__moment *m, const churn__ticket *rows, size_t n,
                                     size_t i);
churn_time churn__metric_survey_part(const churn__moment *m, const churn__survey *rows, size_t n,
                                     size_t i);
churn_time churn__metric_subscription_part(const churn__moment *m, const churn__subscription *rows,
                                           size_t n, size_t i);
churn_time churn__metric_invoice_part(const churn__moment *m, const churn__invoice *rows, size_t n,
                                      size_t i);
churn_time churn__metric_milestone_part(const churn__moment *m, const churn__milestone *rows,
                                        size_t n, size_t i);
churn_time churn__metric_touchpoint_part(const churn__moment *m, const churn__touchpoint *rows,
                                         size_t n, size_t i);
churn_time churn__metric_contact_part(const churn__moment *m, const churn__contact *rows, size_t n,
                                      size_t i);
churn_time churn__metric_announcement_part(const churn__moment *m, const churn__announcement *rows,
                                           size_t n, size_t i);
churn_time churn__metric_attribute_part(const churn__moment *m, const churn__attribute_state *rows,
                                        size_t n, size_t i);

#endif
