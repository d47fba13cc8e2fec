/* SPDX-License-Identifier: MIT */
#include "journey/inside.h"

/*
 * From the answers of a condition at each midnight to the instants at which it has held for long
 * enough, and those at which it holds no longer. A subscription that starts sets the clock back; an
 * answer that is UNKNOWN neither sets it back nor dates a loss.
 */
typedef struct clock {
    churn__loss_judge *judge;
    const churn__loss_facts *facts;
    uint32_t condition;
    size_t turns, next; /* turns of subscriptions, and the first that is not behind us */
    churn_time since;   /* the first midnight at which it held; CHURN_TIME_NONE: it does not */
    bool held;          /* for long enough, and no subscription has started since */
    bool told;          /* it was long enough once while it held */
} clock;

churn_time churn__loss_midnight(const churn__zone *zone, churn_time at)
{
    churn_time midnight = churn__period_start(at, CHURN__UNIT_CD, zone);
    return midnight == at ? at : churn__period_next(at, CHURN__UNIT_CD, zone);
}

/* The next start of a subscription at or after an instant; INT64_MAX: none. */
static churn_time next_start(clock *c, churn_time from)
{
    const churn__turn *turns = c->judge->turns;
    while (c->next < c->turns &&
           (turns[c->next].what != CHURN__TURN_START || turns[c->next].at < from)) {
        c->next++;
    }
    return c->next < c->turns ? turns[c->next].at : INT64_MAX;
}

static void set_back(clock *c)
{
    c->since = CHURN_TIME_NONE;
    c->held = false;
}

/* The first midnight of a run of TRUE that is late enough. */
static churn_time fulfilled(const clock *c, churn_time from)
{
    const churn__loss_def *def = &c->judge->def;
    const churn__span hold = def->conditions[c->condition].hold;
    churn_time due =
        churn__time_shift(c->since, (churn__duration){hold.amount, hold.unit}, 1, def->zone, NULL);
    return churn__loss_midnight(def->zone, due > from ? due : from);
}

static bool tell(clock *c, churn_time at, uint32_t what)
{
    return churn__loss_put_turn(c->judge, c->facts, (churn__turn){at, what, c->condition});
}

/* A run of TRUE from one instant to another, which starts of subscriptions cut in parts. */
static bool take_true(clock *c, churn_time from, churn_time end)
{
    const churn__zone *zone = c->judge->def.zone;
    while (from < end) {
        churn_time start = next_start(c, from);
        if (start == from) { /* what starts at a midnight comes before it is judged */
            set_back(c);
            start = next_start(c, from + 1);
        }
        c->since = c->since == CHURN_TIME_NONE ? from : c->since;
        churn_time at = c->held ? INT64_MAX : fulfilled(c, from);
        if (at < end && at < start) {
            c->held = c->told = true;
            if (!tell(c, at, CHURN__TURN_HELD)) {
                return false;
            }
        }
        if (start >= end) {
            break;
        }
        set_back(c);
        from = churn__loss_midnight(zone, start);
    }
    return true;
}

static bool take_run(clock *c, const churn__loss_run *run, churn_time end)
{
    if (run->truth == CHURN__TRUE) {
        return take_true(c, run->at, end);
    }
    if (run->truth == CHURN__UNKNOWN) {
        if (next_start(c, run->at) < end) {
            set_back(c);
        }
        return true;
    }
    bool told = c->told;
    set_back(c);
    c->told = false;
    return !told || tell(c, run->at, CHURN__TURN_CLEAR);
}

static bool put_condition(churn__loss_judge *judge, const churn__loss_facts *facts,
                          uint32_t condition, size_t turns)
{
    clock c = {judge, facts, condition, turns, 0, CHURN_TIME_NONE, false, false};
    const churn__loss_book *book = judge->book;
    const churn__loss_run *run = churn__loss_book_first(book, facts->customer, condition);
    bool fits = true;
    while (fits && run != NULL && run->at <= facts->as_of) {
        const churn__loss_run *next = churn__loss_book_next(book, run);
        const churn_time seen = facts->as_of + 1;
        fits = take_run(&c, run, next != NULL && next->at < seen ? next->at : seen);
        if (next == NULL || next->at >= seen) {
            judge->unknown |= run->truth == CHURN__UNKNOWN;
        }
        run = next;
    }
    return fits;
}

bool churn__loss_put_conditions(churn__loss_judge *judge, const churn__loss_facts *facts)
{
    const size_t turns = judge->turn_count;
    bool fits = true;
    for (uint32_t i = 0; fits && judge->book != NULL && i < judge->def.condition_count; i++) {
        fits = put_condition(judge, facts, i, turns);
    }
    return fits;
}
