/* SPDX-License-Identifier: MIT */
#include "expr/template_inside.h"

#include <math.h>

#include "base/num.h"

/* Text to other text. What is rewritten stands at the end of the buffer it is written to: the new
 * text is appended and the old one taken out, so that filters need no memory of their own. The
 * buffer may move meanwhile, therefore it is read by index. */

static char hex_digit(unsigned value)
{
    return "0123456789ABCDEF"[value & 15u];
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xC0u) == 0x80;
}

/* ---- escapes, a byte each ---- */

static void put_json_char(churn__buf *out, char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = c != '\0' ? strchr(plain, c) : NULL;
    if (found != NULL) {
        churn__buf_char(out, '\\');
        churn__buf_char(out, letters[found - plain]);
    } else if ((unsigned char)c < 0x20) {
        churn__buf_text(out, "\\u00");
        churn__buf_char(out, hex_digit((unsigned char)c >> 4));
        churn__buf_char(out, hex_digit((unsigned char)c));
    } else {
        churn__buf_char(out, c);
    }
}

static void put_quoted_char(churn__buf *out, char c)
{
    if (c == '"' || c == '\\') {
        churn__buf_char(out, '\\');
    }
    churn__buf_char(out, c);
}

/* RFC 3986, 2.3: unreserved characters stand for themselves. */
static void put_url_char(churn__buf *out, char c)
{
    if (is_letter(c) || (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL)) {
        churn__buf_char(out, c);
        return;
    }
    churn__buf_char(out, '%');
    churn__buf_char(out, hex_digit((unsigned char)c >> 4));
    churn__buf_char(out, hex_digit((unsigned char)c));
}

static void put_html_char(churn__buf *out, char c)
{
    switch (c) {
    case '&':
        churn__buf_text(out, "&amp;");
        break;
    case '<':
        churn__buf_text(out, "&lt;");
        break;
    case '>':
        churn__buf_text(out, "&gt;");
        break;
    case '"':
        churn__buf_text(out, "&quot;");
        break;
    case '\'':
        churn__buf_text(out, "&#39;");
        break;
    default:
        churn__buf_char(out, c);
        break;
    }
}

/* ---- as JSON ---- */

static void put_json_string(churn__buf *out, churn_str s)
{
    churn__buf_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        put_json_char(out, s.ptr[i]);
    }
    churn__buf_char(out, '"');
}

static void put_json_list(churn__buf *out, const churn__strs *list)
{
    churn__buf_char(out, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0) {
            churn__buf_char(out, ',');
        }
        put_json_string(out, list->items[i]);
    }
    churn__buf_char(out, ']');
}

/* As string() of CEL writes a duration: "125s", "0.25s". */
static void put_json_duration(churn__buf *out, int64_t ns)
{
    const uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    uint64_t rest = size % UINT64_C(1000000000);
    churn__buf_text(out, ns < 0 ? "\"-" : "\"");
    churn__buf_int(out, (int64_t)(size / UINT64_C(1000000000)));
    for (uint64_t place = 100000000; rest > 0; place /= 10) {
        if (place == 100000000) {
            churn__buf_char(out, '.');
        }
        churn__buf_char(out, (char)('0' + rest / place));
        rest %= place;
    }
    churn__buf_text(out, "s\"");
}

void churn__template_put_json(churn__buf *out, const churn__value *value)
{
    char text[40];
    switch (value->type) {
    case CHURN__TYPE_BOOL:
        churn__buf_text(out, value->as.b ? "true" : "false");
        break;
    case CHURN__TYPE_INT:
        churn__buf_int(out, value->as.i);
        break;
    case CHURN__TYPE_DOUBLE:
        if (isfinite(value->as.d)) {
            churn__buf_bytes(out, text, churn__double_print_short(value->as.d, text));
        } else {
            churn__buf_text(out, "null");
        }
        break;
    case CHURN__TYPE_STRING:
        put_json_string(out, value->as.s);
        break;
    case CHURN__TYPE_TIME:
        put_json_string(out, (churn_str){text, churn__instant_print(value->as.t, text)});
        break;
    case CHURN__TYPE_DURATION:
        put_json_duration(out, value->as.i);
        break;
    default:
        put_json_list(out, &value->as.l);
        break;
    }
}

/* ---- rewriting ---- */

typedef struct region {
    churn__buf *out;
    size_t from, to;
} region;

static void each_char(const region *in, void (*put)(churn__buf *out, char c))
{
    for (size_t i = in->from; i < in->to; i++) {
        put(in->out, in->out->data[i]);
    }
}

static void each_char_quoted(const region *in, void (*put)(churn__buf *out, char c))
{
    churn__buf_char(in->out, '"');
    each_char(in, put);
    churn__buf_char(in->out, '"');
}

static char with_case(char c, bool capital)
{
    return is_letter(c) ? (char)(capital ? c & ~0x20 : c | 0x20) : c;
}

static void recase(const region *in, bool capital)
{
    for (size_t i = in->from; i < in->to; i++) {
        in->out->data[i] = with_case(in->out->data[i], capital);
    }
}

static void to_title(const region *in)
{
    bool inside = false;
    for (size_t i = in->from; i < in->to; i++) {
        const char c = in->out->data[i];
        if (!inside && is_letter(c)) {
            in->out->data[i] = with_case(c, true);
        }
        inside = !is_space(c) && c != '-' && c != '/' && c != '(';
    }
}

/* Cut at the end: in place. */
static void keep(const region *in, size_t from, size_t to)
{
    churn__buf *out = in->out;
    if (out->data == NULL) {
        return;
    }
    memmove(out->data + in->from, out->data + from, to - from);
    out->size = in->from + (to - from);
    out->data[out->size] = '\0';
}

static void trim(const region *in)
{
    size_t from = in->from, to = in->to;
    while (from < to && is_space(in->out->data[from])) {
        from++;
    }
    while (to > from && is_space(in->out->data[to - 1])) {
        to--;
    }
    keep(in, from, to);
}

/* At most `most` code points, the last of them an ellipsis where some are left out. */
static void shorten(const region *in, int64_t most)
{
    const char *data = in->out->data;
    size_t end = in->from; /* of most - 1 of them */
    int64_t count = 0;
    for (size_t i = in->from; i < in->to && count <= most; i++) {
        if (!continues(data[i])) {
            end = count++ == most - 1 ? i : end;
        }
    }
    if (count <= most) {
        return;
    }
    while (end > in->from && is_space(data[end - 1])) {
        end--;
    }
    keep(in, in->from, end);
    churn__buf_text(in->out, "\xE2\x80\xA6");
}

/* What was appended takes the place of the region. */
static void replace(const region *in)
{
    if (!in->out->failed && in->out->size > in->to) {
        keep(in, in->to, in->out->size);
    }
}

void churn__template_rewrite(text_work *work, const text_filter *filter)
{
    const region in = {work->out, work->start, work->out->size};
    if (work->out->failed) {
        return;
    }
    switch (filter->def->kind) {
    case FILTER_SHORT:
        shorten(&in, filter->args[0].as.i);
        return;
    case FILTER_UPPER:
    case FILTER_LOWER:
        recase(&in, filter->def->kind == FILTER_UPPER);
        return;
    case FILTER_TITLE:
        to_title(&in);
        return;
    case FILTER_TRIM:
        trim(&in);
        return;
    case FILTER_QUOTE:
        each_char_quoted(&in, put_quoted_char);
        break;
    case FILTER_JSON:
        each_char_quoted(&in, put_json_char);
        break;
    case FILTER_URLENCODE:
        each_char(&in, put_url_char);
        break;
    default:
        each_char(&in, put_html_char);
        break;
    }
    replace(&in);
}
