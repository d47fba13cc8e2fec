/* SPDX-License-Identifier: MIT */
#include "kpi/quantile.h"

#include <math.h>

#include "base/sort.h"

static int compare_doubles(const void *a, const void *b, const void *context)
{
    const double x = *(const double *)a, y = *(const double *)b;
    (void)context;
    return (x > y) - (x < y);
}

bool churn__quantile_sort(churn__heap *heap, double *values, size_t n)
{
    return churn__sort(heap, values, n, sizeof *values, compare_doubles, NULL);
}

double churn__quantile(const double *sorted, size_t n, double q)
{
    if (n == 0) {
        return (double)NAN;
    }
    const double place = (double)(n - 1) * q;
    const size_t below = (size_t)place;
    if (below + 1 >= n) {
        return sorted[n - 1];
    }
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}
