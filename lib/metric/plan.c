/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/num.h"
#include "metric/metric_inside.h"

/* ---- lists ---- */

static churn__metric_list *plan_list(churn__metric_plan *plan, const churn__metric_def *def)
{
    switch (def->kind) {
    case CHURN__METRIC_EVENT:
        return churn__metric_is_general(plan, def) ? &plan->general_list : &plan->events;
    case CHURN__METRIC_RATIO:
    case CHURN__METRIC_PCT_CHANGE:
    case CHURN__METRIC_DELTA:
    case CHURN__METRIC_EXPR:
    case CHURN__METRIC_BASELINE:
    case CHURN__METRIC_CARRY:
        return NULL;
    default:
        return &plan->records[def->kind];
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
    churn__metric_list *list = plan_list(plan, def);
    if (list != NULL) {
        list->items[list->count++] = m;
    }
    plan->has_records = plan->has_records || (list != NULL && def->kind != CHURN__METRIC_EVENT);
    if (def->kind == CHURN__METRIC_ATTRIBUTE) {
        bound->attribute[0] =
            churn__dict_view_find(churn__version_texts(plan->version), def->attribute);
    }
    for (uint32_t i = 0; churn__metric_is_derived(def) && i < 2; i++) {
        bound->attribute[i] = attribute_code(plan, (i == 0 ? def->a : def->b).attribute);
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
    if (plan->config.measure) {
        plan->quality = churn__arena_array(arena, plan->config.metric_count, sizeof *plan->quality);
        if (plan->quality == NULL) {
            return false;
        }
    }
    bool good = list_room(plan, &plan->events) && list_room(plan, &plan->general_list) &&
                list_room(plan, &plan->derived);
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
        plan->bounds[m].def = &config->metrics[m];
    }
    CHURN_TRY(churn__metric_order(plan, err));
    for (uint32_t m = 0; m < config->metric_count; m++) {
        if (plan->wanted[m]) {
            plan_bind(plan, m);
        }
    }
    plan_money(plan);
    CHURN_TRY(churn__metric_records_create(plan, err));
    CHURN_TRY(churn__metric_cover_create(plan, err));
    CHURN_TRY(churn__metric_sets_create(plan, err));
    CHURN_TRY(churn__metric_cuts_create(plan, err));
    CHURN_TRY(churn__metric_days_create(plan, err));
    CHURN_TRY(churn__metric_general_create(plan, err));
    CHURN_TRY(churn__metric_derived_create(plan, err));
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
    churn__metric_general_free(plan);
    churn__metric_derived_free(plan);
    churn__metric_keys_free(heap, &plan->users);
    churn__metric_keys_free(heap, &plan->values);
    churn__free_array(heap, plan->marks.of, plan->marks.capacity, sizeof *plan->marks.of);
    churn__arena_clear(&plan->arena);
    churn__version_release(plan->version);
    churn__free(heap, plan, sizeof *plan);
    churn__heap_release(heap);
}
