/* SPDX-License-Identifier: MIT */
#ifndef CHURN_SCORE_SCORE_H
#define CHURN_SCORE_SCORE_H

#include "base/arena.h"
#include "core/column.h"
#include "core/fail.h"
#include "expr/expr.h"

/*
 * Health scores: the arithmetic of docs/reference/semantics.md, "Scores", over plain columns.
 * Every score and sub-score is rounded once, to 1e-6; comparisons, bands, tables and lines use the
 * rounded number.
 *
 * Whatever needs other customers, other dates or records (percentiles, robust z, trends, carried
 * values, roll-ups, overrides) comes in as a column that somebody else computed: a factor only
 * turns the number or text of its input into points.
 */
#define CHURN__NO_SLOT UINT32_MAX
#define CHURN__SCORE_DEPTH 16u /* of groups in groups, at most */

typedef enum churn__points_kind {
    CHURN__POINTS_CURVE = 0,   /* linear between points, flat outside */
    CHURN__POINTS_STEPS,       /* y holds from x on (x inclusive), below the first x the first y */
    CHURN__POINTS_STEPS_RIGHT, /* y holds up to and including x, above the last x the last y */
    CHURN__POINTS_MAP,         /* by text or truth */
    CHURN__POINTS_EXPRESSION   /* the input is none: points come from `expr`, clamped to 0 .. 100 */
} churn__points_kind;

typedef enum churn__factor_missing {
    CHURN__FACTOR_EXCLUDE = 0,
    CHURN__FACTOR_VALUE, /* scores as if the input were that value; does not count as covered */
    CHURN__FACTOR_WORST,
    CHURN__FACTOR_BEST,
    CHURN__FACTOR_CARRY, /* the last value known, `carried_slot`, of an age in days, `age_slot` */
    CHURN__FACTOR_ERROR  /* no score at all */
} churn__factor_missing;

typedef enum churn__direction {
    CHURN__DIRECTION_NONE = 0, /* neither: a curve that goes up and down, categories */
    CHURN__DIRECTION_HIGHER,   /* is better */
    CHURN__DIRECTION_LOWER
} churn__direction;

/* How the input comes from the metric that the author named; for explanations and what-ifs. */
typedef enum churn__factor_kind {
    CHURN__OF_METRIC = 0, /* the metric itself */
    CHURN__OF_PERCENTILE, /* input: rank in 0 .. 1 */
    CHURN__OF_ROBUST_Z,
    CHURN__OF_TREND,
    CHURN__OF_SCORE,
    CHURN__OF_ROLL_UP,
    CHURN__OF_EXPRESSION
} churn__factor_kind;

typedef struct churn__point {
    double x, y; /* input, points in [0, 100] */
} churn__point;

typedef struct churn__category {
    churn_str word; /* of a bool: "true", "false" */
    double y;
} churn__category;

typedef struct churn__factor_def {
    churn_str id;
    uint32_t line, column;
    uint32_t group; /* index in groups */
    double weight;
    churn__factor_kind kind;
    uint32_t slot;       /* of the input; CHURN__NO_SLOT for an expression */
    uint32_t shown_slot; /* of the metric that the author named; else = slot */
    churn_str unit;      /* of what is shown: {NULL, 0}: the metric's own, see the playbook */
    churn__direction direction;
    bool direction_declared;
    churn__points_kind points_kind;
    const churn__point *points; /* x strictly ascending */
    uint32_t point_count;
    const churn__category *categories;
    uint32_t category_count;
    bool has_otherwise; /* a word that is not listed; else it is missing (empty) */
    double otherwise;
    const churn__expr *expr;
    churn__factor_missing missing;
    double missing_value;
    churn_str missing_word; /* the same of a map of texts; of one of truths, 0 or 1 is the value */
    uint32_t carried_slot, carried_age_slot; /* CHURN__FACTOR_CARRY: number, days */
    double carry_half_life;                  /* days; 0: does not fade */
    uint32_t decay_slot;                     /* age in days; CHURN__NO_SLOT: none */
    double decay_after, decay_half_life;     /* days */
    /* Of a score: its low, high and coverage; CHURN__NO_SLOT of others. */
    uint32_t low_slot, high_slot, coverage_slot;
} churn__factor_def;

/* Groups stand in preorder: a group before those in it. */
typedef struct churn__group_def {
    churn_str id;
    uint32_t line, column;
    uint32_t parent; /* CHURN__NO_SLOT: top */
    double weight;
} churn__group_def;

typedef enum churn__cap_kind {
    CHURN__CAP_WHEN = 0,
    CHURN__CAP_CRITICAL, /* `fewest` of `factors` have fewer points than `below` */
    CHURN__CAP_OVERRIDE  /* where a manual override acts */
} churn__cap_kind;

/* Caps and floors act in the order declared. */
typedef struct churn__cap_def {
    churn_str id;
    uint32_t line, column;
    churn__cap_kind kind;
    const churn__expr *when; /* the `unless` is part of it: when && !(unless) */
    const uint32_t *factors; /* of CRITICAL: indexes */
    uint32_t factor_count, fewest;
    double below;
    bool is_floor; /* at_least; else at_most */
    double bound;
    bool off; /* a card switched it off */
} churn__cap_def;

typedef struct churn__band_def {
    churn_str id, title, color; /* "#rrggbb", always there; title may be {NULL, 0} */
    double low;                 /* inclusive; bands are kept highest first */
    uint32_t line, column;
} churn__band_def;

/* One set of numbers: the score's own (card 0), or what a segment makes of it. Arrays are as long
 * in every card, and ids, kinds and slots are the same. */
typedef struct churn__card_def {
    uint32_t segment;      /* CHURN__NO_SLOT: of card 0 */
    uint32_t segment_slot; /* its column of truths */
    uint32_t from;         /* the card that it inherits from */
    uint32_t line, column;
    const churn__group_def *groups;
    const churn__factor_def
        *factors; /* in order of declaration: those of a group together, groups in preorder */
    const churn__cap_def
        *caps; /* with exactly one CHURN__CAP_OVERRIDE, the last unless said otherwise */
    const churn__band_def *bands;
    double min_coverage;
} churn__card_def;

typedef struct churn__score_def {
    churn_str id, title;
    uint32_t line, column;
    double baseline;              /* default 50 */
    const churn__card_def *cards; /* in the order in which they are tried, card 0 apart */
    uint32_t card_count, group_count, factor_count, cap_count, band_count;
    double hysteresis;
    int64_t min_stay; /* microseconds */
    bool overrides_ignored;
    int64_t override_max_age; /* microseconds; 0: any */
    int64_t trend_over;       /* microseconds; default 30 d */
    double trend_noise;       /* points; NaN: from its own past (auto) */
} churn__score_def;

/* What a score is computed from: `columns` by slot for n rows. */
typedef struct churn__score_in {
    const churn__column *columns;
    uint32_t n;
    const double *overrides; /* NaN: none; NULL: none at all */
    const uint32_t *cards;   /* by row; NULL: to be found (churn__score_cards) */
} churn__score_in;

/* What a score is for n rows. Arrays of n, all written. */
typedef struct churn__score_out {
    double *score;                 /* also where below min_coverage; NaN: no factor scores */
    churn__missing *missing;       /* why there is none; CHURN__PRESENT: there is one */
    double *coverage, *low, *high; /* coverage to 1e-12; bounds to 1e-6 as scores are */
    uint8_t *certain;              /* 1: low and high are in one band, and there is a score */
    uint8_t *overridden;           /* 1: a manual override made it what it is */
    uint32_t *cards;               /* the card of each row */
    uint32_t *band_codes;          /* number of the band, band_count where missing */
    double *groups; /* group_count * n, group g of row i at g * n + i; NaN: absent; may be NULL */
} churn__score_out;

/* Room to work in, for at most `rows` rows at a time; conditions of caps that are worth it are
 * judged together. */
typedef struct churn__score_room churn__score_room;
churn_status churn__score_room_create(churn__heap *heap, const churn__score_def *def, uint32_t rows,
                                      churn__expr_scratch *scratch, churn__score_room **out,
                                      churn_error *err);
void churn__score_room_free(churn__score_room *room);

churn_status churn__score_eval(const churn__score_def *def, const churn__score_in *in,
                               churn__expr_scratch *scratch, churn__score_room *room,
                               const churn__score_out *out, churn_error *err);
/* The card of each row. */
void churn__score_cards(const churn__score_def *def, const churn__column *columns, uint32_t n,
                        uint32_t *cards);

/* The band of a number as in band_codes: "unknown" past the last. */
churn_str churn__score_band_name(const churn__score_def *def, uint32_t code);
/* The plain band of a score on a card: the lowest one of a score below all of them. */
uint32_t churn__score_band(const churn__score_def *def, const churn__card_def *card, double score);

/* A held band: what `advance` remembers of a customer and a score. */
typedef struct churn__held_band {
    uint32_t code;    /* band_count: was never in one */
    churn_time since; /* when it was entered */
} churn__held_band;
/* The band that is held at `now` for a score that is there; `held` follows. */
uint32_t churn__score_hold(const churn__score_def *def, const churn__card_def *card, double score,
                           churn_time now, churn__held_band *held);

/* ---- one factor of one row ---- */

typedef struct churn__factor_state {
    double value;           /* of the input as it scores (carried, given); NaN: none, or a text */
    churn_str word;         /* of a map */
    churn__missing missing; /* why the input itself is missing; CHURN__PRESENT */
    bool substituted;       /* value, worst, best */
    bool carried;
    double age;             /* days, of a carried value or of what decays; NaN: none */
    double share;           /* d: what is left of the weight, 1 unless it faded */
    double points;          /* raw, in [0, 100]; NaN: absent */
    double least, greatest; /* that it could have */
    double effective;       /* e: of the score; 0: absent */
    double whole;           /* the weight that it would have if all were there */
} churn__factor_state;

/* The state of every factor of a row on a card, in order; and the raw score (NaN: none). An
 * expression's evaluation can fail for lack of memory only. */
churn_status churn__score_states(const churn__score_def *def, const churn__card_def *card,
                                 const churn__score_in *in, uint32_t row,
                                 churn__expr_scratch *scratch, churn__factor_state *states,
                                 double *raw, churn_error *err);
/* The raw score of states as they stand, with missing ones that are not allowed; NaN: none. */
double churn__score_sum(const churn__score_def *def, const churn__card_def *card,
                        const churn__factor_state *states);
/* What each cap of a row comes to. */
churn_status churn__score_cap_truths(const churn__score_def *def, const churn__card_def *card,
                                     const churn__score_in *in, uint32_t row,
                                     const churn__factor_state *states,
                                     churn__expr_scratch *scratch, churn__truth *truths,
                                     churn_error *err);

/* The slots that a factor reads by themselves; what its expression reads comes on top. */
#define CHURN__FACTOR_SLOTS 7u
uint32_t churn__factor_slots(const churn__factor_def *factor, uint32_t *slots);
/* The points of an input, in [0, 100]. */
double churn__factor_points(const churn__factor_def *factor, double value);
/* NaN: the word is not listed and there is no `otherwise`. */
double churn__factor_category(const churn__factor_def *factor, churn_str word);
void churn__factor_range(const churn__factor_def *factor, double *least, double *greatest);

/* ---- what it takes: whatif.c ---- */

/* Put an input, a number or a word, into the states of all factors that read a slot. */
void churn__score_put(const churn__score_def *def, const churn__card_def *card,
                      churn__factor_state *states, uint32_t slot, double value, churn_str word);
/* The input nearest to `from` at which the raw score is at least `goal`, all else as in `states`,
 * which is used up; where `from` is NaN, the first on the way from the least upwards, or `down`
 * from the greatest. False: there is none, and `*out` is where the score is greatest, NaN: nowhere.
 * Words are not tried. */
bool churn__score_need(const churn__score_def *def, const churn__card_def *card,
                       churn__factor_state *states, uint32_t slot, double goal, double from,
                       bool down, double *out);
/* The next point of the curves over a slot beyond an input. */
bool churn__score_knot(const churn__score_def *def, const churn__card_def *card, uint32_t slot,
                       double from, bool down, double *out);

/* ---- explanations: explain.c, change.c ---- */
typedef enum churn__line_kind {
    CHURN__LINE_BASELINE,
    CHURN__LINE_FACTOR,
    CHURN__LINE_CAP,
    CHURN__LINE_FLOOR,
    CHURN__LINE_OVERRIDE,
    CHURN__LINE_MISSING,
    /* of a change */
    CHURN__LINE_BEFORE,        /* the score before */
    CHURN__LINE_CONFIGURATION, /* another playbook */
    CHURN__LINE_CARD,          /* another card */
    CHURN__LINE_BEHAVIOUR,
    CHURN__LINE_MISSINGNESS,
    CHURN__LINE_AFTER /* the score afterwards; the others add up to it */
} churn__line_kind;

/* A line of the level reads `after`, `points` and `weight` alone; of a change both sides. */
typedef struct churn__score_line {
    churn__line_kind kind;
    uint32_t before, after; /* the factor or cap in the definition of each side; CHURN__NO_SLOT */
    double points_before, points; /* of a factor; of a cap its bound, of an override its value */
    double weight_before, weight; /* effective; of a missing factor what it would have; NaN: none */
    int64_t contribution;         /* units of 1e-6 */
} churn__score_line;

/* A score of one row taken apart. Arrays are made once, for any number of rows. */
typedef struct churn__score_level {
    const churn__score_def *def;
    const churn__card_def *card;
    churn__factor_state *states; /* by factor */
    churn__truth *truths;        /* by cap */
    int64_t *effects;            /* by cap, units of 1e-6 */
    double raw;                  /* before caps; NaN: no factor scores */
    double override;             /* NaN: none */
    double score;                /* after caps, rounded; NaN: none */
    churn__score_line *lines;
    uint32_t line_count;
    double *shares;
} churn__score_level;

/* False: no memory. */
bool churn__score_level_make(const churn__score_def *def, churn__arena *arena,
                             churn__score_level *level);
/* `card` is an index of the definition's. */
churn_status churn__score_level_take(churn__score_level *level, const churn__score_in *in,
                                     uint32_t row, uint32_t card, churn__expr_scratch *scratch,
                                     churn_error *err);
/* The lines of the level, in the order of churn_engine_explain(): contributions of those that are
 * not CHURN__LINE_MISSING add up to the score in units of 1e-6, if there is one. `baseline` is a
 * multiple of 1e-6. */
void churn__score_explain(churn__score_level *level, double baseline);
/* The id of its factor or cap; "baseline". */
churn_str churn__score_line_name(const churn__score_level *level, const churn__score_line *line);

/* A change in steps: what it was; the same data by the other definition; the same data on the other
 * card; what it is. Steps that change nothing may be the same level. Both ends have a score. */
typedef struct churn__score_change {
    churn__score_level *was, *configured, *carded, *is;
} churn__score_change;

/* The lines of a change, in the order of churn_engine_explain_change(): the contributions of the
 * first and those between it and the last add up to the last. They are written to the arena. */
churn_status churn__score_explain_change(const churn__score_change *change, churn__arena *arena,
                                         churn__score_line **lines, uint32_t *count,
                                         churn_error *err);

#endif
