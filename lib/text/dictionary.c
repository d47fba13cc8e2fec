/* SPDX-License-Identifier: MIT */
#include "text/text_inside.h"

/*
 * Given phrases as a tree of words: states are numbers, and a table tells where a word leads from a
 * state. Phrases are a few words long, so a walk from each word of a text costs what they are long,
 * and the links of Aho and Corasick would save nothing.
 */
#define NO_STATE UINT32_MAX
#define FIRST_SLOTS 64u

typedef struct step_slot {
    uint64_t key;   /* state << 32 | word */
    uint32_t state; /* NO_STATE: free */
} step_slot;

struct churn__dictionary {
    churn__heap *heap;
    step_slot *slots;
    size_t size, count;
    uint32_t *values; /* by state; NO_STATE: no phrase ends here */
    size_t states, capacity;
};

static step_slot *find_step(const churn__dictionary *d, uint64_t key)
{
    uint64_t h = (key + 1) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(h ^ (h >> 29)) & (d->size - 1);
    while (d->slots[at].state != NO_STATE && d->slots[at].key != key) {
        at = (at + 1) & (d->size - 1);
    }
    return &d->slots[at];
}

static bool grow_steps(churn__dictionary *d)
{
    churn__dictionary old = *d;
    d->size = old.size == 0 ? FIRST_SLOTS : old.size * 2;
    d->slots = churn__alloc_array(d->heap, d->size, sizeof *d->slots);
    if (d->slots == NULL) {
        *d = old;
        return false;
    }
    for (size_t i = 0; i < d->size; i++) {
        d->slots[i].state = NO_STATE;
    }
    for (size_t i = 0; i < old.size; i++) {
        if (old.slots[i].state != NO_STATE) {
            *find_step(d, old.slots[i].key) = old.slots[i];
        }
    }
    churn__free_array(d->heap, old.slots, old.size, sizeof *old.slots);
    return true;
}

static bool add_state(churn__dictionary *d)
{
    if (!churn__grow(d->heap, (void **)&d->values, &d->capacity, d->states + 1,
                     sizeof *d->values)) {
        return false;
    }
    d->values[d->states++] = NO_STATE;
    return true;
}

churn__dictionary *churn__dictionary_create(churn__heap *heap)
{
    churn__dictionary *d = churn__alloc_zero(heap, sizeof *d);
    if (d == NULL) {
        return NULL;
    }
    d->heap = heap;
    if (!grow_steps(d) || !add_state(d)) {
        churn__dictionary_free(d);
        return NULL;
    }
    return d;
}

void churn__dictionary_free(churn__dictionary *d)
{
    if (d != NULL) {
        churn__free_array(d->heap, d->slots, d->size, sizeof *d->slots);
        churn__free_array(d->heap, d->values, d->capacity, sizeof *d->values);
        churn__free(d->heap, d, sizeof *d);
    }
}

static bool step_to(churn__dictionary *d, uint32_t *state, uint32_t word)
{
    if (d->count * 2 >= d->size && !grow_steps(d)) {
        return false;
    }
    step_slot *slot = find_step(d, (uint64_t)*state << 32 | word);
    if (slot->state == NO_STATE) {
        if (!add_state(d)) {
            return false;
        }
        *slot = (step_slot){(uint64_t)*state << 32 | word, (uint32_t)(d->states - 1)};
        d->count++;
    }
    *state = slot->state;
    return true;
}

bool churn__dictionary_add(churn__dictionary *d, churn__words *words, churn_str text,
                           uint32_t value, uint32_t *held)
{
    churn__word_list list = {.heap = d->heap};
    uint32_t state = 0;
    bool done = churn__words_read(words, text, &list);
    for (size_t i = 0; done && i < list.count; i++) {
        if (list.data[i] != CHURN__WORD_END) {
            done = step_to(d, &state, list.data[i]);
        }
    }
    churn__word_list_clear(&list);
    *held = CHURN__NO_PHRASE;
    if (done && state != 0) {
        d->values[state] = d->values[state] == NO_STATE ? value : d->values[state];
        *held = d->values[state];
    }
    return done;
}

uint32_t churn__dictionary_match_below(const churn__dictionary *d, const uint32_t *words,
                                       size_t count, uint32_t below, uint32_t *value)
{
    uint32_t state = 0, found = 0;
    for (uint32_t i = 0; i < count && i < below && words[i] != CHURN__WORD_END; i++) {
        state = find_step(d, (uint64_t)state << 32 | words[i])->state;
        if (state == NO_STATE) {
            break;
        }
        if (d->values[state] != NO_STATE) {
            found = i + 1;
            *value = d->values[state];
        }
    }
    return found;
}

uint32_t churn__dictionary_match(const churn__dictionary *d, const uint32_t *words, size_t count,
                                 uint32_t *value)
{
    return churn__dictionary_match_below(d, words, count, UINT32_MAX, value);
}
