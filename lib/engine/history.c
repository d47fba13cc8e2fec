/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

/*
 * What the engine did, as it stood at an instant: a question at `as_of` must not see what was done
 * later. Each person's histories are chains from the newest entry to the oldest.
 */

static const churn__person *person_at(const churn_engine *engine, uint32_t person)
{
    return person < churn__dict_count(engine->ids) ? &engine->people[person] : NULL;
}

bool churn__history_firing(const churn_engine *engine, uint32_t person, uint32_t trigger,
                           churn_time as_of)
{
    const churn__person *of = person_at(engine, person);
    for (uint32_t i = of ? of->episode : CHURN__NONE; i != CHURN__NONE;
         i = engine->episodes[i].before) {
        const churn__episode *episode = &engine->episodes[i];
        if (episode->trigger == trigger && episode->fired_at <= as_of &&
            (!episode->resolved || episode->resolved_at > as_of)) {
            return true;
        }
    }
    return false;
}

bool churn__history_task_open(const churn__action *action, churn_time as_of)
{
    return action->kind == CHURN__STEP_TASK && action->at <= as_of &&
           (action->state <= CHURN__STATE_ACKNOWLEDGED || action->state_at > as_of);
}

bool churn__history_running(const churn_engine *engine, uint32_t person, uint32_t play,
                            churn_time as_of)
{
    const churn__person *of = person_at(engine, person);
    for (uint32_t i = of ? of->action : CHURN__NONE; i != CHURN__NONE;
         i = engine->actions[i].before) {
        const churn__action *action = &engine->actions[i];
        if (action->play == play && churn__history_task_open(action, as_of)) {
            return true;
        }
    }
    return false;
}

churn_str churn__history_status(const churn_engine *engine, uint32_t person, churn_time as_of)
{
    const churn__person *of = person_at(engine, person);
    for (uint32_t i = of ? of->change : CHURN__NONE; i != CHURN__NONE;
         i = engine->changes[i].before) {
        const churn__mark_change *change = &engine->changes[i];
        if (!change->is_tag && change->at <= as_of) {
            return change->value == CHURN__NO_CODE ? (churn_str){NULL, 0}
                                                   : churn__dict_get(engine->texts, change->value);
        }
    }
    return (churn_str){NULL, 0};
}

/* A tag is on or off as its newest change says: is there a newer one than `change`? */
static bool tag_changed_again(const churn_engine *engine, uint32_t newest, uint32_t change,
                              churn_time as_of)
{
    uint32_t tag = engine->changes[change].value;
    for (uint32_t i = newest; i != change; i = engine->changes[i].before) {
        const churn__mark_change *later = &engine->changes[i];
        if (later->is_tag && later->value == tag && later->at <= as_of) {
            return true;
        }
    }
    return false;
}

static void insert_sorted(churn_str *tags, uint32_t count, churn_str tag)
{
    uint32_t at = count;
    while (at > 0 && churn__str_cmp(tags[at - 1], tag) > 0) {
        tags[at] = tags[at - 1];
        at--;
    }
    tags[at] = tag;
}

bool churn__history_tags(const churn_engine *engine, uint32_t person, churn_time as_of,
                         churn__arena *arena, churn__strs *out)
{
    const churn__person *of = person_at(engine, person);
    uint32_t newest = of ? of->change : CHURN__NONE, most = 0;
    *out = (churn__strs){NULL, 0};
    for (uint32_t i = newest; i != CHURN__NONE; i = engine->changes[i].before) {
        most += engine->changes[i].is_tag && engine->changes[i].on;
    }
    if (most == 0) {
        return true;
    }
    churn_str *tags = churn__arena_array(arena, most, sizeof *tags);
    if (!tags) {
        return false;
    }
    out->items = tags;
    for (uint32_t i = newest; i != CHURN__NONE; i = engine->changes[i].before) {
        const churn__mark_change *change = &engine->changes[i];
        if (change->is_tag && change->on && change->at <= as_of &&
            !tag_changed_again(engine, newest, i, as_of)) {
            insert_sorted(tags, out->count++, churn__dict_get(engine->texts, change->value));
        }
    }
    return true;
}
