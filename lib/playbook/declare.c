/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* Room for every definition with what its names need: id, type of a metric, groups of a score. */

static churn_str id_of(builder *b, const churn__yaml_node *item)
{
    const churn__yaml_node *id = b_get(item, "id");
    return id == NULL ? (churn_str){NULL, 0} : b_keep(b, id->text);
}

static uint32_t count_of(const churn__yaml_node *list)
{
    return list == NULL ? 0 : list->count;
}

static churn__type metric_type(builder *b, const churn__yaml_node *item)
{
    churn__type type = b_record_metric_type(b, item);
    if (b_given(item, "expr")) {
        return (churn__type)b_word(item, "type", &schema_expr_type, CHURN__TYPE_DOUBLE);
    }
    if (b_given(item, "agg")) {
        type = b_event_metric_type(b, item);
    }
    return type == 0 ? CHURN__TYPE_DOUBLE : type;
}

static void declare_metrics(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "metrics");
    uint32_t count = count_of(list);
    churn__metric_def *defs = b_array(b, count, sizeof *defs);
    for (uint32_t i = 0; defs != NULL && i < count; i++) {
        defs[i].id = id_of(b, list->items[i]);
        defs[i].line = list->items[i]->line;
        defs[i].column = list->items[i]->column;
        defs[i].type = metric_type(b, list->items[i]);
    }
    b->metric_defs = defs;
    b->pb->metrics = defs;
    b->pb->metric_count = defs == NULL ? 0 : count;
    b->pb->declared_count = b->pb->metric_count;
}

static void declare_segments(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "segments");
    uint32_t count = count_of(list);
    churn__segment_def *defs = b_array(b, count, sizeof *defs);
    for (uint32_t i = 0; defs != NULL && i < count; i++) {
        defs[i].id = id_of(b, list->items[i]);
        defs[i].line = list->items[i]->line;
        defs[i].column = list->items[i]->column;
    }
    b->segment_defs = defs;
    b->pb->segments = defs;
    b->pb->segment_count = defs == NULL ? 0 : count;
}

/* The score's own card: what names of groups need. */
static void declare_card(builder *b, const churn__yaml_node *list, churn__score_def *def)
{
    uint32_t count = count_of(list);
    churn__card_def *card = b_array(b, 1, sizeof *card);
    churn__group_def *groups = b_array(b, count, sizeof *groups);
    for (uint32_t i = 0; groups != NULL && i < count; i++) {
        groups[i].id = id_of(b, list->items[i]);
        groups[i].line = list->items[i]->line;
        groups[i].column = list->items[i]->column;
        groups[i].parent = CHURN__NO_SLOT;
    }
    if (card != NULL) {
        *card = (churn__card_def){.segment = CHURN__NO_SLOT,
                                  .segment_slot = CHURN__NO_SLOT,
                                  .groups = groups,
                                  .line = def->line,
                                  .column = def->column};
    }
    def->cards = card;
    def->card_count = card == NULL ? 0 : 1;
    def->group_count = groups == NULL ? 0 : count;
}

static void declare_scores(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "scores");
    uint32_t count = count_of(list);
    churn__score_def *defs = b_array(b, count, sizeof *defs);
    b->score_defs = defs;
    b->pb->scores = defs;
    b->pb->score_count = defs == NULL ? 0 : count;
    for (uint32_t i = 0; defs != NULL && i < count; i++) {
        defs[i].id = id_of(b, list->items[i]);
        defs[i].line = list->items[i]->line;
        defs[i].column = list->items[i]->column;
        declare_card(b, b_get(list->items[i], "groups"), &defs[i]);
    }
}

static void declare_triggers(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "triggers");
    uint32_t count = count_of(list);
    churn__trigger_def *defs = b_array(b, count, sizeof *defs);
    for (uint32_t i = 0; defs != NULL && i < count; i++) {
        defs[i].id = id_of(b, list->items[i]);
        defs[i].line = list->items[i]->line;
        defs[i].column = list->items[i]->column;
        defs[i].play = UINT32_MAX;
    }
    b->trigger_defs = defs;
    b->pb->triggers = defs;
    b->pb->trigger_count = defs == NULL ? 0 : count;
}

static void declare_plays(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "plays");
    uint32_t count = count_of(list);
    churn__play_def *defs = b_array(b, count, sizeof *defs);
    for (uint32_t i = 0; defs != NULL && i < count; i++) {
        defs[i].id = id_of(b, list->items[i]);
        defs[i].line = list->items[i]->line;
        defs[i].column = list->items[i]->column;
    }
    b->play_defs = defs;
    b->pb->plays = defs;
    b->pb->play_count = defs == NULL ? 0 : count;
}

void b_declare(builder *b)
{
    declare_metrics(b);
    declare_segments(b);
    declare_scores(b);
    declare_triggers(b);
    declare_plays(b);
}
