/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_RUN_INSIDE_H
#define CHURN_KPI_RUN_INSIDE_H

#include "kpi/run.h"

/* What the files of a run share; sets know only run.h. */

/* ---- groups: group.c, group_track.c, group_main.c ---- */

#define CHURN__DIM_KEY 0       /* what a record says, or the main subscription, or the loss */
#define CHURN__DIM_ATTRIBUTE 1 /* of the customer */
#define CHURN__DIM_GIVEN 2     /* found by the caller */
#define CHURN__DIM_START 3     /* month in which they became a customer */
#define CHURN__DIM_CUSTOMER 4  /* each by themselves */

typedef struct churn__dimension {
    churn_str name; /* as asked for */
    uint8_t source;
    uint8_t key;        /* churn__kpi_key */
    uint32_t attribute; /* code of texts */
    const churn__kpi_given *given;
    uint32_t *given_codes; /* by index of its words: code of `words` */
} churn__dimension;

/* From a period on the customer has these codes (at the same place of `codes`). */
typedef struct churn__track_point {
    uint32_t period;
    uint32_t group; /* CHURN__KPI_NONE: not looked up yet */
} churn__track_point;

/* From a period on a dimension has this code. */
typedef struct churn__dim_change {
    uint32_t period, code;
} churn__dim_change;

typedef struct churn__groups {
    churn__heap *heap;
    churn__dimension *dims;
    uint32_t dim_count;
    uint32_t of_key[CHURN__KEYS]; /* dimension of a key; CHURN__KPI_NONE */
    bool tracks;                  /* some dimension is more than what a record says */
    churn__dict *words;           /* values that are no texts of the version */
    uint32_t *tuples;             /* dim_count codes a group */
    size_t tuple_capacity;
    uint32_t count;
    uint32_t *slots; /* hash table of groups */
    uint32_t slot_count;
    uint32_t *tuple; /* room for one */
    /* of the customer whose turn it is */
    bool tracked;
    churn__track_point *points;
    size_t point_capacity;
    uint32_t *codes; /* dim_count a point */
    size_t code_capacity;
    uint32_t point_count, at;
    churn__dim_change *changes; /* of all dimensions, one after the other */
    size_t change_count, change_capacity;
    uint32_t *ends; /* by dimension: where its changes end */
    /* main subscription: group_main.c */
    struct churn__main_span *spans;
    size_t span_count, span_capacity;
    churn_time *instants;
    size_t instant_capacity;
} churn__groups;

churn_status churn__groups_open(churn__groups *groups, churn__kpi_run *run,
                                const churn__kpi_asked *asked, churn_error *err);
void churn__groups_close(churn__groups *groups);
/* Another customer, or other periods. */
void churn__groups_turn(churn__groups *groups);
/* The text of a group in a dimension; {NULL, 0}: null. */
churn_str churn__groups_text(const churn__kpi_run *run, uint32_t group, uint32_t dim);
/* The groups in order of their texts, null last. False: no memory. */
bool churn__groups_order(const churn__kpi_run *run, uint32_t *order);

/* Where the customer stands in each period: false: no memory. */
bool churn__groups_track(churn__kpi_run *run);
bool churn__groups_change(churn__groups *groups, uint32_t dim, uint32_t period, uint32_t code);
/* A word's code; CHURN__NO_CODE: no memory. */
uint32_t churn__groups_word(churn__groups *groups, churn_str word);
/* Of the dimensions plan, product and currency: what the main subscription says. */
bool churn__groups_main(churn__kpi_run *run, uint32_t dim);
void churn__main_free(churn__groups *groups);

/* ---- who is left out: exclude.c ---- */

typedef struct churn__left_out {
    uint32_t pass, period, group;
    uint32_t currency;
    uint8_t missing;
    int64_t count; /* of customers */
    churn_time at; /* since when it is unknown in the period, the earliest */
} churn__left_out;

typedef struct churn__exclusions {
    churn__left_out *rows;
    size_t count, capacity;
    uint32_t *slots;
    uint32_t slot_count;
    churn__kpi_sums *sums; /* by pass: in the period, at its end */
    uint32_t pass_count;
} churn__exclusions;

churn_status churn__exclude_customer(churn__kpi_run *run, churn_error *err);
void churn__exclusions_free(churn__exclusions *exclusions, churn__heap *heap);

/* ---- the run: run.c ---- */

/* Periods that do not overlap: windows that do are dealt out to several passes. */
typedef struct churn__run_pass {
    churn__kpi_period *periods;
    uint32_t count, begun;
} churn__run_pass;

typedef struct churn__run_set {
    const churn__kpi_set *set;
    uint32_t number; /* among all sets there are */
    const void *options;
    bool *asked;           /* by figure */
    unsigned char *states; /* one a pass */
    size_t state_size;
    uint32_t opened; /* passes */
} churn__run_set;

typedef struct churn__run_figure {
    uint32_t set, figure;
} churn__run_figure;

typedef struct churn__run_inside {
    const churn__kpi_asked *asked;
    churn__kpi_period *periods; /* as asked for */
    size_t period_count;
    churn__run_pass *passes; /* period i is the (i / pass_count)-th of pass i % pass_count */
    uint32_t pass_count, pass;
    churn__run_set *sets;
    uint32_t set_count, set_room;
    churn__run_figure *figures;
    uint32_t figure_count, figure_room;
    churn__groups groups;
    churn__exclusions exclusions;
    churn__arena arena;
    churn__ledger *movements; /* NULL: nobody has asked */
    churn__exchange_book *book;
    const churn__exchange *exchange; /* at as_of */
    /* of the customer whose turn it is */
    bool has_ledger, has_lives, has_subscriptions, excluded;
    churn__ledger_of ledger;
    const churn__life_span *lives;
    size_t life_count;
    churn__life_span *stays; /* lives without those that were visits */
    size_t stay_capacity;
    const churn__subscription *subscriptions;
    size_t subscription_count;
} churn__run_inside;

churn_status churn__run_deal_periods(churn__run_inside *inside, churn__heap *heap,
                                     churn_error *err);
churn_status churn__run_read_ledger(churn__kpi_run *run, churn_error *err);
/* The figures that were asked for, with their sets (sets.c). */
churn_status churn__run_choose(churn__kpi_run *run, churn_error *err);
/* Let the calls of a set see its pass. */
void *churn__run_enter(churn__kpi_run *run, uint32_t set, uint32_t pass);

/* The table of what was added up (run_table.c). */
churn_status churn__run_table(churn__kpi_run *run, churn_table **out, churn_error *err);

#endif
