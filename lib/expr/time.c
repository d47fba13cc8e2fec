/* SPDX-License-Identifier: MIT */
#include "expr/time.h"

#include <string.h>

#include "base/checked.h"
#include "base/num.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- instants ---- */

/* Whether `s` has the shape of a pattern: 0 is a digit, everything else is itself. */
static bool has_shape(const char *s, const char *pattern, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == '0' ? !is_digit(s[i]) : s[i] != pattern[i]) {
            return false;
        }
    }
    return true;
}

/* The form of RFC 3339 that CEL's implementations read: two digits everywhere, T, a colon in the
 * offset. What the numbers are is left to the calendar, but for hour 24. */
static bool is_rfc3339(churn_str s)
{
    static const char clock[] = "0000-00-00T00:00:00", offset[] = "00:00";
    size_t at = sizeof clock - 1;
    if (s.len <= at || !has_shape(s.ptr, clock, at) || memcmp(s.ptr + 11, "24", 2) == 0) {
        return false;
    }
    if (s.ptr[at] == '.') {
        size_t first = ++at;
        while (at < s.len && is_digit(s.ptr[at])) {
            at++;
        }
        if (at == first) {
            return false;
        }
    }
    if (at + 1 == s.len && s.ptr[at] == 'Z') {
        return true;
    }
    return at + sizeof offset == s.len && (s.ptr[at] == '+' || s.ptr[at] == '-') &&
           has_shape(s.ptr + at + 1, offset, sizeof offset - 1);
}

/* Take digits seven to nine of a fraction out of a text: nanoseconds. */
static int64_t take_nanos(char *text, size_t *len)
{
    char *dot = memchr(text, '.', *len);
    if (dot == NULL) {
        return 0;
    }
    char *end = text + *len, *from = dot + 1;
    while (from < end && from <= dot + 6 && is_digit(*from)) {
        from++;
    }
    int64_t nanos = 0;
    char *to = from;
    for (int64_t unit = 100; to < end && is_digit(*to) && to < dot + 10; to++, unit /= 10) {
        nanos += unit * (*to - '0');
    }
    memmove(from, to, (size_t)(end - to));
    *len -= (size_t)(to - from);
    return nanos;
}

expr_text churn__expr_time_parse(churn_str s, bool strict, int64_t *at, int64_t *nanos)
{
    char text[64];
    size_t len = s.len;
    if (len == 0 || len > sizeof text || (strict && !is_rfc3339(s))) {
        return EXPR_TEXT_BAD;
    }
    memcpy(text, s.ptr, len);
    *nanos = take_nanos(text, &len);
    switch (churn__when_parse(text, len, at)) {
    case CHURN__WHEN_INSTANT:
        return *at >= CHURN_TIME_MIN && *at <= CHURN_TIME_MAX ? EXPR_TEXT_OK : EXPR_TEXT_RANGE;
    case CHURN__WHEN_RANGE:
        return EXPR_TEXT_RANGE;
    default:
        return EXPR_TEXT_BAD;
    }
}

/* A point and nine digits, less the zeros at their end; nothing for zero. */
static size_t print_fraction(int64_t nanos, char *out)
{
    size_t len = 0;
    if (nanos == 0) {
        return 0;
    }
    out[len++] = '.';
    for (int64_t unit = EXPR_SECOND_NS / 10; nanos > 0; unit /= 10) {
        out[len++] = (char)('0' + nanos / unit);
        nanos %= unit;
    }
    return len;
}

size_t churn__expr_time_print(int64_t at, int64_t nanos, char *out)
{
    if (at < CHURN_TIME_MIN || at > CHURN_TIME_MAX) {
        out[0] = '\0';
        return 0;
    }
    int64_t second = churn__floor_div(at, CHURN__SECOND) * CHURN__SECOND;
    size_t len = churn__instant_print(second, out);
    if (len == 0) {
        return 0;
    }
    len--; /* Z */
    len += print_fraction((at - second) * 1000 + nanos, out + len);
    out[len++] = 'Z';
    out[len] = '\0';
    return len;
}

/* ---- durations ---- */

typedef struct reader {
    const char *at, *end;
} reader;

static bool take_word(reader *in, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0) {
        return false;
    }
    in->at += len;
    return true;
}

/* Nanoseconds of the unit that follows; 0: there is none. */
static uint64_t take_unit(reader *in)
{
    static const struct {
        const char *name;
        uint64_t nanos;
    } units[] = {{"ns", 1},
                 {"us", 1000},
                 {"\xC2\xB5s", 1000}, /* the micro sign, and the Greek letter */
                 {"\xCE\xBCs", 1000},
                 {"ms", 1000000},
                 {"s", (uint64_t)EXPR_SECOND_NS},
                 {"m", (uint64_t)EXPR_MINUTE_NS},
                 {"h", (uint64_t)EXPR_HOUR_NS}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (take_word(in, units[i].name)) {
            return units[i].nanos;
        }
    }
    return 0;
}

static bool put_digit(uint64_t *value, char digit)
{
    return !__builtin_mul_overflow(*value, (uint64_t)10, value) &&
           !__builtin_add_overflow(*value, (uint64_t)(digit - '0'), value);
}

__extension__ typedef unsigned __int128 wide;

/* "12.5" of a unit, in nanoseconds; 18 digits of the fraction count. False: no digits. */
static bool take_amount(reader *in, wide *out)
{
    uint64_t whole = 0, part = 0, scale = 1;
    bool fits = true;
    const char *begin = in->at, *point = NULL;
    for (; in->at < in->end && (is_digit(*in->at) || (*in->at == '.' && point == NULL)); in->at++) {
        if (*in->at == '.') {
            point = in->at;
        } else if (point == NULL) {
            fits = fits && put_digit(&whole, *in->at);
        } else if (in->at - point <= 18) {
            put_digit(&part, *in->at);
            scale *= 10;
        }
    }
    uint64_t unit = in->at - begin > (point != NULL) ? take_unit(in) : 0;
    *out = (fits ? (wide)whole : (wide)UINT64_MAX) * unit + (wide)part * unit / scale;
    return unit != 0;
}

expr_text churn__expr_duration_parse(churn_str s, int64_t *out)
{
    const uint64_t most = UINT64_C(1) << 63; /* below zero; one less above it */
    reader in = {s.ptr, s.len > 0 ? s.ptr + s.len : s.ptr};
    wide sum = 0, amount = 0;
    bool minus = take_word(&in, "-"), range = false;
    if (!minus) {
        take_word(&in, "+");
    }
    if (in.end - in.at == 1 && *in.at == '0') {
        *out = 0;
        return EXPR_TEXT_OK;
    }
    do {
        if (!take_amount(&in, &amount)) {
            return EXPR_TEXT_BAD;
        }
        range = range || amount > most || sum + amount > most;
        sum = range ? 0 : sum + amount;
    } while (in.at < in.end);
    if (range || (!minus && sum == most)) {
        return EXPR_TEXT_RANGE;
    }
    *out = (int64_t)(minus ? 0 - (uint64_t)sum : (uint64_t)sum);
    return EXPR_TEXT_OK;
}

size_t churn__expr_duration_print(int64_t duration, char *out)
{
    size_t len = 0;
    int64_t second = duration / EXPR_SECOND_NS, rest = duration % EXPR_SECOND_NS;
    if (duration < 0 && second == 0) {
        out[len++] = '-';
    }
    len += churn__int_print(second, out + len);
    len += print_fraction(rest < 0 ? -rest : rest, out + len);
    out[len++] = 's';
    out[len] = '\0';
    return len;
}
