/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/str.h"

#include "utf8_cases.inc"

static churn_str nts(const char *s)
{
    return churn__str_nts(s);
}

static void str_arg__length_conventions__followed(void **state)
{
    (void)state;
    assert_int_equal(churn__str_arg("abc", CHURN_NTS).len, 3);
    assert_int_equal(churn__str_arg("abc", 2).len, 2);
    assert_int_equal(churn__str_arg(NULL, 7).len, 0);
    assert_null(churn__str_arg(NULL, CHURN_NTS).ptr);
    assert_int_equal(nts(NULL).len, 0);
}

static void str_cmp__pairs__byte_order(void **state)
{
    (void)state;
    static const char *const ascending[] = {"", "A", "a", "aa", "ab", "b", "\xC3\xA9", "\xF0\x9F"};
    for (size_t i = 0; i < 8; i++) {
        for (size_t j = 0; j < 8; j++) {
            int order = churn__str_cmp(nts(ascending[i]), nts(ascending[j]));
            assert_int_equal(order, (i > j) - (i < j));
            assert_int_equal(churn__str_eq(nts(ascending[i]), nts(ascending[j])), i == j);
        }
    }
    assert_int_equal(churn__str_cmp((churn_str){NULL, 0}, nts("")), 0);
    assert_true(churn__str_eq((churn_str){NULL, 0}, nts("")));
}

static void str__parts__found(void **state)
{
    (void)state;
    churn_str s = nts("health.score"), none = {NULL, 0};
    assert_true(churn__str_starts(s, nts("health")));
    assert_false(churn__str_starts(s, nts("score")));
    assert_false(churn__str_starts(nts("he"), nts("health")));
    assert_true(churn__str_ends(s, nts(".score")));
    assert_false(churn__str_ends(s, nts("health")));
    assert_false(churn__str_ends(nts("re"), nts("score")));
    assert_true(churn__str_contains(s, nts("th.s")));
    assert_true(churn__str_contains(s, s));
    assert_false(churn__str_contains(s, nts("ths")));
    assert_false(churn__str_contains(nts("a"), s));
    assert_true(churn__str_starts(none, none) && churn__str_ends(none, none));
    assert_true(churn__str_contains(none, none) && churn__str_ends(s, nts("")));
}

static void utf8_fault__cases__as_python(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof utf8_cases / sizeof utf8_cases[0]; i++) {
        size_t size = (size_t)utf8_cases[i].size;
        /* A copy of the exact size: reading past it is seen by the address sanitizer. */
        char *copy = malloc(size + (size == 0));
        memcpy(copy, utf8_cases[i].bytes, size);
        size_t fault = churn__utf8_fault(copy, size);
        size_t expected = utf8_cases[i].fault < 0 ? SIZE_MAX : (size_t)utf8_cases[i].fault;
        if (fault != expected) {
            fail_msg("case %zu: %zu, expected %zu", i, fault, expected);
        }
        if (fault == SIZE_MAX) {
            assert_int_equal(churn__utf8_count(copy, size), utf8_cases[i].characters);
        }
        free(copy);
    }
}

static void utf8_prefix__every_length__never_cuts_a_character(void **state)
{
    (void)state;
    const char *s = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t max = 0; max < 13; max++) {
        assert_int_equal(churn__utf8_prefix(s, 11, max), expected[max]);
    }
    assert_int_equal(churn__utf8_prefix(NULL, 0, 5), 0);
}

static void is_name__cases__as_documented(void **state)
{
    (void)state;
    char longest[66];
    memset(longest, 'a', sizeof longest);
    assert_true(churn__is_name(nts("logins_28d")) && churn__is_name(nts("a")));
    assert_true(churn__is_name((churn_str){longest, 64}));
    assert_false(churn__is_name((churn_str){longest, 65}));
    static const char *const bad[] = {"", "_a", "1a", "A", "aB", "a-b", "a b", "a.b", "\xC3\xA9"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(churn__is_name(nts(bad[i])));
    }
    assert_false(churn__is_name((churn_str){NULL, 0}));
    assert_false(churn__is_name((churn_str){"a\0", 2}));
}

static void nearest__misspellings__suggests_or_not(void **state)
{
    (void)state;
    static const char *const names[] = {
        "logins_28d", "logins_7d", "mrr", "tickets_open", "nps", "metric.quiet", "score.quiet.low"};
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"login_28d", "logins_28d"},
        {"logins_82d", "logins_28d"},
        {"logins28d", "logins_28d"},
        {"logins_7", "logins_7d"},
        {"mr", "mrr"},
        {"mmr", "mrr"},
        {"rmr", "mrr"},
        {"nsp", "nps"},
        {"ticket_opne", "tickets_open"},
        {"xyz", NULL},
        {"", NULL},
        {"tixxxts_oqqq", NULL},
        {"logins_28d_more", NULL},
        {"mrrs", "mrr"},
        {"ps", "nps"},
        {"NPS", "nps"},
        {"Logins_28D", "logins_28d"},
        {"MMR", "mrr"},
        {"quiet", "metric.quiet"},
        {"quiet.low", "score.quiet.low"},
        {"low", NULL},
        {"uiet", NULL},
        {"m", NULL},
        {"MR", "mrr"},
    };
    churn_str candidates[7];
    for (size_t i = 0; i < 7; i++) {
        candidates[i] = nts(names[i]);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        churn_str got = churn__nearest(nts(cases[i].given), candidates, 7);
        if (!churn__str_eq(got, nts(cases[i].expected))) {
            fail_msg("%s gives %s", cases[i].given, got.ptr == NULL ? "nothing" : got.ptr);
        }
    }
}

static void nearest__ties_and_long_names__first_and_none(void **state)
{
    (void)state;
    const churn_str tie[] = {CHURN__STR("abcx"), CHURN__STR("abcy"), CHURN__STR("abcz")};
    assert_ptr_equal(churn__nearest(CHURN__STR("abcw"), tie, 3).ptr, tie[0].ptr);
    assert_ptr_equal(churn__nearest(CHURN__STR("abcz"), tie, 3).ptr, tie[2].ptr);
    char large[200];
    memset(large, 'a', sizeof large);
    const churn_str long_names[] = {{large, 200}, {large, 127}, {large, 128}};
    assert_null(churn__nearest((churn_str){large, 199}, long_names, 3).ptr);
    assert_int_equal(churn__nearest((churn_str){large, 126}, long_names, 3).len, 127);
    assert_null(churn__nearest(CHURN__STR("abc"), NULL, 0).ptr);
}

int main(void)
{
    const struct CMUnitTest str[] = {
        cmocka_unit_test(str_arg__length_conventions__followed),
        cmocka_unit_test(str_cmp__pairs__byte_order),
        cmocka_unit_test(str__parts__found),
        cmocka_unit_test(utf8_fault__cases__as_python),
        cmocka_unit_test(utf8_prefix__every_length__never_cuts_a_character),
        cmocka_unit_test(is_name__cases__as_documented),
        cmocka_unit_test(nearest__misspellings__suggests_or_not),
        cmocka_unit_test(nearest__ties_and_long_names__first_and_none),
    };
    return RUN_TESTS(str);
}
