/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_KPI_SUB_H
#define CHURN_TESTS_KPI_SUB_H

#include "support.h"

#include "base/date.h"
#include "kpi/kpi.h"

#define USD 1
#define EUR 2

static const churn__kpi_policy chartmogul = CHURN__POLICY_OF_CHARTMOGUL;

static inline churn_time day(int32_t year, unsigned month, unsigned d)
{
    return churn__days_from_civil(year, month, d) * CHURN__DAY;
}

static inline churn_time date_of(const char *iso)
{
    churn_time at = CHURN_TIME_NONE;
    if (*iso != '\0') {
        assert_true(churn__instant_parse(iso, strlen(iso), NULL, &at));
    }
    return at;
}

/* A monthly state in USD; what else matters is set by the test. */
static inline churn__subscription sub(uint32_t id, uint8_t status, int64_t amount, churn_time from)
{
    churn__subscription s = {0};
    s.id = id;
    s.status = status;
    s.period_unit = 'm';
    s.period_count = 1;
    s.auto_renew = s.usage_based = CHURN_TRUTH_NONE;
    s.plan = s.product = s.notice = CHURN__NO_CODE;
    s.currency = USD;
    s.amount = amount;
    s.discount = s.seats = CHURN_INT_NONE;
    s.valid_from = s.known_at = from;
    s.discount_until = s.renews_at = s.ends_at = s.ended_at = s.cancel_requested_at =
        s.trial_ends_at = CHURN_TIME_NONE;
    return s;
}

static inline churn__subscription sub_until(uint32_t id, int64_t amount, churn_time from,
                                            churn_time to)
{
    churn__subscription s = sub(id, CHURN__SUB_ACTIVE, amount, from);
    s.ended_at = to;
    return s;
}

#endif
