/* SPDX-License-Identifier: MIT */
#include "core/missing.h"

const char *churn__missing_name(churn__missing m)
{
    switch (m) {
    case CHURN__STALE_SOURCE:
        return "stale_source";
    case CHURN__NOT_PROVIDED:
        return "not_provided";
    case CHURN__NON_FINITE:
        return "non_finite";
    case CHURN__LOW_COVERAGE:
        return "low_coverage";
    case CHURN__NO_RATE:
        return "no_rate";
    case CHURN__CYCLE:
        return "cycle";
    case CHURN__SHORT_HISTORY_FROM:
    case CHURN__SHORT_HISTORY_SINCE:
        return "short_history";
    case CHURN__NEVER:
        return "never";
    case CHURN__EMPTY:
        return "empty";
    case CHURN__EXPIRED:
        return "expired";
    default:
        return "";
    }
}
