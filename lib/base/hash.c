/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <xxhash.h>

uint64_t churn__hash64(const void *data, size_t size, uint64_t seed)
{
    return XXH64(data, size, seed);
}

churn__hash128 churn__hash_id(const void *data, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(data, size);
    return (churn__hash128){hash.high64, hash.low64};
}

void churn__hash_hex(churn__hash128 hash, char out[33])
{
    for (unsigned i = 0; i < 32; i++) {
        uint64_t half = i < 16 ? hash.high : hash.low;
        out[i] = "0123456789abcdef"[half >> (60 - 4 * (i % 16)) & 15];
    }
    out[32] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool churn__hash_unhex(churn_str hex, churn__hash128 *out)
{
    uint64_t half[2] = {0, 0};
    if (hex.len != 32) {
        return false;
    }
    for (size_t i = 0; i < 32; i++) {
        int digit = hex_digit(hex.ptr[i]);
        if (digit < 0) {
            return false;
        }
        half[i / 16] = half[i / 16] << 4 | (uint64_t)digit;
    }
    *out = (churn__hash128){half[0], half[1]};
    return true;
}
