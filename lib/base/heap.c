/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"

struct churn__heap {
    churn_allocator host;
    uint64_t limit;
    atomic_uint_fast64_t used;
    atomic_uint_fast32_t refs;
    atomic_bool hit_limit;
    churn__heap *parent; /* of a child heap, whose host it is */
};

/* Pages of two megabytes, where the system offers them, for blocks that are mostly read or written
 * as a whole: a table of results has a hundred thousand small pages otherwise, each with a fault of
 * its own, which takes longer than filling them. Nothing depends on the answer. */
#define HUGE_BLOCK ((size_t)4 << 20)
#define HUGE_PAGE ((uintptr_t)2 << 20)

static void advise_huge(void *ptr, size_t size)
{
#ifdef MADV_HUGEPAGE
    uintptr_t begin = ((uintptr_t)ptr + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)ptr + size) & ~(HUGE_PAGE - 1);
    if (size >= HUGE_BLOCK && begin < end) {
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
#else
    (void)ptr;
    (void)size;
#endif
}

/* The only place that calls the C library's allocator. */
static void *default_resize(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    (void)user_data;
    (void)old_size;
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    void *block = realloc(ptr, new_size);
    if (block != NULL) {
        advise_huge(block, new_size);
    }
    return block;
}

churn__heap *churn__heap_create(const churn_allocator *allocator, uint64_t limit_bytes)
{
    churn_allocator host = {NULL, default_resize};
    if (allocator != NULL && allocator->resize != NULL) {
        host = *allocator;
    }
    churn__heap *heap = host.resize(host.user_data, NULL, 0, sizeof *heap);
    if (heap == NULL) {
        return NULL;
    }
    heap->host = host;
    heap->limit = limit_bytes == 0 ? UINT64_MAX : limit_bytes;
    atomic_init(&heap->used, 0);
    atomic_init(&heap->refs, 1);
    atomic_init(&heap->hit_limit, false);
    heap->parent = NULL;
    return heap;
}

churn__heap *churn__heap_retain(churn__heap *heap)
{
    atomic_fetch_add_explicit(&heap->refs, 1, memory_order_relaxed);
    return heap;
}

void churn__heap_release(churn__heap *heap)
{
    if (heap == NULL || atomic_fetch_sub_explicit(&heap->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn_allocator host = heap->host;
    churn__heap *parent = heap->parent;
    host.resize(host.user_data, heap, sizeof *heap, 0);
    churn__heap_release(parent);
}

uint64_t churn__heap_used(const churn__heap *heap)
{
    return atomic_load_explicit(&heap->used, memory_order_relaxed);
}

bool churn__heap_hit_limit(const churn__heap *heap)
{
    return atomic_load_explicit(&heap->hit_limit, memory_order_relaxed) ||
           (heap->parent != NULL && churn__heap_hit_limit(heap->parent));
}

/* Count `size` bytes before they are asked for, so that two threads cannot pass the cap together.
 */
static bool heap_charge(churn__heap *heap, size_t size)
{
    uint64_t before = atomic_fetch_add_explicit(&heap->used, size, memory_order_relaxed);
    if (before <= heap->limit && size <= heap->limit - before) {
        return true;
    }
    atomic_fetch_sub_explicit(&heap->used, size, memory_order_relaxed);
    atomic_store_explicit(&heap->hit_limit, true, memory_order_relaxed);
    return false;
}

static void heap_uncharge(churn__heap *heap, size_t size)
{
    atomic_fetch_sub_explicit(&heap->used, size, memory_order_relaxed);
}

/* A host reads a new size of 0 as "free": every block has at least one byte. */
static size_t block_size(size_t size)
{
    return size == 0 ? 1 : size;
}

/* Move a block of old_size bytes (0: none yet) to new_size bytes, both at least 1 where there is a
 * block. The flag tells of the last refusal, so that its reason can be reported. */
static void *heap_resize(churn__heap *heap, void *ptr, size_t old_size, size_t new_size)
{
    if (new_size > PTRDIFF_MAX) {
        atomic_store_explicit(&heap->hit_limit, false, memory_order_relaxed);
        return NULL;
    }
    size_t more = new_size > old_size ? new_size - old_size : 0;
    if (more > 0 && !heap_charge(heap, more)) {
        return NULL;
    }
    void *moved = heap->host.resize(heap->host.user_data, ptr, old_size, new_size);
    if (moved == NULL) {
        heap_uncharge(heap, more);
        atomic_store_explicit(&heap->hit_limit, false, memory_order_relaxed);
        return NULL;
    }
    if (new_size < old_size) {
        heap_uncharge(heap, old_size - new_size);
    }
    return moved;
}

/* The host of a child heap is its parent. */
static void *parent_resize(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    churn__heap *parent = user_data;
    if (new_size == 0) {
        churn__free(parent, ptr, old_size);
        return NULL;
    }
    return heap_resize(parent, ptr, old_size, new_size);
}

churn__heap *churn__heap_create_child(churn__heap *parent)
{
    churn_allocator host = {parent, parent_resize};
    churn__heap *heap = churn__heap_create(&host, 0);
    if (heap != NULL) {
        heap->parent = churn__heap_retain(parent);
    }
    return heap;
}

void *churn__alloc(churn__heap *heap, size_t size)
{
    return heap_resize(heap, NULL, 0, block_size(size));
}

void *churn__alloc_zero(churn__heap *heap, size_t size)
{
    void *ptr = churn__alloc(heap, size);
    if (ptr != NULL) {
        memset(ptr, 0, block_size(size));
    }
    return ptr;
}

void *churn__alloc_array(churn__heap *heap, size_t count, size_t size)
{
    size_t total = 0;
    return churn__mul_size(count, size, &total) ? churn__alloc(heap, total) : NULL;
}

void *churn__alloc_array_zero(churn__heap *heap, size_t count, size_t size)
{
    size_t total = 0;
    return churn__mul_size(count, size, &total) ? churn__alloc_zero(heap, total) : NULL;
}

void *churn__realloc_array(churn__heap *heap, void *ptr, size_t old_count, size_t new_count,
                           size_t size)
{
    size_t total = 0;
    if (!churn__mul_size(new_count, size, &total)) {
        return NULL;
    }
    size_t old_size = ptr == NULL ? 0 : block_size(old_count * size);
    return heap_resize(heap, ptr, old_size, block_size(total));
}

void churn__free(churn__heap *heap, void *ptr, size_t size)
{
    if (ptr != NULL) {
        heap->host.resize(heap->host.user_data, ptr, block_size(size), 0);
        heap_uncharge(heap, block_size(size));
    }
}

void churn__free_array(churn__heap *heap, void *ptr, size_t count, size_t size)
{
    churn__free(heap, ptr, count * size);
}

/* The compiler may not find out that nobody reads the zeros. */
void churn__wipe(void *ptr, size_t size)
{
    if (ptr != NULL && size > 0) {
        memset(ptr, 0, size);
        __asm__ __volatile__("" : : "r"(ptr) : "memory");
    }
}

void churn__free_wiped(churn__heap *heap, void *ptr, size_t size)
{
    churn__wipe(ptr, size);
    churn__free(heap, ptr, size);
}

void churn__free_array_wiped(churn__heap *heap, void *ptr, size_t count, size_t size)
{
    churn__free_wiped(heap, ptr, count * size);
}

void *churn__realloc_array_wiped(churn__heap *heap, void *ptr, size_t old_count, size_t new_count,
                                 size_t size)
{
    void *moved = churn__alloc_array(heap, new_count, size);
    size_t kept = old_count < new_count ? old_count : new_count;
    if (moved != NULL && ptr != NULL) {
        memcpy(moved, ptr, kept * size);
        churn__free_array_wiped(heap, ptr, old_count, size);
    }
    return moved;
}

typedef void *(*resizing)(churn__heap *heap, void *ptr, size_t old_count, size_t new_count,
                          size_t size);

static bool grow(churn__heap *heap, void **data, size_t *capacity, size_t need, size_t size,
                 resizing resize)
{
    size_t wanted = *capacity < 4 ? 8 : *capacity;
    if (wanted == *capacity && !churn__mul_size(wanted, 2, &wanted)) {
        return false;
    }
    wanted = wanted < need ? need : wanted;
    /* The caller's pointer has its own type: copied by bytes, so that aliasing rules hold. */
    void *old = NULL;
    memcpy(&old, data, sizeof old);
    void *moved = resize(heap, old, *capacity, wanted, size);
    if (moved == NULL) {
        return false;
    }
    memcpy(data, &moved, sizeof moved);
    *capacity = wanted;
    return true;
}

bool churn__grow(churn__heap *heap, void **data, size_t *capacity, size_t need, size_t size)
{
    return need <= *capacity || grow(heap, data, capacity, need, size, churn__realloc_array);
}

bool churn__grow_wiped(churn__heap *heap, void **data, size_t *capacity, size_t need, size_t size)
{
    return need <= *capacity || grow(heap, data, capacity, need, size, churn__realloc_array_wiped);
}

/* One of the two pieces of process-wide state: a count, for tests of leaks. */
static atomic_int_fast64_t live_handles;

void churn__live_add(int64_t delta)
{
    atomic_fetch_add_explicit(&live_handles, delta, memory_order_relaxed);
}

int64_t churn__live_count(void)
{
    return atomic_load_explicit(&live_handles, memory_order_relaxed);
}
