/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "score/score_inside.h"

/*
 * What an input must be. Two groups of weights 60 and 40; in the first slot 0 (weight 2) and slot 1
 * (weight 1), in the second slot 2 and once more slot 0. By hand: one point of the first factor
 * moves the score by 0.6 * 2 / 3 = 0.4.
 */
static const churn__point rising[] = {{0, 0}, {10, 100}};
static const churn__point falling[] = {{0, 100}, {4, 0}};
static const churn__point stairs[] = {{0, 0}, {24, 60}, {72, 100}};
static const churn__point hill[] = {{0, 0}, {5, 100}, {10, 0}};

static const churn__group_def groups[] = {{.parent = CHURN__NO_SLOT, .weight = 60},
                                          {.parent = CHURN__NO_SLOT, .weight = 40}};

typedef struct situation {
    churn__factor_def factors[3];
    churn__card_def card;
    churn__score_def def;
    churn__factor_state now[3];
} situation;

static churn__factor_def factor(uint32_t group, uint32_t slot, double weight,
                                const churn__point *points, uint32_t n, churn__points_kind kind)
{
    return (churn__factor_def){.group = group,
                               .slot = slot,
                               .shown_slot = slot,
                               .weight = weight,
                               .points = points,
                               .point_count = n,
                               .points_kind = kind,
                               .decay_slot = CHURN__NO_SLOT};
}

static void set(situation *s, const churn__point *first, uint32_t n, churn__points_kind kind)
{
    *s = (situation){.def = {.card_count = 1, .group_count = 2, .factor_count = 3}};
    s->factors[0] = factor(0, 0, 2, first, n, kind);
    s->factors[1] = factor(0, 1, 1, rising, 2, CHURN__POINTS_CURVE);
    s->factors[2] = factor(1, 2, 1, rising, 2, CHURN__POINTS_CURVE);
    s->card = (churn__card_def){.groups = groups, .factors = s->factors};
    for (int f = 0; f < 3; f++) {
        s->now[f] = (churn__factor_state){.share = 1, .points = f == 2 ? 40 : 0};
    }
}

static bool need(const situation *s, uint32_t slot, double goal, double from, bool down,
                 double *out)
{
    churn__factor_state room[3];
    memcpy(room, s->now, sizeof room);
    return churn__score_need(&s->def, &s->card, room, slot, goal, from, down, out);
}

static void score_need__curve__gap_over_weight(void **state)
{
    situation s;
    double x = 0;
    (void)state;
    set(&s, rising, 2, CHURN__POINTS_CURVE);
    s.card.factors = s.factors;
    assert_true(fabs(churn__score_sum(&s.def, &s.card, s.now) - 16) < 1e-9);
    assert_true(need(&s, 0, 40, 0, false, &x)); /* 24 / 0.4 = 60 points */
    assert_true(fabs(x - 6) < 1e-9);
    assert_false(need(&s, 0, 57, 0, false, &x)); /* 100 points: 56 */
    assert_true(x == 10);
    assert_true(need(&s, 0, 16, 0, false, &x) && x == 0); /* it is there already */
}

static void score_need__falling_steps_and_hill__nearest(void **state)
{
    situation s;
    double x = 0;
    (void)state;
    set(&s, falling, 2, CHURN__POINTS_CURVE);
    assert_true(need(&s, 0, 40, 4, true, &x)); /* 60 points at 1.6 */
    assert_true(fabs(x - 1.6) < 1e-9);
    set(&s, stairs, 3, CHURN__POINTS_STEPS);
    assert_true(need(&s, 0, 30, 0, false, &x) && x == 24); /* 35 points: the step of 60 */
    assert_true(need(&s, 0, 41, 0, false, &x) && x == 72);
    set(&s, stairs, 3, CHURN__POINTS_STEPS_RIGHT);
    assert_true(need(&s, 0, 30, 0, false, &x) && x > 0 && x < 1e-300); /* beyond 0: 60 points */
    set(&s, hill, 3, CHURN__POINTS_CURVE);
    assert_true(need(&s, 0, 40, 9, false, &x)); /* 60 points at 3 and at 7 */
    assert_true(fabs(x - 7) < 1e-9);
    assert_true(need(&s, 0, 40, 1, false, &x) && fabs(x - 3) < 1e-9);
}

static void score_need__shared_and_absent__weights_follow(void **state)
{
    situation s;
    double x = 0;
    (void)state;
    set(&s, rising, 2, CHURN__POINTS_CURVE);
    s.factors[1].slot = 0; /* the whole group: 0.6 a point */
    assert_true(need(&s, 0, 40, 0, false, &x) && fabs(x - 4) < 1e-9);
    set(&s, rising, 2, CHURN__POINTS_CURVE);
    s.now[2].points = (double)NAN; /* absent: use has all of the weight, and voice comes back */
    s.now[2].missing = CHURN__NEVER;
    assert_true(need(&s, 2, 40, (double)NAN, false, &x) && fabs(x - 10) < 1e-9);
    assert_true(need(&s, 0, 40, 0, false, &x) && fabs(x - 6) < 1e-9);
    assert_false(need(&s, 2, 41, (double)NAN, false, &x));
    assert_false(need(&s, 7, 41, 0, false, &x)); /* nobody reads it */
}

static void score_knot__both_ways__next_point(void **state)
{
    situation s;
    double x = 0;
    (void)state;
    set(&s, stairs, 3, CHURN__POINTS_STEPS);
    assert_true(churn__score_knot(&s.def, &s.card, 0, 0, false, &x) && x == 24);
    assert_true(churn__score_knot(&s.def, &s.card, 0, 24, true, &x) && x == 0);
    assert_false(churn__score_knot(&s.def, &s.card, 0, 72, false, &x));
    assert_false(churn__score_knot(&s.def, &s.card, 9, 0, false, &x));
}

int main(void)
{
    const struct CMUnitTest whatif[] = {
        cmocka_unit_test(score_need__curve__gap_over_weight),
        cmocka_unit_test(score_need__falling_steps_and_hill__nearest),
        cmocka_unit_test(score_need__shared_and_absent__weights_follow),
        cmocka_unit_test(score_knot__both_ways__next_point),
    };
    return RUN_TESTS(whatif);
}
