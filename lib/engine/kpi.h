/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_KPI_H
#define CHURN_ENGINE_KPI_H

#include <churn/kpi.h>

#include "engine/engine_internal.h"
#include "kpi/kpi.h"

/* What questions about the business share. All of them are asked inside a call that was entered. */

#define CHURN__PRESETS 16u /* more than there are */
#define CHURN__KPI_MOST_DIMENSIONS 16u

/* The policy of the playbook, or a preset by its name; CHURN_E_NOT_FOUND with a suggestion. */
churn_status churn__kpi_policy_of(const churn_engine *engine, churn_str name,
                                  churn__kpi_policy *out, churn_error *err);
/* What segments and bands say of everybody in each period: kpi_groups.c. */
typedef struct churn__kpi_groups churn__kpi_groups;

/* `*out` is to be closed also where this fails. CHURN_E_NOT_FOUND: no such segment. */
churn_status churn__kpi_groups_open(churn_engine *engine, churn__version *version,
                                    const churn__kpi_asked *asked, churn__kpi_groups **out,
                                    churn_error *err);
void churn__kpi_groups_close(churn__kpi_groups *groups);
/* By name of `by`. */
const churn__kpi_given *churn__kpi_groups_given(const churn__kpi_groups *groups);

/* Texts that a caller gave. */
churn_status churn__kpi_check_strs(const churn_str *items, uint32_t count, const char *what,
                                   churn_error *err);
/* The figures of a question, of which `asked` has names and span, and the options the rest. */
churn_status churn__engine_figures(churn_engine *engine, const churn_kpi_options *options,
                                   churn__kpi_asked *asked, churn_table **out, churn_error *err);

#endif
