/* SPDX-License-Identifier: MIT */
#include "metric/metric_inside.h"

/* What came of metrics, for the report on a run. */

void churn__metric_measure(churn__metric_plan *plan, churn__reader *reader,
                           const uint32_t *customers, uint32_t n, const churn__column *out)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t date = 0; date < plan->date_count; date++) {
            size_t row = (size_t)i * plan->date_count + date;
            if (!churn__reader_exists(reader, customers[i], plan->dates[date])) {
                continue;
            }
            for (uint32_t m = 0; m < plan->config.metric_count; m++) {
                churn__missing reason = plan->wanted[m] ? out[m].missing[row] : CHURN__PRESENT;
                plan->quality[m].valid += reason == CHURN__PRESENT && plan->wanted[m];
                plan->quality[m].missing[reason % CHURN__METRIC_REASONS] +=
                    reason != CHURN__PRESENT;
            }
        }
    }
}

const churn__metric_quality *churn__metric_plan_quality(const churn__metric_plan *plan,
                                                        uint32_t metric)
{
    return plan->quality == NULL ? NULL : &plan->quality[metric];
}
