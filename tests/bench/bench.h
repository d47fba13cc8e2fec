/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_BENCH_H
#define CHURN_TESTS_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <churn/churn.h>

#define STR(literal) ((churn_str){(literal), sizeof(literal) - 1})
#define DAY INT64_C(86400000000)
#define NEW_YEAR INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */

static inline double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Of the processor, not of the clock: others may be at work. */
static inline double worked(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* splitmix64: the same numbers everywhere. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline void must(churn_status status, const churn_error *err)
{
    if (status != CHURN_OK) {
        fprintf(stderr, "%s: %s\n", churn_status_name(status), err->message);
        exit(1);
    }
}

#endif
