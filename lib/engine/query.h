/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ENGINE_QUERY_H
#define CHURN_ENGINE_QUERY_H

#include "engine/engine_internal.h"

/* A question in the language of conditions: query.c compiles it and asks, query_rows.c makes rows
 * of those who match, query_reasons.c counts why others do not. */

/* A column, or a key of the order. */
typedef struct churn__query_part {
    churn_str part;          /* "select[0]" */
    churn_str name;          /* of a column */
    const churn__expr *expr; /* NULL: a slot as it is */
    uint32_t slot;           /* CHURN__NONE: the expression */
    churn__type type;
    bool descending;
} churn__query_part;

/* A message that cells or conditions gave. */
typedef struct churn__query_fault {
    churn_str part;
    char text[160];
    uint64_t count;
} churn__query_fault;

#define CHURN__QUERY_FAULTS 32u /* told apart */

typedef struct churn__query_row {
    churn_str customer;
    churn__value *values; /* keys, then columns */
} churn__query_row;

typedef struct churn__query {
    churn__asking asking;
    churn_time as_of;
    churn_select_options options;
    churn_str text;
    churn__heap *heap;
    churn__arena arena; /* of the question */
    churn__question *question;
    const churn__expr *where; /* NULL: everybody */
    churn__query_part *keys, *columns;
    uint32_t key_count, column_count;
    uint32_t *slots; /* of parts that are names */
    uint32_t slot_count;

    churn__table_builder *builder;
    churn__arena kept; /* of rows that wait for being sorted */
    churn__query_row *rows;
    size_t row_count, row_capacity;

    churn_query_summary summary;
    uint64_t *missing; /* by input of `where`, then by reason */
    uint32_t input_count;
    churn__query_fault *faults;
    uint32_t fault_count;
} churn__query;

/* The use of a frame: counts everybody, and takes who matches. */
churn_status churn__query_use(churn__frame *frame, void *query, churn_error *err);
/* The rows that wait, into the builder. */
churn_status churn__query_finish(churn__query *query, churn_error *err);

/* Count why a row is unknown, or what is wrong with a cell. */
void churn__query_count_unknown(churn__query *query, churn__frame *frame, uint32_t row);
void churn__query_count_fault(churn__query *query, churn_str part, const char *message);
churn_status churn__query_reasons(const churn__query *query, churn_table **out, churn_error *err);

#endif
