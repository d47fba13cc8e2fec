/* SPDX-License-Identifier: MIT */
#include "base/date.h"
#include "metric/derived_inside.h"

/*
 * The last value of a metric that is missing now: what it was at the latest earlier date at which
 * it was there, as it was known then, and how old that is. Customers who miss nothing cost nothing.
 */

static churn__value column_value(const churn__column *column, size_t row)
{
    churn__value v = {.type = column->type, .missing = column->missing[row]};
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        v.as.b = ((const uint8_t *)column->values)[row];
        break;
    case CHURN__TYPE_INT:
        v.as.i = ((const int64_t *)column->values)[row];
        break;
    case CHURN__TYPE_DOUBLE:
        v.as.d = ((const double *)column->values)[row];
        break;
    case CHURN__TYPE_STRING:
        v.as.s = ((const churn_str *)column->values)[row];
        break;
    default:
        v.as.t = ((const churn_time *)column->values)[row];
        break;
    }
    return v;
}

static bool is_missing(const churn__metric_plan *plan, const churn__metric_past *p, size_t first,
                       const churn__column *out)
{
    for (uint32_t m = 0; m < p->member_count; m++) {
        const churn__column *base = &out[plan->bounds[p->members[m]].def->a.metric];
        for (uint32_t date = 0; date < plan->date_count; date++) {
            if (base->missing[first + date] != CHURN__PRESENT) {
                return true;
            }
        }
    }
    return false;
}

/* The step at which a metric was there last; p->steps: never. */
static uint32_t last_step(const churn__metric_past *p, uint32_t base, uint32_t date)
{
    uint32_t step = 0;
    for (; step < p->steps; step++) {
        uint32_t at = p->at[(size_t)date * p->steps + step];
        if (p->exists[at] && p->columns[base].missing[at] == CHURN__PRESENT) {
            break;
        }
    }
    return step;
}

static double age_of(const churn__metric_plan *plan, const churn__metric_past *p, uint32_t date,
                     uint32_t step)
{
    churn_time then = churn__metric_past_date(plan, p, date, step);
    return (double)(plan->dates[date] - then) / (double)CHURN__DAY;
}

/* A value that is missing now: `value` or its age of a step, or still missing. */
static churn__value carried(const churn__metric_plan *plan, const churn__metric_past *p,
                            const churn__metric_def *def, uint32_t date, churn__value now)
{
    uint32_t base = def->a.metric, step = last_step(p, base, date);
    if (step == p->steps) {
        return (churn__value){.type = def->type, .missing = now.missing};
    }
    if (def->what == CHURN__CARRY_AGE_DAYS) {
        return (churn__value){.type = CHURN__TYPE_DOUBLE, .as.d = age_of(plan, p, date, step)};
    }
    return column_value(&p->columns[base], p->at[(size_t)date * p->steps + step]);
}

static void put_member(churn__metric_plan *plan, const churn__metric_past *p, uint32_t metric,
                       size_t first, churn__column *out)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    for (uint32_t date = 0; date < plan->date_count; date++) {
        churn__value now = column_value(&out[def->a.metric], first + date);
        if (now.missing != CHURN__PRESENT) {
            now = carried(plan, p, def, date, now);
        } else if (def->what == CHURN__CARRY_AGE_DAYS) {
            now = (churn__value){.type = CHURN__TYPE_DOUBLE, .as.d = 0};
        }
        churn__metric_put_value(plan, metric, first + date, now, out);
    }
}

churn_status churn__metric_carry_eval(churn__metric_plan *plan, uint32_t metric,
                                      churn__reader *reader, const uint32_t *customers, uint32_t n,
                                      churn__column *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__metric_past *p = churn__metric_past_of(plan, metric);
    for (uint32_t i = 0; p->members[0] == metric && i < n; i++) {
        size_t first = (size_t)i * plan->date_count;
        if (is_missing(plan, p, first, out)) {
            CHURN_TRY(churn__metric_past_eval(p, reader, customers[i], err));
        }
        for (uint32_t m = 0; m < p->member_count; m++) {
            put_member(plan, p, p->members[m], first, out);
        }
    }
done:
    return st;
}
