/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "base/num.h"

/* The nearest doubles to 2^-x, of decimals of 60 digits (Python's decimal). */
static void half__exact_values__within_one_unit(void **state)
{
    (void)state;
    static const double cases[][2] = {
        {0x1.0000000000000p-1, 0x1.6a09e667f3bcdp-1},
        {0x1.0000000000000p+0, 0x1.0000000000000p-1},
        {0x1.0000000000000p+1, 0x1.0000000000000p-2},
        {0x1.0000000000000p-5, 0x1.f50765b6e4540p-1},
        {0x1.0000000000000p-6, 0x1.fa7c1819e90d8p-1},
        {0x1.ffffffff73433p-7, 0x1.fa7c1819ea8f8p-1},
        {0x1.f800000000000p-1, 0x1.02c9a3e778061p-1},
        {0x1.fae147ae147aep-1, 0x1.01c7d6c404f0cp-1},
        {0x1.fffffffffffffp-1, 0x1.0000000000000p-1},
        {0x1.70ef54646d497p-57, 0x1.0000000000000p+0},
        {0x1.5555555555555p-2, 0x1.965fea53d6e3dp-1},
        {0x1.aaaaaaaaaaaabp+1, 0x1.965fea53d6e3cp-4},
        {0x1.ff00000000000p+9, 0x1.0000000000000p-1022},
        {0x1.ff40000000000p+9, 0x0.b504f333f9de6p-1022},
        {0x1.ffa0000000000p+9, 0x0.6ba27e656b4ebp-1022},
        {0x1.06acccccccccdp+10, 0x0.00000009d9624p-1022},
        {0x1.0c7999999999ap+10, 0x0.0000000000001p-1022},
        {0x1.f25244618b646p+5, 0x1.a2b7770653b5ap-63},
        {0x1.97239c6c3047fp-1, 0x1.270c514f4c0c3p-1},
        {0x1.0ce9516a9ff9dp+2, 0x1.bd2f383ed5efcp-5},
        {0x1.9f57fda425f45p+1, 0x1.b01260e979aadp-4},
        {0x1.c4d2e865e58c5p+6, 0x1.bbe2063e663a7p-114},
        {0x1.b23904c3692a4p+9, 0x1.77fce214a0538p-869},
        {0x1.5c01c778286f8p+1, 0x1.371774242d5a8p-3},
        {0x1.0c941f4fd48e0p-4, 0x1.e940167a8d9f1p-1},
        {0x1.053778065bcc8p+1, 0x1.f1bd1acfce0b6p-3},
        {0x1.ca2c3524b7587p+9, 0x1.92ff708779609p-917},
        {0x1.46de92c30d8b4p-3, 0x1.ca60e9fa75cf6p-1},
        {0x1.1588eb107b469p+7, 0x1.2cc8933b9f6fdp-139},
        {0x1.037ae321da894p-3, 0x1.d4f4123554c79p-1},
        {0x1.f1d63177c5186p-1, 0x1.04f4bbca46b20p-1},
        {0x1.0c1aaadbc665dp+0, 0x1.ef7df6b641480p-2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = churn__half(cases[i][0]), want = cases[i][1];
        assert_true(got == want || got == nextafter(want, 0) || got == nextafter(want, 2));
    }
}

static void half__whole_numbers__exact(void **state)
{
    (void)state;
    for (int n = 0; n <= 1074; n++) {
        assert_true(churn__half(n) == ldexp(1, -n));
        assert_true(churn__half_parts((uint64_t)n, 0) == ldexp(1, -n));
    }
    assert_true(churn__half(1100.5) == 0 && churn__half(1e300) == 0);
    assert_true(churn__half_parts(UINT64_MAX, 0.5) == 0);
}

static void half__no_age__whole(void **state)
{
    (void)state;
    assert_true(churn__half(0) == 1 && churn__half(-3) == 1 && churn__half((double)NAN) == 1);
    assert_true(churn__half((double)INFINITY) == 0);
}

/* Never more with more: what fades does not come back. */
static void half__growing__never_rises_by_more_than_rounding(void **state)
{
    (void)state;
    double before = 1;
    for (double x = 0; x < 3; x += 1.0 / 4099) {
        double now = churn__half(x);
        assert_true(now <= before && now > 0);
        assert_true(fabs(now * churn__half(3 - x) - 0.125) < 1e-15);
        before = now;
    }
}

int main(void)
{
    const struct CMUnitTest halves[] = {
        cmocka_unit_test(half__exact_values__within_one_unit),
        cmocka_unit_test(half__whole_numbers__exact),
        cmocka_unit_test(half__no_age__whole),
        cmocka_unit_test(half__growing__never_rises_by_more_than_rounding),
    };
    return RUN_TESTS(halves);
}
