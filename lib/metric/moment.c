/* SPDX-License-Identifier: MIT */
#include "metric/records.h"

/* ---- money ---- */

churn__value churn__moment_money(const churn__moment *m, churn__missing reason, int64_t minor)
{
    return reason == CHURN__PRESENT ? churn__moment_number((double)minor / m->plan->money_scale)
                                    : churn__moment_none(reason);
}

churn__missing churn__moment_add_money(const churn__moment *m, uint32_t currency, int64_t amount,
                                       int64_t *sum)
{
    int64_t minor = 0;
    churn__missing reason =
        churn__exchange_minor(&m->plan->exchange[m->date], currency, amount, &minor);
    if (reason != CHURN__PRESENT) {
        return reason;
    }
    if (!churn__add_i64(*sum, minor, sum)) {
        churn__metric_overflow(m->plan, m->bound);
        return CHURN__NON_FINITE;
    }
    return CHURN__PRESENT;
}

/* ---- filters ---- */

bool churn__moment_fits(const churn__moment *m, uint32_t filter, uint32_t code)
{
    const churn__metric_list *codes = &m->bound->filters[filter];
    if (m->bound->def->filters[filter].count == 0) {
        return true;
    }
    for (uint32_t i = 0; i < codes->count; i++) {
        if (codes->items[i] == code) {
            return true;
        }
    }
    return false;
}

/* ---- statistics ---- */

void churn__moment_collect(churn__moment *m, size_t *count, double value)
{
    churn__metric_plan *plan = m->plan;
    void *data = plan->numbers;
    if (!churn__grow(plan->heap, &data, &plan->number_capacity, *count + 1, sizeof value)) {
        plan->failed = true;
        return;
    }
    plan->numbers = data;
    plan->numbers[(*count)++] = value;
}

static void sift(double *heap, size_t root, size_t n)
{
    const double moving = heap[root];
    for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        child += child + 1 < n && heap[child] < heap[child + 1];
        if (!(moving < heap[child])) {
            break;
        }
        heap[root] = heap[child];
        root = child;
    }
    heap[root] = moving;
}

/* In place, so that evaluation asks for no memory. */
static void heap_sort(double *values, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) {
        sift(values, i, n);
    }
    for (size_t last = n; last-- > 1;) {
        const double most = values[0];
        values[0] = values[last];
        values[last] = most;
        sift(values, 0, last);
    }
}

static double median_of(double *values, size_t n)
{
    heap_sort(values, n);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum / (double)n;
}

static double extreme_of(const double *values, size_t n, bool greatest)
{
    double found = values[0];
    for (size_t i = 1; i < n; i++) {
        bool further = greatest ? values[i] > found : values[i] < found;
        found = further ? values[i] : found;
    }
    return found;
}

churn__value churn__moment_statistic(churn__moment *m, size_t count)
{
    double *values = m->plan->numbers;
    if (count == 0) {
        return churn__moment_none(CHURN__EMPTY);
    }
    switch (m->bound->def->take) {
    case CHURN__TAKE_MEDIAN:
        return churn__moment_number(median_of(values, count));
    case CHURN__TAKE_MAX:
        return churn__moment_number(extreme_of(values, count, true));
    case CHURN__TAKE_MIN:
        return churn__moment_number(extreme_of(values, count, false));
    default:
        return churn__moment_number(mean_of(values, count));
    }
}

/* ---- counting ---- */

void churn__moment_count_begin(churn__moment *m, churn__moment_count *count)
{
    count->rows = 0;
    if (m->bound->def->per_user) {
        churn__metric_keys_reset(&m->plan->people);
    }
}

/* Rows of nobody in particular are not counted for anybody. */
void churn__moment_count_row(churn__moment *m, churn__moment_count *count, uint32_t user)
{
    size_t room = m->plan->people.count;
    count->rows++;
    if (!m->bound->def->per_user || user == CHURN__NO_CODE) {
        return;
    }
    uint32_t person = churn__metric_key(m->plan->heap, &m->plan->people, user);
    if (person == CHURN__METRIC_NONE) {
        m->plan->failed = true;
    } else if (person == room) {
        churn__moment_collect(m, &room, 1);
    } else {
        m->plan->numbers[person]++;
    }
}

churn__value churn__moment_count_end(churn__moment *m, const churn__moment_count *count)
{
    if (!m->bound->def->per_user) {
        return churn__moment_number(count->rows);
    }
    size_t people = m->plan->failed ? 0 : m->plan->people.count;
    return people == 0 ? churn__moment_number(0) : churn__moment_statistic(m, people);
}
