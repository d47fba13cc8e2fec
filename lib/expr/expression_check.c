/* SPDX-License-Identifier: MIT */
#include "base/sort.h"
#include "expr/expression_inside.h"
#include "table/table.h"

/* Everything that can be said about a text, as a table. */

typedef struct remark {
    churn_status status;
    int32_t detail;
    uint32_t line, column, sequence;
    churn_str message, suggestion;
} remark;

typedef struct remarks {
    churn__arena arena;
    remark *items;
    size_t count, capacity, errors;
    bool failed; /* no memory */
} remarks;

static void take(void *context, const churn__expr_finding *finding)
{
    remarks *to = context;
    to->errors += finding->status != CHURN_OK;
    if (!churn__grow(to->arena.heap, (void **)&to->items, &to->capacity, to->count + 1,
                     sizeof *to->items)) {
        to->failed = true;
        return;
    }
    remark kept = {.status = finding->status,
                   .detail = finding->detail,
                   .line = finding->line,
                   .column = finding->column,
                   .sequence = (uint32_t)to->count};
    kept.message = churn__arena_str(&to->arena, finding->message.ptr, finding->message.len);
    to->failed = to->failed || kept.message.ptr == NULL;
    if (finding->suggestion.ptr != NULL) {
        kept.suggestion =
            churn__arena_str(&to->arena, finding->suggestion.ptr, finding->suggestion.len);
        to->failed = to->failed || kept.suggestion.ptr == NULL;
    }
    to->items[to->count++] = kept;
}

static int compare(const void *a, const void *b, const void *context)
{
    (void)context;
    const remark *x = a, *y = b;
    if (x->line != y->line) {
        return x->line < y->line ? -1 : 1;
    }
    if (x->column != y->column) {
        return x->column < y->column ? -1 : 1;
    }
    return x->sequence < y->sequence ? -1 : 1;
}

/* "CH1301" for 301: playbooks use the same codes. */
static churn_str code_text(int32_t detail, char out[7])
{
    int32_t code = 1000 + (detail > 0 ? detail : CHURN__EXPR_SYNTAX);
    out[0] = 'C';
    out[1] = 'H';
    for (int i = 5; i >= 2; i--) {
        out[i] = (char)('0' + code % 10);
        code /= 10;
    }
    out[6] = '\0';
    return (churn_str){out, 6};
}

static churn_status make_table(remarks *from, churn__heap *heap, churn_table **out,
                               churn_error *err)
{
    char code[7];
    churn__table_builder *table = churn__table_begin(heap, from->count);
    if (table == NULL ||
        !churn__sort(heap, from->items, from->count, sizeof *from->items, compare, NULL)) {
        churn__table_abandon(table);
        return churn__fail_memory(err, heap);
    }
    uint32_t severity = churn__table_column(table, "severity", CHURN_COLUMN_STRING);
    uint32_t codes = churn__table_column(table, "code", CHURN_COLUMN_STRING);
    uint32_t line = churn__table_column(table, "line", CHURN_COLUMN_INT);
    uint32_t column = churn__table_column(table, "column", CHURN_COLUMN_INT);
    uint32_t message = churn__table_column(table, "message", CHURN_COLUMN_STRING);
    uint32_t suggestion = churn__table_column(table, "suggestion", CHURN_COLUMN_STRING);
    for (size_t i = 0; i < from->count; i++) {
        const remark *one = &from->items[i];
        bool error = one->status != CHURN_OK;
        churn__table_add_string(table, severity,
                                error ? CHURN__STR("error") : CHURN__STR("warning"));
        churn__table_add_string(table, codes, code_text(one->detail, code));
        churn__table_add_int(table, line, one->line);
        churn__table_add_int(table, column, one->column);
        churn__table_add_string(table, message, one->message);
        churn__table_add_string(table, suggestion, one->suggestion);
    }
    return churn__table_finish(table, out, err);
}

/* The heap of what is given back; the caller's allocator is looked at again when compiling. */
static churn_status make_heap(const churn_expression_options *options, churn__heap **out,
                              churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_expression_options known = {0};
    churn_limits limits = {0};
    CHURN_TRY(churn__copy_struct(&known, sizeof known, options, "churn_expression_options", err));
    CHURN_TRY(churn__limits_resolve(known.limits, &limits, err));
    *out = churn__heap_create(known.allocator, limits.memory_bytes);
    if (*out == NULL) {
        st = churn__fail_memory(err, NULL);
    }
done:
    return st;
}

churn_status churn_expression_check(const char *text, size_t len, const churn_variable *variables,
                                    uint32_t variable_count,
                                    const churn_expression_options *options, churn_table **findings,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_expression *made = NULL;
    churn__heap *heap = NULL;
    remarks found = {0};
    churn_error own = {.struct_size = sizeof own};
    const churn__expression_request in = {.function = "churn_expression_check",
                                          .text = text,
                                          .len = len,
                                          .variables = variables,
                                          .variable_count = variable_count,
                                          .options = options,
                                          .report = take,
                                          .report_context = &found};
    if (findings == NULL) {
        return churn__fail_null(err, in.function, "findings");
    }
    *findings = NULL;
    CHURN_TRY(make_heap(options, &heap, err));
    churn__arena_init(&found.arena, heap);
    st = churn__expression_make(&in, &made, &own);
    if (st != CHURN_OK && found.errors == 0) {
        st = churn__fail(err, st, own.detail, "%s", own.message);
        goto done;
    }
    st = found.failed ? churn__fail_memory(err, heap) : make_table(&found, heap, findings, err);
done:
    churn_expression_free(made);
    if (heap != NULL) {
        churn__free_array(heap, found.items, found.capacity, sizeof *found.items);
        churn__arena_clear(&found.arena);
    }
    churn__heap_release(heap);
    return st;
}
