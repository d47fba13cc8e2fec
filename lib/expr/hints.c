/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/* What people write who know another language, and what is meant here. Every text continues a
 * sentence that says what is wrong. */

typedef struct habit {
    churn_str word;
    const char *hint;
} habit;

static const char *look_up(const habit *habits, size_t count, churn_str word)
{
    for (size_t i = 0; i < count; i++) {
        if (churn__str_eq(word, habits[i].word)) {
            return habits[i].hint;
        }
    }
    return "";
}

const char *churn__expr_word_hint(churn_str before, churn_str word)
{
    static const habit here[] = {
        {CHURN__STR("and"), "; and is `&&`"},
        {CHURN__STR("AND"), "; and is `&&`"},
        {CHURN__STR("or"), "; or is `||`"},
        {CHURN__STR("OR"), "; or is `||`"},
        {CHURN__STR("not"), "; not is `!`"},
        {CHURN__STR("NOT"), "; not is `!`"},
        {CHURN__STR("IN"), "; it is written `in`"},
        {CHURN__STR("is"), "; equality is `==`, and has(x) asks whether "
                           "x is there"},
        {CHURN__STR("IS"), "; equality is `==`, and has(x) asks whether "
                           "x is there"},
        {CHURN__STR("like"), "; write x.contains(\"...\"), "
                             "x.startsWith(\"...\") or x.matches(\"...\")"},
        {CHURN__STR("LIKE"), "; write x.contains(\"...\"), "
                             "x.startsWith(\"...\") or x.matches(\"...\")"},
        {CHURN__STR("contains"), "; write x.contains(\"...\")"},
        {CHURN__STR("between"), "; write `x >= a && x <= b`"},
        {CHURN__STR("BETWEEN"), "; write `x >= a && x <= b`"},
        {CHURN__STR("then"), "; write `condition ? a : b`"},
        {CHURN__STR("desc"), "; write a `-` before what is ordered by"},
        {CHURN__STR("DESC"), "; write a `-` before what is ordered by"},
        {CHURN__STR("asc"), "; ascending is the rule: leave it out"},
        {CHURN__STR("ASC"), "; ascending is the rule: leave it out"},
        {CHURN__STR(")"), "; no `(` is open"},
        {CHURN__STR("]"), "; no `[` is open"},
        {CHURN__STR("%"), "; `%` stands between two ints"}};
    static const habit behind[] = {{CHURN__STR("not"), "; not is `!`"},
                                   {CHURN__STR("NOT"), "; not is `!`"}};
    if (churn__str_eq(before, CHURN__STR("<")) && churn__str_eq(word, CHURN__STR(">"))) {
        return "; unequal is `!=`";
    }
    const char *hint = look_up(behind, sizeof behind / sizeof *behind, before);
    return *hint != '\0' ? hint : look_up(here, sizeof here / sizeof *here, word);
}

const char *churn__expr_reserved_hint(churn_str word)
{
    static const habit words[] = {{CHURN__STR("if"), "; write `condition ? a : b`"},
                                  {CHURN__STR("else"), "; write `condition ? a : b`"}};
    return look_up(words, sizeof words / sizeof *words, word);
}

const char *churn__expr_sign_hint(churn_str sign)
{
    static const habit signs[] = {{CHURN__STR("="), "; equality is `==`"},
                                  {CHURN__STR("&"), "; and is `&&`"},
                                  {CHURN__STR("|"), "; or is `||`"},
                                  {CHURN__STR("`"), "; names are written without quotes"},
                                  {CHURN__STR("#"), "; comments begin with `//`"},
                                  {CHURN__STR("^"), "; x * x is a square"},
                                  {CHURN__STR("$"), "; a parameter is params.<name>"},
                                  {CHURN__STR(";"), "; a text is one expression"},
                                  {CHURN__STR("\xE2\x80\x9C"), "; text stands in \"...\""},
                                  {CHURN__STR("\xE2\x80\x9D"), "; text stands in \"...\""},
                                  {CHURN__STR("\xE2\x80\x9E"), "; text stands in \"...\""},
                                  {CHURN__STR("\xE2\x80\x98"), "; text stands in \"...\""},
                                  {CHURN__STR("\xE2\x80\x99"), "; text stands in \"...\""},
                                  {CHURN__STR("\xE2\x89\xA0"), "; unequal is `!=`"},
                                  {CHURN__STR("\xE2\x89\xA4"), "; it is written `<=`"},
                                  {CHURN__STR("\xE2\x89\xA5"), "; it is written `>=`"},
                                  {CHURN__STR("\xC2\xA0"), "; it is a space that cannot be "
                                                           "broken: type it again"}};
    return look_up(signs, sizeof signs / sizeof *signs, sign);
}

const char *churn__expr_function_hint(churn_str name)
{
    static const habit names[] = {
        {CHURN__STR("len"), "; write size(x)"},
        {CHURN__STR("length"), "; write size(x)"},
        {CHURN__STR("now"), "; in a playbook the instant of a question is `as_of`"},
        {CHURN__STR("today"), "; in a playbook the instant of a question is `as_of`"},
        {CHURN__STR("isnull"), "; write !has(x)"},
        {CHURN__STR("is_null"), "; write !has(x)"},
        {CHURN__STR("coalesce"), "; write `has(x) ? x : y`"},
        {CHURN__STR("ifnull"), "; write `has(x) ? x : y`"},
        {CHURN__STR("iff"), "; write `condition ? a : b`"},
        {CHURN__STR("lower"), "; write x.matches(\"(?i)...\") where case does not matter"},
        {CHURN__STR("upper"), "; write x.matches(\"(?i)...\") where case does not matter"},
        {CHURN__STR("lowerAscii"), "; write x.matches(\"(?i)...\") where case does not matter"},
        {CHURN__STR("upperAscii"), "; write x.matches(\"(?i)...\") where case does not matter"},
        {CHURN__STR("str"), "; write string(x)"},
        {CHURN__STR("float"), "; write double(x)"}};
    return look_up(names, sizeof names / sizeof *names, name);
}

/* ---- types ---- */

static bool are(const expr_node *a, const expr_node *b, bool (*first)(churn__type),
                bool (*second)(churn__type))
{
    return (first(a->type) && second(b->type)) || (first(b->type) && second(a->type));
}

static bool is_text(churn__type type)
{
    return type == CHURN__TYPE_STRING;
}

static bool is_time(churn__type type)
{
    return type == CHURN__TYPE_TIME;
}

static bool is_span(churn__type type)
{
    return type == CHURN__TYPE_DURATION;
}

static bool is_truth(churn__type type)
{
    return type == CHURN__TYPE_BOOL;
}

static bool is_list(churn__type type)
{
    return type == EXPR_TYPE_LIST || type == CHURN__TYPE_STRINGS;
}

static bool is_null(churn__type type)
{
    return type == EXPR_TYPE_NULL;
}

static bool orders(const expr_node *node)
{
    return node->token == TOK_LT || node->token == TOK_LE || node->token == TOK_GT ||
           node->token == TOK_GE;
}

static const char *number_hint(const expr_node *node, const expr_node *a, const expr_node *b)
{
    if (are(a, b, is_text, expr_is_number)) {
        return node->token == TOK_ADD ? "; write string(...) around the number"
                                      : "; write the text in quotes, or int(...) around it";
    }
    if (orders(node) && is_truth(a->type) && expr_is_number(b->type)) {
        return "; write `a < b && b < c`, each comparison by itself";
    }
    if (are(a, b, is_truth, expr_is_number)) {
        return "; write `x ? 1 : 0` for a bool that is counted";
    }
    if (are(a, b, is_span, expr_is_number)) {
        return "; write duration(\"36h\"), or x.getHours() of a duration";
    }
    if (are(a, b, is_time, expr_is_number)) {
        return "; write timestamp(\"2026-02-01T00:00:00Z\"), or int(...) for seconds since 1970";
    }
    return "";
}

const char *churn__expr_types_hint(const expr_node *node, const expr_node *a, const expr_node *b)
{
    bool equality = node->token == TOK_EQ || node->token == TOK_NE;
    if (expr_is_number(a->type) && expr_is_number(b->type) && a->type != b->type) {
        return "; write double(...) around the int";
    }
    if (equality && is_null(a->type) != is_null(b->type)) {
        return "; write has(x) to ask whether x is there";
    }
    if (are(a, b, is_time, is_text)) {
        return "; write timestamp(\"...\") around the text";
    }
    if (are(a, b, is_span, is_text)) {
        return "; write duration(\"...\") around the text";
    }
    if (equality && is_list(a->type) != is_list(b->type)) {
        return "; `in` asks whether a list holds a value";
    }
    if (node->token == TOK_IN && is_text(a->type) && is_text(b->type)) {
        return "; write x.contains(\"...\") to look into a text";
    }
    if (node->token == TOK_MOD && expr_is_number(a->type)) {
        return "; `%` is of ints: write int(...) around each double";
    }
    return number_hint(node, a, b);
}

const char *churn__expr_bool_hint(churn__type got)
{
    if (expr_is_number(got)) {
        return "; compare it: `x > 0`";
    }
    return is_text(got) ? "; compare it: `x == \"...\"`" : "";
}
