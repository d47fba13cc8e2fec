/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "core/fail.h"
#include "playbook/playbook.h"

/* Instants as people write them for a playbook. */

churn_status churn_playbook_time(const churn_playbook *playbook, const char *text, size_t len,
                                 churn_time *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    int64_t value = 0;
    if (playbook == NULL || text == NULL || out == NULL) {
        return churn__fail_null(err, "churn_playbook_time",
                                playbook == NULL ? "playbook"
                                : text == NULL   ? "text"
                                                 : "out");
    }
    churn_str s = churn__str_arg(text, len);
    churn__when when = churn__when_parse(s.ptr, s.len, &value);
    if (when == CHURN__WHEN_BAD) {
        CHURN_FAIL(CHURN_E_PARSE, 0, "time: not of the form 2026-02-01 or 2026-02-01T09:30:00");
    }
    if (when == CHURN__WHEN_RANGE || !churn__instant_parse(s.ptr, s.len, playbook->zone, out)) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "time: there is no such day or time in the years 1 to 9999");
    }
done:
    return st;
}

#define TEXT_MAX 48

/* "+01:00", with seconds where a zone of long ago has them. */
static size_t offset_print(int32_t offset, char *out)
{
    uint32_t seconds = (uint32_t)(offset < 0 ? -offset : offset);
    const uint32_t parts[] = {seconds / 3600, seconds / 60 % 60, seconds % 60};
    size_t size = 0;
    out[size++] = offset < 0 ? '-' : '+';
    for (size_t i = 0; i < (seconds % 60 == 0 ? 2u : 3u); i++) {
        if (i > 0) {
            out[size++] = ':';
        }
        out[size++] = (char)('0' + parts[i] / 10);
        out[size++] = (char)('0' + parts[i] % 10);
    }
    return size;
}

/* 0: out of range. */
static size_t instant_text(const churn__zone *zone, churn_time at, char *out)
{
    if (at < CHURN_TIME_MIN || at > CHURN_TIME_MAX) {
        return 0;
    }
    int64_t day = churn__zone_day(zone, at);
    if (churn__zone_midnight(zone, day) == at) {
        return churn__date_print(zone, at, out);
    }
    size_t size = churn__instant_print(churn__zone_to_local(zone, at), out);
    if (size == 0) {
        return 0;
    }
    return size - 1 + offset_print(churn__zone_offset(zone, at), out + size - 1); /* not the Z */
}

churn_status churn_playbook_time_text(const churn_playbook *playbook, churn_time at, char *buf,
                                      size_t cap, size_t *needed, churn_error *err)
{
    churn_status st = CHURN_OK;
    char text[TEXT_MAX];
    if (playbook == NULL || (buf == NULL && cap > 0)) {
        return churn__fail_null(err, "churn_playbook_time_text",
                                playbook == NULL ? "playbook" : "buf");
    }
    size_t size = instant_text(playbook->zone, at, text);
    if (size == 0) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "time: it lies outside the years 1 to 9999");
    }
    text[size] = '\0';
    if (needed != NULL) {
        *needed = size + 1;
    }
    if (cap > 0 && cap < size + 1) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "time: the buffer has %u bytes, %u are needed", (uint64_t)cap,
                   (uint64_t)size + 1);
    }
    if (cap > 0) {
        memcpy(buf, text, size + 1);
    }
done:
    return st;
}
