/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_POLICY_H
#define CHURN_KPI_POLICY_H

#include "base/buf.h"

/*
 * How the figures of the business are counted: what every vendor does otherwise, as switches. A
 * preset sets all of them; docs/reference/semantics.md (Policies) says what each follows.
 */

#define CHURN__POLICY_CHARTMOGUL 1
#define CHURN__POLICY_STRIPE 2
#define CHURN__POLICY_PROFITWELL 3
#define CHURN__POLICY_SMSB 4
#define CHURN__POLICY_FIGHTCHURN 5

/* Words of switches; those of inclusion are 0 exclude, 1 include. */
#define CHURN__RECOGNITION_END 0
#define CHURN__RECOGNITION_REQUEST 1
#define CHURN__SAME_PERIOD_INCLUDE 0
#define CHURN__SAME_PERIOD_IGNORE 1
#define CHURN__DISCOUNTS_SUBTRACT 0
#define CHURN__DISCOUNTS_FOREVER 1
#define CHURN__DISCOUNTS_IGNORE 2
#define CHURN__REFUNDS_IGNORE 0
#define CHURN__REFUNDS_SUBTRACT 1
#define CHURN__FX_CONSTANT 0
#define CHURN__FX_HISTORIC 1
#define CHURN__GROUP_INSTANT 0
#define CHURN__GROUP_HOUR 1
#define CHURN__GROUP_DAY 2
#define CHURN__CHURN_RATE_START 0
#define CHURN__CHURN_RATE_START_AND_NEW 1
#define CHURN__CHURN_RATE_DAILY 2
#define CHURN__RETURNERS_RETAINED 0
#define CHURN__RETURNERS_LOST 1

#define CHURN__REACTIVATION_ANY INT64_MAX
#define CHURN__REACTIVATION_NEVER 0

#define CHURN__TAX_ONE 1000000 /* a tax rate of 1 */

typedef struct churn__kpi_policy {
    int32_t preset;
    uint8_t recognition; /* when churn counts */
    uint8_t same_period; /* who comes and goes within one calendar month */
    uint8_t discounts;
    uint8_t trials, past_due, unpaid, paused, usage_based; /* subscriptions that are so */
    uint8_t free;                /* a live subscription of 0 makes a customer */
    uint8_t refunds;             /* negative recurring amounts */
    uint8_t fx;                  /* which rates money is converted by */
    uint8_t group;               /* changes of one customer that are one movement */
    uint8_t churn_rate;          /* what churn is divided by */
    uint8_t returners;           /* in closed cohorts: who left and came back inside a period */
    uint32_t tax;                /* the rate that amounts contain, in millionths: 200000 is 20 % */
    int64_t reactivation_after;  /* us; a return sooner than this is none: the loss was contraction,
                                    the return is expansion */
    int64_t reactivation_within; /* us; a return after more than this is new */
} churn__kpi_policy;

/* All of `chartmogul`, as an initialiser. */
#define CHURN__POLICY_OF_CHARTMOGUL                                     \
    {                                                                   \
        .preset = CHURN__POLICY_CHARTMOGUL, .past_due = 1, .free = 1,   \
        .refunds = CHURN__REFUNDS_SUBTRACT, .group = CHURN__GROUP_HOUR, \
        .reactivation_within = CHURN__REACTIVATION_ANY                  \
    }

/* All switches of a preset; of chartmogul where there is no such preset. */
churn__kpi_policy churn__kpi_policy_preset(int32_t preset);
/* The number of a preset; 0: no such name. */
int32_t churn__policy_find(churn_str name);
/* The name of a preset, the i-th from 1 on; NULL past the last. */
const char *churn__policy_preset_name(int32_t preset);
/* "chartmogul", or "chartmogul*" where a switch differs from the preset. */
const char *churn__policy_name(const churn__kpi_policy *policy);
/* The switches in which `b` differs from `a`, in words: "discounts: forever, not subtract; ...".
 * Nothing where they are the same. False: no memory. */
bool churn__policy_differences(const churn__kpi_policy *a, const churn__kpi_policy *b,
                               churn__buf *out);

#endif
