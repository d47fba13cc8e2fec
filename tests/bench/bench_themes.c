/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <math.h>
#include <string.h>

/*
 * What themes cost: bench_themes [MILLIONS]. Short texts of tickets (4 to 20 words of a vocabulary
 * of 50,000 in which the n-th word is n times as rare), all distinct, of 20,000 customers, half of
 * them in each of two months. Prints seconds for a quarter of them, a half, and all, so that growth
 * is seen.
 */
#define WORDS 50000u
#define CUSTOMERS 20000u
#define TEXT_BYTES 160u

typedef struct texts {
    char *bytes, *ids, *customers;
    int64_t *ends, *id_ends, *customer_ends;
    churn_time *at;
} texts;

static void make_text(texts *t, uint32_t row, const double *sums, uint64_t *seed)
{
    int64_t at = t->ends[row];
    for (uint64_t words = 4 + next_random(seed) % 17; words > 0 && at - t->ends[row] < 140;
         words--) {
        double u = (double)(next_random(seed) >> 11) * 0x1p-53 * sums[WORDS - 1];
        uint32_t low = 0, high = WORDS - 1;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (sums[middle] < u) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        at += sprintf(t->bytes + at, "w%x%s", low, next_random(seed) % 9 == 0 ? ". " : " ");
    }
    t->ends[row + 1] = at;
}

static void make_texts(texts *t, uint32_t rows)
{
    uint64_t seed = 5;
    double *sums = malloc(WORDS * sizeof *sums), sum = 0;
    t->bytes = malloc((size_t)rows * TEXT_BYTES);
    t->ids = malloc((size_t)rows * 12);
    t->customers = malloc((size_t)rows * 12);
    t->ends = calloc(rows + 1, sizeof(int64_t));
    t->id_ends = calloc(rows + 1, sizeof(int64_t));
    t->customer_ends = calloc(rows + 1, sizeof(int64_t));
    t->at = malloc(rows * sizeof(churn_time));
    for (uint32_t i = 0; i < WORDS; i++) {
        sum += 1.0 / (i + 1);
        sums[i] = sum;
    }
    for (uint32_t i = 0; i < rows; i++) {
        make_text(t, i, sums, &seed);
        t->id_ends[i + 1] = t->id_ends[i] + sprintf(t->ids + t->id_ends[i], "T%u", i);
        t->customer_ends[i + 1] =
            t->customer_ends[i] + sprintf(t->customers + t->customer_ends[i], "c%u",
                                          (uint32_t)(next_random(&seed) % CUSTOMERS));
        t->at[i] = NEW_YEAR + (churn_time)(next_random(&seed) % (59 * 86400)) * 1000000;
    }
    free(sums);
}

static void run(const texts *t, uint32_t rows)
{
    static const char yaml[] = "churn: 1\nname: bench\ntime_zone: UTC\ncurrency: USD\n";
    churn_error err = {.struct_size = sizeof err};
    churn_store *store = NULL;
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    churn_table *table = NULL;
    churn_ticket_batch batch = {.struct_size = sizeof batch,
                                .row_count = rows,
                                .id = {.bytes = t->ids, .offsets = t->id_ends},
                                .customer = {.bytes = t->customers, .offsets = t->customer_ends},
                                .opened_at = {.values = t->at},
                                .text = {.bytes = t->bytes, .offsets = t->ends}};
    must(churn_store_create(NULL, &store, &err), &err);
    must(churn_store_add_tickets(store, &batch, NULL, NULL, &err), &err);
    must(churn_playbook_parse(yaml, CHURN_NTS, NULL, &playbook, NULL, &err), &err);
    must(churn_engine_create(playbook, store, NULL, &engine, &err), &err);
    double begin = worked();
    churn_theme_options options = {.struct_size = sizeof options, .every = CHURN_EVERY_MONTH};
    must(churn_engine_themes(engine, NEW_YEAR + 31 * DAY, NEW_YEAR + 59 * DAY, &options, &table,
                             &err),
         &err);
    double took = worked() - begin;
    printf("themes of %9u texts %8.2f s %8.0f ns a text, %u rows\n", rows, took, took / rows * 1e9,
           (unsigned)churn_table_row_count(table));
    churn_table_free(table);
    churn_engine_free(engine);
    churn_playbook_free(playbook);
    churn_store_free(store);
}

int main(int argc, char **argv)
{
    uint32_t rows = (uint32_t)(1000000 * (argc > 1 ? strtod(argv[1], NULL) : 1));
    texts t;
    make_texts(&t, rows);
    run(&t, rows / 4);
    run(&t, rows / 2);
    run(&t, rows);
    free(t.bytes);
    free(t.ids);
    free(t.customers);
    free(t.ends);
    free(t.id_ends);
    free(t.customer_ends);
    free(t.at);
    return 0;
}
