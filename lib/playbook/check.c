/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

#define KEYS_MAX 64 /* keys of one map and sorts of one value, in the schema */
#define FEW_KEYS 8  /* so few are named in a message */

static const churn_str nothing = {NULL, 0};

/* ---- words for messages ---- */

static const char *kind_name(const churn__yaml_node *node)
{
    if (node->kind == CHURN__YAML_MAP) {
        return "a map";
    }
    if (node->kind == CHURN__YAML_SEQUENCE) {
        return "a list";
    }
    return b_is_null(node) ? "nothing" : node->plain ? "a value" : "a quoted text";
}

static churn_str expected_text(builder *b, const schema *type)
{
    churn__buf buf;
    churn__buf_init(&buf, b->heap);
    schema_expected(type, &buf);
    churn_str text = churn__arena_str(&b->scratch, buf.size > 0 ? buf.data : "", buf.size);
    if (buf.failed || text.ptr == NULL) {
        b_no_memory(b);
    }
    churn__buf_clear(&buf);
    return text;
}

static void mark(churn__yaml_node *node)
{
    node->bad = true;
}

/* What is probably meant stands for what was written, so that one slip is one finding. */
static void take_suggestion(churn__yaml_node *node, churn_str suggestion)
{
    node->text = suggestion;
    node->plain = true;
    node->bad = false;
}

/* "`weight`: expected a number, found `abc`" */
static void report_value(builder *b, const schema *type, churn__yaml_node *node, churn_str what,
                         diagnostic code, churn_str suggestion)
{
    report_place place = b_at(node);
    churn_str found = node->text;
    bool plain = node->plain;
    mark(node);
    if (suggestion.ptr != NULL) {
        take_suggestion(node, suggestion);
    }
    if (report_open(&b->report)) {
        place.expected = expected_text(b, type);
        place.suggestion = suggestion;
    }
    if (b->st != CHURN_OK) {
        return;
    }
    const char *expected = place.expected.ptr == NULL ? "" : place.expected.ptr;
    if (node->kind != CHURN__YAML_SCALAR || node->text.len == 0) {
        report_add(&b->report, code, place, "%q: expected %s, found %s", &what, expected,
                   kind_name(node));
    } else if (suggestion.ptr != NULL && churn__str_eq(suggestion, found)) {
        report_add(&b->report, code, place,
                   "%q: expected %s, found the text %q; write it without quotes", &what, expected,
                   &found);
    } else if (suggestion.ptr != NULL) {
        report_add(&b->report, code, place, "%q: expected %s, found %q; did you mean %q?", &what,
                   expected, &found, &suggestion);
    } else {
        report_add(&b->report, code, place, "%q: expected %s, found %s%q", &what, expected,
                   plain ? "" : "the text ", &found);
    }
}

static void report_later(builder *b, churn__yaml_node *node, report_place place, churn_str what)
{
    mark(node);
    report_add(&b->report, DIAGNOSTIC_unsupported, place, "%q is not supported by this version",
               &what);
}

static bool is_collection(const schema *type)
{
    switch (type->type) {
    case SCHEMA_KEYS:
    case SCHEMA_VARIANTS:
    case SCHEMA_MAP:
    case SCHEMA_LIST:
    case SCHEMA_POINT:
        return true;
    default:
        return false;
    }
}

/* ---- suggestions ---- */

static churn_str nearest_word(builder *b, const schema *type, churn_str text)
{
    churn_str words[KEYS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < type->word_count && count < KEYS_MAX; i++) {
        if (!type->words[i].later) {
            words[count++] = churn__str_nts(type->words[i].name);
        }
    }
    return b_nearest(b, text, words, count);
}

/* What other readers of YAML take for true and false. */
static churn_str nearest_bool(builder *b, churn_str text)
{
    static const char *const yes[] = {"yes", "Yes", "YES", "on",   "On",
                                      "ON",  "y",   "Y",   "True", "TRUE"};
    static const char *const no[] = {"no",  "No", "NO", "off",   "Off",
                                     "OFF", "n",  "N",  "False", "FALSE"};
    static const churn_str both[] = {{"true", 4}, {"false", 5}};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (churn__str_eq(text, churn__str_nts(yes[i]))) {
            return both[0];
        }
        if (churn__str_eq(text, churn__str_nts(no[i]))) {
            return both[1];
        }
    }
    return b_is_truth(text) ? text : b_nearest(b, text, both, 2);
}

static churn_str suggestion_for(builder *b, const schema *type, const churn__yaml_node *node)
{
    if (type->type == SCHEMA_WORD) {
        return nearest_word(b, type, node->text);
    }
    if (type->type == SCHEMA_BOOL) {
        return nearest_bool(b, node->text);
    }
    if ((type->type == SCHEMA_NUMBER || type->type == SCHEMA_INT) && !node->plain &&
        b_is_number(node->text)) {
        return node->text; /* without its quotes */
    }
    return nothing;
}

static void check_value(builder *b, const schema *type, churn__yaml_node *node, churn_str what)
{
    if (node->kind != CHURN__YAML_SCALAR) {
        report_value(b, type, node, what, DIAGNOSTIC_wrong_kind, nothing);
        return;
    }
    diagnostic fault = b_value_fault(type, node);
    if (fault == DIAGNOSTIC_unsupported) {
        report_later(b, node, b_at(node), node->text);
    } else if (fault != 0) {
        report_value(b, type, node, what, fault, suggestion_for(b, type, node));
    }
}

/* ---- maps ---- */

static const schema_key *key_of(const schema *type, churn_str name)
{
    for (uint32_t i = 0; i < type->key_count; i++) {
        if (churn__str_eq(name, churn__str_nts(type->keys[i].name))) {
            return &type->keys[i];
        }
    }
    return NULL;
}

static churn_str nearest_key(builder *b, const schema *type, churn_str name)
{
    churn_str names[KEYS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < type->key_count && count < KEYS_MAX; i++) {
        names[count++] = churn__str_nts(type->keys[i].name);
    }
    return b_nearest(b, name, names, count);
}

/* "one of `id`, `when`": where nothing is near, what there is. */
static churn_str known_keys(builder *b, const schema *type)
{
    churn__buf buf;
    if (!report_open(&b->report) || type->key_count == 0) {
        return nothing;
    }
    churn__buf_init(&buf, b->heap);
    for (uint32_t i = 0; i < type->key_count; i++) {
        if (!type->keys[i].later) {
            churn__buf_text(&buf, buf.size == 0 ? "one of `" : "`, `");
            churn__buf_text(&buf, type->keys[i].name);
        }
    }
    churn__buf_text(&buf, buf.size == 0 ? "" : "`");
    churn_str text = churn__arena_str(&b->scratch, buf.size > 0 ? buf.data : "", buf.size);
    if (buf.failed || text.ptr == NULL) {
        b_no_memory(b);
    }
    churn__buf_clear(&buf);
    return text;
}

/* A misspelt key is reported and then read as what is meant, unless that is there as well. */
static const schema_key *unknown_key(builder *b, const schema *type, const churn__yaml_node *map,
                                     churn__yaml_node *key)
{
    report_place place = b_at(key);
    place.suggestion = nearest_key(b, type, key->text);
    if (place.suggestion.ptr == NULL) {
        place.expected = known_keys(b, type);
        bool few = place.expected.len > 0 && type->key_count <= FEW_KEYS;
        report_add(&b->report, DIAGNOSTIC_unknown_key, place, "unknown key %q%s%s", &key->text,
                   few ? ": expected " : "", few ? place.expected.ptr : "");
        return NULL;
    }
    report_add(&b->report, DIAGNOSTIC_unknown_key, place, "unknown key %q; did you mean %q?",
               &key->text, &place.suggestion);
    const schema_key *meant = key_of(type, place.suggestion);
    if (meant == NULL || meant->later || churn__yaml_get(map, place.suggestion) != NULL) {
        return NULL;
    }
    key->text = place.suggestion;
    return meant;
}

static void check_missing(builder *b, const schema *type, const churn__yaml_node *map,
                          churn_str what)
{
    for (uint32_t i = 0; i < type->key_count; i++) {
        churn_str name = churn__str_nts(type->keys[i].name);
        if (type->keys[i].required && churn__yaml_get(map, name) == NULL) {
            report_place place = b_at(map);
            place.expected = name;
            report_add(&b->report, DIAGNOSTIC_missing_key, place, "%q needs the key %q", &what,
                       &name);
        }
    }
}

/* `family`: the variants that the map is one of, or NULL. */
static bool in_family(const schema *family, churn_str name)
{
    for (uint32_t i = 0; family != NULL && i < family->any_count; i++) {
        if (key_of(family->any[i], name) != NULL) {
            return true;
        }
    }
    return false;
}

static void check_keys(builder *b, const schema *type, const schema *family, churn__yaml_node *map,
                       churn_str what)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const schema_key *key = key_of(type, map->keys[i]->text);
        if (key != NULL && key->later) {
            report_later(b, map->items[i], b_at(map->keys[i]), map->keys[i]->text);
        } else if (key != NULL) {
            b_check(b, key->type, map->items[i], map->keys[i]->text);
        } else if (in_family(family, map->keys[i]->text)) {
            mark(map->items[i]);
            churn_str sort = churn__str_nts(type->keys[0].name);
            report_add(&b->report, DIAGNOSTIC_not_together, b_at(map->keys[i]),
                       "%q does not go with %q", &map->keys[i]->text, &sort);
        } else {
            key = unknown_key(b, type, map, map->keys[i]);
            if (key != NULL) {
                b_check(b, key->type, map->items[i], map->keys[i]->text);
            }
        }
    }
    check_missing(b, type, map, what);
}

static void report_no_sort(builder *b, const schema *type, churn__yaml_node *map, churn_str what)
{
    report_place place = b_at(map);
    place.expected = expected_text(b, type);
    mark(map);
    if (place.expected.ptr != NULL && map->count > 0) {
        report_add(&b->report, DIAGNOSTIC_one_of, place, "%q: expected %s, found %s%q", &what,
                   place.expected.ptr, map->count > 1 ? "one that begins with " : "one with ",
                   &map->keys[0]->text);
    } else if (place.expected.ptr != NULL) {
        report_add(&b->report, DIAGNOSTIC_one_of, place, "%q: expected %s", &what,
                   place.expected.ptr);
    }
}

/* A map whose sort nobody can tell: perhaps its key is misspelt. */
static bool misspelt_sort(builder *b, const schema *type, churn__yaml_node *map)
{
    churn_str sorts[KEYS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < type->any_count && count < KEYS_MAX; i++) {
        sorts[count++] = churn__str_nts(type->any[i]->keys[0].name);
    }
    for (uint32_t i = 0; i < map->count; i++) {
        churn_str name = map->keys[i]->text;
        churn_str near = in_family(type, name) ? nothing : b_nearest(b, name, sorts, count);
        if (near.ptr != NULL) {
            report_place place = b_at(map->keys[i]);
            place.suggestion = near;
            report_add(&b->report, DIAGNOSTIC_unknown_key, place,
                       "unknown key %q; did you mean %q?", &name, &near);
            map->keys[i]->text = near;
            return true;
        }
    }
    return false;
}

static bool later_sort(builder *b, const schema *type, churn__yaml_node *map)
{
    for (uint32_t i = 0; i < map->count; i++) {
        churn_str name = map->keys[i]->text;
        for (uint32_t j = 0; j < type->word_count; j++) {
            if (churn__str_eq(name, churn__str_nts(type->words[j].name))) {
                report_later(b, map, b_at(map->keys[i]), name);
                return true;
            }
        }
    }
    return false;
}

static void check_variants(builder *b, const schema *type, churn__yaml_node *map, churn_str what)
{
    const schema *sort = NULL;
    for (uint32_t i = 0; i < map->count; i++) {
        for (uint32_t j = 0; j < type->any_count; j++) {
            churn_str first = churn__str_nts(type->any[j]->keys[0].name);
            if (!churn__str_eq(map->keys[i]->text, first) || sort == type->any[j]) {
                continue;
            }
            if (sort != NULL) {
                churn_str other = churn__str_nts(sort->keys[0].name);
                mark(map);
                report_add(&b->report, DIAGNOSTIC_one_of, b_at(map->keys[i]),
                           "%q: only one of %q and %q can stand here", &what, &other, &first);
                return;
            }
            sort = type->any[j];
        }
    }
    if (sort != NULL) {
        check_keys(b, sort, type, map, what);
    } else if (later_sort(b, type, map)) {
        return;
    } else if (misspelt_sort(b, type, map)) {
        check_variants(b, type, map, what); /* now it has a sort */
    } else {
        report_no_sort(b, type, map, what);
    }
}

static void check_map(builder *b, const schema *type, churn__yaml_node *map)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const churn__yaml_node *key = map->keys[i];
        if (!type->free_keys && !churn__is_name(key->text)) {
            mark(map->items[i]);
            report_add(&b->report, DIAGNOSTIC_bad_name, b_at(key),
                       "%q is no name: expected a-z, 0-9 and _, a letter first", &key->text);
        }
        b_check(b, type->of, map->items[i], key->text);
    }
}

/* ---- lists and choices ---- */

static void check_point(builder *b, const schema *type, churn__yaml_node *node, churn_str what)
{
    bool right = node->count == 2;
    for (uint32_t i = 0; right && i < 2; i++) {
        const churn__yaml_node *item = node->items[i];
        right = item->kind == CHURN__YAML_SCALAR && b_value_fault(&schema_number, item) == 0;
    }
    if (!right) {
        report_value(b, type, node, what, DIAGNOSTIC_bad_value, nothing);
    }
}

static bool fits_kind(const schema *type, const churn__yaml_node *node)
{
    bool list = type->type == SCHEMA_LIST || type->type == SCHEMA_POINT;
    if (type->type == SCHEMA_LATER) {
        return node->kind != CHURN__YAML_SCALAR;
    }
    return is_collection(type) && node->kind == (list ? CHURN__YAML_SEQUENCE : CHURN__YAML_MAP);
}

static bool fits(const schema *type, const churn__yaml_node *node)
{
    if (node->kind != CHURN__YAML_SCALAR || is_collection(type) || type->type == SCHEMA_LATER) {
        return fits_kind(type, node);
    }
    diagnostic fault = b_value_fault(type, node);
    return fault == 0 || fault == DIAGNOSTIC_unsupported;
}

/* Of several sorts of map, the one that knows a key of this one. */
static bool fits_best(const schema *type, const churn__yaml_node *node)
{
    bool known = type->type != SCHEMA_KEYS || !fits(type, node);
    for (uint32_t i = 0; !known && i < node->count; i++) {
        known = key_of(type, node->keys[i]->text) != NULL;
    }
    return known && fits(type, node);
}

/* A number that some alternative would take if it were not too large or too small. */
static bool is_beyond(const schema *type, const churn__yaml_node *node)
{
    for (uint32_t i = 0; node->kind == CHURN__YAML_SCALAR && i < type->any_count; i++) {
        const schema *one = type->any[i];
        if (one->type != SCHEMA_EITHER && !is_collection(one) &&
            b_value_fault(one, node) == DIAGNOSTIC_out_of_range) {
            return true;
        }
    }
    return false;
}

static void check_either(builder *b, const schema *type, churn__yaml_node *node, churn_str what)
{
    for (uint32_t i = 0; i < 2 * type->any_count; i++) {
        const schema *sort = type->any[i % type->any_count];
        if (i < type->any_count ? fits_best(sort, node) : fits(sort, node)) {
            b_check(b, sort, node, what);
            return;
        }
    }
    churn_str suggestion = nothing;
    for (uint32_t i = 0; node->kind == CHURN__YAML_SCALAR && i < type->any_count; i++) {
        suggestion = suggestion.ptr == NULL ? suggestion_for(b, type->any[i], node) : suggestion;
    }
    diagnostic code = node->kind != CHURN__YAML_SCALAR    ? DIAGNOSTIC_wrong_kind
                      : is_beyond(type, node)             ? DIAGNOSTIC_out_of_range
                      : type->any[0]->type == SCHEMA_WORD ? DIAGNOSTIC_unknown_word
                                                          : DIAGNOSTIC_bad_value;
    report_value(b, type, node, what, code, suggestion);
}

/* Sizes of lists and maps that the author fills. */
static bool check_size(builder *b, const schema *type, churn__yaml_node *node, churn_str what)
{
    uint32_t most = type->data ? UINT32_MAX : b->pb->limits.playbook_rules;
    if (node->count > most) {
        mark(node);
        report_add(&b->report, DIAGNOSTIC_too_many, b_at(node),
                   "%q has %u entries: at most %u are allowed", &what, (uint64_t)node->count,
                   (uint64_t)most);
        return false;
    }
    if (node->count < type->least) {
        report_add(&b->report, DIAGNOSTIC_too_few, b_at(node),
                   type->least == 1 ? "%q must not be empty" : "%q needs at least %u entries",
                   &what, (uint64_t)type->least);
        mark(node);
        return false;
    }
    return true;
}

static void check_list(builder *b, const schema *type, churn__yaml_node *node, churn_str what)
{
    for (uint32_t i = 0; i < node->count; i++) {
        b_check(b, type->of, node->items[i], what);
    }
}

static void check_collection(builder *b, const schema *type, churn__yaml_node *node, churn_str what)
{
    switch (type->type) {
    case SCHEMA_KEYS:
        check_keys(b, type, NULL, node, what);
        return;
    case SCHEMA_VARIANTS:
        check_variants(b, type, node, what);
        return;
    case SCHEMA_POINT:
        check_point(b, type, node, what);
        return;
    case SCHEMA_MAP:
        if (check_size(b, type, node, what)) {
            check_map(b, type, node);
        }
        return;
    default:
        if (check_size(b, type, node, what)) {
            check_list(b, type, node, what);
        }
        return;
    }
}

/* Recursion goes down the file, whose depth is bounded. */
void b_check(builder *b, const schema *type, churn__yaml_node *node, churn_str what)
{
    if (b->st != CHURN_OK) {
        return;
    }
    if (type->type == SCHEMA_ANYTHING) {
        return;
    }
    if (type->type == SCHEMA_EITHER) {
        check_either(b, type, node, what);
    } else if (type->type == SCHEMA_LATER) {
        report_later(b, node, b_at(node), what);
    } else if (type->type == SCHEMA_ONE_OR_LIST) {
        const schema list = {.type = SCHEMA_LIST, .of = type->of, .least = 1};
        b_check(b, node->kind == CHURN__YAML_SEQUENCE ? &list : type->of, node, what);
    } else if (!is_collection(type)) {
        check_value(b, type, node, what);
    } else if (fits_kind(type, node)) {
        check_collection(b, type, node, what);
    } else {
        report_value(b, type, node, what, DIAGNOSTIC_wrong_kind, nothing);
    }
}
