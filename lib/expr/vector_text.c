/* SPDX-License-Identifier: MIT */
#include "expr/vector.h"

/* A column of strings beside constants, for equality: by far the most common use of strings. */

/* A constant with what tells most other strings from it: its length and how it begins. */
typedef struct wanted_text {
    churn_str s;
    uint64_t head; /* the first eight bytes, if there are as many */
} wanted_text;

static wanted_text prepare(churn_str s)
{
    wanted_text w = {.s = s};
    if (s.len >= sizeof w.head) {
        memcpy(&w.head, s.ptr, sizeof w.head);
    }
    return w;
}

/* Of the same length. */
static bool same_bytes(const char *a, const wanted_text *b)
{
    uint64_t head;
    if (b->s.len >= sizeof head) {
        memcpy(&head, a, sizeof head);
        return head == b->head && memcmp(a, b->s.ptr, b->s.len) == 0;
    }
    for (size_t i = 0; i < b->s.len; i++) {
        if (a[i] != b->s.ptr[i]) {
            return false;
        }
    }
    return true;
}

/* Row by row of a word: only those of `rows` hold text. */
static uint64_t equal_rows(const churn_str *values, const wanted_text *to, uint64_t rows)
{
    uint64_t result = 0;
    for (; rows != 0; rows &= rows - 1) {
        unsigned j = (unsigned)__builtin_ctzll(rows);
        if (values[j].len == to->s.len && same_bytes(values[j].ptr, to)) {
            result |= UINT64_C(1) << j;
        }
    }
    return result;
}

/* Bit n of `lengths`: some string has n bytes, or more where n is 63. */
static uint64_t length_bit(size_t len)
{
    return UINT64_C(1) << (len < 63 ? len : 63);
}

#define FEW 8u

static uint64_t rows_in_set(const churn_str *values, const expr_set *set, uint64_t lengths,
                            uint64_t rows)
{
    wanted_text few[FEW];
    uint64_t result = 0;
    for (uint32_t k = 0; k < set->count && set->count <= FEW; k++) {
        few[k] = prepare(set->as.s[k]);
    }
    for (; rows != 0; rows &= rows - 1) {
        unsigned j = (unsigned)__builtin_ctzll(rows);
        const churn_str *s = &values[j];
        bool found = false;
        if ((lengths & length_bit(s->len)) == 0) {
            continue;
        }
        if (set->count > FEW) {
            expr_cell cell = {.as.s = *s};
            found = churn__expr_in_set(set, CHURN__TYPE_STRING, &cell);
        }
        for (uint32_t k = 0; k < set->count && set->count <= FEW && !found; k++) {
            found = s->len == few[k].s.len && same_bytes(s->ptr, &few[k]);
        }
        result |= (uint64_t)found << j;
    }
    return result;
}

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
    const churn_str *values = loop.column->values;
    wanted_text to = prepare(*(const churn_str *)m->room->vecs[step->b].values);
    for (uint32_t w = 0; w < loop.words; w++) {
        uint64_t rows = loop.needed[w] & loop.column->t[w];
        uint64_t same = equal_rows(values + 64 * (size_t)w, &to, rows);
        put(&loop, w, rows, step->code.cmp == EXPR_EQ ? same : rows & ~same);
    }
}

static void text_in_set(expr_machine *m, const plan_step *step)
{
    text_loop loop = open_loop(m, step);
    const churn_str *values = loop.column->values;
    const expr_set *set = step->code.set;
    uint64_t lengths = 0;
    for (uint32_t k = 0; k < set->count; k++) {
        lengths |= length_bit(set->as.s[k].len);
    }
    for (uint32_t w = 0; w < loop.words; w++) {
        uint64_t rows = loop.needed[w] & loop.column->t[w];
        put(&loop, w, rows, rows_in_set(values + 64 * (size_t)w, set, lengths, rows));
    }
}

bool churn__expr_step_strings(expr_machine *m, const plan_step *step)
{
    const expr_vec *a = &m->room->vecs[step->a], *b = &m->room->vecs[step->b];
    if (step->types[0] != CHURN__TYPE_STRING || a->step == 0) {
        return false;
    }
    if (step->code.op == OP_IN_SET) {
        text_in_set(m, step);
        return true;
    }
    if (step->code.op == OP_CMP_S && step->code.cmp <= EXPR_NE && b->step == 0 &&
        b->t == churn__expr_ones) {
        equal_text(m, step);
        return true;
    }
    return false;
}
