/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "base/sort.h"
#include "store/stage.h"

/*
 * From rows in order of arrival to lists by customer and type, in order of time.
 *
 * Arrival has nothing to do with customers, so taking row after row from where it lies would wait
 * for memory at every step. Instead what most rows consist of is copied, once, into parts: a part
 * has the rows of neighbouring customers and fits the cache, where they are distributed by customer
 * and type. Both steps keep the order of arrival, which mostly is the order of time already, so
 * that lists mostly need to be checked only.
 */
#define PART_ROWS 16384     /* about: half a megabyte of packed rows */
#define RANGE_LEAST 1048576 /* rows; a range of parts is copied at a time, about half of all */
#define INSERTION_MOST 24   /* longer lists are sorted by merging */
#define PICKS 1024

typedef struct packed {
    churn_time at;
    double value;
    uint32_t customer, type, user;
    uint32_t row; /* of the stage: where the rest is */
} packed;

typedef struct build {
    const event_merge *m;
    event_run *run;
    index_builder index;
    uint32_t types, customers;
    size_t count;
    uint32_t *order; /* stage rows, list by list */

    unsigned shift; /* part of a customer: its number without so many bits */
    uint32_t parts;
    uint32_t *cursors; /* by part: how many rows, then where in `rows` the next one goes */
    packed *rows;      /* of the parts of a range */
    size_t room, largest;
    uint32_t *slots; /* of `rows`: those of the part at hand, list by list */
    uint32_t *ends;  /* by customer and type, within a part */
    size_t groups;
} build;

static bool is_dropped(const build *b, size_t i)
{
    return b->m->gone != NULL && i < b->m->staged && churn__bit_get(b->m->gone, i);
}

/* ---- parts ---- */

static void choose_parts(build *b, uint32_t customers)
{
    uint32_t wanted = (uint32_t)(b->count / PART_ROWS) + 1;
    b->customers = customers;
    while ((customers >> b->shift) + 1 > wanted && b->shift < 31) {
        b->shift++;
    }
    b->parts = (customers >> b->shift) + 1;
    b->groups = ((size_t)1 << b->shift) * b->types;
}

static void count_parts(build *b)
{
    const event_stage *s = b->m->stage;
    for (size_t i = 0; i < s->count; i++) {
        b->cursors[s->customer[i] >> b->shift]++;
    }
    for (size_t i = 0; b->m->gone != NULL && i < b->m->staged; i++) {
        b->cursors[s->customer[i] >> b->shift] -= is_dropped(b, i);
    }
    for (uint32_t part = 0; part < b->parts; part++) {
        b->largest = b->cursors[part] > b->largest ? b->cursors[part] : b->largest;
    }
}

/* The parts from `first` on that are copied at a time; `rows`: how many rows they have. */
static uint32_t range_end(const build *b, uint32_t first, size_t *rows)
{
    size_t most = b->count / 2 > RANGE_LEAST ? b->count / 2 : RANGE_LEAST;
    uint32_t end = first + 1;
    *rows = b->cursors[first];
    while (end < b->parts && *rows + b->cursors[end] <= most) {
        *rows += b->cursors[end++];
    }
    return end;
}

static void pack(build *b, const uint32_t *picks, uint32_t n)
{
    const event_stage *s = b->m->stage;
    const event_columns *from = &s->cells;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = picks[k];
        b->rows[b->cursors[s->customer[i] >> b->shift]++] =
            (packed){.at = from->at[i],
                     .value = from->value == NULL ? 0 : from->value[i],
                     .customer = s->customer[i],
                     .type = s->type[i],
                     .user = from->user == NULL ? 0 : from->user[i],
                     .row = i};
    }
}

/* Copy the rows of parts [first, end). Most tests fail or hold by chance, so that asking without
 * branches pays. */
static void pack_range(build *b, uint32_t first, uint32_t end)
{
    const event_stage *s = b->m->stage;
    uint32_t picks[PICKS], n = 0;
    for (size_t i = 0; i < s->count; i++) {
        uint32_t part = s->customer[i] >> b->shift;
        picks[n] = (uint32_t)i;
        n += part - first < end - first && !is_dropped(b, i);
        if (n == PICKS) {
            pack(b, picks, n);
            n = 0;
        }
    }
    pack(b, picks, n);
}

/* ---- lists of a part ---- */

static size_t group_of(const build *b, const packed *row)
{
    uint32_t first = row->customer >> b->shift << b->shift;
    return (size_t)(row->customer - first) * b->types + row->type;
}

/* Counting: one counter for every customer and type of a part. */
static void distribute_by_counting(build *b, uint32_t begin, uint32_t n)
{
    uint32_t sum = 0;
    memset(b->ends, 0, b->groups * sizeof *b->ends);
    for (uint32_t i = begin; i < begin + n; i++) {
        b->ends[group_of(b, &b->rows[i])]++;
    }
    for (size_t group = 0; group < b->groups; group++) {
        uint32_t count = b->ends[group];
        b->ends[group] = sum;
        sum += count;
    }
    for (uint32_t i = begin; i < begin + n; i++) {
        b->slots[b->ends[group_of(b, &b->rows[i])]++] = i;
    }
}

static bool distribute_by_radix(build *b, uint32_t begin, uint32_t n)
{
    churn__heap *heap = b->m->heap;
    uint64_t *keys = churn__alloc_array(heap, n, sizeof *keys);
    for (uint32_t i = 0; keys != NULL && i < n; i++) {
        keys[i] = group_of(b, &b->rows[begin + i]);
    }
    bool ok = keys != NULL && churn__radix_order_u64(heap, keys, b->slots, n);
    for (uint32_t i = 0; ok && i < n; i++) {
        b->slots[i] += begin;
    }
    churn__free_array(heap, keys, n, sizeof *keys);
    return ok;
}

/* Counters are worth it where most of them are used. */
static bool counts_pay(const build *b, size_t n)
{
    return b->groups <= 4 * n;
}

static int cmp_slots(const void *a, const void *b, const void *context)
{
    const build *with = context;
    const packed *x = &with->rows[*(const uint32_t *)a], *y = &with->rows[*(const uint32_t *)b];
    const event_columns *cells = &with->m->stage->cells;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return churn__store_event_cmp(&with->m->order, cells, x->row, cells, y->row);
}

static void insertion(const build *b, uint32_t *slots, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t moving = slots[i];
        size_t at = i;
        for (; at > 0 && cmp_slots(&slots[at - 1], &moving, b) > 0; at--) {
            slots[at] = slots[at - 1];
        }
        slots[at] = moving;
    }
}

static bool list_is_sorted(const build *b, const uint32_t *slots, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (b->rows[slots[i - 1]].at >= b->rows[slots[i]].at &&
            cmp_slots(&slots[i - 1], &slots[i], b) > 0) {
            return false;
        }
    }
    return true;
}

static bool sort_list(const build *b, uint32_t *slots, size_t n)
{
    if (list_is_sorted(b, slots, n)) {
        return true;
    }
    if (n > INSERTION_MOST) {
        return churn__sort(b->m->heap, slots, n, sizeof *slots, cmp_slots, b);
    }
    insertion(b, slots, n);
    return true;
}

/* What few loads have is taken from the stage. */
static void emit_rest(build *b, const uint32_t *rows, size_t n)
{
    const event_columns *from = &b->m->stage->cells;
    event_columns *to = &b->run->cells;
    size_t at = b->run->count;
    for (size_t i = 0; to->known != NULL && i < n; i++) {
        to->known[at + i] = from->known[rows[i]];
    }
    for (size_t i = 0; to->until != NULL && i < n; i++) {
        to->until[at + i] = from->until[rows[i]];
    }
    for (size_t i = 0; to->id != NULL && i < n; i++) {
        to->id[at + i] = from->id[rows[i]];
    }
    for (size_t i = 0; to->tag != NULL && i < n; i++) {
        to->tag[at + i] = from->tag[rows[i]];
    }
}

static void emit(build *b, const uint32_t *slots, size_t n)
{
    event_columns *to = &b->run->cells;
    size_t at = b->run->count;
    for (size_t i = 0; i < n; i++) {
        const packed *row = &b->rows[slots[i]];
        to->at[at + i] = row->at;
        b->order[at + i] = row->row;
        if (to->user != NULL) {
            to->user[at + i] = row->user;
        }
        if (to->value != NULL) {
            to->value[at + i] = row->value;
        }
    }
    emit_rest(b, b->order + at, n);
    b->run->count += (uint32_t)n;
}

static bool build_list(build *b, uint32_t *slots, size_t n)
{
    const packed *first = &b->rows[slots[0]];
    size_t indexed = b->index.count;
    bool next = indexed == 0 || b->index.data[indexed - 1].customer != first->customer;
    if ((next &&
         !churn__store_index_add(&b->index, first->customer, (uint32_t)b->run->list_count)) ||
        !churn__store_event_run_list(b->run, first->type) || !sort_list(b, slots, n)) {
        return false;
    }
    emit(b, slots, n);
    return true;
}

static bool build_part(build *b, uint32_t begin, uint32_t n)
{
    if (counts_pay(b, n)) {
        distribute_by_counting(b, begin, n);
    } else if (!distribute_by_radix(b, begin, n)) {
        return false;
    }
    for (size_t at = 0, end = 0; at < n; at = end) {
        const packed *first = &b->rows[b->slots[at]];
        for (end = at + 1; end < n; end++) {
            const packed *row = &b->rows[b->slots[end]];
            if (row->customer != first->customer || row->type != first->type) {
                break;
            }
        }
        if (!build_list(b, b->slots + at, end - at)) {
            return false;
        }
    }
    return true;
}

/* From how many rows each part has to where they begin. */
static void begin_range(build *b, uint32_t first, uint32_t end)
{
    uint32_t sum = 0;
    for (uint32_t part = first; part < end; part++) {
        uint32_t n = b->cursors[part];
        b->cursors[part] = sum;
        sum += n;
    }
}

static bool build_range(build *b, uint32_t first, uint32_t end)
{
    uint32_t begin = 0;
    bool ok = true;
    begin_range(b, first, end);
    pack_range(b, first, end);
    for (uint32_t part = first; ok && part < end; part++) {
        uint32_t stop = b->cursors[part]; /* where the next row would have gone */
        ok = !churn_cancel_is_set(b->m->cancel) && build_part(b, begin, stop - begin);
        begin = stop;
    }
    return ok;
}

static size_t largest_range(const build *b)
{
    size_t largest = 0, rows = 0;
    for (uint32_t first = 0; first < b->parts;) {
        first = range_end(b, first, &rows);
        largest = rows > largest ? rows : largest;
    }
    return largest;
}

static bool build_parts(build *b, uint32_t customers)
{
    churn__heap *heap = b->m->heap;
    size_t rows = 0;
    choose_parts(b, customers);
    b->cursors = churn__alloc_array_zero(heap, b->parts, sizeof *b->cursors);
    if (b->cursors == NULL) {
        return false;
    }
    count_parts(b);
    size_t ends = counts_pay(b, b->largest) ? b->groups : 0;
    b->room = largest_range(b);
    b->rows = churn__alloc_array(heap, b->room, sizeof *b->rows);
    b->slots = churn__alloc_array(heap, b->largest, sizeof *b->slots);
    b->ends = churn__alloc_array(heap, ends, sizeof *b->ends);
    bool ok = b->rows != NULL && b->slots != NULL && b->ends != NULL;
    for (uint32_t first = 0; ok && first < b->parts;) {
        uint32_t end = range_end(b, first, &rows);
        ok = build_range(b, first, end);
        first = end;
    }
    churn__free_array(heap, b->rows, b->room, sizeof *b->rows);
    churn__free_array(heap, b->slots, b->largest, sizeof *b->slots);
    churn__free_array(heap, b->ends, ends, sizeof *b->ends);
    churn__free_array(heap, b->cursors, b->parts, sizeof *b->cursors);
    return ok;
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
    bool ok = b.order != NULL && b.run != NULL && build_parts(&b, customers) &&
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
