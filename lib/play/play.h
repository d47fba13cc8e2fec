/* SPDX-License-Identifier: MIT */
#ifndef CHURN_PLAY_PLAY_H
#define CHURN_PLAY_PLAY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/hash.h"
#include "expr/expr.h"

/* What answers a trigger: steps that become actions in the outbox. */

#define CHURN__STEP_TASK 1
#define CHURN__STEP_NOTIFY 2
#define CHURN__STEP_TAG 3
#define CHURN__STEP_SET_STATUS 4

/* Kinds of actions beyond those of steps. */
#define CHURN__ACTION_UNTAG 5
#define CHURN__ACTION_UNSET_STATUS 6
#define CHURN__ACTION_REMINDER 7
#define CHURN__ACTION_CANCEL 8

#define CHURN__ON_RESOLVE_KEEP 0
#define CHURN__ON_RESOLVE_CANCEL_OPEN 1
#define CHURN__ON_RESOLVE_UNDO 2 /* status and tags */

/* Who does it. */
typedef struct churn__role_def {
    churn_str id;
    uint32_t line, column;
    churn_str attribute; /* `from: customer.owner`: the attribute's name; {NULL}: not from one */
    uint32_t otherwise;  /* `else:` index of another role; UINT32_MAX: none */
    const churn_str *people; /* or one of these, by a hash of customer and person */
    uint32_t people_count;
} churn__role_def;

/* The person a role is for a customer: the attribute's value, else one of its people, else by
 * `otherwise`, else {NULL, 0}. `attribute_value` is asked for attributes by name; it gives {NULL,
 * 0} or "" where there is none. Who is chosen of several people does not change while they stay. */
churn_str churn__role_resolve(const churn__role_def *roles, uint32_t role, churn_str customer,
                              churn_str (*attribute_value)(void *context, churn_str name),
                              void *context);

typedef struct churn__step_def {
    churn_str id; /* {NULL}: none */
    uint32_t line, column;
    uint8_t kind;           /* CHURN__STEP_* */
    churn__template *text;  /* task, notify; NULL: none */
    churn__template *title; /* task, notify; NULL: none, or "": the trigger's id */
    uint32_t role;          /* owner of a task, addressee of a notice; UINT32_MAX: none */
    bool has_due;
    churn__duration due;
    churn_str value;       /* tag or status */
    uint64_t content_hash; /* of what the step says: stands for its id where it has none */
} churn__step_def;

typedef struct churn__play_def {
    churn_str id;
    uint32_t line, column;
    const churn__step_def *steps;
    uint32_t step_count;
    uint8_t on_resolve;
} churn__play_def;

/*
 * The id of an action, which depends only on the playbook's name, trigger, customer, record (empty
 * here), fired at, the step's id or else its content and ordinal among equal ones, and occurrence
 * (0, then 1, 2, ... for reminders and what follows of it).
 */
churn__hash128 churn__action_id(churn_str playbook, churn_str trigger, churn_str customer,
                                churn_str record, churn_time fired_at, const churn__step_def *step,
                                uint32_t ordinal, uint32_t occurrence);

const char *churn__action_kind_name(uint8_t kind);

#endif
