/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

/* The grammar of patterns, as Go's regexp/syntax and RE2 read it (perl flags on). */

churn_status churn__regex_fail(const regex_parser *p, size_t at, churn_status status,
                               const char *why)
{
    *p->fault = at;
    *p->why = why;
    return status;
}

churn_status churn__regex_no_memory(const regex_parser *p)
{
    return churn__regex_fail(p, p->at, CHURN_E_NOMEM, "out of memory");
}

bool churn__regex_looking_at(const regex_parser *p, const char *text)
{
    churn_str rest = {p->pattern.ptr + p->at, p->pattern.len - p->at};
    return churn__str_starts(rest, churn__str_nts(text));
}

uint32_t churn__regex_next_rune(regex_parser *p)
{
    return churn__regex_decode(p->pattern, &p->at);
}

/* ---- the tree ---- */

void churn__regex_tree_clear(regex_tree *tree)
{
    for (size_t i = 0; i < tree->set_count; i++) {
        churn__regex_set_clear(tree->heap, &tree->sets[i]);
    }
    churn__free_array(tree->heap, tree->sets, tree->set_capacity, sizeof *tree->sets);
    churn__free_array(tree->heap, tree->nodes, tree->node_capacity, sizeof *tree->nodes);
}

static churn_status add_node(regex_parser *p, uint8_t kind, uint32_t *out)
{
    regex_tree *tree = p->tree;
    if (!churn__grow(p->heap, (void **)&tree->nodes, &tree->node_capacity, tree->node_count + 1,
                     sizeof *tree->nodes)) {
        return churn__regex_no_memory(p);
    }
    *out = (uint32_t)tree->node_count++;
    tree->nodes[*out] =
        (regex_node){.kind = kind, .first = REGEX_NONE, .last = REGEX_NONE, .next = REGEX_NONE};
    return CHURN_OK;
}

static void append(regex_tree *tree, uint32_t parent, uint32_t first, uint32_t last)
{
    regex_node *node = &tree->nodes[parent];
    if (node->first == REGEX_NONE) {
        node->first = first;
    } else {
        tree->nodes[node->last].next = first;
    }
    node->last = last;
}

/* A child of a concatenation: what is empty goes, what is one itself is taken apart. */
static void append_item(regex_tree *tree, uint32_t parent, uint32_t item)
{
    const regex_node *node = item != REGEX_NONE ? &tree->nodes[item] : NULL;
    if (node == NULL || node->kind == REGEX_EMPTY) {
        return;
    }
    if (node->kind == REGEX_CONCAT) {
        append(tree, parent, node->first, node->last);
    } else {
        append(tree, parent, item, item);
    }
}

static bool same_set(const regex_set *a, const regex_set *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->ranges, b->ranges, a->count * sizeof *a->ranges) == 0);
}

/* The number of a set among those of the tree, which takes it. */
static churn_status keep_set(regex_parser *p, regex_set *set, uint32_t *out)
{
    regex_tree *tree = p->tree;
    tree->set_ranges += set->count + 1;
    if (tree->set_ranges > REGEX_MAX_RANGES) {
        return churn__regex_fail(p, p->at, CHURN_E_LIMIT, "the pattern has too many large classes");
    }
    for (size_t i = 0; i < tree->set_count; i++) {
        if (same_set(&tree->sets[i], set)) {
            *out = (uint32_t)i;
            return CHURN_OK;
        }
    }
    if (!churn__grow(p->heap, (void **)&tree->sets, &tree->set_capacity, tree->set_count + 1,
                     sizeof *tree->sets)) {
        return churn__regex_no_memory(p);
    }
    *out = (uint32_t)tree->set_count;
    tree->sets[tree->set_count++] = *set;
    *set = (regex_set){0};
    return CHURN_OK;
}

/* A node for a clean set. */
static churn_status add_set(regex_parser *p, regex_set *set, uint32_t *out)
{
    churn_status st = CHURN_OK;
    uint32_t number = 0;
    bool is_one = set->count == 1 && set->ranges[0].lo == set->ranges[0].hi;
    if (is_one) {
        CHURN_TRY(add_node(p, REGEX_LITERAL, out));
        p->tree->nodes[*out].value = set->ranges[0].lo;
        return CHURN_OK;
    }
    CHURN_TRY(keep_set(p, set, &number));
    CHURN_TRY(add_node(p, REGEX_CLASS, out));
    p->tree->nodes[*out].value = number;
done:
    return st;
}

static churn_status add_literal(regex_parser *p, uint32_t rune, uint32_t *out)
{
    churn_status st = CHURN_OK;
    regex_set set = {0};
    bool good = churn__regex_set_add(p->heap, &set, rune, rune);
    if (good && (p->flags & REGEX_FOLD) != 0) {
        good = churn__regex_set_fold(p->heap, &set);
    }
    st = good ? add_set(p, &set, out) : churn__regex_no_memory(p);
    churn__regex_set_clear(p->heap, &set);
    return st;
}

static churn_status add_dot(regex_parser *p, uint32_t *out)
{
    regex_set set = {0};
    bool all = (p->flags & REGEX_DOT_ALL) != 0;
    bool good = all ? churn__regex_set_add(p->heap, &set, 0, REGEX_LAST)
                    : churn__regex_set_add(p->heap, &set, 0, '\n' - 1) &&
                          churn__regex_set_add(p->heap, &set, '\n' + 1, REGEX_LAST);
    churn_status st = good ? add_set(p, &set, out) : churn__regex_no_memory(p);
    churn__regex_set_clear(p->heap, &set);
    return st;
}

static churn_status add_assertion(regex_parser *p, uint8_t assertion, uint32_t *out)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(add_node(p, REGEX_ASSERT, out));
    p->tree->nodes[*out].assertion = assertion;
done:
    return st;
}

/* ---- repetition ---- */

/* A number without leading zeros, of at most four digits that count; false: none here. */
static bool read_count(const regex_parser *p, size_t *at, uint32_t *out)
{
    size_t from = *at;
    *out = 0;
    while (*at < p->pattern.len && p->pattern.ptr[*at] >= '0' && p->pattern.ptr[*at] <= '9') {
        uint32_t digit = (uint32_t)(p->pattern.ptr[*at] - '0');
        *out = *out < 10000 ? *out * 10 + digit : *out;
        (*at)++;
    }
    return *at == from + 1 || (*at > from && p->pattern.ptr[from] != '0');
}

/* {n} {n,} {n,m}; anything else is a brace that means itself. */
static bool read_braces(const regex_parser *p, size_t *end, uint32_t *min, uint32_t *max)
{
    size_t at = p->at + 1;
    if (!read_count(p, &at, min)) {
        return false;
    }
    *max = *min;
    if (at < p->pattern.len && p->pattern.ptr[at] == ',') {
        at++;
        if (!read_count(p, &at, max)) {
            *max = REGEX_NONE;
        }
    }
    *end = at + 1;
    return at < p->pattern.len && p->pattern.ptr[at] == '}';
}

static bool read_repeat(const regex_parser *p, size_t *end, uint32_t *min, uint32_t *max)
{
    *end = p->at + 1;
    switch (regex_peek(p, 0)) {
    case '*':
        *min = 0;
        *max = REGEX_NONE;
        return true;
    case '+':
        *min = 1;
        *max = REGEX_NONE;
        return true;
    case '?':
        *min = 0;
        *max = 1;
        return true;
    case '{':
        return read_braces(p, end, min, max);
    default:
        return false;
    }
}

static churn_status check_repeat(const regex_parser *p, bool repeated, uint32_t item, uint32_t min,
                                 uint32_t max)
{
    if (repeated) {
        return regex_peek(p, 0) == '+'
                   ? churn__regex_fail(
                         p, p->at, CHURN_E_UNSUPPORTED,
                         "possessive repetition is left out: nothing backtracks here, so "
                         "leave out the `+`")
                   : churn__regex_fail(
                         p, p->at, CHURN_E_PARSE,
                         "a repetition of a repetition: put the inner one into (?:...)");
    }
    if (item == REGEX_NONE) {
        return churn__regex_fail(p, p->at, CHURN_E_PARSE, "a repetition of nothing");
    }
    if (min > CHURN__REGEX_MAX_REPEAT || (max != REGEX_NONE && max > CHURN__REGEX_MAX_REPEAT)) {
        return churn__regex_fail(p, p->at, CHURN_E_LIMIT, "more than 1000 repetitions");
    }
    return min <= max
               ? CHURN_OK
               : churn__regex_fail(p, p->at, CHURN_E_PARSE, "the least of {n,m} is above the most");
}

/* ---- groups ---- */

static churn_status parse_alternatives(regex_parser *p, uint32_t *out);

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static churn_status keep_name(regex_parser *p, churn_str name, size_t at)
{
    for (size_t i = 0; i < p->name_count; i++) {
        if (churn__str_eq(p->names[i], name)) {
            return churn__regex_fail(p, at, CHURN_E_PARSE, "two groups have one name");
        }
    }
    if (!churn__grow(p->heap, (void **)&p->names, &p->name_capacity, p->name_count + 1,
                     sizeof *p->names)) {
        return churn__regex_no_memory(p);
    }
    p->names[p->name_count++] = name;
    return CHURN_OK;
}

/* `<name>` */
static churn_status parse_name(regex_parser *p)
{
    size_t from = ++p->at;
    while (is_word(regex_peek(p, 0))) {
        p->at++;
    }
    if (p->at == from || regex_peek(p, 0) != '>') {
        return churn__regex_fail(p, from, CHURN_E_PARSE,
                                 "the name of a group is letters, digits and `_` between < and >");
    }
    churn_str name = {p->pattern.ptr + from, p->at - from};
    p->at++;
    return keep_name(p, name, from);
}

/* What stands after `(?` in other dialects. */
static churn_status check_left_out(const regex_parser *p, size_t open)
{
    static const struct {
        const char *form, *why;
    } forms[] = {
        {"=", "lookahead is left out: it cannot be answered in linear time"},
        {"!", "negative lookahead is left out: match twice and join with `&& !`"},
        {"<=", "lookbehind is left out: it cannot be answered in linear time"},
        {"<!", "negative lookbehind is left out: it cannot be answered in linear time"},
        {">", "atomic groups are left out: nothing backtracks here, write (?:...)"},
        {"#", "comments are left out of patterns"},
        {"|", "branch reset groups are left out: write (?:...)"},
        {"(", "conditions are left out of patterns"},
        {"P=", "backreferences are left out: they cannot be answered in linear time"},
        {"P>", "recursion is left out of patterns"},
        {"R", "recursion is left out of patterns"},
        {"&", "recursion is left out of patterns"},
        {"'", "groups are named in the form (?<name>...)"},
        {"x", "the flag x is left out: write the pattern without spaces"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (churn__regex_looking_at(p, forms[i].form)) {
            return churn__regex_fail(p, open, CHURN_E_UNSUPPORTED, forms[i].why);
        }
    }
    return CHURN_OK;
}

static uint32_t flag_of(char c)
{
    switch (c) {
    case 'i':
        return REGEX_FOLD;
    case 'm':
        return REGEX_MULTI_LINE;
    case 's':
        return REGEX_DOT_ALL;
    case 'U':
        return REGEX_LAZY;
    default:
        return 0;
    }
}

/* `ims-U` up to `:` or `)`, which is not read. */
static churn_status parse_flags(regex_parser *p, size_t open)
{
    bool off = false, any = false;
    for (; regex_peek(p, 0) != ':' && regex_peek(p, 0) != ')'; p->at++) {
        char c = regex_peek(p, 0);
        uint32_t flag = flag_of(c);
        if (c == '-' && !off) {
            off = true;
            any = false;
        } else if (flag != 0) {
            p->flags = off ? p->flags & ~flag : p->flags | flag;
            any = true;
        } else {
            return !regex_more(p)
                       ? churn__regex_fail(p, open, CHURN_E_PARSE, "a group is never closed")
                       : churn__regex_fail(p, p->at, CHURN_E_PARSE,
                                           "unknown flag: there are i, m, s and U");
        }
    }
    return off && !any ? churn__regex_fail(p, p->at, CHURN_E_PARSE, "a flag is missing after `-`")
                       : CHURN_OK;
}

static churn_status parse_inside(regex_parser *p, size_t open, uint32_t outer, uint32_t *out)
{
    churn_status st = CHURN_OK;
    if (p->depth >= CHURN__REGEX_MAX_DEPTH) {
        return churn__regex_fail(p, open, CHURN_E_LIMIT, "groups stand in each other too deep");
    }
    p->depth++;
    CHURN_TRY(parse_alternatives(p, out));
    p->depth--;
    if (!regex_more(p)) {
        return churn__regex_fail(p, open, CHURN_E_PARSE, "a group is never closed");
    }
    p->at++;
    p->flags = outer;
done:
    return st;
}

/* From `(` on. `*out` stays REGEX_NONE for flags that hold from here on. */
static churn_status parse_group(regex_parser *p, uint32_t *out)
{
    churn_status st = CHURN_OK;
    size_t open = p->at++;
    uint32_t outer = p->flags;
    if (regex_peek(p, 0) != '?') {
        return parse_inside(p, open, outer, out);
    }
    p->at++;
    CHURN_TRY(check_left_out(p, open));
    if (churn__regex_looking_at(p, "P<")) {
        p->at++;
    }
    if (regex_peek(p, 0) == '<') {
        CHURN_TRY(parse_name(p));
        return parse_inside(p, open, outer, out);
    }
    CHURN_TRY(parse_flags(p, open));
    p->at++;
    if (p->pattern.ptr[p->at - 1] == ':') {
        CHURN_TRY(parse_inside(p, open, outer, out));
    }
done:
    return st;
}

/* ---- atoms ---- */

/* A backslash outside of classes; \Q is not one of its. */
static churn_status parse_backslash(regex_parser *p, uint32_t *out)
{
    churn_status st = CHURN_OK;
    regex_set set = {0};
    bool found = false;
    uint32_t rune = 0;
    static const char marks[] = "AzbB";
    static const uint8_t assertions[] = {REGEX_BEGIN_TEXT, REGEX_END_TEXT, REGEX_WORD,
                                         REGEX_NOT_WORD};
    const char *mark = regex_peek(p, 1) != '\0' ? strchr(marks, regex_peek(p, 1)) : NULL;
    if (mark != NULL) {
        p->at += 2;
        return add_assertion(p, assertions[mark - marks], out);
    }
    CHURN_TRY(churn__regex_parse_class_escape(p, &set, &found));
    if (found) {
        CHURN_TRY(churn__regex_set_clean(p->heap, &set) ? CHURN_OK : churn__regex_no_memory(p));
        CHURN_TRY(add_set(p, &set, out));
    } else {
        CHURN_TRY(churn__regex_parse_escape(p, &rune));
        CHURN_TRY(add_literal(p, rune, out));
    }
done:
    churn__regex_set_clear(p->heap, &set);
    return st;
}

static churn_status parse_brackets(regex_parser *p, uint32_t *out)
{
    regex_set set = {0};
    churn_status st = churn__regex_parse_class(p, &set);
    if (st == CHURN_OK) {
        st = add_set(p, &set, out);
    }
    churn__regex_set_clear(p->heap, &set);
    return st;
}

static churn_status parse_atom(regex_parser *p, uint32_t *out)
{
    bool lines = (p->flags & REGEX_MULTI_LINE) != 0;
    switch (regex_peek(p, 0)) {
    case '(':
        return parse_group(p, out);
    case '[':
        return parse_brackets(p, out);
    case '.':
        p->at++;
        return add_dot(p, out);
    case '^':
        p->at++;
        return add_assertion(p, lines ? REGEX_BEGIN_LINE : REGEX_BEGIN_TEXT, out);
    case '$':
        p->at++;
        return add_assertion(p, lines ? REGEX_END_LINE : REGEX_END_TEXT, out);
    case '\\':
        return parse_backslash(p, out);
    default:
        return add_literal(p, churn__regex_next_rune(p), out);
    }
}

/* ---- sequences and alternatives ---- */

typedef struct sequence {
    uint32_t node;
    uint32_t item; /* the last, which a repetition may still take */
    bool repeated; /* it was one just now */
} sequence;

static void next_item(regex_parser *p, sequence *seq, uint32_t item)
{
    append_item(p->tree, seq->node, seq->item);
    seq->item = item;
}

/* \Q...\E: characters without meaning, up to the end where \E is absent. */
static churn_status parse_quoted(regex_parser *p, sequence *seq)
{
    churn_status st = CHURN_OK;
    uint32_t item = REGEX_NONE;
    p->at += 2;
    while (regex_more(p) && !churn__regex_looking_at(p, "\\E")) {
        CHURN_TRY(add_literal(p, churn__regex_next_rune(p), &item));
        next_item(p, seq, item);
    }
    p->at += regex_more(p) ? 2 : 0;
done:
    return st;
}

static churn_status parse_repeat(regex_parser *p, sequence *seq, size_t end, uint32_t min,
                                 uint32_t max)
{
    churn_status st = CHURN_OK;
    uint32_t node = 0;
    CHURN_TRY(check_repeat(p, seq->repeated, seq->item, min, max));
    p->at = end;
    if (regex_peek(p, 0) == '?') { /* lazy: the same, where only whether it matches counts */
        p->at++;
    }
    CHURN_TRY(add_node(p, REGEX_REPEAT, &node));
    p->tree->nodes[node].min = min;
    p->tree->nodes[node].max = max;
    append(p->tree, node, seq->item, seq->item);
    seq->item = node;
done:
    return st;
}

static churn_status parse_one(regex_parser *p, sequence *seq)
{
    churn_status st = CHURN_OK;
    size_t end = 0;
    uint32_t min = 0, max = 0, item = REGEX_NONE;
    bool repeats = read_repeat(p, &end, &min, &max);
    if (repeats) {
        CHURN_TRY(parse_repeat(p, seq, end, min, max));
    } else if (churn__regex_looking_at(p, "\\Q")) {
        CHURN_TRY(parse_quoted(p, seq));
    } else {
        CHURN_TRY(parse_atom(p, &item));
        if (item != REGEX_NONE) {
            next_item(p, seq, item);
        }
    }
    seq->repeated = repeats;
done:
    return st;
}

static churn_status parse_sequence(regex_parser *p, uint32_t *out)
{
    churn_status st = CHURN_OK;
    sequence seq = {.item = REGEX_NONE};
    CHURN_TRY(add_node(p, REGEX_CONCAT, &seq.node));
    while (regex_more(p) && regex_peek(p, 0) != '|' && regex_peek(p, 0) != ')') {
        CHURN_TRY(parse_one(p, &seq));
    }
    append_item(p->tree, seq.node, seq.item);
    regex_node *node = &p->tree->nodes[seq.node];
    *out = seq.node;
    if (node->first == REGEX_NONE) {
        node->kind = REGEX_EMPTY;
    } else if (node->first == node->last) {
        *out = node->first;
    }
done:
    return st;
}

static churn_status parse_alternatives(regex_parser *p, uint32_t *out)
{
    churn_status st = CHURN_OK;
    uint32_t branch = 0, node = 0;
    CHURN_TRY(parse_sequence(p, out));
    if (regex_peek(p, 0) != '|') {
        return CHURN_OK;
    }
    CHURN_TRY(add_node(p, REGEX_ALT, &node));
    append(p->tree, node, *out, *out);
    while (regex_peek(p, 0) == '|') {
        p->at++;
        CHURN_TRY(parse_sequence(p, &branch));
        append(p->tree, node, branch, branch);
    }
    *out = node;
done:
    return st;
}

churn_status churn__regex_parse(regex_parser *p)
{
    churn_status st = CHURN_OK;
    size_t fault = churn__utf8_fault(p->pattern.ptr, p->pattern.len);
    if (p->pattern.len > CHURN__REGEX_MAX_PATTERN) {
        return churn__regex_fail(p, CHURN__REGEX_MAX_PATTERN, CHURN_E_LIMIT,
                                 "the pattern is too long");
    }
    if (fault != SIZE_MAX) {
        return churn__regex_fail(p, fault, CHURN_E_UTF8, "the pattern is not UTF-8");
    }
    CHURN_TRY(parse_alternatives(p, &p->tree->root));
    if (regex_more(p)) {
        st = churn__regex_fail(p, p->at, CHURN_E_PARSE, "`)` closes no group");
    }
done:
    churn__free_array(p->heap, p->names, p->name_capacity, sizeof *p->names);
    return st;
}
