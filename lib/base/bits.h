/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_BITS_H
#define CHURN_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bitmaps in Arrow's order: bit i is bit i % 8 of byte i / 8. */
static inline size_t churn__bits_bytes(size_t bits)
{
    return bits / 8 + (bits % 8 != 0);
}

static inline bool churn__bit_get(const uint8_t *bits, size_t i)
{
    return (bits[i >> 3] >> (i & 7)) & 1;
}

static inline void churn__bit_set(uint8_t *bits, size_t i)
{
    bits[i >> 3] = (uint8_t)(bits[i >> 3] | (1u << (i & 7)));
}

static inline void churn__bit_clear(uint8_t *bits, size_t i)
{
    bits[i >> 3] = (uint8_t)(bits[i >> 3] & ~(1u << (i & 7)));
}

static inline void churn__bit_put(uint8_t *bits, size_t i, bool on)
{
    if (on) {
        churn__bit_set(bits, i);
    } else {
        churn__bit_clear(bits, i);
    }
}

/* How many of bits [from, from + n) are set. */
size_t churn__bits_count(const uint8_t *bits, size_t from, size_t n);

#endif
