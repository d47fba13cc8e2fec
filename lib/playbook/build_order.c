/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/*
 * The order of evaluation: one graph of all that is computed. Its nodes are metrics first, then
 * segments, scores and roll-ups, as declared; last who is lost, and what the engine itself did.
 */

/* ---- nodes ---- */

static churn__node node_of(const churn_playbook *pb, uint32_t i)
{
    if (i < pb->metric_count) {
        return (churn__node){CHURN__NODE_METRIC, i, 0};
    }
    i -= pb->metric_count;
    if (i < pb->segment_count) {
        return (churn__node){CHURN__NODE_SEGMENT, i, 0};
    }
    i -= pb->segment_count;
    if (i < pb->score_count) {
        return (churn__node){CHURN__NODE_SCORE, i, 0};
    }
    i -= pb->score_count;
    if (i < pb->roll_up_count) {
        return (churn__node){CHURN__NODE_ROLL_UP, i, 0};
    }
    i -= pb->roll_up_count;
    return (churn__node){i == 0 ? CHURN__NODE_LOSS : CHURN__NODE_STATE, 0, 0};
}

static uint32_t loss_node(const churn_playbook *pb)
{
    return pb->metric_count + pb->segment_count + pb->score_count + pb->roll_up_count;
}

static uint32_t state_node(const churn_playbook *pb)
{
    return loss_node(pb) + 1;
}

static churn_str node_name(builder *b, uint32_t i)
{
    const churn_playbook *pb = b->pb;
    churn__node node = node_of(pb, i);
    switch (node.kind) {
    case CHURN__NODE_METRIC:
        return b_join(b, "metric.", pb->metrics[node.index].id, "");
    case CHURN__NODE_SEGMENT:
        return b_join(b, "segment.", pb->segments[node.index].id, "");
    case CHURN__NODE_ROLL_UP:
        return pb->roll_ups[node.index].name;
    case CHURN__NODE_LOSS:
        return CHURN__STR("customer.churned");
    case CHURN__NODE_STATE:
        return CHURN__STR("status");
    default:
        return pb->scores[node.index].id;
    }
}

static report_place loss_place(const builder *b)
{
    const churn__yaml_node *map = b_get(b->root, "loss");
    return map == NULL ? (report_place){.line = 0} : b_at(map);
}

static report_place node_place(builder *b, uint32_t i)
{
    const churn_playbook *pb = b->pb;
    churn__node node = node_of(pb, i);
    switch (node.kind) {
    case CHURN__NODE_METRIC:
        return (report_place){.line = pb->metrics[node.index].line,
                              .column = pb->metrics[node.index].column};
    case CHURN__NODE_SEGMENT:
        return (report_place){.line = pb->segments[node.index].line,
                              .column = pb->segments[node.index].column};
    case CHURN__NODE_ROLL_UP:
        return (report_place){.line = pb->roll_ups[node.index].line,
                              .column = pb->roll_ups[node.index].column};
    case CHURN__NODE_LOSS:
    case CHURN__NODE_STATE:
        return loss_place(b);
    default:
        return (report_place){.line = pb->scores[node.index].line,
                              .column = pb->scores[node.index].column};
    }
}

/* ---- edges ---- */

typedef struct edge_list {
    uint32_t *data;
    size_t count, capacity;
} edge_list;

static void edge_add(builder *b, edge_list *to, uint32_t node)
{
    if (!churn__grow(b->heap, (void **)&to->data, &to->capacity, to->count + 1, sizeof *to->data)) {
        b_no_memory(b);
        return;
    }
    to->data[to->count++] = node;
}

/* What the engine's own state says (triggers, plays, status) stood before this evaluation and needs
 * no order; attributes stand on records alone, losses also on their conditions. */
static void edge_slot(builder *b, edge_list *to, uint32_t slot)
{
    const churn_playbook *pb = b->pb;
    if (slot >= pb->slot_count) {
        return;
    }
    const churn__slot *what = &pb->slots[slot];
    switch (what->kind) {
    case CHURN__SLOT_METRIC:
        edge_add(b, to, what->index);
        break;
    case CHURN__SLOT_SEGMENT:
        edge_add(b, to, pb->metric_count + what->index);
        break;
    case CHURN__SLOT_SCORE:
        edge_add(b, to, pb->metric_count + pb->segment_count + what->index);
        break;
    case CHURN__SLOT_ROLL_UP:
        edge_add(b, to, pb->metric_count + pb->segment_count + pb->score_count + what->index);
        break;
    case CHURN__SLOT_CHURNED:
    case CHURN__SLOT_CHURN_DAYS:
    case CHURN__SLOT_CHURN_REASON:
    case CHURN__SLOT_CHURN_KIND:
    case CHURN__SLOT_CHURN_MRR:
        edge_add(b, to, loss_node(pb));
        break;
    default:
        if (b_is_state_slot(what)) {
            edge_add(b, to, state_node(pb));
        }
        break;
    }
}

static void edges_expr(builder *b, edge_list *to, const churn__expr *expr)
{
    uint32_t count = 0;
    const uint32_t *slots = expr == NULL ? NULL : churn__expr_slots(expr, &count);
    for (uint32_t i = 0; i < count; i++) {
        edge_slot(b, to, slots[i]);
    }
}

static void edges_metric(builder *b, edge_list *to, const churn__metric_def *def)
{
    const churn_playbook *pb = b->pb;
    uint32_t count = churn__metric_input_count(def);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t input = churn__metric_input(def, pb->metric_name_count, i);
        if (input != UINT32_MAX) {
            edge_add(b, to, input);
        }
    }
    bool segments = churn__metric_is_grouped(def) && def->baseline == CHURN__BASELINE_SEGMENT;
    for (uint32_t i = 0; segments && i < pb->segment_count; i++) {
        if (def->segment == UINT32_MAX || def->segment == i) {
            edge_add(b, to, pb->metric_count + i);
        }
    }
}

static void edges_factor(builder *b, edge_list *to, const churn__factor_def *factor)
{
    uint32_t slots[CHURN__FACTOR_SLOTS];
    uint32_t count = churn__factor_slots(factor, slots);
    for (uint32_t i = 0; i < count; i++) {
        edge_slot(b, to, slots[i]);
    }
    edges_expr(b, to, factor->expr);
}

static void edges_score(builder *b, edge_list *to, const churn__score_def *score)
{
    for (uint32_t c = 0; c < score->card_count; c++) {
        const churn__card_def *card = &score->cards[c];
        if (card->segment != CHURN__NO_SLOT) {
            edge_slot(b, to, card->segment_slot);
        }
        for (uint32_t f = 0; f < score->factor_count; f++) {
            edges_factor(b, to, &card->factors[f]);
        }
        for (uint32_t i = 0; i < score->cap_count; i++) {
            edges_expr(b, to, card->caps[i].when);
        }
    }
}

static void edges_roll_up(builder *b, edge_list *to, const churn__roll_up_def *def)
{
    const churn_playbook *pb = b->pb;
    if (def->score != UINT32_MAX) {
        edge_add(b, to, pb->metric_count + pb->segment_count + def->score);
    }
    edge_slot(b, to, def->mrr_slot);
    edge_add(b, to, loss_node(pb)); /* lost children are left out */
}

static void edges_loss(builder *b, edge_list *to)
{
    const churn__loss_def *def = &b->pb->loss;
    for (uint32_t i = 0; i < def->condition_count; i++) {
        edges_expr(b, to, def->conditions[i].when);
    }
    edges_expr(b, to, def->involuntary_when);
}

static void edges_of(builder *b, uint32_t i, edge_list *to)
{
    churn__node node = node_of(b->pb, i);
    switch (node.kind) {
    case CHURN__NODE_METRIC:
        edges_metric(b, to, &b->pb->metrics[node.index]);
        break;
    case CHURN__NODE_SEGMENT:
        edges_expr(b, to, b->pb->segments[node.index].when);
        break;
    case CHURN__NODE_ROLL_UP:
        edges_roll_up(b, to, &b->pb->roll_ups[node.index]);
        break;
    case CHURN__NODE_LOSS:
        edges_loss(b, to);
        break;
    case CHURN__NODE_STATE:
        break;
    default:
        edges_score(b, to, &b->pb->scores[node.index]);
        break;
    }
}

/* ---- what follows of the order ---- */

#define DEEP_PAST 1u   /* it looks back itself, */
#define DEEP_CARRY 2u  /* only where it is missing, */
#define DEEP_OTHERS 4u /* or at other customers */

static uint8_t depth_of(const churn__metric_def *def)
{
    if (def->kind == CHURN__METRIC_CARRY) {
        return DEEP_CARRY;
    }
    bool past = churn__metric_has_past(def);
    return past ? DEEP_PAST : churn__metric_is_grouped(def) ? DEEP_OTHERS : 0;
}

/* Each date of a past would have a past, or all customers, of its own. What is carried may have the
 * past of baselines: few ask for it. */
static void find_depth(builder *b, const graph *g, const uint32_t *order)
{
    const churn_playbook *pb = b->pb;
    uint8_t *deep = b_array(b, g->count, 1);
    for (uint32_t i = 0; deep != NULL && i < g->count; i++) {
        uint32_t node = order[i];
        if (node >= pb->metric_count) {
            continue;
        }
        const churn__metric_def *def = &pb->metrics[node];
        for (uint32_t e = g->start[node]; e < g->start[node + 1]; e++) {
            deep[node] |= g->edges[e] < pb->metric_count ? deep[g->edges[e]] : 0;
        }
        uint8_t own = depth_of(def);
        if (own == DEEP_PAST && deep[node] != 0) {
            report_add(&b->report, DIAGNOSTIC_not_together, node_place(b, node),
                       "metric %q: a baseline of a baseline", &def->id);
        }
        bool carries = own == DEEP_CARRY && def->what == CHURN__CARRY_VALUE; /* its age as well */
        if (carries && (deep[node] & (DEEP_CARRY | DEEP_OTHERS)) != 0) {
            report_add(&b->report, DIAGNOSTIC_not_together, node_place(b, node),
                       "metric %q: what stands on other customers is not carried", &def->id);
        }
        deep[node] |= own;
    }
}

/* A baseline of a group, and a roll-up, is known one round through all customers after what it is
 * made of. */
static uint32_t own_round(builder *b, uint32_t i, uint32_t round)
{
    churn__node node = node_of(b->pb, i);
    if (node.kind == CHURN__NODE_METRIC) {
        round += churn__metric_is_grouped(&b->pb->metrics[node.index]);
        b->metric_defs[node.index].round = round;
    } else if (node.kind == CHURN__NODE_ROLL_UP) {
        b->roll_up_defs[node.index].round = ++round;
    } else if (node.kind == CHURN__NODE_LOSS) {
        round = 0; /* it is known before all rounds */
    }
    return round;
}

static void find_rounds(builder *b, const graph *g, const uint32_t *order)
{
    uint32_t *rounds = b_array(b, g->count, sizeof *rounds);
    for (uint32_t i = 0; rounds != NULL && i < g->count; i++) {
        uint32_t node = order[i], round = 0;
        for (uint32_t e = g->start[node]; e < g->start[node + 1]; e++) {
            round = rounds[g->edges[e]] > round ? rounds[g->edges[e]] : round;
        }
        rounds[node] = own_round(b, node, round);
    }
}

/* How many segments are needed one after the other before a node; returns the most. */
static uint32_t find_levels(builder *b, const graph *g, const uint32_t *order, uint32_t *levels)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        uint32_t node = order[i], level = 0;
        for (uint32_t e = g->start[node]; e < g->start[node + 1]; e++) {
            uint32_t to = g->edges[e];
            uint32_t behind = levels[to] + (node_of(b->pb, to).kind == CHURN__NODE_SEGMENT);
            level = behind > level ? behind : level;
        }
        level = node_of(b->pb, node).kind == CHURN__NODE_LOSS ? 0 : level;
        levels[node] = level;
        most = level > most ? level : most;
    }
    return most;
}

static bool is_kept(const churn_playbook *pb, churn__node node)
{
    return node.kind == CHURN__NODE_METRIC ? pb->metrics[node.index].round > 0
                                           : node.kind < CHURN__NODE_LOSS;
}

/* Level by level; in each what is no segment, then the segments, which only what comes in later
 * levels can need. */
static void keep_order(builder *b, const graph *g, const uint32_t *order)
{
    churn_playbook *pb = b->pb;
    uint32_t count = 0;
    churn__node *nodes = b_array(b, g->count, sizeof *nodes);
    uint32_t *levels = b_array(b, g->count, sizeof *levels);
    if (nodes == NULL || levels == NULL) {
        return;
    }
    uint32_t most = find_levels(b, g, order, levels);
    for (uint32_t part = 0; part < 2 * (most + 1); part++) {
        for (uint32_t i = 0; i < g->count; i++) {
            churn__node node = node_of(pb, order[i]);
            bool late = node.kind == CHURN__NODE_SEGMENT;
            node.level = levels[order[i]];
            if (2 * node.level + late == part && is_kept(pb, node)) {
                nodes[count++] = node;
            }
        }
    }
    pb->order = nodes;
    pb->order_count = count;
}

void b_order(builder *b)
{
    const churn_playbook *pb = b->pb;
    uint32_t count = state_node(pb) + 1;
    edge_list edges = {0};
    uint32_t *start = b_array(b, (size_t)count + 1, sizeof *start);
    uint32_t *order = b_array(b, count, sizeof *order);
    if (start == NULL || order == NULL) {
        return;
    }
    for (uint32_t i = 0; i < count && b->st == CHURN_OK; i++) {
        start[i] = (uint32_t)edges.count;
        edges_of(b, i, &edges);
    }
    start[count] = (uint32_t)edges.count;
    const graph g = {count, start, edges.data, node_name, node_place};
    if (b->st == CHURN_OK) {
        b_graph_order(b, &g, order);
    }
    if (b->st == CHURN_OK) {
        b_loss_reach(b, &g, loss_node(pb), state_node(pb));
        find_depth(b, &g, order);
        find_rounds(b, &g, order);
        keep_order(b, &g, order);
    }
    churn__free_array(b->heap, edges.data, edges.capacity, sizeof *edges.data);
}
