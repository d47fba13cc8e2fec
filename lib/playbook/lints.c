/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* What can be said of definitions that are right but probably not meant so. */

/* Never having logged in is not the same as having logged in at the start: say which is meant. */
static void lint_if_never(builder *b, const churn__yaml_node *item)
{
    const churn__yaml_node *agg = b_get(item, "agg");
    bool days = agg != NULL && (churn__str_eq(agg->text, CHURN__STR("days_since")) ||
                                churn__str_eq(agg->text, CHURN__STR("days_since_first")));
    if (days && !b_given(item, "if_never")) {
        report_place place = b_at(agg);
        place.suggestion = b_keep(b, CHURN__STR("if_never: since_start"));
        report_add(&b->report, DIAGNOSTIC_if_never_unsaid, place,
                   "%q of a customer without such an event counts from the start: say so with "
                   "`if_never: since_start`, or write `if_never: missing`",
                   &agg->text);
    }
}

static void lint_clear_when(builder *b, const churn__yaml_node *item)
{
    const churn__yaml_node *when = b_get(item, "when"), *clear = b_get(item, "clear_when");
    bool both =
        when != NULL && clear != NULL && when->meaning.ptr != NULL && clear->meaning.ptr != NULL;
    if (both && churn__str_eq(when->meaning, clear->meaning)) {
        report_add(&b->report, DIAGNOSTIC_clears_as_it_fires, b_at(clear),
                   "`clear_when` is the condition of `when`: leave it out, or write what ends it");
    }
}

static void each(builder *b, const char *section, void (*look)(builder *, const churn__yaml_node *))
{
    const churn__yaml_node *list = b_get(b->root, section);
    for (uint32_t i = 0; list != NULL && i < list->count && b->st == CHURN_OK; i++) {
        if (list->items[i]->kind == CHURN__YAML_MAP && !list->items[i]->bad) {
            look(b, list->items[i]);
        }
    }
}

void b_lints(builder *b)
{
    if (!b->no_lints) {
        each(b, "metrics", lint_if_never);
        each(b, "triggers", lint_clear_when);
    }
}
