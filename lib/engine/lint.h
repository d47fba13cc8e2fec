/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_LINT_H
#define CHURN_ENGINE_LINT_H

#include <churn/what_if.h>

#include "engine/engine_internal.h"

/* What of a playbook does nothing, or everything, on the data at hand: lint.c goes through the
 * customers and counts, lint_find.c says what is strange about the counts. */

#define CHURN__LINT_SAMPLE 4096u /* customers over whom factors are compared, evenly chosen */

/* Numbers of findings; lib/playbook/diagnostics.csv. */
#define CHURN__LINT_FACTOR_MISSING 1830
#define CHURN__LINT_FACTOR_CONSTANT 1831
#define CHURN__LINT_FACTOR_AT_END 1832
#define CHURN__LINT_FACTORS_REDUNDANT 1833
#define CHURN__LINT_FACTOR_DOMINATES 1834
#define CHURN__LINT_CAP_NEVER 1835
#define CHURN__LINT_CAP_ALWAYS 1836
#define CHURN__LINT_COVERAGE 1837
#define CHURN__LINT_BAND_EMPTY 1838
#define CHURN__LINT_CARDS_CONFLICT 1839
#define CHURN__LINT_CARD_UNUSED 1840
#define CHURN__LINT_CARD_SHARE 1841
#define CHURN__LINT_OVERRIDE_UNKNOWN 1842
#define CHURN__LINT_OVERRIDE_EXPIRED 1843
#define CHURN__LINT_OUTSIDE_CURVE 1844
#define CHURN__LINT_TRIGGER_NEVER 1845
#define CHURN__LINT_TRIGGER_ALWAYS 1846
#define CHURN__LINT_NOBODY 1847

/* From these shares of customers on. */
#define CHURN__LINT_ALWAYS 0.95
#define CHURN__LINT_MOST 0.5
#define CHURN__LINT_DOMINANT 0.6 /* of the variance of a score's weighted points */
#define CHURN__LINT_ALIKE 0.9    /* a correlation, either way */
#define CHURN__LINT_FEWEST 20u   /* customers, for correlations and shares of variance */

typedef struct churn__lint_factor {
    uint64_t present, at_least, at_most, outside;
    double low, high;   /* of points that were seen */
    double mean, m2;    /* Welford's running mean and sum of squares */
    double least, most; /* that its curve can give */
    double whole;       /* weight in the score if all were there */
    double *sample;     /* by place in the sample: points; NaN: missing */
} churn__lint_factor;

typedef struct churn__lint_score {
    churn__lint_factor *factors;
    uint64_t *caps;  /* how often each holds */
    uint64_t *bands; /* how many are in each */
    uint64_t *cards; /* how many have each */
    uint64_t scored, covered, conflicts;
    churn__factor_state *states;
    churn__truth *truths;
} churn__lint_score;

typedef struct churn__lint_trigger {
    uint64_t judged, holds;
} churn__lint_trigger;

/* A score that records name and the playbook lacks. */
typedef struct churn__lint_name {
    uint32_t code;
    uint64_t count;
} churn__lint_name;

typedef struct churn__lint {
    churn__asking asking;
    churn__heap *heap;
    churn__arena arena;
    churn__lint_score *scores;
    churn__lint_trigger *triggers;
    uint64_t customers; /* that exist and are not lost */
    uint64_t seen;      /* customers gone through */
    uint64_t stride;    /* every so manyth of them is in the sample */
    uint32_t sampled;
    churn__lint_name *unknown;
    size_t unknown_count, unknown_capacity;
    uint64_t *expired; /* by score: customers whose newest override is over */
    churn__table_builder *table;
    churn__buf text, name;
} churn__lint;

/* All that is to be said, into the table. */
churn_status churn__lint_find(churn__lint *lint, churn_error *err);

#endif
