/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_UNITS_H
#define CHURN_KPI_UNITS_H

#include "base/date.h"
#include "core/fail.h"

/*
 * Time cut into calendar units of a zone, for whoever has to tell of millions of instants in which
 * unit they lie: the calendar is asked once a unit, an instant costs one look into a table of days.
 * Unit i is [starts[i], starts[i + 1]).
 */
typedef struct churn__units {
    churn__heap *heap;
    churn_time *starts; /* count + 1 */
    uint32_t *calendar; /* by unit: which calendar unit, where others cut them; else NULL */
    uint32_t count;
    size_t capacity, calendar_capacity;
    int64_t first_day; /* UTC days since 1970 */
    uint32_t *table;   /* by UTC day: the unit in which it begins */
    size_t days;
} churn__units;

#define CHURN__UNITS_MOST 100000u

/* The calendar units that hold [from, to), from < to. `cuts` (ascending, may be none) are further
 * bounds: `calendar` then tells which units belong together. */
churn_status churn__units_open(churn__units *units, churn__heap *heap, const churn__zone *zone,
                               churn__unit unit, churn_time from, churn_time to,
                               const churn_time *cuts, size_t cut_count, churn_error *err);
void churn__units_close(churn__units *units);

/* The unit of an instant within them. */
static inline uint32_t churn__units_at(const churn__units *units, churn_time at)
{
    int64_t day = at / CHURN__DAY;
    day -= day * CHURN__DAY > at;
    uint32_t unit = units->table[day - units->first_day];
    while (at >= units->starts[unit + 1]) {
        unit++;
    }
    return unit;
}

/* Which calendar unit, counted from the first. */
static inline uint32_t churn__units_calendar(const churn__units *units, uint32_t unit)
{
    return units->calendar != NULL ? units->calendar[unit] : unit;
}

#endif
