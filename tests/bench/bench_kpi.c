/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

/*
 * The table of all figures of money and customers by month and plan: bench_kpi [CUSTOMERS [MONTHS
 * [CSV]]]. Customers have one to three subscriptions with changes of price, seats and plan, ends
 * and returns. Prints the processor's time of the best of five questions, by plan and without
 * groups; with a file's name it writes the subscriptions there, for a peer.
 */
static const char playbook_text[] = "churn: 1\nname: kpi\ntime_zone: UTC\ncurrency: USD\n";

static const char *const kpis[] = {"mrr",
                                   "arr",
                                   "arpa",
                                   "new_mrr",
                                   "expansion_mrr",
                                   "contraction_mrr",
                                   "churned_mrr",
                                   "reactivation_mrr",
                                   "segment_in_mrr",
                                   "segment_out_mrr",
                                   "net_new_mrr",
                                   "mrr_growth",
                                   "gross_mrr_churn",
                                   "net_mrr_churn",
                                   "grr",
                                   "nrr",
                                   "grr_movements",
                                   "nrr_movements",
                                   "quick_ratio",
                                   "customers",
                                   "new_customers",
                                   "lost_customers",
                                   "reactivated_customers",
                                   "net_new_customers",
                                   "paying_customers",
                                   "logo_churn",
                                   "crr",
                                   "logo_retention"};

#define KPIS (sizeof kpis / sizeof *kpis)
#define MONTH (30 * DAY)

static uint64_t rows;

static void add(churn_store *store, FILE *csv, churn_subscription *row)
{
    churn_error err = {.struct_size = sizeof err};
    must(churn_store_add_subscription(store, row, &err), &err);
    rows++;
    if (csv != NULL) {
        fprintf(csv, "%.*s,%.*s,%.*s,%.*s,%lld,%lld,%lld\n", (int)row->customer.len,
                row->customer.ptr, (int)row->id.len, row->id.ptr, (int)row->plan.len, row->plan.ptr,
                (int)row->status.len, row->status.ptr, (long long)row->amount,
                (long long)row->valid_from,
                (long long)(row->ended_at == CHURN_TIME_NONE ? -1 : row->ended_at));
    }
}

/* A subscription from some day on, with a change every few months, that may end. */
static churn_time fill(churn_store *store, FILE *csv, const char *customer, uint32_t number,
                       churn_time at, churn_time to, uint64_t *seed)
{
    static const char *const plans[] = {"basic", "pro", "team", "enterprise"};
    char id[32];
    churn_subscription row;
    uint64_t plan = next_random(seed) % 4;
    churn_record_init(CHURN_RECORD_SUBSCRIPTION, &row, sizeof row);
    snprintf(id, sizeof id, "%s-%u", customer, (unsigned)number);
    row.customer = (churn_str){customer, strlen(customer)};
    row.id = (churn_str){id, strlen(id)};
    row.status = STR("active");
    row.currency = STR("USD");
    row.period = STR("month");
    const churn_time end = at + (churn_time)(2 + next_random(seed) % 40) * MONTH;
    while (at < to && at < end) {
        const churn_time next = at + (churn_time)(3 + next_random(seed) % 12) * MONTH +
                                (churn_time)(next_random(seed) % 30) * DAY;
        plan = next_random(seed) % 4 == 0 ? next_random(seed) % 4 : plan;
        row.plan = (churn_str){plans[plan], strlen(plans[plan])};
        row.amount = (int64_t)((plan + 1) * 2000 + next_random(seed) % 40 * 100);
        row.valid_from = at;
        row.ended_at = next >= end && end < to ? end : CHURN_TIME_NONE;
        add(store, csv, &row);
        at = next;
    }
    return end;
}

static double ask(churn_engine *engine, churn_time from, churn_time to, uint32_t by_count)
{
    static const churn_str by[] = {{"plan", 4}};
    const churn_kpi_options options = {
        .struct_size = sizeof options, .every = CHURN_EVERY_MONTH, .by = by, .by_count = by_count};
    churn_error err = {.struct_size = sizeof err};
    churn_str names[KPIS];
    double best = 1e9;
    for (size_t i = 0; i < KPIS; i++) {
        names[i] = (churn_str){kpis[i], strlen(kpis[i])};
    }
    for (int round = 0; round < 5; round++) {
        churn_table *table = NULL;
        const double start = worked();
        must(churn_engine_kpi(engine, names, KPIS, from, to, &options, &table, &err), &err);
        const double time = worked() - start;
        best = time < best ? time : best;
        churn_table_free(table);
    }
    return best;
}

int main(int argc, char **argv)
{
    const uint64_t customers = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    const uint64_t months = argc > 2 ? strtoull(argv[2], NULL, 10) : 60;
    FILE *csv = argc > 3 ? fopen(argv[3], "w") : NULL;
    const churn_time from = NEW_YEAR - (churn_time)months * 30 * DAY - 15 * DAY;
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    uint64_t seed = 7;
    must(churn_playbook_parse(playbook_text, sizeof playbook_text - 1, NULL, &playbook, NULL, &err),
         &err);
    must(churn_store_create(NULL, &store, &err), &err);
    for (uint64_t i = 0; i < customers; i++) {
        char customer[24];
        const uint64_t count = 1 + next_random(&seed) % 3;
        churn_time at = from - 6 * MONTH + (churn_time)(next_random(&seed) % (months + 3)) * MONTH;
        snprintf(customer, sizeof customer, "c%07llu", (unsigned long long)i);
        for (uint32_t k = 0; k < count; k++) {
            const churn_time end = fill(store, csv, customer, k, at, NEW_YEAR, &seed);
            at = next_random(&seed) % 2 == 0 ? end + (churn_time)(next_random(&seed) % 4) * MONTH
                                             : at + 20 * DAY;
        }
    }
    must(churn_engine_create(playbook, store, NULL, &engine, &err), &err);
    (void)ask(engine, from, NEW_YEAR, 0);
    printf("%llu customers, %llu months, %llu subscription states: by plan %.3f s, total %.3f s\n",
           (unsigned long long)customers, (unsigned long long)months, (unsigned long long)rows,
           ask(engine, from, NEW_YEAR, 1), ask(engine, from, NEW_YEAR, 0));
    if (csv != NULL) {
        fclose(csv);
    }
    churn_engine_free(engine);
    churn_store_free(store);
    churn_playbook_free(playbook);
    return 0;
}
