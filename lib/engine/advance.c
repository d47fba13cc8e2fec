/* SPDX-License-Identifier: MIT */
#include "engine/one.h"
#include "engine/tick.h"

#include <string.h>

#include "base/sort.h"

/*
 * One evaluation: for every customer, by id, every trigger in the playbook's order takes one step
 * of its state machine, and plays answer what fired. Conditions are judged for a batch at once;
 * only customers for whom one is not simply FALSE, or of whom something is remembered, are looked
 * at one by one.
 */

/* ---- conditions of a batch ---- */

#define POPULATIONS (CHURN__POPULATION_ALL + 1u)

/* Who is in which population, for all triggers at once. */
static void find_populations(churn__ticking *t)
{
    const churn__frame *frame = t->frame;
    uint8_t *all = t->inside + CHURN__POPULATION_ALL * t->rows;
    uint8_t *active = t->inside + CHURN__POPULATION_ACTIVE * t->rows;
    uint8_t *churned = t->inside + CHURN__POPULATION_CHURNED * t->rows;
    for (uint32_t row = 0; row < frame->rows; row++) {
        bool lost = frame->loss_needed && frame->losses[row].churned;
        all[row] = frame->exists[row] ? UINT8_MAX : 0;
        active[row] = lost ? 0 : all[row];
        churned[row] = lost ? all[row] : 0;
    }
}

static void count_outcomes(churn__ticking *t, uint32_t trigger, const uint64_t *counts)
{
    churn_run *run = &t->staging.run;
    churn__tally *tally = &t->staging.tallies.each[trigger];
    tally->is_true += counts[CHURN__TRUE];
    tally->is_false += counts[CHURN__FALSE];
    tally->is_unknown += counts[CHURN__UNKNOWN];
    tally->is_error += counts[CHURN__ERROR];
    run->is_true += counts[CHURN__TRUE];
    run->is_false += counts[CHURN__FALSE];
    run->is_unknown += counts[CHURN__UNKNOWN];
    run->is_error += counts[CHURN__ERROR];
    run->evaluated +=
        counts[CHURN__TRUE] + counts[CHURN__FALSE] + counts[CHURN__UNKNOWN] + counts[CHURN__ERROR];
}

_Static_assert(CHURN__OUTSIDE == 4 && CHURN__FALSE == 0, "neither has one of the two low bits");

/* Whoever is not judged gets an outcome of his own; what may concern somebody is noted. */
static void leave_out(uint8_t *restrict when, const uint8_t *restrict inside,
                      uint8_t *restrict stirred, uint32_t rows)
{
    for (uint32_t row = 0; row < rows; row++) {
        when[row] = (uint8_t)((when[row] & inside[row]) | (CHURN__OUTSIDE & ~inside[row]));
        stirred[row] |= when[row] & 3;
    }
}

static uint64_t count_of(const uint8_t *when, churn__truth outcome, uint32_t rows)
{
    uint32_t count = 0;
    for (uint32_t from = 0; from < rows; from += UINT8_MAX) {
        uint32_t to = rows - from < UINT8_MAX ? rows : from + UINT8_MAX;
        uint8_t few = 0; /* so that many fit in a register */
        for (uint32_t row = from; row < to; row++) {
            few = (uint8_t)(few + (when[row] == outcome));
        }
        count += few;
    }
    return count;
}

/* Who is judged, and how it came out: without branches, as it is done for each trigger. */
static void sort_out(churn__ticking *t, uint32_t trigger)
{
    const churn__frame *frame = t->frame;
    const uint8_t population = frame->playbook->triggers[trigger].population;
    churn__truth *when = t->when + trigger * t->rows;
    uint64_t counts[CHURN__ERROR + 1];
    leave_out(when, t->inside + population * t->rows, t->stirred, frame->rows);
    for (churn__truth is = CHURN__FALSE; is <= CHURN__ERROR; is++) {
        counts[is] = count_of(when, is, frame->rows);
    }
    count_outcomes(t, trigger, counts);
}

static churn_status judge_batch(churn__ticking *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__frame *frame = t->frame;
    size_t stride = t->rows;
    uint32_t count = 0;
    memset(t->stirred, 0, frame->rows);
    find_populations(t);
    for (uint32_t i = 0; i < frame->playbook->trigger_count; i++) {
        const churn__trigger_def *def = &frame->playbook->triggers[i];
        t->outcomes[count++] = t->when + i * stride;
        if (def->clear_when) {
            t->outcomes[count++] = t->clear + i * stride;
        }
    }
    CHURN_TRY(churn__expr_group_truth(t->conditions, frame->columns, frame->rows, frame->scratch,
                                      t->outcomes, err));
    for (uint32_t i = 0; i < frame->playbook->trigger_count; i++) {
        sort_out(t, i);
    }
done:
    return st;
}

/* Who comes into a band, or out of one: as a rule few, but everybody the first time. */
static churn_status note_bands(churn__ticking *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__frame *frame = t->frame;
    memset(t->moved, 0, frame->rows);
    for (uint32_t s = 0; s < frame->playbook->score_count; s++) {
        for (uint32_t row = 0; row < frame->rows; row++) {
            t->moved[row] |= frame->moved[s][row];
        }
    }
    for (uint32_t row = 0; row < frame->rows; row++) {
        uint32_t person = churn__engine_person(t->staging.engine, frame->customers[row]);
        for (uint32_t s = 0; t->moved[row] && s < frame->playbook->score_count; s++) {
            if (frame->moved[s][row] != CHURN__BAND_STAYS) {
                CHURN_TRY(churn__stage_band(&t->staging, frame, s, row, &person, err));
            }
        }
    }
done:
    return st;
}

static churn_status tick_batch(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__ticking *t = context;
    t->frame = frame;
    CHURN_TRY(judge_batch(t, err));
    CHURN_TRY(note_bands(t, err));
    for (uint32_t row = 0; row < frame->rows; row++) {
        uint32_t person = churn__engine_person(t->staging.engine, frame->customers[row]);
        t->staging.run.customers += frame->exists[row];
        t->staging.run.loss_unknown += frame->exists[row] && frame->losses[row].unknown;
        if (t->stirred[row] || person != CHURN__NONE) {
            CHURN_TRY(churn__tick_row(t, row, person, err));
        }
    }
    if (churn__reader_failed(frame->reader)) {
        CHURN_TRY(churn__fail_memory(err, t->staging.engine->heap));
    }
done:
    t->frame = NULL;
    return st;
}

static churn_status tick_all(churn__ticking *t, churn_cancel *cancel, churn_cancel *counter,
                             churn_error *err)
{
    churn_engine *engine = t->staging.engine;
    churn__frame_options want = {.triggers = true,
                                 .all_scores = true,
                                 .now = true,
                                 .held = true,
                                 .only_score = CHURN__NONE,
                                 .stale_sources = engine->stale_sources};
    churn__walk walk = {.engine = engine,
                        .version = t->version,
                        .order = churn__version_order(t->version),
                        .count = churn__version_listed(t->version),
                        .dates = &t->staging.at,
                        .date_count = 1,
                        .want = &want,
                        .use = tick_batch,
                        .context = t,
                        .cancel = cancel,
                        .counter = counter};
    return churn__walk_all(&walk, err);
}

/* ---- people whom the store does not have ---- */

static int compare_people(const void *left, const void *right, const void *context)
{
    const churn_engine *engine = context;
    return churn__str_cmp(churn__dict_get(engine->ids, *(const uint32_t *)left),
                          churn__dict_get(engine->ids, *(const uint32_t *)right));
}

/* Those of the first `people` who are no customer's, by id; returns how many. */
static uint32_t list_gone(const churn_engine *engine, uint32_t people, uint32_t *out)
{
    uint32_t count = 0;
    memset(out, 0, people * sizeof *out);
    for (size_t i = 0; i < engine->person_of_count; i++) {
        if (engine->person_of[i] != CHURN__NONE) {
            out[engine->person_of[i]] = 1;
        }
    }
    for (uint32_t i = 0; i < people; i++) {
        if (!out[i] &&
            churn__dict_get(engine->ids, i).ptr) { /* those who were erased say nothing */
            out[count++] = i;
        }
    }
    return count;
}

/* A customer of whom the store knows nothing does not exist, and is in no population. */
static churn_status tick_gone(churn__ticking *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = t->staging.engine;
    uint32_t people = t->staging.ids; /* those who were there before this evaluation */
    uint32_t *gone = churn__alloc_array(engine->heap, people, sizeof *gone);
    if (!gone) {
        return churn__fail_memory(err, engine->heap);
    }
    uint32_t count = list_gone(engine, people, gone);
    if (!churn__sort(engine->heap, gone, count, sizeof *gone, compare_people, engine)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        CHURN_TRY(churn__tick_gone(t, gone[i], err));
    }
done:
    churn__free_array(engine->heap, gone, people, sizeof *gone);
    return st;
}

/* ---- a whole evaluation ---- */

static size_t conditions_most(const churn_playbook *playbook)
{
    return 2 * (size_t)playbook->trigger_count;
}

/* Many triggers ask in part the same: all of their conditions are one program. */
static churn_status group_conditions(churn__ticking *t, churn_error *err)
{
    churn_engine *engine = t->staging.engine;
    const churn_playbook *playbook = engine->playbook;
    uint32_t count = 0;
    const churn__expr **exprs =
        churn__alloc_array_zero(engine->heap, conditions_most(playbook), sizeof *exprs);
    if (!exprs) {
        return churn__fail_memory(err, engine->heap);
    }
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        exprs[count++] = playbook->triggers[i].when;
        if (playbook->triggers[i].clear_when) {
            exprs[count++] = playbook->triggers[i].clear_when;
        }
    }
    churn_status st = churn__expr_group_create(engine->heap, exprs, count, &t->conditions, err);
    churn__free_array(engine->heap, exprs, conditions_most(playbook), sizeof *exprs);
    return st;
}

static bool make_room(churn__ticking *t)
{
    churn_engine *engine = t->staging.engine;
    t->rows = churn__frame_customers(1);
    size_t cells = engine->playbook->trigger_count * t->rows;
    t->zones = (churn__zones){.heap = engine->heap, .directory = engine->playbook->zoneinfo};
    t->when = churn__alloc_array_zero(engine->heap, cells, sizeof *t->when);
    t->clear = churn__alloc_array_zero(engine->heap, cells, sizeof *t->clear);
    t->outcomes = churn__alloc_array_zero(engine->heap, conditions_most(engine->playbook),
                                          sizeof *t->outcomes);
    t->inside = churn__alloc_array_zero(engine->heap, POPULATIONS * t->rows, 1);
    t->stirred = churn__alloc_array_zero(engine->heap, t->rows, 1);
    t->moved = churn__alloc_array_zero(engine->heap, t->rows, 1);
    t->steps = churn__alloc_array_zero(engine->heap, engine->watch_count, sizeof *t->steps);
    return t->when && t->clear && t->outcomes && t->inside && t->stirred && t->moved && t->steps;
}

static void free_room(churn__ticking *t)
{
    churn_engine *engine = t->staging.engine;
    size_t cells = engine->playbook->trigger_count * t->rows;
    churn__free_array(engine->heap, t->when, cells, sizeof *t->when);
    churn__free_array(engine->heap, t->clear, cells, sizeof *t->clear);
    churn__free_array(engine->heap, t->outcomes, conditions_most(engine->playbook),
                      sizeof *t->outcomes);
    churn__expr_group_free(t->conditions);
    churn__free_array(engine->heap, t->inside, POPULATIONS * t->rows, 1);
    churn__free_array(engine->heap, t->stirred, t->rows, 1);
    churn__free_array(engine->heap, t->moved, t->rows, 1);
    churn__free_array(engine->heap, t->steps, engine->watch_count, sizeof *t->steps);
    if (t->zones.heap) {
        churn__zones_close(&t->zones);
    }
}

/* Fired for more of those who were judged than its budget allows. */
static bool over_budget(const churn__trigger_def *def, const churn__tally *tally)
{
    uint64_t judged = tally->is_true + tally->is_false + tally->is_unknown + tally->is_error;
    bool share = judged >= def->budget_min_customers &&
                 (double)tally->fired > def->budget_fraction * (double)judged;
    return tally->fired && (share || (def->budget_max && tally->fired > def->budget_max));
}

static void judge_run(churn__staging *staging)
{
    churn_run *run = &staging->run;
    uint64_t not_judged = run->is_error;
    for (size_t i = 0; i < staging->tallies.count; i++) {
        not_judged += staging->tallies.each[i].ignorant;
        run->budget +=
            over_budget(&staging->engine->playbook->triggers[i], &staging->tallies.each[i]);
    }
    run->degraded = churn__tally_degraded(not_judged, run->evaluated);
}

static churn_status check_instant(const churn_engine *engine, churn_time at, churn_error *err)
{
    if (at < CHURN_TIME_MIN || at > CHURN_TIME_MAX) {
        return churn__fail(err, CHURN_E_RANGE, 0, "advance: as_of outside the years 1 to 9999");
    }
    if (engine->as_of != CHURN_TIME_NONE && at < engine->as_of) {
        return churn__fail(err, CHURN_E_RANGE, 0,
                           "advance: as_of is before the last evaluation; time goes one way");
    }
    return CHURN_OK;
}

static churn_status tick(churn_engine *engine, churn_time at, const churn_advance_options *options,
                         churn_cancel *counter, churn_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__ticking t = {.version = NULL};
    CHURN_TRY(churn__staging_begin(&t.staging, engine, at, err));
    t.staging.no_actions = (options->flags & CHURN_ADVANCE_NO_ACTIONS) != 0;
    CHURN_TRY(churn__store_pin(engine->store, &t.version, err));
    churn__one_outdate(engine, t.version);
    CHURN_TRY(churn__engine_check_store(engine->playbook, engine->store, err));
    CHURN_TRY(churn__engine_meet(engine, t.version, err));
    CHURN_TRY(churn__bands_reach(engine, t.version, err));
    CHURN_TRY(churn__bands_room(engine, err));
    if (!make_room(&t)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(group_conditions(&t, err));
    CHURN_TRY(tick_all(&t, options->cancel, counter, err));
    CHURN_TRY(churn__tick_causes(&t, options->cancel, err));
    CHURN_TRY(tick_gone(&t, err));
    if (engine->store_version != 0) {
        t.staging.run.late = churn__version_late(t.version, engine->store_version, engine->as_of);
    }
    judge_run(&t.staging);
    uint32_t known = t.staging.ids;
    churn__staging_commit(&t.staging);
    churn__engine_remember(engine, t.version, known);
    engine->store_version = churn__version_number(t.version);
    *run = t.staging.run;
done:
    free_room(&t);
    churn__version_release(t.version);
    churn__staging_end(&t.staging);
    return st;
}

churn_status churn__engine_tick(churn_engine *engine, churn_time at,
                                const churn_advance_options *options, churn_cancel *counter,
                                churn_run *run, churn_error *err)
{
    churn_status st = check_instant(engine, at, err);
    *run = (churn_run){.as_of = at};
    if (st != CHURN_OK || at == engine->as_of) {
        return st;
    }
    return tick(engine, at, options, counter, run, err);
}

churn_status churn__advance_options(const churn_advance_options *given, churn_advance_options *out,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__copy_struct(out, sizeof *out, given, "churn_advance_options", err));
    if (out->flags & ~CHURN_ADVANCE_NO_ACTIONS) {
        CHURN_FAIL(CHURN_E_ARG, 0,
                   "churn_advance_options: flags has bits that are none of "
                   "CHURN_ADVANCE_*");
    }
done:
    return st;
}

churn_status churn_engine_advance(churn_engine *engine, churn_time as_of,
                                  const churn_advance_options *options, churn_run *run,
                                  churn_error *err)
{
    churn_run mine;
    churn_advance_options given;
    churn_status st = churn__engine_enter(engine, "churn_engine_advance", err);
    if (st != CHURN_OK) {
        return st;
    }
    CHURN_TRY(churn__advance_options(options, &given, err));
    /* What cannot be filled in is refused before anything happens. */
    CHURN_TRY(churn__check_struct(run, "churn_run", err));
    CHURN_TRY(churn__engine_tick(engine, as_of, &given, given.cancel, &mine, err));
    CHURN_TRY(churn__give_struct(run, &mine, sizeof mine, "churn_run", err));
done:
    churn__engine_leave(engine);
    return st;
}
