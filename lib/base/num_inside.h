/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_NUM_INSIDE_H
#define CHURN_BASE_NUM_INSIDE_H

/* What the files that read and print numbers share; nobody else includes it. */

#include <string.h>

#include "base/num.h"

__extension__ typedef unsigned __int128 churn__u128;
__extension__ typedef __int128 churn__i128;

/* ---- powers of ten ---- */

#define CHURN__POW10_MIN (-342)
#define CHURN__POW10_MAX 324

/* T, the 128 leading bits of 10^e: 10^e = T * 2^(churn__log2_pow10(e) - 127), T rounded down.
 * It is exact for 0 <= e <= 55, where 5^e < 2^128, and nowhere else. */
typedef struct churn__pow10 {
    uint64_t high, low;
} churn__pow10;

extern const churn__pow10 churn__pow10_table[CHURN__POW10_MAX - CHURN__POW10_MIN + 1];

static inline churn__pow10 churn__pow10_bits(int e)
{
    return churn__pow10_table[e - CHURN__POW10_MIN];
}

static inline bool churn__pow10_is_exact(int e)
{
    return e >= 0 && e <= 55;
}

/* floor(log2(10^e)) for |e| <= 1233; >> of a negative number is arithmetic on every compiler that
 * we support. */
static inline int churn__log2_pow10(int e)
{
    return (e * 1741647) >> 19;
}

/* 10^n for 0 <= n <= 19. */
uint64_t churn__pow10_u64(int n);

/* ---- doubles as c * 2^q ---- */

typedef struct churn__binary {
    uint64_t c; /* below 2^53 */
    int q;
    bool negative, finite;
    bool closer_below; /* a power of two: the gap below it is half of the one above */
} churn__binary;

static inline uint64_t churn__double_bits(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double churn__double_of_bits(uint64_t bits)
{
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

churn__binary churn__double_split(double value);

/* ---- decimals ---- */

/* digits * 10^exponent. */
typedef struct churn__shortest {
    uint64_t digits; /* at most 17, no trailing zeros unless 0 */
    int exponent;
} churn__shortest;

/* The shortest decimal within the rounding interval of c * 2^q, the nearest to it of those. */
churn__shortest churn__double_shortest(churn__binary value);

/* A number as written: where its digits are. */
typedef struct churn__number_text {
    const char *digits; /* digits with at most one point among them */
    const char *end;    /* after the last digit */
    int64_t fraction;   /* how many digits follow the point */
    int64_t exponent;   /* after e; huge ones are cut to +-10^17 */
    bool negative, has_exponent;
} churn__number_text;

/* The whole of [-+]?digits[.digits][e[+-]digits]. */
bool churn__number_scan(const char *s, size_t len, churn__number_text *out);

/* Decimal digits of a number, most significant first, no leading zeros; returns how many. out holds
 * 20 and 39; no NUL. */
size_t churn__u64_digits(uint64_t value, char *out);
size_t churn__u128_digits(churn__u128 value, char *out);

/* "nan", "inf", "-inf". */
size_t churn__not_finite_print(double value, char *out);

/* ---- big integers ---- */

/* Enough for the exact comparison of any double with a decimal of 800 digits: less than 2,800 bits.
 * Operations that would need more drop the excess; callers stay below by construction. */
#define CHURN__BIG_LIMBS 96

typedef struct churn__big {
    uint32_t limb[CHURN__BIG_LIMBS]; /* least significant first */
    int count;                       /* no zero limb on top */
} churn__big;

void churn__big_set(churn__big *big, uint64_t value);
void churn__big_mul_add(churn__big *big, uint32_t factor, uint32_t addend);
void churn__big_mul_pow5(churn__big *big, unsigned n);
void churn__big_shift(churn__big *big, unsigned bits);
/* Divides; returns the remainder. */
uint32_t churn__big_div(churn__big *big, uint32_t divisor);
int churn__big_cmp(const churn__big *a, const churn__big *b);

#endif
