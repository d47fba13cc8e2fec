/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/sort.h"
#include "engine/targets.h"

/*
 * Two factors at once. What a move costs is the points by which factors move, and what they do to
 * the score is linear in them between the points of their curves, so in a cheapest pair one of the
 * two stands at a point of its curve, and the other makes up for what is left. Every such pair is
 * worked out by arithmetic; the cheapest are tried out.
 */
#define ROUNDING 2.5e-7
#define TRIALS 32u

typedef struct candidate {
    const churn__lever *levers[2];
    churn__choice inputs[2];
    double cost;
    uint64_t order;
} candidate;

/* As many as there are: of many factors few pairs are worth it. */
typedef struct candidates {
    candidate *each;
    uint32_t count;
    size_t capacity;
} candidates;

static churn__choice snapped(const churn__lever *lever, churn__choice choice)
{
    if (!lever->words && lever->slot == lever->shown) {
        choice.value = churn__lever_snap(lever, choice.value);
    }
    return choice;
}

static bool can_be(const churn__lever *lever, churn__choice choice)
{
    return lever->words || lever->slot != lever->shown ||
           (choice.value >= lever->low && choice.value <= lever->high);
}

/* Both are put; what it costs, infinite where it will not do or the second does nothing. */
static double cost_of(churn__hunt *h, const churn__lever *first, churn__choice at,
                      const churn__lever *second, churn__choice rest)
{
    churn__hunt_reset(h);
    churn__lever_put(h, first, at);
    double alone = churn__hunt_cost(h);
    churn__lever_put(h, second, rest);
    double cost = churn__hunt_cost(h);
    bool good = can_be(first, at) && can_be(second, rest) && alone > 0 && cost > alone &&
                churn__score_sum(h->def, h->card, h->room) >= h->target - ROUNDING;
    return good ? cost : (double)INFINITY;
}

static void keep(churn__hunt *h, candidate *best, const churn__lever *first, churn__choice at,
                 const churn__lever *second, churn__choice rest)
{
    double cost = cost_of(h, first, at, second, rest);
    bool turned = best->levers[0] != first;
    if (cost < best->cost) {
        best->inputs[turned] = at;
        best->inputs[!turned] = rest;
        best->cost = cost;
    }
}

/* What a lever must be when another one is put. */
static bool rest_of(churn__hunt *h, const churn__lever *put, churn__choice at,
                    const churn__lever *lever, churn__choice *out)
{
    churn__hunt_reset(h);
    churn__lever_put(h, put, at);
    bool found = churn__lever_need(h, lever, h->target - ROUNDING, out);
    *out = snapped(lever, *out);
    return found;
}

/* The first at one of its points, the second for what is left; where that was rounded up, the first
 * may get away with less. */
static void consider(churn__hunt *h, candidate *best, const churn__lever *first,
                     const churn__lever *second, churn__choice at)
{
    churn__choice rest, less;
    at = snapped(first, at);
    if (!rest_of(h, first, at, second, &rest)) {
        return;
    }
    keep(h, best, first, at, second, rest);
    if ((second->whole || second->words) && rest_of(h, second, rest, first, &less)) {
        keep(h, best, first, less, second, rest);
    }
}

static void cheapest_of(churn__hunt *h, candidate *best)
{
    churn__choice at;
    for (uint32_t side = 0; side < 2; side++) {
        const churn__lever *first = best->levers[side], *second = best->levers[1 - side];
        for (uint32_t i = 0; churn__lever_choice(h, first, i, &at); i++) {
            consider(h, best, first, second, at);
        }
    }
}

static int compare(const void *a, const void *b, const void *context)
{
    const candidate *x = a, *y = b;
    (void)context;
    if (x->cost != y->cost) {
        return x->cost < y->cost ? -1 : 1;
    }
    return (x->order > y->order) - (x->order < y->order);
}

static bool is_dear(const churn__way *single, double cost)
{
    return single->feasible && single->cost <= cost + 1e-9;
}

static churn_status add(churn__hunt *h, candidates *list, const candidate *one, churn_error *err)
{
    if (list->count == UINT32_MAX || !churn__grow(h->heap, (void **)&list->each, &list->capacity,
                                                  (size_t)list->count + 1, sizeof *list->each)) {
        return churn__fail_memory(err, h->heap);
    }
    list->each[list->count++] = *one;
    return CHURN_OK;
}

static churn_status find(churn__hunt *h, const churn__way *singles, candidates *list,
                         churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < h->lever_count; i++) {
        for (uint32_t j = i + 1; j < h->lever_count; j++) {
            CHURN_TRY(churn__cancel_check(h->cancel, err));
            candidate best = {.levers = {&h->levers[i], &h->levers[j]},
                              .cost = (double)INFINITY,
                              .order = (uint64_t)i * h->lever_count + j};
            if (h->levers[i].stuck || h->levers[j].stuck ||
                h->levers[i].shown == h->levers[j].shown) {
                continue;
            }
            cheapest_of(h, &best);
            if (isfinite(best.cost) && !is_dear(&singles[i], best.cost) &&
                !is_dear(&singles[j], best.cost)) {
                CHURN_TRY(add(h, list, &best, err));
            }
        }
    }
done:
    return st;
}

/* Tried out with what arithmetic says. */
static churn_status try_pair(churn__hunt *h, const candidate *of, churn__way *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    *out = (churn__way){.count = 2, .cost = (double)NAN, .reaches = (double)NAN};
    for (uint32_t i = 0; i < 2; i++) {
        churn__target_move *move = &out->moves[i];
        *move = (churn__target_move){.lever = of->levers[i], .shown = of->inputs[i]};
        if (!of->levers[i]->words) {
            double shown = 0;
            CHURN_TRY(churn__hunt_shown(h, of->levers[i], of->inputs[i].value, &shown, err));
            move->shown.value = churn__lever_snap(of->levers[i], shown);
            if (!(move->shown.value >= of->levers[i]->low &&
                  move->shown.value <= of->levers[i]->high)) {
                return CHURN_OK;
            }
        }
    }
    CHURN_TRY(churn__hunt_try(h, out->moves, 2, true, &out->reaches, err));
    out->feasible = out->reaches >= h->target;
    CHURN_TRY(churn__hunt_read(h, out->moves, 2, err));
    out->cost = churn__hunt_cost(h);
done:
    return st;
}

churn_status churn__hunt_pairs(churn__hunt *h, const churn__way *singles, churn__way *out,
                               uint32_t *count, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t most = h->options.pairs > 0 ? h->options.pairs : 1;
    candidates list = {.each = NULL};
    *count = 0;
    CHURN_TRY(find(h, singles, &list, err));
    if (!churn__sort(h->heap, list.each, list.count, sizeof *list.each, compare, NULL)) {
        CHURN_TRY(churn__fail_memory(err, h->heap));
    }
    for (uint32_t i = 0; i < list.count && i < TRIALS + most && *count < most; i++) {
        CHURN_TRY(try_pair(h, &list.each[i], &out[*count], err));
        *count += out[*count].feasible;
    }
done:
    churn__free_array(h->heap, list.each, list.capacity, sizeof *list.each);
    return st;
}
