/* SPDX-License-Identifier: MIT */
#include "kpi/engagement.h"
#include "kpi/run.h"

/*
 * Trials: a customer's first subscription state that is a trial begins theirs, unless they paid
 * before; it converts when a subscription of theirs is paid for. One trial a customer.
 */
enum { STARTED, CONVERTED, OPEN, CONVERSION, TRAILING, FIGURES };

static const churn__figure figures[FIGURES] = {
    [STARTED] = {"trials_started", CHURN__UNIT_COUNT, false, "Trials started",
                 "customers whose trial began in the period", "Stripe, Trials started",
                 "40 trials began in March: 40", NULL},
    [CONVERTED] = {"trials_converted", CHURN__UNIT_COUNT, false, "Trials converted",
                   "customers with a trial who began to pay in the period",
                   "Stripe, Converted trials", "12 of any trials began to pay in March: 12", NULL},
    [OPEN] = {"trials_open", CHURN__UNIT_COUNT, false, "Open trials",
              "customers whose trial began in the period and may still convert at as_of: it runs, "
              "or kpi.trial_within is not over",
              "Baremetrics, Trial Conversion Rate", "5 of the 40 still try: 5", NULL},
    [CONVERSION] = {"trial_conversion", CHURN__UNIT_RATIO, false, "Trial conversion",
                    "converted by as_of / trials that began in the period and are decided",
                    "Baremetrics, Trial Conversion Rate (same window)",
                    "of 40 that began in March 5 are open, 14 of the others pay: 14 / 35 = 40 %",
                    "Stripe: trial_conversion_trailing"},
    [TRAILING] = {"trial_conversion_trailing", CHURN__UNIT_RATIO, false,
                  "Trial conversion, trailing",
                  "trials converted in the period / trials started in it",
                  "Stripe, Trial conversion rate (30 days)",
                  "12 conversions and 40 starts in March: 12 / 40 = 30 %",
                  "Baremetrics: trial_conversion"},
};

enum { SUM_STARTED, SUM_CONVERTED, SUM_OPEN, SUM_DECIDED, SUM_OF_STARTED, SUMS };

typedef struct trials {
    churn__kpi_sums sums;
} trials;

static churn_status trials_open(churn__kpi_run *run, void *state, churn_error *err)
{
    (void)err;
    churn__sums_init(&((trials *)state)->sums, run, SUMS);
    return CHURN_OK;
}

static void trials_close(churn__kpi_run *run, void *state)
{
    (void)run;
    churn__sums_free(&((trials *)state)->sums);
}

/* ---- one customer ---- */

typedef struct trial {
    churn_time start, ends, paid; /* CHURN_TIME_NONE: not */
} trial;

static bool same_next(const churn__subscription *rows, size_t count, size_t i)
{
    return i + 1 < count && rows[i + 1].id == rows[i].id;
}

/* Where a state stops; INT64_MAX: not yet. */
static churn_time stops(const churn__subscription *rows, size_t count, size_t i)
{
    churn_time to = same_next(rows, count, i) ? rows[i + 1].valid_from : INT64_MAX;
    return rows[i].ended_at != CHURN_TIME_NONE && rows[i].ended_at < to ? rows[i].ended_at : to;
}

static bool is_paid(const churn__subscription *row)
{
    const bool runs = row->status == CHURN__SUB_ACTIVE || row->status == CHURN__SUB_PAST_DUE;
    const int64_t less = row->discount == CHURN_INT_NONE ? 0 : row->discount;
    return runs && row->amount != CHURN_INT_NONE && row->amount > 0 &&
           (less < row->amount || row->discount_until != CHURN_TIME_NONE);
}

static void first_of(churn_time *first, churn_time at)
{
    *first = *first == CHURN_TIME_NONE || at < *first ? at : *first;
}

static trial find_trial(const churn__subscription *rows, size_t count)
{
    trial t = {CHURN_TIME_NONE, CHURN_TIME_NONE, CHURN_TIME_NONE};
    for (size_t i = 0; i < count; i++) {
        const bool lasts = stops(rows, count, i) > rows[i].valid_from;
        if (lasts && rows[i].status == CHURN__SUB_TRIAL) {
            first_of(&t.start, rows[i].valid_from);
        } else if (lasts && is_paid(&rows[i])) {
            first_of(&t.paid, rows[i].valid_from);
        }
    }
    if (t.start == CHURN_TIME_NONE || (t.paid != CHURN_TIME_NONE && t.paid < t.start)) {
        t.start = CHURN_TIME_NONE; /* who paid before tries nothing */
    }
    return t;
}

/* A trial of the customer runs at as_of, and its planned end is not behind it. */
static bool still_tries(const churn__subscription *rows, size_t count, churn_time as_of)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].status == CHURN__SUB_TRIAL && stops(rows, count, i) > as_of &&
            (rows[i].trial_ends_at == CHURN_TIME_NONE || rows[i].trial_ends_at > as_of)) {
            return true;
        }
    }
    return false;
}

static bool add_start(churn__kpi_run *run, trials *state, const trial *t, bool tries)
{
    const uint32_t period = churn__run_period(run, t->start);
    const int64_t within = run->settings->engagement.trial_within;
    if (period == CHURN__KPI_NONE) {
        return true;
    }
    const uint32_t group = churn__run_group(run, period, NULL);
    int64_t *sums = group == CHURN__KPI_NONE ? NULL : churn__sums_at(&state->sums, group, period);
    if (sums == NULL) {
        return false;
    }
    const bool paid = t->paid != CHURN_TIME_NONE && (within == 0 || t->paid - t->start <= within);
    const bool open = within == 0 ? !paid && tries : run->as_of - t->start < within;
    sums[SUM_STARTED]++;
    sums[SUM_OPEN] += open;
    sums[SUM_DECIDED] += !open;
    sums[SUM_OF_STARTED] += !open && paid;
    return true;
}

static bool add_conversion(churn__kpi_run *run, trials *state, const trial *t)
{
    const int64_t within = run->settings->engagement.trial_within;
    if (t->paid == CHURN_TIME_NONE || (within > 0 && t->paid - t->start > within)) {
        return true;
    }
    const uint32_t period = churn__run_period(run, t->paid);
    if (period == CHURN__KPI_NONE) {
        return true;
    }
    const uint32_t group = churn__run_group(run, period, NULL);
    int64_t *sums = group == CHURN__KPI_NONE ? NULL : churn__sums_at(&state->sums, group, period);
    if (sums != NULL) {
        sums[SUM_CONVERTED]++;
    }
    return sums != NULL;
}

static churn_status trials_customer(churn__kpi_run *run, void *state, churn_error *err)
{
    const churn__subscription *rows = NULL;
    const size_t count = churn__run_subscriptions(run, &rows);
    const trial t = find_trial(rows, count);
    if (t.start == CHURN_TIME_NONE || t.start >= run->as_of) {
        return CHURN_OK;
    }
    if (!add_start(run, state, &t, still_tries(rows, count, run->as_of)) ||
        !add_conversion(run, state, &t)) {
        return churn__fail_memory(err, run->heap);
    }
    return CHURN_OK;
}

/* ---- cells ---- */

static churn_status trials_cell(churn__kpi_run *run, void *state, uint32_t figure, uint32_t period,
                                uint32_t group, churn__kpi_cell *out, churn_error *err)
{
    const int64_t *sums = churn__sums_get(&((const trials *)state)->sums, group, period);
    (void)err;
    if (period >= run->begun_count) {
        return CHURN_OK;
    }
    switch (figure) {
    case STARTED:
        churn__cell_plain(out, (double)sums[SUM_STARTED], sums[SUM_STARTED]);
        break;
    case CONVERTED:
        churn__cell_plain(out, (double)sums[SUM_CONVERTED], sums[SUM_CONVERTED]);
        break;
    case OPEN:
        churn__cell_plain(out, (double)sums[SUM_OPEN], sums[SUM_STARTED]);
        break;
    case CONVERSION:
        churn__cell_share(run, out, sums[SUM_OF_STARTED], sums[SUM_DECIDED]);
        out->excluded = sums[SUM_OPEN];
        out->incomplete = sums[SUM_OPEN] > 0;
        out->note = out->excluded > 0 ? CHURN__STR("excluded: open trials") : out->note;
        break;
    default:
        churn__cell_share(run, out, sums[SUM_CONVERTED], sums[SUM_STARTED]);
        break;
    }
    return CHURN_OK;
}

const churn__kpi_set churn__set_trials = {
    .name = "trials",
    .figures = figures,
    .count = FIGURES,
    .state_size = sizeof(trials),
    .open = trials_open,
    .customer = trials_customer,
    .cell = trials_cell,
    .close = trials_close,
};
