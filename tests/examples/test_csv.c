/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <unistd.h>

#include "common/csv.h"
#include "common/text.h"

static bool is_seats(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "seats") == 0;
}

/* Open a text as a file; what is wrong with it, without the name of the file. */
static const char *open_text(const char *text, size_t length, struct ArrowArrayStream *stream)
{
    static char message[256];
    char path[] = "/tmp/test_csv.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, length) == (ssize_t)length);
    close(fd);
    const char *why = csv_open_stream(path, is_seats, NULL, stream, message, sizeof message);
    unlink(path);
    return why ? why + strlen(path) : NULL;
}

static churn_table *read_text(const char *text)
{
    struct ArrowArrayStream stream = {0};
    churn_error err = {.struct_size = sizeof err};
    churn_table *table = NULL;
    assert_null(open_text(text, strlen(text), &stream));
    assert_int_equal(churn_table_import(&stream, &table, &err), CHURN_OK);
    return table;
}

static const char *cell(const churn_table *table, uint64_t row, uint32_t column)
{
    return churn_table_string(table, row, column).ptr;
}

static void csv_open_stream__quotes__are_those_of_rfc_4180(void **state)
{
    (void)state;
    churn_table *table = read_text("a,b,\"c,d\"\r\n"
                                   "1,\"x \"\"y\"\", z\",\"two\nlines\"\r\n"
                                   "\r\n"
                                   "\"\",q\"r,last");
    assert_int_equal(churn_table_row_count(table), 2);
    assert_int_equal(churn_table_column_count(table), 3);
    assert_string_equal(churn_table_column_name(table, 2), "c,d");
    assert_string_equal(cell(table, 0, 0), "1");
    assert_string_equal(cell(table, 0, 1), "x \"y\", z");
    assert_string_equal(cell(table, 0, 2), "two\nlines");
    assert_true(churn_table_is_null(table, 1, 0));
    assert_string_equal(cell(table, 1, 1), "q\"r");
    assert_string_equal(cell(table, 1, 2), "last");
    churn_table_free(table);
}

static void csv_open_stream__number_columns__are_doubles(void **state)
{
    (void)state;
    churn_table *table = read_text("\xEF\xBB\xBFid,seats\na,12\nb,\nc,-0.5\n");
    assert_string_equal(churn_table_column_name(table, 0), "id");
    assert_int_equal(churn_table_column_type(table, 1), CHURN_COLUMN_DOUBLE);
    assert_true(churn_table_double(table, 0, 1) == 12.0);
    assert_true(churn_table_is_null(table, 1, 1));
    assert_true(churn_table_double(table, 2, 1) == -0.5);
    churn_table_free(table);
}

static void csv_open_stream__many_rows__all_arrive(void **state)
{
    (void)state;
    enum { ROWS = 3000, EACH = 12 };
    char *text = calloc(ROWS + 1, EACH), *to = text;
    assert_non_null(text);
    to += snprintf(to, EACH, "n,seats\n");
    for (int i = 0; i < ROWS; i++)
        to += i % 3 ? snprintf(to, EACH, "%d,%d\n", i, i) : snprintf(to, EACH, ",%d\n", i);
    churn_table *table = read_text(text);
    assert_int_equal(churn_table_row_count(table), ROWS);
    for (uint64_t i = 0; i < ROWS; i++) {
        assert_int_equal(churn_table_is_null(table, i, 0), i % 3 == 0);
        assert_true(i % 3 == 0 || (uint64_t)atoi(cell(table, i, 0)) == i);
        assert_true(churn_table_double(table, i, 1) == (double)i);
    }
    churn_table_free(table);
    free(text);
}

static void csv_open_stream__bad_text__is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", ":1: there is no row with the names of the columns"},
        {"\n\n", ":1: there is no row with the names of the columns"},
        {"a,b\n1\n", ":2: a row has another number of fields than the first one"},
        {"a,b\n1,2\n\n1,2,3\n", ":4: a row has another number of fields than the first one"},
        {"a\n\"x\n\ny", ":2: a quote is not closed"},
        {"a\n\"x\n\"\n\"x\"y\n", ":4: there is text after a closing quote"},
        {"a,seats\nx,12 \n", ":2: a column of numbers holds something else"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ArrowArrayStream stream = {0};
        const char *why = open_text(cases[i].text, strlen(cases[i].text), &stream);
        assert_non_null(why);
        assert_string_equal(why, cases[i].why);
        assert_null(stream.release);
    }
}

static void csv_open_stream__no_file__is_told(void **state)
{
    (void)state;
    char message[128];
    struct ArrowArrayStream stream = {0};
    const char *why =
        csv_open_stream("/nowhere/x.csv", NULL, NULL, &stream, message, sizeof message);
    assert_string_equal(why, "/nowhere/x.csv: No such file or directory");
}

static void csv_open_stream__released_unread__frees_all(void **state)
{
    (void)state;
    struct ArrowArrayStream stream = {0};
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    assert_null(open_text("a,seats\nx,1\n", 12, &stream));
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    schema.release(&schema);
    stream.release(&stream);
    assert_null(open_text("a,seats\nx,1\n", 12, &stream));
    assert_int_equal(stream.get_next(&stream, &array), 0);
    stream.release(&stream);
    assert_int_equal(array.length, 1);
    array.release(&array);
}

static void text_number__known_values__round_half_away_with_commas(void **state)
{
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{0, 2, "0.00"},
                 {0.125, 2, "0.13"},
                 {-0.125, 2, "-0.13"},
                 {999.995, 2, "1,000.00"},
                 {1234567.5, 0, "1,234,568"},
                 {-1234, 0, "-1,234"},
                 {12, 0, "12"},
                 {-0.001, 2, "0.00"},
                 {123456, 2, "123,456.00"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[TEXT_NUMBER];
        text_number(cases[i].value, cases[i].decimals, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void text_add_up__any_lines__sum_to_the_rounded_sum(void **state)
{
    (void)state;
    const int64_t micro[] = {50000000, 3333333, -16666667, 3333333, -5};
    int64_t hundredths[5];
    assert_int_equal(text_add_up(micro, hundredths, 5), 4000); /* 39.999994 */
    const int64_t expected[] = {5000, 333, -1667, 333, 0};
    int64_t sum = 0;
    for (size_t i = 0; i < 5; i++) {
        sum += hundredths[i];
        assert_true(hundredths[i] - expected[i] >= -1 && hundredths[i] - expected[i] <= 1);
    }
    assert_int_equal(sum, 4000);
    assert_int_equal(text_add_up(micro, hundredths, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_open_stream__quotes__are_those_of_rfc_4180),
        cmocka_unit_test(csv_open_stream__number_columns__are_doubles),
        cmocka_unit_test(csv_open_stream__many_rows__all_arrive),
        cmocka_unit_test(csv_open_stream__bad_text__is_told_with_its_line),
        cmocka_unit_test(csv_open_stream__no_file__is_told),
        cmocka_unit_test(csv_open_stream__released_unread__frees_all),
        cmocka_unit_test(text_number__known_values__round_half_away_with_commas),
        cmocka_unit_test(text_add_up__any_lines__sum_to_the_rounded_sum),
    };
    return RUN_TESTS(tests);
}
