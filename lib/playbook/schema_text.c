/* SPDX-License-Identifier: MIT */
#include "playbook/schema.h"

#include "base/num.h"
#include "base/str.h"

/* What is expected, in words: for messages. */

static void words_list(const schema *type, churn__buf *out)
{
    bool first = true;
    churn__buf_text(out, "one of ");
    for (uint32_t i = 0; i < type->word_count; i++) {
        if (type->words[i].later) {
            continue;
        }
        churn__buf_text(out, first ? "`" : ", `");
        churn__buf_text(out, type->words[i].name);
        churn__buf_char(out, '`');
        first = false;
    }
}

static void bound(churn__buf *out, const char *before, double value)
{
    char text[32];
    churn__buf_text(out, before);
    churn__buf_bytes(out, text, churn__double_print_short(value, text));
}

static void number_range(const schema *type, churn__buf *out)
{
    churn__buf_text(out, type->type == SCHEMA_INT ? "a whole number" : "a number");
    if (!type->ranged) {
        return;
    }
    bound(out, type->open_low ? " greater than " : " from ", type->low);
    bound(out, type->open_low ? ", at most " : " to ", type->high);
}

static void sorts_list(const schema *type, churn__buf *out)
{
    churn__buf_text(out, "a map with one of ");
    for (uint32_t i = 0; i < type->any_count; i++) {
        churn__buf_text(out, i == 0 ? "`" : ", `");
        churn__buf_text(out, type->any[i]->keys[0].name);
        churn__buf_char(out, '`');
    }
}

static const char *plain_words(const schema *type)
{
    switch (type->type) {
    case SCHEMA_KEYS:
    case SCHEMA_MAP:
        return "a map";
    case SCHEMA_LIST:
        return "a list";
    case SCHEMA_NAME:
        return "a name of a-z, 0-9 and _, a letter first";
    case SCHEMA_BOOL:
        return "true or false";
    case SCHEMA_DURATION:
        return type->open_low ? "a duration such as 36h or 7d, not 0"
                              : "a duration such as 36h or 7d";
    case SCHEMA_SPAN:
        return "a duration such as 28d or 2cq";
    case SCHEMA_WINDOW:
        return "a duration such as 28d or 2cq, not 0, or one of mtd, qtd, ytd";
    case SCHEMA_DUE:
        return "a duration such as 36h, 2bd or 1cmo";
    case SCHEMA_INSTANT:
        return "a date or a time such as 2026-02-01 or 2026-02-01T09:30:00";
    case SCHEMA_DATE:
        return "a date such as 2026-02-01";
    case SCHEMA_HOURS:
        return "hours of a day such as 09:00-17:00";
    case SCHEMA_EXPRESSION:
        return "an expression";
    case SCHEMA_POINT:
        return "a point [value, points] of two numbers";
    case SCHEMA_VALUE:
        return "a number, true, false or a text";
    case SCHEMA_NOTHING:
        return "null";
    case SCHEMA_ANYTHING:
        return "anything";
    default:
        return "a text";
    }
}

static void either_list(const schema *type, churn__buf *out)
{
    bool first = true;
    for (uint32_t i = 0; i < type->any_count; i++) {
        if (type->any[i]->type == SCHEMA_LATER) {
            continue;
        }
        churn__buf_text(out, first ? "" : ", or ");
        schema_expected(type->any[i], out);
        first = false;
    }
}

/* Recursion goes down the schema, which is finite. */
void schema_expected(const schema *type, churn__buf *out)
{
    bool named = type->what != NULL;
    if (named && (type->type == SCHEMA_NAME || type->type == SCHEMA_TEXT)) {
        churn__buf_text(out, type->what);
        return;
    }
    switch (type->type) {
    case SCHEMA_WORD:
        words_list(type, out);
        return;
    case SCHEMA_NUMBER:
    case SCHEMA_INT:
        number_range(type, out);
        return;
    case SCHEMA_VARIANTS:
        sorts_list(type, out);
        return;
    case SCHEMA_EITHER:
        either_list(type, out);
        return;
    case SCHEMA_ONE_OR_LIST:
        schema_expected(type->of, out);
        churn__buf_text(out, ", or a list of them");
        return;
    default:
        churn__buf_text(out, plain_words(type));
    }
}

int schema_word_value(const schema *words, churn_str text, int otherwise)
{
    for (uint32_t i = 0; i < words->word_count; i++) {
        churn_str word = churn__str_nts(words->words[i].name);
        bool open = churn__str_ends(word, CHURN__STR("."));
        if (open ? churn__str_starts(text, word) : churn__str_eq(text, word)) {
            return words->words[i].value;
        }
    }
    return otherwise;
}
