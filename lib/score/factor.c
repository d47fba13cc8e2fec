/* SPDX-License-Identifier: MIT */
#include "score/score_inside.h"

/* How an input becomes points. One input and a block of them give the same bits: the same
 * operations in the same order, without a library's functions. */

/* ---- curves and steps ---- */

/* The straight line from a to b; never beyond either, whatever rounding does. */
static double factor_between(const churn__point *a, const churn__point *b, double value)
{
    double width = b->x - a->x;
    double share =
        isfinite(width) ? (value - a->x) / width : (value / 2 - a->x / 2) / (b->x / 2 - a->x / 2);
    double y = a->y + (b->y - a->y) * share;
    double least = a->y < b->y ? a->y : b->y, greatest = a->y < b->y ? b->y : a->y;
    return y < least ? least : y > greatest ? greatest : y;
}

/* How many points lie before a value, and at it where `with` says so. */
static uint32_t factor_before(const churn__factor_def *factor, double value, bool with)
{
    uint32_t low = 0, n = factor->point_count;
    while (n > 0) {
        double x = factor->points[low + n / 2].x;
        bool before = x < value || (with && x == value);
        low = before ? low + n / 2 + 1 : low;
        n = before ? n - n / 2 - 1 : n / 2;
    }
    return low;
}

/* The first point at or beyond the value. */
static double factor_step_right(const churn__factor_def *factor, double value)
{
    uint32_t i = factor_before(factor, value, false);
    return factor->points[i < factor->point_count ? i : i - 1].y;
}

static double factor_clamp(double points)
{
    return points < 0 ? 0 : points > 100 ? 100 : points;
}

bool churn__factor_knot(const churn__factor_def *factor, double from, bool down, double *out)
{
    uint32_t at = factor_before(factor, from, !down); /* the first beyond, or behind the last */
    if (down ? at == 0 : at == factor->point_count) {
        return false;
    }
    *out = factor->points[down ? at - 1 : at].x;
    return true;
}

double churn__factor_points(const churn__factor_def *factor, double value)
{
    const churn__point *points = factor->points;
    uint32_t n = factor->point_count;
    if (factor->points_kind == CHURN__POINTS_EXPRESSION) {
        return factor_clamp(value);
    }
    if (factor->points_kind == CHURN__POINTS_MAP) {
        return churn__factor_category(factor,
                                      value != 0 ? CHURN__STR("true") : CHURN__STR("false"));
    }
    if (n == 0) {
        return 0;
    }
    if (factor->points_kind == CHURN__POINTS_STEPS_RIGHT) {
        return factor_step_right(factor, value);
    }
    uint32_t above = factor_before(factor, value, true); /* the first point beyond the value */
    if (above == 0) {
        return points[0].y;
    }
    if (above == n || factor->points_kind == CHURN__POINTS_STEPS) {
        return points[above - 1].y;
    }
    return factor_between(&points[above - 1], &points[above], value);
}

/* One straight line for all inputs from its begin on: a later one overrides it. */
static void factor_line(const churn__point *a, const churn__point *b, const double *restrict x,
                        uint32_t n, double *restrict out)
{
    double begin = a->x, width = b->x - a->x, y = a->y, rise = b->y - a->y;
    double least = a->y < b->y ? a->y : b->y, greatest = a->y < b->y ? b->y : a->y;
    for (uint32_t i = 0; i < n; i++) {
        double v = y + rise * ((x[i] - begin) / width);
        v = v < least ? least : v;
        v = v > greatest ? greatest : v;
        out[i] = x[i] >= begin ? v : out[i];
    }
}

static void factor_from(double begin, double y, const double *restrict x, uint32_t n,
                        double *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = x[i] >= begin ? y : out[i];
    }
}

static void factor_beyond(double end, double y, const double *restrict x, uint32_t n,
                          double *restrict out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = x[i] > end ? y : out[i];
    }
}

#define POINTS_FEW 12u /* of which every one is tried for every input */

static bool factor_is_plain(const churn__factor_def *factor)
{
    bool plain = factor->point_count > 0 && factor->point_count <= POINTS_FEW &&
                 factor->points_kind <= CHURN__POINTS_STEPS_RIGHT;
    for (uint32_t i = 1; plain && i < factor->point_count; i++) {
        plain = isfinite(factor->points[i].x - factor->points[i - 1].x);
    }
    return plain;
}

void churn__factor_points_of(const churn__factor_def *factor, const double *x, uint32_t n,
                             double *out)
{
    const churn__point *p = factor->points;
    if (n < 4 || !factor_is_plain(factor)) {
        for (uint32_t i = 0; i < n; i++) {
            out[i] = churn__factor_points(factor, x[i]);
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        out[i] = p[0].y;
    }
    for (uint32_t k = 1; k < factor->point_count; k++) {
        switch (factor->points_kind) {
        case CHURN__POINTS_CURVE:
            factor_line(&p[k - 1], &p[k], x, n, out);
            break;
        case CHURN__POINTS_STEPS:
            factor_from(p[k].x, p[k].y, x, n, out);
            break;
        default:
            factor_beyond(p[k - 1].x, p[k].y, x, n, out);
            break;
        }
    }
    if (factor->points_kind == CHURN__POINTS_CURVE) {
        factor_from(p[factor->point_count - 1].x, p[factor->point_count - 1].y, x, n, out);
    }
}

/* ---- maps ---- */

double churn__factor_category(const churn__factor_def *factor, churn_str word)
{
    for (uint32_t i = 0; i < factor->category_count; i++) {
        if (churn__str_eq(factor->categories[i].word, word)) {
            return factor->categories[i].y;
        }
    }
    return factor->has_otherwise ? factor->otherwise : (double)NAN;
}

double churn__factor_map(const churn__factor_def *factor, const churn__column *column, uint32_t row)
{
    if (!churn__column_has(column, row)) {
        return (double)NAN;
    }
    if (column->type == CHURN__TYPE_STRING) {
        return churn__factor_category(factor, churn__column_string(column, row));
    }
    double value = churn__score_number(column, row);
    return isnan(value) ? value : churn__factor_points(factor, value);
}

/* ---- what they can be ---- */

static void factor_widen(double y, double *least, double *greatest)
{
    *least = y < *least ? y : *least;
    *greatest = y > *greatest ? y : *greatest;
}

void churn__factor_range(const churn__factor_def *factor, double *least, double *greatest)
{
    *least = 100;
    *greatest = 0;
    bool map = factor->points_kind == CHURN__POINTS_MAP;
    for (uint32_t i = 0; map && i < factor->category_count; i++) {
        factor_widen(factor->categories[i].y, least, greatest);
    }
    for (uint32_t i = 0; !map && i < factor->point_count; i++) {
        factor_widen(factor->points[i].y, least, greatest);
    }
    if (map && factor->has_otherwise) {
        factor_widen(factor->otherwise, least, greatest);
    }
    if (factor->points_kind == CHURN__POINTS_EXPRESSION) {
        *least = 0;
        *greatest = 100;
    } else if (*least > *greatest) { /* no points at all */
        *least = *greatest = 0;
    }
}

void churn__factor_range_within(const churn__factor_def *factor, double low, double high,
                                double *least, double *greatest)
{
    *least = *greatest = churn__factor_points(factor, low);
    factor_widen(churn__factor_points(factor, high), least, greatest);
    for (uint32_t i = 0; i < factor->point_count; i++) {
        if (factor->points[i].x >= low && factor->points[i].x <= high) {
            factor_widen(factor->points[i].y, least, greatest);
        }
    }
}

void churn__factor_reach(const churn__factor_def *factor, const churn__score_in *in, uint32_t row,
                         double *least, double *greatest)
{
    if (factor->kind == CHURN__OF_SCORE) {
        double low = churn__score_number(&in->columns[factor->low_slot], row);
        double high = churn__score_number(&in->columns[factor->high_slot], row);
        if (!isnan(low) && !isnan(high)) {
            churn__factor_range_within(factor, low, high, least, greatest);
            return;
        }
    }
    churn__factor_range(factor, least, greatest);
}

double churn__factor_substitute(const churn__factor_def *factor, double least, double greatest)
{
    switch (factor->missing) {
    case CHURN__FACTOR_VALUE:
        return factor->missing_word.ptr != NULL
                   ? churn__factor_category(factor, factor->missing_word)
                   : churn__factor_points(factor, factor->missing_value);
    case CHURN__FACTOR_WORST:
        return least;
    case CHURN__FACTOR_BEST:
        return greatest;
    default:
        return (double)NAN;
    }
}

double churn__factor_fade(double age, double after, double half_life)
{
    bool fades = half_life > 0 && age > after;
    return fades ? churn__half((age - after) / half_life) : 1;
}

/* ---- what they read ---- */

uint32_t churn__factor_slots(const churn__factor_def *factor, uint32_t *slots)
{
    bool carries = factor->missing == CHURN__FACTOR_CARRY, scored = factor->kind == CHURN__OF_SCORE;
    const uint32_t all[CHURN__FACTOR_SLOTS] = {
        factor->slot,
        carries ? factor->carried_slot : CHURN__NO_SLOT,
        carries ? factor->carried_age_slot : CHURN__NO_SLOT,
        factor->decay_slot,
        scored ? factor->low_slot : CHURN__NO_SLOT,
        scored ? factor->high_slot : CHURN__NO_SLOT,
        scored ? factor->coverage_slot : CHURN__NO_SLOT,
    };
    uint32_t count = 0;
    for (uint32_t i = 0; i < CHURN__FACTOR_SLOTS; i++) {
        if (all[i] != CHURN__NO_SLOT) {
            slots[count++] = all[i];
        }
    }
    return count;
}
