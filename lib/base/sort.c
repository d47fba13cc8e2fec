/* SPDX-License-Identifier: MIT */
#include "base/sort.h"

#include <string.h>

/* ---- radix ---- */

#define DIGITS 8
#define SMALL 48 /* below this, inserting beats counting */

typedef struct radix {
    uint64_t *keys, *other_keys;
    uint32_t *order, *other_order;
    size_t n;
} radix;

static void insertion_order(const uint64_t *keys, uint32_t *order, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t moving = order[i];
        size_t at = i;
        for (; at > 0 && keys[order[at - 1]] > keys[moving]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = moving;
    }
}

static bool is_sorted(const uint64_t *keys, const uint32_t *order, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (keys[order[i - 1]] > keys[order[i]]) {
            return false;
        }
    }
    return true;
}

/* The bits in which any two keys differ. */
static uint64_t differing_bits(const uint64_t *keys, size_t n)
{
    uint64_t differ = 0;
    for (size_t i = 1; i < n; i++) {
        differ |= keys[i] ^ keys[0];
    }
    return differ;
}

/* One stable pass by the byte at `shift`; the sorted pairs become the current ones. */
static void radix_pass(radix *r, unsigned shift)
{
    size_t starts[256] = {0};
    for (size_t i = 0; i < r->n; i++) {
        starts[r->keys[i] >> shift & 255]++;
    }
    size_t sum = 0;
    for (size_t digit = 0; digit < 256; digit++) {
        size_t count = starts[digit];
        starts[digit] = sum;
        sum += count;
    }
    for (size_t i = 0; i < r->n; i++) {
        size_t to = starts[r->keys[i] >> shift & 255]++;
        r->other_keys[to] = r->keys[i];
        r->other_order[to] = r->order[i];
    }
    uint64_t *keys = r->keys;
    uint32_t *order = r->order;
    r->keys = r->other_keys;
    r->order = r->other_order;
    r->other_keys = keys;
    r->other_order = order;
}

bool churn__radix_reorder_u64(churn__heap *heap, const uint64_t *keys, uint32_t *order, size_t n)
{
    if (n < SMALL) {
        insertion_order(keys, order, n);
        return true;
    }
    if (is_sorted(keys, order, n)) {
        return true;
    }
    /* Keys travel with their rows, so that every pass reads memory in order. */
    uint64_t *pairs = churn__alloc_array(heap, n, 2 * sizeof *pairs);
    uint32_t *rows = churn__alloc_array(heap, n, sizeof *rows);
    bool enough = pairs != NULL && rows != NULL;
    if (enough) {
        radix r = {pairs, pairs + n, order, rows, n};
        for (size_t i = 0; i < n; i++) {
            pairs[i] = keys[order[i]];
        }
        uint64_t differ = differing_bits(pairs, n);
        for (unsigned digit = 0; digit < DIGITS; digit++) {
            if ((differ >> (8 * digit) & 255) != 0) {
                radix_pass(&r, 8 * digit);
            }
        }
        if (r.order != order) {
            memcpy(order, r.order, n * sizeof *order);
        }
    }
    churn__free_array(heap, pairs, n, 2 * sizeof *pairs);
    churn__free_array(heap, rows, n, sizeof *rows);
    return enough;
}

bool churn__radix_order_u64(churn__heap *heap, const uint64_t *keys, uint32_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
    }
    return churn__radix_reorder_u64(heap, keys, order, n);
}

/* ---- merge ---- */

#define RUN 8 /* elements sorted by insertion before merging begins */

typedef struct merge {
    size_t size;
    churn__compare compare;
    const void *context;
} merge;

static bool in_order(const merge *m, const char *a, const char *b)
{
    return m->compare(a, b, m->context) <= 0;
}

/* `spare` holds one element. */
static void insertion_run(const merge *m, char *data, size_t count, char *spare)
{
    for (size_t i = 1; i < count; i++) {
        char *moving = data + i * m->size;
        char *at = moving;
        while (at > data && !in_order(m, at - m->size, moving)) {
            at -= m->size;
        }
        if (at != moving) {
            memcpy(spare, moving, m->size);
            memmove(at + m->size, at, (size_t)(moving - at));
            memcpy(at, spare, m->size);
        }
    }
}

/* Merge two neighbouring sorted runs into `to`; equal elements come from the left one first. */
static void merge_runs(const merge *m, const char *left, const char *middle, const char *end,
                       char *to)
{
    const char *right = middle;
    if (right < end && in_order(m, right - m->size, right)) {
        /* already in order */
        memcpy(to, left, (size_t)(end - left));
        return;
    }
    while (left < middle && right < end) {
        const char **from = in_order(m, left, right) ? &left : &right;
        memcpy(to, *from, m->size);
        *from += m->size;
        to += m->size;
    }
    memcpy(to, left, (size_t)(middle - left));
    to += middle - left;
    memcpy(to, right, (size_t)(end - right));
}

static size_t at_most(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One round: runs of `width` elements of `from` become runs of twice that in `to`. */
static void merge_round(const merge *m, const char *from, char *to, size_t count, size_t width)
{
    for (size_t start = 0; start < count;) {
        size_t middle = start + at_most(width, count - start);
        size_t end = middle + at_most(width, count - middle);
        merge_runs(m, from + start * m->size, from + middle * m->size, from + end * m->size,
                   to + start * m->size);
        start = end;
    }
}

static bool all_in_order(const merge *m, const char *data, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (!in_order(m, data + (i - 1) * m->size, data + i * m->size)) {
            return false;
        }
    }
    return true;
}

bool churn__sort(churn__heap *heap, void *data, size_t count, size_t size, churn__compare compare,
                 const void *context)
{
    merge m = {size, compare, context};
    if (all_in_order(&m, data, count)) {
        return true;
    }
    char *scratch = churn__alloc_array(heap, count, size);
    if (scratch == NULL) {
        return false;
    }
    char *from = data, *to = scratch;
    for (size_t start = 0; start < count; start += at_most(RUN, count - start)) {
        insertion_run(&m, from + start * size, at_most(RUN, count - start), scratch);
    }
    for (size_t width = RUN; width < count; width *= 2) {
        merge_round(&m, from, to, count, width);
        char *swap = from;
        from = to;
        to = swap;
    }
    if (from != data) {
        memcpy(data, from, count * size);
    }
    churn__free_array(heap, scratch, count, size);
    return true;
}
