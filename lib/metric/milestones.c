/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

/* What is not reached may have been before tracking began: of who is older than that, nobody knows.
 */
static churn__missing unreached(const churn__moment *m, churn_time since)
{
    return m->bound->from > since ? CHURN__SHORT_HISTORY_FROM : CHURN__PRESENT;
}

/* How late an unreached milestone is that is due so long after the customer began. */
static churn__value overdue_days(const churn__moment *m, churn_time since, bool reached)
{
    const churn__span *span = &m->bound->def->due;
    if (reached) {
        return churn__moment_number(0);
    }
    if (since == CHURN_TIME_NONE) {
        return churn__moment_none(CHURN__NOT_PROVIDED);
    }
    churn_time due = churn__time_shift(since, (churn__duration){span->amount, span->unit}, 1,
                                       m->plan->config.zone, NULL);
    return churn__moment_number(due < m->at ? churn__moment_days(due, m->at) : 0);
}

static churn__value days_to(churn_time since, churn_time at)
{
    if (since == CHURN_TIME_NONE) {
        return churn__moment_none(CHURN__NOT_PROVIDED);
    }
    return churn__moment_number(at > since ? churn__moment_days(since, at) : 0);
}

static churn__value of_instant(const churn__moment *m, churn_time since, churn_time at)
{
    bool reached = at != CHURN_TIME_NONE;
    switch (churn__moment_what(m)) {
    case CHURN__MILESTONE_REACHED:
        return churn__moment_truth(reached);
    case CHURN__MILESTONE_OVERDUE_DAYS:
        return overdue_days(m, since, reached);
    case CHURN__MILESTONE_DAYS_SINCE:
        return churn__moment_whole_days(m, at);
    case CHURN__MILESTONE_DAYS_TO:
        return reached ? days_to(since, at) : churn__moment_none(CHURN__NEVER);
    default:
        return reached ? churn__moment_time(at) : churn__moment_none(CHURN__NEVER);
    }
}

churn__value churn__metric_of_milestones(churn__moment *m, const churn__milestone *rows, size_t n)
{
    churn_time since = churn__reader_since(m->reader, m->customer, m->as_of);
    churn_time at = CHURN_TIME_NONE;
    for (size_t i = 0; i < n && at == CHURN_TIME_NONE; i++) {
        bool meant = churn__moment_fits(m, CHURN__FILTER_NAME, rows[i].name);
        at = meant && rows[i].reached_at < m->at ? rows[i].reached_at : CHURN_TIME_NONE;
    }
    churn__missing reason = at == CHURN_TIME_NONE ? unreached(m, since) : CHURN__PRESENT;
    return reason == CHURN__PRESENT ? of_instant(m, since, at) : churn__moment_none(reason);
}

/* ---- which count ---- */

/* The first that is meant. */
churn_time churn__metric_milestone_part(const churn__moment *m, const churn__milestone *rows,
                                        size_t n, size_t i)
{
    size_t first = 0;
    while (first < n && !(churn__moment_fits(m, CHURN__FILTER_NAME, rows[first].name) &&
                          rows[first].reached_at < m->at)) {
        first++;
    }
    return first == i ? rows[i].reached_at : CHURN_TIME_NONE;
}
