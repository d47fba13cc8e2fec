/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/inside.h"

#define MOST_TERMS 1000000
#define TINY 1e-300

double churn__model_deviance(double x, double m)
{
    if (fabs(x - m) < 0.1 * (x + m)) {
        double v = (x - m) / (x + m);
        double sum = (x - m) * v, term = 2.0 * x * v;
        v *= v;
        for (int k = 3; k < 1000; k += 2) {
            double next = sum + (term *= v) / k;
            if (next == sum) {
                return sum;
            }
            sum = next;
        }
    }
    return x * churn__log(x / m) + m - x;
}

double churn__model_beta_term(double x, double y, double a, double b)
{
    double n = a + b;
    double errors = churn__stirling_error(n) - churn__stirling_error(a) - churn__stirling_error(b);
    double away = churn__model_deviance(a, n * x) + churn__model_deviance(b, n * y);
    return churn__exp(errors - away) * sqrt(a / n * b) * 0x1.9884533d43651p-2;
}

/* x^a e^-x / Gamma(a + 1); a, x > 0. */
static double gamma_term(double x, double a)
{
    return churn__exp(-churn__stirling_error(a) - churn__model_deviance(a, x)) / sqrt(a) *
           0x1.9884533d43651p-2;
}

double churn__model_solve(model_root *root, double start)
{
    double x = start;

    for (int i = 0; i < 400; i++) {
        double lower, upper, density, next, gap;
        root->at(root, x, &lower, &upper, &density);
        gap = root->p < root->q ? lower - root->p : root->q - upper;
        if (gap == 0.0) {
            return x;
        }
        if (gap > 0.0) {
            root->high = x;
        } else {
            root->low = x;
        }
        next = density > 0.0 ? x - gap / density : root->low;
        if (!(next > root->low && next < root->high)) {
            uint64_t low = bits_of(root->low);
            next = double_of(low + (bits_of(root->high) - low) / 2);
        }
        if (next == root->low || next == root->high || fabs(next - x) <= 0x1p-52 * x) {
            return next;
        }
        x = next;
    }
    return x;
}

/* ---- beta ---- */

/* The continued fraction of DiDonato and Morris (ACM TOMS 18, 1992) by Lentz's method, where
 * x < (a + 1) / (a + b + 2): x and y = 1 - x both come in, so that nothing cancels however large a
 * and b are. The tail is the term over it. */
static double beta_fraction(double x, double y, double a, double b)
{
    double f = a * (a * y - b * x + 1.0) / (a + 1.0), c = f, d = 0.0;

    for (int i = 1; i < MOST_TERMS; i++) {
        double m = i, w = a + 2.0 * m - 1.0, step;
        double top = (a + m - 1.0) / w * (a + b + m - 1.0) * m * (b - m) / w * x * x;
        double bottom =
            m + m * (b - m) * x / w + (a + m) * (a * y - b * x + 1.0 + m * (2.0 - x)) / (w + 2.0);
        d = bottom + top * d;
        d = 1.0 / (fabs(d) < TINY ? TINY : d);
        c = bottom + top / (fabs(c) < TINY ? TINY : c);
        step = c * d;
        f *= step;
        if (fabs(step - 1.0) <= 0x1p-52) {
            break;
        }
    }
    return f;
}

/* Both tails at x, y = 1 - x, and the density. */
static void beta_tails(double x, double y, double a, double b, double *lower, double *upper,
                       double *density)
{
    double term = churn__model_beta_term(x, y, a, b);

    *density = term / x / y;
    if (x < (a + 1.0) / (a + b + 2.0)) {
        *lower = term / beta_fraction(x, y, a, b);
        *upper = 1.0 - *lower;
    } else {
        *upper = term / beta_fraction(y, x, b, a);
        *lower = 1.0 - *upper;
    }
}

static void beta_at(const model_root *root, double x, double *lower, double *upper, double *density)
{
    beta_tails(x, 1.0 - x, root->a, root->b, lower, upper, density);
}

/* Given both tails, so that neither is lost beside 1. */
static double beta_root(double p, double q, double a, double b)
{
    model_root root = {.p = p, .q = q, .a = a, .b = b, .low = 0.0, .high = 1.0, .at = beta_at};
    return churn__model_solve(&root, a / (a + b));
}

double churn__beta_cdf(double x, double a, double b)
{
    double lower, upper, density;

    if (!(x > 0.0 && x < 1.0)) {
        return x <= 0.0 ? 0.0 : x >= 1.0 ? 1.0 : MODEL_NAN;
    }
    beta_tails(x, 1.0 - x, a, b, &lower, &upper, &density);
    return lower;
}

double churn__beta_upper(double x, double a, double b)
{
    double lower, upper, density;

    if (!(x > 0.0 && x < 1.0)) {
        return x <= 0.0 ? 1.0 : x >= 1.0 ? 0.0 : MODEL_NAN;
    }
    beta_tails(x, 1.0 - x, a, b, &lower, &upper, &density);
    return upper;
}

double churn__beta_quantile(double p, double a, double b)
{
    if (!(p > 0.0 && p < 1.0)) {
        return p == 0.0 ? 0.0 : p == 1.0 ? 1.0 : MODEL_NAN;
    }
    return beta_root(p, 1.0 - p, a, b);
}

/* ---- Student's t: t^2 / (df + t^2) is beta(1/2, df/2) ---- */

double churn__t_cdf(double x, double df)
{
    double square = x * x, lower, upper, density;

    if (x != x || x == 0.0) {
        return x == 0.0 ? 0.5 : x;
    }
    if (isinf(square) || square / (df + square) == 0.0 || df / (df + square) == 0.0) {
        return square < 1.0 ? 0.5 : x > 0.0 ? 1.0 : 0.0;
    }
    beta_tails(square / (df + square), df / (df + square), 0.5, 0.5 * df, &lower, &upper, &density);
    return x > 0.0 ? 1.0 - 0.5 * upper : 0.5 * upper;
}

double churn__t_quantile(double p, double df)
{
    double tail, y, t;

    if (!(p > 0.0 && p < 1.0)) {
        return p == 0.0 ? -MODEL_INF : p == 1.0 ? MODEL_INF : MODEL_NAN;
    }
    if (p == 0.5) {
        return 0.0;
    }
    tail = 2.0 * (p < 0.5 ? p : 1.0 - p);
    y = beta_root(1.0 - tail, tail, 0.5, 0.5 * df);
    if (y <= 0.5) {
        t = sqrt(df * y / (1.0 - y));
    } else {
        double x = beta_root(tail, 1.0 - tail, 0.5 * df, 0.5);
        t = sqrt(df * (1.0 - x) / x);
    }
    return p < 0.5 ? -t : t;
}

/* ---- gamma ---- */

/* Below shape + 1 the series (Abramowitz and Stegun 6.5.29), above Legendre's continued fraction
 * (6.5.31) by Lentz's method. */
static void gamma_tails(double x, double shape, double *lower, double *upper, double *density)
{
    double base = gamma_term(x, shape);

    *density = base * shape / x;
    if (x < shape + 1.0) {
        double term = 1.0, sum = 1.0;
        for (int k = 1; k < MOST_TERMS && term > sum * 0x1p-56; k++) {
            term *= x / (shape + k);
            sum += term;
        }
        *lower = base * sum;
        *upper = 1.0 - *lower;
        return;
    }
    double b = x + 1.0 - shape, c = 1.0 / TINY, d = 1.0 / b, h = d;
    for (int k = 1; k < MOST_TERMS; k++) {
        double an = -k * (k - shape), step;
        b += 2.0;
        d = an * d + b;
        c = b + an / c;
        d = 1.0 / (fabs(d) < TINY ? TINY : d);
        c = fabs(c) < TINY ? TINY : c;
        step = d * c;
        h *= step;
        if (fabs(step - 1.0) <= 0x1p-52) {
            break;
        }
    }
    *upper = base * shape * h;
    *lower = 1.0 - *upper;
}

static void gamma_at(const model_root *root, double x, double *lower, double *upper,
                     double *density)
{
    gamma_tails(x, root->a, lower, upper, density);
}

double churn__gamma_cdf(double x, double shape)
{
    double lower, upper, density;

    if (!(x > 0.0) || isinf(x)) {
        return x <= 0.0 ? 0.0 : x > 0.0 ? 1.0 : MODEL_NAN;
    }
    gamma_tails(x, shape, &lower, &upper, &density);
    return lower;
}

double churn__gamma_upper(double x, double shape)
{
    double lower, upper, density;

    if (!(x > 0.0) || isinf(x)) {
        return x <= 0.0 ? 1.0 : x > 0.0 ? 0.0 : MODEL_NAN;
    }
    gamma_tails(x, shape, &lower, &upper, &density);
    return upper;
}

double churn__gamma_quantile(double p, double shape)
{
    model_root root = {.p = p, .q = 1.0 - p, .a = shape, .low = 0.0, .at = gamma_at};

    if (!(p > 0.0 && p < 1.0)) {
        return p == 0.0 ? 0.0 : p == 1.0 ? MODEL_INF : MODEL_NAN;
    }
    root.high = 0x1.fffffffffffffp1023;
    return churn__model_solve(&root, shape);
}

double churn__chi2_upper(double x, double df)
{
    return churn__gamma_upper(0.5 * x, 0.5 * df);
}
