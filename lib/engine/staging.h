/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_STAGING_H
#define CHURN_ENGINE_STAGING_H

#include "engine/engine_internal.h"

/*
 * One evaluation's changes before they count. New instances, episodes, actions, changes and texts
 * are appended behind the engine's committed counts; changes of what is there are operations in a
 * list. Committing cannot fail, and until then the engine is what it was.
 */
typedef enum churn__op_kind {
    CHURN__OP_INSTANCE, /* a = watch, b = held */
    CHURN__OP_RESOLVE,  /* a = episode, b = reason */
    CHURN__OP_REMIND,   /* a = episode */
    CHURN__OP_RELAPSE,  /* a = episode */
    CHURN__OP_CANCEL,   /* a = action */
    CHURN__OP_BAND      /* a = memory of a score, b = customer */
} churn__op_kind;

typedef struct churn__op {
    churn__op_kind kind;
    uint32_t a, b;
    uint32_t episode; /* of an instance, afterwards */
    churn__instance instance;
    churn__band_cell cell;
} churn__op;

typedef struct churn__staging {
    churn_engine *engine;
    churn_time at;
    bool no_actions;
    churn_run run;
    churn__tallies tallies;
    size_t episodes, actions, changes; /* counts with what is staged */
    uint32_t texts, ids;               /* counts before */
    size_t *held;                      /* by watch: count with what is staged */
    uint32_t *resolving;               /* episodes of the present customer that end now */
    uint32_t resolving_count;
    churn__op *ops;
    size_t op_count, op_capacity;
    uint64_t waiting;
    size_t band_changes;      /* count with what is staged */
    uint32_t *band_customers; /* whose changes those are, in their order */
    size_t band_capacity;
    bool band_entered; /* somebody came into a band: the evaluation gets a number */
    bool band_began;   /* somebody's first one, which stands in its cell by now */
} churn__staging;

churn_status churn__staging_begin(churn__staging *staging, churn_engine *engine, churn_time at,
                                  churn_error *err);
void churn__staging_commit(churn__staging *staging);
/* After commit as well as instead of it. */
void churn__staging_end(churn__staging *staging);

churn_status churn__stage_op(churn__staging *staging, churn__op op, churn_error *err);
churn_status churn__stage_text(churn__staging *staging, churn_str text, uint32_t *out,
                               churn_error *err);
/* The engine's number of a customer, made if there is none yet. */
churn_status churn__stage_person(churn__staging *staging, const churn__version *version,
                                 uint32_t customer, uint32_t *out, churn_error *err);
/* An instance of (watch, person) that has none yet; its index. */
churn_status churn__stage_held(churn__staging *staging, uint32_t watch, const churn__held *held,
                               churn_error *err);
churn_status churn__stage_episode(churn__staging *staging, const churn__episode *episode,
                                  uint32_t *out, churn_error *err);
/* CHURN_E_LIMIT where the outbox is full. */
churn_status churn__stage_action(churn__staging *staging, const churn__action *action,
                                 churn_error *err);
churn_status churn__stage_change(churn__staging *staging, const churn__mark_change *change,
                                 churn_error *err);

/* ---- held bands: bands_tick.c ---- */

/* Remember the band that a customer comes into, and what it was before. */
churn_status churn__stage_band(churn__staging *staging, const churn__frame *frame, uint32_t score,
                               uint32_t row, uint32_t *person, churn_error *err);
void churn__bands_commit(churn__staging *staging);
/* Instead of it. */
void churn__bands_undo(churn__staging *staging);

/* ---- what plays answer: answer.c ---- */

/* Customers' own time zones, each read once an evaluation. */
typedef struct churn__zones {
    churn__heap *heap;
    const char *directory;
    churn__dict *names;
    churn__zone **each; /* by code of names; NULL: unknown */
    size_t count, capacity;
} churn__zones;

/* NULL where there is no such zone, or no name. */
churn_status churn__zones_find(churn__zones *zones, churn_str name, const churn__zone **out,
                               churn_error *err);
void churn__zones_close(churn__zones *zones);

churn_status churn__answer_fired(churn__staging *staging, churn__frame *frame, churn__zones *zones,
                                 uint32_t row, const churn__trigger_def *trigger, uint32_t episode,
                                 churn_error *err);
/* All that end for a customer are in staging->resolving by then. */
churn_status churn__answer_resolved(churn__staging *staging, uint32_t episode, churn_error *err);
churn_status churn__answer_reminded(churn__staging *staging, uint32_t episode, churn_error *err);

#endif
