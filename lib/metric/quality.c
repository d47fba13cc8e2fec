/* SPDX-License-Identifier: MIT */
#include "metric/metric_inside.h"

/* What came of metrics, for the report on a run. */

static void note(churn__metric_plan *plan, uint32_t metric, churn__missing reason)
{
    churn__metric_quality *quality = &plan->quality[metric];
    if (reason == CHURN__PRESENT) {
        quality->valid++;
    } else {
        quality->missing[reason % CHURN__METRIC_REASONS]++;
    }
}

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
                if (plan->wanted[m] && plan->bounds[m].def->round == 0) {
                    note(plan, m, out[m].missing[row]);
                }
            }
        }
    }
}

void churn__metric_measure_late(churn__metric_plan *plan, uint32_t metric, churn__reader *reader,
                                const uint32_t *customers, uint32_t n, const churn__column *out)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t date = 0; date < plan->date_count; date++) {
            if (churn__reader_exists(reader, customers[i], plan->dates[date])) {
                note(plan, metric, out[metric].missing[(size_t)i * plan->date_count + date]);
            }
        }
    }
}

const churn__metric_quality *churn__metric_plan_quality(const churn__metric_plan *plan,
                                                        uint32_t metric)
{
    return plan->quality == NULL ? NULL : &plan->quality[metric];
}
