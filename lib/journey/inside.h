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
    uint32_t customer; /* of the book */
} churn__loss_facts;

/* At one instant what starts comes first, so that a record of the same day ends it; a condition
 * that ends comes last, so that what another source says of the same instant goes on. */
#define CHURN__TURN_START 0   /* a subscription that is no trial starts */
#define CHURN__TURN_BEGIN 1   /* of a customer without subscriptions */
#define CHURN__TURN_NOTHING 2 /* the last live subscription that is no trial ended */
#define CHURN__TURN_RECORD 3  /* a churn record that means a loss */
#define CHURN__TURN_HELD 4    /* a condition has held for long enough */
#define CHURN__TURN_CLEAR 5   /* it holds no longer */

/* Something that begins or ends a life. */
typedef struct churn__turn {
    churn_time at;
    uint32_t what;
    uint32_t index; /* of a churn record or a condition */
} churn__turn;

/* What brought a loss about. */
typedef struct churn__loss_cause {
    churn_time at;
    uint32_t what, index; /* as in the turn */
} churn__loss_cause;

/* The turns that each source has made, and since when it says that the customer is lost. */
typedef struct churn__loss_voice {
    bool heard;
    churn__loss_cause since; /* at: CHURN_TIME_NONE where it does not */
} churn__loss_voice;

struct churn__loss_judge {
    churn__heap *heap;
    churn__loss_def def;
    const churn__loss_book *book;
    churn__exchange_book *exchanges;
    const churn__exchange *exchange; /* at the as_of in hand */
    bool paying;                     /* only who has a subscription is a customer */
    churn__mrr_step *steps;
    size_t step_count, step_capacity;
    churn__turn *turns;
    size_t turn_count, turn_capacity;
    churn__life_span *spans;
    size_t span_count, span_capacity;
    churn__loss_cause *causes; /* of the losses at the ends of spans */
    size_t cause_capacity;
    churn__loss_cause last; /* the last loss */
    bool unknown;           /* a condition was not known at the last midnight */
    churn__loss_voice subscription, record, condition;
};

/* Judge one customer by plain facts: `out`, and the judge's spans without what their losses were.
 */
churn_status churn__loss_judge_facts(churn__loss_judge *judge, const churn__loss_facts *facts,
                                     churn__loss *out, churn_error *err);
/* Tell of the spans what their losses were: kind, reason, competitor, money. */
void churn__loss_describe_spans(churn__loss_judge *judge, const churn__loss_facts *facts);
/* What a loss was. */
void churn__loss_describe(const churn__loss_judge *judge, const churn__loss_facts *facts,
                          const churn__loss_cause *cause, churn__loss *out);

/* turns.c: all turns of a customer in order; the steps of their money were made. */
churn_status churn__loss_make_turns(churn__loss_judge *judge, const churn__loss_facts *facts,
                                    churn_error *err);
bool churn__loss_put_turn(churn__loss_judge *judge, const churn__loss_facts *facts,
                          churn__turn turn);
/* Put the turns of conditions behind those of subscriptions, which are in order. */
bool churn__loss_put_conditions(churn__loss_judge *judge, const churn__loss_facts *facts);
/* A state that makes a customer, when it begins. */
bool churn__loss_lives(const churn__loss_judge *judge, const churn__subscription *row);
/* When a state ends; INT64_MAX: it lasts. */
churn_time churn__loss_state_end(const churn__loss_judge *judge, const churn__loss_facts *facts,
                                 size_t i);
bool churn__loss_record_counts(const churn__churn *record);

#endif
