/* SPDX-License-Identifier: MIT */
#include "store_rows.h"

#include <churn/erase.h>

#include "store/inside.h"

/* Which system a record came from: slices of it, and all that the tag must outlive. */

static churn_load_options options_of(const char *source, churn_time known)
{
    return (churn_load_options){
        .struct_size = sizeof(churn_load_options), .source = text(source), .known_at = known};
}

/* Everything of a source ("": of all), for these rows. */
static churn_load_report swap_in(churn_store *store, uint32_t kind, const any_record *rows,
                                 size_t n, const char *source, churn_time known)
{
    churn_load_report report = {.struct_size = sizeof report};
    churn_load_options options = options_of(source, known);
    churn_slice all = {.struct_size = sizeof all, .from = CHURN_TIME_NONE, .to = CHURN_TIME_NONE};
    options.replace = &all;
    assert_ok(add_batch(store, kind, rows, n, &options, &report, NULL));
    assert_int_equal(report.rejected, 0);
    return report;
}

static void add_from(churn_store *store, uint32_t kind, const any_record *rows, size_t n,
                     const char *source, churn_time known)
{
    churn_load_options options = options_of(source, known);
    churn_load_report report = {.struct_size = sizeof report};
    assert_ok(add_batch(store, kind, rows, n, &options, &report, NULL));
    assert_int_equal(report.rejected, 0);
}

static void check_swap(churn_load_report report, uint64_t added, uint64_t unchanged,
                       uint64_t retracted)
{
    assert_int_equal(report.added, added);
    assert_int_equal(report.unchanged, unchanged);
    assert_int_equal(report.retracted, retracted);
}

static any_record event_with_id(const char *id)
{
    any_record row = {.event = event_of("acme", "call", T(1))};
    row.event.id = text(id);
    return row;
}

/* Tickets, and events with ids: what has a key is one record whoever names it. */
static void source__records_with_ids__each_its_own(void **arg)
{
    (void)arg;
    for (int way = 0; way < 2; way++) {
        uint32_t kind = way == 0 ? KIND_TICKET : KIND_EVENT;
        churn_record_kind record = way == 0 ? CHURN_RECORD_TICKET : CHURN_RECORD_EVENT;
        any_record desk[2], chat, none;
        static const char *const ids[] = {"d1", "d2", "c1", "n1"};
        for (int i = 0; i < 4; i++) {
            any_record *row = i < 2 ? &desk[i] : i == 2 ? &chat : &none;
            *row = event_with_id(ids[i]);
            if (kind == KIND_TICKET) {
                *row = (any_record){.ticket = ticket_of(ids[i], "acme", T(1))};
            }
        }
        churn_store *store = store_new();
        check_swap(swap_in(store, kind, desk, 2, "desk", 0), 2, 0, 0);
        check_swap(swap_in(store, kind, &chat, 1, "chat", 0), 1, 0, 0);
        add_from(store, kind, &none, 1, "", 0);
        assert_int_equal(churn_store_record_count(store, record), 4);
        check_swap(swap_in(store, kind, &desk[1], 1, "desk", 0), 0, 1, 1);
        uint64_t version = churn_store_version(store);
        check_swap(swap_in(store, kind, &desk[1], 1, "desk", 0), 0, 1, 0);
        assert_int_equal(churn_store_version(store), version);
        /* What is repeated keeps the source that it has. */
        check_swap(swap_in(store, kind, &chat, 1, "desk", 0), 0, 1, 1);
        check_swap(swap_in(store, kind, NULL, 0, "desk", 0), 0, 0, 0);
        assert_int_equal(churn_store_record_count(store, record), 2);
        check_swap(swap_in(store, kind, NULL, 0, "chat", 0), 0, 0, 1);
        check_swap(swap_in(store, kind, NULL, 0, "", 0), 0, 0, 1);
        assert_int_equal(churn_store_record_count(store, record), 0);
        churn_store_free(store);
    }
}

static void source__that_says_otherwise__makes_it_its_own(void **arg)
{
    (void)arg;
    for (int way = 0; way < 2; way++) {
        uint32_t kind = way == 0 ? KIND_TICKET : KIND_EVENT;
        any_record row = event_with_id("e1");
        if (kind == KIND_TICKET) {
            row = (any_record){.ticket = ticket_of("t1", "acme", T(1))};
        }
        churn_store *store = store_new();
        add_from(store, kind, &row, 1, "desk", T(2));
        add_from(store, kind, &row, 1, "chat", T(3)); /* says the same */
        check_swap(swap_in(store, kind, &row, 1, "chat", T(4)), 0, 1, 0);
        if (kind == KIND_TICKET) {
            row.ticket.closed_at = T(4);
        } else {
            row.event.value = 7;
        }
        add_from(store, kind, &row, 1, "chat", T(5));
        check_swap(swap_in(store, kind, NULL, 0, "desk", T(6)), 0, 0, 0);
        check_swap(swap_in(store, kind, NULL, 0, "chat", T(6)), 0, 0, 1);
        check_swap(swap_in(store, kind, &row, 1, "desk", T(7)), 1, 0, 0);
        check_swap(swap_in(store, kind, NULL, 0, "chat", T(8)), 0, 0, 0);
        check_swap(swap_in(store, kind, NULL, 0, "desk", T(8)), 0, 0, 1);
        churn_store_free(store);
    }
}

static void source__events_that_say_the_same__are_two(void **arg)
{
    churn_store *store = store_new();
    any_record row = {.event = event_of("acme", "login", T(1))};
    (void)arg;
    check_swap(swap_in(store, KIND_EVENT, &row, 1, "desk", 0), 1, 0, 0);
    check_swap(swap_in(store, KIND_EVENT, &row, 1, "chat", 0), 1, 0, 0);
    check_swap(swap_in(store, KIND_EVENT, &row, 1, "desk", 0), 0, 1, 0);
    check_swap(swap_in(store, KIND_EVENT, NULL, 0, "chat", T(2)), 0, 0, 1);
    check_swap(swap_in(store, KIND_EVENT, NULL, 0, "chat", T(3)), 0, 0, 0);
    check_swap(swap_in(store, KIND_EVENT, &row, 1, "", 0), 0, 1, 0);
    check_swap(swap_in(store, KIND_EVENT, NULL, 0, "", 0), 0, 0, 1);
    churn_store_free(store);
}

/* Night after night the same: which of it is left out must not mix the sources. Few enough nights
 * that none is left out for good. */
static void source__states_of_an_attribute__each_its_own(void **arg)
{
    enum { NIGHTS = 15 };
    (void)arg;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        churn_store *store = store_new();
        any_record rows[2 * NIGHTS];
        for (int i = 0; i < 2 * NIGHTS; i++) {
            churn_time from = T(i / 2) + i % 2 * CHURN__HOUR;
            rows[i] = (any_record){.attribute = attribute_of("acme", "plan", "pro", from)};
        }
        uint64_t state = seed;
        shuffle(&state, rows, 2 * NIGHTS);
        for (int i = 0; i < 2 * NIGHTS; i++) {
            bool chat = (rows[i].attribute.valid_from - T(0)) % CHURN__DAY != 0;
            add_from(store, KIND_ATTRIBUTE, &rows[i], 1, chat ? "chat" : "desk", 0);
        }
        check_swap(swap_in(store, KIND_ATTRIBUTE, NULL, 0, "desk", 0), 0, 0, NIGHTS);
        check_swap(swap_in(store, KIND_ATTRIBUTE, NULL, 0, "desk", 0), 0, 0, 0);
        check_swap(swap_in(store, KIND_ATTRIBUTE, NULL, 0, "chat", 0), 0, 0, NIGHTS);
        assert_int_equal(churn_store_record_count(store, CHURN_RECORD_ATTRIBUTE), 0);
        churn_store_free(store);
    }
}

/* ---- what the tag outlives ---- */

#define LOADS 300

static any_record record_of(uint32_t kind, int i, char *id, const char *customer)
{
    any_record row;
    id[0] = (char)('a' + i % 26);
    id[1] = (char)('a' + i / 26);
    id[2] = '\0';
    churn_record_init(churn__store_kinds[kind].record, &row, sizeof row);
    switch (kind) {
    case KIND_TICKET:
        row.ticket = ticket_of(id, customer, T(i / 5));
        break;
    case KIND_ATTRIBUTE:
        row.attribute = attribute_of(customer, id, "x", T(i / 5));
        break;
    case KIND_TOUCHPOINT:
        set_text(kind, &row, "id", id);
        set_text(kind, &row, "channel", "email");
        set_text(kind, &row, "customer", customer);
        row.touchpoint.at = T(i / 5);
        break;
    default:
        row.event = event_of(customer, i % 3 == 0 ? "x" : "y", T(i / 5));
        if (i % 4 == 0) {
            row.event.id = text(id);
        }
        break;
    }
    return row;
}

static void source__after_merging_and_erasing__is_known(void **arg)
{
    static const uint32_t kinds[] = {KIND_EVENT, KIND_TICKET, KIND_ATTRIBUTE, KIND_TOUCHPOINT};
    static const char *const names[] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6"};
    (void)arg;
    for (size_t k = 0; k < 4; k++) {
        uint32_t kind = kinds[k];
        churn_record_kind record = churn__store_kinds[kind].record;
        bool passes = kind == KIND_EVENT || kind == KIND_TOUCHPOINT;
        uint64_t expected[2] = {0, 0};
        churn_store *store = store_new(), *plain = store_new();
        for (int i = 0; i < LOADS; i++) {
            char id[3];
            any_record row = record_of(kind, i, id, names[i % 7]);
            add_from(store, kind, &row, 1, i % 2 == 0 ? "desk" : "chat", 0);
            add_from(plain, kind, &row, 1, "", 0);
            expected[i % 2] += i % 7 != 3 && (!passes || i / 5 >= 20);
        }
        uint64_t hashes[2];
        assert_ok(churn_store_hash(store, &hashes[0], NULL));
        assert_ok(churn_store_hash(plain, &hashes[1], NULL));
        assert_true(hashes[0] == hashes[1]); /* no part of what records say */
        churn_str gone = text("c3");
        assert_ok(churn_store_erase(store, &gone, 1, NULL, NULL));
        assert_ok(churn_store_merge(store, "c1", CHURN_NTS, "c2", CHURN_NTS, NULL, NULL));
        assert_ok(churn_store_forget(store, T(20), NULL, NULL));
        assert_int_equal(churn_store_record_count(store, record), expected[0] + expected[1]);
        check_swap(swap_in(store, kind, NULL, 0, "desk", 0), 0, 0, expected[0]);
        assert_int_equal(churn_store_record_count(store, record), expected[1]);
        check_swap(swap_in(store, kind, NULL, 0, "nobody", 0), 0, 0, 0);
        check_swap(swap_in(store, kind, NULL, 0, "chat", 0), 0, 0, expected[1]);
        assert_int_equal(churn_store_record_count(store, record), 0);
        churn_store_free(plain);
        churn_store_free(store);
    }
}

static void source__of_the_business__replaced_alone(void **arg)
{
    churn_store *store = store_new();
    any_record ads[2], mail;
    (void)arg;
    for (int i = 0; i < 3; i++) {
        any_record *row = i < 2 ? &ads[i] : &mail;
        churn_record_init(CHURN_RECORD_SPEND, row, sizeof *row);
        row->spend.at = T(i);
        row->spend.amount = 100;
        row->spend.currency = text("USD");
        row->spend.channel = text(i < 2 ? "ads" : "mail");
    }
    check_swap(swap_in(store, KIND_SPEND, ads, 2, "ads", 0), 2, 0, 0);
    check_swap(swap_in(store, KIND_SPEND, &mail, 1, "mail", 0), 1, 0, 0);
    check_swap(swap_in(store, KIND_SPEND, ads, 1, "ads", 0), 0, 1, 1);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_SPEND), 2);
    churn_store_free(store);
}

static void source__too_many__refused(void **arg)
{
    churn_store *store = store_new();
    any_record row = {.event = event_of("acme", "login", T(1))};
    churn_load_options options = options_of("one more", 0);
    churn_error err = {.struct_size = sizeof err};
    (void)arg;
    for (uint32_t i = 0; i < SOURCES_MAX; i++) {
        char name[] = {(char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676 % 26),
                       (char)('a' + i / 17576)};
        assert_int_equal(churn__dict_add(store->sources, (churn_str){name, sizeof name}), i);
    }
    assert_int_equal(add_batch(store, KIND_EVENT, &row, 1, &options, NULL, &err), CHURN_E_LIMIT);
    assert_non_null(strstr(err.message, "65535"));
    assert_int_equal(churn_store_version(store), 0);
    options.source = (churn_str){"oysd", 4}; /* the last: 65,534 */
    assert_int_equal(churn__dict_find(store->sources, options.source), SOURCES_MAX - 1);
    check_swap(swap_in(store, KIND_EVENT, &row, 1, "oysd", 0), 1, 0, 0);
    check_swap(swap_in(store, KIND_EVENT, NULL, 0, "aaaa", 0), 0, 0, 0);
    check_swap(swap_in(store, KIND_EVENT, NULL, 0, "oysd", 0), 0, 0, 1);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_source[] = {
        cmocka_unit_test(source__records_with_ids__each_its_own),
        cmocka_unit_test(source__that_says_otherwise__makes_it_its_own),
        cmocka_unit_test(source__events_that_say_the_same__are_two),
        cmocka_unit_test(source__states_of_an_attribute__each_its_own),
        cmocka_unit_test(source__after_merging_and_erasing__is_known),
        cmocka_unit_test(source__of_the_business__replaced_alone),
        cmocka_unit_test(source__too_many__refused),
    };
    return RUN_TESTS(store_source);
}
