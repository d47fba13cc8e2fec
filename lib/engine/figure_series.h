/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_FIGURE_SERIES_H
#define CHURN_ENGINE_FIGURE_SERIES_H

#include "engine/kpi.h"

/* Figures as series: what goals, benchmarks and anomalies read. */

/* What kind of figure it is. */
#define CHURN__FIGURE_FLOW 1  /* adds up over a period */
#define CHURN__FIGURE_LEVEL 2 /* stands at its end */
#define CHURN__FIGURE_RATE 3  /* something over something */

/* One figure by period and group: rows of a table from `base` on, sorted by period, then group,
 * with a row of each group for every period. */
typedef struct churn__figure_series {
    churn_table *table; /* that of all series of one run */
    bool owns;          /* it frees the table */
    uint64_t base;
    uint32_t by, by_count; /* columns of groups: the first, how many */
    uint64_t groups, periods;
    uint32_t start, end, value, low, high, numerator, denominator, n, unit, complete, marks;
    uint8_t sort; /* CHURN__FIGURE_* */
    bool counts;  /* of customers or records */
    bool shares;  /* customers among customers */
} churn__figure_series;

/* Of what a series is asked. */
typedef struct churn__figure_wish {
    churn_str kpi;
    churn_time from, to;
    churn_kpi_options options;
} churn__figure_wish;

/*
 * Answer wishes in as few runs as can be: those that differ in their figures alone are one. `out`
 * has room for all. Inside a call that was entered; close with churn__figure_series_close(), also
 * after a failure.
 */
churn_status churn__figure_series_ask(churn_engine *engine, const churn__figure_wish *wishes,
                                      uint32_t count, churn__figure_series *out, churn_error *err);
void churn__figure_series_close(churn__figure_series *series, uint32_t count);

static inline uint64_t churn__figure_row(const churn__figure_series *s, uint64_t group,
                                         uint64_t period)
{
    return s->base + period * s->groups + group;
}

/* A cell, NaN where it is null; of periods that are over, with `whole`. */
double churn__figure_cell(const churn__figure_series *s, uint32_t column, uint64_t group,
                          uint64_t period, bool whole);
bool churn__figure_complete(const churn__figure_series *s, uint64_t period);

/* ---- periods ---- */

churn__unit churn__every_unit(int32_t every); /* of CHURN_EVERY_DAY to _YEAR */
const char *churn__every_name(int32_t every);
/* Periods of a cycle: 7 days, 52 weeks, 12 months, 4 quarters; else 0. */
uint32_t churn__every_season(int32_t every);
/* The start of the period so many before that which begins at `start`. */
churn_time churn__periods_before(churn_time start, int32_t every, uint32_t count,
                                 const churn__zone *zone);

#endif
