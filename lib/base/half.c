/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/num.h"

/*
 * 2^-x without a library's exp2, which may differ by platform: x is taken apart into whole, 32nds
 * and a rest of at most 1/64, for which the series of e^(-r ln 2) ends after six terms with less
 * than 4e-18 left out. With the roundings of the table, the series and the products the error is
 * below one unit in the last place.
 */
#define PARTS 32

/* 2^(-i/32), correctly rounded. */
static const double half_table[PARTS] = {
    0x1.0000000000000p+0, 0x1.f50765b6e4540p-1, 0x1.ea4afa2a490dap-1, 0x1.dfc97337b9b5fp-1,
    0x1.d5818dcfba487p-1, 0x1.cb720dcef9069p-1, 0x1.c199bdd85529cp-1, 0x1.b7f76f2fb5e47p-1,
    0x1.ae89f995ad3adp-1, 0x1.a5503b23e255dp-1, 0x1.9c49182a3f090p-1, 0x1.93737b0cdc5e5p-1,
    0x1.8ace5422aa0dbp-1, 0x1.82589994cce13p-1, 0x1.7a11473eb0187p-1, 0x1.71f75e8ec5f74p-1,
    0x1.6a09e667f3bcdp-1, 0x1.6247eb03a5585p-1, 0x1.5ab07dd485429p-1, 0x1.5342b569d4f82p-1,
    0x1.4bfdad5362a27p-1, 0x1.44e086061892dp-1, 0x1.3dea64c123422p-1, 0x1.371a7373aa9cbp-1,
    0x1.306fe0a31b715p-1, 0x1.29e9df51fdee1p-1, 0x1.2387a6e756238p-1, 0x1.1d4873168b9aap-1,
    0x1.172b83c7d517bp-1, 0x1.11301d0125b51p-1, 0x1.0b5586cf9890fp-1, 0x1.059b0d3158574p-1,
};

/* 2^-n, 0 <= n <= 1022. */
static double half_whole(uint64_t n)
{
    uint64_t bits = (1023 - n) << 52;
    double power = 0;
    memcpy(&power, &bits, sizeof power);
    return power;
}

double churn__half_parts(uint64_t whole, double rest)
{
    int32_t part = (int32_t)(rest * PARTS + 0.5);
    double r = rest - part / (double)PARTS;
    double series = 0.00015403530393381608 * r - 0.0013333558146428443; /* (ln 2)^k / k!, signed */
    series = series * r + 0.009618129107628477;
    series = series * r - 0.05550410866482158;
    series = series * r + 0.24022650695910072;
    series = series * r - 0.6931471805599453;
    whole += part == PARTS;
    part = part == PARTS ? 0 : part;
    double power = half_table[part] + half_table[part] * (series * r);
    if (whole > 1100) {
        return 0;
    }
    /* In two steps, so that what is below the least normal number is rounded once. */
    return whole <= 1000 ? power * half_whole(whole)
                         : power * half_whole(500) * half_whole(whole - 500);
}

double churn__half(double x)
{
    if (!(x > 0)) {
        return 1;
    }
    if (x > 1100) {
        return 0;
    }
    uint64_t whole = (uint64_t)x;
    return churn__half_parts(whole, x - (double)whole);
}
