/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAYBOOK_SCORE_PARTS_H
#define CHURN_PLAYBOOK_SCORE_PARTS_H

#include "playbook/build.h"

/*
 * A score while it is built: what stands in the file beside what it becomes. Groups and factors are
 * in the order of the definition, groups in preorder.
 */
struct score_parts {
    uint32_t index; /* of the score */
    const churn__yaml_node *node;
    churn__score_def *def;

    const churn__yaml_node **group_nodes;
    uint32_t *parents; /* of groups; UINT32_MAX: top */
    const churn__yaml_node **factor_nodes;
    uint32_t *homes;    /* groups of factors */
    uint32_t *roll_ups; /* of factors; UINT32_MAX: none */

    /* The score's own numbers, card 0. */
    churn__group_def *groups;
    churn__factor_def *factors;
    churn__cap_def *caps;
    churn__band_def *bands;
    const churn__yaml_node **cap_nodes;  /* NULL: of the mark for overrides that nobody wrote */
    const churn__yaml_node **band_nodes; /* the keys; beside them what is said of them */
    const churn__yaml_node **band_values;
    churn__card_def *cards;
    const churn__yaml_node **card_nodes; /* NULL: card 0 */

    registry group_ids, factor_ids, cap_ids, band_ids;
};

/* ---- factors (build_factors.c, build_points.c, build_usual.c) ---- */

void b_factors(builder *b, score_parts *parts);
/* Points, what is missing, and decay: what a card may say anew. `own`: the score itself says it. */
void b_factor_points(builder *b, const churn__yaml_node *node, bool own, churn__factor_def *def);
void b_factor_missing(builder *b, const churn__yaml_node *node, churn__factor_def *def);
void b_factor_decay(builder *b, const churn__yaml_node *node, churn__factor_def *def);
/* The type of its input; 0: it has none. */
churn__type b_factor_type(const builder *b, const churn__factor_def *def);
/* The metric behind a slot of this score's inputs, UINT32_MAX: it is no metric. */
uint32_t b_slot_metric(const builder *b, uint32_t slot);
const churn__metric_def *b_metric_of(const builder *b, uint32_t metric);
/* percentile, robust_z or trend of `metric`: the metric that computes it. */
bool b_factor_usual(builder *b, const churn__yaml_node *node, uint32_t metric,
                    churn__factor_def *def);
void b_factor_carry(builder *b, const churn__yaml_node *node, churn__factor_def *def);

/* Weights of all siblings, on one card: no sum may be 0. */
void b_weights(builder *b, const score_parts *parts, const churn__card_def *card,
               report_place place);

/* ---- caps, bands, cards ---- */

void b_caps(builder *b, score_parts *parts);
void b_bands(builder *b, score_parts *parts);
void b_cards(builder *b, score_parts *parts);
/* "#rrggbb" of a name or of such a text; {NULL, 0}: neither. */
churn_str b_color(builder *b, churn_str text);

/* ---- lints ---- */

/* What a card says itself of a factor; NULL: nothing. */
const churn__yaml_node *b_card_factor(const score_parts *parts, uint32_t card, uint32_t factor);
/* The share of all weight that each factor has if all are there. False: no memory. */
bool b_shares(builder *b, const score_parts *parts, uint32_t card, double *shares);
void b_lint_factors(builder *b, const score_parts *parts);

#endif
