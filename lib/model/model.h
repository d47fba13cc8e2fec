/* SPDX-License-Identifier: MIT */
#ifndef CHURN_MODEL_MODEL_H
#define CHURN_MODEL_MODEL_H

#include <stdint.h>

/*
 * Statistics. Everything here is additions, multiplications, divisions and square roots of IEEE
 * doubles in a stated order, without fused multiplication and without the system's transcendental
 * functions: the same bits on every platform.
 */

/* ---- elementary functions: within one unit in the last place ---- */

/* 0 below -745.14, inf above 709.79. */
double churn__exp(double x);
/* e^x - 1, precise near 0. */
double churn__expm1(double x);
/* -inf at 0, NaN below. */
double churn__log(double x);
/* log(1 + x), precise near 0. */
double churn__log1p(double x);
/* As C11 F.10.4.4: NaN where x < 0 and y is no integer. */
double churn__pow(double x, double y);
/* log of the gamma function for x > 0; inf at 0, NaN below. Within two units in the last place,
 * near its zeros too. */
double churn__lgamma(double x);
/* The error of Stirling's formula: log n! - (n + 1/2) log n + n - log sqrt(2 pi); n > 0. */
double churn__stirling_error(double n);

/* ---- distributions: relative error below 1e-13 in both tails, down to about 1e-290 ---- */

double churn__normal_cdf(double x);
/* -inf and inf at 0 and 1; NaN outside. */
double churn__normal_quantile(double p);
double churn__t_cdf(double x, double df);
double churn__t_quantile(double p, double df);
/* P(X <= x) and P(X > x); x < 0 is as 0. */
double churn__chi2_cdf(double x, double df);
double churn__chi2_upper(double x, double df);
double churn__chi2_quantile(double p, double df);
double churn__gamma_cdf(double x, double shape);
double churn__gamma_upper(double x, double shape);
double churn__gamma_quantile(double p, double shape);
double churn__beta_cdf(double x, double a, double b);
double churn__beta_upper(double x, double a, double b);
double churn__beta_quantile(double p, double a, double b);

/* ---- intervals ---- */

typedef struct churn__interval {
    double low, high;
} churn__interval;

/* The normal quantile of a two-sided level: 0.95 gives 1.959963984540054. */
double churn__level_z(double level);
/* Of a proportion, x of n, 0 <= x <= n, n > 0. Wilson, JASA 22, 1927; Clopper and Pearson,
 * Biometrika 26, 1934; Jeffreys as Brown, Cai and DasGupta, Statistical Science 16, 2001: 0 at
 * x = 0 and 1 at x = n. */
churn__interval churn__wilson(int64_t x, int64_t n, double z);
churn__interval churn__clopper_pearson(int64_t x, int64_t n, double level);
churn__interval churn__jeffreys(int64_t x, int64_t n, double level);
/* Of the difference x1/n1 - x2/n2: Newcombe's method 10 (Statistics in Medicine 17, 1998), and the
 * plain one of Wald. */
churn__interval churn__newcombe(int64_t x1, int64_t n1, int64_t x2, int64_t n2, double z);
churn__interval churn__wald_difference(int64_t x1, int64_t n1, int64_t x2, int64_t n2, double z);
/* Pearson's chi-squared of two proportions, one degree of freedom, uncorrected; NaN where all or
 * none of both succeed. */
double churn__difference_chi2(int64_t x1, int64_t n1, int64_t x2, int64_t n2);
/* Fisher's exact test of the same, two-sided: tables as probable as this one or less. */
double churn__fisher_p(int64_t x1, int64_t n1, int64_t x2, int64_t n2);
/* Of x events in an exposure > 0, per unit of exposure (Garwood, Biometrika 28, 1936). */
churn__interval churn__poisson_exact(int64_t x, double exposure, double level);
/* Of a mean by Student's t; NaN for n < 2. `variance` is the sample's, divided by n - 1. */
churn__interval churn__mean_t(double mean, double variance, int64_t n, double level);

#endif
