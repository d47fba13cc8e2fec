/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_SHORTS_H
#define CHURN_STORE_SHORTS_H

#include <string.h>

#include "base/dict.h"

/*
 * Codes of short texts that came before in a column, found with one look into memory instead of the
 * three that a dictionary needs. A text of up to 16 bytes is two numbers and its length, which are
 * compared whole: a false answer is impossible, a lost one only costs the way to the dictionary.
 */
#define SHORT_MOST 16

typedef struct short_text {
    uint64_t first, last; /* eight bytes each, overlapping */
    uint32_t len;         /* 0: empty slot */
    uint32_t code;
} short_text;

typedef struct short_cache {
    short_text *slots;
    unsigned bits; /* of the number of slots; 0: none */
} short_cache;

static inline uint64_t short_load(const char *s, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, s, size);
    return word;
}

/* Length and both numbers determine the text. */
static inline short_text short_key(churn_str s)
{
    short_text key = {.len = (uint32_t)s.len};
    if (s.len >= 8) {
        key.first = short_load(s.ptr, 8);
        key.last = short_load(s.ptr + s.len - 8, 8);
    } else if (s.len >= 4) {
        key.first = short_load(s.ptr, 4);
        key.last = short_load(s.ptr + s.len - 4, 4);
    } else {
        key.first = (unsigned char)s.ptr[0];
        key.last = (uint64_t)(unsigned char)s.ptr[s.len / 2] << 8 | (unsigned char)s.ptr[s.len - 1];
    }
    return key;
}

/* A text has two slots, neighbours: this is the one to look into first. */
static inline size_t short_place(const short_cache *cache, const short_text *key)
{
    uint64_t mixed = (key->first ^ (key->last << 29 | key->last >> 35)) + key->len;
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(mixed >> (64 - cache->bits));
}

static inline bool short_fits(const short_cache *cache, churn_str s)
{
    return cache->bits > 0 && s.len > 0 && s.len <= SHORT_MOST;
}

static inline bool short_same(const short_text *slot, const short_text *key)
{
    return slot->len == key->len && slot->first == key->first && slot->last == key->last;
}

/* CHURN__NO_CODE: not here. */
static inline uint32_t short_at(const short_cache *cache, size_t place, const short_text *key)
{
    const short_text *slot = &cache->slots[place], *beside = &cache->slots[place ^ 1];
    return short_same(slot, key)     ? slot->code
           : short_same(beside, key) ? beside->code
                                     : CHURN__NO_CODE;
}

static inline uint32_t short_find(const short_cache *cache, churn_str s)
{
    if (!short_fits(cache, s)) {
        return CHURN__NO_CODE;
    }
    short_text key = short_key(s);
    return short_at(cache, short_place(cache, &key), &key);
}

/* What was there moves to the neighbour. */
static inline void short_note(short_cache *cache, churn_str s, uint32_t code)
{
    if (short_fits(cache, s)) {
        short_text key = short_key(s);
        size_t place = short_place(cache, &key);
        key.code = code;
        cache->slots[place ^ 1] = cache->slots[place];
        cache->slots[place] = key;
    }
}

#endif
