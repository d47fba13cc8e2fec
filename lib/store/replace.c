/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "base/sort.h"
#include "store/inside.h"

/*
 * A slice of a kind is swapped for the rows of a load. What the rows leave out is ended or removed;
 * what they repeat stays as it is, so that where nothing changed nothing is written.
 *
 * Records with a key that no row names become rows that end them, for their chains to take. Events
 * without id are known by what they say alone: both sides are walked in the order of lists, and
 * those to be removed are noted by their place.
 *
 * A slice of a source concerns what came from there. What has a key or id and came from elsewhere
 * is not left out, but may be repeated: it stays as it is.
 */

static bool slice_has(const record_slice *s, churn_time when)
{
    return when >= s->from && when < s->to;
}

static bool is_own(const record_slice *s, uint32_t tag)
{
    return s->source == 0 || tag >> TAG_SOURCE_SHIFT == s->source;
}

static bool is_live(const record_slice *s, churn_time known, churn_time until)
{
    return until == FOREVER && (s->known == CHURN_TIME_NONE || known <= s->known);
}

static void set_end(const record_slice *s, row_head *end)
{
    bool always = s->known == CHURN_TIME_NONE;
    end->flags = ROW_END | (always ? ROW_DATELESS : 0);
    end->known = always ? end->when : s->known;
    end->until = FOREVER;
    end->origin = 0;
}

/* ---- records with keys ---- */

typedef struct keyed {
    const kind_info *kind;
    const row_stage *rows;
    uint32_t *order; /* staged rows by customer and key */
    uint8_t *same;   /* bit a place in `order`: it is there already */
    size_t count;
} keyed;

static const row_head *keyed_row(const keyed *k, size_t i)
{
    return (const void *)(k->rows->rows + (size_t)k->order[i] * k->kind->row_size);
}

static int cmp_key(const kind_info *kind, const row_head *a, const row_head *b)
{
    int by = (a->customer > b->customer) - (a->customer < b->customer);
    return by != 0 ? by : churn__store_key_cmp(kind, a, b);
}

static int cmp_staged(const void *a, const void *b, const void *context)
{
    const keyed *k = context;
    size_t size = k->kind->row_size;
    const char *rows = k->rows->rows;
    return cmp_key(k->kind, (const void *)(rows + *(const uint32_t *)a * size),
                   (const void *)(rows + *(const uint32_t *)b * size));
}

/* Whether a staged row names this one; if it says the same, that is noted. */
static bool is_named(const keyed *k, const row_head *row)
{
    size_t low = 0, high = k->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool below = cmp_key(k->kind, keyed_row(k, middle), row) < 0;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    if (low == k->count || cmp_key(k->kind, keyed_row(k, low), row) != 0) {
        return false;
    }
    bool only = low + 1 == k->count || cmp_key(k->kind, keyed_row(k, low + 1), row) != 0;
    if (only && churn__store_same_content(k->kind, keyed_row(k, low), row)) {
        churn__bit_set(k->same, low);
    }
    return true;
}

static bool end_row(stage *st, const record_slice *s, const void *row)
{
    char copy[ROW_MAX];
    row_head *head = (void *)copy;
    memcpy(copy, row, churn__store_kinds[s->kind].row_size);
    set_end(s, head);
    return churn__store_stage_row(st, s->kind, copy);
}

/* The same of states that were left out before a row. */
static bool end_left_out(stage *st, const record_slice *s, const churn__version *v, const keyed *k,
                         const row_head *first, const row_head *last)
{
    attribute_row row;
    churn_time at = s->from > CHURN_TIME_MIN ? s->from - 1 : CHURN_TIME_MIN;
    bool ok = true;
    memcpy(&row, last, sizeof row);
    while (ok && (at = churn__store_left_out(v->dated, first, last, at)) != CHURN_TIME_NONE &&
           at < s->to) {
        row.head.when = row.head.known = at;
        bool left = is_live(s, at, FOREVER) && !is_named(k, &row.head);
        ok = !left || !is_own(s, last->origin) || end_row(st, s, &row);
    }
    return ok;
}

static bool end_unnamed_of(stage *st, const record_slice *s, const churn__version *v,
                           const keyed *k, uint32_t customer)
{
    size_t size = k->kind->row_size;
    const void *rows = NULL;
    uint32_t n = churn__store_row_block(v->rows[s->kind], v->row_runs[s->kind], customer, &rows);
    for (uint32_t i = 0; i < n; i++) {
        const row_head *row = (const void *)((const char *)rows + i * size);
        bool left =
            slice_has(s, row->when) && is_live(s, row->known, row->until) && !is_named(k, row);
        if (left && is_own(s, row->origin) && !end_row(st, s, row)) {
            return false;
        }
        const row_head *before = (const void *)((const char *)row - (i > 0 ? size : 0));
        if (s->kind == KIND_ATTRIBUTE && !end_left_out(st, s, v, k, before, row)) {
            return false;
        }
    }
    return true;
}

static bool end_unnamed(stage *st, const record_slice *s, const churn__version *v, const keyed *k)
{
    bool ok = end_unnamed_of(st, s, v, k, CHURN__BUSINESS);
    for (uint32_t customer = 0; ok && customer < v->customers; customer++) {
        ok = end_unnamed_of(st, s, v, k, customer);
    }
    return ok;
}

/* Rows of no customer are passed over by what follows. */
static void drop_same(const keyed *k, tally *t)
{
    for (size_t i = 0; i < k->count; i++) {
        if (churn__bit_get(k->same, i)) {
            row_head *row = (void *)(k->rows->rows + (size_t)k->order[i] * k->kind->row_size);
            row->customer = CHURN__NO_CODE;
            t->unchanged++;
        }
    }
}

static bool replace_rows(stage *st, const record_slice *s, const churn__version *v, tally *t)
{
    row_stage *rows = &st->rows[s->kind];
    keyed k = {.kind = &churn__store_kinds[s->kind], .rows = rows, .count = rows->count};
    k.order = churn__alloc_array(st->heap, k.count, sizeof *k.order);
    k.same = churn__alloc_zero(st->heap, churn__bits_bytes(k.count));
    for (size_t i = 0; k.order != NULL && i < k.count; i++) {
        k.order[i] = (uint32_t)i;
    }
    bool ok = k.order != NULL && k.same != NULL &&
              churn__sort(st->heap, k.order, k.count, sizeof *k.order, cmp_staged, &k) &&
              end_unnamed(st, s, v, &k);
    if (ok) {
        drop_same(&k, t);
    }
    churn__free_array(st->heap, k.order, k.count, sizeof *k.order);
    churn__free(st->heap, k.same, churn__bits_bytes(k.count));
    return ok;
}

/* ---- events ---- */

typedef struct swap {
    stage *stage;
    record_slice *slice;
    tally *tally;
    const churn__version *version;
    event_order order;
    uint32_t *rows; /* staged events by customer, type and what orders them */
    size_t row_count, next;
    uint8_t *named; /* bit an id: a staged event that is not there already has it */
    size_t named_bytes;
    event_row *ends;
    size_t end_count, end_capacity;
    event_slice slices[RUNS_MAX]; /* whose properties `scratch` borrows */
    event_columns scratch;
    size_t scratch_capacity;
    uint32_t scratch_columns;
    uint32_t *types;
    size_t type_capacity;
    churn_cancel *cancel;
} swap;

static bool type_wanted(const record_slice *s, uint32_t type)
{
    bool wanted = s->type_count == 0;
    for (uint32_t i = 0; !wanted && i < s->type_count; i++) {
        wanted = s->types[i] == type;
    }
    return wanted;
}

/* What there is of a customer and type, in one piece. False: no memory. */
static bool gather(swap *w, uint32_t customer, uint32_t type, event_slice *out)
{
    const churn__version *v = w->version;
    event_slice *slices = w->slices;
    uint32_t n = churn__store_event_slices(v->events, v->event_runs, customer, type, slices);
    uint32_t columns = churn__store_props_need(slices, n);
    size_t count = 0;
    *out = n > 0 ? slices[0] : (event_slice){.count = 0};
    if (n < 2) {
        return true;
    }
    for (uint32_t i = 0; i < n; i++) {
        columns |= churn__store_columns_mask(slices[i].cells);
        count += slices[i].count;
    }
    if (!churn__store_columns_room(w->stage->heap, &w->scratch, &w->scratch_columns,
                                   &w->scratch_capacity, columns, count)) {
        return false;
    }
    (void)churn__store_event_gather(&w->order, slices, n, &w->scratch, 0);
    *out = (event_slice){.cells = &w->scratch, .count = (uint32_t)count};
    return true;
}

static bool old_is_own(const swap *w, const event_columns *cells, uint32_t i)
{
    return is_own(w->slice, cells->tag == NULL ? 0 : cells->tag[i]);
}

/* Without id, what came from elsewhere is another event, even if it says the same. */
static bool old_matters(const swap *w, const event_columns *cells, uint32_t i)
{
    bool has_id = cells->id != NULL && cells->id[i] != CHURN__NO_CODE;
    return slice_has(w->slice, cells->at[i]) && (has_id || old_is_own(w, cells, i));
}

static bool old_is_live(const swap *w, const event_columns *cells, uint32_t i)
{
    churn_time known = cells->known == NULL ? cells->at[i] : cells->known[i];
    return is_live(w->slice, known, cells->until == NULL ? FOREVER : cells->until[i]);
}

/* An event that no row repeats. */
static bool leave_out(swap *w, uint32_t customer, uint32_t type, const event_slice *old, uint32_t i)
{
    record_slice *s = w->slice;
    churn__heap *heap = w->stage->heap;
    uint32_t position = i - old->begin;
    if (old->cells->id == NULL || old->cells->id[i] == CHURN__NO_CODE) {
        if (!churn__grow(heap, (void **)&s->removals, &s->removal_capacity, s->removal_count + 1,
                         sizeof *s->removals)) {
            return false;
        }
        s->removals[s->removal_count++] = (removal){customer, type, position};
        return true;
    }
    if (!churn__grow(heap, (void **)&w->ends, &w->end_capacity, w->end_count + 1,
                     sizeof *w->ends)) {
        return false;
    }
    event_row *end = &w->ends[w->end_count++];
    churn__store_empty_row(&churn__store_kinds[KIND_EVENT], end);
    end->head.customer = customer;
    end->head.id = old->cells->id[i];
    end->head.when = old->cells->at[i];
    end->type = type;
    set_end(s, &end->head);
    return true;
}

static bool is_of(const swap *w, uint32_t customer, uint32_t type)
{
    const event_stage *e = &w->stage->events;
    return w->next < w->row_count && e->customer[w->rows[w->next]] == customer &&
           e->type[w->rows[w->next]] == type;
}

/* A staged event: there already, or news. */
static void take_row(swap *w, bool same)
{
    const event_stage *e = &w->stage->events;
    uint32_t row = w->rows[w->next++];
    if (same) {
        churn__bit_set(w->slice->same, row);
        w->tally->unchanged++;
    } else if (e->cells.id != NULL && e->cells.id[row] != CHURN__NO_CODE) {
        churn__bit_set(w->named, e->cells.id[row]);
    }
}

/* Both sides of one list, in the order that they share. */
static bool swap_list(swap *w, uint32_t customer, uint32_t type)
{
    const event_stage *e = &w->stage->events;
    event_slice old;
    if (!gather(w, customer, type, &old)) {
        return false;
    }
    for (uint32_t i = old.begin; i < old.begin + old.count; i++) {
        if (!old_matters(w, old.cells, i) || !old_is_live(w, old.cells, i)) {
            continue;
        }
        int by = 1;
        while (is_of(w, customer, type) &&
               (by = churn__store_event_cmp_said(&w->order, &e->cells, w->rows[w->next], old.cells,
                                                 i)) < 0) {
            take_row(w, false);
        }
        bool same = by == 0 && is_of(w, customer, type);
        if (same) {
            take_row(w, true);
        } else if (old_is_own(w, old.cells, i) && !leave_out(w, customer, type, &old, i)) {
            return false;
        }
    }
    while (is_of(w, customer, type)) {
        take_row(w, false);
    }
    return true;
}

static uint32_t next_type(const swap *w, uint32_t customer, const uint32_t *types, uint32_t n)
{
    const event_stage *e = &w->stage->events;
    uint32_t row = w->next < w->row_count ? w->rows[w->next] : 0;
    bool here = w->next < w->row_count && e->customer[row] == customer;
    uint32_t staged = here ? e->type[row] : CHURN__NO_CODE;
    return n > 0 && types[0] < staged ? types[0] : staged;
}

static bool swap_customer(swap *w, uint32_t customer)
{
    const churn__version *v = w->version;
    uint32_t lists = churn__store_event_lists(v->events, v->event_runs, customer);
    if (!churn__grow(w->stage->heap, (void **)&w->types, &w->type_capacity, lists,
                     sizeof *w->types)) {
        return false;
    }
    uint32_t n = churn__store_event_types(v->events, v->event_runs, customer, w->types), i = 0;
    for (;;) {
        uint32_t type = next_type(w, customer, n == 0 ? NULL : w->types + i, n - i);
        if (type == CHURN__NO_CODE) {
            return true;
        }
        i += i < n && w->types[i] == type;
        if (type_wanted(w->slice, type) && !swap_list(w, customer, type)) {
            return false;
        }
    }
}

/* ---- the order of staged events ---- */

static int cmp_events(const void *a, const void *b, const void *context)
{
    const swap *w = context;
    const event_columns *cells = &w->stage->events.cells;
    return churn__store_event_cmp(&w->order, cells, *(const uint32_t *)a, cells,
                                  *(const uint32_t *)b);
}

static bool is_sorted(const swap *w, const uint32_t *rows, size_t n)
{
    const churn_time *at = w->stage->events.cells.at;
    for (size_t i = 1; i < n; i++) {
        if (at[rows[i - 1]] >= at[rows[i]] && cmp_events(&rows[i - 1], &rows[i], w) > 0) {
            return false;
        }
    }
    return true;
}

static bool sort_lists(const swap *w, const uint64_t *keys)
{
    uint32_t *rows = w->rows;
    for (size_t begin = 0, end = 0; begin < w->row_count; begin = end) {
        while (end < w->row_count && keys[rows[end]] == keys[rows[begin]]) {
            end++;
        }
        if (churn_cancel_is_set(w->cancel)) {
            return false;
        }
        if (!is_sorted(w, rows + begin, end - begin) &&
            !churn__sort(w->stage->heap, rows + begin, end - begin, sizeof *rows, cmp_events, w)) {
            return false;
        }
    }
    return true;
}

/* By customer and type, then by what orders a list. */
static bool sort_staged(const swap *w)
{
    churn__heap *heap = w->stage->heap;
    const event_stage *e = &w->stage->events;
    uint64_t *keys = churn__alloc_array(heap, w->row_count, sizeof *keys);
    for (size_t i = 0; keys != NULL && i < w->row_count; i++) {
        keys[i] = (uint64_t)e->customer[i] << 32 | e->type[i];
    }
    bool ok = keys != NULL && churn__radix_order_u64(heap, keys, w->rows, w->row_count) &&
              sort_lists(w, keys);
    churn__free_array(heap, keys, w->row_count, sizeof *keys);
    return ok;
}

/* What a row says anew of an event with an id is not its end. */
static bool stage_ends(swap *w)
{
    for (size_t i = 0; i < w->end_count; i++) {
        const event_row *end = &w->ends[i];
        if (!churn__bit_get(w->named, end->head.id) &&
            !churn__store_stage_event(&w->stage->events, end)) {
            return false;
        }
    }
    return true;
}

static bool swap_all(swap *w)
{
    const churn__version *v = w->version;
    churn__heap *heap = w->stage->heap;
    w->rows = churn__alloc_array(heap, w->row_count, sizeof *w->rows);
    w->named_bytes = churn__bits_bytes(
        v->ids[KIND_EVENT] == NULL ? 0 : churn__dict_view_count(v->ids[KIND_EVENT]));
    w->named = churn__alloc_zero(heap, w->named_bytes);
    w->slice->same_count = w->row_count;
    w->slice->same = churn__alloc_zero(heap, churn__bits_bytes(w->row_count));
    bool ok = w->rows != NULL && w->named != NULL && w->slice->same != NULL && sort_staged(w);
    for (uint32_t customer = 0; ok && customer < v->customers; customer++) {
        ok = !churn_cancel_is_set(w->cancel) && swap_customer(w, customer);
    }
    return ok && stage_ends(w);
}

static bool replace_events(stage *st, record_slice *s, const churn__version *v, tally *t,
                           churn_cancel *cancel)
{
    churn__heap *heap = st->heap;
    swap w = {.stage = st,
              .slice = s,
              .tally = t,
              .version = v,
              .order = churn__version_event_order(v),
              .row_count = st->events.count,
              .cancel = cancel};
    bool ok = swap_all(&w);
    churn__free_array(heap, w.rows, w.row_count, sizeof *w.rows);
    churn__free(heap, w.named, w.named_bytes);
    churn__free_array(heap, w.ends, w.end_capacity, sizeof *w.ends);
    churn__free_array(heap, w.types, w.type_capacity, sizeof *w.types);
    churn__store_columns_free(heap, &w.scratch, w.scratch_capacity);
    return ok;
}

bool churn__store_replace(stage *st, record_slice *s, const churn__version *v, tally *t,
                          churn_cancel *cancel)
{
    return s->kind == KIND_EVENT ? replace_events(st, s, v, t, cancel) : replace_rows(st, s, v, t);
}

void churn__store_slice_clear(record_slice *s, churn__heap *heap)
{
    churn__free_array(heap, s->removals, s->removal_capacity, sizeof *s->removals);
    churn__free(heap, s->same, churn__bits_bytes(s->same_count));
    churn__free_array(heap, s->types, s->type_count, sizeof *s->types);
    *s = (record_slice){.from = 0};
}
