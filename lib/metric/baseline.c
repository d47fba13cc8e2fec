/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/sort.h"
#include "metric/derived_inside.h"
#include "metric/event_inside.h"

/*
 * A metric against what it usually is: the median of its own values at earlier dates, each as it
 * was known then. The past is a plan of its own, at all these dates, for what the metric is made
 * of; it is evaluated customer by customer.
 */

typedef struct past {
    uint32_t metric; /* the baseline */
    churn__metric_plan *plan;
    uint32_t *at;           /* by date, then step: the date of `plan` */
    churn__column *columns; /* by metric: what `plan` wants has room for one customer */
} past;

struct churn__metric_baselines {
    past *pasts;
    uint32_t count;
    double *numbers; /* as many as the longest past */
};

/* ---- making ---- */

static churn_time past_date(const churn__metric_plan *plan, const churn__metric_def *def,
                            uint32_t date, uint32_t step)
{
    int64_t reach = 0;
    if (!churn__mul_i64((int64_t)step + 1, def->every, &reach)) {
        return CHURN_TIME_MIN;
    }
    churn__span span = {.amount = reach, .unit = def->every_unit};
    return span.unit == CHURN__UNIT_MICRO
               ? churn__metric_back(plan->dates[date], reach)
               : churn__span_back(plan->config.zone, plan->dates[date], span);
}

static int compare_times(const void *a, const void *b, const void *context)
{
    const churn_time *x = a, *y = b;
    (void)context;
    return (*x > *y) - (*x < *y);
}

/* All dates of the past, ascending and each once; returns how many. */
static uint32_t past_dates(churn__metric_plan *plan, const churn__metric_def *def,
                           churn_time *dates)
{
    uint32_t count = 0, once = 0;
    for (uint32_t date = 0; date < plan->date_count; date++) {
        for (uint32_t step = 0; step < def->back; step++) {
            dates[count++] = past_date(plan, def, date, step);
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

static bool past_columns(churn__metric_plan *plan, past *p)
{
    uint32_t rows = p->plan->date_count;
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
    return p->columns != NULL;
}

static void past_index(churn__metric_plan *plan, const churn__metric_def *def, past *p)
{
    for (uint32_t date = 0; date < plan->date_count; date++) {
        for (uint32_t step = 0; step < def->back; step++) {
            p->at[date * def->back + step] = churn__metric_first_from(
                p->plan->dates, p->plan->date_count, past_date(plan, def, date, step));
        }
    }
}

static churn_status past_create(churn__metric_plan *plan, uint32_t metric, past *p,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__metric_def *def = plan->bounds[metric].def;
    size_t n = (size_t)plan->date_count * def->back;
    uint8_t *wanted = churn__arena_array(&plan->arena, plan->config.metric_count, 1);
    churn_time *dates = churn__arena_array(&plan->arena, n, sizeof *dates);
    p->metric = metric;
    p->at = churn__arena_array(&plan->arena, n, sizeof *p->at);
    uint32_t count = wanted == NULL || dates == NULL || p->at == NULL || n >= UINT32_MAX
                         ? 0
                         : past_dates(plan, def, dates);
    if (count == 0) {
        st = churn__fail_memory(err, plan->heap);
        goto done;
    }
    churn__metric_config config = plan->config;
    config.wanted = wanted;
    config.measure = false;
    config.past_of = def->kind;
    wanted[def->a.metric] = 1;
    CHURN_TRY(
        churn__metric_plan_create(plan->heap, &config, plan->version, dates, count, &p->plan, err));
    past_index(plan, def, p);
    if (!past_columns(plan, p)) {
        st = churn__fail_memory(err, plan->heap);
    }
done:
    return st;
}

static churn_status baselines_room(churn__metric_plan *plan, uint32_t count, uint32_t longest,
                                   churn_error *err)
{
    struct churn__metric_baselines *b = churn__arena_alloc(&plan->arena, sizeof *b);
    plan->baselines = b;
    if (b != NULL) {
        b->pasts = churn__arena_array(&plan->arena, count, sizeof *b->pasts);
        b->numbers = churn__arena_array(&plan->arena, longest, sizeof *b->numbers);
    }
    return b != NULL && b->pasts != NULL && b->numbers != NULL
               ? CHURN_OK
               : churn__fail_memory(err, plan->heap);
}

churn_status churn__metric_baselines_create(churn__metric_plan *plan, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = 0, longest = 0;
    for (uint32_t i = 0; i < plan->derived.count; i++) {
        const churn__metric_def *def = plan->bounds[plan->derived.items[i]].def;
        if (def->kind != CHURN__METRIC_BASELINE || churn__metric_is_grouped(def)) {
            continue;
        }
        if (plan->config.past_of == CHURN__METRIC_BASELINE) {
            CHURN_FAIL(CHURN_E_CONFIG, 0, "metric %q: a baseline of a baseline", &def->id);
        }
        count++;
        longest = def->back > longest ? def->back : longest;
    }
    if (count == 0) {
        goto done;
    }
    CHURN_TRY(baselines_room(plan, count, longest, err));
    for (uint32_t i = 0; i < plan->derived.count; i++) {
        uint32_t metric = plan->derived.items[i];
        const churn__metric_def *def = plan->bounds[metric].def;
        if (def->kind == CHURN__METRIC_BASELINE && !churn__metric_is_grouped(def)) {
            past *p = &plan->baselines->pasts[plan->baselines->count++];
            CHURN_TRY(past_create(plan, metric, p, err));
        }
    }
done:
    return st;
}

void churn__metric_baselines_free(churn__metric_plan *plan)
{
    for (uint32_t i = 0; plan->baselines != NULL && i < plan->baselines->count; i++) {
        churn__metric_plan_free(plan->baselines->pasts[i].plan);
    }
}

/* What was known of sources then is not what a test says of them now. */
void churn__metric_baselines_fresh(churn__metric_plan *plan)
{
    for (uint32_t i = 0; plan->baselines != NULL && i < plan->baselines->count; i++) {
        churn__metric_plan *then = plan->baselines->pasts[i].plan;
        memset(then->assumed, CHURN__ASSUME_FRESH, then->config.source_count);
        churn__metric_cover(then);
    }
}

/* ---- evaluating ---- */

churn__metric_cell churn__metric_against(const churn__metric_def *def, churn__metric_cell value,
                                         double usual)
{
    if (usual == 0 && def->form != CHURN__FORM_DIFFERENCE) {
        return churn__metric_no_value(churn__missing_worse(value.missing, CHURN__EMPTY));
    }
    if (value.missing != CHURN__PRESENT) {
        return value;
    }
    bool differs = def->form == CHURN__FORM_DIFFERENCE;
    return churn__metric_value(differs ? value.value - usual : value.value / usual);
}

static churn__metric_cell past_cell(const churn__metric_plan *plan, const past *p, uint32_t date,
                                    churn__metric_cell value)
{
    const churn__metric_def *def = plan->bounds[p->metric].def;
    double *numbers = plan->baselines->numbers;
    uint32_t n = 0;
    churn__missing reason = CHURN__PRESENT;
    for (uint32_t step = 0; step < def->back; step++) {
        churn__metric_cell then =
            churn__metric_column_number(&p->columns[def->a.metric], p->at[date * def->back + step]);
        if (then.missing == CHURN__PRESENT) {
            numbers[n++] = then.value;
        } else {
            reason = churn__missing_worse(reason, then.missing);
        }
    }
    if (n < def->fewest) {
        return churn__metric_no_value(churn__missing_worse(value.missing, reason));
    }
    churn__metric_sort_numbers(numbers, n);
    return n == 0 ? churn__metric_no_value(value.missing)
                  : churn__metric_against(def, value, churn__metric_quantile(numbers, n, 0.5));
}

static const past *past_of(const churn__metric_plan *plan, uint32_t metric)
{
    const past *p = plan->baselines->pasts;
    while (p->metric != metric) {
        p++;
    }
    return p;
}

churn_status churn__metric_baseline_eval(churn__metric_plan *plan, uint32_t metric,
                                         churn__reader *reader, const uint32_t *customers,
                                         uint32_t n, churn__column *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const past *p = past_of(plan, metric);
    uint32_t base = plan->bounds[metric].def->a.metric;
    for (uint32_t i = 0; i < n; i++) {
        CHURN_TRY(churn__metric_plan_eval(p->plan, reader, &customers[i], 1, p->columns, err));
        for (uint32_t date = 0; date < plan->date_count; date++) {
            size_t row = (size_t)i * plan->date_count + date;
            churn__metric_cell value = churn__metric_column_number(&out[base], row);
            churn__metric_put(plan, metric, row, past_cell(plan, p, date, value), out);
        }
    }
done:
    return st;
}
