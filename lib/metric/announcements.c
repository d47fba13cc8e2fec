/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

churn__value churn__metric_of_announcements(churn__moment *m, const churn__announcement *rows,
                                            size_t n)
{
    for (; n > 0; n--) {
        const churn__announcement *row = &rows[n - 1];
        if (row->at < m->at && churn__moment_fits(m, CHURN__FILTER_NAME, row->name) &&
            churn__moment_fits(m, CHURN__FILTER_KIND, row->kind)) {
            return churn__moment_whole_days(m, row->at);
        }
    }
    return churn__moment_none(CHURN__NEVER);
}

/* The newest that is meant. */
churn_time churn__metric_announcement_part(const churn__moment *m, const churn__announcement *rows,
                                           size_t n, size_t i)
{
    while (n > 0 && !(rows[n - 1].at < m->at &&
                      churn__moment_fits(m, CHURN__FILTER_NAME, rows[n - 1].name) &&
                      churn__moment_fits(m, CHURN__FILTER_KIND, rows[n - 1].kind))) {
        n--;
    }
    return n == i + 1 ? rows[i].at : CHURN_TIME_NONE;
}
