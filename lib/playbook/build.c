/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

#include "base/num.h"

/* ---- memory ---- */

void b_no_memory(builder *b)
{
    if (b->st == CHURN_OK) {
        b->st = churn__fail_memory(NULL, b->heap);
    }
}

void *b_array(builder *b, size_t count, size_t size)
{
    void *array = b->st == CHURN_OK ? churn__arena_array(b->arena, count, size) : NULL;
    if (array == NULL) {
        b_no_memory(b);
    }
    return array;
}

void *b_scratch_array(builder *b, size_t count, size_t size)
{
    void *array = b->st == CHURN_OK ? churn__arena_array(&b->scratch, count, size) : NULL;
    if (array == NULL) {
        b_no_memory(b);
    }
    return array;
}

churn_str b_keep(builder *b, churn_str s)
{
    churn_str kept = churn__arena_str(b->arena, s.len > 0 ? s.ptr : "", s.len);
    if (kept.ptr == NULL) {
        b_no_memory(b);
    }
    return kept;
}

churn_str b_join(builder *b, const char *prefix, churn_str s, const char *suffix)
{
    size_t before = strlen(prefix), after = strlen(suffix);
    char *joined = churn__arena_alloc(b->arena, before + s.len + after + 1);
    if (joined == NULL) {
        b_no_memory(b);
        return (churn_str){NULL, 0};
    }
    memcpy(joined, prefix, before);
    if (s.len > 0) {
        memcpy(joined + before, s.ptr, s.len);
    }
    memcpy(joined + before + s.len, suffix, after + 1);
    return (churn_str){joined, before + s.len + after};
}

/* ---- findings ---- */

report_place b_at(const churn__yaml_node *node)
{
    return (report_place){.line = node->line, .column = node->column};
}

churn_str b_nearest(builder *b, churn_str name, const churn_str *candidates, size_t count)
{
    churn_str none = {NULL, 0};
    if (count > b->suggest_budget || !report_open(&b->report)) {
        return none;
    }
    b->suggest_budget -= count;
    churn_str near = churn__nearest(name, candidates, count);
    if (near.ptr == NULL) {
        return none;
    }
    near = churn__arena_str(&b->scratch, near.ptr, near.len);
    if (near.ptr == NULL) {
        b_no_memory(b);
    }
    return near;
}

static const churn__yaml_node *key_node(const churn__yaml_node *map, const char *key)
{
    for (uint32_t i = 0; i < map->count; i++) {
        if (churn__str_eq(map->keys[i]->text, churn__str_nts(key))) {
            return map->keys[i];
        }
    }
    return NULL;
}

void b_need(builder *b, const churn__yaml_node *map, const char *key, const char *with)
{
    if (b_given(map, key)) {
        return;
    }
    report_place place = b_at(map);
    place.expected = churn__str_nts(key);
    report_add(&b->report, DIAGNOSTIC_missing_key, place, "`%s` needs the key `%s`", with, key);
}

void b_forbid(builder *b, const churn__yaml_node *map, const char *key, const char *with)
{
    const churn__yaml_node *node = key_node(map, key);
    if (node != NULL) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(node), "`%s` does not go with `%s`",
                   key, with);
    }
}

/* ---- values of a map ---- */

churn__yaml_node *b_get(const churn__yaml_node *map, const char *key)
{
    churn__yaml_node *node = churn__yaml_get(map, churn__str_nts(key));
    return node == NULL || node->bad ? NULL : node;
}

bool b_given(const churn__yaml_node *map, const char *key)
{
    return churn__yaml_get(map, churn__str_nts(key)) != NULL;
}

churn__yaml_node *b_item(const churn__yaml_node *list, uint32_t i)
{
    return list->items[i]->bad ? NULL : list->items[i];
}

churn_str b_text(builder *b, const churn__yaml_node *map, const char *key)
{
    const churn__yaml_node *node = b_get(map, key);
    return node == NULL ? (churn_str){NULL, 0} : b_keep(b, node->text);
}

double b_number(const churn__yaml_node *map, const char *key, double otherwise)
{
    const churn__yaml_node *node = b_get(map, key);
    double value = otherwise;
    if (node != NULL && !churn__double_parse(node->text.ptr, node->text.len, &value)) {
        return otherwise;
    }
    return value;
}

uint32_t b_count(const churn__yaml_node *map, const char *key, uint32_t otherwise)
{
    const churn__yaml_node *node = b_get(map, key);
    int64_t value = otherwise;
    if (node != NULL && !churn__int_parse(node->text.ptr, node->text.len, &value)) {
        return otherwise;
    }
    return (uint32_t)value;
}

bool b_bool(const churn__yaml_node *map, const char *key)
{
    const churn__yaml_node *node = b_get(map, key);
    return node != NULL && churn__str_eq(node->text, CHURN__STR("true"));
}

int64_t b_duration(const churn__yaml_node *map, const char *key, int64_t otherwise)
{
    const churn__yaml_node *node = b_get(map, key);
    churn__duration value = {otherwise, CHURN__UNIT_MICRO};
    if (node != NULL && !churn__duration_parse(node->text.ptr, node->text.len, &value)) {
        return otherwise;
    }
    return value.amount;
}

churn__span b_span(const churn__yaml_node *map, const char *key)
{
    const churn__yaml_node *node = b_get(map, key);
    churn__span value = {0};
    return node != NULL && churn__span_parse(node->text.ptr, node->text.len, &value)
               ? value
               : (churn__span){0};
}

int b_word(const churn__yaml_node *map, const char *key, const schema *words, int otherwise)
{
    const churn__yaml_node *node = b_get(map, key);
    return node == NULL ? otherwise : schema_word_value(words, node->text, otherwise);
}

churn_time b_instant(builder *b, const churn__yaml_node *map, const char *key, churn_time otherwise)
{
    const churn__yaml_node *node = b_get(map, key);
    churn_time value = otherwise;
    if (node == NULL) {
        return otherwise;
    }
    if (!churn__instant_parse(node->text.ptr, node->text.len, b->pb->zone, &value)) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(node), "%q: no such instant",
                   &node->text);
        return otherwise;
    }
    return value;
}

const churn_str *b_texts(builder *b, const churn__yaml_node *list, uint32_t *count)
{
    *count = 0;
    if (list == NULL) {
        return NULL;
    }
    bool single = list->kind == CHURN__YAML_SCALAR;
    uint32_t most = single ? 1 : list->count;
    churn_str *texts = b_array(b, most, sizeof *texts);
    for (uint32_t i = 0; texts != NULL && i < most; i++) {
        const churn__yaml_node *item = single ? list : b_item(list, i);
        if (item != NULL) {
            texts[(*count)++] = b_keep(b, item->text);
        }
    }
    return texts;
}

/* ---- expressions ---- */

/* Where an expression or a text stands. What is inside a quoted or plain scalar on one line can be
 * pointed at; in folded and literal blocks only the block itself. */
static churn__expr_place place_of(const churn__yaml_node *node)
{
    uint32_t quote = node->plain ? 0 : 1;
    return (churn__expr_place){node->line, node->column + quote};
}

#define EXPRESSION_CODES 1000 /* CH1101 is CHURN__EXPR_SYNTAX */

/* Where the findings of an expression go. */
typedef struct expression_report {
    builder *b;
    const churn__yaml_node *node;
} expression_report;

static void report_finding(void *context, const churn__expr_finding *what)
{
    const expression_report *to = context;
    builder *b = to->b;
    report_place place = b_at(to->node);
    if (to->node->one_line && what->line > 0) {
        place.line = what->line;
        place.column = what->column;
    }
    if (what->suggestion.ptr != NULL) {
        place.suggestion = b_keep(b, what->suggestion);
    }
    int32_t code = EXPRESSION_CODES + (what->detail > 0 ? what->detail : CHURN__EXPR_SYNTAX);
    bool own = b_is_question(b) || what->status == CHURN_OK ||
               what->status == CHURN_E_UNSUPPORTED || what->status == CHURN_E_LIMIT;
    report_add_status(&b->report, code, own ? what->status : CHURN_E_CONFIG, place, what->message);
}

static bool is_memory(const churn_error *err)
{
    return err->status == CHURN_E_NOMEM || (err->status == CHURN_E_LIMIT && err->detail == 0);
}

/* Two spellings of one expression mean the same. */
static void note_meaning(builder *b, const churn__yaml_node *node)
{
    churn__buf text;
    churn__buf_init(&text, b->heap);
    if (churn__expr_format(b->heap, &b->pb->limits, node->text, &text, NULL) == CHURN_OK) {
        ((churn__yaml_node *)node)->meaning = churn__arena_str(&b->scratch, text.data, text.size);
    }
    if (text.failed || ((churn__yaml_node *)node)->meaning.ptr == NULL) {
        b_no_memory(b);
    }
    churn__buf_clear(&text);
}

churn__expr *b_expression(builder *b, const churn__yaml_node *node, const churn__expr_scope *scope,
                          churn__type want)
{
    churn__expr *expr = NULL;
    churn_error err = {.struct_size = sizeof err};
    if (node == NULL || b->st != CHURN_OK) {
        return NULL;
    }
    expression_report to = {b, node};
    b->reading_line = node->line;
    b->reading_column = node->column;
    const churn__expr_source source = {.text = node->text,
                                       .place = place_of(node),
                                       .scope = scope,
                                       .want = want,
                                       .flags = b->no_lints ? CHURN__EXPR_NO_LINTS : 0,
                                       .zoneinfo = b->pb->zoneinfo,
                                       .report = report_finding,
                                       .report_context = &to};
    if (churn__expr_compile(b->heap, &b->pb->limits, &source, &expr, &err) != CHURN_OK) {
        if (is_memory(&err)) {
            b_no_memory(b);
        }
        return NULL;
    }
    note_meaning(b, node);
    return expr;
}

churn__expr *b_condition(builder *b, const churn__yaml_node *node)
{
    churn__expr_scope scope = b_scope(b);
    return b_expression(b, node, &scope, CHURN__TYPE_BOOL);
}

churn__template *b_template(builder *b, const churn__yaml_node *node)
{
    churn__template *tmpl = NULL;
    churn_error err = {.struct_size = sizeof err};
    churn__expr_scope scope = b_scope(b);
    if (node == NULL || b->st != CHURN_OK) {
        return NULL;
    }
    b->reading_line = node->line;
    b->reading_column = node->column;
    expression_report to = {b, node};
    const churn__expr_source source = {.text = node->text,
                                       .place = place_of(node),
                                       .scope = &scope,
                                       .zoneinfo = b->pb->zoneinfo,
                                       .report = report_finding,
                                       .report_context = &to};
    const churn__template_options options = {
        .currency = b->pb->currency, .zoneinfo = b->pb->zoneinfo, .has_now = true};
    if (churn__template_compile(b->heap, &b->pb->limits, &source, &options, &tmpl, &err) !=
            CHURN_OK &&
        is_memory(&err)) {
        b_no_memory(b);
    }
    return tmpl;
}
