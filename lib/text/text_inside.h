/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TEXT_TEXT_INSIDE_H
#define CHURN_TEXT_TEXT_INSIDE_H

#include "base/dict.h"
#include "text/text.h"

/* What a code point is when text is cut into words: as generate_unicode.py numbers it. */
typedef enum text_sort {
    TEXT_GAP,
    TEXT_LETTER,
    TEXT_MARK,
    TEXT_DIGIT,
    TEXT_SOLO, /* of a script without spaces */
    TEXT_EMOJI,
    TEXT_STOP,
    TEXT_NOTHING,
    TEXT_APOSTROPHE,
    TEXT_POINT,
    TEXT_FLAG,
    TEXT_JOINER
} text_sort;

text_sort churn__text_sort(uint32_t rune);
uint32_t churn__text_fold(uint32_t rune);
/* The code point that is both; 0: there is none. */
uint32_t churn__text_compose(uint32_t base, uint32_t mark);
/* Step over one code point; U+FFFD for a byte that is not UTF-8. */
uint32_t churn__text_decode(churn_str text, size_t *at);
/* Returns the length. */
size_t churn__text_encode(uint32_t rune, char out[4]);

#define TEXT_IS_STOP 1u
#define TEXT_IS_SOLO 2u

struct churn__words {
    churn__heap *heap;
    churn__dict *dict;
    uint8_t *flags;
    size_t capacity;
    churn__dict *elisions; /* what stands before an apostrophe: "l" "qu"; NULL: of no language */
};

/* The number of a word that is as words are written; CHURN__NO_CODE: no memory. */
uint32_t churn__text_word(churn__words *words, churn_str word, uint8_t flags);

typedef struct text_language {
    const char *name;
    const char *stop;     /* apart by spaces */
    const char *elisions; /* likewise; NULL: none */
} text_language;

/* Ended by a NULL name. */
extern const text_language churn__text_languages[];

#endif
