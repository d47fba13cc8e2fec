/* SPDX-License-Identifier: MIT */
#include "expr/fuse_inside.h"

#include "base/checked.h"

/*
 * From canonical code to the program for one record. Each instruction becomes a block of linked row
 * instructions; blocks are joined in the order in which their values are used, those of a
 * conjunction cheapest first, and laid out in one line at the end, when jumps and registers are
 * known. Canonical code is a tree but for values that are used twice: those are computed first, so
 * that no jump passes them by.
 */

/* ---- who uses what ---- */

static uint32_t as_operand(const fuser *f, uint32_t entry)
{
    const churn__expr *expr = f->expr;
    if (entry < expr->slot_count) {
        return entry;
    }
    if (entry < expr->slot_count + expr->const_count) {
        return ROW_CONST | (entry - expr->slot_count);
    }
    return ROW_REG | (f->writer[entry] - 1);
}

static void count_use(fuser *f, uint32_t operand)
{
    if (fuse_is_reg(operand)) {
        f->uses[operand & ~ROW_KIND]++;
    }
}

/* Uses of what is itself used: the rest is dead. */
static uint32_t find_uses(fuser *f)
{
    const churn__expr *expr = f->expr;
    for (uint32_t i = 0; i < expr->code_count; i++) {
        const expr_code *code = &expr->code[i];
        f->from[3 * i] = as_operand(f, code->a);
        f->from[3 * i + 1] = as_operand(f, code->b);
        f->from[3 * i + 2] = as_operand(f, code->c);
        f->writer[code->to] = i + 1;
    }
    uint32_t result = as_operand(f, expr->result);
    count_use(f, result);
    for (uint32_t i = expr->code_count; i > 0; i--) {
        const uint32_t *from = &f->from[3 * (size_t)(i - 1)];
        if (f->uses[i - 1] > 0) {
            count_use(f, from[0]);
            count_use(f, from[1] != from[0] ? from[1] : 0);
            count_use(f, from[2] != from[0] && from[2] != from[1] ? from[2] : 0);
        }
    }
    return result;
}

/* ---- blocks ---- */

static uint32_t add_item(fuser *f, row_code code)
{
    uint32_t i = f->item_count++;
    code.skip = ROW_NEVER;
    f->items[i] =
        (fuse_item){.code = code, .next = FUSE_NONE, .after = FUSE_NONE, .after_other = FUSE_NONE};
    return i;
}

static void append(fuser *f, fuse_block *to, const fuse_block *what)
{
    if (what->head == FUSE_NONE) {
        return;
    }
    if (to->head == FUSE_NONE) {
        to->head = what->head;
    } else {
        f->items[to->tail].next = what->head;
    }
    to->tail = what->tail;
}

static void append_item(fuser *f, fuse_block *to, uint32_t i)
{
    append(f, to, &(fuse_block){.head = i, .tail = i});
}

static fuse_block empty_block(uint32_t reg)
{
    return (fuse_block){.head = FUSE_NONE,
                        .tail = FUSE_NONE,
                        .reg = reg,
                        .first = FUSE_NONE,
                        .last = FUSE_NONE,
                        .next = FUSE_NONE};
}

/* Whether the last instruction of a block can be told where to put its state, and how. */
static bool is_open(const fuse_block *b)
{
    return b->chain == 0 && !b->fixed && b->head != FUSE_NONE;
}

/* A block whose value stands in a register or a constant gives its state by one more. */
static void add_state(fuser *f, fuse_block *b, uint32_t operand)
{
    append_item(f, b, add_item(f, (row_code){.op = ROW_STATE, .a = operand}));
    b->fixed = false;
}

static void insert_sorted(fuser *f, fuse_block *chain, uint32_t kid)
{
    uint32_t *link = &chain->first;
    while (*link != FUSE_NONE && f->blocks[*link].cost <= f->blocks[kid].cost) {
        link = &f->blocks[*link].next;
    }
    f->blocks[kid].next = *link;
    *link = kid;
}

static void sort_kids(fuser *f, fuse_block *chain)
{
    uint32_t kid = chain->first;
    chain->first = FUSE_NONE;
    while (kid != FUSE_NONE) {
        uint32_t next = f->blocks[kid].next;
        insert_sorted(f, chain, kid);
        kid = next;
    }
}

/* Jumps out of a chain, whose items begin at `head` and gather in `reg`, go behind `to` instead of
 * behind its tail. */
static void move_exits(fuser *f, uint32_t head, uint32_t tail, uint32_t reg, uint32_t to)
{
    for (uint32_t i = head; i != tail; i = f->items[i].next) {
        fuse_item *exit = &f->items[i];
        exit->after = exit->after == tail && exit->code.to == reg ? to : exit->after;
    }
}

static void seal(fuser *f, fuse_block *b, uint32_t reg);

/* An operand of a chain that gathers in `reg`. */
static void join_kid(fuser *f, fuse_block *chain, fuse_block *kid, uint8_t how, uint32_t reg)
{
    if (how == ROW_SET) {
        seal(f, kid, reg);
        append(f, chain, kid);
        return;
    }
    if (!is_open(kid)) {
        bool nested = kid->chain != 0;
        seal(f, kid, kid->reg);
        uint32_t head = kid->head, tail = kid->tail;
        add_state(f, kid, kid->reg);
        if (nested) { /* what decides the inner chain changes nothing in the outer */
            move_exits(f, head, tail, kid->reg, kid->tail);
        }
    }
    f->items[kid->tail].code.join = how;
    f->items[kid->tail].code.to = reg;
    append(f, chain, kid);
}

/* Depth is that of alternating && and ||, which the parser bounds. */
static void seal_chain(fuser *f, fuse_block *b, uint32_t reg)
{
    uint8_t how = b->chain == OP_AND ? ROW_AND : ROW_OR;
    uint8_t decides = b->chain == OP_AND ? EXPR_FALSE : EXPR_TRUE;
    fuse_block made = empty_block(reg);
    uint32_t tails = FUSE_NONE; /* linked by `after` until the last is known */
    sort_kids(f, b);
    for (uint32_t k = b->first; k != FUSE_NONE; k = f->blocks[k].next) {
        join_kid(f, &made, &f->blocks[k], k == b->first ? ROW_SET : how, reg);
        if (f->blocks[k].next != FUSE_NONE) {
            fuse_item *tail = &f->items[made.tail];
            tail->code.skip = decides;
            tail->after = tails;
            tails = made.tail;
        }
    }
    while (tails != FUSE_NONE) {
        uint32_t next = f->items[tails].after;
        f->items[tails].after = made.tail;
        tails = next;
    }
    b->head = made.head;
    b->tail = made.tail;
    b->chain = 0;
}

/* Make a block give its value in a register. */
static void seal(fuser *f, fuse_block *b, uint32_t reg)
{
    if (b->chain != 0) {
        seal_chain(f, b, reg);
    } else if (b->fixed || b->head == FUSE_NONE) {
        if (reg != b->reg) {
            add_state(f, b, b->reg);
            f->items[b->tail].code.to = reg;
        }
    } else {
        f->items[b->tail].code.to = reg;
    }
    b->fixed = true;
    b->reg = reg;
}

/* ---- single instructions ---- */

static uint8_t holds_of(uint8_t cmp)
{
    static const uint8_t table[] = {[EXPR_EQ] = 1u << 2, [EXPR_NE] = 1u << 0 | 1u << 1 | 1u << 4,
                                    [EXPR_LT] = 1u << 1, [EXPR_LE] = 1u << 1 | 1u << 2,
                                    [EXPR_GT] = 1u << 4, [EXPR_GE] = 1u << 4 | 1u << 2};
    return table[cmp];
}

static bool is_plain(const fuser *f, uint32_t operand)
{
    return (operand & ROW_KIND) == ROW_CONST &&
           f->expr->consts[operand & ~ROW_KIND].state == EXPR_OK;
}

static bool is_slot(uint32_t operand)
{
    return (operand & ROW_KIND) == 0;
}

static uint8_t compare_op(const fuser *f, const expr_code *code, uint32_t b)
{
    bool constant = is_plain(f, b), equality = code->cmp == EXPR_EQ || code->cmp == EXPR_NE;
    switch (code->op) {
    case OP_CMP_D:
        constant = constant && (code->strict || expr_finite(f->expr->consts[b & ~ROW_KIND].as.d));
        return constant ? ROW_CMP_DK : is_slot(b) ? ROW_CMP_DD : ROW_STEP;
    case OP_CMP_I:
        return constant ? ROW_CMP_IK : is_slot(b) ? ROW_CMP_II : ROW_STEP;
    case OP_CMP_S:
        return constant && equality ? ROW_CMP_SK : ROW_STEP;
    default:
        return ROW_STEP;
    }
}

static uint8_t set_op(const expr_code *code)
{
    switch (code->type) {
    case CHURN__TYPE_STRING:
        return ROW_IN_S;
    case CHURN__TYPE_INT:
    case CHURN__TYPE_TIME:
    case CHURN__TYPE_DURATION:
        return ROW_IN_I;
    default:
        return ROW_STEP;
    }
}

/* What looks at slots alone, without cells. */
static bool fuse_look(const fuser *f, const expr_code *code, const uint32_t *from, row_code *out)
{
    const churn__expr *expr = f->expr;
    if (!is_slot(from[0])) {
        return false;
    }
    out->op = code->op == OP_HAS      ? ROW_HAS
              : code->op == OP_IN_SET ? set_op(code)
                                      : compare_op(f, code, from[1]);
    if (out->op == ROW_STEP) {
        return false;
    }
    out->a = expr->slots[from[0]];
    out->holds = holds_of(code->cmp);
    out->finite = !code->strict;
    if (code->op == OP_IN_SET) {
        out->k.set = code->set;
    } else if (out->op == ROW_CMP_DK) {
        out->k.d = expr->consts[from[1] & ~ROW_KIND].as.d;
    } else if (out->op == ROW_CMP_IK) {
        out->k.i = expr->consts[from[1] & ~ROW_KIND].as.i;
    } else if (out->op == ROW_CMP_SK) {
        out->k.s = expr->consts[from[1] & ~ROW_KIND].as.s;
    } else if (code->op != OP_HAS) {
        out->b = expr->slots[from[1]];
    }
    return true;
}

static uint32_t cost_of(const row_code *code, const expr_code *from)
{
    static const uint8_t costs[] = {
        [ROW_BOOL] = 1,   [ROW_HAS] = 1,    [ROW_CMP_DK] = 2, [ROW_CMP_IK] = 2, [ROW_CMP_SK] = 3,
        [ROW_CMP_DD] = 2, [ROW_CMP_II] = 2, [ROW_IN_S] = 5,   [ROW_IN_I] = 3};
    if (code->op < ROW_STATE) {
        return costs[code->op];
    }
    switch (from->op) {
    case OP_CMP_D:
    case OP_CMP_I:
    case OP_ADD_D:
    case OP_SUB_D:
    case OP_MUL_D:
    case OP_DIV_D:
    case OP_ADD_I:
    case OP_SUB_I:
    case OP_MUL_I:
        return 5;
    case OP_CMP_S:
    case OP_IN_SET:
        return 8;
    default:
        return from->op < OP_CMP_D ? 5 : 30;
    }
}

/* ---- canonical instructions ---- */

/* The block of an operand; of a value that is used twice: an empty one. */
static fuse_block take_operand(fuser *f, uint32_t operand)
{
    if (!fuse_is_reg(operand)) {
        return empty_block(operand);
    }
    uint32_t i = operand & ~ROW_KIND;
    fuse_block b = f->uses[i] > 1 ? empty_block(operand) : f->blocks[i];
    if (f->uses[i] == 1) {
        seal(f, &b, operand);
    }
    return b;
}

static void make_step(fuser *f, uint32_t i, fuse_block *out)
{
    const expr_code *code = &f->expr->code[i];
    const uint32_t *from = &f->from[3 * (size_t)i];
    row_code made = {.to = ROW_REG | i};
    if (!fuse_look(f, code, from, &made)) {
        made = (row_code){.op = ROW_STEP, .a = from[0], .b = from[1], .c = from[2]};
        made.to = ROW_REG | i;
        made.k.code = code;
        for (uint32_t k = 0; k < 3; k++) {
            bool again = (k > 0 && from[k] == from[0]) || (k == 2 && from[2] == from[1]);
            fuse_block b = take_operand(f, again ? 0 : from[k]);
            append(f, out, &b);
            out->cost += b.cost;
        }
    }
    append_item(f, out, add_item(f, made));
    bool decides = code->cmp == EXPR_EQ || code->op == OP_IN_SET;
    out->cost += 2 * cost_of(&made, code) - (decides && made.op != ROW_HAS ? 1 : 0);
}

/* A block of an operand of && or ||, of its own if it is a name or a constant. */
static uint32_t take_kid(fuser *f, uint32_t operand)
{
    if (fuse_is_reg(operand) && f->uses[operand & ~ROW_KIND] == 1) {
        return operand & ~ROW_KIND;
    }
    uint32_t k = f->block_count++;
    fuse_block *b = &f->blocks[k];
    *b = empty_block(operand);
    b->cost = 2;
    if (is_slot(operand)) {
        row_code look = {.op = ROW_BOOL, .a = f->expr->slots[operand]};
        append_item(f, b, add_item(f, look));
    } else {
        add_state(f, b, operand);
    }
    return k;
}

static void add_kid(fuser *f, fuse_block *chain, uint32_t kid)
{
    fuse_block *b = &f->blocks[kid];
    uint32_t first = b->chain == chain->chain ? b->first : kid;
    uint32_t last = b->chain == chain->chain ? b->last : kid;
    if (chain->first == FUSE_NONE) {
        chain->first = first;
    } else {
        f->blocks[chain->last].next = first;
    }
    chain->last = last;
    chain->cost += b->cost;
}

static void make_chain(fuser *f, uint32_t i, fuse_block *out)
{
    const uint32_t *from = &f->from[3 * (size_t)i];
    out->chain = f->expr->code[i].op;
    add_kid(f, out, take_kid(f, from[0]));
    if (from[1] != from[0]) {
        add_kid(f, out, take_kid(f, from[1]));
    }
}

static void make_not(fuser *f, uint32_t i, fuse_block *out)
{
    uint32_t kid = take_kid(f, f->from[3 * (size_t)i]);
    fuse_block b = f->blocks[kid];
    uint32_t cost = b.cost;
    if (!is_open(&b)) {
        seal(f, &b, b.reg);
        add_state(f, &b, b.reg);
    }
    f->items[b.tail].code.negate = !f->items[b.tail].code.negate;
    f->items[b.tail].code.to = ROW_REG | i;
    append(f, out, &b);
    out->cost = cost;
}

static void make_select(fuser *f, uint32_t i, fuse_block *out)
{
    const uint32_t *from = &f->from[3 * (size_t)i];
    uint32_t to = ROW_REG | i;
    fuse_block asked = take_operand(f, from[0]), yes = take_operand(f, from[1]);
    fuse_block no = take_operand(f, from[2]);
    append(f, out, &asked);
    uint32_t branch = add_item(f, (row_code){.op = ROW_BRANCH, .a = from[0], .to = to});
    append_item(f, out, branch);
    append(f, out, &yes);
    uint32_t first = add_item(f, (row_code){.op = ROW_MOVE, .a = from[1], .to = to});
    append_item(f, out, first);
    append(f, out, &no);
    uint32_t second = add_item(f, (row_code){.op = ROW_MOVE, .a = from[2], .to = to});
    append_item(f, out, second);
    f->items[branch].after = first;
    f->items[branch].after_other = f->items[first].after = f->items[second].after = second;
    out->cost = asked.cost + yes.cost + no.cost + 4;
    out->fixed = true;
}

static void make_block(fuser *f, uint32_t i)
{
    fuse_block out = empty_block(ROW_REG | i);
    const uint32_t *from = &f->from[3 * (size_t)i];
    switch (f->expr->code[i].op) {
    case OP_AND:
    case OP_OR:
        make_chain(f, i, &out);
        break;
    case OP_NOT:
        make_not(f, i, &out);
        break;
    case OP_SELECT:
        if (from[0] != from[1] && from[0] != from[2] && from[1] != from[2]) {
            make_select(f, i, &out);
            break;
        }
        make_step(f, i, &out);
        break;
    default:
        make_step(f, i, &out);
        break;
    }
    if (f->uses[i] > 1) {
        seal(f, &out, out.reg);
        append(f, &f->prelude, &out);
    }
    f->blocks[i] = out;
}

static bool fuse_all(fuser *f)
{
    uint32_t result = find_uses(f);
    f->block_count = f->expr->code_count;
    f->prelude = empty_block(0);
    for (uint32_t i = 0; i < f->expr->code_count; i++) {
        f->last_use[i] = f->physical[i] = FUSE_NONE;
        if (f->uses[i] > 0) {
            make_block(f, i);
        }
    }
    fuse_block whole = take_operand(f, result);
    append(f, &f->prelude, &whole);
    return churn__expr_fuse_lay_out(f, f->prelude.head, result);
}

/* All of it from one block of memory: nothing here outlives the call. */
bool churn__expr_fuse(churn__expr *expr)
{
    size_t n = expr->code_count, blocks = 3 * n, items = 5 * n + 1;
    size_t words = expr->frame_count + 7 * n + 1;
    size_t size =
        items * sizeof(fuse_item) + blocks * sizeof(fuse_block) + words * sizeof(uint32_t);
    char *memory = churn__alloc_zero(expr->heap, size);
    if (memory == NULL) {
        return false;
    }
    fuser f = {.expr = expr, .items = (fuse_item *)(void *)memory};
    f.blocks = (fuse_block *)(void *)(f.items + items);
    f.writer = (uint32_t *)(void *)(f.blocks + blocks);
    f.from = f.writer + expr->frame_count;
    f.uses = f.from + 3 * n;
    f.last_use = f.uses + n;
    f.physical = f.last_use + n;
    f.spare = f.physical + n;
    bool fits = fuse_all(&f);
    churn__free(expr->heap, memory, size);
    return fits;
}
