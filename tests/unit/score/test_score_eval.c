/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "score_case.h"

/* Worked examples of other products, from their public documentation. */
static void score_eval__worked_examples__their_numbers(void **state)
{
    (void)state;
    static const struct {
        uint32_t n;
        double weight[5], value[5], score;
    } cases[] = {
        {3, {20, 15, 22}, {47, 59, 21}, 40.122807},            /* Gainsight */
        {5, {30, 25, 20, 15, 10}, {85, 60, 70, 40, 80}, 68.5}, /* Quivly */
        {5, {.30, .25, .20, .15, .10}, {85, 60, 70, 40, 80}, 68.5},
        {3, {1, 1, 1}, {10, 10, 0}, 6.666667}, /* Vitally */
        {3, {2, 2, 4}, {5, 5, 7.5}, 6.25},     /* Planhat */
        {3, {1, 1, 2}, {5, 2, 4}, 3.75},
        {3, {1, 1, 1}, {100, 60, 0}, 53.333333}, /* Totango's colours */
    };
    score_case *c = case_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        case_tree t;
        tree_begin(&t);
        tree_group(&t, "all", CHURN__NO_SLOT, 3);
        for (uint32_t f = 0; f < cases[i].n; f++) {
            tree_factor(&t, case_factor("f", f, cases[i].weight[f]));
            case_set(c, f, 0, cases[i].value[f]);
        }
        case_eval(c, &t.def, 1);
        assert_true(c->score[0] == cases[i].score);
        assert_true(c->groups[0] == cases[i].score);
        assert_true(c->coverage[0] == 1 && c->low[0] == c->score[0] && c->high[0] == c->score[0]);
        assert_int_equal(c->why[0], CHURN__PRESENT);
    }
    case_free(c);
}

/* Adoption 50: m0 weighs 2, m1 1; support 25: m2. */
static void two_groups_make(case_tree *t)
{
    tree_begin(t);
    tree_group(t, "adoption", CHURN__NO_SLOT, 50);
    tree_factor(t, case_factor("a", 0, 2));
    tree_factor(t, case_factor("b", 1, 1));
    tree_group(t, "support", CHURN__NO_SLOT, 25);
    tree_factor(t, case_factor("c", 2, 1));
}

static void score_eval__missing_factors__weights_of_what_is_present(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    two_groups_make(&t);
    for (uint32_t row = 0; row < 4; row++) {
        case_set(c, 0, row, 90);
        case_set(c, 1, row, 30);
        case_set(c, 2, row, 40);
    }
    case_miss(c, 1, 1, CHURN__NEVER);        /* a factor out of its group */
    case_miss(c, 2, 2, CHURN__STALE_SOURCE); /* a whole group */
    case_miss(c, 0, 3, CHURN__NOT_PROVIDED);
    case_miss(c, 1, 3, CHURN__NOT_PROVIDED);
    case_eval(c, &t.def, 4);
    /* (50 * 70 + 25 * 40) / 75 */
    assert_true(c->score[0] == 60 && c->groups[0] == 70 && c->groups[4] == 40);
    /* (50 * 90 + 25 * 40) / 75; bounds: b at 0 and at 100 in a group of 70 +- */
    assert_true(c->score[1] == 73.333333 && c->groups[1] == 90);
    assert_true(c->coverage[1] == 0.777777777778);
    assert_true(c->low[1] == 53.333333 && c->high[1] == 75.555556);
    assert_true(c->score[2] == 70 && isnan(c->groups[6]) && c->coverage[2] == 0.666666666667);
    assert_true(c->low[2] == 46.666667 && c->high[2] == 80);
    /* A third is known: a number is there, but no band. */
    assert_true(c->score[3] == 40 && c->coverage[3] == 0.333333333333 && isnan(c->groups[3]));
    assert_int_equal(c->why[3], CHURN__LOW_COVERAGE);
    assert_string_equal(case_band(c, &t.def, 3), "unknown");
    assert_string_equal(case_band(c, &t.def, 0), "yellow");
    assert_string_equal(case_band(c, &t.def, 1), "green");
    case_free(c);
}

static void score_eval__nothing_known__no_score(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    two_groups_make(&t);
    t.card.min_coverage = 0;
    for (uint32_t slot = 0; slot < 3; slot++) {
        case_miss(c, slot, 0, CHURN__NEVER);
    }
    case_eval(c, &t.def, 1);
    assert_true(isnan(c->score[0]) && c->coverage[0] == 0 && c->low[0] == 0 && c->high[0] == 100);
    assert_int_equal(c->why[0], CHURN__LOW_COVERAGE);
    assert_string_equal(case_band(c, &t.def, 0), "unknown");
    case_free(c);
}

static void score_eval__substitutes__score_but_do_not_cover(void **state)
{
    (void)state;
    static const struct {
        churn__factor_missing policy;
        double score;
    } cases[] = {
        {CHURN__FACTOR_WORST, 46.666667}, {CHURN__FACTOR_BEST, 80}, {CHURN__FACTOR_VALUE, 50}};
    score_case *c = case_create();
    case_tree t;
    two_groups_make(&t);
    case_set(c, 0, 0, 90);
    case_set(c, 1, 0, 30);
    case_miss(c, 2, 0, CHURN__NEVER);
    t.factors[2].missing_value = 10;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t.factors[2].missing = cases[i].policy;
        case_eval(c, &t.def, 1);
        assert_true(c->score[0] == cases[i].score);
        assert_true(c->coverage[0] == 0.666666666667);
        assert_true(c->low[0] == 46.666667 && c->high[0] == 80);
    }
    case_free(c);
}

static void score_eval__weights_of_zero__left_out(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    two_groups_make(&t);
    t.factors[2].weight = 0;
    case_set(c, 0, 0, 90);
    case_set(c, 1, 0, 30);
    case_set(c, 2, 0, 1);
    case_eval(c, &t.def, 1);
    assert_true(c->score[0] == 70 && c->coverage[0] == 1 && isnan(c->groups[1]));
    assert_true(c->low[0] == 70 && c->high[0] == 70);
    case_free(c);
}

/* Bands include their lower bound, on the rounded number. */
static void score_eval__at_the_edge__band_by_the_rounded_number(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *band;
    } cases[] = {
        {70, "green"},  {69.9999996, "green"}, {69.9999994, "yellow"},    {69.999, "yellow"},
        {40, "yellow"}, {39.9999994, "red"},   {39.9999995001, "yellow"}, {0, "red"},
        {100, "green"}};
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    tree_factor(&t, case_factor("f", 0, 1));
    uint32_t n = sizeof cases / sizeof *cases;
    for (uint32_t i = 0; i < n; i++) {
        case_set(c, 0, i, cases[i].value);
    }
    case_eval(c, &t.def, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_string_equal(case_band(c, &t.def, i), cases[i].band);
    }
    case_free(c);
}

static void score_eval__caps_and_floors__in_order_true_only(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    tree_factor(&t, case_factor("f", 0, 1));
    tree_cap(&t, (churn__cap_def){.when = case_when(c, "m1 >= 2"), .bound = 40});
    tree_cap(&t, (churn__cap_def){.when = case_when(c, "m2 > 0"), .bound = 55, .is_floor = true});
    tree_cap(&t, (churn__cap_def){.when = case_when(c, "m3 > 0"), .bound = 50});
    for (uint32_t row = 0; row < 6; row++) {
        case_set(c, 0, row, 80);
        case_set(c, 1, row, 0);
        case_set(c, 2, row, 0);
        case_set(c, 3, row, 0);
    }
    case_set(c, 1, 1, 2); /* capped */
    case_set(c, 1, 2, 2);
    case_set(c, 2, 2, 1);                    /* capped, then lifted */
    case_miss(c, 1, 3, CHURN__STALE_SOURCE); /* a cap that may hold */
    case_set(c, 0, 4, 30);
    case_miss(c, 2, 4, CHURN__NEVER); /* a floor that may hold, a cap after it that may too */
    case_miss(c, 3, 4, CHURN__NEVER);
    case_miss(c, 0, 5, CHURN__NEVER);
    case_set(c, 1, 5, 9);
    case_eval(c, &t.def, 6);
    const double want[][3] = {{80, 80, 80}, {40, 40, 40}, {55, 55, 55}, {80, 40, 80}, {30, 30, 55}};
    for (uint32_t row = 0; row < 5; row++) {
        assert_true(c->score[row] == want[row][0]);
        assert_true(c->low[row] == want[row][1] && c->high[row] == want[row][2]);
    }
    assert_true(isnan(c->score[5]) && c->low[5] == 0 && c->high[5] == 40);
    tree_end(&t);
    case_free(c);
}

int main(void)
{
    const struct CMUnitTest scores[] = {
        cmocka_unit_test(score_eval__worked_examples__their_numbers),
        cmocka_unit_test(score_eval__missing_factors__weights_of_what_is_present),
        cmocka_unit_test(score_eval__nothing_known__no_score),
        cmocka_unit_test(score_eval__substitutes__score_but_do_not_cover),
        cmocka_unit_test(score_eval__weights_of_zero__left_out),
        cmocka_unit_test(score_eval__at_the_edge__band_by_the_rounded_number),
        cmocka_unit_test(score_eval__caps_and_floors__in_order_true_only),
    };
    return RUN_TESTS(scores);
}
