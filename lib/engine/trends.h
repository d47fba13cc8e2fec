/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_TRENDS_H
#define CHURN_ENGINE_TRENDS_H

#include "engine/engine_internal.h"

/* How far a score has moved, against how far it moves anyway: trends.c. */
#define CHURN__TREND_PERIODS 6u

typedef enum churn__arrow {
    CHURN__ARROW_NONE = 0, /* no score now, or then */
    CHURN__ARROW_UP,
    CHURN__ARROW_DOWN,
    CHURN__ARROW_STEADY
} churn__arrow;

typedef struct churn__trend {
    double value, before, change; /* NaN: not there */
    double noise;
    churn__arrow arrow;
} churn__trend;

/* All dates that trends look at, ascending: the last is that of the question. */
typedef struct churn__trend_dates {
    churn_time as_of;
    churn_time *each;
    uint32_t count;
    size_t capacity;
} churn__trend_dates;

/* `only`: one score, or CHURN__NONE for all. False: no memory. */
bool churn__trend_dates_open(churn__heap *heap, const churn_playbook *playbook, uint32_t only,
                             churn_time as_of, churn__trend_dates *out);
void churn__trend_dates_close(churn__heap *heap, churn__trend_dates *dates);
/* Of a customer of the batch, in a frame of those dates. */
churn__trend churn__trend_of(const churn__frame *frame, const churn__trend_dates *dates,
                             uint32_t score, uint32_t place);
/* {NULL, 0}: none. */
churn_str churn__trend_arrow(const churn__trend *trend);

#endif
