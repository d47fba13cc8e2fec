/* SPDX-License-Identifier: MIT */
#include "score/score.h"

#include <string.h>

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
    uint32_t above = 0; /* bands that begin above it: they are kept highest first */
    for (uint32_t b = 0; b < def->band_count; b++) {
        above += !(score >= card->bands[b].low);
    }
    bool below_all = def->band_count > 0 && above == def->band_count;
    return below_all ? above - 1 : above;
}

churn_str churn__score_band_name(const churn__score_def *def, uint32_t code)
{
    return code < def->band_count ? def->cards[0].bands[code].id : CHURN__STR("unknown");
}

/* ---- caps and floors ---- */

/* The block on its way from the tree to the bands: a NaN stays until an override sets it. */
typedef struct score_block {
    const churn__score_def *def;
    const churn__card_def *card;
    const churn__score_in *in;
    const churn__score_rows *rows;
    churn__score_room *room;
} score_block;

/* Caps and floors never make a greater number of a lesser one, so that the extremes over all
 * outcomes of unknown ones come from taking the worse, or the better, each time. */
static void score_bound(const churn__cap_def *cap, bool applies, double *value)
{
    bool acts = cap->is_floor ? *value < cap->bound : *value > cap->bound;
    if (applies && acts) {
        *value = cap->bound;
    }
}

static churn__truth score_is_critical(const churn__cap_def *cap, const churn__score_room *room,
                                      uint32_t i)
{
    uint32_t below = 0, maybe = 0;
    for (uint32_t f = 0; f < cap->factor_count; f++) {
        size_t at = (size_t)cap->factors[f] * CHURN__SCORE_BLOCK + i;
        bool there = !isnan(room->factor_points[at]);
        below += there && churn__score_below(room->factor_points[at], cap->below);
        maybe += !there && churn__score_below(room->factor_least[at], cap->below);
    }
    return churn__score_critical(cap->fewest, below, maybe);
}

static void score_cap(const score_block *b, uint32_t c)
{
    const churn__cap_def *cap = &b->card->caps[c];
    churn__score_room *room = b->room;
    for (uint32_t i = 0; i < b->rows->n; i++) {
        churn__truth truth = cap->kind == CHURN__CAP_WHEN
                                 ? room->truths[c][churn__score_row(b->rows, i)]
                                 : score_is_critical(cap, room, i);
        bool is = truth == CHURN__TRUE;
        bool unknown = truth == CHURN__UNKNOWN || truth == CHURN__ERROR;
        score_bound(cap, is, &room->score[i]);
        score_bound(cap, is || (unknown && !cap->is_floor), &room->low[i]);
        score_bound(cap, is || (unknown && cap->is_floor), &room->high[i]);
    }
}

static void score_override(const score_block *b)
{
    churn__score_room *room = b->room;
    for (uint32_t i = 0; i < b->rows->n; i++) {
        double value = b->in->overrides[churn__score_row(b->rows, i)];
        if (!isnan(value)) {
            room->score[i] = room->low[i] = room->high[i] = value;
            room->overridden[i] = 1;
        }
    }
}

static void score_caps(const score_block *b)
{
    memset(b->room->overridden, 0, b->rows->n);
    for (uint32_t c = 0; c < b->def->cap_count; c++) {
        const churn__cap_def *cap = &b->card->caps[c];
        if (cap->kind != CHURN__CAP_OVERRIDE && !cap->off) {
            score_cap(b, c);
        } else if (cap->kind == CHURN__CAP_OVERRIDE && b->in->overrides != NULL &&
                   !b->def->overrides_ignored) {
            score_override(b);
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

/* The means of the whole tree. */
static void score_means(const score_block *b)
{
    churn__score_sums *sums = &b->room->sums[0];
    churn__score_room *room = b->room;
    bool any = sums->all > 0; /* something has weight */
    double all = any ? sums->all : 1;
    churn__score_mean(sums, b->rows->n, room->score);
    for (uint32_t i = 0; i < b->rows->n; i++) {
        double low = sums->whole ? room->score[i] : sums->low[i] / all;
        double high = sums->whole ? room->score[i] : sums->high[i] / all;
        room->low[i] = any ? low : 0;
        room->high[i] = any ? high : 100;
        room->coverage[i] = sums->whole ? any : sums->covered[i] / all;
    }
    for (uint32_t i = 0; i < b->rows->n; i++) {
        bool fails = room->error[i] != CHURN__PRESENT;
        room->score[i] = fails ? (double)NAN : room->score[i];
    }
}

#define WHOLE 4503599627370496.0 /* 2^52: adding and taking it away rounds to a whole number */

/* A part of 1 to 1e-12: the sum of parts of weights is what it is on paper, so that half of the
 * weight is 0.5 and not a little less. */
static void score_round(const score_block *b)
{
    churn__score_room *room = b->room;
    uint32_t n = b->rows->n;
    for (uint32_t i = 0; i < n; i++) {
        room->coverage[i] = ((room->coverage[i] * 1e12 + WHOLE) - WHOLE) / 1e12;
    }
    churn__score_round(room->score, n);
    churn__score_round(room->low, n);
    churn__score_round(room->high, n);
}

static churn__missing score_missing(const score_block *b, uint32_t i)
{
    const churn__score_room *room = b->room;
    bool none = isnan(room->score[i]) || room->coverage[i] < b->card->min_coverage;
    churn__missing why = room->error[i] != CHURN__PRESENT ? room->error[i]
                         : none                           ? CHURN__LOW_COVERAGE
                                                          : CHURN__PRESENT;
    return room->overridden[i] ? CHURN__PRESENT : why;
}

static void score_give(const score_block *b, const churn__score_out *out)
{
    const churn__score_room *room = b->room;
    for (uint32_t i = 0; i < b->rows->n; i++) {
        uint32_t at = churn__score_row(b->rows, i);
        churn__missing missing = score_missing(b, i);
        bool there = missing == CHURN__PRESENT;
        uint32_t band = churn__score_band(b->def, b->card, room->score[i]);
        uint32_t low = churn__score_band(b->def, b->card, room->low[i]);
        uint32_t high = churn__score_band(b->def, b->card, room->high[i]);
        out->score[at] = room->score[i];
        out->low[at] = room->low[i];
        out->high[at] = room->high[i];
        out->coverage[at] = room->coverage[i];
        out->missing[at] = missing;
        out->overridden[at] = room->overridden[i];
        out->band_codes[at] = there ? band : b->def->band_count;
        out->certain[at] = there && low == high;
    }
}

/* ---- all rows ---- */

static churn_status score_rows(const churn__score_def *def, uint32_t card,
                               const churn__score_in *in, const churn__score_rows *rows,
                               churn__expr_scratch *scratch, churn__score_room *room,
                               const churn__score_out *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const score_block b = {def, &def->cards[card], in, rows, room};
    CHURN_TRY(churn__score_block(def, card, in, rows, scratch, room, out->groups, err));
    score_means(&b);
    score_caps(&b);
    score_round(&b);
    score_give(&b, out);
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
