/* SPDX-License-Identifier: MIT */
#include "support.h"

static void time_parse__dates_and_instants__taken(void **state)
{
    (void)state;
    churn_time at = 0;
    assert_ok(churn_time_parse("2026-02-01", CHURN_NTS, &at, NULL));
    assert_true(at == INT64_C(1769904000000000));
    assert_ok(churn_time_parse("2026-02-01T09:30+02:00", CHURN_NTS, &at, NULL));
    assert_true(at == INT64_C(1769931000000000));
    assert_ok(churn_time_parse("1970-01-02xyz", 10, &at, NULL));
    assert_true(at == INT64_C(86400000000));
}

static void time_parse__faults__each_its_status(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        churn_status status;
        const char *says;
    } rows[] = {{"2026-02-01T09:30", CHURN_E_PARSE, "zone"},
                {"yesterday", CHURN_E_PARSE, "form"},
                {"", CHURN_E_PARSE, "form"},
                {"2026-02-30", CHURN_E_RANGE, "no such day"},
                {NULL, CHURN_E_ARG, "text"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        churn_error err = {.struct_size = sizeof err};
        churn_time at = 42;
        assert_int_equal(churn_time_parse(rows[i].text, CHURN_NTS, &at, &err), rows[i].status);
        assert_int_equal(err.status, rows[i].status);
        assert_non_null(strstr(err.message, rows[i].says));
        assert_true(at == 42);
    }
    assert_int_equal(churn_time_parse("2026-02-01", CHURN_NTS, NULL, NULL), CHURN_E_ARG);
}

static void time_format__buffers__filled_or_measured(void **state)
{
    (void)state;
    char text[CHURN_TIME_CHARS];
    size_t needed = 0;
    assert_ok(churn_time_format(0, text, sizeof text, &needed, NULL));
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    assert_int_equal(needed, 21);
    assert_ok(churn_time_format(1, NULL, 0, &needed, NULL));
    assert_int_equal(needed, 28);
    assert_ok(churn_time_format(0, text, 21, NULL, NULL));
    strcpy(text, "kept");
    needed = 0;
    assert_int_equal(churn_time_format(0, text, 20, &needed, NULL), CHURN_E_RANGE);
    assert_string_equal(text, "kept");
    assert_int_equal(needed, 21);
    assert_int_equal(churn_time_format(0, NULL, 20, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_time_format(CHURN_TIME_NONE, text, sizeof text, NULL, NULL),
                     CHURN_E_RANGE);
    assert_int_equal(churn_time_format(CHURN_TIME_MAX + 1, text, sizeof text, NULL, NULL),
                     CHURN_E_RANGE);
    assert_ok(churn_time_format(CHURN_TIME_MAX, text, sizeof text, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(time_parse__dates_and_instants__taken),
        cmocka_unit_test(time_parse__faults__each_its_status),
        cmocka_unit_test(time_format__buffers__filled_or_measured),
    };
    return RUN_TESTS(group);
}
