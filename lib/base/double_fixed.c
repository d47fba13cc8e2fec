/* SPDX-License-Identifier: MIT */
#include "base/num_inside.h"

#define MAX_DECIMALS 15
/* The largest double has 309 digits before the point. */
#define MAX_DIGITS 328

/* num / 2^bits, half to even; num < 2^103. */
static churn__u128 shift_half_even(churn__u128 num, int bits)
{
    churn__u128 half = 0;
    churn__u128 rest = 0;
    churn__u128 out = 0;
    if (bits == 0 || bits > 103) {
        return bits == 0 ? num : 0; /* below one half */
    }
    half = (churn__u128)1 << (bits - 1);
    rest = num & ((half << 1) - 1);
    out = num >> bits;
    return out + (rest > half || (rest == half && (out & 1) != 0));
}

/* Digits of c * 2^q, an integer too large for 128 bits of scaled arithmetic. */
static size_t digits_of_large(churn__binary value, char *out)
{
    churn__big big;
    char reversed[MAX_DIGITS];
    size_t n = 0;
    size_t zeros = 0;
    churn__big_set(&big, value.c);
    churn__big_shift(&big, (unsigned)value.q);
    while (big.count > 0) {
        uint32_t part = churn__big_div(&big, 1000000000);
        for (int i = 0; i < 9; i++, part /= 10) {
            reversed[n++] = (char)('0' + part % 10);
        }
    }
    while (zeros < n && reversed[n - 1 - zeros] == '0') {
        zeros++;
    }
    n -= zeros;
    for (size_t i = 0; i < n; i++) {
        out[i] = reversed[n - 1 - i];
    }
    return n;
}

/* The digits of |value| * 10^decimals, rounded; returns how many. */
static size_t digits_of_fixed(churn__binary value, int decimals, char *out)
{
    churn__u128 scaled = 0;
    size_t n = 0;
    if (value.q > 10) {
        n = digits_of_large(value, out);
        memset(out + n, '0', (size_t)decimals);
        return n + (size_t)decimals;
    }
    scaled = (churn__u128)value.c * churn__pow10_u64(decimals); /* < 2^53 * 2^50 */
    scaled = value.q > 0 ? scaled << value.q : shift_half_even(scaled, -value.q);
    return churn__u128_digits(scaled, out);
}

size_t churn__double_fixed(double value, int decimals, char *out, size_t cap)
{
    char digits[MAX_DIGITS + MAX_DECIMALS];
    char text[MAX_DIGITS + 2 * MAX_DECIMALS + 4];
    churn__binary binary = churn__double_split(value);
    size_t d = (size_t)(decimals < 0 ? 0 : decimals > MAX_DECIMALS ? MAX_DECIMALS : decimals);
    size_t at = 0;
    size_t n = 0;
    size_t pad = 0;
    if (!binary.finite) {
        at = churn__not_finite_print(value, text);
        goto done;
    }
    n = digits_of_fixed(binary, (int)d, digits);
    pad = n <= d ? d + 1 - n : 0;
    if (binary.negative) {
        text[at++] = '-';
    }
    memset(text + at, '0', pad);
    memcpy(text + at + pad, digits, n);
    at += pad + n;
    if (d > 0) {
        memmove(text + at - d + 1, text + at - d, d);
        text[at - d] = '.';
        at++;
    }
done:
    if (at >= cap) {
        if (cap > 0) {
            out[0] = '\0';
        }
        return 0;
    }
    memcpy(out, text, at);
    out[at] = '\0';
    return at;
}
