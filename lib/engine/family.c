/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "engine/engine_internal.h"

/*
 * Scores of child customers. Who is whose child is read first, at all dates; then, in the round of
 * a roll-up, the scores of all who have a parent are computed and kept. What a customer's roll-up
 * comes to is worked out when their row is filled, from the scores of those below them.
 *
 * Whoever has a parent is part of the tree. Left out of the numbers, but not of the tree, are those
 * who do not exist at the date, are churned, or have no score.
 */

/* Of one roll-up at one date, by child. */
typedef struct child_scores {
    double *values; /* NaN: left out */
    double
        *extras; /* of a mean by MRR: the MRR; of ANY: 0 in the band or below it, else 100; NULL */
    uint32_t count;
} child_scores;

struct churn__family {
    churn__heap *heap;
    const churn_playbook *playbook;
    uint32_t date_count;
    churn__family_tree *trees; /* by date */
    uint32_t *order;           /* who has a parent at one date or another, by ids */
    size_t order_capacity;
    uint32_t order_count;
    child_scores *scores; /* by roll-up, then date */
    uint32_t *next;       /* by date: the child that comes next in a round */
    uint8_t *wanted;      /* by roll-up: the asker needs it */
    uint8_t *now;         /* those of the present round */
};

/* ---- life ---- */

void churn__family_free(churn__family *family)
{
    if (family == NULL) {
        return;
    }
    churn__heap *heap = family->heap;
    size_t roll_ups = family->playbook->roll_up_count, dates = family->date_count;
    for (size_t i = 0; family->scores != NULL && i < roll_ups * dates; i++) {
        child_scores *s = &family->scores[i];
        churn__free_array(heap, s->values, s->count, sizeof *s->values);
        churn__free_array(heap, s->extras, s->extras == NULL ? 0 : s->count, sizeof *s->extras);
    }
    for (size_t i = 0; family->trees != NULL && i < dates; i++) {
        churn__family_tree_clear(&family->trees[i]);
    }
    churn__free_array(heap, family->scores, roll_ups * dates, sizeof *family->scores);
    churn__free_array(heap, family->trees, dates, sizeof *family->trees);
    churn__free_array(heap, family->order, family->order_capacity, sizeof *family->order);
    churn__free_array(heap, family->next, dates, sizeof *family->next);
    churn__free_array(heap, family->wanted, roll_ups, 1);
    churn__free_array(heap, family->now, roll_ups, 1);
    churn__free(heap, family, sizeof *family);
}

/* Numbers of roll-ups and dates are small: a playbook's, and those of a call. */
static churn__family *family_create(const churn__frame *asker)
{
    churn__heap *heap = asker->heap;
    size_t roll_ups = asker->playbook->roll_up_count, dates = asker->date_count;
    churn__family *family = churn__alloc_zero(heap, sizeof *family);
    if (family == NULL) {
        return NULL;
    }
    family->heap = heap;
    family->playbook = asker->playbook;
    family->date_count = asker->date_count;
    family->trees = churn__alloc_array_zero(heap, dates, sizeof *family->trees);
    family->next = churn__alloc_array_zero(heap, dates, sizeof *family->next);
    family->scores = churn__alloc_array_zero(heap, roll_ups * dates, sizeof *family->scores);
    family->wanted = churn__alloc_array_zero(heap, roll_ups, 1);
    family->now = churn__alloc_array_zero(heap, roll_ups, 1);
    if (family->trees == NULL || family->next == NULL || family->scores == NULL ||
        family->wanted == NULL || family->now == NULL) {
        churn__family_free(family);
        return NULL;
    }
    uint32_t numbers = churn__version_customers(asker->version);
    for (size_t i = 0; i < dates; i++) {
        churn__family_tree_init(&family->trees[i], heap, numbers);
    }
    return family;
}

/* ---- who is whose child ---- */

typedef struct parents {
    churn__reader *reader;
    const churn__version *version;
    uint32_t name;  /* the code of the attribute; CHURN__NO_CODE: nobody has it */
    churn_str last; /* siblings often follow each other */
    uint32_t last_parent;
} parents;

static uint32_t parent_at(parents *p, uint32_t customer, churn_time as_of)
{
    churn__value value = churn__reader_attribute(p->reader, customer, p->name, as_of);
    if (value.missing != CHURN__PRESENT || value.type != CHURN__TYPE_STRING) {
        return CHURN__NO_CODE;
    }
    if (p->last.ptr != value.as.s.ptr) { /* texts are kept once */
        p->last = value.as.s;
        p->last_parent = churn__version_find_customer(p->version, value.as.s);
    }
    return p->last_parent;
}

static bool add_child(churn__family *family, parents *p, const churn_time *dates, uint32_t customer)
{
    bool ok = true, any = false;
    for (uint32_t date = 0; ok && date < family->date_count; date++) {
        uint32_t parent = parent_at(p, customer, dates[date]);
        if (parent != CHURN__NO_CODE) {
            ok = churn__family_tree_add(&family->trees[date], customer, parent);
            any = true;
        }
    }
    if (ok && any) {
        ok = churn__grow(family->heap, (void **)&family->order, &family->order_capacity,
                         (size_t)family->order_count + 1, sizeof *family->order);
    }
    if (ok && any) {
        family->order[family->order_count++] = customer;
    }
    return ok;
}

#define CANCEL_EVERY 4096u

static churn_status read_parents(churn__family *family, const churn__walk *asked,
                                 const churn__frame *asker, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__version *version = asker->version;
    const uint32_t *order = churn__version_order(version);
    parents p = {.reader = asker->reader, .version = version, .last_parent = CHURN__NO_CODE};
    p.name = churn__dict_view_find(churn__version_texts(version), CHURN__STR("parent"));
    uint32_t count = p.name == CHURN__NO_CODE ? 0 : churn__version_listed(version);
    for (uint32_t i = 0; i < count; i++) {
        if (i % CANCEL_EVERY == 0) {
            CHURN_TRY(churn__cancel_check(asked->cancel, err));
        }
        if (!add_child(family, &p, asked->dates, order[i])) {
            CHURN_TRY(churn__fail_memory(err, family->heap));
        }
    }
    for (uint32_t date = 0; date < family->date_count; date++) {
        if (!churn__family_tree_settle(&family->trees[date])) {
            CHURN_TRY(churn__fail_memory(err, family->heap));
        }
    }
done:
    return st;
}

static bool is_wanted(const churn__frame *asker, uint32_t roll_up)
{
    return asker->needed[asker->playbook->roll_ups[roll_up].slot] != 0;
}

uint32_t churn__family_rounds(const churn__frame *asker)
{
    uint32_t rounds = 0;
    for (uint32_t i = 0; i < asker->playbook->roll_up_count; i++) {
        uint32_t round = is_wanted(asker, i) ? asker->playbook->roll_ups[i].round : 0;
        rounds = round > rounds ? round : rounds;
    }
    return rounds;
}

churn_status churn__family_open(const churn__walk *asked, const churn__frame *asker,
                                churn__family **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__family *family = family_create(asker);
    if (family == NULL) {
        CHURN_TRY(churn__fail_memory(err, asker->heap));
    }
    for (uint32_t i = 0; i < asker->playbook->roll_up_count; i++) {
        family->wanted[i] = is_wanted(asker, i);
    }
    CHURN_TRY(read_parents(family, asked, asker, err));
    *out = family;
    family = NULL;
done:
    churn__family_free(family);
    return st;
}

/* ---- a round ---- */

static child_scores *scores_of(const churn__family *family, uint32_t roll_up, uint32_t date)
{
    return &family->scores[(size_t)roll_up * family->date_count + date];
}

static bool round_room(churn__family *family, uint32_t roll_up)
{
    churn__roll_up_take take = family->playbook->roll_ups[roll_up].take;
    bool extras = take == CHURN__ROLL_UP_MRR || take == CHURN__ROLL_UP_ANY, ok = true;
    for (uint32_t date = 0; date < family->date_count; date++) {
        child_scores *s = scores_of(family, roll_up, date);
        s->count = family->trees[date].count;
        s->values = churn__alloc_array(family->heap, s->count, sizeof *s->values);
        s->extras = extras ? churn__alloc_array(family->heap, s->count, sizeof *s->extras) : NULL;
        ok = ok && s->values != NULL && (!extras || s->extras != NULL);
    }
    return ok;
}

/* Who is no longer there, or not yet, has no score. */
static double child_score(const churn__frame *frame, const churn__roll_up_def *def, uint32_t row)
{
    const churn__score_out *score = &frame->scores[def->score];
    bool left_out =
        !frame->exists[row] || frame->losses[row].churned || score->missing[row] != CHURN__PRESENT;
    return left_out ? (double)NAN : score->score[row];
}

/* By the plain band: in an evaluation, too, where others read the one that is held. */
static bool is_in_band(const churn__frame *frame, const churn__roll_up_def *def, uint32_t row)
{
    const churn__score_out *score = &frame->scores[def->score];
    return score->missing[row] == CHURN__PRESENT &&
           churn__score_band(&frame->playbook->scores[def->score],
                             churn__frame_card(frame, def->score, row),
                             score->score[row]) >= def->band;
}

static void take_child(const churn__family *family, const churn__frame *frame, uint32_t roll_up,
                       uint32_t row, uint32_t child)
{
    const churn__roll_up_def *def = &family->playbook->roll_ups[roll_up];
    child_scores *s = scores_of(family, roll_up, row % frame->date_count);
    s->values[child] = child_score(frame, def, row);
    if (def->take == CHURN__ROLL_UP_ANY) {
        s->extras[child] = is_in_band(frame, def, row) ? 0 : 100;
    } else if (def->take == CHURN__ROLL_UP_MRR) {
        bool known = churn__frame_missing(frame, def->mrr_slot, row) == CHURN__PRESENT;
        double mrr = known ? ((const double *)frame->columns[def->mrr_slot].values)[row] : 0;
        s->extras[child] = mrr > 0 ? mrr : 0;
        s->values[child] = known ? s->values[child] : (double)NAN;
    }
}

/* Batches come in the order of ids, in which children stand in trees. */
static churn_status take_batch(churn__frame *frame, void *context, churn_error *err)
{
    (void)err;
    churn__family *family = context;
    for (uint32_t row = 0; row < frame->rows; row++) {
        uint32_t date = row % frame->date_count, child = family->next[date];
        const churn__family_tree *tree = &family->trees[date];
        if (child == tree->count ||
            tree->customers[child] != frame->customers[churn__frame_place(frame, row)]) {
            continue; /* has no parent at this date */
        }
        family->next[date]++;
        for (uint32_t i = 0; i < family->playbook->roll_up_count; i++) {
            if (family->now[i]) {
                take_child(family, frame, i, row, child);
            }
        }
    }
    return CHURN_OK;
}

churn_status churn__family_round(churn__family *family, const churn__walk *asked,
                                 const churn__usual *usual, uint32_t round, churn_error *err)
{
    churn_status st = CHURN_OK;
    bool any = false;
    churn__frame_options want = {.now = asked->want->now,
                                 .playbook = asked->want->playbook,
                                 .stale_sources = asked->want->stale_sources,
                                 .losses = true,
                                 .only_score = CHURN__NONE,
                                 .children_of = family->now};
    churn__walk walk = {.engine = asked->engine,
                        .version = asked->version,
                        .order = family->order,
                        .count = family->order_count,
                        .dates = asked->dates,
                        .date_count = asked->date_count,
                        .want = &want,
                        .use = take_batch,
                        .context = family,
                        .cancel = asked->cancel,
                        .usual = usual};
    for (uint32_t i = 0; i < family->playbook->roll_up_count; i++) {
        family->now[i] = family->wanted[i] && family->playbook->roll_ups[i].round == round;
        any = any || family->now[i];
        if (family->now[i] && !round_room(family, i)) {
            CHURN_TRY(churn__fail_memory(err, family->heap));
        }
    }
    memset(family->next, 0, family->date_count * sizeof *family->next);
    if (any && family->order_count > 0) {
        CHURN_TRY(churn__walk_all(&walk, err));
    }
done:
    return st;
}

/* ---- what it comes to ---- */

/* The children of a row, and room for their numbers. `*reason`: there are none to be had. */
static bool below(churn__frame *frame, const churn__roll_up_def *def, uint32_t row,
                  const uint32_t **list, uint32_t *count, churn__missing *reason)
{
    const churn__family *family = churn__usual_family(frame->usual);
    const churn__family_tree *tree = &family->trees[row % frame->date_count];
    uint32_t customer = frame->customers[churn__frame_place(frame, row)];
    churn__family_room *room = &frame->family;
    *count = 0;
    *list = NULL;
    *reason = CHURN__PRESENT;
    if (churn__family_tree_circle(tree, customer)) {
        *reason = CHURN__CYCLE;
        return true;
    }
    room->heap = frame->heap;
    return churn__family_tree_below(tree, customer, def->descendants, room, list, count) &&
           churn__grow(frame->heap, (void **)&room->values, &room->value_capacity, *count,
                       sizeof *room->values) &&
           churn__grow(frame->heap, (void **)&room->weights, &room->weight_capacity, *count,
                       sizeof *room->weights);
}

/* Those who count, one after the other. */
static uint32_t take_numbers(churn__family_room *room, const child_scores *scores, bool any,
                             const uint32_t *list, uint32_t count)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        double value = scores->values[list[i]];
        if (!isnan(value)) {
            room->values[n] = any ? scores->extras[list[i]] : value;
            room->weights[n++] = scores->extras == NULL ? 1 : scores->extras[list[i]];
        }
    }
    return n;
}

static bool outcome(churn__frame *frame, uint32_t index, uint32_t row, double *out,
                    churn__missing *reason)
{
    const churn__roll_up_def *def = &frame->playbook->roll_ups[index];
    const churn__family *family = churn__usual_family(frame->usual);
    const child_scores *scores = scores_of(family, index, row % frame->date_count);
    const uint32_t *list = NULL;
    uint32_t count = 0;
    *out = 0;
    if (!below(frame, def, row, &list, &count, reason)) {
        return false;
    }
    if (*reason == CHURN__PRESENT) {
        churn__family_room *room = &frame->family;
        uint32_t n = take_numbers(room, scores, def->take == CHURN__ROLL_UP_ANY, list, count);
        *reason = churn__family_take(def, room->values, room->weights, n, out);
    }
    return true;
}

churn_status churn__frame_fill_roll_up(churn__frame *frame, uint32_t index, churn_error *err)
{
    const churn__roll_up_def *def = &frame->playbook->roll_ups[index];
    if (!frame->needed[def->slot]) {
        return CHURN_OK;
    }
    double *values = (double *)frame->columns[def->slot].values;
    churn__missing *missing = (churn__missing *)frame->columns[def->slot].missing;
    for (uint32_t row = 0; row < frame->rows; row++) {
        if (!outcome(frame, index, row, &values[row], &missing[row])) {
            return churn__fail_memory(err, frame->heap);
        }
    }
    return CHURN_OK;
}

/* ---- what it was made of ---- */

/* Shares of those who count, which were taken in the same order. */
static void put_shares(const churn__roll_up_def *def, const churn__family_room *room, uint32_t n,
                       churn__family_child *children, uint32_t count)
{
    const double *weights = def->take == CHURN__ROLL_UP_MRR ? room->weights : NULL;
    churn__family_shares(def, room->values, weights, n, room->places, room->shares);
    for (uint32_t i = 0, at = 0; i < count; i++) {
        children[i].share = isnan(children[i].score) ? 0 : room->shares[at++];
    }
}

static bool sharing_room(churn__family_room *room, uint32_t count)
{
    return churn__grow(room->heap, (void **)&room->children, &room->child_capacity, count,
                       sizeof *room->children) &&
           churn__grow(room->heap, (void **)&room->places, &room->place_capacity, count,
                       sizeof *room->places) &&
           churn__grow(room->heap, (void **)&room->shares, &room->share_capacity, count,
                       sizeof *room->shares);
}

churn_status churn__family_children(churn__frame *frame, uint32_t roll_up, uint32_t row,
                                    const churn__family_child **out, uint32_t *count,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__roll_up_def *def = &frame->playbook->roll_ups[roll_up];
    const churn__family *family = churn__usual_family(frame->usual);
    const churn__family_tree *tree = &family->trees[row % frame->date_count];
    const child_scores *scores = scores_of(family, roll_up, row % frame->date_count);
    const uint32_t *list = NULL;
    churn__missing reason = CHURN__PRESENT;
    *out = NULL;
    *count = 0;
    churn__family_room *room = &frame->family;
    if (!below(frame, def, row, &list, count, &reason) || !sharing_room(room, *count)) {
        CHURN_TRY(churn__fail_memory(err, frame->heap));
    }
    churn__family_child *children = room->children;
    for (uint32_t i = 0; i < *count; i++) {
        bool by_mrr = def->take == CHURN__ROLL_UP_MRR;
        children[i] = (churn__family_child){.customer = tree->customers[list[i]],
                                            .score = scores->values[list[i]],
                                            .mrr = by_mrr ? scores->extras[list[i]] : (double)NAN};
    }
    uint32_t n = take_numbers(room, scores, def->take == CHURN__ROLL_UP_ANY, list, *count);
    put_shares(def, room, n, children, *count);
    *out = children;
done:
    return st;
}
