/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

/*
 * How a store grows: bench_growth [MILLIONS [CUSTOMERS]]. Events of a year come in batches of a
 * million, in order of time. At 1, 3, 10, 30 and 100 million, as far as asked for, prints how fast
 * the last part was loaded, memory, one evaluation of all customers, and then what 200 small loads
 * of 1,000 events cost, each followed by a question about the customers whom it touched.
 */
static const char playbook_text[] =
    "churn: 1\nname: growth\ntime_zone: UTC\ncurrency: USD\n"
    "metrics:\n"
    "  - {id: logins_28d, agg: count, event: login, window: 28d}\n"
    "  - {id: logins_before, agg: count, event: login, window: 28d, offset: 28d}\n"
    "  - {id: change, pct_change: {cur: logins_28d, base: logins_before}}\n"
    "  - {id: quiet, agg: days_since, event: login, if_never: missing}\n"
    "  - {id: active_28d, agg: active_days, event: any, window: 28d}\n"
    "  - {id: users_28d, agg: distinct, event: any, of: user, window: 28d}\n"
    "  - {id: paid_90d, agg: sum, event: payment, window: 90d}\n"
    "  - {id: paid_max, agg: max, event: payment, window: 90d}\n"
    "  - {id: events_7d, agg: count, event: any, window: 7d}\n";

#define BATCH 1000000u
#define SMALL 1000u
#define SMALL_LOADS 200
#define YEAR (365 * DAY)
#define USERS 50u

static const char type_bytes[] = "loginexportpaymentreport";
static const int64_t type_offsets[] = {0, 5, 11, 18, 24};

typedef struct events {
    uint64_t customers, seed;
    char *id_bytes, user_bytes[USERS * 4];
    int64_t *id_offsets, user_offsets[USERS + 1];
    uint32_t *customer, *type, *user;
    churn_time *at;
    double *value;
} events;

static void put_number(char *to, size_t width, uint64_t number)
{
    for (size_t digit = width; digit-- > 0; number /= 10) {
        to[digit] = (char)('0' + number % 10);
    }
}

static events make(uint64_t customers)
{
    events e = {.customers = customers, .seed = 3};
    e.id_bytes = malloc(customers * 9);
    e.id_offsets = malloc((customers + 1) * sizeof *e.id_offsets);
    e.customer = malloc(BATCH * sizeof *e.customer);
    e.type = malloc(BATCH * sizeof *e.type);
    e.user = malloc(BATCH * sizeof *e.user);
    e.at = malloc(BATCH * sizeof *e.at);
    e.value = malloc(BATCH * sizeof *e.value);
    for (uint64_t i = 0; i <= customers; i++) {
        e.id_offsets[i] = (int64_t)(i * 9);
        if (i < customers) {
            put_number(e.id_bytes + i * 9, 9, i);
        }
    }
    for (uint32_t i = 0; i <= USERS; i++) {
        e.user_offsets[i] = (int64_t)i * 4;
        if (i < USERS) {
            put_number(e.user_bytes + (size_t)i * 4, 4, i);
        }
    }
    return e;
}

/* n events from one instant to another, in order of time. */
static double load(churn_store *store, events *e, uint32_t n, churn_time from, churn_time to)
{
    churn_error err = {.struct_size = sizeof err};
    for (uint32_t i = 0; i < n; i++) {
        e->customer[i] = (uint32_t)(next_random(&e->seed) % e->customers);
        e->type[i] = (uint32_t)(next_random(&e->seed) % 4);
        e->user[i] = (uint32_t)(next_random(&e->seed) % USERS);
        e->at[i] = from + (churn_time)((double)(to - from) / n * i);
        e->value[i] = (double)(next_random(&e->seed) % 10000) / 100.0;
    }
    churn_event_batch batch = {
        .struct_size = sizeof batch,
        .row_count = n,
        .customer = {e->id_bytes, e->id_offsets, e->customer, e->customers, NULL},
        .type = {type_bytes, type_offsets, e->type, 4, NULL},
        .at = {e->at, NULL},
        .user = {e->user_bytes, e->user_offsets, e->user, USERS, NULL},
        .value = {e->value, NULL}};
    double start = seconds();
    must(churn_store_add_events(store, &batch, NULL, NULL, &err), &err);
    return seconds() - start;
}

static double ask(churn_engine *engine, const churn_query_options *options)
{
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = NULL;
    const churn_time as_of = NEW_YEAR + DAY;
    double start = seconds();
    must(churn_engine_metrics(engine, &as_of, 1, options, &table, &err), &err);
    churn_table_free(table);
    return seconds() - start;
}

static int compare_codes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A question about the customers of the events loaded last. */
static double ask_touched(churn_engine *engine, events *e)
{
    static churn_str ids[SMALL];
    churn_query_options options = {.struct_size = sizeof options, .customers = ids};
    qsort(e->customer, SMALL, sizeof *e->customer, compare_codes);
    for (uint32_t i = 0; i < SMALL; i++) {
        if (i == 0 || e->customer[i] != e->customer[i - 1]) {
            ids[options.customer_count++] = (churn_str){e->id_bytes + e->customer[i] * 9, 9};
        }
    }
    return ask(engine, &options);
}

static void small_loads(churn_store *store, churn_engine *engine, events *e)
{
    double load_sum = 0, load_most = 0, ask_sum = 0, ask_most = 0;
    for (int i = 0; i < SMALL_LOADS; i++) {
        double took = load(store, e, SMALL, NEW_YEAR + i, NEW_YEAR + DAY / 2);
        double asked = ask_touched(engine, e);
        load_sum += took;
        ask_sum += asked;
        load_most = took > load_most ? took : load_most;
        ask_most = asked > ask_most ? asked : ask_most;
    }
    printf(
        "  1,000 events more: load %6.2f ms (longest %7.2f), touched customers %6.2f ms (longest "
        "%7.2f)\n",
        load_sum / SMALL_LOADS * 1e3, load_most * 1e3, ask_sum / SMALL_LOADS * 1e3, ask_most * 1e3);
}

int main(int argc, char **argv)
{
    static const uint32_t stops[] = {1, 3, 10, 30, 100};
    uint32_t millions = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 30;
    events e = make(argc > 2 ? strtoull(argv[2], NULL, 10) : 100000);
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    must(churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &playbook, NULL, &err), &err);
    for (size_t s = 0; s < sizeof stops / sizeof *stops && stops[s] <= millions; s++) {
        double loading = 0, longest = 0;
        must(churn_store_create(NULL, &store, &err), &err);
        must(churn_engine_create(playbook, store, NULL, &engine, &err), &err);
        for (uint32_t i = 0; i < stops[s]; i++) {
            churn_time from = NEW_YEAR - YEAR + (churn_time)(YEAR / stops[s] * i);
            double took = load(store, &e, BATCH, from, from + (churn_time)(YEAR / stops[s]));
            loading += took;
            longest = took > longest ? took : longest;
        }
        double first = ask(engine, NULL), again = ask(engine, NULL);
        printf(
            "%3u M events: loaded at %5.2f M/s (longest million %5.2f s), %5.2f bytes/event, all "
            "customers %6.3f s\n",
            stops[s], stops[s] / loading, longest,
            (double)churn_store_memory(store) / ((double)stops[s] * BATCH),
            first < again ? first : again);
        small_loads(store, engine, &e);
        churn_engine_free(engine);
        churn_store_free(store);
    }
    churn_playbook_free(playbook);
    free(e.id_bytes);
    free(e.id_offsets);
    free(e.customer);
    free(e.type);
    free(e.user);
    free(e.at);
    free(e.value);
    return 0;
}
