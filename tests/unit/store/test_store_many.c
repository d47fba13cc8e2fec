/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "store_support.h"

/* One customer with very many of something: what grows with the square would not end in time. */
#define MANY 120000

/* Columns of MANY rows: different names, and one of two words. */
typedef struct columns {
    char names[MANY][8];
    int64_t name_offsets[MANY + 1];
    uint32_t none[MANY];   /* the first word in every row */
    uint32_t either[MANY]; /* one of both */
    churn_time at[MANY];
} columns;

static columns *columns_new(void)
{
    columns *c = test_calloc(1, sizeof *c);
    for (size_t i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%07zu", i);
        memcpy(c->names[i], name, sizeof c->names[i]);
        c->name_offsets[i + 1] = (int64_t)(i + 1) * 8;
    }
    return c;
}

static churn_string_column names_from(const columns *c, size_t first)
{
    return (churn_string_column){.bytes = c->names[0], .offsets = c->name_offsets + first};
}

static churn_string_column words(const char *bytes, const uint32_t *codes)
{
    static const int64_t ends[] = {0, 4, 8};
    return (churn_string_column){
        .bytes = bytes, .offsets = ends, .codes = codes, .value_count = strlen(bytes) / 4};
}

static void add_a_type_each(churn_store *store, columns *c, size_t first, size_t rows, int day)
{
    for (size_t i = 0; i < rows; i++) {
        c->at[i] = T(day);
    }
    churn_event_batch batch = {.struct_size = sizeof batch,
                               .row_count = rows,
                               .customer = words("acme", c->none),
                               .type = names_from(c, first),
                               .at = {.values = c->at}};
    assert_ok(churn_store_add_events(store, &batch, NULL, NULL, NULL));
}

static size_t count_of(const view *v, const columns *c, size_t i)
{
    char name[9] = {0};
    memcpy(name, c->names[i], sizeof c->names[i]);
    return events_of(v, "acme", name).count;
}

static void reader_event_types__many_in_several_runs__each_once(void **state)
{
    (void)state;
    columns *c = columns_new();
    churn_store *store = store_new();
    add_a_type_each(store, c, 0, MANY, 1);
    add_a_type_each(store, c, MANY / 2, MANY / 4, 2); /* a run of its own */
    view v = view_open(store);
    const uint32_t *found = NULL;
    assert_int_equal(churn__reader_event_types(v.reader, customer_of(&v, "acme"), &found), MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(found[i], i);
    }
    view_close(&v);

    add_a_type_each(store, c, 0, MANY, 3); /* all are merged */
    v = view_open(store);
    assert_int_equal(churn__reader_event_types(v.reader, customer_of(&v, "acme"), &found), MANY);
    assert_int_equal(count_of(&v, c, 0), 2);
    assert_int_equal(count_of(&v, c, MANY / 2), 3);
    assert_int_equal(count_of(&v, c, MANY - 1), 2);
    assert_int_equal(events_of(&v, "acme", "none").count, 0);
    view_close(&v);
    churn_store_free(store);
    test_free(c);
}

static void add_attributes__many_names_again__unchanged_or_undated_change(void **state)
{
    (void)state;
    columns *c = columns_new();
    churn_load_report report = {.struct_size = sizeof report};
    churn_attribute_batch batch = {
        .struct_size = sizeof batch,
        .row_count = MANY,
        .customer = words("acme", c->none),
        .name = names_from(c, 0),
        .value = {.type = CHURN_TYPE_STRING, .strings = words("goodpoor", c->either)}};
    churn_store *store = store_new();
    assert_ok(churn_store_add_attributes(store, &batch, NULL, &report, NULL));
    assert_int_equal(report.added, MANY);
    c->either[MANY - 1] = 1;
    assert_ok(churn_store_add_attributes(store, &batch, NULL, &report, NULL));
    assert_int_equal(report.unchanged, MANY - 1);
    assert_int_equal(report.undated, 1);
    churn_table_free(report.rejections);

    view v = view_open(store);
    assert_string_equal(attribute_at(&v, "acme", "n0119999", T(1)), "good");
    view_close(&v);
    churn_store_free(store);
    test_free(c);
}

int main(void)
{
    const struct CMUnitTest store_many[] = {
        cmocka_unit_test(reader_event_types__many_in_several_runs__each_once),
        cmocka_unit_test(add_attributes__many_names_again__unchanged_or_undated_change),
    };
    return RUN_TESTS(store_many);
}
