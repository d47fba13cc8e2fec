/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_WORK_CALENDAR_H
#define CHURN_BASE_WORK_CALENDAR_H

#include "base/date.h"

/* The business part of churn__time_shift; nobody else includes it. n >= 1; both saturate. */
churn_time churn__work_days_after(churn_time at, int64_t n, const churn__zone *zone,
                                  const churn__work_calendar *calendar);
churn_time churn__work_hours_after(churn_time at, int64_t n, const churn__zone *zone,
                                   const churn__work_calendar *calendar);

#endif
