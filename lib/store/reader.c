/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

/*
 * Reading a version: whose rows they are is looked up, what was not known at as_of is taken out,
 * and events of several runs come together in the reader's own memory. Where one run has all of a
 * customer's events of a type, the answer points into it.
 */
typedef struct rows_out {
    char *data;
    size_t capacity; /* rows */
    /* whose they are, so that several who ask for the same get them at once */
    bool kept;
    uint32_t customer;
    churn_time as_of;
    size_t count;
} rows_out;

/* One property of the last lists that were asked for. */
typedef struct prop_cells {
    uint32_t prop;
    void *data;
    size_t capacity; /* words of eight bytes */
} prop_cells;

struct churn__reader {
    churn__heap *heap;
    churn__version *version;
    bool failed;
    event_columns cells;
    size_t cell_capacity;
    uint32_t columns;
    uint32_t *types;
    size_t type_capacity;
    prop_cells *props;
    size_t prop_count, prop_capacity;
    event_slice slices[RUNS_MAX]; /* of the last list that was brought together */
    uint32_t merged_customer, merged_type;
    size_t merged_count;
    rows_out out[KINDS];
    churn__attribute_state *states;
    size_t state_capacity;
};

churn__reader *churn__reader_create(churn__heap *heap, churn__version *version)
{
    churn__reader *reader = churn__alloc_zero(heap, sizeof *reader);
    if (reader != NULL) {
        reader->heap = churn__heap_retain(heap);
        reader->version = churn__version_retain(version);
    }
    return reader;
}

static size_t out_size(uint32_t kind)
{
    return churn__store_kinds[kind].row_size - sizeof(row_head);
}

void churn__reader_free(churn__reader *reader)
{
    if (reader == NULL) {
        return;
    }
    churn__heap *heap = reader->heap;
    churn__store_columns_free(heap, &reader->cells, reader->cell_capacity);
    churn__free_array(heap, reader->types, reader->type_capacity, sizeof *reader->types);
    churn__free_array(heap, reader->states, reader->state_capacity, sizeof *reader->states);
    for (size_t i = 0; i < reader->prop_count; i++) {
        churn__free_array(heap, reader->props[i].data, reader->props[i].capacity, sizeof(double));
    }
    churn__free_array(heap, reader->props, reader->prop_capacity, sizeof *reader->props);
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        churn__free_array(heap, reader->out[kind].data, reader->out[kind].capacity, out_size(kind));
    }
    churn__version_release(reader->version);
    churn__free(heap, reader, sizeof *reader);
    churn__heap_release(heap);
}

const churn__version *churn__reader_version(const churn__reader *reader)
{
    return reader->version;
}

bool churn__reader_failed(const churn__reader *reader)
{
    return reader->failed;
}

/* ---- events ---- */

static churn__events view_slice(const event_slice *slice)
{
    const event_columns *cells = slice->cells;
    size_t at = slice->begin;
    return (churn__events){
        .at = cells->at + at,
        .user = cells->user == NULL ? NULL : cells->user + at,
        .value = cells->value == NULL ? NULL : cells->value + at,
        .known = cells->known == NULL ? NULL : cells->known + at,
        .until = cells->until == NULL ? NULL : cells->until + at,
        .id = cells->id == NULL ? NULL : cells->id + at,
        .count = slice->count,
    };
}

/* Room for n events with these columns. The old ones are not needed any more. */
static bool make_room(churn__reader *reader, uint32_t columns, size_t n)
{
    if (n <= reader->cell_capacity && columns == reader->columns) {
        return true;
    }
    churn__store_columns_free(reader->heap, &reader->cells, reader->cell_capacity);
    reader->cell_capacity = n <= reader->cell_capacity ? reader->cell_capacity : n * 2;
    reader->columns = columns;
    if (churn__store_columns_alloc(reader->heap, &reader->cells, columns, reader->cell_capacity)) {
        return true;
    }
    reader->cell_capacity = 0;
    reader->columns = 0;
    reader->failed = true;
    return false;
}

static churn__events view_merged(churn__reader *reader, const event_slice *slices, uint32_t n)
{
    uint32_t columns = 0;
    size_t count = 0;
    for (uint32_t i = 0; i < n; i++) {
        columns |= churn__store_columns_mask(slices[i].cells);
        count += slices[i].count;
    }
    columns |= churn__store_props_need(slices, n);
    reader->merged_count = 0;
    if (!make_room(reader, columns, count)) {
        return (churn__events){.count = 0};
    }
    event_order order = churn__version_event_order(reader->version);
    event_slice all = {&reader->cells, 0, (uint32_t)count, 0};
    (void)churn__store_event_gather(&order, slices, n, &reader->cells, 0);
    reader->merged_count = count;
    return view_slice(&all);
}

churn__events churn__reader_events(churn__reader *reader, uint32_t customer, uint32_t type)
{
    const churn__version *v = reader->version;
    event_slice slices[RUNS_MAX];
    uint32_t n = churn__store_event_slices(v->events, v->event_runs, customer, type, slices);
    if (n == 0) {
        return (churn__events){.count = 0};
    }
    if (n == 1) {
        return view_slice(&slices[0]);
    }
    memcpy(reader->slices, slices, n * sizeof *slices);
    reader->merged_customer = customer;
    reader->merged_type = type;
    return view_merged(reader, reader->slices, n);
}

/* ---- properties of events ---- */

/* Room for the cells of one property; they stay until the next call for it. */
static void *prop_room(churn__reader *reader, uint32_t prop, size_t n)
{
    size_t i = 0;
    while (i < reader->prop_count && reader->props[i].prop != prop) {
        i++;
    }
    if (i == reader->prop_count) {
        if (!churn__grow(reader->heap, (void **)&reader->props, &reader->prop_capacity, i + 1,
                         sizeof *reader->props)) {
            reader->failed = true;
            return NULL;
        }
        reader->props[reader->prop_count++] = (prop_cells){.prop = prop};
    }
    prop_cells *cells = &reader->props[i];
    if (!churn__grow(reader->heap, &cells->data, &cells->capacity, n, sizeof(double))) {
        reader->failed = true;
        return NULL;
    }
    return cells->data;
}

/* Of a list that lies in one run: where every event has the property, the column itself. */
static const void *prop_of_slice(churn__reader *reader, const event_slice *slice, uint32_t prop)
{
    const prop_set *set = slice->cells->props;
    const prop_column *column = set == NULL ? NULL : churn__props_column(set, prop);
    if (column == NULL) {
        return NULL;
    }
    uint32_t first = churn__props_rank(column, slice->begin);
    uint32_t end = churn__props_rank(column, slice->begin + slice->count);
    if (end - first == slice->count) {
        return (const char *)column->values + first * churn__props_size(column->type);
    }
    void *out = first == end ? NULL : prop_room(reader, prop, slice->count);
    if (out != NULL) {
        churn__props_fill_none(column->type, out, slice->count);
        churn__props_fill(column, slice->begin, slice->count, out);
    }
    return out;
}

static const void *prop_of_merged(churn__reader *reader, uint32_t prop, churn__type type)
{
    size_t n = reader->merged_count, size = churn__props_size(type);
    void *out = NULL;
    for (size_t i = 0; i < n; i++) {
        uint32_t position = 0, entry = 0;
        const prop_set *set = churn__store_props_place(&reader->cells, i, &position);
        const prop_column *column = set == NULL ? NULL : churn__props_column(set, prop);
        if (column == NULL || !churn__props_find(column, position, &entry)) {
            continue;
        }
        if (out == NULL) {
            out = prop_room(reader, prop, n);
            if (out == NULL) {
                return NULL;
            }
            churn__props_fill_none(type, out, n);
        }
        memcpy((char *)out + i * size, (const char *)column->values + entry * size, size);
    }
    return out;
}

churn__event_prop churn__reader_event_prop(churn__reader *reader, uint32_t customer, uint32_t type,
                                           uint32_t prop)
{
    const churn__version *v = reader->version;
    event_slice slices[RUNS_MAX];
    churn__event_prop out = {.type = churn__props_type(v->props, prop)};
    uint32_t n = churn__store_event_slices(v->events, v->event_runs, customer, type, slices);
    if (n == 1) {
        out.values = prop_of_slice(reader, &slices[0], prop);
        return out;
    }
    bool merged = reader->merged_count > 0 && reader->merged_customer == customer &&
                  reader->merged_type == type;
    if (n > 1 && churn__store_props_need(slices, n) != 0 &&
        (merged || churn__reader_events(reader, customer, type).count > 0)) {
        out.values = prop_of_merged(reader, prop, out.type);
    }
    return out;
}

uint32_t churn__version_find_prop(const churn__version *version, churn_str name, churn__type *type)
{
    return churn__props_find_name(version->props, name, type);
}

uint32_t churn__version_prop_count(const churn__version *version)
{
    return churn__dict_view_count(version->props);
}

churn_str churn__version_prop_name(const churn__version *version, uint32_t prop)
{
    return churn__props_name(version->props, prop);
}

/* How many customers ahead the index, the lists and the events themselves are asked for: each
 * stands on the one before. */
#define AHEAD_INDEX 24u
#define AHEAD_LISTS 16u
#define AHEAD_EVENTS 8u

#define AHEAD_BYTES 2048u /* of a column: who has more is read for long enough by themselves */
#define CACHE_LINE 64u

static void column_ahead(const void *column, size_t size, uint32_t first, uint32_t end)
{
    const char *at = (const char *)column + (size_t)first * size;
    size_t bytes = (size_t)(end - first) * size;
    bytes = bytes < AHEAD_BYTES ? bytes : AHEAD_BYTES;
    for (size_t i = 0; column != NULL && i < bytes + CACHE_LINE; i += CACHE_LINE) {
        __builtin_prefetch(at + i);
    }
    /* gcc takes a function that only prefetches for one that does nothing, and leaves out calls. */
    __asm__ __volatile__("");
}

static void events_ahead(const event_run *run, uint32_t customer)
{
    if (customer < run->index.slots) {
        uint32_t first = run->lists[run->index.begin[customer]].begin;
        uint32_t end = run->lists[run->index.begin[customer + 1]].begin;
        column_ahead(run->cells.at, sizeof *run->cells.at, first, end);
        column_ahead(run->cells.user, sizeof *run->cells.user, first, end);
        column_ahead(run->cells.value, sizeof *run->cells.value, first, end);
    }
}

void churn__reader_ahead(const churn__reader *reader, const uint32_t *customers, uint32_t n)
{
    const churn__version *v = reader->version;
    const event_run *run = v->event_runs > 0 ? v->events[0] : NULL; /* which has nearly all */
    if (run == NULL || run->index.customer != NULL) {
        return;
    }
    if (n > AHEAD_INDEX && customers[AHEAD_INDEX] < run->index.slots) {
        __builtin_prefetch(run->index.begin + customers[AHEAD_INDEX]);
    }
    if (n > AHEAD_LISTS && customers[AHEAD_LISTS] < run->index.slots) {
        __builtin_prefetch(run->lists + run->index.begin[customers[AHEAD_LISTS]]);
    }
    if (n > AHEAD_EVENTS) {
        events_ahead(run, customers[AHEAD_EVENTS]);
    }
}

uint32_t churn__reader_event_types(churn__reader *reader, uint32_t customer, const uint32_t **types)
{
    const churn__version *v = reader->version;
    uint32_t lists = churn__store_event_lists(v->events, v->event_runs, customer);
    *types = NULL;
    if (!churn__grow(reader->heap, (void **)&reader->types, &reader->type_capacity, lists,
                     sizeof *reader->types)) {
        reader->failed = true;
        return 0;
    }
    *types = reader->types;
    return churn__store_event_types(v->events, v->event_runs, customer, reader->types);
}

/* ---- rows ---- */

static uint32_t block(const churn__reader *reader, uint32_t kind, uint32_t customer,
                      const void **rows)
{
    const churn__version *v = reader->version;
    return churn__store_row_block(v->rows[kind], v->row_runs[kind], customer, rows);
}

static const row_head *row_at(uint32_t kind, const void *rows, uint32_t i)
{
    return (const void *)((const char *)rows + (size_t)i * churn__store_kinds[kind].row_size);
}

static size_t seen_rows(churn__reader *reader, uint32_t kind, uint32_t customer, churn_time as_of,
                        const void **out)
{
    const kind_info *info = &churn__store_kinds[kind];
    rows_out *to = &reader->out[kind];
    const void *rows = NULL;
    size_t count = 0;
    if (to->kept && to->customer == customer && to->as_of == as_of) {
        *out = to->data;
        return to->count;
    }
    uint32_t n = block(reader, kind, customer, &rows);
    *out = NULL;
    if (n == 0) {
        return 0;
    }
    to->kept = false;
    if (!churn__grow(reader->heap, (void **)&to->data, &to->capacity, n, out_size(kind))) {
        reader->failed = true;
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        const row_head *row = row_at(kind, rows, i);
        if (row_seen(info, row, as_of)) {
            churn__store_show_row(info, row, as_of, to->data + count++ * out_size(kind));
        }
    }
    to->kept = true;
    to->customer = customer;
    to->as_of = as_of;
    to->count = count;
    *out = to->data;
    return count;
}

/* The readers of a kind, all alike. */
#define READER(name, kind, number)                                                          \
    size_t churn__reader_##name(churn__reader *reader, uint32_t customer, churn_time as_of, \
                                const churn__##kind **out)                                  \
    {                                                                                       \
        const void *rows = NULL;                                                            \
        size_t n = seen_rows(reader, number, customer, as_of, &rows);                       \
        *out = rows;                                                                        \
        return n;                                                                           \
    }

READER(subscriptions, subscription, KIND_SUBSCRIPTION)
READER(invoices, invoice, KIND_INVOICE)
READER(tickets, ticket, KIND_TICKET)
READER(surveys, survey, KIND_SURVEY)
READER(churns, churn, KIND_CHURN)
READER(contacts, contact, KIND_CONTACT)
READER(milestones, milestone, KIND_MILESTONE)
READER(touchpoints, touchpoint, KIND_TOUCHPOINT)
READER(overrides, override, KIND_OVERRIDE)

bool churn__reader_override(const churn__reader *reader, uint32_t customer, uint32_t score,
                            churn_time as_of, churn__override *out)
{
    const kind_info *info = &churn__store_kinds[KIND_OVERRIDE];
    const void *rows = NULL;
    for (uint32_t i = block(reader, KIND_OVERRIDE, customer, &rows); i-- > 0;) {
        const row_head *row = row_at(KIND_OVERRIDE, rows, i);
        if (row->id == score && row_seen(info, row, as_of)) {
            churn__store_show_row(info, row, as_of, out);
            return true;
        }
    }
    return false;
}

#define BUSINESS_READER(name, kind, number)                                  \
    size_t churn__reader_##name(churn__reader *reader, churn_time as_of,     \
                                const churn__##kind **out)                   \
    {                                                                        \
        const void *rows = NULL;                                             \
        size_t n = seen_rows(reader, number, CHURN__BUSINESS, as_of, &rows); \
        *out = rows;                                                         \
        return n;                                                            \
    }

BUSINESS_READER(spends, spend, KIND_SPEND)
BUSINESS_READER(rates, rate, KIND_RATE)
BUSINESS_READER(announcements, announcement, KIND_ANNOUNCEMENT)
BUSINESS_READER(measures, measure, KIND_MEASURE)

/* ---- attributes ---- */

/* Rows of a customer lie by (name, valid_from, known_at): the end of a name's. */
static uint32_t name_end(const attribute_row *rows, uint32_t n, uint32_t name)
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows[middle].head.id <= name) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static churn__value value_of(const churn__version *v, const attribute_row *row)
{
    churn__value value = {.type = (churn__type)row->type};
    switch (row->type) {
    case CHURN__TYPE_STRING:
        value.as.s = churn__dict_view_get(v->texts, (uint32_t)row->bits);
        break;
    case CHURN__TYPE_DOUBLE:
        memcpy(&value.as.d, &row->bits, sizeof value.as.d);
        break;
    case CHURN__TYPE_TIME:
        value.as.t = (churn_time)row->bits;
        break;
    case CHURN__TYPE_BOOL:
        value.as.b = (uint8_t)row->bits;
        break;
    default:
        value.missing = CHURN__NOT_PROVIDED;
        break;
    }
    return value;
}

churn__value churn__reader_attribute(churn__reader *reader, uint32_t customer, uint32_t name,
                                     churn_time as_of)
{
    const void *rows = NULL;
    uint32_t n = block(reader, KIND_ATTRIBUTE, customer, &rows);
    const attribute_row *all = rows;
    for (uint32_t i = n == 0 ? 0 : name_end(all, n, name); i-- > 0 && all[i].head.id == name;) {
        if (row_seen(&churn__store_kinds[KIND_ATTRIBUTE], &all[i].head, as_of)) {
            return value_of(reader->version, &all[i]);
        }
    }
    return (churn__value){.missing = CHURN__NOT_PROVIDED};
}

size_t churn__reader_attribute_states(churn__reader *reader, uint32_t customer, uint32_t name,
                                      churn_time as_of, const churn__attribute_state **out)
{
    const void *rows = NULL;
    uint32_t n = block(reader, KIND_ATTRIBUTE, customer, &rows);
    const attribute_row *all = rows;
    uint32_t end = n == 0 ? 0 : name_end(all, n, name), begin = end;
    size_t count = 0;
    while (begin > 0 && all[begin - 1].head.id == name) {
        begin--;
    }
    if (!churn__grow(reader->heap, (void **)&reader->states, &reader->state_capacity, end - begin,
                     sizeof *reader->states)) {
        reader->failed = true;
        return 0;
    }
    for (uint32_t i = begin; i < end; i++) {
        if (row_seen(&churn__store_kinds[KIND_ATTRIBUTE], &all[i].head, as_of)) {
            reader->states[count++] =
                (churn__attribute_state){all[i].head.when, value_of(reader->version, &all[i])};
        }
    }
    *out = reader->states;
    return count;
}
