/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/build.h"

/* ---- events ---- */

static void check_trend(builder *b, const churn__yaml_node *item, const char *agg, bool is_trend)
{
    static const char *const keys[] = {"buckets", "every", "relative", "min_buckets"};
    for (size_t i = 0; !is_trend && i < sizeof keys / sizeof keys[0]; i++) {
        b_forbid(b, item, keys[i], agg);
    }
    if (!is_trend) {
        return;
    }
    b_need(b, item, "buckets", agg);
    b_need(b, item, "every", agg);
    b_metric_no_window(b, item, agg);
    const churn__yaml_node *least = b_get(item, "min_buckets"), *all = b_get(item, "buckets");
    if (least != NULL && all != NULL &&
        b_count(item, "min_buckets", 0) > b_count(item, "buckets", 0)) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(least),
                   "`min_buckets`: more than `buckets`");
    }
}

static void check_of(builder *b, const churn__yaml_node *item, const char *agg,
                     churn__metric_what what, churn__metric_of of)
{
    bool takes_value = what == CHURN__AGG_SUM || what == CHURN__AGG_MEAN ||
                       what == CHURN__AGG_MIN || what == CHURN__AGG_MAX;
    bool wrong =
        takes_value ? of != CHURN__OF_VALUE : what != CHURN__AGG_DISTINCT || of == CHURN__OF_VALUE;
    if (b_get(item, "of") != NULL && wrong) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(b_get(item, "of")),
                   takes_value                   ? "`%s` takes `of: value`"
                   : what == CHURN__AGG_DISTINCT ? "`%s` takes `of: user` or `of: type`"
                                                 : "`of` does not go with `%s`",
                   agg);
    }
}

static void fill_if_never(const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *node = b_get(item, "if_never");
    if (node != NULL && churn__double_parse(node->text.ptr, node->text.len, &def->if_never_value)) {
        def->if_never = CHURN__NEVER_NUMBER;
        return;
    }
    def->if_never =
        (churn__if_never)b_word(item, "if_never", &schema_if_never_word, CHURN__NEVER_SINCE_START);
}

static bool is_any(const churn_str *events, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (churn__str_eq(events[i], CHURN__STR("any"))) {
            return true;
        }
    }
    return false;
}

static void check_agg(builder *b, const churn__yaml_node *item, const churn__metric_def *def)
{
    const churn__yaml_node *agg = b_get(item, "agg");
    const char *name = agg == NULL ? "" : agg->text.ptr;
    if (agg == NULL) {
        return;
    }
    check_trend(b, item, name, def->what == CHURN__AGG_TREND);
    check_of(b, item, name, def->what, def->of);
    if (def->what == CHURN__AGG_DAYS_SINCE) {
        if (!def->has_window) {
            b_forbid(b, item, "history", name);
        }
        return;
    }
    b_forbid(b, item, "if_never", name);
    if (def->what != CHURN__AGG_TREND) {
        b_need(b, item, "window", name);
    }
}

static void fill_agg(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    def->kind = CHURN__METRIC_EVENT;
    def->what = (churn__metric_what)b_word(item, "agg", &schema_agg, CHURN__AGG_COUNT);
    int standard = def->what == CHURN__AGG_DISTINCT ? CHURN__OF_USER : CHURN__OF_VALUE;
    def->of = (churn__metric_of)b_word(item, "of", &schema_of, standard);
    def->events = b_texts(b, b_get(item, "event"), &def->event_count);
    if (def->events != NULL && is_any(def->events, def->event_count)) {
        def->event_count = 0;
    }
    b_metric_window(item, def);
    fill_if_never(item, def);
    def->buckets = b_count(item, "buckets", 0);
    def->min_buckets = b_count(item, "min_buckets", 0);
    def->every = b_duration(item, "every", 0);
    def->relative = b_bool(item, "relative");
    check_agg(b, item, def);
}

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

/* ---- all ---- */

typedef struct metric_sort {
    const char *key;
    void (*fill)(builder *b, const churn__yaml_node *item, churn__metric_def *def);
} metric_sort;

static void fill_metric(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    static const metric_sort sorts[] = {
        {"agg", fill_agg},
        {"ratio", fill_ratio},
        {"pct_change", fill_change},
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

/* A ratio of ratios is fine, one of itself is not. */
static void metrics_cycles(builder *b)
{
    uint32_t count = b->pb->metric_count, edge_count = 0;
    uint32_t *start = b_array(b, (size_t)count + 1, sizeof *start);
    uint32_t *edges = b_array(b, (size_t)count * 2, sizeof *edges);
    uint32_t *order = b_array(b, count, sizeof *order);
    if (start == NULL || edges == NULL || order == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const churn__metric_def *def = &b->pb->metrics[i];
        bool two = def->kind == CHURN__METRIC_RATIO || def->kind == CHURN__METRIC_PCT_CHANGE;
        const churn__operand *parts[] = {&def->a, &def->b};
        start[i] = edge_count;
        for (size_t j = 0; two && j < 2; j++) {
            if (!parts[j]->is_attribute && parts[j]->metric != UINT32_MAX) {
                edges[edge_count++] = parts[j]->metric;
            }
        }
    }
    start[count] = edge_count;
    const graph g = {count, start, edges, metric_name, metric_place};
    b_graph_order(b, &g, order);
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
}
