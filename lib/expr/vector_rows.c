/* SPDX-License-Identifier: MIT */
#include "expr/vector.h"

/*
 * Instructions by the row machine, one row after the other, or once for each entry of a
 * dictionary.
 */

static uint32_t lowest(uint64_t bits)
{
    return (uint32_t)__builtin_ctzll(bits);
}

/* ---- rows ---- */

static uint8_t state_of(const expr_vec *v, churn__type type, uint32_t w, uint32_t j)
{
    if ((v->t[w] >> j & 1) != 0) {
        return EXPR_OK; /* of a bool: EXPR_TRUE */
    }
    if (type == CHURN__TYPE_BOOL && (v->f[w] >> j & 1) != 0) {
        return EXPR_FALSE;
    }
    return (expr_errors(v, w) >> j & 1) != 0 ? EXPR_ERROR : EXPR_UNKNOWN;
}

static void load(const expr_vec *v, churn__type type, uint32_t i, expr_cell *cell)
{
    uint32_t size = expr_value_size(type);
    cell->state = state_of(v, type, i / 64, i % 64);
    if (size > 0 && v->step == 1) {
        memcpy(&cell->as, (const char *)v->values + (size_t)i * size, size);
    }
}

typedef struct row_loop {
    expr_machine *m;
    const plan_step *step;
    const expr_vec *operands[3];
    churn__type types[3];
    expr_cell cells[3];
    uint64_t *t, *f, *e;
    char *values;
    uint32_t size;
} row_loop;

static void store(const row_loop *loop, const expr_cell *cell, uint32_t i)
{
    uint64_t bit = UINT64_C(1) << i % 64;
    if (loop->size > 0 && cell->state == EXPR_OK) {
        memcpy(loop->values + (size_t)i * loop->size, &cell->as, loop->size);
    }
    if (cell->state == EXPR_OK) {
        loop->t[i / 64] |= bit;
    } else if (cell->state == EXPR_FALSE) {
        loop->f[i / 64] |= bit;
    } else if (cell->state == EXPR_ERROR) {
        loop->e[i / 64] |= bit;
    }
}

static void run_rows(row_loop *loop, uint32_t w, uint64_t rows)
{
    const plan_step *step = loop->step;
    expr_cell out = {0};
    for (; rows != 0; rows &= rows - 1) {
        uint32_t i = 64 * w + lowest(rows);
        for (unsigned k = 0; k < 3; k++) {
            if (loop->operands[k]->step == 1) {
                load(loop->operands[k], loop->types[k], i, &loop->cells[k]);
            }
        }
        churn__expr_step(&step->code, &loop->cells[0], &loop->cells[1], &loop->cells[2], &out,
                         &loop->m->run);
        store(loop, &out, i);
    }
}

/* A constant is loaded here, once; only of bools can one be false. */
static void open_operand(row_loop *loop, unsigned k)
{
    const expr_vec *v = loop->operands[k];
    loop->types[k] = loop->step->types[k];
    if (v->step == 0) {
        loop->types[k] = v->f == churn__expr_ones ? CHURN__TYPE_BOOL : loop->types[k];
        loop->cells[k].state = state_of(v, loop->types[k], 0, 0);
        memcpy(&loop->cells[k].as, v->values, sizeof loop->cells[k].as);
    }
}

/* Rows in which a strict instruction of one or two operands has something to do; for the others
 * `*errors` says what they come to. */
static uint64_t rows_with_values(const row_loop *loop, uint32_t w, uint64_t *errors)
{
    const expr_vec *a = loop->operands[0], *b = loop->operands[1];
    uint64_t x = expr_known(a, loop->types[0], w), y = expr_known(b, loop->types[1], w);
    *errors = (x | expr_errors(a, w)) & (y | expr_errors(b, w)) & ~(x & y);
    return x & y;
}

void churn__expr_step_rows(expr_machine *m, const plan_step *step)
{
    const expr_room *room = m->room;
    const expr_vec *home = &room->homes[step->to];
    const uint64_t *needed = room->masks + (size_t)step->region * room->words;
    bool strict = step->code.op >= OP_CMP_D && (step->c == step->a || step->c == step->b);
    row_loop loop = {.m = m,
                     .step = step,
                     .operands = {&room->vecs[step->a], &room->vecs[step->b], &room->vecs[step->c]},
                     .t = expr_bits(home->t),
                     .f = expr_bits(home->f),
                     .e = expr_bits(home->e),
                     .values = (char *)(uintptr_t)home->values,
                     .size = expr_value_size(step->to_type)};
    uint64_t any = 0;
    for (unsigned k = 0; k < 3; k++) {
        open_operand(&loop, k);
        strict = strict && loop.types[k] != CHURN__TYPE_BOOL;
    }
    m->run.text_limit = step->text_limit;
    for (uint32_t w = 0; w < m->words; w++) {
        uint64_t rows = needed[w], errors = 0;
        rows &= strict ? rows_with_values(&loop, w, &errors) : UINT64_MAX;
        loop.t[w] = loop.f[w] = 0;
        loop.e[w] = errors;
        run_rows(&loop, w, rows);
        any |= loop.e[w];
    }
    room->vecs[step->to] = *home;
    room->vecs[step->to].e = any != 0 ? home->e : NULL;
}

/* ---- entries of a dictionary ---- */

static size_t words_32(uint32_t entries)
{
    return (size_t)entries / 32 + 1;
}

size_t churn__expr_table_bytes(const plan_step *step, uint32_t entries)
{
    size_t values = expr_value_size(step->to_type) > 0 ? (size_t)entries * sizeof(int64_t) : 0;
    return values + (words_32(entries) * 2 * sizeof(uint32_t) + 7) / 8 * 8;
}

static const expr_cell *constant_of(const struct expr_plan *plan, uint32_t value)
{
    for (uint32_t i = 0; i < plan->const_count; i++) {
        if (plan->consts[i].value == value) {
            return &plan->consts[i].cell;
        }
    }
    return NULL;
}

void churn__expr_fill_table(const struct expr_plan *plan, const plan_step *step,
                            const churn__column *column, void *memory, expr_table *out)
{
    uint32_t entries = column->dict_count;
    bool has_values = expr_value_size(step->to_type) > 0;
    int64_t *values = memory;
    uint32_t *t = (void *)(values + (has_values ? entries : 0)), *e = t + words_32(entries);
    expr_cell entry = {0}, result = {0};
    expr_run run = {.text_limit = step->text_limit};
    const expr_cell *operands[] = {constant_of(plan, step->a), constant_of(plan, step->b),
                                   constant_of(plan, step->c)};
    for (unsigned k = 0; k < 3; k++) {
        operands[k] = operands[k] != NULL ? operands[k] : &entry;
    }
    memset(t, 0, 2 * words_32(entries) * sizeof *t);
    *out = (expr_table){.t = t, .e = e, .values = has_values ? values : NULL, .ready = true};
    for (uint32_t i = 0; i < entries; i++) {
        entry.as.s = column->dict[i];
        churn__expr_step(&step->code, operands[0], operands[1], operands[2], &result, &run);
        t[i / 32] |= (uint32_t)(result.state == EXPR_OK) << i % 32;
        e[i / 32] |= (uint32_t)(result.state == EXPR_ERROR) << i % 32;
        out->errs = out->errs || result.state == EXPR_ERROR;
        if (has_values) {
            values[i] = result.as.i;
        }
    }
    out->few = entries <= 32;
}

static void look_up(const expr_machine *m, const expr_table *table, const uint32_t *bits,
                    const uint32_t *codes, uint64_t *out)
{
    if (table->few) {
        m->kernels->few_codes(codes, bits[0], m->words, out);
    } else {
        m->kernels->codes(codes, bits, m->words, out);
    }
}

/* The column among an instruction's operands. */
static const expr_vec *coded_operand(const expr_machine *m, const plan_step *step)
{
    const uint32_t operands[] = {step->a, step->b, step->c};
    for (size_t k = 0; k < 3; k++) {
        if (m->room->vecs[operands[k]].codes != NULL) {
            return &m->room->vecs[operands[k]];
        }
    }
    return &m->room->vecs[step->a];
}

void churn__expr_step_codes(expr_machine *m, const plan_step *step)
{
    const expr_table *table = &m->room->tables[step->table];
    const expr_vec *column = coded_operand(m, step), *home = &m->room->homes[step->to];
    expr_vec *to = &m->room->vecs[step->to];
    uint64_t *t = expr_bits(home->t), *f = expr_bits(home->f), *e = expr_bits(home->e);
    *to = *home;
    to->e = NULL;
    look_up(m, table, table->t, column->codes, t);
    if (table->errs) {
        look_up(m, table, table->e, column->codes, e);
        to->e = e;
    }
    for (uint32_t w = 0; w < m->words; w++) {
        uint64_t valid = column->t[w];
        e[w] = to->e != NULL ? e[w] & valid : 0;
        f[w] = valid & ~t[w] & ~e[w];
        t[w] &= valid;
    }
    if (table->values != NULL) {
        int64_t *values = (int64_t *)(uintptr_t)home->values;
        for (size_t i = 0; i < 64 * (size_t)m->words; i++) {
            values[i] = table->values[column->codes[i]];
        }
    }
}
