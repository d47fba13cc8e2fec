/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "expr_kit.h"

#include "expr/ast.h"
#include "expr/print.h"

/* The canonical text: what it looks like, and that it reads back as the same tree. */

static churn__heap *heap;

static int open(void **state)
{
    (void)state;
    heap = churn__heap_create(NULL, 0);
    return 0;
}

static int close(void **state)
{
    (void)state;
    assert_int_equal(churn__heap_used(heap), 0);
    churn__heap_release(heap);
    return 0;
}

static void check_format(const char *text, const char *wanted)
{
    churn_error err = {.struct_size = sizeof err};
    churn__buf out;
    churn__buf_init(&out, heap);
    if (churn__expr_format(heap, NULL, churn__str_nts(text), &out, &err) != CHURN_OK) {
        fail_msg("`%s`: %s", text, err.message);
    }
    if (strcmp(out.data, wanted) != 0) {
        fail_msg("`%s` became `%s`, not `%s`", text, out.data, wanted);
    }
    churn__buf_clear(&out);
}

static void format__spelling__is_one(void **state)
{
    static const char *const cases[][2] = {
        {"a", "a"},
        {" a&&b||c ", "a && b || c"},
        {"(a && b) || (c)", "a && b || c"},
        {"a && (b || c)", "a && (b || c)"},
        {"a && (b && c)", "a && (b && c)"},
        {"(a && b) && c", "a && b && c"},
        {"a - (b - c)", "a - (b - c)"},
        {"(a - b) - c", "a - b - c"},
        {"(a * b) + c", "a * b + c"},
        {"a * (b + c)", "a * (b + c)"},
        {"((a)) < (b)", "a < b"},
        {"(a < b) == true", "a < b == true"},
        {"a < (b == true)", "a < (b == true)"},
        {"a?b:c", "a ? b : c"},
        {"a ? b : (c ? d : e)", "a ? b : c ? d : e"},
        {"(a ? b : c) ? d : e", "(a ? b : c) ? d : e"},
        {"a ? (b ? c : d) : e", "a ? (b ? c : d) : e"},
        {"(a ? b : c) + 1", "(a ? b : c) + 1"},
        {"! a", "!a"},
        {"!!a", "!!a"},
        {"!!!a", "!a"},
        {"!(a && b)", "!(a && b)"},
        {"!(-a)", "!(-a)"},
        {"-(!a)", "-(!a)"},
        {"- a . size ( )", "-a.size()"},
        {"(-a).size()", "(-a).size()"},
        {"-5", "-5"},
        {"-(5)", "-(5)"},
        {"-(-5)", "--5"},
        {"(-5).f()", "(-5).f()"},
        {"a - -5", "a - -5"},
        {"0x1F", "31"},
        {"-0x10", "-16"},
        {"007", "7"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"1.0", "1.0"},
        {"1.50", "1.5"},
        {".5", "0.5"},
        {"1e3", "1000.0"},
        {"1E-7", "1e-07"},
        {"1e22", "1e+22"},
        {"[1,2,]", "[1, 2]"},
        {"[ ]", "[]"},
        {"a in ['x',\"y\"]", "a in [\"x\", \"y\"]"},
        {"metric . x < 3", "metric.x < 3"},
        {"f( a ,b )", "f(a, b)"},
        {"x.f( a )", "x.f(a)"},
        {"math.abs(x)", "math.abs(x)"},
        {"f((a ? b : c), d || e)", "f(a ? b : c, d || e)"},
        {"true&&false", "true && false"},
        {"a // why\n && b // and\n", "a && b"},
        {"a\n  &&\n  b", "a && b"},
        {"count(\"login\",'30d')>3", "count(\"login\", \"30d\") > 3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_format(cases[i][0], cases[i][1]);
        check_format(cases[i][1], cases[i][1]);
    }
}

static void format__strings__have_the_shortest_escapes(void **state)
{
    static const char *const cases[][2] = {
        {"'a'", "\"a\""},
        {"'it\\'s'", "\"it's\""},
        {"'say \"x\"'", "\"say \\\"x\\\"\""},
        {"r'\\d'", "\"\\\\d\""},
        {"'''a\nb'''", "\"a\\nb\""},
        {"'\\a\\b\\f\\n\\r\\t\\v'", "\"\\a\\b\\f\\n\\r\\t\\v\""},
        {"'\\x00\\x1b\\x7f'", "\"\\u0000\\u001b\\u007f\""},
        {"'\\u00e9'", "\"\xC3\xA9\""},
        {"'\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80'", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"'\\u200b\\u202e\\ufeff'", "\"\\u200b\\u202e\\ufeff\""},
        {"'\\U000e0001'", "\"\\U000e0001\""},
        {"'\\ue000\\uffff'", "\"\\ue000\\uffff\""},
        {"'\\101\\`\\?'", "\"A`?\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_format(cases[i][0], cases[i][1]);
        check_format(cases[i][1], cases[i][1]);
    }
}

static void format__bad_text__says_where(void **state)
{
    churn_error err = {.struct_size = sizeof err};
    churn__buf out;
    (void)state;
    churn__buf_init(&out, heap);
    assert_int_equal(churn__expr_format(heap, NULL, CHURN__STR("a &&\n &&"), &out, &err),
                     CHURN_E_PARSE);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 2);
    assert_int_equal(out.size, 0);
    churn__buf_clear(&out);
}

/* ---- random trees ---- */

#define MOST 200

typedef struct wood {
    expr_comp comp;
    expr_node nodes[MOST];
    uint32_t args[4 * MOST];
    uint64_t seed;
} wood;

static uint32_t pick(wood *w, uint32_t n)
{
    return (uint32_t)(kit_random(&w->seed) % n);
}

static uint32_t grow(wood *w, expr_node node, const uint32_t *args, uint32_t count)
{
    node.first = (uint32_t)w->comp.arg_count;
    node.count = count;
    for (uint32_t i = 0; i < count; i++) {
        w->args[w->comp.arg_count++] = args[i];
    }
    w->nodes[w->comp.node_count] = node;
    return (uint32_t)w->comp.node_count++;
}

static double random_double(wood *w)
{
    static const double some[] = {0.0, 1.0, 0.1, 1e22, 5e-324, 1e300, 123456.75, 1e-7};
    union {
        uint64_t u;
        double d;
    } bits = {kit_random(&w->seed) >> 1};
    double d = pick(w, 2) == 0 ? some[pick(w, 8)] : bits.d;
    return d - d == 0 ? d : 0.5;
}

static churn_str random_string(wood *w)
{
    static const char *const some[] = {
        "",         "plain",        "q\"'`\\",          "\n\t\r\a\b\f\v", "\x01\x7f",
        "\xC3\xA9", "\xE2\x80\x8B", "\xF3\xA0\x80\x81", "// no",          "\xEF\xBF\xBF"};
    return churn__str_nts(some[pick(w, sizeof some / sizeof *some)]);
}

static uint32_t leaf(wood *w)
{
    static const int64_t ints[] = {0, 1, -1, 42, -7, INT64_MAX, INT64_MIN};
    static const char *const names[] = {"a", "metric.x", "it.a.b", "_z9"};
    expr_node node = {.kind = NODE_CONST};
    switch (pick(w, 5)) {
    case 0:
        node.type = CHURN__TYPE_INT;
        node.value.as.i = ints[pick(w, 7)];
        break;
    case 1:
        node.type = CHURN__TYPE_DOUBLE;
        node.value.as.d = random_double(w);
        break;
    case 2:
        node.type = CHURN__TYPE_STRING;
        node.value.as.s = random_string(w);
        break;
    case 3:
        node.type = CHURN__TYPE_BOOL;
        node.value.state = expr_from_bool(pick(w, 2) == 0);
        break;
    default:
        node = (expr_node){.kind = NODE_NAME, .name = churn__str_nts(names[pick(w, 4)])};
        break;
    }
    return grow(w, node, NULL, 0);
}

static uint32_t tree(wood *w, uint32_t depth)
{
    static const uint8_t binary[] = {TOK_IN, TOK_EQ,  TOK_NE,  TOK_LE,  TOK_GE,  TOK_LT,  TOK_GT,
                                     TOK_OR, TOK_AND, TOK_ADD, TOK_SUB, TOK_MUL, TOK_DIV, TOK_MOD};
    uint32_t args[3], count = 0, kind = pick(w, 8);
    expr_node node = {0};
    if (depth == 0 || kind == 0 || w->comp.node_count + 4 * depth + 8 > MOST) {
        return leaf(w);
    }
    count = kind <= 3 ? 2 : kind == 4 ? 1 : kind == 5 ? 3 : pick(w, 4);
    for (uint32_t i = 0; i < count; i++) {
        args[i] = tree(w, depth - 1);
    }
    switch (kind) {
    case 1:
    case 2:
    case 3:
        node = (expr_node){.kind = NODE_BINARY, .token = binary[pick(w, sizeof binary)]};
        break;
    case 4:
        node = (expr_node){.kind = NODE_UNARY, .token = pick(w, 2) == 0 ? TOK_NOT : TOK_SUB};
        break;
    case 5:
        node.kind = NODE_TERNARY;
        break;
    case 6:
        node.kind = NODE_LIST;
        break;
    default:
        node = (expr_node){
            .kind = NODE_CALL, .name = CHURN__STR("f"), .method = count > 0 && pick(w, 2) == 0};
        break;
    }
    return grow(w, node, args, count);
}

static bool same_value(const expr_node *a, const expr_node *b)
{
    switch (a->type) {
    case CHURN__TYPE_INT:
        return a->value.as.i == b->value.as.i;
    case CHURN__TYPE_DOUBLE:
        return memcmp(&a->value.as.d, &b->value.as.d, sizeof(double)) == 0;
    case CHURN__TYPE_STRING:
        return churn__str_eq(a->value.as.s, b->value.as.s);
    default:
        return a->value.state == b->value.state;
    }
}

static bool same_node(const expr_node *a, const expr_node *b)
{
    if (a->kind != b->kind || a->count != b->count) {
        return false;
    }
    if (a->kind == NODE_CONST) {
        return a->type == b->type && same_value(a, b);
    }
    return a->token == b->token && a->method == b->method && churn__str_eq(a->name, b->name);
}

static bool same_tree(const expr_comp *a, uint32_t i, const expr_comp *b, uint32_t j)
{
    const expr_node *x = &a->nodes[i], *y = &b->nodes[j];
    if (!same_node(x, y)) {
        return false;
    }
    for (uint32_t k = 0; k < x->count; k++) {
        if (!same_tree(a, a->args[x->first + k], b, b->args[y->first + k])) {
            return false;
        }
    }
    return true;
}

static void check_tree(wood *w, uint32_t root)
{
    churn__buf text;
    churn__arena arena;
    churn_error err = {.struct_size = sizeof err};
    const churn__expr_source source = {0};
    churn__buf_init(&text, heap);
    churn__arena_init(&arena, heap);
    churn__expr_print(&w->comp, root, &text);
    expr_comp again = {.heap = heap,
                       .arena = &arena,
                       .text = churn__buf_view(&text),
                       .source = &source,
                       .err = &err};
    assert_ok(churn__limits_resolve(NULL, &again.limits, NULL));
    if (churn__expr_read(&again) != CHURN_OK) {
        fail_msg("`%s` does not read: %s", text.data, err.message);
    }
    if (!same_tree(&w->comp, root, &again, (uint32_t)again.node_count - 1)) {
        fail_msg("`%s` reads as another tree", text.data);
    }
    churn__expr_clear(&again);
    churn__arena_clear(&arena);
    churn__buf_clear(&text);
}

/* A sign over a sign over a sign is no tree that the grammar makes of signs alone. */
static void print__random_trees__read_back(void **state)
{
    static wood w;
    (void)state;
    w.seed = 20240229;
    for (int round = 0; round < 20000; round++) {
        w.comp.node_count = w.comp.arg_count = 0;
        w.comp.nodes = w.nodes;
        w.comp.args = w.args;
        check_tree(&w, tree(&w, 1 + pick(&w, 7)));
    }
}

static void format__deep_chains__need_no_stack(void **state)
{
    churn__buf text, out;
    (void)state;
    churn__buf_init(&text, heap);
    churn__buf_init(&out, heap);
    churn__buf_text(&text, "a");
    for (int i = 0; i < 255; i++) {
        churn__buf_text(&text, " && a");
    }
    assert_ok(churn__expr_format(heap, NULL, churn__buf_view(&text), &out, NULL));
    assert_string_equal(out.data, text.data);
    churn__buf_clear(&text);
    churn__buf_clear(&out);
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(format__spelling__is_one),
        cmocka_unit_test(format__strings__have_the_shortest_escapes),
        cmocka_unit_test(format__bad_text__says_where),
        cmocka_unit_test(print__random_trees__read_back),
        cmocka_unit_test(format__deep_chains__need_no_stack),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("format", group, open, close);
}
