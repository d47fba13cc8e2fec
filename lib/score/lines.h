/* SPDX-License-Identifier: MIT */
#ifndef CHURN_SCORE_LINES_H
#define CHURN_SCORE_LINES_H

#include "score/score.h"

/* What explain.c and change.c share; nobody else includes it. */

/* Whether a cap, a floor or an override changes a score that has come to `score` before it; NaN:
 * there is none yet. */
bool churn__score_cap_acts(const churn__score_level *level, uint32_t cap, double score);
/* The exact effect of each cap; `from` is what the lines of factors come to where there is no raw
 * score. */
void churn__score_level_effects(churn__score_level *level, double from);
churn__line_kind churn__score_cap_line(const churn__cap_def *cap);
/* Contributions of n lines by largest remainder, in units of 1e-6: they add up to `target`. */
void churn__score_lines_round(const double *shares, churn__score_line *lines, uint32_t n,
                              int64_t target);
/* The largest first; equals stay as they are. */
void churn__score_lines_sort(churn__score_line *lines, uint32_t n);

#endif
