/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

static bool fits(const churn__moment *m, const churn__touchpoint *row)
{
    return row->at < m->at && churn__moment_fits(m, CHURN__FILTER_CHANNEL, row->channel);
}

static churn__value in_window(const churn__moment *m, const churn__touchpoint *rows, size_t n)
{
    uint32_t count = 0, replied = 0;
    for (size_t i = 0; i < n; i++) {
        if (fits(m, &rows[i]) && churn__moment_in_window(m, rows[i].at)) {
            count++;
            replied += churn__moment_has_come(m, rows[i].replied_at);
        }
    }
    return churn__moment_what(m) == CHURN__TOUCHPOINT_COUNT ? churn__moment_number(count)
                                                            : churn__moment_share(replied, count);
}

static churn__value days_since(const churn__moment *m, const churn__touchpoint *rows, size_t n)
{
    while (n > 0 && !fits(m, &rows[n - 1])) {
        n--;
    }
    return churn__moment_whole_days(m, n > 0 ? rows[n - 1].at : CHURN_TIME_NONE);
}

/* Back from the newest one to the last that was answered. */
static churn__value unanswered(const churn__moment *m, const churn__touchpoint *rows, size_t n)
{
    uint32_t count = 0;
    for (; n > 0; n--) {
        if (!fits(m, &rows[n - 1])) {
            continue;
        }
        if (churn__moment_has_come(m, rows[n - 1].replied_at)) {
            break;
        }
        count++;
    }
    return churn__moment_number(count);
}

churn__value churn__metric_of_touchpoints(churn__moment *m, const churn__touchpoint *rows, size_t n)
{
    switch (churn__moment_what(m)) {
    case CHURN__TOUCHPOINT_DAYS_SINCE:
        return days_since(m, rows, n);
    case CHURN__TOUCHPOINT_UNANSWERED_IN_A_ROW:
        return unanswered(m, rows, n);
    default:
        return in_window(m, rows, n);
    }
}

/* ---- which count ---- */

/* None after the ith that fits is of the kind that ends the count. */
static bool is_among_last(const churn__moment *m, const churn__touchpoint *rows, size_t n, size_t i,
                          bool one)
{
    bool found = fits(m, &rows[i]) && (one || !churn__moment_has_come(m, rows[i].replied_at));
    for (size_t k = i + 1; found && k < n; k++) {
        found = !fits(m, &rows[k]) || !(one || churn__moment_has_come(m, rows[k].replied_at));
    }
    return found;
}

churn_time churn__metric_touchpoint_part(const churn__moment *m, const churn__touchpoint *rows,
                                         size_t n, size_t i)
{
    bool counts = false;
    switch (churn__moment_what(m)) {
    case CHURN__TOUCHPOINT_DAYS_SINCE:
        counts = is_among_last(m, rows, n, i, true);
        break;
    case CHURN__TOUCHPOINT_UNANSWERED_IN_A_ROW:
        counts = is_among_last(m, rows, n, i, false);
        break;
    default:
        counts = fits(m, &rows[i]) && churn__moment_in_window(m, rows[i].at);
        break;
    }
    return counts ? rows[i].at : CHURN_TIME_NONE;
}
