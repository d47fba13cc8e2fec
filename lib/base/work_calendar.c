/* SPDX-License-Identifier: MIT */
#include "base/work_calendar.h"

#include "base/checked.h"

#define MONDAY_TO_FRIDAY 0x1f
#define NINE (9 * 3600)
#define SEVENTEEN (17 * 3600)
#define LAST_DAY INT64_C(2932896) /* 9999-12-31 */

/* A calendar with its defaults filled in. */
typedef struct work {
    unsigned days;        /* bit 0 Monday */
    int64_t days_a_week;  /* at least 1 */
    int64_t open, length; /* microseconds */
    const int32_t *holidays;
    size_t holiday_count;
} work;

static work work_of(const churn__work_calendar *calendar)
{
    static const churn__work_calendar plain = {0, 0, 0, NULL, 0};
    const churn__work_calendar *c = calendar != NULL ? calendar : &plain;
    bool hours = c->close > c->open;
    work out = {c->work_days & 0x7fu, 0, 0, 0, c->holidays, c->holiday_count};
    if (out.days == 0) {
        out.days = MONDAY_TO_FRIDAY;
    }
    out.days_a_week = __builtin_popcount(out.days);
    out.open = (hours ? c->open : NINE) * CHURN__SECOND;
    out.length = (hours ? c->close - c->open : SEVENTEEN - NINE) * CHURN__SECOND;
    return out;
}

/* Index of the first holiday after a day. */
static size_t holidays_until(const work *w, int64_t day)
{
    size_t low = 0;
    size_t high = w->holiday_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->holidays[middle] <= day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_work_weekday(const work *w, int64_t day)
{
    return (w->days >> churn__weekday(day) & 1) != 0;
}

static bool is_work_day(const work *w, int64_t day)
{
    size_t i = 0;
    if (!is_work_weekday(w, day)) {
        return false;
    }
    i = holidays_until(w, day);
    return i == 0 || w->holidays[i - 1] != day;
}

/* Holidays that take a working day away, from <= day excluded, to `until` included; a day that is
 * listed twice counts once. */
static int64_t holidays_between(const work *w, int64_t after, int64_t until)
{
    int64_t count = 0;
    for (size_t i = holidays_until(w, after); i < w->holiday_count && w->holidays[i] <= until;
         i++) {
        bool again = i > 0 && w->holidays[i] == w->holidays[i - 1];
        count += !again && is_work_weekday(w, w->holidays[i]);
    }
    return count;
}

/* The nth working day after a day, n >= 1: whole weeks at once, then day by day. A day after
 * LAST_DAY when there is none. */
static int64_t work_day_after(const work *w, int64_t day, int64_t n)
{
    while (n > w->days_a_week && day <= LAST_DAY) {
        int64_t weeks = (n - 1) / w->days_a_week;
        int64_t to = day + 7 * weeks;
        n += holidays_between(w, day, to) - weeks * w->days_a_week;
        day = to;
    }
    while (n > 0 && day <= LAST_DAY) {
        day++;
        n -= is_work_day(w, day);
    }
    return n > 0 ? LAST_DAY + 1 : day;
}

static churn_time place(const churn__zone *zone, int64_t day, int64_t clock)
{
    return day > LAST_DAY ? CHURN_TIME_MAX : churn__zone_to_instant(zone, day * CHURN__DAY + clock);
}

churn_time churn__work_days_after(churn_time at, int64_t n, const churn__zone *zone,
                                  const churn__work_calendar *calendar)
{
    work w = work_of(calendar);
    int64_t local = churn__zone_to_local(zone, at);
    int64_t day = churn__floor_div(local, CHURN__DAY);
    if (n > LAST_DAY * 2) {
        return CHURN_TIME_MAX;
    }
    return place(zone, work_day_after(&w, day, n), local - day * CHURN__DAY);
}

churn_time churn__work_hours_after(churn_time at, int64_t n, const churn__zone *zone,
                                   const churn__work_calendar *calendar)
{
    work w = work_of(calendar);
    int64_t local = churn__zone_to_local(zone, at);
    int64_t day = churn__floor_div(local, CHURN__DAY);
    int64_t done = local - day * CHURN__DAY - w.open; /* of the working day */
    int64_t full = 0;
    churn_time found = 0;
    if (n > LAST_DAY * 48) {
        return CHURN_TIME_MAX;
    }
    if (done >= w.length || !is_work_day(&w, day)) {
        day = work_day_after(&w, day, 1);
        done = 0;
    }
    done = (done < 0 ? 0 : done) + n * CHURN__HOUR;
    full = (done - 1) / w.length; /* hours that end with the day end then, not the next morning */
    if (full > 0) {
        day = work_day_after(&w, day, full);
    }
    found = place(zone, day, w.open + done - full * w.length);
    return found < at ? at : found; /* where the clock is set back during working hours */
}
