/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/sort.h"
#include "metric/derived_inside.h"

/*
 * Metrics at earlier dates, each as it was known then. The past is a plan of its own, at all these
 * dates, for what the metrics are made of that look equally far back; it is evaluated customer by
 * customer.
 */

/* ---- dates ---- */

churn_time churn__metric_past_date(const churn__metric_plan *plan, const churn__metric_past *p,
                                   uint32_t date, uint32_t step)
{
    int64_t reach = 0;
    if (!churn__mul_i64((int64_t)step + 1, p->every, &reach)) {
        return CHURN_TIME_MIN;
    }
    return churn__metric_before(plan, plan->dates[date],
                                (churn__span){.amount = reach, .unit = p->unit});
}

static int compare_times(const void *a, const void *b, const void *context)
{
    const churn_time *x = a, *y = b;
    (void)context;
    return (*x > *y) - (*x < *y);
}

/* All dates of the past, ascending and each once; returns how many, 0: no memory. */
static uint32_t past_dates(const churn__metric_plan *plan, const churn__metric_past *p,
                           churn_time *dates)
{
    uint32_t count = 0, once = 0;
    for (uint32_t date = 0; date < plan->date_count; date++) {
        for (uint32_t step = 0; step < p->steps; step++) {
            dates[count++] = churn__metric_past_date(plan, p, date, step);
        }
    }
    if (!churn__sort(plan->heap, dates, count, sizeof *dates, compare_times, NULL)) {
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (once == 0 || dates[once - 1] != dates[i]) {
            dates[once++] = dates[i];
        }
    }
    return once;
}

static void past_index(const churn__metric_plan *plan, churn__metric_past *p)
{
    for (uint32_t date = 0; date < plan->date_count; date++) {
        for (uint32_t step = 0; step < p->steps; step++) {
            p->at[(size_t)date * p->steps + step] = churn__metric_first_from(
                p->plan->dates, p->plan->date_count, churn__metric_past_date(plan, p, date, step));
        }
    }
}

/* ---- making ---- */

static bool past_columns(churn__metric_plan *plan, churn__metric_past *p)
{
    uint32_t rows = p->plan->date_count;
    p->exists = churn__arena_array(&plan->arena, rows, 1);
    p->columns = churn__arena_array(&plan->arena, plan->config.metric_count, sizeof *p->columns);
    for (uint32_t m = 0; p->columns != NULL && m < plan->config.metric_count; m++) {
        churn__column *column = &p->columns[m];
        if (!p->plan->wanted[m]) {
            continue;
        }
        column->type = p->plan->bounds[m].def->type;
        column->values = churn__arena_array(&plan->arena, rows, sizeof(churn_str));
        column->missing = churn__arena_array(&plan->arena, rows, sizeof(churn__missing));
        if (column->values == NULL || column->missing == NULL) {
            return false;
        }
    }
    return p->exists != NULL && p->columns != NULL;
}

/* `wanted`: by metric, what is looked at in the past. */
static churn_status past_open(churn__metric_plan *plan, churn__metric_past *p,
                              const uint8_t *wanted, churn_error *err)
{
    churn_status st = CHURN_OK;
    size_t n = (size_t)plan->date_count * p->steps;
    churn_time *dates = churn__arena_array(&plan->arena, n, sizeof *dates);
    p->at = churn__arena_array(&plan->arena, n, sizeof *p->at);
    uint32_t count =
        dates == NULL || p->at == NULL || n >= UINT32_MAX ? 0 : past_dates(plan, p, dates);
    if (count == 0) {
        CHURN_TRY(churn__fail_memory(err, plan->heap));
    }
    churn__metric_config config = plan->config;
    config.wanted = wanted;
    config.measure = false;
    config.past_of = p->kind;
    CHURN_TRY(
        churn__metric_plan_create(plan->heap, &config, plan->version, dates, count, &p->plan, err));
    past_index(plan, p);
    if (!past_columns(plan, p)) {
        st = churn__fail_memory(err, plan->heap);
    }
done:
    return st;
}

static uint32_t steps_of(const churn__metric_def *def)
{
    bool trend = def->kind == CHURN__METRIC_BASELINE && def->form == CHURN__FORM_TREND;
    uint32_t back = def->back > 0 ? def->back : 1;
    return trend && back > 1 ? back - 1 : back;
}

static bool looks_alike(const churn__metric_plan *plan, const churn__metric_past *p,
                        uint32_t metric)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    return p->level == plan->past_levels[metric] && p->kind == def->kind &&
           p->every == def->every && p->unit == def->every_unit && p->steps == steps_of(def);
}

/* The past that a metric shares with others, or a new one. */
static churn__metric_past *past_for(churn__metric_plan *plan, uint32_t metric)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    struct churn__metric_pasts *pasts = plan->pasts;
    for (uint32_t i = 0; i < pasts->count; i++) {
        if (looks_alike(plan, &pasts->items[i], metric)) {
            return &pasts->items[i];
        }
    }
    churn__metric_past *p = &pasts->items[pasts->count++];
    *p = (churn__metric_past){.level = plan->past_levels[metric],
                              .kind = def->kind,
                              .every = def->every,
                              .unit = def->every_unit,
                              .steps = steps_of(def)};
    return p;
}

static bool pasts_room(churn__metric_plan *plan, uint32_t count, size_t longest)
{
    struct churn__metric_pasts *pasts = churn__arena_alloc(&plan->arena, sizeof *pasts);
    if (pasts == NULL) {
        return false;
    }
    *pasts = (struct churn__metric_pasts){0};
    pasts->items = churn__arena_array(&plan->arena, count, sizeof *pasts->items);
    pasts->numbers = churn__arena_array(&plan->arena, longest, sizeof *pasts->numbers);
    pasts->places = churn__arena_array(&plan->arena, longest, sizeof *pasts->places);
    plan->pasts = pasts;
    return pasts->items != NULL && pasts->numbers != NULL && pasts->places != NULL;
}

/* Numbers that are worked with at once: the past, and of a trend the slopes of all pairs. */
static size_t numbers_of(const churn__metric_def *def)
{
    size_t n = def->back + 1u;
    bool trend = def->kind == CHURN__METRIC_BASELINE && def->form == CHURN__FORM_TREND;
    return trend ? n + n * (n - 1) / 2 : n;
}

static churn_status past_allowed(const churn__metric_plan *plan, const churn__metric_def *def,
                                 churn_error *err)
{
    bool carry = def->kind == CHURN__METRIC_CARRY;
    bool nested = plan->config.past_of == CHURN__METRIC_BASELINE ||
                  (plan->config.past_of == CHURN__METRIC_CARRY && carry);
    if (nested) {
        return churn__fail(err, CHURN_E_CONFIG, 0, "metric %q: a %s of a baseline", &def->id,
                           carry ? "carried value" : "baseline");
    }
    return def->round == 0
               ? CHURN_OK
               : churn__fail(err, CHURN_E_CONFIG, 0,
                             "metric %q: the past of what stands on other customers", &def->id);
}

static churn_status pasts_join(churn__metric_plan *plan, uint32_t metric, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__metric_def *def = plan->bounds[metric].def;
    CHURN_TRY(past_allowed(plan, def, err));
    churn__metric_past *p = past_for(plan, metric);
    if (p->members == NULL) {
        p->members = churn__arena_array(&plan->arena, plan->derived.count, sizeof *p->members);
    }
    if (p->members == NULL) {
        CHURN_TRY(churn__fail_memory(err, plan->heap));
    }
    p->members[p->member_count++] = metric;
done:
    return st;
}

static churn_status pasts_open(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < plan->pasts->count; i++) {
        churn__metric_past *p = &plan->pasts->items[i];
        uint8_t *wanted = churn__arena_array(&plan->arena, plan->config.metric_count, 1);
        if (wanted == NULL) {
            CHURN_TRY(churn__fail_memory(err, plan->heap));
        }
        for (uint32_t m = 0; m < p->member_count; m++) {
            wanted[plan->bounds[p->members[m]].def->a.metric] = 1;
        }
        CHURN_TRY(past_open(plan, p, wanted, err));
    }
done:
    return st;
}

churn_status churn__metric_pasts_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = 0;
    size_t longest = 0;
    for (uint32_t i = 0; i < plan->derived.count; i++) {
        const churn__metric_def *def = plan->bounds[plan->derived.items[i]].def;
        size_t numbers = churn__metric_has_past(def) ? numbers_of(def) : 0;
        longest = numbers > longest ? numbers : longest;
        count += churn__metric_has_past(def);
    }
    if (count == 0) {
        goto done;
    }
    if (!pasts_room(plan, count, longest)) {
        CHURN_TRY(churn__fail_memory(err, plan->heap));
    }
    for (uint32_t i = 0; i < plan->derived.count; i++) {
        uint32_t metric = plan->derived.items[i];
        if (churn__metric_has_past(plan->bounds[metric].def)) {
            CHURN_TRY(pasts_join(plan, metric, err));
        }
    }
    CHURN_TRY(pasts_open(plan, err));
done:
    return st;
}

void churn__metric_pasts_free(churn__metric_plan *plan)
{
    for (uint32_t i = 0; plan->pasts != NULL && i < plan->pasts->count; i++) {
        churn__metric_plan_free(plan->pasts->items[i].plan);
    }
}

/* What was known of sources then is not what a test says of them now. A past has at most one of its
 * own. */
void churn__metric_pasts_fresh(churn__metric_plan *plan)
{
    for (uint32_t i = 0; plan->pasts != NULL && i < plan->pasts->count; i++) {
        churn__metric_plan *then = plan->pasts->items[i].plan;
        memset(then->assumed, CHURN__ASSUME_FRESH, then->config.source_count);
        churn__metric_cover(then);
        churn__metric_pasts_fresh(then);
    }
}

/* ---- evaluating ---- */

const churn__metric_past *churn__metric_past_of(const churn__metric_plan *plan, uint32_t metric)
{
    const churn__metric_past *p = plan->pasts->items;
    while (!looks_alike(plan, p, metric)) {
        p++;
    }
    return p;
}

churn_status churn__metric_past_eval(const churn__metric_past *p, churn__reader *reader,
                                     uint32_t customer, churn_error *err)
{
    churn__reader_exists_dates(reader, customer, p->plan->dates, p->plan->date_count, p->exists);
    return churn__metric_plan_eval(p->plan, reader, &customer, 1, p->columns, err);
}
