/* SPDX-License-Identifier: MIT */
#include "store_support.h"

/* Records that are no more: from an instant on, or as if they never were. */

static size_t tickets_at(churn_store *store, const char *customer, churn_time as_of)
{
    const churn__ticket *rows = NULL;
    view v = view_open(store);
    size_t n = churn__reader_tickets(v.reader, customer_of(&v, customer), as_of, &rows);
    view_close(&v);
    return n;
}

static churn_status retract_ticket(churn_store *store, const char *id, churn_time known)
{
    churn_ticket t;
    churn_record_init(CHURN_RECORD_TICKET, &t, sizeof t);
    t.id = text(id);
    t.known_at = known;
    return churn_store_retract(store, CHURN_RECORD_TICKET, &t, NULL);
}

static void retract__with_known_at__ends_from_then_on(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_ticket t = ticket_of("t1", "acme", T(1));
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    assert_ok(retract_ticket(store, "t1", T(5)));
    assert_int_equal(tickets_at(store, "acme", T(5) - 1), 1);
    assert_int_equal(tickets_at(store, "acme", T(5)), 0);
    assert_int_equal(tickets_at(store, "acme", T(500)), 0);
    uint64_t version = churn_store_version(store);
    assert_ok(retract_ticket(store, "t1", T(5)));
    assert_ok(retract_ticket(store, "t1", T(8)));
    assert_int_equal(churn_store_version(store), version);
    t.known_at = T(7); /* it is there again */
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    assert_int_equal(tickets_at(store, "acme", T(6)), 0);
    assert_int_equal(tickets_at(store, "acme", T(7)), 1);
    t.known_at = T(3); /* a late version ends where the record did */
    t.priority = text("high");
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    assert_int_equal(tickets_at(store, "acme", T(4)), 1);
    assert_int_equal(tickets_at(store, "acme", T(6)), 0);
    assert_int_equal(tickets_at(store, "acme", T(7)), 1);
    churn_store_free(store);
}

static void retract__without_known_at__never_was(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_ticket t = ticket_of("t1", "acme", T(1));
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    t.known_at = T(3);
    t.priority = text("high");
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    assert_ok(retract_ticket(store, "t1", CHURN_TIME_NONE));
    assert_int_equal(tickets_at(store, "acme", T(2)), 0);
    assert_int_equal(tickets_at(store, "acme", T(9)), 0);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_TICKET), 0);
    assert_int_equal(retract_ticket(store, "t1", CHURN_TIME_NONE), CHURN_E_NOT_FOUND);
    assert_int_equal(retract_ticket(store, "t2", T(4)), CHURN_E_NOT_FOUND);
    churn_store_free(store);
}

static void retract__before_it_was_known__not_found(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_ticket t = ticket_of("t1", "acme", T(3));
    assert_ok(churn_store_add_ticket(store, &t, NULL));
    t.known_at = T(2);
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_TICKET, &t, &err), CHURN_E_NOT_FOUND);
    assert_int_equal(err.detail, 18);
    t.customer = text("other");
    t.known_at = T(4);
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_TICKET, &t, &err), CHURN_E_NOT_FOUND);
    churn_ticket o = ticket_of("t2", "other", T(3));
    assert_ok(churn_store_add_ticket(store, &o, NULL));
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_TICKET, &t, &err), CHURN_E_EXISTS);
    t.customer = text("acme");
    assert_ok(churn_store_retract(store, CHURN_RECORD_TICKET, &t, &err));
    assert_int_equal(churn_store_retract(NULL, CHURN_RECORD_TICKET, &t, &err), CHURN_E_ARG);
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_TICKET, NULL, &err), CHURN_E_ARG);
    assert_int_equal(churn_store_retract(store, 99, &t, &err), CHURN_E_ARG);
    churn_store_free(store);
}

/* The record leaves nothing else of the customer behind, in a run below others. */
static void retract__last_of_a_customer__older_runs_do_not_show(void **state)
{
    (void)state;
    churn_store *store = store_new();
    for (int i = 0; i < 40; i++) {
        char id[8] = {'t', (char)('a' + i % 26), (char)('a' + i / 26), 0};
        char customer[8] = {'c', id[1], id[2], 0};
        churn_ticket t = ticket_of(id, customer, T(1));
        assert_ok(churn_store_add_ticket(store, &t, NULL));
        if (i % 8 == 7) {
            (void)churn_store_version(store);
        }
    }
    assert_ok(retract_ticket(store, "tba", CHURN_TIME_NONE));
    assert_int_equal(tickets_at(store, "cba", T(9)), 0);
    assert_int_equal(tickets_at(store, "cca", T(9)), 1);
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_TICKET), 39);
    for (int i = 0; i < 40; i++) { /* and after the runs have come together */
        char id[8] = {'t', (char)('a' + i % 26), (char)('a' + i / 26), 0};
        if (i != 1) {
            assert_ok(retract_ticket(store, id, CHURN_TIME_NONE));
        }
    }
    assert_int_equal(churn_store_record_count(store, CHURN_RECORD_TICKET), 0);
    assert_int_equal(tickets_at(store, "cba", T(9)), 0);
    churn_store_free(store);
}

static void retract__events__by_id_alone(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_error err = {.struct_size = sizeof err};
    churn_event e = event_of("acme", "login", T(1));
    assert_ok(churn_store_add_event(store, &e, NULL));
    e.id = text("e1");
    assert_ok(churn_store_add_event(store, &e, NULL));
    churn_event end;
    churn_record_init(CHURN_RECORD_EVENT, &end, sizeof end);
    end.known_at = T(4);
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_EVENT, &end, &err), CHURN_E_ARG);
    assert_int_equal(err.detail, 19);
    end.id = text("e1");
    assert_ok(churn_store_retract(store, CHURN_RECORD_EVENT, &end, &err));
    view v = view_open(store);
    assert_int_equal(events_seen(&v, "acme", "login", T(3)), 2);
    assert_int_equal(events_seen(&v, "acme", "login", T(4)), 1);
    view_close(&v);
    end.known_at = CHURN_TIME_NONE;
    assert_ok(churn_store_retract(store, CHURN_RECORD_EVENT, &end, &err));
    v = view_open(store);
    assert_int_equal(events_of(&v, "acme", "login").count, 1);
    view_close(&v);
    churn_store_free(store);
}

static void retract__only_event_of_a_customer__gone(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_event e = event_of("acme", "login", T(1));
    e.id = text("e1");
    assert_ok(churn_store_add_event(store, &e, NULL));
    assert_ok(churn_store_retract(store, CHURN_RECORD_EVENT, &e, NULL) == CHURN_E_NOT_FOUND
                  ? CHURN_E_FAILED
                  : CHURN_OK);
    view v = view_open(store);
    churn_time first = 0, last = 0;
    assert_int_equal(events_of(&v, "acme", "login").count, 0);
    churn__version_span(v.version, &first, &last);
    assert_true(first == CHURN_TIME_NONE && last == CHURN_TIME_NONE);
    view_close(&v);
    e.customer = text("beta");
    e.id = text("e2");
    assert_ok(churn_store_add_event(store, &e, NULL));
    v = view_open(store);
    assert_int_equal(events_seen(&v, "beta", "login", T(2)), 1);
    assert_int_equal(events_of(&v, "acme", "login").count, 0);
    view_close(&v);
    churn_store_free(store);
}

static void retract__attributes__by_name_and_date(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_attribute a = attribute_of("acme", "plan", "free", CHURN_TIME_NONE);
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    a = attribute_of("acme", "plan", "pro", T(3));
    assert_ok(churn_store_add_attribute(store, &a, NULL));
    a.known_at = T(6);
    assert_ok(churn_store_retract(store, CHURN_RECORD_ATTRIBUTE, &a, NULL));
    view v = view_open(store);
    assert_string_equal(attribute_at(&v, "acme", "plan", T(5)), "pro");
    assert_string_equal(attribute_at(&v, "acme", "plan", T(6)), "free");
    view_close(&v);
    a.valid_from = CHURN_TIME_NONE;
    a.known_at = CHURN_TIME_NONE;
    assert_ok(churn_store_retract(store, CHURN_RECORD_ATTRIBUTE, &a, NULL));
    v = view_open(store);
    assert_null(attribute_at(&v, "acme", "plan", T(2)));
    assert_string_equal(attribute_at(&v, "acme", "plan", T(5)), "pro");
    assert_null(attribute_at(&v, "acme", "plan", T(7)));
    view_close(&v);
    a.name = text("seats");
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_ATTRIBUTE, &a, NULL),
                     CHURN_E_NOT_FOUND);
    a.name = (churn_str){NULL, 0};
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_ATTRIBUTE, &a, NULL), CHURN_E_ARG);
    churn_store_free(store);
}

static void retract__subscriptions__one_state(void **state)
{
    (void)state;
    churn_store *store = store_new();
    const churn__subscription *rows = NULL;
    churn_subscription s = subscription_of("s1", "acme", T(1), "active", 1000);
    assert_ok(churn_store_add_subscription(store, &s, NULL));
    s = subscription_of("s1", "acme", T(9), "cancelled", 1000);
    assert_ok(churn_store_add_subscription(store, &s, NULL));
    churn_subscription end;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &end, sizeof end);
    end.id = text("s1");
    end.known_at = T(20);
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_SUBSCRIPTION, &end, NULL),
                     CHURN_E_ARG);
    end.valid_from = T(9);
    assert_ok(churn_store_retract(store, CHURN_RECORD_SUBSCRIPTION, &end, NULL));
    view v = view_open(store);
    uint32_t acme = customer_of(&v, "acme");
    assert_int_equal(churn__reader_subscriptions(v.reader, acme, T(19), &rows), 2);
    assert_int_equal(churn__reader_subscriptions(v.reader, acme, T(20), &rows), 1);
    assert_int_equal(rows->status, CHURN__SUB_ACTIVE);
    view_close(&v);
    churn_store_free(store);
}

static void retract__without_ids__by_what_they_are_known_by(void **state)
{
    (void)state;
    churn_store *store = store_new();
    const churn__survey *answers = NULL;
    const churn__churn *lost = NULL;
    churn_survey s;
    churn_record_init(CHURN_RECORD_SURVEY, &s, sizeof s);
    s.customer = text("acme");
    s.kind = text("nps");
    s.at = T(1);
    s.score = 9;
    s.user = text("ann");
    assert_ok(churn_store_add_survey(store, &s, NULL));
    s.user = text("bob");
    assert_ok(churn_store_add_survey(store, &s, NULL));
    churn_survey end = s;
    end.score = 3; /* is not looked at */
    assert_ok(churn_store_retract(store, CHURN_RECORD_SURVEY, &end, NULL));
    end.kind = (churn_str){NULL, 0};
    assert_int_equal(churn_store_retract(store, CHURN_RECORD_SURVEY, &end, NULL), CHURN_E_ARG);
    churn_churn c;
    churn_record_init(CHURN_RECORD_CHURN, &c, sizeof c);
    c.customer = text("acme");
    c.kind = text("voluntary");
    c.at = T(5);
    assert_ok(churn_store_add_churn(store, &c, NULL));
    c.known_at = T(9);
    assert_ok(churn_store_retract(store, CHURN_RECORD_CHURN, &c, NULL));
    view v = view_open(store);
    uint32_t acme = customer_of(&v, "acme");
    assert_int_equal(churn__reader_surveys(v.reader, acme, T(3), &answers), 1);
    churn_str user = churn__dict_view_get(churn__version_texts(v.version), answers->user);
    assert_string_equal(user.ptr, "ann");
    assert_int_equal(churn__reader_churns(v.reader, acme, T(8), &lost), 1);
    assert_int_equal(churn__reader_churns(v.reader, acme, T(9), &lost), 0);
    view_close(&v);
    churn_store_free(store);
}

static void retract__customer__only_the_record(void **state)
{
    (void)state;
    churn_store *store = store_new();
    churn_customer c;
    churn_record_init(CHURN_RECORD_CUSTOMER, &c, sizeof c);
    c.id = text("acme");
    c.since = T(1);
    churn_named_value plan = {text("plan"), {.type = CHURN_TYPE_STRING, .string = text("pro")}};
    c.attributes = &plan;
    c.attribute_count = 1;
    assert_ok(churn_store_add_customer(store, &c, NULL));
    c.known_at = T(4);
    assert_ok(churn_store_retract(store, CHURN_RECORD_CUSTOMER, &c, NULL));
    view v = view_open(store);
    uint32_t acme = customer_of(&v, "acme");
    assert_true(churn__reader_since(v.reader, acme, T(3)) == T(1));
    assert_true(churn__reader_since(v.reader, acme, T(4)) == CHURN_TIME_NONE);
    assert_string_equal(attribute_at(&v, "acme", "plan", T(9)), "pro");
    view_close(&v);
    churn_store_free(store);
}

static void retract__batch__counted_and_rejected(void **state)
{
    (void)state;
    churn_store *store = store_new();
    for (int i = 0; i < 3; i++) {
        const char *ids[] = {"a", "b", "c"};
        churn_ticket t = ticket_of(ids[i], "acme", T(1));
        assert_ok(churn_store_add_ticket(store, &t, NULL));
    }
    const int64_t offsets[] = {0, 1, 2, 3, 4};
    churn_ticket_batch batch = {.struct_size = sizeof batch, .row_count = 4};
    batch.id.bytes = "axba";
    batch.id.offsets = offsets;
    churn_load_options options = {
        .struct_size = sizeof options, .flags = CHURN_LOAD_RETRACT, .known_at = T(7)};
    churn_load_report report = {.struct_size = sizeof report};
    churn_error err = {.struct_size = sizeof err};
    uint64_t version = churn_store_version(store);
    options.flags |= CHURN_LOAD_STRICT;
    assert_int_equal(churn_store_add_tickets(store, &batch, &options, &report, &err),
                     CHURN_E_NOT_FOUND);
    assert_int_equal(err.row, 1);
    assert_int_equal(churn_store_version(store), version);
    options.flags = CHURN_LOAD_RETRACT;
    assert_ok(churn_store_add_tickets(store, &batch, &options, &report, &err));
    assert_int_equal(report.seen, 4);
    assert_int_equal(report.retracted, 2);
    assert_int_equal(report.conflicting, 1);
    assert_int_equal(report.rejected, 1);
    assert_int_equal(report.rewrote_history, 0);
    assert_string_equal(churn_table_string(report.rejections, 0, 2).ptr, "not_found");
    churn_table_free(report.rejections);
    assert_int_equal(tickets_at(store, "acme", T(6)), 3);
    assert_int_equal(tickets_at(store, "acme", T(7)), 1);
    assert_ok(churn_store_add_tickets(store, &batch, &options, &report, &err));
    assert_int_equal(report.retracted, 0);
    assert_int_equal(report.unchanged, 2);
    churn_table_free(report.rejections);
    options.known_at = 0;
    assert_ok(churn_store_add_tickets(store, &batch, &options, &report, &err));
    assert_int_equal(report.retracted, 2);
    assert_int_equal(report.rewrote_history, 2);
    churn_table_free(report.rejections);
    assert_int_equal(tickets_at(store, "acme", T(6)), 1);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest store_retract[] = {
        cmocka_unit_test(retract__with_known_at__ends_from_then_on),
        cmocka_unit_test(retract__without_known_at__never_was),
        cmocka_unit_test(retract__before_it_was_known__not_found),
        cmocka_unit_test(retract__last_of_a_customer__older_runs_do_not_show),
        cmocka_unit_test(retract__events__by_id_alone),
        cmocka_unit_test(retract__only_event_of_a_customer__gone),
        cmocka_unit_test(retract__attributes__by_name_and_date),
        cmocka_unit_test(retract__subscriptions__one_state),
        cmocka_unit_test(retract__without_ids__by_what_they_are_known_by),
        cmocka_unit_test(retract__customer__only_the_record),
        cmocka_unit_test(retract__batch__counted_and_rejected),
    };
    return RUN_TESTS(store_retract);
}
