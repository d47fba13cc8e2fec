/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "base/sort.h"
#include "playbook/build.h"

/* ---- segments ---- */

void b_segments(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "segments");
    for (uint32_t i = 0; i < b->pb->segment_count; i++) {
        b->segment_defs[i].when = b_condition(b, b_get(list->items[i], "when"));
    }
}

/* ---- factors ---- */

static double point_part(const churn__yaml_node *point, uint32_t part)
{
    double value = 0;
    const churn__yaml_node *node = point->items[part];
    (void)churn__double_parse(node->text.ptr, node->text.len, &value);
    return value;
}

/* Values ascend strictly, points are from 0 to 100. */
static void check_point(builder *b, const churn__yaml_node *node, const churn__point *points,
                        uint32_t i)
{
    if (points[i].y < 0 || points[i].y > 100) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(node->items[1]),
                   "points from 0 to 100 are expected, found %g", points[i].y);
    }
    if (i > 0 && points[i].x <= points[i - 1].x) {
        report_add(&b->report, DIAGNOSTIC_curve_order, b_at(node),
                   "the values must ascend: %g does not come after %g", points[i].x,
                   points[i - 1].x);
    }
}

static void fill_points(builder *b, const churn__yaml_node *list, churn__factor_def *def)
{
    if (list == NULL) {
        return;
    }
    churn__point *points = b_array(b, list->count, sizeof *points);
    for (uint32_t i = 0; points != NULL && i < list->count; i++) {
        const churn__yaml_node *node = b_item(list, i);
        if (node != NULL) {
            uint32_t at = def->point_count++;
            points[at] = (churn__point){point_part(node, 0), point_part(node, 1)};
            check_point(b, node, points, at);
        }
    }
    def->points = points;
}

static void check_curve(builder *b, const churn__yaml_node *item)
{
    bool curve = b_given(item, "curve"), steps = b_given(item, "steps");
    if (curve && steps) {
        b_forbid(b, item, "steps", "curve");
    } else if (!curve && !steps) {
        report_place place = b_at(item);
        place.expected = CHURN__STR("curve or steps");
        report_add(&b->report, DIAGNOSTIC_one_of, place, "a factor needs `curve` or `steps`");
    }
}

static void fill_missing(builder *b, const churn__yaml_node *item, churn__factor_def *def)
{
    const churn__yaml_node *node = b_get(item, "missing");
    def->missing = (churn__factor_missing)b_word(item, "missing", &schema_factor_missing,
                                                 CHURN__FACTOR_EXCLUDE);
    def->missing_value = b_number(item, "value", 0);
    if (def->missing == CHURN__FACTOR_VALUE) {
        b_need(b, item, "value", "missing: value");
    } else {
        b_forbid(b, item, "value", node == NULL ? "missing: exclude" : node->text.ptr);
    }
}

static void fill_factor(builder *b, const churn__yaml_node *item, churn__factor_def *def,
                        registry *ids)
{
    const churn__yaml_node *metric = b_get(item, "metric"), *id = b_get(item, "id");
    uint32_t index = b_refer(b, DIAGNOSTIC_unknown_metric, "metric", &b->metrics, metric);
    def->slot = UINT32_MAX;
    if (index != UINT32_MAX) {
        def->slot = churn__playbook_slot(b->pb, CHURN__SLOT_METRIC, index, 0);
        if (b->pb->metrics[index].type != CHURN__TYPE_DOUBLE) {
            report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(metric),
                       "the metric %q is no number", &metric->text);
        }
    }
    id = id == NULL ? metric : id;
    def->id = id == NULL ? (churn_str){NULL, 0} : b_keep(b, id->text);
    b_register_id(b, ids, "factor", 0, id);
    def->shown_slot = def->slot;
    bool steps = b_given(item, "steps");
    def->points_kind = steps ? CHURN__POINTS_STEPS : CHURN__POINTS_CURVE;
    check_curve(b, item);
    fill_points(b, b_get(item, steps ? "steps" : "curve"), def);
    fill_missing(b, item, def);
}

/* A weight and its faults: 0 alone is odd, nothing but 0 divides by nothing. */
static double fill_weight(builder *b, const churn__yaml_node *item, double *sum)
{
    const churn__yaml_node *node = b_get(item, "weight");
    double weight = b_number(item, "weight", 1);
    if (node != NULL && weight == 0) {
        report_add(&b->report, DIAGNOSTIC_zero_weight, b_at(node), "a weight of 0 has no effect");
    }
    *sum += b_given(item, "weight") && node == NULL ? 1 : weight;
    return weight;
}

static void check_sum(builder *b, const churn__yaml_node *list, double sum, const char *what)
{
    if (list != NULL && list->count > 0 && sum <= 0) {
        report_add(&b->report, DIAGNOSTIC_no_weight, b_at(list), "all weights of the %s are 0",
                   what);
    }
}

/* The factors of a group behind those of the groups before it. */
static void fill_factors(builder *b, const churn__yaml_node *list, uint32_t group,
                         churn__score_def *def, churn__factor_def *factors, registry *ids)
{
    double sum = 0;
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        const churn__yaml_node *item = list->items[i];
        churn__factor_def *factor = &factors[def->factor_count++];
        *factor = (churn__factor_def){.line = item->line,
                                      .column = item->column,
                                      .group = group,
                                      .slot = CHURN__NO_SLOT,
                                      .shown_slot = CHURN__NO_SLOT,
                                      .carried_slot = CHURN__NO_SLOT,
                                      .carried_age_slot = CHURN__NO_SLOT,
                                      .decay_slot = CHURN__NO_SLOT,
                                      .low_slot = CHURN__NO_SLOT,
                                      .high_slot = CHURN__NO_SLOT,
                                      .coverage_slot = CHURN__NO_SLOT};
        factor->weight = fill_weight(b, item, &sum);
        if (!item->bad) {
            fill_factor(b, item, factor, ids);
        }
    }
    check_sum(b, list, sum, "factors");
}

static size_t count_factors(const churn__yaml_node *groups)
{
    size_t count = 0;
    for (uint32_t i = 0; groups != NULL && i < groups->count; i++) {
        const churn__yaml_node *list = b_get(groups->items[i], "factors");
        count += list == NULL ? 0 : list->count;
    }
    return count;
}

static void fill_groups(builder *b, const churn__yaml_node *list, churn__score_def *def,
                        churn__card_def *card)
{
    double sum = 0;
    registry ids = {0}, known = {0};
    churn__group_def *groups = (churn__group_def *)(uintptr_t)card->groups;
    churn__factor_def *factors = b_array(b, count_factors(list), sizeof *factors);
    for (uint32_t i = 0; i < def->group_count && b->st == CHURN_OK; i++) {
        b_register_id(b, &ids, "group", i, b_get(list->items[i], "id"));
        groups[i].weight = fill_weight(b, list->items[i], &sum);
        fill_factors(b, b_get(list->items[i], "factors"), i, def, factors, &known);
    }
    card->factors = factors;
    check_sum(b, list, sum, "groups");
    registry_clear(b, &ids);
    registry_clear(b, &known);
}

/* ---- caps and bands ---- */

static void fill_cap(builder *b, const churn__yaml_node *item, churn__cap_def *def)
{
    bool most = b_given(item, "at_most"), least = b_given(item, "at_least");
    def->id = b_text(b, item, "id");
    def->line = item->line;
    def->column = item->column;
    def->when = b_condition(b, b_get(item, "when"));
    def->is_floor = least;
    def->bound = b_number(item, least ? "at_least" : "at_most", 0);
    if (most && least) {
        b_forbid(b, item, "at_least", "at_most");
    } else if (!most && !least) {
        report_place place = b_at(item);
        place.expected = CHURN__STR("at_most or at_least");
        report_add(&b->report, DIAGNOSTIC_one_of, place, "a cap needs `at_most` or `at_least`");
    }
}

static void fill_caps(builder *b, const churn__yaml_node *list, churn__score_def *def,
                      churn__card_def *card)
{
    registry ids = {0};
    uint32_t count = list == NULL ? 0 : list->count;
    churn__cap_def *caps = b_array(b, (size_t)count + 1, sizeof *caps);
    if (caps == NULL) {
        return;
    }
    card->caps = caps;
    def->cap_count = count + 1;
    for (uint32_t i = 0; i < count && b->st == CHURN_OK; i++) {
        if (!list->items[i]->bad) {
            b_register_id(b, &ids, "cap", i, b_get(list->items[i], "id"));
            fill_cap(b, list->items[i], &caps[i]);
        }
    }
    caps[count] = (churn__cap_def){.id = CHURN__STR("override"), .kind = CHURN__CAP_OVERRIDE};
    registry_clear(b, &ids);
}

/* Highest first. */
static int compare_bands(const void *a, const void *b, const void *context)
{
    (void)context;
    const churn__band_def *left = a, *right = b;
    return (left->low < right->low) - (left->low > right->low);
}

static void check_bands(builder *b, const churn__yaml_node *map, const churn__score_def *def)
{
    const churn__band_def *bands = def->cards[0].bands;
    for (uint32_t i = 1; i < def->band_count; i++) {
        const churn__band_def *band = &bands[i];
        if (band->low == bands[i - 1].low) {
            report_place place = {.line = band->line, .column = band->column};
            report_add(&b->report, DIAGNOSTIC_same_bound, place,
                       "the bands %q and %q begin at the same score", &bands[i - 1].id, &band->id);
        }
    }
    if (def->band_count > 0 && def->band_count == map->count &&
        bands[def->band_count - 1].low > 0) {
        report_add(&b->report, DIAGNOSTIC_band_gap, b_at(map),
                   "no band begins at 0: a score below %g has the lowest band",
                   bands[def->band_count - 1].low);
    }
}

static void fill_bands(builder *b, const churn__yaml_node *map, churn__score_def *def,
                       churn__card_def *card)
{
    churn__band_def *bands = map == NULL ? NULL : b_array(b, map->count, sizeof *bands);
    for (uint32_t i = 0; bands != NULL && i < map->count; i++) {
        const churn__yaml_node *key = map->keys[i], *value = b_item(map, i);
        if (churn__str_eq(key->text, CHURN__STR("unknown"))) {
            report_add(&b->report, DIAGNOSTIC_reserved_name, b_at(key),
                       "`unknown` is the band of scores that nobody knows: take another name");
        } else if (value != NULL) {
            churn__band_def *band = &bands[def->band_count++];
            *band = (churn__band_def){.id = b_keep(b, key->text),
                                      .color = CHURN__STR("#888888"),
                                      .line = key->line,
                                      .column = key->column};
            (void)churn__double_parse(value->text.ptr, value->text.len, &band->low);
        }
    }
    if (bands == NULL) {
        return;
    }
    if (!churn__sort(b->heap, bands, def->band_count, sizeof *bands, compare_bands, NULL)) {
        b_no_memory(b);
    }
    card->bands = bands;
    check_bands(b, map, def);
}

void b_scores(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "scores");
    for (uint32_t i = 0; i < b->pb->score_count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *item = list->items[i];
        churn__score_def *def = &b->score_defs[i];
        churn__card_def *card = (churn__card_def *)(uintptr_t)def->cards;
        def->baseline = b_number(item, "baseline", 50);
        def->trend_over = 30 * CHURN__DAY;
        card->min_coverage = b_number(item, "min_coverage", 0.5);
        fill_groups(b, b_get(item, "groups"), def, card);
        fill_caps(b, b_get(item, "caps"), def, card);
        fill_bands(b, b_get(item, "bands"), def, card);
    }
}
