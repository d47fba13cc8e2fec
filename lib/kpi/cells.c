/* SPDX-License-Identifier: MIT */
#include <churn/kpi.h>

#include "kpi/run_inside.h"
#include "model/model.h"

/* What becomes of sums in a cell. */

void churn__cell_plain(churn__kpi_cell *cell, double value, int64_t n)
{
    cell->defined = true;
    cell->value = value;
    cell->n = n;
}

void churn__cell_money(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t minor, int64_t n)
{
    churn__cell_plain(cell, (double)minor / run->minor, n);
}

void churn__cell_share(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t x, int64_t n)
{
    cell->has_terms = true;
    cell->numerator = (double)x;
    cell->denominator = (double)n;
    cell->n = n;
    if (n <= 0) {
        return;
    }
    cell->defined = true;
    cell->value = (double)x / (double)n;
    cell->has_interval = x >= 0 && x <= n;
    if (cell->has_interval) {
        const churn__interval interval = churn__wilson(x, n, run->z);
        cell->low = interval.low;
        cell->high = interval.high;
    }
}

void churn__cell_money_ratio(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t num,
                             int64_t den, int64_t n)
{
    cell->has_terms = true;
    cell->numerator = (double)num / run->minor;
    cell->denominator = (double)den / run->minor;
    cell->n = n;
    cell->defined = den > 0;
    if (cell->defined) {
        cell->value = (double)num / (double)den;
    }
}

/* ---- annual rates ---- */

static bool is_whole(const churn__kpi_run *run, const churn__kpi_period *period, churn__unit unit)
{
    return churn__period_start(period->start, unit, run->zone) == period->start &&
           churn__period_next(period->start, unit, run->zone) == period->end;
}

/* How many such periods a year has: whole months 12, whole quarters 4, else days of 365. */
static double periods_a_year(const churn__kpi_run *run, const churn__kpi_period *period)
{
    int64_t days = 0;
    if (run->every == CHURN_EVERY_MONTH && is_whole(run, period, CHURN__UNIT_CMO)) {
        return 12;
    }
    if (run->every == CHURN_EVERY_QUARTER && is_whole(run, period, CHURN__UNIT_CQ)) {
        return 4;
    }
    if (run->every == CHURN_EVERY_YEAR && is_whole(run, period, CHURN__UNIT_CY)) {
        return 1;
    }
    days = churn__zone_day(run->zone, period->end) - churn__zone_day(run->zone, period->start);
    return days > 0 ? 365.0 / (double)days
                    : 365.0 * (double)CHURN__DAY / (double)(period->end - period->start);
}

static double annual(double rate, double times)
{
    return times == 1 ? rate : 1 - churn__pow(1 - rate, times);
}

void churn__cell_annual(const churn__kpi_run *run, uint32_t period, churn__kpi_cell *cell)
{
    const double times = periods_a_year(run, &run->periods[period]);
    if (!cell->defined) {
        return;
    }
    cell->defined = cell->value <= 1;
    cell->has_interval = cell->has_interval && cell->defined;
    if (cell->defined) {
        cell->value = annual(cell->value, times);
    }
    if (cell->has_interval) {
        cell->low = annual(cell->low, times);
        cell->high = annual(cell->high, times);
    }
}
