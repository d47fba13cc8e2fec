/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

/* The public handle, through its header alone. */

static const churn_variable variables[] = {
    {{"score", 5}, CHURN_TYPE_DOUBLE, 0}, {{"customer.plan", 13}, CHURN_TYPE_STRING, 0},
    {{"active", 6}, CHURN_TYPE_BOOL, 0},  {{"seats", 5}, CHURN_TYPE_INT, 0},
    {{"since", 5}, CHURN_TYPE_TIME, 0},
};

#define COUNT 5u

static churn_expression *compile(const char *text)
{
    churn_error err = {.struct_size = sizeof err};
    churn_expression *e = NULL;
    if (churn_expression_compile(text, CHURN_NTS, variables, COUNT, NULL, &e, &err) != CHURN_OK) {
        fail_msg("`%s`: %s", text, err.message);
    }
    return e;
}

static void compile__faults__are_reported(void **state)
{
    (void)state;
    const churn_variable twice[] = {variables[0], variables[0]};
    const churn_variable odd[] = {{{"x", 1}, 9, 0}};
    const churn_variable nameless[] = {{{NULL, 0}, CHURN_TYPE_INT, 0}};
    const churn_expression_options flags = {.struct_size = sizeof flags, .flags = 4};
    const churn_expression_options none = {0};
    churn_error err = {.struct_size = sizeof err};
    churn_expression *e = (churn_expression *)&err;
    const char *t = "true";
    assert_int_equal(churn_expression_compile(NULL, 0, NULL, 0, NULL, &e, &err), CHURN_E_ARG);
    assert_null(e);
    assert_int_equal(churn_expression_compile(t, 4, NULL, 0, NULL, NULL, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_compile(t, 4, NULL, 1, NULL, &e, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_compile(t, 4, twice, 2, NULL, &e, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_compile(t, 4, odd, 1, NULL, &e, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_compile(t, 4, nameless, 1, NULL, &e, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_compile(t, 4, NULL, 0, &flags, &e, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_compile(t, 4, NULL, 0, &none, &e, &err), CHURN_E_ABI);
    assert_int_equal(
        churn_expression_compile("scor > 1", CHURN_NTS, variables, COUNT, NULL, &e, &err),
        CHURN_E_NOT_FOUND);
    assert_string_equal(err.message, "unknown name `scor`; did you mean `score`?");
    assert_int_equal(err.line, 1);
    assert_int_equal(err.column, 1);
    assert_int_equal(churn_expression_compile("true &&\n )", CHURN_NTS, NULL, 0, NULL, &e, &err),
                     CHURN_E_PARSE);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 2);
    assert_null(e);
    churn_expression_free(NULL);
}

static void compile__limits__come_from_the_options(void **state)
{
    (void)state;
    churn_limits limits;
    churn_limits_init(&limits, sizeof limits);
    limits.expression_nodes = 3;
    churn_expression_options options = {.struct_size = sizeof options, .limits = &limits};
    churn_expression *e = NULL;
    assert_ok(churn_expression_compile("1 + 2", 5, NULL, 0, &options, &e, NULL));
    churn_expression_free(e);
    assert_int_equal(churn_expression_compile("1 + 2 + 3", 9, NULL, 0, &options, &e, NULL),
                     CHURN_E_LIMIT);
}

static void expression__answers_about_itself(void **state)
{
    (void)state;
    int64_t live = churn_live_handles();
    churn_expression *e = compile("score < 70 && customer.plan in ['free', 'trial']");
    assert_int_equal(churn_live_handles(), live + 1);
    assert_int_equal(churn_expression_type(e), CHURN_TYPE_BOOL);
    assert_string_equal(churn_expression_text(e).ptr,
                        "score < 70 && customer.plan in ['free', 'trial']");
    assert_true(churn_expression_uses(e, 0));
    assert_true(churn_expression_uses(e, 1));
    assert_false(churn_expression_uses(e, 2));
    assert_false(churn_expression_uses(e, 99));
    assert_true(churn_expression_can_be_unknown(e));
    churn_expression_free(e);
    assert_int_equal(churn_live_handles(), live);
    assert_int_equal(churn_expression_type(NULL), 0);
    assert_int_equal(churn_expression_text(NULL).len, 0);
    assert_false(churn_expression_uses(NULL, 0));
    assert_false(churn_expression_can_be_unknown(NULL));
}

static void evaluate__one_record__gives_value_unknown_or_error(void **state)
{
    (void)state;
    churn_value values[COUNT] = {{.type = CHURN_TYPE_DOUBLE, .number = 60},
                                 {.type = CHURN_TYPE_STRING, .string = {"free", 4}},
                                 {.type = CHURN_TYPE_BOOL, .truth = 1},
                                 {.type = CHURN_TYPE_INT, .integer = 0},
                                 {0}};
    churn_error err = {.struct_size = sizeof err};
    churn_outcome outcome = -1;
    churn_value out = {0};
    churn_expression *e = compile("score < 70 && customer.plan in ['free', 'trial']");
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, &err));
    assert_int_equal(outcome, CHURN_OUTCOME_VALUE);
    assert_int_equal(out.type, CHURN_TYPE_BOOL);
    assert_int_equal(out.truth, 1);
    values[1].type = 0;
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, NULL));
    assert_int_equal(outcome, CHURN_OUTCOME_UNKNOWN);
    assert_int_equal(out.type, 0);
    values[0].number = 80;
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, NULL, NULL));
    assert_int_equal(outcome, CHURN_OUTCOME_VALUE);
    values[0].number = (double)INFINITY;
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, &err));
    assert_int_equal(outcome, CHURN_OUTCOME_UNKNOWN); /* unknown wins over error */
    churn_expression_free(e);

    e = compile("10 / seats");
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, &err));
    assert_int_equal(outcome, CHURN_OUTCOME_ERROR);
    assert_int_equal(err.column, 4);
    assert_string_equal(err.message, "cannot evaluate: an int is divided by zero");
    values[3].integer = 3;
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, &err));
    assert_int_equal(out.integer, 3);
    churn_expression_free(e);
}

static void evaluate__every_type_and_size__comes_back(void **state)
{
    (void)state;
    const churn_value values[COUNT] = {{.type = CHURN_TYPE_DOUBLE, .number = 2.5},
                                       {.type = CHURN_TYPE_STRING, .string = {"free", 4}},
                                       {.type = CHURN_TYPE_BOOL, .truth = 0},
                                       {.type = CHURN_TYPE_INT, .integer = 4},
                                       {.type = CHURN_TYPE_TIME, .integer = 1000000}};
    churn_outcome outcome = -1;
    churn_value out = {0};
    churn_expression *e = compile("since");
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, NULL));
    assert_int_equal(out.type, CHURN_TYPE_TIME);
    assert_int_equal(out.integer, 1000000);
    churn_expression_free(e);
    e = compile("active ? 'yes' : customer.plan");
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, NULL));
    assert_memory_equal(out.string.ptr, "free", 4);
    assert_ptr_equal(out.string.ptr, values[1].string.ptr);
    churn_expression_free(e);
    e = compile("size(customer.plan + '!') == 5"); /* text inside, none as the result */
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, NULL));
    assert_int_equal(out.truth, 1);
    churn_expression_free(e);
    e = compile("customer.plan + '!'");
    assert_int_equal(churn_expression_evaluate(e, values, COUNT, &outcome, &out, NULL),
                     CHURN_E_UNSUPPORTED);
    churn_expression_free(e);

    char big[4096] = "score";
    for (int i = 0; i < 120; i++) { /* more than the frame on the stack holds */
        snprintf(big + strlen(big), 32, " + seats_%d", i % 10);
    }
    for (char *at = big; (at = strstr(at, "seats_")) != NULL; at++) {
        memcpy(at, "score  ", 7);
    }
    strcat(big, " * 2.0 + 1.5 * 3.25 / (7.0 + score)");
    e = compile(big);
    assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, &out, NULL));
    assert_int_equal(outcome, CHURN_OUTCOME_VALUE);
    churn_expression_free(e);
}

static void evaluate_into__text_that_is_made__goes_to_the_room(void **state)
{
    (void)state;
    churn_expression *e = compile("seats > 3 ? customer.plan + '/' + string(score) : 'few'");
    churn_value values[COUNT] = {{.type = CHURN_TYPE_DOUBLE, .number = 61.5},
                                 {.type = CHURN_TYPE_STRING, .string = {"pro", 3}},
                                 {0},
                                 {.type = CHURN_TYPE_INT, .integer = 5},
                                 {0}};
    char room[16];
    size_t needed = 99;
    churn_outcome outcome = 77;
    churn_value out = {.truth = 5};
    churn_error err = {.struct_size = sizeof err};
    memset(room, 'x', sizeof room);
    assert_int_equal(
        churn_expression_evaluate_into(e, values, COUNT, room, 8, &needed, &outcome, &out, &err),
        CHURN_E_RANGE);
    assert_int_equal(needed, 9);
    assert_int_equal(outcome, 77);
    assert_int_equal(out.truth, 5);
    assert_int_equal(room[0], 'x');
    assert_int_equal(
        churn_expression_evaluate_into(e, values, COUNT, NULL, 0, NULL, &outcome, &out, NULL),
        CHURN_E_RANGE);
    assert_ok(
        churn_expression_evaluate_into(e, values, COUNT, NULL, 0, &needed, &outcome, NULL, NULL));
    assert_int_equal(outcome, CHURN_OUTCOME_VALUE);
    assert_ok(
        churn_expression_evaluate_into(e, values, COUNT, room, 9, &needed, &outcome, &out, &err));
    assert_int_equal(needed, 9);
    assert_ptr_equal(out.string.ptr, room);
    assert_string_equal(room, "pro/61.5");
    assert_int_equal(room[9], 'x');
    values[3].type = 0;
    assert_ok(churn_expression_evaluate_into(e, values, COUNT, room, sizeof room, &needed, &outcome,
                                             &out, &err));
    assert_int_equal(outcome, CHURN_OUTCOME_UNKNOWN);
    assert_int_equal(needed, 0);
    assert_int_equal(out.type, 0);
    values[3] = (churn_value){.type = CHURN_TYPE_DOUBLE};
    assert_int_equal(churn_expression_evaluate_into(e, values, COUNT, room, sizeof room, &needed,
                                                    &outcome, &out, &err),
                     CHURN_E_TYPE);
    assert_int_equal(churn_expression_evaluate_into(NULL, values, COUNT, room, sizeof room, &needed,
                                                    &outcome, &out, &err),
                     CHURN_E_ARG);
    churn_expression_free(e);
}

/* Short texts are checked by another way than long ones. */
static void evaluate__texts_of_every_length__are_checked(void **state)
{
    (void)state;
    churn_expression *e = compile("customer.plan == 'x'");
    for (size_t len = 0; len <= 40; len++) {
        char text[41];
        churn_outcome outcome;
        churn_value values[COUNT] = {[1] = {.type = CHURN_TYPE_STRING, .string = {text, len}}};
        memset(text, 'a', sizeof text);
        assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, NULL, NULL));
        for (size_t at = 0; at < len; at++) {
            text[at] = '\xC3';
            assert_int_equal(churn_expression_evaluate(e, values, COUNT, &outcome, NULL, NULL),
                             CHURN_E_UTF8);
            if (at + 1 < len) {
                text[at + 1] = '\xA9';
                assert_ok(churn_expression_evaluate(e, values, COUNT, &outcome, NULL, NULL));
                text[at + 1] = 'a';
            }
            text[at] = 'a';
        }
    }
    churn_expression_free(e);
}

static void explain__one_record__is_a_table(void **state)
{
    (void)state;
    churn_expression *e = compile("score < 70 && active");
    churn_value values[COUNT] = {{.type = CHURN_TYPE_DOUBLE, .number = 61.5}};
    churn_table *t = NULL;
    assert_ok(churn_expression_explain(e, values, COUNT, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 4);
    assert_int_equal(churn_table_column_count(t), 8);
    assert_string_equal(churn_table_string(t, 0, churn_table_find(t, "because", CHURN_NTS)).ptr,
                        "active");
    assert_string_equal(churn_table_string(t, 1, churn_table_find(t, "value", CHURN_NTS)).ptr,
                        "true");
    assert_false(churn_table_bool(t, 1, churn_table_find(t, "decided", CHURN_NTS)));
    churn_table_free(t);
    values[0].type = CHURN_TYPE_INT;
    assert_int_equal(churn_expression_explain(e, values, COUNT, &t, NULL), CHURN_E_TYPE);
    assert_null(t);
    assert_int_equal(churn_expression_explain(NULL, values, COUNT, &t, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_explain(e, values, COUNT, NULL, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_explain(e, NULL, COUNT, &t, NULL), CHURN_E_ARG);
    assert_int_equal(churn_expression_explain(e, values, 1, &t, NULL), CHURN_E_ARG);
    churn_expression_free(e);
}

static void evaluate__faults__are_reported(void **state)
{
    (void)state;
    churn_value values[COUNT] = {{.type = CHURN_TYPE_INT},
                                 {.type = CHURN_TYPE_STRING, .string = {"\xFF", 1}}};
    churn_outcome outcome = -1;
    churn_error err = {.struct_size = sizeof err};
    churn_expression *e = compile("score < 70 && customer.plan == 'x'");
    assert_int_equal(churn_expression_evaluate(NULL, values, COUNT, &outcome, NULL, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate(e, NULL, COUNT, &outcome, NULL, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate(e, values, COUNT, NULL, NULL, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate(e, values, 2, &outcome, NULL, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate(e, values, COUNT, &outcome, NULL, &err),
                     CHURN_E_TYPE);
    assert_string_equal(err.message, "variable `score` is declared double: another type was given");
    values[0].type = 0;
    assert_int_equal(churn_expression_evaluate(e, values, COUNT, &outcome, NULL, &err),
                     CHURN_E_UTF8);
    values[1].string = (churn_str){NULL, 3};
    assert_int_equal(churn_expression_evaluate(e, values, COUNT, &outcome, NULL, &err),
                     CHURN_E_ARG);
    assert_int_equal(outcome, -1);
    churn_expression_free(e);
}

/* ---- columns ---- */

#define ROWS 2500u

static double score[ROWS];
static churn_str plan[ROWS];
static uint8_t active[ROWS];
static int64_t seats[ROWS];
static uint8_t valid[ROWS / 8 + 1];

static void fill_columns(churn_value_column columns[COUNT])
{
    static const char *const plans[] = {"free", "pro", "trial"};
    memset(valid, 0, sizeof valid);
    for (uint32_t i = 0; i < ROWS; i++) {
        score[i] = i % 100;
        plan[i] = (churn_str){plans[i % 3], strlen(plans[i % 3])};
        active[i] = i % 2 == 0;
        seats[i] = i % 5;
        valid[i / 8] = (uint8_t)(valid[i / 8] | ((i % 7 != 0) << (i % 8)));
    }
    memset(columns, 0, COUNT * sizeof *columns);
    columns[0] = (churn_value_column){.values = score, .valid = valid};
    columns[1].values = plan;
    columns[2].values = active;
    columns[3].values = seats;
}

static void evaluate_columns__rows_over_several_chunks__are_right(void **state)
{
    (void)state;
    churn_value_column columns[COUNT];
    churn_table *t = NULL;
    fill_columns(columns);
    churn_expression *e = compile("score < 50 && customer.plan != 'pro' && 10 / seats > 0");
    assert_ok(churn_expression_evaluate_columns(e, columns, COUNT, ROWS, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), ROWS);
    assert_string_equal(churn_table_column_name(t, 0), "value");
    assert_string_equal(churn_table_column_name(t, 1), "outcome");
    assert_string_equal(churn_table_column_name(t, 2), "error");
    for (uint32_t i = 0; i < ROWS; i++) {
        bool known = i % 7 != 0, low = known && i % 100 < 50, high = known && !low;
        bool no = high || i % 3 == 1;
        const char *want = no ? "value" : !known ? "unknown" : i % 5 == 0 ? "error" : "value";
        assert_string_equal(churn_table_string(t, i, 1).ptr, want);
        assert_int_equal(churn_table_is_null(t, i, 0), want[0] != 'v');
        assert_int_equal(churn_table_bool(t, i, 0), want[0] == 'v' && !no);
        assert_int_equal(churn_table_is_null(t, i, 2), want[0] != 'e');
    }
    assert_string_equal(churn_table_string(t, 5, 2).ptr,
                        "1:44: cannot evaluate: an int is divided by zero");
    churn_table_free(t);
    churn_expression_free(e);
}

static void evaluate_columns__text_that_is_made__is_held_by_the_table(void **state)
{
    (void)state;
    churn_value_column columns[COUNT];
    churn_table *t = NULL;
    fill_columns(columns);
    churn_expression *e = compile("customer.plan + ':' + string(seats)");
    assert_ok(churn_expression_evaluate_columns(e, columns, COUNT, ROWS, NULL, &t, NULL));
    churn_expression_free(e);
    assert_string_equal(churn_table_string(t, 0, 0).ptr, "free:0");
    assert_string_equal(churn_table_string(t, 2204, 0).ptr, "trial:4");
    churn_table_free(t);
}

static void evaluate_columns__constant_and_no_rows__work(void **state)
{
    (void)state;
    churn_value_column columns[COUNT] = {{0}};
    churn_table *t = NULL;
    churn_expression *e = compile("1 + 1");
    assert_ok(churn_expression_evaluate_columns(e, columns, COUNT, 3, NULL, &t, NULL));
    assert_int_equal(churn_table_int(t, 2, 0), 2);
    churn_table_free(t);
    churn_expression_free(e);
    e = compile("score");
    assert_ok(churn_expression_evaluate_columns(e, columns, COUNT, 0, NULL, &t, NULL));
    assert_int_equal(churn_table_row_count(t), 0);
    churn_table_free(t);
    churn_expression_free(e);
}

static void evaluate_columns__faults__are_reported(void **state)
{
    (void)state;
    churn_value_column columns[COUNT];
    churn_error err = {.struct_size = sizeof err};
    churn_cancel *cancel = NULL;
    churn_table *t = NULL;
    fill_columns(columns);
    churn_expression *e = compile("score < 50 && customer.plan != 'pro'");
    assert_int_equal(churn_expression_evaluate_columns(NULL, columns, COUNT, 1, NULL, &t, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_columns(e, NULL, COUNT, 1, NULL, &t, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_columns(e, columns, 1, 1, NULL, &t, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_columns(e, columns, COUNT, 1, NULL, NULL, &err),
                     CHURN_E_ARG);
    plan[1030] = (churn_str){"\xC3", 1};
    assert_int_equal(churn_expression_evaluate_columns(e, columns, COUNT, ROWS, NULL, &t, &err),
                     CHURN_E_UTF8);
    assert_int_equal(err.row, 1030);
    columns[1].values = NULL;
    assert_int_equal(churn_expression_evaluate_columns(e, columns, COUNT, 1, NULL, &t, &err),
                     CHURN_E_ARG);
    columns[1].values = plan;
    assert_ok(churn_cancel_create(&cancel, NULL));
    churn_cancel_set(cancel);
    assert_int_equal(churn_expression_evaluate_columns(e, columns, COUNT, ROWS, cancel, &t, &err),
                     CHURN_E_CANCELLED);
    assert_null(t);
    churn_cancel_free(cancel);
    churn_expression_free(e);
}

/* ---- streams: what one expression gives, another takes ---- */

static churn_table *table_of(const char *text)
{
    churn_value_column columns[COUNT];
    churn_table *t = NULL;
    fill_columns(columns);
    churn_expression *e = compile(text);
    assert_ok(churn_expression_evaluate_columns(e, columns, COUNT, ROWS, NULL, &t, NULL));
    churn_expression_free(e);
    return t;
}

static void evaluate_stream__columns_by_name__give_the_same(void **state)
{
    (void)state;
    const churn_variable names[] = {{{"unused", 6}, CHURN_TYPE_TIME, 0},
                                    {{"outcome", 7}, CHURN_TYPE_STRING, 0},
                                    {{"value", 5}, CHURN_TYPE_DOUBLE, 0}};
    churn_table *from = table_of("score"), *to = NULL;
    churn_expression *e = NULL;
    struct ArrowArrayStream stream = {0};
    assert_ok(churn_expression_compile("outcome == 'unknown' || value > 97", CHURN_NTS, names, 3,
                                       NULL, &e, NULL));
    assert_ok(churn_table_export(from, &stream, NULL));
    assert_ok(churn_expression_evaluate_stream(e, &stream, NULL, &to, NULL));
    assert_null(stream.release);
    assert_int_equal(churn_table_row_count(to), ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_false(churn_table_is_null(to, i, 0));
        assert_int_equal(churn_table_bool(to, i, 0), i % 7 == 0 || i % 100 > 97);
    }
    churn_table_free(to);
    churn_expression_free(e);
    churn_table_free(from);
}

/* Durations leave as nanoseconds of Arrow, and come back as what they were. */
static void evaluate_stream__durations__stay_durations(void **state)
{
    (void)state;
    const churn_variable at = {{"at", 2}, CHURN_TYPE_TIME, 0};
    const churn_variable value = {{"value", 5}, CHURN_TYPE_DURATION, 0};
    const churn_time times[] = {0, 90 * INT64_C(1000000), 0};
    const uint8_t both[] = {0x3};
    const churn_value_column columns[] = {{.values = times, .valid = both}};
    churn_table *spans = NULL, *to = NULL;
    churn_expression *e = NULL, *twice = NULL;
    struct ArrowArrayStream stream = {0};
    assert_ok(churn_expression_compile("at - timestamp(0)", CHURN_NTS, &at, 1, NULL, &e, NULL));
    assert_ok(churn_expression_evaluate_columns(e, columns, 1, 3, NULL, &spans, NULL));
    assert_int_equal(churn_table_column_type(spans, 0), CHURN_COLUMN_DURATION);
    assert_true(churn_table_int(spans, 1, 0) == INT64_C(90000000000));
    assert_true(churn_table_is_null(spans, 2, 0));
    assert_ok(churn_table_export(spans, &stream, NULL));
    assert_ok(churn_expression_compile("value + value", CHURN_NTS, &value, 1, NULL, &twice, NULL));
    assert_ok(churn_expression_evaluate_stream(twice, &stream, NULL, &to, NULL));
    assert_true(churn_table_int(to, 0, 0) == 0);
    assert_true(churn_table_int(to, 1, 0) == INT64_C(180000000000));
    assert_true(churn_table_is_null(to, 2, 0));
    churn_table_free(to);
    churn_table_free(spans);
    churn_expression_free(twice);
    churn_expression_free(e);
}

static void evaluate_stream__wrong_columns__are_errors(void **state)
{
    (void)state;
    const churn_variable names[] = {{{"absent", 6}, CHURN_TYPE_INT, 0},
                                    {{"value", 5}, CHURN_TYPE_STRING, 0}};
    churn_table *from = table_of("score"), *to = NULL;
    churn_error err = {.struct_size = sizeof err};
    struct ArrowArrayStream stream = {0};
    churn_expression *e = NULL;
    assert_ok(churn_expression_compile("absent > 1", CHURN_NTS, names, 2, NULL, &e, NULL));
    assert_ok(churn_table_export(from, &stream, NULL));
    assert_int_equal(churn_expression_evaluate_stream(e, &stream, NULL, &to, &err),
                     CHURN_E_NOT_FOUND);
    assert_string_equal(err.message, "the stream has no column `absent`");
    assert_int_equal(churn_expression_evaluate_stream(e, NULL, NULL, &to, &err), CHURN_E_ARG);
    assert_int_equal(churn_expression_evaluate_stream(e, &stream, NULL, NULL, &err), CHURN_E_ARG);
    if (stream.release != NULL) {
        stream.release(&stream);
    }
    churn_expression_free(e);
    assert_ok(churn_expression_compile("value == 'x'", CHURN_NTS, names, 2, NULL, &e, NULL));
    assert_ok(churn_table_export(from, &stream, NULL));
    assert_int_equal(churn_expression_evaluate_stream(e, &stream, NULL, &to, &err), CHURN_E_TYPE);
    assert_null(to);
    if (stream.release != NULL) {
        stream.release(&stream);
    }
    churn_expression_free(e);
    churn_table_free(from);
}

static void free_nothing(struct ArrowArray *array)
{
    array->release = NULL;
}

static void free_no_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void free_no_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

/* A stream of one date, the furthest that 32 bits can name. */
static int far_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    static struct ArrowSchema day, *days = &day;
    (void)stream;
    day = (struct ArrowSchema){.format = "tdD", .name = "t", .release = free_no_schema};
    *out = (struct ArrowSchema){
        .format = "+s", .n_children = 1, .children = &days, .release = free_no_schema};
    return 0;
}

static int far_batch(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    static const int32_t days[] = {INT32_MAX};
    static const void *none[] = {NULL}, *buffers[] = {NULL, days};
    static struct ArrowArray column, *columns = &column;
    (void)stream;
    column = (struct ArrowArray){
        .length = 1, .n_buffers = 2, .buffers = buffers, .release = free_nothing};
    *out = (struct ArrowArray){.length = 1,
                               .n_buffers = 1,
                               .buffers = none,
                               .n_children = 1,
                               .children = &columns,
                               .release = free_nothing};
    return 0;
}

static void evaluate_stream__date_of_no_year__type_with_row(void **state)
{
    const churn_variable names[] = {{{"t", 1}, CHURN_TYPE_TIME, 0}};
    struct ArrowArrayStream stream = {
        .get_schema = far_schema, .get_next = far_batch, .release = free_no_stream};
    churn_error err = {.struct_size = sizeof err};
    churn_expression *e = NULL;
    churn_table *to = NULL;
    (void)state;
    assert_ok(churn_expression_compile("t > timestamp('2020-01-01T00:00:00Z')", CHURN_NTS, names, 1,
                                       NULL, &e, NULL));
    assert_int_equal(churn_expression_evaluate_stream(e, &stream, NULL, &to, &err), CHURN_E_TYPE);
    assert_int_equal(err.row, 0);
    assert_null(to);
    churn_expression_free(e);
}

/* ---- no memory ---- */

typedef struct scarce {
    uint64_t calls, fail_at; /* the call that fails; all from then on if `for_ever` */
    bool for_ever;
    int64_t bytes;
} scarce;

static void *scarce_resize(void *user_data, void *ptr, size_t old_size, size_t new_size)
{
    scarce *s = user_data;
    if (new_size > 0) {
        s->calls++;
        if (s->calls == s->fail_at || (s->for_ever && s->calls > s->fail_at)) {
            return NULL;
        }
    }
    s->bytes += (int64_t)new_size - (int64_t)(ptr != NULL ? old_size : 0);
    if (new_size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, new_size);
}

static churn_status use_everything(const churn_allocator *allocator)
{
    const churn_expression_options options = {.struct_size = sizeof options,
                                              .allocator = allocator};
    churn_value_column columns[COUNT];
    churn_value values[COUNT] = {{.type = CHURN_TYPE_DOUBLE, .number = 1},
                                 {.type = CHURN_TYPE_STRING, .string = {"x", 1}},
                                 {0},
                                 {.type = CHURN_TYPE_INT, .integer = 0}};
    churn_outcome outcome = 0;
    churn_expression *e = NULL;
    churn_table *t = NULL;
    fill_columns(columns);
    churn_status st = churn_expression_compile(
        "customer.plan + '-' + string(seats) in ['free-1', 'x' + 'y', customer.plan] || 1 / seats > 2",
        CHURN_NTS, variables, COUNT, &options, &e, NULL);
    if (st == CHURN_OK) {
        st = churn_expression_evaluate(e, values, COUNT, &outcome, NULL, NULL);
    }
    if (st == CHURN_OK) {
        st = churn_expression_evaluate_columns(e, columns, COUNT, ROWS, NULL, &t, NULL);
    }
    churn_table_free(t);
    churn_expression_free(e);
    return st;
}

static void expression__every_allocation_fails__nothing_leaks(void **state)
{
    (void)state;
    int64_t live = churn_live_handles();
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        churn_status st = CHURN_E_NOMEM;
        uint64_t n = 1;
        for (; st != CHURN_OK && n < 20000; n++) {
            scarce s = {.fail_at = n, .for_ever = for_ever != 0};
            const churn_allocator allocator = {.user_data = &s, .resize = scarce_resize};
            st = use_everything(&allocator);
            assert_true(st == CHURN_OK || st == CHURN_E_NOMEM);
            assert_int_equal(s.bytes, 0);
        }
        assert_int_equal(st, CHURN_OK);
        assert_true(n > 20);
    }
    assert_int_equal(churn_live_handles(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compile__faults__are_reported),
        cmocka_unit_test(compile__limits__come_from_the_options),
        cmocka_unit_test(expression__answers_about_itself),
        cmocka_unit_test(evaluate__one_record__gives_value_unknown_or_error),
        cmocka_unit_test(evaluate__every_type_and_size__comes_back),
        cmocka_unit_test(evaluate_into__text_that_is_made__goes_to_the_room),
        cmocka_unit_test(evaluate__texts_of_every_length__are_checked),
        cmocka_unit_test(explain__one_record__is_a_table),
        cmocka_unit_test(evaluate__faults__are_reported),
        cmocka_unit_test(evaluate_columns__rows_over_several_chunks__are_right),
        cmocka_unit_test(evaluate_columns__text_that_is_made__is_held_by_the_table),
        cmocka_unit_test(evaluate_columns__constant_and_no_rows__work),
        cmocka_unit_test(evaluate_columns__faults__are_reported),
        cmocka_unit_test(evaluate_stream__columns_by_name__give_the_same),
        cmocka_unit_test(evaluate_stream__durations__stay_durations),
        cmocka_unit_test(evaluate_stream__wrong_columns__are_errors),
        cmocka_unit_test(evaluate_stream__date_of_no_year__type_with_row),
        cmocka_unit_test(expression__every_allocation_fails__nothing_leaks),
    };
    return RUN_TESTS(tests);
}
