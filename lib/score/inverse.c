/* SPDX-License-Identifier: MIT */
#include "score/score_inside.h"

/*
 * Which inputs give at least so many points. A curve is made of pieces: a level one before the
 * first point, a straight line between two, a level one behind the last; steps have level pieces
 * alone. What each piece gives is an interval or nothing, and intervals that touch are one.
 */
typedef struct inverse {
    const churn__factor_def *factor;
    double points, value;
    double low, high; /* the interval that grows; low > high: none */
    double best_low, best_high, best_gap;
} inverse;

static double inverse_gap(double low, double high, double value)
{
    return value < low ? low - value : value > high ? value - high : 0;
}

static void inverse_end(inverse *v)
{
    if (v->low <= v->high) {
        double gap = inverse_gap(v->low, v->high, v->value);
        if (!(gap >= v->best_gap)) {
            v->best_low = v->low;
            v->best_high = v->high;
            v->best_gap = gap;
        }
    }
    v->low = 1;
    v->high = 0;
}

/* Pieces come from left to right; one that goes on where the last one ended makes it longer. */
static void inverse_piece(inverse *v, double low, double high)
{
    if (!(low <= high)) {
        inverse_end(v);
        return;
    }
    if (!(v->low <= v->high) || low > nextafter(v->high, (double)INFINITY)) {
        inverse_end(v);
        v->low = low;
    }
    v->high = high;
}

static bool inverse_gives(const inverse *v, double x)
{
    return churn__factor_points(v->factor, x) >= v->points;
}

#define HALVINGS 2100 /* as many as doubles between any two can be halved, and more */

/* The furthest input from `good` towards `bad` that still gives the points: between them the curve
 * goes one way. */
static double inverse_edge(const inverse *v, double good, double bad)
{
    for (uint32_t i = 0; i < HALVINGS; i++) {
        double middle = good / 2 + bad / 2;
        if (middle == good || middle == bad) {
            break;
        }
        if (inverse_gives(v, middle)) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    return inverse_gives(v, bad) ? bad : good;
}

static void inverse_line(inverse *v, const churn__point *a, const churn__point *b)
{
    bool left = a->y >= v->points, right = b->y >= v->points;
    if (left && right) {
        inverse_piece(v, a->x, b->x);
    } else if (left) {
        inverse_piece(v, a->x, inverse_edge(v, a->x, b->x));
    } else if (right) {
        inverse_piece(v, inverse_edge(v, b->x, a->x), b->x);
    } else {
        inverse_end(v);
    }
}

static void inverse_level(inverse *v, double y, double low, double high)
{
    if (y >= v->points) {
        inverse_piece(v, low, high);
    } else {
        inverse_end(v);
    }
}

static void inverse_curve(inverse *v)
{
    const churn__point *p = v->factor->points;
    uint32_t n = v->factor->point_count;
    inverse_level(v, p[0].y, -(double)INFINITY, p[0].x);
    for (uint32_t i = 1; i < n; i++) {
        inverse_line(v, &p[i - 1], &p[i]);
    }
    inverse_level(v, p[n - 1].y, p[n - 1].x, (double)INFINITY);
}

static void inverse_steps(inverse *v)
{
    const churn__point *p = v->factor->points;
    uint32_t n = v->factor->point_count;
    bool right = v->factor->points_kind == CHURN__POINTS_STEPS_RIGHT;
    double low = -(double)INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        double end = right ? p[i].x : nextafter(i + 1 < n ? p[i + 1].x : 0, -(double)INFINITY);
        double high = i + 1 < n ? end : (double)INFINITY;
        inverse_level(v, p[i].y, low, high);
        low = nextafter(high, (double)INFINITY);
    }
}

bool churn__factor_inverse(const churn__factor_def *factor, double points, double value,
                           double *low, double *high)
{
    inverse v = {.factor = factor,
                 .points = points,
                 .value = value,
                 .low = 1,
                 .high = 0,
                 .best_gap = (double)NAN};
    if (factor->point_count == 0 || factor->points_kind > CHURN__POINTS_STEPS_RIGHT) {
        return false;
    }
    if (factor->points_kind == CHURN__POINTS_CURVE) {
        inverse_curve(&v);
    } else {
        inverse_steps(&v);
    }
    inverse_end(&v);
    if (isnan(v.best_gap)) {
        return false;
    }
    *low = v.best_low;
    *high = v.best_high;
    return true;
}
