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

bool churn__history_firing(const churn_engine *engine, uint32_t person, churn_str trigger,
                           churn_time as_of)
{
    const churn__person *of = person_at(engine, person);
    uint32_t id = of ? churn__dict_find(engine->texts, trigger) : CHURN__NO_CODE;
    if (id == CHURN__NO_CODE) {
        return false;
    }
    for (uint32_t i = of->episode; i != CHURN__NONE; i = engine->episodes[i].before) {
        const churn__episode *episode = &engine->episodes[i];
        if (episode->trigger == id && episode->fired_at <= as_of &&
            (!episode->resolved || episode->resolved_at > as_of)) {
            return true;
        }
    }
    return false;
}

bool churn__history_running(const churn_engine *engine, uint32_t person, churn_str play,
                            churn_time as_of)
{
    const churn__person *of = person_at(engine, person);
    uint32_t id = of ? churn__dict_find(engine->texts, play) : CHURN__NO_CODE;
    if (id == CHURN__NO_CODE) {
        return false;
    }
    for (uint32_t i = of->action; i != CHURN__NONE; i = engine->actions[i].before) {
        const churn__action *action = &engine->actions[i];
        if (action->play == id && action->kind == CHURN__STEP_TASK && action->at <= as_of &&
            (action->state <= CHURN__STATE_ACKNOWLEDGED || action->state_at > as_of)) {
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

/* The newest change of each tag decides; `seen` holds the tags that were already decided. */
static bool tag_is_new(const uint32_t *seen, uint32_t count, uint32_t tag)
{
    for (uint32_t i = 0; i < count; i++) {
        if (seen[i] == tag) {
            return false;
        }
    }
    return true;
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

uint32_t churn__history_tags(const churn_engine *engine, uint32_t person, churn_time as_of,
                             churn_str *out, uint32_t cap)
{
    const churn__person *of = person_at(engine, person);
    uint32_t seen[2 * CHURN__TAGS_MAX];
    uint32_t seen_count = 0, count = 0;
    for (uint32_t i = of ? of->change : CHURN__NONE; i != CHURN__NONE && count < cap;
         i = engine->changes[i].before) {
        const churn__mark_change *change = &engine->changes[i];
        if (!change->is_tag || change->at > as_of || seen_count == 2 * CHURN__TAGS_MAX ||
            !tag_is_new(seen, seen_count, change->value)) {
            continue;
        }
        seen[seen_count++] = change->value;
        if (change->on) {
            insert_sorted(out, count++, churn__dict_get(engine->texts, change->value));
        }
    }
    return count;
}
