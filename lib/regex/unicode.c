/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

/* What Unicode says of code points, from tables that generate_unicode.go writes. */

/* Code points lo, lo + stride ... hi, each followed by the one `delta` away in its ring of those
 * that are the same but for case. Ordered by lo; at most two overlap, at strides of 2. */
typedef struct fold_run {
    uint32_t lo, hi;
    int32_t delta;
    uint32_t stride;
} fold_run;

/* A run of code points that share a value: first code point << 8 | value; it ends before the next.
 * Values are numbers of names. */
#include "regex/unicode_table.inc"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool add_runs(churn__heap *heap, regex_set *set, const uint32_t *runs, size_t count,
                     uint64_t wanted)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t value = runs[i] & 0xFFu;
        if (value >= 64 || ((wanted >> value) & 1u) == 0) {
            continue;
        }
        uint32_t hi = i + 1 < count ? (runs[i + 1] >> 8) - 1 : REGEX_LAST;
        if (!churn__regex_set_add(heap, set, runs[i] >> 8, hi)) {
            return false;
        }
    }
    return true;
}

static bool add_script(churn__heap *heap, regex_set *set, uint32_t script)
{
    for (size_t i = 0; i < COUNT(script_runs); i++) {
        uint32_t hi = i + 1 < COUNT(script_runs) ? (script_runs[i + 1] >> 8) - 1 : REGEX_LAST;
        if ((script_runs[i] & 0xFFu) == script &&
            !churn__regex_set_add(heap, set, script_runs[i] >> 8, hi)) {
            return false;
        }
    }
    return true;
}

/* The categories with a name, or, for a name of one letter, with that first letter. */
static uint64_t categories_of(churn_str name)
{
    uint64_t wanted = 0;
    for (uint32_t i = 0; i < COUNT(category_names) && (name.len == 1 || name.len == 2); i++) {
        if (memcmp(category_names[i], name.ptr, name.len) == 0) {
            wanted |= UINT64_C(1) << i;
        }
    }
    return wanted;
}

bool churn__regex_add_unicode(churn__heap *heap, regex_set *set, churn_str name, bool *known)
{
    *known = true;
    if (churn__str_eq(name, CHURN__STR("Any"))) {
        return churn__regex_set_add(heap, set, 0, REGEX_LAST);
    }
    uint64_t wanted = categories_of(name);
    if (wanted != 0) {
        return add_runs(heap, set, category_runs, COUNT(category_runs), wanted);
    }
    for (uint32_t i = 0; i < COUNT(script_names); i++) {
        if (churn__str_eq(name, churn__str_nts(script_names[i]))) {
            return add_script(heap, set, i);
        }
    }
    *known = false;
    return true;
}

/* ---- case ---- */

/* The number of the first run that begins after a code point. */
static size_t runs_up_to(uint32_t rune)
{
    size_t low = 0, high = COUNT(fold_runs);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fold_runs[middle].lo <= rune) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t churn__regex_fold_next(uint32_t rune)
{
    size_t end = runs_up_to(rune);
    for (size_t i = end; i > 0 && i + 2 > end; i--) {
        const fold_run *run = &fold_runs[i - 1];
        if (rune <= run->hi && (rune - run->lo) % run->stride == 0) {
            return (uint32_t)((int64_t)rune + run->delta);
        }
    }
    return rune;
}

static bool add_ring(churn__heap *heap, regex_set *set, uint32_t rune)
{
    for (uint32_t r = churn__regex_fold_next(rune); r != rune; r = churn__regex_fold_next(r)) {
        if (!churn__regex_set_add(heap, set, r, r)) {
            return false;
        }
    }
    return true;
}

/* The rings of all code points that are in a run and in lo ... hi. */
static bool add_rings(churn__heap *heap, regex_set *set, const fold_run *run, regex_range range)
{
    uint32_t from = run->lo, to = run->hi < range.hi ? run->hi : range.hi;
    if (range.lo > from) {
        from += (range.lo - from + run->stride - 1) / run->stride * run->stride;
    }
    for (uint32_t rune = from; rune <= to; rune += run->stride) {
        if (!add_ring(heap, set, rune)) {
            return false;
        }
    }
    return true;
}

/* Runs that begin before a range may reach into it: the last two, as no more overlap. */
static bool fold_range(churn__heap *heap, regex_set *set, regex_range range)
{
    size_t first = runs_up_to(range.lo);
    for (size_t i = first > 2 ? first - 2 : 0; i < COUNT(fold_runs); i++) {
        if (fold_runs[i].lo > range.hi) {
            break;
        }
        if (fold_runs[i].hi >= range.lo && !add_rings(heap, set, &fold_runs[i], range)) {
            return false;
        }
    }
    return true;
}

bool churn__regex_set_fold(churn__heap *heap, regex_set *set)
{
    size_t count = set->count; /* what is added comes after them */
    for (size_t i = 0; i < count; i++) {
        if (!fold_range(heap, set, set->ranges[i])) {
            return false;
        }
    }
    return churn__regex_set_clean(heap, set);
}
