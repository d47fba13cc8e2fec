/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

/* Rows are the values of one attribute, oldest first. */

static bool same_value(const churn__value *a, const churn__value *b)
{
    if (a->missing != b->missing || a->missing != CHURN__PRESENT) {
        return a->missing == b->missing;
    }
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case CHURN__TYPE_STRING:
        return churn__str_eq(a->as.s, b->as.s);
    case CHURN__TYPE_BOOL:
        return a->as.b == b->as.b;
    case CHURN__TYPE_DOUBLE:
        return a->as.d == b->as.d;
    default:
        return a->as.t == b->as.t;
    }
}

static bool is_change(const churn__attribute_state *rows, size_t i)
{
    return i > 0 && !same_value(&rows[i].value, &rows[i - 1].value);
}

static uint32_t changes(const churn__moment *m, const churn__attribute_state *rows, size_t n)
{
    uint32_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += churn__moment_in_window(m, rows[i].valid_from) && is_change(rows, i);
    }
    return count;
}

static churn__value days_since_change(const churn__moment *m, const churn__attribute_state *rows,
                                      size_t n)
{
    while (n > 0 && !is_change(rows, n - 1)) {
        n--;
    }
    return churn__moment_whole_days(m, n > 0 ? rows[n - 1].valid_from : CHURN_TIME_NONE);
}

churn__value churn__metric_of_attribute(churn__moment *m, const churn__attribute_state *rows,
                                        size_t n)
{
    while (n > 0 && rows[n - 1].valid_from > m->at) {
        n--;
    }
    if (n == 0) {
        return churn__moment_none(CHURN__NOT_PROVIDED);
    }
    switch (churn__moment_what(m)) {
    case CHURN__ATTRIBUTE_CHANGED:
        return churn__moment_truth(changes(m, rows, n) > 0);
    case CHURN__ATTRIBUTE_CHANGES:
        return churn__moment_number(changes(m, rows, n));
    case CHURN__ATTRIBUTE_DAYS_SINCE_CHANGE:
        return days_since_change(m, rows, n);
    default:
        return rows[n - 1].value;
    }
}

/* ---- which count ---- */

/* The value that holds, or the changes. */
churn_time churn__metric_attribute_part(const churn__moment *m, const churn__attribute_state *rows,
                                        size_t n, size_t i)
{
    bool counts = false;
    while (n > 0 && rows[n - 1].valid_from > m->at) {
        n--;
    }
    if (i >= n) {
        return CHURN_TIME_NONE;
    }
    switch (churn__moment_what(m)) {
    case CHURN__ATTRIBUTE_CHANGED:
    case CHURN__ATTRIBUTE_CHANGES:
        counts = churn__moment_in_window(m, rows[i].valid_from) && is_change(rows, i);
        break;
    case CHURN__ATTRIBUTE_DAYS_SINCE_CHANGE:
        while (n > 0 && !is_change(rows, n - 1)) {
            n--;
        }
        counts = n == i + 1;
        break;
    default:
        counts = n == i + 1;
        break;
    }
    return counts ? rows[i].valid_from : CHURN_TIME_NONE;
}
