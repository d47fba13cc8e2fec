/* SPDX-License-Identifier: MIT */
#ifndef CHURN_SIGNALS_H
#define CHURN_SIGNALS_H

#include <churn/kpi.h>

CHURN_BEGIN_DECLS

/*
 * Whether figures go where they should, and where something happened to them: goals, benchmarks,
 * anomalies and changes of level of the figures of an engine; and the same methods on arrays.
 *
 *     churn_goal_options options = {.struct_size = sizeof options};
 *     churn_engine_goals(engine, as_of, &options, &table, &err);
 */

/* ---- goals ---- */

typedef struct churn_goal_options {
    uint32_t struct_size;
    uint32_t reserved;    /* zero */
    churn_time from;      /* also the periods since then; 0: only the one in which `as_of` lies */
    double level;         /* of intervals; 0: 0.95 */
    churn_cancel *cancel; /* may be NULL */
} churn_goal_options;

/**
 * Hold the goals of a playbook (`kpi: goals:`) against what happened.
 *
 * A goal is judged by the period `every`. Where its `per` is shorter, its value is the mean of the
 * complete `per` periods in it: at most 3 % a month, by quarter. Where both are the same, it is the
 * figure of the period so far.
 *
 * The forecast of the end of a period rests on the complete `per` periods before as_of, the last 12
 * of them: their median (of fewer than six the mean), times their place in the season where two
 * whole years are known. A figure that adds up over a period counts what there is of the present
 * one and the rest of it at that rate; of a level (`mrr`) it is the newest value and the usual
 * change; of a rate it is the usual one. The interval is that of new values around such a level, by
 * Student's t, never narrower than chance alone makes counts (Poisson) and shares (binomial). With
 * fewer than three periods before, there is none, and `note` says so; a figure that adds up is then
 * carried on at its own rate so far, with Garwood's interval where it is a count.
 *
 * @param as_of the date
 * @param options NULL for defaults
 * @param[out] out `goal`, `kpi`, `group` ("plan: pro", null for goals without `by`), `per`,
 *        `period_start`, `period_end`, `at_most`, `at_least`, `value` (null where nothing is
 *        complete), `low`, `high` (of the value, where it is that of one period), `periods`
 *        (complete ones in the mean), `pace` (value over what the goal leaves for the time that has
 *        passed), `needed` (what each period that is left, or the rest of the period, may come to
 *        at most or must at least), `forecast`, `forecast_low`, `forecast_high`, `on_track` (the
 *        forecast, or the value of a complete period, is within the goal; null: nothing is known),
 *        `complete`, `method`, `note`; by goal as in the playbook, then period, then group;
 *        returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_RANGE for a date or level out of range; CHURN_E_CONFIG, CHURN_E_STATE,
 *         CHURN_E_CANCELLED, CHURN_E_NOMEM, CHURN_E_ARG, CHURN_E_ABI as churn_engine_kpi()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_goals(churn_engine *engine, churn_time as_of,
                                          const churn_goal_options *options, churn_table **out,
                                          churn_error *err);

/* ---- benchmarks ---- */

typedef struct churn_benchmark_options {
    uint32_t struct_size;
    uint32_t reserved;    /* zero */
    churn_time as_of;     /* what is known when; 0: the end of the span */
    churn_cancel *cancel; /* may be NULL */
} churn_benchmark_options;

/**
 * Set figures beside those that others published (`kpi: benchmarks:`), each with its source.
 *
 * The library knows no benchmarks of its own: what is compared with, for which size of company, and
 * who says so is what the playbook gives. The own figure is that of the customers of that size: a
 * segment, or a range of an attribute at the start of each period, over whose values numerators and
 * denominators are summed.
 *
 * @param from first instant of the first period
 * @param to end of the last period, itself not included
 * @param options NULL for defaults
 * @param[out] out `kpi`, `size` ("segment.smb", "employees 1 to 50", null: all customers),
 *        `period_start`, `period_end`, `value`, `low`, `high` (interval), `numerator`,
 *        `denominator`, `benchmark_low`, `benchmark_median`, `benchmark_high`, `position` (below,
 *        within, above; null where either is unknown), `difference` (value less median), `unit`,
 *        `complete`, `source`, `year`; by entry, then period; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return as churn_engine_goals()
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_benchmarks(churn_engine *engine, churn_time from, churn_time to,
                                               const churn_benchmark_options *options,
                                               churn_table **out, churn_error *err);

/* ---- anomalies ---- */

/** Also values that are as expected, with what was expected. */
#define CHURN_ANOMALIES_ALL 1u

typedef struct churn_kpi_anomaly_options {
    uint32_t struct_size;
    int32_t every;       /* CHURN_EVERY_DAY to _YEAR; 0: by month */
    churn_time as_of;    /* what is known when; 0: the end of the span */
    const churn_str *by; /* series by group; as churn_kpi_options */
    uint32_t by_count;
    int32_t by_at;        /* as churn_kpi_options */
    double false_alarms;  /* share of values of plain noise that are called anomalies; 0: 0.01 */
    double per_series;    /* instead: how many false alarms a series has on average; 0: not used */
    double false_changes; /* share of series of noise with a change of level; 0: 0.05; 1: not
                             sought */
    uint32_t lookback;    /* periods before `from` to compare with; 0: 56 days, 26 weeks, 36 months,
                             12 quarters, 8 years */
    uint32_t flags;       /* CHURN_ANOMALIES_ALL */
    churn_cancel *cancel; /* may be NULL */
} churn_kpi_anomaly_options;

/**
 * Find periods in which a figure is not what it usually is, by group.
 *
 * Each value is compared with earlier ones only: days with the same weekday, months and quarters
 * with the same one of earlier years where there are two, by the median of what remains and its
 * robust spread; levels (`mrr`, `customers`) by how much they change. So many earlier values call a
 * new one of the same normal distribution an anomaly with the probability `false_alarms`, however
 * few they are (six at least). Counts and shares must besides be rarer than that by chance alone,
 * given their numbers (conditional Poisson test, Fisher's exact test): a segment of three customers
 * alarms nobody. Changes of level are the best segmentation of the series without its season
 * (squared errors); what comes after one is compared with what came since.
 *
 * @param kpis their names, borrowed
 * @param count how many, not 0
 * @param from first instant of the first period
 * @param to end of the last period; one that is not complete at as_of is left out
 * @param options NULL for defaults
 * @param[out] out `kpi`, the columns of `by`, `period_start`, `period_end`, `value`, `expected`,
 *        `low`, `high` (outside of which it is an anomaly), `score` (distance in robust standard
 *        deviations), `p` (how probable so large a distance is; null of changes of level), `n`
 *        (values compared with; of a change of level those of the new one), `kind` (spike, drop,
 *        level_up, level_down; null with CHURN_ANOMALIES_ALL), `direction` (up, down), `threshold`
 *        (the p below which it is an anomaly), `unit`, `marks` (announcements in the period or the
 *        one before); by kpi as asked for, then group, then period; returned: free with
 *        churn_table_free()
 * @param err optional
 * @return as churn_engine_kpi(); CHURN_E_RANGE for a rate outside 0 to 0.5
 * @threads one at a time per engine
 * @since 0.1
 */
CHURN_API churn_status churn_engine_anomalies(churn_engine *engine, const churn_str *kpis,
                                              uint32_t count, churn_time from, churn_time to,
                                              const churn_kpi_anomaly_options *options,
                                              churn_table **out, churn_error *err);

/* ---- on arrays ---- */

typedef struct churn_change_options {
    uint32_t struct_size;
    uint32_t min_size; /* values of a stretch, at least; 0: 2 */
    double penalty;    /* what a change costs, in squares of the values; 0: 2 sigma^2 ln n */
    double sigma;      /* of the noise; 0: 1.4826 times the median of the distances between
                          neighbours, over the root of 2 */
    const churn_allocator *allocator; /* NULL: malloc */
    churn_cancel *cancel;             /* may be NULL */
} churn_change_options;

/**
 * Split a series where its mean changes, in the best possible way: least sum of squares plus the
 * penalty for each change, which is what PELT finds (Killick, Fearnhead and Eckley, JASA 107,
 * 2012), exactly so for every min_size. It takes about count * ln(count) steps, also where nothing
 * changes.
 *
 * @param values in order of time; NaN: missing, left out
 * @param count how many
 * @param options NULL for defaults
 * @param[out] out a row for each stretch: `start`, `end` (indices into values; end not included),
 *        `n`, `mean`, `rss` (sum of squares around it), `change` (of the mean against the stretch
 *        before; null for the first), `penalty`; none where there are fewer than min_size values;
 *        returned: free with churn_table_free()
 * @param err optional
 * @return CHURN_OK; CHURN_E_RANGE for a value that is infinite or a negative option;
 *         CHURN_E_CANCELLED; CHURN_E_NOMEM; CHURN_E_ARG; CHURN_E_ABI
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_change_points(const double *values, uint64_t count,
                                           const churn_change_options *options, churn_table **out,
                                           churn_error *err);

/** What the values of a series are. */
#define CHURN_SERIES_NUMBER 0
#define CHURN_SERIES_COUNT 1 /* counts of events */
#define CHURN_SERIES_SHARE 2 /* `values` of `trials` */
#define CHURN_SERIES_LEVEL 3 /* numbers whose changes are judged */

typedef struct churn_anomaly_data {
    uint32_t struct_size;
    int32_t kind;         /* CHURN_SERIES_* */
    const double *values; /* in order of time; NaN: missing */
    const double *trials; /* of CHURN_SERIES_SHARE */
    uint64_t count;
    uint32_t season;   /* values of a cycle (7 for days, 12 for months); 0: none */
    uint32_t reserved; /* zero */
} churn_anomaly_data;

typedef struct churn_anomaly_options {
    uint32_t struct_size;
    uint32_t flags;       /* CHURN_ANOMALIES_ALL */
    double false_alarms;  /* share of values of plain noise that are called anomalies; 0: 0.01 */
    double per_series;    /* instead: how many false alarms a series has on average; 0: not used */
    double false_changes; /* share of series of noise with a change of level; 0: 0.05; 1: none is
                             sought */
    uint32_t window;      /* earlier values to compare with, at most; 0: 36 */
    uint32_t history;     /* at least; 0: 8; not below 6 */
    uint32_t cycles;      /* earlier values of the same place in the season, at most; 0: 4 */
    uint32_t min_size;    /* values of a level, at least; 0: 5 */
    const churn_allocator *allocator; /* NULL: malloc */
    churn_cancel *cancel;             /* may be NULL */
} churn_anomaly_options;

/**
 * Find what is unusual in a series.
 *
 * Each value is compared with earlier ones only: with the median of those of the same place in the
 * season, by the median and the robust spread of what remains. So many earlier values call a new
 * one of the same normal distribution an anomaly with the probability `false_alarms`, however few
 * they are. Counts and shares must besides be rarer than that by chance alone, given their numbers
 * (conditional Poisson test, Fisher's exact test). After values that were all the same another one
 * has the probability 1 / (n + 1). Changes of level are the best segmentation of the series without
 * its season (as churn_change_points(), single values that are far out brought near); what comes
 * after one is compared with what came since.
 *
 * @param data borrowed
 * @param options NULL for defaults
 * @param[out] out `index`, `value`, `expected`, `low`, `high` (outside of which it is an anomaly),
 *        `score` (distance in robust standard deviations), `p` (how probable so large a distance
 *        is; null of changes of level), `n` (values compared with; of a change of level those of
 *        the new one), `kind` (spike, drop, level_up, level_down; null with CHURN_ANOMALIES_ALL),
 *        `direction` (up, down), `threshold` (the p below which it is an anomaly); returned: free
 *        with churn_table_free()
 * @param err optional
 * @return as churn_change_points(); CHURN_E_RANGE also for counts that are negative and for more
 *         `values` than `trials`
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_anomalies(const churn_anomaly_data *data,
                                       const churn_anomaly_options *options, churn_table **out,
                                       churn_error *err);

/** `target` is given. */
#define CHURN_CUSUM_TARGET 1u

typedef struct churn_cusum_options {
    uint32_t struct_size;
    uint32_t flags; /* CHURN_CUSUM_TARGET */
    double target;  /* with CHURN_CUSUM_TARGET: the level that is kept; else the median */
    double slack;   /* K, what is let pass a step; 0: half of sigma */
    double limit;   /* H, what is an alarm; 0: five times sigma */
    double sigma;   /* 0: as churn_change_options */
    const churn_allocator *allocator; /* NULL: malloc */
} churn_cusum_options;

/**
 * Sum up how far a series is above and below its target: the tabular CUSUM (Montgomery,
 * Introduction to Statistical Quality Control, chapter 9), which sees small shifts that last.
 *
 * With the defaults noise raises an alarm about every 465 values.
 *
 * @param values in order of time; NaN: missing, sums stay as they are
 * @param count how many
 * @param options NULL for defaults
 * @param[out] out a row for each value: `index`, `value`, `sum` (of all distances from the target),
 *        `above`, `below` (the two sums), `alarm` (up, down or null), `since` (the first
 *        index for which the sum that alarms is above 0: where the shift began); returned: free
 *        with churn_table_free()
 * @param err optional
 * @return as churn_change_points()
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_cusum(const double *values, uint64_t count,
                                   const churn_cusum_options *options, churn_table **out,
                                   churn_error *err);

CHURN_END_DECLS

#endif
