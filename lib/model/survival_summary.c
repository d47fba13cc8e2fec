/* SPDX-License-Identifier: MIT */
#include "model/curve.h"
#include "model/survival.h"

#include "table/table.h"

/* ---- quantiles ---- */

/* As R's quantile.survfit: shares that differ by less are the same. */
#define TOLERANCE 0x1p-26

/* Where a falling curve reaches 1 - share: the first time, or the middle of the step that lies
 * there. The bounds of a curve may rise again where somebody enters; then it is the time at which
 * they lie nearest beyond, which is what R makes of it. */
typedef struct crossing {
    double share;
    double first, after;           /* times; NaN: not yet */
    double first_lost, after_lost; /* what was lost then */
    double lost;                   /* now */
} crossing;

static void crossing_open(crossing *c, double share)
{
    *c = (crossing){share, MODEL_NAN, MODEL_NAN, MODEL_INF, MODEL_INF, 0.0};
}

static void crossing_step(crossing *c, double time, double survival)
{
    c->lost = 1.0 - survival;
    if (c->lost >= c->share - TOLERANCE && c->lost < c->first_lost) {
        c->first = time;
        c->first_lost = c->lost;
    }
    if (c->lost >= c->share + TOLERANCE && c->lost < c->after_lost) {
        c->after = time;
        c->after_lost = c->lost;
    }
}

static double crossing_time(const crossing *c, double last)
{
    if (c->after == c->after) {
        return 0.5 * (c->first + c->after);
    }
    if (c->first == c->first && fabs(c->lost - c->share) < TOLERANCE) {
        return 0.5 * (c->first + last);
    }
    return MODEL_NAN;
}

typedef struct quantile {
    crossing at, low, high;
} quantile;

static void quantiles_of(const risk_sums *sums, uint32_t group,
                         const churn_survival_options *options, quantile *all, size_t count,
                         double *last)
{
    risk_curve curve;
    risk_walk walk;
    risk_step step = {0};

    churn__curve_open(&curve, options);
    churn__walk_open(&walk, sums, group);
    while (churn__walk_step(&walk, &step)) {
        churn__interval i;
        if (step.event_count == 0) {
            continue;
        }
        churn__curve_step(&curve, &step);
        i = churn__curve_interval(&curve);
        for (size_t k = 0; k < count; k++) {
            crossing_step(&all[k].at, step.time, curve.survival);
            crossing_step(&all[k].low, step.time, i.low);
            crossing_step(&all[k].high, step.time, i.high);
        }
    }
    *last = step.time;
}

static void quantile_open(quantile *q, double share)
{
    crossing_open(&q->at, share);
    crossing_open(&q->low, share);
    crossing_open(&q->high, share);
}

static churn_status check_shares(const double *shares, uint32_t count, churn_error *err)
{
    if (shares == NULL && count > 0) {
        return churn__fail_null(err, "churn_survival_quantiles", "shares");
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!(shares[i] > 0.0 && shares[i] < 1.0)) {
            return churn__fail(err, CHURN_E_RANGE, 0, "survival: a share must lie between 0 and 1");
        }
    }
    return CHURN_OK;
}

static void put_quantiles(churn__table_builder *builder, uint32_t first, const quantile *all,
                          uint32_t count, double last)
{
    for (uint32_t k = 0; k < count; k++) {
        churn__table_add_double(builder, first, all[k].at.share);
        churn__table_add_double(builder, first + 1, crossing_time(&all[k].at, last));
        churn__table_add_double(builder, first + 2, crossing_time(&all[k].low, last));
        churn__table_add_double(builder, first + 3, crossing_time(&all[k].high, last));
    }
}

churn_status churn__survival_quantiles(churn__heap *heap, const churn_survival_data *data,
                                       const double *shares, uint32_t share_count,
                                       const churn_survival_options *options,
                                       const churn__labels *labels, churn_table **out,
                                       churn_error *err)
{
    static const char *const names[] = {"share", "time", "low", "high"};
    churn_status st = CHURN_OK;
    churn__table_builder *builder = NULL;
    quantile *all = NULL;
    risk_data rows;
    risk_sums sums = {0};
    uint32_t first = 0;

    CHURN_TRY(check_shares(shares, share_count, err));
    CHURN_TRY(churn__risk_open(heap, data, options, &rows, err));
    CHURN_TRY(churn__risk_sum_curves(&rows, &sums, err));
    all = churn__alloc_array(heap, share_count, sizeof *all);
    builder = churn__table_begin(heap, (uint64_t)share_count * rows.groups);
    if (all == NULL || builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    first = churn__label_columns(builder, labels);
    for (size_t i = 0; i < 4; i++) {
        churn__table_column(builder, names[i], CHURN_COLUMN_DOUBLE);
    }
    for (uint32_t g = 0; g < rows.groups; g++) {
        double last = 0.0;
        for (uint32_t k = 0; k < share_count; k++) {
            quantile_open(&all[k], shares[k]);
        }
        if (churn__group_has_rows(&sums, g)) {
            quantiles_of(&sums, g, &rows.options, all, share_count, &last);
            churn__label_put(builder, labels, &rows.given.group, g, share_count);
            put_quantiles(builder, first, all, share_count, last);
        }
    }
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__risk_sums_free(&sums);
    churn__free_array(heap, all, share_count, sizeof *all);
    churn__table_abandon(builder);
    return st;
}

/* ---- restricted mean ---- */

typedef struct area {
    double to, sum, time, survival;
} area;

/* The area under the curve up to a time at which it falls. */
static void area_to(area *a, double time, double survival)
{
    double end = time < a->to ? time : a->to;

    if (end > a->time) {
        a->sum += a->survival * (end - a->time);
        a->time = end;
    }
    a->survival = survival;
}

static double area_of(const risk_sums *sums, uint32_t group, const churn_survival_options *options,
                      double horizon, double *last, double *survival)
{
    area a = {horizon, 0.0, 0.0, 1.0};
    risk_curve curve;
    risk_walk walk;
    risk_step step = {0};

    churn__curve_open(&curve, options);
    churn__walk_open(&walk, sums, group);
    while (churn__walk_step(&walk, &step)) {
        churn__curve_step(&curve, &step);
        area_to(&a, step.time, curve.survival);
    }
    area_to(&a, horizon, curve.survival);
    *last = step.time;
    *survival = curve.survival;
    return a.sum;
}

/* Sum over events of (area beyond)^2 d / (n (n - d)): Klein and Moeschberger, 4.5. */
static double area_variance(const risk_sums *sums, uint32_t group,
                            const churn_survival_options *options, double horizon, double whole)
{
    area a = {horizon, 0.0, 0.0, 1.0};
    double variance = 0.0, before = 0.0;
    risk_curve curve;
    risk_walk walk;
    risk_step step;

    churn__curve_open(&curve, options);
    churn__walk_open(&walk, sums, group);
    while (churn__walk_step(&walk, &step) && step.time <= horizon) {
        double beyond, gained;
        churn__curve_step(&curve, &step);
        area_to(&a, step.time, curve.survival);
        beyond = whole - a.sum;
        gained = curve.variance - before;
        if (!(curve.variance >= 0.0)) {
            break; /* nobody is left, and nothing beyond */
        }
        variance += beyond * beyond * gained;
        before = curve.variance;
    }
    return variance;
}

/* ---- one row a group ---- */

static double weight_of(const risk_sums *sums, uint32_t group, double *events)
{
    double n = 0.0;

    *events = 0.0;
    for (size_t i = sums->exits.moments[sums->exits.outer[group]].cells;
         i < sums->exits.moments[sums->exits.outer[group + 1]].cells; i++) {
        n += sums->exits.cells[i].weight;
        *events += sums->exits.cells[i].code > 0 ? sums->exits.cells[i].weight : 0.0;
    }
    return n;
}

static double common_horizon(const risk_data *rows, const risk_sums *sums)
{
    double horizon = MODEL_INF;

    for (uint32_t g = 0; g < rows->groups; g++) {
        if (churn__group_has_rows(sums, g)) {
            double last = sums->exits.moments[sums->exits.outer[g + 1] - 1].time;
            horizon = last < horizon ? last : horizon;
        }
    }
    return horizon;
}

enum {
    N,
    EVENTS,
    Q25,
    MEDIAN,
    MEDIAN_LOW,
    MEDIAN_HIGH,
    Q75,
    MEAN,
    MEAN_SE,
    HORIZON,
    LAST,
    SURVIVAL,
    COLUMNS
};

static void summarise(const risk_data *rows, const risk_sums *sums, uint32_t g, double horizon,
                      double out[COLUMNS])
{
    const churn_survival_options *options = &rows->options;
    quantile q[3];
    double whole, last;

    for (size_t i = 0; i < COLUMNS; i++) {
        out[i] = MODEL_NAN;
    }
    out[N] = weight_of(sums, g, &out[EVENTS]);
    if (!churn__group_has_rows(sums, g)) {
        return;
    }
    quantile_open(&q[0], 0.25);
    quantile_open(&q[1], 0.5);
    quantile_open(&q[2], 0.75);
    quantiles_of(sums, g, options, q, 3, &last);
    out[Q25] = crossing_time(&q[0].at, last);
    out[MEDIAN] = crossing_time(&q[1].at, last);
    out[MEDIAN_LOW] = crossing_time(&q[1].low, last);
    out[MEDIAN_HIGH] = crossing_time(&q[1].high, last);
    out[Q75] = crossing_time(&q[2].at, last);
    whole = area_of(sums, g, options, horizon, &out[LAST], &out[SURVIVAL]);
    out[HORIZON] = horizon;
    if (horizon <= out[LAST] || out[SURVIVAL] == 0.0) {
        out[MEAN] = whole;
        out[MEAN_SE] = sqrt(area_variance(sums, g, options, horizon, whole));
    }
}

churn_status churn__survival_summary(churn__heap *heap, const churn_survival_data *data,
                                     const churn_survival_options *options,
                                     const churn__labels *labels, churn_table **out,
                                     churn_error *err)
{
    static const char *const names[COLUMNS] = {
        "n",   "events",          "q25",   "median",  "median_low", "median_high",
        "q75", "restricted_mean", "rm_se", "horizon", "last",       "survival"};
    churn_status st = CHURN_OK;
    churn__table_builder *builder = NULL;
    risk_data rows;
    risk_sums sums = {0};
    uint32_t first = 0;

    CHURN_TRY(churn__risk_open(heap, data, options, &rows, err));
    CHURN_TRY(churn__risk_sum_curves(&rows, &sums, err));
    builder = churn__table_begin(heap, rows.groups);
    if (builder == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    first = churn__label_columns(builder, labels);
    for (size_t i = 0; i < COLUMNS; i++) {
        churn__table_column(builder, names[i], CHURN_COLUMN_DOUBLE);
    }
    for (uint32_t g = 0; g < rows.groups; g++) {
        double cells[COLUMNS];
        double horizon =
            rows.options.horizon > 0.0 ? rows.options.horizon : common_horizon(&rows, &sums);
        bool nameless = g == rows.groups - 1 && rows.groups > 1;
        if (nameless && !churn__group_has_rows(&sums, g)) {
            continue; /* nobody asked for it */
        }
        summarise(&rows, &sums, g, horizon, cells);
        churn__label_put(builder, labels, &rows.given.group, g, 1);
        for (uint32_t i = 0; i < COLUMNS; i++) {
            churn__table_add_double(builder, first + i, cells[i]);
        }
    }
    st = churn__table_finish(builder, out, err);
    builder = NULL;
done:
    churn__risk_sums_free(&sums);
    churn__table_abandon(builder);
    return st;
}
