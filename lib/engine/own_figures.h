/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_OWN_FIGURES_H
#define CHURN_ENGINE_OWN_FIGURES_H

#include "engine/engine_internal.h"
#include "kpi/kpi.h"

/* The figures of a playbook's `define:` and the measures of a store, as a set of a run. */
typedef struct churn__own_figures_set churn__own_figures_set;

/* As known at as_of. `*out`: NULL where there are none. Inside a call that was entered. */
churn_status churn__own_figures_open(churn_engine *engine, churn__version *version,
                                     churn_time as_of, churn__own_figures_set **out,
                                     churn_error *err);
void churn__own_figures_close(churn__own_figures_set *own);
/* Valid as long as it. */
churn__kpi_own_set churn__own_figures_plug(const churn__own_figures_set *own);

#endif
