/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

/* Rows under another system's id find their customer through aliases. */

static churn_alias alias_of(const char *source, const char *alias, const char *customer)
{
    churn_alias a;
    churn_record_init(CHURN_RECORD_ALIAS, &a, sizeof a);
    a.source = text(source);
    a.alias = text(alias);
    a.customer = text(customer);
    return a;
}

static churn_store *store_of_billing(void)
{
    churn_store *store = store_new();
    churn_alias rows[] = {alias_of("billing", "b-1", "acme"), alias_of("billing", "b-2", "bolt"),
                          alias_of("desk", "b-1", "bolt")};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_ok(churn_store_add_alias(store, &rows[i], NULL));
    }
    return store;
}

static const char *cell(const churn_load_report *report, uint64_t row, const char *column)
{
    return cell_text(report->rejections, row, column);
}

static uint64_t events_at(churn_store *store, const char *customer)
{
    view v = view_open(store);
    uint32_t number = churn__version_find_customer(v.version, text(customer));
    const uint32_t *types = NULL;
    uint32_t n = number == CHURN__NO_CODE ? 0 : churn__reader_event_types(v.reader, number, &types);
    uint64_t count = n == 0 ? 0 : churn__reader_events(v.reader, number, types[0]).count;
    view_close(&v);
    return count;
}

static void alias__names_a_customer__and_is_no_fact(void **arg)
{
    churn_store *store = store_of_billing();
    (void)arg;
    assert_int_equal(churn_store_customer_count(store), 2);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_ALIAS), 3);
    view v = view_open(store);
    assert_false(churn__reader_exists(v.reader, 0, T(100)));
    assert_true(churn__version_provided(v.version, CHURN_RECORD_ALIAS, T(0)));
    view_close(&v);
    churn_store_free(store);
}

static void alias__of_another_customer__refused(void **arg)
{
    churn_store *store = store_of_billing();
    churn_alias again = alias_of("billing", "b-1", "acme"),
                other = alias_of("billing", "b-1", "core");
    churn_error err = {.struct_size = sizeof err};
    churn_load_report report = {.struct_size = sizeof report};
    any_record rows[2] = {{.alias = other}, {.alias = alias_of("billing", "b-9", "core")}};
    uint64_t version = churn_store_version(store);
    (void)arg;
    assert_ok(churn_store_add_alias(store, &again, NULL));
    assert_int_equal(churn_store_version(store), version);
    assert_int_equal(churn_store_add_alias(store, &other, &err), CHURN_E_EXISTS);
    assert_int_equal(err.detail, 10);
    assert_ok(add_batch(store, KIND_ALIAS, rows, 2, NULL, &report, NULL));
    assert_int_equal(report.rejected, 1);
    assert_int_equal(report.added, 1);
    assert_string_equal(cell(&report, 0, "code"), "id_of_other_customer");
    assert_string_equal(cell(&report, 0, "field"), "alias");
    churn_table_free(report.rejections);
    churn_store_free(store);
}

static void alias__bad_field__own_code(void **arg)
{
    char *large = calloc(1, 3000);
    churn_store *store = store_new();
    churn_alias none = alias_of("", "b-1", "acme"), no_alias = alias_of("billing", "", "acme");
    (void)arg;
    memset(large, 'x', 2999);
    churn_alias too_long = alias_of("billing", large, "acme");
    churn_attribute known = attribute_of("acme", "note", large, CHURN_TIME_NONE);
    assert_int_equal(churn_store_add_alias(store, &none, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_add_alias(store, &no_alias, NULL), CHURN_E_ARG);
    assert_int_equal(churn_store_add_alias(store, &too_long, NULL), CHURN_E_LIMIT);
    /* Known as a text of another sort, it is no shorter. */
    assert_ok(churn_store_add_attribute(store, &known, NULL));
    assert_int_equal(churn_store_add_alias(store, &too_long, NULL), CHURN_E_LIMIT);
    too_long.source = too_long.alias;
    assert_int_equal(churn_store_add_alias(store, &too_long, NULL), CHURN_E_LIMIT);
    churn_store_free(store);
    free(large);
}

/* Both ways in, enough rows for every cache. */
static void source__rows_of_it__find_their_customers(void **arg)
{
    enum { N = 5000 };
    static any_record rows[N];
    static const char *const ids[] = {"b-1", "b-2", "acme", "b-3"}; /* the last two: unmapped */
    uint64_t hashes[2];
    (void)arg;
    for (size_t i = 0; i < N; i++) {
        rows[i].event = event_of(ids[i % 4], "login", T(1) + (int64_t)i);
    }
    for (int way = 0; way < 2; way++) {
        churn_store *store = store_of_billing();
        churn_load_options options = {.struct_size = sizeof options, .source = text("billing")};
        churn_load_report report = {.struct_size = sizeof report};
        if (way == 0) {
            assert_ok(add_batch(store, KIND_EVENT, rows, N, &options, &report, NULL));
        } else {
            assert_ok(add_stream_with(store, KIND_EVENT, rows, N, &options, &report, NULL));
        }
        assert_int_equal(report.seen, N);
        assert_int_equal(report.added, N / 2);
        assert_int_equal(report.rejected, N / 2);
        assert_int_equal(report.unmapped, N / 2);
        assert_int_equal(report.customers, 0);
        assert_string_equal(cell(&report, 0, "code"), "unmapped");
        assert_string_equal(cell(&report, 0, "field"), "customer");
        assert_int_equal(cell_int(report.rejections, 0, "row"), 2);
        assert_int_equal(cell_int(report.rejections, 1, "row"), 3);
        churn_table_free(report.rejections);
        assert_int_equal(events_at(store, "acme"), N / 4);
        assert_int_equal(events_at(store, "bolt"), N / 4);
        assert_int_equal(churn_store_customer_count(store), 2);
        hashes[way] = hash_of(store);
        churn_store_free(store);
    }
    assert_true(hashes[0] == hashes[1]);
}

static void source__same_id_in_two_systems__each_its_own(void **arg)
{
    churn_store *store = store_of_billing();
    churn_load_options options = {.struct_size = sizeof options, .source = text("desk")};
    churn_load_report report = {.struct_size = sizeof report};
    any_record row = {.ticket = ticket_of("t1", "b-1", T(1))};
    (void)arg;
    assert_ok(add_batch(store, KIND_TICKET, &row, 1, &options, &report, NULL));
    assert_int_equal(report.added, 1);
    view v = view_open(store);
    const churn__ticket *t = NULL;
    uint32_t bolt = churn__version_find_customer(v.version, text("bolt"));
    assert_int_equal(churn__reader_tickets(v.reader, bolt, T(2), &t), 1);
    view_close(&v);
    churn_store_free(store);
}

/* A source without aliases has the host's own ids; one whose aliases went, none at all. */
static void source__without_aliases__names_customers_as_the_host(void **arg)
{
    churn_store *store = store_of_billing();
    churn_load_options options = {.struct_size = sizeof options, .source = text("crm")};
    churn_load_report report = {.struct_size = sizeof report};
    any_record row = {.ticket = ticket_of("t1", "acme", T(1))};
    churn_alias alias = alias_of("crm", "c-1", "bolt");
    (void)arg;
    assert_ok(add_batch(store, KIND_TICKET, &row, 1, &options, &report, NULL));
    assert_int_equal(report.added, 1);
    assert_int_equal(report.customers, 0);
    assert_ok(churn_store_add_alias(store, &alias, NULL));
    row.ticket = ticket_of("t2", "acme", T(1));
    assert_ok(add_batch(store, KIND_TICKET, &row, 1, &options, &report, NULL));
    assert_int_equal(report.unmapped, 1);
    churn_table_free(report.rejections);
    alias.known_at = T(5);
    assert_ok(churn_store_retract(store, CHURN_RECORD_ALIAS, &alias, NULL));
    assert_ok(add_batch(store, KIND_TICKET, &row, 1, &options, &report, NULL));
    assert_int_equal(report.unmapped, 1);
    churn_table_free(report.rejections);
    alias.known_at = CHURN_TIME_NONE; /* it never was */
    assert_ok(churn_store_retract(store, CHURN_RECORD_ALIAS, &alias, NULL));
    assert_ok(add_batch(store, KIND_TICKET, &row, 1, &options, &report, NULL));
    assert_int_equal(report.added, 1);
    churn_store_free(store);
}

static void source__every_kind__is_mapped(void **arg)
{
    static any_record rows[40];
    (void)arg;
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        uint64_t state = 40 + kind;
        churn_store *store = store_of_billing();
        churn_load_options options = {.struct_size = sizeof options, .source = text("billing")};
        churn_load_report report = {.struct_size = sizeof report};
        churn_error err = {.struct_size = sizeof err};
        for (size_t i = 0; i < 40; i++) {
            random_record(&state, kind, &rows[i]);
            if (!churn__store_kinds[kind].business) {
                set_text(kind, &rows[i], kind == KIND_CUSTOMER ? "id" : "customer", "b-2");
            }
        }
        churn_status st = add_batch(store, kind, rows, 40, &options, &report, &err);
        assert_ok(st);
        assert_int_equal(report.rejected, 0);
        assert_int_equal(churn_store_customer_count(store), 2);
        churn_store_free(store);
    }
}

static void source__strict_and_retracted__refused(void **arg)
{
    churn_store *store = store_of_billing();
    churn_load_options options = {
        .struct_size = sizeof options, .flags = CHURN_LOAD_STRICT, .source = text("billing")};
    churn_error err = {.struct_size = sizeof err};
    any_record row = {.event = event_of("b-2", "login", T(1))};
    churn_alias gone = alias_of("billing", "b-2", "bolt"),
                never = alias_of("billing", "bolt", "acme");
    (void)arg;
    assert_ok(add_batch(store, KIND_EVENT, &row, 1, &options, NULL, NULL));
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_ALIAS, &never, &err),
                     CHURN_E_NOT_FOUND);
    gone.known_at = T(5);
    assert_ok(churn_store_retract(store, CHURN_RECORD_ALIAS, &gone, NULL));
    assert_int_equal(add_batch(store, KIND_EVENT, &row, 1, &options, NULL, &err),
                     CHURN_E_NOT_FOUND);
    assert_int_equal(err.detail, 23);
    assert_int_equal(events_at(store, "bolt"), 1);
    options.source = text("\xff");
    assert_int_equal(add_batch(store, KIND_EVENT, &row, 1, &options, NULL, &err), CHURN_E_UTF8);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_alias[] = {
        cmocka_unit_test(alias__names_a_customer__and_is_no_fact),
        cmocka_unit_test(alias__of_another_customer__refused),
        cmocka_unit_test(alias__bad_field__own_code),
        cmocka_unit_test(source__rows_of_it__find_their_customers),
        cmocka_unit_test(source__same_id_in_two_systems__each_its_own),
        cmocka_unit_test(source__without_aliases__names_customers_as_the_host),
        cmocka_unit_test(source__every_kind__is_mapped),
        cmocka_unit_test(source__strict_and_retracted__refused),
    };
    return RUN_TESTS(store_alias);
}
