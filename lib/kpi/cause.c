/* SPDX-License-Identifier: MIT */
#include "kpi/ledger_inside.h"

/* Why a subscription's money moved: its state before a group of changes beside the one after. */

typedef struct states {
    const churn__spell *was, *now; /* was: NULL before its first state */
    const churn__subscription *a, *b;
} states;

static bool counted(const churn__spell *spell)
{
    return spell != NULL && (spell->mrr != 0 || spell->missing != CHURN__PRESENT);
}

static bool in_force(const churn__spell *spell)
{
    return spell != NULL && !spell->over;
}

static bool is_late(uint8_t status)
{
    return status == CHURN__SUB_PAST_DUE || status == CHURN__SUB_UNPAID;
}

/* Of what was in force before and after. */
static uint8_t difference(const states *s)
{
    const churn__subscription *a = s->a, *b = s->b;
    if (a->plan != b->plan || a->product != b->product) {
        return CHURN__CAUSE_PLAN;
    }
    if (a->period_unit != b->period_unit || a->period_count != b->period_count) {
        return CHURN__CAUSE_PERIOD;
    }
    if (a->seats != b->seats) {
        return CHURN__CAUSE_SEATS;
    }
    if (a->amount != b->amount || a->currency != b->currency || a->usage_based != b->usage_based) {
        return CHURN__CAUSE_PRICE;
    }
    if (s->was->discounted && !s->now->discounted) {
        return CHURN__CAUSE_DISCOUNT_END;
    }
    return s->now->discounted ? CHURN__CAUSE_DISCOUNT : CHURN__CAUSE_PRICE;
}

/* It counts where it did not. */
static uint8_t cause_of_start(const states *s, const churn__standing *before)
{
    if (!before->paid) {
        return CHURN__CAUSE_START;
    }
    if (in_force(s->was) && s->a->status == CHURN__SUB_PAUSED) {
        return CHURN__CAUSE_RESUME;
    }
    if (in_force(s->was) && is_late(s->a->status)) {
        return CHURN__CAUSE_PAID;
    }
    if (before->gone) {
        return CHURN__CAUSE_RETURN;
    }
    const bool free_before = in_force(s->was) && s->a->status == CHURN__SUB_ACTIVE;
    return free_before ? difference(s) : CHURN__CAUSE_ADDED;
}

/* It counts no more. */
static uint8_t cause_of_end(const states *s, uint8_t kind)
{
    const bool cancelled = s->b->status == CHURN__SUB_CANCELLED;
    if (cancelled || s->now->over) {
        const bool asked = cancelled || s->b->cancel_requested_at != CHURN_TIME_NONE;
        if (kind != CHURN__MOVE_CHURN) {
            return CHURN__CAUSE_REMOVED;
        }
        return asked ? CHURN__CAUSE_CANCEL : CHURN__CAUSE_END;
    }
    if (s->b->status == CHURN__SUB_PAUSED) {
        return CHURN__CAUSE_PAUSE;
    }
    return is_late(s->b->status) ? CHURN__CAUSE_UNPAID : difference(s);
}

uint8_t churn__leg_cause(const churn__ledger *ledger, const churn__leg *leg, uint8_t kind,
                         const churn__standing *before)
{
    const churn__sub_state *sub = &ledger->subs[leg->sub];
    const states s = {sub->was, sub->now, sub->was == NULL ? NULL : &ledger->rows[sub->was->row],
                      &ledger->rows[sub->now->row]};
    if (!counted(s.was)) {
        return cause_of_start(&s, before);
    }
    return counted(s.now) ? difference(&s) : cause_of_end(&s, kind);
}
