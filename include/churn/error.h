/* SPDX-License-Identifier: MIT */
#ifndef CHURN_ERROR_H
#define CHURN_ERROR_H

#include <churn/status.h>

CHURN_BEGIN_DECLS

/**
 * Why a call failed. The caller owns it; one struct serves any number of calls.
 *
 *     churn_error err = {.struct_size = sizeof err};
 *
 * It is written on every failure and left alone on success; writing it never allocates. Every
 * function takes NULL instead. Messages name columns, keys and rules, never values of records.
 */
typedef struct churn_error {
    uint32_t struct_size; /* set by the caller: sizeof(churn_error) */
    int32_t status;       /* the status that the call returned */
    int32_t detail;       /* finer than status: the number in a code such as CH0203, or 0 */
    uint32_t line;        /* where in a text the fault is, from 1; 0: nowhere */
    uint32_t column;      /* in code points, from 1; 0: nowhere */
    uint32_t reserved;    /* zero */
    uint64_t row;         /* which row of a batch, from 0; CHURN_ROW_NONE: none */
    char message[480];    /* UTF-8, NUL-terminated, never cut inside a character */
} churn_error;

/**
 * Fill an error struct with its empty state.
 *
 * @param err the struct, may be NULL
 * @param size sizeof(churn_error) as the caller knows it
 * @threads any
 * @since 0.1
 */
CHURN_API void churn_error_init(churn_error *err, uint32_t size);

CHURN_END_DECLS

#endif
