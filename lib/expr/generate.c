/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"

/*
 * Nodes to instructions. The order of the nodes is that of a stack machine, so registers are a
 * stack; a result never takes a register that its own instruction reads, so that vector loops need
 * not fear overlap. Whatever stands on constants alone is computed here, by the row machine itself.
 */

/* Operands until the frame's layout is known. */
#define SLOT 0u
#define CONST (1u << 30)
#define REG (2u << 30)
#define KIND (3u << 30)

typedef struct generator {
    expr_comp *comp;
    churn__expr *expr;
    expr_code *code;
    size_t code_count, code_capacity;
    expr_cell *consts;
    size_t const_count, const_capacity;
    uint32_t floor; /* lowest register that a result may take */
    uint32_t top;   /* registers in use */
} generator;

static bool is_const(uint32_t operand)
{
    return (operand & KIND) == CONST;
}

/* A constant that is there and no error. */
static bool is_known(const generator *gen, uint32_t operand)
{
    if (!is_const(operand)) {
        return false;
    }
    uint8_t state = gen->consts[operand & ~KIND].state;
    return state == EXPR_OK || state == EXPR_FALSE;
}

/* Whether it may be reckoned with now. */
static bool is_settled(const generator *gen, uint32_t operand)
{
    return !gen->comp->plain && is_known(gen, operand);
}

static const expr_cell *const_cell(const generator *gen, uint32_t operand)
{
    return &gen->consts[operand & ~KIND];
}

static churn_status no_memory(const generator *gen)
{
    return churn__fail_memory(gen->comp->err, gen->comp->heap);
}

static churn_status add_const(generator *gen, expr_cell cell, uint32_t *out)
{
    if (!churn__grow(gen->comp->heap, (void **)&gen->consts, &gen->const_capacity,
                     gen->const_count + 1, sizeof *gen->consts)) {
        return no_memory(gen);
    }
    *out = CONST | (uint32_t)gen->const_count;
    gen->consts[gen->const_count++] = cell;
    return CHURN_OK;
}

static uint32_t free_register(generator *gen, const expr_code *code)
{
    uint32_t reg = gen->comp->plain ? (uint32_t)gen->code_count : gen->floor;
    while ((REG | reg) == code->a || (REG | reg) == code->b || (REG | reg) == code->c) {
        reg++;
    }
    return reg;
}

/* Compute now what can be computed now. */
static churn_status fold(generator *gen, const expr_code *code, bool *done, uint32_t *out)
{
    expr_cell cell = {0};
    expr_run run = {.text = gen->comp->arena, .text_limit = gen->expr->text_limit};
    *done = false;
    if (!is_settled(gen, code->a) || !is_settled(gen, code->b) || !is_settled(gen, code->c)) {
        return CHURN_OK;
    }
    churn__expr_step(code, const_cell(gen, code->a), const_cell(gen, code->b),
                     const_cell(gen, code->c), &cell, &run);
    if (run.no_memory) {
        return no_memory(gen);
    }
    if (cell.state == EXPR_ERROR || cell.state == EXPR_UNKNOWN) {
        return CHURN_OK; /* `true || 1 / 0 > 2` is true: an error waits for its row */
    }
    *done = true;
    return add_const(gen, cell, out);
}

static bool makes_text(uint8_t op)
{
    return op == OP_CONCAT || op == OP_D2S || op == OP_I2S || op == OP_T2S || op == OP_TN2S ||
           op == OP_U2S;
}

/* A choice between two constants is its condition, a comparison with a constant its operand, or
 * their negations: all with the same states. */
static void turn_to_not(const generator *gen, expr_code *code, bool *same)
{
    bool negate = false;
    if (code->op == OP_SELECT && code->type == CHURN__TYPE_BOOL && is_settled(gen, code->b) &&
        is_settled(gen, code->c) &&
        const_cell(gen, code->b)->state != const_cell(gen, code->c)->state) {
        negate = const_cell(gen, code->b)->state == EXPR_FALSE;
    } else if (code->op == OP_CMP_B && code->cmp <= EXPR_NE && is_settled(gen, code->b)) {
        bool is_true = const_cell(gen, code->b)->state == EXPR_TRUE;
        negate = is_true == (code->cmp == EXPR_NE);
    } else {
        return;
    }
    *same = !negate;
    code->op = OP_NOT;
    code->b = code->c = code->a;
}

/* Whether a result is one that is there already. */
static bool simplify(const generator *gen, expr_code *code, uint32_t *out)
{
    bool same = false;
    turn_to_not(gen, code, &same);
    *out = code->a;
    if (same || code->op != OP_NOT || gen->comp->plain || gen->code_count == 0) {
        return same;
    }
    const expr_code *last = &gen->code[gen->code_count - 1];
    *out = last->a;
    return last->op == OP_NOT && last->to == code->a;
}

static churn_status emit(generator *gen, expr_code code, uint32_t *out)
{
    churn_status st = CHURN_OK;
    bool folded = false;
    code.strict = expr_is_strict(gen->comp);
    CHURN_TRY(fold(gen, &code, &folded, out));
    if (folded || simplify(gen, &code, out)) {
        goto done;
    }
    if (!churn__grow(gen->comp->heap, (void **)&gen->code, &gen->code_capacity, gen->code_count + 1,
                     sizeof *gen->code)) {
        st = no_memory(gen);
        goto done;
    }
    uint32_t reg = free_register(gen, &code);
    code.to = REG | reg;
    gen->code[gen->code_count++] = code;
    if (reg + 1 > gen->expr->reg_count) {
        gen->expr->reg_count = reg + 1;
    }
    *out = REG | reg;
done:
    return st;
}

static expr_code binary(const expr_node *node, uint8_t op, uint32_t a, uint32_t b)
{
    return (expr_code){
        .op = op, .type = node->type, .a = a, .b = b, .c = a, .at = node->at, .regex = node->regex};
}

/* ---- names ---- */

static uint32_t slot_entry(const churn__expr *expr, uint32_t slot)
{
    uint32_t i = 0;
    while (expr->slots[i] != slot) {
        i++;
    }
    return SLOT | i;
}

static churn_status generate_name(generator *gen, const expr_node *node, uint32_t *out)
{
    if (node->slot == UINT32_MAX) {
        return add_const(gen, node->value, out);
    }
    *out = slot_entry(gen->expr, node->slot);
    return CHURN_OK;
}

static churn_status generate_has(generator *gen, const expr_node *node, uint32_t *out)
{
    const expr_node *name = expr_arg(gen->comp, node, 0);
    if (name->slot == UINT32_MAX || name->never_missing) {
        bool there = name->value.state != EXPR_UNKNOWN;
        return add_const(gen, (expr_cell){.state = expr_from_bool(there)}, out);
    }
    uint32_t slot = slot_entry(gen->expr, name->slot);
    return emit(gen, binary(node, OP_HAS, slot, slot), out);
}

/* ---- logic ---- */

/* One side is known: the result is that constant or the other side. */
static bool shorten_logic(const generator *gen, uint8_t op, uint32_t a, uint32_t b, uint32_t *out)
{
    uint8_t decides = op == OP_AND ? EXPR_FALSE : EXPR_TRUE;
    for (int side = 0; side < 2; side++) {
        uint32_t one = side == 0 ? a : b, other = side == 0 ? b : a;
        if (is_settled(gen, one)) {
            *out = const_cell(gen, one)->state == decides ? one : other;
            return true;
        }
    }
    return false;
}

static churn_status generate_logic(generator *gen, const expr_node *node, uint32_t *out)
{
    uint32_t a = expr_arg(gen->comp, node, 0)->operand, b = expr_arg(gen->comp, node, 1)->operand;
    if (!shorten_logic(gen, node->op, a, b, out)) {
        return emit(gen, binary(node, node->op, a, b), out);
    }
    if (is_const(*out)) {
        gen->code_count = node->code_start; /* what the other side computes is not needed */
    }
    return CHURN_OK;
}

static churn_status generate_ternary(generator *gen, const expr_node *node, uint32_t *out)
{
    uint32_t if_so = expr_arg(gen->comp, node, 0)->operand;
    uint32_t a = expr_arg(gen->comp, node, 1)->operand, b = expr_arg(gen->comp, node, 2)->operand;
    if (is_settled(gen, if_so)) {
        *out = const_cell(gen, if_so)->state == EXPR_TRUE ? a : b;
        return CHURN_OK;
    }
    expr_code code = binary(node, OP_SELECT, if_so, a);
    code.c = b;
    return emit(gen, code, out);
}

/* ---- comparisons ---- */

static uint8_t compare_of(uint8_t token)
{
    switch (token) {
    case TOK_NE:
        return EXPR_NE;
    case TOK_LT:
        return EXPR_LT;
    case TOK_LE:
        return EXPR_LE;
    case TOK_GT:
        return EXPR_GT;
    case TOK_GE:
        return EXPR_GE;
    default:
        return EXPR_EQ;
    }
}

static uint8_t turned(uint8_t cmp)
{
    static const uint8_t other[] = {EXPR_EQ, EXPR_NE, EXPR_GT, EXPR_GE, EXPR_LT, EXPR_LE};
    return other[cmp];
}

/* Constants go to the right, where there are kernels for them; of int and double, the double does.
 */
static churn_status generate_comparison(generator *gen, const expr_node *node, uint8_t op,
                                        const expr_node *left, const expr_node *right,
                                        uint32_t *out)
{
    expr_code code = binary(node, op, left->operand, right->operand);
    code.type = CHURN__TYPE_BOOL;
    code.cmp = compare_of(node->token);
    bool turn = op == OP_CMP_ID ? left->type == CHURN__TYPE_DOUBLE : is_const(code.a);
    if (turn) {
        code = binary(node, op, code.b, code.a);
        code.type = CHURN__TYPE_BOOL;
        code.cmp = turned(compare_of(node->token));
    }
    return emit(gen, code, out);
}

/* ---- in ---- */

static int compare_cells(churn__type type, const expr_cell *a, const expr_cell *b)
{
    if (type == CHURN__TYPE_STRING) {
        return churn__str_cmp(a->as.s, b->as.s);
    }
    if (type == CHURN__TYPE_DOUBLE) {
        return (a->as.d > b->as.d) - (a->as.d < b->as.d);
    }
    return (a->as.i > b->as.i) - (a->as.i < b->as.i);
}

/* Insertion keeps the constants sorted; lists are short. */
static uint32_t insert(expr_cell *cells, uint32_t count, churn__type type, const expr_cell *cell)
{
    uint32_t at = count;
    while (at > 0 && compare_cells(type, &cells[at - 1], cell) > 0) {
        at--;
    }
    if (at > 0 && compare_cells(type, &cells[at - 1], cell) == 0) {
        return count;
    }
    memmove(cells + at + 1, cells + at, (count - at) * sizeof *cells);
    cells[at] = *cell;
    return count + 1;
}

static churn_status pack_set(generator *gen, const expr_cell *cells, uint32_t count,
                             churn__type type, expr_set **out)
{
    churn__arena *arena = gen->comp->arena;
    size_t width = type == CHURN__TYPE_STRING ? sizeof(churn_str) : 8;
    expr_set *set = churn__arena_alloc(arena, sizeof *set);
    char *items = churn__arena_array(arena, count + 1, width);
    if (set == NULL || items == NULL) {
        return no_memory(gen);
    }
    for (uint32_t i = 0; i < count; i++) {
        memcpy(items + i * width, &cells[i].as, width);
    }
    set->count = count;
    set->as.i = (const void *)items;
    *out = set;
    return CHURN_OK;
}

/* Whether an element of a list goes into the set: a constant of the same type. */
static bool is_element(const generator *gen, const expr_node *value, const expr_node *item)
{
    return value->type != CHURN__TYPE_BOOL && item->type == value->type &&
           is_known(gen, item->operand) &&
           !(item->type == CHURN__TYPE_DOUBLE &&
             !expr_finite(const_cell(gen, item->operand)->as.d));
}

static churn_status generate_set(generator *gen, const expr_node *node, const expr_node *value,
                                 const expr_node *list, uint32_t *out)
{
    churn_status st = CHURN_OK;
    uint32_t count = 0;
    expr_set *set = NULL;
    expr_cell *cells = churn__alloc_array(gen->comp->heap, list->count + 1, sizeof *cells);
    if (cells == NULL) {
        return no_memory(gen);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const expr_node *item = expr_arg(gen->comp, list, i);
        if (is_element(gen, value, item)) {
            count = insert(cells, count, value->type, const_cell(gen, item->operand));
        }
    }
    CHURN_TRY(pack_set(gen, cells, count, value->type, &set));
    expr_code code = binary(node, OP_IN_SET, value->operand, value->operand);
    code.type = value->type;
    code.set = set;
    CHURN_TRY(emit(gen, code, out));
done:
    churn__free_array(gen->comp->heap, cells, list->count + 1, sizeof *cells);
    return st;
}

/* The set of constants first, then the other elements one by one. */
static churn_status generate_in(generator *gen, const expr_node *node, uint32_t *out)
{
    churn_status st = CHURN_OK;
    expr_node *value = expr_arg(gen->comp, node, 0), *list = expr_arg(gen->comp, node, 1);
    gen->floor = gen->top;
    CHURN_TRY(generate_set(gen, node, value, list, out));
    for (uint32_t i = 0; i < list->count; i++) {
        expr_node *item = expr_arg(gen->comp, list, i);
        uint32_t equal = 0;
        if (is_element(gen, value, item)) {
            continue;
        }
        uint8_t op = churn__expr_comparison(gen->comp, value, item, true);
        gen->floor = is_const(*out) ? gen->top : (*out & ~KIND) + 1;
        CHURN_TRY(generate_comparison(gen, node, op, value, item, &equal));
        gen->floor = gen->top;
        CHURN_TRY(emit(gen, binary(node, OP_ANY, *out, equal), out));
    }
done:
    return st;
}

/* ---- the rest ---- */

/* An operand of what reckons with doubles. */
static churn_status as_double(generator *gen, const expr_node *node, const expr_node *arg,
                              uint32_t *out)
{
    *out = arg->operand;
    if (arg->type != CHURN__TYPE_INT) {
        return CHURN_OK;
    }
    expr_code code = binary(node, OP_I2D, *out, *out);
    code.type = CHURN__TYPE_DOUBLE;
    return emit(gen, code, out);
}

/* Above all operands: the least so far, then an int among doubles as one. */
static churn_status generate_extreme(generator *gen, const expr_node *node, uint32_t *out)
{
    churn_status st = CHURN_OK;
    bool doubles = node->type == CHURN__TYPE_DOUBLE;
    uint32_t next = 0;
    gen->floor = gen->top;
    for (uint32_t i = 0; i < node->count; i++) {
        const expr_node *arg = expr_arg(gen->comp, node, i);
        next = arg->operand;
        if (doubles) {
            CHURN_TRY(as_double(gen, node, arg, &next));
        }
        if (i == 0) {
            *out = next;
            continue;
        }
        CHURN_TRY(emit(gen, binary(node, node->op, *out, next), out));
    }
done:
    return st;
}

static churn_status generate_plain(generator *gen, const expr_node *node, uint32_t *out)
{
    churn_status st = CHURN_OK;
    uint32_t a = expr_arg(gen->comp, node, 0)->operand;
    uint32_t b = node->count > 1 ? expr_arg(gen->comp, node, 1)->operand : a;
    if (node->op == OP_NONE) {
        *out = a;
        return CHURN_OK;
    }
    if (node->op == OP_SQRT) {
        CHURN_TRY(as_double(gen, node, expr_arg(gen->comp, node, 0), &a));
        b = a;
    }
    st = emit(gen, binary(node, node->op, a, b), out);
done:
    return st;
}

static churn_status generate_op(generator *gen, const expr_node *node, uint32_t *out)
{
    switch (node->op) {
    case OP_AND:
    case OP_OR:
        return generate_logic(gen, node, out);
    case OP_SELECT:
        return generate_ternary(gen, node, out);
    case OP_HAS:
        return generate_has(gen, node, out);
    case OP_IN_SET:
        return generate_in(gen, node, out);
    case OP_CMP_B:
    case OP_CMP_D:
    case OP_CMP_I:
    case OP_CMP_S:
    case OP_CMP_ID:
    case OP_DIFFER:
        return generate_comparison(gen, node, node->op, expr_arg(gen->comp, node, 0),
                                   expr_arg(gen->comp, node, 1), out);
    case OP_MIN_I:
    case OP_MAX_I:
    case OP_MIN_D:
    case OP_MAX_D:
        return generate_extreme(gen, node, out);
    default:
        return generate_plain(gen, node, out);
    }
}

static churn_status generate_node(generator *gen, expr_node *node)
{
    churn_status st = CHURN_OK;
    bool leaf = node->count == 0;
    node->code_start = leaf ? (uint32_t)gen->code_count : expr_arg(gen->comp, node, 0)->code_start;
    node->reg_base = leaf ? gen->top : expr_arg(gen->comp, node, 0)->reg_base;
    gen->floor = node->reg_base;
    if (node->kind == NODE_LIST) {
        return CHURN_OK; /* its elements wait for who uses it */
    }
    if (node->kind == NODE_NAME) {
        CHURN_TRY(generate_name(gen, node, &node->operand));
    } else if (node->kind == NODE_CONST || (node->kind == NODE_CALL && node->constant)) {
        CHURN_TRY(add_const(gen, node->value, &node->operand));
    } else {
        CHURN_TRY(generate_op(gen, node, &node->operand));
    }
    if (node->to_double) {
        gen->floor = node->reg_base;
        CHURN_TRY(emit(gen, binary(node, OP_I2D, node->operand, node->operand), &node->operand));
    }
    bool in_register = (node->operand & KIND) == REG;
    gen->top = in_register ? (node->operand & ~KIND) + 1 : node->reg_base;
done:
    return st;
}

/* ---- layout ---- */

uint32_t churn__expr_entry(const churn__expr *expr, uint32_t operand)
{
    uint32_t i = operand & ~KIND;
    switch (operand & KIND) {
    case CONST:
        return expr->slot_count + i;
    case REG:
        return expr->slot_count + expr->const_count + i;
    default:
        return i;
    }
}

static churn_status lay_out(generator *gen, uint32_t result)
{
    churn__expr *expr = gen->expr;
    expr_code *code = churn__arena_array(&expr->arena, gen->code_count + 1, sizeof *code);
    expr_cell *consts = churn__arena_array(&expr->arena, gen->const_count + 1, sizeof *consts);
    expr->frame_count = expr->slot_count + (uint32_t)gen->const_count + expr->reg_count;
    uint8_t *live = churn__alloc_zero(gen->comp->heap, expr->frame_count);
    if (code == NULL || consts == NULL || live == NULL) {
        churn__free(gen->comp->heap, live, expr->frame_count);
        return no_memory(gen);
    }
    expr->code_count = (uint32_t)gen->code_count;
    expr->const_count = (uint32_t)gen->const_count;
    for (size_t i = 0; i < gen->code_count; i++) {
        code[i] = gen->code[i];
        code[i].a = churn__expr_entry(expr, code[i].a);
        code[i].b = churn__expr_entry(expr, code[i].b);
        code[i].c = churn__expr_entry(expr, code[i].c);
        code[i].to = churn__expr_entry(expr, code[i].to);
    }
    if (gen->const_count > 0) {
        memcpy(consts, gen->consts, gen->const_count * sizeof *consts);
    }
    expr->code = code;
    expr->consts = consts;
    expr->result = churn__expr_entry(expr, result);
    if (!gen->comp->plain) {
        expr->code_count = (uint32_t)churn__expr_prune(code, gen->code_count, expr->result, live);
    }
    for (uint32_t i = 0; i < expr->code_count; i++) {
        expr->makes_text = expr->makes_text || makes_text(code[i].op);
    }
    churn__free(gen->comp->heap, live, expr->frame_count);
    return CHURN_OK;
}

static churn_status generate_all(generator *gen, uint32_t *result)
{
    churn_status st = CHURN_OK;
    expr_comp *comp = gen->comp;
    for (size_t i = 0; i < comp->node_count; i++) {
        CHURN_TRY(generate_node(gen, &comp->nodes[i]));
    }
    const expr_node *root = &comp->nodes[comp->node_count - 1];
    gen->expr->type = root->type;
    *result = root->operand;
    if (root->type == CHURN__TYPE_DOUBLE && !expr_is_strict(comp)) {
        gen->floor = 0;
        CHURN_TRY(emit(gen, binary(root, OP_FINITE, *result, *result), result));
    }
done:
    return st;
}

static churn_status generate(expr_comp *comp)
{
    churn_status st = CHURN_OK;
    generator gen = {.comp = comp, .expr = comp->expr};
    uint32_t result = 0;
    CHURN_TRY(churn__expr_collect_slots(comp));
    CHURN_TRY(generate_all(&gen, &result));
    CHURN_TRY(lay_out(&gen, result));
    if (!comp->plain && !churn__expr_find_unknown(comp->expr, &comp->expr->can_be_unknown)) {
        st = no_memory(&gen);
    }
done:
    churn__free_array(comp->heap, gen.code, gen.code_capacity, sizeof *gen.code);
    churn__free_array(comp->heap, gen.consts, gen.const_capacity, sizeof *gen.consts);
    return st;
}

churn_status churn__expr_generate(expr_comp *comp)
{
    return churn__expr_lowered(comp, generate);
}
