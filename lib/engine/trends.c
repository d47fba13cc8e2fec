/* SPDX-License-Identifier: MIT */
#include "engine/trends.h"

#include <math.h>
#include <string.h>

/*
 * Trends of scores: how far one has moved since some time ago, against how far it moves anyway.
 * The noise is what the playbook says, or 1.4826 times the median absolute deviation of the
 * changes over the last six such periods (the factor makes it a standard deviation where changes
 * are normal: Rousseeuw and Croux 1993), and at least one point.
 */
#define LEAST_NOISE 1.0
#define MAD_TO_SIGMA 1.4826

static uint32_t periods(const churn__score_def *def)
{
    return isnan(def->trend_noise) ? CHURN__TREND_PERIODS : 1;
}

static void insert_date(churn__trend_dates *dates, churn_time date)
{
    uint32_t at = 0;
    while (at < dates->count && dates->each[at] < date) {
        at++;
    }
    if (at < dates->count && dates->each[at] == date) {
        return;
    }
    memmove(dates->each + at + 1, dates->each + at, (dates->count - at) * sizeof *dates->each);
    dates->each[at] = date;
    dates->count++;
}

/* No later than the least time; from there on nobody exists. */
static churn_time back(churn_time as_of, int64_t over, uint32_t times)
{
    int64_t room = (as_of - CHURN_TIME_MIN) / (over > 0 ? over : 1);
    return (int64_t)times > room ? CHURN_TIME_MIN : as_of - (int64_t)times * over;
}

bool churn__trend_dates_open(churn__heap *heap, const churn_playbook *playbook, uint32_t only,
                             churn_time as_of, churn__trend_dates *out)
{
    size_t most = playbook->score_count * (size_t)CHURN__TREND_PERIODS + 1;
    *out = (churn__trend_dates){.as_of = as_of, .capacity = most};
    out->each = churn__alloc_array(heap, most, sizeof *out->each);
    if (!out->each) {
        return false;
    }
    insert_date(out, as_of);
    for (uint32_t i = 0; i < playbook->score_count; i++) {
        const churn__score_def *def = &playbook->scores[i];
        for (uint32_t k = 1; (only == CHURN__NONE || only == i) && k <= periods(def); k++) {
            insert_date(out, back(as_of, def->trend_over, k));
        }
    }
    return true;
}

void churn__trend_dates_close(churn__heap *heap, churn__trend_dates *dates)
{
    churn__free_array(heap, dates->each, dates->capacity, sizeof *dates->each);
}

/* NaN: none at that date. */
static double value_at(const churn__frame *frame, const churn__trend_dates *dates, uint32_t score,
                       uint32_t place, churn_time date)
{
    uint32_t at = 0;
    while (dates->each[at] != date) {
        at++;
    }
    uint32_t row = place * dates->count + at;
    bool there = frame->exists[row] && !frame->scores[score].missing[row];
    return there ? frame->scores[score].score[row] : (double)NAN;
}

/* The middle of at least one. */
static double median(double *values, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        double v = values[i];
        uint32_t at = i;
        for (; at > 0 && values[at - 1] > v; at--) {
            values[at] = values[at - 1];
        }
        values[at] = v;
    }
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

static double own_noise(const double *values)
{
    double changes[CHURN__TREND_PERIODS];
    uint32_t n = 0;
    for (uint32_t k = 0; k < CHURN__TREND_PERIODS; k++) {
        double change = values[k] - values[k + 1];
        if (!isnan(change)) {
            changes[n++] = change;
        }
    }
    if (n == 0) {
        return LEAST_NOISE;
    }
    double middle = median(changes, n);
    for (uint32_t k = 0; k < n; k++) {
        changes[k] = fabs(changes[k] - middle);
    }
    return churn__round6(fmax(LEAST_NOISE, MAD_TO_SIGMA * median(changes, n)));
}

churn__trend churn__trend_of(const churn__frame *frame, const churn__trend_dates *dates,
                             uint32_t score, uint32_t place)
{
    const churn__score_def *def = &frame->playbook->scores[score];
    double values[CHURN__TREND_PERIODS + 1];
    for (uint32_t k = 0; k <= periods(def); k++) {
        values[k] = value_at(frame, dates, score, place, back(dates->as_of, def->trend_over, k));
    }
    churn__trend trend = {.value = values[0], .before = values[1], .arrow = CHURN__ARROW_NONE};
    trend.noise = isnan(def->trend_noise) ? own_noise(values) : def->trend_noise;
    trend.change = churn__round6(values[0] - values[1]);
    if (!isnan(trend.change)) {
        trend.arrow = trend.change > trend.noise    ? CHURN__ARROW_UP
                      : trend.change < -trend.noise ? CHURN__ARROW_DOWN
                                                    : CHURN__ARROW_STEADY;
    }
    return trend;
}

churn_str churn__trend_arrow(const churn__trend *trend)
{
    static const char *const words[] = {NULL, "up", "down", "steady"};
    const char *word = words[trend->arrow];
    return word ? churn__str_nts(word) : (churn_str){NULL, 0};
}

/* ---- the table ---- */

typedef struct trends_table {
    churn__table_builder *builder;
    const churn__trend_dates *dates;
    uint32_t only;
} trends_table;

static const churn__table_head trend_columns[] = {
    {"customer", CHURN_COLUMN_STRING}, {"score", CHURN_COLUMN_STRING},
    {"value", CHURN_COLUMN_DOUBLE},    {"value_before", CHURN_COLUMN_DOUBLE},
    {"change", CHURN_COLUMN_DOUBLE},   {"noise", CHURN_COLUMN_DOUBLE},
    {"arrow", CHURN_COLUMN_STRING},
};

static void add_trend(const trends_table *table, const churn__frame *frame, uint32_t score,
                      uint32_t place)
{
    churn__trend trend = churn__trend_of(frame, table->dates, score, place);
    churn__table_add_string(table->builder, 0, frame->ids[place]);
    churn__table_add_string(table->builder, 1, frame->playbook->scores[score].id);
    churn__table_add_double(table->builder, 2, trend.value);
    churn__table_add_double(table->builder, 3, trend.before);
    churn__table_add_double(table->builder, 4, trend.change);
    churn__table_add_double(table->builder, 5, trend.noise);
    churn__table_add_string(table->builder, 6, churn__trend_arrow(&trend));
}

static churn_status use_trends(churn__frame *frame, void *context, churn_error *err)
{
    (void)err;
    const trends_table *table = context;
    uint32_t now = table->dates->count - 1; /* the latest of them */
    for (uint32_t place = 0; place < frame->customer_count; place++) {
        bool exists = frame->exists[place * frame->date_count + now];
        for (uint32_t i = 0; exists && i < frame->playbook->score_count; i++) {
            if (table->only == CHURN__NONE || table->only == i) {
                add_trend(table, frame, i, place);
            }
        }
    }
    return CHURN_OK;
}

static churn__table_builder *begin_trends(const churn__asking *asking)
{
    churn__table_builder *builder =
        churn__table_begin(churn__store_heap(asking->engine->store), asking->count);
    churn__table_columns(builder, trend_columns, sizeof trend_columns / sizeof *trend_columns);
    return builder;
}

churn_status churn_engine_trends(churn_engine *engine, churn_time as_of,
                                 const churn_query_options *options, churn_table **out,
                                 churn_error *err)
{
    if (!out) {
        return churn__fail_null(err, "churn_engine_trends", "out");
    }
    *out = NULL;
    churn__asking asking;
    churn__trend_dates dates = {.each = NULL};
    trends_table table = {NULL, &dates, CHURN__NONE};
    churn_status st = churn__asking_begin(engine, options, 0, &as_of, 1, &asking, err);
    if (st != CHURN_OK) {
        goto done;
    }
    if (asking.options.score.ptr) {
        CHURN_TRY(churn__find_score(engine->playbook, asking.options.score, &table.only, err));
    }
    if (!churn__trend_dates_open(engine->heap, engine->playbook, table.only, as_of, &dates)) {
        CHURN_TRY(churn__fail_memory(err, engine->heap));
    }
    churn__frame_options want = {.all_scores = table.only == CHURN__NONE, .only_score = table.only};
    table.builder = begin_trends(&asking);
    st = churn__answer(&asking, dates.each, dates.count, &want, use_trends, &table, table.builder,
                       out, err);
done:
    if (dates.each) {
        churn__trend_dates_close(engine->heap, &dates);
    }
    churn__asking_end(&asking);
    return st;
}
