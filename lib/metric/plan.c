/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/num.h"
#include "metric/metric_inside.h"

/* ---- which metrics are made of others ---- */

static bool is_derived(const churn__metric_def *def)
{
    return def->kind == CHURN__METRIC_RATIO || def->kind == CHURN__METRIC_PCT_CHANGE;
}

static const churn__operand *operand(const churn__metric_def *def, uint32_t i)
{
    return i == 0 ? &def->a : &def->b;
}

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
    for (uint32_t i = 0; is_derived(def) && i < 2; i++) {
        const churn__operand *o = operand(def, i);
        if (o->is_attribute) {
            continue;
        }
        if (o->metric >= walk->plan->config.metric_count) {
            CHURN_FAIL(CHURN_E_INTERNAL, 0, "metric %q: operand out of range", &def->id);
        }
        if (walk->state[o->metric] == OPEN) {
            CHURN_TRY(order_cycle(walk, metric, err));
        }
        if (walk->state[o->metric] == WAITING) {
            walk->stack[walk->depth++] = o->metric;
        }
    }
done:
    return st;
}

/* Depth first, with a stack of our own. */
static churn_status order_visit(order_walk *walk, uint32_t metric, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__metric_list *derived = &walk->plan->derived;
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
        if (walk->state[top] == OPEN && is_derived(walk->plan->bounds[top].def)) {
            derived->items[derived->count++] = top;
        }
        walk->state[top] = DONE;
    }
done:
    return st;
}

static churn_status plan_order(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t n = plan->config.metric_count;
    order_walk walk = {.plan = plan};
    walk.state = churn__arena_array(&plan->arena, n, 1);
    /* Each metric is opened once and puts at most two on the stack. */
    walk.stack = churn__arena_array(&plan->arena, (size_t)n * 2 + 1, sizeof *walk.stack);
    if (walk.state == NULL || walk.stack == NULL) {
        st = churn__fail_memory(err, plan->heap);
        goto done;
    }
    for (uint32_t m = 0; m < n; m++) {
        CHURN_TRY(order_visit(&walk, m, err));
    }
done:
    return st;
}

/* ---- lists ---- */

static churn__metric_list *plan_list(churn__metric_plan *plan, churn__metric_kind kind)
{
    switch (kind) {
    case CHURN__METRIC_EVENT:
        return &plan->events;
    case CHURN__METRIC_RATIO:
    case CHURN__METRIC_PCT_CHANGE:
        return NULL;
    default:
        return &plan->records[kind];
    }
}

static bool needs_since(const churn__metric_def *def)
{
    return def->has_window || def->kind == CHURN__METRIC_MILESTONE ||
           def->what == CHURN__AGG_TREND || def->what == CHURN__AGG_DAYS_SINCE;
}

static uint32_t attribute_code(const churn__metric_plan *plan, churn_str name)
{
    return churn__metric_is_age(name)
               ? CHURN__METRIC_AGE
               : churn__dict_view_find(churn__version_texts(plan->version), name);
}

static void plan_bind(churn__metric_plan *plan, uint32_t m)
{
    churn__metric_bound *bound = &plan->bounds[m];
    const churn__metric_def *def = &plan->config.metrics[m];
    churn__metric_list *list = plan_list(plan, def->kind);
    bound->def = def;
    if (list != NULL) {
        list->items[list->count++] = m;
    }
    if (def->kind == CHURN__METRIC_ATTRIBUTE) {
        bound->attribute[0] =
            churn__dict_view_find(churn__version_texts(plan->version), def->attribute);
    }
    for (uint32_t i = 0; is_derived(def) && i < 2; i++) {
        bound->attribute[i] = attribute_code(plan, operand(def, i)->attribute);
    }
    plan->needs_since = plan->needs_since || needs_since(def);
}

static bool list_room(churn__metric_plan *plan, churn__metric_list *list)
{
    list->items = churn__arena_array(&plan->arena, plan->config.metric_count, sizeof *list->items);
    return list->items != NULL;
}

static bool plan_room(churn__metric_plan *plan, const churn_time *dates)
{
    churn__arena *arena = &plan->arena;
    plan->bounds = churn__arena_array(arena, plan->config.metric_count, sizeof *plan->bounds);
    plan->dates = churn__arena_array(arena, plan->date_count, sizeof *plan->dates);
    plan->since = churn__arena_array(arena, plan->date_count, sizeof *plan->since);
    if (plan->bounds == NULL || plan->dates == NULL || plan->since == NULL) {
        return false;
    }
    memcpy(plan->dates, dates, plan->date_count * sizeof *dates);
    bool good = list_room(plan, &plan->events) && list_room(plan, &plan->derived);
    for (uint32_t kind = 0; good && kind < CHURN__METRIC_KINDS; kind++) {
        good = list_room(plan, &plan->records[kind]);
    }
    return good;
}

static void plan_money(churn__metric_plan *plan)
{
    churn_str code = plan->config.currency;
    int digits = code.ptr == NULL ? -1 : churn__currency_scale(code.ptr, code.len);
    plan->money_scale = 1;
    for (digits = digits < 0 ? 2 : digits; digits > 0; digits--) {
        plan->money_scale *= 10;
    }
}

/* ---- life ---- */

churn_status churn__metric_plan_create(churn__heap *heap, const churn__metric_config *config,
                                       churn__version *version, const churn_time *dates,
                                       uint32_t date_count, churn__metric_plan **out,
                                       churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__metric_plan *plan = churn__alloc_zero(heap, sizeof *plan);
    if (plan == NULL) {
        st = churn__fail_memory(err, heap);
        goto done;
    }
    plan->heap = churn__heap_retain(heap);
    plan->version = churn__version_retain(version);
    churn__arena_init(&plan->arena, heap);
    plan->config = *config;
    plan->date_count = date_count;
    if (!plan_room(plan, dates)) {
        st = churn__fail_memory(err, heap);
        goto done;
    }
    for (uint32_t m = 0; m < config->metric_count; m++) {
        plan_bind(plan, m);
    }
    plan_money(plan);
    CHURN_TRY(churn__metric_records_create(plan, err));
    CHURN_TRY(plan_order(plan, err));
    CHURN_TRY(churn__metric_cover_create(plan, err));
    CHURN_TRY(churn__metric_sets_create(plan, err));
    CHURN_TRY(churn__metric_cuts_create(plan, err));
    CHURN_TRY(churn__metric_days_create(plan, err));
    *out = plan;
    plan = NULL;
done:
    churn__metric_plan_free(plan);
    return st;
}

void churn__metric_plan_free(churn__metric_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    churn__heap *heap = plan->heap;
    churn__metric_gather_free(plan);
    churn__metric_records_free(plan);
    churn__metric_keys_free(heap, &plan->users);
    churn__metric_keys_free(heap, &plan->values);
    churn__free_array(heap, plan->marks.of, plan->marks.capacity, sizeof *plan->marks.of);
    churn__arena_clear(&plan->arena);
    churn__version_release(plan->version);
    churn__free(heap, plan, sizeof *plan);
    churn__heap_release(heap);
}
