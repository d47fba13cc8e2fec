/* SPDX-License-Identifier: MIT */
#ifndef CHURN_MODEL_SURVIVAL_H
#define CHURN_MODEL_SURVIVAL_H

#include <churn/statistics.h>

#include "base/heap.h"

/* What groups are called, where that is more than one word: columns instead of `group`. */
typedef struct churn__labels {
    const churn_str *names; /* of columns */
    const churn_str *cells; /* [group][count]; {NULL, 0}: null */
    uint32_t count;
} churn__labels;

/* The functions of statistics.h with memory of the caller's, on which tables live; `labels` may be
 * NULL. */
churn_status churn__survival(churn__heap *heap, const churn_survival_data *data,
                             const churn_survival_options *options, const churn__labels *labels,
                             churn_table **out, churn_error *err);
churn_status churn__survival_summary(churn__heap *heap, const churn_survival_data *data,
                                     const churn_survival_options *options,
                                     const churn__labels *labels, churn_table **out,
                                     churn_error *err);
churn_status churn__survival_quantiles(churn__heap *heap, const churn_survival_data *data,
                                       const double *shares, uint32_t share_count,
                                       const churn_survival_options *options,
                                       const churn__labels *labels, churn_table **out,
                                       churn_error *err);
churn_status churn__survival_test(churn__heap *heap, const churn_survival_data *data,
                                  const churn_survival_options *options,
                                  const churn__labels *labels, churn_table **out, churn_error *err);
/* `kinds`: words for kinds 1, 2 ... instead of numbers, or NULL. */
churn_status churn__competing_risks(churn__heap *heap, const churn_survival_data *data,
                                    const churn_survival_options *options,
                                    const churn__labels *labels, const churn_str *kinds,
                                    uint32_t kind_count, churn_table **out, churn_error *err);

#endif
