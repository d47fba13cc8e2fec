/* SPDX-License-Identifier: MIT */
#include "kpi/inside.h"

#include <churn/kpi.h>

#include "base/checked.h"

/* Daily figures of a century are about 36,500 periods. */
#define MOST_PERIODS 100000

/* ---- boundaries ---- */

static bool calendar_unit(int32_t every, churn__unit *out)
{
    switch (every) {
    case CHURN_EVERY_DAY:
        *out = CHURN__UNIT_CD;
        return true;
    case CHURN_EVERY_WEEK:
        *out = CHURN__UNIT_CW;
        return true;
    case CHURN_EVERY_MONTH:
        *out = CHURN__UNIT_CMO;
        return true;
    case CHURN_EVERY_QUARTER:
        *out = CHURN__UNIT_CQ;
        return true;
    case CHURN_EVERY_YEAR:
        *out = CHURN__UNIT_CY;
        return true;
    default:
        return false;
    }
}

static bool in_time(churn_time t)
{
    return t >= CHURN_TIME_MIN && t <= CHURN_TIME_MAX;
}

static churn_status check_request(const churn__kpi_request *request, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__unit unit = CHURN__UNIT_CD;
    if (request->every != CHURN_EVERY_SPAN && !calendar_unit(request->every, &unit)) {
        CHURN_FAIL(CHURN_E_ARG, 0, "kpi: every: no such period");
    }
    if (!in_time(request->from) || !in_time(request->to)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: the span reaches beyond the years 1 to 9999");
    }
    if (request->from >= request->to) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: the span is empty: `to` must be later than `from`");
    }
done:
    return st;
}

static churn_time period_end(const churn__kpi_request *request, churn_time start)
{
    churn__unit unit = CHURN__UNIT_CD;
    churn_time end = request->to;
    if (calendar_unit(request->every, &unit)) {
        end = churn__period_next(start, unit, request->zone);
    }
    return end <= start || end > request->to ? request->to : end;
}

churn_status churn__kpi_periods(churn__heap *heap, const churn__kpi_request *request,
                                churn__mrr_period **out, size_t *count, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_time as_of = request->as_of == CHURN_TIME_NONE ? request->to : request->as_of;
    churn__mrr_period *periods = NULL;
    size_t n = 0, capacity = 0;
    CHURN_TRY(check_request(request, err));
    for (churn_time start = request->from; start < request->to; start = periods[n++].end) {
        churn__mrr_period period = {.start = start};
        if (n == MOST_PERIODS) {
            CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: more than %u periods", (uint64_t)MOST_PERIODS);
        }
        if (!churn__grow(heap, (void **)&periods, &capacity, n + 1, sizeof period)) {
            CHURN_TRY(churn__fail_memory(err, heap));
        }
        period.end = period_end(request, start);
        period.until = period.end < as_of ? period.end : as_of;
        period.begun = start < as_of;
        period.complete = period.end <= as_of;
        periods[n] = period;
    }
    *out = churn__realloc_array(heap, periods, capacity, n, sizeof *periods);
    if (*out == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    *count = n;
    periods = NULL;
done:
    churn__free_array(heap, periods, capacity, sizeof *periods);
    return st;
}

/* ---- one customer in one period ---- */

/* Alive just before t. */
static bool alive(const churn__life_span *span, churn_time t)
{
    return span->from < t && (span->to == CHURN_TIME_NONE || span->to >= t);
}

static void add_life(const churn__mrr_period *period, const churn__life_span *spans, size_t count,
                     int64_t *sum)
{
    int64_t came = 0;
    for (size_t i = 0; i < count; i++) {
        const churn__life_span *span = &spans[i];
        const bool began = span->from >= period->start && span->from < period->until;
        const bool ended =
            span->to != CHURN_TIME_NONE && span->to >= period->start && span->to < period->until;
        sum[CHURN__SUM_CUSTOMERS_START] += alive(span, period->start);
        sum[CHURN__SUM_CUSTOMERS_END] += alive(span, period->until);
        sum[CHURN__SUM_CUSTOMERS_NEW] += began && i == 0;
        sum[CHURN__SUM_CUSTOMERS_BACK] += began && i > 0;
        sum[CHURN__SUM_CUSTOMERS_LOST] += ended;
        came += began;
    }
    sum[CHURN__SUM_CAME] = came > 0 && sum[CHURN__SUM_CUSTOMERS_START] == 0;
    sum[CHURN__SUM_LOST_OF_START] =
        sum[CHURN__SUM_CUSTOMERS_START] > 0 && sum[CHURN__SUM_CUSTOMERS_END] == 0;
}

/* Moves the ledger from the start of the period to its end; `at` is the next step to take. */
static bool add_movements(const churn__mrr_period *period, const churn__mrr_step *steps,
                          size_t count, size_t *at, churn__tally *ledger, int64_t *sum)
{
    bool unknown = ledger->no_rate;
    const int64_t start = ledger->mrr;
    sum[CHURN__SUM_START] = start;
    for (; *at < count && steps[*at].at < period->until; ++*at) {
        const int64_t before = ledger->mrr;
        const uint8_t kind = churn__tally_step(ledger, &steps[*at]);
        int64_t amount = 0;
        unknown = unknown || ledger->no_rate;
        if (kind != CHURN__MOVE_NONE && (!churn__sub_i64(ledger->mrr, before, &amount) ||
                                         !churn__add_i64(sum[CHURN__SUM_NEW + kind - 1], amount,
                                                         &sum[CHURN__SUM_NEW + kind - 1]))) {
            return false;
        }
    }
    sum[CHURN__SUM_END] = ledger->mrr;
    if (start > 0) {
        sum[CHURN__SUM_COHORT_START] = start;
        sum[CHURN__SUM_COHORT_END] = ledger->mrr;
        sum[CHURN__SUM_COHORT_KEPT] = ledger->mrr < start ? ledger->mrr : start;
    }
    if (unknown) {
        memset(sum, 0, CHURN__SUM_MONEY * sizeof *sum);
    }
    sum[CHURN__SUM_MRR] = ledger->no_rate ? 0 : ledger->mrr;
    sum[CHURN__SUM_EXCLUDED_ALL] = unknown;
    sum[CHURN__SUM_EXCLUDED_END] = ledger->no_rate;
    return true;
}

static bool add_sums(churn__mrr_period *period, const int64_t *sum)
{
    bool fits = true;
    for (int i = 0; i < CHURN__SUM_COUNT; i++) {
        fits = churn__add_i64(period->sum[i], sum[i], &period->sum[i]) && fits;
    }
    return fits;
}

churn_status churn__kpi_add(churn__mrr_period *periods, size_t count,
                            const churn__kpi_customer *customer, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__tally ledger = {0};
    const churn__mrr_step *steps = customer->steps;
    size_t at = 0;
    for (; at < customer->step_count && steps[at].at < periods[0].start; at++) {
        churn__tally_step(&ledger, &steps[at]);
    }
    for (size_t p = 0; p < count && periods[p].begun; p++) {
        int64_t sum[CHURN__SUM_COUNT] = {0};
        if (!add_movements(&periods[p], steps, customer->step_count, &at, &ledger, sum)) {
            CHURN_FAIL(CHURN_E_RANGE, 0, "kpi: the movements of customer %q are too large to add",
                       &customer->id);
        }
        add_life(&periods[p], customer->spans, customer->span_count, sum);
        if (!ledger.no_rate) {
            sum[CHURN__SUM_CUSTOMERS_KNOWN] = sum[CHURN__SUM_CUSTOMERS_END];
        }
        if (!add_sums(&periods[p], sum)) {
            CHURN_FAIL(CHURN_E_RANGE, 0,
                       "kpi: with customer %q the sum over all customers becomes too large",
                       &customer->id);
        }
    }
done:
    return st;
}

/* ---- does it add up ---- */

/* Wrapping is harmless: both sides wrap alike. */
static uint64_t total(const int64_t *sum, const int *terms, size_t count)
{
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++) {
        all += (uint64_t)sum[terms[i]];
    }
    return all;
}

churn_status churn__kpi_reconcile(const churn__mrr_period *periods, size_t count, churn_error *err)
{
    static const int money[] = {CHURN__SUM_START,       CHURN__SUM_NEW,   CHURN__SUM_EXPANSION,
                                CHURN__SUM_CONTRACTION, CHURN__SUM_CHURN, CHURN__SUM_REACTIVATION};
    static const int came[] = {CHURN__SUM_CUSTOMERS_START, CHURN__SUM_CUSTOMERS_NEW,
                               CHURN__SUM_CUSTOMERS_BACK};
    static const int left[] = {CHURN__SUM_CUSTOMERS_END, CHURN__SUM_CUSTOMERS_LOST};
    churn_status st = CHURN_OK;
    for (size_t p = 0; p < count; p++) {
        const int64_t *sum = periods[p].sum;
        if (total(sum, money, 6) != (uint64_t)sum[CHURN__SUM_END]) {
            CHURN_FAIL(CHURN_E_INTERNAL, 0, "kpi: movements of MRR do not add up");
        }
        if (total(sum, came, 3) != total(sum, left, 2)) {
            CHURN_FAIL(CHURN_E_INTERNAL, 0, "kpi: customers do not add up");
        }
    }
done:
    return st;
}
