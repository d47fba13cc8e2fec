/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_PRINT_H
#define CHURN_EXPR_PRINT_H

#include "expr/ast.h"

/* The canonical text of a node and what is below it. */
void churn__expr_print(const expr_comp *comp, uint32_t root, churn__buf *out);
/* A string literal: double quotes, the shortest escapes. */
void churn__expr_print_string(churn_str text, churn__buf *out);

#endif
