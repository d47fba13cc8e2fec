/* SPDX-License-Identifier: MIT */
#include "play/play.h"

#include <math.h>
#include <string.h>

#include "base/num.h"

/* ---- where we are in a text ---- */

/* Columns count characters, as editors do. */
typedef struct cursor {
    churn_str text;
    size_t at;
    churn__expr_place place;
} cursor;

static bool looking_at(const cursor *c, const char *two)
{
    return c->text.len - c->at >= 2 && c->text.ptr[c->at] == two[0] &&
           c->text.ptr[c->at + 1] == two[1];
}

static void advance(cursor *c, size_t bytes)
{
    for (const size_t end = c->at + bytes; c->at < end; c->at++) {
        const unsigned char byte = (unsigned char)c->text.ptr[c->at];
        if (byte == '\n') {
            c->place.line++;
            c->place.column = 1;
        } else if ((byte & 0xC0) != 0x80) {
            c->place.column++;
        }
    }
}

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

/* Up to the next {{ or the end. */
static churn_str take_literal(cursor *c)
{
    const size_t from = c->at;
    while (c->at < c->text.len && !looking_at(c, "{{")) {
        advance(c, 1);
    }
    return (churn_str){c->text.ptr + from, c->at - from};
}

/* ---- compiling ---- */

static churn_status fail_here(const cursor *c, int32_t detail, const char *message,
                              churn_error *err)
{
    return churn__fail_at(err, CHURN_E_PARSE, detail, c->place.line, c->place.column,
                          CHURN_ROW_NONE, "%s", message);
}

/* Past a quoted string, or to the end of the text. */
static void skip_string(cursor *c)
{
    const char quote = c->text.ptr[c->at];
    advance(c, 1);
    while (c->at < c->text.len && c->text.ptr[c->at] != quote) {
        advance(c, c->text.ptr[c->at] == '\\' && c->at + 1 < c->text.len ? 2 : 1);
    }
    if (c->at < c->text.len) {
        advance(c, 1);
    }
}

/* From after {{ to before }}: the expression without spaces around it, and its place. */
static churn_status take_expression(cursor *c, churn_str *text, churn__expr_place *place,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    const cursor open = *c;
    size_t from = 0, to = 0;
    advance(c, 2);
    while (c->at < c->text.len && is_space(c->text.ptr[c->at])) {
        advance(c, 1);
    }
    from = c->at;
    *place = c->place;
    while (c->at < c->text.len && !looking_at(c, "}}")) {
        const char ch = c->text.ptr[c->at];
        if (ch == '"' || ch == '\'') {
            skip_string(c);
        } else if (ch == '|' && !looking_at(c, "||")) {
            CHURN_TRY(fail_here(c, CHURN__EXPR_EXCLUDED, "text: filters are not supported", err));
        } else {
            advance(c, looking_at(c, "||") ? 2 : 1);
        }
    }
    if (c->at >= c->text.len) {
        CHURN_TRY(fail_here(&open, CHURN__EXPR_SYNTAX, "text: `{{` without `}}`", err));
    }
    for (to = c->at; to > from && is_space(c->text.ptr[to - 1]);) {
        to--;
    }
    *text = (churn_str){c->text.ptr + from, to - from};
    advance(c, 2);
done:
    return st;
}

/* At most this many parts: each {{ begins one and ends the one before it. */
static size_t most_parts(churn_str text)
{
    size_t count = 1;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == '{' && text.ptr[i + 1] == '{') {
            count += 2;
            i++;
        }
    }
    return count;
}

typedef struct compiling {
    churn__heap *heap;
    churn__arena *arena;
    const churn_limits *limits;
    const churn__expr_scope *scope;
} compiling;

static churn_status compile_part(const compiling *with, cursor *c, churn__template_part *part,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str text = {NULL, 0};
    churn__expr_place place = {0};
    if (!looking_at(c, "{{")) {
        const churn_str literal = take_literal(c);
        part->text = churn__arena_str(with->arena, literal.ptr, literal.len);
        return part->text.ptr != NULL ? CHURN_OK : churn__fail_memory(err, with->heap);
    }
    CHURN_TRY(take_expression(c, &text, &place, err));
    const churn__expr_source source = {.text = text, .place = place, .scope = with->scope};
    CHURN_TRY(churn__expr_compile(with->heap, with->limits, &source, &part->expr, err));
done:
    return st;
}

churn_status churn__template_compile(churn__heap *heap, churn__arena *arena,
                                     const churn_limits *limits, churn_str text,
                                     churn__expr_place place, const churn__expr_scope *scope,
                                     churn__template *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const compiling with = {heap, arena, limits, scope};
    cursor c = {text, 0, place};
    churn__template made = {NULL, 0};
    churn__template_part *parts =
        churn__arena_array(arena, most_parts(text), sizeof(churn__template_part));
    if (parts == NULL) {
        return churn__fail_memory(err, heap);
    }
    made.parts = parts;
    while (c.at < text.len) {
        CHURN_TRY(compile_part(&with, &c, &parts[made.count], err));
        made.count++;
    }
    *out = made;
done:
    if (st != CHURN_OK) {
        churn__template_clear(&made);
    }
    return st;
}

void churn__template_clear(churn__template *tmpl)
{
    for (uint32_t i = 0; i < tmpl->count; i++) {
        churn__expr_free(tmpl->parts[i].expr);
    }
    *tmpl = (churn__template){NULL, 0};
}

/* ---- rendering ---- */

#define NOTHING "\xE2\x80\x93" /* an en dash */

/* Beyond this a double has no cents. */
#define MOST_DECIMAL 1e15

static void put_number(churn__buf *out, double value)
{
    char text[CHURN__DOUBLE_CHARS];
    size_t len = 0;
    if (!isfinite(value)) {
        churn__buf_text(out, NOTHING);
        return;
    }
    if (fabs(value) >= MOST_DECIMAL) {
        len = churn__double_print_short(value, text);
        churn__buf_bytes(out, text, len);
        return;
    }
    len = churn__double_fixed(value, 2, text, sizeof text);
    while (len > 0 && text[len - 1] == '0') {
        len--;
    }
    if (len > 0 && text[len - 1] == '.') {
        len--;
    }
    if (len == 2 && memcmp(text, "-0", 2) == 0) {
        churn__buf_char(out, '0');
    } else {
        churn__buf_bytes(out, text, len);
    }
}

static void put_value(churn__buf *out, const churn__value *value, const churn__zone *zone)
{
    char text[16];
    switch (value->type) {
    case CHURN__TYPE_BOOL:
        churn__buf_text(out, value->as.b ? "true" : "false");
        break;
    case CHURN__TYPE_INT:
        churn__buf_int(out, value->as.i);
        break;
    case CHURN__TYPE_DOUBLE:
        put_number(out, value->as.d);
        break;
    case CHURN__TYPE_STRING:
        churn__buf_str(out, value->as.s);
        break;
    case CHURN__TYPE_TIME:
        churn__buf_bytes(out, text, churn__date_print(zone, value->as.t, text));
        break;
    default:
        churn__buf_text(out, NOTHING);
        break;
    }
}

churn_status churn__template_render(const churn__template *tmpl, const churn__column *columns,
                                    uint32_t row, churn__expr_scratch *scratch,
                                    const churn__zone *zone, churn__buf *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < tmpl->count; i++) {
        const churn__template_part *part = &tmpl->parts[i];
        churn__value value = {0};
        churn__truth truth = CHURN__UNKNOWN;
        if (part->expr == NULL) {
            churn__buf_str(out, part->text);
            continue;
        }
        CHURN_TRY(churn__expr_value(part->expr, columns, row, scratch, &value, &truth, err));
        if (truth == CHURN__TRUE) {
            put_value(out, &value, zone);
        } else {
            churn__buf_text(out, NOTHING);
        }
    }
    if (out->failed) {
        CHURN_TRY(churn__fail_memory(err, out->heap));
    }
done:
    return st;
}
