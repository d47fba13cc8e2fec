/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "regex/regex_inside.h"

/* A pattern, a NUL, and a text. What is matched by literals and tables must be what simulation
 * says. */

static churn__heap *heap;

static void check_text(const churn__regex *regex, churn_str text, void *room)
{
    uint64_t steps = 0;
    bool slow = churn__regex_simulate(regex, text, room, &steps);
    FUZZ_CHECK(churn__regex_match(regex, text, room) == slow, "simulation says %d", slow);
    FUZZ_CHECK(steps <= 4 * (uint64_t)(regex->code_count + 1) * (text.len + 2), "not linear");
}

static void check_texts(const churn__regex *regex, churn_str pattern, churn_str text)
{
    static const churn_str others[] = {CHURN__STR(""), CHURN__STR("a"), CHURN__STR("aab\nab_ a1-A"),
                                       CHURN__STR("\xC3\xA9\xF0\x9F\x98\x80\xFF\xE2\x84\xAA")};
    void *room = malloc(churn__regex_machine_room(regex));
    check_text(regex, text, room);
    check_text(regex, pattern, room);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        check_text(regex, others[i], room);
    }
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    churn_str pattern = {(const char *)data, end != NULL ? (size_t)(end - data) : size};
    churn_str text = {"", 0};
    churn__regex *regex = NULL;
    size_t fault = SIZE_MAX;
    const char *why = NULL;
    if (end != NULL) {
        text = (churn_str){(const char *)end + 1, size - pattern.len - 1};
    }
    if (heap == NULL) {
        heap = churn__heap_create(NULL, UINT64_C(64) << 20);
    }
    churn_status st = churn__regex_compile(heap, pattern, &regex, &fault, &why);
    FUZZ_CHECK(fault <= pattern.len && why != NULL, "no place for status %d", st);
    FUZZ_CHECK((st == CHURN_OK) == (regex != NULL) && st != CHURN_E_NOMEM, "status %d", st);
    if (regex != NULL) {
        check_texts(regex, pattern, text);
    }
    churn__regex_free(regex);
    FUZZ_CHECK(churn__heap_used(heap) == 0, "memory is left");
    return 0;
}
