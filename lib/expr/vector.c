/* SPDX-License-Identifier: MIT */
#include "expr/program.h"

/*
 * What the common instructions do to a chunk of rows. Every lane is computed; lanes that are
 * missing hold anything, so values behind pointers are looked at only where there is a value. Inner
 * loops run a fixed number of times because that is what gcc turns into vector code at -O2.
 */

typedef uint8_t state;

size_t churn__expr_width(churn__type type)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        return 1;
    case CHURN__TYPE_STRING:
        return sizeof(churn_str);
    case CHURN__TYPE_STRINGS:
        return sizeof(churn__strs);
    default:
        return 8;
    }
}

/* ---- states ---- */

static state state_at(const expr_vector *v, uint32_t i)
{
    return v->states == NULL ? EXPR_OK : v->states[v->step * i];
}

static void spread(state *restrict to, state value, uint32_t n)
{
    memset(to, value, n);
}

/* Put the states of values over what was computed for them. */
static void overlay(state *restrict to, const expr_vector *v, uint32_t n)
{
    if (v->states == NULL) {
        return;
    }
    if (v->step == 0) {
        if (v->states[0] != EXPR_OK) {
            spread(to, v->states[0], n);
        }
        return;
    }
    const state *restrict from = v->states;
    EXPR_EACH_LANE(n, to[i] = from[i] != EXPR_OK ? from[i] : to[i]);
}

/* The same for two operands, of whose states the larger counts; `a` is no constant. A constant that
 * is missing makes every row so. */
static void overlay_both(const expr_vector *a, const expr_vector *b, uint32_t n, state *restrict to)
{
    if (a->states == NULL || b->states == NULL || b->step == 0) {
        overlay(to, a, n);
        overlay(to, b, n);
        return;
    }
    const state *restrict x = a->states, *restrict y = b->states;
    EXPR_EACH_LANE(n, state s = x[i] > y[i] ? x[i] : y[i]; to[i] = s != EXPR_OK ? s : to[i]);
}

static void larger_states(const state *restrict a, const state *restrict b, state *restrict to,
                          uint32_t n)
{
    EXPR_EACH_LANE(n, to[i] = a[i] > b[i] ? a[i] : b[i]);
}

/* The states of a strict operation on two values: the larger ones. */
static void strict_states(const expr_vector *a, const expr_vector *b, uint32_t n,
                          const expr_target *out)
{
    *out->all_ok = a->states == NULL && b->states == NULL;
    if (*out->all_ok) {
        return;
    }
    if (a->states != NULL && b->states != NULL && a->step == 1 && b->step == 1) {
        larger_states(a->states, b->states, out->states, n);
        return;
    }
    const expr_vector *wide = a->states != NULL && a->step == 1 ? a : b;
    const expr_vector *other = wide == a ? b : a;
    if (wide->states != NULL && wide->step == 1 && other->states == NULL) {
        memcpy(out->states, wide->states, n);
        return;
    }
    for (uint32_t i = 0; i < n; i++) { /* a constant that is missing */
        state x = state_at(a, i), y = state_at(b, i);
        out->states[i] = x > y ? x : y;
    }
}

/* In the order F < E < U < T the larger wins: expr_not turns one order into the other. */
static void or_states(const state *restrict a, const state *restrict b, state *restrict to,
                      uint32_t n)
{
    EXPR_EACH_LANE(n, state x = expr_not(a[i]); state y = expr_not(b[i]);
                   to[i] = expr_not(x > y ? x : y));
}

static void not_states(const state *restrict a, state *restrict to, uint32_t n)
{
    EXPR_EACH_LANE(n, to[i] = expr_not(a[i]));
}

static void has_states(const expr_vector *a, state *restrict to, uint32_t n)
{
    spread(to, EXPR_TRUE, n);
    if (a->states != NULL) {
        const state *restrict from = a->states;
        EXPR_EACH_LANE(n, to[i] = from[i] == EXPR_UNKNOWN ? EXPR_FALSE : EXPR_TRUE);
    }
}

/* ---- comparisons ---- */

/* T for 1, F for 0, without a branch. */
#define STATE_OF(holds) ((state)(((holds)-1) & 3))

#define COMPARE_WITH(op)                                       \
    do {                                                       \
        if (step == 0) {                                       \
            EXPR_EACH_LANE(n, to[i] = STATE_OF(a[i] op k));    \
        } else {                                               \
            EXPR_EACH_LANE(n, to[i] = STATE_OF(a[i] op b[i])); \
        }                                                      \
    } while (0)

#define COMPARE_ALL       \
    switch (cmp) {        \
    case EXPR_EQ:         \
        COMPARE_WITH(==); \
        break;            \
    case EXPR_NE:         \
        COMPARE_WITH(!=); \
        break;            \
    case EXPR_LT:         \
        COMPARE_WITH(<);  \
        break;            \
    case EXPR_LE:         \
        COMPARE_WITH(<=); \
        break;            \
    case EXPR_GT:         \
        COMPARE_WITH(>);  \
        break;            \
    default:              \
        COMPARE_WITH(>=); \
        break;            \
    }

static void compare_doubles(uint8_t cmp, const double *restrict a, const double *restrict b,
                            uint32_t step, uint32_t n, state *restrict to)
{
    double k = b[0];
    COMPARE_ALL
}

static void compare_ints(uint8_t cmp, const int64_t *restrict a, const int64_t *restrict b,
                         uint32_t step, uint32_t n, state *restrict to)
{
    int64_t k = b[0];
    COMPARE_ALL
}

/* x - x is zero for finite x and NaN for all others, and NaN stays in a sum. */
static bool any_non_finite(const double *restrict a, uint32_t n)
{
    double sums[16] = {0}, sum = 0;
    size_t done = 0;
    for (; done + 16 <= n; done += 16) {
        for (size_t j = 0; j < 16; j++) {
            sums[j] += a[done + j] - a[done + j];
        }
    }
    for (; done < n; done++) {
        sum += a[done] - a[done];
    }
    for (size_t j = 0; j < 16; j++) {
        sum += sums[j];
    }
    return sum != 0;
}

static void mark_non_finite(const double *a, uint32_t n, state *to)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!expr_finite(a[i])) {
            to[i] = EXPR_ERROR;
        }
    }
}

/* False: not a form that there is a loop for. */
static bool compare_vectors(const expr_code *code, const expr_vector *a, const expr_vector *b,
                            uint32_t n, const expr_target *out)
{
    if (a->step == 0) {
        return false;
    }
    if (code->op == OP_CMP_I) {
        compare_ints(code->cmp, a->values, b->values, b->step, n, out->states);
    } else {
        compare_doubles(code->cmp, a->values, b->values, b->step, n, out->states);
        uint32_t rows = b->step == 0 ? 1 : n;
        if (!code->strict && any_non_finite(a->values, n)) {
            mark_non_finite(a->values, n, out->states);
        }
        if (!code->strict && any_non_finite(b->values, rows)) {
            if (b->step == 0) {
                return false;
            }
            mark_non_finite(b->values, n, out->states);
        }
    }
    overlay_both(a, b, n, out->states);
    return true;
}

static bool same_string(churn_str a, churn_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* A column of strings with a constant, for equality: by far the most common use of strings. */
static bool equal_string(const expr_code *code, const expr_vector *a, const expr_vector *b,
                         uint32_t n, const expr_target *out)
{
    if (a->step == 0 || b->step != 0 || b->states != NULL || code->cmp > EXPR_NE) {
        return false;
    }
    const churn_str *values = a->values;
    churn_str k = *(const churn_str *)b->values;
    for (uint32_t i = 0; i < n; i++) {
        state s = a->states == NULL ? EXPR_OK : a->states[i];
        bool equal = s == EXPR_OK && same_string(values[i], k);
        out->states[i] = s != EXPR_OK ? s : expr_from_bool(equal == (code->cmp == EXPR_EQ));
    }
    return true;
}

static bool string_in_few(const expr_code *code, const expr_vector *a, uint32_t n,
                          const expr_target *out)
{
    if (code->type != CHURN__TYPE_STRING || code->set->count > 8 || a->step == 0) {
        return false;
    }
    const churn_str *values = a->values;
    for (uint32_t i = 0; i < n; i++) {
        state s = a->states == NULL ? EXPR_OK : a->states[i];
        bool found = false;
        for (uint32_t k = 0; s == EXPR_OK && k < code->set->count && !found; k++) {
            found = same_string(values[i], code->set->as.s[k]);
        }
        out->states[i] = s != EXPR_OK ? s : expr_from_bool(found);
    }
    return true;
}

/* ---- arithmetic ---- */

#define ARITHMETIC(op)                                        \
    do {                                                      \
        if (a_step == 1 && b_step == 1) {                     \
            EXPR_EACH_LANE(n, to[i] = a[i] op b[i]);          \
        } else if (a_step == 1) {                             \
            EXPR_EACH_LANE(n, to[i] = a[i] op k);             \
        } else {                                              \
            EXPR_EACH_LANE(n, to[i] = a[0] op b[b_step * i]); \
        }                                                     \
    } while (0)

static void compute_doubles(uint8_t op, const double *restrict a, uint32_t a_step,
                            const double *restrict b, uint32_t b_step, uint32_t n,
                            double *restrict to)
{
    double k = b[0];
    switch (op) {
    case OP_ADD_D:
        ARITHMETIC(+);
        break;
    case OP_SUB_D:
        ARITHMETIC(-);
        break;
    case OP_MUL_D:
        ARITHMETIC(*);
        break;
    default:
        ARITHMETIC(/);
        break;
    }
}

/* ---- choice ---- */

static state chosen_state(state s, state b, state c)
{
    return s == EXPR_TRUE ? b : s == EXPR_FALSE ? c : s;
}

static void select_values(const expr_vector *a, const expr_vector *b, const expr_vector *c,
                          size_t width, uint32_t n, char *to)
{
    for (uint32_t i = 0; i < n; i++) {
        const expr_vector *from = state_at(a, i) == EXPR_TRUE ? b : c;
        memcpy(to + i * width, (const char *)from->values + from->step * i * width, width);
    }
}

static void select_vectors(const expr_code *code, const expr_vector *a, const expr_vector *b,
                           const expr_vector *c, uint32_t n, const expr_target *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out->states[i] = chosen_state(state_at(a, i), state_at(b, i), state_at(c, i));
    }
    if (code->type == CHURN__TYPE_STRING) {
        select_values(a, b, c, sizeof(churn_str), n, out->values);
    } else if (code->type != CHURN__TYPE_BOOL) {
        select_values(a, b, c, 8, n, out->values);
    }
}

/* ---- any other operation: lane by lane through the row machine ---- */

/* Bytes of a value that an operation reads and writes; 0: states only. */
static void shape_of(const expr_code *code, size_t *in, size_t *to)
{
    *in = 8;
    *to = 8;
    switch (code->op) {
    case OP_CMP_B:
    case OP_DIFFER:
    case OP_ANY:
    case OP_AND:
    case OP_OR:
        *in = *to = 0;
        break;
    case OP_B2S:
        *in = 0;
        *to = sizeof(churn_str);
        break;
    case OP_CMP_D:
    case OP_CMP_I:
    case OP_CMP_ID:
    case OP_ISNAN:
    case OP_ISINF:
    case OP_ISFINITE:
        *to = 0;
        break;
    case OP_IN_SET:
        *in = code->type == CHURN__TYPE_STRING ? sizeof(churn_str) : 8;
        *in = code->type == CHURN__TYPE_BOOL ? 0 : *in;
        *to = 0;
        break;
    case OP_CMP_S:
    case OP_IN_LIST:
    case OP_CONTAINS:
    case OP_STARTS:
    case OP_ENDS:
    case OP_MATCHES:
    case OP_S2B:
        *in = sizeof(churn_str);
        *to = 0;
        break;
    case OP_SIZE_S:
    case OP_SIZE_L:
    case OP_S2I:
    case OP_S2D:
    case OP_S2T:
    case OP_S2NS:
    case OP_S2U:
        *in = sizeof(churn_str);
        break;
    case OP_CONCAT:
        *in = *to = sizeof(churn_str);
        break;
    case OP_D2S:
    case OP_I2S:
    case OP_T2S:
    case OP_TN2S:
    case OP_U2S:
        *to = sizeof(churn_str);
        break;
    default:
        break;
    }
}

_Static_assert(sizeof(churn_str) == sizeof(churn__strs), "lists and strings share a width");

static void load_lane(const expr_vector *v, size_t width, uint32_t i, expr_cell *cell)
{
    cell->state = state_at(v, i);
    if (width > 0) {
        memcpy(&cell->as, (const char *)v->values + v->step * i * width, width);
    }
}

static void by_lane(const expr_code *code, const expr_vector *a, const expr_vector *b, uint32_t n,
                    const expr_target *out, expr_run *run)
{
    expr_cell x = {0}, y = {0}, r = {0};
    size_t in, to;
    shape_of(code, &in, &to);
    for (uint32_t i = 0; i < n; i++) {
        load_lane(a, in, i, &x);
        load_lane(b, in, i, &y);
        churn__expr_step(code, &x, &y, &x, &r, run);
        out->states[i] = r.state;
        if (to > 0) {
            memcpy((char *)out->values + i * to, &r.as, to);
        }
    }
}

/* ---- one instruction ---- */

static bool both_wide(const expr_vector *a, const expr_vector *b)
{
    return a->step == 1 && b->step == 1;
}

static bool step_logic(const expr_code *code, const expr_vector *a, const expr_vector *b,
                       const expr_vector *c, uint32_t n, const expr_target *out)
{
    switch (code->op) {
    case OP_AND:
        if (both_wide(a, b)) {
            larger_states(a->states, b->states, out->states, n);
        }
        return both_wide(a, b);
    case OP_OR:
        if (both_wide(a, b)) {
            or_states(a->states, b->states, out->states, n);
        }
        return both_wide(a, b);
    case OP_NOT:
        if (a->step == 1) {
            not_states(a->states, out->states, n);
        }
        return a->step == 1;
    case OP_HAS:
        has_states(a, out->states, n);
        return true;
    case OP_SELECT:
        select_vectors(code, a, b, c, n, out);
        return true;
    default:
        return false;
    }
}

static bool step_values(const expr_code *code, const expr_vector *a, const expr_vector *b,
                        uint32_t n, const expr_target *out)
{
    switch (code->op) {
    case OP_CMP_D:
    case OP_CMP_I:
        return compare_vectors(code, a, b, n, out);
    case OP_CMP_S:
        return equal_string(code, a, b, n, out);
    case OP_IN_SET:
        return string_in_few(code, a, n, out);
    case OP_ADD_D:
    case OP_SUB_D:
    case OP_MUL_D:
    case OP_DIV_D:
        compute_doubles(code->op, a->values, a->step, b->values, b->step, n, out->values);
        strict_states(a, b, n, out);
        return true;
    default:
        return false;
    }
}

void churn__expr_kernel(const expr_code *code, const expr_vector *a, const expr_vector *b,
                        const expr_vector *c, uint32_t n, const expr_target *out, expr_run *run)
{
    *out->all_ok = false;
    bool done =
        code->op < OP_CMP_D ? step_logic(code, a, b, c, n, out) : step_values(code, a, b, n, out);
    if (!done) {
        by_lane(code, a, b, n, out, run);
    }
}
