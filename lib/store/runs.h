/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_RUNS_H
#define CHURN_STORE_RUNS_H

#include "store/props.h"

/*
 * Runs: sorted, immutable, reference counted. A version has a few of every kind, the oldest first,
 * each at least about twice as large as the next, so that writing one record costs O(log n) in the
 * long run and a reader looks into O(log n) places at most.
 *
 * A run of rows holds whole blocks: all rows of a kind of a customer, with their chains of versions
 * resolved; an empty block where the last of them was retracted. The newest run that has the
 * customer is the answer. A run of events holds only what
 * came in; where a record was replaced, the customer's events are all in the run again, and it
 * `overrides` the older ones.
 */
#define RUNS_MAX 40

/* Which part of a run is a customer's. */
typedef struct customer_index {
    uint32_t *customer; /* ascending; NULL: slot i is customer i */
    uint32_t *begin;    /* slots + 1 entries, into what the run holds */
    uint32_t slots;
} customer_index;

/* False: nothing of the customer here. */
static inline bool index_find(const customer_index *index, uint32_t customer, uint32_t *slot)
{
    uint32_t low = 0, high = index->slots;
    if (index->customer == NULL) {
        *slot = customer;
        return customer < high && index->begin[customer] < index->begin[customer + 1];
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (index->customer[middle] < customer) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *slot = low;
    return low < index->slots && index->customer[low] == customer;
}

static inline uint32_t index_customer(const customer_index *index, uint32_t slot)
{
    return index->customer == NULL ? slot : index->customer[slot];
}

/* Collects (customer, begin) in ascending order of customers. */
typedef struct index_entry {
    uint32_t customer, begin;
} index_entry;

typedef struct index_builder {
    churn__heap *heap;
    index_entry *data;
    size_t count, capacity;
} index_builder;

bool churn__store_index_add(index_builder *builder, uint32_t customer, uint32_t begin);
/* False: no memory. The builder stays to be cleared. */
bool churn__store_index_finish(const index_builder *builder, uint32_t end, customer_index *out);
void churn__store_index_abandon(index_builder *builder);
void churn__store_index_clear(churn__heap *heap, customer_index *index);
bool churn__store_index_copy(churn__heap *heap, const customer_index *from, customer_index *to);

/* ---- rows ---- */

typedef struct row_run {
    atomic_uint refs;
    churn__heap *heap;
    const kind_info *kind;
    uint32_t count;
    size_t capacity;
    customer_index index;
    char *rows;
    churn_time first, last; /* of `when`; CHURN_TIME_NONE */
} row_run;

row_run *churn__store_row_run_create(churn__heap *heap, const kind_info *kind, size_t capacity);
void churn__store_row_run_release(row_run *run);
/* Append a block; customers ascending. False: no memory. */
bool churn__store_row_run_append(row_run *run, index_builder *index, uint32_t customer,
                                 const void *rows, size_t count);
/* No more blocks: gives back memory that was not needed. False: no memory. */
bool churn__store_row_run_finish(row_run *run, const index_builder *index);
/* For runs that nobody else sees: a copy to be written in, without slack (NULL: no memory); and the
 * span and size once that is done. */
row_run *churn__store_row_run_copy(const row_run *run);
void churn__store_row_run_measure(row_run *run);
/* The newest block of a customer over runs; returns its rows. */
uint32_t churn__store_row_block(row_run *const *runs, uint32_t run_count, uint32_t customer,
                                const void **rows);

/* ---- events ---- */

#define COLUMN_USER 1u
#define COLUMN_VALUE 2u
#define COLUMN_KNOWN 4u
#define COLUMN_UNTIL 8u
#define COLUMN_ID 16u
#define COLUMN_TAG 64u  /* TAG_EPOCH and more: see kinds.h */
#define COLUMN_FROM 32u /* only while events of several runs come together */

typedef struct event_columns {
    churn_time *at;
    uint32_t *user;
    double *value;
    churn_time *known;
    churn_time *until;
    uint32_t *id;
    uint32_t *tag; /* 0 where it is not there */
    /* Properties are kept by position: those of row i stand at position i of `props`; where events
     * were brought together, at the position that from[i] counts over `slices`. */
    const prop_set *props; /* borrowed; NULL: none */
    uint32_t *from;
    const struct event_slice *slices;
} event_columns;

typedef struct event_list {
    uint32_t type, begin;
} event_list;

typedef struct event_run {
    atomic_uint refs;
    churn__heap *heap;
    uint32_t columns; /* COLUMN_*: those that are there beside `at` */
    uint32_t count;
    size_t capacity;
    size_t list_count, list_capacity;
    customer_index index; /* to lists */
    event_list *lists;    /* list_count + 1, types ascending within a customer */
    event_columns cells;
    prop_set props;
    uint32_t *overrides; /* customers, ascending */
    uint32_t override_count, override_capacity;
    churn_time first, last;
} event_run;

event_run *churn__store_event_run_create(churn__heap *heap, uint32_t columns, size_t capacity);
void churn__store_event_run_release(event_run *run);
bool churn__store_event_run_overrides(const event_run *run, uint32_t customer);
/* Begin a list of the current customer; its events follow. False: no memory. */
bool churn__store_event_run_list(event_run *run, uint32_t type);
/* No more lists: gives back memory that was not needed and notes the span. False: no memory. */
bool churn__store_event_run_finish(event_run *run, const index_builder *index);

bool churn__store_columns_alloc(churn__heap *heap, event_columns *cells, uint32_t columns,
                                size_t capacity);
void churn__store_columns_free(churn__heap *heap, event_columns *cells, size_t capacity);
/* Room for n events with `columns` in scratch memory that has `have` and `capacity`; what it held
 * is lost. False: no memory. */
bool churn__store_columns_room(churn__heap *heap, event_columns *cells, uint32_t *have,
                               size_t *capacity, uint32_t columns, size_t n);
uint32_t churn__store_columns_mask(const event_columns *cells);
/* Copy n events; what `from` lacks is filled with what its absence means. */
void churn__store_columns_copy(event_columns *to, size_t at, const event_columns *from,
                               size_t from_at, size_t n);

/* Within one set of columns, to a lower or the same place. */
void churn__store_columns_move(event_columns *cells, size_t to, size_t from, size_t n);
void churn__store_columns_swap(event_columns *cells, size_t i, size_t j);
void churn__store_columns_wipe(event_columns *cells, size_t at, size_t n);
/* As churn__store_row_run_copy() and _measure(). A copy has no properties yet. */
event_run *churn__store_event_run_copy(const event_run *run);
void churn__store_event_run_measure(event_run *run);

/* What orders events of one list: instant, user, value, properties, id, known_at; texts by their
 * bytes. */
typedef struct event_order {
    const churn__dict_view *texts, *ids, *props;
} event_order;

int churn__store_event_cmp(const event_order *order, const event_columns *a, size_t i,
                           const event_columns *b, size_t j);

/* The same, but for known_at: 0 where both say the same. */
int churn__store_event_cmp_said(const event_order *order, const event_columns *a, size_t i,
                                const event_columns *b, size_t j);

/* A piece of a run: the events of one list. */
typedef struct event_slice {
    const event_columns *cells;
    uint32_t begin, count;
    uint32_t run; /* its number */
} event_slice;

/* ---- properties of events (props_event.c) ---- */

/* Where the properties of row i stand; NULL: it has none. */
const prop_set *churn__store_props_place(const event_columns *cells, size_t i, uint32_t *position);
/* Property by property in order of their names; none comes before any. */
int churn__store_props_cmp(const event_order *order, const event_columns *a, size_t i,
                           const event_columns *b, size_t j);
/* COLUMN_FROM where any of the slices has properties, else 0. */
uint32_t churn__store_props_need(const event_slice *slices, uint32_t count);

/* The slices of a customer and type in all runs that still count, oldest first. */
uint32_t churn__store_event_slices(event_run *const *runs, uint32_t run_count, uint32_t customer,
                                   uint32_t type, event_slice *out);
/* Bring slices together in order, at `at` of `to`, which has room. Returns how many. */
size_t churn__store_event_gather(const event_order *order, const event_slice *slices,
                                 uint32_t count, event_columns *to, size_t at);
/* The oldest run whose events of the customer still count. */
uint32_t churn__store_event_base(event_run *const *runs, uint32_t run_count, uint32_t customer);
/* Types of a customer over runs, ascending, into out (room for all lists); returns how many. */
uint32_t churn__store_event_types(event_run *const *runs, uint32_t run_count, uint32_t customer,
                                  uint32_t *out);
/* An upper bound for the above. */
uint32_t churn__store_event_lists(event_run *const *runs, uint32_t run_count, uint32_t customer);

#endif
