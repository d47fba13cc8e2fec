/* SPDX-License-Identifier: MIT */
#include "base/num_inside.h"

const churn__pow10 churn__pow10_table[CHURN__POW10_MAX - CHURN__POW10_MIN + 1] = {
#include "base/pow10_table.inc"
};

uint64_t churn__pow10_u64(int n)
{
    static const uint64_t table[] = {1u,
                                     10u,
                                     100u,
                                     1000u,
                                     10000u,
                                     100000u,
                                     1000000u,
                                     10000000u,
                                     100000000u,
                                     1000000000u,
                                     10000000000u,
                                     100000000000u,
                                     1000000000000u,
                                     10000000000000u,
                                     100000000000000u,
                                     1000000000000000u,
                                     10000000000000000u,
                                     100000000000000000u,
                                     1000000000000000000u,
                                     10000000000000000000u};
    return table[n];
}
