/* SPDX-License-Identifier: MIT */
#include "engine/losses.h"

/*
 * Conditions of losses are judged at each local midnight from a customer's beginning on, each time
 * as an evaluation at that midnight would judge them: with what was known then. So an answer is a
 * function of playbook, version, customer and midnight alone; it is computed once, in blocks of
 * midnights, and kept until the store has a new version. Nothing is carried from one version to
 * the next: a record that comes late changes midnights long past.
 */
#define BLOCK 64u       /* midnights at a time of many customers */
#define BLOCK_FEW 1024u /* of few: one frame does for years */
#define FEW 4u

struct churn__losses {
    churn_playbook *playbook;
    uint64_t version; /* its number */
    uint32_t customers;
    churn__loss_book *book;
    churn_time *next; /* by customer: the next midnight to judge; CHURN_TIME_NONE: not looked up */
};

/* ---- keeping ---- */

static void losses_free(churn__heap *heap, churn__losses *losses)
{
    if (losses == NULL) {
        return;
    }
    churn__loss_book_free(losses->book);
    churn__free_array(heap, losses->next, losses->customers, sizeof *losses->next);
    churn_playbook_free(losses->playbook);
    churn__free(heap, losses, sizeof *losses);
}

void churn__losses_drop(churn_engine *engine)
{
    for (uint32_t i = 0; i < CHURN__LOSSES_KEPT; i++) {
        losses_free(engine->heap, engine->losses[i]);
        engine->losses[i] = NULL;
    }
}

static churn__losses *losses_create(churn__heap *heap, churn_playbook *playbook,
                                    const churn__version *version)
{
    churn__losses *losses = churn__alloc_zero(heap, sizeof *losses);
    if (losses == NULL) {
        return NULL;
    }
    losses->playbook = churn__playbook_retain(playbook);
    losses->version = churn__version_number(version);
    losses->customers = churn__version_customers(version);
    losses->next = churn__alloc_array(heap, losses->customers, sizeof *losses->next);
    losses->book = churn__loss_book_create(heap, losses->customers, playbook->loss.condition_count);
    if (losses->next == NULL || losses->book == NULL) {
        losses_free(heap, losses);
        return NULL;
    }
    for (uint32_t i = 0; i < losses->customers; i++) {
        losses->next[i] = CHURN_TIME_NONE;
    }
    return losses;
}

/* A question sees the playbook through a copy of its own, with the same definition of a loss. */
static bool same_losses(const churn_playbook *a, const churn_playbook *b)
{
    return a->loss.conditions == b->loss.conditions &&
           a->loss.involuntary_when == b->loss.involuntary_when;
}

static churn_playbook *whole_playbook(const churn_engine *engine, const churn_playbook *playbook)
{
    return same_losses(engine->playbook, playbook) ? engine->playbook : (churn_playbook *)playbook;
}

/* Those of the playbook and version in hand; the other place is the one that is given up. */
static churn__losses *find_losses(churn_engine *engine, const churn__losses_want *want)
{
    churn_playbook *playbook = whole_playbook(engine, want->playbook);
    const uint32_t own = playbook == engine->playbook ? 0 : 1;
    churn__losses *losses = engine->losses[own];
    if (losses != NULL && losses->playbook == playbook &&
        losses->version == churn__version_number(want->version) &&
        losses->customers == churn__version_customers(want->version)) {
        return losses;
    }
    losses_free(engine->heap, losses);
    engine->losses[own] = losses_create(engine->heap, playbook, want->version);
    return engine->losses[own];
}

/* ---- midnights ---- */

/* A round of judging. */
typedef struct round {
    churn_engine *engine;
    const churn__losses_want *want;
    churn__losses *losses;
    churn_time last;   /* the last midnight to judge */
    uint32_t *pending; /* customers with midnights to judge */
    uint32_t *now;     /* those of the block */
    uint32_t pending_count;
    const churn__expr **reads;
    uint32_t read_count;
} round;

static churn_status fail_midnights(const round *r, uint32_t customer, churn_error *err)
{
    const churn_str id = churn__version_customer_id(r->want->version, customer);
    return churn__fail(err, CHURN_E_LIMIT, 0,
                       "loss: the customer %q began more than %u days before as_of: conditions "
                       "are judged at no more midnights",
                       &id, (uint64_t)CHURN__LOSS_MIDNIGHTS);
}

/* Where a customer's midnights begin. */
static churn_status find_first(round *r, churn__reader *reader, uint32_t customer, churn_error *err)
{
    const churn__zone *zone = r->want->playbook->zone;
    const churn_time first = churn__reader_first(reader, customer);
    churn_time *next = &r->losses->next[customer];
    if (first == CHURN_TIME_NONE) {
        *next = INT64_MAX; /* of somebody of whom nothing is dated nothing can be judged */
        return CHURN_OK;
    }
    if (first > r->last) {
        return CHURN_OK; /* not yet */
    }
    if (churn__zone_day(zone, r->last) - churn__zone_day(zone, first) >= CHURN__LOSS_MIDNIGHTS) {
        return fail_midnights(r, customer, err);
    }
    *next = churn__loss_midnight(zone, first);
    return CHURN_OK;
}

static churn_status find_pending(round *r, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__reader *reader = NULL;
    for (uint32_t i = 0; i < r->want->count; i++) {
        const uint32_t customer = r->want->customers[i];
        if (r->losses->next[customer] == CHURN_TIME_NONE) {
            reader =
                reader != NULL ? reader : churn__reader_create(r->engine->heap, r->want->version);
            if (reader == NULL) {
                CHURN_TRY(churn__fail_memory(err, r->engine->heap));
            }
            CHURN_TRY(find_first(r, reader, customer, err));
        }
        const churn_time next = r->losses->next[customer];
        if (next != CHURN_TIME_NONE && next <= r->last) {
            r->pending[r->pending_count++] = customer;
        }
    }
done:
    churn__reader_free(reader);
    return st;
}

/* Somebody who is not there yet is not lost; what is an error is not known. */
static uint8_t answer_of(const churn__frame *frame, uint32_t row, churn__truth truth)
{
    return !frame->exists[row] ? CHURN__FALSE : truth <= CHURN__TRUE ? truth : CHURN__UNKNOWN;
}

static churn_status take_answers(churn__frame *frame, void *context, churn_error *err)
{
    churn_status st = CHURN_OK;
    const round *r = context;
    const churn__loss_def *def = &r->want->playbook->loss;
    for (uint32_t c = 0; c < def->condition_count; c++) {
        CHURN_TRY(churn__expr_truth(def->conditions[c].when, frame->columns, frame->rows,
                                    frame->scratch, frame->truth, err));
        for (uint32_t row = 0; row < frame->rows; row++) {
            const uint32_t customer = frame->customers[churn__frame_place(frame, row)];
            const churn_time at = churn__frame_date(frame, row);
            if (at >= r->losses->next[customer] &&
                !churn__loss_book_put(r->losses->book, customer, c, at,
                                      answer_of(frame, row, frame->truth[row]))) {
                CHURN_TRY(churn__fail_memory(err, r->engine->heap));
            }
        }
    }
done:
    return st;
}

static churn_status walk_block(round *r, const uint32_t *order, uint32_t count,
                               const churn_time *dates, uint32_t date_count, churn__frame_use use,
                               void *context, churn_error *err)
{
    const churn__frame_options want = {.only_score = CHURN__NONE,
                                       .playbook = r->losses->playbook,
                                       .reads = r->reads,
                                       .read_count = r->read_count,
                                       .one_customer = count == 1,
                                       .stale_sources = r->engine->stale_sources};
    const churn__walk walk = {.engine = r->engine,
                              .version = r->want->version,
                              .order = order,
                              .count = count,
                              .dates = dates,
                              .date_count = date_count,
                              .want = &want,
                              .use = use,
                              .context = context,
                              .cancel = r->want->cancel};
    return churn__walk_all(&walk, err);
}

/* One block of midnights, of those who are there by its end. Returns where the next one begins. */
static churn_status judge_block(round *r, churn_time *from, churn_time *dates, uint32_t most,
                                churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__zone *zone = r->want->playbook->zone;
    churn_time at = *from;
    uint32_t date_count = 0, count = 0;
    while (date_count < most && at <= r->last) {
        dates[date_count++] = at;
        at = churn__period_next(at, CHURN__UNIT_CD, zone);
    }
    *from = at;
    for (uint32_t i = 0; i < r->pending_count; i++) {
        if (r->losses->next[r->pending[i]] <= dates[date_count - 1]) {
            r->now[count++] = r->pending[i];
        }
    }
    CHURN_TRY(walk_block(r, r->now, count, dates, date_count, take_answers, r, err));
    for (uint32_t i = 0; i < count; i++) {
        r->losses->next[r->now[i]] = at;
    }
done:
    return st;
}

static churn_time earliest(const round *r)
{
    churn_time first = INT64_MAX;
    for (uint32_t i = 0; i < r->pending_count; i++) {
        const churn_time next = r->losses->next[r->pending[i]];
        first = next < first ? next : first;
    }
    return first;
}

/* Metrics that stand on other customers are found anew for each block: as few blocks as can be. */
static churn_status judge_pending(round *r, churn_error *err)
{
    churn_status st = CHURN_OK;
    const uint32_t most = r->pending_count <= FEW ? BLOCK_FEW : BLOCK;
    churn_time from = earliest(r);
    churn_time *dates = churn__alloc_array(r->engine->heap, most, sizeof *dates);
    if (dates == NULL) {
        return churn__fail_memory(err, r->engine->heap);
    }
    while (from <= r->last) {
        CHURN_TRY(churn__cancel_check(r->want->cancel, err));
        CHURN_TRY(judge_block(r, &from, dates, most, err));
    }
done:
    churn__free_array(r->engine->heap, dates, most, sizeof *dates);
    return st;
}

static churn_status judge_midnights(round *r, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__loss_def *def = &r->want->playbook->loss;
    churn__heap *heap = r->engine->heap;
    const uint32_t count = r->want->count;
    const churn__expr *reads[CHURN__LOSS_CONDITIONS];
    for (uint32_t i = 0; i < def->condition_count; i++) {
        reads[i] = def->conditions[i].when;
    }
    r->reads = reads;
    r->read_count = def->condition_count;
    r->last = churn__period_start(r->want->dates[r->want->date_count - 1], CHURN__UNIT_CD,
                                  r->want->playbook->zone);
    r->pending = churn__alloc_array(heap, count, sizeof *r->pending);
    r->now = churn__alloc_array(heap, count, sizeof *r->now);
    if (r->pending == NULL || r->now == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    CHURN_TRY(find_pending(r, err));
    if (r->pending_count > 0) {
        CHURN_TRY(judge_pending(r, err));
    }
done:
    churn__free_array(heap, r->pending, count, sizeof *r->pending);
    churn__free_array(heap, r->now, count, sizeof *r->now);
    return st;
}

/* ---- preparing ---- */

static churn_status prepare(round *r, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__loss_def *def = &r->want->playbook->loss;
    if (def->condition_count > 0) {
        CHURN_TRY(judge_midnights(r, err));
    }
    if (def->involuntary_when != NULL && r->want->kinds != CHURN__LOSS_KINDS_NONE) {
        CHURN_TRY(
            churn__losses_kinds(r->engine, r->want, r->losses->playbook, r->losses->book, err));
    }
done:
    return st;
}

churn_status churn__losses_prepare(churn_engine *engine, const churn__losses_want *want,
                                   const churn__loss_book **book, churn_error *err)
{
    *book = NULL;
    if (!churn__losses_needed(want->playbook)) {
        return CHURN_OK;
    }
    round r = {.engine = engine, .want = want, .losses = find_losses(engine, want)};
    if (r.losses == NULL) {
        return churn__fail_memory(err, engine->heap);
    }
    const churn_status st = prepare(&r, err);
    if (st == CHURN_OK) {
        *book = r.losses->book;
    } else {
        churn__losses_drop(engine); /* a block may be half taken */
    }
    return st;
}

churn__loss_def churn__losses_def(const churn__losses_want *want)
{
    churn__loss_def def = want->playbook->loss;
    if (want->policy != NULL) {
        def.policy = *want->policy;
    }
    return def;
}

churn_status churn__losses_judge(churn_engine *engine, const churn__losses_want *want,
                                 churn__loss_judge **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__loss_book *book = NULL;
    const churn__loss_def def = churn__losses_def(want);
    *out = NULL;
    CHURN_TRY(churn__losses_prepare(engine, want, &book, err));
    *out = churn__loss_judge_create(engine->heap, &def, want->version);
    if (*out == NULL) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    churn__loss_judge_read(*out, book);
done:
    return st;
}
