/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/engine_internal.h"

/* The part of a frame that scores take: each has arrays of its own, at which slots of scores look,
 * and room to be computed in. */

/* ---- arrays ---- */

/* Of the frame, and gone with it. */
static bool make_score(churn__frame *frame, uint32_t index)
{
    churn__score_out *out = &frame->scores[index];
    churn__arena *of = &frame->names;
    size_t rows = frame->max_rows, groups = frame->playbook->scores[index].group_count;
    out->score = churn__arena_array(of, rows, sizeof *out->score);
    out->missing = churn__arena_array(of, rows, sizeof *out->missing);
    out->coverage = churn__arena_array(of, rows, sizeof *out->coverage);
    out->low = churn__arena_array(of, rows, sizeof *out->low);
    out->high = churn__arena_array(of, rows, sizeof *out->high);
    out->certain = churn__arena_array(of, rows, sizeof *out->certain);
    out->overridden = churn__arena_array(of, rows, sizeof *out->overridden);
    out->cards = churn__arena_array(of, rows, sizeof *out->cards);
    out->band_codes = churn__arena_array(of, rows, sizeof *out->band_codes);
    out->groups = churn__arena_array(of, rows * groups, sizeof *out->groups);
    frame->overrides[index] = churn__arena_array(of, rows, sizeof(double));
    return out->score && out->missing && out->coverage && out->low && out->high && out->certain &&
           out->overridden && out->cards && out->band_codes && out->groups &&
           frame->overrides[index];
}

bool churn__frame_scores_make(churn__frame *frame)
{
    for (uint32_t i = 0; i < frame->playbook->score_count; i++) {
        if (frame->score_needed[i] && !make_score(frame, i)) {
            return false;
        }
    }
    return true;
}

void churn__frame_scores_free(churn__frame *frame)
{
    for (uint32_t i = 0; frame->rooms && i < frame->playbook->score_count; i++) {
        churn__score_room_free(frame->rooms[i]);
    }
}

churn_status churn__frame_scores_open(churn__frame *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < frame->playbook->score_count; i++) {
        if (frame->score_needed[i]) {
            CHURN_TRY(churn__score_room_create(frame->heap, &frame->playbook->scores[i],
                                               frame->max_rows, frame->scratch, &frame->rooms[i],
                                               err));
        }
    }
done:
    return st;
}

/* ---- columns ---- */

/* The names of a score's bands by their numbers. NULL: no memory. */
static const churn_str *band_words(churn__frame *frame, const churn__score_def *score)
{
    churn_str *words =
        churn__arena_array(&frame->names, (size_t)score->band_count + 1, sizeof *words);
    for (uint32_t i = 0; words && i <= score->band_count; i++) {
        words[i] = churn__score_band_name(score, i);
    }
    return words;
}

/* The segments that cards are of. NULL: no memory. */
static const churn_str *card_words(churn__frame *frame, const churn__score_def *score)
{
    churn_str *words = churn__arena_array(&frame->names, score->card_count, sizeof *words);
    for (uint32_t i = 0; words && i < score->card_count; i++) {
        words[i] = churn__card_name(frame->playbook, score, i);
    }
    return words;
}

static void point_at_words(churn__column *column, const uint32_t *codes, const churn_str *words,
                           uint32_t count)
{
    column->codes = codes;
    column->dict = words;
    column->dict_count = count;
}

bool churn__frame_point_at_score(churn__frame *frame, uint32_t slot)
{
    const churn__slot *what = &frame->playbook->slots[slot];
    const churn__score_out *out = &frame->scores[what->index];
    const churn__score_def *score = &frame->playbook->scores[what->index];
    churn__column *column = &frame->columns[slot];
    switch (what->part) {
    case CHURN__PART_SCORE:
        column->values = out->score;
        column->missing = out->missing;
        break;
    case CHURN__PART_BAND:
        point_at_words(column, out->band_codes, band_words(frame, score), score->band_count + 1);
        column->missing = out->missing;
        break;
    case CHURN__PART_COVERAGE:
        column->values = out->coverage;
        break;
    case CHURN__PART_LOW:
        column->values = out->low;
        break;
    case CHURN__PART_HIGH:
        column->values = out->high;
        break;
    case CHURN__PART_CERTAIN:
        column->values = out->certain;
        break;
    case CHURN__PART_OVERRIDDEN:
        column->values = out->overridden;
        break;
    case CHURN__PART_CARD:
        point_at_words(column, out->cards, card_words(frame, score), score->card_count);
        break;
    default:
        break;
    }
    return !column->codes || column->dict;
}

/* ---- filling ---- */

/* Group columns are copies: a group that has no present factor is missing. */
static void fill_group(churn__frame *frame, uint32_t index, uint32_t group)
{
    uint32_t slot =
        churn__playbook_slot(frame->playbook, CHURN__SLOT_SCORE, index, CHURN__PART_GROUP + group);
    if (slot == CHURN__NONE || !frame->needed[slot]) {
        return;
    }
    const double *from = frame->scores[index].groups + (size_t)group * frame->rows;
    double *values = (double *)frame->columns[slot].values;
    churn__missing *missing = (churn__missing *)frame->columns[slot].missing;
    for (uint32_t row = 0; row < frame->rows; row++) {
        bool there = !isnan(from[row]);
        values[row] = there ? from[row] : 0;
        missing[row] = there ? CHURN__PRESENT : CHURN__LOW_COVERAGE;
    }
}

churn__score_in churn__frame_score_in(const churn__frame *frame, uint32_t score)
{
    return (churn__score_in){
        .columns = frame->columns, .n = frame->rows, .overrides = frame->overrides[score]};
}

churn_status churn__frame_fill_score(churn__frame *frame, uint32_t index, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__score_def *score = &frame->playbook->scores[index];
    if (!frame->score_needed[index]) {
        return CHURN_OK;
    }
    CHURN_TRY(churn__frame_overrides(frame, index, frame->overrides[index], err));
    churn__score_in in = churn__frame_score_in(frame, index);
    CHURN_TRY(churn__score_eval(score, &in, frame->scratch, frame->rooms[index],
                                &frame->scores[index], err));
    churn__frame_give_score(frame, index);
    CHURN_TRY(churn__frame_hold(frame, index, err));
    for (uint32_t g = 0; g < score->group_count; g++) {
        fill_group(frame, index, g);
    }
done:
    return st;
}

/* ---- reading ---- */

const churn__card_def *churn__frame_card(const churn__frame *frame, uint32_t score, uint32_t row)
{
    return &frame->playbook->scores[score].cards[frame->scores[score].cards[row]];
}

churn_str churn__frame_band(const churn__frame *frame, uint32_t score, uint32_t row)
{
    return churn__score_band_name(&frame->playbook->scores[score],
                                  frame->scores[score].band_codes[row]);
}
