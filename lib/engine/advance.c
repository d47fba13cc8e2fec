/* SPDX-License-Identifier: MIT */
#include "engine/staging.h"

#include <math.h>
#include <string.h>

/*
 * One evaluation: for every customer, by id, every trigger in the playbook's order takes one step
 * of its state machine, and plays answer what fired. A customer's resolutions come before their
 * firings, so that a tag which one trigger takes away and another sets is set in the end.
 */

typedef struct ticking {
    churn__staging staging;
    churn__version *version;
    churn__frame *frame;
    churn__truth *when;      /* by trigger, then row of the batch */
    churn__truth *clear;     /* the same; only where there is a clear_when */
    churn__trigger_did *did; /* by trigger, of one customer */
    churn__instance *next;   /* the same: the instance after the step */
    uint32_t *held;          /* the same: index, CHURN__NONE while it has none */
} ticking;

static churn_status judge_batch(ticking *t, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_playbook *playbook = t->frame->playbook;
    size_t stride = t->frame->max_rows;
    for (uint32_t i = 0; i < playbook->trigger_count; i++) {
        const churn__trigger_def *def = &playbook->triggers[i];
        CHURN_TRY(churn__expr_truth(def->when, t->frame->columns, t->frame->rows, t->frame->scratch,
                                    t->when + i * stride, err));
        if (def->clear_when) {
            CHURN_TRY(churn__expr_truth(def->clear_when, t->frame->columns, t->frame->rows,
                                        t->frame->scratch, t->clear + i * stride, err));
        }
    }
done:
    return st;
}

/* ---- counting ---- */

static void count_missing(ticking *t, const churn__expr *expr, uint32_t row, churn__tally *tally)
{
    uint32_t slots[8];
    uint32_t count = churn__expr_blame(expr, t->frame->columns, row, t->frame->scratch, slots, 8);
    for (uint32_t i = 0; i < count; i++) {
        const churn__missing *missing = t->frame->columns[slots[i]].missing;
        churn__missing reason = missing ? missing[row] : CHURN__PRESENT;
        tally->missing[reason % 24]++;
        /* Majority vote: the slot that stands at the end is the one that was missing most often
         * wherever one makes up more than half, and one of the frequent ones otherwise. */
        if (tally->worst_slot == slots[i]) {
            tally->worst_count++;
        } else if (tally->worst_count == 0) {
            tally->worst_slot = slots[i];
            tally->worst_count = 1;
        } else {
            tally->worst_count--;
        }
    }
}

static void note_error(ticking *t, const churn__expr *expr, uint32_t row, churn__tally *tally)
{
    churn__value value;
    churn__truth truth = CHURN__ERROR;
    churn_error error = {.struct_size = sizeof error};
    if (tally->error_text[0] == '\0' &&
        churn__expr_value(expr, t->frame->columns, row, t->frame->scratch, &value, &truth,
                          &error) == CHURN_OK) {
        churn__format(tally->error_text, sizeof tally->error_text, "%s", error.message);
    }
}

static void count_truth(ticking *t, uint32_t trigger, uint32_t row, churn__truth truth,
                        bool ignorance)
{
    churn_run *run = &t->staging.run;
    churn__tally *tally = &t->staging.tallies[trigger];
    const churn__expr *when = t->frame->playbook->triggers[trigger].when;
    run->evaluated++;
    switch (truth) {
    case CHURN__TRUE:
        run->is_true++;
        tally->is_true++;
        break;
    case CHURN__FALSE:
        run->is_false++;
        tally->is_false++;
        break;
    case CHURN__UNKNOWN:
        run->is_unknown++;
        tally->is_unknown++;
        tally->ignorant += ignorance;
        count_missing(t, when, row, tally);
        break;
    default:
        run->is_error++;
        tally->is_error++;
        note_error(t, when, row, tally);
        break;
    }
}

static void count_did(ticking *t, uint32_t trigger, const churn__trigger_did *did)
{
    churn_run *run = &t->staging.run;
    churn__tally *tally = &t->staging.tallies[trigger];
    run->fired += (did->what & CHURN__DID_FIRE) != 0;
    tally->fired += (did->what & CHURN__DID_FIRE) != 0;
    run->resolved += (did->what & CHURN__DID_RESOLVE) != 0;
    tally->resolved += (did->what & CHURN__DID_RESOLVE) != 0;
    run->reminders += (did->what & CHURN__DID_REMIND) != 0;
    run->data_gaps += (did->what & CHURN__DID_DATA_GAP) != 0;
    run->suppressed += (did->what & CHURN__DID_SUPPRESS) != 0;
    tally->suppressed += (did->what & CHURN__DID_SUPPRESS) != 0;
}

/* ---- one step ---- */

static bool in_population(const churn__frame *frame, uint8_t population, uint32_t row)
{
    if (!frame->exists[row]) {
        return false;
    }
    switch (population) {
    case CHURN__POPULATION_ACTIVE:
        return !frame->losses[row].churned;
    case CHURN__POPULATION_CHURNED:
        return frame->losses[row].churned;
    default:
        return true;
    }
}

static void fill_input(ticking *t, uint32_t trigger, uint32_t row, churn__trigger_input *input)
{
    const churn__trigger_def *def = &t->frame->playbook->triggers[trigger];
    size_t at = trigger * (size_t)t->frame->max_rows + row;
    input->when = t->when[at];
    input->clear = def->clear_when ? t->clear[at] : CHURN__FALSE;
    if (input->when == CHURN__UNKNOWN) {
        input->missing = churn__frame_reason(t->frame, def->when, row, &input->all_absence);
    }
    if (def->clear_when && input->clear == CHURN__UNKNOWN) {
        bool absence = false;
        churn__missing reason = churn__frame_reason(t->frame, def->clear_when, row, &absence);
        input->all_absence = absence && (input->when != CHURN__UNKNOWN || input->all_absence);
        input->missing = churn__missing_worse(input->missing, reason);
    }
}

/* An instance that was stepped before but never had anything to remember. */
static churn__instance blank_instance(const churn__watch *watch, const churn__trigger_def *def,
                                      churn_time last)
{
    churn__instance instance;
    memset(&instance, 0, sizeof instance);
    instance.unknown_since = CHURN_TIME_NONE;
    instance.last_eval = last;
    instance.evaluated = watch->started;
    instance.rule_hash = def->rule_hash;
    return instance;
}

static bool worth_keeping(const churn__instance *instance)
{
    return instance->state != CHURN__TRIGGER_INACTIVE || instance->episode != 0 ||
           instance->must_clear || instance->unknown_since != CHURN_TIME_NONE;
}

static void step_trigger(ticking *t, uint32_t trigger, uint32_t row, uint32_t person)
{
    const churn_engine *engine = t->staging.engine;
    const churn__watch *watch = &engine->watches[trigger];
    const churn__trigger_def *def = &engine->playbook->triggers[trigger];
    churn__held *held = churn__watch_find(watch, person);
    churn__trigger_input input = {.at = t->staging.at, .since = CHURN_TIME_NONE};
    t->held[trigger] = held ? (uint32_t)(held - watch->held) : CHURN__NONE;
    t->next[trigger] = held ? held->instance : blank_instance(watch, def, engine->as_of);
    t->did[trigger] = (churn__trigger_did){0, 0, 0};
    input.in_population = in_population(t->frame, def->population, row);
    if (!input.in_population && !held) {
        return;
    }
    if (input.in_population) {
        fill_input(t, trigger, row, &input);
        input.since =
            def->grace ? churn__reader_since(t->frame->reader, t->frame->customers[row], input.at)
                       : CHURN_TIME_NONE;
        count_truth(t, trigger, row, input.when, churn__is_ignorance(input.missing));
    }
    churn__trigger_step(def, &t->next[trigger], &input, &t->did[trigger]);
    count_did(t, trigger, &t->did[trigger]);
}

/* ---- what follows of a step ---- */

static churn_status resolve(ticking *t, uint32_t trigger, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__held *held = &t->staging.engine->watches[trigger].held[t->held[trigger]];
    uint32_t episode = held->episode;
    if (episode == CHURN__NONE) {
        return CHURN_OK;
    }
    churn__op op = {.kind = CHURN__OP_RESOLVE, .a = episode, .b = t->did[trigger].resolved};
    CHURN_TRY(churn__stage_op(&t->staging, op, err));
    CHURN_TRY(churn__answer_resolved(&t->staging, episode, err));
done:
    return st;
}

static churn_status fire(ticking *t, uint32_t trigger, uint32_t row, uint32_t person,
                         uint32_t *episode_out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__trigger_def *def = &t->frame->playbook->triggers[trigger];
    churn__episode episode = {.trigger = t->staging.engine->watches[trigger].id,
                              .person = person,
                              .number = t->next[trigger].episode,
                              .before = CHURN__NONE,
                              .play = CHURN__NO_CODE,
                              .severity = def->severity,
                              .fired_at = t->staging.at,
                              .resolved_at = CHURN_TIME_NONE};
    int64_t mrr = 0;
    bool known =
        churn__frame_mrr(t->frame, t->frame->customers[row], t->staging.at, &mrr) == CHURN__PRESENT;
    double risk = known ? churn__value_at_risk(t->frame, row, mrr) : (double)NAN;
    episode.value_at_risk =
        isnan(risk) ? risk : churn__round6(risk * churn__major(t->frame->playbook, 1));
    CHURN_TRY(churn__stage_episode(&t->staging, &episode, episode_out, err));
    CHURN_TRY(churn__answer_fired(&t->staging, t->frame, row, def, *episode_out, err));
done:
    return st;
}

static churn_status note(ticking *t, uint32_t trigger, uint32_t episode, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t what = t->did[trigger].what;
    if (episode == CHURN__NONE) {
        return CHURN_OK;
    }
    if (what & CHURN__DID_REMIND) {
        churn__op op = {.kind = CHURN__OP_REMIND, .a = episode};
        CHURN_TRY(churn__stage_op(&t->staging, op, err));
        CHURN_TRY(churn__answer_reminded(&t->staging, episode, err));
    }
    if (what & CHURN__DID_RELAPSE) {
        churn__op op = {.kind = CHURN__OP_RELAPSE, .a = episode};
        CHURN_TRY(churn__stage_op(&t->staging, op, err));
    }
done:
    return st;
}

/* Make room for an instance that has become worth keeping, and say what it is from now on. */
static churn_status keep(ticking *t, uint32_t trigger, uint32_t row, uint32_t *person,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_engine *engine = t->staging.engine;
    if (t->held[trigger] == CHURN__NONE) {
        if (!worth_keeping(&t->next[trigger])) {
            return CHURN_OK;
        }
        if (*person == CHURN__NONE) {
            CHURN_TRY(churn__stage_person(&t->staging, t->version, t->frame->customers[row], person,
                                          err));
        }
        CHURN_TRY(churn__stage_held(&t->staging, trigger, *person, &t->held[trigger], err));
    }
    uint32_t episode = engine->watches[trigger].held[t->held[trigger]].episode;
    if (t->did[trigger].what & CHURN__DID_RESOLVE) {
        episode = CHURN__NONE;
    }
    CHURN_TRY(note(t, trigger, episode, err));
    if (t->did[trigger].what & CHURN__DID_FIRE) {
        CHURN_TRY(fire(t, trigger, row, *person, &episode, err));
    }
    churn__op op = {.kind = CHURN__OP_INSTANCE,
                    .a = trigger,
                    .b = t->held[trigger],
                    .episode = episode,
                    .instance = t->next[trigger]};
    CHURN_TRY(churn__stage_op(&t->staging, op, err));
done:
    return st;
}

static churn_status tick_customer(ticking *t, uint32_t row, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_engine *engine = t->staging.engine;
    uint32_t person = churn__engine_person(engine, t->frame->customers[row]);
    uint32_t triggers = engine->playbook->trigger_count;
    t->staging.run.customers += t->frame->exists[row];
    for (uint32_t i = 0; i < triggers; i++) {
        step_trigger(t, i, row, person);
    }
    for (uint32_t i = 0; i < triggers; i++) {
        if (t->did[i].what & CHURN__DID_RESOLVE) {
            CHURN_TRY(resolve(t, i, err));
        }
    }
    for (uint32_t i = 0; i < triggers; i++) {
        CHURN_TRY(keep(t, i, row, &person, err));
    }
done:
    return st;
}

/* ---- a whole evaluation ---- */

static churn_status tick_all(ticking *t, churn_cancel *cancel, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t *order = churn__version_order(t->version);
    uint32_t count = churn__version_customers(t->version);
    for (uint32_t from = 0; from < count; from += t->frame->max_customers) {
        uint32_t left = count - from;
        uint32_t n = left < t->frame->max_customers ? left : t->frame->max_customers;
        CHURN_TRY(churn__cancel_check(cancel, err));
        CHURN_TRY(churn__frame_fill(t->frame, order + from, n, err));
        CHURN_TRY(judge_batch(t, err));
        for (uint32_t row = 0; row < n; row++) {
            CHURN_TRY(tick_customer(t, row, err));
        }
        if (churn__reader_failed(t->frame->reader)) {
            CHURN_TRY(churn__fail_memory(err, t->staging.engine->heap));
        }
    }
done:
    return st;
}

static bool make_room(ticking *t)
{
    churn__heap *heap = t->staging.engine->heap;
    size_t triggers = t->staging.engine->playbook->trigger_count;
    size_t cells = triggers * t->frame->max_rows;
    t->when = churn__alloc_array_zero(heap, cells, sizeof *t->when);
    t->clear = churn__alloc_array_zero(heap, cells, sizeof *t->clear);
    t->did = churn__alloc_array_zero(heap, triggers, sizeof *t->did);
    t->next = churn__alloc_array_zero(heap, triggers, sizeof *t->next);
    t->held = churn__alloc_array_zero(heap, triggers, sizeof *t->held);
    return t->when && t->clear && t->did && t->next && t->held;
}

static void free_room(ticking *t)
{
    churn__heap *heap = t->staging.engine->heap;
    size_t triggers = t->staging.engine->playbook->trigger_count;
    size_t cells = triggers * (t->frame ? t->frame->max_rows : 0);
    churn__free_array(heap, t->when, cells, sizeof *t->when);
    churn__free_array(heap, t->clear, cells, sizeof *t->clear);
    churn__free_array(heap, t->did, triggers, sizeof *t->did);
    churn__free_array(heap, t->next, triggers, sizeof *t->next);
    churn__free_array(heap, t->held, triggers, sizeof *t->held);
}

/* Degraded: more than 5 % of the conditions could not be judged out of ignorance or error. A
 * trigger that fired for more customers than its budget is a warning: rules.md section 4.3. */
#define DEGRADED_SHARE 0.05

static void judge_run(churn__staging *staging)
{
    churn_run *run = &staging->run;
    uint64_t ignorant = run->is_error;
    for (size_t i = 0; i < staging->engine->tally_count; i++) {
        const churn__trigger_def *def = &staging->engine->playbook->triggers[i];
        const churn__tally *tally = &staging->tallies[i];
        ignorant += tally->ignorant;
        bool over = run->customers >= def->budget_min_customers &&
                    (double)tally->fired > def->budget_fraction * (double)run->customers;
        over |= def->budget_max && tally->fired > def->budget_max;
        run->budget += over && tally->fired > 0;
    }
    run->degraded = (double)ignorant > DEGRADED_SHARE * (double)run->evaluated;
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
                         churn_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    ticking t = {.version = NULL};
    churn__frame_options want = {.triggers = true, .now = true, .only_score = CHURN__NONE};
    CHURN_TRY(churn__staging_begin(&t.staging, engine, at, err));
    t.staging.no_actions = (options->flags & CHURN_ADVANCE_NO_ACTIONS) != 0;
    CHURN_TRY(churn__store_pin(engine->store, &t.version, err));
    CHURN_TRY(churn__engine_meet(engine, t.version, err));
    want.stale_sources = engine->stale_sources;
    CHURN_TRY(churn__frame_open(engine, t.version, &t.staging.at, 1, &want, &t.frame, err));
    if (!make_room(&t)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    CHURN_TRY(tick_all(&t, options->cancel, err));
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
    if (t.staging.engine) {
        free_room(&t);
    }
    churn__frame_close(t.frame);
    churn__version_release(t.version);
    churn__staging_end(&t.staging);
    return st;
}

churn_status churn__engine_tick(churn_engine *engine, churn_time at,
                                const churn_advance_options *options, churn_run *run,
                                churn_error *err)
{
    churn_status st = check_instant(engine, at, err);
    *run = (churn_run){.as_of = at};
    if (st != CHURN_OK || at == engine->as_of) {
        return st;
    }
    return tick(engine, at, options, run, err);
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
    CHURN_TRY(churn__copy_struct(&given, sizeof given, options, "churn_advance_options", err));
    /* A struct that cannot be filled is refused before anything happens. */
    mine = (churn_run){.as_of = as_of};
    CHURN_TRY(churn__give_struct(run, &mine, sizeof mine, "churn_run", err));
    CHURN_TRY(churn__engine_tick(engine, as_of, &given, &mine, err));
    CHURN_TRY(churn__give_struct(run, &mine, sizeof mine, "churn_run", err));
done:
    churn__engine_leave(engine);
    return st;
}
