/* SPDX-License-Identifier: MIT */
#include "score/score_inside.h"

/*
 * Adding and taking away 2^52 rounds to the nearest whole number. Where what was lost is clearly
 * less than a half, that is the number that churn__round6() finds; it is asked for the others.
 */
#define ROUND_WHOLE 4503599627370496.0 /* 2^52 */
#define ROUND_CLEAR 0.499

void churn__score_round(double *values, uint32_t n)
{
    double rounded[CHURN__SCORE_BLOCK];
    for (uint32_t i = 0; i < n; i++) {
        double micro = values[i] * 1e6;
        double whole = (micro + ROUND_WHOLE) - ROUND_WHOLE;
        double lost = micro - whole;
        double size = lost < 0 ? -lost : lost, result = whole / 1e6;
        rounded[i] = size < ROUND_CLEAR ? result : -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (rounded[i] < 0) { /* not clear, or NaN */
            rounded[i] = isnan(values[i]) ? values[i] : churn__round6(values[i]);
        }
        values[i] = rounded[i];
    }
}
