/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "metric/derived_inside.h"
#include "metric/event_inside.h"

/* A metric against what it usually is: a distribution of its own values at earlier dates, or one
 * that the playbook holds. */

/* ---- forms ---- */

static churn__metric_cell against_median(const churn__metric_def *def, churn__metric_cell value,
                                         double usual)
{
    bool differs = def->form == CHURN__FORM_DIFFERENCE;
    if (usual == 0 && !differs) {
        return churn__metric_no_value(churn__missing_worse(value.missing, CHURN__EMPTY));
    }
    if (value.missing != CHURN__PRESENT) {
        return value;
    }
    return churn__metric_value(differs ? value.value - usual : value.value / usual);
}

churn__metric_cell churn__metric_against(const churn__metric_def *def, churn__metric_cell value,
                                         const churn__distribution *usual)
{
    double z = 0;
    switch (def->form) {
    case CHURN__FORM_PERCENTILE:
        return value.missing != CHURN__PRESENT
                   ? value
                   : churn__metric_value(churn__distribution_rank(usual, value.value));
    case CHURN__FORM_ROBUST_Z:
        if (value.missing != CHURN__PRESENT) {
            return value;
        }
        return churn__distribution_z(usual, value.value, &z) ? churn__metric_value(z)
                                                             : churn__metric_no_value(CHURN__EMPTY);
    default:
        return against_median(def, value, usual->median);
    }
}

/* ---- the own past ---- */

/* What there is of the past at a date of the plan, oldest first. */
typedef struct recent {
    double *numbers;
    uint32_t *places; /* periods before the date */
    uint32_t count;
    churn__missing reason; /* the worst of those that lack */
} recent;

static recent recent_at(const churn__metric_plan *plan, const churn__metric_past *p,
                        const churn__metric_def *def, uint32_t date, bool living)
{
    recent r = {.numbers = plan->pasts->numbers, .places = plan->pasts->places};
    for (uint32_t step = p->steps; step-- > 0;) {
        uint32_t at = p->at[(size_t)date * p->steps + step];
        churn__metric_cell then = churn__metric_column_number(&p->columns[def->a.metric], at);
        if (living && !p->exists[at]) {
            then = churn__metric_no_value(CHURN__SHORT_HISTORY_SINCE);
        }
        if (then.missing == CHURN__PRESENT) {
            r.places[r.count] = step + 1;
            r.numbers[r.count++] = then.value;
        } else {
            r.reason = churn__missing_worse(r.reason, then.missing);
        }
    }
    return r;
}

static churn__metric_cell median_cell(const churn__metric_def *def, const recent *r,
                                      churn__metric_cell value)
{
    if (r->count < def->fewest) {
        return churn__metric_no_value(churn__missing_worse(value.missing, r->reason));
    }
    churn__metric_sort_numbers(r->numbers, r->count);
    return r->count == 0
               ? churn__metric_no_value(value.missing)
               : against_median(def, value, churn__metric_quantile(r->numbers, r->count, 0.5));
}

/* Too little is there: whether that is ignorance stands on why the rest lacks. */
static churn__metric_cell short_cell(const recent *r)
{
    return churn__metric_no_value(churn__is_ignorance(r->reason) ? CHURN__SHORT_HISTORY_FROM
                                                                 : CHURN__SHORT_HISTORY_SINCE);
}

static churn__metric_cell spread_cell(const churn__metric_def *def, const recent *r,
                                      churn__metric_cell value)
{
    churn__distribution usual;
    if (r->count == 0 || r->count < def->fewest) {
        return short_cell(r);
    }
    churn__metric_sort_numbers(r->numbers, r->count);
    churn__distribution_make(r->numbers, NULL, r->count, NULL, &usual);
    return churn__metric_against(def, value, &usual);
}

/* The median of the slopes of all pairs (Theil 1950, Sen 1968), a period. Room for them lies behind
 * the numbers. */
static double slope_of(const recent *r)
{
    double *slopes = r->numbers + r->count;
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        for (uint32_t k = i + 1; k < r->count; k++) {
            slopes[count++] = (r->numbers[k] - r->numbers[i]) / (r->places[i] - r->places[k]);
        }
    }
    churn__metric_sort_numbers(slopes, count);
    return churn__metric_quantile(slopes, count, 0.5);
}

static churn__metric_cell trend_cell(const churn__metric_def *def, recent *r,
                                     churn__metric_cell value)
{
    r->places[r->count] = 0;
    r->numbers[r->count++] = value.value;
    if (r->count < 2 || r->count < def->fewest) {
        return short_cell(r);
    }
    double slope = slope_of(r);
    for (uint32_t i = 0; i < r->count; i++) {
        r->numbers[i] = fabs(r->numbers[i]);
    }
    churn__metric_sort_numbers(r->numbers, r->count);
    double size = churn__metric_quantile(r->numbers, r->count, 0.5);
    return size == 0 ? churn__metric_no_value(CHURN__EMPTY) : churn__metric_value(slope / size);
}

static churn__metric_cell past_cell(const churn__metric_plan *plan, const churn__metric_past *p,
                                    const churn__metric_def *def, uint32_t date,
                                    churn__metric_cell value)
{
    bool median = def->form == CHURN__FORM_RATIO || def->form == CHURN__FORM_DIFFERENCE;
    if (!median && value.missing != CHURN__PRESENT) {
        return value;
    }
    recent r = recent_at(plan, p, def, date, !median);
    if (median) {
        return median_cell(def, &r, value);
    }
    return def->form == CHURN__FORM_TREND ? trend_cell(def, &r, value)
                                          : spread_cell(def, &r, value);
}

static void put_customer(churn__metric_plan *plan, const churn__metric_past *p, size_t first,
                         churn__column *out)
{
    for (uint32_t m = 0; m < p->member_count; m++) {
        const churn__metric_def *def = plan->bounds[p->members[m]].def;
        for (uint32_t date = 0; date < plan->date_count; date++) {
            churn__metric_cell value =
                churn__metric_column_number(&out[def->a.metric], first + date);
            churn__metric_put(plan, p->members[m], first + date,
                              past_cell(plan, p, def, date, value), out);
        }
    }
}

/* The first of those that share a past brings them all. */
static churn_status own_eval(churn__metric_plan *plan, uint32_t metric, churn__reader *reader,
                             const uint32_t *customers, uint32_t n, churn__column *out,
                             churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__metric_past *p = churn__metric_past_of(plan, metric);
    for (uint32_t i = 0; p->members[0] == metric && i < n; i++) {
        CHURN_TRY(churn__metric_past_eval(p, reader, customers[i], err));
        put_customer(plan, p, (size_t)i * plan->date_count, out);
    }
done:
    return st;
}

/* ---- frozen ---- */

static void frozen_eval(churn__metric_plan *plan, uint32_t metric, size_t rows, churn__column *out)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    const churn__distribution *usual = &def->reference->found;
    bool enough = usual->total > 0 && usual->total >= def->fewest;
    for (size_t row = 0; row < rows; row++) {
        churn__metric_cell value = churn__metric_column_number(&out[def->a.metric], row);
        churn__metric_cell cell = value.missing != CHURN__PRESENT || enough
                                      ? value
                                      : churn__metric_no_value(CHURN__EMPTY);
        churn__metric_put(
            plan, metric, row,
            cell.missing != CHURN__PRESENT ? cell : churn__metric_against(def, cell, usual), out);
    }
}

churn_status churn__metric_baseline_eval(churn__metric_plan *plan, uint32_t metric,
                                         churn__reader *reader, const uint32_t *customers,
                                         uint32_t n, churn__column *out, churn_error *err)
{
    if (plan->bounds[metric].def->baseline == CHURN__BASELINE_FROZEN) {
        frozen_eval(plan, metric, (size_t)n * plan->date_count, out);
        return CHURN_OK;
    }
    return own_eval(plan, metric, reader, customers, n, out, err);
}
