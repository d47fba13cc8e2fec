/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

/* Depth-first with a stack of its own: what a node stands on comes out before it. */

enum { NEW = 0, OPEN, DONE };

typedef struct walk {
    builder *b;
    const graph *g;
    uint8_t *state;
    uint32_t *path, *next; /* nodes that are open, and the edge that each looks at next */
    uint32_t depth;
    uint32_t *order, order_count;
} walk;

/* "a needs b needs a" */
static void report_cycle(walk *w, uint32_t node)
{
    churn__buf text;
    uint32_t from = w->depth;
    churn__buf_init(&text, w->b->heap);
    while (w->path[--from] != node) {
    }
    for (uint32_t i = from; i < w->depth; i++) {
        churn__buf_str(&text, w->g->name(w->b, w->path[i]));
        churn__buf_text(&text, " needs ");
    }
    churn__buf_str(&text, w->g->name(w->b, node));
    if (text.failed) {
        b_no_memory(w->b);
    } else {
        report_add(&w->b->report, DIAGNOSTIC_cycle, w->g->place(w->b, node), "a cycle: %s",
                   text.data);
    }
    churn__buf_clear(&text);
}

static void walk_open(walk *w, uint32_t node)
{
    w->state[node] = OPEN;
    w->next[w->depth] = w->g->start[node];
    w->path[w->depth++] = node;
}

/* One edge, or the end of the node on top. */
static void walk_step(walk *w)
{
    uint32_t node = w->path[w->depth - 1], edge = w->next[w->depth - 1];
    if (edge == w->g->start[node + 1]) {
        w->state[node] = DONE;
        w->order[w->order_count++] = node;
        w->depth--;
        return;
    }
    w->next[w->depth - 1]++;
    uint32_t to = w->g->edges[edge];
    if (w->state[to] == NEW) {
        walk_open(w, to);
    } else if (w->state[to] == OPEN) {
        report_cycle(w, to);
    }
}

void b_graph_order(builder *b, const graph *g, uint32_t *order)
{
    walk w = {.b = b, .g = g, .order = order};
    w.state = churn__alloc_array_zero(b->heap, g->count, sizeof *w.state);
    w.path = churn__alloc_array(b->heap, g->count, sizeof *w.path);
    w.next = churn__alloc_array(b->heap, g->count, sizeof *w.next);
    if (w.state == NULL || w.path == NULL || w.next == NULL) {
        b_no_memory(b);
        goto done;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        if (w.state[i] == NEW) {
            walk_open(&w, i);
        }
        while (w.depth > 0) {
            walk_step(&w);
        }
    }
done:
    churn__free_array(b->heap, w.state, g->count, sizeof *w.state);
    churn__free_array(b->heap, w.path, g->count, sizeof *w.path);
    churn__free_array(b->heap, w.next, g->count, sizeof *w.next);
}
