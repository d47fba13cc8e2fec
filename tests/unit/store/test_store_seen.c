/* SPDX-License-Identifier: MIT */
#include "store_support.h"

/* What is seen of records at an instant: points, states, fields that date themselves, chains of
 * versions, undated attributes. */

static void reader_events__point_facts__seen_after_their_instant(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_event e = event_of("acme", "login", T(10));
    assert_ok(churn_store_add_event(store, &e, NULL));
    e.at = T(5);
    assert_ok(churn_store_add_event(store, &e, NULL));
    view v = view_open(store);
    assert_int_equal(events_of(&v, "acme", "login").count, 2);
    assert_true(events_of(&v, "acme", "login").at[0] == T(5));
    assert_int_equal(events_seen(&v, "acme", "login", T(5)), 0);
    assert_int_equal(events_seen(&v, "acme", "login", T(5) + 1), 1);
    assert_int_equal(events_seen(&v, "acme", "login", T(11)), 2);
    assert_int_equal(events_of(&v, "acme", "export").count, 0);
    view_close(&v);
    churn_store_free(store);
}

static void reader_events__ties__ordered_by_user_and_value(void **state)
{
    (void)state;
    churn_store *store = store_new();
    const char *users[] = {"zoe", "ann", NULL, "ann"};
    const double values[] = {1, 7, 5, 2};
    for (size_t i = 0; i < 4; i++) {
        churn_event e = event_of("acme", "login", T(1));
        e.user = users[i] == NULL ? (churn_str){NULL, 0} : text(users[i]);
        e.value = values[i];
        assert_ok(churn_store_add_event(store, &e, NULL));
        (void)churn_store_version(store); /* a run of its own */
    }
    view v = view_open(store);
    churn__events e = events_of(&v, "acme", "login");
    const double expected[] = {5, 2, 7, 1};
    assert_int_equal(e.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(e.value[i] == expected[i]);
    }
    assert_true(e.user[0] == CHURN__NO_CODE);
    view_close(&v);
    churn_store_free(store);
}

static void reader_tickets__dates_itself__closed_and_rating_come_later(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_ticket t = ticket_of("t1", "acme", T(1));
    const churn__ticket *rows = NULL;
    t.first_response_at = T(2);
    t.closed_at = T(4);
    t.reopened_at = T(6);
    t.csat = 3;
    t.priority = text("high");
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    view v = view_open(store);
    uint32_t acme = customer_of(&v, "acme");
    assert_int_equal(churn__reader_tickets(v.reader, acme, T(1), &rows), 0);
    assert_int_equal(churn__reader_tickets(v.reader, acme, T(2) - 1, &rows), 1);
    assert_true(rows->opened_at == T(1) && rows->first_response_at == CHURN_TIME_NONE);
    assert_true(rows->priority != CHURN__NO_CODE);
    assert_int_equal(churn__reader_tickets(v.reader, acme, T(4) - 1, &rows), 1);
    assert_true(rows->first_response_at == T(2) && rows->closed_at == CHURN_TIME_NONE);
    assert_true(rows->csat != rows->csat);
    assert_int_equal(churn__reader_tickets(v.reader, acme, T(4), &rows), 1);
    assert_true(rows->closed_at == T(4) && rows->csat == 3);
    assert_true(rows->reopened_at == CHURN_TIME_NONE);
    assert_int_equal(churn__reader_tickets(v.reader, acme, T(6), &rows), 1);
    assert_true(rows->reopened_at == T(6));
    view_close(&v);
    churn_store_free(store);
}

static void reader_subscriptions__schedules__seen_from_the_start(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_subscription s = subscription_of("s1", "acme", T(0), "active", 4900);
    const churn__subscription *rows = NULL;
    s.ends_at = T(300);
    s.renews_at = T(30);
    s.ended_at = T(90);
    s.cancel_requested_at = T(80);
    s.period = text("quarter");
    assert_ok(churn_store_add_subscription(store, &s, NULL));
    view v = view_open(store);
    uint32_t acme = customer_of(&v, "acme");
    assert_int_equal(churn__reader_subscriptions(v.reader, acme, T(0) - 1, &rows), 0);
    assert_int_equal(churn__reader_subscriptions(v.reader, acme, T(0), &rows), 1);
    assert_true(rows->ends_at == T(300) && rows->renews_at == T(30));
    assert_true(rows->ended_at == CHURN_TIME_NONE);
    assert_true(rows->cancel_requested_at == CHURN_TIME_NONE);
    assert_int_equal(rows->status, CHURN__SUB_ACTIVE);
    assert_int_equal(rows->period_unit, 'm');
    assert_int_equal(rows->period_count, 3);
    assert_int_equal(rows->amount, 4900);
    assert_int_equal(churn__reader_subscriptions(v.reader, acme, T(90), &rows), 1);
    assert_true(rows->ended_at == T(90) && rows->cancel_requested_at == T(80));
    assert_true(churn__str_eq(churn__version_key(v.version, CHURN_RECORD_SUBSCRIPTION, rows->id),
                              text("s1")));
    view_close(&v);
    churn_store_free(store);
}

static void reader_invoices__versions__newest_known_one(void **state)
{
    (void)state;
    churn_store *store = store_new();
    const churn__invoice *rows = NULL;
    churn_invoice i;
    churn_record_init(CHURN_RECORD_INVOICE, &i, sizeof i);
    i.id = text("i1");
    i.customer = text("acme");
    i.issued_at = T(0);
    i.due_at = T(14);
    i.amount = 100;
    i.currency = text("EUR");
    assert_ok(churn_store_add_invoice(store, &i, NULL));
    i.known_at = T(20);
    i.amount = 70;
    i.failed_at = T(15);
    i.failure = text("card_declined");
    assert_ok(churn_store_add_invoice(store, &i, NULL));
    view v = view_open(store);
    uint32_t acme = customer_of(&v, "acme");
    assert_int_equal(churn__reader_invoices(v.reader, acme, T(19), &rows), 1);
    assert_true(rows->amount == 100 && rows->failed_at == CHURN_TIME_NONE);
    assert_true(rows->failure == CHURN__NO_CODE);
    assert_int_equal(churn__reader_invoices(v.reader, acme, T(20), &rows), 1);
    assert_true(rows->amount == 70 && rows->failed_at == T(15));
    assert_true(rows->failure != CHURN__NO_CODE && rows->known_at == T(20));
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_INVOICE), 2);
    view_close(&v);
    /* Without known_at it is one record again, for all dates. */
    i.known_at = CHURN_TIME_NONE;
    i.amount = 60;
    assert_ok(churn_store_add_invoice(store, &i, NULL));
    v = view_open(store);
    assert_int_equal(churn__reader_invoices(v.reader, acme, T(1), &rows), 1);
    assert_true(rows->amount == 60);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_INVOICE), 1);
    view_close(&v);
    churn_store_free(store);
}

static void reader_events__versions_of_an_id__across_types(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_event e = event_of("acme", "login", T(1));
    assert_ok(churn_store_add_event(store, &e, NULL)); /* no id: stays */
    e.id = text("e1");
    assert_ok(churn_store_add_event(store, &e, NULL));
    (void)churn_store_version(store);
    e.type = text("export");
    e.known_at = T(5);
    assert_ok(churn_store_add_event(store, &e, NULL));
    view v = view_open(store);
    assert_int_equal(events_seen(&v, "acme", "login", T(4)), 2);
    assert_int_equal(events_seen(&v, "acme", "export", T(4)), 0);
    assert_int_equal(events_seen(&v, "acme", "login", T(5)), 1);
    assert_int_equal(events_seen(&v, "acme", "export", T(5)), 1);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_EVENT), 3);
    view_close(&v);
    churn_store_free(store);
}

static void reader_attribute__states__last_one_that_holds(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_attribute a = attribute_of("acme", "plan", "free", CHURN_TIME_NONE);
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    a = attribute_of("acme", "plan", "pro", T(10));
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    a = attribute_of("acme", "plan", NULL, T(20));
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    a = attribute_of("acme", "plan", "team", T(15));
    a.known_at = T(30);
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    view v = view_open(store);
    assert_string_equal(attribute_at(&v, "acme", "plan", T(-900)), "free");
    assert_string_equal(attribute_at(&v, "acme", "plan", T(10)), "pro");
    assert_string_equal(attribute_at(&v, "acme", "plan", T(16)), "pro");
    assert_null(attribute_at(&v, "acme", "plan", T(20)));
    assert_null(attribute_at(&v, "acme", "owner", T(20)));
    view_close(&v);
    churn_store_free(store);
}

static void add_attribute__undated_change__rejected(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_attribute a = attribute_of("acme", "plan", "free", CHURN_TIME_NONE);
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    a.value.string = text("pro");
    assert_int_equal(churn_store_add_attribute(store, &a, &err), CHURN_E_STATE);
    assert_non_null(strstr(err.message, "value"));
    (void)churn_store_version(store); /* now it no longer waits */
    assert_int_equal(churn_store_add_attribute(store, &a, &err), CHURN_E_STATE);
    a.known_at = T(9); /* learned later: no rewriting */
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    view v = view_open(store);
    assert_string_equal(attribute_at(&v, "acme", "plan", T(8)), "free");
    assert_string_equal(attribute_at(&v, "acme", "plan", T(9)), "pro");
    view_close(&v);
    churn_store_free(store);
}

/* Whatever is asked at several dates at once is what is asked at each. */
static void same_by_dates(const view *v, const char *id, const churn_time *dates, uint32_t n)
{
    uint32_t customer = customer_of(v, id);
    churn_time since[8];
    uint8_t exists[8];
    churn__reader_since_dates(v->reader, customer, dates, n, since);
    churn__reader_exists_dates(v->reader, customer, dates, n, exists);
    for (uint32_t i = 0; i < n; i++) {
        assert_true(since[i] == churn__reader_since(v->reader, customer, dates[i]));
        assert_int_equal(exists[i], churn__reader_exists(v->reader, customer, dates[i]));
        assert_true(!exists[i] || since[i] == CHURN_TIME_NONE ||
                    churn__reader_first(v->reader, customer) <= dates[i]);
    }
}

/* The first instant at which somebody may exist: whatever is known when. */
static void first__since_or_oldest_record(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_event event = {.struct_size = sizeof event};
    churn_attribute a = attribute_of("plain", "plan", "free", T(7));
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
    event.type = text("login");
    event.customer = text("plain");
    for (int day = 9; day > 4; day -= 2) {
        event.at = T(day);
        assert_ok(churn_store_add_event(store, &event, NULL));
    }
    event.customer = text("dated");
    assert_ok(churn_store_add_event(store, &event, NULL));
    churn_customer c = {.struct_size = sizeof c};
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = text("dated");
    c.since = T(8);
    assert_ok(churn_store_add_customer(store, &c, NULL));
    c.since = T(6);
    c.known_at = T(30);
    assert_ok(churn_store_add_customer(store, &c, NULL));
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = text("bare");
    assert_ok(churn_store_add_customer(store, &c, NULL));
    view v = view_open(store);
    assert_true(churn__reader_first(v.reader, customer_of(&v, "plain")) == T(5));
    assert_true(churn__reader_first(v.reader, customer_of(&v, "dated")) == T(6));
    assert_true(churn__reader_first(v.reader, customer_of(&v, "bare")) == CHURN_TIME_NONE);
    view_close(&v);
    churn_store_free(store);
}

static void add_known(churn_store *store, const char *id, churn_time since, churn_time known)
{
    churn_customer c;
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = text(id);
    c.since = since;
    c.known_at = known;
    assert_ok(churn_store_add_customer(store, &c, NULL));
}

static void reader_exists_dates__corrected_late_or_unnamed__as_date_by_date(void **state)
{
    (void)state;
    static const churn_time dates[] = {T(1), T(2), T(3), T(4), T(5), T(6), T(7), T(8)};
    churn_store *store = store_new();
    churn_event e = event_of("drifter", "login", T(3));
    assert_ok(churn_store_add_event(store, &e, NULL));
    e = event_of("early", "login", T(0));
    assert_ok(churn_store_add_event(store, &e, NULL));
    e = event_of("late", "login", T(0));
    e.id = text("e1");
    e.known_at = T(4); /* happened before the first date, not known then */
    assert_ok(churn_store_add_event(store, &e, NULL));
    add_known(store, "dated", T(4), CHURN_TIME_NONE);
    add_known(store, "undated", CHURN_TIME_NONE, CHURN_TIME_NONE);
    add_known(store, "learned", T(2), T(5));
    add_known(store, "moved", T(2), T(2));
    add_known(store, "moved", T(6), T(5));
    view v = view_open(store);
    const char *ids[] = {"drifter", "early", "late", "dated", "undated", "learned", "moved"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        for (uint32_t first = 0; first < 8; first++) {
            same_by_dates(&v, ids[i], dates + first, 8 - first);
            same_by_dates(&v, ids[i], dates, first + 1);
        }
    }
    view_close(&v);
    churn_store_free(store);
}

static void reader_exists__since_or_any_record(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_customer c;
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    churn_event e = event_of("drifter", "login", T(3));
    assert_ok(churn_store_add_event(store, &e, NULL));
    e = event_of("acme", "login", T(1));
    assert_ok(churn_store_add_event(store, &e, NULL));
    c.id = text("acme");
    c.since = T(5);
    assert_ok(churn_store_add_customer(store, &c, NULL));
    c.id = text("named");
    c.since = CHURN_TIME_NONE;
    assert_ok(churn_store_add_customer(store, &c, NULL));
    view v = view_open(store);
    assert_false(churn__reader_exists(v.reader, customer_of(&v, "drifter"), T(3)));
    assert_true(churn__reader_exists(v.reader, customer_of(&v, "drifter"), T(4)));
    assert_true(churn__reader_since(v.reader, customer_of(&v, "drifter"), T(4)) == CHURN_TIME_NONE);
    assert_false(churn__reader_exists(v.reader, customer_of(&v, "acme"), T(4)));
    assert_true(churn__reader_exists(v.reader, customer_of(&v, "acme"), T(5)));
    assert_true(churn__reader_since(v.reader, customer_of(&v, "acme"), T(5)) == T(5));
    assert_true(churn__reader_exists(v.reader, customer_of(&v, "named"), T(-999)));
    assert_int_equal(churn__version_customers(v.version), 3);
    const uint32_t *order = churn__version_order(v.version);
    assert_string_equal(churn__version_customer_id(v.version, order[0]).ptr, "acme");
    assert_string_equal(churn__version_customer_id(v.version, order[1]).ptr, "drifter");
    assert_string_equal(churn__version_customer_id(v.version, order[2]).ptr, "named");
    view_close(&v);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_seen[] = {
        cmocka_unit_test(reader_events__point_facts__seen_after_their_instant),
        cmocka_unit_test(reader_events__ties__ordered_by_user_and_value),
        cmocka_unit_test(reader_tickets__dates_itself__closed_and_rating_come_later),
        cmocka_unit_test(reader_subscriptions__schedules__seen_from_the_start),
        cmocka_unit_test(reader_invoices__versions__newest_known_one),
        cmocka_unit_test(reader_events__versions_of_an_id__across_types),
        cmocka_unit_test(reader_attribute__states__last_one_that_holds),
        cmocka_unit_test(add_attribute__undated_change__rejected),
        cmocka_unit_test(first__since_or_oldest_record),
        cmocka_unit_test(reader_exists__since_or_any_record),
        cmocka_unit_test(reader_exists_dates__corrected_late_or_unnamed__as_date_by_date),
    };
    return RUN_TESTS(store_seen);
}
