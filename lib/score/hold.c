/* SPDX-License-Identifier: MIT */
#include "score/score.h"

/* Bands with a memory: one is left only when the score is clearly beyond it, and not too soon. */

/* Is the score so far beyond a band that it is left? Bands are kept highest first. */
static bool hold_leaves(const churn__score_def *def, const churn__card_def *card, double score,
                        uint32_t band, uint32_t plain)
{
    if (plain > band) {
        return score < card->bands[band].low - def->hysteresis;
    }
    return band == 0 || score >= card->bands[band - 1].low + def->hysteresis;
}

uint32_t churn__score_hold(const churn__score_def *def, const churn__card_def *card, double score,
                           churn_time now, churn__held_band *held)
{
    uint32_t plain = churn__score_band(def, card, score);
    if (plain == held->code) {
        return plain;
    }
    bool was = held->code < def->band_count;
    bool soon = was && now - held->since < def->min_stay;
    if (was && (soon || !hold_leaves(def, card, score, held->code, plain))) {
        return held->code;
    }
    *held = (churn__held_band){plain, now};
    return plain;
}
