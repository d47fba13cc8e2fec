/* SPDX-License-Identifier: MIT */
#include "playbook/report.h"

#include "base/sort.h"
#include "table/table.h"

#define MESSAGE_MAX 480
#define CODE_SIZE 8

/* How each code ends a call: CHURN_E_<status>, or CHURN_OK for warnings. */
typedef struct rule {
    int32_t code;
    churn_status status;
} rule;

#define CHURN_E_OK CHURN_OK
static const rule rules[] = {
#define DIAGNOSTIC(number, name, severity, status) {number, CHURN_E_##status},
#include "playbook/diagnostics.inc"
#undef DIAGNOSTIC
};

static churn_status status_of(int32_t code)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].code == code) {
            return rules[i].status;
        }
    }
    return CHURN_E_CONFIG;
}

void report_init(report *to, churn__arena *arena, uint32_t limit)
{
    *to = (report){.arena = arena, .limit = limit};
}

void report_clear(report *to)
{
    churn__free_array(to->arena->heap, to->findings, to->capacity, sizeof *to->findings);
    *to = (report){0};
}

bool report_open(const report *to)
{
    return !to->failed && to->count < to->limit;
}

void report_add_status(report *to, int32_t code, churn_status status, report_place place,
                       churn_str message)
{
    to->errors += status != CHURN_OK;
    if (!report_open(to)) {
        to->dropped++;
        return;
    }
    churn_str kept = churn__arena_str(to->arena, message.ptr, message.len);
    if (kept.ptr == NULL || !churn__grow(to->arena->heap, (void **)&to->findings, &to->capacity,
                                         to->count + 1, sizeof *to->findings)) {
        to->failed = true;
        return;
    }
    to->findings[to->count] = (finding){.code = code,
                                        .line = place.line,
                                        .column = place.column,
                                        .sequence = (uint32_t)to->count,
                                        .status = status,
                                        .part = to->part,
                                        .message = kept,
                                        .expected = place.expected,
                                        .suggestion = place.suggestion};
    to->count++;
}

void report_add(report *to, diagnostic code, report_place place, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    size_t len = churn__formatv(message, sizeof message, format, args);
    va_end(args);
    report_add_status(to, (int32_t)code, status_of((int32_t)code), place,
                      (churn_str){message, len});
}

void report_strict(report *to)
{
    for (size_t i = 0; i < to->count; i++) {
        if (to->findings[i].status == CHURN_OK) {
            to->findings[i].status = CHURN_E_CONFIG;
            to->errors++;
        }
    }
}

static int compare_findings(const void *a, const void *b, const void *context)
{
    (void)context;
    const finding *left = a, *right = b;
    if (left->line != right->line) {
        return left->line < right->line ? -1 : 1;
    }
    if (left->column != right->column) {
        return left->column < right->column ? -1 : 1;
    }
    return left->sequence < right->sequence ? -1 : 1;
}

static bool is_same(const finding *a, const finding *b)
{
    return a->line == b->line && a->column == b->column && a->code == b->code &&
           a->part.ptr == b->part.ptr && churn__str_eq(a->message, b->message);
}

/* What cases of a test share is found once in each of them. */
static void drop_repeated(report *to)
{
    size_t kept = 0;
    for (size_t i = 0; i < to->count; i++) {
        const finding *one = &to->findings[i];
        size_t j = kept;
        while (j > 0 && to->findings[j - 1].line == one->line &&
               !is_same(&to->findings[j - 1], one)) {
            j--;
        }
        if (j > 0 && is_same(&to->findings[j - 1], one)) {
            to->errors -= one->status != CHURN_OK;
        } else {
            to->findings[kept++] = *one;
        }
    }
    to->count = kept;
}

void report_sort(report *to)
{
    if (!churn__sort(to->arena->heap, to->findings, to->count, sizeof *to->findings,
                     compare_findings, NULL)) {
        to->failed = true;
    } else {
        drop_repeated(to);
    }
}

/* "CH0203" */
static churn_str code_text(int32_t code, char out[CODE_SIZE])
{
    out[0] = 'C';
    out[1] = 'H';
    for (int i = 5; i >= 2; i--) {
        out[i] = (char)('0' + code % 10);
        code /= 10;
    }
    out[6] = '\0';
    return (churn_str){out, 6};
}

/* Mixed faults are faults of configuration; faults of one sort are that sort. */
static churn_status status_of_all(const report *from, const finding **first)
{
    churn_status st = CHURN_OK;
    *first = NULL;
    for (size_t i = 0; i < from->count; i++) {
        churn_status own = from->findings[i].status;
        if (own == CHURN_OK) {
            continue;
        }
        if (*first == NULL) {
            *first = &from->findings[i];
            st = own;
        } else if (own != st) {
            st = CHURN_E_CONFIG;
        }
    }
    return st != CHURN_OK || from->errors == 0 ? st : CHURN_E_CONFIG;
}

churn_status report_status(const report *from, churn_str file, churn_error *err)
{
    const finding *first = NULL;
    churn_status st = status_of_all(from, &first);
    if (st == CHURN_OK) {
        return st;
    }
    if (first == NULL) {
        return churn__fail(err, st, DIAGNOSTIC_more, "%S: %u errors, of which none is kept", &file,
                           from->errors);
    }
    char code[CODE_SIZE];
    churn_str code_name = code_text(first->code, code);
    file = first->part.ptr == NULL ? file : first->part;
    if (from->errors == 1) {
        return churn__fail_at(err, st, first->code, first->line, first->column, CHURN_ROW_NONE,
                              "%S:%u:%u: %S: %s", &file, (uint64_t)first->line,
                              (uint64_t)first->column, &code_name, first->message.ptr);
    }
    return churn__fail_at(err, st, first->code, first->line, first->column, CHURN_ROW_NONE,
                          "%S:%u:%u: %S: %s (the first of %u errors)", &file, (uint64_t)first->line,
                          (uint64_t)first->column, &code_name, first->message.ptr, from->errors);
}

/* ---- as a table ---- */

typedef struct columns {
    uint32_t severity, code, file, line, column, message, expected, suggestion;
} columns;

static columns columns_declare(churn__table_builder *builder)
{
    return (columns){
        .severity = churn__table_column(builder, "severity", CHURN_COLUMN_STRING),
        .code = churn__table_column(builder, "code", CHURN_COLUMN_STRING),
        .file = churn__table_column(builder, "file", CHURN_COLUMN_STRING),
        .line = churn__table_column(builder, "line", CHURN_COLUMN_INT),
        .column = churn__table_column(builder, "column", CHURN_COLUMN_INT),
        .message = churn__table_column(builder, "message", CHURN_COLUMN_STRING),
        .expected = churn__table_column(builder, "expected", CHURN_COLUMN_STRING),
        .suggestion = churn__table_column(builder, "suggestion", CHURN_COLUMN_STRING),
    };
}

static void row_add(churn__table_builder *builder, const columns *to, const finding *from,
                    churn_str file)
{
    char code[CODE_SIZE];
    bool error = from->status != CHURN_OK;
    churn__table_add_string(builder, to->severity,
                            error ? CHURN__STR("error") : CHURN__STR("warning"));
    churn__table_add_string(builder, to->code, code_text(from->code, code));
    churn__table_add_string(builder, to->file, from->part.ptr == NULL ? file : from->part);
    churn__table_add_int(builder, to->line, from->line);
    churn__table_add_int(builder, to->column, from->column);
    churn__table_add_string(builder, to->message, from->message);
    churn__table_add_string(builder, to->expected, from->expected);
    churn__table_add_string(builder, to->suggestion, from->suggestion);
}

static void row_add_dropped(churn__table_builder *builder, const columns *to, const report *from,
                            churn_str file)
{
    char message[MESSAGE_MAX];
    size_t len =
        churn__format(message, sizeof message, "%u more findings are not listed", from->dropped);
    finding more = {
        .code = DIAGNOSTIC_more, .status = status_of(DIAGNOSTIC_more), .message = {message, len}};
    const finding *last = from->count > 0 ? &from->findings[from->count - 1] : &more;
    more.line = last->line;
    more.column = last->column;
    row_add(builder, to, &more, file);
}

churn_status report_table(const report *from, churn__heap *heap, churn_str file, churn_table **out,
                          churn_error *err)
{
    *out = NULL;
    if (from->count == 0 && from->dropped == 0) {
        return CHURN_OK;
    }
    churn__table_builder *builder = churn__table_begin(heap, from->count + 1);
    if (builder == NULL) {
        return churn__fail_memory(err, heap);
    }
    columns to = columns_declare(builder);
    for (size_t i = 0; i < from->count; i++) {
        row_add(builder, &to, &from->findings[i], file);
    }
    if (from->dropped > 0) {
        row_add_dropped(builder, &to, from, file);
    }
    return churn__table_finish(builder, out, err);
}
