/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/schema_keys.h"
#include "playbook/score_parts.h"

/* How the input of a factor becomes points: curves, steps, points by value. */

/* ---- curves and steps ---- */

static double point_part(const churn__yaml_node *point, uint32_t part)
{
    double value = 0;
    const churn__yaml_node *node = point->items[part];
    (void)churn__double_parse(node->text.ptr, node->text.len, &value);
    return value;
}

/* Values ascend strictly, points are from 0 to 100, ranks from 0 to 1. */
static void check_point(builder *b, const churn__yaml_node *node, const churn__factor_def *def,
                        const churn__point *points, uint32_t i)
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
    if (def->kind == CHURN__OF_PERCENTILE && (points[i].x < 0 || points[i].x > 1)) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(node->items[0]),
                   "a rank is from 0 to 1, found %g", points[i].x);
    }
}

static void fill_list(builder *b, const churn__yaml_node *list, churn__factor_def *def)
{
    churn__point *points = list == NULL ? NULL : b_array(b, list->count, sizeof *points);
    def->point_count = 0;
    for (uint32_t i = 0; points != NULL && i < list->count; i++) {
        const churn__yaml_node *node = b_item(list, i);
        if (node != NULL) {
            uint32_t at = def->point_count++;
            points[at] = (churn__point){point_part(node, 0), point_part(node, 1)};
            check_point(b, node, def, points, at);
        }
    }
    def->points = points;
}

/* ---- points by value ---- */

static void check_category(builder *b, const churn__yaml_node *key, bool is_bool)
{
    static const churn_str truths[] = {{"true", 4}, {"false", 5}};
    if (!is_bool || b_is_truth(key->text)) {
        return;
    }
    report_place place = b_at(key);
    place.expected = CHURN__STR("true or false");
    place.suggestion = b_nearest(b, key->text, truths, 2);
    report_add(&b->report, DIAGNOSTIC_unknown_word, place, "the metric is true or false, never %q",
               &key->text);
}

static void fill_map(builder *b, const churn__yaml_node *map, bool is_bool, churn__factor_def *def)
{
    churn__category *categories = map == NULL ? NULL : b_array(b, map->count, sizeof *categories);
    def->category_count = 0;
    for (uint32_t i = 0; categories != NULL && i < map->count; i++) {
        const churn__yaml_node *value = b_item(map, i);
        check_category(b, map->keys[i], is_bool);
        if (value != NULL) {
            churn__category *to = &categories[def->category_count++];
            to->word = b_keep(b, map->keys[i]->text);
            (void)churn__double_parse(value->text.ptr, value->text.len, &to->y);
        }
    }
    def->categories = categories;
}

/* ---- curves that need not be written ---- */

typedef struct usual_curve {
    churn__factor_kind kind;
    uint32_t count;
    churn__point higher[3], lower[3];
} usual_curve;

static const usual_curve usual_curves[] = {
    {CHURN__OF_PERCENTILE, 2, {{0, 0}, {1, 100}}, {{0, 100}, {1, 0}}},
    {CHURN__OF_ROBUST_Z, 2, {{-3, 0}, {3, 100}}, {{-3, 100}, {3, 0}}},
    {CHURN__OF_TREND, 3, {{-0.1, 0}, {0, 60}, {0.1, 100}}, {{-0.1, 100}, {0, 60}, {0.1, 0}}},
    {CHURN__OF_SCORE, 2, {{0, 0}, {100, 100}}, {{0, 100}, {100, 0}}},
    {CHURN__OF_ROLL_UP, 2, {{0, 0}, {100, 100}}, {{0, 100}, {100, 0}}},
};

/* The table lives as long as the program. */
static bool take_usual(churn__factor_def *def)
{
    for (size_t i = 0; i < sizeof usual_curves / sizeof usual_curves[0]; i++) {
        if (usual_curves[i].kind == def->kind) {
            bool lower = def->direction == CHURN__DIRECTION_LOWER;
            def->points_kind = CHURN__POINTS_CURVE;
            def->points = lower ? usual_curves[i].lower : usual_curves[i].higher;
            def->point_count = usual_curves[i].count;
            return true;
        }
    }
    return false;
}

/* ---- which of them ---- */

static void report_needed(builder *b, const churn__yaml_node *node, const char *what,
                          const char *why)
{
    report_place place = b_at(node);
    place.expected = churn__str_nts(what);
    report_add(&b->report, DIAGNOSTIC_one_of, place, "%s needs %s", why, what);
}

/* Text and truth have points by value, numbers have curves or steps. */
static void points_of_words(builder *b, const churn__yaml_node *node, bool own, bool is_bool,
                            churn__factor_def *def)
{
    const char *with = is_bool ? "a metric that is true or false" : "a metric that is a text";
    b_forbid(b, node, "curve", with);
    b_forbid(b, node, "steps", with);
    def->points_kind = CHURN__POINTS_MAP;
    if (b_given(node, "points")) {
        fill_map(b, b_get(node, "points"), is_bool, def);
    } else if (own && !b_given(node, "curve") && !b_given(node, "steps")) {
        report_needed(b, node, is_bool ? "`points` such as {true: 100, false: 0}" : "`points`",
                      is_bool ? "a factor of a metric that is true or false"
                              : "a factor of a metric that is a text");
    }
    if (b_given(node, "otherwise")) {
        def->has_otherwise = true;
        def->otherwise = b_number(node, "otherwise", 0);
    }
}

static void points_of_numbers(builder *b, const churn__yaml_node *node, bool own,
                              churn__factor_def *def)
{
    b_forbid(b, node, "points", "a number");
    b_forbid(b, node, "otherwise", "a number");
    if (b_given(node, "curve")) {
        b_forbid(b, node, "steps", "curve");
        def->points_kind = CHURN__POINTS_CURVE;
        fill_list(b, b_get(node, "curve"), def);
    } else if (b_given(node, "steps")) {
        def->points_kind =
            (churn__points_kind)b_word(node, "ends", &schema_ends, CHURN__POINTS_STEPS);
        fill_list(b, b_get(node, "steps"), def);
    } else if (own && !take_usual(def) && !b_given(node, "points")) {
        report_needed(b, node, "`curve` or `steps`", "a factor");
    }
}

/* ---- direction ---- */

static churn__direction direction_of(const churn__factor_def *def)
{
    bool up = false, down = false;
    for (uint32_t i = 1; i < def->point_count; i++) {
        up = up || def->points[i].y > def->points[i - 1].y;
        down = down || def->points[i].y < def->points[i - 1].y;
    }
    return up == down ? CHURN__DIRECTION_NONE
           : up       ? CHURN__DIRECTION_HIGHER
                      : CHURN__DIRECTION_LOWER;
}

static void fill_points(builder *b, const churn__yaml_node *node, bool own, churn__factor_def *def)
{
    churn__type type = b_factor_type(b, def);
    if (def->points_kind == CHURN__POINTS_EXPRESSION) {
        b_forbid(b, node, "curve", "expression");
        b_forbid(b, node, "steps", "expression");
        b_forbid(b, node, "points", "expression");
    } else if (type == CHURN__TYPE_STRING || type == CHURN__TYPE_BOOL) {
        points_of_words(b, node, own, type == CHURN__TYPE_BOOL, def);
    } else {
        points_of_numbers(b, node, own, def);
    }
    if (!b_given(node, "steps")) {
        b_forbid(b, node, "ends", "curve");
    }
}

void b_factor_points(builder *b, const churn__yaml_node *node, bool own, churn__factor_def *def)
{
    if (own && b_given(node, "direction")) {
        def->direction =
            (churn__direction)b_word(node, "direction", &schema_direction, CHURN__DIRECTION_NONE);
        def->direction_declared = def->direction != CHURN__DIRECTION_NONE;
    }
    fill_points(b, node, own, def);
    if (!def->direction_declared && def->points_kind <= CHURN__POINTS_STEPS_RIGHT) {
        def->direction = direction_of(def);
    }
}
