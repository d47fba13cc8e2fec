/* SPDX-License-Identifier: MIT */
#ifndef CHURN_STORE_BEATS_H
#define CHURN_STORE_BEATS_H

#include <stdatomic.h>

#include "core/fail.h"

/*
 * Instants at which records were said again without news, by the records of a kind together.
 *
 * Where a warehouse hands over everything every night, a record says the same a thousand times. Of
 * versions that say the same the first and the last are kept; those between are left out where they
 * can be told from the others: they are exactly the beats between the two that have at most the
 * number (the "epoch") that is noted with the last. So a version that comes late, and says
 * otherwise, finds out until when it holds: until the record was next said again.
 *
 * Nights in which everything came cost one beat for all records. What was not said at a beat that
 * others have keeps a row of its own there.
 */
#define BEATS_MAX 4096

typedef struct beat {
    churn_time at;
    uint32_t number; /* from 1, in order of arrival */
    uint32_t reserved;
} beat;

/* Shared by versions; NULL: none. */
typedef struct beat_list {
    atomic_uint refs;
    churn__heap *heap;
    uint32_t count;
    bool in_order; /* numbers ascend with instants */
    beat data[];   /* ascending */
} beat_list;

/* A list that is written to: a copy from the first new beat on. */
typedef struct beats {
    churn__heap *heap;
    const beat_list *list; /* what it began with, or `own` */
    beat_list *own;
} beats;

beat_list *churn__beats_retain(beat_list *list);
void churn__beats_release(beat_list *list);

/* Beats strictly between two instants with numbers up to `epoch`. */
uint32_t churn__beats_count(const beats *b, churn_time after, churn_time before, uint32_t epoch);
/* The last of them, and the first; CHURN_TIME_NONE: there is none. */
churn_time churn__beats_last(const beats *b, churn_time after, churn_time before, uint32_t epoch);
churn_time churn__beats_first(const beats *b, churn_time after, churn_time before, uint32_t epoch);
/* The number of a beat; 0: it is none. */
uint32_t churn__beats_number(const beats *b, churn_time at);
/* The number of a beat, which is made where it is none; 0: there are too many, or no memory. */
uint32_t churn__beats_add(beats *b, churn_time at);
/* The newest beat up to an instant; CHURN_TIME_NONE. */
churn_time churn__beats_until(const beat_list *list, churn_time at);

#endif
