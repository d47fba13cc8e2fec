/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

#include "expr/time.h"

/*
 * Null, lists, instants and durations, through both machines. Letters as in the truth tables: true,
 * false, unknown, error. Expected values of dates: Python's datetime and zoneinfo.
 */

enum { N_X, N_NULL, N_U, N_NU, N_AT, N_D, N_MD, N_S, N_Z, N_NS, N_COUNT };

static const kit_name names[N_COUNT] = {
    [N_X] = {.name = "x", .type = CHURN__TYPE_INT, .nullable = true},
    [N_NULL] = {.name = "n", .type = CHURN__TYPE_INT, .nullable = true},
    [N_U] = {.name = "u", .type = CHURN__TYPE_INT},
    [N_NU] = {.name = "nb", .type = CHURN__TYPE_BOOL, .nullable = true},
    [N_AT] = {.name = "at", .type = CHURN__TYPE_TIME},
    [N_D] = {.name = "d", .type = CHURN__TYPE_DURATION},
    [N_MD] = {.name = "md", .type = CHURN__TYPE_DURATION},
    [N_S] = {.name = "s", .type = CHURN__TYPE_STRING},
    [N_Z] = {.name = "z", .type = CHURN__TYPE_INT},
    [N_NS] = {.name = "ns", .type = CHURN__TYPE_STRING, .nullable = true}};

static const int64_t five = 5, zero = 0, nanos = 1500000001;
static const int64_t at = INT64_C(1767225600123456); /* 2026-01-01T00:00:00.123456Z */
static const uint8_t yes = 1;
static const churn_str text = {"2026-01-01T00:00:00.123456789Z", 30};
static const churn__missing gone = CHURN__NOT_PROVIDED;
static const churn__column columns[N_COUNT] = {
    [N_X] = {.type = CHURN__TYPE_INT, .values = &five},
    [N_NULL] = {.type = CHURN__TYPE_INT, .values = &five, .missing = &gone},
    [N_U] = {.type = CHURN__TYPE_INT, .values = &five, .missing = &gone},
    [N_NU] = {.type = CHURN__TYPE_BOOL, .values = &yes, .missing = &gone},
    [N_AT] = {.type = CHURN__TYPE_TIME, .values = &at},
    [N_D] = {.type = CHURN__TYPE_DURATION, .values = &nanos},
    [N_MD] = {.type = CHURN__TYPE_DURATION, .values = &nanos, .missing = &gone},
    [N_S] = {.type = CHURN__TYPE_STRING, .values = &text},
    [N_Z] = {.type = CHURN__TYPE_INT, .values = &zero},
    [N_NS] = {.type = CHURN__TYPE_STRING, .values = &text, .missing = &gone}};

typedef struct one {
    const char *text;
    char letter;
} one;

static void check(const one *cases, size_t count)
{
    static const char letters[] = "FTUE";
    kit k;
    kit_open(&k, names, N_COUNT);
    for (size_t i = 0; i < count; i++) {
        char got = letters[kit_truth(&k, cases[i].text, columns)];
        if (got != cases[i].letter) {
            fail_msg("`%s` is %c, not %c", cases[i].text, got, cases[i].letter);
        }
    }
    kit_close(&k);
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void null__of_nullable_names__is_a_value(void **state)
{
    (void)state;
    static const one cases[] = {{"null == null", 'T'},
                                {"null != null", 'F'},
                                {"n == null", 'T'},
                                {"null != n", 'F'},
                                {"x == null", 'F'},
                                {"x != null", 'T'},
                                {"x == 5", 'T'},
                                {"n == 5", 'F'},
                                {"n != 5", 'T'},
                                {"5.0 == n", 'F'},
                                {"n == n", 'T'},
                                {"n == x", 'F'},
                                {"x == x", 'T'},
                                {"n == u", 'U'},
                                {"n != 1 / z", 'E'},
                                {"ns == null && ns != 'a'", 'T'},
                                {"n < 5", 'E'},
                                {"x < 6", 'T'},
                                {"n + 1 == 6", 'E'},
                                {"x + 1 == 6", 'T'},
                                {"-n == 1", 'E'},
                                {"nb", 'U'},
                                {"!nb", 'E'},
                                {"nb && false", 'F'},
                                {"nb || true", 'T'},
                                {"nb && true", 'E'},
                                {"nb ? true : false", 'E'},
                                {"has(n)", 'F'},
                                {"has(n) ? n > 1 : true", 'T'},
                                {"(true ? n : 1) == null", 'T'},
                                {"(u > 1 ? n : null) == null", 'U'},
                                {"(x > 1 ? null : 3) == null", 'T'},
                                {"dyn(n) == null", 'T'},
                                {"dyn(x) == '5'", 'F'},
                                {"size(ns) > 1", 'E'},
                                {"n in [1, 2]", 'F'},
                                {"n in [1, null]", 'T'},
                                {"5 in [n, x]", 'T'},
                                {"null in [n]", 'T'},
                                {"null == dyn(u)", 'U'},
                                {"dyn(u) == null", 'U'},
                                {"null != dyn(1 / z)", 'E'},
                                {"dyn(1 / z) != null", 'E'},
                                {"null == dyn(x)", 'F'},
                                {"(x > 1 ? 1 / z : n) == null", 'E'},
                                {"null != (x > 1 ? u : n)", 'U'},
                                {"null == (x > 1 ? 7 : n)", 'F'},
                                {"null == (x > 1 ? n : u)", 'T'},
                                {"null in [dyn(1 / z), 2]", 'E'},
                                {"null in [n, u]", 'U'}};
    CHECK(cases);
}

static void lists__of_any_kind__compare_by_their_elements(void **state)
{
    (void)state;
    static const one cases[] = {{"[1, 2] == [1, 2]", 'T'},
                                {"[1, 2] == [2, 1]", 'F'},
                                {"[1, 2] != [1]", 'T'},
                                {"[] == []", 'T'},
                                {"[] != []", 'F'},
                                {"[1, 2.0] == [1.0, 2]", 'T'},
                                {"[1, 'a', null] == [1, 'a', null]", 'T'},
                                {"[1, 'a', null] == [1, 2, null]", 'F'},
                                {"[[1], [2, 3]] == [[1], [2] + [3]]", 'T'},
                                {"[1] + [x] == [1, 5]", 'T'},
                                {"[1] + [u] == [1, 5]", 'U'},
                                {"[1, u] == [2]", 'U'},
                                {"[1, 1 / z] == [2]", 'E'},
                                {"[u, 1 / z] == [1, 2]", 'U'},
                                {"[n] == [null]", 'T'},
                                {"(x > 1 ? [1, 2] : [3]) == [1, 2]", 'T'},
                                {"(u > 1 ? [1, 2] : [3]) == [1, 2]", 'U'},
                                {"((x > 1 ? [1] : [2]) + [u > 1 ? 3 : 3]) == [1, 3]", 'U'},
                                {"[x > 1 ? [1] : [2]] == [[1]]", 'T'},
                                {"x in (x > 9 ? [5] : [1, 2] + [5])", 'T'},
                                {"[1] in [[2], [1]]", 'T'},
                                {"[1] in []", 'F'},
                                {"'5' in [5, '5']", 'T'},
                                {"u in []", 'U'},
                                {"size([1] + [2, 3]) == 3", 'T'},
                                {"size([u]) == 1", 'U'},
                                {"[1, 2].size() == 2", 'T'},
                                {"size(x > 1 ? [1] : [1, 2]) == 1", 'T'},
                                {"dyn([]) == null", 'F'},
                                {"at + d in [at, at + d]", 'T'},
                                {"at in [at + d, at]", 'T'}};
    CHECK(cases);
}

static void durations__reckoning__is_exact(void **state)
{
    (void)state;
    static const one cases[] = {
        {"duration('1h30m') == duration('5400s')", 'T'},
        {"duration('-1.5h') + duration('90m') == duration('0')", 'T'},
        {"duration('1.5ms') > duration('1499us')", 'T'},
        {"string(duration('1h') + duration('500ms')) == '3600.5s'", 'T'},
        {"string(duration('-1ms')) == '-0.001s'", 'T'},
        {"string(d) == '1.500000001s'", 'T'},
        {"md > d", 'U'},
        {"duration(s) > d", 'E'},
        {"duration('2562047h47m16.854775807s') + duration('1ns') > d", 'E'},
        {"duration('-9223372036854775808ns') < d", 'T'},
        {"duration('3h59m').getHours() == 3", 'T'},
        {"duration('-90m').getHours() == -1", 'T'},
        {"d.getSeconds() == 1 && d.getMilliseconds() == 500 && d.getMinutes() == 0", 'T'},
        {"at + d - at == d", 'T'},
        {"at - d + d == at", 'T'},
        {"d + at == at + d", 'T'},
        {"at - d < at && at + d > at", 'T'},
        {"at - duration('1ns') < at", 'T'},
        {"at + duration('1ns') > at", 'T'},
        {"at + duration('1ns') != at + duration('2ns')", 'T'},
        {"at - duration('1us') == timestamp('2026-01-01T00:00:00.123455Z')", 'T'},
        {"timestamp(s) > at", 'T'},
        {"timestamp(s) - at == duration('789ns')", 'T'},
        {"string(timestamp(s)) == s", 'T'},
        {"string(timestamp(s) + duration('211ns')) == '2026-01-01T00:00:00.123457Z'", 'T'},
        {"(x > 1 ? timestamp(s) : at) - duration('789ns') == at", 'T'},
        {"at + md == at", 'U'},
        {"timestamp('9999-12-31T23:59:59.999999999Z') + duration('1ns') > at", 'E'},
        {"timestamp('0001-01-01T00:00:00Z') - duration('1ns') > at", 'E'},
        {"timestamp('0001-01-01T00:00:00.000000001Z') - duration('1ns') < at", 'T'},
        {"at - timestamp('0001-01-01T00:00:00Z') > d", 'E'}};
    CHECK(cases);
}

static void parts__of_instants__in_any_zone(void **state)
{
    (void)state;
    static const one cases[] = {
        {"at.getFullYear() == 2026 && at.getMonth() == 0 && at.getDate() == 1", 'T'},
        {"at.getDayOfMonth() == 0 && at.getDayOfYear() == 0 && at.getDayOfWeek() == 4", 'T'},
        {"at.getHours() == 0 && at.getMinutes() == 0 && at.getSeconds() == 0", 'T'},
        {"at.getMilliseconds() == 123", 'T'},
        {"at.getFullYear('-01:00') == 2025 && at.getDayOfYear('-01:00') == 364", 'T'},
        {"at.getHours('02:00') == 2 && at.getHours('+02:00') == 2", 'T'},
        {"at.getMinutes('-02:30') == 30 && at.getDate('-02:30') == 31", 'T'},
        {"timestamp('2026-07-01T12:00:00Z').getHours('Europe/Budapest') == 14", 'T'},
        {"at.getHours('Europe/Budapest') == 1", 'T'},
        {"timestamp('2024-12-31T23:00:00Z').getDayOfYear() == 365", 'T'},
        {"timestamp('1969-12-31T23:59:59.5Z').getSeconds() == 59", 'T'},
        {"timestamp('1969-12-31T23:59:59.5Z').getMilliseconds() == 500", 'T'},
        {"timestamp('1969-12-28T00:00:00Z').getDayOfWeek() == 0", 'T'}};
    CHECK(cases);
}

static void time_parse__forms__as_rfc_3339(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        expr_text strict, lenient;
    } cases[] = {{"2026-01-01T00:00:00Z", EXPR_TEXT_OK, EXPR_TEXT_OK},
                 {"2026-01-01T00:00:00.5+02:00", EXPR_TEXT_OK, EXPR_TEXT_OK},
                 {"2026-01-01 00:00:00Z", EXPR_TEXT_BAD, EXPR_TEXT_OK},
                 {"2026-01-01T00:00Z", EXPR_TEXT_BAD, EXPR_TEXT_OK},
                 {"2026-01-01T00:00:00+0200", EXPR_TEXT_BAD, EXPR_TEXT_OK},
                 {"2026-01-01T24:00:00Z", EXPR_TEXT_BAD, EXPR_TEXT_OK},
                 {"2026-01-01T00:00:00.Z", EXPR_TEXT_BAD, EXPR_TEXT_BAD},
                 {"2026-01-01T00:00:00", EXPR_TEXT_BAD, EXPR_TEXT_BAD},
                 {"2026-01-01", EXPR_TEXT_BAD, EXPR_TEXT_BAD},
                 {"2026-02-29T00:00:00Z", EXPR_TEXT_RANGE, EXPR_TEXT_RANGE},
                 {"0000-01-01T00:00:00Z", EXPR_TEXT_RANGE, EXPR_TEXT_RANGE},
                 {"", EXPR_TEXT_BAD, EXPR_TEXT_BAD}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t when, rest;
        churn_str s = churn__str_nts(cases[i].text);
        assert_int_equal(churn__expr_time_parse(s, true, &when, &rest), cases[i].strict);
        assert_int_equal(churn__expr_time_parse(s, false, &when, &rest), cases[i].lenient);
    }
}

static void duration_parse__forms__as_go(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        expr_text how;
        int64_t nanos;
    } cases[] = {{"0", EXPR_TEXT_OK, 0},
                 {"-0", EXPR_TEXT_OK, 0},
                 {"+5s", EXPR_TEXT_OK, 5000000000},
                 {".5s", EXPR_TEXT_OK, 500000000},
                 {"1.s", EXPR_TEXT_OK, 1000000000},
                 {"3\xC2\xB5s", EXPR_TEXT_OK, 3000},
                 {"0.3333333333333333333h", EXPR_TEXT_OK, 1199999999999},
                 {"9223372036854775807ns", EXPR_TEXT_OK, INT64_MAX},
                 {"-9223372036854775808ns", EXPR_TEXT_OK, INT64_MIN},
                 {"9223372036854775808ns", EXPR_TEXT_RANGE, 0},
                 {"99999999999999999999999s", EXPR_TEXT_RANGE, 0},
                 {"9000000000000000000ns9000000000000000000ns", EXPR_TEXT_RANGE, 0},
                 {"", EXPR_TEXT_BAD, 0},
                 {"3", EXPR_TEXT_BAD, 0},
                 {"s", EXPR_TEXT_BAD, 0},
                 {".s", EXPR_TEXT_BAD, 0},
                 {"1 s", EXPR_TEXT_BAD, 0},
                 {"1d", EXPR_TEXT_BAD, 0},
                 {"--1s", EXPR_TEXT_BAD, 0},
                 {"1h-1m", EXPR_TEXT_BAD, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t got = 0;
        if (churn__expr_duration_parse(churn__str_nts(cases[i].text), &got) != cases[i].how ||
            (cases[i].how == EXPR_TEXT_OK && got != cases[i].nanos)) {
            fail_msg("`%s`: %lld", cases[i].text, (long long)got);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null__of_nullable_names__is_a_value),
        cmocka_unit_test(lists__of_any_kind__compare_by_their_elements),
        cmocka_unit_test(durations__reckoning__is_exact),
        cmocka_unit_test(parts__of_instants__in_any_zone),
        cmocka_unit_test(time_parse__forms__as_rfc_3339),
        cmocka_unit_test(duration_parse__forms__as_go),
    };
    return RUN_TESTS(tests);
}
