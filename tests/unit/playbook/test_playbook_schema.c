/* SPDX-License-Identifier: MIT */
#include "playbook_support.h"

#include "core/fail.h"
#include "playbook/schema.h"
#include "store/store.h"
#include "yaml/yaml.h"

/* The schema that editors get, read back with our own reader: JSON is YAML. */
typedef struct given_schema {
    churn_buffer *buffer;
    churn__heap *heap;
    churn__arena arena;
    churn__yaml_node *root;
} given_schema;

static void schema_take(given_schema *s)
{
    churn_limits limits;
    churn__yaml_finding *findings = NULL;
    uint32_t count = 0;
    *s = (given_schema){0};
    assert_ok(churn_playbook_schema(&s->buffer, NULL));
    assert_ok(churn__limits_resolve(NULL, &limits, NULL));
    s->heap = churn__heap_create(NULL, 0);
    churn__arena_init(&s->arena, s->heap);
    churn_str text = {churn_buffer_data(s->buffer), churn_buffer_size(s->buffer)};
    assert_ok(churn__yaml_read(&s->arena, &limits, text, &s->root, &findings, &count, NULL));
    assert_int_equal(count, 0);
    assert_non_null(s->root);
}

static void schema_drop(given_schema *s)
{
    churn__arena_clear(&s->arena);
    churn__heap_release(s->heap);
    churn_buffer_free(s->buffer);
}

static const churn__yaml_node *in(const churn__yaml_node *node, const char *key)
{
    return churn__yaml_get(node, churn__str_nts(key));
}

static void compare(const schema *type, const churn__yaml_node *json);

static void compare_keys(const schema *type, const churn__yaml_node *json)
{
    const churn__yaml_node *properties = in(json, "properties"), *later = in(json, "x-churn-later");
    uint32_t shown = 0, needed = 0;
    assert_string_equal(in(json, "additionalProperties")->text.ptr, "false");
    for (uint32_t i = 0; i < type->key_count; i++) {
        const schema_key *key = &type->keys[i];
        assert_non_null(key->doc);
        assert_int_equal(key->doc[strlen(key->doc) - 1], '.');
        if (key->later) {
            assert_non_null(in(later, key->name));
            continue;
        }
        const churn__yaml_node *property = in(properties, key->name);
        assert_non_null(property);
        assert_string_equal(in(property, "description")->text.ptr, key->doc);
        assert_non_null(in(property, "x-churn-type"));
        compare(key->type, property);
        shown++;
        needed += key->required;
    }
    assert_int_equal(properties->count, shown);
    assert_int_equal(needed == 0 ? 0 : in(json, "required")->count, needed);
}

static void compare_any(const schema *type, const churn__yaml_node *json)
{
    const churn__yaml_node *list = in(json, type->type == SCHEMA_EITHER ? "anyOf" : "oneOf");
    uint32_t at = 0;
    for (uint32_t i = 0; i < type->any_count; i++) {
        if (type->any[i]->type != SCHEMA_LATER) {
            compare(type->any[i], list->items[at++]);
        }
    }
    assert_int_equal(list->count, at);
}

static void compare(const schema *type, const churn__yaml_node *json)
{
    uint32_t words = 0;
    if (type->pointer != NULL) { /* what it points to was compared where it stands */
        assert_string_equal(in(json, "$ref")->text.ptr, type->pointer);
        return;
    }
    switch (type->type) {
    case SCHEMA_KEYS:
        compare_keys(type, json);
        return;
    case SCHEMA_EITHER:
    case SCHEMA_VARIANTS:
        compare_any(type, json);
        return;
    case SCHEMA_MAP:
        compare(type->of, in(json, "additionalProperties"));
        return;
    case SCHEMA_LIST:
        compare(type->of, in(json, "items"));
        return;
    case SCHEMA_WORD:
        for (uint32_t i = 0; i < type->word_count; i++) {
            words += !type->words[i].later;
        }
        assert_int_equal(in(json, "enum")->count, words);
        return;
    default:
        return;
    }
}

static void playbook_schema__every_key_of_the_table__is_there(void **state)
{
    (void)state;
    given_schema s;
    schema_take(&s);
    assert_string_equal(in(s.root, "$schema")->text.ptr, "http://json-schema.org/draft-07/schema#");
    compare(&schema_playbook, s.root);
    schema_drop(&s);
}

/* docs/reference/generate.py makes the page from this file. */
static void playbook_schema__committed_file__is_the_same(void **state)
{
    (void)state;
    size_t size = 0;
    churn_buffer *buffer = NULL;
    char *text = source_file("docs/reference/playbook.schema.json", &size);
    assert_non_null(text);
    assert_ok(churn_playbook_schema(&buffer, NULL));
    assert_int_equal(churn_buffer_size(buffer), size);
    assert_memory_equal(churn_buffer_data(buffer), text, size);
    churn_buffer_free(buffer);
    free(text);
}

static const schema *key_type(const schema *type, const char *name)
{
    for (uint32_t i = 0; i < type->key_count; i++) {
        if (strcmp(type->keys[i].name, name) == 0) {
            return type->keys[i].type;
        }
    }
    return NULL;
}

/* What tests give must be fields that the store knows, and all of them. */
static void playbook_schema__records_of_tests__are_the_stores(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        churn_record_kind kind;
    } sorts[] = {
        {"events", CHURN_RECORD_EVENT},         {"subscriptions", CHURN_RECORD_SUBSCRIPTION},
        {"invoices", CHURN_RECORD_INVOICE},     {"tickets", CHURN_RECORD_TICKET},
        {"surveys", CHURN_RECORD_SURVEY},       {"churns", CHURN_RECORD_CHURN},
        {"attributes", CHURN_RECORD_ATTRIBUTE}, {"contacts", CHURN_RECORD_CONTACT},
        {"milestones", CHURN_RECORD_MILESTONE}, {"touchpoints", CHURN_RECORD_TOUCHPOINT},
        {"rates", CHURN_RECORD_RATE},           {"announcements", CHURN_RECORD_ANNOUNCEMENT},
        {"overrides", CHURN_RECORD_OVERRIDE},
    };
    const schema *given = key_type(schema_tests.of, "given");
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++) {
        const schema *record = key_type(given, sorts[i].key)->of;
        uint32_t fields = 0, keys = 0;
        for (const char *name; (name = churn__record_field(sorts[i].kind, fields)) != NULL;) {
            fields++;
            if (strcmp(name, "customer") != 0 && key_type(record, name) == NULL) {
                fail_msg("%s: the field %s is not in the schema", sorts[i].key, name);
            }
        }
        for (uint32_t j = 0; j < record->key_count; j++) {
            keys += !record->keys[j].later;
        }
        bool business =
            sorts[i].kind == CHURN_RECORD_RATE || sorts[i].kind == CHURN_RECORD_ANNOUNCEMENT;
        /* No fields: names and values, and how often: props, times, every, users. */
        uint32_t more = sorts[i].kind == CHURN_RECORD_EVENT ? 4 : 0;
        assert_int_equal(keys + !business - more, fields); /* all but the customer */
    }
}

static void playbook_schema__no_place__argument(void **state)
{
    (void)state;
    assert_int_equal(churn_playbook_schema(NULL, NULL), CHURN_E_ARG);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(playbook_schema__every_key_of_the_table__is_there),
        cmocka_unit_test(playbook_schema__committed_file__is_the_same),
        cmocka_unit_test(playbook_schema__records_of_tests__are_the_stores),
        cmocka_unit_test(playbook_schema__no_place__argument),
    };
    return RUN_TESTS(group);
}
