/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_NUM_H
#define CHURN_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <churn/types.h>

/* Numbers as text, the same in every locale. */

#define CHURN__DOUBLE_CHARS 32

/* The shortest decimal that reads back as the same double, spelled as Python's repr() spells it:
 * "0.1", "1e+22", "1e-07", "5.0" has its ".0"; "nan", "inf", "-inf". Returns the length; `out`
 * holds CHURN__DOUBLE_CHARS, NUL-terminated. */
size_t churn__double_print(double value, char *out);
/* As above without a trailing ".0", for people. */
size_t churn__double_print_short(double value, char *out);
/* `decimals` (0 to 15) digits after the point, correctly rounded from the exact binary value, half
 * to even as C's printf does; returns the length, 0 if it does not fit `cap`. */
size_t churn__double_fixed(double value, int decimals, char *out, size_t cap);
/* The whole of [-+]?digits[.digits][(e|E)[-+]?digits]; correctly rounded, to zero where too small.
 * False: not of that form or too large (no inf, no nan). */
bool churn__double_parse(const char *s, size_t len, double *out);
/* The whole of [-+]?digits within int64. */
bool churn__int_parse(const char *s, size_t len, int64_t *out);
size_t churn__int_print(int64_t value, char *out); /* out holds 24 */
/* Decimal text [-+]?digits[.digits] to an integer scaled by 10^scale ("12.34", 2 -> 1234), scale 0
 * to 18. False: not a decimal, more digits after the point than `scale` (trailing zeros do not
 * count), or too large. */
bool churn__decimal_parse(const char *s, size_t len, int scale, int64_t *out);
/* A double in major units to minor ones, through its shortest decimal: false where that decimal has
 * more than `scale` digits after the point, is not finite, or is too large. */
bool churn__decimal_from_double(double value, int scale, int64_t *out);
/* Round to the nearest multiple of 1e-6, half away from zero: what scores are rounded to. */
double churn__round6(double value);
/* The same as an integer count of 1e-6; saturates, NaN gives 0. */
int64_t churn__micro(double value);
/* 2^-x, the same bits on every platform and within one unit in the last place; 1 where x is below 0
 * or NaN. In parts: 2^-(whole + rest), rest in [0, 1). */
double churn__half(double x);
double churn__half_parts(uint64_t whole, double rest);
/* a * num / den rounded half away from zero; den > 0; 128-bit inside. False: does not fit. */
bool churn__mul_div_round(int64_t a, int64_t num, int64_t den, int64_t *out);
/* How many decimals the minor unit of an ISO 4217 code has (JPY 0, USD 2, KWD 3); -1: unknown. */
int churn__currency_scale(const char *code, size_t len);

#endif
