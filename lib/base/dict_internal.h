/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_DICT_INTERNAL_H
#define CHURN_BASE_DICT_INTERNAL_H

#include "base/dict.h"

/* For tests of the probe cap, which no ordinary input reaches. */
typedef uint64_t (*churn__dict_hash)(const uint8_t *secret, churn_str s);

/* A dict that hashes with `hash` until the cap is passed. */
churn__dict *churn__dict_create_with(churn__heap *heap, churn__dict_hash hash);
/* True once the table was built again with SipHash. */
bool churn__dict_is_keyed(const churn__dict *dict);
/* The longest distance between the place where a string belongs and the one where it is. */
size_t churn__dict_longest_probe(const churn__dict *dict);

#endif
