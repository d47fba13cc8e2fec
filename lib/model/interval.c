/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/inside.h"

static double share(int64_t x, int64_t n)
{
    return (double)x / (double)n;
}

/* For levels near 0 the last digits of both ends decide: the share itself is always within. */
static churn__interval around(churn__interval i, double p)
{
    return (churn__interval){i.low < p ? i.low : p, i.high > p ? i.high : p};
}

/* The roots of (1 + z^2/n) r^2 - (2p + z^2/n) r + p^2 = 0; the smaller from the product of both, so
 * that a small one keeps its digits. */
static double wilson_high(double p, double n, double z)
{
    double q = 1.0 - p, z2 = z * z / n;
    return (p + 0.5 * z2 + z * sqrt((p * q + 0.25 * z2) / n)) / (1.0 + z2);
}

churn__interval churn__wilson(int64_t x, int64_t n, double z)
{
    double p = share(x, n), m = (double)n, high = wilson_high(p, m, z);
    churn__interval i = {0.0, 1.0};

    if (x > 0) {
        i.low = p * p / ((1.0 + z * z / m) * high);
    }
    if (x < n) {
        i.high = high;
    }
    return around(i, p);
}

churn__interval churn__clopper_pearson(int64_t x, int64_t n, double level)
{
    double a = (double)x, b = (double)(n - x), tail = 0.5 * (1.0 - level);
    churn__interval i = {0.0, 1.0};

    if (x > 0) {
        i.low = churn__beta_quantile(tail, a, b + 1.0);
    }
    if (x < n) {
        i.high = churn__beta_quantile(1.0 - tail, a + 1.0, b);
    }
    return around(i, share(x, n));
}

churn__interval churn__jeffreys(int64_t x, int64_t n, double level)
{
    double a = (double)x + 0.5, b = (double)(n - x) + 0.5, tail = 0.5 * (1.0 - level);
    churn__interval i = {0.0, 1.0};

    if (x > 0) {
        i.low = churn__beta_quantile(tail, a, b);
    }
    if (x < n) {
        i.high = churn__beta_quantile(1.0 - tail, a, b);
    }
    return around(i, i.low < i.high ? i.low : i.high);
}

churn__interval churn__newcombe(int64_t x1, int64_t n1, int64_t x2, int64_t n2, double z)
{
    double p1 = share(x1, n1), p2 = share(x2, n2), d = p1 - p2;
    churn__interval a = churn__wilson(x1, n1, z), b = churn__wilson(x2, n2, z);
    double down = sqrt((p1 - a.low) * (p1 - a.low) + (b.high - p2) * (b.high - p2));
    double up = sqrt((a.high - p1) * (a.high - p1) + (p2 - b.low) * (p2 - b.low));

    return (churn__interval){d - down < -1.0 ? -1.0 : d - down, d + up > 1.0 ? 1.0 : d + up};
}

churn__interval churn__wald_difference(int64_t x1, int64_t n1, int64_t x2, int64_t n2, double z)
{
    double p1 = share(x1, n1), p2 = share(x2, n2), d = p1 - p2;
    double variance = p1 * share(n1 - x1, n1) / (double)n1 + p2 * share(n2 - x2, n2) / (double)n2;
    double half = z * sqrt(variance);

    return (churn__interval){d - half < -1.0 ? -1.0 : d - half, d + half > 1.0 ? 1.0 : d + half};
}

double churn__difference_chi2(int64_t x1, int64_t n1, int64_t x2, int64_t n2)
{
    double d = share(x1, n1) - share(x2, n2), n = (double)n1 + (double)n2;
    double p = ((double)x1 + (double)x2) / n, q = ((double)(n1 - x1) + (double)(n2 - x2)) / n;

    return d * d / (p * q * (1.0 / (double)n1 + 1.0 / (double)n2));
}

/* Probability of x of n with p, q = 1 - p (Loader 2000, as tails.c). */
static double binomial(double x, double n, double p, double q)
{
    if (x == 0.0 || x == n) {
        return churn__pow(x == 0.0 ? q : p, n);
    }
    return churn__model_beta_term(p, q, x, n - x) / x / (n - x) * n;
}

/* That of `drawn` with `good` among them, x come from the good: a product of binomial ones. */
static double hypergeometric(double x, double good, double bad, double drawn)
{
    double n = good + bad, p = drawn / n, q = (n - drawn) / n;
    return binomial(x, good, p, q) * binomial(drawn - x, bad, p, q) / binomial(drawn, n, p, q);
}

/* The sum of probabilities from x on in one direction, given that of x: by their ratios, until
 * nothing is added. */
static double tail_sum(double x, double at, double good, double bad, double drawn, int step)
{
    double sum = 0.0;

    while (at > sum * 0x1p-60) {
        sum += at;
        if (step > 0) {
            at *= (good - x) * (drawn - x) / ((x + 1.0) * (bad - drawn + x + 1.0));
        } else {
            at *= x * (bad - drawn + x) / ((good - x + 1.0) * (drawn - x + 1.0));
        }
        x += step;
    }
    return sum;
}

/* Of all tables beyond the mode the nearest that is no more probable than `limit`: probabilities
 * fall on the way, so halves find it. */
static double as_improbable(double limit, double from, double to, double good, double bad,
                            double drawn)
{
    while (fabs(to - from) > 1.0) {
        double middle = floor(0.5 * (from + to));
        if (hypergeometric(middle, good, bad, drawn) <= limit) {
            to = middle;
        } else {
            from = middle;
        }
    }
    return to;
}

double churn__fisher_p(int64_t x1, int64_t n1, int64_t x2, int64_t n2)
{
    double good = (double)n1, bad = (double)n2, drawn = (double)x1 + (double)x2, x = (double)x1;
    double least = drawn > bad ? drawn - bad : 0.0, most = drawn < good ? drawn : good;
    double mode = floor((drawn + 1.0) * (good + 1.0) / (good + bad + 2.0));
    double here, limit, p, other;

    if (least == most) {
        return 1.0;
    }
    here = hypergeometric(x, good, bad, drawn);
    limit = here * (1.0 + 1e-7); /* as R does: equal up to rounding counts */
    if (x == mode || here * (1.0 + 1e-7) >= hypergeometric(mode, good, bad, drawn)) {
        return 1.0;
    }
    if (x < mode) {
        p = tail_sum(x, here, good, bad, drawn, -1);
        other = most;
    } else {
        p = tail_sum(x, here, good, bad, drawn, 1);
        other = least;
    }
    if (hypergeometric(other, good, bad, drawn) <= limit) {
        other = as_improbable(limit, mode, other, good, bad, drawn);
        p += tail_sum(other, hypergeometric(other, good, bad, drawn), good, bad, drawn,
                      x < mode ? 1 : -1);
    }
    return p < 1.0 ? p : 1.0;
}

churn__interval churn__poisson_exact(int64_t x, double exposure, double level)
{
    double k = (double)x, tail = 0.5 * (1.0 - level);
    churn__interval i = {0.0, churn__gamma_quantile(1.0 - tail, k + 1.0) / exposure};

    if (x > 0) {
        i.low = churn__gamma_quantile(tail, k) / exposure;
    }
    return i;
}

churn__interval churn__mean_t(double mean, double variance, int64_t n, double level)
{
    double half = MODEL_NAN;

    if (n > 1) {
        half = churn__t_quantile(0.5 + 0.5 * level, (double)(n - 1)) * sqrt(variance / (double)n);
    }
    return (churn__interval){mean - half, mean + half};
}
