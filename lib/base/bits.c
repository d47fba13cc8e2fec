/* SPDX-License-Identifier: MIT */
#include "base/bits.h"

static size_t count_one_by_one(const uint8_t *bits, size_t from, size_t end)
{
    size_t count = 0;
    for (size_t i = from; i < end; i++) {
        count += churn__bit_get(bits, i);
    }
    return count;
}

size_t churn__bits_count(const uint8_t *bits, size_t from, size_t n)
{
    size_t end = from + n;
    size_t first = churn__bits_bytes(from) * 8; /* the first whole byte */
    if (first + 64 > end) {
        return count_one_by_one(bits, from, end);
    }
    size_t count = count_one_by_one(bits, from, first);
    for (; end - first >= 64; first += 64) {
        uint64_t word = 0;
        memcpy(&word, bits + first / 8, sizeof word);
        count += (size_t)__builtin_popcountll(word);
    }
    return count + count_one_by_one(bits, first, end);
}
