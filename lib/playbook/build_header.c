/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "base/sort.h"
#include "playbook/build.h"

/* ---- version, zone, currency ---- */

static void header_version(builder *b)
{
    const churn__yaml_node *node = b_get(b->root, "churn");
    if (node != NULL && !churn__str_eq(node->text, CHURN__STR("1"))) {
        report_place place = b_at(node);
        place.expected = CHURN__STR("1");
        report_add(&b->report, DIAGNOSTIC_format_version, place,
                   "version %q of the format is not known: this library reads version 1",
                   &node->text);
    }
}

/* A zone by name; NULL where there is none, which is reported. */
static churn__zone *zone_open(builder *b, const churn__yaml_node *node)
{
    churn__zone *zone = NULL;
    switch (churn__zone_open(b->heap, b->zoneinfo.ptr, node->text, &zone)) {
    case CHURN__ZONE_OK:
        return zone;
    case CHURN__ZONE_NOMEM:
        b_no_memory(b);
        return NULL;
    default:
        report_add(&b->report, DIAGNOSTIC_unknown_zone, b_at(node), "unknown time zone %q",
                   &node->text);
        return NULL;
    }
}

static void header_zone(builder *b)
{
    const churn__yaml_node *node = b_get(b->root, "time_zone");
    b->pb->time_zone = b_keep(b, node == NULL ? CHURN__STR("UTC") : node->text);
    b->pb->zone = node == NULL ? NULL : zone_open(b, node);
}

static void header_currency(builder *b)
{
    const churn__yaml_node *node = b_get(b->root, "currency");
    churn_str code = node == NULL ? CHURN__STR("USD") : node->text;
    b->pb->currency = b_keep(b, code);
    b->pb->currency_scale = churn__currency_scale(code.ptr, code.len);
    if (b->pb->currency_scale < 0) {
        report_add(&b->report, DIAGNOSTIC_unknown_currency, b_at(node), "unknown currency %q",
                   &code);
    }
}

void b_header(builder *b)
{
    header_version(b);
    b->pb->name = b_text(b, b->root, "name");
    header_zone(b);
    header_currency(b);
    b->pb->evaluate =
        (churn__duration){b_duration(b->root, "evaluate", CHURN__DAY), CHURN__UNIT_MICRO};
}

/* ---- attributes ---- */

void b_attributes(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "attributes");
    size_t count = b->attributes.count;
    churn__attribute_def *defs = b_array(b, count, sizeof *defs);
    for (size_t i = 0; defs != NULL && i < count; i++) {
        const registry_entry *entry = &b->attributes.entries[i];
        const churn__yaml_node *node = entry->node;
        churn__attribute_def *def = &defs[i];
        def->name = b_keep(b, entry->name);
        def->type = CHURN__TYPE_STRING;
        if (node != NULL) {
            def->type =
                (churn__type)b_word(map, def->name.ptr, &schema_attribute_type, CHURN__TYPE_STRING);
            def->line = node->line;
            def->column = node->column;
        }
    }
    b->pb->attributes = defs;
    b->pb->attribute_count = defs == NULL ? 0 : (uint32_t)count;
}

void b_properties(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "properties");
    size_t count = b->properties.count;
    churn__attribute_def *defs = b_array(b, count, sizeof *defs);
    for (size_t i = 0; defs != NULL && i < count; i++) {
        const registry_entry *entry = &b->properties.entries[i];
        defs[i].name = b_keep(b, entry->name);
        defs[i].line = entry->node->line;
        defs[i].column = entry->node->column;
        const churn__yaml_node *type = churn__yaml_get(map, entry->name);
        defs[i].type = type == NULL || type->bad
                           ? CHURN__TYPE_STRING
                           : (churn__type)schema_word_value(&schema_attribute_type, type->text,
                                                            CHURN__TYPE_STRING);
    }
    b->pb->properties = defs;
    b->pb->property_count = defs == NULL ? 0 : (uint32_t)count;
}

/* ---- sources ---- */

static void source_records(builder *b, const churn__yaml_node *list, churn__source_def *def)
{
    if (list == NULL) {
        return;
    }
    churn_record_kind *kinds = b_array(b, list->count, sizeof *kinds);
    for (uint32_t i = 0; kinds != NULL && i < list->count; i++) {
        const churn__yaml_node *item = b_item(list, i);
        if (item != NULL) {
            kinds[def->record_count++] = schema_word_value(&schema_record_kind, item->text, 0);
        }
    }
    def->records = kinds;
}

static bool source_has_event(const churn__source_def *def, churn_str event)
{
    for (uint32_t i = 0; i < def->event_count; i++) {
        if (churn__str_eq(def->events[i], event)) {
            return true;
        }
    }
    return false;
}

static void source_event_from(builder *b, const churn__yaml_node *map, churn__source_def *def)
{
    if (map == NULL) {
        return;
    }
    churn__source_event_from *list = b_array(b, map->count, sizeof *list);
    for (uint32_t i = 0; list != NULL && i < map->count; i++) {
        const churn__yaml_node *key = map->keys[i];
        if (!source_has_event(def, key->text)) {
            report_add(&b->report, DIAGNOSTIC_unknown_name, b_at(key),
                       "`event_from`: %q is not among the `events` of this source", &key->text);
            continue;
        }
        churn_str event = b_keep(b, key->text);
        list[def->event_from_count++] = (churn__source_event_from){
            event, b_instant(b, map, event.ptr == NULL ? "" : event.ptr, CHURN_TIME_NONE)};
    }
    def->event_from = list;
}

static void source_fill(builder *b, const churn__yaml_node *node, churn__source_def *def)
{
    def->events = b_texts(b, b_get(node, "events"), &def->event_count);
    source_records(b, b_get(node, "records"), def);
    def->has_max_lag = b_get(node, "max_lag") != NULL;
    def->max_lag = b_duration(node, "max_lag", 0);
    def->from = b_instant(b, node, "from", CHURN_TIME_NONE);
    source_event_from(b, b_get(node, "event_from"), def);
    if (!b_given(node, "events") && !b_given(node, "records")) {
        report_add(&b->report, DIAGNOSTIC_one_of, b_at(node),
                   "the source %q needs the key `events` or `records`", &def->id);
    }
}

/* An event or a kind of record comes from one place. */
static void sources_apart(builder *b, const churn__yaml_node *map)
{
    registry seen = {0};
    for (uint32_t i = 0; i < map->count && b->st == CHURN_OK; i++) {
        static const char *const keys[] = {"events", "records"};
        for (size_t k = 0; !map->items[i]->bad && k < 2; k++) {
            const churn__yaml_node *list = b_get(map->items[i], keys[k]);
            for (uint32_t j = 0; list != NULL && j < list->count; j++) {
                const churn__yaml_node *item = b_item(list, j);
                churn_str name =
                    item == NULL ? (churn_str){NULL, 0} : b_join(b, keys[k], item->text, "");
                if (name.ptr != NULL && !registry_add(b, &seen, name, i, item)) {
                    report_add(&b->report, DIAGNOSTIC_duplicate_item, b_at(item),
                               "%q comes from another source already, or stands twice",
                               &item->text);
                }
            }
        }
    }
    registry_clear(b, &seen);
}

void b_sources(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "sources");
    if (map == NULL) {
        return;
    }
    churn__source_def *defs = b_array(b, map->count, sizeof *defs);
    for (uint32_t i = 0; defs != NULL && i < map->count; i++) {
        defs[i].id = b_keep(b, map->keys[i]->text);
        defs[i].line = map->keys[i]->line;
        defs[i].column = map->keys[i]->column;
        defs[i].from = CHURN_TIME_NONE;
        if (!map->items[i]->bad) {
            source_fill(b, map->items[i], &defs[i]);
        }
    }
    b->pb->sources = defs;
    b->pb->source_count = defs == NULL ? 0 : map->count;
    sources_apart(b, map);
}

/* ---- calendar ---- */

static int32_t clock_of(const char *s)
{
    return ((s[0] - '0') * 10 + (s[1] - '0')) * 3600 + ((s[3] - '0') * 10 + (s[4] - '0')) * 60;
}

static int compare_days(const void *a, const void *b, const void *context)
{
    (void)context;
    const int32_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void calendar_holidays(builder *b, const churn__yaml_node *list)
{
    if (list == NULL) {
        return;
    }
    int32_t *days = b_array(b, list->count, sizeof *days);
    size_t count = 0;
    for (uint32_t i = 0; days != NULL && i < list->count; i++) {
        const churn__yaml_node *item = b_item(list, i);
        int64_t day = 0;
        if (item != NULL &&
            churn__when_parse(item->text.ptr, item->text.len, &day) == CHURN__WHEN_DATE) {
            days[count++] = (int32_t)day;
        }
    }
    if (days != NULL && !churn__sort(b->heap, days, count, sizeof *days, compare_days, NULL)) {
        b_no_memory(b);
    }
    b->pb->calendar.holidays = days;
    b->pb->calendar.holiday_count = count;
}

static void calendar_zone(builder *b, const churn__yaml_node *node)
{
    if (node == NULL) {
        return;
    }
    b->pb->calendar_per_customer = churn__str_eq(node->text, CHURN__STR("customer"));
    if (!b->pb->calendar_per_customer) {
        b->pb->calendar_zone = zone_open(b, node);
    }
}

void b_calendar(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "calendar");
    const churn__yaml_node *work = b_get(map, "work"), *hours = b_get(map, "hours");
    churn__work_calendar *to = &b->pb->calendar;
    for (uint32_t i = 0; work != NULL && i < work->count; i++) {
        const churn__yaml_node *day = b_item(work, i);
        if (day != NULL) {
            int bit = schema_word_value(&schema_weekday, day->text, 0);
            to->work_days = (uint8_t)(to->work_days | (1u << bit));
        }
    }
    if (hours != NULL) {
        to->open = clock_of(hours->text.ptr);
        to->close = clock_of(hours->text.ptr + 6);
    }
    calendar_holidays(b, b_get(map, "holidays"));
    calendar_zone(b, b_get(map, "zone"));
}

/* ---- roles ---- */

static void role_attribute(builder *b, const churn__yaml_node *node, churn__role_def *def)
{
    churn_str prefix = CHURN__STR("customer.");
    if (node == NULL) {
        return;
    }
    if (!churn__str_starts(node->text, prefix)) {
        report_place place = b_at(node);
        place.suggestion = CHURN__STR("customer.owner");
        report_add(&b->report, DIAGNOSTIC_bad_value, place,
                   "`from`: expected an attribute of the customer such as `customer.owner`, "
                   "found %q",
                   &node->text);
        return;
    }
    churn__yaml_node name = *node;
    name.text = (churn_str){node->text.ptr + prefix.len, node->text.len - prefix.len};
    uint32_t attribute =
        b_refer(b, DIAGNOSTIC_unknown_attribute, "attribute", &b->attributes, &name);
    if (attribute != UINT32_MAX && b->pb->attributes[attribute].type != CHURN__TYPE_STRING) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(node),
                   "`from`: the attribute %q is no string", &name.text);
    }
    def->attribute = b_keep(b, name.text);
}

static churn_str role_name(builder *b, uint32_t i)
{
    return b->pb->roles[i].id;
}

static report_place role_place(builder *b, uint32_t i)
{
    return (report_place){.line = b->pb->roles[i].line, .column = b->pb->roles[i].column};
}

/* `else` must end somewhere. */
static void roles_end(builder *b, uint32_t count)
{
    uint32_t *start = b_array(b, (size_t)count + 1, sizeof *start);
    uint32_t *edges = b_array(b, count, sizeof *edges);
    uint32_t *order = b_array(b, count, sizeof *order);
    if (start == NULL || edges == NULL || order == NULL) {
        return;
    }
    uint32_t edge_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        start[i] = edge_count;
        if (b->pb->roles[i].otherwise != UINT32_MAX) {
            edges[edge_count++] = b->pb->roles[i].otherwise;
        }
    }
    start[count] = edge_count;
    const graph g = {count, start, edges, role_name, role_place};
    b_graph_order(b, &g, order);
}

void b_roles(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "roles");
    if (map == NULL) {
        return;
    }
    churn__role_def *defs = b_array(b, map->count, sizeof *defs);
    for (uint32_t i = 0; defs != NULL && i < map->count; i++) {
        const churn__yaml_node *item = map->items[i];
        defs[i].id = b_keep(b, map->keys[i]->text);
        defs[i].line = map->keys[i]->line;
        defs[i].column = map->keys[i]->column;
        defs[i].otherwise = UINT32_MAX;
        if (!item->bad) {
            role_attribute(b, b_get(item, "from"), &defs[i]);
            defs[i].otherwise =
                b_refer(b, DIAGNOSTIC_unknown_role, "role", &b->roles, b_get(item, "else"));
            defs[i].people = b_texts(b, b_get(item, "people"), &defs[i].people_count);
        }
    }
    b->pb->roles = defs;
    b->pb->role_count = defs == NULL ? 0 : map->count;
    roles_end(b, b->pb->role_count);
}

/* ---- loss ---- */

void b_loss(builder *b)
{
    const churn__yaml_node *any = b_get(b_get(b->root, "loss"), "any");
    churn__loss_def *def = &b->pb->loss;
    def->by_subscription = any == NULL;
    for (uint32_t i = 0; any != NULL && i < any->count; i++) {
        const churn__yaml_node *item = b_item(any, i);
        int sort = item == NULL ? 0 : schema_word_value(&schema_loss_word, item->text, 0);
        def->by_subscription = def->by_subscription || sort == 1;
        def->by_record = def->by_record || sort == 2;
    }
    def->policy = b->pb->kpi;
    def->currency = b->pb->currency;
}
