/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/num.h"
#include "failing.h"
#include "score_case.h"
#include "score_random.h"

static void sample_make(score_case *c, case_tree *s)
{
    tree_begin(s);
    tree_group(s, "adoption", CHURN__NO_SLOT, 50);
    tree_factor(s, case_factor("logins", 0, 2));
    tree_factor(s, case_factor("seats", 1, 2));
    tree_factor(s, case_factor("trend", 2, 1));
    tree_group(s, "support", CHURN__NO_SLOT, 25);
    tree_factor(s, case_factor("tickets", 3, 1));
    tree_cap(s, (churn__cap_def){
                    .id = CHURN__STR("unpaid"), .when = case_when(c, "m4 >= 2"), .bound = 40});
    tree_cap(s, (churn__cap_def){.id = CHURN__STR("loyal"),
                                 .when = case_when(c, "m5 > 0"),
                                 .is_floor = true,
                                 .bound = 45.5});
    tree_cap(s, (churn__cap_def){
                    .id = CHURN__STR("quiet"), .when = case_when(c, "m6 > 0"), .bound = 99});
    const double values[] = {80, 20, 95, 70, 2, 1, 1};
    for (uint32_t slot = 0; slot < 7; slot++) {
        case_set(c, slot, 0, values[slot]);
    }
}

static void sample_end(score_case *c, case_tree *s)
{
    s->def.cap_count = 3;
    tree_end(s);
    case_free(c);
}

typedef struct want {
    churn__line_kind kind;
    const char *name;
    int64_t contribution;
} want;

static void assert_lines(score_case *c, const case_tree *s, const want *wanted, uint32_t n)
{
    const churn__score_level *level = case_level(c, &s->def, 0, 0);
    const churn__score_line *lines = level->lines;
    assert_int_equal(level->line_count, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(lines[i].kind, wanted[i].kind);
        assert_string_equal(churn__score_line_name(level, &lines[i]).ptr, wanted[i].name);
        assert_int_equal(lines[i].contribution, wanted[i].contribution);
    }
}

/* Group 2/3 and 1/3; within adoption 0.4, 0.4, 0.2: 8 - 8 + 6 + 6.666667 = 62.666667. */
static void score_explain__caps_and_floors__each_with_its_effect(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    sample_make(c, &s);
    assert_lines(c, &s,
                 (want[]){{CHURN__LINE_BASELINE, "baseline", 50000000},
                          {CHURN__LINE_FACTOR, "logins", 8000000},
                          {CHURN__LINE_FACTOR, "seats", -8000000},
                          {CHURN__LINE_FACTOR, "tickets", 6666667},
                          {CHURN__LINE_FACTOR, "trend", 6000000},
                          {CHURN__LINE_CAP, "unpaid", -22666667},
                          {CHURN__LINE_FLOOR, "loyal", 5500000}},
                 7);
    sample_end(c, &s);
}

static void score_explain__missing_factors__come_last_with_reason(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    sample_make(c, &s);
    case_miss(c, 1, 0, CHURN__STALE_SOURCE);
    case_miss(c, 3, 0, CHURN__NEVER);
    case_set(c, 4, 0, 0);
    case_set(c, 5, 0, 0);
    s.factors[3].missing = CHURN__FACTOR_WORST;
    const churn__score_level *level = case_level(c, &s.def, 0, 0);
    const churn__score_line *lines = level->lines;
    assert_int_equal(level->line_count, 5);
    /* tickets: 1/3 of 0 - 50; logins: 2/3 * 2/3 of 30; trend: 2/3 * 1/3 of 45 */
    assert_int_equal(lines[1].after, 3);
    assert_in_range(-lines[1].contribution, 16666666, 16666667); /* a third either way */
    assert_int_equal(level->states[3].missing, CHURN__NEVER);
    assert_true(level->states[3].substituted && lines[1].points == 0);
    assert_int_equal(lines[2].after, 0);
    assert_in_range(lines[2].contribution, 13333333, 13333334);
    assert_int_equal(lines[3].after, 2);
    assert_int_equal(lines[3].contribution, 10000000);
    assert_int_equal(lines[1].contribution + lines[2].contribution, -3333333);
    assert_int_equal(lines[4].kind, CHURN__LINE_MISSING);
    assert_string_equal(churn__score_line_name(level, &lines[4]).ptr, "seats");
    assert_int_equal(level->states[1].missing, CHURN__STALE_SOURCE);
    assert_int_equal(lines[4].contribution, 0);
    assert_near(lines[4].weight, 2.0 / 3 * 0.4, 1e-12); /* what it would weigh */
    sample_end(c, &s);
}

/* 62.666667 is set to 90 before a cap at 75; one whose condition does not hold acts on nothing. */
static void score_explain__override__acts_at_its_place(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    sample_make(c, &s);
    churn__expr_free((churn__expr *)s.caps[1].when);
    s.caps[1] = (churn__cap_def){.id = CHURN__STR("override"), .kind = CHURN__CAP_OVERRIDE};
    s.caps[2].bound = 75;
    case_set(c, 4, 0, 0);
    c->overrides[0] = 90;
    assert_lines(c, &s,
                 (want[]){{CHURN__LINE_BASELINE, "baseline", 50000000},
                          {CHURN__LINE_FACTOR, "logins", 8000000},
                          {CHURN__LINE_FACTOR, "seats", -8000000},
                          {CHURN__LINE_FACTOR, "tickets", 6666667},
                          {CHURN__LINE_FACTOR, "trend", 6000000},
                          {CHURN__LINE_OVERRIDE, "override", 27333333},
                          {CHURN__LINE_CAP, "quiet", -15000000}},
                 7);
    c->overrides[0] = 62.666667; /* as it was: told all the same */
    assert_int_equal(case_level(c, &s.def, 0, 0)->lines[5].kind, CHURN__LINE_OVERRIDE);
    for (uint32_t slot = 0; slot < 4; slot++) {
        case_miss(c, slot, 0, CHURN__NEVER);
    }
    const churn__score_level *level = case_level(c, &s.def, 0, 0);
    assert_true(isnan(level->raw) && level->score == 62.666667);
    assert_int_equal(level->lines[1].kind, CHURN__LINE_OVERRIDE);
    assert_int_equal(level->lines[1].contribution, 12666667);
    sample_end(c, &s);
}

/* Whatever the weights and points, in whatever groups: contributions add up to the score. */
static void score_explain__random_scores__lines_add_up(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    for (uint32_t round = 0; round < 3000; round++) {
        case_random(c, &s, round, 0);
        const double baselines[] = {50, 0, 100, 33.333333, 12.5};
        churn__score_level *level = case_level(c, &s.def, 0, 0);
        int64_t sum = 0;
        churn__score_explain(level, baselines[round % 5]);
        for (uint32_t i = 0; i < level->line_count; i++) {
            sum += level->lines[i].contribution;
        }
        if (isnan(level->score)) {
            continue;
        }
        assert_int_equal(sum, churn__micro(level->score));
        case_eval(c, &s.def, 1);
        assert_true(c->score[0] == level->score);
        churn__arena_clear(&c->arena);
    }
    case_free(c);
}

/* Three thirds of 16.666...: largest remainder gives the odd unit to the first. */
static void score_explain__remainders__first_declared_wins_ties(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    sample_make(c, &s);
    for (uint32_t f = 0; f < 3; f++) {
        s.factors[f].weight = 1;
        case_set(c, f, 0, 51);
    }
    s.def.group_count = 1;
    s.def.factor_count = 3;
    s.def.cap_count = 0;
    assert_lines(c, &s,
                 (want[]){{CHURN__LINE_BASELINE, "baseline", 50000000},
                          {CHURN__LINE_FACTOR, "logins", 333334},
                          {CHURN__LINE_FACTOR, "seats", 333333},
                          {CHURN__LINE_FACTOR, "trend", 333333}},
                 4);
    sample_end(c, &s);
}

/* An unknown cap does not act, so that there is no line of it. */
static void score_explain__unknown_cap__no_line(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    sample_make(c, &s);
    case_miss(c, 4, 0, CHURN__STALE_SOURCE);
    s.def.cap_count = 1;
    s.def.group_count = 1;
    s.def.factor_count = 3;
    assert_lines(c, &s,
                 (want[]){{CHURN__LINE_BASELINE, "baseline", 50000000},
                          {CHURN__LINE_FACTOR, "logins", 12000000},
                          {CHURN__LINE_FACTOR, "seats", -12000000},
                          {CHURN__LINE_FACTOR, "trend", 9000000}},
                 4);
    sample_end(c, &s);
}

static void score_level__no_memory__says_so(void **state)
{
    (void)state;
    score_case *c = case_create();
    case_tree s;
    sample_make(c, &s);
    for (uint64_t nth = 1; nth <= 6; nth++) {
        failing f = {.fail_at = nth + 1, .for_ever = true};
        churn_allocator host = failing_allocator(&f);
        churn__heap *heap = churn__heap_create(&host, 0);
        churn__arena arena;
        churn__score_level level;
        churn__arena_init(&arena, heap);
        bool made = churn__score_level_make(&s.def, &arena, &level);
        assert_true(made ? nth > 1 && level.def == &s.def : level.def == NULL);
        churn__arena_clear(&arena);
        churn__heap_release(heap);
        assert_int_equal(f.blocks, 0);
    }
    sample_end(c, &s);
}

int main(void)
{
    const struct CMUnitTest explanations[] = {
        cmocka_unit_test(score_explain__caps_and_floors__each_with_its_effect),
        cmocka_unit_test(score_explain__missing_factors__come_last_with_reason),
        cmocka_unit_test(score_explain__remainders__first_declared_wins_ties),
        cmocka_unit_test(score_explain__unknown_cap__no_line),
        cmocka_unit_test(score_explain__override__acts_at_its_place),
        cmocka_unit_test(score_explain__random_scores__lines_add_up),
        cmocka_unit_test(score_level__no_memory__says_so),
    };
    return RUN_TESTS(explanations);
}
