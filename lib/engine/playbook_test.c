/* SPDX-License-Identifier: MIT */
#include "engine/playbook_test.h"

#include <string.h>

/*
 * The tests that a playbook carries: each gets a store of its own with the records that are given,
 * an engine that is advanced, and a frame of what conditions would read afterwards.
 */
typedef struct testing {
    churn_playbook *playbook;
    churn_playbook_test_options options;
    churn__table_builder *builder;
    uint64_t passed, failed, chosen;
    churn__buf text, why;
} testing;

static const churn__table_head test_columns[] = {
    {"test", CHURN_COLUMN_STRING},     {"line", CHURN_COLUMN_INT},
    {"passed", CHURN_COLUMN_BOOL},     {"what", CHURN_COLUMN_STRING},
    {"expected", CHURN_COLUMN_STRING}, {"got", CHURN_COLUMN_STRING},
    {"message", CHURN_COLUMN_STRING},  {"customer", CHURN_COLUMN_STRING},
};

/* ---- results ---- */

typedef struct result {
    uint32_t line;
    bool passed;
    churn_str what, expected, got, message, customer;
} result;

static void add_result(testing *t, const churn__test_def *test, const result *one)
{
    t->passed += one->passed;
    t->failed += !one->passed;
    churn__table_add_string(t->builder, 0, test->name);
    churn__table_add_int(t->builder, 1, one->line);
    churn__table_add_bool(t->builder, 2, one->passed);
    churn__table_add_string(t->builder, 3, one->what);
    churn__table_add_string(t->builder, 4, one->expected);
    churn__table_add_string(t->builder, 5, one->got);
    churn__table_add_string(t->builder, 6, one->message);
    churn__table_add_string(t->builder, 7, one->customer);
}

static churn_status judge(testing *t, const churn__test_def *test, churn__test_world *world,
                          const churn__test_expect *expect, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__value got = {0};
    result one = {.line = expect->line, .what = expect->name};
    churn__buf_reset(&t->text);
    churn__buf_reset(&t->why);
    CHURN_TRY(churn__test_get(world, expect, &got, err));
    one.passed = churn__test_meets(expect, &got);
    churn__test_write_expected(&t->text, expect);
    size_t split = t->text.size;
    churn__test_write_value(&t->text, &got);
    if (!one.passed) {
        CHURN_TRY(churn__test_tell(world, expect, &t->why, err));
    }
    if (t->text.failed || t->why.failed) {
        CHURN_TRY(churn__fail_memory(err, t->playbook->heap));
    }
    one.expected = (churn_str){t->text.data, split};
    one.got = (churn_str){t->text.data + split, t->text.size - split};
    one.message = t->why.size > 0 ? churn__buf_view(&t->why) : (churn_str){NULL, 0};
    one.customer = test->several ? world->customer : (churn_str){NULL, 0};
    add_result(t, test, &one);
done:
    return st;
}

/* ---- a test's little world ---- */

static churn_status add_given(churn_store *store, const churn__test_def *test, uint32_t *line,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < test->given_count; i++) {
        const churn__test_record *record = &test->given[i];
        *line = record->line;
        CHURN_TRY(churn__store_add_texts(store, record->kind, record->fields, record->is_text,
                                         record->field_count, err));
    }
    *line = test->line;
done:
    return st;
}

static bool is_stale(const churn__test_def *test, churn_str source)
{
    for (uint32_t i = 0; i < test->stale_count; i++) {
        if (churn__str_eq(test->stale[i], source)) {
            return true;
        }
    }
    return false;
}

static const churn_record_kind record_kinds[] = {
    CHURN_RECORD_CUSTOMER,     CHURN_RECORD_ATTRIBUTE,  CHURN_RECORD_EVENT,
    CHURN_RECORD_SUBSCRIPTION, CHURN_RECORD_INVOICE,    CHURN_RECORD_TICKET,
    CHURN_RECORD_SURVEY,       CHURN_RECORD_CHURN,      CHURN_RECORD_CONTACT,
    CHURN_RECORD_MILESTONE,    CHURN_RECORD_TOUCHPOINT, CHURN_RECORD_RATE,
    CHURN_RECORD_ANNOUNCEMENT, CHURN_RECORD_OVERRIDE,   CHURN_RECORD_MEASURE,
};

/* Customers are there even where no record says so, and every kind of record is provided. */
static churn_status add_customers(churn_store *store, const churn__test_def *test, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < test->customer_count; i++) {
        churn_field_text id = {CHURN__STR("id"), test->customers[i]};
        CHURN_TRY(churn__store_add_texts(store, CHURN_RECORD_CUSTOMER, &id, NULL, 1, err));
    }
    for (size_t i = 0; i < sizeof record_kinds / sizeof *record_kinds; i++) {
        churn_str name = churn__str_nts(churn__record_kind_name(record_kinds[i]));
        CHURN_TRY(
            churn_store_mark(store, name.ptr, name.len, CHURN_TIME_MIN, CHURN_TIME_NONE, err));
    }
done:
    return st;
}

static churn_status run_engine(churn_engine *engine, const churn__test_def *test, churn_error *err)
{
    churn_advance_options options = {.struct_size = sizeof options};
    churn_run run;
    if (!test->is_advance) {
        return churn__engine_tick(engine, test->as_of, &options, NULL, &run, err);
    }
    return churn_engine_replay(engine, test->from, test->as_of, test->every, &options, NULL, err);
}

/* Expectations of one customer stand together: the frame is filled once for each. */
static churn_status look_at_all(testing *t, const churn__test_def *test, churn__test_world *world,
                                churn__version *version, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t filled = UINT32_MAX;
    for (uint32_t i = 0; i < test->expect_count; i++) {
        const churn__test_expect *expect = &test->expect[i];
        if (expect->customer != filled) {
            world->customer = test->customers[expect->customer];
            uint32_t customer = churn__version_find_customer(version, world->customer);
            CHURN_TRY(churn__frame_fill(world->frame, &customer, 1, err));
            filled = expect->customer;
        }
        CHURN_TRY(judge(t, test, world, expect, err));
    }
done:
    return st;
}

static churn_status look(testing *t, churn_engine *engine, const churn__test_def *test,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *version = NULL;
    churn__test_world world = {.playbook = t->playbook, .engine = engine, .as_of = test->as_of};
    churn__frame_options want = {.all_metrics = true,
                                 .all_scores = true,
                                 .triggers = true,
                                 .now = true,
                                 .held = true,
                                 .stale_sources = engine->stale_sources,
                                 .every_slot = true,
                                 .only_score = CHURN__NONE};
    CHURN_TRY(churn__store_pin(engine->store, &version, err));
    CHURN_TRY(churn__engine_meet(engine, version, err));
    CHURN_TRY(churn__bands_reach(engine, version, err));
    CHURN_TRY(churn__frame_open(engine, version, &engine->as_of, 1, &want, &world.frame, err));
    CHURN_TRY(churn__frame_survey(world.frame, engine, &want, NULL, err));
    CHURN_TRY(look_at_all(t, test, &world, version, err));
done:
    churn__test_world_clear(&world);
    churn__frame_close(world.frame);
    churn__version_release(version);
    return st;
}

static churn_status run_test(testing *t, const churn__test_def *test, uint32_t *line,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_store *store = NULL;
    churn_engine *engine = NULL;
    uint8_t *stale = NULL;
    const churn_playbook *playbook = t->playbook;
    churn_store_options options = {.struct_size = sizeof options, .time_zone = playbook->time_zone};
    if (playbook->zoneinfo) {
        options.zoneinfo = churn__str_nts(playbook->zoneinfo);
    }
    *line = test->line;
    stale = churn__alloc_array_zero(playbook->heap, playbook->source_count, 1);
    if (!stale) {
        CHURN_TRY(churn__fail_memory(err, playbook->heap));
    }
    for (uint32_t i = 0; i < playbook->source_count; i++) {
        stale[i] = is_stale(test, playbook->sources[i].id);
    }
    CHURN_TRY(churn__store_create_in(playbook->heap, &options, &store, err));
    CHURN_TRY(add_customers(store, test, err));
    CHURN_TRY(add_given(store, test, line, err));
    CHURN_TRY(churn_engine_create(t->playbook, store, NULL, &engine, err));
    engine->stale_sources = stale;
    CHURN_TRY(run_engine(engine, test, err));
    CHURN_TRY(look(t, engine, test, err));
done:
    churn_engine_free(engine);
    churn_store_free(store);
    churn__free_array(playbook->heap, stale, playbook->source_count, 1);
    return st;
}

/* ---- which ---- */

/* By its name, or by the name that its cases share. */
static bool is_chosen(const churn_playbook_test_options *options, churn_str name)
{
    churn_str wanted = options->name;
    if (wanted.len == 0 || churn__str_eq(name, wanted)) {
        return true;
    }
    return churn__str_starts(name, wanted) && name.len > wanted.len + 3 &&
           memcmp(name.ptr + wanted.len, " [", 2) == 0 && name.ptr[name.len - 1] == ']';
}

static churn_status none_chosen(const testing *t, churn_error *err)
{
    const churn_playbook *playbook = t->playbook;
    churn_str near = {NULL, 0}, name = t->options.name;
    churn_str *names = churn__alloc_array(playbook->heap, playbook->test_count, sizeof *names);
    for (uint32_t i = 0; names && i < playbook->test_count; i++) {
        names[i] = playbook->tests[i].name;
    }
    if (names) {
        near = churn__nearest(name, names, playbook->test_count);
    }
    churn__free_array(playbook->heap, names, playbook->test_count, sizeof *names);
    if (near.ptr == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0, "unknown test %q", &name);
    }
    return churn__fail(err, CHURN_E_NOT_FOUND, 0, "unknown test %q; did you mean %q?", &name,
                       &near);
}

/* A test that cannot be run has failed, but for lack of memory, which fails the call. */
static churn_status run_tests(testing *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < t->playbook->test_count; i++) {
        const churn__test_def *test = &t->playbook->tests[i];
        churn_error error = {.struct_size = sizeof error};
        uint32_t line = 0;
        if (!is_chosen(&t->options, test->name)) {
            continue;
        }
        t->chosen++;
        churn_status ran = run_test(t, test, &line, &error);
        if (ran == CHURN_E_NOMEM) {
            CHURN_TRY(churn__fail_memory(err, t->playbook->heap));
        }
        if (ran != CHURN_OK) {
            result one = {.line = line, .message = churn__str_nts(error.message)};
            add_result(t, test, &one);
        }
    }
    if (t->chosen == 0 && t->options.name.len > 0) {
        st = none_chosen(t, err);
    }
done:
    return st;
}

static churn_status run(testing *t, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__buf_init(&t->text, t->playbook->heap);
    churn__buf_init(&t->why, t->playbook->heap);
    t->builder = churn__table_begin(t->playbook->heap, t->playbook->test_count);
    if (!t->builder) {
        CHURN_TRY(churn__fail_memory(err, t->playbook->heap));
    }
    churn__table_columns(t->builder, test_columns, sizeof test_columns / sizeof *test_columns);
    CHURN_TRY(run_tests(t, err));
    st = churn__table_finish(t->builder, out, err);
    t->builder = NULL;
done:
    churn__table_abandon(t->builder);
    churn__buf_clear(&t->text);
    churn__buf_clear(&t->why);
    return st;
}

#define TEST_NAME_MAX 65536

churn_status churn_playbook_test_some(churn_playbook *playbook,
                                      const churn_playbook_test_options *options, uint64_t *passed,
                                      uint64_t *failed, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_table *table = NULL;
    testing t = {.playbook = playbook};
    if (out) {
        *out = NULL;
    }
    if (!playbook) {
        return churn__fail_null(err, "churn_playbook_test", "playbook");
    }
    CHURN_TRY(churn__copy_struct(&t.options, sizeof t.options, options,
                                 "churn_playbook_test_options", err));
    if (t.options.flags != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_playbook_test_options: flags has unknown bits");
    }
    CHURN_TRY(churn__take_str(t.options.name.ptr, t.options.name.len, true, TEST_NAME_MAX,
                              "churn_playbook_test_options: name", &t.options.name, err));
    CHURN_TRY(run(&t, &table, err));
    if (passed) {
        *passed = t.passed;
    }
    if (failed) {
        *failed = t.failed;
    }
    if (out) {
        *out = table;
        table = NULL;
    }
done:
    churn_table_free(table);
    return st;
}

churn_status churn_playbook_test(churn_playbook *playbook, uint64_t *passed, uint64_t *failed,
                                 churn_table **out, churn_error *err)
{
    return churn_playbook_test_some(playbook, NULL, passed, failed, out, err);
}
