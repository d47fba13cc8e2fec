/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "kpi/sets.h"

#include "base/checked.h"

#include <math.h>

#include "model/model.h"

/*
 * What a customer is worth and what one costs. Lifetime value goes by the churn of the period as a
 * monthly rate; where nobody was lost it has no value, only a lower bound.
 */

enum {
    FIGURE_LTV,
    FIGURE_LTV_REVENUE,
    FIGURE_SPEND,
    FIGURE_CAC,
    FIGURE_LTV_CAC,
    FIGURE_PAYBACK,
    FIGURE_COLLECTED,
    FIGURE_CLV,
    FIGURE_CLV_LOST,
    FIGURE_RISK,
    FIGURE_RISK_SHARE,
    FIGURES
};

#define LTV_VENDORS \
    "with no churn Polar says 0, others infinity; ProfitWell divides by a smoothed retention"
#define LTV_SOURCE                                                                                   \
    "ChartMogul, LTV; monthly rate: C. Gold, Fighting Churn with Data, 2.5; interval of the churn: " \
    "Wilson (1927)"

static const churn__figure figures[FIGURES] = {
    {"ltv", CHURN__UNIT_MONEY, false, "Lifetime value",
     "ARPA x `kpi.gross_margin` / logo_churn as a monthly rate; undefined where nobody was lost: `low` is then "
     "the bound",
     LTV_SOURCE, "50 USD a customer, margin 0.8, 2 % churn a month: 50 x 0.8 / 0.02 = 2,000 USD",
     LTV_VENDORS},
    {"ltv_revenue", CHURN__UNIT_MONEY, false, "Lifetime revenue",
     "ARPA / logo_churn as a monthly rate; undefined where nobody was lost: `low` is then the bound",
     LTV_SOURCE, "50 USD a customer, 2 % churn a month: 2,500 USD", LTV_VENDORS},
    {"acquisition_spend", CHURN__UNIT_MONEY, false, "Spent to win customers",
     "spend records of the period", "spend records of the host",
     "3,000 USD of ads and 1,000 USD of events: 4,000 USD", NULL},
    {"cac", CHURN__UNIT_MONEY, false, "Cost of a customer",
     "spend of the period / new customers of the period", "ChartMogul, Customer Acquisition Cost",
     "4,000 USD, 8 new customers: 500 USD", "some lag the spend by the length of the sale"},
    {"ltv_cac", CHURN__UNIT_NUMBER, false, "LTV over CAC", "ltv / cac", "ChartMogul, LTV:CAC",
     "2,000 USD over 500 USD: 4", NULL},
    {"payback", CHURN__UNIT_MONTHS, false, "CAC payback",
     "cac / (ARPA x `kpi.gross_margin`), in months", "ChartMogul, CAC Payback Period",
     "500 / (50 x 0.8) = 12.5 months", "some divide by the ARPA of new customers"},
    {"collected", CHURN__UNIT_MONEY, false, "Collected",
     "invoices paid in the period less refunds of the period", "invoice records of the host",
     "10 invoices of 50 USD paid, 50 USD refunded: 450 USD", NULL},
    {"clv_realised", CHURN__UNIT_MONEY, true, "Realised value",
     "invoices paid less refunds up to the end / all who have been customers by then",
     "invoice records of the host, added up",
     "12,000 USD from 40 customers, 10 of them lost: 300 USD",
     "as billed: no margin and no tax is taken out"},
    {"clv_realised_lost", CHURN__UNIT_MONEY, true, "Realised value of lost customers",
     "the same of those who are lost at the end: whole lives",
     "invoice records of the host, added up", "2,500 USD from 10 lost customers: 250 USD",
     "as billed: no margin and no tax is taken out"},
    {"revenue_at_risk", CHURN__UNIT_MONEY, true, "Revenue at risk",
     "MRR at the end of the customers of each band: asked for by <score>.band",
     "MRR beside the bands of a score", "by health.band: red 400 USD, green 600 USD",
     "who has no band stands under null"},
    {"revenue_at_risk_share", CHURN__UNIT_RATIO, true, "Share of revenue at risk",
     "MRR at the end of the customers of each band / of all", "MRR beside the bands of a score",
     "by health.band: red 400 of 1,000 USD: 40 %", "who has no band stands under null"},
};

enum {
    SUM_START, /* whom churn counts */
    SUM_GONE,  /* and are gone at the end */
    SUM_NEW,
    SUM_END,  /* customers at the end whose money is known */
    SUM_MRR,  /* of theirs */
    SUM_EVER, /* have been customers by the end */
    SUM_LOST, /* and are lost then */
    SUM_PAID, /* of those who ever were: up to the end */
    SUM_PAID_BY_LOST,
    SUM_PAID_NOW, /* in the period, by anybody */
    SUM_BLAME,
    SUM_PAID_BLAME = SUM_BLAME + CHURN__BLAME_COLUMNS,
    SUM_NOW_BLAME = SUM_PAID_BLAME + CHURN__BLAME_COLUMNS,
    SUM_SPEND = SUM_NOW_BLAME + CHURN__BLAME_COLUMNS,
    SUM_SPENDS, /* records */
    SUM_SPEND_BLAME,
    SUMS = SUM_SPEND_BLAME + CHURN__BLAME_COLUMNS
};

/* Invoices of one customer up to the end of a period and since that of the one before. */
typedef struct paid_in {
    int64_t amount;               /* all of it */
    int64_t now;                  /* what is of the period itself */
    churn__unknown_money unknown; /* missing 0: known */
    bool now_unknown;
} paid_in;

typedef struct value_state {
    churn__kpi_sums sums;
    churn__exchange_book *book;
    paid_in *paid;   /* by period, of one customer */
    int64_t *mrr;    /* of all groups, by period */
    bool *mrr_known; /* ... all of it */
    bool spends;     /* there are records of spends */
} value_state;

/* ---- money of records ---- */

static churn__unknown_money convert(const churn__kpi_run *run, const value_state *s,
                                    uint32_t currency, int64_t amount, churn_time at, int64_t *out)
{
    const churn__exchange *exchange = run->policy->fx == CHURN__FX_HISTORIC
                                          ? churn__exchange_at(s->book, at)
                                          : churn__exchange_at(s->book, run->as_of);
    const churn__missing why =
        exchange == NULL ? CHURN__NO_RATE : churn__exchange_minor(exchange, currency, amount, out);
    return (churn__unknown_money){at, CHURN_TIME_NONE, why, currency};
}

static churn_status add_spend(churn__kpi_run *run, value_state *s, const churn__spend *row,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    int64_t amount = 0;
    churn__kpi_keys keys = churn__kpi_no_keys;
    const uint32_t p = churn__run_period(run, row->at);
    if (p == CHURN__KPI_NONE) {
        return CHURN_OK;
    }
    keys.code[CHURN__KEY_SPEND_CHANNEL] = churn__key_code(row->channel);
    const uint32_t group = churn__run_group_of_none(run, &keys);
    const churn__unknown_money unknown =
        convert(run, s, row->currency, row->amount, row->at, &amount);
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_SPENDS, 1, err));
    if (unknown.missing != CHURN__PRESENT) {
        CHURN_TRY(churn__kpi_blame(run, &s->sums, group, p, SUM_SPEND_BLAME, &unknown, err));
    } else {
        CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_SPEND, amount, err));
    }
done:
    return st;
}

static churn_status add_spends(churn__kpi_run *run, value_state *s, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__spend *rows = NULL;
    const size_t n = churn__reader_spends(run->reader, run->as_of, &rows);
    for (size_t i = 0; i < n; i++) {
        CHURN_TRY(add_spend(run, s, &rows[i], err));
    }
done:
    return st;
}

static churn_status value_open(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    value_state *s = state;
    churn__sums_init(&s->sums, run, SUMS);
    CHURN_TRY(churn__exchange_book_create(run->heap, run->version, run->currency, &s->book, err));
    s->paid = churn__alloc_array(run->heap, run->period_count, sizeof *s->paid);
    s->mrr = churn__alloc_array_zero(run->heap, run->period_count, sizeof *s->mrr);
    s->mrr_known = churn__alloc_array(run->heap, run->period_count, sizeof *s->mrr_known);
    if (s->paid == NULL || s->mrr == NULL || s->mrr_known == NULL ||
        churn__exchange_at(s->book, run->as_of) == NULL) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
    memset(s->mrr_known, true, run->period_count * sizeof *s->mrr_known);
    s->spends = churn__version_provided(run->version, CHURN_RECORD_SPEND, run->as_of);
    CHURN_TRY(add_spends(run, s, err));
done:
    return st;
}

static void value_close(churn__kpi_run *run, void *state)
{
    value_state *s = state;
    churn__free_array(run->heap, s->paid, run->period_count, sizeof *s->paid);
    churn__free_array(run->heap, s->mrr, run->period_count, sizeof *s->mrr);
    churn__free_array(run->heap, s->mrr_known, run->period_count, sizeof *s->mrr_known);
    churn__exchange_book_free(s->book);
    churn__sums_free(&s->sums);
}

/* ---- invoices of one customer ---- */

static bool add_signed(int64_t *sum, int64_t amount, int64_t sign)
{
    return sign > 0 ? churn__add_i64(*sum, amount, sum) : churn__sub_i64(*sum, amount, sum);
}

/* In the first period that has seen it by its end. */
static void add_paid(const churn__kpi_run *run, value_state *s, uint32_t currency, int64_t minor,
                     churn_time at, int64_t sign)
{
    int64_t amount = 0;
    const uint32_t p = churn__kpi_first_period(run, at);
    if (p >= run->begun_count || at >= run->periods[p].until) {
        return;
    }
    paid_in *in = &s->paid[p];
    const bool now = at >= run->periods[p].start;
    churn__unknown_money unknown = convert(run, s, currency, minor, at, &amount);
    if (unknown.missing == CHURN__PRESENT &&
        (!add_signed(&in->amount, amount, sign) || (now && !add_signed(&in->now, amount, sign)))) {
        unknown.missing = CHURN__NON_FINITE;
    }
    if (unknown.missing != CHURN__PRESENT) {
        in->unknown = in->unknown.missing == CHURN__PRESENT ? unknown : in->unknown;
        in->now_unknown = in->now_unknown || now;
    }
}

static void gather_paid(churn__kpi_run *run, value_state *s)
{
    const churn__invoice *rows = NULL;
    const size_t n = churn__reader_invoices(run->reader, run->customer, run->as_of, &rows);
    memset(s->paid, 0, run->period_count * sizeof *s->paid);
    for (size_t i = 0; i < n; i++) {
        const churn__invoice *row = &rows[i];
        if (row->paid_at != CHURN_TIME_NONE) {
            add_paid(run, s, row->currency, row->amount, row->paid_at, 1);
        }
        if (row->refunded_at != CHURN_TIME_NONE && row->refunded != CHURN_INT_NONE) {
            add_paid(run, s, row->currency, row->refunded, row->refunded_at, -1);
        }
    }
}

/* Everything up to the end of a period, from everything up to the one before. */
static void carry(paid_in *all, const paid_in *more)
{
    if (!churn__add_i64(all->amount, more->amount, &all->amount) &&
        all->unknown.missing == CHURN__PRESENT) {
        all->unknown = (churn__unknown_money){CHURN_TIME_MIN, CHURN_TIME_NONE, CHURN__NON_FINITE,
                                              CHURN__NO_CODE};
    }
    if (all->unknown.missing == CHURN__PRESENT) {
        all->unknown = more->unknown;
    }
}

/* ---- one customer ---- */

static churn_status add_realised(churn__kpi_run *run, value_state *s, uint32_t group, uint32_t p,
                                 const paid_in *all, bool lost, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_EVER, 1, err));
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_LOST, lost, err));
    if (all->unknown.missing != CHURN__PRESENT) {
        return churn__kpi_blame(run, &s->sums, group, p, SUM_PAID_BLAME, &all->unknown, err);
    }
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_PAID, all->amount, err));
    CHURN_TRY(
        churn__kpi_put(run, &s->sums, group, p, SUM_PAID_BY_LOST, lost ? all->amount : 0, err));
done:
    return st;
}

static churn_status add_collected(churn__kpi_run *run, value_state *s, uint32_t group, uint32_t p,
                                  churn_error *err)
{
    if (s->paid[p].now_unknown) {
        return churn__kpi_blame(run, &s->sums, group, p, SUM_NOW_BLAME, &s->paid[p].unknown, err);
    }
    return churn__kpi_put(run, &s->sums, group, p, SUM_PAID_NOW, s->paid[p].now, err);
}

static churn_status add_lives(churn__kpi_run *run, value_state *s, uint32_t group, uint32_t p,
                              const churn__life_span *spans, size_t count, churn_error *err)
{
    churn_status st = CHURN_OK;
    bool gone = false;
    const bool counted = churn__churn_counts(run, p, spans, count, &gone);
    const bool came = count > 0 && churn__kpi_in_period(run, p, spans[0].from);
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_START, counted, err));
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_GONE, counted && gone, err));
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_NEW, came, err));
done:
    return st;
}

static churn_status add_level(churn__kpi_run *run, value_state *s, uint32_t group, uint32_t p,
                              const churn__unknown_money *unknown, int64_t mrr, bool alive,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    if (unknown != NULL) {
        s->mrr_known[p] = false;
        return churn__kpi_blame(run, &s->sums, group, p, SUM_BLAME, unknown, err);
    }
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_MRR, mrr, err));
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, p, SUM_END, alive, err));
    s->mrr_known[p] = s->mrr_known[p] && churn__add_i64(s->mrr[p], mrr, &s->mrr[p]);
done:
    return st;
}

/* Whether a period has nothing of the customer, who then makes no group of it. */
static bool is_nothing(const paid_in *paid, const churn__unknown_money *unknown, int64_t mrr,
                       bool ever)
{
    return !ever && mrr == 0 && unknown == NULL && paid->now == 0 && !paid->now_unknown;
}

static churn_status value_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    value_state *s = state;
    const churn__kpi_keys keys = churn__no_loss_keys();
    const churn__ledger_of *ledger = NULL;
    const churn__life_span *spans = NULL;
    churn__level level = {0};
    paid_in all = {0};
    size_t count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    CHURN_TRY(churn__run_ledger(run, &ledger, err));
    gather_paid(run, s);
    for (uint32_t p = 0; p < run->begun_count; p++) {
        const churn_time until = run->periods[p].until;
        const bool ever = count > 0 && spans[0].from < until;
        const bool alive = churn__life_before(spans, count, until) < count;
        const int64_t mrr = churn__level_before(&level, ledger, until);
        const churn__unknown_money *unknown = churn__unknown_before(ledger, until);
        carry(&all, &s->paid[p]);
        if (is_nothing(&s->paid[p], unknown, mrr, ever)) {
            continue;
        }
        const uint32_t group = churn__run_group(run, p, &keys);
        CHURN_TRY(add_lives(run, s, group, p, spans, count, err));
        CHURN_TRY(add_level(run, s, group, p, unknown, mrr, alive, err));
        CHURN_TRY(add_collected(run, s, group, p, err));
        if (ever) {
            CHURN_TRY(add_realised(run, s, group, p, &all, !alive, err));
        }
    }
done:
    return st;
}

/* ---- cells: lifetime ---- */

/* Money of `arpa` a month for as long as customers stay, at this share of it. */
static void lifetime_cell(const churn__kpi_run *run, const int64_t *sum, uint32_t period,
                          double share, churn__kpi_cell *out)
{
    const double months = churn__period_months(&run->periods[period], run->zone);
    const double arpa =
        sum[SUM_END] > 0 ? (double)sum[SUM_MRR] / ((double)sum[SUM_END] * run->minor) * share : 0;
    out->n = sum[SUM_START];
    if (sum[SUM_START] == 0 || sum[SUM_END] == 0) {
        churn__cell_undefine(run, out, CHURN__EMPTY, NULL);
        return;
    }
    const churn__interval churn = churn__wilson(sum[SUM_GONE], sum[SUM_START], run->z);
    const double rate = churn__monthly_rate((double)sum[SUM_GONE] / (double)sum[SUM_START], months);
    out->has_terms = true;
    out->numerator = arpa;
    out->denominator = rate;
    if (rate > 0) {
        out->defined = true;
        out->value = arpa / rate;
    } else {
        churn__cell_undefine(run, out, CHURN__EMPTY,
                             "empty: nobody was lost; at least `low` at this level");
    }
    out->bounded = true;
    out->has_interval = true;
    out->low = arpa / churn__monthly_rate(churn.high, months);
    out->high = churn.low > 0 ? arpa / churn__monthly_rate(churn.low, months) : (double)NAN;
}

/* At the playbook's margin. */
static void ltv_cell(const churn__kpi_run *run, const int64_t *sum, uint32_t period,
                     churn__kpi_cell *out)
{
    if (isnan(run->gross_margin)) {
        out->n = sum[SUM_START];
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED,
                             "not_provided: the playbook has no kpi.gross_margin");
        return;
    }
    lifetime_cell(run, sum, period, run->gross_margin, out);
}

/* ---- cells: acquisition ---- */

static void spend_cell(const churn__kpi_run *run, const value_state *s, const int64_t *sum,
                       churn__kpi_cell *out)
{
    churn__cell_money(run, out, sum[SUM_SPEND], sum[SUM_SPENDS]);
    if (!s->spends) {
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED, "not_provided: no spend was loaded");
    }
    churn__cell_blame(run, out, sum + SUM_SPEND_BLAME, "spends");
}

/* Spends are of no customer: a group that has none of its own has no cost, not a cost of 0. */
static void cac_cell(const churn__kpi_run *run, const value_state *s, const int64_t *sum,
                     churn__kpi_cell *out)
{
    churn__cell_money_each(run, out, sum[SUM_SPEND], sum[SUM_NEW]);
    if (!s->spends) {
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED, "not_provided: no spend was loaded");
    } else if (run->by_count > 0 && sum[SUM_SPENDS] == 0) {
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED,
                             "not_provided: no spend is known to be of this group");
    }
    churn__cell_blame(run, out, sum + SUM_SPEND_BLAME, "spends");
}

/* A figure over another one, which has no interval of its own. */
static void divide(churn__kpi_cell *out, const churn__kpi_cell *by)
{
    const bool sound = by->defined && by->value > 0;
    out->excluded += by->excluded;
    out->has_terms = out->defined && by->defined;
    out->numerator = out->value;
    out->denominator = by->value;
    out->defined = out->defined && sound;
    out->has_interval = out->has_interval && sound;
    out->bounded = out->bounded && sound;
    if (!sound) {
        out->missing = by->defined ? CHURN__EMPTY : by->missing;
        out->note = by->note;
        return;
    }
    out->value = out->defined ? out->value / by->value : 0;
    out->low /= by->value;
    out->high /= by->value;
}

/* Months in which a customer's margin brings in what they cost. */
static void payback_cell(const churn__kpi_run *run, const value_state *s, const int64_t *sum,
                         churn__kpi_cell *out)
{
    churn__kpi_cell arpa = {0};
    if (isnan(run->gross_margin)) {
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED,
                             "not_provided: the playbook has no kpi.gross_margin");
        return;
    }
    cac_cell(run, s, sum, out);
    churn__cell_money_each(run, &arpa, sum[SUM_MRR], sum[SUM_END]);
    churn__cell_blame(run, &arpa, sum + SUM_BLAME, "customers");
    arpa.value *= run->gross_margin;
    divide(out, &arpa);
}

/* ---- cells: the rest ---- */

static void risk_cell(const churn__kpi_run *run, const value_state *s, const int64_t *sum,
                      uint32_t period, bool share, churn__kpi_cell *out)
{
    if (!churn__run_by_band(run)) {
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED,
                             "not_provided: to be asked for by <score>.band");
        return;
    }
    if (share) {
        churn__cell_money_ratio(run, out, sum[SUM_MRR], s->mrr[period], sum[SUM_END]);
        if (!s->mrr_known[period]) {
            churn__cell_undefine(run, out, CHURN__NO_RATE,
                                 "no_rate: the MRR of some customers is not known");
        }
    } else {
        churn__cell_money(run, out, sum[SUM_MRR], sum[SUM_END]);
    }
    churn__cell_blame(run, out, sum + SUM_BLAME, "customers");
}

static void paid_cell(const churn__kpi_run *run, uint32_t figure, const int64_t *sum,
                      churn__kpi_cell *out)
{
    if (!churn__version_provided(run->version, CHURN_RECORD_INVOICE, run->as_of)) {
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED,
                             "not_provided: no invoices were loaded");
        return;
    }
    if (figure == FIGURE_COLLECTED) {
        churn__cell_money(run, out, sum[SUM_PAID_NOW], -1);
        churn__cell_blame(run, out, sum + SUM_NOW_BLAME, "customers");
        return;
    }
    if (figure == FIGURE_CLV) {
        churn__cell_money_each(run, out, sum[SUM_PAID], sum[SUM_EVER]);
    } else {
        churn__cell_money_each(run, out, sum[SUM_PAID_BY_LOST], sum[SUM_LOST]);
    }
    churn__cell_blame(run, out, sum + SUM_PAID_BLAME, "customers");
}

static void lifetime_over_cac_cell(const churn__kpi_run *run, const value_state *s,
                                   const int64_t *sum, uint32_t period, churn__kpi_cell *out)
{
    churn__kpi_cell cac = {0};
    ltv_cell(run, sum, period, out);
    churn__cell_blame(run, out, sum + SUM_BLAME, "customers");
    cac_cell(run, s, sum, &cac);
    divide(out, &cac);
}

static churn_status value_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                               uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const value_state *s = state;
    const int64_t *sum = churn__sums_get(&s->sums, group, period);
    (void)err;
    switch (figure) {
    case FIGURE_LTV:
        ltv_cell(run, sum, period, out);
        churn__cell_blame(run, out, sum + SUM_BLAME, "customers");
        break;
    case FIGURE_LTV_REVENUE:
        lifetime_cell(run, sum, period, 1, out);
        churn__cell_blame(run, out, sum + SUM_BLAME, "customers");
        break;
    case FIGURE_SPEND:
        spend_cell(run, s, sum, out);
        break;
    case FIGURE_CAC:
        cac_cell(run, s, sum, out);
        break;
    case FIGURE_LTV_CAC:
        lifetime_over_cac_cell(run, s, sum, period, out);
        break;
    case FIGURE_PAYBACK:
        payback_cell(run, s, sum, out);
        break;
    case FIGURE_RISK:
    case FIGURE_RISK_SHARE:
        risk_cell(run, s, sum, period, figure == FIGURE_RISK_SHARE, out);
        break;
    default:
        paid_cell(run, figure, sum, out);
        break;
    }
    return CHURN_OK;
}

const churn__kpi_set churn__set_value = {"value",    figures,        FIGURES, sizeof(value_state),
                                         value_open, value_customer, NULL,    value_cell,
                                         value_close};
