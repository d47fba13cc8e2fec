/* SPDX-License-Identifier: MIT */
#include "playbook/schema_keys.h"
#include "playbook/score_parts.h"

/* Caps, floors, critical factors, and the place of scores set by hand. */

static bool is_mark(const churn__yaml_node *node)
{
    const churn__yaml_node *id = b_get(node, "id");
    return id != NULL && churn__str_eq(id->text, CHURN__STR("override"));
}

/* ---- conditions ---- */

static const churn__expr *compile(builder *b, churn__cap_def *def, const churn__yaml_node *when,
                                  const churn__yaml_node *unless)
{
    churn__buf text;
    churn__expr *expr = NULL;
    churn__buf_init(&text, b->heap);
    churn__buf_char(&text, '(');
    churn__buf_str(&text, when->text);
    churn__buf_text(&text, "\n) && !("); /* a comment may end the line */
    churn__buf_str(&text, unless->text);
    churn__buf_text(&text, "\n)");
    churn__yaml_node both = *unless;
    both.text = churn__buf_view(&text);
    both.one_line = false;
    both.meaning = (churn_str){NULL, 0};
    if (text.failed) {
        b_no_memory(b);
    } else {
        bool no_lints = b->no_lints;
        b->no_lints = true; /* each of the two was looked at */
        expr = b_condition(b, &both);
        b->no_lints = no_lints;
    }
    churn__buf_clear(&text);
    def->when = expr;
    return expr;
}

/* `when` and not `unless`; each is judged by itself first, so that findings have places. */
static void fill_condition(builder *b, const churn__yaml_node *node, churn__cap_def *def)
{
    const churn__yaml_node *when = b_get(node, "when"), *unless = b_get(node, "unless");
    churn__expr *expr = b_condition(b, when);
    if (unless == NULL) {
        def->when = expr;
        return;
    }
    churn__expr *not_if = b_condition(b, unless);
    if (expr != NULL && not_if != NULL) {
        (void)compile(b, def, when, unless);
    }
    churn__expr_free(expr);
    churn__expr_free(not_if);
}

static void fill_when(builder *b, const churn__yaml_node *node, churn__cap_def *def)
{
    b_forbid(b, node, "critical", "when");
    if (!b_given(node, "critical")) {
        b_forbid(b, node, "below", "when");
        b_forbid(b, node, "fewest", "when");
    }
    def->kind = CHURN__CAP_WHEN;
    fill_condition(b, node, def);
}

/* ---- critical factors ---- */

static void add_critical(builder *b, const score_parts *parts, const churn__yaml_node *name,
                         uint32_t *factors, churn__cap_def *def)
{
    uint32_t f = b_find(&parts->factor_ids, name->text);
    if (f == UINT32_MAX) {
        b_unknown(b, DIAGNOSTIC_unknown_factor, "factor", &parts->factor_ids, name);
        return;
    }
    for (uint32_t i = 0; i < def->factor_count; i++) {
        if (factors[i] == f) {
            report_add(&b->report, DIAGNOSTIC_duplicate_item, b_at(name),
                       "the factor %q stands twice", &name->text);
            return;
        }
    }
    factors[def->factor_count++] = f;
}

static void fill_factors(builder *b, const score_parts *parts, const churn__yaml_node *list,
                         churn__cap_def *def)
{
    bool single = list->kind == CHURN__YAML_SCALAR;
    bool any = single && churn__str_eq(list->text, CHURN__STR("any"));
    uint32_t most = any ? parts->def->factor_count : single ? 1 : list->count;
    uint32_t *factors = b_array(b, most, sizeof *factors);
    if (factors == NULL) {
        return;
    }
    for (uint32_t i = 0; i < most; i++) {
        const churn__yaml_node *name = single ? list : b_item(list, i);
        if (any) {
            factors[def->factor_count++] = i;
        } else if (name != NULL) {
            add_critical(b, parts, name, factors, def);
        }
    }
    def->factors = factors;
}

static void check_fewest(builder *b, const churn__yaml_node *node, const churn__cap_def *def)
{
    const churn__yaml_node *fewest = b_get(node, "fewest");
    if (fewest != NULL && def->factor_count > 0 && def->fewest > def->factor_count) {
        report_add(&b->report, DIAGNOSTIC_out_of_range, b_at(fewest),
                   "`fewest`: more than the %u factors that are critical",
                   (uint64_t)def->factor_count);
    }
}

static void fill_critical(builder *b, const score_parts *parts, const churn__yaml_node *node,
                          churn__cap_def *def)
{
    const churn__yaml_node *list = b_get(node, "critical");
    b_need(b, node, "below", "critical");
    b_forbid(b, node, "unless", "critical");
    b_forbid(b, node, "at_least", "critical");
    def->kind = CHURN__CAP_CRITICAL;
    def->below = b_number(node, "below", 0);
    def->fewest = b_count(node, "fewest", 1);
    if (list != NULL) {
        fill_factors(b, parts, list, def);
        check_fewest(b, node, def);
    }
}

/* ---- all ---- */

static void fill_bound(builder *b, const churn__yaml_node *node, churn__cap_def *def)
{
    bool most = b_given(node, "at_most"), least = b_given(node, "at_least");
    def->is_floor = least && !most;
    def->bound = b_number(node, def->is_floor ? "at_least" : "at_most", 0);
    if (most && least) {
        b_forbid(b, node, "at_least", "at_most");
    } else if (!most && !least) {
        report_place place = b_at(node);
        place.expected = CHURN__STR("at_most or at_least");
        report_add(&b->report, DIAGNOSTIC_one_of, place, "a cap needs `at_most` or `at_least`");
    }
}

static void fill_cap(builder *b, const score_parts *parts, const churn__yaml_node *node,
                     churn__cap_def *def)
{
    if (b_given(node, "when")) {
        fill_when(b, node, def);
    } else if (b_given(node, "critical")) {
        fill_critical(b, parts, node, def);
    } else {
        report_place place = b_at(node);
        place.expected = CHURN__STR("when or critical");
        report_add(&b->report, DIAGNOSTIC_one_of, place, "a cap needs `when` or `critical`");
    }
    fill_bound(b, node, def);
}

/* Where scores set by hand act: nothing else is said of it. */
static void fill_mark(builder *b, const churn__yaml_node *node, churn__cap_def *def)
{
    def->kind = CHURN__CAP_OVERRIDE;
    for (uint32_t i = 0; i < node->count; i++) {
        if (!churn__str_eq(node->keys[i]->text, CHURN__STR("id"))) {
            report_add(&b->report, DIAGNOSTIC_not_together, b_at(node->keys[i]),
                       "%q does not go with `id: override`, which marks where scores set by hand "
                       "act",
                       &node->keys[i]->text);
            return;
        }
    }
}

static void add_cap(builder *b, score_parts *parts, const churn__yaml_node *node)
{
    uint32_t at = parts->def->cap_count++;
    churn__cap_def *def = &parts->caps[at];
    parts->cap_nodes[at] = node;
    *def = (churn__cap_def){.id = b_text(b, node, "id"),
                            .line = node->line,
                            .column = node->column,
                            .below = 0,
                            .fewest = 1};
    b_register_id(b, &parts->cap_ids, "cap", at, b_get(node, "id"));
    if (is_mark(node)) {
        fill_mark(b, node, def);
    } else {
        fill_cap(b, parts, node, def);
    }
}

void b_caps(builder *b, score_parts *parts)
{
    const churn__yaml_node *list = b_get(parts->node, "caps");
    uint32_t count = list == NULL ? 0 : list->count;
    bool marked = false;
    parts->caps = b_array(b, (size_t)count + 1, sizeof *parts->caps);
    parts->cap_nodes = b_scratch_array(b, (size_t)count + 1, sizeof *parts->cap_nodes);
    if (b->st != CHURN_OK) {
        return;
    }
    parts->cards[0].caps = parts->caps;
    for (uint32_t i = 0; i < count && b->st == CHURN_OK; i++) {
        if (!list->items[i]->bad && list->items[i]->kind == CHURN__YAML_MAP) {
            add_cap(b, parts, list->items[i]);
            marked = marked || is_mark(list->items[i]);
        }
    }
    if (!marked && b->st == CHURN_OK) {
        parts->caps[parts->def->cap_count++] = (churn__cap_def){.id = CHURN__STR("override"),
                                                                .line = parts->def->line,
                                                                .column = parts->def->column,
                                                                .kind = CHURN__CAP_OVERRIDE};
    }
}
