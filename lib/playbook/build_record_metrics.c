/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

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

/* ---- one sort after the other ---- */

/* A count over a window needs one, a state takes none. */
static void check_counted(builder *b, const churn__yaml_node *item, const churn__yaml_node *what,
                          bool counted)
{
    if (what == NULL) {
        return;
    }
    if (counted) {
        b_need(b, item, "window", what->text.ptr);
    } else {
        b_metric_no_window(b, item, what->text.ptr);
    }
}

static void fill_ticket(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    def->kind = CHURN__METRIC_TICKET;
    def->what =
        (churn__metric_what)b_word(item, "ticket", &schema_ticket, CHURN__TICKET_OPEN_COUNT);
    b_metric_window(item, def);
    check_counted(b, item, b_get(item, "ticket"), def->what == CHURN__TICKET_OPENED_COUNT);
}

static void fill_invoice(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    def->kind = CHURN__METRIC_INVOICE;
    def->what =
        (churn__metric_what)b_word(item, "invoice", &schema_invoice, CHURN__INVOICE_OVERDUE_DAYS);
    b_metric_window(item, def);
    check_counted(b, item, b_get(item, "invoice"), def->what == CHURN__INVOICE_FAILED_COUNT);
}

static void fill_survey(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    (void)b;
    def->kind = CHURN__METRIC_SURVEY;
    def->what = CHURN__SURVEY_LAST;
    def->survey_kind = (uint8_t)b_word(item, "kind", &schema_survey_kind, 0);
    def->max_age = b_duration(item, "max_age", 0);
    def->offset = b_span(item, "offset");
}

static void fill_subscription(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    (void)b;
    def->kind = CHURN__METRIC_SUBSCRIPTION;
    def->what = (churn__metric_what)b_word(item, "subscription", &schema_subscription,
                                           CHURN__SUBSCRIPTION_MRR);
    def->offset = b_span(item, "offset");
}

static void fill_attribute(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    def->kind = CHURN__METRIC_ATTRIBUTE;
    def->attribute = b_text(b, item, "attribute");
    (void)b_refer(b, DIAGNOSTIC_unknown_attribute, "attribute", &b->attributes,
                  b_get(item, "attribute"));
}

static void fill_customer(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    (void)b;
    (void)item;
    def->kind = CHURN__METRIC_CUSTOMER;
    def->what = CHURN__CUSTOMER_AGE_DAYS;
}

void b_record_metric(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    static const struct {
        const char *key;
        void (*fill)(builder *b, const churn__yaml_node *item, churn__metric_def *def);
    } sorts[] = {
        {"ticket", fill_ticket},
        {"survey", fill_survey},
        {"subscription", fill_subscription},
        {"invoice", fill_invoice},
        {"attribute", fill_attribute},
        {"customer", fill_customer},
    };
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++) {
        if (b_given(item, sorts[i].key)) {
            sorts[i].fill(b, item, def);
            return;
        }
    }
}

/* ---- types ---- */

churn__type b_record_metric_type(builder *b, const churn__yaml_node *item)
{
    const churn__yaml_node *name = b_get(item, "attribute");
    uint32_t attribute = name == NULL ? UINT32_MAX : b_find(&b->attributes, name->text);
    return attribute == UINT32_MAX ? (churn__type)0 : b->pb->attributes[attribute].type;
}
