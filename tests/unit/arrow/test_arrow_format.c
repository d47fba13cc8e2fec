/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "arrow/inside.h"

static void parse_format__known__layout_and_kind(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        churn__arrow_layout layout;
        churn__arrow_kind kind;
        int32_t scale;
        int64_t times, over;
    } cases[] = {
        {"n", CHURN__LAYOUT_NULL, CHURN__ARROW_NULL, 0, 1, 1},
        {"b", CHURN__LAYOUT_BOOL, CHURN__ARROW_BOOL, 0, 1, 1},
        {"c", CHURN__LAYOUT_I8, CHURN__ARROW_INT, 0, 1, 1},
        {"L", CHURN__LAYOUT_U64, CHURN__ARROW_INT, 0, 1, 1},
        {"e", CHURN__LAYOUT_F16, CHURN__ARROW_DOUBLE, 0, 1, 1},
        {"f", CHURN__LAYOUT_F32, CHURN__ARROW_DOUBLE, 0, 1, 1},
        {"U", CHURN__LAYOUT_TEXT64, CHURN__ARROW_STRING, 0, 1, 1},
        {"vu", CHURN__LAYOUT_VIEW, CHURN__ARROW_STRING, 0, 1, 1},
        {"tdD", CHURN__LAYOUT_I32, CHURN__ARROW_DATE, 0, 1, 1},
        {"tdm", CHURN__LAYOUT_I64, CHURN__ARROW_DATE, 0, 1, 86400000},
        {"tss:", CHURN__LAYOUT_I64, CHURN__ARROW_LOCAL, 0, 1000000, 1},
        {"tsm:Europe/Budapest", CHURN__LAYOUT_I64, CHURN__ARROW_TIME, 0, 1000, 1},
        {"tsu:UTC", CHURN__LAYOUT_I64, CHURN__ARROW_TIME, 0, 1, 1},
        {"tsn:+02:00", CHURN__LAYOUT_I64, CHURN__ARROW_TIME, 0, 1, 1000},
        {"tDs", CHURN__LAYOUT_I64, CHURN__ARROW_DURATION, 0, 1000000000, 1},
        {"tDm", CHURN__LAYOUT_I64, CHURN__ARROW_DURATION, 0, 1000000, 1},
        {"tDu", CHURN__LAYOUT_I64, CHURN__ARROW_DURATION, 0, 1000, 1},
        {"tDn", CHURN__LAYOUT_I64, CHURN__ARROW_DURATION, 0, 1, 1},
        {"d:10,2", CHURN__LAYOUT_I128, CHURN__ARROW_DECIMAL, 2, 1, 1},
        {"d:38,-3,128", CHURN__LAYOUT_I128, CHURN__ARROW_DECIMAL, -3, 1, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__arrow_type type;
        assert_true(churn__arrow_parse_format(cases[i].format, &type));
        assert_int_equal(type.layout, cases[i].layout);
        assert_int_equal(type.kind, cases[i].kind);
        assert_int_equal(type.scale, cases[i].scale);
        assert_int_equal(type.times, cases[i].times);
        assert_int_equal(type.over, cases[i].over);
    }
}

static void parse_format__unknown_or_broken__refused(void **state)
{
    (void)state;
    static const char *const formats[] = {
        "",         "x",       "nn",     "vz",      "z",          "Z",           "w:16",
        "tts",      "tDx",     "tiM",    "+s",      "+l",         "+m",          "+w:3",
        "+r",       "+ud:0,1", "ts",     "tss",     "tsx:",       "tdd",         "td",
        "d",        "d:",      "d:,",    "d:10",    "d:10,",      "d:10,2,",     "d:10,2,256",
        "d:10,2,x", "d:0,0",   "d:39,0", "d:10,39", "d:1,2,128,", "d:1,2,128,5", "u ",
    };

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        churn__arrow_type type;
        if (churn__arrow_parse_format(formats[i], &type)) {
            fail_msg("`%s` was taken", formats[i]);
        }
    }
}

/* Every string of up to three bytes from the alphabet of formats: only the listed ones are known.
 */
static void parse_format__short_strings__never_more_than_listed(void **state)
{
    (void)state;
    static const char alphabet[] = "nbcCsSiIlLefguUvtdDm:,+z0129\x80";
    const size_t n = sizeof alphabet; /* with the NUL, for the shorter ones */
    size_t known = 0;

    for (size_t i = 0; i < n * n * n; i++) {
        char text[4] = {alphabet[i % n], alphabet[i / n % n], alphabet[i / n / n], '\0'};
        churn__arrow_type type;
        if (text[1] == '\0' && text[2] != '\0') {
            continue;
        }
        if (text[0] == '\0' && text[1] != '\0') {
            continue;
        }
        known += churn__arrow_parse_format(text, &type);
    }
    assert_int_equal(known, 15 + 1 + 2 + 4); /* one letter, vu, tdD and tdm, tD. */
}

static void hint__by_family__says_what_to_do(void **state)
{
    (void)state;
    assert_string_equal(churn__arrow_hint("+m"), "flatten it into columns, or cast it to text");
    assert_string_equal(churn__arrow_hint("z"), "cast it to text");
    assert_string_equal(churn__arrow_hint("d:50,2,256"), "cast it to decimal128 or double");
    assert_string_equal(churn__arrow_hint("tiM"), "cast it to a number");
    assert_string_equal(churn__arrow_hint(""), "cast it to text or a number");
}

int main(void)
{
    const struct CMUnitTest arrow_format[] = {
        cmocka_unit_test(parse_format__known__layout_and_kind),
        cmocka_unit_test(parse_format__unknown_or_broken__refused),
        cmocka_unit_test(parse_format__short_strings__never_more_than_listed),
        cmocka_unit_test(hint__by_family__says_what_to_do),
    };
    return RUN_TESTS(arrow_format);
}
