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
};

#endif
