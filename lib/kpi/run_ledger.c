/* SPDX-License-Identifier: MIT */
#include "kpi/inside.h"
#include "kpi/run_inside.h"

/* The ledger of the customer whose turn it is, from steps of their MRR. */

static bool push_move(churn__kpi_run *run, size_t *count, churn__move move)
{
    churn__run_inside *inside = run->inside;
    if (!churn__grow(run->heap, (void **)&inside->moves, &inside->move_capacity, *count + 1,
                     sizeof move)) {
        return false;
    }
    inside->moves[(*count)++] = move;
    return true;
}

static bool push_unknown(churn__kpi_run *run, size_t *count, churn_time at, bool begins)
{
    churn__run_inside *inside = run->inside;
    if (!begins) {
        inside->unknown[*count - 1].to = at;
        return true;
    }
    if (!churn__grow(run->heap, (void **)&inside->unknown, &inside->unknown_capacity, *count + 1,
                     sizeof *inside->unknown)) {
        return false;
    }
    inside->unknown[(*count)++] =
        (churn__unknown_money){at, CHURN_TIME_NONE, CHURN__NO_RATE, CHURN__NO_CODE};
    return true;
}

static bool take_steps(churn__kpi_run *run, size_t steps, churn__ledger_of *out)
{
    churn__run_inside *inside = run->inside;
    churn__ledger ledger = {0};
    bool fits = true;
    for (size_t i = 0; i < steps && fits; i++) {
        const churn__mrr_step *step = &inside->steps[i];
        const int64_t before = ledger.mrr;
        const bool unknown = ledger.no_rate;
        const uint8_t kind = churn__ledger_step(&ledger, step);
        if (kind != CHURN__MOVE_NONE) {
            fits = push_move(run, &out->move_count,
                             (churn__move){.at = step->at,
                                           .kind = kind,
                                           .plan = CHURN__NO_CODE,
                                           .product = CHURN__NO_CODE,
                                           .currency = CHURN__NO_CODE,
                                           .amount = ledger.mrr - before,
                                           .before = before,
                                           .after = ledger.mrr});
        }
        if (unknown != ledger.no_rate) {
            fits = fits && push_unknown(run, &out->unknown_count, step->at, ledger.no_rate);
        }
    }
    out->moves = inside->moves;
    out->unknown = inside->unknown;
    return fits;
}

churn_status churn__run_read_ledger(churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__run_inside *inside = run->inside;
    const churn__subscription *rows = NULL;
    const size_t count = churn__run_subscriptions(run, &rows);
    size_t steps = 0;
    inside->ledger = (churn__ledger_of){0};
    CHURN_TRY(churn__mrr_steps(run->heap, run->policy, rows, count, inside->exchange,
                               &inside->steps, &steps, &inside->step_capacity, err));
    if (!take_steps(run, steps, &inside->ledger)) {
        CHURN_TRY(churn__fail_memory(err, run->heap));
    }
done:
    return st;
}

const char *churn__cause_name(uint8_t cause)
{
    static const char *const names[CHURN__CAUSES] = {
        "",        "start",    "price",        "seats", "plan",   "period", "added",
        "removed", "discount", "discount_end", "pause", "resume", "unpaid", "paid",
        "cancel",  "end",      "return",       "rate",  "switch"};
    return cause < CHURN__CAUSES ? names[cause] : "";
}
