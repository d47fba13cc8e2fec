/* SPDX-License-Identifier: MIT */
#ifndef CHURN_JOURNEY_JOURNEY_H
#define CHURN_JOURNEY_JOURNEY_H

#include "core/column.h"
#include "core/fail.h"
#include "expr/expr.h"
#include "kpi/kpi.h"
#include "store/store.h"

/* What the business calls a loss, and segments of customers. */

typedef struct churn__segment_def {
    churn_str id;
    uint32_t line, column;
    churn__expr *when;
} churn__segment_def;

typedef struct churn__loss_def {
    bool by_subscription; /* the last live subscription that is no trial ended */
    bool by_record;       /* a churn record, voluntary or involuntary */
    churn__kpi_policy policy;
    churn_str currency;
} churn__loss_def;

/* What is known at as_of of whether a customer is lost. */
typedef struct churn__loss {
    bool churned;           /* now */
    bool ever;              /* now or before: the fields below say of the last loss */
    churn_time at;          /* when it was fulfilled */
    uint8_t kind;           /* CHURN__CHURN_VOLUNTARY or _INVOLUNTARY */
    uint32_t reason;        /* code of texts of the churn record nearest to it, CHURN__NO_CODE */
    int64_t mrr;            /* lost, minor units; CHURN_INT_NONE: not known */
    int8_t by_subscription; /* 0, 1; CHURN_TRUTH_NONE: the source says nothing of the customer */
    int8_t by_record;
} churn__loss;

/* Memory for judging one customer after another. */
typedef struct churn__loss_judge churn__loss_judge;
churn__loss_judge *churn__loss_judge_create(churn__heap *heap, const churn__loss_def *def,
                                            churn__version *version);
void churn__loss_judge_free(churn__loss_judge *judge);
churn_status churn__loss_judge_at(churn__loss_judge *judge, churn__reader *reader,
                                  uint32_t customer, churn_time as_of, churn__loss *out,
                                  churn_error *err);
/* The spans of life that are known at as_of: valid until the next call. Where subscriptions say
 * who is lost and the store has any, they also say who is a customer: somebody without one is none.
 * Elsewhere such a customer is one from `since` (or their first record) on. */
churn_status churn__loss_judge_spans(churn__loss_judge *judge, churn__reader *reader,
                                     uint32_t customer, churn_time as_of,
                                     const churn__life_span **spans, size_t *count,
                                     churn_error *err);

#endif
