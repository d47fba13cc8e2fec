/* SPDX-License-Identifier: MIT */
#ifndef CHURN_WHAT_IF_H
#define CHURN_WHAT_IF_H

#include <churn/engine.h>

CHURN_BEGIN_DECLS

/*
 * Questions about what is not so: what it would take to reach a score, what would become of a
 * customer whose numbers were other ones, and what another playbook would say of the whole book.
 * All of them are pure.
 *
 *     churn_engine_targets(engine, "acme", CHURN_NTS, as_of, NULL, &targets, &err);
 *     churn_change change = {{"logins_28d", 10}, {.type = CHURN_TYPE_DOUBLE, .number = 12}};
 *     churn_engine_what_if(engine, "acme", CHURN_NTS, as_of, &change, 1, NULL, &table, &err);
 *     churn_engine_impact(engine, changed, &as_of, 1, NULL, &summary, &moved, &counts, &err);
 */

/** Something that is taken to be otherwise. */
typedef struct churn_change {
    churn_str name;    /* a metric ("logins_28d" or "metric.logins_28d"), "customer.<attribute>", or
                          a score */
    churn_value value; /* of its type, where an int serves as a number; type 0: missing */
} churn_change;

/**
 * Compute what a customer would be if some values were other ones.
 *
 * Metrics that are made of a given one follow, as do segments, scores made of scores, caps, bands
 * and what triggers say; what was in the past stays. A metric that is given as missing is missing
 * whatever its `default` says. A given score is that score, wherever it is read.
 *
 * @param customer the host's id, borrowed
 * @param len its length, or CHURN_NTS
 * @param as_of the date
 * @param changes borrowed; may be none
 * @param count how many; each thing once
 * @param options NULL for defaults; `cancel`
 * @param[out] out `sort`, `id`, `value_before`, `value_after`, `change` (numbers; a bool is 0 or
 *        1), `band_before`, `band_after`, `coverage_before`, `coverage_after` (of scores),
 *        `word_before`, `word_after` (of metrics that are texts or instants), `holds_before`,
 *        `holds_after` (of segments and triggers, null where it is not known). First metrics that
 *        are not what they were ("metric"), then segments that are not ("segment"), then every
 *        score ("score"), then every trigger ("trigger": whether its `when` holds; outside its
 *        population it does not). Returned: free with churn_table_free()
 * @param err optional; `row` is the number of the change at fault
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer, one that does not exist at as_of, or
 *         a name that is none of these, with a suggestion; CHURN_E_TYPE for a value of another
 *         type; CHURN_E_RANGE for a number that is not finite or a score outside 0 to 100;
 *         CHURN_E_EXISTS for a name that comes twice; else as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_what_if(churn_engine *engine, const char *customer, size_t len,
                                            churn_time as_of, const churn_change *changes,
                                            uint32_t count, const churn_query_options *options,
                                            churn_table **out, churn_error *err);

/** What is to be reached. */
typedef struct churn_target_options {
    uint32_t struct_size;
    uint32_t flags;    /* zero */
    churn_str score;   /* which score; default the first */
    churn_str band;    /* reach this band of it */
    double target;     /* or this score, over 0 and at most 100. Neither: the next better band, or
                          where there is no score the lowest band that has a lower bound over 0 */
    uint32_t pairs;    /* at most so many pairs of factors; 0: one */
    uint32_t reserved; /* zero */
    churn_cancel *cancel;
} churn_target_options;

/**
 * Say what it would take to reach a score: for every factor what its metric would have to become if
 * nothing else changed, and the cheapest pair of factors.
 *
 * What a row that is `feasible` says was tried out: with those values the score is `reaches`, as
 * churn_engine_what_if() gives it. A count is a whole number, other numbers are rounded to 1e-6
 * away from what they are. A factor that is missing may be brought: weights change then. Rows stand
 * by cost, the sum of the points by which factors move, then the fewer factors, then the order of
 * declaration; behind them those that are not feasible, with the reason. No rows: it is reached.
 *
 * @param customer the host's id, borrowed
 * @param len its length, or CHURN_NTS
 * @param as_of the date
 * @param options NULL for defaults
 * @param[out] out `rank` (null where not feasible), `kind` ("single", "pair"), `factor`, `metric`
 *        (of a factor made of a score the score), `value`, `value_needed`, `word`, `word_needed`
 *        (of texts and truths), `unit`, `points`, `points_needed`, then the same for the other
 *        factor of a pair (`factor_2` ... `points_needed_2`), `cost` (points by which all factors
 *        move), `feasible`, `reason`, `reaches` (the score that comes out), `target`; returned:
 *        free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer, one that does not exist at as_of, an
 *         unknown score or band; CHURN_E_RANGE for a target out of range; else as
 *         churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_targets(churn_engine *engine, const char *customer, size_t len,
                                            churn_time as_of, const churn_target_options *options,
                                            churn_table **out, churn_error *err);

/** A changed playbook against the present one. Customers that are lost, as the present one says,
 * are left out of what is said of scores. A customer counts once a date. */
typedef struct churn_impact {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t customers;                   /* that exist and are not lost */
    uint64_t scored_before, scored_after; /* of these, who has the first score */
    uint64_t changed_band, worse, better; /* in the first score; from or to `unknown` is neither
                                             worse nor better */
    double mrr_worse, mrr_better;         /* their MRR, where it is known, in major units */
    uint64_t alerts_before, alerts_after; /* triggers whose `when` holds, over all of them */
    uint64_t alerts_gained, alerts_lost;  /* with the one and not with the other */
} churn_impact;

/**
 * Compare the engine's playbook with a changed one over the whole book, without taking it up: who
 * changes band, and how many alerts more or fewer there would be.
 *
 * An alert is a trigger whose `when` holds of a customer in its population; `for`, cooldowns and
 * what is open are not asked. Statuses, tags, plays and triggers are those of the engine's history.
 *
 * @param after the changed playbook
 * @param as_of the dates, ascending, borrowed
 * @param count how many, at least one
 * @param options NULL for defaults; `customer`, `customers`, `score` (only this one), `cancel`
 * @param[out] summary filled in; its struct_size is set by the caller; may be NULL
 * @param[out] moved who changes band in a score that both have: `customer`, `as_of`, `score`,
 *        `value_before`, `value_after`, `change`, `band_before`, `band_after`, `direction`
 *        ("worse", "better", null from or to unknown), `mrr` (major units of the present playbook's
 *        currency); by customer, then date; returned: free with churn_table_free(); may be NULL
 * @param[out] counts a row for each score and trigger of either playbook: `sort` ("score",
 *        "trigger"), `id`, `side` ("both", "before", "after"), `before`, `after`, `change`, `both`,
 *        `only_before`, `only_after` (how often there is a score; how often the trigger's `when`
 *        holds), `unknown_before`, `unknown_after` (of triggers: not known, or an error),
 *        `mrr_before`, `mrr_after`, `mrr_only_before`, `mrr_only_after`; returned: free with
 *        churn_table_free(); may be NULL
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for a score that neither has, or an unknown customer;
 *         CHURN_E_CONFIG where the changed playbook's zone is not the store's; else as
 *         churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_impact(churn_engine *engine, churn_playbook *after,
                                           const churn_time *as_of, uint32_t count,
                                           const churn_query_options *options,
                                           churn_impact *summary, churn_table **moved,
                                           churn_table **counts, churn_error *err);

/**
 * Say what of a playbook does nothing, or everything, on the data at hand: what no reading of the
 * file alone can find.
 *
 * Customers that are lost are left out. Correlations are over at most 4,096 customers, evenly
 * chosen by id, and codes and thresholds are told in docs/reference/diagnostics.md (CH1830 on).
 *
 * @param as_of the date
 * @param options NULL for defaults; `customers`, `cancel`
 * @param[out] out `severity` ("warning"; "note": how many customers a segment's numbers are used
 *        for, or that there is nobody), `code` ("CH1831"), `line`, `column` (null of what is not in
 *        the file), `what` ("health.logins_28d", a trigger, a score), `message`, `suggestion`,
 *        `customers` (whom it concerns), `share` (of all, or what the message says); by score, then
 *        triggers, then overrides; returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_lint(churn_engine *engine, churn_time as_of,
                                         const churn_query_options *options, churn_table **out,
                                         churn_error *err);

CHURN_END_DECLS

#endif
