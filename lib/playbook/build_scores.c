/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/num.h"
#include "playbook/score_parts.h"

/* ---- segments ---- */

void b_segments(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "segments");
    for (uint32_t i = 0; i < b->pb->segment_count; i++) {
        b->segment_defs[i].when = b_condition(b, b_get(list->items[i], "when"));
    }
}

/* ---- scores ---- */

#define TREND_OVER (30 * CHURN__DAY)
#define TREND_NOISE 3.0

static void fill_trend(const churn__yaml_node *node, churn__score_def *def)
{
    const churn__yaml_node *part = b_get(node, "trend");
    def->trend_over = TREND_OVER;
    def->trend_noise = TREND_NOISE;
    if (part == NULL) {
        return;
    }
    const churn__yaml_node *noise = b_get(part, "noise");
    def->trend_over = b_duration(part, "over", TREND_OVER);
    def->trend_noise = noise != NULL && churn__str_eq(noise->text, CHURN__STR("auto"))
                           ? (double)NAN
                           : b_number(part, "noise", TREND_NOISE);
}

static void fill_numbers(builder *b, const churn__yaml_node *node, churn__score_def *def)
{
    const churn__yaml_node *overrides = b_get(node, "overrides");
    def->title = b_text(b, node, "title");
    def->baseline = b_number(node, "baseline", 50);
    def->hysteresis = b_number(node, "hysteresis", 0);
    def->min_stay = b_duration(node, "min_stay", 0);
    fill_trend(node, def);
    if (overrides != NULL) {
        def->overrides_ignored = b_bool(overrides, "ignore");
        def->override_max_age = b_duration(overrides, "max_age", 0);
    }
}

static void fill_score(builder *b, score_parts *parts)
{
    fill_numbers(b, parts->node, parts->def);
    parts->cards[0].min_coverage = b_number(parts->node, "min_coverage", 0.5);
    b_factors(b, parts);
    b_weights(b, parts, &parts->cards[0], b_at(parts->node));
    b_caps(b, parts);
    b_bands(b, parts);
    if (b->st == CHURN_OK) {
        b_cards(b, parts);
    }
}

void b_scores(builder *b)
{
    for (uint32_t i = 0; i < b->pb->score_count && b->st == CHURN_OK; i++) {
        score_parts *parts = &b->score_parts[i];
        if (!parts->node->bad && parts->node->kind == CHURN__YAML_MAP) {
            fill_score(b, parts);
        }
    }
    b_roll_ups(b);
}

const registry *b_band_ids(const builder *b, uint32_t score)
{
    return &b->score_parts[score].band_ids;
}
