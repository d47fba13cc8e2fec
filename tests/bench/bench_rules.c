/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

/*
 * Conditions over a whole book: bench_rules [CUSTOMERS]. A store of customers with three attributes
 * and no events, so that little but conditions is computed, and a playbook of so many triggers over
 * metrics and the plan. Prints what an evaluation takes with few and with many triggers, the
 * difference as nanoseconds a customer and trigger, and what questions take.
 */
#define MANY 50
#define FEW 5 /* one of each form */

static const char header[] =
    "churn: 1\nname: rules\ntime_zone: UTC\ncurrency: USD\n"
    "attributes: {plan: string, seats: number, usage: number}\n"
    "metrics:\n"
    "  - {id: seats, attribute: seats}\n"
    "  - {id: usage, attribute: usage}\n"
    "  - {id: age, customer: age_days}\n"
    "  - {id: each, expr: 'metric.usage / metric.seats'}\n"
    "segments:\n"
    "  - {id: paid, when: 'customer.plan in [\"pro\", \"team\", \"enterprise\"]'}\n"
    "  - {id: large, when: 'metric.seats >= 50'}\n"
    "  - {id: key, when: 'segment.paid && segment.large'}\n"
    "triggers:\n";

/* Rules as people write them: the same few names over and over, with other bounds; nearly nobody
 * fulfils one, so that what is measured is judging. */
static size_t write_rules(char *text, size_t size, int count)
{
    size_t at = (size_t)snprintf(text, size, "%s", header);
    for (int i = 0; i < count; i++) {
        static const char *const before[] = {
            "customer.plan in [\\\"free\\\", \\\"trial\\\"] && metric.usage < -",
            "segment.paid && metric.each > 1000",
            "customer.plan == \\\"gone\\\" || metric.seats > 1000",
            "customer.plan.startsWith(\\\"e\\\") && metric.usage < -",
            "segment.key && metric.usage + metric.seats < -",
        };
        char when[160];
        (void)snprintf(when, sizeof when, "%s%d", before[i % 5], i + 1);
        at += (size_t)snprintf(text + at, size - at, "  - {id: t%d, when: \"%s\"}\n", i, when);
    }
    return at;
}

static const char plan_bytes[] = "freetrialproteamenterprise";
static const int64_t plan_offsets[] = {0, 4, 9, 12, 16, 26};

static churn_store *make_store(uint64_t customers, churn_error *err)
{
    uint64_t seed = 3;
    churn_store *store = NULL;
    char *ids = malloc(customers * 8 + 1);
    int64_t *offsets = malloc((customers + 1) * sizeof *offsets);
    uint32_t *self = malloc(customers * sizeof *self), *plan = malloc(customers * sizeof *plan);
    double *seats = malloc(customers * sizeof *seats), *usage = malloc(customers * sizeof *usage);
    churn_time *since = malloc(customers * sizeof *since);
    for (uint64_t i = 0; i < customers; i++) {
        uint64_t rest = i;
        ids[i * 8] = 'c';
        for (uint64_t digit = 7; digit > 0; digit--, rest /= 10) {
            ids[i * 8 + digit] = (char)('0' + rest % 10);
        }
        offsets[i] = (int64_t)(i * 8);
        self[i] = (uint32_t)i;
        plan[i] = (uint32_t)(next_random(&seed) % 5);
        seats[i] = (double)(1 + next_random(&seed) % 100);
        usage[i] = (double)(next_random(&seed) % 10000) / 10.0;
        since[i] = NEW_YEAR - (churn_time)(next_random(&seed) % 1000) * DAY;
    }
    offsets[customers] = (int64_t)(customers * 8);
    const churn_any_column attributes[] = {
        {.name = STR("plan"),
         .type = CHURN_TYPE_STRING,
         .strings = {plan_bytes, plan_offsets, plan, 5, NULL}},
        {.name = STR("seats"), .type = CHURN_TYPE_DOUBLE, .numbers = {seats, NULL}},
        {.name = STR("usage"), .type = CHURN_TYPE_DOUBLE, .numbers = {usage, NULL}},
    };
    churn_customer_batch batch = {.struct_size = sizeof batch,
                                  .attribute_count = 3,
                                  .row_count = customers,
                                  .id = {ids, offsets, self, customers, NULL},
                                  .since = {since, NULL},
                                  .attributes = attributes};
    must(churn_store_create(NULL, &store, err), err);
    must(churn_store_add_customers(store, &batch, NULL, NULL, err), err);
    free(ids);
    free(offsets);
    free(self);
    free(plan);
    free(seats);
    free(usage);
    free(since);
    return store;
}

/* Seconds of an evaluation that nothing changes in, the best of some. */
static double advance(churn_store *store, int rules, churn_error *err)
{
    static char text[16384];
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    churn_run run = {.struct_size = sizeof run};
    double best = 1e9;
    size_t len = write_rules(text, sizeof text, rules);
    must(churn_playbook_parse(text, len, NULL, &playbook, NULL, err), err);
    must(churn_engine_create(playbook, store, NULL, &engine, err), err);
    for (int day = 0; day < 5; day++) {
        double start = seconds();
        must(churn_engine_advance(engine, NEW_YEAR + day * DAY, NULL, &run, err), err);
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    printf("advance, %2d triggers   %8.3f s (%llu judged, %llu true)\n", rules, best,
           (unsigned long long)run.evaluated, (unsigned long long)run.is_true);
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    return best;
}

static void ask(churn_engine *engine, const char *where, churn_error *err)
{
    churn_select_options options = {.struct_size = sizeof options, .limit = 10};
    double best = 1e9;
    uint64_t matched = 0;
    for (int round = 0; round < 3; round++) {
        churn_table *table = NULL;
        churn_query_summary summary = {.struct_size = sizeof summary};
        double start = seconds();
        must(churn_engine_query(engine, where, CHURN_NTS, NEW_YEAR + 9 * DAY, &options, &table,
                                &summary, NULL, NULL, err),
             err);
        double took = seconds() - start;
        best = took < best ? took : best;
        matched = summary.matched;
        churn_table_free(table);
    }
    printf("query                  %8.3f s (%llu match) %s\n", best, (unsigned long long)matched,
           where);
}

int main(int argc, char **argv)
{
    uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    static char text[16384];
    churn_store *store = make_store(customers, &err);
    advance(store, MANY, &err);
    double few = advance(store, FEW, &err), many = advance(store, MANY, &err);
    printf("conditions             %8.2f ns a customer and trigger\n",
           (many - few) / (double)customers / (MANY - FEW) * 1e9);
    size_t len = write_rules(text, sizeof text, FEW);
    must(churn_playbook_parse(text, len, NULL, &playbook, NULL, &err), &err);
    must(churn_engine_create(playbook, store, NULL, &engine, &err), &err);
    ask(engine, "", &err);
    ask(engine, "customer.plan in ['free', 'trial']", &err);
    ask(engine, "customer.plan.matches('^t.*l$') && metric.seats > 50", &err);
    ask(engine, "metric.usage / metric.seats > 100 && segment.paid", &err);
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    churn_store_free(store);
    return 0;
}
