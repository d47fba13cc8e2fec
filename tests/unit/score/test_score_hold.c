/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "score_case.h"

/* Bands that are held: green from 70, yellow from 40, red. */

#define HOUR INT64_C(3600000000)
#define GREEN 0
#define YELLOW 1
#define RED 2

typedef struct held_case {
    case_tree tree;
    churn__held_band held;
} held_case;

static void held_begin(held_case *h, double hysteresis, int64_t min_stay)
{
    tree_begin(&h->tree);
    h->tree.def.hysteresis = hysteresis;
    h->tree.def.min_stay = min_stay;
    h->held = (churn__held_band){h->tree.def.band_count, 0};
}

static uint32_t held_at(held_case *h, double score, churn_time now)
{
    return churn__score_hold(&h->tree.def, &h->tree.card, score, now, &h->held);
}

static void score_hold__around_a_bound__left_only_beyond_it(void **state)
{
    (void)state;
    held_case h;
    held_begin(&h, 3, 0);
    static const struct {
        double score;
        uint32_t band;
    } steps[] = {{71, GREEN},         {69, GREEN}, {67, GREEN}, {66.999999, YELLOW}, {70, YELLOW},
                 {72.999999, YELLOW}, {73, GREEN}, {38, RED},   {42.999999, RED},    {43, YELLOW},
                 {37, YELLOW},        {36.9, RED}, {0, RED},    {100, GREEN},        {67, GREEN}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(held_at(&h, steps[i].score, (churn_time)i), steps[i].band);
        assert_int_equal(h.held.code, steps[i].band);
    }
}

static void score_hold__min_stay__not_left_before(void **state)
{
    (void)state;
    held_case h;
    held_begin(&h, 0, 48 * HOUR);
    assert_int_equal(held_at(&h, 80, 0), GREEN);
    assert_int_equal(held_at(&h, 10, 47 * HOUR), GREEN);
    assert_int_equal(held_at(&h, 10, 48 * HOUR), RED);
    assert_true(h.held.since == 48 * HOUR);
    assert_int_equal(held_at(&h, 90, 49 * HOUR), RED);
    assert_int_equal(held_at(&h, 20, 95 * HOUR), RED);
    assert_true(h.held.since == 48 * HOUR);
    assert_int_equal(held_at(&h, 55, 96 * HOUR), YELLOW);
}

static void score_hold__nothing_asked_for__the_plain_band(void **state)
{
    (void)state;
    held_case h;
    held_begin(&h, 0, 0);
    for (uint32_t i = 0; i <= 1000; i++) {
        double score = (i * 37 % 1001) / 10.0;
        assert_int_equal(held_at(&h, score, i),
                         churn__score_band(&h.tree.def, &h.tree.card, score));
    }
}

static void score_band__bounds_of_a_card__its_own(void **state)
{
    (void)state;
    held_case h;
    held_begin(&h, 0, 0);
    const churn__band_def strict[] = {{.low = 90}, {.low = 60}, {.low = 10}};
    churn__card_def card = h.tree.card;
    card.bands = strict;
    assert_int_equal(churn__score_band(&h.tree.def, &card, 89.999999), YELLOW);
    assert_int_equal(churn__score_band(&h.tree.def, &card, 90), GREEN);
    assert_int_equal(churn__score_band(&h.tree.def, &h.tree.card, 70), GREEN);
    assert_int_equal(churn__score_band(&h.tree.def, &card, 9), 2); /* below all of them */
    assert_string_equal(churn__score_band_name(&h.tree.def, 3).ptr, "unknown");
    assert_string_equal(churn__score_band_name(&h.tree.def, YELLOW).ptr, "yellow");
}

int main(void)
{
    const struct CMUnitTest bands[] = {
        cmocka_unit_test(score_hold__around_a_bound__left_only_beyond_it),
        cmocka_unit_test(score_hold__min_stay__not_left_before),
        cmocka_unit_test(score_hold__nothing_asked_for__the_plain_band),
        cmocka_unit_test(score_band__bounds_of_a_card__its_own),
    };
    return RUN_TESTS(bands);
}
