/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "kpi/sets.h"

/*
 * Silent customers: they pay and stay as they are. Flat for whole calendar quarters of the
 * playbook's zone is whoever paid at the start of the earliest of the last `kpi.silent_quarters`
 * quarters that are over, and has had no movement since.
 */

enum { FIGURE_CUSTOMERS, FIGURE_CHURN, FIGURE_MRR, FIGURES };

#define SOURCE "two flat quarters in a row, counted on the ledger"

static const churn__figure figures[FIGURES] = {
    {"silent_customers", CHURN__UNIT_COUNT, true, "Silent customers",
     "customers at the end who paid at the start of the last `kpi.silent_quarters` (2) whole "
     "calendar quarters and have had no movement since",
     SOURCE, "at the end of June: who paid before January and neither grew nor shrank since", NULL},
    {"silent_churn", CHURN__UNIT_RATIO, true, "Silent churn",
     "silent customers / customers at the end who pay", SOURCE,
     "40 pay at the end of June, 10 of them have been flat since before January: 10 / 40 = 25 %",
     NULL},
    {"silent_mrr", CHURN__UNIT_MONEY, true, "MRR of silent customers",
     "MRR at the end of the silent customers", SOURCE, "two silent customers of 50 USD: 100 USD",
     NULL},
};

enum { SUM_PAYING, SUM_SILENT, SUM_MRR, SUM_BLAME, SUMS = SUM_BLAME + CHURN__BLAME_COLUMNS };

typedef struct silent_state {
    churn__kpi_sums sums;
    churn_time *since; /* of each period: the start of the quarters */
} silent_state;

static churn_time quarters_before(const churn__kpi_run *run, churn_time at)
{
    churn_time start = churn__period_start(at, CHURN__UNIT_CQ, run->zone);
    for (uint32_t i = 0; i < run->settings->silent_quarters && start > CHURN_TIME_MIN; i++) {
        start = churn__period_start(start - 1, CHURN__UNIT_CQ, run->zone);
    }
    return start;
}

static churn_status silent_open(churn__kpi_run *run, void *state, churn_error *err)
{
    silent_state *s = state;
    churn__sums_init(&s->sums, run, SUMS);
    s->since = churn__alloc_array(run->heap, run->period_count, sizeof *s->since);
    if (s->since == NULL) {
        return churn__fail_memory(err, run->heap);
    }
    for (uint32_t p = 0; p < run->period_count; p++) {
        s->since[p] = quarters_before(run, run->periods[p].until);
    }
    return CHURN_OK;
}

static void silent_close(churn__kpi_run *run, void *state)
{
    silent_state *s = state;
    churn__free_array(run->heap, s->since, run->period_count, sizeof *s->since);
    churn__sums_free(&s->sums);
}

/* The last instant before `until` at which something moved; CHURN_TIME_MIN: nothing ever did. */
static churn_time last_movement(const churn__ledger_of *ledger, size_t next)
{
    for (; next > 0; next--) {
        const uint8_t kind = ledger->moves[next - 1].kind;
        if (kind != CHURN__MOVE_CURRENCY && kind != CHURN__MOVE_SEGMENT_IN &&
            kind != CHURN__MOVE_SEGMENT_OUT) {
            return ledger->moves[next - 1].at;
        }
    }
    return CHURN_TIME_MIN;
}

/* A life that lasts since before `since`. */
static bool lived_since(const churn__life_span *spans, size_t count, churn_time since,
                        churn_time until)
{
    const size_t life = churn__life_before(spans, count, until);
    return life < count && spans[life].from < since;
}

static churn_status add_period(churn__kpi_run *run, silent_state *s, uint32_t p, int64_t mrr,
                               bool silent, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t group = churn__run_group(run, p, NULL);
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_PAYING, 1, err));
    if (silent) {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_SILENT, 1, err));
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_MRR, mrr, err));
    }
done:
    return st;
}

static churn_status silent_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    silent_state *s = state;
    const churn__ledger_of *ledger = NULL;
    const churn__life_span *spans = NULL;
    churn__level level = {0};
    size_t count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    CHURN_TRY(churn__run_ledger(run, &ledger, err));
    for (uint32_t p = 0; p < run->begun_count; p++) {
        const churn_time until = run->periods[p].until;
        const int64_t mrr = churn__level_before(&level, ledger, until);
        const churn__unknown_money *unknown = churn__unknown_between(ledger, s->since[p], until);
        if (churn__life_before(spans, count, until) == count) {
            continue;
        }
        if (unknown != NULL) {
            CHURN_TRY(churn__kpi_blame(run, &s->sums, churn__run_group(run, p, NULL), p, SUM_BLAME,
                                       unknown, err));
        } else if (mrr > 0) {
            const bool flat = last_movement(ledger, level.next) < s->since[p];
            CHURN_TRY(add_period(run, s, p, mrr,
                                 flat && lived_since(spans, count, s->since[p], until), err));
        }
    }
done:
    return st;
}

static churn_status silent_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                                uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const int64_t *sum = churn__sums_get(&((silent_state *)state)->sums, group, period);
    (void)err;
    switch (figure) {
    case FIGURE_CUSTOMERS:
        churn__cell_count(out, sum[SUM_SILENT]);
        break;
    case FIGURE_CHURN:
        churn__cell_share(run, out, sum[SUM_SILENT], sum[SUM_PAYING]);
        break;
    default:
        churn__cell_money(run, out, sum[SUM_MRR], sum[SUM_SILENT]);
        break;
    }
    churn__cell_blame(run, out, sum + SUM_BLAME, "customers");
    return CHURN_OK;
}

const churn__kpi_set churn__set_silent = {
    "silent",        figures, FIGURES,     sizeof(silent_state), silent_open,
    silent_customer, NULL,    silent_cell, silent_close};
