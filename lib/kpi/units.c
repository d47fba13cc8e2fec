/* SPDX-License-Identifier: MIT */
#include "kpi/units.h"

#include "base/checked.h"

static bool put_unit(churn__units *units, churn_time start, uint32_t calendar, bool cut)
{
    if (!churn__grow(units->heap, (void **)&units->starts, &units->capacity,
                     (size_t)units->count + 2, sizeof *units->starts)) {
        return false;
    }
    if (cut && !churn__grow(units->heap, (void **)&units->calendar, &units->calendar_capacity,
                            (size_t)units->count + 1, sizeof *units->calendar)) {
        return false;
    }
    if (cut) {
        units->calendar[units->count] = calendar;
    }
    units->starts[units->count++] = start;
    return true;
}

/* A unit and the cuts inside it. */
static bool put_calendar_unit(churn__units *units, churn_time start, churn_time next,
                              uint32_t calendar, const churn_time **cuts, const churn_time *last)
{
    const bool cut = *cuts != NULL;
    bool fits = put_unit(units, start, calendar, cut);
    for (; fits && *cuts != last && **cuts < next; ++*cuts) {
        if (**cuts > units->starts[units->count - 1]) {
            fits = put_unit(units, **cuts, calendar, cut);
        }
    }
    return fits;
}

static bool make_table(churn__units *units)
{
    const churn_time end = units->starts[units->count];
    units->first_day = churn__floor_div(units->starts[0], CHURN__DAY);
    units->days = (size_t)(churn__floor_div(end - 1, CHURN__DAY) - units->first_day) + 1;
    units->table = churn__alloc_array(units->heap, units->days, sizeof *units->table);
    if (units->table == NULL) {
        return false;
    }
    uint32_t unit = 0;
    for (size_t d = 0; d < units->days; d++) {
        const churn_time at = (units->first_day + (int64_t)d) * CHURN__DAY;
        while (unit + 1 < units->count && units->starts[unit + 1] <= at) {
            unit++;
        }
        units->table[d] = unit;
    }
    return true;
}

churn_status churn__units_open(churn__units *units, churn__heap *heap, const churn__zone *zone,
                               churn__unit unit, churn_time from, churn_time to,
                               const churn_time *cuts, size_t cut_count, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_time *last = cuts == NULL ? NULL : cuts + cut_count;
    churn_time start = churn__period_start(from, unit, zone), next = start;
    *units = (churn__units){.heap = heap};
    for (uint32_t calendar = 0; start < to; start = next, calendar++) {
        next = churn__period_next(start, unit, zone);
        next = next <= start ? to : next; /* the end of the calendar */
        if (units->count >= CHURN__UNITS_MOST) {
            CHURN_FAIL(CHURN_E_RANGE, 0, "the span has more than %u days, weeks, months ...",
                       (uint64_t)CHURN__UNITS_MOST);
        }
        if (!put_calendar_unit(units, start, next, calendar, &cuts, last)) {
            CHURN_TRY(churn__fail_memory(err, heap));
        }
    }
    units->starts[units->count] = start;
    if (!make_table(units)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
done:
    return st;
}

void churn__units_close(churn__units *units)
{
    if (units->heap != NULL) {
        churn__free_array(units->heap, units->starts, units->capacity, sizeof *units->starts);
        churn__free_array(units->heap, units->calendar, units->calendar_capacity,
                          sizeof *units->calendar);
        churn__free_array(units->heap, units->table, units->days, sizeof *units->table);
    }
    *units = (churn__units){0};
}
