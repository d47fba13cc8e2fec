/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_TEXT_KEY_H
#define CHURN_EXPR_TEXT_KEY_H

#include "base/str.h"

/*
 * A string in one word. Lengths of the values of a column are as good as random, so that a branch
 * on them costs more than all that is computed here: the bytes are loaded without any, from an
 * empty place where the string has none, and never from outside of the string.
 *
 * Of fewer than EXPR_KEY_SHORT bytes: the bytes, the first one lowest, then zeros, and the length
 * on top. Two of them are equal where their keys are. Longer ones: some number with EXPR_KEY_LONG,
 * the same for equal strings.
 */
#define EXPR_KEY_SHORT 8u
#define EXPR_KEY_LONG (UINT64_C(1) << 63)
#define EXPR_KEY_HIGH UINT64_C(0x8080808080808080)

static inline uint64_t expr_word_at(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    word = 0;
    for (unsigned k = 0; k < sizeof word; k++) {
        word |= (uint64_t)(unsigned char)p[k] << 8 * k;
    }
#endif
    return word;
}

static inline uint64_t expr_half_at(const char *p)
{
    uint32_t half;
    memcpy(&half, p, sizeof half);
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    half = 0;
    for (unsigned k = 0; k < sizeof half; k++) {
        half |= (uint32_t)(unsigned char)p[k] << 8 * k;
    }
#endif
    return half;
}

/* `p` where the length is from `least` to 7, else the empty place. As a table of masks, because
 * compilers turn the plain choice into a branch. */
static inline const char *expr_place(const char *p, size_t len, const uint64_t masks[8],
                                     const char *empty)
{
    uintptr_t mask = (uintptr_t)masks[len];
    return (const char *)(((uintptr_t)p & mask) | ((uintptr_t)empty & ~mask));
}

/* Fewer than eight bytes, the first one lowest: four at each end, or one at each end and one
 * between. Where they overlap they are equal. */
static inline uint64_t expr_short_word(const char *p, size_t len)
{
    static const uint64_t four[8] = {0, 0, 0, 0, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    static const uint64_t few[8] = {0, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, 0, 0, 0};
    static const char none[8] = {0};
    const char *fours = expr_place(p, len, four, none + 4);
    const char *ones = expr_place(p, len, few, none + 1);
    size_t middle = len / 2;
    uint64_t word = expr_half_at(fours) | expr_half_at(fours + len - 4) << (8 * (len - 4) & 63);
    word |= (unsigned char)ones[0] | (uint64_t)(unsigned char)ones[middle] << 8 * middle;
    return word | (uint64_t)(unsigned char)*(ones + len - 1) << (8 * (len - 1) & 63);
}

/* The first and the last eight bytes of at least as many. */
static inline uint64_t expr_long_key(const char *p, size_t len)
{
    uint64_t mixed = expr_word_at(p) * UINT64_C(0x9e3779b97f4a7c15);
    mixed ^= mixed >> 32;
    mixed = (mixed ^ expr_word_at(p + (len - 8)) ^ len) * UINT64_C(0xc2b2ae3d27d4eb4f);
    return mixed | EXPR_KEY_LONG;
}

static inline uint64_t expr_text_key(churn_str s)
{
    return s.len < EXPR_KEY_SHORT ? expr_short_word(s.ptr, s.len) | (uint64_t)s.len << 56
                                  : expr_long_key(s.ptr, s.len);
}

/* All bytes of eight or more, one above the other; EXPR_KEY_HIGH says which are not ASCII. */
static inline uint64_t expr_long_bits(const char *p, size_t len)
{
    uint64_t any = expr_word_at(p + (len - 8));
    for (size_t i = 0; i + 8 < len; i += 8) {
        any |= expr_word_at(p + i);
    }
    return any;
}

#endif
