/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/build.h"

/* The playbook's own tests: records as texts, which the store reads as it reads other texts. */

#define THE_CUSTOMER CHURN__STR("customer")
#define TOLERANCE 1e-6

typedef struct records {
    builder *b;
    churn__test_record *list;
    uint32_t count;
} records;

/* ---- one record ---- */

static void field_add(churn__test_record *to, churn_field_text *fields, const char *name,
                      churn_str text)
{
    fields[to->field_count++] = (churn_field_text){churn__str_nts(name), text};
}

/* The fields as they stand; `null` is a field that is not given. */
static void fields_copy(builder *b, churn__test_record *to, churn_field_text *fields,
                        const churn__yaml_node *map)
{
    for (uint32_t i = 0; i < map->count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *item = b_item(map, i);
        if (item == NULL || item->kind != CHURN__YAML_SCALAR) {
            continue;
        }
        churn_str text = b_is_null(item) ? (churn_str){NULL, 0} : b_keep(b, item->text);
        fields[to->field_count++] = (churn_field_text){b_keep(b, map->keys[i]->text), text};
    }
}

/* An event's properties, as fields of their own. */
static void props_copy(builder *b, churn__test_record *to, churn_field_text *fields,
                       const churn__yaml_node *props)
{
    for (uint32_t i = 0; props != NULL && i < props->count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *item = b_item(props, i);
        if (item == NULL) {
            continue;
        }
        churn_str text = b_is_null(item) ? (churn_str){NULL, 0} : b_keep(b, item->text);
        churn_str name = b_join(b, "props.", props->keys[i]->text, "");
        fields[to->field_count++] = (churn_field_text){name, text};
    }
}

static bool is_text_property(const builder *b, churn_str field)
{
    churn_str prefix = CHURN__STR("props.");
    if (!churn__str_starts(field, prefix)) {
        return false;
    }
    churn_str name = {field.ptr + prefix.len, field.len - prefix.len};
    uint32_t index = b_find(&b->properties, name);
    return index != UINT32_MAX && b->pb->properties[index].type == CHURN__TYPE_STRING;
}

static bool is_text_attribute(const builder *b, churn_str name)
{
    uint32_t index = b_find(&b->attributes, name);
    return index != UINT32_MAX && b->pb->attributes[index].type == CHURN__TYPE_STRING;
}

/* Attributes have the type that the playbook declares: '007' may be a text. */
static void mark_texts(builder *b, churn__test_record *record)
{
    bool *is_text = b_array(b, record->field_count, sizeof *is_text);
    churn_str name = {NULL, 0};
    for (uint32_t i = 0; is_text != NULL && i < record->field_count; i++) {
        const churn_field_text *one = &record->fields[i];
        is_text[i] = (record->kind == CHURN_RECORD_CUSTOMER && is_text_attribute(b, one->field)) ||
                     (record->kind == CHURN_RECORD_EVENT && is_text_property(b, one->field));
        if (churn__str_eq(one->field, CHURN__STR("name"))) {
            name = one->text;
        }
    }
    for (uint32_t i = 0;
         record->kind == CHURN_RECORD_ATTRIBUTE && is_text != NULL && i < record->field_count;
         i++) {
        is_text[i] = churn__str_eq(record->fields[i].field, CHURN__STR("value")) &&
                     is_text_attribute(b, name);
    }
    record->is_text = is_text;
}

/* Kinds of records below `given`, and what is added to what the author says. */
typedef struct record_sort {
    const char *key;
    churn_record_kind kind;
    const char *id; /* an id where none is given begins so; NULL: the kind needs none */
    bool currency;  /* money in the playbook's currency unless said otherwise */
    bool business;  /* of no customer */
} record_sort;

static const record_sort record_sorts[] = {
    {"attributes", CHURN_RECORD_ATTRIBUTE, NULL, false, false},
    {"contacts", CHURN_RECORD_CONTACT, "contact-", false, false},
    {"events", CHURN_RECORD_EVENT, NULL, false, false},
    {"subscriptions", CHURN_RECORD_SUBSCRIPTION, "subscription-", true, false},
    {"invoices", CHURN_RECORD_INVOICE, "invoice-", true, false},
    {"tickets", CHURN_RECORD_TICKET, "ticket-", false, false},
    {"surveys", CHURN_RECORD_SURVEY, NULL, false, false},
    {"milestones", CHURN_RECORD_MILESTONE, NULL, false, false},
    {"touchpoints", CHURN_RECORD_TOUCHPOINT, "touchpoint-", false, false},
    {"churns", CHURN_RECORD_CHURN, NULL, true, false},
    {"rates", CHURN_RECORD_RATE, NULL, false, true},
    {"announcements", CHURN_RECORD_ANNOUNCEMENT, NULL, false, true},
    {"overrides", CHURN_RECORD_OVERRIDE, NULL, false, false},
};
#define RECORD_SORTS (sizeof record_sorts / sizeof record_sorts[0])
#define EXTRA_FIELDS 3 /* customer, id, currency */

static void record_add(records *to, const record_sort *sort, const churn__yaml_node *map,
                       uint32_t number)
{
    builder *b = to->b;
    const churn__yaml_node *props = sort->kind == CHURN_RECORD_EVENT ? b_get(map, "props") : NULL;
    size_t room = (size_t)map->count + EXTRA_FIELDS + (props == NULL ? 0 : props->count);
    churn_field_text *fields = b_array(b, room, sizeof *fields);
    churn__test_record *record = &to->list[to->count];
    if (fields == NULL) {
        return;
    }
    *record = (churn__test_record){
        .kind = sort->kind, .fields = fields, .line = map->line, .column = map->column};
    if (!sort->business) {
        field_add(record, fields, "customer", THE_CUSTOMER);
    }
    if (sort->id != NULL && !b_given(map, "id")) {
        char digits[24];
        churn_str text = {digits, churn__int_print((int64_t)number + 1, digits)};
        field_add(record, fields, "id", b_join(b, sort->id, text, ""));
    }
    if (sort->currency && b_given(map, "amount") && !b_given(map, "currency")) {
        field_add(record, fields, "currency", b->pb->currency);
    }
    fields_copy(b, record, fields, map);
    props_copy(b, record, fields, props);
    mark_texts(b, record);
    to->count++;
}

/* ---- the customer ---- */

static bool is_customer_time(churn_str name)
{
    return churn__str_eq(name, CHURN__STR("since")) ||
           churn__str_eq(name, CHURN__STR("known_at")) ||
           churn__str_eq(name, CHURN__STR("valid_from"));
}

static bool has_type(const churn__yaml_node *node, churn__type type)
{
    int64_t when = 0;
    switch (type) {
    case CHURN__TYPE_DOUBLE:
        return node->plain && b_is_number(node->text);
    case CHURN__TYPE_BOOL:
        return node->plain && b_is_truth(node->text);
    case CHURN__TYPE_TIME:
        return churn__when_parse(node->text.ptr, node->text.len, &when) >= CHURN__WHEN_DATE;
    default:
        return true;
    }
}

static void report_type(builder *b, const churn__yaml_node *node, churn_str name, churn__type type)
{
    const char *wanted = type == CHURN__TYPE_DOUBLE ? "number" : churn__type_name(type);
    report_place place = b_at(node);
    place.expected = churn__str_nts(wanted);
    report_add(&b->report, DIAGNOSTIC_wrong_type, place, "%q: expected a %s, found %q", &name,
               wanted, &node->text);
}

static void check_attribute(builder *b, const churn__yaml_node *key, const churn__yaml_node *value)
{
    uint32_t index = b_refer(b, DIAGNOSTIC_unknown_attribute, "attribute", &b->attributes, key);
    if (index == UINT32_MAX || value == NULL || b_is_null(value)) {
        return;
    }
    churn__type type = b->pb->attributes[index].type;
    if (!has_type(value, type)) {
        report_type(b, value, key->text, type);
    }
}

static void check_customer(builder *b, const churn__yaml_node *map)
{
    for (uint32_t i = 0; map != NULL && i < map->count; i++) {
        const churn__yaml_node *key = map->keys[i], *value = b_item(map, i);
        if (value == NULL) {
            continue;
        }
        if (churn__str_eq(key->text, CHURN__STR("id"))) {
            report_add(&b->report, DIAGNOSTIC_unsupported, b_at(key),
                       "the customer of a test is always `customer`: another id is not supported "
                       "by this version");
        } else if (!is_customer_time(key->text)) {
            check_attribute(b, key, value);
        } else if (!has_type(value, CHURN__TYPE_TIME)) {
            report_type(b, value, key->text, CHURN__TYPE_TIME);
        }
    }
}

static void customer_add(records *to, const churn__yaml_node *map, const churn__yaml_node *given)
{
    builder *b = to->b;
    churn__test_record *record = &to->list[to->count];
    churn_field_text *fields =
        b_array(b, (map == NULL ? 0 : (size_t)map->count) + 1, sizeof *fields);
    if (fields == NULL) {
        return;
    }
    *record = (churn__test_record){.kind = CHURN_RECORD_CUSTOMER,
                                   .fields = fields,
                                   .line = map == NULL ? given->line : map->line,
                                   .column = map == NULL ? given->column : map->column};
    field_add(record, fields, "id", THE_CUSTOMER);
    if (map != NULL) {
        fields_copy(b, record, fields, map);
    }
    mark_texts(b, record);
    to->count++;
}

static void check_attributes(builder *b, const churn__yaml_node *list)
{
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        const churn__yaml_node *name = b_get(list->items[i], "name");
        if (name != NULL) {
            check_attribute(b, name, b_get(list->items[i], "value"));
        }
    }
}

/* Properties need no declaration here, as they need none in a store. */
static void check_props(builder *b, const churn__yaml_node *events)
{
    for (uint32_t i = 0; events != NULL && i < events->count; i++) {
        const churn__yaml_node *props = b_get(events->items[i], "props");
        for (uint32_t j = 0; props != NULL && j < props->count; j++) {
            const churn__yaml_node *value = b_item(props, j);
            uint32_t index = b_find(&b->properties, props->keys[j]->text);
            if (index == UINT32_MAX || value == NULL || b_is_null(value)) {
                continue;
            }
            churn__type type = b->pb->properties[index].type;
            if (!has_type(value, type)) {
                report_type(b, value, props->keys[j]->text, type);
            }
        }
    }
}

static void fill_given(builder *b, const churn__yaml_node *given, churn__test_def *def)
{
    const churn__yaml_node *customer = b_get(given, "customer");
    size_t count = 1;
    if (given == NULL) {
        return;
    }
    for (size_t i = 0; i < RECORD_SORTS; i++) {
        const churn__yaml_node *list = b_get(given, record_sorts[i].key);
        count += list == NULL ? 0 : list->count;
    }
    records to = {.b = b, .list = b_array(b, count, sizeof *to.list)};
    if (to.list == NULL) {
        return;
    }
    check_customer(b, customer);
    check_attributes(b, b_get(given, "attributes"));
    check_props(b, b_get(given, "events"));
    customer_add(&to, customer, given);
    for (size_t i = 0; i < RECORD_SORTS; i++) {
        const churn__yaml_node *list = b_get(given, record_sorts[i].key);
        for (uint32_t j = 0; list != NULL && j < list->count && b->st == CHURN_OK; j++) {
            if (list->items[j]->kind == CHURN__YAML_MAP) {
                record_add(&to, &record_sorts[i], list->items[j], j);
            }
        }
    }
    def->given = to.list;
    def->given_count = to.count;
}

static void fill_stale(builder *b, const churn__yaml_node *list, churn__test_def *def)
{
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        (void)b_refer(b, DIAGNOSTIC_unknown_source, "source", &b->sources, b_item(list, i));
    }
    def->stale = b_texts(b, list, &def->stale_count);
}

/* ---- what is expected ---- */

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
    } else if (b_slot_type(b, slot) == CHURN__TYPE_STRINGS) {
        report_add(&b->report, DIAGNOSTIC_unsupported, b_at(key),
                   "%q cannot be expected by this version", &key->text);
        slot = UINT32_MAX;
    }
    return slot;
}

static void expect_value(builder *b, const churn__yaml_node *node, churn__type type,
                         churn__value *out)
{
    out->type = type;
    switch (type) {
    case CHURN__TYPE_DOUBLE:
        (void)churn__double_parse(node->text.ptr, node->text.len, &out->as.d);
        return;
    case CHURN__TYPE_BOOL:
        out->as.b = churn__str_eq(node->text, CHURN__STR("true"));
        return;
    case CHURN__TYPE_TIME:
        (void)churn__instant_parse(node->text.ptr, node->text.len, b->pb->zone, &out->as.t);
        return;
    default:
        out->as.s = b_keep(b, node->text);
        return;
    }
}

static void fill_expect(builder *b, const churn__yaml_node *key, const churn__yaml_node *node,
                        churn__test_expect *out)
{
    const churn__yaml_node *value = node;
    out->name = b_keep(b, key->text);
    out->line = key->line;
    out->column = key->column;
    out->tolerance = TOLERANCE;
    out->slot = expect_slot(b, key);
    if (node == NULL || out->slot == UINT32_MAX) {
        return;
    }
    churn__type type = b_slot_type(b, out->slot);
    if (node->kind == CHURN__YAML_MAP) {
        value = b_get(node, "value");
        out->tolerance = b_number(node, "within", TOLERANCE);
        if (type != CHURN__TYPE_DOUBLE) {
            report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(node),
                       "%q is no number: `within` has no meaning", &key->text);
            return;
        }
    }
    if (value == NULL || b_is_null(value)) {
        return;
    }
    if (!has_type(value, type)) {
        report_type(b, value, key->text, type);
        return;
    }
    expect_value(b, value, type, &out->value);
}

static void fill_expects(builder *b, const churn__yaml_node *map, churn__test_def *def)
{
    churn__test_expect *list = map == NULL ? NULL : b_array(b, map->count, sizeof *list);
    if (list == NULL) {
        return;
    }
    def->expect = list;
    def->expect_count = map->count;
    for (uint32_t i = 0; i < map->count && b->st == CHURN_OK; i++) {
        fill_expect(b, map->keys[i], b_item(map, i), &list[i]);
    }
}

/* ---- when ---- */

static void fill_when(builder *b, const churn__yaml_node *item, churn__test_def *def)
{
    const churn__yaml_node *advance = b_get(item, "advance");
    bool once = b_given(item, "as_of"), many = b_given(item, "advance");
    if (once && many) {
        b_forbid(b, item, "advance", "as_of");
    } else if (!once && !many) {
        report_place place = b_at(item);
        place.expected = CHURN__STR("as_of or advance");
        report_add(&b->report, DIAGNOSTIC_one_of, place, "a test needs `as_of` or `advance`");
    }
    def->is_advance = many;
    def->as_of = many ? b_instant(b, advance, "to", 0) : b_instant(b, item, "as_of", 0);
    def->from = many ? b_instant(b, advance, "from", 0) : def->as_of;
    def->every = b_duration(advance, "every", b->pb->evaluate.amount);
    const churn__yaml_node *to = b_get(advance, "to");
    if (to != NULL && b_get(advance, "from") != NULL && def->as_of < def->from) {
        report_add(&b->report, DIAGNOSTIC_order, b_at(to), "`to` comes before `from`");
    }
}

static churn_str test_name(builder *b, const churn__yaml_node *item, uint32_t i)
{
    char digits[24];
    churn_str number = {digits, churn__int_print((int64_t)i + 1, digits)};
    return b_get(item, "name") != NULL ? b_text(b, item, "name") : b_join(b, "test ", number, "");
}

void b_tests(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "tests");
    churn__test_def *defs = list == NULL ? NULL : b_array(b, list->count, sizeof *defs);
    if (defs == NULL) {
        return;
    }
    for (uint32_t i = 0; i < list->count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *item = list->items[i];
        churn__test_def *def = &defs[i];
        if (item->bad || item->kind != CHURN__YAML_MAP) {
            continue;
        }
        def->line = item->line;
        def->column = item->column;
        def->name = test_name(b, item, i);
        fill_given(b, b_get(item, "given"), def);
        fill_stale(b, b_get(b_get(item, "given"), "stale"), def);
        fill_when(b, item, def);
        fill_expects(b, b_get(item, "expect"), def);
    }
    b->pb->tests = defs;
    b->pb->test_count = list->count;
}
