/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_FIGURE_SERIES_H
#define CHURN_ENGINE_FIGURE_SERIES_H

#include "engine/kpi.h"

/* Figures as series: what goals, benchmarks and anomalies read. */

/* What kind of figure it is. */
#define CHURN__FIGURE_FLOW 1  /* adds up over a period */
#define CHURN__FIGURE_LEVEL 2 /* stands at its end */
#define CHURN__FIGURE_RATE 3  /* something over something */

/* One figure by period and group; the table is sorted by period, then group, and has a row of each
 * group for every period. */
typedef struct churn__figure_series {
    churn_table *table;
    uint32_t by, by_count; /* columns of groups: the first, how many */
    uint64_t groups, periods;
    uint32_t start, end, value, low, high, numerator, denominator, n, unit, complete, marks;
    uint8_t sort; /* CHURN__FIGURE_* */
    bool counts;  /* of customers or records */
    bool shares;  /* customers among customers */
} churn__figure_series;

/* Inside a call that was entered. Close with churn__figure_series_close(). */
churn_status churn__figure_series_ask(churn_engine *engine, churn_str kpi, churn_time from,
                                      churn_time to, const churn_kpi_options *options,
                                      churn__figure_series *out, churn_error *err);
void churn__figure_series_close(churn__figure_series *series);

static inline uint64_t churn__figure_row(const churn__figure_series *s, uint64_t group,
                                         uint64_t period)
{
    return period * s->groups + group;
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
