/* SPDX-License-Identifier: MIT */
#ifndef CHURN_MODEL_SERIES_H
#define CHURN_MODEL_SERIES_H

#include "core/fail.h"
#include "table/table.h"

/*
 * Series of figures: what is usual, what is not, where the level changes, and where it is going.
 * NaN stands for a value that is missing, wherever a series is read. Everything is a function of
 * the numbers in their order; nothing is drawn at random.
 */

/* ---- robust.c ---- */

/* The k-th smallest of n > k values, which are rearranged: expected O(n). No NaN. */
double churn__select(double *values, size_t n, size_t k);
/* The mean of the two middle ones where n is even; n > 0; rearranges. */
double churn__median(double *values, size_t n);

/* Location and scale of values that may hold outliers: median and 1.4826 times the median distance
 * from it. Where more than half of the values are the same, 1.2533 times the mean distance
 * (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993); where all are, the scale is 0.
 */
typedef struct churn__robust {
    double median, scale;
} churn__robust;

#define CHURN__MAD_TO_SIGMA 1.482602218505602            /* 1 / normal quantile of 3/4 */
#define CHURN__MEAN_DISTANCE_TO_SIGMA 1.2533141373155001 /* sqrt(pi / 2) */

/* n > 0; `values` are rearranged, and overwritten by their distances. */
churn__robust churn__robust_of(double *values, size_t n);
/* 0.6745 (x - median) / MAD: beyond 3.5 an outlier, as Iglewicz and Hoaglin have it. NaN where the
 * scale is 0. */
double churn__modified_z(double x, const churn__robust *of);

/* The distance of a new value from the median of n earlier ones of the same normal distribution, in
 * units of their robust scale, is about `spread` times a t of `df`: so few values do not call
 * what is plain noise unusual. n >= CHURN__HISTORY_LEAST. */
#define CHURN__HISTORY_LEAST 6
typedef struct churn__noise {
    double spread, df;
} churn__noise;
churn__noise churn__noise_of(size_t n);
/* How probable a distance of |z| or more is, and the distance that `rate` of noise exceeds. */
double churn__noise_p(const churn__noise *noise, double z);
double churn__noise_limit(const churn__noise *noise, double rate);

/* Standard deviation of a series around its levels: from the median distance of values `lag` apart,
 * over the root of 2; 0 where most of them are the same, NaN where there are fewer than two such.
 */
churn_status churn__difference_sigma(churn__heap *heap, const double *values, size_t n, size_t lag,
                                     double *out, churn_error *err);

/* ---- pelt.c ---- */

/* The splitting of n values (no NaN) into stretches of at least `min_size` with the least sum of
 * squares around their means plus `penalty` a change: what PELT finds (Killick, Fearnhead and
 * Eckley, JASA 107, 2012), for every min_size, and in about n ln n steps also where nothing
 * changes. `starts` gets the first indices of the stretches (room for n / min_size + 1), `*count`
 * their number: 0 for n < min_size. */
churn_status churn__pelt(churn__heap *heap, const double *values, size_t n, size_t min_size,
                         double penalty, churn_cancel *cancel, uint64_t *starts, size_t *count,
                         churn_error *err);
/* Sum of squares of values around their mean. */
double churn__square_sum(const double *values, size_t n, double *mean);
/* The penalty, in squares of sigma, under which noise of n values has a change with about the
 * probability `rate`: Vostrikova's bound (Soviet Mathematics Doklady 24, 1981) of the greatest
 * standardised difference of means, for a sigma that is itself estimated. */
double churn__change_penalty(size_t n, size_t min_size, double rate);

/* ---- season.c ---- */

/* Take the season out of values that are `period` to a cycle: classical decomposition with medians
 * (centred moving average, median ratio to it by position; differences where a value is not above
 * 0). Needs two whole cycles; `*done` is false without them, or where a position has no value.
 * `adjusted` gets n values, NaN where the value is missing. */
churn_status churn__season_adjust(churn__heap *heap, const double *values, size_t n,
                                  uint32_t period, double *adjusted, bool *done, churn_error *err);

/* ---- anomaly.c ---- */

#define CHURN__SERIES_NUMBER 0
#define CHURN__SERIES_COUNT 1 /* of events: Poisson */
#define CHURN__SERIES_SHARE 2 /* `events` of `trials`: binomial */

typedef struct churn__series {
    const double *values; /* of a share: the share */
    const double *events, *trials;
    size_t count;
    int32_t kind;
    uint32_t season; /* positions of a cycle; below 2: none */
    bool changes;    /* a level: what is judged is how much it changes */
} churn__series;

typedef struct churn__anomaly_rules {
    double rate;        /* of values of noise that are called unusual */
    double change_rate; /* of series of noise in which a change of level is seen; 0: not sought */
    uint32_t window;    /* earlier values that a value is compared with, at most */
    uint32_t history;   /* at least */
    uint32_t cycles;    /* earlier values of the same position, at most */
    uint32_t min_size;  /* of a level */
    bool all;           /* also tell what is expected of values that are as usual */
    churn_cancel *cancel;
} churn__anomaly_rules;

#define CHURN__ANOMALY_NONE 0
#define CHURN__ANOMALY_SPIKE 1
#define CHURN__ANOMALY_DROP 2
#define CHURN__ANOMALY_LEVEL_UP 3
#define CHURN__ANOMALY_LEVEL_DOWN 4

typedef struct churn__anomaly {
    double expected, low, high; /* NaN: not judged */
    double score;               /* distance in robust standard deviations; NaN: none */
    double p;
    uint32_t n; /* values it was compared with */
    uint8_t kind;
} churn__anomaly;

/* One for each value: what it was compared with, and what it is. A value is compared with earlier
 * ones only; those before the last change of level are not among them. */
churn_status churn__anomalies_find(churn__heap *heap, const churn__series *series,
                                   const churn__anomaly_rules *rules, churn__anomaly *out,
                                   churn_error *err);

/* ---- signals.c ---- */

/* The rate that is asked for: the default, a given one, or so many in a series of which `judged`
 * values are judged. */
double churn__anomaly_rate(double rate, double per_series, size_t judged);
/* Columns expected, low, high, score, p, n, kind, direction, threshold: the number of the first;
 * and a row of them. */
uint32_t churn__anomaly_columns(churn__table_builder *b);
void churn__anomaly_add(churn__table_builder *b, uint32_t first, const churn__anomaly *a,
                        double rate);

/* ---- forecast.c ---- */

/* The next value of a series from its last ones: their median, with the place in the season where
 * two whole cycles are known, and the standard deviation of a new one around it. */
typedef struct churn__outlook {
    bool known;
    double level;  /* expected */
    double sigma;  /* of one new value */
    double around; /* variance of the level itself, in squares of sigma */
    double df;
    uint32_t n;
} churn__outlook;

#define CHURN__OUTLOOK_LEAST 3 /* past values */
#define CHURN__OUTLOOK_MOST 12

/* `ahead` 1: the period after the last value; 2: the one after. */
churn_status churn__outlook_of(churn__heap *heap, const double *values, size_t n, uint32_t season,
                               uint32_t ahead, churn__outlook *out, churn_error *err);

#endif
