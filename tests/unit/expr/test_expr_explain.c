/* SPDX-License-Identifier: MIT */
#include "expr_kit.h"

#include <churn/table.h>

#include "expr/fuse.h"

/* Explanations: what each part came to, why, and whether the result stands on it. */

static const kit_name names[] = {
    {.name = "score", .type = CHURN__TYPE_DOUBLE},
    {.name = "logins", .type = CHURN__TYPE_INT},
    {.name = "plan", .type = CHURN__TYPE_STRING},
    {.name = "active", .type = CHURN__TYPE_BOOL},
    {.name = "nps", .type = CHURN__TYPE_DOUBLE},
    {.name = "limit",
     .type = CHURN__TYPE_INT,
     .constant = &(const churn__value){.type = CHURN__TYPE_INT, .as.i = 5}}};

static const double score = 82.5, nps = 9;
static const int64_t logins = 0;
static const churn_str plan = {"p\"ro\n", 5};
static const uint8_t active = 1;
static const churn__missing gone = CHURN__NEVER;

/* All rows as text, a line a part: "depth column part = outcome value|because decided". */
static void explain(const char *text, unsigned missing, const char *want)
{
    kit k;
    kit_open(&k, names, 6);
    const void *values[] = {&score, &logins, &plan, &active, &nps};
    churn__column columns[6] = {{0}};
    for (unsigned i = 0; i < 5; i++) {
        columns[i] = (churn__column){.type = names[i].type, .values = values[i]};
        columns[i].missing = (missing >> i & 1) != 0 ? &gone : NULL;
    }
    churn__expr *expr = kit_expr(&k, text);
    churn_table *table = NULL;
    assert_ok(churn__expr_explain(expr, columns, 0, k.heap, &table, NULL));
    churn__buf got;
    churn__buf_init(&got, k.heap);
    for (uint64_t row = 0; row < churn_table_row_count(table); row++) {
        churn__buf_int(&got, churn_table_int(table, row, 1));
        churn__buf_char(&got, ' ');
        churn__buf_int(&got, churn_table_int(table, row, 3));
        churn__buf_char(&got, ' ');
        churn__buf_str(&got, churn_table_string(table, row, 0));
        churn__buf_text(&got, " -> ");
        churn__buf_str(&got, churn_table_string(table, row, 4));
        churn__buf_char(&got, ' ');
        bool value = !churn_table_is_null(table, row, 5);
        assert_true(value == churn_table_is_null(table, row, 6));
        churn__buf_str(&got, churn_table_string(table, row, value ? 5 : 6));
        churn__buf_text(&got, churn_table_bool(table, row, 7) ? " *\n" : "\n");
    }
    assert_string_equal(churn__buf_view(&got).ptr, want);
    churn__buf_clear(&got);
    churn_table_free(table);
    churn__expr_free(expr);
    kit_close(&k);
}

static void explain__a_conjunction__shows_who_decided(void **state)
{
    (void)state;
    explain("score < 70.0 && logins == 0", 0,
            "0 1 score < 70.0 && logins == 0 -> value false *\n"
            "1 1 score < 70.0 -> value false *\n"
            "2 1 score -> value 82.5 *\n"
            "1 17 logins == 0 -> value true\n"
            "2 17 logins -> value 0\n");
}

static void explain__what_folds_away__is_told_too(void **state)
{
    (void)state;
    explain("(false && active) || !(limit * 2 < 3)", 0,
            "0 1 (false && active) || !(limit * 2 < 3) -> value true *\n"
            "1 2 false && active -> value false\n"
            "2 11 active -> value true\n"
            "1 22 !(limit * 2 < 3) -> value true *\n"
            "2 24 limit * 2 < 3 -> value false *\n"
            "3 24 limit * 2 -> value 10 *\n"
            "4 24 limit -> value 5 *\n");
}

static void explain__unknown__names_what_is_missing(void **state)
{
    (void)state;
    explain(
        "score + nps > 3.0 && (active || plan in ['a', plan])", 1 | 4 | 16,
        "0 1 score + nps > 3.0 && (active || plan in ['a', plan]) -> unknown score (never), nps (never) *\n"
        "1 1 score + nps > 3.0 -> unknown score (never), nps (never) *\n"
        "2 1 score + nps -> unknown score (never), nps (never) *\n"
        "3 1 score -> unknown score (never) *\n"
        "3 9 nps -> unknown nps (never) *\n"
        "1 23 active || plan in ['a', plan] -> value true\n"
        "2 23 active -> value true\n"
        "2 33 plan in ['a', plan] -> unknown plan (never)\n"
        "3 33 plan -> unknown plan (never)\n"
        "3 47 plan -> unknown plan (never)\n");
}

static void explain__an_error__says_why(void **state)
{
    (void)state;
    explain("active ? 7 / logins : -1", 0,
            "0 1 active ? 7 / logins : -1 -> error cannot evaluate: an int is divided by zero *\n"
            "1 1 active -> value true *\n"
            "1 10 7 / logins -> error cannot evaluate: an int is divided by zero *\n"
            "2 14 logins -> value 0 *\n");
}

static void explain__text__is_quoted_as_it_is_written(void **state)
{
    (void)state;
    explain("plan + '\\x01'", 0,
            "0 1 plan + '\\x01' -> value \"p\\\"ro\\n\\x01\" *\n"
            "1 1 plan -> value \"p\\\"ro\\n\" *\n");
    explain("plan.contains('x')", 0,
            "0 1 plan.contains('x') -> value false *\n"
            "1 1 plan -> value \"p\\\"ro\\n\" *\n");
    explain("has(score)", 1,
            "0 1 has(score) -> value false *\n1 5 score -> unknown score (never) *\n");
    explain("true", 0, "0 1 true -> value true *\n");
}

/* ---- who is to blame, and whether anybody ever is ---- */

static void blame__every_form__names_what_decided(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned missing; /* bits by slot: score, logins, plan, active, nps */
        unsigned blamed;
        bool can_be_unknown;
    } cases[] = {
        {"score < 1.0 && logins == 7", 1, 0, true}, /* 0 == 7 decides */
        {"score < 1.0 && logins == 0", 1, 1, true},
        {"score < 1.0 || plan == 'x'", 1 | 4, 1 | 4, true},
        {"score + nps < 1.0", 1 | 16, 1 | 16, true},
        {"active ? score < 1.0 : nps < 1.0", 1 | 16, 1, true},
        {"!active ? score < 1.0 : nps < 1.0", 1 | 16, 16, true},
        {"active ? score < 1.0 : nps < 1.0", 8 | 1 | 16, 8, true},
        {"!(score < 1.0)", 1, 1, true},
        {"plan in ['a', 'b']", 4, 4, true},
        {"logins in [1, logins + 1]", 2, 2, true},
        {"plan.contains('a') || size(plan) > 3", 4, 4, true},
        {"1 / logins > score", 1, 1, true}, /* unknown wins over an error */
        {"math.least(score, nps) > 1.0", 16, 16, true},
        {"has(score)", 1, 0, false},
        {"has(score) && score < 1.0", 1, 0, false},
        {"has(score) ? score < 1.0 : active", 1 | 8, 8, true},
        {"has(score) ? score < 1.0 : false", 1, 0, false},
        {"has(plan) && plan.contains('a') ? true : false", 4, 0, false},
        {"false && score < 1.0", 1, 0, false},
        {"score < 1.0 && false", 1, 0, false},
        {"true ? logins == 0 : score < 1.0", 1, 0, true},
        {"active == true", 8, 8, true},
        {"(active ? false : true) == false", 8, 8, true},
    };
    kit k;
    kit_open(&k, names, 6);
    const void *values[] = {&score, &logins, &plan, &active, &nps};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__column columns[6] = {{0}};
        uint32_t slots[8];
        for (unsigned c = 0; c < 5; c++) {
            columns[c] = (churn__column){.type = names[c].type, .values = values[c]};
            columns[c].missing = (cases[i].missing >> c & 1) != 0 ? &gone : NULL;
        }
        churn__expr *expr = kit_expr(&k, cases[i].text);
        unsigned blamed = 0;
        uint32_t n = churn__expr_blame(expr, columns, 0, k.scratch, slots, 8);
        for (uint32_t s = 0; s < n; s++) {
            blamed |= 1u << slots[s];
        }
        if (blamed != cases[i].blamed ||
            churn__expr_can_be_unknown(expr) != cases[i].can_be_unknown) {
            fail_msg("`%s`: %x is to blame, %d", cases[i].text, blamed,
                     churn__expr_can_be_unknown(expr));
        }
        churn__expr_free(expr);
    }
    kit_close(&k);
}

/* What is settled when compiling leaves no instruction. */
static void generate__what_is_settled__is_not_computed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t instructions;
    } cases[] = {{"1 + 2 * 3 > 6 && 'a' + 'b' == 'ab'", 0},
                 {"true && active", 0},
                 {"active || false", 0},
                 {"!(!active)", 0},
                 {"active == true", 0},
                 {"active != true", 1},
                 {"active ? true : false", 0},
                 {"active ? false : true", 1},
                 {"limit > 4 ? score < 1.0 : nps * 2.0 / 3.0 < 1.0", 1},
                 {"score * 2.0 < 1.0 && limit < 4", 0},
                 {"!(active ? false : true)", 0},
                 {"1 / 0 > 2", 2}, /* an error waits for its row */
                 {"logins + limit * 2 > 3", 2},
                 {"math.least(1, 2, limit) == 1", 0}};
    kit k;
    kit_open(&k, names, 6);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        churn__expr *expr = kit_expr(&k, cases[i].text);
        if (expr->code_count != cases[i].instructions) {
            fail_msg("`%s`: %u instructions", cases[i].text, expr->code_count);
        }
        churn__expr_free(expr);
    }
    kit_close(&k);
}

/* The longest that is allowed: evaluation is bounded by what was compiled. */
static void generate__the_longest_text__is_within_the_bound(void **state)
{
    (void)state;
    kit k;
    kit_open(&k, names, 6);
    churn__buf text;
    churn__buf_init(&text, k.heap);
    churn__buf_text(&text, "score < 1.0");
    for (unsigned i = 0; i < 127; i++) {
        churn__buf_text(&text, i % 3 == 0 ? " || nps > 7.0" : " && logins in [logins]");
        i += i % 3 == 0 ? 0 : 1;
    }
    churn__expr *expr = kit_expr(&k, churn__buf_view(&text).ptr);
    assert_true(expr->node_count > 300 && expr->node_count <= 512);
    assert_true(expr->code_count <= 8 * expr->node_count);
    assert_true(expr->row_count <= 5 * expr->code_count);
    for (uint32_t i = 0; i < expr->row_count; i++) { /* jumps go forward: it ends */
        const row_code *code = &expr->row[i];
        assert_true(code->skip == ROW_NEVER || code->target > i);
        assert_true(code->op < ROW_BRANCH || code->target > i);
        assert_true(code->target <= expr->row_count && code->other <= expr->row_count);
    }
    churn__expr_free(expr);
    churn__buf_clear(&text);
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explain__a_conjunction__shows_who_decided),
        cmocka_unit_test(explain__what_folds_away__is_told_too),
        cmocka_unit_test(explain__unknown__names_what_is_missing),
        cmocka_unit_test(explain__an_error__says_why),
        cmocka_unit_test(explain__text__is_quoted_as_it_is_written),
        cmocka_unit_test(blame__every_form__names_what_decided),
        cmocka_unit_test(generate__what_is_settled__is_not_computed),
        cmocka_unit_test(generate__the_longest_text__is_within_the_bound),
    };
    return RUN_TESTS(tests);
}
