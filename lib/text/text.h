/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TEXT_TEXT_H
#define CHURN_TEXT_TEXT_H

#include "base/buf.h"
#include "base/heap.h"
#include "core/fail.h"

/*
 * What people write, as words and phrases that can be counted.
 *
 * A word is a run of letters, marks and digits of Unicode, folded by simple case folding, with base
 * letters and their marks composed, so that the two ways to write an accent are one word. Inside it
 * an apostrophe between letters stays (don't), and a point or comma between digits (3.5). Where
 * scripts put no spaces between words (Han, Hiragana, Thai, Lao, Khmer, Burmese, Tibetan) every
 * letter with its marks is a word, so that phrases are runs of two or three letters; Katakana,
 * which writes loan words, is cut where the script changes. An emoji is a word with all that is
 * joined to it, skin tones and variations left out; two regional letters are a flag. Words over
 * CHURN__WORD_BYTES bytes are left out. Nothing is stemmed, no compatibility form is unified.
 *
 * Phrases are words that follow each other; none goes across the end of a sentence or clause:
 * . , ! ? ; : brackets, quotes, dashes with spaces, line ends and their like in other scripts.
 */
#define CHURN__WORD_BYTES 96u
#define CHURN__WORD_END UINT32_MAX /* among words: no phrase goes across */
#define CHURN__PHRASE_WORDS 3u
#define CHURN__NO_PHRASE UINT32_MAX

/* ---- words ---- */

/* Words as numbers 0, 1, 2 ... in order of first sight. */
typedef struct churn__words churn__words;

typedef struct churn__word_list {
    churn__heap *heap;
    uint32_t *data;
    size_t count, capacity;
} churn__word_list;

churn__words *churn__words_create(churn__heap *heap); /* NULL: no memory */
void churn__words_free(churn__words *words);
/* Leave out what a language's words are made of but themes are not: "en" "de" "fr" "es" "it" "pt"
 * "nl" "hu". Words of negation are none of them: "not working" is a theme. CHURN_E_NOT_FOUND for a
 * language without a list. To be called before any text is read: French and Italian are cut behind
 * the article (l'accès: two words). */
churn_status churn__words_stop_language(churn__words *words, churn_str language, churn_error *err);
/* Leave out every word of a text. False: no memory. */
bool churn__words_stop(churn__words *words, churn_str text);
/* The i-th language that has a list; NULL past the last. */
const char *churn__words_language(uint32_t i);
/* Append the numbers of a text's words, with CHURN__WORD_END where phrases end and, unless nothing
 * is appended, at the end. False: no memory; the list holds what it held. */
bool churn__words_read(churn__words *words, churn_str text, churn__word_list *out);
void churn__word_list_clear(churn__word_list *list);
uint32_t churn__words_count(const churn__words *words);
bool churn__words_is_stop(const churn__words *words, uint32_t word);
/* The order of two phrases by the bytes of their words, whatever was seen first. */
int churn__words_compare(const churn__words *words, const uint32_t *a, uint32_t a_count,
                         const uint32_t *b, uint32_t b_count);
/* Words as they are read: apart by spaces, but for scripts that have none. Appended. */
void churn__words_write(const churn__words *words, const uint32_t *numbers, uint32_t count,
                        churn__buf *out);

/* ---- phrases ---- */

/* Texts as words; text i is at ids[ends[i - 1]] .. ids[ends[i]]. */
typedef struct churn__corpus {
    churn__word_list ids;
    size_t *ends;
    size_t count, capacity;
} churn__corpus;

void churn__corpus_init(churn__corpus *corpus, churn__heap *heap);
void churn__corpus_clear(churn__corpus *corpus);
/* Its number is the count before. False: no memory. */
bool churn__corpus_add(churn__corpus *corpus, churn__words *words, churn_str text);

typedef struct churn__phrase {
    uint32_t words[CHURN__PHRASE_WORDS];
    uint32_t count;     /* of words */
    uint64_t documents; /* in how many it is, each once however often */
    uint32_t times;     /* in the text of the last churn__phrases_of() that had it */
    size_t seen;        /* that text, + 1 */
} churn__phrase;

/*
 * The phrases of at most `longest` words that are in at least `least` documents. A phrase is in no
 * more documents than its parts, so that only what stands beside frequent words is counted
 * (Agrawal & Srikant 1994). Numbered by length, then by first sight.
 */
typedef struct churn__phrases churn__phrases;

/* weights[i]: how many documents have text i. CHURN_E_LIMIT where there are more than
 * CHURN__PHRASES_MAX candidates of a length. */
#define CHURN__PHRASES_MAX 16777216u
churn_status churn__phrases_find(churn__heap *heap, const churn__words *words,
                                 const churn__corpus *corpus, const uint32_t *weights,
                                 uint32_t longest, uint64_t least, churn_cancel *cancel,
                                 churn__phrases **out, churn_error *err);
void churn__phrases_free(churn__phrases *phrases);
uint32_t churn__phrases_count(const churn__phrases *phrases);
const churn__phrase *churn__phrases_get(const churn__phrases *phrases, uint32_t phrase);
/* Does it begin and end with words that are not left out? Others are only counted to find longer
 * ones. */
bool churn__phrases_shown(const churn__phrases *phrases, uint32_t phrase);
/* The phrases of a text, each once, with `times` set. Valid until the next call. */
uint32_t churn__phrases_of(churn__phrases *phrases, const churn__corpus *corpus, size_t text,
                           const uint32_t **out);
/* The phrases inside a phrase: up to 5. */
uint32_t churn__phrases_parts(const churn__phrases *phrases, uint32_t phrase, uint32_t parts[5]);

/* ---- dictionaries ---- */

/* Phrases that somebody gives, each with a number: tags, lexicons. */
typedef struct churn__dictionary churn__dictionary;

churn__dictionary *churn__dictionary_create(churn__heap *heap); /* NULL: no memory */
void churn__dictionary_free(churn__dictionary *dictionary);
/* The first to come with a phrase keeps it: `*held` is its value, CHURN__NO_PHRASE for what has no
 * word. False: no memory. */
bool churn__dictionary_add(churn__dictionary *dictionary, churn__words *words, churn_str text,
                           uint32_t value, uint32_t *held);
/* The longest phrase that begins at words[0] and does not go across an end: its length in words, 0:
 * none. */
uint32_t churn__dictionary_match(const churn__dictionary *dictionary, const uint32_t *words,
                                 size_t count, uint32_t *value);
/* Whether another, shorter one begins there too: at most `below` words. As above. */
uint32_t churn__dictionary_match_below(const churn__dictionary *dictionary, const uint32_t *words,
                                       size_t count, uint32_t below, uint32_t *value);

#endif
