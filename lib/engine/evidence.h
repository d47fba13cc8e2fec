/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_EVIDENCE_H
#define CHURN_ENGINE_EVIDENCE_H

#include "engine/engine_internal.h"

/* The records behind a metric's value: evidence.c. */

typedef enum churn__evidence_change {
    CHURN__EVIDENCE_STAYED,
    CHURN__EVIDENCE_ENTERED,
    CHURN__EVIDENCE_LEFT
} churn__evidence_change;

typedef void (*churn__evidence_use)(void *context, const churn__evidence_row *row,
                                    churn__evidence_change change);

/* The records behind a metric of the frame's first customer at one of its dates, in an order that
 * two dates have in common; to be freed, also after a failure. */
churn_status churn__evidence_list(churn__frame *frame, uint32_t metric, uint32_t date,
                                  churn__evidence *out, churn_error *err);
/* What became of each of them, in that order. */
void churn__evidence_differ(const churn__evidence *before, const churn__evidence *after,
                            churn__evidence_use use, void *context);

#endif
