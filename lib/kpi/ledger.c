/* SPDX-License-Identifier: MIT */
#include "kpi/ledger_inside.h"

#include "base/checked.h"

/*
 * One customer after another: their spells in order of time, put into groups of changes, each of
 * which becomes one movement, a row a subscription.
 */

static const churn__spell nothing = {0};

/* ---- rows ---- */

static bool push_move(churn__ledger *l, const churn__leg *leg, uint8_t kind, uint8_t cause,
                      int64_t amount)
{
    const churn__subscription *row = &l->rows[leg->row];
    if (!churn__grow(l->heap, (void **)&l->moves, &l->move_capacity, l->move_count + 1,
                     sizeof *l->moves)) {
        return false;
    }
    l->moves[l->move_count++] = (churn__move){.at = l->group_at,
                                              .kind = kind,
                                              .cause = cause,
                                              .subscription = row->id,
                                              .plan = row->plan,
                                              .product = row->product,
                                              .currency = row->currency,
                                              .amount = amount,
                                              .before = l->running,
                                              .after = l->running + amount};
    l->running += amount;
    return true;
}

static bool push_segments(churn__ledger *l, bool in)
{
    bool fits = true;
    for (size_t i = 0; fits && i < l->leg_count; i++) {
        const churn__leg *leg = &l->legs[i];
        if (in ? leg->moved > 0 : leg->moved < 0) {
            fits = push_move(l, leg, in ? CHURN__MOVE_SEGMENT_IN : CHURN__MOVE_SEGMENT_OUT,
                             CHURN__CAUSE_SWITCH, leg->moved);
        }
    }
    return fits;
}

static bool push_rates(churn__ledger *l)
{
    bool fits = true;
    for (size_t i = 0; fits && i < l->leg_count; i++) {
        const churn__leg *leg = &l->legs[i];
        fits =
            leg->rate == 0 || push_move(l, leg, CHURN__MOVE_CURRENCY, CHURN__CAUSE_RATE, leg->rate);
    }
    return fits;
}

static bool push_kind(churn__ledger *l, uint8_t kind, const churn__standing *before)
{
    bool fits = true;
    for (size_t i = 0; fits && i < l->leg_count; i++) {
        const churn__leg *leg = &l->legs[i];
        const int64_t amount = leg->kept - leg->moved;
        fits =
            amount == 0 || push_move(l, leg, kind, churn__leg_cause(l, leg, kind, before), amount);
    }
    return fits;
}

/* ---- kinds ---- */

/* Of money that comes to somebody who is gone. */
static uint8_t kind_of_return(churn__ledger *l)
{
    const int64_t gap = l->group_at - l->standing.gone_at;
    if (gap < l->policy->reactivation_after) {
        for (size_t i = l->standing.churn_from; i < l->standing.churn_to; i++) {
            l->moves[i].kind = CHURN__MOVE_CONTRACTION;
        }
        return CHURN__MOVE_EXPANSION;
    }
    const bool late = l->policy->reactivation_within == CHURN__REACTIVATION_NEVER ||
                      gap > l->policy->reactivation_within;
    return late ? CHURN__MOVE_NEW : CHURN__MOVE_REACTIVATION;
}

static bool pays(const churn__ledger *l)
{
    return l->total > 0 || l->missing > 0;
}

/* Money that goes while something still makes a customer is contraction; it comes back as
 * expansion. Who owes less than nothing has not begun to pay. */
static uint8_t kind_of_group(churn__ledger *l)
{
    if (l->net == 0) {
        return CHURN__MOVE_NONE;
    }
    if (l->net < 0) {
        return l->live == 0 ? CHURN__MOVE_CHURN : CHURN__MOVE_CONTRACTION;
    }
    if (!pays(l)) {
        return CHURN__MOVE_EXPANSION;
    }
    if (!l->standing.paid) {
        return CHURN__MOVE_NEW;
    }
    return l->standing.gone ? kind_of_return(l) : CHURN__MOVE_EXPANSION;
}

/* ---- lives ---- */

static bool same_month(const churn__ledger *l, churn_time a, churn_time b)
{
    return b - a < 32 * CHURN__DAY && churn__period_start(a, CHURN__UNIT_CMO, l->zone) ==
                                          churn__period_start(b, CHURN__UNIT_CMO, l->zone);
}

/* Who came and goes within a month was never there. Rows that would not add up to nothing stay. */
static void forget_life(churn__ledger *l)
{
    const int64_t opening =
        l->life_from < l->move_count ? l->moves[l->life_from].before : l->running;
    if (l->running == opening) {
        l->move_count = l->life_from;
        l->standing = l->before_life;
    }
}

static void update_standing(churn__ledger *l, uint8_t kind, size_t from)
{
    churn__standing *standing = &l->standing;
    if (pays(l) && (!standing->paid || standing->gone)) {
        if (!standing->gone || l->group_at - standing->gone_at >= l->policy->reactivation_after) {
            l->before_life = *standing;
            l->life_from = from;
            l->life_at = l->group_at;
        } /* else the life before goes on */
        standing->paid = true;
        standing->gone = false;
    }
    if (l->live > 0 || !standing->paid || standing->gone) {
        return;
    }
    standing->gone = true;
    standing->gone_at = l->group_at;
    standing->churn_to = l->move_count;
    standing->churn_from = l->move_count;
    for (size_t i = from; kind == CHURN__MOVE_CHURN && i < l->move_count; i++) {
        if (l->moves[i].kind == CHURN__MOVE_CHURN) {
            standing->churn_from = i;
            break;
        }
    }
    if (l->policy->same_period == CHURN__SAME_PERIOD_IGNORE &&
        same_month(l, l->life_at, l->group_at)) {
        forget_life(l);
    }
}

/* ---- groups ---- */

static void begin_group(churn__ledger *l, churn_time at)
{
    l->group++;
    l->group_at = at;
    l->net = 0;
    l->leg_count = 0;
}

static bool end_group(churn__ledger *l)
{
    const churn__standing before = l->standing;
    const size_t from = l->move_count;
    const uint8_t kind = kind_of_group(l);
    if (!churn__legs_net(l) || !push_segments(l, false) || !push_segments(l, true) ||
        !push_rates(l) || !push_kind(l, kind, &before)) {
        return false;
    }
    update_standing(l, kind, from);
    return true;
}

/* When the group that begins at an instant is over. */
static churn_time group_end(const churn__ledger *l, churn_time at, churn_time next)
{
    switch (l->policy->group) {
    case CHURN__GROUP_HOUR:
        return at + CHURN__HOUR;
    case CHURN__GROUP_DAY: /* no day has 26 hours */
        return next - at >= 26 * CHURN__HOUR ? at + 1
                                             : churn__period_next(at, CHURN__UNIT_CD, l->zone);
    default:
        return at + 1;
    }
}

/* ---- changes ---- */

static bool is_change(const churn__ledger *l, const churn__spell *before, const churn__spell *now)
{
    if (before->mrr != now->mrr || before->live != now->live || before->missing != now->missing) {
        return true;
    }
    if (now->mrr == 0 || before->row == now->row) {
        return false;
    }
    const churn__subscription *a = &l->rows[before->row], *b = &l->rows[now->row];
    return a->plan != b->plan || a->product != b->product || a->currency != b->currency;
}

/* What the state before is worth at the rate of now. */
static int64_t carried_over(const churn__ledger *l, const churn__spell *before, churn_time at)
{
    int64_t worth = 0;
    if (l->policy->fx == CHURN__FX_CONSTANT || before->own == 0 || before->over) {
        return before->mrr;
    }
    return churn__exchange_minor_at(l->exchange, l->policy, l->rows[before->row].currency, at,
                                    before->own, &worth) == CHURN__PRESENT
               ? worth
               : 0;
}

static void weigh(churn__ledger *l, int64_t amount)
{
    l->too_large =
        l->too_large || !churn__add_i64(l->bulk, amount < 0 ? -amount : amount, &l->bulk);
}

static bool take(churn__ledger *l, const churn__spell *now)
{
    churn__sub_state *sub = &l->subs[now->sub];
    const churn__spell *before = sub->now == NULL ? &nothing : sub->now;
    const int64_t carried = carried_over(l, before, now->at);
    if (sub->group != l->group) {
        sub->group = l->group;
        sub->was = sub->now;
        sub->last_leg = CHURN__NO_LEG;
    }
    sub->now = now;
    weigh(l, carried);
    weigh(l, now->mrr);
    l->live += (uint32_t)now->live - (uint32_t)before->live;
    l->missing += (uint32_t)(now->missing != 0) - (uint32_t)(before->missing != 0);
    if (l->too_large) {
        return true;
    }
    l->total += now->mrr - before->mrr;
    l->net += now->mrr - carried;
    return churn__legs_add(l, before, now, carried);
}

/* ---- what is not known ---- */

static churn__unknown_money unknown_from(const churn__ledger *l, churn_time at)
{
    churn__unknown_money out = {at, CHURN_TIME_NONE, CHURN__NON_FINITE, CHURN__NO_CODE};
    for (uint32_t i = 0; i < l->spells.subs; i++) {
        const churn__spell *spell = l->subs[i].now;
        if (spell != NULL && spell->missing == CHURN__NO_RATE) {
            out.missing = CHURN__NO_RATE;
            out.currency = l->rows[spell->row].currency;
            break;
        }
    }
    return out;
}

/* After the last change of an instant. */
static bool note_unknown(churn__ledger *l, churn_time at)
{
    const bool now = l->missing > 0 || !churn__mrr_fits(l->total);
    churn__unknown_money *last = l->unknown_count > 0 ? &l->unknown[l->unknown_count - 1] : NULL;
    const bool open = last != NULL && last->to == CHURN_TIME_NONE;
    if (now == open) {
        return true;
    }
    if (open) {
        last->to = at;
        return true;
    }
    if (!churn__grow(l->heap, (void **)&l->unknown, &l->unknown_capacity, l->unknown_count + 1,
                     sizeof *l->unknown)) {
        return false;
    }
    l->unknown[l->unknown_count++] = unknown_from(l, at);
    return true;
}

/* ---- one customer ---- */

static bool take_group(churn__ledger *l, size_t *at, size_t end)
{
    const churn__spell *spells = l->spells.data;
    const churn_time first = spells[*at].at;
    const churn_time over =
        group_end(l, first, *at + 1 < end ? spells[*at + 1].at : CHURN_TIME_MAX);
    begin_group(l, first);
    for (; *at < end && spells[*at].at < over; ++*at) {
        const churn_time now = spells[*at].at;
        if (!take(l, &spells[*at])) {
            return false;
        }
        if ((*at + 1 == end || spells[*at + 1].at != now) && !note_unknown(l, now)) {
            return false;
        }
    }
    return l->too_large || end_group(l);
}

static bool walk(churn__ledger *l, size_t end)
{
    const churn__spell *spells = l->spells.data;
    for (size_t i = 0; i < end && !l->too_large;) {
        churn__sub_state *sub = &l->subs[spells[i].sub];
        if (is_change(l, sub->now == NULL ? &nothing : sub->now, &spells[i])) {
            if (!take_group(l, &i, end)) {
                return false;
            }
        } else {
            sub->now = &spells[i++];
        }
    }
    return true;
}

static bool begin_customer(churn__ledger *l)
{
    l->move_count = l->unknown_count = l->life_from = 0;
    l->standing = l->before_life = (churn__standing){0};
    l->total = l->running = l->bulk = 0;
    l->live = l->missing = l->group = 0;
    l->too_large = false;
    if (!churn__grow(l->heap, (void **)&l->subs, &l->sub_capacity, l->spells.subs,
                     sizeof *l->subs)) {
        return false;
    }
    memset(l->subs, 0, l->spells.subs * sizeof *l->subs);
    return true;
}

/* Sums of more than 2^63: nothing of it can be told. */
static bool tell_nothing(churn__ledger *l)
{
    l->move_count = l->unknown_count = 0;
    l->running = l->total = 0;
    if (!churn__grow(l->heap, (void **)&l->unknown, &l->unknown_capacity, 1, sizeof *l->unknown)) {
        return false;
    }
    l->unknown[l->unknown_count++] = (churn__unknown_money){l->spells.data[0].at, CHURN_TIME_NONE,
                                                            CHURN__NON_FINITE, CHURN__NO_CODE};
    return true;
}

static size_t seen(const churn__spells *spells, churn_time as_of)
{
    size_t end = spells->count;
    while (end > 0 && spells->data[end - 1].at >= as_of) {
        end--;
    }
    return end;
}

churn_status churn__ledger_rows(churn__ledger *l, const churn__subscription *rows, size_t count,
                                const churn__exchange *exchange, churn_time as_of,
                                churn__ledger_of *out, churn_error *err)
{
    *out = (churn__ledger_of){0};
    if (count == 0) {
        return CHURN_OK;
    }
    l->rows = rows;
    l->exchange = exchange;
    if (!churn__spells_make(&l->spells, l->policy, rows, count, exchange) || !begin_customer(l) ||
        !walk(l, seen(&l->spells, as_of)) || (l->too_large && !tell_nothing(l))) {
        return churn__fail_memory(err, l->heap);
    }
    if (l->running != l->total) {
        return churn__fail(err, CHURN_E_INTERNAL, 0, "movements: they do not add up");
    }
    *out = (churn__ledger_of){l->moves, l->move_count, l->unknown, l->unknown_count};
    return CHURN_OK;
}

churn_status churn__ledger_customer(churn__ledger *l, churn__reader *reader, uint32_t customer,
                                    churn__ledger_of *out, churn_error *err)
{
    const churn__subscription *rows = NULL;
    const size_t count = churn__reader_subscriptions(reader, customer, l->as_of, &rows);
    return churn__ledger_rows(l, rows, count, l->exchange, l->as_of, out, err);
}

/* ---- life ---- */

churn__ledger *churn__ledger_create_plain(churn__heap *heap, const churn__kpi_policy *policy,
                                          const churn__zone *zone, uint32_t split)
{
    churn__ledger *ledger = churn__alloc_zero(heap, sizeof *ledger);
    if (ledger != NULL) {
        ledger->heap = heap;
        ledger->policy = policy;
        ledger->zone = zone;
        ledger->split = split;
        churn__spells_init(&ledger->spells, heap);
    }
    return ledger;
}

churn__ledger *churn__ledger_create(churn__heap *heap, churn__version *version,
                                    const churn__kpi_policy *policy, churn_str currency,
                                    const churn__zone *zone, uint32_t split, churn_time as_of)
{
    churn__ledger *ledger = churn__ledger_create_plain(heap, policy, zone, split);
    if (ledger == NULL) {
        return NULL;
    }
    ledger->as_of = as_of;
    if (churn__exchange_book_create(heap, version, currency, &ledger->book, NULL) == CHURN_OK) {
        churn__exchange_book_keep(ledger->book, policy);
        ledger->exchange = churn__exchange_at(ledger->book, as_of);
    }
    if (ledger->exchange == NULL) {
        churn__ledger_free(ledger);
        return NULL;
    }
    return ledger;
}

void churn__ledger_free(churn__ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    churn__heap *heap = ledger->heap;
    churn__spells_free(&ledger->spells);
    churn__free_array(heap, ledger->subs, ledger->sub_capacity, sizeof *ledger->subs);
    churn__free_array(heap, ledger->moves, ledger->move_capacity, sizeof *ledger->moves);
    churn__free_array(heap, ledger->unknown, ledger->unknown_capacity, sizeof *ledger->unknown);
    churn__free_array(heap, ledger->legs, ledger->leg_capacity, sizeof *ledger->legs);
    churn__free_array(heap, ledger->order, ledger->order_capacity, sizeof *ledger->order);
    churn__exchange_book_free(ledger->book);
    churn__free(heap, ledger, sizeof *ledger);
}
