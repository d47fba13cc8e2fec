/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "base/sort.h"
#include "store/stage.h"

/*
 * From rows in order of arrival to lists by customer and type, in order of time. Arrival is mostly
 * in order of time already, so a stable distribution by (customer, type) leaves lists that only
 * need to be checked.
 */
#define INSERTION_MOST 24 /* longer lists are sorted by merging */

typedef struct build {
    const event_merge *m;
    event_run *run;
    index_builder index;
    uint32_t types;
    uint32_t *order; /* stage rows, list by list */
    size_t count;
} build;

static uint64_t group_of(const build *b, size_t i)
{
    const event_stage *s = b->m->stage;
    return (uint64_t)s->customer[i] * b->types + s->type[i];
}

static bool is_dropped(const build *b, size_t i)
{
    return b->m->gone != NULL && i < b->m->staged && churn__bit_get(b->m->gone, i);
}

/* Counting: one counter for every customer and type, worth it where most of them are used. */
static bool order_by_counting(build *b, size_t groups)
{
    churn__heap *heap = b->m->heap;
    uint32_t *at = churn__alloc_array_zero(heap, groups, sizeof *at);
    if (at == NULL) {
        return false;
    }
    size_t staged = b->m->stage->count;
    for (size_t i = 0; i < staged; i++) {
        if (!is_dropped(b, i)) {
            at[group_of(b, i)]++;
        }
    }
    uint32_t sum = 0;
    for (size_t group = 0; group < groups; group++) {
        uint32_t n = at[group];
        at[group] = sum;
        sum += n;
    }
    for (size_t i = 0; i < staged; i++) {
        if (!is_dropped(b, i)) {
            b->order[at[group_of(b, i)]++] = (uint32_t)i;
        }
    }
    churn__free_array(heap, at, groups, sizeof *at);
    return true;
}

static bool order_by_radix(build *b)
{
    churn__heap *heap = b->m->heap;
    size_t staged = b->m->stage->count, n = 0;
    uint64_t *keys = churn__alloc_array(heap, staged, sizeof *keys);
    if (keys == NULL) {
        return false;
    }
    for (size_t i = 0; i < staged; i++) {
        if (!is_dropped(b, i)) {
            keys[i] = group_of(b, i);
            b->order[n++] = (uint32_t)i;
        }
    }
    bool ok = churn__radix_reorder_u64(heap, keys, b->order, n);
    churn__free_array(heap, keys, staged, sizeof *keys);
    return ok;
}

static bool order_rows(build *b, uint32_t customers)
{
    uint64_t groups = (uint64_t)customers * b->types;
    return groups <= 2 * (uint64_t)b->count ? order_by_counting(b, (size_t)groups)
                                            : order_by_radix(b);
}

/* ---- one list ---- */

static int cmp_rows(const void *a, const void *b, const void *context)
{
    const build *with = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const event_columns *cells = &with->m->stage->cells;
    return churn__store_event_cmp(&with->m->order, cells, i, cells, j);
}

static void insertion(const build *b, uint32_t *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t moving = rows[i];
        size_t at = i;
        for (; at > 0 && cmp_rows(&rows[at - 1], &moving, b) > 0; at--) {
            rows[at] = rows[at - 1];
        }
        rows[at] = moving;
    }
}

static bool list_is_sorted(const build *b, const uint32_t *rows, size_t n)
{
    const churn_time *at = b->m->stage->cells.at;
    for (size_t i = 1; i < n; i++) {
        if (at[rows[i - 1]] >= at[rows[i]] && cmp_rows(&rows[i - 1], &rows[i], b) > 0) {
            return false;
        }
    }
    return true;
}

static bool sort_list(const build *b, uint32_t *rows, size_t n)
{
    if (list_is_sorted(b, rows, n)) {
        return true;
    }
    if (n > INSERTION_MOST) {
        return churn__sort(b->m->heap, rows, n, sizeof *rows, cmp_rows, b);
    }
    insertion(b, rows, n);
    return true;
}

static void emit(build *b, const uint32_t *rows, size_t n)
{
    const event_columns *from = &b->m->stage->cells;
    event_columns *to = &b->run->cells;
    size_t at = b->run->count;
    for (size_t i = 0; i < n; i++) {
        to->at[at + i] = from->at[rows[i]];
    }
    for (size_t i = 0; to->user != NULL && i < n; i++) {
        to->user[at + i] = from->user[rows[i]];
    }
    for (size_t i = 0; to->value != NULL && i < n; i++) {
        to->value[at + i] = from->value[rows[i]];
    }
    for (size_t i = 0; to->known != NULL && i < n; i++) {
        to->known[at + i] = from->known[rows[i]];
    }
    for (size_t i = 0; to->until != NULL && i < n; i++) {
        to->until[at + i] = from->until[rows[i]];
    }
    for (size_t i = 0; to->id != NULL && i < n; i++) {
        to->id[at + i] = from->id[rows[i]];
    }
    b->run->count += (uint32_t)n;
}

static bool build_list(build *b, size_t begin, size_t end)
{
    const event_stage *s = b->m->stage;
    uint32_t first = b->order[begin];
    size_t indexed = b->index.count;
    bool next = indexed == 0 || b->index.data[indexed - 1].customer != s->customer[first];
    if ((next &&
         !churn__store_index_add(&b->index, s->customer[first], (uint32_t)b->run->list_count)) ||
        !churn__store_event_run_list(b->run, s->type[first]) ||
        !sort_list(b, b->order + begin, end - begin)) {
        return false;
    }
    emit(b, b->order + begin, end - begin);
    return true;
}

static bool build_lists(build *b)
{
    for (size_t begin = 0, end = 0; begin < b->count; begin = end) {
        uint64_t group = group_of(b, b->order[begin]);
        while (end < b->count && group_of(b, b->order[end]) == group) {
            end++;
        }
        if (!build_list(b, begin, end)) {
            return false;
        }
    }
    return true;
}

static size_t count_rows(const event_merge *m)
{
    return m->stage->count - (m->gone == NULL ? 0 : churn__bits_count(m->gone, 0, m->staged));
}

event_run *churn__store_event_build(event_merge *m, uint32_t customers, uint32_t types)
{
    build b = {.m = m, .types = types == 0 ? 1 : types, .index = {.heap = m->heap}};
    size_t staged = m->stage->count;
    b.count = count_rows(m);
    b.order = churn__alloc_array(m->heap, staged, sizeof *b.order);
    b.run = churn__store_event_run_create(m->heap, churn__store_columns_mask(&m->stage->cells),
                                          b.count);
    bool ok = b.order != NULL && b.run != NULL && order_rows(&b, customers) && build_lists(&b) &&
              churn__props_reorder(&b.run->props, &m->stage->props, b.order, b.count, staged) &&
              churn__store_event_run_finish(b.run, &b.index);
    churn__free_array(m->heap, b.order, staged, sizeof *b.order);
    churn__store_index_abandon(&b.index);
    if (!ok) {
        churn__store_event_run_release(b.run);
        return NULL;
    }
    /* Written in order of customers, because they were resolved so. */
    b.run->overrides = m->overrides;
    b.run->override_count = (uint32_t)m->override_count;
    b.run->override_capacity = (uint32_t)m->override_capacity;
    m->overrides = NULL;
    m->override_count = m->override_capacity = 0;
    return b.run;
}
