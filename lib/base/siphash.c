/* SPDX-License-Identifier: MIT */
#include "base/siphash.h"

typedef struct sip {
    uint64_t v0, v1, v2, v3;
} sip;

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

/* Up to eight bytes, least significant first. */
static uint64_t load_little(const uint8_t *bytes, size_t size)
{
    uint64_t v = 0;
    for (size_t i = 0; i < size; i++) {
        v |= (uint64_t)bytes[i] << (8 * i);
    }
    return v;
}

static void sip_round(sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void sip_word(sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

uint64_t churn__siphash13(const uint8_t key[16], const void *data, size_t size)
{
    uint64_t k0 = load_little(key, 8), k1 = load_little(key + 8, 8);
    sip s = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
             k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    const uint8_t *bytes = data;
    size_t whole = size - size % 8;
    for (size_t i = 0; i < whole; i += 8) {
        sip_word(&s, load_little(bytes + i, 8));
    }
    uint64_t tail = size > whole ? load_little(bytes + whole, size - whole) : 0;
    sip_word(&s, (uint64_t)(size & 0xFF) << 56 | tail);
    s.v2 ^= 0xFF;
    for (int i = 0; i < 3; i++) {
        sip_round(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
