/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "base/bits.h"
#include "failing.h"
#include "table/table.h"

static churn__heap *heap;

static int make_heap(void **state)
{
    (void)state;
    heap = churn__heap_create(NULL, 0);
    return heap == NULL;
}

static int drop_heap(void **state)
{
    (void)state;
    assert_int_equal(churn__heap_used(heap) > 0, 0);
    churn__heap_release(heap);
    assert_int_equal(churn_live_handles(), 0);
    return 0;
}

static churn_str str(const char *s)
{
    return churn__str_nts(s);
}

static void builder__every_type__round_trips(void **state)
{
    (void)state;
    churn__table_builder *b = churn__table_begin(heap, 2);
    churn_table *t = NULL;
    uint32_t flag = churn__table_column(b, "flag", CHURN_COLUMN_BOOL);
    uint32_t whole = churn__table_column(b, "whole", CHURN_COLUMN_INT);
    uint32_t real = churn__table_column(b, "real", CHURN_COLUMN_DOUBLE);
    uint32_t text = churn__table_column(b, "text", CHURN_COLUMN_STRING);
    uint32_t when = churn__table_column(b, "when", CHURN_COLUMN_TIME);

    churn__table_add_bool(b, flag, true);
    churn__table_add_int(b, whole, INT64_MIN);
    churn__table_add_double(b, real, 1.5);
    churn__table_add_string(b, text, str("é"));
    churn__table_add_time(b, when, CHURN_TIME_MAX);
    for (uint32_t i = 0; i < 5; i++) {
        churn__table_add_null(b, i);
    }
    assert_int_equal(churn__table_filled(b, when), 2);
    assert_ok(churn__table_finish(b, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 2);
    assert_int_equal(churn_table_column_count(t), 5);
    assert_true(churn_table_bool(t, 0, flag));
    assert_true(churn_table_int(t, 0, whole) == INT64_MIN);
    assert_true(churn_table_double(t, 0, real) == 1.5);
    assert_string_equal(churn_table_string(t, 0, text).ptr, "é");
    assert_true(churn_table_time(t, 0, when) == CHURN_TIME_MAX);
    for (uint32_t i = 0; i < 5; i++) {
        assert_false(churn_table_is_null(t, 0, i));
        assert_true(churn_table_is_null(t, 1, i));
        assert_int_equal(churn_table_column_valid(t, i)[0], 1);
    }
    churn_table_free(t);
}

/* Nulls at every place of a column as long as three bytes of bitmap, against a plain array. */
static void validity__first_null_anywhere__matches_plain_array(void **state)
{
    (void)state;
    for (size_t first = 0; first < 24; first++) {
        churn__table_builder *b = churn__table_begin(heap, 0);
        churn_table *t = NULL;
        uint32_t c = churn__table_column(b, "c", CHURN_COLUMN_BOOL);
        bool null[24];
        for (size_t i = 0; i < 24; i++) {
            null[i] = i == first || (i > first && i % 3 == 0);
            if (null[i]) {
                churn__table_add_null(b, c);
            } else {
                churn__table_add_bool(b, c, i % 2 == 0);
            }
        }
        assert_ok(churn__table_finish(b, &t, NULL));
        for (size_t i = 0; i < 24; i++) {
            assert_int_equal(churn_table_is_null(t, i, c), null[i]);
            assert_int_equal(churn_table_bool(t, i, c), !null[i] && i % 2 == 0);
            assert_int_equal(churn__bit_get(churn_table_column_valid(t, c), i), !null[i]);
            assert_int_equal(churn__bit_get(churn_table_column_data(t, c), i),
                             !null[i] && i % 2 == 0);
        }
        churn_table_free(t);
    }
}

static void add_double__not_finite_or_minus_zero__null_or_zero(void **state)
{
    (void)state;
    static const double values[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -0.0};
    churn__table_builder *b = churn__table_begin(heap, 4);
    churn_table *t = NULL;
    const double *data;
    uint32_t c = churn__table_column(b, "c", CHURN_COLUMN_DOUBLE);

    for (size_t i = 0; i < 4; i++) {
        churn__table_add_double(b, c, values[i]);
    }
    assert_ok(churn__table_finish(b, &t, NULL));
    data = churn_table_column_data(t, c);
    for (size_t i = 0; i < 3; i++) {
        assert_true(churn_table_is_null(t, i, c));
        assert_true(data[i] == 0.0);
    }
    assert_false(churn_table_is_null(t, 3, c));
    assert_false(signbit(churn_table_double(t, 3, c)));
    churn_table_free(t);
}

static void add__none_values__are_null(void **state)
{
    (void)state;
    churn__table_builder *b = churn__table_begin(heap, 0);
    churn_table *t = NULL;
    uint32_t text = churn__table_column(b, "text", CHURN_COLUMN_STRING);
    uint32_t when = churn__table_column(b, "when", CHURN_COLUMN_TIME);

    churn__table_add_string(b, text, (churn_str){NULL, 0});
    churn__table_add_string(b, text, str(""));
    churn__table_add_time(b, when, CHURN_TIME_NONE);
    churn__table_add_time(b, when, 0);
    assert_ok(churn__table_finish(b, &t, NULL));
    assert_true(churn_table_is_null(t, 0, text));
    assert_false(churn_table_is_null(t, 1, text));
    assert_int_equal(churn_table_string(t, 1, text).len, 0);
    assert_true(churn_table_is_null(t, 0, when));
    assert_false(churn_table_is_null(t, 1, when));
    churn_table_free(t);
}

static void finish__no_rows_or_no_columns__is_an_empty_table(void **state)
{
    (void)state;
    churn__table_builder *b = churn__table_begin(heap, 0);
    churn_table *t = NULL;

    assert_ok(churn__table_finish(b, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 0);
    assert_int_equal(churn_table_column_count(t), 0);
    churn_table_free(t);
    b = churn__table_begin(heap, 0);
    churn__table_column(b, "text", CHURN_COLUMN_STRING);
    churn__table_column(b, "flag", CHURN_COLUMN_BOOL);
    assert_ok(churn__table_finish(b, &t, NULL));
    assert_int_equal(((const int64_t *)churn_table_column_data(t, 0))[0], 0);
    assert_string_equal(churn_table_column_bytes(t, 0), "");
    assert_non_null(churn_table_column_data(t, 1));
    assert_null(churn_table_column_valid(t, 0));
    churn_table_free(t);
}

static void finish__misuse__is_internal_and_frees(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    for (int way = 0; way < 3; way++) {
        churn__table_builder *b = churn__table_begin(heap, 0);
        churn_table *t = NULL;
        uint32_t c = churn__table_column(b, "c", CHURN_COLUMN_INT);
        uint32_t d = churn__table_column(b, "d", CHURN_COLUMN_INT);
        if (way == 0) {
            churn__table_add_double(b, c, 1.0); /* another type */
        } else if (way == 1) {
            churn__table_add_int(b, 7, 1); /* no such column */
        } else {
            churn__table_add_int(b, c, 1); /* lengths differ */
        }
        churn__table_add_int(b, d, 1);
        if (way == 2) {
            churn__table_add_int(b, d, 1);
        }
        assert_int_equal(churn__table_finish(b, &t, &err), CHURN_E_INTERNAL);
        assert_null(t);
        assert_int_equal(err.status, CHURN_E_INTERNAL);
    }
}

static void abandon__half_built__frees(void **state)
{
    (void)state;
    churn__table_builder *b = churn__table_begin(heap, 100);

    churn__table_column(b, "c", CHURN_COLUMN_STRING);
    churn__table_add_string(b, 0, str("x"));
    churn__table_abandon(b);
    churn__table_abandon(NULL);
}

static churn_status build_small(churn__heap *own, churn_table **out, churn_error *err)
{
    churn__table_builder *b = churn__table_begin(own, 0);
    uint32_t text = churn__table_column(b, "text", CHURN_COLUMN_STRING);
    uint32_t flag = churn__table_column(b, "flag", CHURN_COLUMN_BOOL);

    for (int i = 0; i < 100; i++) {
        churn__table_add_string(b, text, i % 7 == 6 ? (churn_str){NULL, 0} : str("some text"));
        churn__table_add_bool(b, flag, i % 2 == 0);
    }
    return churn__table_finish(b, out, err);
}

static void builder__nth_allocation_fails__no_memory_and_no_leak(void **state)
{
    (void)state;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        bool worked = false;
        for (uint64_t n = 0; !worked; n++) {
            failing f = {.for_ever = for_ever == 1};
            churn_allocator allocator = failing_allocator(&f);
            churn__heap *own = churn__heap_create(&allocator, 0);
            churn_table *t = NULL;
            assert_non_null(own);
            f.fail_at = f.requests + n + 1;
            worked = build_small(own, &t, NULL) == CHURN_OK;
            assert_int_equal(worked, t != NULL);
            churn_table_free(t);
            assert_int_equal(churn__heap_used(own), churn__heap_used(heap));
            churn__heap_release(own);
            assert_int_equal(f.blocks, 0);
            assert_false(f.mismatch);
            assert_true(n < 200);
        }
    }
}

static void finish__cap_of_heap_reached__is_limit(void **state)
{
    (void)state;
    churn__heap *own = churn__heap_create(NULL, 2000);
    churn_table *t = NULL;
    churn_error err = {.struct_size = sizeof err};

    assert_int_equal(build_small(own, &t, &err), CHURN_E_LIMIT);
    assert_null(t);
    churn__heap_release(own);
}

/* Many cells at once are what the same cells are one by one, however they are cut into pieces. */
static churn_table *build_many(uint64_t seed, bool at_once, bool long_names)
{
    static const churn_str few[] = {{"value", 5}, {"", 0}, {"unknown", 7}, {"eight888", 8}};
    static const churn_str more[] = {{"value", 5}, {"nine99999", 9}, {"unknown", 7}, {"x", 1}};
    const churn_str *choices = long_names ? more : few;
    churn__table_builder *b = churn__table_begin(heap, 10);
    uint8_t codes[3000], there[3000], values[3000], missing[3000];
    double doubles[3000];
    churn_time times[3000];
    churn_table *table = NULL;
    churn__table_column(b, "bool", CHURN_COLUMN_BOOL);
    churn__table_column(b, "choice", CHURN_COLUMN_STRING);
    churn__table_column(b, "none", CHURN_COLUMN_STRING);
    churn__table_column(b, "double", CHURN_COLUMN_DOUBLE);
    churn__table_column(b, "time", CHURN_COLUMN_TIME);
    churn__table_column(b, "repeated", CHURN_COLUMN_STRING);
    for (int round = 0; round < 12; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t n = (seed >> 33) % (round % 3 ? 40 : 3000);
        for (size_t i = 0; i < n; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            codes[i] = seed >> 40 & 3;
            there[i] = round < 3 || (seed >> 45) % 5;
            values[i] = seed >> 50 & 1;
            missing[i] = !there[i];
            doubles[i] = seed >> 60 == 0 ? (double)INFINITY : (double)(seed % 7) * -0.5;
            times[i] = (churn_time)(seed >> 20);
        }
        churn_str repeated = {"a name of many letters", seed % 23};
        if (at_once) {
            churn__table_add_bools(b, 0, values, there, n);
            churn__table_add_choices(b, 1, choices, 4, codes, n);
            churn__table_add_null_strings(b, 2, n);
            churn__table_add_doubles(b, 3, doubles, missing, n);
            churn__table_add_times(b, 4, times, n);
            churn__table_add_repeated(b, 5, repeated, n);
        }
        for (size_t i = 0; !at_once && i < n; i++) {
            there[i] ? churn__table_add_bool(b, 0, values[i]) : churn__table_add_null(b, 0);
            churn__table_add_string(b, 1, choices[codes[i]]);
            churn__table_add_null(b, 2);
            there[i] ? churn__table_add_double(b, 3, doubles[i]) : churn__table_add_null(b, 3);
            churn__table_add_time(b, 4, times[i]);
            churn__table_add_string(b, 5, repeated);
        }
        churn__table_add_null(b, 3);
        churn__table_add_time(b, 4, CHURN_TIME_NONE);
        churn__table_add_string(b, 5, round % 2 ? str("") : (churn_str){NULL, 0});
        churn__table_add_bool(b, 0, round & 1);
        churn__table_add_string(b, 1, str("between"));
        churn__table_add_string(b, 2, str(round % 2 ? "" : "something"));
    }
    assert_ok(churn__table_finish(b, &table, NULL));
    return table;
}

static void add_many__any_pieces__as_one_by_one(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 60; seed++) {
        churn_table *a = build_many(seed, true, seed % 4 == 0);
        churn_table *b = build_many(seed, false, seed % 4 == 0);
        assert_int_equal(churn_table_row_count(a), churn_table_row_count(b));
        for (uint64_t row = 0; row < churn_table_row_count(a); row++) {
            for (uint32_t c = 0; c < 6; c++) {
                assert_int_equal(churn_table_is_null(a, row, c), churn_table_is_null(b, row, c));
            }
            double x = churn_table_double(a, row, 3), y = churn_table_double(b, row, 3);
            assert_memory_equal(&x, &y, sizeof x); /* 0 and -0 are not the same here */
            assert_int_equal(churn_table_time(a, row, 4), churn_table_time(b, row, 4));
            assert_int_equal(churn_table_bool(a, row, 0), churn_table_bool(b, row, 0));
            for (uint32_t c = 1; c < 6; c += c == 2 ? 3 : 1) {
                churn_str left = churn_table_string(a, row, c),
                          right = churn_table_string(b, row, c);
                assert_int_equal(left.len, right.len);
                assert_true((left.ptr == NULL) == (right.ptr == NULL));
                assert_true(left.ptr == NULL || memcmp(left.ptr, right.ptr, left.len + 1) == 0);
            }
        }
        churn_table_free(a);
        churn_table_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest table_build[] = {
        cmocka_unit_test_setup_teardown(builder__every_type__round_trips, make_heap, drop_heap),
        cmocka_unit_test_setup_teardown(validity__first_null_anywhere__matches_plain_array,
                                        make_heap, drop_heap),
        cmocka_unit_test_setup_teardown(add_double__not_finite_or_minus_zero__null_or_zero,
                                        make_heap, drop_heap),
        cmocka_unit_test_setup_teardown(add__none_values__are_null, make_heap, drop_heap),
        cmocka_unit_test_setup_teardown(finish__no_rows_or_no_columns__is_an_empty_table, make_heap,
                                        drop_heap),
        cmocka_unit_test_setup_teardown(finish__misuse__is_internal_and_frees, make_heap,
                                        drop_heap),
        cmocka_unit_test_setup_teardown(abandon__half_built__frees, make_heap, drop_heap),
        cmocka_unit_test_setup_teardown(add_many__any_pieces__as_one_by_one, make_heap, drop_heap),
        cmocka_unit_test_setup_teardown(builder__nth_allocation_fails__no_memory_and_no_leak,
                                        make_heap, drop_heap),
        cmocka_unit_test_setup_teardown(finish__cap_of_heap_reached__is_limit, make_heap,
                                        drop_heap),
    };
    return RUN_TESTS(table_build);
}
