/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_EXPLAIN_H
#define CHURN_ENGINE_EXPLAIN_H

#include <math.h>

#include "engine/engine_internal.h"

/* What explanations of scores share: what a factor shows of its input (explain_shown.c), the
 * sentences (explain_text.c), and what changed in between (explain_change.c). */

/* What a factor reads of a row, for people. */
typedef struct churn__shown {
    churn_str metric;       /* that the author named; {NULL, 0}: none */
    uint32_t number;        /* of that metric in the playbook; CHURN__NONE: it is none */
    churn_str unit;         /* {NULL, 0}: none */
    bool speaks;            /* the unit belongs into a sentence */
    double value;           /* NaN: missing, or no number */
    churn_str word;         /* of texts and truths; {NULL, 0} */
    churn__missing missing; /* why there is none */
} churn__shown;

void churn__shown_of(const churn__frame *frame, const churn__score_level *level, uint32_t factor,
                     uint32_t row, churn__shown *out);
/* "adoption.usage"; in the buffer from its present end on. */
void churn__shown_path(churn__buf *buf, const churn__card_def *card, uint32_t group);
/* The hash of a playbook as 16 hex digits and a NUL. */
#define CHURN__HASH_DIGITS 16
void churn__shown_hash(const churn_playbook *playbook, char *out);
/* The score of the same id in another playbook; CHURN__NONE. */
uint32_t churn__shown_score(const churn_playbook *playbook, churn_str id);
/* A score of a row taken apart, on its own card. */
churn_status churn__shown_take(churn__frame *frame, uint32_t score, uint32_t row,
                               churn__score_level *level, churn_error *err);

/* ---- sentences ---- */

/* What a sentence may speak of; not all of it has something to say of everything. */
typedef struct churn__saying {
    const churn_playbook *playbook;
    churn_time as_of, before; /* before: of a change */
} churn__saying;

typedef enum churn__baseline_from {
    CHURN__FROM_SCORE, /* as the playbook says */
    CHURN__FROM_NUMBER,
    CHURN__FROM_OWN,
    CHURN__FROM_SEGMENT,
    CHURN__FROM_BOOK
} churn__baseline_from;

typedef struct churn__baseline_told {
    churn__baseline_from from;
    double value;       /* a multiple of 1e-6 */
    churn_time at;      /* OWN */
    uint64_t customers; /* SEGMENT, BOOK */
} churn__baseline_told;

/* ---- a level: explain_level.c ---- */

typedef struct churn__explain_asked {
    churn_str customer;
    churn_time as_of;
    churn_explain_options options;
} churn__explain_asked;

/* Arguments as the public functions take them. */
churn_status churn__explain_ask(const char *customer, size_t len, churn_time as_of,
                                const churn_explain_options *options, churn__explain_asked *out,
                                churn_error *err);

/* A customer's score with the lines that add up to it; the engine's, until its next question. */
typedef struct churn__explained {
    churn__frame *frame; /* of one row */
    uint32_t score;
    churn__score_level *level;
    churn__baseline_told baseline;
    churn_str card;
} churn__explained;

/* After a failure the caller drops what the engine keeps for one customer. */
churn_status churn__explain_take(churn_engine *engine, const churn__explain_asked *asked,
                                 churn__explained *out, churn_error *err);
/* What a line contributes, in points; NaN: it does not, or there is no score. */
double churn__explained_points(const churn__explained *explained, const churn__score_line *line);
/* The weight that a line shows: only factors do. */
static inline double churn__explained_weight(const churn__score_line *line)
{
    return line->kind == CHURN__LINE_FACTOR ? line->weight : (double)NAN;
}

/* ---- who overrode ---- */

/* By whom an override is, as far as that is known. */
typedef struct churn__override_told {
    churn_str author, reason;
    churn_time at; /* CHURN_TIME_NONE: not known */
} churn__override_told;

/* Who set a score of the frame's first customer by hand. */
churn__override_told churn__override_told_of(const churn__frame *frame, uint32_t date,
                                             churn_str id);

void churn__say_baseline(churn__buf *text, const churn__saying *s,
                         const churn__baseline_told *baseline, churn_str card);
/* What a factor reads; between it and what that weighs there is room for what it is made of. */
void churn__say_input(churn__buf *text, const churn__saying *s, const churn__factor_def *factor,
                      const churn__factor_state *state, const churn__shown *shown,
                      const churn__evidence *evidence);
void churn__say_weight(churn__buf *text, const churn__factor_state *state);
/* What a roll-up is made of: "(the worst 2 of 7: north 31, south 44)". */
churn_status churn__say_children(churn__buf *text, churn__frame *frame, uint32_t roll_up,
                                 uint32_t row, churn_error *err);
/* The line of another score that moves it most, which stands first behind its baseline. */
void churn__say_largest(churn__buf *text, const churn__score_level *level);
void churn__say_missing(churn__buf *text, const churn__factor_def *factor,
                        const churn__factor_state *state, const churn__shown *shown);
void churn__say_cap(churn__buf *text, const churn__saying *s, const churn__cap_def *cap,
                    double points, const churn__override_told *told);

/* Behind the sentence of a critical cap that acts: the factors that made it. */
void churn__say_critical(churn__buf *text, const churn__score_level *level,
                         const churn__cap_def *cap);

/* One side of a changed factor; `factor` NULL: it is not there. */
typedef struct churn__side_told {
    const churn__factor_def *factor;
    const churn__factor_state *state;
    churn__shown shown;
    double points, weight;
} churn__side_told;

void churn__say_end(churn__buf *text, const churn__saying *s, bool after, bool other_playbook);
void churn__say_change(churn__buf *text, churn__line_kind kind, churn_str card_before,
                       churn_str card, const churn__side_told *before,
                       const churn__side_told *after);
/* A cap that acts on one side or on both; NaN: it does not. */
void churn__say_cap_change(churn__buf *text, const churn__cap_def *cap, double before,
                           double after);
void churn__say_override_change(churn__buf *text, const churn__saying *s, double before,
                                double after, const churn__override_told *told_before,
                                const churn__override_told *told);
/* "4", "12.5", "0.0123": three digits or two decimals, for people. */
void churn__say_number(churn__buf *text, double value);
/* With one decimal at most. */
void churn__say_score(churn__buf *text, double score);
void churn__say_percent(churn__buf *text, double share);
/* "28 Jan", with its year where that is not the one of `now`. */
void churn__say_date(churn__buf *text, const churn__saying *s, churn_time at, churn_time now);

#endif
