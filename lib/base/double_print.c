/* SPDX-License-Identifier: MIT */
#include "base/num_inside.h"

/*
 * Shortest decimals by Schubfach: Raffaello Giulietti, "The Schubfach way to render doubles", 2020,
 * whose section 9 proves that powers of ten of 126 bits are enough; ours have 128. The layout of
 * the computation follows Alexander Bolz's C++ rendering of it.
 */

#define EXPONENT_MASK 0x7ff
#define EXPONENT_BIAS 1075 /* 1023 and the 52 bits after the point */
#define HIDDEN_BIT (UINT64_C(1) << 52)

churn__binary churn__double_split(double value)
{
    uint64_t bits = churn__double_bits(value);
    uint64_t fraction = bits & (HIDDEN_BIT - 1);
    int exponent = (int)(bits >> 52 & EXPONENT_MASK);
    churn__binary out = {.negative = bits >> 63 != 0, .finite = exponent != EXPONENT_MASK};
    out.c = exponent == 0 ? fraction : fraction | HIDDEN_BIT;
    out.q = (exponent == 0 ? 1 : exponent) - EXPONENT_BIAS;
    out.closer_below = fraction == 0 && exponent > 1;
    return out;
}

/* g * cp / 2^128, "rounded to odd": the lowest bit is set if anything was cut off. */
static uint64_t round_to_odd(churn__pow10 g, uint64_t cp)
{
    churn__u128 low = (churn__u128)g.low * cp;
    churn__u128 high = (churn__u128)g.high * cp + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* 10^e rounded up, which is what Schubfach wants. */
static churn__pow10 pow10_up(int e)
{
    churn__pow10 g = churn__pow10_bits(e);
    if (!churn__pow10_is_exact(e)) {
        g.low++;
        g.high += g.low == 0;
    }
    return g;
}

/* Of the decimals with the exponent k or k + 1 the shorter within the interval, else the nearer.
 * vb, lower, upper: four times the value and its limits, in units of 10^k. */
static churn__shortest shortest_within(uint64_t lower, uint64_t vb, uint64_t upper, int k)
{
    uint64_t s = vb / 4;
    uint64_t mid = 4 * s + 2;
    bool below = lower <= 4 * s;
    bool above = 4 * s + 4 <= upper;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool tens_below = lower <= 40 * tens;
        bool tens_above = 40 * tens + 40 <= upper;
        if (tens_below != tens_above) {
            return (churn__shortest){tens + tens_above, k + 1};
        }
    }
    if (below != above) {
        return (churn__shortest){s + above, k};
    }
    return (churn__shortest){s + (vb > mid || (vb == mid && (s & 1) != 0)), k};
}

static churn__shortest shortest_schubfach(churn__binary value)
{
    uint64_t open = value.c & 1; /* an odd c does not own its limits: ties round to even */
    uint64_t closer = value.closer_below;
    /* floor(log10(2^q)), or of 3/4 * 2^q. */
    int k = (value.q * 1262611 - (value.closer_below ? 524031 : 0)) >> 22;
    int h = value.q + churn__log2_pow10(-k) + 1;
    churn__pow10 g = pow10_up(-k);
    uint64_t lower = round_to_odd(g, (4 * value.c - 2 + closer) << h);
    uint64_t middle = round_to_odd(g, (4 * value.c) << h);
    uint64_t upper = round_to_odd(g, (4 * value.c + 2) << h);
    return shortest_within(lower + open, middle, upper - open, k);
}

churn__shortest churn__double_shortest(churn__binary value)
{
    churn__shortest out = {0, 0};
    if (value.c == 0) {
        return out;
    }
    if (value.q <= 0 && value.q > -53 && (value.c & ((UINT64_C(1) << -value.q) - 1)) == 0) {
        out.digits = value.c >> -value.q; /* an integer below 2^53 is its own shortest */
    } else {
        out = shortest_schubfach(value);
    }
    while (out.digits % 10 == 0) {
        out.digits /= 10;
        out.exponent++;
    }
    return out;
}

/* ---- as text ---- */

size_t churn__u64_digits(uint64_t value, char *out)
{
    char reversed[20];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    for (size_t i = 0; i < n; i++) {
        out[i] = reversed[n - 1 - i];
    }
    return n;
}

size_t churn__u128_digits(churn__u128 value, char *out)
{
    const uint64_t step = churn__pow10_u64(19);
    size_t n = 0;
    uint64_t rest = 0;
    if (value < step) {
        return churn__u64_digits((uint64_t)value, out);
    }
    n = churn__u128_digits(value / step, out); /* at most three levels */
    rest = (uint64_t)(value % step);
    for (size_t i = 19; i-- > 0; rest /= 10) {
        out[n + i] = (char)('0' + rest % 10);
    }
    return n + 19;
}

size_t churn__not_finite_print(double value, char *out)
{
    const char *text = value > 0 ? "inf" : value < 0 ? "-inf" : "nan";
    size_t n = strlen(text);
    memcpy(out, text, n + 1);
    return n;
}

static size_t put_zeros(char *out, int n)
{
    memset(out, '0', (size_t)n);
    return (size_t)n;
}

/* point: how many digits stand before the decimal point. */
static size_t print_plain(const char *digits, int n, int point, bool short_form, char *out)
{
    size_t at = 0;
    int before = point < n ? point : n;
    if (point <= 0) {
        out[at++] = '0';
        out[at++] = '.';
        at += put_zeros(out + at, -point);
        before = 0;
    }
    memcpy(out + at, digits, (size_t)before);
    at += (size_t)before;
    if (point > 0 && point < n) {
        out[at++] = '.';
    }
    memcpy(out + at, digits + before, (size_t)(n - before));
    at += (size_t)(n - before);
    if (point >= n) {
        at += put_zeros(out + at, point - n);
        if (!short_form) {
            out[at++] = '.';
            out[at++] = '0';
        }
    }
    return at;
}

static size_t print_exponent(const char *digits, int n, int point, char *out)
{
    size_t at = 0;
    int exponent = point - 1;
    int size = exponent < 0 ? -exponent : exponent;
    out[at++] = digits[0];
    if (n > 1) {
        out[at++] = '.';
        memcpy(out + at, digits + 1, (size_t)(n - 1));
        at += (size_t)(n - 1);
    }
    out[at++] = 'e';
    out[at++] = exponent < 0 ? '-' : '+';
    if (size < 10) {
        out[at++] = '0';
    }
    return at + churn__u64_digits((uint64_t)size, out + at);
}

static size_t print_shortest(double value, bool short_form, char *out)
{
    char digits[20];
    churn__binary binary = churn__double_split(value);
    churn__shortest decimal = {0, 0};
    size_t at = 0;
    int n = 0;
    int point = 0;
    if (!binary.finite) {
        return churn__not_finite_print(value, out);
    }
    decimal = churn__double_shortest(binary);
    n = (int)churn__u64_digits(decimal.digits, digits);
    point = n + decimal.exponent;
    if (binary.negative) {
        out[at++] = '-';
    }
    /* repr() writes exponents from 1e16 on and below 1e-4. */
    if (point > 16 || point < -3) {
        at += print_exponent(digits, n, point, out + at);
    } else {
        at += print_plain(digits, n, point, short_form, out + at);
    }
    out[at] = '\0';
    return at;
}

size_t churn__double_print(double value, char *out)
{
    return print_shortest(value, false, out);
}

size_t churn__double_print_short(double value, char *out)
{
    return print_shortest(value, true, out);
}
