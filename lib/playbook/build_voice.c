/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* What figures of surveys and support need to know: a part of `kpi`. */

static void take_promises(builder *b, const churn__yaml_node *map)
{
    churn__voice_def *voice = &b->pb->voice;
    if (map == NULL) {
        return;
    }
    churn__sla_def *defs = b_array(b, map->count, sizeof *defs);
    for (uint32_t i = 0; defs != NULL && i < map->count; i++) {
        const churn__yaml_node *item = b_item(map, i);
        if (item == NULL) {
            continue;
        }
        churn__sla_def *def = &defs[voice->sla_count++];
        if (!churn__str_eq(map->keys[i]->text, CHURN__STR("else"))) {
            def->priority = b_keep(b, map->keys[i]->text);
        }
        def->first_response = b_duration(item, "first_response", 0);
        def->resolution = b_duration(item, "resolution", 0);
    }
    voice->sla = defs;
}

void b_voice(builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "kpi");
    churn__voice_def *voice = &b->pb->voice;
    const churn__yaml_node *invitations = b_get(map, "invitations");
    take_promises(b, b_get(map, "sla"));
    if (invitations != NULL) {
        voice->invitations = b_texts(b, invitations, &voice->invitation_count);
    }
    voice->answer_within = b_duration(map, "answer_within", 0);
}
