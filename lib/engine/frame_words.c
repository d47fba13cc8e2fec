/* SPDX-License-Identifier: MIT */
#include "engine/engine_internal.h"

#include <string.h>

/*
 * Columns of a few words. Attributes such as the plan, reasons of losses and statuses repeat few
 * texts over many customers: a batch holds them as codes, so that a condition looks at each word
 * once. Texts are told apart by where they lie, which is one place for each in a version; two
 * places for one text would only be two codes. What turns out to be more than a few words becomes a
 * plain column of texts for the rest of the batch.
 */
#define INDEX_SIZE (4u * CHURN__FRAME_WORDS) /* a power of two; a quarter full at most */

struct churn__frame_words {
    churn_str *texts; /* by row, where there are many */
    uint32_t *codes;  /* by row, where there are few */
    uint32_t rows;    /* room for so many */
    uint32_t count;
    churn_str words[CHURN__FRAME_WORDS];
    uint8_t index[INDEX_SIZE]; /* by address: code and one; 0: free */
};

_Static_assert(CHURN__FRAME_WORDS < UINT8_MAX, "a code and one is a byte");

churn__frame_words *churn__frame_words_open(churn__heap *heap, uint32_t rows)
{
    churn__frame_words *own = churn__alloc_zero(heap, sizeof *own);
    if (own == NULL) {
        return NULL;
    }
    own->rows = rows;
    own->texts = churn__alloc_array_zero(heap, rows, sizeof *own->texts);
    own->codes = churn__alloc_array_zero(heap, rows, sizeof *own->codes);
    if (own->texts == NULL || own->codes == NULL) {
        churn__frame_words_close(heap, own);
        return NULL;
    }
    return own;
}

void churn__frame_words_close(churn__heap *heap, churn__frame_words *own)
{
    if (own == NULL) {
        return;
    }
    churn__free_array(heap, own->texts, own->rows, sizeof *own->texts);
    churn__free_array(heap, own->codes, own->rows, sizeof *own->codes);
    churn__free(heap, own, sizeof *own);
}

void churn__frame_words_begin(churn__frame_words *own, churn__column *column)
{
    own->count = 0;
    memset(own->index, 0, sizeof own->index);
    column->values = NULL;
    column->codes = own->codes;
    column->dict = own->words;
    column->dict_count = 0;
}

static uint32_t place_of(const char *text)
{
    uint64_t address = (uint64_t)(uintptr_t)text;
    return (uint32_t)((address * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (INDEX_SIZE - 1);
}

/* The code of a text, a new one if need be; CHURN__FRAME_WORDS: there are too many. */
static uint32_t code_of(churn__frame_words *own, churn_str text)
{
    uint32_t at = place_of(text.ptr);
    for (; own->index[at] != 0; at = (at + 1) & (INDEX_SIZE - 1)) {
        const churn_str *word = &own->words[own->index[at] - 1];
        if (word->ptr == text.ptr && word->len == text.len) {
            return own->index[at] - 1u;
        }
    }
    if (own->count < CHURN__FRAME_WORDS) {
        own->words[own->count] = text;
        own->index[at] = (uint8_t)(own->count + 1);
        return own->count++;
    }
    return CHURN__FRAME_WORDS;
}

/* Codes of the rows before this one become texts; a row that is missing may have no word. */
static void spell_out(churn__frame_words *own, churn__column *column, uint32_t row)
{
    for (uint32_t i = 0; i < row; i++) {
        own->texts[i] = own->words[own->codes[i]];
    }
    column->values = own->texts;
    column->codes = NULL;
    column->dict = NULL;
    column->dict_count = 0;
}

void churn__frame_words_put(churn__frame_words *own, churn__column *column, uint32_t row,
                            churn_str text)
{
    if (column->codes == NULL) {
        own->texts[row] = text.ptr != NULL ? text : CHURN__STR("");
        return;
    }
    uint32_t code = text.ptr != NULL ? code_of(own, text) : 0;
    if (code == CHURN__FRAME_WORDS) {
        spell_out(own, column, row);
        own->texts[row] = text;
        return;
    }
    own->codes[row] = code;
    column->dict_count = own->count;
}
