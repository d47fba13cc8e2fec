/* SPDX-License-Identifier: MIT */
#include <churn/kpi.h>

#include "kpi/grid.h"
#include "kpi/sets.h"

/* Figures of customers: who came, went, came back, and stayed, as `loss:` defines it. */
enum {
    CUSTOMERS,
    NEW_CUSTOMERS,
    LOST_CUSTOMERS,
    REACTIVATED_CUSTOMERS,
    NET_NEW_CUSTOMERS,
    PAYING_CUSTOMERS,
    LOGO_CHURN,
    LOGO_CHURN_ANNUAL,
    CRR,
    LOGO_RETENTION,
    FIGURES
};

static const churn__figure figures[FIGURES] = {
    [CUSTOMERS] = {"customers", CHURN__UNIT_COUNT, true, "Customers",
                   "customers just before the end", "the playbook's `loss:`",
                   "120 at the start, 10 new, 2 lost: 128", NULL},
    [NEW_CUSTOMERS] = {"new_customers", CHURN__UNIT_COUNT, false, "New customers",
                       "who became a customer for the first time", "the playbook's `loss:`",
                       "three companies begin a subscription that is no trial: 3",
                       "ProfitWell ignores who comes and goes in one calendar month: `same_period` "
                       "of the policy."},
    [LOST_CUSTOMERS] = {"lost_customers", CHURN__UNIT_COUNT, false, "Lost customers",
                        "losses; who is lost twice counts twice", "the playbook's `loss:`",
                        "two companies let their last subscription end: 2", NULL},
    [REACTIVATED_CUSTOMERS] = {"reactivated_customers", CHURN__UNIT_COUNT, false,
                               "Reactivated customers", "who became a customer again",
                               "the playbook's `loss:`", "one of last year's losses is back: 1",
                               NULL},
    [NET_NEW_CUSTOMERS] = {"net_new_customers", CHURN__UNIT_COUNT, false, "Net new customers",
                           "new + reactivated - lost", "customers at the end - at the start",
                           "10 + 1 - 2 = 9", NULL},
    [PAYING_CUSTOMERS] = {"paying_customers", CHURN__UNIT_COUNT, true, "Paying customers",
                          "customers whose MRR is above 0 just before the end",
                          "ProfitWell, active customers",
                          "128 customers, 8 of them on a free plan: "
                          "120",
                          NULL},
    [LOGO_CHURN] = {"logo_churn", CHURN__UNIT_RATIO, false, "Customer churn rate",
                    "customers at the start who are none at the end / customers at the start",
                    "ChartMogul, Customer Churn Rate; fight-churn, chapter 2",
                    "5 of 100 are gone: 5 %",
                    "Stripe divides by customers at the start and new ones, counting who came and "
                    "went in both; ChartMogul's B2C form sums daily rates: `churn_rate` of the "
                    "policy."},
    [LOGO_CHURN_ANNUAL] = {"logo_churn_annual", CHURN__UNIT_RATIO, false,
                           "Customer churn rate as of a year",
                           "1 - (1 - rate)^n, n periods a year: months 12, quarters 4, else 365 / "
                           "days",
                           "compounding, not multiplying",
                           "5 % a month: 1 - 0.95^12 = 45.96 %, not 60 %", NULL},
    [CRR] =
        {"crr", CHURN__UNIT_RATIO, false, "Customer retention rate",
         "(customers at the end - those who came and were not there at the start) / customers "
         "at the start",
         "the formula of the textbooks",
         "100 at the start, 104 at the end, 9 came: 95 / 100 = 95 %",
         "Where those who came include who was lost and came back, it is too low: logo_retention "
         "follows the same customers."},
    [LOGO_RETENTION] = {"logo_retention", CHURN__UNIT_RATIO, false, "Logo retention",
                        "customers at the start who are customers at the end / customers at the "
                        "start",
                        "SaaS Metrics Standards Board, closed cohort",
                        "97 of the 100 at the start are there at the end: 97 %",
                        "Who left and came back inside the period counts as kept, or not: "
                        "`returners` of the policy."},
};

enum {
    /* Levels. */
    SUM_START,
    SUM_END,
    SUM_PAYING,
    LEVELS,
    SUM_NEW = LEVELS,
    SUM_BACK,
    SUM_LOST,
    SUM_GONE,     /* there at the start and not at the end */
    SUM_RETURNED, /* lost inside, and there at the start and at the end */
    SUM_CAME,     /* new or back, and not there at the start */
    SUM_PASSED,   /* of those who came: not there at the end */
    SUM_MOVED_IN, /* with their group, at the start of the period */
    SUM_MOVED_OUT,
    SUMS
};

/* Of days, where the rate is the sum of daily ones. */
enum { DAY_START, DAY_GONE, DAY_SUMS };

typedef struct customers {
    churn__grid grid, day_grid;
    churn__kpi_sums sums, days;
    bool daily, paying;
} customers;

static churn_status customers_open(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    customers *c = state;
    c->daily = run->policy->churn_rate == CHURN__CHURN_RATE_DAILY &&
               (run->asked[LOGO_CHURN] || run->asked[LOGO_CHURN_ANNUAL]);
    c->paying = run->asked[PAYING_CUSTOMERS];
    CHURN_TRY(churn__grid_open(&c->grid, run, false, err));
    churn__sums_init(&c->sums, run, SUMS);
    if (c->daily) {
        CHURN_TRY(churn__grid_open(&c->day_grid, run, true, err));
        churn__sums_init_cells(&c->days, run->heap, c->day_grid.cells, DAY_SUMS);
    }
done:
    return st;
}

static void customers_close(churn__kpi_run *run, void *state)
{
    customers *c = state;
    churn__sums_free(&c->sums);
    churn__sums_free(&c->days);
    churn__grid_close(&c->grid, run);
    churn__grid_close(&c->day_grid, run);
}

/* ---- lives ---- */

typedef struct lives {
    const churn__life_span *spans;
    size_t count;
} lives;

static bool is_alive(const churn__life_span *span, churn_time before)
{
    return span->from < before && (span->to == CHURN_TIME_NONE || span->to >= before);
}

static bool alive_before(const lives *all, churn_time at)
{
    for (size_t i = 0; i < all->count; i++) {
        if (is_alive(&all->spans[i], at)) {
            return true;
        }
    }
    return false;
}

/* A level of 1 from a cell on until another, in the group of each period. */
static bool add_level(churn__kpi_run *run, const churn__grid *grid, churn__kpi_sums *sums,
                      uint32_t from, uint32_t until, uint32_t sum)
{
    uint32_t p = grid->cells == grid->periods ? from : 0; /* periods are cells; or days are */
    while (from < until) {
        while (grid->first[p + 1] <= from) {
            p++;
        }
        const uint32_t end = grid->first[churn__run_group_until(run, p)];
        const uint32_t next = end < until ? end : until;
        if (!churn__sums_level(sums, churn__run_group(run, p, NULL), from, next, sum, 1)) {
            return false;
        }
        from = next;
    }
    return true;
}

static bool add_lives(churn__kpi_run *run, const churn__grid *grid, churn__kpi_sums *sums,
                      const lives *all, uint32_t start_sum, uint32_t end_sum)
{
    for (size_t i = 0; i < all->count; i++) {
        const churn__life_span *span = &all->spans[i];
        const bool lasts = span->to == CHURN_TIME_NONE;
        const uint32_t start_until = lasts ? grid->cells : churn__grid_first_start(grid, span->to);
        const uint32_t end_until = lasts ? grid->cells : churn__grid_first_end(grid, span->to);
        if (!add_level(run, grid, sums, churn__grid_first_start(grid, span->from), start_until,
                       start_sum)) {
            return false;
        }
        if (end_sum != SUMS && !add_level(run, grid, sums, churn__grid_first_end(grid, span->from),
                                          end_until, end_sum)) {
            return false;
        }
    }
    return true;
}

/* ---- what happened in a period ---- */

static bool count_turns(int64_t *sum, const churn__kpi_period *period, const lives *all)
{
    const bool there = alive_before(all, period->start), stays = alive_before(all, period->until);
    bool came = false, lost = false;
    for (size_t i = 0; i < all->count; i++) {
        const churn__life_span *span = &all->spans[i];
        const bool began = span->from >= period->start && span->from < period->until;
        const bool ended =
            span->to != CHURN_TIME_NONE && span->to >= period->start && span->to < period->until;
        sum[SUM_NEW] += began && i == 0;
        sum[SUM_BACK] += began && i > 0;
        sum[SUM_LOST] += ended;
        came = came || began;
        lost = lost || ended;
    }
    sum[SUM_GONE] += there && !stays;
    sum[SUM_RETURNED] += there && stays && lost;
    sum[SUM_CAME] += came && !there;
    sum[SUM_PASSED] += came && !there && !stays;
    return true;
}

/* Each period in which a life begins or ends, once; `after`: periods before it are done. */
static bool add_turn(churn__kpi_run *run, customers *c, const lives *all, churn_time at,
                     uint32_t *after)
{
    const uint32_t p = churn__grid_first_end(&c->grid, at);
    if (at == CHURN_TIME_NONE || !churn__grid_holds(&c->grid, p, at) || p < *after) {
        return true;
    }
    *after = p + 1;
    int64_t *sum = churn__sums_at(&c->sums, churn__run_group(run, p, NULL), p);
    return sum != NULL && count_turns(sum, &run->periods[p], all);
}

static bool add_gone_day(churn__kpi_run *run, customers *c, const lives *all, churn_time at)
{
    const uint32_t cell = churn__grid_first_end(&c->day_grid, at);
    const uint32_t p = churn__grid_first_end(&c->grid, at);
    if (at == CHURN_TIME_NONE || !churn__grid_holds(&c->day_grid, cell, at) ||
        !alive_before(all, c->day_grid.starts[cell]) ||
        alive_before(all, c->day_grid.untils[cell])) {
        return true;
    }
    return churn__sums_add(&c->days, churn__run_group(run, p, NULL), cell, DAY_GONE, 1);
}

/* Who changes the group at the start of a period. */
static bool add_moved(churn__kpi_run *run, customers *c, const lives *all)
{
    for (uint32_t p = churn__run_group_until(run, 0); p < run->begun_count;
         p = churn__run_group_until(run, p)) {
        const uint32_t from = churn__run_group(run, p - 1, NULL);
        const uint32_t to = churn__run_group(run, p, NULL);
        if (from != to && churn__grid_adjoins(&c->grid, p) &&
            alive_before(all, run->periods[p].start) &&
            (!churn__sums_add(&c->sums, from, p, SUM_MOVED_OUT, 1) ||
             !churn__sums_add(&c->sums, to, p, SUM_MOVED_IN, 1))) {
            return false;
        }
    }
    return true;
}

/* ---- who pays ---- */

static bool add_paying(churn__kpi_run *run, customers *c, const churn__ledger_of *ledger)
{
    int64_t mrr = 0;
    uint32_t until = 0;
    for (size_t i = 0; i < ledger->move_count; i++) {
        const uint32_t from = i == 0 ? churn__grid_first_end(&c->grid, ledger->moves[i].at) : until;
        until = i + 1 < ledger->move_count
                    ? churn__grid_first_end(&c->grid, ledger->moves[i + 1].at)
                    : c->grid.cells;
        mrr += ledger->moves[i].amount;
        for (uint32_t p = from; mrr > 0 && p < until; p++) {
            uint32_t next = ledger->unknown_count > 0 ? p + 1 : until;
            if (ledger->unknown_count > 0 && churn__run_unknown_at_end(run, p)) {
                continue;
            }
            if (!add_level(run, &c->grid, &c->sums, p, next, SUM_PAYING)) {
                return false;
            }
            p = next - 1;
        }
    }
    return true;
}

static churn_status customers_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    customers *c = state;
    const churn__ledger_of *ledger = NULL;
    lives all = {NULL, 0};
    uint32_t after = 0;
    CHURN_TRY(churn__run_lives(run, &all.spans, &all.count, err));
    bool fits =
        add_lives(run, &c->grid, &c->sums, &all, SUM_START, SUM_END) && add_moved(run, c, &all);
    for (size_t i = 0; i < all.count && fits; i++) {
        fits = add_turn(run, c, &all, all.spans[i].from, &after) &&
               add_turn(run, c, &all, all.spans[i].to, &after) &&
               (!c->daily || add_gone_day(run, c, &all, all.spans[i].to));
    }
    fits = fits && (!c->daily || add_lives(run, &c->day_grid, &c->days, &all, DAY_START, SUMS));
    if (c->paying) {
        CHURN_TRY(churn__run_ledger(run, &ledger, err));
        fits = fits && add_paying(run, c, ledger);
    }
    if (!fits) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    return st;
}

/* ---- the proof ---- */

static bool adds_up(const customers *c, uint32_t group, uint32_t p)
{
    const int64_t *sum = churn__sums_get(&c->sums, group, p);
    const int64_t *last = churn__sums_get(&c->sums, group, p == 0 ? p : p - 1);
    if (sum[SUM_START] + sum[SUM_NEW] + sum[SUM_BACK] - sum[SUM_LOST] != sum[SUM_END]) {
        return false;
    }
    return !churn__grid_adjoins(&c->grid, p) ||
           last[SUM_END] + sum[SUM_MOVED_IN] - sum[SUM_MOVED_OUT] == sum[SUM_START];
}

static churn_status customers_finish(churn__kpi_run *run, void *state, churn_error *err)
{
    customers *c = state;
    (void)churn__sums_accumulate(&c->sums, 0, LEVELS);
    (void)churn__sums_accumulate(&c->days, DAY_START, DAY_START + 1);
    for (uint32_t g = 0; g < c->sums.groups; g++) {
        for (uint32_t p = 0; p < run->begun_count; p++) {
            if (!adds_up(c, g, p)) {
                return churn__fail(err, CHURN_E_INTERNAL, 0, "kpi: customers do not add up");
            }
        }
    }
    return CHURN_OK;
}

/* ---- cells ---- */

/* The sum of the rates of the days that have one. */
static void set_daily(const customers *c, uint32_t period, uint32_t group, churn__kpi_cell *out)
{
    out->n = -1;
    for (uint32_t d = c->day_grid.first[period]; d < c->day_grid.first[period + 1]; d++) {
        const int64_t *sum = churn__sums_get(&c->days, group, d);
        if (sum[DAY_START] > 0) {
            out->defined = true;
            out->value += (double)sum[DAY_GONE] / (double)sum[DAY_START];
        }
    }
}

static void set_churn(const churn__kpi_run *run, const customers *c, uint32_t period,
                      uint32_t group, churn__kpi_cell *out)
{
    const int64_t *sum = churn__sums_get(&c->sums, group, period);
    if (c->daily) {
        set_daily(c, period, group, out);
    } else if (run->policy->churn_rate == CHURN__CHURN_RATE_START_AND_NEW) {
        churn__cell_share(run, out, sum[SUM_GONE] + sum[SUM_PASSED],
                          sum[SUM_START] + sum[SUM_CAME]);
    } else {
        churn__cell_share(run, out, sum[SUM_GONE], sum[SUM_START]);
    }
}

static churn_status customers_cell(churn__kpi_run *run, void *state, uint32_t figure,
                                   uint32_t period, uint32_t group, churn__kpi_cell *out,
                                   churn_error *err)
{
    const customers *c = state;
    const int64_t *sum = churn__sums_get(&c->sums, group, period);
    const int64_t kept = sum[SUM_START] - sum[SUM_GONE];
    switch (figure) {
    case LOGO_CHURN_ANNUAL:
        set_churn(run, c, period, group, out);
        churn__cell_annual(run, period, out);
        return CHURN_OK;
    case LOGO_CHURN:
        set_churn(run, c, period, group, out);
        return CHURN_OK;
    case CRR:
        churn__cell_share(run, out, sum[SUM_END] - sum[SUM_CAME], sum[SUM_START]);
        return CHURN_OK;
    case LOGO_RETENTION:
        churn__cell_share(
            run, out,
            kept - (run->policy->returners == CHURN__RETURNERS_LOST ? sum[SUM_RETURNED] : 0),
            sum[SUM_START]);
        return CHURN_OK;
    case PAYING_CUSTOMERS:
        churn__cell_plain(out, (double)sum[SUM_PAYING], sum[SUM_PAYING]);
        return churn__cell_exclude(run, out, period, group, true, err);
    case NET_NEW_CUSTOMERS:
        churn__cell_plain(out, (double)(sum[SUM_NEW] + sum[SUM_BACK] - sum[SUM_LOST]),
                          sum[SUM_NEW] + sum[SUM_BACK] + sum[SUM_LOST]);
        return CHURN_OK;
    default:
        break;
    }
    const int64_t count = figure == CUSTOMERS        ? sum[SUM_END]
                          : figure == NEW_CUSTOMERS  ? sum[SUM_NEW]
                          : figure == LOST_CUSTOMERS ? sum[SUM_LOST]
                                                     : sum[SUM_BACK];
    churn__cell_plain(out, (double)count, count);
    return CHURN_OK;
}

const churn__kpi_set churn__set_customers = {
    .name = "customers",
    .figures = figures,
    .count = FIGURES,
    .state_size = sizeof(customers),
    .open = customers_open,
    .customer = customers_customer,
    .finish = customers_finish,
    .cell = customers_cell,
    .close = customers_close,
};
