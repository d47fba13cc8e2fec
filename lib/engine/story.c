/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

/* One customer's story with what the engine did: episodes, actions, statuses and tags. */

#define EPISODE "episode"
#define ACTION "action"
#define STATUS "status"
#define TAG "tag"

static const char *const kinds[] = {EPISODE, ACTION, STATUS, TAG, NULL};

typedef struct telling {
    const churn_engine *engine;
    churn__story *story;
    churn_time as_of; /* of what is told; CHURN_TIME_MAX: all */
} telling;

static void tell_episode(const telling *t, const churn__episode *episode)
{
    churn__story_line line;
    churn_str play = churn__engine_text(t->engine, episode->play);
    if (episode->fired_at > t->as_of) {
        return;
    }
    churn__story_line_init(&line, EPISODE, episode->fired_at);
    line.id = churn__engine_text(t->engine, episode->trigger);
    line.what = CHURN__STR("trigger fired");
    line.value = episode->value_at_risk;
    line.details = churn__story_text(t->story, "severity: %s, episode: %u%s%S",
                                     churn__severity_name(episode->severity),
                                     (uint64_t)episode->number, play.ptr ? ", play: " : "", &play);
    churn__story_add(t->story, &line);
    if (!episode->resolved || episode->resolved_at > t->as_of) {
        return;
    }
    line.at = episode->resolved_at;
    line.what = CHURN__STR("trigger resolved");
    line.details =
        churn__story_text(t->story, "reason: %s, episode: %u",
                          churn__resolved_name(episode->resolved), (uint64_t)episode->number);
    churn__story_add(t->story, &line);
}

/* "done"; NULL: nothing has become of it yet. */
static const char *end_of(const churn__action *action)
{
    switch (action->state) {
    case CHURN__STATE_DONE:
        return "done";
    case CHURN__STATE_FAILED:
        return "failed";
    case CHURN__STATE_CANCELLED:
        return "cancelled";
    default:
        return NULL;
    }
}

static churn_str action_details(const telling *t, const churn__action *action)
{
    churn_str play = churn__engine_text(t->engine, action->play);
    churn_str step = churn__engine_text(t->engine, action->step);
    churn_str value = churn__engine_text(t->engine, action->value);
    return churn__story_text(t->story, "play: %S, step: %S%s%S", &play, &step,
                             value.ptr ? ", value: " : "", &value);
}

static void tell_action(const telling *t, const churn__action *action)
{
    churn__story_line line;
    char hex[33];
    const char *kind = churn__action_kind_name(action->kind), *end = end_of(action);
    if (action->at > t->as_of) {
        return;
    }
    churn__hash_hex(action->id, hex);
    churn__story_line_init(&line, ACTION, action->at);
    line.id = churn__story_text(t->story, "%s", hex);
    line.what = churn__story_text(t->story, "%s", kind);
    line.user = churn__engine_text(t->engine, action->owner);
    line.text = churn__engine_text(t->engine, action->title);
    line.details = action_details(t, action);
    churn__story_add(t->story, &line);
    if (end && action->state_at != CHURN_TIME_NONE && action->state_at <= t->as_of) {
        line.at = action->state_at;
        line.what = churn__story_text(t->story, "%s %s", kind, end);
        line.details = (churn_str){NULL, 0};
        churn__story_add(t->story, &line);
    }
}

static void tell_change(const telling *t, const churn__mark_change *change)
{
    churn__story_line line;
    churn_str value = churn__engine_text(t->engine, change->value);
    if (change->at > t->as_of) {
        return;
    }
    churn__story_line_init(&line, change->is_tag ? TAG : STATUS, change->at);
    if (change->is_tag) {
        line.id = value;
        line.what = change->on ? CHURN__STR("tag added") : CHURN__STR("tag removed");
    } else {
        line.text = value;
        line.what = value.ptr ? CHURN__STR("status set") : CHURN__STR("status unset");
    }
    churn__story_add(t->story, &line);
}

/* Histories are chains from the newest entry back, and lines at one instant keep the order in which
 * they are added: entries go in from the oldest on. */
static void tell_person(const telling *t, uint32_t person)
{
    const churn_engine *engine = t->engine;
    for (size_t i = 0; i < engine->episode_count; i++) {
        if (engine->episodes[i].person == person) {
            tell_episode(t, &engine->episodes[i]);
        }
    }
    for (size_t i = 0; i < engine->action_count; i++) {
        if (engine->actions[i].person == person) {
            tell_action(t, &engine->actions[i]);
        }
    }
    for (size_t i = 0; i < engine->change_count; i++) {
        if (engine->changes[i].person == person) {
            tell_change(t, &engine->changes[i]);
        }
    }
}

static churn_status find_customer(const churn__version *version, const char *customer, size_t len,
                                  uint32_t *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str id;
    CHURN_TRY(churn__take_str(customer, len, false, SIZE_MAX, "customer", &id, err));
    *out = churn__version_find_customer(version, id);
    if (*out == CHURN__NO_CODE) {
        CHURN_FAIL(CHURN_E_NOT_FOUND, 0, "the store has no such customer");
    }
done:
    return st;
}

static churn_status tell(telling *t, const churn__version *version, uint32_t customer,
                         churn_engine *engine, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__engine_meet(engine, version, err));
    uint32_t person = churn__engine_person(engine, customer);
    if (person != CHURN__NONE) {
        tell_person(t, person);
    }
done:
    return st;
}

static churn_status check_as_of(const churn_story_options *options, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_story_options mine;
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_story_options", err));
    if (mine.as_of != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_story_options: as_of is an argument of its own here");
    }
done:
    return st;
}

churn_status churn_engine_story(churn_engine *engine, const char *customer, size_t len,
                                churn_time as_of, const churn_story_options *options,
                                churn_table **out, churn_error *err)
{
    churn__version *version = NULL;
    churn__story *story = NULL;
    uint32_t code = CHURN__NO_CODE;
    if (!out) {
        return churn__fail_null(err, "churn_engine_story", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_story", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(check_as_of(options, err));
    CHURN_TRY(churn__engine_check_store(engine->playbook, engine->store, err));
    CHURN_TRY(churn__store_pin(engine->store, &version, err));
    CHURN_TRY(find_customer(version, customer, len, &code, err));
    CHURN_TRY(
        churn__story_open(churn__store_heap(engine->store), options, kinds, as_of, &story, err));
    CHURN_TRY(churn__story_records(story, version, code, err));
    telling t = {engine, story, as_of == CHURN_TIME_NONE ? CHURN_TIME_MAX : as_of};
    CHURN_TRY(tell(&t, version, code, engine, err));
    CHURN_TRY(churn__story_table(story, out, err));
done:
    churn__story_close(story);
    churn__version_release(version);
    churn__engine_leave(engine);
    return st;
}
