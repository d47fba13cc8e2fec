/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

/* Calls that stand for names, which only the scope knows. */

static churn__expr_found call(void *context, churn_str function, const churn_str *args,
                              uint32_t count, churn__expr_name *out, const char **why)
{
    (void)context;
    if (churn__str_eq(function, CHURN__STR("exists"))) {
        return CHURN__EXPR_LATER;
    }
    if (count == 0 || !churn__str_eq(args[0], CHURN__STR("login"))) {
        *why = count == 0 ? "it needs an event" : NULL;
        return CHURN__EXPR_UNKNOWN;
    }
    *out = (churn__expr_name){.type = CHURN__TYPE_DOUBLE, .slot = count == 1 ? 0 : 1};
    return CHURN__EXPR_KNOWN;
}

static churn_status compile(churn__heap *heap, const char *text, bool hooked, churn__expr **out,
                            churn_error *err)
{
    static const churn__expr_scope with = {.resolve = kit_resolve, .call = call},
                                   without = {.resolve = kit_resolve};
    static kit none;
    churn__expr_scope scope = hooked ? with : without;
    scope.context = &none;
    const churn__expr_source source = {.text = churn__str_nts(text), .scope = &scope};
    return churn__expr_compile(heap, NULL, &source, out, err);
}

static void sugar__calls__are_names(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        churn__truth truth;
    } cases[] = {{"days_since('login') > 10", CHURN__TRUE},
                 {"count(\"login\", \"30d\") > 10", CHURN__UNKNOWN},
                 {"count('login', '30d') > 10 || days_since('login') == 12", CHURN__TRUE},
                 {"has(days_since('login')) && !has(count('login', '1d'))", CHURN__TRUE},
                 {"mean('login') + max('login', '7d') > 0", CHURN__UNKNOWN},
                 {"math.least(days_since('login'), 5) == 5", CHURN__TRUE}};
    const double values[] = {12, 0};
    const churn__missing missing[] = {CHURN__NEVER};
    const churn__column columns[] = {
        {.type = CHURN__TYPE_DOUBLE, .values = &values[0]},
        {.type = CHURN__TYPE_DOUBLE, .values = &values[1], .missing = missing}};
    kit k;
    kit_open(&k, NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__expr *expr = NULL;
        churn__truth truth = CHURN__ERROR;
        assert_ok(compile(k.heap, cases[i].text, true, &expr, NULL));
        assert_ok(churn__expr_truth(expr, columns, 1, k.scratch, &truth, NULL));
        if (truth != cases[i].truth) {
            fail_msg("`%s` is %d", cases[i].text, truth);
        }
        churn__expr_free(expr);
    }
    kit_close(&k);
}

static void sugar__what_it_cannot_be__says_why(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool hooked;
        churn_status status;
        int32_t detail;
        uint32_t column;
        const char *message;
    } cases[] = {
        {"1 < count('log in')", true, CHURN_E_NOT_FOUND, 201, 5,
         "`count('log in')` stands for nothing"},
        {"sum() > 0", true, CHURN_E_NOT_FOUND, 201, 1, "nothing: it needs an event"},
        {"count('login', 30)", true, CHURN_E_TYPE, 302, 16, "takes text in quotes"},
        {"count('log' + 'in')", true, CHURN_E_TYPE, 302, 13, "takes text in quotes"},
        {"count('','','','','','','','','')", true, CHURN_E_TYPE, 302, 1, "8 arguments at most"},
        {"exists('login')", true, CHURN_E_UNSUPPORTED, 501, 1, "this version does not do"},
        {"days_since('login') > 1", false, CHURN_E_UNSUPPORTED, 501, 1, "write metric.<id>"},
        {"last('plan') == 'x'", false, CHURN_E_UNSUPPORTED, 501, 1, "write metric.<id>"}};
    kit k;
    kit_open(&k, NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__expr *expr = NULL;
        churn_error err = {.struct_size = sizeof err};
        assert_int_equal(compile(k.heap, cases[i].text, cases[i].hooked, &expr, &err),
                         cases[i].status);
        assert_null(expr);
        if (err.detail != cases[i].detail || err.column != cases[i].column ||
            strstr(err.message, cases[i].message) == NULL) {
            fail_msg("`%s`: %d at %u: %s", cases[i].text, err.detail, err.column, err.message);
        }
    }
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sugar__calls__are_names),
                                       cmocka_unit_test(sugar__what_it_cannot_be__says_why)};
    return RUN_TESTS(tests);
}
