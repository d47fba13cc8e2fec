/* SPDX-License-Identifier: MIT */
#include "expr/text_key.h"
#include "expr/vector.h"

/* A column of strings beside constants: equality, by far the most common use of strings, and
 * parts. Only rows that are needed and hold text are looked at, 64 as a word of bits. */

/* Lists up to this length are compared with one by one. */
#define FEW 16u

/* ---- keys ---- */

/* Of rows of a word: known before, or made in `room`. */
static const uint64_t *keys_of(const expr_machine *m, const expr_vec *column, uint32_t w,
                               uint64_t rows, uint64_t room[64])
{
    if (column->keys != NULL) {
        return column->keys + 64 * (size_t)w;
    }
    m->kernels->text_keys((const churn_str *)column->values + 64 * (size_t)w, rows, room);
    return room;
}

/* A constant to compare with. */
typedef struct wanted_text {
    churn_str s;
    int64_t key;
} wanted_text;

static wanted_text prepare(churn_str s)
{
    return (wanted_text){.s = s, .key = (int64_t)expr_text_key(s)};
}

/* Rows of `rows` with text equal to a constant. */
static uint64_t equal_rows(const expr_machine *m, const churn_str *values, const uint64_t *keys,
                           const wanted_text *to, uint64_t rows)
{
    uint64_t same = 0;
    m->kernels->compare_ints(EXPR_EQ, (const int64_t *)keys, &to->key, 0, 1, &same);
    same &= rows;
    for (uint64_t left = to->s.len < EXPR_KEY_SHORT ? 0 : same; left != 0; left &= left - 1) {
        unsigned j = (unsigned)__builtin_ctzll(left);
        same &= ~((uint64_t)!churn__str_eq(values[j], to->s) << j);
    }
    return same;
}

/* ---- steps ---- */

typedef struct text_loop {
    const expr_vec *column;
    const expr_vec *home;
    expr_vec *to;
    const uint64_t *needed;
    uint32_t words;
} text_loop;

/* The operand decides alone what is there: the other one is a constant that is. */
static text_loop open_loop(expr_machine *m, const plan_step *step)
{
    const expr_room *room = m->room;
    text_loop loop = {.column = &room->vecs[step->a],
                      .home = &room->homes[step->to],
                      .to = &room->vecs[step->to],
                      .needed = room->masks + (size_t)step->region * room->words,
                      .words = m->words};
    *loop.to = *loop.home;
    loop.to->e = NULL;
    if (loop.column->e != NULL) {
        memcpy(expr_bits(loop.home->e), loop.column->e, m->words * sizeof(uint64_t));
        loop.to->e = loop.home->e;
    }
    return loop;
}

static void put(const text_loop *loop, uint32_t w, uint64_t rows, uint64_t holds)
{
    expr_bits(loop->home->t)[w] = holds;
    expr_bits(loop->home->f)[w] = rows & ~holds;
}

static void equal_text(expr_machine *m, const plan_step *step)
{
    text_loop loop = open_loop(m, step);
    wanted_text to = prepare(*(const churn_str *)m->room->vecs[step->b].values);
    uint64_t room[64];
    for (uint32_t w = 0; w < loop.words; w++) {
        const churn_str *values = (const churn_str *)loop.column->values + 64 * (size_t)w;
        uint64_t rows = loop.needed[w] & loop.column->t[w];
        const uint64_t *keys = keys_of(m, loop.column, w, rows, room);
        uint64_t same = equal_rows(m, values, keys, &to, rows);
        put(&loop, w, rows, step->code.cmp == EXPR_EQ ? same : rows & ~same);
    }
}

static void text_in_few(expr_machine *m, const plan_step *step)
{
    text_loop loop = open_loop(m, step);
    const expr_set *set = step->code.set;
    wanted_text few[FEW];
    uint64_t room[64];
    for (uint32_t k = 0; k < set->count; k++) {
        few[k] = prepare(set->as.s[k]);
    }
    for (uint32_t w = 0; w < loop.words; w++) {
        const churn_str *values = (const churn_str *)loop.column->values + 64 * (size_t)w;
        uint64_t rows = loop.needed[w] & loop.column->t[w], found = 0;
        const uint64_t *keys = keys_of(m, loop.column, w, rows, room);
        for (uint32_t k = 0; k < set->count; k++) {
            found |= equal_rows(m, values, keys, &few[k], rows);
        }
        put(&loop, w, rows, found);
    }
}

/* Bit n: some string has n bytes, or more where n is 63. */
static uint64_t length_bit(size_t len)
{
    return UINT64_C(1) << (len < 63 ? len : 63);
}

static void text_in_many(expr_machine *m, const plan_step *step)
{
    text_loop loop = open_loop(m, step);
    const expr_set *set = step->code.set;
    uint64_t lengths = 0;
    for (uint32_t k = 0; k < set->count; k++) {
        lengths |= length_bit(set->as.s[k].len);
    }
    for (uint32_t w = 0; w < loop.words; w++) {
        const churn_str *values = (const churn_str *)loop.column->values + 64 * (size_t)w;
        uint64_t rows = loop.needed[w] & loop.column->t[w], found = 0;
        for (uint64_t left = rows; left != 0; left &= left - 1) {
            unsigned j = (unsigned)__builtin_ctzll(left);
            expr_cell cell = {.as.s = values[j]};
            bool in = (lengths & length_bit(values[j].len)) != 0 &&
                      churn__expr_in_set(set, CHURN__TYPE_STRING, &cell);
            found |= (uint64_t)in << j;
        }
        put(&loop, w, rows, found);
    }
}

/* ---- parts ---- */

/* A part to look for, short ones as a word. */
typedef struct wanted_part {
    churn_str s;
    uint64_t word, mask;
} wanted_part;

static wanted_part prepare_part(churn_str s)
{
    wanted_part part = {.s = s};
    if (s.len < EXPR_KEY_SHORT) {
        part.word = expr_short_word(s.ptr, s.len);
        part.mask = (UINT64_C(1) << 8 * s.len) - 1;
    }
    return part;
}

/* At byte `at` of text that has so many bytes in a word, or more. */
static bool part_at(uint64_t word, size_t at, const wanted_part *part)
{
    return (word >> (8 * at & 63) & part->mask) == part->word;
}

static bool starts(churn_str s, const wanted_part *part)
{
    if (part->s.len >= EXPR_KEY_SHORT) {
        return churn__str_starts(s, part->s);
    }
    uint64_t word = s.len < EXPR_KEY_SHORT ? expr_short_word(s.ptr, s.len) : expr_word_at(s.ptr);
    return (s.len >= part->s.len) & part_at(word, 0, part);
}

static bool ends(churn_str s, const wanted_part *part)
{
    if (part->s.len >= EXPR_KEY_SHORT) {
        return churn__str_ends(s, part->s);
    }
    if (s.len >= EXPR_KEY_SHORT) {
        return part_at(expr_word_at(s.ptr + (s.len - 8)), 8 - part->s.len, part) ||
               part->s.len == 0;
    }
    return (s.len >= part->s.len) &
           part_at(expr_short_word(s.ptr, s.len), s.len - part->s.len, part);
}

#define EACH_TEXT(holds)                                                                   \
    for (uint32_t w = 0; w < loop.words; w++) {                                            \
        const churn_str *values = (const churn_str *)loop.column->values + 64 * (size_t)w; \
        uint64_t rows = loop.needed[w] & loop.column->t[w], found = 0;                     \
        for (uint64_t left = rows; left != 0; left &= left - 1) {                          \
            unsigned j = (unsigned)__builtin_ctzll(left);                                  \
            found |= (uint64_t)holds(values[j], &part) << j;                               \
        }                                                                                  \
        put(&loop, w, rows, found);                                                        \
    }

/* Short parts in short strings by their keys. */
static void text_contains(expr_machine *m, const plan_step *step)
{
    text_loop loop = open_loop(m, step);
    wanted_part part = prepare_part(*(const churn_str *)m->room->vecs[step->b].values);
    bool is_short = part.s.len < EXPR_KEY_SHORT;
    uint64_t room[64];
    for (uint32_t w = 0; w < loop.words; w++) {
        const churn_str *values = (const churn_str *)loop.column->values + 64 * (size_t)w;
        uint64_t rows = loop.needed[w] & loop.column->t[w], found = 0, left = rows;
        if (is_short) {
            const uint64_t *keys = keys_of(m, loop.column, w, rows, room);
            m->kernels->compare_ints(EXPR_LT, (const int64_t *)keys, &(int64_t){0}, 0, 1, &left);
            left &= rows; /* the long ones */
            found = m->kernels->keys_holding(keys, part.word, part.mask, (uint32_t)part.s.len);
            found &= rows & ~left;
        }
        for (; left != 0; left &= left - 1) {
            unsigned j = (unsigned)__builtin_ctzll(left);
            found |= (uint64_t)churn__str_contains(values[j], part.s) << j;
        }
        put(&loop, w, rows, found);
    }
}

static void text_part(expr_machine *m, const plan_step *step)
{
    text_loop loop = open_loop(m, step);
    wanted_part part = prepare_part(*(const churn_str *)m->room->vecs[step->b].values);
    if (step->code.op == OP_STARTS) {
        EACH_TEXT(starts);
    } else {
        EACH_TEXT(ends);
    }
}

/* ---- which loop ---- */

static bool compares_constant(const plan_step *step)
{
    return step->code.op == OP_CMP_S && step->code.cmp <= EXPR_NE;
}

static bool finds_part(const plan_step *step)
{
    return step->code.op == OP_CONTAINS || step->code.op == OP_STARTS || step->code.op == OP_ENDS;
}

bool churn__expr_step_strings(expr_machine *m, const plan_step *step)
{
    const expr_vec *a = &m->room->vecs[step->a], *b = &m->room->vecs[step->b];
    if (step->types[0] != CHURN__TYPE_STRING || a->step == 0) {
        return false;
    }
    bool constant = b->step == 0 && b->t == churn__expr_ones;
    if (step->code.op == OP_IN_SET) {
        (step->code.set->count <= FEW ? text_in_few : text_in_many)(m, step);
        return true;
    }
    if (constant && compares_constant(step)) {
        equal_text(m, step);
        return true;
    }
    if (constant && finds_part(step)) {
        (step->code.op == OP_CONTAINS ? text_contains : text_part)(m, step);
        return true;
    }
    return false;
}
