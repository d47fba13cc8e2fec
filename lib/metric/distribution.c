/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "metric/event_inside.h"

/*
 * Distributions: ranks, medians, spreads. The same numbers give the same answers to the bit, each
 * as often as it occurs or each once with its count: sums run over different numbers, ascending,
 * each times its count, and the median is the one of churn__metric_quantile().
 */

static uint64_t count_upto(const churn__distribution *d, uint32_t end)
{
    if (end == 0) {
        return 0;
    }
    return d->upto == NULL ? end : d->upto[end - 1];
}

/* How many places hold less than x, or at most x. */
static uint32_t places(const churn__distribution *d, double x, bool equal)
{
    uint32_t low = 0, n = d->value_count;
    while (n > 0) {
        uint32_t half = n / 2;
        double v = d->values[low + half];
        bool before = v < x || (equal && v == x);
        low = before ? low + half + 1 : low;
        n = before ? n - half - 1 : half;
    }
    return low;
}

/* The end of the run of equal numbers that begins at a place. */
static uint32_t run_end(const churn__distribution *d, uint32_t begin)
{
    uint32_t known = begin, reach = 1, n = d->value_count;
    if (begin == n || d->upto != NULL) {
        return begin < n ? begin + 1 : n;
    }
    while (n - known > reach && d->values[known + reach] == d->values[begin]) {
        known += reach;
        reach *= 2;
    }
    for (; reach > 0; reach /= 2) {
        if (n - known > reach && d->values[known + reach] == d->values[begin]) {
            known += reach;
        }
    }
    return known + 1;
}

double churn__distribution_rank(const churn__distribution *d, double x)
{
    uint32_t place = places(d, x, false);
    bool here = place < d->value_count && d->values[place] == x;
    uint64_t less = count_upto(d, place);
    uint64_t equal = here ? count_upto(d, run_end(d, place)) - less : 0;
    return ((double)less + (double)equal / 2) / (double)d->total;
}

bool churn__distribution_z(const churn__distribution *d, double x, double *out)
{
    /* 1 / qnorm(3/4), and sqrt(pi / 2): what makes both spreads a standard deviation of normal
     * numbers (Iglewicz and Hoaglin, How to detect and handle outliers, 1993). */
    double spread = d->mad > 0 ? 1.4826 * d->mad : 1.253314 * d->mean_dev;
    *out = 0;
    if (spread > 0) {
        *out = (x - d->median) / spread;
    }
    return spread > 0 || x == d->median;
}

/* ---- making ---- */

/* The number at a rank from 0 on. */
static double at_rank(const churn__distribution *d, uint64_t rank)
{
    if (d->upto == NULL) {
        return d->values[rank];
    }
    uint32_t low = 0, n = d->value_count;
    while (n > 0) {
        uint32_t half = n / 2;
        bool before = d->upto[low + half] <= rank;
        low = before ? low + half + 1 : low;
        n = before ? n - half - 1 : half;
    }
    return d->values[low];
}

static double between(double low, double high)
{
    return low + 0.5 * (high - low) + 0.0;
}

/* The number at the middle: of an odd number of them twice the same. */
static double median_of(const churn__distribution *d)
{
    double low = at_rank(d, (d->total - 1) / 2), high = at_rank(d, d->total / 2);
    return low == high ? low + 0.0 : between(low, high);
}

static uint64_t count_at(const churn__distribution *d, uint32_t i)
{
    return count_upto(d, i + 1) - count_upto(d, i);
}

/* The median of distances, in one walk from the median outwards. */
static double mad_of(const churn__distribution *d)
{
    uint32_t right = places(d, d->median, true), left = right;
    uint64_t passed = 0;
    double low = 0, distance = 0;
    bool found = false;
    while (passed <= d->total / 2) {
        bool some_left = left > 0, some_right = right < d->value_count;
        double to_left = some_left ? d->median - d->values[left - 1] : 0;
        double to_right = some_right ? d->values[right] - d->median : 0;
        bool go_left = some_left && (!some_right || to_left <= to_right);
        distance = go_left ? to_left : to_right;
        passed += go_left ? count_at(d, --left) : count_at(d, right++);
        if (!found && passed > (d->total - 1) / 2) {
            low = distance;
            found = true;
        }
    }
    return low == distance ? low : between(low, distance);
}

/* Ascending, each number times its count. */
static double mean_dev_of(const churn__distribution *d)
{
    double sum = 0;
    for (uint32_t i = 0; i < d->value_count;) {
        uint32_t end = i + 1;
        while (d->upto == NULL && end < d->value_count && d->values[end] == d->values[i]) {
            end++;
        }
        sum += (double)(count_upto(d, end) - count_upto(d, i)) * fabs(d->values[i] - d->median);
        i = end;
    }
    return sum / (double)d->total;
}

void churn__distribution_over(const double *values, const uint64_t *upto, uint32_t n,
                              churn__distribution *out)
{
    *out = (churn__distribution){.values = values, .upto = upto, .value_count = n};
    if (n > 0) {
        out->total = count_upto(out, n);
        out->median = median_of(out);
        out->mad = mad_of(out);
        out->mean_dev = mean_dev_of(out);
    }
}

void churn__distribution_make(const double *values, const uint64_t *counts, uint32_t n,
                              uint64_t *upto, churn__distribution *out)
{
    uint64_t total = 0;
    for (uint32_t i = 0; counts != NULL && i < n; i++) {
        total += counts[i];
        upto[i] = total;
    }
    churn__distribution_over(values, counts == NULL ? NULL : upto, n, out);
}

/* ---- order ---- */

#define SIGN (UINT64_C(1) << 63)
#define BYTES 8u
#define FEW 256u

/* Whole numbers in the order of the doubles, and back. */
static uint64_t key_of(double x)
{
    uint64_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    return bits & SIGN ? ~bits : bits | SIGN;
}

static double of_key(uint64_t key)
{
    double x = 0;
    uint64_t bits = key & SIGN ? key ^ SIGN : ~key;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* One pass of a radix sort; `starts` is used up. */
static void radix_pass(const uint64_t *from, uint64_t *to, size_t n, unsigned byte, size_t *starts)
{
    size_t sum = 0;
    for (uint32_t i = 0; i < 256; i++) {
        size_t count = starts[i];
        starts[i] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++) {
        to[starts[(from[i] >> (8 * byte)) & 255]++] = from[i];
    }
}

/* Two arrays of n keys; says which of them holds the result. Bytes in which all agree are skipped:
 * numbers of events have few others. */
static uint64_t *radix_sort(uint64_t *keys, uint64_t *other, size_t n)
{
    for (unsigned byte = 0; byte < BYTES; byte++) {
        size_t counts[256] = {0};
        for (size_t i = 0; i < n; i++) {
            counts[(keys[i] >> (8 * byte)) & 255]++;
        }
        if (counts[(keys[0] >> (8 * byte)) & 255] == n) {
            continue;
        }
        radix_pass(keys, other, n, byte, counts);
        uint64_t *turned = keys;
        keys = other;
        other = turned;
    }
    return keys;
}

bool churn__distribution_sort(churn__heap *heap, double *values, size_t n)
{
    if (n <= FEW) {
        churn__metric_sort_numbers(values, (uint32_t)n);
        return true;
    }
    size_t room = 0;
    uint64_t *keys =
        churn__mul_size(n, 2, &room) ? churn__alloc_array(heap, room, sizeof *keys) : NULL;
    if (keys == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        keys[i] = key_of(values[i] + 0.0);
    }
    const uint64_t *sorted = radix_sort(keys, keys + n, n);
    for (size_t i = 0; i < n; i++) {
        values[i] = of_key(sorted[i]);
    }
    churn__free_array(heap, keys, room, sizeof *keys);
    return true;
}
