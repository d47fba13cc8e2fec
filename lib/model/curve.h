/* SPDX-License-Identifier: MIT */
#ifndef CHURN_MODEL_CURVE_H
#define CHURN_MODEL_CURVE_H

#include "model/risk.h"
#include "model/survival.h"
#include "table/table.h"

/* What happens at one distinct time. */
typedef struct risk_step {
    double time;
    double risk, events, censored, entered;
    double rest;         /* at risk after the events; 0 exactly when there is nobody */
    int64_t event_count; /* in heads */
    const risk_cell *cells;
    size_t cell_count;
} risk_step;

/* Goes through the distinct times of one group. */
typedef struct risk_walk {
    const risk_sums *sums;
    size_t at, end, entry, entry_end;
    risk_level level;
    double leaving; /* after the step that was given: what goes */
    int64_t leaving_count;
    double entered; /* since the step before */
} risk_walk;

void churn__walk_open(risk_walk *walk, const risk_sums *sums, uint32_t group);
/* False: no more. */
bool churn__walk_step(risk_walk *walk, risk_step *step);
/* After a step, how many are at risk just before a time between it and the next one. */
double churn__walk_risk_at(risk_walk *walk, double time);
/* The time of the next step; infinite: none. */
double churn__walk_next(const risk_walk *walk);

/* A curve as far as it has come. */
typedef struct risk_curve {
    int32_t interval, estimator, hazard_kind;
    double z;
    double survival, variance; /* of log S */
    double hazard, hazard_variance;
} risk_curve;

void churn__curve_open(risk_curve *curve, const churn_survival_options *options);
void churn__curve_step(risk_curve *curve, const risk_step *step);
/* NaN where undefined. */
double churn__curve_se(const risk_curve *curve);
churn__interval churn__curve_interval(const risk_curve *curve);
churn__interval churn__curve_hazard_interval(const risk_curve *curve);

/* The columns that say which group; how many. */
uint32_t churn__label_columns(churn__table_builder *builder, const churn__labels *labels);
/* A group's name n times. */
void churn__label_put(churn__table_builder *builder, const churn__labels *labels,
                      const churn_groups *groups, uint32_t group, size_t n);
bool churn__group_has_rows(const risk_sums *sums, uint32_t group);

#endif
