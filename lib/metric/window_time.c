/* SPDX-License-Identifier: MIT */
#include "metric/event_inside.h"

/*
 * Where windows begin and end. Microseconds are subtracted from the instant, calendar units from
 * the wall time, with month ends clamped (churn__span_back). With `align` the instant is first
 * taken back to the start of its day, week, month or quarter, and whole days of the definition are
 * calendar days, so that both ends are local midnights whatever the clocks did in between.
 */

static churn_time shift_back(const churn__metric_def *def, churn_time at, churn__span span,
                             const churn__zone *zone)
{
    if (span.unit == CHURN__UNIT_MICRO) {
        if (def->align == CHURN__UNIT_MICRO || span.amount % CHURN__DAY != 0) {
            return churn__metric_back(at, span.amount);
        }
        span = (churn__span){.amount = span.amount / CHURN__DAY, .unit = CHURN__UNIT_CD};
    }
    return churn__span_back(zone, at, span);
}

churn_time churn__metric_view_end(const churn__metric_def *def, churn_time as_of,
                                  const churn__zone *zone)
{
    churn_time at =
        def->align == CHURN__UNIT_MICRO ? as_of : churn__period_start(as_of, def->align, zone);
    return shift_back(def, at, def->offset, zone);
}

static churn_time bucket_start(const churn__metric_def *def, churn_time end, uint32_t back,
                               const churn__zone *zone)
{
    int64_t reach = 0;
    return churn__mul_i64(back, def->every, &reach)
               ? shift_back(def, end, (churn__span){.amount = reach, .unit = def->every_unit}, zone)
               : CHURN_TIME_MIN;
}

churn_time churn__metric_view_start(const churn__metric_def *def, churn_time end,
                                    const churn__zone *zone)
{
    if (churn__metric_has_buckets(def)) {
        return bucket_start(def, end, def->buckets, zone);
    }
    return def->has_window ? shift_back(def, end, def->window, zone) : CHURN_TIME_MIN;
}

void churn__metric_buckets(const churn__metric_def *def, churn_time end, const churn__zone *zone,
                           churn_time *bounds)
{
    for (uint32_t i = 0; i <= def->buckets; i++) {
        bounds[i] = bucket_start(def, end, def->buckets - i, zone);
    }
}
