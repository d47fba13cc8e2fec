/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

#include <string.h>

#include "base/bits.h"
#include "engine/losses.h"
#include "engine/one.h"
#include "engine/purge.h"

/*
 * What an engine does when its store forgets customers or a user. All memory is taken before
 * anything is changed, so that the rest cannot fail.
 */

/* ---- asking ---- */

static churn_status purge_prepare(void *self, const churn__forgetting *what, churn_error *err)
{
    churn_engine *engine = self;
    (void)what;
    if (atomic_flag_test_and_set_explicit(&engine->busy, memory_order_acquire)) {
        return churn__fail(err, CHURN_E_STATE, 0,
                           "erase: a call is running on an engine of this store");
    }
    churn__one_drop(engine);
    churn__losses_drop(engine);
    engine->purge_texts = churn__dict_count(engine->texts);
    engine->purge_people = churn__dict_count(engine->ids);
    engine->purge_used = churn__alloc_zero(engine->heap, churn__bits_bytes(engine->purge_texts));
    engine->purge_gone = churn__alloc_zero(engine->heap, churn__bits_bytes(engine->purge_people));
    if (!engine->purge_used || !engine->purge_gone) {
        churn_status st = churn__fail_memory(err, engine->heap);
        churn__engine_purge_end(engine);
        return st;
    }
    return CHURN_OK;
}

void churn__engine_purge_end(churn_engine *engine)
{
    churn__free(engine->heap, engine->purge_used, churn__bits_bytes(engine->purge_texts));
    churn__free(engine->heap, engine->purge_gone, churn__bits_bytes(engine->purge_people));
    engine->purge_used = engine->purge_gone = NULL;
    churn__engine_leave(engine);
}

static void purge_abandon(void *self)
{
    churn__engine_purge_end(self);
}

/* ---- customers ---- */

static bool is_gone(const churn_engine *engine, uint32_t person)
{
    return churn__bit_get(engine->purge_gone, person);
}

/* Instances, by watch; of_person finds those that stay. */
static void drop_held(churn_engine *engine, churn__watch *watch)
{
    size_t kept = 0, before = watch->held_count;
    for (size_t i = 0; i < before; i++) {
        churn__held *held = &watch->held[i];
        if (is_gone(engine, held->person)) {
            watch->of_person[held->person] = 0;
            continue;
        }
        /* `before` of an episode says where it goes: see number_episodes(). */
        if (held->episode != CHURN__NONE) {
            held->episode = engine->episodes[held->episode].before;
        }
        watch->of_person[held->person] = (uint32_t)kept + 1;
        watch->held[kept++] = *held;
    }
    watch->held_count = kept;
    churn__wipe(watch->held + kept, (before - kept) * sizeof *watch->held);
}

/* Where each episode goes stands in `before` until they are linked anew. */
static void number_episodes(churn_engine *engine)
{
    uint32_t kept = 0;
    for (size_t i = 0; i < engine->episode_count; i++) {
        bool gone = is_gone(engine, engine->episodes[i].person);
        engine->episodes[i].before = gone ? CHURN__NONE : kept;
        kept += !gone;
    }
}

static void drop_actions(churn_engine *engine, churn__forgotten *sum)
{
    size_t kept = 0, before = engine->action_count;
    for (size_t i = 0; i < before; i++) {
        churn__action action = engine->actions[i];
        if (is_gone(engine, action.person)) {
            bool waits = churn__action_waits(&action);
            sum->actions++;
            sum->waiting += waits;
            sum->tasks += action.kind == CHURN__STEP_TASK && action.state < CHURN__STATE_DONE;
            engine->waiting -= waits;
            continue;
        }
        action.episode = engine->episodes[action.episode].before;
        action.before = engine->people[action.person].action;
        engine->people[action.person].action = (uint32_t)kept;
        engine->actions[kept++] = action;
    }
    engine->action_count = kept;
    churn__wipe(engine->actions + kept, (before - kept) * sizeof *engine->actions);
}

static void drop_episodes(churn_engine *engine, churn__forgotten *sum)
{
    size_t kept = 0, before = engine->episode_count;
    for (size_t i = 0; i < before; i++) {
        churn__episode episode = engine->episodes[i];
        if (is_gone(engine, episode.person)) {
            sum->episodes++;
            continue;
        }
        episode.before = engine->people[episode.person].episode;
        engine->people[episode.person].episode = (uint32_t)kept;
        engine->episodes[kept++] = episode;
    }
    engine->episode_count = kept;
    churn__wipe(engine->episodes + kept, (before - kept) * sizeof *engine->episodes);
}

static void drop_changes(churn_engine *engine, churn__forgotten *sum)
{
    size_t kept = 0, before = engine->change_count;
    for (size_t i = 0; i < before; i++) {
        churn__mark_change change = engine->changes[i];
        if (is_gone(engine, change.person)) {
            sum->changes++;
            continue;
        }
        change.before = engine->people[change.person].change;
        engine->people[change.person].change = (uint32_t)kept;
        engine->changes[kept++] = change;
    }
    engine->change_count = kept;
    churn__wipe(engine->changes + kept, (before - kept) * sizeof *engine->changes);
}

static void drop_band_changes(churn_engine *engine, churn__forgotten *sum)
{
    churn__bands *bands = &engine->bands;
    size_t kept = 0, before = bands->change_count;
    for (size_t i = 0; i < before; i++) {
        churn__band_change change = bands->changes[i];
        if (is_gone(engine, change.person)) {
            sum->changes++;
            continue;
        }
        change.before = engine->people[change.person].band;
        engine->people[change.person].band = (uint32_t)kept;
        bands->changes[kept++] = change;
    }
    bands->change_count = kept;
    churn__wipe(bands->changes + kept, (before - kept) * sizeof *bands->changes);
}

static void drop_people(churn_engine *engine, churn__forgotten *sum)
{
    number_episodes(engine);
    for (size_t i = 0; i < engine->watch_count; i++) {
        drop_held(engine, &engine->watches[i]);
    }
    for (uint32_t i = 0; i < engine->purge_people; i++) {
        engine->people[i] = CHURN__NOBODY;
    }
    drop_actions(engine, sum);
    drop_episodes(engine, sum);
    drop_changes(engine, sum);
    drop_band_changes(engine, sum);
    for (uint32_t i = 0; i < engine->purge_people; i++) {
        if (is_gone(engine, i)) {
            churn__dict_forget(engine->ids, i);
        }
    }
}

/* ---- held bands ---- */

static void drop_waiting(churn_engine *engine)
{
    churn__bands *bands = &engine->bands;
    size_t kept = 0, before = bands->waiting_count;
    for (size_t i = 0; i < before; i++) {
        if (!is_gone(engine, bands->waiting[i].person)) {
            bands->waiting[kept++] = bands->waiting[i];
        }
    }
    bands->waiting_count = kept;
    churn__wipe(bands->waiting + kept, (before - kept) * sizeof *bands->waiting);
}

/* A customer who is nobody, or another one, from now on is in no band. Returns how many had one. */
static uint32_t drop_cells(churn_engine *engine, const churn__forgetting *what)
{
    uint32_t held = 0;
    for (size_t i = 0; i < what->number_count; i++) {
        bool any = false;
        for (size_t m = 0; m < engine->bands.count; m++) {
            churn__band_memory *memory = &engine->bands.each[m];
            if (what->numbers[i] < memory->cell_count) {
                any |= memory->cells[what->numbers[i]].band != 0;
                memory->cells[what->numbers[i]] = (churn__band_cell){.band = 0};
            }
        }
        held += any;
    }
    drop_waiting(engine);
    return held;
}

/* The customers' people, and from now on nobody's. */
static uint32_t find_gone(churn_engine *engine, const churn__forgetting *what)
{
    uint32_t count = 0;
    for (size_t i = 0; i < what->customer_count; i++) {
        uint32_t person = churn__dict_find(engine->ids, what->customers[i]);
        if (person != CHURN__NO_CODE && !is_gone(engine, person)) {
            churn__bit_set(engine->purge_gone, person);
            count++;
        }
    }
    for (size_t i = 0; count > 0 && i < engine->person_of_count; i++) {
        uint32_t person = engine->person_of[i];
        if (person != CHURN__NONE && is_gone(engine, person)) {
            engine->person_of[i] = CHURN__NONE;
        }
    }
    return count;
}

/* ---- a user ---- */

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* The name stands in the text, and not inside a longer word. */
static bool has_word(churn_str text, churn_str name)
{
    for (size_t at = 0; at + name.len <= text.len; at++) {
        bool same = memcmp(text.ptr + at, name.ptr, name.len) == 0;
        bool before = at > 0 && is_word_byte(text.ptr[at - 1]) && is_word_byte(name.ptr[0]);
        size_t end = at + name.len;
        bool after =
            end < text.len && is_word_byte(text.ptr[end]) && is_word_byte(name.ptr[name.len - 1]);
        if (same && !before && !after) {
            return true;
        }
    }
    return false;
}

static bool unset_text(churn_engine *engine, uint32_t *code, churn_str name)
{
    if (*code == CHURN__NO_CODE || !has_word(churn__engine_text(engine, *code), name)) {
        return false;
    }
    *code = CHURN__NO_CODE;
    return true;
}

static bool drop_user(churn_engine *engine, churn_str name)
{
    bool any = false;
    for (size_t i = 0; i < engine->action_count; i++) {
        churn__action *action = &engine->actions[i];
        any |= unset_text(engine, &action->title, name);
        any |= unset_text(engine, &action->text, name);
        any |= unset_text(engine, &action->owner, name);
    }
    for (size_t i = 0; i < engine->bands.change_count; i++) {
        churn__band_change *change = &engine->bands.changes[i];
        any |= unset_text(engine, &change->word_before, name);
        any |= unset_text(engine, &change->word, name);
    }
    return any;
}

/* ---- texts that nobody has any more ---- */

static void use(churn_engine *engine, uint32_t code)
{
    if (code != CHURN__NO_CODE) {
        churn__bit_set(engine->purge_used, code);
    }
}

static void use_bands(churn_engine *engine)
{
    const churn__bands *bands = &engine->bands;
    for (size_t i = 0; i < bands->count; i++) {
        use(engine, bands->each[i].id);
        for (size_t n = 0; n < bands->each[i].name_count; n++) {
            use(engine, bands->each[i].names[n]);
        }
    }
    for (size_t i = 0; i < bands->change_count; i++) {
        const churn__band_change *c = &bands->changes[i];
        const uint32_t texts[] = {c->score, c->from, c->to, c->name, c->word_before, c->word};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            use(engine, texts[k]);
        }
    }
}

static void use_all(churn_engine *engine)
{
    for (size_t i = 0; i < engine->watch_count; i++) {
        use(engine, engine->watches[i].id);
    }
    for (size_t i = 0; i < engine->episode_count; i++) {
        use(engine, engine->episodes[i].trigger);
        use(engine, engine->episodes[i].play);
    }
    for (size_t i = 0; i < engine->action_count; i++) {
        const churn__action *a = &engine->actions[i];
        const uint32_t texts[] = {a->play, a->step, a->title, a->text, a->owner, a->role, a->value};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            use(engine, texts[k]);
        }
    }
    for (size_t i = 0; i < engine->change_count; i++) {
        use(engine, engine->changes[i].value);
    }
    use_bands(engine);
}

static void drop_texts(churn_engine *engine, churn__forgotten *sum)
{
    use_all(engine);
    for (uint32_t code = 0; code < engine->purge_texts; code++) {
        bool there = churn__dict_get(engine->texts, code).ptr != NULL;
        if (there && !churn__bit_get(engine->purge_used, code)) {
            churn__dict_forget(engine->texts, code);
            sum->texts++;
        }
    }
}

/* ---- telling ---- */

static void purge_commit(void *self, const churn__forgetting *what, churn__forgotten *sum)
{
    churn_engine *engine = self;
    uint32_t people = find_gone(engine, what);
    uint32_t held = drop_cells(engine, what);
    bool any = (people > 0 || held > 0) && !what->keep_history;
    if (any) {
        drop_people(engine, sum);
        sum->people += people > held ? people : held;
    }
    if (what->user.ptr != NULL) {
        any |= drop_user(engine, what->user);
    }
    if (any) {
        drop_texts(engine, sum);
        sum->observers++;
    }
    churn__engine_purge_end(engine);
}

void churn__engine_observe(churn_engine *engine)
{
    engine->observer = (churn__observer){
        .self = engine, .prepare = purge_prepare, .commit = purge_commit, .abandon = purge_abandon};
    churn__store_observe(engine->store, &engine->observer);
}
