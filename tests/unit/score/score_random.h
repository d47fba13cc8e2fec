/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_SCORE_RANDOM_H
#define CHURN_TESTS_SCORE_RANDOM_H

#include <stdio.h>

#include "score_case.h"

/* Scores of random trees with random values, for properties that hold of all of them. */

static inline uint64_t random_next(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(random_next(state) % n);
}

/* With a few digits, as people write them, or with all. */
static inline double random_number(uint64_t *state, double most)
{
    double x = (double)(random_next(state) >> 11) / 9007199254740992.0;
    return random_below(state, 2) ? floor(x * most) : x * most;
}

static const char *const random_names[] = {"f0", "f1", "f2",  "f3",  "f4",  "f5",  "f6",  "f7",
                                           "f8", "f9", "f10", "f11", "f12", "f13", "f14", "f15"};

/* Values of a row, a third of them missing. */
static inline void random_row(score_case *c, uint64_t *state, uint32_t row)
{
    for (uint32_t slot = 0; slot < CASE_SLOTS; slot++) {
        if (random_below(state, 3) == 0) {
            case_miss(c, slot, row, CHURN__NEVER);
        } else {
            case_set(c, slot, row, random_number(state, 100));
        }
    }
    c->overrides[row] = random_below(state, 10) ? (double)NAN : random_number(state, 100);
}

/* A tree, whose definitions are the same for the same seed, and values of a row. Caps are critical
 * ones, which need no expressions. */
static inline void case_random(score_case *c, case_tree *s, uint64_t seed, uint32_t row)
{
    static const uint32_t critical[] = {0};
    uint64_t state = seed;
    tree_begin(s);
    uint32_t groups = 1 + random_below(&state, 4);
    for (uint32_t g = 0; g < groups; g++) {
        uint32_t parent = g > 0 && random_below(&state, 2) ? g - 1 : CHURN__NO_SLOT;
        tree_group(s, random_names[g], parent, random_number(&state, 5));
        for (uint32_t f = random_below(&state, 4); f > 0; f--) {
            uint32_t slot = s->def.factor_count;
            churn__factor_def def = case_factor(random_names[slot], slot, random_number(&state, 4));
            def.missing = (churn__factor_missing)random_below(&state, 4);
            def.missing_value = random_number(&state, 100);
            def.decay_slot = random_below(&state, 4) ? CHURN__NO_SLOT : 15;
            def.decay_after = 10;
            def.decay_half_life = 20;
            tree_factor(s, def);
        }
    }
    for (uint32_t i = 0; s->def.factor_count > 0 && i < 2; i++) {
        tree_cap(s, (churn__cap_def){.id = churn__str_nts(i ? "low" : "high"),
                                     .kind = CHURN__CAP_CRITICAL,
                                     .factors = critical,
                                     .factor_count = 1,
                                     .fewest = 1,
                                     .below = random_number(&state, 100),
                                     .is_floor = i > 0,
                                     .bound = random_number(&state, 100)});
    }
    tree_cap(s, (churn__cap_def){.id = CHURN__STR("override"), .kind = CHURN__CAP_OVERRIDE});
    random_row(c, &state, row);
}

#endif
