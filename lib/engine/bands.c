/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

/* Bands that an evaluation holds. */

churn_status churn__frame_hold(churn__frame *frame, uint32_t score, churn_error *err)
{
    (void)frame;
    (void)score;
    (void)err;
    return CHURN_OK;
}
