/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* Scores of child customers as inputs of factors. */

static uint32_t band_of(builder *b, const churn__yaml_node *node, uint32_t score)
{
    uint32_t band = b_refer(b, DIAGNOSTIC_unknown_band, "band", b_band_ids(b, score), node);
    return band == UINT32_MAX ? 0 : band;
}

/* The revenue of a customer: the metric that the playbook has, or one behind it. */
static uint32_t mrr_slot(builder *b, const churn__roll_up_def *def)
{
    churn__metric_def made = {.id = CHURN__STR("mrr"),
                              .kind = CHURN__METRIC_SUBSCRIPTION,
                              .what = CHURN__SUBSCRIPTION_MRR,
                              .take = CHURN__TAKE_MEAN,
                              .type = CHURN__TYPE_DOUBLE,
                              .line = def->line,
                              .column = def->column};
    uint32_t metric = b_hidden_metric(b, &made);
    return b->st == CHURN_OK ? b_metric_slot(b, metric) : UINT32_MAX;
}

/* A key that belongs to one way of taking, and to no other. */
static bool goes_with(builder *b, const churn__yaml_node *node, const char *key,
                      churn__roll_up_take take, const churn__roll_up_def *def, const char *with)
{
    if (def->take == take) {
        b_need(b, node, key, with);
        return b_get(node, key) != NULL;
    }
    const churn__yaml_node *word = b_get(node, "take");
    b_forbid(b, node, key, word == NULL ? "take: mean" : word->text.ptr);
    return false;
}

static void fill_roll_up(builder *b, const churn__yaml_node *node, uint32_t index)
{
    churn__roll_up_def *def = &b->roll_up_defs[index];
    def->take =
        (churn__roll_up_take)b_word(node, "take", &schema_roll_up_take, CHURN__ROLL_UP_MEAN);
    def->descendants = b_word(node, "of", &schema_roll_up_of, 0) == 1;
    def->slot = churn__playbook_slot(b->pb, CHURN__SLOT_ROLL_UP, index, 0);
    def->score = b_refer(b, DIAGNOSTIC_unknown_score, "score", &b->scores, b_get(node, "score"));
    (void)goes_with(b, node, "q", CHURN__ROLL_UP_QUANTILE, def, "take: quantile");
    (void)goes_with(b, node, "k", CHURN__ROLL_UP_WORST, def, "take: worst");
    bool any = goes_with(b, node, "band", CHURN__ROLL_UP_ANY, def, "take: any");
    def->q = b_number(node, "q", 0.5);
    def->k = b_count(node, "k", 1);
    if (any && def->score != UINT32_MAX) {
        def->band = band_of(b, b_get(node, "band"), def->score);
    }
    if (def->take == CHURN__ROLL_UP_MRR) {
        def->mrr_slot = mrr_slot(b, def);
    }
}

void b_roll_ups(builder *b)
{
    for (uint32_t i = 0; i < b->pb->roll_up_count && b->st == CHURN_OK; i++) {
        fill_roll_up(b, b->roll_up_nodes[i], i);
    }
}
