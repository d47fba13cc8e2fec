/* SPDX-License-Identifier: MIT */
#include "base/str.h"

churn_str churn__str_nts(const char *s)
{
    return (churn_str){s, s == NULL ? 0 : strlen(s)};
}

churn_str churn__str_arg(const char *s, size_t len)
{
    if (s == NULL || len == CHURN_NTS) {
        return churn__str_nts(s);
    }
    return (churn_str){s, len};
}

int churn__str_cmp(churn_str a, churn_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.ptr, b.ptr, shared);
    if (order != 0) {
        return order < 0 ? -1 : 1;
    }
    return (a.len > b.len) - (a.len < b.len);
}

bool churn__str_starts(churn_str s, churn_str prefix)
{
    return prefix.len <= s.len && churn__str_eq((churn_str){s.ptr, prefix.len}, prefix);
}

bool churn__str_ends(churn_str s, churn_str suffix)
{
    if (suffix.len == 0) {
        return true;
    }
    return suffix.len <= s.len &&
           churn__str_eq((churn_str){s.ptr + (s.len - suffix.len), suffix.len}, suffix);
}

bool churn__str_contains(churn_str s, churn_str part)
{
    if (part.len == 0) {
        return true;
    }
    return s.len >= part.len && memmem(s.ptr, s.len, part.ptr, part.len) != NULL;
}

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the well-formed sequence at s (left >= 1), 0 where there is none: Unicode 15, table 3-7,
 * whose second byte has a range of its own after E0, ED, F0 and F4. */
static size_t utf8_sequence(const unsigned char *s, size_t left)
{
    unsigned char c = s[0];
    if (c < 0x80) {
        return 1;
    }
    size_t size = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || left < size) {
        return 0;
    }
    unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if (!is_continuation(s[i])) {
            return 0;
        }
    }
    return size;
}

size_t churn__utf8_fault(const char *s, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)s;
    size_t i = 0;
    while (i < len) {
        uint64_t word = 0;
        if (len - i >= sizeof word) {
            memcpy(&word, bytes + i, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof word;
                continue;
            }
        }
        size_t size = utf8_sequence(bytes + i, len - i);
        if (size == 0) {
            return i;
        }
        i += size;
    }
    return SIZE_MAX;
}

size_t churn__utf8_count(const char *s, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += !is_continuation((unsigned char)s[i]);
    }
    return count;
}

size_t churn__utf8_prefix(const char *s, size_t len, size_t max)
{
    if (len <= max) {
        return len;
    }
    while (max > 0 && is_continuation((unsigned char)s[max])) {
        max--;
    }
    return max;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

bool churn__is_name(churn_str s)
{
    if (s.len == 0 || s.len > 64 || !is_lower(s.ptr[0])) {
        return false;
    }
    for (size_t i = 1; i < s.len; i++) {
        if (!is_lower(s.ptr[i]) && s.ptr[i] != '_' && (s.ptr[i] < '0' || s.ptr[i] > '9')) {
            return false;
        }
    }
    return true;
}

/* ---- suggestions ---- */

#define NEAREST_MAX 127

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Upper and lower case of ASCII are one letter: who writes NPS means nps. */
static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* One cell of the matrix: the cheapest of delete, insert, replace and swap. `rows` are those of
 * i - 2, i - 1 and i characters of a. */
static size_t distance_cell(churn_str a, churn_str b, size_t i, size_t j,
                            uint8_t rows[3][NEAREST_MAX + 1])
{
    const uint8_t *now = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
    size_t replace = above[j - 1] + (size_t)(folded(a.ptr[i - 1]) != folded(b.ptr[j - 1]));
    size_t best = min_size(replace, min_size(above[j], now[j - 1]) + 1u);
    bool swapped = i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
    return swapped ? min_size(best, twice[j - 2] + 1u) : best;
}

/* Damerau's distance restricted to adjacent swaps ("optimal string alignment"), by bytes. */
static size_t edit_distance(churn_str a, churn_str b)
{
    uint8_t rows[3][NEAREST_MAX + 1] = {{0}};
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = (uint8_t)j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        rows[i % 3][0] = (uint8_t)i;
        for (size_t j = 1; j <= b.len; j++) {
            rows[i % 3][j] = (uint8_t)distance_cell(a, b, i, j, rows);
        }
    }
    return rows[a.len % 3][b.len];
}

/* Is `s` all that stands behind the first dot of `path`: `nps` of `metric.nps`. */
static bool is_rest_of_path(churn_str s, churn_str path)
{
    return s.len > 0 && path.len > s.len && path.ptr[path.len - s.len - 1] == '.' &&
           memchr(path.ptr, '.', path.len - s.len - 1) == NULL && churn__str_ends(path, s);
}

churn_str churn__nearest(churn_str s, const churn_str *candidates, size_t count)
{
    churn_str best = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        if (is_rest_of_path(s, candidates[i])) {
            return candidates[i];
        }
    }
    size_t limit = s.len < 2 ? 0 : s.len < 6 ? 1 : min_size(s.len / 3, 3);
    for (size_t i = 0; i < count && s.len <= NEAREST_MAX; i++) {
        churn_str c = candidates[i];
        size_t gap = c.len > s.len ? c.len - s.len : s.len - c.len;
        if (c.len > NEAREST_MAX || gap > limit) {
            continue;
        }
        size_t distance = edit_distance(s, c);
        if (distance < limit || (distance == limit && best.ptr == NULL)) {
            best = c;
            limit = distance;
        }
    }
    return best;
}
