/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/num.h"
#include "text/text_inside.h"

static churn__heap *heap;

/* splitmix64 */
static uint64_t test_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

typedef struct made {
    churn__words *words;
    churn__corpus corpus;
    uint32_t *weights;
    churn__phrases *phrases;
} made;

static made make(const char *const *texts, const uint32_t *weights, size_t count, uint32_t longest,
                 uint64_t least)
{
    made m = {.words = churn__words_create(heap), .weights = calloc(count + 1, sizeof(uint32_t))};
    assert_int_equal(churn__words_stop_language(m.words, CHURN__STR("en"), NULL), CHURN_OK);
    churn__corpus_init(&m.corpus, heap);
    for (size_t i = 0; i < count; i++) {
        assert_true(churn__corpus_add(&m.corpus, m.words, churn__str_nts(texts[i])));
        m.weights[i] = weights == NULL ? 1 : weights[i];
    }
    assert_int_equal(churn__phrases_find(heap, m.words, &m.corpus, m.weights, longest, least, NULL,
                                         &m.phrases, NULL),
                     CHURN_OK);
    return m;
}

static void unmake(made *m)
{
    churn__phrases_free(m->phrases);
    churn__corpus_clear(&m->corpus);
    churn__words_free(m->words);
    free(m->weights);
}

static void name_of(const made *m, uint32_t phrase, char *out, size_t cap)
{
    const churn__phrase *p = churn__phrases_get(m->phrases, phrase);
    churn__buf buf;
    churn__buf_init(&buf, heap);
    churn__words_write(m->words, p->words, p->count, &buf);
    assert_true(buf.size < cap);
    memcpy(out, buf.data, buf.size + 1);
    churn__buf_clear(&buf);
}

/* In how many documents a phrase is; -1: it is not among them. */
static int64_t documents(const made *m, const char *name, bool *shown)
{
    for (uint32_t i = 0; i < churn__phrases_count(m->phrases); i++) {
        char text[400];
        name_of(m, i, text, sizeof text);
        if (strcmp(text, name) == 0) {
            *shown = churn__phrases_shown(m->phrases, i);
            return (int64_t)churn__phrases_get(m->phrases, i)->documents;
        }
    }
    return -1;
}

static void phrases_find__small__once_a_document(void **state)
{
    static const char *const texts[] = {"Out of memory. Out of memory!", "out of memory",
                                        "memory out, of course", "spam spam spam spam"};
    static const uint32_t weights[] = {1, 3, 1, 1};
    bool shown = false;
    made m = make(texts, weights, 4, 3, 1);
    (void)state;
    assert_int_equal(documents(&m, "memory", &shown), 5);
    assert_true(shown);
    assert_int_equal(documents(&m, "of", &shown), 5);
    assert_false(shown);
    assert_int_equal(documents(&m, "out of memory", &shown), 4);
    assert_false(shown); /* begins with a word that is left out */
    assert_int_equal(documents(&m, "memory out", &shown), 1);
    assert_int_equal(documents(&m, "out of", &shown), 4); /* a comma is between them in one */
    assert_int_equal(documents(&m, "spam", &shown), 1);
    assert_int_equal(documents(&m, "spam spam spam", &shown), 1);
    unmake(&m);
}

static void phrases_of__text__each_once_with_times(void **state)
{
    static const char *const texts[] = {"slow slow export", "slow export"};
    const uint32_t *list = NULL;
    made m = make(texts, NULL, 2, 2, 2);
    (void)state;
    assert_int_equal(churn__phrases_count(m.phrases), 3); /* slow, export, slow export */
    for (int again = 0; again < 2; again++) {
        assert_int_equal(churn__phrases_of(m.phrases, &m.corpus, 0, &list), 3);
        assert_int_equal(churn__phrases_get(m.phrases, list[0])->times, 2);
        assert_int_equal(churn__phrases_get(m.phrases, list[2])->times, 1);
    }
    uint32_t parts[5];
    assert_int_equal(churn__phrases_parts(m.phrases, 2, parts), 2);
    unmake(&m);
}

/* ---- beside a plain count ---- */

static int64_t naive(const made *m, const uint32_t *words, uint32_t count)
{
    int64_t documents = 0;
    for (size_t text = 0; text < m->corpus.count; text++) {
        size_t begin = text == 0 ? 0 : m->corpus.ends[text - 1], end = m->corpus.ends[text];
        bool there = false;
        for (size_t i = begin; i + count <= end && !there; i++) {
            there = memcmp(m->corpus.ids.data + i, words, count * sizeof *words) == 0;
        }
        documents += there ? m->weights[text] : 0;
    }
    return documents;
}

/* Every phrase of the texts that is frequent is found, with its count, and nothing else. */
static void check_all(const made *m, uint32_t longest, int64_t least)
{
    size_t frequent = 0;
    uint8_t *counted = calloc(churn__phrases_count(m->phrases) + 1, 1);
    for (size_t text = 0; text < m->corpus.count; text++) {
        const uint32_t *list = NULL;
        uint32_t n = churn__phrases_of(m->phrases, &m->corpus, text, &list);
        for (uint32_t i = 0; i < n; i++) {
            const churn__phrase *p = churn__phrases_get(m->phrases, list[i]);
            frequent += !counted[list[i]];
            counted[list[i]] = 1;
            assert_int_equal(p->documents, naive(m, p->words, p->count));
            assert_true((int64_t)p->documents >= least);
        }
        size_t begin = text == 0 ? 0 : m->corpus.ends[text - 1];
        for (size_t i = begin; i < m->corpus.ends[text]; i++) {
            for (uint32_t count = 1; count <= longest && i + count <= m->corpus.ends[text];
                 count++) {
                const uint32_t *ids = m->corpus.ids.data + i;
                if (ids[count - 1] == CHURN__WORD_END) {
                    break;
                }
                bool listed = false;
                for (uint32_t k = 0; k < n; k++) {
                    const churn__phrase *p = churn__phrases_get(m->phrases, list[k]);
                    listed = listed ||
                             (p->count == count && memcmp(p->words, ids, count * sizeof *ids) == 0);
                }
                assert_int_equal(listed, naive(m, ids, count) >= least);
            }
        }
    }
    assert_int_equal(frequent, churn__phrases_count(m->phrases));
    free(counted);
}

static void phrases_find__random__as_counted_plainly(void **state)
{
    uint64_t seed = 11;
    (void)state;
    for (uint32_t round = 0; round < 60; round++) {
        char room[40][120];
        const char *texts[40];
        uint32_t weights[40];
        for (size_t t = 0; t < 40; t++) {
            size_t size = 0;
            for (uint64_t w = test_random(&seed) % 12; w > 0; w--) {
                room[t][size++] = (char)('p' + test_random(&seed) % 5);
                room[t][size++] = test_random(&seed) % 6 == 0 ? '!' : ' ';
            }
            room[t][size] = '\0';
            texts[t] = room[t];
            weights[t] = 1 + (uint32_t)(test_random(&seed) % 3);
        }
        const uint32_t longest = 1 + round % 3;
        const int64_t least = 1 + (int64_t)(round % 7) * 3;
        made m = make(texts, weights, 40, longest, (uint64_t)least);
        check_all(&m, longest, least);
        unmake(&m);
    }
}

/* ---- dictionaries ---- */

static void dictionary__phrases__longest_match(void **state)
{
    churn__words *words = churn__words_create(heap);
    churn__dictionary *d = churn__dictionary_create(heap);
    churn__word_list list = {.heap = heap};
    uint32_t value = 99, held = 99;
    (void)state;
    assert_true(churn__dictionary_add(d, words, CHURN__STR("good"), 1, &held));
    assert_true(churn__dictionary_add(d, words, CHURN__STR("Not Good"), 2, &held));
    assert_int_equal(held, 2);
    assert_true(churn__dictionary_add(d, words, CHURN__STR("not-good"), 3, &held));
    assert_int_equal(held, 2);
    assert_true(churn__dictionary_add(d, words, CHURN__STR(" !"), 4, &held));
    assert_int_equal(held, CHURN__NO_PHRASE);
    assert_true(churn__words_read(words, CHURN__STR("not good. not. good"), &list));
    assert_int_equal(churn__dictionary_match(d, list.data, list.count, &value), 2);
    assert_int_equal(value, 2);
    assert_int_equal(churn__dictionary_match(d, list.data + 3, list.count - 3, &value), 0);
    assert_int_equal(churn__dictionary_match_below(d, list.data + 1, 6, 1, &value), 1);
    assert_int_equal(value, 1);
    churn__word_list_clear(&list);
    churn__dictionary_free(d);
    churn__words_free(words);
}

static void dictionary__many__all_found(void **state)
{
    churn__words *words = churn__words_create(heap);
    churn__dictionary *d = churn__dictionary_create(heap);
    (void)state;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < 500; i++) {
            char text[32];
            uint32_t value = 0, held = 0;
            size_t size =
                churn__format(text, sizeof text, "w%u x%u", (uint64_t)(i % 50), (uint64_t)i);
            churn_str phrase = {text, size};
            if (pass == 0) {
                assert_true(churn__dictionary_add(d, words, phrase, i, &held));
                assert_int_equal(held, i);
                continue;
            }
            churn__word_list list = {.heap = heap};
            assert_true(churn__words_read(words, phrase, &list));
            assert_int_equal(churn__dictionary_match(d, list.data, list.count, &value), 2);
            assert_int_equal(value, i);
            churn__word_list_clear(&list);
        }
    }
    churn__dictionary_free(d);
    churn__words_free(words);
}

static int setup(void **state)
{
    (void)state;
    heap = churn__heap_create(NULL, 0);
    return heap == NULL;
}

static int teardown(void **state)
{
    (void)state;
    int64_t left = (int64_t)churn__heap_used(heap);
    churn__heap_release(heap);
    return left != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phrases_find__small__once_a_document),
        cmocka_unit_test(phrases_of__text__each_once_with_times),
        cmocka_unit_test(phrases_find__random__as_counted_plainly),
        cmocka_unit_test(dictionary__phrases__longest_match),
        cmocka_unit_test(dictionary__many__all_found),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
