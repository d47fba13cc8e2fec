/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

#include <string.h>

/*
 * An engine's memory from bytes, as save.c describes them. Every number is checked against what was
 * read before it: bytes that pass the checksum may still have been made by somebody else.
 */

typedef struct loading {
    churn_engine *engine;
    churn__reading in;
    uint32_t people;
    uint32_t format;
    bool no_memory;
} loading;

static uint32_t read_text(loading *l)
{
    churn_str s = churn__read_lenstr(&l->in);
    if (!s.ptr || l->in.failed) {
        return CHURN__NO_CODE;
    }
    if (churn__utf8_fault(s.ptr, s.len) != SIZE_MAX) {
        l->in.failed = true;
        return CHURN__NO_CODE;
    }
    uint32_t code = churn__dict_add(l->engine->texts, s);
    l->no_memory |= code == CHURN__NO_CODE;
    return code;
}

static churn_time read_time(loading *l)
{
    churn_time at = (churn_time)churn__read_u64(&l->in);
    bool fits = at == CHURN_TIME_NONE || (at >= CHURN_TIME_MIN && at <= CHURN_TIME_MAX);
    l->in.failed |= !fits;
    return fits ? at : 0;
}

/* An instant that is there. */
static churn_time read_instant(loading *l)
{
    churn_time at = read_time(l);
    l->in.failed |= at == CHURN_TIME_NONE;
    return at == CHURN_TIME_NONE ? 0 : at;
}

/* How long something has lasted. */
static int64_t read_span(loading *l)
{
    int64_t span = (int64_t)churn__read_u64(&l->in);
    bool fits = span >= 0 && span <= CHURN_TIME_MAX - CHURN_TIME_MIN;
    l->in.failed |= !fits;
    return fits ? span : 0;
}

/* A count of things that take at least `least` bytes each. */
static uint64_t read_count(loading *l, uint64_t least)
{
    uint64_t count = churn__read_u64(&l->in);
    if (l->in.failed || count > (l->in.size - l->in.at) / least) {
        l->in.failed = true;
        return 0;
    }
    return count;
}

static uint32_t read_person(loading *l)
{
    uint32_t person = churn__read_u32(&l->in);
    if (person >= l->people) {
        l->in.failed = true;
        return 0;
    }
    return person;
}

static bool going_on(const loading *l)
{
    return !l->in.failed && !l->no_memory;
}

static void read_people(loading *l)
{
    churn_engine *engine = l->engine;
    uint32_t count = churn__read_u32(&l->in);
    for (uint32_t i = 0; i < count && going_on(l); i++) {
        churn_str id = churn__read_lenstr(&l->in);
        if (!id.ptr || l->in.failed || churn__utf8_fault(id.ptr, id.len) != SIZE_MAX) {
            l->in.failed = true;
            return;
        }
        uint32_t person = churn__dict_add(engine->ids, id);
        if (person == CHURN__NO_CODE ||
            !churn__grow(engine->heap, (void **)&engine->people, &engine->people_capacity,
                         (size_t)i + 1, sizeof *engine->people)) {
            l->no_memory = true;
            return;
        }
        l->in.failed |= person != i; /* twice the same */
        engine->people[i] = CHURN__NOBODY;
        l->people = i + 1;
    }
}

static void read_instance(loading *l, churn__instance *i)
{
    memset(i, 0, sizeof *i);
    i->state = churn__read_u8(&l->in);
    i->last_true = churn__read_u8(&l->in);
    i->evaluated = churn__read_u8(&l->in);
    i->must_clear = churn__read_u8(&l->in);
    i->gap_reported = churn__read_u8(&l->in);
    i->clear_true = churn__read_u8(&l->in);
    i->episode = churn__read_u32(&l->in);
    i->evals = churn__read_u32(&l->in);
    i->pending_true = read_span(l);
    i->clearing = read_span(l);
    i->since = read_instant(l);
    i->fired_at = read_instant(l);
    i->cooldown_until = read_instant(l);
    i->last_eval = l->engine->as_of;
    i->unknown_since = read_time(l);
    i->last_notified = read_instant(l);
    i->rule_hash = churn__read_u64(&l->in);
    l->in.failed |= i->state > CHURN__TRIGGER_COOLDOWN;
}

static bool reach(loading *l, churn__watch *watch, uint32_t person)
{
    churn__heap *heap = l->engine->heap;
    size_t before = watch->of_capacity;
    if (!churn__grow(heap, (void **)&watch->of_person, &watch->of_capacity, (size_t)person + 1,
                     sizeof *watch->of_person) ||
        !churn__grow(heap, (void **)&watch->held, &watch->held_capacity, watch->held_count + 1,
                     sizeof *watch->held)) {
        l->no_memory = true;
        return false;
    }
    if (watch->of_capacity > before) {
        memset(watch->of_person + before, 0,
               (watch->of_capacity - before) * sizeof *watch->of_person);
    }
    return true;
}

static void read_held(loading *l, churn__watch *watch)
{
    uint32_t person = read_person(l);
    uint32_t episode = churn__read_u32(&l->in);
    if (!going_on(l) || !reach(l, watch, person)) {
        return;
    }
    if (watch->of_person[person]) {
        l->in.failed = true;
        return;
    }
    churn__held *held = &watch->held[watch->held_count];
    held->person = person;
    held->episode = episode;
    read_instance(l, &held->instance);
    watch->of_person[person] = (uint32_t)++watch->held_count;
}

static churn__watch *watch_of(loading *l, uint32_t id)
{
    churn_engine *engine = l->engine;
    for (size_t i = 0; i < engine->watch_count; i++) {
        if (engine->watches[i].id == id) {
            return &engine->watches[i];
        }
    }
    if (!churn__grow(engine->heap, (void **)&engine->watches, &engine->watch_capacity,
                     engine->watch_count + 1, sizeof *engine->watches)) {
        l->no_memory = true;
        return NULL;
    }
    churn__watch *watch = &engine->watches[engine->watch_count++];
    memset(watch, 0, sizeof *watch);
    watch->id = id;
    watch->rule = CHURN__NONE;
    return watch;
}

static void read_watches(loading *l)
{
    uint64_t count = read_count(l, 13);
    for (uint64_t i = 0; i < count && going_on(l); i++) {
        uint32_t id = read_text(l);
        churn__watch *watch = id == CHURN__NO_CODE ? NULL : watch_of(l, id);
        if (!watch || watch->held_count) {
            l->in.failed |= !l->no_memory;
            return;
        }
        watch->started = churn__read_u8(&l->in) != 0;
        uint64_t held = read_count(l, 78);
        for (uint64_t h = 0; h < held && going_on(l); h++) {
            read_held(l, watch);
        }
    }
}

static void read_episode(loading *l)
{
    churn_engine *engine = l->engine;
    churn__episode e = {.trigger = read_text(l), .person = read_person(l)};
    e.number = churn__read_u32(&l->in);
    e.play = read_text(l);
    e.reminders = churn__read_u32(&l->in);
    e.relapses = churn__read_u32(&l->in);
    e.severity = churn__read_u8(&l->in);
    e.resolved = churn__read_u8(&l->in);
    e.on_resolve = churn__read_u8(&l->in);
    e.fired_at = read_instant(l);
    e.resolved_at = read_time(l);
    e.value_at_risk = churn__read_f64(&l->in);
    l->in.failed |= e.trigger == CHURN__NO_CODE && !l->no_memory;
    l->in.failed |= (e.resolved != 0) != (e.resolved_at != CHURN_TIME_NONE) ||
                    e.resolved > CHURN__RESOLVED_REFIRED;
    if (!going_on(l)) {
        return;
    }
    if (!churn__grow(engine->heap, (void **)&engine->episodes, &engine->episode_capacity,
                     engine->episode_count + 1, sizeof e)) {
        l->no_memory = true;
        return;
    }
    e.before = engine->people[e.person].episode;
    engine->people[e.person].episode = (uint32_t)engine->episode_count;
    engine->episodes[engine->episode_count++] = e;
}

static bool action_fits(const loading *l, const churn__action *a)
{
    const churn_engine *engine = l->engine;
    bool valued = a->kind == CHURN__STEP_TAG || a->kind == CHURN__STEP_SET_STATUS ||
                  a->kind == CHURN__ACTION_UNTAG || a->kind == CHURN__ACTION_UNSET_STATUS;
    return a->episode < engine->episode_count && engine->episodes[a->episode].person == a->person &&
           a->state <= CHURN__STATE_CANCELLED && a->kind != 0 && a->kind <= CHURN__ACTION_CANCEL &&
           !(valued && a->value == CHURN__NO_CODE && !l->no_memory) &&
           (a->state < CHURN__STATE_DONE || a->state_at != CHURN_TIME_NONE);
}

static void read_action(loading *l)
{
    churn_engine *engine = l->engine;
    churn__action a = {.id = {churn__read_u64(&l->in), 0}};
    a.id.low = churn__read_u64(&l->in);
    a.about.high = churn__read_u64(&l->in);
    a.about.low = churn__read_u64(&l->in);
    a.person = read_person(l);
    a.episode = churn__read_u32(&l->in);
    a.play = read_text(l);
    a.step = read_text(l);
    a.title = read_text(l);
    a.text = read_text(l);
    a.owner = read_text(l);
    a.role = read_text(l);
    a.value = read_text(l);
    a.occurrence = churn__read_u32(&l->in);
    a.kind = churn__read_u8(&l->in);
    a.state = churn__read_u8(&l->in);
    a.acknowledged = churn__read_u8(&l->in) != 0;
    a.at = read_instant(l);
    a.due = read_time(l);
    a.state_at = read_time(l);
    l->in.failed |= !action_fits(l, &a);
    if (!going_on(l)) {
        return;
    }
    if (!churn__grow(engine->heap, (void **)&engine->actions, &engine->action_capacity,
                     engine->action_count + 1, sizeof a)) {
        l->no_memory = true;
        return;
    }
    a.before = engine->people[a.person].action;
    engine->people[a.person].action = (uint32_t)engine->action_count;
    engine->waiting += churn__action_waits(&a);
    engine->actions[engine->action_count++] = a;
}

static void read_change(loading *l)
{
    churn_engine *engine = l->engine;
    churn__mark_change c = {.person = read_person(l)};
    c.value = read_text(l);
    c.is_tag = churn__read_u8(&l->in);
    c.on = churn__read_u8(&l->in);
    c.at = read_instant(l);
    l->in.failed |= c.is_tag && c.value == CHURN__NO_CODE && !l->no_memory;
    if (!going_on(l)) {
        return;
    }
    if (!churn__grow(engine->heap, (void **)&engine->changes, &engine->change_capacity,
                     engine->change_count + 1, sizeof c)) {
        l->no_memory = true;
        return;
    }
    c.before = engine->people[c.person].change;
    engine->people[c.person].change = (uint32_t)engine->change_count;
    engine->changes[engine->change_count++] = c;
}

/* Instances came before the episodes they point at. */
static bool episodes_fit(const churn_engine *engine)
{
    for (size_t w = 0; w < engine->watch_count; w++) {
        const churn__watch *watch = &engine->watches[w];
        for (size_t h = 0; h < watch->held_count; h++) {
            const churn__held *held = &watch->held[h];
            bool open = held->episode != CHURN__NONE;
            if (open != churn__instance_open(&held->instance) ||
                (open && (held->episode >= engine->episode_count ||
                          engine->episodes[held->episode].person != held->person ||
                          engine->episodes[held->episode].resolved ||
                          engine->episodes[held->episode].trigger != watch->id))) {
                return false;
            }
        }
    }
    return true;
}

static void read_body(loading *l, const churn__version *version)
{
    read_people(l);
    read_watches(l);
    uint64_t episodes = read_count(l, 44);
    for (uint64_t i = 0; i < episodes && going_on(l); i++) {
        read_episode(l);
    }
    uint64_t actions = read_count(l, 94);
    for (uint64_t i = 0; i < actions && going_on(l); i++) {
        read_action(l);
    }
    uint64_t changes = read_count(l, 18);
    for (uint64_t i = 0; i < changes && going_on(l); i++) {
        read_change(l);
    }
    if (l->format >= 2 && going_on(l)) {
        l->no_memory |= !churn__bands_read(l->engine, version, l->people, &l->in);
    }
    l->in.failed |= l->in.at != l->in.size || !episodes_fit(l->engine);
}

static churn_status check_header(const void *bytes, size_t size, uint32_t *format,
                                 churn__reading *body, churn_error *err)
{
    churn__reading in = {.data = bytes, .size = size};
    if (size < CHURN__STATE_HEADER || memcmp(bytes, CHURN__STATE_MAGIC, 8) != 0) {
        return churn__fail(err, CHURN_E_CORRUPT, 0, "state: these bytes are no engine's state");
    }
    in.at = 8;
    uint32_t version = churn__read_u32(&in);
    uint64_t length = churn__read_u64(&in);
    uint64_t checksum = churn__read_u64(&in);
    if (version > CHURN__STATE_VERSION) {
        return churn__fail(err, CHURN_E_VERSION, 0,
                           "state: written in format %u, this library reads up to %u",
                           (uint64_t)version, (uint64_t)CHURN__STATE_VERSION);
    }
    if (version == 0 || length != size - CHURN__STATE_HEADER ||
        churn__hash64(in.data + CHURN__STATE_HEADER, (size_t)length, 0) != checksum) {
        return churn__fail(err, CHURN_E_CORRUPT, 0, "state: the bytes are cut short or damaged");
    }
    *format = version;
    *body = (churn__reading){.data = in.data + CHURN__STATE_HEADER, .size = (size_t)length};
    return CHURN_OK;
}

churn_status churn_engine_load(const void *bytes, size_t size, churn_playbook *playbook,
                               churn_store *store, churn_engine **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    loading l = {.engine = NULL};
    churn__version *version = NULL;
    if (!out || !bytes) {
        return churn__fail_null(err, "churn_engine_load", out ? "bytes" : "out");
    }
    *out = NULL;
    CHURN_TRY(check_header(bytes, size, &l.format, &l.in, err));
    CHURN_TRY(churn_engine_create(playbook, store, NULL, &l.engine, err));
    churn_str name = churn__read_lenstr(&l.in);
    if (!l.in.failed && !churn__str_eq(name, playbook->name)) {
        CHURN_FAIL(CHURN_E_CONFIG, 0,
                   "state: saved under another playbook than %q: ids of actions depend on the name",
                   &playbook->name);
    }
    l.engine->seed = churn__read_u64(&l.in);
    l.engine->as_of = read_time(&l);
    CHURN_TRY(churn__store_pin(store, &version, err));
    read_body(&l, version);
    if (l.no_memory) {
        CHURN_TRY(churn__fail_memory(err, l.engine->heap));
    }
    if (l.in.failed) {
        CHURN_FAIL(CHURN_E_CORRUPT, 0, "state: the bytes contradict themselves");
    }
    CHURN_TRY(churn__engine_bind(l.engine, err));
    *out = l.engine;
    l.engine = NULL;
done:
    churn__version_release(version);
    churn_engine_free(l.engine);
    return st;
}
