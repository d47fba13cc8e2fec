/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

/*
 * One customer explained: bench_explain [EVENTS A CUSTOMER]. A score of ten factors in three
 * groups, 1,000 customers. Warm: the same customer again, whose metrics are known; cold: another
 * customer each time; both also as lines without sentences; and its change in a month.
 */
#define CUSTOMERS 1000
#define MARCH INT64_C(1772323200000000) /* 2026-03-01 */

static churn_error error = {.struct_size = sizeof error};

static const char playbook_text[] =
    "churn: 1\nname: explained\ntime_zone: UTC\ncurrency: USD\n"
    "metrics:\n"
    "  - {id: m0, agg: count, event: login, window: 28d, history: clip}\n"
    "  - {id: m1, agg: count, event: export, window: 28d, history: clip}\n"
    "  - {id: m2, agg: active_days, event: login, window: 28d, history: clip}\n"
    "  - {id: m3, agg: days_since, event: login}\n"
    "  - {id: m4, agg: sum, event: pay, window: 90d, history: clip}\n"
    "  - {id: m5, agg: distinct, event: login, of: user, window: 28d, history: clip}\n"
    "  - {id: m6, agg: count, event: support, window: 90d, history: clip}\n"
    "  - {id: m7, agg: days_since, event: pay}\n"
    "  - {id: m8, agg: count, event: any, window: 7d, history: clip}\n"
    "  - {id: m9, agg: mean, event: pay, window: 180d, history: clip}\n"
    "scores:\n"
    "  - id: health\n    groups:\n"
    "      - id: use\n        weight: 60\n        factors:\n"
    "          - {metric: m0, weight: 2, curve: [[0, 0], [4, 60], [10, 100]]}\n"
    "          - {metric: m1, weight: 1, curve: [[0, 20], [2, 70], [5, 100]]}\n"
    "          - {metric: m2, weight: 1, curve: [[0, 0], [3, 50], [8, 100]]}\n"
    "          - {metric: m3, weight: 2, curve: [[0, 100], [14, 60], [60, 0]]}\n"
    "      - id: breadth\n        weight: 20\n        factors:\n"
    "          - {metric: m5, weight: 1, curve: [[0, 0], [3, 100]]}\n"
    "          - {metric: m8, weight: 1, curve: [[0, 20], [3, 100]]}\n"
    "      - id: rest\n        weight: 20\n        factors:\n"
    "          - {metric: m4, weight: 1, curve: [[0, 0], [100, 100]]}\n"
    "          - {metric: m6, weight: 1, curve: [[0, 100], [4, 0]]}\n"
    "          - {metric: m7, weight: 1, curve: [[0, 100], [90, 0]]}\n"
    "          - {metric: m9, weight: 1, curve: [[0, 0], [50, 100]]}\n"
    "    bands: {green: 60, yellow: 35, red: 0}\n";

static void name_of(int customer, char out[8])
{
    (void)snprintf(out, 8, "c%05d", customer % 100000);
}

static void fill(churn_store *store, int events)
{
    static const char *const types[] = {"login", "export", "pay", "support"};
    char id[8], user[8];
    for (int i = 0; i < CUSTOMERS; i++) {
        churn_customer customer;
        churn_record_init(CHURN_RECORD_CUSTOMER, &customer, sizeof customer);
        name_of(i, id);
        customer.id = (churn_str){id, strlen(id)};
        customer.since = MARCH - 400 * DAY;
        must(churn_store_add_customer(store, &customer, &error), &error);
        for (int k = 0; k < events; k++) {
            churn_event event;
            churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
            name_of(k % 7, user);
            event.customer = customer.id;
            event.type = (churn_str){types[k % 4], strlen(types[k % 4])};
            event.user = (churn_str){user, strlen(user)};
            event.value = k % 100;
            event.at = MARCH - 180 * DAY / events * (events - k) - i;
            must(churn_store_add_event(store, &event, &error), &error);
        }
    }
}

static void measure(churn_engine *engine, const char *what, bool warm, bool change)
{
    char id[8];
    int rounds = change ? 1000 : 20000;
    double begin = worked();
    for (int i = 0; i < rounds; i++) {
        churn_table *lines = NULL;
        name_of(warm ? 7 : i * 37 % CUSTOMERS, id);
        must(change ? churn_engine_explain_change(engine, id, CHURN_NTS, MARCH - 30 * DAY, MARCH,
                                                  NULL, &lines, &error)
                    : churn_engine_explain(engine, id, CHURN_NTS, MARCH, NULL, &lines, &error),
             &error);
        churn_table_free(lines);
    }
    printf("%-28s %8.2f us\n", what, (worked() - begin) / rounds * 1e6);
}

/* The same without sentences, into memory of ours. */
static void measure_lines(churn_engine *engine, const char *what, bool warm)
{
    const int rounds = 20000;
    double room[512];
    char id[8];
    double begin = worked();
    for (int i = 0; i < rounds; i++) {
        churn_explanation lines = {
            .struct_size = sizeof lines, .room = room, .room_size = sizeof room};
        name_of(warm ? 7 : i * 37 % CUSTOMERS, id);
        must(churn_engine_explain_lines(engine, id, CHURN_NTS, MARCH, NULL, &lines, &error),
             &error);
    }
    printf("%-28s %8.2f us\n", what, (worked() - begin) / rounds * 1e6);
}

int main(int argc, char **argv)
{
    int events = argc > 1 ? atoi(argv[1]) : 1000;
    churn_playbook *playbook = NULL;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    must(churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &playbook, NULL, &error), &error);
    must(churn_store_create(NULL, &store, &error), &error);
    fill(store, events);
    must(churn_engine_create(playbook, store, NULL, &engine, &error), &error);
    measure(engine, "explained, warm", true, false);
    measure(engine, "scored and explained", false, false);
    measure_lines(engine, "as lines, warm", true);
    measure_lines(engine, "scored, as lines", false);
    measure(engine, "change explained", false, true);
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    return 0;
}
