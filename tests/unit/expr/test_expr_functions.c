/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

/*
 * Conversions and functions of the math library at their edges, through both machines, in both
 * modes: cases written by hand and settled by the definition of the language and by cel-go. Letters
 * as in the truth tables: true, false, unknown, error.
 */

enum { N_I, N_D, N_MI, N_N, N_NAN, N_LONG, N_A, N_COUNT };

static const kit_name names[N_COUNT] = {
    [N_I] = {.name = "i", .type = CHURN__TYPE_INT},
    [N_D] = {.name = "d", .type = CHURN__TYPE_DOUBLE},
    [N_MI] = {.name = "mi", .type = CHURN__TYPE_INT},
    [N_N] = {.name = "n", .type = CHURN__TYPE_INT, .nullable = true},
    [N_NAN] = {.name = "nan", .type = CHURN__TYPE_DOUBLE},
    [N_LONG] = {.name = "one.for.in_all", .type = CHURN__TYPE_INT},
    [N_A] = {.name = "a", .type = CHURN__TYPE_STRING}};

static const int64_t seven = 7;
static const double half = 2.5, not_a_number = (double)(0.0 / 0.0);
static const churn_str one = {"1", 1};
static const churn__missing gone = CHURN__NOT_PROVIDED;
static const churn__column columns[N_COUNT] = {
    [N_I] = {.type = CHURN__TYPE_INT, .values = &seven},
    [N_D] = {.type = CHURN__TYPE_DOUBLE, .values = &half},
    [N_MI] = {.type = CHURN__TYPE_INT, .values = &seven, .missing = &gone},
    [N_N] = {.type = CHURN__TYPE_INT, .values = &seven, .missing = &gone},
    [N_NAN] = {.type = CHURN__TYPE_DOUBLE, .values = &not_a_number},
    [N_LONG] = {.type = CHURN__TYPE_INT, .values = &seven},
    [N_A] = {.type = CHURN__TYPE_STRING, .values = &one}};

typedef struct one_case {
    const char *text;
    char letter;
} one_case;

/* Through both machines, which must agree. */
static char letter_of(kit *k, const char *text, uint32_t flags)
{
    static const char letters[] = "FTUE";
    churn__expr *expr = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn__truth both = CHURN__ERROR, state = CHURN__ERROR;
    churn__value value = {0};
    if (kit_compile(k, churn__str_nts(text), CHURN__TYPE_BOOL, flags, &expr, &err) != CHURN_OK) {
        fail_msg("`%s` at %u:%u: %s", text, err.line, err.column, err.message);
    }
    assert_ok(churn__expr_truth(expr, columns, 1, k->scratch, &both, NULL));
    assert_ok(churn__expr_value(expr, columns, 0, k->scratch, &value, &state, NULL));
    churn__expr_free(expr);
    if (state == CHURN__TRUE) {
        state = value.as.b ? CHURN__TRUE : CHURN__FALSE;
    }
    if (state != both) {
        fail_msg("`%s`: row %c, vector %c", text, letters[state], letters[both]);
    }
    return letters[both];
}

static void check(const one_case *cases, size_t count, uint32_t flags)
{
    kit k;
    kit_open(&k, names, N_COUNT);
    for (size_t i = 0; i < count; i++) {
        char got = letter_of(&k, cases[i].text, flags);
        if (got != cases[i].letter) {
            fail_msg("`%s` is %c, not %c", cases[i].text, got, cases[i].letter);
        }
    }
    kit_close(&k);
}

#define COUNT(cases) (sizeof(cases) / sizeof *(cases))
#define CHECK(cases) check(cases, COUNT(cases), 0)
#define CHECK_STRICT(cases) check(cases, COUNT(cases), CHURN__EXPR_STRICT_CEL)

static void double__texts__as_cel_reads_them(void **state)
{
    (void)state;
    static const one_case cases[] = {{"double('.5') == 0.5", 'T'},
                                     {"double('-.5e1') == -5.0", 'T'},
                                     {"double('1.') == 1.0", 'T'},
                                     {"double('+1.E2') == 100.0", 'T'},
                                     {"double('00012') == 12.0", 'T'},
                                     {"double('1e-400') == 0.0", 'T'},
                                     {"double('inf') > 1e308", 'T'},
                                     {"double('-INF') < -1e308", 'T'},
                                     {"math.isInf(double('+Infinity'))", 'T'},
                                     {"math.isNaN(double('nAn'))", 'T'},
                                     {"double('.') == 0.0", 'E'},
                                     {"double('+.') == 0.0", 'E'},
                                     {"double('.e5') == 0.0", 'E'},
                                     {"double('1..') == 0.0", 'E'},
                                     {"double('1.5.') == 0.0", 'E'},
                                     {"double('1.e') == 0.0", 'E'},
                                     {"double('') == 0.0", 'E'},
                                     {"double('-') == 0.0", 'E'},
                                     {"double(' 1') == 0.0", 'E'},
                                     {"double('1e400') == 0.0", 'E'},
                                     {"double('-nan') == 0.0", 'E'},
                                     {"double('infi') == 0.0", 'E'},
                                     {"double('in') == 0.0", 'E'},
                                     {"double('infinityx') == 0.0", 'E'},
                                     {"double('1,5') == 0.0", 'E'},
                                     {"double(a) == 1.0", 'T'}};
    CHECK_STRICT(cases);
}

static void double__not_finite__is_an_error_where_it_is_compared(void **state)
{
    (void)state;
    static const one_case cases[] = {{"double('inf') > 1.0", 'E'},
                                     {"double('NaN') != 1.0", 'E'},
                                     {"math.isInf(double('inf'))", 'T'},
                                     {"math.isNaN(nan) && !math.isFinite(nan)", 'T'}};
    CHECK(cases);
}

static void bool__texts__as_cel_reads_them(void **state)
{
    (void)state;
    static const one_case cases[] = {
        {"bool('true') && bool('True') && bool('TRUE') && bool('t') && bool('T') && bool('1')",
         'T'},
        {"bool('false') || bool('False') || bool('FALSE') || bool('f') || bool('F') || bool('0')",
         'F'},
        {"bool(a)", 'T'},
        {"bool('tRUE')", 'E'},
        {"bool('yes')", 'E'},
        {"bool('')", 'E'},
        {"bool(' true')", 'E'},
        {"bool('on')", 'E'}};
    CHECK(cases);
}

static void int__of_texts_and_doubles__has_exact_ends(void **state)
{
    (void)state;
    static const one_case cases[] = {{"int('-9223372036854775808') < 0", 'T'},
                                     {"int('9223372036854775808') > 0", 'E'},
                                     {"int('0x10') == 16", 'E'},
                                     {"int('010') == 10", 'T'},
                                     {"int('+1') == 1", 'T'},
                                     {"int('1.0') == 1", 'E'},
                                     {"int('1_000') == 1000", 'E'},
                                     {"int('') == 0", 'E'},
                                     {"int(9223372036854774784.0) == 9223372036854774784", 'T'},
                                     {"int(9223372036854775807.0) > 0", 'E'},
                                     {"int(-9223372036854775808.0) < 0", 'E'},
                                     {"int(-0.9) == 0", 'T'},
                                     {"int(0.0 / 0.0) == 0", 'E'},
                                     {"-0x8000000000000000 == -9223372036854775808", 'T'},
                                     {"-(-9223372036854775808) > 0", 'E'},
                                     {"---1 == -1 && --1 == 1 && - 1 == -1", 'T'},
                                     {"!!true && !!!false", 'T'},
                                     {"-9223372036854775808 / -1 > 0", 'E'},
                                     {"-7 / 2 == -3 && -7 % 2 == -1 && 7 % -2 == 1", 'T'}};
    CHECK_STRICT(cases);
}

static void extremes__of_ints_and_doubles__mix(void **state)
{
    (void)state;
    static const one_case cases[] = {
        {"math.greatest(i, d) == 7.0", 'T'},
        {"math.least(i, d) == 2.5", 'T'},
        {"math.least(i, d, 1) == 1.0", 'T'},
        {"math.greatest([i, 9, d]) == 9.0", 'T'},
        {"math.greatest([1, 3, 2]) == 3", 'T'},
        {"math.least([4]) == 4", 'T'},
        {"math.least([1.5, -2.5,]) == -2.5", 'T'},
        {"math.greatest(i) == 7 && math.least(d) == 2.5", 'T'},
        {"math.least(i * 2, d * 2.0, i + 1) == 5.0", 'T'},
        {"math.greatest(i + 1, math.least(i, d), i - 1) == 8.0", 'T'},
        {"math.greatest(mi, d) > 1.0", 'U'},
        {"math.greatest([1, mi]) > 1", 'U'},
        {"math.greatest(n, d) > 1.0", 'E'},
        {"math.greatest([n, 1]) > 1", 'E'},
        {"math.greatest(1 / 0, d) > 1.0", 'E'},
        {"math.greatest(9007199254740993, 1.0) == 9007199254740992.0", 'T'}};
    CHECK(cases);
    static const one_case strict[] = {{"math.greatest(1, 1.0) == 1", 'T'},
                                      {"math.greatest(1, 2.5) == 2.5", 'T'},
                                      {"math.least(i, d) < 3", 'T'},
                                      {"math.greatest([5.4, 10, -5.0]) == 10", 'T'}};
    CHECK_STRICT(strict);
}

static void sign__of_zero__has_none(void **state)
{
    (void)state;
    static const one_case cases[] = {{"1.0 / math.sign(-0.0) > 0.0", 'T'},
                                     {"1.0 / math.sign(math.trunc(d * -0.1)) > 0.0", 'T'},
                                     {"math.sign(-d) == -1.0 && math.sign(d) == 1.0", 'T'},
                                     {"math.isNaN(math.sign(nan))", 'T'},
                                     {"math.sign(-9223372036854775808) == -1", 'T'}};
    CHECK_STRICT(cases);
}

static void roots__of_ints__are_doubles(void **state)
{
    (void)state;
    static const one_case cases[] = {{"math.sqrt(4) == 2.0", 'T'},
                                     {"math.sqrt(i + 2) == 3.0", 'T'},
                                     {"math.sqrt(math.greatest(4, 9)) == 3.0", 'T'},
                                     {"math.isNaN(math.sqrt(-i))", 'T'},
                                     {"math.sqrt(mi) > 1.0", 'U'},
                                     {"math.sqrt(n) > 1.0", 'E'}};
    CHECK(cases);
    CHECK_STRICT(cases);
}

static void bits__of_ints__as_the_math_library(void **state)
{
    (void)state;
    static const one_case cases[] = {
        {"math.bitAnd(12, 10) == 8 && math.bitOr(12, 10) == 14 && math.bitXor(12, 10) == 6", 'T'},
        {"math.bitNot(5) == -6 && math.bitNot(-1) == 0 && math.bitAnd(i, 3) == 3", 'T'},
        {"math.bitAnd(-1, -9223372036854775808) == -9223372036854775808", 'T'},
        {"math.bitShiftLeft(1, 4) == 16 && math.bitShiftLeft(i, 1) == 14", 'T'},
        {"math.bitShiftLeft(1, 63) == -9223372036854775808", 'T'},
        {"math.bitShiftLeft(1, 64) == 0 && math.bitShiftRight(-1, 64) == 0", 'T'},
        {"math.bitShiftRight(-1024, 3) == 2305843009213693824", 'T'},
        {"math.bitShiftRight(-1, 63) == 1 && math.bitShiftRight(-1, 0) == -1", 'T'},
        {"math.bitShiftRight(1, 9223372036854775807) == 0", 'T'},
        {"math.bitShiftLeft(1, -1) == 0", 'E'},
        {"math.bitShiftRight(i, i - 8) == 0", 'E'},
        {"math.bitAnd(mi, 1) == 1", 'U'},
        {"math.bitAnd(n, 1) == 1", 'E'}};
    CHECK(cases);
}

static void names__with_words_of_the_language__are_read(void **state)
{
    (void)state;
    static const one_case cases[] = {{"one.for.in_all == 7", 'T'},
                                     {".one.for.in_all == i", 'T'},
                                     {"one . for\n. in_all // a comment\n == . i", 'T'},
                                     {"has(.one.for.in_all)", 'T'},
                                     {".size('abc') == 3", 'T'},
                                     {"1 < 2 == true == true", 'T'}};
    CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double__texts__as_cel_reads_them),
        cmocka_unit_test(double__not_finite__is_an_error_where_it_is_compared),
        cmocka_unit_test(bool__texts__as_cel_reads_them),
        cmocka_unit_test(int__of_texts_and_doubles__has_exact_ends),
        cmocka_unit_test(extremes__of_ints_and_doubles__mix),
        cmocka_unit_test(sign__of_zero__has_none),
        cmocka_unit_test(roots__of_ints__are_doubles),
        cmocka_unit_test(bits__of_ints__as_the_math_library),
        cmocka_unit_test(names__with_words_of_the_language__are_read),
    };
    return RUN_TESTS(tests);
}
