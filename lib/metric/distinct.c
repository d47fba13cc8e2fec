/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "metric/metric_inside.h"

/*
 * How many different users, days or values lie in each of many windows.
 *
 * An event is the one by which its number is counted in a window if no event of the same number
 * comes before it there: the window begins after the place of the number's last event before, and
 * not after the event's own, and ends after it. Where windows move forward with the dates, these
 * are the dates of one stretch, of which only the ends are noted: each event costs the same,
 * however many windows it lies in, and events of one place may come in any order.
 */

/* The small numbers that a metric counts. */
static const uint32_t *numbers_of(const churn__metric_window *w)
{
    const churn__metric_def *def = w->bound->def;
    if (def->what == CHURN__AGG_ACTIVE_DAYS) {
        return w->run->day;
    }
    return def->of == CHURN__OF_USER ? w->run->user : w->run->key;
}

/* How many of them there are. */
static size_t number_limit(const churn__metric_window *w)
{
    const churn__metric_def *def = w->bound->def;
    if (def->what == CHURN__AGG_ACTIVE_DAYS) {
        return (size_t)w->plan->days.count + CHURN__METRIC_DAYS_AROUND;
    }
    return def->of == CHURN__OF_USER ? w->plan->users.count : w->plan->values.count;
}

static bool marks_fit(churn__metric_plan *plan, size_t n)
{
    churn__metric_marks *marks = &plan->marks;
    size_t old = marks->capacity;
    void *of = marks->of;
    if (!churn__grow(plan->heap, &of, &marks->capacity, n, sizeof *marks->of)) {
        plan->failed = true;
        return false;
    }
    marks->of = of;
    for (size_t i = old; i < marks->capacity; i++) {
        marks->of[i] = 0;
    }
    return true;
}

/* Only what was marked is visited: there may be far more days than a customer has events. */
static void marks_clear(uint32_t *marks, const uint32_t *numbers, churn__metric_span s)
{
    for (uint32_t i = s.begin; i < s.end; i++) {
        if (numbers[i] != CHURN__METRIC_NONE) {
            marks[numbers[i]] = 0;
        }
    }
}

/* One window, as it is defined. */
static uint32_t count_window(const churn__metric_window *w, const uint32_t *numbers)
{
    uint32_t *marks = w->plan->marks.of;
    uint32_t count = 0;
    churn__metric_span s = churn__metric_window_span(w, w->run);
    for (uint32_t i = s.begin; i < s.end; i++) {
        if (numbers[i] != CHURN__METRIC_NONE) {
            count += marks[numbers[i]] == 0;
            marks[numbers[i]] = 1;
        }
    }
    marks_clear(marks, numbers, s);
    return count;
}

/* Notes at which dates each event begins and ceases to be the one that counts. A number's mark is
 * the place of its last event; nothing is before place 0, as nothing is in it that counts. */
static void note_steps(const churn__metric_window *w, const uint32_t *numbers)
{
    const uint32_t *first_low = w->bound->first_low, *first_high = w->bound->first_high;
    const uint32_t *places = w->run->place;
    uint32_t *marks = w->plan->marks.of;
    int32_t *steps = w->plan->steps;
    for (uint32_t i = 0; i < w->run->count; i++) {
        if (numbers[i] == CHURN__METRIC_NONE) {
            continue;
        }
        uint32_t place = places[i], before = marks[numbers[i]];
        uint32_t low = first_low[before], high = first_high[place];
        uint32_t from = low > high ? low : high, to = first_low[place];
        marks[numbers[i]] = place;
        steps[from] += from < to;
        steps[to] -= from < to;
    }
    marks_clear(marks, numbers, (churn__metric_span){0, w->run->count});
}

static void count_sliding(const churn__metric_window *w, const uint32_t *numbers, uint32_t end,
                          double *values)
{
    int32_t *steps = w->plan->steps;
    int32_t count = 0;
    note_steps(w, numbers);
    for (uint32_t date = 0; date < end; date++) {
        count += steps[date];
        if (date >= w->date) {
            values[date] = count;
        }
    }
    memset(steps, 0, ((size_t)w->plan->date_count + 1) * sizeof *steps);
}

void churn__metric_distinct(churn__metric_window *w, uint32_t end, double *values)
{
    const uint32_t *numbers = w->run == NULL ? NULL : numbers_of(w);
    if (w->run != NULL && !marks_fit(w->plan, number_limit(w))) {
        return;
    }
    bool whole = w->range == &w->plan->whole && w->clip == CHURN_TIME_NONE;
    if (w->run != NULL && whole && end - w->date > 1 && w->bound->first_low != NULL) {
        count_sliding(w, numbers, end, values);
        return;
    }
    for (; w->date < end; w->date++) {
        values[w->date] = w->run == NULL ? 0 : count_window(w, numbers);
    }
}
