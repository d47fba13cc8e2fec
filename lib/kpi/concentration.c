/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"

/* How evenly money comes in. Amounts are below 2^53 each, so that sums of them in doubles are as
 * good as the amounts themselves; they are added from the largest down. */

static double sum_of(const int64_t *amounts, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)amounts[i];
    }
    return sum;
}

double churn__top_share(const int64_t *amounts, size_t n, double part)
{
    const double many = part * (double)n;
    const size_t whole = (size_t)many;
    double sum = sum_of(amounts, whole < n ? whole : n);
    if (whole < n) {
        sum += (many - (double)whole) * (double)amounts[whole];
    }
    return sum / sum_of(amounts, n);
}

double churn__largest_share(const int64_t *amounts, size_t n, size_t largest)
{
    return sum_of(amounts, largest < n ? largest : n) / sum_of(amounts, n);
}

/* With amounts descending: sum of (n + 1 - 2 i) x_i over n times the sum, i from 1. */
double churn__gini(const int64_t *amounts, size_t n)
{
    double weighted = 0;
    for (size_t i = 0; i < n; i++) {
        weighted += ((double)n - 1 - 2 * (double)i) * (double)amounts[i];
    }
    return weighted / ((double)n * sum_of(amounts, n));
}

size_t churn__fewest_for(const int64_t *amounts, size_t n, int64_t percent)
{
    const double enough = sum_of(amounts, n) * (double)percent;
    double sum = 0;
    size_t i = 0;
    while (i < n && sum * 100 < enough) {
        sum += (double)amounts[i++];
    }
    return i;
}
