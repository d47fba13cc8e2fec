/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "base/num.h"
#include "score_case.h"
#include "score_random.h"

typedef struct want {
    churn__line_kind kind;
    uint32_t before, after;
    int64_t contribution;
} want;

static void assert_change(score_case *c, const churn__score_change *change, const want *wanted,
                          uint32_t n)
{
    churn__score_line *lines = NULL;
    uint32_t count = 0;
    assert_ok(churn__score_explain_change(change, &c->arena, &lines, &count, NULL));
    assert_int_equal(count, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(lines[i].kind, wanted[i].kind);
        assert_int_equal(lines[i].before, wanted[i].before);
        assert_int_equal(lines[i].after, wanted[i].after);
        assert_int_equal(lines[i].contribution, wanted[i].contribution);
    }
}

/* The lines add up, and here is how much of them is of one kind. */
static int64_t sum_of(const churn__score_line *lines, uint32_t count, churn__line_kind kind)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += lines[i].kind == kind ? lines[i].contribution : 0;
    }
    return sum;
}

#define NONE CHURN__NO_SLOT

static void tree_two(case_tree *s)
{
    tree_begin(s);
    tree_group(s, "all", CHURN__NO_SLOT, 1);
    tree_factor(s, case_factor("logins", 0, 3));
    tree_factor(s, case_factor("seats", 1, 1));
}

static churn__score_change two_rows(score_case *c, const case_tree *s)
{
    churn__score_level *was = case_level(c, &s->def, 0, 0), *is = case_level(c, &s->def, 1, 0);
    return (churn__score_change){was, was, was, is};
}

/* 3/4 and 1/4: from 65 to 35, 3/4 of -50 and 1/4 of 30. */
static void score_change__points_alone__are_behaviour(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    tree_two(&s);
    case_set(c, 0, 0, 80);
    case_set(c, 1, 0, 20);
    case_set(c, 0, 1, 30);
    case_set(c, 1, 1, 50);
    churn__score_change change = two_rows(c, &s);
    assert_change(c, &change,
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 65000000},
                           {CHURN__LINE_BEHAVIOUR, 0, 0, -37500000},
                           {CHURN__LINE_BEHAVIOUR, 1, 1, 7500000},
                           {CHURN__LINE_AFTER, NONE, NONE, 35000000}},
                  4);
    case_free(c);
}

/* By hand from the formula: seats come with 20 while logins stay at 80. e: 1 -> 3/4, 0 -> 1/4; the
 * score falls from 80 to 65, m = 72.5. logins: 1/2 ((80 - 72.5) + (80 - 72.5)) (-1/4) = -1.875;
 * seats: 1/2 (20 - 72.5 + 20 - 72.5) (1/4) = -13.125. */
static void score_change__a_factor_that_comes__is_missingness(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    tree_two(&s);
    case_set(c, 0, 0, 80);
    case_miss(c, 1, 0, CHURN__NEVER);
    case_set(c, 0, 1, 80);
    case_set(c, 1, 1, 20);
    churn__score_change change = two_rows(c, &s);
    assert_change(c, &change,
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 80000000},
                           {CHURN__LINE_MISSINGNESS, 1, 1, -13125000},
                           {CHURN__LINE_MISSINGNESS, 0, 0, -1875000},
                           {CHURN__LINE_AFTER, NONE, NONE, 65000000}},
                  4);
    case_free(c);
}

/* One that appears at the customer's own average explains nothing. */
static void score_change__a_factor_at_the_average__explains_nothing(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    tree_two(&s);
    case_set(c, 0, 0, 40);
    case_miss(c, 1, 0, CHURN__NEVER);
    case_set(c, 0, 1, 40);
    case_set(c, 1, 1, 40);
    churn__score_change change = two_rows(c, &s);
    assert_change(c, &change,
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 40000000},
                           {CHURN__LINE_AFTER, NONE, NONE, 40000000}},
                  2);
    case_free(c);
}

/* What stands in for a value that went missing is not the customer's doing. */
static void score_change__a_value_that_stands_in__is_missingness(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    tree_two(&s);
    s.factors[0].missing = CHURN__FACTOR_WORST;
    case_set(c, 0, 0, 80);
    case_set(c, 1, 0, 20);
    case_miss(c, 0, 1, CHURN__STALE_SOURCE);
    case_set(c, 1, 1, 20);
    churn__score_change change = two_rows(c, &s);
    assert_change(c, &change,
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 65000000},
                           {CHURN__LINE_MISSINGNESS, 0, 0, -60000000},
                           {CHURN__LINE_AFTER, NONE, NONE, 5000000}},
                  3);
    case_free(c);
}

/* The same data by another definition: other points, other weights, one taken out, one added. */
static void score_change__another_definition__is_configuration(void **state)
{
    (void)state;
    static const churn__point half[] = {{0, 0}, {100, 50}};
    score_case *c = case_create();
    case_tree old, now;
    tree_two(&old);
    tree_begin(&now);
    tree_group(&now, "all", CHURN__NO_SLOT, 1);
    tree_factor(&now, case_factor("tickets", 2, 1));
    tree_factor(&now, case_factor("logins", 0, 3))->points = half;
    case_set(c, 0, 0, 80);
    case_set(c, 1, 0, 20);
    case_set(c, 2, 0, 100);
    case_set(c, 0, 1, 60);
    case_set(c, 2, 1, 100);
    churn__score_level *was = case_level(c, &old.def, 0, 0);
    churn__score_level *configured = case_level(c, &now.def, 0, 0);
    churn__score_level *is = case_level(c, &now.def, 1, 0);
    /* 65 -> 3/4 * 40 + 25 = 55, m = 60: logins 3/4 * -40, tickets (100 - 60) / 4, seats
     * (20 - 60) * -1/4; then 55 -> 47.5 */
    assert_change(c, &(churn__score_change){was, configured, configured, is},
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 65000000},
                           {CHURN__LINE_CONFIGURATION, 0, 1, -30000000},
                           {CHURN__LINE_CONFIGURATION, NONE, 0, 10000000},
                           {CHURN__LINE_CONFIGURATION, 1, NONE, 10000000},
                           {CHURN__LINE_BEHAVIOUR, 1, 1, -7500000},
                           {CHURN__LINE_AFTER, NONE, NONE, 47500000}},
                  6);
    assert_change(c, &(churn__score_change){was, configured, configured, configured},
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 65000000},
                           {CHURN__LINE_CONFIGURATION, 0, 1, -30000000},
                           {CHURN__LINE_CONFIGURATION, NONE, 0, 10000000},
                           {CHURN__LINE_CONFIGURATION, 1, NONE, 10000000},
                           {CHURN__LINE_AFTER, NONE, NONE, 55000000}},
                  5);
    case_free(c);
}

/* Caps by the difference of their exact effects; an override, too. */
static void score_change__caps__by_the_difference_of_their_effects(void **state)
{
    (void)state;
    static const uint32_t first[] = {0};
    score_case *c = case_create();
    case_tree s;
    tree_two(&s);
    tree_cap(&s, (churn__cap_def){.id = CHURN__STR("poor"),
                                  .kind = CHURN__CAP_CRITICAL,
                                  .factors = first,
                                  .factor_count = 1,
                                  .fewest = 1,
                                  .below = 40,
                                  .bound = 25});
    tree_cap(&s, (churn__cap_def){.id = CHURN__STR("override"), .kind = CHURN__CAP_OVERRIDE});
    case_set(c, 0, 0, 80);
    case_set(c, 1, 0, 20);
    case_set(c, 0, 1, 30);
    case_set(c, 1, 1, 50);
    churn__score_change change = two_rows(c, &s);
    assert_change(c, &change,
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 65000000},
                           {CHURN__LINE_BEHAVIOUR, 0, 0, -37500000},
                           {CHURN__LINE_BEHAVIOUR, 1, 1, 7500000},
                           {CHURN__LINE_CAP, 0, 0, -10000000},
                           {CHURN__LINE_AFTER, NONE, NONE, 25000000}},
                  5);
    c->overrides[1] = 61.5;
    change = two_rows(c, &s);
    assert_change(c, &change,
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 65000000},
                           {CHURN__LINE_BEHAVIOUR, 0, 0, -37500000},
                           {CHURN__LINE_BEHAVIOUR, 1, 1, 7500000},
                           {CHURN__LINE_CAP, 0, 0, -10000000},
                           {CHURN__LINE_OVERRIDE, 1, 1, 36500000},
                           {CHURN__LINE_AFTER, NONE, NONE, 61500000}},
                  6);
    case_free(c);
}

/* ---- properties ---- */

/* The two-player Shapley value of each product w p, added up naively, against what was told: the
 * lines of one kind differ from it by no more than rounding, and all lines add up to the digit. */
static void assert_identity(const churn__score_change *change, const churn__score_line *lines,
                            uint32_t count)
{
    int64_t sum = 0, factors = 0;
    for (uint32_t i = 0; i + 1 < count; i++) {
        bool cap = lines[i].kind == CHURN__LINE_CAP || lines[i].kind == CHURN__LINE_FLOOR ||
                   lines[i].kind == CHURN__LINE_OVERRIDE;
        sum += lines[i].contribution;
        factors += i > 0 && !cap ? lines[i].contribution : 0;
    }
    assert_int_equal(sum, lines[count - 1].contribution);
    assert_int_equal(sum, churn__micro(change->is->score));
    assert_int_equal(lines[0].contribution, churn__micro(change->was->score));
    if (!isnan(change->was->raw) && !isnan(change->is->raw)) {
        assert_int_equal(factors, churn__micro(change->is->raw) - churn__micro(change->was->raw));
    }
}

static double naive_behaviour(const churn__score_level *a, const churn__score_level *b)
{
    double sum = 0;
    for (uint32_t f = 0; f < a->def->factor_count; f++) {
        const churn__factor_state *x = &a->states[f], *y = &b->states[f];
        if (!isnan(x->points) && !isnan(y->points) && x->substituted == y->substituted) {
            sum += (y->effective + x->effective) * (y->points - x->points) / 2;
        }
    }
    return sum;
}

static void score_change__random_rows__lines_add_up(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    uint32_t explained = 0;
    for (uint32_t round = 0; round < 3000; round++) {
        uint64_t other = round + 1000000;
        case_random(c, &s, round, 0);
        random_row(c, &other, 1);
        churn__score_change change = two_rows(c, &s);
        churn__score_line *lines = NULL;
        uint32_t count = 0;
        if (isnan(change.was->score) || isnan(change.is->score)) {
            continue;
        }
        assert_ok(churn__score_explain_change(&change, &c->arena, &lines, &count, NULL));
        assert_identity(&change, lines, count);
        if (!isnan(change.was->raw) && !isnan(change.is->raw)) {
            double told = (double)sum_of(lines, count, CHURN__LINE_BEHAVIOUR) / 1e6;
            assert_near(told, naive_behaviour(change.was, change.is), 2e-5);
        }
        explained++;
        churn__arena_clear(&c->arena);
    }
    assert_true(explained > 1000);
    case_free(c);
}

/* Two trees of different factors, some of which have ids in common. */
static void score_change__random_definitions__lines_add_up(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree old, now;
    uint32_t explained = 0;
    for (uint32_t round = 0; round < 3000; round++) {
        uint64_t other = round + 2000000;
        case_random(c, &old, round, 0);
        case_random(c, &now, round + 500, 0);
        random_row(c, &other, 1);
        churn__score_level *was = case_level(c, &old.def, 0, 0);
        churn__score_level *configured = case_level(c, &now.def, 0, 0);
        churn__score_level *is = case_level(c, &now.def, 1, 0);
        churn__score_change change = {was, configured, configured, is};
        churn__score_line *lines = NULL;
        uint32_t count = 0;
        if (isnan(was->score) || isnan(is->score)) {
            continue;
        }
        assert_ok(churn__score_explain_change(&change, &c->arena, &lines, &count, NULL));
        assert_identity(&change, lines, count);
        explained++;
        churn__arena_clear(&c->arena);
    }
    assert_true(explained > 1000);
    case_free(c);
}

/* Another card is a step of its own: what it changes on the old data. */
static void score_change__another_card__is_a_step_of_its_own(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    tree_two(&s);
    churn__factor_def heavy[2];
    memcpy(heavy, s.factors, sizeof heavy);
    heavy[1].weight = 3;
    churn__card_def cards[2] = {s.card, s.card};
    cards[1].factors = heavy;
    s.def.cards = cards;
    s.def.card_count = 2;
    case_set(c, 0, 0, 80);
    case_set(c, 1, 0, 20);
    case_set(c, 0, 1, 60);
    case_set(c, 1, 1, 20);
    churn__score_level *was = case_level(c, &s.def, 0, 0), *carded = case_level(c, &s.def, 0, 1);
    churn__score_level *is = case_level(c, &s.def, 1, 1);
    /* 65 -> 50, m = 57.5: (80 - 57.5) * -1/4, (20 - 57.5) * 1/4; then half of -20 */
    assert_change(c, &(churn__score_change){was, was, carded, is},
                  (want[]){{CHURN__LINE_BEFORE, NONE, NONE, 65000000},
                           {CHURN__LINE_CARD, 1, 1, -9375000},
                           {CHURN__LINE_CARD, 0, 0, -5625000},
                           {CHURN__LINE_BEHAVIOUR, 0, 0, -10000000},
                           {CHURN__LINE_AFTER, NONE, NONE, 40000000}},
                  5);
    case_free(c);
}

int main(void)
{
    const struct CMUnitTest changes[] = {
        cmocka_unit_test(score_change__points_alone__are_behaviour),
        cmocka_unit_test(score_change__a_factor_that_comes__is_missingness),
        cmocka_unit_test(score_change__a_factor_at_the_average__explains_nothing),
        cmocka_unit_test(score_change__a_value_that_stands_in__is_missingness),
        cmocka_unit_test(score_change__another_definition__is_configuration),
        cmocka_unit_test(score_change__caps__by_the_difference_of_their_effects),
        cmocka_unit_test(score_change__another_card__is_a_step_of_its_own),
        cmocka_unit_test(score_change__random_rows__lines_add_up),
        cmocka_unit_test(score_change__random_definitions__lines_add_up),
    };
    return RUN_TESTS(changes);
}
