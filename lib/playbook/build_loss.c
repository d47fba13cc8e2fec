/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* Losses by condition: what holds for long enough at local midnights. */

/* ---- what conditions may name ---- */

static bool is_state(churn__slot_kind kind)
{
    return kind == CHURN__SLOT_TRIGGER || kind == CHURN__SLOT_PLAY_RUNNING ||
           kind == CHURN__SLOT_STATUS || kind == CHURN__SLOT_TAGS;
}

bool b_is_state_slot(const churn__slot *slot)
{
    return is_state(slot->kind);
}

/* Scores foretell a loss, and what the engine did follows from one: neither can be what a loss is.
 */
static void check_names(builder *b, const churn__yaml_node *node, const churn__expr *expr)
{
    uint32_t count = 0;
    const uint32_t *slots = expr == NULL ? NULL : churn__expr_slots(expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        const churn__slot *slot = slots[i] < b->pb->slot_count ? &b->pb->slots[slots[i]] : NULL;
        if (slot != NULL && (is_state(slot->kind) || slot->kind == CHURN__SLOT_SCORE)) {
            report_add(&b->report, DIAGNOSTIC_loss_name, b_at(node),
                       "a loss cannot be told by %q: only by metrics, segments and attributes",
                       &slot->name);
        }
    }
}

static churn__expr *read_condition(builder *b, const churn__yaml_node *node)
{
    churn__expr *expr = b_condition(b, node);
    if (node != NULL) {
        check_names(b, node, expr);
    }
    return expr;
}

/* ---- lints ---- */

static void lint_hold(builder *b, const churn__yaml_node *item, churn__span hold)
{
    if (b->no_lints) {
        return;
    }
    if (hold.amount == 0) {
        report_add(&b->report, DIAGNOSTIC_loss_at_once, b_at(item),
                   "without `for` the first midnight at which it holds is a loss");
    } else if (hold.unit == CHURN__UNIT_MICRO && hold.amount < CHURN__DAY) {
        report_add(&b->report, DIAGNOSTIC_loss_part_of_day, b_at(b_get(item, "for")),
                   "`for` is less than a day, but conditions are judged at midnights");
    }
}

static bool same_sign(const churn__yaml_node *a, const churn__yaml_node *c)
{
    const churn__yaml_node *x = b_get(a, "when"), *y = b_get(c, "when");
    if (a->kind != c->kind || a->bad || c->bad) {
        return false;
    }
    if (a->kind == CHURN__YAML_SCALAR) {
        return churn__str_eq(a->text, c->text);
    }
    return x != NULL && y != NULL && x->meaning.ptr != NULL && y->meaning.ptr != NULL &&
           churn__str_eq(x->meaning, y->meaning);
}

static void lint_twice(builder *b, const churn__yaml_node *any)
{
    for (uint32_t i = 1; !b->no_lints && i < any->count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (same_sign(any->items[k], any->items[i])) {
                report_add(&b->report, DIAGNOSTIC_loss_twice, b_at(any->items[i]),
                           "the same sign of a loss stands twice");
                break;
            }
        }
    }
}

/* ---- building ---- */

static uint32_t count_conditions(const churn__yaml_node *any)
{
    uint32_t count = 0;
    for (uint32_t i = 0; any != NULL && i < any->count; i++) {
        const churn__yaml_node *item = b_item(any, i);
        count += item != NULL && item->kind == CHURN__YAML_MAP;
    }
    return count;
}

static void fill_conditions(builder *b, const churn__yaml_node *any)
{
    churn__loss_condition *defs = b->loss_defs;
    for (uint32_t i = 0, n = 0; i < any->count; i++) {
        const churn__yaml_node *item = b_item(any, i);
        if (item == NULL || item->kind != CHURN__YAML_MAP) {
            continue;
        }
        churn__loss_condition *def = &defs[n++];
        def->line = item->line;
        def->column = item->column;
        def->hold = b_span(item, "for");
        def->when = read_condition(b, b_get(item, "when"));
        lint_hold(b, item, def->hold);
    }
}

void b_loss_conditions(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "loss");
    const churn__yaml_node *any = b_get(map, "any");
    churn__loss_def *def = &b->pb->loss;
    const uint32_t count = count_conditions(any);
    def->zone = b->pb->zone;
    def->ignore_gaps = b_span(map, "ignore_gaps");
    if (count > CHURN__LOSS_CONDITIONS) {
        report_add(&b->report, DIAGNOSTIC_loss_conditions, b_at(any),
                   "%u conditions mean a loss: at most %u are allowed", (uint64_t)count,
                   (uint64_t)CHURN__LOSS_CONDITIONS);
        return;
    }
    b->loss_defs = count == 0 ? NULL : b_array(b, count, sizeof *b->loss_defs);
    if (b->loss_defs != NULL) {
        def->conditions = b->loss_defs;
        def->condition_count = count;
        fill_conditions(b, any);
    }
    if (any != NULL) {
        lint_twice(b, any);
    }
    def->involuntary_when = read_condition(b, b_get(map, "involuntary_when"));
}

/* ---- what they stand on ---- */

/* A condition must come to the same whoever asks and whenever: what the engine did is not so. */
void b_loss_reach(builder *b, const graph *g, uint32_t loss, uint32_t state)
{
    uint8_t *seen = b_scratch_array(b, g->count, 1);
    uint32_t *queue = b_scratch_array(b, g->count, sizeof *queue);
    uint32_t head = 0, tail = 0;
    if (seen == NULL || queue == NULL) {
        return;
    }
    seen[loss] = 1;
    queue[tail++] = loss;
    while (head < tail) {
        const uint32_t node = queue[head++];
        for (uint32_t e = g->start[node]; e < g->start[node + 1]; e++) {
            const uint32_t to = g->edges[e];
            if (to == state && node != loss) {
                const churn_str name = g->name(b, node);
                report_add(&b->report, DIAGNOSTIC_loss_state, g->place(b, loss),
                           "a loss stands on %q, which reads what the engine did", &name);
            }
            if (!seen[to]) {
                seen[to] = 1;
                queue[tail++] = to;
            }
        }
    }
}
