/* SPDX-License-Identifier: MIT */
#include "base/zone_inside.h"

#include <string.h>

#include "base/checked.h"

/* TZif files, RFC 9636. Version 1 has times of 32 bits; later versions repeat the data with 64 bits
 * and add a footer with the rule for the time after the table. Leap seconds are not counted in our
 * instants, so files that count them ("right/") are refused. */

#define HEADER_SIZE 44
/* Until then the changes that the footer's rule makes are put into the table. */
#define UNROLL_UNTIL (INT64_C(47482) * CHURN__DAY) /* 2100-01-01 */

typedef struct tzif_block {
    char version;
    uint64_t isut, isstd, leap, time, type, chars;
    const uint8_t *data; /* after the header */
    size_t time_size;    /* 4 or 8 */
    uint64_t size;       /* of data */
} tzif_block;

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_time(const uint8_t *p, size_t size)
{
    return size == 4 ? (int32_t)read_u32(p)
                     : (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

static bool block_read(const uint8_t *p, size_t left, size_t time_size, tzif_block *out)
{
    if (left < HEADER_SIZE || memcmp(p, "TZif", 4) != 0) {
        return false;
    }
    *out = (tzif_block){
        (char)p[4],       read_u32(p + 20), read_u32(p + 24), read_u32(p + 28), read_u32(p + 32),
        read_u32(p + 36), read_u32(p + 40), p + HEADER_SIZE,  time_size,        0};
    /* No overflow: six numbers of 32 bits, the largest factor is 12. */
    out->size = out->time * (time_size + 1) + out->type * 6 + out->chars +
                out->leap * (time_size + 4) + out->isstd + out->isut;
    return out->size <= left - HEADER_SIZE;
}

static bool block_is_sane(const tzif_block *block)
{
    return block->type > 0 && block->type <= 256 && block->leap == 0 &&
           (block->isstd == 0 || block->isstd == block->type) &&
           (block->isut == 0 || block->isut == block->type);
}

/* Instants before the year 0 or after 10000 serve no record; kept small so that sums with offsets
 * cannot overflow. */
static churn_time instant_of(int64_t seconds)
{
    const int64_t low = CHURN_TIME_MIN / CHURN__SECOND - 366 * INT64_C(86400);
    const int64_t high = CHURN_TIME_MAX / CHURN__SECOND + 366 * INT64_C(86400);
    return (seconds < low ? low : seconds > high ? high : seconds) * CHURN__SECOND;
}

static bool zone_push(churn__zone *zone, churn_time at, int32_t offset)
{
    void *steps = zone->steps;
    bool ok =
        churn__grow(zone->heap, &steps, &zone->capacity, zone->count + 1, sizeof *zone->steps);
    zone->steps = steps;
    if (ok) {
        zone->steps[zone->count++] = (churn__zone_step){at, offset};
    }
    return ok;
}

static const uint8_t *block_types(const tzif_block *block)
{
    return block->data + block->time * (block->time_size + 1);
}

static int32_t type_offset(const tzif_block *block, size_t type)
{
    return (int32_t)read_u32(block_types(block) + 6 * type);
}

static bool types_are_sane(const tzif_block *block)
{
    for (size_t i = 0; i < block->type; i++) {
        int32_t offset = type_offset(block, i);
        if (offset < -CHURN__ZONE_OFFSET_MAX || offset > CHURN__ZONE_OFFSET_MAX) {
            return false;
        }
    }
    return true;
}

static churn__zone_result read_table(churn__zone *zone, const tzif_block *block)
{
    const uint8_t *types = block->data + block->time * block->time_size;
    int64_t last = INT64_MIN;
    if (!block_is_sane(block) || !types_are_sane(block)) {
        return CHURN__ZONE_CORRUPT;
    }
    zone->first = type_offset(block, 0);
    for (size_t i = 0; i < block->time; i++) {
        int64_t seconds = read_time(block->data + i * block->time_size, block->time_size);
        if (types[i] >= block->type || (i > 0 && seconds <= last)) {
            return CHURN__ZONE_CORRUPT;
        }
        last = seconds;
        if (!zone_push(zone, instant_of(seconds), type_offset(block, types[i]))) {
            return CHURN__ZONE_NOMEM;
        }
    }
    return CHURN__ZONE_OK;
}

/* Newline, rule, newline. An empty rule says that nothing is known after the table. */
static bool read_footer(churn__zone *zone, const uint8_t *footer, size_t left)
{
    const uint8_t *end = NULL;
    if (left < 2 || footer[0] != '\n') {
        return false;
    }
    end = memchr(footer + 1, '\n', left - 1);
    if (end == NULL) {
        return false;
    }
    return end == footer + 1 || churn__zone_rule_parse((const char *)footer + 1,
                                                       (size_t)(end - footer) - 1, &zone->rule);
}

/* From the last change of the table on the rule decides; looking its changes up is faster than
 * working them out. */
static churn__zone_result unroll_rule(churn__zone *zone)
{
    churn__zone_span span = {0, 0, 0};
    if (!zone->rule.present || zone->count == 0) {
        return CHURN__ZONE_OK;
    }
    span = churn__zone_rule_span(&zone->rule, zone->steps[zone->count - 1].at);
    zone->steps[zone->count - 1].offset = span.offset;
    while (span.end < UNROLL_UNTIL) {
        span = churn__zone_rule_span(&zone->rule, span.end);
        if (!zone_push(zone, span.begin, span.offset)) {
            return CHURN__ZONE_NOMEM;
        }
    }
    return CHURN__ZONE_OK;
}

churn__zone_result churn__zone_read(churn__zone *zone, const uint8_t *data, size_t size)
{
    tzif_block block;
    churn__zone_result result = CHURN__ZONE_OK;
    size_t at = 0;
    if (!block_read(data, size, 4, &block)) {
        return CHURN__ZONE_CORRUPT;
    }
    if (block.version >= '2') {
        at = HEADER_SIZE + (size_t)block.size;
        if (!block_read(data + at, size - at, 8, &block)) {
            return CHURN__ZONE_CORRUPT;
        }
        at += HEADER_SIZE + (size_t)block.size;
        if (!read_footer(zone, data + at, size - at)) {
            return CHURN__ZONE_CORRUPT;
        }
    }
    result = read_table(zone, &block);
    return result == CHURN__ZONE_OK ? unroll_rule(zone) : result;
}
