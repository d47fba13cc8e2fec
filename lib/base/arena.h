/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_ARENA_H
#define CHURN_BASE_ARENA_H

#include "base/heap.h"

/*
 * Memory that is freed in one step: what a compiled object is made of. Pointers stay valid until
 * the arena is cleared. Not safe from two threads.
 */
typedef struct churn__arena {
    churn__heap *heap;
    struct churn__arena_block *blocks;
    size_t used; /* bytes handed out */
} churn__arena;

void churn__arena_init(churn__arena *arena, churn__heap *heap);
void churn__arena_clear(churn__arena *arena);
/* Aligned for any type, zeroed. NULL: no memory. */
void *churn__arena_alloc(churn__arena *arena, size_t size);
void *churn__arena_array(churn__arena *arena, size_t count, size_t size);
/* A NUL-terminated copy; {NULL, 0} when there is no memory. */
churn_str churn__arena_str(churn__arena *arena, const char *s, size_t len);

#endif
