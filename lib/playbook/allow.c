/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/*
 * Comments that switch warnings off: `# churn: allow CH1701` at the end of a line, or on a line of
 * its own before it. libyaml drops comments, so they are looked for in the text: a `#` at the
 * beginning of a line or behind white space begins one unless it stands inside a quoted scalar or a
 * block, whose places the tree knows.
 */

typedef struct inside {
    uint32_t line, column, end_line, end_column;
} inside;

typedef struct allow {
    uint32_t at_line, at_column; /* of the comment */
    uint32_t line;               /* of what it speaks of */
    diagnostic code;
    bool used;
} allow;

typedef struct allows {
    builder *b;
    inside *scalars; /* where `#` is text, in the order of the file */
    size_t scalar_count, scalar_capacity, next;
    allow *items;
    size_t count, capacity;
} allows;

/* ---- scalars ---- */

static void note_scalar(allows *to, const churn__yaml_node *node)
{
    if (node->plain || !churn__grow(to->b->heap, (void **)&to->scalars, &to->scalar_capacity,
                                    to->scalar_count + 1, sizeof *to->scalars)) {
        to->b->report.failed = to->b->report.failed || !node->plain;
        return;
    }
    inside place = {node->line, node->column, node->end_line, node->end_column};
    if (node->block) { /* a comment may follow `|` and `>` */
        place.line++;
        place.column = 1;
    }
    to->scalars[to->scalar_count++] = place;
}

/* Nesting is bounded by the limit on depth of the text. */
static void note_scalars(allows *to, const churn__yaml_node *node)
{
    if (node->kind == CHURN__YAML_SCALAR) {
        note_scalar(to, node);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->kind == CHURN__YAML_MAP) {
            note_scalar(to, node->keys[i]);
        }
        note_scalars(to, node->items[i]);
    }
}

static bool is_before(uint32_t line, uint32_t column, uint32_t other_line, uint32_t other_column)
{
    return line < other_line || (line == other_line && column < other_column);
}

/* Asked in the order of the file. */
static bool is_text(allows *from, uint32_t line, uint32_t column)
{
    while (from->next < from->scalar_count) {
        const inside *s = &from->scalars[from->next];
        if (is_before(line, column, s->end_line, s->end_column)) {
            return !is_before(line, column, s->line, s->column);
        }
        from->next++;
    }
    return false;
}

/* ---- codes ---- */

static const struct {
    diagnostic code;
    const char *name;
    bool warning;
} codes[] = {
#define CHURN_E_OK CHURN_OK
#define DIAGNOSTIC(number, name, severity, status) {number, #name, CHURN_E_##status == CHURN_OK},
#include "playbook/diagnostics.inc"
#undef DIAGNOSTIC
};

static bool is_code(churn_str word, diagnostic code)
{
    if (word.len != 6 || word.ptr[0] != 'C' || word.ptr[1] != 'H') {
        return false;
    }
    int number = 0;
    for (size_t i = 2; i < 6; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9') {
            return false;
        }
        number = 10 * number + (word.ptr[i] - '0');
    }
    return number == (int)code;
}

static size_t find_code(churn_str word)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (is_code(word, codes[i].code) || churn__str_eq(word, churn__str_nts(codes[i].name))) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* ---- comments ---- */

static void add_word(allows *to, report_place place, uint32_t line, churn_str word)
{
    size_t i = find_code(word);
    if (i == SIZE_MAX || !codes[i].warning) {
        report_add(&to->b->report, DIAGNOSTIC_bad_allow, place,
                   i == SIZE_MAX ? "%q is the code or the name of no finding"
                                 : "%q is an error: only warnings can be allowed",
                   &word);
        return;
    }
    if (!churn__grow(to->b->heap, (void **)&to->items, &to->capacity, to->count + 1,
                     sizeof *to->items)) {
        to->b->report.failed = true;
        return;
    }
    to->items[to->count++] = (allow){place.line, place.column, line, codes[i].code, false};
}

/* `alone`: nothing else stands on its line; which line it speaks of is found later. */
static void take_comment(allows *to, churn_str comment, report_place place, bool alone)
{
    size_t at = 0;
    bool fault = false, any = false;
    churn_str word;
    if (!churn__expr_allow_begin(comment, &at, &fault)) {
        return;
    }
    while (!fault && churn__expr_allow_next(comment, &at, &word)) {
        add_word(to, place, alone ? 0 : place.line, word);
        any = true;
    }
    if (!any) {
        report_add(&to->b->report, DIAGNOSTIC_bad_allow, place,
                   "after `churn:` follow `allow` and the codes or names of warnings");
    }
}

/* Comments that stood alone speak of this line. */
static void settle(allows *to, uint32_t line)
{
    for (size_t i = to->count; i > 0 && to->items[i - 1].line == 0; i--) {
        to->items[i - 1].line = line;
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void take_line(allows *to, churn_str text, uint32_t line)
{
    bool silent = true;
    uint32_t column = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool begins = i == 0 || is_space(text.ptr[i - 1]);
        column += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
        if (text.ptr[i] == '#' && begins && !is_text(to, line, column)) {
            report_place place = {.line = line, .column = column};
            churn_str comment = {text.ptr + i + 1, text.len - i - 1};
            take_comment(to, comment, place, silent);
            break;
        }
        silent = silent && is_space(text.ptr[i]);
    }
    if (!silent) {
        settle(to, line);
    }
}

static void take_lines(allows *to, churn_str text)
{
    uint32_t line = 1;
    for (size_t at = 0; at < text.len && !to->b->report.failed; line++) {
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        size_t len = end != NULL ? (size_t)(end - text.ptr) - at : text.len - at;
        take_line(to, (churn_str){text.ptr + at, len}, line);
        at += len + 1;
    }
}

/* ---- what is allowed ---- */

static bool is_allowed(allows *from, const finding *what)
{
    bool allowed = false;
    for (size_t i = 0; what->status == CHURN_OK && i < from->count; i++) {
        allow *one = &from->items[i];
        if (one->line == what->line && (int32_t)one->code == what->code) {
            one->used = true;
            allowed = true;
        }
    }
    return allowed;
}

static void drop_allowed(allows *from)
{
    report *r = &from->b->report;
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!is_allowed(from, &r->findings[i])) {
            r->findings[kept++] = r->findings[i];
        }
    }
    r->count = kept;
}

/* Where there are errors, lints may not have been looked for. */
static void report_unused(allows *from)
{
    report *r = &from->b->report;
    for (size_t i = 0; r->errors == 0 && r->dropped == 0 && i < from->count; i++) {
        const allow *one = &from->items[i];
        if (!one->used) {
            report_place place = {.line = one->at_line, .column = one->at_column};
            report_add(r, DIAGNOSTIC_unused_allow, place,
                       "nothing is found on line %u that would be allowed", (uint64_t)one->line);
        }
    }
}

void b_allow(builder *b, churn_str text)
{
    allows found = {.b = b};
    if (b->root == NULL || !churn__str_contains(text, CHURN__STR("churn:"))) {
        return;
    }
    note_scalars(&found, b->root);
    take_lines(&found, text);
    if (found.count > 0) {
        drop_allowed(&found);
        if (!b->no_lints) {
            report_unused(&found);
        }
    }
    churn__free_array(b->heap, found.scalars, found.scalar_capacity, sizeof *found.scalars);
    churn__free_array(b->heap, found.items, found.capacity, sizeof *found.items);
}
