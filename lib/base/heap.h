/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_HEAP_H
#define CHURN_BASE_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <churn/options.h>

/*
 * All memory of the library comes from a heap: the host's allocator, a byte counter and a cap,
 * reference counted because children of a root object share the root's. Safe from any thread if
 * the host's allocator is.
 */
typedef struct churn__heap churn__heap;

/* NULL when there is no memory. `allocator` may be NULL. limit_bytes 0: none. */
churn__heap *churn__heap_create(const churn_allocator *allocator, uint64_t limit_bytes);
/* A heap that counts for itself what it takes from its parent, which it keeps alive. */
churn__heap *churn__heap_create_child(churn__heap *parent);
churn__heap *churn__heap_retain(churn__heap *heap);
void churn__heap_release(churn__heap *heap);
/* Bytes now taken from the host through this heap. */
uint64_t churn__heap_used(const churn__heap *heap);
/* True if the last allocation that was refused was refused by the cap, not by the host. */
bool churn__heap_hit_limit(const churn__heap *heap);

/* A size of 0 gives a valid pointer. Contents are undefined; _zero clears. NULL: no memory. */
void *churn__alloc(churn__heap *heap, size_t size);
void *churn__alloc_zero(churn__heap *heap, size_t size);
/* count * size checked. */
void *churn__alloc_array(churn__heap *heap, size_t count, size_t size);
void *churn__alloc_array_zero(churn__heap *heap, size_t count, size_t size);
/* As realloc; the old block stays valid when NULL is returned. */
void *churn__realloc_array(churn__heap *heap, void *ptr, size_t old_count, size_t new_count,
                           size_t size);
/* `size` is what was asked for. ptr may be NULL. */
void churn__free(churn__heap *heap, void *ptr, size_t size);
void churn__free_array(churn__heap *heap, void *ptr, size_t count, size_t size);
/* For memory that held what customers are known by: zeros are written over it first. */
void churn__wipe(void *ptr, size_t size);
void churn__free_wiped(churn__heap *heap, void *ptr, size_t size);
void churn__free_array_wiped(churn__heap *heap, void *ptr, size_t count, size_t size);
/* A new size that leaves nothing behind where the block moves; the old block stays valid when NULL
 * is returned. */
void *churn__realloc_array_wiped(churn__heap *heap, void *ptr, size_t old_count, size_t new_count,
                                 size_t size);

/*
 * A growable array of T: struct { T *data; size_t count, capacity; } by convention.
 * churn__grow makes room for one more element (capacity doubles), false: no memory.
 */
bool churn__grow(churn__heap *heap, void **data, size_t *capacity, size_t need, size_t size);
/* The same, leaving nothing behind. */
bool churn__grow_wiped(churn__heap *heap, void **data, size_t *capacity, size_t need, size_t size);

/* Process-wide number of live handles, for churn_live_handles(). */
void churn__live_add(int64_t delta);
int64_t churn__live_count(void);

#endif
