/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "metric/event_inside.h"

/* Aggregates over what events give: sums, order statistics, first and last. */

static churn__value unseen(const churn__metric_view *view)
{
    bool never = !view->bound->def->has_window;
    if (never && view->bound->from > view->since && !view->bound->def->clip) {
        return churn__metric_absent(CHURN__SHORT_HISTORY_FROM); /* it may have been before */
    }
    return churn__metric_absent(never ? CHURN__NEVER : CHURN__EMPTY);
}

/* ---- numbers ---- */

bool churn__metric_number_room(churn__metric_plan *plan, size_t n)
{
    struct churn__metric_general *g = plan->general;
    void *numbers = g->numbers;
    if (!churn__grow(plan->heap, &numbers, &g->number_capacity, n + 1, sizeof *g->numbers)) {
        plan->failed = true;
        return false;
    }
    g->numbers = numbers;
    return true;
}

uint32_t churn__metric_numbers(const churn__metric_view *view)
{
    uint32_t n = 0;
    if (!churn__metric_number_room(view->plan, view->count)) {
        return 0;
    }
    double *numbers = view->plan->general->numbers;
    for (uint32_t i = 0; i < view->count; i++) {
        if (view->rows[i].given) {
            numbers[n++] = view->rows[i].item.number;
        }
    }
    return n;
}

/* Puts numbers[at] where it belongs in a heap of n, the greatest on top. */
static void numbers_sink(double *numbers, uint32_t n, uint32_t at)
{
    double moving = numbers[at];
    for (uint32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && numbers[child + 1] > numbers[child];
        if (moving >= numbers[child]) {
            break;
        }
        numbers[at] = numbers[child];
        at = child;
    }
    numbers[at] = moving;
}

static void numbers_insert(double *numbers, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        double moving = numbers[i];
        uint32_t at = i;
        for (; at > 0 && numbers[at - 1] > moving; at--) {
            numbers[at] = numbers[at - 1];
        }
        numbers[at] = moving;
    }
}

#define NUMBERS_FEW 24

/* Heap sort: in place, n log n at worst. Equal numbers are the same but for the sign of 0, which
 * nothing below shows. */
void churn__metric_sort_numbers(double *numbers, uint32_t n)
{
    if (n <= NUMBERS_FEW) {
        numbers_insert(numbers, n);
        return;
    }
    for (uint32_t i = n / 2; i-- > 0;) {
        numbers_sink(numbers, n, i);
    }
    for (uint32_t i = n; i-- > 1;) {
        double top = numbers[0];
        numbers[0] = numbers[i];
        numbers[i] = top;
        numbers_sink(numbers, i, 0);
    }
}

double churn__metric_quantile(const double *sorted, uint32_t n, double q)
{
    double at = (n - 1.0) * q, low = floor(at);
    uint32_t i = (uint32_t)low;
    double value = sorted[i];
    if (i + 1 < n && at > low) {
        value += (at - low) * (sorted[i + 1] - sorted[i]);
    }
    return value + 0.0;
}

static churn__value view_quantile(const churn__metric_view *view, double q)
{
    uint32_t n = churn__metric_numbers(view);
    double *numbers = view->plan->general->numbers;
    if (n == 0) {
        return churn__metric_absent(CHURN__EMPTY);
    }
    churn__metric_sort_numbers(numbers, n);
    return churn__metric_double(churn__metric_quantile(numbers, n, q));
}

/* Two passes: what is far from 0 and near together keeps its digits. */
static churn__value view_stddev(const churn__metric_view *view)
{
    uint32_t n = churn__metric_numbers(view);
    const double *numbers = view->plan->general->numbers;
    double sum = 0, squares = 0;
    if (n < 2) {
        return churn__metric_absent(CHURN__EMPTY);
    }
    for (uint32_t i = 0; i < n; i++) {
        sum += numbers[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        squares += (numbers[i] - sum / n) * (numbers[i] - sum / n);
    }
    return churn__metric_double(sqrt(squares / (n - 1.0)));
}

static churn__value view_extreme(const churn__metric_view *view, double sign)
{
    uint32_t n = churn__metric_numbers(view);
    const double *numbers = view->plan->general->numbers;
    if (n == 0) {
        return churn__metric_absent(CHURN__EMPTY);
    }
    double best = numbers[0];
    for (uint32_t i = 1; i < n; i++) {
        best = numbers[i] * sign > best * sign ? numbers[i] : best;
    }
    return churn__metric_double(best + 0.0);
}

/* ---- sums ---- */

static churn__value view_sum(const churn__metric_view *view, bool mean)
{
    uint32_t n = churn__metric_numbers(view);
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += view->plan->general->numbers[i];
    }
    if (mean && n == 0) {
        return churn__metric_absent(CHURN__EMPTY);
    }
    return churn__metric_double(mean ? sum / n : sum);
}

#define WHOLE_LIMIT 9223372036854775808.0 /* 2^63 */

static bool whole_of(double value, double unit, int64_t *out)
{
    double whole = round(value * unit);
    if (!(whole > -WHOLE_LIMIT && whole < WHOLE_LIMIT)) {
        return false;
    }
    *out = (int64_t)whole;
    return true;
}

/* Each value is rounded once to its unit, half away from zero; the rest is whole numbers. */
static churn__value view_sum_exact(const churn__metric_view *view)
{
    double unit = 1;
    int64_t sum = 0;
    for (uint32_t i = 0; i < view->bound->def->scale; i++) {
        unit *= 10;
    }
    for (uint32_t i = 0; i < view->count; i++) {
        int64_t whole = 0;
        if (!view->rows[i].given) {
            continue;
        }
        if (!whole_of(view->rows[i].item.number, unit, &whole) ||
            !churn__add_i64(sum, whole, &sum)) {
            churn__metric_overflow(view->plan, view->bound);
            return churn__metric_absent(CHURN__NON_FINITE);
        }
    }
    return churn__metric_double((double)sum / unit);
}

/* ---- first and last ---- */

static churn__value view_first(const churn__metric_view *view)
{
    for (uint32_t i = 0; i < view->count; i++) {
        if (churn__metric_row_given(view, &view->rows[i])) {
            return churn__metric_row_value(view, &view->rows[i]);
        }
    }
    return unseen(view);
}

static churn__value view_last(const churn__metric_view *view)
{
    for (uint32_t i = view->count; i-- > 0;) {
        if (churn__metric_row_given(view, &view->rows[i])) {
            return churn__metric_row_value(view, &view->rows[i]);
        }
    }
    return unseen(view);
}

churn__value churn__metric_order_value(const churn__metric_view *view)
{
    const churn__metric_def *def = view->bound->def;
    switch (def->what) {
    case CHURN__AGG_SUM:
        return def->has_scale ? view_sum_exact(view) : view_sum(view, false);
    case CHURN__AGG_MEAN:
        return view_sum(view, true);
    case CHURN__AGG_MIN:
        return view_extreme(view, -1);
    case CHURN__AGG_MAX:
        return view_extreme(view, 1);
    case CHURN__AGG_MEDIAN:
        return view_quantile(view, 0.5);
    case CHURN__AGG_QUANTILE:
        return view_quantile(view, def->q);
    case CHURN__AGG_STDDEV:
        return view_stddev(view);
    case CHURN__AGG_FIRST:
        return view_first(view);
    default:
        return view_last(view);
    }
}
