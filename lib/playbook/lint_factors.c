/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "playbook/metric_words.h"
#include "playbook/score_parts.h"

/* What is probably not meant in factors: directions, weights, units, values that never are. */

/* ---- where something is said ---- */

const churn__yaml_node *b_card_factor(const score_parts *parts, uint32_t card, uint32_t factor)
{
    const churn__factor_def *def = &parts->factors[factor];
    const churn__yaml_node *node = card == 0 ? NULL : parts->card_nodes[card];
    if (card == 0) {
        return parts->factor_nodes[factor];
    }
    node = b_get(node, "groups");
    node = node == NULL ? NULL : b_get(node, parts->groups[def->group].id.ptr);
    node = node == NULL ? NULL : b_get(node, "factors");
    return node == NULL ? NULL : b_get(node, def->id.ptr);
}

typedef struct looking {
    builder *b;
    const score_parts *parts;
    const churn__yaml_node *node; /* that says what is looked at */
    const churn__yaml_node *list; /* its curve, steps or points; NULL: none are written */
    const churn__factor_def *def;
    bool own; /* the score's own numbers */
} looking;

static report_place at_point(const looking *l, uint32_t i)
{
    bool written = l->list != NULL && l->list->kind == CHURN__YAML_SEQUENCE && i < l->list->count;
    return b_at(written ? l->list->items[i] : l->node);
}

static report_place at_key(const looking *l, const char *key)
{
    const churn__yaml_node *node = b_get(l->node, key);
    return b_at(node == NULL ? l->node : node);
}

static bool is_graph(const churn__factor_def *def)
{
    return def->points_kind <= CHURN__POINTS_STEPS_RIGHT;
}

/* ---- direction ---- */

static void lint_direction(const looking *l)
{
    const churn__factor_def *def = l->def;
    bool higher = def->direction == CHURN__DIRECTION_HIGHER;
    for (uint32_t i = 1; is_graph(def) && def->direction_declared && i < def->point_count; i++) {
        double rise = def->points[i].y - def->points[i - 1].y;
        if (higher ? rise < 0 : rise > 0) {
            report_add(&l->b->report, DIAGNOSTIC_against_direction, at_point(l, i),
                       "factor %q: %s is said to be better, but from %g to %g the points go %s",
                       &def->id, higher ? "more" : "less", def->points[i - 1].x, def->points[i].x,
                       higher ? "down" : "up");
            return;
        }
    }
}

/* ---- the same points for everybody ---- */

static void lint_constant(const looking *l)
{
    const churn__factor_def *def = l->def;
    double least = 0, greatest = 0;
    uint32_t count = 0;
    churn__factor_range(def, &least, &greatest);
    bool constant = least == greatest;
    if (def->points_kind == CHURN__POINTS_EXPRESSION) {
        (void)churn__expr_slots(def->expr, &count);
        constant = count == 0;
    }
    if (constant) {
        report_place place = l->list != NULL ? b_at(l->list) : at_key(l, "expression");
        report_add(&l->b->report, DIAGNOSTIC_constant_points, place,
                   "factor %q: the points are the same whatever the value", &def->id);
    }
}

/* ---- values that never are ---- */

static bool reach_of(const looking *l, double *low, double *high)
{
    churn__expr_name values = {.type = CHURN__TYPE_DOUBLE};
    const churn_playbook *pb = l->b->pb;
    const churn__factor_def *def = l->def;
    if (def->slot == CHURN__NO_SLOT || pb->slots[def->slot].type != CHURN__TYPE_DOUBLE) {
        return false;
    }
    b_slot_values(l->b, &pb->slots[def->slot], &values);
    *low = values.low;
    *high = values.high;
    return values.bounded;
}

/* The point of a curve is never reached, even in part; of steps, its stretch. */
static bool beyond(const churn__factor_def *def, uint32_t i, double low, double high)
{
    const churn__point *p = def->points;
    uint32_t last = def->point_count - 1;
    switch (def->points_kind) {
    case CHURN__POINTS_CURVE:
        return p[i].x < low || p[i].x > high;
    case CHURN__POINTS_STEPS:
        return (i > 0 && p[i].x > high) || (i < last && p[i + 1].x <= low);
    default:
        return (i < last && p[i].x < low) || (i > 0 && p[i - 1].x >= high);
    }
}

static void lint_reach(const looking *l)
{
    double low = 0, high = 0;
    const churn__factor_def *def = l->def;
    if (!is_graph(def) || l->list == NULL || !reach_of(l, &low, &high)) {
        return;
    }
    for (uint32_t i = 0; i < def->point_count; i++) {
        if (!beyond(def, i, low, high)) {
            continue;
        }
        churn_str name = l->b->pb->slots[def->slot].name;
        if (isinf(high)) {
            report_add(&l->b->report, DIAGNOSTIC_out_of_reach, at_point(l, i),
                       "factor %q: the point at %g is never reached, %q is never below %g",
                       &def->id, def->points[i].x, &name, low);
        } else {
            report_add(&l->b->report, DIAGNOSTIC_out_of_reach, at_point(l, i),
                       "factor %q: the point at %g is never reached, %q is from %g to %g", &def->id,
                       def->points[i].x, &name, low, high);
        }
        return;
    }
}

/* ---- units ---- */

static const struct {
    const char *word, *unit;
} unit_words[] = {
    {"day", "days"},        {"days", "days"},          {"d", "days"},
    {"hour", "hours"},      {"hours", "hours"},        {"h", "hours"},
    {"ratio", "ratio"},     {"share", "ratio"},        {"%", "percent"},
    {"percent", "percent"}, {"pct", "percent"},        {"money", "money"},
    {"points", "points"},   {"percentage", "percent"}, {"count", "count"},
};

static const char *known_unit(churn_str word)
{
    for (size_t i = 0; i < sizeof unit_words / sizeof unit_words[0]; i++) {
        if (churn__str_eq(word, churn__str_nts(unit_words[i].word))) {
            return unit_words[i].unit;
        }
    }
    return NULL;
}

/* A count may be of days or of anything else; what events carry may be in any unit. */
static bool units_differ(const char *given, const char *unit)
{
    churn_str a = churn__str_nts(given), b = churn__str_nts(unit);
    if (churn__str_eq(a, b) || known_unit(b) == NULL) {
        return false;
    }
    bool counted = churn__str_eq(b, CHURN__STR("count"));
    return !counted || churn__str_eq(a, CHURN__STR("percent")) ||
           churn__str_eq(a, CHURN__STR("ratio")) || churn__str_eq(a, CHURN__STR("money"));
}

static void lint_unit(const looking *l, const char *unit)
{
    const churn__yaml_node *node = b_get(l->node, "unit");
    const char *given = node == NULL ? NULL : known_unit(node->text);
    if (given == NULL || !units_differ(given, unit)) {
        return;
    }
    report_place place = b_at(node);
    place.suggestion = churn__str_nts(unit);
    report_add(&l->b->report, DIAGNOSTIC_unit_mismatch, place,
               "factor %q: the unit of the metric is %s, not %q", &l->def->id, unit, &node->text);
}

static double largest(const churn__factor_def *def)
{
    double most = 0;
    for (uint32_t i = 0; i < def->point_count; i++) {
        most = fabs(def->points[i].x) > most ? fabs(def->points[i].x) : most;
    }
    return most;
}

/* All but 0 are whole days of 24 hours, which nobody would write of days: 24, 72. */
static bool looks_like_hours(const churn__factor_def *def)
{
    uint32_t count = 0, round = 0;
    for (uint32_t i = 0; i < def->point_count; i++) {
        double x = def->points[i].x;
        if (x != 0 && fmod(x, 24) != 0) {
            return false;
        }
        count += x != 0;
        round += x != 0 && fmod(x, 5) == 0;
    }
    return count >= 2 && round == 0;
}

#define PERCENT_FROM 100.0 /* 1 stands for 100 % in ratios and changes */

static void lint_size(const looking *l, const char *unit)
{
    double low = 0, high = (double)INFINITY;
    const churn__factor_def *def = l->def;
    report_place place = l->list == NULL ? b_at(l->node) : b_at(l->list);
    if (l->list == NULL || !is_graph(def) || (reach_of(l, &low, &high) && !isinf(high))) {
        return;
    }
    if (churn__str_eq(churn__str_nts(unit), CHURN__STR("ratio")) && largest(def) >= PERCENT_FROM) {
        report_add(&l->b->report, DIAGNOSTIC_unit_mismatch, place,
                   "factor %q: values as large as %g look like percent, the metric is a ratio: 1 "
                   "is 100 %%",
                   &def->id, largest(def));
    } else if (churn__str_eq(churn__str_nts(unit), CHURN__STR("days")) && looks_like_hours(def)) {
        report_add(&l->b->report, DIAGNOSTIC_unit_mismatch, place,
                   "factor %q: the values look like hours, the metric is in days", &def->id);
    }
}

static void lint_units(const looking *l)
{
    const churn__factor_def *def = l->def;
    uint32_t metric =
        def->shown_slot == CHURN__NO_SLOT ? UINT32_MAX : b_slot_metric(l->b, def->shown_slot);
    if (metric == UINT32_MAX) {
        return;
    }
    const char *unit = churn__words_unit(l->b->pb, metric);
    if (l->own) {
        lint_unit(l, unit);
    }
    if (def->kind == CHURN__OF_METRIC) {
        lint_size(l, unit);
    }
}

static void lint_decay(const looking *l)
{
    const churn__yaml_node *decay = b_get(l->node, "decay");
    if (decay == NULL || l->def->decay_slot == CHURN__NO_SLOT) {
        return;
    }
    const char *unit = churn__words_unit(l->b->pb, b_slot_metric(l->b, l->def->decay_slot));
    bool days = churn__str_eq(churn__str_nts(unit), CHURN__STR("days"));
    if (!days && known_unit(churn__str_nts(unit)) != NULL) {
        const churn__yaml_node *by = b_get(decay, "by");
        report_add(&l->b->report, DIAGNOSTIC_decay_unit, b_at(by == NULL ? decay : by),
                   "factor %q: its weight fades by %q, which is in %s, not in days", &l->def->id,
                   &by->text, unit);
    }
}

/* ---- weights ---- */

#define DOMINATING 0.4
#define FEWEST_FACTORS 3 /* of two, one always has half */

/* A score among the factors may well decide alone. */
static bool is_plain(const churn__factor_def *def)
{
    return def->kind != CHURN__OF_SCORE && def->kind != CHURN__OF_ROLL_UP;
}

static uint32_t weighty(const churn__factor_def *factors, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t f = 0; f < count; f++) {
        found += factors[f].weight > 0;
    }
    return found;
}

static bool says_weight(const churn__yaml_node *node)
{
    return node != NULL && b_given(node, "weight");
}

/* The weight of the factor if it says one, else of the group; in a card the card. */
static report_place at_weight(const looking *l, uint32_t card)
{
    const churn__yaml_node *group = l->parts->group_nodes[l->def->group];
    if (card > 0 && !says_weight(l->node)) {
        const churn__card_def *def = &l->parts->cards[card];
        return (report_place){.line = def->line, .column = def->column};
    }
    if (!says_weight(l->node) && says_weight(group)) {
        return b_at(b_get(group, "weight"));
    }
    return at_key(l, "weight");
}

static void lint_weights(builder *b, const score_parts *parts, uint32_t c, double *shares,
                         double *before)
{
    const churn__score_def *def = parts->def;
    const churn__card_def *card = &parts->cards[c];
    if (weighty(card->factors, def->factor_count) < FEWEST_FACTORS ||
        !b_shares(b, parts, c, shares)) {
        return;
    }
    for (uint32_t f = 0; f < def->factor_count; f++) {
        bool too_much = shares[f] > DOMINATING + 1e-9 && is_plain(&card->factors[f]);
        if (!too_much || (c > 0 && before[f] > DOMINATING + 1e-9)) {
            continue;
        }
        const churn__yaml_node *node = b_card_factor(parts, c, f);
        looking l = {.b = b,
                     .parts = parts,
                     .node = node == NULL ? parts->factor_nodes[f] : node,
                     .def = &card->factors[f]};
        report_add(&b->report, DIAGNOSTIC_dominating_weight, at_weight(&l, node == NULL ? c : 0),
                   "factor %q has %g %% of all weight: the others hardly matter", &l.def->id,
                   round(1000 * shares[f]) / 10);
    }
}

/* ---- all ---- */

static const churn__yaml_node *points_list(const churn__yaml_node *node)
{
    static const char *const keys[] = {"curve", "steps", "points"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const churn__yaml_node *list = b_get(node, keys[i]);
        if (list != NULL) {
            return list;
        }
    }
    return NULL;
}

static void lint_factor(builder *b, const score_parts *parts, uint32_t c, uint32_t f)
{
    const churn__yaml_node *node = b_card_factor(parts, c, f);
    looking l = {.b = b, .parts = parts, .node = node, .own = c == 0};
    if (node == NULL || node->kind != CHURN__YAML_MAP) {
        return;
    }
    l.def = &parts->cards[c].factors[f];
    l.list = points_list(node);
    if (c == 0 || l.list != NULL) {
        lint_direction(&l);
        lint_constant(&l);
        lint_reach(&l);
        lint_units(&l);
    }
    lint_decay(&l);
}

void b_lint_factors(builder *b, const score_parts *parts)
{
    const churn__score_def *def = parts->def;
    double *own = b_scratch_array(b, def->factor_count, sizeof *own);
    double *shares = b_scratch_array(b, def->factor_count, sizeof *shares);
    for (uint32_t c = 0; b->st == CHURN_OK && c < def->card_count; c++) {
        for (uint32_t f = 0; f < def->factor_count; f++) {
            lint_factor(b, parts, c, f);
        }
        lint_weights(b, parts, c, c == 0 ? own : shares, own);
    }
}
