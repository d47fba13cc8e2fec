/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* What counts as use of the product. */

#define USUAL_RETENTION (90 * CHURN__DAY)

static void take_reach(builder *b, const churn__yaml_node *map, churn__reach_def *def)
{
    def->event = b_text(b, map, "event");
    def->milestone = b_text(b, map, "milestone");
    def->count = b_count(map, "count", 1);
}

static void take_activation(builder *b, const churn__yaml_node *map, churn__engagement_def *def)
{
    take_reach(b, map, &def->activation);
    def->activation_within = b_duration(map, "within", 0);
    def->activation_retention = b_duration(map, "retention", USUAL_RETENTION);
    if (def->activation_retention <= def->activation_within) {
        const churn__yaml_node *at = b_get(map, "retention");
        report_add(&b->report, DIAGNOSTIC_retention_too_early,
                   b_at(at != NULL ? at : b_get(map, "within")),
                   "`retention` is not later than `within`: nobody could be seen to stay after the "
                   "time for activation");
    }
}

void b_engagement(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "kpi");
    churn__engagement_def *def = &b->pb->engagement;
    const churn__yaml_node *activation = b_get(map, "activation"), *value = b_get(map, "value");
    def->active_events = b_texts(b, b_get(map, "active_events"), &def->active_event_count);
    if (activation != NULL && !activation->bad) {
        take_activation(b, activation, def);
    }
    if (value != NULL && !value->bad) {
        take_reach(b, value, &def->value);
    }
    def->trial_within = b_duration(map, "trial_within", 0);
}
