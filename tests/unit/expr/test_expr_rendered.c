/* SPDX-License-Identifier: MIT */
#include "support.h"

/* Templates as public expressions, through the header alone. */

static const churn_variable variables[] = {
    {{"name", 4}, CHURN_TYPE_STRING, 0}, {{"mrr", 3}, CHURN_TYPE_DOUBLE, 0},
    {{"vip", 3}, CHURN_TYPE_BOOL, 0},    {{"seats", 5}, CHURN_TYPE_INT, 0},
    {{"since", 5}, CHURN_TYPE_TIME, 0},
};

#define COUNT 5u
#define SINCE_AT INT64_C(1769938200000000) /* 2026-02-01T09:30:00Z */

static churn_expression_options template_options(void)
{
    return (churn_expression_options){.struct_size = sizeof(churn_expression_options),
                                      .flags = CHURN_EXPRESSION_TEMPLATE,
                                      .time_zone = {"Asia/Tokyo", 10},
                                      .currency = {"EUR", 3},
                                      .as_of = SINCE_AT + INT64_C(86400000000)};
}

static churn_expression *compile(const char *text)
{
    const churn_expression_options options = template_options();
    churn_error err = {.struct_size = sizeof err};
    churn_expression *e = NULL;
    if (churn_expression_compile(text, CHURN_NTS, variables, COUNT, &options, &e, &err) !=
        CHURN_OK) {
        fail_msg("`%s`: %s", text, err.message);
    }
    return e;
}

static void template__as_an_expression__is_a_string_never_unknown(void **state)
{
    const char text[] = "Call {{name}}: {{mrr | money}}";
    (void)state;
    churn_expression *e = compile(text);
    assert_int_equal(churn_expression_type(e), CHURN_TYPE_STRING);
    assert_string_equal(churn_expression_text(e).ptr, text);
    assert_true(churn_expression_uses(e, 0));
    assert_true(churn_expression_uses(e, 1));
    assert_false(churn_expression_uses(e, 3));
    assert_false(churn_expression_can_be_unknown(e));
    churn_expression_free(e);
}

static void assert_cell(const churn_table *table, uint32_t column, uint64_t row,
                        const char *expected)
{
    assert_int_equal(churn_table_is_null(table, row, column), expected == NULL);
    if (expected != NULL) {
        assert_string_equal(churn_table_string(table, row, column).ptr, expected);
    }
}

/* More rows than a chunk holds. */
static void template__over_columns__is_a_column_of_texts(void **state)
{
    enum { ROWS = 2500 };
    static churn_str names[ROWS];
    static double amounts[ROWS];
    static uint8_t truths[ROWS], there[ROWS / 8 + 1];
    static int64_t seats[ROWS], since[ROWS];
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        names[i] = (churn_str){"Zo\xC3\xAB", 4};
        amounts[i] = i;
        truths[i] = i % 2 != 0;
        seats[i] = i % 3;
        since[i] = SINCE_AT;
        there[i / 8] |= (uint8_t)(i % 5 != 0 ? 1u << (i % 8) : 0);
    }
    const churn_value_column columns[] = {{.values = names, .valid = NULL},
                                          {.values = amounts, .valid = there},
                                          {.values = truths, .valid = NULL},
                                          {.values = seats, .valid = NULL},
                                          {.values = since, .valid = NULL}};
    churn_expression *e = compile(
        "{{name | upper}} {{mrr | money | default('free')}} {{vip | yes_no}} {{10 / seats}} "
        "{{since | datetime}} {{since | in_days}}");
    churn_table *table = NULL;
    assert_ok(churn_expression_evaluate_columns(e, columns, COUNT, ROWS, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), ROWS);
    assert_cell(table, 0, 0, "ZO\xC3\xAB free no \xE2\x80\x93 2026-02-01 18:30 yesterday");
    assert_cell(table, 0, 2401, "ZO\xC3\xAB 2,401.00 EUR yes 10 2026-02-01 18:30 yesterday");
    assert_cell(table, 1, 2401, "value");
    assert_cell(table, 2, 2401, NULL);
    churn_table_free(table);
    churn_expression_free(e);
}

static void template__over_a_stream__matches_columns_by_name(void **state)
{
    struct ArrowArrayStream stream = {.release = NULL};
    churn_table *filters = NULL, *table = NULL;
    (void)state;
    assert_ok(churn_template_filters(&filters, NULL));
    assert_ok(churn_table_export(filters, &stream, NULL));
    churn_expression *e = compile("{{name | title}}!");
    assert_ok(churn_expression_evaluate_stream(e, &stream, NULL, &table, NULL));
    assert_int_equal(churn_table_row_count(table), churn_table_row_count(filters));
    assert_cell(table, 0, 0, "Default!");
    churn_table_free(table);
    churn_table_free(filters);
    churn_expression_free(e);
    if (stream.release != NULL) {
        stream.release(&stream);
    }
}

static void template__a_text_over_the_limit__is_an_error_of_its_row(void **state)
{
    static char big[40001];
    const churn_str names[] = {{"small", 5}, {big, 40000}, {"small", 5}};
    const churn_value_column columns[COUNT] = {{.values = names, .valid = NULL}};
    churn_table *table = NULL;
    (void)state;
    memset(big, 'x', sizeof big - 1);
    churn_expression *e = compile("{{name}}{{name}}");
    assert_ok(churn_expression_evaluate_columns(e, columns, COUNT, 3, NULL, &table, NULL));
    assert_cell(table, 0, 0, "smallsmall");
    assert_cell(table, 0, 1, NULL);
    assert_cell(table, 1, 1, "error");
    assert_non_null(strstr(churn_table_string(table, 1, 2).ptr, "string_bytes"));
    assert_cell(table, 0, 2, "smallsmall");
    churn_table_free(table);
    churn_expression_free(e);
}

static void template__of_one_record__takes_room(void **state)
{
    const churn_value values[COUNT] = {{.type = CHURN_TYPE_STRING, .string = {"Acme", 4}},
                                       {0},
                                       {.type = CHURN_TYPE_BOOL, .truth = 5},
                                       {.type = CHURN_TYPE_INT, .integer = 7},
                                       {.type = CHURN_TYPE_TIME, .integer = SINCE_AT}};
    const char expected[] = "Acme \xE2\x80\x93 yes 7 10:30";
    char room[64];
    size_t needed = 0;
    churn_outcome outcome = -1;
    churn_value value = {0};
    churn_table *table = NULL;
    (void)state;
    churn_expression *e =
        compile("{{name}} {{mrr | money}} {{vip | yes_no}} {{seats}} {{since | time('+01:00')}}");
    assert_int_equal(
        churn_expression_evaluate_into(e, values, COUNT, room, 10, &needed, &outcome, &value, NULL),
        CHURN_E_RANGE);
    assert_int_equal(needed, sizeof expected);
    assert_int_equal(outcome, -1);
    assert_ok(churn_expression_evaluate_into(e, values, COUNT, room, sizeof room, &needed, &outcome,
                                             &value, NULL));
    assert_int_equal(outcome, CHURN_OUTCOME_VALUE);
    assert_int_equal(value.type, CHURN_TYPE_STRING);
    assert_ptr_equal(value.string.ptr, room);
    assert_string_equal(room, expected);
    assert_int_equal(churn_expression_evaluate(e, values, COUNT, &outcome, &value, NULL),
                     CHURN_E_UNSUPPORTED);
    assert_int_equal(churn_expression_explain(e, values, COUNT, &table, NULL), CHURN_E_UNSUPPORTED);
    churn_expression_free(e);
}

static void template__a_record_over_the_limit__is_an_error(void **state)
{
    static char big[40000];
    const churn_value values[COUNT] = {{.type = CHURN_TYPE_STRING, .string = {big, sizeof big}}};
    churn_outcome outcome = -1;
    churn_error err = {.struct_size = sizeof err};
    (void)state;
    memset(big, 'x', sizeof big);
    churn_expression *e = compile("{{name}}{{name}}");
    assert_ok(
        churn_expression_evaluate_into(e, values, COUNT, NULL, 0, NULL, &outcome, NULL, &err));
    assert_int_equal(outcome, CHURN_OUTCOME_ERROR);
    assert_non_null(strstr(err.message, "string_bytes"));
    churn_expression_free(e);
}

static void template__bad_options__are_refused(void **state)
{
    churn_expression_options zone = template_options(), currency = template_options();
    churn_expression_options none = template_options();
    churn_error err = {.struct_size = sizeof err};
    churn_expression *e = NULL;
    (void)state;
    zone.time_zone = (churn_str){"Mars/Base", 9};
    currency.currency = (churn_str){"euro", 4};
    none.as_of = 0;
    assert_int_equal(churn_expression_compile("x", 1, NULL, 0, &zone, &e, &err), CHURN_E_ARG);
    assert_non_null(strstr(err.message, "Mars/Base"));
    assert_int_equal(churn_expression_compile("x", 1, NULL, 0, &currency, &e, &err), CHURN_E_ARG);
    assert_int_equal(
        churn_expression_compile("{{since | ago}}", CHURN_NTS, variables, COUNT, &none, &e, &err),
        CHURN_E_PARSE);
    assert_int_equal(
        churn_expression_compile("a\n {{nam}}", CHURN_NTS, variables, COUNT, &none, &e, &err),
        CHURN_E_NOT_FOUND);
    assert_string_equal(err.message, "unknown name `nam`; did you mean `name`?");
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 4);
    assert_null(e);
}

static void filters__as_a_table__have_examples(void **state)
{
    churn_table *table = NULL;
    (void)state;
    assert_int_equal(churn_template_filters(NULL, NULL), CHURN_E_ARG);
    assert_ok(churn_template_filters(&table, NULL));
    assert_int_equal(churn_table_column_count(table), 6);
    assert_cell(table, 0, 0, "default");
    assert_cell(table, 5, 0, "nothing");
    churn_table_free(table);
}

int main(void)
{
    const struct CMUnitTest expr_rendered[] = {
        cmocka_unit_test(template__as_an_expression__is_a_string_never_unknown),
        cmocka_unit_test(template__over_columns__is_a_column_of_texts),
        cmocka_unit_test(template__over_a_stream__matches_columns_by_name),
        cmocka_unit_test(template__a_text_over_the_limit__is_an_error_of_its_row),
        cmocka_unit_test(template__of_one_record__takes_room),
        cmocka_unit_test(template__a_record_over_the_limit__is_an_error),
        cmocka_unit_test(template__bad_options__are_refused),
        cmocka_unit_test(filters__as_a_table__have_examples),
    };
    return RUN_TESTS(expr_rendered);
}
