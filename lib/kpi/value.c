/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "model/model.h"

/* A local midnight that begins a month; its number of months since year 0 in `out`. */
static bool is_month_start(churn_time at, const churn__zone *zone, int64_t *out)
{
    int32_t year = 0;
    unsigned month = 0, day = 0;
    const int64_t date = churn__zone_day(zone, at);
    churn__civil_from_days(date, &year, &month, &day);
    *out = (int64_t)year * 12 + month;
    return day == 1 && churn__zone_midnight(zone, date) == at;
}

double churn__period_months(const churn__kpi_period *period, const churn__zone *zone)
{
    int64_t first = 0, last = 0;
    if (is_month_start(period->start, zone, &first) && is_month_start(period->end, zone, &last)) {
        return (double)(last - first);
    }
    return (double)(period->end - period->start) / (double)CHURN__DAY * 12 / 365;
}

double churn__monthly_rate(double rate, double months)
{
    if (rate >= 1 || months == 1) {
        return rate < 1 ? rate : 1;
    }
    return -churn__expm1(churn__log1p(-rate) / months);
}

/* ---- size classes ---- */

uint32_t churn__value_class(const churn__kpi_settings *settings, int64_t mrr, double minor)
{
    uint32_t i = 0;
    if (mrr == CHURN_INT_NONE || settings->value_class_count == 0) {
        return CHURN__KEY_NULL;
    }
    while (i < settings->value_class_count && (double)mrr / minor >= settings->value_classes[i]) {
        i++;
    }
    return i;
}

size_t churn__value_class_text(const churn__kpi_settings *settings, uint32_t value_class, char *out,
                               size_t cap)
{
    const double *bounds = settings->value_classes;
    if (value_class == 0) {
        return churn__format(out, cap, "under %g", bounds[0]);
    }
    if (value_class == settings->value_class_count) {
        return churn__format(out, cap, "%g and more", bounds[value_class - 1]);
    }
    return churn__format(out, cap, "%g to %g", bounds[value_class - 1], bounds[value_class]);
}
