/* SPDX-License-Identifier: MIT */
#include "text/text_inside.h"

/* Cutting a text into words. */

typedef struct cutting {
    churn__words *words;
    churn__word_list *out;
    churn_str text;
    size_t at;
    char word[CHURN__WORD_BYTES];
    size_t size;
    size_t last_at;  /* where in `word` its last code point begins */
    uint32_t last;   /* that code point */
    text_sort sort;  /* of the word that is being written: LETTER, SOLO, EMOJI, FLAG */
    text_sort ended; /* what its last code point is: LETTER or DIGIT */
    bool too_long, joined, failed;
} cutting;

static void push(cutting *c, uint32_t number)
{
    churn__word_list *out = c->out;
    if (!churn__grow(out->heap, (void **)&out->data, &out->capacity, out->count + 1,
                     sizeof *out->data)) {
        c->failed = true;
        return;
    }
    out->data[out->count++] = number;
}

static void end_phrase(cutting *c, size_t first)
{
    if (c->out->count > first && c->out->data[c->out->count - 1] != CHURN__WORD_END) {
        push(c, CHURN__WORD_END);
    }
}

static void end_word(cutting *c)
{
    if (c->too_long) {
        push(c, CHURN__WORD_END);
    } else if (c->size > 0) {
        uint8_t flags = c->sort == TEXT_SOLO ? TEXT_IS_SOLO : 0;
        uint32_t number = churn__text_word(c->words, (churn_str){c->word, c->size}, flags);
        c->failed = c->failed || number == CHURN__NO_CODE;
        push(c, number);
    }
    c->size = 0;
    c->too_long = c->joined = false;
}

static void append(cutting *c, uint32_t rune)
{
    char bytes[4];
    size_t length = churn__text_encode(rune, bytes);
    if (c->size + length > sizeof c->word) {
        c->too_long = true;
        return;
    }
    c->last_at = c->size;
    c->last = rune;
    memcpy(c->word + c->size, bytes, length);
    c->size += length;
}

static void append_mark(cutting *c, uint32_t rune)
{
    if (c->size == 0) {
        return; /* a mark on nothing */
    }
    uint32_t both = churn__text_compose(c->last, rune);
    if (both != 0) {
        c->size = c->last_at;
    }
    append(c, both != 0 ? both : rune);
}

static void begin_word(cutting *c, text_sort sort, uint32_t rune)
{
    end_word(c);
    c->sort = sort;
    append(c, rune);
}

static void take_letter(cutting *c, text_sort sort, uint32_t rune)
{
    uint32_t folded = churn__text_fold(rune);
    if (c->size == 0 || c->sort != TEXT_LETTER) {
        begin_word(c, TEXT_LETTER, folded);
    } else if (rune >= 0x1161 && rune <= 0x11FF) {
        append_mark(c, rune); /* vowels and tails of Hangul are letters by category */
    } else {
        append(c, folded);
    }
    c->ended = sort;
}

static text_sort sort_ahead(const cutting *c)
{
    size_t at = c->at;
    return at < c->text.len ? churn__text_sort(churn__text_decode(c->text, &at)) : TEXT_STOP;
}

/* l'accès: the article is a word, with its apostrophe. */
static void take_apostrophe(cutting *c)
{
    bool inside = c->size > 0 && c->sort == TEXT_LETTER && c->ended == TEXT_LETTER &&
                  sort_ahead(c) == TEXT_LETTER;
    if (!inside) {
        end_word(c);
        return;
    }
    churn_str head = {c->word, c->size};
    bool cut =
        c->words->elisions != NULL && churn__dict_find(c->words->elisions, head) != CHURN__NO_CODE;
    append(c, '\'');
    if (cut) {
        end_word(c);
    }
}

static void take_point(cutting *c, uint32_t rune, size_t first)
{
    text_sort ahead = sort_ahead(c);
    bool number =
        c->size > 0 && c->sort == TEXT_LETTER && c->ended == TEXT_DIGIT && ahead == TEXT_DIGIT;
    if (number) {
        append(c, rune == 0x2E || rune == 0xFF0E ? '.' : ',');
        return;
    }
    end_word(c);
    if (ahead != TEXT_LETTER && ahead != TEXT_DIGIT) { /* node.js is one phrase */
        end_phrase(c, first);
    }
}

static void take_picture(cutting *c, text_sort sort, uint32_t rune)
{
    bool joins = c->size > 0 && c->sort == sort;
    if (joins && sort == TEXT_EMOJI && c->joined) {
        append(c, 0x200D);
        append(c, rune);
        c->joined = false;
    } else if (joins && sort == TEXT_FLAG) {
        append(c, rune);
        end_word(c);
    } else {
        begin_word(c, sort, rune);
    }
}

static void take(cutting *c, uint32_t rune, size_t first)
{
    text_sort sort = churn__text_sort(rune);
    switch (sort) {
    case TEXT_LETTER:
    case TEXT_DIGIT:
        take_letter(c, sort, rune);
        break;
    case TEXT_MARK:
        append_mark(c, rune);
        break;
    case TEXT_SOLO:
        begin_word(c, TEXT_SOLO, rune);
        break;
    case TEXT_EMOJI:
    case TEXT_FLAG:
        take_picture(c, sort, rune);
        break;
    case TEXT_JOINER:
        c->joined = c->size > 0 && c->sort == TEXT_EMOJI;
        break;
    case TEXT_APOSTROPHE:
        take_apostrophe(c);
        break;
    case TEXT_POINT:
        take_point(c, rune, first);
        break;
    case TEXT_STOP:
        end_word(c);
        end_phrase(c, first);
        break;
    case TEXT_NOTHING:
        break;
    default:
        end_word(c);
    }
}

bool churn__words_read(churn__words *words, churn_str text, churn__word_list *out)
{
    cutting c = {.words = words, .out = out, .text = text, .sort = TEXT_LETTER};
    const size_t first = out->count;
    while (c.at < text.len && !c.failed) {
        uint32_t rune = churn__text_decode(text, &c.at);
        take(&c, rune, first);
    }
    end_word(&c);
    end_phrase(&c, first);
    if (c.failed) {
        out->count = first;
    }
    return !c.failed;
}

void churn__word_list_clear(churn__word_list *list)
{
    churn__free_array(list->heap, list->data, list->capacity, sizeof *list->data);
    list->data = NULL;
    list->count = list->capacity = 0;
}
