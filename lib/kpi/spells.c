/* SPDX-License-Identifier: MIT */
#include "kpi/spells.h"

#include "base/sort.h"

/*
 * The states of a customer's subscriptions as spells: a state begins, its discount runs out, a rate
 * changes, it ends. Each is rounded once, and once more where it is converted.
 */

#define LASTS INT64_MAX
#define PER_ROW 3 /* begins, its discount ends, it ends; and one a rate */

void churn__spells_init(churn__spells *spells, churn__heap *heap)
{
    spells->heap = heap;
    spells->data = spells->few;
    spells->capacity = CHURN__FEW_SPELLS;
    spells->count = 0;
    spells->subs = 0;
}

void churn__spells_free(churn__spells *spells)
{
    if (spells->data != spells->few) {
        churn__free_array(spells->heap, spells->data, spells->capacity, sizeof *spells->data);
    }
    spells->data = spells->few;
    spells->capacity = CHURN__FEW_SPELLS;
}

static bool reserve(churn__spells *s, size_t more)
{
    churn__spell *data = s->data == s->few ? NULL : s->data;
    size_t capacity = s->data == s->few ? 0 : s->capacity;
    if (s->capacity - s->count >= more) {
        return true;
    }
    if (!churn__grow(s->heap, (void **)&data, &capacity, s->count + more, sizeof *data)) {
        return false;
    }
    if (s->data == s->few) {
        memcpy(data, s->few, s->count * sizeof *data);
    }
    s->data = data;
    s->capacity = capacity;
    return true;
}

/* ---- one row ---- */

typedef struct making {
    churn__spells *spells;
    const churn__kpi_policy *policy;
    const churn__exchange *exchange;
    const churn__subscription *rows;
} making;

static void put(const making *m, size_t row, churn_time at, bool over)
{
    churn__spells *s = m->spells;
    const churn__subscription *state = &m->rows[row];
    churn__spell spell = {.at = at, .sub = s->subs - 1, .row = (uint32_t)row, .over = over};
    if (!over) {
        const churn__state_worth worth = churn__state_worth_at(m->policy, state, at);
        spell.own = spell.mrr = worth.own;
        spell.live = worth.live;
        spell.missing = worth.missing;
        spell.discounted = worth.discounted;
        if (worth.own != 0 && state->currency != m->exchange->currency) {
            spell.missing = (uint8_t)churn__exchange_minor_at(
                m->exchange, m->policy, state->currency, at, worth.own, &spell.mrr);
            spell.mrr = spell.missing == CHURN__PRESENT ? spell.mrr : 0;
        }
    }
    s->data[s->count++] = spell;
}

/* In [from, to) the same but for rates, none of which changes at `from`. */
static bool put_stretch(const making *m, size_t row, churn_time from, churn_time to)
{
    const churn__exchange_turn *turns = NULL;
    const uint32_t currency = m->rows[row].currency;
    size_t n = 0;
    if (m->policy->fx == CHURN__FX_HISTORIC && currency != m->exchange->currency) {
        n = churn__exchange_turns(m->exchange, currency, from, to, &turns);
    }
    if (!reserve(m->spells, n + PER_ROW)) {
        return false;
    }
    put(m, row, from, false);
    for (size_t i = 0; i < n; i++) {
        put(m, row, turns[i].at, false);
    }
    return true;
}

/* A row is in force from its beginning to the next row of its subscription; it may be over before,
 * even from the start. */
static bool put_row(const making *m, size_t row, churn_time next)
{
    const churn__subscription *state = &m->rows[row];
    const churn_time from = state->valid_from, until = state->discount_until;
    const churn_time end = churn__policy_end(m->policy, state);
    const churn_time to = end < next ? end : next;
    const bool halved = m->policy->discounts == CHURN__DISCOUNTS_SUBTRACT &&
                        state->discount != CHURN_INT_NONE && until != CHURN_TIME_NONE &&
                        until > from && until < to;
    if (!reserve(m->spells, PER_ROW)) {
        return false;
    }
    if (end <= from) {
        put(m, row, from, true);
        return true;
    }
    if (!put_stretch(m, row, from, halved ? until : to) ||
        (halved && !put_stretch(m, row, until, to))) {
        return false;
    }
    if (end < next) {
        put(m, row, end, true);
    }
    return true;
}

/* ---- in order ---- */

static int compare_spells(const void *a, const void *b, const void *context)
{
    const churn__spell *x = a, *y = b;
    (void)context;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->sub > y->sub) - (x->sub < y->sub);
}

/* They come by subscription; of one instant they stay so. */
static void insertion_sort(churn__spell *data, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        size_t k = i;
        if (data[i - 1].at <= data[i].at) {
            continue;
        }
        const churn__spell moving = data[i];
        for (; k > 0 && data[k - 1].at > moving.at; k--) {
            data[k] = data[k - 1];
        }
        data[k] = moving;
    }
}

bool churn__spells_make(churn__spells *spells, const churn__kpi_policy *policy,
                        const churn__subscription *rows, size_t count,
                        const churn__exchange *exchange)
{
    const making m = {spells, policy, exchange, rows};
    spells->count = 0;
    spells->subs = 0;
    for (size_t i = 0; i < count; i++) {
        const bool more = i + 1 < count && rows[i + 1].id == rows[i].id;
        spells->subs += i == 0 || rows[i].id != rows[i - 1].id;
        if (!put_row(&m, i, more ? rows[i + 1].valid_from : LASTS)) {
            return false;
        }
    }
    if (spells->count <= CHURN__FEW_SPELLS) {
        insertion_sort(spells->data, spells->count);
        return true;
    }
    return churn__sort(spells->heap, spells->data, spells->count, sizeof *spells->data,
                       compare_spells, NULL);
}

/* ---- as steps ---- */

typedef struct step_list {
    churn__heap *heap;
    churn__mrr_step **data;
    size_t *count, *capacity;
    size_t from; /* where this customer's begin */
} step_list;

static bool push_step(const step_list *list, churn__mrr_step step)
{
    static const churn__mrr_step nothing = {0};
    const churn__mrr_step *last =
        *list->count > list->from ? &(*list->data)[*list->count - 1] : &nothing;
    if (last->mrr == step.mrr && last->live == step.live && last->no_rate == step.no_rate) {
        return true;
    }
    if (!churn__grow(list->heap, (void **)list->data, list->capacity, *list->count + 1,
                     sizeof step)) {
        return false;
    }
    (*list->data)[(*list->count)++] = step;
    return true;
}

/* Everything up to an instant, added up. */
typedef struct running {
    int64_t mrr;
    uint32_t live, unknown;
    bool lost; /* the sum did not fit: nothing is known from then on */
} running;

static void add_spell(running *all, const churn__spell *now, const churn__spell *before)
{
    int64_t change = 0;
    all->lost = all->lost || __builtin_sub_overflow(now->mrr, before->mrr, &change) ||
                __builtin_add_overflow(all->mrr, change, &all->mrr);
    all->live += (uint32_t)now->live - (uint32_t)before->live;
    all->unknown += (uint32_t)(now->missing != 0) - (uint32_t)(before->missing != 0);
}

static bool sum_spells(const step_list *list, const churn__spells *spells,
                       const churn__spell **before)
{
    static const churn__spell nothing = {0};
    running all = {0};
    for (size_t i = 0; i < spells->count; i++) {
        const churn__spell *spell = &spells->data[i];
        const churn__spell *last = before[spell->sub] == NULL ? &nothing : before[spell->sub];
        add_spell(&all, spell, last);
        before[spell->sub] = spell;
        if (i + 1 < spells->count && spell[1].at == spell->at) {
            continue;
        }
        const bool hidden = all.lost || !churn__mrr_fits(all.mrr);
        const churn__mrr_step step = {.at = spell->at,
                                      .mrr = hidden ? 0 : all.mrr,
                                      .live = all.live,
                                      .no_rate = hidden || all.unknown > 0};
        if (!push_step(list, step)) {
            return false;
        }
    }
    return true;
}

churn_status churn__mrr_steps(churn__heap *heap, const churn__kpi_policy *policy,
                              const churn__subscription *rows, size_t count,
                              const churn__exchange *exchange, churn__mrr_step **steps,
                              size_t *step_count, size_t *step_capacity, churn_error *err)
{
    const churn__spell *few[CHURN__FEW_SPELLS] = {NULL}, **before = few;
    const step_list list = {heap, steps, step_count, step_capacity, *step_count};
    churn_status st = CHURN_OK;
    churn__spells spells;
    churn__spells_init(&spells, heap);
    if (!churn__spells_make(&spells, policy, rows, count, exchange)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    if (spells.subs > CHURN__FEW_SPELLS) {
        before = churn__alloc_array_zero(heap, spells.subs, sizeof *before);
    }
    if (before == NULL || !sum_spells(&list, &spells, before)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
done:
    if (before != few) {
        churn__free_array(heap, (void *)before, spells.subs, sizeof *before);
    }
    churn__spells_free(&spells);
    return st;
}
