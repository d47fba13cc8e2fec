/* SPDX-License-Identifier: MIT */
#include "playbook/build.h"

#include <stddef.h>

/*
 * Questions: expressions that come after the playbook, over the same names. A question sees the
 * playbook through a copy of its definitions, to which it may add without touching what others
 * share.
 */
#define SUGGEST_BUDGET 200000

struct churn__question {
    churn_playbook view;
    builder b;
    churn__arena arena; /* what the question adds */
    churn__expr **exprs;
    size_t expr_count, expr_capacity;
};

/* Everything of a playbook but its life. */
static void view_make(churn_playbook *view, const churn_playbook *of)
{
    size_t from = offsetof(churn_playbook, limits);
    memcpy((char *)view + from, (const char *)of + from, sizeof *view - from);
}

static bool keep_parameters(builder *b, const churn__question_parameter *given, uint32_t count)
{
    parameter *own = b_array(b, count, sizeof *own);
    for (uint32_t i = 0; own != NULL && i < count; i++) {
        own[i].name = b_join(b, "params.", given[i].name, "");
        own[i].value = given[i].value;
        if (own[i].value.type == CHURN__TYPE_STRING) {
            own[i].value.as.s = b_keep(b, own[i].value.as.s);
        }
    }
    b->parameters = own;
    b->parameter_count = own == NULL ? 0 : count;
    return b->st == CHURN_OK;
}

churn__question *churn__question_create(churn__heap *heap, const churn_playbook *playbook,
                                        const churn__question_parameter *parameters, uint32_t count)
{
    churn__question *q = churn__alloc_zero(heap, sizeof *q);
    if (q == NULL) {
        return NULL;
    }
    view_make(&q->view, playbook);
    q->view.heap = heap;
    churn__arena_init(&q->arena, heap);
    q->b = (builder){
        .pb = &q->view, .heap = heap, .arena = &q->arena, .suggest_budget = SUGGEST_BUDGET};
    churn__arena_init(&q->b.scratch, heap);
    report_init(&q->b.report, &q->b.scratch, playbook->limits.diagnostics);
    if (!keep_parameters(&q->b, parameters, count)) {
        churn__question_free(q);
        return NULL;
    }
    return q;
}

void churn__question_free(churn__question *q)
{
    if (q == NULL) {
        return;
    }
    churn__heap *heap = q->b.heap;
    for (size_t i = 0; i < q->expr_count; i++) {
        churn__expr_free(q->exprs[i]);
    }
    churn__free_array(heap, q->exprs, q->expr_capacity, sizeof(churn__expr *));
    b_registries_clear(&q->b);
    b_called_clear(&q->b);
    report_clear(&q->b.report);
    churn__arena_clear(&q->b.scratch);
    churn__arena_clear(&q->arena);
    churn__free(heap, q, sizeof *q);
}

static const churn__expr *compile_in(churn__question *q, churn_str part, churn_str text,
                                     uint32_t column, churn__type want,
                                     const churn__expr_scope *scope)
{
    builder *b = &q->b;
    const churn__yaml_node node = {.kind = CHURN__YAML_SCALAR,
                                   .line = 1,
                                   .column = column,
                                   .plain = true,
                                   .one_line = true,
                                   .text = text};
    if (!churn__grow(b->heap, (void **)&q->exprs, &q->expr_capacity, q->expr_count + 1,
                     sizeof(churn__expr *))) {
        b_no_memory(b);
        return NULL;
    }
    b->report.part = b_keep(b, part);
    churn__expr *expr = b_expression(b, &node, scope, want);
    b_called(b);
    if (expr != NULL) {
        q->exprs[q->expr_count++] = expr;
    }
    return expr;
}

const churn__expr *churn__question_compile(churn__question *q, churn_str part, churn_str text,
                                           uint32_t column, churn__type want)
{
    const churn__expr_scope scope = b_scope(&q->b);
    return compile_in(q, part, text, column, want, &scope);
}

const churn__expr *churn__question_compile_event(churn__question *q, churn_str part, churn_str text)
{
    const churn__expr_scope scope = b_event_scope(&q->b);
    return compile_in(q, part, text, 1, CHURN__TYPE_BOOL, &scope);
}

uint32_t churn__question_slot(const churn__question *q, churn_str text)
{
    return b_slot_of_name(&q->view, text);
}

void churn__question_blame(churn__question *q, churn_str part, const char *message)
{
    q->b.report.part = b_keep(&q->b, part);
    report_add(&q->b.report, DIAGNOSTIC_wrong_type, (report_place){.line = 1, .column = 1}, "%s",
               message);
}

churn_status churn__question_verdict(churn__question *q, churn_table **diagnostics,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    if (q->b.st != CHURN_OK || q->b.report.failed) {
        return churn__fail_memory(err, q->b.heap);
    }
    if (diagnostics != NULL) {
        CHURN_TRY(report_table(&q->b.report, q->b.heap, CHURN__STR("where"), diagnostics, err));
    }
    st = report_status(&q->b.report, CHURN__STR("where"), err);
done:
    return st;
}

const churn_playbook *churn__question_view(const churn__question *q)
{
    return &q->view;
}

const churn__expr *const *churn__question_expressions(const churn__question *q, uint32_t *count)
{
    *count = (uint32_t)q->expr_count;
    return (const churn__expr *const *)q->exprs;
}
