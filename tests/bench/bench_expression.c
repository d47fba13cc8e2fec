/* SPDX-License-Identifier: MIT */
#include "bench.h"

/*
 * The three conditions that the peers are timed on, for one record and over columns. One line each:
 * name, nanoseconds an evaluation for one record, nanoseconds a row over columns into a table with
 * strings coded and not; the same into arrays of the caller; and one that says
 * how many microseconds it takes to compile.
 */
#define ROWS 100000
#define ROUNDS 20

static const churn_variable variables[] = {
    {STR("score"), CHURN_TYPE_DOUBLE, 0}, {STR("logins"), CHURN_TYPE_INT, 0},
    {STR("tickets"), CHURN_TYPE_INT, 0},  {STR("nps"), CHURN_TYPE_DOUBLE, 0},
    {STR("plan"), CHURN_TYPE_STRING, 0},
};

static const struct {
    const char *name, *text;
} conditions[] = {
    {"one", "score < 70.0"},
    {"two", "score < 70.0 && logins == 0"},
    {"five", "(score < 70.0 && logins == 0) || (tickets >= 3 && nps < 7.0) || "
             "plan in [\"free\", \"trial\"]"},
};

static double scores[ROWS], nps[ROWS];
static int64_t logins[ROWS], tickets[ROWS];
static churn_str plans[ROWS];
static uint32_t codes[ROWS];
static uint8_t valid[ROWS / 8 + 1];

static void fill(void)
{
    static const churn_str names[] = {STR("free"), STR("trial"), STR("pro"), STR("team")};
    uint64_t seed = 7;
    for (size_t i = 0; i < ROWS; i++) {
        scores[i] = (double)(next_random(&seed) % 1000) / 10.0;
        nps[i] = (double)(next_random(&seed) % 11);
        logins[i] = (int64_t)(next_random(&seed) % 4);
        tickets[i] = (int64_t)(next_random(&seed) % 6);
        codes[i] = (uint32_t)(next_random(&seed) % 4);
        plans[i] = names[codes[i]];
        valid[i / 8] = (uint8_t)(valid[i / 8] | ((next_random(&seed) % 11 != 0) << (i % 8)));
    }
}

static double time_one(const churn_expression *rule, churn_error *err)
{
    /* As in the peers' benchmark: the last term decides. */
    const churn_value record[] = {{.type = CHURN_TYPE_DOUBLE, .number = 82.5},
                                  {.type = CHURN_TYPE_INT, .integer = 4},
                                  {.type = CHURN_TYPE_INT, .integer = 1},
                                  {.type = CHURN_TYPE_DOUBLE, .number = 9.0},
                                  {.type = CHURN_TYPE_STRING, .string = STR("pro")}};
    enum { CALLS = 2000000 };
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        double start = seconds();
        for (int i = 0; i < CALLS; i++) {
            churn_outcome outcome;
            churn_value value;
            must(churn_expression_evaluate(rule, record, 5, &outcome, &value, err), err);
        }
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    return best / CALLS * 1e9;
}

/* Where the columns of a round come from, and where results go. */
enum { UNCODED, CODED };

static const churn_str plan_names[] = {STR("free"), STR("trial"), STR("pro"), STR("team")};

static void point(churn_value_column columns[5], int form)
{
    const void *values[] = {scores, logins, tickets, nps, plans};
    for (unsigned c = 0; c < 5; c++) {
        columns[c] = (churn_value_column){.values = values[c], .valid = valid};
    }
    if (form == CODED) {
        columns[4] = (churn_value_column){
            .valid = valid, .codes = codes, .dictionary = plan_names, .dictionary_count = 4};
    }
}

static double time_columns(const churn_expression *rule, int form, churn_error *err)
{
    churn_value_column columns[5];
    double best = 1e9;
    point(columns, form);
    for (int round = 0; round < ROUNDS; round++) {
        churn_table *table = NULL;
        double start = seconds();
        must(churn_expression_evaluate_columns(rule, columns, 5, ROWS, NULL, &table, err), err);
        double took = seconds() - start;
        best = took < best ? took : best;
        churn_table_free(table);
    }
    return best / ROWS * 1e9;
}

static double time_fill(const churn_expression *rule, int form, churn_error *err)
{
    static uint8_t values[ROWS], there[ROWS / 8 + 1];
    churn_value_column columns[5];
    double best = 1e9;
    point(columns, form);
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();
        must(churn_expression_fill(rule, columns, 5, ROWS, NULL, values, there, NULL, err), err);
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    return best / ROWS * 1e9;
}

/* ---- fifty rules over a million rows ---- */

#define MANY 1000000u
#define RULES 50u

/* Nanoseconds a row for reading the same bytes and doing nothing: what memory allows. */
static double time_read(const double *numbers, size_t columns)
{
    double best = 1e9;
    volatile double kept = 0;
    for (int round = 0; round < 3; round++) {
        double sums[8] = {0}, start = seconds();
        for (size_t i = 0; i < columns * MANY; i += 8) {
            for (size_t k = 0; k < 8; k++) {
                sums[k] += numbers[i + k];
            }
        }
        kept += sums[0] + sums[7];
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    return best / MANY * 1e9;
}

/* Rules of a playbook: three conditions with limits of their own over eight columns. */
static void time_rules(churn_error *err)
{
    enum { COLUMNS = 8 };
    churn_variable names[COLUMNS];
    churn_value_column columns[COLUMNS];
    const churn_expression *rules[RULES];
    churn_expression_counts counts[RULES] = {{0}};
    char letters[COLUMNS] = {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}, text[100];
    double *numbers = malloc(COLUMNS * MANY * sizeof *numbers), best = 1e9;
    uint8_t *there = calloc(MANY / 8 + 1, 1);
    uint64_t seed = 3;
    for (size_t i = 0; i < COLUMNS * (size_t)MANY; i++) {
        numbers[i] = (double)(next_random(&seed) % 100);
    }
    for (size_t i = 0; i < MANY; i++) {
        there[i / 8] = (uint8_t)(there[i / 8] | ((next_random(&seed) % 11 != 0) << (i % 8)));
    }
    for (unsigned c = 0; c < COLUMNS; c++) {
        names[c] = (churn_variable){{&letters[c], 1}, CHURN_TYPE_DOUBLE, 0};
        columns[c] = (churn_value_column){.values = numbers + c * (size_t)MANY, .valid = there};
    }
    for (unsigned r = 0; r < RULES; r++) {
        churn_expression *rule = NULL;
        snprintf(text, sizeof text, "%c < %u.0 && %c >= %u.0 || %c == %u.0", letters[r % 8], 10 + r,
                 letters[(r + 1 + r / 8) % 8], 90 - r, letters[(r + 3) % 8], r);
        must(churn_expression_compile(text, CHURN_NTS, names, COLUMNS, NULL, &rule, err), err);
        rules[r] = rule;
    }
    for (int round = 0; round < 5; round++) {
        double start = seconds();
        for (unsigned r = 0; r < RULES; r++) {
            counts[r].struct_size = sizeof counts[r];
        }
        must(churn_expressions_fill(rules, RULES, columns, COLUMNS, MANY, NULL, NULL, NULL, counts,
                                    err),
             err);
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    printf("rules %.1f %.2f\n", best * 1e3, time_read(numbers, COLUMNS) * MANY / 1e6);
    for (unsigned r = 0; r < RULES; r++) {
        churn_expression_free((churn_expression *)(uintptr_t)rules[r]);
    }
    free(numbers);
    free(there);
}

/* Microseconds to compile and free a condition. */
static double time_compile(const char *text, churn_error *err)
{
    enum { TIMES = 5000 };
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        double start = seconds();
        for (int i = 0; i < TIMES; i++) {
            churn_expression *rule = NULL;
            must(churn_expression_compile(text, CHURN_NTS, variables, 5, NULL, &rule, err), err);
            churn_expression_free(rule);
        }
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    return best / TIMES * 1e6;
}

int main(void)
{
    churn_error err = {.struct_size = sizeof err};
    fill();
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        churn_expression *rule = NULL;
        must(churn_expression_compile(conditions[i].text, CHURN_NTS, variables, 5, NULL, &rule,
                                      &err),
             &err);
        printf("%s %.1f %.2f %.2f\n", conditions[i].name, time_one(rule, &err),
               time_columns(rule, CODED, &err), time_columns(rule, UNCODED, &err));
        printf("fill %s %.2f %.2f\n", conditions[i].name, time_fill(rule, CODED, &err),
               time_fill(rule, UNCODED, &err));
        churn_expression_free(rule);
        printf("compile %s %.2f\n", conditions[i].name, time_compile(conditions[i].text, &err));
    }
    churn_expression *contains = NULL;
    must(churn_expression_compile("plan.contains('ri')", CHURN_NTS, variables, 5, NULL, &contains,
                                  &err),
         &err);
    printf("fill contains %.2f %.2f\n", time_fill(contains, CODED, &err),
           time_fill(contains, UNCODED, &err));
    churn_expression_free(contains);
    time_rules(&err);
    return 0;
}
