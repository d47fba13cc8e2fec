/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_PURGE_H
#define CHURN_ENGINE_PURGE_H

#include "engine/engine_internal.h"

/* From now on the engine is told what its store forgets, until churn__store_unobserve(). */
void churn__engine_observe(churn_engine *engine);
/* Give back what was prepared, and let other calls in again. */
void churn__engine_purge_end(churn_engine *engine);

#endif
