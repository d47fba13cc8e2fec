/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "kpi/sets.h"

/*
 * Who is lost soon after they came. A customer counts once their days are over: who came later may
 * still be lost within them, and who was lost already must not count alone.
 */

enum { FIGURE_PLAYBOOK, FIGURE_30, FIGURE_90, FIGURES };

#define SOURCE "C. Gold, Fighting Churn with Data, 4 (tenure); a share of counts, Wilson (1927)"
#define EXAMPLE \
    "20 became customers in March, 3 were lost before their days were over: 3 / 20 = 15 %"

static const churn__figure figures[FIGURES] = {
    {"early_churn", CHURN__UNIT_RATIO, false, "Early-life churn",
     "customers who came in the period and were lost before `kpi.early_life` (90d) had passed / "
     "customers who came in the period, of whom so much time has passed",
     SOURCE, EXAMPLE, NULL},
    {"early_churn_30", CHURN__UNIT_RATIO, false, "Early-life churn within 30 days",
     "customers who came in the period and were lost before 30 days had passed / customers who came "
     "in the period, of whom 30 days have passed",
     SOURCE, EXAMPLE, NULL},
    {"early_churn_90", CHURN__UNIT_RATIO, false, "Early-life churn within 90 days",
     "customers who came in the period and were lost before 90 days had passed / customers who came "
     "in the period, of whom 90 days have passed",
     SOURCE, EXAMPLE, NULL},
};

enum { SUM_CAME, SUM_LOST, SUM_OPEN, SUMS };

typedef struct early_state {
    churn__kpi_sums sums; /* SUMS columns a figure */
    churn__kpi_bases bases;
    int64_t within[FIGURES];
} early_state;

static churn_status early_open(churn__kpi_run *run, void *state, churn_error *err)
{
    early_state *s = state;
    (void)err;
    churn__sums_init(&s->sums, run, FIGURES * SUMS);
    s->within[FIGURE_PLAYBOOK] = run->settings->early_life;
    s->within[FIGURE_30] = 30 * CHURN__DAY;
    s->within[FIGURE_90] = 90 * CHURN__DAY;
    return CHURN_OK;
}

static void early_close(churn__kpi_run *run, void *state)
{
    early_state *s = state;
    churn__bases_free(run, &s->bases);
    churn__sums_free(&s->sums);
}

static churn_status add_newcomer(churn__kpi_run *run, early_state *s, uint32_t period,
                                 const churn__life_span *first, churn_error *err)
{
    churn_status st = CHURN_OK;
    const bool gone = first->to != CHURN_TIME_NONE;
    const churn__kpi_keys keys = gone ? churn__loss_keys(run, first) : churn__no_loss_keys();
    uint32_t base = 0;
    const uint32_t group = churn__bases_group(run, &s->bases, period, &keys, &base);
    for (uint32_t f = 0; f < FIGURES; f++) {
        const bool lost = gone && first->to - first->from < s->within[f];
        if (run->as_of - first->from < s->within[f]) {
            CHURN_TRY(churn__kpi_put(run, &s->sums, base, period, f * SUMS + SUM_OPEN, 1, err));
            continue;
        }
        CHURN_TRY(churn__kpi_put(run, &s->sums, base, period, f * SUMS + SUM_CAME, 1, err));
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, f * SUMS + SUM_LOST, lost, err));
    }
done:
    return st;
}

static churn_status early_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    early_state *s = state;
    const churn__life_span *spans = NULL;
    size_t count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    if (count == 0) {
        goto done;
    }
    for (uint32_t p = churn__kpi_first_period(run, spans[0].from);
         p < run->begun_count && churn__kpi_in_period(run, p, spans[0].from); p++) {
        CHURN_TRY(add_newcomer(run, s, p, &spans[0], err));
    }
done:
    return st;
}

static churn_status early_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                               uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const early_state *s = state;
    const int64_t *sum = churn__sums_get(&s->sums, group, period) + figure * SUMS;
    const int64_t *base =
        churn__sums_get(&s->sums, churn__bases_of(&s->bases, group), period) + figure * SUMS;
    (void)err;
    churn__cell_share(run, out, sum[SUM_LOST], base[SUM_CAME]);
    churn__cell_wait(run, out, base[SUM_OPEN], run->periods[period].end, s->within[figure]);
    return CHURN_OK;
}

const churn__kpi_set churn__set_early = {"early",    figures,        FIGURES, sizeof(early_state),
                                         early_open, early_customer, NULL,    early_cell,
                                         early_close};
