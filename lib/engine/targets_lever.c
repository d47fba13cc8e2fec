/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "engine/targets.h"

/* What can be moved, and how far by the arithmetic of scores alone: see lib/score/whatif.c. */

/* ---- finding them ---- */

static bool is_known(const churn__hunt *h, uint32_t slot)
{
    for (uint32_t i = 0; i < h->lever_count; i++) {
        if (h->levers[i].slot == slot) {
            return true;
        }
    }
    return false;
}

static double number_at(const churn__frame *frame, uint32_t slot)
{
    const churn__column *column = &frame->columns[slot];
    if (!churn__column_has(column, 0)) {
        return (double)NAN;
    }
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        return *(const uint8_t *)column->values;
    case CHURN__TYPE_DOUBLE:
        return *(const double *)column->values;
    default:
        return (double)NAN;
    }
}

/* What is behind the author's name, and what that can be. */
static void bind(const churn__hunt *h, churn__lever *lever)
{
    const churn_playbook *pb = h->frame->playbook;
    const churn__slot *what = &pb->slots[lever->shown];
    lever->metric = lever->score = CHURN__NONE;
    lever->low = -(double)INFINITY;
    lever->high = (double)INFINITY;
    lever->words = what->type != CHURN__TYPE_DOUBLE;
    if (what->kind == CHURN__SLOT_METRIC) {
        churn__expr_name values = {.type = what->type};
        churn__playbook_values(pb, what->index, &values);
        lever->metric = what->index;
        lever->low = values.bounded ? values.low : lever->low;
        lever->high = values.bounded ? values.high : lever->high;
        lever->whole = churn__str_eq(churn__str_nts(churn__playbook_unit(pb, what->index)),
                                     CHURN__STR("count"));
    } else if (what->kind == CHURN__SLOT_SCORE && what->part == CHURN__PART_SCORE) {
        lever->score = what->index;
        lever->low = 0;
        lever->high = 100;
    } else {
        lever->stuck = true;
    }
}

static churn_status open_lever(churn__hunt *h, uint32_t f, churn_error *err)
{
    const churn__factor_def *factor = &h->card->factors[f];
    churn__lever lever = {.factor = f, .slot = factor->slot, .shown = factor->shown_slot};
    lever.value = lever.input = (double)NAN;
    lever.down = factor->direction == CHURN__DIRECTION_LOWER;
    if (factor->points_kind == CHURN__POINTS_EXPRESSION || factor->slot == CHURN__NO_SLOT) {
        lever.slot = lever.shown = CHURN__NO_SLOT;
        lever.metric = lever.score = CHURN__NONE;
        lever.stuck = true;
    } else {
        bind(h, &lever);
        lever.input = number_at(h->frame, lever.slot);
        lever.value = number_at(h->frame, lever.shown);
        churn_str word = h->now[f].word;
        lever.word = word.ptr == NULL ? word : churn__arena_str(&h->arena, word.ptr, word.len);
        h->now[f].word = lever.word;
        if (word.ptr != NULL && lever.word.ptr == NULL) {
            return churn__fail_memory(err, h->heap);
        }
    }
    h->levers[h->lever_count++] = lever;
    return CHURN_OK;
}

churn_status churn__levers_find(churn__hunt *h, churn_error *err)
{
    churn_status st = CHURN_OK;
    h->levers = churn__arena_array(&h->arena, h->def->factor_count, sizeof *h->levers);
    if (h->levers == NULL) {
        CHURN_TRY(churn__fail_memory(err, h->heap));
    }
    for (uint32_t f = 0; f < h->def->factor_count; f++) {
        uint32_t slot = h->card->factors[f].slot;
        if (slot == CHURN__NO_SLOT || !is_known(h, slot)) {
            CHURN_TRY(open_lever(h, f, err));
        }
    }
done:
    return st;
}

/* ---- the arithmetic ---- */

void churn__hunt_reset(churn__hunt *h)
{
    memcpy(h->room, h->now, h->def->factor_count * sizeof *h->room);
}

void churn__lever_put(const churn__hunt *h, const churn__lever *lever, churn__choice choice)
{
    churn__score_put(h->def, h->card, h->room, lever->slot, choice.value, choice.word);
}

double churn__hunt_cost(const churn__hunt *h)
{
    double cost = 0;
    for (uint32_t f = 0; f < h->def->factor_count; f++) {
        double before = isnan(h->now[f].points) ? 0 : h->now[f].points;
        double after = isnan(h->room[f].points) ? 0 : h->room[f].points;
        cost += fabs(after - before);
    }
    return cost;
}

static bool is_truth(const churn__hunt *h, const churn__lever *lever)
{
    return h->frame->playbook->slots[lever->shown].type == CHURN__TYPE_BOOL;
}

/* The ith point of the curves over an input, ascending. */
static bool nth_knot(const churn__hunt *h, uint32_t slot, uint32_t i, double *out)
{
    double x = -(double)INFINITY;
    for (uint32_t k = 0; k <= i; k++) {
        if (!churn__score_knot(h->def, h->card, slot, x, false, &x)) {
            return false;
        }
    }
    *out = x;
    return true;
}

#define MOST_CHOICES 64u

bool churn__lever_choice(const churn__hunt *h, const churn__lever *lever, uint32_t i,
                         churn__choice *out)
{
    const churn__factor_def *factor = &h->card->factors[lever->factor];
    *out = (churn__choice){.value = (double)NAN};
    if (lever->stuck || i >= MOST_CHOICES) {
        return false;
    }
    if (!lever->words) {
        return nth_knot(h, lever->slot, i, &out->value);
    }
    if (is_truth(h, lever)) {
        out->value = i;
        return i < 2;
    }
    if (i < factor->category_count) {
        out->word = factor->categories[i].word;
    }
    return i < factor->category_count;
}

static bool word_need(const churn__hunt *h, const churn__lever *lever, double goal,
                      churn__choice *out)
{
    double best = -(double)INFINITY, least = (double)INFINITY;
    churn__choice choice;
    churn__hunt mine = *h;
    mine.room = h->more;
    *out = (churn__choice){.value = (double)NAN};
    for (uint32_t i = 0; churn__lever_choice(h, lever, i, &choice); i++) {
        memcpy(mine.room, h->room, h->def->factor_count * sizeof *h->room);
        churn__lever_put(&mine, lever, choice);
        double sum = churn__score_sum(h->def, h->card, mine.room);
        double cost = churn__hunt_cost(&mine);
        bool met = sum >= goal;
        if (met ? cost < least : least == (double)INFINITY && sum > best) {
            *out = choice;
        }
        least = met && cost < least ? cost : least;
        best = sum > best ? sum : best;
    }
    return least < (double)INFINITY;
}

bool churn__lever_need(const churn__hunt *h, const churn__lever *lever, double goal,
                       churn__choice *out)
{
    if (lever->words) {
        return word_need(h, lever, goal, out);
    }
    *out = (churn__choice){.value = (double)NAN};
    memcpy(h->more, h->room, h->def->factor_count * sizeof *h->room);
    return churn__score_need(h->def, h->card, h->more, lever->slot, goal, lever->input, lever->down,
                             &out->value);
}

/* ---- numbers that can be given ---- */

#define NOISE 1e-9 /* of a whole number that was computed */

double churn__lever_snap(const churn__lever *lever, double value)
{
    double unit = lever->whole ? 1 : 1e-6, scaled = value / unit;
    bool down = isnan(lever->value) ? lever->down : value < lever->value;
    double near = floor(scaled + 0.5);
    if (fabs(scaled) > 1e15 || isnan(value)) {
        return value;
    }
    if (fabs(scaled - near) > NOISE * (lever->whole ? 1 : 1e6)) {
        near = down ? floor(scaled) : ceil(scaled);
    }
    return lever->whole ? near : near / 1e6;
}
