/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "expr/ast.h"
#include "table/table.h"

/* The functions of the language as a table: a row a way to call one. */

static const char *type_text(churn__type type)
{
    return type == 0 ? "any" : type == EXPR_TYPE_LIST ? "list" : churn__type_name(type);
}

/* A function of numbers without end has one argument that stands for all. */
static void put_arguments(churn__buf *out, const expr_function *f)
{
    bool many = f->most == EXPR_ANY_COUNT;
    for (uint32_t i = 0; i < f->most && i < 2 && !(many && i > 0); i++) {
        churn__buf_text(out, i > 0 ? ", " : "");
        churn__buf_text(out, type_text(f->args[i]));
        churn__buf_text(out, i >= f->least ? "?" : "");
    }
    churn__buf_text(out, many ? ", ..." : "");
}

static void put_call(churn__buf *out, const expr_function *f, bool method)
{
    static const char *const names[] = {"x", "y"};
    churn__buf_text(out, method ? "x." : "");
    churn__buf_text(out, f->name);
    churn__buf_char(out, '(');
    for (uint32_t i = method ? 1 : 0; i < f->most && i < 2; i++) {
        churn__buf_text(out, i > (method ? 1u : 0u) ? ", " : "");
        churn__buf_text(out, names[i]);
    }
    churn__buf_text(out, f->most == EXPR_ANY_COUNT ? ", ...)" : ")");
}

static void put_row(churn__table_builder *table, churn__buf *text, const expr_function *f,
                    bool method)
{
    static const char *const origins[] = {
        [EXPR_OF_CEL] = "CEL", [EXPR_OF_CEL_MATH] = "CEL extension", [EXPR_OF_CHURN] = "libchurn"};
    churn__table_add_string(table, 0, churn__str_nts(f->name));
    churn__buf_reset(text);
    put_call(text, f, method);
    churn__table_add_string(table, 1, churn__buf_view(text));
    churn__buf_reset(text);
    put_arguments(text, f);
    churn__table_add_string(table, 2, churn__buf_view(text));
    churn__table_add_string(table, 3, churn__str_nts(type_text(f->result)));
    churn__table_add_string(table, 4, churn__str_nts(f->doc));
    churn__table_add_string(table, 5, churn__str_nts(f->example));
    churn__table_add_string(table, 6, churn__str_nts(origins[f->origin]));
}

static churn_status fill(churn__heap *heap, churn_table **out, churn_error *err)
{
    static const char *const names[] = {"name",        "call",    "arguments", "result",
                                        "description", "example", "standard"};
    uint32_t count = 0;
    const expr_function *functions = churn__expr_functions(&count);
    churn__table_builder *table = churn__table_begin(heap, 2u * count);
    churn__buf text;
    if (table == NULL) {
        return churn__fail_memory(err, heap);
    }
    churn__buf_init(&text, heap);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        churn__table_column(table, names[i], CHURN_COLUMN_STRING);
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t style = EXPR_GLOBAL; style <= EXPR_METHOD; style <<= 1) {
            if ((functions[i].style & style) != 0) {
                put_row(table, &text, &functions[i], style == EXPR_METHOD);
            }
        }
    }
    bool failed = text.failed;
    churn__buf_clear(&text);
    if (failed) {
        churn__table_abandon(table);
        return churn__fail_memory(err, heap);
    }
    return churn__table_finish(table, out, err);
}

churn_status churn_expression_functions(churn_table **out, churn_error *err)
{
    if (out == NULL) {
        return churn__fail_null(err, "churn_expression_functions", "out");
    }
    *out = NULL;
    churn__heap *heap = churn__heap_create(NULL, 0);
    churn_status st = heap != NULL ? fill(heap, out, err) : churn__fail_memory(err, NULL);
    churn__heap_release(heap);
    return st;
}
