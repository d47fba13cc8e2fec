/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_LEDGER_H
#define CHURN_KPI_LEDGER_H

#include "kpi/kpi.h"

/* Beside those of kpi.h. */
#define CHURN__MOVE_CURRENCY 6
#define CHURN__MOVE_SEGMENT_IN 7
#define CHURN__MOVE_SEGMENT_OUT 8
#define CHURN__MOVE_KINDS 9

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

/* One row of the ledger. A customer's moves ascend by instant; of one instant SEGMENT_OUT come
 * before SEGMENT_IN and these before the others. The sum of all amounts is the customer's MRR, and
 * by plan, product and currency where the ledger is split by them. */
typedef struct churn__move {
    churn_time at;
    uint8_t kind, cause;
    uint32_t subscription;
    uint32_t plan, product, currency; /* texts; CHURN__NO_CODE */
    int64_t amount;                   /* signed, minor units of the reporting currency */
    int64_t before, after;            /* of the customer */
} churn__move;

/* A time during which some of a customer's money is unknown: [from, to). */
typedef struct churn__unknown_money {
    churn_time from, to; /* to: CHURN_TIME_NONE while it lasts */
    uint8_t missing;     /* CHURN__NO_RATE or CHURN__NON_FINITE */
    uint32_t currency;   /* of NO_RATE */
} churn__unknown_money;

/* Of one customer; valid until the next one. */
typedef struct churn__ledger_of {
    const churn__move *moves;
    size_t move_count;
    const churn__unknown_money *unknown;
    size_t unknown_count;
} churn__ledger_of;

/* "start", "price" ...; "" for CHURN__CAUSE_NONE. */
const char *churn__cause_name(uint8_t cause);

#endif
