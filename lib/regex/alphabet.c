/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

#include "base/sort.h"

/*
 * The alphabet of a pattern: code points that no literal and no class of it tells apart are one
 * letter, so that a table needs a column for each of a few letters and not for a million code
 * points. All of them are cut where any part of the pattern begins or ends; then every part divides
 * the classes that hold some of it and some of the rest.
 */

#define MAX_RUNS 30000u

typedef struct division {
    churn__heap *heap;
    uint32_t *starts; /* of runs, ascending */
    size_t count, capacity;
    uint32_t *labels; /* the class of each run */
    uint32_t *splits; /* by label: what the part of the class that is inside becomes */
    uint32_t label_count;
} division;

static void division_clear(division *d)
{
    churn__free_array(d->heap, d->starts, d->capacity, sizeof *d->starts);
    churn__free_array(d->heap, d->labels, d->count, sizeof *d->labels);
    churn__free_array(d->heap, d->splits, 2 * d->count, sizeof *d->splits);
}

static bool cut(division *d, uint32_t lo, uint32_t hi)
{
    if (!churn__grow(d->heap, (void **)&d->starts, &d->capacity, d->count + 2, sizeof *d->starts)) {
        return false;
    }
    d->starts[d->count++] = lo;
    if (hi < REGEX_LAST) {
        d->starts[d->count++] = hi + 1;
    }
    return true;
}

static bool cut_set(division *d, const regex_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!cut(d, set->ranges[i].lo, set->ranges[i].hi)) {
            return false;
        }
    }
    return true;
}

static int by_value(const void *a, const void *b, const void *context)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    (void)context;
    return (x > y) - (x < y);
}

static bool sort_cuts(division *d)
{
    size_t kept = 0;
    if (!churn__sort(d->heap, d->starts, d->count, sizeof *d->starts, by_value, NULL)) {
        return false;
    }
    for (size_t i = 0; i < d->count; i++) {
        if (kept == 0 || d->starts[i] != d->starts[kept - 1]) {
            d->starts[kept++] = d->starts[i];
        }
    }
    d->count = kept;
    return true;
}

/* The run that holds a code point. */
static size_t find_run(const uint32_t *starts, size_t count, uint32_t rune)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (starts[middle] <= rune) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Number the labels anew, in the order in which they come. */
static void renumber(division *d)
{
    uint32_t next = 0;
    memset(d->splits, 0xFF, 2 * d->count * sizeof *d->splits);
    for (size_t i = 0; i < d->count; i++) {
        uint32_t *name = &d->splits[d->labels[i]];
        if (*name == REGEX_NONE) {
            *name = next++;
        }
        d->labels[i] = *name;
    }
    d->label_count = next;
    memset(d->splits, 0xFF, 2 * d->count * sizeof *d->splits);
}

static void divide(division *d, const regex_range *ranges, size_t count)
{
    uint32_t before = d->label_count;
    for (size_t k = 0; k < count; k++) {
        for (size_t i = find_run(d->starts, d->count, ranges[k].lo);
             i < d->count && d->starts[i] <= ranges[k].hi; i++) {
            uint32_t *name = &d->splits[d->labels[i]];
            if (*name == REGEX_NONE) {
                *name = d->label_count++;
            }
            d->labels[i] = *name;
        }
    }
    /* A set gives at most as many new labels as there are runs, so two times that is room enough
     * where there were at most so many before. */
    memset(d->splits, 0xFF, before * sizeof *d->splits);
    if (d->label_count > d->count) {
        renumber(d);
    }
}

static bool add_words(churn__heap *heap, regex_set *set)
{
    return churn__regex_add_perl(heap, set, 'w') && churn__regex_set_clean(heap, set);
}

static bool cut_all(division *d, const regex_tree *tree, const regex_set *extra)
{
    bool good = cut(d, 0, REGEX_LAST) && cut_set(d, extra);
    for (size_t i = 0; good && i < tree->node_count; i++) {
        uint32_t rune = tree->nodes[i].value;
        good = tree->nodes[i].kind != REGEX_LITERAL || cut(d, rune, rune);
    }
    for (size_t i = 0; good && i < tree->set_count; i++) {
        good = cut_set(d, &tree->sets[i]);
    }
    return good && sort_cuts(d);
}

static void divide_all(division *d, const regex_tree *tree, const regex_set *words, bool lines)
{
    const regex_range newline = {'\n', '\n'};
    d->label_count = 1;
    for (size_t i = 0; i < tree->set_count; i++) {
        divide(d, tree->sets[i].ranges, tree->sets[i].count);
    }
    for (size_t i = 0; i < tree->node_count; i++) {
        if (tree->nodes[i].kind == REGEX_LITERAL) {
            regex_range one = {tree->nodes[i].value, tree->nodes[i].value};
            divide(d, &one, 1);
        }
    }
    divide(d, words->ranges, words->count);
    divide(d, &newline, lines ? 1 : 0);
    renumber(d);
}

/* ---- into the expression ---- */

static uint8_t kind_of(const churn__regex *regex, const regex_set *words, uint32_t rune)
{
    if (regex->sees_line && rune == '\n') {
        return REGEX_AT_LINE;
    }
    return regex->sees_word && churn__regex_set_has(words, rune) ? REGEX_AT_WORD : REGEX_AT_OTHER;
}

static churn_status keep_classes(churn__regex *regex, const division *d, const regex_set *words)
{
    regex->class_count = d->label_count;
    regex->class_kinds = churn__arena_alloc(&regex->arena, regex->class_count);
    regex->starts = churn__arena_array(&regex->arena, d->count, sizeof *regex->starts);
    regex->classes = churn__arena_array(&regex->arena, d->count, sizeof *regex->classes);
    if (regex->class_kinds == NULL || regex->starts == NULL || regex->classes == NULL) {
        return CHURN_E_NOMEM;
    }
    for (size_t i = 0; i < d->count; i++) {
        regex->class_kinds[d->labels[i]] = kind_of(regex, words, d->starts[i]);
        if (i > 0 && d->labels[i] == d->labels[i - 1]) {
            continue;
        }
        regex->starts[regex->run_count] = d->starts[i];
        regex->classes[regex->run_count++] = (uint16_t)d->labels[i];
    }
    for (uint32_t c = 0; c < 128; c++) {
        regex->ascii[c] = regex->classes[find_run(regex->starts, regex->run_count, c)];
    }
    return CHURN_OK;
}

static churn_status keep_members(churn__regex *regex, const regex_tree *tree)
{
    regex->member_row = (regex->class_count + 7) / 8;
    uint8_t *rows = churn__arena_array(&regex->arena, tree->set_count + 1, regex->member_row);
    if (rows == NULL) {
        return CHURN_E_NOMEM;
    }
    regex->members = rows;
    for (size_t s = 0; s < tree->set_count; s++, rows += regex->member_row) {
        const regex_set *set = &tree->sets[s];
        for (size_t k = 0; k < set->count; k++) {
            for (size_t i = find_run(regex->starts, regex->run_count, set->ranges[k].lo);
                 i < regex->run_count && regex->starts[i] <= set->ranges[k].hi; i++) {
                uint32_t class = regex->classes[i];
                rows[class / 8] = (uint8_t)(rows[class / 8] | (1u << (class % 8)));
            }
        }
    }
    return CHURN_OK;
}

static void see_assertions(churn__regex *regex, const regex_tree *tree)
{
    for (size_t i = 0; i < tree->node_count; i++) {
        uint8_t what = tree->nodes[i].assertion;
        if (tree->nodes[i].kind != REGEX_ASSERT) {
            continue;
        }
        regex->sees_begin |= what == REGEX_BEGIN_TEXT || what == REGEX_BEGIN_LINE;
        regex->sees_line |= what == REGEX_BEGIN_LINE || what == REGEX_END_LINE;
        regex->sees_word |= what == REGEX_WORD || what == REGEX_NOT_WORD;
        regex->asserts = true;
    }
}

/* Before the cuts of newlines: `extra` holds what assertions tell apart. */
static bool note_extra(const churn__regex *regex, churn__heap *heap, regex_set *words,
                       regex_set *extra)
{
    bool good = !regex->sees_word || (add_words(heap, words) && add_words(heap, extra));
    return good && (!regex->sees_line || churn__regex_set_add(heap, extra, '\n', '\n'));
}

churn_status churn__regex_make_alphabet(churn__regex *regex, const regex_tree *tree)
{
    churn_status st = CHURN_OK;
    division d = {.heap = regex->heap};
    regex_set words = {0}, extra = {0};
    see_assertions(regex, tree);
    if (!note_extra(regex, regex->heap, &words, &extra) || !cut_all(&d, tree, &extra)) {
        st = CHURN_E_NOMEM;
        goto done;
    }
    d.labels = churn__alloc_array_zero(regex->heap, d.count, sizeof *d.labels);
    d.splits = churn__alloc_array(regex->heap, 2 * d.count, sizeof *d.splits);
    if (d.labels == NULL || d.splits == NULL) {
        st = CHURN_E_NOMEM;
        goto done;
    }
    CHURN_TRY(d.count > MAX_RUNS ? CHURN_E_LIMIT : CHURN_OK);
    memset(d.splits, 0xFF, 2 * d.count * sizeof *d.splits);
    divide_all(&d, tree, &words, regex->sees_line);
    CHURN_TRY(keep_classes(regex, &d, &words));
    CHURN_TRY(keep_members(regex, tree));
done:
    division_clear(&d);
    churn__regex_set_clear(regex->heap, &words);
    churn__regex_set_clear(regex->heap, &extra);
    return st;
}

uint32_t churn__regex_class_of(const churn__regex *regex, uint32_t rune)
{
    return rune < 128 ? regex->ascii[rune]
                      : regex->classes[find_run(regex->starts, regex->run_count, rune)];
}
