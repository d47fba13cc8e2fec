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

static bool fetch_all_zero(const uint8_t *bytes, uint32_t n)
{
    uint64_t any = 0;
    uint32_t i = 0;
    for (; i + sizeof any <= n; i += (uint32_t)sizeof any) {
        uint64_t eight = 0;
        memcpy(&eight, bytes + i, sizeof eight);
        any |= eight;
    }
    for (; i < n; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

/* An exponent of nothing but ones carries into the sign. */
static bool fetch_all_finite(const double *values, uint32_t n)
{
    uint64_t bad = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bits = 0;
        memcpy(&bits, &values[i], sizeof bits);
        bad |= (bits & UINT64_C(0x7ff0000000000000)) + UINT64_C(0x0010000000000000);
    }
    return bad >> 63 == 0;
}

/* All bits of a missing one are set, which is a NaN. */
static double fetch_there(const double *value, churn__missing missing)
{
    uint64_t bits = 0;
    double there = 0;
    memcpy(&bits, value, sizeof bits);
    bits |= UINT64_C(0) - (missing != CHURN__PRESENT);
    memcpy(&there, &bits, sizeof there);
    return there;
}

/* Doubles with reasons of their own: what most columns are. */
static bool fetch_doubles(const churn__column *column, const churn__score_rows *rows, double *out)
{
    const double *values = column->values;
    bool lacks = false;
    if (rows->at == NULL) {
        const churn__missing *missing = column->missing + rows->first;
        for (uint32_t i = 0; i < rows->n; i++) {
            out[i] = fetch_there(&values[rows->first + i], missing[i]);
        }
    } else {
        for (uint32_t i = 0; i < rows->n; i++) {
            out[i] = fetch_there(&values[rows->at[i]], column->missing[rows->at[i]]);
        }
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        double none = out[i] - out[i]; /* 0, or NaN of what is not finite */
        out[i] = none == none ? out[i] : (double)NAN;
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        lacks |= isnan(out[i]);
    }
    return lacks;
}

const double *churn__score_fetch(const churn__column *column, const churn__score_rows *rows,
                                 double *room, bool *lacks)
{
    bool doubles = column->type == CHURN__TYPE_DOUBLE && column->missing != NULL;
    *lacks = false;
    if (doubles && rows->at == NULL && fetch_all_zero(column->missing + rows->first, rows->n) &&
        fetch_all_finite((const double *)column->values + rows->first, rows->n)) {
        return (const double *)column->values + rows->first;
    }
    if (doubles) {
        *lacks = fetch_doubles(column, rows, room);
        return room;
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        room[i] = churn__score_number(column, churn__score_row(rows, i));
        *lacks = *lacks || isnan(room[i]);
    }
    return room;
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

static double fetch_clamped(double number)
{
    return number < 0 ? 0 : number > 100 ? 100 : number;
}

static double fetch_value(const churn__value *value)
{
    double number = value->type == CHURN__TYPE_DOUBLE ? value->as.d
                    : value->type == CHURN__TYPE_INT  ? (double)value->as.i
                    : value->type == CHURN__TYPE_BOOL ? (value->as.b ? 100 : 0)
                                                      : (double)NAN;
    return fetch_clamped(number);
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

churn_status churn__score_expressions(const churn__factor_def *factor, const churn__score_in *in,
                                      uint32_t first, uint32_t n, churn__expr_scratch *scratch,
                                      double *points, churn_error *err)
{
    churn_status st = CHURN_OK;
    double one = churn__expr_type(factor->expr) == CHURN__TYPE_BOOL ? 100 : 1;
    CHURN_TRY(churn__expr_numbers(factor->expr, in->columns, first, n, scratch, points, err));
    for (uint32_t i = 0; i < n; i++) {
        points[i] = fetch_clamped(one * points[i]);
    }
done:
    return st;
}
