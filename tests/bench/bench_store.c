/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

/*
 * Loading and scoring: bench_store [CUSTOMERS [EVENTS A CUSTOMER]]. Prints events a second as
 * columns and one at a time, bytes an event, seconds to score and to advance: the first day most
 * triggers fire, on the days after nearly none.
 */
static const char playbook_text[] =
    "churn: 1\nname: bench\ntime_zone: UTC\ncurrency: USD\n"
    "metrics:\n"
    "  - {id: logins_28d, agg: count, event: login, window: 28d}\n"
    "  - {id: logins_90d, agg: count, event: login, window: 90d}\n"
    "  - {id: exports_28d, agg: count, event: export, window: 28d}\n"
    "  - {id: active_28d, agg: active_days, event: any, window: 28d}\n"
    "  - {id: quiet, agg: days_since, event: login, if_never: 999}\n"
    "  - {id: paid_90d, agg: sum, event: payment, window: 90d}\n"
    "  - {id: paid_max, agg: max, event: payment, window: 90d}\n"
    "  - {id: reports, agg: count, event: report, window: 56d}\n"
    "  - {id: logins_before, agg: count, event: login, window: 28d, offset: 28d}\n"
    "  - {id: change, pct_change: {cur: logins_28d, base: logins_before}}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - id: use\n"
    "        weight: 60\n"
    "        factors:\n"
    "          - {metric: logins_28d, weight: 2, curve: [[0, 0], [4, 40], [20, 100]]}\n"
    "          - {metric: logins_90d, weight: 1, curve: [[0, 0], [40, 100]]}\n"
    "          - {metric: exports_28d, weight: 1, curve: [[0, 0], [5, 100]]}\n"
    "          - {metric: active_28d, weight: 2, curve: [[0, 0], [10, 100]]}\n"
    "          - {metric: quiet, weight: 2, curve: [[0, 100], [30, 0]]}\n"
    "          - {metric: reports, weight: 1, curve: [[0, 0], [5, 100]]}\n"
    "      - id: money\n"
    "        weight: 40\n"
    "        factors:\n"
    "          - {metric: paid_90d, weight: 1, curve: [[0, 0], [100, 100]]}\n"
    "          - {metric: paid_max, weight: 1, curve: [[0, 0], [100, 100]]}\n"
    "          - {metric: change, weight: 1, curve: [[-1, 0], [0, 60], [1, 100]]}\n"
    "          - {metric: logins_before, weight: 1, curve: [[0, 0], [20, 100]]}\n"
    "    bands: {green: 70, yellow: 40, red: 0}\n"
    "triggers:\n"
    "  - {id: t0, when: 'health.score < 30'}\n"
    "  - {id: t1, when: 'metric.quiet >= 60'}\n"
    "  - {id: t2, when: 'metric.change <= -0.5'}\n"
    "  - {id: t3, when: 'metric.logins_28d == 0 && health.score < 50'}\n"
    "  - {id: t4, when: 'metric.paid_90d > 1000'}\n"
    "  - {id: t5, when: 'metric.exports_28d >= 20'}\n"
    "  - {id: t6, when: 'metric.active_28d == 0'}\n"
    "  - {id: t7, when: 'health.use < 10'}\n"
    "  - {id: t8, when: 'metric.reports >= 30'}\n"
    "  - {id: t9, when: 'metric.logins_90d > 500'}\n";

typedef struct events {
    uint64_t count;
    uint32_t *customer, *type;
    churn_time *at;
    double *value;
    char *id_bytes;
    int64_t *id_offsets;
    uint64_t customers;
} events;

static const char type_bytes[] = "loginexportpaymentreport";
static const int64_t type_offsets[] = {0, 5, 11, 18, 24};

static events make(uint64_t customers, uint64_t each)
{
    events e = {.count = customers * each, .customers = customers};
    uint64_t seed = 11;
    e.customer = malloc(e.count * sizeof *e.customer);
    e.type = malloc(e.count * sizeof *e.type);
    e.at = malloc(e.count * sizeof *e.at);
    e.value = malloc(e.count * sizeof *e.value);
    e.id_bytes = malloc(customers * 8 + 1);
    e.id_offsets = malloc((customers + 1) * sizeof *e.id_offsets);
    for (uint64_t i = 0; i < e.count; i++) {
        e.customer[i] = (uint32_t)(next_random(&seed) % customers);
        e.type[i] = (uint32_t)(next_random(&seed) % 4);
        e.at[i] = NEW_YEAR - (churn_time)(next_random(&seed) % (uint64_t)(365 * DAY));
        e.value[i] = (double)(next_random(&seed) % 10000) / 100.0;
    }
    for (uint64_t i = 0; i <= customers; i++) {
        e.id_offsets[i] = (int64_t)(i * 8);
    }
    for (uint64_t i = 0; i < customers; i++) {
        uint64_t rest = i;
        e.id_bytes[i * 8] = 'c';
        for (int digit = 7; digit > 0; digit--, rest /= 10) {
            e.id_bytes[i * 8 + (uint64_t)digit] = (char)('0' + rest % 10);
        }
    }
    return e;
}

static double load_columns(churn_store *store, const events *e, churn_error *err)
{
    churn_event_batch batch = {
        .struct_size = sizeof batch,
        .row_count = e->count,
        .customer = {e->id_bytes, e->id_offsets, e->customer, e->customers, NULL},
        .type = {type_bytes, type_offsets, e->type, 4, NULL},
        .at = {e->at, NULL},
        .value = {e->value, NULL}};
    double start = seconds();
    must(churn_store_add_events(store, &batch, NULL, NULL, err), err);
    return seconds() - start;
}

static double load_one_by_one(churn_store *store, const events *e, uint64_t count, churn_error *err)
{
    churn_event event;
    churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
    double start = seconds();
    for (uint64_t i = 0; i < count; i++) {
        event.customer = (churn_str){e->id_bytes + e->customer[i] * UINT64_C(8), 8};
        event.type = (churn_str){type_bytes + type_offsets[e->type[i]],
                                 (size_t)(type_offsets[e->type[i] + 1] - type_offsets[e->type[i]])};
        event.at = e->at[i];
        event.value = e->value[i];
        must(churn_store_add_event(store, &event, err), err);
    }
    return seconds() - start;
}

/* One customer after the other at moments that follow each other, as a backend asks. */
static void ask_one_by_one(churn_engine *engine, const events *e, churn_time as_of, churn_time step,
                           churn_error *err)
{
    const int calls = 20000;
    uint64_t seed = 5;
    double sum = 0;
    churn_customer_answer answer = {.struct_size = sizeof answer};
    must(churn_engine_customer(engine, e->id_bytes, 8, as_of, &answer, err), err);
    double start = seconds();
    for (int i = 0; i < calls; i++) {
        uint32_t customer = e->customer[next_random(&seed) % e->count]; /* who has an event */
        const char *id = e->id_bytes + customer * UINT64_C(8);
        must(churn_engine_customer(engine, id, 8, as_of + i * step, &answer, err), err);
        sum += answer.scores[0] > 0 ? answer.scores[0] : 0;
    }
    printf("one customer           %8.2f us, %s (mean score %.1f)\n",
           (seconds() - start) / calls * 1e6, step ? "each at its own moment" : "all at one moment",
           sum / calls);
}

int main(int argc, char **argv)
{
    uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t each = argc > 2 ? strtoull(argv[2], NULL, 10) : 10;
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_store *store = NULL, *second = NULL;
    churn_engine *engine = NULL;
    churn_table *scores = NULL;
    const churn_time as_of = NEW_YEAR;
    events e = make(customers, each);

    must(churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &playbook, NULL, &err), &err);
    must(churn_store_create(NULL, &store, &err), &err);
    double columns = load_columns(store, &e, &err);
    printf("load, columns          %8.2f M events/s\n", (double)e.count / columns / 1e6);
    printf("memory                 %8.2f bytes/event\n",
           (double)churn_store_memory(store) / (double)e.count);

    uint64_t single = e.count < 3000000 ? e.count : 3000000;
    must(churn_store_create(NULL, &second, &err), &err);
    double one = load_one_by_one(second, &e, single, &err);
    printf("load, one at a time    %8.2f M events/s\n", (double)single / one / 1e6);
    churn_store_free(second);

    must(churn_engine_create(playbook, store, NULL, &engine, &err), &err);
    double start = seconds();
    must(churn_engine_scores(engine, &as_of, 1, NULL, &scores, &err), &err);
    printf("score %8llu customers %6.3f s\n", (unsigned long long)churn_table_row_count(scores),
           seconds() - start);
    ask_one_by_one(engine, &e, as_of, 0, &err);
    ask_one_by_one(engine, &e, as_of, 1000003, &err);
    for (int day = 0; day < 3; day++) {
        churn_run run = {.struct_size = sizeof run};
        start = seconds();
        must(churn_engine_advance(engine, as_of + day * DAY, NULL, &run, &err), &err);
        printf("advance, 10 triggers   %8.3f s (%llu fired, %llu resolved)\n", seconds() - start,
               (unsigned long long)run.fired, (unsigned long long)run.resolved);
    }
    churn_table_free(scores);
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    return 0;
}
