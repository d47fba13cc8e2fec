/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_DATE_ROWS_H
#define CHURN_TESTS_DATE_ROWS_H

/* The tables of date_vectors.inc; no file uses all of them. */

typedef struct date_row {
    int64_t days;
    int32_t year;
    uint8_t month, day;
    int weekday;
} date_row;

typedef struct month_row {
    int64_t day, months, result;
} month_row;

/* The offset at an instant, or the instant of a wall time; seconds. */
typedef struct zone_row {
    uint8_t zone;
    int64_t at, result;
} zone_row;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "date_vectors.inc"
#pragma GCC diagnostic pop

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
