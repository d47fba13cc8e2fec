/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include "regex/regex_inside.h"

/*
 * Patterns, for short texts such as names and plans and for long ones. One line each: name,
 * microseconds to compile, nanoseconds for a text of about 20 bytes, nanoseconds a byte of a long
 * text that does not match. Then those that backtracking dies of: nanoseconds a byte at two sizes,
 * which are about the same where time is linear.
 */
#define LONG (1 << 20)

static churn__heap *heap;

static churn__regex *compiled(const char *pattern)
{
    churn__regex *regex = NULL;
    size_t fault = 0;
    const char *why = NULL;
    churn_error err = {.struct_size = sizeof err};
    must(churn__regex_compile(heap, churn__str_nts(pattern), &regex, &fault, &why), &err);
    return regex;
}

static double time_compile(const char *pattern)
{
    enum { CALLS = 200 };
    double start = seconds();
    for (int i = 0; i < CALLS; i++) {
        churn__regex_free(compiled(pattern));
    }
    return (seconds() - start) / CALLS;
}

/* Seconds for a match, the best of some. */
static double time_match(const churn__regex *regex, churn_str text, int calls)
{
    void *room = malloc(churn__regex_machine_room(regex));
    double best = 1e9;
    volatile int matched = 0;
    for (int round = 0; round < 5; round++) {
        double start = seconds();
        for (int i = 0; i < calls; i++) {
            matched += churn__regex_match(regex, text, room);
        }
        double took = (seconds() - start) / calls;
        best = took < best ? took : best;
    }
    free(room);
    return best;
}

static char *repeated(const char *piece, size_t bytes)
{
    size_t len = strlen(piece);
    char *text = malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++) {
        text[i] = piece[i % len];
    }
    text[bytes] = '\0';
    return text;
}

static void usual(const char *name, const char *pattern, const char *one)
{
    char *text = repeated("nothing that is looked for, in 2026; ", LONG);
    churn__regex *regex = compiled(pattern);
    double compile = time_compile(pattern);
    double row = time_match(regex, churn__str_nts(one), 200000);
    double byte = time_match(regex, (churn_str){text, LONG}, 3) / LONG;
    printf("%-12s %8.2f us %8.2f ns %8.3f ns/byte\n", name, compile * 1e6, row * 1e9, byte * 1e9);
    churn__regex_free(regex);
    free(text);
}

static void bad(const char *name, const char *pattern, const char *piece, size_t small)
{
    churn__regex *regex = compiled(pattern);
    char *text = repeated(piece, small * 16);
    double few = time_match(regex, (churn_str){text, small}, 3) / (double)small;
    double many = time_match(regex, (churn_str){text, small * 16}, 3) / (double)(small * 16);
    printf("%-12s %8.3f ns/byte %8.3f ns/byte at 16 times the size\n", name, few * 1e9, many * 1e9);
    churn__regex_free(regex);
    free(text);
}

int main(void)
{
    heap = churn__heap_create(NULL, 0);
    usual("literal", "enterprise", "plan: Enterprise EU");
    usual("prefix", "^ent", "enterprise plan, EU");
    usual("email", "^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$", "jo.b@example.com");
    usual("words", "(?i)\\b(cancel|refund|competitor|too expensive)\\b", "they asked for a Refund");
    usual("date", "^\\d{4}-\\d{2}-\\d{2}$", "2026-02-01");
    usual("letters", "^\\pL[\\pL\\pN _-]*$",
          "\xC3\x81rp\xC3\xA1"
          "d Kft 12");
    usual("large", "(a|b)*a(a|b){14}c", "abbabaabbaabbaababbac");
    bad("(a*)*[bc]", "(a*)*[bc]", "a", 65536);
    bad("(x+x+)+y", "^(x+x+)+[yz]", "x", 65536);
    bad("(.*)*=", "^(.*)*[=](.*)*[;]", "=", 65536);
    bad("a?{30}a{30}", "(?:a?){30}a{30}[bc]", "a", 4096);
    bad("nested", "((a{1,10}){1,10}){1,10}[bc]", "a", 4096);
    bad("a.{14}", "[ab]*a[ab]{14}[cd]", "abbaabab", 4096);
    bad("x{900}", "(?:x.?){900}[yz]", "x", 4096);
    churn__heap_release(heap);
    return 0;
}
