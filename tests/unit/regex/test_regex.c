/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "regex/regex_inside.h"

static churn__heap *heap;

static churn__regex *compiled(const char *pattern)
{
    churn__regex *regex = NULL;
    size_t fault = 0;
    const char *why = NULL;
    churn_status st = churn__regex_compile(heap, churn__str_nts(pattern), &regex, &fault, &why);
    if (st != CHURN_OK) {
        fail_msg("%s: %s at %zu", pattern, why, fault);
    }
    return regex;
}

/* By whatever way is chosen, and by simulation. */
static bool matches(const churn__regex *regex, const char *text)
{
    void *room = malloc(churn__regex_machine_room(regex));
    bool fast = churn__regex_match(regex, churn__str_nts(text), room);
    bool slow = churn__regex_simulate(regex, churn__str_nts(text), room, NULL);
    free(room);
    assert_int_equal(fast, slow);
    return fast;
}

typedef struct answer {
    const char *pattern, *text;
    bool matches;
} answer;

static void check_answers(const answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        churn__regex *regex = compiled(answers[i].pattern);
        if (matches(regex, answers[i].text) != answers[i].matches) {
            fail_msg("%s on %s", answers[i].pattern, answers[i].text);
        }
        churn__regex_free(regex);
    }
}

#define CHECK(answers) check_answers(answers, sizeof(answers) / sizeof *(answers))

static void match__syntax__as_re2(void **state)
{
    /* Each line was asked of Go's regexp too: compare_with_go.py asks many more. */
    static const answer answers[] = {
        {"", "", true},
        {"", "x", true},
        {"ubb", "hubba", true},
        {"foo|bar", "", false},
        {"gr(a|e)y", "grey", true},
        {"gr(a|e)y", "groy", false},
        {"ba(na)*", "banana", true},
        {"a+ñ+a+", "mañana", true},
        {"(a|😀){2}", "🐱😀😀", true},
        {"(a|😀){2}", "🐱😀", false},
        {"^abc$", "abc", true},
        {"^abc$", "abcd", false},
        {"^abc", "xabc", false},
        {"abc$", "xabc", true},
        {"abc$", "abc\n", false},
        {"(?m)abc$", "abc\n", true},
        {"(?m)^b$", "a\nb\nc", true},
        {"^b$", "a\nb\nc", false},
        {"\\Ab", "a\nb", false},
        {"b\\z", "a\nb", true},
        {"(?m)\\Ab", "a\nb", false},
        {"a.c", "a\nc", false},
        {"(?s)a.c", "a\nc", true},
        {"a.c", "aéc", true},
        {"a.c", "a😀c", true},
        {"^.$", "é", true},
        {"(?i)straße", "STRAẞE", true},
        {"(?i)ΣΑΣ", "σας", true},
        {"(?i)k", "\xE2\x84\xAA", true}, /* the sign of kelvin */
        {"(?i)[^k]", "\xE2\x84\xAA", false},
        {"(?i:a)b", "Ab", true},
        {"(?i:a)b", "AB", false},
        {"(?i)a(?-i)b", "Ab", true},
        {"(?i)a(?-i)b", "AB", false},
        {"((?i)a)b", "AB", false},
        {"\\bfoo\\b", "a foo b", true},
        {"\\bfoo\\b", "afoo b", false},
        {"\\bfoo\\b", "foo", true},
        {"\\bé", "é", false}, /* words are ASCII */
        {"foo\\B", "food", true},
        {"foo\\B", "foo", false},
        {"\\B", "", true},
        {"\\b", "", false},
        {"[[:alpha:]]+\\d{2,}", "ab12", true},
        {"^[^a-c]+$", "xyz", true},
        {"^[^a-c]+$", "xbz", false},
        {"[]a]", "]", true},
        {"[^]a]", "]", false},
        {"[a-]", "-", true},
        {"[\\d-x]", "-", true},
        {"[[a]", "[", true},
        {"^\\pL+$", "Ärger", true},
        {"^\\pL+$", "a1", false},
        {"\\p{Greek}", "abγ", true},
        {"\\p{^Greek}", "γ", false},
        {"\\P{Lu}", "A", false},
        {"[^\\PL]", "é", true},
        {"\\pN", "٣", true},
        {"\\d", "٣", false},
        {"a{2,3}$", "aa", true},
        {"^a{2,3}$", "aaaa", false},
        {"^a{0}$", "", true},
        {"a{,2}", "a{,2}", true},
        {"a{02}", "aa", false},
        {"x{", "x{", true},
        {"(?:a*)*b", "b", true},
        {"(a|b)*?c", "ababc", true},
        {"\\x41\\x{1F600}", "A😀", true},
        {"\\101", "A", true},
        {"\\Qa.b\\E+", "a.bb", true},
        {"\\Qa.b", "axb", false},
        {"a\\.b", "axb", false},
        {"\\t\\n\\r\\f\\v\\a", "\t\n\r\f\v\a", true},
        {"(?P<year>\\d{4})-(?<month>\\d\\d)", "on 2026-02-01", true},
        {"[^\\x00-\\x{10FFFF}]", "anything", false},
        {"(?U)a+", "aa", true},
        {"^(|a)$", "", true},
        {"^(a|)$", "b", false},
        {"(^|,)pro(,|$)", "free,pro", true},
        {"(^|,)pro(,|$)", "free,prop", false},
        {"$^", "", true},
        {"$^", "a", false},
        {"^*a", "ba", true},
        {".*foo.*bar", "a foo and a bar", true},
        {".*foo.*bar", "a bar and a foo", false},
        {"^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$", "a.b+c@example.co.uk", true},
        {"^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$", "a.b+c@example", false},
    };
    (void)state;
    CHECK(answers);
}

static void match__what_follows_a_prefix__is_found_wherever_it_stands(void **state)
{
    static const answer answers[] = {
        {"ab+c", "xxabxxabxxabbc", true},
        {"ab+c", "xxabxxabxxabb", false},
        {"aab", "aaab", true},
        {"aa[bc]", "aaaac", true},
        {"foo\\b", "food foo", true},
        {"foo\\b", "food fool", false},
        {"a+\\b.x", "éa-x", true},
        {"(?m)ab$", "abc\nab\n", true},
        {"(?m)ab(^|$)", "abc\nabc", false},
        {"é\\b", "éa", true},
        {"é+[x]\\b", "ééxy éx", true},
    };
    (void)state;
    CHECK(answers);
}

static void match__bytes_that_are_no_utf8__count_as_replacement(void **state)
{
    static const answer answers[] = {
        {"^.$", "\xFF", true},
        {"\\x{FFFD}", "\xC3", true},
        {"\xEF\xBF\xBD", "\xF0\x9F", true},
        {"^a.b$", "a\xE2\x28", false},
        {"^..$", "\xE2\x82", true},
        {"^...$", "\xED\xA0\x80", true},
        {"\\x{D800}", "\xED\xA0\x80", false},
        {"^.$", "\xC0\x80", false},
    };
    (void)state;
    CHECK(answers);
}

typedef struct refusal {
    const char *pattern;
    churn_status status;
    size_t fault;
    const char *why;
} refusal;

static void compile__not_of_the_syntax__is_refused_with_its_place(void **state)
{
    static const refusal refusals[] = {
        {"a(b", CHURN_E_PARSE, 1, "never closed"},
        {"a)b", CHURN_E_PARSE, 1, "closes no group"},
        {"a[b", CHURN_E_PARSE, 1, "never closed"},
        {"*a", CHURN_E_PARSE, 0, "repetition of nothing"},
        {"a|*", CHURN_E_PARSE, 2, "repetition of nothing"},
        {"a**", CHURN_E_PARSE, 2, "repetition of a repetition"},
        {"a*+", CHURN_E_UNSUPPORTED, 2, "possessive"},
        {"a{2}{3}", CHURN_E_PARSE, 4, "repetition of a repetition"},
        {"a{3,2}", CHURN_E_PARSE, 1, "least"},
        {"a{1001}", CHURN_E_LIMIT, 1, "1000"},
        {"a\\", CHURN_E_PARSE, 1, "at the end"},
        {"a\\q", CHURN_E_PARSE, 1, "unknown escape"},
        {"[z-a]", CHURN_E_PARSE, 1, "range"},
        {"[[:foo:]]", CHURN_E_PARSE, 1, "alnum"},
        {"a\\p{Foo}", CHURN_E_PARSE, 1, "unknown class"},
        {"\\p{Greek", CHURN_E_PARSE, 0, "never closed"},
        {"\\pQ", CHURN_E_PARSE, 0, "unknown class"},
        {"\\p", CHURN_E_PARSE, 0, "unknown class"},
        {"\\x{110000}", CHURN_E_PARSE, 0, "10FFFF"},
        {"\\x4", CHURN_E_PARSE, 0, "two digits"},
        {"(?z)", CHURN_E_PARSE, 2, "flag"},
        {"(?i-)", CHURN_E_PARSE, 4, "flag is missing"},
        {"(?P<a>x)(?<a>y)", CHURN_E_PARSE, 11, "one name"},
        {"(?<a-b>x)", CHURN_E_PARSE, 3, "name of a group"},
        {"(a)\\1", CHURN_E_UNSUPPORTED, 3, "backreferences"},
        {"(?P<n>a)(?P=n)", CHURN_E_UNSUPPORTED, 8, "backreferences"},
        {"\\k<n>", CHURN_E_UNSUPPORTED, 0, "backreferences"},
        {"a(?=b)", CHURN_E_UNSUPPORTED, 1, "lookahead"},
        {"a(?!b)", CHURN_E_UNSUPPORTED, 1, "lookahead"},
        {"(?<=a)b", CHURN_E_UNSUPPORTED, 0, "lookbehind"},
        {"(?<!a)b", CHURN_E_UNSUPPORTED, 0, "lookbehind"},
        {"(?>a)", CHURN_E_UNSUPPORTED, 0, "atomic"},
        {"(?#a)", CHURN_E_UNSUPPORTED, 0, "comments"},
        {"(?x)a", CHURN_E_UNSUPPORTED, 0, "flag x"},
        {"(?R)", CHURN_E_UNSUPPORTED, 0, "recursion"},
        {"(?(1)a)", CHURN_E_UNSUPPORTED, 0, "conditions"},
        {"a\\Gb", CHURN_E_UNSUPPORTED, 1, "\\G"},
        {"a\\Z", CHURN_E_UNSUPPORTED, 1, "\\z"},
        {"\\C", CHURN_E_UNSUPPORTED, 0, "\\C"},
        {"a\\E", CHURN_E_UNSUPPORTED, 1, "\\E"},
        {"a\xFF", CHURN_E_UTF8, 1, "UTF-8"},
        {"((a{100}){100}){100}", CHURN_E_LIMIT, 0, "multiply"},
        {"((((){1000}){1000}){1000}){1000}", CHURN_E_LIMIT, 0, "multiply"},
        {"(\\pL{1000}){11}", CHURN_E_LIMIT, 0, "multiply"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *r = &refusals[i];
        churn__regex *regex = NULL;
        size_t fault = 99;
        const char *why = NULL;
        churn_status st =
            churn__regex_compile(heap, churn__str_nts(r->pattern), &regex, &fault, &why);
        if (st != r->status || fault != r->fault || strstr(why, r->why) == NULL) {
            fail_msg("%s: status %d at %zu: %s", r->pattern, st, fault, why);
        }
        assert_null(regex);
    }
}

static void compile__deep_or_long__is_refused(void **state)
{
    static char pattern[CHURN__REGEX_MAX_PATTERN + 2];
    churn__regex *regex = NULL;
    size_t fault = 0, deep = CHURN__REGEX_MAX_DEPTH;
    const char *why = NULL;
    (void)state;
    memset(pattern, 'a', sizeof pattern - 1);
    assert_int_equal(churn__regex_compile(heap, churn__str_nts(pattern), &regex, &fault, &why),
                     CHURN_E_LIMIT);
    memset(pattern, '(', deep);
    memset(pattern + deep, ')', deep);
    assert_ok(churn__regex_compile(heap, (churn_str){pattern, 2 * deep}, &regex, &fault, &why));
    churn__regex_free(regex);
    pattern[deep] = '(';
    assert_int_equal(
        churn__regex_compile(heap, (churn_str){pattern, 2 * deep + 2}, &regex, &fault, &why),
        CHURN_E_LIMIT);
    assert_int_equal(fault, deep);
}

static void compile__many_large_classes__is_bounded(void **state)
{
    static char pattern[6 * 2000 + 1];
    churn__regex *regex = NULL;
    size_t fault = 0;
    const char *why = NULL;
    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        memcpy(pattern + 6 * i, "[\\pLx]", 6);
    }
    assert_int_equal(churn__regex_compile(heap, churn__str_nts(pattern), &regex, &fault, &why),
                     CHURN_E_LIMIT);
    assert_non_null(strstr(why, "large classes"));
}

/* ---- linear time ---- */

/* Instructions looked at by simulation stay below a few for each character and instruction. */
static void check_linear(const char *pattern, const char *piece, size_t times, bool expected)
{
    churn__regex *regex = compiled(pattern);
    size_t len = strlen(piece);
    char *text = malloc(len * times + 1);
    void *room = malloc(churn__regex_machine_room(regex));
    uint64_t steps = 0;
    for (size_t i = 0; i < times; i++) {
        memcpy(text + i * len, piece, len);
    }
    churn_str all = {text, len * times};
    assert_int_equal(churn__regex_simulate(regex, all, room, &steps), expected);
    assert_true(steps <= 4 * (uint64_t)(regex->code_count + 1) * (all.len + 1));
    assert_int_equal(churn__regex_match(regex, all, room), expected);
    free(room);
    free(text);
    churn__regex_free(regex);
}

static void match__patterns_that_backtracking_dies_of__take_linear_steps(void **state)
{
    char pattern[400] = "^";
    (void)state;
    for (int i = 0; i < 30; i++) {
        strcat(pattern, "a?");
    }
    for (int i = 0; i < 30; i++) {
        strcat(pattern, "a");
    }
    strcat(pattern, "$");
    check_linear(pattern, "a", 30, true);
    check_linear(pattern, "a", 61, false);
    check_linear("(a*)*b", "a", 20000, false);
    check_linear("(x+x+)+y", "x", 20000, false);
    check_linear("(a|aa)+$", "a", 20001, true);
    check_linear("^(([a-z])+.)+[A-Z]([a-z])+$", "a", 5000, false);
    check_linear("(.*)*=(.*)*;", "=", 20000, false);
    check_linear("((a{1,10}){1,10}){1,10}b", "a", 2000, false);
    check_linear("(a|b)*a(a|b){20}c", "ab", 2000, false);
    check_linear("[ab]*a[ab]{12}$", "ba", 2000, true);
    check_linear("[ab]*b[ab]{12}$", "ba", 2001, false);
    check_linear("^(\\w+\\s?)*$", "word ", 2000, true);
    check_linear("(?:a?){500}a{500}", "a", 600, true);
}

/* ---- tables and simulation ---- */

static void compile__large_automaton__keeps_a_part_of_its_table(void **state)
{
    churn__regex *regex = compiled("(a|b)*a(a|b){14}c");
    char text[600];
    (void)state;
    assert_false(regex->complete);
    assert_true(churn__regex_room(regex) > 0);
    for (unsigned seed = 0; seed < 64; seed++) {
        unsigned bits = seed * 2654435761u;
        for (size_t i = 0; i < sizeof text - 1; i++) {
            bits = bits * 1664525u + 1013904223u;
            text[i] = "abab"[bits >> 30];
        }
        text[sizeof text - 1] = '\0';
        text[400] = 'c';
        assert_int_equal(matches(regex, text), text[385] == 'a');
    }
    churn__regex_free(regex);
}

static void compile__usual_patterns__need_no_room(void **state)
{
    static const char *const patterns[] = {
        "^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$",
        "(?i)enterprise|business|pro",
        "^\\pL[\\pL\\pN _-]*$",
        "^\\d{4}-\\d{2}-\\d{2}$",
        "(?i)\\b(cancel|refund|competitor|too expensive)\\b",
        "^(?:\\+?\\d{1,3}[ -]?)?\\(?\\d{3}\\)?[ -]?\\d{3}[ -]?\\d{4}$"};
    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        churn__regex *regex = compiled(patterns[i]);
        assert_true(regex->complete);
        assert_int_equal(churn__regex_room(regex), 0);
        churn__regex_free(regex);
    }
}

static void compile__plain_texts__are_searched_as_texts(void **state)
{
    static const struct {
        const char *pattern;
        regex_how how;
        const char *literal;
    } cases[] = {
        {"acme", REGEX_CONTAINS, "acme"},
        {"^acme", REGEX_STARTS, "acme"},
        {"a\\.b$", REGEX_ENDS, "a.b"},
        {"^(?:a)(é)$", REGEX_EQUALS, "aé"},
        {"^", REGEX_STARTS, ""},
        {"$", REGEX_ENDS, ""},
        {"acme+", REGEX_BY_MACHINE, "acme"},
        {"[ab]xyz.q", REGEX_BY_MACHINE, "xyz"},
        {"^a.*bcd", REGEX_BY_MACHINE, "bcd"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__regex *regex = compiled(cases[i].pattern);
        assert_int_equal(regex->how, cases[i].how);
        assert_int_equal(regex->literal.len, strlen(cases[i].literal));
        assert_memory_equal(regex->literal.ptr, cases[i].literal, regex->literal.len);
        churn__regex_free(regex);
    }
}

static int open_heap(void **state)
{
    (void)state;
    heap = churn__heap_create(NULL, 0);
    return heap == NULL;
}

static int close_heap(void **state)
{
    (void)state;
    uint64_t used = churn__heap_used(heap);
    churn__heap_release(heap);
    return used != 0;
}

int main(void)
{
    const struct CMUnitTest regex[] = {
        cmocka_unit_test(match__syntax__as_re2),
        cmocka_unit_test(match__what_follows_a_prefix__is_found_wherever_it_stands),
        cmocka_unit_test(match__bytes_that_are_no_utf8__count_as_replacement),
        cmocka_unit_test(compile__not_of_the_syntax__is_refused_with_its_place),
        cmocka_unit_test(compile__deep_or_long__is_refused),
        cmocka_unit_test(compile__many_large_classes__is_bounded),
        cmocka_unit_test(match__patterns_that_backtracking_dies_of__take_linear_steps),
        cmocka_unit_test(compile__large_automaton__keeps_a_part_of_its_table),
        cmocka_unit_test(compile__usual_patterns__need_no_room),
        cmocka_unit_test(compile__plain_texts__are_searched_as_texts),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("regex", regex, open_heap, close_heap);
}
