/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_VOICE_DEF_H
#define CHURN_KPI_VOICE_DEF_H

#include <stdint.h>

#include <churn/types.h>

/* What a playbook says of surveys and support. */

/* What is promised to tickets of a priority, {NULL, 0}: of all others; 0: nothing. */
typedef struct churn__sla_def {
    churn_str priority;
    int64_t first_response, resolution;
} churn__sla_def;

typedef struct churn__voice_def {
    const churn__sla_def *sla;
    uint32_t sla_count;
    const churn_str *invitations; /* channels of touchpoints that ask for an answer; none: survey */
    uint32_t invitation_count;
    int64_t answer_within; /* 0: 30 days */
} churn__voice_def;

#endif
