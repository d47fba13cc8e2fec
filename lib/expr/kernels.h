/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_KERNELS_H
#define CHURN_EXPR_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Inner loops of the vector machine. kernels.c is compiled for the plain instruction set and, where
 * the compiler can, for x86-64-v3 (without fused multiplication); the machine takes the best one
 * that runs here. All give the same bits.
 *
 * They work on whole words of 64 rows and may read and write every row of them. Operands with a
 * step of 0 are one value for all rows.
 */
typedef struct expr_kernels {
    const char *name;
    /* The bits of `a cmp b` (EXPR_EQ ...); true: some value is not finite. */
    bool (*compare_doubles)(uint8_t cmp, const double *a, const double *b, uint32_t step,
                            uint32_t words, uint64_t *out);
    void (*compare_ints)(uint8_t cmp, const int64_t *a, const int64_t *b, uint32_t step,
                         uint32_t words, uint64_t *out);
    void (*not_finite)(const double *a, uint32_t words, uint64_t *out);
    /* Which bytes are not 0. */
    void (*bits_of)(const uint8_t *bytes, uint32_t words, uint64_t *out);
    /* Bytes whose bit 0 and bit 1 come from two bitmaps. */
    void (*spread)(const uint64_t *low, const uint64_t *high, uint32_t words, uint8_t *out);
    /* Bit codes[i] of a table; all codes are below 32 in the first. */
    void (*few_codes)(const uint32_t *codes, uint32_t table, uint32_t words, uint64_t *out);
    void (*codes)(const uint32_t *codes, const uint32_t *table, uint32_t words, uint64_t *out);
    uint32_t (*largest)(const uint32_t *codes, uint32_t words);
    /* OP_ADD_D ...; false: no such loop. */
    bool (*doubles)(uint8_t op, const double *a, uint32_t a_step, const double *b, uint32_t b_step,
                    uint32_t words, double *to);
    /* OP_ADD_I ...; bits of `bad`: the row has no result. False: no such loop. */
    bool (*ints)(uint8_t op, const int64_t *a, uint32_t a_step, const int64_t *b, uint32_t b_step,
                 uint32_t words, int64_t *to, uint64_t *bad);
    void (*to_doubles)(const int64_t *a, uint32_t words, double *to);
    /* Of `rows` of a word, the keys of their strings (text_key.h); of others 0. */
    void (*text_keys)(const churn_str *texts, uint64_t rows, uint64_t *keys);
    /* The same for strings that nobody has looked at; false: some are not ASCII, or one has a
     * length and no text, and only then are keys left out. */
    bool (*check_texts)(const churn_str *texts, uint64_t rows, uint64_t *keys);
    /* Keys of short strings that hold a part of `len` bytes, as a word under a mask. */
    uint64_t (*keys_holding)(const uint64_t *keys, uint64_t part, uint64_t mask, uint32_t len);
} expr_kernels;

extern const expr_kernels churn__expr_kernels_plain;
#ifdef CHURN_KERNELS_V3
extern const expr_kernels churn__expr_kernels_v3;
#endif
/* Of tests: kernels.c with CHURN_PLAIN_KERNELS. */
extern const expr_kernels churn__expr_kernels_portable;

/* The best that runs here. */
const expr_kernels *churn__expr_kernels(void);
/* For tests: those of a number from 0 on, NULL past the last that runs here; and use them from now
 * on, NULL: the best. */
const expr_kernels *churn__expr_kernels_at(uint32_t i);
void churn__expr_kernels_force(const expr_kernels *kernels);

#endif
