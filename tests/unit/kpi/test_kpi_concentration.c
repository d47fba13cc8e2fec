/* SPDX-License-Identifier: MIT */
#include "sub.h"

#include <math.h>

#include "kpi/customers.h"

/* Concentration and lifetimes against numbers made by hand and with numpy. */

#define CLOSE 1e-12

static void assert_near(double given, double wanted, double within)
{
    assert_true(fabs(given - wanted) <= within);
}

static void concentration__worked_example(void **state)
{
    const int64_t five[] = {60, 10, 10, 10, 10};
    (void)state;
    assert_near(churn__top_share(five, 5, 0.2), 0.6, CLOSE);
    assert_near(churn__largest_share(five, 5, 1), 0.6, CLOSE);
    assert_near(churn__largest_share(five, 5, 10), 1, CLOSE);
    assert_near(churn__gini(five, 5), 0.4, CLOSE);
    assert_int_equal(churn__fewest_for(five, 5, 80), 3);
}

static void concentration__all_alike__nothing_stands_out(void **state)
{
    const int64_t same[] = {7, 7, 7, 7, 7, 7, 7};
    (void)state;
    assert_near(churn__top_share(same, 7, 0.2), 0.2, CLOSE); /* 1.4 customers of 7 */
    assert_near(churn__gini(same, 7), 0, CLOSE);
    assert_int_equal(churn__fewest_for(same, 7, 80), 6);
}

static void concentration__one_customer(void **state)
{
    const int64_t one[] = {500};
    (void)state;
    assert_near(churn__largest_share(one, 1, 1), 1, CLOSE);
    assert_near(churn__gini(one, 1), 0, CLOSE);
    assert_int_equal(churn__fewest_for(one, 1, 80), 1);
}

/* numpy: x = sort of [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]; abs(subtract.outer(x, x)).sum() / (2 n sum).
 */
static void concentration__numpy(void **state)
{
    const int64_t x[] = {9, 6, 5, 5, 4, 3, 3, 2, 1, 1};
    (void)state;
    assert_near(churn__gini(x, 10), 258.0 / 780.0, CLOSE);
    assert_near(churn__top_share(x, 10, 0.2), 15.0 / 39.0, CLOSE);
    assert_int_equal(churn__fewest_for(x, 10, 80), 6); /* 32 of 39; five bring 29 */
}

static void concentration__sums_beyond_doubles__still_shares(void **state)
{
    const int64_t most = INT64_C(1) << 53;
    const int64_t x[] = {most, most, most};
    (void)state;
    assert_near(churn__largest_share(x, 3, 1), 1.0 / 3, CLOSE);
    assert_near(churn__gini(x, 3), 0, CLOSE);
}

/* ---- lives ---- */

static const churn__life_span lives[] = {{.from = 100, .to = 200, .kind = CHURN__CHURN_VOLUNTARY},
                                         {.from = 300, .to = CHURN_TIME_NONE}};

static void life_before__edges__just_before(void **state)
{
    static const struct {
        churn_time at;
        size_t life;
    } cases[] = {{100, 2}, {101, 0}, {200, 0}, {201, 2}, {300, 2}, {301, 1}, {INT64_MAX, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(churn__life_before(lives, 2, cases[i].at), cases[i].life);
    }
    assert_int_equal(churn__life_before(NULL, 0, 100), 0);
}

static void life_lost__half_open(void **state)
{
    (void)state;
    assert_int_equal(churn__life_lost(lives, 2, 100, 200), 2);
    assert_int_equal(churn__life_lost(lives, 2, 200, 201), 0);
    assert_int_equal(churn__life_lost(lives, 2, 201, 999), 2);
}

/* ---- months ---- */

static churn__kpi_period period_of(churn_time start, churn_time end)
{
    return (churn__kpi_period){.start = start, .end = end, .until = end};
}

static void period_months__calendar_and_days(void **state)
{
    const churn__kpi_period february = period_of(day(2026, 2, 1), day(2026, 3, 1));
    const churn__kpi_period year = period_of(day(2026, 1, 1), day(2027, 1, 1));
    const churn__kpi_period days = period_of(day(2026, 1, 2), day(2026, 1, 2) + 365 * CHURN__DAY);
    (void)state;
    assert_near(churn__period_months(&february, NULL), 1, 0);
    assert_near(churn__period_months(&year, NULL), 12, 0);
    assert_near(churn__period_months(&days, NULL), 12, CLOSE);
}

/* C. Gold: 5 % a month are 45.96 % a year, so these are 5 % a month. */
static void monthly_rate__of_a_year__back(void **state)
{
    (void)state;
    assert_near(churn__monthly_rate(0.459639912337368, 12), 0.05, 1e-12);
    assert_near(churn__monthly_rate(0.05, 1), 0.05, 0);
    assert_near(churn__monthly_rate(1, 3), 1, 0);
    assert_near(churn__monthly_rate(0, 3), 0, 0);
}

/* ---- downsell or extension ---- */

static churn__subscription every(uint32_t id, char unit, int32_t count, int64_t amount,
                                 churn_time from)
{
    churn__subscription s = sub(id, CHURN__SUB_ACTIVE, amount, from);
    s.period_unit = (uint8_t)unit;
    s.period_count = count;
    return s;
}

static void is_extension__month_to_year__yes(void **state)
{
    const churn_time at = day(2026, 3, 1);
    const churn__subscription rows[] = {every(1, 'm', 1, 5000, day(2026, 1, 1)),
                                        every(1, 'y', 1, 54000, at)};
    (void)state;
    assert_true(churn__is_extension(rows, 2, at, at + 1));
}

static void is_extension__cheaper_plan__no(void **state)
{
    const churn_time at = day(2026, 3, 1);
    const churn__subscription rows[] = {every(1, 'y', 1, 54000, day(2026, 1, 1)),
                                        every(1, 'y', 1, 30000, at)};
    (void)state;
    assert_false(churn__is_extension(rows, 2, at, at + 1));
}

static void is_extension__one_for_another__by_what_changed(void **state)
{
    const churn_time at = day(2026, 3, 1);
    churn__subscription rows[] = {every(1, 'm', 1, 5000, day(2026, 1, 1)),
                                  every(2, 'y', 1, 36000, at),
                                  every(3, 'y', 2, 72000, day(2025, 1, 1))};
    (void)state;
    rows[0].ended_at = at;
    assert_true(churn__is_extension(rows, 3, at, at + 1));  /* the third stays as it is */
    assert_false(churn__is_extension(rows, 1, at, at + 1)); /* one of several dropped */
}

static void is_extension__within_an_hour__one_movement(void **state)
{
    const churn_time at = day(2026, 3, 1);
    churn__subscription rows[] = {every(1, 'm', 1, 5000, day(2026, 1, 1)),
                                  every(2, 'y', 1, 36000, at + CHURN__MINUTE)};
    (void)state;
    rows[0].ended_at = at;
    assert_true(churn__is_extension(rows, 2, at, at + CHURN__HOUR));
    assert_false(churn__is_extension(rows, 2, at, at + 1));
}

static void is_extension__a_quarter_is_longer_than_90_days(void **state)
{
    const churn_time at = day(2026, 3, 1);
    const churn__subscription rows[] = {every(1, 'd', 90, 5000, day(2026, 1, 1)),
                                        every(1, 'm', 3, 5000, at)};
    (void)state;
    assert_true(churn__is_extension(rows, 2, at, at + 1)); /* 365 / 4 days */
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(concentration__worked_example),
        cmocka_unit_test(concentration__all_alike__nothing_stands_out),
        cmocka_unit_test(concentration__one_customer),
        cmocka_unit_test(concentration__numpy),
        cmocka_unit_test(concentration__sums_beyond_doubles__still_shares),
        cmocka_unit_test(life_before__edges__just_before),
        cmocka_unit_test(life_lost__half_open),
        cmocka_unit_test(period_months__calendar_and_days),
        cmocka_unit_test(monthly_rate__of_a_year__back),
        cmocka_unit_test(is_extension__month_to_year__yes),
        cmocka_unit_test(is_extension__cheaper_plan__no),
        cmocka_unit_test(is_extension__one_for_another__by_what_changed),
        cmocka_unit_test(is_extension__within_an_hour__one_movement),
        cmocka_unit_test(is_extension__a_quarter_is_longer_than_90_days),
    };
    return RUN_TESTS(group);
}
