/* SPDX-License-Identifier: MIT */
#include "kpi/run_inside.h"

/*
 * Plan, product and currency of a customer: those of the main subscription just before the
 * beginning or the end of a period, which is the one with the most MRR; of equals the first by id.
 * Of who has none live then it is the first one in the period, where the beginning is asked for;
 * else the last before; else the first of all.
 */
typedef struct churn__main_span {
    churn_time from; /* until that of the next */
    uint32_t row;    /* CHURN__KPI_NONE: none is live */
} main_span;

void churn__main_free(churn__groups *groups)
{
    churn__free_array(groups->heap, groups->spans, groups->span_capacity, sizeof *groups->spans);
    churn__free_array(groups->heap, groups->instants, groups->instant_capacity,
                      sizeof *groups->instants);
}

static uint32_t code_of(const churn__subscription *row, uint8_t key)
{
    return key == CHURN__KEY_PLAN      ? row->plan
           : key == CHURN__KEY_PRODUCT ? row->product
                                       : row->currency;
}

static bool all_alike(const churn__subscription *rows, size_t count, uint8_t key)
{
    for (size_t i = 1; i < count; i++) {
        if (code_of(&rows[i], key) != code_of(&rows[0], key)) {
            return false;
        }
    }
    return true;
}

/* ---- which is the main one at all times ---- */

static bool push_instant(churn__groups *groups, size_t *count, churn_time at)
{
    size_t k = *count;
    if (at == CHURN_TIME_NONE) {
        return true;
    }
    if (!churn__grow(groups->heap, (void **)&groups->instants, &groups->instant_capacity, k + 1,
                     sizeof at)) {
        return false;
    }
    for (; k > 0 && groups->instants[k - 1] > at; k--) {
    }
    if (k > 0 && groups->instants[k - 1] == at) {
        return true;
    }
    memmove(groups->instants + k + 1, groups->instants + k, (*count - k) * sizeof at);
    groups->instants[k] = at;
    ++*count;
    return true;
}

/* What a live state is worth; 0 where that is not known. */
static int64_t worth(const churn__kpi_run *run, const churn__subscription *row, churn_time at)
{
    int64_t own = 0, mrr = 0;
    if (!churn__mrr_of_state(run->policy, row, at, &own) || !churn__mrr_fits(own) ||
        churn__exchange_minor(run->inside->exchange, row->currency, own, &mrr) != CHURN__PRESENT) {
        return 0;
    }
    return mrr;
}

static uint32_t main_at(const churn__kpi_run *run, const churn__subscription *rows, size_t count,
                        churn_time at)
{
    uint32_t best = CHURN__KPI_NONE;
    int64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const bool superseded =
            i + 1 < count && rows[i + 1].id == rows[i].id && rows[i + 1].valid_from <= at;
        if (rows[i].valid_from > at || superseded || !churn__subscription_live(&rows[i], at)) {
            continue;
        }
        const int64_t mrr = worth(run, &rows[i], at);
        if (best == CHURN__KPI_NONE || mrr > most) {
            best = (uint32_t)i;
            most = mrr;
        }
    }
    return best;
}

static bool make_spans(churn__kpi_run *run, const churn__subscription *rows, size_t count)
{
    churn__groups *groups = &run->inside->groups;
    size_t instants = 0;
    for (size_t i = 0; i < count; i++) {
        if (!push_instant(groups, &instants, rows[i].valid_from) ||
            !push_instant(groups, &instants, rows[i].ended_at) ||
            !push_instant(groups, &instants, rows[i].discount_until)) {
            return false;
        }
    }
    if (!churn__grow(groups->heap, (void **)&groups->spans, &groups->span_capacity, instants,
                     sizeof *groups->spans)) {
        return false;
    }
    groups->span_count = 0;
    for (size_t i = 0; i < instants; i++) {
        const uint32_t row = main_at(run, rows, count, groups->instants[i]);
        if (groups->span_count == 0 || groups->spans[groups->span_count - 1].row != row) {
            groups->spans[groups->span_count++] = (main_span){groups->instants[i], row};
        }
    }
    return true;
}

/* ---- which is the main one of a period ---- */

/* `at`: the last span that began before the boundary; span_count: none did. */
static uint32_t main_of_period(const churn__groups *groups, const churn__kpi_period *period,
                               size_t at, bool by_end)
{
    const size_t count = groups->span_count;
    const size_t next = at == count ? 0 : at + 1;
    if (at < count && groups->spans[at].row != CHURN__KPI_NONE) {
        return groups->spans[at].row;
    }
    for (size_t i = next; !by_end && i < count && groups->spans[i].from < period->until; i++) {
        if (groups->spans[i].row != CHURN__KPI_NONE) {
            return groups->spans[i].row;
        }
    }
    for (size_t i = next; i-- > 0;) {
        if (groups->spans[i].row != CHURN__KPI_NONE) {
            return groups->spans[i].row;
        }
    }
    for (size_t i = next; i < count; i++) {
        if (groups->spans[i].row != CHURN__KPI_NONE) {
            return groups->spans[i].row;
        }
    }
    return CHURN__KPI_NONE;
}

bool churn__groups_main(churn__kpi_run *run, uint32_t dim)
{
    churn__groups *groups = &run->inside->groups;
    const uint8_t key = groups->dims[dim].key;
    const churn__subscription *rows = NULL;
    const size_t count = churn__run_subscriptions(run, &rows);
    size_t at = 0;
    if (count == 0 || all_alike(rows, count, key)) {
        return churn__groups_change(groups, dim, 0,
                                    count == 0 ? CHURN__NO_CODE : code_of(&rows[0], key));
    }
    if (!make_spans(run, rows, count)) {
        return false;
    }
    at = groups->span_count;
    for (uint32_t p = 0; p < run->period_count; p++) {
        const bool at_start = run->periods[p].begun && !run->by_end;
        const churn_time edge = at_start ? run->periods[p].start : run->periods[p].until;
        size_t next = at == groups->span_count ? 0 : at + 1;
        for (; next < groups->span_count && groups->spans[next].from < edge; next++) {
            at = next;
        }
        const uint32_t row = main_of_period(groups, &run->periods[p], at, run->by_end);
        if (!churn__groups_change(groups, dim, p,
                                  row == CHURN__KPI_NONE ? CHURN__NO_CODE
                                                         : code_of(&rows[row], key))) {
            return false;
        }
    }
    return run->period_count > 0 || churn__groups_change(groups, dim, 0, CHURN__NO_CODE);
}
