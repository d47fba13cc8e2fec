/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdbool.h>

#include "model/inside.h"

/* log 2 in parts of 42 bits, so that their products with exponents are exact. */
static const double ln2_a = 0x1.62e42fefa3800p-1;
static const double ln2_b = 0x1.ef35793c76000p-45;
static const double ln2_c = 0x1.cc01f97b57a08p-87;
static const double log2_e = 0x1.71547652b82fep+0;

/* 2^k times x, rounded once where the result is subnormal. */
static double scale(double x, int k)
{
    if (k > 1000) {
        return x * 0x1p1000 * double_of((uint64_t)(k - 1000 + 1023) << 52);
    }
    if (k < -1000) {
        return x * double_of((uint64_t)(k + 1000 + 1023) << 52) * 0x1p-1000;
    }
    return x * double_of((uint64_t)(k + 1023) << 52);
}

static int nearest(double x)
{
    return (int)(x < 0.0 ? x - 0.5 : x + 0.5);
}

/* x + lo = k log 2 + r, |r| <= 0.35; k is returned. */
static int reduce(double x, double lo, model_pair *r)
{
    int k = nearest(x * log2_e);
    model_pair s = pair_sum(x - k * ln2_a, -(k * ln2_b));
    *r = pair_fast_sum(s.hi, s.lo + (lo - k * ln2_c));
    return k;
}

/* e^r - 1 - r for |r| <= 0.35: the series to where the rest is below 2^-60. */
static double exp_tail(double r)
{
    double r2 = r * r, r4 = r2 * r2;
    double p0 = 1.0 / 2 + r * (1.0 / 6), p1 = 1.0 / 24 + r * (1.0 / 120);
    double p2 = 1.0 / 720 + r * (1.0 / 5040), p3 = 1.0 / 40320 + r * (1.0 / 362880);
    double p4 = 1.0 / 3628800 + r * (1.0 / 39916800);
    double p5 = 1.0 / 479001600 + r * (1.0 / 6227020800 + r * (1.0 / 87178291200));
    return r2 * ((p0 + r2 * p1) + r4 * ((p2 + r2 * p3) + r4 * (p4 + r2 * p5)));
}

double churn__model_exp_pair(model_pair x)
{
    model_pair r;
    int k;

    if (!(x.hi < 709.8)) {
        return x.hi >= 709.8 ? MODEL_INF : x.hi;
    }
    if (x.hi < -745.2) {
        return 0.0;
    }
    k = reduce(x.hi, x.lo, &r);
    return scale(1.0 + (r.hi + (exp_tail(r.hi) + (r.lo + r.lo * r.hi))), k);
}

double churn__exp(double x)
{
    return churn__model_exp_pair(pair_of(x));
}

double churn__expm1(double x)
{
    model_pair r, e, sum;
    double power;
    int k;

    if (!(x > -38.0)) {
        return x <= -38.0 ? -1.0 : x;
    }
    if (x > 60.0) {
        return churn__exp(x);
    }
    if (x < 0x1p-54 && x > -0x1p-54) {
        return x;
    }
    k = reduce(x, 0.0, &r);
    e = pair_fast_sum(r.hi, exp_tail(r.hi) + (r.lo + r.lo * r.hi));
    if (k == 0) {
        return e.hi;
    }
    power = scale(1.0, k);
    sum = pair_sum(power, -1.0);
    e = pair_add(sum, (model_pair){e.hi * power, e.lo * power});
    return e.hi;
}

/* x = 2^k m, m from sqrt 1/2 to sqrt 2; 0 < x < inf. */
static int split_power(double x, double *m)
{
    uint64_t bits;
    int k = 0;

    if (x < 0x1p-1022) {
        x *= 0x1p54;
        k = -54;
    }
    bits = bits_of(x);
    k += (int)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3ff0000000000000);
    if (bits > UINT64_C(0x3ff6a09e667f3bcc)) { /* sqrt 2 */
        bits -= UINT64_C(1) << 52;
        k++;
    }
    *m = double_of(bits);
    return k;
}

/* k log 2 + log(1 + f) + lo: with s = f / (2 + f), log(1 + f) = 2 atanh s = f - s (f - R), R the
 * series of atanh from its second term on. */
static double log_parts(int k, double f, double lo)
{
    double half = 0.5 * f * f;
    double s = f / (2.0 + f);
    double z = s * s, z2 = z * z, z4 = z2 * z2;
    double p0 = 2.0 / 3 + z * (2.0 / 5), p1 = 2.0 / 7 + z * (2.0 / 9);
    double p2 = 2.0 / 11 + z * (2.0 / 13), p3 = 2.0 / 15 + z * (2.0 / 17);
    double p4 = 2.0 / 19 + z * (2.0 / 21 + z * (2.0 / 23));
    double rest = z * ((p0 + z2 * p1) + z4 * ((p2 + z2 * p3) + z4 * p4));
    double small = s * (half + rest) + (lo + k * ln2_b);
    return k * ln2_a - ((half - small) - f);
}

double churn__log(double x)
{
    double m;
    int k;

    if (!(x > 0.0) || x > 0x1.fffffffffffffp1023) {
        return x == 0.0 ? -MODEL_INF : x > 0.0 || x != x ? x : MODEL_NAN;
    }
    k = split_power(x, &m);
    return log_parts(k, m - 1.0, 0.0);
}

double churn__log1p(double x)
{
    model_pair u;
    double m;
    int k;

    if (!(x > -1.0) || x > 0x1p60) {
        return x == -1.0 ? -MODEL_INF : x < -1.0 ? MODEL_NAN : churn__log(x);
    }
    if (x < 0x1p-54 && x > -0x1p-54) {
        return x;
    }
    if (x > -0.29 && x < 0.41) {
        return log_parts(0, x, 0.0);
    }
    u = pair_sum(1.0, x);
    k = split_power(u.hi, &m);
    return log_parts(k, m - 1.0, u.lo / u.hi);
}

/* 1, 1/3, 1/5 ... to 106 bits; from where 53 are enough, Horner's rule in doubles goes on. */
static const model_pair atanh_terms[] = {
    {0x1.0000000000000p+0, 0x0.0p+0},
    {0x1.5555555555555p-2, 0x1.5555555555555p-56},
    {0x1.999999999999ap-3, -0x1.999999999999ap-57},
    {0x1.2492492492492p-3, 0x1.2492492492492p-57},
    {0x1.c71c71c71c71cp-4, 0x1.c71c71c71c71cp-58},
    {0x1.745d1745d1746p-4, -0x1.745d1745d1746p-59},
    {0x1.3b13b13b13b14p-4, -0x1.3b13b13b13b14p-58},
    {0x1.1111111111111p-4, 0x1.1111111111111p-60},
    {0x1.e1e1e1e1e1e1ep-5, 0x1.e1e1e1e1e1e1ep-61},
    {0x1.af286bca1af28p-5, 0x1.af286bca1af28p-59},
};
#define ATANH_TERMS 10
#define ATANH_LAST 21

model_pair churn__model_log_pair(double x)
{
    double m, rest = 0.0;
    int k = split_power(x, &m);
    model_pair s = pair_divide(pair_of(m - 1.0), pair_sum(m, 1.0));
    model_pair z = pair_multiply(s, s), sum, log2;

    for (int n = ATANH_LAST; n >= ATANH_TERMS; n--) {
        rest = rest * z.hi + 1.0 / (2 * n + 1);
    }
    sum = pair_of(rest);
    for (int n = ATANH_TERMS - 1; n >= 0; n--) {
        sum = pair_add(pair_multiply(sum, z), atanh_terms[n]);
    }
    sum = pair_multiply(sum, (model_pair){2.0 * s.hi, 2.0 * s.lo});
    log2 = pair_sum(k * ln2_a, k * ln2_b);
    log2 = pair_fast_sum(log2.hi, log2.lo + k * ln2_c);
    return pair_add(log2, sum);
}

static bool is_integer(double y)
{
    return floor(y) == y;
}

static bool is_odd(double y)
{
    return is_integer(y) && fabs(y) < 0x1p53 && floor(y * 0.5) != y * 0.5;
}

/* x^y for |x| where one of the two is 0 or infinite. */
static double pow_edge(double x, double y)
{
    if (isinf(y)) {
        return x == 1.0 ? 1.0 : (x > 1.0) == (y > 0.0) ? MODEL_INF : 0.0;
    }
    return (x == 0.0) == (y > 0.0) ? 0.0 : MODEL_INF;
}

double churn__pow(double x, double y)
{
    double ax = fabs(x), sign = x < 0.0 || (x == 0.0 && signbit(x)) ? -1.0 : 1.0;
    model_pair log, product;

    if (y == 0.0 || x == 1.0) {
        return 1.0;
    }
    if (isnan(x) || isnan(y)) {
        return MODEL_NAN;
    }
    if (x < 0.0 && !isinf(x) && !is_integer(y)) {
        return MODEL_NAN;
    }
    sign = sign < 0.0 && is_odd(y) ? -1.0 : 1.0;
    if (ax == 0.0 || isinf(ax) || isinf(y)) {
        return sign * pow_edge(ax, y);
    }
    log = churn__model_log_pair(ax);
    if (fabs(y) > 0x1p70) { /* far out of range unless x is 1 or -1 */
        return log.hi == 0.0 ? sign : sign * ((log.hi > 0.0) == (y > 0.0) ? MODEL_INF : 0.0);
    }
    product = pair_multiply(log, pair_of(y));
    return sign * churn__model_exp_pair(product);
}
