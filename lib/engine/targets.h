/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_TARGETS_H
#define CHURN_ENGINE_TARGETS_H

#include <churn/what_if.h>

#include "engine/engine_internal.h"

/*
 * What it takes to reach a score. targets_lever.c: what can be moved, and how far it must move by
 * the arithmetic of scores alone. targets_try.c: moves that are tried out, in a frame that takes
 * them as given. targets_pairs.c: two at once. targets.c: the question and its table.
 */

/* A metric or a score that factors are made of, one for all factors that read the same input. */
typedef struct churn__lever {
    uint32_t factor;        /* the first of them */
    uint32_t slot, shown;   /* the input, and what the author named */
    uint32_t metric, score; /* what is given: one of these; CHURN__NONE */
    bool stuck;             /* nothing can be given */
    bool words;             /* it is one of a few: texts, true or false */
    bool whole;             /* a count */
    bool down;              /* less is better */
    double low, high;       /* what it can be */
    double value, input;    /* shown, and of the slot, now; NaN: missing, or a text */
    churn_str word;
} churn__lever;

/* What a lever is to become: a number, or a word. */
typedef struct churn__choice {
    double value;
    churn_str word;
} churn__choice;

typedef struct churn__target_move {
    const churn__lever *lever;
    churn__choice shown; /* of what is given */
    double points;       /* of the lever's first factor then */
} churn__target_move;

/* A row of the answer. */
typedef struct churn__way {
    churn__target_move moves[2];
    uint32_t count;
    bool feasible;
    double cost, reaches;
    char reason[160];
} churn__way;

typedef struct churn__hunt {
    churn__asking asking;
    churn__heap *heap;
    churn__arena arena;
    churn_target_options options;
    churn_cancel *cancel;
    churn_time as_of;
    churn__frame_options want;
    churn__frame *frame;
    churn__metric_given values[2];
    uint32_t scores[2];
    double score_values[2];
    churn__given given;
    uint32_t score; /* index */
    const churn__score_def *def;
    const churn__card_def *card;            /* of the present */
    churn__factor_state *now, *room, *more; /* states of the present; scratch */
    double present, raw, target;            /* NaN: there is no score */
    churn__lever *levers;
    uint32_t lever_count;
} churn__hunt;

/* ---- targets_lever.c ---- */

churn_status churn__levers_find(churn__hunt *h, churn_error *err);
/* Into `room`: the states of the present. */
void churn__hunt_reset(churn__hunt *h);
/* Let a lever become a choice of its input in `room`. */
void churn__lever_put(const churn__hunt *h, const churn__lever *lever, churn__choice choice);
/* The nearest choice of a lever's input that lifts the raw score of `room` to a goal; false: there
 * is none, and `*out` is the best there is, NaN and no word: nothing. `room` stays. */
bool churn__lever_need(const churn__hunt *h, const churn__lever *lever, double goal,
                       churn__choice *out);
/* The ith choice of an input that is worth looking at; false: there are no more. */
bool churn__lever_choice(const churn__hunt *h, const churn__lever *lever, uint32_t i,
                         churn__choice *out);
/* A number that can be given: whole where it must be, else to 1e-6, away from the present one. */
double churn__lever_snap(const churn__lever *lever, double value);
/* Points that factors moved by between `now` and `room`; a missing one moves from 0. */
double churn__hunt_cost(const churn__hunt *h);

/* ---- targets_try.c ---- */

/* Find out whether one factor can do it. */
churn_status churn__hunt_single(churn__hunt *h, const churn__lever *lever, churn__way *out,
                                churn_error *err);
/* Try moves that were worked out in the levers' inputs. `exact`: what is usual among others is
 * asked anew. */
churn_status churn__hunt_try(churn__hunt *h, const churn__target_move *moves, uint32_t count,
                             bool exact, double *score, churn_error *err);
/* The number to be shown for one of the input; NaN: there is none. */
churn_status churn__hunt_shown(churn__hunt *h, const churn__lever *lever, double input, double *out,
                               churn_error *err);
/* What every factor came to in the last try, into `room`, and what the moved ones did, into the
 * moves: others that stand on the same metrics have moved, too, and cost. */
churn_status churn__hunt_read(churn__hunt *h, churn__target_move *moves, uint32_t count,
                              churn_error *err);

/* ---- targets_pairs.c ---- */

/* The cheapest pairs, at most as many as asked for. */
churn_status churn__hunt_pairs(churn__hunt *h, const churn__way *singles, churn__way *out,
                               uint32_t *count, churn_error *err);

#endif
