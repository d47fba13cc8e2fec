/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* ---- metrics of metrics ---- */

static void operand_attribute(builder *b, const churn__yaml_node *node, churn_str name,
                              churn__operand *out)
{
    out->is_attribute = true;
    out->attribute = b_keep(b, name);
    if (churn__str_eq(name, CHURN__STR("age_days"))) {
        return;
    }
    churn__yaml_node named = *node;
    named.text = name;
    uint32_t index = b_refer(b, DIAGNOSTIC_unknown_attribute, "attribute", &b->attributes, &named);
    if (index != UINT32_MAX && b->pb->attributes[index].type != CHURN__TYPE_DOUBLE) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(node), "the attribute %q is no number",
                   &name);
    }
}

static void fill_operand(builder *b, const churn__yaml_node *node, churn__operand *out)
{
    churn_str prefix = CHURN__STR("customer.");
    out->metric = UINT32_MAX;
    if (node == NULL) {
        return;
    }
    if (churn__str_starts(node->text, prefix)) {
        churn_str name = {node->text.ptr + prefix.len, node->text.len - prefix.len};
        operand_attribute(b, node, name, out);
        return;
    }
    out->metric = b_refer(b, DIAGNOSTIC_unknown_metric, "metric", &b->metrics, node);
    if (out->metric != UINT32_MAX && b->metric_defs[out->metric].type != CHURN__TYPE_DOUBLE) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(node), "the metric %q is no number",
                   &node->text);
    }
}

static void fill_ratio(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *part = b_get(item, "ratio");
    def->kind = CHURN__METRIC_RATIO;
    fill_operand(b, b_get(part, "num"), &def->a);
    fill_operand(b, b_get(part, "den"), &def->b);
    def->min_base = b_number(part, "min_den", 0);
}

static void fill_change(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *part = b_get(item, "pct_change");
    def->kind = CHURN__METRIC_PCT_CHANGE;
    fill_operand(b, b_get(part, "cur"), &def->a);
    fill_operand(b, b_get(part, "base"), &def->b);
    def->min_base = b_number(part, "min_base", 1);
}

static void fill_delta(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *part = b_get(item, "delta");
    def->kind = CHURN__METRIC_DELTA;
    fill_operand(b, b_get(part, "a"), &def->a);
    fill_operand(b, b_get(part, "b"), &def->b);
}

/* A ratio whose divisor is an attribute. */
static void fill_share(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *part = b_get(item, "share");
    const churn__yaml_node *attribute = b_get(part, "attribute");
    def->kind = CHURN__METRIC_RATIO;
    fill_operand(b, b_get(part, "distinct"), &def->a);
    def->b.is_attribute = true;
    def->b.metric = UINT32_MAX;
    if (attribute != NULL) {
        operand_attribute(b, attribute, attribute->text, &def->b);
    }
}

/* ---- expressions ---- */

static churn__expr_found expr_resolve(void *context, churn_str name, churn__expr_name *out)
{
    const builder *b = context;
    uint32_t index = UINT32_MAX;
    if (churn__str_starts(name, CHURN__STR("metric."))) {
        index = b_find(&b->metrics, (churn_str){name.ptr + 7, name.len - 7});
        if (index != UINT32_MAX) {
            *out = (churn__expr_name){.type = b->metric_defs[index].type, .slot = index};
        }
    } else if (churn__str_eq(name, CHURN__STR("customer.age_days"))) {
        index = b->pb->attribute_count;
        *out = (churn__expr_name){.type = CHURN__TYPE_DOUBLE, .slot = b->pb->metric_count + index};
    } else if (churn__str_starts(name, CHURN__STR("customer."))) {
        index = b_find(&b->attributes, (churn_str){name.ptr + 9, name.len - 9});
        if (index != UINT32_MAX) {
            *out = (churn__expr_name){.type = b->pb->attributes[index].type,
                                      .slot = b->pb->metric_count + index};
        }
    }
    return index == UINT32_MAX ? CHURN__EXPR_UNKNOWN : CHURN__EXPR_KNOWN;
}

/* Metrics and attributes come first of all slots. */
static churn_str expr_list(void *context, uint32_t i)
{
    builder *b = context;
    churn_str none = {NULL, 0};
    uint64_t total = (uint64_t)b->pb->metric_count + b->pb->attribute_count;
    if (i == 0) {
        if (total > b->suggest_budget || !report_open(&b->report)) {
            return none;
        }
        b->suggest_budget -= total;
    }
    return i < total && i < b->pb->slot_count ? b->pb->slots[i].name : none;
}

static const char *expr_advice(void *context, churn_str name)
{
    (void)context;
    (void)name;
    return "an expression of a metric names `metric.<id>` and `customer.<attribute>`";
}

static void fill_expr(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *node = b_get(item, "expr");
    churn__expr_scope scope = {b, expr_resolve, expr_list, NULL, expr_advice};
    bool is_bool = def->type == CHURN__TYPE_BOOL;
    def->kind = CHURN__METRIC_EXPR;
    def->expr = b_expression(b, node, &scope, is_bool ? CHURN__TYPE_BOOL : 0);
    churn__type type = def->expr == NULL ? def->type : churn__expr_type(def->expr);
    if (type != def->type && type != CHURN__TYPE_INT) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(node), "`expr`: a %s, not a number%s",
                   churn__type_name(type),
                   type == CHURN__TYPE_BOOL ? "; `type: bool` declares it" : "");
    }
}

/* ---- baselines ---- */

static void fill_baseline(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *part = b_get(item, "baseline");
    churn__span every = b_span(part, "every");
    def->kind = CHURN__METRIC_BASELINE;
    fill_operand(b, b_get(part, "metric"), &def->a);
    def->baseline =
        (churn__baseline_of)b_word(part, "of", &schema_baseline_of, CHURN__BASELINE_SELF);
    def->back = b_count(part, "back", 1);
    def->fewest = b_count(part, "fewest", (def->back + 1) / 2);
    def->every = every.amount;
    def->every_unit = every.unit;
    def->difference = b_word(part, "as", &schema_baseline_as, 0) == 1;
    if (part != NULL && def->baseline == CHURN__BASELINE_SELF) {
        b_need(b, part, "back", "of: self");
        b_need(b, part, "every", "of: self");
    }
    if (b_get(part, "fewest") != NULL && def->fewest > def->back) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(b_get(part, "fewest")),
                   "`fewest`: more than `back`");
    }
}

/* ---- all ---- */

typedef struct metric_sort {
    const char *key;
    void (*fill)(builder *b, const churn__yaml_node *item, churn__metric_def *def);
} metric_sort;

static void fill_metric(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    static const metric_sort sorts[] = {
        {"agg", b_event_metric},     {"ratio", fill_ratio}, {"pct_change", fill_change},
        {"delta", fill_delta},       {"share", fill_share}, {"expr", fill_expr},
        {"baseline", fill_baseline},
    };
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++) {
        if (b_given(item, sorts[i].key)) {
            sorts[i].fill(b, item, def);
            break;
        }
    }
    b_record_metric(b, item, def);
    b_metric_default(b, item, def);
}

static churn_str metric_name(builder *b, uint32_t i)
{
    return b->pb->metrics[i].id;
}

static report_place metric_place(builder *b, uint32_t i)
{
    return (report_place){.line = b->pb->metrics[i].line, .column = b->pb->metrics[i].column};
}

/* The metrics that one is made of, into `out` unless NULL; returns how many. */
static uint32_t metric_inputs(const builder *b, const churn__metric_def *def, uint32_t *out)
{
    const churn__operand *parts[] = {&def->a, &def->b};
    uint32_t count = 0, slots = 0, inputs = 0;
    const uint32_t *named = NULL;
    switch (def->kind) {
    case CHURN__METRIC_RATIO:
    case CHURN__METRIC_PCT_CHANGE:
    case CHURN__METRIC_DELTA:
        inputs = 2;
        break;
    case CHURN__METRIC_BASELINE:
        inputs = 1;
        break;
    case CHURN__METRIC_EXPR:
        named = def->expr == NULL ? NULL : churn__expr_slots(def->expr, &slots);
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < inputs; i++) {
        if (!parts[i]->is_attribute && parts[i]->metric != UINT32_MAX) {
            out != NULL ? (void)(out[count] = parts[i]->metric) : (void)0;
            count++;
        }
    }
    for (uint32_t i = 0; i < slots; i++) {
        if (named[i] < b->pb->metric_count) {
            out != NULL ? (void)(out[count] = named[i]) : (void)0;
            count++;
        }
    }
    return count;
}

/* Each date of a baseline's past would have a past of its own. */
static void metrics_depth(builder *b, const graph *g, const uint32_t *order)
{
    uint8_t *deep = b_array(b, g->count, 1);
    for (uint32_t i = 0; deep != NULL && i < g->count; i++) {
        uint32_t metric = order[i];
        const churn__metric_def *def = &b->pb->metrics[metric];
        for (uint32_t e = g->start[metric]; e < g->start[metric + 1]; e++) {
            deep[metric] = deep[metric] || deep[g->edges[e]];
        }
        if (def->kind == CHURN__METRIC_BASELINE && deep[metric]) {
            report_add(&b->report, DIAGNOSTIC_not_together,
                       (report_place){.line = def->line, .column = def->column},
                       "metric %q: a baseline of a baseline", &def->id);
        }
        deep[metric] = deep[metric] || def->kind == CHURN__METRIC_BASELINE;
    }
}

/* A ratio of ratios is fine, one of itself is not. */
static void metrics_cycles(builder *b)
{
    uint32_t count = b->pb->metric_count, edge_count = 0;
    size_t most = 0;
    for (uint32_t i = 0; i < count; i++) {
        most += metric_inputs(b, &b->pb->metrics[i], NULL);
    }
    uint32_t *start = b_array(b, (size_t)count + 1, sizeof *start);
    uint32_t *edges = b_array(b, most, sizeof *edges);
    uint32_t *order = b_array(b, count, sizeof *order);
    if (start == NULL || edges == NULL || order == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        start[i] = edge_count;
        edge_count += metric_inputs(b, &b->pb->metrics[i], edges + edge_count);
    }
    start[count] = edge_count;
    const graph g = {count, start, edges, metric_name, metric_place};
    b_graph_order(b, &g, order);
    if (b->st == CHURN_OK) {
        metrics_depth(b, &g, order);
    }
}

/* What expressions of metrics name beside metrics. */
static void metrics_names(builder *b)
{
    uint32_t count = b->pb->attribute_count + 1;
    churn__prop_def *names = b_array(b, count, sizeof *names);
    for (uint32_t i = 0; names != NULL && i + 1 < count; i++) {
        names[i] = (churn__prop_def){b->pb->attributes[i].name, b->pb->attributes[i].type};
    }
    if (names != NULL) { /* the age comes last and has no name */
        names[count - 1] = (churn__prop_def){{NULL, 0}, CHURN__TYPE_DOUBLE};
        b->pb->metric_names = names;
        b->pb->metric_name_count = count;
    }
}

static void metrics_props(builder *b)
{
    uint32_t count = b->pb->property_count;
    churn__prop_def *props = b_array(b, count, sizeof *props);
    for (uint32_t i = 0; props != NULL && i < count; i++) {
        props[i] = (churn__prop_def){b->pb->properties[i].name, b->pb->properties[i].type};
    }
    b->pb->metric_props = props;
}

/* An event that no source names is never stale: worth a word where sources are declared. */
static void metrics_sources(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "metrics");
    registry known = {0};
    for (uint32_t i = 0; i < b->pb->source_count; i++) {
        for (uint32_t j = 0; j < b->pb->sources[i].event_count; j++) {
            (void)registry_add(b, &known, b->pb->sources[i].events[j], 0, NULL);
        }
    }
    for (uint32_t i = 0; known.count > 0 && i < b->pb->metric_count; i++) {
        const churn__metric_def *def = &b->pb->metrics[i];
        const churn__yaml_node *node = b_get(list->items[i], "event");
        for (uint32_t j = 0; node != NULL && j < def->event_count; j++) {
            const churn_str *event = &def->events[j];
            if (b_find(&known, *event) == UINT32_MAX && registry_add(b, &known, *event, 0, NULL)) {
                report_add(&b->report, DIAGNOSTIC_no_source, b_at(node),
                           "the event %q comes from no source: it never counts as stale", event);
            }
        }
    }
    registry_clear(b, &known);
}

void b_metrics(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "metrics");
    for (uint32_t i = 0; b->st == CHURN_OK && i < b->pb->metric_count; i++) {
        if (!list->items[i]->bad && list->items[i]->kind == CHURN__YAML_MAP) {
            fill_metric(b, list->items[i], &b->metric_defs[i]);
        }
    }
    metrics_cycles(b);
    metrics_sources(b);
    metrics_names(b);
    metrics_props(b);
}
