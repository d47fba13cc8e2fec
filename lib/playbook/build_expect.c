/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/build_tests.h"

/* What the playbook's own tests expect: a value, or what a value must be like. */

#define TOLERANCE 1e-6

typedef struct expecting {
    builder *b;
    churn__test_def *def;
    churn__test_expect *list;
    uint32_t count;
    double tolerance;
    uint32_t customer;
} expecting;

/* ---- names ---- */

/* A metric that is written as a call. */
static uint32_t expect_call(builder *b, const churn__yaml_node *key)
{
    churn__expr_scope scope = b_scope(b);
    churn__expr *expr = b_expression(b, key, &scope, 0);
    uint32_t slot = churn__expr_slot(expr);
    if (expr != NULL && slot == UINT32_MAX) {
        report_add(&b->report, DIAGNOSTIC_unknown_name, b_at(key), "%q is more than a name",
                   &key->text);
    }
    churn__expr_free(expr);
    return slot;
}

static uint32_t expect_slot(builder *b, const churn__yaml_node *key)
{
    if (churn__str_ends(key->text, CHURN__STR(")"))) {
        return expect_call(b, key);
    }
    uint32_t slot = b_find(&b->slots, key->text);
    if (slot == UINT32_MAX && b_is_later_name(key->text)) {
        report_add(&b->report, DIAGNOSTIC_unsupported, b_at(key),
                   "%q is not supported by this version", &key->text);
    } else if (slot == UINT32_MAX) {
        b_unknown(b, DIAGNOSTIC_unknown_name, "name", &b->slots, key);
    }
    return slot;
}

/* What an explanation says of a part of a score: `health.points.logins_28d`. */
static const struct {
    const char *word;
    churn__test_measure measure;
} measures[] = {{".contribution.", CHURN__TEST_CONTRIBUTION},
                {".points.", CHURN__TEST_POINTS},
                {".weight.", CHURN__TEST_WEIGHT}};

static bool split_name(churn_str name, churn_str *score, churn_str *part,
                       churn__test_measure *measure)
{
    const char *dot = memchr(name.ptr, '.', name.len);
    if (dot == NULL) {
        return false;
    }
    *score = (churn_str){name.ptr, (size_t)(dot - name.ptr)};
    churn_str rest = {dot, name.len - score->len};
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        churn_str word = churn__str_nts(measures[i].word);
        if (churn__str_starts(rest, word)) {
            *part = (churn_str){rest.ptr + word.len, rest.len - word.len};
            *measure = measures[i].measure;
            return true;
        }
    }
    return false;
}

#define NAMES_MAX 256

/* The names of factors, and of caps where they have a part in it. */
static size_t part_names(const churn__score_def *score, bool caps, churn_str *names)
{
    size_t count = 0;
    const churn__card_def *card = score->cards; /* ids are the same in all */
    for (uint32_t i = 0; i < score->factor_count && count < NAMES_MAX; i++) {
        names[count++] = card->factors[i].id;
    }
    for (uint32_t i = 0; caps && i < score->cap_count && count < NAMES_MAX; i++) {
        names[count++] = card->caps[i].id;
    }
    return count;
}

static void expect_part(builder *b, const churn__yaml_node *key, churn_str part,
                        churn__test_expect *out)
{
    churn_str names[NAMES_MAX];
    const churn__score_def *score = &b->score_defs[out->score];
    size_t count = part_names(score, out->measure == CHURN__TEST_CONTRIBUTION, names);
    for (size_t i = 0; i < count; i++) {
        if (churn__str_eq(names[i], part)) {
            out->part = b_keep(b, part);
            return;
        }
    }
    report_place place = b_at(key);
    place.suggestion = b_nearest(b, part, names, count);
    out->measure = CHURN__TEST_NOTHING;
    if (place.suggestion.ptr == NULL) {
        report_add(&b->report, DIAGNOSTIC_unknown_part, place, "score %q has no part %q",
                   &score->id, &part);
    } else {
        report_add(&b->report, DIAGNOSTIC_unknown_part, place,
                   "score %q has no part %q; did you mean %q?", &score->id, &part,
                   &place.suggestion);
    }
}

static void expect_name(builder *b, const churn__yaml_node *key, churn__test_expect *out)
{
    churn_str score = {NULL, 0}, part = {NULL, 0};
    churn__test_measure measure = CHURN__TEST_NOTHING;
    out->name = b_keep(b, key->text);
    out->line = key->line;
    out->column = key->column;
    out->slot = UINT32_MAX;
    if (split_name(key->text, &score, &part, &measure)) {
        out->score = b_find(&b->scores, score);
    }
    if (measure != CHURN__TEST_NOTHING && out->score != UINT32_MAX) {
        out->measure = measure;
        expect_part(b, key, part, out);
        return;
    }
    out->slot = expect_slot(b, key);
    out->measure = out->slot == UINT32_MAX ? CHURN__TEST_NOTHING : CHURN__TEST_VALUE;
}

static churn__type type_of(const builder *b, const churn__test_expect *expect)
{
    return expect->measure == CHURN__TEST_VALUE ? b_slot_type(b, expect->slot) : CHURN__TYPE_DOUBLE;
}

/* ---- values ---- */

static bool read_value(builder *b, const churn__yaml_node *node, const churn__test_expect *expect,
                       churn__type type, churn__value *out)
{
    if (node->kind != CHURN__YAML_SCALAR) {
        return false;
    }
    if (!b_has_type(node, type)) {
        b_report_type(b, node, expect->name, type);
        return false;
    }
    out->type = type;
    switch (type) {
    case CHURN__TYPE_DOUBLE:
        (void)churn__double_parse(node->text.ptr, node->text.len, &out->as.d);
        return true;
    case CHURN__TYPE_BOOL:
        out->as.b = churn__str_eq(node->text, CHURN__STR("true"));
        return true;
    case CHURN__TYPE_TIME:
        (void)churn__instant_parse(node->text.ptr, node->text.len, b->pb->zone, &out->as.t);
        return true;
    default:
        out->as.s = b_keep(b, node->text);
        return true;
    }
}

/* A value, or a list of them, as one claim. */
static bool read_claim(builder *b, const churn__yaml_node *node, const churn__test_expect *expect,
                       churn__test_relation relation, churn__test_claim *out)
{
    churn__type type = type_of(b, expect);
    churn__type item = type == CHURN__TYPE_STRINGS ? CHURN__TYPE_STRING : type;
    bool list = node->kind == CHURN__YAML_SEQUENCE;
    uint32_t count = list ? node->count : 1;
    churn__value *values = b_array(b, count, sizeof *values);
    for (uint32_t i = 0; i < count; i++) {
        const churn__yaml_node *one = list ? b_item(node, i) : node;
        if (values == NULL || one == NULL || !read_value(b, one, expect, item, &values[i])) {
            return false;
        }
    }
    *out = (churn__test_claim){.relation = relation, .values = values, .count = count};
    return true;
}

/* ---- what may be said of a value ---- */

typedef struct claim_key {
    const char *key;
    churn__test_relation relation;
    bool ordered; /* only of numbers and instants */
    bool of_list; /* only of lists of texts */
} claim_key;

static const claim_key claim_keys[] = {
    {"value", CHURN__TEST_IS, false, false},         {"not", CHURN__TEST_IS_NOT, false, false},
    {"at_least", CHURN__TEST_AT_LEAST, true, false}, {"above", CHURN__TEST_ABOVE, true, false},
    {"at_most", CHURN__TEST_AT_MOST, true, false},   {"below", CHURN__TEST_BELOW, true, false},
    {"between", CHURN__TEST_BETWEEN, true, false},   {"one_of", CHURN__TEST_ONE_OF, false, false},
    {"has", CHURN__TEST_HAS, false, true},           {"lacks", CHURN__TEST_LACKS, false, true},
};
#define CLAIM_KEYS (sizeof claim_keys / sizeof *claim_keys)

static bool is_ordered(churn__type type)
{
    return type == CHURN__TYPE_DOUBLE || type == CHURN__TYPE_TIME;
}

/* A list of texts is compared as a whole, or asked for what it has. */
static bool fits_type(const claim_key *key, churn__type type)
{
    if (type == CHURN__TYPE_STRINGS) {
        return key->of_list || key->relation == CHURN__TEST_IS;
    }
    return !key->of_list && (!key->ordered || is_ordered(type));
}

static void report_misfit(builder *b, const churn__yaml_node *node, const char *key,
                          const churn__test_expect *expect, churn__type type)
{
    report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(node),
               "%q is a %s: `%s` has no meaning for it", &expect->name, churn__type_name(type),
               key);
}

static bool check_bounds(builder *b, const churn__yaml_node *node, const churn__test_claim *claim)
{
    if (claim->relation != CHURN__TEST_BETWEEN) {
        return true;
    }
    if (claim->count != 2) {
        report_add(&b->report, DIAGNOSTIC_bad_value, b_at(node),
                   "`between`: expected the lowest and the highest value, [low, high]");
        return false;
    }
    const churn__value *low = &claim->values[0], *high = &claim->values[1];
    bool number = low->type == CHURN__TYPE_DOUBLE;
    if (number ? low->as.d > high->as.d : low->as.t > high->as.t) {
        report_add(&b->report, DIAGNOSTIC_order, b_at(node),
                   "`between`: the first bound is above "
                   "the second");
        return false;
    }
    return true;
}

static void claim_add(builder *b, const churn__yaml_node *map, const claim_key *key,
                      churn__test_expect *out, churn__test_claim *claims)
{
    const churn__yaml_node *node = b_get(map, key->key);
    churn__type type = type_of(b, out);
    if (node == NULL) {
        return;
    }
    if (!fits_type(key, type)) {
        report_misfit(b, node, key->key, out, type);
        return;
    }
    bool null = node->kind == CHURN__YAML_SCALAR && b_is_null(node);
    if (null && (key->relation == CHURN__TEST_IS || key->relation == CHURN__TEST_IS_NOT)) {
        claims[out->claim_count++].relation =
            key->relation == CHURN__TEST_IS ? CHURN__TEST_MISSING : CHURN__TEST_THERE;
        return;
    }
    if (read_claim(b, node, out, key->relation, &claims[out->claim_count]) &&
        check_bounds(b, node, &claims[out->claim_count])) {
        out->claim_count++;
    }
}

/* ---- what is missing ---- */

static size_t reason_names(churn_str *names, size_t room)
{
    size_t count = 0;
    for (uint32_t i = 1; i <= UINT8_MAX; i++) {
        churn_str name = churn__str_nts(churn__missing_name((churn__missing)i));
        bool known = name.len == 0;
        for (size_t j = 0; j < count && !known; j++) {
            known = churn__str_eq(names[j], name);
        }
        if (!known && count < room) {
            names[count++] = name;
        }
    }
    return count;
}

/* `missing: true`, `missing: false`, or a reason, which is looked at by its name: two may share
 * one. */
static void claim_missing(builder *b, const churn__yaml_node *map, churn__test_expect *out,
                          churn__test_claim *claims)
{
    churn_str names[64];
    const churn__yaml_node *node = b_get(map, "missing");
    if (node == NULL) {
        return;
    }
    churn__test_claim *claim = &claims[out->claim_count];
    if (node->plain && b_is_truth(node->text)) {
        bool missing = churn__str_eq(node->text, CHURN__STR("true"));
        claim->relation = missing ? CHURN__TEST_MISSING : CHURN__TEST_THERE;
        out->claim_count++;
        return;
    }
    size_t count = reason_names(names, sizeof names / sizeof *names);
    for (size_t i = 0; i < count; i++) {
        if (churn__str_eq(names[i], node->text)) {
            *claim = (churn__test_claim){.relation = CHURN__TEST_MISSING,
                                         .reason = b_keep(b, node->text)};
            out->claim_count++;
            return;
        }
    }
    report_place place = b_at(node);
    place.suggestion = b_nearest(b, node->text, names, count);
    if (place.suggestion.ptr == NULL) {
        report_add(&b->report, DIAGNOSTIC_unknown_word, place,
                   "`missing`: nothing is missing for a reason %q", &node->text);
    } else {
        report_add(&b->report, DIAGNOSTIC_unknown_word, place,
                   "`missing`: nothing is missing for a reason %q; did you mean %q?", &node->text,
                   &place.suggestion);
    }
}

/* ---- one expectation ---- */

/* A map whose first key no claim has: a name slipped, or customers where there is but one. */
static bool is_claims(builder *b, const churn__yaml_node *map)
{
    churn_str words[CLAIM_KEYS + 2] = {CHURN__STR("missing"), CHURN__STR("within")};
    for (size_t i = 0; i < CLAIM_KEYS; i++) {
        words[i + 2] = churn__str_nts(claim_keys[i].key);
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const churn__yaml_node *key = map->keys[i];
        bool known = false;
        for (size_t j = 0; j < CLAIM_KEYS + 2; j++) {
            known = known || churn__str_eq(key->text, words[j]);
        }
        if (known) {
            continue;
        }
        report_place place = b_at(key);
        place.suggestion = b_nearest(b, key->text, words, CLAIM_KEYS + 2);
        if (place.suggestion.ptr == NULL) {
            report_add(&b->report, DIAGNOSTIC_unknown_key, place, "unknown key %q", &key->text);
        } else {
            report_add(&b->report, DIAGNOSTIC_unknown_key, place,
                       "unknown key %q; did you mean %q?", &key->text, &place.suggestion);
        }
        return false;
    }
    return true;
}

static void expect_map(builder *b, const churn__yaml_node *map, churn__test_expect *out,
                       churn__test_claim *claims)
{
    if (!is_claims(b, map)) {
        return;
    }
    if (b_get(map, "within") != NULL && type_of(b, out) != CHURN__TYPE_DOUBLE) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(map),
                   "%q is no number: `within` has no meaning", &out->name);
        return;
    }
    if (b_given(map, "within")) {
        b_need(b, map, "value", "within");
        out->tolerance = b_number(map, "within", out->tolerance);
    }
    for (size_t i = 0; i < CLAIM_KEYS; i++) {
        claim_add(b, map, &claim_keys[i], out, claims);
    }
    claim_missing(b, map, out, claims);
    if (map->count == 0) {
        report_add(&b->report, DIAGNOSTIC_too_few, b_at(map), "%q must not be empty", &out->name);
    }
}

static void expect_plain(builder *b, const churn__yaml_node *node, churn__test_expect *out,
                         churn__test_claim *claims)
{
    churn__type type = type_of(b, out);
    bool list = node->kind == CHURN__YAML_SEQUENCE;
    if (!list && b_is_null(node)) {
        claims[0].relation = CHURN__TEST_MISSING;
        out->claim_count = 1;
        return;
    }
    if (list != (type == CHURN__TYPE_STRINGS)) {
        report_place place = b_at(node);
        place.expected = churn__str_nts(list ? churn__type_name(type) : "a list");
        report_add(&b->report, DIAGNOSTIC_wrong_type, place, "%q: expected %s", &out->name,
                   list ? "a single value" : "a list of texts");
        return;
    }
    out->claim_count = read_claim(b, node, out, CHURN__TEST_IS, &claims[0]);
}

static void expect_one(expecting *to, const churn__yaml_node *key, const churn__yaml_node *node)
{
    builder *b = to->b;
    churn__test_expect *out = &to->list[to->count];
    churn__test_claim *claims = b_array(b, CLAIM_KEYS + 1, sizeof *claims);
    if (claims == NULL) {
        return;
    }
    *out = (churn__test_expect){.customer = to->customer,
                                .tolerance = to->tolerance,
                                .score = UINT32_MAX,
                                .claims = claims};
    expect_name(b, key, out);
    to->count++;
    if (node == NULL || out->measure == CHURN__TEST_NOTHING) {
        return;
    }
    if (node->kind == CHURN__YAML_MAP) {
        expect_map(b, node, out, claims);
    } else {
        expect_plain(b, node, out, claims);
    }
}

static void expect_all(expecting *to, const churn__yaml_node *map)
{
    for (uint32_t i = 0; map != NULL && i < map->count && to->b->st == CHURN_OK; i++) {
        expect_one(to, map->keys[i], b_item(map, i));
    }
}

/* ---- of whom ---- */

static uint32_t find_customer(builder *b, const churn__test_def *def, const churn__yaml_node *key)
{
    for (uint32_t i = 0; i < def->customer_count; i++) {
        if (churn__str_eq(def->customers[i], key->text)) {
            return i;
        }
    }
    report_place place = b_at(key);
    place.suggestion = b_nearest(b, key->text, def->customers, def->customer_count);
    if (place.suggestion.ptr == NULL) {
        report_add(&b->report, DIAGNOSTIC_unknown_customer, place,
                   "%q is none of the customers that are given", &key->text);
    } else {
        report_add(&b->report, DIAGNOSTIC_unknown_customer, place,
                   "%q is none of the customers that are given; did you mean %q?", &key->text,
                   &place.suggestion);
    }
    return UINT32_MAX;
}

static void expect_customers(expecting *to, const churn__yaml_node *map)
{
    for (uint32_t i = 0; i < map->count && to->b->st == CHURN_OK; i++) {
        const churn__yaml_node *one = b_item(map, i);
        to->customer = find_customer(to->b, to->def, map->keys[i]);
        if (one == NULL || to->customer == UINT32_MAX) {
            continue;
        }
        if (one->kind != CHURN__YAML_MAP || one->count == 0) {
            report_add(&to->b->report, DIAGNOSTIC_wrong_kind, b_at(one),
                       "%q: expected a map of names and values", &map->keys[i]->text);
            continue;
        }
        expect_all(to, one);
    }
}

static size_t count_expected(const churn__yaml_node *map, bool several)
{
    size_t count = map->count;
    for (uint32_t i = 0; several && i < map->count; i++) {
        count += map->items[i]->kind == CHURN__YAML_MAP ? map->items[i]->count : 0;
    }
    return count;
}

void b_expect_fill(builder *b, const churn__yaml_node *test, churn__test_def *def)
{
    const churn__yaml_node *map = b_get(test, "expect");
    expecting to = {.b = b, .def = def, .tolerance = b_number(test, "tolerance", TOLERANCE)};
    if (map == NULL || map->kind != CHURN__YAML_MAP) {
        return;
    }
    to.list = b_array(b, count_expected(map, def->several), sizeof *to.list);
    if (to.list == NULL) {
        return;
    }
    if (def->several) {
        expect_customers(&to, map);
    } else {
        expect_all(&to, map);
    }
    def->expect = to.list;
    def->expect_count = to.count;
}
