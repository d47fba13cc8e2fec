/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

/*
 * Losses by conditions: bench_loss [CUSTOMERS]. Customers who all began two years ago, with 60
 * logins each. Scores of all of them by a playbook without conditions; then by one with a
 * condition: the first question judges all midnights, the second finds them judged, the next day
 * adds one; then one customer of an engine that was not asked before, and the same one again.
 * Seconds of the processor, by one thread.
 */
#define YEARS 2
#define DAYS (YEARS * 365)
#define EACH 60u
#define WIDTH 9u

static const char head[] =
    "churn: 1\nname: loss\ntime_zone: Europe/Budapest\ncurrency: USD\n"
    "metrics:\n"
    "  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups:\n"
    "      - {id: use, factors: [{metric: logins_28d, curve: [[0, 0], [9, 100]]}]}\n"
    "    bands: {green: 50, red: 0}\n";
static const char plain[] = "loss: {any: [record], ignore_gaps: 31d}\n";
static const char condition[] =
    "loss: {any: [record, {when: metric.logins_28d == 0, for: 14d}], ignore_gaps: 31d}\n";

typedef struct names {
    uint64_t count;
    char *bytes;
    int64_t *offsets;
    uint32_t *self;
} names;

static names name_customers(uint64_t n)
{
    names all = {n, malloc(n * WIDTH + 1), malloc((n + 1) * sizeof(int64_t)),
                 malloc(n * sizeof(uint32_t))};
    for (uint64_t i = 0; i <= n; i++) {
        all.offsets[i] = (int64_t)(i * WIDTH);
        uint64_t rest = i;
        for (size_t digit = WIDTH; i < n && digit-- > 0; rest /= 10) {
            all.bytes[i * WIDTH + digit] = (char)('0' + rest % 10);
        }
        if (i < n) {
            all.self[i] = (uint32_t)i;
        }
    }
    return all;
}

static void add_customers(churn_store *store, const names *all)
{
    churn_error err = {.struct_size = sizeof err};
    churn_time *since = malloc(all->count * sizeof *since);
    for (uint64_t i = 0; i < all->count; i++) {
        since[i] = NEW_YEAR - DAYS * DAY;
    }
    const churn_customer_batch batch = {
        .struct_size = sizeof batch,
        .row_count = all->count,
        .id = {all->bytes, all->offsets, all->self, all->count, NULL},
        .since = {since, NULL}};
    must(churn_store_add_customers(store, &batch, NULL, NULL, &err), &err);
    free(since);
}

/* Each comes in spells of ten logins, with stretches of nothing between. */
static void add_logins(churn_store *store, const names *all)
{
    static const int64_t offsets[] = {0, 5};
    churn_error err = {.struct_size = sizeof err};
    uint64_t seed = 5, rows = all->count * EACH;
    churn_time *at = malloc(rows * sizeof *at);
    uint32_t *who = malloc(rows * sizeof *who), *type = calloc(rows, sizeof *type);
    churn_time begun = 0;
    for (uint64_t i = 0; i < rows; i++) {
        if (i % 10 == 0) {
            begun = NEW_YEAR - (churn_time)(next_random(&seed) % DAYS) * DAY;
        }
        at[i] = begun + (churn_time)(next_random(&seed) % (30 * DAY));
        at[i] = at[i] < NEW_YEAR ? at[i] : NEW_YEAR - 1;
        who[i] = (uint32_t)(i / EACH);
    }
    const churn_event_batch batch = {.struct_size = sizeof batch,
                                     .row_count = rows,
                                     .customer = {all->bytes, all->offsets, who, all->count, NULL},
                                     .type = {"login", offsets, type, 1, NULL},
                                     .at = {at, NULL}};
    must(churn_store_add_events(store, &batch, NULL, NULL, &err), &err);
    free(at);
    free(who);
    free(type);
}

static churn_engine *make_engine(churn_store *store, const char *loss)
{
    char text[2048];
    churn_error err = {.struct_size = sizeof err};
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    int len = snprintf(text, sizeof text, "%s%s", head, loss);
    must(churn_playbook_parse(text, (size_t)len, NULL, &playbook, NULL, &err), &err);
    must(churn_engine_create(playbook, store, NULL, &engine, &err), &err);
    churn_playbook_free(playbook);
    return engine;
}

static double ask(churn_engine *engine, churn_time as_of)
{
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = NULL;
    double start = worked();
    must(churn_engine_scores(engine, &as_of, 1, NULL, &table, &err), &err);
    churn_table_free(table);
    return worked() - start;
}

static double ask_one(churn_engine *engine, const char *id)
{
    churn_error err = {.struct_size = sizeof err};
    churn_customer_answer answer = {.struct_size = sizeof answer};
    double start = worked();
    must(churn_engine_customer(engine, id, WIDTH, NEW_YEAR, &answer, &err), &err);
    return worked() - start;
}

int main(int argc, char **argv)
{
    churn_error err = {.struct_size = sizeof err};
    churn_store *store = NULL;
    const names all = name_customers(argc > 1 ? strtoull(argv[1], NULL, 10) : 100000);
    must(churn_store_create(NULL, &store, &err), &err);
    add_customers(store, &all);
    add_logins(store, &all);
    churn_engine *without = make_engine(store, plain), *with = make_engine(store, condition);
    churn_engine *single = make_engine(store, condition);
    printf("%llu customers, %d midnights each\n", (unsigned long long)all.count, DAYS);
    printf("no condition       %8.3f s, again %.3f s\n", ask(without, NEW_YEAR),
           ask(without, NEW_YEAR));
    double first = ask(with, NEW_YEAR), again = ask(with, NEW_YEAR);
    printf("a condition        %8.3f s, again %.3f s: %.1f ns a midnight\n", first, again,
           (first - again) / (double)all.count / DAYS * 1e9);
    printf("the next day       %8.3f s\n", ask(with, NEW_YEAR + DAY));
    double one = ask_one(single, "000000007"), next = ask_one(single, "000000008");
    printf("one customer       %8.3f ms, another %.3f ms, the same again %.1f us\n", one * 1e3,
           next * 1e3, ask_one(single, "000000008") * 1e6);
    printf("memory of it       %8.1f MB\n",
           (double)(churn_engine_memory(with) - churn_engine_memory(without)) / 1e6);
    churn_engine_free(single);
    churn_engine_free(with);
    churn_engine_free(without);
    churn_store_free(store);
    free(all.bytes);
    free(all.offsets);
    free(all.self);
    return 0;
}
