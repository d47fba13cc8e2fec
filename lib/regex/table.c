/* SPDX-License-Identifier: MIT */
#include "regex/regex_inside.h"

/*
 * The automaton, made when the pattern is compiled: a state is a set of waiting threads and what
 * stood before. Patterns whose automaton is large get the states that are nearest to the beginning;
 * matching goes on by simulation from where the table ends. So the table is never written to after.
 */

#define MAX_ENTRIES 16384u
#define MAX_STATES 1000u
#define MAX_CODES 32768u /* in the sets of all states */
#define MAX_WORK 100000u /* instructions looked at while making it */
#define BUCKETS 2048u    /* more than there are states */

typedef struct builder {
    churn__regex *regex;
    regex_machine machine;
    void *room;
    uint16_t *table;
    uint32_t max_states, count;
    uint32_t *sets; /* where the set of each state begins; one more than there are */
    uint16_t *codes;
    uint8_t *before;
    uint16_t *buckets; /* number of a state and 1 */
    uint64_t work;
} builder;

static void builder_clear(builder *b)
{
    churn__heap *heap = b->regex->heap;
    churn__free(heap, b->room, churn__regex_machine_room(b->regex));
    churn__free_array(heap, b->table, (size_t)b->max_states * b->regex->stride + REGEX_FIRST,
                      sizeof *b->table);
    churn__free_array(heap, b->sets, (size_t)b->max_states + 1, sizeof *b->sets);
    churn__free_array(heap, b->codes, MAX_CODES, sizeof *b->codes);
    churn__free(heap, b->before, b->max_states);
    churn__free_array(heap, b->buckets, BUCKETS, sizeof *b->buckets);
}

static bool builder_open(builder *b)
{
    churn__heap *heap = b->regex->heap;
    uint32_t most = (MAX_ENTRIES - REGEX_FIRST) / b->regex->stride;
    b->max_states = most < 2 ? 2 : most < MAX_STATES ? most : MAX_STATES;
    b->room = churn__alloc(heap, churn__regex_machine_room(b->regex));
    b->table = churn__alloc_array(heap, (size_t)b->max_states * b->regex->stride + REGEX_FIRST,
                                  sizeof *b->table);
    b->sets = churn__alloc_array_zero(heap, (size_t)b->max_states + 1, sizeof *b->sets);
    b->codes = churn__alloc_array(heap, MAX_CODES, sizeof *b->codes);
    b->before = churn__alloc(heap, b->max_states);
    b->buckets = churn__alloc_array_zero(heap, BUCKETS, sizeof *b->buckets);
    return b->room != NULL && b->table != NULL && b->sets != NULL && b->codes != NULL &&
           b->before != NULL && b->buckets != NULL;
}

/* ---- states ---- */

/* Sets are compared as they stand, so they are put in order: by insertion where there are few, else
 * by going through all instructions. */
static void sort_few(uint16_t *codes, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint16_t code = codes[i];
        uint32_t at = i;
        for (; at > 0 && codes[at - 1] > code; at--) {
            codes[at] = codes[at - 1];
        }
        codes[at] = code;
    }
}

static void sort_threads(builder *b)
{
    regex_machine *machine = &b->machine;
    regex_threads *now = &machine->now;
    if (now->count <= 32) {
        sort_few(now->codes, now->count);
        return;
    }
    churn__regex_machine_mark(machine);
    for (uint32_t i = 0; i < now->count; i++) {
        machine->marks[now->codes[i]] = machine->mark;
    }
    now->count = 0;
    for (uint32_t pc = 0; pc < b->regex->code_count; pc++) {
        if (machine->marks[pc] == machine->mark) {
            now->codes[now->count++] = (uint16_t)pc;
        }
    }
    b->work += b->regex->code_count;
}

static uint32_t hash_threads(const regex_threads *threads)
{
    uint32_t hash = UINT32_C(2166136261) ^ threads->before;
    for (uint32_t i = 0; i < threads->count; i++) {
        hash = (hash ^ threads->codes[i]) * UINT32_C(16777619);
    }
    return hash ^ (hash >> 15);
}

static bool is_state(const builder *b, uint32_t state, const regex_threads *threads)
{
    uint32_t begin = b->sets[state], count = b->sets[state + 1] - begin;
    return b->before[state] == threads->before && count == threads->count &&
           (count == 0 || memcmp(b->codes + begin, threads->codes, count * sizeof *b->codes) == 0);
}

static uint16_t row_of(const builder *b, uint32_t state)
{
    return (uint16_t)(REGEX_FIRST + state * b->regex->stride);
}

/* The row of the state that the machine is in, a new one if need be; REGEX_UNKNOWN: no room. */
static uint16_t state_of(builder *b)
{
    const regex_threads *now = &b->machine.now;
    if (now->count == 0) {
        return REGEX_DEAD;
    }
    sort_threads(b);
    uint32_t bucket = hash_threads(now) % BUCKETS;
    for (; b->buckets[bucket] != 0; bucket = (bucket + 1) % BUCKETS) {
        if (is_state(b, b->buckets[bucket] - 1u, now)) {
            return row_of(b, b->buckets[bucket] - 1u);
        }
    }
    uint32_t begin = b->sets[b->count];
    if (b->count == b->max_states || MAX_CODES - begin < now->count) {
        return REGEX_UNKNOWN;
    }
    uint32_t state = b->count++;
    memcpy(b->codes + begin, now->codes, now->count * sizeof *b->codes);
    b->sets[state + 1] = begin + now->count;
    b->before[state] = now->before;
    b->buckets[bucket] = (uint16_t)(state + 1);
    for (uint32_t i = 0; i < b->regex->stride; i++) {
        b->table[row_of(b, state) + i] = REGEX_UNKNOWN;
    }
    return row_of(b, state);
}

static uint16_t begin_state(builder *b, uint8_t before)
{
    churn__regex_machine_begin(&b->machine, before);
    return b->machine.now.matched ? REGEX_ACCEPT : state_of(b);
}

static void load_state(builder *b, uint32_t state)
{
    regex_threads *now = &b->machine.now;
    now->count = b->sets[state + 1] - b->sets[state];
    memcpy(now->codes, b->codes + b->sets[state], now->count * sizeof *now->codes);
    now->before = b->before[state];
    now->matched = false;
}

/* Where each class leads from a state. False: that was work enough. */
static bool fill_row(builder *b, uint32_t state)
{
    for (uint32_t class = 0; class < b->regex->stride; class ++) {
        load_state(b, state);
        bool matched = churn__regex_machine_step(&b->machine, class);
        bool end = class == b->regex->class_count;
        uint16_t to = matched ? REGEX_ACCEPT : end ? REGEX_DEAD : state_of(b);
        b->table[row_of(b, state) + class] = to;
        b->regex->complete = b->regex->complete && to != REGEX_UNKNOWN;
        b->work += b->sets[state + 1] - b->sets[state];
        if (b->work + b->machine.steps > MAX_WORK) {
            b->regex->complete = false;
            return false;
        }
    }
    return true;
}

/* ---- into the expression ---- */

static churn_status keep_table(builder *b)
{
    churn__regex *regex = b->regex;
    size_t entries = REGEX_FIRST + (size_t)b->count * regex->stride;
    regex->table = churn__arena_array(&regex->arena, entries, sizeof *regex->table);
    if (regex->table == NULL) {
        return CHURN_E_NOMEM;
    }
    memcpy(regex->table + REGEX_FIRST, b->table + REGEX_FIRST,
           (entries - REGEX_FIRST) * sizeof *regex->table);
    regex->state_count = b->count;
    if (regex->complete) {
        return CHURN_OK;
    }
    uint32_t *sets = churn__arena_array(&regex->arena, (size_t)b->count + 1, sizeof *sets);
    uint16_t *codes =
        churn__arena_array(&regex->arena, (size_t)b->sets[b->count] + 1, sizeof *codes);
    uint8_t *before = churn__arena_alloc(&regex->arena, (size_t)b->count + 1);
    if (sets == NULL || codes == NULL || before == NULL) {
        return CHURN_E_NOMEM;
    }
    memcpy(sets, b->sets, ((size_t)b->count + 1) * sizeof *sets);
    memcpy(codes, b->codes, b->sets[b->count] * sizeof *codes);
    memcpy(before, b->before, b->count);
    regex->state_sets = sets;
    regex->state_codes = codes;
    regex->state_before = before;
    return CHURN_OK;
}

churn_status churn__regex_build_table(churn__regex *regex)
{
    churn_status st = CHURN_OK;
    builder b = {.regex = regex};
    regex->stride = regex->class_count + 1;
    regex->complete = true;
    if (!builder_open(&b)) {
        st = CHURN_E_NOMEM;
        goto done;
    }
    churn__regex_machine_open(&b.machine, regex, b.room);
    regex->initial = begin_state(&b, regex->sees_begin ? REGEX_AT_BEGIN : REGEX_AT_OTHER);
    if (regex->initial == REGEX_ACCEPT) {
        goto done;
    }
    regex->again = regex->anchored ? REGEX_DEAD : begin_state(&b, REGEX_AT_OTHER);
    for (uint32_t state = 0; state < b.count && fill_row(&b, state); state++) {
    }
    st = keep_table(&b);
done:
    builder_clear(&b);
    return st;
}
