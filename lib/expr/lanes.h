/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_LANES_H
#define CHURN_EXPR_LANES_H

#include <stdint.h>
#include <string.h>

/*
 * Sixteen rows at a time, as bits: what the processor has for it, for kernels.c. `lanes_*` compare
 * 16 values with 16 others, or with one (step 0). CHURN_PLAIN_KERNELS: nothing but C, as on other
 * processors.
 */

#if !defined(CHURN_PLAIN_KERNELS) && defined(__AVX2__)
#define LANES_AVX2
#elif !defined(CHURN_PLAIN_KERNELS) && defined(__SSE2__)
#define LANES_SSE2
#endif

#if defined(LANES_AVX2)
#include <immintrin.h>

#define LANES_LOAD_D(p) _mm256_loadu_pd(p)
#define LANES_LOAD_I(p) _mm256_loadu_si256((const void *)(p))
#define LANES_ALL_D(x) _mm256_set1_pd(x)
#define LANES_ALL_I(x) _mm256_set1_epi64x(x)
#define LANES_WIDTH 4u
typedef __m256d lanes_d;
typedef __m256i lanes_i;

static inline uint32_t lanes_mask_d(lanes_d x)
{
    return (uint32_t)_mm256_movemask_pd(x);
}

static inline uint32_t lanes_mask_i(lanes_i x)
{
    return (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(x));
}

#define LANES_EQ_D(x, y) _mm256_cmp_pd(x, y, _CMP_EQ_OQ)
#define LANES_NE_D(x, y) _mm256_cmp_pd(x, y, _CMP_NEQ_UQ)
#define LANES_LT_D(x, y) _mm256_cmp_pd(x, y, _CMP_LT_OQ)
#define LANES_LE_D(x, y) _mm256_cmp_pd(x, y, _CMP_LE_OQ)
#define LANES_OR_D(x, y) _mm256_or_pd(x, y)
#define LANES_SUB_D(x, y) _mm256_sub_pd(x, y)
#define LANES_UNORDERED(x) _mm256_cmp_pd(x, x, _CMP_UNORD_Q)
#define LANES_EQ_I(x, y) _mm256_cmpeq_epi64(x, y)
#define LANES_GT_I(x, y) _mm256_cmpgt_epi64(x, y)

#elif defined(LANES_SSE2)
#include <emmintrin.h>

#define LANES_LOAD_D(p) _mm_loadu_pd(p)
#define LANES_LOAD_I(p) _mm_loadu_si128((const void *)(p))
#define LANES_ALL_D(x) _mm_set1_pd(x)
#define LANES_ALL_I(x) _mm_set1_epi64x(x)
#define LANES_WIDTH 2u
typedef __m128d lanes_d;
typedef __m128i lanes_i;

static inline uint32_t lanes_mask_d(lanes_d x)
{
    return (uint32_t)_mm_movemask_pd(x);
}

static inline uint32_t lanes_mask_i(lanes_i x)
{
    return (uint32_t)_mm_movemask_pd(_mm_castsi128_pd(x));
}

#define LANES_EQ_D(x, y) _mm_cmpeq_pd(x, y)
#define LANES_NE_D(x, y) _mm_cmpneq_pd(x, y)
#define LANES_LT_D(x, y) _mm_cmplt_pd(x, y)
#define LANES_LE_D(x, y) _mm_cmple_pd(x, y)
#define LANES_OR_D(x, y) _mm_or_pd(x, y)
#define LANES_SUB_D(x, y) _mm_sub_pd(x, y)
#define LANES_UNORDERED(x) _mm_cmpunord_pd(x, x)

/* There is no comparison of 64 bits: both halves are equal; only sign bits are looked at. */
static inline lanes_i lanes_eq_i(lanes_i x, lanes_i y)
{
    lanes_i halves = _mm_cmpeq_epi32(x, y);
    return _mm_and_si128(halves, _mm_shuffle_epi32(halves, _MM_SHUFFLE(2, 3, 0, 1)));
}

/* The upper halves decide, or, where they are equal, the borrow of the lower ones. */
static inline lanes_i lanes_gt_i(lanes_i x, lanes_i y)
{
    lanes_i borrow = _mm_and_si128(_mm_cmpeq_epi32(x, y), _mm_sub_epi64(y, x));
    return _mm_or_si128(borrow, _mm_cmpgt_epi32(x, y));
}

#define LANES_EQ_I(x, y) lanes_eq_i(x, y)
#define LANES_GT_I(x, y) lanes_gt_i(x, y)

#else /* one value at a time */

#define LANES_LOAD_D(p) (*(p))
#define LANES_LOAD_I(p) (*(p))
#define LANES_ALL_D(x) (x)
#define LANES_ALL_I(x) (x)
#define LANES_WIDTH 1u
typedef double lanes_d;
typedef int64_t lanes_i;

static inline uint32_t lanes_mask_d(double x)
{
    return x != 0;
}

static inline uint32_t lanes_mask_i(int64_t x)
{
    return x != 0;
}

#define LANES_EQ_D(x, y) ((double)((x) == (y)))
#define LANES_NE_D(x, y) ((double)((x) != (y)))
#define LANES_LT_D(x, y) ((double)((x) < (y)))
#define LANES_LE_D(x, y) ((double)((x) <= (y)))
#define LANES_OR_D(x, y) ((x) + (y)) /* what is no number stays none */
#define LANES_SUB_D(x, y) ((x) - (y))
#define LANES_UNORDERED(x) ((double)((x) != (x)))
#define LANES_EQ_I(x, y) ((int64_t)((x) == (y)))
#define LANES_GT_I(x, y) ((int64_t)((x) > (y)))
#endif

#endif
