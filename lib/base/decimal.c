/* SPDX-License-Identifier: MIT */
#include "base/num_inside.h"

#include "base/checked.h"

#define MAX_SCALE 18

bool churn__int_parse(const char *s, size_t len, int64_t *out)
{
    bool negative = len > 0 && s[0] == '-';
    size_t i = len > 0 && (s[0] == '-' || s[0] == '+');
    int64_t value = 0; /* counted downwards: there is one more negative number */
    if (i == len) {
        return false;
    }
    for (; i < len; i++) {
        if (s[i] < '0' || s[i] > '9' || !churn__mul_i64(value, 10, &value) ||
            !churn__sub_i64(value, s[i] - '0', &value)) {
            return false;
        }
    }
    if (!negative && value == INT64_MIN) {
        return false;
    }
    *out = negative ? value : -value;
    return true;
}

size_t churn__int_print(int64_t value, char *out)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t at = 0;
    if (value < 0) {
        out[at++] = '-';
    }
    at += churn__u64_digits(size, out + at);
    out[at] = '\0';
    return at;
}

/* One more digit below the others; counted downwards. */
static bool push_digit(int64_t *value, int digit)
{
    return churn__mul_i64(*value, 10, value) && churn__sub_i64(*value, digit, value);
}

bool churn__decimal_parse(const char *s, size_t len, int scale, int64_t *out)
{
    churn__number_text text;
    int64_t value = 0;
    int after = -1; /* digits taken after the point; -1: before it */
    if (scale < 0 || scale > MAX_SCALE || !churn__number_scan(s, len, &text) || text.has_exponent) {
        return false;
    }
    for (const char *at = text.digits; at < text.end; at++) {
        if (*at == '.') {
            after = 0;
        } else if (after == scale) {
            if (*at != '0') {
                return false;
            }
        } else {
            after += after >= 0;
            if (!push_digit(&value, *at - '0')) {
                return false;
            }
        }
    }
    for (after = after < 0 ? 0 : after; after < scale; after++) {
        if (!push_digit(&value, 0)) {
            return false;
        }
    }
    if (!text.negative && value == INT64_MIN) {
        return false;
    }
    *out = text.negative ? value : -value;
    return true;
}

bool churn__decimal_from_double(double value, int scale, int64_t *out)
{
    churn__binary binary = churn__double_split(value);
    churn__shortest decimal = {0, 0};
    int64_t minor = 0;
    if (!binary.finite || scale < 0 || scale > MAX_SCALE) {
        return false;
    }
    decimal = churn__double_shortest(binary);
    if (decimal.digits == 0) {
        *out = 0;
        return true;
    }
    if (decimal.exponent + scale < 0 || decimal.exponent + scale > MAX_SCALE) {
        return false;
    }
    if (!churn__mul_i64((int64_t)decimal.digits,
                        (int64_t)churn__pow10_u64(decimal.exponent + scale), &minor)) {
        return false;
    }
    *out = binary.negative ? -minor : minor;
    return true;
}

/* |value| * 10^6, half up, in exact arithmetic; INT64_MAX when too large. */
static int64_t micro_size(churn__binary value)
{
    churn__u128 scaled = (churn__u128)value.c * 1000000; /* < 2^73 */
    int down = -value.q;
    if (down < 0) {
        return INT64_MAX; /* at least 2^53 */
    }
    if (down > 0) {
        scaled = down > 74 ? 0 : (scaled + ((churn__u128)1 << (down - 1))) >> down;
    }
    return scaled > INT64_MAX ? INT64_MAX : (int64_t)scaled;
}

int64_t churn__micro(double value)
{
    churn__binary binary = churn__double_split(value);
    int64_t size = 0;
    if (!binary.finite) {
        return value > 0 ? INT64_MAX : value < 0 ? INT64_MIN : 0;
    }
    size = micro_size(binary);
    if (!binary.negative) {
        return size;
    }
    return size == INT64_MAX ? INT64_MIN : -size;
}

/* The nearest whole number to value * 1e6, where the product's rounding cannot matter: below 1e12
 * it is off by less than 1e-3, and no half is as near. */
static bool clear_micro(double value, int64_t *out)
{
    const double size = (value < 0 ? -value : value) * 1e6;
    if (!(size < 1e12)) {
        return false;
    }
    const int64_t whole = (int64_t)size;
    const double part = size - (double)whole;
    if (part > 0.499 && part < 0.501) {
        return false;
    }
    *out = whole + (part > 0.5);
    *out = value < 0 ? -*out : *out;
    return true;
}

double churn__round6(double value)
{
    int64_t micro = 0;
    if (clear_micro(value, &micro)) {
        return (double)micro / 1e6;
    }
    /* From 2^33 on doubles lie more than 1e-6 apart: the nearest to the rounded value is the value
     * itself. Below, the count is less than 2^53 and the division is the only rounding. */
    const double coarse = 8589934592.0;
    if (!(value < coarse && value > -coarse)) {
        return value;
    }
    return (double)churn__micro(value) / 1e6;
}

bool churn__mul_div_round(int64_t a, int64_t num, int64_t den, int64_t *out)
{
    churn__i128 product = (churn__i128)a * num;
    churn__u128 size = product < 0 ? 0 - (churn__u128)product : (churn__u128)product;
    uint64_t limit = product < 0 ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    if (den <= 0) {
        return false;
    }
    size = (2 * size + (uint64_t)den) / (2 * (churn__u128)den); /* 2 * size <= 2^127 */
    if (size > limit) {
        return false;
    }
    *out = (int64_t)(product < 0 ? 0 - (uint64_t)size : (uint64_t)size);
    return true;
}
