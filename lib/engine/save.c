/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

#include <string.h>

#include "base/sort.h"

/*
 * An engine's memory as bytes, little-endian:
 *
 *   "CHURNENG"  u32 version  u64 length of what follows the checksum  u64 XXH64 of it
 *   playbook's name, seed, as_of
 *   people of whom anything is remembered, by id: id
 *   watches that say anything, by id: id, started, instances by person
 *   episodes, actions and changes, in the order in which they arose
 *   since version 2: held bands and their changes, see bands_save.c
 *
 * Texts stand where they are used and people are numbered by their ids, so that equal states are
 * equal bytes whatever happened in between. What a newer version of the library adds raises the
 * version.
 */
/* ---- writing ---- */

typedef struct writing {
    churn_engine *engine;
    churn__buf *out;
    churn__version *version;
    uint32_t *people; /* by rank: person */
    uint32_t *rank;   /* by person: rank */
    uint32_t people_count, known;
} writing;

static int compare_people(const void *left, const void *right, const void *context)
{
    const churn_engine *engine = context;
    return churn__str_cmp(churn__dict_get(engine->ids, *(const uint32_t *)left),
                          churn__dict_get(engine->ids, *(const uint32_t *)right));
}

/* Somebody who once was of interest may be so no longer. */
static void find_people(writing *w)
{
    const churn_engine *engine = w->engine;
    for (uint32_t i = 0; i < w->known; i++) {
        const churn__person *person = &engine->people[i];
        bool any = person->episode != CHURN__NONE || person->action != CHURN__NONE ||
                   person->change != CHURN__NONE || person->band != CHURN__NONE;
        for (size_t k = 0; !any && k < engine->watch_count; k++) {
            any = churn__watch_find(&engine->watches[k], i) != NULL;
        }
        if (any) {
            w->people[w->people_count++] = i;
        }
    }
}

static bool rank_people(writing *w)
{
    churn__heap *heap = w->engine->heap;
    w->known = churn__dict_count(w->engine->ids);
    w->people = churn__alloc_array(heap, w->known, sizeof *w->people);
    w->rank = churn__alloc_array(heap, w->known, sizeof *w->rank);
    if (!w->people || !w->rank) {
        return false;
    }
    find_people(w);
    if (!churn__sort(heap, w->people, w->people_count, sizeof *w->people, compare_people,
                     w->engine)) {
        return false;
    }
    for (uint32_t i = 0; i < w->people_count; i++) {
        w->rank[w->people[i]] = i;
    }
    return true;
}

static void write_instance(churn__buf *out, const churn__instance *i)
{
    churn__buf_u8(out, i->state);
    churn__buf_u8(out, i->last_true);
    churn__buf_u8(out, i->evaluated);
    churn__buf_u8(out, i->must_clear);
    churn__buf_u8(out, i->gap_reported);
    churn__buf_u8(out, i->clear_true);
    churn__buf_u32(out, i->episode);
    churn__buf_u32(out, i->evals);
    churn__buf_u64(out, (uint64_t)i->pending_true);
    churn__buf_u64(out, (uint64_t)i->clearing);
    churn__buf_u64(out, (uint64_t)i->since);
    churn__buf_u64(out, (uint64_t)i->fired_at);
    churn__buf_u64(out, (uint64_t)i->cooldown_until);
    churn__buf_u64(out, (uint64_t)i->unknown_since);
    churn__buf_u64(out, (uint64_t)i->last_notified);
    churn__buf_u64(out, i->rule_hash);
}

static void write_watch(const writing *w, const churn__watch *watch)
{
    churn__buf_lenstr(w->out, churn__engine_text(w->engine, watch->id));
    churn__buf_u8(w->out, watch->started);
    churn__buf_u64(w->out, watch->held_count);
    for (uint32_t i = 0; i < w->people_count; i++) {
        const churn__held *held = churn__watch_find(watch, w->people[i]);
        if (held) {
            churn__buf_u32(w->out, i);
            churn__buf_u32(w->out, held->episode);
            write_instance(w->out, &held->instance);
        }
    }
}

static int compare_watches(const void *left, const void *right, const void *context)
{
    const churn_engine *engine = context;
    return churn__str_cmp(churn__engine_text(engine, engine->watches[*(const uint32_t *)left].id),
                          churn__engine_text(engine, engine->watches[*(const uint32_t *)right].id));
}

static bool write_watches(const writing *w)
{
    const churn_engine *engine = w->engine;
    uint32_t *order = churn__alloc_array(engine->heap, engine->watch_count, sizeof *order);
    size_t count = 0;
    for (size_t i = 0; order && i < engine->watch_count; i++) {
        if (engine->watches[i].started || engine->watches[i].held_count) {
            order[count++] = (uint32_t)i;
        }
    }
    bool sorted =
        order && churn__sort(engine->heap, order, count, sizeof *order, compare_watches, engine);
    churn__buf_u64(w->out, count);
    for (size_t i = 0; sorted && i < count; i++) {
        write_watch(w, &engine->watches[order[i]]);
    }
    churn__free_array(engine->heap, order, engine->watch_count, sizeof *order);
    return sorted;
}

static void write_episode(const writing *w, const churn__episode *e)
{
    churn__buf_lenstr(w->out, churn__engine_text(w->engine, e->trigger));
    churn__buf_u32(w->out, w->rank[e->person]);
    churn__buf_u32(w->out, e->number);
    churn__buf_lenstr(w->out, churn__engine_text(w->engine, e->play));
    churn__buf_u32(w->out, e->reminders);
    churn__buf_u32(w->out, e->relapses);
    churn__buf_u8(w->out, e->severity);
    churn__buf_u8(w->out, e->resolved);
    churn__buf_u8(w->out, e->on_resolve);
    churn__buf_u64(w->out, (uint64_t)e->fired_at);
    churn__buf_u64(w->out, (uint64_t)e->resolved_at);
    churn__buf_f64(w->out, e->value_at_risk);
}

static void write_action(const writing *w, const churn__action *a)
{
    const uint32_t texts[] = {a->play, a->step, a->title, a->text, a->owner, a->role, a->value};
    churn__buf_u64(w->out, a->id.high);
    churn__buf_u64(w->out, a->id.low);
    churn__buf_u64(w->out, a->about.high);
    churn__buf_u64(w->out, a->about.low);
    churn__buf_u32(w->out, w->rank[a->person]);
    churn__buf_u32(w->out, a->episode);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        churn__buf_lenstr(w->out, churn__engine_text(w->engine, texts[i]));
    }
    churn__buf_u32(w->out, a->occurrence);
    churn__buf_u8(w->out, a->kind);
    churn__buf_u8(w->out, a->state);
    churn__buf_u8(w->out, a->acknowledged);
    churn__buf_u64(w->out, (uint64_t)a->at);
    churn__buf_u64(w->out, (uint64_t)a->due);
    churn__buf_u64(w->out, (uint64_t)a->state_at);
}

static void write_change(const writing *w, const churn__mark_change *c)
{
    churn__buf_u32(w->out, w->rank[c->person]);
    churn__buf_lenstr(w->out, churn__engine_text(w->engine, c->value));
    churn__buf_u8(w->out, c->is_tag);
    churn__buf_u8(w->out, c->on);
    churn__buf_u64(w->out, (uint64_t)c->at);
}

static bool write_body(const writing *w)
{
    const churn_engine *engine = w->engine;
    churn__buf_lenstr(w->out, engine->playbook->name);
    churn__buf_u64(w->out, engine->seed);
    churn__buf_u64(w->out, (uint64_t)engine->as_of);
    churn__buf_u32(w->out, w->people_count);
    for (uint32_t i = 0; i < w->people_count; i++) {
        churn__buf_lenstr(w->out, churn__dict_get(engine->ids, w->people[i]));
    }
    if (!write_watches(w)) {
        return false;
    }
    churn__buf_u64(w->out, engine->episode_count);
    for (size_t i = 0; i < engine->episode_count; i++) {
        write_episode(w, &engine->episodes[i]);
    }
    churn__buf_u64(w->out, engine->action_count);
    for (size_t i = 0; i < engine->action_count; i++) {
        write_action(w, &engine->actions[i]);
    }
    churn__buf_u64(w->out, engine->change_count);
    for (size_t i = 0; i < engine->change_count; i++) {
        write_change(w, &engine->changes[i]);
    }
    return churn__bands_write(w->engine, w->version, w->rank, w->out) && !w->out->failed;
}

churn_status churn__engine_write(churn_engine *engine, churn__buf *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    writing w = {.engine = engine, .out = out};
    CHURN_TRY(churn__store_pin(engine->store, &w.version, err));
    if (!rank_people(&w) || !write_body(&w)) {
        st = churn__fail_memory(err, engine->heap);
    }
done:
    churn__version_release(w.version);
    churn__free_array(engine->heap, w.people, w.known, sizeof *w.people);
    churn__free_array(engine->heap, w.rank, w.known, sizeof *w.rank);
    return st;
}

static churn_status save(churn_engine *engine, churn_buffer **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__buf body, whole;
    churn__buf_init(&body, engine->heap);
    churn__buf_init(&whole, engine->heap);
    CHURN_TRY(churn__engine_write(engine, &body, err));
    churn__buf_bytes(&whole, CHURN__STATE_MAGIC, 8);
    churn__buf_u32(&whole, CHURN__STATE_VERSION);
    churn__buf_u64(&whole, body.size);
    churn__buf_u64(&whole, churn__hash64(body.data, body.size, 0));
    churn__buf_bytes(&whole, body.data, body.size);
    if (!whole.failed) {
        *out = churn__buffer_make(churn__store_heap(engine->store), whole.data, whole.size);
    }
    if (!*out) {
        st = churn__fail_memory(err, engine->heap);
    }
done:
    churn__buf_clear(&body);
    churn__buf_clear(&whole);
    return st;
}

churn_status churn_engine_save(churn_engine *engine, churn_buffer **out, churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_save", "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, "churn_engine_save", err);
    if (st == CHURN_OK) {
        st = save(engine, out, err);
        churn__engine_leave(engine);
    }
    return st;
}

churn_status churn_engine_hash(churn_engine *engine, uint64_t *hash, churn_error *err)
{
    if (!hash) {
        return churn__fail_null(err, "churn_engine_hash", "hash");
    }
    churn_status st = churn__engine_enter(engine, "churn_engine_hash", err);
    if (st != CHURN_OK) {
        return st;
    }
    churn__buf body;
    churn__buf_init(&body, engine->heap);
    st = churn__engine_write(engine, &body, err);
    if (st == CHURN_OK) {
        *hash = churn__hash64(body.data, body.size, 0);
    }
    churn__buf_clear(&body);
    churn__engine_leave(engine);
    return st;
}
