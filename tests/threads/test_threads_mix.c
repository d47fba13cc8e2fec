/* SPDX-License-Identifier: MIT */
#include "company.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * Readers beside a writer that loads, retracts, replaces, erases, merges and forgets, and a second
 * writer that tries to. Every step gives or takes an event of each customer, so that a table in
 * which customers differ has seen half of a step.
 */
#define READERS 2
#define CUSTOMERS 12
#define STEPS 60
#define FIRST (NEW_YEAR - 100 * DAY)

typedef struct world {
    churn_store *store;
    atomic_bool done;
    atomic_uint rounds, torn, failed, refused, tried;
} world;

static void expect(world *w, churn_status st)
{
    atomic_fetch_add(&w->failed, st != CHURN_OK);
}

/* An event of each customer on a day, as a load, a slice that is replaced, or the end of it. */
static churn_status load_day(world *w, int day, const churn_slice *slice, uint32_t flags)
{
    char ids[CUSTOMERS * 3 + 1], events[CUSTOMERS * 7 + 1];
    int64_t id_ends[CUSTOMERS + 1], event_ends[CUSTOMERS + 1];
    static const int64_t word[] = {0, 5};
    uint32_t none[CUSTOMERS] = {0};
    churn_time at[CUSTOMERS];
    for (int i = 0; i <= CUSTOMERS; i++) {
        id_ends[i] = i * 3;
        event_ends[i] = i * 7;
    }
    for (int i = 0; i < CUSTOMERS; i++) {
        snprintf(ids + i * 3, 4, "k%02d", i);
        snprintf(events + i * 7, 8, "e%02d-%03d", i, day);
        at[i] = FIRST + day * DAY;
    }
    churn_load_options options = {.struct_size = sizeof options, .flags = flags, .replace = slice};
    churn_event_batch batch = {
        .struct_size = sizeof batch,
        .row_count = CUSTOMERS,
        .id = {.bytes = events, .offsets = event_ends},
        .customer = {.bytes = ids, .offsets = id_ends},
        .type = {.bytes = "login", .offsets = word, .codes = none, .value_count = 1},
        .at = {.values = at}};
    return churn_store_add_events(w->store, &batch, &options, NULL, NULL);
}

/* Patient: the other writer may be at it. */
#define AGAIN(call)                    \
    do {                               \
        churn_status st;               \
        do {                           \
            st = (call);               \
        } while (st == CHURN_E_STATE); \
        expect(w, st);                 \
    } while (0)

static churn_status add_guest(world *w, const char *id, int day)
{
    char own[32];
    churn_ticket ticket;
    snprintf(own, sizeof own, "%s-%d", id, day);
    churn_record_init(CHURN_RECORD_TICKET, &ticket, sizeof ticket);
    ticket.id = (churn_str){own, strlen(own)};
    ticket.customer = (churn_str){id, strlen(id)};
    ticket.opened_at = FIRST;
    return churn_store_add_ticket(w->store, &ticket, NULL);
}

static void *write_all(void *arg)
{
    world *w = arg;
    for (int day = 1; day < STEPS; day++) {
        churn_slice slice = {
            .struct_size = sizeof slice, .from = FIRST + day * DAY, .to = FIRST + (day + 1) * DAY};
        churn_str guest = STR("guest");
        AGAIN(load_day(w, day, NULL, 0));
        AGAIN(load_day(w, day, &slice, 0));
        if (day % 3 == 0) {
            AGAIN(load_day(w, day - 1, NULL, CHURN_LOAD_RETRACT));
        }
        AGAIN(add_guest(w, "guest", day));
        if (day % 2 == 0) {
            AGAIN(churn_store_erase(w->store, &guest, 1, NULL, NULL));
        } else {
            AGAIN(add_guest(w, "friend", day));
            AGAIN(churn_store_merge(w->store, "guest", CHURN_NTS, "friend", CHURN_NTS, NULL, NULL));
        }
        if (day % 10 == 0) {
            AGAIN(churn_store_forget(w->store, FIRST + (day - 8) * DAY, NULL, NULL));
        }
        while ((atomic_load(&w->rounds) < (unsigned)day / 4 || atomic_load(&w->tried) == 0) &&
               atomic_load(&w->failed) == 0) {
            /* not all of it before anybody looks or tries */
        }
    }
    atomic_store(&w->done, true);
    return NULL;
}

/* A second writer is told so, or had its turn. */
static void *intrude(void *arg)
{
    world *w = arg;
    while (!atomic_load(&w->done)) {
        churn_status st = churn_store_erase_user(w->store, "nobody", CHURN_NTS, NULL, NULL);
        atomic_fetch_add(&w->tried, 1);
        atomic_fetch_add(&w->refused, st == CHURN_E_STATE);
        atomic_fetch_add(&w->failed, st != CHURN_OK && st != CHURN_E_STATE);
    }
    return NULL;
}

static void look(world *w)
{
    churn_table *t = NULL;
    uint64_t hash = 0;
    unsigned count[CUSTOMERS] = {0};
    expect(w, churn_store_records(w->store, CHURN_RECORD_EVENT, NULL, &t, NULL));
    for (uint64_t row = 0; row < churn_table_row_count(t); row++) {
        churn_str id = churn_table_string(t, row, 1);
        unsigned number = id.len == 3
                              ? (unsigned)(id.ptr[1] - '0') * 10 + (unsigned)(id.ptr[2] - '0')
                              : CUSTOMERS;
        if (number < CUSTOMERS) {
            count[number]++;
        } else {
            atomic_fetch_add(&w->torn, 1);
        }
    }
    for (int i = 1; i < CUSTOMERS; i++) {
        atomic_fetch_add(&w->torn, count[i] != count[0]);
    }
    churn_table_free(t);
    t = NULL;
    expect(w, churn_store_story(w->store, "k03", CHURN_NTS, NULL, &t, NULL));
    churn_table_free(t);
    expect(w, churn_store_hash(w->store, &hash, NULL));
    atomic_fetch_add(&w->rounds, 1);
}

static void *read_all(void *arg)
{
    world *w = arg;
    for (bool last = false; !last && atomic_load(&w->failed) == 0;) {
        last = atomic_load(&w->done);
        look(w);
    }
    return NULL;
}

static void readers__beside_all_that_writes__see_whole_steps(void **state)
{
    world w = {.store = NULL};
    pthread_t readers[READERS], writer, intruder;
    (void)state;
    assert_ok(churn_store_create(NULL, &w.store, NULL));
    assert_ok(load_day(&w, 0, NULL, 0));
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_all, &w), 0);
    }
    assert_int_equal(pthread_create(&intruder, NULL, intrude, &w), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_all, &w), 0);
    pthread_join(writer, NULL);
    pthread_join(intruder, NULL);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    assert_int_equal(atomic_load(&w.failed), 0);
    assert_int_equal(atomic_load(&w.torn), 0);
    assert_true(atomic_load(&w.tried) > 0 && atomic_load(&w.rounds) > 0);
    churn_store_free(w.store);
    assert_int_equal(churn_live_handles(), 0);
}

int main(void)
{
    const struct CMUnitTest threads_mix[] = {
        cmocka_unit_test(readers__beside_all_that_writes__see_whole_steps),
    };
    return RUN_TESTS(threads_mix);
}
