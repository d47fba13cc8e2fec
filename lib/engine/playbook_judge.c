/* SPDX-License-Identifier: MIT */
#include "engine/playbook_test.h"

#include <math.h>
#include <string.h>

/* ---- comparing ---- */

static bool is_in(const churn__strs *list, churn_str word)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (churn__str_eq(list->items[i], word)) {
            return true;
        }
    }
    return false;
}

/* The list has all of these words, or none of them; which of them are strings. */
static bool has(const churn__strs *list, const churn__test_claim *claim, bool wanted)
{
    for (uint32_t i = 0; i < claim->count; i++) {
        if (is_in(list, claim->values[i].as.s) != wanted) {
            return false;
        }
    }
    return true;
}

/* Lists have no word twice. */
static bool is_list(const churn__strs *list, const churn__test_claim *claim)
{
    return list->count == claim->count && has(list, claim, true);
}

static bool is_equal(const churn__value *want, const churn__value *got, double tolerance)
{
    switch (got->type) {
    case CHURN__TYPE_BOOL:
        return want->as.b == got->as.b;
    case CHURN__TYPE_STRING:
        return churn__str_eq(want->as.s, got->as.s);
    case CHURN__TYPE_DOUBLE:
        return fabs(want->as.d - got->as.d) <= tolerance;
    default:
        return want->as.i == got->as.i;
    }
}

/* -1, 0, 1: below, the same, above. Bounds are exact: a tolerance is for values. */
static int compare(const churn__value *got, const churn__value *bound)
{
    if (got->type == CHURN__TYPE_DOUBLE) {
        return (got->as.d > bound->as.d) - (got->as.d < bound->as.d);
    }
    return (got->as.t > bound->as.t) - (got->as.t < bound->as.t);
}

static bool is_one_of(const churn__test_claim *claim, const churn__value *got, double tolerance)
{
    for (uint32_t i = 0; i < claim->count; i++) {
        if (is_equal(&claim->values[i], got, tolerance)) {
            return true;
        }
    }
    return false;
}

static bool is_missing_so(const churn__test_claim *claim, const churn__value *got)
{
    churn_str reason = churn__str_nts(churn__missing_name(got->missing));
    return got->missing != CHURN__PRESENT &&
           (claim->reason.ptr == NULL || churn__str_eq(claim->reason, reason));
}

static bool holds(const churn__test_claim *claim, const churn__value *got, double tolerance)
{
    if (claim->relation == CHURN__TEST_MISSING || got->missing != CHURN__PRESENT) {
        return claim->relation == CHURN__TEST_MISSING && is_missing_so(claim, got);
    }
    const churn__value *first = claim->values;
    switch (claim->relation) {
    case CHURN__TEST_IS:
        return got->type == CHURN__TYPE_STRINGS ? is_list(&got->as.l, claim)
                                                : is_equal(first, got, tolerance);
    case CHURN__TEST_IS_NOT:
        return !is_equal(first, got, tolerance);
    case CHURN__TEST_AT_LEAST:
        return compare(got, first) >= 0;
    case CHURN__TEST_ABOVE:
        return compare(got, first) > 0;
    case CHURN__TEST_AT_MOST:
        return compare(got, first) <= 0;
    case CHURN__TEST_BELOW:
        return compare(got, first) < 0;
    case CHURN__TEST_BETWEEN:
        return compare(got, &first[0]) >= 0 && compare(got, &first[1]) <= 0;
    case CHURN__TEST_ONE_OF:
        return is_one_of(claim, got, tolerance);
    case CHURN__TEST_HAS:
        return has(&got->as.l, claim, true);
    case CHURN__TEST_LACKS:
        return has(&got->as.l, claim, false);
    default:
        return true; /* CHURN__TEST_THERE */
    }
}

bool churn__test_meets(const churn__test_expect *expect, const churn__value *got)
{
    for (uint32_t i = 0; i < expect->claim_count; i++) {
        if (!holds(&expect->claims[i], got, expect->tolerance)) {
            return false;
        }
    }
    return expect->claim_count > 0;
}

/* ---- writing ---- */

static void write_list(churn__buf *out, const churn__strs *list)
{
    churn__buf_char(out, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        churn__buf_text(out, i > 0 ? ", " : "");
        churn__buf_str(out, list->items[i]);
    }
    churn__buf_char(out, ']');
}

static void write_missing(churn__buf *out, churn_str reason)
{
    churn__buf_text(out, "missing");
    if (reason.len > 0) {
        churn__buf_text(out, " (");
        churn__buf_str(out, reason);
        churn__buf_text(out, ")");
    }
}

void churn__test_write_value(churn__buf *out, const churn__value *value)
{
    char text[CHURN__DOUBLE_CHARS + 16];
    if (value->missing) {
        write_missing(out, churn__str_nts(churn__missing_name(value->missing)));
        return;
    }
    switch (value->type) {
    case CHURN__TYPE_BOOL:
        churn__buf_text(out, value->as.b ? "true" : "false");
        break;
    case CHURN__TYPE_STRING:
        churn__buf_str(out, value->as.s);
        break;
    case CHURN__TYPE_STRINGS:
        write_list(out, &value->as.l);
        break;
    case CHURN__TYPE_DOUBLE:
        churn__double_print_short(value->as.d, text);
        churn__buf_text(out, text);
        break;
    case CHURN__TYPE_TIME:
        churn__instant_print(value->as.t, text);
        churn__buf_text(out, text);
        break;
    default:
        churn__buf_int(out, value->as.i);
        break;
    }
}

static const struct {
    churn__test_relation relation;
    const char *before, *between;
} phrases[] = {
    {CHURN__TEST_IS, "", ", "},
    {CHURN__TEST_IS_NOT, "not ", ", "},
    {CHURN__TEST_AT_LEAST, "at least ", ", "},
    {CHURN__TEST_ABOVE, "above ", ", "},
    {CHURN__TEST_AT_MOST, "at most ", ", "},
    {CHURN__TEST_BELOW, "below ", ", "},
    {CHURN__TEST_BETWEEN, "between ", " and "},
    {CHURN__TEST_ONE_OF, "one of ", ", "},
    {CHURN__TEST_HAS, "with ", ", "},
    {CHURN__TEST_LACKS, "without ", ", "},
};

static void write_claim(churn__buf *out, const churn__test_claim *claim)
{
    if (claim->relation == CHURN__TEST_MISSING) {
        write_missing(out, claim->reason);
        return;
    }
    if (claim->relation == CHURN__TEST_THERE) {
        churn__buf_text(out, "not missing");
        return;
    }
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (phrases[i].relation != claim->relation) {
            continue;
        }
        churn__buf_text(out, phrases[i].before);
        for (uint32_t j = 0; j < claim->count; j++) {
            churn__buf_text(out, j > 0 ? phrases[i].between : "");
            churn__test_write_value(out, &claim->values[j]);
        }
    }
}

void churn__test_write_expected(churn__buf *out, const churn__test_expect *expect)
{
    for (uint32_t i = 0; i < expect->claim_count; i++) {
        churn__buf_text(out, i > 0 ? ", " : "");
        write_claim(out, &expect->claims[i]);
    }
}
