/* SPDX-License-Identifier: MIT */
#include <churn/engagement.h>

#include "engine/kpi.h"

/* churn_engine_funnel(): steps are looked up, conditions compiled. */

#define MOST_TEXT 65536u

typedef struct funnel_ask {
    churn_engine *engine;
    const churn_funnel_step *given;
    churn_funnel_options options;
    churn__question *question;
    churn__where_slot *slots;
    churn__funnel_request request;
} funnel_ask;

/* ---- is it a funnel ---- */

static churn_status bad_step(uint32_t i, const char *why, churn_error *err)
{
    return churn__fail_at(err, CHURN_E_ARG, 0, 0, 0, i, "funnel: step %u: %s", (uint64_t)i + 1,
                          why);
}

static churn_status check_step(const funnel_ask *ask, uint32_t i, churn_error *err)
{
    const churn_funnel_step *step = &ask->given[i];
    if ((step->event.ptr == NULL) == (step->milestone.ptr == NULL)) {
        return bad_step(i, "give an event or a milestone", err);
    }
    if (step->milestone.ptr != NULL && ask->options.of == CHURN_OF_USERS) {
        return bad_step(i, "milestones are of customers, not of users", err);
    }
    if (step->milestone.ptr != NULL && step->where.ptr != NULL) {
        return bad_step(i, "a condition is of events", err);
    }
    return CHURN_OK;
}

static churn_status check(const funnel_ask *ask, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_funnel_options *o = &ask->options;
    if (ask->request.count == 0 || ask->request.count > CHURN__FUNNEL_STEPS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "funnel: it has 1 to %u steps", (uint64_t)CHURN__FUNNEL_STEPS);
    }
    if (o->of != CHURN_OF_CUSTOMERS && o->of != CHURN_OF_USERS) {
        CHURN_FAIL(CHURN_E_ARG, 0, "funnel: of is none of CHURN_OF_*");
    }
    if (o->within < 0) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "funnel: within is negative");
    }
    if (o->any_order != 0 && o->any_order != 1) {
        CHURN_FAIL(CHURN_E_ARG, 0, "funnel: any_order is 0 or 1");
    }
    for (uint32_t i = 0; i < ask->request.count; i++) {
        CHURN_TRY(check_step(ask, i, err));
    }
done:
    return st;
}

/* ---- conditions ---- */

/* The slots of a condition on events, as the playbook has laid them out. */
static churn_status lay_slots(funnel_ask *ask, churn_error *err)
{
    const churn_playbook *playbook = ask->engine->playbook;
    const uint32_t count = CHURN__WHERE_PROP + playbook->property_count;
    ask->slots = churn__alloc_array_zero(ask->engine->heap, count, sizeof *ask->slots);
    ask->request.slots = ask->slots;
    ask->request.slot_count = count;
    ask->question = churn__question_create(ask->engine->heap, playbook, NULL, 0);
    if (ask->slots == NULL || ask->question == NULL) {
        return churn__fail_memory(err, ask->engine->heap);
    }
    ask->slots[CHURN__WHERE_VALUE] =
        (churn__where_slot){CHURN__FIELD_VALUE, CHURN__TYPE_DOUBLE, {NULL, 0}};
    ask->slots[CHURN__WHERE_USER] =
        (churn__where_slot){CHURN__FIELD_USER, CHURN__TYPE_STRING, {NULL, 0}};
    ask->slots[CHURN__WHERE_TYPE] =
        (churn__where_slot){CHURN__FIELD_TYPE, CHURN__TYPE_STRING, {NULL, 0}};
    for (uint32_t i = 0; i < playbook->property_count; i++) {
        ask->slots[CHURN__WHERE_PROP + i] = (churn__where_slot){
            CHURN__FIELD_PROP, playbook->properties[i].type, playbook->properties[i].name};
    }
    return CHURN_OK;
}

static churn_status compile_where(funnel_ask *ask, uint32_t i, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (ask->question == NULL) {
        CHURN_TRY(lay_slots(ask, err));
    }
    churn_str text;
    CHURN_TRY(churn__take_str(ask->given[i].where.ptr, ask->given[i].where.len, false, MOST_TEXT,
                              "where", &text, err));
    ask->request.steps[i].where =
        churn__question_compile_event(ask->question, CHURN__STR("where"), text);
    CHURN_TRY(churn__question_verdict(ask->question, NULL, err));
done:
    return st;
}

/* ---- steps ---- */

static uint32_t first_same(const funnel_ask *ask, uint32_t i)
{
    uint32_t same = 0;
    for (; same < i; same++) {
        const churn_funnel_step *a = &ask->given[same], *b = &ask->given[i];
        if (churn__str_eq(a->event, b->event) && churn__str_eq(a->milestone, b->milestone) &&
            churn__str_eq(a->where, b->where)) {
            break;
        }
    }
    return same;
}

static churn_status take_step(funnel_ask *ask, uint32_t i, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_funnel_step *given = &ask->given[i];
    churn__funnel_step *step = &ask->request.steps[i];
    CHURN_TRY(churn__take_str(given->event.ptr, given->event.len, true, MOST_TEXT, "event",
                              &step->event, err));
    CHURN_TRY(churn__take_str(given->milestone.ptr, given->milestone.len, true, MOST_TEXT,
                              "milestone", &step->milestone, err));
    CHURN_TRY(churn__take_str(given->name.ptr, given->name.len, true, MOST_TEXT, "name",
                              &step->name, err));
    if (step->name.ptr == NULL) {
        step->name = step->event.ptr != NULL ? step->event : step->milestone;
    }
    step->same = first_same(ask, i);
    if (given->where.ptr != NULL) {
        CHURN_TRY(compile_where(ask, i, err));
    }
done:
    if (st != CHURN_OK && err != NULL) {
        err->row = i;
    }
    return st;
}

static churn_status run_funnel(funnel_ask *ask, churn_time from, churn_time to, churn_table **out,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_funnel_options *o = &ask->options;
    const churn_kpi_options kpi = {.struct_size = sizeof kpi,
                                   .as_of = o->as_of,
                                   .by = o->by,
                                   .by_count = o->by_count,
                                   .by_at = o->by_at,
                                   .level = o->level,
                                   .cancel = o->cancel};
    const churn__kpi_own_set own = {&churn__funnel_set, &ask->request};
    churn__kpi_asked asked = {
        .cut = {.from = from, .to = to}, .own = &own, .own_count = 1, .alone = true};
    CHURN_TRY(check(ask, err));
    ask->request.within = o->within;
    ask->request.any_order = o->any_order == 1;
    ask->request.users = o->of == CHURN_OF_USERS;
    ask->request.out = out;
    for (uint32_t i = 0; i < ask->request.count; i++) {
        CHURN_TRY(take_step(ask, i, err));
    }
    CHURN_TRY(churn__engine_figures(ask->engine, &kpi, &asked, out, err));
done:
    churn__free_array(ask->engine->heap, ask->slots, ask->request.slot_count, sizeof *ask->slots);
    churn__question_free(ask->question);
    return st;
}

churn_status churn_engine_funnel(churn_engine *engine, const churn_funnel_step *steps,
                                 uint32_t count, churn_time from, churn_time to,
                                 const churn_funnel_options *options, churn_table **out,
                                 churn_error *err)
{
    funnel_ask ask = {.engine = engine, .given = steps, .request = {.count = count}};
    if (!out || (count > 0 && !steps)) {
        return churn__fail_null(err, "churn_engine_funnel", out ? "steps" : "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_funnel", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(
        churn__copy_struct(&ask.options, sizeof ask.options, options, "churn_funnel_options", err));
    CHURN_TRY(run_funnel(&ask, from, to, out, err));
done:
    churn__engine_leave(engine);
    return st;
}
