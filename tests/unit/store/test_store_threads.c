/* SPDX-License-Identifier: MIT */
#include "store_support.h"

#include <pthread.h>
#include <stdatomic.h>

/* One writer and three readers at once: a reader sees whole batches, never less than before, and
 * every record that was in when it began. */
#define BATCHES 60
#define BATCH 50

typedef struct world {
    churn_store *store;
    atomic_bool stop;
    atomic_uint singles; /* added, one by one */
    atomic_uint torn, backwards, lost;
} world;

static void add_batch_of(churn_store *store, int number)
{
    int64_t offsets[BATCH + 1], types[BATCH + 1];
    churn_time at[BATCH];
    char ids[BATCH * 4 + 1], names[BATCH * 5 + 1];
    for (int i = 0; i < BATCH; i++) {
        memcpy(ids + i * 4, "c000", 4);
        ids[i * 4 + 3] = (char)('0' + i % 5);
        memcpy(names + i * 5, "batch", 5);
        offsets[i] = i * 4;
        types[i] = i * 5;
        at[i] = T(number) + i;
    }
    offsets[BATCH] = BATCH * 4;
    types[BATCH] = BATCH * 5;
    churn_event_batch b = {.struct_size = sizeof b,
                           .row_count = BATCH,
                           .customer = {.bytes = ids, .offsets = offsets},
                           .type = {.bytes = names, .offsets = types},
                           .at = {.values = at}};
    assert_ok(churn_store_add_events(store, &b, NULL, NULL, NULL));
}

static void *write_all(void *arg)
{
    world *w = arg;
    for (int i = 0; i < BATCHES; i++) {
        add_batch_of(w->store, i);
        for (int j = 0; j < 20; j++) {
            churn_event e = event_of("solo", "single", T(i) + j);
            churn_named_value number = {text("number"),
                                        {.type = CHURN_TYPE_DOUBLE, .number = i * 20 + j}};
            e.props = &number;
            e.prop_count = 1;
            assert_ok(churn_store_add_event(w->store, &e, NULL));
            atomic_fetch_add(&w->singles, 1);
        }
        assert_ok(churn_store_mark(w->store, "product", CHURN_NTS, T(i), CHURN_TIME_NONE, NULL));
    }
    atomic_store(&w->stop, true);
    return NULL;
}

static size_t count_events(const view *v, const char *type)
{
    size_t count = 0;
    uint32_t code = churn__dict_view_find(churn__version_types(v->version), text(type));
    for (uint32_t c = 0; code != CHURN__NO_CODE && c < churn__version_customers(v->version); c++) {
        count += churn__reader_events(v->reader, c, code).count;
    }
    return count;
}

/* Singles are numbered in order of time. */
static size_t wrong_props(const view *v)
{
    churn__type type = 0;
    uint32_t customer = customer_of(v, "solo");
    uint32_t code = churn__dict_view_find(churn__version_types(v->version), text("single"));
    uint32_t prop = churn__version_find_prop(v->version, text("number"), &type);
    if (customer == CHURN__NO_CODE || code == CHURN__NO_CODE || prop == CHURN__NO_CODE) {
        return 0;
    }
    size_t n = churn__reader_events(v->reader, customer, code).count, wrong = 0;
    churn__event_prop cells = churn__reader_event_prop(v->reader, customer, code, prop);
    for (size_t i = 0; i < n; i++) {
        wrong += cells.values == NULL || ((const double *)cells.values)[i] != (double)i;
    }
    return wrong;
}

static void *read_all(void *arg)
{
    world *w = arg;
    size_t before = 0;
    uint64_t number = 0;
    for (bool last = false; !last;) {
        last = atomic_load(&w->stop);
        unsigned singles = atomic_load(&w->singles);
        view v = {NULL, NULL};
        if (churn__store_pin(w->store, &v.version, NULL) != CHURN_OK) {
            continue;
        }
        v.reader = churn__reader_create(churn__store_heap(w->store), v.version);
        size_t batched = count_events(&v, "batch"), alone = count_events(&v, "single");
        atomic_fetch_add(&w->torn, batched % BATCH != 0);
        atomic_fetch_add(&w->torn, wrong_props(&v) != 0);
        atomic_fetch_add(&w->backwards, batched + alone < before);
        atomic_fetch_add(&w->backwards, churn__version_number(v.version) < number);
        /* While a batch comes in, readers get the version before it, which has all singles. */
        atomic_fetch_add(&w->lost, alone < singles);
        before = batched + alone;
        number = churn__version_number(v.version);
        view_close(&v);
    }
    return NULL;
}

static void store__one_writer_three_readers__whole_batches(void **arg)
{
    (void)arg;
    world w = {.store = store_new()};
    pthread_t writer, readers[3];
    assert_int_equal(pthread_create(&writer, NULL, write_all, &w), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_all, &w), 0);
    }
    pthread_join(writer, NULL);
    for (int i = 0; i < 3; i++) {
        pthread_join(readers[i], NULL);
    }
    assert_int_equal(atomic_load(&w.torn), 0);
    assert_int_equal(atomic_load(&w.backwards), 0);
    assert_int_equal(atomic_load(&w.lost), 0);
    assert_int_equal(churn_store_record_count(w.store, CHURN_RECORD_EVENT),
                     BATCHES * BATCH + BATCHES * 20);
    churn_store_free(w.store);
}

/* Two writers: each call either is in wholly or was refused. */
static void *write_some(void *arg)
{
    world *w = arg;
    for (int i = 0; i < 300; i++) {
        churn_event e = event_of("acme", "login", T(i));
        churn_status st = churn_store_add_event(w->store, &e, NULL);
        assert_true(st == CHURN_OK || st == CHURN_E_STATE);
        atomic_fetch_add(&w->singles, st == CHURN_OK);
    }
    return NULL;
}

static void store__two_writers__one_is_refused(void **arg)
{
    (void)arg;
    world w = {.store = store_new()};
    pthread_t writers[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, write_some, &w), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(writers[i], NULL);
    }
    assert_int_equal(churn_store_record_count(w.store, CHURN_RECORD_EVENT),
                     atomic_load(&w.singles));
    churn_store_free(w.store);
}

int main(void)
{
    const struct CMUnitTest store_threads[] = {
        cmocka_unit_test(store__one_writer_three_readers__whole_batches),
        cmocka_unit_test(store__two_writers__one_is_refused),
    };
    return RUN_TESTS(store_threads);
}
