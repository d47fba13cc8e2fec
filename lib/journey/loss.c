/* SPDX-License-Identifier: MIT */
#include "journey/inside.h"

/* Walking the turns of a life in order gives its spans and the last loss. */

/* Sources that say at the moment that the customer is lost: a bit each, conditions from BY_HELD on.
 */
#define BY_SUBSCRIPTION 1u
#define BY_RECORD 2u
#define BY_HELD 4u

/* What a return within `ignore_gaps` brings back. */
typedef struct state {
    bool alive, ever;
    churn_time from; /* while alive */
    churn__loss_cause last;
    size_t span_count;
} state;

typedef struct life {
    churn__loss_judge *judge;
    uint32_t declared; /* bits that count */
    uint32_t bits;
    bool lost;
    state now, before; /* before the loss in hand */
} life;

/* ---- spans ---- */

static bool put_span(life *l, churn_time to)
{
    churn__loss_judge *judge = l->judge;
    if (to != CHURN_TIME_NONE && to <= l->now.from) {
        return true;
    }
    size_t n = judge->span_count + 1;
    if (!churn__grow(judge->heap, (void **)&judge->spans, &judge->span_capacity, n,
                     sizeof *judge->spans) ||
        !churn__grow(judge->heap, (void **)&judge->causes, &judge->cause_capacity, n,
                     sizeof *judge->causes)) {
        return false;
    }
    judge->causes[judge->span_count] = l->now.last;
    judge->spans[judge->span_count++] = (churn__life_span){.from = l->now.from,
                                                           .to = to,
                                                           .reason = CHURN__NO_CODE,
                                                           .competitor = CHURN__NO_CODE,
                                                           .mrr = CHURN_INT_NONE};
    return true;
}

static bool lose(life *l, const churn__turn *turn)
{
    l->now.span_count = l->judge->span_count;
    l->before = l->now;
    l->lost = l->now.ever = true;
    l->now.last = (churn__loss_cause){turn->at, turn->what, turn->index};
    bool fits = !l->now.alive || put_span(l, turn->at);
    l->now.alive = false;
    return fits;
}

static bool is_gap(const life *l, churn_time back)
{
    const churn__loss_def *def = &l->judge->def;
    const churn__duration gap = {def->ignore_gaps.amount, def->ignore_gaps.unit};
    return gap.amount > 0 && back <= churn__time_shift(l->now.last.at, gap, 1, def->zone, NULL);
}

/* A loss that ends. One that was a gap was none: everything is as before it. */
static void come_back(life *l, churn_time at)
{
    l->lost = false;
    if (is_gap(l, at)) {
        l->judge->span_count = l->before.span_count;
        l->now = l->before;
        return;
    }
    l->now.alive = l->before.alive;
    l->now.from = at;
}

static void begin(life *l, churn_time at)
{
    if (!l->now.alive) {
        l->now.alive = true;
        l->now.from = at;
    }
}

/* ---- turns ---- */

static void say(churn__loss_voice *voice, const churn__turn *turn)
{
    voice->heard = true;
    if (voice->since.at == CHURN_TIME_NONE) {
        voice->since = (churn__loss_cause){turn->at, turn->what, turn->index};
    }
}

static void fall_silent(churn__loss_voice *voice)
{
    voice->since.at = CHURN_TIME_NONE;
}

/* A subscription ends every loss, whatever brought it about. */
static void start(life *l, const churn__turn *turn)
{
    churn__loss_judge *judge = l->judge;
    l->bits = 0;
    judge->subscription.heard = true;
    fall_silent(&judge->subscription);
    fall_silent(&judge->record);
    fall_silent(&judge->condition);
    if (l->lost) {
        come_back(l, turn->at);
    }
    begin(l, turn->at);
}

static void clear(life *l, const churn__turn *turn)
{
    l->bits &= ~(BY_HELD << turn->index);
    if (l->bits < BY_HELD) {
        fall_silent(&l->judge->condition);
    }
    if (l->lost && (l->bits & l->declared) == 0) {
        come_back(l, turn->at);
    }
}

static bool accuse(life *l, const churn__turn *turn, uint32_t bit, churn__loss_voice *voice)
{
    l->bits |= bit;
    say(voice, turn);
    return l->lost || (bit & l->declared) == 0 || lose(l, turn);
}

static bool take_turn(life *l, const churn__turn *turn)
{
    churn__loss_judge *judge = l->judge;
    switch (turn->what) {
    case CHURN__TURN_START:
        start(l, turn);
        return true;
    case CHURN__TURN_BEGIN:
        if (!l->lost) { /* only a subscription ends a loss */
            begin(l, turn->at);
        }
        return true;
    case CHURN__TURN_NOTHING:
        return accuse(l, turn, BY_SUBSCRIPTION, &judge->subscription);
    case CHURN__TURN_RECORD:
        return accuse(l, turn, BY_RECORD, &judge->record);
    case CHURN__TURN_HELD:
        return accuse(l, turn, BY_HELD << turn->index, &judge->condition);
    default:
        clear(l, turn);
        return true;
    }
}

/* ---- judging ---- */

static void begin_judging(churn__loss_judge *judge, churn__loss *out)
{
    const churn__loss_voice silent = {.since = {.at = CHURN_TIME_NONE}};
    judge->step_count = judge->span_count = 0;
    judge->subscription = judge->record = judge->condition = silent;
    judge->condition.heard = judge->def.condition_count > 0;
    judge->unknown = false;
    *out = (churn__loss){.at = CHURN_TIME_NONE,
                         .reason = CHURN__NO_CODE,
                         .competitor = CHURN__NO_CODE,
                         .mrr = CHURN_INT_NONE};
}

static int8_t verdict(const churn__loss_voice *voice)
{
    return voice->heard ? voice->since.at != CHURN_TIME_NONE : CHURN_TRUTH_NONE;
}

static void end_judging(life *l, const churn__loss_facts *facts, churn__loss *out)
{
    churn__loss_judge *judge = l->judge;
    out->churned = l->lost;
    out->ever = l->now.ever;
    out->by_subscription = verdict(&judge->subscription);
    out->by_record = verdict(&judge->record);
    out->by_condition = verdict(&judge->condition);
    out->unknown = judge->unknown;
    judge->last = l->now.last;
    if (out->ever) {
        churn__loss_describe(judge, facts, &judge->last, out);
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
    return !l->now.alive || put_span(l, CHURN_TIME_NONE);
}

churn_status churn__loss_judge_facts(churn__loss_judge *judge, const churn__loss_facts *facts,
                                     churn__loss *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn__loss_def *def = &judge->def;
    life l = {.judge = judge};
    l.declared = (def->by_subscription ? BY_SUBSCRIPTION : 0) | (def->by_record ? BY_RECORD : 0) |
                 ~(BY_HELD - 1);
    begin_judging(judge, out);
    CHURN_TRY(churn__mrr_steps(judge->heap, &def->policy, facts->rows, facts->row_count,
                               judge->exchange, &judge->steps, &judge->step_count,
                               &judge->step_capacity, err));
    CHURN_TRY(churn__loss_make_turns(judge, facts, err));
    if (!walk(&l)) {
        CHURN_TRY(churn__fail_memory(err, judge->heap));
    }
    end_judging(&l, facts, out);
done:
    return st;
}
