/* SPDX-License-Identifier: MIT */
#include "expr/template_inside.h"

#include <math.h>

#include "base/checked.h"
#include "base/num.h"

/* Values as people write them. English words, no locale. */

/* ---- numbers ---- */

/* Beyond this a double has no cents. */
#define MOST_DECIMAL 1e15
#define DIGITS 64

/* An int keeps all its digits, which a double would not. */
static size_t print_int(int64_t value, int decimals, char *text)
{
    size_t len = churn__int_print(value, text);
    if (decimals > 0) {
        text[len++] = '.';
        memset(text + len, '0', (size_t)decimals);
        len += (size_t)decimals;
    }
    return len;
}

static size_t print_natural(double value, char *text)
{
    size_t len = churn__double_fixed(value, 2, text, DIGITS);
    while (len > 0 && text[len - 1] == '0') {
        len--;
    }
    return len > 0 && text[len - 1] == '.' ? len - 1 : len;
}

static size_t print_double(double value, int decimals, char *text)
{
    if (fabs(value) >= MOST_DECIMAL) {
        return churn__double_print_short(value, text);
    }
    return decimals == TEXT_NATURAL ? print_natural(value, text)
                                    : churn__double_fixed(value, decimals, text, DIGITS);
}

static bool is_zero(const char *digits, size_t len)
{
    size_t i = 0;
    while (i < len && (digits[i] == '0' || digits[i] == '.')) {
        i++;
    }
    return i == len;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void put_grouped(churn__buf *out, const char *digits, size_t len)
{
    size_t whole = 0;
    while (whole < len && is_digit(digits[whole])) {
        whole++;
    }
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) {
            churn__buf_char(out, ',');
        }
        churn__buf_char(out, digits[i]);
    }
}

static void put_digits(churn__buf *out, const char *text, size_t len, const text_number *number)
{
    const bool negative = len > 0 && text[0] == '-';
    text += negative;
    len -= negative;
    const bool zero = is_zero(text, len);
    if (negative && !zero) {
        churn__buf_char(out, '-');
    } else if (number->plus && !zero) {
        churn__buf_char(out, '+');
    }
    if (number->grouped) {
        put_grouped(out, text, len);
    } else {
        churn__buf_bytes(out, text, len);
    }
    if (number->percent) {
        churn__buf_char(out, '%');
    }
    if (number->currency.len > 0) {
        churn__buf_char(out, ' ');
        churn__buf_str(out, number->currency);
    }
}

void churn__template_put_number(churn__buf *out, const churn__value *value,
                                const text_number *number)
{
    char text[DIGITS];
    size_t len = 0;
    if (value->type == CHURN__TYPE_INT && !number->percent) {
        len = print_int(value->as.i, number->decimals, text);
    } else {
        double x = value->type == CHURN__TYPE_INT ? (double)value->as.i : value->as.d;
        x *= number->percent ? 100 : 1;
        if (!isfinite(x)) {
            churn__buf_text(out, TEMPLATE_NOTHING);
            return;
        }
        len = print_double(x, number->decimals, text);
    }
    put_digits(out, text, len, number);
}

/* ---- dates ---- */

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};

/* An instant on the wall. */
typedef struct wall {
    int64_t day;
    int32_t year;
    unsigned month, date, hour, minute, second;
    int32_t offset;
} wall;

static wall wall_of(churn_time at, const churn__zone *zone)
{
    wall w = {.offset = churn__zone_offset(zone, at)};
    const int64_t local = churn__zone_to_local(zone, at);
    const int64_t rest = churn__floor_mod(local, CHURN__DAY) / CHURN__SECOND;
    w.day = churn__floor_div(local, CHURN__DAY);
    churn__civil_from_days(w.day, &w.year, &w.month, &w.date);
    w.hour = (unsigned)(rest / 3600);
    w.minute = (unsigned)(rest / 60 % 60);
    w.second = (unsigned)(rest % 60);
    return w;
}

static void put_padded(churn__buf *out, int64_t value, size_t width)
{
    char text[24];
    const size_t len = churn__int_print(value, text);
    for (size_t i = len; i < width; i++) {
        churn__buf_char(out, '0');
    }
    churn__buf_bytes(out, text, len);
}

static void put_offset(churn__buf *out, int32_t offset)
{
    const int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    churn__buf_char(out, offset < 0 ? '-' : '+');
    put_padded(out, minutes / 60, 2);
    put_padded(out, minutes % 60, 2);
}

static void put_name(churn__buf *out, const char *name, bool whole)
{
    churn__buf_bytes(out, name, whole ? strlen(name) : 3);
}

static void put_code(churn__buf *out, const wall *w, char code)
{
    switch (code) {
    case 'Y':
        put_padded(out, w->year, 4);
        break;
    case 'y':
        put_padded(out, w->year % 100, 2);
        break;
    case 'm':
        put_padded(out, w->month, 2);
        break;
    case 'd':
        put_padded(out, w->date, 2);
        break;
    case 'e':
        put_padded(out, w->date, 1);
        break;
    case 'b':
    case 'B':
        put_name(out, months[w->month - 1], code == 'B');
        break;
    case 'a':
    case 'A':
        put_name(out, weekdays[churn__weekday(w->day)], code == 'A');
        break;
    case 'j':
        put_padded(out, w->day - churn__days_from_civil(w->year, 1, 1) + 1, 3);
        break;
    case 'H':
        put_padded(out, w->hour, 2);
        break;
    case 'I':
        put_padded(out, (w->hour + 11) % 12 + 1, 2);
        break;
    case 'M':
        put_padded(out, w->minute, 2);
        break;
    case 'S':
        put_padded(out, w->second, 2);
        break;
    case 'p':
        churn__buf_text(out, w->hour < 12 ? "AM" : "PM");
        break;
    case 'z':
        put_offset(out, w->offset);
        break;
    default:
        churn__buf_char(out, code);
        break;
    }
}

void churn__template_put_date(churn__buf *out, churn_time at, const churn__zone *zone,
                              churn_str pattern)
{
    if (at < CHURN_TIME_MIN || at > CHURN_TIME_MAX) {
        churn__buf_text(out, TEMPLATE_NOTHING);
        return;
    }
    const wall w = wall_of(at, zone);
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '%' && i + 1 < pattern.len) {
            put_code(out, &w, pattern.ptr[++i]);
        } else {
            churn__buf_char(out, pattern.ptr[i]);
        }
    }
}

/* ---- durations ---- */

#define SECOND_NS UINT64_C(1000000000)

static const struct {
    uint64_t ns;
    const char *sign, *one, *many;
} units[] = {{86400 * SECOND_NS, NULL, " day", " days"},
             {3600 * SECOND_NS, " h", " hour", " hours"},
             {60 * SECOND_NS, " min", " minute", " minutes"},
             {SECOND_NS, " s", " second", " seconds"}};
#define UNITS (sizeof units / sizeof *units)

static void put_unit(churn__buf *out, size_t unit, uint64_t count, bool words)
{
    churn__buf_int(out, (int64_t)count);
    if (units[unit].sign != NULL && !words) {
        churn__buf_text(out, units[unit].sign);
    } else {
        churn__buf_text(out, count == 1 ? units[unit].one : units[unit].many);
    }
}

/* Below a second: "0.25 s", at most three decimals. */
static void put_fraction(churn__buf *out, uint64_t ns)
{
    char text[8] = "0.000";
    uint64_t milli = ns / 1000000;
    size_t len = 5;
    for (size_t i = 4; i > 1; i--) {
        text[i] = (char)('0' + milli % 10);
        milli /= 10;
    }
    while (text[len - 1] == '0' && len > 1) {
        len--;
    }
    len -= text[len - 1] == '.';
    churn__buf_bytes(out, text, len == 0 ? 1 : len);
    churn__buf_text(out, " s");
}

void churn__template_put_duration(churn__buf *out, int64_t nanoseconds, unsigned most, bool words)
{
    uint64_t rest = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds : (uint64_t)nanoseconds;
    unsigned put = 0;
    if (nanoseconds < 0 && rest >= 1000000) {
        churn__buf_char(out, '-');
    }
    if (rest < SECOND_NS) {
        put_fraction(out, rest);
        return;
    }
    for (size_t i = 0; i < UNITS && put < most; i++) {
        const uint64_t count = rest / units[i].ns;
        rest %= units[i].ns;
        if (count > 0) {
            if (put++ > 0) {
                churn__buf_char(out, ' ');
            }
            put_unit(out, i, count, words);
        } else if (put > 0) {
            break; /* units follow each other: not "3 days 5 s" */
        }
    }
}

void churn__template_put_ago(churn__buf *out, churn_time at, churn_time now)
{
    const bool past = at <= now;
    const uint64_t apart = past ? (uint64_t)now - (uint64_t)at : (uint64_t)at - (uint64_t)now;
    if (apart < (uint64_t)CHURN__MINUTE) {
        churn__buf_text(out, "just now");
        return;
    }
    if (!past) {
        churn__buf_text(out, "in ");
    }
    if (apart >= (uint64_t)CHURN__DAY) { /* apart by up to 10,000 years: too much for ns */
        put_unit(out, 0, apart / (uint64_t)CHURN__DAY, true);
    } else {
        churn__template_put_duration(out, (int64_t)apart * 1000, 1, true);
    }
    if (past) {
        churn__buf_text(out, " ago");
    }
}

void churn__template_put_in_days(churn__buf *out, int64_t days)
{
    static const char *const near[] = {"yesterday", "today", "tomorrow"};
    if (days >= -1 && days <= 1) {
        churn__buf_text(out, near[days + 1]);
        return;
    }
    if (days > 0) {
        churn__buf_text(out, "in ");
    }
    put_unit(out, 0, (uint64_t)(days < 0 ? -days : days), true);
    if (days < 0) {
        churn__buf_text(out, " ago");
    }
}

/* ---- any value ---- */

static void put_list(churn__buf *out, const churn__strs *list, churn_str separator)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0) {
            churn__buf_str(out, separator);
        }
        churn__buf_str(out, list->items[i]);
    }
}

void churn__template_put_value(text_work *work)
{
    churn__buf *out = work->out;
    const churn__value *value = &work->value;
    work->start = out->size;
    work->state = TEXT_WRITTEN;
    switch (value->type) {
    case CHURN__TYPE_BOOL:
        churn__buf_text(out, value->as.b ? "true" : "false");
        break;
    case CHURN__TYPE_INT:
    case CHURN__TYPE_DOUBLE:
        churn__template_put_number(out, value, &work->number);
        break;
    case CHURN__TYPE_STRING:
        churn__buf_str(out, value->as.s);
        break;
    case CHURN__TYPE_TIME:
        churn__template_put_date(out, value->as.t, work->view->zone, CHURN__STR("%Y-%m-%d"));
        break;
    case CHURN__TYPE_DURATION:
        churn__template_put_duration(out, value->as.i, 2, false);
        break;
    case CHURN__TYPE_STRINGS:
        put_list(out, &value->as.l, CHURN__STR(", "));
        break;
    default:
        churn__buf_text(out, TEMPLATE_NOTHING);
        break;
    }
}
