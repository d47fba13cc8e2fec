/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

#include "base/sort.h"

/* Sets of code points as ranges. */

void churn__regex_set_clear(churn__heap *heap, regex_set *set)
{
    churn__free_array(heap, set->ranges, set->capacity, sizeof *set->ranges);
    *set = (regex_set){0};
}

bool churn__regex_set_add(churn__heap *heap, regex_set *set, uint32_t lo, uint32_t hi)
{
    if (!churn__grow(heap, (void **)&set->ranges, &set->capacity, set->count + 1,
                     sizeof *set->ranges)) {
        return false;
    }
    set->ranges[set->count++] = (regex_range){lo, hi};
    return true;
}

static int by_start(const void *a, const void *b, const void *context)
{
    uint32_t x = ((const regex_range *)a)->lo, y = ((const regex_range *)b)->lo;
    (void)context;
    return (x > y) - (x < y);
}

static bool is_sorted(const regex_set *set)
{
    for (size_t i = 1; i < set->count; i++) {
        if (set->ranges[i - 1].lo > set->ranges[i].lo) {
            return false;
        }
    }
    return true;
}

bool churn__regex_set_clean(churn__heap *heap, regex_set *set)
{
    size_t kept = 0;
    if (!is_sorted(set) &&
        !churn__sort(heap, set->ranges, set->count, sizeof *set->ranges, by_start, NULL)) {
        return false;
    }
    for (size_t i = 0; i < set->count; i++) {
        regex_range next = set->ranges[i];
        regex_range *last = kept > 0 ? &set->ranges[kept - 1] : NULL;
        if (last != NULL && next.lo <= last->hi + 1) {
            last->hi = next.hi > last->hi ? next.hi : last->hi;
        } else {
            set->ranges[kept++] = next;
        }
    }
    set->count = kept;
    return true;
}

bool churn__regex_set_negate(churn__heap *heap, regex_set *set)
{
    regex_set out = {0};
    uint32_t from = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->ranges[i].lo > from &&
            !churn__regex_set_add(heap, &out, from, set->ranges[i].lo - 1)) {
            churn__regex_set_clear(heap, &out);
            return false;
        }
        from = set->ranges[i].hi + 1;
    }
    bool done = from > REGEX_LAST || churn__regex_set_add(heap, &out, from, REGEX_LAST);
    churn__regex_set_clear(heap, done ? set : &out);
    if (done) {
        *set = out;
    }
    return done;
}

bool churn__regex_set_has(const regex_set *set, uint32_t rune)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ranges[middle].hi < rune) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < set->count && set->ranges[low].lo <= rune;
}

/* ---- names that need no tables ---- */

typedef struct posix_class {
    const char *name;
    const char *ranges; /* pairs of first and last */
    uint8_t pairs;
} posix_class;

static bool add_pairs(churn__heap *heap, regex_set *set, const char *ranges, size_t pairs)
{
    for (size_t i = 0; i < pairs; i++) {
        if (!churn__regex_set_add(heap, set, (unsigned char)ranges[2 * i],
                                  (unsigned char)ranges[2 * i + 1])) {
            return false;
        }
    }
    return true;
}

bool churn__regex_add_posix(churn__heap *heap, regex_set *set, churn_str name, bool *known)
{
    static const posix_class classes[] = {{"alnum", "09AZaz", 3},
                                          {"alpha", "AZaz", 2},
                                          {"ascii", "\0\x7F", 1},
                                          {"blank", "\t\t  ", 2},
                                          {"cntrl", "\0\x1F\x7F\x7F", 2},
                                          {"digit", "09", 1},
                                          {"graph", "!~", 1},
                                          {"lower", "az", 1},
                                          {"print", " ~", 1},
                                          {"punct", "!/:@[`{~", 4},
                                          {"space", "\t\r  ", 2},
                                          {"upper", "AZ", 1},
                                          {"word", "09AZ__az", 4},
                                          {"xdigit", "09AFaf", 3}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (churn__str_eq(name, churn__str_nts(classes[i].name))) {
            *known = true;
            return add_pairs(heap, set, classes[i].ranges, classes[i].pairs);
        }
    }
    *known = false;
    return true;
}

bool churn__regex_add_perl(churn__heap *heap, regex_set *set, char name)
{
    switch (name) {
    case 'd':
        return add_pairs(heap, set, "09", 1);
    case 's':
        return add_pairs(heap, set, "\t\n\f\r  ", 3);
    default:
        return add_pairs(heap, set, "09AZ__az", 4);
    }
}
