/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/engine_internal.h"

/* Scores that people set by hand. */

churn_status churn__frame_overrides(churn__frame *frame, uint32_t score, double *out,
                                    churn_error *err)
{
    (void)score;
    (void)err;
    for (uint32_t row = 0; row < frame->rows; row++) {
        out[row] = (double)NAN;
    }
    return CHURN_OK;
}
