/* SPDX-License-Identifier: MIT */
#ifndef CHURN_MODEL_MODEL_H
#define CHURN_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "model/series.h"
#include "model/survival.h"

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
/* P(X > x); x < 0 is as 0. */
double churn__chi2_upper(double x, double df);
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

/* ---- what is asked, and whether it changed ---- */

/* The probability of a standard normal at least as far from 0, on either side. */
double churn__two_sided(double z);

/* Promoters less detractors, as a share, with the adjusted Wald interval: 3/4 of a promoter and of
 * a detractor and 3 answers more (Rocks, The American Statistician 70, 2016). n > 0. */
typedef struct churn__nps {
    double value, low, high; /* the interval's middle is not the value */
    double variance;         /* of the value: (p + d - (p - d)^2) / n */
    double adjusted;         /* the same of what the interval is made of */
} churn__nps;

churn__nps churn__nps_of(int64_t promoters, int64_t detractors, int64_t n, double z);

typedef struct churn__change {
    double value, low, high; /* first less second */
    double z, p;             /* NaN: cannot be said */
} churn__change;

/* z = difference / sqrt(v1 + v2), normal. */
churn__change churn__nps_change(const churn__nps *a, const churn__nps *b, double z);
/* Newcombe's interval; p of Pearson's chi-squared, or of Fisher's exact test where fewer than 5 are
 * expected somewhere. z is the signed root of chi-squared; 0 with p 1 where all or none of both. */
churn__change churn__share_change(int64_t x1, int64_t n1, int64_t x2, int64_t n2, double z);
bool churn__share_is_small(int64_t x1, int64_t n1, int64_t x2, int64_t n2); /* Fisher's */
/* Welch's t; `z` is his statistic. NaN where one has fewer than 2 or neither varies. */
churn__change churn__mean_change(double m1, double v1, int64_t n1, double m2, double v2, int64_t n2,
                                 double level);

/* Log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi and Quinn, Political
 * Analysis 16, 2008) of being in a document: in ya of na, and in yb of nb. The prior is `prior`
 * times what both have together, added to each. The variance has the terms of the documents
 * without, too, which the paper leaves out because words are rare; so z of a common phrase is not
 * too large. {0, 0} for what is in none or in all. */
typedef struct churn__log_odds {
    double delta, z;
} churn__log_odds;

churn__log_odds churn__log_odds_of(double ya, double na, double yb, double nb, double prior);

/* p values that hold the share of false discoveries: Benjamini and Hochberg, JRSS B 57, 1995.
 * False: no memory. */
bool churn__benjamini_hochberg(churn__heap *heap, const double *p, size_t n, double *adjusted);

/* Ascending; none is NaN. False: no memory. */
bool churn__quantile_sort(churn__heap *heap, double *values, size_t n);
/* Of numbers that ascend, linear between neighbours: type 7 of Hyndman and Fan (The American
 * Statistician 50, 1996), R's default. NaN: there are none. */
double churn__quantile_sorted(const double *sorted, size_t n, double q);

#endif
