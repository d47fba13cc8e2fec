/* SPDX-License-Identifier: MIT */
#include "metric/metric.h"

#include <math.h>
#include <string.h>

#include "metric/metric_inside.h"

/* ---- cells ---- */

bool churn__metric_is_age(churn_str attribute)
{
    return churn__str_eq(attribute, CHURN__STR("age_days"));
}

static churn__metric_cell cell_settle(const churn__metric_def *def, churn__metric_cell cell)
{
    if (cell.missing == CHURN__PRESENT && !isfinite(cell.value)) {
        cell.missing = CHURN__NON_FINITE;
    }
    if (cell.missing != CHURN__PRESENT && def->has_default) {
        cell = churn__metric_value(def->default_value);
    }
    return cell.missing == CHURN__PRESENT ? cell : churn__metric_no_value(cell.missing);
}

void churn__metric_put(const churn__metric_plan *plan, uint32_t metric, size_t row,
                       churn__metric_cell cell, churn__column *out)
{
    cell = cell_settle(plan->bounds[metric].def, cell);
    /* The caller's columns are const for their readers; here they are filled in. */
    ((double *)out[metric].values)[row] = cell.value;
    ((churn__missing *)out[metric].missing)[row] = cell.missing;
}

churn__metric_cell churn__metric_number(churn__value value)
{
    if (value.missing != CHURN__PRESENT) {
        return churn__metric_no_value(value.missing);
    }
    switch (value.type) {
    case CHURN__TYPE_DOUBLE:
        return churn__metric_value(value.as.d);
    case CHURN__TYPE_INT:
        return churn__metric_value((double)value.as.i);
    case CHURN__TYPE_BOOL:
        return churn__metric_value(value.as.b != 0);
    default:
        return churn__metric_no_value(CHURN__NOT_PROVIDED);
    }
}

static void write_value(const churn__column *column, size_t row, churn__value value)
{
    bool there = value.missing == CHURN__PRESENT;
    void *values = (void *)column->values;
    ((churn__missing *)column->missing)[row] = value.missing;
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        ((uint8_t *)values)[row] = there ? value.as.b : 0;
        break;
    case CHURN__TYPE_INT:
        ((int64_t *)values)[row] = there ? value.as.i : 0;
        break;
    case CHURN__TYPE_STRING:
        ((churn_str *)values)[row] = there ? value.as.s : CHURN__STR("");
        break;
    default:
        ((churn_time *)values)[row] = there ? value.as.t : CHURN_TIME_NONE;
        break;
    }
}

void churn__metric_put_value(const churn__metric_plan *plan, uint32_t metric, size_t row,
                             churn__value value, churn__column *out)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    if (def->type == CHURN__TYPE_DOUBLE) {
        churn__metric_put(plan, metric, row, churn__metric_number(value), out);
        return;
    }
    if (value.missing == CHURN__PRESENT && value.type != def->type) {
        value.missing = CHURN__NOT_PROVIDED;
    }
    if (value.missing != CHURN__PRESENT && def->has_default) {
        value = def->otherwise;
    }
    write_value(&out[metric], row, value);
}

/* ---- events ---- */

static void eval_range(churn__metric_plan *plan, const churn__metric_range *range, size_t first,
                       churn__column *out)
{
    for (uint32_t i = 0; i < plan->events.count && !plan->failed; i++) {
        uint32_t metric = plan->events.items[i];
        churn__metric_aggregate(plan, metric, range, (double *)out[metric].values + first,
                                (churn__missing *)out[metric].missing + first);
    }
}

/* All dates at once, unless some event is seen at a part of them only. */
static void eval_events(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                        size_t first, churn__column *out)
{
    churn__metric_gather(plan, reader, customer, &plan->whole);
    if (!plan->mixed) {
        eval_range(plan, &plan->whole, first, out);
        return;
    }
    for (uint32_t date = 0; date < plan->date_count && !plan->failed; date++) {
        churn__metric_gather(plan, reader, customer, &plan->by_date[date]);
        eval_range(plan, &plan->by_date[date], first, out);
    }
}

/* A number is finite unless all bits of its exponent are set: one more in the exponent's place
 * then carries into the sign's. Whole numbers, so that compilers do several at once. */
static bool all_finite(const double *values, size_t n)
{
    const uint64_t exponent = UINT64_C(0x7ff) << 52;
    uint64_t carried = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        memcpy(&bits, &values[i], sizeof bits);
        carried |= (bits & exponent) + (UINT64_C(1) << 52);
    }
    return carried >> 63 == 0;
}

void churn__metric_settle(const churn__metric_plan *plan, uint32_t metric, size_t rows,
                          churn__column *out)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    double *values = (double *)out[metric].values;
    churn__missing *missing = (churn__missing *)out[metric].missing;
    if (!def->has_default && all_finite(values, rows)) {
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        churn__metric_cell cell = cell_settle(def, (churn__metric_cell){values[row], missing[row]});
        values[row] = cell.value;
        missing[row] = cell.missing;
    }
}

/* ---- all ---- */

static void eval_since(churn__metric_plan *plan, churn__reader *reader, uint32_t customer)
{
    plan->newest_since = CHURN_TIME_NONE;
    if (!plan->needs_since) {
        return;
    }
    churn__reader_since_dates(reader, customer, plan->dates, plan->date_count, plan->since);
    for (uint32_t date = 0; date < plan->date_count; date++) {
        churn_time since = plan->since[date];
        plan->newest_since = since > plan->newest_since ? since : plan->newest_since;
    }
}

static void eval_customer(churn__metric_plan *plan, churn__reader *reader, uint32_t customer,
                          size_t first, churn__column *out)
{
    eval_since(plan, reader, customer);
    if (plan->events.count > 0) {
        eval_events(plan, reader, customer, first, out);
    }
    if (plan->general != NULL) {
        churn__metric_general_eval(plan, reader, customer, first, out);
    }
    if (plan->has_records) {
        churn__metric_records(plan, reader, customer, first, out);
    }
}

churn_status churn__metric_plan_eval(churn__metric_plan *plan, churn__reader *reader,
                                     const uint32_t *customers, uint32_t n, churn__column *out,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t in_hand = 0;
    for (uint32_t i = 0; i < n && !plan->failed; i++) {
        churn__reader_ahead(reader, customers + i, n - i);
        in_hand = customers[i];
        eval_customer(plan, reader, in_hand, (size_t)i * plan->date_count, out);
    }
    if (plan->failed || churn__reader_failed(reader)) {
        st = churn__metric_trouble(plan, in_hand, err);
    }
    for (uint32_t i = 0; st == CHURN_OK && i < plan->events.count; i++) {
        churn__metric_settle(plan, plan->events.items[i], (size_t)n * plan->date_count, out);
    }
    plan->failed = false;
    if (st == CHURN_OK) {
        churn__metric_give_all(plan, customers, n, out);
        st = churn__metric_derive(plan, reader, customers, n, out, err);
    }
    if (st == CHURN_OK && plan->quality != NULL) {
        churn__metric_measure(plan, reader, customers, n, out);
    }
    return st;
}
