/* SPDX-License-Identifier: MIT */
#include "store/reading.h"

#include "base/bits.h"
#include "base/sort.h"

/* ---- options ---- */

static churn_status take_instant(churn_time given, churn_time missing, const char *what,
                                 churn_time *out, churn_error *err)
{
    bool said = given != 0 && given != CHURN_TIME_NONE;
    *out = said ? given : missing;
    if (said && (given < CHURN_TIME_MIN || given > CHURN_TIME_MAX)) {
        return churn__fail(err, CHURN_E_RANGE, 0, "%s: outside the years 1 to 9999", what);
    }
    return CHURN_OK;
}

static churn_status take_span(reading *r, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_read_options *o = &r->options;
    CHURN_TRY(take_instant(o->from, CHURN_TIME_NONE, "from", &r->from, err));
    CHURN_TRY(take_instant(o->to, INT64_MAX, "to", &r->to, err));
    CHURN_TRY(take_instant(o->as_of, CHURN_TIME_NONE, "as_of", &r->as_of, err));
    r->now = r->as_of == CHURN_TIME_NONE;
    r->all = (o->flags & CHURN_READ_ALL_VERSIONS) != 0;
    r->left = o->limit == 0 ? UINT64_MAX : o->limit;
    if (o->flags & ~CHURN_READ_ALL_VERSIONS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_read_options: unknown flags");
    }
    if (r->all && !r->now) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_read_options: all versions, or those known at as_of");
    }
done:
    return st;
}

void churn__reading_everybody(reading *r)
{
    static const uint32_t business = CHURN__BUSINESS;
    r->order = r->kind->business ? &business : churn__version_order(r->version);
    r->count = r->kind->business ? 1 : churn__version_listed(r->version);
}

static churn_status take_customer(reading *r, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str id = r->options.customer;
    churn__reading_everybody(r);
    if (id.ptr == NULL) {
        goto done;
    }
    if (r->kind->business) {
        CHURN_FAIL(CHURN_E_ARG, 0, "customer: records of kind %s are of no customer",
                   r->kind->name);
    }
    CHURN_TRY(churn__take_str(id.ptr, id.len, false, ID_BYTES, "customer", &id, err));
    r->one = churn__version_find_customer(r->version, id);
    if (r->one == CHURN__NO_CODE) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "customer: the store has none with this id");
    }
    r->order = &r->one;
    r->count = 1;
done:
    return st;
}

/* Types and names that no record ever had are no error: there are no such rows. */
static churn_status take_types(reading *r, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_read_options *o = &r->options;
    bool has_names = r->number == KIND_EVENT || r->number == KIND_ATTRIBUTE;
    if (o->type_count == 0) {
        goto done;
    }
    if (!has_names) {
        CHURN_FAIL(CHURN_E_ARG, 0, "types: records of kind %s have none", r->kind->name);
    }
    if (o->types == NULL) {
        CHURN_TRY(churn__fail_null(err, "churn_read_options", "types"));
    }
    const churn__dict_view *view = r->number == KIND_EVENT ? r->version->types : r->version->texts;
    r->wanted_bits = churn__dict_view_count(view);
    r->wanted = churn__alloc_zero(r->heap, churn__bits_bytes(r->wanted_bits));
    if (r->wanted == NULL) {
        CHURN_TRY(churn__fail_memory(err, r->heap));
    }
    for (uint32_t i = 0; i < o->type_count; i++) {
        churn_str name;
        CHURN_TRY(churn__take_str(o->types[i].ptr, o->types[i].len, false, SIZE_MAX, "types", &name,
                                  err));
        uint32_t code = churn__dict_view_find(view, name);
        if (code != CHURN__NO_CODE) {
            churn__bit_set(r->wanted, code);
        }
    }
done:
    return st;
}

/* ---- life ---- */

static bool rank_types(reading *r);

static churn_status make_memory(reading *r, churn_error *err)
{
    r->reader = churn__reader_create(r->heap, r->version);
    bool ok = r->reader != NULL;
    if (ok && r->number == KIND_EVENT) {
        r->block = churn__alloc_array_zero(r->heap, EVENT_BLOCK, sizeof *r->block);
        ok =
            r->block != NULL && rank_types(r) &&
            churn__grow(r->heap, (void **)&r->rows, &r->row_capacity, EVENT_BLOCK, sizeof *r->rows);
    }
    return ok ? CHURN_OK : churn__fail_memory(err, r->heap);
}

static void begin(reading *r, churn__heap *heap, uint32_t number)
{
    *r = (reading){.heap = churn__heap_retain(heap), .number = number};
    r->kind = &churn__store_kinds[number];
}

churn_status churn__reading_open(reading *r, churn_store *store, churn_record_kind kind,
                                 const churn_read_options *options, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t number = churn__store_kind(kind);
    if (number == KIND_NONE) {
        return churn__fail(err, CHURN_E_ARG, 0, "kind: there is no kind of records %d",
                           (int64_t)kind);
    }
    begin(r, churn__store_heap(store), number);
    CHURN_TRY(
        churn__copy_struct(&r->options, sizeof r->options, options, "churn_read_options", err));
    CHURN_TRY(take_span(r, err));
    CHURN_TRY(churn__store_pin(store, &r->version, err));
    CHURN_TRY(take_customer(r, err));
    CHURN_TRY(take_types(r, err));
    CHURN_TRY(make_memory(r, err));
done:
    if (st != CHURN_OK) {
        churn__reading_close(r);
    }
    return st;
}

churn_status churn__reading_of(reading *r, churn__version *version, uint32_t number,
                               uint32_t customer, churn_time as_of, churn_error *err)
{
    begin(r, version->heap, number);
    r->version = churn__version_retain(version);
    r->from = CHURN_TIME_NONE;
    r->to = INT64_MAX;
    r->as_of = as_of;
    r->now = as_of == CHURN_TIME_NONE;
    r->left = UINT64_MAX;
    r->one = customer;
    r->order = &r->one;
    r->count = 1;
    churn_status st = make_memory(r, err);
    if (st != CHURN_OK) {
        churn__reading_close(r);
    }
    return st;
}

static void close_events(reading *r)
{
    event_gathering *g = &r->events;
    churn__store_columns_free(r->heap, &g->cells, g->capacity);
    churn__store_columns_free(r->heap, &g->scratch, g->scratch_capacity);
    churn__free_array(r->heap, g->places, g->place_capacity, sizeof *g->places);
    churn__free_array(r->heap, g->types, g->type_capacity, sizeof *g->types);
    churn__free_array(r->heap, g->refs, g->ref_capacity, sizeof *g->refs);
    churn__free_array(r->heap, g->ends, g->end_capacity, sizeof *g->ends);
    if (g->rank != NULL) {
        churn__free_array(r->heap, g->rank, churn__dict_view_count(r->version->types),
                          sizeof *g->rank);
    }
    churn__free_array(r->heap, r->block, r->block == NULL ? 0 : EVENT_BLOCK, sizeof *r->block);
}

void churn__reading_close(reading *r)
{
    churn__heap *heap = r->heap;
    close_events(r);
    churn__free_array(heap, r->rows, r->row_capacity, sizeof *r->rows);
    churn__free_array(heap, r->shown, r->shown_capacity, r->kind->row_size);
    churn__free(heap, r->wanted, churn__bits_bytes(r->wanted_bits));
    churn__reader_free(r->reader);
    churn__version_release(r->version);
    *r = (reading){.heap = NULL};
    churn__heap_release(heap);
}

/* ---- which rows ---- */

bool churn__reading_wants(const reading *r, uint32_t code)
{
    return r->wanted == NULL || (code < r->wanted_bits && churn__bit_get(r->wanted, code));
}

bool churn__reading_takes(const reading *r, const row_head *head)
{
    if (head->when < r->from || head->when >= r->to || row_is_echo(head)) {
        return false;
    }
    return r->all || (r->now ? head->until == FOREVER : row_seen(r->kind, head, r->as_of));
}

static int cmp_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Facts lie in this order already; states lie by key. The sort is stable. */
static int cmp_rows(const void *a, const void *b, const void *context)
{
    const reading *r = context;
    const row_head *x = *(const void *const *)a, *y = *(const void *const *)b;
    int by = cmp_i64(x->when, y->when);
    if (by == 0 && r->kind->states && x->id != y->id && x->id != CHURN__NO_CODE &&
        y->id != CHURN__NO_CODE) {
        const churn__dict_view *keys = churn__version_row_order(r->version, r->number).ids;
        by = churn__str_cmp(churn__dict_view_get(keys, x->id), churn__dict_view_get(keys, y->id));
    }
    return by;
}

static bool show_rows(reading *r)
{
    size_t size = r->kind->row_size;
    if (r->now || r->kind->mask_count == 0) {
        return true;
    }
    if (!churn__grow(r->heap, (void **)&r->shown, &r->shown_capacity, r->row_count, size)) {
        return false;
    }
    for (size_t i = 0; i < r->row_count; i++) {
        memcpy(r->shown + i * size, r->rows[i], size);
        churn__store_hide(r->kind, r->shown + i * size, r->as_of);
        r->rows[i] = r->shown + i * size;
    }
    return true;
}

bool churn__reading_rows(reading *r, uint32_t customer)
{
    const void *data = NULL;
    uint32_t n = churn__store_row_block(r->version->rows[r->number],
                                        r->version->row_runs[r->number], customer, &data);
    r->row_count = 0;
    if (!churn__grow(r->heap, (void **)&r->rows, &r->row_capacity, n, sizeof *r->rows)) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        const void *row = (const char *)data + (size_t)i * r->kind->row_size;
        const row_head *head = row;
        if (churn__reading_takes(r, head) &&
            (r->number != KIND_ATTRIBUTE || churn__reading_wants(r, head->id))) {
            r->rows[r->row_count++] = row;
        }
    }
    return churn__sort(r->heap, r->rows, r->row_count, sizeof *r->rows, cmp_rows, r) &&
           show_rows(r);
}

/* ---- events ---- */

static int cmp_types(const void *a, const void *b, const void *context)
{
    const churn__dict_view *types = context;
    return churn__str_cmp(churn__dict_view_get(types, *(const uint32_t *)a),
                          churn__dict_view_get(types, *(const uint32_t *)b));
}

static bool rank_types(reading *r)
{
    const churn__dict_view *types = r->version->types;
    uint32_t n = churn__dict_view_count(types);
    uint32_t *sorted = churn__alloc_array(r->heap, n, sizeof *sorted);
    r->events.rank = churn__alloc_array(r->heap, n, sizeof *r->events.rank);
    bool ok = sorted != NULL && r->events.rank != NULL;
    for (uint32_t i = 0; ok && i < n; i++) {
        sorted[i] = i;
    }
    ok = ok && churn__sort(r->heap, sorted, n, sizeof *sorted, cmp_types, types);
    for (uint32_t i = 0; ok && i < n; i++) {
        r->events.rank[sorted[i]] = i;
    }
    churn__free_array(r->heap, sorted, n, sizeof *sorted);
    return ok;
}

static int cmp_ranks(const void *a, const void *b, const void *context)
{
    const uint32_t *rank = context;
    return cmp_i64(rank[*(const uint32_t *)a], rank[*(const uint32_t *)b]);
}

/* The types of a customer that are meant, by the bytes of their names. */
static bool list_types(reading *r, uint32_t customer, uint32_t *count)
{
    const churn__version *v = r->version;
    event_gathering *g = &r->events;
    uint32_t most = churn__store_event_lists(v->events, v->event_runs, customer), kept = 0;
    if (!churn__grow(r->heap, (void **)&g->types, &g->type_capacity, most, sizeof *g->types)) {
        return false;
    }
    uint32_t n = churn__store_event_types(v->events, v->event_runs, customer, g->types);
    for (uint32_t i = 0; i < n; i++) {
        if (churn__reading_wants(r, g->types[i])) {
            g->types[kept++] = g->types[i];
        }
    }
    *count = kept;
    return churn__sort(r->heap, g->types, kept, sizeof *g->types, cmp_ranks, g->rank);
}

#define ALL_COLUMNS (COLUMN_USER | COLUMN_VALUE | COLUMN_KNOWN | COLUMN_UNTIL | COLUMN_ID)

/* Room for `need` cells, of which the first `have` are kept. */
static bool grow_cells(reading *r, size_t have, size_t need)
{
    event_gathering *g = &r->events;
    event_columns more = {.at = NULL};
    size_t capacity = need * 2;
    if (need <= g->capacity) {
        return true;
    }
    if (!churn__store_columns_alloc(r->heap, &more, ALL_COLUMNS, capacity)) {
        return false;
    }
    if (have > 0) {
        churn__store_columns_copy(&more, 0, &g->cells, 0, have);
    }
    churn__store_columns_free(r->heap, &g->cells, g->capacity);
    g->cells = more;
    g->capacity = capacity;
    return true;
}

/* The slices of a list in order, in one piece: the slice itself where there is one. */
static bool join_slices(reading *r, const event_slice *slices, uint32_t n, size_t count,
                        event_slice *out)
{
    event_gathering *g = &r->events;
    event_order order = churn__version_event_order(r->version);
    *out = slices[0];
    if (n == 1) {
        return true;
    }
    if (count > g->scratch_capacity) {
        churn__store_columns_free(r->heap, &g->scratch, g->scratch_capacity);
        g->scratch_capacity = 0;
        if (!churn__store_columns_alloc(r->heap, &g->scratch, ALL_COLUMNS | COLUMN_FROM,
                                        count * 2)) {
            return false;
        }
        g->scratch_capacity = count * 2;
    }
    (void)churn__store_event_gather(&order, slices, n, &g->scratch, 0);
    *out = (event_slice){&g->scratch, 0, (uint32_t)count, 0};
    return true;
}

static bool note_places(reading *r, const event_slice *slice, size_t have)
{
    event_gathering *g = &r->events;
    if (churn__version_prop_count(r->version) == 0) {
        return true;
    }
    if (!churn__grow(r->heap, (void **)&g->places, &g->place_capacity, have + slice->count,
                     sizeof *g->places)) {
        return false;
    }
    for (uint32_t i = 0; i < slice->count; i++) {
        event_place *place = &g->places[have + i];
        place->position = 0;
        place->set =
            churn__store_props_place(slice->cells, slice->begin + (size_t)i, &place->position);
    }
    return true;
}

/* The events of one type behind those that are there; `have` grows. */
static bool gather_type(reading *r, uint32_t customer, uint32_t type, size_t *have)
{
    const churn__version *v = r->version;
    event_slice slices[RUNS_MAX], all;
    uint32_t n = churn__store_event_slices(v->events, v->event_runs, customer, type, slices);
    size_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        count += slices[i].count;
    }
    if (n == 0) {
        return true;
    }
    if (!join_slices(r, slices, n, count, &all) || !grow_cells(r, *have, *have + count) ||
        !note_places(r, &all, *have)) {
        return false;
    }
    churn__store_columns_copy(&r->events.cells, *have, all.cells, all.begin, count);
    *have += count;
    return true;
}

/* References to those of the cells [from, to) that are meant: one more part in order. */
static bool refer(reading *r, uint32_t type, size_t from, size_t to, size_t *count)
{
    event_gathering *g = &r->events;
    if (!churn__grow(r->heap, (void **)&g->refs, &g->ref_capacity, 2 * (*count + to - from),
                     sizeof *g->refs) ||
        !churn__grow(r->heap, (void **)&g->ends, &g->end_capacity, g->end_count + 1,
                     sizeof *g->ends)) {
        return false;
    }
    for (size_t i = from; i < to; i++) {
        row_head head = {
            .when = g->cells.at[i], .known = g->cells.known[i], .until = g->cells.until[i]};
        if (churn__reading_takes(r, &head)) {
            g->refs[(*count)++] = (event_ref){head.when, type, (uint32_t)i};
        }
    }
    g->ends[g->end_count++] = *count;
    return true;
}

/* Two neighbouring parts into one; at one instant the first part, whose type is less, comes first.
 */
static void merge_parts(const event_ref *from, size_t begin, size_t middle, size_t end,
                        event_ref *to)
{
    size_t i = begin, j = middle;
    for (size_t at = begin; at < end; at++) {
        bool first = i < middle && (j == end || from[i].at <= from[j].at);
        to[at] = first ? from[i++] : from[j++];
    }
}

static void merge_round(event_gathering *g, const event_ref *from, event_ref *to)
{
    size_t kept = 0, begin = 0;
    for (size_t i = 0; i < g->end_count; i += 2) {
        size_t middle = g->ends[i];
        size_t end = i + 1 < g->end_count ? g->ends[i + 1] : middle;
        merge_parts(from, begin, middle, end, to);
        g->ends[kept++] = end;
        begin = end;
    }
    g->end_count = kept;
}

/* From the parts of all types, neighbours by name, into one order. */
static void merge_all(event_gathering *g, size_t count)
{
    event_ref *from = g->refs, *to = g->refs + count;
    while (g->end_count > 1) {
        merge_round(g, from, to);
        event_ref *swap = from;
        from = to;
        to = swap;
    }
    if (from != g->refs) {
        memcpy(g->refs, from, count * sizeof *from);
    }
}

bool churn__reading_events(reading *r, uint32_t customer, size_t *count)
{
    event_gathering *g = &r->events;
    uint32_t types = 0;
    size_t cells = 0;
    *count = 0;
    g->end_count = 0;
    if (!list_types(r, customer, &types)) {
        return false;
    }
    for (uint32_t i = 0; i < types; i++) {
        size_t before = cells;
        if (!gather_type(r, customer, g->types[i], &cells) ||
            !refer(r, g->types[i], before, cells, count)) {
            return false;
        }
    }
    merge_all(g, *count);
    return true;
}

void churn__reading_block(reading *r, uint32_t customer, size_t from, size_t count)
{
    const event_gathering *g = &r->events;
    const event_columns *c = &g->cells;
    r->row_count = count;
    for (size_t i = 0; i < count; i++) {
        const event_ref *ref = &g->refs[from + i];
        event_row *row = &r->block[i];
        row->head = (row_head){.customer = customer,
                               .id = c->id[ref->cell],
                               .when = ref->at,
                               .known = c->known[ref->cell],
                               .until = c->until[ref->cell]};
        row->type = ref->type;
        row->user = c->user[ref->cell];
        row->value = c->value[ref->cell];
        row->props = CHURN__NO_CODE;
        r->rows[i] = row;
    }
}

const event_place *churn__reading_place(const reading *r, size_t from, size_t i)
{
    return &r->events.places[r->events.refs[from + i].cell];
}
