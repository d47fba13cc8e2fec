/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_INSIDE_H
#define CHURN_KPI_INSIDE_H

#include "kpi/kpi.h"

/* What the files of this module and their tests share; nobody else includes it. */

/* ---- the ledger ---- */

/* What one customer's money has come to. Zeroed: nothing yet. */
typedef struct churn__tally {
    int64_t mrr;
    bool paid; /* ever */
    bool gone; /* had paid, then nothing was live any more; until they pay again */
    bool no_rate;
} churn__tally;

/* Take the next step; which movement it was. The amount is the difference of `mrr`. */
uint8_t churn__tally_step(churn__tally *ledger, const churn__mrr_step *step);

/* ---- periods ---- */

/* Sums over customers. Money first: minor units, movements with their signs. */
enum {
    CHURN__SUM_START, /* MRR just before the period, of those whose money is known all through it */
    CHURN__SUM_END,
    CHURN__SUM_NEW,
    CHURN__SUM_EXPANSION,
    CHURN__SUM_CONTRACTION,
    CHURN__SUM_CHURN,
    CHURN__SUM_REACTIVATION,
    CHURN__SUM_COHORT_START, /* of those who paid at the start */
    CHURN__SUM_COHORT_END,
    CHURN__SUM_COHORT_KEPT, /* the lesser of both */
    CHURN__SUM_MRR,         /* just before the end, of those whose money is known then */
    CHURN__SUM_MONEY,
    CHURN__SUM_CUSTOMERS_START = CHURN__SUM_MONEY,
    CHURN__SUM_CUSTOMERS_END,
    CHURN__SUM_CUSTOMERS_NEW,
    CHURN__SUM_CUSTOMERS_BACK,
    CHURN__SUM_CUSTOMERS_LOST,
    CHURN__SUM_LOST_OF_START,   /* there at the start and not at the end */
    CHURN__SUM_CAME,            /* new or back, and not there at the start */
    CHURN__SUM_CUSTOMERS_KNOWN, /* at the end, their money known */
    CHURN__SUM_EXCLUDED_ALL,    /* whose money was unknown somewhere in the period */
    CHURN__SUM_EXCLUDED_END,    /* ... at its end */
    CHURN__SUM_COUNT
};

/* A period [start, end), seen up to `until`: its end, or as_of where that is earlier. What happens
 * at an instant belongs to the period that begins with it; levels are those just before it. */
typedef struct churn__mrr_period {
    churn_time start, end, until;
    bool begun, complete;
    int64_t sum[CHURN__SUM_COUNT];
} churn__mrr_period;

/* Free with churn__free_array(). */
churn_status churn__kpi_periods(churn__heap *heap, const churn__kpi_request *request,
                                churn__mrr_period **out, size_t *count, churn_error *err);
/* What a customer's periods are made of. The id is for errors. */
typedef struct churn__kpi_customer {
    churn_str id;
    const churn__mrr_step *steps;
    size_t step_count;
    const churn__life_span *spans;
    size_t span_count;
} churn__kpi_customer;

/* Add one customer to every period. CHURN_E_RANGE: a sum leaves int64, by whom the message says. */
churn_status churn__kpi_add(churn__mrr_period *periods, size_t count,
                            const churn__kpi_customer *customer, churn_error *err);
/* Start plus movements is end, in money and in customers; else CHURN_E_INTERNAL. */
churn_status churn__kpi_reconcile(const churn__mrr_period *periods, size_t count, churn_error *err);

/* ---- walking ---- */

/* Called for every customer in order of id with their steps as known at as_of. */
typedef churn_status (*churn__customer_visit)(void *context, uint32_t rank, uint32_t customer,
                                              const churn__mrr_step *steps, size_t step_count,
                                              churn_error *err);
churn_status churn__walk_customers(churn__heap *heap, churn__version *version,
                                   const churn__kpi_request *request, churn__customer_visit visit,
                                   void *context, churn_error *err);

#endif
