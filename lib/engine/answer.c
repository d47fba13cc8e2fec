/* SPDX-License-Identifier: MIT */
#include "engine/staging.h"

#include <math.h>
#include <string.h>

/* Plays answer episodes: their steps become actions, their tags and statuses the engine's overlay.
 */

static churn_str person_id(const churn_engine *engine, uint32_t person)
{
    return churn__dict_get(engine->ids, person);
}

/* What follows of an action (a reminder, its undoing) has an id of its own that depends on nothing
 * else. */
static churn__hash128 follow_id(churn__hash128 about, uint8_t kind, uint32_t occurrence)
{
    uint8_t bytes[24] = {0};
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(about.high >> (8 * i));
        bytes[8 + i] = (uint8_t)(about.low >> (8 * i));
    }
    bytes[16] = kind;
    for (unsigned i = 0; i < 4; i++) {
        bytes[20 + i] = (uint8_t)(occurrence >> (8 * i));
    }
    return churn__hash_id(bytes, sizeof bytes);
}

static churn__action blank_action(const churn__staging *staging, uint32_t person, uint32_t episode)
{
    return (churn__action){.person = person,
                           .episode = episode,
                           .before = CHURN__NONE,
                           .play = CHURN__NO_CODE,
                           .step = CHURN__NO_CODE,
                           .title = CHURN__NO_CODE,
                           .text = CHURN__NO_CODE,
                           .owner = CHURN__NO_CODE,
                           .role = CHURN__NO_CODE,
                           .value = CHURN__NO_CODE,
                           .at = staging->at,
                           .due = CHURN_TIME_NONE,
                           .state_at = CHURN_TIME_NONE};
}

/* ---- a step ---- */

typedef struct answering {
    churn__staging *staging;
    churn__frame *frame;
    churn__zones *zones;
    uint32_t row;
    const churn__trigger_def *trigger;
    const churn__play_def *play;
    uint32_t episode, person;
} answering;

/* For roles: an attribute of the customer in this row, as text. */
static churn_str attribute_of(void *context, churn_str name)
{
    const answering *a = context;
    return churn__frame_attribute_text(a->frame, a->frame->customers[a->row], name, a->staging->at);
}

/* The zone in which working days are counted: the customer's own where the calendar says so and the
 * customer has a known one, else the calendar's, else the playbook's. */
static churn_status due_of(const answering *a, const churn__step_def *step, churn_time *out,
                           churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = a->frame->playbook;
    const churn__zone *zone = playbook->calendar_zone ? playbook->calendar_zone : playbook->zone;
    const churn__zone *own = NULL;
    if (!step->has_due) {
        return CHURN_OK;
    }
    if (playbook->calendar_per_customer) {
        churn_str name = attribute_of((void *)a, CHURN__STR("time_zone"));
        CHURN_TRY(churn__zones_find(a->zones, name, &own, err));
        zone = own ? own : zone;
    }
    *out = churn__time_shift(a->staging->at, step->due, 1, zone, &playbook->calendar);
done:
    return st;
}

/* What a template says of the customer; too long a text is cut, a run does not fail of it. */
static churn_status render(const answering *a, const churn__template *tmpl, churn__buf *out,
                           churn_error *err)
{
    const churn__template_view view = {.columns = a->frame->columns,
                                       .row = a->row,
                                       .scratch = a->frame->scratch,
                                       .zone = a->frame->playbook->zone,
                                       .now = a->staging->at};
    churn_error why = {.struct_size = sizeof why};
    churn_status st = churn__template_render(tmpl, &view, out, &why);
    if (st == CHURN_E_LIMIT && why.detail == CHURN__EXPR_RUN_LONG) {
        return CHURN_OK;
    }
    return st == CHURN_OK ? st : churn__fail_memory(err, a->frame->heap);
}

static churn_status render_title(const answering *a, const churn__step_def *step, uint32_t *out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__buf text;
    churn__buf_init(&text, a->frame->heap);
    if (step->title != NULL) {
        CHURN_TRY(render(a, step->title, &text, err));
    }
    if (step->title == NULL || text.size == 0) {
        churn__buf_str(&text, a->trigger->id);
    }
    if (text.failed) {
        CHURN_TRY(churn__fail_memory(err, a->frame->heap));
    }
    CHURN_TRY(churn__stage_text(a->staging, churn__buf_view(&text), out, err));
done:
    churn__buf_clear(&text);
    return st;
}

static churn_status render_text(const answering *a, const churn__step_def *step, uint32_t *out,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__buf text;
    churn__buf_init(&text, a->frame->heap);
    if (step->text != NULL) {
        CHURN_TRY(render(a, step->text, &text, err));
        CHURN_TRY(churn__stage_text(a->staging, churn__buf_view(&text), out, err));
    }
done:
    churn__buf_clear(&text);
    return st;
}

/* Steps that say the same are told apart by their place among each other. */
static uint32_t step_ordinal(const churn__play_def *play, uint32_t index)
{
    uint32_t ordinal = 0;
    for (uint32_t i = 0; i < index; i++) {
        ordinal += !play->steps[i].id.ptr && !play->steps[index].id.ptr &&
                   play->steps[i].content_hash == play->steps[index].content_hash;
    }
    return ordinal;
}

static churn_status name_owner(const answering *a, const churn__step_def *step,
                               churn__action *action, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = a->frame->playbook;
    if (step->role == CHURN__NONE) {
        return CHURN_OK;
    }
    churn_str owner =
        churn__role_resolve(playbook->roles, step->role, person_id(a->staging->engine, a->person),
                            attribute_of, (void *)a);
    CHURN_TRY(churn__stage_text(a->staging, owner, &action->owner, err));
    CHURN_TRY(churn__stage_text(a->staging, playbook->roles[step->role].id, &action->role, err));
done:
    return st;
}

static churn_status overlay(const answering *a, const churn__action *action, churn_error *err)
{
    if (action->kind != CHURN__STEP_TAG && action->kind != CHURN__STEP_SET_STATUS) {
        return CHURN_OK;
    }
    churn__mark_change change = {.person = a->person,
                                 .before = CHURN__NONE,
                                 .value = action->value,
                                 .is_tag = action->kind == CHURN__STEP_TAG,
                                 .on = 1,
                                 .at = a->staging->at};
    return churn__stage_change(a->staging, &change, err);
}

static churn_status take_step(const answering *a, uint32_t index, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__step_def *step = &a->play->steps[index];
    churn__action action = blank_action(a->staging, a->person, a->episode);
    bool worded = step->kind == CHURN__STEP_TASK || step->kind == CHURN__STEP_NOTIFY;
    action.kind = step->kind;
    action.id = churn__action_id(a->frame->playbook->name, a->trigger->id,
                                 person_id(a->staging->engine, a->person), CHURN__STR(""),
                                 a->staging->at, step, step_ordinal(a->play, index), 0);
    CHURN_TRY(due_of(a, step, &action.due, err));
    CHURN_TRY(churn__stage_text(a->staging, a->play->id, &action.play, err));
    CHURN_TRY(churn__stage_text(a->staging, step->id, &action.step, err));
    CHURN_TRY(churn__stage_text(a->staging, step->value, &action.value, err));
    if (worded) {
        CHURN_TRY(render_title(a, step, &action.title, err));
        CHURN_TRY(render_text(a, step, &action.text, err));
    }
    CHURN_TRY(name_owner(a, step, &action, err));
    CHURN_TRY(overlay(a, &action, err));
    CHURN_TRY(churn__stage_action(a->staging, &action, err));
done:
    return st;
}

churn_status churn__answer_fired(churn__staging *staging, churn__frame *frame, churn__zones *zones,
                                 uint32_t row, const churn__trigger_def *trigger, uint32_t episode,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = staging->engine;
    if (staging->no_actions || trigger->play == CHURN__NONE) {
        return CHURN_OK;
    }
    answering a = {.staging = staging,
                   .frame = frame,
                   .zones = zones,
                   .row = row,
                   .trigger = trigger,
                   .play = &engine->playbook->plays[trigger->play],
                   .episode = episode,
                   .person = engine->episodes[episode].person};
    CHURN_TRY(churn__stage_text(staging, a.play->id, &engine->episodes[episode].play, err));
    engine->episodes[episode].on_resolve = a.play->on_resolve;
    for (uint32_t i = 0; i < a.play->step_count; i++) {
        CHURN_TRY(take_step(&a, i, err));
    }
done:
    return st;
}

/* ---- what becomes of it afterwards ---- */

/* Call `visit` for each committed action of an episode, oldest first where it matters to nobody. */
typedef churn_status (*visit_action)(churn__staging *staging, uint32_t index, churn_error *err);

static churn_status each_action(churn__staging *staging, uint32_t episode, visit_action visit,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = staging->engine;
    uint32_t i = engine->people[engine->episodes[episode].person].action;
    for (; i != CHURN__NONE; i = engine->actions[i].before) {
        if (engine->actions[i].episode == episode) {
            CHURN_TRY(visit(staging, i, err));
        }
    }
done:
    return st;
}

static churn_status follow(churn__staging *staging, uint32_t index, uint8_t kind,
                           uint32_t occurrence, churn_error *err)
{
    /* A copy: staging an action may move the array. */
    churn__action about = staging->engine->actions[index];
    churn__action action = blank_action(staging, about.person, about.episode);
    action.kind = kind;
    action.about = about.id;
    action.id = follow_id(about.id, kind, occurrence);
    action.occurrence = occurrence;
    action.play = about.play;
    action.step = about.step;
    action.title = about.title;
    action.text = about.text;
    action.owner = about.owner;
    action.role = about.role;
    action.value = about.value;
    return churn__stage_action(staging, &action, err);
}

/* A status that comes back is a new action whose id depends on both the one that stands again and
 * the one that was undone. */
static churn_status follow_restored(churn__staging *staging, uint32_t index,
                                    const churn__action *undone, churn_error *err)
{
    uint32_t occurrence = (uint32_t)(undone->id.low ^ (undone->id.low >> 32)) | 1u;
    return follow(staging, index, CHURN__STEP_SET_STATUS, occurrence, err);
}

static churn_status cancel_open(churn__staging *staging, uint32_t index, churn_error *err)
{
    const churn__action *action = &staging->engine->actions[index];
    if (action->kind != CHURN__STEP_TASK || action->state > CHURN__STATE_ACKNOWLEDGED) {
        return CHURN_OK;
    }
    churn__op op = {.kind = CHURN__OP_CANCEL, .a = index};
    staging->waiting -= churn__action_waits(action);
    churn_status st = churn__stage_op(staging, op, err);
    return st == CHURN_OK ? follow(staging, index, CHURN__ACTION_CANCEL, 0, err) : st;
}

/* What an episode's play set still stands: the episode is open, or it ended and its play does not
 * take back. */
static bool stands(const churn__staging *staging, uint32_t episode)
{
    const churn__episode *e = &staging->engine->episodes[episode];
    bool ended = e->resolved != 0;
    for (uint32_t i = 0; i < staging->resolving_count; i++) {
        ended |= staging->resolving[i] == episode;
    }
    return !ended || e->on_resolve != CHURN__ON_RESOLVE_UNDO;
}

/* The newest action of another episode that set the same sort of thing and stands: for a tag the
 * same tag. */
static uint32_t other_setter(const churn__staging *staging, const churn__action *undone)
{
    const churn_engine *engine = staging->engine;
    uint32_t i = engine->people[undone->person].action;
    for (; i != CHURN__NONE; i = engine->actions[i].before) {
        const churn__action *action = &engine->actions[i];
        bool alike = action->kind == undone->kind && action->episode != undone->episode &&
                     (action->kind == CHURN__STEP_SET_STATUS || action->value == undone->value);
        if (alike && stands(staging, action->episode)) {
            return i;
        }
    }
    return CHURN__NONE;
}

static bool about_the_same(const churn__mark_change *change, const churn__action *action)
{
    bool is_tag = action->kind == CHURN__STEP_TAG;
    return (change->is_tag != 0) == is_tag && (!is_tag || change->value == action->value);
}

/* The last word on a tag, or on the status. Those staged for the present customer lie at the end.
 */
static const churn__mark_change *newest_change(const churn__staging *staging,
                                               const churn__action *action)
{
    const churn_engine *engine = staging->engine;
    for (size_t i = staging->changes;
         i > engine->change_count && engine->changes[i - 1].person == action->person; i--) {
        if (about_the_same(&engine->changes[i - 1], action)) {
            return &engine->changes[i - 1];
        }
    }
    uint32_t i = engine->people[action->person].change;
    while (i != CHURN__NONE && !about_the_same(&engine->changes[i], action)) {
        i = engine->changes[i].before;
    }
    return i == CHURN__NONE ? NULL : &engine->changes[i];
}

static bool in_force(const churn__staging *staging, const churn__action *action)
{
    const churn__mark_change *change = newest_change(staging, action);
    return change && change->on && change->value == action->value;
}

/* A tag or status that another episode asked for and that stands stays; else it goes back to what
 * was asked for before, if that stands, and to nothing otherwise. */
static churn_status undo(churn__staging *staging, uint32_t index, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__action action = staging->engine->actions[index];
    bool is_tag = action.kind == CHURN__STEP_TAG;
    if ((!is_tag && action.kind != CHURN__STEP_SET_STATUS) || !in_force(staging, &action)) {
        return CHURN_OK;
    }
    uint32_t other = other_setter(staging, &action);
    if (other != CHURN__NONE && staging->engine->actions[other].value == action.value) {
        return CHURN_OK;
    }
    churn__mark_change change = {.person = action.person,
                                 .before = CHURN__NONE,
                                 .value = is_tag ? action.value : CHURN__NO_CODE,
                                 .is_tag = is_tag,
                                 .on = 0,
                                 .at = staging->at};
    if (other != CHURN__NONE) {
        change.value = staging->engine->actions[other].value;
        change.on = 1;
        CHURN_TRY(churn__stage_change(staging, &change, err));
        CHURN_TRY(follow_restored(staging, other, &action, err));
        goto done;
    }
    CHURN_TRY(churn__stage_change(staging, &change, err));
    CHURN_TRY(
        follow(staging, index, is_tag ? CHURN__ACTION_UNTAG : CHURN__ACTION_UNSET_STATUS, 0, err));
done:
    return st;
}

churn_status churn__answer_resolved(churn__staging *staging, uint32_t episode, churn_error *err)
{
    const churn_engine *engine = staging->engine;
    if (staging->no_actions || engine->episodes[episode].play == CHURN__NO_CODE) {
        return CHURN_OK;
    }
    switch (engine->episodes[episode].on_resolve) {
    case CHURN__ON_RESOLVE_CANCEL_OPEN:
        return each_action(staging, episode, cancel_open, err);
    case CHURN__ON_RESOLVE_UNDO:
        return each_action(staging, episode, undo, err);
    default:
        return CHURN_OK;
    }
}

/* A reminder is about the first task or notice of its episode. */
churn_status churn__answer_reminded(churn__staging *staging, uint32_t episode, churn_error *err)
{
    const churn_engine *engine = staging->engine;
    uint32_t first = CHURN__NONE;
    uint32_t i = engine->people[engine->episodes[episode].person].action;
    if (staging->no_actions) {
        return CHURN_OK;
    }
    for (; i != CHURN__NONE; i = engine->actions[i].before) {
        if (engine->actions[i].episode == episode &&
            (engine->actions[i].kind == CHURN__STEP_TASK ||
             engine->actions[i].kind == CHURN__STEP_NOTIFY)) {
            first = i;
        }
    }
    if (first == CHURN__NONE) {
        return CHURN_OK;
    }
    return follow(staging, first, CHURN__ACTION_REMINDER, engine->episodes[episode].reminders + 1,
                  err);
}
