/* SPDX-License-Identifier: MIT */
#include "kpi/ledger_inside.h"

#include "base/num.h"
#include "base/sort.h"

/*
 * A group of changes, netted. Within a value of the keys (all of the customer, where the ledger is
 * not split) the smaller of rises and falls is taken away: the side that wins keeps the difference,
 * in proportion. Of what the values then gain and lose, the smaller is moved between them.
 * Proportions are rounded cumulatively in order of subscription, so that parts add up exactly.
 */

/* ---- gathering ---- */

static bool same_value(const churn__ledger *ledger, uint32_t a, uint32_t b)
{
    const churn__subscription *x = &ledger->rows[a], *y = &ledger->rows[b];
    return a == b || (((ledger->split & CHURN__SPLIT_PLAN) == 0 || x->plan == y->plan) &&
                      ((ledger->split & CHURN__SPLIT_PRODUCT) == 0 || x->product == y->product) &&
                      ((ledger->split & CHURN__SPLIT_CURRENCY) == 0 || x->currency == y->currency));
}

/* The leg of a subscription for the value that a row has. NULL: no memory. */
static churn__leg *leg_of(churn__ledger *ledger, uint32_t sub, uint32_t row)
{
    churn__sub_state *state = &ledger->subs[sub];
    for (uint32_t i = state->last_leg; i != CHURN__NO_LEG; i = ledger->legs[i].previous) {
        if (same_value(ledger, ledger->legs[i].row, row)) {
            return &ledger->legs[i];
        }
    }
    if (!churn__grow(ledger->heap, (void **)&ledger->legs, &ledger->leg_capacity,
                     ledger->leg_count + 1, sizeof *ledger->legs)) {
        return NULL;
    }
    churn__leg *leg = &ledger->legs[ledger->leg_count];
    *leg = (churn__leg){.sub = sub, .row = row, .previous = state->last_leg};
    state->last_leg = (uint32_t)ledger->leg_count++;
    return leg;
}

/* What goes is of the value before, what comes of the value now. */
bool churn__legs_add(churn__ledger *ledger, const churn__spell *before, const churn__spell *now,
                     int64_t carried)
{
    if (carried != 0 || before->mrr != 0) {
        churn__leg *leg = leg_of(ledger, now->sub, before->row);
        if (leg == NULL) {
            return false;
        }
        leg->amount -= carried;
        leg->rate += carried - before->mrr;
    }
    if (now->mrr != 0) {
        churn__leg *leg = leg_of(ledger, now->sub, now->row);
        if (leg == NULL) {
            return false;
        }
        leg->amount += now->mrr;
        leg->row = now->row;
    }
    return true;
}

/* ---- parts of a sum ---- */

/* Give out `sum` in proportion to weights of `whole`, one after the other. */
typedef struct sharing {
    int64_t sum, whole; /* 0 <= sum <= whole */
    int64_t weighed, given;
} sharing;

static int64_t next_share(sharing *s, int64_t weight)
{
    int64_t upto = s->sum;
    s->weighed += weight;
    if (s->sum != s->whole && s->weighed != s->whole) {
        (void)churn__mul_div_round(s->sum, s->weighed, s->whole, &upto); /* <= sum: it fits */
    } else if (s->sum == s->whole) {
        upto = s->weighed;
    }
    const int64_t share = upto - s->given;
    s->given = upto;
    return share;
}

static int64_t size_of(int64_t amount)
{
    return amount < 0 ? -amount : amount;
}

static bool has_sign(int64_t amount, int64_t sign)
{
    return sign < 0 ? amount < 0 : amount > 0;
}

/* ---- within a value ---- */

/* legs[order[from .. to)] are of one value. */
static void net_value(churn__leg *legs, const uint32_t *order, size_t from, size_t to)
{
    int64_t net = 0, rises = 0, falls = 0;
    for (size_t i = from; i < to; i++) {
        const int64_t amount = legs[order[i]].amount;
        net += amount;
        rises += amount > 0 ? amount : 0;
        falls -= amount < 0 ? amount : 0;
    }
    sharing s = {.sum = size_of(net), .whole = net < 0 ? falls : rises};
    for (size_t i = from; i < to; i++) {
        churn__leg *leg = &legs[order[i]];
        leg->kept = 0;
        if (net != 0 && has_sign(leg->amount, net)) {
            const int64_t share = next_share(&s, size_of(leg->amount));
            leg->kept = net < 0 ? -share : share;
        }
    }
}

/* ---- between values ---- */

static void move_side(churn__leg *legs, size_t count, int64_t sign, int64_t moved, int64_t whole)
{
    sharing s = {.sum = moved, .whole = whole};
    for (size_t i = 0; i < count; i++) {
        if (has_sign(legs[i].kept, sign)) {
            const int64_t share = next_share(&s, size_of(legs[i].kept));
            legs[i].moved = sign < 0 ? -share : share;
        }
    }
}

static void move_between(churn__leg *legs, size_t count)
{
    int64_t rises = 0, falls = 0;
    for (size_t i = 0; i < count; i++) {
        rises += legs[i].kept > 0 ? legs[i].kept : 0;
        falls -= legs[i].kept < 0 ? legs[i].kept : 0;
        legs[i].moved = 0;
    }
    const int64_t moved = rises < falls ? rises : falls;
    if (moved > 0) {
        move_side(legs, count, 1, moved, rises);
        move_side(legs, count, -1, moved, falls);
    }
}

/* ---- orders ---- */

static int compare_legs(const void *a, const void *b, const void *context)
{
    const churn__leg *x = a, *y = b;
    (void)context;
    return (x->sub > y->sub) - (x->sub < y->sub);
}

static int compare_codes(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* Codes tell values apart; which comes first changes nothing. */
static int compare_values(const void *a, const void *b, const void *context)
{
    const churn__ledger *ledger = context;
    const uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const churn__subscription *x = &ledger->rows[ledger->legs[i].row];
    const churn__subscription *y = &ledger->rows[ledger->legs[k].row];
    int c = 0;
    if ((ledger->split & CHURN__SPLIT_PLAN) != 0) {
        c = compare_codes(x->plan, y->plan);
    }
    if (c == 0 && (ledger->split & CHURN__SPLIT_PRODUCT) != 0) {
        c = compare_codes(x->product, y->product);
    }
    if (c == 0 && (ledger->split & CHURN__SPLIT_CURRENCY) != 0) {
        c = compare_codes(x->currency, y->currency);
    }
    return c != 0 ? c : compare_codes(i, k);
}

static bool order_legs(churn__ledger *ledger)
{
    const size_t count = ledger->leg_count;
    size_t capacity = ledger->order_capacity;
    if (!churn__sort(ledger->heap, ledger->legs, count, sizeof *ledger->legs, compare_legs, NULL) ||
        !churn__grow(ledger->heap, (void **)&ledger->order, &capacity, count,
                     sizeof *ledger->order)) {
        return false;
    }
    ledger->order_capacity = capacity;
    for (size_t i = 0; i < count; i++) {
        ledger->order[i] = (uint32_t)i;
    }
    return ledger->split == 0 || churn__sort(ledger->heap, ledger->order, count,
                                             sizeof *ledger->order, compare_values, ledger);
}

bool churn__legs_net(churn__ledger *ledger)
{
    churn__leg *legs = ledger->legs;
    const size_t count = ledger->leg_count;
    if (count == 1) {
        legs->kept = legs->amount;
        legs->moved = 0;
        return true;
    }
    if (count == 0) {
        return true;
    }
    if (!order_legs(ledger)) {
        return false;
    }
    for (size_t from = 0, to = 0; from < count; from = to) {
        for (to = from + 1; to < count; to++) {
            const churn__leg *a = &legs[ledger->order[from]], *b = &legs[ledger->order[to]];
            if (!same_value(ledger, a->row, b->row)) {
                break;
            }
        }
        net_value(legs, ledger->order, from, to);
    }
    move_between(legs, count);
    return true;
}
