/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "base/num.h"
#include "expr/expression_inside.h"
#include "expr/sink.h"

/* Public expressions that are templates. To whatever asks about slots, types and text they look
 * like an expression of type string: the carrier. What they come to is rendered. */

/* ---- compiling ---- */

/* An empty text that reads what the template reads. */
static churn_status make_carrier(churn_expression *made, const churn__expr_source *source,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__expr_source empty = *source;
    uint32_t count = 0;
    const uint32_t *slots = churn__template_slots(made->tmpl, &count);
    empty.text = CHURN__STR("\"\"");
    CHURN_TRY(churn__expr_compile(made->heap, NULL, &empty, &made->expr, err));
    churn__expr *expr = made->expr;
    churn__type *types = churn__arena_array(&expr->arena, (size_t)count + 1, sizeof *types);
    expr->text = churn__arena_str(&expr->arena, source->text.ptr, source->text.len);
    expr->slot_never_missing =
        churn__arena_array(&expr->arena, (size_t)count + 1, sizeof *expr->slot_never_missing);
    if (types == NULL || expr->text.ptr == NULL || expr->slot_never_missing == NULL) {
        return churn__fail_memory(err, made->heap);
    }
    for (uint32_t i = 0; i < count; i++) {
        types[i] = made->types[slots[i]];
    }
    expr->slots = slots;
    expr->slot_types = types;
    expr->slot_count = count;
    expr->frame_count += count;
    expr->result += count;
    expr->makes_text = true;
    const churn__expr *carrier = expr;
    if (!churn__expr_plan_make(made->heap, &expr->arena, &carrier, 1, &expr->plan)) {
        st = churn__fail_memory(err, made->heap);
    }
done:
    return st;
}

static churn_status open_zone(churn_expression *made, churn_str name, churn_error *err)
{
    churn_status st = CHURN_OK;
    if (name.len == 0) {
        return CHURN_OK;
    }
    switch (churn__zone_open(made->heap, NULL, name, &made->zone)) {
    case CHURN__ZONE_OK:
        break;
    case CHURN__ZONE_NOMEM:
        st = churn__fail_memory(err, made->heap);
        break;
    default:
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_expression_compile: options.time_zone: unknown zone %q",
                   &name);
    }
done:
    return st;
}

churn_status churn__expression_compile_template(churn_expression *made, const churn_limits *limits,
                                                const churn_expression_options *options,
                                                const churn__expr_source *source, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_str zone = {NULL, 0}, currency = {NULL, 0};
    CHURN_TRY(churn__take_str(options->time_zone.ptr, options->time_zone.len, true, 255,
                              "options.time_zone", &zone, err));
    CHURN_TRY(churn__take_str(options->currency.ptr, options->currency.len, true, 255,
                              "options.currency", &currency, err));
    CHURN_TRY(open_zone(made, zone, err));
    if (currency.len > 0 && churn__currency_scale(currency.ptr, currency.len) < 0) {
        CHURN_FAIL(CHURN_E_ARG, 0,
                   "churn_expression_compile: options.currency: unknown currency %q", &currency);
    }
    made->now = options->as_of;
    const churn__template_options with = {.currency = currency, .has_now = options->as_of != 0};
    CHURN_TRY(churn__template_compile(made->heap, limits, source, &with, &made->tmpl, err));
    CHURN_TRY(make_carrier(made, source, err));
done:
    return st;
}

/* ---- many rows ---- */

static bool is_too_long(churn_status st, const churn_error *err)
{
    return st == CHURN_E_LIMIT && err->detail == CHURN__EXPR_RUN_LONG;
}

churn_status churn__expression_render_rows(const churn_expression *expression,
                                           const expr_batch *batch, const expr_rendered *to,
                                           uint32_t row, uint32_t n, churn_error *err)
{
    static const uint8_t good = CHURN_OUTCOME_VALUE, bad = CHURN_OUTCOME_ERROR;
    churn_status st = CHURN_OK;
    churn__template_view view = {.columns = batch->columns,
                                 .scratch = to->scratch,
                                 .zone = expression->zone,
                                 .now = expression->now};
    churn__buf text;
    churn__buf_init(&text, batch->heap);
    for (view.row = row; view.row < row + n; view.row++) {
        churn_error why = {.struct_size = sizeof why};
        churn__buf_reset(&text);
        st = churn__template_render(expression->tmpl, &view, &text, &why);
        if (st != CHURN_OK && !is_too_long(st, &why)) {
            st = churn__fail_memory(err, batch->heap);
            goto done;
        }
        bool fine = st == CHURN_OK;
        churn__table_add_string(to->builder, to->value,
                                fine ? churn__buf_view(&text) : (churn_str){NULL, 0});
        if (to->outcome != CHURN_COLUMN_NONE) {
            churn__table_add_codes(to->builder, to->outcome, fine ? &good : &bad, 1);
            churn__table_add_string(to->builder, to->error,
                                    fine ? (churn_str){NULL, 0} : churn__str_nts(why.message));
        }
        st = CHURN_OK;
    }
done:
    churn__buf_clear(&text);
    return st;
}

/* ---- one record ---- */

/* Values as columns of one row. */
typedef struct record {
    churn__column *columns;
    churn__missing *missing;
    uint8_t *truths;
} record;

static const void *value_of(const churn_value *value, churn__type type, uint8_t *truth)
{
    switch (type) {
    case CHURN__TYPE_BOOL:
        *truth = value->truth != 0;
        return truth;
    case CHURN__TYPE_DOUBLE:
        return &value->number;
    case CHURN__TYPE_STRING:
        return &value->string;
    default:
        return &value->integer;
    }
}

static bool open_record(const churn_expression *expression, const churn_value *values,
                        churn__arena *arena, record *out)
{
    const size_t count = (size_t)expression->count + 1;
    out->columns = churn__arena_array(arena, count, sizeof *out->columns);
    out->missing = churn__arena_array(arena, count, sizeof *out->missing);
    out->truths = churn__arena_array(arena, count, sizeof *out->truths);
    if (out->columns == NULL || out->missing == NULL || out->truths == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < expression->count; i++) {
        const churn__type type = expression->types[i];
        out->missing[i] = values[i].type == 0 ? CHURN__NOT_PROVIDED : CHURN__PRESENT;
        out->columns[i] = (churn__column){.type = type,
                                          .values = value_of(&values[i], type, &out->truths[i]),
                                          .missing = &out->missing[i]};
    }
    return true;
}

churn_status churn__expression_render(const churn_expression *expression, const churn_value *values,
                                      churn__arena *arena, churn_outcome *outcome,
                                      churn_value *value, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_error why = {.struct_size = sizeof why};
    record row = {NULL, NULL, NULL};
    churn__buf text;
    churn__buf_init(&text, expression->heap);
    churn__expr_scratch *scratch = churn__expr_scratch_create(expression->heap, 1);
    *value = (churn_value){0};
    if (scratch == NULL || !open_record(expression, values, arena, &row)) {
        st = churn__fail_memory(err, expression->heap);
        goto done;
    }
    const churn__template_view view = {.columns = row.columns,
                                       .scratch = scratch,
                                       .zone = expression->zone,
                                       .now = expression->now};
    st = churn__template_render(expression->tmpl, &view, &text, &why);
    if (is_too_long(st, &why)) {
        *outcome = CHURN_OUTCOME_ERROR;
        churn__fail_at(err, CHURN_E_RANGE, why.detail, 1, 1, CHURN_ROW_NONE, "%s", why.message);
        st = CHURN_OK;
        goto done;
    }
    *outcome = CHURN_OUTCOME_VALUE;
    value->type = CHURN_TYPE_STRING;
    value->string = churn__arena_str(arena, text.data != NULL ? text.data : "", text.size);
    if (st != CHURN_OK || value->string.ptr == NULL) {
        st = churn__fail_memory(err, expression->heap);
    }
done:
    churn__buf_clear(&text);
    churn__expr_scratch_free(scratch);
    return st;
}

/* ---- the filters ---- */

churn_status churn_template_filters(churn_table **out, churn_error *err)
{
    static const char *const names[] = {"name", "takes", "arguments", "doc", "example", "shows"};
    churn_status st = CHURN_OK;
    if (out == NULL) {
        return churn__fail_null(err, "churn_template_filters", "out");
    }
    *out = NULL;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__table_builder *builder = heap != NULL ? churn__table_begin(heap, 0) : NULL;
    if (builder == NULL) {
        st = churn__fail_memory(err, heap);
        goto done;
    }
    for (uint32_t column = 0; column < 6; column++) {
        churn__table_column(builder, names[column], CHURN_COLUMN_STRING);
    }
    for (uint32_t i = 0; churn__template_filter(i).name != NULL; i++) {
        const churn__template_filter_doc doc = churn__template_filter(i);
        const char *const cells[] = {doc.name, doc.takes,   doc.arguments,
                                     doc.doc,  doc.example, doc.shows};
        for (uint32_t column = 0; column < 6; column++) {
            churn__table_add_string(builder, column, churn__str_nts(cells[column]));
        }
    }
    st = churn__table_finish(builder, out, err);
done:
    churn__heap_release(heap);
    return st;
}
