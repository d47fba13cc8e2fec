/* SPDX-License-Identifier: MIT */
#include "scope.h"

#include "table/table.h"

/* Any bytes as an expression, in both modes. What compiles is run row by row and as columns, alone
 * and among others, which must come to the same. */

static churn__expr *compile(churn_str text, uint32_t flags)
{
    churn_error err = {.struct_size = sizeof err};
    churn__expr *expr = NULL;
    uint32_t findings = 0;
    const churn__expr_source source = {.text = text,
                                       .scope = &scope_all,
                                       .flags = flags,
                                       .report = scope_report,
                                       .report_context = &findings};
    churn_status st = churn__expr_compile(scope_heap, NULL, &source, &expr, &err);
    FUZZ_CHECK((st == CHURN_OK) == (expr != NULL), "status %d", st);
    FUZZ_CHECK(st == CHURN_OK || (findings > 0 && err.status == st && err.line > 0), "status %d",
               st);
    FUZZ_CHECK(st != CHURN_E_INTERNAL && st != CHURN_E_NOMEM, "%s", err.message);
    return expr;
}

static churn__truth run_row(const churn__expr *expr, uint32_t row)
{
    churn_error err = {.struct_size = sizeof err};
    churn__value value = {0};
    churn__truth truth = CHURN__ERROR;
    churn_status st =
        churn__expr_value(expr, scope_columns, row, scope_scratch, &value, &truth, &err);
    FUZZ_CHECK(st == CHURN_OK, "%s", err.message);
    if (truth == CHURN__ERROR) {
        FUZZ_CHECK(err.detail >= CHURN__EXPR_RUN_OVERFLOW && err.line > 0, "%s", err.message);
    } else if (truth == CHURN__TRUE && value.type == CHURN__TYPE_STRING) {
        FUZZ_CHECK(churn__utf8_fault(value.as.s.ptr, value.as.s.len) == SIZE_MAX, "not UTF-8");
    } else if (truth == CHURN__TRUE && value.type == CHURN__TYPE_BOOL) {
        return value.as.b ? CHURN__TRUE : CHURN__FALSE;
    }
    return truth;
}

static void check_unknown(const churn__expr *expr, uint32_t row)
{
    uint32_t slots[SCOPE_NAMES];
    uint32_t count = churn__expr_blame(expr, scope_columns, row, scope_scratch, slots, SCOPE_NAMES);
    FUZZ_CHECK(churn__expr_can_be_unknown(expr), "row %u is unknown", row);
    FUZZ_CHECK(count <= SCOPE_NAMES, "%u slots", count);
}

static void check_explained(const churn__expr *expr)
{
    churn_table *table = NULL;
    churn_status st = churn__expr_explain(expr, scope_columns, 1, scope_heap, &table, NULL);
    FUZZ_CHECK(st == CHURN_OK || st == CHURN_E_LIMIT, "status %d", st);
    churn_table_free(table);
}

static void check_together(const churn__expr *expr, const churn__truth *rows)
{
    churn__truth out[SCOPE_ROWS], first[SCOPE_ROWS], last[SCOPE_ROWS];
    churn__truth *const outs[] = {first, NULL, last};
    const churn__expr *const exprs[] = {expr, expr, expr};
    churn__expr_group *group = NULL;
    FUZZ_CHECK(churn__expr_truth(expr, scope_columns, SCOPE_ROWS, scope_scratch, out, NULL) ==
                   CHURN_OK,
               "columns");
    FUZZ_CHECK(churn__expr_group_create(scope_heap, exprs, 3, &group, NULL) == CHURN_OK, "group");
    FUZZ_CHECK(churn__expr_group_truth(group, scope_columns, SCOPE_ROWS, scope_scratch, outs,
                                       NULL) == CHURN_OK,
               "group");
    churn__expr_group_free(group);
    for (uint32_t row = 0; row < SCOPE_ROWS; row++) {
        FUZZ_CHECK(rows[row] == out[row], "row %u: %d, as columns %d", row, rows[row], out[row]);
        FUZZ_CHECK(rows[row] == first[row] && rows[row] == last[row], "row %u: %d, in a group %d",
                   row, rows[row], first[row]);
    }
}

static void check_expr(const churn__expr *expr)
{
    churn__truth rows[SCOPE_ROWS];
    for (uint32_t row = 0; row < SCOPE_ROWS; row++) {
        rows[row] = run_row(expr, row);
        if (rows[row] == CHURN__UNKNOWN) {
            check_unknown(expr, row);
        }
    }
    if (churn__expr_type(expr) == CHURN__TYPE_BOOL) {
        check_together(expr, rows);
    }
    check_explained(expr);
}

/* What is no condition becomes one, so that columns compute it too. */
static void check_as_condition(churn_str text, uint32_t flags)
{
    churn__buf twice;
    churn__buf_init(&twice, scope_heap);
    churn__buf_text(&twice, "(");
    churn__buf_str(&twice, text);
    churn__buf_text(&twice, "\n) == (");
    churn__buf_str(&twice, text);
    churn__buf_text(&twice, "\n)");
    churn__expr *expr = compile(churn__buf_view(&twice), flags);
    if (expr != NULL) {
        check_expr(expr);
    }
    churn__expr_free(expr);
    churn__buf_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const churn_str text = {(const char *)data, size};
    scope_open();
    for (uint32_t flags = 0; flags <= CHURN__EXPR_STRICT_CEL; flags++) {
        churn__expr *expr = compile(text, flags);
        if (expr == NULL) {
            continue;
        }
        check_expr(expr);
        if (churn__expr_type(expr) != CHURN__TYPE_BOOL) {
            check_as_condition(text, flags);
        }
        churn__expr_free(expr);
    }
    return 0;
}
