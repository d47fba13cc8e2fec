/* SPDX-License-Identifier: MIT */
#include "model/curve.h"
#include "model/survival.h"

#include "table/table.h"

enum {
    TIME,
    RISK,
    EVENTS,
    CENSORED,
    ENTERED,
    SURVIVAL,
    SE,
    LOW,
    HIGH,
    HAZARD,
    HAZARD_SE,
    HAZARD_LOW,
    HAZARD_HIGH,
    COLUMNS
};

static const char *const names[COLUMNS] = {
    "time", "n_risk", "n_event",           "n_censored", "n_entered", "survival", "se",
    "low",  "high",   "cumulative_hazard", "ch_se",      "ch_low",    "ch_high"};

/* Rows of the table, taken there by columns some at a time. */
#define PAGE 512
typedef struct survival_page {
    churn__table_builder *builder;
    const churn__labels *labels;
    const churn_groups *groups;
    uint32_t group, first; /* its number; the column behind its name */
    size_t n;
    double cells[COLUMNS][PAGE];
} survival_page;

static void flush(survival_page *page)
{
    static const uint8_t none[PAGE];

    churn__label_put(page->builder, page->labels, page->groups, page->group, page->n);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        churn__table_add_doubles(page->builder, page->first + i, page->cells[i], none, page->n);
    }
    page->n = 0;
}

/* What stays the same until the next event. */
typedef struct estimate {
    double survival, se, hazard, hazard_se;
    churn__interval interval, hazard_interval;
} estimate;

static estimate estimate_of(const risk_curve *curve)
{
    return (estimate){curve->survival,
                      churn__curve_se(curve),
                      curve->hazard,
                      sqrt(curve->hazard_variance),
                      churn__curve_interval(curve),
                      churn__curve_hazard_interval(curve)};
}

static void put(survival_page *page, double time, double risk, const double counts[3],
                const estimate *e)
{
    size_t n = page->n;

    page->cells[TIME][n] = time;
    page->cells[RISK][n] = risk;
    page->cells[EVENTS][n] = counts[0];
    page->cells[CENSORED][n] = counts[1];
    page->cells[ENTERED][n] = counts[2];
    page->cells[SURVIVAL][n] = e->survival;
    page->cells[SE][n] = e->se;
    page->cells[LOW][n] = e->interval.low;
    page->cells[HIGH][n] = e->interval.high;
    page->cells[HAZARD][n] = e->hazard;
    page->cells[HAZARD_SE][n] = e->hazard_se;
    page->cells[HAZARD_LOW][n] = e->hazard_interval.low;
    page->cells[HAZARD_HIGH][n] = e->hazard_interval.high;
    if (++page->n == PAGE) {
        flush(page);
    }
}

static void put_curve(const risk_sums *sums, uint32_t group, risk_curve *curve, survival_page *page)
{
    estimate e = estimate_of(curve);
    risk_walk walk;
    risk_step step;

    churn__walk_open(&walk, sums, group);
    while (churn__walk_step(&walk, &step)) {
        if (step.event_count > 0) {
            churn__curve_step(curve, &step);
            e = estimate_of(curve);
        }
        put(page, step.time, step.risk, (double[]){step.events, step.censored, step.entered}, &e);
    }
}

/* ---- at times that were asked for ---- */

/* Beyond the last time nobody knows, unless nobody is left. */
static estimate beyond(const risk_curve *curve)
{
    estimate e = estimate_of(curve);

    if (curve->survival > 0.0) {
        e = (estimate){MODEL_NAN,
                       MODEL_NAN,
                       MODEL_NAN,
                       MODEL_NAN,
                       {MODEL_NAN, MODEL_NAN},
                       {MODEL_NAN, MODEL_NAN}};
    }
    return e;
}

static void put_at_times(const risk_sums *sums, uint32_t group,
                         const churn_survival_options *options, risk_curve *curve,
                         survival_page *page)
{
    double counts[3] = {0.0, 0.0, 0.0};
    risk_step step = {.time = -1.0};
    risk_walk walk;

    churn__walk_open(&walk, sums, group);
    for (uint32_t i = 0; i < options->time_count; i++) {
        double time = options->times[i], risk;
        estimate e;
        while (churn__walk_next(&walk) <= time) {
            (void)churn__walk_step(&walk, &step);
            churn__curve_step(curve, &step);
            counts[0] += step.events;
            counts[1] += step.censored;
            counts[2] += step.entered;
        }
        risk = step.time == time ? step.risk : churn__walk_risk_at(&walk, time);
        counts[2] += walk.entered;
        walk.entered = 0.0;
        e = churn__walk_next(&walk) == MODEL_INF && time > step.time ? beyond(curve)
                                                                     : estimate_of(curve);
        put(page, time, risk, counts, &e);
        memset(counts, 0, sizeof counts);
    }
}

/* ---- all ---- */

static bool begin(churn__heap *heap, uint64_t rows, survival_page *page)
{
    page->builder = churn__table_begin(heap, rows);
    if (page->builder == NULL) {
        return false;
    }
    churn__table_expect(page->builder, COLUMNS + (page->labels != NULL ? page->labels->count : 1));
    page->first = churn__label_columns(page->builder, page->labels);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        churn__table_column(page->builder, names[i], CHURN_COLUMN_DOUBLE);
    }
    return true;
}

static void put_groups(const risk_data *all, const risk_sums *sums, survival_page *page)
{
    for (uint32_t g = 0; g < all->groups; g++) {
        risk_curve curve;
        if (!churn__group_has_rows(sums, g)) {
            continue;
        }
        churn__curve_open(&curve, &all->options);
        page->group = g;
        if (all->options.times != NULL) {
            put_at_times(sums, g, &all->options, &curve, page);
        } else {
            put_curve(sums, g, &curve, page);
        }
        flush(page);
    }
}

churn_status churn__survival(churn__heap *heap, const churn_survival_data *data,
                             const churn_survival_options *options, const churn__labels *labels,
                             churn_table **out, churn_error *err)
{
    churn_status st = CHURN_OK;
    survival_page *page = NULL;
    risk_data all;
    risk_sums sums = {0};
    uint64_t rows = 0;

    CHURN_TRY(churn__risk_open(heap, data, options, &all, err));
    CHURN_TRY(churn__risk_sum_curves(&all, &sums, err));
    rows = all.options.times != NULL ? (uint64_t)all.options.time_count * all.groups
                                     : sums.exits.count;
    page = churn__alloc(heap, sizeof *page);
    if (page == NULL) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    page->builder = NULL;
    page->labels = labels;
    page->groups = &all.given.group;
    page->n = 0;
    if (!begin(heap, rows, page)) {
        CHURN_TRY(churn__fail_memory(err, heap));
    }
    put_groups(&all, &sums, page);
    st = churn__table_finish(page->builder, out, err);
    page->builder = NULL;
done:
    churn__risk_sums_free(&sums);
    if (page != NULL) {
        churn__table_abandon(page->builder);
    }
    churn__free(heap, page, sizeof *page);
    return st;
}
