/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "arrow_windows.h"

/* ---- numbers ---- */

static int64_t plain_ints[ROWS];

static void check_int(const churn__arrow_reader *reader, uint64_t row, size_t at)
{
    int64_t value = 0;

    assert_true(churn__arrow_int(reader, 0, row, &value));
    assert_true(value == plain_ints[at]);
}

#define CHECK_INTS(type, format, low, high)                                                    \
    do {                                                                                       \
        type values[ROWS];                                                                     \
        for (int i = 0; i < ROWS; i++) {                                                       \
            values[i] = (type)(i == 2 ? (low) : i == 3 ? (high) : (type)(i * 5));              \
            plain_ints[i] = (int64_t)values[i];                                                \
        }                                                                                      \
        check_all_windows(                                                                     \
            &(column_case){format, CHURN__ARROW_INT, values, NULL, sizeof values, check_int}); \
    } while (0)

static void ints__every_width__read(void **state)
{
    (void)state;
    CHECK_INTS(int8_t, "c", INT8_MIN, INT8_MAX);
    CHECK_INTS(uint8_t, "C", 0, UINT8_MAX);
    CHECK_INTS(int16_t, "s", INT16_MIN, INT16_MAX);
    CHECK_INTS(uint16_t, "S", 0, UINT16_MAX);
    CHECK_INTS(int32_t, "i", INT32_MIN, INT32_MAX);
    CHECK_INTS(uint32_t, "I", 0, UINT32_MAX);
    CHECK_INTS(int64_t, "l", INT64_MIN, INT64_MAX);
    CHECK_INTS(uint64_t, "L", 0, INT64_MAX);
}

static void int__unsigned_over_int64__refused(void **state)
{
    (void)state;
    static const uint64_t values[] = {(uint64_t)INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    int64_t value = 0;
    churn__arrow_reader *reader =
        open_stream(made_column(made_schema("L", "x"), 3, made_array(3, 2, NULL, values, NULL)), 3);

    assert_true(churn__arrow_int(reader, 0, 0, &value));
    assert_true(value == INT64_MAX);
    assert_false(churn__arrow_int(reader, 0, 1, &value));
    assert_false(churn__arrow_int(reader, 0, 2, &value));
    assert_true(churn__arrow_double(reader, 0, 2) == 18446744073709551616.0);
    churn__arrow_close(reader);
}

static double plain_doubles[ROWS];

static void check_double(const churn__arrow_reader *reader, uint64_t row, size_t at)
{
    double value = churn__arrow_double(reader, 0, row);

    assert_true(isnan(value) ? isnan(plain_doubles[at]) != 0 : value == plain_doubles[at]);
}

static void doubles__every_width__read(void **state)
{
    (void)state;
    /* numpy.array([...], dtype="float16").view("uint16") */
    static const uint16_t halves[8] = {0x0000, 0x3c00, 0xc000, 0x7bff,
                                       0x0001, 0x0400, 0x7c00, 0x3555};
    static const double half_values[8] = {
        0.0, 1.0, -2.0, 65504.0, 0x1p-24, 0x1p-14, (double)INFINITY, 0x1.554p-2};
    double wide[ROWS];
    float narrow[ROWS];
    uint16_t half[ROWS];

    for (int i = 0; i < ROWS; i++) {
        wide[i] = i == 4 ? (double)NAN : i * 0.1;
        plain_doubles[i] = wide[i];
    }
    check_all_windows(
        &(column_case){"g", CHURN__ARROW_DOUBLE, wide, NULL, sizeof wide, check_double});
    for (int i = 0; i < ROWS; i++) {
        narrow[i] = (float)i * 0.25f;
        plain_doubles[i] = (double)narrow[i];
    }
    check_all_windows(
        &(column_case){"f", CHURN__ARROW_DOUBLE, narrow, NULL, sizeof narrow, check_double});
    for (int i = 0; i < ROWS; i++) {
        half[i] = halves[i % 8];
        plain_doubles[i] = half_values[i % 8];
    }
    check_all_windows(
        &(column_case){"e", CHURN__ARROW_DOUBLE, half, NULL, sizeof half, check_double});
}

static void check_bool(const churn__arrow_reader *reader, uint64_t row, size_t at)
{
    assert_int_equal(churn__arrow_bool(reader, 0, row), at % 3 == 0);
}

static void bools__bit_packed__read(void **state)
{
    (void)state;
    uint8_t bits[3] = {0};

    for (size_t i = 0; i < ROWS; i += 3) {
        churn__bit_set(bits, i);
    }
    check_all_windows(&(column_case){"b", CHURN__ARROW_BOOL, bits, NULL, sizeof bits, check_bool});
}

static void check_decimal(const churn__arrow_reader *reader, uint64_t row, size_t at)
{
    int64_t value = 0;
    int32_t scale = 0;

    assert_true(churn__arrow_decimal(reader, 0, row, &value, &scale));
    assert_true(value == plain_ints[at] && scale == 2);
    assert_true(churn__arrow_double(reader, 0, row) == (double)plain_ints[at] / 100.0);
}

static void put_wide(uint64_t *at, int64_t value)
{
    at[0] = (uint64_t)value;
    at[1] = value < 0 ? UINT64_MAX : 0;
}

static void decimals__unscaled_and_as_double__read(void **state)
{
    (void)state;
    uint64_t words[ROWS * 2];

    for (int i = 0; i < ROWS; i++) {
        plain_ints[i] = i == 0 ? 0 : (i % 2 == 0 ? 1 : -1) * (INT64_C(123456789) * i + 7);
        put_wide(words + 2 * i, plain_ints[i]);
    }
    check_all_windows(
        &(column_case){"d:18,2", CHURN__ARROW_DECIMAL, words, NULL, sizeof words, check_decimal});
}

/* The doubles are Python's float(Decimal(unscaled).scaleb(-scale)). */
static void decimals__extremes__nearest_double_or_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t words[2];
        const char *format;
        bool fits;
        double real;
    } cases[] = {
        {{(uint64_t)INT64_MAX, 0}, "d:38,0", true, 9223372036854775808.0},
        {{(uint64_t)INT64_MAX + 1, 0}, "d:38,0", false, 9223372036854775808.0},
        {{(uint64_t)INT64_MIN, UINT64_MAX}, "d:38,0", true, -9223372036854775808.0},
        {{(uint64_t)INT64_MAX, UINT64_MAX}, "d:38,0", false, -9223372036854775809.0},
        /* 10^38 - 1 */
        {{UINT64_C(0x098a223fffffffff), UINT64_C(0x4b3b4ca85a86c47a)}, "d:38,38", false, 1.0},
        {{UINT64_C(0x098a223fffffffff), UINT64_C(0x4b3b4ca85a86c47a)}, "d:38,0", false, 1e38},
        {{UINT64_C(0xf675ddc000000001), UINT64_C(0xb4c4b357a5793b85)}, "d:38,0", false, -1e38},
        {{12345, 0}, "d:5,-3", true, 12345000.0},
        {{1, 0}, "d:38,38", true, 1e-38},
        {{UINT64_C(9007199254740993), 0}, "d:38,1", true, 900719925474099.25},
        {{0, 0}, "d:38,30", true, 0.0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 1;
        int32_t scale = 0;
        churn__arrow_reader *reader =
            open_stream(made_column(made_schema(cases[i].format, "x"), 1,
                                    made_array(1, 2, NULL, cases[i].words, NULL)),
                        1);
        assert_int_equal(churn__arrow_decimal(reader, 0, 0, &value, &scale), cases[i].fits);
        assert_true(!cases[i].fits || (uint64_t)value == cases[i].words[0]);
        assert_true(churn__arrow_double(reader, 0, 0) == cases[i].real);
        churn__arrow_close(reader);
    }
}

/* ---- times ---- */

static void check_time(const churn__arrow_reader *reader, uint64_t row, size_t at)
{
    int64_t value = 0;

    assert_true(churn__arrow_time(reader, 0, row, &value));
    assert_true(value == plain_ints[at]);
}

static void times__every_unit__microseconds_or_days(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        churn__arrow_kind kind;
        int64_t times, over;
    } cases[] = {
        {"tss:", CHURN__ARROW_LOCAL, 1000000, 1},
        {"tsm:", CHURN__ARROW_LOCAL, 1000, 1},
        {"tsu:", CHURN__ARROW_LOCAL, 1, 1},
        {"tsn:", CHURN__ARROW_LOCAL, 1, 1000},
        {"tss:UTC", CHURN__ARROW_TIME, 1000000, 1},
        {"tsm:Europe/Budapest", CHURN__ARROW_TIME, 1000, 1},
        {"tsu:+02:00", CHURN__ARROW_TIME, 1, 1},
        {"tsn:America/New_York", CHURN__ARROW_TIME, 1, 1000},
        {"tdm", CHURN__ARROW_DATE, 1, 86400000},
    };
    int64_t values[ROWS];

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (int i = 0; i < ROWS; i++) {
            values[i] = (i % 2 == 0 ? 1 : -1) * INT64_C(987654321) * i;
            /* Towards minus infinity, whatever the sign. */
            plain_ints[i] = values[i] * cases[c].times;
            if (cases[c].over > 1) {
                plain_ints[i] = (int64_t)floor((double)values[i] / (double)cases[c].over);
            }
        }
        check_all_windows(&(column_case){cases[c].format, cases[c].kind, values, NULL,
                                         sizeof values, check_time});
    }
}

static void dates__date32__days(void **state)
{
    (void)state;
    int32_t values[ROWS];

    for (int i = 0; i < ROWS; i++) {
        values[i] = i * 1000 - 5000;
        plain_ints[i] = values[i];
    }
    check_all_windows(
        &(column_case){"tdD", CHURN__ARROW_DATE, values, NULL, sizeof values, check_time});
}

static void times__outside_what_we_hold__refused(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        int64_t value;
        bool taken;
    } cases[] = {
        {"tss:", INT64_MAX, false},
        {"tsm:UTC", INT64_MIN, false},
        {"tsu:", CHURN_TIME_MIN, true},
        {"tsu:", CHURN_TIME_MIN - 1, false},
        {"tsu:UTC", CHURN_TIME_MAX, true},
        {"tsu:UTC", CHURN_TIME_MAX + 1, false},
        {"tsn:", INT64_MIN, true},
        {"tsn:", INT64_MAX, true},
        {"tdm", INT64_C(-719162) * 86400000, true}, /* 0001-01-01 */
        {"tdm", INT64_C(-719163) * 86400000, false},
        {"tdm", INT64_C(2932896) * 86400000, true}, /* 9999-12-31 */
        {"tdm", INT64_C(2932897) * 86400000, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 0;
        churn__arrow_reader *reader =
            open_stream(made_column(made_schema(cases[i].format, "x"), 1,
                                    made_array(1, 2, NULL, &cases[i].value, NULL)),
                        1);
        assert_int_equal(churn__arrow_time(reader, 0, 0, &value), cases[i].taken);
        churn__arrow_close(reader);
    }
}

/* ---- nothing, and short ways ---- */

/* One producer gives null arrays no buffers, another an empty one. */
static void nulls__type_n__all_null(void **state)
{
    (void)state;
    for (int64_t n_buffers = 0; n_buffers < 2; n_buffers++) {
        churn__arrow_reader *reader = open_stream(
            made_column(made_schema("n", "x"), 3, made_array(3, n_buffers, NULL, NULL, NULL)), 3);
        assert_int_equal(churn__arrow_get_field(reader, 0)->kind, CHURN__ARROW_NULL);
        assert_null(churn__arrow_unsupported(reader, 0));
        for (uint64_t row = 0; row < 3; row++) {
            assert_true(churn__arrow_is_null(reader, 0, row));
        }
        assert_true(churn__arrow_has_nulls(reader, 0));
        churn__arrow_close(reader);
    }
}

/* Words and results are Python's: divmod(int(Decimal(text).scaleb(scale)) % 2**128, 2**64). */
static void decimals__longer_than_63_bits__zeros_of_the_fraction_left_out(void **state)
{
    (void)state;
    static const struct {
        uint64_t words[2];
        const char *format;
        bool fits;
        int64_t unscaled;
        int32_t scale;
    } cases[] = {
        {{UINT64_C(12500000000000000000), 0}, "d:38,18", true, 1250000000000000000, 17}, /* 12.5 */
        {{UINT64_C(5946744073709551616), UINT64_MAX}, "d:38,18", true, -1250000000000000000, 17},
        {{UINT64_C(7615416405457895424), UINT64_C(81315162936)},
         "d:38,30",
         true,
         1500000000000000000,
         18},
        {{UINT64_C(12333333333333333333), 0}, "d:38,18", false, 0, 0},
        {{UINT64_C(12500000000000000000), 0}, "d:38,0", false, 0, 0},
        {{0, UINT64_C(1) << 63}, "d:38,38", false, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 1;
        int32_t scale = 0;
        churn__arrow_reader *reader =
            open_stream(made_column(made_schema(cases[i].format, "x"), 1,
                                    made_array(1, 2, NULL, cases[i].words, NULL)),
                        1);
        assert_int_equal(churn__arrow_decimal(reader, 0, 0, &value, &scale), cases[i].fits);
        assert_true(!cases[i].fits || (value == cases[i].unscaled && scale == cases[i].scale));
        churn__arrow_close(reader);
    }
}

static void cells__wrong_kind_or_null__give_something_harmless(void **state)
{
    (void)state;
    static const char *const formats[] = {"n", "b", "c", "g", "d:9,2", "u", "vu", "tsu:"};
    static const uint64_t zeros[8] = {0};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        int64_t n = formats[i][0] == 'n' ? 0 : formats[i][0] == 'u' || formats[i][0] == 'v' ? 3 : 2;
        int64_t value = 1;
        int32_t scale = 0;
        churn__arrow_reader *reader = open_stream(
            made_column(made_schema(formats[i], "x"), 1, made_array(1, n, NULL, zeros, zeros)), 1);
        assert_false(churn__arrow_bool(reader, 0, 0));
        assert_true(churn__arrow_int(reader, 0, 0, &value) && value == 0);
        assert_true(churn__arrow_time(reader, 0, 0, &value) && value == 0);
        assert_true(churn__arrow_decimal(reader, 0, 0, &value, &scale) && value == 0);
        assert_true(churn__arrow_double(reader, 0, 0) == 0.0);
        assert_int_equal(churn__arrow_string(reader, 0, 0).len, 0);
        churn__arrow_close(reader);
    }
}

static void many__where_it_can__moved_by_both_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        bool times, doubles;
    } cases[] = {{"l", true, false},       {"g", false, true},  {"tsu:", true, false},
                 {"tsu:UTC", true, false}, {"L", false, false}, {"i", false, false},
                 {"b", false, false}};
    static const int64_t values[8] = {0, 1, 2, 3, 4, 5, 6, 7};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_time times[3] = {0};
        double doubles[3] = {0};
        churn_str texts[3];
        uint32_t entries[3];
        struct ArrowSchema field = made_schema(cases[i].format, "x");
        struct ArrowArray column = made_array(6, 2, NULL, values, NULL), batch;
        churn__arrow_reader *reader;
        column.offset = 2;
        batch = made_records(3, NULL, 1, &column);
        batch.offset = 1;
        reader = open_stream(made_stream(made_records_schema(1, &field), 1, &batch), 3);
        assert_int_equal(churn__arrow_times(reader, 0, 0, 3, times), cases[i].times);
        assert_int_equal(churn__arrow_doubles(reader, 0, 0, 3, doubles), cases[i].doubles);
        assert_true(!cases[i].times || memcmp(times, values + 3, sizeof times) == 0);
        assert_true(!cases[i].doubles || memcmp(doubles, values + 3, sizeof doubles) == 0);
        assert_false(churn__arrow_texts(reader, 0, 0, 3, texts));
        assert_false(churn__arrow_entries(reader, 0, 0, 3, entries));
        assert_false(churn__arrow_times(reader, 0, 1, 3, times)); /* one row too many */
        assert_false(churn__arrow_has_nulls(reader, 0));
        churn__arrow_close(reader);
    }
}

static void many__other_units__as_cell_by_cell(void **state)
{
    (void)state;
    static const char *const formats[] = {"tss:", "tsm:UTC", "tsn:", "tdm"};
    static const int64_t values[3] = {-1, 86400000, 1500};

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        churn_time times[3] = {0};
        churn__arrow_reader *reader = open_stream(
            made_column(made_schema(formats[i], "x"), 3, made_array(3, 2, NULL, values, NULL)), 3);
        assert_true(churn__arrow_times(reader, 0, 0, 3, times));
        for (uint64_t row = 0; row < 3; row++) {
            int64_t one = 0;
            assert_true(churn__arrow_time(reader, 0, row, &one));
            assert_true(times[row] == one);
        }
        churn__arrow_close(reader);
    }
}

static void many__unaligned__read(void **state)
{
    (void)state;
    static const int64_t values[3] = {0, 7, 8};
    unsigned char moved[sizeof values + 1];
    churn_time times[2] = {0};
    memcpy(moved + 1, values, sizeof values);
    churn__arrow_reader *reader = open_stream(
        made_column(made_schema("tsu:", "x"), 2, made_array(2, 2, NULL, moved + 1 + 8, NULL)), 2);

    assert_true(churn__arrow_times(reader, 0, 0, 2, times));
    assert_true(times[0] == 7 && times[1] == 8);
    churn__arrow_close(reader);
}

int main(void)
{
    const struct CMUnitTest arrow_cell[] = {
        TEST(ints__every_width__read),
        TEST(int__unsigned_over_int64__refused),
        TEST(doubles__every_width__read),
        TEST(bools__bit_packed__read),
        TEST(decimals__unscaled_and_as_double__read),
        TEST(decimals__extremes__nearest_double_or_refused),
        TEST(decimals__longer_than_63_bits__zeros_of_the_fraction_left_out),
        TEST(times__every_unit__microseconds_or_days),
        TEST(dates__date32__days),
        TEST(times__outside_what_we_hold__refused),
        TEST(nulls__type_n__all_null),
        TEST(cells__wrong_kind_or_null__give_something_harmless),
        TEST(many__where_it_can__moved_by_both_offsets),
        TEST(many__other_units__as_cell_by_cell),
        TEST(many__unaligned__read),
    };
    return RUN_TESTS(arrow_cell);
}
