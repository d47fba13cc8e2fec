/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

/*
 * Scores over time: bench_bands [CUSTOMERS] [EVENTS A CUSTOMER]. A score of ten factors over
 * metrics of events, at 26 monthly dates for a tenth of the customers; then evaluations day by day
 * for all of them, with held bands and ten triggers; then the state that this leaves.
 */
#define DATES 26

static const char playbook_text[] =
    "churn: 1\nname: bands\ntime_zone: UTC\ncurrency: USD\nevaluate: 1d\n"
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
    "          - {metric: m5, weight: 1, curve: [[0, 0], [3, 100]]}\n"
    "          - {metric: m8, weight: 1, curve: [[0, 20], [3, 100]]}\n"
    "      - id: rest\n        weight: 40\n        factors:\n"
    "          - {metric: m4, weight: 1, curve: [[0, 0], [100, 100]]}\n"
    "          - {metric: m6, weight: 1, curve: [[0, 100], [4, 0]]}\n"
    "          - {metric: m7, weight: 1, curve: [[0, 100], [90, 0]]}\n"
    "          - {metric: m9, weight: 1, curve: [[0, 0], [50, 100]]}\n"
    "    bands: {green: 60, yellow: 35, red: 0}\n"
    "    hysteresis: 3\n    min_stay: 3d\n    min_coverage: 0.2\n"
    "triggers:\n"
    "  - {id: t0, when: 'health.band == \"red\" && metric.m1 > 20'}\n"
    "  - {id: t1, when: 'health.score < 0.01'}\n"
    "  - {id: t2, when: 'metric.m0 > 3000'}\n"
    "  - {id: t3, when: 'metric.m4 > 10000'}\n"
    "  - {id: t4, when: 'metric.m6 > 40'}\n"
    "  - {id: t5, when: 'metric.m4 > 7000000'}\n"
    "  - {id: t6, when: 'metric.m8 > 40'}\n"
    "  - {id: t7, when: 'metric.m8 > 4000'}\n"
    "  - {id: t8, when: 'metric.m5 > 40'}\n"
    "  - {id: t9, when: 'metric.m2 > 28'}\n";

typedef struct names {
    char *bytes;
    int64_t *offsets;
    uint32_t *self;
} names;

static names make_names(uint64_t customers)
{
    names n = {malloc(customers * 8 + 1), malloc((customers + 1) * sizeof(int64_t)),
               malloc(customers * sizeof(uint32_t))};
    for (uint64_t i = 0; i < customers; i++) {
        uint64_t rest = i;
        n.bytes[i * 8] = 'c';
        for (uint64_t digit = 7; digit > 0; digit--, rest /= 10) {
            n.bytes[i * 8 + digit] = (char)('0' + rest % 10);
        }
        n.offsets[i] = (int64_t)(i * 8);
        n.self[i] = (uint32_t)i;
    }
    n.offsets[customers] = (int64_t)(customers * 8);
    return n;
}

static const char type_bytes[] = "loginexportpaysupport";
static const int64_t type_offsets[] = {0, 5, 11, 14, 21};
static const char user_bytes[] = "annbobcydeve";
static const int64_t user_offsets[] = {0, 3, 6, 8, 12};

static void add_events(churn_store *store, const names *n, uint64_t customers, uint64_t each,
                       churn_error *err)
{
    uint64_t rows = customers * each, seed = 11;
    uint32_t *who = malloc(rows * sizeof *who), *type = malloc(rows * sizeof *type);
    uint32_t *user = malloc(rows * sizeof *user);
    churn_time *at = malloc(rows * sizeof *at);
    double *value = malloc(rows * sizeof *value);
    for (uint64_t i = 0; i < rows; i++) {
        static const uint32_t kinds[] = {0, 0, 0, 0, 1, 1, 2, 3};
        who[i] = (uint32_t)(i / each);
        type[i] = kinds[next_random(&seed) % 8];
        user[i] = (uint32_t)(next_random(&seed) % 4);
        at[i] = NEW_YEAR - (churn_time)(next_random(&seed) % (780 * 86400)) * 1000000 + 40 * DAY;
        value[i] = (double)(next_random(&seed) % 10000) / 100;
    }
    churn_event_batch batch = {.struct_size = sizeof batch,
                               .row_count = rows,
                               .customer = {n->bytes, n->offsets, who, customers, NULL},
                               .type = {type_bytes, type_offsets, type, 4, NULL},
                               .at = {at, NULL},
                               .user = {user_bytes, user_offsets, user, 4, NULL},
                               .value = {value, NULL}};
    must(churn_store_add_events(store, &batch, NULL, NULL, err), err);
    free(who);
    free(type);
    free(user);
    free(at);
    free(value);
}

static churn_store *make_store(const names *n, uint64_t customers, uint64_t each, churn_error *err)
{
    churn_store *store = NULL;
    churn_time *since = malloc(customers * sizeof *since);
    uint64_t seed = 3;
    for (uint64_t i = 0; i < customers; i++) {
        since[i] = NEW_YEAR - (churn_time)(next_random(&seed) % 1000) * DAY;
    }
    churn_customer_batch batch = {.struct_size = sizeof batch,
                                  .row_count = customers,
                                  .id = {n->bytes, n->offsets, n->self, customers, NULL},
                                  .since = {since, NULL}};
    must(churn_store_create(NULL, &store, err), err);
    must(churn_store_add_customers(store, &batch, NULL, NULL, err), err);
    add_events(store, n, customers, each, err);
    free(since);
    return store;
}

static void time_history(churn_engine *engine, const names *n, uint64_t customers, churn_error *err)
{
    churn_time dates[DATES];
    churn_str *ids = malloc(customers * sizeof *ids);
    for (int i = 0; i < DATES; i++) {
        dates[i] = NEW_YEAR - (DATES - 1 - i) * 30 * DAY;
    }
    for (uint64_t i = 0; i < customers; i++) {
        ids[i] = (churn_str){n->bytes + i * 8, 8};
    }
    churn_query_options options = {
        .struct_size = sizeof options, .customers = ids, .customer_count = customers};
    double best = 1e9;
    uint64_t rows = 0;
    for (int round = 0; round < 3; round++) {
        churn_table *table = NULL;
        double start = worked();
        must(churn_engine_scores(engine, dates, DATES, &options, &table, err), err);
        double took = worked() - start;
        best = took < best ? took : best;
        rows = churn_table_row_count(table);
        churn_table_free(table);
    }
    printf("%d dates, %llu customers   %8.3f s (%llu rows)\n", DATES, (unsigned long long)customers,
           best, (unsigned long long)rows);
    free(ids);
}

static void time_days(churn_engine *engine, churn_error *err)
{
    for (int day = 0; day < 8; day++) {
        churn_run run = {.struct_size = sizeof run};
        double start = worked();
        must(churn_engine_advance(engine, NEW_YEAR + day * DAY, NULL, &run, err), err);
        printf("advance, day %d             %8.3f s (%llu fired, %llu bands, %llu MB)\n", day,
               worked() - start, (unsigned long long)run.fired,
               (unsigned long long)run.band_changes,
               (unsigned long long)churn_engine_memory(engine) >> 20);
    }
}

static void time_state(churn_engine *engine, churn_playbook *playbook, churn_store *store,
                       churn_error *err)
{
    churn_buffer *bytes = NULL;
    churn_engine *loaded = NULL;
    churn_table *table = NULL;
    double start = worked();
    must(churn_engine_save(engine, &bytes, err), err);
    double saved = worked();
    must(churn_engine_load(churn_buffer_data(bytes), churn_buffer_size(bytes), playbook, store,
                           &loaded, err),
         err);
    double read = worked();
    must(churn_engine_band_changes(engine, NULL, &table, err), err);
    double listed = worked();
    printf("save %.3f s (%.1f MB), load %.3f s, changes %.3f s (%llu rows)\n", saved - start,
           (double)churn_buffer_size(bytes) / 1e6, read - saved, listed - read,
           (unsigned long long)churn_table_row_count(table));
    churn_table_free(table);
    churn_engine_free(loaded);
    churn_buffer_free(bytes);
}

int main(int argc, char **argv)
{
    uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t each = argc > 2 ? strtoull(argv[2], NULL, 10) : 10;
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    names n = make_names(customers);
    churn_store *store = make_store(&n, customers, each, &err);
    must(churn_playbook_parse(playbook_text, strlen(playbook_text), NULL, &playbook, NULL, &err),
         &err);
    must(churn_engine_create(playbook, store, NULL, &engine, &err), &err);
    time_history(engine, &n, customers / 10, &err);
    time_days(engine, &err);
    time_state(engine, playbook, store, &err);
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    churn_store_free(store);
    free(n.bytes);
    free(n.offsets);
    free(n.self);
    return 0;
}
