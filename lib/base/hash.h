/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_HASH_H
#define CHURN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include <churn/types.h>

/* Fixed hashes of content: the same on every machine, for ids, checksums and state hashes. */
typedef struct churn__hash128 {
    uint64_t high, low;
} churn__hash128;

uint64_t churn__hash64(const void *data, size_t size, uint64_t seed); /* XXH64 */
churn__hash128 churn__hash_id(const void *data, size_t size);         /* XXH3, 128 bits, seed 0 */
/* Lower-case hex, most significant first: 32 characters and a NUL. */
void churn__hash_hex(churn__hash128 hash, char out[33]);
bool churn__hash_unhex(churn_str hex, churn__hash128 *out);

#endif
