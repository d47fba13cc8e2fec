/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "kpi/inside.h"

/* The movements of one customer between two instants. */

static bool add_move(churn__mrr_moves *moves, uint8_t kind, int64_t before, int64_t after)
{
    int64_t change = 0;
    if (kind == CHURN__MOVE_NONE) {
        return true;
    }
    moves->count[kind]++;
    return churn__sub_i64(after, before, &change) &&
           churn__add_i64(moves->amount[kind], change, &moves->amount[kind]);
}

churn__missing churn__mrr_moves_between(const churn__mrr_step *steps, size_t count, churn_time from,
                                        churn_time to, churn__mrr_moves *out)
{
    churn__ledger ledger = {0};
    size_t i = 0;
    bool fits = true;
    *out = (churn__mrr_moves){{0}, {0}};
    for (; i < count && steps[i].at < from; i++) {
        (void)churn__ledger_step(&ledger, &steps[i]);
    }
    bool unknown = ledger.no_rate;
    for (; i < count && steps[i].at < to; i++) {
        const int64_t before = ledger.mrr;
        const uint8_t kind = churn__ledger_step(&ledger, &steps[i]);
        fits = add_move(out, kind, before, ledger.mrr) && fits;
        unknown = unknown || ledger.no_rate;
    }
    if (unknown) {
        return CHURN__NO_RATE;
    }
    return fits ? CHURN__PRESENT : CHURN__NON_FINITE;
}
