/* SPDX-License-Identifier: MIT */
#include "engine/kpi.h"

/* The ledger of movements, and the proof that it adds up. */

typedef churn_status (*ledger_make)(churn__heap *heap, churn__version *version,
                                    const churn__ledger_asked *asked, churn_table **out,
                                    churn_error *err);

typedef struct ledger_question {
    const char *name;
    churn_time from, to;
    int32_t splits; /* that may be asked for */
    ledger_make make;
} ledger_question;

static churn_status check(const ledger_question *q, const churn_ledger_options *options,
                          churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_time as_of = options->as_of;
    if (q->from < CHURN_TIME_MIN || q->to > CHURN_TIME_MAX || q->from >= q->to) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "%s: the span must begin before it ends", q->name);
    }
    if (as_of != 0 && (as_of < CHURN_TIME_MIN || as_of > CHURN_TIME_MAX)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "%s: as_of is beyond the years 1 to 9999", q->name);
    }
    if ((options->split & ~q->splits) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "%s: split is none of CHURN_SPLIT_*", q->name);
    }
done:
    return st;
}

static churn_status answer(churn_engine *engine, const ledger_question *q,
                           const churn_ledger_options *options, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_ledger_options mine;
    churn__kpi_policy policy;
    churn__version *version = NULL;
    churn__ledger_asked asked = {.from = q->from, .to = q->to};
    CHURN_TRY(churn__copy_struct(&mine, sizeof mine, options, "churn_ledger_options", err));
    CHURN_TRY(check(q, &mine, err));
    CHURN_TRY(churn__kpi_policy_of(engine, mine.policy, &policy, err));
    CHURN_TRY(churn__store_pin(engine->store, &version, err));
    asked.as_of = mine.as_of != 0 ? mine.as_of : q->to;
    asked.zone = engine->playbook->zone;
    asked.currency = engine->playbook->currency;
    asked.policy = &policy;
    asked.split = (uint32_t)mine.split;
    asked.cancel = mine.cancel;
    CHURN_TRY(q->make(churn__store_heap(engine->store), version, &asked, out, err));
done:
    churn__version_release(version);
    return st;
}

static churn_status ask(churn_engine *engine, const ledger_question *q,
                        const churn_ledger_options *options, churn_table **out, churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, q->name, "out");
    }
    *out = NULL;
    churn_status st = churn__engine_enter(engine, q->name, err);
    if (st == CHURN_OK) {
        st = answer(engine, q, options, out, err);
        churn__engine_leave(engine);
    }
    return st;
}

churn_status churn_engine_movements(churn_engine *engine, churn_time from, churn_time to,
                                    const churn_ledger_options *options, churn_table **out,
                                    churn_error *err)
{
    const ledger_question q = {"churn_engine_movements", from, to, CHURN__SPLIT_ALL,
                               churn__kpi_movements};
    return ask(engine, &q, options, out, err);
}

churn_status churn_engine_reconciliation(churn_engine *engine, churn_time from, churn_time to,
                                         const churn_ledger_options *options, churn_table **out,
                                         churn_error *err)
{
    const ledger_question q = {"churn_engine_reconciliation", from, to,
                               CHURN__SPLIT_ALL | CHURN__SPLIT_CUSTOMER, churn__kpi_reconciliation};
    return ask(engine, &q, options, out, err);
}
