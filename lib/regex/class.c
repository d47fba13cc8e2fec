/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

/* Escapes, and what stands between brackets. */

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* \xHH or \x{H...}; `at` is after the x. */
static churn_status parse_hex(regex_parser *p, size_t start, uint32_t *rune)
{
    bool braces = regex_peek(p, 0) == '{';
    size_t digits = 0;
    p->at += braces ? 1 : 0;
    *rune = 0;
    while (hex_digit(regex_peek(p, 0)) >= 0 && (braces || digits < 2) && *rune <= REGEX_LAST) {
        *rune = *rune * 16 + (uint32_t)hex_digit(regex_peek(p, 0));
        digits++;
        p->at++;
    }
    if (*rune > REGEX_LAST) {
        return churn__regex_fail(p, start, CHURN_E_PARSE, "a code point is at most 10FFFF");
    }
    if (braces ? digits == 0 || regex_peek(p, 0) != '}' : digits != 2) {
        return churn__regex_fail(p, start, CHURN_E_PARSE,
                                 "a code point is written \\x and two digits, or \\x{...}");
    }
    p->at += braces ? 1 : 0;
    return CHURN_OK;
}

static void parse_octal(regex_parser *p, uint32_t *rune)
{
    *rune = 0;
    for (int i = 0; i < 3 && is_octal(regex_peek(p, 0)); i++) {
        *rune = *rune * 8 + (uint32_t)(regex_peek(p, 0) - '0');
        p->at++;
    }
}

/* Escapes that other dialects have. */
static churn_status unknown_escape(const regex_parser *p, size_t start, char c)
{
    static const struct {
        char c;
        const char *why;
    } others[] = {
        {'C', "\\C is left out: it would cut characters"},
        {'E', "\\E without \\Q"},
        {'G', "\\G is left out: there is no match before this one"},
        {'K', "\\K is left out: only whether a pattern matches counts"},
        {'N', "\\N is left out: write [^\\n]"},
        {'R', "\\R is left out: write (?:\\r\\n|\\n|\\r)"},
        {'X', "\\X is left out: graphemes are not told apart"},
        {'Z', "\\Z is left out: write \\z for the end of the text"},
        {'g', "backreferences are left out: they cannot be answered in linear time"},
        {'h', "\\h is left out: write [\\t ]"},
        {'k', "backreferences are left out: they cannot be answered in linear time"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (others[i].c == c) {
            return churn__regex_fail(p, start, CHURN_E_UNSUPPORTED, others[i].why);
        }
    }
    return churn__regex_fail(p, start, CHURN_E_PARSE, "unknown escape");
}

static bool is_punctuation(char c)
{
    unsigned char u = (unsigned char)c;
    bool letter = (u | 0x20u) >= 'a' && (u | 0x20u) <= 'z';
    return u < 0x80 && !letter && !(u >= '0' && u <= '9');
}

churn_status churn__regex_parse_escape(regex_parser *p, uint32_t *rune)
{
    static const char letters[] = "afnrtv", means[] = "\a\f\n\r\t\v";
    size_t start = p->at++;
    char c = regex_peek(p, 0);
    if (!regex_more(p)) {
        return churn__regex_fail(p, start, CHURN_E_PARSE, "a `\\` at the end");
    }
    if (c == '0' || (is_octal(c) && is_octal(regex_peek(p, 1)))) {
        parse_octal(p, rune);
        return CHURN_OK;
    }
    if (c >= '1' && c <= '9') {
        return churn__regex_fail(
            p, start, CHURN_E_UNSUPPORTED,
            "backreferences are left out: they cannot be answered in linear time");
    }
    p->at++;
    if (c == 'x') {
        return parse_hex(p, start, rune);
    }
    const char *letter = c != '\0' ? strchr(letters, c) : NULL;
    *rune = (unsigned char)(letter != NULL ? means[letter - letters] : c);
    return letter != NULL || is_punctuation(c) ? CHURN_OK : unknown_escape(p, start, c);
}

/* ---- classes with a name ---- */

/* Take what a name stands for: folded where (?i) holds, then, with `negate`, all but that. */
static churn_status take_named(regex_parser *p, regex_set *named, bool negate, regex_set *set)
{
    bool good = churn__regex_set_clean(p->heap, named);
    if (good && (p->flags & REGEX_FOLD) != 0) {
        good = churn__regex_set_fold(p->heap, named);
    }
    good = good && (!negate || churn__regex_set_negate(p->heap, named));
    for (size_t i = 0; good && i < named->count; i++) {
        good = churn__regex_set_add(p->heap, set, named->ranges[i].lo, named->ranges[i].hi);
    }
    return good ? CHURN_OK : churn__regex_no_memory(p);
}

/* `\pL`, `\p{Name}`, `\p{^Name}` and with P. */
static churn_status parse_unicode(regex_parser *p, regex_set *named, bool *negate)
{
    size_t start = p->at, from = p->at + 2, end = from + 1;
    bool known = false;
    *negate = regex_peek(p, 1) == 'P';
    if (regex_peek(p, 2) == '{') {
        const char *brace = memchr(p->pattern.ptr + from, '}', p->pattern.len - from);
        if (brace == NULL) {
            return churn__regex_fail(p, start, CHURN_E_PARSE, "\\p{ is never closed");
        }
        end = (size_t)(brace - p->pattern.ptr);
        from++;
        if (from < end && p->pattern.ptr[from] == '^') {
            *negate = !*negate;
            from++;
        }
        p->at = end + 1;
    } else {
        p->at = end;
    }
    churn_str name = {p->pattern.ptr + from, 0};
    name.len = end <= p->pattern.len ? end - from : 0;
    if (!churn__regex_add_unicode(p->heap, named, name, &known)) {
        return churn__regex_no_memory(p);
    }
    return known ? CHURN_OK
                 : churn__regex_fail(
                       p, start, CHURN_E_PARSE,
                       "unknown class of Unicode: there are categories, such as \\pL or "
                       "\\p{Nd}, and scripts, such as \\p{Greek}");
}

churn_status churn__regex_parse_class_escape(regex_parser *p, regex_set *set, bool *found)
{
    churn_status st = CHURN_OK;
    regex_set named = {0};
    bool negate = false;
    char c = regex_peek(p, 1), lower = (char)(c | 0x20);
    *found = regex_peek(p, 0) == '\\' &&
             (lower == 'p' || lower == 'd' || lower == 's' || lower == 'w') && c != '\0';
    if (!*found) {
        return CHURN_OK;
    }
    if (lower == 'p') {
        CHURN_TRY(parse_unicode(p, &named, &negate));
    } else {
        negate = c != lower;
        p->at += 2;
        CHURN_TRY(churn__regex_add_perl(p->heap, &named, lower) ? CHURN_OK
                                                                : churn__regex_no_memory(p));
    }
    CHURN_TRY(take_named(p, &named, negate, set));
done:
    churn__regex_set_clear(p->heap, &named);
    return st;
}

/* `[:alpha:]` inside brackets; *found false: a `[` that means itself. */
static churn_status parse_posix(regex_parser *p, regex_set *set, bool *found)
{
    churn_status st = CHURN_OK;
    regex_set named = {0};
    bool known = false, negate = regex_peek(p, 2) == '^';
    size_t from = p->at + 2;
    *found = false;
    const char *end = from < p->pattern.len
                          ? memmem(p->pattern.ptr + from, p->pattern.len - from, ":]", 2)
                          : NULL;
    if (end == NULL) {
        return CHURN_OK;
    }
    *found = true;
    from += negate ? 1 : 0;
    churn_str name = {p->pattern.ptr + from, (size_t)(end - p->pattern.ptr) - from};
    CHURN_TRY(churn__regex_add_posix(p->heap, &named, name, &known) ? CHURN_OK
                                                                    : churn__regex_no_memory(p));
    if (!known) {
        CHURN_TRY(
            churn__regex_fail(p, p->at, CHURN_E_PARSE,
                              "unknown class: there are alnum alpha ascii blank cntrl digit graph "
                              "lower print punct space upper word xdigit"));
    }
    CHURN_TRY(take_named(p, &named, negate, set));
    p->at = (size_t)(end - p->pattern.ptr) + 2;
done:
    churn__regex_set_clear(p->heap, &named);
    return st;
}

/* ---- brackets ---- */

static churn_status parse_class_rune(regex_parser *p, uint32_t *rune)
{
    if (regex_peek(p, 0) == '\\') {
        return churn__regex_parse_escape(p, rune);
    }
    *rune = churn__regex_next_rune(p);
    return CHURN_OK;
}

static churn_status parse_range(regex_parser *p, regex_set *set)
{
    churn_status st = CHURN_OK;
    size_t start = p->at;
    uint32_t lo = 0, hi = 0;
    CHURN_TRY(parse_class_rune(p, &lo));
    hi = lo;
    if (regex_peek(p, 0) == '-' && p->at + 1 < p->pattern.len && regex_peek(p, 1) != ']') {
        p->at++;
        CHURN_TRY(parse_class_rune(p, &hi));
    }
    if (hi < lo) {
        return churn__regex_fail(p, start, CHURN_E_PARSE, "a range ends before it begins");
    }
    CHURN_TRY(churn__regex_set_add(p->heap, set, lo, hi) ? CHURN_OK : churn__regex_no_memory(p));
done:
    return st;
}

static churn_status parse_element(regex_parser *p, regex_set *set)
{
    churn_status st = CHURN_OK;
    bool found = false;
    if (churn__regex_looking_at(p, "[:")) {
        CHURN_TRY(parse_posix(p, set, &found));
    }
    if (!found) {
        CHURN_TRY(churn__regex_parse_class_escape(p, set, &found));
    }
    if (!found) {
        CHURN_TRY(parse_range(p, set));
    }
done:
    return st;
}

churn_status churn__regex_parse_class(regex_parser *p, regex_set *set)
{
    churn_status st = CHURN_OK;
    size_t start = p->at++;
    bool negate = regex_peek(p, 0) == '^', good = true;
    p->at += negate ? 1 : 0;
    for (bool first = true; first || regex_peek(p, 0) != ']'; first = false) {
        if (!regex_more(p)) {
            return churn__regex_fail(p, start, CHURN_E_PARSE, "a `[` is never closed");
        }
        CHURN_TRY(parse_element(p, set));
        if (set->count > REGEX_MAX_RANGES) {
            return churn__regex_fail(p, p->at, CHURN_E_LIMIT,
                                     "the pattern has too many large classes");
        }
    }
    p->at++;
    good = churn__regex_set_clean(p->heap, set);
    if (good && (p->flags & REGEX_FOLD) != 0) {
        good = churn__regex_set_fold(p->heap, set);
    }
    good = good && (!negate || churn__regex_set_negate(p->heap, set));
    st = good ? CHURN_OK : churn__regex_no_memory(p);
done:
    return st;
}
