/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

#include <math.h>
#include <string.h>

/*
 * The tests that a playbook carries: each gets a store of its own with the records that are given,
 * an engine that is advanced, and a frame of what conditions would read afterwards.
 */
#define TEST_CUSTOMER CHURN__STR("customer")

typedef struct testing {
    churn_playbook *playbook;
    churn__table_builder *builder;
    uint64_t passed, failed;
    churn__buf text;
} testing;

static const struct {
    const char *name;
    churn_column_type type;
} test_columns[] = {
    {"test", CHURN_COLUMN_STRING},     {"line", CHURN_COLUMN_INT},
    {"passed", CHURN_COLUMN_BOOL},     {"what", CHURN_COLUMN_STRING},
    {"expected", CHURN_COLUMN_STRING}, {"got", CHURN_COLUMN_STRING},
    {"message", CHURN_COLUMN_STRING},
};

static void add_result(testing *t, const churn__test_def *test, uint32_t line, bool passed,
                       churn_str what, churn_str expected, churn_str got, const char *message)
{
    churn__table_add_string(t->builder, 0, test->name);
    churn__table_add_int(t->builder, 1, line);
    churn__table_add_bool(t->builder, 2, passed);
    churn__table_add_string(t->builder, 3, what);
    churn__table_add_string(t->builder, 4, expected);
    churn__table_add_string(t->builder, 5, got);
    churn__table_add_string(t->builder, 6,
                            message ? churn__str_nts(message) : (churn_str){NULL, 0});
}

/* ---- values ---- */

static churn__value cell(const churn__column *column, uint32_t row)
{
    churn__value value = {.type = column->type,
                          .missing = column->missing ? column->missing[row] : CHURN__PRESENT};
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        value.as.b = ((const uint8_t *)column->values)[row];
        break;
    case CHURN__TYPE_STRING:
        value.as.s = churn__column_string(column, row);
        break;
    case CHURN__TYPE_DOUBLE:
        value.as.d = ((const double *)column->values)[row];
        break;
    default:
        value.as.i = ((const int64_t *)column->values)[row];
        break;
    }
    return value;
}

static bool as_expected(const churn__test_expect *expect, const churn__value *got)
{
    const churn__value *want = &expect->value;
    if (want->type == 0 || got->missing) {
        return want->type == 0 && got->missing != CHURN__PRESENT;
    }
    switch (got->type) {
    case CHURN__TYPE_BOOL:
        return want->as.b == got->as.b;
    case CHURN__TYPE_STRING:
        return churn__str_eq(want->as.s, got->as.s);
    case CHURN__TYPE_DOUBLE:
        return fabs(want->as.d - got->as.d) <= expect->tolerance;
    default:
        return want->as.i == got->as.i;
    }
}

static void write_value(churn__buf *out, const churn__value *value)
{
    char text[CHURN__DOUBLE_CHARS + 16];
    if (value->type == 0) {
        churn__buf_text(out, "missing");
        return;
    }
    if (value->missing) {
        churn__buf_text(out, "missing (");
        churn__buf_text(out, churn__missing_name(value->missing));
        churn__buf_text(out, ")");
        return;
    }
    switch (value->type) {
    case CHURN__TYPE_BOOL:
        churn__buf_text(out, value->as.b ? "true" : "false");
        break;
    case CHURN__TYPE_STRING:
        churn__buf_str(out, value->as.s);
        break;
    case CHURN__TYPE_DOUBLE:
        churn__double_print_short(value->as.d, text);
        churn__buf_text(out, text);
        break;
    case CHURN__TYPE_TIME:
        churn__instant_print(value->as.t, text);
        churn__buf_text(out, text);
        break;
    default:
        churn__buf_int(out, value->as.i);
        break;
    }
}

static void judge(testing *t, const churn__test_def *test, const churn__test_expect *expect,
                  const churn__value *got)
{
    bool passed = as_expected(expect, got);
    churn__buf_reset(&t->text);
    write_value(&t->text, &expect->value);
    size_t split = t->text.size;
    write_value(&t->text, got);
    if (t->text.failed) {
        return;
    }
    churn_str expected = {t->text.data, split};
    churn_str real = {t->text.data + split, t->text.size - split};
    t->passed += passed;
    t->failed += !passed;
    add_result(t, test, expect->line, passed, expect->name, expected, real, NULL);
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
    CHURN_RECORD_ANNOUNCEMENT, CHURN_RECORD_OVERRIDE,
};

/* The test's customer is there even where no record says so, and every kind of record is provided.
 */
static churn_status add_customer(churn_store *store, churn_error *err)
{
    churn_field_text id = {CHURN__STR("id"), TEST_CUSTOMER};
    churn_status st = churn__store_add_texts(store, CHURN_RECORD_CUSTOMER, &id, NULL, 1, err);
    for (size_t i = 0; st == CHURN_OK && i < sizeof record_kinds / sizeof *record_kinds; i++) {
        churn_str name = churn__str_nts(churn__record_kind_name(record_kinds[i]));
        st = churn_store_mark(store, name.ptr, name.len, CHURN_TIME_MIN, CHURN_TIME_NONE, err);
    }
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

static churn_status look(testing *t, churn_engine *engine, const churn__test_def *test,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *version = NULL;
    churn__frame *frame = NULL;
    churn__frame_options want = {.all_metrics = true,
                                 .all_scores = true,
                                 .triggers = true,
                                 .now = true,
                                 .stale_sources = engine->stale_sources,
                                 .every_slot = true,
                                 .only_score = CHURN__NONE};
    CHURN_TRY(churn__store_pin(engine->store, &version, err));
    CHURN_TRY(churn__engine_meet(engine, version, err));
    CHURN_TRY(churn__frame_open(engine, version, &engine->as_of, 1, &want, &frame, err));
    uint32_t customer = churn__version_find_customer(version, TEST_CUSTOMER);
    CHURN_TRY(churn__frame_survey(frame, engine, &want, NULL, err));
    CHURN_TRY(churn__frame_fill(frame, &customer, 1, err));
    for (uint32_t i = 0; i < test->expect_count; i++) {
        churn__value got = cell(&frame->columns[test->expect[i].slot], 0);
        judge(t, test, &test->expect[i], &got);
    }
done:
    churn__frame_close(frame);
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
    CHURN_TRY(add_customer(store, err));
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

/* A test that cannot be run has failed, but for lack of memory, which fails the call. */
static churn_status run_tests(testing *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < t->playbook->test_count; i++) {
        const churn__test_def *test = &t->playbook->tests[i];
        churn_error error = {.struct_size = sizeof error};
        uint32_t line = 0;
        churn_status ran = run_test(t, test, &line, &error);
        if (ran == CHURN_E_NOMEM) {
            CHURN_TRY(churn__fail_memory(err, t->playbook->heap));
        }
        if (ran != CHURN_OK) {
            t->failed++;
            add_result(t, test, line, false, (churn_str){NULL, 0}, (churn_str){NULL, 0},
                       (churn_str){NULL, 0}, error.message);
        }
        if (t->text.failed) {
            CHURN_TRY(churn__fail_memory(err, t->playbook->heap));
        }
    }
done:
    return st;
}

churn_status churn_playbook_test(churn_playbook *playbook, uint64_t *passed, uint64_t *failed,
                                 churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_table *table = NULL;
    if (out) {
        *out = NULL;
    }
    if (!playbook) {
        return churn__fail_null(err, "churn_playbook_test", "playbook");
    }
    testing t = {.playbook = playbook,
                 .builder = churn__table_begin(playbook->heap, playbook->test_count)};
    churn__buf_init(&t.text, playbook->heap);
    if (!t.builder) {
        CHURN_TRY(churn__fail_memory(err, playbook->heap));
    }
    for (size_t i = 0; i < sizeof test_columns / sizeof *test_columns; i++) {
        churn__table_column(t.builder, test_columns[i].name, test_columns[i].type);
    }
    CHURN_TRY(run_tests(&t, err));
    st = churn__table_finish(t.builder, &table, err);
    t.builder = NULL;
    if (st == CHURN_OK) {
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
    }
done:
    churn_table_free(table);
    churn__table_abandon(t.builder);
    churn__buf_clear(&t.text);
    return st;
}
