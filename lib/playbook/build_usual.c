/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/schema_keys.h"
#include "playbook/score_parts.h"

/*
 * Factors that need other customers or other dates: percentiles, robust z, trends, values that are
 * carried on. Each is a metric behind those that are declared; the same is made once.
 */

/* ---- hidden metrics ---- */

static churn_str among_text(const churn__yaml_node *part)
{
    const churn__yaml_node *node = b_get(part, "among");
    return node == NULL ? CHURN__STR("self") : node->text;
}

/* "percentile(logins_28d, book)" */
static churn_str hidden_name(builder *b, const char *what, uint32_t metric, churn_str with)
{
    churn_str first = b_join(b, what, b_metric_of(b, metric)->id, with.len > 0 ? ", " : ")");
    return with.len == 0 || first.ptr == NULL ? first : b_join(b, first.ptr, with, ")");
}

static churn__metric_def hidden(const churn__yaml_node *part, churn__metric_kind kind,
                                uint32_t metric)
{
    return (churn__metric_def){.kind = kind,
                               .type = CHURN__TYPE_DOUBLE,
                               .line = part->line,
                               .column = part->column,
                               .a = {.metric = metric},
                               .segment = UINT32_MAX};
}

static void fill_every(const churn__yaml_node *part, churn__metric_def *def)
{
    churn__span every = b_span(part, "every");
    def->every = every.amount;
    def->every_unit = every.unit;
}

static uint32_t add_hidden(builder *b, churn__metric_def *def, const char *what, churn_str with)
{
    def->id = hidden_name(b, what, def->a.metric, with);
    return b->st == CHURN_OK ? b_hidden_metric(b, def) : UINT32_MAX;
}

/* ---- among whom ---- */

static void check_fewest(builder *b, const churn__yaml_node *part, uint64_t most, const char *than)
{
    const churn__yaml_node *node = b_get(part, "fewest");
    if (node != NULL && b_count(part, "fewest", 0) > most) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(node), "`fewest`: more than %s", than);
    }
}

static bool among_self(builder *b, const churn__yaml_node *part, churn__metric_def *def)
{
    b_need(b, part, "periods", "among: self");
    b_need(b, part, "every", "among: self");
    def->baseline = CHURN__BASELINE_SELF;
    def->back = b_count(part, "periods", 1);
    fill_every(part, def);
    check_fewest(b, part, def->back, "`periods`");
    return b_get(part, "periods") != NULL && b_get(part, "every") != NULL;
}

static bool among_segment(builder *b, const churn__yaml_node *node, churn__metric_def *def)
{
    churn_str prefix = CHURN__STR("segment.");
    def->baseline = CHURN__BASELINE_SEGMENT;
    if (churn__str_eq(node->text, CHURN__STR("segment"))) {
        if (b->pb->segment_count == 0) {
            report_add(&b->report, DIAGNOSTIC_unknown_segment, b_at(node),
                       "`among: segment`: the playbook has no segments");
        }
        return b->pb->segment_count > 0;
    }
    churn__yaml_node named = *node;
    named.column += (uint32_t)prefix.len;
    named.text = (churn_str){node->text.ptr + prefix.len, node->text.len - prefix.len};
    def->segment = b_refer(b, DIAGNOSTIC_unknown_segment, "segment", &b->segments, &named);
    return def->segment != UINT32_MAX;
}

/* `book`, a segment and `self` have names that no reference has. */
static void report_among(builder *b, const churn__yaml_node *node)
{
    static const churn_str words[] = {{"book", 4}, {"segment", 7}, {"self", 4}};
    report_place place = b_at(node);
    place.suggestion = b_nearest(b, node->text, words, sizeof words / sizeof words[0]);
    if (place.suggestion.ptr == NULL) {
        b_unknown(b, DIAGNOSTIC_unknown_reference, "reference", &b->references, node);
    } else {
        report_add(&b->report, DIAGNOSTIC_unknown_reference, place,
                   "unknown reference %q; did you mean %q?", &node->text, &place.suggestion);
    }
}

/* A distribution that was made of another metric says nothing of this one. */
static bool among_reference(builder *b, const churn__yaml_node *part, const churn__yaml_node *node,
                            churn__metric_def *def)
{
    uint32_t index = b_find(&b->references, node->text);
    def->baseline = CHURN__BASELINE_FROZEN;
    if (index == UINT32_MAX) {
        report_among(b, node);
        return false;
    }
    def->reference = &b->pb->frozen[index];
    if (def->reference->found.total > 0) {
        check_fewest(b, part, def->reference->found.total, "the reference has");
    }
    if (!b->no_lints && def->reference->metric != UINT32_MAX &&
        def->reference->metric != def->a.metric) {
        report_add(&b->report, DIAGNOSTIC_other_reference, b_at(node),
                   "%q is a distribution of %q, not of %q", &node->text,
                   &b->metric_defs[def->reference->metric].id, &b->metric_defs[def->a.metric].id);
    }
    return true;
}

static bool fill_among(builder *b, const churn__yaml_node *part, churn__metric_def *def)
{
    const churn__yaml_node *node = b_get(part, "among");
    if (node == NULL) {
        return false;
    }
    def->fewest = b_count(part, "fewest", 2);
    if (churn__str_eq(node->text, CHURN__STR("self"))) {
        return among_self(b, part, def);
    }
    b_forbid(b, part, "periods", node->text.ptr);
    b_forbid(b, part, "every", node->text.ptr);
    if (churn__str_eq(node->text, CHURN__STR("book"))) {
        def->baseline = CHURN__BASELINE_ALL;
        return true;
    }
    bool segment = churn__str_eq(node->text, CHURN__STR("segment")) ||
                   churn__str_starts(node->text, CHURN__STR("segment."));
    return segment ? among_segment(b, node, def) : among_reference(b, part, node, def);
}

/* ---- percentile, robust z, trend ---- */

static void compare(builder *b, const churn__yaml_node *part, uint32_t metric,
                    churn__factor_def *def)
{
    bool rank = def->kind == CHURN__OF_PERCENTILE;
    churn__metric_def made = hidden(part, CHURN__METRIC_BASELINE, metric);
    made.form = rank ? CHURN__FORM_PERCENTILE : CHURN__FORM_ROBUST_Z;
    if (fill_among(b, part, &made)) {
        uint32_t index = add_hidden(b, &made, rank ? "percentile(" : "robust_z(", among_text(part));
        def->slot = index == UINT32_MAX ? CHURN__NO_SLOT : b_metric_slot(b, index);
    }
}

static void follow(builder *b, const churn__yaml_node *part, uint32_t metric,
                   churn__factor_def *def)
{
    churn__metric_def made = hidden(part, CHURN__METRIC_BASELINE, metric);
    made.form = CHURN__FORM_TREND;
    made.baseline = CHURN__BASELINE_SELF;
    made.back = b_count(part, "periods", 3);
    made.fewest = b_count(part, "fewest", 3);
    fill_every(part, &made);
    check_fewest(b, part, made.back, "`periods`");
    if (b_get(part, "every") != NULL && b_get(part, "periods") != NULL) {
        uint32_t index = add_hidden(b, &made, "trend(", (churn_str){NULL, 0});
        def->slot = index == UINT32_MAX ? CHURN__NO_SLOT : b_metric_slot(b, index);
    }
}

static const struct {
    const char *key;
    churn__factor_kind kind;
} forms[] = {{"percentile", CHURN__OF_PERCENTILE},
             {"robust_z", CHURN__OF_ROBUST_Z},
             {"trend", CHURN__OF_TREND}};

#define FORMS (sizeof forms / sizeof forms[0])

/* Which of them stands here; the others do not go with it. */
static size_t form_of(builder *b, const churn__yaml_node *node)
{
    size_t found = FORMS;
    for (size_t i = 0; i < FORMS; i++) {
        if (b_given(node, forms[i].key) && found < FORMS) {
            b_forbid(b, node, forms[i].key, forms[found].key);
        } else if (b_given(node, forms[i].key)) {
            found = i;
        }
    }
    return found;
}

bool b_factor_usual(builder *b, const churn__yaml_node *node, uint32_t metric,
                    churn__factor_def *def)
{
    size_t form = form_of(b, node);
    if (form == FORMS) {
        return false;
    }
    const churn__yaml_node *part = b_get(node, forms[form].key);
    def->kind = forms[form].kind;
    def->slot = CHURN__NO_SLOT;
    if (metric != UINT32_MAX && b_metric_of(b, metric)->type != CHURN__TYPE_DOUBLE) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(b_get(node, "metric")),
                   "the metric %q is no number: it has no %s", &b_metric_of(b, metric)->id,
                   forms[form].key);
    } else if (part != NULL && metric != UINT32_MAX && def->kind == CHURN__OF_TREND) {
        follow(b, part, metric, def);
    } else if (part != NULL && metric != UINT32_MAX) {
        compare(b, part, metric, def);
    }
    return true;
}

/* ---- carried values ---- */

#define MOST_DATES 1000

static bool can_be_carried(builder *b, const churn__yaml_node *part, const churn__factor_def *def,
                           uint32_t metric)
{
    if (metric == UINT32_MAX) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(part),
                   "`carry`: only metrics are carried on");
        return false;
    }
    const churn__metric_def *of = b_metric_of(b, metric);
    if (of->type != CHURN__TYPE_DOUBLE) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(part),
                   "`carry`: the metric %q is no number", &of->id);
    } else if (churn__metric_is_grouped(of) && metric >= b->pb->declared_count) {
        report_add(&b->report, DIAGNOSTIC_not_together, b_at(part),
                   "`carry` does not go with %s among other customers",
                   def->kind == CHURN__OF_PERCENTILE ? "a percentile" : "a robust z");
    } else {
        return true;
    }
    return false;
}

void b_factor_carry(builder *b, const churn__yaml_node *part, churn__factor_def *def)
{
    int64_t age = b_duration(part, "max_age", 0);
    int64_t every = b_duration(part, "every", CHURN__DAY);
    uint32_t metric = def->slot == CHURN__NO_SLOT ? UINT32_MAX : b_slot_metric(b, def->slot);
    def->missing = CHURN__FACTOR_CARRY;
    def->carry_half_life = (double)b_duration(part, "half_life", 0) / (double)CHURN__DAY;
    if (b_get(part, "max_age") == NULL ||
        (def->slot == CHURN__NO_SLOT && def->expr == NULL && def->kind != CHURN__OF_EXPRESSION)) {
        return;
    }
    if (age / every < 1 || age / every > MOST_DATES) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(part),
                   "`carry`: `max_age` must be from 1 to %u times `every`", (uint64_t)MOST_DATES);
        return;
    }
    if (!can_be_carried(b, part, def, metric)) {
        return;
    }
    churn__metric_def made = hidden(part, CHURN__METRIC_CARRY, metric);
    made.every = every;
    made.every_unit = CHURN__UNIT_MICRO;
    made.back = (uint32_t)(age / every);
    made.what = CHURN__CARRY_VALUE;
    uint32_t value = add_hidden(b, &made, "carried(", (churn_str){NULL, 0});
    made.what = CHURN__CARRY_AGE_DAYS;
    uint32_t since = add_hidden(b, &made, "carried_age(", (churn_str){NULL, 0});
    if (b->st == CHURN_OK) {
        def->carried_slot = b_metric_slot(b, value);
        def->carried_age_slot = b_metric_slot(b, since);
    }
}
