/* SPDX-License-Identifier: MIT */
#include "expr/template_inside.h"

/* Text with {{expressions | filters}}: finding what is where. */

bool churn__text_looks_at(const text_cursor *c, const char *two)
{
    return c->text.len - c->at >= 2 && c->text.ptr[c->at] == two[0] &&
           c->text.ptr[c->at + 1] == two[1];
}

void churn__text_advance(text_cursor *c, size_t bytes)
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

void churn__text_skip_space(text_cursor *c)
{
    while (!text_at_end(c) && text_is_space(text_here(c))) {
        churn__text_advance(c, 1);
    }
}

static bool is_triple(const text_cursor *c, char quote)
{
    return c->text.len - c->at >= 3 && c->text.ptr[c->at + 1] == quote &&
           c->text.ptr[c->at + 2] == quote;
}

/* In r"..." a backslash is a character like others; r may itself be the end of a name. */
static bool is_raw(const text_cursor *c)
{
    const char *p = c->text.ptr;
    return c->at > 0 && (p[c->at - 1] == 'r' || p[c->at - 1] == 'R') &&
           (c->at == 1 || !text_is_word(p[c->at - 2]));
}

/* Past a string literal, or to the end of the text. */
static void skip_string(text_cursor *c)
{
    const char quote = text_here(c);
    const bool raw = is_raw(c), triple = is_triple(c, quote);
    churn__text_advance(c, triple ? 3 : 1);
    while (!text_at_end(c) && (text_here(c) != quote || (triple && !is_triple(c, quote)))) {
        churn__text_advance(c, !raw && text_here(c) == '\\' && c->at + 1 < c->text.len ? 2 : 1);
    }
    if (!text_at_end(c)) {
        churn__text_advance(c, triple ? 3 : 1);
    }
}

/* To the next of these characters outside strings and brackets, or to the end; `||` is none. */
void churn__text_skip_to(text_cursor *c, const char *ends)
{
    for (uint32_t depth = 0; !text_at_end(c);) {
        const char ch = text_here(c);
        if (ch == '"' || ch == '\'') {
            skip_string(c);
            continue;
        }
        if (churn__text_looks_at(c, "||")) {
            churn__text_advance(c, 2);
            continue;
        }
        if (ch != '\0' && (depth == 0 || ch == '|') && strchr(ends, ch) != NULL) {
            return;
        }
        depth += ch == '(' || ch == '[';
        depth -= depth > 0 && (ch == ')' || ch == ']');
        churn__text_advance(c, 1);
    }
}

/* To "}}" outside strings; false: there is none. */
bool churn__text_find_close(text_cursor *c)
{
    while (!text_at_end(c) && !churn__text_looks_at(c, "}}")) {
        const char ch = text_here(c);
        if (ch == '"' || ch == '\'') {
            skip_string(c);
        } else {
            churn__text_advance(c, 1);
        }
    }
    return !text_at_end(c);
}
