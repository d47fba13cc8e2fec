/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STATISTICS_H
#define CHURN_STATISTICS_H

#include <churn/cancel.h>
#include <churn/options.h>
#include <churn/table.h>

CHURN_BEGIN_DECLS

/*
 * Statistics on plain arrays, for those who bring their own: survival and intervals of proportions.
 * No store, no playbook. Nothing is copied, nothing is kept. Results are the same bits on every
 * platform and do not depend on the order of rows where weights are whole numbers.
 *
 *     int64_t days[] = {5, 6, 6, 9};
 *     uint8_t lost[] = {1, 0, 1, 1};
 *     churn_survival_data data = {.struct_size = sizeof data, .row_count = 4,
 *                                 .time = {days, NULL, CHURN_NUMBERS_INT64, 0},
 *                                 .event = {lost, NULL, CHURN_NUMBERS_UINT8, 0}};
 *     churn_survival(&data, NULL, &table, &err);
 */

/** How the numbers of an array are laid out. */
typedef int32_t churn_numbers_type;

#define CHURN_NUMBERS_DOUBLE 1
#define CHURN_NUMBERS_FLOAT 2
#define CHURN_NUMBERS_INT64 3
#define CHURN_NUMBERS_INT32 4
#define CHURN_NUMBERS_INT16 5
#define CHURN_NUMBERS_INT8 6
#define CHURN_NUMBERS_UINT8 7 /* truths of numpy as well */
#define CHURN_NUMBERS_UINT16 8
#define CHURN_NUMBERS_UINT32 9
#define CHURN_NUMBERS_UINT64 10
#define CHURN_NUMBERS_BITS 11 /* truths of Arrow: one bit a row, least significant first */

/** An array of numbers where it stands. */
typedef struct churn_numbers {
    const void *values;   /* NULL: not given */
    const uint8_t *valid; /* one bit a row, least significant first; NULL: all are present */
    churn_numbers_type type;
    uint32_t offset; /* of BITS and `valid`: the first row's bit */
} churn_numbers;

/** Which group each row belongs to. */
typedef struct churn_groups {
    const uint32_t *codes;  /* an index of names each; UINT32_MAX: the group without a name; NULL:
                               all rows are one group, without a name */
    const churn_str *names; /* of groups, in the order in which tables have them */
    uint32_t count;         /* of names */
    uint32_t reserved;      /* zero */
} churn_groups;

/* ---- survival ---- */

/**
 * Times to an event. A row is somebody who was watched from `entry` to `time`, when `event` came to
 * them, or nothing did (censored). With several rows for the same one over times that follow each
 * other (start-stop), all but the last are censored.
 */
typedef struct churn_survival_data {
    uint32_t struct_size;
    uint32_t reserved; /* zero */
    uint64_t row_count;
    churn_numbers time;   /* >= 0, in any unit */
    churn_numbers event;  /* 0: censored; 1, 2 ... 255: the kind of event. Not given: 1 for all */
    churn_numbers entry;  /* [optional] watched only from then on, >= 0 and before `time`: left
                             truncation; NaN or null: from the beginning */
    churn_numbers weight; /* [optional] > 0: so many times is the row there */
    churn_groups group;   /* [optional] a curve each */
    churn_groups stratum; /* [optional] of tests: compared within, then summed */
} churn_survival_data;

/* Intervals of a survival function, from Greenwood's variance. */
#define CHURN_INTERVAL_LOG_LOG 0 /* exp(-exp(log(-log S) +- z se / log S)): within 0 and 1 */
#define CHURN_INTERVAL_LOG 1     /* S exp(+-z se): the default of R */
#define CHURN_INTERVAL_PLAIN 2   /* S +- z se */

#define CHURN_ESTIMATOR_KAPLAN_MEIER 0
#define CHURN_ESTIMATOR_FLEMING_HARRINGTON 1 /* exp(-cumulative hazard) */

#define CHURN_HAZARD_NELSON_AALEN 0       /* sum of d / n, variance sum of d / n^2 */
#define CHURN_HAZARD_FLEMING_HARRINGTON 1 /* events of one instant one after the other */

/* Weights of the differences that a test sums: */
#define CHURN_TEST_LOG_RANK 0
#define CHURN_TEST_GEHAN 1       /* n at risk: Gehan's Wilcoxon */
#define CHURN_TEST_TARONE_WARE 2 /* sqrt n */
#define CHURN_TEST_PETO 3        /* survival of all, as Peto and Peto: product of 1 - d / (n + 1) */
#define CHURN_TEST_FLEMING_HARRINGTON 4 /* S(t-)^rho (1 - S(t-))^gamma; gamma 0: R's survdiff */

typedef struct churn_survival_options {
    uint32_t struct_size;
    int32_t interval;  /* CHURN_INTERVAL_* */
    int32_t estimator; /* CHURN_ESTIMATOR_* */
    int32_t hazard;    /* CHURN_HAZARD_* */
    int32_t test;      /* CHURN_TEST_* */
    uint32_t time_count;
    double level;        /* of intervals, within 0 and 1; 0: 0.95 */
    double rho, gamma;   /* of CHURN_TEST_FLEMING_HARRINGTON */
    double horizon;      /* of restricted means; 0: the end of the group that was watched least */
    const double *times; /* [optional] ascending: the curve at these times instead of all */
    const churn_allocator *allocator; /* [optional] */
    churn_cancel *cancel;             /* [optional] */
} churn_survival_options;

/**
 * Estimate survival and cumulative hazard, by group.
 *
 * Kaplan and Meier, JASA 53, 1958, with Greenwood's variance; Nelson and Aalen. Events of an
 * instant come before its censorings, and who enters at an instant is at risk only after it. All
 * kinds of event count alike. Where S is 1 nothing has happened yet and the interval is that point;
 * where S is 0 it is undefined.
 *
 * @param data borrowed
 * @param options NULL for defaults; `interval`, `estimator`, `hazard`, `level`, `times`
 * @param[out] out by group as `names` has them, then time, a row for each distinct time: `group`
 *        (null where it has no name), `time`, `n_risk` (just before), `n_event`, `n_censored`,
 *        `n_entered` (since the row before: n_risk is that of the row before, less its events and
 *        censored, plus entered), `survival`, `se`, `low`, `high`, `cumulative_hazard`, `ch_se`,
 *        `ch_low`, `ch_high`; with `times` a row for each of these, with events, censored and
 *        entered since the one before, and null beyond the last time unless S is 0. Returned: free
 *        with churn_table_free()
 * @param err optional; `row` is the first that is wrong
 * @return CHURN_OK; CHURN_E_RANGE for a time that is missing, negative or not finite, an entry not
 *         before its time, a weight not above 0, a kind that is no whole number from 0 to 255, a
 *         group without a name, a level or options out of range; CHURN_E_LIMIT for 2^32 rows;
 *         CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_survival(const churn_survival_data *data,
                                      const churn_survival_options *options, churn_table **out,
                                      churn_error *err);

/**
 * Sum survival up: one row a group.
 *
 * Quantiles are the first time at which the share lost reaches them, the middle of the step where a
 * step lies exactly there, as R has it; their intervals are those of the curve, turned round. The
 * restricted mean is the area under the curve up to `horizon`, null where the curve of a group ends
 * before it above 0.
 *
 * @param data borrowed
 * @param options NULL for defaults; as for churn_survival(), and `horizon`
 * @param[out] out `group`, `n` (weights of rows), `events`, `q25`, `median`, `median_low`,
 *        `median_high`, `q75`, `restricted_mean`, `rm_se`, `horizon`, `last` (the last time at
 *        which anybody was watched), `survival` (then); a group without rows has n 0 and null;
 *        returned: free with churn_table_free()
 * @param err optional
 * @return as churn_survival()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_survival_summary(const churn_survival_data *data,
                                              const churn_survival_options *options,
                                              churn_table **out, churn_error *err);

/**
 * Find by when a share is lost, by group.
 *
 * @param data borrowed
 * @param shares of who is lost, each within 0 and 1, borrowed
 * @param share_count how many
 * @param options NULL for defaults; as for churn_survival()
 * @param[out] out `group`, `share`, `time`, `low`, `high`; null where it is not reached; returned:
 *        free with churn_table_free()
 * @param err optional
 * @return as churn_survival()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_survival_quantiles(const churn_survival_data *data,
                                                const double *shares, uint32_t share_count,
                                                const churn_survival_options *options,
                                                churn_table **out, churn_error *err);

/**
 * Test whether groups differ in survival: log-rank and its weighted relatives, stratified if asked.
 *
 * Observed less expected events over all times, each with a weight, and their hypergeometric
 * variance (Mantel; Harrington and Fleming, Biometrika 69, 1982). Groups of which nothing was
 * expected are not counted in `df`.
 *
 * @param data borrowed; `group` tells what is compared
 * @param options NULL for defaults; `test`, `rho`, `gamma`
 * @param[out] out a row a group: `group`, `n`, `observed`, `expected` (weighted as the test is),
 *        then of the test, in every row the same, `test`, `chi2`, `df`, `p`, null where there is
 *        nothing to compare; returned: free with churn_table_free()
 * @param err optional
 * @return as churn_survival(); CHURN_E_LIMIT for more than 256 groups
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_survival_test(const churn_survival_data *data,
                                           const churn_survival_options *options, churn_table **out,
                                           churn_error *err);

/**
 * Estimate how much is lost to each kind of event, where one keeps the others from happening.
 *
 * Aalen and Johansen, Scandinavian Journal of Statistics 5, 1978: the sum of S(t-) d_k / n, whose
 * sum over kinds is 1 - S. Standard errors are the infinitesimal jackknife's, which is what R's
 * survfit gives for several states.
 *
 * @param data borrowed
 * @param options NULL for defaults; `interval` (LOG_LOG is exp(-exp(log(-log I) +- ...)) of the
 *        incidence), `level`, `times`
 * @param[out] out by group, kind, then time: `group`, `kind`, `time`, `n_risk`, `n_event` (of that
 *        kind), `incidence`, `se`, `low`, `high`; returned: free with churn_table_free()
 * @param err optional
 * @return as churn_survival()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_competing_risks(const churn_survival_data *data,
                                             const churn_survival_options *options,
                                             churn_table **out, churn_error *err);

/* ---- proportions and rates ---- */

#define CHURN_PROPORTION_WILSON 0
#define CHURN_PROPORTION_CLOPPER_PEARSON 1 /* exact: never less than the level */
#define CHURN_PROPORTION_JEFFREYS 2

/**
 * Compute intervals of proportions.
 *
 * @param successes of each, 0 to its trials, borrowed
 * @param trials of each, borrowed
 * @param count how many proportions
 * @param method CHURN_PROPORTION_*
 * @param level within 0 and 1; 0: 0.95
 * @param[out] out `successes`, `trials`, `proportion`, `low`, `high`, null for 0 of 0; returned:
 *        free with churn_table_free()
 * @param err optional; `row` is the first that is wrong
 * @return CHURN_OK; CHURN_E_RANGE for a number below 0, successes above trials, or a level out of
 *         range; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_proportion(const int64_t *successes, const int64_t *trials,
                                        uint64_t count, int32_t method, double level,
                                        churn_table **out, churn_error *err);

/**
 * Compare two proportions: how far they are apart, and whether that is more than chance.
 *
 * @param successes_1 of the first
 * @param trials_1 of the first
 * @param successes_2 of the second
 * @param trials_2 of the second
 * @param level within 0 and 1; 0: 0.95
 * @param[out] out one row: `difference` (first less second), `low`, `high` (Newcombe's method 10,
 *        which holds for few and rare too), `wald_low`, `wald_high`, `chi2`, `p` (Pearson,
 *        uncorrected), `fisher_p` (exact, two-sided); null without trials; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return as churn_proportion()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_proportion_difference(int64_t successes_1, int64_t trials_1,
                                                   int64_t successes_2, int64_t trials_2,
                                                   double level, churn_table **out,
                                                   churn_error *err);

/**
 * Compute exact intervals of rates of events (Poisson; Garwood, Biometrika 28, 1936).
 *
 * @param events of each, borrowed
 * @param exposures of each, such as customer months, >= 0 and finite, borrowed
 * @param count how many rates
 * @param level within 0 and 1; 0: 0.95
 * @param[out] out `events`, `exposure`, `rate`, `low`, `high`, null without exposure; returned:
 *        free with churn_table_free()
 * @param err optional; `row` is the first that is wrong
 * @return as churn_proportion()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_poisson_rate(const int64_t *events, const double *exposures,
                                          uint64_t count, double level, churn_table **out,
                                          churn_error *err);

CHURN_END_DECLS

#endif
