/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_GRID_H
#define CHURN_KPI_GRID_H

#include "kpi/run.h"

/* The cells of sums: the periods of a run that have begun, or the local days in them (grid.c). */
typedef struct churn__grid {
    churn_time *starts, *untils; /* by cell; both ascend */
    uint32_t *first;             /* by period, and one more: its first cell */
    uint32_t cells, room, periods;
    double a_time; /* cells a microsecond */
} churn__grid;

churn_status churn__grid_open(churn__grid *grid, const churn__kpi_run *run, bool days,
                              churn_error *err);
void churn__grid_close(churn__grid *grid, const churn__kpi_run *run);

/* The first cell that begins after an instant, which has it in its level at the start; and the
 * first that is seen beyond it, which has it in its level at the end. `cells`: none. */
uint32_t churn__grid_first_start(const churn__grid *grid, churn_time at);
uint32_t churn__grid_first_end(const churn__grid *grid, churn_time at);
/* Whether the cell that churn__grid_first_end() found holds the instant. */
static inline bool churn__grid_holds(const churn__grid *grid, uint32_t cell, churn_time at)
{
    return cell < grid->cells && grid->starts[cell] <= at;
}
/* Whether a cell begins where the one before it ends. */
static inline bool churn__grid_adjoins(const churn__grid *grid, uint32_t cell)
{
    return cell > 0 && grid->untils[cell - 1] == grid->starts[cell];
}

#endif
