/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "base/hash.h"
#include "base/num.h"
#include "playbook/build.h"

/* ---- constants of a condition ---- */

static churn__value value_of(builder *b, const churn__yaml_node *node)
{
    churn__value value = {.type = CHURN__TYPE_STRING};
    if (node->plain && b_is_number(node->text)) {
        value.type = CHURN__TYPE_DOUBLE;
        (void)churn__double_parse(node->text.ptr, node->text.len, &value.as.d);
    } else if (node->plain && churn__str_eq(node->text, CHURN__STR("true"))) {
        value.type = CHURN__TYPE_BOOL;
        value.as.b = 1;
    } else if (node->plain && churn__str_eq(node->text, CHURN__STR("false"))) {
        value.type = CHURN__TYPE_BOOL;
    } else {
        value.as.s = b_keep(b, node->text);
    }
    return value;
}

static void fill_parameters(builder *b, const churn__yaml_node *map)
{
    parameter *list = map == NULL ? NULL : b_array(b, map->count, sizeof *list);
    uint32_t count = 0;
    for (uint32_t i = 0; list != NULL && i < map->count; i++) {
        const churn__yaml_node *value = b_item(map, i);
        if (value != NULL && churn__is_name(map->keys[i]->text)) {
            list[count++] =
                (parameter){b_join(b, "params.", map->keys[i]->text, ""), value_of(b, value)};
        }
    }
    b->parameters = list;
    b->parameter_count = count;
}

/* ---- what happens when, and how often ---- */

/* The part of `every:30d` after its colon. */
static bool refire_duration(const churn__yaml_node *node, int64_t *out)
{
    churn_str prefix = CHURN__STR("every:");
    churn__duration every;
    if (!churn__str_starts(node->text, prefix)) {
        return false;
    }
    churn_str text = {node->text.ptr + prefix.len, node->text.len - prefix.len};
    while (text.len > 0 && text.ptr[0] == ' ') {
        text = (churn_str){text.ptr + 1, text.len - 1};
    }
    if (!churn__duration_parse(text.ptr, text.len, &every) || every.unit != CHURN__UNIT_MICRO) {
        return false;
    }
    *out = every.amount;
    return every.amount > 0;
}

static void fill_refire(builder *b, const churn__yaml_node *item, churn__trigger_def *def)
{
    const churn__yaml_node *node = b_get(item, "refire");
    int word = node == NULL ? CHURN__REFIRE_AFTER_CLEAR
                            : schema_word_value(&schema_refire_word, node->text, -1);
    if (word >= 0) {
        def->refire = (uint8_t)word;
        return;
    }
    def->refire = CHURN__REFIRE_EVERY;
    if (!refire_duration(node, &def->refire_every)) {
        report_place place = b_at(node);
        place.expected = CHURN__STR("after_clear, never, or every: and a duration");
        report_add(&b->report, DIAGNOSTIC_bad_value, place,
                   "`refire`: expected `after_clear`, `never` or such as `every:30d`, found %q",
                   &node->text);
    }
}

static uint8_t unknown_word(const churn__yaml_node *map, const char *key, int otherwise)
{
    return (uint8_t)b_word(map, key, &schema_on_unknown_word, otherwise);
}

static void fill_on_unknown(const churn__yaml_node *item, churn__trigger_def *def)
{
    const churn__yaml_node *node = b_get(item, "on_unknown");
    churn__on_unknown *to = &def->on_unknown;
    to->given = node != NULL;
    if (node == NULL) {
        return;
    }
    if (node->kind == CHURN__YAML_SCALAR) {
        int all = schema_word_value(&schema_on_unknown_word, node->text, CHURN__UNKNOWN_HOLD);
        to->never = to->empty = to->expired = to->otherwise = (uint8_t)all;
        return;
    }
    to->otherwise = unknown_word(node, "otherwise", CHURN__UNKNOWN_HOLD);
    to->never = unknown_word(node, "never", to->otherwise);
    to->empty = unknown_word(node, "empty", to->otherwise);
    to->expired = unknown_word(node, "expired", to->otherwise);
}

static void fill_budget(const churn__yaml_node *item, churn__trigger_def *def)
{
    const churn__yaml_node *map = b_get(item, "fire_budget");
    def->budget_fraction = b_number(map, "max_fraction", 0.10);
    def->budget_max = b_count(map, "max_new", 0);
    def->budget_min_customers = b_count(map, "min_customers", 50);
}

static void fill_times(builder *b, const churn__yaml_node *item, churn__trigger_def *def)
{
    int64_t gap = INT64_MAX;
    if (!churn__mul_i64(b->pb->evaluate.amount, 3, &gap)) {
        gap = INT64_MAX;
    }
    def->hold = b_duration(item, "for", 0);
    def->min_evals = b_count(item, "min_evals", 1);
    def->max_gap = b_duration(item, "max_gap", gap);
    def->clear_for = b_duration(item, "clear_for", 0);
    def->cooldown = b_duration(item, "cooldown", 7 * CHURN__DAY);
    def->renotify = b_duration(item, "renotify", 0);
    def->unknown_after = b_duration(item, "unknown_after", 3 * CHURN__DAY);
    def->expire_unknown_after = b_duration(item, "expire_unknown_after", 30 * CHURN__DAY);
    def->grace = b_duration(item, "grace", 0);
}

/* What makes a condition another one: its texts and constants. */
static uint64_t rule_hash(builder *b, const churn__yaml_node *item)
{
    static const char *const keys[] = {"when", "clear_when", "params"};
    churn__buf out;
    churn__buf_init(&out, b->heap);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        canon_write(&out, b_get(item, keys[i]), NULL);
    }
    if (out.failed) {
        b_no_memory(b);
    }
    uint64_t hash = out.failed ? 0 : churn__hash64(out.data, out.size, 0);
    churn__buf_clear(&out);
    return hash;
}

static void fill_trigger(builder *b, const churn__yaml_node *item, churn__trigger_def *def)
{
    fill_parameters(b, b_get(item, "params"));
    def->when = b_condition(b, b_get(item, "when"));
    def->clear_when = b_condition(b, b_get(item, "clear_when"));
    b->parameters = NULL;
    b->parameter_count = 0;
    fill_times(b, item, def);
    fill_refire(b, item, def);
    fill_on_unknown(item, def);
    def->severity = (uint8_t)b_word(item, "severity", &schema_severity, CHURN__SEVERITY_MEDIUM);
    def->initial_arm = b_word(item, "initial", &schema_initial, 0) == 1;
    def->population =
        (uint8_t)b_word(item, "population", &schema_population, CHURN__POPULATION_ACTIVE);
    fill_budget(item, def);
    def->play = b_refer(b, DIAGNOSTIC_unknown_play, "play", &b->plays, b_get(item, "play"));
    def->rule_hash = rule_hash(b, item);
}

void b_triggers(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "triggers");
    for (uint32_t i = 0; i < b->pb->trigger_count && b->st == CHURN_OK; i++) {
        fill_trigger(b, list->items[i], &b->trigger_defs[i]);
    }
}
