/* SPDX-License-Identifier: MIT */
#include "base/date.h"

#include <string.h>

#include "base/checked.h"
#include "base/file.h"
#include "base/str.h"
#include "base/zone_inside.h"

#define SYSTEM_DIRECTORY "/usr/share/zoneinfo"
#define MAX_FILE_SIZE ((size_t)256 * 1024) /* real ones stay below 4 KiB */
#define MAX_NAME 255

/* ---- opening ---- */

static churn__zone *zone_make(churn__heap *heap, churn_str name)
{
    churn__zone *zone = churn__alloc_zero(heap, sizeof *zone);
    char *copy = churn__alloc(heap, name.len + 1);
    if (zone == NULL || copy == NULL) {
        churn__free(heap, zone, sizeof *zone);
        churn__free(heap, copy, name.len + 1);
        return NULL;
    }
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    atomic_init(&zone->references, 1);
    zone->heap = churn__heap_retain(heap);
    zone->name = (churn_str){copy, name.len};
    return zone;
}

static bool two_digits(const char *s, int32_t max, int32_t *out)
{
    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9') {
        return false;
    }
    *out = (s[0] - '0') * 10 + (s[1] - '0');
    return *out <= max;
}

/* +hh, +hhmm, +hh:mm */
static bool fixed_offset(churn_str name, int32_t *out)
{
    size_t colon = name.len == 6 && name.ptr[3] == ':';
    int32_t hours = 0;
    int32_t minutes = 0;
    if (name.len != 3 && name.len != 5 + colon) {
        return false;
    }
    if (!two_digits(name.ptr + 1, 23, &hours) ||
        (name.len > 3 && !two_digits(name.ptr + 3 + colon, 59, &minutes))) {
        return false;
    }
    *out = (hours * 60 + minutes) * 60;
    *out = name.ptr[0] == '-' ? -*out : *out;
    return true;
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-';
}

/* Components of letters, digits, _, + and -: no dot, so that no name leads out of the directory. */
static bool is_legal_name(churn_str name)
{
    bool in_component = false;
    if (name.len == 0 || name.len > MAX_NAME) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '/' ? !in_component : !is_name_char(name.ptr[i])) {
            return false;
        }
        in_component = name.ptr[i] != '/';
    }
    return in_component;
}

static churn__zone_result result_of_file(churn__file_result result)
{
    switch (result) {
    case CHURN__FILE_OK:
        return CHURN__ZONE_OK;
    case CHURN__FILE_NOMEM:
        return CHURN__ZONE_NOMEM;
    case CHURN__FILE_IO:
    case CHURN__FILE_TOO_BIG:
        return CHURN__ZONE_CORRUPT;
    default:
        return CHURN__ZONE_UNKNOWN;
    }
}

static churn__zone_result read_zone_file(churn__heap *heap, const char *directory, churn_str name,
                                         char **data, size_t *size)
{
    size_t folder = strlen(directory);
    size_t path_size = folder + 1 + name.len + 1;
    char *path = churn__alloc(heap, path_size);
    churn__file_result result = CHURN__FILE_NOMEM;
    if (path == NULL) {
        return CHURN__ZONE_NOMEM;
    }
    memcpy(path, directory, folder);
    path[folder] = '/';
    memcpy(path + folder + 1, name.ptr, name.len);
    path[path_size - 1] = '\0';
    result = churn__file_read(heap, path, MAX_FILE_SIZE, data, size);
    churn__free(heap, path, path_size);
    return result_of_file(result);
}

static churn__zone_result open_file(churn__heap *heap, const char *directory, churn_str name,
                                    churn__zone *zone)
{
    char *data = NULL;
    size_t size = 0;
    churn__zone_result result =
        read_zone_file(heap, directory != NULL ? directory : SYSTEM_DIRECTORY, name, &data, &size);
    if (result != CHURN__ZONE_OK) {
        return result;
    }
    result = churn__zone_read(zone, (const uint8_t *)data, size);
    churn__free(heap, data, size + 1);
    return result;
}

static bool is_utc(churn_str name)
{
    return name.len == 3 && memcmp(name.ptr, "UTC", 3) == 0;
}

static bool is_fixed(churn_str name)
{
    return name.len > 0 && (name.ptr[0] == '+' || name.ptr[0] == '-');
}

churn__zone_result churn__zone_open(churn__heap *heap, const char *directory, churn_str name,
                                    churn__zone **out)
{
    churn__zone *zone = NULL;
    churn__zone_result result = CHURN__ZONE_OK;
    int32_t offset = 0;
    *out = NULL;
    if (is_fixed(name) ? !fixed_offset(name, &offset) : !is_legal_name(name)) {
        return CHURN__ZONE_UNKNOWN;
    }
    zone = zone_make(heap, name);
    if (zone == NULL) {
        return CHURN__ZONE_NOMEM;
    }
    zone->first = offset;
    if (!is_utc(name) && !is_fixed(name)) {
        result = open_file(heap, directory, name, zone);
    }
    if (result != CHURN__ZONE_OK) {
        churn__zone_release(zone);
        return result;
    }
    *out = zone;
    return CHURN__ZONE_OK;
}

churn__zone *churn__zone_retain(churn__zone *zone)
{
    if (zone != NULL) {
        atomic_fetch_add_explicit(&zone->references, 1, memory_order_relaxed);
    }
    return zone;
}

void churn__zone_release(churn__zone *zone)
{
    churn__heap *heap = NULL;
    if (zone == NULL ||
        atomic_fetch_sub_explicit(&zone->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    heap = zone->heap;
    churn__free_array(heap, zone->steps, zone->capacity, sizeof *zone->steps);
    churn__free(heap, (char *)(uintptr_t)zone->name.ptr, zone->name.len + 1);
    churn__free(heap, zone, sizeof *zone);
    churn__heap_release(heap);
}

churn_str churn__zone_name(const churn__zone *zone)
{
    return zone != NULL ? zone->name : CHURN__STR("UTC");
}

/* ---- asking ---- */

/* How many steps are at or before an instant. */
static size_t steps_until(const churn__zone *zone, churn_time at)
{
    size_t low = 0;
    size_t high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->steps[middle].at <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static churn__zone_span zone_span(const churn__zone *zone, churn_time at)
{
    churn__zone_span span = {INT64_MIN, INT64_MAX, 0};
    size_t i = 0;
    if (zone == NULL) {
        return span;
    }
    i = steps_until(zone, at);
    if (i == zone->count && zone->rule.present) {
        return churn__zone_rule_span(&zone->rule, at);
    }
    span.offset = i > 0 ? zone->steps[i - 1].offset : zone->first;
    span.begin = i > 0 ? zone->steps[i - 1].at : INT64_MIN;
    span.end = i < zone->count ? zone->steps[i].at : INT64_MAX;
    return span;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

int32_t churn__zone_offset(const churn__zone *zone, churn_time at)
{
    return zone_span(zone, clamp(at, CHURN_TIME_MIN, CHURN_TIME_MAX)).offset;
}

/*
 * The first instant whose wall time is `local` or later. Within a stretch of one offset wall time
 * grows with time, so this is the earlier of two instants, and the end of the gap where there is
 * none.
 */
churn_time churn__zone_to_instant(const churn__zone *zone, int64_t local)
{
    churn_time at = 0;
    churn_time found = 0;
    local = clamp(local, CHURN_TIME_MIN - 2 * CHURN__DAY, CHURN_TIME_MAX + 2 * CHURN__DAY);
    at = local - (CHURN__ZONE_OFFSET_MAX + 1) * CHURN__SECOND; /* too early in every zone */
    for (;;) {
        churn__zone_span span = zone_span(zone, at);
        found = local - span.offset * CHURN__SECOND;
        found = found < at ? at : found;
        if (found < span.end) {
            return clamp(found, CHURN_TIME_MIN, CHURN_TIME_MAX);
        }
        at = span.end;
    }
}

int64_t churn__zone_to_local(const churn__zone *zone, churn_time at)
{
    return clamp(at, CHURN_TIME_MIN, CHURN_TIME_MAX) + churn__zone_offset(zone, at) * CHURN__SECOND;
}

int64_t churn__zone_day(const churn__zone *zone, churn_time at)
{
    return churn__floor_div(churn__zone_to_local(zone, at), CHURN__DAY);
}

churn_time churn__zone_midnight(const churn__zone *zone, int64_t day)
{
    const int64_t far = INT64_C(4000000); /* beyond all years that count: day * CHURN__DAY fits */
    return churn__zone_to_instant(zone, clamp(day, -far, far) * CHURN__DAY);
}
