/* SPDX-License-Identifier: MIT */
#include "expr/vector.h"

/*
 * One instruction for all rows of a piece. Values are computed in every row; where one is missing
 * they are of no meaning, and only what is behind pointers must not be looked at there. What has
 * no loop here goes row by row through the row machine, so that the two cannot differ.
 */

typedef struct operands {
    const expr_vec *a, *b, *c;
    const expr_vec *home;
    expr_vec *to;
    uint32_t words;
} operands;

static operands operands_of(const expr_machine *m, const plan_step *step)
{
    const expr_room *room = m->room;
    operands o = {.a = &room->vecs[step->a],
                  .b = &room->vecs[step->b],
                  .c = &room->vecs[step->c],
                  .home = &room->homes[step->to],
                  .to = &room->vecs[step->to],
                  .words = m->words};
    *o.to = *o.home;
    o.to->e = NULL;
    return o;
}

/* ---- strict operations ---- */

/* Where both operands have a value; written to `to` unless that is everywhere. */
static const uint64_t *both_valid(const operands *o, uint64_t *to)
{
    const uint64_t *a = o->a->t, *b = o->b->t;
    if (a == churn__expr_ones && b == churn__expr_ones) {
        return churn__expr_ones;
    }
    for (uint32_t w = 0; w < o->words; w++) {
        to[w] = a[w] & b[w];
    }
    return to;
}

/* Where one is an error and the other has a value or is an error too. */
static void strict_errors(const operands *o)
{
    uint64_t *e = expr_bits(o->home->e), any = 0;
    if (o->a->e == NULL && o->b->e == NULL) {
        return;
    }
    for (uint32_t w = 0; w < o->words; w++) {
        uint64_t a = o->a->t[w], b = o->b->t[w];
        e[w] = (a | expr_errors(o->a, w)) & (b | expr_errors(o->b, w)) & ~(a & b);
        any |= e[w];
    }
    o->to->e = any != 0 ? e : NULL;
}

/* Rows of `bad`, where both are there, are errors too. */
static void more_errors(const operands *o, const uint64_t *valid, const uint64_t *bad)
{
    uint64_t *e = expr_bits(o->home->e), any = 0;
    for (uint32_t w = 0; w < o->words; w++) {
        e[w] = expr_errors(o->to, w) | (bad[w] & valid[w]);
        any |= e[w];
    }
    o->to->e = any != 0 ? e : NULL;
}

/* The outcome of a strict comparison from its bits, in the register's first bitmap. */
static void close_comparison(const operands *o, const uint64_t *valid)
{
    uint64_t *restrict t = expr_bits(o->home->t), *restrict f = expr_bits(o->home->f);
    for (uint32_t w = 0; w < o->words; w++) {
        f[w] = ~t[w] & valid[w];
        t[w] &= valid[w];
    }
}

/* Rows where an operand is not finite come to nothing but errors. */
static void refuse_non_finite(const expr_machine *m, const operands *o, const uint64_t *valid,
                              const expr_vec *a, const expr_vec *b)
{
    uint64_t bad[EXPR_WORDS], more[EXPR_WORDS];
    uint64_t *t = expr_bits(o->home->t), *f = expr_bits(o->home->f);
    const expr_vec *both[] = {a, b};
    memset(bad, 0, sizeof bad);
    for (unsigned k = 0; k < 2; k++) {
        if (both[k]->step == 1) {
            m->kernels->not_finite(both[k]->values, o->words, more);
        } else {
            bool finite = expr_finite(*(const double *)both[k]->values);
            memset(more, finite ? 0 : 0xff, sizeof more);
        }
        for (uint32_t w = 0; w < o->words; w++) {
            bad[w] |= more[w];
        }
    }
    more_errors(o, valid, bad);
    for (uint32_t w = 0; w < o->words; w++) {
        t[w] &= ~bad[w];
        f[w] &= ~bad[w];
    }
}

static const uint8_t turned[] = {[EXPR_EQ] = EXPR_EQ, [EXPR_NE] = EXPR_NE, [EXPR_LT] = EXPR_GT,
                                 [EXPR_LE] = EXPR_GE, [EXPR_GT] = EXPR_LT, [EXPR_GE] = EXPR_LE};

static bool compare(const expr_machine *m, const plan_step *step)
{
    operands o = operands_of(m, step);
    const expr_vec *a = o.a, *b = o.b;
    uint8_t cmp = step->code.cmp;
    uint64_t both[EXPR_WORDS];
    bool odd = false;
    if (a->step == 0) {
        a = o.b;
        b = o.a;
        cmp = turned[cmp];
    }
    if (a->step == 0) {
        return false;
    }
    const uint64_t *valid = both_valid(&o, both);
    uint64_t *t = expr_bits(o.home->t);
    if (step->code.op == OP_CMP_I) {
        m->kernels->compare_ints(cmp, a->values, b->values, b->step, o.words, t);
    } else {
        odd = m->kernels->compare_doubles(cmp, a->values, b->values, b->step, o.words, t);
    }
    close_comparison(&o, valid);
    strict_errors(&o);
    if (odd && !step->code.strict) {
        refuse_non_finite(m, &o, valid, a, b);
    }
    return true;
}

/* Whole numbers from k on are those that are at least `*out`; false: there are none. */
static bool least_int(double k, bool beyond, int64_t *out)
{
    const double end = 9223372036854775808.0;
    if (k >= end) {
        return false;
    }
    *out = INT64_MIN;
    if (k < -end) {
        return true;
    }
    int64_t whole = (int64_t)k; /* towards zero */
    bool above = (double)whole > k, below = (double)whole < k;
    if (below || (beyond && !above)) {
        if (whole == INT64_MAX) {
            return false;
        }
        whole++;
    }
    *out = whole;
    return true;
}

/* Ints beside a double: on one number line, as a comparison of ints. */
static void compare_to_double(const expr_machine *m, const operands *o, uint8_t cmp, double k)
{
    uint64_t *t = expr_bits(o->home->t);
    int64_t at = 0;
    bool equality = cmp <= EXPR_NE, upper = cmp == EXPR_GE || cmp == EXPR_GT || equality;
    bool any = least_int(k, cmp == EXPR_GT || cmp == EXPR_LE, &at);
    if (equality && any) {
        any = (double)at == k;
    }
    if (any) {
        uint8_t how = equality ? cmp : upper ? EXPR_GE : EXPR_LT;
        m->kernels->compare_ints(how, o->a->values, &at, 0, o->words, t);
    } else {
        bool all = cmp == EXPR_NE || cmp == EXPR_LT || cmp == EXPR_LE;
        memset(t, all ? 0xff : 0, o->words * sizeof *t);
    }
}

/* From here on a double may stand for several ints. */
#define EXACT_INTS (INT64_C(1) << 53)

/* Rows whose int is too large to be made a double: by the row machine, one by one. */
static void compare_large(expr_machine *m, const plan_step *step, const operands *o,
                          const uint64_t *valid)
{
    const int64_t *ints = o->a->values, above = EXACT_INTS, below = -EXACT_INTS;
    uint64_t large[EXPR_WORDS], more[EXPR_WORDS], *t = expr_bits(o->home->t);
    m->kernels->compare_ints(EXPR_GT, ints, &above, 0, o->words, large);
    m->kernels->compare_ints(EXPR_LT, ints, &below, 0, o->words, more);
    for (uint32_t w = 0; w < o->words; w++) {
        for (uint64_t left = (large[w] | more[w]) & valid[w]; left != 0; left &= left - 1) {
            size_t j = (size_t)__builtin_ctzll(left), i = 64 * (size_t)w + j;
            const expr_cell x = {.as.i = ints[i]};
            const expr_cell y = {.as.d = ((const double *)o->b->values)[i]};
            expr_cell out = {0};
            churn__expr_step(&step->code, &x, &y, &y, &out, &m->run);
            t[w] &= ~(UINT64_C(1) << j);
            t[w] |= (uint64_t)(out.state == EXPR_TRUE) << j;
        }
    }
}

/* A column of ints beside one of doubles. */
static bool compare_columns(expr_machine *m, const plan_step *step)
{
    operands o = operands_of(m, step);
    double wide[EXPR_CHUNK];
    uint64_t both[EXPR_WORDS];
    const uint64_t *valid = both_valid(&o, both);
    m->kernels->to_doubles(o.a->values, o.words, wide);
    bool odd = m->kernels->compare_doubles(step->code.cmp, wide, o.b->values, 1, o.words,
                                           expr_bits(o.home->t));
    if (!step->code.strict) { /* else ints are doubles beside doubles */
        compare_large(m, step, &o, valid);
    }
    close_comparison(&o, valid);
    strict_errors(&o);
    if (odd && !step->code.strict) {
        refuse_non_finite(m, &o, valid, o.b, o.b);
    }
    return true;
}

static bool compare_mixed(expr_machine *m, const plan_step *step)
{
    if (m->room->vecs[step->a].step == 1 && m->room->vecs[step->b].step == 1) {
        return compare_columns(m, step);
    }
    operands o = operands_of(m, step);
    uint64_t both[EXPR_WORDS];
    if (step->code.strict || o.a->step == 0 || o.b->step == 1 || o.b->t[0] == 0 ||
        !expr_finite(*(const double *)o.b->values)) {
        return false;
    }
    const uint64_t *valid = both_valid(&o, both);
    compare_to_double(m, &o, step->code.cmp, *(const double *)o.b->values);
    close_comparison(&o, valid);
    strict_errors(&o);
    return true;
}

/* Numbers in a short list: equal to one of them. */
static bool in_numbers(const expr_machine *m, const plan_step *step)
{
    operands o = operands_of(m, step);
    uint64_t both[EXPR_WORDS], *t = expr_bits(o.home->t), one[EXPR_WORDS];
    const expr_set *set = step->code.set;
    bool is_double = step->code.type == CHURN__TYPE_DOUBLE, odd = is_double && set->count == 0;
    if (o.a->step == 0 || set->count > 16 || expr_value_size(step->code.type) != 8) {
        return false;
    }
    const uint64_t *valid = both_valid(&o, both);
    memset(t, 0, o.words * sizeof *t);
    for (uint32_t k = 0; k < set->count; k++) {
        if (is_double) {
            odd = m->kernels->compare_doubles(EXPR_EQ, o.a->values, &set->as.d[k], 0, o.words, one);
        } else {
            m->kernels->compare_ints(EXPR_EQ, o.a->values, &set->as.i[k], 0, o.words, one);
        }
        for (uint32_t w = 0; w < o.words; w++) {
            t[w] |= one[w];
        }
    }
    close_comparison(&o, valid);
    strict_errors(&o);
    if (odd && !step->code.strict) {
        refuse_non_finite(m, &o, valid, o.a, o.a);
    }
    return true;
}

/* ---- arithmetic ---- */

/* A result is there where both operands are. */
static void close_values(const operands *o)
{
    o->to->t = both_valid(o, expr_bits(o->home->t));
    strict_errors(o);
}

static bool compute_doubles(const expr_machine *m, const plan_step *step)
{
    operands o = operands_of(m, step);
    void *values = (void *)(uintptr_t)o.home->values;
    if (!m->kernels->doubles(step->code.op, o.a->values, o.a->step, o.b->values, o.b->step, o.words,
                             values)) {
        return false;
    }
    close_values(&o);
    return true;
}

/* Rows of `bad` have no value after all. */
static void take_back(const operands *o, const uint64_t *bad)
{
    uint64_t *t = expr_bits(o->home->t), any = 0;
    for (uint32_t w = 0; w < o->words; w++) {
        any |= bad[w];
    }
    if (any == 0) {
        return;
    }
    more_errors(o, o->to->t, bad);
    for (uint32_t w = 0; w < o->words; w++) {
        t[w] = o->to->t[w] & ~bad[w];
    }
    o->to->t = t;
}

static bool compute_ints(const expr_machine *m, const plan_step *step)
{
    operands o = operands_of(m, step);
    uint64_t bad[EXPR_WORDS];
    void *values = (void *)(uintptr_t)o.home->values;
    if (!m->kernels->ints(step->code.op, o.a->values, o.a->step, o.b->values, o.b->step, o.words,
                          values, bad)) {
        return false;
    }
    close_values(&o);
    take_back(&o, bad);
    return true;
}

static bool check_finite(const expr_machine *m, const plan_step *step)
{
    operands o = operands_of(m, step);
    uint64_t bad[EXPR_WORDS];
    if (o.a->step == 0) {
        return false;
    }
    memcpy((void *)(uintptr_t)o.home->values, o.a->values, 64 * 8 * (size_t)o.words);
    m->kernels->not_finite(o.a->values, o.words, bad);
    close_values(&o);
    take_back(&o, bad);
    return true;
}

static bool widen(const expr_machine *m, const plan_step *step)
{
    operands o = operands_of(m, step);
    if (o.a->step == 0) {
        return false;
    }
    m->kernels->to_doubles(o.a->values, o.words, (void *)(uintptr_t)o.home->values);
    close_values(&o);
    return true;
}

/* ---- logic on states ---- */

static churn__type operand_type(const plan_step *step)
{
    return step->code.op == OP_DIFFER ? 0 : CHURN__TYPE_BOOL;
}

static void negate(const operands *o)
{
    size_t bytes = o->words * sizeof(uint64_t);
    memcpy(expr_bits(o->home->t), o->a->f, bytes);
    memcpy(expr_bits(o->home->f), o->a->t, bytes);
    if (o->a->e != NULL) {
        memcpy(expr_bits(o->home->e), o->a->e, bytes);
        o->to->e = o->home->e;
    }
}

static void ask(const operands *o)
{
    uint64_t *t = expr_bits(o->home->t), *f = expr_bits(o->home->f);
    for (uint32_t w = 0; w < o->words; w++) {
        /* Of a bool T and F, of others what is there: `f` of those is empty. */
        t[w] = o->a->t[w] | o->a->f[w] | expr_errors(o->a, w);
        f[w] = ~t[w];
    }
}

static uint64_t bools_compared(uint8_t cmp, const expr_vec *a, const expr_vec *b, uint32_t w)
{
    switch (cmp) {
    case EXPR_EQ:
        return (a->t[w] & b->t[w]) | (a->f[w] & b->f[w]);
    case EXPR_NE:
        return (a->t[w] & b->f[w]) | (a->f[w] & b->t[w]);
    case EXPR_LT:
        return a->f[w] & b->t[w];
    case EXPR_LE:
        return a->f[w] | b->t[w];
    case EXPR_GT:
        return a->t[w] & b->f[w];
    default:
        return a->t[w] | b->f[w];
    }
}

/* OP_CMP_B and OP_ANY: strict in bools. */
static void combine_bools(const plan_step *step, const operands *o)
{
    uint64_t *t = expr_bits(o->home->t), *f = expr_bits(o->home->f), *e = expr_bits(o->home->e);
    churn__type type = operand_type(step);
    uint64_t any = 0;
    for (uint32_t w = 0; w < o->words; w++) {
        uint64_t a = expr_known(o->a, type, w), b = expr_known(o->b, type, w), both = a & b;
        uint64_t holds = step->code.op == OP_ANY ? o->a->t[w] | o->b->t[w]
                                                 : bools_compared(step->code.cmp, o->a, o->b, w);
        t[w] = holds & both;
        f[w] = ~holds & both;
        e[w] = (a | expr_errors(o->a, w)) & (b | expr_errors(o->b, w)) & ~both;
        any |= e[w];
    }
    o->to->e = any != 0 ? e : NULL;
}

/* The bits of ?: from those of its branches. */
static void choose_bits(const operands *o, bool is_bool)
{
    uint64_t *t = expr_bits(o->home->t), *f = expr_bits(o->home->f), *e = expr_bits(o->home->e);
    uint64_t any = 0;
    for (uint32_t w = 0; w < o->words; w++) {
        uint64_t yes = o->a->t[w], no = o->a->f[w];
        t[w] = (yes & o->b->t[w]) | (no & o->c->t[w]);
        f[w] = is_bool ? (yes & o->b->f[w]) | (no & o->c->f[w]) : 0;
        e[w] = (yes & expr_errors(o->b, w)) | (no & expr_errors(o->c, w)) | expr_errors(o->a, w);
        any |= e[w];
    }
    o->to->e = any != 0 ? e : NULL;
}

static void choose_words(const operands *o, uint64_t *restrict to)
{
    const uint64_t *b = o->b->values, *c = o->c->values;
    for (size_t i = 0; i < 64 * (size_t)o->words; i++) {
        uint64_t yes = UINT64_C(0) - (o->a->t[i / 64] >> i % 64 & 1);
        to[i] = (b[o->b->step * i] & yes) | (c[o->c->step * i] & ~yes);
    }
}

static void choose_pairs(const operands *o, churn_str *to)
{
    for (size_t i = 0; i < 64 * (size_t)o->words; i++) {
        const expr_vec *from = (o->a->t[i / 64] >> i % 64 & 1) != 0 ? o->b : o->c;
        memcpy(&to[i], (const churn_str *)from->values + from->step * i, sizeof to[i]);
    }
}

static void choose(const plan_step *step, const operands *o)
{
    uint32_t size = expr_value_size(step->code.type);
    void *values = (void *)(uintptr_t)o->home->values;
    choose_bits(o, size == 0);
    if (size == 8) {
        choose_words(o, values);
    } else if (size == 16) {
        choose_pairs(o, values);
    }
}

/* ---- which loop ---- */

static bool step_logic(expr_machine *m, const plan_step *step)
{
    operands o;
    switch (step->code.op) {
    case OP_NOT:
        o = operands_of(m, step);
        negate(&o);
        return true;
    case OP_HAS:
        o = operands_of(m, step);
        ask(&o);
        return true;
    case OP_ANY:
    case OP_CMP_B:
        o = operands_of(m, step);
        combine_bools(step, &o);
        return true;
    case OP_SELECT:
        o = operands_of(m, step);
        choose(step, &o);
        return true;
    default:
        return false;
    }
}

static bool step_values(expr_machine *m, const plan_step *step)
{
    switch (step->code.op) {
    case OP_CMP_D:
    case OP_CMP_I:
        return compare(m, step);
    case OP_CMP_ID:
        return compare_mixed(m, step);
    case OP_IN_SET:
        return in_numbers(m, step) || churn__expr_step_strings(m, step);
    case OP_CMP_S:
    case OP_CONTAINS:
    case OP_STARTS:
    case OP_ENDS:
        return churn__expr_step_strings(m, step);
    case OP_FINITE:
        return check_finite(m, step);
    case OP_I2D:
        return widen(m, step);
    case OP_ADD_D:
    case OP_SUB_D:
    case OP_MUL_D:
    case OP_DIV_D:
    case OP_NEG_D:
    case OP_MIN_D:
    case OP_MAX_D:
        return compute_doubles(m, step);
    case OP_ADD_I:
    case OP_SUB_I:
    case OP_MUL_I:
    case OP_DIV_I:
    case OP_MOD_I:
    case OP_NEG_I:
    case OP_MIN_I:
    case OP_MAX_I:
        return compute_ints(m, step);
    default:
        return false;
    }
}

void churn__expr_step_vec(expr_machine *m, const plan_step *step)
{
    if (step->table != EXPR_NONE && m->room->tables[step->table].ready) {
        churn__expr_step_codes(m, step);
        return;
    }
    bool done = step->code.op < OP_CMP_D ? step_logic(m, step) : step_values(m, step);
    if (!done) {
        churn__expr_step_rows(m, step);
    }
}
