/* SPDX-License-Identifier: MIT */
#include "store/beats.h"

#include <string.h>

beat_list *churn__beats_retain(beat_list *list)
{
    if (list != NULL) {
        atomic_fetch_add_explicit(&list->refs, 1, memory_order_relaxed);
    }
    return list;
}

void churn__beats_release(beat_list *list)
{
    if (list == NULL || atomic_fetch_sub_explicit(&list->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = list->heap;
    churn__free(heap, list, sizeof *list + list->count * sizeof *list->data);
    churn__heap_release(heap);
}

/* The first beat that is not before `at`. */
static uint32_t lower(const beat_list *list, churn_time at)
{
    uint32_t low = 0, high = list == NULL ? 0 : list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool before = list->data[middle].at < at;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

/* Strictly between two instants: [*begin, *end). Where numbers ascend, those above the epoch are
 * cut off. */
static void range(const beats *b, churn_time after, churn_time before, uint32_t epoch,
                  uint32_t *begin, uint32_t *end)
{
    const beat_list *list = b->list;
    *begin = *end = 0;
    if (list == NULL || epoch == 0 || after >= before) {
        return;
    }
    *begin = lower(list, after + 1);
    *end = lower(list, before);
    if (list->in_order && *end > epoch) {
        *end = epoch;
    }
    *end = *end < *begin ? *begin : *end;
}

uint32_t churn__beats_count(const beats *b, churn_time after, churn_time before, uint32_t epoch)
{
    uint32_t begin = 0, end = 0, count = 0;
    range(b, after, before, epoch, &begin, &end);
    if (begin == end || b->list->in_order) {
        return end - begin;
    }
    for (uint32_t i = begin; i < end; i++) {
        count += b->list->data[i].number <= epoch;
    }
    return count;
}

churn_time churn__beats_last(const beats *b, churn_time after, churn_time before, uint32_t epoch)
{
    uint32_t begin = 0, end = 0;
    range(b, after, before, epoch, &begin, &end);
    while (end > begin && b->list->data[end - 1].number > epoch) {
        end--;
    }
    return end > begin ? b->list->data[end - 1].at : CHURN_TIME_NONE;
}

churn_time churn__beats_first(const beats *b, churn_time after, churn_time before, uint32_t epoch)
{
    uint32_t begin = 0, end = 0;
    range(b, after, before, epoch, &begin, &end);
    while (begin < end && b->list->data[begin].number > epoch) {
        begin++;
    }
    return begin < end ? b->list->data[begin].at : CHURN_TIME_NONE;
}

uint32_t churn__beats_number(const beats *b, churn_time at)
{
    uint32_t i = lower(b->list, at);
    bool found = b->list != NULL && i < b->list->count && b->list->data[i].at == at;
    return found ? b->list->data[i].number : 0;
}

static beat_list *grow_own(beats *b, size_t bytes)
{
    return churn__realloc_array(b->heap, b->own, bytes, bytes + sizeof(beat), 1);
}

static bool make_room(beats *b)
{
    uint32_t count = b->list == NULL ? 0 : b->list->count;
    size_t head = sizeof(beat_list), old = head + count * sizeof(beat);
    beat_list *more = b->own == NULL ? churn__alloc(b->heap, old + sizeof(beat)) : grow_own(b, old);
    if (more == NULL) {
        return false;
    }
    if (b->own == NULL) {
        if (count > 0) {
            memcpy(more->data, b->list->data, count * sizeof(beat));
        }
        atomic_init(&more->refs, 1);
        more->heap = churn__heap_retain(b->heap);
        more->count = count;
        more->in_order = b->list == NULL || b->list->in_order;
    }
    b->list = b->own = more;
    return true;
}

uint32_t churn__beats_add(beats *b, churn_time at)
{
    uint32_t number = churn__beats_number(b, at), count = b->list == NULL ? 0 : b->list->count;
    if (number != 0) {
        return number;
    }
    if (count == BEATS_MAX || !make_room(b)) {
        return 0;
    }
    beat_list *list = b->own;
    uint32_t i = lower(list, at);
    memmove(list->data + i + 1, list->data + i, (count - i) * sizeof *list->data);
    list->data[i] = (beat){.at = at, .number = count + 1};
    list->in_order = list->in_order && i == count;
    list->count++;
    return count + 1;
}

churn_time churn__beats_until(const beat_list *list, churn_time at)
{
    uint32_t i = lower(list, at < CHURN_TIME_MAX ? at + 1 : at);
    return i > 0 ? list->data[i - 1].at : CHURN_TIME_NONE;
}
