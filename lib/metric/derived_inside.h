/* SPDX-License-Identifier: MIT */
#ifndef CHURN_METRIC_DERIVED_INSIDE_H
#define CHURN_METRIC_DERIVED_INSIDE_H

#include "metric/metric_inside.h"

/* What the files of derived metrics share. */

/* A column's value as a number. */
churn__metric_cell churn__metric_column_number(const churn__column *column, size_t row);

/* ---- expression.c ---- */

churn_status churn__metric_exprs_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_exprs_free(churn__metric_plan *plan);
churn_status churn__metric_expr_eval(churn__metric_plan *plan, uint32_t metric,
                                     churn__reader *reader, const uint32_t *customers, uint32_t n,
                                     churn__column *out, churn_error *err);

/* ---- baseline.c ---- */

churn_status churn__metric_baselines_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_baselines_free(churn__metric_plan *plan);
/* A value against what it usually is, as the definition says. */
churn__metric_cell churn__metric_against(const churn__metric_def *def, churn__metric_cell value,
                                         double usual);
churn_status churn__metric_baseline_eval(churn__metric_plan *plan, uint32_t metric,
                                         churn__reader *reader, const uint32_t *customers,
                                         uint32_t n, churn__column *out, churn_error *err);

/* ---- group.c ---- */

void churn__metric_group_eval(churn__metric_plan *plan, uint32_t metric,
                              const churn__metric_usual *usual, const churn__column *members,
                              uint32_t n, churn__column *out);

#endif
