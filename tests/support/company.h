/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_COMPANY_H
#define CHURN_TESTS_COMPANY_H

#include "support.h"

/* A small playbook and a small company for tests that go through the public functions. */

#define STR(literal) ((churn_str){(literal), sizeof(literal) - 1})
#define DAY INT64_C(86400000000)
/* 2026-01-01T00:00:00Z */
#define NEW_YEAR INT64_C(1767225600000000)

static const char company_playbook[] =
    "churn: 1\n"
    "name: company\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "evaluate: 1d\n"
    "attributes: {seats: number}\n"
    "roles:\n"
    "  csm: {from: customer.owner, else: lead}\n"
    "  lead: {people: [eva, fay]}\n"
    "loss: {any: [subscription, record]}\n"
    "metrics:\n"
    "  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: quiet, agg: days_since, event: login}\n"
    "  - {id: users, agg: distinct, event: login, of: user, window: 28d, history: clip}\n"
    "  - {id: seat_use, ratio: {num: users, den: customer.seats}}\n"
    "  - {id: paid, agg: sum, event: payment, window: 90d, history: clip}\n"
    "  - {id: tickets, ticket: open_count}\n"
    "  - {id: nps, survey: last, kind: nps, max_age: 180d}\n"
    "  - {id: failed, invoice: failed_count, window: 60d, history: clip}\n"
    "  - {id: mrr, subscription: mrr}\n"
    "segments:\n"
    "  - {id: large, when: 'metric.mrr >= 100'}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: use\n"
    "        weight: 60\n"
    "        factors:\n"
    "          - {metric: logins_28d, weight: 2, curve: [[0, 0], [10, 100]]}\n"
    "          - {metric: seat_use, weight: 1, curve: [[0, 0], [1, 100]]}\n"
    "      - id: opinion\n"
    "        weight: 40\n"
    "        factors:\n"
    "          - {metric: nps, weight: 1, curve: [[0, 0], [10, 100]]}\n"
    "    caps:\n"
    "      - {id: unpaid, when: 'metric.failed >= 1', at_most: 40}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "    min_coverage: 0.3\n"
    "triggers:\n"
    "  - {id: low, when: 'health.score < 70', clear_when: 'health.score >= 75', for: 1d,\n"
    "     severity: high, play: follow_up, cooldown: 3d}\n"
    "  - {id: quiet, when: 'metric.quiet >= 10', play: mark, renotify: 5d}\n"
    "plays:\n"
    "  - id: follow_up\n"
    "    on_resolve: cancel_open\n"
    "    steps:\n"
    "      - {task: {title: 'Call {{customer.name}}: {{health.score}}', owner: csm, due: 2bd}}\n"
    "      - {notify: {to: lead}}\n"
    "  - id: mark\n"
    "    on_resolve: undo\n"
    "    steps:\n"
    "      - {set_status: at_risk}\n"
    "      - {tag: quiet}\n"
    "      - {task: {title: Ask, owner: csm, due: 1d}}\n"
    "kpi: {preset: chartmogul}\n"
    "tests:\n"
    "  - given: {customer: {since: 2026-01-01}, events: [{type: login, at: 2026-02-01}]}\n"
    "    as_of: 2026-02-20\n"
    "    expect: {trigger.quiet: true, metric.quiet: 19}\n";

typedef struct company {
    churn_allocator allocator; /* resize NULL: the C library's */
    churn_playbook *playbook;
    churn_store *store;
    churn_engine *engine;
} company;

static inline void company_open_playbook(company *c)
{
    churn_error err = {.struct_size = sizeof err};
    churn_playbook_options options = {.struct_size = sizeof options, .allocator = &c->allocator};
    churn_table *found = NULL;
    churn_status st =
        churn_playbook_parse(company_playbook, CHURN_NTS, &options, &c->playbook, &found, &err);
    for (uint64_t i = 0; st != CHURN_OK && i < churn_table_row_count(found); i++) {
        fprintf(stderr, "%lld: %s\n", (long long)churn_table_int(found, i, 3),
                churn_table_string(found, i, 5).ptr);
    }
    churn_table_free(found);
    assert_int_equal(st, CHURN_OK);
}

static inline void company_add_customer(company *c, churn_str id, churn_str owner, double seats)
{
    churn_error err = {.struct_size = sizeof err};
    churn_named_value attributes[] = {
        {STR("owner"), {.type = CHURN_TYPE_STRING, .string = owner}},
        {STR("name"), {.type = CHURN_TYPE_STRING, .string = id}},
        {STR("seats"), {.type = CHURN_TYPE_DOUBLE, .number = seats}},
    };
    churn_customer customer;
    churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
    customer.id = id;
    customer.since = NEW_YEAR - 200 * DAY;
    customer.attributes = attributes;
    customer.attribute_count = 3;
    assert_int_equal(churn_store_add_customer(c->store, &customer, &err), CHURN_OK);
}

static inline void company_add_event(company *c, churn_str customer, churn_str type, churn_time at)
{
    churn_error err = {.struct_size = sizeof err};
    churn_event event;
    churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
    event.customer = customer;
    event.type = type;
    event.at = at;
    event.user = STR("ann");
    event.value = 12.5;
    assert_int_equal(churn_store_add_event(c->store, &event, &err), CHURN_OK);
}

static inline void company_add_subscription(company *c, churn_str id, churn_str customer,
                                            int64_t amount)
{
    churn_error err = {.struct_size = sizeof err};
    churn_subscription row;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    row.id = id;
    row.customer = customer;
    row.valid_from = NEW_YEAR - 200 * DAY;
    row.status = STR("active");
    row.plan = STR("team");
    row.amount = amount;
    row.currency = STR("USD");
    row.period = STR("month");
    row.seats = 5;
    row.renews_at = NEW_YEAR + 40 * DAY;
    assert_int_equal(churn_store_add_subscription(c->store, &row, &err), CHURN_OK);
}

static inline void company_add_rest(company *c)
{
    churn_error err = {.struct_size = sizeof err};
    churn_ticket ticket;
    churn_record_init(CHURN_RECORD_TICKET, &ticket, sizeof ticket);
    ticket.id = STR("t1");
    ticket.customer = STR("blue");
    ticket.opened_at = NEW_YEAR - 3 * DAY;
    ticket.text = STR("The export is too slow.");
    assert_int_equal(churn_store_add_ticket(c->store, &ticket, &err), CHURN_OK);
    churn_survey survey;
    churn_record_init(CHURN_RECORD_SURVEY, &survey, sizeof survey);
    survey.customer = STR("blue");
    survey.kind = STR("nps");
    survey.at = NEW_YEAR - 20 * DAY;
    survey.score = 4;
    survey.text = STR("Exports l'export too slow");
    assert_int_equal(churn_store_add_survey(c->store, &survey, &err), CHURN_OK);
    churn_invoice invoice;
    churn_record_init(CHURN_RECORD_INVOICE, &invoice, sizeof invoice);
    invoice.id = STR("i1");
    invoice.customer = STR("blue");
    invoice.issued_at = NEW_YEAR - 30 * DAY;
    invoice.due_at = NEW_YEAR - 16 * DAY;
    invoice.amount = 9900;
    invoice.currency = STR("USD");
    invoice.failed_at = NEW_YEAR - 10 * DAY;
    invoice.failure = STR("card_expired");
    assert_int_equal(churn_store_add_invoice(c->store, &invoice, &err), CHURN_OK);
    churn_churn churn;
    churn_record_init(CHURN_RECORD_CHURN, &churn, sizeof churn);
    churn.customer = STR("cold");
    churn.kind = STR("voluntary");
    churn.at = NEW_YEAR - 2 * DAY;
    churn.reason = STR("price");
    assert_int_equal(churn_store_add_churn(c->store, &churn, &err), CHURN_OK);
}

/* acme is healthy, blue complains and does not pay, cold has left. */
static inline void company_open(company *c)
{
    churn_error err = {.struct_size = sizeof err};
    churn_store_options options = {
        .struct_size = sizeof options, .allocator = &c->allocator, .time_zone = STR("UTC")};
    company_open_playbook(c);
    assert_int_equal(churn_store_create(&options, &c->store, &err), CHURN_OK);
    company_add_customer(c, STR("acme"), STR("ana"), 1);
    company_add_customer(c, STR("blue"), STR("bo"), 8);
    company_add_customer(c, STR("cold"), STR("ana"), 3);
    for (int day = 60; day > 0; day--) {
        company_add_event(c, STR("acme"), STR("login"), NEW_YEAR - day * DAY + DAY / 3);
    }
    company_add_event(c, STR("blue"), STR("login"), NEW_YEAR - 30 * DAY);
    company_add_event(c, STR("blue"), STR("payment"), NEW_YEAR - 31 * DAY);
    company_add_subscription(c, STR("s1"), STR("acme"), 9900);
    company_add_subscription(c, STR("s2"), STR("blue"), 19900);
    company_add_subscription(c, STR("s3"), STR("cold"), 4900);
    company_add_rest(c);
    assert_int_equal(churn_engine_create(c->playbook, c->store, NULL, &c->engine, &err), CHURN_OK);
}

static inline void company_close(company *c)
{
    churn_engine_free(c->engine);
    churn_store_free(c->store);
    churn_playbook_free(c->playbook);
    *c = (company){.playbook = NULL};
}

/* A table's cell by the name of its column, as text. */
static inline const char *cell_text(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_string(table, row, churn_table_find(table, column, CHURN_NTS)).ptr;
}

static inline double cell_number(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_double(table, row, churn_table_find(table, column, CHURN_NTS));
}

static inline int64_t cell_int(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_int(table, row, churn_table_find(table, column, CHURN_NTS));
}

static inline bool cell_null(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_is_null(table, row, churn_table_find(table, column, CHURN_NTS));
}

/* The row whose columns hold these texts; -1: none. `second` NULL: only the first counts. */
static inline int64_t find_row(const churn_table *table, const char *column, const char *text,
                               const char *second, const char *second_text)
{
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        if (strcmp(cell_text(table, row, column), text) == 0 &&
            (!second || strcmp(cell_text(table, row, second), second_text) == 0)) {
            return (int64_t)row;
        }
    }
    return -1;
}

#endif
