/* SPDX-License-Identifier: MIT */
#include "metric/derived_inside.h"

/* Metrics that are expressions over other metrics and attributes of customers: columns of what one
 * names, a few hundred rows at a time. */

#define EXPR_ROWS 256u
#define VALUE_BYTES sizeof(churn_str) /* the widest value of a column */

struct churn__metric_exprs {
    churn__expr_scratch *scratch;
    churn__column *columns; /* by slot: attributes, then metrics */
    uint32_t *codes;        /* by attribute */
};

static uint32_t slot_count(const churn__metric_plan *plan)
{
    return plan->config.metric_count + plan->config.attribute_count;
}

static bool exprs_room(churn__metric_plan *plan)
{
    struct churn__metric_exprs *e = churn__arena_alloc(&plan->arena, sizeof *e);
    plan->exprs = e;
    if (e == NULL) {
        return false;
    }
    e->scratch = churn__expr_scratch_create(plan->heap, EXPR_ROWS);
    e->columns = churn__arena_array(&plan->arena, slot_count(plan), sizeof *e->columns);
    e->codes = churn__arena_array(&plan->arena, plan->config.attribute_count, sizeof *e->codes);
    for (uint32_t i = 0; e->codes != NULL && i < plan->config.attribute_count; i++) {
        e->codes[i] = churn__dict_view_find(churn__version_texts(plan->version),
                                            plan->config.attributes[i].name);
    }
    return e->scratch != NULL && e->columns != NULL && e->codes != NULL;
}

/* Columns of metrics are looked at where they are, those of attributes are filled in here. */
static bool attribute_room(churn__metric_plan *plan, const churn__expr *expr)
{
    uint32_t count = 0;
    const uint32_t *slots = churn__expr_slots(expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        churn__column *column = &plan->exprs->columns[slots[i]];
        if (slots[i] >= plan->config.attribute_count || column->values != NULL) {
            continue;
        }
        column->type = plan->config.attributes[slots[i]].type;
        column->values = churn__arena_array(&plan->arena, EXPR_ROWS, VALUE_BYTES);
        column->missing = churn__arena_array(&plan->arena, EXPR_ROWS, sizeof(churn__missing));
        if (column->values == NULL || column->missing == NULL) {
            return false;
        }
    }
    return true;
}

churn_status churn__metric_exprs_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < plan->derived.count; i++) {
        const churn__metric_def *def = plan->bounds[plan->derived.items[i]].def;
        if (def->kind != CHURN__METRIC_EXPR) {
            continue;
        }
        if ((plan->exprs == NULL && !exprs_room(plan)) || !attribute_room(plan, def->expr)) {
            CHURN_TRY(churn__fail_memory(err, plan->heap));
        }
        CHURN_TRY(churn__expr_scratch_fit(plan->exprs->scratch, def->expr, err));
    }
done:
    return st;
}

void churn__metric_exprs_free(churn__metric_plan *plan)
{
    if (plan->exprs != NULL) {
        churn__expr_scratch_free(plan->exprs->scratch);
    }
}

/* ---- attributes ---- */

static churn__value attribute_value(churn__metric_plan *plan, churn__reader *reader,
                                    uint32_t customer, uint32_t date, uint32_t attribute)
{
    churn__type type = plan->config.attributes[attribute].type;
    uint32_t code = plan->exprs->codes[attribute];
    churn_str name = plan->config.attributes[attribute].name;
    const churn__value *given =
        churn__metric_given_attribute(plan, customer, name.len > 0 ? name : CHURN__STR("age_days"));
    churn__value value = {.type = type, .missing = plan->attribute_block[date]};
    if (given != NULL) {
        return *given;
    }
    if (name.len == 0) {
        churn__metric_cell age =
            churn__metric_attribute_number(plan, reader, customer, CHURN__METRIC_AGE, date);
        return (churn__value){type, age.missing, {.d = age.value}};
    }
    if (value.missing != CHURN__PRESENT || code == CHURN__NO_CODE) {
        value.missing = value.missing == CHURN__PRESENT ? CHURN__NOT_PROVIDED : value.missing;
        return value;
    }
    value = churn__reader_attribute(reader, customer, code, plan->dates[date]);
    if (value.missing == CHURN__PRESENT && value.type == CHURN__TYPE_INT &&
        type == CHURN__TYPE_DOUBLE) {
        return (churn__value){type, CHURN__PRESENT, {.d = (double)value.as.i}};
    }
    if (value.missing == CHURN__PRESENT && value.type != type) {
        value.missing = CHURN__NOT_PROVIDED;
    }
    return value;
}

static void put_attribute(const churn__column *column, uint32_t at, churn__value value)
{
    bool there = value.missing == CHURN__PRESENT;
    void *values = (void *)column->values;
    ((churn__missing *)column->missing)[at] = value.missing;
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        ((uint8_t *)values)[at] = there ? value.as.b : 0;
        break;
    case CHURN__TYPE_STRING:
        ((churn_str *)values)[at] = there ? value.as.s : CHURN__STR("");
        break;
    case CHURN__TYPE_DOUBLE:
        ((double *)values)[at] = there ? value.as.d : 0;
        break;
    default:
        ((churn_time *)values)[at] = there ? value.as.t : CHURN_TIME_NONE;
        break;
    }
}

/* ---- rows ---- */

static size_t type_size(churn__type type)
{
    return type == CHURN__TYPE_BOOL     ? sizeof(uint8_t)
           : type == CHURN__TYPE_STRING ? sizeof(churn_str)
                                        : sizeof(int64_t);
}

/* The columns of rows first .. first + n - 1. */
static void point_columns(churn__metric_plan *plan, const churn__expr *expr, churn__reader *reader,
                          const uint32_t *customers, size_t first, uint32_t n,
                          const churn__column *out)
{
    uint32_t count = 0, names = plan->config.attribute_count;
    const uint32_t *slots = churn__expr_slots(expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        churn__column *column = &plan->exprs->columns[slots[i]];
        if (slots[i] >= names) {
            const churn__column *from = &out[slots[i] - names];
            const char *values = from->values;
            *column = (churn__column){.type = from->type,
                                      .values = values + first * type_size(from->type),
                                      .missing = from->missing + first};
            continue;
        }
        for (uint32_t row = 0; row < n; row++) {
            size_t at = first + row;
            put_attribute(column, row,
                          attribute_value(plan, reader, customers[at / plan->date_count],
                                          (uint32_t)(at % plan->date_count), slots[i]));
        }
    }
}

/* Of what made it unknown, the reason that counts most. */
static churn__missing blame(const churn__metric_plan *plan, const churn__expr *expr, uint32_t row)
{
    uint32_t blamed[16];
    churn__missing worst = CHURN__PRESENT;
    uint32_t count = churn__expr_blame(expr, plan->exprs->columns, row, plan->exprs->scratch,
                                       blamed, sizeof blamed / sizeof blamed[0]);
    for (uint32_t i = 0; i < count; i++) {
        worst = churn__missing_worse(worst, plan->exprs->columns[blamed[i]].missing[row]);
    }
    return worst == CHURN__PRESENT ? CHURN__NOT_PROVIDED : worst;
}

static churn_status eval_row(churn__metric_plan *plan, uint32_t metric, uint32_t row, size_t to,
                             churn__column *out, churn_error *err)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    churn__value value = {0};
    churn__truth truth = CHURN__ERROR;
    churn_error fault = {.struct_size = sizeof fault};
    churn_status st = churn__expr_value(def->expr, plan->exprs->columns, row, plan->exprs->scratch,
                                        &value, &truth, &fault);
    if (st == CHURN_E_NOMEM || st == CHURN_E_LIMIT) {
        return churn__fail_memory(err, plan->heap);
    }
    if (st != CHURN_OK || truth == CHURN__ERROR) { /* it left the range of numbers */
        value = (churn__value){.type = def->type, .missing = CHURN__NON_FINITE};
    } else if (truth == CHURN__UNKNOWN) {
        value = (churn__value){.type = def->type, .missing = blame(plan, def->expr, row)};
    }
    churn__metric_put_value(plan, metric, to, value, out);
    return CHURN_OK;
}

churn_status churn__metric_expr_eval(churn__metric_plan *plan, uint32_t metric,
                                     churn__reader *reader, const uint32_t *customers, uint32_t n,
                                     churn__column *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__expr *expr = plan->bounds[metric].def->expr;
    size_t rows = (size_t)n * plan->date_count;
    for (size_t first = 0; first < rows; first += EXPR_ROWS) {
        uint32_t count = rows - first < EXPR_ROWS ? (uint32_t)(rows - first) : EXPR_ROWS;
        point_columns(plan, expr, reader, customers, first, count, out);
        for (uint32_t row = 0; row < count; row++) {
            CHURN_TRY(eval_row(plan, metric, row, first + row, out, err));
        }
    }
done:
    return st;
}
