/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <errno.h>
#include <math.h>

#include "arrow/arrow.h"
#include "arrow_made.h"
#include "failing.h"
#include "table/table.h"

static int nothing_left(void **state)
{
    (void)state;
    assert_int_equal(made_live, 0);
    assert_int_equal(churn_live_handles(), 0);
    return 0;
}

static void import__numbers_and_times__nearest_type(void **state)
{
    (void)state;
    static const int64_t words[2] = {-5, 19000};
    static const double reals[2] = {(double)NAN, 0.25};
    static const int32_t days[2] = {-1, 19000};
    static const uint64_t money[4] = {1999, 0, UINT64_MAX, UINT64_MAX};
    static const struct {
        const char *format;
        const void *values;
        churn_column_type type;
        double real[2]; /* as a number; times in microseconds */
    } cases[] = {
        {"l", words, CHURN_COLUMN_INT, {-5, 19000}},
        {"g", reals, CHURN_COLUMN_DOUBLE, {0, 0.25}},
        {"d:12,2", money, CHURN_COLUMN_DOUBLE, {19.99, -0.01}},
        {"tss:", words, CHURN_COLUMN_TIME, {-5e6, 19000e6}},
        {"tsn:UTC", words, CHURN_COLUMN_TIME, {-1, 19}},
        {"tdD", days, CHURN_COLUMN_TIME, {-86400e6, 19000 * 86400e6}},
        {"tdm", words, CHURN_COLUMN_TIME, {-86400e6, 0}},
        {"tDs", words, CHURN_COLUMN_DURATION, {-5e9, 19000e9}},
        {"tDm", words, CHURN_COLUMN_DURATION, {-5e6, 19000e6}},
        {"tDu", words, CHURN_COLUMN_DURATION, {-5e3, 19000e3}},
        {"tDn", words, CHURN_COLUMN_DURATION, {-5, 19000}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ArrowArrayStream stream = made_column(made_schema(cases[i].format, "x"), 2,
                                                     made_array(2, 2, NULL, cases[i].values, NULL));
        churn_table *table = NULL;
        assert_ok(churn_table_import(&stream, &table, NULL));
        assert_null(stream.release);
        assert_int_equal(churn_table_column_type(table, 0), cases[i].type);
        for (uint64_t row = 0; row < 2; row++) {
            double got =
                cases[i].type == CHURN_COLUMN_TIME       ? (double)churn_table_time(table, row, 0)
                : cases[i].type == CHURN_COLUMN_DURATION ? (double)churn_table_int(table, row, 0)
                                                         : churn_table_double(table, row, 0);
            assert_true(got == cases[i].real[row]);
        }
        churn_table_free(table);
    }
}

static void import__not_a_number__is_null(void **state)
{
    (void)state;
    static const double reals[3] = {(double)NAN, (double)INFINITY, 1.0};
    struct ArrowArrayStream stream =
        made_column(made_schema("g", "x"), 3, made_array(3, 2, NULL, reals, NULL));
    churn_table *table = NULL;

    assert_ok(churn_table_import(&stream, &table, NULL));
    assert_true(churn_table_is_null(table, 0, 0));
    assert_true(churn_table_is_null(table, 1, 0));
    assert_false(churn_table_is_null(table, 2, 0));
    churn_table_free(table);
}

static void import__columns_and_batches__all_rows(void **state)
{
    (void)state;
    static const int32_t offsets[] = {0, 1, 3, 3};
    static const uint8_t valid[] = {0x05}, flags[] = {0x02};
    const struct ArrowSchema fields[] = {made_schema("u", "same"), made_schema("b", "same"),
                                         made_schema("n", "nothing")};
    struct ArrowArray batches[3];
    struct ArrowArrayStream stream;
    churn_table *table = NULL;

    for (size_t i = 0; i < 3; i++) {
        int64_t rows = i == 1 ? 0 : 3;
        const struct ArrowArray columns[] = {made_array(rows, 3, valid, offsets, "abb"),
                                             made_array(rows, 2, NULL, flags, NULL),
                                             made_array(rows, 0, NULL, NULL, NULL)};
        batches[i] = made_records(rows, NULL, 3, columns);
    }
    stream = made_stream(made_records_schema(3, fields), 3, batches);
    assert_ok(churn_table_import(&stream, &table, NULL));
    assert_int_equal(churn_table_row_count(table), 6);
    assert_int_equal(churn_table_column_count(table), 3);
    assert_int_equal(churn_table_find(table, "same", CHURN_NTS), 0);
    assert_int_equal(churn_table_column_type(table, 2), CHURN_COLUMN_STRING);
    for (uint64_t row = 0; row < 6; row++) {
        assert_int_equal(churn_table_is_null(table, row, 0), row % 3 == 1);
        assert_string_equal(churn_table_string(table, row, 0).ptr, row % 3 == 0 ? "a" : "");
        assert_int_equal(churn_table_bool(table, row, 1), row % 3 == 1);
        assert_true(churn_table_is_null(table, row, 2));
    }
    churn_table_free(table);
}

/* What was exported and read back is the same table. */
static void import__of_an_export__is_the_same(void **state)
{
    (void)state;
    static const int32_t offsets[] = {0, 1, 3, 3};
    static const uint8_t valid[] = {0x05};
    struct ArrowArrayStream stream =
        made_column(made_schema("u", "x"), 3, made_array(3, 3, valid, offsets, "abb"));
    churn_table *first = NULL, *second = NULL;

    assert_ok(churn_table_import(&stream, &first, NULL));
    assert_ok(churn_table_export(first, &stream, NULL));
    churn_table_free(first);
    assert_ok(churn_table_import(&stream, &second, NULL));
    assert_int_equal(churn_table_row_count(second), 3);
    assert_string_equal(churn_table_string(second, 0, 0).ptr, "a");
    assert_true(churn_table_is_null(second, 1, 0));
    assert_string_equal(churn_table_string(second, 2, 0).ptr, "");
    assert_false(churn_table_is_null(second, 2, 0));
    churn_table_free(second);
}

static void assert_import_fails(struct ArrowArrayStream stream, churn_status want, uint64_t row,
                                const char *part)
{
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = (churn_table *)&err;

    assert_int_equal(churn_table_import(&stream, &table, &err), want);
    assert_null(table);
    assert_null(stream.release);
    assert_true(err.row == row);
    if (strstr(err.message, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    }
}

static void import__what_it_cannot_hold__names_column_and_row(void **state)
{
    (void)state;
    static const uint64_t large[] = {1, UINT64_MAX};
    static const int64_t far[] = {0, 0, INT64_MAX};
    static const int32_t offsets[] = {0, 1, 2};
    static const int32_t backwards[] = {0, 2, 1};

    assert_import_fails(
        made_column(made_schema("+m", "props"), 0, made_array(0, 1, NULL, NULL, NULL)),
        CHURN_E_TYPE, CHURN_ROW_NONE, "`props`: Arrow type `+m` is not read");
    assert_import_fails(made_column(made_schema("L", "n"), 2, made_array(2, 2, NULL, large, NULL)),
                        CHURN_E_RANGE, 1, "`n`");
    assert_import_fails(
        made_column(made_schema("tss:", "when"), 3, made_array(3, 2, NULL, far, NULL)),
        CHURN_E_RANGE, 2, "`when`");
    assert_import_fails(
        made_column(made_schema("tDs", "age"), 3, made_array(3, 2, NULL, far, NULL)), CHURN_E_RANGE,
        2, "`age`: a duration of more than 292 years");
    assert_import_fails(
        made_column(made_schema("u", "name"), 2, made_array(2, 3, NULL, offsets, "a\xff")),
        CHURN_E_UTF8, 1, "`name`");
    assert_import_fails(
        made_column(made_schema("u", "name"), 2, made_array(2, 3, NULL, backwards, "abc")),
        CHURN_E_CORRUPT, 1, "`name`");
}

/* The row counts from the start of the stream, over batches. */
static void import__fault_in_a_later_batch__row_of_the_stream(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {1, 2, 3, UINT64_MAX};
    struct ArrowSchema field = made_schema("L", "n");
    struct ArrowArray columns[] = {made_array(3, 2, NULL, numbers, NULL),
                                   made_array(4, 2, NULL, numbers, NULL)};
    const struct ArrowArray batches[] = {made_records(3, NULL, 1, &columns[0]),
                                         made_records(4, NULL, 1, &columns[1])};

    assert_import_fails(made_stream(made_records_schema(1, &field), 2, batches), CHURN_E_RANGE, 6,
                        "`n`");
}

static void import__stream_breaks__is_io_and_released(void **state)
{
    (void)state;
    static const int64_t numbers[] = {1, 2};
    struct ArrowArrayStream stream =
        made_column(made_schema("l", "n"), 2, made_array(2, 2, NULL, numbers, NULL));

    ((made_source *)stream.private_data)->batch_code = EIO;
    ((made_source *)stream.private_data)->message = "the line is dead";
    assert_import_fails(stream, CHURN_E_IO, CHURN_ROW_NONE, "the line is dead");
}

static void import__null_or_released__is_arg(void **state)
{
    (void)state;
    struct ArrowArrayStream released = {0};
    churn_table *table = NULL;

    assert_int_equal(churn_table_import(NULL, &table, NULL), CHURN_E_ARG);
    assert_int_equal(churn_table_import(&released, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_table_import(&released, &table, NULL), CHURN_E_ARG);
}

static bool import_once(failing *f, uint64_t n)
{
    static const int32_t offsets[] = {0, 1, 3, 3};
    static const uint8_t valid[] = {0x05};
    churn_allocator allocator = failing_allocator(f);
    churn__heap *heap = churn__heap_create(&allocator, 0);
    struct ArrowArrayStream stream =
        made_column(made_schema("u", "x"), 3, made_array(3, 3, valid, offsets, "abb"));
    churn_table *table = NULL;
    churn_status st;

    f->fail_at = f->requests + n + 1;
    st = churn__arrow_import(heap, &stream, &table, NULL);
    assert_true(st == CHURN_OK || st == CHURN_E_NOMEM);
    assert_int_equal(st == CHURN_OK, table != NULL);
    churn_table_free(table);
    if (stream.release != NULL) { /* it was not yet read from */
        stream.release(&stream);
    }
    assert_true(churn__heap_used(heap) == 0);
    churn__heap_release(heap);
    assert_int_equal(f->blocks, 0);
    assert_false(f->mismatch);
    assert_int_equal(made_live, 0);
    return st == CHURN_OK;
}

static void import__nth_allocation_fails__no_memory_and_no_leak(void **state)
{
    (void)state;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        failing f = {.for_ever = for_ever == 1};
        uint64_t n = 0;
        while (!import_once(&f, n)) {
            f.fail_at = 0;
            n++;
        }
        assert_true(n > 5);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, NULL, nothing_left)

int main(void)
{
    const struct CMUnitTest arrow_import[] = {
        TEST(import__numbers_and_times__nearest_type),
        TEST(import__not_a_number__is_null),
        TEST(import__columns_and_batches__all_rows),
        TEST(import__of_an_export__is_the_same),
        TEST(import__what_it_cannot_hold__names_column_and_row),
        TEST(import__fault_in_a_later_batch__row_of_the_stream),
        TEST(import__stream_breaks__is_io_and_released),
        TEST(import__null_or_released__is_arg),
        TEST(import__nth_allocation_fails__no_memory_and_no_leak),
    };
    return RUN_TESTS(arrow_import);
}
