/* SPDX-License-Identifier: MIT */
/*
 * One rule by itself: compile it once, then ask it of one customer after the other, and of many at
 * once. A value that is not known makes the answer unknown, unless the rest of the rule decides.
 */
#include <stdio.h>
#include <string.h>

#include <churn/churn.h>

static churn_str text(const char *s)
{
    return (churn_str){s, s ? strlen(s) : 0};
}

/* One customer: the values in the order of the variables, type 0 for what is not known. */
static churn_status ask_one(const churn_expression *rule, const churn_value *values,
                            churn_error *err)
{
    churn_outcome outcome = CHURN_OUTCOME_UNKNOWN;
    churn_value answer = {0};
    churn_status status = churn_expression_evaluate(rule, values, 2, &outcome, &answer, err);
    if (status == CHURN_OK)
        printf("%s\n", outcome == CHURN_OUTCOME_VALUE     ? (answer.truth ? "true" : "false")
                       : outcome == CHURN_OUTCOME_UNKNOWN ? "unknown"
                                                          : err->message);
    return status;
}

/* Many customers: a plain array a variable, with one bit a row that says what is known. */
static churn_status ask_many(const churn_expression *rule, churn_error *err)
{
    const double scores[] = {61.5, 0, 0, 88};
    const uint8_t scores_known = 0x9; /* rows 0 and 3 */
    const churn_str plans[] = {text("free"), text("free"), text("team"), text("trial")};
    const churn_value_column columns[] = {{.values = scores, .valid = &scores_known},
                                          {.values = plans}};
    churn_table *answers = NULL;
    churn_status status =
        churn_expression_evaluate_columns(rule, columns, 2, 4, NULL, &answers, err);
    uint32_t outcome = churn_table_find(answers, "outcome", CHURN_NTS);
    uint32_t value = churn_table_find(answers, "value", CHURN_NTS);
    for (uint64_t row = 0; row < churn_table_row_count(answers); row++)
        printf("row %d: %s%s\n", (int)row, churn_table_string(answers, row, outcome).ptr,
               churn_table_is_null(answers, row, value) ? ""
               : churn_table_bool(answers, row, value)  ? ", true"
                                                        : ", false");
    churn_table_free(answers);
    return status;
}

int main(void)
{
    churn_error err = {.struct_size = sizeof err};
    const churn_variable variables[] = {{text("score"), CHURN_TYPE_DOUBLE, 0},
                                        {text("plan"), CHURN_TYPE_STRING, 0}};
    const churn_value at_risk[] = {{.type = CHURN_TYPE_DOUBLE, .number = 61.5},
                                   {.type = CHURN_TYPE_STRING, .string = text("free")}};
    const churn_value no_score[] = {{0}, {.type = CHURN_TYPE_STRING, .string = text("free")}};
    const churn_value no_matter[] = {{0}, {.type = CHURN_TYPE_STRING, .string = text("team")}};
    churn_expression *rule = NULL;

    /* A mistake is told with its place, and with what may have been meant. */
    if (churn_expression_compile("scor < 70.0", CHURN_NTS, variables, 2, NULL, &rule, &err))
        printf("column %u: %s\n", err.column, err.message);

    churn_status status = churn_expression_compile("score < 70.0 && plan in ['free', 'trial']",
                                                   CHURN_NTS, variables, 2, NULL, &rule, &err);
    if (status == CHURN_OK)
        status = ask_one(rule, at_risk, &err); /* true */
    if (status == CHURN_OK)
        status = ask_one(rule, no_score, &err); /* unknown */
    if (status == CHURN_OK)
        status = ask_one(rule, no_matter, &err); /* false, whatever the score */
    if (status == CHURN_OK)
        status = ask_many(rule, &err);
    if (status != CHURN_OK)
        fprintf(stderr, "%s: %s\n", churn_status_name(status), err.message);
    churn_expression_free(rule);
    return status == CHURN_OK ? 0 : 1;
}
