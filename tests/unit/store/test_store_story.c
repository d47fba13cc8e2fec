/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "store_support.h"

#include <churn/read.h>

/* One customer's story: what each kind of record says, line by line. */

#define assert_fails(call, status) assert_int_equal((call), (status))

static churn_table *story_of(churn_store *store, const char *customer,
                             const churn_story_options *options)
{
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_ok(churn_store_story(store, customer, CHURN_NTS, options, &table, &err));
    assert_int_equal(churn_table_column_count(table), 10);
    return table;
}

static const char *cell(const churn_table *table, uint64_t row, const char *name)
{
    uint32_t column = churn_table_find(table, name, CHURN_NTS);
    assert_true(column != CHURN_COLUMN_NONE);
    return churn_table_is_null(table, row, column) ? ""
                                                   : churn_table_string(table, row, column).ptr;
}

typedef struct expected {
    int64_t day; /* since 2025-01-01; NONE: no date */
    const char *kind, *id, *what, *text, *details;
} expected;

#define NONE INT64_MIN

static void check_story(const churn_table *table, const expected *lines, size_t n)
{
    for (size_t i = 0; i < n && i < churn_table_row_count(table); i++) {
        const expected *line = &lines[i];
        churn_time at = line->day == NONE ? CHURN_TIME_NONE : T(line->day);
        assert_string_equal(cell(table, i, "what"), line->what);
        assert_true(churn_table_time(table, i, 0) == at);
        assert_string_equal(cell(table, i, "kind"), line->kind);
        assert_string_equal(cell(table, i, "id"), line->id);
        assert_string_equal(cell(table, i, "text"), line->text);
        assert_string_equal(cell(table, i, "details"), line->details);
    }
    assert_int_equal(churn_table_row_count(table), n);
}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static void story__ticket__a_line_for_each_of_its_dates(void **arg)
{
    static const expected lines[] = {
        {1, "ticket", "t1", "opened ticket", "It is slow", "priority: high, category: bug"},
        {2, "ticket", "t1", "answered ticket", "", ""},
        {4, "ticket", "t1", "closed ticket", "", ""},
        {6, "ticket", "t1", "reopened ticket", "", ""},
    };
    churn_store *store = store_new();
    churn_ticket t = ticket_of("t1", "acme", T(1));
    (void)arg;
    t.first_response_at = T(2);
    t.closed_at = T(4);
    t.reopened_at = T(6);
    t.csat = 2;
    t.user = text("ann");
    t.priority = text("high");
    t.category = text("bug");
    t.text = text("It is slow");
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    churn_table *table = story_of(store, "acme", NULL);
    check_story(table, lines, COUNT_OF(lines));
    assert_string_equal(cell(table, 0, "user"), "ann");
    assert_true(churn_table_is_null(table, 0, 5));
    assert_true(churn_table_double(table, 2, 5) == 2);
    churn_table_free(table);
    churn_store_free(store);
}

static churn_invoice invoice_of(const char *id, churn_time issued, churn_time due)
{
    churn_invoice i;
    churn_record_init(CHURN_RECORD_INVOICE, &i, sizeof i);
    i.id = text(id);
    i.customer = text("acme");
    i.issued_at = issued;
    i.due_at = due;
    i.amount = 123456;
    i.currency = text("USD");
    return i;
}

static void story__invoice__paid_late_failed_refunded(void **arg)
{
    static const expected lines[] = {
        {1, "invoice", "i1", "issued invoice", "", "due_at: 2025-01-11"},
        {10, "invoice", "i1", "invoice fell due unpaid", "", ""},
        {11, "invoice", "i1", "payment failed", "card expired", ""},
        {12, "invoice", "i1", "paid invoice", "", ""},
        {20, "invoice", "i1", "refunded invoice", "", ""},
    };
    churn_store *store = store_new();
    churn_invoice i = invoice_of("i1", T(1), T(10));
    (void)arg;
    i.failed_at = T(11);
    i.failure = text("card expired");
    i.paid_at = T(12);
    i.refunded = 5000;
    i.refunded_at = T(20);
    assert_ok(churn_store_add_invoice(store, &i, NULL));
    churn_table *table = story_of(store, "acme", NULL);
    check_story(table, lines, COUNT_OF(lines));
    assert_int_equal(churn_table_int(table, 3, 6), 123456);
    assert_int_equal(churn_table_int(table, 4, 6), 5000);
    assert_string_equal(cell(table, 4, "currency"), "USD");
    churn_table_free(table);
    churn_story_options then = {.struct_size = sizeof then, .as_of = T(10) + 1};
    table = story_of(store, "acme", &then); /* what came later is not known */
    check_story(table, lines, 2);
    churn_table_free(table);
    then.as_of = T(10);
    table = story_of(store, "acme", &then);
    check_story(table, lines, 1);
    churn_table_free(table);
    churn_store_free(store);
}

static void story__subscription__what_changed(void **arg)
{
    static const expected lines[] = {
        {1, "subscription", "s1", "subscription began: active", "",
         "plan: basic, amount: 100.00, period: month, seats: 5"},
        {5, "subscription", "s1", "subscription changed", "",
         "plan: basic -> pro, amount: 100.00 -> 250.50, seats: 5 -> 10, product: none -> crm"},
        {9, "subscription", "s1", "asked to cancel subscription", "", ""},
        {10, "subscription", "s1", "subscription active -> cancelled", "",
         "plan: pro -> none, seats: 10 -> none, product: crm -> none"},
        {11, "subscription", "s1", "subscription ended", "", ""},
    };
    churn_store *store = store_new();
    churn_subscription s = subscription_of("s1", "acme", T(1), "active", 10000);
    (void)arg;
    s.plan = text("basic");
    s.seats = 5;
    assert_ok(churn_store_add_subscription(store, &s, NULL));
    s.valid_from = T(5);
    s.plan = text("pro");
    s.seats = 10;
    s.amount = 25050;
    s.product = text("crm");
    s.cancel_requested_at = T(9);
    assert_ok(churn_store_add_subscription(store, &s, NULL));
    s = subscription_of("s1", "acme", T(10), "cancelled", 25050);
    s.cancel_requested_at = T(9); /* told already */
    s.ended_at = T(11);
    assert_ok(churn_store_add_subscription(store, &s, NULL));
    churn_table *table = story_of(store, "acme", NULL);
    check_story(table, lines, COUNT_OF(lines));
    assert_int_equal(churn_table_int(table, 1, 6), 25050);
    churn_table_free(table);
    churn_store_free(store);
}

static void add_attribute(churn_store *store, const char *name, churn_value value, churn_time from)
{
    churn_attribute a = attribute_of("acme", name, NULL, from);
    a.value = value;
    assert_ok(churn_store_add_attribute(store, &a, NULL));
}

static void story__attributes__old_and_new_value(void **arg)
{
    static const expected lines[] = {
        {NONE, "attribute", "plan", "plan set", "basic", ""},
        {2, "attribute", "seats", "seats set", "12.5", ""},
        {3, "attribute", "plan", "plan changed", "pro", "basic -> pro"},
        {5, "attribute", "plan", "plan unset", "", "pro -> none"},
    };
    const churn_value basic = {.type = CHURN_TYPE_STRING, .string = text("basic")};
    const churn_value pro = {.type = CHURN_TYPE_STRING, .string = text("pro")};
    const churn_value seats = {.type = CHURN_TYPE_DOUBLE, .number = 12.5};
    const churn_value unset = {.type = 0};
    churn_store *store = store_new();
    (void)arg;
    add_attribute(store, "plan", basic, CHURN_TIME_NONE);
    add_attribute(store, "plan", pro, T(3));
    add_attribute(store, "plan", pro, T(4)); /* says nothing new */
    add_attribute(store, "plan", unset, T(5));
    add_attribute(store, "seats", seats, T(2));
    churn_table *table = story_of(store, "acme", NULL);
    check_story(table, lines, COUNT_OF(lines));
    assert_true(churn_table_double(table, 1, 5) == 12.5);
    churn_table_free(table);
    churn_store_free(store);
}

static void add_people(churn_store *store)
{
    churn_contact c;
    churn_record_init(CHURN_RECORD_CONTACT, &c, sizeof c);
    c.id = text("c1");
    c.customer = text("acme");
    c.name = text("Ann");
    c.role = text("user");
    c.valid_from = T(1);
    assert_ok(churn_store_add_contact(store, &c, NULL));
    c.role = text("champion");
    c.valid_from = T(3);
    assert_ok(churn_store_add_contact(store, &c, NULL));
    c.active = 0;
    c.valid_from = T(8);
    assert_ok(churn_store_add_contact(store, &c, NULL));
}

static void add_contacted(churn_store *store)
{
    churn_touchpoint t;
    churn_milestone m;
    churn_announcement a;
    churn_record_init(CHURN_RECORD_TOUCHPOINT, &t, sizeof t);
    t.id = text("e1");
    t.customer = text("acme");
    t.at = T(4);
    t.channel = text("email");
    t.offer = text("10 %");
    t.replied_at = T(6);
    t.outcome = text("accepted");
    t.outcome_at = T(7);
    assert_ok(churn_store_add_touchpoint(store, &t, NULL));
    churn_record_init(CHURN_RECORD_MILESTONE, &m, sizeof m);
    m.customer = text("acme");
    m.name = text("onboarded");
    m.reached_at = T(2);
    assert_ok(churn_store_add_milestone(store, &m, NULL));
    churn_record_init(CHURN_RECORD_ANNOUNCEMENT, &a, sizeof a);
    a.name = text("prices 2025");
    a.kind = text("price_change");
    a.at = T(5);
    assert_ok(churn_store_add_announcement(store, &a, NULL));
}

static void story__people_and_contacts__who_came_and_what_was_said(void **arg)
{
    static const expected lines[] = {
        {1, "contact", "c1", "contact joined", "Ann", "role: user"},
        {2, "milestone", "onboarded", "reached onboarded", "", ""},
        {3, "contact", "c1", "contact changed", "Ann", "role: user -> champion"},
        {4, "touchpoint", "e1", "contacted by email", "", "offer: 10 %"},
        {5, "announcement", "prices 2025", "announced prices 2025", "", "kind: price_change"},
        {6, "touchpoint", "e1", "replied", "", ""},
        {7, "touchpoint", "e1", "outcome: accepted", "accepted", ""},
        {8, "contact", "c1", "contact left", "Ann", ""},
    };
    churn_store *store = store_new();
    (void)arg;
    add_people(store);
    add_contacted(store);
    churn_table *table = story_of(store, "acme", NULL);
    check_story(table, lines, COUNT_OF(lines));
    churn_table_free(table);
    churn_story_options then = {.struct_size = sizeof then, .as_of = T(6)};
    table = story_of(store, "acme", &then);
    check_story(table, lines, 6);
    churn_table_free(table);
    churn_store_free(store);
}

static void story__overrides__who_judged_and_why(void **arg)
{
    static const expected lines[] = {
        {2, "override", "health", "judged health", "the buyer left", "author: eve"},
        {3, "override", "health", "took back what was judged of health", "", "author: eve"},
    };
    churn_store *store = store_new();
    churn_override o;
    (void)arg;
    churn_record_init(CHURN_RECORD_OVERRIDE, &o, sizeof o);
    o.customer = text("acme");
    o.score = text("health");
    o.at = T(2);
    o.value = 20.5;
    o.author = text("eve");
    o.reason = text("the buyer left");
    assert_ok(churn_store_add_override(store, &o, NULL));
    o.at = T(3);
    o.value = (double)NAN;
    o.reason = (churn_str){NULL, 0};
    assert_ok(churn_store_add_override(store, &o, NULL));
    churn_table *table = story_of(store, "acme", NULL);
    check_story(table, lines, COUNT_OF(lines));
    uint32_t value = churn_table_find(table, "value", CHURN_NTS);
    assert_true(churn_table_double(table, 0, value) == 20.5);
    assert_true(churn_table_is_null(table, 1, value));
    churn_table_free(table);
    churn_store_free(store);
}

static void story__event_with_properties__in_details(void **arg)
{
    const churn_value pro = {.type = CHURN_TYPE_STRING, .string = text("pro")};
    const churn_value two = {.type = CHURN_TYPE_DOUBLE, .number = 2};
    const churn_named_value props[] = {{text("plan"), pro}, {text("count"), two}};
    churn_store *store = store_new();
    churn_event e = event_of("acme", "export", T(1));
    (void)arg;
    e.props = props;
    e.prop_count = 2;
    assert_ok(churn_store_add_event(store, &e, NULL));
    e = event_of("acme", "login", T(2));
    assert_ok(churn_store_add_event(store, &e, NULL));
    churn_table *table = story_of(store, "acme", NULL);
    assert_string_equal(cell(table, 0, "details"), "plan: pro, count: 2");
    assert_string_equal(cell(table, 1, "details"), "");
    churn_table_free(table);
    churn_store_free(store);
}

static churn_survey survey_of(const char *kind, double score, churn_time at)
{
    churn_survey s;
    churn_record_init(CHURN_RECORD_SURVEY, &s, sizeof s);
    s.customer = text("acme");
    s.kind = text(kind);
    s.at = at;
    s.score = score;
    return s;
}

/* A customer with one record of most kinds. */
static churn_store *whole_story(void)
{
    churn_store *store = store_new();
    churn_customer c;
    churn_churn lost;
    churn_event e = event_of("acme", "login", T(3)), other = event_of("bolt", "login", T(2));
    churn_survey s = survey_of("nps", 3, T(5));
    churn_ticket t = ticket_of("t1", "acme", T(5));
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = text("acme");
    c.since = T(1);
    e.user = text("ann");
    e.value = 7;
    s.text = text("Too slow");
    s.moment = text("onboarding");
    churn_record_init(CHURN_RECORD_CHURN, &lost, sizeof lost);
    lost.customer = text("acme");
    lost.kind = text("voluntary");
    lost.at = T(9);
    lost.reason = text("price");
    lost.competitor = text("zeta");
    assert_ok(churn_store_add_churn(store, &lost, NULL));
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    assert_ok(churn_store_add_survey(store, &s, NULL));
    assert_ok(churn_store_add_event(store, &other, NULL));
    assert_ok(churn_store_add_event(store, &e, NULL));
    assert_ok(churn_store_add_customer(store, &c, NULL));
    return store;
}

static const expected whole[] = {
    {1, "customer", "", "became a customer", "", ""},
    {3, "event", "", "login", "", ""},
    {5, "ticket", "t1", "opened ticket", "", ""},
    {5, "survey", "", "answered nps survey", "Too slow", "moment: onboarding"},
    {9, "churn", "", "churned: voluntary", "price", "competitor: zeta"},
};

static void story__several_kinds__by_time_then_kind(void **arg)
{
    churn_store *store = whole_story();
    (void)arg;
    churn_table *table = story_of(store, "acme", NULL);
    check_story(table, whole, COUNT_OF(whole));
    assert_string_equal(cell(table, 1, "user"), "ann");
    assert_true(churn_table_double(table, 1, 5) == 7);
    assert_true(churn_table_double(table, 3, 5) == 3);
    churn_table_free(table);
    churn_store_free(store);
}

static void story__filtered__half_open_span_kinds_and_the_last_lines(void **arg)
{
    const churn_str kinds[] = {text("survey"), text("churn")};
    churn_store *store = whole_story();
    (void)arg;
    churn_story_options o = {.struct_size = sizeof o, .from = T(3), .to = T(9)};
    churn_table *table = story_of(store, "acme", &o);
    check_story(table, whole + 1, 3);
    churn_table_free(table);
    o = (churn_story_options){.struct_size = sizeof o, .kinds = kinds, .kind_count = 2};
    table = story_of(store, "acme", &o);
    check_story(table, whole + 3, 2);
    churn_table_free(table);
    o = (churn_story_options){.struct_size = sizeof o, .limit = 2};
    table = story_of(store, "acme", &o);
    check_story(table, whole + 3, 2);
    churn_table_free(table);
    o = (churn_story_options){.struct_size = sizeof o, .as_of = T(5)}; /* facts before it */
    table = story_of(store, "acme", &o);
    check_story(table, whole, 2);
    churn_table_free(table);
    churn_store_free(store);
}

static void story__wrong_questions__refused(void **arg)
{
    const churn_str kinds[] = {text("episode")};
    churn_store *store = whole_story();
    churn_table *table = NULL;
    churn_cancel *cancel = NULL;
    (void)arg;
    assert_fails(churn_store_story(store, "nobody", CHURN_NTS, NULL, &table, NULL),
                 CHURN_E_NOT_FOUND);
    churn_story_options o = {.struct_size = sizeof o, .kinds = kinds, .kind_count = 1};
    assert_fails(churn_store_story(store, "acme", CHURN_NTS, &o, &table, NULL), CHURN_E_NOT_FOUND);
    o = (churn_story_options){.struct_size = sizeof o, .kind_count = 1};
    assert_fails(churn_store_story(store, "acme", CHURN_NTS, &o, &table, NULL), CHURN_E_ARG);
    o = (churn_story_options){.struct_size = sizeof o, .flags = 1};
    assert_fails(churn_store_story(store, "acme", CHURN_NTS, &o, &table, NULL), CHURN_E_ARG);
    o = (churn_story_options){.struct_size = sizeof o, .as_of = INT64_MAX};
    assert_fails(churn_store_story(store, "acme", CHURN_NTS, &o, &table, NULL), CHURN_E_RANGE);
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    o = (churn_story_options){.struct_size = sizeof o, .cancel = cancel};
    assert_fails(churn_store_story(store, "acme", CHURN_NTS, &o, &table, NULL), CHURN_E_CANCELLED);
    assert_null(table);
    churn_cancel_free(cancel);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(story__ticket__a_line_for_each_of_its_dates),
        cmocka_unit_test(story__invoice__paid_late_failed_refunded),
        cmocka_unit_test(story__subscription__what_changed),
        cmocka_unit_test(story__attributes__old_and_new_value),
        cmocka_unit_test(story__people_and_contacts__who_came_and_what_was_said),
        cmocka_unit_test(story__overrides__who_judged_and_why),
        cmocka_unit_test(story__event_with_properties__in_details),
        cmocka_unit_test(story__several_kinds__by_time_then_kind),
        cmocka_unit_test(story__filtered__half_open_span_kinds_and_the_last_lines),
        cmocka_unit_test(story__wrong_questions__refused),
    };
    return RUN_TESTS(group);
}
