/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "store/reading.h"

/* How many records there are and from when to when, by kind and by type of event. */

#define CANCEL_EVERY 1024u

static void note(churn_span *span, churn_time when)
{
    span->records++;
    if (when >= CHURN_TIME_MIN && (span->first == CHURN_TIME_NONE || when < span->first)) {
        span->first = when;
    }
    span->last = when > span->last ? when : span->last;
}

/* The earliest instant of all stands for none where nobody dated a row. */
static churn_time when_of(const row_head *head)
{
    return (head->flags & ROW_UNDATED) != 0 ? CHURN_TIME_NONE : head->when;
}

/* ---- events ---- */

static void note_slice(const reading *r, const event_slice *slice, churn_span *span)
{
    const event_columns *c = slice->cells;
    for (uint32_t i = slice->begin; i < slice->begin + slice->count; i++) {
        row_head head = {.when = c->at[i],
                         .known = c->known == NULL ? c->at[i] : c->known[i],
                         .until = c->until == NULL ? FOREVER : c->until[i]};
        if (churn__reading_takes(r, &head)) {
            note(span, head.when);
        }
    }
}

/* Where events are counted: all together, or (`by_type`) each type by itself. */
typedef struct event_tally {
    churn_span *all;
    churn_span *by_type;
    uint32_t *last; /* by type: the customer counted last, from 1 */
} event_tally;

static void note_list(const reading *r, uint32_t customer, const event_columns *cells,
                      const event_list *list, const event_tally *to)
{
    event_slice slice = {cells, list->begin, list[1].begin - list->begin, 0};
    churn_span *span = to->by_type == NULL ? to->all : &to->by_type[list->type];
    uint64_t before = span->records;
    note_slice(r, &slice, span);
    if (to->by_type != NULL && span->records > before && to->last[list->type] != customer + 1) {
        to->last[list->type] = customer + 1;
        span->customers++;
    }
}

static void note_lists(const reading *r, uint32_t customer, const event_tally *to)
{
    const churn__version *v = r->version;
    uint32_t slot = 0;
    for (uint32_t i = churn__store_event_base(v->events, v->event_runs, customer);
         i < v->event_runs; i++) {
        const event_run *run = v->events[i];
        bool here = index_find(&run->index, customer, &slot);
        uint32_t end = here ? run->index.begin[slot + 1] : 0;
        for (uint32_t l = here ? run->index.begin[slot] : 0; l < end; l++) {
            if (churn__reading_wants(r, run->lists[l].type)) {
                note_list(r, customer, &run->cells, &run->lists[l], to);
            }
        }
    }
}

/* ---- rows ---- */

static void note_rows(const reading *r, uint32_t customer, churn_span *span)
{
    const void *data = NULL;
    uint32_t n = churn__store_row_block(r->version->rows[r->number],
                                        r->version->row_runs[r->number], customer, &data);
    for (uint32_t i = 0; i < n; i++) {
        const row_head *head = (const void *)((const char *)data + (size_t)i * r->kind->row_size);
        if (churn__reading_takes(r, head) &&
            (r->number != KIND_ATTRIBUTE || churn__reading_wants(r, head->id))) {
            note(span, when_of(head));
        }
    }
}

/* Customers are those who exist, whether or not there is a record of them. */
static void note_customer(const reading *r, uint32_t customer, churn_span *span)
{
    const customer_row *row = r->all ? NULL : churn__read_customer_row(r, customer);
    churn_time since = row == NULL ? CHURN_TIME_NONE : row->since;
    if (r->all) {
        note_rows(r, customer, span);
    } else if (churn__read_customer_in(r, customer, row)) {
        note(span, since);
    }
}

static void note_one(const reading *r, uint32_t customer, churn_span *span)
{
    uint64_t before = span->records;
    if (r->number == KIND_EVENT) {
        note_lists(r, customer, &(event_tally){.all = span});
    } else if (r->number == KIND_CUSTOMER) {
        note_customer(r, customer, span);
    } else {
        note_rows(r, customer, span);
    }
    span->customers += span->records > before && !r->kind->business;
}

static const churn_span no_span = {.first = CHURN_TIME_NONE, .last = CHURN_TIME_NONE};

static churn_status span_of(const reading *r, churn_span *span, churn_error *err)
{
    churn_status st = CHURN_OK;
    *span = no_span;
    for (uint32_t i = 0; i < r->count; i++) {
        if (i % CANCEL_EVERY == 0) {
            CHURN_TRY(churn__cancel_check(r->options.cancel, err));
        }
        note_one(r, r->order[i], span);
    }
done:
    return st;
}

churn_status churn_store_span(churn_store *store, churn_record_kind kind,
                              const churn_read_options *options, churn_span *out, churn_error *err)
{
    reading r;
    churn_span span;
    if (store == NULL || out == NULL) {
        return churn__fail_null(err, "churn_store_span", store == NULL ? "store" : "out");
    }
    churn_status st = churn__check_struct(out, "churn_span", err);
    if (st == CHURN_OK) {
        st = churn__reading_open(&r, store, kind, options, err);
    }
    if (st != CHURN_OK) {
        return st;
    }
    st = span_of(&r, &span, err);
    churn__reading_close(&r);
    span.struct_size = sizeof span;
    return st != CHURN_OK ? st : churn__give_struct(out, &span, sizeof span, "churn_span", err);
}

/* ---- sources ---- */

typedef struct sources {
    churn__heap *heap;
    churn__version *version;
    churn_time as_of; /* CHURN_TIME_NONE: now */
    churn__table_builder *table;
    uint32_t *order;   /* types of events by the bytes of their names */
    churn_span *types; /* by code */
    uint32_t *last;    /* by code */
    uint32_t type_count;
    uint32_t *marks; /* names that are no kind's, each once, by bytes */
    size_t mark_count, mark_room;
} sources;

static const churn__table_head source_columns[] = {
    {"source", CHURN_COLUMN_STRING},  {"type", CHURN_COLUMN_STRING},
    {"provided", CHURN_COLUMN_BOOL},  {"records", CHURN_COLUMN_INT},
    {"customers", CHURN_COLUMN_INT},  {"first", CHURN_COLUMN_TIME},
    {"last", CHURN_COLUMN_TIME},      {"mark", CHURN_COLUMN_TIME},
    {"watermark", CHURN_COLUMN_TIME},
};

static churn_time end_of(const sources *s)
{
    return s->as_of == CHURN_TIME_NONE ? CHURN_TIME_MAX : s->as_of;
}

static void add_source(const sources *s, churn_str source, churn_str type, bool provided,
                       const churn_span *span)
{
    bool marked = type.ptr == NULL;
    churn_time through =
        marked ? churn__version_mark(s->version, source, end_of(s)) : CHURN_TIME_NONE;
    churn_time water = through > span->last ? through : span->last;
    water = water > end_of(s) ? end_of(s) : water;
    churn__table_add_string(s->table, 0, source);
    churn__table_add_string(s->table, 1, type);
    churn__table_add_bool(s->table, 2, provided || through != CHURN_TIME_NONE);
    churn__table_add_int(s->table, 3, (int64_t)span->records);
    churn__table_add_int(s->table, 4, (int64_t)span->customers);
    churn__table_add_time(s->table, 5, span->first);
    churn__table_add_time(s->table, 6, span->last);
    churn__table_add_time(s->table, 7, through);
    churn__table_add_time(s->table, 8, water);
}

static int cmp_codes(const void *a, const void *b, const void *context)
{
    const churn__dict_view *view = context;
    return churn__str_cmp(churn__dict_view_get(view, *(const uint32_t *)a),
                          churn__dict_view_get(view, *(const uint32_t *)b));
}

/* A reading of everybody's records of a kind. */
static churn_status read_all(const sources *s, uint32_t kind, reading *r, churn_error *err)
{
    churn_status st = churn__reading_of(r, s->version, kind, 0, s->as_of, err);
    if (st == CHURN_OK) {
        churn__reading_everybody(r);
    }
    return st;
}

static churn_status add_kind(sources *s, uint32_t kind, churn_error *err)
{
    reading r;
    churn_span span;
    churn_status st = read_all(s, kind, &r, err);
    if (st != CHURN_OK) {
        return st;
    }
    st = span_of(&r, &span, err);
    if (st == CHURN_OK) {
        add_source(s, churn__str_nts(r.kind->name), (churn_str){NULL, 0},
                   (s->version->provided >> kind & 1) != 0, &span);
    }
    churn__reading_close(&r);
    return st;
}

static bool type_room(sources *s)
{
    s->type_count = churn__dict_view_count(s->version->types);
    s->order = churn__alloc_array(s->heap, s->type_count, sizeof *s->order);
    s->types = churn__alloc_array(s->heap, s->type_count, sizeof *s->types);
    s->last = churn__alloc_array_zero(s->heap, s->type_count, sizeof *s->last);
    bool ok = s->order != NULL && s->types != NULL && s->last != NULL;
    for (uint32_t i = 0; ok && i < s->type_count; i++) {
        s->order[i] = i;
        s->types[i] = no_span;
    }
    return ok && churn__sort(s->heap, s->order, s->type_count, sizeof *s->order, cmp_codes,
                             s->version->types);
}

static churn_status add_types(sources *s, churn_error *err)
{
    reading r;
    if (!type_room(s)) {
        return churn__fail_memory(err, s->heap);
    }
    churn_status st = read_all(s, KIND_EVENT, &r, err);
    if (st != CHURN_OK) {
        return st;
    }
    for (uint32_t i = 0; i < r.count; i++) {
        note_lists(&r, r.order[i], &(event_tally){.by_type = s->types, .last = s->last});
    }
    for (uint32_t i = 0; i < s->type_count; i++) {
        uint32_t code = s->order[i];
        if (s->types[code].records > 0) {
            add_source(s, CHURN__STR("event"), churn__dict_view_get(s->version->types, code), true,
                       &s->types[code]);
        }
    }
    churn__reading_close(&r);
    return CHURN_OK;
}

static bool is_kind(churn_str name)
{
    bool found = false;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        found = found || churn__str_eq(name, churn__str_nts(churn__store_kinds[kind].name));
    }
    return found;
}

/* Marks that count at as_of and are named after no kind. */
static churn_status add_marks(sources *s, churn_error *err)
{
    const mark_list *marks = s->version->marks;
    const churn__dict_view *texts = s->version->texts;
    s->mark_room = marks == NULL ? 0 : marks->count;
    s->marks = churn__alloc_array(s->heap, s->mark_room, sizeof *s->marks);
    for (size_t i = 0; s->marks != NULL && i < s->mark_room; i++) {
        churn_str name = churn__dict_view_get(texts, marks->data[i].source);
        if (!is_kind(name) && churn__version_mark(s->version, name, end_of(s)) != CHURN_TIME_NONE) {
            s->marks[s->mark_count++] = marks->data[i].source;
        }
    }
    if (s->marks == NULL ||
        !churn__sort(s->heap, s->marks, s->mark_count, sizeof *s->marks, cmp_codes, texts)) {
        return churn__fail_memory(err, s->heap);
    }
    for (size_t i = 0; i < s->mark_count; i++) {
        if (i == 0 || s->marks[i] != s->marks[i - 1]) {
            add_source(s, churn__dict_view_get(texts, s->marks[i]), (churn_str){NULL, 0}, true,
                       &no_span);
        }
    }
    return CHURN_OK;
}

static churn_status fill_sources(sources *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    size_t columns = sizeof source_columns / sizeof source_columns[0];
    s->table = churn__table_begin(s->heap, KINDS);
    if (s->table == NULL) {
        CHURN_TRY(churn__fail_memory(err, s->heap));
    }
    churn__table_columns(s->table, source_columns, columns);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        CHURN_TRY(add_kind(s, kind, err));
        if (kind == KIND_EVENT) {
            CHURN_TRY(add_types(s, err));
        }
    }
    CHURN_TRY(add_marks(s, err));
done:
    return st;
}

static void clear_sources(sources *s)
{
    churn__table_abandon(s->table);
    churn__free_array(s->heap, s->order, s->type_count, sizeof *s->order);
    churn__free_array(s->heap, s->types, s->type_count, sizeof *s->types);
    churn__free_array(s->heap, s->last, s->type_count, sizeof *s->last);
    churn__free_array(s->heap, s->marks, s->mark_room, sizeof *s->marks);
    churn__version_release(s->version);
}

churn_status churn_store_sources(churn_store *store, churn_time as_of, churn_table **out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    if (store == NULL || out == NULL) {
        return churn__fail_null(err, "churn_store_sources", store == NULL ? "store" : "out");
    }
    *out = NULL;
    sources s = {.heap = churn__store_heap(store), .as_of = as_of};
    if (as_of != CHURN_TIME_NONE && (as_of < CHURN_TIME_MIN || as_of > CHURN_TIME_MAX)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "as_of: outside the years 1 to 9999");
    }
    CHURN_TRY(churn__store_pin(store, &s.version, err));
    CHURN_TRY(fill_sources(&s, err));
    st = churn__table_finish(s.table, out, err);
    s.table = NULL;
done:
    clear_sources(&s);
    return st;
}
