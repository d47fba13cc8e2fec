/* SPDX-License-Identifier: MIT */
#include "expr/template_inside.h"

/*
 * The filters: a line each, from which the compiler checks and the reference is written. To add
 * one, add its line here, its kind to template_inside.h and what it does to template.c.
 *
 * The examples are rendered by the tests: name "Acme", note " late again ", score 61.256, share
 * 0.031, mrr 1234.5, change 12340.0, seats 7, since 2026-02-01T09:30:00Z, gap 2 h 5 min, vip true,
 * tags [at_risk, vip], none missing; the time is 2026-02-04T12:00:00Z.
 */

#define T_STRING CHURN__TYPE_STRING
#define T_INT CHURN__TYPE_INT
#define SAME 0

#define NUMBER "a number"
#define INSTANT "a timestamp"
#define ANY "anything"
#define TEXT "a string, or what another filter wrote"

static const filter_def filters[] = {
    {"default",
     TAKES_ANY,
     FILTER_DEFAULT,
     {{T_STRING, RULE_VALUE, false}},
     SAME,
     {"default", ANY, "value",
      "What stands there instead of a value that is missing or cannot be computed: a text, or a "
      "value of the same type, which later filters write.",
      "{{none | money | default(\"nothing\")}}", "nothing"}},
    {"number",
     TAKES_NUMBER,
     FILTER_NUMBER,
     {{T_INT, RULE_DECIMALS, true}},
     SAME,
     {"number", NUMBER, "decimals?",
      "With this many decimals, 0 to 9; without an argument as without the filter: at most two, "
      "no zeros at the end.",
      "{{score | number(1)}}", "61.3"}},
    {"round",
     TAKES_NUMBER,
     FILTER_ROUND,
     {{0}},
     SAME,
     {"round", NUMBER, "", "To the nearest whole number, halves away from zero.",
      "{{score | round}}", "61"}},
    {"percent",
     TAKES_NUMBER,
     FILTER_PERCENT,
     {{T_INT, RULE_DECIMALS, true}},
     SAME,
     {"percent", NUMBER, "decimals?", "A fraction as a percentage.", "{{share | percent(1)}}",
      "3.1%"}},
    {"thousands",
     TAKES_NUMBER,
     FILTER_THOUSANDS,
     {{T_INT, RULE_DECIMALS, true}},
     SAME,
     {"thousands", NUMBER, "decimals?", "With a comma between thousands.", "{{change | thousands}}",
      "12,340"}},
    {"signed",
     TAKES_NUMBER,
     FILTER_SIGNED,
     {{T_INT, RULE_DECIMALS, true}},
     SAME,
     {"signed", NUMBER, "decimals?", "With a plus sign where it is above zero.",
      "{{change | money | signed}}", "+12,340.00 USD"}},
    {"money",
     TAKES_NUMBER,
     FILTER_MONEY,
     {{T_STRING, RULE_CURRENCY, true}},
     SAME,
     {"money", NUMBER, "currency?",
      "An amount in major units with the decimals and the ISO 4217 code of its currency; without "
      "an argument the playbook's.",
      "{{mrr | money}}, {{mrr | money(\"JPY\")}}", "1,234.50 USD, 1,234 JPY"}},
    {"plural",
     TAKES_NUMBER,
     FILTER_PLURAL,
     {{T_STRING, RULE_NONE, false}, {T_STRING, RULE_NONE, false}},
     T_STRING,
     {"plural", NUMBER, "one, many",
      "The first text where the number is 1 or -1, else the second; the number itself is not "
      "written.",
      "{{seats}} {{seats | plural(\"seat\", \"seats\")}}", "7 seats"}},
    {"date",
     TAKES(CHURN__TYPE_TIME),
     FILTER_DATE,
     {{T_STRING, RULE_STYLE, true}, {T_STRING, RULE_ZONE, true}},
     T_STRING,
     {"date", INSTANT, "style?, zone?",
      "The local date: \"iso\" (as without an argument), \"medium\", \"long\", \"full\", \"month\", or a "
      "pattern of %Y %y %m %d %e %b %B %a %A %j %H %I %M %S %p %z %%. Names are English; %e is the "
      "day without a zero or a space before it.",
      "{{since | date(\"long\")}}, {{since | date(\"%e %b %Y\", \"Asia/Tokyo\")}}",
      "1 February 2026, 1 Feb 2026"}},
    {"time",
     TAKES(CHURN__TYPE_TIME),
     FILTER_TIME,
     {{T_STRING, RULE_ZONE, true}},
     T_STRING,
     {"time", INSTANT, "zone?", "The local time of day, hours and minutes.",
      "{{since | time}}, {{since | time(\"Asia/Tokyo\")}}", "09:30, 18:30"}},
    {"datetime",
     TAKES(CHURN__TYPE_TIME),
     FILTER_DATETIME,
     {{T_STRING, RULE_ZONE, true}},
     T_STRING,
     {"datetime", INSTANT, "zone?", "The local date and time of day.", "{{since | datetime}}",
      "2026-02-01 09:30"}},
    {"ago",
     TAKES(CHURN__TYPE_TIME),
     FILTER_AGO,
     {{0}},
     T_STRING,
     {"ago", INSTANT, "",
      "How long ago it is, or in how long it will be, by the clock and in its largest unit.",
      "{{since | ago}}", "3 days ago"}},
    {"in_days",
     TAKES(CHURN__TYPE_TIME),
     FILTER_IN_DAYS,
     {{T_STRING, RULE_ZONE, true}},
     T_STRING,
     {"in_days", INSTANT, "zone?",
      "How many local days away it is: today, tomorrow, yesterday, in 12 days, 3 days ago.",
      "{{since | in_days}}", "3 days ago"}},
    {"days",
     TAKES_NUMBER,
     FILTER_DAYS,
     {{0}},
     CHURN__TYPE_DURATION,
     {"days", NUMBER, "", "A number of days as a duration.", "{{1.5 | days}}", "1 day 12 h"}},
    {"duration",
     TAKES(CHURN__TYPE_DURATION),
     FILTER_DURATION,
     {{T_INT, RULE_UNITS, true}},
     T_STRING,
     {"duration", "a duration", "units?",
      "In its largest units (days, h, min, s) that are not 0, at most two or so many; what is "
      "smaller is dropped. Without a filter it is written in the same way.",
      "{{gap | duration}}, {{gap | duration(1)}}", "2 h 5 min, 2 h"}},
    {"yes_no",
     TAKES(CHURN__TYPE_BOOL),
     FILTER_YES_NO,
     {{T_STRING, RULE_NONE, true}, {T_STRING, RULE_NONE, true}},
     T_STRING,
     {"yes_no", "a bool", "yes?, no?", "The first text for true, the second for false.",
      "{{vip | yes_no}}, {{vip | yes_no(\"on\", \"off\")}}", "yes, on"}},
    {"join",
     TAKES(CHURN__TYPE_STRINGS),
     FILTER_JOIN,
     {{T_STRING, RULE_NONE, true}},
     T_STRING,
     {"join", "a list of strings", "separator?",
      "Its texts with a separator between them, \", \" without an argument or filter.",
      "{{tags | join(\" + \")}}", "at_risk + vip"}},
    {"short",
     TAKES_STRING,
     FILTER_SHORT,
     {{T_INT, RULE_LENGTH, false}},
     T_STRING,
     {"short", TEXT, "characters",
      "At most this many code points; where it is longer the last of them is an ellipsis.",
      "{{\"Cannot export\" | short(8)}}", "Cannot\xE2\x80\xA6"}},
    {"upper",
     TAKES_STRING,
     FILTER_UPPER,
     {{0}},
     T_STRING,
     {"upper", TEXT, "", "In capital letters, a to z only.", "{{name | upper}}", "ACME"}},
    {"lower",
     TAKES_STRING,
     FILTER_LOWER,
     {{0}},
     T_STRING,
     {"lower", TEXT, "", "In small letters, A to Z only.", "{{name | lower}}", "acme"}},
    {"title",
     TAKES_STRING,
     FILTER_TITLE,
     {{0}},
     T_STRING,
     {"title", TEXT, "", "A capital letter at the beginning of each word, a to z only.",
      "{{\"credit card\" | title}}", "Credit Card"}},
    {"trim",
     TAKES_STRING,
     FILTER_TRIM,
     {{0}},
     T_STRING,
     {"trim", TEXT, "", "Without spaces, tabs and line ends around it.", "[{{note | trim}}]",
      "[late again]"}},
    {"quote",
     TAKES_ANY,
     FILTER_QUOTE,
     {{0}},
     T_STRING,
     {"quote", ANY, "", "In double quotes, with a backslash before a quote or a backslash in it.",
      "{{name | quote}}", "\"Acme\""}},
    {"json",
     TAKES_ANY,
     FILTER_JSON,
     {{0}},
     T_STRING,
     {"json", ANY, "",
      "As a JSON value: what is missing is null, a number has all its digits, an instant is a "
      "string in UTC, a duration a string in seconds; what another filter wrote is a string.",
      "{\"mrr\": {{mrr | json}}, \"tags\": {{tags | json}}}",
      "{\"mrr\": 1234.5, \"tags\": [\"at_risk\",\"vip\"]}"}},
    {"urlencode",
     TAKES_ANY,
     FILTER_URLENCODE,
     {{0}},
     T_STRING,
     {"urlencode", ANY, "", "For a part of a URL: all but letters, digits and -._~ as %XX.",
      "{{\"a b&c\" | urlencode}}", "a%20b%26c"}},
    {"html",
     TAKES_ANY,
     FILTER_HTML,
     {{0}},
     T_STRING,
     {"html", ANY, "", "For HTML text and attributes: & < > \" ' as entities.",
      "{{\"R&D\" | html}}", "R&amp;D"}},
};

#define FILTERS (sizeof filters / sizeof *filters)

const filter_def *churn__template_find_filter(churn_str name)
{
    for (size_t i = 0; i < FILTERS; i++) {
        if (churn__str_eq(name, churn__str_nts(filters[i].name))) {
            return &filters[i];
        }
    }
    return NULL;
}

churn_str churn__template_near_filter(churn_str name)
{
    churn_str names[FILTERS];
    for (size_t i = 0; i < FILTERS; i++) {
        names[i] = churn__str_nts(filters[i].name);
    }
    return churn__nearest(name, names, FILTERS);
}

churn__template_filter_doc churn__template_filter(uint32_t i)
{
    return i < FILTERS ? filters[i].doc : (churn__template_filter_doc){0};
}

churn_str churn__template_style(churn_str style)
{
    static const struct {
        const char *name, *pattern;
    } styles[] = {{"iso", "%Y-%m-%d"},
                  {"medium", "%e %b %Y"},
                  {"long", "%e %B %Y"},
                  {"full", "%A, %e %B %Y"},
                  {"month", "%B %Y"}};
    bool codes = false;
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        if (churn__str_eq(style, churn__str_nts(styles[i].name))) {
            return churn__str_nts(styles[i].pattern);
        }
    }
    for (size_t i = 0; i < style.len; i++) {
        if (style.ptr[i] != '%') {
            continue;
        }
        codes = true;
        if (++i == style.len || strchr("YymdebBaAjHIMSpz%", style.ptr[i]) == NULL) {
            return (churn_str){NULL, 0};
        }
    }
    return codes ? style : (churn_str){NULL, 0};
}
