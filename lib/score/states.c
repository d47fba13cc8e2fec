/* SPDX-License-Identifier: MIT */
#include "score/score_inside.h"

/*
 * One row factor by factor, for explanations: the arithmetic of block.c written down for a single
 * row, with the same operations in the same order, so that the raw score is the same to the bit.
 */
typedef struct states {
    const churn__score_def *def;
    const churn__card_def *card;
    const churn__score_in *in;
    uint32_t row;
    churn__expr_scratch *scratch;
    churn__factor_state *of; /* by factor */
} states;

/* ---- one factor ---- */

static const churn__column *state_column(const states *s, uint32_t slot)
{
    return &s->in->columns[slot];
}

/* Points of a column that holds the input. */
static double state_read(const states *s, const churn__factor_def *factor, uint32_t slot,
                         churn__factor_state *to)
{
    const churn__column *column = state_column(s, slot);
    to->value = churn__score_number(column, s->row);
    if (factor->points_kind == CHURN__POINTS_MAP) {
        bool text = column->type == CHURN__TYPE_STRING && churn__column_has(column, s->row);
        to->word = text ? churn__column_string(column, s->row) : (churn_str){NULL, 0};
        return churn__factor_map(factor, column, s->row);
    }
    return isnan(to->value) ? (double)NAN : churn__factor_points(factor, to->value);
}

static churn_status state_input(const states *s, const churn__factor_def *factor,
                                churn__factor_state *to, churn_error *err)
{
    if (factor->points_kind == CHURN__POINTS_EXPRESSION) {
        return churn__score_expression(factor, s->in, s->row, s->scratch, &to->points, &to->missing,
                                       err);
    }
    to->points = state_read(s, factor, factor->slot, to);
    if (isnan(to->points)) {
        to->missing = churn__score_why(state_column(s, factor->slot), s->row);
    }
    return CHURN_OK;
}

static void state_carry(const states *s, const churn__factor_def *factor, churn__factor_state *to)
{
    to->points = state_read(s, factor, factor->carried_slot, to);
    if (isnan(to->points)) {
        return;
    }
    to->carried = true;
    if (factor->carried_age_slot != CHURN__NO_SLOT) {
        to->age = churn__score_number(state_column(s, factor->carried_age_slot), s->row);
        to->share = churn__factor_fade(to->age, 0, factor->carry_half_life);
    }
}

static void state_substitute(const states *s, const churn__factor_def *factor,
                             churn__factor_state *to)
{
    if (factor->missing == CHURN__FACTOR_CARRY) {
        state_carry(s, factor, to);
        return;
    }
    to->points = churn__factor_substitute(factor, to->least, to->greatest);
    to->substituted = !isnan(to->points);
    if (factor->missing == CHURN__FACTOR_VALUE) {
        to->value = factor->points_kind == CHURN__POINTS_MAP && factor->missing_word.ptr != NULL
                        ? (double)NAN
                        : factor->missing_value;
        to->word = factor->missing_word;
    }
}

static churn_status state_factor(const states *s, uint32_t f, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__factor_def *factor = &s->card->factors[f];
    churn__factor_state *to = &s->of[f];
    *to = (churn__factor_state){.value = (double)NAN, .age = (double)NAN, .share = 1};
    CHURN_TRY(state_input(s, factor, to, err));
    churn__factor_reach(factor, s->in, s->row, &to->least, &to->greatest);
    if (to->missing != CHURN__PRESENT) {
        to->value = (double)NAN;
        to->word = (churn_str){NULL, 0};
        state_substitute(s, factor, to);
    } else if (factor->decay_slot != CHURN__NO_SLOT) {
        to->age = churn__score_number(state_column(s, factor->decay_slot), s->row);
        to->share = churn__factor_fade(to->age, factor->decay_after, factor->decay_half_life);
    }
done:
    return st;
}

/* ---- the tree ---- */

/* Of a group that begins at a factor; what stands behind all that is within it comes next. */
typedef struct state_sums {
    double sum, weight, all;
    uint32_t group, factor; /* the next ones */
} state_sums;

static bool state_has_factor(const states *s, uint32_t group, uint32_t f)
{
    return f < s->def->factor_count && s->card->factors[f].group == group;
}

static bool state_has_group(const states *s, uint32_t group, uint32_t g)
{
    return g < s->def->group_count && s->card->groups[g].parent == group;
}

static void state_add_factors(const states *s, uint32_t group, state_sums *to)
{
    for (; state_has_factor(s, group, to->factor); to->factor++) {
        const churn__factor_def *factor = &s->card->factors[to->factor];
        const churn__factor_state *of = &s->of[to->factor];
        bool scores = !isnan(of->points);
        to->sum += scores ? factor->weight * of->share * of->points : 0;
        to->weight += scores ? factor->weight * of->share : 0;
        to->all += factor->weight;
    }
}

/* The members of a group, of the score itself for CHURN__NO_SLOT. The depth of groups is bounded by
 * CHURN__SCORE_DEPTH. */
static state_sums state_group(const states *s, uint32_t group, uint32_t factor)
{
    state_sums to = {.group = group == CHURN__NO_SLOT ? 0 : group + 1, .factor = factor};
    state_add_factors(s, group, &to);
    while (state_has_group(s, group, to.group)) {
        double weight = s->card->groups[to.group].weight;
        state_sums of = state_group(s, to.group, to.factor);
        to.sum += of.weight > 0 ? weight * (of.sum / of.weight) : 0;
        to.weight += of.weight > 0 ? weight : 0;
        to.all += of.all > 0 ? weight : 0;
        to.group = of.group;
        to.factor = of.factor;
    }
    return to;
}

static double state_part(double share, double weight, double of)
{
    return of > 0 ? share * (weight / of) : 0;
}

/* Give the members of a group their parts of what it has itself: now, and if all were there. */
static void state_weigh(const states *s, uint32_t group, uint32_t factor, double effective,
                        double whole)
{
    state_sums sums = state_group(s, group, factor);
    for (; state_has_factor(s, group, factor); factor++) {
        const churn__factor_def *def = &s->card->factors[factor];
        churn__factor_state *of = &s->of[factor];
        bool scores = !isnan(of->points);
        of->effective = scores ? state_part(effective, def->weight * of->share, sums.weight) : 0;
        of->whole = state_part(whole, def->weight, sums.all);
    }
    for (uint32_t g = group == CHURN__NO_SLOT ? 0 : group + 1; state_has_group(s, group, g);) {
        double weight = s->card->groups[g].weight;
        state_sums of = state_group(s, g, factor);
        state_weigh(s, g, factor, of.weight > 0 ? state_part(effective, weight, sums.weight) : 0,
                    state_part(whole, weight, sums.all));
        g = of.group;
        factor = of.factor;
    }
}

static bool state_fails(const states *s)
{
    for (uint32_t f = 0; f < s->def->factor_count; f++) {
        if (s->of[f].missing != CHURN__PRESENT &&
            s->card->factors[f].missing == CHURN__FACTOR_ERROR) {
            return true;
        }
    }
    return false;
}

churn_status churn__score_states(const churn__score_def *def, const churn__card_def *card,
                                 const churn__score_in *in, uint32_t row,
                                 churn__expr_scratch *scratch, churn__factor_state *states_out,
                                 double *raw, churn_error *err)
{
    churn_status st = CHURN_OK;
    states s = {def, card, in, row, scratch, states_out};
    for (uint32_t f = 0; f < def->factor_count; f++) {
        CHURN_TRY(state_factor(&s, f, err));
    }
    state_weigh(&s, CHURN__NO_SLOT, 0, 1, 1);
    state_sums all = state_group(&s, CHURN__NO_SLOT, 0);
    *raw = all.weight > 0 && !state_fails(&s) ? all.sum / all.weight : (double)NAN;
done:
    return st;
}

double churn__score_sum(const churn__score_def *def, const churn__card_def *card,
                        const churn__factor_state *of)
{
    const states s = {def, card, NULL, 0, NULL, (churn__factor_state *)of};
    state_sums all = state_group(&s, CHURN__NO_SLOT, 0);
    return all.weight > 0 && !state_fails(&s) ? all.sum / all.weight : (double)NAN;
}

/* ---- caps ---- */

static churn__truth state_critical(const churn__cap_def *cap, const churn__factor_state *of)
{
    uint32_t below = 0, maybe = 0;
    for (uint32_t f = 0; f < cap->factor_count; f++) {
        const churn__factor_state *state = &of[cap->factors[f]];
        bool there = state->missing == CHURN__PRESENT;
        below += there && churn__score_below(state->points, cap->below);
        maybe += !there && churn__score_below(state->least, cap->below);
    }
    return churn__score_critical(cap->fewest, below, maybe);
}

/* Failures that are not the row's own are passed on; an ERROR of the condition is an outcome. */
static churn_status state_condition(const states *s, const churn__cap_def *cap, churn__truth *truth,
                                    churn_error *err)
{
    churn_error inner;
    churn__value value = {0};
    churn_error_init(&inner, sizeof inner);
    *truth = CHURN__UNKNOWN;
    churn_status st =
        churn__expr_value(cap->when, s->in->columns, s->row, s->scratch, &value, truth, &inner);
    if (st != CHURN_OK) {
        return churn__fail(err, st, inner.detail, "%s", inner.message);
    }
    *truth = *truth == CHURN__TRUE && value.as.b == 0 ? CHURN__FALSE : *truth;
    return CHURN_OK;
}

churn_status churn__score_cap_truths(const churn__score_def *def, const churn__card_def *card,
                                     const churn__score_in *in, uint32_t row,
                                     const churn__factor_state *factor_states,
                                     churn__expr_scratch *scratch, churn__truth *truths,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    const states s = {def, card, in, row, scratch, NULL};
    for (uint32_t c = 0; c < def->cap_count; c++) {
        const churn__cap_def *cap = &card->caps[c];
        bool there = in->overrides != NULL && !isnan(in->overrides[row]) && !def->overrides_ignored;
        truths[c] = CHURN__FALSE;
        if (cap->kind == CHURN__CAP_OVERRIDE) {
            truths[c] = there ? CHURN__TRUE : CHURN__FALSE;
        } else if (cap->kind == CHURN__CAP_CRITICAL && !cap->off) {
            truths[c] = state_critical(cap, factor_states);
        } else if (!cap->off) {
            CHURN_TRY(state_condition(&s, cap, &truths[c], err));
        }
    }
done:
    return st;
}
