/* SPDX-License-Identifier: MIT */
#include "expr/row.h"

#include <math.h>

#include "base/checked.h"

/*
 * What each instruction does to one row. The vector machine calls it for every operation that has
 * no loop of its own there, so that the two cannot differ.
 */

static void take_error(const expr_cell *from, expr_cell *out)
{
    out->code = from->code;
    out->at = from->at;
}

/* ---- logic ---- */

static void join(uint8_t state, const expr_cell *a, const expr_cell *b, expr_cell *out)
{
    out->state = state;
    if (state == EXPR_ERROR) {
        take_error(a->state == EXPR_ERROR ? a : b, out);
    }
}

static uint8_t any_of(uint8_t a, uint8_t b)
{
    if (a == EXPR_UNKNOWN || b == EXPR_UNKNOWN) {
        return EXPR_UNKNOWN;
    }
    if (a == EXPR_ERROR || b == EXPR_ERROR) {
        return EXPR_ERROR;
    }
    return a < b ? a : b;
}

static uint8_t worse(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

/* The state of a strict operation, whose bool operands may be false. */
static uint8_t strict_of(uint8_t a, uint8_t b)
{
    return worse(a == EXPR_FALSE ? EXPR_OK : a, b == EXPR_FALSE ? EXPR_OK : b);
}

static void select_one(const expr_cell *a, const expr_cell *b, const expr_cell *c, expr_cell *out)
{
    if (a->state == EXPR_TRUE) {
        *out = *b;
    } else if (a->state == EXPR_FALSE) {
        *out = *c;
    } else {
        join(a->state, a, a, out);
    }
}

static void compare_bools(const expr_code *code, const expr_cell *a, const expr_cell *b,
                          expr_cell *out)
{
    uint8_t strict = strict_of(a->state, b->state);
    if (strict != EXPR_OK) {
        join(strict, a, b, out);
    } else if (code->op == OP_DIFFER) {
        expr_give_bool(code->cmp == EXPR_NE, out);
    } else {
        expr_give_bool(expr_compare((a->state == EXPR_TRUE) - (b->state == EXPR_TRUE), code->cmp),
                       out);
    }
}

static void bool_to_string(const expr_cell *a, expr_cell *out)
{
    if (a->state == EXPR_ERROR || a->state == EXPR_UNKNOWN) {
        join(a->state, a, a, out);
        return;
    }
    out->as.s = a->state == EXPR_TRUE ? CHURN__STR("true") : CHURN__STR("false");
    out->state = EXPR_OK;
}

static void step_logic(const expr_code *code, const expr_cell *a, const expr_cell *b,
                       const expr_cell *c, expr_cell *out)
{
    switch (code->op) {
    case OP_AND:
        join(worse(a->state, b->state), a, b, out);
        break;
    case OP_OR:
        join(expr_not(worse(expr_not(a->state), expr_not(b->state))), a, b, out);
        break;
    case OP_NOT:
        join(expr_not(a->state), a, a, out);
        break;
    case OP_ANY:
        join(any_of(a->state, b->state), a, b, out);
        break;
    case OP_HAS:
        expr_give_bool(a->state != EXPR_UNKNOWN, out);
        break;
    case OP_SELECT:
        select_one(a, b, c, out);
        break;
    case OP_B2S:
        bool_to_string(a, out);
        break;
    default:
        compare_bools(code, a, b, out);
        break;
    }
}

/* ---- comparisons ---- */

static bool compare_doubles(double a, double b, uint8_t cmp)
{
    switch (cmp) { /* NaN: only != holds */
    case EXPR_EQ:
        return a == b;
    case EXPR_NE:
        return a != b;
    case EXPR_LT:
        return a < b;
    case EXPR_LE:
        return a <= b;
    case EXPR_GT:
        return a > b;
    default:
        return a >= b;
    }
}

/* On one number line, without rounding the int; b is no NaN. */
static int order_int_double(int64_t a, double b)
{
    if (b >= 9223372036854775808.0) {
        return -1;
    }
    if (b < -9223372036854775808.0) {
        return 1;
    }
    int64_t whole = (int64_t)b;
    if (a != whole) {
        return a < whole ? -1 : 1;
    }
    double rest = b - (double)whole;
    return (rest < 0) - (rest > 0);
}

static void compare_mixed(const expr_code *code, int64_t a, double b, expr_cell *out)
{
    if (code->strict) { /* as cel-go does: in doubles */
        expr_give_bool(compare_doubles((double)a, b, code->cmp), out);
    } else if (!expr_finite(b)) {
        expr_fault(code, EXPR_RUN_NON_FINITE, out);
    } else {
        expr_give_bool(expr_compare(order_int_double(a, b), code->cmp), out);
    }
}

static bool string_in(const expr_set *set, churn_str value)
{
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = churn__str_cmp(set->as.s[middle], value);
        if (order == 0) {
            return true;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return false;
}

static bool int_in(const expr_set *set, int64_t value)
{
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool below = set->as.i[middle] < value;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    return low < set->count && set->as.i[low] == value;
}

static bool double_in(const expr_set *set, double value)
{
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool below = set->as.d[middle] < value;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    return low < set->count && set->as.d[low] == value;
}

bool churn__expr_in_set(const expr_set *set, churn__type type, const expr_cell *value)
{
    switch (type) {
    case CHURN__TYPE_STRING:
        return string_in(set, value->as.s);
    case CHURN__TYPE_DOUBLE:
        return double_in(set, value->as.d);
    case CHURN__TYPE_BOOL:
        return false; /* sets of bools are empty: they are compared one by one */
    default:
        return int_in(set, value->as.i);
    }
}

static bool in_list(churn_str value, churn__strs list)
{
    for (uint32_t i = 0; i < list.count; i++) {
        if (churn__str_eq(value, list.items[i])) {
            return true;
        }
    }
    return false;
}

static void step_compare(const expr_code *code, const expr_cell *a, const expr_cell *b,
                         expr_cell *out)
{
    bool finite = code->strict || (code->op != OP_CMP_D && code->type != CHURN__TYPE_DOUBLE);
    switch (code->op) {
    case OP_CMP_D:
        if (!finite && !(expr_finite(a->as.d) && expr_finite(b->as.d))) {
            expr_fault(code, EXPR_RUN_NON_FINITE, out);
        } else {
            expr_give_bool(compare_doubles(a->as.d, b->as.d, code->cmp), out);
        }
        break;
    case OP_CMP_I:
        expr_give_bool(expr_compare((a->as.i > b->as.i) - (a->as.i < b->as.i), code->cmp), out);
        break;
    case OP_CMP_S:
        expr_give_bool(expr_compare(churn__str_cmp(a->as.s, b->as.s), code->cmp), out);
        break;
    case OP_CMP_ID:
        compare_mixed(code, a->as.i, b->as.d, out);
        break;
    case OP_IN_LIST:
        expr_give_bool(in_list(a->as.s, b->as.l), out);
        break;
    default:
        if (!finite && !expr_finite(a->as.d)) {
            expr_fault(code, EXPR_RUN_NON_FINITE, out);
        } else {
            expr_give_bool(churn__expr_in_set(code->set, code->type, a), out);
        }
        break;
    }
}

/* ---- arithmetic ---- */

static void divide(const expr_code *code, int64_t a, int64_t b, expr_cell *out)
{
    if (b == 0) {
        expr_fault(code, EXPR_RUN_ZERO, out);
    } else if (b == -1 && a == INT64_MIN) {
        expr_fault(code, EXPR_RUN_OVERFLOW, out);
    } else {
        expr_give_int(code->op == OP_DIV_I ? a / b : a % b, out);
    }
}

/* Shifts move zeros in, from either end; a count below zero is an error, as in CEL's math library.
 */
static void shift(const expr_code *code, int64_t a, int64_t count, expr_cell *out)
{
    if (count < 0) {
        expr_fault(code, EXPR_RUN_RANGE, out);
        return;
    }
    uint64_t bits = (uint64_t)a;
    bits = count > 63 ? 0 : code->op == OP_BIT_LEFT ? bits << count : bits >> count;
    expr_give_int((int64_t)bits, out);
}

static void step_bits(const expr_code *code, int64_t a, int64_t b, expr_cell *out)
{
    switch (code->op) {
    case OP_BIT_AND:
        expr_give_int(a & b, out);
        break;
    case OP_BIT_OR:
        expr_give_int(a | b, out);
        break;
    case OP_BIT_XOR:
        expr_give_int(a ^ b, out);
        break;
    case OP_BIT_NOT:
        expr_give_int(~a, out);
        break;
    default:
        shift(code, a, b, out);
        break;
    }
}

static void step_ints(const expr_code *code, int64_t a, int64_t b, expr_cell *out)
{
    int64_t r = 0;
    bool fits = true;
    switch (code->op) {
    case OP_ADD_I:
        fits = churn__add_i64(a, b, &r);
        break;
    case OP_SUB_I:
        fits = churn__sub_i64(a, b, &r);
        break;
    case OP_MUL_I:
        fits = churn__mul_i64(a, b, &r);
        break;
    case OP_NEG_I:
        fits = churn__sub_i64(0, a, &r);
        break;
    case OP_ABS_I:
        r = a;
        fits = a >= 0 || churn__sub_i64(0, a, &r);
        break;
    case OP_SIGN_I:
        r = (a > 0) - (a < 0);
        break;
    case OP_MIN_I:
        r = a < b ? a : b;
        break;
    case OP_MAX_I:
        r = a > b ? a : b;
        break;
    default:
        divide(code, a, b, out);
        return;
    }
    if (fits) {
        expr_give_int(r, out);
    } else {
        expr_fault(code, EXPR_RUN_OVERFLOW, out);
    }
}

static void step_doubles(const expr_code *code, double a, double b, expr_cell *out)
{
    double r = 0;
    switch (code->op) {
    case OP_ADD_D:
        r = a + b;
        break;
    case OP_SUB_D:
        r = a - b;
        break;
    case OP_MUL_D:
        r = a * b;
        break;
    case OP_DIV_D:
        r = a / b;
        break;
    case OP_NEG_D:
        r = -a;
        break;
    case OP_MIN_D:
        r = b < a ? b : a;
        break;
    case OP_MAX_D:
        r = b > a ? b : a;
        break;
    default:
        if (!expr_finite(a)) {
            expr_fault(code, EXPR_RUN_NON_FINITE, out);
            return;
        }
        r = a;
        break;
    }
    expr_give_double(r, out);
}

static void step_math(const expr_code *code, double a, expr_cell *out)
{
    switch (code->op) {
    case OP_ABS_D:
        expr_give_double(fabs(a), out);
        break;
    case OP_SIGN_D:
        expr_give_double(a > 0 ? 1.0 : a < 0 ? -1.0 : a == 0 ? 0.0 : a, out); /* or NaN */
        break;
    case OP_CEIL:
        expr_give_double(ceil(a), out);
        break;
    case OP_FLOOR:
        expr_give_double(floor(a), out);
        break;
    case OP_ROUND: /* half away from zero, as CEL's math.round */
        expr_give_double(round(a), out);
        break;
    case OP_TRUNC:
        expr_give_double(trunc(a), out);
        break;
    case OP_SQRT:
        expr_give_double(sqrt(a), out);
        break;
    case OP_ISNAN:
        expr_give_bool(a != a, out);
        break;
    case OP_ISINF:
        expr_give_bool(a == a && !expr_finite(a), out);
        break;
    default:
        expr_give_bool(expr_finite(a), out);
        break;
    }
}

/* ---- the machine ---- */

static void step_value(const expr_code *code, const expr_cell *a, const expr_cell *b,
                       expr_cell *out, expr_run *run)
{
    switch (code->op) {
    case OP_CMP_D:
    case OP_CMP_I:
    case OP_CMP_S:
    case OP_CMP_ID:
    case OP_IN_SET:
    case OP_IN_LIST:
        step_compare(code, a, b, out);
        break;
    case OP_ADD_D:
    case OP_SUB_D:
    case OP_MUL_D:
    case OP_DIV_D:
    case OP_NEG_D:
    case OP_MIN_D:
    case OP_MAX_D:
    case OP_FINITE:
        step_doubles(code, a->as.d, b->as.d, out);
        break;
    case OP_ADD_I:
    case OP_SUB_I:
    case OP_MUL_I:
    case OP_DIV_I:
    case OP_MOD_I:
    case OP_NEG_I:
    case OP_ABS_I:
    case OP_SIGN_I:
    case OP_MIN_I:
    case OP_MAX_I:
        step_ints(code, a->as.i, b->as.i, out);
        break;
    case OP_BIT_AND:
    case OP_BIT_OR:
    case OP_BIT_XOR:
    case OP_BIT_NOT:
    case OP_BIT_LEFT:
    case OP_BIT_RIGHT:
        step_bits(code, a->as.i, b->as.i, out);
        break;
    case OP_CONCAT:
    case OP_SIZE_S:
    case OP_SIZE_L:
    case OP_CONTAINS:
    case OP_STARTS:
    case OP_ENDS:
    case OP_MATCHES:
    case OP_D2S:
    case OP_I2S:
        churn__expr_step_text(code, a, b, out, run);
        break;
    case OP_I2D:
    case OP_D2I:
    case OP_S2I:
    case OP_S2D:
    case OP_S2B:
        churn__expr_step_convert(code, a, out);
        break;
    case OP_ABS_D:
    case OP_SIGN_D:
    case OP_CEIL:
    case OP_FLOOR:
    case OP_ROUND:
    case OP_TRUNC:
    case OP_SQRT:
    case OP_ISNAN:
    case OP_ISINF:
    case OP_ISFINITE:
        step_math(code, a->as.d, out);
        break;
    default:
        churn__expr_step_time(code, a, b, out, run);
        break;
    }
}

void churn__expr_step(const expr_code *code, const expr_cell *a, const expr_cell *b,
                      const expr_cell *c, expr_cell *out, expr_run *run)
{
    if (code->op < OP_CMP_D) {
        step_logic(code, a, b, c, out);
        return;
    }
    uint8_t strict = worse(a->state, b->state);
    if (strict != EXPR_OK) {
        join(strict, a, b, out);
        return;
    }
    step_value(code, a, b, out, run);
}

/* The most common instruction without the way through the others. */
static bool step_fast(const expr_code *code, const expr_cell *a, const expr_cell *b, expr_cell *out)
{
    if (code->op != OP_CMP_D || (a->state | b->state) != EXPR_OK || !expr_finite(a->as.d) ||
        !expr_finite(b->as.d)) {
        return false;
    }
    expr_give_bool(compare_doubles(a->as.d, b->as.d, code->cmp), out);
    return true;
}

void churn__expr_run_row(const churn__expr *expr, expr_cell *frame, expr_run *run)
{
    expr_cell *consts = frame + expr->slot_count;
    for (uint32_t i = 0; i < expr->const_count; i++) {
        consts[i] = expr->consts[i];
    }
    for (const expr_code *code = expr->code, *end = code + expr->code_count; code < end; code++) {
        const expr_cell *a = &frame[code->a], *b = &frame[code->b];
        if (!step_fast(code, a, b, &frame[code->to])) {
            churn__expr_step(code, a, b, &frame[code->c], &frame[code->to], run);
        }
    }
}

void churn__expr_load(const churn__column *column, churn__type type, uint32_t row, expr_cell *out)
{
    out->state = EXPR_OK;
    if (!churn__column_has(column, row)) {
        out->state = EXPR_UNKNOWN;
        return;
    }
    switch (type) {
    case CHURN__TYPE_BOOL:
        out->state = expr_from_bool(((const uint8_t *)column->values)[row] != 0);
        break;
    case CHURN__TYPE_DOUBLE:
        out->as.d = ((const double *)column->values)[row];
        break;
    case CHURN__TYPE_STRING:
        out->as.s = churn__column_string(column, row);
        break;
    case CHURN__TYPE_STRINGS:
        out->as.l = ((const churn__strs *)column->values)[row];
        break;
    default:
        out->as.i = ((const int64_t *)column->values)[row];
        break;
    }
}
