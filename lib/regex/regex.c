/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

/* ---- making ---- */

static churn_status compile_parsed(churn__regex *regex, const regex_tree *tree, const char **why)
{
    churn_status st = CHURN_OK;
    char *room = churn__arena_alloc(&regex->arena, 4 * tree->node_count + 1);
    if (room == NULL) {
        return CHURN_E_NOMEM;
    }
    CHURN_TRY(churn__regex_make_alphabet(regex, tree));
    CHURN_TRY(churn__regex_compile_tree(regex, tree));
    churn__regex_find_literals(regex, tree, room);
    if (regex->how == REGEX_BY_MACHINE) {
        CHURN_TRY(churn__regex_build_table(regex));
    }
done:
    *why = st == CHURN_E_LIMIT ? "the pattern is too large: its repetitions multiply"
                               : "out of memory";
    return st;
}

churn_status churn__regex_compile(churn__heap *heap, churn_str pattern, churn__regex **out,
                                  size_t *fault, const char **why)
{
    churn_status st = CHURN_OK;
    regex_tree tree = {.heap = heap};
    *out = NULL;
    *fault = 0;
    *why = "out of memory";
    regex_parser parser = {
        .heap = heap, .pattern = pattern, .tree = &tree, .fault = fault, .why = why};
    churn__regex *regex = churn__alloc_zero(heap, sizeof *regex);
    if (regex == NULL) {
        return CHURN_E_NOMEM;
    }
    regex->heap = churn__heap_retain(heap);
    churn__arena_init(&regex->arena, heap);
    CHURN_TRY(churn__regex_parse(&parser));
    CHURN_TRY(compile_parsed(regex, &tree, why));
    *out = regex;
    regex = NULL;
done:
    churn__regex_tree_clear(&tree);
    churn__regex_free(regex);
    return st;
}

void churn__regex_free(churn__regex *regex)
{
    if (regex == NULL) {
        return;
    }
    churn__heap *heap = regex->heap;
    churn__arena_clear(&regex->arena);
    churn__free(heap, regex, sizeof *regex);
    churn__heap_release(heap);
}

size_t churn__regex_room(const churn__regex *regex)
{
    return regex->how != REGEX_BY_MACHINE || regex->complete ? 0 : churn__regex_machine_room(regex);
}

/* ---- matching ---- */

static bool find_literal(churn_str text, size_t at, churn_str literal, size_t *found)
{
    const char *hit = literal.len == 1
                          ? memchr(text.ptr + at, literal.ptr[0], text.len - at)
                          : memmem(text.ptr + at, text.len - at, literal.ptr, literal.len);
    *found = hit != NULL ? (size_t)(hit - text.ptr) : text.len;
    return hit != NULL;
}

/* Nothing has begun to match: move to where something can. Where the character before counts it is
 * read again; nothing can begin to match there that would not have been found. */
static bool skip_to_prefix(const churn__regex *regex, churn_str text, size_t *at)
{
    size_t found = 0;
    if (!find_literal(text, *at, regex->literal, &found)) {
        return false;
    }
    if (regex->sees_word || regex->sees_line) {
        size_t back = found > *at ? found - 1 : found;
        while (back > *at && ((unsigned char)text.ptr[back] & 0xC0) == 0x80) {
            back--;
        }
        found = back;
    }
    *at = found;
    return true;
}

/* From a state of the table on, where the table ends. */
static bool simulate_rest(const churn__regex *regex, churn_str text, size_t at, uint32_t row,
                          void *room)
{
    regex_machine machine;
    uint32_t state = (row - REGEX_FIRST) / regex->stride, begin = regex->state_sets[state];
    churn__regex_machine_open(&machine, regex, room);
    regex_threads *now = &machine.now;
    now->count = regex->state_sets[state + 1] - begin;
    now->before = regex->state_before[state];
    memcpy(now->codes, regex->state_codes + begin, now->count * sizeof *now->codes);
    while (at < text.len) {
        if (churn__regex_machine_step(
                &machine, churn__regex_class_of(regex, churn__regex_decode(text, &at)))) {
            return true;
        }
        if (machine.now.count == 0) {
            return false;
        }
    }
    return churn__regex_machine_step(&machine, regex->class_count);
}

static bool run_table(const churn__regex *regex, churn_str text, void *room)
{
    const uint16_t *table = regex->table;
    uint32_t row = regex->initial, skips = regex->is_prefix ? regex->again : REGEX_ACCEPT;
    for (size_t at = 0; at < text.len;) {
        if (row == skips && !skip_to_prefix(regex, text, &at)) {
            return false;
        }
        size_t here = at;
        unsigned char c = (unsigned char)text.ptr[at];
        uint32_t class = c < 0x80 ? (at++, regex->ascii[c])
                                  : churn__regex_class_of(regex, churn__regex_decode(text, &at));
        uint32_t next = table[row + class];
        if (next < REGEX_FIRST) {
            return next == REGEX_UNKNOWN ? simulate_rest(regex, text, here, row, room)
                                         : next == REGEX_ACCEPT;
        }
        row = next;
    }
    uint32_t last = table[row + regex->class_count];
    return last == REGEX_UNKNOWN ? simulate_rest(regex, text, text.len, row, room)
                                 : last == REGEX_ACCEPT;
}

static bool run_machine(const churn__regex *regex, churn_str text, void *room)
{
    size_t found = 0;
    if (regex->initial < REGEX_FIRST) {
        return regex->initial == REGEX_ACCEPT;
    }
    if (!regex->is_prefix && regex->literal.len > 0 &&
        (text.len < regex->literal.len || !find_literal(text, 0, regex->literal, &found))) {
        return false;
    }
    return run_table(regex, text, room);
}

bool churn__regex_match(const churn__regex *regex, churn_str text, void *room)
{
    switch (regex->how) {
    case REGEX_EQUALS:
        return churn__str_eq(text, regex->literal);
    case REGEX_STARTS:
        return churn__str_starts(text, regex->literal);
    case REGEX_ENDS:
        return churn__str_ends(text, regex->literal);
    case REGEX_CONTAINS:
        return churn__str_contains(text, regex->literal);
    default:
        return run_machine(regex, text, room);
    }
}
