/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

#include "failing.h"

/* Loads: reports, every rejection, strict, conflicts, snapshots, failures that leave no trace. */

/* ---- rejections ---- */

typedef struct bad_case {
    uint32_t kind;
    const char *field;
    churn_str text;              /* for texts */
    int64_t number;              /* for instants and integers; doubles by their bits */
    const char *code, *reported; /* field that is named */
    churn_status status;
} bad_case;

static int64_t bits(double value)
{
    int64_t b;
    memcpy(&b, &value, sizeof b);
    return b;
}

static char too_long[70000];

#define TEXT(s)            \
    {                      \
        (s), sizeof(s) - 1 \
    }
#define NOTHING \
    {           \
        NULL, 0 \
    }

static void bad_record(const bad_case *c, any_record *r)
{
    uint64_t state = 3;
    const field *f = field_of(c->kind, c->field);
    random_record(&state, c->kind, r);
    r->bytes[0] = r->bytes[0]; /* the struct's size stays */
    if (f->type <= FIELD_DURATION) {
        memcpy(r->bytes + f->single, &c->text, sizeof c->text);
    } else {
        memcpy(r->bytes + f->single, &c->number, sizeof c->number);
    }
}

static void check_bad(const bad_case *c)
{
    any_record rows[3];
    churn_error err = {.struct_size = sizeof err};
    churn_load_report report = {.struct_size = sizeof report};
    churn_load_options strict = {.struct_size = sizeof strict, .flags = CHURN_LOAD_STRICT};
    uint64_t state = 99;
    churn_store *store = store_new();
    bad_record(c, &rows[1]);
    random_record(&state, c->kind, &rows[0]);
    random_record(&state, c->kind, &rows[2]);
    set_text(c->kind, &rows[0], "id", "first"); /* no conflict between the two */
    set_text(c->kind, &rows[0], "customer", "zzz");
    uint64_t hash = hash_of(store);

    assert_int_equal(add_one(store, c->kind, &rows[1], &err), c->status);
    assert_true(err.detail > 0);
    assert_non_null(strstr(err.message, c->reported));
    assert_true(hash_of(store) == hash);
    assert_int_equal(add_batch(store, c->kind, rows, 3, &strict, &report, &err), c->status);
    assert_int_equal(err.row, 1);
    assert_true(hash_of(store) == hash);
    assert_int_equal(report.seen, 0);

    assert_ok(add_batch(store, c->kind, rows, 3, NULL, &report, &err));
    assert_int_equal(report.seen, 3);
    assert_int_equal(report.rejected, 1);
    assert_int_equal(report.added, 2);
    assert_non_null(report.rejections);
    assert_int_equal(churn_table_row_count(report.rejections), 1);
    assert_int_equal(churn_table_int(report.rejections, 0, 0), 1);
    assert_string_equal(churn_table_string(report.rejections, 0, 1).ptr, c->reported);
    assert_string_equal(churn_table_string(report.rejections, 0, 2).ptr, c->code);
    assert_true(churn_table_string(report.rejections, 0, 3).len > 0);
    churn_table_free(report.rejections);
    churn_store_free(store);
}

static void add__bad_rows__rejected_by_their_codes(void **arg)
{
    (void)arg;
    memset(too_long, 'x', sizeof too_long);
    const bad_case cases[] = {
        {KIND_EVENT, "customer", NOTHING, 0, "missing_field", "customer", CHURN_E_ARG},
        {KIND_EVENT, "customer", TEXT(""), 0, "missing_field", "customer", CHURN_E_ARG},
        {KIND_EVENT, "at", NOTHING, CHURN_TIME_NONE, "missing_field", "at", CHURN_E_ARG},
        {KIND_CUSTOMER, "id", NOTHING, 0, "missing_field", "id", CHURN_E_ARG},
        {KIND_SURVEY, "score", NOTHING, INT64_C(0x7ff8000000000000), "missing_field", "score",
         CHURN_E_ARG},
        {KIND_SUBSCRIPTION, "period", NOTHING, 0, "missing_field", "period", CHURN_E_ARG},
        {KIND_SUBSCRIPTION, "currency", NOTHING, 0, "missing_field", "currency", CHURN_E_ARG},
        {KIND_EVENT, "value", NOTHING, bits((double)INFINITY), "not_finite", "value",
         CHURN_E_RANGE},
        {KIND_EVENT, "at", NOTHING, CHURN_TIME_MAX + 1, "out_of_range", "at", CHURN_E_RANGE},
        {KIND_EVENT, "known_at", NOTHING, CHURN_TIME_MIN - 1, "out_of_range", "known_at",
         CHURN_E_RANGE},
        {KIND_SUBSCRIPTION, "seats", NOTHING, -1, "out_of_range", "seats", CHURN_E_RANGE},
        {KIND_SUBSCRIPTION, "discount", NOTHING, -1, "out_of_range", "discount", CHURN_E_RANGE},
        {KIND_EVENT, "customer", TEXT("a\xff"), 0, "not_utf8", "customer", CHURN_E_UTF8},
        {KIND_EVENT, "user", TEXT("\xed\xa0\x80"), 0, "not_utf8", "user", CHURN_E_UTF8},
        {KIND_EVENT, "type", TEXT("a\0b"), 0, "contains_nul", "type", CHURN_E_ARG},
        {KIND_EVENT, "customer", {too_long, 1025}, 0, "too_long", "customer", CHURN_E_LIMIT},
        {KIND_TICKET, "text", {too_long, 65537}, 0, "too_long", "text", CHURN_E_LIMIT},
        {KIND_SUBSCRIPTION, "status", TEXT("canceled"), 0, "unknown_status", "status", CHURN_E_ARG},
        {KIND_SURVEY, "kind", TEXT("NPS"), 0, "unknown_kind", "kind", CHURN_E_ARG},
        {KIND_CHURN, "kind", TEXT("lost"), 0, "unknown_kind", "kind", CHURN_E_ARG},
        {KIND_SUBSCRIPTION, "period", TEXT("fortnight"), 0, "unknown_period", "period",
         CHURN_E_ARG},
        {KIND_SUBSCRIPTION, "period", TEXT("0 months"), 0, "unknown_period", "period", CHURN_E_ARG},
        {KIND_INVOICE, "currency", TEXT("QQQ"), 0, "unknown_currency", "currency", CHURN_E_ARG},
        {KIND_SUBSCRIPTION, "notice", TEXT("soon"), 0, "bad_duration", "notice", CHURN_E_ARG},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_bad(&cases[i]);
    }
}

static void add__nps_beyond_ten__out_of_range(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_survey s;
    churn_record_init(CHURN_RECORD_SURVEY, &s, sizeof s);
    s.customer = text("acme");
    s.kind = text("nps");
    s.at = T(0);
    s.score = 11;
    assert_int_equal(churn_store_add_survey(store, &s, NULL), CHURN_E_RANGE);
    s.kind = text("custom");
    assert_ok(churn_store_add_survey(store, &s, NULL));
    churn_store_free(store);
}

static void add__id_of_another_customer__rejected(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_ticket t = ticket_of("t1", "acme", T(0));
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    t.customer = text("bolt");
    assert_int_equal(churn_store_add_ticket(store, &t, &err), CHURN_E_EXISTS);
    assert_int_equal(churn_store_customer_count(store), 1);
    t.id = text("t2");
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    churn_store_free(store);
}

static void add__unknown_customer__as_the_policy_says(void **arg)
{
    (void)arg;
    churn_store_options options = {.struct_size = sizeof options,
                                   .unknown_customer = CHURN_UNKNOWN_CUSTOMER_REJECT};
    churn_load_options create = {.struct_size = sizeof create,
                                 .unknown_customer = CHURN_UNKNOWN_CUSTOMER_CREATE};
    churn_load_report report = {.struct_size = sizeof report};
    churn_store *store = NULL;
    any_record r = {.event = event_of("acme", "login", T(0))};
    assert_ok(churn_store_create(&options, &store, NULL));
    assert_int_equal(churn_store_add_event(store, &r.event, NULL), CHURN_E_NOT_FOUND);
    assert_ok(add_batch(store, KIND_EVENT, &r, 1, NULL, &report, NULL));
    assert_int_equal(report.rejected, 1);
    assert_string_equal(churn_table_string(report.rejections, 0, 2).ptr, "unknown_customer");
    churn_table_free(report.rejections);
    assert_ok(add_batch(store, KIND_EVENT, &r, 1, &create, &report, NULL));
    assert_int_equal(report.customers, 1);
    assert_ok(churn_store_add_event(store, &r.event, NULL));
    churn_store_free(store);
}

static void add_events__more_bad_rows_than_listed__counted(void **arg)
{
    (void)arg;
    churn_limits limits = {.struct_size = sizeof limits, .rejections = 2};
    churn_store_options options = {.struct_size = sizeof options, .limits = &limits};
    churn_load_report report = {.struct_size = sizeof report};
    churn_store *store = NULL;
    any_record rows[5];
    assert_ok(churn_store_create(&options, &store, NULL));
    for (size_t i = 0; i < 5; i++) {
        rows[i].event = event_of("acme", "login", CHURN_TIME_NONE);
    }
    assert_ok(add_batch(store, KIND_EVENT, rows, 5, NULL, &report, NULL));
    assert_int_equal(report.rejected, 5);
    assert_int_equal(churn_table_row_count(report.rejections), 2);
    assert_int_equal(churn_store_customer_count(store), 0);
    churn_table_free(report.rejections);
    churn_store_free(store);
}

/* ---- reports ---- */

static void add__twice_in_one_call__last_wins(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    const churn__ticket *rows = NULL;
    any_record r[3] = {{.ticket = ticket_of("t1", "acme", T(1))},
                       {.ticket = ticket_of("t1", "acme", T(2))},
                       {.ticket = ticket_of("t2", "acme", T(2))}};
    assert_ok(add_batch(store, KIND_TICKET, r, 3, NULL, &report, NULL));
    assert_int_equal(report.added, 2);
    assert_int_equal(report.conflicting, 1);
    view v = view_open(store);
    assert_int_equal(churn__reader_tickets(v.reader, 0, T(9), &rows), 2);
    assert_true(rows[0].opened_at == T(2) && rows[1].opened_at == T(2));
    view_close(&v);
    r[0].ticket.opened_at = T(3);
    assert_ok(add_batch(store, KIND_TICKET, r, 1, NULL, &report, NULL));
    assert_int_equal(report.updated, 1);
    assert_int_equal(report.rewrote_history, 1);
    r[0].ticket.known_at = T(8);
    r[0].ticket.priority = text("high");
    assert_ok(add_batch(store, KIND_TICKET, r, 1, NULL, &report, NULL));
    assert_int_equal(report.added, 1);
    assert_int_equal(report.rewrote_history, 0);
    r[0].ticket.priority = text("low");
    assert_ok(add_batch(store, KIND_TICKET, r, 1, NULL, &report, NULL));
    assert_int_equal(report.updated, 1);
    assert_int_equal(report.rewrote_history, 0);
    churn_store_free(store);
}

static churn_status load_customers(churn_store *store, const char *const (*rows)[3], size_t n,
                                   churn_time valid_from, churn_load_report *report)
{
    columns c = {.owned_count = 0};
    any_record ids[8], plans[8], owners[8];
    for (size_t i = 0; i < n; i++) {
        churn_record_init(CHURN_RECORD_CUSTOMER, &ids[i], sizeof ids[i].customer);
        plans[i] = owners[i] = ids[i];
        ids[i].customer.id = text(rows[i][0]);
        plans[i].customer.id = rows[i][1] == NULL ? (churn_str){NULL, 0} : text(rows[i][1]);
        owners[i].customer.id = rows[i][2] == NULL ? (churn_str){NULL, 0} : text(rows[i][2]);
    }
    size_t at = offsetof(churn_customer, id);
    churn_any_column attributes[2] = {
        {.name = text("plan"), .type = CHURN_TYPE_STRING, .strings = strings_of(&c, plans, n, at)},
        {.name = text("owner"),
         .type = CHURN_TYPE_STRING,
         .strings = strings_of(&c, owners, n, at)},
    };
    churn_customer_batch batch = {.struct_size = sizeof batch,
                                  .row_count = n,
                                  .attribute_count = 2,
                                  .attributes = attributes,
                                  .id = strings_of(&c, ids, n, at)};
    churn_load_options options = {.struct_size = sizeof options, .valid_from = valid_from};
    churn_status st = churn_store_add_customers(store, &batch, &options, report, NULL);
    columns_free(&c);
    return st;
}

static void add_customers__snapshots__counted_by_row(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    const char *const first[][3] = {{"acme", "free", "ann"}, {"bolt", "pro", NULL}};
    const char *const second[][3] = {
        {"acme", "pro", "ann"}, {"bolt", "pro", NULL}, {"core", "free", "bob"}};
    assert_ok(load_customers(store, first, 2, 0, &report));
    assert_int_equal(report.added, 2);
    assert_int_equal(report.customers, 2);
    assert_ok(load_customers(store, first, 2, 0, &report));
    assert_int_equal(report.unchanged, 2);
    assert_ok(load_customers(store, second, 3, 0, &report)); /* undated */
    assert_int_equal(report.rejected, 1);
    assert_int_equal(report.undated, 1);
    assert_int_equal(report.unchanged, 1);
    assert_int_equal(report.added, 1);
    assert_string_equal(churn_table_string(report.rejections, 0, 1).ptr, "plan");
    assert_string_equal(churn_table_string(report.rejections, 0, 2).ptr, "undated_change");
    churn_table_free(report.rejections);
    assert_ok(load_customers(store, second, 3, T(10), &report));
    assert_int_equal(report.updated, 1);
    assert_int_equal(report.unchanged, 2);
    view v = view_open(store);
    assert_string_equal(attribute_at(&v, "acme", "plan", T(9)), "free");
    assert_string_equal(attribute_at(&v, "acme", "plan", T(10)), "pro");
    assert_string_equal(attribute_at(&v, "acme", "owner", T(10)), "ann");
    assert_null(attribute_at(&v, "bolt", "owner", T(10)));
    view_close(&v);
    /* One row of a customer overrules the other. */
    const char *const twice[][3] = {{"dune", "free", "ann"}, {"dune", "pro", NULL}};
    assert_ok(load_customers(store, twice, 2, 0, &report));
    assert_int_equal(report.conflicting, 1);
    assert_int_equal(report.added, 1);
    v = view_open(store);
    assert_string_equal(attribute_at(&v, "dune", "plan", T(0)), "pro");
    assert_null(attribute_at(&v, "dune", "owner", T(0)));
    view_close(&v);
    churn_store_free(store);
}

static void add_customers__snapshots_out_of_order__same_answers(void **arg)
{
    (void)arg;
    const char *const rows[][1][3] = {
        {{"acme", "free", "ann"}}, {{"acme", "pro", "ann"}}, {{"acme", "free", "bob"}}};
    const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};
    uint64_t hash = 0;
    for (size_t o = 0; o < COUNT_OF(orders); o++) {
        churn_store *store = store_new();
        for (int i = 0; i < 3; i++) {
            int which = orders[o][i];
            assert_ok(load_customers(store, rows[which], 1, T(10 * which), NULL));
        }
        view v = view_open(store);
        assert_string_equal(attribute_at(&v, "acme", "plan", T(15)), "pro");
        assert_string_equal(attribute_at(&v, "acme", "owner", T(15)), "ann");
        assert_string_equal(attribute_at(&v, "acme", "plan", T(25)), "free");
        view_close(&v);
        hash = o == 0 ? hash_of(store) : hash;
        assert_true(hash_of(store) == hash);
        churn_store_free(store);
    }
}

static void mark__late_rows__counted(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_load_report report = {.struct_size = sizeof report};
    any_record rows[2] = {{.event = event_of("acme", "login", T(1))},
                          {.event = event_of("acme", "login", T(20))}};
    assert_ok(churn_store_mark(store, "product", CHURN_NTS, T(10), CHURN_TIME_NONE, NULL));
    assert_ok(churn_store_mark(store, "product", CHURN_NTS, T(12), T(15), NULL));
    assert_ok(churn_store_mark(store, "product", CHURN_NTS, T(9), CHURN_TIME_NONE, NULL));
    uint64_t version = churn_store_version(store);
    assert_ok(add_batch(store, KIND_EVENT, rows, 2, NULL, &report, NULL));
    assert_int_equal(report.late, 1);
    view v = view_open(store);
    assert_true(churn__version_mark(v.version, text("product"), T(14)) == T(10));
    assert_true(churn__version_mark(v.version, text("product"), T(15)) == T(12));
    assert_true(churn__version_mark(v.version, text("product"), T(5)) == T(5));
    assert_true(churn__version_mark(v.version, text("other"), T(5)) == CHURN_TIME_NONE);
    assert_int_equal(churn__version_late(v.version, version, T(1)), 0);
    assert_int_equal(churn__version_late(v.version, version, T(2)), 1);
    assert_int_equal(churn__version_late(v.version, version, T(30)), 2);
    assert_int_equal(churn__version_late(v.version, churn__version_number(v.version), T(30)), 0);
    churn_time first, last;
    churn__version_span(v.version, &first, &last);
    assert_true(first == T(1) && last == T(20));
    const churn_record_kind event = CHURN_RECORD_EVENT;
    assert_true(churn__version_newest(v.version, event, NULL, 0, T(20), T(900)) == T(1));
    assert_true(churn__version_newest(v.version, event, NULL, 0, T(21), T(900)) == T(20));
    assert_true(churn__version_newest(v.version, event, NULL, 0, T(1), T(900)) == CHURN_TIME_NONE);
    uint32_t other = 77;
    assert_true(churn__version_newest(v.version, event, &other, 1, T(21), T(900)) ==
                CHURN_TIME_NONE);
    assert_true(churn__version_provided(v.version, event, T(1)));
    assert_false(churn__version_provided(v.version, CHURN_RECORD_TICKET, T(1)));
    view_close(&v);
    assert_ok(churn_store_mark(store, "ticket", CHURN_NTS, T(1), CHURN_TIME_NONE, NULL));
    assert_ok(churn_store_mark(store, "invoice", CHURN_NTS, T(1), T(9), NULL));
    v = view_open(store);
    assert_true(churn__version_provided(v.version, CHURN_RECORD_TICKET, T(1)));
    assert_false(churn__version_provided(v.version, CHURN_RECORD_INVOICE, T(8)));
    assert_true(churn__version_provided(v.version, CHURN_RECORD_INVOICE, T(9)));
    view_close(&v);
    churn_store_free(store);
}

/* ---- large loads ---- */

#define NAMES 700
#define MANY 20000

/* Names of 1 to 24 bytes that differ in few places. */
static churn_str some_name(uint32_t i, char (*names)[32])
{
    size_t len = i < 10 ? 1 : 3 + i % 22;
    char *name = names[i];
    memset(name, 'a', len);
    name[len / 2] = (char)('0' + i / 10 % 10);
    name[len - 1] = (char)('0' + i / 100);
    name[0] = (char)('0' + i % 10);
    return (churn_str){name, len};
}

/* Columns of plain texts, columns with dictionaries and single records take different short cuts.
 */
static void add_events__many_texts__the_same_on_all_ways(void **arg)
{
    (void)arg;
    static char names[NAMES][32];
    static char bytes[MANY * 24];
    static int64_t offsets[MANY + 1], entry_offsets[NAMES + 1];
    static char entries[NAMES * 24];
    static uint32_t codes[MANY];
    static churn_time at[MANY];
    uint64_t state = 8, hash = 0;
    for (uint32_t i = 0; i < NAMES; i++) {
        churn_str name = some_name(i, names);
        memcpy(entries + entry_offsets[i], name.ptr, name.len);
        entry_offsets[i + 1] = entry_offsets[i] + (int64_t)name.len;
    }
    for (size_t i = 0; i < MANY; i++) {
        codes[i] = chance(&state, NAMES);
        size_t len = (size_t)(entry_offsets[codes[i] + 1] - entry_offsets[codes[i]]);
        memcpy(bytes + offsets[i], entries + entry_offsets[codes[i]], len);
        offsets[i + 1] = offsets[i] + (int64_t)len;
        at[i] = T(0) + (int64_t)chance(&state, 5000) * CHURN__MINUTE;
    }
    churn_string_column plain = {.bytes = bytes, .offsets = offsets};
    churn_string_column coded = {
        .bytes = entries, .offsets = entry_offsets, .codes = codes, .value_count = NAMES};
    for (int way = 0; way < 3; way++) {
        churn_store *store = store_new();
        churn_event_batch b = {.struct_size = sizeof b, .row_count = MANY, .at = {.values = at}};
        b.customer = b.user = way == 0 ? plain : coded;
        b.type = way == 0 ? coded : plain;
        for (size_t i = 0; way == 2 && i < MANY; i++) {
            churn_event e = event_of("", "", at[i]);
            e.customer = e.user = e.type =
                (churn_str){bytes + offsets[i], (size_t)(offsets[i + 1] - offsets[i])};
            assert_ok(churn_store_add_event(store, &e, NULL));
        }
        if (way < 2) {
            assert_ok(churn_store_add_events(store, &b, NULL, NULL, NULL));
        }
        assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT), MANY);
        hash = way == 0 ? hash_of(store) : hash;
        assert_true(hash_of(store) == hash);
        view v = view_open(store);
        for (uint32_t i = 0; i < NAMES; i++) {
            churn_str name = some_name(i, names);
            uint32_t customer = churn__version_find_customer(v.version, name), expected = 0;
            uint32_t type = churn__dict_view_find(churn__version_types(v.version), name);
            for (size_t j = 0; j < MANY; j++) {
                expected += codes[j] == i;
            }
            size_t found = expected == 0 ? 0 : churn__reader_events(v.reader, customer, type).count;
            assert_int_equal(found, expected);
        }
        view_close(&v);
        churn_store_free(store);
    }
}

/* ---- failures ---- */

/* The nth allocation fails, once or from then on: the store stays as it was. */
static void sweep(uint32_t kind, bool one_by_one, bool for_ever)
{
    static any_record rows[40];
    uint64_t state = 1234 + kind;
    failing memory = {.fail_at = 0};
    churn_allocator allocator = failing_allocator(&memory);
    churn_store_options options = {.struct_size = sizeof options, .allocator = &allocator};
    churn_store *store = NULL;
    assert_ok(churn_store_create(&options, &store, NULL));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        random_record(&state, kind, &rows[i]);
    }
    assert_ok(add_batch(store, kind, rows, 20, NULL, NULL, NULL));
    uint64_t hash = hash_of(store);
    for (uint64_t n = 1;; n++) {
        churn_load_report report = {.struct_size = sizeof report};
        memory.fail_at = memory.requests + n;
        memory.for_ever = for_ever;
        churn_status st = one_by_one ? add_one(store, kind, &rows[20 + n % 20], NULL)
                                     : add_batch(store, kind, rows + 10, 30, NULL, &report, NULL);
        bool reached = memory.requests >= memory.fail_at;
        memory.fail_at = 0;
        churn_table_free(report.rejections);
        if (st == CHURN_OK) {
            if (!reached) {
                break;
            }
            hash = hash_of(store);
            continue; /* memory that was only wanted back */
        }
        assert_true(st == CHURN_E_NOMEM || (one_by_one && st == CHURN_E_STATE));
        assert_true(hash_of(store) == hash);
        assert_true(n < 5000);
    }
    assert_false(memory.mismatch);
    churn_store_free(store);
    assert_int_equal(memory.blocks, 0);
    assert_int_equal(memory.bytes, 0);
}

static void add__no_memory__nothing_changed(void **arg)
{
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        sweep(kind, false, false);
        sweep(kind, false, true);
        sweep(kind, true, false);
        sweep(kind, true, true);
    }
}

static void pin__no_memory__records_go_on_waiting(void **arg)
{
    (void)arg;
    failing memory = {.fail_at = 0};
    churn_allocator allocator = failing_allocator(&memory);
    churn_store_options options = {.struct_size = sizeof options, .allocator = &allocator};
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        uint64_t hash = 0;
        for (uint64_t n = 0, done = 0; !done; n++) {
            churn_store *store = NULL;
            assert_ok(churn_store_create(&options, &store, NULL));
            uint64_t state = 42;
            for (int i = 0; i < 60; i++) {
                any_record r;
                uint32_t kind = chance(&state, KINDS);
                random_record(&state, kind, &r);
                churn_status st = add_one(store, kind, &r, NULL);
                assert_true(st == CHURN_OK || st == CHURN_E_STATE);
            }
            churn__version *version = NULL;
            memory.fail_at = n == 0 ? 0 : memory.requests + n;
            memory.for_ever = for_ever != 0;
            churn_status st = churn__store_pin(store, &version, NULL);
            done = n > 0 && memory.requests < memory.fail_at;
            memory.fail_at = 0;
            assert_true(st == CHURN_OK || (n > 0 && st == CHURN_E_NOMEM));
            churn__version_release(version);
            hash = n == 0 ? hash_of(store) : hash;
            assert_true(hash_of(store) == hash);
            churn_store_free(store);
            assert_int_equal(memory.blocks, 0);
        }
    }
    assert_false(memory.mismatch);
}

static void add__cancelled__nothing_changed(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_cancel *cancel = NULL;
    any_record r = {.event = event_of("acme", "login", T(0))};
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    churn_load_options options = {.struct_size = sizeof options, .cancel = cancel};
    uint64_t hash = hash_of(store);
    assert_int_equal(add_batch(store, KIND_EVENT, &r, 1, &options, NULL, NULL), CHURN_E_CANCELLED);
    assert_true(hash_of(store) == hash);
    churn_cancel_free(cancel);
    churn_store_free(store);
}

static void add_events__columns_that_contradict__refused(void **arg)
{
    (void)arg;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    const int64_t backwards[] = {0, 4, 2}, good[] = {0, 4, 8};
    const churn_time at[] = {T(0), T(1)};
    const uint32_t codes[] = {0, 9};
    churn_event_batch b = {.struct_size = sizeof b,
                           .row_count = 2,
                           .customer = {.bytes = "acmebolt", .offsets = good},
                           .type = {.bytes = "acmebolt", .offsets = backwards},
                           .at = {.values = at}};
    assert_int_equal(churn_store_add_events(store, &b, NULL, NULL, &err), CHURN_E_ARG);
    assert_int_equal(err.row, 1);
    assert_non_null(strstr(err.message, "type"));
    b.type.offsets = good;
    b.type.codes = codes;
    b.type.value_count = 2;
    assert_int_equal(churn_store_add_events(store, &b, NULL, NULL, &err), CHURN_E_ARG);
    b.type = (churn_string_column){.bytes = "acmebolt"};
    assert_int_equal(churn_store_add_events(store, &b, NULL, NULL, &err), CHURN_E_ARG);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT), 0);
    assert_int_equal(churn_store_customer_count(store), 0);
    churn_store_free(store);
}

static void limits__too_many__refused(void **arg)
{
    (void)arg;
    churn_limits limits = {.struct_size = sizeof limits, .customers = 2, .records = 3};
    churn_store_options options = {.struct_size = sizeof options, .limits = &limits};
    churn_store *store = NULL;
    any_record rows[4];
    assert_ok(churn_store_create(&options, &store, NULL));
    for (size_t i = 0; i < 4; i++) {
        rows[i].event = event_of(some_customers[i % 2], "login", T((int64_t)i));
    }
    assert_int_equal(add_batch(store, KIND_EVENT, rows, 4, NULL, NULL, NULL), CHURN_E_LIMIT);
    assert_int_equal(churn_store_customer_count(store), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(add_one(store, KIND_EVENT, &rows[i], NULL));
    }
    assert_int_equal(add_one(store, KIND_EVENT, &rows[3], NULL), CHURN_E_LIMIT);
    any_record ticket = {.ticket = ticket_of("t", "third", T(0))};
    assert_int_equal(add_one(store, KIND_TICKET, &ticket, NULL), CHURN_E_LIMIT);
    assert_int_equal(churn_store_customer_count(store), 2);
    churn_store_free(store);
}

static void mark__bad_names_and_instants__refused(void **arg)
{
    (void)arg;
    static char name[ID_BYTES + 1];
    churn_store *store = store_new();
    memset(name, 'x', sizeof name);
    assert_ok(churn_store_mark(store, name, ID_BYTES, T(1), CHURN_TIME_NONE, NULL));
    uint64_t hash = hash_of(store);
    assert_int_equal(churn_store_mark(store, name, ID_BYTES + 1, T(1), T(1), NULL), CHURN_E_LIMIT);
    assert_int_equal(churn_store_mark(store, "", 0, T(1), T(1), NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_mark(store, "\xff", 1, T(1), T(1), NULL), CHURN_E_UTF8);
    assert_int_equal(churn_store_mark(store, "a", 1, CHURN_TIME_MIN - 1, T(1), NULL),
                     CHURN_E_RANGE);
    assert_int_equal(churn_store_mark(store, "a", 1, T(1), CHURN_TIME_MAX + 1, NULL),
                     CHURN_E_RANGE);
    assert_true(hash_of(store) == hash);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_load[] = {
        cmocka_unit_test(mark__bad_names_and_instants__refused),
        cmocka_unit_test(add__bad_rows__rejected_by_their_codes),
        cmocka_unit_test(add__nps_beyond_ten__out_of_range),
        cmocka_unit_test(add__id_of_another_customer__rejected),
        cmocka_unit_test(add__unknown_customer__as_the_policy_says),
        cmocka_unit_test(add_events__more_bad_rows_than_listed__counted),
        cmocka_unit_test(add__twice_in_one_call__last_wins),
        cmocka_unit_test(add_customers__snapshots__counted_by_row),
        cmocka_unit_test(add_customers__snapshots_out_of_order__same_answers),
        cmocka_unit_test(mark__late_rows__counted),
        cmocka_unit_test(add_events__many_texts__the_same_on_all_ways),
        cmocka_unit_test(add__no_memory__nothing_changed),
        cmocka_unit_test(pin__no_memory__records_go_on_waiting),
        cmocka_unit_test(add__cancelled__nothing_changed),
        cmocka_unit_test(add_events__columns_that_contradict__refused),
        cmocka_unit_test(limits__too_many__refused),
    };
    return RUN_TESTS(store_load);
}
