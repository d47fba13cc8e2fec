/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_RUN_MERGE_H
#define CHURN_STORE_RUN_MERGE_H

#include "store/runs.h"

/* Neighbouring runs on their way to become one. Holds them. */
typedef struct run_merge run_merge;

/* `oldest`: nothing older is left to be overridden. NULL: no memory. */
run_merge *churn__run_merge_events(churn__heap *heap, event_run *const *runs, uint32_t count,
                                   bool oldest);
run_merge *churn__run_merge_rows(churn__heap *heap, row_run *const *runs, uint32_t count,
                                 bool oldest);
void churn__run_merge_free(run_merge *m);
/* Go on for at most about `budget` rows, and take them off it. `order` is that of any version that
 * has all strings of the runs. False: no memory, and the merge is to be freed. */
bool churn__run_merge_step(run_merge *m, const event_order *order, uint64_t *budget, bool *done);
/* What came of it, once it is done. */
event_run *churn__run_merge_take_events(run_merge *m);
row_run *churn__run_merge_take_rows(run_merge *m);
/* Its i-th run is this one. */
bool churn__run_merge_reads(const run_merge *m, uint32_t i, const void *run);
uint32_t churn__run_merge_count(const run_merge *m);

#endif
