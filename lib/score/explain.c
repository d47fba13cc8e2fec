/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/num.h"
#include "base/sort.h"
#include "score/score_inside.h"

/*
 * Why a score is what it is: each factor moves the score away from the
 * baseline by its effective weight times (sub-score - baseline). In units of 1e-6 these are rounded
 * by largest remainder, so that the lines add up to the rounded score; then each cap adds its exact
 * effect.
 */
typedef struct explain {
    const churn__score_def *def;
    const churn__card_def *card;
    const churn__score_in *in;
    uint32_t row;
    churn__factor_state *states; /* by factor */
    churn__truth *truths;        /* by cap */
    churn__score_line *lines;
    uint32_t count;
    uint32_t factors; /* lines 1 .. factors are factors that score */
    double *share;    /* of those: the contribution before rounding, in units */
} explain;

/* ---- factors ---- */

static churn__score_line explain_line(const explain *e, uint32_t f)
{
    const churn__factor_def *factor = &e->card->factors[f];
    const churn__factor_state *state = &e->states[f];
    bool scores = !isnan(state->points);
    return (churn__score_line){
        .kind = scores ? CHURN__LINE_FACTOR : CHURN__LINE_MISSING,
        .name = factor->id,
        .group = e->card->groups[factor->group].id,
        .slot = factor->slot,
        .value = state->missing == CHURN__PRESENT ? state->value : (double)NAN,
        .missing = state->missing,
        .points = scores ? churn__round6(state->points) : (double)NAN,
        .weight = scores ? state->effective : state->whole,
    };
}

/* All factors of one kind of line, in the order of declaration. */
static void explain_factors(explain *e, churn__line_kind kind)
{
    for (uint32_t f = 0; f < e->def->factor_count; f++) {
        churn__score_line line = explain_line(e, f);
        if (line.kind != kind) {
            continue;
        }
        if (kind == CHURN__LINE_FACTOR) {
            e->share[e->factors++] = line.weight * (e->states[f].points - e->def->baseline) * 1e6;
        }
        e->lines[e->count++] = line;
    }
}

/* ---- rounding ---- */

/* The line whose rounded share is furthest below (step 1) or above (step -1) the true one. */
static uint32_t explain_furthest(const explain *e, int64_t step)
{
    uint32_t best = 0;
    double gap = -(double)INFINITY;
    for (uint32_t i = 0; i < e->factors; i++) {
        double off = (e->share[i] - (double)e->lines[1 + i].contribution) * (double)step;
        if (off > gap) {
            gap = off;
            best = i;
        }
    }
    return best;
}

/* Largest remainder: floors first, then what is left to those that lost most. */
static void explain_round(const explain *e, int64_t target)
{
    int64_t left = target;
    for (uint32_t i = 0; i < e->factors; i++) {
        e->lines[1 + i].contribution = (int64_t)floor(e->share[i]);
        left -= e->lines[1 + i].contribution;
    }
    int64_t step = left < 0 ? -1 : 1;
    for (; e->factors > 0 && left != 0; left -= step) {
        e->lines[1 + explain_furthest(e, step)].contribution += step;
    }
}

static int64_t explain_size(const churn__score_line *line)
{
    return line->contribution < 0 ? -line->contribution : line->contribution;
}

static int explain_compare(const void *a, const void *b, const void *context)
{
    int64_t x = explain_size(a), y = explain_size(b);
    (void)context;
    return (x < y) - (x > y);
}

/* ---- caps ---- */

static void explain_add_cap(explain *e, const churn__cap_def *cap, double *score)
{
    bool acts = cap->is_floor ? *score < cap->bound : *score > cap->bound;
    int64_t effect = churn__micro(cap->bound) - churn__micro(*score);
    if (!acts) {
        return;
    }
    *score = cap->bound;
    if (effect != 0) {
        e->lines[e->count++] = (churn__score_line){
            .kind = cap->is_floor ? CHURN__LINE_FLOOR : CHURN__LINE_CAP,
            .name = cap->id,
            .slot = UINT32_MAX,
            .value = (double)NAN,
            .points = cap->bound,
            .weight = (double)NAN,
            .contribution = effect,
        };
    }
}

static void explain_override(explain *e, double value, double *score)
{
    e->lines[e->count++] = (churn__score_line){
        .kind = CHURN__LINE_OVERRIDE,
        .name = CHURN__STR("override"),
        .slot = UINT32_MAX,
        .value = (double)NAN,
        .points = value,
        .weight = (double)NAN,
        .contribution = churn__micro(value) - churn__micro(*score),
    };
    *score = value;
}

static void explain_caps(explain *e, double score)
{
    for (uint32_t c = 0; c < e->def->cap_count; c++) {
        if (e->truths[c] != CHURN__TRUE) {
            continue;
        }
        if (e->card->caps[c].kind == CHURN__CAP_OVERRIDE) {
            explain_override(e, e->in->overrides[e->row], &score);
        } else {
            explain_add_cap(e, &e->card->caps[c], &score);
        }
    }
}

/* ---- all of it ---- */

static churn_status explain_room(explain *e, churn__arena *arena, churn_error *err)
{
    size_t factors = e->def->factor_count;
    e->lines = churn__arena_array(arena, factors + e->def->cap_count + 1, sizeof *e->lines);
    e->share = churn__arena_array(arena, factors + 1, sizeof *e->share);
    e->states = churn__arena_array(arena, factors, sizeof *e->states);
    e->truths = churn__arena_array(arena, e->def->cap_count, sizeof *e->truths);
    bool room = e->lines != NULL && e->share != NULL && e->states != NULL && e->truths != NULL;
    return room ? CHURN_OK : churn__fail_memory(err, arena->heap);
}

static void explain_baseline(explain *e)
{
    e->lines[e->count++] = (churn__score_line){
        .kind = CHURN__LINE_BASELINE,
        .name = CHURN__STR("baseline"),
        .slot = UINT32_MAX,
        .value = (double)NAN,
        .points = e->def->baseline,
        .weight = (double)NAN,
        .contribution = churn__micro(e->def->baseline),
    };
}

churn_status churn__score_explain(const churn__score_def *def, const churn__card_def *card,
                                  const churn__score_in *in, uint32_t row,
                                  churn__expr_scratch *scratch, churn__arena *arena,
                                  churn__score_line **lines, uint32_t *count, churn_error *err)
{
    churn_status st = CHURN_OK;
    explain e = {.def = def, .card = card, .in = in, .row = row};
    double raw = 0;
    CHURN_TRY(explain_room(&e, arena, err));
    CHURN_TRY(churn__score_states(def, card, in, row, scratch, e.states, &raw, err));
    CHURN_TRY(churn__score_cap_truths(def, card, in, row, e.states, scratch, e.truths, err));
    explain_baseline(&e);
    explain_factors(&e, CHURN__LINE_FACTOR);
    if (!isnan(raw)) {
        explain_round(&e, churn__micro(raw) - e.lines[0].contribution);
        explain_caps(&e, raw);
    }
    if (!churn__sort(arena->heap, e.lines + 1, e.factors, sizeof *e.lines, explain_compare, NULL)) {
        st = churn__fail_memory(err, arena->heap);
        goto done;
    }
    explain_factors(&e, CHURN__LINE_MISSING);
    *lines = e.lines;
    *count = e.count;
done:
    return st;
}
