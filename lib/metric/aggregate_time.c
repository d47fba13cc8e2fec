/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/num.h"
#include "metric/event_inside.h"

/* Aggregates over when events happened. */

/* ---- days ---- */

static double days_between(const churn__metric_view *view, churn_time from, churn_time to)
{
    if (view->bound->def->calendar) {
        return (double)(churn__zone_day(view->zone, to) - churn__zone_day(view->zone, from));
    }
    return (double)churn__floor_div(to - from, CHURN__DAY);
}

static churn__value view_never(const churn__metric_view *view)
{
    const churn__metric_bound *bound = view->bound;
    switch (bound->def->if_never) {
    case CHURN__NEVER_NUMBER:
        return churn__metric_double(bound->def->if_never_value);
    case CHURN__NEVER_MISSING:
        return churn__metric_absent(CHURN__NEVER);
    default:
        break;
    }
    if (view->since == CHURN_TIME_NONE) {
        return churn__metric_absent(CHURN__NEVER);
    }
    if (view->lower > view->end) { /* neither seen yet */
        return churn__metric_absent(
            bound->from > view->end ? churn__metric_short(bound, view->since) : CHURN__NEVER);
    }
    return churn__metric_double(days_between(view, view->lower, view->end));
}

static churn__value view_days_since(const churn__metric_view *view)
{
    if (view->count == 0) {
        return view_never(view);
    }
    bool last = view->bound->def->what == CHURN__AGG_DAYS_SINCE;
    churn_time at = view->rows[last ? view->count - 1 : 0].at;
    return churn__metric_double(days_between(view, at, view->end));
}

/* Local dates with an event. Rows come by time, but a clock that is set back over midnight brings
 * a date once more. */
static double active_days(const churn__metric_view *view)
{
    churn__metric_keys *keys = &view->plan->general->keys;
    int64_t before = INT64_MIN;
    churn__metric_keys_reset(keys);
    for (uint32_t i = 0; i < view->count; i++) {
        int64_t day = churn__zone_day(view->zone, view->rows[i].at);
        if (day != before &&
            churn__metric_key(view->plan->heap, keys, (uint64_t)day) == CHURN__METRIC_NONE) {
            view->plan->failed = true;
            break;
        }
        before = day;
    }
    return keys->count;
}

/* ---- gaps and rates ---- */

static churn__value view_gaps(const churn__metric_view *view)
{
    const churn__metric_row *rows = view->rows;
    if (view->count < 2) {
        return churn__metric_absent(CHURN__EMPTY);
    }
    if (view->bound->def->what == CHURN__AGG_GAP_MEAN) {
        double all = (double)(rows[view->count - 1].at - rows[0].at) / (double)CHURN__DAY;
        return churn__metric_double(all / (view->count - 1.0));
    }
    int64_t longest = 0;
    for (uint32_t i = 1; i < view->count; i++) {
        int64_t gap = rows[i].at - rows[i - 1].at;
        longest = gap > longest ? gap : longest;
    }
    return churn__metric_double((double)longest / (double)CHURN__DAY);
}

/* Events a day of the window, or with `scale` of the part of it that is known. */
static churn__value view_rate(const churn__metric_view *view)
{
    bool part = view->bound->def->scaled && view->clip != CHURN_TIME_NONE;
    double days = (double)(view->end - (part ? view->clip : view->start)) / (double)CHURN__DAY;
    return days > 0 ? churn__metric_double(view->count / days)
                    : churn__metric_absent(CHURN__EMPTY); /* the first instant of a month to date */
}

/* Nothing happened; but where tracking began later than the customer, who knows. */
static churn__value view_exists(const churn__metric_view *view)
{
    const churn__metric_bound *bound = view->bound;
    if (view->count == 0 && !bound->def->has_window && !bound->def->clip &&
        bound->from > view->since) {
        return churn__metric_absent(CHURN__SHORT_HISTORY_FROM);
    }
    return (churn__value){CHURN__TYPE_BOOL, CHURN__PRESENT, {.b = view->count > 0}};
}

/* ---- streaks and periods ---- */

/* Days or weeks in a row with an event, up to the one that holds the last instant before the end.
 * One that is not over yet does not break the streak. */
static churn__value view_streak(const churn__metric_view *view)
{
    churn__unit unit = view->bound->def->every_unit;
    churn_time start = churn__period_start(view->end - 1, unit, view->zone);
    bool open = churn__period_next(view->end - 1, unit, view->zone) > view->end;
    uint32_t i = view->count, streak = 0;
    for (;;) {
        bool active = i > 0 && view->rows[i - 1].at >= start;
        if (!active && !open) {
            break;
        }
        streak += active;
        open = false;
        while (i > 0 && view->rows[i - 1].at >= start) {
            i--;
        }
        if (i == 0) {
            break;
        }
        start = churn__period_start(start - 1, unit, view->zone);
    }
    return churn__metric_double(streak);
}

static const churn_time *view_bounds(const churn__metric_view *view)
{
    churn_time *bounds = view->plan->general->bounds;
    churn__metric_buckets(view->bound->def, view->end, view->zone, bounds);
    return bounds;
}

static churn__value view_active_periods(const churn__metric_view *view)
{
    const churn_time *bounds = view_bounds(view);
    uint32_t n = view->bound->def->buckets, i = 0, active = 0;
    for (uint32_t bucket = 0; bucket < n; bucket++) {
        bool any = false;
        for (; i < view->count && view->rows[i].at < bounds[bucket + 1]; i++) {
            any = true;
        }
        active += any;
    }
    return churn__metric_double(active);
}

/* ---- weighted counts ---- */

double churn__metric_half(int64_t age, int64_t half_life)
{
    return churn__half_parts((uint64_t)(age / half_life),
                             (double)(age % half_life) / (double)half_life);
}

static churn__value view_ewma(const churn__metric_view *view)
{
    double sum = 0;
    for (uint32_t i = 0; i < view->count; i++) {
        sum += churn__metric_half(view->end - view->rows[i].at, view->bound->def->half_life);
    }
    return churn__metric_double(sum);
}

/* ---- trends ---- */

/* As in aggregate.c, where the formula is explained. */
static double slope_squares(const double *y, uint32_t n, double *total)
{
    double weighted = 0, sum = 0, size = n;
    for (uint32_t i = 0; i < n; i++) {
        weighted += (2.0 * i - (n - 1.0)) * y[i];
        sum += y[i];
    }
    *total = sum;
    return 2.0 * weighted / (size * (size * size - 1.0) / 3.0);
}

/* The median of the slopes of all pairs (Theil 1950, Sen 1968). Room for them lies behind y. */
static double slope_robust(const double *y, uint32_t n, double *slopes)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = i + 1; k < n; k++) {
            slopes[count++] = (y[k] - y[i]) / (k - i);
        }
    }
    churn__metric_sort_numbers(slopes, count);
    return churn__metric_quantile(slopes, count, 0.5);
}

/* Counts, or sums of what is given, of `used` stretches from the oldest that counts. */
static bool trend_heights(const churn__metric_view *view, const churn_time *bounds, uint32_t used)
{
    const churn__metric_def *def = view->bound->def;
    size_t room = (size_t)used + (def->robust ? (size_t)used * (used - 1) / 2 : 0);
    uint32_t i = 0;
    if (!churn__metric_number_room(view->plan, room)) {
        return false;
    }
    double *y = view->plan->general->numbers;
    while (i < view->count && view->rows[i].at < bounds[0]) {
        i++;
    }
    for (uint32_t bucket = 0; bucket < used; bucket++) {
        y[bucket] = 0;
        for (; i < view->count && view->rows[i].at < bounds[bucket + 1]; i++) {
            const churn__metric_row *row = &view->rows[i];
            y[bucket] += def->of_given ? (row->given ? row->item.number : 0) : 1;
        }
    }
    return true;
}

static churn__value trend_value(const churn__metric_view *view, uint32_t used)
{
    const churn__metric_def *def = view->bound->def;
    double *y = view->plan->general->numbers;
    double sum = 0, slope = slope_squares(y, used, &sum);
    if (def->robust) {
        slope = slope_robust(y, used, y + used);
    }
    if (!def->relative) {
        return churn__metric_double(slope + 0.0);
    }
    /* Sums may be negative: the size of the mean keeps the slope's sign. */
    return sum != 0 ? churn__metric_double(slope / (fabs(sum) / used))
                    : churn__metric_absent(CHURN__EMPTY);
}

/* Stretches that begin before the customer or the tracking are left out, if enough remain. */
static churn__value view_trend(const churn__metric_view *view)
{
    const churn__metric_def *def = view->bound->def;
    const churn_time *bounds = view_bounds(view);
    uint32_t fewest = def->clip ? 2 : def->buckets, cut = 0;
    fewest = def->min_buckets > 0 ? def->min_buckets : fewest;
    while (cut < def->buckets && bounds[cut] < view->lower) {
        cut++;
    }
    uint32_t used = def->buckets - cut;
    if (used < fewest) {
        return churn__metric_absent(churn__metric_short(view->bound, view->since));
    }
    if (used < 2) {
        return churn__metric_absent(CHURN__EMPTY);
    }
    return trend_heights(view, bounds + cut, used) ? trend_value(view, used)
                                                   : churn__metric_absent(CHURN__EMPTY);
}

churn__value churn__metric_time_value(const churn__metric_view *view)
{
    switch (view->bound->def->what) {
    case CHURN__AGG_ACTIVE_DAYS:
        return churn__metric_double(active_days(view));
    case CHURN__AGG_DAYS_SINCE:
    case CHURN__AGG_DAYS_SINCE_FIRST:
        return view_days_since(view);
    case CHURN__AGG_GAP_MEAN:
    case CHURN__AGG_GAP_MAX:
        return view_gaps(view);
    case CHURN__AGG_RATE:
        return view_rate(view);
    case CHURN__AGG_EXISTS:
        return view_exists(view);
    case CHURN__AGG_STREAK:
        return view_streak(view);
    case CHURN__AGG_ACTIVE_PERIODS:
        return view_active_periods(view);
    case CHURN__AGG_EWMA:
        return view_ewma(view);
    default:
        return view_trend(view);
    }
}
