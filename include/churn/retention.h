/* SPDX-License-Identifier: MIT */
#ifndef CHURN_RETENTION_H
#define CHURN_RETENTION_H

#include <churn/kpi.h>
#include <churn/statistics.h>

CHURN_BEGIN_DECLS

/*
 * Who stays: triangles of cohorts, and how long they stay. All of it is pure.
 *
 *     churn_cohort_options options = {.struct_size = sizeof options,
 *                                     .what = CHURN_COHORT_NET_REVENUE};
 *     churn_engine_cohorts(engine, from, to, &options, &table, &err);
 */

/* ---- cohorts ---- */

/** What is followed. */
#define CHURN_COHORT_CUSTOMERS 0     /* who is still a customer */
#define CHURN_COHORT_GROSS_REVENUE 1 /* MRR, of each customer at most what they began with */
#define CHURN_COHORT_NET_REVENUE 2   /* MRR, expansion counted */
#define CHURN_COHORT_ACTIVITY 3      /* who did something */

/** Where somebody has to be seen: in the unit itself, or in it or any later one (of customers and
 * activity). */
#define CHURN_RETAINED_ON 0
#define CHURN_RETAINED_ON_OR_AFTER 1

typedef struct churn_cohort_options {
    uint32_t struct_size;
    int32_t what;            /* CHURN_COHORT_* */
    int32_t every;           /* the unit: CHURN_EVERY_DAY to CHURN_EVERY_YEAR; 0: months */
    int32_t mode;            /* CHURN_RETAINED_* */
    churn_time as_of;        /* until when they are followed, and what is known; 0: `to` */
    const churn_str *by;     /* cohorts by these, as of churn_engine_kpi(), instead of by when they
                                began; "start" among them: by both */
    const churn_str *events; /* of activity: types that count; none: kpi.active_events, or all */
    const churn_str *start_events; /* of activity: the first event of these types begins; none: as
                                      customers begin */
    uint32_t by_count, event_count, start_event_count;
    uint32_t max_age;     /* oldest age; 0: all there are */
    double level;         /* of intervals; 0: 0.95 */
    churn_str policy;     /* a preset instead of the playbook's policy */
    churn_cancel *cancel; /* may be NULL */
} churn_cohort_options;

/**
 * Follow customers who began together, unit by calendar unit of the playbook's zone: how much of
 * them is left.
 *
 * Customers begin as `loss:` says, with their first life; money begins with the first MRR above 0;
 * activity with the first of `start_events` if there are any. Age k is the k-th unit after the one
 * in which they began. Customers and MRR are those just before the end of the unit, or at as_of
 * where it runs; activity is any event in the unit (of age 0: from the start on).
 *
 * A cell counts the members who have had the whole of their unit at as_of; where none has, those
 * whose unit is running. It is `complete` where all have. Averages (`average`, no cohort) are
 * weighted by what cohorts began with, and made of complete cells alone; of activity on or after
 * they can rise with age, because fewer and older cohorts are complete.
 *
 * Groups of `by` are those at the end of the unit in which a customer began, or at as_of; plan,
 * product and currency are those they began with.
 *
 * @param from first instant of starts
 * @param to end of starts, itself not included
 * @param options NULL for defaults
 * @param[out] out the columns of `by` but "start", then `average`, `cohort` ("2025-03", "2025-W10",
 *        "2025-Q1", "2025", "2025-03-14", or the values of `by`), `cohort_start`, `members`,
 *        `cohort_size` (members, or their MRR at the start), `age`, `period_start`, `value`, `low`,
 *        `high` (Wilson; null of money), `numerator`, `denominator`, `observed` (members who have
 *        had the whole time), `complete`, `excluded` (customers whose money is not known, which
 *        leaves no value), `unit` ("customers", or the currency, in major units); by groups, then
 *        cohort, then age, the averages of each group behind its cohorts; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_ARG: a word that is none, events of what is no activity, or money on or
 *         after; CHURN_E_NOT_FOUND: an unknown event type, policy or name of `by`; CHURN_E_RANGE:
 *         an empty span, or more than 20,000,000 cells; else as churn_engine_kpi()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_cohorts(churn_engine *engine, churn_time from, churn_time to,
                                            const churn_cohort_options *options, churn_table **out,
                                            churn_error *err);

/* ---- survival ---- */

#define CHURN_SURVIVAL_CUSTOMERS 0
#define CHURN_SURVIVAL_SUBSCRIPTIONS 1

#define CHURN_SURVIVAL_DAYS 0   /* calendar days of the playbook's zone */
#define CHURN_SURVIVAL_MONTHS 1 /* whole calendar months */

#define CHURN_SURVIVAL_FIRST 0 /* of customers: who comes back is not followed again */
#define CHURN_SURVIVAL_ALL 1   /* each life of theirs by itself */

typedef struct churn_engine_survival_options {
    uint32_t struct_size;
    int32_t of;          /* CHURN_SURVIVAL_CUSTOMERS, CHURN_SURVIVAL_SUBSCRIPTIONS */
    int32_t unit;        /* CHURN_SURVIVAL_DAYS, CHURN_SURVIVAL_MONTHS */
    int32_t lives;       /* CHURN_SURVIVAL_FIRST, CHURN_SURVIVAL_ALL */
    churn_time from;     /* who was watched from then on only (left truncation); 0: all along */
    const churn_str *by; /* groups, as of churn_engine_kpi(), without `churn.`; may be NULL */
    uint32_t by_count;
    uint32_t time_count;
    const double *times; /* [optional] the curve at these times instead of all */
    int32_t interval, estimator, hazard, test; /* of churn_survival_options */
    double level, rho, gamma, horizon;         /* the same */
    churn_str policy;                          /* a preset instead of the playbook's policy */
    churn_cancel *cancel;                      /* may be NULL */
} churn_engine_survival_options;

/**
 * Estimate how long customers or subscriptions stay.
 *
 * A customer's life goes from when they became one to their loss, as `loss:` says; a subscription's
 * from its first state that counts to when it ends for good, as the policy says. Who is still there
 * is censored at as_of. With `from` only what happened from then on counts: who was there before is
 * at risk from the age that they had then, who was lost before is left out. Groups are those at the
 * end of the calendar month in which a life began, or at as_of; plan, product and currency those
 * that it began with.
 *
 * @param as_of until when they are watched, and what is known
 * @param options NULL for defaults
 * @param[out] out as churn_survival(), with the names of `by` for columns instead of `group`;
 *        returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_ARG for a word that is none, or a `by` of how lives end; CHURN_E_RANGE;
 *         else as churn_engine_kpi()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_survival(churn_engine *engine, churn_time as_of,
                                             const churn_engine_survival_options *options,
                                             churn_table **out, churn_error *err);

/**
 * Sum up how long they stay: medians and restricted means, a row a group.
 *
 * @param as_of as for churn_engine_survival()
 * @param options NULL for defaults
 * @param[out] out as churn_survival_summary(), with the names of `by` for columns; returned: free
 *        with churn_table_free()
 * @param err optional
 * @return as churn_engine_survival()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_survival_summary(churn_engine *engine, churn_time as_of,
                                                     const churn_engine_survival_options *options,
                                                     churn_table **out, churn_error *err);

/**
 * Test whether groups stay as long as each other.
 *
 * @param as_of as for churn_engine_survival()
 * @param options `by` tells what is compared
 * @param[out] out as churn_survival_test(), with the names of `by` for columns; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return as churn_engine_survival(); CHURN_E_LIMIT for more than 256 groups
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_survival_test(churn_engine *engine, churn_time as_of,
                                                  const churn_engine_survival_options *options,
                                                  churn_table **out, churn_error *err);

/**
 * Estimate how much is lost of their own will and how much otherwise, where either keeps the other
 * from happening.
 *
 * @param as_of as for churn_engine_survival()
 * @param options NULL for defaults; of customers
 * @param[out] out as churn_competing_risks(), with the names of `by` for columns, and `kind`
 *        ("voluntary", "involuntary"); returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_survival()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_competing_risks(churn_engine *engine, churn_time as_of,
                                                    const churn_engine_survival_options *options,
                                                    churn_table **out, churn_error *err);

CHURN_END_DECLS

#endif
