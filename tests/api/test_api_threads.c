/* SPDX-License-Identifier: MIT */
#include "company.h"

#include <pthread.h>

/*
 * Questions and evaluations with several threads inside a call, and of some customers only: more
 * customers than a batch holds, so that threads have something to share.
 */
#define CUSTOMERS 2300
#define EACH 9

static const char rules[] = "churn: 1\nname: crowd\ntime_zone: Europe/Berlin\ncurrency: EUR\n"
                            "metrics:\n"
                            "  - {id: logins, agg: count, event: login, window: 28d}\n"
                            "  - {id: days, agg: active_days, event: any, window: 56d}\n"
                            "  - {id: users, agg: distinct, event: any, of: user, window: 56d}\n"
                            "  - {id: paid, agg: sum, event: payment, window: 90d}\n"
                            "  - {id: mean, agg: mean, event: any, window: 90d}\n"
                            "  - {id: quiet, agg: days_since, event: login, if_never: 999}\n"
                            "scores:\n"
                            "  - id: health\n"
                            "    groups:\n"
                            "      - id: use\n"
                            "        weight: 100\n"
                            "        factors:\n"
                            "          - {metric: logins, weight: 1, curve: [[0, 0], [4, 100]]}\n"
                            "          - {metric: quiet, weight: 2, curve: [[0, 100], [60, 0]]}\n"
                            "    bands: {green: 70, yellow: 40, red: 0}\n"
                            "triggers:\n"
                            "  - {id: low, when: 'health.score < 50', play: call}\n"
                            "  - {id: both, when: 'trigger.low && metric.paid > 50.0'}\n"
                            "plays:\n"
                            "  - {id: call, steps: [{task: {title: 'Call {{customer.id}}'}}]}\n";

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static churn_store *crowd(void)
{
    static const char *const types[] = {"login", "payment", "export"};
    churn_store_options options = {.struct_size = sizeof options, .time_zone = STR("UTC")};
    churn_store *store = NULL;
    uint64_t seed = 3;
    assert_ok(churn_store_create(&options, &store, NULL));
    for (uint32_t i = 0; i < CUSTOMERS * EACH; i++) {
        char id[8] = "c000000", user[4] = "u0";
        uint32_t number = (uint32_t)(next(&seed) % CUSTOMERS);
        for (int digit = 6; digit > 0; digit--, number /= 10) {
            id[digit] = (char)('0' + number % 10);
        }
        user[1] = (char)('a' + next(&seed) % 5);
        const char *type = types[next(&seed) % 3];
        churn_event event;
        churn_record_init(CHURN_RECORD_EVENT, &event, sizeof event);
        event.customer = (churn_str){id, 7};
        event.type = (churn_str){type, strlen(type)};
        event.at = NEW_YEAR - (churn_time)(next(&seed) % 200) * DAY / 2;
        event.user = (churn_str){user, 2};
        event.value = (double)(next(&seed) % 1000) / 7.0;
        assert_ok(churn_store_add_event(store, &event, NULL));
    }
    return store;
}

#define HELD                                                                      \
    "churn: 1\nname: crowd\ntime_zone: Europe/Berlin\ncurrency: EUR\nmetrics:\n"  \
    "  - {id: logins, agg: count, event: login, window: 28d}\n"                   \
    "  - {id: paid, agg: sum, event: payment, window: 28d}\n"                     \
    "scores:\n  - id: health\n    groups:\n      - id: use\n        weight: 1\n"  \
    "        factors:\n          - {metric: logins, curve: [[0, 0], [4, 100]]}\n" \
    "          - {metric: paid, curve: [[0, 0], [200, 100]]}\n"                   \
    "    bands: {best: 90, green: 70, yellow: 40, red: 20, worst: 0}\n    hysteresis: 2\n"

/* Bands alone; and one that reads what evaluations change. */
static const char held[] = HELD "triggers:\n  - {id: low, when: 'health.band == \"red\"'}\n";
static const char marked[] =
    HELD "    caps: [{id: known, when: 'status == \"watched\"', at_most: 80}]\n"
         "triggers:\n  - {id: low, when: 'health.score < 30', play: mark}\n"
         "plays:\n  - {id: mark, steps: [{set_status: watched}]}\n";

static churn_engine *engine_by(const char *text, churn_store *store, uint32_t threads)
{
    churn_engine_options options = {.struct_size = sizeof options, .threads = threads};
    churn_playbook *playbook = NULL;
    churn_engine *engine = NULL;
    churn_error err = {.struct_size = sizeof err};
    assert_ok(churn_playbook_parse(text, CHURN_NTS, NULL, &playbook, NULL, &err));
    assert_ok(churn_engine_create(playbook, store, &options, &engine, &err));
    churn_playbook_free(playbook);
    return engine;
}

static churn_engine *engine_of(churn_store *store, uint32_t threads)
{
    return engine_by(rules, store, threads);
}

static void same_tables(const churn_table *a, const churn_table *b)
{
    assert_int_equal(churn_table_row_count(a), churn_table_row_count(b));
    for (uint32_t col = 0; col < churn_table_column_count(a); col++) {
        churn_column_type type = churn_table_column_type(a, col);
        for (uint64_t row = 0; row < churn_table_row_count(a); row++) {
            double x = 0, y = 0;
            assert_int_equal(churn_table_is_null(a, row, col), churn_table_is_null(b, row, col));
            if (type == CHURN_COLUMN_DOUBLE) {
                x = churn_table_double(a, row, col);
                y = churn_table_double(b, row, col);
            }
            assert_memory_equal(&x, &y, sizeof x);
            if (type == CHURN_COLUMN_STRING) {
                churn_str left = churn_table_string(a, row, col);
                churn_str right = churn_table_string(b, row, col);
                assert_int_equal(left.len, right.len);
                assert_true(left.len == 0 || memcmp(left.ptr, right.ptr, left.len) == 0);
            }
        }
    }
}

static const uint32_t counts[] = {0, 2, 4, 7};

static void questions__any_number_of_threads__same_bits(void **state)
{
    const churn_time dates[] = {NEW_YEAR - 60 * DAY, NEW_YEAR - 20 * DAY, NEW_YEAR};
    churn_store *store = crowd();
    churn_table *first[2] = {NULL, NULL};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        churn_engine *engine = engine_of(store, counts[i]);
        churn_table *now[2] = {NULL, NULL};
        assert_ok(churn_engine_metrics(engine, dates, 3, NULL, &now[0], NULL));
        assert_ok(churn_engine_scores(engine, dates, 3, NULL, &now[1], NULL));
        for (int k = 0; k < 2; k++) {
            if (i == 0) {
                first[k] = now[k];
                assert_true(churn_table_row_count(now[k]) > 3 * 2000);
            } else {
                same_tables(first[k], now[k]);
                churn_table_free(now[k]);
            }
        }
        churn_engine_free(engine);
    }
    churn_table_free(first[0]);
    churn_table_free(first[1]);
    churn_store_free(store);
}

/* So many evaluations every so many days until now; the state after the last one. */
static churn_buffer *state_after(const char *text, churn_store *store, uint32_t threads, int count,
                                 int days)
{
    churn_engine *engine = engine_by(text, store, threads);
    churn_buffer *bytes = NULL;
    churn_run run = {.struct_size = sizeof run};
    for (int i = 1 - count; i <= 0; i++) {
        assert_ok(churn_engine_advance(engine, NEW_YEAR + i * days * DAY, NULL, &run, NULL));
    }
    assert_true(run.customers > 2000);
    assert_ok(churn_engine_save(engine, &bytes, NULL));
    churn_engine_free(engine);
    return bytes;
}

static void same_states(const char *text, int count, int days)
{
    churn_store *store = crowd();
    churn_buffer *first = state_after(text, store, counts[0], count, days);
    for (size_t i = 1; i < sizeof counts / sizeof *counts; i++) {
        churn_buffer *bytes = state_after(text, store, counts[i], count, days);
        assert_int_equal(churn_buffer_size(first), churn_buffer_size(bytes));
        assert_memory_equal(churn_buffer_data(first), churn_buffer_data(bytes),
                            churn_buffer_size(first));
        churn_buffer_free(bytes);
    }
    churn_buffer_free(first);
    churn_store_free(store);
}

static void advance__any_number_of_threads__same_state(void **state)
{
    (void)state;
    same_states(rules, 4, 9);
}

/* What is remembered of bands is read while others write it. */
static void advance__held_bands_and_threads__same_state(void **state)
{
    (void)state;
    same_states(held, 34, 3);
    same_states(marked, 5, 20);
}

#ifdef __GLIBC__
/* Every thread that is made from now on needs so much stack. */
static void set_stacks(size_t bytes)
{
    pthread_attr_t attributes;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, bytes), 0);
    assert_int_equal(pthread_setattr_default_np(&attributes), 0);
    (void)pthread_attr_destroy(&attributes);
}

static void *nothing(void *context)
{
    return context;
}

/* Threads whose stacks no address space holds cannot be made. */
static void questions__no_thread_to_be_had__callers_own_does_it_all(void **state)
{
    const churn_time date = NEW_YEAR;
    churn_store *store = crowd();
    churn_engine *engine = engine_of(store, 4);
    churn_table *with = NULL, *without = NULL;
    pthread_attr_t before;
    pthread_t thread;
    size_t usual = 0;
    (void)state;
    assert_ok(churn_engine_metrics(engine, &date, 1, NULL, &with, NULL));
    assert_int_equal(pthread_getattr_default_np(&before), 0);
    assert_int_equal(pthread_attr_getstacksize(&before, &usual), 0);
    (void)pthread_attr_destroy(&before);
    set_stacks((size_t)1 << 50);
    assert_int_not_equal(pthread_create(&thread, NULL, nothing, NULL), 0);
    churn_status st = churn_engine_metrics(engine, &date, 1, NULL, &without, NULL);
    set_stacks(usual);
    assert_ok(st);
    same_tables(with, without);
    churn_table_free(with);
    churn_table_free(without);
    churn_engine_free(engine);
    churn_store_free(store);
}
#else
static void questions__no_thread_to_be_had__callers_own_does_it_all(void **state)
{
    (void)state;
    print_message("skipped: no way to refuse threads here\n");
    skip();
}
#endif

static void questions__cancelled__with_threads_too(void **state)
{
    const churn_time date = NEW_YEAR;
    churn_store *store = crowd();
    churn_engine *engine = engine_of(store, 4);
    churn_table *table = NULL;
    churn_cancel *cancel = NULL;
    (void)state;
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    churn_query_options options = {.struct_size = sizeof options, .cancel = cancel};
    churn_error err = {.struct_size = sizeof err};
    assert_int_equal(churn_engine_metrics(engine, &date, 1, &options, &table, &err),
                     CHURN_E_CANCELLED);
    assert_int_equal(err.status, CHURN_E_CANCELLED);
    assert_null(table);
    churn_cancel_free(cancel);
    churn_engine_free(engine);
    churn_store_free(store);
}

static void customers__some__rows_of_all_by_id(void **state)
{
    const churn_time date = NEW_YEAR;
    const churn_str some[] = {STR("c002100"), STR("c000007"), STR("c001000"), STR("c000007")};
    static const char *const by_id[] = {"c000007", "c001000", "c002100"};
    churn_store *store = crowd();
    churn_engine *engine = engine_of(store, 2);
    churn_table *few = NULL, *one = NULL;
    churn_query_options options = {.struct_size = sizeof options, .customers = some};
    options.customer_count = 4;
    (void)state;
    assert_ok(churn_engine_metrics(engine, &date, 1, &options, &few, NULL));
    assert_int_equal(churn_table_row_count(few), 3);
    for (uint64_t row = 0; row < 3; row++) {
        churn_query_options alone = {.struct_size = sizeof alone};
        alone.customer = churn_table_string(few, row, 0);
        assert_string_equal(alone.customer.ptr, by_id[row]);
        assert_ok(churn_engine_metrics(engine, &date, 1, &alone, &one, NULL));
        for (uint32_t col = 1; col < churn_table_column_count(few); col++) {
            assert_true(churn_table_double(few, row, col) == churn_table_double(one, 0, col));
        }
        churn_table_free(one);
    }
    churn_table_free(few);
    options.customer_count = 0; /* an empty list is not everybody */
    assert_ok(churn_engine_metrics(engine, &date, 1, &options, &few, NULL));
    assert_int_equal(churn_table_row_count(few), 0);
    churn_table_free(few);
    churn_engine_free(engine);
    churn_store_free(store);
}

static void options__wrong__refused(void **state)
{
    const churn_time date = NEW_YEAR;
    const churn_str some[] = {STR("c000007"), STR("nobody")};
    churn_store *store = crowd();
    churn_engine *engine = engine_of(store, 1);
    churn_table *table = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn_query_options options = {.struct_size = sizeof options, .customers = some};
    (void)state;
    options.customer_count = 2;
    assert_int_equal(churn_engine_metrics(engine, &date, 1, &options, &table, &err),
                     CHURN_E_NOT_FOUND);
    assert_int_equal(err.row, 1);
    options.customer = STR("c000007");
    assert_int_equal(churn_engine_metrics(engine, &date, 1, &options, &table, &err), CHURN_E_ARG);
    options = (churn_query_options){.struct_size = sizeof options, .customer_count = 2};
    assert_int_equal(churn_engine_metrics(engine, &date, 1, &options, &table, &err), CHURN_E_ARG);
    churn_engine_free(engine);

    churn_playbook *playbook = NULL;
    churn_engine_options many = {.struct_size = sizeof many, .threads = 257};
    assert_ok(churn_playbook_parse(rules, CHURN_NTS, NULL, &playbook, NULL, NULL));
    assert_int_equal(churn_engine_create(playbook, store, &many, &engine, NULL), CHURN_E_RANGE);
    churn_playbook_free(playbook);
    churn_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions__any_number_of_threads__same_bits),
        cmocka_unit_test(advance__any_number_of_threads__same_state),
        cmocka_unit_test(advance__held_bands_and_threads__same_state),
        cmocka_unit_test(questions__no_thread_to_be_had__callers_own_does_it_all),
        cmocka_unit_test(questions__cancelled__with_threads_too),
        cmocka_unit_test(customers__some__rows_of_all_by_id),
        cmocka_unit_test(options__wrong__refused),
    };
    return RUN_TESTS(tests);
}
