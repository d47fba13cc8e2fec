/* SPDX-License-Identifier: MIT */
#include "kpi/grid.h"

static uint32_t count_days(const churn__kpi_run *run)
{
    uint32_t count = 0;
    for (uint32_t p = 0; p < run->begun_count; p++) {
        const int64_t first = churn__zone_day(run->zone, run->periods[p].start);
        const int64_t last = churn__zone_day(run->zone, run->periods[p].until - 1);
        count += (uint32_t)(last - first + 1);
    }
    return count;
}

static void lay_days(churn__grid *grid, const churn__kpi_run *run)
{
    for (uint32_t p = 0; p < run->begun_count; p++) {
        const churn__kpi_period *period = &run->periods[p];
        int64_t day = churn__zone_day(run->zone, period->start);
        grid->first[p] = grid->cells;
        for (churn_time at = period->start; at < period->until; grid->cells++) {
            const churn_time next = churn__zone_midnight(run->zone, ++day);
            grid->starts[grid->cells] = at;
            at = next > at && next < period->until ? next : period->until;
            grid->untils[grid->cells] = at;
        }
    }
    grid->first[run->begun_count] = grid->cells;
}

static void lay_periods(churn__grid *grid, const churn__kpi_run *run)
{
    for (uint32_t p = 0; p < run->begun_count; p++) {
        grid->first[p] = p;
        grid->starts[p] = run->periods[p].start;
        grid->untils[p] = run->periods[p].until;
    }
    grid->first[run->begun_count] = grid->cells = run->begun_count;
}

churn_status churn__grid_open(churn__grid *grid, const churn__kpi_run *run, bool days,
                              churn_error *err)
{
    grid->periods = run->begun_count;
    grid->room = days ? count_days(run) : run->begun_count;
    grid->starts = churn__alloc_array(run->heap, grid->room, sizeof *grid->starts);
    grid->untils = churn__alloc_array(run->heap, grid->room, sizeof *grid->untils);
    grid->first = churn__alloc_array(run->heap, (size_t)grid->periods + 1, sizeof *grid->first);
    if (grid->starts == NULL || grid->untils == NULL || grid->first == NULL) {
        return churn__fail_memory(err, run->heap);
    }
    (days ? lay_days : lay_periods)(grid, run);
    if (grid->cells > 1) {
        const churn_time span = grid->starts[grid->cells - 1] - grid->starts[0];
        grid->a_time = (double)(grid->cells - 1) / (double)span;
    }
    return CHURN_OK;
}

void churn__grid_close(churn__grid *grid, const churn__kpi_run *run)
{
    churn__free_array(run->heap, grid->starts, grid->room, sizeof *grid->starts);
    churn__free_array(run->heap, grid->untils, grid->room, sizeof *grid->untils);
    churn__free_array(run->heap, grid->first, (size_t)grid->periods + 1, sizeof *grid->first);
}

/* The first of ascending instants that is later than another. They lie about as far apart as each
 * other, so the place is guessed, and then walked to. */
static uint32_t first_after(const churn__grid *grid, const churn_time *times, churn_time at)
{
    const uint32_t count = grid->cells;
    if (count == 0 || times[0] > at) {
        return 0;
    }
    if (times[count - 1] <= at) {
        return count;
    }
    const double guess = (double)(at - times[0]) * grid->a_time;
    uint32_t i = guess < (double)count ? (uint32_t)guess : count - 1;
    while (times[i] > at) {
        i--;
    }
    while (times[i] <= at) {
        i++;
    }
    return i;
}

uint32_t churn__grid_first_start(const churn__grid *grid, churn_time at)
{
    return first_after(grid, grid->starts, at);
}

uint32_t churn__grid_first_end(const churn__grid *grid, churn_time at)
{
    return first_after(grid, grid->untils, at);
}
