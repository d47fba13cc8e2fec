/* SPDX-License-Identifier: MIT */
#include "score/score.h"

#include <string.h>

#include "base/num.h"
#include "score/score_inside.h"

/* From factors to bands: cards, the tree (block.c), caps and floors, overrides, rounding. */

/* ---- cards ---- */

static bool score_is_true(const churn__column *column, uint32_t row)
{
    return churn__column_has(column, row) && ((const uint8_t *)column->values)[row] != 0;
}

void churn__score_cards(const churn__score_def *def, const churn__column *columns, uint32_t n,
                        uint32_t *cards)
{
    memset(cards, 0, n * sizeof *cards);
    for (uint32_t c = def->card_count; c > 1; c--) { /* the first that holds is written last */
        const churn__column *column = &columns[def->cards[c - 1].segment_slot];
        for (uint32_t i = 0; i < n; i++) {
            cards[i] = score_is_true(column, i) ? c - 1 : cards[i];
        }
    }
}

/* ---- bands ---- */

uint32_t churn__score_band(const churn__score_def *def, const churn__card_def *card, double score)
{
    uint32_t b = 0;
    while (b < def->band_count && !(score >= card->bands[b].low)) {
        b++;
    }
    return b;
}

churn_str churn__score_band_name(const churn__score_def *def, uint32_t code)
{
    return code < def->band_count ? def->cards[0].bands[code].id : CHURN__STR("unknown");
}

/* ---- caps and floors ---- */

/* One row on its way from the tree to the band. */
typedef struct score_row {
    double score, low, high; /* a NaN stays until an override sets it */
    bool overridden;
} score_row;

/* Caps and floors never make a greater number of a lesser one, so that the extremes over all
 * outcomes of unknown ones come from taking the worse, or the better, each time. */
static void score_bound(const churn__cap_def *cap, bool applies, double *value)
{
    bool acts = cap->is_floor ? *value < cap->bound : *value > cap->bound;
    if (applies && acts) {
        *value = cap->bound;
    }
}

static void score_act(const churn__cap_def *cap, churn__truth truth, score_row *row)
{
    bool is = truth == CHURN__TRUE;
    bool unknown = truth == CHURN__UNKNOWN || truth == CHURN__ERROR;
    score_bound(cap, is, &row->score);
    score_bound(cap, is || (unknown && !cap->is_floor), &row->low);
    score_bound(cap, is || (unknown && cap->is_floor), &row->high);
}

static void score_override(double value, score_row *row)
{
    if (!isnan(value)) {
        row->score = row->low = row->high = value;
        row->overridden = true;
    }
}

static churn__truth score_is_critical(const churn__cap_def *cap, const churn__score_room *room,
                                      uint32_t i)
{
    uint32_t below = 0, maybe = 0;
    for (uint32_t f = 0; f < cap->factor_count; f++) {
        size_t at = (size_t)cap->factors[f] * CHURN__SCORE_BLOCK + i;
        bool there = !isnan(room->factor_points[at]);
        below += there && room->factor_points[at] < cap->below;
        maybe += !there && room->factor_least[at] < cap->below;
    }
    return churn__score_critical(cap->fewest, below, maybe);
}

static void score_caps(const churn__score_def *def, const churn__card_def *card,
                       const churn__score_in *in, const churn__score_room *room, uint32_t i,
                       uint32_t at, score_row *row)
{
    for (uint32_t c = 0; c < def->cap_count; c++) {
        const churn__cap_def *cap = &card->caps[c];
        if (cap->kind == CHURN__CAP_OVERRIDE) {
            bool counts = in->overrides != NULL && !def->overrides_ignored;
            score_override(counts ? in->overrides[at] : (double)NAN, row);
        } else if (!cap->off) {
            score_act(cap,
                      cap->kind == CHURN__CAP_WHEN ? room->truths[c][at]
                                                   : score_is_critical(cap, room, i),
                      row);
        }
    }
}

/* The conditions of all rows of a batch. */
static churn_status score_judge(const churn__score_def *def, const churn__score_in *in,
                                churn__expr_scratch *scratch, churn__score_room *room,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    if (room->whens != NULL) {
        return churn__expr_group_truth(room->whens, in->columns, in->n, scratch, room->outcomes,
                                       err);
    }
    for (uint32_t c = 0; c < def->cap_count; c++) {
        const churn__cap_def *cap = &def->cards[0].caps[c];
        if (cap->kind == CHURN__CAP_WHEN) {
            CHURN_TRY(
                churn__expr_truth(cap->when, in->columns, in->n, scratch, room->truths[c], err));
        }
    }
done:
    return st;
}

/* ---- what becomes of a row ---- */

/* A part of 1 to 1e-12: the sum of parts of weights is what it is on paper, so that half of the
 * weight is 0.5 and not a little less. */
static double without_noise(double part)
{
    return floor(part * 1e12 + 0.5) / 1e12;
}

static churn__missing score_missing(const churn__card_def *card, const score_row *row,
                                    double coverage, churn__missing error)
{
    if (row->overridden) {
        return CHURN__PRESENT;
    }
    if (error != CHURN__PRESENT) {
        return error;
    }
    bool none = isnan(row->score) || coverage < card->min_coverage;
    return none ? CHURN__LOW_COVERAGE : CHURN__PRESENT;
}

static void score_give(const churn__score_def *def, const churn__card_def *card,
                       const score_row *row, churn__missing missing, uint32_t at,
                       const churn__score_out *out)
{
    double low = churn__round6(row->low), high = churn__round6(row->high);
    double score = isnan(row->score) ? (double)NAN : churn__round6(row->score);
    bool there = missing == CHURN__PRESENT;
    out->score[at] = score;
    out->low[at] = low;
    out->high[at] = high;
    out->missing[at] = missing;
    out->overridden[at] = row->overridden;
    out->band_codes[at] = there ? churn__score_band(def, card, score) : def->band_count;
    out->certain[at] =
        there && churn__score_band(def, card, low) == churn__score_band(def, card, high);
}

static void score_finish(const churn__score_def *def, const churn__card_def *card,
                         const churn__score_in *in, const churn__score_rows *rows,
                         const churn__score_room *room, const churn__score_out *out)
{
    const churn__score_sums *sums = &room->sums[0];
    bool any = sums->all > 0; /* something has weight */
    double all = any ? sums->all : 1;
    for (uint32_t i = 0; i < rows->n; i++) {
        uint32_t at = churn__score_row(rows, i);
        churn__missing error = room->error[i];
        bool scores = sums->weight[i] > 0 && error == CHURN__PRESENT;
        score_row row = {.score = scores ? sums->sum[i] / sums->weight[i] : (double)NAN,
                         .low = any ? sums->low[i] / all : 0,
                         .high = any ? sums->high[i] / all : 100};
        score_caps(def, card, in, room, i, at, &row);
        out->coverage[at] = without_noise(sums->covered[i] / all);
        score_give(def, card, &row, score_missing(card, &row, out->coverage[at], error), at, out);
    }
}

/* ---- all rows ---- */

static churn_status score_rows(const churn__score_def *def, uint32_t card,
                               const churn__score_in *in, const churn__score_rows *rows,
                               churn__expr_scratch *scratch, churn__score_room *room,
                               const churn__score_out *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__score_block(def, card, in, rows, scratch, room, out->groups, err));
    score_finish(def, &def->cards[card], in, rows, room, out);
done:
    return st;
}

/* The rows of a stretch that are on the card of the first that was not yet taken. */
static uint32_t score_gather(const churn__score_rows *stretch, uint32_t from, const uint32_t *cards,
                             churn__score_room *room)
{
    uint32_t count = 0, card = cards[stretch->first + from];
    for (uint32_t i = from; i < stretch->n; i++) {
        if (!room->taken[i] && cards[stretch->first + i] == card) {
            room->taken[i] = 1;
            room->at[count++] = stretch->first + i;
        }
    }
    return count;
}

static churn_status score_stretch(const churn__score_def *def, const churn__score_in *in,
                                  const churn__score_rows *stretch, churn__expr_scratch *scratch,
                                  churn__score_room *room, const churn__score_out *out,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t *cards = out->cards + stretch->first;
    uint32_t same = 0;
    while (same < stretch->n && cards[same] == cards[0]) {
        same++;
    }
    if (same == stretch->n) {
        return score_rows(def, cards[0], in, stretch, scratch, room, out, err);
    }
    memset(room->taken, 0, stretch->n);
    for (uint32_t i = 0; i < stretch->n; i++) {
        if (!room->taken[i]) {
            churn__score_rows rows = {room->at, 0, score_gather(stretch, i, out->cards, room)};
            CHURN_TRY(score_rows(def, cards[i], in, &rows, scratch, room, out, err));
        }
    }
done:
    return st;
}

/* Columns are other ones than last time, and so are their words. */
static void score_forget(const churn__score_def *def, churn__score_room *room)
{
    for (uint32_t f = 0; room->memos != NULL && f < def->factor_count; f++) {
        room->memos[f].known = 0;
    }
}

churn_status churn__score_eval(const churn__score_def *def, const churn__score_in *in,
                               churn__expr_scratch *scratch, churn__score_room *room,
                               const churn__score_out *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    score_forget(def, room);
    if (in->cards == NULL) {
        churn__score_cards(def, in->columns, in->n, out->cards);
    } else {
        memmove(out->cards, in->cards, in->n * sizeof *out->cards);
    }
    CHURN_TRY(score_judge(def, in, scratch, room, err));
    for (uint32_t first = 0; first < in->n; first += CHURN__SCORE_BLOCK) {
        uint32_t left = in->n - first;
        churn__score_rows stretch = {NULL, first,
                                     left < CHURN__SCORE_BLOCK ? left : CHURN__SCORE_BLOCK};
        CHURN_TRY(score_stretch(def, in, &stretch, scratch, room, out, err));
    }
done:
    return st;
}
