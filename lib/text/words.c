/* SPDX-License-Identifier: MIT */
#include "text/text_inside.h"

churn__words *churn__words_create(churn__heap *heap)
{
    churn__words *words = churn__alloc_zero(heap, sizeof *words);
    if (words == NULL) {
        return NULL;
    }
    words->heap = heap;
    words->dict = churn__dict_create(heap);
    if (words->dict == NULL) {
        churn__free(heap, words, sizeof *words);
        return NULL;
    }
    return words;
}

void churn__words_free(churn__words *words)
{
    if (words != NULL) {
        churn__dict_free(words->dict);
        churn__dict_free(words->elisions);
        churn__free_array(words->heap, words->flags, words->capacity, 1);
        churn__free(words->heap, words, sizeof *words);
    }
}

uint32_t churn__words_count(const churn__words *words)
{
    return churn__dict_count(words->dict);
}

bool churn__words_is_stop(const churn__words *words, uint32_t word)
{
    return (words->flags[word] & TEXT_IS_STOP) != 0;
}

uint32_t churn__text_word(churn__words *words, churn_str word, uint8_t flags)
{
    uint32_t number = churn__dict_add(words->dict, word);
    if (number == CHURN__NO_CODE) {
        return CHURN__NO_CODE;
    }
    size_t before = words->capacity;
    if (number >= before) {
        if (!churn__grow(words->heap, (void **)&words->flags, &words->capacity, number + 1u, 1)) {
            churn__dict_truncate(words->dict, number);
            return CHURN__NO_CODE;
        }
        memset(words->flags + before, 0, words->capacity - before);
    }
    words->flags[number] |= flags;
    return number;
}

/* ---- what is left out ---- */

bool churn__words_stop(churn__words *words, churn_str text)
{
    churn__word_list list = {.heap = words->heap};
    bool done = churn__words_read(words, text, &list);
    for (size_t i = 0; done && i < list.count; i++) {
        if (list.data[i] != CHURN__WORD_END) {
            words->flags[list.data[i]] |= TEXT_IS_STOP;
        }
    }
    churn__word_list_clear(&list);
    return done;
}

/* The next word of a list that is apart by spaces. */
static bool next_word(const char **list, churn_str *out)
{
    const char *at = *list;
    while (*at == ' ') {
        at++;
    }
    const char *end = at;
    while (*end != ' ' && *end != '\0') {
        end++;
    }
    *out = (churn_str){at, (size_t)(end - at)};
    *list = end;
    return end > at;
}

static bool add_elisions(churn__words *words, const char *list)
{
    churn_str head = {NULL, 0};
    if (words->elisions == NULL) {
        words->elisions = churn__dict_create(words->heap);
    }
    bool done = words->elisions != NULL;
    while (done && next_word(&list, &head)) {
        char article[16];
        memcpy(article, head.ptr, head.len);
        article[head.len] = '\'';
        churn_str whole = {article, head.len + 1};
        done = churn__dict_add(words->elisions, head) != CHURN__NO_CODE &&
               churn__text_word(words, whole, TEXT_IS_STOP) != CHURN__NO_CODE;
    }
    return done;
}

const char *churn__words_language(uint32_t i)
{
    return churn__text_languages[i].name; /* NULL ends them */
}

churn_status churn__words_stop_language(churn__words *words, churn_str language, churn_error *err)
{
    const text_language *found = churn__text_languages;
    while (found->name != NULL && !churn__str_eq(churn__str_nts(found->name), language)) {
        found++;
    }
    if (found->name == NULL) {
        return churn__fail(err, CHURN_E_NOT_FOUND, 0,
                           "themes: languages: there is no list of stop words for %q; there are en "
                           "de fr es it pt nl hu",
                           &language);
    }
    if (!churn__words_stop(words, churn__str_nts(found->stop)) ||
        (found->elisions != NULL && !add_elisions(words, found->elisions))) {
        return churn__fail_memory(err, words->heap);
    }
    return CHURN_OK;
}

/* ---- as they are read ---- */

static bool together(const churn__words *words, uint32_t before, uint32_t word)
{
    churn_str text = churn__dict_get(words->dict, before);
    bool solo = (words->flags[before] & words->flags[word] & TEXT_IS_SOLO) != 0;
    return solo || text.ptr[text.len - 1] == '\'';
}

int churn__words_compare(const churn__words *words, const uint32_t *a, uint32_t a_count,
                         const uint32_t *b, uint32_t b_count)
{
    for (uint32_t i = 0; i < a_count && i < b_count; i++) {
        int order = a[i] == b[i] ? 0
                                 : churn__str_cmp(churn__dict_get(words->dict, a[i]),
                                                  churn__dict_get(words->dict, b[i]));
        if (order != 0) {
            return order;
        }
    }
    return (a_count > b_count) - (a_count < b_count);
}

void churn__words_write(const churn__words *words, const uint32_t *numbers, uint32_t count,
                        churn__buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && !together(words, numbers[i - 1], numbers[i])) {
            churn__buf_char(out, ' ');
        }
        churn__buf_str(out, churn__dict_get(words->dict, numbers[i]));
    }
}
