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

/* Instants at the far end stand for "always". */
static void span_note(churn_time at, churn_time *first, churn_time *last)
{
    if (at <= CHURN_TIME_MIN) {
        return;
    }
    *first = *first == CHURN_TIME_NONE || at < *first ? at : *first;
    *last = at > *last ? at : *last;
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
    for (size_t i = 0; i < run->count; i++) {
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
