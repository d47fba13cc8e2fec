/* SPDX-License-Identifier: MIT */
#include "store/run_merge.h"

/*
 * Neighbouring runs become one, customer by customer, and as many customers at a time as a call may
 * spend: a large merge goes on over many calls, while readers read the runs that it will replace.
 */

/* Walks several indexes at once, customer by customer. */
typedef struct index_walk {
    const customer_index *index[RUNS_MAX];
    uint32_t slot[RUNS_MAX];
    uint32_t count;
} index_walk;

static void walk_skip(index_walk *walk, uint32_t i)
{
    const customer_index *index = walk->index[i];
    while (index->customer == NULL && walk->slot[i] < index->slots &&
           index->begin[walk->slot[i]] == index->begin[walk->slot[i] + 1]) {
        walk->slot[i]++;
    }
}

/* The next customer of any; CHURN__NO_CODE at the end. */
static uint32_t walk_next(index_walk *walk)
{
    uint32_t customer = CHURN__NO_CODE;
    for (uint32_t i = 0; i < walk->count; i++) {
        walk_skip(walk, i);
        if (walk->slot[i] < walk->index[i]->slots) {
            uint32_t here = index_customer(walk->index[i], walk->slot[i]);
            customer = here < customer ? here : customer;
        }
    }
    for (uint32_t i = 0; i < walk->count; i++) {
        if (walk->slot[i] < walk->index[i]->slots &&
            index_customer(walk->index[i], walk->slot[i]) == customer) {
            walk->slot[i]++;
        }
    }
    return customer;
}

typedef struct merging {
    event_run *const *runs;
    uint32_t count;
    const event_order *order;
    event_run *out;
    index_builder index;
    uint32_t *types;
    uint32_t *maps[RUNS_MAX]; /* where each run's events went; NULL: no run has properties */
} merging;

/* Note where the events went that the last call of gather put at `at`. */
static void note_places(merging *m, const event_slice *slices, size_t at, size_t n)
{
    const uint32_t *from = m->out->cells.from;
    for (size_t i = 0; from != NULL && i < n; i++) {
        uint32_t id = from[at + i], s = 0;
        for (; id >= slices[s].count; s++) {
            id -= slices[s].count;
        }
        m->maps[slices[s].run][slices[s].begin + id] = (uint32_t)(at + i);
    }
}

/* Lists are sorted. Noted as they come, because a look at all of them takes long in the end. */
static void note_ends(event_run *out, size_t at, size_t count)
{
    churn_time first = out->cells.at[at], last = out->cells.at[at + count - 1];
    out->first = out->first == CHURN_TIME_NONE || first < out->first ? first : out->first;
    out->last = last > out->last ? last : out->last;
}

static bool merge_list(merging *m, uint32_t customer, uint32_t type)
{
    event_slice slices[RUNS_MAX];
    uint32_t n = churn__store_event_slices(m->runs, m->count, customer, type, slices);
    if (!churn__store_event_run_list(m->out, type)) {
        return false;
    }
    size_t at = m->out->count;
    size_t count = churn__store_event_gather(m->order, slices, n, &m->out->cells, at);
    note_places(m, slices, at, count);
    note_ends(m->out, at, count);
    m->out->count += (uint32_t)count;
    return true;
}

static bool merge_customer(merging *m, uint32_t customer)
{
    uint32_t types = churn__store_event_types(m->runs, m->count, customer, m->types);
    if (!churn__store_index_add(&m->index, customer, (uint32_t)m->out->list_count)) {
        return false;
    }
    for (uint32_t i = 0; i < types; i++) {
        if (!merge_list(m, customer, m->types[i])) {
            return false;
        }
    }
    return true;
}

/* Customers that any of the runs overrides. */
static bool merge_overrides(merging *m, churn__heap *heap)
{
    size_t capacity = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        capacity += m->runs[i]->override_count;
    }
    if (capacity == 0) {
        return true;
    }
    uint32_t *all = churn__alloc_array(heap, capacity, sizeof *all);
    uint32_t at[RUNS_MAX] = {0};
    if (all == NULL) {
        return false;
    }
    m->out->overrides = all;
    m->out->override_capacity = (uint32_t)capacity;
    for (;;) {
        uint32_t next = CHURN__NO_CODE;
        for (uint32_t i = 0; i < m->count; i++) {
            const event_run *run = m->runs[i];
            bool less = at[i] < run->override_count && run->overrides[at[i]] < next;
            next = less ? run->overrides[at[i]] : next;
        }
        if (next == CHURN__NO_CODE) {
            return true;
        }
        for (uint32_t i = 0; i < m->count; i++) {
            const event_run *run = m->runs[i];
            at[i] += at[i] < run->override_count && run->overrides[at[i]] == next;
        }
        all[m->out->override_count++] = next;
    }
}

/* Columns of properties follow their events; what said where those came from is over. */
static bool merge_props(merging *m)
{
    event_run *out = m->out;
    const prop_set *sets[RUNS_MAX];
    if (out->cells.from == NULL) {
        return true;
    }
    for (uint32_t i = 0; i < m->count; i++) {
        sets[i] = &m->runs[i]->props;
    }
    churn__free_array(out->heap, out->cells.from, out->capacity, sizeof *out->cells.from);
    out->cells.from = NULL;
    out->columns &= ~COLUMN_FROM;
    return churn__props_merge(&out->props, sets, m->count, m->maps);
}

static bool has_props(event_run *const *runs, uint32_t count)
{
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        any = any || runs[i]->props.count > 0;
    }
    return any;
}

static bool make_maps(merging *m, churn__heap *heap)
{
    bool ok = true;
    for (uint32_t i = 0; m->out->cells.from != NULL && i < m->count; i++) {
        size_t n = m->runs[i]->count;
        m->maps[i] = churn__alloc_array(heap, n, sizeof *m->maps[i]);
        ok = ok && m->maps[i] != NULL;
        if (m->maps[i] != NULL) {
            memset(m->maps[i], 0xFF, n * sizeof *m->maps[i]); /* CHURN__NO_CODE */
        }
    }
    return ok;
}

static void free_maps(merging *m, churn__heap *heap)
{
    for (uint32_t i = 0; i < m->count; i++) {
        churn__free_array(heap, m->maps[i], m->runs[i]->count, sizeof *m->maps[i]);
    }
}

struct run_merge {
    churn__heap *heap;
    event_run *events[RUNS_MAX];
    row_run *rows[RUNS_MAX];
    uint32_t count;
    bool of_events, oldest;
    index_walk walk;
    merging events_to;
    row_run *rows_to;
    index_builder rows_index;
    size_t lists; /* room for types */
};

/* ---- life ---- */

static bool begin_events(run_merge *m)
{
    size_t capacity = 0;
    uint32_t columns = 0;
    merging *to = &m->events_to;
    *to = (merging){.runs = m->events, .count = m->count, .index = {.heap = m->heap}};
    for (uint32_t i = 0; i < m->count; i++) {
        capacity += m->events[i]->count;
        m->lists += m->events[i]->list_count;
        columns |= m->events[i]->columns;
        m->walk.index[i] = &m->events[i]->index;
    }
    columns |= has_props(m->events, m->count) ? COLUMN_FROM : 0;
    to->out = churn__store_event_run_create(m->heap, columns, capacity);
    to->types = churn__alloc_array(m->heap, m->lists, sizeof *to->types);
    return to->out != NULL && to->types != NULL && make_maps(to, m->heap);
}

static bool begin_rows(run_merge *m)
{
    size_t capacity = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        capacity += m->rows[i]->count;
        m->walk.index[i] = &m->rows[i]->index;
    }
    m->rows_index.heap = m->heap;
    m->rows_to = churn__store_row_run_create(m->heap, m->rows[0]->kind, capacity);
    return m->rows_to != NULL;
}

static run_merge *create(churn__heap *heap, uint32_t count, bool oldest)
{
    run_merge *m = churn__alloc_zero(heap, sizeof *m);
    if (m != NULL) {
        m->heap = churn__heap_retain(heap);
        m->count = m->walk.count = count;
        m->oldest = oldest;
    }
    return m;
}

static run_merge *ready(run_merge *m, bool ok)
{
    if (!ok) {
        churn__run_merge_free(m);
        return NULL;
    }
    return m;
}

run_merge *churn__run_merge_events(churn__heap *heap, event_run *const *runs, uint32_t count,
                                   bool oldest)
{
    run_merge *m = create(heap, count, oldest);
    if (m == NULL) {
        return NULL;
    }
    m->of_events = true;
    for (uint32_t i = 0; i < count; i++) {
        m->events[i] = runs[i];
        atomic_fetch_add_explicit(&runs[i]->refs, 1, memory_order_relaxed);
    }
    return ready(m, begin_events(m));
}

run_merge *churn__run_merge_rows(churn__heap *heap, row_run *const *runs, uint32_t count,
                                 bool oldest)
{
    run_merge *m = create(heap, count, oldest);
    if (m == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        m->rows[i] = runs[i];
        atomic_fetch_add_explicit(&runs[i]->refs, 1, memory_order_relaxed);
    }
    return ready(m, begin_rows(m));
}

void churn__run_merge_free(run_merge *m)
{
    if (m == NULL) {
        return;
    }
    churn__heap *heap = m->heap;
    free_maps(&m->events_to, heap);
    churn__free_array(heap, m->events_to.types, m->lists, sizeof *m->events_to.types);
    churn__store_event_run_release(m->events_to.out);
    churn__store_row_run_release(m->rows_to);
    if (m->of_events) {
        churn__store_index_abandon(&m->events_to.index);
    } else {
        churn__store_index_abandon(&m->rows_index);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        churn__store_event_run_release(m->events[i]);
        churn__store_row_run_release(m->rows[i]);
    }
    churn__free(heap, m, sizeof *m);
    churn__heap_release(heap);
}

/* ---- going on ---- */

static bool take_rows(run_merge *m, uint32_t customer)
{
    const void *rows = NULL;
    uint32_t n = churn__store_row_block(m->rows, m->count, customer, &rows);
    bool nothing = n == 0 && m->oldest;
    return nothing || churn__store_row_run_append(m->rows_to, &m->rows_index, customer, rows, n);
}

static bool finish(run_merge *m)
{
    merging *to = &m->events_to;
    if (!m->of_events) {
        return churn__store_row_run_finish(m->rows_to, &m->rows_index);
    }
    return (m->oldest || merge_overrides(to, m->heap)) && merge_props(to) &&
           churn__store_event_run_finish(to->out, &to->index);
}

static uint64_t written(const run_merge *m)
{
    return m->of_events ? m->events_to.out->count : m->rows_to->count;
}

bool churn__run_merge_step(run_merge *m, const event_order *order, uint64_t *budget, bool *done)
{
    *done = false;
    m->events_to.order = order;
    while (*budget > 0) {
        uint64_t before = written(m);
        uint32_t customer = walk_next(&m->walk);
        if (customer == CHURN__NO_CODE) {
            *done = true;
            return finish(m);
        }
        if (!(m->of_events ? merge_customer(&m->events_to, customer) : take_rows(m, customer))) {
            return false;
        }
        uint64_t spent = 1 + written(m) - before;
        *budget -= spent < *budget ? spent : *budget;
    }
    return true;
}

event_run *churn__run_merge_take_events(run_merge *m)
{
    event_run *out = m->events_to.out;
    m->events_to.out = NULL;
    return out;
}

row_run *churn__run_merge_take_rows(run_merge *m)
{
    row_run *out = m->rows_to;
    m->rows_to = NULL;
    return out;
}

bool churn__run_merge_reads(const run_merge *m, uint32_t i, const void *run)
{
    return i < m->count && (m->of_events ? (const void *)m->events[i] : m->rows[i]) == run;
}

uint32_t churn__run_merge_count(const run_merge *m)
{
    return m->count;
}
