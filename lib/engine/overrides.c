/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/engine_internal.h"

/* Scores that people set by hand: of a customer and a score the newest judgement counts, as long as
 * neither it nor the playbook says that it is over. */

static uint32_t score_code(const churn__frame *frame, uint32_t score)
{
    const churn__score_def *def = &frame->playbook->scores[score];
    return def->overrides_ignored
               ? CHURN__NO_CODE
               : churn__dict_view_find(churn__version_texts(frame->version), def->id);
}

bool churn__override_is_over(const churn__score_def *def, const churn__override *one,
                             churn_time as_of)
{
    bool expired = one->expires_at != CHURN_TIME_NONE && as_of >= one->expires_at;
    return expired || (def->override_max_age != 0 && as_of - one->at >= def->override_max_age);
}

/* `code` is that of the score's id: where nobody judged it, no text is like it. */
static bool override_of(const churn__frame *frame, uint32_t score, uint32_t code, uint32_t row,
                        churn__override *out)
{
    churn_time as_of = churn__frame_date(frame, row);
    uint32_t customer = frame->customers[churn__frame_place(frame, row)];
    if (code == CHURN__NO_CODE ||
        !churn__reader_override(frame->reader, customer, code, as_of, out) || isnan(out->value)) {
        return false;
    }
    return !churn__override_is_over(&frame->playbook->scores[score], out, as_of);
}

churn_status churn__frame_overrides(churn__frame *frame, uint32_t score, double *out,
                                    churn_error *err)
{
    (void)err; /* of whoever may run out of memory: reading a judgement takes none */
    uint32_t code = score_code(frame, score);
    churn__override one;
    for (uint32_t row = 0; row < frame->rows; row++) {
        out[row] = override_of(frame, score, code, row, &one) ? one.value : (double)NAN;
    }
    return CHURN_OK;
}
