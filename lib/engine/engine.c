/* SPDX-License-Identifier: MIT */
#include "engine/losses.h"
#include "engine/one.h"
#include "engine/purge.h"

#include <string.h>

/* The life of an engine, and how it knows its customers and triggers. */

churn_status churn__engine_enter(churn_engine *engine, const char *function, churn_error *err)
{
    if (!engine) {
        return churn__fail_null(err, function, "engine");
    }
    if (atomic_flag_test_and_set_explicit(&engine->busy, memory_order_acquire)) {
        return churn__fail(err, CHURN_E_STATE, 0, "%s: another call is running on this engine",
                           function);
    }
    return CHURN_OK;
}

void churn__engine_leave(churn_engine *engine)
{
    atomic_flag_clear_explicit(&engine->busy, memory_order_release);
}

/* As `properties` has it. */
static const char *type_word(churn__type type)
{
    return type == CHURN__TYPE_DOUBLE ? "number" : churn__type_name(type);
}

/* A property that is something else than the playbook says would never fit a condition. */
static churn_status check_props(const churn_playbook *playbook, churn_store *store,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__version *version = NULL;
    if (playbook->property_count == 0) {
        goto done;
    }
    CHURN_TRY(churn__store_pin(store, &version, err));
    for (uint32_t i = 0; i < playbook->property_count; i++) {
        const churn__attribute_def *def = &playbook->properties[i];
        churn__type type = def->type;
        (void)churn__version_find_prop(version, def->name, &type);
        if (type != def->type) {
            CHURN_FAIL(CHURN_E_CONFIG, 0,
                       "engine: the property %q of events is %s in the playbook (line %u), but %s "
                       "in the store",
                       &def->name, type_word(def->type), (uint64_t)def->line, type_word(type));
        }
    }
done:
    churn__version_release(version);
    return st;
}

/* Dates that were placed by a zone which nobody chose would shift every day window. */
churn_status churn__engine_check_store(const churn_playbook *playbook, churn_store *store,
                                       churn_error *err)
{
    if (churn__store_localised_by_default(store) &&
        !churn__str_eq(playbook->time_zone, CHURN__STR("UTC"))) {
        return churn__fail(err, CHURN_E_CONFIG, 0,
                           "engine: the store read dates without a time zone as UTC, but the "
                           "playbook's zone is %q: create the store with time_zone",
                           &playbook->time_zone);
    }
    return check_props(playbook, store, err);
}

static churn_status add_watch(churn_engine *engine, uint32_t id, churn_error *err)
{
    if (!churn__grow(engine->heap, (void **)&engine->watches, &engine->watch_capacity,
                     engine->watch_count + 1, sizeof *engine->watches)) {
        return churn__fail_memory(err, engine->heap);
    }
    churn__watch *watch = &engine->watches[engine->watch_count++];
    memset(watch, 0, sizeof *watch);
    watch->id = id;
    watch->rule = CHURN__NONE;
    return CHURN_OK;
}

static churn__watch *find_watch(churn_engine *engine, uint32_t id)
{
    for (size_t i = 0; i < engine->watch_count; i++) {
        if (engine->watches[i].id == id) {
            return &engine->watches[i];
        }
    }
    return NULL;
}

/* Everything that can fail comes before the first change of a watch that is there. */
static churn_status reserve_watches(churn_engine *engine, const churn_playbook *playbook,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        uint32_t id = churn__dict_add(engine->texts, playbook->triggers[i].id);
        if (id == CHURN__NO_CODE) {
            return churn__fail_memory(err, engine->heap);
        }
        if (!find_watch(engine, id)) {
            CHURN_TRY(add_watch(engine, id, err));
        }
    }
done:
    return st;
}

/* The playbook's triggers first and in its order: evaluation walks them by index. */
static void order_watches(churn_engine *engine)
{
    const churn_playbook *playbook = engine->playbook;
    for (size_t i = 0; i < engine->watch_count; i++) {
        engine->watches[i].rule = CHURN__NONE;
    }
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        uint32_t id = churn__dict_find(engine->texts, playbook->triggers[i].id);
        churn__watch *from = find_watch(engine, id);
        churn__watch moved = *from;
        *from = engine->watches[i];
        engine->watches[i] = moved;
        engine->watches[i].rule = i;
    }
}

churn_status churn__engine_bind(churn_engine *engine, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__tallies tallies;
    if (!churn__tallies_open(engine->heap, engine->playbook, &tallies)) {
        return churn__fail_memory(err, engine->heap);
    }
    CHURN_TRY(reserve_watches(engine, engine->playbook, err));
    CHURN_TRY(churn__bands_reserve(engine, err));
    churn__tallies_close(engine->heap, &engine->tallies);
    engine->tallies = tallies;
    tallies = (churn__tallies){.each = NULL};
    order_watches(engine);
    churn__bands_order(engine);
done:
    churn__tallies_close(engine->heap, &tallies);
    return st;
}

#define MAX_THREADS 256u

static churn_status check_options(const churn_engine_options *options, churn_error *err)
{
    if (options->flags != 0 || options->reserved != 0) {
        return churn__fail(err, CHURN_E_ARG, 0, "churn_engine_options: flags must be zero");
    }
    if (options->threads > MAX_THREADS) {
        return churn__fail(err, CHURN_E_RANGE, 0, "churn_engine_options: threads: at most %u",
                           (uint64_t)MAX_THREADS);
    }
    return CHURN_OK;
}

churn_status churn_engine_create(churn_playbook *playbook, churn_store *store,
                                 const churn_engine_options *options, churn_engine **out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = NULL;
    churn_engine_options mine;
    if (!out) {
        return churn__fail_null(err, "churn_engine_create", "out");
    }
    *out = NULL;
    if (!playbook || !store) {
        return churn__fail_null(err, "churn_engine_create", playbook ? "store" : "playbook");
    }
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_engine_options", err));
    CHURN_TRY(check_options(&mine, err));
    CHURN_TRY(churn__engine_check_store(playbook, store, err));

    churn__heap *heap = churn__heap_create_child(churn__store_heap(store));
    engine = heap ? churn__alloc_zero(heap, sizeof *engine) : NULL;
    if (!engine) {
        churn__heap_release(heap);
        CHURN_TRY(churn__fail_memory(err, churn__store_heap(store)));
    }
    engine->heap = heap;
    atomic_flag_clear(&engine->busy);
    churn__live_add(1);
    engine->playbook = churn__playbook_retain(playbook);
    engine->store = churn__store_retain(store);
    engine->seed = mine.seed;
    engine->threads = mine.threads;
    engine->as_of = CHURN_TIME_NONE;
    engine->texts = churn__dict_create(heap);
    engine->ids = churn__dict_create(heap);
    if (!engine->texts || !engine->ids) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(churn__engine_bind(engine, err));
    churn__engine_observe(engine);
    *out = engine;
    engine = NULL;
done:
    churn_engine_free(engine);
    return st;
}

static void free_watches(churn_engine *engine)
{
    for (size_t i = 0; i < engine->watch_count; i++) {
        churn__watch *watch = &engine->watches[i];
        churn__free_array(engine->heap, watch->held, watch->held_capacity, sizeof *watch->held);
        churn__free_array(engine->heap, watch->of_person, watch->of_capacity,
                          sizeof *watch->of_person);
    }
    churn__free_array(engine->heap, engine->watches, engine->watch_capacity,
                      sizeof *engine->watches);
}

void churn_engine_free(churn_engine *engine)
{
    if (!engine) {
        return;
    }
    churn__heap *heap = engine->heap;
    churn__store_unobserve(engine->store, &engine->observer);
    churn__one_drop(engine);
    churn__losses_drop(engine);
    free_watches(engine);
    churn__free_array(heap, engine->people, engine->people_capacity, sizeof *engine->people);
    churn__free_array(heap, engine->person_of, engine->person_of_capacity,
                      sizeof *engine->person_of);
    churn__free_array(heap, engine->episodes, engine->episode_capacity, sizeof *engine->episodes);
    churn__free_array(heap, engine->actions, engine->action_capacity, sizeof *engine->actions);
    churn__free_array(heap, engine->changes, engine->change_capacity, sizeof *engine->changes);
    churn__bands_free(engine);
    churn__tallies_close(heap, &engine->tallies);
    churn__dict_free(engine->texts);
    churn__dict_free(engine->ids);
    churn_playbook_free(engine->playbook);
    churn_store_free(engine->store);
    churn__live_add(-1);
    churn__free(heap, engine, sizeof *engine);
    churn__heap_release(heap);
}

uint32_t churn__engine_person(const churn_engine *engine, uint32_t customer)
{
    return customer < engine->person_of_count ? engine->person_of[customer] : CHURN__NONE;
}

churn__held *churn__watch_find(const churn__watch *watch, uint32_t person)
{
    if (person >= watch->of_capacity || watch->of_person[person] == 0) {
        return NULL;
    }
    return &watch->held[watch->of_person[person] - 1];
}

churn_status churn__engine_meet(churn_engine *engine, const churn__version *version,
                                churn_error *err)
{
    uint32_t customers = churn__version_customers(version);
    if (!churn__grow(engine->heap, (void **)&engine->person_of, &engine->person_of_capacity,
                     customers, sizeof *engine->person_of)) {
        return churn__fail_memory(err, engine->heap);
    }
    bool anybody = churn__dict_count(engine->ids) != 0;
    for (size_t i = engine->person_of_count; i < customers; i++) {
        engine->person_of[i] =
            anybody
                ? churn__dict_find(engine->ids, churn__version_customer_id(version, (uint32_t)i))
                : CHURN__NONE;
    }
    engine->person_of_count = customers;
    return CHURN_OK;
}

void churn__engine_remember(churn_engine *engine, const churn__version *version, uint32_t from)
{
    for (uint32_t person = from; person < churn__dict_count(engine->ids); person++) {
        uint32_t customer =
            churn__version_find_customer(version, churn__dict_get(engine->ids, person));
        if (customer < engine->person_of_count) {
            engine->person_of[customer] = person;
        }
    }
}

churn_str churn__engine_text(const churn_engine *engine, uint32_t code)
{
    return code == CHURN__NO_CODE ? (churn_str){NULL, 0} : churn__dict_get(engine->texts, code);
}

churn_time churn_engine_as_of(const churn_engine *engine)
{
    return engine ? engine->as_of : CHURN_TIME_NONE;
}

uint64_t churn_engine_memory(const churn_engine *engine)
{
    return engine ? churn__heap_used(engine->heap) : 0;
}

churn_status churn_engine_set_playbook(churn_engine *engine, churn_playbook *playbook,
                                       churn_error *err)
{
    churn_status st = churn__engine_enter(engine, "churn_engine_set_playbook", err);
    if (st != CHURN_OK) {
        return st;
    }
    if (!playbook) {
        CHURN_TRY(churn__fail_null(err, "churn_engine_set_playbook", "playbook"));
    }
    if (!churn__str_eq(playbook->name, engine->playbook->name)) {
        CHURN_FAIL(CHURN_E_CONFIG, 0,
                   "engine: the playbook %q cannot replace %q: ids of actions depend on the name",
                   &playbook->name, &engine->playbook->name);
    }
    CHURN_TRY(churn__engine_check_store(playbook, engine->store, err));
    churn_playbook *old = engine->playbook;
    engine->playbook = churn__playbook_retain(playbook);
    st = churn__engine_bind(engine, err);
    if (st != CHURN_OK) {
        churn_playbook_free(engine->playbook);
        engine->playbook = old;
        goto done;
    }
    churn__one_drop(engine);
    churn__losses_drop(engine);
    churn_playbook_free(old);
done:
    churn__engine_leave(engine);
    return st;
}
