/* SPDX-License-Identifier: MIT */
#include "base/dict_internal.h"

#include <string.h>

#include <xxhash.h>

#include "base/checked.h"
#include "base/siphash.h"
#include "base/str.h"

/*
 * Three parts, each reference counted, so that a view can hold what it needs:
 *
 *   store   the strings and the entries, code -> string. Neither ever moves: bytes lie in blocks,
 *           entries in segments that double in size.
 *   table   open addressing, linear probing, hash -> code. Growing makes a new table; views keep
 *           the one that they know.
 *   dict    the writer's handle on both.
 *
 * What a reader may touch while the writer works: slots, which are atomic, and entries of codes
 * below its view's count, which were written before the view was taken and are never changed. A
 * code that is not below the count is a later string: the reader steps over it.
 *
 * Codes enter every table in ascending order. So whatever lies on the way to a code has a lower
 * code, and emptying the slots of the highest codes (truncate) breaks no other code's way.
 */

#define SIP_KEY_AT 192 /* after the secret of XXH3, which must have at least 136 bytes */
#define SECRET_SIZE (SIP_KEY_AT + 16)
#define SEGMENT_BITS 4 /* the first segment has 16 entries */
#define SEGMENTS (33 - SEGMENT_BITS)
#define SLOTS_FIRST ((size_t)32)
#define SLOTS_MAX ((uint64_t)1 << 32) /* the slot is chosen by 32 bits of hash */
#define STRINGS_MAX ((uint32_t)(SLOTS_MAX / 8 * 5))
#define BLOCK_FIRST ((size_t)512)
#define BLOCK_LARGEST ((size_t)1 << 18)

typedef struct entry {
    const char *ptr; /* NULL: dead, and so in no newer table */
    uint32_t len;
    uint32_t hash; /* the writer's: as in the newest table */
} entry;

typedef struct block {
    struct block *next;
    size_t size, used;
    char data[];
} block;

typedef struct store {
    churn__heap *heap;
    atomic_uint_fast32_t refs;
    block *blocks; /* newest first */
    entry *segments[SEGMENTS];
    uint8_t secret[SECRET_SIZE];
} store;

typedef struct table {
    atomic_uint_fast32_t refs;
    churn__dict_hash hash;
    uint32_t mask;            /* slots - 1 */
    uint32_t reach;           /* the probe cap */
    _Atomic uint64_t slots[]; /* hash << 32 | code + 1; 0: empty */
} table;

struct churn__dict {
    store *store;
    table *table;
    uint32_t count;
};

struct churn__dict_view {
    store *store;
    table *table;
    atomic_uint_fast32_t refs;
    uint32_t count;
};

/* ---- hashes ---- */

static uint64_t hash_fast(const uint8_t *secret, churn_str s)
{
    return XXH3_64bits_withSecret(s.ptr, s.len, secret, SIP_KEY_AT);
}

static uint64_t hash_keyed(const uint8_t *secret, churn_str s)
{
    return churn__siphash13(secret + SIP_KEY_AT, s.ptr, s.len);
}

/* Without random bytes from the system, addresses are what an attacker knows least of. */
static void secret_fill(store *st)
{
    if (churn__random_bytes(st->secret, sizeof st->secret)) {
        return;
    }
    uint64_t state[2] = {(uintptr_t)st, (uintptr_t)&state};
    for (size_t i = 0; i < sizeof st->secret; i += sizeof state[0]) {
        state[0] = XXH64(state, sizeof state, i);
        memcpy(st->secret + i, &state[0], sizeof state[0]);
    }
}

/* ---- the store ---- */

static store *store_create(churn__heap *heap)
{
    store *st = churn__alloc_zero(heap, sizeof *st);
    if (st != NULL) {
        st->heap = churn__heap_retain(heap);
        atomic_init(&st->refs, 1);
        secret_fill(st);
    }
    return st;
}

static size_t segment_size(unsigned segment)
{
    return (size_t)1 << (segment + SEGMENT_BITS);
}

static void store_release(store *st)
{
    if (atomic_fetch_sub_explicit(&st->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = st->heap;
    for (block *b = st->blocks; b != NULL;) {
        block *next = b->next;
        churn__free_wiped(heap, b, sizeof *b + b->size);
        b = next;
    }
    for (unsigned i = 0; i < SEGMENTS; i++) {
        churn__free_array(heap, st->segments[i], segment_size(i), sizeof(entry));
    }
    churn__free(heap, st, sizeof *st);
    churn__heap_release(heap);
}

/* Segment i holds the codes from 16 * (2^i - 1) on: with 16 added, its top bit tells the segment.
 */
static unsigned segment_of(uint32_t code, size_t *index)
{
    uint64_t shifted = (uint64_t)code + ((uint64_t)1 << SEGMENT_BITS);
    unsigned top = 63u - (unsigned)__builtin_clzll(shifted);
    *index = (size_t)(shifted ^ ((uint64_t)1 << top));
    return top - SEGMENT_BITS;
}

static entry *store_entry(const store *st, uint32_t code)
{
    size_t index = 0;
    unsigned segment = segment_of(code, &index);
    return &st->segments[segment][index];
}

static bool store_make_room(store *st, uint32_t code)
{
    size_t index = 0;
    unsigned segment = segment_of(code, &index);
    if (st->segments[segment] == NULL) {
        st->segments[segment] = churn__alloc_array(st->heap, segment_size(segment), sizeof(entry));
    }
    return st->segments[segment] != NULL;
}

/* A copy of the string with a NUL, behind all earlier ones. */
static const char *store_copy(store *st, churn_str s)
{
    size_t need = s.len + 1;
    block *b = st->blocks;
    if (b == NULL || b->size - b->used < need) {
        size_t size = b == NULL ? BLOCK_FIRST : b->size * 2;
        size = size > BLOCK_LARGEST ? BLOCK_LARGEST : size;
        size = size < need ? need : size;
        b = churn__alloc(st->heap, sizeof *b + size);
        if (b == NULL) {
            return NULL;
        }
        *b = (block){.next = st->blocks, .size = size};
        st->blocks = b;
    }
    char *copy = b->data + b->used;
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    b->used += need;
    return copy;
}

/* Forget `from` and all strings copied after it. */
static void store_rewind(store *st, const char *from)
{
    block *b = st->blocks;
    while (b != NULL && !(from >= b->data && from < b->data + b->size)) {
        st->blocks = b->next;
        churn__free_wiped(st->heap, b, sizeof *b + b->size);
        b = st->blocks;
    }
    if (b != NULL) {
        size_t used = (size_t)(from - b->data);
        churn__wipe(b->data + used, b->used - used);
        b->used = used;
    }
}

/* ---- the table ---- */

static table *table_create(churn__heap *heap, uint64_t slots, churn__dict_hash hash)
{
    size_t bytes = 0;
    if (!churn__mul_size((size_t)slots, sizeof(uint64_t), &bytes) ||
        !churn__add_size(bytes, sizeof(table), &bytes)) {
        return NULL;
    }
    table *t = churn__alloc_zero(heap, bytes);
    if (t != NULL) {
        atomic_init(&t->refs, 1);
        t->hash = hash;
        t->mask = (uint32_t)(slots - 1);
        /* With slots at most 5/8 full, the longest run of a good hash grows with log n and stays
         * well below this for any n. */
        t->reach = 128 + 16 * (63u - (uint32_t)__builtin_clzll(slots));
    }
    return t;
}

static void table_release(churn__heap *heap, table *t)
{
    if (atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1) {
        size_t slots = (size_t)t->mask + 1;
        churn__free(heap, t, sizeof *t + slots * sizeof(uint64_t));
    }
}

static uint32_t table_hash(const table *t, const store *st, churn_str s)
{
    return (uint32_t)t->hash(st->secret, s);
}

static bool entry_is(const entry *e, churn_str s)
{
    return e->len == s.len && e->ptr != NULL && (s.len == 0 || memcmp(e->ptr, s.ptr, s.len) == 0);
}

/* The code below `count` of a string. */
static uint32_t table_find(const table *t, const store *st, uint32_t count, churn_str s)
{
    uint32_t hash = table_hash(t, st, s);
    for (uint32_t at = hash & t->mask;; at = (at + 1) & t->mask) {
        uint64_t slot = atomic_load_explicit(&t->slots[at], memory_order_acquire);
        if (slot == 0) {
            return CHURN__NO_CODE;
        }
        uint32_t code = (uint32_t)slot - 1;
        if ((uint32_t)(slot >> 32) == hash && code < count && entry_is(store_entry(st, code), s)) {
            return code;
        }
    }
}

/* The first slot on the way of `hash` that holds `wanted` (0: that is empty). */
static uint32_t table_walk(const table *t, uint32_t hash, uint64_t wanted)
{
    uint32_t at = hash & t->mask;
    while (atomic_load_explicit(&t->slots[at], memory_order_relaxed) != wanted) {
        at = (at + 1) & t->mask;
    }
    return at;
}

static uint64_t slot_value(uint32_t hash, uint32_t code)
{
    return (uint64_t)hash << 32 | (code + 1);
}

static void table_put(table *t, uint32_t at, uint64_t slot)
{
    atomic_store_explicit(&t->slots[at], slot, memory_order_release);
}

/* ---- the dict ---- */

churn__dict *churn__dict_create_with(churn__heap *heap, churn__dict_hash hash)
{
    churn__dict *dict = churn__alloc_zero(heap, sizeof *dict);
    if (dict == NULL) {
        return NULL;
    }
    dict->store = store_create(heap);
    dict->table = table_create(heap, SLOTS_FIRST, hash);
    if (dict->store != NULL && dict->table != NULL) {
        return dict;
    }
    if (dict->table != NULL) {
        table_release(heap, dict->table);
    }
    if (dict->store != NULL) {
        store_release(dict->store);
    }
    churn__free(heap, dict, sizeof *dict);
    return NULL;
}

churn__dict *churn__dict_create(churn__heap *heap)
{
    return churn__dict_create_with(heap, hash_fast);
}

void churn__dict_free(churn__dict *dict)
{
    if (dict == NULL) {
        return;
    }
    churn__heap *heap = churn__heap_retain(dict->store->heap);
    table_release(heap, dict->table);
    store_release(dict->store);
    churn__free(heap, dict, sizeof *dict);
    churn__heap_release(heap);
}

/* Put every code into a new table. All that can fail comes first. */
static bool dict_rebuild(churn__dict *dict, uint64_t slots, churn__dict_hash hash)
{
    store *st = dict->store;
    table *old = dict->table;
    table *t = table_create(st->heap, slots, hash);
    if (t == NULL) {
        return false;
    }
    for (uint32_t code = 0; code < dict->count; code++) {
        entry *e = store_entry(st, code);
        if (e->ptr == NULL) {
            continue;
        }
        if (hash != old->hash) {
            e->hash = table_hash(t, st, (churn_str){e->ptr, e->len});
        }
        table_put(t, table_walk(t, e->hash, 0), slot_value(e->hash, code));
    }
    dict->table = t;
    table_release(st->heap, old);
    return true;
}

/* An empty slot for a new string, after growing or changing the hash where that is due. */
static bool dict_place(churn__dict *dict, churn_str s, uint32_t *hash, uint32_t *at)
{
    uint64_t slots = (uint64_t)dict->table->mask + 1;
    if (dict->count >= slots / 8 * 5 && !dict_rebuild(dict, slots * 2, dict->table->hash)) {
        return false;
    }
    table *t = dict->table;
    *hash = table_hash(t, dict->store, s);
    *at = table_walk(t, *hash, 0);
    if (((*at - *hash) & t->mask) <= t->reach || t->hash == hash_keyed) {
        return true;
    }
    if (!dict_rebuild(dict, (uint64_t)t->mask + 1, hash_keyed)) {
        return false;
    }
    *hash = table_hash(dict->table, dict->store, s);
    *at = table_walk(dict->table, *hash, 0);
    return true;
}

static uint32_t dict_insert(churn__dict *dict, churn_str s)
{
    uint32_t code = dict->count, hash = 0, at = 0;
    if (s.len >= UINT32_MAX || code >= STRINGS_MAX || !dict_place(dict, s, &hash, &at) ||
        !store_make_room(dict->store, code)) {
        return CHURN__NO_CODE;
    }
    const char *copy = store_copy(dict->store, s);
    if (copy == NULL) {
        return CHURN__NO_CODE;
    }
    *store_entry(dict->store, code) = (entry){copy, (uint32_t)s.len, hash};
    table_put(dict->table, at, slot_value(hash, code));
    dict->count++;
    return code;
}

uint32_t churn__dict_add(churn__dict *dict, churn_str s)
{
    uint32_t code = table_find(dict->table, dict->store, dict->count, s);
    return code != CHURN__NO_CODE ? code : dict_insert(dict, s);
}

uint32_t churn__dict_find(const churn__dict *dict, churn_str s)
{
    return table_find(dict->table, dict->store, dict->count, s);
}

static churn_str get_below(const store *st, uint32_t count, uint32_t code)
{
    if (code >= count) {
        return (churn_str){NULL, 0};
    }
    const entry *e = store_entry(st, code);
    return (churn_str){e->ptr, e->len};
}

churn_str churn__dict_get(const churn__dict *dict, uint32_t code)
{
    return get_below(dict->store, dict->count, code);
}

uint32_t churn__dict_count(const churn__dict *dict)
{
    return dict->count;
}

void churn__dict_truncate(churn__dict *dict, uint32_t count)
{
    if (count >= dict->count) {
        return;
    }
    const char *first = NULL;
    for (uint32_t code = dict->count; code-- > count;) {
        const entry *e = store_entry(dict->store, code);
        if (e->ptr != NULL) {
            first = e->ptr;
            table_put(dict->table, table_walk(dict->table, e->hash, slot_value(e->hash, code)), 0);
        }
    }
    if (first != NULL) {
        store_rewind(dict->store, first);
    }
    dict->count = count;
}

/* ---- strings that die ---- */

/* The slot stays, so that ways which lead over it still do. */
void churn__dict_forget(churn__dict *dict, uint32_t code)
{
    entry *e = code < dict->count ? store_entry(dict->store, code) : NULL;
    if (e == NULL || e->ptr == NULL) {
        return;
    }
    uint32_t at = table_walk(dict->table, e->hash, slot_value(e->hash, code));
    table_put(dict->table, at, slot_value(0, code));
    churn__wipe((void *)(uintptr_t)e->ptr, e->len);
    *e = (entry){NULL, 0, 0};
}

static bool copy_living(churn__dict *to, const churn__dict *from, const uint8_t *dead)
{
    for (uint32_t code = 0; code < from->count; code++) {
        const entry *e = store_entry(from->store, code);
        bool lives = e->ptr != NULL && (dead[code / 8] >> code % 8 & 1) == 0;
        const char *copy = lives ? store_copy(to->store, (churn_str){e->ptr, e->len}) : NULL;
        if ((lives && copy == NULL) || !store_make_room(to->store, code)) {
            return false;
        }
        *store_entry(to->store, code) =
            lives ? (entry){copy, e->len, e->hash} : (entry){NULL, 0, 0};
        if (lives) {
            table_put(to->table, table_walk(to->table, e->hash, 0), slot_value(e->hash, code));
        }
    }
    to->count = from->count;
    return true;
}

churn__dict *churn__dict_without(const churn__dict *dict, const uint8_t *dead)
{
    churn__heap *heap = dict->store->heap;
    churn__dict *to = churn__dict_create_with(heap, dict->table->hash);
    table *t =
        to == NULL ? NULL : table_create(heap, (uint64_t)dict->table->mask + 1, dict->table->hash);
    if (t == NULL) {
        churn__dict_free(to);
        return NULL;
    }
    table_release(heap, to->table);
    to->table = t;
    memcpy(to->store->secret, dict->store->secret, sizeof to->store->secret);
    if (!copy_living(to, dict, dead)) {
        churn__dict_free(to);
        return NULL;
    }
    return to;
}

bool churn__dict_is_keyed(const churn__dict *dict)
{
    return dict->table->hash == hash_keyed;
}

size_t churn__dict_longest_probe(const churn__dict *dict)
{
    uint32_t longest = 0;
    for (uint32_t code = 0; code < dict->count; code++) {
        if (store_entry(dict->store, code)->ptr == NULL) {
            continue;
        }
        uint32_t hash = store_entry(dict->store, code)->hash;
        uint32_t at = table_walk(dict->table, hash, slot_value(hash, code));
        uint32_t steps = (at - hash) & dict->table->mask;
        longest = steps > longest ? steps : longest;
    }
    return longest;
}

/* ---- views ---- */

churn__dict_view *churn__dict_view_take(churn__dict *dict)
{
    churn__dict_view *view = churn__alloc(dict->store->heap, sizeof *view);
    if (view == NULL) {
        return NULL;
    }
    atomic_fetch_add_explicit(&dict->store->refs, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&dict->table->refs, 1, memory_order_relaxed);
    view->store = dict->store;
    view->table = dict->table;
    view->count = dict->count;
    atomic_init(&view->refs, 1);
    return view;
}

churn__dict_view *churn__dict_view_retain(churn__dict_view *view)
{
    atomic_fetch_add_explicit(&view->refs, 1, memory_order_relaxed);
    return view;
}

void churn__dict_view_release(churn__dict_view *view)
{
    if (view == NULL || atomic_fetch_sub_explicit(&view->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = churn__heap_retain(view->store->heap);
    table_release(heap, view->table);
    store_release(view->store);
    churn__free(heap, view, sizeof *view);
    churn__heap_release(heap);
}

uint32_t churn__dict_view_count(const churn__dict_view *view)
{
    return view->count;
}

churn_str churn__dict_view_get(const churn__dict_view *view, uint32_t code)
{
    return get_below(view->store, view->count, code);
}

void churn__dict_view_ahead(const churn__dict_view *view, uint32_t code)
{
    if (code < view->count) {
        __builtin_prefetch(store_entry(view->store, code));
    }
    /* gcc takes a function that only prefetches for one that does nothing, and leaves out calls. */
    __asm__ __volatile__("");
}

uint32_t churn__dict_view_find(const churn__dict_view *view, churn_str s)
{
    return table_find(view->table, view->store, view->count, s);
}
