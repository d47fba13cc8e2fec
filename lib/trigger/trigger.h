/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TRIGGER_TRIGGER_H
#define CHURN_TRIGGER_TRIGGER_H

#include "base/date.h"
#include "core/column.h"
#include "expr/expr.h"

/*
 * The state machine of at-risk triggers: the table in docs/reference/semantics.md,
 * "Triggers". A step is a pure function of (definition, instance, input): no clock, no store, no
 * memory of its own.
 */
#define CHURN__TRIGGER_INACTIVE 0
#define CHURN__TRIGGER_PENDING 1
#define CHURN__TRIGGER_FIRING 2
#define CHURN__TRIGGER_RESOLVING 3
#define CHURN__TRIGGER_COOLDOWN 4

#define CHURN__UNKNOWN_HOLD 0
#define CHURN__UNKNOWN_RESET 1
#define CHURN__UNKNOWN_RESOLVE 2

#define CHURN__REFIRE_AFTER_CLEAR 0
#define CHURN__REFIRE_NEVER 1
#define CHURN__REFIRE_EVERY 2

#define CHURN__POPULATION_ACTIVE 0
#define CHURN__POPULATION_CHURNED 1
#define CHURN__POPULATION_ALL 2

/* Does a customer who exists belong to it, lost or not? */
static inline bool churn__population_has(uint8_t population, bool churned)
{
    return population == CHURN__POPULATION_ALL ||
           churned == (population == CHURN__POPULATION_CHURNED);
}

#define CHURN__SEVERITY_LOW 1
#define CHURN__SEVERITY_MEDIUM 2
#define CHURN__SEVERITY_HIGH 3
#define CHURN__SEVERITY_CRITICAL 4

typedef struct churn__on_unknown {
    bool given; /* by the author; else: hold, but absence resolves what is open */
    uint8_t never, empty, expired, otherwise; /* CHURN__UNKNOWN_* */
} churn__on_unknown;

typedef struct churn__trigger_def {
    churn_str id;
    uint32_t line, column;
    churn__expr *when;
    churn__expr *clear_when; /* NULL: when `when` is FALSE */
    int64_t hold;            /* `for:`, microseconds */
    uint32_t min_evals;      /* default 1 */
    int64_t max_gap;         /* default 3 * evaluate */
    int64_t clear_for;
    int64_t cooldown; /* default 7 d */
    uint8_t refire;   /* CHURN__REFIRE_* */
    int64_t refire_every;
    int64_t renotify; /* 0: never */
    churn__on_unknown on_unknown;
    int64_t unknown_after;        /* data_gap after; default 3 d */
    int64_t expire_unknown_after; /* default 30 d */
    int64_t grace;                /* no firing before customer.since + grace */
    uint8_t severity;             /* default medium */
    bool initial_arm; /* initial: arm: true at the first evaluation does not fire until it was
                         not true once; default fire */
    uint8_t population;
    double budget_fraction; /* fire budget, action warn: default 0.10 with at least 50 customers */
    uint64_t budget_max;    /* 0: none */
    uint64_t budget_min_customers;
    uint32_t play;      /* index, UINT32_MAX: none */
    uint64_t rule_hash; /* of when, clear_when and params: a change restarts what is pending */
} churn__trigger_def;

/* What is remembered of one (trigger, customer). Zeroed is a fresh INACTIVE instance. */
typedef struct churn__instance {
    uint8_t state;        /* CHURN__TRIGGER_* */
    uint8_t last_true;    /* the last E was TRUE */
    uint8_t evaluated;    /* 1 once it was stepped inside the population */
    uint8_t must_clear;   /* no firing until E was not TRUE once (initial: arm) */
    uint8_t gap_reported; /* data_gap was emitted in this stretch of unknown */
    uint8_t clear_true;   /* the last R was TRUE, in RESOLVING */
    uint16_t reserved;
    uint32_t episode;     /* number of the last episode */
    uint32_t evals;       /* TRUE evaluations in PENDING */
    int64_t pending_true; /* microseconds TRUE in PENDING */
    int64_t clearing;     /* microseconds R TRUE in RESOLVING */
    churn_time since;     /* of the present state */
    churn_time fired_at;
    churn_time cooldown_until;
    churn_time last_eval;
    churn_time unknown_since; /* CHURN_TIME_NONE: known */
    churn_time last_notified;
    uint64_t rule_hash;
} churn__instance;

typedef struct churn__trigger_input {
    churn_time at;
    churn__truth when;      /* E */
    churn__truth clear;     /* R; where the definition has no clear_when it is derived, not read */
    churn__missing missing; /* of an UNKNOWN: the worst of the inputs' reasons, ignorance first */
    bool all_absence;       /* every missing input of the UNKNOWN is absence */
    bool in_population;
    churn_time since; /* of the customer, for grace; CHURN_TIME_NONE: none */
    bool blocked;     /* held back from outside: counted as suppressed */
} churn__trigger_input;

/* What a step did: at most one of fired / resolved but for refire, where both. */
#define CHURN__DID_FIRE 1u
#define CHURN__DID_RESOLVE 2u
#define CHURN__DID_REMIND 4u
#define CHURN__DID_DATA_GAP 8u
#define CHURN__DID_SUPPRESS 16u
#define CHURN__DID_RELAPSE 32u

#define CHURN__RESOLVED_CLEARED 1
#define CHURN__RESOLVED_STALE 2  /* unknown for too long */
#define CHURN__RESOLVED_ABSENT 3 /* what the condition stands on is no longer there */
#define CHURN__RESOLVED_RULE_REMOVED 4
#define CHURN__RESOLVED_LEFT 5    /* left the population, or is gone */
#define CHURN__RESOLVED_REFIRED 6 /* replaced by a new episode */

#define CHURN__SUPPRESSED_COOLDOWN 1
#define CHURN__SUPPRESSED_GRACE 2
#define CHURN__SUPPRESSED_REFIRE 3
#define CHURN__SUPPRESSED_INITIAL 4
#define CHURN__SUPPRESSED_BLOCKED 5

typedef struct churn__trigger_did {
    uint32_t what;      /* CHURN__DID_* */
    uint8_t resolved;   /* reason */
    uint8_t suppressed; /* reason */
} churn__trigger_did;

/*
 * input->at later than instance->last_eval; the caller sees to it (same: no-op, before: an error).
 *
 * C, the outcome that clears, is FALSE where E is TRUE, whatever R is; else it is R. `on_unknown`
 * applies to an UNKNOWN E in PENDING and an UNKNOWN C in FIRING and RESOLVING, never to an ERROR.
 * `grace` and `blocked` withhold the firing of what is pending, whose clocks run on. A customer
 * outside the population counts as FALSE, and what is open resolves.
 */
void churn__trigger_step(const churn__trigger_def *def, churn__instance *instance,
                         const churn__trigger_input *input, churn__trigger_did *did);
/* A changed rule, before the next step: pending starts again, what is open is kept. */
void churn__trigger_rule_changed(churn__instance *instance, uint64_t rule_hash);
/* An instance whose trigger is gone or whose customer was erased. */
void churn__trigger_end(churn__instance *instance, churn_time at, uint8_t reason,
                        churn__trigger_did *did);

const char *churn__trigger_state_name(uint8_t state);
const char *churn__resolved_name(uint8_t reason);
const char *churn__suppressed_name(uint8_t reason);
const char *churn__severity_name(uint8_t severity);

#endif
