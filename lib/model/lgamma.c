/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/inside.h"

/* log sqrt(2 pi) and the coefficients B(2k) / (2k (2k - 1)) of Stirling's series. */
static const model_pair half_log_2_pi = {0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55};
static const model_pair stirling[] = {
    {0x1.5555555555555p-4, 0x1.5555555555555p-58},
    {-0x1.6c16c16c16c17p-9, 0x1.f49f49f49f49fp-64},
    {0x1.a01a01a01a01ap-11, 0x1.a01a01a01a01ap-71},
    {-0x1.3813813813814p-11, 0x1.fb1fb1fb1fb20p-65},
    {0x1.b951e2b18ff23p-11, 0x1.5c3a9ce01b952p-65},
    {-0x1.f6ab0d9993c7dp-10, 0x1.f82553c999b0ep-64},
    {0x1.a41a41a41a41ap-8, 0x1.0690690690690p-62},
    {-0x1.e4286cb0f5398p-6, 0x1.1efcdab896745p-61},
    {0x1.6fe96381e0680p-3, -0x1.79e2405a71f88p-61},
    {-0x1.6476701181f3ap+0, 0x1.24246319da678p-56},
    {0x1.ace44322ce006p+3, -0x1.62c2b1bbcdd32p-51},
    {-0x1.39b2525cccc1bp+7, 0x1.52604768a30fcp-47},
    {0x1.12234e81b4e82p+11, -0x1.2c5f92c5f92c6p-43},
    {-0x1.1a198ae1c4ab8p+15, 0x1.4c012227b696ep-41},
};
#define STIRLING_TERMS 14
/* From here on the fourteen terms leave less than 2^-104. */
#define STIRLING_FROM 30.0

/* The series itself; x >= STIRLING_FROM. */
static model_pair series_pair(model_pair x)
{
    model_pair inverse = pair_divide(pair_of(1.0), x);
    model_pair z = pair_multiply(inverse, inverse);
    model_pair sum = stirling[STIRLING_TERMS - 1];

    for (int k = STIRLING_TERMS - 2; k >= 0; k--) {
        sum = pair_add(pair_multiply(sum, z), stirling[k]);
    }
    return pair_multiply(sum, inverse);
}

/* log of a pair: the second part is small beside the first. */
static model_pair log_of_pair(model_pair x)
{
    model_pair log = churn__model_log_pair(x.hi);
    double r = x.lo / x.hi;
    return pair_add(log, pair_of(r - 0.5 * r * r));
}

/* (x - 1/2) log x - x + log sqrt(2 pi) + series, less the log of what x was raised by: Gamma(x) =
 * Gamma(x + n) / (x (x + 1) ... (x + n - 1)). */
static model_pair lgamma_pair(double x)
{
    model_pair at = pair_of(x), product = pair_of(1.0), sum, log;

    while (at.hi < STIRLING_FROM) {
        product = pair_multiply(product, at);
        at = pair_add(at, pair_of(1.0));
    }
    log = log_of_pair(at);
    sum = pair_multiply(pair_add(at, pair_of(-0.5)), log);
    sum = pair_add(sum, pair_negate(at));
    sum = pair_add(sum, half_log_2_pi);
    sum = pair_add(sum, series_pair(at));
    return pair_add(sum, pair_negate(log_of_pair(product)));
}

double churn__lgamma(double x)
{
    if (!(x > 0.0)) {
        return x == 0.0 ? MODEL_INF : MODEL_NAN;
    }
    if (x == 1.0 || x == 2.0) {
        return 0.0;
    }
    if (x < 0x1p-60) {
        return -churn__log(x);
    }
    if (x > 0x1p900) { /* x (log x - 1), whose rounding is all that is left */
        return x > 0x1.fffffffffffffp1023 ? x : x * (churn__log(x) - 1.0);
    }
    return lgamma_pair(x).hi;
}

/* Of 1/2, 1, 3/2 ... 29/2: what counts need. */
static const double stirling_halves[] = {
    0x1.3a37a020b8c22p-3, 0x1.4c071bcda0a5bp-4, 0x1.c1098b28dcf33p-5, 0x1.52a9b923ea649p-5,
    0x1.0fab9626b44ffp-5, 0x1.c579a268d80b3p-6, 0x1.850ea113caf0ep-6, 0x1.54a2662fd78a9p-6,
    0x1.2eea2e990f134p-6, 0x1.10b4e513fcbedp-6, 0x1.eff15b81c9cc5p-7, 0x1.c6b167bebdf36p-7,
    0x1.a3c5f8a1e7d1dp-7, 0x1.85d4d612e4a86p-7, 0x1.6bdfcc7fbdb0ap-7, 0x1.552805e7b3076p-7,
    0x1.411b75e41049cp-7, 0x1.2f4871b12ab64p-7, 0x1.1f553026fbce1p-7, 0x1.10f9d4c0743a7p-7,
    0x1.03fc2d49c8fb9p-7, 0x1.f0593088014f8p-8, 0x1.dac773cc5b3cdp-8, 0x1.c7018733aa9c6p-8,
    0x1.b4d04a067629fp-8, 0x1.a40514700f36cp-8, 0x1.947826547fe6cp-8, 0x1.86076c002d4a7p-8,
    0x1.789583ffc5e8cp-8,
};

double churn__stirling_error(double n)
{
    model_pair sum;

    if (n >= 15.0) {
        double inverse = 1.0 / n, z = inverse * inverse, total = 0.0;
        for (int k = 9; k >= 0; k--) {
            total = total * z + stirling[k].hi;
        }
        return total * inverse;
    }
    if (n >= 0.5 && n + n == floor(n + n)) {
        return stirling_halves[(int)(n + n) - 1];
    }
    if (n < 0x1p-60) {
        return -(n + 0.5) * churn__log(n) - half_log_2_pi.hi;
    }
    sum = pair_multiply(pair_sum(n, -0.5), churn__model_log_pair(n));
    sum = pair_add(lgamma_pair(n), pair_negate(sum));
    sum = pair_add(sum, pair_of(n));
    return pair_add(sum, pair_negate(half_log_2_pi)).hi;
}
