/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_H
#define CHURN_ENGINE_H

#include <churn/cancel.h>
#include <churn/options.h>
#include <churn/playbook.h>
#include <churn/store.h>
#include <churn/table.h>

CHURN_BEGIN_DECLS

/*
 * An engine asks the questions of a playbook to the records of a store. Most calls are pure: they
 * are functions of (playbook, version of the store, as_of) and change nothing.
 * churn_engine_advance() is the one with memory: it moves triggers, runs plays and fills the
 * outbox.
 *
 *     churn_engine_create(playbook, store, NULL, &engine, &err);
 *     churn_engine_replay(engine, yesterday_a_year_ago, today, 0, NULL, &runs, &err);
 *     churn_engine_actions(engine, NULL, &actions, &err);      // what is to be done now
 *     ... do it, then ...
 *     churn_engine_acknowledge(engine, ids, n, &err);
 *     churn_engine_save(engine, &bytes, &err);                 // until tomorrow night
 *
 * An evaluation at `as_of` sees nothing that happened at or after it, nor what was not yet known.
 * One call at a time: a second one at the same moment gets CHURN_E_STATE.
 */

typedef struct churn_engine_options {
    uint32_t struct_size;
    uint32_t flags;    /* zero */
    uint64_t seed;     /* of choices by chance; part of the state */
    uint32_t threads;  /* that a call may use at once, at most 256; 0 or 1: the caller's alone. They
                          change no result, and are gone when the call returns */
    uint32_t reserved; /* zero */
} churn_engine_options;

/**
 * Bind a playbook to a store.
 *
 * @param playbook a reference is kept: it may be freed first
 * @param store a reference is kept: it may be freed first
 * @param options NULL for defaults
 * @param[out] out returned: free with churn_engine_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_CONFIG where the store's dates were taken as UTC by default and the
 *         playbook has another zone; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_engine_create(churn_playbook *playbook, churn_store *store,
                                           const churn_engine_options *options, churn_engine **out,
                                           churn_error *err);

/**
 * Free an engine.
 *
 * @param engine may be NULL
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API void churn_engine_free(churn_engine *engine);

/* ---- pure questions ---- */

#define CHURN_QUERY_REASONS 1u /* flag of metrics: why each value is missing, beside it */

/** What every question can be narrowed to. A metric whose `baseline` is of all customers or of a
 * segment asks everybody all the same, so that it is what it is without narrowing. */
typedef struct churn_query_options {
    uint32_t struct_size;
    uint32_t flags;       /* CHURN_QUERY_*, of questions that know them */
    churn_str customer;   /* one customer; default all that exist at as_of */
    churn_str score;      /* which score; default the first, or all where a table has them all */
    churn_str owner;      /* at_risk: customers of this owner */
    uint64_t limit;       /* at_risk: at most so many rows; 0: all */
    churn_cancel *cancel; /* may be NULL */
    const churn_str
        *customers; /* instead of `customer`: these only, in any order; an id that the
                       store does not have is CHURN_E_NOT_FOUND with its row. NULL: all */
    uint64_t customer_count;
} churn_query_options;

/**
 * Compute every metric of every customer at one or many dates.
 *
 * @param as_of the dates, ascending, borrowed
 * @param count how many, at least one; with more the table has a column `as_of`
 * @param options NULL for defaults; `flags`, `customer`, `customers`, `cancel`
 * @param[out] out `customer`, `as_of` (if count > 1), then a column a metric, in the playbook's
 *        order, null where it is missing, and, with CHURN_QUERY_REASONS, after each of them a
 *        column `<metric>.reason` that says why (stale_source, not_provided, never, empty, ...),
 *        null where it is not; rows by customer, then date; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer; CHURN_E_RANGE for dates out of range
 *         or order; CHURN_E_CONFIG as churn_engine_create(), for records that came since;
 *         CHURN_E_STATE; CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_metrics(churn_engine *engine, const churn_time *as_of,
                                            uint32_t count, const churn_query_options *options,
                                            churn_table **out, churn_error *err);

/**
 * Say why metrics are missing.
 *
 * @param as_of the date
 * @param options NULL for defaults; `customer`, `customers`, `cancel`
 * @param[out] out `customer`, `metric`, `reason` (stale_source, not_provided, never, empty, ...): a
 *        row for each metric of each customer that is missing; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_missing(churn_engine *engine, churn_time as_of,
                                            const churn_query_options *options, churn_table **out,
                                            churn_error *err);

/**
 * Report how good metrics are: of how many customers they are known, and why of the others not.
 *
 * @param as_of the date
 * @param options NULL for defaults; `customer`, `customers`, `cancel`
 * @param[out] out `metric`, `customers` (that exist at as_of), `valid`, then how many are missing
 *        by reason: `stale_source`, `not_provided`, `non_finite`, `low_coverage`, `no_rate`,
 *        `short_history`, `cycle`, `never`, `empty`, `expired`: valid and these add up to
 *        customers. Of metrics of events also `skipped` (events in windows without the value that
 *        is summed, averaged, counted apart), `excluded` (events in windows of which `where:` is
 *        unknown or an error), `unknown_zones` (customers judged in the playbook's zone, as their
 *        own is not known), 0 for others. In the playbook's order; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_quality(churn_engine *engine, churn_time as_of,
                                            const churn_query_options *options, churn_table **out,
                                            churn_error *err);

/**
 * What is known of one customer at a date. Arrays are by metric, score and segment, in the
 * playbook's order.
 */
typedef struct churn_customer_answer {
    uint32_t struct_size;
    uint32_t reserved;  /* zero */
    void *room;         /* given: memory for all that is pointed to below, texts too, aligned as for
                           a double. NULL: it is the engine's own, valid until the engine's next call
                           or until its store forgets anybody */
    size_t room_size;   /* given: bytes of it */
    size_t room_needed; /* filled in: bytes that this answer takes */
    int32_t exists;     /* 1; 0: not yet at as_of, and nothing below is filled in but as_of */
    int32_t churned;    /* 1: lost, as the playbook's `loss:` says */
    uint32_t metric_count, score_count, segment_count;
    churn_time as_of;
    const churn_str *metric_ids;
    const int32_t *metric_types; /* CHURN_COLUMN_*: which of the next three holds the value */
    const double *numbers;       /* numbers; true and false as 1 and 0; NaN where missing */
    const churn_time *times;     /* CHURN_TIME_NONE where missing */
    const churn_str *texts;      /* {NULL, 0} where missing */
    const churn_str *reasons;    /* why it is missing, {NULL, 0} where it is not */
    const churn_str *score_ids;
    const double *scores;   /* NaN below min_coverage */
    const churn_str *bands; /* "unknown" there */
    const double *coverages, *lows, *highs;
    const int8_t *certains;   /* 1: `low` and `high` are in one band */
    const int8_t *overridden; /* 1: set by hand */
    const churn_str *cards;   /* the segment whose numbers it was computed with, or "default" */
    const churn_str *segment_ids;
    const int8_t *segments; /* CHURN_TRUTH_NONE where not known */
} churn_customer_answer;

/**
 * Compute metrics and scores of one customer within microseconds, for a backend that scores on each
 * request: the same bits as churn_engine_metrics() and churn_engine_scores() give.
 *
 * What a playbook and a version of the store come to is worked out by the first call, and again
 * after the store has changed; a date that differs from the call before costs some microseconds
 * more, but where a `baseline` is of all customers or of segments as much as asking all of them. So
 * the engine keeps the version that it saw last, until a call of it sees a newer one.
 *
 * @param customer the host's id, borrowed
 * @param len its length, or CHURN_NTS
 * @param as_of the date
 * @param[in,out] out filled in; its struct_size, and `room` if wanted, are set by the caller
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer; CHURN_E_RANGE for a date out of
 *         range, or a room too small: `room_needed` is then set; CHURN_E_CONFIG as
 *         churn_engine_create(), for records that came since; CHURN_E_LIMIT for an id of more than
 *         1,024 bytes; CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_customer(churn_engine *engine, const char *customer, size_t len,
                                             churn_time as_of, churn_customer_answer *out,
                                             churn_error *err);

/**
 * Score every customer.
 *
 * @param as_of the dates, ascending, borrowed
 * @param count how many, at least one; with more the table has a column `as_of`
 * @param options NULL for defaults; `customer`, `score` (default all), `cancel`
 * @param[out] out `customer`, `as_of` (if count > 1), `score` (its id), `value` (null below
 *        min_coverage), `band` ("unknown" there), `coverage` (0 to 1), `low`, `high` (how far the
 *        value could lie if nothing were missing), `certain` (both are in one band), `card` (the
 *        segment whose numbers were taken, or "default"), `overridden` (set by hand), `churned`
 *        (lost, as the playbook's `loss:` says), `playbook` (its content hash, as
 *        churn_playbook_hash() gives it, in 16 hex digits), then `<group>` columns if one score was
 *        asked for; returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_metrics(); CHURN_E_NOT_FOUND also for an unknown score
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_scores(churn_engine *engine, const churn_time *as_of,
                                           uint32_t count, const churn_query_options *options,
                                           churn_table **out, churn_error *err);

/** What an explanation starts from. */
#define CHURN_BASELINE_SCORE 0   /* the score's `baseline` */
#define CHURN_BASELINE_NUMBER 1  /* baseline_value */
#define CHURN_BASELINE_OWN 2     /* the customer's own score, `over` before as_of */
#define CHURN_BASELINE_SEGMENT 3 /* the mean of all customers whose score is on the same card */
#define CHURN_BASELINE_BOOK 4    /* the mean of all customers */

typedef struct churn_explain_options {
    uint32_t struct_size;
    uint32_t flags;        /* zero */
    churn_str score;       /* which; default the first */
    int32_t baseline;      /* CHURN_BASELINE_* */
    uint32_t reserved;     /* zero */
    double baseline_value; /* 0 to 100 */
    int64_t over;          /* microseconds; 0: 90 days */
    churn_cancel *cancel;  /* may be NULL */
} churn_explain_options;

/**
 * Explain the level of one customer's score: lines that add up to it exactly.
 *
 * The first line is the baseline; then factors by weight of effect; then the caps, floors and the
 * override that act, in their order; then the factors that are missing, which contribute nothing.
 * The contributions add up to the score in units of 1e-6, also where it is below min_coverage;
 * where there is none at all they are null. What a playbook comes to is kept between calls, as by
 * churn_engine_customer(): explaining a customer of whom that was just asked computes no metric
 * again.
 *
 * @param customer the host's id, borrowed
 * @param len its length, or CHURN_NTS
 * @param as_of the date
 * @param options NULL for defaults
 * @param[out] out `kind` (baseline, factor, cap, floor, override, missing), `name` (of the factor
 *        or cap), `group` (as a path: "adoption.depth"), `metric` (that the factor names), `value`
 *        (the metric's), `word` (of texts and truths), `unit`, `points` (of a factor 0 to 100, of a
 *        cap its bound), `weight` (effective, 0 to 1), `contribution` (in points), `text` (a
 *        sentence), `window_start`, `window_end` (of the metric), `events` (how many records stand
 *        behind the value), `last_event`, `card` (the segment whose numbers count, or "default"),
 *        `playbook` (its hash, 16 hex digits); returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer or score, for a customer that does
 *         not exist at as_of, or where there is no score to start from; CHURN_E_RANGE for a date,
 *         number or duration out of range; CHURN_E_CONFIG as churn_engine_create(), for records
 *         that came since; CHURN_E_LIMIT for an id of more than 1,024 bytes; CHURN_E_STATE;
 *         CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_explain(churn_engine *engine, const char *customer, size_t len,
                                            churn_time as_of, const churn_explain_options *options,
                                            churn_table **out, churn_error *err);

/** What a line of an explanation is: `kind` of churn_engine_explain(), in numbers. */
#define CHURN_LINE_BASELINE 0
#define CHURN_LINE_FACTOR 1
#define CHURN_LINE_CAP 2
#define CHURN_LINE_FLOOR 3
#define CHURN_LINE_OVERRIDE 4
#define CHURN_LINE_MISSING 5

/**
 * One customer's score with the lines that add up to it. Arrays are by line, in the order of
 * churn_engine_explain().
 */
typedef struct churn_explanation {
    uint32_t struct_size;
    uint32_t reserved;  /* zero */
    void *room;         /* given: memory for all that is pointed to below, texts too, aligned as for
                           a double. NULL: it is the engine's own, valid until the engine's next call
                           or until its store forgets anybody */
    size_t room_size;   /* given: bytes of it */
    size_t room_needed; /* filled in: bytes that this explanation takes */
    churn_time as_of;
    double score; /* NaN below min_coverage, as of churn_engine_customer() */
    double coverage, low, high;
    int32_t certain;      /* 1: `low` and `high` are in one band */
    uint32_t line_count;  /* at least one: the baseline */
    churn_str band;       /* "unknown" where there is no score */
    churn_str card;       /* the segment whose numbers count, or "default" */
    const int32_t *kinds; /* CHURN_LINE_* */
    const churn_str *names;
    const churn_str *groups;     /* {NULL, 0} of what is no factor */
    const churn_str *metrics;    /* that the factor names; {NULL, 0}: none */
    const double *values;        /* the metric's; NaN: missing, or no number */
    const churn_str *words;      /* of texts and truths; else {NULL, 0} */
    const double *points;        /* NaN of what is missing */
    const double *weights;       /* NaN of what is no factor, or missing */
    const double *contributions; /* in points; NaN of what is missing, or where no factor scores */
    const int64_t *micros;       /* the same in units of 1e-6, exactly; 0 for NaN */
} churn_explanation;

/**
 * Score and explain one customer within microseconds, for a backend that does so on each request:
 * the lines of churn_engine_explain() to the bit, without sentences and what stands behind them.
 *
 * `micros` add up to the score, also where it is below min_coverage. For a customer of whom was
 * just asked no metric is computed again and no memory is taken, but where the baseline is of other
 * customers or of another date.
 *
 * @param customer the host's id, borrowed
 * @param len its length, or CHURN_NTS
 * @param as_of the date
 * @param options NULL for defaults
 * @param[in,out] out filled in; its struct_size, and `room` if wanted, are set by the caller
 * @param err optional
 * @return as churn_engine_explain(); CHURN_E_RANGE also for a room too small: `room_needed` is then
 *         set
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_explain_lines(churn_engine *engine, const char *customer,
                                                  size_t len, churn_time as_of,
                                                  const churn_explain_options *options,
                                                  churn_explanation *out, churn_error *err);

typedef struct churn_explain_change_options {
    uint32_t struct_size;
    uint32_t flags;         /* zero */
    churn_str score;        /* which; default the first */
    churn_playbook *before; /* by which the side before is scored; NULL: the engine's own */
    churn_cancel *cancel;   /* may be NULL */
} churn_explain_change_options;

/**
 * Explain why one customer's score is not what it was: between two dates, between two playbooks at
 * one date, or both. The lines add up exactly.
 *
 * The first line is the score before, the last one the score afterwards; the contributions of the
 * first and of all between add up to that of the last in units of 1e-6. Lines that come to nothing
 * are left out. Between them stand, in this order and the largest of each kind first:
 * `configuration` (what another playbook makes of the same records: factors that it counts in
 * another way, adds or takes out, told apart by their ids), `card` (the customer is in another
 * segment), `behaviour` (a factor has other points), `missing` (a factor came, went or faded, or
 * weighs otherwise as others did), `cap`, `floor`, `override` (they act otherwise than before).
 *
 * @param customer the host's id, borrowed
 * @param len its length, or CHURN_NTS
 * @param before the date before, at most as_of
 * @param as_of the date
 * @param options NULL for defaults
 * @param[out] out `kind` (before, configuration, card, behaviour, missing, cap, floor, override,
 *        after), `name`, `group`, `metric`, `value_before`, `value_after`, `word_before`,
 *        `word_after`, `unit`, `points_before`, `points_after`, `weight_before`, `weight_after`,
 *        `contribution`, `text`, `records` (the records behind the metric that came, with a +, or
 *        went, with a -, by their ids: five, and how many more), `card_before`, `card_after`,
 *        `playbook_before`, `playbook_after`; returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_explain(); CHURN_E_NOT_FOUND also where one side has no score at all, or
 *         the playbook before has no score of that id; CHURN_E_RANGE also where `before` is later
 *         than as_of
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_explain_change(churn_engine *engine, const char *customer,
                                                   size_t len, churn_time before, churn_time as_of,
                                                   const churn_explain_change_options *options,
                                                   churn_table **out, churn_error *err);

/**
 * List the records behind a metric's value: those that it counts, adds up or compares. Of a metric
 * that is made of others, theirs; of an attribute, the value that holds. None where the metric has
 * no value for want of knowledge. Of a factor of a score or of a whole score: the records of all
 * metrics that it stands on, through other scores, too, and the child customers of a roll-up.
 *
 * @param customer the host's id, borrowed
 * @param customer_len its length, or CHURN_NTS
 * @param metric the id of a metric of the playbook, of a score, or of a score and its factor with a
 *        dot between: "health.sites"; borrowed
 * @param metric_len its length, or CHURN_NTS
 * @param from a date before as_of, to see what came and went in between; CHURN_TIME_NONE: none
 * @param as_of the date
 * @param options NULL for defaults; `cancel`
 * @param[out] out `kind` (of record: "event", "ticket", ...), `id` (the host's, null where it has
 *        none), `at` (when it took the part that counts), `what` (type of an event, name of an
 *        attribute or milestone, priority of a ticket, status of a subscription ...), `user`,
 *        `value` (a number), `word` (a text or truth), `change` (in: at as_of, and at `from` where
 *        that is given; entered: at as_of only; left: at `from` only), `share`; oldest first. A
 *        child that counts in a roll-up has the kind "customer", in `what` and `value` its score,
 *        and in `share` what part it has in the outcome: shares add up to 1, those of records are
 *        null. One whose score changed left with the old and entered with the new. Returned: free
 *        with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer, one that does not exist at as_of, or
 *         an unknown metric, with a suggestion, or factor; else as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_evidence(churn_engine *engine, const char *customer,
                                             size_t customer_len, const char *metric,
                                             size_t metric_len, churn_time from, churn_time as_of,
                                             const churn_query_options *options, churn_table **out,
                                             churn_error *err);

/**
 * List the customers at risk, the most valuable first: those with a trigger firing, or in a band
 * that is not the best one.
 *
 * Value at risk is MRR * (100 - score) / 100 of the first declared score; customers without a score
 * come last, by MRR.
 *
 * @param as_of the date; triggers and actions are those of the engine's history at that date
 * @param options NULL for defaults; `owner`, `limit`, `cancel`
 * @param[out] out `customer`, `name`, `owner`, `value_at_risk`, `mrr`, `score`, `band`, `coverage`,
 *        `change` (of the score over its `trend.over`, 30 days by default), `arrow` (up, down,
 *        steady: see churn_engine_trends()), `reasons` (what pulled it down most, in points),
 *        `triggers` (firing now), `renews_at`, `next_task`, `next_due`; money in major units of the
 *        playbook's currency; returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_at_risk(churn_engine *engine, churn_time as_of,
                                            const churn_query_options *options, churn_table **out,
                                            churn_error *err);

/**
 * Tell for every customer whether a score goes up or down: its change over the score's
 * `trend.over`, against `trend.noise`, within which it is steady.
 *
 * @param as_of the date
 * @param options NULL for defaults; `customer`, `customers`, `score` (default all), `cancel`
 * @param[out] out `customer`, `score` (its id), `value`, `value_before` (`trend.over` ago),
 *        `change`, `noise` (in points; of `noise: auto` 1.4826 times the median absolute deviation
 *        of the changes over the last six such periods, and at least 1), `arrow` (up, down, steady;
 *        null where one of both is missing); rows by customer, then score in the playbook's order;
 *        returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_scores()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_trends(churn_engine *engine, churn_time as_of,
                                           const churn_query_options *options, churn_table **out,
                                           churn_error *err);

/* ---- questions in the language of conditions ---- */

/** A constant of a question: `params.name` in its texts, where `name` is its name. */
typedef struct churn_parameter {
    churn_str name;
    churn_value value; /* not missing */
} churn_parameter;

/**
 * Whom a question is about and what it shows. Texts are expressions over every name that the
 * playbook's conditions may use, and `params.<name>`.
 */
typedef struct churn_select_options {
    uint32_t struct_size;
    uint32_t flags;             /* zero */
    churn_str customer;         /* one customer; default all that exist at as_of */
    const churn_str *customers; /* instead of `customer`, as in churn_query_options */
    uint64_t customer_count;
    const churn_str *select; /* columns: "<expression>" or "<name>: <expression>", of any type; a
                                list is shown as its items with ", " between. NULL: the names that
                                the condition reads */
    uint32_t select_count;
    uint32_t order_count;
    const churn_str *order; /* expressions, or names of columns, the first the most important; a `-`
                               before it: descending. What is missing comes last either way, and
                               equals by customer. NULL: by customer */
    const churn_parameter *params;
    uint32_t param_count;
    uint32_t reserved; /* zero */
    uint64_t limit;    /* at most so many rows; 0: all */
    churn_cancel *cancel;
} churn_select_options;

/** What became of the customers whom a question was about. */
typedef struct churn_query_summary {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t asked; /* that exist at as_of: the sum of the next four */
    uint64_t matched, not_matched;
    uint64_t unknown;     /* something that the condition needs is missing */
    uint64_t errors;      /* the condition cannot be computed: it divides an int by zero, ... */
    uint64_t cell_errors; /* cells of columns and orders that cannot be computed; they are null */
} churn_query_summary;

/**
 * Find the customers for whom a condition is true.
 *
 * Statuses, tags, plays and triggers are those of the engine's history at as_of. The answer is the
 * same for any number of threads.
 *
 * @param text the condition, borrowed; an empty one: everybody
 * @param len its length, or CHURN_NTS
 * @param as_of the date
 * @param options NULL for defaults
 * @param[out] out `customer`, then the columns asked for; a column of an int, a number, a truth, a
 *        text or an instant; null where the value is missing or an error; returned: free with
 *        churn_table_free()
 * @param[out] summary filled in; its struct_size is set by the caller; may be NULL
 * @param[out] reasons why customers are neither matched nor not, and cells null that are errors:
 *        `part` ("where", "select[0]", "order[0]", ...), `outcome` ("unknown", "error"), `name`
 *        (what is missing; null of an error), `reason` (stale_source, never, ...; of an error its
 *        message), `customers`; the most frequent first. A customer counts once for each name that
 *        it lacks. Returned: free with churn_table_free(); may be NULL
 * @param[out] diagnostics as of churn_playbook_open(), also on failure, NULL if there is nothing to
 *        tell; `file` is the part, and lines and columns are those of its text; returned: free with
 *        churn_table_free(); may be NULL
 * @param err optional; line and column are those of the text in which the first fault is
 * @return CHURN_OK; CHURN_E_PARSE, CHURN_E_TYPE, CHURN_E_NOT_FOUND (with a suggestion),
 *         CHURN_E_UNSUPPORTED as churn_expression_compile(), for whichever text is wrong;
 *         CHURN_E_CONFIG where they are wrong in several ways; else as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_query(churn_engine *engine, const char *text, size_t len,
                                          churn_time as_of, const churn_select_options *options,
                                          churn_table **out, churn_query_summary *summary,
                                          churn_table **reasons, churn_table **diagnostics,
                                          churn_error *err);

/**
 * Take a trigger's condition apart for one customer: the value of each part, and which parts the
 * outcome stands on.
 *
 * It is the condition `when` at as_of; how long it has held, cooldowns and who is in the trigger's
 * population is not asked. Statuses, tags, plays and triggers are those of the engine's history.
 *
 * @param customer the host's id, borrowed
 * @param customer_len its length, or CHURN_NTS
 * @param trigger the id of a trigger of the playbook, borrowed
 * @param trigger_len its length, or CHURN_NTS
 * @param as_of the date
 * @param[out] out `part` (its text; the whole first, then its operands from left to right, literals
 *        left out), `depth`, `line`, `column`, `outcome` ("value", "unknown", "error"), `value` (as
 *        text, strings in quotes), `because` (names that are missing and why, as "metric.x
 *        (never)"; or what went wrong), `decided` (whether the result stands on it); returned: free
 *        with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown customer, one that does not exist at as_of, or
 *         an unknown trigger, with a suggestion; CHURN_E_LIMIT for an id of more than 1,024 bytes;
 *         else as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_why(churn_engine *engine, const char *customer,
                                        size_t customer_len, const char *trigger,
                                        size_t trigger_len, churn_time as_of, churn_table **out,
                                        churn_error *err);

/* ---- losses ---- */

/**
 * List the customers about whose loss the sources disagree: subscriptions, churn records, and the
 * conditions of `loss:` where the playbook has any. Each is asked by itself, whether `loss:` names
 * it or not.
 *
 * @param as_of the date
 * @param options NULL for defaults; `cancel`
 * @param[out] out `customer`, `by_subscription` and `by_record` (lost at as_of according to that
 *        source; null where the source says nothing of the customer), `churned` (what `loss:` makes
 *        of it), `lost_at`, `kind`, `by_condition` (null where the playbook has none); of each
 *        source that says lost since when and of which kind: `subscription_at`,
 *        `subscription_kind`, `record_at`, `record_kind`, `condition_at`, `condition_kind`;
 *        `unknown` (midnights at which a condition could not be judged), `kind_unknown`
 *        (`involuntary_when` could not; null where it was not asked): a row for each customer of
 *        whom they do not all say the same; returned: free with churn_table_free()
 * @param err optional
 * @return as churn_engine_metrics()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_disagreements(churn_engine *engine, churn_time as_of,
                                                  const churn_query_options *options,
                                                  churn_table **out, churn_error *err);

typedef struct churn_reference_options {
    uint32_t struct_size;
    uint32_t max_values;  /* most different values that are kept as they are; default 1000 */
    churn_str among;      /* "book" (the default) or "segment.<id>" */
    churn_str name;       /* of the reference; default the metric's with the local date */
    churn_cancel *cancel; /* may be NULL */
} churn_reference_options;

/**
 * Say how a metric is distributed among customers, to be kept under `references` of a playbook.
 *
 * Scores that rank against a reference come back bit for bit at any time, whatever became of the
 * book. Where more than `max_values` different values occur, quantiles stand for them: the middle
 * ones of `max_values` parts of equal size, so that no rank is off by more than one part; the text
 * says so.
 *
 * @param metric the id of a metric that is a number
 * @param len its length, or CHURN_NTS
 * @param as_of the date: values of customers who exist then, as they are known then
 * @param options NULL for defaults
 * @param[out] table optional: `value`, ascending, and `count`, how many customers have it (of
 *        quantiles: for how many it stands); returned: free with churn_table_free()
 * @param[out] text optional: the entry as YAML, to be pasted under `references:`; returned: free
 *        with churn_buffer_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown metric or segment, and where nobody has a
 *         value; CHURN_E_TYPE for a metric that is no number; CHURN_E_RANGE for a date or
 *         `max_values` out of range; CHURN_E_CONFIG as churn_engine_create(), for records that came
 *         since; CHURN_E_STATE; CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_reference(churn_engine *engine, const char *metric, size_t len,
                                              churn_time as_of,
                                              const churn_reference_options *options,
                                              churn_table **table, churn_buffer **text,
                                              churn_error *err);

/* ---- the call with memory ---- */

#define CHURN_ADVANCE_NO_ACTIONS 1u /* flag: triggers move, plays do not run */

typedef struct churn_advance_options {
    uint32_t struct_size;
    uint32_t flags;       /* CHURN_ADVANCE_* */
    churn_cancel *cancel; /* may be NULL */
} churn_advance_options;

/** What one evaluation did. */
typedef struct churn_run {
    uint32_t struct_size;
    uint32_t degraded; /* 1: too much could not be judged: see churn_engine_run_summary() */
    churn_time as_of;
    uint64_t customers; /* evaluated */
    uint64_t evaluated; /* conditions of triggers */
    uint64_t is_true;
    uint64_t is_false;
    uint64_t is_unknown;
    uint64_t is_error;
    uint64_t fired;    /* episodes that began */
    uint64_t resolved; /* episodes that ended */
    uint64_t reminders;
    uint64_t data_gaps;
    uint64_t suppressed;   /* true, but held back: cooldown, grace, refire */
    uint64_t actions;      /* put into the outbox */
    uint64_t late;         /* records learned since the last evaluation that happened before it; 0
                              in the first after loading, which does not know the store of before */
    uint64_t budget;       /* triggers that fired for more of those they judged than their budget */
    uint64_t band_changes; /* of held bands: see churn_engine_band_changes() */
    uint64_t unexplained;  /* those of them whose cause was not sought, being too many at once */
    uint64_t loss_unknown; /* customers of whom a condition of `loss:` was not known at the last
                              local midnight: it says what it said before */
} churn_run;

/**
 * Evaluate all triggers once and let plays answer them. Scores come into their held bands, which is
 * what conditions read here: see churn_engine_band_changes().
 *
 * @param as_of later than the last evaluation; the same instant again changes nothing
 * @param options NULL for defaults
 * @param[out] run filled in; may be NULL
 * @param err optional
 * @return CHURN_OK; CHURN_E_RANGE for an instant before the last evaluation; CHURN_E_LIMIT when the
 *         outbox is full; CHURN_E_CONFIG as churn_engine_create(), for records that came since;
 *         CHURN_E_STATE; CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI. After any
 *         failure the state is what it was
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_advance(churn_engine *engine, churn_time as_of,
                                            const churn_advance_options *options, churn_run *run,
                                            churn_error *err);

/**
 * Evaluate at from, from + every, ... up to and including the last that is <= to.
 *
 * @param from the first evaluation
 * @param to no evaluation later than this
 * @param every microseconds between evaluations; 0: the playbook's `evaluate`, which keeps local
 *        time where it is whole days
 * @param options NULL for defaults; CHURN_ADVANCE_NO_ACTIONS makes it a warm-up
 * @param[out] runs a row an evaluation with the fields of churn_run; returned: free with
 *        churn_table_free(); may be NULL
 * @param err optional
 * @return as churn_engine_advance(); evaluations before the one that failed stand
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_replay(churn_engine *engine, churn_time from, churn_time to,
                                           int64_t every, const churn_advance_options *options,
                                           churn_table **runs, churn_error *err);

/**
 * Do what churn_engine_replay() does without actions: what a new installation does before its first
 * day, so that conditions which must hold for weeks do not start cold.
 *
 * @param from the first evaluation
 * @param to no evaluation later than this
 * @param options NULL for defaults
 * @param[out] runs as churn_engine_replay(); may be NULL
 * @param err optional
 * @return as churn_engine_replay()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_warm_up(churn_engine *engine, churn_time from, churn_time to,
                                            const churn_advance_options *options,
                                            churn_table **runs, churn_error *err);

/**
 * Return the instant of the last evaluation.
 *
 * @return CHURN_TIME_NONE before the first, and for NULL
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_time churn_engine_as_of(const churn_engine *engine);

/**
 * Sum up the last evaluation by trigger.
 *
 * @param[out] out `trigger`, `true`, `false`, `unknown`, `error`, `fired`, `resolved`, `firing`
 *        (now), `suppressed`, `degraded`, `missing` (the inputs that made most of them unknown, at
 *        most five, each with its reasons and counts: "metric.nps: expired 12, never 3; metric.mrr:
 *        no_rate 1"; how many more there are is said), `error_text`; in the playbook's order;
 *        returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_run_summary(churn_engine *engine, churn_table **out,
                                                churn_error *err);

#define CHURN_BANDS_NO_FIRST 1u /* leave out the bands that customers came into first */

typedef struct churn_band_change_options {
    uint32_t struct_size;
    uint32_t flags;       /* CHURN_BANDS_* */
    churn_str score;      /* of this score; default all */
    churn_str customer;   /* of this one; default all */
    churn_time since;     /* from then on; 0: from the beginning */
    churn_time until;     /* before then; 0: to the end */
    churn_cancel *cancel; /* may be NULL */
} churn_band_change_options;

/**
 * List the changes of held bands that evaluations saw, and what moved the score.
 *
 * A held band is what conditions read in churn_engine_advance(): it is left only when the score is
 * beyond its bound by the score's `hysteresis`, and not before `min_stay` has passed. While there
 * is no score it is "unknown", and the band is remembered.
 *
 * @param options NULL for defaults
 * @param[out] out `customer`, `score` (its id), `at` (the evaluation), `band_before` (null: the
 *        first band), `band_after`, `days_in` (how many days in `band_before`), `value_before` (the
 *        score at the evaluation before, of what was known at `at`), `value_after`, `kind` of the
 *        cause (behaviour, missing, card, cap, floor, override: what moved the score most;
 *        configuration: another playbook; stay: it would have changed before, but for `min_stay`;
 *        correction: what was learned since about the past; first; null where it was not sought,
 *        see churn_run.unexplained), `name` (of the factor or cap that is to blame), `contribution`
 *        (by how many points it moved the score), `cause` ("logins_28d: 20 -> 3, -14.2"); rows by
 *        at, customer, score; returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND for an unknown score; CHURN_E_STATE; CHURN_E_CANCELLED;
 *         CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_band_changes(churn_engine *engine,
                                                 const churn_band_change_options *options,
                                                 churn_table **out, churn_error *err);

/**
 * List all episodes: from the firing of a trigger for a customer to its end.
 *
 * @param[out] out `trigger`, `customer`, `episode` (1, 2, ... for the pair), `severity`,
 *        `fired_at`, `resolved_at` (null while open), `reason` (cleared, stale, absent,
 *        rule_removed, left, refired), `state` (firing, resolving, resolved), `reminders`,
 *        `relapses`, `value_at_risk` (at firing); by fired_at, trigger, customer; returned: free
 *        with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_episodes(churn_engine *engine, churn_table **out,
                                             churn_error *err);

/* ---- outbox ---- */

#define CHURN_ACTIONS_WAITING 0 /* not yet acknowledged: what the host is to do now */
#define CHURN_ACTIONS_OPEN 1    /* tasks not yet done, acknowledged or not */
#define CHURN_ACTIONS_ALL 2

typedef struct churn_action_options {
    uint32_t struct_size;
    int32_t which;  /* CHURN_ACTIONS_* */
    uint64_t limit; /* at most so many; 0: all */
} churn_action_options;

/**
 * Pull actions from the outbox, in the order in which they arose. Pulling changes nothing: an
 * action comes again until it is acknowledged.
 *
 * @param options NULL for defaults
 * @param[out] out `id` (32 hexadecimal digits, the same whenever the same history is replayed),
 *        `kind` (task, notify, tag, set_status, untag, unset_status, reminder, cancel), `customer`,
 *        `trigger`, `play`, `episode`, `step`, `at`, `title`, `owner`, `role`, `due`, `severity`,
 *        `value_at_risk`, `value` (the tag or status), `state` (waiting, acknowledged, done,
 *        failed, cancelled), `state_at`, `about` (the id of the action that a reminder or cancel is
 *        about), `text` (of a task or notice that has one); returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_actions(churn_engine *engine,
                                            const churn_action_options *options, churn_table **out,
                                            churn_error *err);

/**
 * Say that actions were taken over. Doing so again changes nothing.
 *
 * @param ids as in the table of actions, borrowed
 * @param count how many
 * @param err optional; row is the first unknown id
 * @return CHURN_OK; CHURN_E_NOT_FOUND where one is unknown: then none is acknowledged;
 *         CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_acknowledge(churn_engine *engine, const churn_str *ids,
                                                uint64_t count, churn_error *err);

/**
 * Say what became of an action.
 *
 * @param id as in the table of actions, borrowed
 * @param len its length, or CHURN_NTS
 * @param outcome "done", "failed" or "cancelled"
 * @param outcome_len its length, or CHURN_NTS
 * @param at when; evaluations from then on know it
 * @param err optional
 * @return CHURN_OK; CHURN_E_NOT_FOUND; CHURN_E_EXISTS where another outcome is known; CHURN_E_RANGE
 *         for an instant before the action or an unknown outcome; CHURN_E_STATE; CHURN_E_NOMEM;
 *         CHURN_E_ARG
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_complete(churn_engine *engine, const char *id, size_t len,
                                             const char *outcome, size_t outcome_len, churn_time at,
                                             churn_error *err);

/* ---- state ---- */

/**
 * Take up a changed playbook. Pending instances of triggers whose rule changed start again, open
 * episodes are kept and judged by the new rule without firing again, those of triggers that are
 * gone resolve (rule_removed) and their plays end as `on_resolve` says. All this is done by the
 * next evaluation: until then nothing has changed, and the old playbook may be put back.
 *
 * @param playbook a reference is kept
 * @param err optional
 * @return CHURN_OK; CHURN_E_CONFIG as churn_engine_create(), or for a playbook of another name;
 *         CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_set_playbook(churn_engine *engine, churn_playbook *playbook,
                                                 churn_error *err);

/**
 * Write an engine's memory to bytes: versioned, checksummed, keyed by customers' ids.
 *
 * @param[out] out returned: free with churn_buffer_free(); equal states give equal bytes
 * @param err optional
 * @return CHURN_OK; CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_save(churn_engine *engine, churn_buffer **out,
                                         churn_error *err);

/**
 * Make an engine that goes on where a saved one stopped. The store is to hold the records again
 * before the next evaluation, for which a customer of whom it has none does not exist; the playbook
 * may have changed, as in churn_engine_set_playbook().
 *
 * @param bytes what churn_engine_save() wrote, borrowed
 * @param size how many
 * @param playbook a reference is kept
 * @param store a reference is kept
 * @param[out] out returned: free with churn_engine_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_CORRUPT; CHURN_E_VERSION; as churn_engine_set_playbook()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_engine_load(const void *bytes, size_t size, churn_playbook *playbook,
                                         churn_store *store, churn_engine **out, churn_error *err);

/**
 * Return a hash of an engine's memory: equal for equal states.
 *
 * @param[out] hash
 * @param err optional
 * @return CHURN_OK; CHURN_E_STATE; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_hash(churn_engine *engine, uint64_t *hash, churn_error *err);

/**
 * Return how many bytes an engine's memory takes, its store and playbook not counted.
 *
 * @return 0 for NULL
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API uint64_t churn_engine_memory(const churn_engine *engine);

/* ---- the playbook's own tests ---- */

/**
 * Run the tests that a playbook carries.
 *
 * @param playbook borrowed
 * @param[out] passed how many passed; may be NULL
 * @param[out] failed how many failed; may be NULL
 * @param[out] out `test` (its name; of a case "name [row 2]"), `line` (of the expectation),
 *        `passed`, `what` ("health.score"), `expected`, `got`, `message` (where it failed: what the
 *        score is made of, or what the parts of the condition came to; or why the test could not be
 *        run), `customer` (null where the test names none): a row an expectation; returned: free
 *        with churn_table_free(); may be NULL
 * @param err optional
 * @return CHURN_OK, also when tests failed; CHURN_E_NOMEM; CHURN_E_ARG
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_test(churn_playbook *playbook, uint64_t *passed,
                                           uint64_t *failed, churn_table **out, churn_error *err);

typedef struct churn_playbook_test_options {
    uint32_t struct_size;
    uint32_t flags; /* 0 */
    churn_str name; /* of a test, or of one with cases for all of them; default: every test */
} churn_playbook_test_options;

/**
 * Run some of the tests that a playbook carries: churn_playbook_contents() lists them.
 *
 * @param playbook borrowed
 * @param options NULL for all of them
 * @param[out] passed how many expectations were met; may be NULL
 * @param[out] failed how many were not; may be NULL
 * @param[out] out as for churn_playbook_test()
 * @param err optional
 * @return CHURN_OK, also when tests failed; CHURN_E_NOT_FOUND for a name that no test has, with a
 *         suggestion; CHURN_E_UTF8; CHURN_E_LIMIT for a name of more than 65,536 bytes;
 *         CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_playbook_test_some(churn_playbook *playbook,
                                                const churn_playbook_test_options *options,
                                                uint64_t *passed, uint64_t *failed,
                                                churn_table **out, churn_error *err);

CHURN_END_DECLS

#endif
