/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/checked.h"

#define ARENA_ALIGN alignof(max_align_t)
#define ARENA_FIRST ((size_t)1024)
#define ARENA_LARGEST ((size_t)64 * 1024)

typedef struct churn__arena_block {
    struct churn__arena_block *next;
    size_t size, used; /* of data */
    alignas(max_align_t) unsigned char data[];
} arena_block;

void churn__arena_init(churn__arena *arena, churn__heap *heap)
{
    *arena = (churn__arena){.heap = heap};
}

void churn__arena_clear(churn__arena *arena)
{
    for (arena_block *block = arena->blocks; block != NULL;) {
        arena_block *next = block->next;
        churn__free_wiped(arena->heap, block, sizeof *block + block->size);
        block = next;
    }
    arena->blocks = NULL;
    arena->used = 0;
}

static arena_block *block_create(churn__arena *arena, size_t size)
{
    size_t total = 0;
    if (!churn__add_size(size, sizeof(arena_block), &total)) {
        return NULL;
    }
    arena_block *block = churn__alloc_zero(arena->heap, total);
    if (block != NULL) {
        block->size = size;
    }
    return block;
}

/* Blocks double up to a cap. What is too large to share a block gets one of its own, placed behind
 * the first, whose free rest stays in use. */
static arena_block *arena_add_block(churn__arena *arena, size_t need)
{
    arena_block *first = arena->blocks;
    size_t size = first == NULL ? ARENA_FIRST : first->size * 2;
    size = size > ARENA_LARGEST ? ARENA_LARGEST : size;
    bool own = need > size / 2;
    arena_block *block = block_create(arena, own ? need : size);
    if (block == NULL) {
        return NULL;
    }
    if (own && first != NULL) {
        block->next = first->next;
        first->next = block;
    } else {
        block->next = first;
        arena->blocks = block;
    }
    return block;
}

void *churn__arena_alloc(churn__arena *arena, size_t size)
{
    size_t need = 0;
    if (!churn__add_size(size == 0 ? 1 : size, ARENA_ALIGN - 1, &need)) {
        return NULL;
    }
    need -= need % ARENA_ALIGN;
    arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < need) {
        block = arena_add_block(arena, need);
    }
    if (block == NULL) {
        return NULL;
    }
    void *ptr = block->data + block->used;
    block->used += need;
    arena->used += need;
    return ptr;
}

void *churn__arena_array(churn__arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    return churn__mul_size(count, size, &total) ? churn__arena_alloc(arena, total) : NULL;
}

churn_str churn__arena_str(churn__arena *arena, const char *s, size_t len)
{
    char *copy = len == SIZE_MAX ? NULL : churn__arena_alloc(arena, len + 1);
    if (copy == NULL) {
        return (churn_str){NULL, 0};
    }
    if (len > 0) {
        memcpy(copy, s, len);
    }
    return (churn_str){copy, len};
}
