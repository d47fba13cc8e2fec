/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/num.h"

typedef struct print_row {
    uint64_t bits;
    const char *text;
} print_row;

typedef struct parse_row {
    const char *text;
    uint64_t bits;
} parse_row;

typedef struct fixed_row {
    uint64_t bits;
    int decimals;
    const char *text;
} fixed_row;

#define INFINITE 0x7ff0000000000000u
#include "number_vectors.inc"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static double of_bits(uint64_t bits)
{
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void double_print__vectors__as_repr(void **state)
{
    (void)state;
    char out[CHURN__DOUBLE_CHARS];
    for (size_t i = 0; i < COUNT(print_rows); i++) {
        size_t n = churn__double_print(of_bits(print_rows[i].bits), out);
        assert_string_equal(out, print_rows[i].text);
        assert_int_equal(n, strlen(out));
    }
}

static void double_print__not_finite__named(void **state)
{
    (void)state;
    char out[CHURN__DOUBLE_CHARS];
    churn__double_print(of_bits(INFINITE), out);
    assert_string_equal(out, "inf");
    churn__double_print(of_bits(0xfff0000000000000u), out);
    assert_string_equal(out, "-inf");
    churn__double_print(of_bits(0xfff8000000000001u), out);
    assert_string_equal(out, "nan");
}

static void double_print_short__whole_numbers__without_point(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {{5.0, "5"},
                {-120.0, "-120"},
                {0.0, "0"},
                {0.5, "0.5"},
                {1e15, "1000000000000000"},
                {1e16, "1e+16"},
                {1e-7, "1e-07"},
                {12.25, "12.25"}};
    char out[CHURN__DOUBLE_CHARS];
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(churn__double_print_short(rows[i].value, out), strlen(rows[i].text));
        assert_string_equal(out, rows[i].text);
    }
}

static void double_parse__vectors__as_float(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(parse_rows); i++) {
        double value = 0;
        const char *text = parse_rows[i].text;
        bool ok = churn__double_parse(text, strlen(text), &value);
        assert_int_equal(ok, parse_rows[i].bits != INFINITE);
        if (ok && bits_of(value) != parse_rows[i].bits) {
            fail_msg("%s", text);
        }
    }
}

static void double_parse__not_a_number__false(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",     "-",   "+",   ".",     ".5",  "5.",  "1e",    "1e+", "1 ",  " 1",   "1..2", "1e5.",
        "0x10", "nan", "inf", "1_000", "1,5", "--1", "1e5e5", "e5",  "+-1", "1.e5", "1f",   "1e 5"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        double value = 42;
        assert_false(churn__double_parse(texts[i], strlen(texts[i]), &value));
        assert_true(value == 42);
    }
    assert_false(churn__double_parse("1\0", 2, &(double){0}));
    assert_false(churn__double_parse(NULL, 0, &(double){0}));
}

static void double_parse__length_given__reads_no_further(void **state)
{
    (void)state;
    double value = 0;
    assert_true(churn__double_parse("12.5789", 4, &value));
    assert_true(value == 12.5);
    assert_true(churn__double_parse("-0", 2, &value));
    assert_int_equal(bits_of(value), UINT64_C(1) << 63);
    assert_true(churn__double_parse("+1E-2", 5, &value));
    assert_true(value == 0.01);
}

static void double_parse__what_print_wrote__same_bits(void **state)
{
    (void)state;
    uint64_t seed = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 200000; i++) {
        char out[CHURN__DOUBLE_CHARS];
        uint64_t bits = next_random(&seed);
        double back = 0;
        if ((bits >> 52 & 0x7ff) == 0x7ff) {
            continue;
        }
        size_t n = churn__double_print(of_bits(bits), out);
        assert_true(churn__double_parse(out, n, &back));
        assert_int_equal(bits_of(back), bits);
    }
}

/* All digits of a halfway point, then ten thousand zeros, then a one: only the last digit tells. */
static void double_parse__last_of_many_digits__decides(void **state)
{
    (void)state;
    const char head[] = "9007199254740993.";
    size_t len = sizeof head - 1 + 10001;
    char *text = malloc(len);
    double value = 0;
    memset(text, '0', len);
    memcpy(text, head, sizeof head - 1);
    assert_true(churn__double_parse(text, len, &value));
    assert_true(value == 9007199254740992.0);
    text[len - 1] = '1';
    assert_true(churn__double_parse(text, len, &value));
    assert_true(value == 9007199254740994.0);
    free(text);
}

static void double_fixed__vectors__as_printf(void **state)
{
    (void)state;
    char out[400];
    for (size_t i = 0; i < COUNT(fixed_rows); i++) {
        const fixed_row *row = &fixed_rows[i];
        size_t n = churn__double_fixed(of_bits(row->bits), row->decimals, out, sizeof out);
        assert_string_equal(out, row->text);
        assert_int_equal(n, strlen(out));
    }
}

static void double_fixed__too_little_room__gives_0(void **state)
{
    (void)state;
    char out[8] = "xxxxxxx";
    assert_int_equal(churn__double_fixed(12.345, 2, out, 6), 5);
    assert_string_equal(out, "12.35"); /* the double lies above 12.345 */
    assert_int_equal(churn__double_fixed(12.345, 2, out, 5), 0);
    assert_string_equal(out, "");
    assert_int_equal(churn__double_fixed(12.345, 2, out, 0), 0);
    assert_int_equal(churn__double_fixed(of_bits(INFINITE), 2, out, sizeof out), 3);
    assert_string_equal(out, "inf");
}

static void int_parse__limits__exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } rows[] = {{"0", true, 0},
                {"-0", true, 0},
                {"+17", true, 17},
                {"000000000000000000000000012", true, 12},
                {"9223372036854775807", true, INT64_MAX},
                {"-9223372036854775808", true, INT64_MIN},
                {"9223372036854775808", false, 0},
                {"-9223372036854775809", false, 0},
                {"", false, 0},
                {"-", false, 0},
                {"+", false, 0},
                {"1.0", false, 0},
                {"1e3", false, 0},
                {" 1", false, 0},
                {"1 ", false, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 0;
        assert_int_equal(churn__int_parse(rows[i].text, strlen(rows[i].text), &value), rows[i].ok);
        assert_true(value == rows[i].value);
    }
}

static void int_print__limits__exact(void **state)
{
    (void)state;
    char out[24];
    assert_int_equal(churn__int_print(INT64_MIN, out), 20);
    assert_string_equal(out, "-9223372036854775808");
    assert_int_equal(churn__int_print(INT64_MAX, out), 19);
    assert_string_equal(out, "9223372036854775807");
    assert_int_equal(churn__int_print(0, out), 1);
    assert_string_equal(out, "0");
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(double_print__vectors__as_repr),
        cmocka_unit_test(double_print__not_finite__named),
        cmocka_unit_test(double_print_short__whole_numbers__without_point),
        cmocka_unit_test(double_parse__vectors__as_float),
        cmocka_unit_test(double_parse__not_a_number__false),
        cmocka_unit_test(double_parse__length_given__reads_no_further),
        cmocka_unit_test(double_parse__what_print_wrote__same_bits),
        cmocka_unit_test(double_parse__last_of_many_digits__decides),
        cmocka_unit_test(double_fixed__vectors__as_printf),
        cmocka_unit_test(double_fixed__too_little_room__gives_0),
        cmocka_unit_test(int_parse__limits__exact),
        cmocka_unit_test(int_print__limits__exact),
    };
    return RUN_TESTS(group);
}
