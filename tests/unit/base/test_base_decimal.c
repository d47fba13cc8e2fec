/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "base/num.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void decimal_parse__table__exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int scale;
        bool ok;
        int64_t value;
    } rows[] = {{"12.34", 2, true, 1234},
                {"12.340000", 2, true, 1234},
                {"12.345", 2, false, 0},
                {"12", 2, true, 1200},
                {"-0.05", 2, true, -5},
                {"+7.5", 3, true, 7500},
                {"12.0", 0, true, 12},
                {"12.1", 0, false, 0},
                {"1e3", 2, false, 0},
                {".5", 2, false, 0},
                {"5.", 2, false, 0},
                {"1,5", 2, false, 0},
                {"", 2, false, 0},
                {"92233720368547758.07", 2, true, INT64_MAX},
                {"92233720368547758.08", 2, false, 0},
                {"-92233720368547758.08", 2, true, INT64_MIN},
                {"9223372036854775808", 0, false, 0},
                {"1", 18, true, 1000000000000000000},
                {"10", 18, false, 0},
                {"1", 19, false, 0},
                {"1", -1, false, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 0;
        bool ok = churn__decimal_parse(rows[i].text, strlen(rows[i].text), rows[i].scale, &value);
        if (ok != rows[i].ok || (ok && value != rows[i].value)) {
            fail_msg("%s at scale %d", rows[i].text, rows[i].scale);
        }
    }
}

static void decimal_from_double__table__through_the_shortest_decimal(void **state)
{
    (void)state;
    static const struct {
        double value;
        int scale;
        bool ok;
        int64_t minor;
    } rows[] = {
        {19.99, 2, true, 1999},  {0.1 + 0.2, 2, false, 0}, /* 0.30000000000000004 */
        {4.35, 2, true, 435},                              /* 4.35 * 100 is 434.99999999999994 */
        {1.005, 2, false, 0},    {1.005, 3, true, 1005},    {-250.0, 0, true, -250},
        {0.0, 2, true, 0},       {-0.0, 2, true, 0},        {1e16, 2, true, 1000000000000000000},
        {1e17, 2, false, 0},     {1e300, 0, false, 0},      {5e-324, 18, false, 0},
        {HUGE_VAL, 2, false, 0}, {(double)NAN, 2, false, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t minor = 0;
        assert_int_equal(churn__decimal_from_double(rows[i].value, rows[i].scale, &minor),
                         rows[i].ok);
        assert_true(!rows[i].ok || minor == rows[i].minor);
    }
}

static void micro__ties_and_limits__exact(void **state)
{
    (void)state;
    /* 2^-7 = 0.0078125 is a true tie; 0.0000005 as a double lies below one. */
    assert_int_equal(churn__micro(0.0078125), 7813);
    assert_int_equal(churn__micro(-0.0078125), -7813);
    assert_int_equal(churn__micro(0.0000005), 0);
    assert_int_equal(churn__micro(nextafter(0.0000005, 1)), 1);
    assert_int_equal(churn__micro(72.3456784), 72345678);
    assert_int_equal(churn__micro(5e-324), 0);
    assert_int_equal(churn__micro(9e12), INT64_C(9000000000000000000));
    assert_true(churn__micro(1e13) == INT64_MAX);
    assert_true(churn__micro(1e300) == INT64_MAX);
    assert_true(churn__micro(-1e300) == INT64_MIN);
    assert_true(churn__micro(HUGE_VAL) == INT64_MAX);
    assert_true(churn__micro(-HUGE_VAL) == INT64_MIN);
    assert_int_equal(churn__micro((double)NAN), 0);
}

static void round6__its_own_result__is_kept(void **state)
{
    (void)state;
    assert_true(churn__round6(0.1) == 0.1);
    assert_true(churn__round6(66.66666666666667) == 66.666667);
    assert_true(churn__round6(-1e-9) == 0 && !signbit(churn__round6(-1e-9)));
    assert_true(churn__round6(1e300) == 1e300);
    assert_true(isnan(churn__round6((double)NAN)));
    for (int64_t i = -3000000; i < 3000000; i += 7) {
        double value = (double)i / 1e6;
        assert_true(churn__round6(value) == value);
        assert_true(churn__round6(value + 4e-7) == value);
    }
}

/* The quick way and the exact one, everywhere and next to halves. */
static void round6__any_value__as_in_exact_arithmetic(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 400000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double value = (double)(int64_t)(seed >> 20) / (double)(1u << (seed >> 3) % 31);
        double half = ((double)(int64_t)(seed >> 34) + 0.5) / 1e6;
        const double values[] = {
            value, -value, half, -half, nextafter(half, 0), nextafter(half, 1e9)};
        for (int k = 0; k < 6; k++) {
            if (values[k] < 8e9 && values[k] > -8e9) {
                assert_true(churn__round6(values[k]) == (double)churn__micro(values[k]) / 1e6);
            }
        }
    }
}

static void mul_div_round__table__half_away_from_zero(void **state)
{
    (void)state;
    static const struct {
        int64_t a, num, den;
        bool ok;
        int64_t value;
    } rows[] = {{5, 1, 2, true, 3},
                {-5, 1, 2, true, -3},
                {7, 1, 3, true, 2},
                {8, 1, 3, true, 3},
                {1999, 12, 365, true, 66},
                {INT64_MAX, INT64_MAX, INT64_MAX, true, INT64_MAX},
                {INT64_MIN, 1, 1, true, INT64_MIN},
                {INT64_MIN, -1, 1, false, 0},
                {INT64_MIN, INT64_MIN, 1, false, 0},
                {INT64_MIN, INT64_MIN, INT64_MAX, false, 0},
                {INT64_MAX, 2, 4, true, INT64_C(4611686018427387904)},
                {1, 1, 0, false, 0},
                {1, 1, -1, false, 0},
                {0, 5, 3, true, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 0;
        assert_int_equal(churn__mul_div_round(rows[i].a, rows[i].num, rows[i].den, &value),
                         rows[i].ok);
        assert_true(!rows[i].ok || value == rows[i].value);
    }
}

static void currency_scale__codes__as_iso_4217(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int scale;
    } rows[] = {{"USD", 2},  {"EUR", 2},  {"HUF", 2},  {"JPY", 0}, {"KRW", 0},   {"CLP", 0},
                {"VND", 0},  {"XPF", 0},  {"BIF", 0},  {"KWD", 3}, {"BHD", 3},   {"TND", 3},
                {"CLF", 4},  {"UYW", 4},  {"AED", 2},  {"ZWL", 2}, {"ZWG", 2},   {"AAA", -1},
                {"ZZZ", -1}, {"usd", -1}, {"", -1},    {"US", -1}, {"USDT", -1}, {"XAU", -1},
                {"D A", -1}, {"ED ", -1}, {"XTS", -1}, {"XXX", -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(churn__currency_scale(rows[i].code, strlen(rows[i].code)), rows[i].scale);
    }
}

/* A code out of order cannot be found: the lists hold 178 codes and each must be there. */
static void currency_scale__all_codes__counted(void **state)
{
    (void)state;
    int counts[5] = {0};
    for (int i = 0; i < 26 * 26 * 26; i++) {
        char code[3] = {(char)('A' + i / 676), (char)('A' + i / 26 % 26), (char)('A' + i % 26)};
        int scale = churn__currency_scale(code, 3);
        counts[scale < 0 ? 1 : scale]++; /* no currency has one decimal */
    }
    assert_int_equal(counts[0], 18);
    assert_int_equal(counts[3], 7);
    assert_int_equal(counts[4], 2);
    assert_int_equal(counts[2], 151);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(decimal_parse__table__exact),
        cmocka_unit_test(decimal_from_double__table__through_the_shortest_decimal),
        cmocka_unit_test(micro__ties_and_limits__exact),
        cmocka_unit_test(round6__its_own_result__is_kept),
        cmocka_unit_test(round6__any_value__as_in_exact_arithmetic),
        cmocka_unit_test(mul_div_round__table__half_away_from_zero),
        cmocka_unit_test(currency_scale__codes__as_iso_4217),
        cmocka_unit_test(currency_scale__all_codes__counted),
    };
    return RUN_TESTS(group);
}
