/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "kpi/sets.h"

/*
 * Who was lost, why, and how much money went with them. Losses are those of `loss:`; a rate counts
 * each customer of the start once, by the last of their losses in the period.
 */

enum {
    FIGURE_VOLUNTARY_LOST,
    FIGURE_INVOLUNTARY_LOST,
    FIGURE_VOLUNTARY_CHURN,
    FIGURE_INVOLUNTARY_CHURN,
    FIGURE_LOST_MRR,
    FIGURE_LOST_SHARE,
    FIGURE_COMPETITOR_LOST,
    FIGURE_COMPETITOR_SHARE,
    FIGURE_RECORDED_DOWNGRADES,
    FIGURE_RECORDED_PAUSES,
    FIGURES
};

static const churn__figure figures[FIGURES] = {
    {"voluntary_lost", CHURN__UNIT_COUNT, false, "Lost by choice",
     "losses in the period of kind voluntary", "the playbook's `loss:`",
     "3 customers cancel and 1 is cut off unpaid: 3", NULL},
    {"involuntary_lost", CHURN__UNIT_COUNT, false, "Lost without choice",
     "losses in the period of kind involuntary", "the playbook's `loss:`",
     "3 customers cancel and 1 is cut off unpaid: 1", "Stripe and ProfitWell: delinquent churn"},
    {"voluntary_churn", CHURN__UNIT_RATIO, false, "Voluntary churn",
     "customers at the start who are none at the end and whose last loss in the period was voluntary / "
     "customers at the start",
     "C. Gold, Fighting Churn with Data, 2.2, by kind",
     "50 at the start, 3 of them cancelled and 1 was cut off: 3 / 50 = 6 %",
     "With involuntary_churn it adds up to logo_churn, `churn_rate` start or start_and_new; of daily "
     "rates it is the start form."},
    {"involuntary_churn", CHURN__UNIT_RATIO, false, "Involuntary churn",
     "customers at the start who are none at the end and whose last loss was involuntary / "
     "customers at the start",
     "C. Gold, Fighting Churn with Data, 2.2, by kind",
     "50 at the start, 3 of them cancelled and 1 was cut off: 1 / 50 = 2 %",
     "ProfitWell and Stripe count subscriptions whose payment failed for good"},
    {"lost_mrr", CHURN__UNIT_MONEY, false, "MRR of lost customers",
     "MRR that the customers lost in the period had just before (or what the churn record says)",
     "the playbook's `loss:`", "10 USD and 40 USD a month are lost: 50 USD",
     "churned_mrr sums movements of the ledger; this one sums losses, so that it has reasons"},
    {"lost_share", CHURN__UNIT_RATIO, false, "Share of losses",
     "losses of the group / losses of all groups in the period", "a share of counts, Wilson (1927)",
     "by churn.reason: 6 of 20 losses for the price: 30 %", NULL},
    {"competitor_lost", CHURN__UNIT_COUNT, false, "Lost to competitors",
     "losses in the period that name a competitor", "churn records of the host",
     "20 losses, 4 name a competitor: 4", NULL},
    {"competitor_share", CHURN__UNIT_RATIO, false, "Share lost to competitors",
     "losses that name a competitor / losses in the period", "a share of counts, Wilson (1927)",
     "20 losses, 4 name a competitor: 4 / 20 = 20 %", NULL},
    {"recorded_downgrades", CHURN__UNIT_COUNT, false, "Recorded downgrades",
     "churn records of kind downgrade in the period", "churn records of the host",
     "two records of kind downgrade: 2", "downgrades counts what subscriptions did"},
    {"recorded_pauses", CHURN__UNIT_COUNT, false, "Recorded pauses",
     "churn records of kind pause in the period", "churn records of the host",
     "one record of kind pause: 1", NULL},
};

enum {
    SUM_START,
    SUM_GONE_VOLUNTARY, /* of the start */
    SUM_GONE_INVOLUNTARY,
    SUM_LOST_VOLUNTARY, /* losses */
    SUM_LOST_INVOLUNTARY,
    SUM_MRR,
    SUM_MRR_KNOWN,   /* losses whose money is known */
    SUM_MRR_UNKNOWN, /* ... is not */
    SUM_COMPETITOR,
    SUM_DOWNGRADES,
    SUM_PAUSES,
    SUMS
};

typedef struct losses_state {
    churn__kpi_sums sums;
    churn__kpi_bases bases;
    int64_t *all; /* losses of all groups, a period each */
} losses_state;

static churn_status losses_open(churn__kpi_run *run, void *state, churn_error *err)
{
    losses_state *s = state;
    churn__sums_init(&s->sums, run, SUMS);
    s->all = churn__alloc_array_zero(run->heap, run->period_count, sizeof *s->all);
    return s->all == NULL ? churn__fail_memory(err, run->heap) : CHURN_OK;
}

static void losses_close(churn__kpi_run *run, void *state)
{
    losses_state *s = state;
    churn__free_array(run->heap, s->all, run->period_count, sizeof *s->all);
    churn__bases_free(run, &s->bases);
    churn__sums_free(&s->sums);
}

/* ---- one customer ---- */

static churn_status add_loss(churn__kpi_run *run, losses_state *s, uint32_t period,
                             const churn__life_span *span, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__kpi_keys keys = churn__loss_keys(run, span);
    const uint32_t group = churn__run_group(run, period, &keys);
    const bool choice = span->kind != CHURN__CHURN_INVOLUNTARY;
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period,
                             choice ? SUM_LOST_VOLUNTARY : SUM_LOST_INVOLUNTARY, 1, err));
    if (span->competitor != CHURN__NO_CODE) {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_COMPETITOR, 1, err));
    }
    if (span->mrr == CHURN_INT_NONE) {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_MRR_UNKNOWN, 1, err));
    } else {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_MRR_KNOWN, 1, err));
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_MRR, span->mrr, err));
    }
    s->all[period]++;
done:
    return st;
}

static churn_status add_losses(churn__kpi_run *run, losses_state *s, const churn__life_span *spans,
                               size_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (size_t i = 0; i < count; i++) {
        if (spans[i].to == CHURN_TIME_NONE) {
            continue;
        }
        for (uint32_t p = churn__kpi_first_period(run, spans[i].to);
             p < run->begun_count && churn__kpi_in_period(run, p, spans[i].to); p++) {
            CHURN_TRY(add_loss(run, s, p, &spans[i], err));
        }
    }
done:
    return st;
}

/* Who is counted, and whether they are gone at the end. */
static churn_status add_start(churn__kpi_run *run, losses_state *s, uint32_t period,
                              const churn__life_span *spans, size_t count, bool gone,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__kpi_period *p = &run->periods[period];
    const size_t last = gone ? churn__life_lost(spans, count, p->start, p->until) : count;
    const churn__kpi_keys keys =
        last < count ? churn__loss_keys(run, &spans[last]) : churn__no_loss_keys();
    uint32_t base = 0;
    const uint32_t group = churn__bases_group(run, &s->bases, period, &keys, &base);
    CHURN_TRY(churn__kpi_put(run, &s->sums, base, period, SUM_START, 1, err));
    if (last < count) {
        const bool choice = spans[last].kind != CHURN__CHURN_INVOLUNTARY;
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, period,
                                 choice ? SUM_GONE_VOLUNTARY : SUM_GONE_INVOLUNTARY, 1, err));
    }
done:
    return st;
}

static churn_status add_records(churn__kpi_run *run, losses_state *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__churn *rows = NULL;
    const size_t n = churn__reader_churns(run->reader, run->customer, run->as_of, &rows);
    for (size_t i = 0; i < n; i++) {
        churn__kpi_keys keys = churn__kpi_no_keys;
        if (rows[i].kind != CHURN__CHURN_DOWNGRADE && rows[i].kind != CHURN__CHURN_PAUSE) {
            continue;
        }
        keys.code[CHURN__KEY_CHURN_KIND] = CHURN__KEY_NULL;
        keys.code[CHURN__KEY_CHURN_REASON] = churn__key_code(rows[i].reason);
        keys.code[CHURN__KEY_CHURN_COMPETITOR] = churn__key_code(rows[i].competitor);
        for (uint32_t p = churn__kpi_first_period(run, rows[i].at);
             p < run->begun_count && churn__kpi_in_period(run, p, rows[i].at); p++) {
            CHURN_TRY(churn__kpi_put(
                run, &s->sums, churn__run_group(run, p, &keys), p,
                rows[i].kind == CHURN__CHURN_PAUSE ? SUM_PAUSES : SUM_DOWNGRADES, 1, err));
        }
    }
done:
    return st;
}

static churn_status losses_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    losses_state *s = state;
    const churn__life_span *spans = NULL;
    size_t count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    for (uint32_t p = 0; p < run->begun_count; p++) {
        bool gone = false;
        if (churn__churn_counts(run, p, spans, count, &gone)) {
            CHURN_TRY(add_start(run, s, p, spans, count, gone, err));
        }
    }
    CHURN_TRY(add_losses(run, s, spans, count, err));
    CHURN_TRY(add_records(run, s, err));
done:
    return st;
}

/* ---- cells ---- */

/* A sum of some losses is not the sum: it is told as the numerator. */
static void lost_mrr_cell(const churn__kpi_run *run, const int64_t *sum, churn__kpi_cell *out)
{
    churn__cell_money(run, out, sum[SUM_MRR], sum[SUM_MRR_KNOWN]);
    out->excluded = sum[SUM_MRR_UNKNOWN];
    if (out->excluded > 0) {
        out->has_terms = true;
        out->numerator = out->value;
        out->denominator = 1;
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED,
                             "not_provided: the MRR of some who were lost is not known");
    }
}

static churn_status losses_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                                uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const losses_state *s = state;
    const int64_t *sum = churn__sums_get(&s->sums, group, period);
    const int64_t lost = sum[SUM_LOST_VOLUNTARY] + sum[SUM_LOST_INVOLUNTARY];
    const int64_t start =
        churn__sums_get(&s->sums, churn__bases_of(&s->bases, group), period)[SUM_START];
    (void)err;
    switch (figure) {
    case FIGURE_VOLUNTARY_LOST:
        churn__cell_count(out, sum[SUM_LOST_VOLUNTARY]);
        break;
    case FIGURE_INVOLUNTARY_LOST:
        churn__cell_count(out, sum[SUM_LOST_INVOLUNTARY]);
        break;
    case FIGURE_VOLUNTARY_CHURN:
        churn__cell_share(run, out, sum[SUM_GONE_VOLUNTARY], start);
        break;
    case FIGURE_INVOLUNTARY_CHURN:
        churn__cell_share(run, out, sum[SUM_GONE_INVOLUNTARY], start);
        break;
    case FIGURE_LOST_MRR:
        lost_mrr_cell(run, sum, out);
        break;
    case FIGURE_LOST_SHARE:
        churn__cell_share(run, out, lost, s->all[period]);
        break;
    case FIGURE_COMPETITOR_LOST:
        churn__cell_count(out, sum[SUM_COMPETITOR]);
        break;
    case FIGURE_COMPETITOR_SHARE:
        churn__cell_share(run, out, sum[SUM_COMPETITOR], lost);
        break;
    case FIGURE_RECORDED_DOWNGRADES:
        churn__cell_count(out, sum[SUM_DOWNGRADES]);
        break;
    default:
        churn__cell_count(out, sum[SUM_PAUSES]);
        break;
    }
    return CHURN_OK;
}

const churn__kpi_set churn__set_losses = {
    "losses",        figures, FIGURES,     sizeof(losses_state), losses_open,
    losses_customer, NULL,    losses_cell, losses_close};
