/* SPDX-License-Identifier: MIT */
#include "engine/staging.h"

#include <string.h>

churn_status churn__staging_begin(churn__staging *staging, churn_engine *engine, churn_time at,
                                  churn_error *err)
{
    *staging = (churn__staging){.engine = engine,
                                .at = at,
                                .episodes = engine->episode_count,
                                .actions = engine->action_count,
                                .changes = engine->change_count,
                                .texts = churn__dict_count(engine->texts),
                                .ids = churn__dict_count(engine->ids),
                                .band_changes = engine->bands.change_count,
                                .waiting = engine->waiting};
    staging->run.as_of = at;
    staging->held = churn__alloc_array(engine->heap, engine->watch_count, sizeof *staging->held);
    staging->resolving =
        churn__alloc_array(engine->heap, engine->watch_count, sizeof *staging->resolving);
    if (!churn__tallies_open(engine->heap, engine->playbook, &staging->tallies) || !staging->held ||
        !staging->resolving) {
        return churn__fail_memory(err, engine->heap);
    }
    for (size_t i = 0; i < engine->watch_count; i++) {
        staging->held[i] = engine->watches[i].held_count;
    }
    return CHURN_OK;
}

churn_status churn__stage_op(churn__staging *staging, churn__op op, churn_error *err)
{
    if (!churn__grow(staging->engine->heap, (void **)&staging->ops, &staging->op_capacity,
                     staging->op_count + 1, sizeof *staging->ops)) {
        return churn__fail_memory(err, staging->engine->heap);
    }
    staging->ops[staging->op_count++] = op;
    return CHURN_OK;
}

churn_status churn__stage_text(churn__staging *staging, churn_str text, uint32_t *out,
                               churn_error *err)
{
    *out = CHURN__NO_CODE;
    if (!text.ptr) {
        return CHURN_OK;
    }
    *out = churn__dict_add(staging->engine->texts, text);
    return *out == CHURN__NO_CODE ? churn__fail_memory(err, staging->engine->heap) : CHURN_OK;
}

churn_status churn__stage_person(churn__staging *staging, const churn__version *version,
                                 uint32_t customer, uint32_t *out, churn_error *err)
{
    churn_engine *engine = staging->engine;
    churn_str id = churn__version_customer_id(version, customer);
    *out = churn__dict_add(engine->ids, id);
    if (*out == CHURN__NO_CODE ||
        !churn__grow(engine->heap, (void **)&engine->people, &engine->people_capacity,
                     (size_t)*out + 1, sizeof *engine->people)) {
        return churn__fail_memory(err, engine->heap);
    }
    if (*out >= staging->ids) {
        engine->people[*out] = CHURN__NOBODY;
    }
    return CHURN_OK;
}

/* of_person says "none" beyond what it was asked for; entries of staged instances are set when they
 * are committed. */
static bool reach_person(churn_engine *engine, churn__watch *watch, uint32_t person)
{
    size_t before = watch->of_capacity;
    if (!churn__grow(engine->heap, (void **)&watch->of_person, &watch->of_capacity,
                     (size_t)person + 1, sizeof *watch->of_person)) {
        return false;
    }
    if (watch->of_capacity > before) {
        memset(watch->of_person + before, 0,
               (watch->of_capacity - before) * sizeof *watch->of_person);
    }
    return true;
}

churn_status churn__stage_held(churn__staging *staging, uint32_t watch_index,
                               const churn__held *held, churn_error *err)
{
    churn_engine *engine = staging->engine;
    churn__watch *watch = &engine->watches[watch_index];
    size_t at = staging->held[watch_index];
    if (!reach_person(engine, watch, held->person) ||
        !churn__grow(engine->heap, (void **)&watch->held, &watch->held_capacity, at + 1,
                     sizeof *watch->held)) {
        return churn__fail_memory(err, engine->heap);
    }
    watch->held[at] = *held;
    staging->held[watch_index] = at + 1;
    return CHURN_OK;
}

/* What is appended is numbered in 32 bits. */
static churn_status check_count(size_t count, const char *what, churn_error *err)
{
    return count < CHURN__NONE
               ? CHURN_OK
               : churn__fail(err, CHURN_E_LIMIT, 0,
                             "advance: an engine remembers at most 2^32 - 1 %s", what);
}

churn_status churn__stage_episode(churn__staging *staging, const churn__episode *episode,
                                  uint32_t *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = staging->engine;
    CHURN_TRY(check_count(staging->episodes, "episodes", err));
    if (!churn__grow(engine->heap, (void **)&engine->episodes, &engine->episode_capacity,
                     staging->episodes + 1, sizeof *engine->episodes)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    engine->episodes[staging->episodes] = *episode;
    *out = (uint32_t)staging->episodes++;
done:
    return st;
}

churn_status churn__stage_action(churn__staging *staging, const churn__action *action,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = staging->engine;
    CHURN_TRY(check_count(staging->actions, "actions", err));
    if (staging->waiting >= engine->playbook->limits.outbox) {
        CHURN_FAIL(CHURN_E_LIMIT, 0,
                   "outbox: %u actions wait to be acknowledged, which is limits.outbox",
                   staging->waiting);
    }
    if (!churn__grow(engine->heap, (void **)&engine->actions, &engine->action_capacity,
                     staging->actions + 1, sizeof *engine->actions)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    engine->actions[staging->actions++] = *action;
    staging->waiting++;
    staging->run.actions++;
done:
    return st;
}

churn_status churn__stage_change(churn__staging *staging, const churn__mark_change *change,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = staging->engine;
    CHURN_TRY(check_count(staging->changes, "changes of tags and statuses", err));
    if (!churn__grow(engine->heap, (void **)&engine->changes, &engine->change_capacity,
                     staging->changes + 1, sizeof *engine->changes)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    engine->changes[staging->changes++] = *change;
done:
    return st;
}

/* ---- committing ---- */

static void commit_op(churn__staging *staging, const churn__op *op)
{
    churn_engine *engine = staging->engine;
    switch (op->kind) {
    case CHURN__OP_INSTANCE:
        engine->watches[op->a].held[op->b].instance = op->instance;
        engine->watches[op->a].held[op->b].episode = op->episode;
        break;
    case CHURN__OP_RESOLVE:
        engine->episodes[op->a].resolved = (uint8_t)op->b;
        engine->episodes[op->a].resolved_at = staging->at;
        break;
    case CHURN__OP_REMIND:
        engine->episodes[op->a].reminders++;
        break;
    case CHURN__OP_RELAPSE:
        engine->episodes[op->a].relapses++;
        break;
    case CHURN__OP_CANCEL:
        engine->actions[op->a].state = CHURN__STATE_CANCELLED;
        engine->actions[op->a].state_at = staging->at;
        break;
    case CHURN__OP_BAND:
        engine->bands.each[op->a].cells[op->b] = op->cell;
        break;
    }
}

/* Take in new instances, and let go of those that no longer say anything. */
static void commit_held(churn__staging *staging)
{
    churn_engine *engine = staging->engine;
    for (size_t w = 0; w < engine->watch_count; w++) {
        churn__watch *watch = &engine->watches[w];
        watch->held_count = staging->held[w];
        for (size_t i = 0; i < watch->held_count;) {
            churn__held *held = &watch->held[i];
            bool matters = churn__instance_matters(&held->instance);
            watch->of_person[held->person] = matters ? (uint32_t)i + 1 : 0;
            if (matters) {
                i++;
            } else {
                *held = watch->held[--watch->held_count];
            }
        }
        watch->started |= watch->rule != CHURN__NONE;
    }
}

/* Hang what was appended onto its person's histories. */
static void link_new(churn__staging *staging)
{
    churn_engine *engine = staging->engine;
    for (size_t i = engine->episode_count; i < staging->episodes; i++) {
        churn__person *person = &engine->people[engine->episodes[i].person];
        engine->episodes[i].before = person->episode;
        person->episode = (uint32_t)i;
    }
    for (size_t i = engine->action_count; i < staging->actions; i++) {
        churn__person *person = &engine->people[engine->actions[i].person];
        engine->actions[i].before = person->action;
        person->action = (uint32_t)i;
    }
    for (size_t i = engine->change_count; i < staging->changes; i++) {
        churn__person *person = &engine->people[engine->changes[i].person];
        engine->changes[i].before = person->change;
        person->change = (uint32_t)i;
    }
}

void churn__staging_commit(churn__staging *staging)
{
    churn_engine *engine = staging->engine;
    link_new(staging);
    engine->episode_count = staging->episodes;
    engine->action_count = staging->actions;
    engine->change_count = staging->changes;
    engine->waiting = staging->waiting;
    for (size_t i = 0; i < staging->op_count; i++) {
        commit_op(staging, &staging->ops[i]);
    }
    commit_held(staging);
    churn__bands_commit(staging);
    churn__tallies before = engine->tallies;
    engine->tallies = staging->tallies;
    staging->tallies = before;
    engine->as_of = staging->at;
    staging->texts = churn__dict_count(engine->texts);
    staging->ids = churn__dict_count(engine->ids);
}

void churn__staging_end(churn__staging *staging)
{
    churn_engine *engine = staging->engine;
    if (!engine) {
        return;
    }
    churn__bands_undo(staging);
    churn__dict_truncate(engine->texts, staging->texts);
    churn__dict_truncate(engine->ids, staging->ids);
    churn__free_array(engine->heap, staging->held, engine->watch_count, sizeof *staging->held);
    churn__free_array(engine->heap, staging->resolving, engine->watch_count,
                      sizeof *staging->resolving);
    churn__tallies_close(engine->heap, &staging->tallies);
    churn__free_array(engine->heap, staging->ops, staging->op_capacity, sizeof *staging->ops);
    churn__free_array(engine->heap, staging->band_customers, staging->band_capacity,
                      sizeof *staging->band_customers);
}
