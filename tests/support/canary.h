/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_CANARY_H
#define CHURN_TESTS_CANARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <churn/options.h>

/*
 * An allocator that knows every block, so that a test can look for bytes that must not be there
 * any more: in what is alive, and, once `armed`, in what is given back. Resizing always moves, and
 * may be capped. Not for several threads.
 */
typedef struct canary_block {
    struct canary_block *next, *before;
    size_t size;
    max_align_t data[];
} canary_block;

typedef struct canary {
    canary_block *first;
    const char *bird; /* what to look for */
    bool armed;
    uint64_t escaped;     /* blocks that were given back with it */
    uint64_t bytes, most; /* most 0: no cap */
} canary;

static inline bool canary_in(const canary *c, const void *data, size_t size)
{
    size_t len = strlen(c->bird);
    const char *bytes = data;
    for (size_t i = 0; i + len <= size; i++) {
        if (bytes[i] == c->bird[0] && memcmp(bytes + i, c->bird, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Blocks that are alive and have it. */
static inline uint64_t canary_alive(const canary *c)
{
    uint64_t count = 0;
    for (const canary_block *b = c->first; b != NULL; b = b->next) {
        count += canary_in(c, b->data, b->size);
    }
    return count;
}

static inline void canary_give_back(canary *c, canary_block *b)
{
    if (b == NULL) {
        return;
    }
    c->escaped += c->armed && canary_in(c, b->data, b->size);
    c->bytes -= b->size;
    if (b->next != NULL) {
        b->next->before = b->before;
    }
    if (b->before != NULL) {
        b->before->next = b->next;
    } else {
        c->first = b->next;
    }
    free(b);
}

static inline void *canary_resize(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    canary *c = user_data;
    canary_block *old = ptr == NULL ? NULL : (void *)((char *)ptr - sizeof *old);
    if (new_size == 0) {
        canary_give_back(c, old);
        return NULL;
    }
    if (c->most != 0 && c->bytes + new_size > c->most) {
        return NULL;
    }
    canary_block *b = malloc(sizeof *b + new_size);
    if (b == NULL) {
        return NULL;
    }
    *b = (canary_block){.next = c->first, .size = new_size};
    memset(b->data, 0, new_size);
    if (old != NULL) {
        memcpy(b->data, ptr, old_size < new_size ? old_size : new_size);
    }
    if (c->first != NULL) {
        c->first->before = b;
    }
    c->first = b;
    c->bytes += new_size;
    canary_give_back(c, old);
    return b->data;
}

static inline churn_allocator canary_allocator(canary *c)
{
    return (churn_allocator){c, canary_resize};
}

#endif
