/* SPDX-License-Identifier: MIT */
#include "base/checked.h"
#include "kpi/kpi.h"

/* What is asked of the ledger of one customer. */

const char *churn__movement_name(uint8_t kind)
{
    static const char *const names[CHURN__MOVES] = {
        "",         "new",        "expansion",  "contraction", "churn", "reactivation",
        "currency", "segment_in", "segment_out"};
    return kind < CHURN__MOVES ? names[kind] : "";
}

const char *churn__cause_name(uint8_t cause)
{
    static const char *const names[CHURN__CAUSES] = {
        "",        "start",    "price",        "seats", "plan",   "period", "added",
        "removed", "discount", "discount_end", "pause", "resume", "unpaid", "paid",
        "cancel",  "end",      "return",       "rate",  "switch"};
    return cause < CHURN__CAUSES ? names[cause] : "";
}

const churn__unknown_money *churn__ledger_unknown(const churn__ledger_of *ledger, churn_time from,
                                                  churn_time to)
{
    for (size_t i = 0; i < ledger->unknown_count; i++) {
        const churn__unknown_money *unknown = &ledger->unknown[i];
        if (unknown->from < to && (unknown->to == CHURN_TIME_NONE || unknown->to >= from)) {
            return unknown;
        }
    }
    return NULL;
}

churn__missing churn__mrr_moves_between(const churn__ledger_of *ledger, churn_time from,
                                        churn_time to, churn__mrr_moves *out)
{
    const churn__unknown_money *unknown = churn__ledger_unknown(ledger, from, to);
    churn_time last[CHURN__MOVES];
    bool fits = true;
    *out = (churn__mrr_moves){{0}, {0}};
    for (size_t i = 0; i < CHURN__MOVES; i++) {
        last[i] = CHURN_TIME_NONE;
    }
    for (size_t i = 0; i < ledger->move_count && ledger->moves[i].at < to; i++) {
        const churn__move *move = &ledger->moves[i];
        if (move->at < from) {
            continue;
        }
        fits =
            churn__add_i64(out->amount[move->kind], move->amount, &out->amount[move->kind]) && fits;
        out->count[move->kind] += move->at != last[move->kind];
        last[move->kind] = move->at;
    }
    if (unknown != NULL) {
        return (churn__missing)unknown->missing;
    }
    return fits ? CHURN__PRESENT : CHURN__NON_FINITE;
}
