/* SPDX-License-Identifier: MIT */
#include "metric/metric_inside.h"

/* Users and values of one customer as 0, 1, 2 ..., so that counting them needs no table as large as
 * the store's. What is counted never depends on the numbers, so neither on the secret. */

#define KEYS_MIN 64

void churn__metric_keys_reset(churn__metric_keys *keys)
{
    keys->count = 0;
    keys->stamp++;
    if (keys->stamp == 0) { /* once in 2^32 customers: old stamps must not come back to life */
        for (size_t i = 0; i < keys->capacity; i++) {
            keys->slots[i].stamp = 0;
        }
        keys->stamp = 1;
    }
}

static churn__metric_key_slot *keys_probe(const churn__metric_keys *keys, uint64_t key)
{
    size_t mask = keys->capacity - 1;
    size_t at = (size_t)churn__metric_key_mix(key ^ keys->secret) & mask;
    while (keys->slots[at].stamp == keys->stamp && keys->slots[at].key != key) {
        at = (at + 1) & mask;
    }
    return &keys->slots[at];
}

static bool keys_grow(churn__heap *heap, churn__metric_keys *keys)
{
    churn__metric_keys old = *keys;
    if (old.capacity == 0) {
        churn__random_bytes(&keys->secret, sizeof keys->secret); /* without: slower under attack */
    }
    keys->capacity = old.capacity == 0 ? KEYS_MIN : old.capacity * 2;
    keys->slots = churn__alloc_array_zero(heap, keys->capacity, sizeof *keys->slots);
    if (keys->slots == NULL) {
        *keys = old;
        return false;
    }
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].stamp == keys->stamp) {
            *keys_probe(keys, old.slots[i].key) = old.slots[i];
        }
    }
    churn__free_array(heap, old.slots, old.capacity, sizeof *old.slots);
    return true;
}

uint32_t churn__metric_key_add(churn__heap *heap, churn__metric_keys *keys, uint64_t key)
{
    if (keys->count >= keys->capacity / 2 && !keys_grow(heap, keys)) {
        return CHURN__METRIC_NONE;
    }
    churn__metric_key_slot *slot = keys_probe(keys, key);
    if (slot->stamp != keys->stamp) {
        *slot = (churn__metric_key_slot){.key = key, .stamp = keys->stamp, .id = keys->count++};
    }
    return slot->id;
}

void churn__metric_keys_free(churn__heap *heap, churn__metric_keys *keys)
{
    churn__free_array(heap, keys->slots, keys->capacity, sizeof *keys->slots);
}
