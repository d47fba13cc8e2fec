/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "metric/records.h"

bool churn__metric_invoice_open(const churn__moment *m, const churn__invoice *row)
{
    return row->issued_at < m->at && !churn__moment_has_come(m, row->paid_at);
}

static bool is_overdue(const churn__moment *m, const churn__invoice *row)
{
    return churn__metric_invoice_open(m, row) && churn__moment_has_come(m, row->due_at);
}

static churn__value failed_count(const churn__moment *m, const churn__invoice *rows, size_t n)
{
    uint32_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        failed += rows[i].issued_at < m->at && churn__moment_in_window(m, rows[i].failed_at);
    }
    return churn__moment_number(failed);
}

static churn__value overdue_days(const churn__moment *m, const churn__invoice *rows, size_t n)
{
    double days = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_overdue(m, &rows[i])) {
            days = fmax(days, churn__moment_days(rows[i].due_at, m->at));
        }
    }
    return churn__moment_number(days);
}

static churn__value days_since_failure(const churn__moment *m, const churn__invoice *rows, size_t n)
{
    churn_time last = CHURN_TIME_NONE;
    for (size_t i = 0; i < n; i++) {
        bool failed = rows[i].issued_at < m->at && churn__moment_has_come(m, rows[i].failed_at);
        last = failed && rows[i].failed_at > last ? rows[i].failed_at : last;
    }
    return churn__moment_whole_days(m, last);
}

/* What was not paid when it was due was not paid on time, whatever came later. */
static churn__value paid_on_time_share(const churn__moment *m, const churn__invoice *rows, size_t n)
{
    uint32_t due = 0, paid = 0;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].issued_at < m->at && churn__moment_in_window(m, rows[i].due_at)) {
            due++;
            paid += churn__moment_has_come(m, rows[i].paid_at) && rows[i].paid_at <= rows[i].due_at;
        }
    }
    return churn__moment_share(paid, due);
}

/* The part of an invoice that an amount is made of; CHURN_INT_NONE: none. */
static int64_t invoice_part(const churn__moment *m, const churn__invoice *row)
{
    switch (churn__moment_what(m)) {
    case CHURN__INVOICE_OVERDUE_AMOUNT:
        return is_overdue(m, row) ? row->amount : CHURN_INT_NONE;
    case CHURN__INVOICE_BILLED_AMOUNT:
        return churn__moment_in_window(m, row->issued_at) ? row->amount : CHURN_INT_NONE;
    case CHURN__INVOICE_REFUNDED_AMOUNT:
        return churn__moment_in_window(m, row->refunded_at) ? row->refunded : CHURN_INT_NONE;
    default:
        return churn__metric_invoice_open(m, row) ? row->amount : CHURN_INT_NONE;
    }
}

static churn__value invoice_amount(const churn__moment *m, const churn__invoice *rows, size_t n)
{
    int64_t sum = 0;
    churn__missing reason = CHURN__PRESENT;
    for (size_t i = 0; i < n; i++) {
        int64_t part = invoice_part(m, &rows[i]);
        if (part != CHURN_INT_NONE) {
            reason = churn__missing_worse(reason,
                                          churn__moment_add_money(m, rows[i].currency, part, &sum));
        }
    }
    return churn__moment_money(m, reason, sum);
}

churn__value churn__metric_of_invoices(churn__moment *m, const churn__invoice *rows, size_t n)
{
    switch (churn__moment_what(m)) {
    case CHURN__INVOICE_FAILED_COUNT:
        return failed_count(m, rows, n);
    case CHURN__INVOICE_OVERDUE_DAYS:
        return overdue_days(m, rows, n);
    case CHURN__INVOICE_DAYS_SINCE_FAILURE:
        return days_since_failure(m, rows, n);
    case CHURN__INVOICE_PAID_ON_TIME_SHARE:
        return paid_on_time_share(m, rows, n);
    default:
        return invoice_amount(m, rows, n);
    }
}

/* ---- which count ---- */

/* The newest that failed. */
static bool failed_last(const churn__moment *m, const churn__invoice *rows, size_t n, size_t i)
{
    bool last = rows[i].issued_at < m->at && churn__moment_has_come(m, rows[i].failed_at);
    for (size_t k = 0; last && k < n; k++) {
        bool failed = rows[k].issued_at < m->at && churn__moment_has_come(m, rows[k].failed_at);
        last = !failed || rows[k].failed_at <= rows[i].failed_at;
    }
    return last;
}

churn_time churn__metric_invoice_part(const churn__moment *m, const churn__invoice *rows, size_t n,
                                      size_t i)
{
    const churn__invoice *row = &rows[i];
    bool issued = row->issued_at < m->at;
    switch (churn__moment_what(m)) {
    case CHURN__INVOICE_FAILED_COUNT:
        return issued && churn__moment_in_window(m, row->failed_at) ? row->failed_at
                                                                    : CHURN_TIME_NONE;
    case CHURN__INVOICE_DAYS_SINCE_FAILURE:
        return failed_last(m, rows, n, i) ? row->failed_at : CHURN_TIME_NONE;
    case CHURN__INVOICE_OVERDUE_DAYS:
        return is_overdue(m, row) ? row->due_at : CHURN_TIME_NONE;
    case CHURN__INVOICE_PAID_ON_TIME_SHARE:
        return issued && churn__moment_in_window(m, row->due_at) ? row->due_at : CHURN_TIME_NONE;
    case CHURN__INVOICE_REFUNDED_AMOUNT:
        return invoice_part(m, row) == CHURN_INT_NONE ? CHURN_TIME_NONE : row->refunded_at;
    default:
        return invoice_part(m, row) == CHURN_INT_NONE ? CHURN_TIME_NONE : row->issued_at;
    }
}
