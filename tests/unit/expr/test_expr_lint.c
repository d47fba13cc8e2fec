/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "expr_kit.h"

/* Each lint where it must speak, and beside it what looks alike and is right. */

typedef struct lint_name {
    const char *name;
    churn__type type;
    bool never_missing, bounded, fractional;
    double low, high;
} lint_name;

static const lint_name names[] = {
    {"a", CHURN__TYPE_BOOL, .low = 0},
    {"b", CHURN__TYPE_BOOL, .low = 0},
    {"x", CHURN__TYPE_DOUBLE, .low = 0},
    {"y", CHURN__TYPE_DOUBLE, .low = 0},
    {"i", CHURN__TYPE_INT, .low = 0},
    {"plan", CHURN__TYPE_STRING, .low = 0},
    {"tags", CHURN__TYPE_STRINGS, .never_missing = true},
    {"as_of", CHURN__TYPE_TIME, .never_missing = true},
    {"count", CHURN__TYPE_DOUBLE, .bounded = true, .low = 0, .high = (double)INFINITY},
    {"share", CHURN__TYPE_DOUBLE, .bounded = true, .fractional = true, .low = 0, .high = 1},
    {"score", CHURN__TYPE_DOUBLE, .bounded = true, .fractional = true, .low = 0, .high = 100},
    {"params.low", CHURN__TYPE_DOUBLE, .never_missing = true},
};

static churn__expr_found resolve(void *context, churn_str name, churn__expr_name *out)
{
    (void)context;
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        const lint_name *n = &names[i];
        if (churn__str_eq(name, churn__str_nts(n->name))) {
            *out = (churn__expr_name){.type = n->type,
                                      .slot = i,
                                      .never_missing = n->never_missing,
                                      .bounded = n->bounded,
                                      .fractional = n->fractional,
                                      .low = n->low,
                                      .high = n->high};
            if (strncmp(n->name, "params.", 7) == 0) {
                out->is_constant = true;
                out->constant = (churn__value){.type = CHURN__TYPE_DOUBLE, .as.d = 10};
            }
            return CHURN__EXPR_KNOWN;
        }
    }
    return CHURN__EXPR_UNKNOWN;
}

typedef struct heard {
    int32_t details[8];
    uint32_t columns[8], lines[8], count;
    char message[400];
} heard;

static void hear(void *context, const churn__expr_finding *finding)
{
    heard *to = context;
    assert_true(to->count < 8);
    to->details[to->count] = finding->detail;
    to->lines[to->count] = finding->line;
    to->columns[to->count++] = finding->column;
    assert_true(finding->message.len < sizeof to->message);
    memcpy(to->message, finding->message.ptr, finding->message.len);
    to->message[finding->message.len] = '\0';
}

static heard lint_of(const char *text, uint32_t flags)
{
    heard found = {0};
    churn_error err = {.struct_size = sizeof err};
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__expr *expr = NULL;
    churn__expr_scope scope = {.resolve = resolve};
    const churn__expr_source source = {.text = churn__str_nts(text),
                                       .scope = &scope,
                                       .flags = flags,
                                       .report = hear,
                                       .report_context = &found};
    if (churn__expr_compile(heap, NULL, &source, &expr, &err) != CHURN_OK) {
        fail_msg("`%s`: %s", text, err.message);
    }
    churn__expr_free(expr);
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
    return found;
}

static void expect(const char *text, int32_t detail)
{
    heard found = lint_of(text, 0);
    uint32_t wanted = detail != 0;
    if (found.count != wanted || (wanted && found.details[0] != detail)) {
        fail_msg("`%s`: wanted %d, found %u, first %d: %s", text, detail, found.count,
                 found.details[0], found.message);
    }
}

static void each(const char *const *wrong, size_t wrong_count, const char *const *right,
                 size_t right_count, int32_t detail)
{
    for (size_t i = 0; i < wrong_count; i++) {
        expect(wrong[i], detail);
    }
    for (size_t i = 0; i < right_count; i++) {
        expect(right[i], 0);
    }
}

#define EACH(detail) \
    (void)state;     \
    each(wrong, sizeof wrong / sizeof *wrong, right, sizeof right / sizeof *right, detail)

static void equality__computed_or_not_whole__is_told(void **state)
{
    static const char *const wrong[] = {"x == 0.5",
                                        "0.5 != x",
                                        "x + y == 3.0",
                                        "x * 2 == y",
                                        "share == 0.25",
                                        "score == 70",
                                        "score != 70.0",
                                        "share == x",
                                        "math.sqrt(x) == 2",
                                        "-share == -0.5",
                                        "x in [1.0, 2.5]",
                                        "(a ? share : x) == 3.0",
                                        "math.abs(share - 1.0) == 0"};
    static const char *const right[] = {"x == 0",          "x == 3",
                                        "x == 3.0",        "x != y",
                                        "x == params.low", "share == 0",
                                        "share == 1",      "score == 100",
                                        "i == 3",          "i + i == 4",
                                        "plan == \"a\"",   "share > 0.25",
                                        "x in [1, 2]",     "math.round(share) == 1",
                                        "size(tags) == 0", "double(i) == 2.0",
                                        "i in [1, 2]",     "-x == 3.0"};
    EACH(CHURN__EXPR_LINT_EQUALITY);
}

static void constant__conditions__are_told(void **state)
{
    static const char *const wrong[] = {
        "true",         "1 < 2",  "a && true",         "false || a",      "a && 1 < 2",
        "true ? a : b", "!false", "a && (b || !true)", "\"x\" in [\"x\"]"};
    static const char *const right[] = {
        "a",         "a && b",    "params.low > 3.0", "params.low > 3.0 && a",
        "a == true", "x < 1 + 2", "a ? true : b",     "as_of > timestamp(0)"};
    EACH(CHURN__EXPR_LINT_CONSTANT);
}

static void missing__that_fires__is_told(void **state)
{
    static const char *const wrong[] = {"!has(x) || x < 3", "x < 3 || !has(x)",
                                        "a && (!has(x) || x < 3)", "!has(x) || (x < 3 && y > 2)",
                                        "!has(plan) || plan != \"a\""};
    static const char *const right[] = {"!has(x) || y < 3", "!has(x)", "has(x) && x < 3",
                                        "has(x) ? x < 3 : true", "!has(x) || !has(y)"};
    EACH(CHURN__EXPR_LINT_MISSING);
}

static void guard__that_decides_all__is_told(void **state)
{
    static const char *const wrong[] = {"has(x) || x < 3",       "!has(x) && x < 3",
                                        "a && !has(x) && x < 3", "has(x) ? true : x < 3",
                                        "(has(x) ? 0 : x) < y",  "(!has(x) ? x : 0) < y"};
    static const char *const right[] = {"has(x) && x < 3",
                                        "!has(x) && (x < 3 || a)",
                                        "has(x) ? x < 3 : false",
                                        "(has(x) ? x : 0) < 3",
                                        "(!has(x) ? 0 : x) < 3",
                                        "has(x) || y < 3",
                                        "has(x) || (has(x) ? x : 1) < 3"};
    EACH(CHURN__EXPR_LINT_GUARD);
}

static void has__of_what_is_never_missing__is_told(void **state)
{
    static const char *const wrong[] = {"has(tags) && a", "!has(as_of)", "has(params.low)"};
    static const char *const right[] = {"has(x)", "has(plan) && a"};
    EACH(CHURN__EXPR_LINT_HAS);
}

static void division__without_guard__is_told(void **state)
{
    static const char *const wrong[] = {"x / y > 0.5",
                                        "a && x / count < 1",
                                        "count > 0 || x / count < 1",
                                        "y >= 0 && i > 1 && x / y < 1",
                                        "i % size(tags) == 1",
                                        "y > 0 && x / (y * count) > 1",
                                        "y > 0 ? false : x / y > 1",
                                        "x / (y - 1.0) > 2",
                                        "count != 1 && x / count > 2"};
    static const char *const right[] = {
        "x / 2 > 0.5",
        "count > 0 && x / count < 1",
        "x / count < 1 && count > 0",
        "count == 0 || x / count < 1",
        "(y == 0 ? 0 : x / y) > 1",
        "(y != 0.0 ? x / y : 0.0) > 1",
        "y >= 1 && (a || x / y > 3)",
        "0 < y && x / y > 1",
        "y < 0 && x / -y > 1",
        "y > 3 && x / double(y) > 1",
        "x / (count + 1) > 2",
        "x / math.greatest(y, 1) > 2",
        "!(y == 0) && x / y > 1",
        "!(y == 0 || a) && x / y > 1",
        "y > 0 && count > 0 && x / (y * count) > 1",
        "y > params.low && x / y > 1",
        "y > count && x / y > 1",
        "size(tags) > 0 && i % size(tags) == 1",
        "x / params.low > 1",
    };
    EACH(CHURN__EXPR_LINT_ZERO);
}

static void range__of_values__is_known(void **state)
{
    static const char *const wrong[] = {"count < 0",
                                        "count >= 0",
                                        "score > 100",
                                        "a && score <= 100",
                                        "share == 2",
                                        "count != -1",
                                        "size(tags) < 0",
                                        "count + 1 < 1",
                                        "-count > 0",
                                        "math.abs(x) < 0",
                                        "params.low > score + 20"};
    static const char *const right[] = {"count <= 0",    "count > 0",     "score >= 100",
                                        "share < 1",     "x < 0",         "score < params.low",
                                        "count - 1 < 0", "size(tags) > 0"};
    EACH(CHURN__EXPR_LINT_RANGE);
}

static void twice__in_one_chain__is_told(void **state)
{
    static const char *const wrong[] = {"a && a", "a || b || a", "x < 3 && b && x < 3.0",
                                        "x < 3 || (b || x < 3)"};
    static const char *const right[] = {"a && b", "a && (b || a)", "x < 3 && x < 2 || a",
                                        "x < 3 && y < 3"};
    EACH(CHURN__EXPR_LINT_TWICE);
}

static void never__both__is_told(void **state)
{
    static const char *const wrong[] = {
        "x < 3 && x > 5",    "x == 1 && x == 2",        "plan == \"a\" && plan == \"b\"",
        "a && !a",           "x < 3 && a && x >= 3",    "plan == \"a\" && plan != \"a\"",
        "!(x < 5) && x < 3", "x > params.low && x < 5", "plan in []"};
    static const char *const right[] = {
        "x > 3 && x < 5",   "x >= 3 && x <= 3", "plan != \"a\" && plan != \"b\"",
        "x == 1 && y == 2", "a && !b",          "x > 3 && x > 5"};
    EACH(CHURN__EXPR_LINT_NEVER);
}

static void always__one_of_both__is_told(void **state)
{
    static const char *const wrong[] = {"plan != \"a\" || plan != \"b\"", "x > 3 || x < 5",
                                        "a || !a", "x >= 3 || x < 3"};
    static const char *const right[] = {"plan == \"a\" || plan == \"b\"", "x < 3 || x > 5",
                                        "a || !b", "plan != \"a\" || x > 3"};
    EACH(CHURN__EXPR_LINT_ALWAYS);
}

static void self__compared__is_told(void **state)
{
    static const char *const wrong[] = {"x == x", "plan != plan", "x + 1 < x + 1"};
    static const char *const right[] = {"x == y", "x + 1 < x + 2"};
    EACH(CHURN__EXPR_LINT_SELF);
}

static void branches__that_are_the_same__are_told(void **state)
{
    static const char *const wrong[] = {"a ? b : b", "(a ? x : x) < 3"};
    static const char *const right[] = {"a ? b : !b", "(a ? x : y) < 3"};
    EACH(CHURN__EXPR_LINT_BRANCHES);
}

static void item__twice__is_told(void **state)
{
    static const char *const wrong[] = {"plan in [\"a\", \"b\", 'a']", "i in [1, 2, 0x1]"};
    static const char *const right[] = {"plan in [\"a\", \"A\"]", "i in [1, 2]"};
    EACH(CHURN__EXPR_LINT_ITEM);
}

static void strict_cel__ieee__is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(lint_of("x / y > 0.5", CHURN__EXPR_STRICT_CEL).count, 0);
    assert_int_equal(lint_of("x != x", CHURN__EXPR_STRICT_CEL).count, 0);
    assert_int_equal(lint_of("i / i > 0", CHURN__EXPR_STRICT_CEL).count, 1);
    assert_int_equal(lint_of("x < 3.0 && x > 5.0", CHURN__EXPR_STRICT_CEL).count, 1);
}

static void comments__switch_lints_off(void **state)
{
    static const char *const quiet[] = {
        "x == 0.5 // churn: allow CH1701",
        "x == 0.5 // churn: allow inexact_equality",
        "// churn: allow CH1701\nx == 0.5",
        "// churn: allow CH1701\n// because\n\nx == 0.5",
        "a &&\nx == 0.5 // churn: allow CH1701\n&& b",
        "x == 0.5 && x / y > 1 //churn: allow CH1701, division_by_zero",
        "x == 0.5 // churn:allow CH1701",
    };
    (void)state;
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++) {
        expect(quiet[i], 0);
    }
    expect("x > 0.5 // churn: allow CH1701", CHURN__EXPR_LINT_UNUSED_ALLOW);
    expect("a // churn: allow CH9999", CHURN__EXPR_LINT_BAD_ALLOW);
    expect("a // churn: alow CH1701", CHURN__EXPR_LINT_BAD_ALLOW);
    expect("a // churn: allow", CHURN__EXPR_LINT_BAD_ALLOW);
    expect("a // churns: allow CH1701", 0);
    expect("plan == \"// churn: allow CH1701\"", 0);
    heard both = lint_of("x == 0.5 &&\n// churn: allow CH1706\na", 0);
    assert_int_equal(both.count, 2);
    assert_int_equal(both.details[0], CHURN__EXPR_LINT_EQUALITY);
    assert_int_equal(both.details[1], CHURN__EXPR_LINT_UNUSED_ALLOW);
    assert_int_equal(both.lines[1], 2);
    assert_int_equal(both.columns[1], 1);
}

static void lints__switched_off__say_nothing(void **state)
{
    (void)state;
    assert_int_equal(lint_of("x == 0.5 && true", CHURN__EXPR_NO_LINTS).count, 0);
}

static void position__is_that_of_the_operator(void **state)
{
    heard found = lint_of("a &&\n  x == 0.5", 0);
    (void)state;
    assert_int_equal(found.count, 1);
    assert_int_equal(found.lines[0], 2);
    assert_int_equal(found.columns[0], 5);
    assert_string_equal(found.message,
                        "`x` and `0.5` are seldom equal to the last digit: compare with "
                        "`<` or `>`, or round");
}

/* Time is bounded whatever the text is. */
static void looking_around__is_bounded(void **state)
{
    char text[8000] = "a";
    size_t len = 1;
    (void)state;
    for (int i = 0; i < 100; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, " && x / y > %d.0", i);
    }
    churn_limits limits = {.struct_size = sizeof limits, .expression_nodes = 4096};
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn__expr *expr = NULL;
    heard found = {0};
    churn__expr_scope scope = {.resolve = resolve};
    const churn__expr_source source = {
        .text = {text, len}, .scope = &scope, .report_context = &found};
    assert_ok(churn__expr_compile(heap, &limits, &source, &expr, NULL));
    churn__expr_free(expr);
    churn__heap_release(heap);
}

int main(void)
{
    const struct CMUnitTest lints[] = {
        cmocka_unit_test(equality__computed_or_not_whole__is_told),
        cmocka_unit_test(constant__conditions__are_told),
        cmocka_unit_test(missing__that_fires__is_told),
        cmocka_unit_test(guard__that_decides_all__is_told),
        cmocka_unit_test(has__of_what_is_never_missing__is_told),
        cmocka_unit_test(division__without_guard__is_told),
        cmocka_unit_test(range__of_values__is_known),
        cmocka_unit_test(twice__in_one_chain__is_told),
        cmocka_unit_test(never__both__is_told),
        cmocka_unit_test(always__one_of_both__is_told),
        cmocka_unit_test(self__compared__is_told),
        cmocka_unit_test(branches__that_are_the_same__are_told),
        cmocka_unit_test(item__twice__is_told),
        cmocka_unit_test(strict_cel__ieee__is_left_alone),
        cmocka_unit_test(comments__switch_lints_off),
        cmocka_unit_test(lints__switched_off__say_nothing),
        cmocka_unit_test(position__is_that_of_the_operator),
        cmocka_unit_test(looking_around__is_bounded),
    };
    return RUN_TESTS(lints);
}
