/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "metric/metric_inside.h"

/* Aggregates over the events of the customer in hand, as docs/reference/semantics.md defines them.
 * What is not exact by nature is computed from the window's events alone, oldest to newest, so that
 * the bits depend on nothing else. */

/* One metric at one date. */
typedef struct window {
    const churn__metric_plan *plan;
    const churn__metric_bound *bound;
    const churn__metric_set *set;
    const churn__metric_run *run; /* NULL: the customer has no such events */
    uint32_t date;
    churn_time end, clip; /* clip: CHURN_TIME_NONE or where the window begins instead */
} window;

typedef struct span {
    uint32_t begin, end;
} span;

static uint32_t span_clip(const window *w, const churn__metric_run *run, uint32_t begin)
{
    uint32_t clipped = churn__metric_first_from(run->at, run->count, w->clip);
    return clipped > begin ? clipped : begin;
}

static span window_span(const window *w, const churn__metric_run *run)
{
    span s = {0, 0};
    if (run == NULL) {
        return s;
    }
    s.end = run->pos[w->bound->high[w->date]];
    s.begin = w->bound->low == NULL ? 0 : run->pos[w->bound->low[w->date]];
    if (w->clip != CHURN_TIME_NONE) {
        s.begin = span_clip(w, run, s.begin);
    }
    s.begin = s.begin < s.end ? s.begin : s.end;
    return s;
}

/* ---- counts ---- */

static double window_count(const window *w)
{
    span s = window_span(w, w->run);
    return s.end - s.begin;
}

static double window_types(const window *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->set->member_count; i++) {
        span s = window_span(w, &w->plan->runs[w->set->members[i]]);
        n += s.begin < s.end;
    }
    return n;
}

/* ---- distinct ---- */

/* The small numbers that a metric counts. */
static const uint32_t *tally_numbers(const window *w)
{
    const churn__metric_def *def = w->bound->def;
    if (w->run == NULL) {
        return NULL;
    }
    if (def->what == CHURN__AGG_ACTIVE_DAYS) {
        return w->run->day;
    }
    return def->of == CHURN__OF_USER ? w->run->user : w->run->key;
}

/* How many of them there are. */
static size_t tally_limit(const window *w)
{
    const churn__metric_def *def = w->bound->def;
    if (def->what == CHURN__AGG_ACTIVE_DAYS) {
        return (size_t)w->plan->days.count + 4;
    }
    return def->of == CHURN__OF_USER ? w->plan->users.count : w->plan->values.count;
}

static void tally_enter(churn__metric_tally *tally, const uint32_t *numbers, uint32_t from,
                        uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (numbers[i] != CHURN__METRIC_NONE) {
            tally->distinct += tally->counts[numbers[i]]++ == 0;
        }
    }
}

static void tally_leave(churn__metric_tally *tally, const uint32_t *numbers, uint32_t from,
                        uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (numbers[i] != CHURN__METRIC_NONE) {
            tally->distinct -= --tally->counts[numbers[i]] == 0;
        }
    }
}

/* From what is counted now to another window, which is mostly a little later. */
static double window_distinct(const window *w, churn__metric_tally *tally)
{
    const uint32_t *numbers = tally_numbers(w);
    span s = window_span(w, w->run);
    if (s.begin < tally->from || s.begin >= tally->to || s.end < tally->to) {
        tally_leave(tally, numbers, tally->from, tally->to);
        tally_enter(tally, numbers, s.begin, s.end);
    } else {
        tally_leave(tally, numbers, tally->from, s.begin);
        tally_enter(tally, numbers, tally->to, s.end);
    }
    tally->from = s.begin;
    tally->to = s.end;
    return tally->distinct;
}

static bool counts_distinct(const churn__metric_def *def)
{
    return def->what == CHURN__AGG_ACTIVE_DAYS ||
           (def->what == CHURN__AGG_DISTINCT && def->of != CHURN__OF_TYPE);
}

static void tally_begin(churn__metric_plan *plan, const window *w)
{
    churn__metric_tally *tally = &plan->tally;
    size_t old = tally->capacity;
    void *counts = tally->counts;
    if (!churn__grow(plan->heap, &counts, &tally->capacity, tally_limit(w),
                     sizeof *tally->counts)) {
        plan->failed = true;
        return;
    }
    tally->counts = counts;
    for (size_t i = old; i < tally->capacity; i++) {
        tally->counts[i] = 0;
    }
}

/* Leaves all counts zero. */
static void tally_end(churn__metric_plan *plan, const window *w)
{
    tally_leave(&plan->tally, tally_numbers(w), plan->tally.from, plan->tally.to);
    plan->tally.from = plan->tally.to = 0;
}

/* ---- values ---- */

typedef struct total {
    double sum;
    uint32_t count;
} total;

static total window_total(const window *w)
{
    total t = {0, 0};
    span s = window_span(w, w->run);
    for (uint32_t i = s.begin; i < s.end; i++) {
        if (!isnan(w->run->value[i])) {
            t.sum += w->run->value[i];
            t.count++;
        }
    }
    return t;
}

static churn__metric_cell window_mean(const window *w)
{
    total t = window_total(w);
    return t.count == 0 ? churn__metric_no_value(CHURN__EMPTY)
                        : churn__metric_value(t.sum / t.count);
}

/* The greatest value, or the greatest of the negated ones. */
static churn__metric_cell window_extreme(const window *w, double sign)
{
    double best = -(double)INFINITY;
    span s = window_span(w, w->run);
    for (uint32_t i = s.begin; i < s.end; i++) {
        best = w->run->value[i] * sign > best ? w->run->value[i] * sign : best;
    }
    return isinf(best) ? churn__metric_no_value(CHURN__EMPTY)
                       : churn__metric_value(best * sign + 0.0);
}

/* ---- days since ---- */

static churn__metric_cell never_value(const window *w, churn_time since)
{
    const churn__metric_bound *bound = w->bound;
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
    if (start > w->end) { /* neither seen yet */
        return churn__metric_no_value(bound->from > w->end ? churn__metric_short(bound, since)
                                                           : CHURN__NEVER);
    }
    return churn__metric_value((double)churn__floor_div(w->end - start, CHURN__DAY));
}

static churn__metric_cell window_days_since(const window *w, churn_time since)
{
    span s = window_span(w, w->run);
    if (s.begin == s.end) {
        return never_value(w, since);
    }
    return churn__metric_value(
        (double)churn__floor_div(w->end - w->run->at[s.end - 1], CHURN__DAY));
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
static churn__metric_cell window_trend(const window *w, churn_time since)
{
    const churn__metric_def *def = w->bound->def;
    const uint32_t *cuts = w->bound->low + (size_t)w->date * ((size_t)def->buckets + 1);
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

static churn__metric_cell window_value(churn__metric_plan *plan, const window *w, churn_time since)
{
    const churn__metric_def *def = w->bound->def;
    switch (def->what) {
    case CHURN__AGG_COUNT:
        return churn__metric_value(window_count(w));
    case CHURN__AGG_DISTINCT:
        return churn__metric_value(def->of == CHURN__OF_TYPE ? window_types(w)
                                                             : window_distinct(w, &plan->tally));
    case CHURN__AGG_ACTIVE_DAYS:
        return churn__metric_value(window_distinct(w, &plan->tally));
    case CHURN__AGG_SUM:
        return churn__metric_value(window_total(w).sum);
    case CHURN__AGG_MEAN:
        return window_mean(w);
    case CHURN__AGG_MIN:
        return window_extreme(w, -1);
    case CHURN__AGG_MAX:
        return window_extreme(w, 1);
    case CHURN__AGG_DAYS_SINCE:
        return window_days_since(w, since);
    case CHURN__AGG_TREND:
        return window_trend(w, since);
    default:
        return churn__metric_no_value(CHURN__NOT_PROVIDED);
    }
}

/* Both ends of a window are cuts. */
static churn__metric_cell window_cell(churn__metric_plan *plan, window *w)
{
    const churn__metric_bound *bound = w->bound;
    churn_time since = plan->needs_since ? plan->since[w->date] : CHURN_TIME_NONE;
    churn__missing reason = bound->block[w->date];
    w->end = plan->cuts[bound->high[w->date]];
    w->clip = CHURN_TIME_NONE;
    if (reason == CHURN__PRESENT && bound->def->has_window &&
        bound->def->what != CHURN__AGG_TREND) {
        churn_time start = plan->cuts[bound->low[w->date]];
        reason = churn__metric_history(bound, since, start, &w->clip);
    }
    return reason == CHURN__PRESENT ? window_value(plan, w, since) : churn__metric_no_value(reason);
}

void churn__metric_aggregate(churn__metric_plan *plan, uint32_t metric,
                             const churn__metric_range *range, churn__metric_cell *out)
{
    const churn__metric_bound *bound = &plan->bounds[metric];
    const churn__metric_set *set = &plan->sets[bound->set];
    window w = {.plan = plan, .bound = bound, .set = set};
    w.run = set->run == CHURN__METRIC_NONE ? NULL : &plan->runs[set->run];
    bool distinct = counts_distinct(bound->def);
    if (distinct) {
        tally_begin(plan, &w);
    }
    for (w.date = range->first; w.date < range->end && !plan->failed; w.date++) {
        out[w.date] = window_cell(plan, &w);
    }
    if (distinct && !plan->failed) {
        tally_end(plan, &w);
    }
}
