/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "metric/event_inside.h"

/* Conditions on single events: the columns that one names are filled for a few hundred events at a
 * time, and the expression judges them together. */

#define SLOT_BYTES sizeof(churn_str) /* the widest value of a column */

static uint32_t slot_count(const churn__metric_plan *plan)
{
    return CHURN__WHERE_PROP + plan->config.prop_count;
}

static churn__type slot_type(const churn__metric_plan *plan, uint32_t slot)
{
    if (slot >= CHURN__WHERE_PROP) {
        return plan->config.props[slot - CHURN__WHERE_PROP].type;
    }
    return slot == CHURN__WHERE_VALUE ? CHURN__TYPE_DOUBLE : CHURN__TYPE_STRING;
}

static bool slot_room(churn__metric_plan *plan, uint32_t slot)
{
    churn__column *column = &plan->general->columns[slot];
    if (column->values != NULL) {
        return true;
    }
    column->type = slot_type(plan, slot);
    column->values = churn__arena_array(&plan->arena, CHURN__WHERE_ROWS, SLOT_BYTES);
    column->missing = churn__arena_array(&plan->arena, CHURN__WHERE_ROWS, sizeof(churn__missing));
    return column->values != NULL && column->missing != NULL;
}

static churn_status where_fit(churn__metric_plan *plan, const churn__expr *expr, churn_error *err)
{
    uint32_t count = 0;
    const uint32_t *slots = churn__expr_slots(expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (!slot_room(plan, slots[i])) {
            return churn__fail_memory(err, plan->heap);
        }
    }
    return churn__expr_scratch_fit(plan->general->scratch, expr, err);
}

churn_status churn__metric_where_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    struct churn__metric_general *g = plan->general;
    g->scratch = churn__expr_scratch_create(plan->heap, CHURN__WHERE_ROWS);
    g->columns = churn__arena_array(&plan->arena, slot_count(plan), sizeof *g->columns);
    g->truth = churn__arena_array(&plan->arena, CHURN__WHERE_ROWS, sizeof *g->truth);
    if (g->scratch == NULL || g->columns == NULL || g->truth == NULL) {
        st = churn__fail_memory(err, plan->heap);
        goto done;
    }
    for (uint32_t i = 0; i < g->metrics.count; i++) {
        const churn__metric_def *def = plan->bounds[g->metrics.items[i]].def;
        if (def->expr != NULL) {
            CHURN_TRY(where_fit(plan, def->expr, err));
        }
    }
done:
    return st;
}

void churn__metric_where_free(churn__metric_plan *plan)
{
    churn__expr_scratch_free(plan->general->scratch);
}

/* ---- columns ---- */

static void put_text(const churn__dict_view *names, uint32_t code, churn_str *value,
                     churn__missing *missing)
{
    bool there = code != CHURN__NO_CODE;
    *missing = there ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
    *value = there ? churn__dict_view_get(names, code) : CHURN__STR("");
}

static void fill_values(const churn__column *column, const double *values, uint32_t n)
{
    double *to = (double *)column->values;
    churn__missing *missing = (churn__missing *)column->missing;
    for (uint32_t i = 0; i < n; i++) {
        bool there = values != NULL && !isnan(values[i]);
        to[i] = there ? values[i] : 0;
        missing[i] = there ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
    }
}

static void fill_texts(const churn__dict_view *names, const churn__column *column,
                       const uint32_t *codes, uint32_t n)
{
    churn_str *to = (churn_str *)column->values;
    churn__missing *missing = (churn__missing *)column->missing;
    for (uint32_t i = 0; i < n; i++) {
        put_text(names, codes == NULL ? CHURN__NO_CODE : codes[i], &to[i], &missing[i]);
    }
}

static void fill_types(const churn__dict_view *names, const churn__column *column, uint32_t type,
                       uint32_t n)
{
    churn_str *to = (churn_str *)column->values;
    churn__missing *missing = (churn__missing *)column->missing;
    for (uint32_t i = 0; i < n; i++) {
        put_text(names, type, &to[i], &missing[i]);
    }
}

static void fill_times(const churn__column *column, const churn_time *values, uint32_t n)
{
    churn_time *to = (churn_time *)column->values;
    churn__missing *missing = (churn__missing *)column->missing;
    for (uint32_t i = 0; i < n; i++) {
        bool there = values[i] != CHURN_TIME_NONE;
        to[i] = values[i];
        missing[i] = there ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
    }
}

static void fill_truths(const churn__column *column, const int8_t *values, uint32_t n)
{
    uint8_t *to = (uint8_t *)column->values;
    churn__missing *missing = (churn__missing *)column->missing;
    for (uint32_t i = 0; i < n; i++) {
        bool there = values[i] != CHURN_TRUTH_NONE;
        to[i] = there && values[i] != 0;
        missing[i] = there ? CHURN__PRESENT : CHURN__NOT_PROVIDED;
    }
}

/* A property of another type than declared is not provided as declared. */
static void fill_prop(churn__metric_plan *plan, const churn__column *column,
                      const churn__event_prop *prop, size_t base, uint32_t n)
{
    const churn__dict_view *texts = churn__version_texts(plan->version);
    if (prop->values == NULL || prop->type != column->type) {
        for (uint32_t i = 0; i < n; i++) {
            ((churn__missing *)column->missing)[i] = CHURN__NOT_PROVIDED;
        }
        return;
    }
    switch (column->type) {
    case CHURN__TYPE_DOUBLE:
        fill_values(column, (const double *)prop->values + base, n);
        break;
    case CHURN__TYPE_STRING:
        fill_texts(texts, column, (const uint32_t *)prop->values + base, n);
        break;
    case CHURN__TYPE_TIME:
        fill_times(column, (const churn_time *)prop->values + base, n);
        break;
    default:
        fill_truths(column, (const int8_t *)prop->values + base, n);
        break;
    }
}

void churn__metric_where(churn__metric_plan *plan, const churn__metric_def *def,
                         churn__reader *reader, uint32_t customer, uint32_t type,
                         const churn__events *events, size_t base, uint32_t n)
{
    struct churn__metric_general *g = plan->general;
    uint32_t count = 0;
    const uint32_t *slots = churn__expr_slots(def->expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        const churn__column *column = &g->columns[slots[i]];
        if (slots[i] == CHURN__WHERE_VALUE) {
            fill_values(column, events->value == NULL ? NULL : events->value + base, n);
        } else if (slots[i] == CHURN__WHERE_USER) {
            fill_texts(churn__version_texts(plan->version), column,
                       events->user == NULL ? NULL : events->user + base, n);
        } else if (slots[i] == CHURN__WHERE_TYPE) {
            fill_types(churn__version_types(plan->version), column, type, n);
        } else {
            churn__event_prop prop =
                churn__metric_prop(reader, customer, type, g->props[slots[i] - CHURN__WHERE_PROP]);
            fill_prop(plan, column, &prop, base, n);
        }
    }
    if (churn__expr_truth(def->expr, g->columns, n, g->scratch, g->truth, NULL) != CHURN_OK) {
        plan->failed = true;
    }
}
