/* SPDX-License-Identifier: MIT */
#include <churn/records.h>

#include "base/sort.h"
#include "journey/inside.h"

/* A life is told in turns: subscriptions that start, the instants at which nothing is live any
 * more, churn records, conditions that have held for long enough. */

/* ---- facts ---- */

/* As the policy of figures counts: money and losses go by the same subscriptions. */
bool churn__loss_lives(const churn__loss_judge *judge, const churn__subscription *row)
{
    return churn__policy_live(&judge->def.policy, row, row->valid_from);
}

static const churn__subscription *next_state(const churn__loss_facts *facts, size_t i)
{
    const bool more = i + 1 < facts->row_count && facts->rows[i + 1].id == facts->rows[i].id;
    return more ? &facts->rows[i + 1] : NULL;
}

churn_time churn__loss_state_end(const churn__loss_judge *judge, const churn__loss_facts *facts,
                                 size_t i)
{
    const churn__subscription *next = next_state(facts, i);
    const churn_time end = churn__policy_end(&judge->def.policy, &facts->rows[i]);
    return next != NULL && next->valid_from < end ? next->valid_from : end;
}

static bool is_start(const churn__loss_judge *judge, const churn__loss_facts *facts, size_t i)
{
    const churn__subscription *row = &facts->rows[i];
    if (!churn__loss_lives(judge, row) ||
        churn__loss_state_end(judge, facts, i) <= row->valid_from) {
        return false;
    }
    return i == 0 || row[-1].id != row->id || !churn__loss_lives(judge, &row[-1]) ||
           churn__loss_state_end(judge, facts, i - 1) < row->valid_from;
}

bool churn__loss_record_counts(const churn__churn *record)
{
    return record->kind == CHURN__CHURN_VOLUNTARY || record->kind == CHURN__CHURN_INVOLUNTARY;
}

/* ---- turns ---- */

bool churn__loss_put_turn(churn__loss_judge *judge, const churn__loss_facts *facts,
                          churn__turn turn)
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
        if (is_start(judge, facts, i)) {
            fits = churn__loss_put_turn(
                judge, facts, (churn__turn){facts->rows[i].valid_from, CHURN__TURN_START, 0});
        }
    }
    if (fits && facts->row_count == 0 && facts->begins != CHURN_TIME_NONE) {
        fits =
            churn__loss_put_turn(judge, facts, (churn__turn){facts->begins, CHURN__TURN_BEGIN, 0});
    }
    return fits;
}

static bool put_ends(churn__loss_judge *judge, const churn__loss_facts *facts)
{
    bool fits = true;
    uint32_t live = 0;
    for (size_t i = 0; fits && i < judge->step_count; i++) {
        const churn__mrr_step *step = &judge->steps[i];
        if (live == 0 && step->live > 0) { /* also where a subscription of 0 begins to cost */
            fits =
                churn__loss_put_turn(judge, facts, (churn__turn){step->at, CHURN__TURN_START, 0});
        }
        if (live > 0 && step->live == 0) {
            fits =
                churn__loss_put_turn(judge, facts, (churn__turn){step->at, CHURN__TURN_NOTHING, 0});
        }
        live = step->live;
    }
    return fits;
}

static bool put_records(churn__loss_judge *judge, const churn__loss_facts *facts)
{
    bool fits = true;
    for (size_t i = 0; fits && i < facts->record_count; i++) {
        if (churn__loss_record_counts(&facts->records[i])) {
            fits = churn__loss_put_turn(
                judge, facts, (churn__turn){facts->records[i].at, CHURN__TURN_RECORD, (uint32_t)i});
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

churn_status churn__loss_make_turns(churn__loss_judge *judge, const churn__loss_facts *facts,
                                    churn_error *err)
{
    judge->turn_count = 0;
    if (!put_starts(judge, facts) || !put_ends(judge, facts) || !put_records(judge, facts) ||
        !sort_turns(judge) || !churn__loss_put_conditions(judge, facts) ||
        (judge->def.condition_count > 0 && !sort_turns(judge))) {
        return churn__fail_memory(err, judge->heap);
    }
    return CHURN_OK;
}
