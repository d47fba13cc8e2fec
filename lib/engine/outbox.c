/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

#include <math.h>
#include <string.h>

#include "base/sort.h"

/* What the host pulls and says back: actions and episodes. */

static churn__table_builder *begin_table(const churn_engine *engine,
                                         const churn__table_head *columns, size_t count)
{
    churn__table_builder *builder = churn__table_begin(churn__store_heap(engine->store), 0);
    churn__table_columns(builder, columns, count);
    return builder;
}

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- actions ---- */

static const char *const state_names[] = {"waiting", "acknowledged", "done", "failed", "cancelled"};

static const churn__table_head action_columns[] = {
    {"id", CHURN_COLUMN_STRING},       {"kind", CHURN_COLUMN_STRING},
    {"customer", CHURN_COLUMN_STRING}, {"trigger", CHURN_COLUMN_STRING},
    {"play", CHURN_COLUMN_STRING},     {"episode", CHURN_COLUMN_INT},
    {"step", CHURN_COLUMN_STRING},     {"at", CHURN_COLUMN_TIME},
    {"title", CHURN_COLUMN_STRING},    {"owner", CHURN_COLUMN_STRING},
    {"role", CHURN_COLUMN_STRING},     {"due", CHURN_COLUMN_TIME},
    {"severity", CHURN_COLUMN_STRING}, {"value_at_risk", CHURN_COLUMN_DOUBLE},
    {"value", CHURN_COLUMN_STRING},    {"state", CHURN_COLUMN_STRING},
    {"state_at", CHURN_COLUMN_TIME},   {"about", CHURN_COLUMN_STRING},
    {"text", CHURN_COLUMN_STRING},
};

static void add_hash(churn__table_builder *builder, uint32_t to, churn__hash128 hash)
{
    char hex[33];
    if (hash.high == 0 && hash.low == 0) {
        churn__table_add_null(builder, to);
        return;
    }
    churn__hash_hex(hash, hex);
    churn__table_add_string(builder, to, churn__str_nts(hex));
}

static void add_action(churn__table_builder *builder, const churn_engine *engine,
                       const churn__action *action)
{
    const churn__episode *episode = &engine->episodes[action->episode];
    add_hash(builder, 0, action->id);
    churn__table_add_string(builder, 1, churn__str_nts(churn__action_kind_name(action->kind)));
    churn__table_add_string(builder, 2, churn__dict_get(engine->ids, action->person));
    churn__table_add_string(builder, 3, churn__engine_text(engine, episode->trigger));
    churn__table_add_string(builder, 4, churn__engine_text(engine, action->play));
    churn__table_add_int(builder, 5, episode->number);
    churn__table_add_string(builder, 6, churn__engine_text(engine, action->step));
    churn__table_add_time(builder, 7, action->at);
    churn__table_add_string(builder, 8, churn__engine_text(engine, action->title));
    churn__table_add_string(builder, 9, churn__engine_text(engine, action->owner));
    churn__table_add_string(builder, 10, churn__engine_text(engine, action->role));
    churn__table_add_time(builder, 11, action->due);
    churn__table_add_string(builder, 12, churn__str_nts(churn__severity_name(episode->severity)));
    churn__table_add_double(builder, 13, episode->value_at_risk);
    churn__table_add_string(builder, 14, churn__engine_text(engine, action->value));
    churn__table_add_string(builder, 15, churn__str_nts(state_names[action->state]));
    churn__table_add_time(builder, 16, action->state_at);
    add_hash(builder, 17, action->about);
    churn__table_add_string(builder, 18, churn__engine_text(engine, action->text));
}

static bool wanted(const churn__action *action, int32_t which)
{
    switch (which) {
    case CHURN_ACTIONS_WAITING:
        return churn__action_waits(action);
    case CHURN_ACTIONS_OPEN:
        return action->kind == CHURN__STEP_TASK && action->state <= CHURN__STATE_ACKNOWLEDGED;
    default:
        return true;
    }
}

churn_status churn_engine_actions(churn_engine *engine, const churn_action_options *options,
                                  churn_table **out, churn_error *err)
{
    churn_action_options mine;
    churn__table_builder *builder = NULL;
    if (!out) {
        return churn__fail_null(err, "churn_engine_actions", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_actions", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_action_options", err));
    if (mine.which < CHURN_ACTIONS_WAITING || mine.which > CHURN_ACTIONS_ALL) {
        CHURN_FAIL(CHURN_E_ARG, 0, "actions: which is none of CHURN_ACTIONS_*");
    }
    builder = begin_table(engine, action_columns, COUNT_OF(action_columns));
    if (!builder) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    uint64_t left = mine.limit ? mine.limit : UINT64_MAX;
    for (size_t i = 0; i < engine->action_count && left; i++) {
        if (wanted(&engine->actions[i], mine.which)) {
            add_action(builder, engine, &engine->actions[i]);
            left--;
        }
    }
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__table_abandon(builder);
    churn__engine_leave(engine);
    return st;
}

/* ---- what the host says back ---- */

static uint32_t find_action(const churn_engine *engine, churn_str id)
{
    churn__hash128 hash;
    if (!churn__hash_unhex(id, &hash)) {
        return CHURN__NONE;
    }
    for (size_t i = engine->action_count; i > 0; i--) {
        const churn__action *action = &engine->actions[i - 1];
        if (action->id.low == hash.low && action->id.high == hash.high) {
            return (uint32_t)(i - 1);
        }
    }
    return CHURN__NONE;
}

static void acknowledge(churn_engine *engine, churn__action *action)
{
    if (!action->acknowledged) {
        engine->waiting -= churn__action_waits(action);
        action->acknowledged = true;
        if (action->state == CHURN__STATE_WAITING) {
            action->state = CHURN__STATE_ACKNOWLEDGED;
        }
    }
}

/* Many ids at once: the actions ordered by id, so that each is found by halving. */
static int compare_ids(const void *left, const void *right, const void *context)
{
    const churn_engine *engine = context;
    const churn__hash128 *a = &engine->actions[*(const uint32_t *)left].id;
    const churn__hash128 *b = &engine->actions[*(const uint32_t *)right].id;
    if (a->high != b->high) {
        return a->high < b->high ? -1 : 1;
    }
    return (a->low > b->low) - (a->low < b->low);
}

static uint32_t find_in(const churn_engine *engine, const uint32_t *order, churn_str id)
{
    churn__hash128 hash;
    size_t low = 0, high = engine->action_count;
    if (!id.ptr || !churn__hash_unhex(id, &hash)) {
        return CHURN__NONE;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const churn__hash128 *at = &engine->actions[order[middle]].id;
        if (at->high < hash.high || (at->high == hash.high && at->low < hash.low)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < engine->action_count && engine->actions[order[low]].id.high == hash.high &&
        engine->actions[order[low]].id.low == hash.low) {
        return order[low];
    }
    return CHURN__NONE;
}

churn_status churn_engine_acknowledge(churn_engine *engine, const churn_str *ids, uint64_t count,
                                      churn_error *err)
{
    uint32_t *order = NULL;
    if (count && !ids) {
        return churn__fail_null(err, "churn_engine_acknowledge", "ids");
    }
    churn_status st = churn__engine_enter(engine, "churn_engine_acknowledge", err);
    if (st != CHURN_OK) {
        return st;
    }
    order = churn__alloc_array(engine->heap, engine->action_count, sizeof *order);
    for (size_t i = 0; order && i < engine->action_count; i++) {
        order[i] = (uint32_t)i;
    }
    if (!order || !churn__sort(engine->heap, order, engine->action_count, sizeof *order,
                               compare_ids, engine)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    for (uint64_t i = 0; i < count; i++) {
        if (find_in(engine, order, ids[i]) == CHURN__NONE) {
            st = churn__fail_at(err, CHURN_E_NOT_FOUND, 0, 0, 0, i,
                                "acknowledge: the outbox has no such action");
            goto done;
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        acknowledge(engine, &engine->actions[find_in(engine, order, ids[i])]);
    }
done:
    churn__free_array(engine->heap, order, engine->action_count, sizeof *order);
    churn__engine_leave(engine);
    return st;
}

static uint8_t outcome_state(churn_str outcome)
{
    for (uint8_t state = CHURN__STATE_DONE; state <= CHURN__STATE_CANCELLED; state++) {
        if (churn__str_eq(outcome, churn__str_nts(state_names[state]))) {
            return state;
        }
    }
    return CHURN__STATE_WAITING;
}

churn_status churn_engine_complete(churn_engine *engine, const char *id, size_t len,
                                   const char *outcome, size_t outcome_len, churn_time at,
                                   churn_error *err)
{
    churn_str id_text, outcome_text;
    churn_status st = churn__engine_enter(engine, "churn_engine_complete", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(churn__take_str(id, len, false, 64, "id", &id_text, err));
    CHURN_TRY(churn__take_str(outcome, outcome_len, false, 64, "outcome", &outcome_text, err));
    uint32_t index = find_action(engine, id_text);
    uint8_t state = outcome_state(outcome_text);
    if (index == CHURN__NONE) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "complete: the outbox has no such action");
    }
    churn__action *action = &engine->actions[index];
    if (state == CHURN__STATE_WAITING || at < action->at || at > CHURN_TIME_MAX) {
        CHURN_FAIL(CHURN_E_RANGE, 0,
                   state == CHURN__STATE_WAITING
                       ? "complete: the outcome must be done, failed or cancelled"
                       : "complete: the instant is before the action, or out of range");
    }
    if (action->state >= CHURN__STATE_DONE) {
        if (action->state == state && action->state_at == at) {
            goto done;
        }
        CHURN_FAIL(CHURN_E_EXISTS, 0, "complete: another outcome of this action is known");
    }
    acknowledge(engine, action);
    action->state = state;
    action->state_at = at;
done:
    churn__engine_leave(engine);
    return st;
}

/* ---- episodes ---- */

static const churn__table_head episode_columns[] = {
    {"trigger", CHURN_COLUMN_STRING},       {"customer", CHURN_COLUMN_STRING},
    {"episode", CHURN_COLUMN_INT},          {"severity", CHURN_COLUMN_STRING},
    {"fired_at", CHURN_COLUMN_TIME},        {"resolved_at", CHURN_COLUMN_TIME},
    {"reason", CHURN_COLUMN_STRING},        {"state", CHURN_COLUMN_STRING},
    {"reminders", CHURN_COLUMN_INT},        {"relapses", CHURN_COLUMN_INT},
    {"value_at_risk", CHURN_COLUMN_DOUBLE},
};

static const char *episode_state(churn_engine *engine, const churn__episode *episode)
{
    if (episode->resolved) {
        return "resolved";
    }
    for (size_t i = 0; i < engine->watch_count; i++) {
        if (engine->watches[i].id == episode->trigger) {
            const churn__held *held = churn__watch_find(&engine->watches[i], episode->person);
            return held ? churn__trigger_state_name(held->instance.state) : "firing";
        }
    }
    return "firing";
}

static int compare_episodes(const void *left, const void *right, const void *context)
{
    const churn_engine *engine = context;
    const churn__episode *a = &engine->episodes[*(const uint32_t *)left];
    const churn__episode *b = &engine->episodes[*(const uint32_t *)right];
    if (a->fired_at != b->fired_at) {
        return a->fired_at < b->fired_at ? -1 : 1;
    }
    int order = churn__str_cmp(churn__engine_text(engine, a->trigger),
                               churn__engine_text(engine, b->trigger));
    return order ? order
                 : churn__str_cmp(churn__dict_get(engine->ids, a->person),
                                  churn__dict_get(engine->ids, b->person));
}

static void add_episode(churn__table_builder *builder, churn_engine *engine,
                        const churn__episode *episode)
{
    churn__table_add_string(builder, 0, churn__engine_text(engine, episode->trigger));
    churn__table_add_string(builder, 1, churn__dict_get(engine->ids, episode->person));
    churn__table_add_int(builder, 2, episode->number);
    churn__table_add_string(builder, 3, churn__str_nts(churn__severity_name(episode->severity)));
    churn__table_add_time(builder, 4, episode->fired_at);
    churn__table_add_time(builder, 5, episode->resolved_at);
    churn__table_add_string(builder, 6,
                            episode->resolved
                                ? churn__str_nts(churn__resolved_name(episode->resolved))
                                : (churn_str){NULL, 0});
    churn__table_add_string(builder, 7, churn__str_nts(episode_state(engine, episode)));
    churn__table_add_int(builder, 8, episode->reminders);
    churn__table_add_int(builder, 9, episode->relapses);
    churn__table_add_double(builder, 10, episode->value_at_risk);
}

churn_status churn_engine_episodes(churn_engine *engine, churn_table **out, churn_error *err)
{
    uint32_t *order = NULL;
    churn__table_builder *builder = NULL;
    if (!out) {
        return churn__fail_null(err, "churn_engine_episodes", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_episodes", err);
    if (st != CHURN_OK) {
        return st;
    }
    builder = begin_table(engine, episode_columns, COUNT_OF(episode_columns));
    order = churn__alloc_array(engine->heap, engine->episode_count, sizeof *order);
    for (size_t i = 0; order && i < engine->episode_count; i++) {
        order[i] = (uint32_t)i;
    }
    if (!builder || !order ||
        !churn__sort(engine->heap, order, engine->episode_count, sizeof *order, compare_episodes,
                     engine)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    for (size_t i = 0; i < engine->episode_count; i++) {
        add_episode(builder, engine, &engine->episodes[order[i]]);
    }
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__free_array(engine->heap, order, engine->episode_count, sizeof *order);
    churn__table_abandon(builder);
    churn__engine_leave(engine);
    return st;
}
