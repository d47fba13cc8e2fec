/* SPDX-License-Identifier: MIT */
#include "engine/family.h"

#include <math.h>

/*
 * One number from the scores of many. Sums run in the order of ids, those of sorted scores from
 * the lowest, so that the bits depend on nothing else.
 */

/* ---- order ---- */

static void sift(double *values, uint32_t at, uint32_t n)
{
    double one = values[at];
    for (uint32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && values[child + 1] > values[child];
        if (values[child] <= one) {
            break;
        }
        values[at] = values[child];
        at = child;
    }
    values[at] = one;
}

/* In place. n is below 2^31: customers are numbers of 32 bits, and each has one parent. */
static void sort_values(double *values, uint32_t n)
{
    for (uint32_t i = n / 2; i > 0; i--) {
        sift(values, i - 1, n);
    }
    for (uint32_t end = n; end > 1; end--) {
        double most = values[0];
        values[0] = values[end - 1];
        values[end - 1] = most;
        sift(values, 0, end - 1);
    }
}

/* ---- taking ---- */

static double mean_of(const double *values, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum / n;
}

static double weight_of(const double *weights, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += weights[i];
    }
    return sum;
}

/* Where all weigh nothing, they weigh the same. */
static double weighted_mean(const double *values, const double *weights, uint32_t n)
{
    double sum = 0, weight = weight_of(weights, n);
    if (!(weight > 0)) {
        return mean_of(values, n);
    }
    for (uint32_t i = 0; i < n; i++) {
        sum += weights[i] * values[i];
    }
    return sum / weight;
}

static double least_of(const double *values, uint32_t n)
{
    double least = values[0];
    for (uint32_t i = 1; i < n; i++) {
        least = values[i] < least ? values[i] : least;
    }
    return least;
}

static double greatest_of(const double *values, uint32_t n)
{
    double greatest = values[0];
    for (uint32_t i = 1; i < n; i++) {
        greatest = values[i] > greatest ? values[i] : greatest;
    }
    return greatest;
}

/* By linear interpolation: type 7 of Hyndman and Fan (1996). */
static double quantile_of(const double *sorted, uint32_t n, double q)
{
    double at = (n - 1.0) * q, low = floor(at);
    uint32_t i = (uint32_t)low;
    return i + 1 < n && at > low ? sorted[i] + (at - low) * (sorted[i + 1] - sorted[i]) : sorted[i];
}

static uint32_t worst_count(const churn__roll_up_def *def, uint32_t n)
{
    uint32_t k = def->k > 0 ? def->k : 1;
    return k < n ? k : n;
}

static double quantile_share(const churn__roll_up_def *def)
{
    return def->take == CHURN__ROLL_UP_MEDIAN ? 0.5 : def->q;
}

churn__missing churn__family_take(const churn__roll_up_def *def, double *values,
                                  const double *weights, uint32_t n, double *out)
{
    *out = 0;
    if (n == 0) {
        return CHURN__EMPTY;
    }
    switch (def->take) {
    case CHURN__ROLL_UP_MEAN:
        *out = mean_of(values, n);
        break;
    case CHURN__ROLL_UP_MRR:
        *out = weighted_mean(values, weights, n);
        break;
    case CHURN__ROLL_UP_MAX:
        *out = greatest_of(values, n);
        break;
    case CHURN__ROLL_UP_MEDIAN:
    case CHURN__ROLL_UP_QUANTILE:
        sort_values(values, n);
        *out = quantile_of(values, n, quantile_share(def));
        break;
    case CHURN__ROLL_UP_WORST:
        sort_values(values, n);
        *out = mean_of(values, worst_count(def, n));
        break;
    default: /* the least; of ANY 0 where one is in the band */
        *out = least_of(values, n);
        break;
    }
    return CHURN__PRESENT;
}

/* ---- shares ---- */

/* Indexes by value, equal ones as they stand: heaps do not keep that, so the index breaks ties. */
static bool is_more(const double *values, uint32_t a, uint32_t b)
{
    return values[a] != values[b] ? values[a] > values[b] : a > b;
}

static void sift_index(const double *values, uint32_t *order, uint32_t at, uint32_t n)
{
    uint32_t one = order[at];
    for (uint32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && is_more(values, order[child + 1], order[child]);
        if (!is_more(values, order[child], one)) {
            break;
        }
        order[at] = order[child];
        at = child;
    }
    order[at] = one;
}

static void sort_indexes(const double *values, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        order[i] = i;
    }
    for (uint32_t i = n / 2; i > 0; i--) {
        sift_index(values, order, i - 1, n);
    }
    for (uint32_t end = n; end > 1; end--) {
        uint32_t most = order[0];
        order[0] = order[end - 1];
        order[end - 1] = most;
        sift_index(values, order, 0, end - 1);
    }
}

static void share_quantile(const churn__roll_up_def *def, const uint32_t *order, uint32_t n,
                           double *shares)
{
    double at = (n - 1.0) * quantile_share(def), low = floor(at);
    uint32_t i = (uint32_t)low;
    shares[order[i]] = i + 1 < n ? 1 - (at - low) : 1;
    if (i + 1 < n && at > low) {
        shares[order[i + 1]] = at - low;
    }
}

static void share_all(const double *weights, uint32_t n, double *shares)
{
    double weight = weights == NULL ? 0 : weight_of(weights, n);
    for (uint32_t i = 0; i < n; i++) {
        shares[i] = weight > 0 ? weights[i] / weight : 1.0 / n;
    }
}

/* Those that are the outcome: in the band, or all where nobody is. */
static void share_least(const double *values, uint32_t n, double *shares)
{
    double least = least_of(values, n);
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        count += values[i] == least;
    }
    for (uint32_t i = 0; i < n; i++) {
        shares[i] = values[i] == least ? 1.0 / count : 0;
    }
}

void churn__family_shares(const churn__roll_up_def *def, const double *values,
                          const double *weights, uint32_t n, uint32_t *room, double *shares)
{
    if (n == 0) {
        return;
    }
    if (def->take == CHURN__ROLL_UP_MEAN || def->take == CHURN__ROLL_UP_MRR) {
        share_all(weights, n, shares);
        return;
    }
    if (def->take == CHURN__ROLL_UP_ANY) {
        share_least(values, n, shares);
        return;
    }
    sort_indexes(values, room, n);
    for (uint32_t i = 0; i < n; i++) {
        shares[i] = 0;
    }
    switch (def->take) {
    case CHURN__ROLL_UP_MIN:
        shares[room[0]] = 1;
        break;
    case CHURN__ROLL_UP_MAX: { /* of equal ones the first */
        uint32_t at = n - 1;
        while (at > 0 && !(values[room[at - 1]] < values[room[at]])) {
            at--;
        }
        shares[room[at]] = 1;
        break;
    }
    case CHURN__ROLL_UP_WORST:
        for (uint32_t i = 0, k = worst_count(def, n); i < k; i++) {
            shares[room[i]] = 1.0 / k;
        }
        break;
    default:
        share_quantile(def, room, n, shares);
        break;
    }
}
