/* SPDX-License-Identifier: MIT */
/*
 * One thread writes a store while others ask: no locks of the program's own, and every answer sees
 * whole batches. Each batch gives both customers a login, so an answer in which they differ would
 * have seen half of one. An engine answers one call at a time: each reader has its own.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <churn/churn.h>

#define READERS 3
#define BATCHES 2000
#define MINUTE INT64_C(60000000) /* a churn_time counts microseconds */

static const char playbook_text[] =
    "churn: 1\n"
    "name: threads\n"
    "metrics:\n"
    "  - {id: logins, agg: count, event: login, window: 365d, history: clip}\n";

typedef struct {
    churn_playbook *playbook;
    churn_store *store;
    churn_time start;
    atomic_bool written;
    atomic_int torn, failed;
} shared;

static churn_status add_batch(shared *all, int number)
{
    const int64_t customer_ends[] = {0, 4, 8}, type_ends[] = {0, 5};
    const uint32_t customers[] = {0, 1}, types[] = {0, 0};
    const churn_time at[] = {all->start + number * MINUTE, all->start + number * MINUTE};
    churn_event_batch batch = {.struct_size = sizeof batch, .row_count = 2};
    batch.customer = (churn_string_column){"acmebolt", customer_ends, customers, 2, NULL};
    batch.type = (churn_string_column){"login", type_ends, types, 1, NULL};
    batch.at.values = at;
    return churn_store_add_events(all->store, &batch, NULL, NULL, NULL);
}

static void *write_all(void *arg)
{
    shared *all = arg;
    for (int i = 0; i < BATCHES; i++) {
        if (add_batch(all, i) != CHURN_OK)
            atomic_fetch_add(&all->failed, 1);
    }
    atomic_store(&all->written, true);
    return NULL;
}

static void look(shared *all, churn_engine *engine)
{
    churn_time as_of = all->start + BATCHES * MINUTE;
    churn_table *metrics = NULL;
    if (churn_engine_metrics(engine, &as_of, 1, NULL, &metrics, NULL) != CHURN_OK)
        atomic_fetch_add(&all->failed, 1);
    else if (churn_table_row_count(metrics) == 2 &&
             churn_table_double(metrics, 0, 1) != churn_table_double(metrics, 1, 1))
        atomic_fetch_add(&all->torn, 1);
    churn_table_free(metrics);
}

static void *read_often(void *arg)
{
    shared *all = arg;
    churn_engine *engine = NULL;
    if (churn_engine_create(all->playbook, all->store, NULL, &engine, NULL) != CHURN_OK)
        atomic_fetch_add(&all->failed, 1);
    while (engine && !atomic_load(&all->written))
        look(all, engine);
    churn_engine_free(engine);
    return NULL;
}

static void run(shared *all)
{
    pthread_t writer, readers[READERS];
    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, read_often, all);
    pthread_create(&writer, NULL, write_all, all);
    pthread_join(writer, NULL);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
}

int main(void)
{
    churn_error err = {.struct_size = sizeof err};
    shared all = {.playbook = NULL};
    if (churn_time_parse("2026-01-01", CHURN_NTS, &all.start, &err) ||
        churn_playbook_parse(playbook_text, CHURN_NTS, NULL, &all.playbook, NULL, &err) ||
        churn_store_create(NULL, &all.store, &err)) {
        fprintf(stderr, "%s: %s\n", churn_status_name(err.status), err.message);
    } else {
        run(&all);
        printf("%d events, %d calls failed, %d answers saw half a batch\n",
               (int)churn_store_record_count(all.store, CHURN_RECORD_EVENT), all.failed, all.torn);
    }
    churn_store_free(all.store);
    churn_playbook_free(all.playbook);
    return err.status != CHURN_OK || all.failed || all.torn;
}
