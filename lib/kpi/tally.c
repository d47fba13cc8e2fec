/* SPDX-License-Identifier: MIT */
#include "kpi/inside.h"

/* Policy chartmogul. Money that goes while something is still live (a pause,
 * a free plan) is contraction, and comes back as expansion. */
static uint8_t movement_kind(const churn__tally *before, const churn__mrr_step *step)
{
    if (step->mrr == before->mrr) {
        return CHURN__MOVE_NONE;
    }
    if (step->live == 0) {
        return CHURN__MOVE_CHURN;
    }
    if (step->mrr < before->mrr) {
        return CHURN__MOVE_CONTRACTION;
    }
    if (!before->paid) {
        return CHURN__MOVE_NEW;
    }
    return before->gone ? CHURN__MOVE_REACTIVATION : CHURN__MOVE_EXPANSION;
}

uint8_t churn__tally_step(churn__tally *ledger, const churn__mrr_step *step)
{
    const uint8_t kind = movement_kind(ledger, step);
    ledger->mrr = step->mrr;
    ledger->no_rate = step->no_rate != 0;
    if (step->mrr > 0) {
        ledger->paid = true;
        ledger->gone = false;
    }
    if (step->live == 0 && ledger->paid) {
        ledger->gone = true;
    }
    return kind;
}
