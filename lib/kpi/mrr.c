/* SPDX-License-Identifier: MIT */
#include "kpi/kpi.h"

#include "base/checked.h"
#include "base/num.h"
#include "base/sort.h"

#define FOR_EVER INT64_MAX

/* Minor units. Tables show money as doubles, which hold no more exactly; what is beyond is a slip
 * of the data, and must not keep the sums of all other customers from being formed. */
#define MRR_MOST (INT64_C(1) << 53)

bool churn__mrr_fits(int64_t mrr)
{
    return mrr >= -MRR_MOST && mrr <= MRR_MOST;
}

/* ---- one state ---- */

static bool status_lives(uint8_t status)
{
    return status == CHURN__SUB_TRIAL || status == CHURN__SUB_ACTIVE ||
           status == CHURN__SUB_PAUSED || status == CHURN__SUB_PAST_DUE;
}

bool churn__subscription_live(const churn__subscription *state, churn_time at)
{
    return status_lives(state->status) && state->valid_from <= at &&
           (state->ended_at == CHURN_TIME_NONE || at < state->ended_at);
}

/* Whether a status counts money. */
static bool status_counts(const churn__kpi_policy *policy, uint8_t status)
{
    switch (status) {
    case CHURN__SUB_TRIAL:
        return policy->trials != 0;
    case CHURN__SUB_ACTIVE:
        return true;
    case CHURN__SUB_PAUSED:
        return policy->paused != 0;
    case CHURN__SUB_PAST_DUE:
        return policy->past_due != 0;
    case CHURN__SUB_UNPAID:
        return policy->unpaid != 0;
    default:
        return false;
    }
}

/* Whether a status makes a customer. A pause and a late payment are no loss. */
static bool status_keeps(const churn__kpi_policy *policy, uint8_t status)
{
    return status == CHURN__SUB_PAUSED || status == CHURN__SUB_PAST_DUE ||
           status_counts(policy, status);
}

churn_time churn__policy_end(const churn__kpi_policy *policy, const churn__subscription *state)
{
    churn_time end = state->ended_at == CHURN_TIME_NONE ? FOR_EVER : state->ended_at;
    if (policy->recognition == CHURN__RECOGNITION_REQUEST &&
        state->cancel_requested_at != CHURN_TIME_NONE && state->cancel_requested_at < end) {
        end = state->cancel_requested_at;
    }
    return end;
}

static bool in_force(const churn__kpi_policy *policy, const churn__subscription *state,
                     churn_time at)
{
    return state->valid_from <= at && at < churn__policy_end(policy, state);
}

static bool counts(const churn__kpi_policy *policy, const churn__subscription *state)
{
    return status_counts(policy, state->status) && state->amount != CHURN_INT_NONE &&
           (policy->usage_based != 0 || state->usage_based != 1) &&
           (policy->refunds == CHURN__REFUNDS_SUBTRACT || state->amount > 0);
}

static bool discount_holds(const churn__kpi_policy *policy, const churn__subscription *state,
                           churn_time at)
{
    if (state->discount == CHURN_INT_NONE || policy->discounts == CHURN__DISCOUNTS_IGNORE) {
        return false;
    }
    return state->discount_until == CHURN_TIME_NONE ||
           (policy->discounts == CHURN__DISCOUNTS_SUBTRACT && at < state->discount_until);
}

/* The charge of one period. A discount takes away the charge, never more. */
static bool net_charge(const churn__kpi_policy *policy, const churn__subscription *state,
                       churn_time at, int64_t *out)
{
    *out = state->amount;
    if (state->amount <= 0 || !discount_holds(policy, state, at)) {
        return true;
    }
    if (!churn__sub_i64(state->amount, state->discount, out)) {
        return false;
    }
    *out = *out < 0 ? 0 : *out;
    return true;
}

/* Months are 1/12 of a year, weeks 1/52, days 1/365. */
static bool period_fraction(const churn__subscription *state, int64_t *num, int64_t *den)
{
    const int64_t n = state->period_count;
    switch (state->period_unit) {
    case 'd':
        *num = 365;
        *den = 12 * n;
        break;
    case 'w':
        *num = 52;
        *den = 12 * n;
        break;
    case 'm':
        *num = 1;
        *den = n;
        break;
    case 'y':
        *num = 1;
        *den = 12 * n;
        break;
    default:
        return false;
    }
    return n > 0;
}

/* That, and what is left of an amount without the tax that it contains. The largest denominator is
 * 12 x 2^31 x 2,000,000 < 2^63. */
static bool monthly_fraction(const churn__kpi_policy *policy, const churn__subscription *state,
                             int64_t *num, int64_t *den)
{
    if (!period_fraction(state, num, den)) {
        return false;
    }
    if (policy->tax != 0) {
        *num *= CHURN__TAX_ONE;
        *den *= CHURN__TAX_ONE + (int64_t)policy->tax;
    }
    return true;
}

bool churn__mrr_of_state(const churn__kpi_policy *policy, const churn__subscription *state,
                         churn_time at, int64_t *out)
{
    int64_t charge = 0, num = 0, den = 0;
    *out = 0;
    if (!counts(policy, state) || !in_force(policy, state, at)) {
        return true;
    }
    return monthly_fraction(policy, state, &num, &den) && net_charge(policy, state, at, &charge) &&
           churn__mul_div_round(charge, num, den, out);
}

bool churn__policy_live(const churn__kpi_policy *policy, const churn__subscription *state,
                        churn_time at)
{
    int64_t own = 0;
    if (!status_keeps(policy, state->status) || !in_force(policy, state, at)) {
        return false;
    }
    return policy->free != 0 || !churn__mrr_of_state(policy, state, at, &own) || own != 0;
}

/* In the reporting currency. */
static churn__missing reported_mrr(const churn__kpi_policy *policy,
                                   const churn__subscription *state,
                                   const churn__exchange *exchange, churn_time at, int64_t *out)
{
    int64_t own = 0;
    if (!churn__mrr_of_state(policy, state, at, &own) || !churn__mrr_fits(own)) {
        return CHURN__NON_FINITE;
    }
    return churn__exchange_minor(exchange, state->currency, own, out);
}

/* ---- one instant ---- */

/* The last row of the subscription of rows[i] that began by `at`; count: none. */
static size_t row_in_force(const churn__subscription *rows, size_t count, size_t i, churn_time at)
{
    size_t found = count;
    for (size_t k = i; k < count && rows[k].id == rows[i].id && rows[k].valid_from <= at; k++) {
        found = k;
    }
    return found;
}

churn__missing churn__mrr_at(const churn__kpi_policy *policy, const churn__subscription *rows,
                             size_t count, const churn__exchange *exchange, churn_time at,
                             int64_t *out)
{
    int64_t sum = 0, mrr = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = count;
        if (i > 0 && rows[i].id == rows[i - 1].id) {
            continue;
        }
        k = row_in_force(rows, count, i, at);
        if (k == count) {
            continue;
        }
        const churn__missing reason = reported_mrr(policy, &rows[k], exchange, at, &mrr);
        if (reason != CHURN__PRESENT) {
            return reason;
        }
        if (!churn__add_i64(sum, mrr, &sum)) {
            return CHURN__NON_FINITE;
        }
    }
    *out = sum;
    return churn__mrr_fits(sum) ? CHURN__PRESENT : CHURN__NON_FINITE;
}

/* ---- all instants ---- */

/* What changes at an instant. */
typedef struct change {
    churn_time at;
    int64_t mrr;
    int32_t live;
    int32_t unknown; /* money without a rate, or too much of it */
} change;

/* Most customers have few rows: no allocation for them. */
#define FEW 48
#define PER_ROW 4 /* begins, ends, and both again where a discount runs out in between */

typedef struct changes {
    change few[FEW];
    change *data;
    size_t count;
} changes;

static void put_span(changes *list, churn_time from, churn_time to, change what)
{
    what.at = from;
    list->data[list->count++] = what;
    if (to != FOR_EVER) {
        list->data[list->count++] = (change){to, -what.mrr, -what.live, -what.unknown};
    }
}

static void put_part(changes *list, const churn__kpi_policy *policy, const churn__subscription *row,
                     const churn__exchange *exchange, churn_time from, churn_time to)
{
    change what = {0};
    what.live = churn__policy_live(policy, row, from);
    what.unknown = reported_mrr(policy, row, exchange, from, &what.mrr) != CHURN__PRESENT;
    what.mrr = what.unknown ? 0 : what.mrr;
    put_span(list, from, to, what);
}

/* One row, in force from its beginning to the next row of its subscription or its end. */
static void put_row(changes *list, const churn__kpi_policy *policy, const churn__subscription *row,
                    const churn__subscription *next, const churn__exchange *exchange)
{
    const churn_time from = row->valid_from, until = row->discount_until;
    const churn_time end = churn__policy_end(policy, row);
    const churn_time to = next != NULL && next->valid_from < end ? next->valid_from : end;
    if (!status_keeps(policy, row->status) || from >= to) {
        return;
    }
    if (row->discount == CHURN_INT_NONE || until == CHURN_TIME_NONE || until <= from ||
        until >= to) {
        put_part(list, policy, row, exchange, from, to);
        return;
    }
    put_part(list, policy, row, exchange, from, until);
    put_part(list, policy, row, exchange, until, to);
}

static int compare_changes(const void *a, const void *b, const void *context)
{
    const churn_time x = ((const change *)a)->at, y = ((const change *)b)->at;
    (void)context;
    return (x > y) - (x < y);
}

static void insertion_sort(change *data, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const change moving = data[i];
        size_t k = i;
        for (; k > 0 && data[k - 1].at > moving.at; k--) {
            data[k] = data[k - 1];
        }
        data[k] = moving;
    }
}

typedef struct step_list {
    churn__heap *heap;
    churn__mrr_step **data;
    size_t *count, *capacity;
    size_t from; /* where this customer's begin */
} step_list;

static bool push_step(const step_list *list, churn__mrr_step step)
{
    static const churn__mrr_step nothing = {0};
    const churn__mrr_step *last =
        *list->count > list->from ? &(*list->data)[*list->count - 1] : &nothing;
    if (last->mrr == step.mrr && last->live == step.live && last->no_rate == step.no_rate) {
        return true;
    }
    if (!churn__grow(list->heap, (void **)list->data, list->capacity, *list->count + 1,
                     sizeof step)) {
        return false;
    }
    (*list->data)[(*list->count)++] = step;
    return true;
}

/* Everything up to an instant, added up. */
typedef struct running {
    int64_t mrr, live, unknown;
    bool lost; /* the sum did not fit: nothing is known from then on */
} running;

static void add_change(running *all, const change *c)
{
    all->lost = all->lost || !churn__add_i64(all->mrr, c->mrr, &all->mrr);
    all->live += c->live;
    all->unknown += c->unknown;
}

static bool sum_changes(const step_list *list, const changes *from)
{
    running all = {0};
    for (size_t i = 0; i < from->count; i++) {
        const change *c = &from->data[i];
        add_change(&all, c);
        if (i + 1 < from->count && c[1].at == c->at) {
            continue;
        }
        bool counts_not = all.lost || !churn__mrr_fits(all.mrr);
        churn__mrr_step step = {.at = c->at,
                                .mrr = counts_not ? 0 : all.mrr,
                                .live = (uint32_t)all.live,
                                .no_rate = counts_not || all.unknown > 0};
        if (!push_step(list, step)) {
            return false;
        }
    }
    return true;
}

churn_status churn__mrr_steps(churn__heap *heap, const churn__kpi_policy *policy,
                              const churn__subscription *rows, size_t count,
                              const churn__exchange *exchange, churn__mrr_step **steps,
                              size_t *step_count, size_t *step_capacity, churn_error *err)
{
    churn_status st = CHURN_OK;
    changes list = {.count = 0};
    const step_list out = {heap, steps, step_count, step_capacity, *step_count};
    const bool few = count <= FEW / PER_ROW;
    list.data = few ? list.few : churn__alloc_array(heap, count, PER_ROW * sizeof(change));
    if (list.data == NULL) {
        return churn__fail_memory(err, heap);
    }
    for (size_t i = 0; i < count; i++) {
        const bool more = i + 1 < count && rows[i + 1].id == rows[i].id;
        put_row(&list, policy, &rows[i], more ? &rows[i + 1] : NULL, exchange);
    }
    if (few) {
        insertion_sort(list.data, list.count);
    } else if (!churn__sort(heap, list.data, list.count, sizeof(change), compare_changes, NULL)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    if (!sum_changes(&out, &list)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
done:
    if (!few) {
        churn__free_array(heap, list.data, count, PER_ROW * sizeof(change));
    }
    return st;
}
