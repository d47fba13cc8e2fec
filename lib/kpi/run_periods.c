/* SPDX-License-Identifier: MIT */
#include <churn/kpi.h>

#include "kpi/run_inside.h"

/* Daily figures of a century are about 36,500 periods. */
#define MOST_PERIODS 100000
#define MOST_DAYS 36600u

/* ---- cutting a span ---- */

static bool calendar_unit(int32_t every, churn__unit *out)
{
    static const churn__unit units[] = {
        [CHURN_EVERY_DAY] = CHURN__UNIT_CD,    [CHURN_EVERY_WEEK] = CHURN__UNIT_CW,
        [CHURN_EVERY_MONTH] = CHURN__UNIT_CMO, [CHURN_EVERY_QUARTER] = CHURN__UNIT_CQ,
        [CHURN_EVERY_YEAR] = CHURN__UNIT_CY,
    };
    if (every < CHURN_EVERY_DAY || every > CHURN_EVERY_YEAR) {
        return false;
    }
    *out = units[every];
    return true;
}

static bool in_time(churn_time t)
{
    return t >= CHURN_TIME_MIN && t <= CHURN_TIME_MAX;
}

static churn_status check_cut(const churn__kpi_cut *cut, churn_error *err)
{
    churn_status st = CHURN_OK;
    const bool rolling = cut->every == CHURN_EVERY_ROLLING;
    if (cut->every < CHURN_EVERY_SPAN || cut->every > CHURN_EVERY_ROLLING) {
        CHURN_FAIL(CHURN_E_ARG, 0, "kpi: every: no such period");
    }
    if (rolling &&
        (cut->rolling_days < 1 || cut->rolling_days > MOST_DAYS || cut->step_days > MOST_DAYS)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: rolling_days: a window has from 1 to %u days",
                   (uint64_t)MOST_DAYS);
    }
    if (!rolling && (cut->rolling_days != 0 || cut->step_days != 0)) {
        CHURN_FAIL(CHURN_E_ARG, 0, "kpi: rolling_days and step_days need CHURN_EVERY_ROLLING");
    }
    if (!in_time(cut->from) || !in_time(cut->to)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: the span reaches beyond the years 1 to 9999");
    }
    if (cut->from >= cut->to) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: the span is empty: `to` must be later than `from`");
    }
done:
    return st;
}

static churn_time days_after(const churn__kpi_cut *cut, churn_time at, uint64_t days, int sign)
{
    const churn__duration d = {.amount = (int64_t)days, .unit = CHURN__UNIT_CD};
    return churn__time_shift(at, d, sign, cut->zone, NULL);
}

/* Where the period before the span begins. */
static churn_time start_before(const churn__kpi_cut *cut)
{
    churn__unit unit = CHURN__UNIT_CD;
    churn_time start = cut->from - (cut->to - cut->from);
    if (calendar_unit(cut->every, &unit)) {
        start = churn__period_start(cut->from - 1, unit, cut->zone);
    }
    return start < CHURN_TIME_MIN ? CHURN_TIME_MIN : start;
}

/* The next period after the i-th; false: there is none. */
static bool next_period(const churn__kpi_cut *cut, size_t i, const churn__kpi_period *last,
                        churn__kpi_period *out)
{
    churn__unit unit = CHURN__UNIT_CD;
    *out = (churn__kpi_period){.start = last == NULL ? cut->from : last->end, .end = cut->to};
    if (cut->every == CHURN_EVERY_ROLLING) {
        const uint64_t step = cut->step_days > 0 ? cut->step_days : cut->rolling_days;
        out->end = days_after(cut, cut->from, (i + 1) * step, 1);
        out->start = days_after(cut, out->end, cut->rolling_days, -1);
        return out->end <= cut->to && out->start < out->end &&
               (last == NULL || out->end > last->end);
    }
    if (last == NULL && cut->before && cut->from > CHURN_TIME_MIN) {
        out->end = cut->from;
        out->start = start_before(cut);
        return true;
    }
    if (out->start >= cut->to) {
        return false;
    }
    if (calendar_unit(cut->every, &unit)) {
        const churn_time end = churn__period_next(out->start, unit, cut->zone);
        out->end = end <= out->start || end > cut->to ? cut->to : end;
    }
    return true;
}

churn_status churn__kpi_cut_periods(churn__heap *heap, const churn__kpi_cut *cut,
                                    churn__kpi_period **out, size_t *count, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__kpi_period *periods = NULL, next;
    size_t n = 0, capacity = 0;
    CHURN_TRY(check_cut(cut, err));
    while (next_period(cut, n, n == 0 ? NULL : &periods[n - 1], &next)) {
        if (n == MOST_PERIODS) {
            CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: more than %u periods", (uint64_t)MOST_PERIODS);
        }
        if (!churn__grow(heap, (void **)&periods, &capacity, n + 1, sizeof next)) {
            CHURN_TRY(churn__fail_memory(err, heap));
        }
        next.until = next.end < cut->as_of ? next.end : cut->as_of;
        next.begun = next.start < cut->as_of;
        next.complete = next.end <= cut->as_of;
        periods[n++] = next;
    }
    if (n == 0) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: the span is shorter than one step of a rolling window");
    }
    *out = churn__realloc_array(heap, periods, capacity, n, sizeof *periods);
    if (*out == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    *count = n;
    periods = NULL;
done:
    churn__free_array(heap, periods, capacity, sizeof *periods);
    return st;
}

/* ---- passes ---- */

/* So many that periods that are so far apart do not overlap. */
static uint32_t passes_needed(const churn__kpi_period *periods, size_t count)
{
    uint32_t apart = 1;
    for (size_t i = 0; i < count; i++) {
        while (i + apart < count && periods[i + apart].start < periods[i].end) {
            apart++;
        }
    }
    return apart;
}

churn_status churn__run_deal_periods(churn__run_inside *inside, churn__heap *heap, churn_error *err)
{
    const uint32_t passes = passes_needed(inside->periods, inside->period_count);
    inside->passes = churn__alloc_array_zero(heap, passes, sizeof *inside->passes);
    if (inside->passes == NULL) {
        return churn__fail_memory(err, heap);
    }
    inside->pass_count = passes;
    for (uint32_t k = 0; k < passes; k++) {
        churn__run_pass *pass = &inside->passes[k];
        const size_t count = (inside->period_count - k + passes - 1) / passes;
        pass->periods = churn__alloc_array(heap, count, sizeof *pass->periods);
        if (pass->periods == NULL) {
            return churn__fail_memory(err, heap);
        }
        pass->count = (uint32_t)count;
        for (size_t i = 0; i < count; i++) {
            pass->periods[i] = inside->periods[i * passes + k];
            pass->begun += pass->periods[i].begun;
        }
    }
    return CHURN_OK;
}

/* ---- which period ---- */

uint32_t churn__run_first_end(const churn__kpi_run *run, churn_time at)
{
    uint32_t low = 0, high = run->begun_count;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (run->periods[middle].until > at) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

uint32_t churn__run_period(const churn__kpi_run *run, churn_time at)
{
    const uint32_t p = churn__run_first_end(run, at);
    return p < run->begun_count && run->periods[p].start <= at ? p : CHURN__KPI_NONE;
}

bool churn__run_adjoins(const churn__kpi_run *run, uint32_t period)
{
    return period > 0 && run->periods[period - 1].end == run->periods[period].start;
}
