/* SPDX-License-Identifier: MIT */
#include "text/text_inside.h"

/* What Unicode says of code points, from tables that generate_unicode.py writes. */

/* Code points lo, lo + stride ... hi fold to those `delta` away. Ordered by lo. */
typedef struct fold_run {
    uint32_t lo, hi;
    int32_t delta;
    uint32_t stride;
} fold_run;

/* sort_runs: a first code point << 8 | its sort; a run ends before the next. pairs: base, mark and
 * what is both, by base and mark. */
#include "text/unicode_table.inc"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIRST_MARK 0x300u

text_sort churn__text_sort(uint32_t rune)
{
    size_t low = 0, high = COUNT(sort_runs);
    if (rune < COUNT(sort_low)) {
        return (text_sort)sort_low[rune];
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (sort_runs[middle] >> 8 <= rune) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (text_sort)(sort_runs[low] & 0xFFu);
}

/* Runs may overlap where their strides are 2: the last two that begin before it. */
uint32_t churn__text_fold(uint32_t rune)
{
    size_t low = 0, high = COUNT(fold_runs);
    if (rune < 0x80) {
        return rune >= 'A' && rune <= 'Z' ? rune + 32 : rune;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (fold_runs[middle].lo <= rune) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i > 0 && i + 2 > low; i--) {
        const fold_run *run = &fold_runs[i - 1];
        if (rune <= run->hi && (rune - run->lo) % run->stride == 0) {
            return (uint32_t)((int64_t)rune + run->delta);
        }
    }
    return rune;
}

/* ---- composing ---- */

#define HANGUL 0xAC00u
#define LEADS 0x1100u
#define VOWELS 0x1161u
#define TAILS 0x11A7u /* one before the first */

/* Unicode 3.12: syllables by arithmetic. */
static uint32_t compose_hangul(uint32_t base, uint32_t mark)
{
    if (base >= LEADS && base < LEADS + 19 && mark >= VOWELS && mark < VOWELS + 21) {
        return HANGUL + ((base - LEADS) * 21 + (mark - VOWELS)) * 28;
    }
    if (base >= HANGUL && base < HANGUL + 11172 && (base - HANGUL) % 28 == 0 && mark > TAILS &&
        mark < TAILS + 28) {
        return base + (mark - TAILS);
    }
    return 0;
}

uint32_t churn__text_compose(uint32_t base, uint32_t mark)
{
    size_t low = 0, high = COUNT(pairs) / 3;
    if (mark < FIRST_MARK) {
        return 0;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint32_t *pair = &pairs[middle * 3];
        if (pair[0] == base && pair[1] == mark) {
            return pair[2];
        }
        if (pair[0] < base || (pair[0] == base && pair[1] < mark)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return compose_hangul(base, mark);
}

/* ---- UTF-8 ---- */

static uint32_t decode_more(const unsigned char *s, size_t left, size_t *length)
{
    uint32_t rune = s[0] >= 0xF0 ? s[0] & 0x07u : s[0] >= 0xE0 ? s[0] & 0x0Fu : s[0] & 0x1Fu;
    *length = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || left < *length) {
        *length = 1;
        return 0xFFFD;
    }
    for (size_t i = 1; i < *length; i++) {
        if ((s[i] & 0xC0u) != 0x80) {
            *length = i;
            return 0xFFFD;
        }
        rune = rune << 6 | (s[i] & 0x3Fu);
    }
    return rune > 0x10FFFF ? 0xFFFD : rune;
}

uint32_t churn__text_decode(churn_str text, size_t *at)
{
    const unsigned char *s = (const unsigned char *)text.ptr + *at;
    size_t length = 1;
    uint32_t rune = s[0] < 0x80 ? s[0] : decode_more(s, text.len - *at, &length);
    *at += length;
    return rune;
}

size_t churn__text_encode(uint32_t rune, char out[4])
{
    if (rune < 0x80) {
        out[0] = (char)rune;
        return 1;
    }
    size_t length = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    static const uint32_t first[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1;) {
        out[i] = (char)(0x80u | (rune & 0x3Fu));
        rune >>= 6;
    }
    out[0] = (char)(first[length] | rune);
    return length;
}
