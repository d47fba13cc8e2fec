/* SPDX-License-Identifier: MIT */
#include "store/runs.h"

/* ---- which part is whose ---- */

/* Slots without customers are worth it while they are at most three of four. */
#define DENSE_ENOUGH 4

bool churn__store_index_add(index_builder *builder, uint32_t customer, uint32_t begin)
{
    if (!churn__grow(builder->heap, (void **)&builder->data, &builder->capacity, builder->count + 1,
                     sizeof *builder->data)) {
        return false;
    }
    builder->data[builder->count++] = (index_entry){customer, begin};
    return true;
}

void churn__store_index_abandon(index_builder *builder)
{
    churn__free_array(builder->heap, builder->data, builder->capacity, sizeof *builder->data);
    *builder = (index_builder){.heap = builder->heap};
}

static void fill_sparse(const index_builder *from, customer_index *to)
{
    for (size_t i = 0; i < from->count; i++) {
        to->customer[i] = from->data[i].customer;
        to->begin[i] = from->data[i].begin;
    }
}

/* A slot without customer begins where the next one does. */
static void fill_dense(const index_builder *from, customer_index *to)
{
    uint32_t slot = 0;
    for (size_t i = 0; i < from->count; i++) {
        while (slot <= from->data[i].customer) {
            to->begin[slot++] = from->data[i].begin;
        }
    }
}

/* A customer of whom nothing is left: only a slot of one's own can say so. */
static bool has_empty(const index_builder *builder, uint32_t end)
{
    for (size_t i = 0; i < builder->count; i++) {
        uint32_t next = i + 1 < builder->count ? builder->data[i + 1].begin : end;
        if (builder->data[i].begin == next) {
            return true;
        }
    }
    return false;
}

bool churn__store_index_finish(const index_builder *builder, uint32_t end, customer_index *out)
{
    size_t n = builder->count;
    size_t dense = n == 0 ? 0 : (size_t)builder->data[n - 1].customer + 1;
    bool is_dense = dense <= n * DENSE_ENOUGH && !has_empty(builder, end);
    size_t slots = is_dense ? dense : n;
    *out = (customer_index){.slots = (uint32_t)slots};
    out->begin = churn__alloc_array(builder->heap, slots + 1, sizeof *out->begin);
    if (!is_dense) {
        out->customer = churn__alloc_array(builder->heap, slots, sizeof *out->customer);
    }
    if (out->begin == NULL || (!is_dense && out->customer == NULL)) {
        churn__store_index_clear(builder->heap, out);
        return false;
    }
    if (is_dense) {
        fill_dense(builder, out);
    } else {
        fill_sparse(builder, out);
    }
    out->begin[slots] = end;
    return true;
}

void churn__store_index_clear(churn__heap *heap, customer_index *index)
{
    churn__free_array(heap, index->customer, index->slots, sizeof *index->customer);
    churn__free_array(heap, index->begin, (size_t)index->slots + 1, sizeof *index->begin);
    *index = (customer_index){0};
}

bool churn__store_index_copy(churn__heap *heap, const customer_index *from, customer_index *to)
{
    size_t slots = from->slots;
    *to = (customer_index){.slots = from->slots};
    to->begin = churn__alloc_array(heap, slots + 1, sizeof *to->begin);
    if (from->customer != NULL) {
        to->customer = churn__alloc_array(heap, slots, sizeof *to->customer);
    }
    if (to->begin == NULL || (from->customer != NULL && to->customer == NULL)) {
        churn__store_index_clear(heap, to);
        return false;
    }
    memcpy(to->begin, from->begin, (slots + 1) * sizeof *to->begin);
    if (from->customer != NULL) {
        memcpy(to->customer, from->customer, slots * sizeof *to->customer);
    }
    return true;
}

/* ---- rows ---- */

row_run *churn__store_row_run_create(churn__heap *heap, const kind_info *kind, size_t capacity)
{
    row_run *run = churn__alloc_zero(heap, sizeof *run);
    if (run == NULL) {
        return NULL;
    }
    run->rows = churn__alloc_array(heap, capacity, kind->row_size);
    if (run->rows == NULL) {
        churn__free(heap, run, sizeof *run);
        return NULL;
    }
    atomic_init(&run->refs, 1);
    run->heap = churn__heap_retain(heap);
    run->kind = kind;
    run->capacity = capacity;
    run->first = run->last = CHURN_TIME_NONE;
    return run;
}

void churn__store_row_run_release(row_run *run)
{
    if (run == NULL || atomic_fetch_sub_explicit(&run->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    churn__heap *heap = run->heap;
    churn__store_index_clear(heap, &run->index);
    churn__wipe(run->rows, run->count * run->kind->row_size);
    churn__free_array(heap, run->rows, run->capacity, run->kind->row_size);
    churn__free(heap, run, sizeof *run);
    churn__heap_release(heap);
}

bool churn__store_row_run_append(row_run *run, index_builder *index, uint32_t customer,
                                 const void *rows, size_t count)
{
    size_t size = run->kind->row_size;
    if (!churn__grow(run->heap, (void **)&run->rows, &run->capacity, run->count + count, size) ||
        !churn__store_index_add(index, customer, run->count)) {
        return false;
    }
    if (count > 0) {
        memcpy(run->rows + run->count * size, rows, count * size);
    }
    run->count += (uint32_t)count;
    return true;
}

/* Instants at the far end stand for "always". */
static void span_note(churn_time at, churn_time *first, churn_time *last)
{
    if (at <= CHURN_TIME_MIN) {
        return;
    }
    *first = *first == CHURN_TIME_NONE || at < *first ? at : *first;
    *last = at > *last ? at : *last;
}

/* Memory that is too much is given back where the heap has better use for it. */
static void trim(churn__heap *heap, void **data, size_t *capacity, size_t count, size_t size)
{
    size_t wanted = count == 0 ? 1 : count;
    if (*capacity - wanted < 1 + wanted / 8) {
        return;
    }
    void *less = churn__realloc_array(heap, *data, *capacity, wanted, size);
    if (less != NULL) {
        *data = less;
        *capacity = wanted;
    }
}

void churn__store_row_run_measure(row_run *run)
{
    size_t size = run->kind->row_size;
    run->first = run->last = CHURN_TIME_NONE;
    for (uint32_t i = 0; i < run->count; i++) {
        const row_head *head = (const void *)(run->rows + i * size);
        span_note(head->when, &run->first, &run->last);
    }
    trim(run->heap, (void **)&run->rows, &run->capacity, run->count, size);
}

bool churn__store_row_run_finish(row_run *run, const index_builder *index)
{
    churn__store_row_run_measure(run);
    return churn__store_index_finish(index, run->count, &run->index);
}

row_run *churn__store_row_run_copy(const row_run *run)
{
    row_run *copy = churn__store_row_run_create(run->heap, run->kind, run->count);
    if (copy == NULL) {
        return NULL;
    }
    if (!churn__store_index_copy(run->heap, &run->index, &copy->index)) {
        churn__store_row_run_release(copy);
        return NULL;
    }
    copy->count = run->count;
    memcpy(copy->rows, run->rows, run->count * run->kind->row_size);
    return copy;
}

uint32_t churn__store_row_block(row_run *const *runs, uint32_t run_count, uint32_t customer,
                                const void **rows)
{
    for (uint32_t i = run_count; i-- > 0;) {
        const row_run *run = runs[i];
        uint32_t slot = 0;
        if (index_find(&run->index, customer, &slot)) {
            uint32_t begin = run->index.begin[slot];
            *rows = run->rows + (size_t)begin * run->kind->row_size;
            return run->index.begin[slot + 1] - begin;
        }
    }
    *rows = NULL;
    return 0;
}

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

static bool merge_blocks(row_run *out, index_builder *index, row_run *const *runs, uint32_t count,
                         bool oldest)
{
    index_walk walk = {.count = count};
    for (uint32_t i = 0; i < count; i++) {
        walk.index[i] = &runs[i]->index;
    }
    for (;;) {
        uint32_t customer = walk_next(&walk);
        if (customer == CHURN__NO_CODE) {
            return churn__store_row_run_finish(out, index);
        }
        const void *rows = NULL;
        uint32_t n = churn__store_row_block(runs, count, customer, &rows);
        bool nothing = n == 0 && oldest;
        if (!nothing && !churn__store_row_run_append(out, index, customer, rows, n)) {
            return false;
        }
    }
}

row_run *churn__store_row_merge(churn__heap *heap, row_run *const *runs, uint32_t count,
                                bool oldest)
{
    size_t capacity = 0;
    for (uint32_t i = 0; i < count; i++) {
        capacity += runs[i]->count;
    }
    index_builder index = {.heap = heap};
    row_run *out = churn__store_row_run_create(heap, runs[0]->kind, capacity);
    if (out != NULL && !merge_blocks(out, &index, runs, count, oldest)) {
        churn__store_row_run_release(out);
        out = NULL;
    }
    churn__store_index_abandon(&index);
    return out;
}

/* ---- events: see event_run.c; only what needs the walk stands here ---- */

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

static bool merge_events(merging *m, bool oldest, churn__heap *heap)
{
    index_walk walk = {.count = m->count};
    for (uint32_t i = 0; i < m->count; i++) {
        walk.index[i] = &m->runs[i]->index;
    }
    for (;;) {
        uint32_t customer = walk_next(&walk);
        if (customer == CHURN__NO_CODE) {
            break;
        }
        if (!merge_customer(m, customer)) {
            return false;
        }
    }
    return (oldest || merge_overrides(m, heap)) && merge_props(m) &&
           churn__store_event_run_finish(m->out, &m->index);
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

event_run *churn__store_event_merge(churn__heap *heap, event_run *const *runs, uint32_t count,
                                    bool oldest, const event_order *order)
{
    size_t capacity = 0, lists = 0;
    uint32_t columns = 0;
    for (uint32_t i = 0; i < count; i++) {
        capacity += runs[i]->count;
        lists += runs[i]->list_count;
        columns |= runs[i]->columns;
    }
    merging m = {.runs = runs, .count = count, .order = order, .index = {.heap = heap}};
    columns |= has_props(runs, count) ? COLUMN_FROM : 0;
    m.out = churn__store_event_run_create(heap, columns, capacity);
    m.types = churn__alloc_array(heap, lists, sizeof *m.types);
    bool ok =
        m.out != NULL && m.types != NULL && make_maps(&m, heap) && merge_events(&m, oldest, heap);
    free_maps(&m, heap);
    if (!ok) {
        churn__store_event_run_release(m.out);
        m.out = NULL;
    }
    churn__free_array(heap, m.types, lists, sizeof *m.types);
    churn__store_index_abandon(&m.index);
    return m.out;
}
