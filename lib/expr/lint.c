/* SPDX-License-Identifier: MIT */
#include "expr/lint.h"

#include "expr/print.h"

/* Running the lints, telling what they find, and the comments that switch them off. */

#define BUDGET 200000u /* steps of looking around, for one expression */

static const struct {
    int32_t detail;
    const char *name;
} names[] = {
    {CHURN__EXPR_LINT_EQUALITY, "inexact_equality"},
    {CHURN__EXPR_LINT_CONSTANT, "constant_condition"},
    {CHURN__EXPR_LINT_MISSING, "missing_fires"},
    {CHURN__EXPR_LINT_GUARD, "wrong_guard"},
    {CHURN__EXPR_LINT_HAS, "useless_has"},
    {CHURN__EXPR_LINT_ZERO, "division_by_zero"},
    {CHURN__EXPR_LINT_RANGE, "out_of_values"},
    {CHURN__EXPR_LINT_TWICE, "said_twice"},
    {CHURN__EXPR_LINT_NEVER, "never_true"},
    {CHURN__EXPR_LINT_ALWAYS, "never_false"},
    {CHURN__EXPR_LINT_SELF, "compared_with_itself"},
    {CHURN__EXPR_LINT_BRANCHES, "same_branches"},
    {CHURN__EXPR_LINT_ITEM, "item_twice"},
    {CHURN__EXPR_LINT_UNUSED_ALLOW, "unused_allow"},
    {CHURN__EXPR_LINT_BAD_ALLOW, "bad_allow"},
};

const char *churn__expr_lint_name(int32_t detail)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].detail == detail) {
            return names[i].name;
        }
    }
    return NULL;
}

/* "CH1701" or "inexact_equality"; 0: neither. */
static int32_t detail_of(churn_str word)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int32_t d = names[i].detail;
        const char code[] = {
            'C', 'H', '1', (char)('0' + d / 100), (char)('0' + d / 10 % 10), (char)('0' + d % 10)};
        if (churn__str_eq(word, (churn_str){code, sizeof code}) ||
            churn__str_eq(word, churn__str_nts(names[i].name))) {
            return d;
        }
    }
    return 0;
}

/* ---- telling ---- */

static void report(lint *l, size_t at, int32_t detail, churn_str message)
{
    const churn__expr_source *source = l->comp->source;
    churn__expr_finding finding = {.status = CHURN_OK, .detail = detail, .message = message};
    churn__expr_locate(l->comp->text, l->comp->place, at, &finding.line, &finding.column);
    source->report(source->report_context, &finding);
}

churn_str lint_text(lint *l, uint32_t node)
{
    churn__buf *text = &l->texts[l->turn++ % 2];
    churn__buf_reset(text);
    churn__expr_print(l->comp, node, text);
    return text->failed ? CHURN__STR("") : churn__buf_view(text);
}

/* ---- comments ---- */

struct lint_allow {
    uint32_t at, from, to; /* the comment; the line that it speaks of */
    int32_t detail;
    bool used;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

static void skip_space(churn_str s, size_t *at)
{
    while (*at < s.len && is_space(s.ptr[*at])) {
        ++*at;
    }
}

static bool take(churn_str s, size_t *at, churn_str word)
{
    skip_space(s, at);
    if (!churn__str_starts((churn_str){s.ptr + *at, s.len - *at}, word)) {
        return false;
    }
    *at += word.len;
    return true;
}

bool churn__expr_allow_begin(churn_str comment, size_t *at, bool *fault)
{
    *at = 0;
    *fault = false;
    if (!take(comment, at, CHURN__STR("churn:"))) {
        return false;
    }
    *fault = !take(comment, at, CHURN__STR("allow")) ||
             (*at < comment.len && !is_space(comment.ptr[*at]));
    return true;
}

bool churn__expr_allow_next(churn_str comment, size_t *at, churn_str *word)
{
    while (*at < comment.len && (is_space(comment.ptr[*at]) || comment.ptr[*at] == ',')) {
        ++*at;
    }
    size_t from = *at;
    while (*at < comment.len && !is_space(comment.ptr[*at]) && comment.ptr[*at] != ',') {
        ++*at;
    }
    *word = (churn_str){comment.ptr + from, *at - from};
    return *at > from;
}

static size_t line_end(churn_str text, size_t at)
{
    while (at < text.len && text.ptr[at] != '\n') {
        at++;
    }
    return at;
}

/* Whether nothing but a comment or nothing at all stands on a line. */
static bool is_silent(churn_str text, size_t at)
{
    while (at < text.len && is_space(text.ptr[at])) {
        at++;
    }
    return at >= text.len || text.ptr[at] == '\n' ||
           (text.ptr[at] == '/' && at + 1 < text.len && text.ptr[at + 1] == '/');
}

/* The line of a comment; where it stands alone, the next one that says something. */
static void place_allow(churn_str text, size_t at, lint_allow *to)
{
    size_t from = at, end = line_end(text, at);
    while (from > 0 && text.ptr[from - 1] != '\n') {
        from--;
    }
    while (is_silent(text, from) && end < text.len) {
        from = end + 1;
        end = line_end(text, from);
    }
    to->from = (uint32_t)from;
    to->to = (uint32_t)end;
}

static void add_allow(lint *l, size_t at, churn_str word)
{
    int32_t detail = detail_of(word);
    char message[200];
    if (detail == 0) {
        size_t len = churn__format(message, sizeof message,
                                   "%q is the code or the name of no lint of expressions", &word);
        report(l, at, CHURN__EXPR_LINT_BAD_ALLOW, (churn_str){message, len});
        return;
    }
    if (!churn__grow(l->comp->heap, (void **)&l->allows, &l->allow_capacity, l->allow_count + 1,
                     sizeof *l->allows)) {
        l->st = churn__fail_memory(l->comp->err, l->comp->heap);
        return;
    }
    lint_allow *to = &l->allows[l->allow_count++];
    *to = (lint_allow){.at = (uint32_t)at, .detail = detail};
    place_allow(l->comp->text, at, to);
}

static void take_comment(lint *l, size_t at, churn_str comment)
{
    size_t next = 0;
    bool fault = false;
    churn_str word;
    if (!churn__expr_allow_begin(comment, &next, &fault)) {
        return;
    }
    bool any = false;
    while (!fault && l->st == CHURN_OK && churn__expr_allow_next(comment, &next, &word)) {
        add_allow(l, at, word);
        any = true;
    }
    if (!any && l->st == CHURN_OK) {
        report(l, at, CHURN__EXPR_LINT_BAD_ALLOW,
               CHURN__STR("after `churn:` follow `allow` and the codes or names of lints"));
    }
}

/* Comments are what stands between tokens and is no space. */
void lint_allows(lint *l)
{
    churn_str text = l->comp->text;
    size_t at = 0;
    for (size_t i = 0; i < l->comp->token_count; i++) {
        size_t next = l->comp->tokens[i].at;
        for (; at < next && l->st == CHURN_OK; at++) {
            if (text.ptr[at] == '/') {
                size_t end = line_end(text, at);
                take_comment(l, at, (churn_str){text.ptr + at + 2, end - at - 2});
                at = end;
            }
        }
        at = next + l->comp->tokens[i].len;
    }
}

static bool is_allowed(lint *l, size_t at, int32_t detail)
{
    bool allowed = false;
    for (size_t i = 0; i < l->allow_count; i++) {
        lint_allow *one = &l->allows[i];
        if (one->detail == detail && at >= one->from && at <= one->to) {
            one->used = true;
            allowed = true;
        }
    }
    return allowed;
}

void lint_allows_unused(lint *l)
{
    for (size_t i = 0; i < l->allow_count; i++) {
        char message[120];
        const lint_allow *one = &l->allows[i];
        if (!one->used) {
            size_t len = churn__format(message, sizeof message,
                                       "nothing is found there that would be allowed (%s)",
                                       churn__expr_lint_name(one->detail));
            report(l, one->at, CHURN__EXPR_LINT_UNUSED_ALLOW, (churn_str){message, len});
        }
    }
}

void lint_note(lint *l, uint32_t node, int32_t detail, const char *format, ...)
{
    char message[400];
    va_list args;
    size_t at = lint_node(l, node)->at;
    if (!is_allowed(l, at, detail)) {
        va_start(args, format);
        size_t len = churn__formatv(message, sizeof message, format, args);
        va_end(args);
        report(l, at, detail, (churn_str){message, len});
    }
}

/* ---- all of them ---- */

static void run(lint *l)
{
    lint_allows(l);
    for (uint32_t i = 0; i < l->comp->node_count && l->st == CHURN_OK; i++) {
        lint_logic(l, i);
        lint_numbers(l, i);
        if (l->texts[0].failed || l->texts[1].failed) {
            l->st = churn__fail_memory(l->comp->err, l->comp->heap);
        }
    }
    if (l->st == CHURN_OK) {
        lint_allows_unused(l);
    }
}

churn_status churn__expr_lint(expr_comp *comp)
{
    lint l = {.comp = comp, .budget = BUDGET};
    if (comp->source->report == NULL || (comp->flags & CHURN__EXPR_NO_LINTS) != 0) {
        return CHURN_OK;
    }
    churn__buf_init(&l.texts[0], comp->heap);
    churn__buf_init(&l.texts[1], comp->heap);
    if (lint_facts(&l)) {
        run(&l);
    } else {
        l.st = churn__fail_memory(comp->err, comp->heap);
    }
    churn__buf_clear(&l.texts[0]);
    churn__buf_clear(&l.texts[1]);
    churn__free_array(comp->heap, l.facts, comp->node_count, sizeof *l.facts);
    churn__free_array(comp->heap, l.stack, comp->node_count, sizeof *l.stack);
    churn__free_array(comp->heap, l.allows, l.allow_capacity, sizeof *l.allows);
    return l.st;
}
