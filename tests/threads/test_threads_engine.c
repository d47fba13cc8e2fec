/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * Engines on threads of their own beside one thread that writes their store, all of one playbook.
 * Every batch gives each customer one event, so that an answer in which customers differ has seen
 * half of one.
 */
#define READERS 3
#define CUSTOMERS 40
#define BATCHES 80

static const char playbook_text[] =
    "churn: 1\nname: threads\ntime_zone: UTC\ncurrency: USD\nevaluate: 1d\n"
    "metrics:\n"
    "  - {id: n, agg: count, event: login, window: 300d, history: clip}\n"
    "  - {id: quiet, agg: days_since, event: login, if_never: 99}\n"
    "scores:\n"
    "  - id: health\n"
    "    groups: [{id: g, weight: 1, factors: [{metric: n, weight: 1, curve: [[0, 0], [80, 100]]}]}]\n"
    "    bands: {green: 70, red: 0}\n"
    "triggers:\n"
    "  - {id: few, when: 'metric.n < 20', play: call}\n"
    "  - {id: still, when: 'metric.quiet > 3', play: call}\n"
    "plays: [{id: call, on_resolve: cancel_open, steps: [{task: {title: 'Call {{metric.n}}'}}]}]\n";

typedef struct world {
    churn_playbook *playbook;
    churn_store *store;
    atomic_bool done;
    atomic_uint rounds, torn, backwards, failed;
} world;

static void add_batch(world *w, int number)
{
    char ids[CUSTOMERS * 3 + 1], types[CUSTOMERS * 5 + 1];
    int64_t id_ends[CUSTOMERS + 1], type_ends[CUSTOMERS + 1];
    churn_time at[CUSTOMERS];
    for (int i = 0; i <= CUSTOMERS; i++) {
        id_ends[i] = i * 3;
        type_ends[i] = i * 5;
    }
    for (int i = 0; i < CUSTOMERS; i++) {
        snprintf(ids + i * 3, 4, "k%02d", i);
        memcpy(types + i * 5, "login", 5);
        at[i] = NEW_YEAR - 200 * DAY + number * DAY + i;
    }
    churn_event_batch batch = {.struct_size = sizeof batch,
                               .row_count = CUSTOMERS,
                               .customer = {.bytes = ids, .offsets = id_ends},
                               .type = {.bytes = types, .offsets = type_ends},
                               .at = {.values = at}};
    if (churn_store_add_events(w->store, &batch, NULL, NULL, NULL) != CHURN_OK) {
        atomic_fetch_add(&w->failed, 1);
    }
}

static void *write_all(void *arg)
{
    world *w = arg;
    for (int i = 1; i < BATCHES; i++) {
        add_batch(w, i);
        while (atomic_load(&w->rounds) < (unsigned)i / 4 && atomic_load(&w->failed) == 0) {
            /* not all of it before anybody looks */
        }
    }
    atomic_store(&w->done, true);
    return NULL;
}

/* The number of events of all customers, which is that of the batches seen. */
static double look(world *w, churn_engine *engine)
{
    churn_table *t = NULL;
    const churn_time at = NEW_YEAR;
    if (churn_engine_metrics(engine, &at, 1, NULL, &t, NULL) != CHURN_OK) {
        atomic_fetch_add(&w->failed, 1);
        return 0;
    }
    double n = churn_table_double(t, 0, 1);
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        atomic_fetch_add(&w->torn, churn_table_double(t, row, 1) != n);
    }
    atomic_fetch_add(&w->torn, churn_table_row_count(t) != CUSTOMERS);
    churn_table_free(t);
    return n;
}

static void *read_all(void *arg)
{
    world *w = arg;
    churn_engine *engine = NULL;
    churn_time at = NEW_YEAR;
    double before = 0;
    if (churn_engine_create(w->playbook, w->store, NULL, &engine, NULL) != CHURN_OK) {
        atomic_fetch_add(&w->failed, 1);
        return NULL;
    }
    for (bool last = false; !last && atomic_load(&w->failed) == 0;) {
        last = atomic_load(&w->done);
        double now = look(w, engine);
        atomic_fetch_add(&w->backwards, now < before);
        before = now;
        churn_table *t = NULL;
        if (churn_engine_advance(engine, at, NULL, NULL, NULL) != CHURN_OK ||
            churn_engine_at_risk(engine, at, NULL, &t, NULL) != CHURN_OK) {
            atomic_fetch_add(&w->failed, 1);
        }
        churn_table_free(t);
        at += DAY;
        atomic_fetch_add(&w->rounds, 1);
    }
    if (before != BATCHES) {
        atomic_fetch_add(&w->backwards, 1);
    }
    churn_engine_free(engine);
    return NULL;
}

static void engines__beside_a_writer__see_whole_batches(void **state)
{
    world w = {.playbook = playbook_of(playbook_text)};
    pthread_t readers[READERS], writer;
    (void)state;
    assert_ok(churn_store_create(NULL, &w.store, NULL));
    add_batch(&w, 0);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_all, &w), 0);
    }
    assert_int_equal(pthread_create(&writer, NULL, write_all, &w), 0);
    pthread_join(writer, NULL);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    assert_int_equal(atomic_load(&w.failed), 0);
    assert_int_equal(atomic_load(&w.torn), 0);
    assert_int_equal(atomic_load(&w.backwards), 0);
    churn_store_free(w.store);
    churn_playbook_free(w.playbook);
    assert_int_equal(churn_live_handles(), 0);
}

/* ---- one engine, two threads ---- */

typedef struct contest {
    churn_engine *engine;
    atomic_uint answered, refused, other;
    atomic_bool stop;
} contest;

static void count(contest *c, churn_status st)
{
    atomic_fetch_add(st == CHURN_OK        ? &c->answered
                     : st == CHURN_E_STATE ? &c->refused
                                           : &c->other,
                     1);
}

static void *contend(void *arg)
{
    contest *c = arg;
    const churn_time at = NEW_YEAR;
    for (int i = 0; i < 20000 && !atomic_load(&c->stop); i++) {
        churn_table *t = NULL;
        uint64_t hash = 0;
        count(c, churn_engine_scores(c->engine, &at, 1, NULL, &t, NULL));
        churn_table_free(t);
        t = NULL;
        count(c, churn_engine_hash(c->engine, &hash, NULL));
        count(c, churn_engine_actions(c->engine, NULL, &t, NULL));
        churn_table_free(t);
        if (atomic_load(&c->refused) > 20 && atomic_load(&c->answered) > 20) {
            atomic_store(&c->stop, true);
        }
    }
    return NULL;
}

static void engine__two_threads__second_is_refused(void **state)
{
    world w = {.playbook = playbook_of(playbook_text)};
    contest c = {.engine = NULL};
    pthread_t threads[2];
    (void)state;
    assert_ok(churn_store_create(NULL, &w.store, NULL));
    add_batch(&w, 0);
    assert_ok(churn_engine_create(w.playbook, w.store, NULL, &c.engine, NULL));
    assert_ok(churn_engine_advance(c.engine, NEW_YEAR, NULL, NULL, NULL));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, contend, &c), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(atomic_load(&c.answered) > 0);
    assert_true(atomic_load(&c.refused) > 0);
    assert_int_equal(atomic_load(&c.other), 0);
    churn_engine_free(c.engine);
    churn_store_free(w.store);
    churn_playbook_free(w.playbook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines__beside_a_writer__see_whole_batches),
        cmocka_unit_test(engine__two_threads__second_is_refused),
    };
    return RUN_TESTS(tests);
}
