/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/sort.h"
#include "kpi/run_inside.h"
#include "kpi/themes.h"
#include "model/model.h"

/* Which phrases a period and group has more or less of than what it is compared with. */

typedef struct comparing {
    churn__themes *t;
    uint32_t group, period;
    uint64_t total, other_total;
    churn__theme_row *found; /* candidates of this period and group */
    size_t count, capacity;
    uint8_t *hidden; /* by item: stands in a longer phrase only */
    double *p, *adjusted;
} comparing;

/* ---- the other side ---- */

static uint64_t sum_others(const comparing *c, uint32_t item, uint32_t *customers)
{
    const churn__themes *t = c->t;
    uint64_t documents = 0;
    *customers = 0;
    for (uint32_t g = 0; g < t->groups; g++) {
        const churn__theme_count *count = churn__themes_at(t, item, g, c->period);
        documents += g == c->group ? 0 : count->documents;
        *customers += g == c->group ? 0 : count->customers;
    }
    return documents;
}

/* In how many documents of the other side an item is, and of how many customers. */
static uint64_t others(const comparing *c, uint32_t item, uint32_t *customers)
{
    if (c->t->options->compare == CHURN_THEMES_OTHERS) {
        return sum_others(c, item, customers);
    }
    const churn__theme_count *count = churn__themes_at(c->t, item, c->group, c->period - 1);
    *customers = count->customers;
    return count->documents;
}

static uint64_t total_of_others(const comparing *c)
{
    uint64_t total = 0;
    if (c->t->options->compare != CHURN_THEMES_OTHERS) {
        return churn__themes_total(c->t, c->group, c->period - 1);
    }
    for (uint32_t g = 0; g < c->t->groups; g++) {
        total += g == c->group ? 0 : churn__themes_total(c->t, g, c->period);
    }
    return total;
}

/* ---- candidates ---- */

static bool is_tag(const comparing *c, uint32_t item)
{
    return item >= churn__phrases_count(c->t->phrases);
}

static bool is_candidate(const comparing *c, uint32_t item)
{
    const churn_theme_options *o = c->t->options;
    const churn__theme_count *count = churn__themes_at(c->t, item, c->group, c->period);
    uint32_t customers = 0;
    if (is_tag(c, item)) {
        return true;
    }
    if (!churn__phrases_shown(c->t->phrases, item)) {
        return false;
    }
    uint64_t documents = count->documents + others(c, item, &customers);
    return documents >= o->min_count &&
           (count->customers >= o->min_customers || customers >= o->min_customers);
}

static bool same_use(const comparing *c, uint32_t a, uint32_t b)
{
    uint32_t customers = 0;
    return churn__themes_at(c->t, a, c->group, c->period)->documents ==
               churn__themes_at(c->t, b, c->group, c->period)->documents &&
           others(c, a, &customers) == others(c, b, &customers);
}

/* A phrase that never is apart from a longer one says nothing more than that. */
static void hide_parts(comparing *c, uint32_t item)
{
    uint32_t parts[5];
    uint32_t n = is_tag(c, item) ? 0 : churn__phrases_parts(c->t->phrases, item, parts);
    for (uint32_t i = 0; i < n; i++) {
        if (same_use(c, item, parts[i])) {
            c->hidden[parts[i]] = 1;
        }
    }
}

static churn__theme_row compared(const comparing *c, uint32_t item)
{
    const double prior = c->t->options->prior;
    uint32_t customers = 0;
    churn__theme_row row = {.item = item,
                            .group = c->group,
                            .period = c->period,
                            .next = CHURN__THEME_NONE,
                            .other_documents = others(c, item, &customers),
                            .other_total = c->other_total,
                            .p = 1,
                            .adjusted = 1};
    row.compared = c->total > 0 && c->other_total > 0;
    if (row.compared) {
        churn__log_odds odds = churn__log_odds_of(
            (double)churn__themes_at(c->t, item, c->group, c->period)->documents, (double)c->total,
            (double)row.other_documents, (double)c->other_total, prior);
        row.log_odds = odds.delta;
        row.z = odds.z;
        row.p = churn__two_sided(odds.z);
    }
    return row;
}

static churn_status find_candidates(comparing *c, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__themes *t = c->t;
    c->count = 0;
    memset(c->hidden, 0, t->items);
    for (uint32_t item = t->items; item > 0; item--) { /* longer phrases have higher numbers */
        if (is_candidate(c, item - 1)) {
            hide_parts(c, item - 1);
        } else {
            c->hidden[item - 1] = 1;
        }
    }
    for (uint32_t item = 0; item < t->items; item++) {
        if (c->hidden[item] != 0) {
            continue;
        }
        if (!churn__grow(t->heap, (void **)&c->found, &c->capacity, c->count + 1,
                         sizeof *c->found)) {
            CHURN_TRY(churn__fail_memory(err, t->heap));
        }
        c->found[c->count++] = compared(c, item);
    }
done:
    return st;
}

/* Phrases and tags by themselves: phrases come first. */
static churn_status adjust(comparing *c, size_t from, size_t to, churn_error *err)
{
    for (size_t i = from; i < to; i++) {
        c->p[i] = c->found[i].p;
    }
    if (!churn__benjamini_hochberg(c->t->heap, c->p + from, to - from, c->adjusted + from)) {
        return churn__fail_memory(err, c->t->heap);
    }
    for (size_t i = from; i < to; i++) {
        c->found[i].adjusted = c->adjusted[i];
    }
    return CHURN_OK;
}

/* ---- which are shown ---- */

/* Numbers tell who was read first, which is nothing to order by; tags come as they were given. */
static int by_text(const churn__themes *t, uint32_t a, uint32_t b)
{
    const uint32_t phrases = churn__phrases_count(t->phrases);
    if (a >= phrases || b >= phrases) {
        return (a > b) - (a < b);
    }
    const churn__phrase *x = churn__phrases_get(t->phrases, a);
    const churn__phrase *y = churn__phrases_get(t->phrases, b);
    return churn__words_compare(t->words, x->words, x->count, y->words, y->count);
}

static int by_rise(const void *a, const void *b, const void *context)
{
    const churn__theme_row *x = a, *y = b;
    const churn__themes *t = context;
    if (x->z != y->z) {
        return x->z > y->z ? -1 : 1;
    }
    uint32_t m = churn__themes_at(t, x->item, x->group, x->period)->documents;
    uint32_t n = churn__themes_at(t, y->item, y->group, y->period)->documents;
    return m != n ? (m > n ? -1 : 1) : by_text(t, x->item, y->item);
}

static churn_status keep(churn__themes *t, const churn__theme_row *row, churn_error *err)
{
    if (!churn__grow(t->heap, (void **)&t->rows, &t->row_capacity, t->row_count + 1,
                     sizeof *t->rows)) {
        return churn__fail_memory(err, t->heap);
    }
    t->rows[t->row_count++] = *row;
    return CHURN_OK;
}

/* Of phrases those that rise most and fall most; without anything to compare with the most used. */
static bool is_shown(const churn__themes *t, const churn__theme_row *rows, size_t i, size_t count)
{
    const size_t top = t->options->top;
    if (!rows[i].compared) {
        return i < top;
    }
    return (rows[i].z > 0 && i < top) || (rows[i].z < 0 && count - i <= top);
}

static churn_status choose(comparing *c, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__themes *t = c->t;
    size_t phrases = 0;
    while (phrases < c->count && !is_tag(c, c->found[phrases].item)) {
        phrases++;
    }
    CHURN_TRY(adjust(c, 0, phrases, err));
    CHURN_TRY(adjust(c, phrases, c->count, err));
    for (size_t i = phrases; i < c->count; i++) {
        CHURN_TRY(keep(t, &c->found[i], err));
    }
    if (!churn__sort(t->heap, c->found, phrases, sizeof *c->found, by_rise, t)) {
        CHURN_TRY(churn__fail_memory(err, t->heap));
    }
    for (size_t i = 0; i < phrases; i++) {
        if (is_shown(t, c->found, i, phrases)) {
            CHURN_TRY(keep(t, &c->found[i], err));
        }
    }
done:
    return st;
}

static churn_status compare_one(comparing *c, churn_error *err)
{
    churn_status st = CHURN_OK;
    c->total = churn__themes_total(c->t, c->group, c->period);
    c->other_total = total_of_others(c);
    if (c->total == 0) {
        goto done;
    }
    CHURN_TRY(find_candidates(c, err));
    CHURN_TRY(choose(c, err));
done:
    return st;
}

churn_status churn__themes_compare(churn__themes *t, churn__kpi_run *run, churn_error *err)
{
    churn_status st = CHURN_OK;
    comparing c = {.t = t};
    uint32_t *order = churn__alloc_array(t->heap, t->groups, sizeof *order);
    c.hidden = churn__alloc_array(t->heap, t->items, 1);
    c.p = churn__alloc_array(t->heap, t->items, sizeof *c.p);
    c.adjusted = churn__alloc_array(t->heap, t->items, sizeof *c.adjusted);
    if (order == NULL || c.hidden == NULL || c.p == NULL || c.adjusted == NULL ||
        !churn__groups_order(run, order)) {
        CHURN_TRY(churn__fail_memory(err, t->heap));
    }
    for (c.period = 1; c.period < run->begun_count; c.period++) {
        for (uint32_t g = 0; g < t->groups; g++) {
            c.group = order[g];
            CHURN_TRY(churn__cancel_check(run->cancel, err));
            CHURN_TRY(compare_one(&c, err));
        }
    }
done:
    churn__free_array(t->heap, order, t->groups, sizeof *order);
    churn__free_array(t->heap, c.hidden, t->items, 1);
    churn__free_array(t->heap, c.p, t->items, sizeof *c.p);
    churn__free_array(t->heap, c.adjusted, t->items, sizeof *c.adjusted);
    churn__free_array(t->heap, c.found, c.capacity, sizeof *c.found);
    return st;
}
