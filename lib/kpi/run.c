/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "kpi/run_inside.h"
#include "model/model.h"

#define CHECK_EVERY 64
#define MOST_CELLS UINT64_C(20000000)
#define USUAL_LEVEL 0.95

/* ---- of the customer whose turn it is ---- */

size_t churn__run_subscriptions(churn__kpi_run *run, const churn__subscription **rows)
{
    churn__run_inside *inside = run->inside;
    if (!inside->has_subscriptions) {
        inside->subscription_count = churn__reader_subscriptions(
            run->reader, run->customer, run->as_of, &inside->subscriptions);
        inside->has_subscriptions = true;
    }
    *rows = inside->subscriptions;
    return inside->subscription_count;
}

/* Who is left out is found as soon as somebody asks for money, once a pass. */
churn_status churn__run_ledger(churn__kpi_run *run, const churn__ledger_of **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__run_inside *inside = run->inside;
    if (!inside->has_ledger) {
        CHURN_TRY(churn__run_read_ledger(run, err));
        inside->has_ledger = true;
    }
    if (!inside->excluded && inside->ledger.unknown_count > 0) {
        CHURN_TRY(churn__exclude_customer(run, err));
        inside->excluded = true;
    }
    *out = &inside->ledger;
done:
    return st;
}

static bool in_one_month(const churn__kpi_run *run, const churn__life_span *span)
{
    return span->to != CHURN_TIME_NONE &&
           span->to < churn__period_next(span->from, CHURN__UNIT_CMO, run->zone);
}

/* `same_period: ignore`: who comes and goes within one calendar month was never there. */
static churn_status leave_out_visits(churn__kpi_run *run, churn_error *err)
{
    churn__run_inside *inside = run->inside;
    size_t kept = 0;
    if (!churn__grow(run->heap, (void **)&inside->stays, &inside->stay_capacity, inside->life_count,
                     sizeof *inside->stays)) {
        return churn__fail_memory(err, run->heap);
    }
    for (size_t i = 0; i < inside->life_count; i++) {
        if (!in_one_month(run, &inside->lives[i])) {
            inside->stays[kept++] = inside->lives[i];
        }
    }
    inside->lives = inside->stays;
    inside->life_count = kept;
    return CHURN_OK;
}

churn_status churn__run_lives(churn__kpi_run *run, const churn__life_span **spans, size_t *count,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__run_inside *inside = run->inside;
    if (!inside->has_lives) {
        CHURN_TRY(inside->asked->lives(inside->asked->lives_context, run->reader, run->customer,
                                       &inside->lives, &inside->life_count, err));
        if (run->policy->same_period == CHURN__SAME_PERIOD_IGNORE && inside->life_count > 0) {
            CHURN_TRY(leave_out_visits(run, err));
        }
        inside->has_lives = true;
    }
    *spans = inside->lives;
    *count = inside->life_count;
done:
    return st;
}

/* ---- passes and sets ---- */

static void enter_pass(churn__kpi_run *run, uint32_t pass)
{
    churn__run_inside *inside = run->inside;
    inside->pass = pass;
    run->periods = inside->passes[pass].periods;
    run->period_count = inside->passes[pass].count;
    run->begun_count = inside->passes[pass].begun;
}

void *churn__run_enter(churn__kpi_run *run, uint32_t set, uint32_t pass)
{
    const churn__run_set *one = &run->inside->sets[set];
    enter_pass(run, pass);
    run->asked = one->asked;
    run->set_options = one->options;
    return one->states + pass * one->state_size;
}

static churn_status open_sets(churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__run_inside *inside = run->inside;
    for (uint32_t i = 0; i < inside->set_count; i++) {
        churn__run_set *one = &inside->sets[i];
        one->state_size = (one->set->state_size + 15) / 16 * 16;
        one->states = churn__alloc_array_zero(run->heap, inside->pass_count, one->state_size);
        if (one->states == NULL) {
            CHURN_TRY(churn__fail_memory(err, run->heap));
        }
        for (uint32_t pass = 0; pass < inside->pass_count && one->set->open != NULL; pass++) {
            void *state = churn__run_enter(run, i, pass);
            one->opened = pass + 1;
            CHURN_TRY(one->set->open(run, state, err));
        }
    }
done:
    return st;
}

static void close_sets(churn__kpi_run *run)
{
    churn__run_inside *inside = run->inside;
    for (uint32_t i = 0; i < inside->set_count; i++) {
        churn__run_set *one = &inside->sets[i];
        for (uint32_t pass = 0; pass < one->opened && one->set->close != NULL; pass++) {
            one->set->close(run, churn__run_enter(run, i, pass));
        }
        churn__free_array(run->heap, one->states, inside->pass_count, one->state_size);
        churn__free_array(run->heap, one->asked, one->set->count, sizeof(bool));
    }
}

static churn_status finish_sets(churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__run_inside *inside = run->inside;
    for (uint32_t i = 0; i < inside->set_count; i++) {
        for (uint32_t pass = 0; pass < inside->pass_count; pass++) {
            void *state = churn__run_enter(run, i, pass);
            if (inside->sets[i].set->finish != NULL) {
                CHURN_TRY(inside->sets[i].set->finish(run, state, err));
            }
        }
    }
done:
    return st;
}

/* ---- all customers ---- */

static churn_status take_turn(churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__run_inside *inside = run->inside;
    inside->has_ledger = inside->has_lives = inside->has_subscriptions = false;
    inside->ledger = (churn__ledger_of){0};
    for (uint32_t pass = 0; pass < inside->pass_count; pass++) {
        const bool begun = inside->passes[pass].begun > 0;
        inside->excluded = false;
        churn__groups_turn(&inside->groups);
        for (uint32_t i = 0; i < inside->set_count; i++) {
            void *state = churn__run_enter(run, i, pass);
            if (inside->sets[i].set->customer != NULL &&
                (begun || churn__set_looks_ahead(inside->sets[i].set))) {
                CHURN_TRY(inside->sets[i].set->customer(run, state, err));
            }
        }
    }
done:
    return st;
}

/* Cells are figures by periods by groups, some hundred bytes each in the table. */
static churn_status check_cells(const churn__kpi_run *run, churn_error *err)
{
    const churn__run_inside *inside = run->inside;
    const uint64_t groups = inside->groups.count > 0 ? inside->groups.count : 1;
    const uint64_t of_group = (uint64_t)inside->figure_count * inside->period_count;
    if (of_group > 0 && groups > MOST_CELLS / of_group) {
        return churn__fail(err, CHURN_E_LIMIT, 0,
                           "kpi: more than %u cells, which are figures times periods times groups: "
                           "ask for fewer of them",
                           MOST_CELLS);
    }
    return CHURN_OK;
}

static churn_status take_turns(churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t count = churn__version_listed(run->version);
    const uint32_t *order = churn__version_order(run->version);
    churn__cancel_total(run->cancel, count);
    CHURN_TRY(check_cells(run, err));
    for (uint32_t i = 0; i < count; i++) {
        if (i % CHECK_EVERY == 0) {
            churn__cancel_step(run->cancel, i);
            CHURN_TRY(churn__cancel_check(run->cancel, err));
        }
        run->rank = i;
        run->customer = order[i];
        run->customer_id = churn__version_customer_id(run->version, order[i]);
        CHURN_TRY(take_turn(run, err));
        CHURN_TRY(check_cells(run, err));
    }
    if (churn__reader_failed(run->reader)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    churn__cancel_step(run->cancel, count);
done:
    return st;
}

/* ---- a run ---- */

static churn_status check_level(double level, churn_error *err)
{
    if (!(level >= 0 && level < 1)) {
        return churn__fail(err, CHURN_E_RANGE, 0, "kpi: level: it must be above 0 and below 1");
    }
    return CHURN_OK;
}

static churn_status open_run(churn__kpi_run *run, const churn__kpi_asked *asked, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__run_inside *inside = run->inside;
    const int known = churn__currency_scale(asked->currency.ptr, asked->currency.len);
    CHURN_TRY(check_level(asked->level, err));
    run->level = asked->level == 0 ? USUAL_LEVEL : asked->level;
    run->z = churn__normal_quantile(0.5 + run->level / 2);
    run->scale = known < 0 ? 2 : known;
    run->minor = 1;
    for (int i = 0; i < run->scale; i++) {
        run->minor *= 10;
    }
    CHURN_TRY(churn__kpi_cut_periods(run->heap, &asked->cut, &inside->periods,
                                     &inside->period_count, err));
    CHURN_TRY(churn__run_deal_periods(inside, run->heap, err));
    enter_pass(run, 0);
    run->reader = churn__reader_create(run->heap, run->version);
    if (run->reader == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    CHURN_TRY(
        churn__exchange_book_create(run->heap, run->version, run->currency, &inside->book, err));
    inside->exchange = churn__exchange_at(inside->book, run->as_of);
    if (inside->exchange == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    CHURN_TRY(churn__run_choose(run, err));
    CHURN_TRY(churn__groups_open(&inside->groups, run, asked, err));
    CHURN_TRY(open_sets(run, err));
done:
    return st;
}

static void close_run(churn__kpi_run *run)
{
    churn__run_inside *inside = run->inside;
    close_sets(run);
    churn__exclusions_free(&inside->exclusions, run->heap);
    churn__groups_close(&inside->groups);
    churn__exchange_book_free(inside->book);
    churn__reader_free(run->reader);
    for (uint32_t i = 0; i < inside->pass_count; i++) {
        churn__free_array(run->heap, inside->passes[i].periods, inside->passes[i].count,
                          sizeof *inside->periods);
    }
    churn__free_array(run->heap, inside->passes, inside->pass_count, sizeof *inside->passes);
    churn__free_array(run->heap, inside->periods, inside->period_count, sizeof *inside->periods);
    churn__free_array(run->heap, inside->sets, inside->set_room, sizeof *inside->sets);
    churn__free_array(run->heap, inside->figures, inside->figure_room, sizeof *inside->figures);
    churn__ledger_free(inside->movements);
    churn__free_array(run->heap, inside->stays, inside->stay_capacity, sizeof *inside->stays);
    churn__arena_clear(&inside->arena);
}

churn_status churn__kpi_figures(churn__heap *heap, churn__version *version,
                                const churn__kpi_asked *asked, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__run_inside inside = {.asked = asked};
    churn__kpi_run run = {.heap = heap,
                          .arena = &inside.arena,
                          .version = version,
                          .zone = asked->cut.zone,
                          .from = asked->cut.from,
                          .to = asked->cut.to,
                          .as_of = asked->cut.as_of,
                          .every = asked->cut.every,
                          .currency = asked->currency,
                          .policy = asked->policy,
                          .settings = asked->settings,
                          .gross_margin = asked->settings->gross_margin,
                          .by_end = asked->by_end,
                          .by_count = asked->by_count,
                          .cancel = asked->cancel,
                          .inside = &inside};
    churn__arena_init(&inside.arena, heap);
    CHURN_TRY(open_run(&run, asked, err));
    CHURN_TRY(take_turns(&run, err));
    CHURN_TRY(finish_sets(&run, err));
    if (!asked->alone) {
        CHURN_TRY(churn__run_table(&run, out, err));
    }
done:
    close_run(&run);
    return st;
}
