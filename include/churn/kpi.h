/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_H
#define CHURN_KPI_H

#include <churn/engine.h>

CHURN_BEGIN_DECLS

/*
 * What happened to the business: figures by period and group, and the ledger of movements of MRR
 * that they follow from.
 *
 *     churn_kpi_options options = {.struct_size = sizeof options, .every = CHURN_EVERY_MONTH};
 *     churn_str kpis[] = {{"mrr", 3}, {"logo_churn", 10}, {"nrr", 3}};
 *     churn_engine_kpi(engine, kpis, 3, from, to, &options, &table, &err);
 */

/* ---- figures ---- */

/** Period of a figure. */
#define CHURN_EVERY_SPAN 0 /* the whole span is one period */
#define CHURN_EVERY_DAY 1
#define CHURN_EVERY_WEEK 2 /* ISO weeks */
#define CHURN_EVERY_MONTH 3
#define CHURN_EVERY_QUARTER 4
#define CHURN_EVERY_YEAR 5
#define CHURN_EVERY_ROLLING 6 /* windows of so many days, each so many days after the other */

/** When it is decided to which group somebody belongs in a period. */
#define CHURN_BY_START 0
#define CHURN_BY_END 1

typedef struct churn_kpi_options {
    uint32_t struct_size;
    int32_t every;         /* CHURN_EVERY_* */
    churn_time as_of;      /* what is known when; 0: the end of the span */
    churn_cancel *cancel;  /* may be NULL */
    uint32_t rolling_days; /* of CHURN_EVERY_ROLLING: days of a window, which ends at every step */
    uint32_t step_days;    /* from the beginning of the span on; 0: rolling_days */
    const churn_str *by;   /* by what figures are grouped; may be NULL */
    uint32_t by_count;
    int32_t by_at;    /* CHURN_BY_* */
    churn_str policy; /* name of a preset; {NULL, 0}: the playbook's */
    double level;     /* of intervals; 0: 0.95 */
    int32_t changes;  /* 1: columns change, change_ratio, adjusted */
} churn_kpi_options;

/**
 * Compute figures by period and group, in the playbook's zone, currency and policy.
 *
 * What happens at an instant belongs to the period that begins with it; `mrr` and `customers` are
 * those just before the period's end. Who is a customer follows the playbook's `loss:`; where that
 * counts subscriptions and the store has any, somebody without one is no customer.
 *
 * Groups are asked for by names: `customer.<attribute>` or `<attribute>`, `segment.<id>` ("true",
 * "false"), `<score>.band`, `plan`, `product`, `currency`, `churn.kind`, `churn.reason`,
 * `churn.competitor`, `cause`, `customer` (their id), `start_month` ("2025-03"), `survey.moment`,
 * `survey.category`, `survey.user`, `ticket.priority`, `ticket.category`, `spend.channel`, `offer`,
 * `touchpoint.channel`, `event.type`. Money by plan, product and currency is that of each
 * subscription; customers are in the group of their main subscription, the one with the most MRR,
 * with all of their money. Who changes the group from one period to the next brings their MRR
 * along: `segment_in_mrr` and `segment_out_mrr`.
 *
 * Customers some of whose money is in another currency, for which there is no rate, or beyond 2^53
 * minor units a month, are counted in `excluded`, and figures of money that would need them are
 * undefined: `numerator` and `denominator` are those of the others, and `note` says who is missing.
 *
 * @param kpis their names, borrowed: those of churn_figures()
 * @param count how many; 0: all
 * @param from first instant of the first period
 * @param to end of the last period, itself not included
 * @param options NULL for defaults
 * @param[out] out `kpi`, `period_start`, `period_end`, a column for each name of `by`, called as
 *        asked for (null: none), `value` (null where undefined), `low`, `high` (interval),
 *        `numerator`, `denominator`, `n` (customers, movements ... that it stands on), `excluded`,
 *        `missing` (why `value` is null), `note`, `unit` ("currency", "count", "ratio", "months",
 *        "days", "hours", "points", "number"), `currency`, `policy`, `complete` (the period has
 *        ended at as_of), `marks` (announcements in the period); with `changes` also `change` (to
 *        the period before; of complete periods), `change_ratio`, `adjusted` (seasonally; null
 *        where there are less than two years). Money in major units. Rows by kpi as asked for, then
 *        period, then groups by their texts, null last, where a figure has anything to say of them;
 *        returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown figure, policy or name of `by`, with a
 *         suggestion; CHURN_E_UNSUPPORTED for `stage` without stages; CHURN_E_LIMIT for more than
 *         20,000,000 figures times periods times groups; CHURN_E_RANGE; CHURN_E_STATE;
 *         CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_UTF8; CHURN_E_ABI;
 *         CHURN_E_INTERNAL if movements do not add up to what is there in the end
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_kpi(churn_engine *engine, const churn_str *kpis, uint32_t count,
                                        churn_time from, churn_time to,
                                        const churn_kpi_options *options, churn_table **out,
                                        churn_error *err);

/**
 * List every figure that the library knows.
 *
 * @param[out] out `id`, `unit`, `at_end` (a level at the end of a period), `set`, `title`,
 *        `formula`, `source`, `example`, `vendors` (how vendors differ; null: they do not);
 *        returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_figures(churn_table **out, churn_error *err);

/* ---- the ledger ---- */

/** Of which keys of subscriptions a ledger tells what moves between their values, ored. */
#define CHURN_SPLIT_PLAN 1
#define CHURN_SPLIT_PRODUCT 2
#define CHURN_SPLIT_CURRENCY 4
/** Of reconciliations alone: a row for each customer. */
#define CHURN_SPLIT_CUSTOMER 8

typedef struct churn_ledger_options {
    uint32_t struct_size;
    int32_t split;        /* CHURN_SPLIT_*; 0: none */
    churn_time as_of;     /* what is known when; 0: the end of the span */
    churn_str policy;     /* name of a preset; {NULL, 0}: the playbook's */
    churn_cancel *cancel; /* may be NULL */
} churn_ledger_options;

/**
 * List the movements of MRR behind the figures: a row a subscription that moved.
 *
 * A customer's changes that the policy groups are one movement, dated at the first; its kind
 * follows from the customer's net change. docs/reference/semantics.md (The ledger) says how a
 * movement is told by subscription. With `split` money that only changes its plan, product or
 * currency is told by pairs of `segment_out` and `segment_in`, so that amounts add up for each
 * value, too.
 *
 * @param from first instant
 * @param to end of the span, itself not included
 * @param options NULL for defaults
 * @param[out] out `at`, `customer`, `subscription`, `plan`, `product`, `own_currency` (of the
 *        subscription; null: not given), `kind` (new, expansion, contraction, churn, reactivation,
 *        currency, segment_in, segment_out), `cause` (start price seats plan period added removed
 *        discount discount_end pause resume unpaid paid cancel end return rate switch), `amount`,
 *        `before`, `after` (of the customer) in minor units of `currency`, `policy`; by instant,
 *        customer, then as the ledger has them. MRR at `from` plus all amounts is MRR at `to`, to
 *        the minor unit, of those whose money is known all through the span: others are left out
 *        here and told of by churn_engine_reconciliation(). Returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown policy, with a suggestion; CHURN_E_RANGE;
 *         CHURN_E_STATE; CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_UTF8; CHURN_E_ABI;
 *         CHURN_E_INTERNAL if the rows do not add up
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_movements(churn_engine *engine, churn_time from, churn_time to,
                                              const churn_ledger_options *options,
                                              churn_table **out, churn_error *err);

/**
 * Prove that MRR at the start plus all movements is MRR at the end: in total, and of each plan,
 * product, currency and customer where `split` asks for them.
 *
 * What is there at the end is read from the states of subscriptions by themselves. Customers some
 * of whose money is unknown in the span (no rate, too large) are left out and counted.
 *
 * @param from first instant
 * @param to end of the span, itself not included
 * @param options NULL for defaults
 * @param[out] out `scope` (total, plan, product, currency, customer), `value` (null: of all, or not
 *        given), `start`, `new`, `expansion`, `contraction`, `churn`, `reactivation`,
 *        `currency_moves`, `segment_in`, `segment_out` (with their signs), `end`, `difference` (0),
 *        in minor units of `currency`, null of a customer who is left out; `unknown` (customers
 *        left out, who have a subscription of that value), `note` (which rates are missing, and
 *        when), `currency`, `policy`; by scope, then value, null last; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return as churn_engine_movements()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_reconciliation(churn_engine *engine, churn_time from,
                                                   churn_time to,
                                                   const churn_ledger_options *options,
                                                   churn_table **out, churn_error *err);

/**
 * Compute figures of the same data under several policies, one beside the other.
 *
 * @param policies names of presets, borrowed; {NULL, 0}: the playbook's own policy
 * @param policy_count how many, at least 1
 * @param kpis as of churn_engine_kpi()
 * @param count how many; 0: all
 * @param from first instant of the first period
 * @param to end of the last period, itself not included
 * @param options as of churn_engine_kpi(); `policy` must be {NULL, 0}
 * @param[out] out the columns of churn_engine_kpi() and `difference` (`value` less that of the
 *        first policy; null where either is), `reason` (the switches in which the policy differs
 *        from the first); by kpi, period and group, then policy as given; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return as churn_engine_kpi()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_compare_policies(churn_engine *engine,
                                                     const churn_str *policies,
                                                     uint32_t policy_count, const churn_str *kpis,
                                                     uint32_t count, churn_time from, churn_time to,
                                                     const churn_kpi_options *options,
                                                     churn_table **out, churn_error *err);

CHURN_END_DECLS

#endif
