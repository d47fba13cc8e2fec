/* SPDX-License-Identifier: MIT */
#include "playbook/score_parts.h"

/*
 * The groups and factors of scores, found in the file: groups in preorder, the factors of each
 * together. Names in conditions need the groups before anything else of a score is read.
 */

/* ---- a roll-up alone ---- */

static churn__yaml_node *make_node(builder *b, churn__yaml_kind kind, uint32_t count,
                                   const churn__yaml_node *at)
{
    churn__yaml_node *node = b_scratch_array(b, 1, sizeof *node);
    churn__yaml_node **items = b_scratch_array(b, count, sizeof *items);
    churn__yaml_node **keys = b_scratch_array(b, count, sizeof *keys);
    if (node != NULL && items != NULL && keys != NULL) {
        *node = (churn__yaml_node){.kind = kind,
                                   .line = at->line,
                                   .column = at->column,
                                   .plain = true,
                                   .items = items,
                                   .keys = keys,
                                   .count = count};
        return node;
    }
    return NULL;
}

static churn__yaml_node *make_text(builder *b, const char *text, const churn__yaml_node *at)
{
    churn__yaml_node *node = make_node(b, CHURN__YAML_SCALAR, 0, at);
    if (node != NULL) {
        node->text = churn__str_nts(text);
    }
    return node;
}

/* What is short for `{id: own, factors: [{roll_up: ...}]}`. */
static const churn__yaml_node *own_group(builder *b, churn__yaml_node *roll_up)
{
    churn__yaml_node *group = make_node(b, CHURN__YAML_MAP, 2, roll_up);
    churn__yaml_node *list = make_node(b, CHURN__YAML_SEQUENCE, 1, roll_up);
    churn__yaml_node *factor = make_node(b, CHURN__YAML_MAP, 1, roll_up);
    if (group == NULL || list == NULL || factor == NULL) {
        return NULL;
    }
    group->keys[0] = make_text(b, "id", roll_up);
    group->items[0] = make_text(b, "own", roll_up);
    group->keys[1] = make_text(b, "factors", roll_up);
    group->items[1] = list;
    list->items[0] = factor;
    factor->keys[0] = make_text(b, "roll_up", roll_up);
    factor->items[0] = roll_up;
    return b->st == CHURN_OK ? group : NULL;
}

/* ---- groups and factors, in order ---- */

typedef struct gathering {
    builder *b;
    score_parts *to; /* NULL: count alone */
    uint32_t groups, factors;
} gathering;

static void gather_factors(gathering *g, const churn__yaml_node *list, uint32_t group)
{
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        if (g->to != NULL) {
            g->to->factor_nodes[g->factors] = list->items[i];
            g->to->homes[g->factors] = group;
        }
        g->factors++;
    }
}

/* Deeper groups than are taken are reported when they are counted. */
static void gather_group(gathering *g, const churn__yaml_node *node, uint32_t parent,
                         uint32_t depth)
{
    uint32_t group = g->groups++;
    if (g->to != NULL) {
        g->to->group_nodes[group] = node;
        g->to->parents[group] = parent;
    }
    gather_factors(g, b_get(node, "factors"), group);
    const churn__yaml_node *inner = b_get(node, "groups");
    if (inner != NULL && depth == CHURN__SCORE_DEPTH) {
        if (g->to == NULL) {
            report_add(&g->b->report, DIAGNOSTIC_deep_groups, b_at(inner),
                       "groups stand in groups deeper than %u", (uint64_t)CHURN__SCORE_DEPTH);
        }
        return;
    }
    for (uint32_t i = 0; inner != NULL && i < inner->count; i++) {
        gather_group(g, inner->items[i], group, depth + 1);
    }
}

static void gather(gathering *g, const churn__yaml_node *score, const churn__yaml_node *own)
{
    const churn__yaml_node *list = b_get(score, "groups");
    if (own != NULL) {
        gather_group(g, own, UINT32_MAX, 1);
    }
    for (uint32_t i = 0; list != NULL && i < list->count; i++) {
        gather_group(g, list->items[i], UINT32_MAX, 1);
    }
}

static bool make_room(builder *b, score_parts *parts, const gathering *counted)
{
    parts->group_nodes = b_scratch_array(b, counted->groups, sizeof *parts->group_nodes);
    parts->parents = b_scratch_array(b, counted->groups, sizeof *parts->parents);
    parts->factor_nodes = b_scratch_array(b, counted->factors, sizeof *parts->factor_nodes);
    parts->homes = b_scratch_array(b, counted->factors, sizeof *parts->homes);
    parts->roll_ups = b_scratch_array(b, counted->factors, sizeof *parts->roll_ups);
    parts->groups = b_array(b, counted->groups, sizeof *parts->groups);
    parts->factors = b_array(b, counted->factors, sizeof *parts->factors);
    return b->st == CHURN_OK;
}

/* ---- what a score must have ---- */

static void need_one_of(builder *b, const churn__yaml_node *node, const char *what, const char *a,
                        const char *c)
{
    report_place place = b_at(node);
    if (b_given(node, a) || b_given(node, c)) {
        return;
    }
    place.expected = b_join(b, a, CHURN__STR(" or "), c);
    report_add(&b->report, DIAGNOSTIC_one_of, place, "%s needs `%s` or `%s`", what, a, c);
}

static void check_score(builder *b, const churn__yaml_node *node)
{
    need_one_of(b, node, "a score", "groups", "roll_up");
    if (b_given(node, "groups")) {
        b_forbid(b, node, "roll_up", "groups");
    }
}

static void declare_groups(builder *b, score_parts *parts)
{
    for (uint32_t i = 0; i < parts->def->group_count && b->st == CHURN_OK; i++) {
        const churn__yaml_node *node = parts->group_nodes[i], *id = b_get(node, "id");
        parts->groups[i] =
            (churn__group_def){.id = id == NULL ? (churn_str){NULL, 0} : b_keep(b, id->text),
                               .line = node->line,
                               .column = node->column,
                               .parent = parts->parents[i]};
        if (!node->bad && node->kind == CHURN__YAML_MAP) {
            need_one_of(b, node, "a group", "factors", "groups");
        }
        b_register_group(b, &parts->group_ids, i, id);
    }
}

static uint32_t card_count(const churn__yaml_node *score)
{
    const churn__yaml_node *cards = b_get(score, "segments");
    return 1 + (cards == NULL ? 0 : cards->count);
}

static void declare_score(builder *b, score_parts *parts)
{
    const churn__yaml_node *id = b_get(parts->node, "id"), *own = NULL;
    churn__yaml_node *alone = b_get(parts->node, "roll_up");
    churn__score_def *def = parts->def;
    def->id = id == NULL ? (churn_str){NULL, 0} : b_keep(b, id->text);
    def->line = parts->node->line;
    def->column = parts->node->column;
    if (parts->node->bad || parts->node->kind != CHURN__YAML_MAP) {
        return;
    }
    check_score(b, parts->node);
    if (alone != NULL && !b_given(parts->node, "groups")) {
        own = own_group(b, alone);
    }
    gathering counted = {.b = b}, filled = {.b = b, .to = parts};
    gather(&counted, parts->node, own);
    if (!make_room(b, parts, &counted)) {
        return;
    }
    gather(&filled, parts->node, own);
    def->group_count = counted.groups;
    def->factor_count = counted.factors;
    declare_groups(b, parts);
}

/* Card 0 is there from now on: what is freed and named goes by it. */
static void declare_cards(builder *b, score_parts *parts)
{
    uint32_t count = card_count(parts->node);
    parts->cards = b_array(b, count, sizeof *parts->cards);
    parts->card_nodes = b_scratch_array(b, count, sizeof *parts->card_nodes);
    if (b->st != CHURN_OK) {
        return;
    }
    parts->cards[0] = (churn__card_def){.segment = CHURN__NO_SLOT,
                                        .segment_slot = CHURN__NO_SLOT,
                                        .line = parts->def->line,
                                        .column = parts->def->column,
                                        .groups = parts->groups,
                                        .factors = parts->factors};
    parts->def->cards = parts->cards;
    parts->def->card_count = 1;
}

/* ---- roll-ups ---- */

static void name_roll_up(builder *b, const churn__yaml_node *node, churn__roll_up_def *def)
{
    const churn__yaml_node *score = b_get(node, "score"), *take = b_get(node, "take");
    churn_str of = score == NULL ? CHURN__STR("") : score->text;
    churn_str begun = b_join(b, "roll_up(", of, take == NULL ? ", mean)" : ", ");
    def->name = take == NULL || begun.ptr == NULL ? begun : b_join(b, begun.ptr, take->text, ")");
    def->line = node->line;
    def->column = node->column;
    def->score = def->slot = def->mrr_slot = UINT32_MAX;
}

/* The same roll-up stands once, however often it is written. */
static uint32_t declare_roll_up(builder *b, const churn__yaml_node *node, uint64_t *hashes)
{
    uint32_t i = 0, count = b->pb->roll_up_count;
    uint64_t hash = canon_hash(b, node, NULL);
    while (i < count && hashes[i] != hash) {
        i++;
    }
    if (i == count) {
        hashes[i] = hash;
        b->roll_up_nodes[i] = node;
        name_roll_up(b, node, &b->roll_up_defs[i]);
        b->pb->roll_up_count++;
    }
    return i;
}

static const churn__yaml_node *roll_up_of(const churn__yaml_node *factor)
{
    const churn__yaml_node *node = factor->bad ? NULL : b_get(factor, "roll_up");
    return node != NULL && node->kind == CHURN__YAML_MAP ? node : NULL;
}

static uint32_t count_roll_ups(const builder *b)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->pb->score_count; i++) {
        const score_parts *parts = &b->score_parts[i];
        for (uint32_t f = 0; f < parts->def->factor_count; f++) {
            count += roll_up_of(parts->factor_nodes[f]) != NULL;
        }
    }
    return count;
}

static void declare_roll_ups(builder *b)
{
    uint32_t count = count_roll_ups(b);
    uint64_t *hashes = b_scratch_array(b, count, sizeof *hashes);
    b->roll_up_defs = b_array(b, count, sizeof *b->roll_up_defs);
    b->roll_up_nodes = b_scratch_array(b, count, sizeof *b->roll_up_nodes);
    b->pb->roll_ups = b->roll_up_defs;
    for (uint32_t i = 0; i < b->pb->score_count && b->st == CHURN_OK; i++) {
        score_parts *parts = &b->score_parts[i];
        for (uint32_t f = 0; f < parts->def->factor_count; f++) {
            const churn__yaml_node *node = roll_up_of(parts->factor_nodes[f]);
            parts->roll_ups[f] = node == NULL ? UINT32_MAX : declare_roll_up(b, node, hashes);
        }
    }
}

/* ---- all ---- */

void b_declare_scores(builder *b)
{
    const churn__yaml_node *list = b_get(b->root, "scores");
    uint32_t count = list == NULL ? 0 : list->count;
    churn__score_def *defs = b_array(b, count, sizeof *defs);
    score_parts *parts = b_scratch_array(b, count, sizeof *parts);
    if (b->st != CHURN_OK) {
        return;
    }
    b->score_defs = defs;
    b->score_parts = parts;
    b->pb->scores = defs;
    b->pb->score_count = count;
    for (uint32_t i = 0; i < count && b->st == CHURN_OK; i++) {
        parts[i] = (score_parts){.index = i, .node = list->items[i], .def = &defs[i]};
        declare_score(b, &parts[i]);
        declare_cards(b, &parts[i]);
    }
    if (b->st == CHURN_OK) {
        declare_roll_ups(b);
    }
}

void b_score_parts_clear(builder *b)
{
    for (uint32_t i = 0; b->score_parts != NULL && i < b->pb->score_count; i++) {
        score_parts *parts = &b->score_parts[i];
        registry *all[] = {&parts->group_ids, &parts->factor_ids, &parts->cap_ids,
                           &parts->band_ids};
        for (size_t j = 0; j < sizeof all / sizeof all[0]; j++) {
            registry_clear(b, all[j]);
        }
    }
}
