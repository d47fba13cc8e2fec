/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "failing.h"
#include "score_case.h"

/* Cards, faded weights, critical caps and overrides, each by hand. */

static void score_cards__truths_of_segments__the_first_that_holds(void **state)
{
    (void)state;
    const uint8_t first[] = {1, 0, 1, 1, 0}, second[] = {1, 1, 0, 1, 0};
    const churn__missing unsure[] = {0, 0, CHURN__NEVER, CHURN__STALE_SOURCE, 0};
    const churn__column columns[] = {{.type = CHURN__TYPE_BOOL, .values = first, .missing = unsure},
                                     {.type = CHURN__TYPE_BOOL, .values = second, .missing = NULL}};
    const churn__card_def cards[] = {{.segment = CHURN__NO_SLOT, .segment_slot = CHURN__NO_SLOT},
                                     {.segment = 0, .segment_slot = 0},
                                     {.segment = 1, .segment_slot = 1}};
    const churn__score_def def = {.cards = cards, .card_count = 3};
    const uint32_t want[] = {1, 2, 0, 2, 0};
    uint32_t got[5] = {9, 9, 9, 9, 9};
    churn__score_cards(&def, columns, 5, got);
    assert_memory_equal(got, want, sizeof want);
}

/* A card may have words where the score has a curve; rows of both are in one block. */
static void score_eval__mixed_cards__each_row_by_its_own(void **state)
{
    (void)state;
    static const churn__category words[] = {{CHURN__STR("true"), 90}, {CHURN__STR("false"), 15}};
    score_case *c = case_create();
    uint8_t segment[CASE_ROWS], seats[CASE_ROWS];
    case_tree t;
    churn__card_def cards[2];
    churn__factor_def other;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    tree_factor(&t, case_factor("f", 0, 1));
    other = t.factors[0];
    other.points_kind = CHURN__POINTS_MAP;
    other.categories = words;
    other.category_count = 2;
    cards[0] = cards[1] = t.card;
    cards[1].factors = &other;
    cards[1].segment = 0;
    cards[1].segment_slot = 1;
    t.def.cards = cards;
    t.def.card_count = 2;
    c->columns[0] = (churn__column){.type = CHURN__TYPE_BOOL, .values = seats};
    c->columns[1] = (churn__column){.type = CHURN__TYPE_BOOL, .values = segment};
    for (uint32_t row = 0; row < CASE_ROWS; row++) {
        segment[row] = row % 3 == 0;
        seats[row] = row % 2;
    }
    case_eval(c, &t.def, CASE_ROWS);
    for (uint32_t row = 0; row < CASE_ROWS; row++) {
        assert_int_equal(c->cards[row], segment[row]);
        assert_true(c->score[row] == (segment[row] ? (seats[row] ? 90 : 15) : seats[row]));
    }
    case_free(c);
}

/* a 3 at 80 with age 25: 2^-((25 - 5) / 10) = 1/4 of its weight; b 1 at 20. */
static void score_eval__decay__by_age_beyond_what_is_fresh(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    churn__factor_def *a = tree_factor(&t, case_factor("a", 0, 3));
    tree_factor(&t, case_factor("b", 1, 1));
    a->decay_slot = 2;
    a->decay_after = 5;
    a->decay_half_life = 10;
    for (uint32_t row = 0; row < 4; row++) {
        case_set(c, 0, row, 80);
        case_set(c, 1, row, 20);
        case_set(c, 2, row, 25);
    }
    case_set(c, 2, 1, 5);             /* still fresh */
    case_miss(c, 2, 2, CHURN__NEVER); /* of an age that is not known */
    case_miss(c, 0, 3, CHURN__NEVER); /* there is nothing to fade */
    case_eval(c, &t.def, 4);
    /* (3/4 * 80 + 20) / (3/4 + 1); bounds: 3/4 * (20 + 3/4 * [0, 100]) + 20/4 */
    assert_true(c->score[0] == 45.714286 && c->coverage[0] == 0.4375);
    assert_true(c->low[0] == 20 && c->high[0] == 76.25);
    assert_true(c->score[1] == 65 && c->coverage[1] == 1 && c->low[1] == 65);
    assert_true(c->score[2] == 65 && c->coverage[2] == 1);
    assert_true(c->score[3] == 20 && c->coverage[3] == 0.25 && c->low[3] == 5 && c->high[3] == 80);
    case_free(c);
}

/* The last value was 60, 20 days ago, with a half-life of 10: a quarter of the weight. */
static void score_eval__carry__scores_but_does_not_cover(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    churn__factor_def *a = tree_factor(&t, case_factor("a", 0, 2));
    tree_factor(&t, case_factor("b", 1, 2));
    a->missing = CHURN__FACTOR_CARRY;
    a->carried_slot = 2;
    a->carried_age_slot = 3;
    a->carry_half_life = 10;
    for (uint32_t row = 0; row < 4; row++) {
        case_miss(c, 0, row, CHURN__STALE_SOURCE);
        case_set(c, 1, row, 20);
        case_set(c, 2, row, 60);
        case_set(c, 3, row, 20);
    }
    case_set(c, 0, 1, 100); /* it is there: what was before does not matter */
    case_miss(c, 2, 2, CHURN__NEVER);
    case_miss(c, 3, 3, CHURN__NEVER);
    case_eval(c, &t.def, 4);
    assert_true(c->score[0] == 28 && c->coverage[0] == 0.5); /* (0.5 * 60 + 2 * 20) / 2.5 */
    assert_true(c->low[0] == 10 && c->high[0] == 60);
    assert_true(c->score[1] == 60 && c->coverage[1] == 1);
    assert_true(c->score[2] == 20 && c->coverage[2] == 0.5);
    assert_true(c->score[3] == 40 && c->coverage[3] == 0.5);
    case_free(c);
}

static void score_eval__error__no_score_for_the_first_reason(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    for (uint32_t f = 0; f < 3; f++) {
        tree_factor(&t, case_factor("f", f, 1))->missing = CHURN__FACTOR_ERROR;
        for (uint32_t row = 0; row < 3; row++) {
            case_set(c, f, row, 80);
        }
    }
    case_miss(c, 1, 1, CHURN__NEVER);
    case_miss(c, 2, 1, CHURN__STALE_SOURCE);
    case_set(c, 0, 2, HUGE_VAL);
    case_eval(c, &t.def, 3);
    assert_true(c->score[0] == 80 && c->why[0] == CHURN__PRESENT && c->certain[0]);
    assert_true(isnan(c->score[1]) && c->why[1] == CHURN__NEVER && !c->certain[1]);
    assert_true(isnan(c->score[2]) && c->why[2] == CHURN__NON_FINITE);
    assert_true(c->low[1] == 26.666667 && c->high[1] == 93.333333);
    assert_string_equal(case_band(c, &t.def, 1), "unknown");
    case_free(c);
}

/* Another score of 40 within [20, 60], of which 0.8 is known; half of the weight. */
static void score_eval__score_as_factor__bounds_and_coverage_pass_through(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    churn__factor_def *a = tree_factor(&t, case_factor("usage", 0, 1));
    tree_factor(&t, case_factor("b", 1, 1));
    a->kind = CHURN__OF_SCORE;
    a->low_slot = 2;
    a->high_slot = 3;
    a->coverage_slot = 4;
    for (uint32_t row = 0; row < 2; row++) {
        const double values[] = {40, 100, 20, 60, 0.8};
        for (uint32_t slot = 0; slot < 5; slot++) {
            case_set(c, slot, row, values[slot]);
        }
    }
    case_miss(c, 0, 1, CHURN__LOW_COVERAGE);
    case_eval(c, &t.def, 2);
    assert_true(c->score[0] == 70 && c->coverage[0] == 0.9);
    assert_true(c->low[0] == 60 && c->high[0] == 80);
    assert_false(c->certain[0]); /* yellow or green */
    assert_true(c->score[1] == 100 && c->coverage[1] == 0.5);
    assert_true(c->low[1] == 60 && c->high[1] == 80);
    a->missing = CHURN__FACTOR_WORST; /* 20, not 0: it cannot be less */
    case_eval(c, &t.def, 2);
    assert_true(c->score[0] == 70 && c->score[1] == 60 && c->low[1] == 60);
    a->missing = CHURN__FACTOR_BEST;
    case_eval(c, &t.def, 2);
    assert_true(c->score[0] == 70 && c->score[1] == 80 && c->high[1] == 80);
    assert_true(c->coverage[1] == 0.5);
    case_free(c);
}

/* Two of a, b, c below 30: at most 50. */
static void score_eval__critical_cap__true_false_or_unknown(void **state)
{
    (void)state;
    static const uint32_t critical[] = {0, 1, 2};
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    for (uint32_t f = 0; f < 3; f++) {
        tree_factor(&t, case_factor("f", f, 0))->weight = f == 0 ? 0 : 1;
    }
    tree_factor(&t, case_factor("d", 3, 8));
    tree_cap(&t, (churn__cap_def){.kind = CHURN__CAP_CRITICAL,
                                  .factors = critical,
                                  .factor_count = 3,
                                  .fewest = 2,
                                  .below = 30,
                                  .bound = 50});
    const double rows[][3] = {{0, 0, 90}, {0, 30, 90}, {0, -1, 90}, {-1, -1, 90}, {90, 90, -1}};
    for (uint32_t row = 0; row < 5; row++) {
        for (uint32_t f = 0; f < 3; f++) {
            case_set(c, f, row, rows[row][f]);
            if (rows[row][f] < 0) {
                case_miss(c, f, row, CHURN__NEVER);
            }
        }
        case_set(c, 3, row, 100);
    }
    case_eval(c, &t.def, 5);
    assert_true(c->score[0] == 50 && c->low[0] == 50 && c->high[0] == 50);
    assert_true(c->score[1] == 92 && c->low[1] == 92);
    assert_true(c->score[2] == 98.888889 && c->low[2] == 50 && c->high[2] == 99);
    assert_true(c->score[3] == 98.888889 && c->low[3] == 50); /* both could be below */
    assert_true(c->score[4] == 98.888889 && c->low[4] == 89); /* one could, two cannot */
    case_free(c);
}

static void score_eval__override__in_its_place(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    tree_factor(&t, case_factor("f", 0, 1))->missing = CHURN__FACTOR_ERROR;
    tree_cap(&t, (churn__cap_def){.when = case_when(c, "m1 > 0"), .bound = 60});
    tree_cap(&t, (churn__cap_def){.kind = CHURN__CAP_OVERRIDE});
    tree_cap(&t, (churn__cap_def){.when = case_when(c, "m2 > 0"), .bound = 45});
    for (uint32_t row = 0; row < 5; row++) {
        case_set(c, 0, row, 80);
        case_set(c, 1, row, 1);
        case_set(c, 2, row, row == 2);
        c->overrides[row] = row == 0 ? (double)NAN : 90;
    }
    case_miss(c, 2, 3, CHURN__NEVER);
    case_miss(c, 0, 4, CHURN__NEVER);
    case_eval(c, &t.def, 5);
    assert_true(c->score[0] == 60 && !c->overridden[0]);
    assert_true(c->score[1] == 90 && c->low[1] == 90 && c->high[1] == 90 && c->overridden[1]);
    assert_true(c->score[2] == 45 && c->high[2] == 45 && c->overridden[2]); /* a cap behind it */
    assert_true(c->score[3] == 90 && c->low[3] == 45 && !c->certain[3]);
    /* Nothing is known, but somebody said what it is. */
    assert_true(c->score[4] == 90 && c->why[4] == CHURN__PRESENT && c->coverage[4] == 0);
    assert_string_equal(case_band(c, &t.def, 4), "green");
    t.def.overrides_ignored = true;
    case_eval(c, &t.def, 5);
    assert_true(c->score[1] == 60 && !c->overridden[1] && c->why[4] == CHURN__NEVER);
    tree_end(&t);
    case_free(c);
}

/* Within a group of weight 3: a (1) and a group (1) of b and c; beside it d (1). */
static void score_eval__groups_in_groups__a_subgroup_weighs_as_a_whole(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    t.card.min_coverage = 0;
    tree_group(&t, "outer", CHURN__NO_SLOT, 3);
    tree_factor(&t, case_factor("a", 0, 1));
    tree_group(&t, "inner", 0, 1);
    tree_factor(&t, case_factor("b", 1, 1));
    tree_factor(&t, case_factor("c", 2, 3));
    tree_group(&t, "other", CHURN__NO_SLOT, 1);
    tree_factor(&t, case_factor("d", 3, 1));
    const double values[] = {100, 20, 60, 10};
    for (uint32_t row = 0; row < 3; row++) {
        for (uint32_t slot = 0; slot < 4; slot++) {
            case_set(c, slot, row, values[slot]);
        }
    }
    case_miss(c, 2, 1, CHURN__NEVER);
    case_miss(c, 1, 2, CHURN__NEVER);
    case_miss(c, 2, 2, CHURN__NEVER);
    case_eval(c, &t.def, 3);
    /* inner 50, outer 75, all (3 * 75 + 10) / 4 */
    assert_true(c->groups[3] == 50 && c->groups[0] == 75 && c->score[0] == 58.75);
    /* inner 20 of a quarter known, outer 60 */
    assert_true(c->groups[4] == 20 && c->groups[1] == 60 && c->score[1] == 47.5);
    assert_true(c->coverage[1] == 0.71875); /* 3/4 (1/2 + 1/2 * 1/4) + 1/4 */
    assert_true(isnan(c->groups[5]) && c->groups[2] == 100 && c->score[2] == 77.5);
    assert_true(c->coverage[2] == 0.625 && c->low[2] == 40 && c->high[2] == 77.5);
    case_free(c);
}

static void score_room__groups_too_deep__a_limit(void **state)
{
    (void)state;
    score_case *c = case_create();
    churn__score_room *room = NULL;
    churn__group_def groups[CHURN__SCORE_DEPTH + 1];
    churn_error err;
    case_tree t;
    tree_begin(&t);
    churn_error_init(&err, sizeof err);
    for (uint32_t g = 0; g <= CHURN__SCORE_DEPTH; g++) {
        groups[g] = (churn__group_def){.parent = g == 0 ? CHURN__NO_SLOT : g - 1, .weight = 1};
    }
    t.card.groups = groups;
    t.def.group_count = CHURN__SCORE_DEPTH;
    assert_ok(churn__score_room_create(c->heap, &t.def, 4, c->scratch, &room, &err));
    churn__score_room_free(room);
    t.def.group_count++;
    assert_int_equal(churn__score_room_create(c->heap, &t.def, 4, c->scratch, &room, &err),
                     CHURN_E_LIMIT);
    assert_null(room);
    assert_non_null(strstr(err.message, "health"));
    case_free(c);
}

static void score_room__no_memory__says_so_and_leaves_nothing(void **state)
{
    (void)state;
    static const uint32_t critical[] = {0};
    score_case *c = case_create();
    case_tree t;
    tree_begin(&t);
    tree_group(&t, "all", CHURN__NO_SLOT, 1);
    tree_factor(&t, case_factor("f", 0, 1))->points_kind = CHURN__POINTS_MAP;
    tree_cap(&t, (churn__cap_def){.when = case_when(c, "m1 > 0"), .bound = 60});
    tree_cap(&t, (churn__cap_def){.when = case_when(c, "m2 > 0"), .bound = 45});
    tree_cap(&t,
             (churn__cap_def){
                 .kind = CHURN__CAP_CRITICAL, .factors = critical, .factor_count = 1, .fewest = 1});
    churn_status st = CHURN_E_NOMEM;
    for (uint64_t nth = 2; st != CHURN_OK; nth++) {
        failing f = {.fail_at = nth};
        churn_allocator host = failing_allocator(&f);
        churn__heap *heap = churn__heap_create(&host, 0);
        churn__score_room *room = NULL;
        st = churn__score_room_create(heap, &t.def, CASE_ROWS, c->scratch, &room, NULL);
        assert_true(st == CHURN_OK ? room != NULL : st == CHURN_E_NOMEM && room == NULL);
        assert_true(nth < 100);
        churn__score_room_free(room);
        churn__heap_release(heap);
        assert_int_equal(f.blocks, 0);
    }
    tree_end(&t);
    case_free(c);
}

int main(void)
{
    const struct CMUnitTest cards[] = {
        cmocka_unit_test(score_cards__truths_of_segments__the_first_that_holds),
        cmocka_unit_test(score_eval__mixed_cards__each_row_by_its_own),
        cmocka_unit_test(score_eval__decay__by_age_beyond_what_is_fresh),
        cmocka_unit_test(score_eval__carry__scores_but_does_not_cover),
        cmocka_unit_test(score_eval__error__no_score_for_the_first_reason),
        cmocka_unit_test(score_eval__score_as_factor__bounds_and_coverage_pass_through),
        cmocka_unit_test(score_eval__critical_cap__true_false_or_unknown),
        cmocka_unit_test(score_eval__override__in_its_place),
        cmocka_unit_test(score_eval__groups_in_groups__a_subgroup_weighs_as_a_whole),
        cmocka_unit_test(score_room__groups_too_deep__a_limit),
        cmocka_unit_test(score_room__no_memory__says_so_and_leaves_nothing),
    };
    return RUN_TESTS(cards);
}
