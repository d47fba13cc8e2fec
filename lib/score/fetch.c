/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "score/score_inside.h"

/* Inputs of factors out of columns. */

double churn__score_number(const churn__column *column, uint32_t row)
{
    if (!churn__column_has(column, row) || column->values == NULL) {
        return (double)NAN;
    }
    switch (column->type) {
    case CHURN__TYPE_DOUBLE: {
        double value = ((const double *)column->values)[row];
        return isfinite(value) ? value : (double)NAN;
    }
    case CHURN__TYPE_INT:
        return (double)((const int64_t *)column->values)[row];
    case CHURN__TYPE_BOOL:
        return ((const uint8_t *)column->values)[row] != 0;
    default:
        return (double)NAN;
    }
}

/* Whether a run of doubles is all there and finite. */
static bool fetch_is_whole(const churn__column *column, uint32_t first, uint32_t n)
{
    const double *values = (const double *)column->values + first;
    uint64_t bad = 0;
    for (uint32_t i = 0; column->missing != NULL && i < n; i++) {
        bad |= column->missing[first + i];
    }
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        memcpy(&bits, &values[i], sizeof bits);
        /* an exponent of nothing but ones carries into the sign */
        bad |= ((bits & UINT64_C(0x7ff0000000000000)) + UINT64_C(0x0010000000000000)) >> 63;
    }
    return bad == 0;
}

bool churn__score_fetch(const churn__column *column, const churn__score_rows *rows, double *out)
{
    bool plain = column->type == CHURN__TYPE_DOUBLE && column->values != NULL &&
                 (column->missing != NULL || column->valid == NULL);
    bool lacks = false;
    if (plain && rows->at == NULL && fetch_is_whole(column, rows->first, rows->n)) {
        memcpy(out, (const double *)column->values + rows->first, rows->n * sizeof *out);
        return false;
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        out[i] = churn__score_number(column, churn__score_row(rows, i));
        lacks = lacks || isnan(out[i]);
    }
    return lacks;
}

churn__missing churn__score_why(const churn__column *column, uint32_t row)
{
    if (column->missing != NULL && column->missing[row] != CHURN__PRESENT) {
        return column->missing[row];
    }
    if (!churn__column_has(column, row)) {
        return CHURN__NOT_PROVIDED;
    }
    return column->type == CHURN__TYPE_STRING || column->type == CHURN__TYPE_BOOL
               ? CHURN__EMPTY /* a word that no points are given for */
               : CHURN__NON_FINITE;
}

/* ---- expressions ---- */

#define BLAMED_MOST 32u

/* Of the inputs that an expression lacks, the worst reason. */
static churn__missing fetch_blame(const churn__expr *expr, const churn__score_in *in, uint32_t row,
                                  churn__expr_scratch *scratch)
{
    uint32_t slots[BLAMED_MOST];
    uint32_t count = churn__expr_blame(expr, in->columns, row, scratch, slots, BLAMED_MOST);
    churn__missing why = CHURN__PRESENT;
    for (uint32_t i = 0; i < count; i++) {
        const churn__column *column = &in->columns[slots[i]];
        bool there = churn__column_has(column, row);
        why = churn__missing_worse(why, there ? CHURN__PRESENT : churn__score_why(column, row));
    }
    return why != CHURN__PRESENT ? why : CHURN__NOT_PROVIDED;
}

static double fetch_value(const churn__value *value)
{
    double number = value->type == CHURN__TYPE_DOUBLE ? value->as.d
                    : value->type == CHURN__TYPE_INT  ? (double)value->as.i
                    : value->type == CHURN__TYPE_BOOL ? (value->as.b ? 100 : 0)
                                                      : (double)NAN;
    return number < 0 ? 0 : number > 100 ? 100 : number;
}

churn_status churn__score_expression(const churn__factor_def *factor, const churn__score_in *in,
                                     uint32_t row, churn__expr_scratch *scratch, double *points,
                                     churn__missing *why, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn_error inner;
    churn__value value = {0};
    churn__truth truth = CHURN__ERROR;
    churn_error_init(&inner, sizeof inner);
    *points = (double)NAN;
    st = churn__expr_value(factor->expr, in->columns, row, scratch, &value, &truth, &inner);
    if (st != CHURN_OK) {
        return churn__fail(err, st, inner.detail, "%s", inner.message);
    }
    if (truth == CHURN__TRUE && value.missing == CHURN__PRESENT) {
        *points = fetch_value(&value);
    }
    *why = !isnan(*points)           ? CHURN__PRESENT
           : truth == CHURN__UNKNOWN ? fetch_blame(factor->expr, in, row, scratch)
                                     : CHURN__NON_FINITE;
    return CHURN_OK;
}
