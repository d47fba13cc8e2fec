/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/num.h"
#include "score/lines.h"

/*
 * Why a score is what it is: each factor moves the score away from the baseline by its effective
 * weight times (sub-score - baseline). In units of 1e-6 these are rounded by largest remainder, so
 * that the lines add up to the rounded score; then each cap, floor and override adds its exact
 * effect.
 */

/* ---- one row ---- */

bool churn__score_level_make(const churn__score_def *def, churn__arena *arena,
                             churn__score_level *level)
{
    size_t lines = (size_t)def->factor_count + def->cap_count + 1;
    *level = (churn__score_level){.def = NULL};
    level->states = churn__arena_array(arena, def->factor_count, sizeof *level->states);
    level->truths = churn__arena_array(arena, def->cap_count, sizeof *level->truths);
    level->lines = churn__arena_array(arena, lines, sizeof *level->lines);
    level->shares = churn__arena_array(arena, lines, sizeof *level->shares);
    level->effects = churn__arena_array(arena, def->cap_count, sizeof *level->effects);
    if (level->states == NULL || level->truths == NULL || level->lines == NULL ||
        level->shares == NULL || level->effects == NULL) {
        return false;
    }
    level->def = def;
    return true;
}

/* What it comes to: nothing caps a score that is not there, but an override makes one. */
static double level_score(const churn__score_level *level)
{
    double score = level->raw;
    for (uint32_t c = 0; c < level->def->cap_count; c++) {
        const churn__cap_def *cap = &level->card->caps[c];
        if (churn__score_cap_acts(level, c, score)) {
            score = cap->kind == CHURN__CAP_OVERRIDE ? level->override : cap->bound;
        }
    }
    return churn__round6(score);
}

churn_status churn__score_level_take(churn__score_level *level, const churn__score_in *in,
                                     uint32_t row, uint32_t card, churn__expr_scratch *scratch,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    level->card = &level->def->cards[card];
    level->line_count = 0;
    bool set = in->overrides != NULL && !level->def->overrides_ignored;
    level->override = set ? in->overrides[row] : (double)NAN;
    CHURN_TRY(churn__score_states(level->def, level->card, in, row, scratch, level->states,
                                  &level->raw, err));
    CHURN_TRY(churn__score_cap_truths(level->def, level->card, in, row, level->states, scratch,
                                      level->truths, err));
    level->score = level_score(level);
done:
    return st;
}

bool churn__score_cap_acts(const churn__score_level *level, uint32_t c, double score)
{
    const churn__cap_def *cap = &level->card->caps[c];
    if (cap->kind == CHURN__CAP_OVERRIDE) {
        return !isnan(level->override);
    }
    bool beyond = cap->is_floor ? score < cap->bound : score > cap->bound;
    return beyond && !cap->off && level->truths[c] == CHURN__TRUE;
}

void churn__score_level_effects(churn__score_level *level, double from)
{
    double score = isnan(level->raw) ? from : level->raw;
    bool there = !isnan(level->raw);
    for (uint32_t c = 0; c < level->def->cap_count; c++) {
        const churn__cap_def *cap = &level->card->caps[c];
        bool set = cap->kind == CHURN__CAP_OVERRIDE;
        level->effects[c] = 0;
        if (!churn__score_cap_acts(level, c, there ? score : (double)NAN)) {
            continue;
        }
        double to = set ? level->override : cap->bound;
        level->effects[c] = churn__micro(to) - churn__micro(score);
        score = to;
        there = true;
    }
}

/* ---- rounding ---- */

/* Shares that differ by less are equal on paper: the noise of their sums is far smaller. */
#define ROUND_TIE 1e-4

/* The line whose rounded share is furthest below (step 1) or above (step -1) the true one, the
 * first of equals. */
static uint32_t furthest(const double *shares, const churn__score_line *lines, uint32_t n,
                         int64_t step)
{
    uint32_t best = 0;
    double gap = -(double)INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        double off = (shares[i] - (double)lines[i].contribution) * (double)step;
        if (off > gap + ROUND_TIE) {
            gap = off;
            best = i;
        }
    }
    return best;
}

void churn__score_lines_round(const double *shares, churn__score_line *lines, uint32_t n,
                              int64_t target)
{
    int64_t left = target;
    for (uint32_t i = 0; i < n; i++) {
        lines[i].contribution = (int64_t)floor(shares[i]);
        left -= lines[i].contribution;
    }
    int64_t step = left < 0 ? -1 : 1;
    for (; n > 0 && left != 0; left -= step) {
        lines[furthest(shares, lines, n, step)].contribution += step;
    }
}

static int64_t size_of(const churn__score_line *line)
{
    return line->contribution < 0 ? -line->contribution : line->contribution;
}

/* Of few lines, most of which have their place: by insertion, so that ties stay as they are. */
void churn__score_lines_sort(churn__score_line *lines, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        churn__score_line moving = lines[i];
        uint32_t at = i;
        for (; at > 0 && size_of(&lines[at - 1]) < size_of(&moving); at--) {
            lines[at] = lines[at - 1];
        }
        lines[at] = moving;
    }
}

/* ---- lines ---- */

static churn__score_line *add_line(churn__score_level *level, churn__line_kind kind, uint32_t index)
{
    churn__score_line *line = &level->lines[level->line_count++];
    *line = (churn__score_line){.kind = kind,
                                .before = CHURN__NO_SLOT,
                                .after = index,
                                .points_before = (double)NAN,
                                .points = (double)NAN,
                                .weight_before = (double)NAN,
                                .weight = (double)NAN};
    return line;
}

static void add_factors(churn__score_level *level, double baseline)
{
    uint32_t first = level->line_count;
    for (uint32_t f = 0; f < level->def->factor_count; f++) {
        const churn__factor_state *state = &level->states[f];
        if (isnan(state->points)) {
            continue;
        }
        level->shares[level->line_count - first] =
            state->effective * (state->points - baseline) * 1e6;
        churn__score_line *line = add_line(level, CHURN__LINE_FACTOR, f);
        line->points = churn__round6(state->points);
        line->weight = state->effective;
    }
    uint32_t n = level->line_count - first;
    if (!isnan(level->raw)) {
        churn__score_lines_round(level->shares, level->lines + first, n,
                                 churn__micro(level->raw) - churn__micro(baseline));
    }
    churn__score_lines_sort(level->lines + first, n);
}

churn__line_kind churn__score_cap_line(const churn__cap_def *cap)
{
    if (cap->kind == CHURN__CAP_OVERRIDE) {
        return CHURN__LINE_OVERRIDE;
    }
    return cap->is_floor ? CHURN__LINE_FLOOR : CHURN__LINE_CAP;
}

/* A manual override is told even where it changes nothing. */
static void add_caps(churn__score_level *level)
{
    for (uint32_t c = 0; c < level->def->cap_count; c++) {
        const churn__cap_def *cap = &level->card->caps[c];
        bool set = cap->kind == CHURN__CAP_OVERRIDE && !isnan(level->override);
        if (level->effects[c] == 0 && !set) {
            continue;
        }
        churn__score_line *line = add_line(level, churn__score_cap_line(cap), c);
        line->points = set ? level->override : cap->bound;
        line->contribution = level->effects[c];
    }
}

static void add_missing(churn__score_level *level)
{
    for (uint32_t f = 0; f < level->def->factor_count; f++) {
        if (isnan(level->states[f].points)) {
            add_line(level, CHURN__LINE_MISSING, f)->weight = level->states[f].whole;
        }
    }
}

void churn__score_explain(churn__score_level *level, double baseline)
{
    level->line_count = 0;
    churn__score_line *first = add_line(level, CHURN__LINE_BASELINE, CHURN__NO_SLOT);
    first->points = baseline;
    first->contribution = churn__micro(baseline);
    add_factors(level, baseline);
    churn__score_level_effects(level, baseline);
    add_caps(level);
    add_missing(level);
}

churn_str churn__score_line_name(const churn__score_level *level, const churn__score_line *line)
{
    switch (line->kind) {
    case CHURN__LINE_BASELINE:
        return CHURN__STR("baseline");
    case CHURN__LINE_FACTOR:
    case CHURN__LINE_MISSING:
        return level->card->factors[line->after].id;
    default:
        return level->card->caps[line->after].id;
    }
}
