/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "engine/targets.h"

/*
 * Moves that are tried out. What arithmetic says of one factor need not be all: others may be made
 * of the same metric, a condition of a cap may read it, a segment and with it the card may change,
 * and what is usual among others has the customer among them. So the score is computed anew with
 * what is given, and only what reaches the target then is called feasible.
 */
#define ROUNDING 2.5e-7 /* scores are rounded to 1e-6: half of what may be lacking */
#define ATTEMPTS 8u     /* with more each time by what was lacking */
#define DOUBLINGS 24u
#define HALVINGS 80u

/* ---- giving ---- */

static void give_one(churn__hunt *h, const churn__target_move *move)
{
    const churn__lever *lever = move->lever;
    if (lever->score != CHURN__NONE) {
        h->scores[h->given.score_count] = lever->score;
        h->score_values[h->given.score_count++] = move->shown.value;
        return;
    }
    churn__metric_given *given = &h->values[h->given.value_count++];
    *given = (churn__metric_given){.metric = lever->metric};
    given->value.type = h->frame->playbook->slots[lever->shown].type;
    if (move->shown.word.ptr != NULL) {
        given->value.as.s = move->shown.word;
    } else if (given->value.type == CHURN__TYPE_BOOL) {
        given->value.as.b = move->shown.value != 0;
    } else {
        given->value.as.d = move->shown.value;
    }
}

static void give(churn__hunt *h, const churn__target_move *moves, uint32_t count)
{
    h->given.value_count = h->given.score_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        give_one(h, &moves[i]);
    }
    churn__frame_give(h->frame);
}

churn_status churn__hunt_try(churn__hunt *h, const churn__target_move *moves, uint32_t count,
                             bool exact, double *score, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__cancel_check(h->cancel, err));
    give(h, moves, count);
    if (exact && h->frame->own_usual != NULL) {
        churn__usual_free(h->frame->own_usual);
        h->frame->usual = h->frame->own_usual = NULL;
        CHURN_TRY(churn__frame_survey(h->frame, h->asking.engine, &h->want, h->cancel, err));
    }
    CHURN_TRY(churn__frame_fill(h->frame, h->asking.order, 1, err));
    const churn__score_out *out = &h->frame->scores[h->score];
    *score = out->missing[0] ? (double)NAN : out->score[0];
done:
    return st;
}

/* ---- from an input to what is shown ---- */

static double input_now(const churn__hunt *h, uint32_t slot)
{
    const churn__column *column = &h->frame->columns[slot];
    return churn__column_has(column, 0) && column->type == CHURN__TYPE_DOUBLE
               ? *(const double *)column->values
               : (double)NAN;
}

/* Does a number that is shown lead to the input, or beyond it? */
static churn_status leads(churn__hunt *h, const churn__lever *lever, double shown, double input,
                          bool down, bool *yes, churn_error *err)
{
    churn_status st = CHURN_OK;
    double score = 0;
    const churn__target_move move = {.lever = lever, .shown = {.value = shown}};
    CHURN_TRY(churn__hunt_try(h, &move, 1, false, &score, err));
    double got = input_now(h, lever->slot);
    *yes = down ? got <= input : got >= input;
done:
    return st;
}

static double clip(const churn__lever *lever, double x)
{
    return x < lever->low ? lever->low : x > lever->high ? lever->high : x;
}

/* Ranks, distances in spreads and slopes go the way their metric goes: outwards in steps that
 * double, then back by halves. */
churn_status churn__hunt_shown(churn__hunt *h, const churn__lever *lever, double input, double *out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    bool known = !isnan(lever->value), yes = false;
    bool down = isnan(lever->input) ? lever->down : input < lever->input;
    double bad = known ? lever->value : clip(lever, 0), good = bad;
    double step = lever->whole || fabs(bad) < 1 ? 1 : fabs(bad) / 16;
    *out = input;
    if (lever->slot == lever->shown) {
        return CHURN_OK;
    }
    *out = (double)NAN;
    CHURN_TRY(leads(h, lever, bad, input, down, &yes, err));
    for (uint32_t i = 0; !yes && i < DOUBLINGS * 2; i++, step *= 2) {
        bad = good;
        good = clip(lever, down ? bad - step : bad + step);
        CHURN_TRY(leads(h, lever, good, input, down, &yes, err));
    }
    if (!yes) {
        return CHURN_OK;
    }
    for (uint32_t i = 0; i < HALVINGS && fabs(good - bad) > (lever->whole ? 1 : 1e-6); i++) {
        double middle = good / 2 + bad / 2;
        CHURN_TRY(leads(h, lever, middle, input, down, &yes, err));
        *(yes ? &good : &bad) = middle;
    }
    *out = good;
done:
    return st;
}

churn_status churn__hunt_read(churn__hunt *h, churn__target_move *moves, uint32_t count,
                              churn_error *err)
{
    const churn__score_in in = churn__frame_score_in(h->frame, h->score);
    const churn__card_def *card = churn__frame_card(h->frame, h->score, 0);
    double raw = 0;
    churn_status st =
        churn__score_states(h->def, card, &in, 0, h->frame->scratch, h->room, &raw, err);
    for (uint32_t i = 0; st == CHURN_OK && i < count; i++) {
        moves[i].points = h->room[moves[i].lever->factor].points;
    }
    return st;
}

/* ---- single factors ---- */

static bool reaches(const churn__hunt *h, double score)
{
    return score >= h->target; /* a NaN does not */
}

static churn_status try_at(churn__hunt *h, churn__way *way, double x, double *score,
                           churn_error *err)
{
    way->moves[0].shown.value = x;
    return churn__hunt_try(h, way->moves, 1, false, score, err);
}

/* Between a number that does not do and one that does: the one nearest to the former. */
static churn_status close_in(churn__hunt *h, churn__way *way, double bad, double good,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    double score = 0, grid = way->moves[0].lever->whole ? 1 : 1e-6;
    for (uint32_t i = 0; i < HALVINGS && fabs(good - bad) > grid * 1.0000001; i++) {
        double middle = churn__lever_snap(way->moves[0].lever, good / 2 + bad / 2);
        middle = middle == good ? good + (bad < good ? -grid : grid) : middle;
        CHURN_TRY(try_at(h, way, middle, &score, err));
        *(reaches(h, score) ? &good : &bad) = middle;
    }
    way->moves[0].shown.value = churn__lever_snap(way->moves[0].lever, good);
done:
    return st;
}

/* More was reached than asked for: others move with the metric, or less would do. */
static churn_status tighten(churn__hunt *h, churn__way *way, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__lever *lever = way->moves[0].lever;
    double x = way->moves[0].shown.value, grid = lever->whole ? 1 : 1e-6, score = 0;
    bool known = !lever->words && !isnan(lever->value) && fabs(x - lever->value) > grid;
    if (!known || way->reaches <= h->target + 1e-6) {
        return CHURN_OK;
    }
    double less = x + (lever->value < x ? -grid : grid);
    CHURN_TRY(try_at(h, way, less, &score, err));
    way->moves[0].shown.value = x;
    if (reaches(h, score)) {
        CHURN_TRY(close_in(h, way, lever->value, less, err));
    }
    CHURN_TRY(churn__hunt_try(h, way->moves, 1, true, &score, err));
    if (!reaches(h, score)) { /* as it was */
        way->moves[0].shown.value = x;
        CHURN_TRY(churn__hunt_try(h, way->moves, 1, true, &score, err));
    }
    way->reaches = score;
done:
    return st;
}

/* Outwards from where arithmetic sees no more: a cap may let go there, or another factor that is
 * made of the same metric may do the rest. */
static churn_status search(churn__hunt *h, churn__way *way, double from, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__lever *lever = way->moves[0].lever;
    bool down = isnan(lever->value) ? lever->down : from < lever->value;
    double bad = from, good = from, score = 0;
    double step = lever->whole || fabs(from) < 1 ? 1 : fabs(from) / 8;
    for (uint32_t i = 0; i < DOUBLINGS && !reaches(h, score); i++, step *= 2) {
        bad = good;
        good = churn__lever_snap(lever, clip(lever, down ? bad - step : bad + step));
        if (good == bad) {
            break;
        }
        CHURN_TRY(try_at(h, way, good, &score, err));
    }
    way->moves[0].shown.value = from;
    if (reaches(h, score)) {
        CHURN_TRY(close_in(h, way, bad, good, err));
    }
    CHURN_TRY(churn__hunt_try(h, way->moves, 1, true, &way->reaches, err));
    way->feasible = reaches(h, way->reaches);
done:
    return st;
}

/* ---- why not ---- */

/* The cap, or override, that keeps the score where it is. NULL: none does. */
static churn_status holder(churn__hunt *h, const churn__cap_def **out, double *at, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__card_def *card = churn__frame_card(h->frame, h->score, 0);
    const churn__score_in in = churn__frame_score_in(h->frame, h->score);
    churn__truth *truths = churn__arena_array(&h->arena, h->def->cap_count, sizeof *truths);
    double score = 0;
    *out = NULL;
    if (truths == NULL) {
        CHURN_TRY(churn__fail_memory(err, h->heap));
    }
    CHURN_TRY(churn__score_states(h->def, card, &in, 0, h->frame->scratch, h->more, &score, err));
    CHURN_TRY(
        churn__score_cap_truths(h->def, card, &in, 0, h->more, h->frame->scratch, truths, err));
    for (uint32_t c = 0; c < h->def->cap_count; c++) {
        const churn__cap_def *cap = &card->caps[c];
        bool hand = cap->kind == CHURN__CAP_OVERRIDE;
        double bound = hand ? h->frame->overrides[h->score][0] : cap->bound;
        bool acts =
            truths[c] == CHURN__TRUE && (hand || (cap->is_floor ? score < bound : score > bound));
        if (acts) {
            score = bound;
            *out = bound < h->target ? cap : NULL;
            *at = bound;
        }
    }
done:
    return st;
}

static churn_status say_why(churn__hunt *h, churn__way *way, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__cap_def *cap = NULL;
    const churn__score_out *out = &h->frame->scores[h->score];
    double at = 0;
    CHURN_TRY(holder(h, &cap, &at, err));
    if (out->missing[0] == CHURN__LOW_COVERAGE) {
        churn__format(way->reason, sizeof way->reason, "coverage would be %g, below %g",
                      out->coverage[0], churn__frame_card(h->frame, h->score, 0)->min_coverage);
    } else if (out->missing[0]) {
        churn__format(way->reason, sizeof way->reason, "there would be no score: %s",
                      churn__missing_name(out->missing[0]));
    } else if (cap != NULL && cap->kind == CHURN__CAP_OVERRIDE) {
        churn__format(way->reason, sizeof way->reason, "set by hand to %g", at);
    } else if (cap != NULL) {
        churn__format(way->reason, sizeof way->reason, "held at %g by %s %q", at,
                      cap->is_floor ? "floor" : "cap", &cap->id);
    } else {
        churn__format(way->reason, sizeof way->reason, "%g points of it would give %g",
                      churn__round6(way->moves[0].points), churn__round6(out->score[0]));
    }
done:
    return st;
}

static void say_stuck(const churn__hunt *h, churn__way *way)
{
    const churn__lever *lever = way->moves[0].lever;
    const churn__factor_def *factor = &h->card->factors[lever->factor];
    churn__choice need;
    if (lever->slot == CHURN__NO_SLOT) {
        churn__format(way->reason, sizeof way->reason, "cannot be inverted: expression");
        return;
    }
    bool enough = churn__lever_need(h, lever, h->target - ROUNDING, &need);
    const char *what = factor->kind == CHURN__OF_ROLL_UP      ? "of child customers"
                       : factor->kind == CHURN__OF_PERCENTILE ? "a share below it"
                       : factor->kind == CHURN__OF_ROBUST_Z   ? "a robust z"
                       : factor->kind == CHURN__OF_TREND      ? "a trend a period"
                                                              : "an input";
    if (enough && !isnan(need.value)) {
        churn__format(way->reason, sizeof way->reason, "%s of %g is needed: no value was found",
                      what, churn__round6(need.value));
    } else {
        churn__format(way->reason, sizeof way->reason, "%s: 100 points of it would not do", what);
    }
}

/* ---- one factor ---- */

/* One attempt by arithmetic; `*from` is where a search may go on, NaN: nowhere. */
static churn_status attempt(churn__hunt *h, churn__way *way, double goal, double *from, bool *again,
                            churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__lever *lever = way->moves[0].lever;
    churn__choice choice;
    churn__hunt_reset(h);
    bool found = churn__lever_need(h, lever, goal, &choice);
    *again = false;
    *from = (double)NAN;
    if (isnan(choice.value) && choice.word.ptr == NULL) {
        return CHURN_OK;
    }
    way->moves[0].shown = choice;
    if (!lever->words) {
        double shown = 0;
        CHURN_TRY(churn__hunt_shown(h, lever, choice.value, &shown, err));
        *from = way->moves[0].shown.value = churn__lever_snap(lever, shown);
        if (isnan(shown)) {
            return CHURN_OK;
        }
    }
    CHURN_TRY(churn__hunt_try(h, way->moves, 1, true, &way->reaches, err));
    way->feasible = reaches(h, way->reaches);
    *again = found && !way->feasible && !isnan(way->reaches);
done:
    return st;
}

static bool possible(const churn__target_move *move)
{
    const churn__lever *lever = move->lever;
    return lever->words || (move->shown.value >= lever->low && move->shown.value <= lever->high);
}

static churn_status work_out(churn__hunt *h, churn__way *way, churn_error *err)
{
    churn_status st = CHURN_OK;
    double goal = h->target - ROUNDING, from = (double)NAN, last = (double)NAN;
    bool again = true;
    for (uint32_t i = 0; again && i < ATTEMPTS; i++) {
        CHURN_TRY(attempt(h, way, goal, &from, &again, err));
        again = again && from != last;
        last = from;
        goal += again ? h->target - way->reaches + 1e-6 : 0;
    }
    if (!way->feasible && !isnan(from)) {
        CHURN_TRY(search(h, way, clip(way->moves[0].lever, from), err));
    }
    if (way->feasible) {
        CHURN_TRY(tighten(h, way, err));
    }
done:
    return st;
}

churn_status churn__hunt_single(churn__hunt *h, const churn__lever *lever, churn__way *out,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = (churn__way){.count = 1, .cost = (double)NAN, .reaches = (double)NAN};
    out->moves[0] = (churn__target_move){
        .lever = lever, .shown = {.value = (double)NAN}, .points = (double)NAN};
    if (!lever->stuck) {
        CHURN_TRY(work_out(h, out, err));
    }
    bool tried = !isnan(out->moves[0].shown.value) || out->moves[0].shown.word.ptr != NULL;
    if (!tried) {
        churn__hunt_reset(h);
        say_stuck(h, out);
        return CHURN_OK;
    }
    CHURN_TRY(churn__hunt_read(h, out->moves, 1, err));
    if (out->feasible && !possible(&out->moves[0])) {
        out->feasible = false;
        churn__format(out->reason, sizeof out->reason, "would have to be %g, which it cannot be",
                      out->moves[0].shown.value);
    } else if (out->feasible) {
        out->cost = churn__hunt_cost(h);
    } else {
        CHURN_TRY(say_why(h, out, err));
    }
done:
    return st;
}
