/* SPDX-License-Identifier: MIT */
#include <churn/expression.h>

#include "expr/print.h"

/* Reading a text for nothing but writing it again in the one way. */

churn_status churn__expr_format(churn__heap *heap, const churn_limits *limits, churn_str text,
                                churn__buf *out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__arena arena;
    const churn__expr_source source = {.text = text};
    expr_comp comp = {.heap = heap, .arena = &arena, .text = text, .source = &source, .err = err};
    churn__arena_init(&arena, heap);
    CHURN_TRY(churn__limits_resolve(limits, &comp.limits, err));
    CHURN_TRY(churn__expr_read(&comp));
    CHURN_TRY(comp.first);
    churn__expr_print(&comp, (uint32_t)comp.node_count - 1, out);
    if (out->failed) {
        st = churn__fail_memory(err, heap);
    }
done:
    churn__expr_clear(&comp);
    churn__arena_clear(&arena);
    return st;
}

static churn_status format_into(churn__heap *heap, const churn_limits *limits, churn_str text,
                                churn_buffer **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__buf made;
    churn__buf_init(&made, heap);
    CHURN_TRY(churn__expr_format(heap, limits, text, &made, err));
    *out = churn__buffer_make(heap, made.data, made.size);
    if (*out == NULL) {
        st = churn__fail_memory(err, heap);
    }
done:
    churn__buf_clear(&made);
    return st;
}

churn_status churn_expression_format(const char *text, size_t len,
                                     const churn_expression_options *options, churn_buffer **out,
                                     churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_expression_options known = {0};
    churn_limits limits = {0};
    churn__heap *heap = NULL;
    if (text == NULL || out == NULL) {
        return churn__fail_null(err, "churn_expression_format", text == NULL ? "text" : "out");
    }
    *out = NULL;
    CHURN_TRY(churn__copy_struct(&known, sizeof known, options, "churn_expression_options", err));
    if ((known.flags & ~CHURN_EXPRESSION_STRICT_CEL) != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_expression_format: options.flags has unknown bits");
    }
    CHURN_TRY(churn__limits_resolve(known.limits, &limits, err));
    heap = churn__heap_create(known.allocator, limits.memory_bytes);
    if (heap == NULL) {
        st = churn__fail_memory(err, NULL);
        goto done;
    }
    CHURN_TRY(format_into(heap, &limits, churn__str_arg(text, len), out, err));
done:
    churn__heap_release(heap);
    return st;
}
