/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "metric/metric_inside.h"

/*
 * Aggregates over the events of the customer in hand, as docs/reference/semantics.md defines them.
 * What is not exact by nature is computed from the window's events alone, oldest to newest, so that
 * the bits depend on nothing else.
 *
 * Most customers are older than all windows, so that a metric is computed for all dates in one
 * loop; dates at which history is short or sources are stale are taken out one by one.
 */
typedef churn__metric_window window;
typedef churn__metric_span span;

/* Where the values of one metric go, by date. */
typedef struct cells {
    double *values;
    churn__missing *missing;
} cells;

static void cell_put(const cells *out, uint32_t date, churn__metric_cell cell)
{
    out->values[date] = cell.value;
    out->missing[date] = cell.missing;
}

/* ---- counts ---- */

/* The windows of dates w->date .. end - 1, by date. */
static const span *window_spans(const window *w, const churn__metric_run *run, uint32_t end)
{
    span *spans = w->plan->spans;
    const uint32_t *low = w->bound->low, *high = w->bound->high;
    if (run == NULL || w->clip != CHURN_TIME_NONE || low == NULL) {
        for (window one = *w; one.date < end; one.date++) {
            spans[one.date] = churn__metric_window_span(&one, run);
        }
        return spans;
    }
    for (uint32_t date = w->date; date < end; date++) {
        uint32_t from = run->pos[low[date]], to = run->pos[high[date]];
        spans[date] = (span){from < to ? from : to, to};
    }
    return spans;
}

/* Where a window is clipped, events of several types are found in each type's run. */
static uint32_t clipped_count(const window *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->set->member_count; i++) {
        span s = churn__metric_window_span(w, &w->plan->runs[w->set->members[i]]);
        n += s.end - s.begin;
    }
    return n;
}

static void put_counts(window *w, uint32_t end, double *values)
{
    for (; w->clip != CHURN_TIME_NONE && w->date < end; w->date++) {
        values[w->date] = clipped_count(w);
    }
    const span *spans = window_spans(w, w->run, end);
    for (uint32_t date = w->date; date < end; date++) {
        values[date] = spans[date].end - spans[date].begin;
    }
}

/* Type by type, because a type's positions are all in one place. */
static void put_types(window *w, uint32_t end, double *values)
{
    memset(values + w->date, 0, (end - w->date) * sizeof *values);
    for (uint32_t i = 0; i < w->set->member_count; i++) {
        const span *spans = window_spans(w, &w->plan->runs[w->set->members[i]], end);
        for (uint32_t date = w->date; date < end; date++) {
            values[date] += spans[date].begin < spans[date].end;
        }
    }
}

/* ---- values ---- */

typedef struct total {
    double sum;
    uint32_t count;
} total;

/* A sum of nothing is 0, never -0, so that adding 0 for a value that is not given changes no bit.
 */
static total span_total(const double *values, span s)
{
    total t = {0, 0};
    for (uint32_t i = s.begin; i < s.end; i++) {
        bool given = !isnan(values[i]);
        t.sum += given ? values[i] : 0;
        t.count += given;
    }
    return t;
}

static churn__metric_cell span_mean(const double *values, span s)
{
    total t = span_total(values, s);
    return t.count == 0 ? churn__metric_no_value(CHURN__EMPTY)
                        : churn__metric_value(t.sum / t.count);
}

/* The greatest value, or the greatest of the negated ones. */
static churn__metric_cell span_extreme(const double *values, span s, double sign)
{
    double best = -(double)INFINITY;
    for (uint32_t i = s.begin; i < s.end; i++) {
        double value = values[i] * sign;
        best = value > best ? value : best;
    }
    return isinf(best) ? churn__metric_no_value(CHURN__EMPTY)
                       : churn__metric_value(best * sign + 0.0);
}

/* Of values[s.begin] .. values[s.end - 1]. */
static churn__metric_cell span_cell(churn__metric_what what, const double *values, span s)
{
    switch (what) {
    case CHURN__AGG_SUM:
        return churn__metric_value(span_total(values, s).sum);
    case CHURN__AGG_MEAN:
        return span_mean(values, s);
    case CHURN__AGG_MIN:
        return span_extreme(values, s, -1);
    default:
        return span_extreme(values, s, 1);
    }
}

/* Windows of the same events have the same value: often nothing happens from one date to the next.
 */
static void put_values(window *w, uint32_t end, const cells *out)
{
    const double *values = w->run == NULL ? NULL : w->run->value;
    const span *spans = window_spans(w, w->run, end);
    churn__metric_cell cell = {0, CHURN__PRESENT};
    for (uint32_t date = w->date; date < end; date++) {
        span s = spans[date], before = spans[date > w->date ? date - 1 : date];
        if (date == w->date || s.begin != before.begin || s.end != before.end) {
            cell = span_cell(w->bound->def->what, values, s);
        }
        cell_put(out, date, cell);
    }
}

/* ---- days since ---- */

static churn_time since_at(const window *w)
{
    return w->plan->needs_since ? w->plan->since[w->date] : CHURN_TIME_NONE;
}

static churn__metric_cell never_value(const window *w)
{
    const churn__metric_bound *bound = w->bound;
    churn_time since = since_at(w), end = churn__metric_window_end(w);
    switch (bound->def->if_never) {
    case CHURN__NEVER_NUMBER:
        return churn__metric_value(bound->def->if_never_value);
    case CHURN__NEVER_MISSING:
        return churn__metric_no_value(CHURN__NEVER);
    case CHURN__NEVER_SINCE_START:
    default:
        break;
    }
    churn_time start = since > bound->from ? since : bound->from;
    if (since == CHURN_TIME_NONE) {
        return churn__metric_no_value(CHURN__NEVER);
    }
    if (start > end) { /* neither seen yet */
        return churn__metric_no_value(bound->from > end ? churn__metric_short(bound, since)
                                                        : CHURN__NEVER);
    }
    return churn__metric_value((double)churn__floor_div(end - start, CHURN__DAY));
}

/* The last event of each type is found in its own run, so that nothing need be merged for it. */
static churn__metric_cell window_days_since(const window *w)
{
    churn_time last = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < w->set->member_count; i++) {
        const churn__metric_run *run = &w->plan->runs[w->set->members[i]];
        span s = churn__metric_window_span(w, run);
        if (s.begin < s.end && run->at[s.end - 1] > last) {
            last = run->at[s.end - 1];
        }
    }
    if (last == CHURN_TIME_NONE) {
        return never_value(w);
    }
    return churn__metric_value(
        (double)churn__floor_div(churn__metric_window_end(w) - last, CHURN__DAY));
}

/* ---- trend ---- */

/* Ordinary least squares of counts over 0 .. n-1. With d = 2 i - (n - 1), twice the distance from
 * the mean, slope = 2 sum d y / sum d d, and sum d d = n (n n - 1) / 3: whole numbers but for one
 * division. */
static churn__metric_cell trend_slope(const window *w, const uint32_t *cuts, uint32_t n)
{
    double weighted = 0, sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        double y = w->run == NULL ? 0 : w->run->pos[cuts[i + 1]] - w->run->pos[cuts[i]];
        weighted += (2.0 * i - (n - 1.0)) * y;
        sum += y;
    }
    double size = n;
    double slope = 2.0 * weighted / (size * (size * size - 1.0) / 3.0);
    if (!w->bound->def->relative) {
        return churn__metric_value(slope + 0.0);
    }
    return sum > 0 ? churn__metric_value(slope / (sum / size))
                   : churn__metric_no_value(CHURN__EMPTY);
}

/* Buckets that begin before the customer or the tracking are left out, if enough remain. */
static churn__metric_cell window_trend(const window *w)
{
    const churn__metric_def *def = w->bound->def;
    const uint32_t *cuts = w->bound->low + (size_t)w->date * ((size_t)def->buckets + 1);
    churn_time since = since_at(w);
    churn_time lower = since > w->bound->from ? since : w->bound->from;
    uint32_t fewest = def->clip ? 2 : def->buckets;
    uint32_t cut = 0;
    fewest = def->min_buckets > 0 ? def->min_buckets : fewest;
    while (cut < def->buckets && w->plan->cuts[cuts[cut]] < lower) {
        cut++;
    }
    uint32_t used = def->buckets - cut;
    if (used < fewest) {
        return churn__metric_no_value(churn__metric_short(w->bound, since));
    }
    return used < 2 ? churn__metric_no_value(CHURN__EMPTY) : trend_slope(w, cuts + cut, used);
}

/* ---- all ---- */

/* Aggregates that depend on more than the events of their window, at one date. */
static churn__metric_cell window_cell(const window *w)
{
    switch (w->bound->def->what) {
    case CHURN__AGG_DAYS_SINCE:
        return window_days_since(w);
    case CHURN__AGG_TREND:
        return window_trend(w);
    default:
        return churn__metric_no_value(CHURN__NOT_PROVIDED);
    }
}

static void put_cells(window *w, uint32_t end, const cells *out)
{
    for (; w->date < end; w->date++) {
        cell_put(out, w->date, window_cell(w));
    }
}

/* Dates w->date .. end - 1, which are all free to have a value. */
static void put_dates(window *w, uint32_t end, const cells *out)
{
    const churn__metric_def *def = w->bound->def;
    memset(out->missing + w->date, CHURN__PRESENT, (end - w->date) * sizeof *out->missing);
    switch (def->what) {
    case CHURN__AGG_COUNT:
        put_counts(w, end, out->values);
        break;
    case CHURN__AGG_SUM:
    case CHURN__AGG_MEAN:
    case CHURN__AGG_MIN:
    case CHURN__AGG_MAX:
        put_values(w, end, out);
        break;
    case CHURN__AGG_ACTIVE_DAYS:
        churn__metric_distinct(w, end, out->values);
        break;
    case CHURN__AGG_DISTINCT:
        if (def->of == CHURN__OF_TYPE) {
            put_types(w, end, out->values);
        } else {
            churn__metric_distinct(w, end, out->values);
        }
        break;
    default:
        put_cells(w, end, out);
        break;
    }
    w->date = end;
}

/* Trends look at their buckets themselves. */
static bool has_history(const churn__metric_bound *bound)
{
    return bound->def->has_window && bound->def->what != CHURN__AGG_TREND;
}

/* Nothing stands against a value at any date. */
static bool is_free(const churn__metric_plan *plan, const churn__metric_bound *bound)
{
    bool reached = plan->newest_since > bound->reach || bound->from > bound->reach;
    return !bound->blocked && !(has_history(bound) && reached);
}

/* The reason why there is no value at the date; where the window is clipped to. */
static churn__missing judge(window *w)
{
    const churn__metric_bound *bound = w->bound;
    churn__missing reason = bound->block[w->date];
    w->clip = CHURN_TIME_NONE;
    if (reason == CHURN__PRESENT && has_history(bound)) {
        churn_time start = w->plan->cuts[bound->low[w->date]];
        reason = churn__metric_history(bound, since_at(w), start, &w->clip);
    }
    return reason;
}

void churn__metric_aggregate(churn__metric_plan *plan, uint32_t metric,
                             const churn__metric_range *range, double *values,
                             churn__missing *missing)
{
    const churn__metric_bound *bound = &plan->bounds[metric];
    const churn__metric_set *set = &plan->sets[bound->set];
    cells out = {values, missing};
    window w = {.plan = plan, .bound = bound, .set = set, .range = range, .date = range->first};
    w.run = set->run == CHURN__METRIC_NONE ? NULL : &plan->runs[set->run];
    w.clip = CHURN_TIME_NONE;
    if (is_free(plan, bound)) {
        put_dates(&w, range->end, &out);
        return;
    }
    while (w.date < range->end && !plan->failed) {
        churn__missing reason = judge(&w);
        if (reason == CHURN__PRESENT) {
            put_dates(&w, w.date + 1, &out);
        } else {
            cell_put(&out, w.date++, churn__metric_no_value(reason));
        }
    }
}
