/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_DATE_H
#define CHURN_BASE_DATE_H

#include "base/heap.h"

/* The proleptic Gregorian calendar, time zones, durations and business time. */

#define CHURN__SECOND INT64_C(1000000)
#define CHURN__MINUTE (60 * CHURN__SECOND)
#define CHURN__HOUR (60 * CHURN__MINUTE)
#define CHURN__DAY (24 * CHURN__HOUR)
#define CHURN__WEEK (7 * CHURN__DAY)

/* Days since 1970-01-01. */
int64_t churn__days_from_civil(int32_t year, unsigned month, unsigned day);
void churn__civil_from_days(int64_t days, int32_t *year, unsigned *month, unsigned *day);
unsigned churn__days_in_month(int32_t year, unsigned month);
/* 0 = Monday ... 6 = Sunday (ISO order). */
int churn__weekday(int64_t days);

/* ---- zones ---- */

/* An IANA zone read from a TZif file, or a fixed offset. Immutable; reference counted. */
typedef struct churn__zone churn__zone;

typedef enum churn__zone_result {
    CHURN__ZONE_OK,
    CHURN__ZONE_UNKNOWN, /* no such file or not a legal name */
    CHURN__ZONE_CORRUPT, /* not a TZif file */
    CHURN__ZONE_NOMEM
} churn__zone_result;

/* `name`: "UTC", "Europe/Budapest", "+02:00", "-0530". `directory`: NULL for the system's
 * (/usr/share/zoneinfo). Names with "..", a leading "/" or odd characters are unknown. TZif
 * versions 1 to 4; the footer's POSIX rule serves instants after the table. */
churn__zone_result churn__zone_open(churn__heap *heap, const char *directory, churn_str name,
                                    churn__zone **out);
churn__zone *churn__zone_retain(churn__zone *zone);
void churn__zone_release(churn__zone *zone);
churn_str churn__zone_name(const churn__zone *zone);
/* Offset east of UTC in seconds at an instant. A NULL zone is UTC everywhere below. */
int32_t churn__zone_offset(const churn__zone *zone, churn_time at);
/* The instant of a local wall time given as microseconds since 1970-01-01 local. A time that does
 * not exist gives the first instant after the gap, an ambiguous one the earlier instant. */
churn_time churn__zone_to_instant(const churn__zone *zone, int64_t local);
/* The local wall time of an instant, as microseconds since 1970-01-01 local. */
int64_t churn__zone_to_local(const churn__zone *zone, churn_time at);
/* The local date of an instant, as days since 1970-01-01. */
int64_t churn__zone_day(const churn__zone *zone, churn_time at);
/* The instant of local midnight that begins a local date. */
churn_time churn__zone_midnight(const churn__zone *zone, int64_t day);

/* ---- instants as text ---- */

typedef enum churn__when {
    CHURN__WHEN_BAD,    /* not a date or time */
    CHURN__WHEN_RANGE,  /* well formed, but no such day or outside years 1 to 9999 */
    CHURN__WHEN_DATE,   /* a date: *out is days since 1970-01-01 */
    CHURN__WHEN_LOCAL,  /* a time without zone: *out is microseconds of wall time */
    CHURN__WHEN_INSTANT /* a time with Z or an offset: *out is microseconds UTC */
} churn__when;

/* ISO 8601 as people write it: 2026-02-01, 2026-02-01T09:30, 2026-02-01 9:30:05.123456,
 * ...Z, ...+02:00, ...+0200, ...+02, ... UTC. Hours may lack their leading zero, seconds may be
 * absent, fractions beyond microseconds must be zeros. 24:00 is the next midnight; second 60 is
 * refused. */
churn__when churn__when_parse(const char *s, size_t len, int64_t *out);
/* The same, with dates (local midnight) and local times placed by `zone`; saturates where the zone
 * leads over the ends of the calendar. False: bad or range. */
bool churn__instant_parse(const char *s, size_t len, const churn__zone *zone, churn_time *out);
/* "2026-02-01T09:30:00Z", with six digits of fraction only if there is one; out holds 40; returns
 * the length. Both give "" for what is no instant. */
size_t churn__instant_print(churn_time at, char *out);
/* "2026-02-01", the local date in `zone`; out holds 16. */
size_t churn__date_print(const churn__zone *zone, churn_time at, char *out);

/* ---- durations ---- */

typedef enum churn__unit {
    CHURN__UNIT_MICRO, /* s m h d w: amount is microseconds */
    CHURN__UNIT_CD,    /* calendar days, weeks (ISO), months, quarters, years */
    CHURN__UNIT_CW,
    CHURN__UNIT_CMO,
    CHURN__UNIT_CQ,
    CHURN__UNIT_CY,
    CHURN__UNIT_BD, /* business days and hours */
    CHURN__UNIT_BH
} churn__unit;

typedef struct churn__duration {
    int64_t amount; /* microseconds for CHURN__UNIT_MICRO, else a count */
    churn__unit unit;
} churn__duration;

/* "90s" "36h" "2d" "1w" "2cmo" "3bd" "0d" "0"; one whole number and one unit. Never negative. */
bool churn__duration_parse(const char *s, size_t len, churn__duration *out);
/* The same in its plainest form: "36h", "14d" for "2w", "0d"; out holds 32; returns the length. */
size_t churn__duration_print(churn__duration d, char *out);

/* Working days and hours, for `bd` and `bh`. */
typedef struct churn__work_calendar {
    uint8_t work_days;       /* bit 0 Monday ... bit 6 Sunday; 0 means Monday to Friday */
    int32_t open, close;     /* seconds of the local day, 0 to 86400; equal: 09:00 to 17:00 */
    const int32_t *holidays; /* days since 1970-01-01, ascending */
    size_t holiday_count;
} churn__work_calendar;

/* `at` plus or minus a duration in local time of `zone`: calendar units keep the wall time, months
 * clamp to their last day; `bd` moves to the same wall time on the nth working day after; `bh`
 * counts working hours on the wall clock, from the next opening where `at` is outside them, and may
 * end at a closing time. An amount of 0 changes nothing. `calendar` may be NULL: Monday to Friday,
 * 09:00 to 17:00, no holidays. sign is +1 or -1 (business units only +1). Saturates at
 * CHURN_TIME_MIN and CHURN_TIME_MAX. */
churn_time churn__time_shift(churn_time at, churn__duration d, int sign, const churn__zone *zone,
                             const churn__work_calendar *calendar);

/* How far a window or an offset reaches back: a fixed length, calendar units, or, `to_date`, to the
 * beginning of the calendar period that holds the instant it is taken from. {0}: nowhere. */
typedef struct churn__span {
    int64_t amount; /* microseconds for CHURN__UNIT_MICRO, else a count */
    churn__unit unit;
    bool to_date;
} churn__span;

/* A duration without business units, or "mtd" "qtd" "ytd". */
bool churn__span_parse(const char *s, size_t len, churn__span *out);
/* Where a span that ends at `at` begins: calendar units as churn__time_shift() has them, so that
 * 31 March less 1cmo is the end of February, and a wall time that does not exist or exists twice
 * is the first instant after the gap, or the earlier one. */
churn_time churn__span_back(const churn__zone *zone, churn_time at, churn__span span);

/* First instant of the calendar period that holds `at`, and of the next one after it: always
 * start <= at < next. A day has begun once its midnight has passed, even if the clock is then set
 * back into the evening before. `unit` is one of CHURN__UNIT_CD to CHURN__UNIT_CY. */
churn_time churn__period_start(churn_time at, churn__unit unit, const churn__zone *zone);
churn_time churn__period_next(churn_time at, churn__unit unit, const churn__zone *zone);

#endif
