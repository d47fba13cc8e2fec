/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "expr/kernels.h"

/*
 * Many rows at once through the public header, on every set of kernels that runs here, beside the
 * same rows one by one.
 */

enum { SCORE, PLAN, ACTIVE, SEATS, SINCE, TEAM, NAMES };

static const churn_variable variables[NAMES] = {
    {{"score", 5}, CHURN_TYPE_DOUBLE, 0}, {{"plan", 4}, CHURN_TYPE_STRING, 0},
    {{"active", 6}, CHURN_TYPE_BOOL, 0},  {{"seats", 5}, CHURN_TYPE_INT, 0},
    {{"since", 5}, CHURN_TYPE_TIME, 0},   {{"team", 4}, CHURN_TYPE_STRING, 0},
};

#define MOST 2113u

static double score[MOST];
static churn_str plan[MOST], team[MOST];
static uint8_t active[MOST], bits[NAMES][MOST / 8 + 9];
static int64_t seats[MOST], since[MOST];
static uint32_t plan_codes[MOST], team_codes[MOST];

static const churn_str words[] = {
    {"free", 4}, {"trial", 5}, {"pro", 3}, {"", 0}, {"enterprise plus", 15}, {"12", 2}, {"-7", 2},
};
#define WORDS (sizeof words / sizeof *words)
static char many_bytes[100][8];
static churn_str many_words[100];

static uint64_t seed = 11;

static uint32_t pick(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

/* Rows of which about one in ten is missing, with odd numbers where `odd`. */
static void make_rows(bool odd)
{
    memset(bits, 0, sizeof bits);
    for (uint32_t i = 0; i < 100; i++) {
        snprintf(many_bytes[i], sizeof many_bytes[i], "team%u", i);
        many_words[i] = (churn_str){many_bytes[i], strlen(many_bytes[i])};
    }
    for (uint32_t i = 0; i < MOST; i++) {
        score[i] = (double)pick(100) - 10;
        if (odd && pick(20) == 0) {
            const double far[] = {(double)NAN, (double)INFINITY,  -(double)INFINITY, -0.0,
                                  1e300,       9007199254740992.0};
            score[i] = far[pick(6)];
        }
        plan_codes[i] = pick(WORDS);
        plan[i] = words[plan_codes[i]];
        team_codes[i] = pick(100);
        team[i] = many_words[team_codes[i]];
        active[i] = pick(2) != 0;
        seats[i] = odd && pick(30) == 0 ? (pick(2) != 0 ? INT64_MAX : INT64_MIN) : (int)pick(9) - 2;
        if (odd && pick(30) == 0) { /* between doubles */
            seats[i] = (INT64_C(1) << 53) - 2 + (int)pick(5);
        }
        since[i] = (int64_t)pick(4000) * INT64_C(86400000000);
        for (unsigned c = 0; c < NAMES; c++) {
            bits[c][i / 8] = (uint8_t)(bits[c][i / 8] | ((pick(10) != 0) << (i % 8)));
        }
    }
}

static void point(churn_value_column *columns, bool with_missing, bool coded)
{
    const void *values[] = {score, plan, active, seats, since, team};
    memset(columns, 0, NAMES * sizeof *columns);
    for (unsigned c = 0; c < NAMES; c++) {
        columns[c].values = values[c];
        columns[c].valid = with_missing ? bits[c] : NULL;
    }
    if (coded) {
        columns[PLAN] = (churn_value_column){.valid = columns[PLAN].valid,
                                             .codes = plan_codes,
                                             .dictionary = words,
                                             .dictionary_count = WORDS};
        columns[TEAM] = (churn_value_column){.valid = columns[TEAM].valid,
                                             .codes = team_codes,
                                             .dictionary = many_words,
                                             .dictionary_count = 100};
    }
}

static void record(const churn_value_column *columns, uint32_t row, churn_value *out)
{
    const churn_value all[] = {{.type = CHURN_TYPE_DOUBLE, .number = score[row]},
                               {.type = CHURN_TYPE_STRING, .string = plan[row]},
                               {.type = CHURN_TYPE_BOOL, .truth = active[row]},
                               {.type = CHURN_TYPE_INT, .integer = seats[row]},
                               {.type = CHURN_TYPE_TIME, .integer = since[row]},
                               {.type = CHURN_TYPE_STRING, .string = team[row]}};
    for (unsigned c = 0; c < NAMES; c++) {
        bool there = columns[c].valid == NULL || (columns[c].valid[row / 8] >> row % 8 & 1) != 0;
        out[c] = there ? all[c] : (churn_value){0};
    }
}

static churn_expression *compile(const char *text, uint32_t flags)
{
    churn_error err = {.struct_size = sizeof err};
    const churn_expression_options options = {.struct_size = sizeof options, .flags = flags};
    churn_expression *e = NULL;
    if (churn_expression_compile(text, CHURN_NTS, variables, NAMES, &options, &e, &err) !=
        CHURN_OK) {
        fail_msg("`%s`: %s", text, err.message);
    }
    return e;
}

static const char *const texts[] = {
    "score < 70.0",
    "score >= 20.0 && score < 60.0 && seats != 0",
    "(score < 70.0 && seats == 0) || (seats >= 3 && score > 7.0) || plan in ['free', 'trial']",
    "plan == 'enterprise plus' || plan != 'free' && team.contains('7')",
    "team.startsWith('team1') || team.endsWith('9') || plan.contains('r')",
    "size(team) > 5 && size(plan) == 3",
    "team == 'team42' || team in ['team1','team2','team3','team4','team5','team6','team7','team8']",
    "int(plan) > 3 || active",
    "int(plan) + seats",
    "seats / (seats - 1) > 1 && seats % 3 == 1",
    "seats + 1",
    "seats * 4611686018427387904",
    "-seats",
    "score * 2.0 - 5.0 / score",
    "score + 1.5 < score * 1.25",
    "double(seats) * 0.5",
    "active ? score : double(seats)",
    "active ? seats : -seats",
    "has(score) ? score < 50.0 : active",
    "active == (score < 20.0)",
    "!active || has(plan)",
    "active",
    "seats < 2.5",
    "seats == 3.0 || seats >= -1.5 || seats != 1e300",
    "seats < score",
    "score == seats || score + 1.0 >= seats && seats != score",
    "seats <= score * 0.5",
    "seats in [1, 2, 3] || score in [5.0, 7.0, 11.0]",
    "math.least(seats, 3)",
    "math.greatest(score, 5.0) > 20.0 && plan.matches('^(f|t)r')",
    "since",
    "since > timestamp('1975-01-01T00:00:00Z')",
    "plan < team",
    "true",
    "1 / 0 > 0 || score > 5.0",
    "seats > 2 && seats > 2 && active && !active",
    "(seats > 2 || active) && (seats > 2 || score < 5.0) && (seats > 2 || active)",
};
#define TEXTS (sizeof texts / sizeof *texts)

static uint64_t bits_of_value(const churn_value *value)
{
    uint64_t word = (uint64_t)value->integer;
    if (value->type == CHURN_TYPE_DOUBLE) {
        memcpy(&word, &value->number, sizeof word);
    }
    return value->type == CHURN_TYPE_BOOL ? value->truth != 0 : word;
}

static void check_counts(const char *text, const churn_expression_counts *counts,
                         const uint64_t outcomes[3], const uint64_t truths[2])
{
    if (counts->value_rows != outcomes[0] || counts->unknown_rows != outcomes[1] ||
        counts->error_rows != outcomes[2] || counts->true_rows != truths[1] ||
        counts->false_rows != truths[0]) {
        fail_msg("`%s` is counted wrongly", text);
    }
}

/* Rows one by one are the truth. */
static void check_fill(const char *text, uint32_t flags, const churn_value_column *columns,
                       uint32_t rows)
{
    static uint64_t values[MOST];
    static uint8_t valid[MOST / 8 + 1];
    churn_error err = {.struct_size = sizeof err};
    churn_expression_counts counts = {.struct_size = sizeof counts};
    churn_expression *e = compile(text, flags);
    bool is_bool = churn_expression_type(e) == CHURN_TYPE_BOOL;
    uint64_t outcomes[3] = {0}, truths[2] = {0};
    assert_ok(churn_expression_fill(e, columns, NAMES, rows, NULL, values, valid, &counts, &err));
    for (uint32_t row = 0; row < rows; row++) {
        churn_value given[NAMES], value = {0};
        churn_outcome outcome;
        record(columns, row, given);
        assert_ok(churn_expression_evaluate(e, given, NAMES, &outcome, &value, &err));
        uint64_t got = is_bool ? ((uint8_t *)values)[row] : values[row];
        uint64_t wanted = outcome == CHURN_OUTCOME_VALUE ? bits_of_value(&value) : 0;
        bool there = (valid[row / 8] >> row % 8 & 1) != 0;
        if (there != (outcome == CHURN_OUTCOME_VALUE) || got != wanted) {
            fail_msg("row %u of `%s` with %s: %d %llx, wanted %d %llx", row, text,
                     churn__expr_kernels()->name, there, (unsigned long long)got, outcome,
                     (unsigned long long)wanted);
        }
        outcomes[outcome]++;
        truths[value.truth != 0] += is_bool && outcome == CHURN_OUTCOME_VALUE ? 1 : 0;
    }
    check_counts(text, &counts, outcomes, truths);
    churn_expression_free(e);
}

static const uint32_t edges[] = {0, 1, 7, 63, 64, 65, 127, 1023, 1024, 1025, 1089, MOST};

static void fill__on_all_kernels__is_what_single_rows_give(void **state)
{
    (void)state;
    const expr_kernels *kernels;
    for (uint32_t k = 0; (kernels = churn__expr_kernels_at(k)) != NULL; k++) {
        churn__expr_kernels_force(kernels);
        for (unsigned form = 0; form < 8; form++) {
            churn_value_column columns[NAMES];
            make_rows((form & 1) != 0);
            point(columns, (form & 2) != 0, (form & 4) != 0);
            for (size_t i = 0; i < TEXTS; i++) {
                check_fill(texts[i], 0, columns, edges[(i + form) % 12]);
                check_fill(texts[i], 0, columns, 1100 + (uint32_t)i);
            }
        }
    }
    churn__expr_kernels_force(NULL);
}

static void fill__edges_of_chunks__are_kept(void **state)
{
    (void)state;
    churn_value_column columns[NAMES];
    make_rows(true);
    for (unsigned form = 0; form < 4; form++) {
        point(columns, (form & 1) != 0, (form & 2) != 0);
        for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
            check_fill(texts[2], 0, columns, edges[i]);
            check_fill("score + 1.0", CHURN_EXPRESSION_STRICT_CEL, columns, edges[i]);
        }
    }
}

static void fill__faults__are_reported(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    churn_value_column columns[NAMES];
    churn_expression_counts counts = {.struct_size = 8};
    uint8_t values[64];
    make_rows(false);
    point(columns, false, true);
    churn_expression *e = compile("plan == 'free'", 0), *text = compile("plan", 0);
    assert_int_equal(churn_expression_fill(NULL, columns, NAMES, 9, NULL, values, NULL, NULL, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_fill(e, columns, 1, 9, NULL, values, NULL, NULL, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_expression_fill(e, columns, NAMES, 9, NULL, values, NULL, &counts, &err),
                     CHURN_E_ABI);
    assert_int_equal(churn_expression_fill(text, columns, NAMES, 9, NULL, values, NULL, NULL, &err),
                     CHURN_E_UNSUPPORTED);
    plan_codes[3] = WORDS;
    assert_int_equal(churn_expression_fill(e, columns, NAMES, 9, NULL, values, NULL, NULL, &err),
                     CHURN_E_ARG);
    assert_int_equal(err.row, 3);
    uint8_t some = 0xf7; /* where it is missing any code will do */
    columns[PLAN].valid = &some;
    assert_ok(churn_expression_fill(e, columns, NAMES, 8, NULL, values, NULL, NULL, &err));
    columns[PLAN].dictionary = NULL;
    assert_int_equal(churn_expression_fill(e, columns, NAMES, 8, NULL, values, NULL, NULL, &err),
                     CHURN_E_ARG);
    const churn_str bad = {"\xff", 1};
    columns[PLAN] = (churn_value_column){.codes = plan_codes, .dictionary = &bad};
    columns[PLAN].dictionary_count = 1;
    assert_int_equal(churn_expression_fill(e, columns, NAMES, 8, NULL, values, NULL, NULL, &err),
                     CHURN_E_UTF8);
    columns[SCORE].codes = plan_codes;
    churn_expression *number = compile("score", 0);
    assert_int_equal(
        churn_expression_fill(number, columns, NAMES, 8, NULL, values, NULL, NULL, &err),
        CHURN_E_ARG);
    churn_expression_free(e);
    churn_expression_free(text);
    churn_expression_free(number);
}

/* ---- many ---- */

static void many__in_one_plan__are_what_each_gives(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    churn_expression *rules[TEXTS];
    churn_value_column columns[NAMES];
    churn_table *all = NULL;
    for (size_t i = 0; i < TEXTS; i++) {
        rules[i] = compile(texts[i], 0);
    }
    for (unsigned form = 0; form < 8; form++) {
        make_rows((form & 1) != 0);
        point(columns, (form & 2) != 0, (form & 4) != 0);
        assert_ok(churn_expressions_evaluate_columns((const churn_expression *const *)rules, TEXTS,
                                                     NULL, columns, NAMES, MOST, NULL, &all, &err));
        assert_int_equal(churn_table_column_count(all), TEXTS);
        for (uint32_t i = 0; i < TEXTS; i++) {
            churn_table *one = NULL;
            assert_ok(churn_expression_evaluate_columns(rules[i], columns, NAMES, MOST, NULL, &one,
                                                        &err));
            for (uint32_t row = 0; row < MOST; row++) {
                bool same = churn_table_is_null(all, row, i) == churn_table_is_null(one, row, 0) &&
                            churn_table_double(all, row, i) == churn_table_double(one, row, 0) &&
                            churn_table_int(all, row, i) == churn_table_int(one, row, 0);
                if (!same) {
                    fail_msg("row %u of `%s`", row, texts[i]);
                }
            }
            churn_table_free(one);
        }
        churn_table_free(all);
    }
    for (size_t i = 0; i < TEXTS; i++) {
        churn_expression_free(rules[i]);
    }
}

static void many__filled_and_streamed__agree(void **state)
{
    (void)state;
    static uint8_t first[MOST], second[MOST];
    void *const values[] = {first, second};
    const churn_str names[] = {{"low", 3}, {"mixed", 5}};
    churn_error err = {.struct_size = sizeof err};
    churn_value_column columns[NAMES];
    churn_expression_counts counts[] = {{.struct_size = sizeof *counts},
                                        {.struct_size = sizeof *counts}};
    churn_expression *rules[] = {compile(texts[0], 0), compile(texts[2], 0)};
    churn_expression *columns_too = compile("score", 0), *plans = compile("plan", 0);
    const churn_expression *const each[] = {columns_too, plans, compile("seats", 0)};
    const churn_str as[] = {variables[SCORE].name, variables[PLAN].name, variables[SEATS].name};
    struct ArrowArrayStream stream = {.release = NULL};
    churn_table *source = NULL, *out = NULL;
    make_rows(false);
    point(columns, true, true);
    assert_ok(churn_expressions_fill((const churn_expression *const *)rules, 2, columns, NAMES,
                                     MOST, NULL, values, NULL, counts, &err));
    assert_ok(
        churn_expressions_evaluate_columns(each, 3, as, columns, NAMES, MOST, NULL, &source, &err));
    assert_ok(churn_table_export(source, &stream, &err));
    assert_ok(churn_expressions_evaluate_stream((const churn_expression *const *)rules, 2, names,
                                                &stream, NULL, &out, &err));
    assert_string_equal(churn_table_column_name(out, 1), "mixed");
    for (uint32_t c = 0; c < 2; c++) {
        uint64_t is_true = 0;
        for (uint32_t row = 0; row < MOST; row++) {
            const uint8_t *filled = values[c];
            assert_int_equal(churn_table_bool(out, row, c), filled[row]);
            is_true += filled[row];
        }
        assert_int_equal(is_true, counts[c].true_rows);
        churn_expression_free(rules[c]);
    }
    churn_table_free(out);
    churn_table_free(source);
    for (size_t i = 0; i < 3; i++) {
        churn_expression_free((churn_expression *)(uintptr_t)each[i]);
    }
}

static void many__faults__are_reported(void **state)
{
    (void)state;
    churn_error err = {.struct_size = sizeof err};
    churn_expression *other = NULL;
    churn_table *out = NULL;
    assert_ok(churn_expression_compile("true", 4, variables, 2, NULL, &other, &err));
    churn_expression *e = compile("true", 0);
    const churn_expression *const differ[] = {e, other}, *const none[] = {e, NULL};
    assert_int_equal(
        churn_expressions_evaluate_columns(differ, 2, NULL, NULL, NAMES, 0, NULL, &out, &err),
        CHURN_E_ARG);
    assert_int_equal(
        churn_expressions_evaluate_columns(none, 2, NULL, NULL, NAMES, 0, NULL, &out, &err),
        CHURN_E_ARG);
    assert_int_equal(
        churn_expressions_evaluate_columns(none, 0, NULL, NULL, NAMES, 0, NULL, &out, &err),
        CHURN_E_ARG);
    assert_int_equal(churn_expressions_evaluate_stream(differ, 1, NULL, NULL, NULL, &out, &err),
                     CHURN_E_ARG);
    assert_int_equal(churn_expressions_fill(NULL, 1, NULL, 0, 0, NULL, NULL, NULL, NULL, &err),
                     CHURN_E_ARG);
    assert_null(out);
    churn_expression_free(other);
    churn_expression_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fill__on_all_kernels__is_what_single_rows_give),
        cmocka_unit_test(fill__edges_of_chunks__are_kept),
        cmocka_unit_test(fill__faults__are_reported),
        cmocka_unit_test(many__in_one_plan__are_what_each_gives),
        cmocka_unit_test(many__filled_and_streamed__agree),
        cmocka_unit_test(many__faults__are_reported),
    };
    return RUN_TESTS(tests);
}
