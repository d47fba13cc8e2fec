/* SPDX-License-Identifier: MIT */
#ifndef CHURN_CORE_COLUMN_H
#define CHURN_CORE_COLUMN_H

#include "core/missing.h"

/* Values of one name for a batch of customers: the one form in which metrics, scores, attributes
 * and states reach conditions. */
typedef uint8_t churn__type;

#define CHURN__TYPE_BOOL 1     /* uint8_t: 0 or 1 */
#define CHURN__TYPE_INT 2      /* int64_t */
#define CHURN__TYPE_DOUBLE 3   /* double */
#define CHURN__TYPE_STRING 4   /* churn_str */
#define CHURN__TYPE_TIME 5     /* churn_time */
#define CHURN__TYPE_STRINGS 6  /* churn__strs: a list, only for `x in tags` */
#define CHURN__TYPE_DURATION 7 /* int64_t: nanoseconds, as in CEL */

typedef struct churn__strs {
    const churn_str *items;
    uint32_t count;
} churn__strs;

typedef struct churn__column {
    churn__type type;
    const void *values;            /* one a row, anything where missing */
    const churn__missing *missing; /* one a row; NULL: `valid` tells */
    const uint8_t *valid; /* one bit a row, least significant first; NULL: every row is present */
    /* A column of strings may be coded instead: `values` is NULL and row i holds dict[codes[i]];
     * codes of missing rows are below dict_count or dict_count is 0. Only expressions take it. */
    const uint32_t *codes;
    const churn_str *dict;
    uint32_t dict_count;
    const uint64_t *keys; /* of strings that are not coded: expr/text_key.h; NULL: not known */
} churn__column;

static inline bool churn__column_has(const churn__column *column, uint32_t row)
{
    if (column->missing != NULL) {
        return column->missing[row] == CHURN__PRESENT;
    }
    return column->valid == NULL || ((column->valid[row >> 3] >> (row & 7u)) & 1u) != 0;
}

static inline churn_str churn__column_string(const churn__column *column, uint32_t row)
{
    return column->codes != NULL ? column->dict[column->codes[row]]
                                 : ((const churn_str *)column->values)[row];
}

/* One value, for constants, single records and explanations. */
typedef struct churn__value {
    churn__type type;
    churn__missing missing;
    union {
        uint8_t b;
        int64_t i;
        double d;
        churn_str s;
        churn_time t;
        churn__strs l;
    } as;
} churn__value;

/* "bool", "int", "double", "string", "timestamp", "list of string", "duration". */
const char *churn__type_name(churn__type type);

/* The outcome of a condition. */
typedef uint8_t churn__truth;

#define CHURN__FALSE 0
#define CHURN__TRUE 1
#define CHURN__UNKNOWN 2
#define CHURN__ERROR 3

#endif
