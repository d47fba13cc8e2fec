/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "expr/ast.h"
#include "table/table.h"

/*
 * Why an expression came to what it did. The tree is compiled once more without shortcuts, so that
 * every part has an entry of the frame, which is run and then read back.
 */

#define NAMES_MAX 8u /* of missing values that one part tells */

enum { PART, DEPTH, LINE, COLUMN, OUTCOME, VALUE, BECAUSE, DECIDED };

/* A part that waits to be told: nodes go from the whole to its operands. */
typedef struct visit {
    uint32_t node, depth;
    bool decided;
} visit;

typedef struct explainer {
    const churn__expr *expr;
    churn__heap *heap;
    churn__expr *plain;
    const churn__missing *why; /* of slots; NULL: not known */
    expr_node *nodes;
    uint8_t *states; /* of nodes */
    expr_cell *frame;
    visit *visits, *asked; /* two stacks: of the walk, and of one search in it */
    churn__table_builder *builder;
    churn__arena text;
    churn__buf buf;
    churn_error *err;
} explainer;

static bool open_memory(explainer *ex)
{
    size_t n = ex->expr->node_count;
    ex->nodes = churn__alloc_array(ex->heap, n, sizeof *ex->nodes);
    ex->states = churn__alloc_array(ex->heap, n, sizeof *ex->states);
    ex->visits = churn__alloc_array(ex->heap, n, sizeof *ex->visits);
    ex->asked = churn__alloc_array(ex->heap, n, sizeof *ex->asked);
    ex->plain = churn__alloc_zero(ex->heap, sizeof *ex->plain);
    ex->builder = churn__table_begin(ex->heap, n);
    return ex->nodes != NULL && ex->states != NULL && ex->visits != NULL && ex->asked != NULL &&
           ex->plain != NULL && ex->builder != NULL;
}

static void close_memory(explainer *ex)
{
    size_t n = ex->expr->node_count;
    if (ex->plain != NULL) {
        churn__free_array(ex->heap, ex->frame, ex->plain->frame_count, sizeof *ex->frame);
        churn__arena_clear(&ex->plain->arena);
        churn__free(ex->heap, ex->plain, sizeof *ex->plain);
    }
    churn__table_abandon(ex->builder);
    churn__free_array(ex->heap, ex->nodes, n, sizeof *ex->nodes);
    churn__free_array(ex->heap, ex->states, n, sizeof *ex->states);
    churn__free_array(ex->heap, ex->visits, n, sizeof *ex->visits);
    churn__free_array(ex->heap, ex->asked, n, sizeof *ex->asked);
    churn__arena_clear(&ex->text);
    churn__buf_clear(&ex->buf);
}

/* ---- running ---- */

static churn_status generate_plain(explainer *ex)
{
    const churn__expr *expr = ex->expr;
    memcpy(ex->nodes, expr->nodes, expr->node_count * sizeof *ex->nodes);
    churn__arena_init(&ex->plain->arena, ex->heap);
    ex->plain->text = expr->text;
    ex->plain->place = expr->place;
    ex->plain->text_limit = expr->text_limit;
    expr_comp comp = {.heap = ex->heap,
                      .arena = &ex->plain->arena,
                      .text = expr->text,
                      .place = expr->place,
                      .flags = expr->flags,
                      .err = ex->err,
                      .nodes = ex->nodes,
                      .node_count = expr->node_count,
                      .args = (uint32_t *)(uintptr_t)expr->args, /* read only */
                      .arg_count = expr->arg_count,
                      .expr = ex->plain,
                      .plain = true};
    return churn__expr_generate(&comp);
}

static churn_status run(explainer *ex, const expr_cell *slots)
{
    const churn__expr *plain = ex->plain;
    expr_run how = {.text = &ex->text, .text_limit = plain->text_limit};
    ex->frame = churn__alloc_array_zero(ex->heap, plain->frame_count, sizeof *ex->frame);
    if (ex->frame == NULL) {
        return churn__fail_memory(ex->err, ex->heap);
    }
    if (plain->slot_count > 0) {
        memcpy(ex->frame, slots, plain->slot_count * sizeof *slots);
    }
    churn__expr_run_row(plain, ex->frame, &how);
    return how.no_memory ? churn__fail_memory(ex->err, ex->heap) : CHURN_OK;
}

static const expr_cell *cell_of(const explainer *ex, uint32_t node)
{
    uint32_t root = ex->expr->node_count - 1;
    return node == root ? &ex->frame[ex->plain->result]
                        : &ex->frame[churn__expr_entry(ex->plain, ex->nodes[node].operand)];
}

static uint32_t operand(const explainer *ex, uint32_t node, uint32_t i)
{
    return ex->expr->args[ex->nodes[node].first + i];
}

/* A list that is taken apart, so that no entry of the frame holds it. */
static bool is_list(const expr_node *node)
{
    return node->type == EXPR_TYPE_LIST;
}

/* A list has the state that the strictest of its elements gives it. */
static uint8_t list_state(const explainer *ex, uint32_t node)
{
    uint8_t state = EXPR_OK;
    for (uint32_t i = 0; i < ex->nodes[node].count; i++) {
        uint8_t one = ex->states[operand(ex, node, i)];
        state = one != EXPR_FALSE && one > state ? one : state;
    }
    return state;
}

static void find_states(explainer *ex)
{
    for (uint32_t i = 0; i < ex->expr->node_count; i++) {
        ex->states[i] = is_list(&ex->nodes[i]) ? list_state(ex, i) : cell_of(ex, i)->state;
    }
}

/* ---- what decided ---- */

static bool is_any(const explainer *ex, uint32_t node, uint8_t state)
{
    for (uint32_t i = 0; i < ex->nodes[node].count; i++) {
        if (ex->states[operand(ex, node, i)] == state) {
            return true;
        }
    }
    return false;
}

/* Whether a node's outcome stands on its i-th operand. */
static bool stands_on(const explainer *ex, uint32_t node, uint32_t i)
{
    uint8_t whole = ex->states[node], part = ex->states[operand(ex, node, i)];
    switch (ex->nodes[node].op) {
    case OP_AND:
    case OP_OR:
        return part == whole;
    case OP_SELECT: {
        uint8_t condition = ex->states[operand(ex, node, 0)];
        return i == 0 || condition == (i == 1 ? EXPR_TRUE : EXPR_FALSE);
    }
    default: /* all, unless some of them spoiled it for the others */
        return (whole != EXPR_UNKNOWN && whole != EXPR_ERROR) || part == whole ||
               !is_any(ex, node, whole);
    }
}

/* Operands onto a stack, the first on top. */
static uint32_t push_operands(const explainer *ex, visit *stack, uint32_t top, visit from)
{
    const expr_node *node = &ex->nodes[from.node];
    uint32_t depth = from.depth + (is_list(node) ? 0 : 1);
    for (uint32_t i = node->count; i > 0; i--) {
        uint32_t kid = operand(ex, from.node, i - 1);
        if (ex->nodes[kid].kind == NODE_CONST ||
            (ex->nodes[kid].kind == NODE_LIST && ex->nodes[kid].constant)) {
            continue; /* says itself what it is */
        }
        bool decided = from.decided && stands_on(ex, from.node, i - 1);
        stack[top++] = (visit){.node = kid, .depth = depth, .decided = decided};
    }
    return top;
}

/* ---- telling ---- */

static churn_str part_of(const explainer *ex, uint32_t node)
{
    const expr_node *n = &ex->nodes[node];
    return (churn_str){ex->expr->text.ptr + n->from, n->end - n->from};
}

static void write_quoted(churn__buf *to, churn_str s)
{
    static const char hex[] = "0123456789abcdef", names[] = "abtnvfr";
    churn__buf_char(to, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\') {
            churn__buf_char(to, '\\');
            churn__buf_char(to, (char)c);
        } else if (c >= '\a' && c <= '\r') {
            churn__buf_char(to, '\\');
            churn__buf_char(to, names[c - '\a']);
        } else if (c < ' ' || c == 0x7f) {
            churn__buf_text(to, "\\x");
            churn__buf_char(to, hex[c >> 4]);
            churn__buf_char(to, hex[c & 15]);
        } else {
            churn__buf_char(to, (char)c);
        }
    }
    churn__buf_char(to, '"');
}

static void write_list(churn__buf *to, churn__strs list)
{
    churn__buf_char(to, '[');
    for (uint32_t i = 0; i < list.count; i++) {
        churn__buf_text(to, i > 0 ? ", " : "");
        write_quoted(to, list.items[i]);
    }
    churn__buf_char(to, ']');
}

/* By the operation that string() is made of. */
static churn_status write_printed(explainer *ex, uint8_t op, const expr_cell *cell)
{
    const expr_code code = {.op = op};
    expr_run how = {.text = &ex->text, .text_limit = SIZE_MAX};
    expr_cell out = {0};
    churn__expr_step(&code, cell, cell, cell, &out, &how);
    if (how.no_memory) {
        return churn__fail_memory(ex->err, ex->heap);
    }
    churn__buf_str(&ex->buf, out.as.s);
    return CHURN_OK;
}

static churn_status write_value(explainer *ex, uint32_t node)
{
    const expr_cell *cell = cell_of(ex, node);
    switch (ex->nodes[node].type) {
    case CHURN__TYPE_BOOL:
        return write_printed(ex, OP_B2S, cell);
    case CHURN__TYPE_DOUBLE:
        return write_printed(ex, OP_D2S, cell);
    case CHURN__TYPE_TIME:
        return write_printed(ex, OP_T2S, cell);
    case CHURN__TYPE_DURATION:
        return write_printed(ex, OP_U2S, cell);
    case CHURN__TYPE_STRING:
        write_quoted(&ex->buf, cell->as.s);
        return CHURN_OK;
    case CHURN__TYPE_STRINGS:
        write_list(&ex->buf, cell->as.l);
        return CHURN_OK;
    default:
        return write_printed(ex, OP_I2S, cell);
    }
}

static bool is_told(const explainer *ex, const uint32_t *told, uint32_t count, uint32_t node)
{
    for (uint32_t i = 0; i < count; i++) {
        if (churn__str_eq(part_of(ex, told[i]), part_of(ex, node))) {
            return true;
        }
    }
    return false;
}

/* "metric.x (never)" */
static void write_name(explainer *ex, uint32_t node)
{
    size_t entry = (size_t)(cell_of(ex, node) - ex->frame);
    churn__buf_str(&ex->buf, part_of(ex, node));
    if (ex->why != NULL && entry < ex->plain->slot_count && ex->why[entry] != CHURN__PRESENT) {
        churn__buf_text(&ex->buf, " (");
        churn__buf_text(&ex->buf, churn__missing_name(ex->why[entry]));
        churn__buf_char(&ex->buf, ')');
    }
}

/* The missing values under a node that is unknown, from left to right. */
static void write_missing(explainer *ex, uint32_t node)
{
    uint32_t told[NAMES_MAX], count = 0, top = 0;
    ex->asked[top++] = (visit){.node = node, .decided = true};
    while (top > 0) {
        visit at = ex->asked[--top];
        if (!at.decided || ex->states[at.node] != EXPR_UNKNOWN) {
            continue;
        }
        if (ex->nodes[at.node].count > 0) {
            top = push_operands(ex, ex->asked, top, at);
        } else if (!is_told(ex, told, count, at.node)) {
            churn__buf_text(&ex->buf, count > 0 ? ", " : "");
            if (count == NAMES_MAX) {
                churn__buf_text(&ex->buf, "...");
                return;
            }
            write_name(ex, at.node);
            told[count++] = at.node;
        }
    }
}

static void write_error(explainer *ex, uint32_t node)
{
    churn_error why = {.struct_size = sizeof why};
    churn__expr_explain_error(ex->plain, cell_of(ex, node), &why);
    churn__buf_text(&ex->buf, why.message);
}

static churn_status add_buffer(explainer *ex, uint32_t column)
{
    if (ex->buf.failed) {
        return churn__fail_memory(ex->err, ex->heap);
    }
    churn__table_add_string(ex->builder, column, churn__buf_view(&ex->buf));
    return CHURN_OK;
}

static churn_status add_outcome(explainer *ex, uint32_t node)
{
    churn_status st = CHURN_OK;
    uint8_t state = ex->states[node];
    bool value = state == EXPR_OK || state == EXPR_FALSE;
    const char *outcome = value ? "value" : state == EXPR_UNKNOWN ? "unknown" : "error";
    churn__table_add_string(ex->builder, OUTCOME, churn__str_nts(outcome));
    churn__table_add_null(ex->builder, value ? BECAUSE : VALUE);
    churn__buf_reset(&ex->buf);
    if (value) {
        CHURN_TRY(write_value(ex, node));
    } else if (state == EXPR_UNKNOWN) {
        write_missing(ex, node);
    } else {
        write_error(ex, node);
    }
    st = add_buffer(ex, value ? VALUE : BECAUSE);
done:
    return st;
}

static churn_status add_part(explainer *ex, visit at)
{
    uint32_t line, column;
    churn__expr_locate(ex->expr->text, ex->expr->place, ex->nodes[at.node].from, &line, &column);
    churn__table_add_string(ex->builder, PART, part_of(ex, at.node));
    churn__table_add_int(ex->builder, DEPTH, at.depth);
    churn__table_add_int(ex->builder, LINE, line);
    churn__table_add_int(ex->builder, COLUMN, column);
    churn__table_add_bool(ex->builder, DECIDED, at.decided);
    return add_outcome(ex, at.node);
}

static churn_status tell(explainer *ex)
{
    churn_status st = CHURN_OK;
    uint32_t top = 0;
    ex->visits[top++] = (visit){.node = ex->expr->node_count - 1, .decided = true};
    while (top > 0) {
        visit at = ex->visits[--top];
        if (!is_list(&ex->nodes[at.node])) {
            CHURN_TRY(add_part(ex, at));
        }
        top = push_operands(ex, ex->visits, top, at);
    }
done:
    return st;
}

static void declare_columns(churn__table_builder *builder)
{
    churn__table_column(builder, "part", CHURN_COLUMN_STRING);
    churn__table_column(builder, "depth", CHURN_COLUMN_INT);
    churn__table_column(builder, "line", CHURN_COLUMN_INT);
    churn__table_column(builder, "column", CHURN_COLUMN_INT);
    churn__table_column(builder, "outcome", CHURN_COLUMN_STRING);
    churn__table_column(builder, "value", CHURN_COLUMN_STRING);
    churn__table_column(builder, "because", CHURN_COLUMN_STRING);
    churn__table_column(builder, "decided", CHURN_COLUMN_BOOL);
}

churn_status churn__expr_explain_cells(const churn__expr *expr, const expr_cell *slots,
                                       const churn__missing *why, churn__heap *heap,
                                       churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    explainer ex = {.expr = expr, .heap = heap, .why = why, .err = err};
    churn__arena_init(&ex.text, heap);
    churn__buf_init(&ex.buf, heap);
    *out = NULL;
    if (!open_memory(&ex)) {
        st = churn__fail_memory(err, heap);
        goto done;
    }
    CHURN_TRY(generate_plain(&ex));
    CHURN_TRY(run(&ex, slots));
    find_states(&ex);
    declare_columns(ex.builder);
    CHURN_TRY(tell(&ex));
    churn__table_builder *builder = ex.builder;
    ex.builder = NULL;
    st = churn__table_finish(builder, out, err);
done:
    close_memory(&ex);
    return st;
}

churn_status churn__expr_explain(const churn__expr *expr, const churn__column *columns,
                                 uint32_t row, churn__heap *heap, churn_table **out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = NULL;
    expr_cell *slots = churn__alloc_array_zero(heap, expr->slot_count, sizeof *slots);
    churn__missing *why = churn__alloc_array_zero(heap, expr->slot_count, sizeof *why);
    if (slots == NULL || why == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        const churn__column *column = &columns[expr->slots[i]];
        churn__expr_load(column, expr->slot_types[i], row, &slots[i]);
        why[i] = column->missing != NULL ? column->missing[row] : CHURN__PRESENT;
    }
    st = churn__expr_explain_cells(expr, slots, why, heap, out, err);
done:
    churn__free_array(heap, slots, expr->slot_count, sizeof *slots);
    churn__free_array(heap, why, expr->slot_count, sizeof *why);
    return st;
}
