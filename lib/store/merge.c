/* SPDX-License-Identifier: MIT */
#include <churn/erase.h>

#include "base/bits.h"
#include "store/edit.h"
#include "store/load.h"

/*
 * Two customers become one: the records of the one are given to the other, and then it is taken
 * out as one who is erased. Where both have a record that a customer can have only one of, that of
 * the customer who stays stands.
 */

typedef struct merging {
    edit edit; /* first: callbacks know it by that */
    uint32_t from, into;
    uint64_t moved[KINDS], conflicts;
} merging;

/* ---- rows ---- */

/* An attribute is known by its name: histories of two customers do not mix. */
static bool same_record(const kind_info *kind, const row_head *a, const row_head *b)
{
    return kind->record == CHURN_RECORD_ATTRIBUTE ? a->id == b->id
                                                  : churn__store_key_cmp(kind, a, b) == 0;
}

static bool has_record(const kind_info *kind, const char *rows, size_t count, const row_head *row)
{
    for (size_t i = 0; i < count; i++) {
        if (same_record(kind, (const void *)(rows + i * kind->row_size), row)) {
            return true;
        }
    }
    return false;
}

static churn_time earliest_since(const customer_row *rows, size_t count)
{
    churn_time since = CHURN_TIME_NONE;
    for (size_t i = 0; i < count; i++) {
        bool less =
            rows[i].since != CHURN_TIME_NONE && (since == CHURN_TIME_NONE || rows[i].since < since);
        since = less ? rows[i].since : since;
    }
    return since;
}

/* The earlier beginning. A record that was known from its beginning still is. */
static void begin_earlier(customer_row *rows, size_t count, churn_time since)
{
    for (size_t i = 0; i < count; i++) {
        bool earlier =
            since != CHURN_TIME_NONE && (rows[i].since == CHURN_TIME_NONE || since < rows[i].since);
        if (earlier) {
            bool dateless = rows[i].head.known == rows[i].head.when;
            rows[i].since = rows[i].head.when = since;
            rows[i].head.known = dateless ? since : rows[i].head.known;
        }
    }
}

/* Of `into` all rows, of `from` those that it has not; returns how many there are. */
static size_t bring_together(merging *m, uint32_t kind, const char *into, size_t into_count,
                             const char *from, size_t from_count, char *out)
{
    const kind_info *info = &churn__store_kinds[kind];
    size_t size = info->row_size, count = into_count;
    if (into_count > 0) {
        memcpy(out, into, into_count * size);
    }
    for (size_t i = 0; i < from_count; i++) {
        const row_head *row = (const void *)(from + i * size);
        if (has_record(info, into, into_count, row)) {
            m->conflicts += kind != KIND_CUSTOMER;
            continue;
        }
        row_head *moved = (void *)(out + count++ * size);
        memcpy(moved, row, size);
        moved->customer = m->into;
        m->moved[kind]++;
    }
    if (kind == KIND_CUSTOMER) {
        begin_earlier((void *)out, into_count, earliest_since((const void *)from, from_count));
    }
    churn__store_rows_reorder(kind, churn__version_row_order(m->edit.from, kind), out, count);
    return count;
}

/* Takes a run of one block over. */
static bool push_block(merging *m, churn__version *draft, uint32_t kind, const char *rows,
                       size_t count)
{
    churn__heap *heap = m->edit.heap;
    index_builder index = {.heap = heap};
    row_run *run = churn__store_row_run_create(heap, &churn__store_kinds[kind], count);
    bool ok = run != NULL && churn__store_row_run_append(run, &index, m->into, rows, count) &&
              churn__store_row_run_finish(run, &index);
    churn__store_index_abandon(&index);
    if (!ok) {
        churn__store_row_run_release(run);
        return false;
    }
    return churn__version_push_rows(draft, kind, run, &m->edit.store->merges[kind]);
}

static bool move_rows(merging *m, churn__version *draft, uint32_t kind)
{
    const churn__version *v = m->edit.from;
    const void *from = NULL, *into = NULL;
    size_t size = churn__store_kinds[kind].row_size;
    size_t n = churn__store_row_block(v->rows[kind], v->row_runs[kind], m->from, &from);
    size_t have = churn__store_row_block(v->rows[kind], v->row_runs[kind], m->into, &into);
    if (n == 0) {
        return true;
    }
    char *rows = churn__alloc_array(m->edit.heap, n + have, size);
    if (rows == NULL) {
        return false;
    }
    size_t count = bring_together(m, kind, into, have, from, n, rows);
    draft->records[kind] += churn__store_records(&churn__store_kinds[kind], rows, count) -
                            churn__store_records(&churn__store_kinds[kind], into, have);
    bool ok = push_block(m, draft, kind, rows, count);
    churn__free_array_wiped(m->edit.heap, rows, n + have, size);
    return ok;
}

/* ---- events ---- */

static bool stage_list(merging *m, event_stage *to, const event_run *run, const event_list *list,
                       prop_value *props)
{
    event_row row;
    for (uint32_t i = list->begin; i < list[1].begin; i++) {
        churn__store_event_at(&run->cells, i, &row);
        row.head.customer = m->into;
        row.type = list->type;
        size_t n = churn__props_at(run->cells.props, i, props);
        bool ok = n == 0 ? churn__store_stage_event(to, &row)
                         : churn__store_stage_event_props(to, &row, props, n);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool stage_events(merging *m, event_stage *to, prop_value *props)
{
    const churn__version *v = m->edit.from;
    uint32_t slot = 0;
    for (uint32_t i = churn__store_event_base(v->events, v->event_runs, m->from); i < v->event_runs;
         i++) {
        const event_run *run = v->events[i];
        bool here = index_find(&run->index, m->from, &slot);
        uint32_t end = here ? run->index.begin[slot + 1] : 0;
        for (uint32_t l = here ? run->index.begin[slot] : 0; l < end; l++) {
            if (!stage_list(m, to, run, &run->lists[l], props)) {
                return false;
            }
        }
    }
    return true;
}

static bool move_staged(merging *m, churn__version *draft, stage *rows)
{
    event_merge build = {.heap = m->edit.heap,
                         .stage = &rows->events,
                         .staged = rows->events.count,
                         .order = churn__version_event_order(m->edit.from)};
    uint32_t types = churn__dict_view_count(draft->types);
    event_run *run = churn__store_event_build(&build, draft->customers, types);
    if (run == NULL) {
        return false;
    }
    m->moved[KIND_EVENT] = churn__store_event_records(&run->cells, 0, run->count);
    draft->records[KIND_EVENT] += m->moved[KIND_EVENT];
    return churn__version_push_events(draft, run, &m->edit.store->merges[KIND_EVENT]);
}

static bool move_events(merging *m, churn__version *draft)
{
    stage rows;
    prop_value *props = churn__alloc_array(m->edit.heap, PROPS_MAX, sizeof *props);
    churn__store_stage_init(&rows, m->edit.heap);
    bool ok = props != NULL && stage_events(m, &rows.events, props);
    if (ok && rows.events.count > 0) {
        ok = move_staged(m, draft, &rows);
    }
    churn__store_stage_clear(&rows);
    churn__free_array(m->edit.heap, props, PROPS_MAX, sizeof *props);
    return ok;
}

/* ---- the whole ---- */

static bool move_all(edit *e, churn__version *draft)
{
    merging *m = (void *)e;
    m->conflicts = 0;
    memset(m->moved, 0, sizeof m->moved);
    bool ok = move_events(m, draft);
    for (uint32_t kind = 0; ok && kind < KINDS; kind++) {
        ok = kind == KIND_EVENT || move_rows(m, draft, kind);
    }
    return ok;
}

static void own_all(edit *e, churn__version *version)
{
    merging *m = (void *)e;
    (void)version;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        owners *o = &e->store->owners[kind];
        uint32_t count = e->store->ids[kind] == NULL ? 0 : churn__dict_count(e->store->ids[kind]);
        for (uint32_t id = 0; id < count && id < o->capacity; id++) {
            o->data[id] = o->data[id] == m->from ? m->into : o->data[id];
        }
    }
}

static bool single_out(merging *m)
{
    edit *e = &m->edit;
    uint32_t customers = churn__dict_count(e->store->customers);
    e->gone = churn__alloc_zero(e->heap, churn__bits_bytes(customers));
    e->gone_limit = e->gone == NULL ? 0 : customers;
    e->gone_list = churn__alloc_array(e->heap, 1, sizeof *e->gone_list);
    e->gone_count = e->gone_list == NULL ? 0 : 1;
    if (e->gone == NULL || e->gone_list == NULL) {
        return false;
    }
    e->gone_list[0] = m->from;
    churn__bit_set(e->gone, m->from);
    return true;
}

static churn_status merge(merging *m, churn_str id, churn_merge_report *own, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__forgetting what = {.customers = &id, .customer_count = 1, .keep_history = true};
    churn__forgotten lost = {0};
    if (!single_out(m)) {
        CHURN_TRY(churn__fail_memory(err, m->edit.heap));
    }
    m->edit.add = move_all;
    m->edit.finish = own_all;
    CHURN_TRY(churn__edit_run(&m->edit, &what, &lost, err));
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        own->moved[churn__store_kinds[kind].record] = m->moved[kind];
        own->records += m->moved[kind];
    }
    own->conflicts = m->conflicts;
    own->texts = m->edit.died;
    own->pinned = churn__store_versions(m->edit.store) - 1;
done:
    return st;
}

static churn_status find_both(merging *m, churn_str from, churn_str into, churn_error *err)
{
    churn_status st = CHURN_OK;
    m->from = churn__dict_find(m->edit.store->customers, from);
    m->into = churn__dict_find(m->edit.store->customers, into);
    if (m->from == CHURN__NO_CODE || m->into == CHURN__NO_CODE) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "merge: the store has no such customer as `%s`",
                   m->from == CHURN__NO_CODE ? "from" : "into");
    }
    if (m->from == m->into) {
        CHURN_FAIL(CHURN_E_ARG, 0, "merge: `from` and `into` are the same customer%s", "");
    }
    CHURN_TRY(churn__load_check_merge(m->edit.store, m->from, m->into, err));
done:
    return st;
}

churn_status churn_store_merge(churn_store *store, const char *from, size_t from_len,
                               const char *into, size_t into_len, churn_merge_report *report,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str old, stays;
    churn_merge_report own = {.struct_size = sizeof own};
    merging m = {.conflicts = 0};
    if (store == NULL) {
        return churn__fail_null(err, "churn_store_merge", "store");
    }
    CHURN_TRY(churn__check_struct(report, "churn_merge_report", err));
    CHURN_TRY(churn__take_str(from, from_len, false, ID_BYTES, "from", &old, err));
    CHURN_TRY(churn__take_str(into, into_len, false, ID_BYTES, "into", &stays, err));
    CHURN_TRY(churn__store_begin_batch(store, err));
    churn__edit_init(&m.edit, store);
    st = find_both(&m, old, stays, err);
    st = st != CHURN_OK ? st : merge(&m, old, &own, err);
    churn__edit_clear(&m.edit);
    churn__store_end(store);
    CHURN_TRY(st);
    (void)churn__give_struct(report, &own, sizeof own, "churn_merge_report", err);
done:
    return st;
}
