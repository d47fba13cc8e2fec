/* SPDX-License-Identifier: MIT */
#ifndef CHURN_CORE_FAIL_H
#define CHURN_CORE_FAIL_H

#include <stdarg.h>

#include <churn/error.h>

#include "base/heap.h"
#include "base/str.h"

/*
 * How functions fail. Every function that can has a local `churn_status st = CHURN_OK`, an `err`
 * that may be NULL, and one label `done:`. These two macros are the only ones that change the flow.
 */
#define CHURN_TRY(expr)       \
    do {                      \
        st = (expr);          \
        if (st != CHURN_OK) { \
            goto done;        \
        }                     \
    } while (0)

#define CHURN_FAIL(status, detail, ...)                         \
    do {                                                        \
        st = churn__fail(err, (status), (detail), __VA_ARGS__); \
        goto done;                                              \
    } while (0)

/*
 * Write an error and return its status. A small formatter of our own, without locale:
 *   %s  const char *    %S  const churn_str * (at most 64 bytes shown, as they are)
 *   %q  const churn_str *, in backquotes, control characters as ?    %d int64_t    %u uint64_t
 *   %g  double, shortest    %%
 */
churn_status churn__fail(churn_error *err, churn_status status, int32_t detail, const char *format,
                         ...);
churn_status churn__fail_at(churn_error *err, churn_status status, int32_t detail, uint32_t line,
                            uint32_t column, uint64_t row, const char *format, ...);
/* CHURN_E_NOMEM, or CHURN_E_LIMIT when the heap's own cap refused. `heap` may be NULL. */
churn_status churn__fail_memory(churn_error *err, const churn__heap *heap);
/* CHURN_E_ARG: "<function>: <what> must not be NULL". */
churn_status churn__fail_null(churn_error *err, const char *function, const char *what);
/* The formatter by itself; returns the length that fits, always NUL-terminated, UTF-8 kept whole.
 */
size_t churn__format(char *out, size_t cap, const char *format, ...);
size_t churn__formatv(char *out, size_t cap, const char *format, va_list args);

/*
 * Copy a caller's versioned struct into ours (`known` bytes at `to`, zeroed first). `from` NULL is
 * all zero. CHURN_E_ABI as options.h says; `what` names the struct in the message.
 */
churn_status churn__copy_struct(void *to, uint32_t known, const void *from, const char *what,
                                churn_error *err);
/* Write our result struct into the caller's, which may be shorter. */
/* Would churn__give_struct() take it? */
churn_status churn__check_struct(const void *to, const char *what, churn_error *err);
churn_status churn__give_struct(void *to, const void *from, uint32_t known, const char *what,
                                churn_error *err);
/* A string argument: NULL unless `optional`, CHURN_NTS, UTF-8 and no NUL inside; `max` bytes. */
churn_status churn__take_str(const char *s, size_t len, bool optional, size_t max, const char *what,
                             churn_str *out, churn_error *err);

/* Defaults filled in, maxima checked. */
churn_status churn__limits_resolve(const churn_limits *given, churn_limits *out, churn_error *err);

/* Cancel: called every few thousand rows; CHURN_E_CANCELLED when set. cancel may be NULL. */
churn_status churn__cancel_check(churn_cancel *cancel, churn_error *err);
void churn__cancel_total(churn_cancel *cancel, uint64_t total);
void churn__cancel_step(churn_cancel *cancel, uint64_t done);

#endif
