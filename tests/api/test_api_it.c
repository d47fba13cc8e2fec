/* SPDX-License-Identifier: MIT */
#include "company.h"

/* Conditions on single records, on a few that are counted by hand. */

static const char rules[] =
    "churn: 1\nname: it\ntime_zone: UTC\ncurrency: USD\n"
    "metrics:\n"
    "  - {id: high, ticket: opened_count, window: 30d, where: 'it.priority == \"high\"'}\n"
    "  - {id: high_words, ticket: opened_count, window: 30d, priority: high}\n"
    "  - {id: old_open, ticket: open_count, where: 'it.open && it.age_days > 5'}\n"
    "  - {id: not_ann, ticket: opened_count, window: 30d, where: 'it.user != \"ann\"'}\n"
    "  - {id: answered, ticket: opened_count, window: 30d, where: 'has(it.closed_at)'}\n"
    "  - {id: rated, ticket: csat, window: 30d, where: 'it.csat < 3.0'}\n"
    "  - {id: ages, ticket: oldest_open_days, where: 'it.opened_at < it.closed_at || true'}\n"
    "  - {id: bad_nps, survey: count, window: 90d, where: 'it.kind == \"nps\" && it.score <= 6'}\n"
    "  - {id: last_csat, survey: last, where: 'it.kind == \"csat\"'}\n"
    "  - {id: large, invoice: billed_amount, window: 90d, where: 'it.amount >= 50'}\n"
    "  - {id: unpaid, invoice: open_amount, where: 'it.due_at < it.issued_at || it.open'}\n"
    "  - {id: failed, invoice: failed_count, window: 90d, where: 'it.failure == \"card_expired\"'}\n"
    "  - {id: by_id, ticket: opened_count, window: 30d, where: 'it.id in [\"a1\", \"a3\"]'}\n"
    "  - {id: early_rated, ticket: opened_count, window: 30d, offset: 5d, where: 'it.csat > 0'}\n"
    "  - {id: mrr_all, subscription: mrr}\n"
    "  - {id: mrr_core, subscription: mrr, where: 'it.product == \"core\"'}\n"
    "  - {id: mrr_big, subscription: mrr, where: 'it.amount >= 100 && it.seats > 3'}\n"
    "  - {id: mrr_paused, subscription: mrr, where: 'it.status == \"active\"'}\n"
    "  - {id: shrank, subscription: contraction_amount, window: 60d, where: 'it.auto_renew'}\n"
    "  - {id: sponsors, contact: active_count, where: 'it.name in [\"Ann\", \"Bob\"]'}\n"
    "  - {id: fresh, milestone: days_since, name: live, where: 'it.age_days < 30'}\n"
    "  - {id: stale, milestone: days_since, name: live, where: 'it.age_days >= 30'}\n"
    "  - {id: news, announcement: days_since, where: 'it.kind != \"release\"'}\n"
    "  - {id: same, agg: count, event: any, window: 90d, where: 'it.type == \"login\" && "
    "it.value < 1000'}\n"
    "  - {id: plain, agg: count, event: any, window: 90d, where: 'type == \"login\" && "
    "value < 1000'}\n"
    "  - {id: calls, touchpoint: count, window: 30d, where: 'it.channel in [\"call\", \"visit\"]'}\n";

static void add_ticket(company *c, const char *id, int opened, const char *priority,
                       const char *user, int closed, double csat)
{
    churn_ticket ticket;
    churn_record_init(CHURN_RECORD_TICKET, &ticket, sizeof ticket);
    ticket.id = (churn_str){id, strlen(id)};
    ticket.customer = STR("acme");
    ticket.opened_at = NEW_YEAR - opened * DAY;
    ticket.priority = (churn_str){priority, strlen(priority)};
    if (user != NULL) {
        ticket.user = (churn_str){user, strlen(user)};
    }
    if (closed > 0) {
        ticket.closed_at = NEW_YEAR - closed * DAY;
        ticket.csat = csat;
    }
    assert_ok(churn_store_add_ticket(c->store, &ticket, NULL));
}

static void add_survey(company *c, const char *id, const char *kind, int days, double score)
{
    churn_survey survey;
    churn_record_init(CHURN_RECORD_SURVEY, &survey, sizeof survey);
    survey.id = (churn_str){id, strlen(id)};
    survey.customer = STR("acme");
    survey.kind = (churn_str){kind, strlen(kind)};
    survey.at = NEW_YEAR - days * DAY;
    survey.score = score;
    assert_ok(churn_store_add_survey(c->store, &survey, NULL));
}

static void add_invoice(company *c, const char *id, int issued, int64_t amount, int paid)
{
    churn_invoice invoice;
    churn_record_init(CHURN_RECORD_INVOICE, &invoice, sizeof invoice);
    invoice.id = (churn_str){id, strlen(id)};
    invoice.customer = STR("acme");
    invoice.issued_at = NEW_YEAR - issued * DAY;
    invoice.due_at = NEW_YEAR + 20 * DAY;
    invoice.amount = amount;
    invoice.currency = STR("USD");
    if (paid > 0) {
        invoice.paid_at = NEW_YEAR - paid * DAY;
    }
    assert_ok(churn_store_add_invoice(c->store, &invoice, NULL));
}

static void add_touchpoint(company *c, const char *id, const char *channel)
{
    churn_touchpoint touchpoint;
    churn_record_init(CHURN_RECORD_TOUCHPOINT, &touchpoint, sizeof touchpoint);
    touchpoint.id = (churn_str){id, strlen(id)};
    touchpoint.customer = STR("acme");
    touchpoint.at = NEW_YEAR - 3 * DAY;
    touchpoint.channel = (churn_str){channel, strlen(channel)};
    assert_ok(churn_store_add_touchpoint(c->store, &touchpoint, NULL));
}

static void add_state(company *c, const char *id, int days, const char *status, int64_t amount,
                      const char *product, int8_t auto_renew)
{
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = (churn_str){id, strlen(id)};
    row.customer = STR("acme");
    row.valid_from = NEW_YEAR - days * DAY;
    row.status = (churn_str){status, strlen(status)};
    row.product = (churn_str){product, strlen(product)};
    row.amount = amount;
    row.currency = STR("USD");
    row.period = STR("month");
    row.seats = 5;
    row.auto_renew = auto_renew;
    assert_ok(churn_store_add_subscription(c->store, &row, NULL));
}

static void add_contact(company *c, const char *id, const char *name, int days, int8_t active)
{
    churn_contact row;
    churn_record_init(CHURN_RECORD_CONTACT, &row, sizeof row);
    row.id = (churn_str){id, strlen(id)};
    row.customer = STR("acme");
    row.valid_from = NEW_YEAR - days * DAY;
    row.name = (churn_str){name, strlen(name)};
    row.active = active;
    assert_ok(churn_store_add_contact(c->store, &row, NULL));
}

static void add_milestone(company *c, int days)
{
    churn_milestone row;
    churn_record_init(CHURN_RECORD_MILESTONE, &row, sizeof row);
    row.customer = STR("acme");
    row.name = STR("live");
    row.reached_at = NEW_YEAR - days * DAY;
    assert_ok(churn_store_add_milestone(c->store, &row, NULL));
}

static void add_announcement(company *c, const char *name, const char *kind, int days)
{
    churn_announcement row;
    churn_record_init(CHURN_RECORD_ANNOUNCEMENT, &row, sizeof row);
    row.name = (churn_str){name, strlen(name)};
    row.kind = (churn_str){kind, strlen(kind)};
    row.at = NEW_YEAR - days * DAY;
    assert_ok(churn_store_add_announcement(c->store, &row, NULL));
}

static void open_company(company *c)
{
    company_open(c);
    add_state(c, "w1", 100, "active", 20000, "core", 1);
    add_state(c, "w1", 20, "active", 15000, "core", 1);
    add_state(c, "w2", 100, "active", 4000, "extra", 0);
    add_state(c, "w2", 10, "active", 3000, "extra", 0);
    add_state(c, "w3", 100, "active", 7000, "core", 1);
    add_state(c, "w3", 5, "cancelled", 7000, "core", 1);
    add_contact(c, "p1", "Ann", 50, 1);
    add_contact(c, "p2", "Bob", 50, 1);
    add_contact(c, "p2", "Bob", 9, 0);
    add_contact(c, "p3", "Cleo", 50, 1);
    add_milestone(c, 40);
    add_announcement(c, "r1", "release", 3);
    add_announcement(c, "p1", "price_change", 12);
    add_ticket(c, "a1", 20, "high", "ann", 10, 2);
    add_ticket(c, "a2", 8, "high", NULL, 0, 0);
    add_ticket(c, "a3", 3, "low", "bob", 0, 0);
    add_ticket(c, "a4", 40, "high", "bob", 0, 0);
    add_ticket(c, "a5", 6, "low", "ann", 1, 5);
    add_survey(c, "s1", "nps", 50, 6);
    add_survey(c, "s2", "nps", 40, 9);
    add_survey(c, "s3", "csat", 30, 3);
    add_survey(c, "s4", "nps", 10, 7);
    add_invoice(c, "i9", 60, 4900, 50);
    add_invoice(c, "i8", 30, 9900, 0);
    add_touchpoint(c, "t1", "call");
    add_touchpoint(c, "t2", "email");
}

static void where_it__by_hand__as_worked_out(void **state)
{
    static const struct {
        const char *metric;
        double value;
    } expected[] = {
        {"high", 2},       {"high_words", 2}, {"old_open", 2}, {"not_ann", 1},   {"answered", 2},
        {"rated", 2},      {"ages", 40},      {"bad_nps", 1},  {"last_csat", 3}, {"large", 99},
        {"unpaid", 99},    {"failed", 0},     {"calls", 1},    {"by_id", 2},     {"early_rated", 1},
        {"mrr_core", 150}, {"mrr_big", 150},  {"shrank", 120}, {"sponsors", 1},  {"stale", 40},
        {"news", 12},
    };
    company c = {.playbook = NULL};
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    churn_table *t = NULL, *found = NULL;
    const churn_time date = NEW_YEAR;
    (void)state;
    open_company(&c);
    churn_status st = churn_playbook_parse(rules, CHURN_NTS, NULL, &playbook, &found, NULL);
    for (uint64_t i = 0; i < churn_table_row_count(found); i++) {
        print_message("# %s\n", cell_text(found, i, "message"));
    }
    churn_table_free(found);
    assert_ok(st);
    assert_ok(churn_engine_create(playbook, c.store, NULL, &engine, NULL));
    assert_ok(churn_engine_metrics(engine, &date, 1, NULL, &t, NULL));
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        if (cell_number(t, 0, expected[i].metric) != expected[i].value) {
            print_message("# %s is %g\n", expected[i].metric,
                          cell_number(t, 0, expected[i].metric));
        }
        assert_true(cell_number(t, 0, expected[i].metric) == expected[i].value);
        assert_false(cell_null(t, 0, expected[i].metric));
    }
    /* Cancelled, so that none of its states counts, though some of them were active. */
    assert_true(cell_number(t, 0, "mrr_paused") == cell_number(t, 0, "mrr_all"));
    assert_true(cell_number(t, 0, "same") == cell_number(t, 0, "plain"));
    assert_true(cell_number(t, 0, "same") > 0);
    assert_true(cell_null(t, 0, "fresh"));
    churn_table_free(t);
    /* Whose ticket is nobody's is not known not to be Ann's. */
    assert_ok(churn_engine_quality(engine, date, NULL, &t, NULL));
    assert_int_equal(
        cell_int(t, (uint64_t)find_row(t, "metric", "not_ann", NULL, NULL), "excluded"), 2);
    assert_int_equal(cell_int(t, (uint64_t)find_row(t, "metric", "high", NULL, NULL), "excluded"),
                     1);
    churn_table_free(t);
    assert_ok(churn_playbook_metrics(playbook, &t, NULL));
    assert_non_null(strstr(cell_text(t, 0, "description"), "where it.priority"));
    churn_table_free(t);
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    company_close(&c);
}

static void where_it__wrong__told(void **state)
{
    static const struct {
        const char *metric, *says;
    } cases[] = {
        {"ticket: open_count, where: 'it.prioriti == \"x\"'", "did you mean `it.priority`?"},
        {"ticket: open_count, where: 'metric.x > 1'", "it.<field>"},
        {"survey: last, where: 'it.score'", "must be bool"},
        {"invoice: open_amount, where: 'it.open_now'", "unknown name"},
        {"contact: active_count, where: 'it.x'", "it.<field>"},
        {"contact: active_count, where: 'it.nam == \"x\"'", "did you mean `it.name`?"},
        {"subscription: mrr, where: 'it.period == \"month\"'", "unknown name"},
        {"subscription: mrr, where: 'it.known_at > it.valid_from'", "unknown name"},
        {"agg: count, event: any, window: 9d, where: 'it.x == 1'", "unknown name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        churn_playbook *playbook = NULL;
        churn_table *found = NULL;
        (void)snprintf(text, sizeof text,
                       "churn: 1\nname: it\ntime_zone: UTC\ncurrency: USD\n"
                       "metrics:\n  - {id: a, %s}\n",
                       cases[i].metric);
        assert_int_not_equal(churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, &found, NULL),
                             CHURN_OK);
        print_message("# %s\n", cell_text(found, 0, "message"));
        assert_non_null(strstr(cell_text(found, 0, "message"), cases[i].says));
        churn_table_free(found);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(where_it__by_hand__as_worked_out),
    cmocka_unit_test(where_it__wrong__told),
};

int main(void)
{
    return RUN_TESTS(tests);
}
