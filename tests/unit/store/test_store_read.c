/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

#include <churn/read.h>

/* What is read back: every kind, every filter, and loaded again. */

#define ROWS 250
#define assert_fails(call, status) assert_int_equal((call), (status))

static churn_table *read_kind(churn_store *store, churn_record_kind kind,
                              const churn_read_options *options)
{
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_ok(churn_store_records(store, kind, options, &table, &err));
    return table;
}

static uint32_t column_named(const churn_table *table, const char *name)
{
    uint32_t column = churn_table_find(table, name, CHURN_NTS);
    assert_true(column != CHURN_COLUMN_NONE);
    return column;
}

static const char *cell(const churn_table *table, uint64_t row, const char *name)
{
    uint32_t column = column_named(table, name);
    return churn_table_is_null(table, row, column) ? NULL
                                                   : churn_table_string(table, row, column).ptr;
}

static churn_time time_cell(const churn_table *table, uint64_t row, const char *name)
{
    return churn_table_time(table, row, column_named(table, name));
}

static const char *instant_name(uint32_t kind)
{
    for (uint32_t i = 0; i < churn__store_kinds[kind].field_count; i++) {
        if (churn__store_kinds[kind].fields[i].row == offsetof(row_head, when)) {
            return churn__store_kinds[kind].fields[i].name;
        }
    }
    return kind == KIND_CUSTOMER ? "since" : NULL;
}

static const char *customer_name(uint32_t kind)
{
    return kind == KIND_CUSTOMER ? "id" : "customer";
}

static bool is_business(uint32_t kind)
{
    return churn__store_kinds[kind].business;
}

/* ---- random stores with versions ---- */

static bool is_key(uint32_t kind, const field *f)
{
    bool key = f->required || f->key || f->type == FIELD_ID || strcmp(f->name, "known_at") == 0;
    for (size_t i = 0; i < 4 && key_fields[kind][i] != NULL; i++) {
        key = key || strcmp(f->name, key_fields[kind][i]) == 0;
    }
    return key;
}

static bool same_as_before(uint32_t kind, const any_record *rows, size_t n)
{
    bool same = false;
    for (size_t j = 0; j < n && !same; j++) {
        same = same_key(kind, &rows[n], &rows[j]);
    }
    return same;
}

/* Records of a kind with keys of their own, then later versions of half of them. */
static void fill(churn_store *store, uint64_t *state, uint32_t kind)
{
    static any_record rows[ROWS];
    const kind_info *info = &churn__store_kinds[kind];
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++) {
        random_record(state, kind, &rows[n]);
        n += !same_as_before(kind, rows, n);
    }
    assert_ok(add_batch(store, kind, rows, n, NULL, NULL, NULL));
    for (size_t i = 0; i < n; i++) {
        churn_time known = T(200);
        for (uint32_t f = 0; f < info->field_count; f++) {
            if (!is_key(kind, &info->fields[f])) {
                random_optional(state, &info->fields[f], &rows[i]);
            }
        }
        memcpy(rows[i].bytes + field_of(kind, "known_at")->single, &known, sizeof known);
        if (kind == KIND_CUSTOMER) {
            rows[i].customer.since = T(chance(state, 30));
        }
    }
    bool versions = kind != KIND_EVENT && n > 4;
    assert_ok(add_batch(store, kind, rows, versions ? n / 2 : 0, NULL, NULL, NULL));
}

/* ---- loaded again ---- */

static void load_customers(churn_store *store, const churn_table *table)
{
    for (uint64_t i = 0; i < churn_table_row_count(table); i++) {
        churn_customer c;
        churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
        c.id = text(cell(table, i, "id"));
        c.since = time_cell(table, i, "since");
        c.known_at = time_cell(table, i, "known_at");
        assert_ok(churn_store_add_customer(store, &c, NULL));
    }
}

static churn_value value_cell(const churn_table *table, uint64_t row)
{
    const char *type = cell(table, row, "type");
    churn_value value = {.type = 0};
    if (type == NULL) {
        assert_null(cell(table, row, "value"));
    } else if (strcmp(type, "string") == 0) {
        value.type = CHURN_TYPE_STRING;
        value.string = text(cell(table, row, "value"));
    } else if (strcmp(type, "double") == 0) {
        value.type = CHURN_TYPE_DOUBLE;
        value.number = churn_table_double(table, row, column_named(table, "number"));
    } else if (strcmp(type, "bool") == 0) {
        value.type = CHURN_TYPE_BOOL;
        value.truth = churn_table_bool(table, row, column_named(table, "truth"));
    } else {
        assert_string_equal(type, "timestamp");
        value.type = CHURN_TYPE_TIME;
        value.integer = time_cell(table, row, "time");
    }
    return value;
}

static void load_attributes(churn_store *store, const churn_table *table)
{
    for (uint64_t i = 0; i < churn_table_row_count(table); i++) {
        churn_attribute a = attribute_of(cell(table, i, "customer"), cell(table, i, "name"), NULL,
                                         time_cell(table, i, "valid_from"));
        a.known_at = time_cell(table, i, "known_at");
        a.value = value_cell(table, i);
        assert_ok(churn_store_add_attribute(store, &a, NULL));
    }
}

static void load_table(churn_store *store, churn_record_kind kind, const churn_table *table)
{
    struct ArrowArrayStream stream;
    churn_load_report report = {.struct_size = sizeof report};
    churn_load_options options = {.struct_size = sizeof options, .money = CHURN_MONEY_MINOR};
    churn_error err = {.struct_size = sizeof err};
    assert_ok(churn_table_export(table, &stream, NULL));
    assert_ok(churn_store_add_stream(store, kind, &stream, &options, &report, &err));
    assert_int_equal(report.rejected, 0);
    assert_int_equal(report.seen, churn_table_row_count(table));
}

static void load_again(churn_store *from, churn_store *to, uint32_t kind)
{
    const churn_read_options all = {.struct_size = sizeof all, .flags = CHURN_READ_ALL_VERSIONS};
    churn_record_kind record = churn__store_kinds[kind].record;
    churn_table *table = read_kind(from, record, &all);
    if (kind == KIND_CUSTOMER) {
        load_customers(to, table);
    } else if (kind == KIND_ATTRIBUTE) {
        load_attributes(to, table);
    } else {
        load_table(to, record, table);
    }
    churn_table_free(table);
}

static void records__every_kind_loaded_again__same_hash(void **arg)
{
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        uint64_t state = 31 + kind;
        churn_store *store = store_new(), *copy = store_new();
        fill(store, &state, kind);
        load_again(store, copy, kind);
        assert_true(hash_of(copy) == hash_of(store));
        assert_int_equal(churn_store_record_count(copy, churn__store_kinds[kind].record),
                         churn_store_record_count(store, churn__store_kinds[kind].record));
        churn_store_free(copy);
        churn_store_free(store);
    }
}

static void add_value(churn_store *store, const char *customer, const char *name, churn_value value,
                      churn_time from)
{
    churn_attribute a = attribute_of(customer, name, NULL, from);
    a.value = value;
    assert_ok(churn_store_add_attribute(store, &a, NULL));
}

static void add_values(churn_store *store)
{
    const churn_value third = {.type = CHURN_TYPE_DOUBLE, .number = 1.0 / 3};
    const churn_value yes = {.type = CHURN_TYPE_BOOL, .truth = 1};
    const churn_value day = {.type = CHURN_TYPE_TIME, .integer = T(3)};
    const churn_value empty = {.type = CHURN_TYPE_STRING, .string = {"", 0}};
    const churn_value unset = {.type = 0};
    add_value(store, "acme", "share", third, CHURN_TIME_NONE);
    add_value(store, "acme", "share", unset, T(5));
    add_value(store, "acme", "vip", yes, T(1));
    add_value(store, "acme", "signed", day, T(1));
    add_value(store, "bolt", "note", empty, T(2));
    add_value(store, "bolt", "vip", third, T(1));
}

static void records__all_kinds_at_once_loaded_again__same_hash(void **arg)
{
    uint64_t state = 4242;
    churn_store *store = store_new(), *copy = store_new();
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        fill(store, &state, kind);
    }
    add_values(store);
    for (uint32_t kind = KINDS; kind-- > 0;) {
        load_again(store, copy, kind);
    }
    assert_true(hash_of(copy) == hash_of(store));
    churn_store_free(copy);
    churn_store_free(store);
}

/* ---- what a table has ---- */

static void records__any_kind__columns_are_its_fields_in_order(void **arg)
{
    churn_store *store = store_new();
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        const kind_info *info = &churn__store_kinds[kind];
        churn_table *table = read_kind(store, info->record, NULL);
        uint32_t column = 0;
        for (uint32_t i = 0; i < info->field_count; i++) {
            bool none = strcmp(info->fields[i].name, "valid_from") == 0 && kind == KIND_CUSTOMER;
            if (!none && info->fields[i].type != FIELD_VALUE) {
                assert_string_equal(churn_table_column_name(table, column), info->fields[i].name);
                column++;
            }
        }
        assert_int_equal(churn_table_column_count(table),
                         column + (kind == KIND_ATTRIBUTE ? 5 : 0));
        assert_int_equal(churn_table_row_count(table), 0);
        churn_table_free(table);
    }
    churn_store_free(store);
}

static int cmp_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

static void records__any_kind__rows_by_customer_and_instant(void **arg)
{
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        uint64_t state = 77 + kind;
        churn_store *store = store_new();
        fill(store, &state, kind);
        churn_table *table = read_kind(store, churn__store_kinds[kind].record, NULL);
        assert_true(churn_table_row_count(table) > 3);
        for (uint64_t i = 1; i < churn_table_row_count(table); i++) {
            int by = is_business(kind) ? 0
                                       : cmp_text(cell(table, i - 1, customer_name(kind)),
                                                  cell(table, i, customer_name(kind)));
            assert_true(by <= 0);
            assert_true(by < 0 || kind == KIND_ALIAS ||
                        time_cell(table, i - 1, instant_name(kind)) <=
                            time_cell(table, i, instant_name(kind)));
        }
        churn_table_free(table);
        churn_store_free(store);
    }
}

static void records__events_of_many_types_at_once__by_instant_then_type(void **arg)
{
    static const char *const types[] = {"zeta", "alpha", "mid", "beta", "omega"};
    churn_store *store = store_new();
    (void)arg;
    for (int day = 4; day >= 0; day--) {
        for (size_t i = 0; i < COUNT_OF(types); i++) {
            churn_event e = event_of("acme", types[i], T(day));
            assert_ok(churn_store_add_event(store, &e, NULL));
        }
        (void)churn_store_version(store); /* several runs */
    }
    churn_table *table = read_kind(store, CHURN_RECORD_EVENT, NULL);
    static const char *const expected[] = {"alpha", "beta", "mid", "omega", "zeta"};
    assert_int_equal(churn_table_row_count(table), 25);
    for (uint64_t i = 0; i < 25; i++) {
        assert_true(time_cell(table, i, "at") == T((int64_t)i / 5));
        assert_string_equal(cell(table, i, "type"), expected[i % 5]);
    }
    churn_table_free(table);
    churn_store_free(store);
}

/* ---- filters ---- */

/* Rows of a whole table that a filter must leave. */
static uint64_t count_rows(const churn_table *table, uint32_t kind, const char *customer,
                           churn_time from, churn_time to)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < churn_table_row_count(table); i++) {
        churn_time at = time_cell(table, i, instant_name(kind));
        bool who = customer == NULL || strcmp(cell(table, i, customer_name(kind)), customer) == 0;
        count += who && at >= from && at < to;
    }
    return count;
}

static void check_filter(churn_store *store, uint32_t kind, const churn_table *whole,
                         const churn_read_options *o)
{
    churn_record_kind record = churn__store_kinds[kind].record;
    churn_table *part = read_kind(store, record, o);
    uint64_t expected = count_rows(whole, kind, o->customer.ptr, o->from, o->to);
    churn_span span = {.struct_size = sizeof span};
    assert_ok(churn_store_span(store, record, o, &span, NULL));
    assert_int_equal(churn_table_row_count(part), expected);
    assert_int_equal(span.records, expected);
    assert_true(expected == 0 || span.first >= o->from);
    assert_true(span.last < o->to);
    churn_table_free(part);
}

static void records__filtered__as_the_whole_table_filtered(void **arg)
{
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        uint64_t state = 900 + kind;
        churn_store *store = store_new();
        if (kind == KIND_ALIAS) { /* has no instant */
            churn_store_free(store);
            continue;
        }
        fill(store, &state, kind);
        churn_table *whole = read_kind(store, churn__store_kinds[kind].record, NULL);
        for (int i = 0; i < 40; i++) { /* instants that records have: boundaries */
            churn_time a = some_time(&state, 60), b = some_time(&state, 60);
            churn_read_options o = {.struct_size = sizeof o, .from = a, .to = b};
            o.customer =
                !is_business(kind) && chance(&state, 2) == 0 ? text("core") : (churn_str){NULL, 0};
            check_filter(store, kind, whole, &o);
        }
        churn_table_free(whole);
        churn_store_free(store);
    }
}

static void records__from_and_to__half_open(void **arg)
{
    churn_store *store = store_new();
    (void)arg;
    for (int day = 0; day < 5; day++) {
        churn_event e = event_of("acme", "login", T(day));
        assert_ok(churn_store_add_event(store, &e, NULL));
    }
    churn_read_options o = {.struct_size = sizeof o, .from = T(1), .to = T(3)};
    churn_table *table = read_kind(store, CHURN_RECORD_EVENT, &o);
    assert_int_equal(churn_table_row_count(table), 2);
    assert_true(time_cell(table, 0, "at") == T(1));
    assert_true(time_cell(table, 1, "at") == T(2));
    churn_table_free(table);
    o.limit = 1;
    table = read_kind(store, CHURN_RECORD_EVENT, &o);
    assert_int_equal(churn_table_row_count(table), 1);
    churn_table_free(table);
    churn_store_free(store);
}

static void records__types__only_those_and_unknown_ones_are_no_error(void **arg)
{
    const churn_str types[] = {text("login"), text("never")};
    churn_store *store = store_new();
    churn_event e = event_of("acme", "login", T(1)), f = event_of("acme", "export", T(1));
    (void)arg;
    assert_ok(churn_store_add_event(store, &e, NULL));
    assert_ok(churn_store_add_event(store, &f, NULL));
    churn_read_options o = {.struct_size = sizeof o, .types = types, .type_count = 2};
    churn_table *table = read_kind(store, CHURN_RECORD_EVENT, &o);
    assert_int_equal(churn_table_row_count(table), 1);
    assert_string_equal(cell(table, 0, "type"), "login");
    churn_table_free(table);
    add_values(store);
    o.types = (const churn_str[]){text("vip")};
    o.type_count = 1;
    table = read_kind(store, CHURN_RECORD_ATTRIBUTE, &o);
    assert_int_equal(churn_table_row_count(table), 2);
    churn_table_free(table);
    churn_store_free(store);
}

/* ---- what is seen ---- */

static void records__as_of__later_fields_are_null(void **arg)
{
    churn_store *store = store_new();
    churn_ticket t = ticket_of("t1", "acme", T(1));
    (void)arg;
    t.first_response_at = T(2);
    t.closed_at = T(4);
    t.csat = 4;
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    churn_read_options o = {.struct_size = sizeof o, .as_of = T(1)};
    churn_table *table = read_kind(store, CHURN_RECORD_TICKET, &o);
    assert_int_equal(churn_table_row_count(table), 0); /* a fact of as_of is not seen */
    churn_table_free(table);
    o.as_of = T(2);
    table = read_kind(store, CHURN_RECORD_TICKET, &o);
    assert_int_equal(churn_table_row_count(table), 1);
    assert_true(time_cell(table, 0, "first_response_at") == T(2));
    assert_true(churn_table_is_null(table, 0, column_named(table, "closed_at")));
    assert_true(churn_table_is_null(table, 0, column_named(table, "csat")));
    churn_table_free(table);
    table = read_kind(store, CHURN_RECORD_TICKET, NULL);
    assert_true(time_cell(table, 0, "closed_at") == T(4));
    assert_true(churn_table_double(table, 0, column_named(table, "csat")) == 4);
    churn_table_free(table);
    churn_store_free(store);
}

static void records__versions__as_known_then_and_all_of_them(void **arg)
{
    churn_store *store = store_new();
    churn_ticket t = ticket_of("t1", "acme", T(1));
    (void)arg;
    t.priority = text("low");
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    t.priority = text("high");
    t.known_at = T(5);
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    churn_read_options o = {.struct_size = sizeof o, .as_of = T(4)};
    churn_table *table = read_kind(store, CHURN_RECORD_TICKET, &o);
    assert_string_equal(cell(table, 0, "priority"), "low");
    churn_table_free(table);
    table = read_kind(store, CHURN_RECORD_TICKET, NULL);
    assert_int_equal(churn_table_row_count(table), 1);
    assert_string_equal(cell(table, 0, "priority"), "high");
    churn_table_free(table);
    o = (churn_read_options){.struct_size = sizeof o, .flags = CHURN_READ_ALL_VERSIONS};
    table = read_kind(store, CHURN_RECORD_TICKET, &o);
    assert_int_equal(churn_table_row_count(table), 2);
    assert_true(time_cell(table, 0, "known_at") == T(1));
    assert_true(time_cell(table, 0, "known_until") == T(5));
    assert_true(churn_table_is_null(table, 1, column_named(table, "known_until")));
    churn_table_free(table);
    churn_store_free(store);
}

static void records__customers__attributes_beside_them(void **arg)
{
    churn_store *store = store_new();
    churn_customer c;
    (void)arg;
    add_values(store);
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = text("acme");
    c.since = T(-9);
    assert_ok(churn_store_add_customer(store, &c, NULL));
    churn_attribute clash = attribute_of("acme", "since", "long ago", T(1));
    assert_ok(churn_store_add_attribute(store, &clash, NULL));
    churn_table *table = read_kind(store, CHURN_RECORD_CUSTOMER, NULL);
    static const char *const names[] = {"id",    "since",  "known_at",        "note",
                                        "share", "signed", "attribute.since", "vip"};
    assert_int_equal(churn_table_row_count(table), 2);
    assert_int_equal(churn_table_column_count(table), COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)column_named(table, names[i]);
    }
    assert_true(time_cell(table, 0, "since") == T(-9));
    assert_true(churn_table_is_null(table, 1, column_named(table, "since")));
    assert_true(churn_table_is_null(table, 0, column_named(table, "share"))); /* unset since */
    assert_string_equal(cell(table, 0, "vip"), "true"); /* bool here, number there: text */
    assert_string_equal(cell(table, 1, "vip"), "0.3333333333333333");
    assert_true(time_cell(table, 0, "signed") == T(3));
    assert_string_equal(cell(table, 1, "note"), "");
    assert_string_equal(cell(table, 0, "attribute.since"), "long ago");
    churn_table_free(table);
    churn_read_options o = {.struct_size = sizeof o, .as_of = T(0)};
    table = read_kind(store, CHURN_RECORD_CUSTOMER, &o); /* bolt is named from day 1 on */
    assert_int_equal(churn_table_row_count(table), 1);
    assert_true(churn_table_double(table, 0, column_named(table, "share")) == 1.0 / 3);
    assert_int_equal(churn_table_column_count(table), 4);
    churn_table_free(table);
    churn_store_free(store);
}

/* ---- properties, the business, the erased ---- */

static void add_event_with(churn_store *store, const char *customer, const char *type,
                           churn_time at, const churn_named_value *props, uint32_t count)
{
    churn_event e = event_of(customer, type, at);
    e.props = props;
    e.prop_count = count;
    assert_ok(churn_store_add_event(store, &e, NULL));
}

/* Events with properties of every type, in one run or in several. */
static churn_store *store_with_props(bool runs)
{
    const churn_value pro = {.type = CHURN_TYPE_STRING, .string = text("pro")};
    const churn_value third = {.type = CHURN_TYPE_DOUBLE, .number = 1.0 / 3};
    const churn_value yes = {.type = CHURN_TYPE_BOOL, .truth = 1};
    const churn_value day = {.type = CHURN_TYPE_TIME, .integer = T(9)};
    const churn_named_value all[] = {{text("plan"), pro}, {text("share"), third}};
    const churn_named_value some[] = {{text("first"), yes}, {text("until"), day}};
    churn_store *store = store_new();
    for (int i = 0; i < 6; i++) { /* ties, and some without any */
        add_event_with(store, "acme", i % 2 == 0 ? "login" : "export", T(i / 3), all,
                       (uint32_t)i % 3);
        add_event_with(store, "bolt", "login", T(5 - i), some, (uint32_t)(i + 1) % 3);
        if (runs) {
            (void)churn_store_version(store);
        }
    }
    return store;
}

/* The properties in a row's cells; returns how many. */
static uint32_t props_of(const churn_table *table, uint64_t row, churn_named_value *props)
{
    uint32_t count = 0;
    for (uint32_t c = 0; c < churn_table_column_count(table); c++) {
        const char *name = churn_table_column_name(table, c);
        if (strncmp(name, "props.", 6) != 0 || churn_table_is_null(table, row, c)) {
            continue;
        }
        props[count++] =
            (churn_named_value){text(name + 6),
                                {.type = churn_table_column_type(table, c), /* the same numbers */
                                 .truth = churn_table_bool(table, row, c),
                                 .integer = churn_table_int(table, row, c),
                                 .number = churn_table_double(table, row, c),
                                 .string = churn_table_string(table, row, c)}};
    }
    return count;
}

static void load_events(churn_store *from, churn_store *to)
{
    churn_table *table = read_kind(from, CHURN_RECORD_EVENT, NULL);
    for (uint64_t i = 0; i < churn_table_row_count(table); i++) {
        churn_named_value props[8];
        uint32_t count = props_of(table, i, props);
        add_event_with(to, cell(table, i, "customer"), cell(table, i, "type"),
                       time_cell(table, i, "at"), props, count);
    }
    churn_table_free(table);
}

static void records__events_with_properties__columns_and_loaded_again(void **arg)
{
    static const char *const names[] = {"props.first", "props.plan", "props.share", "props.until"};
    (void)arg;
    for (int runs = 0; runs < 2; runs++) {
        churn_store *store = store_with_props(runs == 1), *copy = store_new(), *again = store_new();
        churn_table *table = read_kind(store, CHURN_RECORD_EVENT, NULL);
        assert_int_equal(churn_table_row_count(table), 12);
        for (uint32_t i = 0; i < COUNT_OF(names); i++) { /* by name, behind the fields */
            assert_int_equal(column_named(table, names[i]),
                             churn_table_column_count(table) - 4 + i);
        }
        uint64_t shares = 0;
        for (uint64_t i = 0; i < 12; i++) {
            shares += churn_table_double(table, i, column_named(table, "props.share")) == 1.0 / 3;
        }
        assert_int_equal(shares, 2);
        churn_table_free(table);
        load_events(store, copy);
        load_again(store, again, KIND_EVENT);
        assert_true(hash_of(copy) == hash_of(store));
        assert_true(hash_of(again) == hash_of(store));
        churn_store_free(again);
        churn_store_free(copy);
        churn_store_free(store);
    }
}

static void records__of_the_business__of_no_customer(void **arg)
{
    churn_store *store = store_new();
    churn_rate rate;
    churn_table *none = NULL;
    (void)arg;
    churn_record_init(CHURN_RECORD_RATE, &rate, sizeof rate);
    rate.currency = text("EUR");
    rate.at = T(1);
    rate.rate = 1.25;
    assert_ok(churn_store_add_rate(store, &rate, NULL));
    churn_table *table = read_kind(store, CHURN_RECORD_RATE, NULL);
    assert_int_equal(churn_table_row_count(table), 1);
    assert_string_equal(cell(table, 0, "currency"), "EUR");
    assert_true(churn_table_double(table, 0, column_named(table, "rate")) == 1.25);
    churn_table_free(table);
    churn_span span = {.struct_size = sizeof span};
    assert_ok(churn_store_span(store, CHURN_RECORD_RATE, NULL, &span, NULL));
    assert_int_equal(span.records, 1);
    assert_int_equal(span.customers, 0);
    churn_read_options o = {.struct_size = sizeof o, .customer = text("acme")};
    assert_fails(churn_store_records(store, CHURN_RECORD_RATE, &o, &none, NULL), CHURN_E_ARG);
    churn_store_free(store);
}

static void records__after_erasing__nothing_of_the_customer(void **arg)
{
    const churn_str gone[] = {text("core")};
    uint64_t state = 5;
    churn_store *store = store_new();
    churn_table *table = NULL;
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        fill(store, &state, kind);
    }
    assert_ok(churn_store_erase(store, gone, 1, NULL, NULL));
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        table = read_kind(store, churn__store_kinds[kind].record, NULL);
        assert_true(churn_table_row_count(table) > 0);
        for (uint64_t i = 0; !is_business(kind) && i < churn_table_row_count(table); i++) {
            assert_string_not_equal(cell(table, i, customer_name(kind)), "core");
        }
        churn_table_free(table);
    }
    assert_fails(churn_store_story(store, "core", CHURN_NTS, NULL, &table, NULL),
                 CHURN_E_NOT_FOUND);
    assert_ok(churn_store_sources(store, CHURN_TIME_NONE, &table, NULL));
    assert_int_equal(churn_table_int(table, 0, column_named(table, "records")), 5);
    churn_table_free(table);
    churn_store_free(store);
}

/* ---- errors ---- */

static void records__wrong_questions__refused(void **arg)
{
    churn_store *store = store_new();
    churn_table *table = NULL;
    churn_span span = {.struct_size = sizeof span};
    churn_read_options o = {.struct_size = sizeof o};
    (void)arg;
    assert_fails(churn_store_records(store, 99, NULL, &table, NULL), CHURN_E_ARG);
    assert_fails(churn_store_span(store, 99, NULL, &span, NULL), CHURN_E_ARG);
    o.customer = text("nobody");
    assert_fails(churn_store_records(store, CHURN_RECORD_TICKET, &o, &table, NULL),
                 CHURN_E_NOT_FOUND);
    assert_fails(churn_store_span(store, CHURN_RECORD_TICKET, &o, &span, NULL), CHURN_E_NOT_FOUND);
    o = (churn_read_options){.struct_size = sizeof o, .to = INT64_MAX};
    assert_fails(churn_store_records(store, CHURN_RECORD_TICKET, &o, &table, NULL), CHURN_E_RANGE);
    o = (churn_read_options){
        .struct_size = sizeof o, .flags = CHURN_READ_ALL_VERSIONS, .as_of = T(1)};
    assert_fails(churn_store_records(store, CHURN_RECORD_TICKET, &o, &table, NULL), CHURN_E_ARG);
    o = (churn_read_options){.struct_size = sizeof o, .flags = 1u << 9};
    assert_fails(churn_store_records(store, CHURN_RECORD_TICKET, &o, &table, NULL), CHURN_E_ARG);
    o = (churn_read_options){.struct_size = sizeof o, .type_count = 1};
    assert_fails(churn_store_records(store, CHURN_RECORD_TICKET, &o, &table, NULL), CHURN_E_ARG);
    assert_fails(churn_store_records(store, CHURN_RECORD_EVENT, &o, &table, NULL), CHURN_E_ARG);
    assert_null(table);
    churn_store_free(store);
}

static void records__cancelled__says_so(void **arg)
{
    uint64_t state = 8;
    churn_store *store = store_new();
    churn_table *table = NULL;
    churn_cancel *cancel = NULL;
    (void)arg;
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    churn_read_options o = {.struct_size = sizeof o, .cancel = cancel};
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        fill(store, &state, kind);
        assert_fails(churn_store_records(store, churn__store_kinds[kind].record, &o, &table, NULL),
                     CHURN_E_CANCELLED);
        assert_null(table);
    }
    churn_cancel_free(cancel);
    churn_store_free(store);
}

/* ---- sources ---- */

static void sources__marks_and_types__one_row_each(void **arg)
{
    churn_store *store = store_new();
    churn_event e = event_of("acme", "login", T(3)), f = event_of("bolt", "export", T(5));
    (void)arg;
    assert_ok(churn_store_add_event(store, &e, NULL));
    assert_ok(churn_store_add_event(store, &f, NULL));
    assert_ok(churn_store_mark(store, "product", CHURN_NTS, T(6), CHURN_TIME_NONE, NULL));
    assert_ok(churn_store_mark(store, "event", CHURN_NTS, T(4), T(4), NULL));
    churn_table *table = NULL;
    assert_ok(churn_store_sources(store, CHURN_TIME_NONE, &table, NULL));
    assert_int_equal(churn_table_row_count(table), KINDS + 3);
    uint64_t at = KIND_EVENT;
    assert_string_equal(cell(table, at, "source"), "event");
    assert_null(cell(table, at, "type"));
    assert_int_equal(churn_table_int(table, at, column_named(table, "records")), 2);
    assert_int_equal(churn_table_int(table, at, column_named(table, "customers")), 2);
    assert_true(time_cell(table, at, "first") == T(3));
    assert_true(time_cell(table, at, "mark") == T(4));
    assert_true(time_cell(table, at, "watermark") == T(5));
    assert_string_equal(cell(table, at + 1, "type"), "export");
    assert_string_equal(cell(table, at + 2, "type"), "login");
    assert_int_equal(churn_table_int(table, at + 2, column_named(table, "records")), 1);
    assert_string_equal(cell(table, KINDS + 2, "source"), "product");
    assert_true(time_cell(table, KINDS + 2, "watermark") == T(6));
    churn_table_free(table);
    assert_ok(churn_store_sources(store, T(3) + 1, &table, NULL));
    assert_int_equal(churn_table_row_count(table), KINDS + 2); /* no export yet */
    assert_int_equal(churn_table_int(table, at, column_named(table, "records")), 1);
    assert_true(churn_table_is_null(table, at, column_named(table, "mark")));
    assert_true(time_cell(table, KINDS + 1, "watermark") == T(3) + 1);
    churn_table_free(table);
    assert_fails(churn_store_sources(store, INT64_MAX, &table, NULL), CHURN_E_RANGE);
    churn_store_free(store);
}

static void span__empty_store__nothing(void **arg)
{
    churn_store *store = store_new();
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        churn_span span = {.struct_size = sizeof span, .records = 7};
        assert_ok(churn_store_span(store, churn__store_kinds[kind].record, NULL, &span, NULL));
        assert_int_equal(span.records, 0);
        assert_int_equal(span.customers, 0);
        assert_true(span.first == CHURN_TIME_NONE && span.last == CHURN_TIME_NONE);
    }
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(records__every_kind_loaded_again__same_hash),
        cmocka_unit_test(records__all_kinds_at_once_loaded_again__same_hash),
        cmocka_unit_test(records__any_kind__columns_are_its_fields_in_order),
        cmocka_unit_test(records__any_kind__rows_by_customer_and_instant),
        cmocka_unit_test(records__events_of_many_types_at_once__by_instant_then_type),
        cmocka_unit_test(records__filtered__as_the_whole_table_filtered),
        cmocka_unit_test(records__from_and_to__half_open),
        cmocka_unit_test(records__types__only_those_and_unknown_ones_are_no_error),
        cmocka_unit_test(records__as_of__later_fields_are_null),
        cmocka_unit_test(records__versions__as_known_then_and_all_of_them),
        cmocka_unit_test(records__customers__attributes_beside_them),
        cmocka_unit_test(records__events_with_properties__columns_and_loaded_again),
        cmocka_unit_test(records__of_the_business__of_no_customer),
        cmocka_unit_test(records__after_erasing__nothing_of_the_customer),
        cmocka_unit_test(records__wrong_questions__refused),
        cmocka_unit_test(records__cancelled__says_so),
        cmocka_unit_test(sources__marks_and_types__one_row_each),
        cmocka_unit_test(span__empty_store__nothing),
    };
    return RUN_TESTS(group);
}
