/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/engine_internal.h"

/* Questions of the kind "what if": what a frame takes as given of one customer. Metrics are given
 * to their plan, which makes others of them; attributes and scores are written here. */

void churn__frame_give(churn__frame *frame)
{
    if (frame->plan != NULL && frame->given != NULL) {
        churn__metric_plan_give(frame->plan, frame->given->customer, frame->given->values,
                                frame->given->value_count);
    }
}

static bool is_given(const churn__frame *frame, uint32_t row)
{
    return frame->given != NULL &&
           frame->customers[churn__frame_place(frame, row)] == frame->given->customer;
}

const churn__value *churn__frame_given_attribute(const churn__frame *frame, churn_str name,
                                                 uint32_t row)
{
    const churn__given *given = frame->given;
    for (uint32_t i = 0; is_given(frame, row) && i < given->value_count; i++) {
        if (given->values[i].metric == CHURN__NONE &&
            churn__str_eq(given->values[i].attribute, name)) {
            return &given->values[i].value;
        }
    }
    return NULL;
}

static void write_score(churn__frame *frame, uint32_t score, double value, uint32_t row)
{
    const churn__score_def *def = &frame->playbook->scores[score];
    churn__score_out *out = &frame->scores[score];
    bool there = !isnan(value);
    value = churn__round6(value);
    out->score[row] = there ? value : (double)NAN;
    out->missing[row] = there ? CHURN__PRESENT : CHURN__EMPTY;
    out->low[row] = there ? value : out->low[row];
    out->high[row] = there ? value : out->high[row];
    out->certain[row] = there;
    out->overridden[row] = 0;
    out->band_codes[row] = there
                               ? churn__score_band(def, churn__frame_card(frame, score, row), value)
                               : def->band_count;
}

void churn__frame_give_score(churn__frame *frame, uint32_t score)
{
    const churn__given *given = frame->given;
    for (uint32_t i = 0; given != NULL && i < given->score_count; i++) {
        for (uint32_t row = 0; given->scores[i] == score && row < frame->rows; row++) {
            if (is_given(frame, row)) {
                write_score(frame, score, given->score_values[i], row);
            }
        }
    }
}
