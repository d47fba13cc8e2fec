/* SPDX-License-Identifier: MIT */
#include "expr/vector.h"

/* The loop of the machine over columns: a piece of rows through all steps of a plan. */

#define ONES_8 \
    UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX

const uint64_t churn__expr_ones[EXPR_WORDS] = {ONES_8, ONES_8};
const uint64_t churn__expr_zeros[EXPR_WORDS] = {0};

_Static_assert(EXPR_WORDS == 16, "all of them are written out");

/* ---- columns ---- */

/* Eight bytes of a bitmap as a word; fewer: what is not there counts as set. */
static uint64_t load_word(const uint8_t *bytes, size_t count)
{
    uint64_t word = 0;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (count >= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        return word;
    }
#endif
    for (size_t i = 0; i < 8; i++) {
        word |= (uint64_t)(i < count ? bytes[i] : 0xff) << 8 * i;
    }
    return word;
}

static uint64_t rows_of(uint32_t n)
{
    return n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

/* Which rows have a value; rows past the last count as such. */
static const uint64_t *open_validity(const expr_machine *m, const churn__column *column,
                                     uint64_t row, uint32_t n, uint64_t *to)
{
    uint64_t all = UINT64_MAX;
    uint8_t few[64] = {0};
    if (column->missing != NULL) {
        const uint8_t *missing = column->missing + row;
        if (n < 64) {
            memcpy(few, missing, n);
            missing = few;
        }
        m->kernels->bits_of(missing, m->words, to);
        for (uint32_t w = 0; w < m->words; w++) {
            to[w] = ~to[w];
            all &= to[w];
        }
    } else if (column->valid != NULL) {
        const uint8_t *bytes = column->valid + row / 8;
        for (uint32_t w = 0; w < m->words; w++) {
            to[w] = load_word(bytes + 8 * (size_t)w, ((size_t)n + 7) / 8 - 8 * (size_t)w);
            to[w] |= w + 1 == m->words && n < 64 ? ~rows_of(n) : 0;
            all &= to[w];
        }
    }
    return all == UINT64_MAX ? churn__expr_ones : to;
}

/* Fewer than 64 rows are copied to where there is room for 64. */
static const void *open_values(const void *values, size_t size, uint64_t row, uint32_t n,
                               char *tail)
{
    const char *from = (const char *)values + row * size;
    if (n >= 64) {
        return from;
    }
    memset(tail, 0, 64 * size);
    memcpy(tail, from, n * size);
    return tail;
}

static void open_bools(const expr_machine *m, const uint8_t *bytes, expr_vec *vec)
{
    uint64_t *t = expr_bits(vec->f) - m->room->words, *f = expr_bits(vec->f);
    uint64_t held[EXPR_WORDS];
    m->kernels->bits_of(bytes, m->words, held);
    for (uint32_t w = 0; w < m->words; w++) {
        uint64_t valid = vec->t[w];
        t[w] = held[w] & valid;
        f[w] = ~held[w] & valid;
    }
    vec->t = t;
}

static void decode(const churn__column *column, uint64_t row, uint32_t n, churn_str *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] =
            column->dict_count > 0 ? column->dict[column->codes[row + i]] : (churn_str){NULL, 0};
    }
}

static void open_slot(const expr_machine *m, uint32_t i, uint64_t row, uint32_t n)
{
    const plan_slot *slot = &m->plan->slots[i];
    const churn__column *column = &m->columns[slot->slot];
    const expr_room *room = m->room;
    expr_vec *vec = &room->vecs[slot->value];
    char *tail = room->tails + (size_t)i * 64 * sizeof(churn_str);
    *vec = room->homes[slot->value];
    vec->t = open_validity(m, column, row, n, expr_bits(vec->t));
    if (slot->type == CHURN__TYPE_BOOL) {
        open_bools(m, open_values(column->values, 1, row, n, tail), vec);
    } else if (slot->type == CHURN__TYPE_STRING && column->codes != NULL) {
        vec->t = column->dict_count > 0 ? vec->t : churn__expr_zeros;
        vec->codes = open_values(column->codes, sizeof *column->codes, row, n, tail);
        if (room->texts[i] != NULL) {
            decode(column, row, n, room->texts[i]);
            vec->values = room->texts[i];
        }
    } else {
        uint32_t size = expr_value_size(slot->type);
        vec->values = open_values(column->values, size, row, n, tail);
        vec->keys = column->keys != NULL && n >= 64 ? column->keys + row : NULL;
    }
}

/* ---- which rows are needed ---- */

/* False: none. */
static bool enter(const expr_machine *m, const plan_step *step)
{
    const expr_vec *a = &m->room->vecs[step->a];
    const uint64_t *from = m->room->masks + (size_t)step->from * m->room->words;
    uint64_t *to = m->room->masks + (size_t)step->region * m->room->words, any = 0;
    bool turned = step->rows == REGION_NOT_FALSE || step->rows == REGION_NOT_TRUE;
    const uint64_t *by = step->rows == REGION_NOT_FALSE || step->rows == REGION_FALSE ? a->f : a->t;
    for (uint32_t w = 0; w < m->words; w++) {
        to[w] = from[w] & (turned ? ~by[w] : by[w]);
        any |= to[w];
    }
    return any != 0;
}

static bool want(const expr_machine *m, const plan_step *step)
{
    if (m->wanted != NULL && m->wanted[step->output] == NULL) {
        return false;
    }
    memcpy(m->room->masks + (size_t)step->region * m->room->words, m->room->masks,
           m->words * sizeof(uint64_t));
    return true;
}

/* ---- chains ---- */

static void begin_chain(const expr_machine *m, const plan_step *step)
{
    const expr_vec *a = &m->room->vecs[step->a];
    const expr_vec *home = &m->room->homes[step->to];
    expr_vec *to = &m->room->vecs[step->to];
    size_t bytes = m->words * sizeof(uint64_t);
    *to = *home;
    memcpy(expr_bits(home->t), a->t, bytes);
    memcpy(expr_bits(home->f), a->f, bytes);
    to->e = NULL;
    if (a->e != NULL) {
        memcpy(expr_bits(home->e), a->e, bytes);
        to->e = home->e;
    }
}

/* An error is left where nothing decides and nothing is unknown: rows where both are at least
 * that. */
static void join_errors(const expr_machine *m, const plan_step *step)
{
    const expr_vec *x = &m->room->vecs[step->a];
    const expr_vec *home = &m->room->homes[step->to];
    expr_vec *to = &m->room->vecs[step->to];
    if (to->e == NULL && x->e == NULL) {
        return;
    }
    bool conjunction = step->code.op == OP_AND;
    const uint64_t *mine = conjunction ? to->t : to->f, *theirs = conjunction ? x->t : x->f;
    uint64_t *e = expr_bits(home->e), any = 0;
    for (uint32_t w = 0; w < m->words; w++) {
        uint64_t at_least = mine[w] | expr_errors(to, w), both = mine[w] & theirs[w];
        e[w] = at_least & (theirs[w] | expr_errors(x, w)) & ~both;
        any |= e[w];
    }
    to->e = any != 0 ? e : NULL;
}

static void join_chain(const expr_machine *m, const plan_step *step)
{
    const expr_vec *x = &m->room->vecs[step->a];
    const expr_vec *home = &m->room->homes[step->to];
    bool conjunction = step->code.op == OP_AND;
    uint64_t *restrict all = expr_bits(conjunction ? home->t : home->f);
    uint64_t *restrict any = expr_bits(conjunction ? home->f : home->t);
    const uint64_t *restrict x_all = conjunction ? x->t : x->f;
    const uint64_t *restrict x_any = conjunction ? x->f : x->t;
    join_errors(m, step);
    for (uint32_t w = 0; w < m->words; w++) {
        all[w] &= x_all[w];
        any[w] |= x_any[w];
    }
}

/* ---- a piece ---- */

static uint32_t run_step(expr_machine *m, uint32_t at)
{
    const plan_step *step = &m->plan->steps[at];
    switch (step->kind) {
    case STEP_CODE:
        churn__expr_step_vec(m, step);
        return at + 1;
    case STEP_BEGIN:
        begin_chain(m, step);
        return at + 1;
    case STEP_JOIN:
        join_chain(m, step);
        return at + 1;
    case STEP_ENTER:
        return enter(m, step) ? at + 1 : step->skip;
    default:
        return want(m, step) ? at + 1 : step->skip;
    }
}

void churn__expr_machine_run(expr_machine *m, uint64_t row, uint32_t n)
{
    m->words = (n + 63) / 64;
    for (uint32_t w = 0; w < m->words; w++) {
        m->room->masks[w] = rows_of(n);
    }
    for (uint32_t i = 0; i < m->plan->slot_count; i++) {
        open_slot(m, i, row, n);
    }
    for (uint32_t at = 0; at < m->plan->step_count;) {
        at = run_step(m, at);
    }
}
