/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "base/num.h"
#include "playbook/build_tests.h"

/* What the playbook's own tests are given: records as texts, which the store reads as it reads
 * other texts. */

#define RECORDS_MAX 100000 /* of one test */

typedef struct records {
    builder *b;
    churn__test_record *list;
    uint32_t count;
    churn_str customer; /* whose records are being read */
} records;

/* ---- one record ---- */

static void field_add(churn__test_record *to, churn_field_text *fields, const char *name,
                      churn_str text)
{
    fields[to->field_count++] = (churn_field_text){churn__str_nts(name), text};
}

/* Keys of an event that say how often it comes. */
static bool is_repetition(const churn__test_record *record, churn_str key)
{
    return record->kind == CHURN_RECORD_EVENT &&
           (churn__str_eq(key, CHURN__STR("times")) || churn__str_eq(key, CHURN__STR("every")) ||
            churn__str_eq(key, CHURN__STR("users")));
}

/* The fields as they stand; `null` is a field that is not given. */
static void fields_copy(builder *b, churn__test_record *to, churn_field_text *fields,
                        const churn__yaml_node *map)
{
    for (uint32_t i = 0; i < map->count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *item = b_item(map, i);
        if (item == NULL || item->kind != CHURN__YAML_SCALAR ||
            is_repetition(to, map->keys[i]->text)) {
            continue;
        }
        if (to->kind == CHURN_RECORD_CUSTOMER && b_is_null(item)) {
            continue; /* of an attribute null would be a value */
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
#define EXTRA_FIELDS 4 /* customer, id, currency, user */

/* Which of several one is: how far it is from the first, and who did it. */
typedef struct repetition {
    uint32_t number; /* from 0 */
    int64_t after;
    uint32_t users; /* 0: whoever the record says */
} repetition;

static churn_str numbered(builder *b, const char *prefix, uint32_t number)
{
    char digits[24];
    churn_str text = {digits, churn__int_print((int64_t)number, digits)};
    return b_join(b, prefix, text, "");
}

/* An instant, moved on. */
static churn_str moved(builder *b, churn_str text, int64_t by)
{
    churn_time at = 0;
    char out[48];
    if (!churn__instant_parse(text.ptr, text.len, b->pb->zone, &at)) {
        return text; /* the store says what is wrong with it */
    }
    at = by > CHURN_TIME_MAX - at ? CHURN_TIME_MAX : at + by;
    return b_keep(b, (churn_str){out, churn__instant_print(at, out)});
}

static void repeat_fields(builder *b, churn__test_record *record, churn_field_text *fields,
                          const repetition *which)
{
    for (uint32_t i = 0; i < record->field_count && which->number > 0; i++) {
        churn_field_text *one = &fields[i];
        if (one->text.ptr == NULL) {
            continue;
        }
        if (churn__str_eq(one->field, CHURN__STR("at")) ||
            churn__str_eq(one->field, CHURN__STR("known_at"))) {
            one->text = moved(b, one->text, which->after);
        } else if (churn__str_eq(one->field, CHURN__STR("id"))) {
            one->text = b_join(b, one->text.ptr, numbered(b, "-", which->number + 1), "");
        }
    }
    if (which->users > 0) {
        field_add(record, fields, "user", numbered(b, "user-", which->number % which->users + 1));
    }
}

static void record_add(records *to, const record_sort *sort, const churn__yaml_node *map,
                       uint32_t number, const repetition *which)
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
        field_add(record, fields, "customer", to->customer);
    }
    if (sort->id != NULL && !b_given(map, "id")) {
        field_add(record, fields, "id", numbered(b, sort->id, number + 1));
    }
    if (sort->currency && b_given(map, "amount") && !b_given(map, "currency")) {
        field_add(record, fields, "currency", b->pb->currency);
    }
    fields_copy(b, record, fields, map);
    repeat_fields(b, record, fields, which);
    props_copy(b, record, fields, props);
    mark_texts(b, record);
    to->count++;
}

/* ---- how often an event comes ---- */

static uint32_t times_of(const record_sort *sort, const churn__yaml_node *map)
{
    return sort->kind == CHURN_RECORD_EVENT ? b_count(map, "times", 1) : 1;
}

static void check_repetition(builder *b, const churn__yaml_node *map)
{
    static const char *const pairs[][2] = {
        {"times", "every"}, {"every", "times"}, {"users", "times"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (b_given(map, pairs[i][0])) {
            b_need(b, map, pairs[i][1], pairs[i][0]);
        }
    }
    if (b_given(map, "users")) {
        b_forbid(b, map, "user", "users");
    }
}

static void repeat(records *to, const record_sort *sort, const churn__yaml_node *map,
                   uint32_t number)
{
    uint32_t times = times_of(sort, map);
    bool event = sort->kind == CHURN_RECORD_EVENT;
    int64_t every = event ? b_duration(map, "every", 0) : 0;
    uint32_t users = event ? b_count(map, "users", 0) : 0;
    if (event) {
        check_repetition(to->b, map);
    }
    for (uint32_t i = 0; i < times && to->b->st == CHURN_OK; i++) {
        int64_t after = 0;
        if (!churn__mul_i64(every, (int64_t)i, &after)) {
            after = INT64_MAX;
        }
        repetition which = {i, after, users};
        record_add(to, sort, map, number, &which);
    }
}

/* ---- the customer ---- */

static bool is_customer_time(churn_str name)
{
    return churn__str_eq(name, CHURN__STR("since")) ||
           churn__str_eq(name, CHURN__STR("known_at")) ||
           churn__str_eq(name, CHURN__STR("valid_from"));
}

bool b_has_type(const churn__yaml_node *node, churn__type type)
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

void b_report_type(builder *b, const churn__yaml_node *node, churn_str name, churn__type type)
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
    if (!b_has_type(value, type)) {
        b_report_type(b, value, key->text, type);
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
            report_add(&b->report, DIAGNOSTIC_reserved_name, b_at(key),
                       "ids of customers are the keys of `customers`; the one customer of a test "
                       "is `customer`");
        } else if (!is_customer_time(key->text)) {
            check_attribute(b, key, value);
        } else if (!b_is_null(value) && !b_has_type(value, CHURN__TYPE_TIME)) {
            b_report_type(b, value, key->text, CHURN__TYPE_TIME);
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
    field_add(record, fields, "id", to->customer);
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
            if (!b_has_type(value, type)) {
                b_report_type(b, value, props->keys[j]->text, type);
            }
        }
    }
}

/* ---- all of it ---- */

/* What one customer needs; the records of the business stand with the test. */
static uint64_t count_records(const churn__yaml_node *given)
{
    uint64_t count = 1;
    for (size_t i = 0; given != NULL && i < RECORD_SORTS; i++) {
        const churn__yaml_node *list = b_get(given, record_sorts[i].key);
        for (uint32_t j = 0; list != NULL && j < list->count; j++) {
            bool map = list->items[j]->kind == CHURN__YAML_MAP;
            count += map ? times_of(&record_sorts[i], list->items[j]) : 0;
        }
    }
    return count;
}

static void records_add(records *to, const churn__yaml_node *given, uint32_t *numbers)
{
    builder *b = to->b;
    for (size_t i = 0; i < RECORD_SORTS; i++) {
        const churn__yaml_node *list = b_get(given, record_sorts[i].key);
        for (uint32_t j = 0; list != NULL && j < list->count && b->st == CHURN_OK; j++) {
            if (list->items[j]->kind == CHURN__YAML_MAP) {
                repeat(to, &record_sorts[i], list->items[j], numbers[i]++);
            }
        }
    }
}

static void one_given(records *to, const churn__yaml_node *given, uint32_t *numbers)
{
    const churn__yaml_node *customer = b_get(given, "customer");
    check_customer(to->b, customer);
    check_attributes(to->b, b_get(given, "attributes"));
    check_props(to->b, b_get(given, "events"));
    customer_add(to, customer, given);
    records_add(to, given, numbers);
}

/* Several customers: what stands beside them is of none. */
static void forbid_beside(builder *b, const churn__yaml_node *given)
{
    b_forbid(b, given, "customer", "customers");
    for (size_t i = 0; i < RECORD_SORTS; i++) {
        if (!record_sorts[i].business) {
            b_forbid(b, given, record_sorts[i].key, "customers");
        }
    }
}

static void all_given(records *to, const churn__yaml_node *given, churn__test_def *def)
{
    builder *b = to->b;
    const churn__yaml_node *customers = b_get(given, "customers");
    uint32_t numbers[RECORD_SORTS] = {0}, count = customers == NULL ? 1 : customers->count;
    churn_str *ids = b_array(b, count, sizeof *ids);
    if (ids == NULL) {
        return;
    }
    def->customers = ids;
    if (customers == NULL) {
        ids[def->customer_count++] = to->customer = TEST_CUSTOMER;
        one_given(to, given, numbers);
        return;
    }
    def->several = true;
    forbid_beside(b, given);
    for (uint32_t i = 0; i < count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *one = b_item(customers, i);
        if (one != NULL && one->kind == CHURN__YAML_MAP) {
            ids[def->customer_count++] = to->customer = b_keep(b, customers->keys[i]->text);
            one_given(to, one, numbers);
        }
    }
    records_add(to, given, numbers);
}

static uint64_t count_given(const churn__yaml_node *given)
{
    const churn__yaml_node *customers = b_get(given, "customers");
    uint64_t count = count_records(given);
    for (uint32_t i = 0; customers != NULL && i < customers->count; i++) {
        count += count_records(b_item(customers, i));
    }
    return count;
}

static void fill_stale(builder *b, const churn__yaml_node *list, churn__test_def *def)
{
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        (void)b_refer(b, DIAGNOSTIC_unknown_source, "source", &b->sources, b_item(list, i));
    }
    def->stale = b_texts(b, list, &def->stale_count);
}

void b_given_fill(builder *b, const churn__yaml_node *given, churn__test_def *def)
{
    if (given == NULL) {
        return;
    }
    uint64_t count = count_given(given);
    if (count > RECORDS_MAX) {
        report_add(&b->report, DIAGNOSTIC_too_much_given, b_at(given),
                   "the test gives %u records: at most %u are allowed", count,
                   (uint64_t)RECORDS_MAX);
        return;
    }
    records to = {.b = b, .list = b_array(b, (size_t)count, sizeof *to.list)};
    if (to.list == NULL) {
        return;
    }
    all_given(&to, given, def);
    def->given = to.list;
    def->given_count = to.count;
    fill_stale(b, b_get(given, "stale"), def);
}
