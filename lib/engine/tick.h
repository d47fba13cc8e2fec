/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_TICK_H
#define CHURN_ENGINE_TICK_H

#include "engine/staging.h"

/* What one evaluation works with: advance.c goes through the customers, step.c takes the steps of
 * one of them. */

/* Beside the outcomes of conditions: the customer is not in the trigger's population. */
#define CHURN__OUTSIDE ((churn__truth)(CHURN__ERROR + 1))

/* One step of a state machine, of the present customer. */
typedef struct churn__step {
    uint32_t watch;
    uint32_t held; /* index; CHURN__NONE while it has none */
    churn__instance next;
    churn__trigger_did did;
} churn__step;

typedef struct churn__ticking {
    churn__staging staging;
    churn__version *version;
    churn__frame *frame; /* of the batch in hand; NULL: of people whom the store does not have */
    size_t rows;         /* of a batch, at most */
    churn__zones zones;
    churn__truth *when;  /* by trigger, then row of the batch; CHURN__OUTSIDE */
    churn__truth *clear; /* the same; only where there is a clear_when */
    churn__expr_group
        *conditions;         /* of all triggers: `when`, then `clear_when` where there is one */
    churn__truth **outcomes; /* where each of them goes, as many as conditions may be */
    uint8_t *inside;         /* by population, then row: all bits set, or none */
    uint8_t *moved;          /* by row: some score's band changed */
    uint8_t *stirred;        /* by row: some condition is neither FALSE nor outside */
    churn__step *steps;      /* room for one a watch */
    uint32_t step_count;
} churn__ticking;

/* Room for the instant of this evaluation: bands_tick.c. */
churn_status churn__bands_room(churn_engine *engine, churn_error *err);
/* Find out why those changed their bands who did: bands_cause.c. */
churn_status churn__tick_causes(churn__ticking *t, churn_cancel *cancel, churn_error *err);
/* Let the customer of a row take its steps; `person` is CHURN__NONE for one without history. */
churn_status churn__tick_row(churn__ticking *t, uint32_t row, uint32_t person, churn_error *err);
/* Let a person take steps whom the store does not have: they are in no population. */
churn_status churn__tick_gone(churn__ticking *t, uint32_t person, churn_error *err);

#endif
