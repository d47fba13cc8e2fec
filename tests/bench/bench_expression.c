/* SPDX-License-Identifier: MIT */
#include "bench.h"

/*
 * The three conditions that the peers are timed on, for one record and over columns. One line each:
 * name, nanoseconds an evaluation for one record, nanoseconds a row over columns; and one that says
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
        plans[i] = names[next_random(&seed) % 4];
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

static double time_columns(const churn_expression *rule, churn_error *err)
{
    const churn_value_column columns[] = {{.values = scores, .valid = valid},
                                          {.values = logins, .valid = valid},
                                          {.values = tickets, .valid = valid},
                                          {.values = nps, .valid = valid},
                                          {.values = plans, .valid = valid}};
    double best = 1e9;
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
        printf("%s %.1f %.2f\n", conditions[i].name, time_one(rule, &err),
               time_columns(rule, &err));
        churn_expression_free(rule);
        printf("compile %s %.2f\n", conditions[i].name, time_compile(conditions[i].text, &err));
    }
    return 0;
}
