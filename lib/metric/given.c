/* SPDX-License-Identifier: MIT */
#include "metric/metric_inside.h"

/* Questions of the kind "what if": values of one customer that are taken as given. */

void churn__metric_plan_give(churn__metric_plan *plan, uint32_t customer,
                             const churn__metric_given *given, uint32_t count)
{
    plan->given = given;
    plan->given_count = count;
    plan->given_customer = customer;
}

/* A given metric is what it is said to be, also where it is said to be missing: defaults are for
 * what records do not tell. */
static void write_given(const churn__column *column, size_t row, const churn__value *value)
{
    bool there = value->missing == CHURN__PRESENT;
    void *values = (void *)column->values;
    ((churn__missing *)column->missing)[row] = value->missing;
    switch (column->type) {
    case CHURN__TYPE_BOOL:
        ((uint8_t *)values)[row] = there ? value->as.b : 0;
        break;
    case CHURN__TYPE_STRING:
        ((churn_str *)values)[row] = there ? value->as.s : CHURN__STR("");
        break;
    case CHURN__TYPE_DOUBLE:
        ((double *)values)[row] = there ? value->as.d : 0;
        break;
    default:
        ((int64_t *)values)[row] = there ? value->as.i : 0;
        break;
    }
}

void churn__metric_give_one(churn__metric_plan *plan, uint32_t metric, const uint32_t *customers,
                            uint32_t n, churn__column *out)
{
    for (uint32_t g = 0; g < plan->given_count; g++) {
        if (plan->given[g].metric != metric) {
            continue;
        }
        for (size_t row = 0; row < (size_t)n * plan->date_count; row++) {
            if (customers[row / plan->date_count] == plan->given_customer) {
                write_given(&out[metric], row, &plan->given[g].value);
            }
        }
    }
}

static void give_attribute(churn__metric_plan *plan, uint32_t metric, const uint32_t *customers,
                           uint32_t n, churn__column *out)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    for (size_t row = 0; row < (size_t)n * plan->date_count; row++) {
        const churn__value *value =
            churn__metric_given_attribute(plan, customers[row / plan->date_count], def->attribute);
        if (value != NULL) {
            churn__metric_put_value(plan, metric, row, *value, out);
        }
    }
}

void churn__metric_give_all(churn__metric_plan *plan, const uint32_t *customers, uint32_t n,
                            churn__column *out)
{
    for (uint32_t m = 0; plan->given_count > 0 && m < plan->config.metric_count; m++) {
        const churn__metric_def *def = plan->bounds[m].def;
        bool shows = def->kind == CHURN__METRIC_ATTRIBUTE && def->what == CHURN__ATTRIBUTE_VALUE;
        bool age = def->kind == CHURN__METRIC_CUSTOMER && def->what == CHURN__CUSTOMER_AGE_DAYS;
        const churn__value *given =
            age ? churn__metric_given_attribute(plan, plan->given_customer, CHURN__STR("age_days"))
                : NULL;
        if (!plan->wanted[m] || out[m].values == NULL) {
            continue;
        }
        if (shows) {
            give_attribute(plan, m, customers, n, out);
        }
        for (size_t row = 0; given != NULL && row < (size_t)n * plan->date_count; row++) {
            if (customers[row / plan->date_count] == plan->given_customer) {
                churn__metric_put_value(plan, m, row, *given, out);
            }
        }
        churn__metric_give_one(plan, m, customers, n, out);
    }
}

const churn__value *churn__metric_given_attribute(const churn__metric_plan *plan, uint32_t customer,
                                                  churn_str name)
{
    for (uint32_t g = 0; customer == plan->given_customer && g < plan->given_count; g++) {
        if (plan->given[g].metric == CHURN__METRIC_NONE &&
            churn__str_eq(plan->given[g].attribute, name)) {
            return &plan->given[g].value;
        }
    }
    return NULL;
}
