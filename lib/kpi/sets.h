/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_SETS_H
#define CHURN_KPI_SETS_H

#include "kpi/run.h"

/* The sets of figures of this library, each in the file of its name; sets.c lists them. */
extern const churn__kpi_set churn__set_revenue;
extern const churn__kpi_set churn__set_customers;
extern const churn__kpi_set churn__set_surveys;
extern const churn__kpi_set churn__set_support;
extern const churn__kpi_set churn__set_engagement;
extern const churn__kpi_set churn__set_activation;
extern const churn__kpi_set churn__set_trials;
extern const churn__kpi_set churn__set_losses;
extern const churn__kpi_set churn__set_changes;
extern const churn__kpi_set churn__set_early;
extern const churn__kpi_set churn__set_silent;
extern const churn__kpi_set churn__set_returns;
extern const churn__kpi_set churn__set_renewals;
extern const churn__kpi_set churn__set_value;
extern const churn__kpi_set churn__set_concentration;

#endif
