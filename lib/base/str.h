/* SPDX-License-Identifier: MIT */
#ifndef CHURN_BASE_STR_H
#define CHURN_BASE_STR_H

#include <string.h>

#include <churn/types.h>

#define CHURN__STR(literal) ((churn_str){(literal), sizeof(literal) - 1})

/* The argument convention of the public API: CHURN_NTS means strlen. */
churn_str churn__str_arg(const char *s, size_t len);
churn_str churn__str_nts(const char *s);

static inline bool churn__str_eq(churn_str a, churn_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Byte order, which for UTF-8 is code point order; a shorter prefix comes first; NULL is "". */
int churn__str_cmp(churn_str a, churn_str b);
bool churn__str_starts(churn_str s, churn_str prefix);
bool churn__str_ends(churn_str s, churn_str suffix);
bool churn__str_contains(churn_str s, churn_str part);
/* Byte offset of the first fault, or SIZE_MAX if all is well-formed UTF-8 (no surrogates, no
 * overlong forms, at most U+10FFFF). */
size_t churn__utf8_fault(const char *s, size_t len);
/* Code points of well-formed UTF-8. */
size_t churn__utf8_count(const char *s, size_t len);
/* The longest prefix of at most `max` bytes that does not cut a character. */
size_t churn__utf8_prefix(const char *s, size_t len, size_t max);
/* [a-z][a-z0-9_]*, at most 64 bytes: what metrics, scores, triggers may be called. */
bool churn__is_name(churn_str s);
/* The candidate nearest to `s` by edit distance (transpositions count one), if it is near enough to
 * be a likely misspelling (distance <= max(1, len/3), at most 3), else {NULL, 0}. First wins. */
churn_str churn__nearest(churn_str s, const churn_str *candidates, size_t count);

#endif
