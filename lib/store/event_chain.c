/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "base/sort.h"
#include "store/stage.h"

/*
 * Events with ids are records like others: they come again, change, and have versions. Nearly all
 * come once, so only customers of whom an id came again are looked at: what is known of them and
 * what came is brought together, and all of it is written anew.
 */
typedef struct chains {
    event_merge *m;
    uint8_t *touched; /* bit a customer */
    size_t touched_bytes;
    resolver resolver;
    event_row *old_rows, *new_rows;
    size_t old_count, old_capacity, new_count, new_capacity;
    event_columns scratch;
    size_t scratch_capacity;
    uint32_t scratch_columns;
    uint32_t *types;
    size_t type_capacity;
    churn__dict *tuples;  /* the properties of an event as bytes; NULL: no event had any so far */
    prop_value *props;    /* room for those of one event */
    size_t removal;       /* the next one */
    uint64_t old_records; /* of the customer */
} chains;

/* Of a slice that is replaced: a row that is there already. */
static bool is_same(const event_merge *m, size_t i)
{
    return m->replaced != NULL && i < m->replaced->same_count &&
           churn__bit_get(m->replaced->same, i);
}

static bool find_touched(chains *c, bool *any)
{
    event_merge *m = c->m;
    const event_stage *s = m->stage;
    size_t fresh = m->id_count - m->first_new;
    uint8_t *seen = churn__alloc_zero(m->heap, churn__bits_bytes(fresh));
    if (seen == NULL) {
        return false;
    }
    for (size_t i = 0; i < c->m->staged; i++) {
        uint32_t id = s->cells.id[i];
        if (id == CHURN__NO_CODE || is_same(m, i)) {
            continue;
        }
        if (id >= m->first_new && !churn__bit_get(seen, id - m->first_new)) {
            churn__bit_set(seen, id - m->first_new);
        } else {
            churn__bit_set(c->touched, s->customer[i]);
            *any = true;
        }
    }
    churn__free(m->heap, seen, churn__bits_bytes(fresh));
    return true;
}

static bool is_chained(const chains *c, size_t i)
{
    const event_stage *s = c->m->stage;
    return s->cells.id != NULL && s->cells.id[i] != CHURN__NO_CODE && c->touched != NULL &&
           !is_same(c->m, i) && churn__bit_get(c->touched, s->customer[i]);
}

static void note_plain(const chains *c)
{
    const event_stage *s = c->m->stage;
    tally *t = c->m->tally;
    for (size_t i = 0; i < c->m->staged; i++) {
        if (!is_chained(c, i) && !is_same(c->m, i)) {
            t->added++;
            t->late += s->cells.at[i] < t->mark;
            churn__store_moments_note(t->moments, s->cells.at[i], 1);
        }
    }
}

/* ---- one customer ---- */

/* Removals come in the order in which customers and their types are loaded. */
static bool is_removed(chains *c, uint32_t customer, uint32_t type, size_t position)
{
    const record_slice *s = c->m->replaced;
    if (s == NULL || c->removal == s->removal_count) {
        return false;
    }
    const removal *next = &s->removals[c->removal];
    return next->customer == customer && next->type == type && next->position == position;
}

/* The last of the old rows is no more: ended, or away altogether. */
static void take_out(chains *c, event_row *row)
{
    const record_slice *s = c->m->replaced;
    bool always = s->known == CHURN_TIME_NONE;
    uint32_t outcome = OUTCOME_RETRACTED | (always ? OUTCOME_REWROTE : 0);
    churn__store_note(c->m->tally, &row->head, outcome, false);
    row->head.until = s->known;
    c->old_count -= always;
    c->removal++;
}

/* All properties of an event as one number. False: no memory. */
static bool take_props(chains *c, const event_columns *cells, size_t i, event_row *row)
{
    churn__heap *heap = c->m->heap;
    uint32_t position = 0;
    const prop_set *set = churn__store_props_place(cells, i, &position);
    if (set == NULL) {
        return true;
    }
    if (c->tuples == NULL) {
        c->tuples = churn__dict_create(heap);
        c->props = churn__alloc_array(heap, PROPS_MAX, sizeof *c->props);
    }
    if (c->tuples == NULL || c->props == NULL) {
        return false;
    }
    size_t n = churn__props_at(set, position, c->props);
    if (n > 0) {
        churn_str bytes = {(const char *)c->props, n * sizeof *c->props};
        row->props = churn__dict_add(c->tuples, bytes);
    }
    return n == 0 || row->props != CHURN__NO_CODE;
}

static bool load_type(chains *c, uint32_t customer, uint32_t type)
{
    event_slice slices[RUNS_MAX];
    uint32_t n = churn__store_event_slices(c->m->runs, c->m->run_count, customer, type, slices);
    uint32_t columns = 0;
    size_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        columns |= churn__store_columns_mask(slices[i].cells);
        count += slices[i].count;
    }
    columns |= churn__store_props_need(slices, n);
    if (!churn__store_columns_room(c->m->heap, &c->scratch, &c->scratch_columns,
                                   &c->scratch_capacity, columns, count) ||
        !churn__grow(c->m->heap, (void **)&c->old_rows, &c->old_capacity, c->old_count + count,
                     sizeof *c->old_rows)) {
        return false;
    }
    (void)churn__store_event_gather(&c->m->order, slices, n, &c->scratch, 0);
    for (size_t i = 0; i < count; i++) {
        event_row *row = &c->old_rows[c->old_count++];
        churn__store_event_at(&c->scratch, i, row);
        row->head.customer = customer;
        row->type = type;
        if (!take_props(c, &c->scratch, i, row)) {
            return false;
        }
        c->old_records += !row_is_echo(&row->head);
        if (is_removed(c, customer, type, i)) {
            take_out(c, row);
        }
    }
    return true;
}

/* Everything that is known of a customer; then those with ids first. */
static bool load_old(chains *c, uint32_t customer, size_t *with_id)
{
    event_merge *m = c->m;
    uint32_t lists = churn__store_event_lists(m->runs, m->run_count, customer);
    c->old_count = *with_id = 0;
    c->old_records = 0;
    if (!churn__grow(m->heap, (void **)&c->types, &c->type_capacity, lists, sizeof *c->types)) {
        return false;
    }
    uint32_t types = churn__store_event_types(m->runs, m->run_count, customer, c->types);
    for (uint32_t i = 0; i < types; i++) {
        if (!load_type(c, customer, c->types[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < c->old_count; i++) {
        if (c->old_rows[i].head.id != CHURN__NO_CODE) {
            event_row row = c->old_rows[i];
            c->old_rows[i] = c->old_rows[*with_id];
            c->old_rows[(*with_id)++] = row;
        }
    }
    return true;
}

static bool load_new(chains *c, const uint32_t *rows, size_t n)
{
    const event_stage *s = c->m->stage;
    c->new_count = n;
    if (!churn__grow(c->m->heap, (void **)&c->new_rows, &c->new_capacity, n, sizeof *c->new_rows)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        event_row *row = &c->new_rows[i];
        churn__store_event_at(&s->cells, rows[i], row);
        row->head.customer = s->customer[rows[i]];
        row->head.flags = s->flags[rows[i]];
        row->type = s->type[rows[i]];
        if (!take_props(c, &s->cells, rows[i], row)) {
            return false;
        }
    }
    return true;
}

static bool note_override(event_merge *m, uint32_t customer)
{
    if (!churn__grow(m->heap, (void **)&m->overrides, &m->override_capacity, m->override_count + 1,
                     sizeof *m->overrides)) {
        return false;
    }
    m->overrides[m->override_count++] = customer;
    return true;
}

/* Behind the rows that came. */
static bool write_row(chains *c, const event_row *row)
{
    event_merge *m = c->m;
    size_t n = 0;
    if (row->props != CHURN__NO_CODE) {
        churn_str bytes = churn__dict_get(c->tuples, row->props);
        n = bytes.len / sizeof *c->props;
        memcpy(c->props, bytes.ptr, bytes.len);
    }
    return churn__props_append_all(&m->written, (uint32_t)m->stage->count, c->props, n) &&
           churn__store_stage_event(m->stage, row);
}

static bool write_anew(chains *c, uint32_t customer, size_t with_id)
{
    event_merge *m = c->m;
    for (size_t i = 0; i < c->resolver.count; i++) {
        const event_row *row = (const void *)(c->resolver.rows + i * sizeof *row);
        if (!write_row(c, row)) {
            return false;
        }
    }
    for (size_t i = with_id; i < c->old_count; i++) {
        if (!write_row(c, &c->old_rows[i])) {
            return false;
        }
    }
    m->dropped += c->old_records;
    return note_override(m, customer);
}

/* `rows`: what came of the customer with ids, in order of arrival. */
static bool chain_customer(chains *c, uint32_t customer, const uint32_t *rows, size_t n)
{
    size_t with_id = 0, removed = c->removal;
    if (!load_old(c, customer, &with_id) || !load_new(c, rows, n) ||
        !churn__store_resolve(&c->resolver, c->old_rows, with_id, c->new_rows, n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        churn__bit_set(c->m->gone, rows[i]);
    }
    bool changed = c->resolver.changed || c->removal > removed;
    return !changed || write_anew(c, customer, with_id);
}

/* ---- all customers ---- */

/* The next customer of whom something came with ids, or is taken out. */
static uint32_t next_customer(const chains *c, const uint64_t *keys, const uint32_t *order,
                              size_t at, size_t n)
{
    const record_slice *s = c->m->replaced;
    uint32_t came = at < n ? (uint32_t)keys[order[at]] : CHURN__NO_CODE;
    bool more = s != NULL && c->removal < s->removal_count;
    uint32_t left = more ? s->removals[c->removal].customer : CHURN__NO_CODE;
    return came < left ? came : left;
}

static bool chain_groups(chains *c, const uint64_t *keys, const uint32_t *rows,
                         const uint32_t *order, uint32_t *group, size_t n)
{
    for (size_t at = 0;;) {
        uint32_t customer = next_customer(c, keys, order, at, n);
        size_t count = 0;
        if (customer == CHURN__NO_CODE) {
            return true;
        }
        if (churn_cancel_is_set(c->m->cancel)) {
            return false;
        }
        while (at < n && keys[order[at]] == customer) {
            group[count++] = rows[order[at++]];
        }
        if (!chain_customer(c, customer, group, count)) {
            return false;
        }
    }
}

static bool chain_all(chains *c)
{
    event_merge *m = c->m;
    size_t n = 0;
    uint64_t *keys = churn__alloc_array(m->heap, m->staged, sizeof *keys);
    uint32_t *rows = churn__alloc_array(m->heap, m->staged, 3 * sizeof *rows);
    bool ok = keys != NULL && rows != NULL;
    for (size_t i = 0; ok && i < m->staged; i++) {
        if (is_same(m, i)) {
            churn__bit_set(m->gone, i);
        } else if (is_chained(c, i)) {
            keys[n] = m->stage->customer[i];
            rows[n++] = (uint32_t)i;
        }
    }
    if (ok) {
        uint32_t *order = rows + m->staged, *group = order + m->staged;
        ok = churn__radix_order_u64(m->heap, keys, order, n) &&
             chain_groups(c, keys, rows, order, group, n);
    }
    churn__free_array(m->heap, keys, m->staged, sizeof *keys);
    churn__free_array(m->heap, rows, m->staged, 3 * sizeof *rows);
    return ok;
}

static void chains_clear(chains *c)
{
    churn__heap *heap = c->m->heap;
    churn__free(heap, c->touched, c->touched_bytes);
    churn__free_array(heap, c->old_rows, c->old_capacity, sizeof *c->old_rows);
    churn__free_array(heap, c->new_rows, c->new_capacity, sizeof *c->new_rows);
    churn__free_array(heap, c->types, c->type_capacity, sizeof *c->types);
    churn__store_columns_free(heap, &c->scratch, c->scratch_capacity);
    churn__dict_free(c->tuples);
    churn__free_array(heap, c->props, PROPS_MAX, sizeof *c->props);
    churn__store_resolver_clear(&c->resolver);
}

static uint32_t customers_in(const event_stage *s)
{
    uint32_t most = 0;
    for (size_t i = 0; i < s->count; i++) {
        most = s->customer[i] > most ? s->customer[i] : most;
    }
    return most + 1;
}

bool churn__store_event_chains(event_merge *m)
{
    chains c = {.m = m};
    bool any = m->replaced != NULL, ok = true;
    m->staged = m->stage->count;
    m->written.heap = m->heap;
    c.resolver = (resolver){.heap = m->heap,
                            .kind = &churn__store_kinds[KIND_EVENT],
                            .tally = m->tally,
                            .order = m->order,
                            .source = m->source,
                            .said = &m->said};
    if (m->stage->cells.id != NULL) {
        c.touched_bytes = churn__bits_bytes(customers_in(m->stage));
        c.touched = churn__alloc_zero(m->heap, c.touched_bytes);
        ok = c.touched != NULL && find_touched(&c, &any);
    }
    if (ok) {
        note_plain(&c);
    }
    if (ok && any) {
        m->gone = churn__alloc_zero(m->heap, churn__bits_bytes(m->staged));
        ok = m->gone != NULL && chain_all(&c);
    }
    chains_clear(&c);
    if (m->written.count > 0) {
        m->stage->props.more = &m->written;
        m->stage->props.more_from = m->staged;
        m->stage->cells.props = &m->stage->props;
    }
    return ok;
}

void churn__store_event_merge_clear(event_merge *m)
{
    churn__free_array(m->heap, m->overrides, m->override_capacity, sizeof *m->overrides);
    churn__free(m->heap, m->gone, churn__bits_bytes(m->staged));
    m->stage->count = m->staged;
    m->stage->props.more = NULL;
    churn__beats_release(m->said.own);
    m->said.own = NULL;
    churn__props_clear(&m->written);
    m->gone = NULL;
    m->overrides = NULL;
    m->override_count = m->override_capacity = 0;
}
