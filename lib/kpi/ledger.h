/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_LEDGER_H
#define CHURN_KPI_LEDGER_H

#include "base/date.h"
#include "core/fail.h"
#include "kpi/policy.h"
#include "store/store.h"

/*
 * The ledger: every movement of a customer's MRR, a row a subscription, with its kind and cause.
 * docs/reference/semantics.md (The ledger) has the definitions.
 */

typedef struct churn__exchange churn__exchange;

#define CHURN__MOVE_NONE 0
#define CHURN__MOVE_NEW 1
#define CHURN__MOVE_EXPANSION 2
#define CHURN__MOVE_CONTRACTION 3
#define CHURN__MOVE_CHURN 4
#define CHURN__MOVE_REACTIVATION 5
#define CHURN__MOVE_CURRENCY 6
#define CHURN__MOVE_SEGMENT_IN 7
#define CHURN__MOVE_SEGMENT_OUT 8
#define CHURN__MOVES 9

/* Why money moved. */
enum {
    CHURN__CAUSE_NONE,
    CHURN__CAUSE_START,
    CHURN__CAUSE_PRICE,
    CHURN__CAUSE_SEATS,
    CHURN__CAUSE_PLAN,
    CHURN__CAUSE_PERIOD,
    CHURN__CAUSE_ADDED,
    CHURN__CAUSE_REMOVED,
    CHURN__CAUSE_DISCOUNT,
    CHURN__CAUSE_DISCOUNT_END,
    CHURN__CAUSE_PAUSE,
    CHURN__CAUSE_RESUME,
    CHURN__CAUSE_UNPAID,
    CHURN__CAUSE_PAID,
    CHURN__CAUSE_CANCEL,
    CHURN__CAUSE_END,
    CHURN__CAUSE_RETURN,
    CHURN__CAUSE_RATE,
    CHURN__CAUSE_SWITCH,
    CHURN__CAUSES
};

/* "new" ... "segment_out", "start" ... "switch"; "" for none. */
const char *churn__movement_name(uint8_t kind);
const char *churn__cause_name(uint8_t cause);

/* One row. A customer's rows ascend by instant; of one instant SEGMENT_OUT come before SEGMENT_IN,
 * then CURRENCY, then the others, each by subscription. `before` and `after` run through them. */
typedef struct churn__move {
    churn_time at;
    uint8_t kind, cause;
    uint32_t subscription;            /* number of the subscription in the store */
    uint32_t plan, product, currency; /* texts; CHURN__NO_CODE */
    int64_t amount;                   /* signed, minor units of the reporting currency */
    int64_t before, after;            /* of the customer */
} churn__move;

/* A time during which some of a customer's money is unknown: [from, to). */
typedef struct churn__unknown_money {
    churn_time from, to; /* to: CHURN_TIME_NONE while it lasts */
    uint8_t missing;     /* CHURN__NO_RATE, CHURN__NON_FINITE: beyond 2^53 minor units */
    uint32_t currency;   /* of NO_RATE: the first subscription's */
} churn__unknown_money;

/* Of one customer; valid until the next. Money that is unknown counts 0 in the moves. */
typedef struct churn__ledger_of {
    const churn__move *moves;
    size_t move_count;
    const churn__unknown_money *unknown;
    size_t unknown_count;
} churn__ledger_of;

/* Of which keys of subscriptions SEGMENT rows are made: the amounts then add up for each value of
 * a key (of one alone; of several, for each of them and for their combinations). */
#define CHURN__SPLIT_PLAN 1u
#define CHURN__SPLIT_PRODUCT 2u
#define CHURN__SPLIT_CURRENCY 4u
#define CHURN__SPLIT_ALL 7u

/* Memory and settings for one customer after another. */
typedef struct churn__ledger churn__ledger;

/* Moves at instants < as_of, from what is known then. The policy and the zone must outlive it.
 * NULL: no memory. */
churn__ledger *churn__ledger_create(churn__heap *heap, churn__version *version,
                                    const churn__kpi_policy *policy, churn_str currency,
                                    const churn__zone *zone, uint32_t split, churn_time as_of);
/* The same for rows and rates that the caller has: see churn__ledger_rows(). */
churn__ledger *churn__ledger_create_plain(churn__heap *heap, const churn__kpi_policy *policy,
                                          const churn__zone *zone, uint32_t split);
void churn__ledger_free(churn__ledger *ledger);
/* CHURN_E_INTERNAL: the rows do not add up to the customer's MRR at as_of. */
churn_status churn__ledger_customer(churn__ledger *ledger, churn__reader *reader, uint32_t customer,
                                    churn__ledger_of *out, churn_error *err);
/* Of rows as churn__reader_subscriptions() gives them. */
churn_status churn__ledger_rows(churn__ledger *ledger, const churn__subscription *rows,
                                size_t count, const churn__exchange *exchange, churn_time as_of,
                                churn__ledger_of *out, churn_error *err);

/* Movements of one customer by kind; amounts have their sign. */
typedef struct churn__mrr_moves {
    int64_t amount[CHURN__MOVES];
    uint32_t count[CHURN__MOVES]; /* of movements, however many rows they have */
} churn__mrr_moves;

/* What moved at instants in [from, to). NO_RATE, NON_FINITE: money was unknown there, or a sum does
 * not fit. */
churn__missing churn__mrr_moves_between(const churn__ledger_of *ledger, churn_time from,
                                        churn_time to, churn__mrr_moves *out);
/* The first time at which any of the customer's money is unknown just before `from` or in [from,
 * to); NULL: there is none. */
const churn__unknown_money *churn__ledger_unknown(const churn__ledger_of *ledger, churn_time from,
                                                  churn_time to);

#endif
