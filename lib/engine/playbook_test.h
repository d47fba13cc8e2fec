/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_PLAYBOOK_TEST_H
#define CHURN_ENGINE_PLAYBOOK_TEST_H

#include "engine/engine_internal.h"

/* The tests that a playbook carries: playbook_test.c runs them, playbook_judge.c compares what is
 * with what is expected, playbook_tell.c says why it is so. */

/* Is it as expected? */
bool churn__test_meets(const churn__test_expect *expect, const churn__value *got);
/* "at least 60, below 70", "missing (stale_source)" */
void churn__test_write_expected(churn__buf *out, const churn__test_expect *expect);
void churn__test_write_value(churn__buf *out, const churn__value *value);

/* What stands behind values: the engine after the last evaluation, and its frame, filled with one
 * customer. */
typedef struct churn__test_world {
    const churn_playbook *playbook;
    churn_engine *engine;
    churn__frame *frame;
    churn_time as_of;
    churn_str customer;
    /* The explanation that was asked for last; NULL: none, or there is none. */
    churn_table *explained;
    uint32_t explained_score;
    churn_str explained_customer;
} churn__test_world;

/* The value of a slot, or what an explanation says of a part of a score. */
churn_status churn__test_get(churn__test_world *world, const churn__test_expect *expect,
                             churn__value *out, churn_error *err);
/* The lines behind a value; nothing is written where there are none. */
churn_status churn__test_tell(churn__test_world *world, const churn__test_expect *expect,
                              churn__buf *out, churn_error *err);
void churn__test_world_clear(churn__test_world *world);

#endif
