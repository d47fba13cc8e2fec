/* SPDX-License-Identifier: MIT */
#ifndef CHURN_MODEL_INSIDE_H
#define CHURN_MODEL_INSIDE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/model.h"

/* The macros of the language are floats. */
#define MODEL_INF ((double)INFINITY)
#define MODEL_NAN ((double)NAN)

/*
 * Double-double arithmetic: a value is the exact sum hi + lo, |lo| <= half a unit in the last place
 * of hi, about 106 bits. Dekker, "A floating-point technique for extending the available
 * precision", Numerische Mathematik 18, 1971; Knuth's two-sum. Needs round to nearest and no
 * fusing.
 */
typedef struct model_pair {
    double hi, lo;
} model_pair;

/* a + b exactly, |a| >= |b|. */
static inline model_pair pair_fast_sum(double a, double b)
{
    double s = a + b;
    return (model_pair){s, b - (s - a)};
}

/* a + b exactly. */
static inline model_pair pair_sum(double a, double b)
{
    double s = a + b;
    double t = s - a;
    return (model_pair){s, (a - (s - t)) + (b - t)};
}

/* a * b exactly; |a|, |b| < 2^996. */
static inline model_pair pair_product(double a, double b)
{
    double p = a * b;
    double ca = 134217729.0 * a, cb = 134217729.0 * b; /* 2^27 + 1 */
    double ah = ca - (ca - a), bh = cb - (cb - b);
    double al = a - ah, bl = b - bh;
    return (model_pair){p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

static inline model_pair pair_add(model_pair a, model_pair b)
{
    model_pair s = pair_sum(a.hi, b.hi);
    model_pair t = pair_sum(a.lo, b.lo);
    s = pair_fast_sum(s.hi, s.lo + t.hi);
    return pair_fast_sum(s.hi, s.lo + t.lo);
}

static inline model_pair pair_of(double a)
{
    return (model_pair){a, 0.0};
}

static inline model_pair pair_negate(model_pair a)
{
    return (model_pair){-a.hi, -a.lo};
}

static inline model_pair pair_multiply(model_pair a, model_pair b)
{
    model_pair p = pair_product(a.hi, b.hi);
    return pair_fast_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

static inline model_pair pair_divide(model_pair a, model_pair b)
{
    double q = a.hi / b.hi;
    model_pair rest = pair_add(a, pair_negate(pair_multiply(b, pair_of(q))));
    double r = rest.hi / b.hi;
    model_pair left = pair_add(rest, pair_negate(pair_multiply(b, pair_of(r))));
    model_pair sum = pair_fast_sum(q, r);
    return pair_fast_sum(sum.hi, sum.lo + left.hi / b.hi);
}

static inline uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* log x to about 100 bits; 0 < x < inf. */
model_pair churn__model_log_pair(double x);
/* e^(hi + lo), rounded once more or less. */
double churn__model_exp_pair(model_pair x);

/* x log(x / m) + m - x without cancellation (C. Loader, "Fast and accurate computation of binomial
 * probabilities", 2000); x > 0, m > 0. */
double churn__model_deviance(double x, double m);
/* x^a (1 - x)^b / B(a, b), given y = 1 - x as well; a, b > 0, 0 < x < 1. */
double churn__model_beta_term(double x, double y, double a, double b);

/* The root of tail(x) = p in (low, high): Newton's steps from `start` as long as they stay between
 * what is known, else halves of the doubles between. */
typedef struct model_root {
    double p, q;      /* lower and upper tail wanted, p + q = 1 */
    double a, b;      /* parameters */
    double low, high; /* known to be on either side */
    /* Both tails and the density at x. */
    void (*at)(const struct model_root *root, double x, double *lower, double *upper,
               double *density);
} model_root;
double churn__model_solve(model_root *root, double start);

#endif
