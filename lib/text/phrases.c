/* SPDX-License-Identifier: MIT */
#include "text/text_inside.h"

/*
 * Frequent phrases, shortest first: a pair is only counted where both words are frequent, a triple
 * where both of its pairs are. Two words, or a pair and a word, are one number of 64 bits, and a
 * table of those tells the number of the longer phrase. Most candidates are rare, so that they are
 * first counted by their hash alone: what shares a count that is too low is not frequent (Park,
 * Chen & Yu, "An effective hash-based algorithm for mining association rules", 1995).
 */
#define EMPTY UINT32_MAX
#define FIRST_SLOTS 1024u
#define CHECK_EVERY 4096u
#define FEWEST_COUNTS ((size_t)1 << 12)
#define MOST_COUNTS ((size_t)1 << 24)

typedef struct gram_slot {
    uint64_t key;
    uint32_t phrase; /* EMPTY: free */
} gram_slot;

typedef struct gram_table {
    gram_slot *slots;
    size_t size, count; /* size is a power of 2 */
} gram_table;

struct churn__phrases {
    churn__heap *heap;
    const churn__words *words;
    uint64_t seed;
    uint32_t longest;
    churn__phrase *all;
    size_t count, capacity;
    size_t first[CHURN__PHRASE_WORDS + 2]; /* of each length; then the end */
    uint32_t *of_word;                     /* CHURN__NO_PHRASE: not frequent */
    size_t word_count;
    gram_table pairs, triples;
    uint32_t *list; /* of the last text */
    size_t list_capacity;
};

/* ---- the tables ---- */

/* The numbers are ours, but who writes texts chooses which words meet: the seed is random. */
static size_t slot_of(size_t size, uint64_t key, uint64_t seed)
{
    uint64_t h = (key ^ seed) * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ (h >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
    return (size_t)(h ^ (h >> 32)) & (size - 1);
}

static gram_slot *find_slot(const gram_table *table, uint64_t key, uint64_t seed)
{
    size_t at = slot_of(table->size, key, seed);
    while (table->slots[at].phrase != EMPTY && table->slots[at].key != key) {
        at = (at + 1) & (table->size - 1);
    }
    return &table->slots[at];
}

static uint32_t find_gram(const churn__phrases *p, const gram_table *table, uint64_t key)
{
    return table->size == 0 ? EMPTY : find_slot(table, key, p->seed)->phrase;
}

static bool resize_table(churn__phrases *p, gram_table *table, size_t size)
{
    gram_table bigger = {churn__alloc_array(p->heap, size, sizeof(gram_slot)), size, table->count};
    if (bigger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        bigger.slots[i].phrase = EMPTY;
    }
    for (size_t i = 0; i < table->size; i++) {
        if (table->slots[i].phrase != EMPTY) {
            *find_slot(&bigger, table->slots[i].key, p->seed) = table->slots[i];
        }
    }
    churn__free_array(p->heap, table->slots, table->size, sizeof *table->slots);
    *table = bigger;
    return true;
}

static void clear_table(churn__phrases *p, gram_table *table)
{
    churn__free_array(p->heap, table->slots, table->size, sizeof *table->slots);
    *table = (gram_table){NULL, 0, 0};
}

/* ---- counting ---- */

typedef struct counting {
    churn__phrases *p;
    const churn__corpus *corpus;
    const uint32_t *weights;
    uint64_t least;
    churn_cancel *cancel;
    uint16_t *rough; /* how often keys of a hash occur, at most UINT16_MAX; size is a power of 2 */
    size_t rough_size;
} counting;

static churn_status add_phrase(churn__phrases *p, const uint32_t *words, uint32_t count,
                               churn_error *err)
{
    if (!churn__grow(p->heap, (void **)&p->all, &p->capacity, p->count + 1, sizeof *p->all)) {
        return churn__fail_memory(err, p->heap);
    }
    p->all[p->count] = (churn__phrase){.count = count};
    memcpy(p->all[p->count].words, words, count * sizeof *words);
    p->count++;
    return CHURN_OK;
}

static void see(churn__phrase *phrase, size_t text, uint32_t weight)
{
    if (phrase->seen != text + 1) {
        phrase->seen = text + 1;
        phrase->documents += weight;
    }
}

static size_t text_begin(const churn__corpus *corpus, size_t text)
{
    return text == 0 ? 0 : corpus->ends[text - 1];
}

static churn_status count_words(counting *c, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__phrases *p = c->p;
    for (uint32_t word = 0; word < p->word_count; word++) {
        CHURN_TRY(add_phrase(p, &word, 1, err));
    }
    for (size_t text = 0; text < c->corpus->count; text++) {
        for (size_t i = text_begin(c->corpus, text); i < c->corpus->ends[text]; i++) {
            if (c->corpus->ids.data[i] != CHURN__WORD_END) {
                see(&p->all[c->corpus->ids.data[i]], text, c->weights[text]);
            }
        }
    }
done:
    return st;
}

/* Of a pair and a triple that begin at a word, what they are keyed by; false: a part of it is not
 * frequent. */
static bool pair_key(const churn__phrases *p, const uint32_t *ids, uint64_t *key)
{
    if (ids[0] == CHURN__WORD_END || ids[1] == CHURN__WORD_END ||
        p->of_word[ids[0]] == CHURN__NO_PHRASE || p->of_word[ids[1]] == CHURN__NO_PHRASE) {
        return false;
    }
    *key = (uint64_t)ids[0] << 32 | ids[1];
    return true;
}

static bool triple_key(const churn__phrases *p, const uint32_t *ids, uint64_t *key)
{
    uint64_t first = 0, second = 0;
    if (!pair_key(p, ids, &first) || !pair_key(p, ids + 1, &second)) {
        return false;
    }
    uint32_t pair = find_gram(p, &p->pairs, first);
    if (pair == EMPTY || find_gram(p, &p->pairs, second) == EMPTY) {
        return false;
    }
    *key = (uint64_t)pair << 32 | ids[2];
    return true;
}

static bool key_of(const churn__phrases *p, const uint32_t *ids, size_t left, uint32_t count,
                   uint64_t *key)
{
    if (left < count) {
        return false;
    }
    return count == 2 ? pair_key(p, ids, key) : triple_key(p, ids, key);
}

static churn_status count_gram(counting *c, gram_table *table, size_t text, const uint32_t *ids,
                               uint32_t count, uint64_t key, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__phrases *p = c->p;
    if (table->count * 2 >= table->size &&
        !resize_table(p, table, table->size == 0 ? FIRST_SLOTS : table->size * 2)) {
        CHURN_TRY(churn__fail_memory(err, p->heap));
    }
    gram_slot *slot = find_slot(table, key, p->seed);
    if (slot->phrase == EMPTY) {
        if (table->count == CHURN__PHRASES_MAX) {
            CHURN_FAIL(CHURN_E_LIMIT, 0,
                       "themes: more than %u different phrases of %u words: ask for a higher "
                       "`min_count`, shorter phrases or a shorter time",
                       (uint64_t)CHURN__PHRASES_MAX, (uint64_t)count);
        }
        CHURN_TRY(add_phrase(p, ids, count, err));
        *slot = (gram_slot){key, (uint32_t)(p->count - 1)};
        table->count++;
    }
    see(&p->all[slot->phrase], text, c->weights[text]);
done:
    return st;
}

/* ---- counting by hash ---- */

static bool rough_open(counting *c)
{
    c->rough_size = FEWEST_COUNTS;
    while (c->rough_size < c->corpus->ids.count && c->rough_size < MOST_COUNTS) {
        c->rough_size *= 2;
    }
    c->rough = churn__alloc_array(c->p->heap, c->rough_size, sizeof *c->rough);
    return c->rough != NULL;
}

static void rough_close(counting *c)
{
    churn__free_array(c->p->heap, c->rough, c->rough_size, sizeof *c->rough);
    c->rough = NULL;
}

static void rough_add(counting *c, size_t text, uint64_t key)
{
    uint16_t *count = &c->rough[slot_of(c->rough_size, key, c->p->seed)];
    const uint32_t weight = c->weights[text], room = UINT16_MAX - (uint32_t)*count;
    *count = (uint16_t)(*count + (weight < room ? weight : room));
}

static bool rough_enough(const counting *c, uint64_t key)
{
    const uint64_t least = c->least < UINT16_MAX ? c->least : UINT16_MAX;
    return c->rough[slot_of(c->rough_size, key, c->p->seed)] >= least;
}

/* ---- counting each ---- */

static churn_status count_grams(counting *c, gram_table *table, uint32_t count, bool rough,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__corpus *corpus = c->corpus;
    for (size_t text = 0; text < corpus->count; text++) {
        if (text % CHECK_EVERY == 0) {
            CHURN_TRY(churn__cancel_check(c->cancel, err));
        }
        for (size_t i = text_begin(corpus, text); i < corpus->ends[text]; i++) {
            const uint32_t *ids = corpus->ids.data + i;
            uint64_t key = 0;
            if (!key_of(c->p, ids, corpus->ends[text] - i, count, &key)) {
                continue;
            }
            if (rough) {
                rough_add(c, text, key);
            } else if (rough_enough(c, key)) {
                CHURN_TRY(count_gram(c, table, text, ids, count, key, err));
            }
        }
    }
done:
    return st;
}

/* ---- only what is frequent ---- */

/* Moves the frequent ones of the newest length to the front; `moved` gets their new numbers. */
static void keep_frequent(churn__phrases *p, size_t first, uint64_t least, uint32_t *moved)
{
    size_t to = first;
    for (size_t i = first; i < p->count; i++) {
        moved[i - first] = CHURN__NO_PHRASE;
        if (p->all[i].documents >= least) {
            moved[i - first] = (uint32_t)to;
            p->all[to] = p->all[i];
            p->all[to++].seen = 0;
        }
    }
    p->count = to;
}

static churn_status keep_words(counting *c, churn_error *err)
{
    churn__phrases *p = c->p;
    p->of_word = churn__alloc_array(p->heap, p->word_count, sizeof *p->of_word);
    if (p->of_word == NULL) {
        return churn__fail_memory(err, p->heap);
    }
    keep_frequent(p, 0, c->least, p->of_word);
    return CHURN_OK;
}

/* A table of the frequent ones only, made anew so that it is no larger than they need. */
static churn_status keep_grams(counting *c, gram_table *table, size_t first, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__phrases *p = c->p;
    const size_t before = p->count - first;
    gram_table kept = {NULL, 0, 0};
    uint32_t *moved = churn__alloc_array(p->heap, before, sizeof *moved);
    size_t size = FIRST_SLOTS;
    if (moved == NULL) {
        CHURN_TRY(churn__fail_memory(err, p->heap));
    }
    keep_frequent(p, first, c->least, moved);
    while (size < (p->count - first) * 2) {
        size *= 2;
    }
    if (!resize_table(p, &kept, size)) {
        CHURN_TRY(churn__fail_memory(err, p->heap));
    }
    for (size_t i = 0; i < table->size; i++) {
        const gram_slot *slot = &table->slots[i];
        if (slot->phrase != EMPTY && moved[slot->phrase - first] != CHURN__NO_PHRASE) {
            *find_slot(&kept, slot->key, p->seed) =
                (gram_slot){slot->key, moved[slot->phrase - first]};
            kept.count++;
        }
    }
    clear_table(p, table);
    *table = kept;
done:
    churn__free_array(p->heap, moved, before, sizeof *moved);
    return st;
}

static churn_status find_all(counting *c, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__phrases *p = c->p;
    gram_table *tables[] = {NULL, NULL, &p->pairs, &p->triples};
    CHURN_TRY(count_words(c, err));
    CHURN_TRY(keep_words(c, err));
    for (uint32_t count = 2; count <= p->longest; count++) {
        p->first[count] = p->count;
        memset(c->rough, 0, c->rough_size * sizeof *c->rough);
        CHURN_TRY(count_grams(c, tables[count], count, true, err));
        CHURN_TRY(count_grams(c, tables[count], count, false, err));
        CHURN_TRY(keep_grams(c, tables[count], p->first[count], err));
    }
done:
    return st;
}

churn_status churn__phrases_find(churn__heap *heap, const churn__words *words,
                                 const churn__corpus *corpus, const uint32_t *weights,
                                 uint32_t longest, uint64_t least, churn_cancel *cancel,
                                 churn__phrases **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__phrases *p = churn__alloc_zero(heap, sizeof *p);
    if (p == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    p->heap = heap;
    p->words = words;
    p->longest = longest;
    p->word_count = churn__words_count(words);
    if (!churn__random_bytes(&p->seed, sizeof p->seed)) {
        p->seed = (uintptr_t)p;
    }
    counting c = {.p = p,
                  .corpus = corpus,
                  .weights = weights,
                  .least = least > 0 ? least : 1,
                  .cancel = cancel};
    if (longest > 1 && !rough_open(&c)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    st = find_all(&c, err);
    rough_close(&c);
    CHURN_TRY(st);
    *out = p;
    p = NULL;
done:
    churn__phrases_free(p);
    return st;
}

void churn__phrases_free(churn__phrases *p)
{
    if (p != NULL) {
        clear_table(p, &p->pairs);
        clear_table(p, &p->triples);
        churn__free_array(p->heap, p->of_word, p->word_count, sizeof *p->of_word);
        churn__free_array(p->heap, p->list, p->list_capacity, sizeof *p->list);
        churn__free_array(p->heap, p->all, p->capacity, sizeof *p->all);
        churn__free(p->heap, p, sizeof *p);
    }
}

/* ---- asking ---- */

uint32_t churn__phrases_count(const churn__phrases *p)
{
    return (uint32_t)p->count;
}

const churn__phrase *churn__phrases_get(const churn__phrases *p, uint32_t phrase)
{
    return &p->all[phrase];
}

bool churn__phrases_shown(const churn__phrases *p, uint32_t phrase)
{
    const churn__phrase *at = &p->all[phrase];
    return !churn__words_is_stop(p->words, at->words[0]) &&
           !churn__words_is_stop(p->words, at->words[at->count - 1]);
}

/* The phrase of `count` words that begins here; EMPTY: none that is frequent. */
static uint32_t phrase_at(const churn__phrases *p, const uint32_t *ids, size_t left, uint32_t count)
{
    uint64_t key = 0;
    if (count == 1) {
        return ids[0] == CHURN__WORD_END ? EMPTY : p->of_word[ids[0]];
    }
    if (!key_of(p, ids, left, count, &key)) {
        return EMPTY;
    }
    return find_gram(p, count == 2 ? &p->pairs : &p->triples, key);
}

/* At most one phrase of each length begins at each word. */
static bool room_for_list(churn__phrases *p, size_t words)
{
    return churn__grow(p->heap, (void **)&p->list, &p->list_capacity, words * p->longest + 1,
                       sizeof *p->list);
}

uint32_t churn__phrases_of(churn__phrases *p, const churn__corpus *corpus, size_t text,
                           const uint32_t **out)
{
    const size_t begin = text_begin(corpus, text), end = corpus->ends[text];
    uint32_t n = 0;
    *out = NULL;
    if (!room_for_list(p, end - begin)) {
        return CHURN__NO_PHRASE;
    }
    for (size_t i = begin; i < end; i++) {
        for (uint32_t count = 1; count <= p->longest; count++) {
            uint32_t found = phrase_at(p, corpus->ids.data + i, end - i, count);
            if (found == EMPTY) {
                break;
            }
            churn__phrase *phrase = &p->all[found];
            if (phrase->seen != text + 1) {
                phrase->seen = text + 1;
                phrase->times = 0;
                p->list[n++] = found;
            }
            phrase->times++;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        p->all[p->list[i]].seen = 0; /* the same text may be asked for again */
    }
    *out = p->list;
    return n;
}

uint32_t churn__phrases_parts(const churn__phrases *p, uint32_t phrase, uint32_t parts[5])
{
    const churn__phrase *at = &p->all[phrase];
    uint32_t n = 0;
    for (uint32_t count = 1; count < at->count; count++) {
        for (uint32_t i = 0; i + count <= at->count; i++) {
            uint32_t part = phrase_at(p, at->words + i, at->count - i, count);
            if (part != EMPTY) {
                parts[n++] = part;
            }
        }
    }
    return n;
}

/* ---- texts ---- */

void churn__corpus_init(churn__corpus *corpus, churn__heap *heap)
{
    *corpus = (churn__corpus){.ids = {.heap = heap}};
}

void churn__corpus_clear(churn__corpus *corpus)
{
    churn__free_array(corpus->ids.heap, corpus->ends, corpus->capacity, sizeof *corpus->ends);
    churn__word_list_clear(&corpus->ids);
    corpus->ends = NULL;
    corpus->count = corpus->capacity = 0;
}

bool churn__corpus_add(churn__corpus *corpus, churn__words *words, churn_str text)
{
    if (!churn__grow(corpus->ids.heap, (void **)&corpus->ends, &corpus->capacity, corpus->count + 1,
                     sizeof *corpus->ends) ||
        !churn__words_read(words, text, &corpus->ids)) {
        return false;
    }
    corpus->ends[corpus->count++] = corpus->ids.count;
    return true;
}
