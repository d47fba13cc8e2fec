/* SPDX-License-Identifier: MIT */
#include "engine/tick.h"

#include <math.h>
#include <string.h>

/*
 * The steps of one customer. Resolutions come before firings, so that a tag which one trigger takes
 * away and another sets is set in the end.
 */
#define NO_ROW CHURN__NONE

/* ---- why a condition is not known ---- */

/* Counts each input and returns the worst reason. */
static churn__missing count_missing(churn__ticking *t, uint32_t trigger, uint32_t row)
{
    const churn__expr *when = t->staging.engine->playbook->triggers[trigger].when;
    uint64_t *counts = t->staging.tallies.each[trigger].missing;
    uint32_t all = 0;
    const uint32_t *inputs = churn__expr_slots(when, &all), *slots = NULL;
    uint32_t count = churn__frame_blame(t->frame, when, row, &slots);
    churn__missing worst = CHURN__PRESENT;
    for (uint32_t i = 0, input = 0; i < count; i++) {
        while (inputs[input] != slots[i]) { /* both ascend, and what is blamed is read */
            input++;
        }
        churn__missing reason = churn__frame_missing(t->frame, slots[i], row);
        counts[input * CHURN__REASONS + reason]++;
        worst = churn__missing_worse(worst, reason);
    }
    t->staging.tallies.each[trigger].ignorant += churn__is_ignorance(worst);
    return worst;
}

static void note_error(churn__ticking *t, uint32_t trigger, uint32_t row)
{
    churn__value value;
    churn__truth truth = CHURN__ERROR;
    churn_error error = {.struct_size = sizeof error};
    churn__tally *tally = &t->staging.tallies.each[trigger];
    const churn__expr *when = t->staging.engine->playbook->triggers[trigger].when;
    if (tally->error_text[0] == '\0' &&
        churn__expr_value(when, t->frame->columns, row, t->frame->scratch, &value, &truth,
                          &error) == CHURN_OK) {
        churn__format(tally->error_text, sizeof tally->error_text, "%s", error.message);
    }
}

/* What is open is decided by `clear_when`, and stands on the inputs of both conditions where both
 * are not known; what is not open is decided by `when` alone. */
static void find_reason(churn__ticking *t, uint32_t trigger, uint32_t row, bool open,
                        churn__trigger_input *input)
{
    const churn__trigger_def *def = &t->staging.engine->playbook->triggers[trigger];
    if (input->when == CHURN__UNKNOWN) {
        input->missing = count_missing(t, trigger, row);
    } else if (input->when == CHURN__ERROR) {
        note_error(t, trigger, row);
    }
    if (open && def->clear_when && input->clear == CHURN__UNKNOWN) {
        input->missing = churn__missing_worse(input->missing,
                                              churn__frame_reason(t->frame, def->clear_when, row));
    }
    input->all_absence = input->missing != CHURN__PRESENT && !churn__is_ignorance(input->missing);
}

/* ---- one step ---- */

/* An instance that was stepped before but never had anything to remember. */
static churn__instance blank_instance(const churn__watch *watch)
{
    churn__instance instance;
    memset(&instance, 0, sizeof instance);
    instance.unknown_since = CHURN_TIME_NONE;
    instance.evaluated = watch->started;
    return instance;
}

static void count_did(churn__ticking *t, uint32_t watch, const churn__trigger_did *did)
{
    churn_run *run = &t->staging.run;
    run->fired += (did->what & CHURN__DID_FIRE) != 0;
    run->resolved += (did->what & CHURN__DID_RESOLVE) != 0;
    run->reminders += (did->what & CHURN__DID_REMIND) != 0;
    run->data_gaps += (did->what & CHURN__DID_DATA_GAP) != 0;
    run->suppressed += (did->what & CHURN__DID_SUPPRESS) != 0;
    if (watch < t->staging.tallies.count) {
        churn__tally *tally = &t->staging.tallies.each[watch];
        tally->fired += (did->what & CHURN__DID_FIRE) != 0;
        tally->resolved += (did->what & CHURN__DID_RESOLVE) != 0;
        tally->suppressed += (did->what & CHURN__DID_SUPPRESS) != 0;
    }
}

static void fill_input(churn__ticking *t, uint32_t trigger, uint32_t row,
                       const churn__instance *instance, churn__trigger_input *input)
{
    const churn__trigger_def *def = &t->staging.engine->playbook->triggers[trigger];
    size_t at = row == NO_ROW ? 0 : trigger * (size_t)t->rows + row;
    if (row == NO_ROW || t->when[at] == CHURN__OUTSIDE) {
        return;
    }
    input->in_population = true;
    input->when = t->when[at];
    input->clear = def->clear_when ? t->clear[at] : CHURN__FALSE;
    if (def->grace) {
        input->since = churn__reader_since(t->frame->reader, t->frame->customers[row], input->at);
    }
    find_reason(t, trigger, row, churn__instance_open(instance), input);
}

/* `held` may be NULL. Every instance that is there takes a step in every evaluation, so the last
 * one is the engine's. */
static void step_trigger(churn__ticking *t, uint32_t trigger, uint32_t row, const churn__held *held)
{
    const churn_engine *engine = t->staging.engine;
    const churn__trigger_def *def = &engine->playbook->triggers[trigger];
    const churn__watch *watch = &engine->watches[trigger];
    churn__trigger_input input = {.at = t->staging.at, .since = CHURN_TIME_NONE};
    churn__step *step = &t->steps[t->step_count++];
    step->watch = trigger;
    step->held = held ? (uint32_t)(held - watch->held) : CHURN__NONE;
    step->next = held ? held->instance : blank_instance(watch);
    step->next.last_eval = engine->as_of;
    if (held) {
        churn__trigger_rule_changed(&step->next, def->rule_hash);
    }
    step->next.rule_hash = def->rule_hash;
    fill_input(t, trigger, row, &step->next, &input);
    churn__trigger_step(def, &step->next, &input, &step->did);
    count_did(t, trigger, &step->did);
}

/* A trigger that the playbook does not have any more ends what is open or pending. */
static void step_removed(churn__ticking *t, uint32_t watch_index, const churn__held *held)
{
    const churn__watch *watch = &t->staging.engine->watches[watch_index];
    if (held->instance.state != CHURN__TRIGGER_PENDING && !churn__instance_open(&held->instance)) {
        return;
    }
    churn__step *step = &t->steps[t->step_count++];
    step->watch = watch_index;
    step->held = (uint32_t)(held - watch->held);
    step->next = held->instance;
    churn__trigger_end(&step->next, t->staging.at, CHURN__RESOLVED_RULE_REMOVED, &step->did);
    count_did(t, watch_index, &step->did);
}

static void step_all(churn__ticking *t, uint32_t row, uint32_t person)
{
    const churn_engine *engine = t->staging.engine;
    uint32_t triggers = engine->playbook->trigger_count;
    t->step_count = 0;
    for (uint32_t i = 0; i < triggers; i++) {
        const churn__held *held = churn__watch_find(&engine->watches[i], person);
        size_t at = row == NO_ROW ? 0 : i * (size_t)t->rows + row;
        bool idle = row == NO_ROW || t->when[at] == CHURN__FALSE || t->when[at] == CHURN__OUTSIDE;
        if (held || !idle) {
            step_trigger(t, i, row, held);
        }
    }
    for (uint32_t i = triggers; person != CHURN__NONE && i < engine->watch_count; i++) {
        const churn__held *held = churn__watch_find(&engine->watches[i], person);
        if (held) {
            step_removed(t, i, held);
        }
    }
}

/* ---- what follows of a step ---- */

static churn__held *held_of(const churn__ticking *t, const churn__step *step)
{
    return step->held == CHURN__NONE ? NULL
                                     : &t->staging.engine->watches[step->watch].held[step->held];
}

static churn_status resolve_all(churn__ticking *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__staging *staging = &t->staging;
    staging->resolving_count = 0;
    for (uint32_t i = 0; i < t->step_count; i++) {
        const churn__held *held = held_of(t, &t->steps[i]);
        if ((t->steps[i].did.what & CHURN__DID_RESOLVE) && held->episode != CHURN__NONE) {
            churn__op op = {
                .kind = CHURN__OP_RESOLVE, .a = held->episode, .b = t->steps[i].did.resolved};
            staging->resolving[staging->resolving_count++] = held->episode;
            CHURN_TRY(churn__stage_op(staging, op, err));
        }
    }
    for (uint32_t i = 0; i < staging->resolving_count; i++) {
        CHURN_TRY(churn__answer_resolved(staging, staging->resolving[i], err));
    }
done:
    return st;
}

static double value_at_risk(churn__ticking *t, uint32_t row)
{
    int64_t mrr = 0;
    if (churn__frame_mrr(t->frame, t->frame->customers[row], t->staging.at, &mrr) !=
        CHURN__PRESENT) {
        return (double)NAN;
    }
    double risk = churn__value_at_risk(t->frame, row, mrr);
    return isnan(risk) ? risk : churn__round6(risk * churn__major(t->staging.engine->playbook, 1));
}

static churn_status fire(churn__ticking *t, const churn__step *step, uint32_t row, uint32_t person,
                         uint32_t *episode_out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__trigger_def *def = &t->staging.engine->playbook->triggers[step->watch];
    churn__episode episode = {.trigger = t->staging.engine->watches[step->watch].id,
                              .person = person,
                              .number = step->next.episode,
                              .before = CHURN__NONE,
                              .play = CHURN__NO_CODE,
                              .severity = def->severity,
                              .fired_at = t->staging.at,
                              .resolved_at = CHURN_TIME_NONE,
                              .value_at_risk = value_at_risk(t, row)};
    CHURN_TRY(churn__stage_episode(&t->staging, &episode, episode_out, err));
    CHURN_TRY(churn__answer_fired(&t->staging, t->frame, &t->zones, row, def, *episode_out, err));
done:
    return st;
}

static churn_status note(churn__ticking *t, uint32_t what, uint32_t episode, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (episode == CHURN__NONE) {
        return CHURN_OK;
    }
    if (what & CHURN__DID_REMIND) {
        churn__op op = {.kind = CHURN__OP_REMIND, .a = episode};
        CHURN_TRY(churn__stage_op(&t->staging, op, err));
        CHURN_TRY(churn__answer_reminded(&t->staging, episode, err));
    }
    if (what & CHURN__DID_RELAPSE) {
        churn__op op = {.kind = CHURN__OP_RELAPSE, .a = episode};
        CHURN_TRY(churn__stage_op(&t->staging, op, err));
    }
done:
    return st;
}

/* Most steps of what is open only move the clock, which is everybody's. */
static churn_status replace(churn__ticking *t, const churn__step *step, uint32_t episode,
                            churn_error *err)
{
    const churn__held *held = held_of(t, step);
    churn__op op = {.kind = CHURN__OP_INSTANCE,
                    .a = step->watch,
                    .b = step->held,
                    .episode = episode,
                    .instance = step->next};
    op.instance.last_eval = held->instance.last_eval;
    if (held->episode == episode &&
        memcmp(&held->instance, &op.instance, sizeof op.instance) == 0) {
        return CHURN_OK;
    }
    return churn__stage_op(&t->staging, op, err);
}

static churn_status keep(churn__ticking *t, const churn__step *step, uint32_t row, uint32_t *person,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__held *held = held_of(t, step);
    uint32_t episode = held ? held->episode : CHURN__NONE;
    if (!held && !churn__instance_matters(&step->next)) {
        return CHURN_OK;
    }
    if (*person == CHURN__NONE) {
        CHURN_TRY(
            churn__stage_person(&t->staging, t->version, t->frame->customers[row], person, err));
    }
    if (step->did.what & CHURN__DID_RESOLVE) {
        episode = CHURN__NONE;
    }
    CHURN_TRY(note(t, step->did.what, episode, err));
    if (step->did.what & CHURN__DID_FIRE) {
        CHURN_TRY(fire(t, step, row, *person, &episode, err));
    }
    if (held) {
        CHURN_TRY(replace(t, step, episode, err));
    } else {
        churn__held fresh = {.instance = step->next, .person = *person, .episode = episode};
        CHURN_TRY(churn__stage_held(&t->staging, step->watch, &fresh, err));
    }
done:
    return st;
}

static churn_status follow_steps(churn__ticking *t, uint32_t row, uint32_t person, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(resolve_all(t, err));
    for (uint32_t i = 0; i < t->step_count; i++) {
        CHURN_TRY(keep(t, &t->steps[i], row, &person, err));
    }
done:
    return st;
}

churn_status churn__tick_row(churn__ticking *t, uint32_t row, uint32_t person, churn_error *err)
{
    step_all(t, row, person);
    return t->step_count ? follow_steps(t, row, person, err) : CHURN_OK;
}

churn_status churn__tick_gone(churn__ticking *t, uint32_t person, churn_error *err)
{
    step_all(t, NO_ROW, person);
    return t->step_count ? follow_steps(t, NO_ROW, person, err) : CHURN_OK;
}
