/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

#include <math.h>

/*
 * The truth tables cell by cell. T, F: bool columns; U: a missing one; E: 1 / z > 0 with z zero.
 * The expected letters are those of the README of cel-go and of Kleene's logic, written out by
 * hand.
 */

enum {
    N_T,
    N_F,
    N_U,
    N_Z,
    N_X,
    N_MX,
    N_S,
    N_MS,
    N_TAGS,
    N_MTAGS,
    N_I,
    N_BIG,
    N_NAN,
    N_AT,
    N_COUNT
};

static const kit_name names[N_COUNT] = {
    [N_T] = {.name = "t", .type = CHURN__TYPE_BOOL},
    [N_F] = {.name = "f", .type = CHURN__TYPE_BOOL},
    [N_U] = {.name = "u", .type = CHURN__TYPE_BOOL},
    [N_Z] = {.name = "z", .type = CHURN__TYPE_INT},
    [N_X] = {.name = "x", .type = CHURN__TYPE_DOUBLE},
    [N_MX] = {.name = "mx", .type = CHURN__TYPE_DOUBLE},
    [N_S] = {.name = "s", .type = CHURN__TYPE_STRING},
    [N_MS] = {.name = "ms", .type = CHURN__TYPE_STRING},
    [N_TAGS] = {.name = "tags", .type = CHURN__TYPE_STRINGS},
    [N_MTAGS] = {.name = "mtags", .type = CHURN__TYPE_STRINGS},
    [N_I] = {.name = "i", .type = CHURN__TYPE_INT},
    [N_BIG] = {.name = "big", .type = CHURN__TYPE_INT},
    [N_NAN] = {.name = "nan", .type = CHURN__TYPE_DOUBLE},
    [N_AT] = {.name = "at", .type = CHURN__TYPE_TIME},
};

static const uint8_t yes = 1, no = 0;
static const int64_t zero = 0, seven = 7, big = INT64_MAX, at = INT64_C(1767225600000000);
static const double half = 7.5, not_a_number = (double)NAN;
static const churn_str text = {"gr\xC3\xBC\xC3\x9F", 6};
static const churn_str tag_items[] = {{"vip", 3}, {"at_risk", 7}};
static const churn__strs tag_list = {tag_items, 2};
static const churn__missing gone = CHURN__NOT_PROVIDED;

static const churn__column columns[N_COUNT] = {
    [N_T] = {.type = CHURN__TYPE_BOOL, .values = &yes, .missing = NULL},
    [N_F] = {.type = CHURN__TYPE_BOOL, .values = &no, .missing = NULL},
    [N_U] = {.type = CHURN__TYPE_BOOL, .values = &yes, .missing = &gone},
    [N_Z] = {.type = CHURN__TYPE_INT, .values = &zero, .missing = NULL},
    [N_X] = {.type = CHURN__TYPE_DOUBLE, .values = &half, .missing = NULL},
    [N_MX] = {.type = CHURN__TYPE_DOUBLE, .values = &half, .missing = &gone},
    [N_S] = {.type = CHURN__TYPE_STRING, .values = &text, .missing = NULL},
    [N_MS] = {.type = CHURN__TYPE_STRING, .values = &text, .missing = &gone},
    [N_TAGS] = {.type = CHURN__TYPE_STRINGS, .values = &tag_list, .missing = NULL},
    [N_MTAGS] = {.type = CHURN__TYPE_STRINGS, .values = &tag_list, .missing = &gone},
    [N_I] = {.type = CHURN__TYPE_INT, .values = &seven, .missing = NULL},
    [N_BIG] = {.type = CHURN__TYPE_INT, .values = &big, .missing = NULL},
    [N_NAN] = {.type = CHURN__TYPE_DOUBLE, .values = &not_a_number, .missing = NULL},
    [N_AT] = {.type = CHURN__TYPE_TIME, .values = &at, .missing = NULL},
};

static int open(void **state)
{
    static kit k;
    kit_open(&k, names, N_COUNT);
    *state = &k;
    return 0;
}

static int close(void **state)
{
    kit_close(*state);
    return 0;
}

static const char letters[] = "FTUE"; /* by churn__truth */
static const char *const operand[] = {"t", "f", "u", "(1 / z > 0)"};

static void expect(kit *k, const char *expr, char want)
{
    char got = letters[kit_truth(k, expr, columns)];
    if (got != want) {
        fail_msg("`%s` is %c, not %c", expr, got, want);
    }
}

static void check_table(kit *k, const char *sign, const char *const rows[4])
{
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b < 4; b++) {
            char expr[64];
            snprintf(expr, sizeof expr, "%s %s %s", operand[a], sign, operand[b]);
            expect(k, expr, rows[a][b]);
        }
    }
}

static void logic__sixteen_cells_each__as_the_tables(void **state)
{
    /*                                        T F U E */
    static const char *const and_rows[] = {"TFUE", "FFFF", "UFUU", "EFUE"};
    static const char *const or_rows[] = {"TTTT", "TFUE", "TUUU", "TEUE"};
    check_table(*state, "&&", and_rows);
    check_table(*state, "||", or_rows);
}

static void logic__not_and_choice__as_the_tables(void **state)
{
    static const char *const negated = "FTUE";
    for (int a = 0; a < 4; a++) {
        char expr[64];
        snprintf(expr, sizeof expr, "!%s", operand[a]);
        expect(*state, expr, negated[a]);
        for (int b = 0; b < 4; b++) {
            /* The branch that is not taken does not matter; an undecided condition does. */
            static const char branch[] = "TFUE";
            snprintf(expr, sizeof expr, "%s ? %s : f", operand[a], operand[b]);
            expect(*state, expr, a == 0 ? branch[b] : a == 1 ? 'F' : branch[a]);
            snprintf(expr, sizeof expr, "%s ? t : %s", operand[a], operand[b]);
            expect(*state, expr, a == 0 ? 'T' : a == 1 ? branch[b] : branch[a]);
        }
    }
}

typedef struct one {
    const char *expr;
    char want;
} one;

static void check_all(kit *k, const one *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect(k, cases[i].expr, cases[i].want);
    }
}

#define CHECK(cases) check_all(*state, cases, sizeof(cases) / sizeof *(cases))

static void in_and_has__every_kind_of_operand(void **state)
{
    static const one cases[] = {
        {"has(t)", 'T'},
        {"has(f)", 'T'},
        {"has(u)", 'F'},
        {"has(mx)", 'F'},
        {"has(x)", 'T'},
        {"has(mtags)", 'F'},
        {"has(tags)", 'T'},
        {"!has(ms)", 'T'},
        {"x in [7.5]", 'T'},
        {"x in [1, 2, 7.5]", 'T'},
        {"x in [1, 2]", 'F'},
        {"x in []", 'F'},
        {"mx in [1.0]", 'U'},
        {"mx in []", 'U'},
        {"i in [1, 7]", 'T'},
        {"i in [7.0]", 'T'},
        {"i in [7.5, x]", 'F'},
        {"i in [1, z + 7]", 'T'},
        {"i in [mx, 7.0]", 'U'},
        {"i in [1 / z, 7]", 'E'},
        {"nan in [1.0]", 'E'},
        {"t in [true]", 'T'},
        {"f in [true, t]", 'F'},
        {"u in [true]", 'U'},
        {"s in ['a', 'gr\\u00fc\\u00df']", 'T'},
        {"s in ['a', 'b']", 'F'},
        {"ms in ['a']", 'U'},
        {"'vip' in tags", 'T'},
        {"'VIP' in tags", 'F'},
        {"'vip' in mtags", 'U'},
        {"ms in tags", 'U'},
        {"s in tags", 'F'},
        {"s in ['a','b','c','d','e','f','g','h','i','gr\xC3\xBC\xC3\x9F']", 'T'},
        {"s in ['a','b','c','d','e','f','g','h','i','j']", 'F'},
        {"i in [1,2,3,4,5,6,7,8,9,10]", 'T'},
        {"at in [timestamp('2026-01-01T00:00:00Z')]", 'T'},
        {"size([1, 2, 3]) == 3", 'T'},
        {"size(tags) == 2", 'T'}};
    CHECK(cases);
}

static void comparisons__one_number_line__lossless(void **state)
{
    static const one cases[] = {
        {"x > 7", 'T'},
        {"x == 7", 'F'},
        {"7 < x", 'T'},
        {"8 <= x", 'F'},
        {"i == 7.0", 'T'},
        {"i < x", 'T'},
        {"x > i", 'T'},
        {"x <= i", 'F'},
        {"i != 7.5", 'T'},
        {"mx > i", 'U'},
        /* 2^63 - 1 and 2^63 differ, although as doubles they are one number */
        {"big < 9223372036854775808.0", 'T'},
        {"big == 9223372036854775808.0", 'F'},
        {"9007199254740993 == 9007199254740992.0", 'F'},
        {"big > -1e300", 'T'},
        {"-9223372036854775807 - 1 == -9223372036854775808.0", 'T'},
        {"-9223372036854775808 < -9223372036854777857.0", 'F'},
        {"f < t", 'T'},
        {"t <= f", 'F'},
        {"t == t", 'T'},
        {"t != u", 'U'},
        {"u == u", 'U'},
        {"s == 'gr\xC3\xBC\xC3\x9F'", 'T'},
        {"s != 'x'", 'T'},
        {"'x' > s", 'T'},
        {"s < ms", 'U'},
        {"s >= s", 'T'},
        {"at == timestamp('2026-01-01T00:00:00Z')", 'T'},
        {"at < timestamp('2026-01-01T01:00:00+02:00')", 'F'},
        {"at >= timestamp(1767225600)", 'T'},
        {"dyn(i) == 'x'", 'F'},
        {"dyn(i) != 'x'", 'T'},
        {"dyn(mx) != 'x'", 'U'}};
    CHECK(cases);
}

static void non_finite__in_a_comparison__is_an_error(void **state)
{
    static const one cases[] = {{"nan > 1.0", 'E'},
                                {"1.0 > nan", 'E'},
                                {"nan != nan", 'E'},
                                {"x / 0.0 > 1.0", 'E'},
                                {"x > 1.0 / 0.0", 'E'},
                                {"x == nan", 'E'},
                                {"i < nan", 'E'},
                                {"mx > nan", 'U'},
                                {"f && nan > 1.0", 'F'},
                                {"math.isNaN(nan)", 'T'},
                                {"math.isInf(x / 0.0)", 'T'},
                                {"math.isFinite(x)", 'T'},
                                {"x / 0.0 == x / 0.0", 'E'}};
    CHECK(cases);
}

static void arithmetic__overflow_and_zero__are_errors(void **state)
{
    static const one cases[] = {{"big + 1 > 0", 'E'},
                                {"-big - 2 < 0", 'E'},
                                {"big * 2 > 0", 'E'},
                                {"i / z == 0", 'E'},
                                {"i % z == 0", 'E'},
                                {"-(-big - 1) > 0", 'E'},
                                {"(-big - 1) / (z - 1) > 0", 'E'},
                                {"(-big - 1) % (z - 1) == 0", 'E'},
                                {"i / 2 == 3", 'T'},
                                {"-i / 2 == -3", 'T'},
                                {"-i % 4 == -3", 'T'},
                                {"x * 2 == 15", 'T'},
                                {"1 - x == -6.5", 'T'},
                                {"mx + 1 > 0", 'U'},
                                {"mx / 0.0 > 0.0", 'U'},
                                {"i + z == 7", 'T'},
                                {"15 / x == 2", 'T'},
                                {"2 - 3 - 4 == -5", 'T'},
                                {"2 + 3 * 4 == 14", 'T'},
                                {"(2 + 3) * 4 == 20", 'T'},
                                {"7 - -7 == 14", 'T'},
                                {"--i == 7", 'T'},
                                {"math.abs(-big - 1) > 0", 'E'},
                                {"math.abs(-x) == 7.5", 'T'},
                                {"math.ceil(x) == 8", 'T'},
                                {"math.floor(-x) == -8", 'T'},
                                {"math.round(x) == 8", 'T'},
                                {"math.round(-x) == -8", 'T'},
                                {"math.trunc(-x) == -7", 'T'},
                                {"math.sign(-x) == -1", 'T'},
                                {"math.sign(z) == 0", 'T'},
                                {"math.sqrt(x * x) == x", 'T'},
                                {"math.least(x, 3, 9) == 3", 'T'},
                                {"math.greatest(i, 3, 9) == 9", 'T'},
                                {"math.least(mx, 3) == 3", 'U'}};
    CHECK(cases);
}

static void text_and_conversions__as_cel(void **state)
{
    static const one cases[] = {{"size(s) == 5 - 1", 'T'},
                                {"s.size() == 4", 'T'},
                                {"s.startsWith('gr')", 'T'},
                                {"s.endsWith('\xC3\x9F')", 'T'},
                                {"s.contains('r\xC3\xBC')", 'T'},
                                {"s.contains('x')", 'F'},
                                {"ms.contains('x')", 'U'},
                                {"s.contains(ms)", 'U'},
                                {"s + '!' == 'gr\xC3\xBC\xC3\x9F!'", 'T'},
                                {"s + s + s == s", 'F'},
                                {"ms + 'x' == s", 'U'},
                                {"string(i) == '7'", 'T'},
                                {"string(x) == '7.5'", 'T'},
                                {"string(t) + string(f) == 'truefalse'", 'T'},
                                {"string(u) == 'true'", 'U'},
                                {"string(at) == '2026-01-01T00:00:00Z'", 'T'},
                                {"int('42') == 42", 'T'},
                                {"int(s) == 0", 'E'},
                                {"int(x) == 7", 'T'},
                                {"int(-x) == -7", 'T'},
                                {"int(x * 1e30) > 0", 'E'},
                                {"int(at) == 1767225600", 'T'},
                                {"int(nan) == 0", 'E'},
                                {"double('2.5') == 2.5", 'T'},
                                {"double(s) > 0.0", 'E'},
                                {"double(i) == 7.0", 'T'},
                                {"bool('true')", 'T'},
                                {"bool('False')", 'F'},
                                {"bool(s)", 'E'},
                                {"timestamp('2026-13-01T00:00:00' + 'Z') == at", 'E'},
                                {"timestamp(s) == at", 'E'},
                                {"timestamp(big) == at", 'E'}};
    CHECK(cases);
}

static void precedence__is_cels(void **state)
{
    static const one cases[] = {{"t || f && f", 'T'},
                                {"(t || f) && f", 'F'},
                                {"!f && t", 'T'},
                                {"!t || t", 'T'},
                                {"f ? f : t ? t : f", 'T'},
                                {"1 < 2 == true", 'T'},
                                {"1 + 1 == 2 && 3 > 2", 'T'},
                                {"i in [7] == true", 'T'},
                                {"t ? f : t || t", 'F'},
                                {"-i + 8 == 1", 'T'},
                                {"100 / 10 / 2 == 5", 'T'},
                                {"10 - 2 * 3 % 4 == 8", 'T'},
                                {"t // said\n && f", 'F'}};
    CHECK(cases);
}

static void value__every_type__comes_out(void **state)
{
    kit *k = *state;
    static const struct {
        const char *text;
        churn__value want;
    } cases[] = {{"i * 6", {CHURN__TYPE_INT, 0, {.i = 42}}},
                 {"x * 2", {CHURN__TYPE_DOUBLE, 0, {.d = 15}}},
                 {"has(mx) ? mx : 0", {CHURN__TYPE_DOUBLE, 0, {.d = 0}}},
                 {"has(x) ? x : 0", {CHURN__TYPE_DOUBLE, 0, {.d = 7.5}}},
                 {"t ? i : z", {CHURN__TYPE_INT, 0, {.i = 7}}},
                 {"at", {CHURN__TYPE_TIME, 0, {.i = INT64_C(1767225600000000)}}},
                 {"0x10", {CHURN__TYPE_INT, 0, {.i = 16}}},
                 {"-9223372036854775808", {CHURN__TYPE_INT, 0, {.i = INT64_MIN}}},
                 {".5 + 1e1", {CHURN__TYPE_DOUBLE, 0, {.d = 10.5}}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__expr *expr = kit_expr(k, cases[i].text);
        churn__value got = {0};
        churn__truth truth = CHURN__ERROR;
        assert_ok(churn__expr_value(expr, columns, 0, k->scratch, &got, &truth, NULL));
        assert_int_equal(truth, CHURN__TRUE);
        assert_int_equal(got.type, cases[i].want.type);
        assert_int_equal(got.as.i, cases[i].want.as.i); /* the bits */
        churn__expr_free(expr);
    }
    churn__expr *expr = kit_expr(k, "t ? s + '-' + string(i) : ms");
    churn__value got = {0};
    churn__truth truth = CHURN__ERROR;
    assert_ok(churn__expr_value(expr, columns, 0, k->scratch, &got, &truth, NULL));
    assert_true(churn__str_eq(got.as.s, CHURN__STR("gr\xC3\xBC\xC3\x9F-7")));
    churn__expr_free(expr);
}

static void value__an_error__says_where_and_why(void **state)
{
    static const struct {
        const char *text;
        uint32_t column;
        int32_t detail;
    } cases[] = {{"1 < 2 && i / z > 1", 12, CHURN__EXPR_RUN_ZERO},
                 {"t ? 1 + big : 0", 7, CHURN__EXPR_RUN_OVERFLOW},
                 {"u && f || 1 < int(s)", 15, CHURN__EXPR_RUN_TEXT},
                 {"x / 0.0", 3, CHURN__EXPR_RUN_NON_FINITE},
                 {"x < nan", 3, CHURN__EXPR_RUN_NON_FINITE},
                 {"!(i % z == 1) && t", 5, CHURN__EXPR_RUN_ZERO},
                 {"int(x * 1e99)", 1, CHURN__EXPR_RUN_RANGE}};
    kit *k = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__expr *expr = kit_expr(k, cases[i].text);
        churn_error err = {.struct_size = sizeof err};
        churn__value got = {0};
        churn__truth truth = CHURN__TRUE;
        assert_ok(churn__expr_value(expr, columns, 0, k->scratch, &got, &truth, &err));
        assert_int_equal(truth, CHURN__ERROR);
        if (err.detail != cases[i].detail || err.column != cases[i].column) {
            fail_msg("`%s`: %d at %u: %s", cases[i].text, err.detail, err.column, err.message);
        }
        churn__expr_free(expr);
    }
}

static void text__grown_past_the_limit__is_an_error(void **state)
{
    kit *k = *state;
    char source[512] = "size(s";
    for (int i = 0; i < 14; i++) {
        strcat(source, " + s + s + s + s + s + s + s");
    }
    strcat(source, ") > 0");
    /* 99 times 6 bytes are well within 64 KiB */
    assert_int_equal(kit_truth(k, source, columns), CHURN__TRUE);
    static char long_bytes[40000];
    memset(long_bytes, 'x', sizeof long_bytes);
    const churn_str long_text = {long_bytes, sizeof long_bytes};
    churn__column changed[N_COUNT];
    memcpy(changed, columns, sizeof changed);
    changed[N_S].values = &long_text;
    assert_int_equal(kit_truth(k, "s + s == s", changed), CHURN__ERROR);
}

static void blame__names_what_decided(void **state)
{
    static const struct {
        const char *text;
        uint32_t count, slots[3];
    } cases[] = {{"u", 1, {N_U}},
                 {"u && t", 1, {N_U}},
                 {"u && mx > 1", 2, {N_U, N_MX}},
                 {"u && f", 0, {0}},
                 {"mx > 1 && x > 1 || f", 1, {N_MX}},
                 {"(u && f) || mx > 1", 1, {N_MX}},
                 {"(t ? mx : 1.0) > 2 && has(u)", 0, {0}},
                 {"(t ? mx : 1.0) > 2 && x > 1", 1, {N_MX}},
                 {"(u ? mx : 1.0) > 2", 1, {N_U}},
                 {"ms in ['a'] || mx + x > 2 || u", 3, {N_U, N_MX, N_MS}},
                 {"(u || t) && mx > 1", 1, {N_MX}},
                 {"x > 1", 0, {0}},
                 {"1 / z > mx", 1, {N_MX}}};
    kit *k = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__expr *expr = kit_expr(k, cases[i].text);
        uint32_t slots[8] = {0};
        uint32_t n = churn__expr_blame(expr, columns, 0, k->scratch, slots, 8);
        if (n != cases[i].count || memcmp(slots, cases[i].slots, n * sizeof *slots) != 0) {
            fail_msg("`%s`: %u slots, first %u", cases[i].text, n, slots[0]);
        }
        assert_true(churn__expr_blame(expr, columns, 0, k->scratch, slots, 1) <= 1);
        churn__expr_free(expr);
    }
}

static void constant__a_missing_parameter__is_unknown(void **state)
{
    static const churn__value absent = {.type = CHURN__TYPE_DOUBLE, .missing = CHURN__NOT_PROVIDED};
    static const kit_name with[] = {{.name = "x", .type = CHURN__TYPE_DOUBLE},
                                    {.name = "p", .type = CHURN__TYPE_DOUBLE, .constant = &absent}};
    const churn__column only[] = {{.type = CHURN__TYPE_DOUBLE, .values = &half, .missing = NULL}};
    (void)state;
    kit k;
    kit_open(&k, with, 2);
    assert_int_equal(kit_truth(&k, "x > p", only), CHURN__UNKNOWN);
    assert_int_equal(kit_truth(&k, "x + p > 1", only), CHURN__UNKNOWN);
    assert_int_equal(kit_truth(&k, "p > x || x > 1", only), CHURN__TRUE);
    assert_int_equal(kit_truth(&k, "has(p)", only), CHURN__FALSE);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(logic__sixteen_cells_each__as_the_tables, open, close),
        cmocka_unit_test_setup_teardown(logic__not_and_choice__as_the_tables, open, close),
        cmocka_unit_test_setup_teardown(in_and_has__every_kind_of_operand, open, close),
        cmocka_unit_test_setup_teardown(comparisons__one_number_line__lossless, open, close),
        cmocka_unit_test_setup_teardown(non_finite__in_a_comparison__is_an_error, open, close),
        cmocka_unit_test_setup_teardown(arithmetic__overflow_and_zero__are_errors, open, close),
        cmocka_unit_test_setup_teardown(text_and_conversions__as_cel, open, close),
        cmocka_unit_test_setup_teardown(precedence__is_cels, open, close),
        cmocka_unit_test_setup_teardown(value__every_type__comes_out, open, close),
        cmocka_unit_test_setup_teardown(value__an_error__says_where_and_why, open, close),
        cmocka_unit_test_setup_teardown(text__grown_past_the_limit__is_an_error, open, close),
        cmocka_unit_test_setup_teardown(blame__names_what_decided, open, close),
        cmocka_unit_test(constant__a_missing_parameter__is_unknown),
    };
    return RUN_TESTS(tests);
}
