/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

static const churn__value pattern = {.type = CHURN__TYPE_STRING,
                                     .as.s = CHURN__STR("^(pro|team)$")};
static const churn__value broken = {.type = CHURN__TYPE_STRING, .as.s = CHURN__STR("(")};
static const churn__value absent = {.type = CHURN__TYPE_STRING, .missing = CHURN__NOT_PROVIDED};
static const kit_name names[] = {
    {.name = "s", .type = CHURN__TYPE_STRING},
    {.name = "t", .type = CHURN__TYPE_STRING},
    {.name = "i", .type = CHURN__TYPE_INT},
    {.name = "params.plans", .constant = &pattern, .type = CHURN__TYPE_STRING},
    {.name = "params.broken", .constant = &broken, .type = CHURN__TYPE_STRING},
    {.name = "params.absent", .constant = &absent, .type = CHURN__TYPE_STRING}};

static int open(void **state)
{
    static kit k;
    kit_open(&k, names, sizeof names / sizeof *names);
    *state = &k;
    return 0;
}

static int close(void **state)
{
    kit_close(*state);
    return 0;
}

static void matches__a_pattern__is_searched_for(void **state)
{
    static const struct {
        const char *text, *s;
        churn__truth truth;
    } cases[] = {
        {"s.matches('ubb')", "hubba", CHURN__TRUE},
        {"matches(s, 'ubb')", "hubba", CHURN__TRUE},
        {"s.matches('^ubb')", "hubba", CHURN__FALSE},
        {"s.matches('')", "", CHURN__TRUE},
        {"'hubba'.matches('u(b|c){2}')", "", CHURN__TRUE},
        {"s.matches(r'^\\d+\\.\\d$')", "12.5", CHURN__TRUE},
        {"s.matches('^\\\\d+$')", "12", CHURN__TRUE},
        {"s.matches(params.plans)", "team", CHURN__TRUE},
        {"s.matches(params.plans)", "teams", CHURN__FALSE},
        {"s.matches(params.absent)", "team", CHURN__UNKNOWN},
        {"s.matches('x') || s.matches('y')", "y", CHURN__TRUE},
        {"s.matches('x') && s.matches('y')", "y", CHURN__FALSE},
        {"s.matches('x')", NULL, CHURN__UNKNOWN},
        {"s.matches('x') || true", NULL, CHURN__TRUE},
        {"(s + 'c').matches('bc$')", "ab", CHURN__TRUE},
        {"s.matches('(a|b)*a(a|b){14}c')", "abaaaaaaaaaaaaaaaac", CHURN__TRUE},
        {"s.matches('(a|b)*a(a|b){14}c')", "aaaaaaaaaaaac", CHURN__FALSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const churn_str value = churn__str_nts(cases[i].s);
        const churn__missing missing = cases[i].s == NULL ? CHURN__NOT_PROVIDED : CHURN__PRESENT;
        churn__column columns[6] = {
            {.type = CHURN__TYPE_STRING, .values = &value, .missing = &missing}};
        if (kit_truth(*state, cases[i].text, columns) != cases[i].truth) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void matches__a_bad_pattern__is_an_error_inside_of_it(void **state)
{
    static const struct {
        const char *text;
        churn_status status;
        int32_t detail;
        uint32_t line, column;
        const char *message;
    } cases[] = {
        {"s.matches('a(b')", CHURN_E_PARSE, 105, 1, 13, "a group is never closed"},
        {"s.matches('\xC3\xA9(b')", CHURN_E_PARSE, 105, 1, 13, "a group is never closed"},
        {"s.matches('\\u00e9\\t\\x41(b')", CHURN_E_PARSE, 105, 1, 24, "never closed"},
        {"s.matches('\\101\\U0001F600(b')", CHURN_E_PARSE, 105, 1, 26, "never closed"},
        {"s.matches(r'\\d(b')", CHURN_E_PARSE, 105, 1, 15, "never closed"},
        {"s.matches('''a\n(b''')", CHURN_E_PARSE, 105, 2, 1, "never closed"},
        {"s.matches('a\\\\1')", CHURN_E_UNSUPPORTED, 105, 1, 13, "backreferences are left out"},
        {"s.matches('a(?=b)')", CHURN_E_UNSUPPORTED, 105, 1, 13, "lookahead is left out"},
        {"s.matches('(a{1000}){1000}')", CHURN_E_LIMIT, 105, 1, 12, "too large"},
        {"s.matches('(a|b)*a.{4000}')", CHURN_E_LIMIT, 105, 1, 20, "1000"},
        {"s.matches('(a|b)*a(.{1000}){4}')", CHURN_E_LIMIT, 105, 1, 12, "too large"},
        {"s.matches(params.broken)", CHURN_E_PARSE, 105, 1, 11, "never closed"},
        {"s.matches(t)", CHURN_E_TYPE, 105, 1, 11, "must be text in quotes"},
        {"s.matches('a' + 'b')", CHURN_E_TYPE, 105, 1, 15, "must be text in quotes"},
        {"matches(s, t)", CHURN_E_TYPE, 105, 1, 12, "must be text in quotes"},
        {"i.matches('a')", CHURN_E_TYPE, 301, 1, 3, "does not take int and string"},
        {"s.matches()", CHURN_E_TYPE, 302, 1, 3, "takes 1 argument, got 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn_error err = {.struct_size = sizeof err};
        churn__expr *expr = NULL;
        churn_status st = kit_compile(*state, churn__str_nts(cases[i].text), 0, 0, &expr, &err);
        if (st != cases[i].status || err.detail != cases[i].detail || err.line != cases[i].line ||
            err.column != cases[i].column || strstr(err.message, cases[i].message) == NULL) {
            fail_msg("`%s`: got %s %d at %u:%u: %s", cases[i].text, churn_status_name(st),
                     err.detail, err.line, err.column, err.message);
        }
    }
}

/* Two patterns over one text are two questions, however much is shared. */
static void matches__in_a_group__keeps_patterns_apart(void **state)
{
    kit *k = *state;
    static const churn_str values[] = {CHURN__STR("ab"), CHURN__STR("ba"), CHURN__STR("c"),
                                       CHURN__STR("abba")};
    static const char *const texts[] = {"s.matches('^a')", "s.matches('a$')", "s.matches('^a')"};
    static const churn__truth expected[3][4] = {{1, 0, 0, 1}, {0, 1, 0, 1}, {1, 0, 0, 1}};
    churn__column columns[6] = {{.type = CHURN__TYPE_STRING, .values = values}};
    churn__expr *exprs[3];
    churn__truth out[3][4];
    churn__truth *const outs[3] = {out[0], out[1], out[2]};
    churn__expr_group *group = NULL;
    for (int i = 0; i < 3; i++) {
        exprs[i] = kit_expr(k, texts[i]);
    }
    assert_ok(
        churn__expr_group_create(k->heap, (const churn__expr *const *)exprs, 3, &group, NULL));
    assert_ok(churn__expr_group_truth(group, columns, 4, k->scratch, outs, NULL));
    assert_memory_equal(out, expected, sizeof expected);
    churn__expr_group_free(group);
    for (int i = 0; i < 3; i++) {
        churn__expr_free(exprs[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(matches__a_pattern__is_searched_for, open, close),
        cmocka_unit_test_setup_teardown(matches__a_bad_pattern__is_an_error_inside_of_it, open,
                                        close),
        cmocka_unit_test_setup_teardown(matches__in_a_group__keeps_patterns_apart, open, close),
    };
    return RUN_TESTS(tests);
}
