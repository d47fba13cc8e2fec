/* SPDX-License-Identifier: MIT */
#ifndef CHURN_REGEX_REGEX_H
#define CHURN_REGEX_REGEX_H

#include <churn/types.h>

#include "base/heap.h"

/*
 * Regular expressions in RE2's syntax over UTF-8, answered in time proportional to the text: there
 * is nothing that could backtrack. Only "does it match somewhere" is asked, so groups capture
 * nothing.
 *
 *   x  .  [a-z]  [^a-z]  [[:alpha:]]  \d \D \s \S \w \W        ASCII, as in RE2
 *   \pL  \p{Lu}  \p{Greek}  \p{^L}  \PL  \p{Any}               categories and scripts of Unicode 15
 *   xy  x|y  (x)  (?:x)  (?P<name>x)  (?<name>x)
 *   x*  x+  x?  x{n}  x{n,}  x{n,m}, each also lazy, n and m at most 1000
 *   ^  $  \A  \z  \b  \B                                       \b is of ASCII words
 *   (?imsU)  (?i-s)  (?i:x)                                    folding is Unicode's simple folding
 *   \n \t \r \f \v \a  \123  \x41  \x{10FFFF}  \Q...\E  \.     escapes
 *
 * Backreferences, looking around, possessive and atomic groups, conditions, recursion, comments and
 * other dialects' escapes are refused by name.
 */
typedef struct churn__regex churn__regex;

#define CHURN__REGEX_MAX_PATTERN 32768u
#define CHURN__REGEX_MAX_REPEAT 1000u
#define CHURN__REGEX_MAX_DEPTH 250u
#define CHURN__REGEX_MAX_CODE 10000u

/* Compile. CHURN_E_PARSE, CHURN_E_UTF8; CHURN_E_UNSUPPORTED for a form that is left out;
 * CHURN_E_LIMIT; CHURN_E_NOMEM. On failure `*fault` is a byte of the pattern and `*why` a static
 * text. The pattern need not outlive the call. */
churn_status churn__regex_compile(churn__heap *heap, churn_str pattern, churn__regex **out,
                                  size_t *fault, const char **why);
void churn__regex_free(churn__regex *regex);
/* Bytes of scratch that matching needs, aligned for uint16_t, at most 10 for each of the pattern's
 * characters and classes, repetitions counted out; 0 for most patterns. */
size_t churn__regex_room(const churn__regex *regex);
/* Does it match anywhere in the text? Allocates nothing. `room` may be NULL where none is needed,
 * and holds anything. Safe from any thread that has a room of its own. A byte that is not UTF-8
 * counts as U+FFFD. */
bool churn__regex_match(const churn__regex *regex, churn_str text, void *room);

#endif
