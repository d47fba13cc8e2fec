/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "store/edit.h"

/* From what shall go to a version in which it is not. */

void churn__edit_init(edit *e, churn_store *store)
{
    *e = (edit){.store = store,
                .heap = store->heap,
                .user = CHURN__NO_CODE,
                .contact = CHURN__NO_CODE,
                .before = CHURN_TIME_NONE};
}

void churn__edit_clear(edit *e)
{
    churn__edit_codes_close(e);
    churn__free(e->heap, e->gone, churn__bits_bytes(e->gone_limit));
    churn__free_array(e->heap, e->gone_list, e->gone_count, sizeof *e->gone_list);
}

/* ---- the order of customers ---- */

static uint32_t order_strip(const edit *e, const customer_order *from, uint32_t *to)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < from->count; i++) {
        uint32_t customer = from->data[i];
        if (!churn__bit_get(e->gone, customer)) {
            to[count++] = customer;
        }
    }
    return count;
}

/* False: no memory. */
static bool order_copy(const edit *e, churn__version *to)
{
    customer_order *order = churn__store_order_create(e->heap, to->order->count);
    if (order == NULL) {
        return false;
    }
    order->covered = to->order->covered;
    order->count = order_strip(e, to->order, order->data);
    churn__store_order_release(to->order);
    to->order = order;
    return true;
}

/* ---- dictionaries ---- */

/* Those of a store that lose strings, made anew: all of it before anything is published. */
typedef struct remake {
    churn__dict **slot;      /* of the store */
    churn__dict_view **view; /* of the draft */
    const code_set *set;
    churn__dict *dict;
} remake;

#define REMAKES (KINDS + 4)

typedef struct remakes {
    remake each[REMAKES];
    uint32_t count;
} remakes;

static void remake_add(remakes *all, churn__dict **slot, churn__dict_view **view,
                       const code_set *set)
{
    if (churn__edit_codes_any(set)) {
        all->each[all->count++] = (remake){slot, view, set, NULL};
    }
}

static void remakes_list(edit *e, churn__version *to, remakes *all)
{
    churn_store *store = e->store;
    *all = (remakes){.count = 0};
    remake_add(all, &store->customers, &to->customer_ids, &e->customers);
    remake_add(all, &store->types, &to->types, &e->types);
    remake_add(all, &store->texts, &to->texts, &e->texts);
    remake_add(all, &store->props, &to->props, &e->props);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        remake_add(all, &store->ids[kind], &to->ids[kind], &e->ids[kind]);
    }
}

static bool remakes_make(remakes *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        remake *one = &all->each[i];
        one->dict = churn__dict_without(*one->slot, one->set->bits);
        churn__dict_view *view = one->dict == NULL ? NULL : churn__dict_view_take(one->dict);
        if (view == NULL) {
            return false;
        }
        churn__dict_view_release(*one->view);
        *one->view = view;
    }
    return true;
}

static void remakes_abandon(remakes *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        churn__dict_free(all->each[i].dict);
    }
}

/* The store's dictionaries become the new ones. */
static void remakes_keep(remakes *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        remake *one = &all->each[i];
        churn__dict_free(*one->slot);
        *one->slot = one->dict;
    }
}

static void remakes_in_place(remakes *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const remake *one = &all->each[i];
        for (uint32_t code = 0; code < one->set->count; code++) {
            if (churn__bit_get(one->set->bits, code)) {
                churn__dict_forget(*one->slot, code);
            }
        }
    }
}

/* ---- what else the writer keeps by code ---- */

static void disown(const edit *e)
{
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        owners *o = &e->store->owners[kind];
        for (uint32_t id = 0; e->ids[kind].any && id < e->ids[kind].count; id++) {
            if (id < o->capacity && churn__bit_get(e->ids[kind].bits, id)) {
                o->data[id] = CHURN__NO_CODE;
            }
        }
    }
}

static uint64_t dying(const edit *e)
{
    uint64_t count = churn__edit_codes_count(&e->customers) + churn__edit_codes_count(&e->types) +
                     churn__edit_codes_count(&e->texts) + churn__edit_codes_count(&e->props);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        count += churn__edit_codes_count(&e->ids[kind]);
    }
    return count;
}

static bool changes(const edit *e)
{
    bool any = e->gone_count > 0 || e->finish != NULL;
    for (uint32_t i = 0; i < e->from->event_runs; i++) {
        any = any || e->hit_events[i];
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        for (uint32_t i = 0; i < e->from->row_runs[kind]; i++) {
            any = any || e->hit_rows[kind][i];
        }
    }
    return any;
}

static void finish(edit *e, churn__version *version)
{
    e->died = dying(e);
    disown(e);
    if (e->finish != NULL) {
        e->finish(e, version);
    }
}

/* ---- beside what is being read ---- */

static bool make_copies(edit *e, churn__version *draft, remakes *all)
{
    if (!churn__edit_strip(e, draft, false) || (e->gone_count > 0 && !order_copy(e, draft)) ||
        (e->add != NULL && !e->add(e, draft))) {
        return false;
    }
    churn__edit_codes_keep(e, draft);
    remakes_list(e, draft, all);
    return remakes_make(all);
}

static bool edit_copies(edit *e)
{
    churn_store *store = e->store;
    remakes all = {.count = 0};
    churn__version *draft = churn__version_draft(store, store->current);
    if (draft == NULL || !make_copies(e, draft, &all)) {
        remakes_abandon(&all);
        churn__version_release(draft);
        return false;
    }
    finish(e, draft);
    remakes_keep(&all);
    for (uint32_t kind = 0; kind < KINDS; kind++) { /* they hold what shall go */
        churn__store_merges_clear(&store->merges[kind]);
    }
    churn__store_publish(store, draft);
    return true;
}

/* ---- in place ---- */

/* Under the latch: whoever wants to read now waits. */
static void strip_here(edit *e, churn__version *version)
{
    remakes all;
    (void)churn__edit_strip(e, version, true);
    if (e->gone_count > 0) {
        version->order->count = order_strip(e, version->order, version->order->data);
    }
    churn__edit_codes_keep(e, version);
    remakes_list(e, version, &all);
    finish(e, version);
    remakes_in_place(&all);
    version->number++;
}

static bool edit_in_place(edit *e)
{
    churn_store *store = e->store;
    churn__store_latch_take(store);
    churn__version *version = store->current;
    bool alone = atomic_load_explicit(&version->refs, memory_order_acquire) == 1 &&
                 churn__store_versions(store) == 1;
    if (alone) {
        strip_here(e, version);
    }
    churn__store_latch_give(store);
    return alone;
}

/* ---- the whole ---- */

/* Codes collected by a copy that failed are collected again. */
static bool look(edit *e)
{
    memset(e->removed, 0, sizeof e->removed);
    e->changed = e->mentions = 0;
    churn__edit_codes_close(e);
    if (!churn__edit_codes_open(e)) {
        return false;
    }
    for (size_t i = 0; i < e->gone_count; i++) {
        churn__edit_note_code(&e->customers, e->gone_list[i]);
    }
    return churn__edit_look(e);
}

static bool apply(edit *e)
{
    if (!look(e)) {
        return false;
    }
    if (!changes(e)) {
        return true;
    }
    return edit_copies(e) ||
           (e->add == NULL && look(e) && churn__edit_is_simple(e) && edit_in_place(e));
}

churn_status churn__edit_run(edit *e, const churn__forgetting *what, churn__forgotten *sum,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_store *store = e->store;
    e->from = store->current;
    /* What is being merged is a copy too, and holds the runs it comes from. */
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        churn__store_merges_clear(&store->merges[kind]);
    }
    churn__forgetting told = {.customers = NULL};
    if (what != NULL) {
        told = *what;
        told.numbers = e->gone_list;
        told.number_count = e->gone_count;
        CHURN_TRY(churn__observers_prepare(&store->observers, &told, err));
    }
    if (!apply(e)) {
        if (what != NULL) {
            churn__observers_abandon(&store->observers);
        }
        CHURN_TRY(churn__fail_memory(err, e->heap));
    }
    if (what != NULL) {
        churn__observers_commit(&store->observers, &told, sum);
    }
    churn__store_stage_mark(store, &store->pending);
done:
    return st;
}
