/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "expr/expression_inside.h"
#include "expr/fuse.h"

#define FRAME_ON_STACK 64u

/* ---- compiling ---- */

static churn__expr_found resolve(void *context, churn_str name, churn__expr_name *out)
{
    const churn_expression *expression = context;
    for (uint32_t i = 0; i < expression->count; i++) {
        if (churn__str_eq(expression->names[i], name)) {
            *out = (churn__expr_name){
                .type = expression->types[i], .nullable = expression->nullable[i], .slot = i};
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

static bool is_variable(const churn_variable *variable)
{
    bool type = (variable->type >= CHURN_TYPE_BOOL && variable->type <= CHURN_TYPE_TIME) ||
                variable->type == CHURN_TYPE_DURATION;
    return type && (variable->flags & ~CHURN_VARIABLE_NULLABLE) == 0;
}

static churn_status copy_variable(churn_expression *to, const churn_variable *from, uint32_t i,
                                  churn_str *names, churn__type *types, bool *nullable,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str name = {NULL, 0};
    churn__expr_name same;
    CHURN_TRY(churn__take_str(from->name.ptr, from->name.len, false, 1024, "a variable's name",
                              &name, err));
    if (!is_variable(from)) {
        CHURN_FAIL(CHURN_E_ARG, 0, "variable %q: no such type or flag", &name);
    }
    to->count = i;
    if (resolve(to, name, &same) == CHURN__EXPR_KNOWN) {
        CHURN_FAIL(CHURN_E_ARG, 0, "variable %q: declared twice", &name);
    }
    names[i] = churn__arena_str(&to->arena, name.ptr, name.len);
    types[i] = (churn__type)from->type;
    nullable[i] = (from->flags & CHURN_VARIABLE_NULLABLE) != 0;
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
    bool *nullable = churn__arena_array(&to->arena, (size_t)count + 1, sizeof *nullable);
    if (names == NULL || types == NULL || nullable == NULL) {
        return churn__fail_memory(err, to->heap);
    }
    to->names = names;
    to->types = types;
    to->nullable = nullable;
    for (uint32_t i = 0; i < count; i++) {
        CHURN_TRY(copy_variable(to, &from[i], i, names, types, nullable, err));
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

/* What each evaluation of one record would ask again. */
static churn_status note_texts(churn_expression *expression, churn_error *err)
{
    const churn__expr *expr = expression->expr;
    uint32_t *texts = churn__arena_array(&expression->arena, expr->slot_count + 1u, sizeof *texts);
    if (texts == NULL) {
        return churn__fail_memory(err, expression->heap);
    }
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        if (expr->slot_types[i] == CHURN__TYPE_STRING) {
            texts[expression->text_count++] = expr->slots[i];
        }
    }
    expression->texts = texts;
    expression->is_simple =
        expression->tmpl == NULL && !expr->makes_text && expr->frame_count <= FRAME_ON_STACK;
    return CHURN_OK;
}

static churn_status check_make(const char *function, const char *text,
                               const churn_variable *variables, uint32_t variable_count,
                               const churn_expression_options *options, churn_error *err)
{
    if (text == NULL) {
        return churn__fail_null(err, function, "text");
    }
    if (variables == NULL && variable_count > 0) {
        return churn__fail_null(err, function, "variables");
    }
    if ((options->flags & ~(CHURN_EXPRESSION_STRICT_CEL | CHURN_EXPRESSION_TEMPLATE)) != 0) {
        return churn__fail(err, CHURN_E_ARG, 0, "%s: options.flags has unknown bits", function);
    }
    return CHURN_OK;
}

churn_status churn__expression_make(const churn__expression_request *in, churn_expression **out,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_expression_options known = {0};
    churn_limits limits = {0};
    churn_expression *made = NULL;
    churn__expr_scope scope = {.resolve = resolve, .list = list};

    *out = NULL;
    CHURN_TRY(
        churn__copy_struct(&known, sizeof known, in->options, "churn_expression_options", err));
    CHURN_TRY(check_make(in->function, in->text, in->variables, in->variable_count, &known, err));
    CHURN_TRY(churn__limits_resolve(known.limits, &limits, err));
    CHURN_TRY(create(&known, &limits, &made, err));
    CHURN_TRY(copy_variables(made, in->variables, in->variable_count, err));
    scope.context = made;
    const churn__expr_source source = {
        .text = churn__str_arg(in->text, in->len),
        .scope = &scope,
        .flags = known.flags & CHURN_EXPRESSION_STRICT_CEL ? CHURN__EXPR_STRICT_CEL : 0,
        .report = in->report,
        .report_context = in->report_context};
    if ((known.flags & CHURN_EXPRESSION_TEMPLATE) != 0) {
        CHURN_TRY(churn__expression_compile_template(made, &limits, &known, &source, err));
    } else {
        CHURN_TRY(churn__expr_compile(made->heap, &limits, &source, &made->expr, err));
    }
    CHURN_TRY(note_texts(made, err));
    *out = made;
    made = NULL;
done:
    churn_expression_free(made);
    return st;
}

churn_status churn_expression_compile(const char *text, size_t len, const churn_variable *variables,
                                      uint32_t variable_count,
                                      const churn_expression_options *options,
                                      churn_expression **out, churn_error *err)
{
    const churn__expression_request in = {.function = "churn_expression_compile",
                                          .text = text,
                                          .len = len,
                                          .variables = variables,
                                          .variable_count = variable_count,
                                          .options = options};
    return out == NULL ? churn__fail_null(err, in.function, "out")
                       : churn__expression_make(&in, out, err);
}

void churn_expression_free(churn_expression *expression)
{
    if (expression == NULL) {
        return;
    }
    churn__heap *heap = expression->heap;
    churn__expr_free(expression->expr);
    churn__template_free(expression->tmpl);
    churn__zone_release(expression->zone);
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

/* Every type first, in one go: most records have no fault. */
static inline bool types_fit(const churn_expression *expression, const churn_value *values)
{
    bool fit = true;
    for (uint32_t i = 0; i < expression->count; i++) {
        churn_type type = values[i].type;
        fit &= (type == 0) | (type == expression->types[i]);
    }
    return fit;
}

static churn_status type_fault(const churn_expression *expression, const churn_value *values,
                               churn_error *err)
{
    uint32_t i = 0;
    while (values[i].type == 0 || values[i].type == expression->types[i]) {
        i++;
    }
    return churn__fail(err, CHURN_E_TYPE, 0, "variable %q is declared %s: another type was given",
                       &expression->names[i], churn__type_name(expression->types[i]));
}

/* At most 16 bytes, none of them past ASCII: UTF-8 at a glance. */
static inline bool is_short_ascii(churn_str s)
{
    uint64_t a = 0, b = 0;
    if (s.ptr == NULL || s.len > 16 || s.len == 0) {
        return false;
    }
    if (s.len >= 8) {
        memcpy(&a, s.ptr, 8);
        memcpy(&b, s.ptr + s.len - 8, 8);
    } else if (s.len >= 4) {
        memcpy(&a, s.ptr, 4);
        memcpy(&b, s.ptr + s.len - 4, 4);
    } else {
        a = (uint64_t)((unsigned char)s.ptr[0] | (unsigned char)s.ptr[s.len / 2] |
                       (unsigned char)s.ptr[s.len - 1]);
    }
    return ((a | b) & UINT64_C(0x8080808080808080)) == 0;
}

/* Whether no text that is used needs a closer look. */
static inline bool texts_fit(const churn_expression *expression, const churn_value *values)
{
    for (uint32_t i = 0; i < expression->text_count; i++) {
        const churn_value *value = &values[expression->texts[i]];
        if (value->type != 0 && !is_short_ascii(value->string)) {
            return false;
        }
    }
    return true;
}

/* Types of all values, and the texts of those that are used. */
static churn_status check_values(const churn_expression *expression, const churn_value *values,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    if (!types_fit(expression, values)) {
        return type_fault(expression, values, err);
    }
    for (uint32_t i = 0; i < expression->text_count; i++) {
        const churn_value *value = &values[expression->texts[i]];
        if (value->type != 0) {
            CHURN_TRY(churn__expr_check_string(value->string, CHURN_ROW_NONE, err));
        }
    }
done:
    return st;
}

static void load_values(const churn__expr *expr, const churn_value *values, expr_cell *frame)
{
    for (uint32_t i = 0; i < expr->slot_count; i++) {
        churn__expr_load_value(&values[expr->slots[i]], expr->slot_types[i], &frame[i]);
    }
}

static void give_value(churn__type type, const expr_cell *cell, churn_value *out)
{
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
    out->type = type;
}

/* Run the canonical code, which knows why something is an error. */
static const expr_cell *run_slowly(const churn__expr *expr, const churn_value *values,
                                   expr_cell *frame, expr_run *run)
{
    load_values(expr, values, frame);
    churn__expr_run_row(expr, frame, run);
    return &frame[expr->result];
}

static inline churn_status run_record(const churn_expression *expression, const churn_value *values,
                                      expr_cell *frame, expr_run *run, churn_outcome *outcome,
                                      churn_value *value, churn_error *err)
{
    const churn__expr *expr = expression->expr;
    const expr_cell *cell = churn__expr_run_record(expr, values, frame, run);
    if (cell->state == EXPR_ERROR && !run->no_memory) {
        cell = run_slowly(expr, values, frame, run);
    }
    if (run->no_memory) {
        return churn__fail_memory(err, expression->heap);
    }
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
    return CHURN_OK;
}

/* With a frame, on the stack where it fits. */
static churn_status run_framed(const churn_expression *expression, const churn_value *values,
                               expr_run *run, churn_outcome *outcome, churn_value *value,
                               churn_error *err)
{
    expr_cell few[FRAME_ON_STACK];
    uint32_t need = expression->expr->frame_count;
    if (need <= FRAME_ON_STACK) {
        return run_record(expression, values, few, run, outcome, value, err);
    }
    expr_cell *frame = churn__alloc_array(expression->heap, need, sizeof *frame);
    if (frame == NULL) {
        return churn__fail_memory(err, expression->heap);
    }
    churn_status st = run_record(expression, values, frame, run, outcome, value, err);
    churn__free_array(expression->heap, frame, need, sizeof *frame);
    return st;
}

static churn_status check_arguments(const char *function, const churn_expression *expression,
                                    const churn_value *values, uint32_t value_count,
                                    const void *out, const char *out_name, churn_error *err)
{
    if (expression == NULL || out == NULL) {
        return churn__fail_null(err, function, expression == NULL ? "expression" : out_name);
    }
    if (values == NULL && expression->count > 0) {
        return churn__fail_null(err, function, "values");
    }
    if (value_count != expression->count) {
        return churn__fail(err, CHURN_E_ARG, 0, "%s: %u values given for %u variables", function,
                           (uint64_t)value_count, (uint64_t)expression->count);
    }
    return CHURN_OK;
}

static bool gives_made_text(const churn_expression *expression)
{
    return expression->expr->makes_text && expression->expr->type == CHURN__TYPE_STRING;
}

churn_status churn_expression_evaluate(const churn_expression *expression,
                                       const churn_value *values, uint32_t value_count,
                                       churn_outcome *outcome, churn_value *value, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(check_arguments("churn_expression_evaluate", expression, values, value_count, outcome,
                              "outcome", err));
    if (expression->is_simple) {
        expr_cell frame[FRAME_ON_STACK];
        expr_run run = {.text_limit = expression->expr->text_limit};
        if (!types_fit(expression, values) || !texts_fit(expression, values)) {
            CHURN_TRY(check_values(expression, values, err));
        }
        return run_record(expression, values, frame, &run, outcome, value, err);
    }
    if (gives_made_text(expression)) {
        CHURN_FAIL(CHURN_E_UNSUPPORTED, 0,
                   "churn_expression_evaluate: the value is text that evaluation makes: give room "
                   "for it to churn_expression_evaluate_into");
    }
    st = churn_expression_evaluate_into(expression, values, value_count, NULL, 0, NULL, outcome,
                                        value, err);
done:
    return st;
}

/* Text that was made, into the host's room. */
static churn_status move_text(churn_value *value, void *room, size_t room_size, size_t *needed,
                              churn_error *err)
{
    churn_str s = value->string;
    *needed = s.len + 1;
    if (room == NULL || room_size < *needed) {
        return churn__fail(
            err, CHURN_E_RANGE, 0,
            "churn_expression_evaluate_into: the text takes %u bytes, room is for %u",
            (uint64_t)*needed, (uint64_t)(room != NULL ? room_size : 0));
    }
    memcpy(room, s.ptr, s.len);
    ((char *)room)[s.len] = '\0';
    value->string.ptr = room;
    return CHURN_OK;
}

churn_status churn_expression_evaluate_into(const churn_expression *expression,
                                            const churn_value *values, uint32_t value_count,
                                            void *room, size_t room_size, size_t *room_needed,
                                            churn_outcome *outcome, churn_value *value,
                                            churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_value found = {0};
    churn_outcome came = CHURN_OUTCOME_UNKNOWN;
    size_t needed = 0;
    churn__arena text;
    CHURN_TRY(check_arguments("churn_expression_evaluate_into", expression, values, value_count,
                              outcome, "outcome", err));
    CHURN_TRY(check_values(expression, values, err));
    churn__arena_init(&text, expression->heap);
    expr_run run = {.text = &text, .text_limit = expression->expr->text_limit};
    st = expression->tmpl != NULL
             ? churn__expression_render(expression, values, &text, &came, &found, err)
             : run_framed(expression, values, &run, &came, &found, err);
    if (st == CHURN_OK && came == CHURN_OUTCOME_VALUE && value != NULL &&
        gives_made_text(expression)) {
        st = move_text(&found, room, room_size, &needed, err);
    }
    churn__arena_clear(&text);
    if (room_needed != NULL) {
        *room_needed = needed;
    }
    CHURN_TRY(st);
    *outcome = came;
    if (value != NULL) {
        *value = found;
    }
done:
    return st;
}

/* ---- why ---- */

churn_status churn_expression_explain(const churn_expression *expression, const churn_value *values,
                                      uint32_t value_count, churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    expr_cell *slots = NULL;
    if (out != NULL) {
        *out = NULL;
    }
    CHURN_TRY(check_arguments("churn_expression_explain", expression, values, value_count, out,
                              "out", err));
    CHURN_TRY(check_values(expression, values, err));
    if (expression->tmpl != NULL) {
        CHURN_FAIL(CHURN_E_UNSUPPORTED, 0,
                   "churn_expression_explain: a template is text: explain an expression in it");
    }
    const churn__expr *expr = expression->expr;
    slots = churn__alloc_array_zero(expression->heap, expr->slot_count, sizeof *slots);
    if (slots == NULL) {
        return churn__fail_memory(err, expression->heap);
    }
    load_values(expr, values, slots);
    st = churn__expr_explain_cells(expr, slots, NULL, expression->heap, out, err);
    churn__free_array(expression->heap, slots, expr->slot_count, sizeof *slots);
done:
    return st;
}
