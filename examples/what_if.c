/* SPDX-License-Identifier: MIT */
#include <churn/churn.h>

#include <stdio.h>
#include <string.h>

/*
 * What would it take, and what would become of it? acme has logged in twice and gave a 6: what
 * brings it to green, what if it logged in ten times, and who changes band if green began at 60.
 */
#define DAY INT64_C(86400000000)
/* 2026-02-01T00:00:00Z */
#define TODAY INT64_C(1769904000000000)
#define PLAYBOOK(green)                                                     \
    "churn: 1\n"                                                            \
    "name: what_if\n"                                                       \
    "currency: USD\n"                                                       \
    "metrics:\n"                                                            \
    "  - {id: logins_28d, agg: count, event: login, window: 28d}\n"         \
    "  - {id: nps, survey: last, kind: nps}\n"                              \
    "scores:\n"                                                             \
    "  - id: health\n"                                                      \
    "    groups:\n"                                                         \
    "      - id: use\n"                                                     \
    "        weight: 60\n"                                                  \
    "        factors: [{metric: logins_28d, curve: [[0, 0], [10, 100]]}]\n" \
    "      - id: voice\n"                                                   \
    "        weight: 40\n"                                                  \
    "        factors: [{metric: nps, curve: [[0, 0], [10, 100]]}]\n"        \
    "    bands: {green: " green ", yellow: 30, red: 0}\n"                   \
    "triggers:\n"                                                           \
    "  - {id: low, when: 'health.score < 40'}\n"

typedef struct desk {
    churn_playbook *playbook, *changed;
    churn_store *store;
    churn_engine *engine;
} desk;

static churn_status add_customer(churn_store *store, const char *id, int logins, double nps,
                                 churn_error *err)
{
    churn_customer customer;
    churn_survey survey;
    churn_status st = CHURN_OK;
    churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
    customer.id = (churn_str){id, strlen(id)};
    customer.since = TODAY - 90 * DAY;
    st = churn_store_add_customer(store, &customer, err);
    churn_record_init(CHURN_RECORD_SURVEY, &survey, sizeof survey);
    survey.customer = customer.id;
    survey.kind = (churn_str){"nps", 3};
    survey.at = TODAY - 5 * DAY;
    survey.score = nps;
    if (st == CHURN_OK) {
        st = churn_store_add_survey(store, &survey, err);
    }
    for (int i = 0; st == CHURN_OK && i < logins; i++) {
        churn_event event;
        churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
        event.customer = customer.id;
        event.type = (churn_str){"login", 5};
        event.at = TODAY - (i + 1) * DAY;
        st = churn_store_add_event(store, &event, err);
    }
    return st;
}

static churn_status open_desk(desk *d, churn_error *err)
{
    churn_status st =
        churn_playbook_parse(PLAYBOOK("70"), CHURN_NTS, NULL, &d->playbook, NULL, err);
    if (st == CHURN_OK) {
        st = churn_playbook_parse(PLAYBOOK("60"), CHURN_NTS, NULL, &d->changed, NULL, err);
    }
    if (st == CHURN_OK) {
        st = churn_store_create(NULL, &d->store, err);
    }
    if (st == CHURN_OK) {
        st = add_customer(d->store, "acme", 2, 6, err);
    }
    if (st == CHURN_OK) {
        st = add_customer(d->store, "blue", 6, 7, err);
    }
    return st == CHURN_OK ? churn_engine_create(d->playbook, d->store, NULL, &d->engine, err) : st;
}

static void close_desk(desk *d)
{
    churn_engine_free(d->engine);
    churn_store_free(d->store);
    churn_playbook_free(d->changed);
    churn_playbook_free(d->playbook);
}

static const char *text(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_string(table, row, churn_table_find(table, column, CHURN_NTS)).ptr;
}

static double number(const churn_table *table, uint64_t row, const char *column)
{
    return churn_table_double(table, row, churn_table_find(table, column, CHURN_NTS));
}

static churn_status show_targets(const desk *d, churn_error *err)
{
    churn_table *table = NULL;
    const churn_target_options green = {.struct_size = sizeof green, .band = {"green", 5}};
    churn_status st =
        churn_engine_targets(d->engine, "acme", CHURN_NTS, TODAY, &green, &table, err);
    for (uint64_t row = 0; st == CHURN_OK && row < churn_table_row_count(table); row++) {
        const char *why = text(table, row, "reason");
        printf("%s: %s from %g to %g", text(table, row, "kind"), text(table, row, "metric"),
               number(table, row, "value"), number(table, row, "value_needed"));
        if (text(table, row, "metric_2")[0] != '\0') {
            printf(", %s from %g to %g", text(table, row, "metric_2"),
                   number(table, row, "value_2"), number(table, row, "value_needed_2"));
        }
        printf("%s%s: %g\n", why[0] ? ", but " : "", why, number(table, row, "reaches"));
    }
    churn_table_free(table);
    return st;
}

static churn_status show_what_if(const desk *d, churn_error *err)
{
    churn_table *table = NULL;
    const churn_change change = {{"logins_28d", 10}, {.type = CHURN_TYPE_DOUBLE, .number = 10}};
    churn_status st =
        churn_engine_what_if(d->engine, "acme", CHURN_NTS, TODAY, &change, 1, NULL, &table, err);
    for (uint64_t row = 0; st == CHURN_OK && row < churn_table_row_count(table); row++) {
        if (strcmp(text(table, row, "sort"), "score") == 0) {
            printf("10 logins: %s %g to %g, %s to %s\n", text(table, row, "id"),
                   number(table, row, "value_before"), number(table, row, "value_after"),
                   text(table, row, "band_before"), text(table, row, "band_after"));
        }
    }
    churn_table_free(table);
    return st;
}

static churn_status show_impact(const desk *d, churn_error *err)
{
    churn_table *moved = NULL;
    const churn_time today = TODAY;
    churn_impact summary = {.struct_size = sizeof summary};
    churn_status st =
        churn_engine_impact(d->engine, d->changed, &today, 1, NULL, &summary, &moved, NULL, err);
    if (st == CHURN_OK) {
        printf("green from 60: %d of %d change band, %d alerts more\n", (int)summary.changed_band,
               (int)summary.customers, (int)(summary.alerts_after - summary.alerts_before));
    }
    for (uint64_t row = 0; st == CHURN_OK && row < churn_table_row_count(moved); row++) {
        printf("%s: %s to %s\n", text(moved, row, "customer"), text(moved, row, "band_before"),
               text(moved, row, "band_after"));
    }
    churn_table_free(moved);
    return st;
}

int main(void)
{
    desk d = {.playbook = NULL};
    churn_error err = {.struct_size = sizeof err};
    churn_status st = open_desk(&d, &err);
    if (st == CHURN_OK) {
        st = show_targets(&d, &err);
    }
    if (st == CHURN_OK) {
        st = show_what_if(&d, &err);
    }
    if (st == CHURN_OK) {
        st = show_impact(&d, &err);
    }
    if (st != CHURN_OK) {
        fprintf(stderr, "%s\n", err.message);
    }
    close_desk(&d);
    return st != CHURN_OK;
}
