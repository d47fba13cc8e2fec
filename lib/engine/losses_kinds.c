/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "engine/losses.h"

/*
 * `involuntary_when` at the instants of losses. These are any instants, of each customer others: a
 * frame takes several of them and the customers who are lost at one of them, and of all its rows
 * only those are looked at that were asked for.
 */
#define INSTANTS 64u

typedef struct loss_instant {
    churn_time at;
    uint32_t customer;
} loss_instant;

typedef struct instants {
    churn__heap *heap;
    churn__loss_book *book;
    const churn__expr *when;
    loss_instant *list;
    size_t count, capacity;
    size_t at, end; /* those of the block, by customer */
} instants;

/* ---- which ---- */

static bool note(instants *all, uint32_t customer, churn_time at)
{
    uint8_t truth = CHURN__FALSE;
    if (churn__loss_book_kind(all->book, customer, at, &truth)) {
        return true;
    }
    if (!churn__grow(all->heap, (void **)&all->list, &all->capacity, all->count + 1,
                     sizeof *all->list)) {
        return false;
    }
    all->list[all->count++] = (loss_instant){at, customer};
    return true;
}

static churn_status note_last(instants *all, churn__loss_judge *judge, churn__reader *reader,
                              uint32_t customer, churn_time as_of, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__loss loss;
    CHURN_TRY(churn__loss_judge_at(judge, reader, customer, as_of, &loss, err));
    if (loss.ever && !note(all, customer, loss.at)) {
        CHURN_TRY(churn__fail_memory(err, all->heap));
    }
done:
    return st;
}

static churn_status note_spans(instants *all, churn__loss_judge *judge, churn__reader *reader,
                               uint32_t customer, churn_time as_of, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__life_span *spans = NULL;
    size_t count = 0;
    CHURN_TRY(churn__loss_judge_spans(judge, reader, customer, as_of, &spans, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (spans[i].to != CHURN_TIME_NONE && !note(all, customer, spans[i].to)) {
            CHURN_TRY(churn__fail_memory(err, all->heap));
        }
    }
done:
    return st;
}

static churn_status note_all(instants *all, const churn__losses_want *want,
                             churn__loss_judge *judge, churn__reader *reader, churn_error *err)
{
    churn_status st = CHURN_OK;
    for (uint32_t i = 0; i < want->count; i++) {
        const uint32_t customer = want->customers[i];
        for (uint32_t d = 0; d < want->date_count; d++) {
            CHURN_TRY(note_last(all, judge, reader, customer, want->dates[d], err));
        }
        if (want->kinds == CHURN__LOSS_KINDS_ALL) {
            CHURN_TRY(
                note_spans(all, judge, reader, customer, want->dates[want->date_count - 1], err));
        }
    }
    if (churn__reader_failed(reader)) {
        CHURN_TRY(churn__fail_memory(err, all->heap));
    }
done:
    return st;
}

static churn_status find_instants(churn_engine *engine, const churn__losses_want *want,
                                  instants *all, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__reader *reader = churn__reader_create(engine->heap, want->version);
    const churn__loss_def def = churn__losses_def(want);
    churn__loss_judge *judge = churn__loss_judge_create(engine->heap, &def, want->version);
    if (reader == NULL || judge == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    churn__loss_judge_read(judge, all->book);
    CHURN_TRY(note_all(all, want, judge, reader, err));
done:
    churn__loss_judge_free(judge);
    churn__reader_free(reader);
    return st;
}

/* ---- in which order ---- */

static int compare_instants(const void *a, const void *b, const void *context)
{
    const loss_instant *x = a, *y = b;
    (void)context;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->customer > y->customer) - (x->customer < y->customer);
}

static int compare_customers(const void *a, const void *b, const void *context)
{
    const loss_instant *x = a, *y = b;
    if (x->customer != y->customer) {
        return x->customer < y->customer ? -1 : 1;
    }
    return compare_instants(a, b, context);
}

static bool sort_instants(instants *all)
{
    size_t kept = 0;
    if (!churn__sort(all->heap, all->list, all->count, sizeof *all->list, compare_instants, NULL)) {
        return false;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (kept == 0 || compare_instants(&all->list[kept - 1], &all->list[i], NULL) != 0) {
            all->list[kept++] = all->list[i];
        }
    }
    all->count = kept;
    return true;
}

/* ---- judging ---- */

/* Rows come by customer and instant, as the block is ordered. */
static churn_status take_kinds(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    instants *all = context;
    CHURN_TRY(churn__expr_truth(all->when, frame->columns, frame->rows, frame->scratch,
                                frame->truth, err));
    for (uint32_t row = 0; row < frame->rows && all->at < all->end; row++) {
        const loss_instant *next = &all->list[all->at];
        const churn__truth truth = frame->truth[row];
        if (frame->customers[churn__frame_place(frame, row)] != next->customer ||
            churn__frame_date(frame, row) != next->at) {
            continue;
        }
        all->at++;
        if (!churn__loss_book_put_kind(all->book, next->customer, next->at,
                                       truth <= CHURN__TRUE ? truth : CHURN__UNKNOWN)) {
            CHURN_TRY(churn__fail_memory(err, all->heap));
        }
    }
done:
    return st;
}

/* As many different instants as a block takes. */
static uint32_t cut_block(instants *all, churn_time *dates)
{
    uint32_t count = 0;
    for (all->end = all->at; all->end < all->count; all->end++) {
        const churn_time at = all->list[all->end].at;
        if (count > 0 && dates[count - 1] == at) {
            continue;
        }
        if (count == INSTANTS) {
            break;
        }
        dates[count++] = at;
    }
    return count;
}

static churn_status judge_block(churn_engine *engine, const churn__losses_want *want,
                                const churn_playbook *playbook, instants *all, uint32_t *order,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_time dates[INSTANTS];
    const uint32_t date_count = cut_block(all, dates);
    const churn__frame_options options = {.only_score = CHURN__NONE,
                                          .playbook = playbook,
                                          .reads = &all->when,
                                          .read_count = 1,
                                          .stale_sources = engine->stale_sources};
    churn__walk walk = {.engine = engine,
                        .version = want->version,
                        .order = order,
                        .dates = dates,
                        .date_count = date_count,
                        .want = &options,
                        .use = take_kinds,
                        .context = all,
                        .cancel = want->cancel};
    if (!churn__sort(all->heap, all->list + all->at, all->end - all->at, sizeof *all->list,
                     compare_customers, NULL)) {
        CHURN_TRY(churn__fail_memory(err, all->heap));
    }
    for (size_t i = all->at; i < all->end; i++) {
        if (walk.count == 0 || order[walk.count - 1] != all->list[i].customer) {
            order[walk.count++] = all->list[i].customer;
        }
    }
    CHURN_TRY(churn__walk_all(&walk, err));
    all->at = all->end;
done:
    return st;
}

churn_status churn__losses_kinds(churn_engine *engine, const churn__losses_want *want,
                                 const churn_playbook *playbook, churn__loss_book *book,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    instants all = {.heap = engine->heap, .book = book, .when = playbook->loss.involuntary_when};
    uint32_t *order = NULL;
    CHURN_TRY(find_instants(engine, want, &all, err));
    order = churn__alloc_array(all.heap, all.count, sizeof *order);
    const size_t room = all.count;
    if (order == NULL || !sort_instants(&all)) {
        churn__free_array(all.heap, order, room, sizeof *order);
        CHURN_TRY(churn__fail_memory(err, all.heap));
    }
    while (st == CHURN_OK && all.at < all.count) {
        st = judge_block(engine, want, playbook, &all, order, err);
    }
    churn__free_array(all.heap, order, room, sizeof *order);
done:
    churn__free_array(all.heap, all.list, all.capacity, sizeof *all.list);
    return st;
}
