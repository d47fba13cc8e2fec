/* SPDX-License-Identifier: MIT */
#include "base/num_inside.h"

/*
 * Correctly rounded reading of decimals. The idea is Eisel's and Lemire's ("Number parsing at a
 * gigabyte per second", 2021): multiply the leading digits with the leading bits of the power of
 * ten. Where they reason about the low bits of the product, we round both ends of the interval that
 * must hold the exact value: rounding is monotone, so equal results are the answer. Otherwise the
 * two are neighbours and the value is compared with the point halfway between them in exact
 * arithmetic (as in Clinger, "How to read floating point numbers accurately", 1990).
 */

#define INFINITE_BITS (UINT64_C(0x7ff) << 52)
/* Beyond every point halfway between two doubles, which have at most 768 digits. */
#define EXACT_DIGITS 800
#define EXPONENT_CUT INT64_C(100000000000000000)

/* ---- the form ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at)) {
        at++;
    }
    return at;
}

static const char *skip_sign(const char *at, const char *end, bool *negative)
{
    *negative = at < end && *at == '-';
    return at < end && (*at == '-' || *at == '+') ? at + 1 : at;
}

static bool scan_exponent(const char *at, const char *end, int64_t *out)
{
    bool negative = false;
    int64_t value = 0;
    at = skip_sign(at, end, &negative);
    if (at == end || skip_digits(at, end) != end) {
        return false;
    }
    for (; at < end; at++) {
        value = value * 10 + (*at - '0');
        value = value > EXPONENT_CUT ? EXPONENT_CUT : value;
    }
    *out = negative ? -value : value;
    return true;
}

bool churn__number_scan(const char *s, size_t len, churn__number_text *out)
{
    const char *end = len > 0 ? s + len : s;
    const char *at = NULL;
    *out = (churn__number_text){.digits = s};
    if (len == 0) {
        return false;
    }
    out->digits = skip_sign(s, end, &out->negative);
    at = skip_digits(out->digits, end);
    if (at == out->digits) {
        return false;
    }
    if (at < end && *at == '.') {
        const char *point = at;
        at = skip_digits(point + 1, end);
        out->fraction = at - point - 1;
        if (out->fraction == 0) {
            return false;
        }
    }
    out->end = at;
    if (at < end && (*at == 'e' || *at == 'E')) {
        out->has_exponent = true;
        return scan_exponent(at + 1, end, &out->exponent);
    }
    return at == end;
}

/* ---- the interval ---- */

/* The value lies in [w, w + cut) * 10^exponent. */
typedef struct leading {
    uint64_t w; /* at most 19 digits */
    int64_t exponent;
    bool cut;
} leading;

static leading leading_digits(const churn__number_text *text)
{
    leading out = {0, text->exponent - text->fraction, false};
    for (const char *at = text->digits; at < text->end; at++) {
        if (*at == '.') {
            continue;
        }
        if (out.w < churn__pow10_u64(18)) {
            out.w = out.w * 10 + (uint64_t)(*at - '0');
        } else {
            out.cut |= *at != '0';
            out.exponent++;
        }
    }
    return out;
}

/* high * 2^x with high >= 2^63 and `more` bits below it, rounded half to even to the bits of a
 * double; INFINITE_BITS if too large. */
static uint64_t round_to_bits(uint64_t high, bool more, int x)
{
    int exponent = x + 63;
    int shift = exponent < -1022 ? 11 + (-1022 - exponent) : 11;
    uint64_t kept = shift < 64 ? high >> shift : 0;
    uint64_t half = 0;
    uint64_t rest = 0;
    if (exponent > 1023) {
        return INFINITE_BITS;
    }
    if (shift > 64) {
        return 0;
    }
    half = UINT64_C(1) << (shift - 1);
    rest = high & (half | (half - 1));
    kept += rest > half || (rest == half && (more || (kept & 1) != 0));
    /* The hidden bit and a carry out of the fraction add one to the exponent, as they should. */
    return exponent < -1022 ? kept : ((uint64_t)(exponent + 1022) << 52) + kept;
}

/* A number of 192 bits. */
typedef struct wide {
    uint64_t high;
    churn__u128 low;
} wide;

static wide wide_mul(uint64_t w, churn__pow10 t)
{
    churn__u128 low = (churn__u128)w * t.low;
    churn__u128 high = (churn__u128)w * t.high + (uint64_t)(low >> 64);
    return (wide){(uint64_t)(high >> 64), high << 64 | (uint64_t)low};
}

static wide wide_add(wide a, uint64_t high, churn__u128 low)
{
    a.low += low;
    a.high += high + (a.low < low);
    return a;
}

static uint64_t wide_round(wide v, int x)
{
    if (v.high >> 63 == 0) {
        v.high = v.high << 1 | (uint64_t)(v.low >> 127);
        v.low <<= 1;
        x--;
    }
    return round_to_bits(v.high, v.low != 0, x);
}

/* Both ends of [w, w + cut) * 10^e. With W = w * 2^shift and T the bits of 10^e, the value lies in
 * [W * T, (W + C) * (T + 1)), where C is 2^shift if digits were cut and T + 1 is T if it is exact.
 * The end is below 2^192 because w + 1 <= 10^19 and no T is all ones. */
static void round_ends(leading v, uint64_t *low, uint64_t *high)
{
    int e = (int)v.exponent;
    int shift = __builtin_clzll(v.w);
    churn__pow10 t = churn__pow10_bits(e);
    wide begin = wide_mul(v.w << shift, t);
    wide end = begin;
    int x = churn__log2_pow10(e) + 1 - shift;
    if (!churn__pow10_is_exact(e)) {
        end = wide_add(end, 0, v.w << shift);
    }
    if (v.cut) { /* w has 19 digits: shift <= 4 */
        churn__u128 above = ((churn__u128)t.high << 64 | t.low) + 1;
        uint64_t over = shift == 0 ? 0 : (uint64_t)(above >> (128 - shift));
        end = wide_add(end, over, above << shift);
    }
    *low = wide_round(begin, x);
    *high = wide_round(end, x);
}

/* ---- the exact comparison ---- */

/* All digits as an integer; returns its power of ten. A last digit of 1 stands for whatever follows
 * the first EXACT_DIGITS. */
static int exact_digits(const churn__number_text *text, churn__big *out)
{
    int64_t exponent = text->exponent - text->fraction;
    int taken = 0;
    bool more = false;
    churn__big_set(out, 0);
    for (const char *at = text->digits; at < text->end; at++) {
        if (*at == '.') {
            continue;
        }
        if (taken < EXACT_DIGITS) {
            churn__big_mul_add(out, 10, (uint32_t)(*at - '0'));
            taken += out->count > 0;
        } else {
            more |= *at != '0';
            exponent++;
        }
    }
    if (more) {
        churn__big_mul_add(out, 10, 1);
        exponent--;
    }
    return (int)exponent;
}

/* Is the value below, at or above the point halfway between the double of `bits` and the next? */
static int compare_with_halfway(const churn__number_text *text, uint64_t bits)
{
    churn__big value;
    churn__big halfway;
    churn__binary low = churn__double_split(churn__double_of_bits(bits));
    int e = exact_digits(text, &value);
    int twos = e - (low.q - 1); /* powers of two that the value has more than the other */
    churn__big_set(&halfway, 2 * low.c + 1);
    churn__big_mul_pow5(e < 0 ? &halfway : &value, (unsigned)(e < 0 ? -e : e));
    churn__big_shift(twos < 0 ? &halfway : &value, (unsigned)(twos < 0 ? -twos : twos));
    return churn__big_cmp(&value, &halfway);
}

static uint64_t nearest_bits(const churn__number_text *text)
{
    leading v = leading_digits(text);
    uint64_t low = 0;
    uint64_t high = 0;
    int order = 0;
    if (v.w == 0 || v.exponent < CHURN__POW10_MIN) {
        return 0; /* below 10^19 * 10^-343, less than half of the smallest double */
    }
    if (v.exponent > 308) {
        return INFINITE_BITS;
    }
    round_ends(v, &low, &high);
    if (low == high) {
        return low;
    }
    order = compare_with_halfway(text, low);
    return order < 0 || (order == 0 && (low & 1) == 0) ? low : high;
}

bool churn__double_parse(const char *s, size_t len, double *out)
{
    churn__number_text text;
    uint64_t bits = 0;
    if (!churn__number_scan(s, len, &text)) {
        return false;
    }
    bits = nearest_bits(&text);
    if (bits >= INFINITE_BITS) {
        return false;
    }
    *out = churn__double_of_bits(bits | (uint64_t)text.negative << 63);
    return true;
}
