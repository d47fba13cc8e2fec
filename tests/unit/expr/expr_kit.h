/* SPDX-License-Identifier: MIT */
#ifndef CHURN_TESTS_EXPR_KIT_H
#define CHURN_TESTS_EXPR_KIT_H

/* What tests of expressions share: names to write them over, and ways to run them. */
#include "support.h"

#include "expr/expr.h"

typedef struct kit_name {
    const char *name;
    churn__type type;
    bool never_missing, later, nullable;
    const churn__value *constant;
} kit_name;

typedef struct kit {
    churn__heap *heap;
    const kit_name *names;
    uint32_t count;
    churn__expr_scratch *scratch;
} kit;

static churn__expr_found kit_resolve(void *context, churn_str name, churn__expr_name *out)
{
    const kit *k = context;
    for (uint32_t i = 0; i < k->count; i++) {
        const kit_name *n = &k->names[i];
        if (!churn__str_eq(name, churn__str_nts(n->name))) {
            continue;
        }
        if (n->later) {
            return CHURN__EXPR_LATER;
        }
        *out = (churn__expr_name){
            .type = n->type, .slot = i, .never_missing = n->never_missing, .nullable = n->nullable};
        if (n->constant != NULL) {
            out->is_constant = true;
            out->constant = *n->constant;
        }
        return CHURN__EXPR_KNOWN;
    }
    return CHURN__EXPR_UNKNOWN;
}

static churn_str kit_list(void *context, uint32_t i)
{
    const kit *k = context;
    return i < k->count ? churn__str_nts(k->names[i].name) : (churn_str){NULL, 0};
}

static inline void kit_open(kit *k, const kit_name *names, uint32_t count)
{
    *k = (kit){.heap = churn__heap_create(NULL, 0), .names = names, .count = count};
    k->scratch = churn__expr_scratch_create(k->heap, 100000);
    assert_non_null(k->scratch);
}

static inline void kit_close(kit *k)
{
    churn__expr_scratch_free(k->scratch);
    assert_int_equal(churn__heap_used(k->heap), 0);
    churn__heap_release(k->heap);
}

static inline churn_status kit_compile(kit *k, churn_str text, churn__type want, uint32_t flags,
                                       churn__expr **out, churn_error *err)
{
    churn__expr_scope scope = {.context = k, .resolve = kit_resolve, .list = kit_list};
    const churn__expr_source source = {.text = text, .scope = &scope, .want = want, .flags = flags};
    return churn__expr_compile(k->heap, NULL, &source, out, err);
}

static inline churn__expr *kit_expr(kit *k, const char *text)
{
    churn_error err = {.struct_size = sizeof err};
    churn__expr *expr = NULL;
    if (kit_compile(k, churn__str_nts(text), 0, 0, &expr, &err) != CHURN_OK) {
        fail_msg("`%s` at %u:%u: %s", text, err.line, err.column, err.message);
    }
    return expr;
}

/* One row through both machines, which must agree. */
static inline churn__truth kit_truth(kit *k, const char *text, const churn__column *columns)
{
    churn__expr *expr = kit_expr(k, text);
    churn__truth both = CHURN__ERROR, state = CHURN__ERROR;
    churn__value value = {0};
    assert_int_equal(churn__expr_type(expr), CHURN__TYPE_BOOL);
    assert_ok(churn__expr_truth(expr, columns, 1, k->scratch, &both, NULL));
    assert_ok(churn__expr_value(expr, columns, 0, k->scratch, &value, &state, NULL));
    if (state == CHURN__TRUE) {
        state = value.as.b ? CHURN__TRUE : CHURN__FALSE;
    }
    if (state != both) {
        fail_msg("`%s`: row %d, vector %d", text, state, both);
    }
    churn__expr_free(expr);
    return both;
}

/* A source of numbers that is the same everywhere (SplitMix64, Steele et al. 2014). */
static inline uint64_t kit_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

#endif
