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

typedef struct churn_kpi_options {
    uint32_t struct_size;
    int32_t every;        /* CHURN_EVERY_* */
    churn_time as_of;     /* what is known when; 0: the end of the span */
    churn_cancel *cancel; /* may be NULL */
} churn_kpi_options;

/**
 * Compute key figures by period, in the playbook's zone, currency and policy.
 *
 * What happens at an instant belongs to the period that begins with it; `mrr` and `customers` are
 * those just before the period's end. Who is a customer follows the playbook's `loss:`; where that
 * counts subscriptions and the store has any, somebody without one is no customer.
 * `contraction_mrr` and `churned_mrr` are sizes, not negative numbers. `logo_churn` is who was
 * there at the start and is not at the end; `crr` is (end - new) / start, where new is whoever came
 * and was not there at the start; `grr` and `nrr` follow the customers who paid at the start;
 * `gross_mrr_churn` and `net_mrr_churn` sum movements over the MRR at the start. Customers some of
 * whose money is in another currency, for which there is no rate, or beyond 2^53 minor units a
 * month, are counted in `excluded`, and figures of money that would need them are undefined:
 * `numerator` and `denominator` are those of the others.
 *
 * @param kpis their names, borrowed: customers new_customers lost_customers reactivated_customers
 *        mrr arr arpa new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr logo_churn
 *        crr grr nrr gross_mrr_churn net_mrr_churn
 * @param count how many; 0: all
 * @param from first instant of the first period
 * @param to end of the last period, itself not included
 * @param options NULL for defaults
 * @param[out] out `kpi`, `period_start`, `period_end`, `value` (null where undefined), `low`,
 *        `high` (95 % interval of a proportion), `numerator`, `denominator`, `excluded`, `unit`
 *        ("currency", "count", "ratio"), `currency`, `policy`, `complete` (the period has ended at
 *        as_of); money in major units; rows by kpi as asked for, then period; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown figure, with a suggestion; CHURN_E_RANGE;
 *         CHURN_E_STATE; CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_kpi(churn_engine *engine, const churn_str *kpis, uint32_t count,
                                        churn_time from, churn_time to,
                                        const churn_kpi_options *options, churn_table **out,
                                        churn_error *err);

/* ---- ledger ---- */

/**
 * List the movements of MRR behind the figures.
 *
 * @param from first instant
 * @param to end of the span, itself not included
 * @param options NULL for defaults; `as_of`, `cancel`
 * @param[out] out `at`, `customer`, `kind` (new, expansion, contraction, churn, reactivation),
 *        `amount`, `before`, `after` in minor units of `currency`, the last column; by instant,
 *        then customer. MRR at `from` plus all amounts is MRR at `to`, to the minor unit, of
 *        those whose money is known all through the span: others are left out here and counted in
 *        `excluded` of the figures. Returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_kpi()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_movements(churn_engine *engine, churn_time from, churn_time to,
                                              const churn_kpi_options *options, churn_table **out,
                                              churn_error *err);

CHURN_END_DECLS

#endif
