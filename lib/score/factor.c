/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "score/score_inside.h"

/* Where `value` lies between two points, in [0, 1]; halves where the distance overflows. */
static double factor_share(double low, double high, double value)
{
    double width = high - low;
    if (isfinite(width)) {
        return (value - low) / width;
    }
    return (value / 2 - low / 2) / (high / 2 - low / 2);
}

/* The straight line from a to b; never beyond either, whatever rounding does. */
static double factor_between(const churn__point *a, const churn__point *b, double value)
{
    double y = a->y + (b->y - a->y) * factor_share(a->x, b->x, value);
    double least = a->y < b->y ? a->y : b->y, greatest = a->y < b->y ? b->y : a->y;
    return y < least ? least : y > greatest ? greatest : y;
}

double churn__factor_points(const churn__factor_def *factor, double value)
{
    const churn__point *points = factor->points;
    uint32_t n = factor->point_count;
    if (n == 0) {
        return 0;
    }
    uint32_t above = 0; /* first point beyond the value */
    while (above < n && points[above].x <= value) {
        above++;
    }
    if (above == 0) {
        return points[0].y;
    }
    if (above == n || factor->steps) {
        return points[above - 1].y;
    }
    return factor_between(&points[above - 1], &points[above], value);
}

void churn__factor_range(const churn__factor_def *factor, double *least, double *greatest)
{
    *least = factor->point_count == 0 ? 0 : factor->points[0].y;
    *greatest = *least;
    for (uint32_t i = 1; i < factor->point_count; i++) {
        *least = fmin(*least, factor->points[i].y);
        *greatest = fmax(*greatest, factor->points[i].y);
    }
}

double churn__factor_substitute(const churn__factor_def *factor)
{
    double least = 0, greatest = 0;
    churn__factor_range(factor, &least, &greatest);
    switch (factor->missing) {
    case CHURN__FACTOR_VALUE:
        return churn__factor_points(factor, factor->missing_value);
    case CHURN__FACTOR_WORST:
        return least;
    case CHURN__FACTOR_BEST:
        return greatest;
    case CHURN__FACTOR_EXCLUDE:
    default:
        return (double)NAN;
    }
}

static double factor_number(const churn__column *column, uint32_t row)
{
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

void churn__score_fetch(const churn__column *column, uint32_t first, uint32_t n, double *out)
{
    const churn__missing *missing = column->missing;
    for (uint32_t i = 0; i < n; i++) {
        bool there = missing == NULL || missing[first + i] == CHURN__PRESENT;
        out[i] = there ? factor_number(column, first + i) : (double)NAN;
    }
}
