/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

/* Rows are states of contacts, one contact after another, oldest first. */

static bool is_in_role(const churn__moment *m, const churn__contact *row)
{
    return row->active && churn__moment_fits(m, CHURN__FILTER_ROLE, row->role);
}

static bool is_first(const churn__contact *rows, size_t i)
{
    return i == 0 || rows[i - 1].id != rows[i].id;
}

static churn__value active_count(const churn__moment *m, const churn__contact *rows, size_t n)
{
    uint32_t count = 0;
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n || rows[i + 1].id != rows[i].id || rows[i + 1].valid_from > m->at;
        count += rows[i].valid_from <= m->at && last && is_in_role(m, &rows[i]);
    }
    return churn__moment_number(count);
}

/* Who was active in the role and is not any more; or who is first heard of as one who left. */
static bool left_at(const churn__moment *m, const churn__contact *rows, size_t i)
{
    if (is_in_role(m, &rows[i])) {
        return false;
    }
    return is_first(rows, i)
               ? !rows[i].active && churn__moment_fits(m, CHURN__FILTER_ROLE, rows[i].role)
               : is_in_role(m, &rows[i - 1]);
}

static churn__value days_since_left(const churn__moment *m, const churn__contact *rows, size_t n)
{
    churn_time last = CHURN_TIME_NONE;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].valid_from <= m->at && rows[i].valid_from > last && left_at(m, rows, i)) {
            last = rows[i].valid_from;
        }
    }
    return churn__moment_whole_days(m, last);
}

churn__value churn__metric_of_contacts(churn__moment *m, const churn__contact *rows, size_t n)
{
    return churn__moment_what(m) == CHURN__CONTACT_DAYS_SINCE_LEFT ? days_since_left(m, rows, n)
                                                                   : active_count(m, rows, n);
}

/* ---- which count ---- */

/* The last to leave. */
static bool is_last_left(const churn__moment *m, const churn__contact *rows, size_t n, size_t i)
{
    bool last = rows[i].valid_from <= m->at && left_at(m, rows, i);
    for (size_t k = 0; last && k < n; k++) {
        bool left = rows[k].valid_from <= m->at && left_at(m, rows, k);
        last = !left || rows[k].valid_from <= rows[i].valid_from;
    }
    return last;
}

churn_time churn__metric_contact_part(const churn__moment *m, const churn__contact *rows, size_t n,
                                      size_t i)
{
    if (churn__moment_what(m) == CHURN__CONTACT_DAYS_SINCE_LEFT) {
        return is_last_left(m, rows, n, i) ? rows[i].valid_from : CHURN_TIME_NONE;
    }
    bool last = i + 1 == n || rows[i + 1].id != rows[i].id || rows[i + 1].valid_from > m->at;
    bool counts = rows[i].valid_from <= m->at && last && is_in_role(m, &rows[i]);
    return counts ? rows[i].valid_from : CHURN_TIME_NONE;
}
