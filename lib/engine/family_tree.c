/* SPDX-License-Identifier: MIT */
#include "engine/family.h"

#include <string.h>

#include "base/bits.h"

/*
 * Nothing here goes down by calling itself: chains of any length are walked in loops, and the list
 * of those below somebody is its own queue.
 */
#define NOBODY UINT32_MAX

void churn__family_tree_init(churn__family_tree *tree, churn__heap *heap, uint32_t numbers)
{
    *tree = (churn__family_tree){.heap = heap, .numbers = numbers};
}

void churn__family_tree_clear(churn__family_tree *tree)
{
    churn__heap *heap = tree->heap;
    if (heap == NULL) {
        return;
    }
    churn__free_array(heap, tree->customers, tree->customer_capacity, sizeof *tree->customers);
    churn__free_array(heap, tree->parents, tree->parent_capacity, sizeof *tree->parents);
    churn__free_array(heap, tree->begin, (size_t)tree->numbers + 1, sizeof *tree->begin);
    churn__free_array(heap, tree->order, tree->count, sizeof *tree->order);
    churn__free(heap, tree->circle, churn__bits_bytes(tree->numbers));
    *tree = (churn__family_tree){.heap = NULL};
}

bool churn__family_tree_add(churn__family_tree *tree, uint32_t customer, uint32_t parent)
{
    size_t need = (size_t)tree->count + 1;
    if (!churn__grow(tree->heap, (void **)&tree->customers, &tree->customer_capacity, need,
                     sizeof *tree->customers) ||
        !churn__grow(tree->heap, (void **)&tree->parents, &tree->parent_capacity, need,
                     sizeof *tree->parents)) {
        return false;
    }
    tree->customers[tree->count] = customer;
    tree->parents[tree->count++] = parent;
    return true;
}

/* ---- settling ---- */

/* Children by parent: counted, then put in their places in order. */
static void place_children(churn__family_tree *tree)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        tree->begin[tree->parents[i] + 1]++;
    }
    for (uint32_t i = 0; i < tree->numbers; i++) {
        tree->begin[i + 1] += tree->begin[i];
    }
    for (uint32_t i = 0; i < tree->count; i++) {
        tree->order[tree->begin[tree->parents[i]]++] = i;
    }
    for (uint32_t i = tree->numbers; i > 0; i--) { /* each is where the next one begins now */
        tree->begin[i] = tree->begin[i - 1];
    }
    tree->begin[0] = 0;
}

static void note_circle(churn__family_tree *tree, const uint32_t *up, uint32_t from)
{
    uint32_t at = from;
    do {
        churn__bit_set(tree->circle, at);
        at = up[at];
    } while (at != from);
    tree->any_circle = true;
}

/* Upwards from each child until somebody was seen before: on this very way, it is a circle. */
static void find_circles(churn__family_tree *tree, uint32_t *up, uint32_t *seen)
{
    for (uint32_t i = 0; i < tree->numbers; i++) {
        up[i] = NOBODY;
    }
    for (uint32_t i = 0; i < tree->count; i++) {
        up[tree->customers[i]] = tree->parents[i];
    }
    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t at = tree->customers[i];
        while (at != NOBODY && seen[at] == 0) {
            seen[at] = i + 1;
            at = up[at];
        }
        if (at != NOBODY && seen[at] == i + 1) {
            note_circle(tree, up, at);
        }
    }
}

bool churn__family_tree_settle(churn__family_tree *tree)
{
    churn__heap *heap = tree->heap;
    if (tree->count == 0) {
        return true; /* nobody looks at the arrays */
    }
    uint32_t *up = churn__alloc_array(heap, tree->numbers, sizeof *up);
    uint32_t *seen = churn__alloc_array_zero(heap, tree->numbers, sizeof *seen);
    tree->begin = churn__alloc_array_zero(heap, (size_t)tree->numbers + 1, sizeof *tree->begin);
    tree->order = churn__alloc_array(heap, tree->count, sizeof *tree->order);
    tree->circle = churn__alloc_zero(heap, churn__bits_bytes(tree->numbers));
    bool ok = up != NULL && seen != NULL && tree->begin != NULL && tree->order != NULL &&
              tree->circle != NULL;
    if (ok) {
        place_children(tree);
        find_circles(tree, up, seen);
    }
    churn__free_array(heap, up, tree->numbers, sizeof *up);
    churn__free_array(heap, seen, tree->numbers, sizeof *seen);
    return ok;
}

bool churn__family_tree_circle(const churn__family_tree *tree, uint32_t customer)
{
    return tree->any_circle && churn__bit_get(tree->circle, customer);
}

/* ---- who is below somebody ---- */

void churn__family_room_clear(churn__family_room *room)
{
    churn__heap *heap = room->heap;
    if (heap == NULL) {
        return;
    }
    churn__free_array(heap, room->list, room->list_capacity, sizeof *room->list);
    churn__free_array(heap, room->marks, room->mark_capacity, 1);
    churn__free_array(heap, room->values, room->value_capacity, sizeof *room->values);
    churn__free_array(heap, room->weights, room->weight_capacity, sizeof *room->weights);
    churn__free_array(heap, room->children, room->child_capacity, sizeof *room->children);
    churn__free_array(heap, room->places, room->place_capacity, sizeof *room->places);
    churn__free_array(heap, room->shares, room->share_capacity, sizeof *room->shares);
    *room = (churn__family_room){.heap = NULL};
}

static bool add_children(const churn__family_tree *tree, uint32_t customer,
                         churn__family_room *room, uint32_t *count)
{
    uint32_t begin = tree->begin[customer], n = tree->begin[customer + 1] - begin;
    if (!churn__grow(room->heap, (void **)&room->list, &room->list_capacity, (size_t)*count + n,
                     sizeof *room->list)) {
        return false;
    }
    if (n > 0) {
        memcpy(room->list + *count, tree->order + begin, n * sizeof *room->list);
    }
    *count += n;
    return true;
}

#define FEW 48u /* are put in order one by one */

static void order_few(uint32_t *list, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t one = list[i], at = i;
        for (; at > 0 && list[at - 1] > one; at--) {
            list[at] = list[at - 1];
        }
        list[at] = one;
    }
}

/* Marked in a bitmap, and read off it between the first and the last. */
static bool order_many(churn__family_room *room, uint32_t children, uint32_t n)
{
    uint32_t first = UINT32_MAX, last = 0, at = 0;
    size_t bytes = churn__bits_bytes(children), had = room->mark_capacity;
    if (had < bytes) {
        uint8_t *marks = churn__alloc_zero(room->heap, bytes);
        if (marks == NULL) {
            return false;
        }
        churn__free_array(room->heap, room->marks, had, 1);
        room->marks = marks;
        room->mark_capacity = bytes;
    }
    for (uint32_t i = 0; i < n; i++) {
        churn__bit_set(room->marks, room->list[i]);
        first = room->list[i] < first ? room->list[i] : first;
        last = room->list[i] > last ? room->list[i] : last;
    }
    for (size_t byte = first / 8; byte <= last / 8; byte++) {
        for (uint32_t bits = room->marks[byte]; bits != 0; bits &= bits - 1) {
            room->list[at++] = (uint32_t)(byte * 8) + (uint32_t)__builtin_ctz(bits);
        }
        room->marks[byte] = 0;
    }
    return true;
}

bool churn__family_tree_below(const churn__family_tree *tree, uint32_t customer, bool descendants,
                              churn__family_room *room, const uint32_t **list, uint32_t *count)
{
    uint32_t n = 0;
    *list = NULL;
    *count = 0;
    if (tree->count == 0) {
        return true;
    }
    *list = tree->order + tree->begin[customer];
    *count = tree->begin[customer + 1] - tree->begin[customer];
    if (!descendants || *count == 0) {
        return true;
    }
    bool ok = add_children(tree, customer, room, &n);
    for (uint32_t i = 0; ok && i < n; i++) {
        ok = add_children(tree, tree->customers[room->list[i]], room, &n);
    }
    if (ok && n > *count && n <= FEW) {
        order_few(room->list, n);
    } else if (ok && n > *count) {
        ok = order_many(room, tree->count, n);
    }
    *list = room->list;
    *count = n;
    return ok;
}
