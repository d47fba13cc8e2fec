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

/* Count what an answer needs, and move what it points to into its room, if it has one. */
churn_status churn__one_pack(churn_customer_answer *answer, churn_error *err);

#endif
