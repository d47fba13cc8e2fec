/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_CUSTOMERS_H
#define CHURN_KPI_CUSTOMERS_H

#include "kpi/run.h"

/* What the sets of figures about customers share: losses, returns, renewals, value, concentration.
 */

/* ---- when ---- */

/* The first period that an instant can lie in: those that contain it follow one another from there
 * on (rolling windows overlap). */
uint32_t churn__kpi_first_period(const churn__kpi_run *run, churn_time at);
/* What happens at `at` belongs to the period and is seen. */
bool churn__kpi_in_period(const churn__kpi_run *run, uint32_t period, churn_time at);

/* ---- lives ---- */

/* The life that somebody has just before t; `count`: none. */
size_t churn__life_before(const churn__life_span *spans, size_t count, churn_time t);
/* The last loss in [from, to); `count`: none. */
size_t churn__life_lost(const churn__life_span *spans, size_t count, churn_time from,
                        churn_time to);

/* Whether the churn of a period counts a customer: who was there at the start, and with the
 * policy's churn_rate `start_and_new` who came in it; `gone`: and is not there at its end. Sums of
 * daily rates have no such terms: they stand on those of the start. */
bool churn__churn_counts(const churn__kpi_run *run, uint32_t period, const churn__life_span *spans,
                         size_t count, bool *gone);
/* What a loss says of itself, for groups. */
churn__kpi_keys churn__loss_keys(const churn__kpi_run *run, const churn__life_span *span);
/* That there is no loss. */
churn__kpi_keys churn__no_loss_keys(void);

/* ---- money of one customer ---- */

/* MRR as it goes through the ledger. Zeroed: before everything. */
typedef struct churn__level {
    size_t next; /* row of the ledger */
    int64_t mrr;
} churn__level;

/* The level just before t; t ascends. */
int64_t churn__level_before(churn__level *level, const churn__ledger_of *ledger, churn_time t);
/* Unknown money just before t, or somewhere from then until `to`; NULL: all is known. */
const churn__unknown_money *churn__unknown_before(const churn__ledger_of *ledger, churn_time t);
const churn__unknown_money *churn__unknown_between(const churn__ledger_of *ledger, churn_time from,
                                                   churn_time to);

/* ---- sums ---- */

/* Add to one column. CHURN_E_RANGE: the sum leaves int64. */
churn_status churn__kpi_put(churn__kpi_run *run, churn__kpi_sums *sums, uint32_t group,
                            uint32_t period, uint32_t column, int64_t amount, churn_error *err);

/* Columns that say of how many the money is unknown and of the first one why. */
#define CHURN__BLAME_COLUMNS 4
churn_status churn__kpi_blame(churn__kpi_run *run, churn__kpi_sums *sums, uint32_t group,
                              uint32_t period, uint32_t column, const churn__unknown_money *unknown,
                              churn_error *err);

/* A rate by what losses say: those who were not lost say nothing, and belong to all of its groups.
 * Which group they are in, by group. */
typedef struct churn__kpi_bases {
    uint32_t *of;
    size_t count, capacity;
} churn__kpi_bases;

/* The group of a loss, and with it that of those who were not lost. CHURN__KPI_NONE: no memory. */
uint32_t churn__bases_group(churn__kpi_run *run, churn__kpi_bases *bases, uint32_t period,
                            const churn__kpi_keys *keys, uint32_t *base);
uint32_t churn__bases_of(const churn__kpi_bases *bases, uint32_t group);
void churn__bases_free(churn__kpi_run *run, churn__kpi_bases *bases);

/* ---- cells ---- */

void churn__cell_count(churn__kpi_cell *cell, int64_t count);
/* Money for each of `whole`. */
void churn__cell_money_each(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t minor,
                            int64_t whole);
/* Undefined, whatever was put in, for a reason in words (at most 255 bytes; NULL: none). */
void churn__cell_undefine(const churn__kpi_run *run, churn__kpi_cell *cell, churn__missing why,
                          const char *note);
/* Tell whose money is unknown: with anybody left out there is no value. */
void churn__cell_blame(const churn__kpi_run *run, churn__kpi_cell *cell, const int64_t *blame,
                       const char *of);
/* Of things that happened in a period and are judged only after `within`: so many wait for the end
 * of it. The cell is incomplete until it is over for the last of the period. */
void churn__cell_wait(const churn__kpi_run *run, churn__kpi_cell *cell, int64_t waiting,
                      churn_time period_end, int64_t within);

/* ---- downgrades ---- */

/* Whether what fell at `at` is a longer billing period: the longest period among the states that
 * begin in [at, until) is longer than the longest among those that they take the place of. */
bool churn__is_extension(const churn__subscription *rows, size_t count, churn_time at,
                         churn_time until);

/* ---- renewals ---- */

#define CHURN__RENEWAL_OPEN 0
#define CHURN__RENEWAL_RENEWED 1
#define CHURN__RENEWAL_LOST 2

/* What of one customer falls due on one day. */
typedef struct churn__renewal {
    churn_time at;                /* the first of the day */
    uint8_t outcome;              /* CHURN__RENEWAL_* */
    int64_t due, after;           /* MRR just before and from then on */
    churn__unknown_money unknown; /* missing 0: the money is known */
} churn__renewal;

/* A subscription that is announced to end. */
typedef struct churn__scheduled {
    churn_time at;   /* when it is to end */
    churn_time seen; /* just before that, or as_of where that is earlier */
    uint32_t row;
    int64_t mrr;
    churn__unknown_money unknown;
} churn__scheduled;

typedef struct churn__renewal_facts {
    const churn__kpi_policy *policy;
    const churn__exchange *exchange; /* at as_of */
    churn__exchange_book *book;      /* for policies with historic rates; NULL: `exchange` always */
    const churn__zone *zone;
    churn_time as_of;
    const churn__subscription *rows; /* by id, then time, as readers give them */
    size_t count;
} churn__renewal_facts;

typedef struct churn__renewals {
    churn__renewal *data;
    size_t count, capacity;
} churn__renewals;

typedef struct churn__schedule {
    churn__scheduled *data;
    size_t count, capacity;
} churn__schedule;

/* By time. False: no memory. */
bool churn__renewals_find(churn__heap *heap, const churn__renewal_facts *facts,
                          churn__renewals *out);
bool churn__schedule_find(churn__heap *heap, const churn__renewal_facts *facts,
                          churn__schedule *out);
/* Whether nothing that is announced to stay lives on after the last announced end in [from, to):
 * the customer is lost then. */
bool churn__schedule_loses(const churn__renewal_facts *facts, const churn__schedule *schedule,
                           churn_time from, churn_time to);

/* ---- concentration ---- */

/* All of n > 0 amounts above 0, descending. Lorenz curve, straight between customers. */
double churn__top_share(const int64_t *amounts, size_t n, double part);
double churn__largest_share(const int64_t *amounts, size_t n, size_t largest);
/* Sum of |a - b| over all pairs over twice n times the sum (C. Gini, 1912). */
double churn__gini(const int64_t *amounts, size_t n);
/* The fewest customers that bring at least part (in 1/100) of all. */
size_t churn__fewest_for(const int64_t *amounts, size_t n, int64_t percent);

/* ---- value ---- */

/* How many months a period has: whole ones of the calendar, else days * 12 / 365. */
double churn__period_months(const churn__kpi_period *period, const churn__zone *zone);
/* The monthly rate of which `months` months make `rate`: 1 - (1 - rate)^(1 / months). */
double churn__monthly_rate(double rate, double months);

#endif
