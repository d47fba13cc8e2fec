/* SPDX-License-Identifier: MIT */
#include <churn/time.h>

#include "base/date.h"
#include "core/fail.h"

churn_status churn_time_parse(const char *text, size_t len, churn_time *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str s = {NULL, 0};
    int64_t value = 0;
    if (text == NULL || out == NULL) {
        return churn__fail_null(err, "churn_time_parse", text == NULL ? "text" : "out");
    }
    s = churn__str_arg(text, len);
    switch (churn__when_parse(s.ptr, s.len, &value)) {
    case CHURN__WHEN_DATE:
        *out = value * CHURN__DAY;
        break;
    case CHURN__WHEN_INSTANT:
        *out = value;
        break;
    case CHURN__WHEN_LOCAL:
        CHURN_FAIL(CHURN_E_PARSE, 0,
                   "time: it has no zone: end it with Z or an offset such as +02:00");
    case CHURN__WHEN_RANGE:
        CHURN_FAIL(CHURN_E_RANGE, 0, "time: there is no such day or time in the years 1 to 9999");
    default:
        CHURN_FAIL(CHURN_E_PARSE, 0, "time: not of the form 2026-02-01 or 2026-02-01T09:30:00Z");
    }
done:
    return st;
}

churn_status churn_time_format(churn_time time, char *buf, size_t cap, size_t *needed,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    char text[40];
    size_t size = churn__instant_print(time, text) + 1;
    if (buf == NULL && cap > 0) {
        return churn__fail_null(err, "churn_time_format", "buf");
    }
    if (size == 1) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "time: it lies outside the years 1 to 9999");
    }
    if (needed != NULL) {
        *needed = size;
    }
    if (cap > 0 && cap < size) {
        CHURN_FAIL(CHURN_E_RANGE, 0, "time: the buffer has %u bytes, %u are needed", (uint64_t)cap,
                   (uint64_t)size);
    }
    if (cap > 0) {
        memcpy(buf, text, size);
    }
done:
    return st;
}
