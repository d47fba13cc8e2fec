/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <float.h>
#include <math.h>

#include "score/score_inside.h"

#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static const churn__point logins[] = {{0, 0}, {4, 40}, {20, 100}};
static const churn__point age[] = {{0, 100}, {5, 50}, {14, 0}};
static const churn__point wide[] = {{-DBL_MAX, 0}, {DBL_MAX, 100}};
static const churn__point one[] = {{3, 70}};
static const churn__point tenth[] = {{0, 0.1}, {3, 0.3}, {5, 0.2}};

static churn__factor_def factor(const churn__point *points, uint32_t n, bool steps)
{
    return (churn__factor_def){.points = points,
                               .point_count = n,
                               .points_kind = steps ? CHURN__POINTS_STEPS : CHURN__POINTS_CURVE,
                               .weight = 1};
}

static void factor_points__curve__linear_between_flat_outside(void **state)
{
    (void)state;
    churn__factor_def f = factor(logins, 3, false), g = factor(age, 3, false);
    const double cases[][2] = {{-7, 0}, {0, 0},   {1, 10},  {2, 20},   {4, 40},
                               {8, 55}, {12, 70}, {16, 85}, {20, 100}, {1e300, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_near(churn__factor_points(&f, cases[i][0]), cases[i][1], 1e-12);
    }
    assert_near(churn__factor_points(&g, 2), 80, 1e-12);
    assert_near(churn__factor_points(&g, 9.5), 25, 1e-12);
    assert_true(churn__factor_points(&g, 14) == 0);
    assert_true(churn__factor_points(&g, 5) == 50);
}

/* Catalyst's example: up to 5 tickets bad, from 25 good. Steps hold from their x on, x included. */
static void factor_points__steps__hold_from_their_x_on(void **state)
{
    (void)state;
    const churn__point steps[] = {{0, 17}, {5, 50}, {25, 83}};
    churn__factor_def f = factor(steps, 3, true);
    const double cases[][2] = {{-1, 17}, {0, 17},  {4.999999, 17}, {5, 50},
                               {24, 50}, {25, 83}, {1000, 83}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(churn__factor_points(&f, cases[i][0]) == cases[i][1]);
    }
}

static void factor_points__odd_curves__stay_within_their_points(void **state)
{
    (void)state;
    churn__factor_def f = factor(wide, 2, false), g = factor(one, 1, false);
    churn__factor_def h = factor(tenth, 3, false);
    assert_near(churn__factor_points(&f, 0), 50, 1e-12);
    assert_near(churn__factor_points(&f, DBL_MAX / 2), 75, 1e-12);
    assert_true(churn__factor_points(&f, DBL_MAX) == 100);
    assert_true(churn__factor_points(&g, -5) == 70 && churn__factor_points(&g, 5) == 70);
    assert_true(churn__factor_points(&h, 3) == 0.3);
    for (double x = 0; x < 5; x = nextafter(x + 0.001, 9)) {
        double y = churn__factor_points(&h, x);
        assert_true(y >= 0.1 && y <= 0.3);
    }
    assert_true(churn__factor_points(&h, nextafter(3, 0)) <= 0.3);
}

static void factor_range__curves_and_steps__least_and_greatest_point(void **state)
{
    (void)state;
    double least = 0, greatest = 0;
    churn__factor_def f = factor(tenth, 3, false);
    churn__factor_range(&f, &least, &greatest);
    assert_true(least == 0.1 && greatest == 0.3);
    f = factor(age, 3, true);
    churn__factor_range(&f, &least, &greatest);
    assert_true(least == 0 && greatest == 100);
}

static void factor_substitute__each_policy__what_it_says(void **state)
{
    (void)state;
    churn__factor_def f = factor(age, 3, false);
    assert_true(isnan(churn__factor_substitute(&f, 0, 100)));
    f.missing = CHURN__FACTOR_WORST;
    assert_true(churn__factor_substitute(&f, 0, 100) == 0);
    f.missing = CHURN__FACTOR_BEST;
    assert_true(churn__factor_substitute(&f, 0, 100) == 100);
    f.missing = CHURN__FACTOR_VALUE;
    f.missing_value = 2;
    assert_near(churn__factor_substitute(&f, 0, 100), 80, 1e-12);
}

static void score_fetch__types_and_missing__numbers_or_nan(void **state)
{
    (void)state;
    const double d[] = {1.5, 2, HUGE_VAL, 4};
    const int64_t i[] = {-3, 0, 7, 9};
    const uint8_t b[] = {0, 1, 1, 0};
    const churn__missing m[] = {0, CHURN__NEVER, 0, 0};
    churn__column columns[] = {{.type = CHURN__TYPE_DOUBLE, .values = d, .missing = m},
                               {.type = CHURN__TYPE_INT, .values = i, .missing = m},
                               {.type = CHURN__TYPE_BOOL, .values = b, .missing = NULL},
                               {.type = CHURN__TYPE_STRING, .values = d, .missing = NULL}};
    const churn__score_rows whole = {NULL, 0, 4}, last = {NULL, 2, 2}, end = {NULL, 1, 3};
    const uint32_t at[] = {3, 0};
    const churn__score_rows picked = {at, 0, 2};
    double room[4];
    bool lacks = false;
    const double *got = churn__score_fetch(&columns[0], &whole, room, &lacks);
    assert_true(lacks && got[0] == 1.5 && isnan(got[1]) && isnan(got[2]) && got[3] == 4);
    got = churn__score_fetch(&columns[0], &picked, room, &lacks);
    assert_true(!lacks && got[0] == 4 && got[1] == 1.5);
    got = churn__score_fetch(&columns[1], &last, room, &lacks);
    assert_true(!lacks && got[0] == 7 && got[1] == 9);
    got = churn__score_fetch(&columns[2], &end, room, &lacks);
    assert_true(!lacks && got[0] == 1 && got[1] == 1 && got[2] == 0);
    got = churn__score_fetch(&columns[3], &whole, room, &lacks);
    assert_true(lacks && isnan(got[0]));
}

int main(void)
{
    const struct CMUnitTest factors[] = {
        cmocka_unit_test(factor_points__curve__linear_between_flat_outside),
        cmocka_unit_test(factor_points__steps__hold_from_their_x_on),
        cmocka_unit_test(factor_points__odd_curves__stay_within_their_points),
        cmocka_unit_test(factor_range__curves_and_steps__least_and_greatest_point),
        cmocka_unit_test(factor_substitute__each_policy__what_it_says),
        cmocka_unit_test(score_fetch__types_and_missing__numbers_or_nan),
    };
    return RUN_TESTS(factors);
}
