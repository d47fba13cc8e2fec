/* SPDX-License-Identifier: MIT */
#ifndef CHURN_MODEL_SURVIVAL_H
#define CHURN_MODEL_SURVIVAL_H

#include <churn/statistics.h>

#include "base/heap.h"

/* The functions of statistics.h with memory of the caller's, on which tables live. */
churn_status churn__survival(churn__heap *heap, const churn_survival_data *data,
                             const churn_survival_options *options, churn_table **out,
                             churn_error *err);
churn_status churn__survival_summary(churn__heap *heap, const churn_survival_data *data,
                                     const churn_survival_options *options, churn_table **out,
                                     churn_error *err);
churn_status churn__survival_quantiles(churn__heap *heap, const churn_survival_data *data,
                                       const double *shares, uint32_t share_count,
                                       const churn_survival_options *options, churn_table **out,
                                       churn_error *err);
churn_status churn__survival_test(churn__heap *heap, const churn_survival_data *data,
                                  const churn_survival_options *options, churn_table **out,
                                  churn_error *err);
/* `kinds`: words for kinds 1, 2 ... instead of numbers, or NULL. */
churn_status churn__competing_risks(churn__heap *heap, const churn_survival_data *data,
                                    const churn_survival_options *options, const churn_str *kinds,
                                    uint32_t kind_count, churn_table **out, churn_error *err);

#endif
