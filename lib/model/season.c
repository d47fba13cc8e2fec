/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/model.h"

/* The average of `period` values around i, of which the two outermost count half where the period
 * is even; NaN where one of them is missing. */
static double centred(const double *values, uint32_t period, size_t i)
{
    size_t half = period / 2;
    double sum = 0;
    for (size_t j = i - half; j <= i + half; j++) {
        bool outermost = period % 2 == 0 && (j == i - half || j == i + half);
        sum += outermost ? values[j] / 2 : values[j];
    }
    return sum / period;
}

static bool all_positive(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i] <= 0) {
            return false;
        }
    }
    return true;
}

/* The median of what position `at` is against the average; NaN: it never has both. */
static double position_index(const double *values, size_t n, uint32_t period, uint32_t at,
                             bool ratio, double *room)
{
    size_t half = period / 2, count = 0;
    for (size_t i = at; i < n; i += period) {
        if (i < half || i + half >= n) {
            continue;
        }
        double trend = centred(values, period, i);
        double index = ratio ? values[i] / trend : values[i] - trend;
        if (!isnan(index)) {
            room[count++] = index;
        }
    }
    return count == 0 ? (double)NAN : churn__median(room, count);
}

/* Indices say what a position has more than the others: 1 on average, or 0. */
static void balance(double *index, uint32_t period, bool ratio)
{
    double sum = 0;
    for (uint32_t i = 0; i < period; i++) {
        sum += index[i];
    }
    double mean = sum / period;
    for (uint32_t i = 0; i < period; i++) {
        index[i] = ratio ? index[i] / mean : index[i] - mean;
    }
}

static bool find_indices(const double *values, size_t n, uint32_t period, bool ratio, double *index,
                         double *room)
{
    for (uint32_t i = 0; i < period; i++) {
        index[i] = position_index(values, n, period, i, ratio, room);
        if (isnan(index[i])) {
            return false;
        }
    }
    balance(index, period, ratio);
    return true;
}

churn_status churn__season_adjust(churn__heap *heap, const double *values, size_t n,
                                  uint32_t period, double *adjusted, bool *done, churn_error *err)
{
    size_t cycles = period < 2 ? 0 : n / period + 1;
    double *index = NULL, *room = NULL;
    churn_status st = CHURN_OK;
    *done = false;
    if (period < 2 || n / 2 < period) {
        return CHURN_OK;
    }
    bool ratio = all_positive(values, n);
    index = churn__alloc_array(heap, period, sizeof *index);
    room = churn__alloc_array(heap, cycles, sizeof *room);
    if (index == NULL || room == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    *done = find_indices(values, n, period, ratio, index, room);
    for (size_t i = 0; *done && i < n; i++) {
        double by = index[i % period];
        adjusted[i] = ratio ? values[i] / by : values[i] - by;
    }
done:
    churn__free_array(heap, index, period, sizeof *index);
    churn__free_array(heap, room, cycles, sizeof *room);
    return st;
}
