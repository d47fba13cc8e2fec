/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "metric/records.h"

bool churn__metric_ticket_open(const churn__moment *m, const churn__ticket *t)
{
    bool closed = churn__moment_has_come(m, t->closed_at);
    bool reopened = churn__moment_has_come(m, t->reopened_at) && t->reopened_at >= t->closed_at;
    return t->opened_at < m->at && (!closed || reopened);
}

static bool fits(const churn__moment *m, const churn__ticket *t)
{
    return churn__moment_fits(m, CHURN__FILTER_PRIORITY, t->priority) &&
           churn__moment_fits(m, CHURN__FILTER_CATEGORY, t->category);
}

/* ---- counts ---- */

static bool is_counted(const churn__moment *m, const churn__ticket *t)
{
    switch (churn__moment_what(m)) {
    case CHURN__TICKET_OPENED_COUNT:
        return churn__moment_in_window(m, t->opened_at);
    case CHURN__TICKET_CLOSED_COUNT:
        return churn__moment_in_window(m, t->closed_at);
    case CHURN__TICKET_REOPENED_COUNT:
        return churn__moment_in_window(m, t->reopened_at);
    case CHURN__TICKET_UNANSWERED_COUNT:
        return churn__metric_ticket_open(m, t) && !churn__moment_has_come(m, t->first_response_at);
    default:
        return churn__metric_ticket_open(m, t);
    }
}

static churn__value ticket_count(churn__moment *m, const churn__ticket *rows, size_t n)
{
    churn__moment_count count;
    churn__moment_count_begin(m, &count);
    for (size_t i = 0; i < n; i++) {
        if (fits(m, &rows[i]) && is_counted(m, &rows[i])) {
            churn__moment_count_row(m, &count, rows[i].user);
        }
    }
    return churn__moment_count_end(m, &count);
}

static churn__value ticket_oldest(const churn__moment *m, const churn__ticket *rows, size_t n)
{
    double oldest = 0;
    for (size_t i = 0; i < n; i++) {
        if (fits(m, &rows[i]) && churn__metric_ticket_open(m, &rows[i])) {
            oldest = fmax(oldest, churn__moment_days(rows[i].opened_at, m->at));
        }
    }
    return churn__moment_number(oldest);
}

/* ---- how long, how good ---- */

static double hours_between(churn_time from, churn_time to)
{
    return (double)(to - from) / (double)CHURN__HOUR;
}

/* The number that a ticket adds; NaN: none. */
static double ticket_number(const churn__moment *m, const churn__ticket *t)
{
    switch (churn__moment_what(m)) {
    case CHURN__TICKET_FIRST_RESPONSE_HOURS:
        return churn__moment_in_window(m, t->first_response_at)
                   ? hours_between(t->opened_at, t->first_response_at)
                   : (double)NAN;
    case CHURN__TICKET_RESOLUTION_HOURS:
        return churn__moment_in_window(m, t->closed_at) && !churn__metric_ticket_open(m, t)
                   ? hours_between(t->opened_at, t->closed_at)
                   : (double)NAN;
    default:
        return churn__moment_in_window(m, t->closed_at) ? t->csat : (double)NAN;
    }
}

static churn__value ticket_statistic(churn__moment *m, const churn__ticket *rows, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        double number = fits(m, &rows[i]) ? ticket_number(m, &rows[i]) : (double)NAN;
        if (!isnan(number)) {
            churn__moment_collect(m, &count, number);
        }
    }
    return churn__moment_statistic(m, count);
}

/* ---- promises ---- */

/* When a ticket had what was promised, as far as it has come; NONE: it still waits. A ticket that
 * was closed without an answer was answered by that. */
static churn_time promise_kept(const churn__moment *m, const churn__ticket *t)
{
    churn_time answered = m->bound->def->sla_resolution ? CHURN_TIME_NONE : t->first_response_at;
    if (churn__moment_has_come(m, answered)) {
        return answered;
    }
    bool done = m->bound->def->sla_resolution ? !churn__metric_ticket_open(m, t)
                                              : churn__moment_has_come(m, t->closed_at);
    return done ? t->closed_at : CHURN_TIME_NONE;
}

static churn__value ticket_breaches(const churn__moment *m, const churn__ticket *rows, size_t n)
{
    uint32_t decided = 0, broken = 0;
    for (size_t i = 0; i < n; i++) {
        const churn__ticket *t = &rows[i];
        if (!fits(m, t) || !churn__moment_in_window(m, t->opened_at)) {
            continue;
        }
        churn_time kept = promise_kept(m, t);
        bool waits = kept == CHURN_TIME_NONE;
        bool late = (waits ? m->at : kept) - t->opened_at > m->bound->def->sla;
        decided += late || !waits;
        broken += late;
    }
    return churn__moment_share(broken, decided);
}

/* ---- all ---- */

churn__value churn__metric_of_tickets(churn__moment *m, const churn__ticket *rows, size_t n)
{
    switch (churn__moment_what(m)) {
    case CHURN__TICKET_OLDEST_OPEN_DAYS:
        return ticket_oldest(m, rows, n);
    case CHURN__TICKET_FIRST_RESPONSE_HOURS:
    case CHURN__TICKET_RESOLUTION_HOURS:
    case CHURN__TICKET_CSAT:
        return ticket_statistic(m, rows, n);
    case CHURN__TICKET_SLA_BREACH_SHARE:
        return ticket_breaches(m, rows, n);
    default:
        return ticket_count(m, rows, n);
    }
}

/* ---- which count ---- */

churn_time churn__metric_ticket_part(const churn__moment *m, const churn__ticket *rows, size_t n,
                                     size_t i)
{
    const churn__ticket *t = &rows[i];
    bool counts = fits(m, t);
    (void)n;
    switch (churn__moment_what(m)) {
    case CHURN__TICKET_FIRST_RESPONSE_HOURS:
        return counts && !isnan(ticket_number(m, t)) ? t->first_response_at : CHURN_TIME_NONE;
    case CHURN__TICKET_RESOLUTION_HOURS:
    case CHURN__TICKET_CSAT:
        return counts && !isnan(ticket_number(m, t)) ? t->closed_at : CHURN_TIME_NONE;
    case CHURN__TICKET_SLA_BREACH_SHARE:
        return counts && churn__moment_in_window(m, t->opened_at) ? t->opened_at : CHURN_TIME_NONE;
    case CHURN__TICKET_CLOSED_COUNT:
        return counts && is_counted(m, t) ? t->closed_at : CHURN_TIME_NONE;
    case CHURN__TICKET_REOPENED_COUNT:
        return counts && is_counted(m, t) ? t->reopened_at : CHURN_TIME_NONE;
    default:
        return counts && is_counted(m, t) ? t->opened_at : CHURN_TIME_NONE;
    }
}
