/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "kpi/sets.h"

/*
 * Renewals: what falls due in a period by renews_at and ends_at of subscriptions. What is due later
 * than as_of, or not decided yet, is open and stands apart. These figures look ahead: periods that
 * have not begun have their due and scheduled ones.
 */

enum {
    FIGURE_DUE,
    FIGURE_DUE_MRR,
    FIGURE_OPEN,
    FIGURE_OPEN_MRR,
    FIGURE_RATE,
    FIGURE_COUNT,
    FIGURE_GROSS,
    FIGURE_NET,
    FIGURE_SCHEDULED_CUSTOMERS,
    FIGURE_SCHEDULED_CHURN,
    FIGURE_SCHEDULED_MRR,
    FIGURES
};

#define DUE "what falls due of one customer on one day (renews_at, ends_at) is one renewal"
#define SOURCE "rates of what is due, with what is open apart"

static const churn__figure figures[FIGURES] = {
    {"renewals_due", CHURN__UNIT_COUNT, false, "Renewals due", DUE, SOURCE,
     "two contracts of one customer end on one day in May, one of another later: 2",
     "vendors count contracts or lines of contracts"},
    {"renewals_due_mrr", CHURN__UNIT_MONEY, false, "MRR due for renewal",
     "MRR just before the renewals that are due in the period", SOURCE,
     "1,200 USD a year and 50 USD a month are due: 150 USD", NULL},
    {"renewals_open", CHURN__UNIT_COUNT, false, "Open renewals",
     "renewals of the period that are due later than as_of, or in dunning, or announced to end and "
     "neither ended nor renewed",
     SOURCE, "10 are due in May, 3 of them after the 20th; as of the 20th: 3", NULL},
    {"renewals_open_mrr", CHURN__UNIT_MONEY, false, "MRR of open renewals",
     "MRR just before the open renewals", SOURCE, "two open ones of 50 USD: 100 USD", NULL},
    {"renewal_rate", CHURN__UNIT_RATIO, false, "Renewal rate",
     "renewals that were renewed / renewals that are decided (as renewal_rate_count)", SOURCE,
     "10 due, 2 open, 6 renewed: 6 / 8 = 75 %", "many leave open ones in the denominator"},
    {"renewal_rate_count", CHURN__UNIT_RATIO, false, "Renewal rate by count",
     "renewals that were renewed / renewals that are decided", SOURCE,
     "10 due, 2 open, 6 renewed: 6 / 8 = 75 %", "many leave open ones in the denominator"},
    {"renewal_rate_gross", CHURN__UNIT_RATIO, false, "Gross renewal rate",
     "sum of min(MRR after, MRR due) / MRR due, of those that are decided", SOURCE,
     "100 USD due stays at 120, 100 USD due is lost: 100 / 200 = 50 %",
     "customerOS does not cap at the amount due, so that its rate exceeds 100 %"},
    {"renewal_rate_net", CHURN__UNIT_RATIO, false, "Net renewal rate",
     "MRR after / MRR due, of those that are decided", SOURCE,
     "100 USD due stays at 120, 100 USD due is lost: 120 / 200 = 60 %", NULL},
    {"scheduled_customers", CHURN__UNIT_COUNT, false, "Customers announced to leave",
     "customers of whom everything that lives is announced to end (cancel requested, or auto_renew "
     "false) and the last of it in the period",
     "Polar, committed MRR",
     "one of two subscriptions is cancelled to the end of May: none; both: 1", NULL},
    {"scheduled_churn", CHURN__UNIT_RATIO, false, "Scheduled churn",
     "customers announced to leave in the period / customers at its start (or at as_of, where it "
     "begins later)",
     "Polar, committed MRR", "50 at the start of May, 2 have cancelled to its end: 4 %", NULL},
    {"scheduled_churned_mrr", CHURN__UNIT_MONEY, false, "Scheduled churned MRR",
     "MRR of the subscriptions that are announced to end in the period", "Polar, committed MRR",
     "50 USD a month are cancelled to the end of May: 50 USD", NULL},
};

enum {
    SUM_DUE,
    SUM_OPEN,
    SUM_RENEWED,
    SUM_DUE_MRR,
    SUM_OPEN_MRR,
    SUM_KEPT_MRR,
    SUM_AFTER_MRR,
    SUM_BLAME,
    SUM_CUSTOMERS = SUM_BLAME + CHURN__BLAME_COLUMNS,
    SUM_LEAVING,
    SUM_ENDING_MRR,
    SUM_ENDING_BLAME,
    SUMS = SUM_ENDING_BLAME + CHURN__BLAME_COLUMNS
};

typedef struct renewals_state {
    churn__kpi_sums sums;
    churn__exchange_book *book;
    churn__renewals renewals;
    churn__schedule schedule;
} renewals_state;

static churn_status renewals_open(churn__kpi_run *run, void *state, churn_error *err)
{
    renewals_state *s = state;
    churn__sums_init_cells(&s->sums, run->heap, run->period_count, SUMS);
    return churn__exchange_book_create(run->heap, run->version, run->currency, &s->book, err);
}

static void renewals_close(churn__kpi_run *run, void *state)
{
    renewals_state *s = state;
    churn__free_array(run->heap, s->renewals.data, s->renewals.capacity, sizeof *s->renewals.data);
    churn__free_array(run->heap, s->schedule.data, s->schedule.capacity, sizeof *s->schedule.data);
    churn__exchange_book_free(s->book);
    churn__sums_free(&s->sums);
}

/* ---- one customer ---- */

static churn_status add_due_money(churn__kpi_run *run, renewals_state *s, uint32_t group,
                                  uint32_t p, const churn__renewal *r, churn_error *err)
{
    churn_status st = CHURN_OK;
    const int64_t kept = r->after < r->due ? r->after : r->due;
    if (r->unknown.missing != CHURN__PRESENT) {
        return churn__kpi_blame(run, &s->sums, group, p, SUM_BLAME, &r->unknown, err);
    }
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_DUE_MRR, r->due, err));
    if (r->outcome == CHURN__RENEWAL_OPEN) {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_OPEN_MRR, r->due, err));
    } else {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_KEPT_MRR, kept, err));
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_AFTER_MRR, r->after, err));
    }
done:
    return st;
}

static churn_status add_due(churn__kpi_run *run, renewals_state *s, const churn__renewal *r,
                            churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t p = churn__kpi_first_period(run, r->at);
         p < run->period_count && run->periods[p].start <= r->at; p++) {
        const uint32_t group = churn__run_group(run, p, NULL);
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_DUE, 1, err));
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_OPEN,
                                 r->outcome == CHURN__RENEWAL_OPEN, err));
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_RENEWED,
                                 r->outcome == CHURN__RENEWAL_RENEWED, err));
        CHURN_TRY(add_due_money(run, s, group, p, r, err));
    }
done:
    return st;
}

static churn_status add_ending(churn__kpi_run *run, renewals_state *s,
                               const churn__scheduled *ending, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t p = churn__kpi_first_period(run, ending->at);
         p < run->period_count && run->periods[p].start <= ending->at; p++) {
        const uint32_t group = churn__run_group(run, p, NULL);
        if (ending->unknown.missing != CHURN__PRESENT) {
            CHURN_TRY(
                churn__kpi_blame(run, &s->sums, group, p, SUM_ENDING_BLAME, &ending->unknown, err));
        } else {
            CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_ENDING_MRR, ending->mrr, err));
        }
    }
done:
    return st;
}

/* Who there is, and who of them is to leave. */
static churn_status add_leaving(churn__kpi_run *run, renewals_state *s,
                                const churn__renewal_facts *facts, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__life_span *spans = NULL;
    size_t count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    for (uint32_t p = 0; p < run->period_count; p++) {
        const churn__kpi_period *period = &run->periods[p];
        const churn_time at = period->start < run->as_of ? period->start : run->as_of;
        const bool there = churn__life_before(spans, count, at) < count;
        const bool leaves = churn__schedule_loses(facts, &s->schedule, period->start, period->end);
        if (there || leaves) {
            const uint32_t group = churn__run_group(run, p, NULL);
            CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_CUSTOMERS, there, err));
            CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_LEAVING, leaves, err));
        }
    }
done:
    return st;
}

static churn_status renewals_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    renewals_state *s = state;
    churn__renewal_facts facts = {.policy = run->policy,
                                  .exchange = churn__exchange_at(s->book, run->as_of),
                                  .book = s->book,
                                  .zone = run->zone,
                                  .as_of = run->as_of};
    facts.count = churn__run_subscriptions(run, &facts.rows);
    if (facts.exchange == NULL || !churn__renewals_find(run->heap, &facts, &s->renewals) ||
        !churn__schedule_find(run->heap, &facts, &s->schedule)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    for (size_t i = 0; i < s->renewals.count; i++) {
        CHURN_TRY(add_due(run, s, &s->renewals.data[i], err));
    }
    for (size_t i = 0; i < s->schedule.count; i++) {
        CHURN_TRY(add_ending(run, s, &s->schedule.data[i], err));
    }
    CHURN_TRY(add_leaving(run, s, &facts, err));
done:
    return st;
}

/* ---- cells ---- */

/* Open ones are left out of rates, and told. */
static void leave_open_out(const churn__kpi_run *run, churn__kpi_cell *out, int64_t open)
{
    char text[64];
    out->excluded += open;
    out->incomplete = out->incomplete || open > 0;
    if (open > 0 && out->note.len == 0) {
        churn__format(text, sizeof text, "open: %d renewals that are not decided", open);
        out->note = churn__arena_str(run->arena, text, strlen(text));
    }
}

static void due_cell(const churn__kpi_run *run, uint32_t figure, const int64_t *sum,
                     churn__kpi_cell *out)
{
    const int64_t decided = sum[SUM_DUE] - sum[SUM_OPEN];
    const int64_t money = sum[SUM_DUE_MRR] - sum[SUM_OPEN_MRR];
    switch (figure) {
    case FIGURE_DUE_MRR:
        churn__cell_money(run, out, sum[SUM_DUE_MRR], sum[SUM_DUE]);
        break;
    case FIGURE_OPEN_MRR:
        churn__cell_money(run, out, sum[SUM_OPEN_MRR], sum[SUM_OPEN]);
        break;
    case FIGURE_GROSS:
        churn__cell_money_ratio(run, out, sum[SUM_KEPT_MRR], money, decided);
        break;
    default:
        churn__cell_money_ratio(run, out, sum[SUM_AFTER_MRR], money, decided);
        break;
    }
    churn__cell_blame(run, out, sum + SUM_BLAME, "renewals");
    if (figure == FIGURE_GROSS || figure == FIGURE_NET) {
        leave_open_out(run, out, sum[SUM_OPEN]);
    }
}

static churn_status renewals_cell(churn__kpi_run *run, void *state, uint32_t figure,
                                  uint32_t period, uint32_t group, churn__kpi_cell *out,
                                  churn_error *err)
{
    const int64_t *sum = churn__sums_get(&((renewals_state *)state)->sums, group, period);
    (void)err;
    switch (figure) {
    case FIGURE_DUE:
        churn__cell_count(out, sum[SUM_DUE]);
        break;
    case FIGURE_OPEN:
        churn__cell_count(out, sum[SUM_OPEN]);
        break;
    case FIGURE_RATE:
    case FIGURE_COUNT:
        churn__cell_share(run, out, sum[SUM_RENEWED], sum[SUM_DUE] - sum[SUM_OPEN]);
        leave_open_out(run, out, sum[SUM_OPEN]);
        break;
    case FIGURE_SCHEDULED_CUSTOMERS:
        churn__cell_count(out, sum[SUM_LEAVING]);
        break;
    case FIGURE_SCHEDULED_CHURN:
        churn__cell_share(run, out, sum[SUM_LEAVING], sum[SUM_CUSTOMERS]);
        break;
    case FIGURE_SCHEDULED_MRR:
        churn__cell_money(run, out, sum[SUM_ENDING_MRR], -1);
        churn__cell_blame(run, out, sum + SUM_ENDING_BLAME, "subscriptions");
        break;
    default:
        due_cell(run, figure, sum, out);
        break;
    }
    return CHURN_OK;
}

const churn__kpi_set churn__set_renewals = {
    "renewals",        figures, FIGURES,       sizeof(renewals_state), renewals_open,
    renewals_customer, NULL,    renewals_cell, renewals_close};
