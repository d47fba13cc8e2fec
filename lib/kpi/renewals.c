/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "base/sort.h"
#include "kpi/customers.h"

/*
 * What falls due, and what is announced to end, from what the states of subscriptions say of
 * themselves: the state in force just before an instant is the one that counts. A state that was
 * replaced, ended or moved its date before then fell due at another time, or never.
 */

/* ---- states ---- */

static bool pays(const churn__subscription *row)
{
    return row->status == CHURN__SUB_ACTIVE || row->status == CHURN__SUB_PAST_DUE ||
           row->status == CHURN__SUB_PAUSED;
}

static bool has_next(const churn__renewal_facts *facts, size_t i)
{
    return i + 1 < facts->count && facts->rows[i + 1].id == facts->rows[i].id;
}

/* Row i is a paying state in force just before t. */
static bool holds_before(const churn__renewal_facts *facts, size_t i, churn_time t)
{
    const churn__subscription *row = &facts->rows[i];
    return pays(row) && row->valid_from < t &&
           (!has_next(facts, i) || facts->rows[i + 1].valid_from >= t) &&
           (row->ended_at == CHURN_TIME_NONE || row->ended_at >= t);
}

/* It is said to end, and was so before t. */
static bool is_announced(const churn__subscription *row, churn_time t)
{
    return row->auto_renew == 0 ||
           (row->cancel_requested_at != CHURN_TIME_NONE && row->cancel_requested_at < t);
}

static void blame(churn__unknown_money *unknown, churn__missing why, const churn__subscription *row,
                  churn_time at)
{
    if (unknown->missing == CHURN__PRESENT) {
        *unknown = (churn__unknown_money){at, CHURN_TIME_NONE, why, row->currency};
    }
}

/* MRR of a state at an instant in the reporting currency, added to a sum. */
static void add_money(const churn__renewal_facts *facts, const churn__subscription *row,
                      churn_time at, int64_t *sum, churn__unknown_money *unknown)
{
    int64_t own = 0, mrr = 0;
    const churn__exchange *exchange = facts->exchange;
    if (facts->book != NULL && facts->policy->fx == CHURN__FX_HISTORIC) {
        exchange = churn__exchange_at(facts->book, at < facts->as_of ? at : facts->as_of);
    }
    if (exchange == NULL || !churn__mrr_of_state(facts->policy, row, at, &own) ||
        !churn__mrr_fits(own)) {
        blame(unknown, CHURN__NON_FINITE, row, at);
        return;
    }
    const churn__missing why = churn__exchange_minor(exchange, row->currency, own, &mrr);
    if (why != CHURN__PRESENT) {
        blame(unknown, why, row, at);
    } else if (!churn__add_i64(*sum, mrr, sum)) {
        blame(unknown, CHURN__NON_FINITE, row, at);
    }
}

/* ---- one subscription that is due ---- */

/* What became of row i at the instant at which it was due; the row that says so. Somebody in
 * dunning, or of whom it was only announced that they would go, is not decided until a later state
 * or an end says more. */
static uint8_t outcome_of(const churn__renewal_facts *facts, size_t i, churn_time due,
                          size_t *decided)
{
    const churn_time as_of = facts->as_of;
    size_t k = i;
    if (due >= as_of) {
        return CHURN__RENEWAL_OPEN;
    }
    while (has_next(facts, k) && facts->rows[k + 1].valid_from <= due) {
        k++;
    }
    for (;; k++) {
        const churn__subscription *row = &facts->rows[k];
        const bool announced = row->ends_at == due && is_announced(row, due);
        *decided = k;
        if (!pays(row) || (row->ended_at != CHURN_TIME_NONE && row->ended_at <= due)) {
            return CHURN__RENEWAL_LOST;
        }
        if (row->status != CHURN__SUB_PAST_DUE && !announced) {
            return CHURN__RENEWAL_RENEWED;
        }
        if (row->ended_at != CHURN_TIME_NONE && row->ended_at < as_of) {
            return CHURN__RENEWAL_LOST;
        }
        if (!has_next(facts, k) || facts->rows[k + 1].valid_from >= as_of) {
            return CHURN__RENEWAL_OPEN;
        }
    }
}

static churn__renewal renewal_of(const churn__renewal_facts *facts, size_t i, churn_time due)
{
    churn__renewal r = {.at = due};
    size_t decided = i;
    r.outcome = outcome_of(facts, i, due, &decided);
    add_money(facts, &facts->rows[i], due - 1, &r.due, &r.unknown);
    if (r.outcome == CHURN__RENEWAL_RENEWED) {
        const churn__subscription *row = &facts->rows[decided];
        add_money(facts, row, row->valid_from > due ? row->valid_from : due, &r.after, &r.unknown);
    }
    return r;
}

static bool put_due(churn__heap *heap, const churn__renewal_facts *facts, size_t i, churn_time due,
                    churn__renewals *out)
{
    if (due == CHURN_TIME_NONE || !holds_before(facts, i, due)) {
        return true;
    }
    if (!churn__grow(heap, (void **)&out->data, &out->capacity, out->count + 1,
                     sizeof *out->data)) {
        return false;
    }
    out->data[out->count++] = renewal_of(facts, i, due);
    return true;
}

/* ---- one day ---- */

static bool lived_before(const churn__renewal_facts *facts, size_t first, churn_time t)
{
    for (size_t i = first; i < facts->count && facts->rows[i].id == facts->rows[first].id; i++) {
        if (holds_before(facts, i, t)) {
            return true;
        }
    }
    return false;
}

/* What began on a day on which something ended takes its place. */
static void add_replacements(const churn__renewal_facts *facts, churn_time from, churn_time to,
                             churn__renewal *r)
{
    for (size_t i = 0, first = 0; i < facts->count; i++) {
        const churn__subscription *row = &facts->rows[i];
        first = row->id == facts->rows[first].id ? first : i;
        const churn_time end = has_next(facts, i) ? facts->rows[i + 1].valid_from : INT64_MAX;
        if (!pays(row) || row->valid_from < from || row->valid_from >= to ||
            row->valid_from >= facts->as_of || end <= row->valid_from ||
            lived_before(facts, first, row->valid_from) || lived_before(facts, first, from)) {
            continue;
        }
        if (row->ended_at == CHURN_TIME_NONE || row->ended_at > row->valid_from) {
            r->outcome = r->outcome == CHURN__RENEWAL_LOST ? CHURN__RENEWAL_RENEWED : r->outcome;
            add_money(facts, row, row->valid_from, &r->after, &r->unknown);
        }
    }
}

static void merge(churn__renewal *into, const churn__renewal *other)
{
    if (other->outcome == CHURN__RENEWAL_OPEN || into->outcome == CHURN__RENEWAL_OPEN) {
        into->outcome = CHURN__RENEWAL_OPEN;
    } else if (other->outcome == CHURN__RENEWAL_RENEWED) {
        into->outcome = CHURN__RENEWAL_RENEWED;
    }
    if (into->unknown.missing == CHURN__PRESENT) {
        into->unknown = other->unknown;
    }
    if (into->unknown.missing == CHURN__PRESENT &&
        (!churn__add_i64(into->due, other->due, &into->due) ||
         !churn__add_i64(into->after, other->after, &into->after))) {
        into->unknown =
            (churn__unknown_money){other->at, CHURN_TIME_NONE, CHURN__NON_FINITE, CHURN__NO_CODE};
    }
}

/* Renewals of one local day, sorted, are one. */
static void pool_days(const churn__renewal_facts *facts, churn__renewals *list)
{
    size_t n = 0;
    for (size_t i = 0, next = 0; i < list->count; i = next) {
        const int64_t day = churn__zone_day(facts->zone, list->data[i].at);
        bool lost = list->data[i].outcome == CHURN__RENEWAL_LOST;
        churn__renewal whole = list->data[i];
        for (next = i + 1;
             next < list->count && churn__zone_day(facts->zone, list->data[next].at) == day;
             next++) {
            lost = lost || list->data[next].outcome == CHURN__RENEWAL_LOST;
            merge(&whole, &list->data[next]);
        }
        if (lost) {
            add_replacements(facts, churn__zone_midnight(facts->zone, day),
                             churn__zone_midnight(facts->zone, day + 1), &whole);
        }
        list->data[n++] = whole;
    }
    list->count = n;
}

static int compare_renewals(const void *a, const void *b, const void *context)
{
    const churn_time x = ((const churn__renewal *)a)->at, y = ((const churn__renewal *)b)->at;
    (void)context;
    return (x > y) - (x < y);
}

bool churn__renewals_find(churn__heap *heap, const churn__renewal_facts *facts,
                          churn__renewals *out)
{
    out->count = 0;
    for (size_t i = 0; i < facts->count; i++) {
        const churn__subscription *row = &facts->rows[i];
        const churn_time end = row->ends_at == row->renews_at ? CHURN_TIME_NONE : row->ends_at;
        if (!put_due(heap, facts, i, row->renews_at, out) || !put_due(heap, facts, i, end, out)) {
            return false;
        }
    }
    if (out->count > 1 &&
        !churn__sort(heap, out->data, out->count, sizeof *out->data, compare_renewals, NULL)) {
        return false;
    }
    pool_days(facts, out);
    return true;
}

/* ---- what is announced to end ---- */

static int compare_scheduled(const void *a, const void *b, const void *context)
{
    const churn_time x = ((const churn__scheduled *)a)->at, y = ((const churn__scheduled *)b)->at;
    (void)context;
    return (x > y) - (x < y);
}

bool churn__schedule_find(churn__heap *heap, const churn__renewal_facts *facts,
                          churn__schedule *out)
{
    out->count = 0;
    for (size_t i = 0; i < facts->count; i++) {
        const churn__subscription *row = &facts->rows[i];
        churn__scheduled s = {.at = row->ends_at, .row = (uint32_t)i};
        s.at = s.at == CHURN_TIME_NONE ? row->renews_at : s.at;
        s.seen = s.at < facts->as_of ? s.at : facts->as_of;
        if (s.at == CHURN_TIME_NONE || !holds_before(facts, i, s.seen) ||
            !is_announced(row, s.seen)) {
            continue;
        }
        if (!churn__grow(heap, (void **)&out->data, &out->capacity, out->count + 1,
                         sizeof *out->data)) {
            return false;
        }
        add_money(facts, row, s.seen - 1, &s.mrr, &s.unknown);
        out->data[out->count++] = s;
    }
    return out->count < 2 ||
           churn__sort(heap, out->data, out->count, sizeof *out->data, compare_scheduled, NULL);
}

static bool is_scheduled(const churn__renewal_facts *facts, const churn__schedule *schedule,
                         size_t row, churn_time until)
{
    for (size_t k = 0; k < schedule->count && schedule->data[k].at <= until; k++) {
        if (facts->rows[schedule->data[k].row].id == facts->rows[row].id) {
            return true;
        }
    }
    return false;
}

bool churn__schedule_loses(const churn__renewal_facts *facts, const churn__schedule *schedule,
                           churn_time from, churn_time to)
{
    const churn__scheduled *last = NULL;
    for (size_t k = 0; k < schedule->count && schedule->data[k].at < to; k++) {
        last = schedule->data[k].at >= from ? &schedule->data[k] : last;
    }
    for (size_t i = 0; last != NULL && i < facts->count; i++) {
        if (holds_before(facts, i, last->seen) && !is_scheduled(facts, schedule, i, last->at)) {
            return false;
        }
    }
    return last != NULL;
}
