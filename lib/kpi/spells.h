/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_SPELLS_H
#define CHURN_KPI_SPELLS_H

#include "kpi/kpi.h"

/* What the ledger is made of; of no use to others. */

/* What a subscription counts from an instant on, until its next spell. */
typedef struct churn__spell {
    churn_time at;
    int64_t own;  /* a month, in its own currency */
    int64_t mrr;  /* in the reporting currency; 0 where unknown */
    uint32_t sub; /* which of the customer's subscriptions, in order of their ids */
    uint32_t row;
    uint8_t missing; /* CHURN__PRESENT, or why its money is unknown */
    bool live;       /* makes a customer */
    bool over;       /* its row has ended */
    bool discounted; /* a discount holds */
} churn__spell;

#define CHURN__FEW_SPELLS 48

/* All of a customer, by (at, sub). Zeroed but for the heap: empty. */
typedef struct churn__spells {
    churn__heap *heap;
    churn__spell *data; /* few, or of the heap */
    size_t count, capacity;
    uint32_t subs; /* how many subscriptions there are */
    churn__spell few[CHURN__FEW_SPELLS];
} churn__spells;

void churn__spells_init(churn__spells *spells, churn__heap *heap);
void churn__spells_free(churn__spells *spells);
/* False: no memory. */
bool churn__spells_make(churn__spells *spells, const churn__kpi_policy *policy,
                        const churn__subscription *rows, size_t count,
                        const churn__exchange *exchange);

/* What a state counts at an instant; `own` in its currency, 0 where it is unknown. */
typedef struct churn__state_worth {
    int64_t own;
    uint8_t missing;
    bool live, discounted;
} churn__state_worth;

churn__state_worth churn__state_worth_at(const churn__kpi_policy *policy,
                                         const churn__subscription *state, churn_time at);

#endif
