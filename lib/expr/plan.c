/* SPDX-License-Identifier: MIT */
#include "expr/plan.h"

/*
 * What one or many expressions compute, each distinct value once: value numbering over their
 * canonical code, which is a straight line. Operands of what commutes are put in order first.
 */

/* ---- what is the same ---- */

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

static uint64_t hash_text(churn_str s)
{
    uint64_t h = s.len;
    for (size_t i = 0; i < s.len; i++) {
        h = mix(h, (unsigned char)s.ptr[i]);
    }
    return h;
}

static uint64_t hash_node(const plan_node *node)
{
    uint64_t h = mix(node->kind, node->type);
    switch (node->kind) {
    case NODE_OF_SLOT:
        return mix(h, node->slot);
    case NODE_OF_CONST:
        h = mix(h, node->cell->state);
        return mix(h, node->type == CHURN__TYPE_STRING ? hash_text(node->cell->as.s)
                                                       : (uint64_t)node->cell->as.i);
    default:
        h = mix(h, (uint64_t)node->code.op | (uint64_t)node->code.cmp << 8 |
                       (uint64_t)node->code.type << 16 | (uint64_t)node->code.strict << 24);
        return mix(mix(mix(h, node->a), node->b), node->c);
    }
}

static bool same_set(const expr_set *a, const expr_set *b, churn__type type)
{
    if (a == b || a == NULL || b == NULL || a->count != b->count) {
        return a == b;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        bool same = type == CHURN__TYPE_STRING ? churn__str_eq(a->as.s[i], b->as.s[i])
                                               : a->as.i[i] == b->as.i[i];
        if (!same) {
            return false;
        }
    }
    return true;
}

/* Everything but where it stands. */
static bool same_code(const plan_node *x, const plan_node *y)
{
    const expr_code *a = &x->code, *b = &y->code;
    return a->op == b->op && a->cmp == b->cmp && a->type == b->type && a->strict == b->strict &&
           x->a == y->a && x->b == y->b && x->c == y->c && same_set(a->set, b->set, a->type) &&
           (x->text_limit == y->text_limit || !churn__expr_makes_text(a->op));
}

static bool same_cell(const plan_node *x, const plan_node *y)
{
    const expr_cell *a = x->cell, *b = y->cell;
    if (a->state != b->state) {
        return false;
    }
    return x->type == CHURN__TYPE_STRING ? churn__str_eq(a->as.s, b->as.s) : a->as.i == b->as.i;
}

static bool same_node(const plan_node *x, const plan_node *y)
{
    if (x->kind != y->kind || x->type != y->type) {
        return false;
    }
    return x->kind == NODE_OF_SLOT    ? x->slot == y->slot
           : x->kind == NODE_OF_CONST ? same_cell(x, y)
                                      : same_code(x, y);
}

/* ---- numbering ---- */

static bool add_node(plan_maker *maker, const plan_node *node, uint32_t *out)
{
    if (!churn__grow(maker->heap, (void **)&maker->nodes, &maker->node_capacity,
                     maker->node_count + 1, sizeof *maker->nodes)) {
        return false;
    }
    plan_node *made = &maker->nodes[maker->node_count];
    *made = *node;
    made->region = made->next = EXPR_NONE;
    made->branch[0] = made->branch[1] = EXPR_NONE;
    *out = (uint32_t)maker->node_count++;
    return true;
}

/* The node that is the same, or a new one. */
static bool number_node(plan_maker *maker, const plan_node *node, uint32_t *out)
{
    size_t mask = maker->index_size - 1, at = (size_t)hash_node(node) & mask;
    while (maker->index[at] != EXPR_NONE) {
        if (same_node(&maker->nodes[maker->index[at]], node)) {
            *out = maker->index[at];
            return true;
        }
        at = (at + 1) & mask;
    }
    if (!add_node(maker, node, out)) {
        return false;
    }
    maker->index[at] = *out;
    return true;
}

/* How constants compare that an instruction reads: as text, as words, or (0) only with themselves.
 */
static churn__type type_of_constants(const expr_code *code)
{
    switch (code->op) {
    case OP_CMP_S:
    case OP_CONTAINS:
    case OP_STARTS:
    case OP_ENDS:
    case OP_CONCAT:
    case OP_MATCHES:
        return CHURN__TYPE_STRING;
    case OP_CMP_D:
    case OP_CMP_I:
    case OP_CMP_ID:
    case OP_ADD_D:
    case OP_SUB_D:
    case OP_MUL_D:
    case OP_DIV_D:
    case OP_ADD_I:
    case OP_SUB_I:
    case OP_MUL_I:
    case OP_DIV_I:
    case OP_MOD_I:
    case OP_MIN_I:
    case OP_MAX_I:
    case OP_MIN_D:
    case OP_MAX_D:
        return CHURN__TYPE_INT;
    default:
        return 0;
    }
}

static bool number_constant(plan_maker *maker, const expr_cell *cell, churn__type type,
                            uint32_t *out)
{
    plan_node node = {.kind = NODE_OF_CONST, .type = type, .cell = cell};
    return type != 0 ? number_node(maker, &node, out) : add_node(maker, &node, out);
}

/* The node of an entry of an expression's frame. */
static bool number_entry(plan_maker *maker, const churn__expr *expr, uint32_t entry,
                         churn__type type, uint32_t *map, uint32_t *out)
{
    if (map[entry] == EXPR_NONE &&
        !number_constant(maker, &expr->consts[entry - expr->slot_count], type, &map[entry])) {
        return false;
    }
    *out = map[entry];
    return true;
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

static bool commutes(const expr_code *code)
{
    switch (code->op) {
    case OP_AND:
    case OP_OR:
    case OP_ANY:
    case OP_ADD_D:
    case OP_MUL_D:
    case OP_ADD_I:
    case OP_MUL_I:
    case OP_MIN_I:
    case OP_MAX_I:
        return true;
    case OP_CMP_B:
    case OP_CMP_D:
    case OP_CMP_I:
    case OP_CMP_S:
        return code->cmp <= EXPR_NE;
    default:
        return false;
    }
}

/* Constants to the right, otherwise by number; `b > a` is `a < b`. */
static void put_in_order(const plan_maker *maker, plan_node *node)
{
    bool ca = maker->nodes[node->a].kind == NODE_OF_CONST;
    bool cb = maker->nodes[node->b].kind == NODE_OF_CONST;
    bool only = node->c == node->a;
    bool compares = node->code.op == OP_CMP_D || node->code.op == OP_CMP_I ||
                    node->code.op == OP_CMP_S || node->code.op == OP_CMP_B;
    if (commutes(&node->code) && (ca == cb ? node->a > node->b : ca)) {
        swap(&node->a, &node->b);
    } else if (compares && !ca && !cb && (node->code.cmp == EXPR_GT || node->code.cmp == EXPR_GE)) {
        swap(&node->a, &node->b);
        node->code.cmp = node->code.cmp == EXPR_GT ? EXPR_LT : EXPR_LE;
    }
    node->c = only ? node->a : node->c;
}

static bool number_code(plan_maker *maker, const churn__expr *expr, const expr_code *code,
                        uint32_t *map)
{
    churn__type constants = type_of_constants(code);
    plan_node node = {.kind = NODE_OF_CODE,
                      .type = code->op == OP_IN_SET ? CHURN__TYPE_BOOL : code->type,
                      .text_limit = expr->text_limit,
                      .code = *code};
    if (!number_entry(maker, expr, code->a, constants, map, &node.a) ||
        !number_entry(maker, expr, code->b, constants, map, &node.b) ||
        !number_entry(maker, expr, code->c, constants, map, &node.c)) {
        return false;
    }
    put_in_order(maker, &node);
    return number_node(maker, &node, &map[code->to]);
}

static bool number_expr(plan_maker *maker, const churn__expr *expr, uint32_t *map, uint32_t *root)
{
    for (uint32_t i = 0; i < expr->frame_count; i++) {
        map[i] = EXPR_NONE;
    }
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        plan_node node = {
            .kind = NODE_OF_SLOT, .type = expr->slot_types[i], .slot = expr->slots[i]};
        if (!number_node(maker, &node, &map[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < expr->code_count; i++) {
        if (!number_code(maker, expr, &expr->code[i], map)) {
            return false;
        }
    }
    return number_entry(maker, expr, expr->result,
                        expr->type == CHURN__TYPE_STRING ? CHURN__TYPE_STRING : 0, map, root);
}

/* ---- making ---- */

static bool begin(plan_maker *maker, const churn__expr *const *exprs, uint32_t count,
                  uint32_t *frame)
{
    size_t most = 0;
    *frame = 1;
    for (uint32_t i = 0; i < count; i++) {
        const churn__expr *expr = exprs[i];
        most += expr->slot_count + expr->const_count + expr->code_count + 1;
        *frame = expr->frame_count > *frame ? expr->frame_count : *frame;
    }
    maker->index_size = 16;
    while (maker->index_size < 2 * most) {
        maker->index_size *= 2;
    }
    maker->index = churn__alloc_array(maker->heap, maker->index_size, sizeof *maker->index);
    maker->roots = churn__alloc_array(maker->heap, (size_t)count + 1, sizeof *maker->roots);
    if (maker->index == NULL || maker->roots == NULL ||
        !churn__grow(maker->heap, (void **)&maker->nodes, &maker->node_capacity, most + count,
                     sizeof *maker->nodes)) {
        return false;
    }
    for (size_t i = 0; i < maker->index_size; i++) {
        maker->index[i] = EXPR_NONE;
    }
    return true;
}

static bool number_all(plan_maker *maker, const churn__expr *const *exprs, uint32_t count)
{
    uint32_t frame = 0;
    uint32_t *map = NULL;
    bool good = begin(maker, exprs, count, &frame);
    map = good ? churn__alloc_array(maker->heap, frame, sizeof *map) : NULL;
    good = good && map != NULL;
    for (uint32_t i = 0; good && i < count; i++) {
        good = number_expr(maker, exprs[i], map, &maker->roots[i]);
    }
    churn__free_array(maker->heap, map, frame, sizeof *map);
    return good;
}

static void free_maker(plan_maker *maker, uint32_t count)
{
    churn__heap *heap = maker->heap;
    churn__free_array(heap, maker->nodes, maker->node_capacity, sizeof *maker->nodes);
    churn__free_array(heap, maker->index, maker->index_size, sizeof *maker->index);
    churn__free_array(heap, maker->roots, (size_t)count + 1, sizeof *maker->roots);
    churn__free_array(heap, maker->args, maker->arg_capacity, sizeof *maker->args);
    churn__free_array(heap, maker->arg_regions, maker->arg_region_capacity,
                      sizeof *maker->arg_regions);
    churn__free_array(heap, maker->regions, maker->region_capacity, sizeof *maker->regions);
    churn__free_array(heap, maker->steps, maker->step_capacity, sizeof *maker->steps);
}

static bool keep_outputs(plan_maker *maker, const churn__expr *const *exprs, uint32_t count)
{
    plan_output *outputs = churn__arena_array(maker->arena, (size_t)count + 1, sizeof *outputs);
    if (outputs == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        outputs[i] = (plan_output){.value = maker->roots[i], .type = exprs[i]->type};
    }
    maker->plan->outputs = outputs;
    maker->plan->output_count = count;
    return true;
}

bool churn__expr_plan_make(churn__heap *heap, churn__arena *arena, const churn__expr *const *exprs,
                           uint32_t count, const struct expr_plan **out)
{
    struct expr_plan *plan = churn__arena_alloc(arena, sizeof *plan);
    if (plan == NULL) {
        return false;
    }
    *plan = (struct expr_plan){0};
    plan_maker maker = {.heap = heap, .arena = arena, .plan = plan, .root_count = count};
    bool good = number_all(&maker, exprs, count) && churn__expr_plan_order(&maker) &&
                churn__expr_plan_place(&maker) && keep_outputs(&maker, exprs, count);
    free_maker(&maker, count);
    *out = good ? plan : NULL;
    return good;
}
