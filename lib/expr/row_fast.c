/* SPDX-License-Identifier: MIT */
#include "expr/fuse.h"

/* The machine for one record. Its loop is made twice: for values and for columns. */

#define INLINE static inline __attribute__((always_inline))

/* ---- input ---- */

INLINE bool is_there(const row_input *in, uint32_t slot)
{
    return in->columns == NULL ? in->values[slot].type != 0
                               : churn__column_has(&in->columns[slot], in->row);
}

INLINE bool both_there(const row_input *in, const row_code *code)
{
    return is_there(in, code->a) && is_there(in, code->b);
}

INLINE int64_t int_of(const row_input *in, uint32_t slot)
{
    return in->columns == NULL ? in->values[slot].integer
                               : ((const int64_t *)in->columns[slot].values)[in->row];
}

INLINE double double_of(const row_input *in, uint32_t slot)
{
    return in->columns == NULL ? in->values[slot].number
                               : ((const double *)in->columns[slot].values)[in->row];
}

INLINE bool bool_of(const row_input *in, uint32_t slot)
{
    return in->columns == NULL ? in->values[slot].truth != 0
                               : ((const uint8_t *)in->columns[slot].values)[in->row] != 0;
}

INLINE churn_str string_of(const row_input *in, uint32_t slot)
{
    return in->columns == NULL ? in->values[slot].string
                               : churn__column_string(&in->columns[slot], in->row);
}

void churn__expr_load_value(const churn_value *value, churn__type type, expr_cell *out)
{
    out->state = EXPR_OK;
    if (value->type == 0) {
        out->state = EXPR_UNKNOWN;
        return;
    }
    switch (type) {
    case CHURN__TYPE_BOOL:
        out->state = expr_from_bool(value->truth != 0);
        break;
    case CHURN__TYPE_DOUBLE:
        out->as.d = value->number;
        break;
    case CHURN__TYPE_STRING:
        out->as.s = value->string;
        break;
    default:
        out->as.i = value->integer;
        break;
    }
}

/* An operand as a cell; slots are copied when they are wanted, which may be never. */
INLINE const expr_cell *cell_of(const churn__expr *expr, const row_input *in, expr_cell *frame,
                                uint32_t operand)
{
    if ((operand & ROW_CONST) != 0) {
        return &expr->consts[operand & ~ROW_KIND];
    }
    if (operand < expr->slot_count) {
        uint32_t slot = expr->slots[operand];
        churn__type type = expr->slot_types[operand];
        if (in->columns == NULL) {
            churn__expr_load_value(&in->values[slot], type, &frame[operand]);
        } else {
            churn__expr_load(&in->columns[slot], type, in->row, &frame[operand]);
        }
    }
    return &frame[operand];
}

/* ---- instructions ---- */

INLINE uint8_t holds(const row_code *code, bool less, bool equal, bool greater)
{
    unsigned which = (unsigned)less | (unsigned)equal << 1 | (unsigned)greater << 2;
    return expr_from_bool((code->holds >> which & 1) != 0);
}

INLINE uint8_t compare_doubles(const row_code *code, double a, double b)
{
    if (code->finite && !(expr_finite(a) && expr_finite(b))) {
        return EXPR_ERROR;
    }
    return holds(code, a<b, a == b, a> b);
}

/* With a constant, which is finite. */
INLINE uint8_t compare_double(const row_code *code, double a)
{
    if (code->finite && !expr_finite(a)) {
        return EXPR_ERROR;
    }
    return holds(code, a<code->k.d, a == code->k.d, a> code->k.d);
}

INLINE uint8_t compare_ints(const row_code *code, int64_t a, int64_t b)
{
    return holds(code, a<b, a == b, a> b);
}

INLINE bool same(churn_str a, churn_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

INLINE uint8_t compare_string(const row_code *code, churn_str s)
{
    bool equal = same(s, code->k.s);
    return holds(code, !equal, equal, false);
}

#define FEW 8u /* no more are looked at one by one */

INLINE bool in_strings(const expr_set *set, churn_str s)
{
    if (set->count > FEW) {
        const expr_cell cell = {.as.s = s};
        return churn__expr_in_set(set, CHURN__TYPE_STRING, &cell);
    }
    for (uint32_t i = 0; i < set->count; i++) {
        if (same(set->as.s[i], s)) {
            return true;
        }
    }
    return false;
}

INLINE bool in_ints(const expr_set *set, int64_t value)
{
    if (set->count > FEW) {
        const expr_cell cell = {.as.i = value};
        return churn__expr_in_set(set, CHURN__TYPE_INT, &cell);
    }
    bool found = false;
    for (uint32_t i = 0; i < set->count; i++) {
        found |= set->as.i[i] == value;
    }
    return found;
}

/* The canonical instruction; what it gives goes to `to` unless only its state is wanted. */
INLINE uint8_t step(const churn__expr *expr, const row_code *code, const row_input *in,
                    expr_cell *frame, expr_run *run)
{
    expr_cell made = {0};
    const expr_cell *a = cell_of(expr, in, frame, code->a);
    const expr_cell *b = code->b != code->a ? cell_of(expr, in, frame, code->b) : a;
    const expr_cell *c = code->c != code->a ? cell_of(expr, in, frame, code->c) : a;
    churn__expr_step(code->k.code, a, b, c, &made, run);
    if (code->join == ROW_SET) {
        frame[code->to] = made;
    }
    return made.state;
}

INLINE uint8_t join(const row_code *code, uint8_t before, uint8_t state)
{
    if (code->join == ROW_AND) {
        return state > before ? state : before;
    }
    uint8_t x = expr_not(before), y = expr_not(state);
    return expr_not(x > y ? x : y);
}

INLINE const row_code *branch(const churn__expr *expr, const row_code *code, uint8_t state,
                              expr_cell *frame)
{
    if (state == EXPR_TRUE) {
        return code + 1;
    }
    if (state == EXPR_FALSE) {
        return expr->row + code->target;
    }
    frame[code->to].state = state;
    return expr->row + code->other;
}

/* The state that an instruction gives; most look at a slot, which may not be there. */
INLINE uint8_t state_of(const churn__expr *expr, const row_code *code, const row_input *in,
                        expr_cell *frame, expr_run *run)
{
    uint32_t a = code->a;
    switch (code->op) {
    case ROW_BOOL:
        return is_there(in, a) ? expr_from_bool(bool_of(in, a)) : EXPR_UNKNOWN;
    case ROW_HAS:
        return expr_from_bool(is_there(in, a));
    case ROW_CMP_DK:
        return is_there(in, a) ? compare_double(code, double_of(in, a)) : EXPR_UNKNOWN;
    case ROW_CMP_IK:
        return is_there(in, a) ? compare_ints(code, int_of(in, a), code->k.i) : EXPR_UNKNOWN;
    case ROW_CMP_SK:
        return is_there(in, a) ? compare_string(code, string_of(in, a)) : EXPR_UNKNOWN;
    case ROW_CMP_DD:
        return both_there(in, code)
                   ? compare_doubles(code, double_of(in, a), double_of(in, code->b))
                   : EXPR_UNKNOWN;
    case ROW_CMP_II:
        return both_there(in, code) ? compare_ints(code, int_of(in, a), int_of(in, code->b))
                                    : EXPR_UNKNOWN;
    case ROW_IN_S:
        return is_there(in, a) ? expr_from_bool(in_strings(code->k.set, string_of(in, a)))
                               : EXPR_UNKNOWN;
    case ROW_IN_I:
        return is_there(in, a) ? expr_from_bool(in_ints(code->k.set, int_of(in, a))) : EXPR_UNKNOWN;
    case ROW_STEP:
        return step(expr, code, in, frame, run);
    default:
        return cell_of(expr, in, frame, a)->state;
    }
}

/* BRANCH and MOVE; the state is that of their operand. */
INLINE const row_code *jump(const churn__expr *expr, const row_code *code, const row_input *in,
                            expr_cell *frame, uint8_t state)
{
    if (code->op == ROW_BRANCH) {
        return branch(expr, code, state, frame);
    }
    frame[code->to] = *cell_of(expr, in, frame, code->a);
    return expr->row + code->target;
}

INLINE const expr_cell *run_all(const churn__expr *expr, const row_input *in, expr_cell *frame,
                                expr_run *run)
{
    const row_code *code = expr->row;
    while (code->op != ROW_END) {
        uint8_t state = state_of(expr, code, in, frame, run);
        if (code->op >= ROW_BRANCH) {
            code = jump(expr, code, in, frame, state);
            continue;
        }
        state = code->negate ? expr_not(state) : state;
        expr_cell *to = &frame[code->to];
        state = code->join == ROW_SET ? state : join(code, to->state, state);
        to->state = state;
        code = state == code->skip ? expr->row + code->target : code + 1;
    }
    return cell_of(expr, in, frame, expr->row_result);
}

const expr_cell *churn__expr_run_record(const churn__expr *expr, const churn_value *values,
                                        expr_cell *frame, expr_run *run)
{
    const row_input in = {.values = values};
    return run_all(expr, &in, frame, run);
}

const expr_cell *churn__expr_run_columns(const churn__expr *expr, const churn__column *columns,
                                         uint32_t row, expr_cell *frame, expr_run *run)
{
    const row_input in = {.columns = columns, .row = row};
    return run_all(expr, &in, frame, run);
}
