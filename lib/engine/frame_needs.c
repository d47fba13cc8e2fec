/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

/* What a frame has to compute, from what is asked of it to all that this stands on. */

static void need_slot(churn__frame *frame, uint32_t slot)
{
    const churn__slot *what = &frame->playbook->slots[slot];
    frame->needed[slot] = 1;
    switch (what->kind) {
    case CHURN__SLOT_SCORE:
        frame->score_needed[what->index] = 1;
        break;
    case CHURN__SLOT_CHURNED:
    case CHURN__SLOT_CHURN_DAYS:
    case CHURN__SLOT_CHURN_REASON:
    case CHURN__SLOT_CHURN_KIND:
    case CHURN__SLOT_CHURN_MRR:
        frame->loss_needed = true;
        frame->loss_kinds |= what->kind == CHURN__SLOT_CHURN_KIND;
        break;
    default:
        break;
    }
}

static void need_expr(churn__frame *frame, const churn__expr *expr)
{
    uint32_t count = 0;
    const uint32_t *slots = expr ? churn__expr_slots(expr, &count) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        need_slot(frame, slots[i]);
    }
}

static void need_factor(churn__frame *frame, const churn__factor_def *factor)
{
    uint32_t slots[CHURN__FACTOR_SLOTS];
    uint32_t count = churn__factor_slots(factor, slots);
    for (uint32_t i = 0; i < count; i++) {
        need_slot(frame, slots[i]);
    }
    need_expr(frame, factor->expr);
}

static void need_inputs_of_score(churn__frame *frame, const churn__score_def *score)
{
    for (uint32_t c = 0; c < score->card_count; c++) {
        const churn__card_def *card = &score->cards[c];
        if (card->segment != CHURN__NO_SLOT) {
            need_slot(frame, card->segment_slot);
        }
        for (uint32_t f = 0; f < score->factor_count; f++) {
            need_factor(frame, &card->factors[f]);
        }
        for (uint32_t i = 0; i < score->cap_count; i++) {
            need_expr(frame, card->caps[i].when);
        }
    }
}

static uint32_t metric_slot(const churn__frame *frame, uint32_t index)
{
    return churn__playbook_slot(frame->playbook, CHURN__SLOT_METRIC, index, 0);
}

static void need_inputs_of_metric(churn__frame *frame, const churn__metric_def *def)
{
    const churn_playbook *playbook = frame->playbook;
    uint32_t count = churn__metric_input_count(def);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t input = churn__metric_input(def, playbook->metric_name_count, i);
        if (input != CHURN__NONE) {
            need_slot(frame, metric_slot(frame, input));
        }
    }
}

/* The segments that a baseline of groups reads: all, or just one. */
static void need_groups(churn__frame *frame, const churn__metric_def *def)
{
    const churn_playbook *playbook = frame->playbook;
    bool grouped = churn__metric_is_grouped(def) && def->baseline == CHURN__BASELINE_SEGMENT;
    for (uint32_t i = 0; grouped && i < playbook->segment_count; i++) {
        if (def->segment == CHURN__NONE || def->segment == i) {
            need_slot(frame, churn__playbook_slot(playbook, CHURN__SLOT_SEGMENT, i, 0));
        }
    }
}

/* Of the children of whoever is asked about. */
static void need_inputs_of_roll_up(churn__frame *frame, const churn__roll_up_def *def)
{
    need_slot(frame, churn__playbook_slot(frame->playbook, CHURN__SLOT_SCORE, def->score,
                                          CHURN__PART_SCORE));
    if (def->take == CHURN__ROLL_UP_MRR) {
        need_slot(frame, def->mrr_slot);
    }
}

static void need_node(churn__frame *frame, const churn__node *node)
{
    const churn_playbook *playbook = frame->playbook;
    switch (node->kind) {
    case CHURN__NODE_SCORE:
        if (frame->score_needed[node->index]) {
            need_inputs_of_score(frame, &playbook->scores[node->index]);
        }
        break;
    case CHURN__NODE_SEGMENT:
        if (churn__frame_needs_segment(frame, node->index)) {
            need_expr(frame, playbook->segments[node->index].when);
        }
        break;
    case CHURN__NODE_ROLL_UP:
        if (frame->needed[playbook->roll_ups[node->index].slot]) {
            need_inputs_of_roll_up(frame, &playbook->roll_ups[node->index]);
        }
        break;
    default:
        if (frame->needed[metric_slot(frame, node->index)]) {
            need_inputs_of_metric(frame, &playbook->metrics[node->index]);
            need_groups(frame, &playbook->metrics[node->index]);
        }
        break;
    }
}

/* From what reads to what is read: the order in which they are evaluated, backwards. */
static void need_inputs(churn__frame *frame)
{
    const churn_playbook *playbook = frame->playbook;
    for (uint32_t i = playbook->order_count; i > 0; i--) {
        need_node(frame, &playbook->order[i - 1]);
    }
}

static void need_metrics(churn__frame *frame, const churn__frame_options *options)
{
    const churn_playbook *playbook = frame->playbook;
    for (uint32_t m = 0; m < playbook->metric_count; m++) {
        if (options->all_metrics && m < playbook->declared_count) {
            need_slot(frame, metric_slot(frame, m));
        }
        if (options->makings_of != NULL && options->makings_of[m]) {
            need_inputs_of_metric(frame, &playbook->metrics[m]);
            need_groups(frame, &playbook->metrics[m]);
        }
    }
}

static void need_template(churn__frame *frame, const churn__template *tmpl)
{
    uint32_t count = 0;
    const uint32_t *slots = tmpl ? churn__template_slots(tmpl, &count) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        need_slot(frame, slots[i]);
    }
}

/* Everybody counts in a population that may have lost them. */
static void need_population(churn__frame *frame, const churn__trigger_def *def)
{
    frame->loss_needed |= def->population != CHURN__POPULATION_ALL;
}

static void need_triggers(churn__frame *frame)
{
    const churn_playbook *playbook = frame->playbook;
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        need_expr(frame, playbook->triggers[i].when);
        need_expr(frame, playbook->triggers[i].clear_when);
        need_population(frame, &playbook->triggers[i]);
    }
    for (uint32_t p = 0; p < playbook->play_count; p++) {
        for (uint32_t s = 0; s < playbook->plays[p].step_count; s++) {
            need_template(frame, playbook->plays[p].steps[s].title);
            need_template(frame, playbook->plays[p].steps[s].text);
        }
    }
    if (playbook->score_count) {
        frame->score_needed[0] = 1; /* value at risk */
    }
}

static void need_all(churn__frame *frame, const churn__frame_options *options)
{
    for (uint32_t i = 0; i < frame->playbook->score_count; i++) {
        frame->score_needed[i] = options->all_scores || options->only_score == i;
    }
    frame->loss_needed = options->losses;
    if (options->triggers) {
        need_triggers(frame);
    }
    for (uint32_t i = 0; options->segments && i < frame->playbook->segment_count; i++) {
        need_slot(frame, churn__playbook_slot(frame->playbook, CHURN__SLOT_SEGMENT, i, 0));
    }
    for (uint32_t i = 0; i < options->read_count; i++) {
        need_expr(frame, options->reads[i]);
    }
    for (uint32_t i = 0; i < options->slot_count; i++) {
        need_slot(frame, options->slots[i]);
    }
    need_metrics(frame, options);
    for (uint32_t i = 0; options->children_of && i < frame->playbook->roll_up_count; i++) {
        if (options->children_of[i]) {
            need_inputs_of_roll_up(frame, &frame->playbook->roll_ups[i]);
        }
    }
    for (uint32_t i = 0; options->every_slot && i < frame->playbook->slot_count; i++) {
        need_slot(frame, i);
    }
    need_inputs(frame);
}

/* Which metrics are asked for; false: none. Those that they are made of follow by themselves. */
static bool want_metrics(churn__frame *frame)
{
    const churn_playbook *playbook = frame->playbook;
    bool any = false;
    for (uint32_t m = 0; m < playbook->metric_count; m++) {
        uint32_t slot = metric_slot(frame, m);
        frame->metric_wanted[m] = slot != CHURN__NONE && frame->needed[slot];
        any = any || frame->metric_wanted[m];
    }
    return any;
}

bool churn__frame_need(churn__frame *frame, const churn__frame_options *options)
{
    need_all(frame, options);
    return want_metrics(frame);
}
