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

/* Attributes come first, then the age, then metrics, of which expressions may add some. */
static uint32_t metric_slot_of(const builder *b, uint32_t metric)
{
    return b->pb->attribute_count + 1 + metric;
}

static churn__expr_found expr_call(void *context, churn_str function, const churn_str *args,
                                   uint32_t count, churn__expr_name *out, const char **why)
{
    builder *b = context;
    churn__expr_found found = b_call(b, function, args, count, out, why);
    if (found == CHURN__EXPR_KNOWN) {
        out->slot = metric_slot_of(b, out->slot);
    }
    return found;
}

static churn__expr_found expr_resolve(void *context, churn_str name, churn__expr_name *out)
{
    const builder *b = context;
    uint32_t index = UINT32_MAX;
    if (churn__str_starts(name, CHURN__STR("metric."))) {
        index = b_find(&b->metrics, (churn_str){name.ptr + 7, name.len - 7});
        if (index != UINT32_MAX) {
            *out = (churn__expr_name){.type = b->metric_defs[index].type,
                                      .slot = metric_slot_of(b, index)};
        }
    } else if (churn__str_eq(name, CHURN__STR("customer.age_days"))) {
        index = b->pb->attribute_count;
        *out = (churn__expr_name){.type = CHURN__TYPE_DOUBLE, .slot = index};
    } else if (churn__str_starts(name, CHURN__STR("customer."))) {
        index = b_find(&b->attributes, (churn_str){name.ptr + 9, name.len - 9});
        if (index != UINT32_MAX) {
            *out = (churn__expr_name){.type = b->pb->attributes[index].type, .slot = index};
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
    churn__expr_scope scope = {.context = b,
                               .resolve = expr_resolve,
                               .list = expr_list,
                               .advice = expr_advice,
                               .call = expr_call};
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

static bool of_median(const churn__metric_def *def)
{
    return def->form == CHURN__FORM_RATIO || def->form == CHURN__FORM_DIFFERENCE;
}

/* Two are compared with each other, three have a way: if there can be as many. */
static uint32_t fewest_of_past(const churn__metric_def *def)
{
    uint32_t fewest = def->form == CHURN__FORM_TREND ? 3 : 2;
    return of_median(def) ? (def->back + 1) / 2 : fewest < def->back ? fewest : def->back;
}

/* Of the customer's own past. */
static void fill_past(builder *b, const churn__yaml_node *part, churn__metric_def *def)
{
    churn__span every = b_span(part, "every");
    def->back = b_count(part, "back", 1);
    def->every = every.amount;
    def->every_unit = every.unit;
    def->fewest = b_count(part, "fewest", fewest_of_past(def));
    b_need(b, part, "back", "of: self");
    b_need(b, part, "every", "of: self");
    b_forbid(b, part, "segment", "of: self");
    b_forbid(b, part, "reference", "of: self");
    if (def->form == CHURN__FORM_TREND && b_get(part, "back") != NULL && def->back < 2) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(b_get(part, "back")),
                   "`back`: a trend is of at least 2 values");
    }
    if (b_get(part, "fewest") != NULL && def->fewest > def->back) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(b_get(part, "fewest")),
                   "`fewest`: more than `back`");
    }
}

/* What only the own past has. */
static void forbid_past(builder *b, const churn__yaml_node *part, const churn__metric_def *def,
                        const char *of)
{
    b_forbid(b, part, "back", of);
    b_forbid(b, part, "every", of);
    if (def->form == CHURN__FORM_TREND) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(b_get(part, "as")),
                   "`as: trend`: only `of: self` has a past");
    }
}

/* Of other customers. */
static void fill_others(builder *b, const churn__yaml_node *part, churn__metric_def *def)
{
    bool all = def->baseline == CHURN__BASELINE_ALL;
    const char *of = all ? "of: all" : "of: segment";
    const churn__yaml_node *segment = b_get(part, "segment");
    def->fewest = b_count(part, "fewest", of_median(def) ? 1 : 2);
    forbid_past(b, part, def, of);
    b_forbid(b, part, "reference", of);
    if (all) {
        b_forbid(b, part, "segment", of);
    } else if (segment != NULL) {
        def->segment = b_refer(b, DIAGNOSTIC_unknown_segment, "segment", &b->segments, segment);
    } else if (b->pb->segment_count == 0) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(part),
                   "`of: segment`: the playbook has no segments");
    }
}

/* A distribution that was made of another metric says nothing of this one. */
static void fill_frozen(builder *b, const churn__yaml_node *part, churn__metric_def *def)
{
    const churn__yaml_node *node = b_get(part, "reference");
    uint32_t index = UINT32_MAX;
    def->fewest = b_count(part, "fewest", of_median(def) ? 1 : 2);
    forbid_past(b, part, def, "of: frozen");
    b_forbid(b, part, "segment", "of: frozen");
    b_need(b, part, "reference", "of: frozen");
    if (node != NULL) {
        index = b_refer(b, DIAGNOSTIC_unknown_reference, "reference", &b->references, node);
    }
    if (index == UINT32_MAX) {
        return;
    }
    def->reference = &b->pb->frozen[index];
    uint32_t metric = def->reference->metric;
    if (!b->no_lints && metric != UINT32_MAX && metric != def->a.metric &&
        def->a.metric != UINT32_MAX) {
        report_add(&b->report, DIAGNOSTIC_other_reference, b_at(node),
                   "%q is a distribution of %q, not of %q", &node->text, &b->metric_defs[metric].id,
                   &b->metric_defs[def->a.metric].id);
    }
}

static void fill_baseline(builder *b, const churn__yaml_node *item, churn__metric_def *def)
{
    const churn__yaml_node *part = b_get(item, "baseline");
    def->kind = CHURN__METRIC_BASELINE;
    def->segment = UINT32_MAX;
    if (part == NULL) {
        return;
    }
    fill_operand(b, b_get(part, "metric"), &def->a);
    def->baseline =
        (churn__baseline_of)b_word(part, "of", &schema_baseline_of, CHURN__BASELINE_SELF);
    def->form = (churn__baseline_form)b_word(part, "as", &schema_baseline_as, CHURN__FORM_RATIO);
    if (def->baseline == CHURN__BASELINE_SELF) {
        fill_past(b, part, def);
    } else if (def->baseline == CHURN__BASELINE_FROZEN) {
        fill_frozen(b, part, def);
    } else {
        fill_others(b, part, def);
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
    def->description = b_text(b, item, "description");
    b_record_metric(b, item, def);
    b_metric_default(b, item, def);
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
static void check_sources(builder *b, registry *known, const churn__metric_def *def,
                          report_place place)
{
    for (uint32_t i = 0; i < def->event_count; i++) {
        const churn_str *event = &def->events[i];
        if (b_find(known, *event) == UINT32_MAX && registry_add(b, known, *event, 0, NULL)) {
            report_add(&b->report, DIAGNOSTIC_no_source, place,
                       "the event %q comes from no source: it never counts as stale", event);
        }
    }
}

/* Also of metrics that expressions called for: when all are known. */
void b_metrics_sources(builder *b)
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
        const churn__yaml_node *node =
            i < b->pb->declared_count ? b_get(list->items[i], "event") : NULL;
        check_sources(b, &known, def,
                      node != NULL ? b_at(node)
                                   : (report_place){.line = def->line, .column = def->column});
    }
    registry_clear(b, &known);
}

/* Expressions come last: what they call may be the same as a metric that stands after them. */
static void metrics_fill(builder *b, const churn__yaml_node *list, bool expressions)
{
    for (uint32_t i = 0; b->st == CHURN_OK && i < b->pb->metric_count; i++) {
        const churn__yaml_node *item = list->items[i];
        if (!item->bad && item->kind == CHURN__YAML_MAP && b_given(item, "expr") == expressions) {
            fill_metric(b, item, &b->metric_defs[i]);
        }
    }
}

void b_metrics(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "metrics");
    metrics_fill(b, list, false);
    metrics_fill(b, list, true);
    metrics_names(b);
    metrics_props(b);
}
