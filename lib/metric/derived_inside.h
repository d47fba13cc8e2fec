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

/* ---- past.c ---- */

/* Metrics at the dates that lie 1, 2 ... `steps` times `every` before each date of a plan. */
typedef struct churn__metric_past {
    uint8_t level;           /* of those that look back: what they are made of is known by then */
    churn__metric_kind kind; /* of the same: baselines, or what is carried */
    int64_t every;
    churn__unit unit;
    uint32_t steps;
    uint32_t *members; /* metrics that look back so, in the order of `derived` */
    uint32_t member_count;
    churn__metric_plan *plan;
    uint32_t *at; /* by date, then step: the date of `plan` */
    /* of the customer in hand */
    churn__column *columns; /* by metric: what `plan` wants has a row a date */
    uint8_t *exists;        /* by date of `plan` */
} churn__metric_past;

struct churn__metric_pasts {
    churn__metric_past *items;
    uint32_t count;
    double *numbers;  /* as many as the longest past needs */
    uint32_t *places; /* the same */
};

churn_status churn__metric_pasts_create(churn__metric_plan *plan, churn_error *err);
void churn__metric_pasts_free(churn__metric_plan *plan);
const churn__metric_past *churn__metric_past_of(const churn__metric_plan *plan, uint32_t metric);
/* The date of a step from 0 on. */
churn_time churn__metric_past_date(const churn__metric_plan *plan, const churn__metric_past *p,
                                   uint32_t date, uint32_t step);
/* Takes a customer in hand. */
churn_status churn__metric_past_eval(const churn__metric_past *p, churn__reader *reader,
                                     uint32_t customer, churn_error *err);

/* ---- carry.c ---- */

churn_status churn__metric_carry_eval(churn__metric_plan *plan, uint32_t metric,
                                      churn__reader *reader, const uint32_t *customers, uint32_t n,
                                      churn__column *out, churn_error *err);

/* ---- baseline.c ---- */

/* A value against what it usually is, as the definition says; the distribution is not empty. */
churn__metric_cell churn__metric_against(const churn__metric_def *def, churn__metric_cell value,
                                         const churn__distribution *usual);
/* Of its own past or frozen. */
churn_status churn__metric_baseline_eval(churn__metric_plan *plan, uint32_t metric,
                                         churn__reader *reader, const uint32_t *customers,
                                         uint32_t n, churn__column *out, churn_error *err);

/* ---- group.c ---- */

void churn__metric_group_eval(churn__metric_plan *plan, uint32_t metric,
                              const churn__metric_usual *usual, const churn__column *members,
                              uint32_t n, churn__column *out);

#endif
