/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <pthread.h>

#include "table/table.h"

enum { FLAG, WHOLE, REAL, TEXT, WHEN };

/* Row 0 has values, row 1 is null throughout. */
static churn_table *small_table(void)
{
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__table_builder *b = churn__table_begin(heap, 2);
    churn_table *t = NULL;

    churn__table_column(b, "flag", CHURN_COLUMN_BOOL);
    churn__table_column(b, "whole", CHURN_COLUMN_INT);
    churn__table_column(b, "real", CHURN_COLUMN_DOUBLE);
    churn__table_column(b, "text", CHURN_COLUMN_STRING);
    churn__table_column(b, "when", CHURN_COLUMN_TIME);
    churn__table_add_bool(b, FLAG, true);
    churn__table_add_int(b, WHOLE, 42);
    churn__table_add_double(b, REAL, 2.5);
    churn__table_add_string(b, TEXT, CHURN__STR("abc"));
    churn__table_add_time(b, WHEN, 77);
    for (uint32_t i = 0; i < 5; i++) {
        churn__table_add_null(b, i);
    }
    assert_ok(churn__table_finish(b, &t, NULL));
    churn__heap_release(heap);
    return t;
}

/* What each getter gives for each type of column in the row of values. */
static void getters__other_types__convert_as_documented(void **state)
{
    (void)state;
    static const struct {
        uint32_t column;
        double real;
        int64_t whole;
        bool truth;
        churn_time when;
        const char *text;
    } cases[] = {
        {FLAG, 1.0, 1, true, CHURN_TIME_NONE, ""},
        {WHOLE, 42.0, 42, false, CHURN_TIME_NONE, ""},
        {REAL, 2.5, 0, false, CHURN_TIME_NONE, ""},
        {TEXT, 0.0, 0, false, CHURN_TIME_NONE, "abc"},
        {WHEN, 0.0, 77, false, 77, ""},
    };
    churn_table *t = small_table();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t c = cases[i].column;
        assert_true(churn_table_double(t, 0, c) == cases[i].real);
        assert_true(churn_table_int(t, 0, c) == cases[i].whole);
        assert_int_equal(churn_table_bool(t, 0, c), cases[i].truth);
        assert_true(churn_table_time(t, 0, c) == cases[i].when);
        assert_string_equal(churn_table_string(t, 0, c).ptr, cases[i].text);
        assert_int_equal(churn_table_string(t, 0, c).len, strlen(cases[i].text));
    }
    churn_table_free(t);
}

static void assert_nothing_there(const churn_table *t, uint64_t row, uint32_t column)
{
    assert_true(churn_table_is_null(t, row, column));
    assert_true(churn_table_double(t, row, column) == 0.0);
    assert_int_equal(churn_table_int(t, row, column), 0);
    assert_false(churn_table_bool(t, row, column));
    assert_true(churn_table_time(t, row, column) == CHURN_TIME_NONE);
    assert_string_equal(churn_table_string(t, row, column).ptr, "");
    assert_int_equal(churn_table_string(t, row, column).len, 0);
}

static void getters__null_or_no_such_cell__give_nothing(void **state)
{
    (void)state;
    churn_table *t = small_table();

    for (uint32_t c = 0; c < 5; c++) {
        assert_nothing_there(t, 1, c);
        assert_nothing_there(t, 2, c);
        assert_nothing_there(t, UINT64_MAX, c);
        assert_nothing_there(NULL, 0, c);
    }
    assert_nothing_there(t, 0, 5);
    assert_nothing_there(t, 0, CHURN_COLUMN_NONE);
    churn_table_free(t);
}

static void table__null_or_no_such_column__gives_nothing(void **state)
{
    (void)state;
    churn_table *t = small_table();
    const churn_table *tables[] = {NULL, t};

    for (size_t i = 0; i < 2; i++) {
        uint32_t c = i == 0 ? 0 : 5;
        assert_string_equal(churn_table_column_name(tables[i], c), "");
        assert_int_equal(churn_table_column_type(tables[i], c), 0);
        assert_null(churn_table_column_data(tables[i], c));
        assert_null(churn_table_column_bytes(tables[i], c));
        assert_null(churn_table_column_valid(tables[i], c));
        assert_true(churn_table_find(tables[i], NULL, 0) == CHURN_COLUMN_NONE);
        assert_true(churn_table_find(tables[i], "none", CHURN_NTS) == CHURN_COLUMN_NONE);
    }
    assert_int_equal(churn_table_row_count(NULL), 0);
    assert_int_equal(churn_table_column_count(NULL), 0);
    assert_int_equal(churn_table_memory(NULL), 0);
    churn_table_free(NULL);
    churn_table_free(t);
}

static void find__by_length_or_nts__finds(void **state)
{
    (void)state;
    static const char *const names[] = {"flag", "whole", "real", "text", "when"};
    churn_table *t = small_table();

    for (uint32_t c = 0; c < 5; c++) {
        assert_int_equal(churn_table_find(t, names[c], CHURN_NTS), c);
        assert_string_equal(churn_table_column_name(t, c), names[c]);
    }
    assert_int_equal(churn_table_find(t, "whole number", 5), WHOLE);
    assert_true(churn_table_find(t, "whole", 4) == CHURN_COLUMN_NONE);
    churn_table_free(t);
}

static void column_data__strings__are_contiguous(void **state)
{
    (void)state;
    churn_table *t = small_table();
    const int64_t *at = churn_table_column_data(t, TEXT);

    assert_int_equal(at[0], 0);
    assert_int_equal(at[1], 3);
    assert_int_equal(at[2], 3);
    assert_memory_equal(churn_table_column_bytes(t, TEXT), "abc", 3);
    assert_null(churn_table_column_bytes(t, WHOLE));
    assert_true(churn_table_memory(t) > 5 * 16);
    churn_table_free(t);
}

static void *let_go(void *table)
{
    churn_table_free(table);
    return NULL;
}

static void retain__freed_in_another_thread__lives_until_the_last(void **state)
{
    (void)state;
    churn_table *t = small_table();
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++) {
        churn_table *held = churn__table_retain(t);
        assert_ptr_equal(held, t);
        assert_int_equal(pthread_create(&threads[i], NULL, let_go, held), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(churn_live_handles(), 1);
    assert_int_equal(churn_table_int(t, 0, WHOLE), 42);
    churn_table_free(t);
    assert_int_equal(churn_live_handles(), 0);
}

int main(void)
{
    const struct CMUnitTest table[] = {
        cmocka_unit_test(getters__other_types__convert_as_documented),
        cmocka_unit_test(getters__null_or_no_such_cell__give_nothing),
        cmocka_unit_test(table__null_or_no_such_column__gives_nothing),
        cmocka_unit_test(find__by_length_or_nts__finds),
        cmocka_unit_test(column_data__strings__are_contiguous),
        cmocka_unit_test(retain__freed_in_another_thread__lives_until_the_last),
    };
    return RUN_TESTS(table);
}
