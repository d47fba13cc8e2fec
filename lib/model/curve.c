/* SPDX-License-Identifier: MIT */
#include "model/curve.h"

/* ---- walking ---- */

void churn__walk_open(risk_walk *walk, const risk_sums *sums, uint32_t group)
{
    *walk = (risk_walk){.sums = sums,
                        .at = sums->exits.outer[group],
                        .end = sums->exits.outer[group + 1],
                        .entry = sums->entries.outer[group],
                        .entry_end = sums->entries.outer[group + 1]};
    risk_add(&walk->level, sums->weight[group], sums->count[group]);
    walk->entered = sums->weight[group];
}

/* Who comes before a time, and who went at the step before, are no longer to come and to go. */
static void enter_before(risk_walk *walk, double time)
{
    const risk_side *entries = &walk->sums->entries;

    risk_add(&walk->level, -walk->leaving, -walk->leaving_count);
    walk->leaving = 0.0;
    walk->leaving_count = 0;
    while (walk->entry < walk->entry_end && entries->moments[walk->entry].time < time) {
        const risk_cell *cell = &entries->cells[entries->moments[walk->entry++].cells];
        risk_add(&walk->level, cell->weight, cell->count);
        walk->entered += cell->weight;
    }
}

double churn__walk_risk_at(risk_walk *walk, double time)
{
    enter_before(walk, time);
    return risk_of(&walk->level);
}

double churn__walk_next(const risk_walk *walk)
{
    return walk->at < walk->end ? walk->sums->exits.moments[walk->at].time : MODEL_INF;
}

bool churn__walk_step(risk_walk *walk, risk_step *step)
{
    const risk_moment *moment = walk->sums->exits.moments + walk->at;
    int64_t count = 0;
    risk_level rest;

    if (walk->at == walk->end) {
        return false;
    }
    enter_before(walk, moment->time);
    *step = (risk_step){.time = moment->time,
                        .entered = walk->entered,
                        .risk = risk_of(&walk->level),
                        .cells = walk->sums->exits.cells + moment->cells,
                        .cell_count = moment[1].cells - moment->cells};
    for (size_t i = 0; i < step->cell_count; i++) {
        const risk_cell *cell = step->cells + i;
        count += cell->count;
        if (cell->code == 0) {
            step->censored += cell->weight;
        } else {
            step->events += cell->weight;
            step->event_count += cell->count;
        }
    }
    rest = walk->level;
    risk_add(&rest, -step->events, -step->event_count);
    step->rest = risk_of(&rest);
    walk->leaving = step->events + step->censored;
    walk->leaving_count = count;
    walk->entered = 0.0;
    walk->at++;
    return true;
}

/* ---- estimates ---- */

void churn__curve_open(risk_curve *curve, const churn_survival_options *options)
{
    *curve = (risk_curve){.interval = options->interval,
                          .estimator = options->estimator,
                          .hazard_kind = options->hazard,
                          .z = churn__level_z(options->level),
                          .survival = 1.0};
}

/* Nelson and Aalen; or Fleming and Harrington (1984), where d events of one instant are taken one
 * after the other, each of the same weight. */
static void hazard_step(risk_curve *curve, const risk_step *step)
{
    if (curve->hazard_kind == CHURN_HAZARD_NELSON_AALEN) {
        curve->hazard += step->events / step->risk;
        curve->hazard_variance += step->events / step->risk / step->risk;
        return;
    }
    double share = step->events / (double)step->event_count;
    for (int64_t i = 0; i < step->event_count; i++) {
        double left = step->risk - share * (double)i;
        curve->hazard += share / left;
        curve->hazard_variance += share / left / left;
    }
}

void churn__curve_step(risk_curve *curve, const risk_step *step)
{
    if (step->event_count == 0) {
        return;
    }
    hazard_step(curve, step);
    if (curve->estimator == CHURN_ESTIMATOR_FLEMING_HARRINGTON) {
        curve->survival = churn__exp(-curve->hazard);
        curve->variance = curve->hazard_variance;
        return;
    }
    curve->survival *= step->rest / step->risk;
    curve->variance =
        step->rest > 0.0 ? curve->variance + step->events / step->risk / step->rest : MODEL_NAN;
}

double churn__curve_se(const risk_curve *curve)
{
    return curve->survival > 0.0 ? curve->survival * sqrt(curve->variance) : MODEL_NAN;
}

static churn__interval log_log(double s, double z_se)
{
    double log = churn__log(s), c = churn__exp(z_se / log); /* below 1: log S < 0 */

    return (churn__interval){churn__exp(log / c), churn__exp(log * c)};
}

churn__interval churn__curve_interval(const risk_curve *curve)
{
    double s = curve->survival, se = sqrt(curve->variance);
    churn__interval i = {MODEL_NAN, MODEL_NAN};

    if (s >= 1.0) {
        return (churn__interval){1.0, 1.0};
    }
    if (!(s > 0.0)) {
        return i;
    }
    if (curve->interval == CHURN_INTERVAL_LOG_LOG) {
        return log_log(s, curve->z * se);
    }
    if (curve->interval == CHURN_INTERVAL_LOG) {
        double factor = churn__exp(curve->z * se);
        i = (churn__interval){s / factor, s * factor};
    } else {
        i = (churn__interval){s - curve->z * s * se, s + curve->z * s * se};
    }
    i.low = i.low > 0.0 ? i.low : 0.0;
    i.high = i.high < 1.0 ? i.high : 1.0;
    return i;
}

/* H exp(+-z se / H): Klein and Moeschberger, Survival Analysis (2003), 4.3. */
churn__interval churn__curve_hazard_interval(const risk_curve *curve)
{
    double factor;

    if (!(curve->hazard > 0.0)) {
        return (churn__interval){0.0, 0.0};
    }
    factor = churn__exp(curve->z * sqrt(curve->hazard_variance) / curve->hazard);
    return (churn__interval){curve->hazard / factor, curve->hazard * factor};
}

/* ---- groups ---- */

uint32_t churn__label_columns(churn__table_builder *builder, const churn__labels *labels)
{
    if (labels == NULL) {
        churn__table_column(builder, "group", CHURN_COLUMN_STRING);
        return 1;
    }
    for (uint32_t i = 0; i < labels->count; i++) {
        churn__table_column(builder, labels->names[i].ptr, CHURN_COLUMN_STRING);
    }
    return labels->count;
}

static void put_label(churn__table_builder *builder, uint32_t column, churn_str name, size_t n)
{
    if (name.ptr != NULL) {
        churn__table_add_repeated(builder, column, name, n);
    } else {
        churn__table_add_null_strings(builder, column, n);
    }
}

void churn__label_put(churn__table_builder *builder, const churn__labels *labels,
                      const churn_groups *groups, uint32_t group, size_t n)
{
    if (labels == NULL) {
        bool named = groups->codes != NULL && group < groups->count;
        put_label(builder, 0, named ? groups->names[group] : (churn_str){NULL, 0}, n);
        return;
    }
    for (uint32_t i = 0; i < labels->count; i++) {
        const churn_str *cells = labels->cells; /* NULL: there are no groups */
        put_label(builder, i,
                  cells != NULL ? cells[(size_t)group * labels->count + i] : (churn_str){NULL, 0},
                  n);
    }
}

bool churn__group_has_rows(const risk_sums *sums, uint32_t group)
{
    return sums->exits.outer[group + 1] > sums->exits.outer[group];
}
