/* SPDX-License-Identifier: MIT */
#include "engine/evidence.h"

/*
 * What stands behind a factor or a score: metrics, and roll-ups of children. A score leads to what
 * its factors stand on; scores are visited once each.
 */

typedef struct visit {
    const churn_playbook *playbook;
    churn__sources *to;
    uint32_t *scores; /* found so far */
    uint32_t score_count;
} visit;

static void add_once(uint32_t *list, uint32_t *count, uint32_t number)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (list[i] == number) {
            return;
        }
    }
    list[(*count)++] = number;
}

static void visit_slot(visit *v, uint32_t slot)
{
    if (slot == CHURN__NO_SLOT) {
        return;
    }
    const churn__slot *what = &v->playbook->slots[slot];
    if (what->kind == CHURN__SLOT_METRIC) {
        add_once(v->to->metrics, &v->to->metric_count, what->index);
    } else if (what->kind == CHURN__SLOT_ROLL_UP) {
        add_once(v->to->roll_ups, &v->to->roll_up_count, what->index);
    } else if (what->kind == CHURN__SLOT_SCORE) {
        add_once(v->scores, &v->score_count, what->index);
    }
}

static void visit_factor(visit *v, const churn__factor_def *factor)
{
    if (factor->kind != CHURN__OF_EXPRESSION) {
        visit_slot(v, factor->shown_slot != CHURN__NO_SLOT ? factor->shown_slot : factor->slot);
        return;
    }
    uint32_t count = 0;
    const uint32_t *slots = churn__expr_slots(factor->expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        visit_slot(v, slots[i]);
    }
}

bool churn__sources_find(const churn_playbook *playbook, churn__arena *arena, uint32_t score,
                         uint32_t factor, churn__sources *out)
{
    visit v = {.playbook = playbook, .to = out};
    *out = (churn__sources){.metric_count = 0};
    out->metrics = churn__arena_array(arena, (size_t)playbook->metric_count + 1, sizeof(uint32_t));
    out->roll_ups =
        churn__arena_array(arena, (size_t)playbook->roll_up_count + 1, sizeof(uint32_t));
    v.scores = churn__arena_array(arena, playbook->score_count, sizeof *v.scores);
    if (out->metrics == NULL || out->roll_ups == NULL || v.scores == NULL) {
        return false;
    }
    if (factor != CHURN__NONE) {
        visit_factor(&v, &playbook->scores[score].cards[0].factors[factor]);
    } else {
        v.scores[v.score_count++] = score;
    }
    for (uint32_t i = 0; i < v.score_count; i++) {
        const churn__score_def *def = &playbook->scores[v.scores[i]];
        for (uint32_t f = 0; f < def->factor_count; f++) {
            visit_factor(&v, &def->cards[0].factors[f]);
        }
    }
    return true;
}
