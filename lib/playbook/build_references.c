/* SPDX-License-Identifier: MIT */
#include "base/num.h"
#include "playbook/build.h"

/* Distributions that a playbook holds: what churn_engine_reference() writes. */

static double number_of(const churn__yaml_node *node)
{
    double value = 0;
    (void)churn__double_parse(node->text.ptr, node->text.len, &value);
    return value;
}

static bool all_right(const churn__yaml_node *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i]->bad) {
            return false;
        }
    }
    return true;
}

/* Each value once, ascending. */
static const double *read_values(builder *b, const churn__yaml_node *list)
{
    double *values = b_array(b, list->count, sizeof *values);
    for (uint32_t i = 0; values != NULL && i < list->count; i++) {
        values[i] = number_of(list->items[i]);
        if (i > 0 && values[i] <= values[i - 1]) {
            report_add(&b->report, DIAGNOSTIC_reference_order, b_at(list->items[i]),
                       "the values must ascend, each of them once: %g does not come after %g",
                       values[i], values[i - 1]);
            return NULL;
        }
    }
    return values;
}

static const uint64_t *read_counts(builder *b, const churn__yaml_node *list)
{
    uint64_t *counts = b_scratch_array(b, list->count, sizeof *counts);
    for (uint32_t i = 0; counts != NULL && i < list->count; i++) {
        int64_t count = 1;
        (void)churn__int_parse(list->items[i]->text.ptr, list->items[i]->text.len, &count);
        counts[i] = (uint64_t)count;
    }
    return counts;
}

static bool counts_fit(builder *b, const churn__yaml_node *values, const churn__yaml_node *counts)
{
    if (counts->count == values->count) {
        return true;
    }
    report_add(&b->report, DIAGNOSTIC_reference_counts, b_at(counts),
               "there are %u values but %u counts", (uint64_t)values->count,
               (uint64_t)counts->count);
    return false;
}

static void fill_distribution(builder *b, const churn__yaml_node *node,
                              churn__metric_reference *def)
{
    const churn__yaml_node *values = b_get(node, "values"), *counts = b_get(node, "counts");
    bool whole = values != NULL && all_right(values) &&
                 (counts == NULL ? !b_given(node, "counts") : all_right(counts));
    if (!whole || (counts != NULL && !counts_fit(b, values, counts))) {
        return;
    }
    const double *read = read_values(b, values);
    const uint64_t *often = counts == NULL ? NULL : read_counts(b, counts);
    uint64_t *upto = counts == NULL ? NULL : b_array(b, values->count, sizeof *upto);
    if (b->st != CHURN_OK || read == NULL) {
        return;
    }
    churn__distribution_make(read, often, values->count, upto, &def->found);
    if (def->found.total < 2) {
        report_add(&b->report, DIAGNOSTIC_few_members, b_at(values),
                   "a distribution of fewer than 2 values has nothing to compare with");
    }
}

void b_references(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "references");
    churn__metric_reference *defs = map == NULL ? NULL : b_array(b, map->count, sizeof *defs);
    b->pb->frozen = defs;
    b->pb->frozen_count = defs == NULL ? 0 : map->count;
    for (uint32_t i = 0; i < b->pb->frozen_count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *node = map->items[i];
        defs[i].id = b_keep(b, map->keys[i]->text);
        defs[i].line = map->keys[i]->line;
        defs[i].column = map->keys[i]->column;
        defs[i].metric = UINT32_MAX;
        if (node->bad || node->kind != CHURN__YAML_MAP) {
            continue;
        }
        const churn__yaml_node *metric = b_get(node, "metric");
        defs[i].metric = b_refer(b, DIAGNOSTIC_unknown_metric, "metric", &b->metrics, metric);
        if (defs[i].metric != UINT32_MAX &&
            b->pb->metrics[defs[i].metric].type != CHURN__TYPE_DOUBLE) {
            report_add(&b->report, DIAGNOSTIC_wrong_type, b_at(metric),
                       "the metric %q is no number", &metric->text);
        }
        (void)b_instant(b, node, "made_at", 0);
        fill_distribution(b, node, &defs[i]);
    }
}
