/* SPDX-License-Identifier: MIT */
#include "expr/vector.h"

/*
 * What an instruction costs, in comparisons of numbers, and how often it is true: guesses, only for
 * the order of what is joined by && and ||. Results and errors do not depend on it.
 */

bool churn__expr_makes_text(uint8_t op)
{
    return op == OP_CONCAT || op == OP_D2S || op == OP_I2S || op == OP_T2S || op == OP_TN2S ||
           op == OP_U2S;
}

double churn__expr_cost(const expr_code *code)
{
    switch (code->op) {
    case OP_AND:
    case OP_OR:
    case OP_NOT:
    case OP_ANY:
    case OP_HAS:
    case OP_CMP_B:
    case OP_DIFFER:
        return 0.1;
    case OP_CMP_D:
    case OP_CMP_I:
    case OP_CMP_ID:
    case OP_ADD_D:
    case OP_SUB_D:
    case OP_MUL_D:
    case OP_DIV_D:
    case OP_NEG_D:
    case OP_MIN_D:
    case OP_MAX_D:
    case OP_FINITE:
    case OP_I2D:
        return 1;
    case OP_ADD_I:
    case OP_SUB_I:
    case OP_MUL_I:
    case OP_NEG_I:
    case OP_MIN_I:
    case OP_MAX_I:
    case OP_SELECT:
        return 3;
    case OP_CMP_S:
        return code->cmp <= EXPR_NE ? 8 : 15;
    case OP_IN_SET:
        return code->type == CHURN__TYPE_STRING ? 10 : 2 + code->set->count;
    case OP_DIV_I:
    case OP_MOD_I:
    case OP_CONTAINS:
    case OP_STARTS:
    case OP_ENDS:
    case OP_SIZE_S:
        return 20;
    case OP_MATCHES:
        return 200;
    default:
        return 60;
    }
}

double churn__expr_odds(const expr_code *code)
{
    static const double by_cmp[] = {
        [EXPR_EQ] = 0.1, [EXPR_NE] = 0.9, [EXPR_LT] = 0.4,
        [EXPR_LE] = 0.4, [EXPR_GT] = 0.4, [EXPR_GE] = 0.4,
    };
    switch (code->op) {
    case OP_CMP_B:
    case OP_CMP_D:
    case OP_CMP_I:
    case OP_CMP_S:
    case OP_CMP_ID:
        return by_cmp[code->cmp];
    case OP_IN_SET:
        return 0.3;
    case OP_CONTAINS:
    case OP_STARTS:
    case OP_ENDS:
    case OP_MATCHES:
        return 0.2;
    case OP_HAS:
        return 0.9;
    default:
        return 0.5;
    }
}
