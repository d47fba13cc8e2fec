/* SPDX-License-Identifier: MIT */
#include "playbook/schema.h"

#include "base/num.h"
#include "base/str.h"

/*
 * JSON Schema (draft-07) from the table. Beside what the standard knows, "x-churn-..." keywords
 * carry what the reference page shows: how a value is called, defaults in words, what words mean,
 * and what this version does not do.
 */

/* ---- JSON ---- */

static void text(churn__buf *out, const char *s)
{
    churn__buf_char(out, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') {
            churn__buf_char(out, '\\');
        }
        churn__buf_char(out, *s);
    }
    churn__buf_char(out, '"');
}

/* `"key": ` after a comma where there was something before. */
static void key(churn__buf *out, bool *first, const char *name)
{
    churn__buf_text(out, *first ? "" : ", ");
    text(out, name);
    churn__buf_text(out, ": ");
    *first = false;
}

static void pair(churn__buf *out, bool *first, const char *name, const char *value)
{
    key(out, first, name);
    text(out, value);
}

static void pair_raw(churn__buf *out, bool *first, const char *name, const char *json)
{
    key(out, first, name);
    churn__buf_text(out, json);
}

static void pair_number(churn__buf *out, bool *first, const char *name, double value)
{
    char digits[CHURN__DOUBLE_CHARS];
    key(out, first, name);
    churn__buf_bytes(out, digits, churn__double_print_short(value, digits));
}

/* ---- what a key says beside its type ---- */

static void expected(churn__buf *out, bool *first, const schema *type)
{
    churn__buf words;
    churn__buf_init(&words, out->heap);
    schema_expected(type, &words);
    if (words.failed || words.size == 0) {
        out->failed = true;
    } else {
        pair(out, first, "x-churn-type", words.data);
    }
    churn__buf_clear(&words);
}

static void later_keys(churn__buf *out, bool *first, const schema *type)
{
    bool opened = false;
    for (uint32_t i = 0; i < type->key_count; i++) {
        if (!type->keys[i].later) {
            continue;
        }
        if (!opened) {
            key(out, first, "x-churn-later");
            churn__buf_char(out, '{');
        }
        bool first_name = !opened;
        pair(out, &first_name, type->keys[i].name, type->keys[i].doc);
        opened = true;
    }
    churn__buf_text(out, opened ? "}" : "");
}

static void word_docs(churn__buf *out, bool *first, const char *name, const schema *type,
                      bool later)
{
    bool opened = false;
    for (uint32_t i = 0; i < type->word_count; i++) {
        if (type->words[i].later != later) {
            continue;
        }
        if (!opened) {
            key(out, first, name);
            churn__buf_char(out, '{');
        }
        bool first_name = !opened;
        pair(out, &first_name, type->words[i].name, type->words[i].doc);
        opened = true;
    }
    churn__buf_text(out, opened ? "}" : "");
}

/* ---- types ---- */

/* `cases`: below what may have cases, where any value may be `$name` and keys may be as they are.
 */
static void put(churn__buf *out, const schema *type, const schema_key *about, bool cases);

#define CASE_PATTERN "^[$][a-z][a-z0-9_]*$"

/* `"type": "number"`, or `["number", "string"]` with the pattern, which binds strings alone. */
static void pair_type(churn__buf *out, bool *first, const char *name, bool cases)
{
    if (!cases) {
        pair(out, first, "type", name);
        return;
    }
    key(out, first, "type");
    churn__buf_char(out, '[');
    text(out, name);
    churn__buf_text(out, ", \"string\"]");
    pair(out, first, "pattern", CASE_PATTERN);
}

/* A pattern of a string, or that of a case. */
static void pair_pattern(churn__buf *out, bool *first, const char *pattern, bool cases)
{
    if (!cases) {
        pair(out, first, "pattern", pattern);
        return;
    }
    key(out, first, "pattern");
    churn__buf_text(out, "\"(");
    for (const char *s = pattern; *s != '\0'; s++) {
        churn__buf_text(out, *s == '"' || *s == '\\' ? "\\" : "");
        churn__buf_char(out, *s);
    }
    churn__buf_text(out, ")|(^[$][a-z][a-z0-9_]*$)\"");
}

static void put_words(churn__buf *out, bool *first, const schema *type)
{
    bool first_word = true;
    key(out, first, "enum");
    churn__buf_char(out, '[');
    for (uint32_t i = 0; i < type->word_count; i++) {
        if (!type->words[i].later) {
            churn__buf_text(out, first_word ? "" : ", ");
            text(out, type->words[i].name);
            first_word = false;
        }
    }
    churn__buf_char(out, ']');
    word_docs(out, first, "x-churn-words", type, false);
    word_docs(out, first, "x-churn-later", type, true);
}

static void put_number(churn__buf *out, bool *first, const schema *type, bool cases)
{
    pair_type(out, first, type->type == SCHEMA_INT ? "integer" : "number", cases);
    if (type->ranged) {
        pair_number(out, first, type->open_low ? "exclusiveMinimum" : "minimum", type->low);
        pair_number(out, first, "maximum", type->high);
    }
}

static void put_required(churn__buf *out, bool *first, const schema *type)
{
    bool opened = false;
    for (uint32_t i = 0; i < type->key_count; i++) {
        if (!type->keys[i].required) {
            continue;
        }
        if (!opened) {
            key(out, first, "required");
        }
        churn__buf_text(out, opened ? ", " : "[");
        text(out, type->keys[i].name);
        opened = true;
    }
    churn__buf_text(out, opened ? "]" : "");
}

static void put_keys(churn__buf *out, bool *first, const schema *type, bool cases)
{
    bool first_key = true;
    pair_type(out, first, "object", cases);
    pair_raw(out, first, "additionalProperties", "false");
    put_required(out, first, type);
    key(out, first, "properties");
    churn__buf_char(out, '{');
    for (uint32_t i = 0; i < type->key_count; i++) {
        if (!type->keys[i].later) {
            key(out, &first_key, type->keys[i].name);
            churn__buf_char(out, '\n');
            put(out, type->keys[i].type, &type->keys[i], cases || type->cases);
        }
    }
    churn__buf_char(out, '}');
    later_keys(out, first, type);
}

static void put_any(churn__buf *out, bool *first, const schema *type, const char *keyword,
                    bool cases)
{
    bool opened = false;
    key(out, first, keyword);
    churn__buf_char(out, '[');
    for (uint32_t i = 0; i < type->any_count; i++) {
        if (type->any[i]->type != SCHEMA_LATER) {
            churn__buf_text(out, opened ? ",\n" : "\n");
            put(out, type->any[i], NULL, cases);
            opened = true;
        }
    }
    churn__buf_char(out, ']');
    if (type->type == SCHEMA_VARIANTS) {
        word_docs(out, first, "x-churn-variants-later", type, true);
    }
}

static void put_map(churn__buf *out, bool *first, const schema *type, bool cases)
{
    pair_type(out, first, "object", cases);
    if (!type->free_keys) {
        pair_raw(out, first, "propertyNames", "{\"pattern\": \"^[a-z][a-z0-9_]*$\"}");
    }
    if (type->least > 0) {
        pair_number(out, first, "minProperties", type->least);
    }
    key(out, first, "additionalProperties");
    put(out, type->of, NULL, cases);
}

static void put_list(churn__buf *out, bool *first, const schema *type, bool cases)
{
    pair_type(out, first, "array", cases);
    if (type->least > 0) {
        pair_number(out, first, "minItems", type->least);
    }
    key(out, first, "items");
    put(out, type->of, NULL, cases);
}

static void put_one_or_list(churn__buf *out, bool *first, const schema *type, bool cases)
{
    const schema list = {.type = SCHEMA_LIST, .of = type->of, .least = 1};
    key(out, first, "anyOf");
    churn__buf_char(out, '[');
    put(out, type->of, NULL, cases);
    churn__buf_text(out, ", ");
    put(out, &list, NULL, cases);
    churn__buf_char(out, ']');
}

#define DURATION_PATTERN "^([0-9]+(s|m|h|d|w)|0)$"
#define POSITIVE_PATTERN "^0*[1-9][0-9]*(s|m|h|d|w)$"
#define SPAN_PATTERN "^([0-9]+(s|m|h|d|w|cd|cw|cmo|cq|cy)|0)$"
#define WINDOW_PATTERN "^(0*[1-9][0-9]*(s|m|h|d|w|cd|cw|cmo|cq|cy)|mtd|qtd|ytd)$"
#define DUE_PATTERN "^([0-9]+(s|m|h|d|w|cd|cw|cmo|cq|cy|bd|bh)|0)$"
#define DATE_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
#define INSTANT_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9].*)?$"

static const char *duration_pattern(const schema *type)
{
    switch (type->type) {
    case SCHEMA_DUE:
        return DUE_PATTERN;
    case SCHEMA_SPAN:
        return SPAN_PATTERN;
    case SCHEMA_WINDOW:
        return WINDOW_PATTERN;
    default:
        return type->open_low ? POSITIVE_PATTERN : DURATION_PATTERN;
    }
}

/* Only 0 needs no unit. */
static void put_duration(churn__buf *out, bool *first, const schema *type, bool cases)
{
    if (type->open_low) {
        pair(out, first, "type", "string");
        pair_pattern(out, first, duration_pattern(type), cases);
        return;
    }
    pair_raw(out, first, "type", "[\"string\", \"integer\"]");
    pair_raw(out, first, "maximum", "0");
    pair_raw(out, first, "minimum", "0");
    pair_pattern(out, first, duration_pattern(type), cases);
}

/* An editor reads plain text that looks like a number as one; where the library takes it as text,
 * so does the schema. */
static void put_scalar(churn__buf *out, bool *first, const schema *type, bool cases)
{
    switch (type->type) {
    case SCHEMA_NAME:
        pair(out, first, "type", "string");
        pair_pattern(out, first, "^[a-z][a-z0-9_]*$", cases);
        return;
    case SCHEMA_BOOL:
        pair_type(out, first, "boolean", cases);
        return;
    case SCHEMA_NOTHING:
        pair(out, first, "type", "null");
        return;
    case SCHEMA_ANYTHING:
        return;
    case SCHEMA_DURATION:
    case SCHEMA_SPAN:
    case SCHEMA_WINDOW:
    case SCHEMA_DUE:
        put_duration(out, first, type, cases);
        return;
    case SCHEMA_HOURS:
        pair(out, first, "type", "string");
        pair(out, first, "pattern", "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$");
        return;
    case SCHEMA_POINT:
        pair_raw(out, first, "type",
                 "\"array\", \"items\": [{\"type\": \"number\"}, {\"type\": \"number\", "
                 "\"minimum\": 0, \"maximum\": 100}], \"minItems\": 2, \"maxItems\": 2");
        return;
    case SCHEMA_INSTANT:
    case SCHEMA_DATE:
        pair(out, first, "type", "string");
        pair_pattern(out, first, type->type == SCHEMA_DATE ? DATE_PATTERN : INSTANT_PATTERN, cases);
        return;
    case SCHEMA_EXPRESSION:
    case SCHEMA_TEXT:
    case SCHEMA_TEMPLATE:
        pair_raw(out, first, "type", "[\"string\", \"number\", \"boolean\"], \"minLength\": 1");
        return;
    default:
        pair_raw(out, first, "type", "[\"string\", \"number\", \"boolean\"]");
    }
}

static void put_type(churn__buf *out, bool *first, const schema *type, bool cases)
{
    if (type->pointer != NULL) {
        pair(out, first, "$ref", type->pointer);
        return;
    }
    switch (type->type) {
    case SCHEMA_KEYS:
        put_keys(out, first, type, cases);
        return;
    case SCHEMA_VARIANTS:
        put_any(out, first, type, "oneOf", cases);
        return;
    case SCHEMA_EITHER:
        put_any(out, first, type, "anyOf", cases);
        return;
    case SCHEMA_MAP:
        put_map(out, first, type, cases);
        return;
    case SCHEMA_LIST:
        put_list(out, first, type, cases);
        return;
    case SCHEMA_ONE_OR_LIST:
        put_one_or_list(out, first, type, cases);
        return;
    case SCHEMA_WORD:
        put_words(out, first, type);
        return;
    case SCHEMA_NUMBER:
    case SCHEMA_INT:
        put_number(out, first, type, cases);
        return;
    default:
        put_scalar(out, first, type, cases);
    }
}

/* Recursion goes down the schema, which is finite but for what has a pointer. */
static void put(churn__buf *out, const schema *type, const schema_key *about, bool cases)
{
    bool first = true;
    churn__buf_char(out, '{');
    if (about != NULL) {
        pair(out, &first, "description", about->doc);
        expected(out, &first, type);
        if (about->standard != NULL) {
            pair(out, &first, "x-churn-default", about->standard);
        }
        if (about->example != NULL) {
            key(out, &first, "examples");
            churn__buf_char(out, '[');
            text(out, about->example);
            churn__buf_char(out, ']');
        }
    }
    put_type(out, &first, type, cases);
    churn__buf_char(out, '}');
}

void schema_json(churn__buf *out)
{
    bool first = true;
    churn__buf_char(out, '{');
    pair(out, &first, "$schema", "http://json-schema.org/draft-07/schema#");
    pair(out, &first, "title", "A playbook of libchurn");
    put_type(out, &first, &schema_playbook, false);
    churn__buf_text(out, "}\n");
}
