/* SPDX-License-Identifier: MIT */
#include <sched.h>

#include "base/sort.h"
#include "store/inside.h"

/*
 * One writer, any number of readers, no locks held for longer than it takes to count a reference.
 *
 * The writer's place is a word that says who has it. One record holds it for a moment, and so does
 * sealing: whoever wants the place then waits for those microseconds. A batch holds it for its
 * whole length: readers get the version before it, a second writer is refused.
 *
 * Nothing of the store changes before publishing, which cannot fail; the strings that a failed call
 * brought into the dictionaries are taken out again.
 */

/* ---- the current version ---- */

void churn__store_latch_take(churn_store *store)
{
    while (atomic_flag_test_and_set_explicit(&store->latch, memory_order_acquire)) {
        sched_yield();
    }
}

void churn__store_latch_give(churn_store *store)
{
    atomic_flag_clear_explicit(&store->latch, memory_order_release);
}

churn__version *churn__store_current(churn_store *store)
{
    churn__store_latch_take(store);
    churn__version *version = churn__version_retain(store->current);
    churn__store_latch_give(store);
    return version;
}

void churn__store_publish(churn_store *store, churn__version *version)
{
    churn__store_latch_take(store);
    churn__version *old = store->current;
    store->current = version;
    churn__store_latch_give(store);
    churn__version_release(old);
}

/* ---- dictionaries ---- */

void churn__store_stage_mark(churn_store *store, stage *s)
{
    s->customers = churn__dict_count(store->customers);
    s->types = churn__dict_count(store->types);
    s->texts = churn__dict_count(store->texts);
    s->props = churn__dict_count(store->props);
    s->sources = churn__dict_count(store->sources);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        s->ids[kind] = store->ids[kind] == NULL ? 0 : churn__dict_count(store->ids[kind]);
    }
}

void churn__store_rollback(churn_store *store, const stage *s)
{
    churn__dict_truncate(store->customers, s->customers);
    churn__dict_truncate(store->types, s->types);
    churn__dict_truncate(store->texts, s->texts);
    churn__dict_truncate(store->props, s->props);
    churn__dict_truncate(store->sources, s->sources);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        if (store->ids[kind] != NULL) {
            churn__dict_truncate(store->ids[kind], s->ids[kind]);
        }
    }
}

/* ---- the writer's place ---- */

static bool take_place(churn_store *store, int as, int *holder)
{
    *holder = WRITER_IDLE;
    return atomic_compare_exchange_strong_explicit(&store->writer, holder, as, memory_order_acquire,
                                                   memory_order_relaxed);
}

void churn__store_end(churn_store *store)
{
    atomic_store_explicit(&store->writer, WRITER_IDLE, memory_order_release);
}

static churn_status begin(churn_store *store, int as, churn_error *err)
{
    int holder = WRITER_IDLE;
    while (!take_place(store, as, &holder)) {
        if (holder != WRITER_SEAL) {
            return churn__fail(err, CHURN_E_STATE, 0,
                               "store: another thread is writing, and one may at a time");
        }
        sched_yield();
    }
    return CHURN_OK;
}

static void forget_attributes(churn_store *store)
{
    const row_stage *waiting = &store->pending.rows[KIND_ATTRIBUTE];
    const attribute_row *rows = (const void *)waiting->rows;
    for (size_t i = 0; i < waiting->count; i++) {
        store->last_attribute[rows[i].head.customer] = 0;
    }
}

/* Records that came one by one become a version; on failure they go on waiting. */
static churn_status seal(churn_store *store, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *version = NULL;
    moments when = {.heap = store->heap};
    tally t = {.mark = CHURN_TIME_NONE, .in_sequence = true, .moments = &when};
    if (churn__store_stage_is_empty(&store->pending)) {
        return CHURN_OK;
    }
    CHURN_TRY(churn__store_commit(store, &store->pending, &t, false, NULL, &version, err));
    if (version == NULL) { /* no news: nor are the strings that came with it */
        churn__store_rollback(store, &store->pending);
    }
    forget_attributes(store);
    churn__store_stage_reset(&store->pending);
    churn__store_stage_mark(store, &store->pending);
    if (version != NULL) {
        churn__store_publish(store, version);
    }
    atomic_store_explicit(&store->waiting, false, memory_order_release);
done:
    churn__store_moments_clear(&when);
    return st;
}

churn_status churn__store_begin_row(churn_store *store, churn_error *err)
{
    return begin(store, WRITER_ROW, err);
}

churn_status churn__store_begin_batch(churn_store *store, churn_error *err)
{
    churn_status st = begin(store, WRITER_SEAL, err);
    if (st != CHURN_OK) {
        return st;
    }
    st = seal(store, err);
    if (st != CHURN_OK) {
        churn__store_end(store);
        return st;
    }
    atomic_store_explicit(&store->writer, WRITER_BATCH, memory_order_release);
    return CHURN_OK;
}

churn_status churn__store_pin(churn_store *store, churn__version **out, churn_error *err)
{
    int holder = WRITER_IDLE;
    while (atomic_load_explicit(&store->waiting, memory_order_acquire)) {
        if (take_place(store, WRITER_SEAL, &holder)) {
            churn_status st = seal(store, err);
            churn__store_end(store);
            if (st != CHURN_OK) {
                return st;
            }
        } else if (holder == WRITER_BATCH) {
            break;
        } else {
            sched_yield();
        }
    }
    *out = churn__store_current(store);
    return CHURN_OK;
}

/* ---- from a stage to a version ---- */

typedef struct commit {
    churn_store *store;
    stage *stage;
    tally *tally;
    churn__version *draft;
    churn_cancel *cancel;
    bool limited;
    bool changed;
} commit;

/* Of work that stopped half way. */
static churn_status why_not(const commit *c, churn_error *err)
{
    churn_status st = churn__cancel_check(c->cancel, err);
    return st != CHURN_OK ? st : churn__fail_memory(err, c->store->heap);
}

static bool has_room(commit *c, uint32_t kind, uint64_t records)
{
    c->draft->records[kind] = records;
    return !c->limited || records <= c->store->limits.records;
}

static churn_status fail_records(const commit *c, uint32_t kind, churn_error *err)
{
    return churn__fail(err, CHURN_E_LIMIT, 0, "%s records: the limit of %u is reached",
                       churn__store_kinds[kind].name, c->store->limits.records);
}

/* The list that was written, in the place of the one it began with. */
static void take_beats(beats *b, beat_list **slot)
{
    if (b->own != NULL) {
        churn__beats_release(*slot);
        *slot = b->own;
    }
    b->own = NULL;
}

static churn_status commit_events(commit *c, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *draft = c->draft;
    event_run *run = NULL;
    event_merge m = {.heap = c->store->heap,
                     .stage = &c->stage->events,
                     .runs = draft->events,
                     .run_count = draft->event_runs,
                     .first_new = c->stage->ids[KIND_EVENT],
                     .id_count = churn__dict_count(c->store->ids[KIND_EVENT]),
                     .order = churn__version_event_order(draft),
                     .tally = c->tally,
                     .said = {.heap = c->store->heap, .list = draft->said[KIND_EVENT]},
                     .replaced = c->stage->replaced,
                     .source = c->stage->source,
                     .cancel = c->cancel};
    bool removes = m.replaced != NULL && m.replaced->removal_count > 0;
    if (m.stage->count == 0 && !removes) {
        return CHURN_OK;
    }
    if (!churn__store_event_chains(&m)) {
        CHURN_TRY(why_not(c, err));
    }
    uint64_t before = draft->records[KIND_EVENT] - m.dropped;
    run = churn__store_event_build(&m, draft->customers, churn__dict_view_count(draft->types));
    if (run == NULL) {
        CHURN_TRY(why_not(c, err));
    }
    if (!has_room(c, KIND_EVENT, before + churn__store_event_records(&run->cells, 0, run->count))) {
        CHURN_TRY(fail_records(c, KIND_EVENT, err));
    }
    if (run->count > 0 || run->override_count > 0) {
        event_run *pushed = run;
        run = NULL;
        c->changed = true;
        take_beats(&m.said, &draft->said[KIND_EVENT]);
        if (!churn__version_push_events(draft, pushed, &c->store->merges[KIND_EVENT])) {
            CHURN_TRY(churn__fail_memory(err, m.heap));
        }
    }
done:
    churn__store_event_run_release(run);
    churn__store_event_merge_clear(&m);
    return st;
}

/* ---- rows ---- */

typedef struct row_commit {
    commit *c;
    uint32_t kind;
    row_run *run;
    index_builder index;
    resolver resolver;
    beats said, dated;
    char *group; /* the new rows of one customer */
    size_t group_capacity;
    uint64_t records;
} row_commit;

static bool commit_customer(row_commit *rc, uint32_t customer, size_t new_count)
{
    const churn__version *draft = rc->c->draft;
    const void *old_rows = NULL;
    uint32_t old_count = churn__store_row_block(draft->rows[rc->kind], draft->row_runs[rc->kind],
                                                customer, &old_rows);
    resolver *r = &rc->resolver;
    if (!churn__store_resolve(r, old_rows, old_count, rc->group, new_count)) {
        return false;
    }
    if (!r->changed) {
        return true;
    }
    rc->records += churn__store_records(r->kind, r->rows, r->count) -
                   churn__store_records(r->kind, old_rows, old_count);
    return churn__store_row_run_append(rc->run, &rc->index, customer, r->rows, r->count);
}

static bool commit_groups(row_commit *rc, const uint64_t *keys, const uint32_t *order, size_t n)
{
    size_t size = rc->resolver.kind->row_size;
    const char *rows = rc->c->stage->rows[rc->kind].rows;
    for (size_t begin = 0, end = 0; begin < n; begin = end) {
        uint64_t customer = keys[order[begin]];
        if (churn_cancel_is_set(rc->c->cancel)) {
            return false;
        }
        while (end < n && keys[order[end]] == customer) {
            if (!churn__grow(rc->c->store->heap, (void **)&rc->group, &rc->group_capacity,
                             end - begin + 1, size)) {
                return false;
            }
            memcpy(rc->group + (end - begin) * size, rows + order[end] * size, size);
            end++;
        }
        if (customer != CHURN__NO_CODE && !commit_customer(rc, (uint32_t)customer, end - begin)) {
            return false;
        }
    }
    return true;
}

static bool commit_sorted(row_commit *rc, size_t n)
{
    churn__heap *heap = rc->c->store->heap;
    size_t size = rc->resolver.kind->row_size;
    uint64_t *keys = churn__alloc_array(heap, n, sizeof *keys);
    uint32_t *order = churn__alloc_array(heap, n, sizeof *order);
    bool ok = keys != NULL && order != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        const row_head *row = (const void *)(rc->c->stage->rows[rc->kind].rows + i * size);
        keys[i] = row->customer;
    }
    ok = ok && churn__radix_order_u64(heap, keys, order, n) && commit_groups(rc, keys, order, n) &&
         churn__store_row_run_finish(rc->run, &rc->index);
    churn__free_array(heap, keys, n, sizeof *keys);
    churn__free_array(heap, order, n, sizeof *order);
    return ok;
}

static churn_status commit_rows(commit *c, uint32_t kind, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__heap *heap = c->store->heap;
    const kind_info *info = &churn__store_kinds[kind];
    size_t n = c->stage->rows[kind].count;
    if (n == 0) {
        return CHURN_OK;
    }
    row_commit rc = {.c = c, .kind = kind, .index = {.heap = heap}};
    rc.records = c->draft->records[kind];
    rc.resolver = (resolver){.heap = heap,
                             .kind = info,
                             .tally = c->tally,
                             .order = churn__version_row_order(c->draft, kind),
                             .source = c->stage->source,
                             .said = &rc.said,
                             .dated = kind == KIND_ATTRIBUTE ? &rc.dated : NULL};
    rc.said = (beats){.heap = heap, .list = c->draft->said[kind]};
    rc.dated = (beats){.heap = heap, .list = c->draft->dated};
    rc.run = churn__store_row_run_create(heap, info, n);
    if (rc.run == NULL || !commit_sorted(&rc, n)) {
        CHURN_TRY(why_not(c, err));
    }
    if (!has_room(c, kind, rc.records)) {
        CHURN_TRY(fail_records(c, kind, err));
    }
    if (rc.index.count > 0) {
        row_run *run = rc.run;
        rc.run = NULL;
        c->changed = true;
        take_beats(&rc.said, &c->draft->said[kind]);
        take_beats(&rc.dated, &c->draft->dated);
        if (!churn__version_push_rows(c->draft, kind, run, &c->store->merges[kind])) {
            CHURN_TRY(churn__fail_memory(err, heap));
        }
    }
done:
    churn__beats_release(rc.said.own);
    churn__beats_release(rc.dated.own);
    churn__store_row_run_release(rc.run);
    churn__store_index_abandon(&rc.index);
    churn__free_array(heap, rc.group, rc.group_capacity, info->row_size);
    churn__store_resolver_clear(&rc.resolver);
    return st;
}

static churn_status commit_late(commit *c, churn_error *err)
{
    moments *m = c->tally->moments;
    churn__version *draft = c->draft;
    bool none = m->pages == NULL && m->few_count == 0;
    late_node *node = NULL;
    if (!m->failed && none) {
        return CHURN_OK;
    }
    if (!m->failed) {
        node = churn__store_late_create(c->store->heap, m, draft->number, draft->late);
    }
    if (node == NULL) {
        return churn__fail_memory(err, c->store->heap);
    }
    churn__store_late_release(draft->late);
    draft->late = node;
    return CHURN_OK;
}

churn_status churn__store_commit(churn_store *store, stage *s, tally *t, bool limited,
                                 churn_cancel *cancel, churn__version **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    commit c = {.store = store, .stage = s, .tally = t, .cancel = cancel, .limited = limited};
    *out = NULL;
    c.draft = churn__version_draft(store, store->current);
    if (c.draft == NULL) {
        CHURN_TRY(churn__fail_memory(err, store->heap));
    }
    if (s->replaced != NULL && !churn__store_replace(s, s->replaced, c.draft, t, cancel)) {
        CHURN_TRY(why_not(&c, err));
    }
    CHURN_TRY(commit_events(&c, err));
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        CHURN_TRY(churn__cancel_check(cancel, err));
        CHURN_TRY(commit_rows(&c, kind, err));
    }
    CHURN_TRY(commit_late(&c, err));
    if (!churn__version_extend_order(c.draft)) {
        CHURN_TRY(churn__fail_memory(err, store->heap));
    }
    CHURN_TRY(churn__cancel_check(cancel, err));
    c.draft->provided |= s->provided;
    c.changed = c.changed || c.draft->provided != store->current->provided ||
                c.draft->customers != store->current->customers;
    if (c.changed) {
        *out = c.draft;
        c.draft = NULL;
    }
done:
    churn__version_release(c.draft);
    return st;
}
