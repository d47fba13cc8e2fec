/* SPDX-License-Identifier: MIT */
#ifndef CHURN_SCORE_SCORE_INSIDE_H
#define CHURN_SCORE_SCORE_INSIDE_H

#include "score/score.h"

/* What the files of this module share; nobody else includes it. */

/* Rows are worked on in blocks that stay in the first-level cache and on the stack. */
#define CHURN__SCORE_BLOCK 256

/* Scores of a block before caps and rounding. */
typedef struct churn__score_raw {
    double score[CHURN__SCORE_BLOCK];  /* NaN: no factor scores */
    double weight[CHURN__SCORE_BLOCK]; /* of the groups that score */
    double coverage[CHURN__SCORE_BLOCK];
    double low[CHURN__SCORE_BLOCK], high[CHURN__SCORE_BLOCK];
} churn__score_raw;

/* One group of a block. */
typedef struct churn__score_group {
    double sum[CHURN__SCORE_BLOCK];     /* weight times sub-score of what scores */
    double weight[CHURN__SCORE_BLOCK];  /* of the factors that score; 0: the group is absent */
    double covered[CHURN__SCORE_BLOCK]; /* weight of the factors whose metric is there */
    double low[CHURN__SCORE_BLOCK], high[CHURN__SCORE_BLOCK];
    double all; /* weight of all factors */
} churn__score_group;

/* Rows first .. first + n - 1, n at most a block. */
void churn__score_group_block(const churn__group_def *def, const churn__column *columns,
                              uint32_t first, uint32_t n, churn__score_group *out);
/* `groups` may be NULL; else as in churn__score_out, with `stride` rows a group. */
void churn__score_raw_block(const churn__score_def *def, const churn__column *columns,
                            uint32_t first, uint32_t n, churn__score_raw *out, double *groups,
                            uint32_t stride);

/* Metric values as numbers: NaN where missing, not finite or no number. */
void churn__score_fetch(const churn__column *column, uint32_t first, uint32_t n, double *out);
/* The least and the greatest sub-score that a factor can give. */
void churn__factor_range(const churn__factor_def *factor, double *least, double *greatest);
/* What a factor scores where its metric is missing; NaN: it is left out. */
double churn__factor_substitute(const churn__factor_def *factor);

#endif
