/* SPDX-License-Identifier: MIT */
#ifndef CHURN_EXPR_ROW_H
#define CHURN_EXPR_ROW_H

#include "expr/program.h"

/* What the files of the row machine share: how an instruction hands over what it came to. */
static inline void expr_fault(const expr_code *code, uint8_t reason, expr_cell *out)
{
    out->state = EXPR_ERROR;
    out->code = reason;
    out->at = code->at;
}

static inline void expr_give_bool(bool value, expr_cell *out)
{
    out->state = expr_from_bool(value);
}

static inline void expr_give_int(int64_t value, expr_cell *out)
{
    out->state = EXPR_OK;
    out->as.i = value;
}

static inline void expr_give_double(double value, expr_cell *out)
{
    out->state = EXPR_OK;
    out->as.d = value;
}

void churn__expr_step_text(const expr_code *code, const expr_cell *a, const expr_cell *b,
                           expr_cell *out, expr_run *run);
bool churn__expr_matches(const churn__regex *regex, churn_str text);
void churn__expr_step_time(const expr_code *code, const expr_cell *a, const expr_cell *b,
                           expr_cell *out, expr_run *run);
/* A copy of a text that evaluation made. */
void churn__expr_give_text(const expr_code *code, churn_str s, expr_cell *out, expr_run *run);
void churn__expr_step_convert(const expr_code *code, const expr_cell *a, expr_cell *out);

#endif
