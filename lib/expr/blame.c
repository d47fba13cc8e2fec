/* SPDX-License-Identifier: MIT */
#include "expr/program.h"

/*
 * Which missing values an unknown outcome stands on, and whether an outcome can be unknown at all.
 * Registers are used again and again, so both follow instructions, not registers.
 */

/* ---- blame ---- */

#define NO_CODE UINT32_MAX

/* For each entry of the frame: the instruction that wrote it last. For each instruction: its
 * outcome with a mark, and those of its operands. */
typedef struct trace {
    const churn__expr *expr;
    uint32_t *writer;
    uint32_t *state; /* of an instruction */
    uint32_t *from;  /* three an instruction */
    uint32_t *needed;
    uint32_t *blamed; /* of a slot */
} trace;

size_t churn__expr_trace_size(const churn__expr *expr)
{
    return (size_t)expr->frame_count + 5 * (size_t)expr->code_count + expr->slot_count;
}

static trace lay_out(const churn__expr *expr, uint32_t *words)
{
    trace t = {.expr = expr, .writer = words};
    t.state = t.writer + expr->frame_count;
    t.from = t.state + expr->code_count;
    t.needed = t.from + 3 * (size_t)expr->code_count;
    t.blamed = t.needed + expr->code_count;
    for (size_t i = 0; i < expr->frame_count; i++) {
        t.writer[i] = NO_CODE;
    }
    memset(t.needed, 0, expr->code_count * sizeof *t.needed);
    memset(t.blamed, 0, expr->slot_count * sizeof *t.blamed);
    return t;
}

/* An operand that an unknown outcome stands on: a slot, or what an instruction made. */
static void need(trace *t, uint32_t entry, uint32_t writer)
{
    if (writer != NO_CODE) {
        t->needed[writer] = 1;
    } else if (entry < t->expr->slot_count) {
        t->blamed[entry] = 1;
    }
}

/* Run, and write down what each instruction gave and whose results it took. The states of operands
 * ride in the low bits. */
static void run_traced(trace *t, expr_cell *frame, expr_run *run)
{
    for (uint32_t i = 0; i < t->expr->code_count; i++) {
        const expr_code *code = &t->expr->code[i];
        const expr_cell *a = &frame[code->a], *b = &frame[code->b], *c = &frame[code->c];
        t->from[3 * i] = t->writer[code->a];
        t->from[3 * i + 1] = t->writer[code->b];
        t->from[3 * i + 2] = t->writer[code->c];
        t->state[i] = (uint32_t)(a->state | b->state << 2 | c->state << 4);
        churn__expr_step(code, a, b, c, &frame[code->to], run);
        t->state[i] |= (uint32_t)frame[code->to].state << 6;
        t->writer[code->to] = i;
    }
}

static void trace_back(trace *t, uint32_t i)
{
    const expr_code *code = &t->expr->code[i];
    uint32_t a = t->state[i] & 3, b = t->state[i] >> 2 & 3, c = t->state[i] >> 4 & 3;
    bool select = code->op == OP_SELECT;
    if (a == EXPR_UNKNOWN) {
        need(t, code->a, t->from[3 * i]);
    }
    if (b == EXPR_UNKNOWN && (!select || a == EXPR_TRUE)) {
        need(t, code->b, t->from[3 * i + 1]);
    }
    if (c == EXPR_UNKNOWN && select && a == EXPR_FALSE) {
        need(t, code->c, t->from[3 * i + 2]);
    }
}

uint32_t churn__expr_blame(const churn__expr *expr, const churn__column *columns, uint32_t row,
                           churn__expr_scratch *scratch, uint32_t *slots, uint32_t cap)
{
    expr_run run = {.text_limit = expr->text_limit};
    uint32_t count = 0;
    if (churn__expr_scratch_fit(scratch, expr, NULL) != CHURN_OK) {
        return 0;
    }
    run.text = expr->makes_text ? churn__expr_scratch_text(scratch) : NULL;
    expr_cell *frame = churn__expr_scratch_frame(scratch);
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        churn__expr_load(&columns[expr->slots[i]], expr->slot_types[i], row, &frame[i]);
    }
    for (uint32_t i = 0; i < expr->const_count; i++) {
        frame[expr->slot_count + i] = expr->consts[i];
    }
    trace t = lay_out(expr, churn__expr_scratch_trace(scratch));
    run_traced(&t, frame, &run);
    if (frame[expr->result].state == EXPR_UNKNOWN) {
        need(&t, expr->result, t.writer[expr->result]);
    }
    for (uint32_t i = expr->code_count; i > 0; i--) {
        if (t.needed[i - 1] != 0) {
            trace_back(&t, i - 1);
        }
    }
    for (uint32_t i = 0; i < expr->slot_count && count < cap; i++) {
        if (t.blamed[i] != 0) {
            slots[count++] = expr->slots[i];
        }
    }
    return count;
}

/* ---- can it be unknown? ---- */

/*
 * Run over sets of states: bit s of an entry says that state s is possible. For names that has()
 * asks for, each way of being there or not is run by itself, so that `has(x) && x > 5` is known to
 * be known. Past so many such names, has() may say anything, which can only err towards "can be
 * unknown".
 */
#define ASKED_MAX 10u

#define MAY(s) ((uint8_t)(1u << (s)))
#define VALUE_OR_ERROR ((uint8_t)(MAY(EXPR_OK) | MAY(EXPR_ERROR)))
#define TRUE_OR_FALSE ((uint8_t)(MAY(EXPR_TRUE) | MAY(EXPR_FALSE)))

static uint8_t may_combine(const expr_code *code, uint8_t a, uint8_t b)
{
    uint8_t result = 0;
    for (uint8_t x = 0; x < 4; x++) {
        for (uint8_t y = 0; y < 4; y++) {
            if ((a >> x & 1) == 0 || (b >> y & 1) == 0) {
                continue;
            }
            expr_cell left = {.state = x}, right = {.state = y}, out = {0};
            churn__expr_step(code, &left, &right, &left, &out, NULL);
            result |= MAY(out.state);
        }
    }
    return result;
}

static uint8_t may_select(uint8_t a, uint8_t b, uint8_t c)
{
    uint8_t result = a & (MAY(EXPR_UNKNOWN) | MAY(EXPR_ERROR));
    result |= (a & MAY(EXPR_TRUE)) != 0 ? b : 0;
    result |= (a & MAY(EXPR_FALSE)) != 0 ? c : 0;
    return result;
}

static bool gives_bool(const expr_code *code)
{
    return code->type == CHURN__TYPE_BOOL || code->op == OP_IN_SET || code->op == OP_IN_LIST;
}

static uint8_t may_be(const expr_code *code, const uint8_t *may)
{
    uint8_t a = may[code->a], b = may[code->b];
    switch (code->op) {
    case OP_AND:
    case OP_OR:
    case OP_NOT:
    case OP_ANY:
    case OP_HAS:
        return may_combine(code, a, b);
    case OP_SELECT:
        return may_select(a, b, may[code->c]);
    default: /* strict: unknown only where an operand is */
        return (uint8_t)(((a | b) & MAY(EXPR_UNKNOWN)) | VALUE_OR_ERROR |
                         (gives_bool(code) ? TRUE_OR_FALSE : 0));
    }
}

static uint8_t may_be_slot(const churn__expr *expr, uint32_t i, bool there, bool missing)
{
    uint8_t value = expr->slot_types[i] == CHURN__TYPE_BOOL ? TRUE_OR_FALSE : MAY(EXPR_OK);
    return (uint8_t)((there ? value : 0) | (missing ? MAY(EXPR_UNKNOWN) : 0));
}

static bool is_asked(const churn__expr *expr, uint32_t slot)
{
    for (uint32_t i = 0; i < expr->code_count; i++) {
        if (expr->code[i].op == OP_HAS && expr->code[i].a == slot) {
            return true;
        }
    }
    return false;
}

/* With the asked names there or not by the bits of `absent`. */
static bool may_be_unknown(const churn__expr *expr, uint32_t absent, uint8_t *may)
{
    uint32_t asked = 0;
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        bool never = expr->slot_never_missing[i];
        if (!never && asked < ASKED_MAX && is_asked(expr, i)) {
            bool missing = (absent >> asked++ & 1) != 0;
            may[i] = may_be_slot(expr, i, !missing, missing);
        } else {
            may[i] = may_be_slot(expr, i, true, !never);
        }
    }
    for (uint32_t i = 0; i < expr->const_count; i++) {
        may[expr->slot_count + i] = MAY(expr->consts[i].state);
    }
    for (uint32_t i = 0; i < expr->code_count; i++) {
        may[expr->code[i].to] = may_be(&expr->code[i], may);
    }
    return (may[expr->result] & MAY(EXPR_UNKNOWN)) != 0;
}

bool churn__expr_find_unknown(churn__expr *expr, bool *out)
{
    uint8_t *may = churn__alloc_zero(expr->heap, expr->frame_count);
    uint32_t asked = 0;
    if (may == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        asked += !expr->slot_never_missing[i] && asked < ASKED_MAX && is_asked(expr, i) ? 1 : 0;
    }
    *out = false;
    for (uint32_t absent = 0; absent < 1u << asked && !*out; absent++) {
        *out = may_be_unknown(expr, absent, may);
    }
    churn__free(expr->heap, may, expr->frame_count);
    return true;
}
