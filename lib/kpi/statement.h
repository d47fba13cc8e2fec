/* SPDX-License-Identifier: MIT */
#ifndef CHURN_KPI_STATEMENT_H
#define CHURN_KPI_STATEMENT_H

#include "kpi/spells.h"

/* Tables of the ledger: what they share. */

/* The customer whose turn it is. */
typedef struct churn__ledger_turn {
    uint32_t rank, customer;
    const churn__subscription *rows;
    size_t row_count;
    const churn__exchange *exchange;
    churn__ledger_of of;
} churn__ledger_turn;

typedef churn_status (*churn__ledger_visit)(void *context, const churn__ledger_turn *turn,
                                            churn_error *err);
/* The ledger of every customer, in order of their ids. */
churn_status churn__statement_walk(churn__heap *heap, churn__version *version,
                                   const churn__ledger_asked *asked, uint32_t split,
                                   churn__ledger_visit visit, void *context, churn_error *err);
/* {NULL, 0} where there is none. */
churn_str churn__statement_text(const churn__version *version, uint32_t code);

/* ---- sums by value ---- */

#define CHURN__NOTHING UINT32_MAX

/* What a value of a key comes to; minor units. */
typedef struct churn__statement_line {
    uint32_t code; /* texts, CHURN__NO_CODE: none; a customer's rank */
    uint32_t last; /* the customer of the last turn that was left out */
    int64_t start, moves[CHURN__MOVES];
    int64_t levels;   /* what the states say just before as_of, less what moved after the span */
    int64_t left_out; /* customers */
} churn__statement_line;

typedef struct churn__statement_lines {
    churn__heap *heap;
    churn__statement_line *data;
    size_t count, capacity;
    uint32_t *slots; /* hash of codes: index + 1 */
    size_t slot_count;
} churn__statement_lines;

/* The line of a code; NULL: no memory. */
churn__statement_line *churn__statement_line_of(churn__statement_lines *lines, uint32_t code);
void churn__statement_lines_free(churn__statement_lines *lines);

#endif
