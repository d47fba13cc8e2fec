/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "base/date.h"
#include "base/work_calendar.h"

/* More calendar units than this lead out of the years 1 to 9999 from anywhere. */
#define FAR INT64_C(4000000)

static churn_time saturated(int sign)
{
    return sign > 0 ? CHURN_TIME_MAX : CHURN_TIME_MIN;
}

static churn_time shift_micros(churn_time at, int64_t amount, int sign)
{
    churn_time out = 0;
    bool ok = sign > 0 ? churn__add_i64(at, amount, &out) : churn__sub_i64(at, amount, &out);
    return ok && out >= CHURN_TIME_MIN && out <= CHURN_TIME_MAX ? out : saturated(sign);
}

/* A day `months` later, clamped to the last of its month. False: outside years 1 to 9999. */
static bool add_months(int64_t *day, int64_t months)
{
    int32_t year = 0;
    unsigned month = 0;
    unsigned dom = 0;
    unsigned last = 0;
    int64_t total = 0;
    churn__civil_from_days(*day, &year, &month, &dom);
    total = (int64_t)year * 12 + month - 1 + months;
    if (total < 12 || total >= INT64_C(10000) * 12) {
        return false;
    }
    year = (int32_t)(total / 12);
    month = (unsigned)(total % 12) + 1;
    last = churn__days_in_month(year, month);
    *day = churn__days_from_civil(year, month, dom < last ? dom : last);
    return true;
}

/* Days, or else months, of one calendar unit. */
static int64_t unit_days(churn__unit unit)
{
    return unit == CHURN__UNIT_CD ? 1 : unit == CHURN__UNIT_CW ? 7 : 0;
}

static int64_t unit_months(churn__unit unit)
{
    return unit == CHURN__UNIT_CMO ? 1 : unit == CHURN__UNIT_CQ ? 3 : 12;
}

static churn_time shift_calendar(churn_time at, churn__duration d, int sign,
                                 const churn__zone *zone)
{
    int64_t local = churn__zone_to_local(zone, at);
    int64_t day = churn__floor_div(local, CHURN__DAY);
    int64_t clock = local - day * CHURN__DAY;
    int64_t count = sign > 0 ? d.amount : -d.amount;
    if (d.amount > FAR) {
        return saturated(sign);
    }
    if (unit_days(d.unit) != 0) {
        day += count * unit_days(d.unit);
    } else if (!add_months(&day, count * unit_months(d.unit))) {
        return saturated(sign);
    }
    return churn__zone_to_instant(zone, day * CHURN__DAY + clock);
}

churn_time churn__time_shift(churn_time at, churn__duration d, int sign, const churn__zone *zone,
                             const churn__work_calendar *calendar)
{
    if (d.amount <= 0 || at == CHURN_TIME_NONE) {
        return at;
    }
    switch (d.unit) {
    case CHURN__UNIT_MICRO:
        return shift_micros(at, d.amount, sign);
    case CHURN__UNIT_BD:
        return sign > 0 ? churn__work_days_after(at, d.amount, zone, calendar) : at;
    case CHURN__UNIT_BH:
        return sign > 0 ? churn__work_hours_after(at, d.amount, zone, calendar) : at;
    default:
        return shift_calendar(at, d, sign, zone);
    }
}

/* ---- periods ---- */

/* The last day whose midnight has passed. It differs from the local date where a clock that is set
 * back over midnight brings the evening before once more: the new day has begun all the same, so
 * that periods follow each other without overlap. */
static int64_t day_begun(const churn__zone *zone, churn_time at)
{
    int64_t day = churn__zone_day(zone, at);
    churn_time next = churn__zone_midnight(zone, day + 1);
    return next <= at && next < CHURN_TIME_MAX ? day + 1 : day;
}

static int64_t first_day(int64_t day, churn__unit unit)
{
    int32_t year = 0;
    unsigned month = 0;
    unsigned dom = 0;
    churn__civil_from_days(day, &year, &month, &dom);
    switch (unit) {
    case CHURN__UNIT_CW:
        return day - churn__weekday(day);
    case CHURN__UNIT_CMO:
        return churn__days_from_civil(year, month, 1);
    case CHURN__UNIT_CQ:
        return churn__days_from_civil(year, month - (month - 1) % 3, 1);
    case CHURN__UNIT_CY:
        return churn__days_from_civil(year, 1, 1);
    default:
        return day;
    }
}

churn_time churn__period_start(churn_time at, churn__unit unit, const churn__zone *zone)
{
    return churn__zone_midnight(zone, first_day(day_begun(zone, at), unit));
}

churn_time churn__period_next(churn_time at, churn__unit unit, const churn__zone *zone)
{
    int64_t day = first_day(day_begun(zone, at), unit);
    if (unit_days(unit) != 0) {
        day += unit_days(unit);
    } else if (!add_months(&day, unit_months(unit))) {
        return CHURN_TIME_MAX;
    }
    return churn__zone_midnight(zone, day);
}
