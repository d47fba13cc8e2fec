/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_MONEY_H
#define CHURN_KPI_MONEY_H

#include "kpi/grid.h"

/* Sums of money by group and cell, where cells are periods, or the days in them (money.c). */

enum {
    /* Levels: put where they begin, taken away where they end. */
    CHURN__MONEY_OPEN,  /* just before the start, of those whose money is known in the period */
    CHURN__MONEY_CLOSE, /* just before the end, the same */
    CHURN__MONEY_MORE,  /* at the end, of those whose money is known then but not all through */
    CHURN__MONEY_KNOWN, /* customers at the end whose money is known then; where money is parted by
                         * what subscriptions say, those who have some in the part */
    CHURN__MONEY_FLAT,  /* of customers who paid at the start and whose MRR stayed what it was */
    CHURN__MONEY_FLAT_COUNT,
    CHURN__MONEY_LEVELS,
    /* Sums of a period; amounts have their signs. */
    CHURN__MONEY_KIND = CHURN__MONEY_LEVELS, /* and churn__move.kind */
    CHURN__MONEY_COUNT = CHURN__MONEY_KIND + CHURN__MOVES,
    CHURN__MONEY_MOVED_IN = CHURN__MONEY_COUNT + CHURN__MOVES, /* with their group, at the */
    CHURN__MONEY_MOVED_OUT,                                    /* start of the period */
    CHURN__MONEY_COHORT_START, /* of those who paid at the start and whose MRR moved */
    CHURN__MONEY_COHORT_END,
    CHURN__MONEY_COHORT_KEPT, /* the lesser of both */
    CHURN__MONEY_COHORT_COUNT,
    CHURN__MONEY_SUMS
};

/* The first cell that has a move in its level at the start, and at the end. */
typedef struct churn__money_place {
    uint32_t start, end;
} churn__money_place;

/* What a customer has at the end of cells in a group that is made by what subscriptions say. */
typedef struct churn__money_part {
    uint32_t group, since; /* cell from which `mrr` holds */
    int64_t mrr;
} churn__money_part;

/* The group of moves that say the same, where that is all it is made of. */
#define CHURN__MONEY_KEPT 8u
typedef struct churn__money_group {
    bool known;
    uint32_t plan, product, currency, group;
} churn__money_group;

typedef struct churn__money {
    churn__kpi_sums sums;
    churn__grid grid;
    churn__money_place *places; /* of the customer's moves */
    size_t place_capacity;
    churn__money_part *parts; /* of the customer in the stretch in hand */
    size_t part_count, part_capacity;
    churn__money_group kept[CHURN__MONEY_KEPT]; /* by plan; the last one of each place */
    bool by_move;            /* the group of money is what moves say, whatever the period */
    bool by_part;            /* groups are made by plan, product or currency */
    bool cohorts, customers; /* sum them up; cells are periods then */
    bool any_unknown;        /* somebody's money was */
} churn__money;

/* `days`: cells are days. */
churn_status churn__money_open(churn__money *money, churn__kpi_run *run, bool days,
                               churn_error *err);
void churn__money_close(churn__money *money, churn__kpi_run *run);
churn_status churn__money_customer(churn__money *money, churn__kpi_run *run, churn_error *err);
/* Levels from differences, and the proof: in each cell start plus movements is end, and where a
 * cell begins with the end of another one, what moved between groups is all that is between. */
churn_status churn__money_finish(churn__money *money, churn__kpi_run *run, churn_error *err);

#endif
