/* SPDX-License-Identifier: MIT */
#include "metric/derived_inside.h"

/*
 * A metric against what it usually is among other customers. Who they are and what is usual with
 * them comes from above, as plain columns: a plan sees one customer at a time.
 */

/* The first group that a row is in; where there is none, why: it is in none, or what is not known
 * counts first. */
static churn__missing group_of(const churn__column *members, uint32_t count, size_t row,
                               uint32_t *out)
{
    churn__missing reason = CHURN__EMPTY;
    for (uint32_t g = 0; g < count; g++) {
        if (members[g].missing[row] != CHURN__PRESENT) {
            reason = churn__missing_worse(reason, members[g].missing[row]);
        } else if (((const uint8_t *)members[g].values)[row] != 0) {
            *out = g;
            return CHURN__PRESENT;
        }
    }
    return reason;
}

static churn__metric_cell group_cell(const churn__metric_def *def, const churn__metric_usual *usual,
                                     const churn__column *members, size_t row, uint32_t date,
                                     uint32_t dates, churn__metric_cell value)
{
    uint32_t group = 0;
    if (value.missing != CHURN__PRESENT) {
        return value;
    }
    churn__missing reason =
        members == NULL ? CHURN__PRESENT : group_of(members, usual->group_count, row, &group);
    if (reason != CHURN__PRESENT) {
        return churn__metric_no_value(reason);
    }
    const churn__distribution *found = &usual->found[(size_t)group * dates + date];
    bool enough = found->total > 0 && found->total >= def->fewest;
    return enough ? churn__metric_against(def, value, found) : churn__metric_no_value(CHURN__EMPTY);
}

void churn__metric_group_eval(churn__metric_plan *plan, uint32_t metric,
                              const churn__metric_usual *usual, const churn__column *members,
                              uint32_t n, churn__column *out)
{
    const churn__metric_def *def = plan->bounds[metric].def;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t date = 0; date < plan->date_count; date++) {
            size_t row = (size_t)i * plan->date_count + date;
            churn__metric_cell value = churn__metric_column_number(&out[def->a.metric], row);
            churn__metric_put(plan, metric, row,
                              group_cell(def, usual, members, row, date, plan->date_count, value),
                              out);
        }
    }
}
