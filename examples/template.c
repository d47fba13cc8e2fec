/* SPDX-License-Identifier: MIT */
/*
 * A text with values in it: compile it once, then write it for one customer after the other, and
 * for many at once. What is not known is a dash, or what the filter default() says.
 */
#include <stdio.h>
#include <string.h>

#include <churn/churn.h>

static churn_str text(const char *s)
{
    return (churn_str){s, s ? strlen(s) : 0};
}

/* One customer: the text goes into our own room. */
static churn_status write_one(const churn_expression *card, const churn_value *values,
                              churn_error *err)
{
    char room[256];
    churn_outcome outcome = CHURN_OUTCOME_UNKNOWN;
    churn_value answer = {0};
    churn_status status = churn_expression_evaluate_into(card, values, 3, room, sizeof room, NULL,
                                                         &outcome, &answer, err);
    if (status == CHURN_OK && outcome == CHURN_OUTCOME_VALUE)
        printf("%s\n", answer.string.ptr);
    return status;
}

/* Many customers: a column of texts. */
static churn_status write_many(const churn_expression *card, churn_error *err)
{
    const churn_str names[] = {text("Blue"), text("Green")};
    const double amounts[] = {99, 1200000};
    const churn_time logins[] = {1770076800000000, 1770192000000000};
    const churn_value_column columns[] = {{.values = names, .valid = NULL},
                                          {.values = amounts, .valid = NULL},
                                          {.values = logins, .valid = NULL}};
    churn_table *texts = NULL;
    churn_status status = churn_expression_evaluate_columns(card, columns, 3, 2, NULL, &texts, err);
    for (uint64_t row = 0; row < churn_table_row_count(texts); row++)
        printf("%s\n", churn_table_string(texts, row, 0).ptr);
    churn_table_free(texts);
    return status;
}

int main(void)
{
    churn_error err = {.struct_size = sizeof err};
    const churn_variable variables[] = {{text("name"), CHURN_TYPE_STRING, 0},
                                        {text("mrr"), CHURN_TYPE_DOUBLE, 0},
                                        {text("last_login"), CHURN_TYPE_TIME, 0}};
    const churn_expression_options options = {.struct_size = sizeof options,
                                              .flags = CHURN_EXPRESSION_TEMPLATE,
                                              .time_zone = text("+01:00"),
                                              .currency = text("EUR"),
                                              .as_of = 1770206400000000}; /* 2026-02-04T12:00Z */
    const churn_value known[] = {
        {.type = CHURN_TYPE_STRING, .string = text("Acme")},
        {.type = CHURN_TYPE_DOUBLE, .number = 1234.5},
        {.type = CHURN_TYPE_TIME, .integer = 1769938200000000}}; /* 2026-02-01T09:30Z */
    const churn_value unknown[] = {{.type = CHURN_TYPE_STRING, .string = text("Red")}, {0}, {0}};
    churn_expression *card = NULL;

    /* A mistake is told with its place, and with what may have been meant. */
    if (churn_expression_compile("Call {{name | uper}}", CHURN_NTS, variables, 3, &options, &card,
                                 &err))
        printf("column %u: %s\n", err.column, err.message);

    churn_status status = churn_expression_compile(
        "Call {{name}}: {{mrr | money | default(\"free\")}}, last seen "
        "{{last_login | date(\"long\")}} ({{last_login | in_days | default(\"never\")}})",
        CHURN_NTS, variables, 3, &options, &card, &err);
    if (status == CHURN_OK)
        status = write_one(card, known, &err);
    if (status == CHURN_OK)
        status = write_one(card, unknown, &err);
    if (status == CHURN_OK)
        status = write_many(card, &err);
    if (status != CHURN_OK)
        fprintf(stderr, "%s\n", err.message);
    churn_expression_free(card);
    return status != CHURN_OK;
}
