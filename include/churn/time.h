/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TIME_H
#define CHURN_TIME_H

#include <churn/error.h>

CHURN_BEGIN_DECLS

/*
 * Instants as text. A churn_time is microseconds since 1970-01-01T00:00:00Z in the proleptic
 * Gregorian calendar; days have 86,400 seconds and leap seconds do not exist. These functions know
 * no zone but UTC and the offsets that are written out: churn_playbook_time() reads dates and wall
 * times in a playbook's zone.
 *
 *     churn_time as_of = CHURN_TIME_NONE;
 *     churn_time_parse("2026-02-01", CHURN_NTS, &as_of, NULL);
 */

/** Bytes that hold any instant that churn_time_format() writes, with its NUL. */
#define CHURN_TIME_CHARS 32

/**
 * Read an instant.
 *
 * Taken are a date, which means midnight UTC at its start, and a date with a time and a zone, ISO
 * 8601 as people write it:
 *
 *     2026-02-01    2026-02-01T09:30Z    2026-02-01 9:30:05.25+02:00    2026-02-01T09:30:05+0200
 *
 * Between date and time stands a T or one space. Seconds may be absent; digits beyond microseconds
 * must be zeros; 24:00 is the midnight that ends the day; a second 60 is refused. The zone is Z,
 * " UTC" or an offset. A time without zone is refused, because nobody can say which instant it is.
 *
 * @param text UTF-8, borrowed
 * @param len its bytes, or CHURN_NTS
 * @param[out] out the instant; untouched on failure
 * @param err optional
 * @return CHURN_OK; CHURN_E_PARSE: of another form, or a time without zone; CHURN_E_RANGE: no such
 *         day or time, or outside the years 1 to 9999; CHURN_E_ARG: a pointer is NULL
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_time_parse(const char *text, size_t len, churn_time *out,
                                        churn_error *err);

/**
 * Write an instant in UTC, such as "2026-02-01T09:30:00Z", with six digits of fraction where it is
 * no whole second. churn_time_parse() reads the same instant back.
 *
 * @param time CHURN_TIME_MIN to CHURN_TIME_MAX
 * @param buf filled in, NUL-terminated; may be NULL where cap is 0; untouched on failure
 * @param cap bytes at buf; CHURN_TIME_CHARS is always enough; 0 asks for `needed` alone
 * @param[out] needed bytes needed, the NUL counted; may be NULL
 * @param err optional
 * @return CHURN_OK; CHURN_E_RANGE: cap is too small (`needed` is set), or there is no such instant;
 *         CHURN_E_ARG: buf is NULL and cap is not 0
 * @threads any
 * @since 0.1
 */
CHURN_API churn_status churn_time_format(churn_time time, char *buf, size_t cap, size_t *needed,
                                         churn_error *err);

CHURN_END_DECLS

#endif
