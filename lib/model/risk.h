/* SPDX-License-Identifier: MIT */
#ifndef CHURN_MODEL_RISK_H
#define CHURN_MODEL_RISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <churn/statistics.h>

#include "base/heap.h"
#include "core/fail.h"
#include "model/inside.h"

/* What callers give, checked: times in [0, inf), entries before them, weights above 0, kinds to
 * 255, groups that there are. */
typedef struct risk_data {
    churn_survival_data given;
    churn_survival_options options; /* defaults filled in */
    churn__heap *heap;
    size_t n;
    uint32_t groups, strata; /* with the one without a name, last */
    uint32_t kinds;          /* the highest that occurs, at least 1 */
    double last;             /* the latest time */
    bool whole;              /* times and entries are whole numbers */
    bool entered;            /* there are entries */
} risk_data;

churn_status churn__risk_open(churn__heap *heap, const churn_survival_data *data,
                              const churn_survival_options *options, risk_data *out,
                              churn_error *err);

/* Some rows, as doubles and codes. */
#define RISK_ROWS 512
typedef struct risk_rows {
    size_t n;
    double time[RISK_ROWS], entry[RISK_ROWS] /* NaN: none */, weight[RISK_ROWS];
    uint32_t kind[RISK_ROWS], group[RISK_ROWS], stratum[RISK_ROWS];
} risk_rows;
/* What is not given is put once; each read then takes what is. */
void churn__risk_rows_init(risk_rows *rows);
void churn__risk_read(const risk_data *data, size_t from, risk_rows *rows);

/*
 * The rows summed up: at each distinct time how many go, by code, and how many come. Everything
 * else is computed from this, so that it costs by the number of distinct times. The outer key parts
 * the rows (groups of curves, strata of tests).
 */
typedef struct risk_cell {
    uint32_t code;
    uint32_t reserved;
    int64_t count;
    double weight;
} risk_cell;

typedef struct risk_moment {
    double time;
    size_t cells; /* the first; they end where those of the next moment begin */
} risk_moment;

typedef struct risk_side {
    risk_moment *moments; /* one more at the end */
    size_t count, capacity;
    risk_cell *cells;
    size_t cell_count, cell_capacity;
    size_t *outer; /* the first moment of each outer key, and the end */
} risk_side;

typedef struct risk_sums {
    churn__heap *heap;
    uint32_t outers, codes, inners;
    risk_side exits;   /* code: of curves the kind; of tests 2 * group + (an event) */
    risk_side entries; /* code: of curves 0; of tests the group */
    int64_t *count;    /* [outer][inner]: at risk from the beginning */
    double *weight;
} risk_sums;

churn_status churn__risk_sum_curves(const risk_data *data, risk_sums *out, churn_error *err);
churn_status churn__risk_sum_tests(const risk_data *data, risk_sums *out, churn_error *err);
void churn__risk_sums_free(risk_sums *sums);

/* At risk, with weights and in heads: 0 exactly when there is nobody. */
typedef struct risk_level {
    model_pair weight;
    int64_t count;
} risk_level;

static inline void risk_add(risk_level *level, double weight, int64_t count)
{
    level->weight = pair_add(level->weight, pair_of(weight));
    level->count += count;
}

static inline double risk_of(const risk_level *level)
{
    return level->count > 0 ? level->weight.hi : 0.0;
}

#endif
