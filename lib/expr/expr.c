/* SPDX-License-Identifier: MIT */
#include "expr/ast.h"
#include "expr/fuse.h"
#include "expr/vector.h"

/* Compiling and evaluating: the functions of expr.h. */

/* ---- errors ---- */

void churn__expr_locate(churn_str text, churn__expr_place place, size_t offset, uint32_t *line,
                        uint32_t *column)
{
    *line = place.line > 0 ? place.line : 1;
    *column = place.column > 0 ? place.column : 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text.ptr[i] & 0xC0) != 0x80) {
            ++*column;
        }
    }
}

churn_status churn__expr_fail(expr_comp *comp, size_t at, churn_status status, int32_t detail,
                              const char *format, ...)
{
    char message[400];
    uint32_t line, column;
    va_list args;
    va_start(args, format);
    churn__formatv(message, sizeof message, format, args);
    va_end(args);
    churn__expr_locate(comp->text, comp->place, at, &line, &column);
    if (comp->source->report != NULL) {
        const churn__expr_finding finding = {.status = status,
                                             .detail = detail,
                                             .line = line,
                                             .column = column,
                                             .message = churn__str_nts(message),
                                             .suggestion = comp->suggestion};
        comp->source->report(comp->source->report_context, &finding);
    }
    comp->suggestion = (churn_str){NULL, 0};
    if (comp->first != CHURN_OK) {
        return status; /* `err` tells what came first */
    }
    comp->first = status;
    return churn__fail_at(comp->err, status, detail, line, column, CHURN_ROW_NONE, "%s", message);
}

churn_status churn__expr_explain_error(const churn__expr *expr, const expr_cell *cell,
                                       churn_error *err)
{
    static const struct {
        int32_t detail;
        const char *why;
    } reasons[] = {
        [EXPR_RUN_OVERFLOW] = {CHURN__EXPR_RUN_OVERFLOW, "the result does not fit 64 bits"},
        [EXPR_RUN_ZERO] = {CHURN__EXPR_RUN_ZERO, "an int is divided by zero"},
        [EXPR_RUN_NON_FINITE] = {CHURN__EXPR_RUN_NON_FINITE, "a number is not finite"},
        [EXPR_RUN_RANGE] = {CHURN__EXPR_RUN_RANGE, "a value is out of range"},
        [EXPR_RUN_TEXT] = {CHURN__EXPR_RUN_TEXT, "a text is not of the form that is converted"},
        [EXPR_RUN_LONG] = {CHURN__EXPR_RUN_LONG, "a text grows longer than string_bytes allows"},
        [EXPR_RUN_NULL] = {CHURN__EXPR_RUN_NULL, "null is no value to reckon with"},
        [EXPR_RUN_TYPES] = {CHURN__EXPR_RUN_TYPES, "an operation does not take such values"}};
    uint32_t line, column;
    churn__expr_locate(expr->text, expr->place, cell->at, &line, &column);
    return churn__fail_at(err, CHURN_E_RANGE, reasons[cell->code].detail, line, column,
                          CHURN_ROW_NONE, "cannot evaluate: %s", reasons[cell->code].why);
}

/* ---- compiling ---- */

static churn_status check_text(expr_comp *comp)
{
    size_t fault = churn__utf8_fault(comp->text.ptr, comp->text.len);
    if (comp->text.len > comp->limits.expression_bytes) {
        return churn__expr_fail(comp, 0, CHURN_E_LIMIT, CHURN__EXPR_TOO_LONG,
                                "the expression is longer than %u bytes (limit expression_bytes)",
                                (uint64_t)comp->limits.expression_bytes);
    }
    if (fault != SIZE_MAX) {
        static const char hex[] = "0123456789ABCDEF";
        unsigned char byte = (unsigned char)comp->text.ptr[fault];
        const char digits[] = {hex[byte >> 4], hex[byte & 15], '\0'};
        return churn__expr_fail(comp, fault, CHURN_E_UTF8, CHURN__EXPR_BAD_UTF8,
                                "the expression is not UTF-8: a byte is 0x%s", digits);
    }
    return CHURN_OK;
}

static churn__expr *make_expr(churn__heap *heap, churn_str text, churn__expr_place place)
{
    churn__expr *expr = churn__alloc_zero(heap, sizeof *expr);
    if (expr == NULL) {
        return NULL;
    }
    expr->heap = churn__heap_retain(heap);
    churn__arena_init(&expr->arena, heap);
    expr->place = place;
    expr->text = churn__arena_str(&expr->arena, text.ptr, text.len);
    if (expr->text.ptr == NULL) {
        churn__expr_free(expr);
        return NULL;
    }
    return expr;
}

void churn__expr_clear(expr_comp *comp)
{
    churn__free_array(comp->heap, comp->tokens, comp->token_capacity, sizeof *comp->tokens);
    churn__free_array(comp->heap, comp->nodes, comp->node_capacity, sizeof *comp->nodes);
    churn__free_array(comp->heap, comp->args, comp->arg_capacity, sizeof *comp->args);
    churn__free_array(comp->heap, comp->pending, comp->pending_capacity, sizeof *comp->pending);
}

/* Explanations go back to the tree. */
static churn_status keep_tree(expr_comp *comp)
{
    churn__expr *expr = comp->expr;
    expr_node *nodes = churn__arena_array(&expr->arena, comp->node_count, sizeof *nodes);
    uint32_t *args = churn__arena_array(&expr->arena, comp->arg_count + 1, sizeof *args);
    if (nodes == NULL || args == NULL) {
        return churn__fail_memory(comp->err, comp->heap);
    }
    memcpy(nodes, comp->nodes, comp->node_count * sizeof *nodes);
    if (comp->arg_count > 0) {
        memcpy(args, comp->args, comp->arg_count * sizeof *args);
    }
    expr->nodes = nodes;
    expr->args = args;
    expr->node_count = (uint32_t)comp->node_count;
    expr->arg_count = (uint32_t)comp->arg_count;
    expr->flags = comp->flags;
    return CHURN_OK;
}

churn_status churn__expr_read(expr_comp *comp)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(check_text(comp));
    CHURN_TRY(churn__expr_lex(comp));
    CHURN_TRY(comp->broken ? comp->first : CHURN_OK);
    CHURN_TRY(churn__expr_parse(comp));
done:
    return st;
}

static churn_status compile(expr_comp *comp, churn__type want)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(churn__expr_read(comp));
    CHURN_TRY(churn__expr_check(comp, want));
    CHURN_TRY(comp->first);
    CHURN_TRY(keep_tree(comp));
    CHURN_TRY(churn__expr_lint(comp));
    CHURN_TRY(churn__expr_generate(comp));
    const churn__expr *expr = comp->expr;
    if (!churn__expr_fuse(comp->expr) ||
        !churn__expr_plan_make(comp->heap, comp->arena, &expr, 1, &comp->expr->plan)) {
        st = churn__fail_memory(comp->err, comp->heap);
    }
done:
    return st == CHURN_OK || st == CHURN_E_NOMEM ? st : comp->first;
}

churn_status churn__expr_compile(churn__heap *heap, const churn_limits *limits,
                                 const churn__expr_source *source, churn__expr **out,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_comp comp = {.heap = heap,
                      .text = source->text,
                      .place = source->place,
                      .scope = source->scope,
                      .flags = source->flags,
                      .source = source,
                      .err = err};
    *out = NULL;
    CHURN_TRY(churn__limits_resolve(limits, &comp.limits, err));
    churn__expr *expr = comp.expr = make_expr(heap, source->text, source->place);
    if (expr == NULL) {
        st = churn__fail_memory(err, heap);
        goto done;
    }
    comp.arena = &expr->arena;
    comp.text = expr->text;
    expr->text_limit = comp.limits.string_bytes;
    CHURN_TRY(compile(&comp, source->want));
    *out = expr;
    comp.expr = NULL;
done:
    churn__expr_clear(&comp);
    churn__expr_free(comp.expr);
    return st;
}

void churn__expr_free(churn__expr *expr)
{
    if (expr == NULL) {
        return;
    }
    churn__heap *heap = expr->heap;
    for (expr_pattern *p = expr->patterns; p != NULL; p = p->next) {
        churn__regex_free(p->regex);
    }
    for (const expr_zone *held = expr->zones; held != NULL; held = held->next) {
        churn__zone_release(held->zone);
    }
    churn__arena_clear(&expr->arena);
    churn__free(heap, expr, sizeof *expr);
    churn__heap_release(heap);
}

churn__type churn__expr_type(const churn__expr *expr)
{
    return expr->type;
}

churn_str churn__expr_text(const churn__expr *expr)
{
    return expr->text;
}

uint32_t churn__expr_slot(const churn__expr *expr)
{
    if (expr == NULL || expr->code_count > 1) {
        return UINT32_MAX;
    }
    bool checked = expr->code_count == 1 && expr->code[0].op == OP_FINITE;
    uint32_t entry = checked ? expr->code[0].a : expr->result;
    return entry < expr->slot_count ? expr->slots[entry] : UINT32_MAX;
}

bool churn__expr_can_be_unknown(const churn__expr *expr)
{
    return expr->can_be_unknown;
}

const uint32_t *churn__expr_slots(const churn__expr *expr, uint32_t *count)
{
    *count = expr->slot_count;
    return expr->slots;
}

/* ---- evaluating ---- */

void churn__expr_give(churn__type type, const expr_cell *cell, churn__value *out)
{
    *out = (churn__value){.type = type};
    switch (type) {
    case CHURN__TYPE_BOOL:
        out->as.b = cell->state == EXPR_TRUE;
        break;
    case CHURN__TYPE_DOUBLE:
        out->as.d = cell->as.d;
        break;
    case CHURN__TYPE_STRING:
        out->as.s = cell->as.s;
        break;
    case CHURN__TYPE_STRINGS:
        out->as.l = cell->as.l;
        break;
    default:
        out->as.i = cell->as.i;
        break;
    }
}

/* The canonical code knows why something is an error. */
static const expr_cell *run_slowly(const churn__expr *expr, const churn__column *columns,
                                   uint32_t row, expr_cell *frame, expr_run *run)
{
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        churn__expr_load(&columns[expr->slots[i]], expr->slot_types[i], row, &frame[i]);
    }
    churn__expr_run_row(expr, frame, run);
    return &frame[expr->result];
}

churn_status churn__expr_value(const churn__expr *expr, const churn__column *columns, uint32_t row,
                               churn__expr_scratch *scratch, churn__value *out, churn__truth *truth,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_run run = {.text_limit = expr->text_limit};
    CHURN_TRY(churn__expr_scratch_fit(scratch, expr, err));
    run.text = expr->makes_text ? churn__expr_scratch_text(scratch) : NULL;
    expr_cell *frame = churn__expr_scratch_frame(scratch);
    const expr_cell *cell = churn__expr_run_columns(expr, columns, row, frame, &run);
    if (cell->state == EXPR_ERROR) {
        cell = run_slowly(expr, columns, row, frame, &run);
    }
    if (run.no_memory) {
        st = churn__fail_memory(err, expr->heap);
        goto done;
    }
    *truth = cell->state == EXPR_FALSE ? CHURN__TRUE : expr_truth(cell->state);
    if (cell->state == EXPR_ERROR) {
        churn__expr_explain_error(expr, cell, err);
    } else if (cell->state != EXPR_UNKNOWN) {
        churn__expr_give(expr->type, cell, out);
    }
done:
    return st;
}
