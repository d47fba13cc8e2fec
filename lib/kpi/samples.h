/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_SAMPLES_H
#define CHURN_KPI_SAMPLES_H

#include "kpi/run.h"

/* Numbers by group and period, for means, medians and quantiles: what sums cannot tell. */
typedef struct churn__sample {
    uint32_t group, period;
    double value;
} churn__sample;

typedef struct churn__samples {
    churn__heap *heap;
    churn__sample *all; /* as they came, until they are laid */
    size_t count, capacity;
    double *values; /* of one cell together */
    size_t *ends;   /* by group * periods + period */
    size_t cells;
    uint32_t periods;
} churn__samples;

void churn__samples_init(churn__samples *samples, churn__heap *heap);
void churn__samples_free(churn__samples *samples);
/* False: no memory. */
bool churn__samples_add(churn__samples *samples, uint32_t group, uint32_t period, double value);
/* When all are there: those of a cell stand in the order in which they came, or ascend. */
churn_status churn__samples_lay(churn__samples *samples, const churn__kpi_run *run, bool ascending,
                                churn_error *err);
const double *churn__samples_get(const churn__samples *samples, uint32_t group, uint32_t period,
                                 size_t *count);

/* Mean with Student's interval; quantile of what ascends (R's type 7). Undefined where there are
 * none. */
void churn__cell_mean(const churn__kpi_run *run, churn__kpi_cell *cell, const double *values,
                      size_t count);
void churn__cell_quantile(churn__kpi_cell *cell, const double *values, size_t count, double q);
/* What is left out, counted, with a reason such as "%u scores outside 0 to 10". */
churn_status churn__cell_without(churn__kpi_run *run, churn__kpi_cell *cell, int64_t excluded,
                                 const char *reason, churn_error *err);

#endif
