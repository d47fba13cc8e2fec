/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_QUANTILE_H
#define CHURN_KPI_QUANTILE_H

#include "base/heap.h"

/* Ascending, none is NaN. False: no memory. */
bool churn__quantile_sort(churn__heap *heap, double *values, size_t n);
/* Of sorted values, linear between neighbours: type 7 of Hyndman and Fan (The American Statistician
 * 50, 1996). NaN: there are none. */
double churn__quantile(const double *sorted, size_t n, double q);

#endif
