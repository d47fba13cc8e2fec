/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <inttypes.h>

#include "base/date.h"
#include "date_rows.h"

static void civil__vectors__both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(date_rows); i++) {
        const date_row *row = &date_rows[i];
        int32_t year = 0;
        unsigned month = 0;
        unsigned day = 0;
        churn__civil_from_days(row->days, &year, &month, &day);
        assert_int_equal(year, row->year);
        assert_int_equal(month, row->month);
        assert_int_equal(day, row->day);
        assert_int_equal(churn__days_from_civil(year, month, day), row->days);
        assert_int_equal(churn__weekday(row->days), row->weekday);
    }
}

/* Counting day after day from year 1 to 9999 is the slow twin. */
static void civil__every_day__as_counted(void **state)
{
    (void)state;
    int64_t days = -719162;
    int weekday = 0; /* 0001-01-01 was a Monday */
    for (int32_t y = 1; y <= 9999; y++) {
        for (unsigned m = 1; m <= 12; m++) {
            for (unsigned d = 1; d <= churn__days_in_month(y, m); d++, days++) {
                assert_true(churn__days_from_civil(y, m, d) == days);
                assert_true(churn__weekday(days) == weekday);
                weekday = weekday == 6 ? 0 : weekday + 1;
            }
        }
    }
    assert_int_equal(days, 2932897);
}

static void when_parse__table__as_the_header_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        churn__when what;
        int64_t value;
    } rows[] = {
        {"2026-02-01", CHURN__WHEN_DATE, 20485},
        {"0001-01-01", CHURN__WHEN_DATE, -719162},
        {"9999-12-31", CHURN__WHEN_DATE, 2932896},
        {"2024-02-29", CHURN__WHEN_DATE, 19782},
        {"2026-02-01T09:30", CHURN__WHEN_LOCAL, 1769938200000000},
        {"2026-02-01 9:30:05.123456", CHURN__WHEN_LOCAL, 1769938205123456},
        {"2026-02-01t9:30", CHURN__WHEN_LOCAL, 1769938200000000},
        {"2026-02-01T09:30Z", CHURN__WHEN_INSTANT, 1769938200000000},
        {"2026-02-01T09:30z", CHURN__WHEN_INSTANT, 1769938200000000},
        {"2026-02-01 09:30:00 UTC", CHURN__WHEN_INSTANT, 1769938200000000},
        {"2026-02-01T09:30+02:00", CHURN__WHEN_INSTANT, 1769931000000000},
        {"2026-02-01T09:30+0200", CHURN__WHEN_INSTANT, 1769931000000000},
        {"2026-02-01T09:30+02", CHURN__WHEN_INSTANT, 1769931000000000},
        {"2026-02-01T09:30-05:30", CHURN__WHEN_INSTANT, 1769958000000000},
        {"2026-02-01T09:30:00.5Z", CHURN__WHEN_INSTANT, 1769938200500000},
        {"2026-02-01T09:30:00,25Z", CHURN__WHEN_INSTANT, 1769938200250000},
        {"2026-02-01T09:30:00.123456000Z", CHURN__WHEN_INSTANT, 1769938200123456},
        {"2026-02-01T09:30:00.1234567Z", CHURN__WHEN_BAD, 0},
        {"2026-02-01T24:00Z", CHURN__WHEN_INSTANT, 1769990400000000},
        {"2026-02-01T24:00:00.000", CHURN__WHEN_LOCAL, 1769990400000000},
        {"2026-02-01T24:00:01Z", CHURN__WHEN_RANGE, 0},
        {"2026-02-01T24:30Z", CHURN__WHEN_RANGE, 0},
        {"2026-02-01T25:00Z", CHURN__WHEN_RANGE, 0},
        {"2026-02-01T09:60Z", CHURN__WHEN_RANGE, 0},
        {"2016-12-31T23:59:60Z", CHURN__WHEN_RANGE, 0},
        {"2026-02-29", CHURN__WHEN_RANGE, 0},
        {"1900-02-29", CHURN__WHEN_RANGE, 0},
        {"2026-13-01", CHURN__WHEN_RANGE, 0},
        {"2026-00-01", CHURN__WHEN_RANGE, 0},
        {"2026-01-00", CHURN__WHEN_RANGE, 0},
        {"0000-01-01", CHURN__WHEN_RANGE, 0},
        {"0001-01-01T00:00+01:00", CHURN__WHEN_RANGE, 0},
        {"9999-12-31T23:59-00:01", CHURN__WHEN_RANGE, 0},
        {"9999-12-31T24:00", CHURN__WHEN_RANGE, 0},
        {"9999-12-31T23:59:59.999999Z", CHURN__WHEN_INSTANT, CHURN_TIME_MAX},
        {"0001-01-01T00:00Z", CHURN__WHEN_INSTANT, CHURN_TIME_MIN},
        {"2026-02-01T09:30+24:00", CHURN__WHEN_RANGE, 0},
        {"2026-02-01T09:30+02:60", CHURN__WHEN_RANGE, 0},
        {"", CHURN__WHEN_BAD, 0},
        {"2026", CHURN__WHEN_BAD, 0},
        {"2026-2-1", CHURN__WHEN_BAD, 0},
        {"20260201", CHURN__WHEN_BAD, 0},
        {"2026/02/01", CHURN__WHEN_BAD, 0},
        {"-026-02-01", CHURN__WHEN_BAD, 0},
        {"12026-02-01", CHURN__WHEN_BAD, 0},
        {" 2026-02-01", CHURN__WHEN_BAD, 0},
        {"2026-02-01 ", CHURN__WHEN_BAD, 0},
        {"2026-02-01T", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:3", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30:", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30:5", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30:05.", CHURN__WHEN_BAD, 0},
        {"2026-02-01T009:30", CHURN__WHEN_BAD, 0},
        {"2026-02-01  09:30", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30 Z", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30UTC", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30+2", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30+02:", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30+02:0", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30+020", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30+02:00x", CHURN__WHEN_BAD, 0},
        {"2026-02-01T09:30ZZ", CHURN__WHEN_BAD, 0},
        {"2026-02-01Z", CHURN__WHEN_BAD, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 0;
        churn__when what = churn__when_parse(rows[i].text, strlen(rows[i].text), &value);
        if (what != rows[i].what || value != rows[i].value) {
            fail_msg("%s: %d %" PRId64, rows[i].text, (int)what, value);
        }
    }
}

static void when_parse__every_prefix__never_reads_past_its_end(void **state)
{
    (void)state;
    const char text[] = "2026-02-01T09:30:05.123456+02:00";
    for (size_t n = 0; n <= sizeof text - 1; n++) {
        char *copy = malloc(n > 0 ? n : 1); /* the sanitiser watches its end */
        int64_t value = 0;
        memcpy(copy, text, n);
        churn__when what = churn__when_parse(copy, n, &value);
        /* +02 and +02:00 end a well-formed instant */
        assert_int_equal(what == CHURN__WHEN_INSTANT, n == 29 || n == 32);
        free(copy);
    }
}

static void instant_parse__without_zone__is_utc(void **state)
{
    (void)state;
    churn_time at = 0;
    assert_true(churn__instant_parse("1970-01-02", 10, NULL, &at));
    assert_true(at == CHURN__DAY);
    assert_true(churn__instant_parse("1970-01-02T01:00", 16, NULL, &at));
    assert_true(at == CHURN__DAY + CHURN__HOUR);
    assert_true(churn__instant_parse("1970-01-02T01:00+01", 19, NULL, &at));
    assert_true(at == CHURN__DAY);
    assert_false(churn__instant_parse("1970-02-30", 10, NULL, &at));
    assert_false(churn__instant_parse("tomorrow", 8, NULL, &at));
}

static void instant_print__table__reads_back(void **state)
{
    (void)state;
    static const struct {
        churn_time at;
        const char *text;
    } rows[] = {{0, "1970-01-01T00:00:00Z"},
                {-1, "1969-12-31T23:59:59.999999Z"},
                {1769938205123456, "2026-02-01T09:30:05.123456Z"},
                {1769938205000001, "2026-02-01T09:30:05.000001Z"},
                {CHURN_TIME_MIN, "0001-01-01T00:00:00Z"},
                {CHURN_TIME_MAX, "9999-12-31T23:59:59.999999Z"},
                {CHURN_TIME_MAX + 1, ""},
                {CHURN_TIME_MIN - 1, ""},
                {CHURN_TIME_NONE, ""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[40];
        int64_t back = 0;
        size_t n = churn__instant_print(rows[i].at, out);
        assert_string_equal(out, rows[i].text);
        assert_int_equal(n, strlen(out));
        assert_true(n == 0 || churn__when_parse(out, n, &back) == CHURN__WHEN_INSTANT);
        assert_true(n == 0 || back == rows[i].at);
    }
}

static void date_print__ends_of_the_calendar__fit(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__zone *east = NULL;
    churn__zone *west = NULL;
    char out[16];
    assert_int_equal(churn__zone_open(heap, NULL, (churn_str){"+14:00", 6}, &east), CHURN__ZONE_OK);
    assert_int_equal(churn__zone_open(heap, NULL, (churn_str){"-12:00", 6}, &west), CHURN__ZONE_OK);
    assert_int_equal(churn__date_print(NULL, 0, out), 10);
    assert_string_equal(out, "1970-01-01");
    churn__date_print(west, 0, out);
    assert_string_equal(out, "1969-12-31");
    churn__date_print(east, CHURN_TIME_MAX, out);
    assert_string_equal(out, "10000-01-01");
    churn__date_print(west, CHURN_TIME_MIN, out);
    assert_string_equal(out, "0000-12-31");
    assert_int_equal(churn__date_print(NULL, CHURN_TIME_NONE, out), 0);
    churn__zone_release(east);
    churn__zone_release(west);
    churn__heap_release(heap);
}

static void duration_parse__table__as_the_header_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t amount;
        churn__unit unit;
        const char *printed;
    } rows[] = {
        {"90s", true, 90 * CHURN__SECOND, CHURN__UNIT_MICRO, "90s"},
        {"120s", true, 2 * CHURN__MINUTE, CHURN__UNIT_MICRO, "2m"},
        {"36h", true, 36 * CHURN__HOUR, CHURN__UNIT_MICRO, "36h"},
        {"2d", true, 2 * CHURN__DAY, CHURN__UNIT_MICRO, "2d"},
        {"1w", true, CHURN__WEEK, CHURN__UNIT_MICRO, "7d"},
        {"0d", true, 0, CHURN__UNIT_MICRO, "0d"},
        {"0", true, 0, CHURN__UNIT_MICRO, "0d"},
        {"5cd", true, 5, CHURN__UNIT_CD, "5cd"},
        {"5cw", true, 5, CHURN__UNIT_CW, "5cw"},
        {"2cmo", true, 2, CHURN__UNIT_CMO, "2cmo"},
        {"3cq", true, 3, CHURN__UNIT_CQ, "3cq"},
        {"1cy", true, 1, CHURN__UNIT_CY, "1cy"},
        {"3bd", true, 3, CHURN__UNIT_BD, "3bd"},
        {"16bh", true, 16, CHURN__UNIT_BH, "16bh"},
        {"100000000cd", true, 100000000, CHURN__UNIT_CD, "100000000cd"},
        {"100000001cd", false, 0, 0, ""},
        {"9223372036854d", false, 0, 0, ""},
        {"99999999999999999999s", false, 0, 0, ""},
        {"", false, 0, 0, ""},
        {"d", false, 0, 0, ""},
        {"5", false, 0, 0, ""},
        {"-5d", false, 0, 0, ""},
        {"+5d", false, 0, 0, ""},
        {"1.5d", false, 0, 0, ""},
        {"5 d", false, 0, 0, ""},
        {"5D", false, 0, 0, ""},
        {"5days", false, 0, 0, ""},
        {"1d12h", false, 0, 0, ""},
        {"5c", false, 0, 0, ""},
        {"5us", false, 0, 0, ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        churn__duration d = {-1, CHURN__UNIT_BH};
        char out[32];
        bool ok = churn__duration_parse(rows[i].text, strlen(rows[i].text), &d);
        if (ok != rows[i].ok || (ok && (d.amount != rows[i].amount || d.unit != rows[i].unit))) {
            fail_msg("%s", rows[i].text);
        }
        if (ok) {
            assert_int_equal(churn__duration_print(d, out), strlen(rows[i].printed));
            assert_string_equal(out, rows[i].printed);
        }
    }
}

static void duration_print__part_of_a_second__in_microseconds(void **state)
{
    (void)state;
    char out[32];
    churn__duration_print((churn__duration){1500000, CHURN__UNIT_MICRO}, out);
    assert_string_equal(out, "1500000us");
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(civil__vectors__both_ways),
        cmocka_unit_test(civil__every_day__as_counted),
        cmocka_unit_test(when_parse__table__as_the_header_says),
        cmocka_unit_test(when_parse__every_prefix__never_reads_past_its_end),
        cmocka_unit_test(instant_parse__without_zone__is_utc),
        cmocka_unit_test(instant_print__table__reads_back),
        cmocka_unit_test(date_print__ends_of_the_calendar__fit),
        cmocka_unit_test(duration_parse__table__as_the_header_says),
        cmocka_unit_test(duration_print__part_of_a_second__in_microseconds),
    };
    return RUN_TESTS(group);
}
