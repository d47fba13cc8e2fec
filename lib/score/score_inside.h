/* SPDX-License-Identifier: MIT */
#ifndef CHURN_SCORE_SCORE_INSIDE_H
#define CHURN_SCORE_SCORE_INSIDE_H

#include <math.h>

#include "base/num.h"
#include "score/score.h"

/* What the files of this module share; nobody else includes it. */

/* Rows are worked on in blocks that stay in the first-level cache. All rows of a block are of one
 * card, and what a row comes to does not depend on the block that it is in. */
#define CHURN__SCORE_BLOCK 256u

/* Row i of a block is at[i], or first + i. */
typedef struct churn__score_rows {
    const uint32_t *at; /* NULL: they follow each other */
    uint32_t first, n;
} churn__score_rows;

static inline uint32_t churn__score_row(const churn__score_rows *rows, uint32_t i)
{
    return rows->at != NULL ? rows->at[i] : rows->first + i;
}

/* The members of one group that were added so far. As long as nothing is missing in any row, `sum`
 * is low and high, too, and `all` is the weight of all rows: the other arrays are not written. */
typedef struct churn__score_sums {
    bool whole;
    double sum[CHURN__SCORE_BLOCK];     /* weight times points of what scores */
    double weight[CHURN__SCORE_BLOCK];  /* of what scores; 0: the group is absent */
    double covered[CHURN__SCORE_BLOCK]; /* weight of what is known */
    double low[CHURN__SCORE_BLOCK], high[CHURN__SCORE_BLOCK];
    double all; /* weight of all members */
} churn__score_sums;

/* What the words of a coded column come to on a card: a word is looked up once a batch. */
#define CHURN__SCORE_WORDS 64u
typedef struct churn__score_memo {
    uint32_t card;
    uint64_t known; /* one bit a word */
    double points[CHURN__SCORE_WORDS];
} churn__score_memo;

struct churn__score_room {
    churn__heap *heap;
    churn__arena arena; /* all that follows */
    uint32_t rows;
    uint32_t *depth;          /* by group */
    churn__score_sums *sums;  /* by depth, 0 is the score itself */
    churn__score_memo *memos; /* by factor; NULL: there is no map */

    /* of the block */
    uint32_t *at;   /* rows of one card */
    uint8_t *taken; /* by row of the stretch that the block is taken from */
    double *input, *points, *scored, *share, *low, *high, *score, *coverage;
    uint8_t *overridden;
    churn__missing *error; /* why a factor that must not be missing is */
    /* Points of all factors, and the least that they could be: for critical caps; else NULL. */
    double *factor_points, *factor_least;

    /* of the batch */
    churn__expr_group *whens; /* the conditions of caps as one program; NULL: one by one */
    churn__truth **truths;    /* by cap */
    churn__truth **outcomes;  /* of conditions alone, for the program */
};

/* ---- fetch.c: inputs ---- */

/* Inputs as numbers: NaN where missing, not finite or no number; `lacks`: some are. They are the
 * column's own, or are written to `room`. */
const double *churn__score_fetch(const churn__column *column, const churn__score_rows *rows,
                                 double *room, bool *lacks);
double churn__score_number(const churn__column *column, uint32_t row);
/* Why an input is missing, of which it is known that it is. */
churn__missing churn__score_why(const churn__column *column, uint32_t row);
/* The points of an expression; NaN and the reason where there are none. */
churn_status churn__score_expression(const churn__factor_def *factor, const churn__score_in *in,
                                     uint32_t row, churn__expr_scratch *scratch, double *points,
                                     churn__missing *why, churn_error *err);
/* The same of many rows that follow each other, the first a multiple of 8, without the reasons. */
churn_status churn__score_expressions(const churn__factor_def *factor, const churn__score_in *in,
                                      uint32_t first, uint32_t n, churn__expr_scratch *scratch,
                                      double *points, churn_error *err);

/* ---- factor.c ---- */

/* Points of a curve or of steps for many inputs; of NaN it is anything. */
void churn__factor_points_of(const churn__factor_def *factor, const double *x, uint32_t n,
                             double *out);
/* The next point of a curve or of steps beyond an input; false: there is none. */
bool churn__factor_knot(const churn__factor_def *factor, double from, bool down, double *out);
/* The points of one row of a map. */
double churn__factor_map(const churn__factor_def *factor, const churn__column *column,
                         uint32_t row);
/* The least and the greatest points of inputs from `low` to `high`. */
void churn__factor_range_within(const churn__factor_def *factor, double low, double high,
                                double *least, double *greatest);
/* The same of a factor made of a score, by the bounds of that; of others churn__factor_range(). */
void churn__factor_reach(const churn__factor_def *factor, const churn__score_in *in, uint32_t row,
                         double *least, double *greatest);
/* What a factor scores where its input is missing, by the least and the greatest of its reach; NaN:
 * it is left out, or carried. */
double churn__factor_substitute(const churn__factor_def *factor, double least, double greatest);
/* What is left of the weight: by age in days, NaN is not known. */
double churn__factor_fade(double age, double after, double half_life);

/* ---- round.c: many at once, as churn__round6() rounds one ---- */

/* Numbers from 0 to 100, or NaN. */
void churn__score_round(double *values, uint32_t n);

/* ---- block.c ---- */

/* Add all factors and groups of a block; sums[0] is the score. `stride`: rows a group in
 * `groups`, which may be NULL. */
churn_status churn__score_block(const churn__score_def *def, uint32_t card,
                                const churn__score_in *in, const churn__score_rows *rows,
                                churn__expr_scratch *scratch, churn__score_room *room,
                                double *groups, churn_error *err);

/* What a group comes to; NaN where it is absent. */
void churn__score_mean(const churn__score_sums *restrict of, uint32_t n, double *restrict mean);

/* Points, too, are compared as they are shown. */
static inline bool churn__score_below(double points, double below)
{
    return churn__round6(points) < below;
}

/* Of `fewest` factors: how many are surely below, how many may be. */
static inline churn__truth churn__score_critical(uint32_t fewest, uint32_t below, uint32_t maybe)
{
    return below >= fewest ? CHURN__TRUE : below + maybe >= fewest ? CHURN__UNKNOWN : CHURN__FALSE;
}

#endif
