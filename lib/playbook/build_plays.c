/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

static uint32_t role_of(builder *b, const churn__yaml_node *map, const char *key)
{
    return b_refer(b, DIAGNOSTIC_unknown_role, "role", &b->roles, b_get(map, key));
}

static void fill_task(builder *b, const churn__yaml_node *map, churn__step_def *def)
{
    const churn__yaml_node *due = b_get(map, "due");
    def->kind = CHURN__STEP_TASK;
    def->title = b_template(b, b_get(map, "title"));
    def->text = b_template(b, b_get(map, "text"));
    def->role = role_of(b, map, "owner");
    def->has_due = due != NULL && churn__duration_parse(due->text.ptr, due->text.len, &def->due);
}

static void fill_notify(builder *b, const churn__yaml_node *map, churn__step_def *def)
{
    def->kind = CHURN__STEP_NOTIFY;
    def->title = b_template(b, b_get(map, "title"));
    def->text = b_template(b, b_get(map, "text"));
    def->role = role_of(b, map, "to");
}

static void fill_step(builder *b, const churn__yaml_node *item, churn__step_def *def)
{
    def->id = b_text(b, item, "id");
    if (b_given(item, "task")) {
        fill_task(b, b_get(item, "task"), def);
    } else if (b_given(item, "notify")) {
        fill_notify(b, b_get(item, "notify"), def);
    } else if (b_given(item, "tag")) {
        def->kind = CHURN__STEP_TAG;
        def->value = b_text(b, item, "tag");
    } else {
        def->kind = CHURN__STEP_SET_STATUS;
        def->value = b_text(b, item, "set_status");
    }
    def->content_hash = canon_hash(b, item, "id");
}

static void fill_play(builder *b, const churn__yaml_node *item, churn__play_def *def)
{
    const churn__yaml_node *list = b_get(item, "steps");
    registry ids = {0};
    def->on_resolve =
        (uint8_t)b_word(item, "on_resolve", &schema_on_resolve, CHURN__ON_RESOLVE_KEEP);
    churn__step_def *steps = list == NULL ? NULL : b_array(b, list->count, sizeof *steps);
    if (steps == NULL) {
        return;
    }
    def->steps = steps;
    def->step_count = list->count;
    for (uint32_t i = 0; i < list->count && b->st == CHURN_OK; i++) {
        steps[i].line = list->items[i]->line;
        steps[i].column = list->items[i]->column;
        steps[i].role = UINT32_MAX;
        if (!list->items[i]->bad) {
            b_register_id(b, &ids, "step", i, b_get(list->items[i], "id"));
            fill_step(b, list->items[i], &steps[i]);
        }
    }
    registry_clear(b, &ids);
}

static void unused_report(builder *b, const bool *used)
{
    for (uint32_t i = 0; i < b->pb->play_count; i++) {
        const churn__play_def *play = &b->pb->plays[i];
        if (!used[i] && play->id.ptr != NULL) {
            report_place place = {.line = play->line, .column = play->column};
            report_add(&b->report, DIAGNOSTIC_unused_play, place, "no trigger starts the play %q",
                       &play->id);
        }
    }
}

/* Does a trigger name a play that is not there: it may mean any of them. */
static bool some_play_unknown(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "triggers");
    for (uint32_t i = 0; i < b->pb->trigger_count; i++) {
        if (b->pb->triggers[i].play == UINT32_MAX && b_given(b_item(list, i), "play")) {
            return true;
        }
    }
    return false;
}

static void check_used(builder *b)
{
    bool *used = b_array(b, b->pb->play_count, sizeof *used);
    for (uint32_t i = 0; used != NULL && i < b->pb->trigger_count; i++) {
        if (b->pb->triggers[i].play != UINT32_MAX) {
            used[b->pb->triggers[i].play] = true;
        }
    }
    if (used != NULL && !some_play_unknown(b)) {
        unused_report(b, used);
    }
}

void b_plays(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "plays");
    for (uint32_t i = 0; i < b->pb->play_count && b->st == CHURN_OK; i++) {
        fill_play(b, list->items[i], &b->play_defs[i]);
    }
    check_used(b);
}
