/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

#include <math.h>
#include <stddef.h>

#include "base/num.h"

/* How the figures are counted: a preset and the switches that the file sets. */

static const struct {
    const char *key;
    const schema *words;
    size_t offset;
} switches[] = {
    {"recognition", &schema_recognition, offsetof(churn__kpi_policy, recognition)},
    {"same_period", &schema_same_period, offsetof(churn__kpi_policy, same_period)},
    {"discounts", &schema_discounts, offsetof(churn__kpi_policy, discounts)},
    {"trials", &schema_inclusion, offsetof(churn__kpi_policy, trials)},
    {"past_due", &schema_inclusion, offsetof(churn__kpi_policy, past_due)},
    {"unpaid", &schema_inclusion, offsetof(churn__kpi_policy, unpaid)},
    {"paused", &schema_inclusion, offsetof(churn__kpi_policy, paused)},
    {"usage_based", &schema_inclusion, offsetof(churn__kpi_policy, usage_based)},
    {"free", &schema_inclusion, offsetof(churn__kpi_policy, free)},
    {"refunds", &schema_refunds, offsetof(churn__kpi_policy, refunds)},
    {"fx", &schema_fx, offsetof(churn__kpi_policy, fx)},
    {"group_changes", &schema_group_changes, offsetof(churn__kpi_policy, group)},
    {"churn_rate", &schema_churn_rate, offsetof(churn__kpi_policy, churn_rate)},
    {"returners", &schema_returners, offsetof(churn__kpi_policy, returners)},
};

static void take_words(const churn__yaml_node *map, churn__kpi_policy *policy)
{
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        uint8_t *value = (uint8_t *)policy + switches[i].offset;
        *value = (uint8_t)b_word(map, switches[i].key, switches[i].words, *value);
    }
}

static void take_tax(builder *b, const churn__yaml_node *map, churn__kpi_policy *policy)
{
    const double millionths = b_number(map, "tax", 0) * CHURN__TAX_ONE;
    const double whole = round(millionths);
    if (fabs(millionths - whole) > 1e-6) {
        report_add(&b->report, DIAGNOSTIC_tax_too_fine, b_at(b_get(map, "tax")),
                   "`tax` has more than six decimals");
    }
    policy->tax = (uint32_t)whole;
}

static void take_gaps(builder *b, const churn__yaml_node *map, churn__kpi_policy *policy)
{
    const churn__yaml_node *within = b_get(map, "reactivation_within");
    const int word = within == NULL ? 0 : schema_word_value(&schema_within_word, within->text, 0);
    policy->reactivation_after = b_duration(map, "reactivation_after", policy->reactivation_after);
    if (word != 0) {
        policy->reactivation_within =
            word == 1 ? CHURN__REACTIVATION_ANY : CHURN__REACTIVATION_NEVER;
    } else {
        policy->reactivation_within =
            b_duration(map, "reactivation_within", policy->reactivation_within);
    }
    if (policy->reactivation_within != CHURN__REACTIVATION_NEVER &&
        policy->reactivation_after >= policy->reactivation_within) {
        const churn__yaml_node *at = within != NULL ? within : b_get(map, "reactivation_after");
        report_add(&b->report, DIAGNOSTIC_no_reactivation, b_at(at),
                   "no return is both later than `reactivation_after` and within "
                   "`reactivation_within`; `reactivation_within: never` says so");
    }
}

/* Who is unpaid was past due before. */
static void check_dunning(builder *b, const churn__yaml_node *map, const churn__kpi_policy *policy)
{
    if (policy->unpaid != 0 && policy->past_due == 0) {
        const churn__yaml_node *past = b_get(map, "past_due");
        report_add(&b->report, DIAGNOSTIC_unpaid_counts_more,
                   b_at(past != NULL ? past : b_get(map, "unpaid")),
                   "`unpaid` subscriptions count and those that are only `past_due` do not");
    }
}

/* ---- figures of customers ---- */

static void take_classes(builder *b, const churn__yaml_node *list, churn__kpi_settings *figures)
{
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        const churn__yaml_node *node = b_item(list, i);
        double bound = 0;
        if (node == NULL) {
            continue;
        }
        (void)churn__double_parse(node->text.ptr, node->text.len, &bound);
        if (figures->value_class_count == CHURN__VALUE_CLASSES) {
            report_add(&b->report, DIAGNOSTIC_value_classes, b_at(node),
                       "more than %u bounds of classes", (uint64_t)CHURN__VALUE_CLASSES);
            return;
        }
        if (i > 0 && figures->value_class_count > 0 &&
            bound <= figures->value_classes[figures->value_class_count - 1]) {
            report_add(&b->report, DIAGNOSTIC_value_class_order, b_at(node),
                       "the bounds must ascend: %g does not come after %g", bound,
                       figures->value_classes[figures->value_class_count - 1]);
            return;
        }
        figures->value_classes[figures->value_class_count++] = bound;
    }
}

static void take_figures(builder *b, const churn__yaml_node *map, churn__kpi_settings *figures)
{
    figures->gross_margin = b_number(map, "gross_margin", (double)NAN);
    figures->early_life = b_duration(map, "early_life", CHURN__EARLY_LIFE);
    figures->silent_quarters = b_count(map, "silent_quarters", CHURN__SILENT_QUARTERS);
    take_classes(b, b_get(map, "value_classes"), figures);
}

void b_kpi(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "kpi");
    churn__kpi_policy *policy = &b->pb->kpi;
    *policy =
        churn__kpi_policy_preset(b_word(map, "preset", &schema_preset, CHURN__POLICY_CHARTMOGUL));
    take_words(map, policy);
    take_tax(b, map, policy);
    take_gaps(b, map, policy);
    check_dunning(b, map, policy);
    b_voice(b);
    b_engagement(b);
    take_figures(b, map, &b->pb->figures);
}
