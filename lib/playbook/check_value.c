/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/build.h"

/* Single values: whether a text is what the schema expects. */

bool b_is_null(const churn__yaml_node *node)
{
    return node->plain && (node->text.len == 0 || churn__str_eq(node->text, CHURN__STR("~")) ||
                           churn__str_eq(node->text, CHURN__STR("null")));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits without a leading zero, which other readers take for octal. */
bool b_is_number(churn_str text)
{
    double value = 0;
    size_t at = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
    if (text.len > at + 1 && text.ptr[at] == '0' && is_digit(text.ptr[at + 1])) {
        return false;
    }
    return text.len > at && is_digit(text.ptr[at]) &&
           churn__double_parse(text.ptr, text.len, &value);
}

static diagnostic number_fault(const schema *type, const churn__yaml_node *node)
{
    double value = 0;
    int64_t whole = 0;
    if (!node->plain || !b_is_number(node->text)) {
        return DIAGNOSTIC_bad_value;
    }
    if (type->type == SCHEMA_INT && !churn__int_parse(node->text.ptr, node->text.len, &whole)) {
        return DIAGNOSTIC_bad_value;
    }
    (void)churn__double_parse(node->text.ptr, node->text.len, &value);
    bool low = type->ranged && (type->open_low ? value <= type->low : value < type->low);
    bool high = type->ranged && value > type->high;
    return low || high ? DIAGNOSTIC_out_of_range : (diagnostic)0;
}

/* No two instants are further apart than this. */
#define MOST_YEARS INT64_C(10000)

static bool too_long(int64_t amount, churn__unit unit)
{
    static const int64_t most[] = {
        [CHURN__UNIT_MICRO] = MOST_YEARS * 366 * CHURN__DAY,
        [CHURN__UNIT_CD] = MOST_YEARS * 366,
        [CHURN__UNIT_CW] = MOST_YEARS * 53,
        [CHURN__UNIT_CMO] = MOST_YEARS * 12,
        [CHURN__UNIT_CQ] = MOST_YEARS * 4,
        [CHURN__UNIT_CY] = MOST_YEARS,
        [CHURN__UNIT_BD] = MOST_YEARS * 366,
        [CHURN__UNIT_BH] = MOST_YEARS * 366 * 24,
    };
    return amount > most[unit];
}

static diagnostic duration_fault(const schema *type, const churn__yaml_node *node)
{
    churn__duration value;
    if (!churn__duration_parse(node->text.ptr, node->text.len, &value)) {
        return DIAGNOSTIC_bad_value;
    }
    if (too_long(value.amount, value.unit)) {
        return DIAGNOSTIC_out_of_range;
    }
    if (type->type == SCHEMA_DUE || value.unit == CHURN__UNIT_MICRO) {
        return type->open_low && value.amount == 0 ? DIAGNOSTIC_out_of_range : (diagnostic)0;
    }
    bool business = value.unit == CHURN__UNIT_BD || value.unit == CHURN__UNIT_BH;
    return business ? DIAGNOSTIC_bad_value : DIAGNOSTIC_unsupported;
}

/* Business units are none of the past. */
static diagnostic span_fault(const schema *type, const churn__yaml_node *node)
{
    churn__span value;
    bool right = churn__span_parse(node->text.ptr, node->text.len, &value);
    if (!right || (value.to_date && type->type != SCHEMA_WINDOW)) {
        return DIAGNOSTIC_bad_value;
    }
    bool empty = type->open_low && value.amount == 0;
    return empty || too_long(value.amount, value.unit) ? DIAGNOSTIC_out_of_range : (diagnostic)0;
}

static diagnostic instant_fault(const schema *type, const churn__yaml_node *node)
{
    int64_t value = 0;
    churn__when when = churn__when_parse(node->text.ptr, node->text.len, &value);
    if (when == CHURN__WHEN_RANGE) {
        return DIAGNOSTIC_out_of_range;
    }
    bool right = type->type == SCHEMA_DATE ? when == CHURN__WHEN_DATE : when != CHURN__WHEN_BAD;
    return right ? (diagnostic)0 : DIAGNOSTIC_bad_value;
}

/* HH:MM as seconds, -1: not of that form. 24:00 is the end of the day. */
static int32_t clock_seconds(const char *s)
{
    if (!is_digit(s[0]) || !is_digit(s[1]) || s[2] != ':' || !is_digit(s[3]) || !is_digit(s[4])) {
        return -1;
    }
    int32_t hour = (s[0] - '0') * 10 + (s[1] - '0'), minute = (s[3] - '0') * 10 + (s[4] - '0');
    bool right = minute < 60 && (hour < 24 || (hour == 24 && minute == 0));
    return right ? hour * 3600 + minute * 60 : -1;
}

static diagnostic hours_fault(const churn__yaml_node *node)
{
    const char *s = node->text.ptr;
    if (node->text.len != 11 || s[5] != '-' || clock_seconds(s) < 0 || clock_seconds(s + 6) < 0) {
        return DIAGNOSTIC_bad_value;
    }
    return clock_seconds(s) < clock_seconds(s + 6) ? (diagnostic)0 : DIAGNOSTIC_order;
}

static diagnostic word_fault(const schema *type, churn_str text)
{
    for (uint32_t i = 0; i < type->word_count; i++) {
        churn_str word = churn__str_nts(type->words[i].name);
        bool open = churn__str_ends(word, CHURN__STR("."));
        if (open ? churn__str_starts(text, word) : churn__str_eq(text, word)) {
            return type->words[i].later ? DIAGNOSTIC_unsupported : (diagnostic)0;
        }
    }
    return DIAGNOSTIC_unknown_word;
}

bool b_is_truth(churn_str text)
{
    return churn__str_eq(text, CHURN__STR("true")) || churn__str_eq(text, CHURN__STR("false"));
}

/* What is wrong with a single value; 0: nothing. */
diagnostic b_value_fault(const schema *type, const churn__yaml_node *node)
{
    bool empty = node->text.len == 0;
    switch (type->type) {
    case SCHEMA_NOTHING:
        return b_is_null(node) ? (diagnostic)0 : DIAGNOSTIC_bad_value;
    case SCHEMA_NAME:
        return empty                        ? DIAGNOSTIC_bad_value
               : churn__is_name(node->text) ? (diagnostic)0
                                            : DIAGNOSTIC_bad_name;
    case SCHEMA_NUMBER:
    case SCHEMA_INT:
        return number_fault(type, node);
    case SCHEMA_BOOL:
        return node->plain && b_is_truth(node->text) ? (diagnostic)0 : DIAGNOSTIC_bad_value;
    case SCHEMA_DURATION:
    case SCHEMA_DUE:
        return duration_fault(type, node);
    case SCHEMA_SPAN:
    case SCHEMA_WINDOW:
        return span_fault(type, node);
    case SCHEMA_INSTANT:
    case SCHEMA_DATE:
        return instant_fault(type, node);
    case SCHEMA_HOURS:
        return hours_fault(node);
    case SCHEMA_WORD:
        return word_fault(type, node->text);
    default: /* texts of all sorts */
        return b_is_null(node) || empty ? DIAGNOSTIC_bad_value : (diagnostic)0;
    }
}
