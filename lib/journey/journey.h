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

/* A condition that means a loss once it has held for so long; judged at local midnights. */
typedef struct churn__loss_condition {
    uint32_t line, column;
    churn__expr *when;
    churn__span hold; /* `for` */
} churn__loss_condition;

#define CHURN__LOSS_CONDITIONS 16u /* at most */

typedef struct churn__loss_def {
    bool by_subscription; /* the last live subscription that is no trial ended */
    bool by_record;       /* a churn record, voluntary or involuntary */
    churn__kpi_policy policy;
    churn_str currency;
    const churn__loss_condition *conditions; /* or one of these */
    uint32_t condition_count;
    churn__span ignore_gaps;       /* who is back within it was not lost; {0}: at once only */
    churn__expr *involuntary_when; /* judged at the instant of a loss; NULL: by what was paid */
    const churn__zone *zone;       /* of midnights */
} churn__loss_def;

/* What is known at as_of of whether a customer is lost. */
typedef struct churn__loss {
    bool churned;           /* now */
    bool ever;              /* now or before: the fields below say of the last loss */
    churn_time at;          /* when it was fulfilled */
    uint8_t kind;           /* CHURN__CHURN_VOLUNTARY or _INVOLUNTARY */
    uint32_t reason;        /* of the churn record nearest to it: texts, CHURN__NO_CODE */
    uint32_t competitor;    /* the same */
    int64_t mrr;            /* lost, minor units; CHURN_INT_NONE: not known */
    int8_t by_subscription; /* 0, 1; CHURN_TRUTH_NONE: the source says nothing of the customer */
    int8_t by_record;
    int8_t by_condition;
    bool unknown; /* a condition was not known at the last midnight */
} churn__loss;

/* What one source says by itself of a customer at as_of. */
typedef struct churn__loss_source {
    int8_t lost;   /* as above */
    uint8_t kind;  /* of the loss; 0: not lost */
    churn_time at; /* since when; CHURN_TIME_NONE */
} churn__loss_source;

typedef struct churn__loss_sources {
    churn__loss_source subscription, record, condition;
    int64_t unknown;     /* midnights at which a condition could not be judged */
    int8_t kind_unknown; /* `involuntary_when` of the loss in hand could not; CHURN_TRUTH_NONE */
} churn__loss_sources;

/*
 * What conditions came to: for each customer the local midnights at which an answer changed, and
 * what `involuntary_when` was at the instants of losses. Each answer is that of an evaluation at
 * its own instant, so it is the same whoever asks and whenever. The engine fills it.
 */
typedef struct churn__loss_book churn__loss_book;

typedef struct churn__loss_run {
    churn_time at; /* the first midnight with the answer; it holds up to the next run */
    uint32_t next; /* CHURN__LOSS_NO_RUN: none yet */
    uint8_t truth; /* CHURN__TRUE, CHURN__FALSE, CHURN__UNKNOWN */
} churn__loss_run;

#define CHURN__LOSS_NO_RUN UINT32_MAX

/* NULL: no memory. */
churn__loss_book *churn__loss_book_create(churn__heap *heap, uint32_t customers,
                                          uint32_t conditions);
void churn__loss_book_free(churn__loss_book *book);
/* The answer of the next midnight. False: no memory. */
bool churn__loss_book_put(churn__loss_book *book, uint32_t customer, uint32_t condition,
                          churn_time midnight, uint8_t truth);
/* The first run, and the one behind a run; NULL: there is none. */
const churn__loss_run *churn__loss_book_first(const churn__loss_book *book, uint32_t customer,
                                              uint32_t condition);
const churn__loss_run *churn__loss_book_next(const churn__loss_book *book,
                                             const churn__loss_run *run);
/* What `involuntary_when` was at an instant. False: no memory; it was not asked. */
bool churn__loss_book_put_kind(churn__loss_book *book, uint32_t customer, churn_time at,
                               uint8_t truth);
bool churn__loss_book_kind(const churn__loss_book *book, uint32_t customer, churn_time at,
                           uint8_t *truth);

/* The first local midnight that is not before an instant. */
churn_time churn__loss_midnight(const churn__zone *zone, churn_time at);

/* Memory for judging one customer after another. */
typedef struct churn__loss_judge churn__loss_judge;
churn__loss_judge *churn__loss_judge_create(churn__heap *heap, const churn__loss_def *def,
                                            churn__version *version);
void churn__loss_judge_free(churn__loss_judge *judge);
/* Where it finds what conditions came to; without a book they count as FALSE. */
void churn__loss_judge_read(churn__loss_judge *judge, const churn__loss_book *book);
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
/* Each source by itself. */
churn_status churn__loss_judge_sources(churn__loss_judge *judge, churn__reader *reader,
                                       uint32_t customer, churn_time as_of, churn__loss *out,
                                       churn__loss_sources *sources, churn_error *err);

#endif
