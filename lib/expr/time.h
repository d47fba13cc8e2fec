/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_TIME_H
#define CHURN_EXPR_TIME_H

#include <stdbool.h>

#include "base/date.h"

/* Instants and durations as CEL writes them. */

#define EXPR_SECOND_NS INT64_C(1000000000)
#define EXPR_MINUTE_NS (60 * EXPR_SECOND_NS)
#define EXPR_HOUR_NS (60 * EXPR_MINUTE_NS)

#define EXPR_TIME_CHARS 48

typedef enum expr_text {
    EXPR_TEXT_OK,
    EXPR_TEXT_BAD,  /* of another form */
    EXPR_TEXT_RANGE /* of the form, but no such day, or too far away */
} expr_text;

/* RFC 3339 with up to nine digits of fraction: microseconds, and the nanoseconds behind them, 0 to
 * 999. Where not `strict`, also the other ways of ISO 8601 to write an instant that
 * churn__when_parse() reads. */
expr_text churn__expr_time_parse(churn_str s, bool strict, int64_t *at, int64_t *nanos);
/* "2009-02-13T23:31:30.5Z": as many digits of fraction as it takes; `out` holds EXPR_TIME_CHARS;
 * returns the length. */
size_t churn__expr_time_print(int64_t at, int64_t nanos, char *out);
/* "1h30m", "-1.5s", "250ms", "10us", "7ns", "0": what Go's time.ParseDuration reads, which is what
 * CEL's duration() is defined by. In nanoseconds; what is finer is cut off. */
expr_text churn__expr_duration_parse(churn_str s, int64_t *out);
/* "5400s", "-0.5s": seconds, as many digits of fraction as it takes; `out` holds EXPR_TIME_CHARS;
 * returns the length. */
size_t churn__expr_duration_print(int64_t duration, char *out);

#endif
