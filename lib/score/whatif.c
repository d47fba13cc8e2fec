/* SPDX-License-Identifier: MIT */
#include "score/score_inside.h"

/*
 * What an input would have to be for the score before caps to reach a number. In the points of one
 * factor the score is linear, all else the same: with weight w of W present, dropping groups, it
 * moves by w / W of what the points do. So where factors that read one input are known at 0 and at
 * 100 points, they are known at every input, and between two points of their curves the score is a
 * straight line. The way goes outwards from the present input, piece by piece, and inside the first
 * piece that reaches the number to the input where it does.
 */
typedef struct need {
    const churn__score_def *def;
    const churn__card_def *card;
    churn__factor_state *states; /* scratch: `effective` is what one point moves the score by */
    uint32_t slot;
    double goal, at_zero;
    double best, best_at; /* the greatest that was seen */
} need;

static bool need_reads(const need *n, uint32_t factor)
{
    const churn__factor_def *f = &n->card->factors[factor];
    return f->slot == n->slot && f->points_kind != CHURN__POINTS_EXPRESSION;
}

/* As if the input were there: it counts in full, but for what its own age has taken. */
static void need_bring(churn__factor_state *state)
{
    if (state->missing != CHURN__PRESENT) {
        state->share = 1;
    }
    state->missing = CHURN__PRESENT;
    state->substituted = state->carried = false;
}

void churn__score_put(const churn__score_def *def, const churn__card_def *card,
                      churn__factor_state *states, uint32_t slot, double value, churn_str word)
{
    const need n = {.def = def, .card = card, .slot = slot};
    for (uint32_t f = 0; f < def->factor_count; f++) {
        if (need_reads(&n, f)) {
            need_bring(&states[f]);
            states[f].value = value;
            states[f].word = word;
            states[f].points = word.ptr != NULL ? churn__factor_category(&card->factors[f], word)
                                                : churn__factor_points(&card->factors[f], value);
        }
    }
}

static double need_slope(const need *n, uint32_t factor)
{
    n->states[factor].points = 100;
    double slope = (churn__score_sum(n->def, n->card, n->states) - n->at_zero) / 100;
    n->states[factor].points = 0;
    return slope;
}

static void need_open(need *n)
{
    for (uint32_t f = 0; f < n->def->factor_count; f++) {
        if (need_reads(n, f)) {
            need_bring(&n->states[f]);
            n->states[f].points = 0;
        }
    }
    n->at_zero = churn__score_sum(n->def, n->card, n->states);
    for (uint32_t f = 0; f < n->def->factor_count; f++) {
        if (need_reads(n, f)) {
            n->states[f].effective = need_slope(n, f);
        }
    }
}

static double need_at(const need *n, double x)
{
    double sum = n->at_zero;
    for (uint32_t f = 0; f < n->def->factor_count; f++) {
        if (need_reads(n, f)) {
            sum += n->states[f].effective * churn__factor_points(&n->card->factors[f], x);
        }
    }
    return sum;
}

static bool need_met(need *n, double x)
{
    double sum = need_at(n, x);
    if (sum > n->best) {
        n->best = sum;
        n->best_at = x;
    }
    return sum >= n->goal;
}

bool churn__score_knot(const churn__score_def *def, const churn__card_def *card, uint32_t slot,
                       double from, bool down, double *out)
{
    const need n = {.def = def, .card = card, .slot = slot};
    bool any = false;
    for (uint32_t f = 0; f < def->factor_count; f++) {
        double x = 0;
        bool beyond = need_reads(&n, f) && churn__factor_knot(&card->factors[f], from, down, &x);
        if (beyond && (!any || (down ? x > *out : x < *out))) {
            *out = x;
            any = true;
        }
    }
    return any;
}

#define HALVINGS 2100 /* as many as doubles between any two can be halved, and more */

/* Between an input that does not do and one that does on a straight line: the first that does. */
static double need_edge(const need *n, double bad, double good)
{
    for (uint32_t i = 0; i < HALVINGS; i++) {
        double middle = good / 2 + bad / 2;
        if (middle == good || middle == bad) {
            break;
        }
        if (need_at(n, middle) >= n->goal) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    return good;
}

/* The piece between a point that does not do and the next one, which may jump at either end. */
static bool need_piece(need *n, double from, double to, double *out)
{
    double first = nextafter(from, to), last = nextafter(to, from);
    if (need_met(n, first)) {
        *out = first;
        return true;
    }
    if (need_met(n, last)) {
        *out = need_edge(n, first, last);
        return true;
    }
    *out = to;
    return need_met(n, to);
}

/* From an input outwards in one direction. */
static bool need_walk(need *n, double from, bool down, double *out)
{
    double to = 0;
    if (need_met(n, from)) {
        *out = from;
        return true;
    }
    while (churn__score_knot(n->def, n->card, n->slot, from, down, &to)) {
        if (need_piece(n, from, to, out)) {
            return true;
        }
        from = to;
    }
    *out = nextafter(from, down ? -(double)INFINITY : (double)INFINITY); /* level from here on */
    return need_met(n, *out);
}

bool churn__score_need(const churn__score_def *def, const churn__card_def *card,
                       churn__factor_state *states, uint32_t slot, double goal, double from,
                       bool down, double *out)
{
    need n = {.def = def,
              .card = card,
              .states = states,
              .slot = slot,
              .goal = goal,
              .best = -(double)INFINITY,
              .best_at = (double)NAN};
    double above = 0, below = 0;
    need_open(&n);
    *out = (double)NAN;
    if (isnan(n.at_zero)) {
        return false;
    }
    if (isnan(from)) {
        double begin = down ? (double)INFINITY : -(double)INFINITY;
        if (churn__score_knot(def, card, slot, begin, down, &from) &&
            need_walk(&n, from, down, out)) {
            return true;
        }
        *out = n.best_at;
        return false;
    }
    bool up = need_walk(&n, from, false, &above), under = need_walk(&n, from, true, &below);
    if (up && under) {
        *out = above - from <= from - below ? above : below;
    } else {
        *out = up ? above : under ? below : n.best_at;
    }
    return up || under;
}
