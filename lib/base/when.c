/* SPDX-License-Identifier: MIT */
#include "base/date.h"

#include <string.h>

#include "base/checked.h"
#include "base/num.h"

typedef struct when_text {
    const char *at, *end;
} when_text;

/* What was read; fields that were not there are 0. */
typedef struct when_fields {
    int32_t year, month, day, hour, minute, second, micro;
    int32_t offset; /* seconds east */
    bool has_time, has_zone;
    bool bad_offset; /* well formed but too large */
} when_fields;

static bool take_char(when_text *in, char c)
{
    bool found = in->at < in->end && *in->at == c;
    in->at += found;
    return found;
}

static bool is_digit(const when_text *in)
{
    return in->at < in->end && *in->at >= '0' && *in->at <= '9';
}

static bool take_digits(when_text *in, int least, int most, int32_t *out)
{
    int n = 0;
    for (*out = 0; n < most && is_digit(in); n++) {
        *out = *out * 10 + (*in->at++ - '0');
    }
    return n >= least;
}

static bool take_date(when_text *in, when_fields *out)
{
    return take_digits(in, 4, 4, &out->year) && take_char(in, '-') &&
           take_digits(in, 2, 2, &out->month) && take_char(in, '-') &&
           take_digits(in, 2, 2, &out->day);
}

/* Digits after the point: six count, more must be zeros. */
static bool take_fraction(when_text *in, int32_t *micro)
{
    const char *begin = in->at;
    if (!take_digits(in, 1, 6, micro)) {
        return false;
    }
    for (int64_t n = in->at - begin; n < 6; n++) {
        *micro *= 10;
    }
    while (take_char(in, '0')) {
    }
    return !is_digit(in);
}

static bool take_clock(when_text *in, when_fields *out)
{
    out->has_time = true;
    if (!take_digits(in, 1, 2, &out->hour) || !take_char(in, ':') ||
        !take_digits(in, 2, 2, &out->minute)) {
        return false;
    }
    if (!take_char(in, ':')) {
        return true;
    }
    if (!take_digits(in, 2, 2, &out->second)) {
        return false;
    }
    return !(take_char(in, '.') || take_char(in, ',')) || take_fraction(in, &out->micro);
}

static bool take_utc(when_text *in)
{
    const size_t size = 4;
    if (in->end - in->at == (ptrdiff_t)size && memcmp(in->at, " UTC", size) == 0) {
        in->at += size;
        return true;
    }
    return take_char(in, 'Z') || take_char(in, 'z');
}

/* Z, +hh, +hhmm, +hh:mm or nothing. */
static bool take_zone(when_text *in, when_fields *out)
{
    int32_t hours = 0;
    int32_t minutes = 0;
    bool west = false;
    if (in->at == in->end) {
        return true;
    }
    out->has_zone = true;
    if (take_utc(in)) {
        return true;
    }
    west = take_char(in, '-');
    if ((!west && !take_char(in, '+')) || !take_digits(in, 2, 2, &hours)) {
        return false;
    }
    if ((take_char(in, ':') || is_digit(in)) && !take_digits(in, 2, 2, &minutes)) {
        return false;
    }
    out->bad_offset = hours > 23 || minutes > 59;
    out->offset = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

static bool take_all(when_text *in, when_fields *out)
{
    if (!take_date(in, out)) {
        return false;
    }
    if (in->at == in->end) {
        return true;
    }
    return (take_char(in, 'T') || take_char(in, ' ') || take_char(in, 't')) &&
           take_clock(in, out) && take_zone(in, out) && in->at == in->end;
}

static bool fields_in_range(const when_fields *f)
{
    bool clock = f->hour < 24 || (f->hour == 24 && f->minute + f->second + f->micro == 0);
    return f->year >= 1 && f->month >= 1 && f->month <= 12 && f->day >= 1 &&
           f->day <= (int32_t)churn__days_in_month(f->year, (unsigned)f->month) && clock &&
           f->minute < 60 && f->second < 60 && !f->bad_offset;
}

churn__when churn__when_parse(const char *s, size_t len, int64_t *out)
{
    when_text in = {s, len > 0 ? s + len : s};
    when_fields f = {0};
    int64_t day = 0;
    int64_t local = 0;
    int64_t at = 0;
    if (!take_all(&in, &f)) {
        return CHURN__WHEN_BAD;
    }
    if (!fields_in_range(&f)) {
        return CHURN__WHEN_RANGE;
    }
    day = churn__days_from_civil(f.year, (unsigned)f.month, (unsigned)f.day);
    if (!f.has_time) {
        *out = day;
        return CHURN__WHEN_DATE;
    }
    local = day * CHURN__DAY + f.hour * CHURN__HOUR + f.minute * CHURN__MINUTE +
            f.second * CHURN__SECOND + f.micro;
    at = local - f.offset * CHURN__SECOND;
    if (local > CHURN_TIME_MAX || at < CHURN_TIME_MIN || at > CHURN_TIME_MAX) {
        return CHURN__WHEN_RANGE;
    }
    *out = at;
    return f.has_zone ? CHURN__WHEN_INSTANT : CHURN__WHEN_LOCAL;
}

bool churn__instant_parse(const char *s, size_t len, const churn__zone *zone, churn_time *out)
{
    int64_t value = 0;
    switch (churn__when_parse(s, len, &value)) {
    case CHURN__WHEN_DATE:
        *out = churn__zone_midnight(zone, value);
        return true;
    case CHURN__WHEN_LOCAL:
        *out = churn__zone_to_instant(zone, value);
        return true;
    case CHURN__WHEN_INSTANT:
        *out = value;
        return true;
    default:
        return false;
    }
}

/* ---- printing ---- */

static void put_digits(char *out, int n, int64_t value)
{
    while (n-- > 0) {
        out[n] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Local dates of our instants may reach into the years 0 and 10000. */
static size_t print_date(int64_t day, char *out)
{
    int32_t year = 0;
    unsigned month = 0;
    unsigned dom = 0;
    int digits = 4;
    churn__civil_from_days(day, &year, &month, &dom);
    digits += year > 9999;
    put_digits(out, digits, year);
    out[digits] = '-';
    put_digits(out + digits + 1, 2, month);
    out[digits + 3] = '-';
    put_digits(out + digits + 4, 2, dom);
    return (size_t)digits + 6;
}

static bool is_instant(churn_time at)
{
    return at >= CHURN_TIME_MIN && at <= CHURN_TIME_MAX;
}

size_t churn__instant_print(churn_time at, char *out)
{
    int64_t rest = churn__floor_mod(at, CHURN__DAY);
    size_t n = 0;
    out[0] = '\0';
    if (!is_instant(at)) {
        return 0;
    }
    n = print_date(churn__floor_div(at, CHURN__DAY), out);
    memcpy(out + n, "T00:00:00", 9);
    put_digits(out + n + 1, 2, rest / CHURN__HOUR);
    put_digits(out + n + 4, 2, rest / CHURN__MINUTE % 60);
    put_digits(out + n + 7, 2, rest / CHURN__SECOND % 60);
    n += 9;
    if (rest % CHURN__SECOND != 0) {
        out[n] = '.';
        put_digits(out + n + 1, 6, rest % CHURN__SECOND);
        n += 7;
    }
    out[n++] = 'Z';
    out[n] = '\0';
    return n;
}

size_t churn__date_print(const churn__zone *zone, churn_time at, char *out)
{
    size_t n = is_instant(at) ? print_date(churn__zone_day(zone, at), out) : 0;
    out[n] = '\0';
    return n;
}
