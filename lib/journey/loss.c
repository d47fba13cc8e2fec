/* SPDX-License-Identifier: MIT */
#include "journey/inside.h"

#include <churn/records.h>

#include "base/sort.h"

/*
 * A life is told in turns: subscriptions that start, the instants at which nothing is live any
 * more, churn records. Walking them in order gives the spans of life and the last loss.
 */

/* At one instant what starts comes first, so that a record of the same day ends it. */
#define TURN_START 0   /* a subscription that is no trial starts */
#define TURN_BEGIN 1   /* of a customer without subscriptions */
#define TURN_NOTHING 2 /* the last live subscription that is no trial ended */
#define TURN_RECORD 3  /* a churn record that means a loss */

/* How far from a loss its record may lie. */
#define NEAR (31 * CHURN__DAY)

/* ---- facts ---- */

static bool lives_and_pays(const churn__subscription *row)
{
    return row->status == CHURN__SUB_ACTIVE || row->status == CHURN__SUB_PAUSED ||
           row->status == CHURN__SUB_PAST_DUE;
}

static const churn__subscription *next_state(const churn__loss_facts *facts, size_t i)
{
    const bool more = i + 1 < facts->row_count && facts->rows[i + 1].id == facts->rows[i].id;
    return more ? &facts->rows[i + 1] : NULL;
}

/* When a state ends; INT64_MAX: it lasts. */
static churn_time state_end(const churn__loss_facts *facts, size_t i)
{
    const churn__subscription *row = &facts->rows[i], *next = next_state(facts, i);
    const churn_time to = next != NULL ? next->valid_from : INT64_MAX;
    return row->ended_at != CHURN_TIME_NONE && row->ended_at < to ? row->ended_at : to;
}

static bool is_start(const churn__loss_facts *facts, size_t i)
{
    const churn__subscription *row = &facts->rows[i];
    if (!lives_and_pays(row) || state_end(facts, i) <= row->valid_from) {
        return false;
    }
    return i == 0 || facts->rows[i - 1].id != row->id || !lives_and_pays(&facts->rows[i - 1]) ||
           state_end(facts, i - 1) < row->valid_from;
}

static bool means_loss(const churn__churn *record)
{
    return record->kind == CHURN__CHURN_VOLUNTARY || record->kind == CHURN__CHURN_INVOLUNTARY;
}

/* ---- turns ---- */

static bool put_turn(churn__loss_judge *judge, const churn__loss_facts *facts, churn__turn turn)
{
    if (turn.at > facts->as_of) {
        return true;
    }
    if (!churn__grow(judge->heap, (void **)&judge->turns, &judge->turn_capacity,
                     judge->turn_count + 1, sizeof turn)) {
        return false;
    }
    judge->turns[judge->turn_count++] = turn;
    return true;
}

static bool put_starts(churn__loss_judge *judge, const churn__loss_facts *facts)
{
    bool fits = true;
    for (size_t i = 0; fits && i < facts->row_count; i++) {
        if (is_start(facts, i)) {
            fits = put_turn(judge, facts, (churn__turn){facts->rows[i].valid_from, TURN_START, 0});
        }
    }
    if (fits && facts->row_count == 0 && facts->begins != CHURN_TIME_NONE) {
        fits = put_turn(judge, facts, (churn__turn){facts->begins, TURN_BEGIN, 0});
    }
    return fits;
}

static bool put_ends(churn__loss_judge *judge, const churn__loss_facts *facts)
{
    bool fits = true;
    uint32_t live = 0;
    for (size_t i = 0; fits && i < judge->step_count; i++) {
        const churn__mrr_step *step = &judge->steps[i];
        if (live > 0 && step->live == 0) {
            fits = put_turn(judge, facts, (churn__turn){step->at, TURN_NOTHING, 0});
        }
        live = step->live;
    }
    return fits;
}

static bool put_records(churn__loss_judge *judge, const churn__loss_facts *facts)
{
    bool fits = true;
    for (size_t i = 0; fits && i < facts->record_count; i++) {
        if (means_loss(&facts->records[i])) {
            fits = put_turn(judge, facts,
                            (churn__turn){facts->records[i].at, TURN_RECORD, (uint32_t)i});
        }
    }
    return fits;
}

static int compare_turns(const void *a, const void *b, const void *context)
{
    const churn__turn *x = a, *y = b;
    (void)context;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->what > y->what) - (x->what < y->what);
}

/* Nearly always few, and nearly sorted. */
#define FEW 32

static bool sort_turns(churn__loss_judge *judge)
{
    churn__turn *turns = judge->turns;
    if (judge->turn_count > FEW) {
        return churn__sort(judge->heap, turns, judge->turn_count, sizeof *turns, compare_turns,
                           NULL);
    }
    for (size_t i = 1; i < judge->turn_count; i++) {
        const churn__turn moving = turns[i];
        size_t k = i;
        for (; k > 0 && compare_turns(&turns[k - 1], &moving, NULL) > 0; k--) {
            turns[k] = turns[k - 1];
        }
        turns[k] = moving;
    }
    return true;
}

static churn_status make_turns(churn__loss_judge *judge, const churn__loss_facts *facts,
                               churn_error *err)
{
    judge->turn_count = 0;
    if (!put_starts(judge, facts) || !put_ends(judge, facts) || !put_records(judge, facts) ||
        !sort_turns(judge)) {
        return churn__fail_memory(err, judge->heap);
    }
    return CHURN_OK;
}

/* ---- what a loss was ---- */

/* The record nearest to an instant, of two as near the earlier; NULL: none within 31 days. */
static const churn__churn *nearest_record(const churn__loss_facts *facts, churn_time at)
{
    const churn__churn *best = NULL;
    int64_t best_distance = NEAR + 1;
    for (size_t i = 0; i < facts->record_count; i++) {
        const churn__churn *record = &facts->records[i];
        const int64_t distance = record->at < at ? at - record->at : record->at - at;
        if (means_loss(record) && distance < best_distance) {
            best = record;
            best_distance = distance;
        }
    }
    return best;
}

/* A subscription that ended at an instant had not been paid. */
static bool ended_unpaid(const churn__loss_facts *facts, churn_time at)
{
    for (size_t i = 0; i < facts->row_count; i++) {
        const churn__subscription *row = &facts->rows[i], *next = next_state(facts, i);
        if (row->valid_from >= at || !lives_and_pays(row) || state_end(facts, i) != at) {
            continue;
        }
        if (row->status == CHURN__SUB_PAST_DUE ||
            (next != NULL && next->valid_from == at && next->status == CHURN__SUB_UNPAID)) {
            return true;
        }
    }
    return false;
}

static int64_t mrr_before(const churn__loss_judge *judge, churn_time at)
{
    int64_t mrr = judge->step_count > 0 ? 0 : CHURN_INT_NONE;
    for (size_t i = 0; i < judge->step_count && judge->steps[i].at < at; i++) {
        mrr = judge->steps[i].no_rate ? CHURN_INT_NONE : judge->steps[i].mrr;
    }
    return mrr;
}

static void describe_end(const churn__loss_judge *judge, const churn__loss_facts *facts,
                         churn__loss *out)
{
    const churn__churn *record = nearest_record(facts, out->at);
    const bool told = record != NULL && record->kind == CHURN__CHURN_INVOLUNTARY;
    out->kind =
        told || ended_unpaid(facts, out->at) ? CHURN__CHURN_INVOLUNTARY : CHURN__CHURN_VOLUNTARY;
    out->reason = record != NULL ? record->reason : CHURN__NO_CODE;
    out->mrr = mrr_before(judge, out->at);
}

static void describe_record(const churn__loss_judge *judge, const churn__churn *record,
                            churn__loss *out)
{
    out->kind = record->kind;
    out->reason = record->reason;
    int64_t amount = 0;
    const bool told = record->amount != CHURN_INT_NONE &&
                      churn__exchange_minor(judge->exchange, record->currency, record->amount,
                                            &amount) == CHURN__PRESENT;
    out->mrr = told ? amount : mrr_before(judge, record->at);
}

/* ---- walking ---- */

typedef struct life {
    churn__loss_judge *judge;
    const churn__loss_facts *facts;
    churn__loss *out;
    bool alive;
    churn_time from; /* while alive */
    uint32_t record; /* that dated the loss; UINT32_MAX: the end of a subscription */
} life;

static bool put_span(life *l, churn_time to)
{
    churn__loss_judge *judge = l->judge;
    if (to != CHURN_TIME_NONE && to <= l->from) {
        return true;
    }
    if (!churn__grow(judge->heap, (void **)&judge->spans, &judge->span_capacity,
                     judge->span_count + 1, sizeof *judge->spans)) {
        return false;
    }
    judge->spans[judge->span_count++] = (churn__life_span){l->from, to};
    return true;
}

static bool lose(life *l, const churn__turn *turn)
{
    const bool fits = !l->alive || put_span(l, turn->at);
    l->alive = false;
    l->record = turn->what == TURN_RECORD ? turn->record : UINT32_MAX;
    l->out->churned = true;
    l->out->ever = true;
    l->out->at = turn->at;
    return fits;
}

static bool take_turn(life *l, const churn__turn *turn)
{
    const churn__loss_def *def = &l->judge->def;
    switch (turn->what) {
    case TURN_NOTHING:
        return !def->by_subscription || l->out->churned || lose(l, turn);
    case TURN_RECORD:
        return !def->by_record || l->out->churned || lose(l, turn);
    default:
        break;
    }
    if (turn->what == TURN_BEGIN && l->out->churned) {
        return true; /* only a subscription ends a loss */
    }
    l->from = l->alive ? l->from : turn->at;
    l->alive = true;
    l->out->churned = false;
    return true;
}

/* What each source says by itself. */
static void ask_sources(const churn__loss_judge *judge, churn__loss *out)
{
    out->by_subscription = CHURN_TRUTH_NONE;
    out->by_record = CHURN_TRUTH_NONE;
    for (size_t i = 0; i < judge->turn_count; i++) {
        switch (judge->turns[i].what) {
        case TURN_START:
            out->by_subscription = 0;
            out->by_record = out->by_record == CHURN_TRUTH_NONE ? CHURN_TRUTH_NONE : 0;
            break;
        case TURN_NOTHING:
            out->by_subscription = 1;
            break;
        case TURN_RECORD:
            out->by_record = 1;
            break;
        default:
            break;
        }
    }
}

static bool walk(life *l)
{
    const churn__loss_judge *judge = l->judge;
    for (size_t i = 0; i < judge->turn_count; i++) {
        if (!take_turn(l, &judge->turns[i])) {
            return false;
        }
    }
    return !l->alive || put_span(l, CHURN_TIME_NONE);
}

churn_status churn__loss_judge_facts(churn__loss_judge *judge, const churn__loss_facts *facts,
                                     churn__loss *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    life l = {judge, facts, out, false, CHURN_TIME_NONE, UINT32_MAX};
    *out = (churn__loss){.at = CHURN_TIME_NONE,
                         .reason = CHURN__NO_CODE,
                         .mrr = CHURN_INT_NONE,
                         .by_subscription = CHURN_TRUTH_NONE,
                         .by_record = CHURN_TRUTH_NONE};
    judge->step_count = 0;
    judge->span_count = 0;
    CHURN_TRY(churn__mrr_steps(judge->heap, &judge->def.policy, facts->rows, facts->row_count,
                               judge->exchange, &judge->steps, &judge->step_count,
                               &judge->step_capacity, err));
    CHURN_TRY(make_turns(judge, facts, err));
    if (!walk(&l)) {
        CHURN_TRY(churn__fail_memory(err, judge->heap));
    }
    ask_sources(judge, out);
    if (out->ever && l.record != UINT32_MAX) {
        describe_record(judge, &facts->records[l.record], out);
    } else if (out->ever) {
        describe_end(judge, facts, out);
    }
done:
    return st;
}
