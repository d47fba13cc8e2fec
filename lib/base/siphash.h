/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_SIPHASH_H
#define CHURN_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3: a keyed hash whose collisions cannot be found without the key.
 * J.-P. Aumasson, D. J. Bernstein: SipHash, a fast short-input PRF (2012). */
uint64_t churn__siphash13(const uint8_t key[16], const void *data, size_t size);

#endif
