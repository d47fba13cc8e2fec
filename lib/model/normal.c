/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/inside.h"

static const double inverse_sqrt_2_pi = 0x1.9884533d43651p-2;

static double density(double x)
{
    model_pair square = pair_product(x, x);
    return inverse_sqrt_2_pi *
           churn__model_exp_pair((model_pair){-0.5 * square.hi, -0.5 * square.lo});
}

/* P(X > x) for x >= 0: near 0 the series 1/2 - density (x + x^3/3 + x^5/15 + ...), further out
 * Laplace's continued fraction density / (x + 1/(x + 2/(x + 3/...))). */
static double upper(double x)
{
    if (x < 1.5) {
        double term = x, sum = x;
        for (int k = 3; term > sum * 0x1p-56; k += 2) {
            term *= x * x / k;
            sum += term;
        }
        return 0.5 - density(x) * sum;
    }
    double fraction = x;
    for (int k = x < 4.0 ? 160 : 60; k > 0; k--) {
        fraction = x + k / fraction;
    }
    return density(x) / fraction;
}

double churn__normal_cdf(double x)
{
    if (!(x < 39.0)) {
        return x >= 39.0 ? 1.0 : x;
    }
    if (x < -39.0) {
        return 0.0;
    }
    return x > 0.0 ? 1.0 - upper(x) : upper(-x);
}

/* From the approximation 26.2.23 of Abramowitz and Stegun by Halley's steps on the tail. */
static double lower_quantile(double p)
{
    double t = sqrt(-2.0 * churn__log(p));
    double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));

    for (int i = 0; i < 3; i++) {
        double e = (p - upper(x < 0.0 ? 0.0 : x)) / density(x);
        x = x < 0.0 ? 0.0 : x - e / (1.0 + 0.5 * x * e);
    }
    return x;
}

double churn__normal_quantile(double p)
{
    if (!(p > 0.0 && p < 1.0)) {
        return p == 0.0 ? -MODEL_INF : p == 1.0 ? MODEL_INF : MODEL_NAN;
    }
    if (p == 0.5) {
        return 0.0;
    }
    return p < 0.5 ? -lower_quantile(p) : lower_quantile(1.0 - p);
}

double churn__level_z(double level)
{
    return churn__normal_quantile(0.5 + 0.5 * level);
}
