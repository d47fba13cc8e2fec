/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_PASS_H
#define CHURN_KPI_PASS_H

#include "kpi/run.h"

/* Tables that are no figures by period: made by a set of their own (churn__kpi_asked.alone), whose
 * `finish` has groups for their first columns. */

/* How many words `by` has, and what a group is by one of them; {NULL, 0}: null. */
uint32_t churn__run_dimensions(const churn__kpi_run *run);
churn_str churn__run_group_text(const churn__kpi_run *run, uint32_t group, uint32_t dimension);
/* All groups in order of their texts, null last; in the run's arena. */
churn_status churn__run_group_order(churn__kpi_run *run, const uint32_t **order, uint32_t *count,
                                    churn_error *err);
/* The columns of `by`, which are the first ones of a table; how many there are. */
uint32_t churn__run_group_columns(const churn__kpi_run *run, churn__table_builder *builder);
/* Their cells of one row, from column `from` on. */
void churn__run_group_cells(const churn__kpi_run *run, churn__table_builder *builder, uint32_t from,
                            uint32_t group);

#endif
