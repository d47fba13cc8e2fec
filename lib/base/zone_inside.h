/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_ZONE_INSIDE_H
#define CHURN_BASE_ZONE_INSIDE_H

/* What the files about zones share; nobody else includes it. */

#include <stdatomic.h>

#include "base/date.h"

/* RFC 9636 wants offsets above -25 and below 26 hours; both bounds are ours. */
#define CHURN__ZONE_OFFSET_MAX (26 * 3600 - 1)

/* When in a year the clock changes: the rule of POSIX's TZ variable. */
typedef struct churn__zone_change {
    char form;                /* M: month, week, day; J: day without leap days; N: day from 0 */
    int32_t month, week, day; /* day: of the week from Sunday (M), of the year (J, N) */
    int32_t time;             /* seconds after local midnight, may be negative */
} churn__zone_change;

typedef struct churn__zone_rule {
    bool present, has_summer;
    int32_t standard, summer; /* seconds east of UTC */
    churn__zone_change to_summer, to_standard;
} churn__zone_rule;

/* A stretch of time with one offset: begin <= t < end. */
typedef struct churn__zone_span {
    churn_time begin, end;
    int32_t offset;
} churn__zone_span;

/* The offset from an instant on. */
typedef struct churn__zone_step {
    churn_time at;
    int32_t offset;
} churn__zone_step;

struct churn__zone {
    atomic_size_t references;
    churn__heap *heap;
    churn_str name;          /* owned */
    churn__zone_step *steps; /* ascending */
    size_t count, capacity;  /* of steps */
    int32_t first;           /* offset before the first step */
    churn__zone_rule rule;   /* after the last step */
};

/* "CET-1CEST,M3.5.0,M10.5.0/3". False: not well formed. */
bool churn__zone_rule_parse(const char *s, size_t len, churn__zone_rule *out);
/* The stretch around an instant when the rule alone decides. */
churn__zone_span churn__zone_rule_span(const churn__zone_rule *rule, churn_time at);
/* Fill an empty zone from the bytes of a TZif file; the caller frees it in every case. */
churn__zone_result churn__zone_read(churn__zone *zone, const uint8_t *data, size_t size);

#endif
