/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_VOICE_H
#define CHURN_KPI_VOICE_H

#include <churn/voice.h>

#include "kpi/run.h"

/* Tables of what customers say: sets that are walked alone and make a table when they are done. The
 * first period of their cut is the one before the span. */

typedef struct churn__surveys_want {
    int32_t kind; /* CHURN_SURVEY_* */
    churn_table **out;
} churn__surveys_want;

typedef struct churn__nps_retention_want {
    uint32_t days;
    churn_table **out;
} churn__nps_retention_want;

/* Options with their defaults filled in. */
typedef struct churn__themes_want {
    const churn_theme_options *options;
    churn_table **out;
} churn__themes_want;

/* Walked with a pointer to what is wanted as set_options. */
extern const churn__kpi_set churn__surveys_table;
extern const churn__kpi_set churn__nps_retention_table;
extern const churn__kpi_set churn__themes_table;

/* Columns `period_start`, `period_end` and those of `by`, from column `*base` on, which becomes the
 * next one; and the cells of a row in them. */
churn_status churn__voice_columns(churn__kpi_run *run, churn__table_builder *table, uint32_t *base,
                                  churn_error *err);
void churn__voice_place(churn__kpi_run *run, churn__table_builder *table, uint32_t base,
                        uint32_t period, uint32_t group);

#endif
