/* SPDX-License-Identifier: MIT */
#include "kpi/customers.h"
#include "kpi/sets.h"

/*
 * Who pays less or more without going: movements of the ledger, each decision once, by the causes
 * that the ledger gives. What falls or comes back without a decision about what is bought (a pause
 * and its end, a debt and its payment, a discount that runs out, a rate) counts for neither.
 */

enum {
    FIGURE_DOWNGRADES,
    FIGURE_DOWNSELLS,
    FIGURE_EXTENSIONS,
    FIGURE_UPGRADES,
    FIGURE_DOWNGRADED,
    FIGURE_UPGRADED,
    FIGURE_DOWNGRADE_RATE,
    FIGURE_UPGRADE_RATE,
    FIGURE_DOWNSELL_MRR,
    FIGURE_EXTENSION_MRR,
    FIGURE_UPGRADE_MRR,
    FIGURES
};

#define CAUSES "cause price, seats, plan, period, discount or "

static const churn__figure figures[FIGURES] = {
    {"downgrades", CHURN__UNIT_COUNT, false, "Downgrades",
     "contraction movements of " CAUSES "removed: downsells + extensions",
     "C. Gold, Fighting Churn with Data, 2.7",
     "one takes a cheaper plan, one goes from monthly to yearly with a discount: 2", NULL},
    {"downsells", CHURN__UNIT_COUNT, false, "Downsells",
     "downgrades without a longer billing period", "C. Gold, Fighting Churn with Data, 2.7",
     "one takes a cheaper plan, one goes from monthly to yearly with a discount: 1",
     "no vendor tells downsell and extension apart"},
    {"extensions", CHURN__UNIT_COUNT, false, "Extensions",
     "downgrades with a longer billing period", "C. Gold, Fighting Churn with Data, 2.7",
     "one takes a cheaper plan, one goes from monthly to yearly with a discount: 1",
     "no vendor tells downsell and extension apart"},
    {"upgrades", CHURN__UNIT_COUNT, false, "Upgrades", "expansion movements of " CAUSES "added",
     "C. Gold, Fighting Churn with Data, 2.7", "one adds seats, one comes back from a pause: 1",
     NULL},
    {"downgraded_customers", CHURN__UNIT_COUNT, false, "Customers with a downgrade",
     "customers with at least one downgrade in the period",
     "C. Gold, Fighting Churn with Data, 2.7", "one customer with two downgrades: 1", NULL},
    {"upgraded_customers", CHURN__UNIT_COUNT, false, "Customers with an upgrade",
     "customers with at least one upgrade in the period", "C. Gold, Fighting Churn with Data, 2.7",
     "one customer with two upgrades: 1", NULL},
    {"downgrade_rate", CHURN__UNIT_RATIO, false, "Downgrade rate",
     "customers at the start with a downgrade in the period / customers at the start",
     "C. Gold, Fighting Churn with Data, 2.7", "50 at the start, 2 of them downgrade: 4 %", NULL},
    {"upgrade_rate", CHURN__UNIT_RATIO, false, "Upgrade rate",
     "customers at the start with an upgrade in the period / customers at the start",
     "C. Gold, Fighting Churn with Data, 2.7", "50 at the start, 5 of them upgrade: 10 %", NULL},
    {"downsell_mrr", CHURN__UNIT_MONEY, false, "MRR of downsells", "size of the downsells",
     "C. Gold, Fighting Churn with Data, 2.7", "from 50 to 30 USD a month: 20 USD", NULL},
    {"extension_mrr", CHURN__UNIT_MONEY, false, "MRR of extensions", "size of the extensions",
     "C. Gold, Fighting Churn with Data, 2.7",
     "from 50 USD a month to 540 USD a year: 50 - 45 = 5 USD", NULL},
    {"upgrade_mrr", CHURN__UNIT_MONEY, false, "MRR of upgrades", "size of the upgrades",
     "C. Gold, Fighting Churn with Data, 2.7", "from 30 to 50 USD a month: 20 USD", NULL},
};

/* What a movement is: also the columns of counts, and from SUM_MONEY on of money. */
enum { KIND_DOWNSELL, KIND_EXTENSION, KIND_UPGRADE, KINDS };

enum {
    SUM_COUNTS,
    SUM_MONEY = SUM_COUNTS + KINDS,
    SUM_START = SUM_MONEY + KINDS,
    SUM_DOWNGRADED,
    SUM_UPGRADED,
    SUM_DOWNGRADED_OF_START,
    SUM_UPGRADED_OF_START,
    SUM_BLAME,
    SUMS = SUM_BLAME + CHURN__BLAME_COLUMNS
};

typedef struct changes_state {
    churn__kpi_sums sums;
} changes_state;

static churn_status changes_open(churn__kpi_run *run, void *state, churn_error *err)
{
    (void)err;
    churn__sums_init(&((changes_state *)state)->sums, run, SUMS);
    return CHURN_OK;
}

static void changes_close(churn__kpi_run *run, void *state)
{
    (void)run;
    churn__sums_free(&((changes_state *)state)->sums);
}

/* ---- what a movement is ---- */

static bool is_decided(uint8_t cause)
{
    switch (cause) {
    case CHURN__CAUSE_PRICE:
    case CHURN__CAUSE_SEATS:
    case CHURN__CAUSE_PLAN:
    case CHURN__CAUSE_PERIOD:
    case CHURN__CAUSE_ADDED:
    case CHURN__CAUSE_REMOVED:
    case CHURN__CAUSE_DISCOUNT:
        return true;
    default:
        return false;
    }
}

/* Until when changes belong to the movement at `at`. */
static churn_time group_end(const churn__kpi_run *run, churn_time at)
{
    switch (run->policy->group) {
    case CHURN__GROUP_HOUR:
        return at + CHURN__HOUR;
    case CHURN__GROUP_DAY:
        return churn__period_next(at, CHURN__UNIT_CD, run->zone);
    default:
        return at + 1;
    }
}

/* In days of a year of 365 in 12 months, times 12, as MRR has it. */
static int64_t length_of(const churn__subscription *row)
{
    const int64_t n = row->period_count;
    switch (row->period_unit) {
    case 'd':
        return 12 * n;
    case 'w':
        return 12 * 7 * n;
    case 'm':
        return 365 * n;
    case 'y':
        return 12 * 365 * n;
    default:
        return 0;
    }
}

static bool pays(const churn__subscription *row)
{
    return row->status == CHURN__SUB_ACTIVE || row->status == CHURN__SUB_PAST_DUE;
}

/* The state of the subscription of rows[first] in force just before t; `count`: none. */
static size_t state_before(const churn__subscription *rows, size_t count, size_t first,
                           churn_time t)
{
    size_t found = count;
    for (size_t k = first; k < count && rows[k].id == rows[first].id && rows[k].valid_from < t;
         k++) {
        found = k;
    }
    if (found < count && rows[found].ended_at != CHURN_TIME_NONE && rows[found].ended_at < t) {
        return count;
    }
    return found;
}

bool churn__is_extension(const churn__subscription *rows, size_t count, churn_time at,
                         churn_time until)
{
    int64_t before = 0, after = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && rows[i].id == rows[i - 1].id) {
            continue;
        }
        const size_t old = state_before(rows, count, i, at);
        const size_t now = state_before(rows, count, i, until);
        if (old == now) {
            continue;
        }
        if (old < count && pays(&rows[old]) && length_of(&rows[old]) > before) {
            before = length_of(&rows[old]);
        }
        if (now < count && pays(&rows[now]) && length_of(&rows[now]) > after) {
            after = length_of(&rows[now]);
        }
    }
    return before > 0 && after > before;
}

/* ---- one customer ---- */

/* Rows of one movement: same instant, same kind. */
typedef struct movement {
    const churn__move *first; /* the first that somebody decided on; NULL: nobody */
    size_t rows;
    int64_t amount;
} movement;

static movement movement_at(const churn__ledger_of *ledger, size_t from)
{
    const churn__move *begin = &ledger->moves[from];
    movement m = {NULL, 0, 0};
    for (size_t i = from; i < ledger->move_count && ledger->moves[i].at == begin->at &&
                          ledger->moves[i].kind == begin->kind;
         i++) {
        const churn__move *row = &ledger->moves[i];
        m.first = m.first == NULL && is_decided(row->cause) ? row : m.first;
        m.amount += row->amount;
        m.rows++;
    }
    return m;
}

static int kind_of(churn__kpi_run *run, const churn__move *move)
{
    const churn__subscription *rows = NULL;
    if (move == NULL) {
        return KINDS;
    }
    if (move->kind == CHURN__MOVE_EXPANSION) {
        return KIND_UPGRADE;
    }
    if (move->kind != CHURN__MOVE_CONTRACTION) {
        return KINDS;
    }
    const size_t count = churn__run_subscriptions(run, &rows);
    return churn__is_extension(rows, count, move->at, group_end(run, move->at)) ? KIND_EXTENSION
                                                                                : KIND_DOWNSELL;
}

/* A period and its customer: whether they were there at the start. */
static churn_status add_once(churn__kpi_run *run, changes_state *s, uint32_t period, bool down,
                             bool up, bool start, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t group = churn__run_group(run, period, NULL);
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_START, start, err));
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_DOWNGRADED, down, err));
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_UPGRADED, up, err));
    CHURN_TRY(
        churn__kpi_put(run, &s->sums, group, period, SUM_DOWNGRADED_OF_START, down && start, err));
    CHURN_TRY(
        churn__kpi_put(run, &s->sums, group, period, SUM_UPGRADED_OF_START, up && start, err));
done:
    return st;
}

static churn_status add_movement(churn__kpi_run *run, changes_state *s, uint32_t period, int kind,
                                 const churn__move *move, int64_t amount, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__kpi_keys keys = churn__kpi_no_keys;
    keys.code[CHURN__KEY_CAUSE] = move->cause;
    const uint32_t group = churn__run_group(run, period, &keys);
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_COUNTS + (uint32_t)kind, 1, err));
    CHURN_TRY(churn__kpi_put(run, &s->sums, group, period, SUM_MONEY + (uint32_t)kind,
                             amount < 0 ? -amount : amount, err));
done:
    return st;
}

/* Movements in one period, from row `first` of the ledger on. */
static churn_status add_period(churn__kpi_run *run, changes_state *s, uint32_t period,
                               const churn__ledger_of *ledger, size_t first, bool start,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__kpi_period *p = &run->periods[period];
    bool down = false, up = false;
    for (size_t i = first, n = 1; i < ledger->move_count && ledger->moves[i].at < p->until;
         i += n) {
        const movement m = movement_at(ledger, i);
        const int kind = kind_of(run, m.first);
        n = m.rows;
        if (kind == KINDS) {
            continue;
        }
        up = up || kind == KIND_UPGRADE;
        down = down || kind != KIND_UPGRADE;
        CHURN_TRY(add_movement(run, s, period, kind, m.first, m.amount, err));
    }
    if (start || down || up) {
        CHURN_TRY(add_once(run, s, period, down, up, start, err));
    }
done:
    return st;
}

static churn_status changes_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    churn_status st = CHURN_OK;
    changes_state *s = state;
    const churn__life_span *spans = NULL;
    const churn__ledger_of *ledger = NULL;
    churn__level level = {0};
    size_t count = 0;
    CHURN_TRY(churn__run_lives(run, &spans, &count, err));
    CHURN_TRY(churn__run_ledger(run, &ledger, err));
    for (uint32_t p = 0; p < run->begun_count; p++) {
        const churn_time from = run->periods[p].start, to = run->periods[p].until;
        const churn__unknown_money *unknown = churn__unknown_between(ledger, from, to);
        const bool start = churn__life_before(spans, count, from) < count;
        churn__level_before(&level, ledger, from);
        if (unknown != NULL) {
            CHURN_TRY(churn__kpi_blame(run, &s->sums, churn__run_group(run, p, NULL), p, SUM_BLAME,
                                       unknown, err));
        } else {
            CHURN_TRY(add_period(run, s, p, ledger, level.next, start, err));
        }
    }
done:
    return st;
}

/* ---- cells ---- */

static churn_status changes_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                                 uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const int64_t *sum = churn__sums_get(&((changes_state *)state)->sums, group, period);
    (void)err;
    switch (figure) {
    case FIGURE_DOWNGRADES:
        churn__cell_count(out, sum[SUM_COUNTS + KIND_DOWNSELL] + sum[SUM_COUNTS + KIND_EXTENSION]);
        break;
    case FIGURE_DOWNSELLS:
    case FIGURE_EXTENSIONS:
    case FIGURE_UPGRADES:
        churn__cell_count(out, sum[SUM_COUNTS + figure - FIGURE_DOWNSELLS]);
        break;
    case FIGURE_DOWNGRADED:
        churn__cell_count(out, sum[SUM_DOWNGRADED]);
        break;
    case FIGURE_UPGRADED:
        churn__cell_count(out, sum[SUM_UPGRADED]);
        break;
    case FIGURE_DOWNGRADE_RATE:
        churn__cell_share(run, out, sum[SUM_DOWNGRADED_OF_START], sum[SUM_START]);
        break;
    case FIGURE_UPGRADE_RATE:
        churn__cell_share(run, out, sum[SUM_UPGRADED_OF_START], sum[SUM_START]);
        break;
    default:
        churn__cell_money(run, out, sum[SUM_MONEY + figure - FIGURE_DOWNSELL_MRR], -1);
        break;
    }
    churn__cell_blame(run, out, sum + SUM_BLAME, "customers");
    return CHURN_OK;
}

const churn__kpi_set churn__set_changes = {
    "changes",        figures, FIGURES,      sizeof(changes_state), changes_open,
    changes_customer, NULL,    changes_cell, changes_close};
