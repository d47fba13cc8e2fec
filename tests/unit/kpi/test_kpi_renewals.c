/* SPDX-License-Identifier: MIT */
#include "sub.h"

#include "kpi/customers.h"

/* What falls due and what is announced to end, worked out by hand from the states. */

#define AS_OF day(2026, 7, 1)

static const churn__exchange usd = {.currency = USD};

typedef struct world {
    churn__heap *heap;
    churn__kpi_policy policy;
    churn__renewals renewals;
    churn__schedule schedule;
    churn__renewal_facts facts;
} world;

static void judge(world *w, const churn__subscription *rows, size_t count, churn_time as_of)
{
    memset(w, 0, sizeof *w);
    w->heap = churn__heap_create(NULL, 0);
    w->policy = churn__kpi_policy_preset(CHURN__POLICY_CHARTMOGUL);
    w->facts = (churn__renewal_facts){
        .policy = &w->policy, .exchange = &usd, .as_of = as_of, .rows = rows, .count = count};
    assert_true(churn__renewals_find(w->heap, &w->facts, &w->renewals));
    assert_true(churn__schedule_find(w->heap, &w->facts, &w->schedule));
}

static void leave(world *w)
{
    churn__free_array(w->heap, w->renewals.data, w->renewals.capacity, sizeof *w->renewals.data);
    churn__free_array(w->heap, w->schedule.data, w->schedule.capacity, sizeof *w->schedule.data);
    churn__heap_release(w->heap);
}

static void assert_renewal(const world *w, size_t i, churn_time at, uint8_t outcome, int64_t due,
                           int64_t after)
{
    assert_true(i < w->renewals.count);
    const churn__renewal *r = &w->renewals.data[i];
    assert_int_equal(r->at, at);
    assert_int_equal(r->outcome, outcome);
    assert_int_equal(r->due, due);
    assert_int_equal(r->after, after);
    assert_int_equal(r->unknown.missing, CHURN__PRESENT);
}

static churn__subscription yearly(uint32_t id, int64_t amount, churn_time from, churn_time renews)
{
    churn__subscription s = sub(id, CHURN__SUB_ACTIVE, amount, from);
    s.period_unit = 'y';
    s.renews_at = renews;
    return s;
}

static void renewals__next_state_costs_more__renewed_and_grown(void **state)
{
    const churn__subscription rows[] = {yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1)),
                                        yearly(1, 144000, day(2026, 3, 1), day(2027, 3, 1))};
    world w;
    (void)state;
    judge(&w, rows, 2, AS_OF);
    assert_int_equal(w.renewals.count, 2);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_RENEWED, 10000, 12000);
    assert_renewal(&w, 1, day(2027, 3, 1), CHURN__RENEWAL_OPEN, 12000, 0);
    leave(&w);
}

static void renewals__date_passes_and_it_goes_on__renewed(void **state)
{
    const churn__subscription row = yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1));
    world w;
    (void)state;
    judge(&w, &row, 1, AS_OF);
    assert_int_equal(w.renewals.count, 1);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_RENEWED, 10000, 10000);
    leave(&w);
}

static void renewals__ended_on_the_day__lost(void **state)
{
    churn__subscription row = yearly(1, 120000, day(2025, 3, 1), CHURN_TIME_NONE);
    world w;
    (void)state;
    row.ends_at = row.ended_at = day(2026, 3, 1);
    judge(&w, &row, 1, AS_OF);
    assert_int_equal(w.renewals.count, 1);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_LOST, 10000, 0);
    leave(&w);
}

static void renewals__cancelled_state_from_the_day__lost(void **state)
{
    const churn__subscription rows[] = {yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1)),
                                        sub(1, CHURN__SUB_CANCELLED, 0, day(2026, 3, 1))};
    world w;
    (void)state;
    judge(&w, rows, 2, AS_OF);
    assert_int_equal(w.renewals.count, 1);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_LOST, 10000, 0);
    leave(&w);
}

static void renewals__ended_before_the_day__never_due(void **state)
{
    churn__subscription row = yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1));
    world w;
    (void)state;
    row.ended_at = day(2026, 2, 28);
    judge(&w, &row, 1, AS_OF);
    assert_int_equal(w.renewals.count, 0);
    leave(&w);
}

static void renewals__date_moved_before_it_came__due_at_the_new_one(void **state)
{
    const churn__subscription rows[] = {yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1)),
                                        yearly(1, 120000, day(2026, 2, 1), day(2026, 5, 1))};
    world w;
    (void)state;
    judge(&w, rows, 2, AS_OF);
    assert_int_equal(w.renewals.count, 1);
    assert_renewal(&w, 0, day(2026, 5, 1), CHURN__RENEWAL_RENEWED, 10000, 10000);
    leave(&w);
}

static void renewals__announced_to_end_and_nothing_said__open_then_decided(void **state)
{
    churn__subscription row = yearly(1, 120000, day(2025, 3, 1), CHURN_TIME_NONE);
    world w;
    (void)state;
    row.ends_at = day(2026, 3, 1);
    row.auto_renew = 0;
    judge(&w, &row, 1, AS_OF);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_OPEN, 10000, 0);
    leave(&w);
    row.ended_at = day(2026, 3, 5);
    judge(&w, &row, 1, AS_OF);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_LOST, 10000, 0);
    leave(&w);
    row.ended_at = CHURN_TIME_NONE;
    const churn__subscription rows[] = {row, yearly(1, 96000, day(2026, 3, 9), CHURN_TIME_NONE)};
    judge(&w, rows, 2, AS_OF);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_RENEWED, 10000, 8000);
    leave(&w);
}

static void renewals__in_dunning__open_until_it_is_paid_or_not(void **state)
{
    churn__subscription rows[] = {yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1)),
                                  yearly(1, 120000, day(2026, 3, 1), CHURN_TIME_NONE),
                                  yearly(1, 120000, day(2026, 3, 20), CHURN_TIME_NONE)};
    world w;
    (void)state;
    rows[1].status = CHURN__SUB_PAST_DUE;
    judge(&w, rows, 2, AS_OF);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_OPEN, 10000, 0);
    leave(&w);
    judge(&w, rows, 3, AS_OF);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_RENEWED, 10000, 10000);
    leave(&w);
    rows[2].status = CHURN__SUB_UNPAID;
    judge(&w, rows, 3, AS_OF);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_LOST, 10000, 0);
    leave(&w);
}

static void renewals__one_day__one_renewal(void **state)
{
    churn__subscription rows[] = {sub_until(1, 5000, day(2025, 3, 1), day(2026, 3, 1)),
                                  sub(2, CHURN__SUB_ACTIVE, 7000, day(2025, 3, 1))};
    world w;
    (void)state;
    rows[0].ends_at = day(2026, 3, 1);
    rows[1].renews_at = day(2026, 3, 1) + 5 * CHURN__HOUR;
    judge(&w, rows, 2, AS_OF);
    assert_int_equal(w.renewals.count, 1);
    assert_renewal(&w, 0, day(2026, 3, 1), CHURN__RENEWAL_RENEWED, 12000, 7000);
    leave(&w);
}

static void renewals__another_subscription_takes_its_place_that_day__renewed(void **state)
{
    churn__subscription rows[] = {
        sub_until(1, 5000, day(2025, 3, 1), day(2026, 3, 1) + 9 * CHURN__HOUR),
        sub(2, CHURN__SUB_ACTIVE, 6000, day(2026, 3, 1))};
    world w;
    (void)state;
    rows[0].ends_at = rows[0].ended_at;
    judge(&w, rows, 2, AS_OF);
    assert_int_equal(w.renewals.count, 1);
    assert_renewal(&w, 0, rows[0].ends_at, CHURN__RENEWAL_RENEWED, 5000, 6000);
    leave(&w);
    rows[1].valid_from = day(2026, 3, 2); /* the day after: a return, no renewal */
    judge(&w, rows, 2, AS_OF);
    assert_renewal(&w, 0, rows[0].ends_at, CHURN__RENEWAL_LOST, 5000, 0);
    leave(&w);
    rows[1].valid_from = day(2025, 12, 1); /* was there before: does not take its place */
    judge(&w, rows, 2, AS_OF);
    assert_renewal(&w, 0, rows[0].ends_at, CHURN__RENEWAL_LOST, 5000, 0);
    leave(&w);
}

static void renewals__currency_without_rate__money_unknown(void **state)
{
    churn__subscription row = yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1));
    world w;
    (void)state;
    row.currency = EUR;
    judge(&w, &row, 1, AS_OF);
    assert_int_equal(w.renewals.count, 1);
    assert_int_equal(w.renewals.data[0].unknown.missing, CHURN__NO_RATE);
    assert_int_equal(w.renewals.data[0].unknown.currency, EUR);
    assert_int_equal(w.renewals.data[0].outcome, CHURN__RENEWAL_RENEWED);
    leave(&w);
}

static void renewals__trial_or_unpaid__not_due(void **state)
{
    churn__subscription row = yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1));
    world w;
    (void)state;
    row.status = CHURN__SUB_TRIAL;
    judge(&w, &row, 1, AS_OF);
    assert_int_equal(w.renewals.count, 0);
    leave(&w);
    row.status = CHURN__SUB_UNPAID;
    judge(&w, &row, 1, AS_OF);
    assert_int_equal(w.renewals.count, 0);
    leave(&w);
}

/* ---- what is announced to end ---- */

static void schedule__cancel_requested__ends_at_the_renewal(void **state)
{
    churn__subscription row = yearly(1, 120000, day(2025, 9, 1), day(2026, 9, 1));
    world w;
    (void)state;
    judge(&w, &row, 1, AS_OF);
    assert_int_equal(w.schedule.count, 0);
    leave(&w);
    row.cancel_requested_at = day(2026, 6, 1);
    judge(&w, &row, 1, AS_OF);
    assert_int_equal(w.schedule.count, 1);
    assert_int_equal(w.schedule.data[0].at, day(2026, 9, 1));
    assert_int_equal(w.schedule.data[0].mrr, 10000);
    assert_true(churn__schedule_loses(&w.facts, &w.schedule, day(2026, 9, 1), day(2026, 10, 1)));
    assert_false(churn__schedule_loses(&w.facts, &w.schedule, day(2026, 8, 1), day(2026, 9, 1)));
    leave(&w);
}

static void schedule__another_one_stays__no_loss(void **state)
{
    churn__subscription rows[] = {yearly(1, 120000, day(2025, 9, 1), CHURN_TIME_NONE),
                                  sub(2, CHURN__SUB_ACTIVE, 5000, day(2025, 9, 1))};
    world w;
    (void)state;
    rows[0].ends_at = day(2026, 9, 1);
    rows[0].auto_renew = 0;
    judge(&w, rows, 2, AS_OF);
    assert_int_equal(w.schedule.count, 1);
    assert_false(churn__schedule_loses(&w.facts, &w.schedule, day(2026, 9, 1), day(2026, 10, 1)));
    leave(&w);
    rows[1].ends_at = day(2026, 9, 20);
    rows[1].auto_renew = 0;
    judge(&w, rows, 2, AS_OF);
    assert_true(churn__schedule_loses(&w.facts, &w.schedule, day(2026, 9, 1), day(2026, 10, 1)));
    assert_false(churn__schedule_loses(&w.facts, &w.schedule, day(2026, 9, 1), day(2026, 9, 15)));
    leave(&w);
}

static void schedule__taken_back_before_the_end__not_announced(void **state)
{
    churn__subscription rows[] = {yearly(1, 120000, day(2025, 3, 1), day(2026, 3, 1)),
                                  yearly(1, 120000, day(2026, 2, 1), day(2026, 3, 1))};
    world w;
    (void)state;
    rows[0].cancel_requested_at = day(2026, 1, 1);
    judge(&w, rows, 2, AS_OF);
    assert_int_equal(w.schedule.count, 0);
    leave(&w);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(renewals__next_state_costs_more__renewed_and_grown),
        cmocka_unit_test(renewals__date_passes_and_it_goes_on__renewed),
        cmocka_unit_test(renewals__ended_on_the_day__lost),
        cmocka_unit_test(renewals__cancelled_state_from_the_day__lost),
        cmocka_unit_test(renewals__ended_before_the_day__never_due),
        cmocka_unit_test(renewals__date_moved_before_it_came__due_at_the_new_one),
        cmocka_unit_test(renewals__announced_to_end_and_nothing_said__open_then_decided),
        cmocka_unit_test(renewals__in_dunning__open_until_it_is_paid_or_not),
        cmocka_unit_test(renewals__one_day__one_renewal),
        cmocka_unit_test(renewals__another_subscription_takes_its_place_that_day__renewed),
        cmocka_unit_test(renewals__currency_without_rate__money_unknown),
        cmocka_unit_test(renewals__trial_or_unpaid__not_due),
        cmocka_unit_test(schedule__cancel_requested__ends_at_the_renewal),
        cmocka_unit_test(schedule__another_one_stays__no_loss),
        cmocka_unit_test(schedule__taken_back_before_the_end__not_announced),
    };
    return RUN_TESTS(group);
}
