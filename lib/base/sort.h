/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_SORT_H
#define CHURN_BASE_SORT_H

#include "base/heap.h"

/* Stable sorts. They never recurse deeper than log n and never read the clock. */

/* Fill `order` (n entries) with the permutation that sorts `keys` ascending: LSD radix, 8 bits a
 * pass, passes in which all keys agree are skipped. False: no memory. */
bool churn__radix_order_u64(churn__heap *heap, const uint64_t *keys, uint32_t *order, size_t n);
/* The same starting from an existing order, so that several keys can be sorted least significant
 * first. */
bool churn__radix_reorder_u64(churn__heap *heap, const uint64_t *keys, uint32_t *order, size_t n);
/* An int64 as a key that sorts the same. */
static inline uint64_t churn__sort_key_i64(int64_t v)
{
    return (uint64_t)v ^ (UINT64_C(1) << 63);
}

/* Stable merge sort of elements by a comparison with context. False: no memory. */
typedef int (*churn__compare)(const void *a, const void *b, const void *context);
bool churn__sort(churn__heap *heap, void *data, size_t count, size_t size, churn__compare compare,
                 const void *context);

#endif
