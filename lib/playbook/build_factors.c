/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/schema_keys.h"
#include "playbook/score_parts.h"

/* What a score is made of: each factor's input, weight, and what happens where it is missing. */

/* ---- inputs ---- */

const churn__metric_def *b_metric_of(const builder *b, uint32_t metric)
{
    uint32_t count = b->pb->metric_count;
    return metric < count ? &b->pb->metrics[metric] : &b->called[metric - count];
}

uint32_t b_slot_metric(const builder *b, uint32_t slot)
{
    const churn_playbook *pb = b->pb;
    if (slot >= pb->named_slots) {
        return pb->declared_count + (slot - pb->named_slots);
    }
    return pb->slots[slot].kind == CHURN__SLOT_METRIC ? pb->slots[slot].index : UINT32_MAX;
}

churn__type b_factor_type(const builder *b, const churn__factor_def *def)
{
    if (def->points_kind == CHURN__POINTS_EXPRESSION) {
        return (churn__type)0;
    }
    if (def->kind != CHURN__OF_METRIC) {
        return CHURN__TYPE_DOUBLE;
    }
    return def->slot == CHURN__NO_SLOT ? CHURN__TYPE_DOUBLE : b_slot_type(b, def->slot);
}

static void of_metric(builder *b, const churn__yaml_node *node, churn__factor_def *def)
{
    const churn__yaml_node *metric = b_get(node, "metric");
    uint32_t index = b_refer(b, DIAGNOSTIC_unknown_metric, "metric", &b->metrics, metric);
    def->unit = b_text(b, node, "unit");
    if (index != UINT32_MAX) {
        def->shown_slot = def->slot = churn__playbook_slot(b->pb, CHURN__SLOT_METRIC, index, 0);
    }
    if (b_factor_usual(b, node, index, def) || index == UINT32_MAX) {
        return;
    }
    if (b->pb->metrics[index].type == CHURN__TYPE_TIME) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(metric),
                   "the metric %q is an instant: a factor needs a number, a text or a truth",
                   &metric->text);
    }
}

static void of_score(builder *b, const churn__yaml_node *node, churn__factor_def *def)
{
    uint32_t index =
        b_refer(b, DIAGNOSTIC_unknown_score, "score", &b->scores, b_get(node, "score"));
    def->kind = CHURN__OF_SCORE;
    if (index != UINT32_MAX) {
        const churn_playbook *pb = b->pb;
        def->slot = churn__playbook_slot(pb, CHURN__SLOT_SCORE, index, CHURN__PART_SCORE);
        def->low_slot = churn__playbook_slot(pb, CHURN__SLOT_SCORE, index, CHURN__PART_LOW);
        def->high_slot = churn__playbook_slot(pb, CHURN__SLOT_SCORE, index, CHURN__PART_HIGH);
        def->coverage_slot =
            churn__playbook_slot(pb, CHURN__SLOT_SCORE, index, CHURN__PART_COVERAGE);
        def->shown_slot = def->slot;
    }
}

static void of_roll_up(builder *b, uint32_t roll_up, churn__factor_def *def)
{
    def->kind = CHURN__OF_ROLL_UP;
    if (roll_up != UINT32_MAX) {
        def->slot = churn__playbook_slot(b->pb, CHURN__SLOT_ROLL_UP, roll_up, 0);
        def->shown_slot = def->slot;
    }
}

static void of_expression(builder *b, const churn__yaml_node *node, churn__factor_def *def)
{
    const churn__yaml_node *text = b_get(node, "expression");
    churn__expr_scope scope = b_scope(b);
    def->kind = CHURN__OF_EXPRESSION;
    def->points_kind = CHURN__POINTS_EXPRESSION;
    def->expr = b_expression(b, text, &scope, 0);
    churn__type type = def->expr == NULL ? CHURN__TYPE_DOUBLE : churn__expr_type(def->expr);
    if (type != CHURN__TYPE_DOUBLE && type != CHURN__TYPE_INT) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(text),
                   "`expression`: a %s, not a number of points", churn__type_name(type));
    }
}

/* ---- names ---- */

/* What it stands on names it, unless it says otherwise. */
static const churn__yaml_node *name_node(const churn__yaml_node *node)
{
    const churn__yaml_node *roll_up = b_get(node, "roll_up");
    const churn__yaml_node *all[] = {b_get(node, "id"), b_get(node, "metric"), b_get(node, "score"),
                                     roll_up == NULL ? NULL : b_get(roll_up, "score")};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] != NULL) {
            return all[i];
        }
    }
    return NULL;
}

/* ---- what is missing ---- */

static bool value_is_word(builder *b, const churn__factor_def *def)
{
    return def->points_kind == CHURN__POINTS_MAP && b_factor_type(b, def) == CHURN__TYPE_STRING;
}

static void fill_value(builder *b, const churn__yaml_node *node, churn__factor_def *def)
{
    const churn__yaml_node *value = b_get(node, "value");
    if (value == NULL) {
        return;
    }
    if (value_is_word(b, def)) {
        def->missing_word = b_keep(b, value->text);
    } else if (b_factor_type(b, def) == CHURN__TYPE_BOOL && b_is_truth(value->text)) {
        def->missing_value = churn__str_eq(value->text, CHURN__STR("true")) ? 1 : 0;
    } else if (b_factor_type(b, def) != CHURN__TYPE_BOOL && value->plain &&
               b_is_number(value->text)) {
        def->missing_value = b_number(node, "value", 0);
    } else {
        report_place place = b_at(value);
        bool truth = b_factor_type(b, def) == CHURN__TYPE_BOOL;
        place.expected = truth ? CHURN__STR("true or false") : CHURN__STR("a number");
        report_add(&b->report, DIAGNOSTIC_bad_value, place, "`value`: expected %s, found %q",
                   place.expected.ptr, &value->text);
    }
}

void b_factor_missing(builder *b, const churn__yaml_node *node, churn__factor_def *def)
{
    const churn__yaml_node *missing = b_get(node, "missing");
    const churn__yaml_node *carry =
        missing != NULL && missing->kind == CHURN__YAML_MAP ? b_get(missing, "carry") : NULL;
    if (missing != NULL && missing->kind == CHURN__YAML_SCALAR) {
        def->missing = (churn__factor_missing)b_word(node, "missing", &schema_factor_missing,
                                                     CHURN__FACTOR_EXCLUDE);
    } else if (carry != NULL) {
        b_factor_carry(b, carry, def);
    }
    if (def->missing == CHURN__FACTOR_VALUE) {
        if (missing != NULL) {
            b_need(b, node, "value", "missing: value");
        }
        fill_value(b, node, def);
    } else if (!b_given(node, "missing") || missing != NULL) {
        b_forbid(b, node, "value",
                 missing == NULL                       ? "missing: exclude"
                 : missing->kind == CHURN__YAML_SCALAR ? missing->text.ptr
                                                       : "carry");
    }
}

void b_factor_decay(builder *b, const churn__yaml_node *node, churn__factor_def *def)
{
    const churn__yaml_node *part = b_get(node, "decay");
    const churn__yaml_node *by = part == NULL ? NULL : b_get(part, "by");
    uint32_t index = b_refer(b, DIAGNOSTIC_unknown_metric, "metric", &b->metrics, by);
    if (part == NULL || index == UINT32_MAX) {
        return;
    }
    if (b->pb->metrics[index].type != CHURN__TYPE_DOUBLE) {
        report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(by), "the metric %q is no number",
                   &by->text);
    }
    def->decay_slot = churn__playbook_slot(b->pb, CHURN__SLOT_METRIC, index, 0);
    def->decay_after = b_number(part, "after", 0);
    def->decay_half_life = b_number(part, "half_life", 1);
}

/* ---- weights ---- */

static void lint_weight(builder *b, const churn__yaml_node *node)
{
    const churn__yaml_node *weight = b_get(node, "weight");
    if (weight != NULL && b_number(node, "weight", 1) == 0) {
        report_add(&b->report, DIAGNOSTIC_zero_weight, b_at(weight), "a weight of 0 has no effect");
    }
}

typedef struct weight_sum {
    double sum;
    uint32_t count;
} weight_sum;

static void add_weight(weight_sum *to, double weight)
{
    to->sum += weight;
    to->count++;
}

/* By group, and last at the top. */
static void add_weights(const churn__score_def *def, const churn__card_def *card, weight_sum *sums)
{
    for (uint32_t f = 0; f < def->factor_count; f++) {
        add_weight(&sums[card->factors[f].group], card->factors[f].weight);
    }
    for (uint32_t g = 0; g < def->group_count; g++) {
        uint32_t parent = card->groups[g].parent;
        add_weight(&sums[parent == UINT32_MAX ? def->group_count : parent], card->groups[g].weight);
    }
}

static void report_weights(builder *b, const score_parts *parts, uint32_t g, bool own,
                           report_place place)
{
    bool top = g == parts->def->group_count;
    const churn__yaml_node *list =
        top ? b_get(parts->node, "groups") : b_get(parts->group_nodes[g], "factors");
    report_place at = own && list != NULL ? b_at(list)
                      : own && !top       ? b_at(parts->group_nodes[g])
                                          : place;
    if (top) {
        report_add(&b->report, DIAGNOSTIC_no_weight, at, "all weights of the groups are 0");
    } else {
        report_add(&b->report, DIAGNOSTIC_no_weight, at,
                   "all weights of what is in the group %q are 0", &parts->groups[g].id);
    }
}

void b_weights(builder *b, const score_parts *parts, const churn__card_def *card,
               report_place place)
{
    const churn__score_def *def = parts->def;
    weight_sum *sums = b_scratch_array(b, (size_t)def->group_count + 1, sizeof *sums);
    if (sums == NULL) {
        return;
    }
    add_weights(def, card, sums);
    for (uint32_t g = 0; g <= def->group_count; g++) {
        if (sums[g].count > 0 && sums[g].sum <= 0) {
            report_weights(b, parts, g, card == &def->cards[0], place);
        }
    }
}

/* ---- all ---- */

static churn__factor_def empty_factor(const churn__yaml_node *node, uint32_t group)
{
    return (churn__factor_def){.line = node->line,
                               .column = node->column,
                               .group = group,
                               .weight = 1,
                               .slot = CHURN__NO_SLOT,
                               .shown_slot = CHURN__NO_SLOT,
                               .carried_slot = CHURN__NO_SLOT,
                               .carried_age_slot = CHURN__NO_SLOT,
                               .decay_slot = CHURN__NO_SLOT,
                               .low_slot = CHURN__NO_SLOT,
                               .high_slot = CHURN__NO_SLOT,
                               .coverage_slot = CHURN__NO_SLOT};
}

static void fill_input(builder *b, score_parts *parts, uint32_t f)
{
    const churn__yaml_node *node = parts->factor_nodes[f];
    churn__factor_def *def = &parts->factors[f];
    if (b_given(node, "metric")) {
        of_metric(b, node, def);
    } else if (b_given(node, "score")) {
        of_score(b, node, def);
    } else if (b_given(node, "roll_up")) {
        of_roll_up(b, parts->roll_ups[f], def);
    } else {
        of_expression(b, node, def);
    }
}

static void fill_factor(builder *b, score_parts *parts, uint32_t f)
{
    const churn__yaml_node *node = parts->factor_nodes[f], *name = NULL;
    churn__factor_def *def = &parts->factors[f];
    *def = empty_factor(node, parts->homes[f]);
    if (node->bad || node->kind != CHURN__YAML_MAP) {
        return;
    }
    name = name_node(node);
    def->id = name == NULL ? (churn_str){NULL, 0} : b_keep(b, name->text);
    b_register_id(b, &parts->factor_ids, "factor", f, name);
    def->weight = b_number(node, "weight", 1);
    lint_weight(b, node);
    fill_input(b, parts, f);
    b_factor_points(b, node, true, def);
    b_factor_missing(b, node, def);
    b_factor_decay(b, node, def);
}

void b_factors(builder *b, score_parts *parts)
{
    for (uint32_t g = 0; g < parts->def->group_count; g++) {
        parts->groups[g].weight = b_number(parts->group_nodes[g], "weight", 1);
        lint_weight(b, parts->group_nodes[g]);
    }
    for (uint32_t f = 0; f < parts->def->factor_count && b->st == CHURN_OK; f++) {
        fill_factor(b, parts, f);
    }
}
