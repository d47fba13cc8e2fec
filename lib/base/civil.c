/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "base/date.h"

/* Howard Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the
 * leap day is the last; an era is 400 years. */
#define ERA_DAYS 146097
#define EPOCH_SHIFT 719468 /* days from 0000-03-01 to 1970-01-01 */

int64_t churn__days_from_civil(int32_t year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = churn__floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_SHIFT;
}

void churn__civil_from_days(int64_t days, int32_t *year, unsigned *month, unsigned *day)
{
    int64_t z = days + EPOCH_SHIFT;
    int64_t era = churn__floor_div(z, ERA_DAYS);
    unsigned doe = (unsigned)(z - era * ERA_DAYS);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int32_t)(era * 400 + yoe + (*month <= 2));
}

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned churn__days_in_month(int32_t year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

int churn__weekday(int64_t days)
{
    return (int)churn__floor_mod(days + 3, 7); /* 1970-01-01 was a Thursday */
}
