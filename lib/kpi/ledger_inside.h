/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_LEDGER_INSIDE_H
#define CHURN_KPI_LEDGER_INSIDE_H

#include "kpi/spells.h"

/* What the files of the ledger share. */

#define CHURN__NO_LEG UINT32_MAX

/* A subscription as the ledger passes over it. */
typedef struct churn__sub_state {
    const churn__spell *now, *was; /* was: before the group in hand; NULL: not yet begun */
    uint32_t group;                /* the last group that touched it */
    uint32_t last_leg;             /* of that group */
} churn__sub_state;

/* What a group of changes comes to for one subscription and, where the ledger is split, one value
 * of the keys. */
typedef struct churn__leg {
    uint32_t sub, row; /* row: whose plan, product and currency it has */
    uint32_t previous; /* leg of the same subscription; CHURN__NO_LEG */
    int64_t amount;    /* the change of its money, without what rates do */
    int64_t rate;      /* what rates do */
    int64_t kept;      /* of the amount, after what others of its value take away */
    int64_t moved;     /* of that, what moves between values */
} churn__leg;

/* Whether the customer has ever paid, and has gone since. */
typedef struct churn__standing {
    bool paid, gone;
    churn_time gone_at;
    size_t churn_from, churn_to; /* the rows of the last churn */
} churn__standing;

struct churn__ledger {
    churn__heap *heap;
    churn__exchange_book *book; /* NULL: rates are given */
    const churn__kpi_policy *policy;
    const churn__zone *zone;
    uint32_t split;
    churn_time as_of;
    /* of the customer in hand */
    const churn__subscription *rows;
    const churn__exchange *exchange;
    churn__spells spells;
    churn__sub_state *subs;
    size_t sub_capacity;
    churn__move *moves;
    size_t move_count, move_capacity;
    churn__unknown_money *unknown;
    size_t unknown_count, unknown_capacity;
    churn__standing standing, before_life; /* before_life: how it was when this life began */
    size_t life_from;                      /* its first row */
    churn_time life_at;
    int64_t total;    /* MRR, of what is known */
    int64_t running;  /* sum of the rows */
    int64_t bulk;     /* sum of all sizes: no sum is larger */
    uint32_t live;    /* subscriptions that make a customer */
    uint32_t missing; /* subscriptions whose money is unknown */
    bool too_large;   /* bulk does not fit */
    /* of the group in hand */
    uint32_t group;
    churn_time group_at;
    int64_t net; /* without what rates do */
    churn__leg *legs;
    size_t leg_count, leg_capacity;
    uint32_t *order; /* legs by value of the keys */
    size_t order_capacity;
};

/* Put one change of a subscription into the legs: before -> now, of which `carried` is what the
 * state before is worth now. False: no memory. */
bool churn__legs_add(churn__ledger *ledger, const churn__spell *before, const churn__spell *now,
                     int64_t carried);
/* Net the legs: `kept` and `moved` of each. False: no memory. */
bool churn__legs_net(churn__ledger *ledger);
/* Why a leg moved, where the whole movement is of a kind. */
uint8_t churn__leg_cause(const churn__ledger *ledger, const churn__leg *leg, uint8_t kind,
                         const churn__standing *before);

#endif
