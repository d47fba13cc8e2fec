/* SPDX-License-Identifier: MIT */
#include <churn/churn.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Why is this score what it is, and why is it not what it was? Lines that add up to it, with bars
 * that are drawn from the table alone, and the records that moved it.
 */
/* 2026-02-01T00:00:00Z */
#define TODAY INT64_C(1769904000000000)
#define DAY INT64_C(86400000000)

static const char playbook_text[] =
    "churn: 1\n"
    "name: explained\n"
    "time_zone: UTC\n"
    "currency: USD\n"
    "metrics:\n"
    "  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: open_tickets, ticket: open_count}\n"
    "  - {id: nps, survey: last, kind: nps, max_age: 180d}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: adoption\n"
    "        weight: 50\n"
    "        factors: [{metric: logins_28d, curve: [[0, 0], [10, 100]], unit: logins}]\n"
    "      - id: support\n"
    "        weight: 25\n"
    "        factors: [{metric: open_tickets, steps: [[0, 100], [1, 60], [3, 0]]}]\n"
    "      - id: opinion\n"
    "        weight: 25\n"
    "        factors: [{metric: nps, curve: [[0, 0], [10, 100]]}]\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n";

static churn_status fill(churn_store *store, churn_error *err)
{
    const int ages[] = {58, 55, 53, 51, 48, 45, 44, 41, 40, 34, 25, 18, 11, 4};
    const churn_str acme = {"acme", 4};
    churn_customer customer;
    churn_ticket ticket;
    churn_survey survey;
    churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
    customer.id = acme;
    customer.since = TODAY - 400 * DAY;
    churn_status st = churn_store_add_customer(store, &customer, err);
    for (size_t i = 0; st == CHURN_OK && i < sizeof ages / sizeof *ages; i++) {
        churn_event event;
        char id[16];
        churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
        event.customer = acme;
        event.type = (churn_str){"login", 5};
        event.at = TODAY - ages[i] * DAY + DAY / 2;
        event.id = (churn_str){id, (size_t)snprintf(id, sizeof id, "login-%d", (int)i)};
        st = churn_store_add_event(store, &event, err);
    }
    churn_record_init(CHURN_RECORD_TICKET, &ticket, sizeof ticket);
    ticket.id = (churn_str){"t-17", 4};
    ticket.customer = acme;
    ticket.opened_at = TODAY - 12 * DAY;
    churn_record_init(CHURN_RECORD_SURVEY, &survey, sizeof survey);
    survey.customer = acme;
    survey.kind = (churn_str){"nps", 3};
    survey.at = TODAY - 196 * DAY; /* older than 180 days today, not yet a month ago */
    survey.score = 9;
    st = st == CHURN_OK ? churn_store_add_ticket(store, &ticket, err) : st;
    return st == CHURN_OK ? churn_store_add_survey(store, &survey, err) : st;
}

static void print_bar(double points)
{
    int n = (int)((points < 0 ? -points : points) / 2 + 0.5);
    for (int i = 0; i < 20; i++) {
        putchar(i < n ? (points < 0 ? '-' : '+') : ' ');
    }
}

static void print_lines(const char *title, const churn_table *lines)
{
    uint32_t name = churn_table_find(lines, "name", CHURN_NTS);
    uint32_t part = churn_table_find(lines, "contribution", CHURN_NTS);
    uint32_t text = churn_table_find(lines, "text", CHURN_NTS);
    uint32_t kind = churn_table_find(lines, "kind", CHURN_NTS);
    printf("%s\n", title);
    for (uint64_t row = 0; row < churn_table_row_count(lines); row++) {
        const char *of = churn_table_string(lines, row, kind).ptr;
        bool level =
            strcmp(of, "baseline") == 0 || strcmp(of, "before") == 0 || strcmp(of, "after") == 0;
        double points = churn_table_double(lines, row, part);
        printf("  %-14s", churn_table_string(lines, row, name).ptr);
        if (churn_table_is_null(lines, row, part)) {
            printf("%10s  %20s", "-", "");
        } else {
            printf(level ? "%10.6f  " : "%+10.6f  ", points);
            print_bar(level ? 0 : points);
        }
        printf("  %s\n", churn_table_string(lines, row, text).ptr);
    }
}

static void print_records(const churn_table *rows)
{
    uint32_t id = churn_table_find(rows, "id", CHURN_NTS);
    uint32_t change = churn_table_find(rows, "change", CHURN_NTS);
    printf("behind logins_28d:");
    for (uint64_t row = 0; row < churn_table_row_count(rows); row++) {
        printf(" %s (%s)", churn_table_string(rows, row, id).ptr,
               churn_table_string(rows, row, change).ptr);
    }
    printf("\n");
}

static churn_status explain(churn_engine *engine, churn_error *err)
{
    churn_table *level = NULL, *change = NULL, *rows = NULL;
    churn_status st = churn_engine_explain(engine, "acme", CHURN_NTS, TODAY, NULL, &level, err);
    if (st == CHURN_OK) {
        print_lines("health of acme on 2026-02-01", level);
        st = churn_engine_explain_change(engine, "acme", CHURN_NTS, TODAY - 31 * DAY, TODAY, NULL,
                                         &change, err);
    }
    if (st == CHURN_OK) {
        print_lines("since 2026-01-01", change);
        st = churn_engine_evidence(engine, "acme", CHURN_NTS, "logins_28d", CHURN_NTS,
                                   TODAY - 31 * DAY, TODAY, NULL, &rows, err);
    }
    if (st == CHURN_OK) {
        print_records(rows);
    }
    churn_table_free(level);
    churn_table_free(change);
    churn_table_free(rows);
    return st;
}

int main(void)
{
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    churn_status st = churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &playbook, NULL, &err);
    st = st == CHURN_OK ? churn_store_create(NULL, &store, &err) : st;
    st = st == CHURN_OK ? fill(store, &err) : st;
    st = st == CHURN_OK ? churn_engine_create(playbook, store, NULL, &engine, &err) : st;
    st = st == CHURN_OK ? explain(engine, &err) : st;
    if (st != CHURN_OK) {
        fprintf(stderr, "%s: %s\n", churn_status_name(st), err.message);
    }
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    return st == CHURN_OK ? 0 : 1;
}
