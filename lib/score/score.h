/* SPDX-License-Identifier: MIT */
#ifndef CHURN_SCORE_SCORE_H
#define CHURN_SCORE_SCORE_H

#include "base/arena.h"
#include "core/column.h"
#include "core/fail.h"
#include "expr/expr.h"
#include "table/table.h"

/*
 * Health scores: the arithmetic of docs/reference/semantics.md, "Scores", over plain
 * columns. Every score and sub-score
 * is rounded once, to 1e-6; comparisons, bands, tables and lines use the rounded number.
 */
typedef enum churn__factor_missing {
    CHURN__FACTOR_EXCLUDE = 0,
    CHURN__FACTOR_VALUE, /* scores as if the metric were that value; does not count as covered */
    CHURN__FACTOR_WORST, /* the curve's least sub-score */
    CHURN__FACTOR_BEST
} churn__factor_missing;

typedef struct churn__point {
    double x, y; /* metric value, sub-score in [0, 100] */
} churn__point;

typedef struct churn__factor_def {
    churn_str id; /* the metric's id unless said otherwise */
    uint32_t line, column;
    uint32_t slot; /* of the metric's column */
    double weight;
    bool steps; /* points are steps: y holds from x on (x inclusive), below the first x the
                   first y; else a curve, linear between points, flat outside */
    const churn__point *points; /* x strictly ascending */
    uint32_t point_count;
    churn__factor_missing missing;
    double missing_value;
} churn__factor_def;

typedef struct churn__group_def {
    churn_str id;
    uint32_t line, column;
    double weight;
    const churn__factor_def *factors;
    uint32_t factor_count;
} churn__group_def;

/* Caps and floors act in the order declared. */
typedef struct churn__cap_def {
    churn_str id;
    uint32_t line, column;
    churn__expr *when;
    bool is_floor; /* at_least; else at_most */
    double bound;
} churn__cap_def;

typedef struct churn__band_def {
    churn_str id;
    double low; /* inclusive; bands are kept highest first */
    uint32_t line, column;
} churn__band_def;

typedef struct churn__score_def {
    churn_str id;
    uint32_t line, column;
    double baseline; /* default 50 */
    const churn__group_def *groups;
    uint32_t group_count;
    const churn__cap_def *caps;
    uint32_t cap_count;
    const churn__band_def *bands;
    uint32_t band_count;
    double min_coverage;
} churn__score_def;

/* What a score is for n rows. Arrays of n, all written. */
typedef struct churn__score_out {
    double *score;           /* also where below min_coverage; NaN: no factor scores */
    churn__missing *missing; /* CHURN__LOW_COVERAGE below min_coverage or with no factor present */
    double *coverage, *low, *high; /* coverage to 1e-12; bounds to 1e-6 as scores are */
    churn_str *band;               /* views of the definition; "unknown" where missing */
    double *groups;                /* group_count * n, group g of row i at g * n + i; NaN: absent */
    uint32_t *band_codes;          /* number of the band, band_count where missing; may be NULL */
    /* The conditions of all caps as one program, with room for what each comes to; NULL: they are
     * judged one by one. */
    const churn__expr_group *caps;
    churn__truth *const *outcomes;
} churn__score_out;

/* `columns` by slot, n <= the scratch's rows. */
churn_status churn__score_eval(const churn__score_def *def, const churn__column *columns,
                               uint32_t n, churn__expr_scratch *scratch,
                               const churn__score_out *out, churn_error *err);

/* One line of an explanation. */
typedef enum churn__line_kind {
    CHURN__LINE_BASELINE,
    CHURN__LINE_FACTOR,
    CHURN__LINE_CAP,
    CHURN__LINE_FLOOR,
    CHURN__LINE_MISSING
} churn__line_kind;

typedef struct churn__score_line {
    churn__line_kind kind;
    churn_str name; /* of the factor or cap; "baseline" */
    churn_str group;
    uint32_t slot;
    double value; /* the metric's; NaN: missing or none */
    churn__missing missing;
    double points, weight; /* sub-score, or the bound of a cap; effective weight, of a missing
                              factor the one that it would have if all were there; NaN: none */
    int64_t contribution;  /* units of 1e-6 */
} churn__score_line;

/* The lines for one row, in the order of churn_engine_explain(); contributions of the lines that
 * are not CHURN__LINE_MISSING sum to the score in units of 1e-6 exactly (largest remainder). Lines
 * are written to an array of the arena. Without a single factor that scores there is nothing to add
 * up to. */
churn_status churn__score_explain(const churn__score_def *def, const churn__column *columns,
                                  uint32_t row, churn__expr_scratch *scratch, churn__arena *arena,
                                  churn__score_line **lines, uint32_t *count, churn_error *err);

/* The band of a number as in band_codes: "unknown" past the last. */
churn_str churn__score_band_name(const churn__score_def *def, uint32_t code);
/* The sub-score of a metric's value, in [0, 100]. */
double churn__factor_points(const churn__factor_def *factor, double value);

#endif
