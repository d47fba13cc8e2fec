/* SPDX-License-Identifier: MIT */
#include "expr/fuse_inside.h"

/* Linked row instructions into one line: jumps and registers. */

static uint32_t jump_to(const fuser *f, uint32_t after)
{
    return after != FUSE_NONE ? f->items[after].place + 1 : 0;
}

static bool reads_cells(const row_code *code)
{
    return code->op >= ROW_STATE;
}

static void note_use(fuser *f, uint32_t operand, uint32_t place)
{
    if (fuse_is_reg(operand)) {
        f->last_use[operand & ~ROW_KIND] = place;
    }
}

static uint32_t find_places(fuser *f, uint32_t head)
{
    uint32_t n = 0;
    for (uint32_t i = head; i != FUSE_NONE; i = f->items[i].next) {
        const row_code *code = &f->items[i].code;
        f->items[i].place = n;
        if (reads_cells(code)) {
            note_use(f, code->a, n);
            note_use(f, code->op == ROW_STEP ? code->b : 0, n);
            note_use(f, code->op == ROW_STEP ? code->c : 0, n);
        }
        n++;
    }
    return n;
}

/* Registers are handed out in order of the line; jumps go forward alone. */
static uint32_t place_read(fuser *f, uint32_t operand, uint32_t place)
{
    if (!fuse_is_reg(operand)) {
        return operand;
    }
    uint32_t i = operand & ~ROW_KIND, reg = f->physical[i];
    if (f->last_use[i] == place) {
        f->spare[f->spare_count++] = reg;
        f->last_use[i] = FUSE_NONE;
    }
    return f->expr->slot_count + reg;
}

static uint32_t place_write(fuser *f, uint32_t operand)
{
    uint32_t i = operand & ~ROW_KIND;
    if (f->physical[i] == FUSE_NONE) {
        f->physical[i] = f->spare_count > 0 ? f->spare[--f->spare_count] : f->reg_count++;
    }
    return f->expr->slot_count + f->physical[i];
}

static row_code place_item(fuser *f, const fuse_item *from)
{
    row_code code = from->code;
    if (reads_cells(&code)) {
        uint32_t a = code.a, b = code.b, c = code.c;
        code.a = place_read(f, a, from->place);
        code.b = code.op != ROW_STEP || b == a ? code.a : place_read(f, b, from->place);
        code.c = code.op != ROW_STEP || c == a ? code.a
                 : c == b                      ? code.b
                                               : place_read(f, c, from->place);
    }
    code.to = place_write(f, code.to);
    code.target = jump_to(f, from->after);
    code.other = jump_to(f, from->after_other);
    return code;
}

bool churn__expr_fuse_lay_out(fuser *f, uint32_t head, uint32_t result)
{
    churn__expr *expr = f->expr;
    uint32_t n = find_places(f, head), at = 0;
    row_code *row = churn__arena_array(&expr->arena, (size_t)n + 1, sizeof *row);
    if (row == NULL) {
        return false;
    }
    if (fuse_is_reg(result)) {
        f->last_use[result & ~ROW_KIND] = FUSE_NONE;
    }
    for (uint32_t i = head; i != FUSE_NONE; i = f->items[i].next) {
        row[at++] = place_item(f, &f->items[i]);
    }
    row[at].op = ROW_END;
    expr->row = row;
    expr->row_count = n;
    expr->row_result = place_read(f, result, FUSE_NONE - 1);
    expr->row_frame = expr->slot_count + f->reg_count;
    expr->frame_count = expr->row_frame > expr->frame_count ? expr->row_frame : expr->frame_count;
    return true;
}
