/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "kpi/kpi.h"
#include "metric/metric_inside.h"

/*
 * Metrics of tickets, surveys, subscriptions, invoices, attributes and ages. Rows come as they are
 * seen at as_of; an offset moves the instant that is asked about, not what is known.
 */

/* One metric at one date. */
typedef struct moment {
    const churn__metric_plan *plan;
    const churn__metric_bound *bound;
    churn_time at;    /* as_of less the offset */
    churn_time start; /* of the window; no window: the first instant */
} moment;

static bool in_window(const moment *m, churn_time at)
{
    return at != CHURN_TIME_NONE && at >= m->start && at < m->at;
}

/* An instant that dates itself, as it was known at the moment. */
static bool has_come(const moment *m, churn_time at)
{
    return at != CHURN_TIME_NONE && at <= m->at;
}

static double days_between(churn_time from, churn_time to)
{
    return (double)(to - from) / (double)CHURN__DAY;
}

/* ---- tickets ---- */

static bool ticket_open(const moment *m, const churn__ticket *t)
{
    bool closed = has_come(m, t->closed_at);
    bool reopened = has_come(m, t->reopened_at) && t->reopened_at >= t->closed_at;
    return t->opened_at < m->at && (!closed || reopened);
}

static churn__metric_cell ticket_value(const moment *m, const churn__ticket *rows, size_t n)
{
    uint32_t open = 0, opened = 0;
    double oldest = 0;
    for (size_t i = 0; i < n; i++) {
        opened += in_window(m, rows[i].opened_at);
        if (ticket_open(m, &rows[i])) {
            open++;
            oldest = fmax(oldest, days_between(rows[i].opened_at, m->at));
        }
    }
    switch (m->bound->def->what) {
    case CHURN__TICKET_OPEN_COUNT:
        return churn__metric_value(open);
    case CHURN__TICKET_OPENED_COUNT:
        return churn__metric_value(opened);
    default:
        return churn__metric_value(oldest);
    }
}

/* ---- surveys ---- */

static bool survey_fits(const moment *m, const churn__survey *s)
{
    uint8_t kind = m->bound->def->survey_kind;
    return s->at < m->at && !isnan(s->score) && (kind == 0 || kind == s->kind);
}

static churn__metric_cell survey_value(const moment *m, const churn__survey *rows, size_t n)
{
    int64_t max_age = m->bound->def->max_age;
    while (n > 0 && !survey_fits(m, &rows[n - 1])) {
        n--;
    }
    if (n == 0) {
        return churn__metric_no_value(CHURN__NEVER);
    }
    if (max_age > 0 && rows[n - 1].at < churn__metric_back(m->at, max_age)) {
        return churn__metric_no_value(CHURN__EXPIRED);
    }
    return churn__metric_value(rows[n - 1].score);
}

/* ---- subscriptions ---- */

static bool subscription_ever(const moment *m, const churn__subscription *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].valid_from <= m->at) {
            return true;
        }
    }
    return false;
}

static churn__metric_cell subscription_mrr(const moment *m, const churn__subscription *rows,
                                           size_t n)
{
    const churn__kpi_policy policy = {CHURN__POLICY_CHARTMOGUL};
    int64_t minor = 0;
    churn__missing reason = churn__mrr_at(&policy, rows, n, m->plan->currency, m->at, &minor);
    return reason == CHURN__PRESENT ? churn__metric_value((double)minor / m->plan->money_scale)
                                    : churn__metric_no_value(reason);
}

/* The state of its subscription that holds at the moment: the last one that began. */
static bool subscription_holds(const moment *m, const churn__subscription *rows, size_t n, size_t i)
{
    bool last = i + 1 == n || rows[i + 1].id != rows[i].id || rows[i + 1].valid_from > m->at;
    return last && rows[i].valid_from <= m->at;
}

static churn__metric_cell subscription_seats(const moment *m, const churn__subscription *rows,
                                             size_t n)
{
    double seats = 0;
    uint32_t live = 0, given = 0;
    for (size_t i = 0; i < n; i++) {
        if (!subscription_holds(m, rows, n, i) || !churn__subscription_live(&rows[i], m->at)) {
            continue;
        }
        live++;
        if (rows[i].seats != CHURN_INT_NONE) {
            seats += (double)rows[i].seats;
            given++;
        }
    }
    return live > 0 && given == 0 ? churn__metric_no_value(CHURN__NOT_PROVIDED)
                                  : churn__metric_value(seats);
}

static churn__metric_cell subscription_value(const moment *m, const churn__subscription *rows,
                                             size_t n)
{
    if (!subscription_ever(m, rows, n)) {
        return churn__metric_no_value(CHURN__NEVER);
    }
    return m->bound->def->what == CHURN__SUBSCRIPTION_MRR ? subscription_mrr(m, rows, n)
                                                          : subscription_seats(m, rows, n);
}

/* ---- invoices ---- */

static churn__metric_cell invoice_value(const moment *m, const churn__invoice *rows, size_t n)
{
    uint32_t failed = 0;
    double overdue = 0;
    for (size_t i = 0; i < n; i++) {
        bool unpaid = rows[i].issued_at < m->at && !has_come(m, rows[i].paid_at);
        failed += in_window(m, rows[i].failed_at);
        if (unpaid && has_come(m, rows[i].due_at)) {
            overdue = fmax(overdue, days_between(rows[i].due_at, m->at));
        }
    }
    return churn__metric_value(m->bound->def->what == CHURN__INVOICE_FAILED_COUNT ? failed
                                                                                  : overdue);
}

/* ---- one kind after the other ---- */

/* Where a metric stands at a date, or why it has no value. Before tracking began nothing is known,
 * and what is open by then cannot be. */
static churn__missing moment_begin(const churn__metric_plan *plan, uint32_t metric, uint32_t date,
                                   moment *m)
{
    const churn__metric_bound *bound = &plan->bounds[metric];
    const churn__metric_def *def = bound->def;
    churn_time clip = CHURN_TIME_NONE;
    churn_time since = plan->needs_since ? plan->since[date] : CHURN_TIME_NONE;
    *m = (moment){.plan = plan, .bound = bound, .start = CHURN_TIME_MIN};
    m->at = churn__metric_end(plan, def, date);
    if (bound->block[date] != CHURN__PRESENT) {
        return bound->block[date];
    }
    if (!def->has_window) {
        return m->at < bound->from ? churn__metric_short(bound, since) : CHURN__PRESENT;
    }
    m->start = churn__metric_before(plan, m->at, def->window);
    churn__missing reason = churn__metric_history(bound, since, m->start, &clip);
    m->start = clip > m->start ? clip : m->start;
    return reason;
}

/* The rows of a kind at one date and every metric of it. */
#define RECORDS_OF(kind, row_type, gather, value)                                                  \
    static void records_##kind(churn__metric_plan *plan, churn__reader *reader, uint32_t customer, \
                               uint32_t date, size_t row, churn__column *out)                      \
    {                                                                                              \
        const row_type *rows = NULL;                                                               \
        moment m;                                                                                  \
        size_t n = gather(reader, customer, plan->dates[date], &rows);                             \
        for (uint32_t i = 0; i < plan->kind.count; i++) {                                          \
            churn__missing reason = moment_begin(plan, plan->kind.items[i], date, &m);             \
            churn__metric_put(plan, plan->kind.items[i], row,                                      \
                              reason == CHURN__PRESENT ? value(&m, rows, n)                        \
                                                       : churn__metric_no_value(reason),           \
                              out);                                                                \
        }                                                                                          \
    }

RECORDS_OF(tickets, churn__ticket, churn__reader_tickets, ticket_value)
RECORDS_OF(surveys, churn__survey, churn__reader_surveys, survey_value)
RECORDS_OF(subscriptions, churn__subscription, churn__reader_subscriptions, subscription_value)
RECORDS_OF(invoices, churn__invoice, churn__reader_invoices, invoice_value)

/* ---- attributes and ages ---- */

static churn__metric_cell age_at(churn__reader *reader, uint32_t customer, churn_time as_of,
                                 churn_time at)
{
    churn_time since = churn__reader_since(reader, customer, as_of);
    if (since == CHURN_TIME_NONE) {
        return churn__metric_no_value(CHURN__NOT_PROVIDED);
    }
    return since > at ? churn__metric_no_value(CHURN__NEVER)
                      : churn__metric_value((double)churn__floor_div(at - since, CHURN__DAY));
}

static churn__value attribute_at(churn__reader *reader, uint32_t customer, uint32_t attribute,
                                 churn_time at)
{
    if (attribute == CHURN__NO_CODE) {
        return (churn__value){.missing = CHURN__NOT_PROVIDED};
    }
    return churn__reader_attribute(reader, customer, attribute, at);
}

churn__metric_cell churn__metric_attribute_number(churn__metric_plan *plan, churn__reader *reader,
                                                  uint32_t customer, uint32_t attribute,
                                                  uint32_t date)
{
    churn_time as_of = plan->dates[date];
    if (attribute == CHURN__METRIC_AGE) {
        return plan->customer_block[date] == CHURN__PRESENT
                   ? age_at(reader, customer, as_of, as_of)
                   : churn__metric_no_value(plan->customer_block[date]);
    }
    return plan->attribute_block[date] == CHURN__PRESENT
               ? churn__metric_number(attribute_at(reader, customer, attribute, as_of))
               : churn__metric_no_value(plan->attribute_block[date]);
}

static void records_plain(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                          uint32_t date, size_t row, churn__column *out)
{
    for (uint32_t i = 0; i < plan->plain.count; i++) {
        uint32_t metric = plan->plain.items[i];
        const churn__metric_bound *bound = &plan->bounds[metric];
        churn_time as_of = plan->dates[date];
        churn_time at = churn__metric_end(plan, bound->def, date);
        churn__value value = {.missing = bound->block[date]};
        if (bound->def->kind == CHURN__METRIC_CUSTOMER && value.missing == CHURN__PRESENT) {
            churn__metric_put(plan, metric, row, age_at(reader, customer, as_of, at), out);
            continue;
        }
        if (value.missing == CHURN__PRESENT) {
            value = attribute_at(reader, customer, bound->attribute[0], at);
        }
        churn__metric_put_value(plan, metric, row, value, out);
    }
}

void churn__metric_records(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                           size_t first, churn__column *out)
{
    for (uint32_t date = 0; date < plan->date_count; date++) {
        size_t row = first + date;
        if (plan->tickets.count > 0) {
            records_tickets(plan, reader, customer, date, row, out);
        }
        if (plan->surveys.count > 0) {
            records_surveys(plan, reader, customer, date, row, out);
        }
        if (plan->subscriptions.count > 0) {
            records_subscriptions(plan, reader, customer, date, row, out);
        }
        if (plan->invoices.count > 0) {
            records_invoices(plan, reader, customer, date, row, out);
        }
        records_plain(plan, reader, customer, date, row, out);
    }
}
