/* SPDX-License-Identifier: MIT */
#include "core/fail.h"

#include "base/num.h"

#define SHOWN_MAX 64 /* bytes of a string that comes from outside */

/* Where a message goes: at most cap - 1 bytes, then silence. */
typedef struct sink {
    char *out;
    size_t cap, size;
    bool full;
} sink;

/* Once something did not fit nothing more is written, so that no later part follows a gap. */
static void put(sink *to, const char *s, size_t len)
{
    if (to->full) {
        return;
    }
    size_t left = to->cap - 1 - to->size;
    to->full = len > left;
    len = churn__utf8_prefix(s, len, left);
    if (len > 0) {
        memcpy(to->out + to->size, s, len);
        to->size += len;
    }
}

/* A number is written whole or not at all. */
static void put_whole(sink *to, const char *s, size_t len)
{
    if (len > to->cap - 1 - to->size) {
        to->full = true;
    }
    put(to, s, len);
}

static void put_unsigned(sink *to, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put_whole(to, digits + at, sizeof digits - at);
}

static void put_signed(sink *to, int64_t value)
{
    char text[24];
    put_whole(to, text, churn__int_print(value, text));
}

static void put_double(sink *to, double value)
{
    char text[CHURN__DOUBLE_CHARS];
    put_whole(to, text, churn__double_print_short(value, text));
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || (unsigned char)c == 0x7F;
}

/* A string from outside, cut to what is worth showing. Bytes that are not UTF-8 become ?, because
 * a message is always UTF-8; so do control characters in a quoted string. */
static void put_shown(sink *to, churn_str s, bool quoted)
{
    size_t shown = churn__utf8_prefix(s.ptr, s.len, SHOWN_MAX);
    for (size_t i = 0; i < shown;) {
        size_t fault = churn__utf8_fault(s.ptr + i, shown - i);
        size_t end = fault == SIZE_MAX ? shown : i + fault;
        size_t from = i;
        while (i < end && !(quoted && is_control(s.ptr[i]))) {
            i++;
        }
        put(to, s.ptr + from, i - from);
        if (i < shown) {
            put(to, "?", 1);
            i++;
        }
    }
    if (shown < s.len) {
        put(to, "...", 3);
    }
}

static void put_quoted(sink *to, const churn_str *s)
{
    put(to, "`", 1);
    put_shown(to, *s, true);
    put(to, "`", 1);
}

static void put_text(sink *to, const char *s)
{
    churn_str text = churn__str_nts(s == NULL ? "(null)" : s);
    put(to, text.ptr, text.len);
}

size_t churn__formatv(char *out, size_t cap, const char *format, va_list args)
{
    sink to = {.out = out, .cap = cap};
    if (cap == 0) {
        return 0;
    }
    for (const char *at = format; *at != '\0'; at++) {
        size_t plain = strcspn(at, "%");
        put(&to, at, plain);
        at += plain;
        if (*at == '\0' || *++at == '\0') {
            break;
        }
        switch (*at) {
        case 's':
            put_text(&to, va_arg(args, const char *));
            break;
        case 'S':
            put_shown(&to, *va_arg(args, const churn_str *), false);
            break;
        case 'q':
            put_quoted(&to, va_arg(args, const churn_str *));
            break;
        case 'd':
            put_signed(&to, va_arg(args, int64_t));
            break;
        case 'u':
            put_unsigned(&to, va_arg(args, uint64_t));
            break;
        case 'g':
            put_double(&to, va_arg(args, double));
            break;
        default:
            put(&to, at, 1);
            break;
        }
    }
    out[to.size] = '\0';
    return to.size;
}

size_t churn__format(char *out, size_t cap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t size = churn__formatv(out, cap, format, args);
    va_end(args);
    return size;
}
