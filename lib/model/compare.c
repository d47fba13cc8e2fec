/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/sort.h"
#include "model/inside.h"

double churn__two_sided(double z)
{
    double p = 2.0 * churn__normal_cdf(-fabs(z));
    return p > 1.0 ? 1.0 : p;
}

/* ---- net promoter scores ---- */

static double nps_variance(double promoters, double detractors, double n)
{
    double p = promoters / n, d = detractors / n;
    return p + d - (p - d) * (p - d);
}

churn__nps churn__nps_of(int64_t promoters, int64_t detractors, int64_t n, double z)
{
    double p = (double)promoters + 0.75, d = (double)detractors + 0.75, m = (double)n + 3.0;
    double middle = (p - d) / m, half = z * sqrt(nps_variance(p, d, m) / m);
    churn__nps nps = {.value = (double)(promoters - detractors) / (double)n,
                      .low = middle - half,
                      .high = middle + half};
    nps.variance = nps_variance((double)promoters, (double)detractors, (double)n) / (double)n;
    nps.adjusted = nps_variance(p, d, m) / m;
    return nps;
}

churn__change churn__nps_change(const churn__nps *a, const churn__nps *b, double z)
{
    double variance = a->variance + b->variance;
    if (variance <= 0) {
        variance =
            a->adjusted + b->adjusted; /* all of one sort, twice: pretend as the interval does */
    }
    double se = sqrt(variance), difference = a->value - b->value;
    churn__change change = {.value = difference,
                            .low = difference - z * se,
                            .high = difference + z * se,
                            .z = difference / se};
    change.p = churn__two_sided(change.z);
    return change;
}

/* ---- shares and means ---- */

#define LEAST_EXPECTED                                                        \
    5.0 /* below it Pearson's chi-squared is not to be trusted (Cochran 1954) \
         */

bool churn__share_is_small(int64_t x1, int64_t n1, int64_t x2, int64_t n2)
{
    double all = (double)n1 + (double)n2, hits = (double)x1 + (double)x2;
    double fewer = hits < all - hits ? hits : all - hits;
    double smaller = (double)(n1 < n2 ? n1 : n2);
    return fewer * smaller / all < LEAST_EXPECTED;
}

churn__change churn__share_change(int64_t x1, int64_t n1, int64_t x2, int64_t n2, double z)
{
    churn__interval i = churn__newcombe(x1, n1, x2, n2, z);
    churn__change change = {.value = (double)x1 / (double)n1 - (double)x2 / (double)n2,
                            .low = i.low,
                            .high = i.high,
                            .p = 1.0};
    double chi2 = churn__difference_chi2(x1, n1, x2, n2);
    if (isnan(chi2)) {
        return change; /* all or none of both */
    }
    change.z = copysign(sqrt(chi2), change.value);
    change.p = churn__share_is_small(x1, n1, x2, n2) ? churn__fisher_p(x1, n1, x2, n2)
                                                     : churn__chi2_upper(chi2, 1.0);
    return change;
}

/* Welch (1947), Biometrika 34, with the degrees of freedom of Satterthwaite. */
churn__change churn__mean_change(double m1, double v1, int64_t n1, double m2, double v2, int64_t n2,
                                 double level)
{
    double a = v1 / (double)n1, b = v2 / (double)n2, variance = a + b;
    churn__change change = {.value = m1 - m2,
                            .low = (double)NAN,
                            .high = (double)NAN,
                            .z = (double)NAN,
                            .p = (double)NAN};
    if (n1 < 2 || n2 < 2 || !(variance > 0)) {
        return change;
    }
    double df = variance * variance / (a * a / ((double)n1 - 1.0) + b * b / ((double)n2 - 1.0));
    double se = sqrt(variance), t = churn__t_quantile(0.5 + 0.5 * level, df);
    change.low = change.value - t * se;
    change.high = change.value + t * se;
    change.z = change.value / se;
    change.p = 2.0 * churn__t_cdf(-fabs(change.z), df);
    return change;
}

/* ---- phrases ---- */

churn__log_odds churn__log_odds_of(double ya, double na, double yb, double nb, double prior)
{
    double alpha = prior * (ya + yb), total = prior * (na + nb);
    double a = ya + alpha, b = yb + alpha;
    double without_a = na + total - a, without_b = nb + total - b;
    churn__log_odds odds = {0.0, 0.0};
    if (!(a > 0) || !(b > 0) || !(without_a > 0) || !(without_b > 0)) {
        return odds; /* in none or in all of both */
    }
    odds.delta = churn__log(a / without_a) - churn__log(b / without_b);
    odds.z = odds.delta / sqrt(1.0 / a + 1.0 / without_a + 1.0 / b + 1.0 / without_b);
    return odds;
}

/* ---- many at once ---- */

bool churn__benjamini_hochberg(churn__heap *heap, const double *p, size_t n, double *adjusted)
{
    uint32_t *order = churn__alloc_array(heap, n, sizeof *order);
    uint64_t *keys = churn__alloc_array(heap, n, sizeof *keys);
    bool done = order != NULL && keys != NULL;
    for (size_t i = 0; done && i < n; i++) {
        memcpy(&keys[i], &p[i], sizeof keys[i]); /* not negative: bits sort as numbers */
    }
    done = done && churn__radix_order_u64(heap, keys, order, n);
    double least = 1.0;
    for (size_t i = n; done && i > 0; i--) {
        double q = p[order[i - 1]] * (double)n / (double)i;
        least = q < least ? q : least;
        adjusted[order[i - 1]] = least;
    }
    churn__free_array(heap, keys, n, sizeof *keys);
    churn__free_array(heap, order, n, sizeof *order);
    return done;
}

/* ---- quantiles ---- */

static int by_value(const void *a, const void *b, const void *context)
{
    double x = *(const double *)a, y = *(const double *)b;
    (void)context;
    return (x > y) - (x < y);
}

bool churn__quantile_sort(churn__heap *heap, double *values, size_t n)
{
    return churn__sort(heap, values, n, sizeof *values, by_value, NULL);
}

double churn__quantile_sorted(const double *sorted, size_t n, double q)
{
    if (n == 0) {
        return (double)NAN;
    }
    double at = (double)(n - 1) * q;
    size_t low = (size_t)at;
    if (low + 1 >= n) {
        return sorted[n - 1];
    }
    return sorted[low] + (at - (double)low) * (sorted[low + 1] - sorted[low]);
}
