/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_EXPRESSION_INSIDE_H
#define CHURN_EXPR_EXPRESSION_INSIDE_H

#include "expr/batch.h"

/* What a public expression is made of. */
struct churn_expression {
    churn__heap *heap;
    churn__expr *expr;
    churn__arena arena;
    uint32_t count; /* variables */
    const churn_str *names;
    const churn__type *types;
    /* a template: then `expr` only says what it reads */
    churn__template *tmpl;
    churn__zone *zone; /* NULL: UTC */
    churn_time now;
    uint32_t text_count; /* variables of text that are used */
    const uint32_t *texts;
    bool is_simple; /* evaluated for one record without memory of the heap's */
    const bool *nullable;
};

churn_status churn__expression_compile_template(churn_expression *made, const churn_limits *limits,
                                                const churn_expression_options *options,
                                                const churn__expr_source *source, churn_error *err);
/* What a template says of one record; the text is in the arena. */
churn_status churn__expression_render(const churn_expression *expression, const churn_value *values,
                                      churn__arena *arena, churn_outcome *outcome,
                                      churn_value *value, churn_error *err);

/* What a public function that compiles was given. */
typedef struct churn__expression_request {
    const char *function;
    const char *text;
    size_t len;
    const churn_variable *variables;
    uint32_t variable_count;
    const churn_expression_options *options;
    void (*report)(void *context, const churn__expr_finding *finding);
    void *report_context;
} churn__expression_request;

churn_status churn__expression_make(const churn__expression_request *in, churn_expression **out,
                                    churn_error *err);

#endif
