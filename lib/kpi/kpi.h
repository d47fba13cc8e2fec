/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_KPI_H
#define CHURN_KPI_KPI_H

#include "base/date.h"
#include "core/fail.h"
#include "kpi/engagement_def.h"
#include "kpi/ledger.h"
#include "kpi/policy.h"
#include "store/store.h"
#include "table/table.h"

/*
 * What happened to the business: the monthly value of subscriptions, the ledger of its movements,
 * and the figures that follow. Money is int64 minor units; the monthly value of each subscription
 * state is rounded once, half away from zero, everything above it is sums of integers.
 */

/* ---- currencies ---- */

typedef struct churn__exchange_rate {
    uint32_t currency; /* code of texts */
    double factor;     /* minor units of the reporting currency for one of this */
} churn__exchange_rate;

/* A rate from an instant on. */
typedef struct churn__exchange_turn {
    uint32_t currency;
    churn_time at;
    double factor;
} churn__exchange_turn;

/* What is known of currencies at one as_of. */
struct churn__exchange {
    uint32_t currency; /* in which all is reported; CHURN__NO_CODE: not in the store */
    const churn__exchange_rate *rates; /* the newest of each, by code */
    size_t count;
    const churn__exchange_turn *turns; /* all of them, by code and instant; where they are kept */
    size_t turn_count;
};

/* An amount in the reporting currency: times the newest rate, rounded once, half away from zero.
 * NO_RATE: the currency has none; NON_FINITE: beyond 2^53. 0 is 0 in every currency. */
churn__missing churn__exchange_minor(const churn__exchange *exchange, uint32_t currency,
                                     int64_t amount, int64_t *out);
/* The same by the rate that a policy takes for an instant: the newest of all, or that of then. */
churn__missing churn__exchange_minor_at(const churn__exchange *exchange,
                                        const churn__kpi_policy *policy, uint32_t currency,
                                        churn_time at, int64_t amount, int64_t *out);
/* The turns of a currency with from < at < to. */
size_t churn__exchange_turns(const churn__exchange *exchange, uint32_t currency, churn_time from,
                             churn_time to, const churn__exchange_turn **out);

/* The rates of a version, by as_of; each is read once. */
typedef struct churn__exchange_book churn__exchange_book;

churn_status churn__exchange_book_create(churn__heap *heap, churn__version *version,
                                         churn_str currency, churn__exchange_book **out,
                                         churn_error *err);
/* Keep all rates of each time, not only the newest, where a policy asks for them. */
void churn__exchange_book_keep(churn__exchange_book *book, const churn__kpi_policy *policy);
void churn__exchange_book_free(churn__exchange_book *book);
/* Of each currency the newest rate with `at` <= as_of. Valid until the next call; NULL: no memory.
 */
const churn__exchange *churn__exchange_at(churn__exchange_book *book, churn_time as_of);

/* ---- monthly money ---- */

/* Monthly value of one state: amount less discount, times the rational of its period (1/12 of a
 * year, 52/12 of a week, 365/12 of a day), rounded once. False: it does not fit. `at` decides
 * whether a discount still holds. Counts 0 for states that the policy leaves out. */
bool churn__mrr_of_state(const churn__kpi_policy *policy, const churn__subscription *state,
                         churn_time at, int64_t *out);

/* Whether so much money is known: beyond 2^53 minor units it is not. */
bool churn__mrr_fits(int64_t mrr);

/* A subscription state that is live (not cancelled, unpaid or ended) at an instant. */
bool churn__subscription_live(const churn__subscription *state, churn_time at);

/* Whether a state makes a customer at an instant: a trial and what is unpaid where the policy
 * includes them; what is paused or past due always, but for policies in which only money does. */
bool churn__policy_live(const churn__kpi_policy *policy, const churn__subscription *state,
                        churn_time at);
/* When a state is over, as the policy recognises it; INT64_MAX: it lasts. The next state of the
 * subscription may be earlier. */
churn_time churn__policy_end(const churn__kpi_policy *policy, const churn__subscription *state);

/* MRR of a customer at an instant, from their rows as churn__reader_subscriptions() gives them.
 * missing: CHURN__NO_RATE where a live state that counts is in a currency without a rate. What is
 * in another currency is converted from the state's own monthly value. */
churn__missing churn__mrr_at(const churn__kpi_policy *policy, const churn__subscription *rows,
                             size_t count, const churn__exchange *exchange, churn_time at,
                             int64_t *out);

/* The instants at which a customer's MRR or liveness changes, ascending, distinct, with the MRR
 * from each on: a step function. Appended to `steps` (capacity handled). */
typedef struct churn__mrr_step {
    churn_time at;
    int64_t mrr;
    uint32_t live;   /* live subscriptions that are no trials */
    uint8_t no_rate; /* money unknown: no rate, or beyond what a table can show (2^53) */
} churn__mrr_step;

churn_status churn__mrr_steps(churn__heap *heap, const churn__kpi_policy *policy,
                              const churn__subscription *rows, size_t count,
                              const churn__exchange *exchange, churn__mrr_step **steps,
                              size_t *step_count, size_t *step_capacity, churn_error *err);

/* A time during which somebody was a customer: [from, to), as `loss:` defines it; `to`
 * CHURN_TIME_NONE while it lasts. Spans of one customer ascend and do not overlap. Computed by
 * whoever knows losses. */
typedef struct churn__life_span {
    churn_time from, to;
    uint8_t kind; /* of the loss at `to`: CHURN__CHURN_VOLUNTARY, _INVOLUNTARY; 0: none yet */
    uint32_t reason, competitor; /* texts; CHURN__NO_CODE */
    int64_t mrr;                 /* lost, minor units; CHURN_INT_NONE: not known */
} churn__life_span;

typedef churn_status (*churn__kpi_lives)(void *context, churn__reader *reader, uint32_t customer,
                                         const churn__life_span **spans, size_t *count,
                                         churn_error *err);

/* ---- tables of the ledger ---- */

/* As CHURN__SPLIT_*: a reconciliation for each customer. */
#define CHURN__SPLIT_CUSTOMER 8u

typedef struct churn__ledger_asked {
    churn_time from, to, as_of;
    const churn__zone *zone;
    churn_str currency;
    const churn__kpi_policy *policy;
    uint32_t split; /* CHURN__SPLIT_* */
    churn_cancel *cancel;
} churn__ledger_asked;

/* The tables of churn_engine_movements() and churn_engine_reconciliation(). What happens at an
 * instant belongs to the span that begins with it. CHURN_E_INTERNAL: rows do not add up. */
churn_status churn__kpi_movements(churn__heap *heap, churn__version *version,
                                  const churn__ledger_asked *asked, churn_table **out,
                                  churn_error *err);
churn_status churn__kpi_reconciliation(churn__heap *heap, churn__version *version,
                                       const churn__ledger_asked *asked, churn_table **out,
                                       churn_error *err);

#include "kpi/run.h"
#include "kpi/tables.h"
#include "kpi/survival_of.h"

#endif
