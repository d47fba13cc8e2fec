/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "engine/family.h"
#include "support.h"

/* Trees of child customers beside a slow twin, and the numbers that are taken of them. */

#define MOST 400u
#define NOBODY UINT32_MAX
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13; /* xorshift64: G. Marsaglia, 2003 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 11;
}

/* Customers 0 .. n - 1, whose ids ascend with their numbers unless `order` says otherwise. */
typedef struct forest {
    churn__heap *heap;
    churn__family_tree tree;
    churn__family_room room;
    uint32_t n, parent[MOST];
} forest;

static void forest_open(forest *f, uint32_t n)
{
    *f = (forest){.heap = churn__heap_create(NULL, 0), .n = n};
    assert_non_null(f->heap);
    churn__family_tree_init(&f->tree, f->heap, n);
    f->room.heap = f->heap;
    for (uint32_t i = 0; i < n && i < MOST; i++) {
        f->parent[i] = NOBODY;
    }
}

static void forest_close(forest *f)
{
    churn__family_tree_clear(&f->tree);
    churn__family_room_clear(&f->room);
    assert_int_equal(churn__heap_used(f->heap), 0);
    churn__heap_release(f->heap);
}

static void forest_settle(forest *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        if (f->parent[i] != NOBODY) {
            assert_true(churn__family_tree_add(&f->tree, i, f->parent[i]));
        }
    }
    assert_true(churn__family_tree_settle(&f->tree));
}

/* Upwards for as many steps as there are customers. */
static bool slow_is_below(const forest *f, uint32_t one, uint32_t other)
{
    uint32_t at = f->parent[one];
    for (uint32_t step = 0; step < f->n && at != NOBODY; step++) {
        if (at == other) {
            return true;
        }
        at = f->parent[at];
    }
    return false;
}

static void check_below(forest *f, uint32_t customer, bool descendants)
{
    const uint32_t *list = NULL;
    uint32_t count = 0, at = 0;
    assert_true(churn__family_tree_below(&f->tree, customer, descendants, &f->room, &list, &count));
    for (uint32_t i = 0; i < f->n; i++) {
        bool is = descendants ? slow_is_below(f, i, customer) : f->parent[i] == customer;
        if (is) {
            assert_true(at < count && f->tree.customers[list[at]] == i);
            at++;
        }
    }
    assert_int_equal(at, count);
}

static void check_forest(forest *f)
{
    forest_settle(f);
    for (uint32_t i = 0; i < f->n; i++) {
        bool circle = slow_is_below(f, i, i);
        assert_int_equal(churn__family_tree_circle(&f->tree, i), circle);
        check_below(f, i, false);
        if (!circle) {
            check_below(f, i, true);
        }
    }
}

static void family_tree__random__as_the_twin_says(void **state)
{
    (void)state;
    uint64_t dice = 7;
    for (int round = 0; round < 60; round++) {
        forest f;
        forest_open(&f, 1 + (uint32_t)(next_random(&dice) % (MOST - 1)));
        uint64_t share = 1 + next_random(&dice) % 4;
        for (uint32_t i = 0; i < f.n; i++) {
            bool has = next_random(&dice) % 4 < share;
            bool forest_only = round % 2 == 0 && i > 0; /* else circles come by themselves */
            uint64_t among = forest_only ? i : f.n;
            f.parent[i] =
                has && (i > 0 || round % 2 == 1) ? (uint32_t)(next_random(&dice) % among) : NOBODY;
        }
        check_forest(&f);
        forest_close(&f);
    }
}

static void family_tree__nobody_has_a_parent__nobody_below(void **state)
{
    (void)state;
    forest f;
    forest_open(&f, 3);
    check_forest(&f);
    forest_close(&f);
}

static void family_tree__circles__only_those_in_them(void **state)
{
    (void)state;
    static const uint32_t parents[] = {1, 2, 0, 2, 3, 5, NOBODY, 6};
    forest f;
    forest_open(&f, 8);
    memcpy(f.parent, parents, sizeof parents);
    check_forest(&f);
    static const bool circle[] = {true, true, true, false, false, true, false, false};
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(churn__family_tree_circle(&f.tree, i), circle[i]);
    }
    forest_close(&f);
}

/* No stack is deep enough for one call a level of this. */
static void family_tree__a_chain_of_a_million__in_a_queue(void **state)
{
    (void)state;
    const uint32_t n = 1000000;
    forest f;
    forest_open(&f, n);
    for (uint32_t i = 0; i + 1 < n; i++) {
        assert_true(churn__family_tree_add(&f.tree, i, i + 1));
    }
    assert_true(churn__family_tree_settle(&f.tree));
    const uint32_t *list = NULL;
    uint32_t count = 0;
    assert_true(churn__family_tree_below(&f.tree, n - 1, true, &f.room, &list, &count));
    assert_int_equal(count, n - 1);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(list[i], i);
    }
    assert_true(churn__family_tree_below(&f.tree, 20, true, &f.room, &list, &count));
    assert_true(count == 20 && list[0] == 0 && list[19] == 19);
    forest_close(&f);
}

/* ---- one number ---- */

static double taken(churn__roll_up_def def, const double *scores, const double *weights, uint32_t n,
                    churn__missing *missing)
{
    double values[16], out = -1;
    for (uint32_t i = 0; i < n; i++) {
        values[i] = scores[i];
    }
    *missing = churn__family_take(&def, values, weights, n, &out);
    return out;
}

static void family_take__hand_computed(void **state)
{
    (void)state;
    static const double scores[] = {80, 20, 50, 40, 70}, one[] = {33}, two[] = {10, 20};
    static const double flags[] = {100, 0, 100}, fine[] = {100, 100};
    static const double mrr[] = {100, 300, 0, 0, 600}, nothing[] = {0, 0, 0, 0, 0};
    const struct {
        churn__roll_up_def def;
        const double *scores, *weights;
        uint32_t n;
        double expected;
    } cases[] = {
        {{.take = CHURN__ROLL_UP_MEAN}, scores, NULL, 5, 52},
        {{.take = CHURN__ROLL_UP_MIN}, scores, NULL, 5, 20},
        {{.take = CHURN__ROLL_UP_MAX}, scores, NULL, 5, 80},
        {{.take = CHURN__ROLL_UP_MEDIAN}, scores, NULL, 5, 50},
        {{.take = CHURN__ROLL_UP_MEDIAN}, scores, NULL, 4, 45},
        {{.take = CHURN__ROLL_UP_MEDIAN}, one, NULL, 1, 33},
        {{.take = CHURN__ROLL_UP_QUANTILE, .q = 0.25}, scores, NULL, 5, 40},
        {{.take = CHURN__ROLL_UP_QUANTILE, .q = 0.1}, scores, NULL, 5, 28}, /* 20 + 0.4 * 20 */
        {{.take = CHURN__ROLL_UP_QUANTILE, .q = 1}, scores, NULL, 5, 80},
        {{.take = CHURN__ROLL_UP_QUANTILE, .q = 0}, scores, NULL, 5, 20},
        {{.take = CHURN__ROLL_UP_QUANTILE, .q = 0.9}, two, NULL, 2, 19},
        {{.take = CHURN__ROLL_UP_WORST, .k = 2}, scores, NULL, 5, 30},
        {{.take = CHURN__ROLL_UP_WORST, .k = 9}, scores, NULL, 5, 52},
        {{.take = CHURN__ROLL_UP_MRR}, scores, mrr, 5, 56}, /* (8000 + 6000 + 42000) / 1000 */
        {{.take = CHURN__ROLL_UP_MRR}, scores, nothing, 5, 52},
        {{.take = CHURN__ROLL_UP_ANY}, flags, NULL, 3, 0},
        {{.take = CHURN__ROLL_UP_ANY}, fine, NULL, 2, 100},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        churn__missing missing = CHURN__EMPTY;
        double out = taken(cases[i].def, cases[i].scores, cases[i].weights, cases[i].n, &missing);
        assert_int_equal(missing, CHURN__PRESENT);
        assert_true(out == cases[i].expected);
        (void)taken(cases[i].def, cases[i].scores, cases[i].weights, 0, &missing);
        assert_int_equal(missing, CHURN__EMPTY);
    }
}

/* Shares add up to 1, and what they weigh is the outcome. */
static void family_shares__random__make_the_outcome(void **state)
{
    (void)state;
    uint64_t dice = 11;
    for (int round = 0; round < 4000; round++) {
        double scores[12], weights[12], shares[12], sum = 0, whole = 0;
        uint32_t n = 1 + (uint32_t)(next_random(&dice) % 12), order[12];
        churn__roll_up_def def = {.take = (churn__roll_up_take)(round % 8),
                                  .q = (double)(next_random(&dice) % 101) / 100,
                                  .k = 1 + (uint32_t)(next_random(&dice) % 6)};
        bool any = def.take == CHURN__ROLL_UP_ANY;
        for (uint32_t i = 0; i < n; i++) {
            uint64_t cast = next_random(&dice);
            scores[i] = any ? (double)(cast % 2) * 100 : (double)(cast % 7) * 10; /* with ties */
            weights[i] = (double)(next_random(&dice) % 3);
        }
        const double *by = def.take == CHURN__ROLL_UP_MRR ? weights : NULL;
        churn__missing missing = CHURN__EMPTY;
        double out = taken(def, scores, by, n, &missing);
        churn__family_shares(&def, scores, by, n, order, shares);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(shares[i] >= 0 && shares[i] <= 1);
            sum += shares[i] * scores[i];
            whole += shares[i];
        }
        assert_true(fabs(whole - 1) < 1e-12 && fabs(sum - out) < 1e-9);
    }
}

static void family_shares__equal_ones__the_first_has_it(void **state)
{
    (void)state;
    static const double scores[] = {30, 10, 30, 10, 20};
    const churn__roll_up_def least = {.take = CHURN__ROLL_UP_MIN},
                             most = {.take = CHURN__ROLL_UP_MAX},
                             worst = {.take = CHURN__ROLL_UP_WORST, .k = 1};
    uint32_t order[5];
    double shares[5];
    churn__family_shares(&least, scores, NULL, 5, order, shares);
    assert_true(shares[1] == 1 && shares[3] == 0);
    churn__family_shares(&most, scores, NULL, 5, order, shares);
    assert_true(shares[0] == 1 && shares[2] == 0);
    churn__family_shares(&worst, scores, NULL, 5, order, shares);
    assert_true(shares[1] == 1 && shares[3] == 0);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(family_tree__random__as_the_twin_says),
        cmocka_unit_test(family_tree__nobody_has_a_parent__nobody_below),
        cmocka_unit_test(family_tree__circles__only_those_in_them),
        cmocka_unit_test(family_tree__a_chain_of_a_million__in_a_queue),
        cmocka_unit_test(family_take__hand_computed),
        cmocka_unit_test(family_shares__random__make_the_outcome),
        cmocka_unit_test(family_shares__equal_ones__the_first_has_it),
    };
    return RUN_TESTS(group);
}
