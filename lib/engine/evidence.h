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

/* What a factor or a score stands on: numbers of metrics and of roll-ups. */
typedef struct churn__sources {
    uint32_t *metrics, *roll_ups;
    uint32_t metric_count, roll_up_count;
} churn__sources;

/* `factor` CHURN__NONE: all of the score. False: no memory. */
bool churn__sources_find(const churn_playbook *playbook, churn__arena *arena, uint32_t score,
                         uint32_t factor, churn__sources *out);
/* The records behind sources of the frame's first customer at one of its dates, and the children
 * that a roll-up is made of, in an order that two dates have in common; to be freed, also after a
 * failure. */
churn_status churn__evidence_list(churn__frame *frame, const churn__sources *sources, uint32_t date,
                                  churn__evidence *out, churn_error *err);
/* What became of each of them, in that order. */
void churn__evidence_differ(const churn__evidence *before, const churn__evidence *after,
                            churn__evidence_use use, void *context);

#endif
