/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_ONE_H
#define CHURN_ENGINE_ONE_H

#include "engine/engine_internal.h"

/*
 * What an engine keeps between questions about one customer: see one.c. It holds the version of
 * the store that it was made for, so whoever sees a newer one drops it.
 */
typedef struct churn__one churn__one;

/* May be called at any time; the views of the last answer end. */
void churn__one_drop(churn_engine *engine);
/* Drop what was made for another version than this one. */
void churn__one_outdate(churn_engine *engine, const churn__version *version);

/* A frame of one row, which the engine keeps: this customer at as_of, by the newest version.
 * Metrics that it has already are not computed again. After a failure the caller drops it. */
churn_status churn__one_fill(churn_engine *engine, churn_str id, churn_time as_of,
                             churn_cancel *cancel, churn__frame **out, churn_error *err);
/* Room to take a score of that row apart in; NULL: no memory. */
churn__score_level *churn__one_level(churn_engine *engine, uint32_t score);
/* Room for sentences and evidence. */
void churn__one_room(churn_engine *engine, churn__buf **text, churn__evidence **evidence);
/* Of explanations without sentences: arrays as long as the largest one. */
typedef struct churn__one_lines {
    const churn_str **paths; /* by score, then group; NULL: not made yet */
    int32_t *kinds;
    churn_str *names, *groups, *metrics, *words;
    double *values, *points, *weights, *contributions;
    int64_t *micros;
} churn__one_lines;

/* Room for them, empty at first, and the memory that it is made from. */
churn__one_lines *churn__one_lines_room(churn_engine *engine, churn__arena **arena);
/* Count what an answer needs, and move what it points to into its room, if it has one. */
churn_status churn__one_pack(churn_customer_answer *answer, churn_error *err);
/* The same of an explanation. */
churn_status churn__one_pack_lines(churn_explanation *explanation, churn_error *err);

#endif
