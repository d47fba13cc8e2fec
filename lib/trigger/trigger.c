/* SPDX-License-Identifier: MIT */
#include "trigger/trigger.h"

#include <stddef.h>

/*
 * One step is: what the outcomes mean (`view`), the clock of what is not known, then one function a
 * state. A customer outside the population is judged as if the condition were FALSE, and what is
 * open ends at once.
 */

/* What a step works with. */
typedef struct step {
    const churn__trigger_def *def;
    churn__instance *instance;
    const churn__trigger_input *input;
    churn__trigger_did *did;
    churn__truth when;  /* E */
    churn__truth clear; /* C: TRUE clears, FALSE keeps, else nobody knows */
} step;

/* ---- outcomes ---- */

static churn__truth negation(churn__truth e)
{
    return e == CHURN__TRUE ? CHURN__FALSE : e == CHURN__FALSE ? CHURN__TRUE : e;
}

/* C = R and not E, where an E that is not known does not keep an alarm open. */
static churn__truth clearing_outcome(churn__truth when, churn__truth clear)
{
    return when == CHURN__TRUE ? CHURN__FALSE : clear;
}

static bool is_open(const churn__instance *instance)
{
    return instance->state == CHURN__TRIGGER_FIRING || instance->state == CHURN__TRIGGER_RESOLVING;
}

static bool is_known(churn__truth t)
{
    return t == CHURN__TRUE || t == CHURN__FALSE;
}

/* ---- changes of state ---- */

static void enter(step *s, uint8_t state)
{
    s->instance->state = state;
    s->instance->since = s->input->at;
}

static void suppress(step *s, uint8_t reason)
{
    s->did->what |= CHURN__DID_SUPPRESS;
    s->did->suppressed = reason;
}

static void fire(step *s)
{
    enter(s, CHURN__TRIGGER_FIRING);
    s->instance->episode++;
    s->instance->fired_at = s->input->at;
    s->instance->last_notified = s->input->at;
    s->did->what |= CHURN__DID_FIRE;
}

static void resolve(step *s, uint8_t reason)
{
    const int64_t cooldown = s->def->cooldown;
    const churn_time at = s->input->at;
    s->did->what |= CHURN__DID_RESOLVE;
    s->did->resolved = reason;
    s->instance->clear_true = 0;
    s->instance->clearing = 0;
    if (cooldown > 0) {
        enter(s, CHURN__TRIGGER_COOLDOWN);
        s->instance->cooldown_until =
            cooldown > CHURN_TIME_MAX - at ? CHURN_TIME_MAX : at + cooldown;
    } else {
        enter(s, CHURN__TRIGGER_INACTIVE);
    }
}

/* ---- may it fire ---- */

/* Why an instance must not even become pending, 0: it may. `refire: after_clear` asks for an E that
 * is not TRUE since the last episode; nothing resolves without one, so it needs no memory. */
static uint8_t barred(const step *s)
{
    if (s->instance->must_clear) {
        return CHURN__SUPPRESSED_INITIAL;
    }
    if (s->def->refire == CHURN__REFIRE_NEVER && s->instance->episode > 0) {
        return CHURN__SUPPRESSED_REFIRE;
    }
    return s->input->blocked ? CHURN__SUPPRESSED_BLOCKED : 0;
}

/* Why what is ripe must wait, 0: it may fire. Clocks of PENDING run on meanwhile. */
static uint8_t withheld(const step *s)
{
    const churn_time since = s->input->since;
    if (s->input->blocked) {
        return CHURN__SUPPRESSED_BLOCKED;
    }
    if (s->def->grace > 0 && since != CHURN_TIME_NONE && s->input->at - since < s->def->grace) {
        return CHURN__SUPPRESSED_GRACE;
    }
    return 0;
}

static void fire_unless_withheld(step *s)
{
    const uint8_t reason = withheld(s);
    if (reason != 0) {
        suppress(s, reason);
    } else {
        fire(s);
    }
}

/* ---- states ---- */

static void step_inactive(step *s)
{
    churn__instance *instance = s->instance;
    uint8_t reason = 0;
    if (s->when != CHURN__TRUE) {
        return;
    }
    if (!instance->evaluated && s->def->initial_arm) {
        instance->must_clear = 1;
    }
    reason = barred(s);
    if (reason != 0) {
        suppress(s, reason);
    } else if (s->def->hold <= 0 && s->def->min_evals <= 1) {
        fire_unless_withheld(s);
    } else {
        enter(s, CHURN__TRIGGER_PENDING);
        instance->pending_true = 0;
        instance->evals = 1;
    }
}

static uint8_t unknown_policy(const step *s)
{
    const churn__on_unknown *policy = &s->def->on_unknown;
    if (!policy->given) {
        return CHURN__UNKNOWN_HOLD;
    }
    switch (s->input->missing) {
    case CHURN__NEVER:
        return policy->never;
    case CHURN__EMPTY:
        return policy->empty;
    case CHURN__EXPIRED:
        return policy->expired;
    default:
        return policy->otherwise;
    }
}

/* Time since the last evaluation, if the outcome held then too. -1: the gap is too long to count.
 */
static int64_t held_for(const step *s, bool held_before)
{
    const int64_t gap = s->input->at - s->instance->last_eval;
    if (gap > s->def->max_gap) {
        return -1;
    }
    return held_before ? gap : 0;
}

static void step_pending(step *s)
{
    churn__instance *instance = s->instance;
    int64_t held = 0;
    if (s->when == CHURN__FALSE) {
        enter(s, CHURN__TRIGGER_INACTIVE);
        return;
    }
    if (s->when != CHURN__TRUE) {
        if (s->when == CHURN__UNKNOWN && unknown_policy(s) == CHURN__UNKNOWN_RESET) {
            enter(s, CHURN__TRIGGER_INACTIVE);
        }
        return;
    }
    held = held_for(s, instance->last_true);
    instance->pending_true = held < 0 ? 0 : instance->pending_true + held;
    instance->evals = held < 0 ? 1 : instance->evals + (instance->evals < UINT32_MAX);
    if (instance->pending_true >= s->def->hold && instance->evals >= s->def->min_evals) {
        fire_unless_withheld(s);
    }
}

/* True if it ended. */
static bool unknown_ends(step *s)
{
    if (s->clear != CHURN__UNKNOWN) {
        return false; /* an error holds */
    }
    if (!s->def->on_unknown.given && s->input->all_absence) {
        resolve(s, CHURN__RESOLVED_ABSENT);
        return true;
    }
    if (unknown_policy(s) == CHURN__UNKNOWN_RESOLVE &&
        s->input->at - s->instance->unknown_since >= s->def->expire_unknown_after) {
        resolve(s, CHURN__RESOLVED_STALE);
        return true;
    }
    return false;
}

static bool refire_is_due(const step *s)
{
    return s->def->refire == CHURN__REFIRE_EVERY && s->when == CHURN__TRUE &&
           s->input->at - s->instance->fired_at >= s->def->refire_every;
}

static void keep_firing(step *s)
{
    if (refire_is_due(s) && !s->input->blocked) {
        s->did->what |= CHURN__DID_RESOLVE;
        s->did->resolved = CHURN__RESOLVED_REFIRED;
        fire(s);
        return;
    }
    if (refire_is_due(s)) {
        suppress(s, CHURN__SUPPRESSED_BLOCKED);
    }
    if (s->def->renotify > 0 && s->input->at - s->instance->last_notified >= s->def->renotify) {
        s->instance->last_notified = s->input->at;
        s->did->what |= CHURN__DID_REMIND;
    }
}

static void step_firing(step *s)
{
    if (!is_known(s->clear)) {
        unknown_ends(s);
    } else if (s->clear == CHURN__FALSE) {
        keep_firing(s);
    } else if (s->def->clear_for <= 0) {
        resolve(s, CHURN__RESOLVED_CLEARED);
    } else {
        enter(s, CHURN__TRIGGER_RESOLVING);
        s->instance->clearing = 0;
        s->instance->clear_true = 1;
    }
}

static void step_resolving(step *s)
{
    churn__instance *instance = s->instance;
    int64_t held = 0;
    if (!is_known(s->clear)) {
        unknown_ends(s);
    } else if (s->clear == CHURN__FALSE) {
        enter(s, CHURN__TRIGGER_FIRING);
        s->did->what |= CHURN__DID_RELAPSE;
    } else {
        held = held_for(s, instance->clear_true);
        instance->clearing = held < 0 ? 0 : instance->clearing + held;
        if (instance->clearing >= s->def->clear_for) {
            resolve(s, CHURN__RESOLVED_CLEARED);
        }
    }
    instance->clear_true = instance->state == CHURN__TRIGGER_RESOLVING && s->clear == CHURN__TRUE;
}

/* ---- what is not known ---- */

/* One clock from the first evaluation whose deciding outcome is not known until it is known again.
 * Only ignorance is worth telling: an absence is an answer, an error is counted as one. */
static void watch_unknown(step *s)
{
    churn__instance *instance = s->instance;
    const churn__truth outcome = is_open(instance) ? s->clear : s->when;
    if (is_known(outcome)) {
        instance->unknown_since = CHURN_TIME_NONE;
        instance->gap_reported = 0;
        return;
    }
    if (instance->unknown_since == CHURN_TIME_NONE) {
        instance->unknown_since = s->input->at;
    }
    if (outcome == CHURN__UNKNOWN && churn__is_ignorance(s->input->missing) &&
        !instance->gap_reported &&
        s->input->at - instance->unknown_since >= s->def->unknown_after) {
        instance->gap_reported = 1;
        s->did->what |= CHURN__DID_DATA_GAP;
    }
}

/* ---- the step ---- */

static void step_state(step *s)
{
    switch (s->instance->state) {
    case CHURN__TRIGGER_PENDING:
        step_pending(s);
        break;
    case CHURN__TRIGGER_FIRING:
        step_firing(s);
        break;
    case CHURN__TRIGGER_RESOLVING:
        step_resolving(s);
        break;
    case CHURN__TRIGGER_COOLDOWN:
        if (s->when == CHURN__TRUE) {
            suppress(s, CHURN__SUPPRESSED_COOLDOWN);
        }
        break;
    default:
        step_inactive(s);
        break;
    }
}

/* The outcomes of somebody who is not judged. */
static void step_outside(step *s)
{
    s->when = CHURN__FALSE;
    s->clear = CHURN__TRUE;
    watch_unknown(s);
    if (is_open(s->instance)) {
        resolve(s, CHURN__RESOLVED_LEFT);
    } else if (s->instance->state == CHURN__TRIGGER_PENDING) {
        enter(s, CHURN__TRIGGER_INACTIVE);
    }
}

static void begin(churn__instance *instance, const churn__trigger_def *def, churn_time at)
{
    instance->since = at;
    instance->last_eval = at;
    instance->unknown_since = CHURN_TIME_NONE;
    instance->rule_hash = def->rule_hash;
}

void churn__trigger_step(const churn__trigger_def *def, churn__instance *instance,
                         const churn__trigger_input *input, churn__trigger_did *did)
{
    churn__truth clear = def->clear_when != NULL ? input->clear : negation(input->when);
    step s = {def, instance, input, did, input->when, clearing_outcome(input->when, clear)};
    *did = (churn__trigger_did){0};
    if (!instance->evaluated && instance->state == CHURN__TRIGGER_INACTIVE) {
        begin(instance, def, input->at);
    }
    if (instance->state == CHURN__TRIGGER_COOLDOWN && input->at >= instance->cooldown_until) {
        enter(&s, CHURN__TRIGGER_INACTIVE);
    }
    if (input->in_population) {
        watch_unknown(&s);
        step_state(&s);
        instance->evaluated = 1;
    } else {
        step_outside(&s);
    }
    if (s.when != CHURN__TRUE) {
        instance->must_clear = 0;
    }
    instance->last_true = s.when == CHURN__TRUE;
    instance->last_eval = input->at;
}

void churn__trigger_rule_changed(churn__instance *instance, uint64_t rule_hash)
{
    if (instance->rule_hash == rule_hash) {
        return;
    }
    instance->rule_hash = rule_hash;
    if (instance->state == CHURN__TRIGGER_PENDING) {
        instance->state = CHURN__TRIGGER_INACTIVE;
        instance->since = instance->last_eval;
    }
    /* What was true or unknown by the old rule says nothing by the new one. */
    instance->last_true = 0;
    instance->clear_true = 0;
    instance->clearing = 0;
    instance->unknown_since = CHURN_TIME_NONE;
    instance->gap_reported = 0;
}

void churn__trigger_end(churn__instance *instance, churn_time at, uint8_t reason,
                        churn__trigger_did *did)
{
    *did = (churn__trigger_did){0};
    if (is_open(instance)) {
        did->what = CHURN__DID_RESOLVE;
        did->resolved = reason;
    }
    if (instance->state != CHURN__TRIGGER_INACTIVE) {
        instance->state = CHURN__TRIGGER_INACTIVE;
        instance->since = at;
    }
}

/* ---- names ---- */

static const char *name_at(const char *const *names, size_t count, uint8_t i)
{
    return i < count ? names[i] : "";
}

const char *churn__trigger_state_name(uint8_t state)
{
    static const char *const names[] = {"inactive", "pending", "firing", "resolving", "cooldown"};
    return name_at(names, sizeof names / sizeof *names, state);
}

const char *churn__resolved_name(uint8_t reason)
{
    static const char *const names[] = {"",     "cleared", "stale", "absent", "rule_removed",
                                        "left", "refired"};
    return name_at(names, sizeof names / sizeof *names, reason);
}

const char *churn__suppressed_name(uint8_t reason)
{
    static const char *const names[] = {"", "cooldown", "grace", "refire", "initial", "blocked"};
    return name_at(names, sizeof names / sizeof *names, reason);
}

const char *churn__severity_name(uint8_t severity)
{
    static const char *const names[] = {"", "low", "medium", "high", "critical"};
    return name_at(names, sizeof names / sizeof *names, severity);
}
