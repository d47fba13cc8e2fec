/* SPDX-License-Identifier: MIT */
/* Answers questions about patterns for compare_with_go.py: lines "p HEX" compile and lines "t HEX"
 * match; answers are "ok", "bad", "large", and "0" or "1", or "differ" where table and simulation
 * do not agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regex/regex_inside.h"

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static size_t read_hex(const char *line, char *out)
{
    size_t len = 0;
    for (; line[0] >= '0' && line[1] >= '0'; line += 2) {
        out[len++] = (char)(digit(line[0]) * 16 + digit(line[1]));
    }
    return len;
}

static const char *compile(churn__heap *heap, churn_str pattern, churn__regex **regex, void **room)
{
    size_t fault = 0;
    const char *why = NULL;
    churn__regex_free(*regex);
    free(*room);
    *room = NULL;
    churn_status st = churn__regex_compile(heap, pattern, regex, &fault, &why);
    if (st == CHURN_OK) {
        *room = malloc(churn__regex_machine_room(*regex));
        return "ok";
    }
    return st == CHURN_E_LIMIT ? "large" : "bad";
}

static const char *match(const churn__regex *regex, churn_str text, void *room)
{
    if (regex == NULL) {
        return "0";
    }
    bool matched = churn__regex_match(regex, text, room);
    if (matched != churn__regex_simulate(regex, text, room, NULL)) {
        return "differ";
    }
    return matched ? "1" : "0";
}

int main(void)
{
    static char line[1 << 17], bytes[1 << 16];
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__regex *regex = NULL;
    void *room = NULL;
    while (fgets(line, sizeof line, stdin) != NULL) {
        churn_str given = {bytes, read_hex(line + 2, bytes)};
        puts(line[0] == 'p' ? compile(heap, given, &regex, &room) : match(regex, given, room));
    }
    free(room);
    churn__regex_free(regex);
    churn__heap_release(heap);
    return 0;
}
