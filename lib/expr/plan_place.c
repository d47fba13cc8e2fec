/* SPDX-License-Identifier: MIT */
#include "expr/plan.h"

/* Registers for the values of a plan: each is taken again once nothing later reads it. */

typedef struct place {
    uint32_t *bits; /* of a node */
    uint32_t *offsets;
    uint32_t *free_bits, *free_8, *free_16; /* stacks */
    uint32_t free_bits_count, free_8_count, free_16_count;
    plan_register *registers;
    uint32_t register_count;
} place;

static uint32_t take(uint32_t *stack, uint32_t *count, uint32_t *next, uint32_t step)
{
    uint32_t fresh = *next;
    if (*count > 0) {
        return stack[--*count];
    }
    *next += step;
    return fresh;
}

static void define(plan_maker *maker, place *p, uint32_t number)
{
    struct expr_plan *plan = maker->plan;
    uint32_t size = expr_value_size(maker->nodes[number].type), offset = 0;
    uint32_t bits = take(p->free_bits, &p->free_bits_count, &plan->bits_count, 1);
    if (size == 8) {
        offset = take(p->free_8, &p->free_8_count, &plan->value_bytes, 8);
    } else if (size == 16) {
        offset = take(p->free_16, &p->free_16_count, &plan->value_bytes, 16);
    }
    p->bits[number] = bits;
    p->offsets[number] = offset;
    p->registers[p->register_count++] =
        (plan_register){.value = number, .bits = bits, .offset = offset, .size = size};
}

static void release(const plan_maker *maker, place *p, uint32_t number, uint32_t step)
{
    plan_node *node = &maker->nodes[number];
    if (node->kind != NODE_OF_CODE || node->last != step || p->bits[number] == EXPR_NONE) {
        return;
    }
    p->free_bits[p->free_bits_count++] = p->bits[number];
    p->bits[number] = EXPR_NONE;
    if (expr_value_size(node->type) == 8) {
        p->free_8[p->free_8_count++] = p->offsets[number];
    } else if (expr_value_size(node->type) == 16) {
        p->free_16[p->free_16_count++] = p->offsets[number];
    }
}

static void place_steps(plan_maker *maker, place *p)
{
    for (uint32_t i = 0; i < maker->node_count; i++) {
        p->bits[i] = EXPR_NONE;
    }
    for (uint32_t i = 0; i < maker->step_count; i++) {
        const plan_step *step = &maker->steps[i];
        if (step->kind == STEP_CODE || step->kind == STEP_BEGIN) {
            define(maker, p, step->to);
        }
        release(maker, p, step->a, i);
        release(maker, p, step->b, i);
        release(maker, p, step->c, i);
    }
}

/* Whether an instruction needs the text of a column's rows. */
static bool reads_text(const plan_maker *maker, uint32_t number)
{
    for (size_t i = 0; i < maker->step_count; i++) {
        const plan_step *step = &maker->steps[i];
        bool reads = step->a == number || step->b == number || step->c == number;
        if (step->kind == STEP_CODE && reads && step->table == EXPR_NONE &&
            step->code.op != OP_HAS) {
            return true;
        }
    }
    for (uint32_t i = 0; i < maker->root_count; i++) {
        if (maker->roots[i] == number) {
            return true;
        }
    }
    return false;
}

static bool keep_leaves(plan_maker *maker)
{
    struct expr_plan *plan = maker->plan;
    plan_slot *slots;
    plan_const *consts;
    for (size_t i = 0; i < maker->node_count; i++) {
        plan->slot_count += maker->nodes[i].kind == NODE_OF_SLOT;
        plan->const_count += maker->nodes[i].kind == NODE_OF_CONST && maker->nodes[i].needed;
    }
    slots = churn__arena_array(maker->arena, (size_t)plan->slot_count + 1, sizeof *slots);
    consts = churn__arena_array(maker->arena, (size_t)plan->const_count + 1, sizeof *consts);
    if (slots == NULL || consts == NULL) {
        return false;
    }
    plan->slots = slots;
    plan->consts = consts;
    for (uint32_t i = 0; i < maker->node_count; i++) {
        const plan_node *node = &maker->nodes[i];
        if (node->kind == NODE_OF_SLOT) { /* whether or not its value matters in the end */
            *slots++ =
                (plan_slot){.slot = node->slot,
                            .value = i,
                            .type = node->type,
                            .as_text = node->type == CHURN__TYPE_STRING && reads_text(maker, i)};
        } else if (node->kind == NODE_OF_CONST && node->needed) {
            *consts++ = (plan_const){.value = i, .cell = *node->cell};
        }
    }
    return true;
}

static bool keep_steps(plan_maker *maker, const place *p)
{
    struct expr_plan *plan = maker->plan;
    plan_step *steps = churn__arena_array(maker->arena, maker->step_count + 1, sizeof *steps);
    plan_register *registers =
        churn__arena_array(maker->arena, (size_t)p->register_count + 1, sizeof *registers);
    if (steps == NULL || registers == NULL) {
        return false;
    }
    if (maker->step_count > 0) {
        memcpy(steps, maker->steps, maker->step_count * sizeof *steps);
    }
    if (p->register_count > 0) {
        memcpy(registers, p->registers, p->register_count * sizeof *registers);
    }
    plan->steps = steps;
    plan->registers = registers;
    plan->step_count = (uint32_t)maker->step_count;
    plan->register_count = p->register_count;
    plan->value_count = (uint32_t)maker->node_count;
    return true;
}

bool churn__expr_plan_place(plan_maker *maker)
{
    size_t count = maker->node_count + 1;
    place p = {0};
    uint32_t *words = churn__alloc_array(maker->heap, count, 5 * sizeof *words);
    p.registers = churn__alloc_array(maker->heap, count, sizeof *p.registers);
    bool good = words != NULL && p.registers != NULL;
    if (good) {
        p.bits = words;
        p.offsets = words + count;
        p.free_bits = words + 2 * count;
        p.free_8 = words + 3 * count;
        p.free_16 = words + 4 * count;
        place_steps(maker, &p);
        good = keep_steps(maker, &p) && keep_leaves(maker);
    }
    churn__free_array(maker->heap, words, count, 5 * sizeof *words);
    churn__free_array(maker->heap, p.registers, count, sizeof *p.registers);
    return good;
}
