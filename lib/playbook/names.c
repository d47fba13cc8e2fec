/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* ---- registries ---- */

bool registry_add(builder *b, registry *to, churn_str name, uint32_t index,
                  const churn__yaml_node *node)
{
    if (to->dict == NULL) {
        to->dict = churn__dict_create(b->heap);
    }
    uint32_t code = to->dict == NULL ? CHURN__NO_CODE : churn__dict_add(to->dict, name);
    if (code == CHURN__NO_CODE) {
        b_no_memory(b);
        return true;
    }
    if (code < to->count) {
        return false;
    }
    if (!churn__grow(b->heap, (void **)&to->entries, &to->capacity, to->count + 1,
                     sizeof *to->entries)) {
        b_no_memory(b);
        return true;
    }
    to->entries[to->count++] = (registry_entry){name, index, node};
    return true;
}

static const registry_entry *entry_of(const registry *in, churn_str name)
{
    uint32_t code = in->dict == NULL ? CHURN__NO_CODE : churn__dict_find(in->dict, name);
    return code == CHURN__NO_CODE || code >= in->count ? NULL : &in->entries[code];
}

uint32_t b_find(const registry *in, churn_str name)
{
    const registry_entry *entry = entry_of(in, name);
    return entry == NULL ? UINT32_MAX : entry->index;
}

void registry_clear(builder *b, registry *which)
{
    churn__dict_free(which->dict);
    churn__free_array(b->heap, which->entries, which->capacity, sizeof *which->entries);
    *which = (registry){0};
}

void b_registries_clear(builder *b)
{
    registry *all[] = {&b->attributes, &b->properties, &b->sources,   &b->roles,
                       &b->metrics,    &b->segments,   &b->scores,    &b->triggers,
                       &b->plays,      &b->slots,      &b->references};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        registry_clear(b, all[i]);
    }
    b_score_parts_clear(b);
}

static churn_str nearest_entry(builder *b, const registry *in, churn_str name)
{
    churn_str none = {NULL, 0};
    if (in->count == 0 || in->count > b->suggest_budget || !report_open(&b->report)) {
        return none;
    }
    churn_str *names = churn__alloc_array(b->heap, in->count, sizeof *names);
    if (names == NULL) {
        b_no_memory(b);
        return none;
    }
    for (size_t i = 0; i < in->count; i++) {
        names[i] = in->entries[i].name;
    }
    churn_str near = b_nearest(b, name, names, in->count);
    churn__free_array(b->heap, names, in->count, sizeof *names);
    return near;
}

void b_unknown(builder *b, diagnostic code, const char *sort, const registry *in,
               const churn__yaml_node *node)
{
    report_place place = b_at(node);
    place.suggestion = nearest_entry(b, in, node->text);
    if (place.suggestion.ptr != NULL) {
        report_add(&b->report, code, place, "unknown %s %q; did you mean %q?", sort, &node->text,
                   &place.suggestion);
    } else {
        report_add(&b->report, code, place, "unknown %s %q%s", sort, &node->text,
                   in == &b->attributes ? "; `attributes` declares them" : "");
    }
}

uint32_t b_refer(builder *b, diagnostic code, const char *sort, const registry *in,
                 const churn__yaml_node *node)
{
    if (node == NULL) {
        return UINT32_MAX;
    }
    uint32_t index = b_find(in, node->text);
    if (index == UINT32_MAX) {
        b_unknown(b, code, sort, in, node);
    }
    return index;
}

/* ---- reserved names ---- */

static bool is_one_of(churn_str name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (churn__str_eq(name, churn__str_nts(list[i]))) {
            return true;
        }
    }
    return false;
}

/* The words of CEL that are no identifiers: langdef.md of the Common Expression Language. */
static bool is_reserved_word(churn_str name)
{
    static const char *const words[] = {
        "true",     "false",     "null",  "in",  "as",     "break",  "const",
        "continue", "else",      "for",   "if",  "import", "let",    "loop",
        "package",  "namespace", "while", "var", "void",   "return", "function",
    };
    return is_one_of(name, words, sizeof words / sizeof words[0]);
}

/* What stands before the first dot in conditions: a score of that name could not be told from it.
 */
static bool is_namespace(churn_str name)
{
    static const char *const spaces[] = {
        "customer", "metric", "segment",   "stage", "milestone", "churn", "trigger", "play",
        "status",   "tags",   "announced", "it",    "params",    "as_of", "math",    "props",
    };
    return is_one_of(name, spaces, sizeof spaces / sizeof spaces[0]);
}

/* `customer.<these>` is no attribute, and the fields of a record of a customer. */
static bool is_customer_fact(churn_str name)
{
    static const char *const facts[] = {"id",       "age_days",   "churned", "since",
                                        "known_at", "valid_from", "customer"};
    return is_one_of(name, facts, sizeof facts / sizeof facts[0]);
}

static bool is_score_part(churn_str name)
{
    static const char *const parts[] = {"score", "band",    "coverage",   "low",
                                        "high",  "certain", "overridden", "card"};
    return is_one_of(name, parts, sizeof parts / sizeof parts[0]);
}

/* With whom `among` compares, if it is no reference. */
static bool is_comparison(churn_str name)
{
    static const char *const words[] = {"book", "segment", "self"};
    return is_one_of(name, words, sizeof words / sizeof words[0]);
}

static bool report_reserved(builder *b, const churn__yaml_node *node, bool reserved)
{
    if (reserved) {
        report_add(&b->report, DIAGNOSTIC_reserved_name, b_at(node),
                   "%q means something else in conditions: take another name", &node->text);
    }
    return reserved;
}

/* ---- ids of the sections ---- */

static void report_duplicate(builder *b, const registry *in, const char *sort,
                             const churn__yaml_node *node)
{
    const churn__yaml_node *first = entry_of(in, node->text)->node;
    if (first == NULL) {
        return;
    }
    report_add(&b->report, DIAGNOSTIC_duplicate_id, b_at(node),
               "duplicate %s %q: it stands at %u:%u already", sort, &node->text,
               (uint64_t)first->line, (uint64_t)first->column);
}

void b_register_id(builder *b, registry *to, const char *sort, uint32_t index,
                   const churn__yaml_node *node)
{
    if (node == NULL || report_reserved(b, node, is_reserved_word(node->text))) {
        return;
    }
    if (to == &b->scores && report_reserved(b, node, is_namespace(node->text))) {
        return;
    }
    if (to == &b->references && report_reserved(b, node, is_comparison(node->text))) {
        return;
    }
    if (!registry_add(b, to, node->text, index, node)) {
        report_duplicate(b, to, sort, node);
    }
}

void b_register_group(builder *b, registry *to, uint32_t index, const churn__yaml_node *node)
{
    if (node != NULL && !report_reserved(b, node, is_score_part(node->text))) {
        b_register_id(b, to, "group", index, node);
    }
}

/* A list of maps with ids. */
static void register_list(builder *b, registry *to, const char *key, const char *sort)
{
    const churn__yaml_node *list = b_get(b->root, key);
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        b_register_id(b, to, sort, i, b_get(list->items[i], "id"));
    }
}

/* A map whose keys are the names. */
static void register_map(builder *b, registry *to, const char *key, const char *sort)
{
    const churn__yaml_node *map = b_get(b->root, key);
    for (uint32_t i = 0; map != NULL && i < map->count; i++) {
        if (churn__is_name(map->keys[i]->text)) {
            b_register_id(b, to, sort, i, map->keys[i]);
        }
    }
}

static const char *const always[] = {"name", "owner", "parent", "time_zone"};
#define ALWAYS_COUNT (uint32_t)(sizeof always / sizeof always[0])

/* The attributes that need no declaration come first; declaring them as what they are is no fault.
 */
static void register_attributes(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "attributes");
    uint32_t next = ALWAYS_COUNT;
    for (uint32_t i = 0; i < ALWAYS_COUNT; i++) {
        (void)registry_add(b, &b->attributes, churn__str_nts(always[i]), i, NULL);
    }
    for (uint32_t i = 0; map != NULL && i < map->count; i++) {
        const churn__yaml_node *key = map->keys[i];
        bool reserved = is_reserved_word(key->text) || is_customer_fact(key->text);
        if (!churn__is_name(key->text) || report_reserved(b, key, reserved)) {
            continue;
        }
        if (registry_add(b, &b->attributes, key->text, next, key)) {
            next++;
        } else if (b_find(&b->attributes, key->text) < ALWAYS_COUNT && !map->items[i]->bad &&
                   !churn__str_eq(map->items[i]->text, CHURN__STR("string"))) {
            report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(map->items[i]),
                       "the attribute %q is always a string", &key->text);
        }
    }
}

/* Names of properties are the product's own: any text. */
static void register_properties(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "properties");
    for (uint32_t i = 0, next = 0; map != NULL && i < map->count; i++) {
        next += registry_add(b, &b->properties, map->keys[i]->text, next, map->keys[i]);
    }
}

void b_register(builder *b)
{
    register_attributes(b);
    register_properties(b);
    register_map(b, &b->sources, "sources", "source");
    register_map(b, &b->roles, "roles", "role");
    register_list(b, &b->metrics, "metrics", "metric");
    register_list(b, &b->segments, "segments", "segment");
    register_map(b, &b->references, "references", "reference");
    register_list(b, &b->scores, "scores", "score");
    register_list(b, &b->triggers, "triggers", "trigger");
    register_list(b, &b->plays, "plays", "play");
}
