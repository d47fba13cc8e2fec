/* SPDX-License-Identifier: MIT */
#ifndef CHURN_JOURNEY_INSIDE_H
#define CHURN_JOURNEY_INSIDE_H

#include "journey/journey.h"

/* What the files of this module and their tests share; nobody else includes it. */

/* What is known of one customer. */
typedef struct churn__loss_facts {
    const churn__subscription *rows;
    size_t row_count;
    const churn__churn *records;
    size_t record_count;
    churn_time begins; /* of a customer without any subscription; CHURN_TIME_NONE: not known */
    churn_time as_of;
} churn__loss_facts;

/* Something that begins or ends a life. */
typedef struct churn__turn {
    churn_time at;
    uint32_t what;
    uint32_t record; /* index, of a churn record */
} churn__turn;

struct churn__loss_judge {
    churn__heap *heap;
    churn__loss_def def;
    churn__exchange_book *book;
    const churn__exchange *exchange; /* at the as_of in hand */
    bool paying;                     /* only who has a subscription is a customer */
    churn__mrr_step *steps;
    size_t step_count, step_capacity;
    churn__turn *turns;
    size_t turn_count, turn_capacity;
    churn__life_span *spans;
    size_t span_count, span_capacity;
};

/* Judge one customer by plain facts: `out`, and the judge's spans. */
churn_status churn__loss_judge_facts(churn__loss_judge *judge, const churn__loss_facts *facts,
                                     churn__loss *out, churn_error *err);

#endif
