/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_STORE_ROWS_H
#define CHURN_TESTS_STORE_ROWS_H

/*
 * The same records on all ways into a store: one by one, as columns, as an Arrow stream. Columns
 * and streams are made from the structs by the library's own table of fields.
 */
#include "store_support.h"

#include <math.h>

#include "arrow/arrow.h"
#include "store/kinds.h"
#include "table/table.h"

static inline const char *cell_text(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_string(table, row, churn_table_find(table, column, CHURN_NTS)).ptr;
}

static inline int64_t cell_int(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_int(table, row, churn_table_find(table, column, CHURN_NTS));
}

typedef union any_record {
    uint32_t struct_size;
    churn_customer customer;
    churn_attribute attribute;
    churn_event event;
    churn_subscription subscription;
    churn_invoice invoice;
    churn_ticket ticket;
    churn_survey survey;
    churn_churn churn;
    churn_contact contact;
    churn_alias alias;
    churn_milestone milestone;
    churn_touchpoint touchpoint;
    churn_spend spend;
    churn_rate rate;
    churn_announcement announcement;
    churn_override override;
    churn_measure measure;
    char bytes[512];
} any_record;

typedef struct columns {
    char bytes[1024]; /* the batch struct */
    void *owned[128];
    size_t owned_count;
} columns;

static inline void *columns_alloc(columns *c, size_t size)
{
    void *data = calloc(1, size + 8);
    assert_non_null(data);
    assert_true(c->owned_count < 128);
    c->owned[c->owned_count++] = data;
    return data;
}

static inline void columns_free(columns *c)
{
    for (size_t i = 0; i < c->owned_count; i++) {
        free(c->owned[i]);
    }
}

static inline churn_str text_at(const any_record *r, size_t offset)
{
    churn_str s;
    memcpy(&s, r->bytes + offset, sizeof s);
    return s;
}

static inline int64_t int_at(const any_record *r, size_t offset)
{
    int64_t v;
    memcpy(&v, r->bytes + offset, sizeof v);
    return v;
}

static inline churn_string_column strings_of(columns *c, const any_record *rows, size_t n,
                                             size_t offset)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        total += text_at(&rows[i], offset).len;
    }
    char *bytes = columns_alloc(c, total);
    int64_t *offsets = columns_alloc(c, (n + 1) * sizeof *offsets);
    uint8_t *valid = columns_alloc(c, n / 8 + 1);
    for (size_t i = 0; i < n; i++) {
        churn_str s = text_at(&rows[i], offset);
        offsets[i] = (int64_t)at;
        if (s.ptr != NULL) {
            memcpy(bytes + at, s.ptr, s.len);
            valid[i / 8] = (uint8_t)(valid[i / 8] | 1u << i % 8);
        }
        at += s.len;
    }
    offsets[n] = (int64_t)at;
    return (churn_string_column){.bytes = bytes, .offsets = offsets, .valid = valid};
}

static inline int64_t *ints_of(columns *c, const any_record *rows, size_t n, size_t offset)
{
    int64_t *values = columns_alloc(c, n * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        values[i] = int_at(&rows[i], offset);
    }
    return values;
}

static inline void put_column(columns *c, const field *f, const any_record *rows, size_t n)
{
    char *to = c->bytes + f->batch;
    if (f->type == FIELD_TIME || f->type == FIELD_COUNT || f->type == FIELD_MONEY ||
        f->type == FIELD_NUMBER) {
        churn_time_column column = {.values = ints_of(c, rows, n, f->single)};
        memcpy(to, &column, sizeof column);
    } else if (f->type == FIELD_TRUTH) {
        churn_bool_column column = {.valid = NULL};
        uint8_t *values = columns_alloc(c, n), *valid = columns_alloc(c, n / 8 + 1);
        for (size_t i = 0; i < n; i++) {
            churn_truth truth;
            memcpy(&truth, rows[i].bytes + f->single, sizeof truth);
            values[i] = truth == 1;
            valid[i / 8] = (uint8_t)(valid[i / 8] | (truth != CHURN_TRUTH_NONE) << i % 8);
        }
        column.values = values;
        column.valid = valid;
        memcpy(to, &column, sizeof column);
    } else if (f->type == FIELD_VALUE) { /* texts in these tests */
        churn_any_column column = {.type = CHURN_TYPE_STRING};
        size_t at = f->single + offsetof(churn_value, string);
        column.strings = strings_of(c, rows, n, at);
        memcpy(to, &column, sizeof column);
    } else {
        churn_string_column column = strings_of(c, rows, n, f->single);
        memcpy(to, &column, sizeof column);
    }
}

static inline void columns_make(columns *c, uint32_t kind, const any_record *rows, size_t n)
{
    const kind_info *info = &churn__store_kinds[kind];
    churn_event_batch head = {.struct_size = info->batch_size, .row_count = n};
    memset(c, 0, sizeof *c);
    memcpy(c->bytes, &head, offsetof(churn_event_batch, id));
    for (uint32_t i = 0; i < info->field_count; i++) {
        put_column(c, &info->fields[i], rows, n);
    }
}

static inline churn_status add_columns(churn_store *store, uint32_t kind, const void *batch,
                                       const churn_load_options *options, churn_load_report *report,
                                       churn_error *err)
{
    switch (kind) {
    case KIND_CUSTOMER:
        return churn_store_add_customers(store, batch, options, report, err);
    case KIND_ATTRIBUTE:
        return churn_store_add_attributes(store, batch, options, report, err);
    case KIND_EVENT:
        return churn_store_add_events(store, batch, options, report, err);
    case KIND_SUBSCRIPTION:
        return churn_store_add_subscriptions(store, batch, options, report, err);
    case KIND_INVOICE:
        return churn_store_add_invoices(store, batch, options, report, err);
    case KIND_TICKET:
        return churn_store_add_tickets(store, batch, options, report, err);
    case KIND_SURVEY:
        return churn_store_add_surveys(store, batch, options, report, err);
    case KIND_CONTACT:
        return churn_store_add_contacts(store, batch, options, report, err);
    case KIND_ALIAS:
        return churn_store_add_aliases(store, batch, options, report, err);
    case KIND_MILESTONE:
        return churn_store_add_milestones(store, batch, options, report, err);
    case KIND_TOUCHPOINT:
        return churn_store_add_touchpoints(store, batch, options, report, err);
    case KIND_SPEND:
        return churn_store_add_spends(store, batch, options, report, err);
    case KIND_RATE:
        return churn_store_add_rates(store, batch, options, report, err);
    case KIND_ANNOUNCEMENT:
        return churn_store_add_announcements(store, batch, options, report, err);
    case KIND_OVERRIDE:
        return churn_store_add_overrides(store, batch, options, report, err);
    case KIND_MEASURE:
        return churn_store_add_measures(store, batch, options, report, err);
    default:
        return churn_store_add_churns(store, batch, options, report, err);
    }
}

static inline churn_status add_one(churn_store *store, uint32_t kind, const any_record *r,
                                   churn_error *err)
{
    switch (kind) {
    case KIND_CUSTOMER:
        return churn_store_add_customer(store, &r->customer, err);
    case KIND_ATTRIBUTE:
        return churn_store_add_attribute(store, &r->attribute, err);
    case KIND_EVENT:
        return churn_store_add_event(store, &r->event, err);
    case KIND_SUBSCRIPTION:
        return churn_store_add_subscription(store, &r->subscription, err);
    case KIND_INVOICE:
        return churn_store_add_invoice(store, &r->invoice, err);
    case KIND_TICKET:
        return churn_store_add_ticket(store, &r->ticket, err);
    case KIND_SURVEY:
        return churn_store_add_survey(store, &r->survey, err);
    case KIND_CONTACT:
        return churn_store_add_contact(store, &r->contact, err);
    case KIND_ALIAS:
        return churn_store_add_alias(store, &r->alias, err);
    case KIND_MILESTONE:
        return churn_store_add_milestone(store, &r->milestone, err);
    case KIND_TOUCHPOINT:
        return churn_store_add_touchpoint(store, &r->touchpoint, err);
    case KIND_SPEND:
        return churn_store_add_spend(store, &r->spend, err);
    case KIND_RATE:
        return churn_store_add_rate(store, &r->rate, err);
    case KIND_ANNOUNCEMENT:
        return churn_store_add_announcement(store, &r->announcement, err);
    case KIND_OVERRIDE:
        return churn_store_add_override(store, &r->override, err);
    case KIND_MEASURE:
        return churn_store_add_measure(store, &r->measure, err);
    default:
        return churn_store_add_churn(store, &r->churn, err);
    }
}

static inline churn_status add_batch(churn_store *store, uint32_t kind, const any_record *rows,
                                     size_t n, const churn_load_options *options,
                                     churn_load_report *report, churn_error *err)
{
    columns c;
    columns_make(&c, kind, rows, n);
    churn_status st = add_columns(store, kind, c.bytes, options, report, err);
    columns_free(&c);
    return st;
}

static inline churn_column_type column_type(field_type type)
{
    switch (type) {
    case FIELD_TIME:
        return CHURN_COLUMN_TIME;
    case FIELD_COUNT:
    case FIELD_MONEY:
        return CHURN_COLUMN_INT;
    case FIELD_NUMBER:
        return CHURN_COLUMN_DOUBLE;
    case FIELD_TRUTH:
        return CHURN_COLUMN_BOOL;
    default:
        return CHURN_COLUMN_STRING;
    }
}

static inline void put_table_cell(churn__table_builder *b, uint32_t column, const field *f,
                                  const any_record *r)
{
    double number;
    churn_truth truth;
    int64_t value = int_at(r, f->single);
    switch (f->type) {
    case FIELD_TIME:
        churn__table_add_time(b, column, value);
        break;
    case FIELD_COUNT:
    case FIELD_MONEY:
        if (value == CHURN_INT_NONE) {
            churn__table_add_null(b, column);
        } else {
            churn__table_add_int(b, column, value);
        }
        break;
    case FIELD_NUMBER:
        memcpy(&number, r->bytes + f->single, sizeof number);
        churn__table_add_double(b, column, number);
        break;
    case FIELD_TRUTH:
        memcpy(&truth, r->bytes + f->single, sizeof truth);
        if (truth == CHURN_TRUTH_NONE) {
            churn__table_add_null(b, column);
        } else {
            churn__table_add_bool(b, column, truth != 0);
        }
        break;
    case FIELD_VALUE:
        churn__table_add_string(b, column, text_at(r, f->single + offsetof(churn_value, string)));
        break;
    default:
        churn__table_add_string(b, column, text_at(r, f->single));
        break;
    }
}

static inline churn_status add_stream_with(churn_store *store, uint32_t kind,
                                           const any_record *rows, size_t n,
                                           const churn_load_options *how, churn_load_report *report,
                                           churn_error *err)
{
    const kind_info *info = &churn__store_kinds[kind];
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__table_builder *b = churn__table_begin(heap, n);
    churn_table *table = NULL;
    struct ArrowArrayStream stream;
    churn_load_options options = *how;
    options.money = CHURN_MONEY_MINOR;
    for (uint32_t f = 0; f < info->field_count; f++) {
        uint32_t column =
            churn__table_column(b, info->fields[f].name, column_type(info->fields[f].type));
        for (size_t i = 0; i < n; i++) {
            put_table_cell(b, column, &info->fields[f], &rows[i]);
        }
    }
    assert_ok(churn__table_finish(b, &table, NULL));
    assert_ok(churn__arrow_export(table, 400, &stream, NULL)); /* several batches */
    churn_table_free(table);
    churn_status st = churn_store_add_stream(store, info->record, &stream, &options, report, err);
    if (stream.release != NULL) {
        stream.release(&stream);
    }
    churn__heap_release(heap);
    return st;
}

static inline churn_status add_stream(churn_store *store, uint32_t kind, const any_record *rows,
                                      size_t n, churn_load_report *report, churn_error *err)
{
    churn_load_options options = {.struct_size = sizeof options};
    return add_stream_with(store, kind, rows, n, &options, report, err);
}

/* ---- random records ---- */

static inline uint32_t chance(uint64_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 33) % below;
}

static const char *const some_customers[] = {"acme", "bolt", "core", "dune", "echo", "fern"};
static const char *const some_ids[] = {"k00", "k01", "k02", "k03", "k04", "k05", "k06", "k07",
                                       "k08", "k09", "k10", "k11", "k12", "k13", "k14", "k15",
                                       "k16", "k17", "k18", "k19", "k20", "k21", "k22", "k23"};
static const char *const some_words[] = {"login", "export", "report", "invite", "high", "low"};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static inline churn_str some_text(uint64_t *state)
{
    return chance(state, 3) == 0 ? (churn_str){NULL, 0} : text(some_words[chance(state, 6)]);
}

/* Whole hours, so that ties happen. */
static inline churn_time some_time(uint64_t *state, uint32_t days)
{
    return T(0) + (int64_t)chance(state, days * 4) * 6 * CHURN__HOUR;
}

static inline churn_time maybe_time(uint64_t *state)
{
    return chance(state, 2) == 0 ? CHURN_TIME_NONE : some_time(state, 120);
}

static inline void random_optional(uint64_t *state, const field *f, any_record *r)
{
    churn_str s = some_text(state);
    churn_time at = maybe_time(state);
    int64_t amount = chance(state, 3) == 0 ? CHURN_INT_NONE : (int64_t)chance(state, 5000);
    double number = chance(state, 3) == 0 ? (double)NAN : chance(state, 5);
    churn_truth truth = (churn_truth)chance(state, 3) - 1;
    switch (f->type) {
    case FIELD_TEXT:
        memcpy(r->bytes + f->single, &s, sizeof s);
        break;
    case FIELD_TIME:
        memcpy(r->bytes + f->single, &at, sizeof at);
        break;
    case FIELD_COUNT:
    case FIELD_MONEY:
        memcpy(r->bytes + f->single, &amount, sizeof amount);
        break;
    case FIELD_NUMBER:
        memcpy(r->bytes + f->single, &number, sizeof number);
        break;
    case FIELD_TRUTH:
        memcpy(r->bytes + f->single, &truth, sizeof truth);
        break;
    default:
        break;
    }
}

static inline const field *field_of(uint32_t kind, const char *name)
{
    return churn__store_field(&churn__store_kinds[kind], text(name));
}

static inline void set_text(uint32_t kind, any_record *r, const char *name, const char *value)
{
    const field *f = field_of(kind, name);
    churn_str s = text(value);
    if (f != NULL) {
        memcpy(r->bytes + f->single, &s, sizeof s);
    }
}

/* A good record of any kind; an id always belongs to the same customer. */
static inline void random_record(uint64_t *state, uint32_t kind, any_record *r)
{
    static const char *const statuses[] = {"trial", "active", "past_due", "cancelled"};
    static const char *const surveys[] = {"nps", "csat", "ces", "custom"};
    static const char *const churns[] = {"voluntary", "involuntary", "downgrade", "pause"};
    const kind_info *info = &churn__store_kinds[kind];
    uint32_t id = chance(state, COUNT_OF(some_ids));
    churn_record_init(info->record, r, info->single_size);
    for (uint32_t i = 0; i < info->field_count; i++) {
        random_optional(state, &info->fields[i], r);
    }
    bool may_lack = kind == KIND_EVENT || kind == KIND_SPEND;
    bool has_id = !may_lack || chance(state, 2) == 0;
    uint32_t customer = has_id ? id % COUNT_OF(some_customers) : chance(state, 6);
    set_text(kind, r, kind == KIND_CUSTOMER ? "id" : "customer", some_customers[customer]);
    if (kind != KIND_CUSTOMER && has_id) {
        set_text(kind, r, "id", some_ids[id]);
        set_text(kind, r, "alias", some_ids[id]);
    }
    set_text(kind, r, "source", "billing");
    set_text(kind, r, "channel", some_words[chance(state, 4)]);
    set_text(kind, r, "name", some_words[chance(state, 4)]);
    set_text(kind, r, "type", some_words[chance(state, 4)]);
    set_text(kind, r, "status", statuses[chance(state, 4)]);
    set_text(kind, r, "kind",
             kind == KIND_SURVEY ? surveys[chance(state, 4)] : churns[chance(state, 4)]);
    set_text(kind, r, "currency", chance(state, 2) == 0 ? "USD" : "JPY");
    set_text(kind, r, "period", chance(state, 2) == 0 ? "month" : "2 years");
    for (uint32_t i = 0; i < info->field_count; i++) {
        const field *f = &info->fields[i];
        churn_time at = some_time(state, 60);
        int64_t amount = chance(state, 9000);
        double number = 1 + chance(state, 10);
        if (f->type == FIELD_TIME && (f->required || strcmp(f->name, "valid_from") == 0)) {
            memcpy(r->bytes + f->single, &at, sizeof at);
        }
        if (f->type == FIELD_MONEY && f->required) {
            memcpy(r->bytes + f->single, &amount, sizeof amount);
        }
        if (f->type == FIELD_NUMBER && f->required) {
            memcpy(r->bytes + f->single, &number, sizeof number);
        }
    }
    if (kind == KIND_OVERRIDE) {
        set_text(kind, r, "score", some_words[chance(state, 4)]);
        set_text(kind, r, "reason", some_words[chance(state, 4)]);
        r->override.value = chance(state, 4) == 0 ? (double)NAN : (double)chance(state, 101);
        bool ends = r->override.expires_at != CHURN_TIME_NONE;
        r->override.expires_at = ends ? r->override.at + 1 + chance(state, 1000) : CHURN_TIME_NONE;
    }
    if (kind == KIND_ATTRIBUTE) {
        r->attribute.value =
            (churn_value){.type = CHURN_TYPE_STRING, .string = text(some_words[chance(state, 3)])};
    }
}

/* The fields of a key, where there is no id that is one by itself. */
static const char *const key_fields[KINDS][4] = {
    [KIND_CUSTOMER] = {"id"},
    [KIND_ATTRIBUTE] = {"customer", "name", "valid_from"},
    [KIND_SUBSCRIPTION] = {"id", "valid_from"},
    [KIND_SURVEY] = {"customer", "at", "kind", "user"},
    [KIND_CHURN] = {"customer", "at", "kind"},
    [KIND_CONTACT] = {"id", "valid_from"},
    [KIND_ALIAS] = {"source", "alias"},
    [KIND_MILESTONE] = {"customer", "name"},
    [KIND_SPEND] = {"at", "currency", "channel"},
    [KIND_RATE] = {"currency", "at"},
    [KIND_ANNOUNCEMENT] = {"name", "at"},
    [KIND_MEASURE] = {"name", "at"},
    [KIND_OVERRIDE] = {"customer", "score", "at"},
};

static inline bool same_field(const field *f, const any_record *a, const any_record *b)
{
    return f->type == FIELD_TIME ? int_at(a, f->single) == int_at(b, f->single)
                                 : churn__str_eq(text_at(a, f->single), text_at(b, f->single));
}

static inline bool same_key(uint32_t kind, const any_record *a, const any_record *b)
{
    const field *id = field_of(kind, "id");
    bool is_key = key_fields[kind][0] != NULL && strcmp(key_fields[kind][0], "id") == 0;
    bool with_id =
        id != NULL && (text_at(a, id->single).ptr != NULL || key_fields[kind][0] == NULL);
    if (with_id && !is_key) {
        return text_at(a, id->single).ptr != NULL && same_field(id, a, b);
    }
    bool same = key_fields[kind][0] != NULL;
    for (size_t i = 0; same && i < 4 && key_fields[kind][i] != NULL; i++) {
        same = same_field(field_of(kind, key_fields[kind][i]), a, b);
    }
    return same;
}

static inline void shuffle(uint64_t *state, any_record *rows, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = chance(state, (uint32_t)i);
        any_record swap = rows[i - 1];
        rows[i - 1] = rows[j];
        rows[j] = swap;
    }
}

#endif
