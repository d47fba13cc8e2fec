/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "kpi/customers.h"
#include "kpi/money.h"
#include "kpi/sets.h"

/*
 * Figures of money. Each is a sum of sums of its period, most over another one: `figures` says what
 * they mean, `rules` how they are made.
 */
enum {
    MRR,
    ARR,
    ARPA,
    NEW_MRR,
    EXPANSION_MRR,
    CONTRACTION_MRR,
    CHURNED_MRR,
    REACTIVATION_MRR,
    CURRENCY_MRR,
    SEGMENT_IN_MRR,
    SEGMENT_OUT_MRR,
    NET_NEW_MRR,
    MRR_GROWTH,
    GROSS_MRR_CHURN,
    NET_MRR_CHURN,
    GROSS_MRR_CHURN_ANNUAL,
    NET_MRR_CHURN_ANNUAL,
    GRR,
    NRR,
    GRR_MOVEMENTS,
    NRR_MOVEMENTS,
    QUICK_RATIO,
    QUICK_RATIO_SIMPLE,
    FIGURES
};

static const churn__figure figures[FIGURES] = {
    [MRR] =
        {"mrr", CHURN__UNIT_MONEY, true, "Monthly recurring revenue",
         "sum of the monthly value of all subscriptions just before the end",
         "ChartMogul, MRR; Stripe Billing analytics glossary",
         "100 customers at 100 USD a month and 50 at 600 USD a year: 100 x 100 + 50 x 600 / 12 = "
         "12,500",
         "Which states, discounts, trials, refunds and taxes count differs: see the policy. "
         "Stripe's page prints 800 / 12 for the yearly plan; its total is that of 600."},
    [ARR] = {"arr", CHURN__UNIT_MONEY, true, "Annual run rate", "12 x MRR at the end",
             "ChartMogul, Annual Run Rate", "MRR of 12,500: 12 x 12,500 = 150,000",
             "Some call the value of contracts of a year or more ARR and leave monthly ones out."},
    [ARPA] = {"arpa", CHURN__UNIT_MONEY, true, "Average revenue per account",
              "MRR at the end / customers at the end; by plan, product or currency, of which a "
              "customer may have several, those who have MRR in it",
              "ChartMogul, ARPA", "MRR of 12,500 of 150 customers: 12,500 / 150 = 83.33",
              "ProfitWell leaves customers out who pay nothing: its policy does so here."},
    [NEW_MRR] = {"new_mrr", CHURN__UNIT_MONEY, false, "New MRR",
                 "sum of movements of kind new: the first money of a customer",
                 "ChartMogul, MRR movements", "one customer begins at 30 USD a month: 30",
                 "After how long a gap a return is new differs: see the policy."},
    [EXPANSION_MRR] = {"expansion_mrr", CHURN__UNIT_MONEY, false, "Expansion MRR",
                       "sum of movements of kind expansion: every rise of a customer who pays",
                       "ChartMogul, MRR movements", "from 40 to 100 USD: 60",
                       "The end of a discount is expansion at ChartMogul; at Stripe discounts that "
                       "end never touch MRR."},
    [CONTRACTION_MRR] =
        {"contraction_mrr", CHURN__UNIT_MONEY, false, "Contraction MRR",
         "size of movements of kind contraction: every fall of a customer who stays",
         "ChartMogul, MRR movements", "one of two subscriptions, of 60 USD, is cancelled: 60",
         NULL},
    [CHURNED_MRR] = {"churned_mrr", CHURN__UNIT_MONEY, false, "Churned MRR",
                     "size of movements of kind churn: the last money goes",
                     "ChartMogul, MRR movements", "the last subscription, of 40 USD, ends: 40",
                     "When it counts, at the request or at the end of what is paid, differs: see "
                     "the policy."},
    [REACTIVATION_MRR] = {"reactivation_mrr", CHURN__UNIT_MONEY, false, "Reactivation MRR",
                          "sum of movements of kind reactivation: money again after churn",
                          "ChartMogul, MRR movements", "back at 40 USD a month: 40",
                          "Maxio counts a return after 90 days as new, Recurly one within a month "
                          "as none: see the policy."},
    [CURRENCY_MRR] = {"currency_mrr", CHURN__UNIT_MONEY, false, "MRR moved by exchange rates",
                      "sum of movements of kind currency; 0 where one rate is used for all",
                      "the ledger: start + movements = end",
                      "100 EUR, rates 1.10 and then 1.08: -2",
                      "ChartMogul shows no such movements, Stripe adjusts for them."},
    [SEGMENT_IN_MRR] = {"segment_in_mrr", CHURN__UNIT_MONEY, false, "MRR that came into the group",
                        "what customers brought along who changed the group at the start of the "
                        "period, and subscriptions that changed plan, product or currency in it",
                        "ChartMogul, entering a segment",
                        "from plan basic at 40 to pro at 100: 40 comes into pro, 60 is expansion",
                        NULL},
    [SEGMENT_OUT_MRR] = {"segment_out_mrr", CHURN__UNIT_MONEY, false, "MRR that left the group",
                         "the other side of segment_in_mrr, as a size",
                         "ChartMogul, leaving a segment",
                         "from plan basic at 40 to pro at 100: 40 leaves basic", NULL},
    [NET_NEW_MRR] = {"net_new_mrr", CHURN__UNIT_MONEY, false, "Net new MRR",
                     "new + expansion + reactivation - contraction - churned",
                     "ChartMogul, Net MRR Movement", "30 + 60 + 0 - 10 - 40 = 40", NULL},
    [MRR_GROWTH] = {"mrr_growth", CHURN__UNIT_RATIO, false, "Growth of MRR",
                    "(MRR at the end - MRR at the start) / MRR at the start",
                    "Stripe, MRR growth rate", "from 100 to 120: 20 / 100 = 20 %",
                    "Stripe adjusts for exchange rates."},
    [GROSS_MRR_CHURN] = {"gross_mrr_churn", CHURN__UNIT_RATIO, false, "Gross MRR churn rate",
                         "(churned + contraction) / MRR at the start",
                         "ChartMogul, Gross MRR Churn Rate",
                         "100 USD at the start, 10 churned, 10 contraction: 20 / 100 = 20 %",
                         "ChartMogul offers the sum of daily rates, Stripe adds new MRR to the "
                         "denominator: `churn_rate` of the policy."},
    [NET_MRR_CHURN] = {"net_mrr_churn", CHURN__UNIT_RATIO, false, "Net MRR churn rate",
                       "(churned + contraction - expansion - reactivation) / MRR at the start",
                       "ChartMogul, Net MRR Churn Rate",
                       "100 USD at the start, 10 churned, 10 contraction, 5 expansion, 5 "
                       "reactivation: 10 / 100 = 10 %",
                       "As gross_mrr_churn. Baremetrics leaves contraction out of the formula that "
                       "it prints, others leave reactivation out."},
    [GROSS_MRR_CHURN_ANNUAL] = {"gross_mrr_churn_annual", CHURN__UNIT_RATIO, false,
                                "Gross MRR churn rate as of a year",
                                "1 - (1 - rate)^n, n periods a year: months 12, quarters 4, else "
                                "365 / days",
                                "compounding, not multiplying",
                                "5 % a month: 1 - 0.95^12 = 45.96 %, not 60 %", NULL},
    [NET_MRR_CHURN_ANNUAL] = {"net_mrr_churn_annual", CHURN__UNIT_RATIO, false,
                              "Net MRR churn rate as of a year",
                              "1 - (1 - rate)^n, as gross_mrr_churn_annual",
                              "compounding, not multiplying",
                              "-1 % a month: 1 - 1.01^12 = -12.68 %", NULL},
    [GRR] = {"grr", CHURN__UNIT_RATIO, false, "Gross revenue retention",
             "sum of min(MRR at the end, MRR at the start) / MRR at the start, over those who paid "
             "at the start",
             "SaaS Metrics Standards Board, Gross Revenue Retention",
             "A 60 to 80, B 40 to 20: (60 + 20) / 100 = 80 %",
             "Made of movements it counts a fall after a rise: grr_movements."},
    [NRR] = {"nrr", CHURN__UNIT_RATIO, false, "Net revenue retention",
             "MRR at the end / MRR at the start, over those who paid at the start",
             "SaaS Metrics Standards Board, Net Revenue Retention",
             "A 60 to 80, B 40 to 20: (80 + 20) / 100 = 100 %",
             "Who left and came back inside the period counts as kept, or not: `returners` of the "
             "policy."},
    [GRR_MOVEMENTS] = {"grr_movements", CHURN__UNIT_RATIO, false,
                       "Gross revenue retention from movements",
                       "(MRR at the start - contraction - churned) / MRR at the start",
                       "SaaS Metrics Standards Board, the formula as printed",
                       "100 at the start, 10 contraction, 10 churned: 80 %",
                       "Contraction and churn of those who came in the period count, too: over a "
                       "year it differs from grr."},
    [NRR_MOVEMENTS] =
        {"nrr_movements", CHURN__UNIT_RATIO, false, "Net revenue retention from movements",
         "(MRR at the start + expansion - contraction - churned) / MRR at the start",
         "SaaS Metrics Standards Board, the formula as printed",
         "100 at the start, 20 expansion, 10 contraction, 10 churned: 100 %",
         "fight-churn leaves reactivation out, as here; ChartMogul's net churn has it."},
    [QUICK_RATIO] = {"quick_ratio", CHURN__UNIT_RATIO, false, "Quick ratio",
                     "(new + expansion + reactivation) / (contraction + churned)",
                     "ChartMogul, SaaS Quick Ratio", "(30 + 60 + 0) / (10 + 20) = 3",
                     "Baremetrics leaves reactivation out: quick_ratio_simple."},
    [QUICK_RATIO_SIMPLE] = {"quick_ratio_simple", CHURN__UNIT_RATIO, false,
                            "Quick ratio without reactivation",
                            "(new + expansion) / (contraction + churned)",
                            "Baremetrics, Quick Ratio", "(30 + 60) / (10 + 20) = 3", NULL},
};

/* ---- how they are made ---- */

#define MOST_TERMS 5
#define NOTHING CHURN__MONEY_SUMS

typedef struct term {
    int8_t factor; /* 0: no more */
    uint8_t sum;
} term;

typedef struct rule {
    term terms[MOST_TERMS];
    term over[MOST_TERMS]; /* none: plain money */
    uint8_t n;             /* what it stands on */
} rule;

#define KIND(kind) (CHURN__MONEY_KIND + CHURN__MOVE_##kind)
#define COUNT(kind) (CHURN__MONEY_COUNT + CHURN__MOVE_##kind)
#define NEW          \
    {                \
        1, KIND(NEW) \
    }
#define UP                 \
    {                      \
        1, KIND(EXPANSION) \
    }
#define BACK                  \
    {                         \
        1, KIND(REACTIVATION) \
    }
#define DOWN                  \
    {                         \
        -1, KIND(CONTRACTION) \
    }
#define GONE            \
    {                   \
        -1, KIND(CHURN) \
    }
#define LESS_UP             \
    {                       \
        -1, KIND(EXPANSION) \
    }
#define LESS_BACK              \
    {                          \
        -1, KIND(REACTIVATION) \
    }
#define FALLS                \
    {                        \
        1, KIND(CONTRACTION) \
    }
#define LOSSES         \
    {                  \
        1, KIND(CHURN) \
    }
#define OPEN                 \
    {                        \
        1, CHURN__MONEY_OPEN \
    }

static const rule rules[FIGURES] = {
    [MRR] = {{{1, CHURN__MONEY_CLOSE}, {1, CHURN__MONEY_MORE}}, {{0}}, CHURN__MONEY_KNOWN},
    [ARR] = {{{12, CHURN__MONEY_CLOSE}, {12, CHURN__MONEY_MORE}}, {{0}}, CHURN__MONEY_KNOWN},
    [ARPA] = {{{1, CHURN__MONEY_CLOSE}, {1, CHURN__MONEY_MORE}},
              {{1, CHURN__MONEY_KNOWN}},
              CHURN__MONEY_KNOWN},
    [NEW_MRR] = {{NEW}, {{0}}, COUNT(NEW)},
    [EXPANSION_MRR] = {{UP}, {{0}}, COUNT(EXPANSION)},
    [CONTRACTION_MRR] = {{DOWN}, {{0}}, COUNT(CONTRACTION)},
    [CHURNED_MRR] = {{GONE}, {{0}}, COUNT(CHURN)},
    [REACTIVATION_MRR] = {{BACK}, {{0}}, COUNT(REACTIVATION)},
    [CURRENCY_MRR] = {{{1, KIND(CURRENCY)}}, {{0}}, COUNT(CURRENCY)},
    [SEGMENT_IN_MRR] = {{{1, KIND(SEGMENT_IN)}, {1, CHURN__MONEY_MOVED_IN}}, {{0}}, NOTHING},
    [SEGMENT_OUT_MRR] = {{{-1, KIND(SEGMENT_OUT)}, {1, CHURN__MONEY_MOVED_OUT}}, {{0}}, NOTHING},
    [NET_NEW_MRR] = {{NEW, UP, BACK, FALLS, LOSSES}, {{0}}, NOTHING},
    [MRR_GROWTH] = {{{1, CHURN__MONEY_CLOSE}, {-1, CHURN__MONEY_OPEN}}, {OPEN}, NOTHING},
    [GROSS_MRR_CHURN] = {{DOWN, GONE}, {OPEN}, NOTHING},
    [NET_MRR_CHURN] = {{DOWN, GONE, LESS_UP, LESS_BACK}, {OPEN}, NOTHING},
    [GROSS_MRR_CHURN_ANNUAL] = {{DOWN, GONE}, {OPEN}, NOTHING},
    [NET_MRR_CHURN_ANNUAL] = {{DOWN, GONE, LESS_UP, LESS_BACK}, {OPEN}, NOTHING},
    [GRR] = {{{1, CHURN__MONEY_FLAT}, {1, CHURN__MONEY_COHORT_KEPT}},
             {{1, CHURN__MONEY_FLAT}, {1, CHURN__MONEY_COHORT_START}},
             CHURN__MONEY_FLAT_COUNT},
    [NRR] = {{{1, CHURN__MONEY_FLAT}, {1, CHURN__MONEY_COHORT_END}},
             {{1, CHURN__MONEY_FLAT}, {1, CHURN__MONEY_COHORT_START}},
             CHURN__MONEY_FLAT_COUNT},
    [GRR_MOVEMENTS] = {{OPEN, FALLS, LOSSES}, {OPEN}, NOTHING},
    [NRR_MOVEMENTS] = {{OPEN, FALLS, LOSSES, UP}, {OPEN}, NOTHING},
    [QUICK_RATIO] = {{NEW, UP, BACK}, {DOWN, GONE}, NOTHING},
    [QUICK_RATIO_SIMPLE] = {{NEW, UP}, {DOWN, GONE}, NOTHING},
};

static bool is_at_end(uint32_t figure)
{
    return figure == MRR || figure == ARR || figure == ARPA;
}

static bool is_churn_rate(uint32_t figure)
{
    return figure >= GROSS_MRR_CHURN && figure <= NET_MRR_CHURN_ANNUAL;
}

static bool is_annual(uint32_t figure)
{
    return figure == GROSS_MRR_CHURN_ANNUAL || figure == NET_MRR_CHURN_ANNUAL;
}

/* ---- the set ---- */

typedef struct revenue {
    churn__money money;
    churn__money days; /* where rates are sums of daily ones */
    bool daily;
} revenue;

static churn_status revenue_open(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    revenue *r = state;
    for (uint32_t i = 0; i < FIGURES; i++) {
        r->daily = r->daily || (run->asked[i] && is_churn_rate(i) &&
                                run->policy->churn_rate == CHURN__CHURN_RATE_DAILY);
        r->money.customers = r->money.customers || (run->asked[i] && is_at_end(i));
    }
    r->money.cohorts = run->asked[GRR] || run->asked[NRR];
    CHURN_TRY(churn__money_open(&r->money, run, false, err));
    if (r->daily) {
        CHURN_TRY(churn__money_open(&r->days, run, true, err));
    }
done:
    return st;
}

static void revenue_close(churn__kpi_run *run, void *state)
{
    revenue *r = state;
    churn__money_close(&r->money, run);
    churn__money_close(&r->days, run);
}

static churn_status revenue_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    revenue *r = state;
    CHURN_TRY(churn__money_customer(&r->money, run, err));
    if (r->daily) {
        CHURN_TRY(churn__money_customer(&r->days, run, err));
    }
done:
    return st;
}

static churn_status revenue_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    revenue *r = state;
    CHURN_TRY(churn__money_finish(&r->money, run, err));
    if (r->daily) {
        CHURN_TRY(churn__money_finish(&r->days, run, err));
    }
done:
    return st;
}

/* ---- cells ---- */

static bool sum_terms(const term *terms, const int64_t *sum, int64_t *out)
{
    *out = 0;
    for (int i = 0; i < MOST_TERMS && terms[i].factor != 0; i++) {
        int64_t part = 0;
        if (!churn__mul_i64(terms[i].factor, sum[terms[i].sum], &part) ||
            !churn__add_i64(*out, part, out)) {
            return false;
        }
    }
    return true;
}

/* The sum of the rates of the days that have one. */
static bool add_daily(const revenue *r, uint32_t figure, uint32_t period, uint32_t group,
                      churn__kpi_cell *out)
{
    for (uint32_t c = r->days.grid.first[period]; c < r->days.grid.first[period + 1]; c++) {
        const int64_t *sum = churn__sums_get(&r->days.sums, group, c);
        int64_t num = 0;
        if (!sum_terms(rules[figure].terms, sum, &num)) {
            return false;
        }
        if (sum[CHURN__MONEY_OPEN] > 0) {
            out->defined = true;
            out->value += (double)num / (double)sum[CHURN__MONEY_OPEN];
        }
    }
    return true;
}

static int64_t stands_on(uint32_t figure, const int64_t *sum)
{
    const uint8_t n = rules[figure].n;
    if (n == NOTHING) {
        return -1;
    }
    return n == CHURN__MONEY_FLAT_COUNT ? sum[n] + sum[CHURN__MONEY_COHORT_COUNT] : sum[n];
}

static void set_value(const churn__kpi_run *run, uint32_t figure, int64_t num, int64_t den,
                      int64_t n, churn__kpi_cell *out)
{
    if (rules[figure].over[0].factor == 0) {
        churn__cell_money(run, out, num, n);
        return;
    }
    churn__cell_money_ratio(run, out, num, den, n);
    if (figure == ARPA) { /* money over customers */
        out->denominator = (double)den;
        out->value /= run->minor;
    }
}

static churn_status revenue_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                                 uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const revenue *r = state;
    const int64_t *sum = churn__sums_get(&r->money.sums, group, period);
    int64_t num = 0, den = 0;
    bool fits =
        sum_terms(rules[figure].terms, sum, &num) && sum_terms(rules[figure].over, sum, &den);
    if (is_churn_rate(figure) && run->policy->churn_rate == CHURN__CHURN_RATE_START_AND_NEW) {
        fits = fits && churn__add_i64(den, sum[KIND(NEW)], &den);
    }
    if (is_churn_rate(figure) && r->daily) {
        fits = fits && add_daily(r, figure, period, group, out);
        out->n = -1;
    } else {
        set_value(run, figure, num, den, stands_on(figure, sum), out);
    }
    if (!fits) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: %s is too large", figures[figure].id);
    }
    if (is_annual(figure)) {
        churn__cell_annual(run, period, out);
    }
    if (!churn__version_provided(run->version, CHURN_RECORD_SUBSCRIPTION, run->as_of)) {
        churn__cell_undefine(run, out, CHURN__NOT_PROVIDED,
                             "not_provided: no subscription was loaded");
    }
    CHURN_TRY(churn__cell_exclude(run, out, period, group, is_at_end(figure), err));
done:
    return st;
}

const churn__kpi_set churn__set_revenue = {
    .name = "revenue",
    .figures = figures,
    .count = FIGURES,
    .state_size = sizeof(revenue),
    .open = revenue_open,
    .customer = revenue_customer,
    .finish = revenue_finish,
    .cell = revenue_cell,
    .close = revenue_close,
};
