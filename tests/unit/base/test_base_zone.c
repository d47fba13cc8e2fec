/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <unistd.h>

#include "base/checked.h"
#include "base/str.h"
#include "base/zone_inside.h"
#include "date_rows.h"
#include "failing.h"

/* ---- files made here ---- */

typedef struct bytes {
    uint8_t data[4096];
    size_t size;
} bytes;

static void put(bytes *out, uint64_t value, int size)
{
    while (size-- > 0) {
        out->data[out->size++] = (uint8_t)(value >> (8 * size));
    }
}

static void put_text(bytes *out, const char *text)
{
    memcpy(out->data + out->size, text, strlen(text));
    out->size += strlen(text);
}

/* Two types: +1:00 (index 0) and +2:00 summer (index 1); `steps` alternate, summer first. */
static void put_block(bytes *out, char version, int time_size, const int64_t *steps, size_t count)
{
    put_text(out, "TZif");
    put(out, (uint64_t)version, 1);
    for (int i = 0; i < 15; i++) {
        put(out, 0, 1);
    }
    put(out, 0, 4); /* UT indicators */
    put(out, 0, 4); /* standard indicators */
    put(out, 0, 4); /* leap seconds */
    put(out, count, 4);
    put(out, 2, 4); /* types */
    put(out, 8, 4); /* characters */
    for (size_t i = 0; i < count; i++) {
        put(out, (uint64_t)steps[i], time_size);
    }
    for (size_t i = 0; i < count; i++) {
        put(out, i % 2 == 0, 1);
    }
    put(out, 3600, 4);
    put(out, 0x0000, 2);
    put(out, 7200, 4);
    put(out, 0x0104, 2);
    put_text(out, "STD");
    put(out, 0, 1);
    put_text(out, "DST");
    put(out, 0, 1);
}

/* 2001-03-25T01:00Z and 2001-10-28T01:00Z, then the rule of central Europe. */
static const int64_t two_steps[] = {985482000, 1004230800};

static bytes slim_file(const char *rule)
{
    bytes out = {{0}, 0};
    put_block(&out, '2', 4, NULL, 0);
    put_block(&out, '2', 8, two_steps, 2);
    put_text(&out, "\n");
    put_text(&out, rule);
    put_text(&out, "\n");
    return out;
}

/* What churn__zone_open makes before it reads. */
static churn__zone *empty_zone(churn__heap *heap)
{
    churn__zone *zone = churn__alloc_zero(heap, sizeof *zone);
    char *name = churn__alloc_zero(heap, 1);
    assert_non_null(zone);
    assert_non_null(name);
    atomic_init(&zone->references, 1);
    zone->heap = churn__heap_retain(heap);
    zone->name = (churn_str){name, 0};
    return zone;
}

static churn__zone_result read_bytes(churn__heap *heap, const uint8_t *data, size_t size,
                                     churn__zone **out)
{
    uint8_t *copy = malloc(size > 0 ? size : 1); /* the sanitiser watches its end */
    *out = empty_zone(heap);
    memcpy(copy, data, size);
    churn__zone_result result = churn__zone_read(*out, copy, size);
    free(copy);
    return result;
}

static churn__zone *system_zone(churn__heap *heap, const char *name)
{
    churn__zone *zone = NULL;
    if (churn__zone_open(heap, NULL, churn__str_nts(name), &zone) != CHURN__ZONE_OK) {
        print_message("the system has no zone %s\n", name);
    }
    return zone;
}

/* ---- the rule ---- */

static void zone_rule_parse__texts__taken_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {{"UTC0", true},
                {"CET-1CEST,M3.5.0,M10.5.0/3", true},
                {"EST5EDT,M3.2.0,M11.1.0", true},
                {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true},
                {"IST-1GMT0,M10.5.0,M3.5.0/1", true},
                {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", true},
                {"XXX3EDT4,0/0,J365/23", true},
                {"EET-2EEST,M3.4.4/50,M10.4.4/50", true},
                {"", false},
                {"UTC", false},
                {"UT0", false},
                {"<+1>0", false},
                {"<+01-1", false},
                {"CET-25", false},
                {"CET-1CEST", false},
                {"CET-1CEST,M3.5.0", false},
                {"CET-1CEST,M13.5.0,M10.5.0", false},
                {"CET-1CEST,M3.6.0,M10.5.0", false},
                {"CET-1CEST,M3.5.7,M10.5.0", false},
                {"CET-1CEST,J0,J365", false},
                {"CET-1CEST,366,J365", false},
                {"CET-1CEST,M3.5.0/168,M10.5.0", false},
                {"CET-1CEST,M3.5.0,M10.5.0/3 ", false},
                {"CET-1:60CEST,M3.5.0,M10.5.0/3", false},
                {"CET-00001", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        churn__zone_rule rule;
        if (churn__zone_rule_parse(rows[i].text, strlen(rows[i].text), &rule) != rows[i].ok) {
            fail_msg("%s", rows[i].text);
        }
    }
}

static void zone_rule_span__whole_year_summer__never_standard(void **state)
{
    (void)state;
    churn__zone_rule rule;
    const char text[] = "XXX3EDT4,0/0,J365/23";
    assert_true(churn__zone_rule_parse(text, sizeof text - 1, &rule));
    for (churn_time at = 0; at < 3 * 366 * CHURN__DAY; at += CHURN__HOUR / 2) {
        churn__zone_span span = churn__zone_rule_span(&rule, at);
        assert_int_equal(span.offset, -4 * 3600);
        assert_true(span.begin <= at && at < span.end);
    }
}

/* ---- files ---- */

static void zone_read__slim_file__rule_serves_after_the_table(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    bytes file = slim_file("CET-1CEST,M3.5.0,M10.5.0/3");
    churn__zone *zone = NULL;
    assert_int_equal(read_bytes(heap, file.data, file.size, &zone), CHURN__ZONE_OK);
    static const struct {
        const char *at;
        int32_t offset;
    } rows[] = {{"1970-01-01", 3600},        {"2001-03-25T00:59:59Z", 3600},
                {"2001-03-25T01:00Z", 7200}, {"2001-10-28T00:59:59.999999Z", 7200},
                {"2001-10-28T01:00Z", 3600}, {"2026-03-29T00:59:59Z", 3600},
                {"2026-03-29T01:00Z", 7200}, {"2026-10-25T00:59:59Z", 7200},
                {"2026-10-25T01:00Z", 3600}, {"2099-12-31", 3600},
                {"2100-06-01", 7200},        {"2150-03-29T00:59:59Z", 3600},
                {"2150-03-29T01:00Z", 7200}, {"9999-07-01", 7200},
                {"9999-12-31T23:00Z", 3600}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        churn_time at = 0;
        assert_true(churn__instant_parse(rows[i].at, strlen(rows[i].at), NULL, &at));
        assert_int_equal(churn__zone_offset(zone, at), rows[i].offset);
    }
    churn__zone_release(zone);
    churn__heap_release(heap);
}

static void zone_read__version_1__times_of_32_bits(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    bytes file = {{0}, 0};
    churn__zone *zone = NULL;
    put_block(&file, 0, 4, two_steps, 2);
    assert_int_equal(read_bytes(heap, file.data, file.size, &zone), CHURN__ZONE_OK);
    assert_int_equal(churn__zone_offset(zone, two_steps[0] * CHURN__SECOND - 1), 3600);
    assert_int_equal(churn__zone_offset(zone, two_steps[0] * CHURN__SECOND), 7200);
    assert_int_equal(churn__zone_offset(zone, CHURN_TIME_MAX), 3600);
    churn__zone_release(zone);
    churn__heap_release(heap);
}

static void zone_read__empty_footer__last_offset_stays(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    bytes file = slim_file("");
    churn__zone *zone = NULL;
    assert_int_equal(read_bytes(heap, file.data, file.size, &zone), CHURN__ZONE_OK);
    assert_int_equal(churn__zone_offset(zone, CHURN_TIME_MAX), 3600);
    churn__zone_release(zone);
    churn__heap_release(heap);
}

static void zone_read__cut_short__corrupt(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    bytes file = slim_file("CET-1CEST,M3.5.0,M10.5.0/3");
    for (size_t size = 0; size < file.size; size++) {
        churn__zone *zone = NULL;
        assert_int_equal(read_bytes(heap, file.data, size, &zone), CHURN__ZONE_CORRUPT);
        churn__zone_release(zone);
    }
    churn__heap_release(heap);
}

static void zone_read__broken_tables__corrupt(void **state)
{
    (void)state;
    static const int64_t falling[] = {1004230800, 985482000};
    enum { second = 44 + 12 + 8 }; /* where the second block begins: its steps at + 44 */
    churn__heap *heap = churn__heap_create(NULL, 0);
    static const struct {
        size_t at;
        uint8_t value;
    } faults[] = {
        {0, 'X'},           {second, 'X'},    {second + 31, 1},    {second + 39, 0},
        {second + 38, 1},   {second + 60, 2}, {second + 62, 0x7f}, {second + 62, 0x80},
        {second + 32, 255}, {second + 23, 1}, {second + 27, 3},
    };
    for (size_t i = 0; i < COUNT(faults); i++) {
        bytes file = slim_file("CET-1CEST,M3.5.0,M10.5.0/3");
        churn__zone *zone = NULL;
        file.data[faults[i].at] = faults[i].value;
        if (read_bytes(heap, file.data, file.size, &zone) != CHURN__ZONE_CORRUPT) {
            fail_msg("fault %zu", i);
        }
        churn__zone_release(zone);
    }
    bytes file = {{0}, 0};
    churn__zone *zone = NULL;
    put_block(&file, 0, 4, falling, 2);
    assert_int_equal(read_bytes(heap, file.data, file.size, &zone), CHURN__ZONE_CORRUPT);
    churn__zone_release(zone);
    churn__heap_release(heap);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Whatever the bytes are, answers end and stay within the limits of offsets. */
static void ask_everything(const churn__zone *zone, uint64_t *seed)
{
    for (int i = 0; i < 8; i++) {
        uint64_t wide = (uint64_t)(CHURN_TIME_MAX - CHURN_TIME_MIN);
        churn_time at = CHURN_TIME_MIN + (int64_t)(next_random(seed) % wide);
        at = i % 2 == 0 ? at : at / 100;
        int32_t offset = churn__zone_offset(zone, at);
        assert_in_range(offset + 100000, 6401, 193599);
        churn_time back = churn__zone_to_instant(zone, churn__zone_to_local(zone, at));
        assert_true(back <= at);
        assert_true(churn__zone_to_local(zone, back) >= churn__zone_to_local(zone, at) ||
                    back == CHURN_TIME_MAX);
    }
}

static void zone_read__random_damage__never_harms(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    uint64_t seed = 88172645463325252u;
    int taken = 0;
    for (int i = 0; i < 40000; i++) {
        bytes file =
            slim_file(i % 2 != 0 ? "<-02>2<-01>,M3.5.0/-1,M10.5.0/0" : "EST5EDT,J60/0,300");
        churn__zone *zone = NULL;
        for (uint64_t n = next_random(&seed) % 4 + 1; n > 0; n--) {
            file.data[next_random(&seed) % file.size] = (uint8_t)next_random(&seed);
        }
        size_t size = i % 8 == 0 ? next_random(&seed) % file.size : file.size;
        if (read_bytes(heap, file.data, size, &zone) == CHURN__ZONE_OK) {
            taken++;
            ask_everything(zone, &seed);
        }
        churn__zone_release(zone);
    }
    assert_true(taken > 100);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

/* ---- names ---- */

static void zone_open__names__known_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        churn__zone_result result;
        int32_t offset;
    } rows[] = {{"UTC", CHURN__ZONE_OK, 0},
                {"+02:00", CHURN__ZONE_OK, 7200},
                {"-0530", CHURN__ZONE_OK, -19800},
                {"+14", CHURN__ZONE_OK, 50400},
                {"+2", CHURN__ZONE_UNKNOWN, 0},
                {"+24:00", CHURN__ZONE_UNKNOWN, 0},
                {"+02:60", CHURN__ZONE_UNKNOWN, 0},
                {"+02:0", CHURN__ZONE_UNKNOWN, 0},
                {"+02-00", CHURN__ZONE_UNKNOWN, 0},
                {"+ab:cd", CHURN__ZONE_UNKNOWN, 0},
                {"", CHURN__ZONE_UNKNOWN, 0},
                {"Mars/Olympus", CHURN__ZONE_UNKNOWN, 0},
                {"../zoneinfo/UTC", CHURN__ZONE_UNKNOWN, 0},
                {"Europe/../UTC", CHURN__ZONE_UNKNOWN, 0},
                {"/etc/passwd", CHURN__ZONE_UNKNOWN, 0},
                {"Europe//Budapest", CHURN__ZONE_UNKNOWN, 0},
                {"Europe/", CHURN__ZONE_UNKNOWN, 0},
                {"Europe", CHURN__ZONE_UNKNOWN, 0},
                {"Europe/Buda pest", CHURN__ZONE_UNKNOWN, 0},
                {"./UTC", CHURN__ZONE_UNKNOWN, 0},
                {"tzdata.zi", CHURN__ZONE_UNKNOWN, 0}};
    churn__heap *heap = churn__heap_create(NULL, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        churn__zone *zone = NULL;
        assert_int_equal(churn__zone_open(heap, NULL, churn__str_nts(rows[i].name), &zone),
                         rows[i].result);
        assert_int_equal(zone != NULL, rows[i].result == CHURN__ZONE_OK);
        if (zone != NULL) {
            assert_int_equal(churn__zone_offset(zone, 0), rows[i].offset);
            assert_string_equal(churn__zone_name(zone).ptr, rows[i].name);
        }
        churn__zone_release(zone);
    }
    assert_int_equal(churn__zone_open(heap, NULL, (churn_str){"UTC\0", 4}, &(churn__zone *){NULL}),
                     CHURN__ZONE_UNKNOWN);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
}

static void zone_open__directory__files_of_any_sort(void **state)
{
    (void)state;
    char folder[] = "/tmp/churn-zone-XXXXXX";
    char path[80];
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__zone *zone = NULL;
    bytes file = slim_file("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/Here", folder);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(file.data, 1, file.size, out), file.size);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(churn__zone_open(heap, folder, churn__str_nts("Here"), &zone), CHURN__ZONE_OK);
    assert_string_equal(churn__zone_name(zone).ptr, "Here");
    churn__zone *second = churn__zone_retain(zone);
    churn__zone_release(zone);
    assert_int_equal(churn__zone_offset(second, 0), 3600);
    churn__zone_release(second);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(churn__zone_open(heap, folder, churn__str_nts("Here"), &zone),
                     CHURN__ZONE_CORRUPT);
    assert_null(zone);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(churn__zone_open(heap, folder, churn__str_nts("Here"), &zone),
                     CHURN__ZONE_UNKNOWN);
    assert_int_equal(rmdir(folder), 0);
    churn__heap_release(heap);
}

static void zone_open__no_memory__leaves_nothing(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    int64_t blocks = f.blocks;
    churn__zone_result result = CHURN__ZONE_NOMEM;
    for (uint64_t n = 1; result == CHURN__ZONE_NOMEM && n < 100; n++) {
        churn__zone *zone = NULL;
        f.fail_at = f.requests + n;
        result = churn__zone_open(heap, NULL, CHURN__STR("Europe/Budapest"), &zone);
        churn__zone_release(zone);
        assert_int_equal(f.blocks, blocks);
    }
    assert_true(result == CHURN__ZONE_OK || result == CHURN__ZONE_UNKNOWN);
    churn__heap_release(heap);
    assert_false(f.mismatch);
}

/* ---- the system's zones ---- */

static void zone_offset__vectors__as_zoneinfo(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    for (uint8_t z = 0; z < COUNT(zone_names); z++) {
        churn__zone *zone = system_zone(heap, zone_names[z]);
        for (size_t i = 0; zone != NULL && i < COUNT(offset_rows); i++) {
            const zone_row *row = &offset_rows[i];
            if (row->zone == z &&
                churn__zone_offset(zone, row->at * CHURN__SECOND) != row->result) {
                fail_msg("%s at %lld", zone_names[z], (long long)row->at);
            }
        }
        churn__zone_release(zone);
    }
    churn__heap_release(heap);
}

static void zone_to_instant__vectors__gaps_and_overlaps(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    for (uint8_t z = 0; z < COUNT(zone_names); z++) {
        churn__zone *zone = system_zone(heap, zone_names[z]);
        for (size_t i = 0; zone != NULL && i < COUNT(local_rows); i++) {
            const zone_row *row = &local_rows[i];
            if (row->zone == z && churn__zone_to_instant(zone, row->at * CHURN__SECOND) !=
                                      row->result * CHURN__SECOND) {
                fail_msg("%s at local %lld", zone_names[z], (long long)row->at);
            }
        }
        churn__zone_release(zone);
    }
    churn__heap_release(heap);
}

static void zone_to_instant__inside_a_gap__end_of_the_gap(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    bytes file = slim_file("CET-1CEST,M3.5.0,M10.5.0/3");
    churn__zone *zone = NULL;
    churn_time gap = two_steps[0] * CHURN__SECOND;
    churn_time twice = two_steps[1] * CHURN__SECOND;
    assert_int_equal(read_bytes(heap, file.data, file.size, &zone), CHURN__ZONE_OK);
    /* 02:30:00.000001 does not exist: not 03:30, but 03:00 sharp. */
    assert_true(churn__zone_to_instant(zone, gap + CHURN__HOUR * 3 / 2 + 1) == gap);
    /* 02:30 exists twice: the summer one. */
    assert_true(churn__zone_to_instant(zone, twice + CHURN__HOUR * 3 / 2) ==
                twice - CHURN__HOUR / 2);
    churn__zone_release(zone);
    churn__heap_release(heap);
}

static void zone_to_instant__null_or_fixed__at_the_ends_saturated(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__zone *zone = NULL;
    assert_int_equal(churn__zone_open(heap, NULL, CHURN__STR("+05:00"), &zone), CHURN__ZONE_OK);
    assert_true(churn__zone_to_instant(zone, CHURN_TIME_MIN) == CHURN_TIME_MIN);
    assert_true(churn__zone_to_instant(zone, INT64_MIN) == CHURN_TIME_MIN);
    assert_true(churn__zone_to_instant(zone, INT64_MAX) == CHURN_TIME_MAX);
    assert_true(churn__zone_midnight(zone, INT64_MAX) == CHURN_TIME_MAX);
    assert_true(churn__zone_midnight(NULL, 1) == CHURN__DAY);
    assert_true(churn__zone_midnight(zone, 0) == -5 * CHURN__HOUR);
    assert_int_equal(churn__zone_day(zone, 19 * CHURN__HOUR), 1);
    assert_int_equal(churn__zone_day(NULL, -1), -1);
    assert_int_equal(churn__zone_offset(NULL, 0), 0);
    assert_string_equal(churn__zone_name(NULL).ptr, "UTC");
    churn__zone_release(zone);
    churn__heap_release(heap);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(zone_rule_parse__texts__taken_or_refused),
        cmocka_unit_test(zone_rule_span__whole_year_summer__never_standard),
        cmocka_unit_test(zone_read__slim_file__rule_serves_after_the_table),
        cmocka_unit_test(zone_read__version_1__times_of_32_bits),
        cmocka_unit_test(zone_read__empty_footer__last_offset_stays),
        cmocka_unit_test(zone_read__cut_short__corrupt),
        cmocka_unit_test(zone_read__broken_tables__corrupt),
        cmocka_unit_test(zone_read__random_damage__never_harms),
        cmocka_unit_test(zone_open__names__known_or_not),
        cmocka_unit_test(zone_open__directory__files_of_any_sort),
        cmocka_unit_test(zone_open__no_memory__leaves_nothing),
        cmocka_unit_test(zone_offset__vectors__as_zoneinfo),
        cmocka_unit_test(zone_to_instant__vectors__gaps_and_overlaps),
        cmocka_unit_test(zone_to_instant__inside_a_gap__end_of_the_gap),
        cmocka_unit_test(zone_to_instant__null_or_fixed__at_the_ends_saturated),
    };
    return RUN_TESTS(group);
}
