/* SPDX-License-Identifier: MIT */
#include "kpi/spells.h"

#include "base/checked.h"
#include "base/num.h"

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

/* Most charges are small enough for plain division. */
#define SMALL (INT64_C(1) << 31)

static bool scale_charge(int64_t charge, int64_t num, int64_t den, int64_t *out)
{
    if (num == den) {
        *out = charge;
        return true;
    }
    if (charge < -SMALL || charge > SMALL || num > SMALL / 2 || den > SMALL * SMALL / 4) {
        return churn__mul_div_round(charge, num, den, out);
    }
    const int64_t product = charge * num, size = product < 0 ? -product : product;
    const int64_t rounded = (2 * size + den) / (2 * den);
    *out = product < 0 ? -rounded : rounded;
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
           scale_charge(charge, num, den, out);
}

churn__state_worth churn__state_worth_at(const churn__kpi_policy *policy,
                                         const churn__subscription *state, churn_time at)
{
    churn__state_worth worth = {0};
    if (!churn__mrr_of_state(policy, state, at, &worth.own) || !churn__mrr_fits(worth.own)) {
        worth.own = 0;
        worth.missing = CHURN__NON_FINITE;
    }
    worth.discounted = discount_holds(policy, state, at);
    worth.live = status_keeps(policy, state->status) && in_force(policy, state, at) &&
                 (policy->free != 0 || worth.own != 0 || worth.missing != CHURN__PRESENT);
    return worth;
}

bool churn__policy_live(const churn__kpi_policy *policy, const churn__subscription *state,
                        churn_time at)
{
    if (!status_keeps(policy, state->status) || !in_force(policy, state, at)) {
        return false;
    }
    return policy->free != 0 || churn__state_worth_at(policy, state, at).live;
}

/* In the reporting currency. */
static churn__missing reported_mrr(const churn__kpi_policy *policy,
                                   const churn__subscription *state,
                                   const churn__exchange *exchange, churn_time at, int64_t *out)
{
    const churn__state_worth worth = churn__state_worth_at(policy, state, at);
    if (worth.missing != CHURN__PRESENT) {
        return (churn__missing)worth.missing;
    }
    return churn__exchange_minor_at(exchange, policy, state->currency, at, worth.own, out);
}

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
