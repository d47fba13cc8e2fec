/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/checked.h"
#include "base/date.h"
#include "base/str.h"
#include "date_rows.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static churn_time utc(const char *text)
{
    churn_time at = 0;
    assert_true(churn__instant_parse(text, strlen(text), NULL, &at));
    return at;
}

static churn_time shifted(const char *at, const char *duration, int sign, const churn__zone *zone,
                          const churn__work_calendar *calendar)
{
    churn__duration d;
    assert_true(churn__duration_parse(duration, strlen(duration), &d));
    return churn__time_shift(utc(at), d, sign, zone, calendar);
}

static void assert_instant(churn_time at, const char *expected)
{
    char text[40];
    churn__instant_print(at, text);
    assert_string_equal(text, expected);
}

typedef struct budapest {
    churn__heap *heap;
    churn__zone *zone; /* NULL: the system has none */
} budapest;

static budapest budapest_open(void)
{
    budapest out = {churn__heap_create(NULL, 0), NULL};
    (void)churn__zone_open(out.heap, NULL, CHURN__STR("Europe/Budapest"), &out.zone);
    return out;
}

static void budapest_close(budapest b)
{
    churn__zone_release(b.zone);
    churn__heap_release(b.heap);
}

static void time_shift__month_vectors__clamped(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(month_rows); i++) {
        const month_row *row = &month_rows[i];
        int sign = row->months < 0 ? -1 : 1;
        churn__duration d = {row->months * sign, CHURN__UNIT_CMO};
        churn_time at = row->day * CHURN__DAY + 12345678;
        assert_true(churn__time_shift(at, d, sign, NULL, NULL) ==
                    row->result * CHURN__DAY + 12345678);
    }
}

static void time_shift__units__in_utc(void **state)
{
    (void)state;
    static const struct {
        const char *at, *duration;
        int sign;
        const char *expected;
    } rows[] = {
        {"2026-02-01", "36h", 1, "2026-02-02T12:00:00Z"},
        {"2026-02-01", "2d", -1, "2026-01-30T00:00:00Z"},
        {"2026-02-01T09:30Z", "1w", 1, "2026-02-08T09:30:00Z"},
        {"2026-02-01T09:30Z", "1cw", -1, "2026-01-25T09:30:00Z"},
        {"2024-02-29", "1cy", 1, "2025-02-28T00:00:00Z"},
        {"2024-02-29", "4cy", -1, "2020-02-29T00:00:00Z"},
        {"2026-05-31", "1cq", -1, "2026-02-28T00:00:00Z"},
        {"2026-01-31", "1cmo", 1, "2026-02-28T00:00:00Z"},
        {"2026-01-31", "0cmo", 1, "2026-01-31T00:00:00Z"},
        {"9999-12-31", "1cd", 1, "9999-12-31T23:59:59.999999Z"},
        {"9999-12-31", "1cmo", 1, "9999-12-31T23:59:59.999999Z"},
        {"0001-01-31", "1cmo", -1, "0001-01-01T00:00:00Z"},
        {"2026-01-01", "100000000cy", -1, "0001-01-01T00:00:00Z"},
        {"2026-01-01", "100000000bd", 1, "9999-12-31T23:59:59.999999Z"},
        {"2026-01-01", "100000000bh", 1, "9999-12-31T23:59:59.999999Z"},
        {"2026-01-01", "100000000d", 1, "9999-12-31T23:59:59.999999Z"},
        {"2026-01-01", "100000000d", -1, "0001-01-01T00:00:00Z"},
        {"2026-01-01", "3bd", -1, "2026-01-01T00:00:00Z"}, /* business units only forwards */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_instant(shifted(rows[i].at, rows[i].duration, rows[i].sign, NULL, NULL),
                       rows[i].expected);
    }
    churn__duration d = {5, CHURN__UNIT_CD};
    assert_true(churn__time_shift(CHURN_TIME_NONE, d, 1, NULL, NULL) == CHURN_TIME_NONE);
}

static void time_shift__over_a_change_of_the_clock__keeps_wall_time(void **state)
{
    (void)state;
    budapest b = budapest_open();
    if (b.zone == NULL) {
        print_message("the system has no zone Europe/Budapest\n");
        budapest_close(b);
        skip();
    }
    /* Summer time began on 2023-03-26 at 02:00 local. */
    assert_instant(shifted("2023-03-25T08:00Z", "1d", 1, b.zone, NULL), "2023-03-26T08:00:00Z");
    assert_instant(shifted("2023-03-25T08:00Z", "1cd", 1, b.zone, NULL), "2023-03-26T07:00:00Z");
    assert_instant(shifted("2023-03-25T01:30Z", "1cd", 1, b.zone, NULL), "2023-03-26T01:00:00Z");
    assert_instant(shifted("2023-03-27T07:00Z", "1cw", -1, b.zone, NULL), "2023-03-20T08:00:00Z");
    assert_instant(shifted("2023-03-24T08:00Z", "1bd", 1, b.zone, NULL), "2023-03-27T07:00:00Z");
    assert_instant(churn__period_start(utc("2023-03-26T12:00Z"), CHURN__UNIT_CD, b.zone),
                   "2023-03-25T23:00:00Z");
    assert_instant(churn__period_next(utc("2023-03-26T12:00Z"), CHURN__UNIT_CD, b.zone),
                   "2023-03-26T22:00:00Z");
    budapest_close(b);
}

/* ---- business time ---- */

/* 2026-03-13 is a Friday. */
static const int32_t march_holidays[] = {20527, 20527, 20528}; /* 2026-03-15 twice, a Sunday; 16 */

static void time_shift__business_days__table(void **state)
{
    (void)state;
    const churn__work_calendar calendar = {0, 0, 0, march_holidays, 3};
    static const struct {
        const char *at, *duration, *expected;
    } rows[] = {{"2026-03-11T15:00Z", "1bd", "2026-03-12T15:00:00Z"},
                {"2026-03-13T15:00Z", "1bd", "2026-03-17T15:00:00Z"},
                {"2026-03-14T15:00Z", "1bd", "2026-03-17T15:00:00Z"},
                {"2026-03-13T23:00Z", "3bd", "2026-03-19T23:00:00Z"},
                {"2026-03-14T15:00Z", "0bd", "2026-03-14T15:00:00Z"},
                {"2026-03-13T15:00Z", "5bd", "2026-03-23T15:00:00Z"},
                {"2026-03-13T15:00Z", "6bd", "2026-03-24T15:00:00Z"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_instant(shifted(rows[i].at, rows[i].duration, 1, NULL, &calendar), rows[i].expected);
    }
}

static void time_shift__business_hours__table(void **state)
{
    (void)state;
    const churn__work_calendar calendar = {0, 0, 0, march_holidays, 3};
    static const struct {
        const char *at, *duration, *expected;
    } rows[] = {{"2026-03-11T10:00Z", "2bh", "2026-03-11T12:00:00Z"},
                {"2026-03-11T15:00Z", "2bh", "2026-03-11T17:00:00Z"}, /* at closing time */
                {"2026-03-11T15:00Z", "3bh", "2026-03-12T10:00:00Z"},
                {"2026-03-11T06:00Z", "1bh", "2026-03-11T10:00:00Z"},
                {"2026-03-11T17:00Z", "1bh", "2026-03-12T10:00:00Z"},
                {"2026-03-13T16:30Z", "1bh", "2026-03-17T09:30:00Z"},
                {"2026-03-15T12:00Z", "8bh", "2026-03-17T17:00:00Z"},
                {"2026-03-15T12:00Z", "9bh", "2026-03-18T10:00:00Z"},
                {"2026-03-15T12:00Z", "0bh", "2026-03-15T12:00:00Z"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_instant(shifted(rows[i].at, rows[i].duration, 1, NULL, &calendar), rows[i].expected);
    }
}

static bool twin_works(const churn__work_calendar *c, int64_t day)
{
    for (size_t i = 0; i < c->holiday_count; i++) {
        if (c->holidays[i] == day) {
            return false;
        }
    }
    return (c->work_days >> churn__weekday(day) & 1) != 0;
}

/* Day by day, and within a day second by second at the ends. */
static churn_time twin_days(churn_time at, int64_t n, const churn__work_calendar *c)
{
    while (n > 0) {
        at += CHURN__DAY;
        n -= twin_works(c, churn__floor_div(at, CHURN__DAY));
    }
    return at;
}

static churn_time twin_hours(churn_time at, int64_t n, const churn__work_calendar *c)
{
    int64_t left = n * 3600;
    while (left > 0) {
        int64_t day = churn__floor_div(at, CHURN__DAY);
        int64_t second = churn__floor_mod(at, CHURN__DAY) / CHURN__SECOND;
        bool open = twin_works(c, day) && second >= c->open && second < c->close;
        at += 60 * CHURN__SECOND;
        left -= open ? 60 : 0;
    }
    return at;
}

static void time_shift__business_time__agrees_with_its_slow_twin(void **state)
{
    (void)state;
    uint64_t seed = 362436069;
    int32_t holidays[40];
    for (int round = 0; round < 400; round++) {
        int32_t day = 20000;
        for (size_t i = 0; i < COUNT(holidays); i++) {
            day += (int32_t)(next_random(&seed) % 4);
            holidays[i] = day;
        }
        churn__work_calendar c = {(uint8_t)(next_random(&seed) % 127 + 1),
                                  (int32_t)(next_random(&seed) % 12) * 3600, 0, holidays,
                                  COUNT(holidays)};
        c.close = c.open + (int32_t)(next_random(&seed) % 12 + 1) * 3600;
        churn_time at = (20000 + (int64_t)(next_random(&seed) % 60)) * CHURN__DAY +
                        (int64_t)(next_random(&seed) % 1440) * CHURN__MINUTE;
        churn__duration days = {(int64_t)(next_random(&seed) % 60) + 1, CHURN__UNIT_BD};
        churn__duration hours = {(int64_t)(next_random(&seed) % 30) + 1, CHURN__UNIT_BH};
        assert_true(churn__time_shift(at, days, 1, NULL, &c) == twin_days(at, days.amount, &c));
        assert_true(churn__time_shift(at, hours, 1, NULL, &c) == twin_hours(at, hours.amount, &c));
    }
}

/* ---- periods ---- */

static void period__table__in_utc(void **state)
{
    (void)state;
    static const struct {
        churn__unit unit;
        const char *at, *start, *next;
    } rows[] = {
        {CHURN__UNIT_CD, "2026-02-28T23:59Z", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"},
        {CHURN__UNIT_CW, "2026-03-01T12:00Z", "2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"},
        {CHURN__UNIT_CW, "2026-03-02", "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"},
        {CHURN__UNIT_CMO, "2026-12-31T23:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
        {CHURN__UNIT_CQ, "2026-05-31", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"},
        {CHURN__UNIT_CQ, "2026-12-31", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
        {CHURN__UNIT_CY, "2024-02-29", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"},
        {CHURN__UNIT_CY, "9999-05-05", "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_instant(churn__period_start(utc(rows[i].at), rows[i].unit, NULL), rows[i].start);
        assert_instant(churn__period_next(utc(rows[i].at), rows[i].unit, NULL), rows[i].next);
    }
    assert_instant(churn__period_start(CHURN_TIME_MAX, CHURN__UNIT_CD, NULL),
                   "9999-12-31T00:00:00Z");
    assert_instant(churn__period_start(CHURN_TIME_MIN, CHURN__UNIT_CW, NULL),
                   "0001-01-01T00:00:00Z");
}

/* Samoa left out 2011-12-30; Newfoundland set its clocks back at 00:01 until 2011. */
static void period__odd_midnights__follow_each_other(void **state)
{
    (void)state;
    static const char *const names[] = {"Pacific/Apia", "America/St_Johns", "Asia/Gaza",
                                        "America/Sao_Paulo", "America/Havana"};
    churn__heap *heap = churn__heap_create(NULL, 0);
    uint64_t seed = 521288629;
    for (size_t z = 0; z < COUNT(names); z++) {
        churn__zone *zone = NULL;
        if (churn__zone_open(heap, NULL, churn__str_nts(names[z]), &zone) != CHURN__ZONE_OK) {
            print_message("the system has no zone %s\n", names[z]);
            continue;
        }
        for (churn_time at = utc("2000-01-01"); at < utc("2013-01-01");
             at += (int64_t)(next_random(&seed) % 7200) * CHURN__SECOND + 1) {
            churn__unit unit = (churn__unit)(CHURN__UNIT_CD + (int)(next_random(&seed) % 5));
            churn_time start = churn__period_start(at, unit, zone);
            churn_time next = churn__period_next(at, unit, zone);
            assert_true(start <= at && at < next);
            assert_true(churn__period_next(start, unit, zone) == next);
            assert_true(churn__period_start(next - 1, unit, zone) == start);
            assert_true(churn__period_start(next, unit, zone) == next);
        }
        churn__zone_release(zone);
    }
    churn__heap_release(heap);
}

static void span_parse__table__as_the_header_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        churn__span span;
    } rows[] = {
        {"28d", true, {28 * CHURN__DAY, CHURN__UNIT_MICRO, false}},
        {"0", true, {0, CHURN__UNIT_MICRO, false}},
        {"2cq", true, {2, CHURN__UNIT_CQ, false}},
        {"0cq", true, {0, CHURN__UNIT_CQ, false}},
        {"3cmo", true, {3, CHURN__UNIT_CMO, false}},
        {"mtd", true, {1, CHURN__UNIT_CMO, true}},
        {"qtd", true, {1, CHURN__UNIT_CQ, true}},
        {"ytd", true, {1, CHURN__UNIT_CY, true}},
        {"2bd", false, {0}},
        {"8bh", false, {0}},
        {"1mtd", false, {0}},
        {"mt", false, {0}},
        {"mtdx", false, {0}},
        {"MTD", false, {0}},
        {"-1cq", false, {0}},
        {"", false, {0}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        churn__span span = {0};
        bool ok = churn__span_parse(rows[i].text, strlen(rows[i].text), &span);
        if (ok != rows[i].ok ||
            (ok && (span.amount != rows[i].span.amount || span.unit != rows[i].span.unit ||
                    span.to_date != rows[i].span.to_date))) {
            fail_msg("%s", rows[i].text);
        }
    }
}

static churn_time span_back(const churn__zone *zone, const char *at, const char *text)
{
    churn__span span = {0};
    assert_true(churn__span_parse(text, strlen(text), &span));
    return churn__span_back(zone, utc(at), span);
}

/* Expected by hand, from the calendar and the dates on which Hungary changes its clocks: 29 March
 * 2026 at 2:00 and 25 October 2026 at 3:00. */
static void span_back__calendar_and_zone__by_hand(void **state)
{
    (void)state;
    static const struct {
        bool zoned;
        const char *at, *span, *expected;
    } rows[] = {
        {false, "2026-03-31T10:00Z", "1cmo", "2026-02-28T10:00:00Z"},
        {false, "2028-03-31T10:00Z", "1cmo", "2028-02-29T10:00:00Z"},
        {false, "2028-02-29", "1cy", "2027-02-28T00:00:00Z"},
        {false, "2026-08-31", "2cq", "2026-02-28T00:00:00Z"},
        {false, "2026-03-31", "0cmo", "2026-03-31T00:00:00Z"},
        {false, "2026-08-15T07:30Z", "mtd", "2026-08-01T00:00:00Z"},
        {false, "2026-08-15T07:30Z", "qtd", "2026-07-01T00:00:00Z"},
        {false, "2026-08-15T07:30Z", "ytd", "2026-01-01T00:00:00Z"},
        {false, "2026-08-01", "mtd", "2026-08-01T00:00:00Z"},
        {false, "0001-02-01", "1cy", "0001-01-01T00:00:00Z"},
        /* noon stays noon across both changes */
        {true, "2026-03-29T10:00Z", "1cd", "2026-03-28T11:00:00Z"},
        {true, "2026-03-29T10:00Z", "1d", "2026-03-28T10:00:00Z"},
        {true, "2026-10-26T11:00Z", "1cw", "2026-10-19T10:00:00Z"},
        /* 2:30 of 29 March does not exist: 3:00 does */
        {true, "2026-03-30T00:30Z", "1cd", "2026-03-29T01:00:00Z"},
        /* 2:30 of 25 October exists twice: the earlier one */
        {true, "2026-10-26T01:30Z", "1cd", "2026-10-25T00:30:00Z"},
        /* in Budapest it is August already */
        {true, "2026-07-31T22:30Z", "mtd", "2026-07-31T22:00:00Z"},
        {true, "2026-01-15", "ytd", "2025-12-31T23:00:00Z"},
    };
    budapest zone = budapest_open();
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (!rows[i].zoned || zone.zone != NULL) {
            assert_instant(span_back(rows[i].zoned ? zone.zone : NULL, rows[i].at, rows[i].span),
                           rows[i].expected);
        }
    }
    budapest_close(zone);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(time_shift__month_vectors__clamped),
        cmocka_unit_test(time_shift__units__in_utc),
        cmocka_unit_test(time_shift__over_a_change_of_the_clock__keeps_wall_time),
        cmocka_unit_test(time_shift__business_days__table),
        cmocka_unit_test(time_shift__business_hours__table),
        cmocka_unit_test(time_shift__business_time__agrees_with_its_slow_twin),
        cmocka_unit_test(period__table__in_utc),
        cmocka_unit_test(period__odd_midnights__follow_each_other),
        cmocka_unit_test(span_parse__table__as_the_header_says),
        cmocka_unit_test(span_back__calendar_and_zone__by_hand),
    };
    return RUN_TESTS(group);
}
