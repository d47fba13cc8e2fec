/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"
#include "expr/row.h"

/* matches(): the pattern is compiled with the expression, and its errors point into it. */

/* Patterns whose states are no table of moderate size are simulated, in room on the stack. */
#define ROOM_MAX 32768u

/* ---- where a fault is ---- */

/* Bytes of UTF-8 that an escape stands for, from its digits. */
static size_t width_of(const char *digits, size_t count, uint32_t base)
{
    uint32_t code = 0;
    for (size_t i = 0; i < count; i++) {
        char c = (char)(digits[i] | 0x20);
        code = code * base + (uint32_t)(digits[i] <= '9' ? digits[i] - '0' : c - 'a' + 10);
    }
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/* The bytes of one escape that is known to be good; *made is how many bytes it stands for. */
static size_t escape_size(const char *s, size_t *made)
{
    size_t digits = 0, from = 2;
    uint32_t base = 16;
    *made = 1;
    switch (s[1]) {
    case 'x':
    case 'X':
        digits = 2;
        break;
    case 'u':
        digits = 4;
        break;
    case 'U':
        digits = 8;
        break;
    default:
        if (s[1] < '0' || s[1] > '3') {
            return 2;
        }
        digits = 3;
        from = 1;
        base = 8;
        break;
    }
    *made = width_of(s + from, digits, base);
    return from + digits;
}

/* The byte of a literal of the text, which begins at `at`, that gave byte `fault` of its value. */
static size_t place_in_literal(churn_str text, size_t at, size_t fault)
{
    bool raw = false;
    while (text.ptr[at] != '"' && text.ptr[at] != '\'') {
        raw = raw || (text.ptr[at] | 0x20) == 'r';
        at++;
    }
    bool three = text.ptr[at + 1] == text.ptr[at] && text.ptr[at + 2] == text.ptr[at];
    at += three ? 3 : 1;
    for (size_t made = 1; fault > 0 && at < text.len; fault -= made < fault ? made : fault) {
        made = 1;
        at += text.ptr[at] == '\\' && !raw ? escape_size(text.ptr + at, &made) : 1;
    }
    return at;
}

/* ---- compiling ---- */

/* Whether the text is known when the expression is compiled. */
static bool is_known(const expr_node *node)
{
    return node->kind == NODE_CONST || (node->kind == NODE_NAME && node->slot == UINT32_MAX);
}

static churn_status keep(expr_comp *comp, expr_node *node, churn__regex *regex)
{
    expr_pattern *pattern = churn__arena_alloc(comp->arena, sizeof *pattern);
    if (pattern == NULL) {
        churn__regex_free(regex);
        return churn__fail_memory(comp->err, comp->heap);
    }
    *pattern = (expr_pattern){.regex = regex, .next = comp->expr->patterns};
    comp->expr->patterns = pattern;
    node->regex = regex;
    return CHURN_OK;
}

churn_status churn__expr_check_pattern(expr_comp *comp, expr_node *node)
{
    const expr_node *text = expr_arg(comp, node, 1);
    churn__regex *regex = NULL;
    size_t fault = 0;
    const char *why = NULL;
    if (!is_known(text)) {
        return churn__expr_fail(comp, text->at, CHURN_E_TYPE, CHURN__EXPR_PATTERN,
                                "the pattern of %q must be text in quotes: it is compiled once",
                                &node->name);
    }
    if (text->value.state != EXPR_OK) {
        return CHURN_OK; /* a parameter without a value: so is the answer */
    }
    churn_status st = churn__regex_compile(comp->heap, text->value.as.s, &regex, &fault, &why);
    if (st == CHURN_OK && churn__regex_room(regex) > ROOM_MAX) {
        churn__regex_free(regex);
        st = CHURN_E_LIMIT;
        why = "the pattern is too large: its repetitions multiply";
    }
    if (st == CHURN_OK) {
        return keep(comp, node, regex);
    }
    if (st == CHURN_E_NOMEM) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    size_t at = text->kind == NODE_CONST ? place_in_literal(comp->text, text->at, fault) : text->at;
    return churn__expr_fail(comp, at, st, CHURN__EXPR_PATTERN, "bad pattern: %s", why);
}

/* ---- matching ---- */

/* Apart, so that the other patterns do not pay for its frame. */
__attribute__((noinline)) static bool matches_in_room(const churn__regex *regex, churn_str text)
{
    uint16_t room[ROOM_MAX / sizeof(uint16_t)];
    return churn__regex_match(regex, text, room);
}

bool churn__expr_matches(const churn__regex *regex, churn_str text)
{
    return churn__regex_room(regex) == 0 ? churn__regex_match(regex, text, NULL)
                                         : matches_in_room(regex, text);
}
