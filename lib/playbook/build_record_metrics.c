/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"
#include "playbook/schema_keys.h"

/* Metrics of records that are no events. */

/* ---- windows ---- */

void b_metric_window(const churn__yaml_node *item, churn__metric_def *def)
{
    def->has_window = b_get(item, "window") != NULL;
    def->window = b_span(item, "window");
    def->offset = b_span(item, "offset");
    def->clip = b_word(item, "history", &schema_history, 0) == 1;
}

void b_metric_no_window(builder *b, const churn__yaml_node *item, const char *with)
{
    b_forbid(b, item, "window", with);
    b_forbid(b, item, "history", with);
}

/* ---- defaults ---- */

static const schema *default_schema(churn__type type)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        return &schema_bool;
    case CHURN__TYPE_STRING:
        return &schema_text;
    case CHURN__TYPE_TIME:
        return &schema_instant;
    default:
        return &schema_number;
    }
}

static churn__value default_other(builder *b, const churn__yaml_node *item, churn__type type)
{
    churn__value value = {.type = type};
    switch (type) {
    case CHURN__TYPE_BOOL:
        value.as.b = b_bool(item, "default");
        break;
    case CHURN__TYPE_STRING:
        value.as.s = b_text(b, item, "default");
        break;
    default:
        value.as.t = b_instant(b, item, "default", CHURN_TIME_NONE);
        break;
    }
    return value;
}

void b_metric_default(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    churn__yaml_node *node = b_get(item, "default");
    if (node != NULL) {
        b_check(b, default_schema(def->type), node, CHURN__STR("default"));
    }
    def->has_default = b_get(item, "default") != NULL;
    if (!def->has_default) {
        return;
    }
    if (def->type == CHURN__TYPE_DOUBLE) {
        def->default_value = b_number(item, "default", 0);
    } else {
        def->otherwise = default_other(b, item, def->type);
    }
}

/* ---- which keys go with which word ---- */

#define WINDOW 0x01  /* needs window, takes history */
#define NUMBERS 0x02 /* take: what is made of many numbers */
#define USERS 0x04   /* per: user, and then take */
#define SLA 0x08     /* needs sla, takes of */
#define AGE 0x10     /* max_age */
#define PERIOD 0x20  /* min_period */
#define DUE 0x40     /* needs due */

typedef struct rule {
    churn__metric_what what;
    uint32_t keys;
    churn__type type; /* 0: double */
} rule;

static const rule rules[] = {
    {CHURN__TICKET_OPEN_COUNT, USERS, 0},
    {CHURN__TICKET_UNANSWERED_COUNT, USERS, 0},
    {CHURN__TICKET_OPENED_COUNT, WINDOW | USERS, 0},
    {CHURN__TICKET_CLOSED_COUNT, WINDOW | USERS, 0},
    {CHURN__TICKET_REOPENED_COUNT, WINDOW | USERS, 0},
    {CHURN__TICKET_FIRST_RESPONSE_HOURS, WINDOW | NUMBERS, 0},
    {CHURN__TICKET_RESOLUTION_HOURS, WINDOW | NUMBERS, 0},
    {CHURN__TICKET_CSAT, WINDOW | NUMBERS, 0},
    {CHURN__TICKET_SLA_BREACH_SHARE, WINDOW | SLA, 0},
    {CHURN__SURVEY_LAST, AGE, 0},
    {CHURN__SURVEY_PREVIOUS, AGE, 0},
    {CHURN__SURVEY_CHANGE, AGE, 0},
    {CHURN__SURVEY_COUNT, WINDOW, 0},
    {CHURN__SURVEY_MEAN, WINDOW | NUMBERS, 0},
    {CHURN__SUBSCRIPTION_PLAN, 0, CHURN__TYPE_STRING},
    {CHURN__SUBSCRIPTION_ACTIVE, 0, CHURN__TYPE_BOOL},
    {CHURN__SUBSCRIPTION_DAYS_TO_RENEWAL, PERIOD, 0},
    {CHURN__SUBSCRIPTION_RENEWS_AT, PERIOD, CHURN__TYPE_TIME},
    {CHURN__SUBSCRIPTION_CANCEL_REQUESTED, 0, CHURN__TYPE_BOOL},
    {CHURN__SUBSCRIPTION_DOWNGRADES, WINDOW, 0},
    {CHURN__SUBSCRIPTION_EXPANSION_AMOUNT, WINDOW, 0},
    {CHURN__SUBSCRIPTION_CONTRACTION_AMOUNT, WINDOW, 0},
    {CHURN__INVOICE_FAILED_COUNT, WINDOW, 0},
    {CHURN__INVOICE_PAID_ON_TIME_SHARE, WINDOW, 0},
    {CHURN__INVOICE_REFUNDED_AMOUNT, WINDOW, 0},
    {CHURN__INVOICE_BILLED_AMOUNT, WINDOW, 0},
    {CHURN__MILESTONE_REACHED, 0, CHURN__TYPE_BOOL},
    {CHURN__MILESTONE_REACHED_AT, 0, CHURN__TYPE_TIME},
    {CHURN__MILESTONE_OVERDUE_DAYS, DUE, 0},
    {CHURN__TOUCHPOINT_COUNT, WINDOW, 0},
    {CHURN__TOUCHPOINT_REPLY_RATE, WINDOW, 0},
    {CHURN__ATTRIBUTE_CHANGED, WINDOW, CHURN__TYPE_BOOL},
    {CHURN__ATTRIBUTE_CHANGES, WINDOW, 0},
};

/* What has no rule takes no key of its own and is a number. */
static rule rule_of(churn__metric_what what)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].what == what) {
            return rules[i];
        }
    }
    return (rule){what, 0, 0};
}

typedef struct rule_key {
    const char *key;
    uint32_t with;
    bool needed;
} rule_key;

static const rule_key rule_keys[] = {
    {"window", WINDOW, true}, {"history", WINDOW, false}, {"sla", SLA, true},
    {"of", SLA, false},       {"max_age", AGE, false},    {"min_period", PERIOD, false},
    {"due", DUE, true},       {"per", USERS, false},      {"take", NUMBERS | USERS, false},
};

static bool has_key(const schema *sort, const char *key)
{
    for (uint32_t i = 0; i < sort->key_count; i++) {
        if (strcmp(sort->keys[i].name, key) == 0) {
            return true;
        }
    }
    return false;
}

/* Keys that the sort does not have at all were found before. */
static void check_keys(builder *b, const churn__yaml_node *item, const schema *sort,
                       const char *with, uint32_t keys)
{
    for (size_t i = 0; i < sizeof rule_keys / sizeof rule_keys[0]; i++) {
        const rule_key *key = &rule_keys[i];
        if ((keys & key->with) == 0) {
            if (has_key(sort, key->key)) {
                b_forbid(b, item, key->key, with);
            }
        } else if (key->needed) {
            b_need(b, item, key->key, with);
        }
    }
}

/* Of users there is no median, and without them a count is one number. */
static void check_users(builder *b, const churn__yaml_node *item, const churn__metric_def *def)
{
    const churn__yaml_node *take = b_get(item, "take");
    if (take == NULL) {
        return;
    }
    if (!def->per_user) {
        b_need(b, item, "per", "take");
    } else if (def->take == CHURN__TAKE_MEDIAN) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(take), "`%s` does not go with `%s`",
                   "median", "per");
    }
}

/* ---- one sort after the other ---- */

typedef struct record_sort {
    const char *key;
    churn__metric_kind kind;
    const schema *words; /* NULL: the key holds a name */
    const schema *keys;
    const char *filters[CHURN__FILTERS]; /* keys of texts that records must have */
} record_sort;

static const record_sort record_sorts[] = {
    {"ticket", CHURN__METRIC_TICKET, &schema_ticket, &schema_by_ticket, {"priority", "category"}},
    {"survey", CHURN__METRIC_SURVEY, &schema_survey, &schema_by_survey, {"moment"}},
    {"subscription",
     CHURN__METRIC_SUBSCRIPTION,
     &schema_subscription,
     &schema_by_subscription,
     {NULL}},
    {"invoice", CHURN__METRIC_INVOICE, &schema_invoice, &schema_by_invoice, {NULL}},
    {"milestone", CHURN__METRIC_MILESTONE, &schema_milestone, &schema_by_milestone, {"name"}},
    {"touchpoint",
     CHURN__METRIC_TOUCHPOINT,
     &schema_touchpoint,
     &schema_by_touchpoint,
     {"channel"}},
    {"contact", CHURN__METRIC_CONTACT, &schema_contact, &schema_by_contact, {"role"}},
    {"announcement",
     CHURN__METRIC_ANNOUNCEMENT,
     &schema_announcement,
     &schema_by_announcement,
     {"name", "kind"}},
};

static const record_sort *sort_of(const churn__yaml_node *item)
{
    for (size_t i = 0; i < sizeof record_sorts / sizeof record_sorts[0]; i++) {
        if (b_given(item, record_sorts[i].key)) {
            return &record_sorts[i];
        }
    }
    return NULL;
}

static void fill_filters(builder *b, const churn__yaml_node *item, const record_sort *sort,
                         churn__metric_def *def)
{
    for (uint32_t i = 0; i < CHURN__FILTERS; i++) {
        const churn__yaml_node *list =
            sort->filters[i] == NULL ? NULL : b_get(item, sort->filters[i]);
        if (list != NULL) {
            def->filters[i].words = b_texts(b, list, &def->filters[i].count);
        }
    }
}

/* ---- conditions on single records ---- */

typedef struct it_scope {
    builder *b;
    churn__metric_kind kind;
} it_scope;

#define IT_PREFIX CHURN__STR("it.")

static churn__expr_found it_resolve(void *context, churn_str name, churn__expr_name *out)
{
    const it_scope *scope = context;
    churn__metric_it_field field;
    if (!churn__str_starts(name, IT_PREFIX)) {
        return CHURN__EXPR_UNKNOWN;
    }
    name = (churn_str){name.ptr + IT_PREFIX.len, name.len - IT_PREFIX.len};
    for (uint32_t i = 0; churn__metric_it(scope->kind, i, &field); i++) {
        if (field.type != 0 && churn__str_eq(name, churn__str_nts(field.name))) {
            *out = (churn__expr_name){
                .type = field.type, .never_missing = field.never_missing, .slot = i};
            return CHURN__EXPR_KNOWN;
        }
    }
    return CHURN__EXPR_UNKNOWN;
}

/* The i-th of those that have a type. */
static bool it_nth(churn__metric_kind kind, uint32_t i, churn__metric_it_field *out)
{
    for (uint32_t at = 0; churn__metric_it(kind, at, out); at++) {
        if (out->type != 0 && i-- == 0) {
            return true;
        }
    }
    return false;
}

static churn_str it_list(void *context, uint32_t i)
{
    const it_scope *scope = context;
    churn__metric_it_field field;
    bool spent = scope->b->suggest_budget == 0 || !report_open(&scope->b->report);
    if (spent || !it_nth(scope->kind, i, &field)) {
        return (churn_str){NULL, 0};
    }
    scope->b->suggest_budget--;
    return b_join(scope->b, "it.", churn__str_nts(field.name), "");
}

static const char *it_advice(void *context, churn_str name)
{
    (void)context;
    (void)name;
    return "a condition on records names their fields: `it.<field>`";
}

static const churn__expr *fill_where(builder *b, const churn__yaml_node *item,
                                     churn__metric_kind kind)
{
    it_scope own = {b, kind};
    churn__expr_scope scope = {
        .context = &own, .resolve = it_resolve, .list = it_list, .advice = it_advice};
    return b_expression(b, b_get(item, "where"), &scope, CHURN__TYPE_BOOL);
}

static void fill_record(builder *b, const churn__yaml_node *item, const record_sort *sort,
                        churn__metric_def *def)
{
    const churn__yaml_node *what = b_get(item, sort->key);
    def->kind = sort->kind;
    def->what =
        (churn__metric_what)b_word(item, sort->key, sort->words, sort->words->words[0].value);
    b_metric_window(item, def);
    fill_filters(b, item, sort, def);
    def->expr = fill_where(b, item, sort->kind);
    def->per_user = b_get(item, "per") != NULL;
    def->take = (churn__metric_take)b_word(item, "take", &schema_record_take,
                                           def->per_user ? CHURN__TAKE_MAX : CHURN__TAKE_MEAN);
    def->max_age = b_duration(item, "max_age", 0);
    def->min_period = b_duration(item, "min_period", 0);
    def->sla = b_duration(item, "sla", 0);
    def->sla_resolution = b_word(item, "of", &schema_sla_part, 0) == 1;
    def->due = b_span(item, "due");
    if (sort->kind == CHURN__METRIC_SURVEY) {
        def->survey_kind = (uint8_t)b_word(item, "kind", &schema_survey_kind, 0);
    }
    if (what != NULL) {
        uint32_t keys = rule_of(def->what).keys;
        check_keys(b, item, sort->keys, what->text.ptr, keys);
        if ((keys & USERS) != 0) {
            check_users(b, item, def);
        }
    }
}

static void fill_attribute(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *take = b_get(item, "take");
    uint32_t keys;
    def->kind = CHURN__METRIC_ATTRIBUTE;
    def->what =
        (churn__metric_what)b_word(item, "take", &schema_attribute_take, CHURN__ATTRIBUTE_VALUE);
    def->attribute = b_text(b, item, "attribute");
    b_metric_window(item, def);
    (void)b_refer(b, DIAGNOSTIC_unknown_attribute, "attribute", &b->attributes,
                  b_get(item, "attribute"));
    keys = rule_of(def->what).keys;
    if ((keys & WINDOW) == 0) {
        b_metric_no_window(b, item, take == NULL ? "value" : take->text.ptr);
    } else {
        b_need(b, item, "window", take->text.ptr);
    }
}

void b_record_metric(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const record_sort *sort = sort_of(item);
    if (sort != NULL) {
        fill_record(b, item, sort, def);
    } else if (b_given(item, "attribute")) {
        fill_attribute(b, item, def);
    } else if (b_given(item, "customer")) {
        def->kind = CHURN__METRIC_CUSTOMER;
        def->what = CHURN__CUSTOMER_AGE_DAYS;
    }
}

/* ---- types ---- */

static churn__type attribute_type(builder *b, const churn__yaml_node *item)
{
    int take = b_word(item, "take", &schema_attribute_take, CHURN__ATTRIBUTE_VALUE);
    const churn__yaml_node *name = b_get(item, "attribute");
    if (take != CHURN__ATTRIBUTE_VALUE) {
        return rule_of((churn__metric_what)take).type;
    }
    uint32_t attribute = name == NULL ? UINT32_MAX : b_find(&b->attributes, name->text);
    return attribute == UINT32_MAX ? (churn__type)0 : b->pb->attributes[attribute].type;
}

churn__type b_record_metric_type(builder *b, const churn__yaml_node *item)
{
    const record_sort *sort = sort_of(item);
    if (sort != NULL) {
        int what = b_word(item, sort->key, sort->words, 0);
        return rule_of((churn__metric_what)what).type;
    }
    return b_given(item, "attribute") ? attribute_type(b, item) : (churn__type)0;
}
