/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* Room for every definition with what its names need: id, type of a metric. */

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
    b_declare_scores(b);
    declare_triggers(b);
    declare_plays(b);
}
