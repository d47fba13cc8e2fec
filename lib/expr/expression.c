/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "expr/expression_inside.h"

#define FRAME_ON_STACK 64u

/* ---- compiling ---- */

static churn__expr_found resolve(void *context, churn_str name, churn__expr_name *out)
{
    const churn_expression *expression = context;
    for (uint32_t i = 0; i < expression->count; i++) {
        if (churn__str_eq(expression->names[i], name)) {
            *out = (churn__expr_name){.type = expression->types[i], .slot = i};
            return CHURN__EXPR_KNOWN;
        }
    }
    return CHURN__EXPR_UNKNOWN;
}

static churn_str list(void *context, uint32_t i)
{
    const churn_expression *expression = context;
    return i < expression->count ? expression->names[i] : (churn_str){NULL, 0};
}

static churn_status copy_variable(churn_expression *to, const churn_variable *from, uint32_t i,
                                  churn_str *names, churn__type *types, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str name = {NULL, 0};
    churn__expr_name same;
    CHURN_TRY(churn__take_str(from->name.ptr, from->name.len, false, 1024, "a variable's name",
                              &name, err));
    if (from->type < CHURN_TYPE_BOOL || from->type > CHURN_TYPE_TIME || from->reserved != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "variable %q: no such type", &name);
    }
    to->count = i;
    if (resolve(to, name, &same) == CHURN__EXPR_KNOWN) {
        CHURN_FAIL(CHURN_E_ARG, 0, "variable %q: declared twice", &name);
    }
    names[i] = churn__arena_str(&to->arena, name.ptr, name.len);
    types[i] = (churn__type)from->type;
    if (names[i].ptr == NULL) {
        st = churn__fail_memory(err, to->heap);
    }
done:
    return st;
}

static churn_status copy_variables(churn_expression *to, const churn_variable *from, uint32_t count,
                                   churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str *names = churn__arena_array(&to->arena, (size_t)count + 1, sizeof *names);
    churn__type *types = churn__arena_array(&to->arena, (size_t)count + 1, sizeof *types);
    if (names == NULL || types == NULL) {
        return churn__fail_memory(err, to->heap);
    }
    to->names = names;
    to->types = types;
    for (uint32_t i = 0; i < count; i++) {
        CHURN_TRY(copy_variable(to, &from[i], i, names, types, err));
    }
    to->count = count;
done:
    return st;
}

static churn_status create(const churn_expression_options *options, const churn_limits *limits,
                           churn_expression **out, churn_error *err)
{
    churn__heap *heap = churn__heap_create(options->allocator, limits->memory_bytes);
    churn_expression *made = heap != NULL ? churn__alloc_zero(heap, sizeof *made) : NULL;
    if (made == NULL) {
        churn_status st = churn__fail_memory(err, heap);
        churn__heap_release(heap);
        return st;
    }
    made->heap = heap;
    churn__arena_init(&made->arena, heap);
    churn__live_add(1);
    *out = made;
    return CHURN_OK;
}

static churn_status check_compile(const char *text, const churn_variable *variables,
                                  uint32_t variable_count, churn_expression **out, churn_error *err)
{
    if (out == NULL) {
        return churn__fail_null(err, "churn_expression_compile", "out");
    }
    *out = NULL;
    if (text == NULL) {
        return churn__fail_null(err, "churn_expression_compile", "text");
    }
    return variables == NULL && variable_count > 0
               ? churn__fail_null(err, "churn_expression_compile", "variables")
               : CHURN_OK;
}

churn_status churn_expression_compile(const char *text, size_t len, const churn_variable *variables,
                                      uint32_t variable_count,
                                      const churn_expression_options *options,
                                      churn_expression **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_expression_options known = {0};
    churn_limits limits = {0};
    churn_expression *made = NULL;
    churn__expr_scope scope = {.resolve = resolve, .list = list};

    CHURN_TRY(check_compile(text, variables, variable_count, out, err));
    CHURN_TRY(churn__copy_struct(&known, sizeof known, options, "churn_expression_options", err));
    if ((known.flags & ~CHURN_EXPRESSION_STRICT_CEL) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_expression_compile: options.flags has unknown bits");
    }
    CHURN_TRY(churn__limits_resolve(known.limits, &limits, err));
    CHURN_TRY(create(&known, &limits, &made, err));
    CHURN_TRY(copy_variables(made, variables, variable_count, err));
    scope.context = made;
    const churn__expr_source source = {
        .text = churn__str_arg(text, len), .scope = &scope, .flags = known.flags};
    CHURN_TRY(churn__expr_compile(made->heap, &limits, &source, &made->expr, err));
    *out = made;
    made = NULL;
done:
    churn_expression_free(made);
    return st;
}

void churn_expression_free(churn_expression *expression)
{
    if (expression == NULL) {
        return;
    }
    churn__heap *heap = expression->heap;
    churn__expr_free(expression->expr);
    churn__arena_clear(&expression->arena);
    churn__free(heap, expression, sizeof *expression);
    churn__heap_release(heap);
    churn__live_add(-1);
}

/* ---- asking ---- */

churn_type churn_expression_type(const churn_expression *expression)
{
    return expression != NULL ? expression->expr->type : 0;
}

churn_str churn_expression_text(const churn_expression *expression)
{
    return expression != NULL ? expression->expr->text : CHURN__STR("");
}

bool churn_expression_uses(const churn_expression *expression, uint32_t variable)
{
    for (uint32_t i = 0; expression != NULL && i < expression->expr->slot_count; i++) {
        if (expression->expr->slots[i] == variable) {
            return true;
        }
    }
    return false;
}

bool churn_expression_can_be_unknown(const churn_expression *expression)
{
    return expression != NULL && expression->expr->can_be_unknown;
}

/* ---- one record ---- */

static churn_status load_value(const churn_value *value, churn__type type, expr_cell *out,
                               churn_error *err)
{
    out->state = EXPR_OK;
    switch (type) {
    case CHURN__TYPE_BOOL:
        out->state = expr_from_bool(value->truth != 0);
        break;
    case CHURN__TYPE_DOUBLE:
        out->as.d = value->number;
        break;
    case CHURN__TYPE_STRING:
        out->as.s = value->string;
        return churn__expr_check_string(value->string, CHURN_ROW_NONE, err);
    default:
        out->as.i = value->integer;
        break;
    }
    return CHURN_OK;
}

static churn_status load_values(const churn_expression *expression, const churn_value *values,
                                expr_cell *frame, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__expr *expr = expression->expr;
    for (uint32_t i = 0; i < expression->count; i++) {
        if (values[i].type != 0 && values[i].type != expression->types[i]) {
            CHURN_FAIL(CHURN_E_TYPE, 0, "variable %q is declared %s: another type was given",
                       &expression->names[i], churn__type_name(expression->types[i]));
        }
    }
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        const churn_value *value = &values[expr->slots[i]];
        frame[i].state = EXPR_UNKNOWN;
        if (value->type != 0) {
            CHURN_TRY(load_value(value, expr->slot_types[i], &frame[i], err));
        }
    }
done:
    return st;
}

static void give_value(churn__type type, const expr_cell *cell, churn_value *out)
{
    *out = (churn_value){.type = type};
    switch (type) {
    case CHURN__TYPE_BOOL:
        out->truth = cell->state == EXPR_TRUE;
        break;
    case CHURN__TYPE_DOUBLE:
        out->number = cell->as.d;
        break;
    case CHURN__TYPE_STRING:
        out->string = cell->as.s.ptr != NULL ? cell->as.s : CHURN__STR("");
        break;
    default:
        out->integer = cell->as.i;
        break;
    }
}

static void give(const churn__expr *expr, const expr_cell *cell, churn_outcome *outcome,
                 churn_value *value, churn_error *err)
{
    if (value != NULL) {
        *value = (churn_value){0};
    }
    if (cell->state == EXPR_ERROR) {
        *outcome = CHURN_OUTCOME_ERROR;
        churn__expr_explain_error(expr, cell, err);
    } else if (cell->state == EXPR_UNKNOWN) {
        *outcome = CHURN_OUTCOME_UNKNOWN;
    } else {
        *outcome = CHURN_OUTCOME_VALUE;
        if (value != NULL) {
            give_value(expr->type, cell, value);
        }
    }
}

static churn_status run_record(const churn_expression *expression, const churn_value *values,
                               expr_cell *frame, churn_outcome *outcome, churn_value *value,
                               churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arena text;
    churn__arena_init(&text, expression->heap);
    expr_run run = {.text = &text, .text_limit = expression->expr->text_limit};
    CHURN_TRY(load_values(expression, values, frame, err));
    churn__expr_run_row(expression->expr, frame, &run);
    if (run.no_memory) {
        st = churn__fail_memory(err, expression->heap);
        goto done;
    }
    give(expression->expr, &frame[expression->expr->result], outcome, value, err);
done:
    churn__arena_clear(&text);
    return st;
}

static churn_status check_evaluate(const churn_expression *expression, const churn_value *values,
                                   uint32_t value_count, const churn_outcome *outcome,
                                   churn_error *err)
{
    const char *function = "churn_expression_evaluate";
    if (expression == NULL || outcome == NULL) {
        return churn__fail_null(err, function, expression == NULL ? "expression" : "outcome");
    }
    if (values == NULL && expression->count > 0) {
        return churn__fail_null(err, function, "values");
    }
    if (value_count != expression->count) {
        return churn__fail(err, CHURN_E_ARG, 0, "%s: %u values given for %u variables", function,
                           (uint64_t)value_count, (uint64_t)expression->count);
    }
    if (expression->expr->type == CHURN__TYPE_STRING && expression->expr->makes_text) {
        return churn__fail(err, CHURN_E_UNSUPPORTED, 0,
                           "%s: the value is text that evaluation makes: use "
                           "churn_expression_evaluate_columns, whose table holds it",
                           function);
    }
    return CHURN_OK;
}

churn_status churn_expression_evaluate(const churn_expression *expression,
                                       const churn_value *values, uint32_t value_count,
                                       churn_outcome *outcome, churn_value *value, churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_cell few[FRAME_ON_STACK], *frame = few;
    CHURN_TRY(check_evaluate(expression, values, value_count, outcome, err));
    uint32_t need = expression->expr->frame_count;
    if (need > FRAME_ON_STACK) {
        frame = churn__alloc_array(expression->heap, need, sizeof *frame);
        if (frame == NULL) {
            return churn__fail_memory(err, expression->heap);
        }
    }
    st = run_record(expression, values, frame, outcome, value, err);
    if (frame != few) {
        churn__free_array(expression->heap, frame, need, sizeof *frame);
    }
done:
    return st;
}
