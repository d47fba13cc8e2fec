/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "metric/derived_inside.h"

/* Metrics made of other metrics: which come first, and what they come to. */

/* ---- what they are made of ---- */

bool churn__metric_is_derived(const churn__metric_def *def)
{
    switch (def->kind) {
    case CHURN__METRIC_RATIO:
    case CHURN__METRIC_PCT_CHANGE:
    case CHURN__METRIC_DELTA:
    case CHURN__METRIC_EXPR:
    case CHURN__METRIC_BASELINE:
    case CHURN__METRIC_CARRY:
        return true;
    default:
        return false;
    }
}

uint32_t churn__metric_input_count(const churn__metric_def *def)
{
    bool one = def->kind == CHURN__METRIC_BASELINE || def->kind == CHURN__METRIC_CARRY;
    uint32_t count = one ? 1 : 2;
    if (def->kind == CHURN__METRIC_EXPR) {
        count = 0;
        (void)(def->expr == NULL ? NULL : churn__expr_slots(def->expr, &count));
    }
    return churn__metric_is_derived(def) ? count : 0;
}

uint32_t churn__metric_input(const churn__metric_def *def, uint32_t attribute_count, uint32_t i)
{
    uint32_t count = 0;
    if (def->kind == CHURN__METRIC_EXPR) {
        uint32_t slot = churn__expr_slots(def->expr, &count)[i];
        return slot < attribute_count ? CHURN__METRIC_NONE : slot - attribute_count;
    }
    const churn__operand *o = i == 0 ? &def->a : &def->b;
    return o->is_attribute ? CHURN__METRIC_NONE : o->metric;
}

/* ---- order ---- */

enum { WAITING, OPEN, DONE };

typedef struct order_walk {
    churn__metric_plan *plan;
    uint8_t *state;
    uint32_t *stack;
    uint32_t depth;
} order_walk;

static churn_status order_cycle(const order_walk *walk, uint32_t metric, churn_error *err)
{
    const churn__metric_def *def = walk->plan->bounds[metric].def;
    return churn__fail_at(err, CHURN_E_CONFIG, 0, def->line, def->column, CHURN_ROW_NONE,
                          "metric %q: it is made of itself", &def->id);
}

/* Puts what a metric is made of on the stack. */
static churn_status order_open(order_walk *walk, uint32_t metric, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__metric_def *def = walk->plan->bounds[metric].def;
    uint32_t count = churn__metric_input_count(def);
    uint32_t names = walk->plan->config.attribute_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t input = churn__metric_input(def, names, i);
        if (input == CHURN__METRIC_NONE) {
            continue;
        }
        if (input >= walk->plan->config.metric_count) {
            CHURN_FAIL(CHURN_E_INTERNAL, 0, "metric %q: operand out of range", &def->id);
        }
        if (walk->state[input] == OPEN) {
            CHURN_TRY(order_cycle(walk, metric, err));
        }
        if (walk->state[input] == WAITING) {
            walk->stack[walk->depth++] = input;
        }
    }
done:
    return st;
}

/* Depth first, with a stack of our own. */
static churn_status order_visit(order_walk *walk, uint32_t metric, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__metric_plan *plan = walk->plan;
    walk->depth = 0;
    walk->stack[walk->depth++] = metric;
    while (walk->depth > 0) {
        uint32_t top = walk->stack[walk->depth - 1];
        if (walk->state[top] == WAITING) {
            walk->state[top] = OPEN;
            CHURN_TRY(order_open(walk, top, err));
            continue;
        }
        walk->depth--;
        if (walk->state[top] == OPEN && churn__metric_is_derived(plan->bounds[top].def)) {
            plan->derived.items[plan->derived.count++] = top;
        }
        walk->state[top] = DONE;
        plan->wanted[top] = 1;
    }
done:
    return st;
}

/* How many pasts lie between a metric and what is read from records. */
static uint8_t past_level(const churn__metric_plan *plan, uint32_t metric)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    uint8_t level = 0;
    for (uint32_t i = 0; i < churn__metric_input_count(def); i++) {
        uint32_t input = churn__metric_input(def, plan->config.attribute_count, i);
        if (input != CHURN__METRIC_NONE && plan->past_levels[input] > level) {
            level = plan->past_levels[input];
        }
    }
    return (uint8_t)(level + (churn__metric_has_past(def) && level < UINT8_MAX));
}

/* Metrics of one past are brought together, by the first of them, so that all they are made of
 * comes before it: level by level, what looks back before the rest. `room` is for all of them. */
static void order_pasts(churn__metric_plan *plan, uint32_t *room)
{
    uint32_t count = plan->derived.count, placed = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t metric = plan->derived.items[i];
        plan->past_levels[metric] = past_level(plan, metric);
        room[i] = metric;
    }
    for (uint32_t turn = 0; placed < count; turn++) { /* two a level */
        for (uint32_t i = 0; i < count; i++) {
            bool past = churn__metric_has_past(plan->bounds[room[i]].def);
            if (plan->past_levels[room[i]] * 2u + !past == turn) {
                plan->derived.items[placed++] = room[i];
            }
        }
    }
}

churn_status churn__metric_order(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t n = plan->config.metric_count;
    size_t edges = 1;
    order_walk walk = {.plan = plan};
    for (uint32_t m = 0; m < n; m++) {
        edges += 1 + (size_t)churn__metric_input_count(plan->bounds[m].def);
    }
    walk.state = churn__arena_array(&plan->arena, n, 1);
    /* Each metric is opened once and then puts what it is made of on the stack. */
    walk.stack = churn__arena_array(&plan->arena, edges, sizeof *walk.stack);
    plan->wanted = churn__arena_array(&plan->arena, n, 1);
    if (walk.state == NULL || walk.stack == NULL || plan->wanted == NULL) {
        st = churn__fail_memory(err, plan->heap);
        goto done;
    }
    for (uint32_t m = 0; m < n; m++) {
        if (plan->config.wanted == NULL || plan->config.wanted[m]) {
            CHURN_TRY(order_visit(&walk, m, err));
        }
    }
    memset(walk.state, 0, n);
    plan->past_levels = walk.state;
    order_pasts(plan, walk.stack);
done:
    return st;
}

/* ---- operands ---- */

churn__metric_cell churn__metric_column_number(const churn__column *column, size_t row)
{
    if (column->missing[row] != CHURN__PRESENT) {
        return churn__metric_no_value(column->missing[row]);
    }
    switch (column->type) {
    case CHURN__TYPE_DOUBLE:
        return churn__metric_value(((const double *)column->values)[row]);
    case CHURN__TYPE_INT:
        return churn__metric_value((double)((const int64_t *)column->values)[row]);
    case CHURN__TYPE_BOOL:
        return churn__metric_value(((const uint8_t *)column->values)[row] != 0);
    default:
        return churn__metric_no_value(CHURN__NOT_PROVIDED);
    }
}

static churn__metric_cell operand_value(churn__metric_plan *plan, churn__reader *reader,
                                        uint32_t customer, const churn__metric_bound *bound,
                                        uint32_t which, uint32_t date, size_t row,
                                        const churn__column *out)
{
    const churn__operand *o = which == 0 ? &bound->def->a : &bound->def->b;
    if (!o->is_attribute) {
        return churn__metric_column_number(&out[o->metric], row);
    }
    const churn__value *given = churn__metric_given_attribute(plan, customer, o->attribute);
    return given != NULL ? churn__metric_number(*given)
                         : churn__metric_attribute_number(plan, reader, customer,
                                                          bound->attribute[which], date);
}

static churn__metric_cell derive(const churn__metric_def *def, churn__metric_cell a,
                                 churn__metric_cell b)
{
    bool divides = def->kind != CHURN__METRIC_DELTA;
    bool enough = b.value != 0 && (def->min_base == 0 || b.value >= def->min_base);
    bool base = !divides || b.missing != CHURN__PRESENT || enough;
    churn__missing reason = churn__missing_worse(a.missing, base ? b.missing : CHURN__EMPTY);
    if (reason != CHURN__PRESENT) {
        return churn__metric_no_value(reason);
    }
    if (!divides) {
        return churn__metric_value(a.value - b.value);
    }
    bool change = def->kind == CHURN__METRIC_PCT_CHANGE;
    return churn__metric_value((change ? a.value - b.value : a.value) / b.value);
}

/* Two columns of numbers into a third. */
typedef struct pair {
    const double *a, *b;
    const churn__missing *a_missing, *b_missing;
    double *values;
    churn__missing *missing;
    size_t rows;
} pair;

/* Without a branch a row: which of them have a base is anybody's guess. */
static void pair_divide(const pair *p, double min_base, bool change)
{
    for (size_t row = 0; row < p->rows; row++) {
        double a = p->a[row], b = p->b[row];
        bool enough = b != 0 && (min_base == 0 || b >= min_base);
        churn__missing base = p->b_missing[row];
        base = base == CHURN__PRESENT && !enough ? CHURN__EMPTY : base;
        churn__missing reason = churn__missing_worse(p->a_missing[row], base);
        double quotient = (change ? a - b : a) / b;
        p->values[row] = reason == CHURN__PRESENT ? quotient : 0;
        p->missing[row] = reason;
    }
}

static void pair_subtract(const pair *p)
{
    for (size_t row = 0; row < p->rows; row++) {
        churn__missing reason = churn__missing_worse(p->a_missing[row], p->b_missing[row]);
        p->values[row] = reason == CHURN__PRESENT ? p->a[row] - p->b[row] : 0;
        p->missing[row] = reason;
    }
}

static bool is_numbers(const churn__operand *o, const churn__column *out)
{
    return !o->is_attribute && out[o->metric].type == CHURN__TYPE_DOUBLE;
}

static void eval_columns(churn__metric_plan *plan, uint32_t metric, size_t rows, churn__column *out)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    const churn__column *a = &out[def->a.metric], *b = &out[def->b.metric];
    pair p = {.a = a->values,
              .b = b->values,
              .a_missing = a->missing,
              .b_missing = b->missing,
              .values = (double *)out[metric].values,
              .missing = (churn__missing *)out[metric].missing,
              .rows = rows};
    switch (def->kind) {
    case CHURN__METRIC_DELTA:
        pair_subtract(&p);
        break;
    case CHURN__METRIC_PCT_CHANGE:
        pair_divide(&p, def->min_base, true);
        break;
    default:
        pair_divide(&p, def->min_base, false);
        break;
    }
    churn__metric_settle(plan, metric, rows, out);
}

static void eval_pair(churn__metric_plan *plan, uint32_t metric, churn__reader *reader,
                      const uint32_t *customers, uint32_t n, churn__column *out)
{
    const churn__metric_bound *bound = &plan->bounds[metric];
    if (is_numbers(&bound->def->a, out) && is_numbers(&bound->def->b, out)) {
        eval_columns(plan, metric, (size_t)n * plan->date_count, out);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t date = 0; date < plan->date_count; date++) {
            size_t row = (size_t)i * plan->date_count + date;
            churn__metric_cell a =
                operand_value(plan, reader, customers[i], bound, 0, date, row, out);
            churn__metric_cell b =
                operand_value(plan, reader, customers[i], bound, 1, date, row, out);
            churn__metric_put(plan, metric, row, derive(bound->def, a, b), out);
        }
    }
}

churn_status churn__metric_derived_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = churn__metric_exprs_create(plan, err);
    return st == CHURN_OK ? churn__metric_pasts_create(plan, err) : st;
}

void churn__metric_derived_free(churn__metric_plan *plan)
{
    churn__metric_exprs_free(plan);
    churn__metric_pasts_free(plan);
}

static churn_status derive_one(churn__metric_plan *plan, uint32_t metric, churn__reader *reader,
                               const uint32_t *customers, uint32_t n, churn__column *out,
                               churn_error *err)
{
    switch (plan->bounds[metric].def->kind) {
    case CHURN__METRIC_EXPR:
        return churn__metric_expr_eval(plan, metric, reader, customers, n, out, err);
    case CHURN__METRIC_BASELINE:
        return churn__metric_baseline_eval(plan, metric, reader, customers, n, out, err);
    case CHURN__METRIC_CARRY:
        return churn__metric_carry_eval(plan, metric, reader, customers, n, out, err);
    default:
        eval_pair(plan, metric, reader, customers, n, out);
        return CHURN_OK;
    }
}

churn_status churn__metric_derive(churn__metric_plan *plan, churn__reader *reader,
                                  const uint32_t *customers, uint32_t n, churn__column *out,
                                  churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < plan->derived.count; i++) {
        uint32_t metric = plan->derived.items[i];
        if (plan->bounds[metric].def->round == 0) {
            CHURN_TRY(derive_one(plan, metric, reader, customers, n, out, err));
            churn__metric_give_one(plan, metric, customers, n, out);
        }
    }
done:
    return st;
}

churn_status churn__metric_plan_eval_late(churn__metric_plan *plan, uint32_t metric,
                                          const churn__metric_usual *usual,
                                          const churn__column *members, churn__reader *reader,
                                          const uint32_t *customers, uint32_t n, churn__column *out,
                                          churn_error *err)
{
    churn_status st = CHURN_OK;
    if (churn__metric_is_grouped(plan->bounds[metric].def)) {
        churn__metric_group_eval(plan, metric, usual, members, n, out);
    } else {
        CHURN_TRY(derive_one(plan, metric, reader, customers, n, out, err));
    }
    churn__metric_give_one(plan, metric, customers, n, out);
    if (plan->quality != NULL) {
        churn__metric_measure_late(plan, metric, reader, customers, n, out);
    }
done:
    return st;
}
